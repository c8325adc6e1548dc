// SPDX-License-Identifier: MIT
/*
 * Owns the channel over /dev/fuse as a whole: starting its threads, answering, ending them.
 */
#include "base/log.h"
#include "door/fuse/fuse_i.h"
#include <errno.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* Live workers: this many, or two for each processor and eight more. */
enum { LIVE_LEAST = 16, LINGER_SECONDS = 30 };

void fuse_workers_init(struct fuse_door *door)
{
    struct fuse_workers *ws = &door->workers;
    long cpus = sysconf(_SC_NPROCESSORS_ONLN);
    pthread_mutex_init(&ws->lock, NULL);
    fuse_monotonic_cond(&ws->changed);
    list_init(&ws->all);
    list_init(&ws->parked);
    list_init(&ws->deferred);
    ws->live_max = LIVE_LEAST;
    if (cpus > 0 && cpus * 2 + 8 > LIVE_LEAST)
        ws->live_max = (unsigned)cpus * 2 + 8;
}

void fuse_workers_destroy(struct fuse_door *door)
{
    struct fuse_workers *ws = &door->workers;
    if (ws->reserve)
        fuse_request_unmap(ws->reserve);
    pthread_cond_destroy(&ws->changed);
    pthread_mutex_destroy(&ws->lock);
}

/* One that is not left to itself; lock held. */
static struct fuse_worker *first_owned(struct fuse_workers *ws)
{
    struct fuse_worker *w;
    list_for_each (w, &ws->all, link) {
        if (!w->detached)
            return w;
    }
    return NULL;
}

/*
 * Waits until it has ended and joins it, or lets it go: when it is stuck, or when it lingers although the
 * volume has stopped (a callback that hangs after its request was answered). Lock held, given up meanwhile.
 */
static void part_with(struct fuse_workers *ws, struct fuse_worker *w)
{
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += LINGER_SECONDS;
    int r = 0;
    while (!w->ended && !w->stuck && !r)
        r = pthread_cond_timedwait(&ws->changed, &ws->lock, &until);
    pthread_t thread = w->thread;
    if (!w->ended) {
        w->detached = true;
        pthread_detach(thread);
        return;
    }
    fuse_worker_free(w);
    pthread_mutex_unlock(&ws->lock);
    pthread_join(thread, NULL);
    pthread_mutex_lock(&ws->lock);
}

static void device_stop(struct fuse_door *door)
{
    struct fuse_workers *ws = &door->workers;
    struct fuse_worker *w;
    fuse_workers_stop_all(ws);
    pthread_mutex_lock(&ws->lock);
    w = atomic_load(&ws->token);
    if (w)
        pthread_cancel(w->thread);
    while ((w = first_owned(ws)) != NULL)
        part_with(ws, w);
    pthread_mutex_unlock(&ws->lock);
    for (struct fuse_request *rq; (rq = fuse_worker_next_deferred(ws)) != NULL;)
        fuse_request_close_next(rq);
}

/* Two threads: one reads, one stands by. */
static int device_start(struct fuse_door *door)
{
    struct fuse_workers *ws = &door->workers;
    ws->reserve = fuse_request_map(door);
    if (!ws->reserve)
        return -ENOMEM;
    pthread_mutex_lock(&ws->lock);
    int r = fuse_worker_spawn(door);
    if (!r)
        r = fuse_worker_spawn(door);
    pthread_mutex_unlock(&ws->lock);
    if (r) {
        log_error("no thread could be started to serve the mount: %s", strerror(-r));
        device_stop(door);
    }
    return r;
}

/* The kernel refuses a malformed answer and lets the client wait: it gets an error instead. */
static int device_reply(struct fuse_request *rq)
{
    struct fuse_out_header *head = rq->head;
    int r = fuse_device_write(rq->door, head, head->len);
    if (r == -EINVAL && !head->error) {
        log_error("the kernel refused the answer to %s", rq->op->name);
        head->error = -EIO;
        head->len = sizeof *head;
        fuse_device_write(rq->door, head, head->len);
    }
    return r;
}

const struct fuse_channel_ops fuse_device_channel = {"device", device_start, device_reply, device_stop};
