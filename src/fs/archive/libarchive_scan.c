// SPDX-License-Identifier: MIT
/*
 * Goes once through an archive: every header becomes an entry of the tree, and the place of what lies plainly
 * in the bytes is found.
 * */
#include "fs/archive/libarchive_i.h"

#include <sys/stat.h>

enum { HELD_MAX = 65536, LINKED_BYTES = 64 << 20, FAILED_MAX = 1000 };
#define HEADER_BUDGET ((uint64_t)16 << 20) /* bytes of headers of one entry */

/* ---- opening ------------------------------------------------------------------------------------------ */

int la_open_bytes(struct archive *archive, struct fs_error *error)
{
    struct la *la = archive->data;
    uint8_t head[512];
    ssize_t n = bytes_pread(archive->source, head, sizeof head, 0);
    if (n < 0)
        return fs_fail(error, (int)n, "cannot read %s: %s", archive->name, strerror(-(int)n));
    bool streamed;
    la->packed = la_recognise(head, (size_t)n, &streamed) < 50 && stream_codec(head, (size_t)n);
    struct bytes *source = bytes_ref(archive->source);
    if (!la->packed) {
        la->bytes = source;
        return 0;
    }
    int rc = stream_open(source, archive->spill, &la->bytes, error);
    if (rc == 0)
        stream_limit(la->bytes, archive->expansion);
    return rc;
}

static int report_packed(void *ctx, uint64_t done, uint64_t total)
{
    return archive_progress(ctx, done, total);
}

static int report_scan(void *ctx, uint64_t at)
{
    struct la_scan *scan = ctx;
    uint64_t done = scan->la->packed ? stream_position(scan->la->bytes) : at;
    uint64_t total = scan->archive->source->size;
    return archive_progress(scan->archive, done < total ? done : total, total);
}

static const char *reason(int rc)
{
    static const struct {
        int rc;
        const char *text;
    } reasons[] = {
        {-EBADMSG, "damaged or cut off"},
        {-E2BIG, "refused, its headers are larger than any sensible archive's"},
        {-EOPNOTSUPP,
         "packed in a way that cannot be read here; try `7z x` (package p7zip-full) to unpack it"},
        {-ECANCELED, "stopped"},
    };
    for (size_t i = 0; i < sizeof reasons / sizeof *reasons; i++)
        if (reasons[i].rc == rc)
            return reasons[i].text;
    return strerror(-rc);
}

static int broken(struct la_scan *scan, int rc, const char *what)
{
    const struct archive *archive = scan->archive;
    if (rc == -E2BIG && scan->la->packed && stream_too_large(scan->la->bytes))
        return fs_fail(
            scan->error, rc,
            "%s: refused, it decompresses to far more than its size explains (a \"bomb\", or nothing but "
            "zeros); if you trust it, allow more than 250 times its size with max-expansion=N (0: any)",
            archive->name);
    return fs_fail(scan->error, rc, "%s: %s (at entry %llu%s%s)", scan->archive->name, reason(rc),
                   (unsigned long long)scan->la->entries + 1, what ? ": " : "", what ? what : "");
}

static int measure(struct la_scan *scan)
{
    int rc = stream_measure(scan->la->bytes, INT64_MAX, report_packed, scan->archive);
    return rc ? broken(scan, rc, "while decompressing") : 0;
}

/* Before a read at `at`: what a skipped file left to decode, with progress told meanwhile. */
static int advance(void *ctx, uint64_t at)
{
    struct la_scan *scan = ctx;
    int rc = report_scan(scan, at);
    if (rc == 0 && scan->la->packed)
        rc = stream_advance(scan->la->bytes, at, report_packed, scan->archive);
    return rc;
}

/* ---- facts of an entry -------------------------------------------------------------------------------- */

static const struct {
    uint32_t mode, type;
} types[] = {
    {AE_IFREG, FS_TYPE_FILE},      {AE_IFDIR, FS_TYPE_DIRECTORY}, {AE_IFLNK, FS_TYPE_SYMLINK},
    {AE_IFCHR, FS_TYPE_CHARACTER}, {AE_IFBLK, FS_TYPE_BLOCK},     {AE_IFIFO, FS_TYPE_FIFO},
    {AE_IFSOCK, FS_TYPE_SOCKET},
};

