// SPDX-License-Identifier: MIT
/*
 * Readers of libarchive over bytes: only formats that read nothing but those bytes, no filters (streams do
 * that), no programs.
 */
#include "fs/archive/libarchive_i.h"

static la_ssize_t feed_read(struct la_archive *reader, void *ctx, const void **block)
{
    struct la_feed *feed = ctx;
    fs_progress();
    if (feed->rc == 0 && feed->budget < LA_BLOCK)
        feed->rc = -E2BIG;
    if (feed->rc == 0 && feed->report)
        feed->rc = feed->report(feed->ctx, feed->at);
    ssize_t n = feed->rc ? feed->rc : bytes_pread(feed->bytes, feed->buf, LA_BLOCK, feed->at);
    if (n < 0) {
        feed->rc = (int)n;
        archive_set_error(reader, -feed->rc, "%s", strerror(-feed->rc));
        return ARCHIVE_FATAL;
    }
    feed->buf_at = feed->at;
    feed->buf_size = (size_t)n;
    feed->at += (uint64_t)n;
    feed->taken += (uint64_t)n;
    feed->budget -= (uint64_t)n;
    *block = feed->buf;
    return n;
}

static la_int64_t feed_skip(struct la_archive *reader, void *ctx, la_int64_t count)
{
    (void)reader;
    struct la_feed *feed = ctx;
    uint64_t left = feed->at < feed->bytes->size ? feed->bytes->size - feed->at : 0;
    if (count <= 0)
        return 0;
    if ((uint64_t)count > left)
        count = (la_int64_t)left;
    feed->at += (uint64_t)count;
    return count;
}

static la_int64_t feed_seek(struct la_archive *reader, void *ctx, la_int64_t offset, int whence)
{
    (void)reader;
    struct la_feed *feed = ctx;
    int64_t from = whence == SEEK_SET ? 0 : (int64_t)(whence == SEEK_CUR ? feed->at : feed->bytes->size);
    int64_t to;
    if (__builtin_add_overflow(from, offset, &to) || to < 0)
        return ARCHIVE_FATAL;
    feed->at = (uint64_t)to;
    return to;
}

/* mtree is not among them: it reads other files. Nor zip, which has a room of its own. */
static int (*const formats[])(struct la_archive *) = {
    archive_read_support_format_tar,  archive_read_support_format_cpio, archive_read_support_format_ar,
    archive_read_support_format_7zip, archive_read_support_format_rar,  archive_read_support_format_rar5,
    archive_read_support_format_cab,  archive_read_support_format_lha,  archive_read_support_format_iso9660,
    archive_read_support_format_xar,  archive_read_support_format_warc,
};

struct la_archive *la_reader_open(struct la_feed *feed)
{
    struct la_archive *reader = archive_read_new();
    if (!reader)
        return NULL;
    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++)
        formats[i](reader);
    archive_read_set_read_callback(reader, feed_read);
    archive_read_set_skip_callback(reader, feed_skip);
    archive_read_set_seek_callback(reader, feed_seek);
    archive_read_set_callback_data(reader, feed);
    feed->at = 0;
    archive_read_open1(reader);
    return reader;
}

int la_error(struct la_archive *reader, const struct la_feed *feed)
{
    const char *text = archive_error_string(reader);
    if (feed->rc)
        return feed->rc;
    if (archive_errno(reader) == ENOMEM)
        return -ENOMEM;
    if (text &&
        (strcasestr(text, "unsupported") || strcasestr(text, "not supported") || strcasestr(text, "encrypt")))
        return -EOPNOTSUPP;
    return -EBADMSG;
}

static locale_t utf8;
static pthread_once_t utf8_once = PTHREAD_ONCE_INIT;

static void make_utf8(void)
{
    static const char *const names[] = {"C.UTF-8", "C.utf8", "en_US.UTF-8"};
    for (size_t i = 0; !utf8 && i < sizeof names / sizeof *names; i++)
        utf8 = newlocale(LC_CTYPE_MASK, names[i], (locale_t)0);
}

locale_t la_locale(void)
{
    pthread_once(&utf8_once, make_utf8);
    return uselocale(utf8 ? utf8 : (locale_t)0);
}
