// SPDX-License-Identifier: MIT
/*
 * Opening files: CreateFile's words in NtCreateFile's, and the opens that other calls need. No state, no
 * locks.
 */
#include "win32.h"

/* ---- the door's create ------------------------------------------------------------------------------------
 */

NTSTATUS open_name(const struct name *name, const struct opening *how, DOKAN_NT_FILE *file, ULONG *result)
{
    DOKAN_NT_REQUEST rq = request(name->volume, NULL, DOKAN_NT_CREATE);
    rq.Name = *name->text ? name->text : u"\\";
    rq.DesiredAccess = how->access;
    rq.FileAttributes = how->attributes;
    rq.ShareAccess = how->share;
    rq.CreateDisposition = how->disposition;
    rq.CreateOptions = how->options;
    rq.Buffer = (PVOID)(uintptr_t)how->security;
    rq.Length = how->security_length;
    NTSTATUS status = DokanNtCall(&rq);
    *file = rq.File;
    if (result)
        *result = (ULONG)rq.Information;
    return status;
}

NTSTATUS open_for(const struct name *name, ACCESS_MASK access, ULONG options, DOKAN_NT_FILE *file)
{
    const struct opening how = {.access = access | SYNCHRONIZE,
                                .share = ALL_SHARED,
                                .disposition = FILE_OPEN,
                                .options = options | FILE_SYNCHRONOUS_IO_NONALERT |
                                           FILE_OPEN_FOR_BACKUP_INTENT | FILE_OPEN_REPARSE_POINT |
                                           (name->slash ? FILE_DIRECTORY_FILE : 0)};
    return open_name(name, &how, file, NULL);
}

/* ---- CreateFile
 * --------------------------------------------------------------------------------------------- */

static const ULONG dispositions[] = {[CREATE_NEW] = FILE_CREATE,
                                     [CREATE_ALWAYS] = FILE_OVERWRITE_IF,
                                     [OPEN_EXISTING] = FILE_OPEN,
                                     [OPEN_ALWAYS] = FILE_OPEN_IF,
                                     [TRUNCATE_EXISTING] = FILE_OPEN};

/* What a flag brings with it, and what its absence does. */
static const struct flag {
    DWORD flag;
    ULONG with, without;
    ACCESS_MASK access;
} flags[] = {
    {FILE_FLAG_WRITE_THROUGH, FILE_WRITE_THROUGH, 0, 0},
    {FILE_FLAG_OVERLAPPED, 0, FILE_SYNCHRONOUS_IO_NONALERT, 0},
    {FILE_FLAG_NO_BUFFERING, FILE_NO_INTERMEDIATE_BUFFERING, 0, 0},
    {FILE_FLAG_RANDOM_ACCESS, FILE_RANDOM_ACCESS, 0, 0},
    {FILE_FLAG_SEQUENTIAL_SCAN, FILE_SEQUENTIAL_ONLY, 0, 0},
    {FILE_FLAG_DELETE_ON_CLOSE, FILE_DELETE_ON_CLOSE, 0, DELETE},
    {FILE_FLAG_BACKUP_SEMANTICS, FILE_OPEN_FOR_BACKUP_INTENT, FILE_NON_DIRECTORY_FILE, 0},
    {FILE_FLAG_SESSION_AWARE, FILE_SESSION_AWARE, 0, 0},
    {FILE_FLAG_OPEN_REPARSE_POINT, FILE_OPEN_REPARSE_POINT, 0, 0},
    {FILE_FLAG_OPEN_NO_RECALL, FILE_OPEN_NO_RECALL, 0, 0},
};

enum { VALID_ATTRIBUTES = 0x00007FB7 & ~FILE_ATTRIBUTE_DIRECTORY };