static uint32_t type_of(struct archive_entry *entry)
{
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (types[i].mode == archive_entry_filetype(entry))
            return types[i].type;
    return FS_TYPE_FILE;
}

static int64_t time_ns(int64_t seconds, long ns)
{
    const int64_t most = INT64_MAX / 1000000000 - 1;
    seconds = seconds > most ? most : seconds < -most ? -most : seconds;
    return seconds * 1000000000 + (ns >= 0 && ns < 1000000000 ? ns : 0);
}

static void add_times(struct archive_entry *entry, struct fs_info *info)
{
    if (archive_entry_mtime_is_set(entry)) {
        info->mtime = time_ns(archive_entry_mtime(entry), archive_entry_mtime_nsec(entry));
        info->valid |= FS_INFO_MTIME;
    }
    if (archive_entry_atime_is_set(entry)) {
        info->atime = time_ns(archive_entry_atime(entry), archive_entry_atime_nsec(entry));
        info->valid |= FS_INFO_ATIME;
    }
    if (archive_entry_ctime_is_set(entry)) {
        info->ctime = time_ns(archive_entry_ctime(entry), archive_entry_ctime_nsec(entry));
        info->valid |= FS_INFO_CTIME;
    }
    if (archive_entry_birthtime_is_set(entry)) {
        info->btime = time_ns(archive_entry_birthtime(entry), archive_entry_birthtime_nsec(entry));
        info->valid |= FS_INFO_BTIME;
    }
}

static void describe(struct archive_entry *entry, struct fs_info *info)
{
    info->type = type_of(entry);
    if (archive_entry_perm(entry)) {
        info->mode = archive_entry_perm(entry) & 07777;
        info->valid |= FS_INFO_MODE;
    }
    info->uid = (uint32_t)archive_entry_uid(entry);
    info->gid = (uint32_t)archive_entry_gid(entry);
    info->valid |= FS_INFO_OWNER;
    add_times(entry, info);
}

/* As bytes where they are kept, else as UTF-8. */
static const char *best(const char *bytes, const char *converted)
{
    return bytes ? bytes : converted;
}

/* ---- hard links of cpio ------------------------------------------------------------------------------- */

static bool is_cpio(struct la_scan *scan)
{
    return (archive_format(scan->reader) & ARCHIVE_FORMAT_BASE_MASK) == ARCHIVE_FORMAT_CPIO;
}

static int hold(struct la_scan *scan, struct archive_entry *entry, const struct tree_entry *added)
{
    if (scan->held_count == scan->held_room) {
        size_t room = scan->held_room ? scan->held_room * 2 : 16;
        struct la_held *larger = reallocarray(scan->held, room, sizeof *larger);
        if (!larger)
            return -ENOMEM;
        scan->held = larger;
        scan->held_room = room;
    }
    struct la_held held = {(uint64_t)archive_entry_dev(entry), (uint64_t)archive_entry_ino64(entry),
                           strdup(added->name), *added};
    if (!held.name)
        return -ENOMEM;
    held.entry.name = held.name;
    held.entry.hardlink = NULL;
    scan->held[scan->held_count++] = held;
    return 0;
}

/* The data came: the held names of this file become links to it. */
static int release(struct la_scan *scan, struct archive_entry *entry, const char *name)
{
    size_t kept = 0;
    int rc = 0;
    for (size_t i = 0; i < scan->held_count; i++) {
        struct la_held *held = &scan->held[i];
        bool other = held->device != (uint64_t)archive_entry_dev(entry) ||
                     held->number != (uint64_t)archive_entry_ino64(entry);
        if (rc || other) {
            scan->held[kept++] = *held;
            continue;
        }
        held->entry.hardlink = name;
        rc = tree_builder_add(scan->builder, &held->entry, scan->error);
        free(held->name);
    }
    scan->held_count = kept;
    return rc;
}

