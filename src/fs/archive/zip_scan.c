// SPDX-License-Identifier: MIT
/*
 * From the central directory to the tree. Two passes: the first checks every record and where its bytes lie,
 * the second adds what is sound. Entries that overlap are of no honest archive: of such a group the first in
 * the file stays.
 */
#include "fs/archive/zip.h"

#include "base/cleanup.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { REPORT_EVERY = 1024, LONGEST_LINK = 65535 };

struct extent {
    uint64_t start, end;
    uint32_t number; /* of the record */
};

struct scan {
    struct archive *archive;
    struct tree_builder *builder;
    struct fs_error *error;
    struct zip_dir dir;
    struct extent *extents;
    size_t count, room;
    uint64_t records;
    uint8_t *bad; /* a bit per record; NULL: all are sound */
};

static void scan_end(struct scan *scan)
{
    free(scan->extents);
    free(scan->bad);
}

static int damaged(struct scan *scan, int rc)
{
    if (rc == -EBADMSG)
        return fs_fail(scan->error, rc, "the directory of %s is damaged", scan->archive->name);
    return fs_fail(scan->error, rc, "cannot read the directory of %s: %s", scan->archive->name,
                   strerror(-rc));
}

/* ---- the first pass ----------------------------------------------------------------------------------- */

static int note_extent(struct scan *scan, const struct extent *extent)
{
    if (scan->count == scan->room) {
        size_t room = scan->room ? scan->room + scan->room / 2 : 256;
        struct extent *extents = reallocarray(scan->extents, room, sizeof *extents);
        if (!extents)
            return -ENOMEM;
        scan->extents = extents;
        scan->room = room;
    }
    scan->extents[scan->count++] = *extent;
    return 0;
}

static int mark_bad(struct scan *scan, uint64_t number)
{
    if (!scan->bad)
        scan->bad = calloc(scan->dir.size / ZIP_RECORD_SIZE / 8 + 1, 1);
    if (!scan->bad)
        return -ENOMEM;
    scan->bad[number / 8] |= (uint8_t)(1 << number % 8);
    return 0;
}

/* What the entry takes at least: a local header may have extra fields that are not known yet. */
static int look_at(struct scan *scan, const struct zip_record *record)
{
    struct extent extent = {.start = record->local, .number = (uint32_t)scan->records};
    uint64_t header = (uint64_t)ZIP_LOCAL_SIZE + record->name_length;
    if (__builtin_add_overflow(record->local, header, &extent.end) ||
        __builtin_add_overflow(extent.end, record->packed, &extent.end) || extent.end > scan->dir.start)
        return mark_bad(scan, scan->records);
    return note_extent(scan, &extent);
}

static int in_file(const void *pa, const void *pb)
{
    const struct extent *a = pa, *b = pb;
    if (a->start != b->start)
        return a->start < b->start ? -1 : 1;
    return (a->number > b->number) - (a->number < b->number);
}

static bool in_order(const struct scan *scan)
{
    for (size_t i = 1; i < scan->count; i++)
        if (in_file(&scan->extents[i - 1], &scan->extents[i]) > 0)
            return false;
    return true;
}

static int find_overlaps(struct scan *scan)
{
    uint64_t end = 0;
    int rc = 0;
    if (!in_order(scan))
        qsort(scan->extents, scan->count, sizeof *scan->extents, in_file);
    for (size_t i = 0; i < scan->count && rc == 0; i++) {
        if (scan->extents[i].start < end)
            rc = mark_bad(scan, scan->extents[i].number);
        else
            end = scan->extents[i].end;
    }
    free(steal_ptr(&scan->extents));
    return rc;
}

static int check_count(struct scan *scan)
{
    uint64_t told = scan->dir.entries, mask = scan->dir.exact ? UINT64_MAX : UINT16_MAX;
    if ((scan->records & mask) == told)
        return 0;
    return fs_fail(scan->error, -EBADMSG, "%s is damaged: it tells of %llu entries, and has %llu",
                   scan->archive->name, (unsigned long long)told, (unsigned long long)scan->records);
}

