// SPDX-License-Identifier: MIT
/*
 * bzip2: blocks that start at any bit, each marked by 48 bits. The next mark is looked for, and what lies
 * between two marks is decoded alone: shifted to whole bytes, with a stream header before and an end behind.
 * So the library checks every block's CRC; the stream's own is checked when it was decoded from its start.
 * A mark inside a block by chance (one in 2^48) makes that block fail, and the search goes on to the next.
 *
 * Points: the start of a stream (aux 0) or of a block (aux: the level), at a bit.
 */
#include "fs/stream/stream_i.h"

#include <bzlib.h>

#define MARK_BLOCK 0x314159265359u
#define MARK_END   0x177245385090u
#define MARK_MASK  0xffffffffffffu

enum {
    MARK_BITS = 48,
    HEADER = 4,
    BLOCK_MAX = 4 << 20, /* packed; 900000 symbols of 20 bits at most, and tables */
    STEP = 256 << 10,
};

enum mark { MARK_NONE, MARK_IS_BLOCK, MARK_IS_END };

struct bzip2 {
    struct decoder base; /* first */
    struct bytes *packed;
    uint8_t *data; /* packed bytes from data_at on */
    uint64_t data_at;
    size_t have, room;
    uint64_t bit; /* of what comes next: a stream header, or the mark of `next` */
    enum mark next;
    int level; /* 0: a stream header comes */
    bool whole;
    uint32_t crc;    /* of the stream so far */
    uint8_t *single; /* the block being decoded, as a stream of its own */
    bz_stream z;
    bool inside;
};

static bool bzip2_match(const uint8_t *head, size_t length)
{
    if (length < 10 || memcmp(head, "BZh", 3) != 0 || head[3] < '1' || head[3] > '9')
        return false;
    return memcmp(head + 4, "\x31\x41\x59\x26\x53\x59", 6) == 0 ||
           memcmp(head + 4, "\x17\x72\x45\x38\x50\x90", 6) == 0;
}

/* ---- bits of the packed bytes ------------------------------------------------------------------------- */

static int grow(struct bzip2 *bz, size_t need)
{
    if (need <= bz->room)
        return 0;
    uint8_t *larger = realloc(bz->data, need);
    if (!larger)
        return -ENOMEM;
    bz->data = larger;
    bz->room = need;
    return 0;
}

/* Has bytes from `from` to `to` in data, fewer at the end: how many from data_at on. */
static ssize_t have_bytes(struct bzip2 *bz, uint64_t from, uint64_t to)
{
    if (from < bz->data_at || from > bz->data_at + bz->have) {
        bz->data_at = from;
        bz->have = 0;
    }
    if (from > bz->data_at && to > bz->data_at + bz->have) {
        size_t passed = (size_t)(from - bz->data_at);
        memmove(bz->data, bz->data + passed, bz->have - passed);
        bz->have -= passed;
        bz->data_at = from;
    }
    while (bz->data_at + bz->have < to) {
        int rc = grow(bz, bz->have + STEP);
        if (rc)
            return rc;
        ssize_t n = bytes_pread(bz->packed, bz->data + bz->have, STEP, bz->data_at + bz->have);
        if (n <= 0)
            return n < 0 ? n : (ssize_t)bz->have;
        bz->have += (size_t)n;
    }
    return (ssize_t)bz->have;
}

/* 1..32 bits at a bit position: 1; 0: beyond the end. */
static int read_bits(struct bzip2 *bz, uint64_t bit, unsigned count, uint32_t *out)
{
    uint64_t first = bit / 8, behind = (bit + count + 7) / 8;
    ssize_t have = have_bytes(bz, first, behind);
    if (have < 0 || !bz->data || bz->data_at + (size_t)have < behind)
        return have < 0 ? (int)have : 0;
    uint64_t value = 0;
    for (uint64_t at = first; at < behind; at++)
        value = value << 8 | bz->data[at - bz->data_at];
    value >>= behind * 8 - bit - count;
    *out = (uint32_t)(value & (UINT64_MAX >> (64 - count)));
    return 1;
}

static int read_mark(struct bzip2 *bz, uint64_t bit, enum mark *mark)
{
    uint32_t high, low;
    int rc = read_bits(bz, bit, 24, &high);
    rc = rc == 1 ? read_bits(bz, bit + 24, 24, &low) : rc;
    if (rc != 1)
        return rc;
    uint64_t value = (uint64_t)high << 24 | low;
    *mark = value == MARK_BLOCK ? MARK_IS_BLOCK : value == MARK_END ? MARK_IS_END : MARK_NONE;
    return 1;
}

/* For a quick no: the last whole byte of a mark, at each of the eight shifts. */
static bool maybe[256];
static pthread_once_t maybe_once = PTHREAD_ONCE_INIT;

static void make_maybe(void)
{
    for (int shift = 0; shift < 8; shift++) {
        maybe[MARK_BLOCK << shift >> 8 & 0xff] = true;
        maybe[MARK_END << shift >> 8 & 0xff] = true;
    }
}

