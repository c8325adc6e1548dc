// SPDX-License-Identifier: MIT
/* Open files: what CreateFile makes of its words, reading, writing, the place, information, locks. */
#include "kit.h"

static LARGE_INTEGER large(LONGLONG n)
{
    return (LARGE_INTEGER){.QuadPart = n};
}

static OVERLAPPED at(LONGLONG place_in_file)
{
    OVERLAPPED o;
    memset(&o, 0, sizeof o);
    o.Offset = (DWORD)place_in_file;
    o.OffsetHigh = (DWORD)((ULONGLONG)place_in_file >> 32);
    return o;
}

/* ---- CreateFile
 * --------------------------------------------------------------------------------------------- */

static void test_dispositions_and_last_error(void **state)
{
    static const struct {
        DWORD disposition, access;
        bool exists;
        DWORD error;      /* of the call; 0: it succeeds */
        DWORD afterwards; /* last error of a success */
        const char *left;
    } rows[] = {
        {CREATE_NEW, GENERIC_WRITE, false, 0, 0, ""},
        {CREATE_NEW, GENERIC_WRITE, true, ERROR_FILE_EXISTS, 0, "old"},
        {CREATE_ALWAYS, GENERIC_WRITE, false, 0, 0, ""},
        {CREATE_ALWAYS, GENERIC_WRITE, true, 0, ERROR_ALREADY_EXISTS, ""},
        {CREATE_ALWAYS, GENERIC_READ, true, 0, ERROR_ALREADY_EXISTS, ""},
        {OPEN_EXISTING, GENERIC_WRITE, false, ERROR_FILE_NOT_FOUND, 0, NULL},
        {OPEN_EXISTING, GENERIC_WRITE, true, 0, 0, "old"},
        {OPEN_ALWAYS, GENERIC_WRITE, false, 0, 0, ""},
        {OPEN_ALWAYS, GENERIC_WRITE, true, 0, ERROR_ALREADY_EXISTS, "old"},
        {TRUNCATE_EXISTING, GENERIC_WRITE, false, ERROR_FILE_NOT_FOUND, 0, NULL},
        {TRUNCATE_EXISTING, GENERIC_WRITE, true, 0, 0, ""},
        {TRUNCATE_EXISTING, GENERIC_READ, true, ERROR_INVALID_PARAMETER, 0, "old"},
        {0, GENERIC_WRITE, true, ERROR_INVALID_PARAMETER, 0, "old"},
        {6, GENERIC_WRITE, true, ERROR_INVALID_PARAMETER, 0, "old"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        if (rows[i].exists)
            make_file(u"X:\\f", "old");
        if (rows[i].error) {
            FAILS_TO_OPEN(rows[i].error, open_file(u"X:\\f", rows[i].access, rows[i].disposition, 0));
        } else {
            SetLastError(99);
            HANDLE file = OPENS(open_file(u"X:\\f", rows[i].access, rows[i].disposition, 0));
            assert_int_equal(GetLastError(), rows[i].afterwards);
            OK(CloseHandle(file));
        }
        if (rows[i].left)
            assert_string_equal(contents(u"X:\\f"), rows[i].left);
        DeleteFileW(u"X:\\f");
    }
}

static void test_flags(void **state)
{
    (void)state;
    make_directory(u"X:\\d");
    FAILS_TO_OPEN(ERROR_ACCESS_DENIED, open_file(u"X:\\d", GENERIC_READ, OPEN_EXISTING, 0));
    HANDLE dir = OPENS(open_file(u"X:\\d", GENERIC_READ, OPEN_EXISTING, FILE_FLAG_BACKUP_SEMANTICS));
    OK(CloseHandle(dir));
    HANDLE file = OPENS(open_file(u"X:\\f", GENERIC_WRITE, CREATE_NEW, FILE_FLAG_DELETE_ON_CLOSE));
    assert_true(exists(u"X:\\f"));
    OK(CloseHandle(file));
    assert_false(exists(u"X:\\f"));
    const DWORD made = FILE_ATTRIBUTE_DIRECTORY | FILE_FLAG_POSIX_SEMANTICS | FILE_FLAG_BACKUP_SEMANTICS;
    OK(CloseHandle(OPENS(open_file(u"X:\\e", GENERIC_READ, CREATE_NEW, made))));
    assert_true(attributes(u"X:\\e") & FILE_ATTRIBUTE_DIRECTORY);
    FAILS_TO_OPEN(ERROR_NOT_SUPPORTED, CreateFileW(u"X:\\g", GENERIC_WRITE, 0, NULL, CREATE_NEW, 0, dir));
}

static void test_handles_end(void **state)
{
    char byte;
    DWORD n;
    (void)state;
    make_file(u"X:\\f", "x");
    HANDLE file = OPENS(open_file(u"X:\\f", GENERIC_READ, OPEN_EXISTING, 0));
    assert_non_null(DokanWinGetNtFile(file));
    OK(CloseHandle(file));
    FAILS(ERROR_INVALID_HANDLE, CloseHandle(file));
    FAILS(ERROR_INVALID_HANDLE, ReadFile(file, &byte, 1, &n, NULL));
    HANDLE other = OPENS(open_file(u"X:\\f", GENERIC_READ, OPEN_EXISTING, 0));
    assert_ptr_not_equal(file, other);
    FAILS(ERROR_INVALID_HANDLE, ReadFile(file, &byte, 1, &n, NULL));
    FAILS(ERROR_INVALID_HANDLE, FindClose(other));
    OK(CloseHandle(other));
}

static void test_many_handles(void **state)
{
    static HANDLE files[1000];
    (void)state;
    make_file(u"X:\\f", "x");
    for (size_t i = 0; i < COUNT_OF(files); i++)
        files[i] = OPENS(open_file(u"X:\\f", GENERIC_READ, OPEN_EXISTING, 0));
    for (size_t i = 0; i < COUNT_OF(files); i++)
        OK(CloseHandle(files[i]));
    OK(DeleteFileW(u"X:\\f"));
    assert_false(exists(u"X:\\f"));
}

/* ---- data
 * ----------------------------------------------------------------------------------------------------- */

static void test_reading_and_writing(void **state)
{
    char text[16] = "";
    DWORD n;
    LARGE_INTEGER where, size;
    (void)state;
    HANDLE file = OPENS(open_file(u"X:\\f", GENERIC_READ | GENERIC_WRITE, CREATE_NEW, 0));
    OK(WriteFile(file, "0123456789", 10, &n, NULL));
    assert_int_equal(n, 10);
    OK(ReadFile(file, text, 5, &n, NULL)); /* at the end: a success of nothing */
    assert_int_equal(n, 0);
    OK(SetFilePointerEx(file, large(2), &where, FILE_BEGIN));
    assert_int_equal(where.QuadPart, 2);
    OK(ReadFile(file, text, 3, &n, NULL));
    assert_memory_equal(text, "234", 3);
    OK(SetFilePointerEx(file, large(-1), &where, FILE_CURRENT));
    assert_int_equal(where.QuadPart, 4);
    OK(SetFilePointerEx(file, large(-3), &where, FILE_END));
    assert_int_equal(where.QuadPart, 7);
    OK(SetEndOfFile(file));
    OK(GetFileSizeEx(file, &size));
    assert_int_equal(size.QuadPart, 7);
    FAILS(ERROR_NEGATIVE_SEEK, SetFilePointerEx(file, large(-8), NULL, FILE_END));
    FAILS(ERROR_INVALID_PARAMETER, SetFilePointerEx(file, large(0), NULL, 3));
    OK(SetFilePointerEx(file, large(0), &where, FILE_CURRENT));
    assert_int_equal(where.QuadPart, 7);
    OK(FlushFileBuffers(file));
    OK(CloseHandle(file));
    assert_string_equal(contents(u"X:\\f"), "0123456");
}

static void test_places_in_overlapped(void **state)
{
    char text[16] = "";
    DWORD n = 77;
    LARGE_INTEGER where;
    (void)state;
    HANDLE file = OPENS(open_file(u"X:\\f", GENERIC_READ | GENERIC_WRITE, CREATE_NEW, 0));
    OVERLAPPED o = at(3);
    OK(WriteFile(file, "abc", 3, &n, &o));
    assert_int_equal(o.Internal, STATUS_SUCCESS);
    assert_int_equal(o.InternalHigh, 3);
    OK(SetFilePointerEx(file, large(0), &where, FILE_CURRENT)); /* the handle goes along */
    assert_int_equal(where.QuadPart, 6);
    o = at(-1); /* the end */
    OK(WriteFile(file, "d", 1, &n, &o));
    o = at(2);
    OK(ReadFile(file, text, 16, &n, &o));
    assert_int_equal(n, 5);
    assert_memory_equal(text, "\0abcd", 5);
    o = at(7);
    FAILS(ERROR_HANDLE_EOF, ReadFile(file, text, 16, &n, &o));
    assert_int_equal(n, 0);
    assert_int_equal((NTSTATUS)o.Internal, STATUS_END_OF_FILE);
    OK(CloseHandle(file));
}

/* Who may only append writes at the end, wherever he says. */
static void test_appending(void **state)
{
    DWORD n;
    LARGE_INTEGER where;
    (void)state;
    make_file(u"X:\\f", "01234");
    HANDLE file = OPENS(open_file(u"X:\\f", FILE_APPEND_DATA | SYNCHRONIZE, OPEN_EXISTING, 0));
    OVERLAPPED o = at(1);
    OK(WriteFile(file, "a", 1, &n, NULL));
    OK(WriteFile(file, "b", 1, &n, &o));
    OK(SetFilePointerEx(file, large(0), &where, FILE_CURRENT));
    assert_int_equal(where.QuadPart, 7);
    OK(CloseHandle(file));
    assert_string_equal(contents(u"X:\\f"), "01234ab");
}

static void test_rights_of_handles(void **state)
{
    char byte = 0;
    DWORD n;
    (void)state;
    make_file(u"X:\\f", "x");
    HANDLE reader = OPENS(open_file(u"X:\\f", GENERIC_READ, OPEN_EXISTING, 0));
    HANDLE writer = OPENS(open_file(u"X:\\f", GENERIC_WRITE, OPEN_EXISTING, 0));
    FAILS(ERROR_ACCESS_DENIED, WriteFile(reader, &byte, 1, &n, NULL));
    FAILS(ERROR_ACCESS_DENIED, SetEndOfFile(reader));
    FAILS(ERROR_ACCESS_DENIED, ReadFile(writer, &byte, 1, &n, NULL));
    FAILS(ERROR_ACCESS_DENIED, SetFileTime(reader, NULL, NULL, &(FILETIME){1, 1}));
    OK(CloseHandle(reader));
    OK(CloseHandle(writer));
    FAILS_TO_OPEN(ERROR_SHARING_VIOLATION,
                  (reader = OPENS(CreateFileW(u"X:\\f", GENERIC_READ, 0, NULL, OPEN_EXISTING, 0, NULL)),
                   open_file(u"X:\\f", GENERIC_READ, OPEN_EXISTING, 0)));
    OK(CloseHandle(reader));
}

/* ---- information
 * ------------------------------------------------------------------------------------------------ */

static void test_information(void **state)
{
    BY_HANDLE_FILE_INFORMATION info;
    FILE_STANDARD_INFO standard;
    FILE_ID_INFO id;
    FILE_ATTRIBUTE_TAG_INFO tag;
    union {
        FILE_NAME_INFO name;
        BYTE room[64];
    } name;
    (void)state;
    make_file(u"X:\\File", "12345");
    HANDLE file = OPENS(open_file(u"X:\\File", GENERIC_READ, OPEN_EXISTING, 0));
    OK(GetFileInformationByHandle(file, &info));
    assert_int_equal(info.nFileSizeLow, 5);
    assert_int_equal(info.nNumberOfLinks, 1);
    assert_int_not_equal(info.dwVolumeSerialNumber, 0);
    OK(GetFileInformationByHandleEx(file, FileStandardInfo, &standard, sizeof standard));
    assert_int_equal(standard.EndOfFile.QuadPart, 5);
    assert_false(standard.Directory || standard.DeletePending);
    OK(GetFileInformationByHandleEx(file, FileIdInfo, &id, sizeof id));
    assert_memory_equal(id.FileId.Identifier, &info.nFileIndexLow, 4);
    assert_memory_equal(id.FileId.Identifier + 4, &info.nFileIndexHigh, 4);
    OK(GetFileInformationByHandleEx(file, FileAttributeTagInfo, &tag, sizeof tag));
    assert_int_equal(tag.ReparseTag, 0);
    OK(GetFileInformationByHandleEx(file, FileNameInfo, &name, sizeof name));
    assert_int_equal(name.name.FileNameLength, 10);
    assert_memory_equal(name.name.FileName, u"\\File", 10);
    FAILS(ERROR_MORE_DATA, GetFileInformationByHandleEx(file, FileNameInfo, &name, sizeof name.name));
    FAILS(ERROR_BAD_LENGTH, GetFileInformationByHandleEx(file, FileStandardInfo, &standard, 4));
    FAILS(ERROR_INVALID_PARAMETER, GetFileInformationByHandleEx(file, FileRenameInfo, &name, sizeof name));
    FAILS(ERROR_INVALID_PARAMETER,
          GetFileInformationByHandleEx(file, MaximumFileInfoByHandleClass, &name, sizeof name));
    FAILS(ERROR_INVALID_PARAMETER, SetFileInformationByHandle(file, FileNameInfo, &name, sizeof name));
    FAILS(ERROR_BAD_LENGTH, SetFileInformationByHandle(file, FileEndOfFileInfo, &name, 4));
    OK(CloseHandle(file));
}

static void test_sizes_by_class(void **state)
{
    FILE_END_OF_FILE_INFO end = {.EndOfFile.QuadPart = 3};
    FILE_ALLOCATION_INFO allocation = {.AllocationSize.QuadPart = 0};
    LARGE_INTEGER size;
    (void)state;
    make_file(u"X:\\f", "123456");
    HANDLE file = OPENS(open_file(u"X:\\f", GENERIC_WRITE, OPEN_EXISTING, 0));
    OK(SetFileInformationByHandle(file, FileEndOfFileInfo, &end, sizeof end));
    OK(GetFileSizeEx(file, &size));
    assert_int_equal(size.QuadPart, 3);
    OK(SetFileInformationByHandle(file, FileAllocationInfo, &allocation, sizeof allocation));
    OK(GetFileSizeEx(file, &size));
    assert_int_equal(size.QuadPart, 0);
    end.EndOfFile.QuadPart = -1;
    FAILS(ERROR_INVALID_PARAMETER, SetFileInformationByHandle(file, FileEndOfFileInfo, &end, sizeof end));
    OK(CloseHandle(file));
}

static void test_directory_by_class(void **state)
{
    _Alignas(8) BYTE buffer[1024];
    unsigned seen = 0;
    (void)state;
    make_directory(u"X:\\d");
    make_file(u"X:\\d\\a", "");
    make_file(u"X:\\d\\b", "");
    HANDLE dir = OPENS(open_file(u"X:\\d", GENERIC_READ, OPEN_EXISTING, FILE_FLAG_BACKUP_SEMANTICS));
    OK(GetFileInformationByHandleEx(dir, FileFullDirectoryInfo, buffer, sizeof buffer));
    for (const FILE_FULL_DIR_INFO *e = (const void *)buffer;; seen++) {
        if (!e->NextEntryOffset)
            break;
        e = (const void *)((const BYTE *)e + e->NextEntryOffset);
    }
    assert_int_equal(seen + 1, 4);
    FAILS(ERROR_NO_MORE_FILES,
          GetFileInformationByHandleEx(dir, FileFullDirectoryInfo, buffer, sizeof buffer));
    OK(GetFileInformationByHandleEx(dir, FileFullDirectoryRestartInfo, buffer, sizeof buffer));
    OK(GetFileInformationByHandleEx(dir, FileIdBothDirectoryRestartInfo, buffer, sizeof buffer));
    OK(CloseHandle(dir));
}

static void test_disposition_by_class(void **state)
{
    FILE_DISPOSITION_INFO mark = {.DeleteFile = TRUE};
    FILE_DISPOSITION_INFO_EX ex = {.Flags = FILE_DISPOSITION_DELETE | FILE_DISPOSITION_POSIX_SEMANTICS};
    (void)state;
    make_file(u"X:\\f", "");
    HANDLE file = OPENS(open_file(u"X:\\f", DELETE, OPEN_EXISTING, 0));
    OK(SetFileInformationByHandle(file, FileDispositionInfo, &mark, sizeof mark));
    FAILS_TO_OPEN(ERROR_ACCESS_DENIED, open_file(u"X:\\f", GENERIC_READ, OPEN_EXISTING, 0));
    mark.DeleteFile = FALSE;
    OK(SetFileInformationByHandle(file, FileDispositionInfo, &mark, sizeof mark));
    assert_true(exists(u"X:\\f"));
    HANDLE other = OPENS(open_file(u"X:\\f", GENERIC_READ, OPEN_EXISTING, 0));
    OK(SetFileInformationByHandle(file, FileDispositionInfoEx, &ex, sizeof ex));
    OK(CloseHandle(file));
    assert_false(exists(u"X:\\f")); /* though it is open still */
    OK(CloseHandle(other));
}

/* ---- locks
 * ---------------------------------------------------------------------------------------------------------
 */

static void test_locks(void **state)
{
    char byte = 'x';
    DWORD n;
    (void)state;
    make_file(u"X:\\f", "0123456789");
    HANDLE one = OPENS(open_file(u"X:\\f", GENERIC_READ | GENERIC_WRITE, OPEN_EXISTING, 0));
    HANDLE two = OPENS(open_file(u"X:\\f", GENERIC_READ | GENERIC_WRITE, OPEN_EXISTING, 0));
    OVERLAPPED o = at(2);
    OK(LockFile(one, 2, 0, 3, 0));
    FAILS(ERROR_LOCK_VIOLATION, LockFile(two, 4, 0, 1, 0));
    FAILS(ERROR_LOCK_VIOLATION, ReadFile(two, &byte, 1, &n, &o));
    FAILS(ERROR_LOCK_VIOLATION, WriteFile(two, &byte, 1, &n, &o));
    OK(WriteFile(one, &byte, 1, &n, &o));
    FAILS(ERROR_NOT_LOCKED, UnlockFile(one, 2, 0, 2, 0));
    FAILS(ERROR_NOT_LOCKED, UnlockFile(two, 2, 0, 3, 0));
    OK(UnlockFile(one, 2, 0, 3, 0));
    OK(LockFileEx(one, 0, 0, 3, 0, &o)); /* shared */
    OK(LockFileEx(two, LOCKFILE_FAIL_IMMEDIATELY, 0, 3, 0, &o));
    FAILS(ERROR_LOCK_VIOLATION, WriteFile(one, &byte, 1, &n, &o));
    const DWORD at_once = LOCKFILE_EXCLUSIVE_LOCK | LOCKFILE_FAIL_IMMEDIATELY;
    FAILS(ERROR_LOCK_VIOLATION, LockFileEx(two, at_once, 0, 3, 0, &o));
    OK(UnlockFileEx(one, 0, 3, 0, &o));
    OK(CloseHandle(two)); /* and its lock */
    OK(LockFileEx(one, at_once, 0, 3, 0, &o));
    FAILS(ERROR_INVALID_PARAMETER, LockFileEx(one, 0, 1, 3, 0, &o));
    FAILS(ERROR_INVALID_PARAMETER, LockFileEx(one, 0, 0, 3, 0, NULL));
    FAILS(ERROR_INVALID_PARAMETER, UnlockFileEx(one, 0, 3, 0, NULL));
    OK(CloseHandle(one));
}

static void test_controls(void **state)
{
    BYTE out[64];
    DWORD n;
    (void)state;
    make_file(u"X:\\f", "");
    HANDLE file = OPENS(open_file(u"X:\\f", GENERIC_READ, OPEN_EXISTING, 0));
    FAILS(ERROR_NOT_A_REPARSE_POINT,
          DeviceIoControl(file, FSCTL_GET_REPARSE_POINT, NULL, 0, out, sizeof out, &n, NULL));
    FAILS(ERROR_INVALID_FUNCTION, DeviceIoControl(file, 0x900FC, NULL, 0, NULL, 0, &n, NULL));
    OK(CloseHandle(file));
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_dispositions_and_last_error),
        cmocka_unit_test(test_flags),
        cmocka_unit_test(test_handles_end),
        cmocka_unit_test(test_many_handles),
        cmocka_unit_test(test_reading_and_writing),
        cmocka_unit_test(test_places_in_overlapped),
        cmocka_unit_test(test_appending),
        cmocka_unit_test(test_rights_of_handles),
        cmocka_unit_test(test_information),
        cmocka_unit_test(test_sizes_by_class),
        cmocka_unit_test(test_directory_by_class),
        cmocka_unit_test(test_disposition_by_class),
        cmocka_unit_test(test_locks),
        cmocka_unit_test(test_controls),
    };
    return kit_run("files", tests, COUNT_OF(tests));
}
