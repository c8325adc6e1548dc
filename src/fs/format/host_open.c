// SPDX-License-Identifier: MIT
/*
 * Opening beneath a directory, whatever others do to it meanwhile.
 */
#include "fs/format/host.h"

#include "base/cleanup.h"
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>

enum { TRIES = 1000 };

/* Of the path of an object: relative to the root. */
static const char *relative(const char *path)
{
    return path[1] ? path + 1 : ".";
}

static int open_beneath(int root, const char *path, int flags, uint32_t mode)
{
    struct open_how how = {.flags = (unsigned)flags,
                           .mode = flags & O_CREAT ? mode : 0,
                           .resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS | RESOLVE_NO_SYMLINKS};
    long fd;
    int tries = 0;
    do /* EAGAIN: something was renamed meanwhile */
        fd = syscall(SYS_openat2, root, path, &how, sizeof how);
    while (fd < 0 && (errno == EINTR || (errno == EAGAIN && ++tries < TRIES)));
    return fd < 0 ? -errno : (int)fd;
}

/* O_DIRECTORY | O_NOFOLLOW opens no link, so no component can lead anywhere else. */
static int walk(int root, const char *path, int flags, uint32_t mode)
{
    char name[FS_NAME_MAX + 1];
    CLEANUP_FD int dir = -1;
    for (;;) {
        size_t length = (size_t)(strchrnul(path, '/') - path);
        int at = dir < 0 ? root : dir;
        if (!path[length]) {
            int fd = openat(at, path, flags, mode);
            return fd < 0 ? -errno : fd;
        }
        if (length > FS_NAME_MAX)
            return -ENAMETOOLONG;
        memcpy(name, path, length);
        name[length] = 0;
        int next = openat(at, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        if (next < 0)
            return errno == ELOOP ? -ENOTDIR : -errno;
        if (dir >= 0)
            close(dir);
        dir = next;
        path += length + 1;
    }
}

static int open_once(const struct host *host, const char *path, int flags, uint32_t mode)
{
    flags |= O_NOFOLLOW | O_CLOEXEC | (flags & O_PATH ? 0 : O_NONBLOCK | O_NOCTTY);
    if (host->walks)
        return walk(host->fd, relative(path), flags, mode);
    return open_beneath(host->fd, relative(path), flags, mode);
}

/* A link at the end (-ELOOP) or in the middle (-ENOTDIR)? -EAGAIN: neither, not any more. */
static int which_loop(const struct host *host, const char *path)
{
    struct stat st;
    CLEANUP_FD int fd = open_once(host, path, O_PATH, 0);
    if (fd < 0)
        return fd == -ELOOP ? -ENOTDIR : fd;
    return fstat(fd, &st) == 0 && S_ISLNK(st.st_mode) ? -ELOOP : -EAGAIN;
}

int host_open(const struct host *host, const char *path, int flags, uint32_t mode)
{
    int fd, tries = 0;
    do {
        fd = open_once(host, path, flags, mode);
        if (fd == -ELOOP)
            fd = flags & O_PATH ? -ENOTDIR : which_loop(host, path);
    } while (fd == -EAGAIN && ++tries < TRIES);
    return fd;
}

int host_probe(struct host *host)
{
    struct stat st;
    if (fstat(host->fd, &st) != 0)
        return -errno;
    host->dev = st.st_dev;
    int fd = open_beneath(host->fd, ".", O_PATH | O_CLOEXEC, 0);
    host->walks = fd < 0;
    if (fd >= 0)
        close(fd);
    return 0;
}

int host_place(const struct host *host, const char *path, struct host_place *out)
{
    const char *name = fs_path_name(path);
    *out = (struct host_place){.dir = host->fd, .name = name};
    if (name == path + 1)
        return 0;
    CLEANUP_PATH struct fs_path parent;
    fs_path_init(&parent);
    int rc = fs_path_add(&parent, path, fs_path_parent(path));
    if (rc)
        return rc;
    int fd = host_open(host, parent.text, O_PATH | O_DIRECTORY, 0);
    if (fd < 0)
        return fd;
    out->dir = fd;
    out->ours = true;
    return 0;
}

void host_place_end(struct host_place *place)
{
    if (place->ours) {
        int saved = errno;
        close(place->dir);
        errno = saved;
    }
}

struct host_link host_link(int fd)
{
    struct host_link link;
    snprintf(link.text, sizeof link.text, "/proc/self/fd/%d", fd);
    return link;
}
