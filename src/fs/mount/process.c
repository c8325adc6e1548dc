// SPDX-License-Identifier: MIT
/*
 * A mount served by a child process, with a copy of the object.
 *
 * The child is a grandchild in truth, in a session of its own: the host gets no SIGCHLD that it does not
 * expect and has nobody to wait for. It tells what happens through a pipe: who it is, that it is ready or why
 * not, and how the object closed. Without the last word it crashed. The parent sends SIGTERM and waits.
 *
 * A pipe's writing end exists in that child alone: `fork_lock` is held from the pipe's making until the
 * parent has closed its copy, so that no other child of ours inherits it. child->lock is held by who reads.
 */
#include "fs/mount/mount_i.h"

#include "base/cleanup.h"
#include "base/io.h"
#include "base/log.h"
#include "fs/mount/timeout.h"
#include "fs/spill.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { REST_MS = 5000, KILLED_MS = 5000 };

enum said { SAID_HELLO = 1, SAID_READY, SAID_FAILED, SAID_ENDED };

/* What goes through the pipe. */
struct report {
    uint32_t said;
    int32_t code;
    int32_t pid;
    char drive[4];
    char text[PATH_MAX]; /* the path, or what went wrong */
};

struct child {
    pid_t pid;
    int pidfd; /* -1: the kernel has none */
    int pipe;
    pthread_mutex_t lock;
    bool ended;
    int result;
    char drive[4];
    char path[PATH_MAX];
};

static pthread_mutex_t fork_lock = PTHREAD_MUTEX_INITIALIZER;

/* ---- in the child ---------------------------------------------------------------------------------- */

static void say(int fd, enum said said, int code, const char *drive, const char *text)
{
    struct report report = {.said = said, .code = code, .pid = getpid()};
    snprintf(report.drive, sizeof report.drive, "%s", drive);
    snprintf(report.text, sizeof report.text, "%s", text);
    write_all(fd, &report, sizeof report); /* a parent that has gone needs no report */
}

static void settle_in(void)
{
    static const int defaults[] = {SIGINT, SIGTERM, SIGHUP, SIGCHLD};
    sigset_t none;
    for (size_t i = 0; i < sizeof defaults / sizeof *defaults; i++)
        signal(defaults[i], SIG_DFL);
    signal(SIGPIPE, SIG_IGN);
    sigemptyset(&none);
    pthread_sigmask(SIG_SETMASK, &none, NULL);
    int null = open("/dev/null", O_RDONLY);
    if (null > 0) {
        dup2(null, STDIN_FILENO);
        close(null);
    }
    mount_after_fork();
}

void mount_after_fork(void)
{
    pthread_mutex_init(&fork_lock, NULL);
    DokanStartAfterFork();
    watch_after_fork();
    serve_after_fork();
}

/* Whoever reads the host's output through a pipe waits for its end: that must not be ours. */
static void let_go_of_output(void)
{
    struct stat st;
    int null = open("/dev/null", O_WRONLY | O_CLOEXEC);
    if (null <= STDERR_FILENO)
        return;
    dup2(null, STDOUT_FILENO);
    if (fstat(STDERR_FILENO, &st) == 0 && S_ISFIFO(st.st_mode))
        dup2(null, STDERR_FILENO);
    close(null);
}

/* The references that the parent's program holds mean nothing here: one is left, ours, until the mount has
 * its own. Before the mount shows: from then on others open files, each of which takes a reference. */
static void own_object(struct fs *fs)
{
    for (; fs; fs = fs->next)
        atomic_store(&fs->refs, 1);
}

static _Noreturn void serve(struct fs *fs, const char *path, const struct fs_mount_options *options, int fd)
{
    struct volume *volume;
    struct fs_error error = {.text = "out of memory"};
    settle_in();
    own_object(fs);
    say(fd, SAID_HELLO, 0, "", "");
    int rc = volume_start(fs, path, options, true, &volume, &error);
    if (rc) {
        say(fd, SAID_FAILED, rc, "", error.text);
        _exit(1);
    }
    int closed = fs_close(fs); /* the last one, if somebody has unmounted it already */
    let_go_of_output();
    if (serve_early() != 0)
        log_warn("signals cannot be taken early");
    say(fd, SAID_READY, 0, volume_drive(volume), volume_path(volume));
    rc = volume_serve(volume);
    rc = rc ? rc : closed;
    say(fd, SAID_ENDED, rc, "", "");
    _exit(rc ? 1 : 0);
}

/* ---- the fork -------------------------------------------------------------------------------------- */

static void fork_again(struct fs *fs, const char *path, const struct fs_mount_options *options, int fd)
{
    setsid();
    pid_t pid = fork();
    if (pid == 0)
        serve(fs, path, options, fd);
    _exit(pid < 0 ? 1 : 0);
}

/* The reading end of the pipe, or -errno. */
static int start_child(struct fs *fs, const char *path, const struct fs_mount_options *options)
{
    int ends[2], status = 0;
    LOCK_SCOPE(&fork_lock);
    if (pipe2(ends, O_CLOEXEC) < 0)
        return -errno;
    spill_fork_begin();
    pid_t pid = fork();
    spill_fork_end();
    if (pid == 0)
        fork_again(fs, path, options, ends[1]);
    int rc = pid < 0 ? -errno : ends[0];
    close(ends[1]);
    while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR)
        ;
    if (rc < 0)
        close(ends[0]);
    return rc;
}

/* ---- listening ------------------------------------------------------------------------------------- */

static uint64_t now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

