// SPDX-License-Identifier: MIT
/* The door of dokan/nt.h: every call is one DokanNtCall(), statuses are compared as they are. */
#include "rules.h"
#include <dokan/nt.h>
#include <string.h>

static DOKAN_NT_REQUEST request(void *file, ULONG operation, void *buffer, ULONG length)
{
    DOKAN_NT_REQUEST rq = DokanNtRequest(NULL, operation);
    rq.File = file;
    rq.Buffer = buffer;
    rq.Length = length;
    return rq;
}

static struct outcome create(DOKAN_HANDLE volume, const struct opening *how)
{
    DOKAN_NT_REQUEST rq = DokanNtRequest(volume, DOKAN_NT_CREATE);
    rq.Name = how->path;
    rq.RelatedFile = how->directory;
    rq.DesiredAccess = how->access;
    rq.FileAttributes = how->attributes;
    rq.ShareAccess = how->share;
    rq.CreateDisposition = how->disposition;
    rq.CreateOptions = how->options;
    NTSTATUS status = DokanNtCall(&rq);
    return (struct outcome){status, rq.Information, NT_SUCCESS(status) ? (void *)rq.File : NULL};
}

static NTSTATUS cleanup(void *file)
{
    DOKAN_NT_REQUEST rq = request(file, DOKAN_NT_CLEANUP, NULL, 0);
    return DokanNtCall(&rq);
}

static NTSTATUS close_file(void *file)
{
    DOKAN_NT_REQUEST rq = request(file, DOKAN_NT_CLOSE, NULL, 0);
    return DokanNtCall(&rq);
}

static NTSTATUS transfer(DOKAN_NT_REQUEST *rq, LONGLONG offset, ULONG *done)
{
    rq->Offset = offset;
    NTSTATUS status = DokanNtCall(rq);
    if (done)
        *done = NT_SUCCESS(status) ? (ULONG)rq->Information : 0;
    return status;
}

static NTSTATUS read_file(void *file, void *buffer, ULONG length, LONGLONG offset, ULONG *done)
{
    DOKAN_NT_REQUEST rq = request(file, DOKAN_NT_READ, buffer, length);
    return transfer(&rq, offset, done);
}

static NTSTATUS write_file(void *file, const void *buffer, ULONG length, LONGLONG offset, ULONG *done)
{
    DOKAN_NT_REQUEST rq = request(file, DOKAN_NT_WRITE, (void *)(uintptr_t)buffer, length);
    return transfer(&rq, offset, done);
}

static NTSTATUS query(void *file, ULONG info_class, void *buffer, ULONG length, ULONG *done)
{
    DOKAN_NT_REQUEST rq = request(file, DOKAN_NT_QUERY_INFORMATION, buffer, length);
    rq.Class = info_class;
    return transfer(&rq, 0, done);
}

static NTSTATUS set(void *file, ULONG info_class, const void *buffer, ULONG length)
{
    DOKAN_NT_REQUEST rq = request(file, DOKAN_NT_SET_INFORMATION, (void *)(uintptr_t)buffer, length);
    rq.Class = info_class;
    return DokanNtCall(&rq);
}

static NTSTATUS next_name(void *file, LPCWSTR pattern, bool restart, WCHAR *name, size_t room)
{
    _Alignas(8) char buffer[1024];
    FILE_NAMES_INFORMATION entry;
    DOKAN_NT_REQUEST rq = request(file, DOKAN_NT_QUERY_DIRECTORY, buffer, sizeof buffer);
    rq.Class = FileNamesInformation;
    rq.Pattern = pattern;
    rq.Flags = DOKAN_NT_SINGLE | (restart ? DOKAN_NT_RESTART : 0);
    NTSTATUS status = DokanNtCall(&rq);
    const size_t at = offsetof(FILE_NAMES_INFORMATION, FileName);
    memcpy(&entry, buffer, at);
    if (status != STATUS_SUCCESS || entry.FileNameLength / sizeof *name >= room)
        return status;
    memcpy(name, buffer + at, entry.FileNameLength);
    name[entry.FileNameLength / sizeof *name] = 0;
    return status;
}

static NTSTATUS flush(void *file)
{
    DOKAN_NT_REQUEST rq = request(file, DOKAN_NT_FLUSH, NULL, 0);
    return DokanNtCall(&rq);
}

static NTSTATUS range_call(void *file, ULONG operation, const struct range *range)
{
    DOKAN_NT_REQUEST rq = request(file, operation, NULL, 0);
    rq.Offset = range->offset;
    rq.LockLength = range->length;
    rq.Key = range->key;
    rq.Flags = DOKAN_NT_FAIL_IMMEDIATELY | (range->exclusive ? DOKAN_NT_EXCLUSIVE : 0);
    if (operation == DOKAN_NT_UNLOCK)
        rq.Flags = 0;
    if (range->process)
        rq.ProcessId = range->process;
    return DokanNtCall(&rq);
}

static NTSTATUS lock(void *file, const struct range *range)
{
    return range_call(file, DOKAN_NT_LOCK, range);
}

static NTSTATUS unlock(void *file, const struct range *range)
{
    return range_call(file, DOKAN_NT_UNLOCK, range);
}

static bool same(NTSTATUS wanted, NTSTATUS given)
{
    return wanted == given;
}

const struct door nt_door = {
    .name = "nt",
    .create = create,
    .cleanup = cleanup,
    .close = close_file,
    .read = read_file,
    .write = write_file,
    .query = query,
    .set = set,
    .next_name = next_name,
    .flush = flush,
    .lock = lock,
    .unlock = unlock,
    .same = same,
};
