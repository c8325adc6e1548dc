// SPDX-License-Identifier: MIT

#include "base/io.h"

#include "base/cleanup.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int write_all(int fd, const void *buf, size_t n)
{
    const char *p = buf;
    while (n > 0) {
        ssize_t written = write(fd, p, n);
        if (written < 0 && errno == EINTR)
            continue;
        if (written < 0)
            return -errno;
        p += written;
        n -= (size_t)written;
    }
    return 0;
}

ssize_t read_file_small(const char *path, char *buf, size_t cap)
{
    CLEANUP_FD int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return -errno;
    size_t used = 0;
    while (used < cap) {
        ssize_t got = read(fd, buf + used, cap - used);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return -errno;
        if (got == 0) {
            buf[used] = '\0';
            return (ssize_t)used;
        }
        used += (size_t)got;
    }
    return -EFBIG;
}

static int check_private(const char *path)
{
    CLEANUP_FD int fd = open(path, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    struct stat st;
    if (fd < 0)
        return errno == ELOOP ? -ENOTDIR : -errno;
    if (fstat(fd, &st) < 0)
        return -errno;
    if (st.st_uid != geteuid() || (st.st_mode & (S_IWGRP | S_IWOTH)))
        return -EPERM;
    return 0;
}

int mkdir_private(const char *path)
{
    char plain[PATH_MAX];
    size_t length = strlen(path);
    while (length > 1 && path[length - 1] == '/')
        length--; // a slash at the end would follow a symbolic link
    if (length >= sizeof plain)
        return -ENAMETOOLONG;
    memcpy(plain, path, length);
    plain[length] = '\0';
    if (mkdir(plain, S_IRWXU) < 0 && errno != EEXIST)
        return -errno;
    return check_private(plain);
}
