// SPDX-License-Identifier: MIT
/*
 * Owns the reader's token and the standby, who sees to it that somebody reads.
 *
 * While messages are served the standby looks once per tick. It takes the token when one request runs since a
 * tick and another message waits, or when messages were found waiting at two looks in a row although requests
 * are not short (short ones are best served by one hot thread). Once the leader sleeps in read(2) the standby
 * sleeps too, without a timeout; the leader rings it with the next message.
 *
 * Lock-free. The standby stores `asleep` and then looks at token and served; the leader gives up the token
 * and then looks at `asleep`: one of them sees the other.
 */
#include "door/fuse/fuse_i.h"
#include <linux/futex.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum {
    TICK_NS = 1000000,      /* as long as there is reason to look */
    TICK_LONG_NS = 4000000, /* a tick costs a hot loop on the same CPU about 15 us */
    CALM_TICKS = 8,         /* without a reason: look less often */
    QUIET_TICKS = 2,        /* without a message: sleep */
    BACKLOG_TICKS = 2,      /* in a row with messages waiting: take over */
    STALLED_TICKS = 10,     /* of one request, nobody reading: take over, and sleep in read(2) instead */
    SHORT_NS = 25000
};

void fuse_bell_ring(struct fuse_workers *ws)
{
    atomic_fetch_add(&ws->bell, 1);
    syscall(SYS_futex, &ws->bell, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
}

/* Sleeps until the bell is no longer `seen`; tick_ns 0: for ever. */
static void await_bell(struct fuse_workers *ws, uint32_t seen, long tick_ns)
{
    struct timespec tick = {.tv_nsec = tick_ns};
    syscall(SYS_futex, &ws->bell, FUTEX_WAIT_PRIVATE, seen, tick_ns ? &tick : NULL, NULL, 0);
}

/* ---- the token ---------------------------------------------------------------------------------------- */

bool fuse_token_try(struct fuse_workers *ws, struct fuse_worker *w)
{
    struct fuse_worker *nobody = NULL;
    return !atomic_load_explicit(&ws->token, memory_order_relaxed) &&
           atomic_compare_exchange_strong(&ws->token, &nobody, w);
}

void fuse_token_give(struct fuse_workers *ws)
{
    atomic_store(&ws->token, NULL);
    if (atomic_load(&ws->asleep) && atomic_exchange(&ws->asleep, false))
        fuse_bell_ring(ws);
}

/* ---- watching ----------------------------------------------------------------------------------------- */

struct watch {
    uint64_t served;
    uint64_t delta; /* messages since the last look */
    long tick_ns;   /* before this look */
    unsigned calm, quiet, backlog, stalled;
};

/* The leader sleeps in read(2): so does the standby, until the leader rings. */
static void sleep_with_leader(struct fuse_workers *ws, struct watch *watch)
{
    uint32_t bell = atomic_load(&ws->bell);
    atomic_store(&ws->asleep, true);
    bool still = atomic_load(&ws->token) && atomic_load(&ws->served) == watch->served;
    if (still && !atomic_load(&ws->stop) && !atomic_load(&ws->has_deferred))
        await_bell(ws, bell, 0);
    atomic_store(&ws->asleep, false);
    watch->quiet = watch->calm = 0;
}

/* Requests as short as these are best served by one thread, however many wait. */
static bool short_requests(const struct watch *watch)
{
    return watch->delta * SHORT_NS >= (uint64_t)watch->tick_ns;
}

/* Nobody reads. */
static bool takeover_due(struct fuse_door *door, struct watch *watch)
{
    if (short_requests(watch)) {
        watch->calm++;
        return false;
    }
    if (!fuse_device_pending(door)) {
        watch->backlog = 0;
        return !watch->delta && ++watch->stalled >= STALLED_TICKS;
    }
    watch->calm = 0;
    return ++watch->backlog >= BACKLOG_TICKS || !watch->delta;
}

/* One look. True: this thread holds the token now. */
static bool watch_once(struct fuse_worker *w, struct watch *watch)
{
    struct fuse_workers *ws = &w->door->workers;
    bool reading = atomic_load(&ws->token);
    uint64_t served = atomic_load(&ws->served);
    watch->delta = served - watch->served;
    watch->served = served;
    if (watch->delta)
        watch->quiet = watch->stalled = 0;
    if (!reading)
        return takeover_due(w->door, watch) && fuse_token_try(ws, w);
    watch->backlog = 0;
    watch->calm++;
    if (!watch->delta && ++watch->quiet >= QUIET_TICKS)
        sleep_with_leader(ws, watch);
    return false;
}

bool fuse_stand_by(struct fuse_worker *w)
{
    struct fuse_workers *ws = &w->door->workers;
    struct watch watch = {.served = atomic_load(&ws->served)};
    for (;;) {
        uint32_t bell = atomic_load(&ws->bell);
        if (atomic_load(&ws->stop) || atomic_load(&ws->has_deferred))
            return false;
        watch.tick_ns = watch.calm < CALM_TICKS ? TICK_NS : TICK_LONG_NS;
        await_bell(ws, bell, watch.tick_ns);
        if (watch_once(w, &watch))
            return true;
    }
}
