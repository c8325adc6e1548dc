// SPDX-License-Identifier: MIT
/*
 * dokanctl run SOURCE [--] COMMAND...
 *
 * Three processes: this one waits outside; the server, first process of the new PID namespace, opens and
 * mounts; the command, a child of the server, was made before the server had threads and waits for word from
 * it. The kernel ends everything in a PID namespace with its first process, and the server asks to be killed
 * when this process ends: so nothing stays behind. Signals go from here to the server and from there to the
 * command, but for those that the terminal has sent to all three already.
 *
 * A shell inside wants a process group that it can see. So where this is a job of its own on a terminal, the
 * server and the command become the foreground group; when the command stops, the server says so, and this
 * process stops as well.
 */
#include "cli/serve.h"

#include "cli/cancel.h"
#include "cli/namespace.h"
#include "cli/progress.h"
#include "cli/python.h"
#include "cli/secrets.h"
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { CANNOT_EXECUTE = 126, NO_SUCH_COMMAND = 127 };

static const int forwarded[] = {SIGHUP,  SIGINT,  SIGQUIT,  SIGTERM, SIGUSR1,
                                SIGUSR2, SIGALRM, SIGWINCH, SIGCONT};

static void signal_set(sigset_t *set)
{
    sigemptyset(set);
    sigaddset(set, SIGCHLD);
    sigaddset(set, SIGIO);
    for (size_t i = 0; i < COUNT_OF(forwarded); i++)
        sigaddset(set, forwarded[i]);
}

