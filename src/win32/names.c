// SPDX-License-Identifier: MIT
/* Deleting, renaming, linking, copying: what Win32 does by name. No state, no locks. */
#include "win32.h"

/* ---- deleting
 * ----------------------------------------------------------------------------------------------------- */

static BOOL delete_name(LPCWSTR text, ULONG options)
{
    static const FILE_DISPOSITION_INFORMATION mark = {.DeleteFile = TRUE};
    SCOPED_NAME struct name name = {0};
    SCOPED_NT_FILE file = NULL;
    if (!name_read(text, &name))
        return FALSE;
    if (name.slash && options & FILE_NON_DIRECTORY_FILE)
        return fail(ERROR_PATH_NOT_FOUND);
    /* Nothing more: who may delete it by its directory's leave has perhaps no other right. */
    const struct opening how = {.access = DELETE | FILE_READ_ATTRIBUTES,
                                .share = ALL_SHARED,
                                .disposition = FILE_OPEN,
                                .options = options | FILE_OPEN_FOR_BACKUP_INTENT | FILE_OPEN_REPARSE_POINT};
    NTSTATUS status = open_name(&name, &how, &file, NULL);
    return done(status ? status : set_info(file, FileDispositionInformation, &mark, sizeof mark));
}

BOOL DOKANAPI DokanWinDeleteFileW(LPCWSTR FileName)
{
    return delete_name(FileName, FILE_NON_DIRECTORY_FILE);
}

BOOL DOKANAPI DokanWinRemoveDirectoryW(LPCWSTR PathName)
{
    return delete_name(PathName, FILE_DIRECTORY_FILE);
}

/* ---- renaming
 * ----------------------------------------------------------------------------------------------------- */

NTSTATUS set_target(DOKAN_NT_FILE file, int class, ULONG flags, const WCHAR *target)
{
    size_t bytes = units_of(target) * sizeof(WCHAR);
    size_t size = sizeof(FILE_RENAME_INFORMATION_EX) + bytes;
    SCOPED_FREE FILE_RENAME_INFORMATION_EX *info = calloc(1, size);
    if (!info)
        return STATUS_NO_MEMORY;
    info->Flags = flags;
    info->FileNameLength = (ULONG)bytes;
    memcpy(info->FileName, target, bytes);
    return set_info(file, class, info, (ULONG)size);
}

static BOOL copy_and_delete(LPCWSTR from, LPCWSTR to, DWORD flags)
{
    DWORD attributes = DokanWinGetFileAttributesW(from);
    if (!(flags & MOVEFILE_COPY_ALLOWED) ||
        (attributes != INVALID_FILE_ATTRIBUTES && attributes & FILE_ATTRIBUTE_DIRECTORY))
        return fail(ERROR_NOT_SAME_DEVICE);
    if (!DokanWinCopyFileW(from, to, !(flags & MOVEFILE_REPLACE_EXISTING)))
        return DokanWin32GetLastError() == ERROR_FILE_EXISTS ? fail(ERROR_ALREADY_EXISTS) : FALSE;
    return DokanWinDeleteFileW(from);
}

BOOL DOKANAPI DokanWinMoveFileExW(LPCWSTR ExistingFileName, LPCWSTR NewFileName, DWORD Flags)
{
    SCOPED_NAME struct name from = {0};
    SCOPED_NAME struct name to = {0};
    SCOPED_NT_FILE file = NULL;
    if (Flags & MOVEFILE_DELAY_UNTIL_REBOOT)
        return fail(ERROR_NOT_SUPPORTED);
    if (!name_read(ExistingFileName, &from) || !name_read(NewFileName, &to))
        return FALSE;
    ULONG options = Flags & MOVEFILE_WRITE_THROUGH ? FILE_WRITE_THROUGH : 0;
    NTSTATUS status = open_for(&from, DELETE | FILE_READ_ATTRIBUTES, options, &file);
    if (status)
        return done(status);
    if (from.volume != to.volume) {
        DokanNtClose(file); /* opened for deleting, it would keep the copy from reading */
        file = NULL;
        return copy_and_delete(ExistingFileName, NewFileName, Flags);
    }
    bool replace = Flags & MOVEFILE_REPLACE_EXISTING;
    return done(set_target(file, FileRenameInformation, replace, to.text));
}

/* ---- linking
 * ------------------------------------------------------------------------------------------------------ */

BOOL DOKANAPI DokanWinCreateHardLinkW(LPCWSTR FileName, LPCWSTR ExistingFileName,
                                      LPSECURITY_ATTRIBUTES SecurityAttributes)
{
    SCOPED_NAME struct name link = {0};
    SCOPED_NAME struct name name = {0};
    SCOPED_NT_FILE file = NULL;
    if (SecurityAttributes)
        return fail(ERROR_INVALID_PARAMETER);
    if (!name_read(ExistingFileName, &name) || !name_read(FileName, &link))
        return FALSE;
    if (name.volume != link.volume)
        return fail(ERROR_NOT_SAME_DEVICE);
    NTSTATUS status = open_for(&name, FILE_WRITE_ATTRIBUTES, 0, &file);
    return done(status ? status : set_target(file, FileLinkInformation, 0, link.text));
}

/* A symbolic link's REPARSE_DATA_BUFFER. */
struct link_data {
    ULONG tag;
    USHORT length, reserved;
    USHORT substitute_offset, substitute_length, print_offset, print_length;
    ULONG flags; /* 1: relative */
    WCHAR names[];
};

enum { LINK_HEAD = 8, LINK_RELATIVE = 1 };

