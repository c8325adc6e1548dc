// SPDX-License-Identifier: MIT
/* Oplocks: who is granted which, and beside whom. */
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

static struct nt_handle *open_key(uint64_t key)
{
    return oplock_open(rig, (struct oplock_open){.path = u"\\f", .access = FILE_READ_ATTRIBUTES, .key = key});
}

/* Per held one (2 1 B F R RH RW RWH), what asking for another does: + granted, s in its place, . refused.
 * With another open that has another key, with one that has the same, on the same handle. */
static const char *const others[OPLOCK_KINDS] = {
    [OPLOCK_LEVEL_2] = "+...+...", [OPLOCK_LEVEL_1] = "........", [OPLOCK_BATCH] = "........",
    [OPLOCK_FILTER] = "........",  [OPLOCK_R] = "+...++..",       [OPLOCK_RH] = "....++..",
    [OPLOCK_RW] = "........",      [OPLOCK_RWH] = "........",
};
static const char *const same_key[OPLOCK_KINDS] = {
    [OPLOCK_LEVEL_2] = "+...+...", [OPLOCK_LEVEL_1] = "........", [OPLOCK_BATCH] = "........",
    [OPLOCK_FILTER] = "........",  [OPLOCK_R] = "+...s...",       [OPLOCK_RH] = "....ss..",
    [OPLOCK_RW] = "....s.s.",      [OPLOCK_RWH] = "....ssss",
};
static const char *const same_handle[OPLOCK_KINDS] = {
    [OPLOCK_LEVEL_2] = "+...+...", [OPLOCK_LEVEL_1] = "s.......", [OPLOCK_BATCH] = "s.......",
    [OPLOCK_FILTER] = "s.......",  [OPLOCK_R] = "+...s...",       [OPLOCK_RH] = "....ss..",
    [OPLOCK_RW] = "....s.s.",      [OPLOCK_RWH] = "....ssss",
};

/* The first one's end: switched, or level 2 that makes room. */
static void check_replaced(struct waiting *first, enum oplock_kind held, enum oplock_kind wanted)
{
    if (held == OPLOCK_LEVEL_2)
        oplock_told(first, STATUS_SUCCESS, OPLOCK_NONE);
    else
        oplock_told(first, STATUS_OPLOCK_SWITCHED_TO_NEW_HANDLE, wanted);
}

static void check_pair(enum oplock_kind held, enum oplock_kind wanted, char expected, struct nt_handle *h,
                       struct nt_handle *second)
{
    struct waiting *first = oplock_have(rig, h, held);
    struct waiting *next = oplock_ask(rig, second, wanted);
    bool granted = !wait_completed(next), replaced = granted && expected == 's';
    if (granted != (expected != '.'))
        fail_msg("%s beside %s", oplock_name(wanted), oplock_name(held));
    if (replaced)
        check_replaced(first, held, wanted);
    else
        assert_false(wait_completed(first));
    rig_cleanup(rig, h);
    if (second != h)
        rig_cleanup(rig, second);
    if (!replaced)
        wait_end(first);
    NTSTATUS status = wait_end(next);
    if (!granted)
        assert_status(STATUS_OPLOCK_NOT_GRANTED, status);
}

/* What only one may have, another open cannot see granted: that one could not be there. */
static bool can_be_held(enum oplock_kind kind, bool one_key)
{
    return !oplock_is_exclusive(kind) || (oplock_is_lease(kind) && one_key);
}

static void check_all(const char *const *table, uint64_t key1, uint64_t key2)
{
    for (int wanted = OPLOCK_LEVEL_2; wanted < OPLOCK_KINDS; wanted++) {
        for (int held = OPLOCK_LEVEL_2; held < OPLOCK_KINDS; held++) {
            if (table != same_handle && !can_be_held(held, table == same_key))
                continue;
            struct nt_handle *h = open_key(key1);
            struct nt_handle *second = table == same_handle ? h : open_key(key2);
            check_pair(held, wanted, table[wanted][held - 1], h, second);
            rig_close_only(rig, h);
            if (second != h)
                rig_close_only(rig, second);
        }
    }
}

