// SPDX-License-Identifier: MIT
/* Byte-range locks, changes of directories, controls: what may wait. No state, no locks. */
#include "win32.h"

static LONGLONG whole(DWORD low, DWORD high)
{
    return (LONGLONG)((ULONGLONG)high << 32 | low);
}

/* ---- locks
 * --------------------------------------------------------------------------------------------------- */

BOOL DOKANAPI DokanWinLockFileEx(HANDLE File, DWORD Flags, DWORD Reserved, DWORD BytesLow, DWORD BytesHigh,
                                 LPOVERLAPPED Overlapped)
{
    SCOPED_FILE *file = file_of(File);
    if (!file)
        return FALSE;
    if (Reserved || !Overlapped)
        return fail(ERROR_INVALID_PARAMETER);
    DOKAN_NT_REQUEST rq = request(NULL, file->nt, DOKAN_NT_LOCK);
    rq.Offset = whole(Overlapped->Offset, Overlapped->OffsetHigh);
    rq.LockLength = whole(BytesLow, BytesHigh);
    rq.Flags = (Flags & LOCKFILE_EXCLUSIVE_LOCK ? DOKAN_NT_EXCLUSIVE : 0) |
               (Flags & LOCKFILE_FAIL_IMMEDIATELY ? DOKAN_NT_FAIL_IMMEDIATELY : 0);
    return run_on(file, &rq, Overlapped, NULL);
}

static BOOL unlock(HANDLE handle, LONGLONG offset, LONGLONG length)
{
    SCOPED_FILE *file = file_of(handle);
    if (!file)
        return FALSE;
    DOKAN_NT_REQUEST rq = request(NULL, file->nt, DOKAN_NT_UNLOCK);
    rq.Offset = offset;
    rq.LockLength = length;
    return done(DokanNtCall(&rq));
}

BOOL DOKANAPI DokanWinUnlockFileEx(HANDLE File, DWORD Reserved, DWORD BytesLow, DWORD BytesHigh,
                                   LPOVERLAPPED Overlapped)
{
    if (Reserved || !Overlapped)
        return fail(ERROR_INVALID_PARAMETER);
    return unlock(File, whole(Overlapped->Offset, Overlapped->OffsetHigh), whole(BytesLow, BytesHigh));
}

BOOL DOKANAPI DokanWinLockFile(HANDLE File, DWORD OffsetLow, DWORD OffsetHigh, DWORD BytesLow,
                               DWORD BytesHigh)
{
    SCOPED_FILE *file = file_of(File);
    if (!file)
        return FALSE;
    DOKAN_NT_REQUEST rq = request(NULL, file->nt, DOKAN_NT_LOCK);
    rq.Offset = whole(OffsetLow, OffsetHigh);
    rq.LockLength = whole(BytesLow, BytesHigh);
    rq.Flags = DOKAN_NT_EXCLUSIVE | DOKAN_NT_FAIL_IMMEDIATELY;
    return done(DokanNtCall(&rq));
}

BOOL DOKANAPI DokanWinUnlockFile(HANDLE File, DWORD OffsetLow, DWORD OffsetHigh, DWORD BytesLow,
                                 DWORD BytesHigh)
{
    return unlock(File, whole(OffsetLow, OffsetHigh), whole(BytesLow, BytesHigh));
}

/* ---- changes
 * ------------------------------------------------------------------------------------------------- */

BOOL DOKANAPI DokanWinReadDirectoryChangesW(HANDLE Directory, LPVOID Buffer, DWORD Length, BOOL WatchSubtree,
                                            DWORD Filter, LPDWORD BytesReturned, LPOVERLAPPED Overlapped,
                                            LPOVERLAPPED_COMPLETION_ROUTINE Completion)
{
    SCOPED_FILE *file = file_of(Directory);
    if (!file)
        return FALSE;
    if (Completion)
        return fail(ERROR_NOT_SUPPORTED);
    DOKAN_NT_REQUEST rq = request(NULL, file->nt, DOKAN_NT_NOTIFY);
    rq.Buffer = Buffer;
    rq.Length = Length;
    rq.Class = Filter;
    rq.Flags = WatchSubtree ? DOKAN_NT_TREE : 0;
    BOOL ok = run_on(file, &rq, file->overlapped ? Overlapped : NULL, BytesReturned);
    return ok || (file->overlapped && DokanWin32GetLastError() == ERROR_IO_PENDING);
}

/* ---- controls
 * ------------------------------------------------------------------------------------------------ */

BOOL DOKANAPI DokanWinDeviceIoControl(HANDLE File, DWORD Code, LPVOID InBuffer, DWORD InSize,
                                      LPVOID OutBuffer, DWORD OutSize, LPDWORD BytesReturned,
                                      LPOVERLAPPED Overlapped)
{
    SCOPED_FILE *file = file_of(File);
    if (!file)
        return FALSE;
    DOKAN_NT_REQUEST rq = request(NULL, file->nt, DOKAN_NT_FS_CONTROL);
    rq.Class = Code;
    rq.Input = InBuffer;
    rq.InputLength = InSize;
    rq.Buffer = OutBuffer;
    rq.Length = OutSize;
    return run_on(file, &rq, Overlapped, BytesReturned);
}
