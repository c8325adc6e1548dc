// SPDX-License-Identifier: MIT
/*
 * Open files: reading, writing, the place, the size. CloseHandle is the door's cleanup, the last reference
 * its close. Where a synchronous handle stands is known to the engine alone. No locks.
 */
#include "win32.h"

static void cleanup(struct object *o)
{
    DOKAN_NT_REQUEST rq = request(NULL, ((struct file *)o)->nt, DOKAN_NT_CLEANUP);
    DokanNtCall(&rq);
}

static void destroy(struct object *o)
{
    struct file *file = (struct file *)o;
    DOKAN_NT_REQUEST rq = request(NULL, file->nt, DOKAN_NT_CLOSE);
    DokanNtCall(&rq);
    pthread_cond_destroy(&file->changed);
    pthread_mutex_destroy(&file->lock);
    free(file);
}

struct file *file_new(DOKAN_HANDLE volume, DOKAN_NT_FILE nt, bool overlapped)
{
    struct file *file = calloc(1, sizeof *file);
    if (!file) {
        DokanNtClose(nt);
        fail(ERROR_NOT_ENOUGH_MEMORY);
        return NULL;
    }
    file->o = (struct object){.kind = KIND_FILE, .close = cleanup, .destroy = destroy};
    atomic_init(&file->o.refs, 1);
    file->nt = nt;
    file->volume = volume;
    file->overlapped = overlapped;
    pthread_mutex_init(&file->lock, NULL);
    pthread_cond_init(&file->changed, NULL);
    return file;
}

DOKAN_NT_FILE DOKANAPI DokanWinGetNtFile(HANDLE File)
{
    SCOPED_FILE *file = file_of(File);
    return file ? file->nt : NULL;
}

NTSTATUS query_info(DOKAN_NT_FILE file, int class, void *buffer, ULONG length)
{
    DOKAN_NT_REQUEST rq = request(NULL, file, DOKAN_NT_QUERY_INFORMATION);
    rq.Class = (ULONG) class;
    rq.Buffer = buffer;
    rq.Length = length;
    return DokanNtCall(&rq);
}

NTSTATUS set_info(DOKAN_NT_FILE file, int class, const void *buffer, ULONG length)
{
    DOKAN_NT_REQUEST rq = request(NULL, file, DOKAN_NT_SET_INFORMATION);
    rq.Class = (ULONG) class;
    rq.Buffer = (PVOID)(uintptr_t)buffer;
    rq.Length = length;
    return DokanNtCall(&rq);
}

/* ---- reading and writing
 * ----------------------------------------------------------------------------------- */

enum { WHERE_IT_STANDS = -2 };

static LONGLONG place_of(const OVERLAPPED *overlapped)
{
    return overlapped ? (LONGLONG)((ULONGLONG)overlapped->OffsetHigh << 32 | overlapped->Offset)
                      : WHERE_IT_STANDS;
}

/* A synchronous handle needs no list of requests: nothing waits long enough to be cancelled. */
static BOOL transfer(struct file *file, DOKAN_NT_REQUEST *rq, LPDWORD bytes, LPOVERLAPPED overlapped)
{
    if (bytes)
        *bytes = 0;
    if (file->overlapped)
        return run_on(file, rq, overlapped, bytes);
    NTSTATUS status = DokanNtCall(rq);
    if (overlapped) {
        overlapped->Internal = (ULONG_PTR)(ULONG)status;
        overlapped->InternalHigh = NT_SUCCESS(status) ? (ULONG_PTR)rq->Information : 0;
    }
    if (status == STATUS_END_OF_FILE && !overlapped)
        return TRUE;
    if (NT_SUCCESS(status) && bytes)
        *bytes = (DWORD)rq->Information;
    if (overlapped && overlapped->hEvent)
        event_set(overlapped->hEvent);
    return done(status);
}

BOOL DOKANAPI DokanWinReadFile(HANDLE File, LPVOID Buffer, DWORD NumberOfBytesToRead,
                               LPDWORD NumberOfBytesRead, LPOVERLAPPED Overlapped)
{
    SCOPED_FILE *file = file_of(File);
    if (!file)
        return FALSE;
    DOKAN_NT_REQUEST rq = request(NULL, file->nt, DOKAN_NT_READ);
    rq.Buffer = Buffer;
    rq.Length = NumberOfBytesToRead;
    rq.Offset = place_of(Overlapped);
    return transfer(file, &rq, NumberOfBytesRead, Overlapped);
}

