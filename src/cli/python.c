// SPDX-License-Identifier: MIT
/*
 * See python.h. The interpreter is $DOKAN_PYTHON, else the `python3` of PATH. The current folder is taken out
 * of its search path before it imports anything, as `python3 -P` does from 3.11 on. The source travels
 * through a pipe, so that a password in it is not seen in the list of processes.
 *
 * What Python says on the report pipe are texts that end with NUL: `ready` DRIVE PATH once it can be used;
 * `error` ERRNO TEXT when it cannot, or when the source could not be closed; then the end of the pipe.
 */
#include "cli/python.h"

#include "cli/cancel.h"
#include "cli/progress.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { NO_MODULE = 69, WORDS_MAX = 64, PATIENCE_MS = 30000, SOURCE_FD = 3, REPORT_FD = 4 };

static const char program[] = "import sys\n"
                              "sys.path[:] = [folder for folder in sys.path if folder]\n"
                              "import importlib.util, runpy\n"
                              "if not importlib.util.find_spec('xdokan'):\n"
                              "    sys.exit(69)\n"
                              "runpy.run_module('xdokan', run_name='__main__', alter_sys=True)\n";

bool python_source(const char *text)
{
    return strncmp(text, "python://", 9) == 0 || strncmp(text, "pyfs+", 5) == 0;
}

int python_complain(void)
{
    return complain_text(
               0, "python:// and pyfs+ sources can only be mounted: see `dokanctl mount` and `dokanctl run`"),
           EXIT_USAGE;
}

static const char *interpreter(void)
{
    const char *named = getenv("DOKAN_PYTHON");
    return named && *named ? named : "python3";
}

/* ---- the command line ---------------------------------------------------------------------------------- */

struct words {
    char *list[WORDS_MAX + 1];
    size_t count;
    bool full; /* or out of memory */
};

static void words_free(struct words *words)
{
    for (size_t i = 0; i < words->count; i++)
        free(words->list[i]);
}

__attribute__((format(printf, 2, 3))) static void add_word(struct words *words, const char *fmt, ...)
{
    va_list args;
    char *text = NULL;
    va_start(args, fmt);
    if (words->count == WORDS_MAX || vasprintf(&text, fmt, args) < 0)
        words->full = true;
    else
        words->list[words->count++] = text;
    va_end(args);
}

/* -o KEY=VALUE, where a backslash keeps the commas of the value. */
static void add_option(struct words *words, const char *key, const char *value)
{
    char *text = value ? malloc(2 * strlen(value) + 1) : NULL, *to = text;
    if (!value)
        return;
    for (; text && *value; *to++ = *value++)
        if (*value == ',' || *value == '\\')
            *to++ = '\\';
    if (text)
        *to = 0;
    words->full |= !text;
    add_word(words, "-o");
    add_word(words, "%s=%s", key, text ? text : "");
    free(text);
}

static void add_filters(struct words *words, const struct call *call)
{
    for (size_t i = 0; i < call->given_count; i++) {
        if (strcmp(call->given[i].option->name, "filter") != 0)
            continue;
        add_word(words, "--filter");
        add_word(words, "%s", call->given[i].value);
    }
}

static int make_words(struct words *words, const struct opening *o, const char *point, bool stay)
{
    const struct call *call = &o->call;
    char *shown = fs_url_redact(call->argv[0]);
    add_word(words, "%s", interpreter());
    add_word(words, "-c");
    add_word(words, "%s", program);
    add_word(words, "--source-fd=%d", SOURCE_FD);
    add_word(words, "--report-fd=%d", REPORT_FD);
    if (stay)
        add_word(words, "--foreground");
    add_option(words, "numthreads", option_on(call, "single-thread") ? "1" : NULL);
    add_option(words, "timeout", option_value(call, "timeout"));
    add_option(words, "fsname", option_value(call, "fsname"));
    add_option(words, "volname", option_value(call, "volname"));
    if (o->list.mount_options)
        add_word(words, "--mount-options=%s", o->list.mount_options);
    if (option_on(call, "read-only"))
        add_word(words, "--read-only");
    add_filters(words, call);
    add_word(words, "--");
    add_word(words, "%s", shown ? shown : "");
    if (point)
        add_word(words, "%s", point);
    free(shown);
    return words->full ? complain(NULL, -E2BIG, "too many options") : 0;
}

