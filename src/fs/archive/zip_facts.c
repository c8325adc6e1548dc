// SPDX-License-Identifier: MIT
/*
 * What a record of the central directory says about a file: its name as UTF-8, type, mode, times, owner.
 */
#include "fs/archive/zip.h"

#include "base/utf.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <zlib.h>

enum {
    HOST_DOS = 0,
    HOST_UNIX = 3,
    HOST_OS2 = 6,
    HOST_NTFS_1 = 10,
    HOST_NTFS_2 = 11,
    HOST_VFAT = 14,
    HOST_OSX = 19
};
enum {
    EXTRA_NTFS = 0x000a,
    EXTRA_TIMES = 0x5455,
    EXTRA_OLD_UNIX = 0x5855,
    EXTRA_PATH = 0x7075,
    EXTRA_OWNER = 0x7875
};
enum { DOS_ATTRIBUTES = 0x27, DOS_DIRECTORY = 0x10 };

static bool from_unix(const struct zip_record *record)
{
    return record->host == HOST_UNIX || record->host == HOST_OSX;
}

bool zip_backslashes(const struct zip_record *record)
{
    return record->host == HOST_DOS || record->host == HOST_OS2 || record->host == HOST_NTFS_1 ||
           record->host == HOST_NTFS_2 || record->host == HOST_VFAT;
}

/* ---- the name ----------------------------------------------------------------------------------------- */

/* Code page 437 from 0x80 on. */
static const uint16_t cp437[128] = {
    0x00c7, 0x00fc, 0x00e9, 0x00e2, 0x00e4, 0x00e0, 0x00e5, 0x00e7, 0x00ea, 0x00eb, 0x00e8, 0x00ef, 0x00ee,
    0x00ec, 0x00c4, 0x00c5, 0x00c9, 0x00e6, 0x00c6, 0x00f4, 0x00f6, 0x00f2, 0x00fb, 0x00f9, 0x00ff, 0x00d6,
    0x00dc, 0x00a2, 0x00a3, 0x00a5, 0x20a7, 0x0192, 0x00e1, 0x00ed, 0x00f3, 0x00fa, 0x00f1, 0x00d1, 0x00aa,
    0x00ba, 0x00bf, 0x2310, 0x00ac, 0x00bd, 0x00bc, 0x00a1, 0x00ab, 0x00bb, 0x2591, 0x2592, 0x2593, 0x2502,
    0x2524, 0x2561, 0x2562, 0x2556, 0x2555, 0x2563, 0x2551, 0x2557, 0x255d, 0x255c, 0x255b, 0x2510, 0x2514,
    0x2534, 0x252c, 0x251c, 0x2500, 0x253c, 0x255e, 0x255f, 0x255a, 0x2554, 0x2569, 0x2566, 0x2560, 0x2550,
    0x256c, 0x2567, 0x2568, 0x2564, 0x2565, 0x2559, 0x2558, 0x2552, 0x2553, 0x256b, 0x256a, 0x2518, 0x250c,
    0x2588, 0x2584, 0x258c, 0x2590, 0x2580, 0x03b1, 0x00df, 0x0393, 0x03c0, 0x03a3, 0x03c3, 0x00b5, 0x03c4,
    0x03a6, 0x0398, 0x03a9, 0x03b4, 0x221e, 0x03c6, 0x03b5, 0x2229, 0x2261, 0x00b1, 0x2265, 0x2264, 0x2320,
    0x2321, 0x00f7, 0x2248, 0x00b0, 0x2219, 0x00b7, 0x221a, 0x207f, 0x00b2, 0x25a0, 0x00a0,
};

static bool is_utf8(const unsigned char *text, size_t length)
{
    while (length) {
        uint32_t c;
        size_t n = *text < 0x80 ? 1 : utf8_decode((const char *)text, length, &c);
        if (n == 0)
            return false;
        text += n;
        length -= n;
    }
    return true;
}

