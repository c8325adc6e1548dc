// SPDX-License-Identifier: MIT
/*
 * Byte-range locks. The engine keeps them: per file a tree of what is held (rangelock.c) and a list of those
 * who wait (park.c), both under file->lock. An owner is a handle, a process and a key.
 *
 *     shared wanted      conflicts with an exclusive lock of another owner
 *     exclusive wanted   conflicts with every lock, its owner's as well
 *     read               is refused by an exclusive lock of another owner
 *     write              by that, and by any shared lock, its owner's as well
 *
 * Who wants what an earlier one waits for, waits behind him; not so a handle that has a lock on the file
 * already: the earlier one may be waiting for just that lock.
 *
 * With DOKAN_OPTION_FILELOCK_USER_MODE the file system decides and reads and writes are its own business.
 * LockFile knows neither kind nor key nor waiting: the engine notes what was granted, so that "unlock all"
 * can name the ranges, and lets who may wait ask again whenever a lock of another handle on the file is gone.
 */
#include "nt/nt_internal.h"
#include "nt/rangelock.h"
#include <stdlib.h>

static bool by_file_system(const struct nt_volume *vol)
{
    return volume_option(vol, DOKAN_OPTION_FILELOCK_USER_MODE);
}

static struct range_lock like(const struct nt_request *rq)
{
    const struct nt_lock_args *args = &rq->lock;
    return (struct range_lock){.start = (uint64_t)args->offset,
                               .length = (uint64_t)args->length,
                               .owner = {rq->handle, rq->caller.pid, args->key},
                               .exclusive = args->exclusive};
}

static struct range_lock *lock_new(const struct nt_request *rq)
{
    struct range_lock *lock = malloc(sizeof *lock);
    if (!lock)
        return NULL;
    *lock = like(rq);
    list_init(&lock->link);
    return lock;
}

/* ---- what is held; file->lock is taken ----------------------------------------------------------------- */

static bool of_another(const struct range_lock *held, const struct range_lock *wish)
{
    return !same_owner(&held->owner, &wish->owner);
}

static bool of_another_handle(const struct range_lock *held, const struct range_lock *wish)
{
    return held->owner.handle != wish->owner.handle;
}

static bool held_against(const struct nt_file *file, const struct range_lock *wish)
{
    const struct range_tree *held = &file->locks;
    if (wish->exclusive)
        return ranges_meet(held->exclusive, wish, NULL) || ranges_meet(held->shared, wish, NULL);
    return ranges_meet(held->exclusive, wish, of_another);
}

static bool clash(const struct range_lock *a, const struct range_lock *b)
{
    return (a->exclusive || b->exclusive) && ranges_overlap(a, b);
}

/* May it be granted, given those who wait before `until`? */
static bool is_free(const struct nt_file *file, const struct range_lock *wish, const struct list *until)
{
    if (held_against(file, wish))
        return false;
    if (!list_empty(&wish->owner.handle->locks))
        return true;
    for (const struct list *at = file->lock_waiters.next; at != until; at = at->next)
        if (clash(wish, list_entry(at, struct nt_request, p.wait)->p.wanted))
            return false;
    return true;
}

static void hold(struct nt_file *file, struct range_lock *lock)
{
    ranges_insert(&file->locks, lock);
    list_add_tail(&lock->owner.handle->locks, &lock->link);
    if (!by_file_system(file->node->vol))
        atomic_fetch_add_explicit(&file->lock_count, 1, memory_order_relaxed);
}

/* The lock is the caller's to free. */
static void let_go(struct nt_file *file, struct range_lock *lock)
{
    ranges_remove(&file->locks, lock);
    list_del(&lock->link);
    if (!by_file_system(file->node->vol))
        atomic_fetch_sub_explicit(&file->lock_count, 1, memory_order_relaxed);
}

/* ---- waiting ------------------------------------------------------------------------------------------- */

static void grant(struct nt_file *file, struct nt_request *rq)
{
    if (!is_free(file, rq->p.wanted, &rq->p.wait) || !park_claim(rq))
        return;
    list_del(&rq->p.wait);
    hold(file, rq->p.wanted);
    park_end(rq, STATUS_SUCCESS);
}

static void ask_again(struct nt_request *rq)
{
    if (!park_claim(rq))
        return;
    list_del(&rq->p.wait);
    free(rq->p.wanted);
    park_end(rq, STATUS_PENDING);
}

/* A lock is gone, or one who waited. */
static void changed(struct nt_file *file)
{
    bool asks = by_file_system(file->node->vol);
    struct nt_request *rq, *next;
    file->lock_changes++;
    list_for_each_safe (rq, next, &file->lock_waiters, p.wait) {
        if (asks)
            ask_again(rq);
        else
            grant(file, rq);
    }
}

