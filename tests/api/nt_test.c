// SPDX-License-Identifier: MIT
/*
 * The in-process door: every operation's way in and out, requests that wait and are cancelled, and files that
 * outlive their volume.
 */
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
    if (volume)
        DokanCloseHandle(volume);
    volume = NULL;
    DokanShutdown();
    return 0;
}

static NTSTATUS try_open(LPCWSTR name, ACCESS_MASK access, ULONG share, ULONG options, DOKAN_NT_FILE *file)
{
    DOKAN_NT_REQUEST rq = DokanNtRequest(volume, DOKAN_NT_CREATE);
    rq.Name = name;
    rq.DesiredAccess = access;
    rq.ShareAccess = share;
    rq.CreateDisposition = FILE_OPEN;
    rq.CreateOptions = options;
    NTSTATUS status = DokanNtCall(&rq);
    *file = rq.File;
    return status;
}

static DOKAN_NT_FILE must_open(LPCWSTR name)
{
    DOKAN_NT_FILE file;
    assert_int_equal(try_open(name, FILE_GENERIC_READ, FILE_SHARE_READ, 0, &file), STATUS_SUCCESS);
    assert_non_null(file);
    return file;
}

static DOKAN_NT_REQUEST request_on(DOKAN_NT_FILE file, ULONG operation, void *buffer, ULONG length)
{
    DOKAN_NT_REQUEST rq = DokanNtRequest(NULL, operation);
    rq.File = file;
    rq.Buffer = buffer;
    rq.Length = length;
    return rq;
}

/* ---- what goes through --------------------------------------------------------------------------------- */

static void test_reads_a_file(void **state)
{
    char text[16] = "";
    DOKAN_NT_FILE file = must_open(u"\\file");
    DOKAN_NT_REQUEST rq = request_on(file, DOKAN_NT_READ, text, sizeof text);
    (void)state;
    assert_int_equal(DokanNtCall(&rq), STATUS_SUCCESS);
    assert_int_equal(rq.Information, 4);
    assert_memory_equal(text, "tiny", 4);
    rq = request_on(file, DOKAN_NT_READ, text, sizeof text);
    rq.Offset = 4;
    assert_int_equal(DokanNtCall(&rq), STATUS_END_OF_FILE);
    assert_int_equal(DokanNtClose(file), STATUS_SUCCESS);
}

static void test_asks_about_a_file(void **state)
{
    FILE_STANDARD_INFORMATION standard;
    FILE_FS_SIZE_INFORMATION size;
    DOKAN_NT_FILE file = must_open(u"\\file");
    DOKAN_NT_REQUEST rq = request_on(file, DOKAN_NT_QUERY_INFORMATION, &standard, sizeof standard);
    (void)state;
    rq.Class = FileStandardInformation;
    assert_int_equal(DokanNtCall(&rq), STATUS_SUCCESS);
    assert_int_equal(rq.Information, sizeof standard);
    assert_int_equal(standard.EndOfFile.QuadPart, 4);
    rq = DokanNtRequest(volume, DOKAN_NT_QUERY_VOLUME);
    rq.Class = FileFsSizeInformation;
    rq.Buffer = &size;
    rq.Length = sizeof size;
    assert_int_equal(DokanNtCall(&rq), STATUS_SUCCESS);
    rq = request_on(file, DOKAN_NT_FS_CONTROL, NULL, 0);
    rq.Class = FSCTL_GET_REPARSE_POINT;
    assert_int_equal(DokanNtCall(&rq), STATUS_NOT_A_REPARSE_POINT);
    rq.Class = FSCTL_IS_VOLUME_MOUNTED;
    assert_int_equal(DokanNtCall(&rq), STATUS_SUCCESS);
    rq.Class = 0x900FC;
    assert_int_equal(DokanNtCall(&rq), STATUS_INVALID_DEVICE_REQUEST);
    rq.Class = FSCTL_REQUEST_OPLOCK; /* lengths of nothing */
    rq.InputLength = sizeof(REQUEST_OPLOCK_INPUT_BUFFER);
    assert_int_equal(DokanNtCall(&rq), STATUS_INVALID_PARAMETER);
    rq.Length = sizeof(REQUEST_OPLOCK_OUTPUT_BUFFER);
    rq.Input = "";
    assert_int_equal(DokanNtCall(&rq), STATUS_INVALID_PARAMETER);
    DokanNtClose(file);
}

