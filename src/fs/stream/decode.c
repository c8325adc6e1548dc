// SPDX-License-Identifier: MIT
/*
 * From an offset to decoded bytes: the spill has them, or a chunk in memory, or a decoder makes them.
 *
 * A decoder stands in a slot. Whoever needs a chunk takes the idle decoder, or starts one at the point, that
 * is nearest before it; where a busy decoder will be nearer, it waits for that one. So readers in order
 * follow one decoder, and readers at random places work at the same time. While decoding, what is passed on
 * the way goes to the spill or to the chunks.
 *
 * Only a chunk that starts where its decoder stood is whole, and only those are kept. Damage is kept like
 * data: it will be the same next time. A chunk with damage behind its bytes gives none of them: the check
 * that failed may have been theirs.
 */
#include "fs/stream/stream_i.h"

int decode_prepare(struct stream *stream)
{
    if (atomic_load(&stream->prepared) || (stream->passing && stream->codec->found_in_passing))
        return 0;
    LOCK_SCOPE(&stream->prepare_lock);
    if (atomic_load(&stream->prepared))
        return 0;
    int rc = stream->codec->index && !stream->complete ? stream->codec->index(stream) : 0;
    if (rc == 0)
        atomic_store(&stream->prepared, true);
    return rc;
}

/* ---- the spill ---------------------------------------------------------------------------------------- */

bool interval_spilled(const struct stream *stream, size_t index)
{
    if (stream->codec->keep != KEEP_LONG)
        return stream->codec->keep == KEEP_ALWAYS;
    uint64_t end = interval_end(stream, index);
    return !stream->small && (end == UINT64_MAX || end - stream->points[index].out > SHORT);
}

struct place {
    struct spill_region *region; /* NULL: none */
    uint64_t start, end;         /* of the interval */
};

static struct place place_at(struct stream *stream, uint64_t offset, bool make)
{
    LOCK_SCOPE(&stream->lock);
    size_t index = point_before(stream, offset);
    struct point *point = &stream->points[index];
    bool passed = stream->codec->quick && (stream->passing || !point->again);
    if (!point->region && make && !passed && interval_spilled(stream, index) &&
        spill_region_new(stream->spill, SPILL_UNKNOWN, &point->region) != 0)
        point->region = NULL;
    bool usable = !make || (!point->spill_full && !passed);
    return (struct place){usable ? point->region : NULL, point->out, interval_end(stream, index)};
}

static void spill_is_full(struct stream *stream, uint64_t offset)
{
    LOCK_SCOPE(&stream->lock);
    stream->points[point_before(stream, offset)].spill_full = true;
}

/* Whether the bytes at `offset`, of one interval, are in the spill afterwards. */
static bool spill_put_some(struct stream *stream, const struct place *place, const void *data, size_t size,
                           uint64_t offset)
{
    if (!place->region)
        return false;
    int rc = spill_append_at(place->region, offset - place->start, data, size);
    if (rc == -ENOSPC)
        spill_is_full(stream, offset);
    return rc == 0 || (rc == -ESTALE && spill_filled(place->region) >= offset - place->start + size);
}

static bool spill_put(struct stream *stream, const uint8_t *data, size_t size, uint64_t offset)
{
    bool all = true;
    while (size) {
        struct place place = place_at(stream, offset, true);
        size_t some = size < place.end - offset ? size : (size_t)(place.end - offset);
        all = spill_put_some(stream, &place, data, some, offset) && all;
        data += some;
        offset += some;
        size -= some;
    }
    return all;
}

static ssize_t spill_get(struct stream *stream, void *buf, size_t size, uint64_t offset)
{
    struct place place = place_at(stream, offset, false);
    return place.region ? spill_pread(place.region, buf, size, offset - place.start) : 0;
}

/* ---- choosing a decoder ------------------------------------------------------------------------------- */

struct choice {
    struct slot *slot; /* NULL: wait */
    bool start;        /* at the point */
    struct point point;
};

static struct slot *slot_to_start(struct stream *stream)
{
    struct slot *found = NULL;
    for (struct slot *slot = stream->slots; slot < stream->slots + SLOTS; slot++) {
        if (slot->busy)
            continue;
        if (!slot->decoder)
            return slot;
        if (!found || slot->used < found->used)
            found = slot;
    }
    return found;
}

/* The slot whose decoder is, or will be, nearest before `offset` and not before `least`. */
static struct slot *slot_near(struct stream *stream, uint64_t offset, uint64_t least)
{
    struct slot *found = NULL;
    for (struct slot *slot = stream->slots; slot < stream->slots + SLOTS; slot++) {
        if (slot->busy && slot->from <= offset && offset < slot->goal)
            return slot;
        if ((!slot->busy && !slot->decoder) || slot->goal > offset || slot->goal < least)
            continue;
        if (!found || slot->goal > found->goal || (slot->goal == found->goal && found->busy))
            found = slot;
    }
    return found;
}

