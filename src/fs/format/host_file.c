// SPDX-License-Identifier: MIT
/*
 * Open files of a host directory. The layer's word is the descriptor, plus one so that 0 means none.
 */
#include "fs/format/host.h"

#include "base/cleanup.h"
#include <errno.h>
#include <fcntl.h>

static int fd_of(struct fs *fs, struct fs_file *file)
{
    return (int)(intptr_t)*fs_file_slot(fs, file) - 1;
}

/* Only regular files: reading a device or a pipe is nothing that an FS object promises. */
static int check_type(int fd)
{
    struct stat st;
    if (fstat(fd, &st) != 0)
        return -errno;
    if (S_ISDIR(st.st_mode))
        return -EISDIR;
    return S_ISREG(st.st_mode) ? 0 : -ENXIO;
}

int host_file_open(struct fs *fs, const char *path, int flags, uint32_t mode, struct fs_file *file)
{
    CLEANUP_FD int fd = host_open(host_of(fs), path, flags, mode);
    int rc = fd < 0 ? fd : check_type(fd);
    if (rc)
        return rc;
    *fs_file_slot(fs, file) = (void *)(intptr_t)(steal_fd(&fd) + 1);
    return 0;
}

int host_f_close(struct fs *fs, struct fs_file *file)
{
    return close(fd_of(fs, file)) == 0 ? 0 : -errno;
}

ssize_t host_f_pread(struct fs *fs, struct fs_file *file, void *buf, size_t size, uint64_t offset)
{
    int fd = fd_of(fs, file);
    size_t done = 0;
    while (done < size) {
        ssize_t part = pread(fd, (char *)buf + done, size - done, (off_t)(offset + done));
        if (part == 0)
            break;
        if (part > 0)
            done += (size_t)part;
        else if (errno != EINTR)
            return -errno;
    }
    return (ssize_t)done;
}

ssize_t host_f_pwrite(struct fs *fs, struct fs_file *file, const void *buf, size_t size, uint64_t offset)
{
    int fd = fd_of(fs, file);
    size_t done = 0;
    while (done < size) {
        ssize_t part = pwrite(fd, (const char *)buf + done, size - done, (off_t)(offset + done));
        if (part > 0)
            done += (size_t)part;
        else if (part == 0)
            return -EIO;
        else if (errno != EINTR)
            return -errno;
    }
    return (ssize_t)done;
}

int host_f_truncate(struct fs *fs, struct fs_file *file, uint64_t size)
{
    return ftruncate(fd_of(fs, file), (off_t)size) == 0 ? 0 : -errno;
}

/* Network file systems tell at close what went wrong. */
int host_f_flush(struct fs *fs, struct fs_file *file)
{
    if ((fs_file_flags(file) & O_ACCMODE) == O_RDONLY)
        return 0;
    int copy = fcntl(fd_of(fs, file), F_DUPFD_CLOEXEC, 0);
    if (copy < 0)
        return -errno;
    return close(copy) == 0 || errno == EINTR ? 0 : -errno;
}

int host_f_fsync(struct fs *fs, struct fs_file *file)
{
    return fsync(fd_of(fs, file)) == 0 ? 0 : -errno;
}

int host_f_getinfo(struct fs *fs, struct fs_file *file, uint32_t want, struct fs_info *info)
{
    return host_info(host_of(fs), fd_of(fs, file), "", AT_EMPTY_PATH, want, info);
}

int host_f_setinfo(struct fs *fs, struct fs_file *file, const struct fs_info *info)
{
    return host_set(fd_of(fs, file), info);
}

int host_f_lock(struct fs *fs, struct fs_file *file, int command, void *lock)
{
    if (command != F_OFD_SETLK && command != F_OFD_GETLK)
        return -EINVAL;
    return fcntl(fd_of(fs, file), command, lock) == 0 ? 0 : -errno;
}
