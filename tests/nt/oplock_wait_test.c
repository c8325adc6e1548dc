// SPDX-License-Identifier: MIT
/* Oplocks: those who wait for an answer, and all the ways in which the wait ends. */
#include "oplock_kit.h"

enum { CROWD = 32, SHORT_MS = 150 };

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

static struct nt_handle *open_all(void)
{
    return oplock_open(rig, (struct oplock_open){.path = u"\\f"});
}

static struct waiting *opening(void)
{
    return oplock_opening(rig, (struct oplock_open){.path = u"\\f"});
}

static void end_opened(struct waiting *w, NTSTATUS expected)
{
    struct nt_handle *h;
    assert_status(expected, oplock_opened(w, &h));
    if (h)
        rig_end(rig, h);
}

/* ---- the holder goes ----------------------------------------------------------------------------------- */

static void test_close_while_held(void **state)
{
    for (int kind = OPLOCK_LEVEL_2; kind < OPLOCK_KINDS; kind++) {
        struct nt_handle *h = open_all();
        struct waiting *w = oplock_have(rig, h, kind);
        rig_cleanup(rig, h);
        oplock_told(w, oplock_is_lease(kind) ? STATUS_OPLOCK_HANDLE_CLOSED : STATUS_SUCCESS, OPLOCK_NONE);
        assert_status(STATUS_FILE_CLOSED, oplock_refused(rig, h, kind));
        rig_close_only(rig, h);
    }
}

/* The handle is cleaned up where the others wait for an answer; none of them meets its share access. */
static void test_close_while_breaking(void **state)
{
    static const enum oplock_kind kinds[] = {OPLOCK_BATCH, OPLOCK_FILTER, OPLOCK_RH, OPLOCK_RWH};
    for (size_t i = 0; i < COUNT_OF(kinds); i++) {
        struct waiting *others[CROWD];
        struct nt_handle *h = oplock_open(rig, (struct oplock_open){.path = u"\\f", .share = NO_SHARE});
        struct waiting *w = oplock_have(rig, h, kinds[i]);
        for (int k = 0; k < CROWD; k++)
            others[k] = opening();
        wait_end((wait_status(w), w));
        for (int k = 0; k < CROWD; k++)
            assert_false(wait_completed(others[k]));
        rig_cleanup(rig, h);
        for (int k = 0; k < CROWD; k++)
            end_opened(others[k], STATUS_SUCCESS);
        rig_close_only(rig, h);
    }
}

/* He answers and stays: what share access says then holds. */
static void test_violation_after_answer(void **state)
{
    struct nt_handle *h = oplock_open(rig, (struct oplock_open){.path = u"\\f", .share = NO_SHARE});
    struct waiting *w = oplock_have(rig, h, OPLOCK_RWH), *o = opening();
    assert_int_equal(REQUEST_OPLOCK_OUTPUT_FLAG_ACK_REQUIRED | REQUEST_OPLOCK_OUTPUT_FLAG_MODES_PROVIDED,
                     (wait_status(w), oplock_output(w).Flags));
    assert_int_equal(ACCESS_ALL, oplock_output(w).AccessMode);
    assert_int_equal(SHARE_ALL, oplock_output(w).ShareMode);
    oplock_told(w, STATUS_SUCCESS, OPLOCK_RW);
    w = oplock_accept(rig, h);
    end_opened(o, STATUS_SHARING_VIOLATION);
    assert_string_equal("-", oplock_look(h));
    rig_end(rig, h);
    oplock_told(w, STATUS_OPLOCK_HANDLE_CLOSED, OPLOCK_NONE);
}

static void test_cancel_of_the_holder(void **state)
{
    for (int kind = OPLOCK_LEVEL_2; kind < OPLOCK_KINDS; kind++) {
        struct nt_handle *h = open_all();
        struct waiting *w = oplock_have(rig, h, kind);
        assert_true(nt_cancel(&w->rq));
        assert_status(STATUS_CANCELLED, wait_end(w));
        assert_string_equal("0", oplock_look(h));
        end_opened(opening(), STATUS_SUCCESS); /* waits for nobody */
        rig_end(rig, h);
    }
}

