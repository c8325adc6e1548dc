// SPDX-License-Identifier: MIT
/*
 * mirror: extended attributes, holes, and the table of the operations that Dokany has no callback for. The EA
 * NAME is the host's extended attribute `user.NAME`.
 */
#include "mirror.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/xattr.h>
#include <unistd.h>

static const char prefix[] = "user.";
enum { PREFIX = sizeof prefix - 1, LIST_BYTES = 65536 };

/* Name of the host for an EA. */
struct ea_name {
    char text[PREFIX + 256];
};

/* ---- extended attributes ----------------------------------------------------------------------------- */

static NTSTATUS status_of_ea(int error)
{
    static const struct {
        int error;
        NTSTATUS status;
    } rows[] = {
        {ENODATA, STATUS_NONEXISTENT_EA_ENTRY},
        {ERANGE, STATUS_BUFFER_OVERFLOW},
        {E2BIG, STATUS_EA_TOO_LARGE},
        {EOPNOTSUPP, STATUS_EAS_NOT_SUPPORTED},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (rows[i].error == error)
            return rows[i].status;
    return status_of(error);
}

/* All names, each terminated, to be freed; NULL and errno. */
static char *list_names(const struct file *file, ssize_t *length)
{
    char *names = malloc(LIST_BYTES);
    *length = names ? listxattr(fd_path(file->fd).text, names, LIST_BYTES) : -1;
    if (*length >= 0)
        return names;
    free(names);
    return NULL;
}

/* On a volume that is not case-sensitive, the spelling that the host has. */
static void find_spelling(const struct file *file, struct ea_name *name)
{
    WCHAR wanted[256], have[256];
    ssize_t length;
    if (getxattr(fd_path(file->fd).text, name->text, NULL, 0) >= 0 ||
        DokanUtf8ToUtf16(name->text + PREFIX, DOKAN_TERMINATED, wanted, 256) == DOKAN_MALFORMED)
        return;
    char *names = list_names(file, &length);
    for (const char *at = names; at && at < names + length; at += strlen(at) + 1) {
        bool ours = strncmp(at, prefix, PREFIX) == 0 &&
                    DokanUtf8ToUtf16(at + PREFIX, DOKAN_TERMINATED, have, 256) != DOKAN_MALFORMED;
        if (ours && DokanWcsicmp(wanted, have) == 0)
            snprintf(name->text, sizeof name->text, "%s", at);
    }
    free(names);
}

static struct ea_name ea_name(PDOKAN_FILE_INFO info, const char *ea)
{
    struct ea_name name;
    snprintf(name.text, sizeof name.text, "%s%s", prefix, ea);
    if (!mirror_of(info)->root.case_sensitive)
        find_spelling(file_of(info), &name);
    return name;
}

static NTSTATUS DOKAN_CALLBACK mirror_GetEa(LPCWSTR FileName, const char *Name, PVOID Value, ULONG Length,
                                            PULONG Used, PDOKAN_FILE_INFO DokanFileInfo)
{
    const struct file *file = file_of(DokanFileInfo);
    UNREFERENCED_PARAMETER(FileName);
    if (!file)
        return STATUS_INVALID_HANDLE;
    if (!act_as_caller(DokanFileInfo))
        return STATUS_ACCESS_DENIED;
    struct ea_name name = ea_name(DokanFileInfo, Name);
    ssize_t n = getxattr(fd_path(file->fd).text, name.text, Value, Length);
    NTSTATUS status = n < 0               ? status_of_ea(errno)
                      : (ULONG)n > Length ? STATUS_BUFFER_OVERFLOW /* only the length was asked for */
                                          : STATUS_SUCCESS;
    if (n < 0 && status == STATUS_BUFFER_OVERFLOW)
        n = getxattr(fd_path(file->fd).text, name.text, NULL, 0);
    act_as_self(DokanFileInfo);
    *Used = n < 0 ? 0 : (ULONG)n;
    return status;
}

static NTSTATUS DOKAN_CALLBACK mirror_SetEa(LPCWSTR FileName, const char *Name, UCHAR Flags,
                                            const void *Value, ULONG Length, PDOKAN_FILE_INFO DokanFileInfo)
{
    const struct file *file = file_of(DokanFileInfo);
    UNREFERENCED_PARAMETER(FileName);
    UNREFERENCED_PARAMETER(Flags); /* the host has no place for them */
    if (!file)
        return STATUS_INVALID_HANDLE;
    if (!act_as_caller(DokanFileInfo))
        return STATUS_ACCESS_DENIED;
    struct ea_name name = ea_name(DokanFileInfo, Name);
    struct fd_path path = fd_path(file->fd);
    int result = Value ? setxattr(path.text, name.text, Value, Length, 0) : removexattr(path.text, name.text);
    NTSTATUS status = result == 0 ? STATUS_SUCCESS : status_of_ea(errno);
    act_as_self(DokanFileInfo);
    return status == STATUS_BUFFER_OVERFLOW ? STATUS_INVALID_EA_NAME : status;
}

static NTSTATUS DOKAN_CALLBACK mirror_FindEas(LPCWSTR FileName, PFillEa FillEa,
                                              PDOKAN_FILE_INFO DokanFileInfo)
{
    const struct file *file = file_of(DokanFileInfo);
    ssize_t length;
    UNREFERENCED_PARAMETER(FileName);
    if (!file)
        return STATUS_INVALID_HANDLE;
    char *names = list_names(file, &length);
    if (!names)
        return errno == EOPNOTSUPP ? STATUS_SUCCESS : status_of(errno);
    for (const char *at = names; at < names + length; at += strlen(at) + 1) {
        ssize_t n = strncmp(at, prefix, PREFIX) == 0 ? getxattr(fd_path(file->fd).text, at, NULL, 0) : -1;
        if (n >= 0 && FillEa(at + PREFIX, 0, NULL, (ULONG)n, DokanFileInfo) != 0)
            break;
    }
    free(names);
    return STATUS_SUCCESS;
}

/* ---- holes ------------------------------------------------------------------------------------------- */

static NTSTATUS find_ranges(int fd, LONGLONG offset, LONGLONG end, PFillRange fill, PDOKAN_FILE_INFO info)
{
    while (offset < end) {
        off_t data = lseek(fd, offset, SEEK_DATA);
        if (data < 0)
            return errno == ENXIO ? STATUS_SUCCESS : status_of(errno);
        off_t hole = lseek(fd, data, SEEK_HOLE);
        if (hole < 0)
            return errno == ENXIO ? STATUS_SUCCESS : status_of(errno); /* somebody cuts it off meanwhile */
        if (data >= end || fill(data, (hole < end ? hole : end) - data, info) != 0)
            return STATUS_SUCCESS;
        offset = hole;
    }
    return STATUS_SUCCESS;
}

static NTSTATUS DOKAN_CALLBACK mirror_FindRanges(LPCWSTR FileName, LONGLONG Offset, LONGLONG Length,
                                                 PFillRange FillRange, PDOKAN_FILE_INFO DokanFileInfo)
{
    const struct file *file = file_of(DokanFileInfo);
    UNREFERENCED_PARAMETER(FileName);
    if (!file || file->directory || Offset < 0 || Length < 0)
        return file ? STATUS_INVALID_PARAMETER : STATUS_INVALID_HANDLE;
    SCOPED_FD own = file->data ? -1 : hostdir_reopen(file->fd, O_RDONLY);
    if (!file->data && own < 0)
        return status_of(own);
    LONGLONG end = Length > INT64_MAX - Offset ? INT64_MAX : Offset + Length;
    return find_ranges(file->data ? file->fd : own, Offset, end, FillRange, DokanFileInfo);
}

/* A host that knows no such thing leaves the zeros to be written, unless space is to be given back. */
static NTSTATUS DOKAN_CALLBACK mirror_ZeroRange(LPCWSTR FileName, LONGLONG Offset, LONGLONG Length,
                                                BOOL Deallocate, PDOKAN_FILE_INFO DokanFileInfo)
{
    const struct file *file = file_of(DokanFileInfo);
    int mode = FALLOC_FL_KEEP_SIZE | (Deallocate ? FALLOC_FL_PUNCH_HOLE : FALLOC_FL_ZERO_RANGE);
    UNREFERENCED_PARAMETER(FileName);
    if (!file || !file->data)
        return file ? STATUS_ACCESS_DENIED : STATUS_INVALID_HANDLE;
    if (fallocate(file->fd, mode, Offset, Length) == 0)
        return STATUS_SUCCESS;
    if (errno == EOPNOTSUPP || errno == ENOSYS)
        return Deallocate ? STATUS_NOT_SUPPORTED : STATUS_NOT_IMPLEMENTED;
    return status_of(errno);
}

static NTSTATUS DOKAN_CALLBACK mirror_GetBackingFile(LPCWSTR FileName, int *Descriptor,
                                                     PDOKAN_FILE_INFO DokanFileInfo)
{
    const struct file *file = file_of(DokanFileInfo);
    UNREFERENCED_PARAMETER(FileName);
    if (!file || !file->data)
        return file ? STATUS_NOT_SUPPORTED : STATUS_INVALID_HANDLE;
    *Descriptor = file->fd;
    return STATUS_SUCCESS;
}

/* What is missing: the host finds no name by a number, has no label, and knows no controls of Windows. */
const DOKAN_OPERATIONS_EX mirror_operations_ex = {
    .Size = sizeof(DOKAN_OPERATIONS_EX),
    .GetFacts = mirror_GetFacts,
    .FindFacts = mirror_FindFacts,
    .SetFacts = mirror_SetFacts,
    .GetFileId = mirror_GetFileId,
    .CreateHardLink = mirror_CreateHardLink,
    .RemoveName = mirror_RemoveName,
    .ExchangeNames = mirror_ExchangeNames,
    .GetReparsePoint = mirror_GetReparsePoint,
    .SetReparsePoint = mirror_SetReparsePoint,
    .DeleteReparsePoint = mirror_DeleteReparsePoint,
    .GetEa = mirror_GetEa,
    .SetEa = mirror_SetEa,
    .FindEas = mirror_FindEas,
    .FindRanges = mirror_FindRanges,
    .ZeroRange = mirror_ZeroRange,
    .GetBackingFile = mirror_GetBackingFile,
};
