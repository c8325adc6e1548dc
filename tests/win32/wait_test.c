// SPDX-License-Identifier: MIT
/* What takes its time: overlapped requests, events, locks that wait, changes; ended by cancelling and
 * closing. */
#include "kit.h"

#include <pthread.h>
#include <unistd.h>

enum { SOON_US = 20000, LONG_MS = 10000 };

static HANDLE overlapped_file(LPCWSTR name)
{
    return OPENS(open_file(name, GENERIC_READ | GENERIC_WRITE, OPEN_EXISTING, FILE_FLAG_OVERLAPPED));
}

static HANDLE watched(DWORD flags)
{
    make_directory(u"X:\\d");
    return OPENS(open_file(u"X:\\d", FILE_LIST_DIRECTORY, OPEN_EXISTING, FILE_FLAG_BACKUP_SEMANTICS | flags));
}

/* ---- events
 * --------------------------------------------------------------------------------------------------- */

static void test_events(void **state)
{
    (void)state;
    HANDLE one = OPENS(CreateEventW(NULL, FALSE, TRUE, NULL));
    assert_int_equal(WaitForSingleObject(one, 0), WAIT_OBJECT_0);
    assert_int_equal(WaitForSingleObject(one, 0), WAIT_TIMEOUT);
    assert_int_equal(WaitForSingleObject(one, 5), WAIT_TIMEOUT);
    OK(SetEvent(one));
    assert_int_equal(WaitForSingleObject(one, INFINITE), WAIT_OBJECT_0);
    HANDLE all = OPENS(CreateEventW(NULL, TRUE, FALSE, NULL));
    OK(SetEvent(all));
    assert_int_equal(WaitForSingleObject(all, 0), WAIT_OBJECT_0);
    assert_int_equal(WaitForSingleObject(all, 0), WAIT_OBJECT_0);
    OK(ResetEvent(all));
    assert_int_equal(WaitForSingleObject(all, 0), WAIT_TIMEOUT);
    OK(CloseHandle(one));
    OK(CloseHandle(all));
    assert_int_equal(WaitForSingleObject(all, 0), WAIT_FAILED);
    FAILS(ERROR_INVALID_HANDLE, SetEvent(all));
    FAILS(ERROR_NOT_SUPPORTED, CreateEventW(NULL, TRUE, FALSE, u"name"));
}

/* ---- data
 * ------------------------------------------------------------------------------------------------------- */

static void test_overlapped_reading(void **state)
{
    char text[8] = "";
    DWORD n = 0;
    OVERLAPPED o;
    (void)state;
    make_file(u"X:\\f", "0123456789");
    HANDLE file = overlapped_file(u"X:\\f");
    memset(&o, 0, sizeof o);
    o.Offset = 4;
    o.hEvent = OPENS(CreateEventW(NULL, TRUE, FALSE, NULL));
    if (!ReadFile(file, text, 3, NULL, &o))
        assert_int_equal(GetLastError(), ERROR_IO_PENDING);
    OK(GetOverlappedResult(file, &o, &n, TRUE));
    assert_int_equal(n, 3);
    assert_memory_equal(text, "456", 3);
    assert_int_equal(WaitForSingleObject(o.hEvent, LONG_MS), WAIT_OBJECT_0);
    o.Offset = 10;
    BOOL ok = ReadFile(file, text, 3, NULL, &o);
    if (!ok && GetLastError() == ERROR_IO_PENDING)
        ok = GetOverlappedResult(file, &o, &n, TRUE);
    assert_false(ok);
    assert_int_equal(GetLastError(), ERROR_HANDLE_EOF);
    FAILS(ERROR_INVALID_PARAMETER, ReadFile(file, text, 3, &n, NULL));
    FAILS(ERROR_INVALID_PARAMETER, WriteFile(file, text, 3, &n, NULL));
    OK(CloseHandle(o.hEvent));
    OK(CloseHandle(file));
}

/* ---- locks
 * ------------------------------------------------------------------------------------------------------- */

static void test_a_lock_that_waits(void **state)
{
    OVERLAPPED o, other;
    DWORD n;
    (void)state;
    make_file(u"X:\\f", "0123456789");
    HANDLE holder = OPENS(open_file(u"X:\\f", GENERIC_WRITE, OPEN_EXISTING, 0));
    HANDLE file = overlapped_file(u"X:\\f");
    memset(&o, 0, sizeof o);
    memset(&other, 0, sizeof other);
    OK(LockFile(holder, 0, 0, 5, 0));
    FAILS(ERROR_IO_PENDING, LockFileEx(file, LOCKFILE_EXCLUSIVE_LOCK, 0, 5, 0, &o));
    FAILS(ERROR_IO_INCOMPLETE, GetOverlappedResult(file, &o, &n, FALSE));
    FAILS(ERROR_NOT_FOUND, CancelIoEx(file, &other));
    OK(UnlockFile(holder, 0, 0, 5, 0));
    OK(GetOverlappedResult(file, &o, &n, TRUE));
    FAILS(ERROR_LOCK_VIOLATION, LockFile(holder, 0, 0, 5, 0));
    FAILS(ERROR_NOT_FOUND, CancelIoEx(file, NULL));
    OK(CloseHandle(file));
    OK(LockFile(holder, 0, 0, 5, 0));
    OK(CloseHandle(holder));
}

