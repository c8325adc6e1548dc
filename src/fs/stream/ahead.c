// SPDX-License-Identifier: MIT
/*
 * Decoding ahead of a reader in order: one thread, which lives only between stream_passing(true) and
 * stream_passing(false), so never beyond the call that scans an archive, and never across a fork that
 * matters: an object that is being opened has no user yet.
 *
 * It is a reader like others, of one byte of every chunk, and while it is active only it decodes what was not
 * decoded yet. It stays AHEAD chunks before `passed`, the place where the scan is; the cache holds a few
 * more, so that what was decoded is still there when the scan comes. A fetch.c reads the file before it.
 * Waking a thread costs as much as decoding a chunk, so each wakes the other only when half of that is done.
 * It is not started over bytes that another FS object gives: those may want a thread of their own kind.
 */
#include "fs/stream/stream_i.h"

#include "base/thread.h"

#define STEPS(n) ((uint64_t)(n)*CHUNK)

static void wake_reader(struct ahead *ahead)
{
    ahead->hungry = false;
    pthread_cond_broadcast(&ahead->ready);
}

static void set_active(struct stream *stream, bool active)
{
    LOCK_SCOPE(&stream->lock);
    stream->ahead.active = active;
    wake_reader(&stream->ahead);
}

/* *place is the next to decode. False: stop. */
static bool go_on(struct stream *stream, uint64_t *place)
{
    LOCK_SCOPE(&stream->lock);
    struct ahead *ahead = &stream->ahead;
    uint64_t at = *place = stream->reached / CHUNK * CHUNK;
    bool full = at > ahead->passed && at - ahead->passed > STEPS(AHEAD);
    if (full || (ahead->hungry && at > ahead->wanted && at - ahead->wanted >= STEPS(AHEAD / 2)))
        wake_reader(ahead);
    ahead->sleeping_at = at;
    while (full && !ahead->stop && at > ahead->passed && at - ahead->passed > STEPS(AHEAD / 2))
        pthread_cond_wait(&ahead->woken, &stream->lock);
    ahead->sleeping_at = 0;
    return !ahead->stop;
}

static void *run(void *arg)
{
    struct stream *stream = arg;
    ssize_t n = 1;
    uint64_t at, before = UINT64_MAX;
    while (n > 0 && go_on(stream, &at) && at != before) {
        char byte;
        before = at;
        n = decode_read(stream, &byte, 1, at);
    }
    set_active(stream, false);
    return NULL;
}

bool ahead_wait(struct stream *stream, uint64_t offset)
{
    struct ahead *ahead = &stream->ahead;
    if (!ahead->active || !pthread_equal(ahead->reader, pthread_self()) || offset < stream->reached)
        return false;
    ahead->wanted = offset;
    ahead->hungry = true;
    while (ahead->hungry)
        pthread_cond_wait(&ahead->ready, &stream->lock);
    return true;
}

bool ahead_pass(struct stream *stream, uint64_t offset)
{
    LOCK_SCOPE(&stream->lock);
    return ahead_wait(stream, offset) || (stream->ahead.active && stream->reached > offset);
}

void ahead_start(struct stream *stream)
{
    struct ahead *ahead = &stream->ahead;
    if (ahead->running || stream->packed->fd < 0 || decode_prepare(stream))
        return;
    ahead->stop = false;
    ahead->passed = 0;
    ahead->reader = pthread_self();
    ahead->active = true;
    ahead->running = thread_start(&ahead->thread, "fs-ahead", 0, NULL, run, stream) == 0;
    if (ahead->running)
        fetch_start(&ahead->fetch, stream->packed, 0);
    else
        ahead->active = false;
}

void ahead_stop(struct stream *stream)
{
    struct ahead *ahead = &stream->ahead;
    if (!ahead->running)
        return;
    pthread_mutex_lock(&stream->lock);
    ahead->stop = true;
    pthread_cond_broadcast(&ahead->woken);
    pthread_mutex_unlock(&stream->lock);
    pthread_join(ahead->thread, NULL);
    fetch_stop(&ahead->fetch);
    ahead->running = false;
}

void ahead_passed(struct stream *stream, uint64_t offset)
{
    LOCK_SCOPE(&stream->lock);
    struct ahead *ahead = &stream->ahead;
    if (offset <= ahead->passed)
        return;
    offset = offset < STREAM_MAX ? offset : STREAM_MAX;
    ahead->passed = offset;
    stream->chunks.passed = offset / CHUNK > BEHIND ? offset / CHUNK - BEHIND : 0;
    if (ahead->sleeping_at && offset + STEPS(AHEAD / 2) >= ahead->sleeping_at)
        pthread_cond_signal(&ahead->woken);
}
