// SPDX-License-Identifier: MIT
/*
 * Bytes of one entry: a slice, extents, or decoded.
 *
 * Decoding keeps a few readers, each standing in some entry. What a reader gives goes to the region of its
 * entry, in order; a read beyond what is there lets the nearest reader before it go on, or starts a new one.
 * A new reader skips over what comes before, which costs nothing unless the archive is solid. That shows in
 * how much libarchive takes for the first bytes; from then on all entries on the way are kept, so that each
 * is decoded once.
 */
#include "fs/archive/libarchive_i.h"

#include <time.h>

#define SOLID_BYTES ((uint64_t)4 << 20)

struct la_file {
    struct bytes bytes; /* first */
    struct archive *archive;
    uint64_t number; /* of the entry, or of the first extent */
    uint64_t count;  /* of extents */
};

static void file_free(struct bytes *bytes)
{
    free(bytes);
}

static int file_new(struct archive *archive, const struct tree_node *node, const struct bytes_ops *ops,
                    struct bytes **out)
{
    struct la_file *file = calloc(1, sizeof *file);
    if (!file)
        return -ENOMEM;
    file->bytes = (struct bytes){.ops = ops, .size = node->size, .fd = -1};
    atomic_init(&file->bytes.refs, 1);
    file->archive = archive;
    file->number = node->where[0];
    file->count = node->where[1];
    *out = &file->bytes;
    return 0;
}

/* ---- sparse ------------------------------------------------------------------------------------------- */

/* The first extent that ends behind `offset`. */
static const struct la_extent *extent_at(const struct la_extent *extents, size_t count, uint64_t offset)
{
    size_t low = 0, high = count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (extents[middle].offset + extents[middle].length <= offset)
            low = middle + 1;
        else
            high = middle;
    }
    return low < count ? &extents[low] : NULL;
}

static ssize_t sparse_pread(struct bytes *bytes, void *buf, size_t size, uint64_t offset)
{
    const struct la_file *file = (const struct la_file *)bytes;
    const struct la *la = file->archive->data;
    size_t done = 0;
    while (done < size) {
        uint64_t at = offset + done, left = size - done;
        const struct la_extent *extent = extent_at(la->extents + file->number, file->count, at);
        bool hole = !extent || at < extent->offset;
        uint64_t end = !extent ? at + left : hole ? extent->offset : extent->offset + extent->length;
        size_t some = (size_t)(end - at < left ? end - at : left);
        if (hole) {
            memset((char *)buf + done, 0, some);
        } else {
            int rc =
                bytes_read_all(la->bytes, (char *)buf + done, some, extent->from + (at - extent->offset));
            if (rc)
                return rc;
        }
        done += some;
    }
    return (ssize_t)done;
}

static const struct bytes_ops sparse_ops = {sparse_pread, file_free};

/* ---- readers (all locked) ----------------------------------------------------------------------------- */

static void reader_close(struct la_reader *reader)
{
    if (reader->archive)
        archive_read_free(reader->archive);
    free(reader->feed);
    *reader = (struct la_reader){.used = reader->used};
}

void la_readers_close(struct la *la)
{
    for (int i = 0; i < LA_READERS; i++)
        reader_close(&la->readers[i]);
    for (uint64_t i = 0; la->regions && i < la->entries; i++)
        spill_region_free(la->regions[i]);
    free(la->regions);
    la->regions = NULL;
}

static int reader_open(struct la *la, struct la_reader *reader)
{
    reader_close(reader);
    reader->feed = calloc(1, sizeof *reader->feed);
    if (!reader->feed)
        return -ENOMEM;
    reader->feed->bytes = la->bytes;
    reader->feed->budget = UINT64_MAX;
    reader->archive = la_reader_open(reader->feed);
    reader->number = -1;
    reader->fresh = true;
    return reader->archive ? 0 : -ENOMEM;
}

static int region_of(struct archive *archive, uint64_t number, struct spill_region **region)
{
    struct la *la = archive->data;
    if (!la->regions)
        la->regions = calloc(la->entries, sizeof(struct spill_region *));
    if (!la->regions)
        return -ENOMEM;
    int rc = la->regions[number] ? 0 : spill_region_new(archive->spill, SPILL_UNKNOWN, &la->regions[number]);
    *region = la->regions[number];
    return rc;
}

/* The next bytes of the reader's entry: they go to its region too. 0 at its end. */
static ssize_t reader_pump(struct archive *archive, struct la_reader *reader, uint8_t *piece)
{
    struct la *la = archive->data;
    struct spill_region *region;
    uint64_t taken = reader->feed->taken;
    la_ssize_t n = archive_read_data(reader->archive, piece, LA_PIECE);
    if (n < 0)
        return la_error(reader->archive, reader->feed);
    if (reader->fresh && reader->feed->taken - taken > SOLID_BYTES)
        la->solid = true;
    reader->fresh = false;
    if (n > 0 && region_of(archive, (uint64_t)reader->number, &region) == 0)
        (void)spill_append_at(region, reader->at, piece, (size_t)n);
    reader->at += (uint64_t)n;
    la->work++;
    fs_progress();
    return n;
}

