// SPDX-License-Identifier: MIT

#include "base/testing.h"

#include "base/status.c" // NOLINT(bugprone-suspicious-include): its tables
#include <limits.h>
#include <string.h>

struct pair {
    NTSTATUS status;
    int error;
};

static void test_what_programs_must_see(void **state)
{
    static const struct pair pairs[] = {
        {STATUS_SUCCESS, 0},
        {STATUS_OBJECT_NAME_EXISTS, 0},
        {STATUS_OBJECT_NAME_NOT_FOUND, ENOENT},
        {STATUS_OBJECT_PATH_NOT_FOUND, ENOENT},
        {STATUS_NO_SUCH_FILE, ENOENT},
        {STATUS_OBJECT_NAME_COLLISION, EEXIST},
        {STATUS_NOT_A_DIRECTORY, ENOTDIR},
        {STATUS_FILE_IS_A_DIRECTORY, EISDIR},
        {STATUS_DIRECTORY_NOT_EMPTY, ENOTEMPTY},
        {STATUS_ACCESS_DENIED, EACCES},
        {STATUS_PRIVILEGE_NOT_HELD, EPERM},
        {STATUS_CANNOT_DELETE, EPERM},
        {STATUS_MEDIA_WRITE_PROTECTED, EROFS},
        {STATUS_DISK_FULL, ENOSPC},
        {STATUS_QUOTA_EXCEEDED, EDQUOT},
        {STATUS_SHARING_VIOLATION, EBUSY},
        {STATUS_DELETE_PENDING, EBUSY},
        {STATUS_FILE_LOCK_CONFLICT, EAGAIN},
        {STATUS_LOCK_NOT_GRANTED, EAGAIN},
        {STATUS_IO_TIMEOUT, ETIMEDOUT},
        {STATUS_CANCELLED, EINTR},
        {STATUS_NO_SUCH_DEVICE, ENODEV},
        {STATUS_INVALID_PARAMETER, EINVAL},
        {STATUS_OBJECT_NAME_INVALID, EINVAL},
        {STATUS_NAME_TOO_LONG, ENAMETOOLONG},
        {STATUS_NOT_IMPLEMENTED, ENOSYS},
        {STATUS_NOT_SUPPORTED, EOPNOTSUPP},
        {STATUS_INSUFFICIENT_RESOURCES, ENOMEM},
        {STATUS_TOO_MANY_OPENED_FILES, EMFILE},
        {STATUS_NOT_SAME_DEVICE, EXDEV},
        {STATUS_BUFFER_OVERFLOW, ERANGE},
        {STATUS_BUFFER_TOO_SMALL, ERANGE},
        {STATUS_UNSUCCESSFUL, EIO},
        {(NTSTATUS)0xC0DEC0DEu, EIO},
        {(NTSTATUS)0x80DEC0DEu, EIO},
        {(NTSTATUS)0xFFFFFFFFu, EIO},
    };

    for (size_t i = 0; i < COUNT_OF(pairs); i++)
        if (status_to_errno(pairs[i].status) != pairs[i].error)
            fail_msg("%08X gives %s", (unsigned)pairs[i].status, strerror(status_to_errno(pairs[i].status)));
}

// Those with no status of their own, and what they come back as.
static int stand_in(int error)
{
    static const int rows[][2] = {
        {ENFILE, EMFILE}, {ENOTTY, EOPNOTSUPP}, {ENOLCK, ENOMEM}, {ESPIPE, EINVAL}, {ENETDOWN, ENETUNREACH}};

    for (size_t i = 0; i < COUNT_OF(rows); i++)
        if (rows[i][0] == error)
            return rows[i][1];
    return error;
}

static void test_errno_comes_back(void **state)
{
    unsigned known = 0;

    for (int error = 1; error < 200; error++) {
        NTSTATUS status = status_from_errno(error);

        assert_true(NT_ERROR(status) || NT_WARNING(status));
        assert_int_equal(status_from_errno(-error), status);
        if (status == STATUS_UNSUCCESSFUL)
            continue;
        known++;
        if (status_to_errno(status) != stand_in(error))
            fail_msg("%s comes back as %s", strerror(error), strerror(status_to_errno(status)));
    }
    assert_true(known > 50);
}

static void test_every_errno_of_a_file_call_is_known(void **state)
{
    static const int errors[] = {
        EPERM,      ENOENT, EINTR,   EIO,    ENXIO,   EBADF,        EAGAIN,  ENOMEM,    EACCES,  EFAULT,
        EBUSY,      EEXIST, EXDEV,   ENODEV, ENOTDIR, EISDIR,       EINVAL,  ENFILE,    EMFILE,  ENOTTY,
        EFBIG,      ENOSPC, ESPIPE,  EROFS,  EMLINK,  ENAMETOOLONG, ENOSYS,  ENOTEMPTY, ELOOP,   EOVERFLOW,
        EOPNOTSUPP, EDQUOT, ENODATA, ERANGE, ESTALE,  ETIMEDOUT,    ETXTBSY, ENOLCK,    EDEADLK, EILSEQ};

    for (size_t i = 0; i < COUNT_OF(errors); i++)
        assert_int_not_equal(status_from_errno(errors[i]), STATUS_UNSUCCESSFUL);
}

static void test_odd_errnos_are_harmless(void **state)
{
    assert_int_equal(status_from_errno(0), STATUS_SUCCESS);
    assert_int_equal(status_from_errno(INT_MAX), STATUS_UNSUCCESSFUL);
    assert_int_equal(status_from_errno(INT_MIN), STATUS_UNSUCCESSFUL);
    assert_int_equal(status_from_errno(41), STATUS_UNSUCCESSFUL);
}

static void test_rows_rise(void **state)
{
    for (size_t i = 1; i < COUNT_OF(to_errno); i++)
        if ((uint32_t)to_errno[i - 1].status >= (uint32_t)to_errno[i].status)
            fail_msg("row %zu (%08X) is out of order", i, (unsigned)to_errno[i].status);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_programs_must_see),
        cmocka_unit_test(test_errno_comes_back),
        cmocka_unit_test(test_every_errno_of_a_file_call_is_known),
        cmocka_unit_test(test_odd_errnos_are_harmless),
        cmocka_unit_test(test_rows_rise),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