BOOL DOKANAPI DokanWinWriteFile(HANDLE File, LPCVOID Buffer, DWORD NumberOfBytesToWrite,
                                LPDWORD NumberOfBytesWritten, LPOVERLAPPED Overlapped)
{
    SCOPED_FILE *file = file_of(File);
    if (!file)
        return FALSE;
    DOKAN_NT_REQUEST rq = request(NULL, file->nt, DOKAN_NT_WRITE);
    rq.Buffer = (PVOID)(uintptr_t)Buffer;
    rq.Length = NumberOfBytesToWrite;
    rq.Offset = place_of(Overlapped);
    return transfer(file, &rq, NumberOfBytesWritten, Overlapped);
}

BOOL DOKANAPI DokanWinFlushFileBuffers(HANDLE File)
{
    SCOPED_FILE *file = file_of(File);
    if (!file)
        return FALSE;
    DOKAN_NT_REQUEST rq = request(NULL, file->nt, DOKAN_NT_FLUSH);
    return done(DokanNtCall(&rq));
}

/* ---- place and size
 * ------------------------------------------------------------------------------------------ */

static NTSTATUS base_of(const struct file *file, DWORD method, LONGLONG *base)
{
    FILE_POSITION_INFORMATION position = {0};
    FILE_STANDARD_INFORMATION standard;
    NTSTATUS status = STATUS_SUCCESS;
    if (method == FILE_CURRENT)
        status = query_info(file->nt, FilePositionInformation, &position, sizeof position);
    *base = position.CurrentByteOffset.QuadPart;
    if (method == FILE_END) {
        status = query_info(file->nt, FileStandardInformation, &standard, sizeof standard);
        *base = status ? 0 : standard.EndOfFile.QuadPart;
    }
    return status;
}

BOOL DOKANAPI DokanWinSetFilePointerEx(HANDLE File, LARGE_INTEGER DistanceToMove,
                                       PLARGE_INTEGER NewFilePointer, DWORD MoveMethod)
{
    SCOPED_FILE *file = file_of(File);
    FILE_POSITION_INFORMATION position;
    LONGLONG base;
    if (!file)
        return FALSE;
    if (MoveMethod > FILE_END)
        return fail(ERROR_INVALID_PARAMETER);
    NTSTATUS status = base_of(file, MoveMethod, &base);
    if (status)
        return done(status);
    if (__builtin_add_overflow(base, DistanceToMove.QuadPart, &position.CurrentByteOffset.QuadPart))
        return fail(ERROR_INVALID_PARAMETER);
    if (position.CurrentByteOffset.QuadPart < 0)
        return fail(ERROR_NEGATIVE_SEEK);
    status = set_info(file->nt, FilePositionInformation, &position, sizeof position);
    if (!status && NewFilePointer)
        *NewFilePointer = position.CurrentByteOffset;
    return done(status);
}

BOOL DOKANAPI DokanWinSetEndOfFile(HANDLE File)
{
    SCOPED_FILE *file = file_of(File);
    FILE_POSITION_INFORMATION position;
    if (!file)
        return FALSE;
    NTSTATUS status = query_info(file->nt, FilePositionInformation, &position, sizeof position);
    const FILE_END_OF_FILE_INFORMATION size = {.EndOfFile = position.CurrentByteOffset};
    return done(status ? status : set_info(file->nt, FileEndOfFileInformation, &size, sizeof size));
}

BOOL DOKANAPI DokanWinGetFileSizeEx(HANDLE File, PLARGE_INTEGER FileSize)
{
    SCOPED_FILE *file = file_of(File);
    FILE_STANDARD_INFORMATION standard;
    if (!file)
        return FALSE;
    NTSTATUS status = query_info(file->nt, FileStandardInformation, &standard, sizeof standard);
    if (!status)
        *FileSize = standard.EndOfFile;
    return done(status);
}
