// SPDX-License-Identifier: MIT
/* Statuses and their Win32 errors, times, and what needs no file. */
#include "kit.h"

/* The layout of 64-bit Windows. */
_Static_assert(sizeof(OVERLAPPED) == 32 && offsetof(OVERLAPPED, hEvent) == 24, "OVERLAPPED");
_Static_assert(sizeof(SECURITY_ATTRIBUTES) == 24, "SECURITY_ATTRIBUTES");
_Static_assert(sizeof(SECURITY_DESCRIPTOR) == SECURITY_DESCRIPTOR_MIN_LENGTH, "SECURITY_DESCRIPTOR");
_Static_assert(sizeof(SYSTEMTIME) == 16, "SYSTEMTIME");
_Static_assert(sizeof(WIN32_FILE_ATTRIBUTE_DATA) == 36, "WIN32_FILE_ATTRIBUTE_DATA");
_Static_assert(sizeof(FILE_RENAME_INFO) == 24 && offsetof(FILE_RENAME_INFO, FileName) == 20,
               "FILE_RENAME_INFO");
_Static_assert(FileNormalizedNameInfo == 24 && FileIdInfo == 18, "FILE_INFO_BY_HANDLE_CLASS");

/* ---- errors ----------------------------------------------------------------------------------------------
 */

