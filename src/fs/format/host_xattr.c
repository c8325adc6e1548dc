// SPDX-License-Identifier: MIT
/*
 * Extended attributes of the files of a host directory: those that belong to users ("user."). The others
 * carry rights and labels of the host; they are neither shown nor set.
 */
#include "fs/format/host.h"

#include "base/cleanup.h"
#include <errno.h>
#include <fcntl.h>
#include <linux/limits.h>
#include <string.h>
#include <sys/xattr.h>

static bool is_users(const char *name)
{
    return strncmp(name, "user.", 5) == 0;
}

/* A descriptor of what may have such attributes; -EPERM for links and other special files, as Linux says. */
static int open_bearer(struct fs *fs, const char *path)
{
    struct stat st;
    CLEANUP_FD int fd = host_open(host_of(fs), path, O_PATH, 0);
    if (fd < 0)
        return fd;
    if (fstat(fd, &st) != 0)
        return -errno;
    return S_ISREG(st.st_mode) || S_ISDIR(st.st_mode) ? steal_fd(&fd) : -EPERM;
}

ssize_t host_getxattr(struct fs *fs, const char *path, const char *name, void *buf, size_t size)
{
    CLEANUP_FD int fd = open_bearer(fs, path);
    if (fd < 0)
        return fd == -EPERM ? -ENODATA : fd;
    if (!is_users(name))
        return -ENODATA;
    ssize_t length = getxattr(host_link(fd).text, name, buf, size);
    return length >= 0 ? length : errno == EOPNOTSUPP ? -ENODATA : -errno;
}

int host_setxattr(struct fs *fs, const char *path, const char *name, const void *value, size_t size,
                  uint32_t flags)
{
    CLEANUP_FD int fd = open_bearer(fs, path);
    if (fd < 0)
        return fd;
    if (!is_users(name))
        return -EOPNOTSUPP;
    if (flags & ~(uint32_t)(FS_XATTR_CREATE | FS_XATTR_REPLACE))
        return -EINVAL;
    int how = (flags & FS_XATTR_CREATE ? XATTR_CREATE : 0) | (flags & FS_XATTR_REPLACE ? XATTR_REPLACE : 0);
    return setxattr(host_link(fd).text, name, value, size, how) == 0 ? 0 : -errno;
}

/* Moves the users' names to the front; gives their bytes. */
static size_t keep_users(char *names, size_t size)
{
    size_t kept = 0;
    for (size_t at = 0; at < size;) {
        size_t length = strnlen(names + at, size - at - 1) + 1;
        if (is_users(names + at)) {
            memmove(names + kept, names + at, length);
            kept += length;
        }
        at += length;
    }
    return kept;
}

ssize_t host_listxattr(struct fs *fs, const char *path, char *buf, size_t size)
{
    CLEANUP_FD int fd = open_bearer(fs, path);
    if (fd < 0)
        return fd == -EPERM ? 0 : fd;
    CLEANUP_FREE char *names = malloc(XATTR_LIST_MAX);
    if (!names)
        return -ENOMEM;
    ssize_t length = listxattr(host_link(fd).text, names, XATTR_LIST_MAX);
    if (length <= 0)
        return length == 0 || errno == EOPNOTSUPP ? 0 : -errno;
    size_t kept = keep_users(names, (size_t)length);
    if (size && kept > size)
        return -ERANGE;
    if (size)
        memcpy(buf, names, kept);
    return (ssize_t)kept;
}

int host_removexattr(struct fs *fs, const char *path, const char *name)
{
    CLEANUP_FD int fd = open_bearer(fs, path);
    if (fd < 0)
        return fd == -EPERM ? -ENODATA : fd;
    if (!is_users(name))
        return -ENODATA;
    return removexattr(host_link(fd).text, name) == 0 ? 0 : errno == EOPNOTSUPP ? -ENODATA : -errno;
}
