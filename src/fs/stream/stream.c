// SPDX-License-Identifier: MIT
/*
 * Streams: the table of codecs, opening, reading, measuring, and what is said about a stream.
 */
#include "fs/stream/stream_i.h"

enum { STEP = 4 << 20 }; /* decoded between two reports */

/* Strong magics first. */
static const struct codec *const codecs[] = {
    &codec_gzip, &codec_bzip2, &codec_xz,  &codec_zstd,     &codec_lz4,
    &codec_lzip, &codec_lzop,  &codec_rpm, &codec_compress, &codec_lzma,
};

static const struct codec *find_codec(const void *head, size_t length)
{
    for (size_t i = 0; i < sizeof codecs / sizeof *codecs; i++)
        if (codecs[i]->match(head, length))
            return codecs[i];
    return NULL;
}

const char *stream_codec(const void *head, size_t length)
{
    const struct codec *codec = find_codec(head, length);
    return codec ? codec->name : NULL;
}

static ssize_t stream_pread(struct bytes *bytes, void *buf, size_t size, uint64_t offset)
{
    struct stream *stream = (struct stream *)bytes;
    size_t done = 0;
    while (done < size) {
        if (stream->ahead.running)
            ahead_passed(stream, offset + done);
        ssize_t n = decode_read(stream, (char *)buf + done, size - done, offset + done);
        if (n < 0)
            return n;
        if (n == 0)
            break;
        done += (size_t)n;
    }
    return (ssize_t)done;
}

static void stream_free(struct bytes *bytes)
{
    struct stream *stream = (struct stream *)bytes;
    ahead_stop(stream);
    decode_stop(stream);
    chunks_free(&stream->chunks);
    points_free(stream);
    bytes_put(stream->packed);
    pthread_cond_destroy(&stream->moved);
    pthread_cond_destroy(&stream->ahead.woken);
    pthread_cond_destroy(&stream->ahead.ready);
    pthread_mutex_destroy(&stream->lock);
    pthread_mutex_destroy(&stream->prepare_lock);
    free(stream->warning);
    free(stream);
}

static const struct bytes_ops stream_ops = {.pread = stream_pread, .free = stream_free};

static struct stream *stream_new(const struct codec *codec, struct spill *spill)
{
    struct stream *stream = calloc(1, sizeof *stream);
    if (!stream)
        return NULL;
    stream->bytes = (struct bytes){.ops = &stream_ops, .size = STREAM_MAX, .fd = -1};
    atomic_init(&stream->bytes.refs, 1);
    stream->codec = codec;
    stream->spill = spill;
    stream->total = UINT64_MAX;
    stream->chunks.most = codec->quick ? CHUNKS_QUICK : CHUNKS_MAX;
    stream->spacing = 1 << 20;
    pthread_mutex_init(&stream->prepare_lock, NULL);
    pthread_mutex_init(&stream->lock, NULL);
    pthread_cond_init(&stream->moved, NULL);
    pthread_cond_init(&stream->ahead.woken, NULL);
    pthread_cond_init(&stream->ahead.ready, NULL);
    return stream;
}

int stream_open(struct bytes *packed_given, struct spill *spill, struct bytes **out, struct fs_error *error)
{
    CLEANUP_BYTES struct bytes *packed = packed_given;
    uint8_t head[512];
    ssize_t length = bytes_pread(packed, head, sizeof head, 0);
    if (length < 0)
        return fs_fail(error, (int)length, "cannot read the compressed file: %s", strerror(-(int)length));
    const struct codec *codec = find_codec(head, (size_t)length);
    if (!codec)
        return fs_fail(error, -EOPNOTSUPP, "not compressed in a way that is known here");
    CLEANUP_BYTES struct bytes *made = NULL;
    struct stream *stream = stream_new(codec, spill);
    if (!stream)
        return fs_fail(error, -ENOMEM, "not enough memory");
    made = &stream->bytes;
    stream->packed = steal_ptr(&packed);
    static const struct point beginning;
    int rc = point_add(stream, &beginning, NULL, 0);
    if (rc)
        return fs_fail(error, rc, "not enough memory");
    *out = steal_ptr(&made);
    return 0;
}

/* ---- bounds ------------------------------------------------------------------------------------------- */

enum { RATIO = 250, UNREAD_SHARE = 2 };

void stream_limit(struct bytes *bytes, uint64_t ratio)
{
    struct stream *stream = (struct stream *)bytes;
    if (ratio == STREAM_RATIO)
        ratio = stream->codec->ratio ? stream->codec->ratio : RATIO;
    stream->ratio = ratio;
}

static bool within(const struct stream *stream, uint64_t out, uint64_t in)
{
    uint64_t trusted = stream->codec->slow ? STREAM_TRUSTED_SLOW : STREAM_TRUSTED;
    return stream->ratio == 0 || out <= trusted || out / stream->ratio < in;
}

bool size_allowed(struct stream *stream, uint64_t total)
{
    bool allowed = within(stream, total, stream->packed->size);
    stream->excess = stream->excess || !allowed;
    return allowed;
}

