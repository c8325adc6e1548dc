// SPDX-License-Identifier: MIT
/* Oplocks: what an acknowledgment may say, and what it brings. */
#include "oplock_kit.h"

static struct rig *rig;

static int setup(void **state)
{
    rig = rig_open(&(struct rig_spec){0});
    return 0;
}

static int teardown(void **state)
{
    rig_close(rig);
    return 0;
}

/* A holder whose oplock is being broken by one who opens the file, and waits. */
struct broken {
    struct nt_handle *h;
    struct waiting *opening;
};

static struct broken break_it(enum oplock_kind kind, enum oplock_kind to)
{
    struct broken b = {.h = oplock_open(rig, (struct oplock_open){.path = u"\\f"})};
    struct waiting *w = oplock_have(rig, b.h, kind);
    b.opening = oplock_opening(rig, (struct oplock_open){.path = u"\\f", .access = FILE_READ_DATA});
    oplock_told(w, STATUS_SUCCESS, to);
    assert_false(wait_completed(b.opening));
    return b;
}

static struct nt_handle *go_on(struct broken *b)
{
    struct nt_handle *second;
    assert_status(STATUS_SUCCESS, oplock_opened(b->opening, &second));
    return second;
}

static NTSTATUS control(struct nt_handle *h, uint32_t code)
{
    return wait_end(oplock_control_of(rig, h, code));
}

static NTSTATUS lease(struct nt_handle *h, ULONG level, ULONG flags)
{
    return wait_end(oplock_lease(rig, h, level, flags));
}

static void test_nothing_to_answer(void **state)
{
    struct nt_handle *h = oplock_open(rig, (struct oplock_open){.path = u"\\f"});
    static const uint32_t answers[] = {FSCTL_OPLOCK_BREAK_ACKNOWLEDGE, FSCTL_OPLOCK_BREAK_ACK_NO_2,
                                       FSCTL_OPBATCH_ACK_CLOSE_PENDING};
    for (int kind = OPLOCK_NONE; kind < OPLOCK_KINDS; kind++) {
        struct waiting *w = kind ? oplock_have(rig, h, kind) : NULL;
        for (size_t i = 0; i < COUNT_OF(answers); i++)
            assert_status(STATUS_INVALID_OPLOCK_PROTOCOL, control(h, answers[i]));
        assert_status(STATUS_INVALID_OPLOCK_PROTOCOL, lease(h, 1, REQUEST_OPLOCK_INPUT_FLAG_ACK));
        if (!w)
            continue;
        assert_true(nt_cancel(&w->rq));
        assert_status(STATUS_CANCELLED, wait_end(w));
    }
    rig_end(rig, h);
}

static void test_accept_level_2(void **state)
{
    struct broken b = break_it(OPLOCK_LEVEL_1, OPLOCK_LEVEL_2);
    struct waiting *two = oplock_accept(rig, b.h);
    struct nt_handle *second = go_on(&b);
    assert_false(wait_completed(two));
    assert_status(STATUS_INVALID_OPLOCK_PROTOCOL, control(b.h, FSCTL_OPLOCK_BREAK_ACKNOWLEDGE));
    assert_status(STATUS_SUCCESS, rig_write(rig, b.h, "x", 1, 0, NULL)); /* his own breaks it, too */
    oplock_told(two, STATUS_SUCCESS, OPLOCK_NONE);
    rig_end(rig, second);
    rig_end(rig, b.h);
}

static void test_accept_no_2(void **state)
{
    struct broken b = break_it(OPLOCK_BATCH, OPLOCK_LEVEL_2);
    assert_status(STATUS_INVALID_OPLOCK_PROTOCOL, lease(b.h, 0, REQUEST_OPLOCK_INPUT_FLAG_ACK));
    assert_status(STATUS_SUCCESS, control(b.h, FSCTL_OPLOCK_BREAK_ACK_NO_2));
    assert_string_equal("0", oplock_look(b.h));
    rig_end(rig, go_on(&b));
    rig_end(rig, b.h);
}

