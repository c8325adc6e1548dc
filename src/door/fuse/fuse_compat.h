// SPDX-License-Identifier: MIT
/*
 * Parts of the kernel's FUSE protocol that are newer than the oldest system header we build with (7.38),
 * declared by us. Structures and opcodes carry an x so that a newer system header may declare its own.
 */
#ifndef XDOKAN_DOOR_FUSE_COMPAT_H
#define XDOKAN_DOOR_FUSE_COMPAT_H

#include <linux/fuse.h>
#include <stdint.h>

#ifndef FUSE_DIRECT_IO_ALLOW_MMAP
#define FUSE_DIRECT_IO_ALLOW_MMAP (1ULL << 36) /* 7.39 */
#endif

#define XFUSE_STATX            52 /* 7.39 */
#define XFUSE_NOTIFY_INC_EPOCH 8  /* every cached name is looked up again */
#define XFUSE_INC_EPOCH_MINOR  44

struct xfuse_time {
    int64_t sec;
    uint32_t nsec;
    int32_t unused;
};

struct xfuse_statx {
    uint32_t mask; /* STATX_* of what is filled in */
    uint32_t blksize;
    uint64_t attributes; /* STATX_ATTR_* */
    uint32_t nlink;
    uint32_t uid;
    uint32_t gid;
    uint16_t mode;
    uint16_t unused0;
    uint64_t ino;
    uint64_t size;
    uint64_t blocks;
    uint64_t attributes_mask;
    struct xfuse_time atime, btime, ctime, mtime;
    uint32_t rdev_major, rdev_minor;
    uint32_t dev_major, dev_minor;
    uint64_t unused1[14];
};

struct xfuse_statx_in {
    uint32_t getattr_flags; /* FUSE_GETATTR_FH */
    uint32_t unused;
    uint64_t fh;
    uint32_t sx_flags;
    uint32_t sx_mask;
};

struct xfuse_statx_out {
    uint64_t attr_valid;
    uint32_t attr_valid_nsec;
    uint32_t flags;
    uint64_t unused[2];
    struct xfuse_statx stat;
};

_Static_assert(sizeof(struct xfuse_statx_in) == 24, "layout of FUSE_STATX");
_Static_assert(sizeof(struct xfuse_statx) == 256, "layout of FUSE_STATX");
_Static_assert(sizeof(struct xfuse_statx_out) == 288, "layout of FUSE_STATX");
_Static_assert(sizeof(struct fuse_in_header) == 40 && sizeof(struct fuse_write_in) == 40,
               "layout of FUSE_WRITE");
_Static_assert(sizeof(struct fuse_init_in) == 64 && sizeof(struct fuse_init_out) == 64,
               "layout of FUSE_INIT");

#endif
