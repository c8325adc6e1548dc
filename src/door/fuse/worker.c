// SPDX-License-Identifier: MIT
/*
 * Owns the threads of a door: leader and followers with one hot worker.
 *
 * The leader holds the token, sleeps in read(2), translates and admits what it read, gives up the token and
 * runs the request itself. Then it takes the token again unless somebody else has it meanwhile. So one client
 * after the other is served by one thread that stays hot, on one CPU. One more thread is the standby
 * (watch.c); others are parked and end after some idle seconds. Whoever takes the token sees to it that there
 * is a standby, so a callback that hangs leaves somebody who can read.
 *
 * A worker whose request was answered at its deadline is stuck: it counts no longer as live, so it is
 * replaced. Stopping: the reader is cancelled (cancellation is enabled around that read only) and joined,
 * stuck threads are detached; they hold a reference to the door and end when their callback returns.
 */
#include "base/cleanup.h"
#include "base/log.h"
#include "door/fuse/fuse_i.h"
#include <errno.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { IDLE_SECONDS = 10 };

/* What a worker does next. */
enum turn { TURN_END, TURN_AGAIN, TURN_READ /* it holds the token */ };

static _Thread_local struct fuse_worker *current;

bool fuse_worker_here(void)
{
    return current != NULL;
}

/* ---- how many ----------------------------------------------------------------------------------------- */

static void *worker_main(void *arg);

void fuse_worker_free(struct fuse_worker *w)
{
    list_del(&w->link);
    pthread_cond_destroy(&w->wake);
    free(w);
}

/* Frees those that have ended for want of work; lock held. */
static void reap_ended(struct fuse_workers *ws)
{
    struct fuse_worker *w, *after;
    list_for_each_safe (w, after, &ws->all, link) {
        if (w->ended && !pthread_tryjoin_np(w->thread, NULL))
            fuse_worker_free(w);
    }
}

void fuse_monotonic_cond(pthread_cond_t *cond)
{
    pthread_condattr_t attr;
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(cond, &attr);
    pthread_condattr_destroy(&attr);
}

/* One more thread; lock held. */
int fuse_worker_spawn(struct fuse_door *door)
{
    struct fuse_workers *ws = &door->workers;
    reap_ended(ws);
    struct fuse_worker *w = calloc(1, sizeof *w);
    if (!w)
        return -ENOMEM;
    w->door = door;
    list_init(&w->parked);
    fuse_monotonic_cond(&w->wake);
    list_add_tail(&ws->all, &w->link);
    fuse_door_ref(door);
    int r = thread_start(&w->thread, "dokan-fuse", 0, nt_volume_worker_hooks(door->vol), worker_main, w);
    if (r) {
        fuse_worker_free(w);
        fuse_door_unref(door);
        return r;
    }
    ws->live++;
    ws->starting++;
    return 0;
}

/* Sees to it that somebody watches; lock held. */
static void promote(struct fuse_door *door)
{
    struct fuse_workers *ws = &door->workers;
    if (atomic_load(&ws->stop) || ws->standby || ws->starting)
        return;
    struct list *first = list_first(&ws->parked);
    if (first) {
        struct fuse_worker *next = list_entry(first, struct fuse_worker, parked);
        ws->standby = next;
        pthread_cond_signal(&next->wake);
    } else if (ws->live < ws->live_max) {
        fuse_worker_spawn(door);
    }
}

static void promote_unlocked(struct fuse_door *door)
{
    LOCK_SCOPE(&door->workers.lock);
    promote(door);
}

/* ---- stuck workers ------------------------------------------------------------------------------------ */

void fuse_worker_expired(struct fuse_request *rq)
{
    struct fuse_worker *w = atomic_load(&rq->worker);
    if (!w || w == current || !(w = atomic_exchange(&rq->worker, NULL)))
        return;
    struct fuse_workers *ws = &rq->door->workers;
    LOCK_SCOPE(&ws->lock);
    w->stuck = true;
    ws->stuck++;
    ws->live--;
    pthread_cond_broadcast(&ws->changed);
    promote(rq->door);
}

/* The callback of a stuck worker has returned. The one that called it stuck may not be through yet. */
static void come_back(struct fuse_worker *w)
{
    struct fuse_workers *ws = &w->door->workers;
    LOCK_SCOPE(&ws->lock);
    while (!w->stuck)
        pthread_cond_wait(&ws->changed, &ws->lock);
    w->stuck = false;
    ws->stuck--;
    ws->live++;
    w->surplus = ws->live > ws->live_max;
}

/* Runs fn on the request, as its worker; the caller has a reference to it. */
static void run_as_worker(struct fuse_worker *w, struct fuse_request *rq, void (*fn)(struct fuse_request *))
{
    atomic_store_explicit(&rq->worker, w, memory_order_release);
    fn(rq);
    if (!atomic_exchange(&rq->worker, NULL))
        come_back(w);
}

