// SPDX-License-Identifier: MIT
/*
 * The points of a stream: found by decoders on their way, copied for a new decoder, saved and loaded.
 *
 * Invariants, under stream.lock: points[0].out is 0; `out` strictly grows; only the end of the list grows. A
 * codec whose points carry windows never has regions at them, so that thinning may move points.
 *
 * The saved form is of this machine (an index file never leaves it): struct saved, then per point struct
 * saved_point with its window behind it.
 */
#include "fs/stream/stream_i.h"

#include <zstd.h>

enum { WINDOW_LEVEL = -1 }; /* 1: a quarter smaller, in twice the time */

static int grow(struct stream *stream)
{
    if (stream->count < stream->room)
        return 0;
    size_t room = stream->room ? stream->room * 2 : 16;
    struct point *larger = reallocarray(stream->points, room, sizeof *larger);
    if (!larger)
        return -ENOMEM;
    stream->points = larger;
    stream->room = room;
    return 0;
}

/* Every second point goes, and new ones come half as often. */
static void thin(struct stream *stream)
{
    size_t kept = 1;
    for (size_t i = 1; i < stream->count; i++) {
        if (i & 1)
            free(stream->points[i].window);
        else
            stream->points[kept++] = stream->points[i];
    }
    stream->count = kept;
    stream->spacing *= 2;
}

static bool wanted(const struct stream *stream, uint64_t out)
{
    if (stream->count == 0)
        return true;
    uint64_t last = stream->points[stream->count - 1].out;
    return !stream->complete && out > last && out - last >= stream->spacing;
}

uint64_t point_due(struct stream *stream, uint64_t out)
{
    LOCK_SCOPE(&stream->lock);
    uint64_t last = stream->points[stream->count - 1].out;
    if (stream->complete || out < last)
        return SIZE_MAX;
    return out - last >= stream->spacing ? 0 : stream->spacing - (out - last);
}

static int pack_window(struct point *point, const uint8_t *window, size_t size)
{
    size_t room = ZSTD_compressBound(size);
    CLEANUP_FREE uint8_t *packed = malloc(room);
    if (!packed)
        return -ENOMEM;
    size_t length = ZSTD_compress(packed, room, window, size, WINDOW_LEVEL);
    if (ZSTD_isError(length))
        return -ENOMEM;
    uint8_t *shorter = realloc(packed, length);
    point->window = shorter ? shorter : packed;
    packed = NULL;
    point->window_size = (uint32_t)length;
    return 0;
}

ssize_t point_window(const struct point *point, uint8_t *buf)
{
    if (!point->window)
        return 0;
    size_t n = ZSTD_decompress(buf, WINDOW, point->window, point->window_size);
    return ZSTD_isError(n) ? -EBADMSG : (ssize_t)n;
}

int point_add(struct stream *stream, const struct point *point, const uint8_t *window, size_t window_size)
{
    struct point added = *point;
    int rc = window_size ? pack_window(&added, window, window_size) : 0;
    if (rc)
        return rc;
    LOCK_SCOPE(&stream->lock);
    rc = wanted(stream, point->out) ? grow(stream) : -EEXIST;
    if (rc) {
        free(added.window);
        return rc == -EEXIST ? 0 : rc;
    }
    stream->points[stream->count++] = added;
    if (window_size && stream->count > WINDOWS_MAX)
        thin(stream);
    return 0;
}

void point_first(struct stream *stream, uint64_t in, uint32_t aux)
{
    LOCK_SCOPE(&stream->lock);
    stream->points[0].in = in;
    stream->points[0].aux = aux;
}

int points_complete(struct stream *stream, uint64_t total)
{
    LOCK_SCOPE(&stream->lock);
    if (total > STREAM_MAX || total < stream->points[stream->count - 1].out)
        return -EBADMSG;
    if (!size_allowed(stream, total))
        return -E2BIG;
    stream->total = total;
    stream->complete = true;
    return 0;
}

size_t point_before(const struct stream *stream, uint64_t out)
{
    size_t low = 0, high = stream->count;
    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;
        if (stream->points[middle].out <= out)
            low = middle;
        else
            high = middle;
    }
    return low;
}

int point_copy(const struct point *from, struct point *to)
{
    *to = *from;
    to->region = NULL;
    to->window = NULL;
    if (!from->window)
        return 0;
    to->window = malloc(from->window_size);
    if (!to->window)
        return -ENOMEM;
    memcpy(to->window, from->window, from->window_size);
    return 0;
}

uint64_t interval_end(const struct stream *stream, size_t index)
{
    return index + 1 < stream->count ? stream->points[index + 1].out : stream->total;
}

