// SPDX-License-Identifier: MIT
/*
 * The spill: one unlinked, sparse file, cut into segments that regions take in any order and give back.
 *
 * Invariants, under `lock`: `used` is the sum of all regions' filled bytes, each rounded up to whole blocks,
 * and never above `limit`. A region with users > 0 (a read or an append is under way) is never evicted, and
 * its segments stay. `regions` holds those with segments, ordered by use, the least recent first. The file is
 * read and written without the lock, never mapped.
 */
#include "fs/spill.h"

#include "base/cleanup.h"
#include "base/list.h"
#include "fs/fs_i.h"
#include "fs/stream/spill_file.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { BLOCK = 4096 };

struct spill {
    pthread_mutex_t lock;
    _Atomic uint64_t used;
    _Atomic uint64_t limit;
    struct spill_file file;
    struct list regions;
};

struct spill_region {
    struct spill *spill;
    struct list link;
    uint64_t most;
    uint64_t filled;
    unsigned users;
    bool appending;
    bool evicted; /* since the last append */
    struct segment *segments;
    uint32_t count, room;
};

static uint64_t whole_blocks(uint64_t size)
{
    return (size + BLOCK - 1) / BLOCK * BLOCK;
}

int spill_new(uint64_t limit, struct spill **out)
{
    struct spill *spill = calloc(1, sizeof *spill);
    if (!spill)
        return -ENOMEM;
    pthread_mutex_init(&spill->lock, NULL);
    list_init(&spill->regions);
    spill->limit = limit;
    spill->file.fd = -1;
    *out = spill;
    return 0;
}

void spill_free(struct spill *spill)
{
    if (!spill)
        return;
    spill_file_close(&spill->file);
    pthread_mutex_destroy(&spill->lock);
    free(spill);
}

uint64_t spill_used(const struct spill *spill)
{
    return atomic_load(&spill->used);
}

uint64_t spill_limit(const struct spill *spill)
{
    return spill->limit;
}

/* ---- the file ----------------------------------------------------------------------------------------- */

static int need_file(struct spill *spill)
{
    if (spill->file.fd >= 0)
        return 0;
    int rc = spill_file_need(&spill->file);
    if (rc == 0 && spill->file.memory && spill->limit > MEMORY_LIMIT)
        spill->limit = MEMORY_LIMIT;
    return rc;
}

/* ---- room --------------------------------------------------------------------------------------------- */

static void empty(struct spill_region *region)
{
    struct spill *spill = region->spill;
    for (uint32_t i = 0; i < region->count; i++)
        segment_give(&spill->file, &region->segments[i]);
    atomic_fetch_sub(&spill->used, whole_blocks(region->filled));
    region->count = 0;
    region->filled = 0;
    list_del(&region->link);
}

/* The least recently used region but `keep` goes. False: there is none. */
static bool evict_one(struct spill *spill, const struct spill_region *keep)
{
    struct spill_region *region;
    list_for_each (region, &spill->regions, link) {
        if (region == keep || region->users)
            continue;
        empty(region);
        region->evicted = true;
        return true;
    }
    return false;
}

static void touch(struct spill_region *region)
{
    list_del(&region->link);
    list_add_tail(&region->spill->regions, &region->link);
}

/* ---- regions ------------------------------------------------------------------------------------------ */

int spill_region_new(struct spill *spill, uint64_t size, struct spill_region **out)
{
    struct spill_region *region = calloc(1, sizeof *region);
    if (!region)
        return -ENOMEM;
    LOCK_SCOPE(&spill->lock);
    if (size != SPILL_UNKNOWN && size > spill->limit) {
        free(region);
        return -ENOSPC;
    }
    region->spill = spill;
    region->most = size;
    list_init(&region->link);
    *out = region;
    return 0;
}

void spill_region_free(struct spill_region *region)
{
    if (!region)
        return;
    pthread_mutex_lock(&region->spill->lock);
    empty(region);
    pthread_mutex_unlock(&region->spill->lock);
    free(region->segments);
    free(region);
}

uint64_t spill_filled(const struct spill_region *region)
{
    LOCK_SCOPE(&region->spill->lock);
    return region->filled;
}

