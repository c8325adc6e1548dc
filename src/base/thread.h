// SPDX-License-Identifier: MIT
//
// Starting threads inside somebody else's process.

#ifndef BASE_THREAD_H
#define BASE_THREAD_H

#include <pthread.h>
#include <stddef.h>

// Stack of a thread that asks for 0.
#define THREAD_STACK_DEFAULT ((size_t)1 << 20)

// Called in each new thread first and last (a binding pins its interpreter here). Either may be NULL.
struct thread_hooks {
    void (*start)(void *arg);
    void (*stop)(void *arg);
    void *arg;
};

// Starts a joinable thread with all asynchronous signals blocked: the host's signals stay the host's. Only
// the signals a thread raises by its own fault (SEGV, BUS, FPE, ILL, TRAP, SYS) stay open, because runtimes
// such as .NET and Java turn them into exceptions. The name is cut to 15 bytes. hooks (may be NULL) are
// copied; stop runs also when the thread is cancelled or calls pthread_exit. stack 0 means
// THREAD_STACK_DEFAULT. 0 or -errno.
int thread_start(pthread_t *out, const char *name, size_t stack, const struct thread_hooks *hooks,
                 void *(*fn)(void *), void *arg);

#endif
