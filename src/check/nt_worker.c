// SPDX-License-Identifier: MIT
/*
 * A thread that makes calls for a check: a request runs on the thread that submits it, and may never return.
 * A worker that hangs is left to itself and ends when its call returns.
 *
 * `lock` guards everything. A worker is freed by its thread once `quit` is set and its call is over.
 */
#include "check/nt_i.h"

#include <pthread.h>
#include <stdlib.h>
#include <time.h>

struct worker {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    void (*run)(void *job);
    void *job;
    bool quit;
};

static void *serve(void *arg)
{
    struct worker *w = arg;
    pthread_mutex_lock(&w->lock);
    while (!w->quit || w->job) {
        if (!w->job) {
            pthread_cond_wait(&w->changed, &w->lock);
            continue;
        }
        void *job = w->job;
        pthread_mutex_unlock(&w->lock);
        w->run(job);
        pthread_mutex_lock(&w->lock);
        w->job = NULL;
        pthread_cond_broadcast(&w->changed);
    }
    pthread_mutex_unlock(&w->lock);
    pthread_cond_destroy(&w->changed);
    pthread_mutex_destroy(&w->lock);
    free(w);
    return NULL;
}

struct worker *worker_new(void (*run)(void *job))
{
    pthread_t thread;
    struct worker *w = calloc(1, sizeof *w);
    if (!w)
        return NULL;
    pthread_mutex_init(&w->lock, NULL);
    pthread_cond_init(&w->changed, NULL);
    w->run = run;
    if (pthread_create(&thread, NULL, serve, w) != 0) {
        pthread_cond_destroy(&w->changed);
        pthread_mutex_destroy(&w->lock);
        free(w);
        return NULL;
    }
    pthread_detach(thread);
    return w;
}

bool worker_give(struct worker *w, void *job)
{
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    t.tv_sec++;
    pthread_mutex_lock(&w->lock);
    while (w->job && pthread_cond_timedwait(&w->changed, &w->lock, &t) == 0)
        ;
    bool ready = !w->job;
    if (ready)
        w->job = job;
    pthread_cond_broadcast(&w->changed);
    pthread_mutex_unlock(&w->lock);
    return ready;
}

void worker_end(struct worker *w)
{
    if (!w)
        return;
    pthread_mutex_lock(&w->lock);
    w->quit = true;
    pthread_cond_broadcast(&w->changed);
    pthread_mutex_unlock(&w->lock);
}
