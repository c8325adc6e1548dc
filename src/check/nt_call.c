// SPDX-License-Identifier: MIT
/*
 * Calls of a check: submitted by the worker of its place, waited for until the deadline, and given up then.
 * What a request points to is copied, so that a callback which hangs past its deadline never uses memory of a
 * check that is over.
 *
 * A call has two references: of the check that waits and of the library, which gives its own up in Released.
 * `lock` guards the flags; it is recursive, since cancelling may complete on the same thread. Only what was
 * submitted as a whole, and has not ended, is cancelled: until complete() has had the lock the library keeps
 * it. A create that succeeds after it was given up is closed again.
 */
#include "check/nt_i.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct waiting {
    DOKAN_NT_REQUEST rq;
    atomic_uint refs;
    pthread_mutex_t lock;
    pthread_cond_t ended; /* CLOCK_MONOTONIC */
    bool submitted, done, given_up;
    void *copies[4];
};

/* ---- a call -------------------------------------------------------------------------------------------- */

static void put(struct waiting *w)
{
    if (atomic_fetch_sub(&w->refs, 1) != 1)
        return;
    for (size_t i = 0; i < COUNT_OF(w->copies); i++)
        free(w->copies[i]);
    pthread_cond_destroy(&w->ended);
    pthread_mutex_destroy(&w->lock);
    free(w);
}

static void DOKAN_CALLBACK complete(PDOKAN_NT_REQUEST rq)
{
    struct waiting *w = rq->Context;
    pthread_mutex_lock(&w->lock);
    bool late = w->given_up && rq->Operation == DOKAN_NT_CREATE && rq->File;
    w->done = true;
    pthread_cond_broadcast(&w->ended);
    pthread_mutex_unlock(&w->lock);
    if (late)
        DokanNtClose(rq->File);
}

static void DOKAN_CALLBACK released(PDOKAN_NT_REQUEST rq)
{
    put(rq->Context);
}

/* A copy of what the request points to; an empty one stays as it is. */
static bool keep(struct waiting *w, size_t slot, const void *data, size_t length)
{
    if (!data)
        return true;
    w->copies[slot] = malloc(length ? length : 1);
    if (w->copies[slot] && length)
        memcpy(w->copies[slot], data, length);
    return w->copies[slot] != NULL;
}

static bool keep_all(struct waiting *w)
{
    DOKAN_NT_REQUEST *rq = &w->rq;
    size_t name = rq->Name ? (wide_length(rq->Name) + 1) * sizeof(WCHAR) : 0;
    size_t pattern = rq->Pattern ? (wide_length(rq->Pattern) + 1) * sizeof(WCHAR) : 0;
    if (!keep(w, 0, rq->Buffer, rq->Length) || !keep(w, 1, rq->Input, rq->InputLength) ||
        !keep(w, 2, rq->Name, name) || !keep(w, 3, rq->Pattern, pattern))
        return false;
    rq->Buffer = w->copies[0];
    rq->Input = w->copies[1];
    rq->Name = w->copies[2];
    rq->Pattern = w->copies[3];
    return true;
}

static struct waiting *new_call(const DOKAN_NT_REQUEST *rq)
{
    pthread_condattr_t attr;
    pthread_mutexattr_t recursive;
    struct waiting *w = calloc(1, sizeof *w);
    if (!w)
        return NULL;
    w->rq = *rq;
    w->rq.Complete = complete;
    w->rq.Released = released;
    w->rq.Context = w;
    atomic_init(&w->refs, 1);
    pthread_mutexattr_init(&recursive);
    pthread_mutexattr_settype(&recursive, PTHREAD_MUTEX_RECURSIVE);
    pthread_mutex_init(&w->lock, &recursive);
    pthread_mutexattr_destroy(&recursive);
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(&w->ended, &attr);
    pthread_condattr_destroy(&attr);
    if (keep_all(w))
        return w;
    put(w);
    return NULL;
}

/* On the worker. What could not be submitted is over, and the library holds no reference. */
static void submit(void *job)
{
    struct waiting *w = job;
    NTSTATUS status = DokanNtSubmit(&w->rq);
    pthread_mutex_lock(&w->lock);
    w->submitted = true;
    if (status != STATUS_PENDING) {
        w->rq.Status = status;
        w->done = true;
    }
    pthread_cond_broadcast(&w->ended);
    pthread_mutex_unlock(&w->lock);
    if (status != STATUS_PENDING)
        put(w);
    put(w);
}

/* NULL without memory or threads. References: the caller's, the worker's, the library's. */
static struct waiting *start(struct nt_place *place, const DOKAN_NT_REQUEST *rq)
{
    struct waiting *w = new_call(rq);
    if (!w)
        return NULL;
    atomic_fetch_add(&w->refs, 2);
    for (int i = 0; i < 2; i++) {
        if (!place->worker)
            place->worker = worker_new(submit);
        if (place->worker && worker_give(place->worker, w))
            return w;
        worker_end(place->worker);
        place->worker = NULL;
    }
    atomic_fetch_sub(&w->refs, 2);
    put(w);
    return NULL;
}

/* Until it has ended, or with `arm` until it is under way; false when neither comes in time. */
static bool wait_for(struct waiting *w, unsigned ms, bool arm)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    t.tv_sec += (time_t)(ms / 1000);
    t.tv_nsec += (long)(ms % 1000) * 1000000;
    t.tv_sec += t.tv_nsec / 1000000000;
    t.tv_nsec %= 1000000000;
    pthread_mutex_lock(&w->lock);
    while (!w->done && !(arm && w->submitted) && pthread_cond_timedwait(&w->ended, &w->lock, &t) == 0)
        ;
    bool done = w->done || (arm && w->submitted);
    pthread_mutex_unlock(&w->lock);
    return done;
}