static void note_visit(struct point *point)
{
    point->again = point->visited;
    point->visited = true;
}

/* Locked. Marks the slot. */
static int choose(struct stream *stream, uint64_t offset, struct choice *choice)
{
    struct point *point = &stream->points[point_before(stream, offset)];
    struct slot *near = slot_near(stream, offset, point->out);
    choice->start = !near;
    choice->slot = near ? near : slot_to_start(stream);
    if (!choice->slot || choice->slot->busy) {
        choice->slot = NULL;
        return 0;
    }
    int rc = choice->start ? point_copy(point, &choice->point) : 0;
    if (rc)
        return rc;
    if (choice->start && !stream->passing)
        note_visit(point);
    choice->slot->busy = true;
    choice->slot->used = ++stream->clock;
    choice->slot->from = choice->start ? point->out : choice->slot->goal;
    choice->slot->goal = offset + CHUNK;
    return 0;
}

static void slot_stop(struct stream *stream, struct slot *slot)
{
    if (slot->decoder)
        stream->codec->stop(slot->decoder);
    slot->decoder = NULL;
}

static int slot_start(struct stream *stream, struct choice *choice)
{
    slot_stop(stream, choice->slot);
    struct decoder *decoder = NULL;
    int rc = stream->codec->start(stream, &choice->point, &decoder);
    if (rc == 0) {
        decoder->stream = stream;
        decoder->out = choice->point.out;
        choice->slot->decoder = decoder;
    }
    free(choice->point.window);
    return rc;
}

/* ---- decoding ----------------------------------------------------------------------------------------- */

/* At the end of the stream: 0, or -EBADMSG when it is not where it should be. */
static int at_end(struct stream *stream, const struct decoder *decoder)
{
    LOCK_SCOPE(&stream->lock);
    if (stream->total == UINT64_MAX) {
        stream->total = decoder->out;
        stream->complete = true;
    }
    return stream->total == decoder->out ? 0 : -EBADMSG;
}

static int check_size(struct stream *stream, uint64_t out, uint64_t in)
{
    LOCK_SCOPE(&stream->lock);
    if (out > (stream->total == UINT64_MAX ? STREAM_MAX : stream->total))
        return -EBADMSG;
    return place_allowed(stream, out, in) ? 0 : -E2BIG;
}

static ssize_t next_bytes(struct stream *stream, struct decoder *decoder, void *buf, size_t size)
{
    ssize_t n = decoder->rc ? decoder->rc : stream->codec->next(decoder, buf, size);
    if (n < 0)
        return n;
    if (n == 0)
        return at_end(stream, decoder);
    atomic_fetch_add_explicit(&stream->work, (uint64_t)n, memory_order_relaxed);
    int rc = check_size(stream, decoder->out + (uint64_t)n, decoder->in);
    return rc ? rc : n;
}

/* From where the decoder stands to the end of the chunk. True: all of it is in the spill too. */
static bool fill_chunk(struct stream *stream, struct decoder *decoder, struct chunk *chunk)
{
    size_t from = (size_t)(decoder->out % CHUNK);
    uint64_t offset = decoder->out;
    ssize_t n = 1;
    for (chunk->length = from; n > 0 && chunk->length<CHUNK; chunk->length += n> 0 ? (size_t)n : 0) {
        n = next_bytes(stream, decoder, chunk->data + chunk->length, CHUNK - chunk->length);
        decoder->out += n > 0 ? (uint64_t)n : 0;
    }
    chunk->rc = n < 0 ? (int)n : 0;
    return n >= 0 && spill_put(stream, chunk->data + from, chunk->length - from, offset);
}

static void note_progress(struct stream *stream, const struct decoder *decoder)
{
    LOCK_SCOPE(&stream->lock);
    if (decoder->out > stream->reached) {
        stream->reached = decoder->out;
        stream->consumed = decoder->in;
    }
    pthread_cond_broadcast(&stream->moved);
    fs_progress();
}

/* What is only passed on a long way is not kept where it is quickly decoded again. Locked. */
static bool is_near(const struct stream *stream, const struct chunk *chunk, uint64_t wanted)
{
    if (stream->passing)
        return chunk->index + BEHIND >= stream->ahead.passed / CHUNK;
    return !stream->codec->quick || wanted < chunk->index || wanted - chunk->index < NEAR;
}

static bool worth_keeping(const struct chunk *chunk, bool whole, bool spilled)
{
    return whole && !spilled && (chunk->rc == 0 || chunk->rc == -EBADMSG);
}

