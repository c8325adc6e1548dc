// SPDX-License-Identifier: MIT
/*
 * mirror: listing, deleting and renaming. These work on names; everything else works on descriptors.
 */
#include "mirror.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* ---- listing ----------------------------------------------------------------------------------------- */

/* A symlink is shown as what it leads to, if that is beneath the root. `path` is the directory's. */
static void follow_link(const struct mirror *mirror, const char *path, const char *name, struct statx *st)
{
    char whole[PATH_MAX];
    struct statx target;
    if (snprintf(whole, sizeof whole, "%s/%s", path, name) >= (int)sizeof whole)
        return;
    SCOPED_FD fd = hostdir_open(&mirror->root, whole, O_PATH);
    if (fd >= 0 && get_statx(fd, "", AT_EMPTY_PATH, &target) == 0)
        *st = target;
}

/* False if the entry is not shown: it vanished, or its name cannot be. */
static bool make_entry(const struct mirror *mirror, const char *path, int dir, const char *name,
                       WIN32_FIND_DATAW *out)
{
    struct statx st;
    *out = (WIN32_FIND_DATAW){0};
    if (!hostdir_name(name, out->cFileName) || get_statx(dir, name, AT_SYMLINK_NOFOLLOW, &st) != 0)
        return false;
    if (S_ISLNK(st.stx_mode))
        follow_link(mirror, path, name, &st);
    uint64_t size = shown_size(&st);
    out->dwFileAttributes = attributes_of(st.stx_mode);
    out->ftCreationTime = birth_time(&st);
    out->ftLastAccessTime = filetime(st.stx_atime);
    out->ftLastWriteTime = filetime(st.stx_mtime);
    out->nFileSizeHigh = (DWORD)(size >> 32);
    out->nFileSizeLow = (DWORD)size;
    return true;
}

NTSTATUS DOKAN_CALLBACK mirror_FindFiles(LPCWSTR FileName, PFillFindData FillFindData,
                                         PDOKAN_FILE_INFO DokanFileInfo)
{
    const struct mirror *mirror = mirror_of(DokanFileInfo);
    const struct file *file = file_of(DokanFileInfo);
    char path[PATH_MAX];
    WIN32_FIND_DATAW entry;
    if (!file || !file->directory)
        return file ? STATUS_NOT_A_DIRECTORY : STATUS_INVALID_HANDLE;
    if (hostdir_path(FileName, path) != 0)
        return STATUS_OBJECT_NAME_INVALID;
    int fd = openat(file->fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC); /* a position of our own */
    DIR *list = fd < 0 ? NULL : fdopendir(fd);
    if (!list)
        return status_of(errno);
    errno = 0;
    for (struct dirent *host; (host = readdir(list)); errno = 0) {
        bool dots = strcmp(host->d_name, ".") == 0 || strcmp(host->d_name, "..") == 0;
        if (!dots && make_entry(mirror, path, fd, host->d_name, &entry))
            FillFindData(&entry, DokanFileInfo);
    }
    NTSTATUS status = status_of(errno);
    closedir(list);
    return status;
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
    SCOPED_FD fd = hostdir_find(&mirror_of(info)->root, name, path, &st);
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

/* One name of a rename. */
struct end {
    char path[PATH_MAX], wanted[PATH_MAX]; /* as the host spells it, as it was asked for */
    const char *leaf, *wanted_leaf;
    int fd, parent; /* the thing (-ENOENT: none) and its directory */
    struct stat st;
};

static void close_end(struct end *end)
{
    close_scope(&end->fd);
    close_scope(&end->parent);
}

#define SCOPED_END __attribute__((cleanup(close_end))) struct end

static NTSTATUS find_end(const struct mirror *mirror, LPCWSTR name, struct end *end)
{
    end->parent = -1;
    end->fd = hostdir_find(&mirror->root, name, end->path, &end->st);
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

static NTSTATUS may_replace(const struct end *from, const struct end *to, BOOL replace)
{
    if (!replace)
        return STATUS_OBJECT_NAME_COLLISION;
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
        return status_of(errno);
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
    struct stat held;
    NTSTATUS status = find_end(mirror, name, &from);
    if (status == STATUS_SUCCESS)
        status = find_end(mirror, new_name, &to);
    if (status != STATUS_SUCCESS)
        return status;
    if (from.fd < 0 || fstat(file->fd, &held) != 0 || !same_file(&held, &from.st))
        return STATUS_OBJECT_NAME_NOT_FOUND; /* something else has the name now */
    if (to.fd < 0)
        return move_to_free(&from, &to);
    if (strcmp(from.path, to.path) == 0) /* another spelling of the same name */
        return status_of_call(renameat(from.parent, from.leaf, to.parent, to.wanted_leaf));
    status = may_replace(&from, &to, replace);
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