static NTSTATUS ended(NTSTATUS why)
{
    return why == STATUS_FILE_CLOSED ? STATUS_RANGE_NOT_LOCKED : why;
}

static NTSTATUS left(struct nt_request *rq, NTSTATUS why)
{
    struct nt_file *file = rq->handle->file;
    LOCK_SCOPE(&file->lock);
    list_del(&rq->p.wait);
    free(rq->p.wanted);
    changed(file);
    return ended(why);
}

static const struct nt_parking parking = {left};

/* On STATUS_PENDING the lock is the waiting request's. */
static NTSTATUS wait_for_lock(struct nt_request *rq, struct range_lock *lock)
{
    rq->p.wanted = lock;
    list_add_tail(&rq->handle->file->lock_waiters, &rq->p.wait);
    NTSTATUS status = park_begin(rq, &parking, park_limit(rq));
    if (status != STATUS_PENDING)
        list_del(&rq->p.wait);
    return ended(status);
}

/* ---- locks of the engine ------------------------------------------------------------------------------- */

static NTSTATUS check(const struct nt_request *rq)
{
    const struct nt_handle *h = rq->handle;
    if (h->directory)
        return STATUS_INVALID_PARAMETER;
    return h->access & (FILE_READ_DATA | FILE_WRITE_DATA) ? STATUS_SUCCESS : STATUS_ACCESS_DENIED;
}

static NTSTATUS lock_or_wait(struct nt_request *rq, struct range_lock *lock)
{
    struct nt_file *file = rq->handle->file;
    LOCK_SCOPE(&file->lock);
    if (atomic_load(&rq->handle->cleaned))
        return STATUS_RANGE_NOT_LOCKED;
    if (is_free(file, lock, &file->lock_waiters)) {
        hold(file, lock);
        return STATUS_SUCCESS;
    }
    return rq->lock.fail_immediately ? STATUS_LOCK_NOT_GRANTED : wait_for_lock(rq, lock);
}

static NTSTATUS unlock_one(struct nt_request *rq)
{
    struct nt_file *file = rq->handle->file;
    struct range_lock wish = like(rq);
    LOCK_SCOPE(&file->lock);
    wish.exclusive = true;
    struct range_lock *lock = ranges_find(&file->locks, &wish);
    wish.exclusive = false;
    if (!lock)
        lock = ranges_find(&file->locks, &wish);
    if (!lock)
        return STATUS_RANGE_NOT_LOCKED;
    let_go(file, lock);
    free(lock);
    changed(file);
    return STATUS_SUCCESS;
}

/* The next lock of the handle that an "unlock all" means. */
static struct range_lock *next_of(const struct nt_request *rq)
{
    const struct nt_lock_args *args = &rq->lock;
    struct range_lock *lock;
    list_for_each (lock, &rq->handle->locks, link) {
        if (lock->owner.pid == rq->caller.pid && (!args->by_key || lock->owner.key == args->key))
            return lock;
    }
    return NULL;
}

static bool has_none(const struct nt_file *file)
{
    return !file->locks.shared && !file->locks.exclusive;
}

static NTSTATUS unlock_all(struct nt_request *rq)
{
    struct nt_file *file = rq->handle->file;
    struct range_lock *lock;
    LOCK_SCOPE(&file->lock);
    if (has_none(file))
        return STATUS_RANGE_NOT_LOCKED;
    while ((lock = next_of(rq)) != NULL) {
        let_go(file, lock);
        free(lock);
    }
    changed(file);
    return STATUS_SUCCESS;
}

/* ---- locks of the file system -------------------------------------------------------------------------- */

static unsigned changes_seen(struct nt_file *file)
{
    LOCK_SCOPE(&file->lock);
    return file->lock_changes;
}

/* It was refused. STATUS_RETRY: meanwhile a lock went. */
static NTSTATUS wait_for_change(struct nt_request *rq, struct range_lock *lock, unsigned seen)
{
    struct nt_file *file = rq->handle->file;
    LOCK_SCOPE(&file->lock);
    if (rq_expired(rq))
        return STATUS_IO_TIMEOUT;
    if (file->lock_changes != seen)
        return STATUS_RETRY;
    if (ranges_meet(file->locks.exclusive, lock, of_another_handle) ||
        ranges_meet(file->locks.shared, lock, of_another_handle))
        return wait_for_lock(rq, lock);
    return STATUS_LOCK_NOT_GRANTED;
}

