// SPDX-License-Identifier: MIT
/*
 * What the limit filter counts: bytes and files of a tree, and the files that are open.
 */
#ifndef XDOKAN_FS_FILTER_LIMIT_H
#define XDOKAN_FS_FILTER_LIMIT_H

#include "fs/fs_i.h"

enum { LIMIT_NODES = 256 };

/* An open file, shared by all that opened it where the layer below tells numbers (FS_INFO_ID). */
struct limit_node {
    struct limit_node *next;
    uint64_t id; /* 0: not told, never shared */
    unsigned opens;
    bool gone;            /* its last name was removed: its bytes go with the last close */
    uint64_t size;        /* only where f_getinfo is not offered */
    pthread_mutex_t lock; /* held while the size changes */
};

struct limit {
    uint64_t size, files, file_size; /* UINT64_MAX: no limit */
    pthread_rwlock_t names;          /* shared: size changes of open files; alone: whatever changes names */
    pthread_mutex_t sum;             /* innermost */
    uint64_t used_bytes, used_files;
    pthread_mutex_t nodes_lock;
    struct limit_node *nodes[LIMIT_NODES];
};

/* Counts what is there. */
int limit_scan(struct limit *limit, struct fs *next);

/* Reserves or gives back. -ENOSPC. */
int limit_take(struct limit *limit, uint64_t bytes, uint64_t files);
void limit_give(struct limit *limit, uint64_t bytes, uint64_t files);

/* A file was opened; *out is its node. */
int limit_node_get(struct limit *limit, const struct fs_info *info, struct limit_node **out);
/* Closed. True when nobody has it open any more and its name is gone. */
bool limit_node_put(struct limit *limit, struct limit_node *node);
/* Its last name is gone. True when somebody has it open: the bytes stay. */
bool limit_node_gone(struct limit *limit, const struct fs_info *info);

#define LIMIT_WANT (FS_INFO_SIZE | FS_INFO_ID | FS_INFO_LINKS)

#endif