bool place_allowed(struct stream *stream, uint64_t out, uint64_t in)
{
    uint64_t size = stream->packed->size, unread = in < size ? size - in : 0;
    bool allowed = stream->total != UINT64_MAX || within(stream, out, in + unread / UNREAD_SHARE);
    stream->excess = stream->excess || !allowed;
    return allowed;
}

void stream_passing(struct bytes *bytes, bool passing)
{
    struct stream *stream = (struct stream *)bytes;
    if (!passing)
        ahead_stop(stream);
    pthread_mutex_lock(&stream->lock);
    stream->passing = stream->chunks.in_order = passing;
    stream->chunks.passed = 0;
    stream->chunks.most = passing ? CHUNKS_PASSING : stream->codec->quick ? CHUNKS_QUICK : CHUNKS_MAX;
    pthread_mutex_unlock(&stream->lock);
    if (passing)
        ahead_start(stream);
}

int stream_prepare(struct bytes *bytes)
{
    return decode_prepare((struct stream *)bytes);
}

bool stream_too_large(struct bytes *bytes)
{
    struct stream *stream = (struct stream *)bytes;
    LOCK_SCOPE(&stream->lock);
    return stream->excess;
}

/* ---- measuring ---------------------------------------------------------------------------------------- */

struct state {
    uint64_t total, reached, consumed;
};

static struct state state_of(struct stream *stream)
{
    LOCK_SCOPE(&stream->lock);
    return (struct state){stream->total, stream->reached, stream->consumed};
}

/* Has decoded what lies at `offset`, or found the end before it. */
static int pass(struct stream *stream, uint64_t offset)
{
    if (ahead_pass(stream, offset)) {
        fs_progress();
        return 0;
    }
    char byte;
    ssize_t n = decode_read(stream, &byte, 1, offset);
    return n < 0 ? (int)n : 0;
}

int stream_measure(struct bytes *bytes, uint64_t most,
                   int (*report)(void *ctx, uint64_t done, uint64_t total), void *ctx)
{
    struct stream *stream = (struct stream *)bytes;
    int rc = decode_prepare(stream);
    ahead_passed(stream, most);
    struct state state = state_of(stream);
    while (rc == 0 && state.total == UINT64_MAX && state.reached <= most) {
        rc = pass(stream, state.reached);
        if (rc == 0 && report)
            rc = report(ctx, state.consumed, stream->packed->size);
        state = state_of(stream);
    }
    if (rc)
        return rc;
    if (state.total > most)
        return -E2BIG;
    bytes->size = state.total;
    return 0;
}

static bool beyond_end(struct stream *stream, uint64_t offset)
{
    return state_of(stream).total <= offset;
}

/* The next place on the way to `offset` that is not decoded yet, in steps; 0: a read there is short enough.
 */
static uint64_t next_stop(struct stream *stream, uint64_t offset)
{
    LOCK_SCOPE(&stream->lock);
    uint64_t from = stream->points[point_before(stream, offset)].out;
    if (from < stream->reached)
        from = stream->reached;
    return from < offset && offset - from > STEP ? from + STEP : 0;
}

int stream_advance(struct bytes *bytes, uint64_t offset,
                   int (*report)(void *ctx, uint64_t done, uint64_t total), void *ctx)
{
    struct stream *stream = (struct stream *)bytes;
    int rc = decode_prepare(stream);
    ahead_passed(stream, offset);
    uint64_t stop;
    while (rc == 0 && (stop = next_stop(stream, offset)) != 0) {
        rc = pass(stream, stop);
        if (rc || beyond_end(stream, stop))
            return rc;
        rc = report(ctx, state_of(stream).consumed, stream->packed->size);
    }
    return rc;
}

uint64_t stream_position(struct bytes *bytes)
{
    return state_of((struct stream *)bytes).consumed;
}

uint64_t stream_work(struct bytes *bytes)
{
    return atomic_load(&((struct stream *)bytes)->work);
}

/* Bytes in long intervals, which only the spill makes quick. Locked. */
static uint64_t slow_bytes(const struct stream *stream)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < stream->count; i++) {
        uint64_t length = interval_end(stream, i) - stream->points[i].out;
        if (interval_spilled(stream, i) && length > SHORT)
            sum += length;
    }
    return sum;
}

const char *stream_warning(struct bytes *bytes)
{
    struct stream *stream = (struct stream *)bytes;
    LOCK_SCOPE(&stream->lock);
    if (stream->warning || stream->total == UINT64_MAX)
        return stream->warning;
    uint64_t slow = slow_bytes(stream);
    if (slow <= spill_limit(stream->spill) || !stream->codec->advice)
        return NULL;
    if (asprintf(
            &stream->warning,
            "%.1f GiB of this %s stream can only be decompressed in order, and the cache holds %.1f GiB: "
            "reading backwards starts again and is slow. Give more room (cache=SIZE), or recompress: %s",
            (double)slow / (1 << 30), stream->codec->name, (double)spill_limit(stream->spill) / (1 << 30),
            stream->codec->advice) < 0)
        stream->warning = NULL;
    return stream->warning;
}
