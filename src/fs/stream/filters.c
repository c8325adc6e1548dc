// SPDX-License-Identifier: MIT
/*
 * What libarchive's filters decode, in order only: lz4, lzma, lzip, lzop, compress, rpm (whose payload is a
 * compressed cpio). Never by running a program: a filter for which libarchive would is not used.
 */
#include "fs/stream/stream_i.h"

#include <archive.h>
#include <archive_entry.h>

struct filtered {
    struct decoder base; /* first */
    struct input input;
    struct archive *archive;
    int failed; /* reading the packed bytes */
};

/* ---- magics ------------------------------------------------------------------------------------------- */

static bool begins(const uint8_t *head, size_t length, const char *magic, size_t size)
{
    return length > size && memcmp(head, magic, size) == 0;
}

static bool lz4_match(const uint8_t *head, size_t length)
{
    return begins(head, length, "\x04\x22\x4d\x18", 4) || begins(head, length, "\x02\x21\x4c\x18", 4);
}

static bool lzip_match(const uint8_t *head, size_t length)
{
    return begins(head, length, "LZIP", 4) && length >= 26 && head[4] <= 1;
}

static bool lzop_match(const uint8_t *head, size_t length)
{
    return begins(head, length, "\x89LZO\0\r\n\x1a\n", 9);
}

static bool compress_match(const uint8_t *head, size_t length)
{
    return begins(head, length, "\x1f\x9d", 2) && (head[2] & 0x60) == 0 && (head[2] & 0x1f) >= 9 &&
           (head[2] & 0x1f) <= 16;
}

static bool rpm_match(const uint8_t *head, size_t length)
{
    return begins(head, length, "\xed\xab\xee\xdb", 4) && length >= 112 && head[4] == 3;
}

/* There is no magic: properties that the tools write, a size that is not known or is sensible, and the first
 * byte of every range coder. */
static bool lzma_match(const uint8_t *head, size_t length)
{
    if (length < 18 || head[0] != 0x5d || head[1] || head[2] || head[13])
        return false;
    uint32_t dictionary = (uint32_t)head[3] << 16 | (uint32_t)head[4] << 24;
    bool power = dictionary &&
                 ((dictionary & (dictionary - 1)) == 0 || ((dictionary / 3) & (dictionary / 3 - 1)) == 0);
    static const uint8_t unknown[8] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
    return power && (memcmp(head + 5, unknown, 8) == 0 || (!head[10] && !head[11] && !head[12]));
}

/* ---- decoding ----------------------------------------------------------------------------------------- */

static la_ssize_t read_packed(struct archive *archive, void *ctx, const void **out)
{
    struct filtered *filtered = ctx;
    struct input *input = &filtered->input;
    input->at = input->have;
    int rc = input_fill(input);
    if (rc < 0) {
        filtered->failed = rc;
        archive_set_error(archive, -rc, "cannot read");
        return ARCHIVE_FATAL;
    }
    *out = input->buf;
    fs_progress();
    return rc ? (la_ssize_t)input->have : 0;
}

/* One that needs no program: tried on a reader that is thrown away. */
static int add_filter(struct archive *archive, int (*add)(struct archive *))
{
    struct archive *trial = archive_read_new();
    int rc = trial ? add(trial) : ARCHIVE_FATAL;
    archive_read_free(trial);
    return rc == ARCHIVE_OK && add(archive) == ARCHIVE_OK ? 0 : -EOPNOTSUPP;
}

static void filtered_stop(struct decoder *decoder)
{
    struct filtered *filtered = (struct filtered *)decoder;
    archive_read_free(filtered->archive);
    free(filtered);
}

static int damage(const struct filtered *filtered)
{
    if (filtered->failed)
        return filtered->failed;
    return archive_errno(filtered->archive) == ENOMEM ? -ENOMEM : -EBADMSG;
}

static int open_raw(struct filtered *filtered)
{
    struct archive_entry *entry;
    archive_read_support_format_raw(filtered->archive);
    if (archive_read_open(filtered->archive, filtered, NULL, read_packed, NULL) != ARCHIVE_OK)
        return damage(filtered);
    int rc = archive_read_next_header(filtered->archive, &entry);
    return rc == ARCHIVE_OK || rc == ARCHIVE_WARN || rc == ARCHIVE_EOF ? 0 : damage(filtered);
}

