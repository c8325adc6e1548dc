// SPDX-License-Identifier: MIT
/*
 * Decoding on demand.
 *
 * The lock covers the decoder and everything in the struct but what never changes. What the region holds is
 * read without it, so a reader waits only for bytes that were never decoded. The region may lose its bytes at
 * any time (the spill evicts it); then the decoder starts again.
 *
 * A quick decoder is lazy at first: what it gives stays in memory as far as a ring holds it, for readers that
 * are nearly in order. Only a read behind that shows that keeping all is worth the writing. Rings are few.
 */
#include "fs/archive/unpack.h"

#include "base/cleanup.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { CHUNK = 128 << 10, SMALL = 256 << 10, RING = 8 * CHUNK, RINGS_MOST = 32 };

static atomic_int rings; /* in use */

struct unpack {
    struct bytes bytes;
    const struct decoder_ops *ops;
    void *ctx;
    struct spill_region *region; /* NULL: small, or no room; never changes once it is NULL */
    atomic_bool whole;           /* small: all of `data` is there; else: never */
    pthread_mutex_t lock;
    char *data;        /* what ends at `position`, each byte at its offset modulo `room` */
    size_t room;       /* of data: small: all; a ring; else one chunk */
    size_t length;     /* of what is there */
    uint64_t position; /* of the decoder */
    bool ring;         /* has one */
    bool lazy;         /* nothing is in the region yet */
    bool running;
    bool crowded; /* the region could not be filled: it is not used any more */
    atomic_int failed;
};

static bool is_small(const struct unpack *unpack)
{
    return unpack->bytes.size <= SMALL;
}

static void halt(struct unpack *unpack)
{
    if (unpack->running)
        unpack->ops->stop(unpack->ctx);
    unpack->running = false;
    unpack->position = 0;
    unpack->length = 0;
}

/* Damage is for ever; a lack of memory, or a source that cannot be read now, is not. */
static int fail(struct unpack *unpack, int rc)
{
    halt(unpack);
    if (rc == -EBADMSG)
        atomic_store(&unpack->failed, rc);
    return rc;
}

static int run(struct unpack *unpack)
{
    if (unpack->running)
        return 0;
    unpack->room = is_small(unpack) ? (size_t)unpack->bytes.size : unpack->ring ? RING : CHUNK;
    if (!unpack->data)
        unpack->data = malloc(unpack->room ? unpack->room : 1);
    int rc = unpack->data ? unpack->ops->start(unpack->ctx) : -ENOMEM;
    unpack->running = rc == 0;
    unpack->position = 0;
    unpack->length = 0;
    return rc;
}

/* The decoder must be at its end now, and content. */
static int verify(struct unpack *unpack)
{
    char beyond;
    ssize_t got = unpack->ops->read(unpack->ctx, &beyond, 1);
    return got > 0 ? -EBADMSG : (int)got;
}

static int decode_chunk(struct unpack *unpack)
{
    int rc = run(unpack);
    uint64_t left = unpack->bytes.size - unpack->position;
    size_t want = is_small(unpack) || left < CHUNK ? (size_t)left : CHUNK;
    size_t done = 0;
    char *to = rc ? NULL : unpack->data + (unpack->room ? unpack->position % unpack->room : 0);
    while (rc == 0 && done < want) {
        ssize_t got = unpack->ops->read(unpack->ctx, to + done, want - done);
        rc = got < 0 ? (int)got : got == 0 || (size_t)got > want - done ? -EBADMSG : 0;
        done += rc ? 0 : (size_t)got;
        fs_progress();
    }
    if (rc == 0 && want == left)
        rc = verify(unpack);
    if (rc)
        return fail(unpack, rc);
    unpack->length = unpack->length + done < unpack->room ? unpack->length + done : unpack->room;
    unpack->position += done;
    return 0;
}

/* ---- through the region ------------------------------------------------------------------------------- */

/* Decodes and keeps one chunk more. */
static int extend(struct unpack *unpack)
{
    if (unpack->position != spill_filled(unpack->region))
        halt(unpack);
    uint64_t before = unpack->position;
    int rc = decode_chunk(unpack);
    if (rc)
        return rc;
    rc = spill_append_at(unpack->region, before, unpack->data, (size_t)(unpack->position - before));
    if (rc == -ESTALE)
        return 0;
    if (rc == -ENOSPC || rc == -EFBIG) {
        unpack->crowded = true;
        return 0;
    }
    if (rc == 0 && unpack->position == unpack->bytes.size) {
        halt(unpack);
        free(steal_ptr(&unpack->data));
    }
    return rc;
}

/* ---- without it --------------------------------------------------------------------------------------- */

