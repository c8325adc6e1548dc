// SPDX-License-Identifier: MIT
/*
 * What the rooms below src/fs share: the layout of objects and open files, messages, progress.
 *
 * A stack of layers is a chain by `next`; each layer knows its depth from the bottom. An open file belongs to
 * the stack it was opened on and has one word per layer. Locks, outer before inner: fs_file.lock, then the
 * locks of layers from the top down.
 */
#ifndef XDOKAN_FS_I_H
#define XDOKAN_FS_I_H

#include <dokan/fs.h>
#include <pthread.h>
#include <stdatomic.h>

enum { FS_DEPTH_MAX = 32 };

struct fs {
    struct fs_table table; /* a copy; what an older caller did not know is NULL */
    void *data;
    struct fs *next;
    atomic_uint refs;
    uint32_t flags; /* of this layer */
    uint32_t depth;
    atomic_uint complaints; /* lines logged about this layer */
    pthread_mutex_t lock;   /* held over every method of a layer that is not FS_THREAD_SAFE */
};

struct fs_file {
    struct fs *top; /* where it was opened; a reference */
    pthread_mutex_t lock;
    int flags;
    bool serial; /* one call at a time */
    bool writable;
    void *slots[]; /* by depth */
};

/* Fills *error (may be NULL) and returns code. */
__attribute__((format(printf, 3, 4))) int fs_fail(struct fs_error *error, int code, const char *fmt, ...);

/* The calling thread's progress goes to *counter until it is set again; NULL: nowhere. */
void fs_progress_to(atomic_uint *counter);

/* ---- paths (path.c) ----------------------------------------------------------------------------------- */

/* 0, -EINVAL for a path that is not normal, -ENAMETOOLONG. */
int fs_path_check(const char *path);
/* Whether it may be a name: not empty, `.` or `..`, no slash, not longer than FS_NAME_MAX. */
bool fs_name_ok(const char *name);

#define CLEANUP_PATH __attribute__((cleanup(fs_path_free)))
void fs_path_init(struct fs_path *path);
void fs_path_free(struct fs_path *path);
/* Adds a slash unless the path ends with one, and the name. */
int fs_path_join(struct fs_path *path, const char *name);
/* The last component; "" for the root. */
const char *fs_path_name(const char *path);
/* Bytes of the parent, at least 1: "/a/b" gives 2, "/a" gives 1. */
size_t fs_path_parent(const char *path);
/* Adds `text`, any path with whatever slashes and dots, to the absolute directory in `path`, and normalises.
 * -EINVAL when it leads above the root. */
int fs_path_resolve(struct fs_path *path, const char *text);

#define CLEANUP_FS __attribute__((cleanup(fs_close_)))
static inline void fs_close_(struct fs **fs)
{
    (void)fs_close(*fs);
}

#endif