/* The first mark in bytes i.. < end, of which `reg` has the bytes before. Bit behind the mark, or 0. */
static uint64_t scan(const uint8_t *data, size_t *i, size_t end, uint64_t *reg)
{
    uint64_t value = *reg;
    for (size_t at = *i; at < end; at++) {
        value = value << 8 | data[at];
        if (!maybe[value >> 8 & 0xff])
            continue;
        for (int shift = 7; shift >= 0; shift--) {
            uint64_t mark = value >> shift & MARK_MASK;
            if (mark == MARK_BLOCK || mark == MARK_END) {
                *i = at;
                return (at + 1) * 8 - (unsigned)shift;
            }
        }
    }
    *i = end;
    *reg = value;
    return 0;
}

/* The next mark at or behind `from`, for a block that began at bz->bit: 1; 0: none. */
static int find_mark(struct bzip2 *bz, uint64_t from, uint64_t *bit)
{
    uint64_t first = bz->bit / 8, least = from + MARK_BITS, reg = 0;
    uint64_t at = from / 8, seen = at;
    for (uint64_t to = at + STEP; to <= first + BLOCK_MAX + STEP; to += STEP) {
        ssize_t have = have_bytes(bz, first, to);
        if (have < 0)
            return (int)have;
        uint64_t end = bz->data_at + (size_t)have < to ? bz->data_at + (size_t)have : to;
        size_t i = (size_t)(seen - bz->data_at), stop = end > bz->data_at ? (size_t)(end - bz->data_at) : 0;
        while (i < stop) {
            uint64_t found = scan(bz->data, &i, stop, &reg);
            if (found == 0)
                break;
            found += bz->data_at * 8;
            if (found >= least) {
                *bit = found - MARK_BITS;
                return 1;
            }
            reg = reg << 8 | bz->data[i++];
        }
        seen = end;
        if (end < to)
            return 0;
    }
    return 0;
}

/* ---- one block ---------------------------------------------------------------------------------------- */

struct writer {
    uint8_t *at;
    uint32_t pending;
    unsigned bits; /* of pending; below 8 between calls */
};

static void put_bits(struct writer *writer, uint64_t value, unsigned count)
{
    for (unsigned left = count; left;) {
        unsigned take = left < 8 ? left : 8;
        left -= take;
        writer->pending = writer->pending << take | (uint32_t)(value >> left & ((1u << take) - 1));
        writer->bits += take;
        if (writer->bits >= 8) {
            writer->bits -= 8;
            *writer->at++ = (uint8_t)(writer->pending >> writer->bits);
        }
    }
}

/* Bits from bz->bit to `end` as a stream of its own, in bz->single: its size. */
static ssize_t build_single(struct bzip2 *bz, uint64_t end, uint32_t crc)
{
    uint64_t bits = end - bz->bit;
    ssize_t have = have_bytes(bz, bz->bit / 8, end / 8 + 1);
    if (have < 0)
        return have;
    uint8_t *single = realloc(bz->single, bits / 8 + 64);
    if (!single)
        return -ENOMEM;
    bz->single = single;
    struct writer writer = {.at = single};
    put_bits(&writer, 0x425a6830u + (unsigned)bz->level, 32);
    const uint8_t *data = bz->data + (bz->bit / 8 - bz->data_at);
    unsigned shift = bz->bit % 8;
    for (uint64_t i = 0; i < bits / 8; i++) {
        unsigned two = (unsigned)data[i] << 8 | (shift ? data[i + 1] : 0);
        *writer.at++ = (uint8_t)(two >> (8 - shift));
    }
    uint32_t rest = 0;
    if (bits % 8 && read_bits(bz, end - bits % 8, bits % 8, &rest) != 1)
        return -EBADMSG;
    put_bits(&writer, rest, bits % 8);
    put_bits(&writer, MARK_END, MARK_BITS);
    put_bits(&writer, crc, 32);
    put_bits(&writer, 0, 7);
    return writer.at - single;
}

static void end_block(struct bzip2 *bz)
{
    if (bz->inside)
        BZ2_bzDecompressEnd(&bz->z);
    bz->inside = false;
}

/* Decodes the first bytes, so that a mark by chance is seen: 1; 0: not a block. */
static ssize_t try_block(struct bzip2 *bz, uint64_t end, uint32_t crc, void *buf, size_t size)
{
    ssize_t length = build_single(bz, end, crc);
    if (length < 0)
        return length;
    memset(&bz->z, 0, sizeof bz->z);
    if (BZ2_bzDecompressInit(&bz->z, 0, 0) != BZ_OK)
        return -ENOMEM;
    bz->inside = true;
    bz->z.next_in = (char *)bz->single;
    bz->z.avail_in = (unsigned)length;
    bz->z.next_out = buf;
    bz->z.avail_out = (unsigned)size;
    int ret = BZ2_bzDecompress(&bz->z);
    size_t done = size - bz->z.avail_out;
    if (ret == BZ_STREAM_END || (ret == BZ_OK && done == 0))
        end_block(bz);
    if (ret == BZ_MEM_ERROR)
        return -ENOMEM;
    return ret == BZ_OK || ret == BZ_STREAM_END ? (ssize_t)done : 0;
}

