// SPDX-License-Identifier: MIT
//
// Why two processes. A child made with exit signal 0 is invisible to the host: no SIGCHLD, and wait() passes
// over it. But exec gives every process the exit signal SIGCHLD back, so the program itself cannot be that
// child. Hence a middle process with exit signal 0 which never executes anything: it starts the helper as its
// own child, waits for it (or, to detach, just ends, and init inherits the helper), and ends.
//
// Both are made with CLONE_VM and CLONE_VFORK, on stacks of their own: they share the host's memory, and at
// any time only one of {calling thread, middle, helper before exec} runs. They may only make system calls.
// All signals are blocked until the helper has its default dispositions back. Sanitizers keep out of both:
// what touches descriptors is a direct system call, or they would take the child's descriptors for the
// host's.

#include "base/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define STACK_SIZE   ((size_t)64 << 10)
#define SIGNALS      64 // the kernel's
#define SIGSET_BYTES (SIGNALS / 8)
#define FD_SCAN_MAX  65536u

#ifdef __GLIBC__
// clone() by the name that sanitizers do not intercept: they would take our child for a fork of the host.
int __clone(int (*fn)(void *arg), void *stack, int flags, void *arg, ...);
#define make_process __clone
#else
#define make_process clone
#endif

#define IN_CHILD __attribute__((no_sanitize("address"), no_sanitize("undefined"), no_sanitize("thread")))

struct spawn {
    const char *path;
    char *const *argv;
    char *const *envp;
    const int *keep_fds;
    bool detached;
    char *helper_stack; // its top
    int error;          // errno of a failed start
    int status;         // as from waitpid
};

IN_CHILD static bool is_kept(const int *keep_fds, int fd)
{
    for (; keep_fds && *keep_fds >= 0; keep_fds++) {
        if (*keep_fds == fd)
            return true;
    }
    return false;
}

// The smallest kept descriptor that is not below `from`, or -1.
IN_CHILD static int next_kept(const int *keep_fds, int from)
{
    int found = -1;
    for (; keep_fds && *keep_fds >= 0; keep_fds++) {
        if (*keep_fds >= from && (found < 0 || *keep_fds < found))
            found = *keep_fds;
    }
    return found;
}

IN_CHILD static void close_range_or_each(unsigned first, unsigned last)
{
    if (first > last || syscall(SYS_close_range, first, last, 0) == 0)
        return;
    for (unsigned fd = first; fd <= last && fd < FD_SCAN_MAX; fd++)
        syscall(SYS_close, fd);
}

IN_CHILD static int set_up_fds(const int *keep_fds)
{
    int first = 3;
    for (int fd = next_kept(keep_fds, 0); fd >= 0; fd = next_kept(keep_fds, fd + 1)) {
        if (syscall(SYS_fcntl, fd, F_SETFD, 0) < 0)
            return errno;
        if (fd >= first) {
            if (fd > first)
                close_range_or_each((unsigned)first, (unsigned)fd - 1);
            first = fd + 1;
        }
    }
    close_range_or_each((unsigned)first, UINT_MAX);
    return 0;
}

IN_CHILD static int leave_host(const int *keep_fds)
{
    setsid();
    int null = (int)syscall(SYS_openat, AT_FDCWD, "/dev/null", O_RDWR | O_CLOEXEC, 0);
    if (null < 0)
        return errno;
    for (int fd = 0; fd <= 1; fd++) {
        if (is_kept(keep_fds, fd))
            continue;
        if (null == fd)
            syscall(SYS_fcntl, fd, F_SETFD, 0);
        else if (syscall(SYS_dup3, null, fd, 0) < 0)
            return errno;
    }
    return 0;
}

// By direct system calls: the C library refuses its own two signals, and what a sanitizer notes about
// handlers is the host's.
IN_CHILD static void reset_signals(void)
{
    uint64_t none[8] = {0}; // SIG_DFL, no flags, no mask, however the kernel orders them
    for (int signal = 1; signal <= SIGNALS; signal++)
        syscall(SYS_rt_sigaction, signal, none, NULL, SIGSET_BYTES);
    syscall(SYS_rt_sigprocmask, SIG_SETMASK, none, NULL, SIGSET_BYTES);
}

IN_CHILD static int helper_main(void *arg)
{
    struct spawn *spawn = arg;
    spawn->error = spawn->detached ? leave_host(spawn->keep_fds) : 0;
    if (!spawn->error)
        spawn->error = set_up_fds(spawn->keep_fds);
    if (!spawn->error) {
        reset_signals();
        execve(spawn->path, spawn->argv, spawn->envp);
        spawn->error = errno;
    }
    return 127;
}

IN_CHILD static int middle_main(void *arg)
{
    struct spawn *spawn = arg;
    uint64_t none[8] = {0};
    // With SIGCHLD ignored, as the host may have it, the helper's status would be lost.
    syscall(SYS_rt_sigaction, SIGCHLD, none, NULL, SIGSET_BYTES);
    int pid = make_process(helper_main, spawn->helper_stack, CLONE_VM | CLONE_VFORK | SIGCHLD, spawn);
    if (pid < 0) {
        spawn->error = errno;
        return 0;
    }
    if (spawn->detached && !spawn->error)
        return 0;
    while (syscall(SYS_wait4, pid, &spawn->status, 0, NULL) < 0 && errno == EINTR)
        ;
    return 0;
}

static int run_middle(struct spawn *spawn, char *stack_top)
{
    int pid = make_process(middle_main, stack_top, CLONE_VM | CLONE_VFORK, spawn);
    if (pid < 0)
        return -errno;
    while (waitpid(pid, NULL, __WCLONE) < 0 && errno == EINTR)
        ;
    return -spawn->error;
}

// Two stacks, each above a page that must not be touched.
static int run_on_stacks(struct spawn *spawn)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE), one = page + STACK_SIZE;
    char *stacks =
        mmap(NULL, 2 * one, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
    if (stacks == MAP_FAILED)
        return -errno;
    int error = 0;
    if (mprotect(stacks, page, PROT_NONE) < 0 || mprotect(stacks + one, page, PROT_NONE) < 0)
        error = -errno;
    spawn->helper_stack = stacks + 2 * one;
    if (!error)
        error = run_middle(spawn, stacks + one);
    munmap(stacks, 2 * one);
    return error;
}

static int run_spawn(struct spawn *spawn)
{
    sigset_t all, before;
    int state;
    if (!spawn->envp)
        spawn->envp = environ;
    sigfillset(&all);
    pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &state);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int error = run_on_stacks(spawn);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    pthread_setcancelstate(state, NULL);
    return error;
}

int spawn_run(const char *path, char *const argv[], char *const envp[], const int *keep_fds, int *exit_status)
{
    struct spawn spawn = {.path = path, .argv = argv, .envp = envp, .keep_fds = keep_fds};
    int error = run_spawn(&spawn);
    if (!error && exit_status)
        *exit_status = WIFSIGNALED(spawn.status) ? 128 + WTERMSIG(spawn.status) : WEXITSTATUS(spawn.status);
    return error;
}

int spawn_detached(const char *path, char *const argv[], char *const envp[], const int *keep_fds)
{
    struct spawn spawn = {.path = path, .argv = argv, .envp = envp, .keep_fds = keep_fds, .detached = true};
    return run_spawn(&spawn);
}
