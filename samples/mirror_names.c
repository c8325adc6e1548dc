// SPDX-License-Identifier: MIT
/*
 * mirror: listing, deleting, renaming and linking. These work on names; nearly everything else works on
 * descriptors.
 */
#include "mirror.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* ---- listing ----------------------------------------------------------------------------------------- */

NTSTATUS list_directory(const struct file *file, list_entry *each, void *ctx)
{
    WCHAR name[MAX_PATH];
    bool more = true;
    if (!file || !file->directory)
        return file ? STATUS_NOT_A_DIRECTORY : STATUS_INVALID_HANDLE;
    int fd = openat(file->fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC); /* a position of our own */
    DIR *list = fd < 0 ? NULL : fdopendir(fd);
    if (!list) {
        NTSTATUS status = status_of(errno);
        close_scope(&fd);
        return status;
    }
    errno = 0;
    for (struct dirent *host; more && (host = readdir(list)); errno = 0) {
        bool dots = strcmp(host->d_name, ".") == 0 || strcmp(host->d_name, "..") == 0;
        if (!dots && hostdir_name(host->d_name, name))
            more = each(ctx, fd, host->d_name, name);
    }
    NTSTATUS status = more ? status_of(errno) : STATUS_SUCCESS;
    closedir(list);
    return status;
}

struct listing {
    const struct mirror *mirror;
    char path[PATH_MAX];
    PFillFindData fill;
    PDOKAN_FILE_INFO info;
};

/* A symlink is shown as what it leads to, if that is beneath the root. */
static void follow_link(const struct listing *listing, const char *name, struct statx *st)
{
    char whole[PATH_MAX];
    struct statx target;
    if (snprintf(whole, sizeof whole, "%s/%s", listing->path, name) >= (int)sizeof whole)
        return;
    SCOPED_FD fd = hostdir_open(&listing->mirror->root, whole, O_PATH);
    if (fd >= 0 && get_statx(fd, "", AT_EMPTY_PATH, &target) == 0)
        *st = target;
}

static bool list_one(void *ctx, int dir, const char *entry, LPCWSTR name)
{
    const struct listing *listing = ctx;
    WIN32_FIND_DATAW out = {0};
    struct statx st;
    if (get_statx(dir, entry, AT_SYMLINK_NOFOLLOW, &st) != 0)
        return true; /* it vanished */
    if (S_ISLNK(st.stx_mode))
        follow_link(listing, entry, &st);
    uint64_t size = shown_size(&st);
    DokanWcscpy(out.cFileName, MAX_PATH, name);
    out.dwFileAttributes = attributes_of(st.stx_mode);
    out.ftCreationTime = birth_time(&st);
    out.ftLastAccessTime = filetime(st.stx_atime);
    out.ftLastWriteTime = filetime(st.stx_mtime);
    out.nFileSizeHigh = (DWORD)(size >> 32);
    out.nFileSizeLow = (DWORD)size;
    listing->fill(&out, listing->info);
    return true;
}

NTSTATUS DOKAN_CALLBACK mirror_FindFiles(LPCWSTR FileName, PFillFindData FillFindData,
                                         PDOKAN_FILE_INFO DokanFileInfo)
{
    struct listing listing = {
        .mirror = mirror_of(DokanFileInfo), .fill = FillFindData, .info = DokanFileInfo};
    if (hostdir_path(FileName, listing.path) != 0)
        return STATUS_OBJECT_NAME_INVALID;
    return list_directory(file_of(DokanFileInfo), list_one, &listing);
}

/* ---- delete and rename ------------------------------------------------------------------------------- */

/* These two only say whether deletion is fine (or, without DeletePending, hear that it is off). */
static NTSTATUS ask_delete(LPCWSTR name, bool directory, PDOKAN_FILE_INFO info)
{
    const struct file *file = file_of(info);
    char path[PATH_MAX];
    struct stat st;
    if (!file)
        return STATUS_INVALID_HANDLE;
    if (file->directory != directory)
        return directory ? STATUS_NOT_A_DIRECTORY : STATUS_ACCESS_DENIED;
    if (!info->DeletePending)
        return STATUS_SUCCESS;
    if (!act_as_caller(info))
        return STATUS_ACCESS_DENIED;
    SCOPED_FD fd = hostdir_find(&mirror_of(info)->root, name, file->itself, path, &st);
    NTSTATUS status = fd < 0 ? status_of(fd) : may_delete(mirror_of(info), path, file->fd, directory);
    act_as_self(info);
    return status;
}

NTSTATUS DOKAN_CALLBACK mirror_DeleteFile(LPCWSTR FileName, PDOKAN_FILE_INFO DokanFileInfo)
{
    return ask_delete(FileName, false, DokanFileInfo);
}

NTSTATUS DOKAN_CALLBACK mirror_DeleteDirectory(LPCWSTR FileName, PDOKAN_FILE_INFO DokanFileInfo)
{
    return ask_delete(FileName, true, DokanFileInfo);
}

void close_end(struct end *end)
{
    close_scope(&end->fd);
    close_scope(&end->parent);
}

