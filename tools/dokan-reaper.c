// SPDX-License-Identifier: MIT
//
// dokan-reaper PIPE PID [MOUNTPOINT]: removes one mount when the process that serves it is gone.
//
// The library starts it beside every mount. PIPE is the read end of a pipe whose writer says, in this order,
//     "mount ID UNIQUE MINOR LENGTH\n" and LENGTH bytes of path: which mount is meant (the last one counts)
//     "quit\n": it was removed in order, nothing is left to do
//
// The end of PID (seen through a pidfd, which a forked child of PID cannot keep alive) or of the pipe without
// "quit" means that the mount is an orphan. It is then removed by identity: a mount over it on the same path
// is left alone, and the reaper waits until that one is gone. Before Linux 6.8 an identity may come again
// once its mount is gone, so there the reaper follows the table of mounts, and ends as soon as its mount is
// no longer in it. MOUNTPOINT is only for readers of ps.
//
// A process that uses its own mount and is killed meanwhile may never end by itself: one thread waits for an
// answer that nobody is left to give, to the close of a file say, and holds the connection open. So the
// reaper looks now and then; one that is being killed and does not get further has its connection aborted.

#include "door/fuse/mount.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define RETRIES        50
#define RETRY_MS       100
#define COVERED_MS     60000
#define LOOK_MS        5000
#define TEXT_MAX_BYTES 16384

struct reaper {
    int pipe, pidfd;
    int table; /* /proc/self/mountinfo, readable by POLLPRI when it changed */
    struct mount_identity identity;
    bool seen; /* the mount was in the table */
    bool nothing_left;
    size_t len;
    char text[TEXT_MAX_BYTES];
    char point[TEXT_MAX_BYTES];
};

static struct reaper reaper = {.pipe = -1, .pidfd = -1, .table = -1};

static void let_go_of_host(void)
{
    static const int ignored[] = {SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGPIPE};
    for (size_t i = 0; i < sizeof ignored / sizeof *ignored; i++)
        signal(ignored[i], SIG_IGN);
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    for (int fd = 0; null >= 0 && fd <= 2; fd++)
        if (fd != reaper.pipe)
            dup2(null, fd);
    if (chdir("/") < 0)
        _exit(1);
}

static void consume(struct reaper *r, size_t n)
{
    r->len -= n;
    memmove(r->text, r->text + n, r->len + 1);
}

/* Takes whole messages off the front of the text. */
static bool take_message(struct reaper *r)
{
    unsigned long long id, unique;
    unsigned minor;
    size_t length;
    int head = 0;
    if (strncmp(r->text, "quit\n", 5) == 0) {
        r->nothing_left = true;
        return false;
    }
    if (!strchr(r->text, '\n') ||
        sscanf(r->text, "mount %llu %llu %u %zu%n", &id, &unique, &minor, &length, &head) != 4)
        return false;
    size_t start = (size_t)head + 1;
    if (length >= sizeof r->point || r->len < start + length)
        return false;
    memcpy(r->point, r->text + start, length);
    r->point[length] = 0;
    r->identity = (struct mount_identity){id, unique, minor, r->point};
    consume(r, start + length);
    return true;
}

/* False at the end of the pipe. */
static bool read_pipe(struct reaper *r)
{
    ssize_t n = read(r->pipe, r->text + r->len, sizeof r->text - r->len - 1);
    if (n < 0 && (errno == EINTR || errno == EAGAIN))
        return true;
    if (n <= 0)
        return false;
    r->len += (size_t)n;
    r->text[r->len] = 0;
    while (take_message(r))
        ;
    return true;
}

/* True once the mount was there and no longer is. Looked at after every change of the table of mounts. */
static bool was_removed(struct reaper *r)
{
    if (r->identity.id == 0 || r->identity.unique)
        return false;
    bool there = mountinfo_state(&r->identity) != MOUNT_GONE;
    r->seen |= there;
    return r->seen && !there;
}

enum life { LIFE_GONE, LIFE_NORMAL, LIFE_DYING, LIFE_ENDED };