static struct opening opening_of(DWORD access, DWORD share, DWORD disposition, DWORD given)
{
    struct opening how = {.access = access | SYNCHRONIZE | FILE_READ_ATTRIBUTES,
                          .share = share,
                          .attributes = given & VALID_ATTRIBUTES,
                          .disposition = dispositions[disposition]};
    for (size_t i = 0; i < sizeof flags / sizeof *flags; i++) {
        bool set = given & flags[i].flag;
        how.options |= set ? flags[i].with : flags[i].without;
        how.access |= set ? flags[i].access : 0;
    }
    return how;
}

/* This is how CreateFile makes directories. */
static bool wants_directory(DWORD disposition, DWORD given)
{
    const DWORD all = FILE_ATTRIBUTE_DIRECTORY | FILE_FLAG_POSIX_SEMANTICS | FILE_FLAG_BACKUP_SEMANTICS;
    return disposition == CREATE_NEW && (given & all) == all;
}

/* A name that ends with a backslash is that of a directory; no file is opened or made by it. */
static DWORD why_no_file(const struct name *name, ULONG disposition)
{
    SCOPED_NT_FILE file = NULL;
    NTSTATUS status = open_for(name, FILE_READ_ATTRIBUTES, 0, &file);
    if (!status)
        return ERROR_PATH_NOT_FOUND;
    bool opens = disposition == FILE_OPEN || disposition == FILE_OVERWRITE;
    bool other = status != STATUS_NOT_A_DIRECTORY && status != STATUS_OBJECT_NAME_NOT_FOUND;
    return other || (opens && status == STATUS_OBJECT_NAME_NOT_FOUND) ? DokanWinErrorFromNtStatus(status)
                                                                      : ERROR_INVALID_NAME;
}

static DWORD adapt(const struct name *name, struct opening *how)
{
    bool volume = !*name->text;
    if (name->slash && how->options & FILE_NON_DIRECTORY_FILE)
        return why_no_file(name, how->disposition);
    if (name->slash || volume)
        how->options = (how->options & ~FILE_NON_DIRECTORY_FILE) | FILE_DIRECTORY_FILE;
    if (volume && how->disposition != FILE_OPEN)
        return ERROR_INVALID_PARAMETER;
    return ERROR_SUCCESS;
}

static BOOL failed(NTSTATUS status)
{
    return status == STATUS_OBJECT_NAME_COLLISION ? fail(ERROR_FILE_EXISTS) : done(status);
}

static HANDLE keep(const struct name *name, DOKAN_NT_FILE nt, bool overlapped)
{
    struct file *file = file_new(name->volume, nt, overlapped);
    HANDLE handle = file ? handle_open(&file->o) : NULL;
    return handle ? handle : INVALID_HANDLE_VALUE;
}

static NTSTATUS truncate(DOKAN_NT_FILE nt)
{
    const FILE_ALLOCATION_INFORMATION nothing = {.AllocationSize.QuadPart = 0};
    return set_info(nt, FileAllocationInformation, &nothing, sizeof nothing);
}

static HANDLE create(const struct name *name, const struct opening *how, DWORD disposition)
{
    DOKAN_NT_FILE nt;
    ULONG result;
    NTSTATUS status = open_name(name, how, &nt, &result);
    if (!status && disposition == TRUNCATE_EXISTING) {
        status = truncate(nt);
        if (status)
            DokanNtClose(nt);
    }
    if (status) {
        failed(status);
        return INVALID_HANDLE_VALUE;
    }
    bool existed = (disposition == CREATE_ALWAYS && result == FILE_OVERWRITTEN) ||
                   (disposition == OPEN_ALWAYS && result == FILE_OPENED);
    HANDLE handle = keep(name, nt, !(how->options & FILE_SYNCHRONOUS_IO_NONALERT));
    if (handle != INVALID_HANDLE_VALUE)
        DokanWin32SetLastError(existed ? ERROR_ALREADY_EXISTS : ERROR_SUCCESS);
    return handle;
}

