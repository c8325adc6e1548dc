// SPDX-License-Identifier: MIT
/*
 * A small FS object for tests: a flat list of nodes by their whole path, with every fault on request.
 */
#ifndef XDOKAN_FS_MOUNT_TOY_H
#define XDOKAN_FS_MOUNT_TOY_H

#include "fs/fs_i.h"

enum { TOY_NODES = 64, TOY_BYTES = 1 << 16 };

struct toy_node {
    char path[128]; /* "" once removed; the node lives on while it is open */
    struct fs_info info;
    char target[128];
    char bytes[TOY_BYTES];
    uint64_t size; /* info.size is what is reported */
    unsigned open;
};

struct toy {
    pthread_mutex_t lock;
    struct toy_node nodes[TOY_NODES];
    /* On request. */
    bool late_size;    /* sizes are reported at the close */
    bool no_noreplace; /* FS_RENAME_NOREPLACE gives -EINVAL */
    bool busy_removal; /* what is open cannot be removed */
    int fail_fsync, fail_close, fail_write, fail_access;
    uint32_t valid;  /* facts that it has */
    uint32_t listed; /* those of them in listings */
    void (*in_read)(struct toy *toy);
    /* What happened. */
    atomic_uint opens, closes, fsyncs, lookups, closed, setinfos;
    int open_flags;
    struct fs_info set;
};

struct toy *toy_new(void);
void toy_free(struct toy *toy);
/* f_getinfo: whether the object can tell the facts of an open file. The object's close leaves the toy alone.
 */
struct fs *toy_object(struct toy *toy, uint32_t flags, bool f_getinfo);
struct toy_node *toy_find(struct toy *toy, const char *path);
struct toy_node *toy_add(struct toy *toy, const char *path, enum fs_type type, const char *text);

#endif
