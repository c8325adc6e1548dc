// SPDX-License-Identifier: MIT
/*
 * Entries decoded by libzip, each from an archive of its own (zip_single.c): those that are encrypted, or
 * packed otherwise than zip_deflate.c decodes. A handle belongs to one decoder, which runs on one thread at a
 * time; only opening takes the lock of the process, as libzip keeps something static there.
 */
#include "fs/archive/zip.h"

#include "base/cleanup.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zip.h>

enum { TRY_BYTES = 1 << 20, TRY_PART = 64 << 10 };

/* libzip 1.7.3 cannot open two archives at once. A child that a mount forks gets the lock free. */
static pthread_mutex_t open_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void hold(void)
{
    pthread_mutex_lock(&open_lock);
}

static void let_go(void)
{
    pthread_mutex_unlock(&open_lock);
}

static void guard_forks(void)
{
    pthread_atfork(hold, let_go, let_go);
}

/* ---- bytes for libzip --------------------------------------------------------------------------------- */

struct feed {
    struct bytes *bytes;
    uint64_t at;
    zip_error_t error;
};

static zip_int64_t feed_read(struct feed *feed, void *data, zip_uint64_t length)
{
    ssize_t got = bytes_pread(feed->bytes, data, length, feed->at);
    if (got < 0) {
        zip_error_set(&feed->error, ZIP_ER_READ, (int)-got);
        return -1;
    }
    feed->at += (uint64_t)got;
    return got;
}

static zip_int64_t feed_seek(struct feed *feed, void *data, zip_uint64_t length)
{
    zip_int64_t at = zip_source_seek_compute_offset(feed->at, feed->bytes->size, data, length, &feed->error);
    if (at < 0)
        return -1;
    feed->at = (uint64_t)at;
    return 0;
}

static zip_int64_t feed_stat(const struct feed *feed, zip_stat_t *stat)
{
    zip_stat_init(stat);
    stat->size = feed->bytes->size;
    stat->valid = ZIP_STAT_SIZE;
    return sizeof *stat;
}

static zip_int64_t feed_call(void *ctx, void *data, zip_uint64_t length, zip_source_cmd_t command)
{
    struct feed *feed = ctx;
    switch (command) {
    case ZIP_SOURCE_OPEN:
        feed->at = 0;
        return 0;
    case ZIP_SOURCE_READ:
        return feed_read(feed, data, length);
    case ZIP_SOURCE_SEEK:
        return feed_seek(feed, data, length);
    case ZIP_SOURCE_TELL:
        return (zip_int64_t)feed->at;
    case ZIP_SOURCE_STAT:
        return feed_stat(feed, data);
    case ZIP_SOURCE_ERROR:
        return zip_error_to_data(&feed->error, data, length);
    case ZIP_SOURCE_SUPPORTS:
        return ZIP_SOURCE_SUPPORTS_SEEKABLE;
    case ZIP_SOURCE_CLOSE:
        return 0;
    case ZIP_SOURCE_FREE:
        bytes_put(feed->bytes);
        zip_error_fini(&feed->error);
        free(feed);
        return 0;
    default:
        zip_error_set(&feed->error, ZIP_ER_OPNOTSUPP, 0);
        return -1;
    }
}

static const struct {
    int zip, error;
} errors[] = {
    {ZIP_ER_MEMORY, -ENOMEM},
    {ZIP_ER_NOPASSWD, -ENOKEY},
    {ZIP_ER_WRONGPASSWD, -ENOKEY},
    {ZIP_ER_COMPNOTSUPP, -EOPNOTSUPP},
    {ZIP_ER_ENCRNOTSUPP, -EOPNOTSUPP},
    {ZIP_ER_OPNOTSUPP, -EOPNOTSUPP},
    {ZIP_ER_READ, -EIO},
    {ZIP_ER_SEEK, -EIO},
};

static int error_of(const zip_error_t *error)
{
    int code = zip_error_code_zip(error);
    for (size_t i = 0; i < sizeof errors / sizeof *errors; i++)
        if (errors[i].zip == code)
            return errors[i].error;
    return -EBADMSG;
}

/* Takes its own reference to the bytes. */
static int open_zip(struct bytes *bytes, zip_t **out)
{
    struct feed *feed = calloc(1, sizeof *feed);
    if (!feed)
        return -ENOMEM;
    zip_error_t error;
    zip_error_init(&error);
    zip_error_init(&feed->error);
    zip_source_t *source = zip_source_function_create(feed_call, feed, &error);
    if (!source) {
        free(feed);
        return -ENOMEM;
    }
    feed->bytes = bytes_ref(bytes);
    pthread_once(&once, guard_forks);
    pthread_mutex_lock(&open_lock);
    *out = zip_open_from_source(source, ZIP_RDONLY, &error);
    pthread_mutex_unlock(&open_lock);
    int rc = *out ? 0 : error_of(&error);
    if (rc)
        zip_source_free(source);
    zip_error_fini(&error);
    return rc;
}