static void test_beside_others(void **state)
{
    check_all(others, 1, 2);
    check_all(others, 0, 0);
}

static void test_same_key(void **state)
{
    check_all(same_key, 7, 7);
}

static void test_same_handle(void **state)
{
    check_all(same_handle, 0, 0);
}

/* An open for attributes does not break it, and does not get one. */
static void test_beside_exclusive(void **state)
{
    for (int held = OPLOCK_LEVEL_2; held < OPLOCK_KINDS; held++) {
        if (!oplock_is_exclusive(held))
            continue;
        struct nt_handle *h = open_key(0);
        struct waiting *first = oplock_have(rig, h, held);
        struct nt_handle *second = open_key(0);
        for (int wanted = OPLOCK_LEVEL_2; wanted < OPLOCK_KINDS; wanted++)
            assert_status(STATUS_OPLOCK_NOT_GRANTED, oplock_refused(rig, second, wanted));
        assert_string_equal("-", oplock_look(h));
        rig_end(rig, h);
        wait_end(first);
        rig_end(rig, second);
    }
}

static void test_others_have_it_open(void **state)
{
    struct nt_handle *h = open_key(1), *second = open_key(2);
    for (int kind = OPLOCK_LEVEL_2; kind < OPLOCK_KINDS; kind++)
        if (oplock_is_exclusive(kind))
            assert_status(STATUS_OPLOCK_NOT_GRANTED, oplock_refused(rig, h, kind));
    rig_cleanup(rig, second);
    struct waiting *w = oplock_have(rig, h, OPLOCK_RWH);
    rig_end(rig, h);
    wait_end(w);
    rig_close_only(rig, second);
}

/* An open that the file system has not answered yet counts as one. */
static void test_others_are_opening(void **state)
{
    struct nt_handle *h = open_key(0);
    fake_block(&rig->fs, DokanOperationZwCreateFile);
    struct pending *opening = pending_new(rig, NT_CREATE, NULL, 0);
    fill_create(&opening->rq, &(struct opening){.path = u"\\f", .disposition = FILE_OPEN});
    pending_start(opening);
    fake_wait_blocked(&rig->fs, DokanOperationZwCreateFile, 1);
    for (int kind = OPLOCK_LEVEL_2; kind < OPLOCK_KINDS; kind++)
        if (oplock_is_exclusive(kind))
            assert_status(STATUS_OPLOCK_NOT_GRANTED, oplock_refused(rig, h, kind));
    fake_unblock(&rig->fs, DokanOperationZwCreateFile);
    assert_status(STATUS_SUCCESS, pending_status(opening));
    struct nt_handle *second = opening->rq.create.out.handle;
    nt_node_put(opening->rq.create.out.node);
    pending_end(opening);
    rig_end(rig, second);
    rig_end(rig, h);
}

static void test_synchronous(void **state)
{
    struct nt_handle *h =
        oplock_open(rig, (struct oplock_open){.path = u"\\f", .options = FILE_SYNCHRONOUS_IO_NONALERT});
    for (int kind = OPLOCK_LEVEL_2; kind < OPLOCK_KINDS; kind++)
        assert_status(STATUS_OPLOCK_NOT_GRANTED, oplock_refused(rig, h, kind));
    rig_end(rig, h);
}

