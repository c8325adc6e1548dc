// SPDX-License-Identifier: MIT

#include "base/testing.h"

#include "base/cleanup.h"
#include "base/spawn.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

static volatile sig_atomic_t child_signals;
static int output[2]; // a pipe; the helper writes to descriptor 9

static void count_signal(int signal)
{
    child_signals++;
}

static int set_up(void **state)
{
    child_signals = 0;
    signal(SIGCHLD, count_signal);
    if (pipe2(output, O_CLOEXEC) < 0)
        return -1;
    int high = dup3(output[1], 9, O_CLOEXEC);
    close(output[1]);
    return high == 9 ? 0 : -1;
}

static int tear_down(void **state)
{
    signal(SIGCHLD, SIG_DFL);
    close(9);
    close(output[0]);
    return 0;
}

static void host_saw_no_child(void)
{
    assert_int_equal(child_signals, 0);
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
    assert_int_equal(errno, ECHILD);
}

static int sh(const char *script, int *status)
{
    char *argv[] = {"sh", "-c", (char *)script, NULL};
    const int keep[] = {9, -1};
    return spawn_run("/bin/sh", argv, NULL, keep, status);
}

// What the helper wrote to descriptor 9, up to its end or `size` bytes.
static const char *read_output(void)
{
    static char text[4096];
    size_t used = 0;
    ssize_t got;
    close(9);
    while ((got = read(output[0], text + used, sizeof text - 1 - used)) > 0)
        used += (size_t)got;
    text[used] = '\0';
    return text;
}

static void reports_status(void **state)
{
    int status = -1;
    assert_int_equal(sh("exit 0", &status), 0);
    assert_int_equal(status, 0);
    assert_int_equal(sh("exit 42", &status), 0);
    assert_int_equal(status, 42);
    assert_int_equal(sh("kill -TERM $$", &status), 0);
    assert_int_equal(status, 128 + SIGTERM);
    assert_int_equal(sh("exit 1", NULL), 0);
    host_saw_no_child();
}

static void reports_failure_to_start(void **state)
{
    char *argv[] = {"x", NULL};
    const int closed[] = {99, -1};
    int status = -1;
    assert_int_equal(spawn_run("/nonexistent/x", argv, NULL, NULL, &status), -ENOENT);
    assert_int_equal(spawn_detached("/nonexistent/x", argv, NULL, NULL), -ENOENT);
    assert_int_equal(spawn_run("/etc/passwd", argv, NULL, NULL, &status), -EACCES);
    assert_int_equal(spawn_run("/bin/true", argv, NULL, closed, &status), -EBADF);
    assert_int_equal(status, -1);
    host_saw_no_child();
}

static void works_when_host_ignores_children(void **state)
{
    int status = -1;
    signal(SIGCHLD, SIG_IGN);
    assert_int_equal(sh("exit 3", &status), 0);
    assert_int_equal(status, 3);
}

static void passes_only_the_kept_descriptors(void **state)
{
    int leaky = open("/dev/null", O_RDONLY); // as a careless host leaves it, without CLOEXEC
    int high = fcntl(leaky, F_DUPFD, 300);
    assert_true(leaky > 2 && high >= 300);
    char script[200];
    snprintf(script, sizeof script,
             "for n in 0 1 2 3 4 5 6 7 8 9 %d; do [ -e /proc/$$/fd/$n ] && echo $n >&9; done", high);
    sh(script, NULL);
    close(leaky);
    close(high);
    assert_string_equal(read_output(), "0\n1\n2\n9\n");
}

static void starts_with_clean_signals(void **state)
{
    sigset_t blocked, before;
    sigfillset(&blocked);
    sigdelset(&blocked, SIGCHLD);
    signal(SIGPIPE, SIG_IGN);
    signal(SIGRTMIN, SIG_IGN);
    pthread_sigmask(SIG_SETMASK, &blocked, &before);
    char *argv[] = {"grep", "-E", "^Sig(Blk|Ign):", "/proc/self/status", NULL};
    const int keep[] = {1, -1};
    int saved = dup(1);
    dup2(9, 1);
    int error = spawn_run("/bin/grep", argv, NULL, keep, NULL);
    dup2(saved, 1);
    close(saved);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    signal(SIGPIPE, SIG_DFL);
    signal(SIGRTMIN, SIG_DFL);
    assert_int_equal(error, 0);
    assert_string_equal(read_output(), "SigBlk:\t0000000000000000\nSigIgn:\t0000000000000000\n");
}

