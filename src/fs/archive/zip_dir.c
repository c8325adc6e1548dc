// SPDX-License-Identifier: MIT
/*
 * The central directory of a zip archive: finding it, and reading its records. Nothing here allocates by a
 * number that the archive tells; every length is checked against what is there.
 */
#include "fs/archive/zip.h"

#include "base/cleanup.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define END64_SIGN     0x06064b50u
#define LOCATOR64_SIGN 0x07064b50u

enum {
    LOCATOR64_SIZE = 20,
    END64_SIZE = 56,
    TAIL = ZIP_END_SIZE + 65535 + LOCATOR64_SIZE,
    WINDOW = 256 << 10,
    MOST_RECORD = ZIP_RECORD_SIZE + 3 * 65535,
};

/* ---- finding it --------------------------------------------------------------------------------------- */

/* The end record as it stands there. */
struct end {
    uint64_t at; /* of the record behind the directory: this one, or the zip64 one */
    uint64_t entries, size, start;
    uint32_t disk, first_disk;
    bool zip64;
};

static bool read_end64(struct bytes *source, uint64_t at, struct end *end)
{
    unsigned char raw[END64_SIZE];
    if (bytes_read_all(source, raw, sizeof raw, at) || zip_le32(raw) != END64_SIGN)
        return false;
    end->at = at;
    end->disk = zip_le32(raw + 16);
    end->first_disk = zip_le32(raw + 20);
    end->entries = zip_le64(raw + 32);
    end->size = zip_le64(raw + 40);
    end->start = zip_le64(raw + 48);
    end->zip64 = true;
    return true;
}

/* Where the locator says, or (something was put before the archive) right before the locator. */
static void look_for_end64(struct bytes *source, struct end *end)
{
    unsigned char raw[LOCATOR64_SIZE];
    if (end->at < LOCATOR64_SIZE + END64_SIZE ||
        bytes_read_all(source, raw, sizeof raw, end->at - LOCATOR64_SIZE) || zip_le32(raw) != LOCATOR64_SIGN)
        return;
    uint64_t before = end->at - LOCATOR64_SIZE, told = zip_le64(raw + 8);
    if (told > before - END64_SIZE || !read_end64(source, told, end))
        read_end64(source, before - END64_SIZE, end);
}

static void parse_end(const unsigned char *raw, uint64_t at, struct end *end)
{
    *end = (struct end){
        .at = at,
        .disk = zip_le16(raw + 4),
        .first_disk = zip_le16(raw + 6),
        .entries = zip_le16(raw + 10),
        .size = zip_le32(raw + 12),
        .start = zip_le32(raw + 16),
    };
}

static bool record_at(struct bytes *source, uint64_t at)
{
    unsigned char sign[4];
    return bytes_read_all(source, sign, sizeof sign, at) == 0 && zip_le32(sign) == ZIP_RECORD_SIGN;
}

/* The directory ends where the end record begins, unless something lies between and it is found as told. */
static bool place_dir(struct bytes *source, const struct end *end, struct zip_dir *dir)
{
    *dir = (struct zip_dir){.size = end->size, .entries = end->entries, .exact = end->zip64};
    if (end->size > end->at)
        return false;
    uint64_t close = end->at - end->size;
    if (end->size == 0) {
        dir->start = close;
        return end->entries == 0;
    }
    if (end->start <= close && record_at(source, close)) {
        dir->start = close;
        dir->shift = close - end->start;
        return true;
    }
    dir->start = end->start;
    return end->start <= close && record_at(source, end->start);
}

static int try_end(struct bytes *source, const unsigned char *raw, uint64_t at, struct zip_dir *dir)
{
    struct end end;
    parse_end(raw, at, &end);
    bool full = end.entries == UINT16_MAX || end.size == UINT32_MAX || end.start == UINT32_MAX;
    if (full)
        look_for_end64(source, &end);
    if (end.disk != end.first_disk || (end.disk != 0 && !end.zip64 && end.disk != UINT16_MAX))
        return -EOPNOTSUPP;
    return place_dir(source, &end, dir) ? 0 : -EBADMSG;
}

int zip_dir_find(struct bytes *source, struct zip_dir *dir, struct fs_error *error)
{
    size_t length = source->size < TAIL ? (size_t)source->size : TAIL;
    CLEANUP_FREE unsigned char *tail = malloc(length + 1);
    if (!tail)
        return fs_fail(error, -ENOMEM, "no memory");
    uint64_t from = source->size - length;
    int rc = bytes_read_all(source, tail, length, from);
    if (rc)
        return fs_fail(error, rc, "cannot read the archive: %s", strerror(-rc));
    rc = -EBADMSG;
    for (size_t at = length < ZIP_END_SIZE ? 0 : length - ZIP_END_SIZE + 1; at-- > 0;) {
        if (tail[at] != 'P' || zip_le32(tail + at) != ZIP_END_SIGN ||
            zip_le16(tail + at + 20) > length - at - ZIP_END_SIZE)
            continue;
        int found = try_end(source, tail + at, from + at, dir);
        if (found == 0)
            return 0;
        rc = found == -EOPNOTSUPP ? found : rc;
    }
    if (rc == -EOPNOTSUPP)
        return fs_fail(error, rc, "the archive is split into several files; join them first (zip -s 0)");
    return fs_fail(error, rc, "no directory of a zip archive is there: it is cut off, or no zip archive");
}

/* ---- records ------------------------------------------------------------------------------------------ */

