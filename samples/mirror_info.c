// SPDX-License-Identifier: MIT
/*
 * mirror: attributes and times of host files, and small things that its files share.
 */
#include "mirror.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

#define EPOCH UINT64_C(116444736000000000) /* 1970 as FILETIME */

/* ---- small things ------------------------------------------------------------------------------------ */

/* Status of an errno value, of either sign. */
NTSTATUS status_of(int error)
{
    static const struct {
        int error;
        NTSTATUS status;
    } rows[] = {
        {0, STATUS_SUCCESS},
        {ENOTDIR, STATUS_OBJECT_PATH_NOT_FOUND},
        {EILSEQ, STATUS_OBJECT_NAME_INVALID},
    };
    error = abs(error);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (rows[i].error == error)
            return rows[i].status;
    return DokanNtStatusFromErrno(error);
}

/* The result of a call that gives -1 and errno. */
NTSTATUS status_of_call(int result)
{
    return result < 0 ? status_of(errno) : STATUS_SUCCESS;
}

struct fd_path fd_path(int fd)
{
    struct fd_path path;
    snprintf(path.text, sizeof path.text, "/proc/self/fd/%d", fd);
    return path;
}

void close_scope(int *fd)
{
    if (*fd >= 0)
        close(*fd);
}

FILETIME filetime(struct statx_timestamp time)
{
    uint64_t value = EPOCH + (uint64_t)(time.tv_sec * 10000000) + time.tv_nsec / 100;
    return (FILETIME){.dwLowDateTime = (DWORD)value, .dwHighDateTime = (DWORD)(value >> 32)};
}

/* ---- acting as the caller (/p) ----------------------------------------------------------------------- */

/* The ids that Linux checks file access by are those of the thread. */
static void set_thread_ids(uid_t uid, gid_t gid)
{
    syscall(SYS_setfsgid, gid);
    syscall(SYS_setfsuid, uid);
}

bool act_as_caller(PDOKAN_FILE_INFO info)
{
    DOKAN_REQUESTOR caller = {.Size = sizeof caller};
    if (!mirror_of(info)->impersonate)
        return true;
    if (!DokanGetRequestorIdentity(info, &caller))
        return false;
    set_thread_ids(caller.UserId, caller.GroupId);
    return true;
}

void act_as_self(PDOKAN_FILE_INFO info)
{
    if (mirror_of(info)->impersonate)
        set_thread_ids(geteuid(), getegid());
}

/* ---- attributes -------------------------------------------------------------------------------------- */

DWORD attributes_of(unsigned mode)
{
    if (S_ISDIR(mode))
        return FILE_ATTRIBUTE_DIRECTORY;
    if (!S_ISREG(mode))
        return FILE_ATTRIBUTE_SYSTEM;
    return mode & S_IWUSR ? FILE_ATTRIBUTE_NORMAL : FILE_ATTRIBUTE_READONLY;
}

