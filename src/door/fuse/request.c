// SPDX-License-Identifier: MIT
/*
 * Owns the request buffers: where they come from, who holds them, how they are answered and when they are
 * used again.
 *
 * One mapping holds the struct, the incoming message and the answer. The kernel copies page by page and pins
 * each, so the argument of FUSE_WRITE ends at a page boundary, and so does the header of an answer in bulk:
 * data is page aligned both ways. A short answer lies within one page. Pages are touched when used.
 *
 * A request that waits in the engine (nt_admit() said false, or nt_run() came back without it) stands on
 * pool->waiting, where INTERRUPT finds it.
 */
#include "base/cleanup.h"
#include "base/status.h"
#include "door/fuse/fuse_i.h"
#include <dokan/ntstatus.h>
#include <errno.h>
#include <sys/mman.h>
#include <time.h>

#define ARGUMENT_ROOM (sizeof(struct fuse_in_header) + sizeof(struct fuse_write_in))

enum { STRUCT_ROOM = (sizeof(struct fuse_request) + FUSE_BLOCK - 1) / FUSE_BLOCK * FUSE_BLOCK };

/* The struct, then a page whose end holds the incoming headers, their data, a page whose end holds the header
 * of the answer, its data. */
static size_t mapping_size(const struct fuse_door *door)
{
    return STRUCT_ROOM + 2 * (FUSE_BLOCK + (size_t)door->max_write);
}

void fuse_pool_init(struct fuse_pool *pool)
{
    pthread_mutex_init(&pool->lock, NULL);
    pthread_condattr_t attr;
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(&pool->freed, &attr);
    pthread_condattr_destroy(&attr);
    list_init(&pool->free);
    list_init(&pool->waiting);
    pool->free_count = pool->total = 0;
}

void fuse_pool_destroy(struct fuse_door *door)
{
    struct fuse_request *rq, *after;
    list_for_each_safe (rq, after, &door->pool.free, link) {
        list_del(&rq->link);
        fuse_request_unmap(rq);
    }
    pthread_cond_destroy(&door->pool.freed);
    pthread_mutex_destroy(&door->pool.lock);
}

