// SPDX-License-Identifier: MIT
/*
 * Registered waits: one thread each, which sleeps until the volume is closed, the time is up or the wait is
 * cancelled. `cancelled` and `calling` are guarded by the instance's lock. References: the handle's and the
 * thread's.
 */
#include "api/handle.h"
#include "api/instance.h"
#include "api/process.h"
#include "base/cleanup.h"
#include "base/list.h"
#include "base/thread.h"

#include <errno.h>
#include <stdlib.h>
#include <time.h>

struct wait {
    struct api_handle handle;
    struct instance *inst;
    WAITORTIMERCALLBACKFUNC callback;
    PVOID context;
    DWORD ms;
    pthread_t thread;
    _Atomic int refs;
    bool cancelled, calling;
};

static void wait_put(struct wait *w)
{
    if (--w->refs)
        return;
    instance_put(w->inst);
    free(w);
}

/* True when the callback is to be called; `*timed_out` says why. */
static bool sleep_until_due(struct wait *w, bool *timed_out)
{
    struct instance *inst = w->inst;
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += (time_t)(w->ms / 1000);
    until.tv_nsec += (long)(w->ms % 1000) * 1000000;
    until.tv_sec += until.tv_nsec / 1000000000;
    until.tv_nsec %= 1000000000;
    LOCK_SCOPE(&inst->lock);
    *timed_out = false;
    while (!w->cancelled && !*timed_out && inst->state < INSTANCE_CLOSED) {
        if (w->ms == INFINITE)
            pthread_cond_wait(&inst->changed, &inst->lock);
        else
            *timed_out = pthread_cond_timedwait(&inst->changed, &inst->lock, &until) == ETIMEDOUT;
    }
    w->calling = !w->cancelled;
    return w->calling;
}

static void *run_wait(void *arg)
{
    struct wait *w = arg;
    bool timed_out;
    if (sleep_until_due(w, &timed_out))
        w->callback(w->context, timed_out);
    pthread_mutex_lock(&w->inst->lock);
    w->calling = false;
    pthread_mutex_unlock(&w->inst->lock);
    wait_put(w);
    return NULL;
}

/* Ends the wait. False when its callback is running and was not waited for. */
static bool end_wait(struct wait *w, bool wait_for_callback)
{
    pthread_mutex_lock(&w->inst->lock);
    w->cancelled = true;
    bool calling = w->calling;
    pthread_cond_broadcast(&w->inst->changed);
    pthread_mutex_unlock(&w->inst->lock);
    if (wait_for_callback && !pthread_equal(pthread_self(), w->thread)) {
        pthread_join(w->thread, NULL);
        calling = false;
    } else {
        pthread_detach(w->thread);
    }
    wait_put(w);
    return !calling;
}

static void close_wait(struct api_handle *handle)
{
    end_wait(list_entry(handle, struct wait, handle), false);
}

static struct wait *wait_new(struct instance *inst, WAITORTIMERCALLBACKFUNC callback, PVOID context, DWORD ms)
{
    struct wait *w = calloc(1, sizeof *w);
    if (!w)
        return NULL;
    w->handle.close = close_wait;
    w->inst = instance_get(inst);
    w->callback = callback;
    w->context = context;
    w->ms = ms;
    w->refs = 2;
    return w;
}

/* The handle is given out before the thread starts: the callback may be quick, and want it. */
static bool start_wait(struct wait *w, PHANDLE handle)
{
    const struct thread_hooks *hooks = nt_volume_hooks(w->inst->vol);
    *handle = api_handle_open(&w->handle);
    if (*handle && thread_start(&w->thread, "dokan-wait", 0, hooks, run_wait, w) == 0)
        return true;
    if (*handle)
        api_handle_take(*handle, close_wait);
    *handle = NULL;
    w->refs = 1;
    wait_put(w);
    return false;
}

BOOL DOKANAPI DokanRegisterWaitForFileSystemClosed(DOKAN_HANDLE DokanInstance, PHANDLE WaitHandle,
                                                   WAITORTIMERCALLBACKFUNC Callback, PVOID Context,
                                                   ULONG dwMilliseconds)
{
    if (!process_usable())
        return FALSE;
    struct instance *inst = DokanInstance && WaitHandle && Callback ? process_find(DokanInstance) : NULL;
    if (!inst) {
        DokanWin32SetLastError(ERROR_INVALID_PARAMETER);
        return FALSE;
    }
    struct wait *w = wait_new(inst, Callback, Context, dwMilliseconds);
    instance_put(inst);
    if (w && start_wait(w, WaitHandle))
        return TRUE;
    DokanWin32SetLastError(ERROR_OUTOFMEMORY);
    return FALSE;
}

BOOL DOKANAPI DokanUnregisterWaitForFileSystemClosed(HANDLE WaitHandle, BOOL WaitForCallbacks)
{
    struct api_handle *handle = process_usable() ? api_handle_take(WaitHandle, close_wait) : NULL;
    if (!handle) {
        DokanWin32SetLastError(ERROR_INVALID_HANDLE);
        return FALSE;
    }
    if (end_wait(list_entry(handle, struct wait, handle), WaitForCallbacks))
        return TRUE;
    DokanWin32SetLastError(ERROR_IO_PENDING);
    return FALSE;
}
