// SPDX-License-Identifier: MIT
/*
 * Names in a host directory: making, removing, renaming. Each works on a name in a parent that was opened
 * beneath the root, and none of these calls follows a link at the end.
 */
#include "fs/format/host.h"

#include "base/cleanup.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>

/* ---- making and removing ------------------------------------------------------------------------------ */

int host_makedir(struct fs *fs, const char *path, uint32_t mode)
{
    HOST_PLACE struct host_place at = {0};
    if (!path[1])
        return -EEXIST;
    int rc = host_place(host_of(fs), path, &at);
    if (rc)
        return rc;
    return mkdirat(at.dir, at.name, mode) == 0 ? 0 : -errno;
}

static int remove_name(struct fs *fs, const char *path, int flags)
{
    HOST_PLACE struct host_place at = {0};
    int rc = host_place(host_of(fs), path, &at);
    if (rc)
        return rc;
    return unlinkat(at.dir, at.name, flags) == 0 ? 0 : -errno;
}

int host_remove(struct fs *fs, const char *path)
{
    return path[1] ? remove_name(fs, path, 0) : -EISDIR;
}

int host_removedir(struct fs *fs, const char *path)
{
    int rc = path[1] ? remove_name(fs, path, AT_REMOVEDIR) : -EBUSY;
    return rc == -EEXIST ? -ENOTEMPTY : rc;
}

int host_symlink(struct fs *fs, const char *target, const char *path)
{
    HOST_PLACE struct host_place at = {0};
    if (!path[1])
        return -EEXIST;
    int rc = host_place(host_of(fs), path, &at);
    if (rc)
        return rc;
    return symlinkat(target, at.dir, at.name) == 0 ? 0 : -errno;
}

int host_readlink(struct fs *fs, const char *path, char *buf, size_t size)
{
    CLEANUP_FD int fd = host_open(host_of(fs), path, O_PATH, 0);
    if (fd < 0)
        return fd;
    ssize_t length = readlinkat(fd, "", buf, size);
    if (length < 0)
        return errno == ENOENT ? -EINVAL : -errno; /* what Linux says of anything but a link */
    if ((size_t)length == size)
        return -ERANGE;
    buf[length] = 0;
    return 0;
}

/* ---- two names ---------------------------------------------------------------------------------------- */

int host_rename(struct fs *fs, const char *from, const char *to, uint32_t flags)
{
    HOST_PLACE struct host_place old = {0};
    HOST_PLACE struct host_place new = {0};
    if (flags & ~(uint32_t)(FS_RENAME_NOREPLACE | FS_RENAME_EXCHANGE))
        return -EINVAL;
    if (!from[1] || !to[1])
        return -EBUSY;
    int rc = host_place(host_of(fs), from, &old);
    if (rc == 0)
        rc = host_place(host_of(fs), to, &new);
    if (rc)
        return rc;
    unsigned how = (flags & FS_RENAME_NOREPLACE ? RENAME_NOREPLACE : 0) |
                   (flags & FS_RENAME_EXCHANGE ? RENAME_EXCHANGE : 0);
    if (renameat2(old.dir, old.name, new.dir, new.name, how) == 0)
        return 0;
    return errno == EEXIST && !(flags & FS_RENAME_NOREPLACE) ? -ENOTEMPTY : -errno;
}

int host_hardlink(struct fs *fs, const char *from, const char *to)
{
    HOST_PLACE struct host_place old = {0};
    HOST_PLACE struct host_place new = {0};
    if (!from[1] || !to[1])
        return from[1] ? -EEXIST : -EPERM;
    struct stat st;
    int rc = host_place(host_of(fs), from, &old);
    if (rc == 0 && fstatat(old.dir, old.name, &st, AT_SYMLINK_NOFOLLOW) != 0)
        rc = -errno; /* told before anything about the other path, as linkat(2) does */
    if (rc == 0)
        rc = host_place(host_of(fs), to, &new);
    if (rc)
        return rc;
    return linkat(old.dir, old.name, new.dir, new.name, 0) == 0 ? 0 : -errno;
}
