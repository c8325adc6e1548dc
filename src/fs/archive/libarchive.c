// SPDX-License-Identifier: MIT
/*
 * Everything libarchive reads, as a kind of archive: format_libarchive. What it keeps in the index file: seek
 * points of the stream, the extents of sparse files.
 */
#include "fs/archive/libarchive_i.h"

#define SAVED_MAGIC 0x31616c6b6fULL

struct saved {
    uint64_t magic;
    uint64_t entries, extents, stream; /* then the extents, then so many bytes of the stream's */
};

static int save(struct archive *archive, void **data, size_t *size)
{
    struct la *la = archive->data;
    CLEANUP_FREE void *stream = NULL;
    size_t stream_size = 0;
    int rc = la->packed ? stream_save(la->bytes, &stream, &stream_size) : 0;
    if (rc)
        return rc;
    size_t extents = la->extent_count * sizeof *la->extents;
    struct saved head = {SAVED_MAGIC, la->entries, la->extent_count, stream_size};
    *size = sizeof head + extents + stream_size;
    uint8_t *to = *data = malloc(*size);
    if (!to)
        return -ENOMEM;
    memcpy(to, &head, sizeof head);
    if (extents)
        memcpy(to + sizeof head, la->extents, extents);
    if (stream_size)
        memcpy(to + sizeof head + extents, stream, stream_size);
    return 0;
}

static int load_extents(struct la *la, const void *data, uint64_t count)
{
    la->extents = count ? calloc(count, sizeof *la->extents) : NULL;
    if (count && !la->extents)
        return -ENOMEM;
    if (count)
        memcpy(la->extents, data, count * sizeof *la->extents);
    la->extent_count = la->extent_room = count;
    for (size_t i = 0; i < count; i++) {
        const struct la_extent *extent = &la->extents[i];
        if (extent->offset > INT64_MAX || extent->length > INT64_MAX - extent->offset ||
            extent->from > INT64_MAX)
            return -EBADMSG;
    }
    return 0;
}

static void give_up(struct la *la)
{
    la_readers_close(la);
    bytes_put(la->bytes);
    la->bytes = NULL;
    free(la->extents);
    la->extents = NULL;
    la->extent_count = la->extent_room = 0;
}

static int load(struct archive *archive, const void *data, size_t size)
{
    struct la *la = archive->data;
    struct saved head;
    if (size < sizeof head)
        return -EBADMSG;
    memcpy(&head, data, sizeof head);
    size_t left = size - sizeof head;
    if (head.magic != SAVED_MAGIC || head.extents > left / sizeof *la->extents ||
        left - head.extents * sizeof *la->extents != head.stream || head.entries > MOST_NUMBER)
        return -EBADMSG;
    const uint8_t *from = (const uint8_t *)data + sizeof head;
    la->entries = head.entries;
    int rc = load_extents(la, from, head.extents);
    rc = rc ? rc : la_open_bytes(archive, NULL);
    if (rc == 0 && la->packed)
        rc = stream_load(la->bytes, from + head.extents * sizeof *la->extents, head.stream);
    if (rc)
        give_up(la);
    return rc;
}

static int ready(struct archive *archive, struct fs_error *error)
{
    (void)error;
    const struct la *la = archive->data;
    const char *warning = la->packed ? stream_warning(la->bytes) : NULL;
    if (warning)
        archive_warn(archive, "%s: %s", archive->name, warning);
    return 0;
}

static void close_la(struct archive *archive)
{
    struct la *la = archive->data;
    give_up(la);
    pthread_mutex_destroy(&la->lock);
    free(la);
}

static const struct archive_kind kind = {
    .name = "libarchive1",
    .scan = la_scan,
    .save = save,
    .load = load,
    .ready = ready,
    .entry = la_entry,
    .close = close_la,
};

static int open_la(const struct fs_request *request, struct fs **fs, struct fs_error *error)
{
    struct la *la = calloc(1, sizeof *la);
    if (!la)
        return fs_fail(error, -ENOMEM, "no memory");
    pthread_mutex_init(&la->lock, NULL);
    return archive_open(request, &kind, la, fs, error);
}

static const char *const schemes[] = {"archive", "tar", "tgz",  "tbz",  "tbz2", "txz", "tzst",
                                      "7z",      "iso", "cpio", "rar",  "cab",  "ar",  "deb",
                                      "rpm",     "xar", "lha",  "warc", "gz",   NULL};

static const struct fs_param_doc params[] = {ARCHIVE_PARAMS, {NULL, NULL, NULL}};

const struct fs_format format_libarchive = {
    .size = sizeof(struct fs_format),
    .version = FS_API_VERSION,
    .schemes = schemes,
    .summary = "tar with any compression, 7z, iso, cpio, rar, cab, deb and others; single compressed files",
    .container = true,
    .params = params,
    .recognise = la_recognise_file,
    .open = open_la,
    .describe = la_describe,
};