/* ---- who waits goes ------------------------------------------------------------------------------------ */

static void test_cancel_of_who_waits(void **state)
{
    struct nt_handle *h = open_all();
    struct waiting *w = oplock_have(rig, h, OPLOCK_BATCH), *first = opening(), *second = opening();
    oplock_told(w, STATUS_SUCCESS, OPLOCK_LEVEL_2);
    assert_true(nt_cancel(&first->rq));
    assert_false(nt_cancel(&first->rq));
    end_opened(first, STATUS_CANCELLED);
    assert_string_equal("2w", oplock_look(h));
    w = oplock_accept(rig, h);
    end_opened(second, STATUS_SUCCESS);
    rig_end(rig, h);
    oplock_told(w, STATUS_SUCCESS, OPLOCK_NONE);
}

static void test_cleanup_of_who_waits(void **state)
{
    struct nt_handle *h = open_all();
    struct waiting *w = oplock_have(rig, h, OPLOCK_RW);
    struct nt_handle *other =
        oplock_open(rig, (struct oplock_open){.path = u"\\f", .access = FILE_READ_ATTRIBUTES});
    struct waiting *size = wait_new(rig, NT_SET_INFORMATION, other);
    other->access |= FILE_WRITE_DATA;
    size->rq.info =
        (struct nt_info_args){.info_class = FileEndOfFileInformation, .buffer = size->buffer, .length = 8};
    wait_submit(size);
    other->access &= ~(ACCESS_MASK)FILE_WRITE_DATA;
    oplock_told(w, STATUS_SUCCESS, OPLOCK_NONE);
    assert_false(wait_completed(size));
    rig_end(rig, other);
    assert_status(STATUS_FILE_CLOSED, wait_end(size));
    rig_end(rig, h);
}

static struct waiting *impatient(uint64_t ms)
{
    struct waiting *w = wait_new(rig, NT_CREATE, NULL);
    fill_create(&w->rq, &(struct opening){.path = u"\\f", .disposition = FILE_OPEN});
    w->rq.wait_ns = ms * 1000000;
    wait_submit(w);
    return w;
}

/* Who never answers loses the oplock. */
static void test_patience_ends(void **state)
{
    static const enum oplock_kind kinds[] = {OPLOCK_LEVEL_1, OPLOCK_BATCH, OPLOCK_RWH, OPLOCK_RW};
    for (size_t i = 0; i < COUNT_OF(kinds); i++) {
        struct nt_handle *h = open_all();
        struct waiting *w = oplock_have(rig, h, kinds[i]), *patient = opening();
        uint64_t before = now_ms();
        end_opened(impatient(SHORT_MS), STATUS_SUCCESS);
        assert_true(now_ms() - before >= SHORT_MS - 20);
        end_opened(patient, STATUS_SUCCESS);
        wait_end((wait_status(w), w));
        assert_string_equal("0", oplock_look(h));
        w = oplock_control_of(rig, h, FSCTL_OPLOCK_BREAK_ACKNOWLEDGE);
        assert_status(STATUS_INVALID_OPLOCK_PROTOCOL, wait_end(w));
        rig_end(rig, h);
    }
}

/* Also with those who said that they would close. */
static void test_patience_with_promises(void **state)
{
    struct nt_handle *h = open_all();
    struct waiting *w = oplock_have(rig, h, OPLOCK_BATCH), *o = impatient(SHORT_MS);
    oplock_told(w, STATUS_SUCCESS, OPLOCK_LEVEL_2);
    assert_status(STATUS_SUCCESS, wait_end(oplock_control_of(rig, h, FSCTL_OPBATCH_ACK_CLOSE_PENDING)));
    end_opened(o, STATUS_SUCCESS);
    rig_end(rig, h);
}

/* ---- the volume stops ---------------------------------------------------------------------------------- */

