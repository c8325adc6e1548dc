// SPDX-License-Identifier: MIT
/*
 * Bytes that can be read anywhere: of a file in an FS object, of a decompressed stream, of one entry of an
 * archive. Counted; every call may come from any thread.
 */
#ifndef XDOKAN_FS_BYTES_H
#define XDOKAN_FS_BYTES_H

#include "fs/fs_i.h"

struct bytes;

struct bytes_ops {
    /* Like pread(2): fewer bytes than wanted only at the end; -errno. */
    ssize_t (*pread)(struct bytes *bytes, void *buf, size_t size, uint64_t offset);
    /* The last reference is gone. */
    void (*free)(struct bytes *bytes);
};

struct bytes {
    const struct bytes_ops *ops;
    atomic_uint refs; /* starts at 1 */
    uint64_t size;    /* never changes once the object is shared */
    int fd;           /* a file of this machine with exactly these bytes, for kernels' fast ways; -1: none */
};

struct bytes *bytes_ref(struct bytes *bytes);
void bytes_put(struct bytes *bytes); /* NULL is fine */
/* Checks the range, then ops->pread. */
ssize_t bytes_pread(struct bytes *bytes, void *buf, size_t size, uint64_t offset);
/* All of it: 0, -EBADMSG when the end comes too early, -errno. */
int bytes_read_all(struct bytes *bytes, void *buf, size_t size, uint64_t offset);

#define CLEANUP_BYTES __attribute__((cleanup(bytes_put_)))
static inline void bytes_put_(struct bytes **bytes)
{
    bytes_put(*bytes);
}

/* A file of an object, opened for reading. Has fd when fs_getospath() names the file. */
int bytes_of_file(struct fs *fs, const char *path, struct bytes **out, struct fs_error *error);
/* A part of other bytes; the reference is taken over. */
int bytes_slice(struct bytes *whole, uint64_t offset, uint64_t size, struct bytes **out);

/* What tells whether a file is still the one that an index was made of. Comparable with memcmp. */
struct bytes_identity {
    uint64_t size;
    int64_t mtime;      /* 0 where it is not known */
    uint64_t digest[4]; /* SHA-256 over the first and the last 64 KiB */
};
/* path: of the file in fs, for its mtime. */
int bytes_identify(struct bytes *bytes, struct fs *fs, const char *path, struct bytes_identity *out);

#endif
