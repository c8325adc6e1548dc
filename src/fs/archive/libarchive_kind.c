// SPDX-License-Identifier: MIT
/*
 * What content is an archive that libarchive reads, and what libarchive reads here and now.
 */
#include "fs/archive/libarchive_i.h"

#include <stdio.h>

struct magic {
    uint32_t offset;
    const char *text;
    uint8_t length;
    uint8_t score;
    bool streamed;
};

static const struct magic magics[] = {
    {0, "7z\xbc\xaf\x27\x1c", 6, 100, false},
    {0, "Rar!\x1a\x07", 6, 100, false},
    {0, "MSCF\0\0\0\0", 8, 100, false},
    {0, "xar!\0", 5, 100, false},
    {0, "!<arch>\n", 8, 100, true},
    {0, "070701", 6, 90, true},
    {0, "070702", 6, 90, true},
    {0, "070707", 6, 90, true},
    {0, "\xc7\x71", 2, 30, true},
    {0, "\x71\xc7", 2, 30, true},
    {2, "-lh", 3, 60, false},
    {2, "-lz", 3, 50, false},
    {0, "WARC/", 5, 90, false},
    {32769, "CD001", 5, 95, false},
};

static int64_t octal(const uint8_t *text, size_t length)
{
    int64_t value = 0;
    size_t i = 0;
    while (i < length && text[i] == ' ')
        i++;
    for (; i < length && text[i] >= '0' && text[i] <= '7'; i++)
        value = value * 8 + (text[i] - '0');
    return i < length && text[i] != ' ' && text[i] != 0 ? -1 : value;
}

/* The checksum is over 512 bytes, with blanks in its own place; some made it of signed bytes. */
static bool is_tar(const uint8_t *head, size_t length)
{
    if (length < 512 || head[0] == 0)
        return false;
    int64_t sum = 0, with_sign = 0, told = octal(head + 148, 8);
    for (size_t i = 0; i < 512; i++) {
        uint8_t byte = i >= 148 && i < 156 ? ' ' : head[i];
        sum += byte;
        with_sign += (int8_t)byte;
    }
    return told > 0 && (told == sum || told == with_sign);
}

int la_recognise(const void *head, size_t length, bool *streamed)
{
    const uint8_t *bytes = head;
    *streamed = true;
    if (is_tar(bytes, length))
        return 95;
    for (size_t i = 0; i < sizeof magics / sizeof *magics; i++) {
        const struct magic *magic = &magics[i];
        if (length >= magic->offset + magic->length &&
            memcmp(bytes + magic->offset, magic->text, magic->length) == 0) {
            *streamed = magic->streamed;
            return magic->score;
        }
    }
    return 0;
}

/* ---- compressed --------------------------------------------------------------------------------------- */

static const char *const packed_endings[] = {".tgz", ".tbz",  ".tbz2", ".txz", ".tzst", ".tlz",
                                             ".taz", ".tpxz", ".cpgz", ".rpm", ".crate"};

static bool ends(const char *name, size_t length, const char *ending)
{
    size_t size = strlen(ending);
    return length > size && strncasecmp(name + length - size, ending, size) == 0;
}

/* By name alone: it saves decoding, which of some (bzip2) needs more than the head. */
static bool called_archive(const char *name)
{
    size_t length = name ? strlen(name) : 0;
    for (size_t i = 0; i < sizeof packed_endings / sizeof *packed_endings; i++)
        if (ends(name ? name : "", length, packed_endings[i]))
            return true;
    const char *dot = name ? strrchr(name, '.') : NULL;
    return dot && (ends(name, (size_t)(dot - name), ".tar") || ends(name, (size_t)(dot - name), ".cpio"));
}

int la_recognise_file(const void *head, size_t length, const char *name, uint64_t size)
{
    bool streamed;
    int score = la_recognise(head, length, &streamed);
    if (score >= 50 || size < 10)
        return score;
    const char *codec = stream_codec(head, length);
    if (!codec)
        return score;
    if (called_archive(name))
        return 90;
    CLEANUP_FREE uint8_t *inner = malloc(LA_HEAD);
    ssize_t n = inner ? stream_peek(head, length, inner, LA_HEAD) : 0;
    if (n > 0 && la_recognise(inner, (size_t)n, &streamed) >= 50)
        return 90;
    return strcmp(codec, "lzma") == 0 || strcmp(codec, "compress") == 0 ? 30 : 40;
}

/* ---- what there is ------------------------------------------------------------------------------------ */

static const struct {
    const char *name;
    int (*add)(struct la_archive *);
    const char *note;
} kinds[] = {
    {"tar", archive_read_support_format_tar, "direct: any offset without decoding"},
    {"cpio", archive_read_support_format_cpio, "direct"},
    {"ar", archive_read_support_format_ar, "direct"},
    {"deb", archive_read_support_format_ar, "direct; its parts by `!`"},
    {"iso", archive_read_support_format_iso9660, "direct; Joliet, Rock Ridge, zisofs"},
    {"7z", archive_read_support_format_7zip, "decoded in order; not encrypted ones"},
    {"rar", archive_read_support_format_rar, "decoded in order; versions 2 and 3, not encrypted ones"},
    {"rar5", archive_read_support_format_rar5, "decoded in order; not encrypted ones"},
    {"cab", archive_read_support_format_cab, "decoded in order"},
    {"lha", archive_read_support_format_lha, "decoded in order"},
    {"xar", archive_read_support_format_xar, "decoded in order"},
    {"warc", archive_read_support_format_warc, "decoded in order"},
};

static const struct {
    const char *name;
    int (*add)(struct la_archive *); /* NULL: without libarchive */
    const char *note;
} codecs[] = {
    {"gzip", NULL, "seek points"},
    {"bzip2", NULL, "seek points"},
    {"xz", NULL, "random reads when it has many blocks"},
    {"zstd", NULL, "random reads when it has many frames"},
    {"lz4", archive_read_support_filter_lz4, "decompressed once"},
    {"lzma", archive_read_support_filter_lzma, "decompressed once"},
    {"lzip", archive_read_support_filter_lzip, "decompressed once"},
    {"lzop", archive_read_support_filter_lzop, "decompressed once"},
    {"compress", archive_read_support_filter_compress, "decompressed once"},
    {"rpm", archive_read_support_filter_rpm, "decompressed once"},
};

static bool works(int (*add)(struct la_archive *))
{
    struct la_archive *reader = archive_read_new();
    bool fine = reader && add(reader) == ARCHIVE_OK;
    archive_read_free(reader);
    return fine;
}

void la_describe(FILE *out)
{
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (works(kinds[i].add))
            fprintf(out, "%s read %s (%s)\n", kinds[i].name, kinds[i].note, archive_version_string());
    for (size_t i = 0; i < sizeof codecs / sizeof *codecs; i++)
        if (!codecs[i].add || works(codecs[i].add))
            fprintf(out, "*.%s read %s\n", codecs[i].name, codecs[i].note);
}