static void test_stop(void **state)
{
    struct nt_handle *h = open_all();
    struct waiting *others[CROWD], *w = oplock_have(rig, h, OPLOCK_BATCH);
    struct nt_handle *g = oplock_open(rig, (struct oplock_open){.path = u"\\g"});
    struct waiting *held = oplock_have(rig, g, OPLOCK_RWH);
    for (int k = 0; k < CROWD; k++)
        others[k] = opening();
    oplock_told(w, STATUS_SUCCESS, OPLOCK_LEVEL_2);
    struct waiting *notify = oplock_control_of(rig, h, FSCTL_OPLOCK_BREAK_NOTIFY);
    nt_volume_stop(rig->vol);
    for (int k = 0; k < CROWD; k++)
        end_opened(others[k], STATUS_CANCELLED);
    assert_status(STATUS_CANCELLED, wait_end(notify));
    assert_status(STATUS_CANCELLED, wait_end(held));
    rig_end(rig, h);
    rig_end(rig, g);
}

/* ---- opens that do not want to wait -------------------------------------------------------------------- */

static void test_complete_if_oplocked(void **state)
{
    struct nt_handle *h = open_all(), *second;
    struct waiting *w = oplock_have(rig, h, OPLOCK_LEVEL_1);
    const struct oplock_open hasty = {.path = u"\\f", .options = FILE_COMPLETE_IF_OPLOCKED};
    struct waiting *o = oplock_opening(rig, hasty);
    assert_status(STATUS_OPLOCK_BREAK_IN_PROGRESS, oplock_opened(o, &second));
    oplock_told(w, STATUS_SUCCESS, OPLOCK_LEVEL_2);
    assert_string_equal("2?", oplock_look(h));
    rig_end(rig, second);
    w = oplock_accept(rig, h);
    assert_status(STATUS_SUCCESS, oplock_opened(oplock_opening(rig, hasty), &second));
    rig_end(rig, second);
    rig_end(rig, h);
    oplock_told(w, STATUS_SUCCESS, OPLOCK_NONE);
}

static void test_break_underway(void **state)
{
    struct nt_handle *h = oplock_open(rig, (struct oplock_open){.path = u"\\f", .share = NO_SHARE}), *none;
    struct waiting *w = oplock_have(rig, h, OPLOCK_BATCH);
    struct waiting *o =
        oplock_opening(rig, (struct oplock_open){.path = u"\\f", .options = FILE_COMPLETE_IF_OPLOCKED});
    assert_int_equal(FILE_OPBATCH_BREAK_UNDERWAY, (wait_status(o), o->information));
    assert_status(STATUS_SHARING_VIOLATION, oplock_opened(o, &none));
    oplock_told(w, STATUS_SUCCESS, OPLOCK_LEVEL_2);
    rig_end(rig, h);
}

static void test_requiring(void **state)
{
    const struct oplock_open requiring = {.path = u"\\f", .options = FILE_OPEN_REQUIRING_OPLOCK};
    struct nt_handle *h = open_all(), *second;
    struct waiting *w = oplock_have(rig, h, OPLOCK_RWH);
    end_opened(oplock_opening(rig, requiring), STATUS_CANNOT_BREAK_OPLOCK);
    assert_string_equal("-", oplock_look(h));
    rig_end(rig, h);
    oplock_told(w, STATUS_OPLOCK_HANDLE_CLOSED, OPLOCK_NONE);
    second = oplock_open(rig, requiring);
    w = oplock_have(rig, second, OPLOCK_RWH);
    rig_end(rig, second);
    wait_end(w);
}

static void test_reserve(void **state)
{
    const struct oplock_open reserve = {
        .path = u"\\f", .access = FILE_READ_ATTRIBUTES, .options = FILE_RESERVE_OPFILTER};
    struct nt_handle *h = oplock_open(rig, reserve);
    end_opened(oplock_opening(rig, reserve), STATUS_OPLOCK_NOT_GRANTED);
    struct waiting *w = oplock_have(rig, h, OPLOCK_FILTER);
    struct nt_handle *reader =
        oplock_open(rig, (struct oplock_open){.path = u"\\f", .access = FILE_READ_DATA, .share = SHARE_ALL});
    assert_false(wait_completed(w));
    struct waiting *o = oplock_opening(rig, reserve); /* the holder makes room */
    oplock_told(w, STATUS_SUCCESS, OPLOCK_NONE);
    rig_end(rig, reader);
    rig_end(rig, h);
    end_opened(o, STATUS_SUCCESS);
}

