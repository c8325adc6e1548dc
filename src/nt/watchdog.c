// SPDX-License-Identifier: MIT
/*
 * Deadlines. Every thread that runs requests has a slot, in which its running requests stand, innermost
 * first. One thread of the process scans the slots, ends what is past its deadline (request.c) and does the
 * same with the waiting and the parked requests of every volume.
 *
 * Locks: `slots_lock` over the list of slots, each slot's spin lock over its stack of requests,
 * `volumes_lock` over the list of volumes. The running thread takes its slot's lock to enter and to leave, so
 * a request found in a slot is alive while that lock is held.
 *
 * The clock is CLOCK_MONOTONIC, which stands still while the machine sleeps. When the watchdog itself was not
 * scheduled for long (SIGSTOP, a debugger), all deadlines move by that gap.
 */
#include "nt/nt_internal.h"
#include <sched.h>
#include <stdlib.h>

static struct {
    pthread_mutex_t volumes_lock, slots_lock;
    pthread_cond_t wake;
    struct list volumes, slots;
    unsigned slot_serial;
    uint64_t epoch; /* a watchdog thread lives while this is its own */
    pthread_t thread;
    pthread_key_t key;
    pthread_once_t once;
} dog = {.volumes_lock = PTHREAD_MUTEX_INITIALIZER,
         .slots_lock = PTHREAD_MUTEX_INITIALIZER,
         .volumes = {&dog.volumes, &dog.volumes},
         .slots = {&dog.slots, &dog.slots},
         .once = PTHREAD_ONCE_INIT};

static _Thread_local struct nt_slot *my_slot;

static void slot_end(void *arg)
{
    struct nt_slot *slot = arg;
    pthread_mutex_lock(&dog.slots_lock);
    list_del(&slot->link);
    pthread_mutex_unlock(&dog.slots_lock);
    my_slot = NULL;
    free(slot);
}

static void init_wake(void)
{
    pthread_condattr_t attr;
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(&dog.wake, &attr);
    pthread_condattr_destroy(&attr);
}

static void make_once(void)
{
    init_wake();
    pthread_key_create(&dog.key, slot_end);
}

static struct nt_slot *slot_new(void)
{
    pthread_once(&dog.once, make_once);
    struct nt_slot *slot = aligned_alloc(64, (sizeof *slot + 63) / 64 * 64);
    if (!slot)
        return NULL;
    memset(slot, 0, sizeof *slot);
    atomic_flag_clear(&slot->lock);
    if (pthread_setspecific(dog.key, slot)) {
        free(slot);
        return NULL;
    }
    LOCK_SCOPE(&dog.slots_lock);
    slot->shard = dog.slot_serial++ % NT_COUNTER_SHARDS;
    list_add_tail(&dog.slots, &slot->link);
    my_slot = slot;
    return slot;
}

struct nt_slot *slot_mine(void)
{
    return my_slot ? my_slot : slot_new();
}

static void slot_lock(struct nt_slot *slot)
{
    while (atomic_flag_test_and_set_explicit(&slot->lock, memory_order_acquire))
        sched_yield();
}

static void slot_unlock(struct nt_slot *slot)
{
    atomic_flag_clear_explicit(&slot->lock, memory_order_release);
}

void slot_push(struct nt_slot *slot, struct nt_request *rq)
{
    slot_lock(slot);
    rq->p.slot = slot;
    rq->p.below = slot->top;
    slot->top = rq;
    slot_unlock(slot);
    atomic_thread_fence(memory_order_seq_cst);
}

void slot_pop(struct nt_slot *slot, struct nt_request *rq)
{
    if (!slot)
        return;
    slot_lock(slot);
    rq->p.slot = NULL;
    for (struct nt_request **at = &slot->top; *at; at = &(*at)->p.below) {
        if (*at == rq) {
            *at = rq->p.below;
            break;
        }
    }
    slot_unlock(slot);
}

bool slots_hooked(uint64_t id)
{
    LOCK_SCOPE(&dog.slots_lock);
    const struct nt_slot *slot;
    list_for_each (slot, &dog.slots, link) {
        uint64_t hooked = atomic_load(&slot->hooked);
        if (hooked && (!id || hooked == id))
            return true;
    }
    return false;
}

void slots_scan(void (*fn)(struct nt_request *rq, void *arg), void *arg)
{
    LOCK_SCOPE(&dog.slots_lock);
    struct nt_slot *slot;
    list_for_each (slot, &dog.slots, link) {
        slot_lock(slot);
        for (struct nt_request *rq = slot->top; rq; rq = rq->p.below)
            fn(rq, arg);
        slot_unlock(slot);
    }
}

struct round {
    uint64_t now, gap;
    struct nt_request *expired;
};

/* A reply was given in time, but CloseFile, say, goes on for ever: nobody waits, yet the thread is lost. */
static bool lost_tail(const struct nt_request *rq, uint64_t now)
{
    return atomic_load(&rq->p.state) == RQ_DONE && atomic_load(&rq->p.callback) >= 0 &&
           now > atomic_load(&rq->p.deadline) && !(atomic_load(&rq->p.flags) & RQ_STUCK);
}

