// SPDX-License-Identifier: MIT
/*
 * gzip (RFC 1952): members one behind the other, each a deflate stream with CRC and length.
 *
 * Points: the start of a member (aux 0), or of a deflate block (aux BLOCK + unused bits of the byte before),
 * which needs the 32 KiB before it. CRC and length are checked for members decoded from their start. Zeros
 * and foreign bytes behind the last member are ignored, as gzip does.
 */
#include "fs/stream/stream_i.h"

#include <zlib.h>

enum { POINT_BLOCK = 8 };
enum { FLAG_CRC = 2, FLAG_EXTRA = 4, FLAG_NAME = 8, FLAG_COMMENT = 16, FLAGS_UNKNOWN = 0xe0 };
enum { HEADER = 10, TRAILER = 8, TEXT_MAX = 65536 };

struct gzip {
    struct decoder base; /* first */
    struct input input;
    z_stream z;
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
    if (inflateReset2(&gzip->z, -MAX_WBITS) != Z_OK)
        return -ENOMEM;
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
    if (!point_wanted(gzip->base.stream, out))
        return 0;
    uint8_t window[WINDOW];
    uInt size = sizeof window;
    if (inflateGetDictionary(&gzip->z, window, &size) != Z_OK || size == 0)
        return 0;
    struct point point = {.out = out, .in = input_offset(&gzip->input)};
    point.aux = POINT_BLOCK | (gzip->z.data_type & 7);
    return point_add(gzip->base.stream, &point, window, size);
}

/* One call of inflate. *done grows. */
static int inflate_some(struct gzip *gzip, uint8_t *buf, size_t size, size_t *done)
{
    struct input *input = &gzip->input;
    int rc = input_fill(input);
    if (rc <= 0)
        return rc ? rc : -EBADMSG;
    gzip->z.next_in = input->buf + input->at;
    gzip->z.avail_in = (uInt)(input->have - input->at);
    gzip->z.next_out = buf + *done;
    gzip->z.avail_out = (uInt)(size - *done);
    int result = inflate(&gzip->z, Z_BLOCK);
    input->at = input->have - gzip->z.avail_in;
    size_t n = (size_t)(gzip->z.next_out - (buf + *done));
    if (gzip->whole)
        gzip->crc = (uint32_t)crc32(gzip->crc, buf + *done, (uInt)n);
    gzip->length += (uint32_t)n;
    *done += n;
    if (result == Z_STREAM_END)
        return end_member(gzip);
    if (result != Z_OK && result != Z_BUF_ERROR)
        return result == Z_MEM_ERROR ? -ENOMEM : -EBADMSG;
    bool boundary = (gzip->z.data_type & 128) && !(gzip->z.data_type & 64);
    return boundary ? note_block(gzip, gzip->base.out + *done) : 0;
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
    uint8_t window[WINDOW];
    ssize_t size = point_window(point, window);
    int bits = (int)(point->aux & 7);
    if (size <= 0 || (bits && point->in == 0))
        return -EBADMSG;
    if (bits) {
        uint8_t byte;
        int rc = bytes_read_all(gzip->input.packed, &byte, 1, point->in - 1);
        if (rc)
            return rc;
        if (inflatePrime(&gzip->z, bits, byte >> (8 - bits)) != Z_OK)
            return -EBADMSG;
    }
    gzip->body = true;
    return inflateSetDictionary(&gzip->z, window, (uInt)size) == Z_OK ? 0 : -EBADMSG;
}

static void gzip_stop(struct decoder *decoder)
{
    struct gzip *gzip = (struct gzip *)decoder;
    inflateEnd(&gzip->z);
    free(gzip);
}

static int gzip_start(struct stream *stream, const struct point *point, struct decoder **out)
{
    struct gzip *gzip = calloc(1, sizeof *gzip);
    if (!gzip || inflateInit2(&gzip->z, -MAX_WBITS) != Z_OK) {
        free(gzip);
        return -ENOMEM;
    }
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