uint32_t reparse_tag_of(unsigned mode)
{
    static const struct {
        unsigned type;
        uint32_t tag;
    } rows[] = {
        {S_IFLNK, IO_REPARSE_TAG_LX_SYMLINK}, {S_IFIFO, IO_REPARSE_TAG_LX_FIFO},
        {S_IFSOCK, IO_REPARSE_TAG_AF_UNIX},   {S_IFCHR, IO_REPARSE_TAG_LX_CHR},
        {S_IFBLK, IO_REPARSE_TAG_LX_BLK},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if ((mode & S_IFMT) == rows[i].type)
            return rows[i].tag;
    return 0;
}

int get_statx(int dir, const char *name, int flags, struct statx *out)
{
    return statx(dir, name, flags | AT_NO_AUTOMOUNT, STATX_BASIC_STATS | STATX_BTIME, out);
}

FILETIME birth_time(const struct statx *st)
{
    return filetime(st->stx_mask & STATX_BTIME ? st->stx_btime : st->stx_mtime);
}

uint64_t shown_size(const struct statx *st)
{
    return S_ISREG(st->stx_mode) ? st->stx_size : 0;
}

NTSTATUS DOKAN_CALLBACK mirror_GetFileInformation(LPCWSTR FileName, LPBY_HANDLE_FILE_INFORMATION Buffer,
                                                  PDOKAN_FILE_INFO DokanFileInfo)
{
    const struct file *file = file_of(DokanFileInfo);
    struct statx st;
    UNREFERENCED_PARAMETER(FileName);
    if (!file)
        return STATUS_INVALID_HANDLE;
    if (get_statx(file->fd, "", AT_EMPTY_PATH, &st) != 0)
        return status_of(errno);
    uint64_t size = shown_size(&st);
    *Buffer = (BY_HANDLE_FILE_INFORMATION){
        .dwFileAttributes = attributes_of(st.stx_mode),
        .ftCreationTime = birth_time(&st),
        .ftLastAccessTime = filetime(st.stx_atime),
        .ftLastWriteTime = filetime(st.stx_mtime),
        .dwVolumeSerialNumber = st.stx_dev_major << 20 | st.stx_dev_minor,
        .nFileSizeHigh = (DWORD)(size >> 32),
        .nFileSizeLow = (DWORD)size,
        .nNumberOfLinks = S_ISDIR(st.stx_mode) ? 1 : st.stx_nlink,
        .nFileIndexHigh = (DWORD)(st.stx_ino >> 32),
        .nFileIndexLow = (DWORD)st.stx_ino,
    };
    return STATUS_SUCCESS;
}

static NTSTATUS set_read_only(const struct file *file, bool read_only)
{
    struct stat st;
    if (fstat(file->fd, &st) != 0)
        return status_of(errno);
    bool is = !(st.st_mode & S_IWUSR);
    if (!S_ISREG(st.st_mode) || is == read_only)
        return STATUS_SUCCESS;
    mode_t mode = read_only ? st.st_mode & ~(mode_t)(S_IWUSR | S_IWGRP | S_IWOTH) : st.st_mode | S_IWUSR;
    return status_of_call(chmod(fd_path(file->fd).text, mode & 07777));
}

NTSTATUS DOKAN_CALLBACK mirror_SetFileAttributes(LPCWSTR FileName, DWORD FileAttributes,
                                                 PDOKAN_FILE_INFO DokanFileInfo)
{
    const struct file *file = file_of(DokanFileInfo);
    UNREFERENCED_PARAMETER(FileName);
    if (!file)
        return STATUS_INVALID_HANDLE;
    if (FileAttributes == 0) /* "leave them as they are" */
        return STATUS_SUCCESS;
    if (FileAttributes & (file->directory ? FILE_ATTRIBUTE_TEMPORARY : FILE_ATTRIBUTE_DIRECTORY))
        return STATUS_INVALID_PARAMETER;
    if (!act_as_caller(DokanFileInfo))
        return STATUS_ACCESS_DENIED;
    NTSTATUS status = set_read_only(file, FileAttributes & FILE_ATTRIBUTE_READONLY);
    act_as_self(DokanFileInfo);
    return status;
}

/* 0 leaves a time as it is; so do -1 and -2, which switch automatic updates off and on. */
static struct timespec host_time(const FILETIME *time)
{
    int64_t value = time ? (int64_t)((uint64_t)time->dwHighDateTime << 32 | time->dwLowDateTime) : 0;
    if (value <= 0)
        return (struct timespec){.tv_nsec = UTIME_OMIT};
    int64_t since = value - (int64_t)EPOCH, part = since % 10000000;
    if (part < 0)
        part += 10000000;
    return (struct timespec){.tv_sec = (since - part) / 10000000, .tv_nsec = part * 100};
}

/* The birth time of a file cannot be set on Linux. */
NTSTATUS DOKAN_CALLBACK mirror_SetFileTime(LPCWSTR FileName, const FILETIME *CreationTime,
                                           const FILETIME *LastAccessTime, const FILETIME *LastWriteTime,
                                           PDOKAN_FILE_INFO DokanFileInfo)
{
    const struct file *file = file_of(DokanFileInfo);
    const struct timespec times[2] = {host_time(LastAccessTime), host_time(LastWriteTime)};
    UNREFERENCED_PARAMETER(FileName);
    UNREFERENCED_PARAMETER(CreationTime);
    if (!file)
        return STATUS_INVALID_HANDLE;
    if (!act_as_caller(DokanFileInfo))
        return STATUS_ACCESS_DENIED;
    NTSTATUS status = status_of_call(utimensat(file->fd, "", times, AT_EMPTY_PATH));
    act_as_self(DokanFileInfo);
    return status;
}