static void test_lists_a_directory(void **state)
{
    _Alignas(8) BYTE buffer[1024];
    DOKAN_NT_FILE dir;
    (void)state;
    assert_int_equal(try_open(u"\\", FILE_LIST_DIRECTORY, 7, FILE_DIRECTORY_FILE, &dir), STATUS_SUCCESS);
    DOKAN_NT_REQUEST rq = request_on(dir, DOKAN_NT_QUERY_DIRECTORY, buffer, sizeof buffer);
    rq.Class = FileNamesInformation;
    rq.Pattern = u"fi*";
    assert_int_equal(DokanNtCall(&rq), STATUS_SUCCESS);
    const FILE_NAMES_INFORMATION *entry = (const void *)buffer;
    assert_int_equal(entry->FileNameLength, 8);
    assert_memory_equal(entry->FileName, u"file", 8);
    assert_int_equal(DokanNtCall(&rq), STATUS_NO_MORE_FILES);
    DOKAN_NT_FILE inside;
    rq = DokanNtRequest(volume, DOKAN_NT_CREATE);
    rq.Name = u"file";
    rq.RelatedFile = dir;
    rq.DesiredAccess = FILE_READ_DATA;
    rq.CreateDisposition = FILE_OPEN;
    assert_int_equal(DokanNtCall(&rq), STATUS_SUCCESS);
    assert_int_equal(rq.Information, FILE_OPENED);
    inside = rq.File;
    DokanNtClose(inside);
    DokanNtClose(dir);
}

static void test_share_access_holds(void **state)
{
    DOKAN_NT_FILE first, second;
    (void)state;
    assert_int_equal(try_open(u"\\file", FILE_READ_DATA, 0, 0, &first), STATUS_SUCCESS);
    assert_int_equal(try_open(u"\\file", FILE_READ_DATA, 7, 0, &second), STATUS_SHARING_VIOLATION);
    assert_null(second);
    DokanNtClose(first);
    assert_int_equal(try_open(u"\\file", FILE_READ_DATA, 7, 0, &second), STATUS_SUCCESS);
    DokanNtClose(second);
}

static void test_a_descriptor_goes_through(void **state)
{
    static const BYTE bare[] = {1, 0, 0, 0x80, 0, 0, 0, 0, 0, 0,
                                0, 0, 0, 0,    0, 0, 0, 0, 0, 0}; /* self-relative */
    DOKAN_NT_REQUEST rq = DokanNtRequest(volume, DOKAN_NT_CREATE);
    (void)state;
    rq.Name = u"\\file";
    rq.DesiredAccess = FILE_READ_DATA;
    rq.CreateDisposition = FILE_OPEN;
    rq.Buffer = (void *)(uintptr_t)bare;
    rq.Length = sizeof bare - 1;
    assert_int_equal(DokanNtCall(&rq), STATUS_INVALID_SECURITY_DESCR);
    rq.Length = sizeof bare;
    assert_int_equal(DokanNtCall(&rq), STATUS_SUCCESS);
    DokanNtClose(rq.File);
}