static void test_cancelling(void **state)
{
    OVERLAPPED a, b;
    DWORD n;
    (void)state;
    make_file(u"X:\\f", "0123456789");
    HANDLE holder = OPENS(open_file(u"X:\\f", GENERIC_WRITE, OPEN_EXISTING, 0));
    HANDLE file = overlapped_file(u"X:\\f");
    memset(&a, 0, sizeof a);
    memset(&b, 0, sizeof b);
    OK(LockFile(holder, 0, 0, 5, 0));
    FAILS(ERROR_IO_PENDING, LockFileEx(file, LOCKFILE_EXCLUSIVE_LOCK, 0, 1, 0, &a));
    FAILS(ERROR_IO_PENDING, LockFileEx(file, LOCKFILE_EXCLUSIVE_LOCK, 0, 2, 0, &b));
    OK(CancelIoEx(file, &a));
    FAILS(ERROR_OPERATION_ABORTED, GetOverlappedResult(file, &a, &n, TRUE));
    FAILS(ERROR_IO_INCOMPLETE, GetOverlappedResult(file, &b, &n, FALSE));
    OK(CancelIoEx(file, NULL));
    FAILS(ERROR_OPERATION_ABORTED, GetOverlappedResult(file, &b, &n, TRUE));
    OK(CloseHandle(file));
    OK(CloseHandle(holder));
}

struct waiter {
    HANDLE file;
    BOOL ok;
    DWORD error;
};

static void *lock_in_thread(void *arg)
{
    struct waiter *w = arg;
    OVERLAPPED o;
    memset(&o, 0, sizeof o);
    w->ok = LockFileEx(w->file, LOCKFILE_EXCLUSIVE_LOCK, 0, 5, 0, &o);
    w->error = GetLastError();
    return NULL;
}

/* A synchronous call of one thread, ended by another: by cancelling, by closing, by giving it what it wants.
 */
static void test_a_thread_that_waits(void **state)
{
    enum { CANCEL, CLOSE, GIVE };
    (void)state;
    make_file(u"X:\\f", "0123456789");
    for (int how = CANCEL; how <= GIVE; how++) {
        pthread_t thread;
        HANDLE holder = OPENS(open_file(u"X:\\f", GENERIC_WRITE, OPEN_EXISTING, 0));
        struct waiter w = {.file = OPENS(open_file(u"X:\\f", GENERIC_WRITE, OPEN_EXISTING, 0))};
        OK(LockFile(holder, 0, 0, 5, 0));
        assert_int_equal(pthread_create(&thread, NULL, lock_in_thread, &w), 0);
        usleep(SOON_US);
        while (how == CANCEL && !CancelIoEx(w.file, NULL))
            usleep(1000);
        if (how == CLOSE)
            OK(CloseHandle(w.file));
        if (how == GIVE)
            OK(UnlockFile(holder, 0, 0, 5, 0));
        pthread_join(thread, NULL);
        assert_int_equal(w.ok, how == GIVE);
        if (how == CANCEL)
            assert_int_equal(w.error, ERROR_OPERATION_ABORTED);
        if (how != CLOSE)
            OK(CloseHandle(w.file));
        OK(CloseHandle(holder));
    }
}

/* ---- changes
 * ------------------------------------------------------------------------------------------------------- */

static void check_change(const void *buffer, DWORD bytes, DWORD action, LPCWSTR name)
{
    const FILE_NOTIFY_INFORMATION *info = buffer;
    assert_true(bytes >= offsetof(FILE_NOTIFY_INFORMATION, FileName));
    assert_int_equal(info->Action, action);
    assert_int_equal(info->FileNameLength, DokanWcslen(name) * sizeof(WCHAR));
    assert_memory_equal(info->FileName, name, info->FileNameLength);
}

static void test_changes_overlapped(void **state)
{
    _Alignas(4) BYTE buffer[512];
    OVERLAPPED o;
    DWORD n = 0;
    (void)state;
    HANDLE dir = watched(FILE_FLAG_OVERLAPPED);
    memset(&o, 0, sizeof o);
    OK(ReadDirectoryChangesW(dir, buffer, sizeof buffer, FALSE, FILE_NOTIFY_CHANGE_FILE_NAME, NULL, &o,
                             NULL));
    FAILS(ERROR_IO_INCOMPLETE, GetOverlappedResult(dir, &o, &n, FALSE));
    make_file(u"X:\\d\\new", "");
    OK(GetOverlappedResult(dir, &o, &n, TRUE));
    check_change(buffer, n, FILE_ACTION_ADDED, u"new");
    OK(DeleteFileW(u"X:\\d\\new")); /* between two calls: not lost */
    OK(ReadDirectoryChangesW(dir, buffer, sizeof buffer, FALSE, FILE_NOTIFY_CHANGE_FILE_NAME, NULL, &o,
                             NULL));
    OK(GetOverlappedResult(dir, &o, &n, TRUE));
    check_change(buffer, n, FILE_ACTION_REMOVED, u"new");
    OK(ReadDirectoryChangesW(dir, buffer, sizeof buffer, FALSE, FILE_NOTIFY_CHANGE_FILE_NAME, NULL, &o,
                             NULL));
    OK(CancelIoEx(dir, &o));
    FAILS(ERROR_OPERATION_ABORTED, GetOverlappedResult(dir, &o, &n, TRUE));
    FAILS(ERROR_INVALID_PARAMETER, ReadDirectoryChangesW(dir, buffer, sizeof buffer, FALSE,
                                                         FILE_NOTIFY_CHANGE_FILE_NAME, NULL, NULL, NULL));
    OK(CloseHandle(dir));
}

