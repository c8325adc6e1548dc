// SPDX-License-Identifier: MIT
/* See errand.h. An errand is freed when both who waits for it and its request have let go of it. The reserve
 * is touched by the volume's opening, its stop and its end only. */
#include "nt/errand.h"
#include <stdlib.h>

bool errands_reserve(struct nt_volume *vol)
{
    enum { OF_A_STOP = 3 };
    for (int i = 0; i < OF_A_STOP; i++) {
        struct errand *e = calloc(1, sizeof *e);
        if (!e)
            return false;
        e->next = vol->errands;
        vol->errands = e;
    }
    return true;
}

void errands_drop(struct nt_volume *vol)
{
    struct errand *e;
    while ((e = vol->errands) != NULL) {
        vol->errands = e->next;
        free(e);
    }
}

static struct errand *errand_new(struct nt_volume *vol)
{
    struct errand *e = calloc(1, sizeof *e);
    if (e || !atomic_load(&vol->stopping) || !vol->errands)
        return e;
    e = vol->errands;
    vol->errands = e->next;
    return e;
}

static void errand_put(struct errand *e)
{
    pthread_mutex_lock(&e->lock);
    bool last = --e->refs == 0;
    pthread_mutex_unlock(&e->lock);
    if (!last)
        return;
    path_put(e->text);
    pthread_cond_destroy(&e->done_cond);
    pthread_mutex_destroy(&e->lock);
    free(e);
}

static void errand_complete(struct nt_request *rq, NTSTATUS status, uint64_t information)
{
    struct errand *e = list_entry(rq, struct errand, rq);
    LOCK_SCOPE(&e->lock);
    e->replied = true;
    pthread_cond_signal(&e->done_cond);
}

static void errand_release(struct nt_request *rq)
{
    errand_put(list_entry(rq, struct errand, rq));
}

NTSTATUS run_errand(struct nt_request *rq)
{
    struct errand *e = list_entry(rq, struct errand, rq);
    e->run(e);
    return STATUS_SUCCESS;
}

static void errand_start(struct nt_job *job)
{
    struct errand *e = list_entry(job, struct errand, job);
    nt_submit(&e->rq);
}

static struct nt_path *copy_text(const WCHAR *text)
{
    size_t len = 0;
    while (text[len])
        len++;
    return path_new(text, len);
}

bool errand(struct nt_volume *vol, void (*run)(struct errand *errand), const WCHAR *text)
{
    struct errand *e = errand_new(vol);
    if (!e)
        return true;
    e->text = text ? copy_text(text) : NULL;
    engine_request_init(&e->rq, vol);
    e->rq.complete = errand_complete;
    e->rq.release = errand_release;
    e->run = run;
    e->refs = 2;
    e->job.run = errand_start;
    pthread_mutex_init(&e->lock, NULL);
    pthread_cond_init(&e->done_cond, NULL);
    exec_push(vol, &e->job);
    pthread_mutex_lock(&e->lock);
    while (!e->replied)
        pthread_cond_wait(&e->done_cond, &e->lock);
    bool ended = atomic_load(&e->rq.p.state) != RQ_EXPIRED;
    pthread_mutex_unlock(&e->lock);
    errand_put(e);
    return ended;
}