static int first_pass(struct scan *scan)
{
    __attribute__((cleanup(zip_walk_end))) struct zip_walk walk;
    int rc = zip_walk_init(&walk, scan->archive->source, &scan->dir);
    struct zip_record record;
    while (rc == 0 && (rc = zip_walk_next(&walk, &record)) > 0) {
        rc = scan->records >= scan->archive->limits.entries ? -E2BIG : look_at(scan, &record);
        scan->records++;
    }
    if (rc == -E2BIG)
        return fs_fail(scan->error, rc, "%s has more than %llu entries; raise max-entries=N if you trust it",
                       scan->archive->name, (unsigned long long)scan->archive->limits.entries);
    if (rc == 0)
        rc = find_overlaps(scan);
    return rc ? damaged(scan, rc) : check_count(scan);
}

/* ---- the second pass ---------------------------------------------------------------------------------- */

static bool is_bad(const struct scan *scan, uint64_t number)
{
    return scan->bad && scan->bad[number / 8] >> number % 8 & 1;
}

/* The target is the entry's data. */
static int read_target(struct scan *scan, const struct zip_record *record, char **target)
{
    if (record->size == 0 || record->size > LONGEST_LINK)
        return -EBADMSG;
    if (record->flags & ZIP_FLAG_ENCRYPTED) {
        int rc = zip_need_password(scan->archive, record, scan->error);
        if (rc)
            return rc;
    }
    CLEANUP_BYTES struct bytes *bytes = NULL;
    CLEANUP_FREE char *text = malloc(record->size + 1);
    int rc = text ? zip_entry_bytes(scan->archive, record, &bytes) : -ENOMEM;
    if (rc == 0)
        rc = bytes_read_all(bytes, text, record->size, 0);
    if (rc)
        return rc;
    text[record->size] = 0;
    if (strlen(text) != record->size)
        return -EBADMSG;
    *target = steal_ptr(&text);
    return 0;
}

/* A link that cannot be read is left out; what concerns the whole archive ends the scan. */
static bool hopeless(int rc)
{
    return rc == -ENOMEM || rc == -EACCES || rc == -EIO;
}

static int add_record(struct scan *scan, const struct zip_record *record)
{
    struct tree_entry entry = {.backslashes = zip_backslashes(record), .kind = record->method};
    CLEANUP_FREE char *made = NULL;
    CLEANUP_FREE char *target = NULL;
    zip_facts(record, &entry.info);
    int rc = zip_name(record, &entry.name, &entry.name_length, &made);
    if (rc == 0 && entry.info.type == FS_TYPE_SYMLINK) {
        rc = read_target(scan, record, &target);
        entry.target = target;
        if (rc && !hopeless(rc)) {
            tree_builder_drop(scan->builder, TREE_DROP_LINK);
            return 0;
        }
    }
    if (rc)
        return rc == -EACCES ? rc : damaged(scan, rc);
    if (record->flags & ZIP_FLAG_ENCRYPTED && entry.info.type == FS_TYPE_FILE && record->size)
        entry.kind |= ZIP_KIND_ENCRYPTED;
    entry.where[0] = record->at;
    entry.where[1] = scan->dir.shift;
    return tree_builder_add(scan->builder, &entry, scan->error);
}

static int second_pass(struct scan *scan)
{
    __attribute__((cleanup(zip_walk_end))) struct zip_walk walk;
    int rc = zip_walk_init(&walk, scan->archive->source, &scan->dir);
    struct zip_record record;
    for (uint64_t i = 0; rc == 0; i++) {
        rc = zip_walk_next(&walk, &record);
        if (rc <= 0)
            return rc ? damaged(scan, rc) : 0;
        rc = 0;
        if (i % REPORT_EVERY == 0)
            rc = archive_progress(scan->archive, walk.next, scan->dir.size);
        if (rc)
            return fs_fail(scan->error, rc, "stopped");
        if (is_bad(scan, i))
            tree_builder_drop(scan->builder, TREE_DROP_BROKEN);
        else
            rc = add_record(scan, &record);
    }
    return rc;
}

int zip_scan(struct archive *archive, struct tree_builder *builder, struct fs_error *error)
{
    __attribute__((cleanup(scan_end))) struct scan scan = {
        .archive = archive, .builder = builder, .error = error};
    int rc = zip_dir_find(archive->source, &scan.dir, error);
    if (rc == 0)
        rc = first_pass(&scan);
    return rc ? rc : second_pass(&scan);
}