static void test_close_pending(void **state)
{
    struct broken b = break_it(OPLOCK_BATCH, OPLOCK_LEVEL_2);
    assert_status(STATUS_SUCCESS, control(b.h, FSCTL_OPBATCH_ACK_CLOSE_PENDING));
    assert_status(STATUS_INVALID_OPLOCK_PROTOCOL, control(b.h, FSCTL_OPBATCH_ACK_CLOSE_PENDING));
    assert_false(wait_completed(b.opening));
    rig_end(rig, b.h);
    rig_end(rig, go_on(&b));
    b = break_it(OPLOCK_LEVEL_1, OPLOCK_LEVEL_2); /* there is nothing to wait for */
    assert_status(STATUS_SUCCESS, control(b.h, FSCTL_OPBATCH_ACK_CLOSE_PENDING));
    rig_end(rig, go_on(&b));
    rig_end(rig, b.h);
    b = break_it(OPLOCK_RWH, OPLOCK_RH);
    assert_status(
        STATUS_SUCCESS,
        lease(b.h, 0, REQUEST_OPLOCK_INPUT_FLAG_ACK | REQUEST_OPLOCK_INPUT_FLAG_COMPLETE_ACK_ON_CLOSE));
    assert_false(wait_completed(b.opening));
    rig_end(rig, b.h);
    rig_end(rig, go_on(&b));
}

static void test_lease_answers(void **state)
{
    struct broken b = break_it(OPLOCK_RWH, OPLOCK_RH);
    struct waiting *w = oplock_lease(rig, b.h, oplock_level(OPLOCK_RWH), REQUEST_OPLOCK_INPUT_FLAG_ACK);
    assert_status(STATUS_CANNOT_GRANT_REQUESTED_OPLOCK, wait_status(w));
    assert_int_equal(oplock_level(OPLOCK_RH), oplock_output(w).NewOplockLevel);
    assert_int_equal(oplock_level(OPLOCK_RWH), oplock_output(w).OriginalOplockLevel);
    wait_end(w);
    assert_status(STATUS_INVALID_OPLOCK_PROTOCOL, control(b.h, FSCTL_OPLOCK_BREAK_ACKNOWLEDGE));
    w = oplock_lease(rig, b.h, oplock_level(OPLOCK_R), REQUEST_OPLOCK_INPUT_FLAG_ACK); /* less will do */
    struct nt_handle *second = go_on(&b);
    assert_string_equal("-", oplock_look(b.h));
    rig_end(rig, second);
    assert_status(STATUS_INVALID_OPLOCK_PROTOCOL, lease(b.h, 0, REQUEST_OPLOCK_INPUT_FLAG_ACK));
    rig_end(rig, b.h);
    oplock_told(w, STATUS_OPLOCK_HANDLE_CLOSED, OPLOCK_NONE);
    b = break_it(OPLOCK_RW, OPLOCK_R);
    w = oplock_lease(rig, b.h, 0, REQUEST_OPLOCK_INPUT_FLAG_ACK);
    assert_int_equal(sizeof(REQUEST_OPLOCK_OUTPUT_BUFFER), (wait_status(w), w->information));
    oplock_told(w, STATUS_SUCCESS, OPLOCK_NONE);
    rig_end(rig, go_on(&b));
    rig_end(rig, b.h);
}

/* What was accepted is not to be had any more, as somebody broke it further. */
static void test_broken_further(void **state)
{
    struct broken b = break_it(OPLOCK_RWH, OPLOCK_RH);
    struct waiting *more =
        oplock_opening(rig, (struct oplock_open){.path = u"\\f", .disposition = FILE_OVERWRITE});
    assert_string_equal("0w", oplock_look(b.h));
    struct waiting *w = oplock_lease(rig, b.h, oplock_level(OPLOCK_RH), REQUEST_OPLOCK_INPUT_FLAG_ACK);
    assert_int_equal(0, (wait_status(w), oplock_output(w).NewOplockLevel));
    assert_status(STATUS_CANNOT_GRANT_REQUESTED_OPLOCK, wait_end(w));
    oplock_told(oplock_accept(rig, b.h), STATUS_SUCCESS, OPLOCK_NONE);
    struct nt_handle *second = go_on(&b), *third;
    assert_status(STATUS_SUCCESS, oplock_opened(more, &third));
    rig_end(rig, second);
    rig_end(rig, third);
    rig_end(rig, b.h);
    b = break_it(OPLOCK_LEVEL_1, OPLOCK_LEVEL_2);
    more = oplock_opening(rig, (struct oplock_open){.path = u"\\f", .disposition = FILE_OVERWRITE});
    oplock_told(oplock_accept(rig, b.h), STATUS_SUCCESS, OPLOCK_NONE);
    rig_end(rig, go_on(&b));
    assert_status(STATUS_SUCCESS, oplock_opened(more, &third));
    rig_end(rig, third);
    rig_end(rig, b.h);
}

