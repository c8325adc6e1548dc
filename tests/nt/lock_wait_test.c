// SPDX-License-Identifier: MIT
/* Byte-range locks: who waits, for whom, in which order; what goes with Cleanup; locks that the file system
 * keeps. */
#include "memfs.h"
#include "waiting.h"

#define GRANTED STATUS_SUCCESS
#define REFUSED STATUS_LOCK_NOT_GRANTED
#define ABSENT  STATUS_RANGE_NOT_LOCKED

/* ---- waiting ------------------------------------------------------------------------------------------- */

static void test_waiting_is_fair(void **state)
{
    struct table t = table_open(&(struct rig_spec){0});
    assert_status(GRANTED, rig_lock(t.rig, t.h[0], whole_shared));
    struct waiting *writer = wait_lock(t.rig, t.h[1], whole);
    struct waiting *reader = wait_lock(t.rig, t.h[2], whole_shared); /* what is held would let it in */
    struct waiting *apart = wait_lock(t.rig, t.h[3], (struct range){.start = 200, .length = 1});
    assert_status(GRANTED, wait_end(apart));
    assert_status(GRANTED, rig_unlock(t.rig, t.h[3], (struct range){.start = 200, .length = 1}));
    assert_status(REFUSED,
                  rig_lock(t.rig, t.h[3], whole_shared)); /* who cannot wait does not push in either */
    sleep_ms(20);
    assert_false(wait_completed(writer));
    assert_false(wait_completed(reader));
    assert_status(GRANTED, rig_unlock(t.rig, t.h[0], whole_shared));
    assert_status(GRANTED, wait_end(writer));
    sleep_ms(20);
    assert_false(wait_completed(reader));
    assert_status(GRANTED, rig_unlock(t.rig, t.h[1], whole));
    assert_status(GRANTED, wait_end(reader));
    table_close(&t);
}

/* Whom the others wait for must not wait behind them. */
static void test_holder_passes(void **state)
{
    struct table t = table_open(&(struct rig_spec){0});
    assert_status(GRANTED, rig_lock(t.rig, t.h[0], whole_shared));
    struct waiting *writer = wait_lock(t.rig, t.h[1], whole);
    struct waiting *again = wait_lock(t.rig, t.h[0], (struct range){.start = 5, .length = 5});
    assert_status(GRANTED, wait_end(again));
    assert_status(GRANTED, rig_unlock(t.rig, t.h[0], whole_shared));
    assert_false(wait_completed(writer));
    assert_status(GRANTED, rig_unlock(t.rig, t.h[0], (struct range){.start = 5, .length = 5}));
    assert_status(GRANTED, wait_end(writer));
    table_close(&t);
}

/* Several at once when what went held all of them up. */
static void test_all_readers_at_once(void **state)
{
    struct table t = table_open(&(struct rig_spec){0});
    struct waiting *readers[3];
    assert_status(GRANTED, rig_lock(t.rig, t.h[0], whole));
    for (int i = 0; i < 3; i++)
        readers[i] = wait_lock(t.rig, t.h[i + 1], whole_shared);
    assert_status(GRANTED, rig_unlock(t.rig, t.h[0], whole));
    for (int i = 0; i < 3; i++)
        assert_status(GRANTED, wait_end(readers[i]));
    table_close(&t);
}

/* One who leaves the queue lets go who waited behind it. */
static void test_cancel_lets_others_pass(void **state)
{
    struct table t = table_open(&(struct rig_spec){0});
    assert_status(GRANTED, rig_lock(t.rig, t.h[0], whole_shared));
    struct waiting *writer = wait_lock(t.rig, t.h[1], whole);
    struct waiting *reader = wait_lock(t.rig, t.h[2], whole_shared);
    assert_true(nt_cancel(&writer->rq));
    assert_status(STATUS_CANCELLED, wait_end(writer));
    assert_status(GRANTED, wait_end(reader));
    assert_status(ABSENT, rig_unlock(t.rig, t.h[1], whole)); /* it got nothing */
    table_close(&t);
}

static void *submit(void *arg)
{
    wait_submit(arg);
    return NULL;
}

/* Locks go with Cleanup, after the file system's; who waits with the same handle is sent away. */
static void test_cleanup(void **state)
{
    struct table t = table_open(&(struct rig_spec){0});
    assert_status(GRANTED, rig_lock(t.rig, t.h[0], whole));
    assert_status(GRANTED, rig_lock(t.rig, t.h[0], (struct range){.start = 500, .length = 1}));
    struct waiting *own = wait_lock(t.rig, t.h[0], whole);
    struct waiting *other = wait_lock(t.rig, t.h[1], whole);
    fake_block(&t.rig->fs, DokanOperationCleanup);
    struct waiting *cleanup = wait_new(t.rig, NT_CLEANUP, t.h[0]);
    pthread_t thread;
    pthread_create(&thread, NULL, submit, cleanup);
    fake_wait_blocked(&t.rig->fs, DokanOperationCleanup, 1);
    assert_status(ABSENT, wait_end(own));
    sleep_ms(20);
    assert_false(wait_completed(other));
    fake_unblock(&t.rig->fs, DokanOperationCleanup);
    pthread_join(thread, NULL);
    assert_status(STATUS_SUCCESS, wait_end(cleanup));
    assert_status(GRANTED, wait_end(other));
    assert_status(GRANTED, rig_lock(t.rig, t.h[2], (struct range){.start = 500, .length = 1}));
    rig_close_only(t.rig, t.h[0]);
    t.h[0] = NULL;
    table_close(&t);
}

