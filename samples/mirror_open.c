// SPDX-License-Identifier: MIT
/*
 * mirror: from a name to a handle and back. What exists is opened with O_PATH first, so that its kind is
 * known before anything is opened that could block or act, and then once more by that descriptor.
 */
#include "mirror.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define READ_RIGHTS  (FILE_READ_DATA | FILE_EXECUTE | GENERIC_READ | GENERIC_EXECUTE | GENERIC_ALL)
#define WRITE_RIGHTS (FILE_WRITE_DATA | FILE_APPEND_DATA | GENERIC_WRITE | GENERIC_ALL)

/* ---- create and open --------------------------------------------------------------------------------- */

/* What ZwCreateFile was asked for. */
struct wish {
    const struct mirror *mirror;
    ACCESS_MASK access;
    ULONG attributes, disposition, options;
};

static bool replaces(const struct wish *wish)
{
    return wish->disposition == FILE_SUPERSEDE || wish->disposition == FILE_OVERWRITE ||
           wish->disposition == FILE_OVERWRITE_IF;
}

static bool may_create(const struct wish *wish)
{
    return wish->disposition != FILE_OPEN && wish->disposition != FILE_OVERWRITE;
}

/* Takes over the descriptor. */
static NTSTATUS new_handle(const struct wish *wish, int fd, bool directory, bool data, struct file **out)
{
    struct file *file = calloc(1, sizeof *file);
    if (!file) {
        close(fd);
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    file->fd = fd;
    file->directory = directory;
    file->data = data;
    file->itself = wish->options & FILE_OPEN_REPARSE_POINT;
    *out = file;
    return STATUS_SUCCESS;
}

/* STATUS_SUCCESS, or why a directory cannot be deleted. */
static NTSTATUS check_empty(int directory)
{
    int fd = openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *list = fd < 0 ? NULL : fdopendir(fd);
    unsigned count = 0;
    if (!list)
        return status_of(errno);
    while (count <= 2 && readdir(list))
        count++;
    closedir(list);
    return count <= 2 ? STATUS_SUCCESS : STATUS_DIRECTORY_NOT_EMPTY; /* "." and ".." */
}

/* Cleanup cannot refuse, so permissions are looked at before. */
NTSTATUS may_delete(const struct mirror *mirror, const char *path, int fd, bool directory)
{
    const char *leaf;
    SCOPED_FD parent = hostdir_parent(&mirror->root, path, &leaf);
    if (strcmp(path, ".") == 0)
        return STATUS_CANNOT_DELETE;
    if (parent < 0)
        return status_of(parent);
    if (faccessat(parent, ".", W_OK | X_OK, AT_EACCESS) != 0)
        return status_of(errno);
    return directory ? check_empty(fd) : STATUS_SUCCESS;
}

static NTSTATUS may_open(const struct wish *wish, const char *path, int fd, mode_t mode)
{
    bool directory = S_ISDIR(mode);
    bool read_only = attributes_of(mode) & FILE_ATTRIBUTE_READONLY;
    bool data = replaces(wish) || (wish->access & (READ_RIGHTS | WRITE_RIGHTS));
    if (wish->disposition == FILE_CREATE)
        return STATUS_OBJECT_NAME_COLLISION;
    if (!directory && (wish->options & FILE_DIRECTORY_FILE))
        return STATUS_NOT_A_DIRECTORY;
    if (directory && ((wish->options & FILE_NON_DIRECTORY_FILE) || replaces(wish)))
        return STATUS_FILE_IS_A_DIRECTORY;
    if (read_only && (wish->options & FILE_DELETE_ON_CLOSE))
        return STATUS_CANNOT_DELETE;
    if (read_only && (replaces(wish) || (wish->access & WRITE_RIGHTS)))
        return STATUS_ACCESS_DENIED;
    bool itself = wish->options & FILE_OPEN_REPARSE_POINT;
    if (!directory && !S_ISREG(mode) && (replaces(wish) || (data && !itself))) /* FIFOs, devices, symlinks */
        return STATUS_ACCESS_DENIED;
    return wish->options & FILE_DELETE_ON_CLOSE ? may_delete(wish->mirror, path, fd, directory)
                                                : STATUS_SUCCESS;
}

/* Opens a file for data. What writes can also read if the host allows it: a page cache above reads before it
 * writes. */
static int open_data(const struct wish *wish, int fd, bool read_only)
{
    bool any = wish->access & MAXIMUM_ALLOWED;
    bool write = replaces(wish) || (wish->access & WRITE_RIGHTS) || (any && !read_only);
    int through = wish->options & FILE_WRITE_THROUGH ? O_DSYNC : 0;
    int opened = write ? hostdir_reopen(fd, O_RDWR | through) : -EACCES;
    if (opened == -EACCES && write && !any && !(wish->access & READ_RIGHTS))
        opened = hostdir_reopen(fd, O_WRONLY | through);
    if (!write || (any && (opened == -EACCES || opened == -EROFS || opened == -ETXTBSY)))
        opened = hostdir_reopen(fd, O_RDONLY);
    return opened;
}

int strip_set_id(const struct mirror *mirror, struct file *file)
{
    struct stat st;
    if (!mirror->basic || atomic_load(&file->stripped) || geteuid() != 0)
        return 0;
    if (fstat(file->fd, &st) != 0)
        return -1;
    mode_t set_id = st.st_mode & (S_ISUID | (st.st_mode & S_IXGRP ? S_ISGID : 0));
    if (set_id && fchmod(file->fd, st.st_mode & 07777 & ~set_id) != 0)
        return -1;
    atomic_store(&file->stripped, true);
    return 0;
}

/* Opens what exists; takes over the O_PATH descriptor `fd`. */
static NTSTATUS open_existing(const struct wish *wish, const char *path, int fd, mode_t mode,
                              struct file **out)
{
    bool wants_data = replaces(wish) || (wish->access & (READ_RIGHTS | WRITE_RIGHTS | MAXIMUM_ALLOWED));
    NTSTATUS status = may_open(wish, path, fd, mode);
    if (status != STATUS_SUCCESS) {
        close(fd);
        return status;
    }
    if (!S_ISREG(mode) || !wants_data)
        return new_handle(wish, fd, S_ISDIR(mode), false, out);
    int data = open_data(wish, fd, !(mode & S_IWUSR));
    close(fd);
    if (data < 0)
        return status_of(data);
    status = new_handle(wish, data, false, true, out);
    if (status == STATUS_SUCCESS && replaces(wish) &&
        (strip_set_id(wish->mirror, *out) != 0 || ftruncate(data, 0) != 0)) {
        status = status_of(errno);
        close(data);
        free(*out);
    }
    return status;
}

static NTSTATUS create_new(const struct wish *wish, const char *path, struct file **out)
{
    bool directory = wish->options & FILE_DIRECTORY_FILE,
         read_only = wish->attributes & FILE_ATTRIBUTE_READONLY;
    const char *leaf;
    SCOPED_FD parent = hostdir_parent(&wish->mirror->root, path, &leaf);
    if (read_only && (wish->options & FILE_DELETE_ON_CLOSE))
        return STATUS_CANNOT_DELETE;
    if (parent < 0)
        return status_of(ENOTDIR);
    if (directory && mkdirat(parent, leaf, 0777) != 0)
        return status_of(errno);
    int fd = directory ? openat(parent, leaf, O_PATH | O_NOFOLLOW | O_CLOEXEC)
                       : openat(parent, leaf, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
                                read_only ? 0444 : 0666);
    NTSTATUS status = fd < 0 ? status_of(errno) : new_handle(wish, fd, directory, !directory, out);
    if (*out)
        (*out)->fresh = true;
    return status;
}

static NTSTATUS open_or_create(const struct wish *wish, LPCWSTR name, struct file **out, bool *existed)
{
    char path[PATH_MAX];
    struct stat st;
    bool itself = wish->options & FILE_OPEN_REPARSE_POINT;
    for (int tries = 0; tries < 10; tries++) {
        int fd = hostdir_find(&wish->mirror->root, name, itself, path, &st);
        *existed = fd >= 0;
        if (fd >= 0)
            return open_existing(wish, path, fd, st.st_mode, out);
        if (fd != -ENOENT || !may_create(wish))
            return status_of(fd);
        NTSTATUS status = create_new(wish, path, out);
        if (status != STATUS_OBJECT_NAME_COLLISION || wish->disposition == FILE_CREATE)
            return status;
    } /* somebody on the host makes and deletes it all the time */
    return STATUS_ACCESS_DENIED;
}

NTSTATUS DOKAN_CALLBACK mirror_ZwCreateFile(LPCWSTR FileName, PDOKAN_IO_SECURITY_CONTEXT SecurityContext,
                                            ACCESS_MASK DesiredAccess, ULONG FileAttributes,
                                            ULONG ShareAccess, ULONG CreateDisposition, ULONG CreateOptions,
                                            PDOKAN_FILE_INFO DokanFileInfo)
{
    const ULONG both = FILE_DIRECTORY_FILE | FILE_NON_DIRECTORY_FILE;
    struct wish wish = {mirror_of(DokanFileInfo), DesiredAccess, FileAttributes, CreateDisposition,
                        CreateOptions};
    struct file *file = NULL;
    bool existed = false;
    UNREFERENCED_PARAMETER(SecurityContext);
    UNREFERENCED_PARAMETER(ShareAccess); /* the engine has checked it */
    if ((CreateOptions & both) == both || CreateDisposition > FILE_MAXIMUM_DISPOSITION)
        return STATUS_INVALID_PARAMETER;
    if (!act_as_caller(DokanFileInfo))
        return STATUS_ACCESS_DENIED;
    NTSTATUS status = open_or_create(&wish, FileName, &file, &existed);
    act_as_self(DokanFileInfo);
    if (status != STATUS_SUCCESS || !file)
        return status;
    DokanFileInfo->Context = (ULONG64)(uintptr_t)file;
    DokanFileInfo->IsDirectory = file->directory;
    /* "It was there already": a success for OPEN_IF, OVERWRITE_IF and SUPERSEDE. */
    return existed && may_create(&wish) ? STATUS_OBJECT_NAME_COLLISION : STATUS_SUCCESS;
}

/* ---- cleanup and close ------------------------------------------------------------------------------- */

void DOKAN_CALLBACK mirror_Cleanup(LPCWSTR FileName, PDOKAN_FILE_INFO DokanFileInfo)
{
    const struct file *file = file_of(DokanFileInfo);
    if (file && DokanFileInfo->DeletePending)
        remove_name(mirror_of(DokanFileInfo), file, FileName);
}

void DOKAN_CALLBACK mirror_CloseFile(LPCWSTR FileName, PDOKAN_FILE_INFO DokanFileInfo)
{
    struct file *file = file_of(DokanFileInfo);
    UNREFERENCED_PARAMETER(FileName);
    if (!file)
        return;
    close(file->fd);
    free(file);
    DokanFileInfo->Context = 0;
}