/* Makes sure that `size` more bytes may be written: counts them, and has their segments. */
static int reserve(struct spill_region *region, size_t size)
{
    struct spill *spill = region->spill;
    if (size > region->most - region->filled)
        return -EFBIG;
    int rc = need_file(spill);
    if (rc)
        return rc;
    uint64_t end = region->filled + size;
    if (whole_blocks(end) > spill->limit)
        return -ENOSPC;
    uint64_t need = whole_blocks(end) - whole_blocks(region->filled);
    while (spill_used(spill) + need > spill->limit)
        if (!evict_one(spill, region))
            return -ENOSPC;
    while (rc == 0 && (uint64_t)region->count * SEGMENT < end) {
        struct segment *list = list_more(region->segments, region->count, &region->room, sizeof *list);
        rc = list ? segment_take(&spill->file, &list[region->count]) : -ENOMEM;
        region->segments = list ? list : region->segments;
        region->count += rc == 0;
    }
    if (rc == 0)
        atomic_fetch_add(&spill->used, need);
    return rc;
}

/* The descriptor and the place in its file. */
static int place_of(struct spill_region *region, uint64_t offset, off_t *place)
{
    LOCK_SCOPE(&region->spill->lock);
    const struct segment *segment = &region->segments[offset / SEGMENT];
    *place = (off_t)segment->number * SEGMENT + (off_t)(offset % SEGMENT);
    return segment->fd;
}

static size_t in_segment(uint64_t offset, size_t size)
{
    size_t left = SEGMENT - offset % SEGMENT;
    return size < left ? size : left;
}

/* The cache's own disk may be full before the limit is reached: then something else must go. */
static int write_some(struct spill_region *region, const char *data, size_t size, uint64_t offset,
                      size_t *done)
{
    off_t place;
    int fd = place_of(region, offset, &place);
    ssize_t n = pwrite(fd, data, size, place);
    *done = n > 0 ? (size_t)n : 0;
    if (n > 0 || errno == EINTR)
        return 0;
    if (n == 0 || errno == ENOSPC || errno == EDQUOT || errno == EFBIG || errno == ENOMEM) {
        LOCK_SCOPE(&region->spill->lock);
        return evict_one(region->spill, region) ? 0 : -ENOSPC;
    }
    return -errno;
}

static int write_all(struct spill_region *region, const char *data, size_t size, uint64_t offset)
{
    while (size) {
        size_t done;
        int rc = write_some(region, data, in_segment(offset, size), offset, &done);
        if (rc)
            return rc;
        data += done;
        offset += done;
        size -= done;
    }
    return 0;
}

static int append_begin(struct spill_region *region, uint64_t offset, size_t size)
{
    LOCK_SCOPE(&region->spill->lock);
    if (region->appending)
        return -EBUSY;
    if (region->filled != offset)
        return -ESTALE;
    int rc = reserve(region, size);
    if (rc == 0) {
        region->appending = true;
        region->users++;
        touch(region);
    }
    return rc;
}

int spill_append_at(struct spill_region *region, uint64_t before, const void *data, size_t size)
{
    struct spill *spill = region->spill;
    int rc = append_begin(region, before, size);
    if (rc)
        return rc;
    rc = write_all(region, data, size, before);
    LOCK_SCOPE(&spill->lock);
    region->appending = false;
    region->users--;
    region->evicted = false;
    if (rc == 0)
        region->filled = before + size;
    else
        atomic_fetch_sub(&spill->used, whole_blocks(before + size) - whole_blocks(before));
    return rc;
}

int spill_append(struct spill_region *region, const void *data, size_t size)
{
    return spill_append_at(region, spill_filled(region), data, size);
}

static ssize_t read_begin(struct spill_region *region, size_t size, uint64_t offset)
{
    LOCK_SCOPE(&region->spill->lock);
    if (region->evicted)
        return -ESTALE;
    if (offset >= region->filled)
        return 0;
    if (size > region->filled - offset)
        size = (size_t)(region->filled - offset);
    region->users++;
    touch(region);
    return (ssize_t)size;
}

static void read_end(struct spill_region *region)
{
    LOCK_SCOPE(&region->spill->lock);
    region->users--;
}

ssize_t spill_pread(struct spill_region *region, void *buf, size_t size, uint64_t offset)
{
    ssize_t length = read_begin(region, size, offset);
    if (length <= 0)
        return length;
    ssize_t done = 0;
    while (done < length) {
        size_t want = in_segment(offset + (size_t)done, (size_t)(length - done));
        off_t place;
        int fd = place_of(region, offset + (size_t)done, &place);
        ssize_t n = pread(fd, (char *)buf + done, want, place);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0) {
            done = n < 0 ? -errno : -EIO;
            break;
        }
        done += n;
    }
    read_end(region);
    return done;
}