static void test_parents_and_numbers(void **state)
{
    DOKAN_NT_REQUEST rq = DokanNtRequest(volume, DOKAN_NT_CREATE);
    (void)state;
    rq.DesiredAccess = FILE_READ_DATA;
    rq.CreateDisposition = FILE_OPEN;
    rq.Flags = DOKAN_NT_TARGET_DIRECTORY;
    rq.Name = u"\\file";
    assert_int_equal(DokanNtCall(&rq), STATUS_SUCCESS);
    assert_int_equal(rq.Information, FILE_EXISTS);
    DokanNtClose(rq.File);
    rq.Name = u"\\missing";
    assert_int_equal(DokanNtCall(&rq), STATUS_SUCCESS);
    assert_int_equal(rq.Information, FILE_DOES_NOT_EXIST);
    DokanNtClose(rq.File);
    rq = DokanNtRequest(volume, DOKAN_NT_CREATE);
    rq.DesiredAccess = FILE_READ_DATA;
    rq.CreateDisposition = FILE_OPEN;
    rq.CreateOptions = FILE_OPEN_BY_FILE_ID;
    assert_int_equal(DokanNtCall(&rq), STATUS_INVALID_PARAMETER);
    rq.FileId = 7;
    assert_int_equal(DokanNtCall(&rq), STATUS_NOT_SUPPORTED);
    rq.Name = u"\\file";
    assert_int_equal(DokanNtCall(&rq), STATUS_INVALID_PARAMETER);
    assert_null(rq.File);
}

/* ---- what is refused ----------------------------------------------------------------------------------- */

static void test_refuses_nonsense(void **state)
{
    DOKAN_NT_FILE file;
    DOKAN_NT_REQUEST rq = DokanNtRequest(volume, DOKAN_NT_READ);
    (void)state;
    assert_int_equal(DokanNtCall(&rq), STATUS_INVALID_HANDLE);
    assert_int_equal(DokanNtCall(NULL), STATUS_INVALID_PARAMETER);
    rq.Operation = DOKAN_NT_OPERATION_COUNT;
    assert_int_equal(DokanNtCall(&rq), STATUS_INVALID_PARAMETER);
    rq.Size--;
    assert_int_equal(DokanNtCall(&rq), STATUS_INVALID_PARAMETER);
    rq = DokanNtRequest(NULL, DOKAN_NT_CREATE);
    rq.Name = u"\\file";
    assert_int_equal(DokanNtCall(&rq), STATUS_INVALID_HANDLE);
    assert_int_equal(try_open(u"file", FILE_READ_DATA, 7, 0, &file), STATUS_OBJECT_NAME_INVALID);
    assert_int_equal(try_open(NULL, FILE_READ_DATA, 7, 0, &file), STATUS_OBJECT_NAME_INVALID);
    assert_int_equal(try_open(u"\\missing", FILE_READ_DATA, 7, 0, &file), STATUS_OBJECT_NAME_NOT_FOUND);
    assert_int_equal(DokanNtClose(NULL), STATUS_INVALID_HANDLE);
    rq = DokanNtRequest(volume, DOKAN_NT_CREATE);
    rq.Name = u"\\file";
    assert_int_equal(DokanNtSubmit(&rq), STATUS_INVALID_PARAMETER);
    assert_false(DokanNtCancel(&rq));
}

static void test_a_file_outlives_its_volume(void **state)
{
    char text[4];
    DOKAN_NT_FILE file = must_open(u"\\file");
    (void)state;
    DokanCloseHandle(volume);
    volume = NULL;
    DOKAN_NT_REQUEST rq = request_on(file, DOKAN_NT_READ, text, sizeof text);
    NTSTATUS status = DokanNtCall(&rq);
    assert_true(status == STATUS_NO_SUCH_DEVICE || status == STATUS_FILE_CLOSED);
    DokanNtClose(file);
}

/* ---- what waits ---------------------------------------------------------------------------------------- */

static struct {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    unsigned completed, released;
} seen = {.lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER};

static void note(unsigned *which)
{
    pthread_mutex_lock(&seen.lock);
    ++*which;
    pthread_cond_broadcast(&seen.changed);
    pthread_mutex_unlock(&seen.lock);
}

static void DOKAN_CALLBACK on_complete(PDOKAN_NT_REQUEST rq)
{
    (void)rq;
    note(&seen.completed);
}

static void DOKAN_CALLBACK on_released(PDOKAN_NT_REQUEST rq)
{
    (void)rq;
    note(&seen.released);
}