/* How it is with a task: dying is one that exits or has SIGKILL pending. */
static enum life life_of(const char *stat_path)
{
    enum { EXITING = 4 };
    char text[2048], state;
    unsigned flags;
    unsigned long pending;
    int fd = open(stat_path, O_RDONLY | O_CLOEXEC);
    ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof text - 1);
    if (fd >= 0)
        close(fd);
    if (n <= 0)
        return LIFE_GONE;
    text[n] = 0;
    const char *after_name = strrchr(text, ')'); /* fields 3, 9 and 31 of proc(5)'s stat */
    if (!after_name ||
        sscanf(after_name,
               ") %c %*d %*d %*d %*d %*d %u %*u %*u %*u %*u %*u %*u %*d %*d %*d %*d %*d %*d %*u %*u "
               "%*d %*u %*u %*u %*u %*u %*u %lu",
               &state, &flags, &pending) != 3)
        return LIFE_GONE;
    if (state == 'Z' || state == 'X')
        return LIFE_ENDED;
    return flags & EXITING || (pending >> (SIGKILL - 1)) & 1 ? LIFE_DYING : LIFE_NORMAL;
}

/* Whether the process is being killed and some thread of it does not get to its end. */
static bool is_dying(pid_t pid)
{
    char path[320];
    const struct dirent *task;
    snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
    enum life first = life_of(path);
    if (first != LIFE_DYING && first != LIFE_ENDED)
        return false;
    bool found = false;
    snprintf(path, sizeof path, "/proc/%d/task", (int)pid);
    DIR *tasks = opendir(path);
    while (tasks && !found && (task = readdir(tasks))) {
        snprintf(path, sizeof path, "/proc/%d/task/%s/stat", (int)pid, task->d_name);
        found = life_of(path) == LIFE_DYING;
    }
    if (tasks)
        closedir(tasks);
    return found;
}

/* Returns when there is something to reap, or nothing any more. */
static void wait_for_end(struct reaper *r, pid_t pid)
{
    r->pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
    struct pollfd fds[] = {{r->pipe, POLLIN, 0}, {r->pidfd, POLLIN, 0}, {r->table, POLLPRI, 0}};
    bool open = true, alive = r->pidfd >= 0 || errno != ESRCH, dying = false;
    while (open && alive && !r->nothing_left) {
        int n = poll(fds, 3, LOOK_MS);
        bool was_dying = dying;
        dying = n == 0 && is_dying(pid);
        if (dying && was_dying)
            return;
        if (n <= 0)
            continue;
        if (fds[0].revents)
            open = read_pipe(r);
        alive = fds[1].revents == 0;
        r->nothing_left |= alive && open && was_removed(r);
    }
    /* What was written before the end still counts. */
    while (!alive && open && !r->nothing_left && poll(fds, 1, 0) > 0)
        open = read_pipe(r);
}

/* A forked child may still hold the connection open; without this, clients of the mount would wait for it. */
static void abort_connection(const struct mount_identity *identity)
{
    char path[64];
    snprintf(path, sizeof path, "/sys/fs/fuse/connections/%u/abort", identity->minor);
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd < 0)
        return;
    if (write(fd, "1", 1) != 1)
        errno = 0;
    close(fd);
}

static int reap(const struct mount_identity *identity, int table)
{
    struct pollfd change = {.fd = table, .events = POLLPRI};
    if (mountinfo_state(identity) == MOUNT_GONE)
        return 0;
    abort_connection(identity);
    for (int attempt = 0; attempt < RETRIES;) {
        enum mount_state state = mountinfo_state(identity);
        if (state == MOUNT_GONE || (state == MOUNT_TOPMOST && mount_remove_dead(identity) == 0))
            return 0;
        if (state == MOUNT_TOPMOST)
            attempt++;
        poll(&change, 1, state == MOUNT_COVERED ? COVERED_MS : RETRY_MS);
    }
    return 1;
}

int main(int argc, char **argv)
{
    if (argc < 3) {
        fputs("usage: dokan-reaper PIPE PID [MOUNTPOINT]\nStarted by the dokan library; of no use by hand.\n",
              stderr);
        return 2;
    }
    reaper.pipe = atoi(argv[1]);
    let_go_of_host();
    reaper.table = open("/proc/self/mountinfo", O_RDONLY | O_CLOEXEC);
    wait_for_end(&reaper, atoi(argv[2]));
    return reaper.nothing_left || reaper.identity.id == 0 ? 0 : reap(&reaper.identity, reaper.table);
}
