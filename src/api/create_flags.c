// SPDX-License-Identifier: MIT
/*
 * DokanMapKernelToUserCreateFileFlags: arguments of ZwCreateFile as CreateFile takes them.
 */
#include <dokan/dokan.h>

#include <stddef.h>

static const struct {
    ULONG option;
    DWORD flag;
} flags[] = {
    {FILE_WRITE_THROUGH, FILE_FLAG_WRITE_THROUGH},
    {FILE_SEQUENTIAL_ONLY, FILE_FLAG_SEQUENTIAL_SCAN},
    {FILE_RANDOM_ACCESS, FILE_FLAG_RANDOM_ACCESS},
    {FILE_NO_INTERMEDIATE_BUFFERING, FILE_FLAG_NO_BUFFERING},
    {FILE_OPEN_REPARSE_POINT, FILE_FLAG_OPEN_REPARSE_POINT},
    {FILE_DELETE_ON_CLOSE, FILE_FLAG_DELETE_ON_CLOSE},
    {FILE_OPEN_FOR_BACKUP_INTENT, FILE_FLAG_BACKUP_SEMANTICS},
    {FILE_SESSION_AWARE, FILE_FLAG_SESSION_AWARE},
};

static const DWORD dispositions[] = {
    [FILE_SUPERSEDE] = CREATE_ALWAYS,     [FILE_OPEN] = OPEN_EXISTING,
    [FILE_CREATE] = CREATE_NEW,           [FILE_OPEN_IF] = OPEN_ALWAYS,
    [FILE_OVERWRITE] = TRUNCATE_EXISTING, [FILE_OVERWRITE_IF] = CREATE_ALWAYS,
};

static const struct {
    ACCESS_MASK specific, generic;
} rights[] = {
    {FILE_GENERIC_READ, GENERIC_READ},
    {FILE_GENERIC_WRITE, GENERIC_WRITE},
    {FILE_GENERIC_EXECUTE, GENERIC_EXECUTE},
    {FILE_ALL_ACCESS, GENERIC_ALL},
};

/* All tests come first, then the rights that were found are taken out. */
static ACCESS_MASK map_access(ACCESS_MASK access)
{
    ACCESS_MASK generic = 0, covered = 0;
    for (size_t i = 0; i < sizeof rights / sizeof *rights; i++) {
        if ((access & rights[i].specific) != rights[i].specific)
            continue;
        generic |= rights[i].generic;
        covered |= rights[i].specific;
    }
    return (access & ~covered) | generic;
}

VOID DOKANAPI DokanMapKernelToUserCreateFileFlags(ACCESS_MASK DesiredAccess, ULONG FileAttributes,
                                                  ULONG CreateOptions, ULONG CreateDisposition,
                                                  ACCESS_MASK *outDesiredAccess,
                                                  DWORD *outFileAttributesAndFlags,
                                                  DWORD *outCreationDisposition)
{
    if (outFileAttributesAndFlags) {
        *outFileAttributesAndFlags = FileAttributes;
        for (size_t i = 0; i < sizeof flags / sizeof *flags; i++)
            if (CreateOptions & flags[i].option)
                *outFileAttributesAndFlags |= flags[i].flag;
    }
    if (outCreationDisposition)
        *outCreationDisposition = CreateDisposition < sizeof dispositions / sizeof *dispositions
                                      ? dispositions[CreateDisposition]
                                      : 0;
    if (outDesiredAccess)
        *outDesiredAccess = map_access(DesiredAccess);
}