static bool is_relative(const WCHAR *target)
{
    return target[0] != u'\\' && target[0] != u'/' && !(target[0] && target[1] == u':');
}

/* To be freed. Drives' names carry NT's prefix in what the system follows, not in what it shows. */
static struct link_data *link_data_of(const WCHAR *target, ULONG *size)
{
    static const WCHAR prefix[] = u"\\??\\";
    const bool drive = target[0] && target[1] == u':';
    const size_t text = units_of(target) * sizeof(WCHAR);
    const size_t before = drive ? sizeof prefix - sizeof(WCHAR) : 0;
    *size = (ULONG)(sizeof(struct link_data) + before + 2 * text);
    struct link_data *data = *size <= MAXIMUM_REPARSE_DATA_BUFFER_SIZE ? calloc(1, *size) : NULL;
    if (!data)
        return NULL;
    *data = (struct link_data){.tag = IO_REPARSE_TAG_SYMLINK,
                               .length = (USHORT)(*size - LINK_HEAD),
                               .substitute_offset = (USHORT)text,
                               .substitute_length = (USHORT)(before + text),
                               .print_length = (USHORT)text,
                               .flags = is_relative(target) ? LINK_RELATIVE : 0};
    BYTE *at = (BYTE *)data->names;
    memcpy(at, target, text);
    memcpy(at + text, prefix, before);
    memcpy(at + text + before, target, text);
    return data;
}

static NTSTATUS make_link(DOKAN_NT_FILE file, const struct link_data *data, ULONG size)
{
    static const FILE_DISPOSITION_INFORMATION mark = {.DeleteFile = TRUE};
    DOKAN_NT_REQUEST rq = request(NULL, file, DOKAN_NT_FS_CONTROL);
    rq.Class = FSCTL_SET_REPARSE_POINT;
    rq.Input = data;
    rq.InputLength = size;
    NTSTATUS status = DokanNtCall(&rq);
    if (status)
        set_info(file, FileDispositionInformation, &mark, sizeof mark);
    return status;
}

BOOLEAN DOKANAPI DokanWinCreateSymbolicLinkW(LPCWSTR SymlinkFileName, LPCWSTR TargetFileName, DWORD Flags)
{
    SCOPED_NAME struct name name = {0};
    SCOPED_NT_FILE file = NULL;
    ULONG size;
    if (!TargetFileName || !*TargetFileName)
        return (BOOLEAN)fail(ERROR_INVALID_PARAMETER);
    if (!name_read(SymlinkFileName, &name))
        return FALSE;
    SCOPED_FREE struct link_data *data = link_data_of(TargetFileName, &size);
    if (!data)
        return (BOOLEAN)fail(ERROR_FILENAME_EXCED_RANGE);
    const bool directory = Flags & SYMBOLIC_LINK_FLAG_DIRECTORY;
    const struct opening how = {.access = FILE_WRITE_ATTRIBUTES | DELETE | SYNCHRONIZE,
                                .attributes = FILE_ATTRIBUTE_NORMAL,
                                .disposition = FILE_CREATE,
                                .options = FILE_OPEN_REPARSE_POINT | FILE_SYNCHRONOUS_IO_NONALERT |
                                           (directory ? FILE_DIRECTORY_FILE : FILE_NON_DIRECTORY_FILE)};
    NTSTATUS status = open_name(&name, &how, &file, NULL);
    return (BOOLEAN)done(status ? status : make_link(file, data, size));
}

/* ---- copying
 * ------------------------------------------------------------------------------------------------------- */

static BOOL pour(HANDLE from, HANDLE to)
{
    enum { PIECE = 1 << 16 };
    SCOPED_FREE BYTE *buffer = malloc(PIECE);
    DWORD got = 0, put;
    if (!buffer)
        return fail(ERROR_NOT_ENOUGH_MEMORY);
    do {
        if (!DokanWinReadFile(from, buffer, PIECE, &got, NULL))
            return FALSE;
        if (got && !DokanWinWriteFile(to, buffer, got, &put, NULL))
            return FALSE;
        if (got && put < got)
            return fail(ERROR_DISK_FULL);
    } while (got);
    return TRUE;
}

static BOOL copy_into(HANDLE from, LPCWSTR name, BOOL fail_if_exists)
{
    BY_HANDLE_FILE_INFORMATION info;
    if (!DokanWinGetFileInformationByHandle(from, &info))
        return FALSE;
    HANDLE to = DokanWinCreateFileW(name, GENERIC_WRITE, 0, NULL, fail_if_exists ? CREATE_NEW : CREATE_ALWAYS,
                                    info.dwFileAttributes, NULL);
    if (to == INVALID_HANDLE_VALUE)
        return FALSE;
    BOOL ok = pour(from, to) && DokanWinSetFileTime(to, NULL, NULL, &info.ftLastWriteTime);
    DWORD error = DokanWin32GetLastError();
    DokanWinCloseHandle(to);
    return ok || fail(error);
}

BOOL DOKANAPI DokanWinCopyFileW(LPCWSTR ExistingFileName, LPCWSTR NewFileName, BOOL FailIfExists)
{
    HANDLE from = DokanWinCreateFileW(ExistingFileName, GENERIC_READ, FILE_SHARE_READ | FILE_SHARE_WRITE,
                                      NULL, OPEN_EXISTING, FILE_FLAG_SEQUENTIAL_SCAN, NULL);
    if (from == INVALID_HANDLE_VALUE)
        return FALSE;
    BOOL ok = copy_into(from, NewFileName, FailIfExists);
    DWORD error = DokanWin32GetLastError();
    DokanWinCloseHandle(from);
    return ok || fail(error);
}
