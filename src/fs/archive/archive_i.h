// SPDX-License-Identifier: MIT
/*
 * The object around a struct archive: recently used entries, and what is counted once.
 */
#ifndef XDOKAN_FS_ARCHIVE_I_H
#define XDOKAN_FS_ARCHIVE_I_H

#include "fs/archive/archive.h"

enum { ARCHIVE_RECENT = 64 };

/* Bytes of an entry that was open lately, so that opening it again does not decode it again. */
struct archive_recent {
    struct bytes *bytes; /* a reference; NULL: free */
    uint32_t node;       /* first name of the file */
    uint64_t used;       /* the object's clock */
};

struct archive_object {
    struct archive archive;
    pthread_mutex_t lock; /* over recent and clock */
    struct archive_recent recent[ARCHIVE_RECENT];
    uint64_t clock;
    uint64_t used;      /* sum of the sizes */
    char *source;       /* URL without secrets */
    char *scheme;       /* name of the table */
    char left_out[256]; /* what was dropped and why; "" for nothing */
};

extern const struct fs_table archive_table;

void archive_object_free(struct archive_object *object);
/* Sums up sizes and drops, once there is a tree. */
void archive_count(struct archive_object *object);

#endif