static int reader_step(struct la *la, struct la_reader *reader)
{
    struct archive_entry *entry;
    int rc = archive_read_next_header(reader->archive, &entry);
    while (rc == ARCHIVE_FAILED || rc == ARCHIVE_RETRY) {
        reader->number++;
        rc = archive_read_next_header(reader->archive, &entry);
    }
    if (rc != ARCHIVE_OK && rc != ARCHIVE_WARN)
        return rc == ARCHIVE_EOF ? -EBADMSG : la_error(reader->archive, reader->feed);
    reader->number++;
    reader->at = 0;
    if (reader->number % 1024 == 0) {
        la->work++;
        fs_progress();
    }
    return 0;
}

static bool reaches(const struct la_reader *reader, uint64_t number, uint64_t offset)
{
    if (!reader->archive)
        return false;
    return reader->number < (int64_t)number || (reader->number == (int64_t)number && reader->at <= offset);
}

/* One that stands before the place and is worth going on from; else the one used least, to start again. */
static struct la_reader *choose(struct la *la, uint64_t number, uint64_t offset, bool *start)
{
    struct la_reader *found = NULL, *oldest = la->readers;
    for (struct la_reader *reader = la->readers; reader < la->readers + LA_READERS; reader++) {
        bool near = la->solid || reader->number + 1 >= (int64_t)number;
        if (reaches(reader, number, offset) && near && (!found || reader->number > found->number))
            found = reader;
        if (reader->used < oldest->used)
            oldest = reader;
    }
    *start = !found;
    return found ? found : oldest;
}

/* To the entry. In a solid archive what comes before is kept on the way. */
static int reader_go(struct archive *archive, struct la_reader *reader, uint64_t number, uint8_t *piece)
{
    struct la *la = archive->data;
    int rc = 0;
    while (rc == 0 && reader->number < (int64_t)number) {
        ssize_t n = la->solid && reader->number >= 0;
        while (n > 0)
            n = reader_pump(archive, reader, piece);
        rc = n < 0 ? (int)n : reader_step(la, reader);
    }
    return rc == 0 && reader->number != (int64_t)number ? -EBADMSG : rc;
}

/* Decodes until the place is passed, and gives what is there. */
static ssize_t decode_to(struct archive *archive, uint64_t number, void *buf, size_t size, uint64_t offset)
{
    struct la *la = archive->data;
    bool start;
    struct la_reader *reader = choose(la, number, offset, &start);
    CLEANUP_FREE uint8_t *piece = malloc(LA_PIECE);
    LA_LOCALE_SCOPE;
    int rc = !piece ? -ENOMEM : start ? reader_open(la, reader) : 0;
    reader->used = ++la->clock;
    rc = rc ? rc : reader_go(archive, reader, number, piece);
    ssize_t n = rc;
    while (rc == 0 && (n = reader_pump(archive, reader, piece)) > 0) {
        uint64_t from = reader->at - (uint64_t)n;
        if (reader->at <= offset)
            continue;
        size_t within = (size_t)(offset - from), some = (size_t)n - within;
        some = some < size ? some : size;
        memcpy(buf, piece + within, some);
        return (ssize_t)some;
    }
    reader_close(reader);
    return n < 0 ? n : -EBADMSG; /* shorter than its header said */
}

/* ---- decoded entries ---------------------------------------------------------------------------------- */

/* Waits for the lock; while its holder gets on, so does the waiting call. */
static void lock_patiently(struct la *la)
{
    uint64_t seen = atomic_load(&la->work);
    for (;;) {
        struct timespec until;
        clock_gettime(CLOCK_REALTIME, &until);
        until.tv_sec++;
        if (pthread_mutex_timedlock(&la->lock, &until) == 0)
            return;
        uint64_t work = atomic_load(&la->work);
        if (work != seen)
            fs_progress();
        seen = work;
    }
}

static ssize_t decoded_pread(struct bytes *bytes, void *buf, size_t size, uint64_t offset)
{
    const struct la_file *file = (const struct la_file *)bytes;
    struct la *la = file->archive->data;
    struct spill_region *region = NULL;
    size_t done = 0;
    while (done < size) {
        lock_patiently(la);
        int rc = region ? 0 : region_of(file->archive, file->number, &region);
        ssize_t n = rc ? rc : spill_pread(region, (char *)buf + done, size - done, offset + done);
        if (rc == 0 && n <= 0)
            n = decode_to(file->archive, file->number, (char *)buf + done, size - done, offset + done);
        pthread_mutex_unlock(&la->lock);
        if (n < 0)
            return n;
        done += (size_t)n;
    }
    return (ssize_t)done;
}

static const struct bytes_ops decoded_ops = {decoded_pread, file_free};

/* ---- all kinds; the node may come from an index file and is not trusted ------------------------------- */

int la_entry(struct archive *archive, const struct tree_node *node, struct bytes **out)
{
    const struct la *la = archive->data;
    switch ((enum la_kind)node->kind) {
    case LA_WHOLE:
        *out = bytes_ref(la->bytes);
        return 0;
    case LA_PLAIN:
        return bytes_slice(bytes_ref(la->bytes), node->where[0], node->size, out);
    case LA_SPARSE:
        if (node->where[0] > la->extent_count || node->where[1] > la->extent_count - node->where[0])
            return -EBADMSG;
        return file_new(archive, node, &sparse_ops, out);
    case LA_DECODED:
        return node->where[0] < la->entries ? file_new(archive, node, &decoded_ops, out) : -EBADMSG;
    case LA_ENCRYPTED:
        return -EOPNOTSUPP;
    default:
        return -EBADMSG;
    }
}
