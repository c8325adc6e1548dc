// SPDX-License-Identifier: MIT
/*
 * Zstandard (RFC 8878): frames one behind the other, some of them skippable.
 *
 * Points: starts of frames. They are found by walking over the block headers (three bytes each), as far as
 * WALK_MAX blocks, or read from the table of the seekable format; a table or a header that lies is found when
 * the bytes it promises do not come. What the walk did not reach, decoders find.
 */
#include "fs/stream/stream_i.h"

#include <zstd.h>

enum {
    MAGIC = 0xfd2fb528,
    MAGIC_SKIPPABLE = 0x184d2a50,
    MAGIC_TABLE = 0x8f92eab1,
    FRAME_HEADER_MAX = 18,
    TABLE_FOOTER = 9,
    WALK_MAX = 1 << 16,
    WINDOW_LOG_MAX = 27, /* 128 MiB, what `zstd -d` takes without asking */
    BLOCK_RLE = 1,
    BLOCK_RESERVED = 3,
};
#define SIZE_UNKNOWN UINT64_MAX

struct zstd {
    struct decoder base; /* first */
    struct input input;
    ZSTD_DStream *z;
    bool inside; /* a frame */
};

static uint32_t le32(const uint8_t *p)
{
    return p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static bool skippable(uint32_t magic)
{
    return (magic & 0xfffffff0) == MAGIC_SKIPPABLE;
}

static bool zstd_match(const uint8_t *head, size_t length)
{
    if (length < 8)
        return false;
    if (le32(head) == MAGIC)
        return true;
    /* pzstd begins with a skippable frame. */
    size_t behind = 8 + (size_t)le32(head + 4);
    return skippable(le32(head)) && behind <= length - 4 && le32(head + behind) == MAGIC;
}

/* ---- walking ------------------------------------------------------------------------------------------ */

struct walk {
    struct bytes *packed;
    uint64_t at;
    uint32_t left;    /* block headers that may still be read */
    uint64_t content; /* of the last frame */
};

static size_t header_size(uint8_t descriptor)
{
    static const uint8_t id[4] = {0, 1, 2, 4}, content[4] = {0, 2, 4, 8};
    bool single = descriptor & 0x20;
    size_t size = 5 + !single + id[descriptor & 3] + content[descriptor >> 6];
    return size + (single && descriptor >> 6 == 0);
}

/* Over the blocks of a frame: 1; 0: it ends too early, or the walk is long enough; -errno. */
static int walk_blocks(struct walk *walk)
{
    for (bool last = false; !last;) {
        uint8_t head[3];
        if (walk->left == 0)
            return 0;
        walk->left--;
        ssize_t n = bytes_pread(walk->packed, head, sizeof head, walk->at);
        if (n < (ssize_t)sizeof head)
            return n < 0 ? (int)n : 0;
        uint32_t block = head[0] | (uint32_t)head[1] << 8 | (uint32_t)head[2] << 16;
        uint32_t type = block >> 1 & 3;
        if (type == BLOCK_RESERVED)
            return 0;
        walk->at += sizeof head + (type == BLOCK_RLE ? 1 : block >> 3);
        last = block & 1;
    }
    return 1;
}

static int walk_frame(struct walk *walk)
{
    uint8_t head[FRAME_HEADER_MAX] = {0};
    ssize_t n = bytes_pread(walk->packed, head, sizeof head, walk->at);
    if (n < 8)
        return n < 0 ? (int)n : 0;
    walk->content = 0;
    if (skippable(le32(head))) {
        walk->at += 8 + (uint64_t)le32(head + 4);
        return 1;
    }
    unsigned long long content = ZSTD_getFrameContentSize(head, (size_t)n);
    if (le32(head) != MAGIC || content == ZSTD_CONTENTSIZE_ERROR)
        return 0;
    walk->content = content == ZSTD_CONTENTSIZE_UNKNOWN ? SIZE_UNKNOWN : content;
    walk->at += header_size(head[4]);
    int rc = walk_blocks(walk);
    if (rc == 1 && head[4] & 4)
        walk->at += 4;
    return rc;
}

static int note_frame(struct stream *stream, uint64_t in, uint64_t content, uint64_t *out)
{
    if (*out == SIZE_UNKNOWN || content == 0)
        return 0;
    struct point point = {.out = *out, .in = in};
    int rc = *out ? point_add(stream, &point, NULL, 0) : 0;
    if (content == SIZE_UNKNOWN)
        *out = SIZE_UNKNOWN;
    else if (content > STREAM_MAX - *out)
        rc = -EBADMSG;
    else
        *out += content;
    return rc;
}

static int walk_frames(struct stream *stream)
{
    struct walk walk = {.packed = stream->packed, .left = WALK_MAX};
    uint64_t out = 0, largest = 0;
    while (walk.at < stream->packed->size) {
        uint64_t in = walk.at;
        int rc = walk_frame(&walk);
        if (rc == 1)
            rc = note_frame(stream, in, walk.content, &out) ?: 1;
        if (rc <= 0)
            return rc;
        if (walk.at - in > largest)
            largest = walk.at - in;
    }
    if (walk.at != stream->packed->size)
        return 0;
    stream->small = out == SIZE_UNKNOWN && largest <= SHORT / 2;
    return out == SIZE_UNKNOWN ? 0 : points_complete(stream, out);
}

/* ---- the table of the seekable format ----------------------------------------------------------------- */

struct table {
    uint64_t at; /* of the first row */
    uint32_t rows, row;
};

static int find_table(struct bytes *packed, struct table *table)
{
    uint8_t foot[TABLE_FOOTER], head[8];
    if (packed->size < sizeof foot + sizeof head)
        return 0;
    int rc = bytes_read_all(packed, foot, sizeof foot, packed->size - sizeof foot);
    if (rc || le32(foot + 5) != MAGIC_TABLE)
        return rc;
    table->rows = le32(foot);
    table->row = foot[4] & 0x80 ? 12 : 8;
    uint64_t size = (uint64_t)table->rows * table->row + sizeof foot;
    if (foot[4] & 0x7c || size + sizeof head > packed->size)
        return 0;
    table->at = packed->size - size;
    rc = bytes_read_all(packed, head, sizeof head, table->at - sizeof head);
    return rc ? rc : skippable(le32(head)) && le32(head + 4) == size;
}

static int read_table(struct stream *stream, const struct table *table)
{
    CLEANUP_FREE struct input *input = malloc(sizeof *input);
    if (!input)
        return -ENOMEM;
    input_at(input, stream->packed, table->at);
    uint64_t in = 0, out = 0;
    for (uint32_t i = 0; i < table->rows; i++) {
        uint8_t row[12];
        int rc = input_take(input, row, table->row);
        if (rc == 1)
            rc = note_frame(stream, in, le32(row + 4), &out) ?: 1;
        in += le32(row);
        if (rc <= 0 || in > table->at)
            return rc < 0 ? rc : -EBADMSG;
    }
    return points_complete(stream, out);
}

static int zstd_index(struct stream *stream)
{
    struct table table = {0};
    int rc = find_table(stream->packed, &table);
    if (rc < 0)
        return rc;
    return rc ? read_table(stream, &table) : walk_frames(stream);
}

/* ---- decoding ----------------------------------------------------------------------------------------- */

static void zstd_stop(struct decoder *decoder)
{
    struct zstd *zstd = (struct zstd *)decoder;
    ZSTD_freeDStream(zstd->z);
    free(zstd);
}

static int zstd_start(struct stream *stream, const struct point *point, struct decoder **out)
{
    struct zstd *zstd = calloc(1, sizeof *zstd);
    if (!zstd)
        return -ENOMEM;
    *out = &zstd->base;
    input_at(&zstd->input, stream->packed, point->in);
    zstd->z = ZSTD_createDStream();
    if (zstd->z && !ZSTD_isError(ZSTD_DCtx_setParameter(zstd->z, ZSTD_d_windowLogMax, WINDOW_LOG_MAX)))
        return 0;
    zstd_stop(&zstd->base);
    return -ENOMEM;
}

/* A frame may tell that it is too large, before anything of it is decoded. */
static int check_promise(struct zstd *zstd)
{
    struct stream *stream = zstd->base.stream;
    int rc = input_peek(&zstd->input, FRAME_HEADER_MAX);
    if (rc <= 0)
        return rc;
    unsigned long long content = ZSTD_getFrameContentSize(zstd->input.buf + zstd->input.at, FRAME_HEADER_MAX);
    if (content == ZSTD_CONTENTSIZE_UNKNOWN || content == ZSTD_CONTENTSIZE_ERROR)
        return 0;
    LOCK_SCOPE(&stream->lock);
    bool fits = content <= STREAM_MAX - zstd->base.out && size_allowed(stream, zstd->base.out + content);
    return fits ? 0 : -E2BIG;
}

/* Between frames: 1: another one comes; 0: the end. */
static int begin_frame(struct zstd *zstd)
{
    int rc = input_fill(&zstd->input);
    if (rc <= 0)
        return rc;
    rc = check_promise(zstd);
    if (rc)
        return rc;
    struct point point = {.out = zstd->base.out, .in = input_offset(&zstd->input)};
    rc = point.out ? point_add(zstd->base.stream, &point, NULL, 0) : 0;
    zstd->inside = true;
    return rc ? rc : 1;
}

static int decode_some(struct zstd *zstd, ZSTD_outBuffer *out)
{
    struct input *input = &zstd->input;
    int rc = input_fill(input);
    if (rc < 0)
        return rc;
    size_t before = out->pos;
    ZSTD_inBuffer in = {input->buf, input->have, input->at};
    size_t result = ZSTD_decompressStream(zstd->z, out, &in);
    if (ZSTD_isError(result))
        return -EBADMSG;
    bool stuck = in.pos == input->at && out->pos == before;
    input->at = in.pos;
    zstd->inside = result != 0;
    return zstd->inside && rc == 0 && stuck ? -EBADMSG : 0;
}

static ssize_t zstd_next(struct decoder *decoder, void *buf, size_t size)
{
    struct zstd *zstd = (struct zstd *)decoder;
    ZSTD_outBuffer out = {buf, size, 0};
    int rc = 1;
    while (rc > 0 && out.pos < size && (zstd->inside || out.pos == 0)) {
        rc = zstd->inside ? 1 : begin_frame(zstd);
        if (rc == 1)
            rc = decode_some(zstd, &out) ?: 1;
    }
    decoder->in = input_offset(&zstd->input);
    return decoder_result(decoder, out.pos, rc);
}

const struct codec codec_zstd = {
    .name = "zstd",
    .match = zstd_match,
    .index = zstd_index,
    .found_in_passing = true,
    .start = zstd_start,
    .next = zstd_next,
    .stop = zstd_stop,
    .quick = true,
    .advice = "`pzstd FILE` makes many frames (so does the seekable format)",
};
