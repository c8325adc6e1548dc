// SPDX-License-Identifier: MIT
/*
 * mirror: contents, sizes and byte-range locks, all through the handle's descriptor.
 */
#include "mirror.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/uio.h>
#include <unistd.h>

static NTSTATUS check_data(const struct file *file)
{
    if (!file)
        return STATUS_INVALID_HANDLE;
    return file->data ? STATUS_SUCCESS : file->directory ? STATUS_INVALID_PARAMETER : STATUS_ACCESS_DENIED;
}

NTSTATUS DOKAN_CALLBACK mirror_ReadFile(LPCWSTR FileName, LPVOID Buffer, DWORD BufferLength,
                                        LPDWORD ReadLength, LONGLONG Offset, PDOKAN_FILE_INFO DokanFileInfo)
{
    const struct file *file = file_of(DokanFileInfo);
    NTSTATUS status = Offset < 0 ? STATUS_INVALID_PARAMETER : check_data(file);
    DWORD done = 0;
    UNREFERENCED_PARAMETER(FileName);
    while (status == STATUS_SUCCESS && done < BufferLength) {
        ssize_t part = pread(file->fd, (char *)Buffer + done, BufferLength - done, Offset + done);
        if (part == 0)
            break;
        if (part > 0)
            done += (DWORD)part;
        else if (errno != EINTR)
            status = status_of(errno);
    }
    *ReadLength = status == STATUS_SUCCESS ? done : 0;
    return status;
}

/* Shortens a write that may not extend the file. */
static NTSTATUS clip(const struct file *file, LONGLONG offset, DWORD *length)
{
    struct stat st;
    if (fstat(file->fd, &st) != 0)
        return status_of(errno);
    if (offset >= st.st_size)
        *length = 0;
    else if (*length > st.st_size - offset)
        *length = (DWORD)(st.st_size - offset);
    return STATUS_SUCCESS;
}

/* What was written before an error counts; the error comes again with the next write. */
static NTSTATUS write_all(const struct file *file, const char *from, DWORD length, LONGLONG offset,
                          bool append, DWORD *done)
{
    while (*done < length) {
        struct iovec part = {(void *)(uintptr_t)(from + *done), length - *done};
        ssize_t written = pwritev2(file->fd, &part, 1, append ? 0 : offset + *done, append ? RWF_APPEND : 0);
        if (written > 0)
            *done += (DWORD)written;
        else if (written == 0 || (errno != EINTR && *done == 0))
            return written == 0 ? STATUS_DISK_FULL : status_of(errno);
        else if (errno != EINTR)
            break;
    }
    return STATUS_SUCCESS;
}

NTSTATUS DOKAN_CALLBACK mirror_WriteFile(LPCWSTR FileName, LPCVOID Buffer, DWORD NumberOfBytesToWrite,
                                         LPDWORD NumberOfBytesWritten, LONGLONG Offset,
                                         PDOKAN_FILE_INFO DokanFileInfo)
{
    struct file *file = file_of(DokanFileInfo);
    bool append = DokanFileInfo->WriteToEndOfFile;
    DWORD length = NumberOfBytesToWrite;
    UNREFERENCED_PARAMETER(FileName);
    *NumberOfBytesWritten = 0;
    NTSTATUS status = Offset < 0 && !append ? STATUS_INVALID_PARAMETER : check_data(file);
    if (status == STATUS_SUCCESS && DokanFileInfo->PagingIo)
        status = clip(file, append ? INT64_MAX : Offset, &length);
    if (status == STATUS_SUCCESS && strip_set_id(mirror_of(DokanFileInfo), file) != 0)
        status = status_of(errno);
    if (status == STATUS_SUCCESS)
        status = write_all(file, Buffer, length, Offset, append, NumberOfBytesWritten);
    return status;
}

NTSTATUS DOKAN_CALLBACK mirror_FlushFileBuffers(LPCWSTR FileName, PDOKAN_FILE_INFO DokanFileInfo)
{
    const struct file *file = file_of(DokanFileInfo);
    UNREFERENCED_PARAMETER(FileName);
    if (!file || (!file->data && !file->directory))
        return STATUS_SUCCESS;
    if (file->data)
        return status_of_call(fsync(file->fd));
    SCOPED_FD fd = openat(file->fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return status_of_call(fd < 0 ? -1 : fsync(fd));
}

static NTSTATUS set_size(const struct mirror *mirror, struct file *file, LONGLONG size)
{
    NTSTATUS status = size < 0 ? STATUS_INVALID_PARAMETER : check_data(file);
    if (status != STATUS_SUCCESS)
        return status;
    return status_of_call(strip_set_id(mirror, file) != 0 ? -1 : ftruncate(file->fd, size));
}

NTSTATUS DOKAN_CALLBACK mirror_SetEndOfFile(LPCWSTR FileName, LONGLONG ByteOffset,
                                            PDOKAN_FILE_INFO DokanFileInfo)
{
    UNREFERENCED_PARAMETER(FileName);
    return set_size(mirror_of(DokanFileInfo), file_of(DokanFileInfo), ByteOffset);
}

NTSTATUS DOKAN_CALLBACK mirror_SetAllocationSize(LPCWSTR FileName, LONGLONG AllocSize,
                                                 PDOKAN_FILE_INFO DokanFileInfo)
{
    struct file *file = file_of(DokanFileInfo);
    struct stat st;
    UNREFERENCED_PARAMETER(FileName);
    NTSTATUS status = check_data(file);
    if (status == STATUS_SUCCESS && fstat(file->fd, &st) != 0)
        status = status_of(errno);
    return status == STATUS_SUCCESS && AllocSize < st.st_size
               ? set_size(mirror_of(DokanFileInfo), file, AllocSize)
               : status;
}

/* Locks that programs of the host see, too. They belong to the handle, not to this process. */
static NTSTATUS lock_range(const struct file *file, LONGLONG offset, LONGLONG length, bool lock)
{
    NTSTATUS status = offset < 0 ? STATUS_INVALID_PARAMETER : check_data(file);
    if (status != STATUS_SUCCESS)
        return status;
    bool writes = (fcntl(file->fd, F_GETFL) & O_ACCMODE) != O_RDONLY;
    bool to_the_end = length <= 0 || length > INT64_MAX - offset;
    struct flock range = {
        .l_type = !lock    ? F_UNLCK
                  : writes ? F_WRLCK
                           : F_RDLCK,
        .l_whence = SEEK_SET,
        .l_start = offset,
        .l_len = to_the_end ? 0 : length,
    };
    if (fcntl(file->fd, F_OFD_SETLK, &range) == 0)
        return STATUS_SUCCESS;
    return errno == EAGAIN || errno == EACCES ? STATUS_LOCK_NOT_GRANTED : status_of(errno);
}

NTSTATUS DOKAN_CALLBACK mirror_LockFile(LPCWSTR FileName, LONGLONG ByteOffset, LONGLONG Length,
                                        PDOKAN_FILE_INFO DokanFileInfo)
{
    UNREFERENCED_PARAMETER(FileName);
    return lock_range(file_of(DokanFileInfo), ByteOffset, Length, true);
}

NTSTATUS DOKAN_CALLBACK mirror_UnlockFile(LPCWSTR FileName, LONGLONG ByteOffset, LONGLONG Length,
                                          PDOKAN_FILE_INFO DokanFileInfo)
{
    UNREFERENCED_PARAMETER(FileName);
    return lock_range(file_of(DokanFileInfo), ByteOffset, Length, false);
}
