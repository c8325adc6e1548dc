// SPDX-License-Identifier: MIT
/* See schedule.h. The model's lock is taken last and nothing is called under it. */
#include "schedule.h"
#include <errno.h>
#include <stdio.h>
#include <time.h>

enum { PATIENCE = SANITIZED ? 60 : 20, PLACES = 64 };

/* ---- the model --------------------------------------------------------------------------------------- */

/* An open, and how many locks of what it has. */
struct place {
    unsigned serial; /* 0: free */
    struct nt_node *node;
    ACCESS_MASK access;
    ULONG share;
    unsigned shared, exclusive;
};

static struct {
    pthread_mutex_t lock;
    struct place places[PLACES];
    unsigned serial, contradictions;
} model = {.lock = PTHREAD_MUTEX_INITIALIZER};

void model_reset(void)
{
    memset(model.places, 0, sizeof model.places);
    model.contradictions = 0;
}

unsigned model_contradictions(void)
{
    return model.contradictions;
}

/* Lock held. */
static void contradict(const char *fmt, va_list args)
{
    vfprintf(stderr, fmt, args);
    fputc('\n', stderr);
    model.contradictions++;
}

void contradiction(const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    pthread_mutex_lock(&model.lock);
    contradict(fmt, args);
    pthread_mutex_unlock(&model.lock);
    va_end(args);
}

static bool wants(ACCESS_MASK access, ULONG share)
{
    static const ACCESS_MASK rights[] = {[FILE_SHARE_READ] = FILE_READ_DATA | FILE_EXECUTE,
                                         [FILE_SHARE_WRITE] = FILE_WRITE_DATA | FILE_APPEND_DATA,
                                         [FILE_SHARE_DELETE] = DELETE};
    return (access & rights[share]) != 0;
}

/* Whether one lets the other do what he opened the file for. Who wants none of the three does not count. */
static bool lets(const struct place *one, const struct place *other)
{
    static const ULONG kinds[] = {FILE_SHARE_READ, FILE_SHARE_WRITE, FILE_SHARE_DELETE};
    bool counts = false, may = true;
    for (size_t i = 0; i < COUNT_OF(kinds); i++) {
        counts |= wants(one->access, kinds[i]);
        may &= !wants(other->access, kinds[i]) || one->share & kinds[i];
    }
    return !counts || may;
}

void model_opened(struct held *held)
{
    const struct place mine = {.node = held->node, .access = held->access, .share = held->share};
    bool clash = false;
    pthread_mutex_lock(&model.lock);
    for (int i = 0; i < PLACES; i++) {
        const struct place *other = &model.places[i];
        if (!other->serial)
            held->place = i;
        else if (other->node == held->node)
            clash |= !lets(other, &mine) || !lets(&mine, other);
    }
    held->serial = ++model.serial;
    model.places[held->place] = mine;
    model.places[held->place].serial = held->serial;
    pthread_mutex_unlock(&model.lock);
    if (clash)
        contradiction("two opens of one file that do not share it");
}

void model_closing(struct held *held)
{
    pthread_mutex_lock(&model.lock);
    model.places[held->place].serial = 0;
    pthread_mutex_unlock(&model.lock);
}

void model_unlocking(struct held *held)
{
    pthread_mutex_lock(&model.lock);
    model.places[held->place].shared = model.places[held->place].exclusive = 0;
    pthread_mutex_unlock(&model.lock);
}

/* One that is granted while its handle goes is not looked at, and those of one handle are its own affair. */
static void model_locked(const struct wish *w)
{
    bool clash = false, exclusive = w->rq.lock.exclusive;
    pthread_mutex_lock(&model.lock);
    struct place *mine = &model.places[w->place];
    for (int i = 0; mine->serial == w->serial && i < PLACES; i++) {
        const struct place *other = &model.places[i];
        if (other != mine && other->serial && other->node == mine->node)
            clash |= other->exclusive || (exclusive && other->shared);
    }
    if (mine->serial == w->serial)
        (*(exclusive ? &mine->exclusive : &mine->shared))++;
    pthread_mutex_unlock(&model.lock);
    if (clash)
        contradiction("an exclusive lock and another one at a time");
}

/* ---- requests ---------------------------------------------------------------------------------------- */

static void completed(struct nt_request *rq, NTSTATUS status, uint64_t information)
{
    struct wish *w = list_entry(rq, struct wish, rq);
    if (w->locks && status == STATUS_SUCCESS)
        model_locked(w);
    pthread_mutex_lock(&w->lock);
    w->wrong_order |= w->completed || w->released;
    w->completed++;
    w->status = status;
    pthread_mutex_unlock(&w->lock);
}

static void released(struct nt_request *rq)
{
    struct wish *w = list_entry(rq, struct wish, rq);
    pthread_mutex_lock(&w->lock);
    w->wrong_order |= w->completed != 1 || w->released;
    w->released++;
    pthread_cond_broadcast(&w->changed);
    pthread_mutex_unlock(&w->lock);
}

struct wish *wish_new(struct actor *a, enum nt_op op, struct nt_handle *handle)
{
    struct wish *w = calloc(1, sizeof *w);
    if (!w)
        abort();
    pthread_mutex_init(&w->lock, NULL);
    pthread_cond_init(&w->changed, NULL);
    rig_request(a->rig, &w->rq, op, handle);
    w->rq.caller.pid = 100 + a->number;
    w->rq.wait_ns = PATIENCE_MS * 1000000ull; /* with others' oplocks */
    w->rq.strict = draw(a, 2) != 0;
    w->rq.complete = completed;
    w->rq.release = released;
    w->next = a->wishes;
    a->wishes = w;
    return w;
}

void wish_submit(struct wish *w)
{
    nt_submit(&w->rq);
}

NTSTATUS wish_wait(struct wish *w)
{
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += PATIENCE;
    int rc = 0;
    pthread_mutex_lock(&w->lock);
    while (!w->released && rc != ETIMEDOUT)
        rc = pthread_cond_timedwait(&w->changed, &w->lock, &until);
    bool came = w->released;
    NTSTATUS status = w->status;
    pthread_mutex_unlock(&w->lock);
    if (!came) {
        fprintf(stderr, "no answer to %s\n", nt_op_name(w->rq.op));
        abort();
    }
    return status;
}

static bool makes_no_sense(NTSTATUS status)
{
    return status == STATUS_INTERNAL_ERROR || status == STATUS_INSUFFICIENT_RESOURCES ||
           status == STATUS_UNSUCCESSFUL || status == STATUS_PENDING;
}

NTSTATUS wish_do(struct wish *w)
{
    wish_submit(w);
    NTSTATUS status = wish_wait(w);
    if (makes_no_sense(status))
        contradiction("%s ends with 0x%08x", nt_op_name(w->rq.op), (unsigned)status);
    return status;
}

bool wish_ended(struct wish *w)
{
    pthread_mutex_lock(&w->lock);
    bool ended = w->released != 0;
    pthread_mutex_unlock(&w->lock);
    return ended;
}

void wish_cancel(struct wish *w)
{
    if (!wish_ended(w))
        nt_cancel(&w->rq);
}

void wishes_check(struct actor *a)
{
    struct wish *w;
    while ((w = a->wishes) != NULL) {
        a->wishes = w->next;
        wish_wait(w);
        if (w->completed != 1 || w->released != 1 || w->wrong_order)
            contradiction("%s: %u answers, %u releases", nt_op_name(w->rq.op), w->completed, w->released);
        pthread_cond_destroy(&w->changed);
        pthread_mutex_destroy(&w->lock);
        free(w);
    }
}
