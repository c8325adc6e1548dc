// SPDX-License-Identifier: MIT
/*
 * An archive of one entry, made of a new directory record, the entry's bytes where they lie, and an end
 * record. Immutable.
 *
 * With the directory in front, zeros stand before the end record, as many as a comment may be long: what the
 * data holds cannot be taken for an end record.
 */
#include "fs/archive/zip.h"

#include "base/cleanup.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum {
    NAME_SIZE = 1,
    ZIP64_SIZE = 20,
    RECORD_MOST = ZIP_RECORD_SIZE + NAME_SIZE + ZIP64_SIZE + 4 + 64,
    PADDING = 70000
};

/* A stretch of the archive: of memory, of the source, or zeros. */
struct stretch {
    uint64_t start, size;
    const unsigned char *memory;
    bool from_source;
};

struct single {
    struct bytes bytes;
    struct bytes *source;
    uint64_t local; /* in the source */
    unsigned char record[RECORD_MOST], end[ZIP_END_SIZE];
    size_t record_size;
    struct stretch stretches[4];
    int count;
};

static void put16(unsigned char *p, uint32_t value)
{
    p[0] = (unsigned char)value;
    p[1] = (unsigned char)(value >> 8);
}

static void put32(unsigned char *p, uint64_t value)
{
    put16(p, (uint32_t)value & 0xffff);
    put16(p + 2, (uint32_t)(value >> 16) & 0xffff);
}

static void put64(unsigned char *p, uint64_t value)
{
    put32(p, value & UINT32_MAX);
    put32(p + 4, value >> 32);
}

static uint64_t narrow(uint64_t value, bool zip64)
{
    return zip64 ? UINT32_MAX : value;
}

/* How the entry is encrypted stands in an extra field. */
static size_t copy_aes(unsigned char *to, const struct zip_record *record)
{
    const unsigned char *at = record->extra;
    uint32_t left = record->extra_length;
    struct zip_extra extra;
    while (zip_extra_next(&at, &left, &extra)) {
        if (extra.id != ZIP_EXTRA_AES || extra.length > 64)
            continue;
        memcpy(to, extra.data - 4, extra.length + 4u);
        return extra.length + 4u;
    }
    return 0;
}

static void make_record(struct single *single, const struct zip_record *record, uint64_t local)
{
    unsigned char *raw = single->record, *extra = raw + ZIP_RECORD_SIZE + NAME_SIZE;
    bool zip64 = record->size >= UINT32_MAX || record->packed >= UINT32_MAX;
    size_t extras = zip64 ? ZIP64_SIZE : 0;
    extras += copy_aes(extra + extras, record);
    if (zip64) {
        put16(extra, 0x0001);
        put16(extra + 2, 16);
        put64(extra + 4, record->size);
        put64(extra + 12, record->packed);
    }
    put32(raw, ZIP_RECORD_SIGN);
    put16(raw + 4, record->version);
    put16(raw + 6, record->version);
    put16(raw + 8, record->flags & ~(uint32_t)ZIP_FLAG_UTF8);
    put16(raw + 10, record->method);
    put16(raw + 12, record->time);
    put16(raw + 14, record->date);
    put32(raw + 16, record->crc);
    put32(raw + 20, narrow(record->packed, zip64));
    put32(raw + 24, narrow(record->size, zip64));
    put16(raw + 28, NAME_SIZE);
    put16(raw + 30, (uint32_t)extras);
    put32(raw + 42, local);
    raw[ZIP_RECORD_SIZE] = 'e';
    single->record_size = ZIP_RECORD_SIZE + NAME_SIZE + extras;
}

static void make_end(struct single *single, uint64_t directory)
{
    put32(single->end, ZIP_END_SIGN);
    put16(single->end + 8, 1);
    put16(single->end + 10, 1);
    put32(single->end + 12, single->record_size);
    put32(single->end + 16, directory);
}

static void add_stretch(struct single *single, uint64_t size, const unsigned char *memory, bool from_source)
{
    single->stretches[single->count++] = (struct stretch){single->bytes.size, size, memory, from_source};
    single->bytes.size += size;
}

static int read_stretch(struct single *single, const struct stretch *stretch, char *buf, size_t size,
                        uint64_t skip)
{
    if (stretch->from_source)
        return bytes_read_all(single->source, buf, size, single->local + skip);
    if (stretch->memory)
        memcpy(buf, stretch->memory + skip, size);
    else
        memset(buf, 0, size);
    return 0;
}

static ssize_t single_pread(struct bytes *bytes, void *buf, size_t size, uint64_t offset)
{
    struct single *single = (struct single *)bytes;
    size_t done = 0;
    for (int i = 0; i < single->count && done < size; i++) {
        const struct stretch *stretch = &single->stretches[i];
        uint64_t at = offset + done;
        if (at >= stretch->start + stretch->size)
            continue;
        uint64_t skip = at - stretch->start, left = stretch->size - skip;
        size_t part = size - done < left ? size - done : (size_t)left;
        int rc = read_stretch(single, stretch, (char *)buf + done, part, skip);
        if (rc)
            return rc;
        done += part;
    }
    return (ssize_t)done;
}

static void single_free(struct bytes *bytes)
{
    struct single *single = (struct single *)bytes;
    bytes_put(single->source);
    free(single);
}

static const struct bytes_ops single_ops = {single_pread, single_free};

int zip_single(struct bytes *source, const struct zip_record *record, bool front, struct bytes **out)
{
    uint64_t start;
    int rc = zip_data_start(source, record, &start);
    if (rc)
        return rc;
    uint64_t entry = start - record->local + record->packed;
    if (!front && entry >= UINT32_MAX)
        return -EOPNOTSUPP;
    struct single *single = calloc(1, sizeof *single);
    if (!single)
        return -ENOMEM;
    single->bytes.ops = &single_ops;
    single->bytes.fd = -1;
    atomic_init(&single->bytes.refs, 1);
    single->source = bytes_ref(source);
    single->local = record->local;
    make_record(single, record, 0);
    if (front) {
        make_record(single, record, single->record_size);
        add_stretch(single, single->record_size, single->record, false);
    }
    add_stretch(single, entry, NULL, true);
    if (front)
        add_stretch(single, PADDING, NULL, false);
    else
        add_stretch(single, single->record_size, single->record, false);
    make_end(single, front ? 0 : entry);
    add_stretch(single, sizeof single->end, single->end, false);
    *out = &single->bytes;
    return 0;
}