static int start_with(struct stream *stream, struct decoder **out, int (*const *adds)(struct archive *))
{
    struct filtered *filtered = calloc(1, sizeof *filtered);
    if (!filtered)
        return -ENOMEM;
    *out = &filtered->base;
    input_at(&filtered->input, stream->packed, 0);
    filtered->archive = archive_read_new();
    int rc = filtered->archive ? 0 : -ENOMEM;
    for (; rc == 0 && *adds; adds++)
        rc = add_filter(filtered->archive, *adds);
    rc = rc ? rc : open_raw(filtered);
    if (rc)
        filtered_stop(&filtered->base);
    return rc;
}

static ssize_t filtered_next(struct decoder *decoder, void *buf, size_t size)
{
    struct filtered *filtered = (struct filtered *)decoder;
    la_ssize_t n = archive_read_data(filtered->archive, buf, size);
    decoder->in = filtered->input.offset;
    if (n == ARCHIVE_RETRY || n < 0)
        return damage(filtered);
    return n;
}

#define FILTERED(codec_name, adds...)                                                                     \
    static int codec_name##_start(struct stream *stream, const struct point *point, struct decoder **out) \
    {                                                                                                     \
        static int (*const list[])(struct archive *) = {adds, NULL};                                      \
        (void)point;                                                                                      \
        return start_with(stream, out, list);                                                             \
    }                                                                                                     \
    const struct codec codec_##codec_name = {.name = #codec_name,                                         \
                                             .match = codec_name##_match,                                 \
                                             .start = codec_name##_start,                                 \
                                             .next = filtered_next,                                       \
                                             .stop = filtered_stop,                                       \
                                             .advice = "with gzip, pixz or pzstd",                        \
                                             FACTS_##codec_name};

/* lz4 makes a 255th of zeros, and never less. */
#define FACTS_lz4      .quick = true, .ratio = 60
#define FACTS_lzma     .slow = true
#define FACTS_lzip     .slow = true
#define FACTS_lzop     .quick = true
#define FACTS_compress .slow = true
#define FACTS_rpm      .slow = true

FILTERED(lz4, archive_read_support_filter_lz4)
FILTERED(lzma, archive_read_support_filter_lzma)
FILTERED(lzip, archive_read_support_filter_lzip)
FILTERED(lzop, archive_read_support_filter_lzop)
FILTERED(compress, archive_read_support_filter_compress)
FILTERED(rpm, archive_read_support_filter_rpm, archive_read_support_filter_gzip,
         archive_read_support_filter_bzip2, archive_read_support_filter_xz, archive_read_support_filter_lzma,
         archive_read_support_filter_zstd)

/* ---- looking into the first bytes --------------------------------------------------------------------- */

ssize_t stream_peek(const void *head, size_t length, void *buf, size_t size)
{
    static int (*const list[])(struct archive *) = {
        archive_read_support_filter_gzip, archive_read_support_filter_bzip2,
        archive_read_support_filter_xz,   archive_read_support_filter_zstd,
        archive_read_support_filter_lz4,  archive_read_support_filter_lzma,
        archive_read_support_filter_lzip, archive_read_support_filter_compress,
        archive_read_support_filter_rpm,
    };
    struct archive *archive = archive_read_new();
    struct archive_entry *entry;
    if (!archive)
        return -ENOMEM;
    for (size_t i = 0; i < sizeof list / sizeof *list; i++)
        (void)add_filter(archive, list[i]);
    archive_read_support_format_raw(archive);
    la_ssize_t done = 0, n = 1;
    if (archive_read_open_memory(archive, head, length) != ARCHIVE_OK ||
        archive_read_next_header(archive, &entry) < ARCHIVE_WARN)
        n = 0;
    while (n > 0 && (size_t)done < size) {
        n = archive_read_data(archive, (char *)buf + done,
                              size - (size_t)done < 512 ? size - (size_t)done : 512);
        done += n > 0 ? n : 0;
    }
    archive_read_free(archive);
    return done;
}