static int status_code(int status)
{
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

/* ---- the command -------------------------------------------------------------------------------------- */

/* The path of the mount, which the server writes; an early end of the pipe means that there is none. */
static bool read_path(int fd, char *out, size_t size)
{
    size_t length = 0;
    ssize_t n;
    while (length < size && (n = read(fd, out + length, size - length)) != 0) {
        if (n < 0 && errno != EINTR)
            return false;
        length += n > 0 ? (size_t)n : 0;
        if (length && !out[length - 1])
            return true;
    }
    return false;
}

static int execute(const struct call *call, char **command)
{
    execvp(command[0], command);
    int error = errno;
    complain(command[0], -error, error == ENOENT && !strchr(command[0], '/') ? "is it installed?" : NULL);
    return error == ENOENT ? NO_SUCH_COMMAND : CANNOT_EXECUTE;
}

static _Noreturn void command_main(const struct call *call, int words, const sigset_t *mask, char **folders)
{
    char path[PATH_MAX];
    if (!read_path(words, path, sizeof path))
        _exit(EXIT_RUN);
    setenv("DOKAN_MOUNT", path, 1);
    for (size_t i = 0; i < 2; i++) {
        const char *name = i ? "DOKAN_DRIVES" : "DOKAN_RUNTIME";
        if (folders[i])
            setenv(name, folders[i], 1);
        else
            unsetenv(name);
    }
    if (option_on(call, "chdir") && chdir(path) < 0)
        _exit((complain(path, -errno, NULL), EXIT_RUN));
    sigprocmask(SIG_SETMASK, mask, NULL);
    _exit(execute(call, call->argv + 1));
}

/* ---- the server --------------------------------------------------------------------------------------- */

/* What the server knows of the two others. */
struct inside {
    pid_t command;
    int words;   /* takes the path for the command */
    int outside; /* to the process outside */
    bool group;  /* server and command are the terminal's foreground group */
};

/* Adopted processes end here too; only the command's status counts. True when that has ended. */
static bool reap(pid_t command, int outside, int *status)
{
    int one;
    for (pid_t pid; (pid = waitpid(-1, &one, WNOHANG | WUNTRACED)) > 0;) {
        if (WIFSTOPPED(one)) {
            if (pid == command && send(outside, "s", 1, MSG_NOSIGNAL) < 0)
                return false; /* it is gone, and so are we in a moment */
        } else if (pid == command) {
            *status = one;
            return true;
        }
    }
    return false;
}

/* The terminal has sent it to the whole group. */
static bool from_terminal(const siginfo_t *info)
{
    return info->si_code == SI_KERNEL;
}

static int serve_command(const struct served *served, const sigset_t *set, const struct inside *inside)
{
    siginfo_t info;
    int status = 0;
    bool mounted = true;
    while (!reap(inside->command, inside->outside, &status)) {
        int number = mounted ? serve_wait(served, set, &info) : sigwaitinfo(set, &info);
        mounted &= number != 0; /* unmounted behind our back: the command may go on without */
        if (number == SIGCONT && inside->group) {
            if (info.si_pid != getpid())
                kill(0, SIGCONT); /* comes back to us */
        } else if (number > 0 && number != SIGCHLD && number != SIGIO && !from_terminal(&info)) {
            kill(inside->command, number);
        }
    }
    return status_code(status);
}

static const char *choose_point(const struct opening *o, char *folder, size_t size)
{
    const char *given = option_value(&o->call, "mount-point");
    size_t length = strlen(folder);
    if (!given)
        snprintf(folder + length, size - length, "/mount");
    return given ? given : folder;
}

/* Tells the command where it is, and serves until that has ended. */
static int serve_source(struct opening *o, const char *point, struct fs *fs, const struct inside *inside)
{
    struct fs_mount_options options;
    struct served served;
    sigset_t set;
    signal_set(&set);
    int code = mount_options_read(o, &options);
    code = code ? code : serve_start(&served, fs, point, &options, &set);
    if (code)
        return EXIT_RUN;
    const char *path = served.mount->path;
    ssize_t n = write(inside->words, path, strlen(path) + 1);
    close(inside->words);
    code = n < 0 ? EXIT_RUN : serve_command(&served, &set, inside);
    int closed = serve_stop(&served);
    return closed ? EXIT_RUN : code;
}

/* The same; Python serves. */
static int serve_python(struct opening *o, const char *point, const struct inside *inside)
{
    struct fs_mount_options options;
    struct python python;
    sigset_t set;
    signal_set(&set);
    namespace_share_power();
    if (mount_options_read(o, &options) || python_start(&python, o, point, true))
        return cancelled() ? EXIT_CANCELLED : EXIT_RUN;
    const struct served served = {.event = python.status};
    sigprocmask(SIG_BLOCK, &set, NULL);
    ssize_t n = write(inside->words, python.path, strlen(python.path) + 1);
    close(inside->words);
    int code = n < 0 ? EXIT_RUN : serve_command(&served, &set, inside);
    return python_stop(&python) ? EXIT_RUN : code;
}

static int server_main(const struct call *call, const struct inside *inside)
{
    struct opening o;
    struct fs *fs = NULL;
    char folder[PATH_MAX];
    int code = namespace_folder(folder, sizeof folder);
    if (code)
        return code;
    code = opening_start(&o, call, false);
    if (python_source(call->argv[0])) {
        code = code ? EXIT_RUN : serve_python(&o, choose_point(&o, folder, sizeof folder), inside);
        opening_close(&o);
        return code;
    }
    code = code ? code : source_mount(&o, call->argv[0], &fs);
    progress_hide();
    secrets_unset(o.options.credentials.environment);
    if (code == 0 && cancelled())
        code = complain(NULL, -ECANCELED, NULL);
    code = code ? (code == EXIT_CANCELLED ? code : EXIT_RUN)
                : serve_source(&o, choose_point(&o, folder, sizeof folder), fs, inside);
    if (fs_close(fs) < 0)
        code = EXIT_RUN;
    opening_close(&o);
    return code;
}

static void inherit(char **folders)
{
    static const char *const names[] = {"DOKAN_RUNTIME", "DOKAN_DRIVES"};
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        const char *value = getenv(names[i]);
        folders[i] = value ? strdup(value) : NULL;
    }
}

