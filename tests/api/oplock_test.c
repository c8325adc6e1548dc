// SPDX-License-Identifier: MIT
/* Oplocks through <dokan/nt.h>: as a program asks for one, hears of its break and acknowledges it. */
#include "tiny.h"
#include <dokan/nt.h>
#include <pthread.h>

static DOKAN_HANDLE volume;

static int open_volume(void **state)
{
    (void)state;
    tiny_reset();
    DokanInit();
    volume = tiny_open(tiny_options(NULL, 0));
    return 0;
}

static int close_volume(void **state)
{
    (void)state;
    tiny_release();
    DokanCloseHandle(volume);
    DokanShutdown();
    return 0;
}

/* ---- requests ------------------------------------------------------------------------------------------ */

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;

struct pending {
    DOKAN_NT_REQUEST rq;
    REQUEST_OPLOCK_INPUT_BUFFER in;
    REQUEST_OPLOCK_OUTPUT_BUFFER out;
    int completed, released;
};

static void DOKAN_CALLBACK complete(PDOKAN_NT_REQUEST rq)
{
    struct pending *p = rq->Context;
    pthread_mutex_lock(&lock);
    p->completed++;
    pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&lock);
}

static void DOKAN_CALLBACK released(PDOKAN_NT_REQUEST rq)
{
    struct pending *p = rq->Context;
    pthread_mutex_lock(&lock);
    p->released++;
    pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&lock);
}

static void submit(struct pending *p)
{
    p->completed = p->released = 0;
    p->rq.Context = p;
    p->rq.Complete = complete;
    p->rq.Released = released;
    assert_int_equal(DokanNtSubmit(&p->rq), STATUS_PENDING);
}

static int is_completed(struct pending *p)
{
    pthread_mutex_lock(&lock);
    int yes = p->completed;
    pthread_mutex_unlock(&lock);
    return yes;
}

static NTSTATUS await(struct pending *p)
{
    pthread_mutex_lock(&lock);
    while (!p->released)
        pthread_cond_wait(&changed, &lock);
    pthread_mutex_unlock(&lock);
    assert_int_equal(p->completed, 1);
    return p->rq.Status;
}

static void lease(struct pending *p, DOKAN_NT_FILE file, ULONG level, ULONG flags)
{
    p->in = (REQUEST_OPLOCK_INPUT_BUFFER){REQUEST_OPLOCK_CURRENT_VERSION, sizeof p->in, level, flags};
    p->rq = DokanNtRequest(NULL, DOKAN_NT_FS_CONTROL);
    p->rq.File = file;
    p->rq.Class = FSCTL_REQUEST_OPLOCK;
    p->rq.Input = &p->in;
    p->rq.InputLength = sizeof p->in;
    p->rq.Buffer = &p->out;
    p->rq.Length = sizeof p->out;
    submit(p);
}

static DOKAN_NT_REQUEST opening(LPCWSTR name, ULONG64 key)
{
    DOKAN_NT_REQUEST rq = DokanNtRequest(volume, DOKAN_NT_CREATE);
    rq.Name = name;
    rq.DesiredAccess = FILE_GENERIC_READ;
    rq.ShareAccess = FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE;
    rq.CreateDisposition = FILE_OPEN;
    rq.OplockKey[1] = key;
    return rq;
}

static DOKAN_NT_FILE must_open(LPCWSTR name, ULONG64 key)
{
    DOKAN_NT_REQUEST rq = opening(name, key);
    assert_int_equal(DokanNtCall(&rq), STATUS_SUCCESS);
    return rq.File;
}

/* ---- tests --------------------------------------------------------------------------------------------- */

static const ULONG rh = OPLOCK_LEVEL_CACHE_READ | OPLOCK_LEVEL_CACHE_HANDLE;
static const ULONG rwh = OPLOCK_LEVEL_CACHE_READ | OPLOCK_LEVEL_CACHE_HANDLE | OPLOCK_LEVEL_CACHE_WRITE;

static void test_lease(void **state)
{
    (void)state;
    DOKAN_NT_FILE file = must_open(u"\\file", 7), twin = must_open(u"\\file", 7);
    struct pending held, other = {.rq = opening(u"\\file", 8)};
    lease(&held, file, rwh, REQUEST_OPLOCK_INPUT_FLAG_REQUEST);
    assert_false(is_completed(&held));
    submit(&other);
    assert_int_equal(await(&held), STATUS_SUCCESS);
    assert_int_equal(held.rq.Information, sizeof held.out);
    assert_int_equal(held.out.OriginalOplockLevel, rwh);
    assert_int_equal(held.out.NewOplockLevel, rh);
    assert_int_equal(held.out.Flags & REQUEST_OPLOCK_OUTPUT_FLAG_ACK_REQUIRED, 1);
    assert_false(is_completed(&other));
    lease(&held, file, rh, REQUEST_OPLOCK_INPUT_FLAG_ACK);
    assert_int_equal(await(&other), STATUS_SUCCESS);
    assert_int_equal(DokanNtClose(other.rq.File), STATUS_SUCCESS);
    assert_false(is_completed(&held));
    DokanNtClose(twin);
    DokanNtClose(file);
    assert_int_equal(await(&held), STATUS_OPLOCK_HANDLE_CLOSED);
}

static void test_cancel(void **state)
{
    (void)state;
    DOKAN_NT_FILE file = must_open(u"\\file", 0);
    struct pending held, other = {.rq = opening(u"\\file", 0)};
    lease(&held, file, rwh, REQUEST_OPLOCK_INPUT_FLAG_REQUEST);
    submit(&other);
    assert_int_equal(await(&held), STATUS_SUCCESS);
    assert_true(DokanNtCancel(&other.rq));
    assert_int_equal(await(&other), STATUS_CANCELLED);
    assert_null(other.rq.File);
    DokanNtClose(file);
}

/* The key of the directory's lease, in an open of what lies in it. */
static void test_parent_key(void **state)
{
    (void)state;
    struct pending held;
    DOKAN_NT_FILE root = must_open(u"\\", 5);
    lease(&held, root, rh, REQUEST_OPLOCK_INPUT_FLAG_REQUEST);
    for (ULONG64 key = 5; key < 7; key++) {
        DOKAN_NT_REQUEST rq = opening(u"\\file", 0);
        rq.CreateDisposition = FILE_OVERWRITE;
        rq.ParentOplockKey[1] = key;
        assert_false(is_completed(&held));
        assert_int_equal(DokanNtCall(&rq), STATUS_SUCCESS);
        DokanNtClose(rq.File);
    }
    assert_int_equal(await(&held), STATUS_SUCCESS);
    assert_int_equal(held.out.NewOplockLevel, 0);
    DokanNtClose(root);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_lease, open_volume, close_volume),
        cmocka_unit_test_setup_teardown(test_cancel, open_volume, close_volume),
        cmocka_unit_test_setup_teardown(test_parent_key, open_volume, close_volume),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
