// SPDX-License-Identifier: MIT
/*
 * What the zip_*.c files share.
 *
 * The central directory is read here, not by libzip: bounds are checked before anything is believed, and an
 * archive of any number of entries is opened by its index alone. An entry is decoded by libzip (or, where it
 * cannot, by libarchive) out of an archive in memory that holds this one entry: a copy of its directory
 * record, and its bytes as they lie in the file. So handles are small, and each belongs to one reader.
 */
#ifndef XDOKAN_FS_ZIP_H
#define XDOKAN_FS_ZIP_H

#include "fs/archive/archive.h"
#include "fs/archive/unpack.h"

enum {
    ZIP_LOCAL_SIZE = 30,
    ZIP_RECORD_SIZE = 46,
    ZIP_END_SIZE = 22,
    ZIP_FLAG_ENCRYPTED = 0x1,
    ZIP_FLAG_UTF8 = 0x800,
    ZIP_METHOD_STORED = 0,
    ZIP_METHOD_DEFLATED = 8,
    ZIP_METHOD_AES = 99,
    ZIP_KIND_ENCRYPTED = 0x10000, /* in tree_node.kind, with the method */
    ZIP_EXTRA_AES = 0x9901,
};

#define ZIP_LOCAL_SIGN  0x04034b50u
#define ZIP_RECORD_SIGN 0x02014b50u
#define ZIP_END_SIGN    0x06054b50u

/* Where the central directory lies. Offsets in it count from `shift`. */
struct zip_dir {
    uint64_t start, size, shift;
    uint64_t entries;
    bool exact; /* `entries` is all of the number, not its last 16 bits */
};

/* A record of it. The pointers lead into the window that it was read from. */
struct zip_record {
    uint64_t at; /* of the record, in the file */
    uint64_t size, packed;
    uint64_t local; /* offset of the local header, in the file */
    const unsigned char *name, *extra;
    uint32_t name_length, extra_length, length;
    uint32_t crc, external;
    uint16_t flags, method, time, date;
    uint8_t host, version;
};

static inline uint16_t zip_le16(const unsigned char *p)
{
    return (uint16_t)(p[0] | p[1] << 8);
}

static inline uint32_t zip_le32(const unsigned char *p)
{
    return zip_le16(p) | (uint32_t)zip_le16(p + 2) << 16;
}

static inline uint64_t zip_le64(const unsigned char *p)
{
    return zip_le32(p) | (uint64_t)zip_le32(p + 4) << 32;
}

/* -EBADMSG: there is none; -EOPNOTSUPP: in several parts. */
int zip_dir_find(struct bytes *source, struct zip_dir *dir, struct fs_error *error);

/* One pass over the directory; a window of it in memory. */
struct zip_walk {
    struct bytes *source;
    const struct zip_dir *dir;
    uint64_t next;         /* offset of the next record, in the directory */
    uint64_t window_start; /* in the directory */
    size_t window_length;
    unsigned char *window;
};
int zip_walk_init(struct zip_walk *walk, struct bytes *source, const struct zip_dir *dir);
void zip_walk_end(struct zip_walk *walk);
/* 1: a record; 0: the end; -EBADMSG and others. */
int zip_walk_next(struct zip_walk *walk, struct zip_record *record);
/* A record alone, from `at`; *room, to be freed, holds what it points to. */
int zip_record_read(struct bytes *source, uint64_t at, uint64_t shift, struct zip_record *record,
                    unsigned char **room);
/* The next extra field: false at the end or where they make no sense any more. */
struct zip_extra {
    uint16_t id, length;
    const unsigned char *data;
};
bool zip_extra_next(const unsigned char **at, uint32_t *left, struct zip_extra *extra);

/* Where the entry's data begins, by its local header. -EBADMSG when that contradicts the record. */
int zip_data_start(struct bytes *source, const struct zip_record *record, uint64_t *start);

/* The name as UTF-8, or as the bytes that it is; `*made` is to be freed. */
int zip_name(const struct zip_record *record, const char **name, size_t *length, char **made);
bool zip_backslashes(const struct zip_record *record);
void zip_facts(const struct zip_record *record, struct fs_info *info);

int zip_scan(struct archive *archive, struct tree_builder *builder, struct fs_error *error);

/* The archive of one entry. `front`: the directory comes first (for libzip, which searches the end). Takes
 * its own reference to the source. */
int zip_single(struct bytes *source, const struct zip_record *record, bool front, struct bytes **out);

/* Bytes of an entry. `password` may be NULL, and must live as long as they do. */
int zip_entry_bytes(struct archive *archive, const struct zip_record *record, struct bytes **out);
int zip_stored(struct bytes *source, const struct zip_record *record, struct bytes **out);
int zip_deflated(struct archive *archive, const struct zip_record *record, struct bytes **out);
int zip_by_libzip(struct archive *archive, const struct zip_record *record, struct bytes **out);
int zip_by_libarchive(struct archive *archive, const struct zip_record *record, struct bytes **out);
/* Whether the password opens this entry: 0, -ENOKEY, -EBADMSG and others. Reads up to 1 MiB of it. */
int zip_try_password(struct archive *archive, const struct zip_record *record);
/* Asks until the entry opens. */
int zip_need_password(struct archive *archive, const struct zip_record *record, struct fs_error *error);

/* Whether the code behind the data of an entry with AES is right: 0, -EBADMSG and others. */
int zip_authenticate(struct bytes *source, const struct zip_record *record, const char *password);

/* The password, in memory that is neither swapped nor dumped; NULL: none. */
const char *zip_password(const struct archive *archive);

#endif
