// SPDX-License-Identifier: MIT
/*
 * Finding what a URL names: on this machine (local.c) and inside an object (walk.c).
 */
#ifndef XDOKAN_FS_PLACE_H
#define XDOKAN_FS_PLACE_H

#include "fs/fs_i.h"
#include <limits.h>
#include <sys/stat.h>

enum { WALK_LINKS_MAX = 40, HEAD_SIZE = 65536 };

/* ---- local.c ---------------------------------------------------------------------------------------- */

struct local {
    char path[PATH_MAX]; /* absolute; links followed when it exists */
    struct stat st;
    const char *rest; /* behind the `!` at which the text was split; NULL: not split */
};

/* `split`: a text that does not exist as it stands is split at the `!` that leaves the longest one that does.
 * On -ENOENT `path` is what was looked for. */
int local_find(const char *text, bool split, struct local *out, struct fs_error *error);
/* Whether a file of that name, or what stands before a `!` in it, exists. */
bool local_exists(const char *text);

/* ---- walk.c ----------------------------------------------------------------------------------------- */

/* From the directory `from` along `text`, links followed, never out of the object. `out` is set in any case
 * and to be freed: where it led, or where it failed. -EXDEV: it leads out; -ELOOP: too many links. */
int walk_to(struct fs *fs, const char *from, const char *text, struct fs_path *out, struct fs_info *info);
/* Says why walk_to failed, and returns rc. `shown`: the URL for people. */
int walk_failed(struct fs *fs, const char *path, int rc, const char *shown, struct fs_error *error);
/* The first bytes of a file, HEAD_SIZE at most. */
ssize_t walk_head(struct fs *fs, const char *path, void *buf);

#endif
