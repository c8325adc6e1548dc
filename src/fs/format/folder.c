// SPDX-License-Identifier: MIT
/*
 * Making folders, and emptying one whose content nobody vouches for.
 *
 * Emptying works in the folder itself only: what is found in a sub-folder and is a folder again is moved up
 * into the top under a new name, and emptied there in its turn. So it needs two descriptors and no recursion
 * however deep the tree is, and a folder that somebody moves away meanwhile is not followed out.
 */
#include "fs/format/host.h"

#include "base/cleanup.h"
#include "base/random.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>

int folder_make(const char *path, mode_t mode)
{
    CLEANUP_FREE char *copy = strdup(path);
    if (!copy)
        return -ENOMEM;
    for (char *at = copy + (*copy == '/'); (at = strchr(at, '/')); at++) {
        *at = 0;
        if (*copy && mkdir(copy, mode) != 0 && errno != EEXIST)
            return -errno;
        *at = '/';
    }
    return mkdir(copy, mode) == 0 || errno == EEXIST ? 0 : -errno;
}

/* A sub-folder to read, unless it is a link or another file system is mounted on it. */
static int open_sub(int dir, const char *name)
{
    struct open_how how = {.flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC,
                           .resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_XDEV};
    long fd = syscall(SYS_openat2, dir, name, &how, sizeof how);
    if (fd >= 0 || (errno != ENOSYS && errno != EPERM))
        return fd < 0 ? -errno : (int)fd;
    CLEANUP_FD int plain = openat(dir, name, (int)how.flags);
    struct stat top, sub;
    if (plain < 0 || fstat(plain, &sub) != 0 || fstat(dir, &top) != 0)
        return -errno;
    return top.st_dev == sub.st_dev ? steal_fd(&plain) : -EXDEV;
}

/* Whoever made it may have taken our rights from it. */
static void allow(int dir, const char *name)
{
    CLEANUP_FD int fd = openat(dir, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    struct stat st;
    if (fd >= 0 && fstat(fd, &st) == 0 && (st.st_mode & 0700) != 0700)
        (void)chmod(host_link(fd).text, 0700);
}

/* The work of emptying one folder. */
struct emptying {
    int top;
    unsigned removed; /* in this round */
    int error;        /* the first */
};

typedef int (*entry_action)(struct emptying *work, int dir, const char *name);

/* Goes once over a directory, until an action gives something else than 0. */
static int each(struct emptying *work, int dir, entry_action action)
{
    int again = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC), rc = 0;
    DIR *list = again < 0 ? NULL : fdopendir(again);
    if (!list) {
        rc = -errno;
        if (again >= 0)
            close(again);
        return rc;
    }
    for (struct dirent *entry; rc == 0 && (entry = readdir(list));)
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            rc = action(work, dir, entry->d_name);
    closedir(list);
    return rc;
}

static int note(struct emptying *work, int error)
{
    if (error != ENOENT && !work->error)
        work->error = -error;
    return 0;
}

static int move_up(struct emptying *work, int dir, const char *name)
{
    char fresh[40];
    snprintf(fresh, sizeof fresh, ".gone-%016" PRIx64, random_u64());
    allow(dir, name);
    return renameat(dir, name, work->top, fresh) == 0 ? 0 : note(work, errno);
}

static bool went(struct emptying *work, int dir, const char *name, int flags)
{
    if (unlinkat(dir, name, flags) != 0 && errno != ENOENT)
        return false;
    work->removed++;
    return true;
}

/* In a sub-folder: a file goes; a folder is moved up. */
static int clear_entry(struct emptying *work, int dir, const char *name)
{
    if (went(work, dir, name, 0))
        return 0;
    return errno == EISDIR ? move_up(work, dir, name) : note(work, errno);
}

/* In the top: a file goes; a folder is cleared, then goes. */
static int clear_top(struct emptying *work, int dir, const char *name)
{
    if (went(work, dir, name, 0))
        return 0;
    if (errno != EISDIR)
        return note(work, errno);
    allow(dir, name);
    CLEANUP_FD int sub = open_sub(dir, name);
    int rc = sub < 0 ? sub : each(work, sub, clear_entry);
    if (rc)
        note(work, -rc);
    return went(work, dir, name, AT_REMOVEDIR) ? 0 : note(work, errno);
}

static int is_there(struct emptying *work, int dir, const char *name)
{
    (void)work;
    (void)dir;
    (void)name;
    return 1;
}

/* Each round takes something away, unless all that is left resists. */
int folder_empty(int dir)
{
    struct emptying work = {.top = dir};
    int rc;
    (void)fchmod(dir, 0700);
    while ((rc = each(&work, dir, is_there)) == 1) {
        work.removed = 0;
        rc = each(&work, dir, clear_top);
        if (rc || work.removed == 0)
            return rc ? rc : work.error ? work.error : -ENOTEMPTY;
    }
    return rc;
}