/* 0, -ETIMEDOUT. -1: for ever. */
static int wait_readable(int fd, int timeout_ms)
{
    struct pollfd p = {fd, POLLIN, 0};
    uint64_t until = now_ms() + (uint64_t)(timeout_ms < 0 ? 0 : timeout_ms);
    for (;;) {
        uint64_t now = now_ms();
        int n = poll(&p, 1, timeout_ms < 0 ? -1 : until > now ? (int)(until - now) : 0);
        if (n > 0)
            return 0;
        if (n == 0)
            return -ETIMEDOUT;
        if (errno != EINTR)
            return -errno;
    }
}

/* 0, -ETIMEDOUT, -EIO when the child has gone. */
static int listen_to(const struct child *child, struct report *report, int timeout_ms)
{
    size_t at = 0;
    int rc = wait_readable(child->pipe, timeout_ms);
    while (rc == 0 && at < sizeof *report) {
        ssize_t n = read(child->pipe, (char *)report + at, sizeof *report - at);
        if (n == 0 || (n < 0 && errno != EINTR))
            return -EIO;
        at += n > 0 ? (size_t)n : 0;
        if (at < sizeof *report)
            rc = wait_readable(child->pipe, REST_MS);
    }
    report->text[sizeof report->text - 1] = report->drive[sizeof report->drive - 1] = 0;
    return rc;
}

static void send_signal(const struct child *child, int number)
{
    if (child->pidfd >= 0)
        syscall(SYS_pidfd_send_signal, child->pidfd, number, NULL, 0);
    else if (child->pid > 0)
        kill(child->pid, number);
}

/* It said hello and its end of the pipe is open, so the number still is its own. */
static void greet(struct child *child, const struct report *report)
{
    child->pid = report->pid;
    child->pidfd = (int)syscall(SYS_pidfd_open, child->pid, 0);
}

static int explain_silence(const struct child *child, int rc, int timeout_ms, struct fs_error *error)
{
    send_signal(child, SIGKILL);
    if (rc == -ETIMEDOUT)
        return fs_fail(error, rc, "the child that serves the mount was not ready after %d ms and was ended",
                       timeout_ms);
    return fs_fail(error, -EIO, "the child that serves the mount ended without a word");
}

static int await_ready(struct child *child, int timeout_ms, struct fs_error *error)
{
    struct report report;
    uint64_t until = now_ms() + (uint64_t)timeout_ms;
    for (;;) {
        uint64_t now = now_ms();
        int rc = listen_to(child, &report, until > now ? (int)(until - now) : 0);
        if (rc)
            return explain_silence(child, rc, timeout_ms, error);
        if (report.said == SAID_HELLO)
            greet(child, &report);
        else if (report.said == SAID_FAILED)
            return fs_fail(error, report.code, "%.*s", (int)sizeof error->text - 1, report.text);
        else
            break;
    }
    snprintf(child->path, sizeof child->path, "%s", report.text);
    snprintf(child->drive, sizeof child->drive, "%s", report.drive);
    return 0;
}

/* ---- public ---------------------------------------------------------------------------------------- */

int child_start(struct fs *fs, const char *path, const struct fs_mount_options *options, struct child **out,
                struct fs_error *error)
{
    struct child *child = calloc(1, sizeof *child);
    if (!child)
        return fs_fail(error, -ENOMEM, "out of memory");
    child->pidfd = -1;
    pthread_mutex_init(&child->lock, NULL);
    child->pipe = start_child(fs, path, options);
    int rc = child->pipe;
    if (rc < 0)
        fs_fail(error, rc, "no child can be started: %s", strerror(-rc));
    else
        rc = await_ready(
            child, (int)(options->ready_timeout_ms ? options->ready_timeout_ms : WAIT_DEFAULT_MS), error);
    if (rc < 0)
        child_free(child);
    else
        *out = child;
    return rc;
}

void child_free(struct child *child)
{
    if (child->pipe >= 0)
        close(child->pipe);
    if (child->pidfd >= 0)
        close(child->pidfd);
    pthread_mutex_destroy(&child->lock);
    free(child);
}

pid_t child_pid(const struct child *child)
{
    return child->pid;
}

const char *child_path(const struct child *child)
{
    return child->path;
}

const char *child_drive(const struct child *child)
{
    return child->drive;
}

static bool lock_within(pthread_mutex_t *mutex, int timeout_ms)
{
    struct timespec until;
    if (timeout_ms < 0)
        return pthread_mutex_lock(mutex) == 0;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += timeout_ms / 1000;
    until.tv_nsec += (long)(timeout_ms % 1000) * 1000000;
    until.tv_sec += until.tv_nsec / 1000000000;
    until.tv_nsec %= 1000000000;
    return pthread_mutex_clocklock(mutex, CLOCK_MONOTONIC, &until) == 0;
}

int child_wait(struct child *child, int timeout_ms)
{
    struct report report;
    if (!lock_within(&child->lock, timeout_ms))
        return -ETIMEDOUT;
    CLEANUP_UNLOCK pthread_mutex_t *held __attribute__((unused)) = &child->lock;
    if (child->ended)
        return child->result;
    int rc = listen_to(child, &report, timeout_ms);
    if (rc == -ETIMEDOUT)
        return rc;
    child->ended = true;
    child->result = rc ? rc : report.code;
    if (rc)
        log_error("process %d, which served %s, ended without closing the object; data may be lost",
                  (int)child->pid, child->path);
    return child->result;
}

int child_end(struct child *child, int timeout_ms)
{
    send_signal(child, SIGTERM);
    int rc = child_wait(child, timeout_ms);
    if (rc != -ETIMEDOUT)
        return rc;
    log_error("process %d, which serves %s, does not end; it is killed, data may be lost", (int)child->pid,
              child->path);
    send_signal(child, SIGKILL);
    child_wait(child, KILLED_MS);
    fs_unmount(child->path, NULL); /* the reaper may have been faster */
    return -ETIMEDOUT;
}