static void await(const unsigned *which, unsigned count)
{
    pthread_mutex_lock(&seen.lock);
    while (*which < count)
        pthread_cond_wait(&seen.changed, &seen.lock);
    pthread_mutex_unlock(&seen.lock);
}

static void submit(PDOKAN_NT_REQUEST rq)
{
    rq->Complete = on_complete;
    rq->Released = on_released;
    assert_int_equal(DokanNtSubmit(rq), STATUS_PENDING);
}

static void test_a_lock_waits_and_is_cancelled(void **state)
{
    DOKAN_NT_FILE a = must_open(u"\\file"), b = must_open(u"\\file");
    DOKAN_NT_REQUEST first = request_on(a, DOKAN_NT_LOCK, NULL, 0);
    DOKAN_NT_REQUEST second = request_on(b, DOKAN_NT_LOCK, NULL, 0), third;
    (void)state;
    seen.completed = seen.released = 0;
    first.LockLength = second.LockLength = 2;
    first.Flags = second.Flags = DOKAN_NT_EXCLUSIVE;
    third = second;
    assert_int_equal(DokanNtCall(&first), STATUS_SUCCESS);
    submit(&second);
    submit(&third);
    assert_int_equal(seen.completed, 0);
    assert_true(DokanNtCancel(&third));
    await(&seen.released, 1);
    assert_int_equal(third.Status, STATUS_CANCELLED);
    DOKAN_NT_REQUEST unlock = request_on(a, DOKAN_NT_UNLOCK, NULL, 0);
    unlock.LockLength = 2;
    assert_int_equal(DokanNtCall(&unlock), STATUS_SUCCESS);
    await(&seen.released, 2);
    assert_int_equal(second.Status, STATUS_SUCCESS);
    assert_int_equal(seen.completed, 2);
    DokanNtClose(a);
    DokanNtClose(b);
}

static void test_a_change_is_told(void **state)
{
    _Alignas(4) BYTE buffer[256];
    DOKAN_NT_FILE dir;
    (void)state;
    seen.completed = seen.released = 0;
    assert_int_equal(try_open(u"\\", FILE_LIST_DIRECTORY, 7, FILE_DIRECTORY_FILE, &dir), STATUS_SUCCESS);
    DOKAN_NT_REQUEST rq = request_on(dir, DOKAN_NT_NOTIFY, buffer, sizeof buffer);
    rq.Class = FILE_NOTIFY_CHANGE_FILE_NAME;
    submit(&rq);
    assert_int_equal(seen.completed, 0);
    assert_true(DokanNotifyCreate(volume, u"\\new", FALSE));
    await(&seen.released, 1);
    assert_int_equal(rq.Status, STATUS_SUCCESS);
    const FILE_NOTIFY_INFORMATION *change = (const void *)buffer;
    assert_int_equal(change->Action, FILE_ACTION_ADDED);
    assert_int_equal(change->FileNameLength, 6);
    assert_memory_equal(change->FileName, u"new", 6);
    DokanNtClose(dir);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_reads_a_file, open_volume, close_volume),
        cmocka_unit_test_setup_teardown(test_asks_about_a_file, open_volume, close_volume),
        cmocka_unit_test_setup_teardown(test_lists_a_directory, open_volume, close_volume),
        cmocka_unit_test_setup_teardown(test_share_access_holds, open_volume, close_volume),
        cmocka_unit_test_setup_teardown(test_a_descriptor_goes_through, open_volume, close_volume),
        cmocka_unit_test_setup_teardown(test_parents_and_numbers, open_volume, close_volume),
        cmocka_unit_test_setup_teardown(test_refuses_nonsense, open_volume, close_volume),
        cmocka_unit_test_setup_teardown(test_a_file_outlives_its_volume, open_volume, close_volume),
        cmocka_unit_test_setup_teardown(test_a_lock_waits_and_is_cancelled, open_volume, close_volume),
        cmocka_unit_test_setup_teardown(test_a_change_is_told, open_volume, close_volume),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