/* RH that a writer broke: he does not wait, the answer is due all the same, and shuts out others till then.
 */
static void test_answer_nobody_waits_for(void **state)
{
    struct nt_handle *h = oplock_open(rig, (struct oplock_open){.path = u"\\f"});
    struct nt_handle *second = oplock_open(rig, (struct oplock_open){.path = u"\\f"});
    struct waiting *w = oplock_have(rig, h, OPLOCK_RH);
    assert_status(STATUS_SUCCESS, rig_write(rig, second, "x", 1, 0, NULL));
    assert_int_equal(REQUEST_OPLOCK_OUTPUT_FLAG_ACK_REQUIRED, (wait_status(w), oplock_output(w).Flags));
    oplock_told(w, STATUS_SUCCESS, OPLOCK_NONE);
    assert_status(STATUS_OPLOCK_NOT_GRANTED, oplock_refused(rig, second, OPLOCK_R));
    assert_status(STATUS_SUCCESS, lease(h, 0, REQUEST_OPLOCK_INPUT_FLAG_ACK));
    w = oplock_have(rig, second, OPLOCK_R);
    assert_status(STATUS_SUCCESS, rig_write(rig, second, "x", 1, 0, NULL)); /* his own */
    assert_status(STATUS_SUCCESS, rig_write(rig, h, "x", 1, 0, NULL));
    assert_int_equal(0, (wait_status(w), oplock_output(w).Flags));
    oplock_told(w, STATUS_SUCCESS, OPLOCK_NONE);
    rig_end(rig, second);
    rig_end(rig, h);
}

/* Locks that were taken meanwhile leave no shared one. */
static void test_lock_before_answer(void **state)
{
    struct broken b = break_it(OPLOCK_LEVEL_1, OPLOCK_LEVEL_2);
    assert_status(STATUS_SUCCESS, rig_lock(rig, b.h, whole));
    oplock_told(oplock_accept(rig, b.h), STATUS_SUCCESS, OPLOCK_NONE);
    rig_end(rig, go_on(&b));
    rig_end(rig, b.h);
}

/* Another open with the key may answer, and then has it. */
static void test_answer_by_key(void **state)
{
    struct nt_handle *h = oplock_open(rig, (struct oplock_open){.path = u"\\f", .key = 5});
    struct nt_handle *twin = oplock_open(rig, (struct oplock_open){.path = u"\\f", .key = 5});
    struct waiting *w = oplock_have(rig, h, OPLOCK_RWH);
    struct waiting *opening = oplock_opening(rig, (struct oplock_open){.path = u"\\f", .key = 6});
    oplock_told(w, STATUS_SUCCESS, OPLOCK_RH);
    w = oplock_lease(rig, twin, oplock_level(OPLOCK_RH), REQUEST_OPLOCK_INPUT_FLAG_ACK);
    struct nt_handle *second;
    assert_status(STATUS_SUCCESS, oplock_opened(opening, &second));
    rig_end(rig, h);
    assert_string_equal("-", oplock_look(twin));
    rig_end(rig, twin);
    oplock_told(w, STATUS_OPLOCK_HANDLE_CLOSED, OPLOCK_NONE);
    rig_end(rig, second);
}

#define RIGGED(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        RIGGED(test_nothing_to_answer),       RIGGED(test_accept_level_2),     RIGGED(test_accept_no_2),
        RIGGED(test_close_pending),           RIGGED(test_lease_answers),      RIGGED(test_broken_further),
        RIGGED(test_answer_nobody_waits_for), RIGGED(test_lock_before_answer), RIGGED(test_answer_by_key),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