static DWORD check(DWORD access, DWORD disposition, HANDLE template)
{
    if (disposition < CREATE_NEW || disposition > TRUNCATE_EXISTING)
        return ERROR_INVALID_PARAMETER;
    if (disposition == TRUNCATE_EXISTING && !(access & GENERIC_WRITE))
        return ERROR_INVALID_PARAMETER;
    return template ? ERROR_NOT_SUPPORTED : ERROR_SUCCESS;
}

HANDLE DOKANAPI DokanWinCreateFileW(LPCWSTR FileName, DWORD DesiredAccess, DWORD ShareMode,
                                    LPSECURITY_ATTRIBUTES SecurityAttributes, DWORD CreationDisposition,
                                    DWORD FlagsAndAttributes, HANDLE TemplateFile)
{
    SCOPED_NAME struct name name = {0};
    SCOPED_FREE void *copy = NULL;
    DWORD error = check(DesiredAccess, CreationDisposition, TemplateFile);
    if (error) {
        fail(error);
        return INVALID_HANDLE_VALUE;
    }
    struct opening how = opening_of(DesiredAccess, ShareMode, CreationDisposition, FlagsAndAttributes);
    if (wants_directory(CreationDisposition, FlagsAndAttributes))
        how.options |= FILE_DIRECTORY_FILE;
    PSECURITY_DESCRIPTOR given = SecurityAttributes ? SecurityAttributes->lpSecurityDescriptor : NULL;
    if (!name_read(FileName, &name) || !take_descriptor(given, &how.security, &how.security_length, &copy))
        return INVALID_HANDLE_VALUE;
    error = adapt(&name, &how);
    if (error) {
        fail(error);
        return INVALID_HANDLE_VALUE;
    }
    return create(&name, &how, CreationDisposition);
}

HANDLE DOKANAPI DokanWinCreateFileA(LPCSTR FileName, DWORD DesiredAccess, DWORD ShareMode,
                                    LPSECURITY_ATTRIBUTES SecurityAttributes, DWORD CreationDisposition,
                                    DWORD FlagsAndAttributes, HANDLE TemplateFile)
{
    SIZE_T units = FileName ? DokanUtf8ToUtf16(FileName, DOKAN_TERMINATED, NULL, 0) : 0;
    if (units == DOKAN_MALFORMED)
        return INVALID_HANDLE_VALUE;
    SCOPED_FREE WCHAR *wide = units ? calloc(units + 1, sizeof(WCHAR)) : NULL;
    if (units && !wide) {
        fail(ERROR_NOT_ENOUGH_MEMORY);
        return INVALID_HANDLE_VALUE;
    }
    if (wide)
        DokanUtf8ToUtf16(FileName, DOKAN_TERMINATED, wide, units + 1);
    return DokanWinCreateFileW(wide, DesiredAccess, ShareMode, SecurityAttributes, CreationDisposition,
                               FlagsAndAttributes, TemplateFile);
}

/* ---- directories
 * ---------------------------------------------------------------------------------------------- */

BOOL DOKANAPI DokanWinCreateDirectoryW(LPCWSTR PathName, LPSECURITY_ATTRIBUTES SecurityAttributes)
{
    SCOPED_NAME struct name name = {0};
    SCOPED_NT_FILE dir = NULL;
    SCOPED_FREE void *copy = NULL;
    struct opening how = {.access = FILE_LIST_DIRECTORY | SYNCHRONIZE,
                          .share = FILE_SHARE_READ | FILE_SHARE_WRITE,
                          .attributes = FILE_ATTRIBUTE_NORMAL,
                          .disposition = FILE_CREATE,
                          .options = FILE_DIRECTORY_FILE | FILE_SYNCHRONOUS_IO_NONALERT |
                                     FILE_OPEN_FOR_BACKUP_INTENT};
    PSECURITY_DESCRIPTOR given = SecurityAttributes ? SecurityAttributes->lpSecurityDescriptor : NULL;
    return name_read(PathName, &name) && take_descriptor(given, &how.security, &how.security_length, &copy) &&
           done(open_name(&name, &how, &dir, NULL));
}
