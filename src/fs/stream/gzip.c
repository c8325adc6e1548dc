// SPDX-License-Identifier: MIT
/*
 * gzip (RFC 1952): members one behind the other, each a deflate stream with CRC and length.
 *
 * Points: the start of a member (aux 0), or of a deflate block (aux BLOCK + unused bits of the byte before),
 * which needs the 32 KiB before it. CRC and length are checked for members decoded from their start. Zeros
 * and foreign bytes behind the last member are ignored, as gzip does.
 */
#include "fs/stream/crc32.h"
#include "fs/stream/inflate.h"
#include "fs/stream/stream_i.h"

enum { POINT_BLOCK = 8 };
enum { FLAG_CRC = 2, FLAG_EXTRA = 4, FLAG_NAME = 8, FLAG_COMMENT = 16, FLAGS_UNKNOWN = 0xe0 };
enum { HEADER = 10, TRAILER = 8, TEXT_MAX = 65536 };

struct gzip {
    struct decoder base; /* first */
    struct input input;
    struct inflate inflate;
    bool body;  /* inside a member's deflate stream */
    bool whole; /* the member was decoded from its start */
    uint32_t crc, length;
};

static bool gzip_match(const uint8_t *head, size_t length)
{
    return length >= 4 && head[0] == 0x1f && head[1] == 0x8b && head[2] == 8 && !(head[3] & FLAGS_UNKNOWN);
}

/* ---- header and trailer ------------------------------------------------------------------------------- */

static int skip_text(struct input *input)
{
    uint8_t byte = 1;
    for (int i = 0; byte && i < TEXT_MAX; i++) {
        int rc = input_take(input, &byte, 1);
        if (rc <= 0)
            return rc;
    }
    return byte == 0;
}

static int skip_extra(struct input *input)
{
    uint8_t size[2];
    int rc = input_take(input, size, sizeof size);
    return rc == 1 ? input_skip(input, size[0] | (unsigned)size[1] << 8) : rc;
}

static int read_header(struct input *input)
{
    uint8_t head[HEADER];
    int rc = input_take(input, head, sizeof head);
    if (rc == 1 && !gzip_match(head, sizeof head))
        return 0;
    if (rc == 1 && head[3] & FLAG_EXTRA)
        rc = skip_extra(input);
    if (rc == 1 && head[3] & FLAG_NAME)
        rc = skip_text(input);
    if (rc == 1 && head[3] & FLAG_COMMENT)
        rc = skip_text(input);
    if (rc == 1 && head[3] & FLAG_CRC)
        rc = input_skip(input, 2);
    return rc;
}

/* 1: another member; 0: the end. */
static int find_member(struct gzip *gzip)
{
    struct input *input = &gzip->input;
    int rc;
    while ((rc = input_fill(input)) == 1 && gzip->base.out > 0 && input->buf[input->at] == 0)
        input->at++;
    if (rc == 1)
        rc = input_peek(input, 4);
    return rc == 1 && !gzip_match(input->buf + input->at, 4) ? 0 : rc;
}

static int begin_member(struct gzip *gzip, uint64_t out)
{
    int rc = find_member(gzip);
    if (rc <= 0)
        return rc;
    struct point point = {.out = out, .in = input_offset(&gzip->input)};
    rc = out ? point_add(gzip->base.stream, &point, NULL, 0) : 0;
    if (rc)
        return rc;
    rc = read_header(&gzip->input);
    if (rc <= 0)
        return rc ? rc : -EBADMSG;
    rc = inflate_begin(&gzip->inflate, &gzip->input);
    if (rc)
        return rc;
    gzip->body = gzip->whole = true;
    gzip->crc = gzip->length = 0;
    return 1;
}

static uint32_t le32(const uint8_t *p)
{
    return p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static int end_member(struct gzip *gzip)
{
    uint8_t tail[TRAILER];
    int rc = input_take(&gzip->input, tail, sizeof tail);
    if (rc <= 0)
        return rc ? rc : -EBADMSG;
    gzip->body = false;
    if (gzip->whole && (le32(tail) != gzip->crc || le32(tail + 4) != gzip->length))
        return -EBADMSG;
    return 0;
}

/* ---- the body ----------------------------------------------------------------------------------------- */

static int note_block(struct gzip *gzip, uint64_t out)
{
    if (point_due(gzip->base.stream, out) != 0)
        return 0;
    unsigned unused;
    uint8_t window[WINDOW];
    size_t size = inflate_window(&gzip->inflate, window);
    struct point point = {.out = out, .in = inflate_place(&gzip->inflate, &unused)};
    point.aux = POINT_BLOCK | unused;
    return size ? point_add(gzip->base.stream, &point, window, size) : 0;
}

/* One piece. *done grows. */
static int inflate_some(struct gzip *gzip, uint8_t *buf, size_t size, size_t *done)
{
    size_t n;
    uint64_t due = point_due(gzip->base.stream, gzip->base.out + *done);
    int rc = inflate_run(&gzip->inflate, buf + *done, size - *done, due, &n);
    if (gzip->whole)
        gzip->crc = checksum32(gzip->crc, buf + *done, n);
    gzip->length += (uint32_t)n;
    *done += n;
    if (rc)
        return rc;
    if (inflate_ended(&gzip->inflate))
        return end_member(gzip);
    return inflate_between(&gzip->inflate) ? note_block(gzip, gzip->base.out + *done) : 0;
}

static ssize_t gzip_next(struct decoder *decoder, void *buf, size_t size)
{
    struct gzip *gzip = (struct gzip *)decoder;
    size_t done = 0;
    int rc = 1;
    while (done < size && rc > 0) {
        rc = gzip->body ? 1 : begin_member(gzip, decoder->out + done);
        if (rc == 1)
            rc = inflate_some(gzip, buf, size, &done) ?: 1;
    }
    decoder->in = input_offset(&gzip->input);
    return decoder_result(decoder, done, rc);
}

/* ---- starting ----------------------------------------------------------------------------------------- */

static int start_in_block(struct gzip *gzip, const struct point *point)
{
    uint8_t window[WINDOW], byte = 0;
    ssize_t size = point_window(point, window);
    unsigned bits = point->aux & 7;
    if (size <= 0 || (bits && point->in == 0))
        return -EBADMSG;
    int rc = bits ? bytes_read_all(gzip->input.packed, &byte, 1, point->in - 1) : 0;
    if (rc)
        return rc;
    gzip->body = true;
    return inflate_begin_block(&gzip->inflate, &gzip->input, bits, byte, window, (size_t)size);
}

static void gzip_stop(struct decoder *decoder)
{
    inflate_stop(&((struct gzip *)decoder)->inflate);
    free(decoder);
}

static int gzip_start(struct stream *stream, const struct point *point, struct decoder **out)
{
    struct gzip *gzip = calloc(1, sizeof *gzip);
    if (!gzip)
        return -ENOMEM;
    input_at(&gzip->input, stream->packed, point->in);
    int rc = point->aux & POINT_BLOCK ? start_in_block(gzip, point) : 0;
    if (rc)
        gzip_stop(&gzip->base);
    else
        *out = &gzip->base;
    return rc;
}

const struct codec codec_gzip = {
    .name = "gzip",
    .match = gzip_match,
    .start = gzip_start,
    .next = gzip_next,
    .stop = gzip_stop,
    .keep = KEEP_NEVER,
};