/* The field of Info-ZIP with the name as UTF-8; it holds when its checksum is that of the plain name. */
static bool unicode_path(const struct zip_record *record, const char **name, size_t *length)
{
    const unsigned char *at = record->extra;
    uint32_t left = record->extra_length;
    struct zip_extra extra;
    while (zip_extra_next(&at, &left, &extra)) {
        if (extra.id != EXTRA_PATH || extra.length <= 5 || extra.data[0] != 1 ||
            zip_le32(extra.data + 1) != crc32(0, record->name, record->name_length))
            continue;
        if (!is_utf8(extra.data + 5, extra.length - 5u))
            return false;
        *name = (const char *)extra.data + 5;
        *length = extra.length - 5u;
        return true;
    }
    return false;
}

int zip_name(const struct zip_record *record, const char **name, size_t *length, char **made)
{
    *made = NULL;
    *name = (const char *)record->name;
    *length = record->name_length;
    if (record->flags & ZIP_FLAG_UTF8 || is_utf8(record->name, record->name_length)) {
        if (!(record->flags & ZIP_FLAG_UTF8))
            unicode_path(record, name, length);
        return 0;
    }
    if (unicode_path(record, name, length))
        return 0;
    char *out = malloc(record->name_length * 3ul + 1);
    if (!out)
        return -ENOMEM;
    size_t used = 0;
    for (uint32_t i = 0; i < record->name_length; i++) {
        unsigned char c = record->name[i];
        used += utf8_encode(c < 0x80 ? c : cp437[c - 0x80], out + used);
    }
    *made = out;
    *name = out;
    *length = used;
    return 0;
}

/* ---- times -------------------------------------------------------------------------------------------- */

static void set_time(struct fs_info *info, uint32_t bit, int64_t ns)
{
    int64_t *const fields[] = {&info->atime, &info->mtime, &info->ctime, &info->btime};
    *fields[__builtin_ctz(bit / FS_INFO_ATIME)] = ns;
    info->valid |= bit;
}

static void unix_time(struct fs_info *info, uint32_t bit, const unsigned char *raw)
{
    set_time(info, bit, (int64_t)(int32_t)zip_le32(raw) * 1000000000);
}

/* FILETIME; what does not fit into nanoseconds since 1970 is left out. */
static void nt_time(struct fs_info *info, uint32_t bit, const unsigned char *raw)
{
    int64_t ticks, ns;
    uint64_t value = zip_le64(raw);
    if (value == 0 || value > INT64_MAX ||
        __builtin_sub_overflow((int64_t)value, 116444736000000000, &ticks) ||
        __builtin_mul_overflow(ticks, 100, &ns))
        return;
    set_time(info, bit, ns);
}

static void dos_time(const struct zip_record *record, struct fs_info *info)
{
    struct tm tm = {
        .tm_year = (record->date >> 9) + 80,
        .tm_mon = (record->date >> 5 & 15) - 1,
        .tm_mday = record->date & 31,
        .tm_hour = record->time >> 11,
        .tm_min = record->time >> 5 & 63,
        .tm_sec = (record->time & 31) * 2,
        .tm_isdst = -1,
    };
    if (tm.tm_mon < 0 || tm.tm_mon > 11 || tm.tm_mday == 0 || tm.tm_hour > 23 || tm.tm_min > 59)
        return;
    set_time(info, FS_INFO_MTIME, (int64_t)mktime(&tm) * 1000000000);
}

static void take_times(struct fs_info *info, const struct zip_extra *extra)
{
    if (extra->length >= 5 && extra->data[0] & 1)
        unix_time(info, FS_INFO_MTIME, extra->data + 1);
}

static void take_old_unix(struct fs_info *info, const struct zip_extra *extra)
{
    if (extra->length < 8 || info->valid & FS_INFO_MTIME)
        return;
    unix_time(info, FS_INFO_ATIME, extra->data);
    unix_time(info, FS_INFO_MTIME, extra->data + 4);
}