/* ---- the decoder -------------------------------------------------------------------------------------- */

struct by_libzip {
    struct bytes *single;
    const char *password;
    zip_t *zip;
    zip_file_t *file;
    bool aes;
    bool no_sum; /* AES without a checksum (libzip 1.7.3 compares what stands in its place all the same) */
    bool proved;
    struct bytes *source;     /* of the whole archive */
    struct zip_record record; /* its pointers lead into `extra` */
    unsigned char *extra;
};

static void libzip_stop(void *ctx)
{
    struct by_libzip *by = ctx;
    if (by->file)
        zip_fclose(by->file);
    if (by->zip)
        zip_discard(by->zip);
    by->file = NULL;
    by->zip = NULL;
}

static int libzip_start(void *ctx)
{
    struct by_libzip *by = ctx;
    libzip_stop(by);
    int rc = open_zip(by->single, &by->zip);
    if (rc)
        return rc;
    by->file = by->password ? zip_fopen_index_encrypted(by->zip, 0, 0, by->password)
                            : zip_fopen_index(by->zip, 0, 0);
    if (by->file)
        return 0;
    rc = error_of(zip_get_error(by->zip));
    libzip_stop(by);
    return rc;
}

/* The code that proves an entry with AES covers it as a whole, so one look is enough. */
static int prove(struct by_libzip *by)
{
    int rc = by->proved ? 0 : zip_authenticate(by->source, &by->record, by->password);
    by->proved = rc == 0;
    return rc;
}

static ssize_t libzip_read(void *ctx, void *buf, size_t size)
{
    struct by_libzip *by = ctx;
    zip_int64_t got = zip_fread(by->file, buf, size);
    bool end =
        got == 0 || (got < 0 && by->no_sum && zip_error_code_zip(zip_file_get_error(by->file)) == ZIP_ER_CRC);
    if (end)
        return by->aes ? prove(by) : 0;
    return got < 0 ? error_of(zip_file_get_error(by->file)) : (ssize_t)got;
}

static void libzip_free(void *ctx)
{
    struct by_libzip *by = ctx;
    libzip_stop(by);
    bytes_put(by->single);
    bytes_put(by->source);
    free(by->extra);
    free(by);
}

static const struct decoder_ops libzip_ops = {libzip_start, libzip_read, libzip_stop, libzip_free};

/* The record outlives what it was read from. */
static int keep_record(struct by_libzip *by, const struct zip_record *record)
{
    by->record = *record;
    by->extra = malloc(record->extra_length + 1ul);
    if (!by->extra)
        return -ENOMEM;
    memcpy(by->extra, record->extra, record->extra_length);
    by->record.extra = by->extra;
    by->record.name = by->extra;
    return 0;
}

static int new_decoder(struct archive *archive, const struct zip_record *record, struct by_libzip **out)
{
    struct by_libzip *by = calloc(1, sizeof *by);
    if (!by)
        return -ENOMEM;
    by->source = bytes_ref(archive->source);
    if (record->flags & ZIP_FLAG_ENCRYPTED)
        by->password = zip_password(archive);
    by->aes = by->password && record->method == ZIP_METHOD_AES;
    by->no_sum = by->aes && record->crc == 0;
    int rc = zip_single(archive->source, record, true, &by->single);
    if (rc == 0)
        rc = keep_record(by, record);
    if (rc)
        libzip_free(by);
    else
        *out = by;
    return rc;
}

/* An encrypted entry starts at once: whether the password fits is told when it is opened. */
int zip_by_libzip(struct archive *archive, const struct zip_record *record, struct bytes **out)
{
    struct by_libzip *by;
    int rc = new_decoder(archive, record, &by);
    if (rc == 0 && record->flags & ZIP_FLAG_ENCRYPTED) {
        rc = libzip_start(by);
        if (rc)
            libzip_free(by);
    }
    return rc ? rc : unpack_new(&libzip_ops, by, record->size, archive->spill, out);
}

/* The old encryption tells only by one byte that a password is wrong, so some of the data is decoded too. */
int zip_try_password(struct archive *archive, const struct zip_record *record)
{
    struct by_libzip *by;
    CLEANUP_FREE char *part = malloc(TRY_PART);
    int rc = part ? new_decoder(archive, record, &by) : -ENOMEM;
    if (rc)
        return rc;
    rc = libzip_start(by);
    for (size_t done = 0; rc == 0 && done < TRY_BYTES; done += TRY_PART) {
        ssize_t got = libzip_read(by, part, TRY_PART);
        if (got == -EBADMSG)
            rc = -ENOKEY;
        else if (got <= 0)
            break;
    }
    libzip_free(by);
    return rc;
}
