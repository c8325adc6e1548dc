// SPDX-License-Identifier: MIT

#include "base/testing.h"

#include "base/thread.h"

#include <errno.h>
#include <semaphore.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

struct seen {
    int order; // digits in order of events: 1 start, 2 body, 3 stop
    char name[16];
    size_t stack;
    sigset_t blocked;
    sem_t waiting;
};

static void on_start(void *arg)
{
    struct seen *seen = arg;
    seen->order = 10 * seen->order + 1;
}

static void on_stop(void *arg)
{
    struct seen *seen = arg;
    seen->order = 10 * seen->order + 3;
}

static void *look_around(void *arg)
{
    struct seen *seen = arg;
    pthread_attr_t attr;
    seen->order = 10 * seen->order + 2;
    prctl(PR_GET_NAME, seen->name);
    pthread_sigmask(SIG_BLOCK, NULL, &seen->blocked);
    pthread_getattr_np(pthread_self(), &attr);
    pthread_attr_getstacksize(&attr, &seen->stack);
    pthread_attr_destroy(&attr);
    return seen;
}

static void *wait_for_ever(void *arg)
{
    struct seen *seen = arg;
    seen->order = 10 * seen->order + 2;
    sem_post(&seen->waiting);
    while (pause())
        ;
    return NULL;
}

static void *leave_early(void *arg)
{
    struct seen *seen = arg;
    seen->order = 10 * seen->order + 2;
    pthread_exit(arg);
    return NULL;
}

static void runs_with_hooks(void **state)
{
    struct seen seen = {0};
    struct thread_hooks hooks = {on_start, on_stop, &seen};
    pthread_t thread;
    void *result;
    assert_int_equal(thread_start(&thread, "a-rather-long-name", 0, &hooks, look_around, &seen), 0);
    pthread_join(thread, &result);
    assert_ptr_equal(result, &seen);
    assert_int_equal(seen.order, 123);
    assert_string_equal(seen.name, "a-rather-long-n");
    assert_in_range(seen.stack, THREAD_STACK_DEFAULT, THREAD_STACK_DEFAULT + 65536);
}

static void blocks_the_hosts_signals(void **state)
{
    struct seen seen = {0};
    pthread_t thread;
    sigset_t before, after;
    sigemptyset(&before);
    sigaddset(&before, SIGUSR1);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    assert_int_equal(thread_start(&thread, "x", 100000, NULL, look_around, &seen), 0);
    pthread_join(thread, NULL);
    pthread_sigmask(SIG_SETMASK, NULL, &after);
    pthread_sigmask(SIG_UNBLOCK, &before, NULL);
    for (int signal = 1; signal <= SIGRTMAX; signal++) {
        bool fault = signal == SIGSEGV || signal == SIGBUS || signal == SIGFPE || signal == SIGILL ||
                     signal == SIGTRAP || signal == SIGSYS;
        bool system = signal == SIGKILL || signal == SIGSTOP || (signal > 31 && signal < SIGRTMIN);
        if (!system)
            assert_int_equal(sigismember(&seen.blocked, signal), !fault);
        assert_int_equal(sigismember(&before, signal), sigismember(&after, signal));
    }
    assert_int_equal(seen.order, 2);
    assert_in_range(seen.stack, 100000, THREAD_STACK_DEFAULT);
}

static void stop_hook_runs_on_cancel(void **state)
{
    struct seen seen = {0};
    struct thread_hooks hooks = {on_start, on_stop, &seen};
    pthread_t thread;
    void *result;
    sem_init(&seen.waiting, 0, 0);
    assert_int_equal(thread_start(&thread, "cancelled", 0, &hooks, wait_for_ever, &seen), 0);
    sem_wait(&seen.waiting);
    pthread_cancel(thread);
    pthread_join(thread, &result);
    assert_ptr_equal(result, PTHREAD_CANCELED);
    assert_int_equal(seen.order, 123);
    sem_destroy(&seen.waiting);
}

static void stop_hook_runs_on_exit(void **state)
{
    struct seen seen = {0};
    struct thread_hooks hooks = {.stop = on_stop, .arg = &seen};
    pthread_t thread;
    assert_int_equal(thread_start(&thread, "leaving", 1, &hooks, leave_early, &seen), 0);
    pthread_join(thread, NULL);
    assert_int_equal(seen.order, 23);
}

static void failure_is_reported(void **state)
{
    struct seen seen = {0};
    pthread_t thread;
    assert_true(thread_start(&thread, "huge", (size_t)1 << 60, NULL, look_around, &seen) < 0);
    assert_int_equal(seen.order, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(runs_with_hooks),          cmocka_unit_test(blocks_the_hosts_signals),
        cmocka_unit_test(stop_hook_runs_on_cancel), cmocka_unit_test(stop_hook_runs_on_exit),
        cmocka_unit_test(failure_is_reported),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