static int note_block(struct bzip2 *bz)
{
    struct point point = {.out = bz->base.out, .in = bz->bit, .aux = (uint32_t)bz->level};
    return point.out ? point_add(bz->base.stream, &point, NULL, 0) : 0;
}

/* The block at bz->bit; its first bytes. */
static ssize_t begin_block(struct bzip2 *bz, void *buf, size_t size)
{
    uint32_t crc = 0;
    int rc = note_block(bz);
    rc = rc ? rc : read_bits(bz, bz->bit + MARK_BITS, 32, &crc);
    uint64_t end = bz->bit + MARK_BITS + 32;
    while (rc == 1) {
        rc = find_mark(bz, end, &end);
        if (rc != 1)
            break;
        ssize_t n = try_block(bz, end, crc, buf, size);
        if (n < 0)
            return n;
        if (n > 0) {
            bz->crc = (bz->crc << 1 | bz->crc >> 31) ^ crc;
            bz->bit = end;
            rc = read_mark(bz, end, &bz->next);
            return rc < 0 ? rc : n;
        }
        end_block(bz);
        end++;
    }
    return rc < 0 ? rc : -EBADMSG;
}

static ssize_t go_on(struct bzip2 *bz, void *buf, size_t size)
{
    bz->z.next_out = buf;
    bz->z.avail_out = (unsigned)size;
    int ret = BZ2_bzDecompress(&bz->z);
    size_t done = size - bz->z.avail_out;
    bool stuck = ret == BZ_OK && done == 0;
    if (ret != BZ_OK || stuck)
        end_block(bz);
    return (ret == BZ_OK || ret == BZ_STREAM_END) && !stuck ? (ssize_t)done : -EBADMSG;
}

/* ---- streams ------------------------------------------------------------------------------------------ */

/* At a stream header: 1; 0: the end. Foreign bytes behind the first stream are ignored, as bzip2 does. */
static int begin_stream(struct bzip2 *bz)
{
    uint32_t head;
    bool first = bz->bit == 0;
    int rc = read_bits(bz, bz->bit, 32, &head);
    if (rc < 0)
        return rc;
    if (rc == 0 || head >> 8 != 0x425a68 || (head & 0xff) < '1' || (head & 0xff) > '9')
        return first ? -EBADMSG : 0;
    bz->level = (int)(head & 0xf);
    bz->bit += 32;
    bz->whole = true;
    bz->crc = 0;
    rc = read_mark(bz, bz->bit, &bz->next);
    return rc == 1 && bz->next != MARK_NONE ? 1 : rc < 0 ? rc : -EBADMSG;
}

static int end_stream(struct bzip2 *bz)
{
    uint32_t crc;
    int rc = read_bits(bz, bz->bit + MARK_BITS, 32, &crc);
    if (rc != 1)
        return rc ? rc : -EBADMSG;
    if (bz->whole && crc != bz->crc)
        return -EBADMSG;
    bz->bit = (bz->bit + MARK_BITS + 32 + 7) / 8 * 8;
    bz->level = 0;
    return 1;
}

static ssize_t bzip2_next(struct decoder *decoder, void *buf, size_t size)
{
    struct bzip2 *bz = (struct bzip2 *)decoder;
    decoder->in = bz->bit / 8;
    for (;;) {
        if (bz->inside) {
            ssize_t n = go_on(bz, buf, size);
            if (n)
                return n;
        }
        int rc = bz->level ? 1 : begin_stream(bz);
        if (rc <= 0)
            return rc;
        if (bz->next == MARK_IS_BLOCK)
            return begin_block(bz, buf, size);
        rc = bz->next == MARK_IS_END ? end_stream(bz) : -EBADMSG;
        if (rc < 0)
            return rc;
    }
}

static void bzip2_stop(struct decoder *decoder)
{
    struct bzip2 *bz = (struct bzip2 *)decoder;
    end_block(bz);
    free(bz->data);
    free(bz->single);
    free(bz);
}

static int bzip2_start(struct stream *stream, const struct point *point, struct decoder **out)
{
    pthread_once(&maybe_once, make_maybe);
    struct bzip2 *bz = calloc(1, sizeof *bz);
    if (!bz)
        return -ENOMEM;
    *out = &bz->base;
    bz->packed = stream->packed;
    bz->bit = point->in;
    bz->level = (int)point->aux;
    int rc = point->aux > 9 ? -EBADMSG : 1;
    if (rc == 1 && bz->level)
        rc = read_mark(bz, bz->bit, &bz->next);
    if (rc == 1)
        return 0;
    bzip2_stop(&bz->base);
    return rc ? rc : -EBADMSG;
}

const struct codec codec_bzip2 = {
    .name = "bzip2",
    .match = bzip2_match,
    .start = bzip2_start,
    .next = bzip2_next,
    .stop = bzip2_stop,
    .keep = KEEP_ALWAYS,
    .slow = true,
};
