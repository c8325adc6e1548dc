// SPDX-License-Identifier: MIT
/*
 * The door of dokan/winfile.h: Win32's calls in place of NT's. Paths go as \\?\X:\..., so that nothing is
 * resolved on the way; an error e comes back as the status 0xC0070000 | e, and is right when it is the one
 * that Windows makes of the wanted status. What Win32 has no words for is DOOR_CANNOT.
 */
#include "rules.h"
#include <dokan/winfile.h>
#include <string.h>

#define FAILED_WITH(error) ((NTSTATUS)(0xC0070000u | (error)))

enum { PATH_ROOM = 600 };

/* RtlNtStatusToDosError, as far as the tables have statuses. */
static const struct {
    NTSTATUS status;
    DWORD error;
} errors[] = {
    {STATUS_ACCESS_DENIED, 5},         {STATUS_BUFFER_OVERFLOW, 234},     {STATUS_CANNOT_DELETE, 5},
    {STATUS_DELETE_PENDING, 5},        {STATUS_DIRECTORY_NOT_EMPTY, 145}, {STATUS_END_OF_FILE, 38},
    {STATUS_FILE_IS_A_DIRECTORY, 5},   {STATUS_FILE_LOCK_CONFLICT, 33},   {STATUS_INFO_LENGTH_MISMATCH, 24},
    {STATUS_INVALID_PARAMETER, 87},    {STATUS_LOCK_NOT_GRANTED, 33},     {STATUS_NOT_A_DIRECTORY, 267},
    {STATUS_NO_MORE_FILES, 18},        {STATUS_NO_SUCH_FILE, 2},          {STATUS_OBJECT_NAME_COLLISION, 183},
    {STATUS_OBJECT_NAME_INVALID, 123}, {STATUS_OBJECT_NAME_NOT_FOUND, 2}, {STATUS_OBJECT_PATH_NOT_FOUND, 3},
    {STATUS_RANGE_NOT_LOCKED, 158},    {STATUS_SHARING_VIOLATION, 32},
};

static bool same(NTSTATUS wanted, NTSTATUS given)
{
    for (size_t i = 0; i < COUNT_OF(errors); i++)
        if (errors[i].status == wanted)
            return given == FAILED_WITH(errors[i].error);
    return wanted == STATUS_SUCCESS && given == STATUS_SUCCESS;
}

static NTSTATUS result(BOOL done)
{
    return done ? STATUS_SUCCESS : FAILED_WITH(DokanWin32GetLastError());
}

static void attach(DOKAN_HANDLE volume)
{
    DokanWinAttach(volume, u'X');
}

static void detach(void)
{
    DokanWinDetach(u'X');
}

struct path {
    WCHAR text[PATH_ROOM];
};

/* `tail` behind the drive, behind `head` if that is not NULL. */
static struct path path_of(LPCWSTR head, LPCWSTR tail)
{
    struct path path;
    DokanWcscpy(path.text, PATH_ROOM, u"\\\\?\\X:");
    if (head)
        DokanWcscat(path.text, PATH_ROOM, head);
    DokanWcscat(path.text, PATH_ROOM, tail);
    return path;
}

/* ---- opening ------------------------------------------------------------------------------------------- */

static DWORD creation_of(ULONG disposition)
{
    static const DWORD creations[] = {[FILE_OPEN] = OPEN_EXISTING,
                                      [FILE_CREATE] = CREATE_NEW,
                                      [FILE_OPEN_IF] = OPEN_ALWAYS,
                                      [FILE_OVERWRITE_IF] = CREATE_ALWAYS};
    return disposition < COUNT_OF(creations) ? creations[disposition] : 0;
}

/* CreateFile opens and then cuts for TRUNCATE_EXISTING: that is not FILE_OVERWRITE. */
static bool replaces_in_place(const struct opening *how)
{
    return how->disposition == FILE_SUPERSEDE || how->disposition == FILE_OVERWRITE;
}

