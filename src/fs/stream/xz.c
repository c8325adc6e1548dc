// SPDX-License-Identifier: MIT
/*
 * xz: streams of blocks; the indexes at the ends of the streams tell where everything is, so nothing needs to
 * be measured.
 *
 * Points: starts of blocks (aux: the check's type), at least those of the first blocks of streams. A decoder
 * goes from block to block, and at the end of a stream's blocks to the point where the next ones are.
 */
#include "fs/stream/stream_i.h"

#include <lzma.h>

#define INDEX_MEMORY ((uint64_t)256 << 20)
#define BLOCK_MEMORY ((uint64_t)256 << 20)

struct xz {
    struct decoder base; /* first */
    struct input input;
    lzma_stream z;
    lzma_block block;
    lzma_filter filters[LZMA_FILTERS_MAX + 1];
    bool inside; /* a block */
};

static bool xz_match(const uint8_t *head, size_t length)
{
    return length >= 6 && memcmp(head,
                                 "\xfd"
                                 "7zXZ",
                                 6) == 0;
}

static int code_of(lzma_ret ret)
{
    switch (ret) {
    case LZMA_OK:
    case LZMA_STREAM_END:
        return 0;
    case LZMA_MEM_ERROR:
    case LZMA_MEMLIMIT_ERROR:
        return -ENOMEM;
    case LZMA_OPTIONS_ERROR:
    case LZMA_UNSUPPORTED_CHECK:
        return -EOPNOTSUPP;
    default:
        return -EBADMSG;
    }
}

/* ---- the index ---------------------------------------------------------------------------------------- */

static void end_stream(lzma_stream *z)
{
    lzma_end(z);
}

static int read_index(struct stream *stream, struct input *input, lzma_index **index)
{
    __attribute__((cleanup(end_stream))) lzma_stream z = LZMA_STREAM_INIT;
    lzma_ret ret = lzma_file_info_decoder(&z, index, INDEX_MEMORY, stream->packed->size);
    input_at(input, stream->packed, 0);
    while (ret == LZMA_OK || ret == LZMA_SEEK_NEEDED) {
        if (ret == LZMA_SEEK_NEEDED)
            input_at(input, stream->packed, z.seek_pos);
        int rc = input_fill(input);
        if (rc <= 0)
            return rc ? rc : -EBADMSG;
        z.next_in = input->buf + input->at;
        z.avail_in = input->have - input->at;
        ret = lzma_code(&z, LZMA_RUN);
        input->at = input->have - z.avail_in;
    }
    return code_of(ret);
}

static int add_blocks(struct stream *stream, const lzma_index *index)
{
    uint64_t spacing = stream->spacing, last = 0;
    lzma_index_iter iter;
    lzma_index_iter_init(&iter, index);
    while (!lzma_index_iter_next(&iter, LZMA_INDEX_ITER_NONEMPTY_BLOCK)) {
        struct point point = {.out = iter.block.uncompressed_file_offset,
                              .in = iter.block.compressed_file_offset};
        point.aux = iter.stream.flags->check;
        if (point.out == 0)
            point_first(stream, point.in, point.aux);
        stream->spacing = iter.stream.number != last ? 1 : spacing;
        last = iter.stream.number;
        int rc = point.out && iter.block.uncompressed_size ? point_add(stream, &point, NULL, 0) : 0;
        if (rc)
            return rc;
    }
    stream->spacing = spacing;
    return points_complete(stream, lzma_index_uncompressed_size(index));
}

static int xz_index(struct stream *stream)
{
    CLEANUP_FREE struct input *input = malloc(sizeof *input);
    if (!input)
        return -ENOMEM;
    lzma_index *index = NULL;
    int rc = read_index(stream, input, &index);
    rc = rc ? rc : add_blocks(stream, index);
    lzma_index_end(index, NULL);
    return rc;
}

/* ---- decoding ----------------------------------------------------------------------------------------- */

static void xz_stop(struct decoder *decoder)
{
    struct xz *xz = (struct xz *)decoder;
    lzma_end(&xz->z);
    lzma_filters_free(xz->filters, NULL);
    free(xz);
}