/* Passwords are Python's own affair, and so are parameters. */
static int check_options(const struct opening *o)
{
    static const char *const refused[] = {"ask-password", "password-fd", "password-env", "credentials",
                                          "netrc"};
    int code = 0;
    for (size_t i = 0; i < COUNT_OF(refused) && code == 0; i++)
        if (option_on(&o->call, refused[i]))
            code = (complain_text(0, "--%s is not for Python sources: whatever the URL names asks by itself",
                                  refused[i]),
                    EXIT_USAGE);
    if (code == 0 && o->list.param_count)
        code =
            (complain_text(0, "'-o %s' is not for Python sources: write parameters into the URL, behind '?'",
                           o->list.params[0].key),
             EXIT_USAGE);
    return code;
}

/* ---- the process --------------------------------------------------------------------------------------- */

/* Standard output is ours alone: what a module prints goes to standard error. */
static int file_actions(posix_spawn_file_actions_t *actions, const int *source, const int *status)
{
    int rc = posix_spawn_file_actions_init(actions);
    if (rc == 0)
        rc = posix_spawn_file_actions_addopen(actions, 0, "/dev/null", O_RDONLY, 0);
    if (rc == 0)
        rc = posix_spawn_file_actions_adddup2(actions, 2, 1);
    if (rc == 0)
        rc = posix_spawn_file_actions_adddup2(actions, source[0], SOURCE_FD);
    return rc ? rc : posix_spawn_file_actions_adddup2(actions, status[1], REPORT_FD);
}

static int spawn(struct python *python, char **words, const int *source, const int *status)
{
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    sigset_t none;
    sigemptyset(&none);
    int rc = file_actions(&actions, source, status);
    if (rc)
        return rc;
    rc = posix_spawnattr_init(&attributes);
    if (rc == 0) {
        posix_spawnattr_setsigmask(&attributes, &none);
        posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSID);
        rc = posix_spawnp(&python->pid, words[0], &actions, &attributes, words, environ);
        posix_spawnattr_destroy(&attributes);
    }
    posix_spawn_file_actions_destroy(&actions);
    return rc;
}

/* A pipe whose ends are no descriptor that the child uses for something else. */
static bool open_pipe(int *ends)
{
    int low[2];
    if (pipe2(low, O_CLOEXEC) < 0)
        return false;
    for (int i = 0; i < 2; i++) {
        ends[i] = fcntl(low[i], F_DUPFD_CLOEXEC, REPORT_FD + 1);
        close(low[i]);
    }
    return ends[0] >= 0 && ends[1] >= 0;
}

static void close_ends(const int *ends)
{
    for (int i = 0; i < 2; i++)
        if (ends[i] >= 0)
            close(ends[i]);
}

static int complain_spawn(int error)
{
    const char *name = interpreter();
    if (error != ENOENT)
        return complain(name, -error, NULL);
    return complain_text(
        0, "%s: not found; install it (apt install python3-xdokan), or name an interpreter in DOKAN_PYTHON",
        name);
}

/* ---- what it says -------------------------------------------------------------------------------------- */

struct said {
    char text[PATH_MAX + 2048];
    size_t length;
};

static const char *word(const struct said *said, size_t index)
{
    const char *at = said->text, *end = said->text + said->length;
    for (; index && at < end; index--)
        at += strnlen(at, (size_t)(end - at)) + 1;
    return at < end && memchr(at, 0, (size_t)(end - at)) ? at : NULL;
}

static int64_t now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* Until there are three words, or the pipe ends. -ETIMEDOUT; -ECANCELED if that may be. */
static int listen_to(const struct python *python, int64_t until, bool cancel, struct said *said)
{
    struct pollfd fd = {.fd = python->status, .events = POLLIN};
    said->length = 0;
    while (!word(said, 2)) {
        int64_t left = until - now_ms();
        if (cancel && cancelled())
            return -ECANCELED;
        if (left <= 0)
            return -ETIMEDOUT;
        if (poll(&fd, 1, left > 200 ? 200 : (int)left) <= 0)
            continue;
        ssize_t n = read(fd.fd, said->text + said->length, sizeof said->text - said->length);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return 0;
        said->length += (size_t)n;
    }
    return 0;
}

/* Its exit status; a process that somebody else has waited for is one that ended well. */
static int wait_for(struct python *python, int64_t until, bool *ended)
{
    int status = 0;
    for (;;) {
        pid_t pid = waitpid(python->pid, &status, WNOHANG);
        if (pid != 0 && !(pid < 0 && errno == EINTR)) {
            *ended = true;
            return pid < 0 ? 0 : status;
        }
        if (now_ms() >= until)
            return 0;
        poll(NULL, 0, 5);
    }
}