static void test_directory(void **state)
{
    struct nt_handle *h = oplock_open(rig, (struct oplock_open){.path = u"\\d"});
    for (int kind = OPLOCK_LEVEL_2; kind < OPLOCK_KINDS; kind++) {
        if (kind == OPLOCK_R || kind == OPLOCK_RH || kind == OPLOCK_RWH)
            continue;
        assert_status(STATUS_INVALID_PARAMETER, oplock_refused(rig, h, kind));
    }
    struct waiting *r = oplock_have(rig, h, OPLOCK_R), *rh = oplock_have(rig, h, OPLOCK_RH);
    oplock_told(r, STATUS_OPLOCK_SWITCHED_TO_NEW_HANDLE, OPLOCK_RH);
    struct waiting *rwh = oplock_have(rig, h, OPLOCK_RWH);
    oplock_told(rh, STATUS_OPLOCK_SWITCHED_TO_NEW_HANDLE, OPLOCK_RWH);
    rig_end(rig, h);
    oplock_told(rwh, STATUS_OPLOCK_HANDLE_CLOSED, OPLOCK_NONE);
}

static void test_locks_and_deletion(void **state)
{
    struct nt_handle *h = oplock_open(rig, (struct oplock_open){.path = u"\\f"});
    assert_status(STATUS_SUCCESS, rig_lock(rig, h, whole));
    assert_status(STATUS_OPLOCK_NOT_GRANTED, oplock_refused(rig, h, OPLOCK_LEVEL_2));
    assert_status(STATUS_OPLOCK_NOT_GRANTED, oplock_refused(rig, h, OPLOCK_R));
    assert_status(STATUS_OPLOCK_NOT_GRANTED, oplock_refused(rig, h, OPLOCK_RH));
    assert_status(STATUS_SUCCESS, rig_unlock(rig, h, whole));
    assert_status(STATUS_SUCCESS, rig_dispose(rig, h, true));
    static const enum oplock_kind keep_handle[] = {OPLOCK_BATCH, OPLOCK_FILTER, OPLOCK_RH, OPLOCK_RWH};
    for (size_t i = 0; i < COUNT_OF(keep_handle); i++)
        assert_status(STATUS_DELETE_PENDING, oplock_refused(rig, h, keep_handle[i]));
    struct waiting *w = oplock_have(rig, h, OPLOCK_LEVEL_1);
    rig_end(rig, h);
    oplock_told(w, STATUS_SUCCESS, OPLOCK_NONE);
}

static void test_nonsense(void **state)
{
    struct nt_handle *h = oplock_open(rig, (struct oplock_open){.path = u"\\f"});
    static const struct {
        ULONG level, flags;
    } wrong[] = {{0, 1}, {2, 1}, {4, 1}, {6, 1}, {8, 1}, {3, 0}, {3, 3}, {3, 5}, {1, 8}, {8, 2}};
    for (size_t i = 0; i < COUNT_OF(wrong); i++)
        assert_status(STATUS_INVALID_PARAMETER,
                      wait_end(oplock_lease(rig, h, wrong[i].level, wrong[i].flags)));
    struct waiting *w = wait_new(rig, NT_FS_CONTROL, h);
    w->rq.control = (struct nt_control_args){
        .code = FSCTL_REQUEST_OPLOCK, .in = w->buffer, .in_length = 11, .out = w->buffer, .out_length = 64};
    wait_submit(w);
    assert_status(STATUS_BUFFER_TOO_SMALL, wait_end(w));
    w = wait_new(rig, NT_FS_CONTROL, h);
    w->rq.control = (struct nt_control_args){
        .code = FSCTL_REQUEST_OPLOCK, .in = w->buffer, .in_length = 12, .out = w->buffer, .out_length = 23};
    wait_submit(w);
    assert_status(STATUS_BUFFER_TOO_SMALL, wait_end(w));
    rig_end(rig, h);
}

#define RIGGED(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        RIGGED(test_beside_others),       RIGGED(test_same_key),
        RIGGED(test_same_handle),         RIGGED(test_beside_exclusive),
        RIGGED(test_others_have_it_open), RIGGED(test_others_are_opening),
        RIGGED(test_synchronous),         RIGGED(test_directory),
        RIGGED(test_locks_and_deletion),  RIGGED(test_nonsense),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
