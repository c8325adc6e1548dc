// SPDX-License-Identifier: MIT
/*
 * Stored entries: read where they lie. The checksum is followed as far as reads come in order; one that
 * reaches the end makes up for what little is missing. Of a large entry that is read at random, nothing is
 * checked.
 */
#include "fs/archive/zip.h"

#include "base/cleanup.h"
#include "fs/stream/crc32.h"
#include <errno.h>
#include <stdlib.h>

enum { CATCH_UP = 16 << 20, PART = 64 << 10 };

struct stored {
    struct bytes bytes;
    struct bytes *source;
    uint64_t start;
    uint32_t told;
    atomic_int verdict;   /* 1: right, 0: not known yet, -EBADMSG */
    pthread_mutex_t lock; /* over the following */
    uint64_t summed;      /* bytes from 0 that `sum` is of */
    uint32_t sum;
};

static int judge(struct stored *stored)
{
    if (stored->summed < stored->bytes.size)
        return 0;
    int verdict = stored->sum == stored->told ? 1 : -EBADMSG;
    atomic_store(&stored->verdict, verdict);
    return verdict < 0 ? verdict : 0;
}

/* Reads up to `offset` for the sum alone. */
static int catch_up(struct stored *stored, uint64_t offset)
{
    CLEANUP_FREE char *part = malloc(PART);
    int rc = part ? 0 : -ENOMEM;
    while (rc == 0 && stored->summed < offset) {
        uint64_t left = offset - stored->summed;
        size_t size = left < PART ? (size_t)left : PART;
        rc = bytes_read_all(stored->source, part, size, stored->start + stored->summed);
        if (rc)
            break;
        stored->sum = checksum32(stored->sum, part, size);
        stored->summed += size;
        fs_progress();
    }
    return rc;
}

static int follow(struct stored *stored, const void *buf, size_t size, uint64_t offset)
{
    LOCK_SCOPE(&stored->lock);
    uint64_t end = offset + size;
    if (end == stored->bytes.size && stored->summed < offset && offset - stored->summed <= CATCH_UP) {
        int rc = catch_up(stored, offset);
        if (rc)
            return rc;
    }
    if (offset > stored->summed || end <= stored->summed)
        return 0;
    size_t known = (size_t)(stored->summed - offset);
    stored->sum = checksum32(stored->sum, (const char *)buf + known, size - known);
    stored->summed = end;
    return judge(stored);
}

static ssize_t stored_pread(struct bytes *bytes, void *buf, size_t size, uint64_t offset)
{
    struct stored *stored = (struct stored *)bytes;
    int verdict = atomic_load(&stored->verdict);
    if (verdict < 0)
        return verdict;
    ssize_t got = bytes_pread(stored->source, buf, size, stored->start + offset);
    if (got <= 0)
        return got < 0 ? got : -EBADMSG;
    int rc = verdict ? 0 : follow(stored, buf, (size_t)got, offset);
    return rc ? rc : got;
}

static void stored_free(struct bytes *bytes)
{
    struct stored *stored = (struct stored *)bytes;
    bytes_put(stored->source);
    pthread_mutex_destroy(&stored->lock);
    free(stored);
}

static const struct bytes_ops stored_ops = {stored_pread, stored_free};

int zip_stored(struct bytes *source, const struct zip_record *record, struct bytes **out)
{
    uint64_t start;
    int rc = record->packed == record->size ? zip_data_start(source, record, &start) : -EBADMSG;
    if (rc)
        return rc;
    struct stored *stored = calloc(1, sizeof *stored);
    if (!stored)
        return -ENOMEM;
    stored->bytes.ops = &stored_ops;
    stored->bytes.size = record->size;
    stored->bytes.fd = -1;
    atomic_init(&stored->bytes.refs, 1);
    pthread_mutex_init(&stored->lock, NULL);
    stored->source = bytes_ref(source);
    stored->start = start;
    stored->told = record->crc;
    *out = &stored->bytes;
    return 0;
}