/* ---- closing handles for others ----------------------------------------------------------------------- */

bool fuse_worker_defer(struct fuse_request *rq)
{
    struct fuse_workers *ws = &rq->door->workers;
    LOCK_SCOPE(&ws->lock);
    if (atomic_load(&ws->stop))
        return false;
    list_add_tail(&ws->deferred, &rq->job);
    atomic_store(&ws->has_deferred, true);
    fuse_bell_ring(ws);
    return true;
}

struct fuse_request *fuse_worker_next_deferred(struct fuse_workers *ws)
{
    LOCK_SCOPE(&ws->lock);
    struct list *first = list_first(&ws->deferred);
    if (first)
        list_del(first);
    atomic_store(&ws->has_deferred, !list_empty(&ws->deferred));
    return first ? list_entry(first, struct fuse_request, job) : NULL;
}

static void run_deferred(struct fuse_worker *w)
{
    struct fuse_request *rq = fuse_worker_next_deferred(&w->door->workers);
    if (!rq)
        return;
    atomic_fetch_add(&rq->refs, 1);
    run_as_worker(w, rq, fuse_request_close_next);
    fuse_request_unref(rq);
}

/* ---- parking and watching ----------------------------------------------------------------------------- */

/* Waits to be made the standby. False: too long, end. Lock held. */
static bool wait_parked(struct fuse_worker *w)
{
    struct fuse_workers *ws = &w->door->workers;
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += IDLE_SECONDS;
    int r = 0;
    list_add_head(&ws->parked, &w->parked);
    while (ws->standby != w && !atomic_load(&ws->stop) && !r)
        r = pthread_cond_timedwait(&w->wake, &ws->lock, &until);
    list_del(&w->parked);
    return ws->standby == w || atomic_load(&ws->stop);
}

static bool become_standby(struct fuse_worker *w)
{
    struct fuse_workers *ws = &w->door->workers;
    LOCK_SCOPE(&ws->lock);
    if (!ws->standby)
        ws->standby = w;
    return ws->standby == w || wait_parked(w);
}

/* Somebody else reads. */
static enum turn park(struct fuse_worker *w)
{
    struct fuse_workers *ws = &w->door->workers;
    if (!become_standby(w))
        return TURN_END;
    if (atomic_load(&ws->stop))
        return TURN_AGAIN;
    bool reader = fuse_stand_by(w);
    LOCK_SCOPE(&ws->lock);
    ws->standby = NULL;
    promote(w->door);
    atomic_fetch_add_explicit(&ws->takeovers, reader, memory_order_relaxed);
    return reader ? TURN_READ : TURN_AGAIN;
}

/* ---- serving ------------------------------------------------------------------------------------------ */

/* The whole room between the message's start and the end of the data that a WRITE may carry. */
static size_t message_room(const struct fuse_door *door)
{
    return sizeof(struct fuse_in_header) + sizeof(struct fuse_write_in) + door->max_write;
}

/* -ECANCELED when the door closes. With the token; the thread may be cancelled in here. */
FUSE_CANCELLABLE static ssize_t read_message(struct fuse_door *door, struct fuse_request *rq)
{
    if (atomic_load(&door->workers.stop))
        return -ECANCELED;
    pthread_setcancelstate(PTHREAD_CANCEL_ENABLE, NULL);
    ssize_t n = fuse_device_read(door, rq->in, message_room(door));
    pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, NULL);
    return n;
}

/* All workers end; who stands in the table of threads is joined by fuse_door_close(). */
void fuse_workers_stop_all(struct fuse_workers *ws)
{
    LOCK_SCOPE(&ws->lock);
    atomic_store(&ws->stop, true);
    struct fuse_worker *w;
    list_for_each (w, &ws->all, link)
        pthread_cond_signal(&w->wake);
    fuse_bell_ring(ws);
}

static void read_failed(struct fuse_door *door, ssize_t error)
{
    if (error == -ENOENT || error == -EINTR || error == -EAGAIN || error == -ECANCELED)
        return;
    if (error && error != -ENODEV && error != -ECONNABORTED)
        log_error("reading from /dev/fuse failed: %s", strerror((int)-error));
    fuse_workers_stop_all(&door->workers);
    fuse_door_gone(door);
}

static void answer(struct fuse_request *rq, int verdict)
{
    if (verdict < 0)
        fuse_reply(rq, verdict, 0);
    else if (verdict == FUSE_ANSWER)
        fuse_reply(rq, 0, rq->out_len);
    fuse_request_clean(rq);
}

