// SPDX-License-Identifier: MIT
/*
 * Slots and the look at them; timeout.h says what for.
 *
 * `slots.lock` guards the list and everything in a slot that is the monitors'. A call stands in slot->info;
 * the monitor pins it by setting bit 0 and the call cannot end until the pin is taken off, so what
 * DokanResetTimeout() gets is always the DOKAN_FILE_INFO of a running call, and the thread is there whose
 * clock is read. The pin is held for microseconds.
 */
#include "fs/mount/timeout.h"

#include "base/cleanup.h"
#include "base/list.h"
#include "fs/fs_i.h"
#include <sched.h>
#include <time.h>

/* Below that share of a processor a thread only looks after a lock that it waits for, an interpreter's say.
 */
enum { TICKS_PER_TIMEOUT = 4, BUSY_TIMEOUTS = 10, LIVELY_PERCENT = 2 };

#define PINNED ((uintptr_t)1)

struct watch {
    uint32_t timeout_ms;
};

struct slot {
    struct list link;
    clockid_t clock;
    bool has_clock;
    _Atomic uintptr_t info; /* 0: no call */
    _Atomic(struct watch *) watch;
    atomic_uint sequence;
    atomic_uint progress;
    /* What the last look saw. */
    unsigned seen_sequence, seen_progress;
    uint64_t seen_cpu;
    unsigned quiet; /* looks without progress */
};

static struct {
    pthread_mutex_t lock;
    struct list list;
    pthread_once_t once;
    pthread_key_t key;
    bool has_key;
} slots = {.lock = PTHREAD_MUTEX_INITIALIZER, .list = {&slots.list, &slots.list}, .once = PTHREAD_ONCE_INIT};

static _Thread_local struct slot *mine;

static void slot_end(void *arg)
{
    struct slot *slot = arg;
    pthread_mutex_lock(&slots.lock);
    list_del(&slot->link);
    pthread_mutex_unlock(&slots.lock);
    fs_progress_to(NULL);
    mine = NULL;
    free(slot);
}

static void make_key(void)
{
    slots.has_key = pthread_key_create(&slots.key, slot_end) == 0;
}

/* NULL without memory: the call is then not protected. */
static struct slot *slot_new(void)
{
    pthread_once(&slots.once, make_key);
    struct slot *slot = slots.has_key ? calloc(1, sizeof *slot) : NULL;
    if (!slot || pthread_setspecific(slots.key, slot) != 0) {
        free(slot);
        return NULL;
    }
    slot->has_clock = pthread_getcpuclockid(pthread_self(), &slot->clock) == 0;
    LOCK_SCOPE(&slots.lock);
    list_add_tail(&slots.list, &slot->link);
    mine = slot;
    fs_progress_to(&slot->progress);
    return slot;
}

/* Replaces what stands in the slot, once the monitor does not look at it. */
static void slot_put(struct slot *slot, uintptr_t old, uintptr_t fresh)
{
    uintptr_t expected = old;
    while (!atomic_compare_exchange_weak_explicit(&slot->info, &expected, fresh, memory_order_acq_rel,
                                                  memory_order_relaxed)) {
        if (expected != old)
            sched_yield();
        expected = old;
    }
}

struct call call_enter(struct watch *watch, PDOKAN_FILE_INFO info)
{
    struct slot *slot = !watch ? NULL : mine ? mine : slot_new();
    if (!slot)
        return (struct call){0};
    struct call call = {.slot = slot,
                        .info = (uintptr_t)info,
                        .outer = atomic_load_explicit(&slot->info, memory_order_relaxed) & ~PINNED,
                        .outer_watch = atomic_load_explicit(&slot->watch, memory_order_relaxed)};
    if (call.outer)
        slot_put(slot, call.outer, 0);
    atomic_store_explicit(&slot->watch, watch, memory_order_relaxed);
    atomic_store_explicit(&slot->sequence, atomic_load_explicit(&slot->sequence, memory_order_relaxed) + 1,
                          memory_order_relaxed);
    atomic_store_explicit(&slot->info, call.info, memory_order_release);
    return call;
}

void call_leave(struct call *call)
{
    struct slot *slot = call->slot;
    if (!slot)
        return;
    slot_put(slot, call->info, 0);
    if (!call->outer)
        return;
    atomic_store_explicit(&slot->watch, call->outer_watch, memory_order_relaxed);
    atomic_store_explicit(&slot->info, call->outer, memory_order_release);
}

/* ---- the monitor ----------------------------------------------------------------------------------- */

struct watch *watch_new(uint32_t timeout_ms)
{
    struct watch *watch = calloc(1, sizeof *watch);
    if (watch)
        watch->timeout_ms = timeout_ms;
    return watch;
}

void watch_free(struct watch *watch)
{
    free(watch);
}

uint32_t watch_tick_ms(const struct watch *watch)
{
    uint32_t tick = watch->timeout_ms / TICKS_PER_TIMEOUT;
    return tick ? tick : 1;
}

static uint64_t cpu_time(const struct slot *slot)
{
    struct timespec ts = {0};
    if (slot->has_clock)
        clock_gettime(slot->clock, &ts);
    return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

/* Whether the pinned call has lived since the last look, at which it was already there. */
static bool has_lived(struct slot *slot, uint32_t tick_ms)
{
    unsigned sequence = atomic_load_explicit(&slot->sequence, memory_order_relaxed);
    unsigned progress = atomic_load_explicit(&slot->progress, memory_order_relaxed);
    uint64_t cpu = cpu_time(slot);
    bool known = sequence == slot->seen_sequence;
    bool moved = progress != slot->seen_progress;
    bool used = cpu - slot->seen_cpu > (uint64_t)tick_ms * 1000000 / 100 * LIVELY_PERCENT;
    slot->quiet = known && !moved ? slot->quiet + 1 : 0;
    slot->seen_sequence = sequence;
    slot->seen_progress = progress;
    slot->seen_cpu = cpu;
    return known && (moved || (used && slot->quiet <= TICKS_PER_TIMEOUT * BUSY_TIMEOUTS));
}

static bool look_at(struct watch *watch, struct slot *slot)
{
    uintptr_t info = atomic_load_explicit(&slot->info, memory_order_acquire);
    if (!info || !atomic_compare_exchange_strong_explicit(&slot->info, &info, info | PINNED,
                                                          memory_order_acq_rel, memory_order_relaxed))
        return false;
    bool renewed = atomic_load_explicit(&slot->watch, memory_order_relaxed) == watch &&
                   has_lived(slot, watch_tick_ms(watch)) &&
                   DokanResetTimeout(watch->timeout_ms, (PDOKAN_FILE_INFO)info);
    atomic_store_explicit(&slot->info, info, memory_order_release);
    return renewed;
}

unsigned watch_look(struct watch *watch)
{
    struct slot *slot;
    unsigned renewed = 0;
    LOCK_SCOPE(&slots.lock);
    list_for_each (slot, &slots.list, link)
        renewed += look_at(watch, slot);
    return renewed;
}

void watch_after_fork(void)
{
    pthread_mutex_init(&slots.lock, NULL);
    list_init(&slots.list);
    if (mine)
        pthread_setspecific(slots.key, NULL);
    mine = NULL;
    fs_progress_to(NULL);
}