static void test_errors_of_statuses(void **state)
{
    static const struct {
        NTSTATUS status;
        DWORD error;
    } rows[] = {
        {STATUS_SUCCESS, ERROR_SUCCESS},
        {STATUS_PENDING, ERROR_IO_PENDING},
        {STATUS_BUFFER_OVERFLOW, ERROR_MORE_DATA},
        {STATUS_NO_MORE_FILES, ERROR_NO_MORE_FILES},
        {STATUS_NO_SUCH_FILE, ERROR_FILE_NOT_FOUND},
        {STATUS_OBJECT_NAME_NOT_FOUND, ERROR_FILE_NOT_FOUND},
        {STATUS_OBJECT_PATH_NOT_FOUND, ERROR_PATH_NOT_FOUND},
        {STATUS_OBJECT_NAME_INVALID, ERROR_INVALID_NAME},
        {STATUS_OBJECT_NAME_COLLISION, ERROR_ALREADY_EXISTS},
        {STATUS_OBJECT_PATH_SYNTAX_BAD, ERROR_BAD_PATHNAME},
        {STATUS_NAME_TOO_LONG, ERROR_FILENAME_EXCED_RANGE},
        {STATUS_ACCESS_DENIED, ERROR_ACCESS_DENIED},
        {STATUS_DELETE_PENDING, ERROR_ACCESS_DENIED},
        {STATUS_CANNOT_DELETE, ERROR_ACCESS_DENIED},
        {STATUS_FILE_IS_A_DIRECTORY, ERROR_ACCESS_DENIED},
        {STATUS_FILE_DELETED, ERROR_ACCESS_DENIED},
        {STATUS_NOT_A_DIRECTORY, ERROR_DIRECTORY},
        {STATUS_DIRECTORY_NOT_EMPTY, ERROR_DIR_NOT_EMPTY},
        {STATUS_NOT_SAME_DEVICE, ERROR_NOT_SAME_DEVICE},
        {STATUS_SHARING_VIOLATION, ERROR_SHARING_VIOLATION},
        {STATUS_FILE_LOCK_CONFLICT, ERROR_LOCK_VIOLATION},
        {STATUS_LOCK_NOT_GRANTED, ERROR_LOCK_VIOLATION},
        {STATUS_RANGE_NOT_LOCKED, ERROR_NOT_LOCKED},
        {STATUS_END_OF_FILE, ERROR_HANDLE_EOF},
        {STATUS_INVALID_HANDLE, ERROR_INVALID_HANDLE},
        {STATUS_FILE_CLOSED, ERROR_INVALID_HANDLE},
        {STATUS_INVALID_PARAMETER, ERROR_INVALID_PARAMETER},
        {STATUS_INVALID_INFO_CLASS, ERROR_INVALID_PARAMETER},
        {STATUS_INFO_LENGTH_MISMATCH, ERROR_BAD_LENGTH},
        {STATUS_BUFFER_TOO_SMALL, ERROR_INSUFFICIENT_BUFFER},
        {STATUS_INVALID_DEVICE_REQUEST, ERROR_INVALID_FUNCTION},
        {STATUS_NOT_IMPLEMENTED, ERROR_INVALID_FUNCTION},
        {STATUS_NOT_SUPPORTED, ERROR_NOT_SUPPORTED},
        {STATUS_CANCELLED, ERROR_OPERATION_ABORTED},
        {STATUS_DISK_FULL, ERROR_DISK_FULL},
        {STATUS_INSUFFICIENT_RESOURCES, ERROR_NO_SYSTEM_RESOURCES},
        {STATUS_NO_MEMORY, ERROR_NOT_ENOUGH_MEMORY},
        {STATUS_MEDIA_WRITE_PROTECTED, ERROR_WRITE_PROTECT},
        {STATUS_IO_TIMEOUT, ERROR_SEM_TIMEOUT},
        {STATUS_VOLUME_DISMOUNTED, ERROR_NOT_READY},
        {STATUS_PRIVILEGE_NOT_HELD, ERROR_PRIVILEGE_NOT_HELD},
        {STATUS_INVALID_SECURITY_DESCR, ERROR_INVALID_SECURITY_DESCR},
        {STATUS_INVALID_OWNER, 1307},
        {STATUS_NOT_A_REPARSE_POINT, ERROR_NOT_A_REPARSE_POINT},
        {STATUS_REPARSE_POINT_NOT_RESOLVED, ERROR_CANT_RESOLVE_FILENAME},
        {STATUS_EAS_NOT_SUPPORTED, ERROR_EAS_NOT_SUPPORTED},
        {STATUS_NOTIFY_ENUM_DIR, ERROR_NOTIFY_ENUM_DIR},
        {STATUS_OPLOCK_NOT_GRANTED, 300},
        {(NTSTATUS)0xC0070057u, 0x57},                   /* a Win32 error in a status */
        {(NTSTATUS)0xE0001234u, ERROR_MR_MID_NOT_FOUND}, /* somebody's own */
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        if (DokanWinErrorFromNtStatus(rows[i].status) != rows[i].error)
            fail_msg("status 0x%08X: %u instead of %u", (unsigned)rows[i].status,
                     (unsigned)DokanWinErrorFromNtStatus(rows[i].status), (unsigned)rows[i].error);
}

/* What goes to a status comes back, but for errors that share one. */
static void test_errors_come_back(void **state)
{
    static const DWORD errors[] = {2,    3,    4,    5,    6,    8,    17,   19,   21,   23,   31,   32,
                                   33,   38,   50,   87,   112,  121,  122,  123,  145,  158,  161,  183,
                                   206,  234,  267,  995,  997,  998,  1006, 1168, 1224, 1237, 1314, 1336,
                                   1337, 1338, 1392, 1393, 1450, 1921, 4390, 4392, 4393, 4394};
    (void)state;
    for (size_t i = 0; i < COUNT_OF(errors); i++)
        assert_int_equal(DokanWinErrorFromNtStatus(DokanNtStatusFromWin32(errors[i])), errors[i]);
}

static void test_last_error_is_the_threads(void **state)
{
    (void)state;
    SetLastError(77);
    assert_int_equal(GetLastError(), 77);
    FAILS(ERROR_INVALID_HANDLE, CloseHandle(NULL));
    FAILS(ERROR_INVALID_HANDLE, CloseHandle(INVALID_HANDLE_VALUE));
    FAILS(ERROR_INVALID_HANDLE, FindClose((HANDLE)(uintptr_t)4));
    FAILS(ERROR_INVALID_HANDLE, FlushFileBuffers((HANDLE)(uintptr_t)0x1000000000000000));
    assert_null(LocalFree(NULL));
}

/* ---- times ------------------------------------------------------------------------------------------------
 */

static FILETIME filetime(ULONGLONG ticks)
{
    return (FILETIME){.dwLowDateTime = (DWORD)ticks, .dwHighDateTime = (DWORD)(ticks >> 32)};
}

static ULONGLONG ticks(FILETIME time)
{
    return (ULONGLONG)time.dwHighDateTime << 32 | time.dwLowDateTime;
}

static void test_calendar(void **state)
{
    static const struct {
        ULONGLONG ticks;
        SYSTEMTIME time; /* year, month, day of the week, day, hour, minute, second, ms */
    } rows[] = {
        {0, {1601, 1, 1, 1, 0, 0, 0, 0}},
        {10000, {1601, 1, 1, 1, 0, 0, 0, 1}},
        {116444736000000000ull, {1970, 1, 4, 1, 0, 0, 0, 0}},
        {125911584000000000ull, {2000, 1, 6, 1, 0, 0, 0, 0}},
        {125963423990000000ull, {2000, 2, 2, 29, 23, 59, 59, 0}},
        {125963424000000000ull, {2000, 3, 3, 1, 0, 0, 0, 0}},
        {147856319999990000ull, {2069, 7, 1, 15, 23, 59, 59, 999}},
        {157520159999990000ull, {2100, 2, 0, 28, 23, 59, 59, 999}},
        {157520160000000000ull, {2100, 3, 1, 1, 0, 0, 0, 0}},
        {168443300960000000ull, {2134, 10, 1, 11, 12, 34, 56, 0}},
        {0x7FFF35F4F06C58F0ull, {30827, 12, 5, 31, 23, 59, 59, 999}},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        SYSTEMTIME time;
        FILETIME given = filetime(rows[i].ticks), back;
        OK(FileTimeToSystemTime(&given, &time));
        OK(SystemTimeToFileTime(&time, &back));
        assert_int_equal(ticks(back) / 10000, rows[i].ticks / 10000);
        assert_memory_equal(&time, &rows[i].time, sizeof time);
    }
}

static void test_every_day_goes_there_and_back(void **state)
{
    const ULONGLONG day = 864000000000ull;
    SYSTEMTIME before = {0}, time;
    (void)state;
    for (ULONGLONG i = 0; i < 2 * 146097; i++) {
        FILETIME given = filetime(i * day + 5), back;
        OK(FileTimeToSystemTime(&given, &time));
        assert_int_equal(time.wDayOfWeek, (1 + i) % 7);
        bool next = time.wDay == before.wDay + 1 || time.wDay == 1;
        assert_true(next || i == 0);
        OK(SystemTimeToFileTime(&time, &back));
        assert_int_equal(ticks(back), i * day);
        before = time;
    }
    assert_int_equal(time.wYear, 2400);
}

static void test_no_dates(void **state)
{
    static const SYSTEMTIME rows[] = {
        {1600, 12, 0, 31, 0, 0, 0, 0},  {30828, 1, 0, 1, 0, 0, 0, 0}, {2001, 0, 0, 1, 0, 0, 0, 0},
        {2001, 13, 0, 1, 0, 0, 0, 0},   {2001, 2, 0, 29, 0, 0, 0, 0}, {2000, 2, 0, 30, 0, 0, 0, 0},
        {2100, 2, 0, 29, 0, 0, 0, 0},   {2001, 4, 0, 31, 0, 0, 0, 0}, {2001, 1, 0, 0, 0, 0, 0, 0},
        {2001, 1, 0, 1, 24, 0, 0, 0},   {2001, 1, 0, 1, 0, 60, 0, 0}, {2001, 1, 0, 1, 0, 0, 60, 0},
        {2001, 1, 0, 1, 0, 0, 0, 1000},
    };
    FILETIME out, beyond = filetime(0x8000000000000000ull);
    SYSTEMTIME time;
    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        FAILS(ERROR_INVALID_PARAMETER, SystemTimeToFileTime(&rows[i], &out));
    FAILS(ERROR_INVALID_PARAMETER, FileTimeToSystemTime(&beyond, &time));
    FAILS(ERROR_INVALID_PARAMETER, FileTimeToLocalFileTime(&beyond, &out));
}

static void test_local_time_is_a_whole_number_of_minutes_away(void **state)
{
    FILETIME now, local;
    (void)state;
    GetSystemTimeAsFileTime(&now);
    OK(FileTimeToLocalFileTime(&now, &local));
    LONGLONG away = (LONGLONG)(ticks(local) - ticks(now));
    assert_int_equal(away % 600000000, 0);
    assert_true(away < 15 * 36000000000ll && away > -15 * 36000000000ll);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_errors_of_statuses),
        cmocka_unit_test(test_errors_come_back),
        cmocka_unit_test(test_last_error_is_the_threads),
        cmocka_unit_test(test_calendar),
        cmocka_unit_test(test_every_day_goes_there_and_back),
        cmocka_unit_test(test_no_dates),
        cmocka_unit_test(test_local_time_is_a_whole_number_of_minutes_away),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