static void run_admitted(struct fuse_request *rq)
{
    nt_run(&rq->nt);
    fuse_request_keep(rq);
}

/* Sees the message of `size` bytes in rq->in through; gives up the token. */
static void serve_message(struct fuse_worker *w, struct fuse_request *rq, size_t size)
{
    struct fuse_workers *ws = &w->door->workers;
    atomic_store_explicit(&ws->served, atomic_load_explicit(&ws->served, memory_order_relaxed) + 1,
                          memory_order_relaxed);
    int verdict = fuse_prepare(rq, size);
    bool mine = verdict == FUSE_SUBMIT && fuse_request_admit(rq);
    fuse_token_give(ws);
    if (mine)
        run_as_worker(w, rq, run_admitted);
    else if (verdict != FUSE_SUBMIT)
        answer(rq, verdict);
    if (!fuse_request_done(rq))
        w->rq = NULL;
}

/* A release is not repeated by the kernel: it waits for a request, which deadlines set free in the end. */
static bool outwait(struct fuse_worker *w, const struct fuse_request *reserve, size_t size)
{
    const struct fuse_op *op = size < sizeof *reserve->in ? NULL : fuse_op_find(reserve->in->opcode);
    if (!op || op->op != NT_CLEANUP)
        return false;
    while (!w->rq && !atomic_load(&w->door->workers.stop))
        w->rq = fuse_request_await(w->door);
    if (w->rq)
        memcpy(w->rq->in, reserve->in, size);
    return w->rq != NULL;
}

/* A message that came when no request could be had. The reserve serves one at a time: all under the token. */
FUSE_CANCELLABLE static void serve_reserve(struct fuse_worker *w, struct fuse_request *reserve)
{
    struct fuse_door *door = w->door;
    ssize_t n = read_message(door, reserve);
    if (n > 0 && outwait(w, reserve, (size_t)n)) {
        serve_message(w, w->rq, (size_t)n);
        return;
    }
    if (n > 0)
        answer(reserve, fuse_prepare_light(reserve, (size_t)n));
    fuse_token_give(&door->workers);
    if (n <= 0)
        read_failed(door, n);
}

FUSE_CANCELLABLE static void serve_with(struct fuse_worker *w, struct fuse_request *rq)
{
    ssize_t n = read_message(w->door, rq);
    if (n > 0) {
        serve_message(w, rq, (size_t)n);
        return;
    }
    fuse_token_give(&w->door->workers);
    read_failed(w->door, n);
}

/* Reads one message and sees it through; comes with the token. Who runs a request leaves a standby behind.
 * When all requests wait in the engine, reading waits a little for one: the kernel's queue is the better
 * place. */
FUSE_CANCELLABLE static void serve(struct fuse_worker *w)
{
    if (!atomic_load_explicit(&w->door->workers.standby, memory_order_relaxed))
        promote_unlocked(w->door);
    if (!w->rq)
        w->rq = fuse_request_new(w->door);
    if (!w->rq)
        w->rq = fuse_request_await(w->door);
    if (w->rq)
        serve_with(w, w->rq);
    else
        serve_reserve(w, w->door->workers.reserve);
}

FUSE_CANCELLABLE static void work(struct fuse_worker *w)
{
    struct fuse_workers *ws = &w->door->workers;
    enum turn turn = TURN_AGAIN;
    while (turn != TURN_END && !atomic_load_explicit(&ws->stop, memory_order_relaxed) && !w->surplus) {
        if (atomic_load_explicit(&ws->has_deferred, memory_order_relaxed))
            run_deferred(w);
        turn = fuse_token_try(ws, w) ? TURN_READ : park(w);
        if (turn == TURN_READ)
            serve(w);
    }
}

/* Also after cancellation. */
static void worker_end(void *arg)
{
    struct fuse_worker *w = arg;
    struct fuse_door *door = w->door;
    struct fuse_workers *ws = &door->workers;
    if (w->rq)
        fuse_request_unref(w->rq);
    current = NULL;
    pthread_mutex_lock(&ws->lock);
    ws->live--;
    w->ended = true;
    pthread_cond_broadcast(&ws->changed);
    if (w->detached)
        fuse_worker_free(w);
    pthread_mutex_unlock(&ws->lock);
    fuse_door_unref(door);
}

FUSE_CANCELLABLE static void *worker_main(void *arg)
{
    struct fuse_worker *w = arg;
    struct fuse_workers *ws = &w->door->workers;
    pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, NULL);
    current = w;
    pthread_mutex_lock(&ws->lock);
    ws->starting--;
    pthread_mutex_unlock(&ws->lock);
    pthread_cleanup_push(worker_end, w);
    work(w);
    pthread_cleanup_pop(1);
    return NULL;
}