/* What never got data is empty. */
static int release_rest(struct la_scan *scan)
{
    int rc = 0;
    for (size_t i = 0; i < scan->held_count; i++) {
        rc = rc ? rc : tree_builder_add(scan->builder, &scan->held[i].entry, scan->error);
        free(scan->held[i].name);
    }
    free(scan->held);
    scan->held = NULL;
    scan->held_count = 0;
    return rc;
}

/* ---- entries ------------------------------------------------------------------------------------------ */

static int add_file(struct la_scan *scan, struct archive_entry *entry, struct tree_entry *added)
{
    bool linked = is_cpio(scan) && archive_entry_nlink(entry) > 1;
    if (linked && (scan->linked_bytes += added->name_length) > LINKED_BYTES)
        return broken(scan, -E2BIG, "names of hard links");
    if (linked && archive_entry_size(entry) == 0 && scan->held_count < HELD_MAX) {
        added->info.valid |= FS_INFO_SIZE;
        return hold(scan, entry, added);
    }
    CLEANUP_FREE char *records = NULL;
    const char *link = best(archive_entry_hardlink(entry), archive_entry_hardlink_utf8(entry));
    link = la_raw_name(scan, link, "linkpath", &records);
    if (linked && scan->held_count && archive_entry_size(entry) > 0)
        link = NULL;
    if (link) {
        added->hardlink = link;
        return tree_builder_add(scan->builder, added, scan->error);
    }
    int rc = la_locate(scan, entry, added);
    if (rc)
        return broken(scan, rc, archive_error_string(scan->reader));
    rc = tree_builder_add(scan->builder, added, scan->error);
    return rc == 0 && linked ? release(scan, entry, added->name) : rc;
}

static int add_entry(struct la_scan *scan, struct archive_entry *entry)
{
    struct tree_entry added = {.kind = LA_PLAIN};
    CLEANUP_FREE char *name = NULL, *target = NULL;
    added.name = best(archive_entry_pathname(entry), archive_entry_pathname_utf8(entry));
    added.name = la_raw_name(scan, added.name, "path", &name);
    if (!added.name) {
        tree_builder_drop(scan->builder, TREE_DROP_NAME);
        return 0;
    }
    added.name_length = strlen(added.name);
    describe(entry, &added.info);
    if (added.info.type == FS_TYPE_FILE)
        return add_file(scan, entry, &added);
    if (added.info.type == FS_TYPE_SYMLINK) {
        added.target = best(archive_entry_symlink(entry), archive_entry_symlink_utf8(entry));
        added.target = la_raw_name(scan, added.target, "linkpath", &target);
    } else {
        added.hardlink = best(archive_entry_hardlink(entry), archive_entry_hardlink_utf8(entry));
        added.hardlink = la_raw_name(scan, added.hardlink, "linkpath", &target);
    }
    return tree_builder_add(scan->builder, &added, scan->error);
}

/* 1: an entry; 0: the end. */
static int next_entry(struct la_scan *scan, bool streamed, struct archive_entry **entry)
{
    for (;;) {
        scan->feed->budget = streamed ? HEADER_BUDGET : UINT64_MAX;
        int rc = archive_read_next_header(scan->reader, entry);
        if (rc == ARCHIVE_EOF)
            return 0;
        if (rc == ARCHIVE_OK || rc == ARCHIVE_WARN)
            return 1;
        if (rc == ARCHIVE_FATAL || ++scan->failed > FAILED_MAX)
            return broken(scan, la_error(scan->reader, scan->feed), archive_error_string(scan->reader));
        tree_builder_drop(scan->builder, TREE_DROP_BROKEN);
        scan->la->entries++;
    }
}

static int scan_entries(struct la_scan *scan, bool streamed)
{
    struct archive_entry *entry;
    int rc;
    while ((rc = next_entry(scan, streamed, &entry)) == 1) {
        rc = add_entry(scan, entry);
        if (rc)
            return rc;
        scan->la->entries++;
        if (scan->la->entries % 256 == 0 && report_scan(scan, scan->feed->at))
            return broken(scan, -ECANCELED, NULL);
    }
    return rc;
}