struct fuse_request *fuse_request_map(struct fuse_door *door)
{
    uint8_t *base = mmap(NULL, mapping_size(door), PROT_READ | PROT_WRITE,
                         MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (base == MAP_FAILED)
        return NULL;
    struct fuse_request *rq = (struct fuse_request *)base;
    uint8_t *in_data = base + STRUCT_ROOM + FUSE_BLOCK;
    rq->door = door;
    rq->in = (struct fuse_in_header *)(in_data - ARGUMENT_ROOM);
    rq->out_page = in_data + door->max_write;
    list_init(&rq->link);
    list_init(&rq->job);
    return rq;
}

void fuse_request_layout(struct fuse_request *rq, bool bulk)
{
    rq->out = rq->out_page + (bulk ? FUSE_BLOCK : sizeof *rq->head);
    rq->out_cap = bulk ? rq->door->max_write : FUSE_BLOCK - sizeof *rq->head;
    rq->head = (struct fuse_out_header *)rq->out - 1;
}

void fuse_request_unmap(struct fuse_request *rq)
{
    munmap(rq, mapping_size(rq->door));
}

static struct fuse_request *pool_take(struct fuse_pool *pool, bool *may_map)
{
    LOCK_SCOPE(&pool->lock);
    struct list *first = list_first(&pool->free);
    *may_map = !first && pool->total < FUSE_REQUESTS_MAX;
    pool->total += *may_map;
    if (!first)
        return NULL;
    list_del(first);
    pool->free_count--;
    return list_entry(first, struct fuse_request, link);
}

static void pool_forget(struct fuse_pool *pool)
{
    LOCK_SCOPE(&pool->lock);
    pool->total--;
}

struct fuse_request *fuse_request_new(struct fuse_door *door)
{
    bool may_map;
    struct fuse_request *rq = pool_take(&door->pool, &may_map);
    if (!rq && may_map) {
        rq = fuse_request_map(door);
        if (!rq)
            pool_forget(&door->pool);
    }
    if (!rq)
        return NULL;
    atomic_store(&rq->refs, 1);
    fuse_door_ref(door);
    return rq;
}

struct fuse_request *fuse_request_await(struct fuse_door *door)
{
    struct fuse_pool *pool = &door->pool;
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_nsec += FUSE_AWAIT_MS * 1000000L;
    until.tv_sec += until.tv_nsec / 1000000000;
    until.tv_nsec %= 1000000000;
    pthread_mutex_lock(&pool->lock);
    pool->wanted = true;
    int r = 0;
    while (!r && list_empty(&pool->free) && pool->total >= FUSE_REQUESTS_MAX)
        r = pthread_cond_timedwait(&pool->freed, &pool->lock, &until);
    pool->wanted = false;
    pthread_mutex_unlock(&pool->lock);
    return fuse_request_new(door);
}

/* Unlinks it from the waiting list, if it stands there, and keeps or frees it. */
static void recycle(struct fuse_request *rq)
{
    struct fuse_door *door = rq->door;
    struct fuse_pool *pool = &door->pool;
    pthread_mutex_lock(&pool->lock);
    list_del(&rq->link);
    rq->waiting = false;
    bool keep = pool->free_count < FUSE_POOL_KEEP;
    if (keep)
        list_add_head(&pool->free, &rq->link);
    pool->free_count += keep;
    pool->total -= !keep;
    if (pool->wanted)
        pthread_cond_signal(&pool->freed);
    pthread_mutex_unlock(&pool->lock);
    if (!keep)
        fuse_request_unmap(rq);
    fuse_door_unref(door);
}

void fuse_request_unref(struct fuse_request *rq)
{
    if (atomic_fetch_sub(&rq->refs, 1) == 1)
        recycle(rq);
}

bool fuse_request_done(struct fuse_request *rq)
{
    if (!rq->waiting && atomic_load(&rq->refs) == 1)
        return true;
    fuse_request_unref(rq);
    return false;
}

void fuse_request_clean(struct fuse_request *rq)
{
    if (rq->node)
        nt_node_put(rq->node);
    if (rq->node2)
        nt_node_put(rq->node2);
    rq->node = rq->node2 = NULL;
}

/* ---- between door and engine -------------------------------------------------------------------------- */

static void engine_released(struct nt_request *nt);

static void engine_completed(struct nt_request *nt, NTSTATUS status, uint64_t information)
{
    struct fuse_request *rq = list_entry(nt, struct fuse_request, nt);
    rq->op->reply(rq, status, information);
    /* After the answer: another thread may be starting here, with the lock held, and wait for a loader that
     * waits for this answer. */
    if (status == STATUS_IO_TIMEOUT)
        fuse_worker_expired(rq);
}

/* The end of a cleanup or close that no message of the kernel waits for. */
static void closing_completed(struct nt_request *nt, NTSTATUS status, uint64_t information)
{
    (void)information;
    if (status == STATUS_IO_TIMEOUT)
        fuse_worker_expired(list_entry(nt, struct fuse_request, nt));
}

void fuse_request_close_next(struct fuse_request *rq)
{
    bool cleanup = rq->close_step == FUSE_CLOSING_CLEANUP;
    struct nt_request *nt = &rq->nt;
    nt->op = cleanup ? NT_CLEANUP : NT_CLOSE;
    nt->handle = rq->closing;
    nt->complete = closing_completed;
    nt->release = engine_released;
    rq->close_step = cleanup ? FUSE_CLOSING_CLOSE : FUSE_CLOSING_NOT;
    nt_submit(nt);
}

void fuse_request_close_later(struct fuse_request *rq, struct nt_handle *handle)
{
    rq->closing = handle;
    rq->close_step = FUSE_CLOSING_CLEANUP;
}

/* May come on the watchdog's thread, which must not be lent to a callback. */
static void engine_released(struct nt_request *nt)
{
    struct fuse_request *rq = list_entry(nt, struct fuse_request, nt);
    if (rq->close_step != FUSE_CLOSING_NOT) {
        if (fuse_worker_here() || !fuse_worker_defer(rq))
            fuse_request_close_next(rq);
        return;
    }
    if (rq->op->released)
        rq->op->released(rq);
    fuse_request_clean(rq);
    fuse_request_unref(rq);
}

void fuse_request_keep(struct fuse_request *rq)
{
    struct fuse_pool *pool = &rq->door->pool;
    if (atomic_load(&rq->refs) == 1)
        return;
    LOCK_SCOPE(&pool->lock);
    if (atomic_load(&rq->refs) == 1)
        return;
    rq->waiting = true;
    list_add_tail(&pool->waiting, &rq->link);
}

bool fuse_request_admit(struct fuse_request *rq)
{
    struct nt_request *nt = &rq->nt;
    nt->complete = engine_completed;
    nt->release = engine_released;
    atomic_store_explicit(&rq->refs, 2, memory_order_relaxed);
    if (nt_admit(nt))
        return true;
    fuse_request_keep(rq);
    return false;
}

static struct fuse_request *find_waiting(struct fuse_pool *pool, uint64_t unique)
{
    LOCK_SCOPE(&pool->lock);
    struct fuse_request *rq;
    list_for_each (rq, &pool->waiting, link) {
        /* One reference more keeps it off the free list; at 0 somebody recycles it already. */
        int refs = atomic_load(&rq->refs);
        while (rq->unique == unique && refs > 0)
            if (atomic_compare_exchange_weak(&rq->refs, &refs, refs + 1))
                return rq;
    }
    return NULL;
}

void fuse_request_interrupt(struct fuse_door *door, uint64_t unique)
{
    struct fuse_request *rq = find_waiting(&door->pool, unique);
    if (!rq)
        return;
    if (rq->op->op != NT_CLEANUP)
        nt_cancel(&rq->nt);
    fuse_request_unref(rq);
}

/* ---- answers ------------------------------------------------------------------------------------------ */

bool fuse_reply(struct fuse_request *rq, int error, size_t size)
{
    *rq->head = (struct fuse_out_header){
        .len = (uint32_t)(sizeof *rq->head + (error ? 0 : size)), .error = error, .unique = rq->unique};
    return atomic_load_explicit(&rq->door->channel, memory_order_relaxed)->reply(rq) == 0;
}

/* Interrupted waits end with CANCELLED, which programs know as EINTR. */
int fuse_errno(NTSTATUS status)
{
    return status == STATUS_CANCELLED ? EINTR : status_to_errno(status);
}

bool fuse_reply_status(struct fuse_request *rq, NTSTATUS status)
{
    return fuse_reply(rq, -fuse_errno(status), 0);
}

static bool is_gone(NTSTATUS status)
{
    return status == STATUS_OBJECT_NAME_NOT_FOUND || status == STATUS_OBJECT_PATH_NOT_FOUND ||
           status == STATUS_DELETE_PENDING || status == STATUS_FILE_DELETED;
}

void fuse_reply_node_status(struct fuse_request *rq, NTSTATUS status)
{
    if (is_gone(status))
        fuse_reply(rq, -ESTALE, 0);
    else
        fuse_reply_status(rq, status);
}

void fuse_reply_plain(struct fuse_request *rq, NTSTATUS status, uint64_t information)
{
    (void)information;
    fuse_reply_status(rq, status);
}