/* On its way when the Cleanup comes: it gets nothing, and leaves nothing behind. */
static void test_cleanup_overtakes(void **state)
{
    static const ULONG options[] = {0, DOKAN_OPTION_FILELOCK_USER_MODE};
    for (size_t i = 0; i < COUNT_OF(options); i++) {
        struct table t = table_open(&(struct rig_spec){.options = options[i]});
        struct waiting *w = wait_new(t.rig, NT_LOCK, t.h[0]);
        w->rq.lock = (struct nt_lock_args){.length = 10, .exclusive = true};
        assert_true(nt_admit(&w->rq));
        rig_cleanup(t.rig, t.h[0]);
        nt_run(&w->rq);
        assert_status(ABSENT, wait_end(w));
        assert_status(GRANTED, rig_lock(t.rig, t.h[1], whole));
        rig_close_only(t.rig, t.h[0]);
        t.h[0] = NULL;
        table_close(&t);
    }
}

/* Locks belong to the file, whatever it is called; a new file of the old name has none. */
static void test_rename_and_delete(void **state)
{
    void *memfs = memfs_new(0, 0);
    struct rig *rig = rig_open(&(struct rig_spec){.operations = memfs_operations(), .context = memfs});
    const struct opening make = {.path = u"\\f", .disposition = FILE_OPEN_IF};
    struct nt_handle *a = rig_create(rig, &make).handle, *b = rig_create(rig, &make).handle;
    assert_status(GRANTED, rig_lock(rig, a, whole));
    assert_status(STATUS_SUCCESS, rig_move(rig, u"\\f", u"\\g", 0));
    assert_status(REFUSED, rig_lock(rig, b, whole));
    struct nt_handle *c = rig_create(rig, &make).handle;
    assert_status(GRANTED, rig_lock(rig, c, whole));
    assert_status(STATUS_SUCCESS, rig_remove(rig, u"\\g", false));
    assert_status(REFUSED, rig_lock(rig, b, whole));
    assert_status(STATUS_SUCCESS, rig_dispose(rig, c, true));
    assert_status(GRANTED, rig_unlock(rig, a, whole));
    assert_status(GRANTED, rig_lock(rig, b, whole));
    rig_end(rig, a);
    rig_end(rig, b);
    rig_end(rig, c);
    rig_close(rig);
    memfs_free(memfs);
}

/* ---- locks that the file system keeps ------------------------------------------------------------------ */

static NTSTATUS unlock_all(struct rig *rig, struct nt_handle *h, bool by_key, uint32_t key)
{
    struct nt_request rq;
    rig_request(rig, &rq, NT_UNLOCK, h);
    rq.lock = (struct nt_lock_args){.all = true, .by_key = by_key, .key = key};
    return nt_call(&rq, NULL);
}

static void test_user_mode_unlock_all(void **state)
{
    struct table t = table_open(&(struct rig_spec){.options = DOKAN_OPTION_FILELOCK_USER_MODE});
    struct fake *fs = &t.rig->fs;
    for (unsigned i = 0; i < 4; i++)
        assert_status(GRANTED,
                      rig_lock(t.rig, t.h[0], (struct range){.start = i, .length = 1, .key = i % 2}));
    assert_status(STATUS_SUCCESS, unlock_all(t.rig, t.h[0], true, 1));
    assert_int_equal(2, fake_calls(fs, DokanOperationUnlockFile));
    assert_int_equal(1, fake_call_at(fs, DokanOperationUnlockFile, 0).offset);
    assert_int_equal(3, fake_call_at(fs, DokanOperationUnlockFile, 1).offset);
    assert_status(STATUS_SUCCESS, unlock_all(t.rig, t.h[0], false, 0));
    assert_int_equal(4, fake_calls(fs, DokanOperationUnlockFile));
    char byte;
    assert_status(GRANTED, rig_lock(t.rig, t.h[0], whole));
    assert_status(STATUS_SUCCESS, rig_read(t.rig, t.h[1], &byte, 1, 0, NULL)); /* its own business */
    table_close(&t);
}