/* SIGTTOU would stop who takes the terminal. */
static void take_terminal(pid_t group)
{
    sigset_t set, before;
    int tty = open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC);
    sigemptyset(&set);
    sigaddset(&set, SIGTTOU);
    sigprocmask(SIG_BLOCK, &set, &before);
    if (tty >= 0 && tcgetpgrp(tty) != group && tcsetpgrp(tty, group) < 0)
        errno = 0; /* the terminal is gone */
    sigprocmask(SIG_SETMASK, &before, NULL);
    if (tty >= 0)
        close(tty);
}

/* `outside` ends with the process outside. */
static _Noreturn void server(const struct call *call, int outside, bool group, const sigset_t *mask)
{
    int words[2];
    char *folders[2], c;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (fcntl(outside, F_SETFL, O_NONBLOCK) < 0 || read(outside, &c, 1) == 0)
        _exit(EXIT_RUN); /* it was gone before we asked */
    if (group && setpgid(0, 0) == 0)
        take_terminal(getpgrp());
    inherit(folders);
    pid_t command = pipe2(words, O_CLOEXEC) < 0 ? -1 : fork();
    if (command == 0) {
        close(words[1]);
        secrets_unset(option_value(call, "password-env"));
        command_main(call, words[0], mask, folders);
    }
    if (command < 0)
        _exit((complain(NULL, -errno, NULL), EXIT_RUN));
    close(words[0]);
    sigprocmask(SIG_SETMASK, mask, NULL);
    const struct inside inside = {command, words[1], outside, group};
    _exit(server_main(call, &inside));
}

/* ---- outside ------------------------------------------------------------------------------------------ */

/* The command has stopped: so do we, and all of this job; whoever continues us continues the command. */
static void stop_too(int inside, pid_t pid)
{
    char c;
    if (read(inside, &c, 1) != 1)
        return;
    take_terminal(getpgrp());
    kill(0, SIGTSTP);
    int tty = open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (tty >= 0 && tcgetpgrp(tty) == getpgrp())
        take_terminal(pid);
    if (tty >= 0)
        close(tty);
    kill(pid, SIGCONT);
}

static int wait_outside(pid_t pid, int inside, const sigset_t *set)
{
    int status = 0;
    while (waitpid(pid, &status, WNOHANG) == 0) {
        siginfo_t info;
        int number = sigwaitinfo(set, &info);
        if (number == SIGIO)
            stop_too(inside, pid);
        else if (number > 0 && number != SIGCHLD && !from_terminal(&info))
            kill(pid, number);
    }
    return status_code(status);
}

/* Whether this is a job of its own on a terminal, and no part of a pipeline. */
static bool is_job(void)
{
    return isatty(STDIN_FILENO) && isatty(STDOUT_FILENO) && getpgrp() == getpid() &&
           tcgetpgrp(STDIN_FILENO) == getpgrp();
}

int run_run(const struct call *call)
{
    int ends[2];
    sigset_t set, mask;
    bool job = is_job();
    int code = namespace_enter();
    if (code)
        return code;
    signal_set(&set);
    sigprocmask(SIG_BLOCK, &set, &mask);
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0 ||
        fcntl(ends[0], F_SETOWN, getpid()) < 0 || fcntl(ends[0], F_SETFL, O_ASYNC | O_NONBLOCK) < 0)
        return complain(NULL, -errno, NULL), EXIT_RUN;
    fflush(NULL);
    pid_t pid = fork();
    if (pid == 0) {
        close(ends[0]);
        server(call, ends[1], job, &mask);
    }
    if (pid < 0)
        return complain(NULL, -errno, NULL), EXIT_RUN;
    close(ends[1]);
    secrets_unset(option_value(call, "password-env"));
    code = wait_outside(pid, ends[0], &set);
    if (job)
        take_terminal(getpgrp());
    /* No way back to main(): here no thread can be made any more, which a leak checker would want to do. */
    fflush(NULL);
    _exit(code);
}
