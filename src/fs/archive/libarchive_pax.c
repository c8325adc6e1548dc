// SPDX-License-Identifier: MIT
/*
 * Names of pax archives as they are written: libarchive composes their characters (NFC), which would show
 * another name than tar does. Asked only for names that are not ASCII.
 */
#include "fs/archive/libarchive_i.h"

enum {
    BLOCK = 512,
    HEADERS_MAX = 6,
    RECORDS_MAX = 256 << 10,
    TYPE = 156,
    SIZE = 124,
    SIZE_LENGTH = 12,
    MAGIC = 257
};

static bool ascii(const char *text)
{
    for (; *text; text++)
        if ((unsigned char)*text >= 0x80)
            return false;
    return true;
}

/* "LENGTH KEY=VALUE\n" after each other: the last value of the key, terminated in place; NULL: none. */
static char *find_record(char *records, size_t size, const char *key)
{
    char *found = NULL;
    size_t key_length = strlen(key);
    for (size_t at = 0; at < size;) {
        char *end;
        unsigned long length = strtoul(records + at, &end, 10);
        size_t head = (size_t)(end - (records + at)) + 1;
        if (*end != ' ' || length <= head + 1 || length > size - at || records[at + length - 1] != '\n')
            return found;
        if (length > head + key_length + 1 && memcmp(end + 1, key, key_length) == 0 &&
            end[1 + key_length] == '=') {
            found = end + 2 + key_length;
            records[at + length - 1] = 0;
        }
        at += length;
    }
    return found;
}

/* The records of the extended header in front of the entry; to be freed. */
static char *read_records(struct la_scan *scan, size_t *size)
{
    uint64_t at = (uint64_t)archive_read_header_position(scan->reader);
    for (int i = 0; i < HEADERS_MAX; i++) {
        char head[BLOCK], number[SIZE_LENGTH + 1] = "";
        if (bytes_read_all(scan->la->bytes, head, sizeof head, at) || memcmp(head + MAGIC, "ustar", 5) != 0)
            return NULL;
        memcpy(number, head + SIZE, SIZE_LENGTH);
        uint64_t length = strtoull(number, NULL, 8);
        if (!strchr("xgLK", head[TYPE]) || !head[TYPE] || length > RECORDS_MAX)
            return NULL;
        if (head[TYPE] == 'x') {
            char *records = malloc(length + 1);
            if (records && bytes_read_all(scan->la->bytes, records, length, at + BLOCK) == 0) {
                records[length] = 0;
                *size = length;
                return records;
            }
            free(records);
            return NULL;
        }
        at += BLOCK + (length + BLOCK - 1) / BLOCK * BLOCK;
    }
    return NULL;
}

const char *la_raw_name(struct la_scan *scan, const char *converted, const char *key, char **owner)
{
    bool tar = (archive_format(scan->reader) & ARCHIVE_FORMAT_BASE_MASK) == ARCHIVE_FORMAT_TAR;
    size_t size;
    if (!tar || !converted || ascii(converted))
        return converted;
    char *records = read_records(scan, &size);
    const char *raw = records ? find_record(records, size, key) : NULL;
    *owner = records;
    return raw ? raw : converted;
}