/* Refused because of another handle's lock, it asks again once that is gone. */
static void user_mode_waits(bool single_thread)
{
    struct table t = table_open(
        &(struct rig_spec){.options = DOKAN_OPTION_FILELOCK_USER_MODE, .single_thread = single_thread});
    struct fake *fs = &t.rig->fs;
    assert_status(GRANTED, rig_lock(t.rig, t.h[0], whole));
    fake_returns(fs, DokanOperationLockFile, STATUS_LOCK_NOT_GRANTED);
    assert_status(REFUSED, rig_lock(t.rig, t.h[1], whole));
    struct waiting *w = wait_lock(t.rig, t.h[1], whole);
    struct waiting *elsewhere = wait_lock(t.rig, t.h[1], (struct range){.start = 1000, .length = 1});
    assert_status(REFUSED, wait_end(elsewhere)); /* nobody here holds that: nothing to wait for */
    assert_status(GRANTED, rig_unlock(t.rig, t.h[2], (struct range){.start = 7, .length = 7}));
    sleep_ms(20);
    assert_false(wait_completed(w));
    assert_int_equal(4, fake_calls(fs, DokanOperationLockFile));
    fake_returns(fs, DokanOperationLockFile, STATUS_SUCCESS);
    assert_status(STATUS_SUCCESS, rig_unlock(t.rig, t.h[0], whole));
    assert_status(GRANTED, wait_end(w));
    assert_int_equal(5, fake_calls(fs, DokanOperationLockFile));
    struct waiting *last = NULL;
    fake_returns(fs, DokanOperationLockFile, STATUS_LOCK_NOT_GRANTED);
    last = wait_lock(t.rig, t.h[2], whole);
    assert_false(wait_completed(last));
    fake_returns(fs, DokanOperationLockFile, STATUS_SUCCESS);
    rig_end(t.rig, t.h[1]); /* the file system drops its locks in Cleanup */
    t.h[1] = NULL;
    assert_status(GRANTED, wait_end(last));
    table_close(&t);
}

static void test_user_mode_waits(void **state)
{
    user_mode_waits(false);
}

static void test_user_mode_waits_single_thread(void **state)
{
    user_mode_waits(true);
}

/* The lock that is in the way goes while the file system is being asked. */
static struct table *asked;

static NTSTATUS unlock_meanwhile(struct fake *fs, struct fake_call *call, NTSTATUS planned)
{
    fake_hooks(fs, DokanOperationLockFile, NULL);
    rig_unlock(asked->rig, asked->h[0], whole);
    return STATUS_LOCK_NOT_GRANTED;
}

static void test_user_mode_unlocked_meanwhile(void **state)
{
    struct table t = table_open(&(struct rig_spec){.options = DOKAN_OPTION_FILELOCK_USER_MODE});
    asked = &t;
    assert_status(GRANTED, rig_lock(t.rig, t.h[0], whole));
    fake_hooks(&t.rig->fs, DokanOperationLockFile, unlock_meanwhile);
    assert_status(GRANTED, wait_end(wait_lock(t.rig, t.h[1], whole)));
    assert_int_equal(3, fake_calls(&t.rig->fs, DokanOperationLockFile));
    table_close(&t);
}

/* Granted after the deadline, when its caller was told that it failed. */
static void test_user_mode_late(void **state)
{
    struct table t =
        table_open(&(struct rig_spec){.options = DOKAN_OPTION_FILELOCK_USER_MODE, .timeout_ms = 60});
    struct fake *fs = &t.rig->fs;
    struct waiting *w = wait_new(t.rig, NT_LOCK, t.h[0]);
    pthread_t thread;
    w->rq.lock = (struct nt_lock_args){.offset = 3, .length = 4, .exclusive = true};
    fake_block(fs, DokanOperationLockFile);
    pthread_create(&thread, NULL, submit, w);
    assert_status(STATUS_IO_TIMEOUT, wait_status(w));
    fake_unblock(fs, DokanOperationLockFile);
    pthread_join(thread, NULL);
    assert_status(STATUS_IO_TIMEOUT, wait_end(w));
    assert_int_equal(3, fake_last(fs, DokanOperationUnlockFile).offset);
    assert_int_equal(4, fake_last(fs, DokanOperationUnlockFile).length);
    table_close(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_waiting_is_fair),
        cmocka_unit_test(test_holder_passes),
        cmocka_unit_test(test_all_readers_at_once),
        cmocka_unit_test(test_cancel_lets_others_pass),
        cmocka_unit_test(test_cleanup),
        cmocka_unit_test(test_cleanup_overtakes),
        cmocka_unit_test(test_rename_and_delete),
        cmocka_unit_test(test_user_mode_unlock_all),
        cmocka_unit_test(test_user_mode_waits),
        cmocka_unit_test(test_user_mode_waits_single_thread),
        cmocka_unit_test(test_user_mode_unlocked_meanwhile),
        cmocka_unit_test(test_user_mode_late),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