NTSTATUS find_end(const struct mirror *mirror, LPCWSTR name, bool itself, struct end *end)
{
    end->parent = -1;
    end->fd = hostdir_find(&mirror->root, name, itself, end->path, &end->st);
    if (end->fd < 0 && end->fd != -ENOENT)
        return status_of(end->fd);
    end->parent = hostdir_parent(&mirror->root, end->path, &end->leaf);
    if (end->parent < 0)
        return status_of(ENOTDIR);
    hostdir_path(name, end->wanted);
    const char *slash = strrchr(end->wanted, '/');
    end->wanted_leaf = slash ? slash + 1 : end->wanted;
    return strcmp(end->path, ".") == 0 ? STATUS_ACCESS_DENIED : STATUS_SUCCESS;
}

NTSTATUS find_own_end(const struct mirror *mirror, LPCWSTR name, const struct file *file, struct end *end)
{
    struct stat held;
    NTSTATUS status = find_end(mirror, name, file->itself, end);
    if (status != STATUS_SUCCESS)
        return status;
    if (end->fd < 0 || fstat(file->fd, &held) != 0 || !same_file(&held, &end->st))
        return STATUS_OBJECT_NAME_NOT_FOUND; /* something else has the name now */
    return STATUS_SUCCESS;
}

/* Deletes the name if it still stands for the handle's file. A symlink goes itself, not what it leads to. */
NTSTATUS remove_name(const struct mirror *mirror, const struct file *file, LPCWSTR name)
{
    SCOPED_END end = {.fd = -1, .parent = -1};
    struct stat entry;
    NTSTATUS status = find_own_end(mirror, name, file, &end);
    if (status != STATUS_SUCCESS)
        return status;
    if (fstatat(end.parent, end.leaf, &entry, AT_SYMLINK_NOFOLLOW) != 0)
        return status_of(errno);
    bool directory = S_ISDIR(entry.st_mode);
    if (unlinkat(end.parent, end.leaf, directory ? AT_REMOVEDIR : 0) == 0)
        return STATUS_SUCCESS;
    return directory && errno == EEXIST ? STATUS_DIRECTORY_NOT_EMPTY : status_of(errno);
}

/* As rename(2) does it; the kernel looks whether a directory is empty. */
static NTSTATUS may_replace_as_posix(const struct end *from, const struct end *to)
{
    if (S_ISDIR(from->st.st_mode) == S_ISDIR(to->st.st_mode))
        return STATUS_SUCCESS;
    return S_ISDIR(to->st.st_mode) ? STATUS_FILE_IS_A_DIRECTORY : STATUS_NOT_A_DIRECTORY;
}

static NTSTATUS may_replace(const struct mirror *mirror, const struct end *from, const struct end *to,
                            BOOL replace)
{
    if (!replace)
        return STATUS_OBJECT_NAME_COLLISION;
    if (!mirror->basic)
        return may_replace_as_posix(from, to);
    if (S_ISDIR(from->st.st_mode) || S_ISDIR(to->st.st_mode))
        return STATUS_ACCESS_DENIED;
    return attributes_of(to->st.st_mode) & FILE_ATTRIBUTE_READONLY ? STATUS_ACCESS_DENIED : STATUS_SUCCESS;
}

/* The target is free. A file system of the host that does not know the flag is asked without it. */
static NTSTATUS move_to_free(const struct end *from, const struct end *to)
{
    int result = renameat2(from->parent, from->leaf, to->parent, to->wanted_leaf, RENAME_NOREPLACE);
    if (result != 0 && (errno == EINVAL || errno == ENOSYS))
        result = renameat(from->parent, from->leaf, to->parent, to->wanted_leaf);
    return status_of_call(result);
}

/* Takes the place of another file, and then its own spelling if that differs. */
static NTSTATUS move_over(const struct end *from, const struct end *to)
{
    if (renameat(from->parent, from->leaf, to->parent, to->leaf) != 0)
        return S_ISDIR(to->st.st_mode) && errno == EEXIST ? STATUS_DIRECTORY_NOT_EMPTY : status_of(errno);
    if (same_file(&from->st, &to->st)) /* two links to one file: the kernel kept both */
        unlinkat(from->parent, from->leaf, 0);
    if (strcmp(to->leaf, to->wanted_leaf) == 0)
        return STATUS_SUCCESS;
    return status_of_call(renameat(to->parent, to->leaf, to->parent, to->wanted_leaf));
}

static NTSTATUS move_file(const struct mirror *mirror, const struct file *file, LPCWSTR name,
                          LPCWSTR new_name, BOOL replace)
{
    SCOPED_END from = {.fd = -1, .parent = -1};
    SCOPED_END to = {.fd = -1, .parent = -1};
    NTSTATUS status = find_own_end(mirror, name, file, &from);
    if (status == STATUS_SUCCESS)
        status = find_end(mirror, new_name, file->itself, &to);
    if (status != STATUS_SUCCESS)
        return status;
    if (to.fd < 0)
        return move_to_free(&from, &to);
    if (strcmp(from.path, to.path) == 0) /* another spelling of the same name */
        return status_of_call(renameat(from.parent, from.leaf, to.parent, to.wanted_leaf));
    status = may_replace(mirror, &from, &to, replace);
    return status == STATUS_SUCCESS ? move_over(&from, &to) : status;
}

