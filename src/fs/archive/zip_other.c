// SPDX-License-Identifier: MIT
/*
 * Entries that libzip cannot decode, decoded by libarchive from an archive of their own. A reader belongs to
 * one decoder, which runs on one thread at a time.
 *
 * libarchive calls its readers `struct archive` too; here they are `void *`.
 */
#include "fs/archive/zip.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <stdlib.h>

enum { BLOCK = 64 << 10 };

struct by_libarchive {
    struct bytes *single;
    const char *password;
    void *reader;
    uint64_t at;
    int failed; /* reading the archive */
    char block[BLOCK];
};

static la_ssize_t feed_read(struct archive *reader, void *ctx, const void **block)
{
    (void)reader;
    struct by_libarchive *by = ctx;
    ssize_t got = bytes_pread(by->single, by->block, BLOCK, by->at);
    *block = by->block;
    if (got > 0)
        by->at += (uint64_t)got;
    else if (got < 0)
        by->failed = (int)got;
    return got < 0 ? ARCHIVE_FATAL : got;
}

static la_int64_t feed_seek(struct archive *reader, void *ctx, la_int64_t offset, int whence)
{
    (void)reader;
    struct by_libarchive *by = ctx;
    int64_t from = whence == SEEK_SET ? 0 : whence == SEEK_CUR ? (int64_t)by->at : (int64_t)by->single->size;
    int64_t to;
    if (__builtin_add_overflow(from, offset, &to) || to < 0)
        return ARCHIVE_FATAL;
    by->at = (uint64_t)to;
    return to;
}

static void libarchive_stop(void *ctx)
{
    struct by_libarchive *by = ctx;
    if (by->reader)
        archive_read_free(by->reader);
    by->reader = NULL;
}

static int libarchive_start(void *ctx)
{
    struct by_libarchive *by = ctx;
    struct archive_entry *entry;
    libarchive_stop(by);
    by->at = 0;
    by->failed = 0;
    by->reader = archive_read_new();
    if (!by->reader)
        return -ENOMEM;
    archive_read_support_format_zip_seekable(by->reader);
    archive_read_set_read_callback(by->reader, feed_read);
    archive_read_set_seek_callback(by->reader, feed_seek);
    archive_read_set_callback_data(by->reader, by);
    if (by->password)
        archive_read_add_passphrase(by->reader, by->password);
    if (archive_read_open1(by->reader) == ARCHIVE_OK &&
        archive_read_next_header(by->reader, &entry) >= ARCHIVE_WARN)
        return 0;
    libarchive_stop(by);
    return by->failed ? by->failed : -EBADMSG;
}

static ssize_t libarchive_read(void *ctx, void *buf, size_t size)
{
    struct by_libarchive *by = ctx;
    la_ssize_t got = archive_read_data(by->reader, buf, size);
    return got >= 0 ? (ssize_t)got : by->failed ? by->failed : -EBADMSG;
}

static void libarchive_free(void *ctx)
{
    struct by_libarchive *by = ctx;
    libarchive_stop(by);
    bytes_put(by->single);
    free(by);
}

static const struct decoder_ops libarchive_ops = {libarchive_start, libarchive_read, libarchive_stop,
                                                  libarchive_free};

/* libarchive tells at the first byte that it does not know a method. */
static int probe(struct by_libarchive *by, uint64_t size)
{
    char first;
    int rc = libarchive_start(by);
    if (rc == 0 && size && libarchive_read(by, &first, 1) != 1)
        rc = -EOPNOTSUPP;
    libarchive_stop(by);
    return rc;
}

int zip_by_libarchive(struct archive *archive, const struct zip_record *record, struct bytes **out)
{
    struct by_libarchive *by = calloc(1, sizeof *by);
    int rc = by ? zip_single(archive->source, record, false, &by->single) : -ENOMEM;
    if (rc) {
        free(by);
        return rc;
    }
    if (record->flags & ZIP_FLAG_ENCRYPTED)
        by->password = zip_password(archive);
    rc = probe(by, record->size);
    if (rc) {
        libarchive_free(by);
        return rc;
    }
    return unpack_new(&libarchive_ops, by, record->size, archive->spill, out);
}