static void mark_stuck(struct nt_request *rq)
{
    if (atomic_fetch_or(&rq->p.flags, RQ_STUCK) & RQ_STUCK)
        return;
    atomic_fetch_add(&rq->volume->stuck, 1);
    nt_volume_get(rq->volume);
}

static void check_one(struct nt_request *rq, void *arg)
{
    struct round *round = arg;
    if (round->gap)
        atomic_fetch_add(&rq->p.deadline, round->gap);
    if (round->now <= atomic_load(&rq->p.deadline))
        return;
    int running = RQ_RUNNING;
    if (lost_tail(rq, round->now)) {
        mark_stuck(rq);
    } else if (atomic_compare_exchange_strong(&rq->p.state, &running, RQ_EXPIRED)) {
        mark_stuck(rq);
        atomic_fetch_add(&rq->p.refs, 1);
        rq->p.next = round->expired;
        round->expired = rq;
    }
}

static struct nt_volume *next_volume(struct nt_volume *after)
{
    struct list *at = after ? after->link.next : dog.volumes.next;
    return at == &dog.volumes ? NULL : list_entry(at, struct nt_volume, link);
}

static uint64_t check_waiting(uint64_t now, struct list *expired)
{
    uint64_t shortest = UINT64_MAX;
    for (struct nt_volume *vol = next_volume(NULL); vol; vol = next_volume(vol)) {
        token_collect_expired(vol, now, expired);
        park_expire(vol, now);
        exec_relieve(vol);
        if (vol->timeout_ns < shortest)
            shortest = vol->timeout_ns;
    }
    return shortest;
}

static void check_running(uint64_t now, uint64_t gap)
{
    struct round round = {.now = now, .gap = gap};
    slots_scan(check_one, &round);
    for (struct nt_request *rq = round.expired, *next; rq; rq = next) {
        next = rq->p.next;
        request_expire(rq);
    }
}

static uint64_t tick_for(uint64_t timeout_ns)
{
    const uint64_t least = 5000000, most = 500000000;
    uint64_t tick = timeout_ns / 8;
    return tick < least ? least : tick > most ? most : tick;
}

static void sleep_for(uint64_t ns)
{
    uint64_t at = clock_ns() + ns;
    struct timespec until = {.tv_sec = (time_t)(at / 1000000000), .tv_nsec = (long)(at % 1000000000)};
    pthread_cond_timedwait(&dog.wake, &dog.volumes_lock, &until);
}

static void *watch(void *arg)
{
    uint64_t epoch = (uintptr_t)arg;
    uint64_t last = clock_coarse_ns(), tick = tick_for(0);
    pthread_mutex_lock(&dog.volumes_lock);
    while (dog.epoch == epoch) {
        struct list expired;
        list_init(&expired);
        sleep_for(tick);
        uint64_t now = clock_coarse_ns(), passed = now - last;
        uint64_t gap = passed > tick * 4 + 2000000000 ? passed - tick : 0;
        last = now;
        tick = tick_for(check_waiting(gap ? 0 : now, &expired));
        pthread_mutex_unlock(&dog.volumes_lock);
        token_refuse_all(&expired, STATUS_IO_TIMEOUT);
        check_running(now, gap);
        pthread_mutex_lock(&dog.volumes_lock);
    }
    pthread_mutex_unlock(&dog.volumes_lock);
    return NULL;
}

/* Lock held. */
static int start_watching(void)
{
    uint64_t epoch = ++dog.epoch;
    return thread_start(&dog.thread, "dokan-watchdog", 0, NULL, watch, (void *)(uintptr_t)epoch);
}

int watchdog_add(struct nt_volume *vol)
{
    pthread_once(&dog.once, make_once);
    LOCK_SCOPE(&dog.volumes_lock);
    int rc = list_empty(&dog.volumes) ? start_watching() : 0;
    if (rc)
        return rc;
    list_add_tail(&dog.volumes, &vol->link);
    pthread_cond_signal(&dog.wake);
    return 0;
}

void watchdog_remove(struct nt_volume *vol)
{
    pthread_mutex_lock(&dog.volumes_lock);
    list_del(&vol->link);
    bool last = list_empty(&dog.volumes);
    pthread_t thread = dog.thread;
    if (last)
        dog.epoch++;
    pthread_cond_broadcast(&dog.wake);
    pthread_mutex_unlock(&dog.volumes_lock);
    if (last)
        pthread_join(thread, NULL);
}

void nt_after_fork(void)
{
    pthread_once(&dog.once, make_once);
    pthread_mutex_init(&dog.volumes_lock, NULL);
    pthread_mutex_init(&dog.slots_lock, NULL);
    init_wake();
    list_init(&dog.volumes);
    list_init(&dog.slots);
    if (my_slot)
        pthread_setspecific(dog.key, NULL);
    my_slot = NULL;
}