NTSTATUS DOKAN_CALLBACK mirror_MoveFile(LPCWSTR FileName, LPCWSTR NewFileName, BOOL ReplaceIfExisting,
                                        PDOKAN_FILE_INFO DokanFileInfo)
{
    const struct file *file = file_of(DokanFileInfo);
    if (!file)
        return STATUS_INVALID_HANDLE;
    if (!act_as_caller(DokanFileInfo))
        return STATUS_ACCESS_DENIED;
    NTSTATUS status = move_file(mirror_of(DokanFileInfo), file, FileName, NewFileName, ReplaceIfExisting);
    act_as_self(DokanFileInfo);
    return status;
}

/* ---- several names ----------------------------------------------------------------------------------- */

/* Puts a link beside what has the name and renames it: the name is never missing. */
static int link_over(const struct file *file, const struct end *to)
{
    static atomic_uint serial;
    char beside[64];
    snprintf(beside, sizeof beside, ".mirror-%d-%u", (int)getpid(), atomic_fetch_add(&serial, 1));
    if (linkat(AT_FDCWD, fd_path(file->fd).text, to->parent, beside, AT_SYMLINK_FOLLOW) != 0)
        return -1;
    if (renameat(to->parent, beside, to->parent, to->leaf) == 0)
        return 0;
    int error = errno;
    unlinkat(to->parent, beside, 0);
    errno = error;
    return -1;
}

static NTSTATUS link_to(const struct mirror *mirror, const struct file *file, LPCWSTR new_name, BOOL replace)
{
    SCOPED_END to = {.fd = -1, .parent = -1};
    struct stat held;
    NTSTATUS status = find_end(mirror, new_name, true, &to);
    if (status != STATUS_SUCCESS)
        return status;
    if (to.fd < 0) /* the descriptor's own entry in /proc is a link that leads to the file, not to a name */
        return status_of_call(
            linkat(AT_FDCWD, fd_path(file->fd).text, to.parent, to.wanted_leaf, AT_SYMLINK_FOLLOW));
    if (!replace)
        return STATUS_OBJECT_NAME_COLLISION;
    if (S_ISDIR(to.st.st_mode))
        return STATUS_FILE_IS_A_DIRECTORY;
    if (fstat(file->fd, &held) == 0 && same_file(&held, &to.st))
        return STATUS_SUCCESS;
    return status_of_call(link_over(file, &to));
}

NTSTATUS DOKAN_CALLBACK mirror_CreateHardLink(LPCWSTR FileName, LPCWSTR NewFileName, BOOL ReplaceIfExisting,
                                              PDOKAN_FILE_INFO DokanFileInfo)
{
    const struct file *file = file_of(DokanFileInfo);
    UNREFERENCED_PARAMETER(FileName);
    if (!file || file->directory)
        return file ? STATUS_FILE_IS_A_DIRECTORY : STATUS_INVALID_HANDLE;
    if (!act_as_caller(DokanFileInfo))
        return STATUS_ACCESS_DENIED;
    NTSTATUS status = link_to(mirror_of(DokanFileInfo), file, NewFileName, ReplaceIfExisting);
    act_as_self(DokanFileInfo);
    return status;
}

NTSTATUS DOKAN_CALLBACK mirror_RemoveName(LPCWSTR FileName, PDOKAN_FILE_INFO DokanFileInfo)
{
    const struct file *file = file_of(DokanFileInfo);
    if (!file)
        return STATUS_INVALID_HANDLE;
    if (!act_as_caller(DokanFileInfo))
        return STATUS_ACCESS_DENIED;
    NTSTATUS status = remove_name(mirror_of(DokanFileInfo), file, FileName);
    act_as_self(DokanFileInfo);
    return status;
}

static NTSTATUS exchange(const struct mirror *mirror, const struct file *file, LPCWSTR name, LPCWSTR other)
{
    SCOPED_END a = {.fd = -1, .parent = -1};
    SCOPED_END b = {.fd = -1, .parent = -1};
    NTSTATUS status = find_own_end(mirror, name, file, &a);
    if (status == STATUS_SUCCESS)
        status = find_end(mirror, other, file->itself, &b);
    if (status != STATUS_SUCCESS)
        return status;
    if (b.fd < 0)
        return STATUS_OBJECT_NAME_NOT_FOUND;
    return status_of_call(renameat2(a.parent, a.leaf, b.parent, b.leaf, RENAME_EXCHANGE));
}

NTSTATUS DOKAN_CALLBACK mirror_ExchangeNames(LPCWSTR FileName, LPCWSTR OtherFileName,
                                             PDOKAN_FILE_INFO DokanFileInfo)
{
    const struct file *file = file_of(DokanFileInfo);
    if (!file)
        return STATUS_INVALID_HANDLE;
    if (!act_as_caller(DokanFileInfo))
        return STATUS_ACCESS_DENIED;
    NTSTATUS status = exchange(mirror_of(DokanFileInfo), file, FileName, OtherFileName);
    act_as_self(DokanFileInfo);
    return status;
}