/* ---- others that wait ---------------------------------------------------------------------------------- */

static void test_break_notify(void **state)
{
    struct nt_handle *h = open_all();
    assert_status(STATUS_SUCCESS, wait_end(oplock_control_of(rig, h, FSCTL_OPLOCK_BREAK_NOTIFY)));
    struct waiting *w = oplock_have(rig, h, OPLOCK_LEVEL_1);
    assert_status(STATUS_SUCCESS, wait_end(oplock_control_of(rig, h, FSCTL_OPLOCK_BREAK_NOTIFY)));
    struct waiting *o = opening();
    oplock_told(w, STATUS_SUCCESS, OPLOCK_LEVEL_2);
    struct waiting *notify = oplock_control_of(rig, h, FSCTL_OPLOCK_BREAK_NOTIFY);
    struct waiting *dropped = oplock_control_of(rig, h, FSCTL_OPLOCK_BREAK_NOTIFY);
    assert_false(wait_completed(notify));
    assert_true(nt_cancel(&dropped->rq));
    assert_status(STATUS_CANCELLED, wait_end(dropped));
    w = oplock_accept(rig, h);
    assert_status(STATUS_SUCCESS, wait_end(notify));
    end_opened(o, STATUS_SUCCESS);
    rig_end(rig, h);
    wait_end(w);
}

/* Opens with one key are one client. */
static void test_same_key(void **state)
{
    const struct oplock_open mine = {.path = u"\\f", .key = 9};
    struct nt_handle *h = oplock_open(rig, mine);
    struct waiting *w = oplock_have(rig, h, OPLOCK_RWH);
    struct nt_handle *second = oplock_open(rig, mine);
    assert_status(STATUS_SUCCESS, rig_write(rig, second, "x", 1, 0, NULL));
    assert_status(STATUS_SUCCESS, rig_lock(rig, second, whole));
    assert_status(STATUS_SUCCESS, rig_dispose(rig, second, true));
    assert_string_equal("-", oplock_look(h));
    rig_end(rig, second);
    rig_end(rig, h);
    oplock_told(w, STATUS_OPLOCK_HANDLE_CLOSED, OPLOCK_NONE);
}

/* On a SingleThread volume who waits does not keep the others out. */
static void test_single_thread(void **state)
{
    struct rig *before = rig;
    rig = rig_open(&(struct rig_spec){.single_thread = true});
    struct nt_handle *h = open_all();
    struct waiting *w = oplock_have(rig, h, OPLOCK_RWH), *o = opening();
    oplock_told(w, STATUS_SUCCESS, OPLOCK_RH);
    assert_status(STATUS_SUCCESS, rig_write(rig, h, "x", 1, 0, NULL));
    w = oplock_accept(rig, h);
    end_opened(o, STATUS_SUCCESS);
    rig_end(rig, h);
    wait_end(w);
    rig_close(rig);
    rig = before;
}

#define RIGGED(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        RIGGED(test_close_while_held),
        RIGGED(test_close_while_breaking),
        RIGGED(test_violation_after_answer),
        RIGGED(test_cancel_of_the_holder),
        RIGGED(test_cancel_of_who_waits),
        RIGGED(test_cleanup_of_who_waits),
        RIGGED(test_patience_ends),
        RIGGED(test_patience_with_promises),
        RIGGED(test_stop),
        RIGGED(test_complete_if_oplocked),
        RIGGED(test_break_underway),
        RIGGED(test_requiring),
        RIGGED(test_reserve),
        RIGGED(test_break_notify),
        RIGGED(test_same_key),
        RIGGED(test_single_thread),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