static bool cannot(const struct opening *how)
{
    const ULONG known = FILE_DIRECTORY_FILE | FILE_NON_DIRECTORY_FILE | FILE_DELETE_ON_CLOSE;
    const ULONG kinds = FILE_DIRECTORY_FILE | FILE_NON_DIRECTORY_FILE;
    bool directory = how->options & FILE_DIRECTORY_FILE;
    return how->directory || replaces_in_place(how) || (how->options & ~known) ||
           (how->options & kinds) == kinds || (how->attributes & FILE_ATTRIBUTE_DIRECTORY) ||
           (directory && how->disposition != FILE_OPEN && how->disposition != FILE_CREATE) ||
           (directory && how->disposition == FILE_CREATE && how->attributes) ||
           (how->options & FILE_DELETE_ON_CLOSE && !(how->access & DELETE));
}

static bool is_directory(HANDLE file)
{
    BY_HANDLE_FILE_INFORMATION info;
    return DokanWinGetFileInformationByHandle(file, &info) &&
           info.dwFileAttributes & FILE_ATTRIBUTE_DIRECTORY;
}

static struct outcome open_path(LPCWSTR path, const struct opening *how, DWORD creation)
{
    DWORD flags = how->attributes;
    flags |= how->options & FILE_NON_DIRECTORY_FILE ? 0 : FILE_FLAG_BACKUP_SEMANTICS;
    flags |= how->options & FILE_DELETE_ON_CLOSE ? FILE_FLAG_DELETE_ON_CLOSE : 0;
    HANDLE file = DokanWinCreateFileW(path, how->access, how->share, NULL, creation, flags, NULL);
    if (file != INVALID_HANDLE_VALUE)
        return (struct outcome){STATUS_SUCCESS, 0, file};
    DWORD error = DokanWin32GetLastError();
    /* CreateFile's own word for a name that is taken */
    bool taken = creation == CREATE_NEW && error == ERROR_FILE_EXISTS;
    return (struct outcome){FAILED_WITH(taken ? ERROR_ALREADY_EXISTS : error), 0, NULL};
}

static struct outcome create(DOKAN_HANDLE volume, const struct opening *how)
{
    struct path path = path_of(NULL, how->path);
    DWORD creation = creation_of(how->disposition);
    bool directory = how->options & FILE_DIRECTORY_FILE;
    (void)volume;
    if (cannot(how))
        return (struct outcome){DOOR_CANNOT, 0, NULL};
    if (directory && creation == CREATE_NEW) {
        if (!DokanWinCreateDirectoryW(path.text, NULL))
            return (struct outcome){result(FALSE), 0, NULL};
        creation = OPEN_EXISTING;
    }
    struct outcome out = open_path(path.text, how, creation);
    if (directory && out.file && !is_directory(out.file)) {
        DokanWinCloseHandle(out.file);
        return (struct outcome){DOOR_CANNOT, 0, NULL};
    }
    return out;
}

static NTSTATUS cleanup(void *file)
{
    return result(DokanWinCloseHandle(file));
}

static NTSTATUS close_file(void *file)
{
    (void)file;
    return STATUS_SUCCESS;
}

/* ---- data ---------------------------------------------------------------------------------------------- */

static OVERLAPPED at(LONGLONG offset)
{
    return (OVERLAPPED){.Offset = (DWORD)offset, .OffsetHigh = (DWORD)((uint64_t)offset >> 32)};
}

static NTSTATUS read_file(void *file, void *buffer, ULONG length, LONGLONG offset, ULONG *done)
{
    OVERLAPPED where = at(offset);
    *done = 0;
    return result(DokanWinReadFile(file, buffer, length, done, &where));
}

static NTSTATUS write_file(void *file, const void *buffer, ULONG length, LONGLONG offset, ULONG *done)
{
    OVERLAPPED where = at(offset);
    ULONG written = 0;
    BOOL ok = DokanWinWriteFile(file, buffer, length, &written, &where);
    if (done)
        *done = written;
    return result(ok);
}

static NTSTATUS flush(void *file)
{
    return result(DokanWinFlushFileBuffers(file));
}