static int xz_start(struct stream *stream, const struct point *point, struct decoder **out)
{
    struct xz *xz = calloc(1, sizeof *xz);
    if (!xz)
        return -ENOMEM;
    xz->z = (lzma_stream)LZMA_STREAM_INIT;
    xz->filters[0].id = LZMA_VLI_UNKNOWN;
    xz->block.check = (lzma_check)point->aux;
    input_at(&xz->input, stream->packed, point->in);
    *out = &xz->base;
    return point->aux <= LZMA_CHECK_ID_MAX ? 0 : (xz_stop(&xz->base), -EBADMSG);
}

/* Behind the last block of a stream: to the first of the next, if there is one. */
static int next_stream(struct xz *xz)
{
    struct stream *stream = xz->base.stream;
    LOCK_SCOPE(&stream->lock);
    const struct point *point = &stream->points[point_before(stream, xz->base.out)];
    if (xz->base.out == stream->total)
        return 0;
    if (point->out != xz->base.out || point->in <= input_offset(&xz->input) || point->aux > LZMA_CHECK_ID_MAX)
        return -EBADMSG;
    xz->block.check = (lzma_check)point->aux;
    input_at(&xz->input, stream->packed, point->in);
    return 1;
}

static int read_block_header(struct xz *xz)
{
    struct input *input = &xz->input;
    lzma_filters_free(xz->filters, NULL);
    xz->block.version = 1;
    xz->block.ignore_check = false;
    xz->block.filters = xz->filters;
    xz->block.header_size = lzma_block_header_size_decode(input->buf[input->at]);
    int rc = input_peek(input, xz->block.header_size);
    if (rc <= 0)
        return rc ? rc : -EBADMSG;
    rc = code_of(lzma_block_header_decode(&xz->block, NULL, input->buf + input->at));
    if (rc)
        return rc;
    input->at += xz->block.header_size;
    if (lzma_raw_decoder_memusage(xz->filters) > BLOCK_MEMORY)
        return -ENOMEM;
    xz->inside = true;
    return code_of(lzma_block_decoder(&xz->z, &xz->block));
}

/* 1: inside a block; 0: the end. */
static int begin_block(struct xz *xz)
{
    int rc = 1;
    while (rc == 1) {
        rc = input_fill(&xz->input);
        if (rc <= 0)
            return rc ? rc : -EBADMSG;
        if (xz->input.buf[xz->input.at] != 0)
            return read_block_header(xz) ?: 1;
        rc = next_stream(xz);
    }
    return rc;
}

static int decode_some(struct xz *xz, uint8_t *buf, size_t size, size_t *done)
{
    struct input *input = &xz->input;
    int rc = input_fill(input);
    if (rc < 0)
        return rc;
    size_t before = input->at;
    xz->z.next_in = input->buf + input->at;
    xz->z.avail_in = input->have - input->at;
    xz->z.next_out = buf + *done;
    xz->z.avail_out = size - *done;
    lzma_ret ret = lzma_code(&xz->z, LZMA_RUN);
    input->at = input->have - xz->z.avail_in;
    size_t n = size - *done - xz->z.avail_out;
    *done += n;
    xz->inside = ret != LZMA_STREAM_END;
    bool stuck = n == 0 && input->at == before;
    return xz->inside && rc == 0 && stuck ? -EBADMSG : code_of(ret);
}

static ssize_t xz_next(struct decoder *decoder, void *buf, size_t size)
{
    struct xz *xz = (struct xz *)decoder;
    size_t done = 0;
    int rc = 1;
    while (rc > 0 && done == 0) {
        rc = xz->inside ? 1 : begin_block(xz);
        while (rc == 1 && xz->inside && done < size)
            rc = decode_some(xz, buf, size, &done) ?: 1;
    }
    decoder->in = input_offset(&xz->input);
    return decoder_result(decoder, done, rc);
}

const struct codec codec_xz = {
    .name = "xz",
    .match = xz_match,
    .index = xz_index,
    .start = xz_start,
    .next = xz_next,
    .stop = xz_stop,
    .keep = KEEP_ALWAYS,
    .slow = true,
    .advice = "`xz -T0 --block-size=4MiB FILE`, or pixz",
};
