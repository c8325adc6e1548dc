// SPDX-License-Identifier: MIT
/*
 * Waiting for a request: nt_call() on the caller's thread, nt_call_offloaded() on an engine thread, and the
 * engine's own requests. A waiter, on the stack of who waits to the end, stands between complete()/release()
 * and the sleeping caller; its lock covers all.
 */
#include "nt/nt_internal.h"
#include <stdlib.h>

struct waiter {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool completed, released, abandoned;
    NTSTATUS status;
    uint64_t information;
    void (*orphan)(struct nt_request *rq);
};

static struct waiter *waiter_of(struct nt_request *rq)
{
    return rq->p.waiter;
}

static void waiter_init(struct waiter *w, void (*orphan)(struct nt_request *rq))
{
    *w = (struct waiter){.orphan = orphan};
    pthread_mutex_init(&w->lock, NULL);
    pthread_cond_init(&w->changed, NULL);
}

static void waiter_end(struct waiter *w)
{
    pthread_cond_destroy(&w->changed);
    pthread_mutex_destroy(&w->lock);
}

static void waiter_free(struct waiter *w)
{
    waiter_end(w);
    free(w);
}

static void waiter_complete(struct nt_request *rq, NTSTATUS status, uint64_t information)
{
    struct waiter *w = waiter_of(rq);
    LOCK_SCOPE(&w->lock);
    w->completed = true;
    w->status = status;
    w->information = information;
    pthread_cond_signal(&w->changed);
}

static void waiter_release(struct nt_request *rq)
{
    struct waiter *w = waiter_of(rq);
    pthread_mutex_lock(&w->lock);
    w->released = true;
    bool abandoned = w->abandoned;
    pthread_cond_signal(&w->changed);
    pthread_mutex_unlock(&w->lock);
    if (!abandoned)
        return;
    void (*orphan)(struct nt_request * rq) = w->orphan;
    waiter_free(w);
    orphan(rq);
}

static void attach(struct nt_request *rq, struct waiter *w, void (*orphan)(struct nt_request *rq))
{
    waiter_init(w, orphan);
    rq->p.waiter = w;
    rq->complete = waiter_complete;
    rq->release = waiter_release;
}

/* Waits until the request is the caller's again, or, with an orphan function, until it expired. */
static NTSTATUS await(struct nt_request *rq, uint64_t *information)
{
    struct waiter *w = waiter_of(rq);
    pthread_mutex_lock(&w->lock);
    while (!w->released && !(w->orphan && w->completed && w->status == STATUS_IO_TIMEOUT))
        pthread_cond_wait(&w->changed, &w->lock);
    NTSTATUS status = w->status;
    bool mine = w->released;
    if (information)
        *information = w->information;
    w->abandoned = !mine;
    void (*orphan)(struct nt_request * rq) = w->orphan;
    pthread_mutex_unlock(&w->lock);
    if (mine && orphan)
        waiter_free(w);
    if (mine && orphan && status == STATUS_IO_TIMEOUT)
        orphan(rq);
    return status;
}

NTSTATUS nt_call(struct nt_request *rq, uint64_t *information)
{
    struct waiter w;
    attach(rq, &w, NULL);
    nt_submit(rq);
    NTSTATUS status = await(rq, information);
    waiter_end(&w);
    return status;
}

NTSTATUS nt_call_offloaded(struct nt_request *rq, uint64_t *information,
                           void (*orphan)(struct nt_request *rq))
{
    struct waiter *w = malloc(sizeof *w);
    if (!w)
        return STATUS_INSUFFICIENT_RESOURCES;
    attach(rq, w, orphan);
    if (nt_admit(rq)) {
        slot_pop(slot_mine(), rq);
        exec_push(rq->volume, &rq->p.job);
    }
    return await(rq, information);
}

void engine_request_init(struct nt_request *rq, struct nt_volume *vol)
{
    memset(rq, 0, sizeof *rq);
    rq->volume = vol;
    rq->caller.pid = (uint32_t)getpid();
    rq->caller.uid = (uint32_t)geteuid();
    rq->caller.gid = (uint32_t)getegid();
    rq->op = NT_ERRAND;
    atomic_init(&rq->p.callback, -1);
}