static void host_keeps_its_signals(void **state)
{
    struct sigaction action;
    sigset_t before, after;
    sigemptyset(&before);
    sigaddset(&before, SIGUSR1);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    assert_int_equal(sh("exit 0", NULL), 0);
    pthread_sigmask(SIG_SETMASK, NULL, &after);
    assert_true(sigismember(&after, SIGUSR1));
    assert_false(sigismember(&after, SIGUSR2));
    sigaction(SIGCHLD, NULL, &action);
    assert_ptr_equal(action.sa_handler, count_signal);
    pthread_kill(pthread_self(), SIGCHLD);
    assert_int_equal(child_signals, 1);
    sigemptyset(&before);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
}

static void passes_the_environment(void **state)
{
    char *argv[] = {"sh", "-c", "echo \"$A:$B\" >&9", NULL}, *envp[] = {"A=1", NULL};
    const int keep[] = {9, -1};
    setenv("B", "2", 1);
    assert_int_equal(spawn_run("/bin/sh", argv, envp, keep, NULL), 0);
    assert_int_equal(spawn_run("/bin/sh", argv, NULL, keep, NULL), 0);
    unsetenv("B");
    assert_string_equal(read_output(), "1:\n:2\n");
}

// While a helper runs, a host that waits for any child must find none.
static void *wait_for_anything(void *arg)
{
    for (int i = 0; i < 100; i++) {
        if (waitpid(-1, NULL, WNOHANG) != -1 || errno != ECHILD)
            return arg;
        poll(NULL, 0, 2);
    }
    return NULL;
}

static void stays_hidden_while_running(void **state)
{
    pthread_t thread;
    void *found;
    int status = -1;
    assert_int_equal(pthread_create(&thread, NULL, wait_for_anything, &status), 0);
    assert_int_equal(sh("sleep 0.3; exit 5", &status), 0);
    pthread_join(thread, &found);
    assert_null(found);
    assert_int_equal(status, 5);
    host_saw_no_child();
}

static void detached_helper_lives_on(void **state)
{
    char *argv[] = {"sh", "-c",
                    "ps=$(cat /proc/$$/stat); set -- $ps; echo $1 $4 $6 >&9; sleep 0.2; echo end >&9", NULL};
    const int keep[] = {9, -1};
    assert_int_equal(spawn_detached("/bin/sh", argv, NULL, keep), 0);
    const char *text = read_output(); // up to the end of the helper
    long pid, parent, session;
    assert_int_equal(sscanf(text, "%ld %ld %ld", &pid, &parent, &session), 3);
    assert_int_not_equal(parent, getpid());
    assert_int_equal(session, pid);
    assert_non_null(strstr(text, "end"));
    host_saw_no_child();
}

static void detached_helper_lets_go_of_stdio(void **state)
{
    char *argv[] = {"sh", "-c", "a=$(readlink /proc/$$/fd/0 /proc/$$/fd/1); echo \"$a\" >&9", NULL};
    const int keep[] = {9, -1};
    assert_int_equal(spawn_detached("/bin/sh", argv, NULL, keep), 0);
    assert_string_equal(read_output(), "/dev/null\n/dev/null\n");
}

static void *spawn_many(void *arg)
{
    for (int i = 0; i < 25; i++) {
        int status = -1;
        char script[20], *argv[] = {"sh", "-c", script, NULL};
        snprintf(script, sizeof script, "exit %d", i);
        if (spawn_run("/bin/sh", argv, NULL, NULL, &status) != 0 || status != i)
            return arg;
    }
    return NULL;
}

static void threads_may_spawn_at_once(void **state)
{
    pthread_t threads[4];
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, spawn_many, output), 0);
    for (size_t i = 0; i < 4; i++) {
        void *wrong;
        pthread_join(threads[i], &wrong);
        assert_null(wrong);
    }
    host_saw_no_child();
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(reports_status),
        TEST(reports_failure_to_start),
        TEST(works_when_host_ignores_children),
        TEST(passes_only_the_kept_descriptors),
        TEST(starts_with_clean_signals),
        TEST(host_keeps_its_signals),
        TEST(passes_the_environment),
        TEST(stays_hidden_while_running),
        TEST(detached_helper_lives_on),
        TEST(detached_helper_lets_go_of_stdio),
        TEST(threads_may_spawn_at_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