static bool wait_until(struct waiting *w, unsigned ms)
{
    return wait_for(w, ms, false);
}

/* False when it runs, or has ended. */
static bool cancel(struct waiting *w)
{
    pthread_mutex_lock(&w->lock);
    bool did = w->submitted && !w->done && DokanNtCancel(&w->rq);
    pthread_mutex_unlock(&w->lock);
    return did;
}

/* Waits no longer; false when it ended in the last moment. */
static bool give_up(struct waiting *w)
{
    pthread_mutex_lock(&w->lock);
    w->given_up = !w->done;
    pthread_mutex_unlock(&w->lock);
    return w->given_up;
}

/* ---- a call that is waited for ------------------------------------------------------------------------- */

static struct nt_world *world_of(struct probe *p)
{
    return ((struct nt_place *)p->world)->world;
}

/* Calls of a kind that did not return twice are not made again: the rest shall go on. */
static ULONG *hung_calls(struct probe *p, const DOKAN_NT_REQUEST *rq)
{
    bool by_class = rq->Operation == DOKAN_NT_SET_INFORMATION || rq->Operation == DOKAN_NT_FS_CONTROL;
    ULONG kind = by_class ? OPERATIONS_PLAIN + rq->Class % (OPERATION_KINDS - OPERATIONS_PLAIN)
                          : rq->Operation % OPERATIONS_PLAIN;
    return &world_of(p)->hung_calls[kind];
}

static bool may_call(struct probe *p, const DOKAN_NT_REQUEST *rq)
{
    if (!probe_live(p))
        return false;
    if (*hung_calls(p, rq) >= 2)
        probe_not_checked(p, "such a call has not returned before: %s", p->call);
    return probe_live(p);
}

static void take_answer(const struct waiting *w, DOKAN_NT_REQUEST *rq)
{
    bool data = NT_SUCCESS(w->rq.Status) || w->rq.Status == STATUS_BUFFER_OVERFLOW;
    rq->Status = w->rq.Status;
    rq->Information = w->rq.Information;
    rq->File = w->rq.File;
    if (data && rq->Buffer && rq->Length && rq->Operation != DOKAN_NT_WRITE)
        memcpy(rq->Buffer, w->rq.Buffer, rq->Length);
}

/* A small number is a Win32 error or an errno, a small negative one an errno. */
static bool is_odd(NTSTATUS status)
{
    char name[16];
    bool small = (status > 0 && status < 0x10000) || (status < 0 && status > -0x10000);
    return small && status_name(status, name, sizeof name) == name;
}

/* The first such status is told as what it is; it decides nothing about what was asked. */
static void look_at_status(struct probe *p, NTSTATUS status)
{
    struct nt_world *world = world_of(p);
    if (!is_odd(status))
        return;
    if (!world->odd_status) {
        world->odd_status = status;
        memcpy(world->odd_call, p->call, sizeof world->odd_call);
    }
    probe_not_checked(p, "0x%08X is no NTSTATUS: %s", (unsigned)status, p->call);
}

/* The worker hangs with the call, or is about to. */
static NTSTATUS abandon(struct probe *p, struct waiting *w)
{
    struct nt_place *place = p->world;
    ++*hung_calls(p, &w->rq);
    worker_end(place->worker);
    place->worker = NULL;
    probe_hung(p);
    put(w);
    return STATUS_IO_TIMEOUT;
}

/* One that still waits is cancelled; one that runs may end in the last moment. */
static bool has_answered(struct waiting *w, unsigned ms, unsigned patience_ms)
{
    if (wait_until(w, ms))
        return true;
    return (cancel(w) && wait_until(w, patience_ms)) || !give_up(w);
}

NTSTATUS nt_call(struct probe *p, DOKAN_NT_REQUEST *rq)
{
    unsigned limit = p->suite->options.TimeoutMs;
    if (!may_call(p, rq))
        return STATUS_CANCELLED;
    struct waiting *w = start(p->world, rq);
    if (!w)
        return STATUS_INSUFFICIENT_RESOURCES;
    if (!has_answered(w, limit, limit))
        return abandon(p, w);
    take_answer(w, rq);
    put(w);
    look_at_status(p, rq->Status);
    return rq->Status;
}

/* ---- what waits ---------------------------------------------------------------------------------------- */

struct waiting *nt_start(struct probe *p, const DOKAN_NT_REQUEST *rq)
{
    struct waiting *w = may_call(p, rq) ? start(p->world, rq) : NULL;
    if (!w) {
        probe_not_checked(p, "cannot be started: %s", p->call);
        return NULL;
    }
    if (wait_for(w, p->suite->options.TimeoutMs, true) || !give_up(w))
        return w;
    abandon(p, w);
    return NULL;
}

NTSTATUS nt_finish(struct probe *p, struct waiting *w, unsigned ms, void *buf, ULONG length, ULONG *got)
{
    if (!w)
        return STATUS_CANCELLED;
    if (!has_answered(w, ms, p->suite->options.TimeoutMs))
        return abandon(p, w);
    DOKAN_NT_REQUEST rq = w->rq;
    rq.Buffer = buf;
    rq.Length = rq.Length < length ? rq.Length : length;
    take_answer(w, &rq);
    if (got)
        *got = (ULONG)rq.Information;
    put(w);
    return rq.Status;
}
