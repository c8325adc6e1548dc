// SPDX-License-Identifier: MIT
/*
 * Reservation of drive letters. Whoever holds the lock of `.X.lock` holds the letter; the file is removed
 * under the lock, so a lock counts only if the file is still the one at that path. With the lock held, a FUSE
 * mount of ours that still lies on the folder belongs to a process that died, and is removed.
 */
#include "api/drive.h"
#include "api/runtime.h"
#include "base/cleanup.h"
#include "base/clock.h"
#include "base/log.h"
#include "door/fuse/mount.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define REAPER_PATIENCE_NS 2500000000ull
#define RETRY_NS           10000000l

int mountpoint_drives(char *out, size_t size)
{
    const char *chosen = secure_getenv("DOKAN_DRIVES");
    if (!chosen || chosen[0] != '/')
        return runtime_drives(out, size);
    int n = snprintf(out, size, "%s", chosen);
    if (n < 0 || (size_t)n >= size)
        return -ENAMETOOLONG;
    return mkdir(out, 0755) == 0 || errno == EEXIST ? 0 : -errno;
}

int drive_path(char letter, char *out, size_t size)
{
    char drives[PATH_MAX], real[PATH_MAX];
    int rc = mountpoint_drives(drives, sizeof drives);
    if (rc)
        return rc;
    if (!realpath(drives, real))
        return -errno;
    int n = snprintf(out, size, "%s/%c", real, letter);
    return n > 0 && (size_t)n < size ? 0 : -ENAMETOOLONG;
}

/* -EAGAIN: the file was removed by its last holder meanwhile. */
static int lock_once(const char *path)
{
    struct stat ours, there;
    CLEANUP_FD int fd = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0)
        return errno == EACCES ? -EBUSY : -errno;
    if (flock(fd, LOCK_EX | LOCK_NB) < 0)
        return errno == EWOULDBLOCK ? -EBUSY : -errno;
    if (fstat(fd, &ours) < 0 || stat(path, &there) < 0 || ours.st_ino != there.st_ino ||
        ours.st_dev != there.st_dev)
        return -EAGAIN;
    return steal_fd(&fd);
}

static int lock_letter(const char *path)
{
    int fd;
    do
        fd = lock_once(path);
    while (fd == -EAGAIN);
    return fd;
}

/*
 * Frees the folder from a mount whose process died: its reaper does it, and only where there is none we do.
 * -EBUSY when something else is mounted there.
 */
static int clear_folder(const char *path)
{
    struct mountinfo_top top;
    uint64_t give_up = clock_ns() + REAPER_PATIENCE_NS;
    for (;;) {
        if (!mountinfo_top(path, &top))
            return 0;
        if (strcmp(top.type, "fuse.dokan") != 0)
            return -EBUSY;
        if (clock_ns() > give_up)
            break;
        nanosleep(&(struct timespec){.tv_nsec = RETRY_NS}, NULL);
    }
    const struct mount_identity identity = {top.id, 0, top.minor, path};
    return mount_remove(&identity) == 0 ? 0 : -EBUSY;
}

/* Who writes to a drive at the moment it is unmounted writes into the bare folder: that is kept, beside it.
 */
static int put_strays_aside(const char *path)
{
    enum { TRIES = 1000 };
    char aside[PATH_MAX];
    for (int i = 1; i <= TRIES; i++) {
        int n = snprintf(aside, sizeof aside, "%s.found-%d", path, i);
        if (n < 0 || (size_t)n >= sizeof aside)
            return -ENAMETOOLONG;
        if (renameat2(AT_FDCWD, path, AT_FDCWD, aside, RENAME_NOREPLACE) == 0) {
            log_warn("what was written to the drive while it was not mounted is in %s", aside);
            return 0;
        }
        if (errno != EEXIST)
            return -errno;
    }
    return -EEXIST;
}

static int make_folder(const char *path)
{
    int rc = clear_folder(path);
    if (rc == 0 && rmdir(path) < 0 && (errno == ENOTEMPTY || errno == EEXIST))
        rc = put_strays_aside(path);
    if (rc)
        return rc;
    return mkdir(path, 0700) == 0 || errno == EEXIST ? 0 : -errno;
}

int drive_reserve(char letter, struct mountpoint *out, char *error, size_t size)
{
    char path[PATH_MAX];
    int rc = drive_path(letter, path, sizeof path);
    if (rc) {
        snprintf(error, size,
                 "no folder for drives can be had (%s): set DOKAN_DRIVES to one you may write in",
                 strerror(-rc));
        return rc;
    }
    char *slash = strrchr(path, '/');
    CLEANUP_FREE char *lock_path = NULL;
    if (asprintf(&lock_path, "%.*s/.%c.lock", (int)(slash - path), path, letter) < 0)
        return -ENOMEM;
    CLEANUP_FD int lock = lock_letter(lock_path);
    rc = lock < 0 ? lock : make_folder(path);
    if (rc == -EBUSY)
        snprintf(error, size,
                 "drive %c: is in use (%s): unmount it with dokanctl unmount %c: or choose another letter",
                 letter, path, letter);
    else if (rc < 0)
        snprintf(error, size, "cannot make the folder %s for drive %c: %s", path, letter, strerror(-rc));
    char *copy = rc < 0 ? NULL : strdup(path);
    if (!copy && lock >= 0)
        unlink(lock_path);
    if (!copy)
        return rc < 0 ? rc : -ENOMEM;
    *out = (struct mountpoint){letter, copy, steal_ptr(&lock_path), steal_fd(&lock)};
    return 0;
}

void drive_release(struct mountpoint *mp)
{
    if (mp->lock < 0)
        return;
    rmdir(mp->path);
    unlink(mp->lock_path);
    mountpoint_forget(mp);
    free(mp->lock_path);
    mp->lock_path = NULL;
}