static void completion(DWORD error, DWORD bytes, LPOVERLAPPED overlapped)
{
    (void)error, (void)bytes, (void)overlapped;
}

/* Whoever closes a watched directory hears about it through the event. */
static void test_closing_ends_a_watch(void **state)
{
    _Alignas(4) BYTE buffer[512];
    OVERLAPPED o;
    (void)state;
    HANDLE dir = watched(FILE_FLAG_OVERLAPPED);
    memset(&o, 0, sizeof o);
    o.hEvent = OPENS(CreateEventW(NULL, TRUE, FALSE, NULL));
    FAILS(ERROR_NOT_SUPPORTED, ReadDirectoryChangesW(dir, buffer, sizeof buffer, FALSE,
                                                     FILE_NOTIFY_CHANGE_FILE_NAME, NULL, &o, completion));
    OK(ReadDirectoryChangesW(dir, buffer, sizeof buffer, TRUE, FILE_NOTIFY_CHANGE_FILE_NAME, NULL, &o, NULL));
    OK(CloseHandle(dir));
    assert_int_equal(WaitForSingleObject(o.hEvent, LONG_MS), WAIT_OBJECT_0);
    assert_int_equal((NTSTATUS)o.Internal, STATUS_NOTIFY_CLEANUP);
    OK(CloseHandle(o.hEvent));
}

static void *make_later(void *arg)
{
    (void)arg;
    usleep(SOON_US);
    make_file(u"X:\\d\\late", "");
    return NULL;
}

static void test_changes_waited_for(void **state)
{
    _Alignas(4) BYTE buffer[512];
    DWORD n = 0;
    pthread_t thread;
    (void)state;
    HANDLE dir = watched(0);
    assert_int_equal(pthread_create(&thread, NULL, make_later, NULL), 0);
    OK(ReadDirectoryChangesW(dir, buffer, sizeof buffer, FALSE, FILE_NOTIFY_CHANGE_FILE_NAME, &n, NULL,
                             NULL));
    pthread_join(thread, NULL);
    check_change(buffer, n, FILE_ACTION_ADDED, u"late");
    OK(CloseHandle(dir));
}

/* Threads that wait, cancel and close at the same time; for the sanitizers. */
static void *cancel_often(void *arg)
{
    struct waiter *w = arg;
    for (int i = 0; i < 200; i++)
        CancelIoEx(w->file, NULL);
    return NULL;
}

static void test_a_storm_of_cancelling(void **state)
{
    (void)state;
    make_file(u"X:\\f", "0123456789");
    HANDLE holder = OPENS(open_file(u"X:\\f", GENERIC_WRITE, OPEN_EXISTING, 0));
    OK(LockFile(holder, 0, 0, 5, 0));
    for (int round = 0; round < 20; round++) {
        pthread_t threads[2];
        struct waiter w = {.file = overlapped_file(u"X:\\f")};
        OVERLAPPED o[8];
        memset(o, 0, sizeof o);
        for (size_t i = 0; i < COUNT_OF(threads); i++)
            assert_int_equal(pthread_create(&threads[i], NULL, cancel_often, &w), 0);
        for (size_t i = 0; i < COUNT_OF(o); i++)
            assert_false(LockFileEx(w.file, LOCKFILE_EXCLUSIVE_LOCK, 0, 1, 0, &o[i]));
        for (size_t i = 0; i < COUNT_OF(threads); i++)
            pthread_join(threads[i], NULL);
        CancelIoEx(w.file, NULL);
        for (size_t i = 0; i < COUNT_OF(o); i++) {
            DWORD n;
            assert_false(GetOverlappedResult(w.file, &o[i], &n, TRUE));
        }
        OK(CloseHandle(w.file));
    }
    OK(CloseHandle(holder));
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_events),
        cmocka_unit_test(test_overlapped_reading),
        cmocka_unit_test(test_a_lock_that_waits),
        cmocka_unit_test(test_cancelling),
        cmocka_unit_test(test_a_thread_that_waits),
        cmocka_unit_test(test_changes_overlapped),
        cmocka_unit_test(test_closing_ends_a_watch),
        cmocka_unit_test(test_changes_waited_for),
        cmocka_unit_test(test_a_storm_of_cancelling),
    };
    return kit_run("waiting", tests, COUNT_OF(tests));
}