static int scan_archive(struct la_scan *scan, bool streamed)
{
    LA_LOCALE_SCOPE;
    scan->feed = calloc(1, sizeof *scan->feed);
    if (!scan->feed)
        return broken(scan, -ENOMEM, NULL);
    scan->feed->bytes = scan->la->bytes;
    scan->feed->report = advance;
    scan->feed->ctx = scan;
    scan->feed->budget = UINT64_MAX;
    scan->reader = la_reader_open(scan->feed);
    int rc = scan->reader ? scan_entries(scan, streamed) : broken(scan, -ENOMEM, NULL);
    int rest = release_rest(scan);
    archive_read_free(scan->reader);
    free(scan->feed);
    return rc ? rc : rest;
}

/* ---- a single compressed file ------------------------------------------------------------------------- */

/* Its frames may tell the size without decoding. */
static int measure_single(struct la_scan *scan)
{
    int rc = stream_prepare(scan->la->bytes);
    if (rc)
        return broken(scan, rc, "while looking for its blocks");
    stream_passing(scan->la->bytes, true);
    return measure(scan);
}

static int add_single(struct la_scan *scan)
{
    int rc = measure_single(scan);
    if (rc)
        return rc;
    CLEANUP_FREE char *name = strdup(scan->archive->name);
    if (!name)
        return fs_fail(scan->error, -ENOMEM, "no memory");
    char *dot = strrchr(name, '.');
    if (dot && dot != name && strlen(dot) <= 6)
        *dot = 0;
    struct tree_entry entry = {.name = name, .name_length = strlen(name), .kind = LA_WHOLE};
    entry.info = (struct fs_info){.valid = FS_INFO_SIZE, .type = FS_TYPE_FILE, .size = scan->la->bytes->size};
    return tree_builder_add(scan->builder, &entry, scan->error);
}

/* ---- all ---------------------------------------------------------------------------------------------- */

static int finish(struct la_scan *scan)
{
    if (scan->la->packed) {
        int rc = measure(scan);
        if (rc)
            return rc;
    }
    if (scan->highest > scan->la->bytes->size)
        return broken(scan, -EBADMSG, "the last file reaches beyond the end");
    if (scan->encrypted)
        archive_warn(scan->archive,
                     "%s: %llu encrypted files can be seen but not read: libarchive %s cannot decrypt them; "
                     "unpack them with `7z x` (package p7zip-full) or `unrar x` (package unrar)",
                     scan->archive->name, (unsigned long long)scan->encrypted, archive_version_string() + 11);
    return 0;
}

static int scan_bytes(struct la_scan *scan, bool known, bool streamed)
{
    if (scan->la->packed && !known)
        return add_single(scan);
    int rc = scan->la->packed && !streamed ? measure(scan) : 0;
    rc = rc ? rc : scan_archive(scan, known && streamed);
    return rc ? rc : finish(scan);
}

int la_scan(struct archive *archive, struct tree_builder *builder, struct fs_error *error)
{
    struct la_scan scan = {.archive = archive, .la = archive->data, .builder = builder, .error = error};
    int rc = la_open_bytes(archive, error);
    if (rc)
        return rc;
    CLEANUP_FREE uint8_t *head = malloc(LA_HEAD);
    if (scan.la->packed)
        stream_passing(scan.la->bytes, true);
    ssize_t n = head ? bytes_pread(scan.la->bytes, head, LA_HEAD, 0) : -ENOMEM;
    if (n < 0)
        return broken(&scan, (int)n, "while decompressing its beginning");
    bool streamed;
    bool known = la_recognise(head, (size_t)n, &streamed) > 0;
    if (scan.la->packed && !(known && streamed))
        stream_passing(scan.la->bytes, false);
    rc = scan_bytes(&scan, known, streamed);
    if (scan.la->packed)
        stream_passing(scan.la->bytes, false);
    return rc;
}