/* A handle that was cleaned up meanwhile has lost its locks. */
static NTSTATUS note_lock(struct nt_request *rq, struct range_lock *lock)
{
    struct nt_file *file = rq->handle->file;
    LOCK_SCOPE(&file->lock);
    if (atomic_load(&rq->handle->cleaned))
        return STATUS_RANGE_NOT_LOCKED;
    hold(file, lock);
    return STATUS_SUCCESS;
}

static NTSTATUS ask_for_lock(struct nt_request *rq, struct range_lock *lock)
{
    NTSTATUS status;
    do {
        unsigned seen = changes_seen(rq->handle->file);
        status = call_lock(rq, rq->handle, rq->lock.offset, rq->lock.length, false);
        if (status == STATUS_SUCCESS)
            return note_lock(rq, lock);
        if (status == STATUS_NOT_IMPLEMENTED)
            return status;
        if (rq->lock.fail_immediately)
            return STATUS_LOCK_NOT_GRANTED;
        status = wait_for_change(rq, lock, seen);
    } while (status == STATUS_RETRY);
    return status;
}

static NTSTATUS tell_unlock(struct nt_request *rq, int64_t offset, int64_t length)
{
    NTSTATUS status = call_lock(rq, rq->handle, offset, length, true);
    return status == STATUS_NOT_IMPLEMENTED ? status : STATUS_SUCCESS;
}

static NTSTATUS tell_unlock_all(struct nt_request *rq)
{
    struct nt_file *file = rq->handle->file;
    NTSTATUS status = has_callback(rq->volume, CB_UNLOCK) ? STATUS_SUCCESS : STATUS_NOT_IMPLEMENTED;
    while (!status) {
        pthread_mutex_lock(&file->lock);
        struct range_lock *lock = next_of(rq);
        if (lock)
            let_go(file, lock);
        pthread_mutex_unlock(&file->lock);
        if (!lock)
            break;
        status = tell_unlock(rq, (int64_t)lock->start, (int64_t)lock->length);
        free(lock);
    }
    LOCK_SCOPE(&file->lock);
    changed(file);
    return status;
}

/* ---- the operations ------------------------------------------------------------------------------------ */

NTSTATUS run_lock(struct nt_request *rq)
{
    bool asks = by_file_system(rq->volume);
    NTSTATUS status = asks ? STATUS_SUCCESS : check(rq);
    if (!status && !range_is_valid((uint64_t)rq->lock.offset, (uint64_t)rq->lock.length))
        status = STATUS_INVALID_LOCK_RANGE;
    if (status)
        return status;
    struct range_lock *lock = lock_new(rq);
    if (!lock)
        return STATUS_INSUFFICIENT_RESOURCES;
    status = asks ? ask_for_lock(rq, lock) : lock_or_wait(rq, lock);
    if (status != STATUS_SUCCESS && status != STATUS_PENDING)
        free(lock);
    return status;
}

static NTSTATUS unlock_range(struct nt_request *rq)
{
    if (!by_file_system(rq->volume))
        return unlock_one(rq);
    NTSTATUS status = tell_unlock(rq, rq->lock.offset, rq->lock.length);
    if (!status)
        unlock_one(rq);
    return status;
}

NTSTATUS run_unlock(struct nt_request *rq)
{
    bool asks = by_file_system(rq->volume);
    NTSTATUS status = asks ? STATUS_SUCCESS : check(rq);
    if (status)
        return status;
    if (!rq->lock.all)
        return unlock_range(rq);
    return asks ? tell_unlock_all(rq) : unlock_all(rq);
}

/* Its caller was told that it has no lock. */
void late_lock(struct nt_request *rq, NTSTATUS status)
{
    if (status == STATUS_SUCCESS && !atomic_load(&rq->handle->cleaned))
        unlock_range(rq);
}

void locks_drop(struct nt_handle *h)
{
    struct nt_file *file = h->file;
    if (list_empty(&h->locks))
        return;
    struct range_lock *lock, *next;
    list_for_each_safe (lock, next, &h->locks, link) {
        let_go(file, lock);
        free(lock);
    }
    changed(file);
}

bool locks_refuse(const struct nt_request *rq, int64_t offset, bool write)
{
    struct nt_file *file = rq->handle->file;
    struct range_lock io = {.start = (uint64_t)offset,
                            .length = rq->io.length,
                            .owner = {rq->handle, rq->caller.pid, rq->io.key}};
    LOCK_SCOPE(&file->lock);
    return ranges_meet(file->locks.exclusive, &io, of_another) ||
           (write && ranges_meet(file->locks.shared, &io, NULL));
}
