// SPDX-License-Identifier: MIT
/*
 * Where the data of an entry is, while an archive is scanned.
 *
 * The place is proved, not computed: libarchive is asked for the first block of the entry, and where that
 * points into the feed's buffer, its offset is known; where libarchive copied, the bytes at its position are
 * compared with what it gave. Data behind the first block is skipped, not read: in tar, cpio and ar it
 * follows, and an iso has the files in one piece.
 */
#include "fs/archive/libarchive_i.h"

enum { COMPARE = 4096 };

static bool stored(struct la_archive *reader)
{
    switch (archive_format(reader) & ARCHIVE_FORMAT_BASE_MASK) {
    case ARCHIVE_FORMAT_TAR:
    case ARCHIVE_FORMAT_CPIO:
    case ARCHIVE_FORMAT_AR:
    case ARCHIVE_FORMAT_ISO9660:
        return true;
    default:
        return false;
    }
}

static bool same_bytes(struct la_scan *scan, const uint8_t *data, size_t size, uint64_t offset)
{
    uint8_t there[COMPARE];
    if (size > sizeof there)
        size = sizeof there;
    return bytes_read_all(scan->la->bytes, there, size, offset) == 0 && memcmp(there, data, size) == 0;
}

/* 1: found; 0: it does not lie there plainly. */
static int first_block(struct la_scan *scan, uint64_t expected, uint64_t *place)
{
    const void *data;
    size_t size;
    la_int64_t offset;
    int rc = archive_read_data_block(scan->reader, &data, &size, &offset);
    if (rc == ARCHIVE_EOF || size == 0)
        return 0;
    if (rc < ARCHIVE_WARN)
        return rc == ARCHIVE_FATAL ? la_error(scan->reader, scan->feed) : 0;
    if ((uint64_t)offset != expected)
        return 0;
    uintptr_t at = (uintptr_t)data, buf = (uintptr_t)scan->feed->buf;
    if (at >= buf && at + size <= buf + scan->feed->buf_size) {
        *place = scan->feed->buf_at + (at - buf);
        return 1;
    }
    *place = (uint64_t)archive_filter_bytes(scan->reader, 0);
    return same_bytes(scan, data, size, *place);
}

static int add_extent(struct la *la, const struct la_extent *extent)
{
    if (la->extent_count == la->extent_room) {
        size_t room = la->extent_room ? la->extent_room * 2 : 64;
        struct la_extent *larger = reallocarray(la->extents, room, sizeof *larger);
        if (!larger)
            return -ENOMEM;
        la->extents = larger;
        la->extent_room = room;
    }
    la->extents[la->extent_count++] = *extent;
    return 0;
}

/* The parts of a sparse file lie one behind the other. */
static int add_sparse(struct la_scan *scan, struct archive_entry *entry, struct tree_entry *added)
{
    la_int64_t offset, length;
    uint64_t place = 0, last = 0;
    added->where[0] = scan->la->extent_count;
    for (int i = 0; archive_entry_sparse_next(entry, &offset, &length) == ARCHIVE_OK; i++) {
        if (i == 0) {
            int rc = first_block(scan, (uint64_t)offset, &place);
            if (rc <= 0)
                return rc;
        }
        if (offset < 0 || length < 0 || (uint64_t)offset < last || length > INT64_MAX - offset ||
            (uint64_t)length > (uint64_t)INT64_MAX - place)
            return -EBADMSG;
        struct la_extent extent = {(uint64_t)offset, (uint64_t)length, place};
        int rc = add_extent(scan->la, &extent);
        if (rc)
            return rc;
        last = extent.offset + extent.length;
        place += extent.length;
        added->where[1]++;
    }
    if (place > scan->highest)
        scan->highest = place;
    added->kind = LA_SPARSE;
    return 1;
}

static int add_plain(struct la_scan *scan, struct tree_entry *added)
{
    int rc = first_block(scan, 0, &added->where[0]);
    if (rc <= 0)
        return rc;
    if (added->info.size > INT64_MAX - added->where[0])
        return -EBADMSG;
    if (added->where[0] + added->info.size > scan->highest)
        scan->highest = added->where[0] + added->info.size;
    added->kind = LA_PLAIN;
    return 1;
}

/* A size that the header does not tell. */
static int count_bytes(struct la_scan *scan, struct tree_entry *added)
{
    const void *data;
    size_t size;
    la_int64_t offset;
    int rc;
    while ((rc = archive_read_data_block(scan->reader, &data, &size, &offset)) == ARCHIVE_OK)
        added->info.size = (uint64_t)offset + size;
    return rc == ARCHIVE_EOF ? 0 : la_error(scan->reader, scan->feed);
}

int la_locate(struct la_scan *scan, struct archive_entry *entry, struct tree_entry *added)
{
    int rc = 0;
    added->info.valid |= FS_INFO_SIZE;
    added->info.size = archive_entry_size(entry) > 0 ? (uint64_t)archive_entry_size(entry) : 0;
    if (archive_entry_is_data_encrypted(entry)) {
        added->kind = LA_ENCRYPTED;
        scan->encrypted++;
        return 0;
    }
    if (!archive_entry_size_is_set(entry))
        rc = count_bytes(scan, added);
    else if (added->info.size && archive_entry_sparse_reset(entry) > 0)
        rc = stored(scan->reader) ? add_sparse(scan, entry, added) : 0;
    else if (added->info.size && stored(scan->reader))
        rc = add_plain(scan, added);
    if (rc == 0) {
        added->kind = added->info.size ? LA_DECODED : LA_PLAIN;
        added->where[0] = added->info.size ? scan->la->entries : 0;
    }
    return rc < 0 ? rc : 0;
}
