// SPDX-License-Identifier: MIT
/*
 * A layer that watches: every method of tap_methods tells a pair of hooks what is asked and what came out,
 * and goes on below. The filters that count, log, delay, pause and fail are such hooks.
 *
 * A filter that uses it has a `struct tap` as the first member of its data. getmeta and the calls of threads
 * are not watched; getospath is answered with -ENODATA, so that nobody reads around the watcher.
 */
#ifndef XDOKAN_FS_FILTER_TAP_H
#define XDOKAN_FS_FILTER_TAP_H

#include "fs/fs_i.h"

enum tap_method {
    TAP_GETINFO,
    TAP_SCANDIR,
    TAP_OPEN,
    TAP_CLOSE,
    TAP_PREAD,
    TAP_PWRITE,
    TAP_TRUNCATE,
    TAP_FLUSH,
    TAP_FSYNC,
    TAP_FGETINFO,
    TAP_MAKEDIR,
    TAP_REMOVE,
    TAP_REMOVEDIR,
    TAP_RENAME,
    TAP_SETINFO,
    TAP_READLINK,
    TAP_SYMLINK,
    TAP_LINK,
    TAP_GETXATTR,
    TAP_SETXATTR,
    TAP_LISTXATTR,
    TAP_REMOVEXATTR,
    TAP_STATFS,
    TAP_ACCESS,
    TAP_LOCK,
    TAP_COUNT
};

extern const char *const tap_names[TAP_COUNT];

struct tap_call {
    enum tap_method method;
    const char *path;  /* of an open file the one by which it was opened; "" for statfs */
    const char *other; /* second path of rename and link, target of symlink, name of an attribute; NULL */
    uint64_t offset;   /* pread, pwrite; the cursor of scandir */
    uint64_t size;     /* bytes wanted; the new size of truncate */
    uint32_t flags;    /* of open and rename; the mode of access */
    uint64_t entries;  /* told by scandir; known afterwards */
    uint64_t started;  /* clock_ns() */
};

struct tap_hooks {
    /* Not 0: the answer; the layer below is not asked (a file is closed nevertheless). May be NULL. */
    int (*before)(struct fs *fs, struct tap_call *call);
    /* A call that went below has come back; result as the method's. May be NULL. */
    void (*after)(struct fs *fs, const struct tap_call *call, int64_t result);
};

struct tap {
    const struct tap_hooks *hooks;
};

/* A copy with a name, and a close of its own, is the table of a filter. */
extern const struct fs_table tap_methods;

/* Makes the layer; takes over `data` and `next` when it succeeds. */
int tap_new(const char *name, int (*close)(struct fs *), void *data, struct fs *next, struct fs **out,
            struct fs_error *error);

/* "pread+pwrite" as bits; NULL: all. "f_pread" is "pread". */
int tap_parse_methods(const char *text, uint32_t *mask, struct fs_error *error);

/* A path of this machine that stays right when the working directory changes; NULL when memory is short. */
char *tap_absolute(const char *path);

#endif
