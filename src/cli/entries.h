// SPDX-License-Identifier: MIT
/*
 * Listings: one directory, read as a whole and sorted by name; and the walk through a tree.
 */
#ifndef XDOKAN_CLI_ENTRIES_H
#define XDOKAN_CLI_ENTRIES_H

#include "cli/cli.h"
#include <dokan/fs.h>

struct found {
    char *name;
    struct fs_info info;
};

struct entries {
    struct found *list;
    size_t count, room;
};

int entries_read(struct fs *fs, const char *path, uint32_t want, struct entries *out);
void entries_free(struct entries *entries);

/* Path of a name in a directory, to be freed; NULL: no memory. */
char *path_join(const char *directory, const char *name);
/* The last component; "" for the root. */
const char *path_name(const char *path);
/* Its directory, to be freed. */
char *path_parent(const char *path);
/* A name in the directory of `path` that is near to its last one, as "did you mean X?"; to be freed. NULL:
 * none. */
char *path_hint(struct fs *fs, const char *path);

/*
 * A walk: every directory is listed as a whole before its entries are visited, in the order of names. A link
 * is an entry like any other and never followed. All functions may be NULL; each returns 0 to go on, or a
 * negative errno to end the walk.
 */
struct walk {
    struct fs *fs;
    uint32_t want;
    void *arg;
    /* A listing was read; it may be changed (names freed, count made smaller). */
    int (*listing)(void *arg, const char *path, struct entries *entries, size_t depth);
    /* 1: do not go into this directory. */
    int (*entry)(void *arg, const char *path, const struct found *entry, size_t depth, bool last);
    /* Everything in the directory was visited. Not called for one that could not be listed. */
    int (*leave)(void *arg, const char *path, const struct fs_info *info, size_t depth);
    /* It cannot be listed. */
    int (*failed)(void *arg, const char *path, int rc);
};

/* The directory itself is not visited as an entry, but left. */
int walk_tree(const struct walk *walk, const char *path, const struct fs_info *info);

#endif
