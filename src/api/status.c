// SPDX-License-Identifier: MIT
//
// The exported translations of error codes. Win32 errors go through a table made by tools/gen_status.py,
// sorted by error; errno is base/status.h's business.

#include "base/status.h"
#include "base/log.h"
#include <dokan/dokan_ex.h>
#include <stdlib.h>

struct win32_row {
    DWORD error;
    ULONG status;
};

static const struct win32_row win32_rows[] = {
#include "api/status_table.gen.h"
};

static int compare_error(const void *key, const void *row)
{
    DWORD a = *(const DWORD *)key;
    DWORD b = ((const struct win32_row *)row)->error;

    return (a > b) - (a < b);
}

NTSTATUS DOKANAPI DokanNtStatusFromWin32(DWORD Error)
{
    const struct win32_row *row = bsearch(&Error, win32_rows, sizeof(win32_rows) / sizeof(win32_rows[0]),
                                          sizeof(win32_rows[0]), compare_error);

    if (row)
        return (NTSTATUS)row->status;
    log_debug("Win32 error %u has no NTSTATUS; STATUS_ACCESS_DENIED is used", (unsigned)Error);
    return STATUS_ACCESS_DENIED;
}

NTSTATUS DOKANAPI DokanNtStatusFromErrno(int Errno)
{
    return status_from_errno(Errno);
}

int DOKANAPI DokanErrnoFromNtStatus(NTSTATUS Status)
{
    return status_to_errno(Status);
}