static NTSTATUS lock(void *file, const struct range *range)
{
    OVERLAPPED where = at(range->offset);
    DWORD flags = LOCKFILE_FAIL_IMMEDIATELY | (range->exclusive ? LOCKFILE_EXCLUSIVE_LOCK : 0);
    return result(DokanWinLockFileEx(file, flags, 0, (DWORD)range->length,
                                     (DWORD)((uint64_t)range->length >> 32), &where));
}

static NTSTATUS unlock(void *file, const struct range *range)
{
    OVERLAPPED where = at(range->offset);
    return result(
        DokanWinUnlockFileEx(file, 0, (DWORD)range->length, (DWORD)((uint64_t)range->length >> 32), &where));
}

/* ---- information --------------------------------------------------------------------------------------- */

static const struct {
    ULONG nt;
    FILE_INFO_BY_HANDLE_CLASS win;
    bool query, set;
} classes[] = {
    {FileBasicInformation, FileBasicInfo, true, true},
    {FileStandardInformation, FileStandardInfo, true, false},
    {FileNameInformation, FileNameInfo, true, false},
    {FileRenameInformation, FileRenameInfo, false, true},
    {FileRenameInformationEx, FileRenameInfoEx, false, true},
    {FileDispositionInformation, FileDispositionInfo, false, true},
    {FileDispositionInformationEx, FileDispositionInfoEx, false, true},
    {FileAllocationInformation, FileAllocationInfo, false, true},
    {FileEndOfFileInformation, FileEndOfFileInfo, false, true},
    {FileStreamInformation, FileStreamInfo, true, false},
    {FileAttributeTagInformation, FileAttributeTagInfo, true, false},
    {FileAlignmentInformation, FileAlignmentInfo, true, false},
    {FileIdInformation, FileIdInfo, true, false},
    {FileNormalizedNameInformation, FileNormalizedNameInfo, true, false},
};

static NTSTATUS query(void *file, ULONG info_class, void *buffer, ULONG length, ULONG *done)
{
    *done = length;
    for (size_t i = 0; i < COUNT_OF(classes); i++)
        if (classes[i].nt == info_class && classes[i].query)
            return result(DokanWinGetFileInformationByHandleEx(file, classes[i].win, buffer, length));
    return DOOR_CANNOT;
}

/* A name of the tables as a whole path: a simple one stays in the file's directory. */
static bool whole_name(void *file, LPCWSTR name, struct path *out)
{
    WCHAR own[PATH_ROOM];
    if (name[0] == u':') { /* another stream of the file */
        DokanWcscpy(out->text, PATH_ROOM, name);
        return true;
    }
    if (name[0] == u'\\') {
        *out = path_of(NULL, name);
        return true;
    }
    DWORD units = DokanWinGetFinalPathNameByHandleW(file, own, PATH_ROOM, VOLUME_NAME_NONE);
    if (units == 0 || units >= PATH_ROOM)
        return false;
    while (units > 0 && own[units - 1] != u'\\')
        units--;
    own[units] = 0;
    *out = path_of(own, name);
    return true;
}

static bool has_backslash(LPCWSTR name)
{
    while (*name && *name != u'\\')
        name++;
    return *name;
}

static NTSTATUS set_name(void *file, ULONG info_class, FILE_INFO_BY_HANDLE_CLASS win, const void *buffer)
{
    const ULONG head = offsetof(FILE_RENAME_INFORMATION_EX, FileName);
    FILE_RENAME_INFORMATION_EX in;
    union {
        FILE_RENAME_INFORMATION_EX in;
        char bytes[sizeof(FILE_RENAME_INFORMATION_EX) + sizeof(struct path)];
    } u;
    struct path name = {0}, whole;
    memcpy(&in, buffer, head);
    if (in.RootDirectory || in.FileNameLength == 0)
        return DOOR_CANNOT;
    memcpy(name.text, (const char *)buffer + head, in.FileNameLength);
    if (name.text[0] != u'\\' && has_backslash(name.text))
        return DOOR_CANNOT; /* it would be a path of the current directory */
    if (!whole_name(file, name.text, &whole))
        return result(FALSE);
    if (info_class == FileLinkInformation) {
        struct path own;
        if (in.Flags || !whole_name(file, u"", &own))
            return DOOR_CANNOT;
        DokanWinGetFinalPathNameByHandleW(file, own.text, PATH_ROOM, VOLUME_NAME_DOS);
        return result(DokanWinCreateHardLinkW(whole.text, own.text, NULL));
    }
    memset(&u, 0, sizeof u);
    u.in.Flags = in.Flags;
    u.in.FileNameLength = (ULONG)(DokanWcslen(whole.text) * sizeof(WCHAR));
    memcpy(u.bytes + head, whole.text, u.in.FileNameLength);
    return result(
        DokanWinSetFileInformationByHandle(file, win, &u, head + u.in.FileNameLength + sizeof(WCHAR)));
}