static int end_within(struct python *python, int64_t ms)
{
    bool ended = false;
    int status = wait_for(python, now_ms() + ms, &ended);
    if (!ended) {
        kill(python->pid, SIGKILL);
        status = wait_for(python, now_ms() + PATIENCE_MS, &ended);
    }
    return status;
}

static int complain_end(int status)
{
    if (WIFEXITED(status) && WEXITSTATUS(status) == NO_MODULE)
        return complain_text(
            0,
            "%s has no module xdokan; install it (apt install python3-xdokan), or name in DOKAN_PYTHON "
            "the interpreter that has it",
            interpreter());
    if (WIFSIGNALED(status))
        return complain_text(0, "Python was ended by signal %d", WTERMSIG(status));
    return complain_text(0, "Python ended with status %d and said no more than that", WEXITSTATUS(status));
}

static int complain_said(const struct said *said)
{
    const char *text = word(said, 2);
    return complain_text(-(int)strtol(word(said, 1), NULL, 10), "%s", text);
}

static bool is_ready(struct python *python, const struct said *said)
{
    if (!word(said, 2) || strcmp(said->text, "ready") != 0)
        return false;
    int drive = snprintf(python->drive, sizeof python->drive, "%s", word(said, 1));
    int path = snprintf(python->path, sizeof python->path, "%s", word(said, 2));
    return drive < (int)sizeof python->drive && path < (int)sizeof python->path;
}

static int wait_ready(struct python *python, unsigned seconds)
{
    struct said said = {0};
    int rc = listen_to(python, now_ms() + (int64_t)seconds * 1000, true, &said);
    progress_hide();
    if (rc == 0 && is_ready(python, &said))
        return 0;
    if (rc)
        kill(python->pid, SIGTERM);
    int status = end_within(python, 5000);
    close(python->status);
    if (rc == -ETIMEDOUT)
        return complain_text(rc, "Python has not mounted it after %u seconds; --wait gives it longer",
                             seconds);
    if (rc)
        return complain(NULL, rc, NULL);
    return word(&said, 2) && strcmp(said.text, "error") == 0 ? complain_said(&said) : complain_end(status);
}

/* ---- all of it ----------------------------------------------------------------------------------------- */

/* The source, which fits into a pipe, and then its end. */
static int send_source(int fd, const char *source)
{
    size_t length = strlen(source);
    return fcntl(fd, F_SETFL, O_NONBLOCK) < 0 || write(fd, source, length) != (ssize_t)length ? -E2BIG : 0;
}

static int start(struct python *python, const char *source, char **words)
{
    int in[2] = {-1, -1}, out[2] = {-1, -1};
    bool open = open_pipe(in) && open_pipe(out);
    int code = open ? 0 : complain(NULL, -errno, NULL);
    if (open && send_source(in[1], source) < 0)
        code = complain_text(0, "the source is too long");
    if (code == 0) {
        int rc = spawn(python, words, in, out);
        code = rc ? complain_spawn(rc) : 0;
    }
    if (code == 0) {
        python->status = out[0];
        out[0] = -1;
    }
    close_ends(in);
    close_ends(out);
    return code;
}

int python_start(struct python *python, const struct opening *o, const char *point, bool stay)
{
    struct words words = {0};
    unsigned seconds = 20;
    *python = (struct python){.status = -1};
    int code = check_options(o);
    code = code ? code : option_number(&o->call, "wait", 1, 86400, &seconds);
    code = code ? code : make_words(&words, o, point, stay);
    code = code ? code : start(python, o->call.argv[0], words.list);
    words_free(&words);
    return code ? code : wait_ready(python, seconds);
}

int python_stop(struct python *python)
{
    struct said said = {0};
    bool ended = false;
    int status = wait_for(python, 0, &ended);
    if (!ended)
        kill(python->pid, SIGTERM);
    int rc = listen_to(python, now_ms() + PATIENCE_MS, false, &said);
    if (!ended)
        status = end_within(python, rc ? 0 : 5000);
    close(python->status);
    if (rc)
        return complain_text(rc, "the source could not be closed in time; data may be lost");
    if (word(&said, 2) && strcmp(said.text, "error") == 0)
        return complain_said(&said);
    return status ? complain_end(status) : 0;
}

void python_leave(struct python *python)
{
    close(python->status);
}
