// SPDX-License-Identifier: MIT
/*
 * Statuses to Win32 errors, as RtlNtStatusToDosError. Two tables: by hand what several statuses share, or
 * what does not go back to the error that it came from; generated the way back of DokanNtStatusFromWin32().
 * No state but the thread's last error, which is libdokan2's.
 */
#include "win32.h"

struct row {
    ULONG status;
    DWORD error;
};

enum { FACILITY_MASK = 0x0FFF0000, WIN32_FACILITY = 0x00070000 };

#define ROW(status, error)       \
    {                            \
        (ULONG)(status), (error) \
    }

static const struct row by_hand[] = {
    /* success and information */
    ROW(STATUS_TIMEOUT, ERROR_TIMEOUT),
    ROW(STATUS_MORE_ENTRIES, ERROR_MORE_DATA),
    ROW(STATUS_NOTIFY_CLEANUP, 745),
    ROW(STATUS_REPARSE, 741),
    ROW(STATUS_OPLOCK_BREAK_IN_PROGRESS, 742),
    ROW(STATUS_OBJECT_NAME_EXISTS, 698),
    /* warnings */
    ROW(STATUS_NO_MORE_EAS, ERROR_NO_MORE_ITEMS),
    ROW(STATUS_INVALID_EA_FLAG, 255),
    ROW(STATUS_STOPPED_ON_SYMLINK, 681),
    /* names */
    ROW(STATUS_NO_SUCH_FILE, ERROR_FILE_NOT_FOUND),
    ROW(STATUS_OBJECT_TYPE_MISMATCH, ERROR_INVALID_HANDLE),
    ROW(STATUS_OBJECT_NAME_COLLISION, ERROR_ALREADY_EXISTS),
    ROW(STATUS_OBJECT_PATH_SYNTAX_BAD, ERROR_BAD_PATHNAME),
    ROW(STATUS_FILE_IS_A_DIRECTORY, ERROR_ACCESS_DENIED),
    ROW(STATUS_OBJECTID_NOT_FOUND, 4312),
    /* access */
    ROW(STATUS_INVALID_LOCK_SEQUENCE, ERROR_ACCESS_DENIED),
    ROW(STATUS_FILE_LOCK_CONFLICT, ERROR_LOCK_VIOLATION),
    ROW(STATUS_DELETE_PENDING, ERROR_ACCESS_DENIED),
    ROW(STATUS_RANGE_NOT_LOCKED, ERROR_NOT_LOCKED),
    ROW(STATUS_FILE_FORCED_CLOSED, ERROR_HANDLE_EOF),
    ROW(STATUS_CANNOT_DELETE, ERROR_ACCESS_DENIED),
    ROW(STATUS_FILE_DELETED, ERROR_ACCESS_DENIED),
    ROW(STATUS_FILE_CLOSED, ERROR_INVALID_HANDLE),
    ROW(STATUS_CANNOT_BREAK_OPLOCK, 802),
    /* arguments */
    ROW(STATUS_INVALID_INFO_CLASS, ERROR_INVALID_PARAMETER),
    ROW(STATUS_INVALID_DEVICE_REQUEST, ERROR_INVALID_FUNCTION),
    ROW(STATUS_CANT_WAIT, 554),
    ROW(STATUS_PROCESS_IS_TERMINATING, ERROR_ACCESS_DENIED),
    ROW(STATUS_INVALID_LOCK_RANGE, 307),
    /* resources */
    ROW(STATUS_NO_SUCH_DEVICE, ERROR_FILE_NOT_FOUND),
    ROW(STATUS_DATA_ERROR, ERROR_CRC),
    ROW(STATUS_VOLUME_DISMOUNTED, ERROR_NOT_READY),
    ROW(STATUS_UNEXPECTED_IO_ERROR, ERROR_GEN_FAILURE),
    ROW(STATUS_FILE_SYSTEM_LIMITATION, 665),
    ROW(STATUS_DISK_QUOTA_EXCEEDED, 1295),
    ROW(STATUS_FILE_TOO_LARGE, ERROR_FILE_TOO_LARGE),
    /* extended attributes */
    ROW(STATUS_EA_TOO_LARGE, 255),
    ROW(STATUS_NONEXISTENT_EA_ENTRY, 255),
    ROW(STATUS_NO_EAS_ON_FILE, 255),
    ROW(STATUS_EA_CORRUPT_ERROR, 276),
    /* network */
    ROW(STATUS_ADDRESS_ALREADY_EXISTS, 1227),
    ROW(STATUS_CONNECTION_DISCONNECTED, ERROR_NETNAME_DELETED),
    ROW(STATUS_CONNECTION_RESET, ERROR_NETNAME_DELETED),
};

static const struct row generated[] = {
#include "errors.gen.h"
};

static int compare(const void *key, const void *row)
{
    ULONG a = *(const ULONG *)key, b = ((const struct row *)row)->status;
    return (a > b) - (a < b);
}

DWORD DOKANAPI DokanWinErrorFromNtStatus(NTSTATUS Status)
{
    ULONG key = (ULONG)Status;
    for (size_t i = 0; i < sizeof by_hand / sizeof *by_hand; i++)
        if (by_hand[i].status == key)
            return by_hand[i].error;
    const struct row *row =
        bsearch(&key, generated, sizeof generated / sizeof *generated, sizeof *generated, compare);
    if (row)
        return row->error;
    return (key & FACILITY_MASK) == WIN32_FACILITY ? key & 0xFFFF : ERROR_MR_MID_NOT_FOUND;
}

BOOL fail(DWORD error)
{
    DokanWin32SetLastError(error);
    return FALSE;
}

BOOL done(NTSTATUS status)
{
    return NT_SUCCESS(status) ? TRUE : fail(DokanWinErrorFromNtStatus(status));
}