static NTSTATUS set(void *file, ULONG info_class, const void *buffer, ULONG length)
{
    if (info_class == FileLinkInformation && length >= sizeof(FILE_LINK_INFORMATION))
        return set_name(file, info_class, FileRenameInfo, buffer);
    for (size_t i = 0; i < COUNT_OF(classes); i++) {
        if (classes[i].nt != info_class || !classes[i].set)
            continue;
        bool named = info_class == FileRenameInformation || info_class == FileRenameInformationEx;
        if (named && length >= sizeof(FILE_RENAME_INFORMATION))
            return set_name(file, info_class, classes[i].win, buffer);
        return result(
            DokanWinSetFileInformationByHandle(file, classes[i].win, (LPVOID)(uintptr_t)buffer, length));
    }
    return DOOR_CANNOT;
}

/* ---- listing ------------------------------------------------------------------------------------------- */

/* Entries come many at a time; one listing is under way at most. */
static struct {
    void *file;
    _Alignas(8) char buffer[4096];
    size_t next; /* offset of the next entry; 0: none */
    bool begun;
} listing;

static NTSTATUS take_entry(WCHAR *name, size_t room)
{
    FILE_FULL_DIR_INFORMATION entry;
    const size_t head = offsetof(FILE_FULL_DIR_INFORMATION, FileName);
    const char *here = listing.buffer + listing.next;
    memcpy(&entry, here, head);
    listing.next = entry.NextEntryOffset ? listing.next + entry.NextEntryOffset : 0;
    listing.begun = listing.next > 0;
    if (entry.FileNameLength / sizeof *name >= room)
        return STATUS_UNSUCCESSFUL;
    memcpy(name, here + head, entry.FileNameLength);
    name[entry.FileNameLength / sizeof *name] = 0;
    return STATUS_SUCCESS;
}

static NTSTATUS next_name(void *file, LPCWSTR pattern, bool restart, WCHAR *name, size_t room)
{
    if (pattern)
        return DOOR_CANNOT;
    if (listing.file != file || restart)
        listing.begun = false;
    if (!listing.begun) {
        FILE_INFO_BY_HANDLE_CLASS which = restart ? FileFullDirectoryRestartInfo : FileFullDirectoryInfo;
        NTSTATUS status =
            result(DokanWinGetFileInformationByHandleEx(file, which, listing.buffer, sizeof listing.buffer));
        if (status)
            return status;
        listing.file = file;
        listing.next = 0;
    }
    return take_entry(name, room);
}

static NTSTATUS find(LPCWSTR path_and_pattern, bool first, WCHAR *name, size_t room)
{
    static HANDLE finding;
    WIN32_FIND_DATAW data;
    WCHAR path[PATH_ROOM] = u"X:";
    BOOL found;
    if (first) {
        DokanWcscat(path, PATH_ROOM, path_and_pattern);
        finding = DokanWinFindFirstFileW(path, &data);
        if (finding == INVALID_HANDLE_VALUE)
            return result(FALSE);
        found = TRUE;
    } else {
        found = DokanWinFindNextFileW(finding, &data);
    }
    if (found) {
        DokanWcscpy(name, room, data.cFileName);
        return STATUS_SUCCESS;
    }
    NTSTATUS status = result(FALSE);
    DokanWinFindClose(finding);
    return status;
}

const struct door win_door = {
    .name = "win",
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
    .bare = true,
    .attach = attach,
    .detach = detach,
    .find = find,
};