void points_free(struct stream *stream)
{
    for (size_t i = 0; i < stream->count; i++) {
        free(stream->points[i].window);
        spill_region_free(stream->points[i].region);
    }
    free(stream->points);
    stream->points = NULL;
    stream->count = stream->room = 0;
}

/* ---- the index file's part ---------------------------------------------------------------------------- */

#define SAVED_MAGIC 0x316d7274736b6fULL /* grows with the form */

struct saved {
    uint64_t magic;
    char codec[16];
    uint64_t packed, total, count;
};

struct saved_point {
    uint64_t out, in;
    uint32_t aux, window;
};

static size_t saved_size(const struct stream *stream)
{
    size_t size = sizeof(struct saved);
    for (size_t i = 0; i < stream->count; i++)
        size += sizeof(struct saved_point) + stream->points[i].window_size;
    return size;
}

static uint8_t *put(uint8_t *to, const void *from, size_t size)
{
    if (size)
        memcpy(to, from, size);
    return to + size;
}

int stream_save(struct bytes *bytes, void **data, size_t *size)
{
    struct stream *stream = (struct stream *)bytes;
    LOCK_SCOPE(&stream->lock);
    if (stream->total == UINT64_MAX)
        return -EAGAIN;
    *size = saved_size(stream);
    uint8_t *to = *data = malloc(*size);
    if (!to)
        return -ENOMEM;
    struct saved head = {SAVED_MAGIC, "", stream->packed->size, stream->total, stream->count};
    memcpy(head.codec, stream->codec->name, strnlen(stream->codec->name, sizeof head.codec - 1));
    to = put(to, &head, sizeof head);
    for (size_t i = 0; i < stream->count; i++) {
        const struct point *point = &stream->points[i];
        struct saved_point saved = {point->out, point->in, point->aux, point->window_size};
        to = put(to, &saved, sizeof saved);
        to = put(to, point->window, point->window_size);
    }
    return 0;
}

struct cursor {
    const uint8_t *at;
    size_t left;
};

static int get(struct cursor *cursor, void *to, size_t size)
{
    if (size > cursor->left)
        return -EBADMSG;
    if (size)
        memcpy(to, cursor->at, size);
    cursor->at += size;
    cursor->left -= size;
    return 0;
}

static bool head_ok(const struct stream *stream, const struct saved *head, size_t size)
{
    return head->magic == SAVED_MAGIC && strncmp(head->codec, stream->codec->name, sizeof head->codec) == 0 &&
           head->packed == stream->packed->size && head->total <= STREAM_MAX && head->count > 0 &&
           head->count <= size / sizeof(struct saved_point);
}

static int load_point(struct stream *stream, struct cursor *cursor, uint64_t total)
{
    struct saved_point saved;
    int rc = get(cursor, &saved, sizeof saved);
    if (rc)
        return rc;
    bool first = stream->count == 0;
    if (first ? saved.out != 0 : saved.out <= stream->points[stream->count - 1].out || saved.out > total)
        return -EBADMSG;
    if (saved.window > WINDOW_PACKED || saved.window > cursor->left || saved.in / 8 > stream->packed->size)
        return -EBADMSG;
    rc = grow(stream);
    if (rc)
        return rc;
    struct point point = {.out = saved.out, .in = saved.in, .aux = saved.aux, .window_size = saved.window};
    if (saved.window) {
        point.window = malloc(saved.window);
        if (!point.window)
            return -ENOMEM;
        rc = get(cursor, point.window, saved.window);
    }
    stream->points[stream->count++] = point;
    return rc;
}

int stream_load(struct bytes *bytes, const void *data, size_t size)
{
    struct stream *stream = (struct stream *)bytes;
    struct cursor cursor = {data, size};
    struct saved head;
    if (get(&cursor, &head, sizeof head) || !head_ok(stream, &head, size))
        return -EBADMSG;
    LOCK_SCOPE(&stream->lock);
    if (stream->reached)
        return -EBUSY;
    if (!size_allowed(stream, head.total))
        return -E2BIG;
    struct stream old = {.points = stream->points, .count = stream->count, .room = stream->room};
    stream->points = NULL;
    stream->count = stream->room = 0;
    int rc = 0;
    for (uint64_t i = 0; rc == 0 && i < head.count; i++)
        rc = load_point(stream, &cursor, head.total);
    if (rc == 0 && cursor.left == 0) {
        points_free(&old);
        stream->total = head.total;
        bytes->size = head.total;
        stream->complete = true;
        return 0;
    }
    points_free(stream);
    stream->points = old.points;
    stream->count = old.count;
    stream->room = old.room;
    return rc ? rc : -EBADMSG;
}
