// SPDX-License-Identifier: MIT
/*
 * See units.h.
 */
#include "cli/units.h"

#include <time.h>

void units_bytes(char *out, size_t size, uint64_t bytes)
{
    static const char letters[] = " KMGTPE";
    double value = (double)bytes;
    size_t unit = 0;
    for (; value >= 1023.5 && letters[unit + 1]; unit++)
        value /= 1024;
    if (unit == 0)
        snprintf(out, size, "%u", (unsigned)bytes);
    else
        snprintf(out, size, value < 9.95 ? "%.1f%c" : "%.0f%c", value, letters[unit]);
}

void units_size(char *out, size_t size, uint64_t bytes, bool human)
{
    if (human)
        units_bytes(out, size, bytes);
    else
        snprintf(out, size, "%llu", (unsigned long long)bytes);
}

static void split(int64_t ns, time_t *seconds, long *rest)
{
    *seconds = (time_t)(ns / 1000000000);
    *rest = (long)(ns % 1000000000);
    if (*rest < 0) {
        *rest += 1000000000;
        --*seconds;
    }
}

void units_time(char *out, size_t size, int64_t ns)
{
    time_t seconds;
    long rest;
    struct tm tm;
    split(ns, &seconds, &rest);
    if (!localtime_r(&seconds, &tm) || !strftime(out, size, "%Y-%m-%d %H:%M", &tm))
        snprintf(out, size, "-");
}

void units_iso(char *out, size_t size, int64_t ns)
{
    time_t seconds;
    long rest;
    struct tm tm;
    char day[40];
    split(ns, &seconds, &rest);
    if (!gmtime_r(&seconds, &tm) || !strftime(day, sizeof day, "%Y-%m-%dT%H:%M:%S", &tm))
        snprintf(day, sizeof day, "-");
    snprintf(out, size, "%s.%09ldZ", day, rest);
}

static const struct {
    const char *name;
    char letter;
} types[FS_TYPE_COUNT] = {
    [FS_TYPE_UNKNOWN] = {"unknown", '?'},    [FS_TYPE_DIRECTORY] = {"directory", 'd'},
    [FS_TYPE_FILE] = {"file", '-'},          [FS_TYPE_CHARACTER] = {"character device", 'c'},
    [FS_TYPE_BLOCK] = {"block device", 'b'}, [FS_TYPE_FIFO] = {"fifo", 'p'},
    [FS_TYPE_SOCKET] = {"socket", 's'},      [FS_TYPE_SYMLINK] = {"symlink", 'l'},
};

const char *units_type(uint32_t type)
{
    return types[type < FS_TYPE_COUNT ? type : 0].name;
}

void units_mode(char out[11], const struct fs_info *info)
{
    static const char letters[] = "rwxrwxrwx";
    bool known = info->valid & FS_INFO_MODE;
    out[0] = types[info->type < FS_TYPE_COUNT ? info->type : 0].letter;
    for (unsigned i = 0; i < 9; i++)
        out[1 + i] = !known ? '?' : info->mode >> (8 - i) & 1 ? letters[i] : '-';
    for (unsigned i = 0; known && i < 3; i++)
        if (info->mode >> (11 - i) & 1)
            out[3 * i + 3] = out[3 * i + 3] == 'x' ? "sst"[i] : "SST"[i];
    out[10] = 0;
}

static void json_time(struct json *j, const char *key, int64_t ns)
{
    char text[64];
    units_iso(text, sizeof text, ns);
    json_text(j, key, text);
}

void json_info(struct json *j, const struct fs_info *info)
{
    json_text(j, "type", units_type(info->type));
    const struct {
        uint32_t bit;
        const char *key;
        uint64_t value;
    } numbers[] = {
        {FS_INFO_SIZE, "size", info->size},
        {FS_INFO_ALLOCATED, "allocated", info->allocated},
        {FS_INFO_LINKS, "links", info->links},
        {FS_INFO_OWNER, "uid", info->uid},
        {FS_INFO_OWNER, "gid", info->gid},
        {FS_INFO_ID, "id", info->id},
        {FS_INFO_ATTRIBUTES, "attributes", info->attributes},
    };
    for (size_t i = 0; i < COUNT_OF(numbers); i++)
        if (info->valid & numbers[i].bit)
            json_u64(j, numbers[i].key, numbers[i].value);
    const struct {
        uint32_t bit;
        const char *key;
        int64_t value;
    } times[] = {{FS_INFO_MTIME, "modified", info->mtime},
                 {FS_INFO_ATIME, "accessed", info->atime},
                 {FS_INFO_CTIME, "changed", info->ctime},
                 {FS_INFO_BTIME, "created", info->btime}};
    for (size_t i = 0; i < COUNT_OF(times); i++)
        if (info->valid & times[i].bit)
            json_time(j, times[i].key, times[i].value);
    if (info->valid & FS_INFO_MODE) {
        char mode[16];
        snprintf(mode, sizeof mode, "%04o", info->mode);
        json_text(j, "mode", mode);
    }
}