/* Four reserved bytes, then fields of which number 1 has three times. */
static void take_ntfs(struct fs_info *info, const struct zip_extra *field)
{
    if (field->length < 4)
        return;
    const unsigned char *at = field->data + 4;
    uint32_t left = field->length - 4u;
    struct zip_extra extra;
    while (zip_extra_next(&at, &left, &extra)) {
        if (extra.id != 1 || extra.length < 24)
            continue;
        nt_time(info, FS_INFO_MTIME, extra.data);
        nt_time(info, FS_INFO_ATIME, extra.data + 8);
        nt_time(info, FS_INFO_BTIME, extra.data + 16);
    }
}

static bool take_number(struct zip_extra *extra, uint32_t *value)
{
    unsigned size = extra->length ? extra->data[0] : 0;
    if (size == 0 || size >= extra->length)
        return false;
    uint64_t sum = 0;
    for (unsigned i = size; i > 0; i--) {
        if (sum >> 56)
            return false;
        sum = sum << 8 | extra->data[i];
    }
    extra->data += size + 1;
    extra->length = (uint16_t)(extra->length - size - 1);
    *value = (uint32_t)sum;
    return sum <= UINT32_MAX;
}

static void take_owner(struct fs_info *info, const struct zip_extra *field)
{
    struct zip_extra rest = {0, (uint16_t)(field->length - 1u), field->data + 1};
    uint32_t uid, gid;
    if (field->length == 0 || field->data[0] != 1 || !take_number(&rest, &uid) || !take_number(&rest, &gid))
        return;
    info->uid = uid;
    info->gid = gid;
    info->valid |= FS_INFO_OWNER;
}

static const struct {
    uint16_t id;
    void (*take)(struct fs_info *info, const struct zip_extra *extra);
} fields[] = {
    {EXTRA_NTFS, take_ntfs},
    {EXTRA_TIMES, take_times},
    {EXTRA_OLD_UNIX, take_old_unix},
    {EXTRA_OWNER, take_owner},
};

/* ---- type and mode ------------------------------------------------------------------------------------ */

static uint32_t type_of_mode(uint32_t mode)
{
    static const uint8_t types[16] = {
        [S_IFIFO >> 12] = FS_TYPE_FIFO,      [S_IFCHR >> 12] = FS_TYPE_CHARACTER,
        [S_IFDIR >> 12] = FS_TYPE_DIRECTORY, [S_IFBLK >> 12] = FS_TYPE_BLOCK,
        [S_IFREG >> 12] = FS_TYPE_FILE,      [S_IFLNK >> 12] = FS_TYPE_SYMLINK,
        [S_IFSOCK >> 12] = FS_TYPE_SOCKET,
    };
    return types[mode >> 12];
}

static bool named_as_directory(const struct zip_record *record)
{
    if (record->name_length == 0)
        return false;
    unsigned char last = record->name[record->name_length - 1];
    return last == '/' || (last == '\\' && zip_backslashes(record));
}

void zip_facts(const struct zip_record *record, struct fs_info *info)
{
    *info = (struct fs_info){.type = FS_TYPE_FILE, .valid = FS_INFO_SIZE, .size = record->size};
    uint32_t mode = record->external >> 16;
    if (mode && from_unix(record)) {
        uint32_t type = type_of_mode(mode);
        info->type = type ? type : FS_TYPE_FILE;
        info->mode = mode & 07777;
        info->valid |= FS_INFO_MODE;
    } else if (!from_unix(record)) {
        info->attributes = record->external & DOS_ATTRIBUTES;
        info->valid |= FS_INFO_ATTRIBUTES;
        if (record->external & DOS_DIRECTORY)
            info->type = FS_TYPE_DIRECTORY;
    }
    if (named_as_directory(record))
        info->type = FS_TYPE_DIRECTORY;
    const unsigned char *at = record->extra;
    uint32_t left = record->extra_length;
    struct zip_extra extra;
    while (zip_extra_next(&at, &left, &extra))
        for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
            if (fields[i].id == extra.id)
                fields[i].take(info, &extra);
    if (!(info->valid & FS_INFO_MTIME))
        dos_time(record, info);
}