/* A new chunk on the way to that of index `wanted`, decoded; NULL: no memory. */
static struct chunk *make_chunk(struct stream *stream, struct decoder *decoder, uint64_t wanted)
{
    pthread_mutex_lock(&stream->lock);
    struct chunk *chunk = chunk_new(&stream->chunks, decoder->out / CHUNK);
    pthread_mutex_unlock(&stream->lock);
    if (!chunk)
        return NULL;
    bool whole = decoder->out % CHUNK == 0;
    bool spilled = fill_chunk(stream, decoder, chunk);
    LOCK_SCOPE(&stream->lock);
    if (worth_keeping(chunk, whole, spilled) && is_near(stream, chunk, wanted))
        chunks_keep(&stream->chunks, chunk);
    return chunk;
}

static void drop_chunk(struct stream *stream, struct chunk *chunk)
{
    LOCK_SCOPE(&stream->lock);
    chunk_put(&stream->chunks, chunk);
}

/* Decodes until the chunk of that index is made. It may be empty: the end, or damage, came before it. */
static int decode_until(struct stream *stream, struct decoder *decoder, uint64_t index, struct chunk **out)
{
    for (;;) {
        struct chunk *chunk = make_chunk(stream, decoder, index);
        if (!chunk)
            return -ENOMEM;
        note_progress(stream, decoder);
        if (chunk->index == index) {
            *out = chunk;
            return 0;
        }
        int rc = chunk->rc;
        bool ended = chunk->length < CHUNK;
        drop_chunk(stream, chunk);
        if (ended)
            return rc ? rc : -ENODATA;
    }
}

static void slot_done(struct stream *stream, struct slot *slot, bool usable)
{
    if (!usable)
        slot_stop(stream, slot);
    LOCK_SCOPE(&stream->lock);
    slot->busy = false;
    slot->from = slot->goal = slot->decoder ? slot->decoder->out : 0;
    pthread_cond_broadcast(&stream->moved);
}

static int use_slot(struct stream *stream, struct choice *choice, uint64_t index, struct chunk **out)
{
    struct fetch fetch = {0};
    int rc = choice->start ? slot_start(stream, choice) : 0;
    if (rc == 0 && choice->start && stream->codec->quick && index >= choice->point.out / CHUNK + LONG_WAY)
        fetch_start(&fetch, stream->packed, choice->point.in);
    rc = rc ? rc : decode_until(stream, choice->slot->decoder, index, out);
    fetch_stop(&fetch);
    slot_done(stream, choice->slot, rc == 0 && (*out)->length == CHUNK);
    return rc;
}

/* The chunk, with a reference. -EAGAIN: somebody went on meanwhile, look again. -ENODATA: beyond the end. */
static int obtain(struct stream *stream, uint64_t index, struct chunk **out)
{
    struct choice choice;
    pthread_mutex_lock(&stream->lock);
    *out = chunks_find(&stream->chunks, index);
    bool waited = !*out && ahead_wait(stream, index * CHUNK);
    int rc = *out || waited ? 0 : stream->excess ? -E2BIG : choose(stream, index * CHUNK, &choice);
    bool wait = rc == 0 && !*out && !waited && !choice.slot;
    if (wait)
        pthread_cond_wait(&stream->moved, &stream->lock);
    wait = wait || waited;
    pthread_mutex_unlock(&stream->lock);
    if (wait)
        fs_progress();
    if (rc || *out || wait)
        return wait ? -EAGAIN : rc;
    return use_slot(stream, &choice, index, out);
}

static ssize_t copy_from(const struct chunk *chunk, void *buf, size_t size, uint64_t offset)
{
    size_t within = (size_t)(offset % CHUNK);
    if (within >= chunk->length || chunk->rc == -EBADMSG)
        return chunk->rc;
    if (size > chunk->length - within)
        size = chunk->length - within;
    memcpy(buf, chunk->data + within, size);
    return (ssize_t)size;
}

static bool beyond(struct stream *stream, uint64_t offset)
{
    LOCK_SCOPE(&stream->lock);
    return offset >= stream->total;
}

ssize_t decode_read(struct stream *stream, void *buf, size_t size, uint64_t offset)
{
    int rc = decode_prepare(stream);
    while (rc == 0 || rc == -EAGAIN) {
        if (beyond(stream, offset))
            return 0;
        ssize_t n = spill_get(stream, buf, size, offset);
        if (n > 0)
            return n;
        struct chunk *chunk = NULL;
        rc = obtain(stream, offset / CHUNK, &chunk);
        if (rc)
            continue;
        n = copy_from(chunk, buf, size, offset);
        drop_chunk(stream, chunk);
        return n;
    }
    return rc == -ENODATA ? 0 : rc;
}

void decode_stop(struct stream *stream)
{
    for (struct slot *slot = stream->slots; slot < stream->slots + SLOTS; slot++)
        slot_stop(stream, slot);
}
