// SPDX-License-Identifier: MIT
/*
 * For the tests of filters: trees in memory, filters on them, whole files.
 */
#ifndef XDOKAN_FS_FILTER_FIXTURE_H
#define XDOKAN_FS_FILTER_FIXTURE_H

#include "base/testing.h"

#include "fs/fs_i.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

/* assert_int_equal with the wanted value as a name: a result is 0 or -errno. */
#define WANT(want, call) assert_int_equal((int)(call), (int)(want))

static inline void add(struct fs **fs, const char *spec)
{
    struct fs_error error = {0};
    int rc = fs_add_filter(spec, fs, &error);
    if (rc)
        fail_msg("%s: %d: %s", spec, rc, error.text);
}

/* The filter must be refused with this code and a text that holds `says`; fs stays as it is. */
static inline void refuse(struct fs *fs, const char *spec, int code, const char *says)
{
    struct fs *before = fs;
    struct fs_error error = {0};
    int rc = fs_add_filter(spec, &fs, &error);
    if (rc != code || fs != before || !strstr(error.text, says))
        fail_msg("%s: %d instead of %d: '%s' should say '%s'", spec, rc, code, error.text, says);
}

static inline struct fs *memory(void)
{
    struct fs *fs = NULL;
    WANT(0, fs_memory_new(&fs));
    return fs;
}

static inline int put(struct fs *fs, const char *path, const char *text)
{
    struct fs_file *file;
    int rc = fs_open(fs, path, O_RDWR | O_CREAT | O_TRUNC, 0644, &file);
    if (rc)
        return rc;
    ssize_t n = *text ? fs_f_pwrite(fs, file, text, strlen(text), 0) : 0;
    rc = fs_f_close(fs, file);
    return n < 0 ? (int)n : rc;
}

/* 0 when the file holds exactly this text. */
static inline int holds(struct fs *fs, const char *path, const char *text)
{
    struct fs_file *file;
    char buf[4096];
    int rc = fs_open(fs, path, O_RDONLY, 0, &file);
    if (rc)
        return rc;
    ssize_t n = fs_f_pread(fs, file, buf, sizeof buf, 0);
    fs_f_close(fs, file);
    if (n < 0)
        return (int)n;
    return n == (ssize_t)strlen(text) && memcmp(buf, text, (size_t)n) == 0 ? 0 : 1;
}

static inline int look(struct fs *fs, const char *path)
{
    struct fs_info info;
    return fs_getinfo(fs, path, 0, &info);
}

struct names {
    char text[2048];
    const char *all[64];
    size_t count;
};

static inline int take_name(void *ctx, const char *name, const struct fs_info *info, uint64_t next)
{
    struct names *names = ctx;
    assert_true(names->count < COUNT_OF(names->all));
    names->all[names->count++] = strdup(name);
    return 0;
}

static inline int compare_names(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Names in a directory, sorted, with '|' between. */
static inline const char *list(struct fs *fs, const char *path, struct names *names)
{
    memset(names, 0, sizeof *names);
    WANT(0, fs_scandir(fs, path, 0, 0, take_name, names));
    qsort(names->all, names->count, sizeof *names->all, compare_names);
    for (size_t i = 0; i < names->count; i++) {
        strcat(strcat(names->text, i ? "|" : ""), names->all[i]);
        free((char *)names->all[i]);
    }
    return names->text;
}

#endif
