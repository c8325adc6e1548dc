// SPDX-License-Identifier: MIT

#include "base/thread.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>

#define NAME_SIZE 16

struct start {
    void *(*fn)(void *arg);
    void *arg;
    struct thread_hooks hooks;
    char name[NAME_SIZE];
};

static void run_stop(void *arg)
{
    const struct thread_hooks *hooks = arg;
    if (hooks->stop)
        hooks->stop(hooks->arg);
}

// Cancellation waits until the start hook is through, so that each start has its stop.
static void *run(void *arg)
{
    struct start start = *(struct start *)arg;
    void *result;
    int state;
    free(arg);
    pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &state);
    prctl(PR_SET_NAME, start.name);
    if (start.hooks.start)
        start.hooks.start(start.hooks.arg);
    pthread_cleanup_push(run_stop, &start.hooks);
    pthread_setcancelstate(state, NULL);
    result = start.fn(start.arg);
    pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, NULL);
    pthread_cleanup_pop(1);
    return result;
}

// Everything but the signals of a thread's own faults.
static void asynchronous_signals(sigset_t *set)
{
    static const int faults[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGSYS};
    sigfillset(set);
    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++)
        sigdelset(set, faults[i]);
}

// Creates the thread with signals blocked from its first instruction, by inheritance.
static int create_blocked(pthread_t *out, const pthread_attr_t *attr, struct start *start)
{
    sigset_t blocked, before;
    asynchronous_signals(&blocked);
    pthread_sigmask(SIG_SETMASK, &blocked, &before);
    int error = pthread_create(out, attr, run, start);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return -error;
}

static size_t stack_size(size_t wanted)
{
    if (wanted == 0)
        return THREAD_STACK_DEFAULT;
    size_t page = 4096, least = (size_t)PTHREAD_STACK_MIN;
    return ((wanted > least ? wanted : least) + page - 1) / page * page;
}

int thread_start(pthread_t *out, const char *name, size_t stack, const struct thread_hooks *hooks,
                 void *(*fn)(void *), void *arg)
{
    pthread_attr_t attr;
    int error = -pthread_attr_init(&attr);
    if (error)
        return error;
    struct start *start = calloc(1, sizeof *start);
    error = start ? -pthread_attr_setstacksize(&attr, stack_size(stack)) : -ENOMEM;
    if (!error) {
        start->fn = fn;
        start->arg = arg;
        if (hooks)
            start->hooks = *hooks;
        strncpy(start->name, name, NAME_SIZE - 1);
        error = create_blocked(out, &attr, start);
    }
    if (error)
        free(start);
    pthread_attr_destroy(&attr);
    return error;
}