static ssize_t copy_chunk(struct unpack *unpack, void *buf, size_t size, uint64_t offset)
{
    uint64_t start = unpack->position - unpack->length;
    if (offset < start)
        halt(unpack);
    while (offset >= unpack->position) {
        int rc = decode_chunk(unpack);
        if (rc)
            return rc;
    }
    size_t at = (size_t)(offset % unpack->room), have = (size_t)(unpack->position - offset);
    have = have < unpack->room - at ? have : unpack->room - at;
    size = size < have ? size : have;
    memcpy(buf, unpack->data + at, size);
    return (ssize_t)size;
}

static void give_ring(struct unpack *unpack)
{
    if (unpack->ring)
        atomic_fetch_sub(&rings, 1);
    unpack->ring = false;
}

/* From now on through the region. */
static void end_laziness(struct unpack *unpack)
{
    halt(unpack);
    free(steal_ptr(&unpack->data));
    give_ring(unpack);
    unpack->lazy = false;
}

static ssize_t read_some(struct unpack *unpack, void *buf, size_t size, uint64_t offset)
{
    LOCK_SCOPE(&unpack->lock);
    int failed = atomic_load(&unpack->failed);
    if (failed)
        return failed;
    if (unpack->lazy && offset < unpack->position - unpack->length)
        end_laziness(unpack);
    if (!unpack->region || unpack->crowded || unpack->lazy) {
        ssize_t got = copy_chunk(unpack, buf, size, offset);
        if (got > 0 && is_small(unpack)) {
            atomic_store(&unpack->whole, true);
            if (unpack->running)
                unpack->ops->stop(unpack->ctx);
            unpack->running = false;
        }
        return got;
    }
    while (!unpack->crowded) {
        ssize_t got = spill_pread(unpack->region, buf, size, offset);
        if (got != 0 && got != -ESTALE)
            return got;
        int rc = extend(unpack);
        if (rc)
            return rc;
    }
    return copy_chunk(unpack, buf, size, offset);
}

static ssize_t read_quick(struct unpack *unpack, void *buf, size_t size, uint64_t offset)
{
    if (atomic_load(&unpack->failed))
        return atomic_load(&unpack->failed);
    if (atomic_load(&unpack->whole)) {
        memcpy(buf, unpack->data + offset, size);
        return (ssize_t)size;
    }
    ssize_t got = unpack->region ? spill_pread(unpack->region, buf, size, offset) : 0;
    return got > 0 ? got : 0;
}

static ssize_t unpack_pread(struct bytes *bytes, void *buf, size_t size, uint64_t offset)
{
    struct unpack *unpack = (struct unpack *)bytes;
    size_t done = 0;
    while (done < size) {
        ssize_t got = read_quick(unpack, (char *)buf + done, size - done, offset + done);
        if (got == 0)
            got = read_some(unpack, (char *)buf + done, size - done, offset + done);
        if (got < 0)
            return got;
        done += (size_t)got;
    }
    return (ssize_t)done;
}

static void unpack_free(struct bytes *bytes)
{
    struct unpack *unpack = (struct unpack *)bytes;
    halt(unpack);
    unpack->ops->free(unpack->ctx);
    spill_region_free(unpack->region);
    give_ring(unpack);
    pthread_mutex_destroy(&unpack->lock);
    free(unpack->data);
    free(unpack);
}

static const struct bytes_ops unpack_ops = {unpack_pread, unpack_free};

static bool take_ring(void)
{
    if (atomic_fetch_add(&rings, 1) < RINGS_MOST)
        return true;
    atomic_fetch_sub(&rings, 1);
    return false;
}

int unpack_new(const struct decoder_ops *ops, void *ctx, uint64_t size, struct spill *spill,
               struct bytes **out)
{
    struct unpack *unpack = calloc(1, sizeof *unpack);
    int rc = unpack ? 0 : -ENOMEM;
    if (rc == 0 && size > SMALL)
        rc = spill_region_new(spill, size, &unpack->region);
    if (rc == -ENOSPC)
        rc = 0;
    if (rc) {
        ops->free(ctx);
        free(unpack);
        return rc;
    }
    unpack->bytes.ops = &unpack_ops;
    unpack->bytes.size = size;
    unpack->bytes.fd = -1;
    atomic_init(&unpack->bytes.refs, 1);
    atomic_init(&unpack->whole, false);
    pthread_mutex_init(&unpack->lock, NULL);
    unpack->ops = ops;
    unpack->ctx = ctx;
    unpack->ring = ops->quick && size > SMALL && take_ring();
    unpack->lazy = unpack->ring && unpack->region;
    *out = &unpack->bytes;
    return 0;
}