bool zip_extra_next(const unsigned char **at, uint32_t *left, struct zip_extra *extra)
{
    if (*left < 4)
        return false;
    extra->id = zip_le16(*at);
    extra->length = zip_le16(*at + 2);
    extra->data = *at + 4;
    if (extra->length > *left - 4)
        return false;
    *at += 4 + extra->length;
    *left -= 4u + extra->length;
    return true;
}

/* Takes the 64-bit value that stands for a full 32-bit one; false: it is missing. */
static bool widen(uint64_t *value, struct zip_extra *extra)
{
    if (*value != UINT32_MAX)
        return true;
    if (extra->length < 8)
        return false;
    *value = zip_le64(extra->data);
    extra->data += 8;
    extra->length -= 8;
    return true;
}

/* Without the field, full values are meant as they stand. */
static int widen_all(struct zip_record *record)
{
    const unsigned char *at = record->extra;
    uint32_t left = record->extra_length;
    struct zip_extra extra;
    while (zip_extra_next(&at, &left, &extra))
        if (extra.id == 0x0001)
            return widen(&record->size, &extra) && widen(&record->packed, &extra) &&
                           widen(&record->local, &extra)
                       ? 0
                       : -EBADMSG;
    return 0;
}

static int parse_record(const unsigned char *raw, size_t length, uint64_t at, uint64_t shift,
                        struct zip_record *record)
{
    if (length < ZIP_RECORD_SIZE || zip_le32(raw) != ZIP_RECORD_SIGN)
        return -EBADMSG;
    *record = (struct zip_record){
        .at = at,
        .version = raw[4],
        .host = raw[5],
        .flags = zip_le16(raw + 8),
        .method = zip_le16(raw + 10),
        .time = zip_le16(raw + 12),
        .date = zip_le16(raw + 14),
        .crc = zip_le32(raw + 16),
        .packed = zip_le32(raw + 20),
        .size = zip_le32(raw + 24),
        .name = raw + ZIP_RECORD_SIZE,
        .name_length = zip_le16(raw + 28),
        .extra_length = zip_le16(raw + 30),
        .external = zip_le32(raw + 38),
        .local = zip_le32(raw + 42),
    };
    record->extra = record->name + record->name_length;
    record->length = ZIP_RECORD_SIZE + record->name_length + record->extra_length + zip_le16(raw + 32);
    if (record->length > length)
        return -EBADMSG;
    int rc = widen_all(record);
    if (rc == 0 && __builtin_add_overflow(record->local, shift, &record->local))
        rc = -EBADMSG;
    return rc;
}

int zip_record_read(struct bytes *source, uint64_t at, uint64_t shift, struct zip_record *record,
                    unsigned char **room)
{
    unsigned char head[ZIP_RECORD_SIZE];
    int rc = bytes_read_all(source, head, sizeof head, at);
    if (rc)
        return rc;
    size_t length = (size_t)ZIP_RECORD_SIZE + zip_le16(head + 28) + zip_le16(head + 30) + zip_le16(head + 32);
    CLEANUP_FREE unsigned char *raw = malloc(length);
    if (!raw)
        return -ENOMEM;
    rc = bytes_read_all(source, raw, length, at);
    if (rc == 0)
        rc = parse_record(raw, length, at, shift, record);
    if (rc == 0)
        *room = steal_ptr(&raw);
    return rc;
}

int zip_walk_init(struct zip_walk *walk, struct bytes *source, const struct zip_dir *dir)
{
    *walk = (struct zip_walk){.source = source, .dir = dir, .window = malloc(WINDOW)};
    return walk->window ? 0 : -ENOMEM;
}

void zip_walk_end(struct zip_walk *walk)
{
    free(walk->window);
    walk->window = NULL;
}

/* Has the largest possible record from `next` in the window, or all that is left. */
static int fill_window(struct zip_walk *walk)
{
    uint64_t left = walk->dir->size - walk->next;
    uint64_t have = walk->window_start + walk->window_length - walk->next;
    if (walk->window_length && (have >= MOST_RECORD || have == left))
        return 0;
    walk->window_start = walk->next;
    walk->window_length = left < WINDOW ? (size_t)left : WINDOW;
    return bytes_read_all(walk->source, walk->window, walk->window_length, walk->dir->start + walk->next);
}

int zip_walk_next(struct zip_walk *walk, struct zip_record *record)
{
    if (walk->next >= walk->dir->size)
        return 0;
    int rc = fill_window(walk);
    if (rc)
        return rc;
    size_t skip = (size_t)(walk->next - walk->window_start);
    rc = parse_record(walk->window + skip, walk->window_length - skip, walk->dir->start + walk->next,
                      walk->dir->shift, record);
    if (rc)
        return rc;
    walk->next += record->length;
    return 1;
}

int zip_data_start(struct bytes *source, const struct zip_record *record, uint64_t *start)
{
    unsigned char head[ZIP_LOCAL_SIZE];
    int rc = bytes_read_all(source, head, sizeof head, record->local);
    if (rc)
        return rc;
    if (zip_le32(head) != ZIP_LOCAL_SIGN || zip_le16(head + 26) != record->name_length)
        return -EBADMSG;
    uint64_t header = (uint64_t)ZIP_LOCAL_SIZE + record->name_length + zip_le16(head + 28);
    if (__builtin_add_overflow(record->local, header, start) || *start > source->size ||
        record->packed > source->size - *start)
        return -EBADMSG;
    return 0;
}
