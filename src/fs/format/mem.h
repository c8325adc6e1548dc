// SPDX-License-Identifier: MIT
/*
 * A tree in memory: what its files share.
 *
 * A node is a file, a directory or a symbolic link; a name leads to one, and there may be several names for
 * one node. Each name owns a reference to its node, each open file one, and whoever works on a node without
 * the lock on the tree. So a file that is renamed or removed while open goes on working, and its bytes go
 * with the last close.
 *
 * Locks, outer before inner:
 *     mem.tree   names, entries of directories, parents
 *     node.lock  bytes and extended attributes of one node
 * Facts of a node are atomic and are read without a lock. No lock is held over a callback.
 */
#ifndef XDOKAN_FS_MEM_H
#define XDOKAN_FS_MEM_H

#include "fs/fs_i.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

/* Names and files cost this much of the space, beside their bytes. */
enum { MEM_NODE_COST = 256, MEM_NAME_COST = 64 };

#define MEM_ATTRIBUTES 0x27u /* READONLY, HIDDEN, SYSTEM, ARCHIVE */

enum mem_time { MEM_ATIME, MEM_MTIME, MEM_CTIME, MEM_BTIME, MEM_TIMES };

/* The bytes of a file (mem_data.c). All zero: empty. */
struct mem_data {
    void *root;
    uint32_t height;
    uint32_t head; /* bytes that chunk 0 has */
    _Atomic uint64_t allocated;
};

struct mem_node;

/* A name in a directory. */
struct mem_name {
    struct mem_name *chain; /* next in the same bucket */
    struct mem_node *node;  /* a reference */
    uint32_t hash;
    uint32_t place; /* index of its slot */
    uint32_t length;
    char text[]; /* terminated */
};

struct mem_slot {
    uint64_t order; /* grows from slot to slot, also over gaps: what a cursor names */
    struct mem_name *name;
};

/* The entries of a directory (mem_dir.c). All zero: empty. */
struct mem_dir {
    struct mem_slot *slots;
    uint32_t used, room, live;
    uint32_t mask; /* of the buckets */
    struct mem_name **buckets;
    uint64_t last_order;
    struct mem_node *parent; /* NULL: the root, or removed */
};

struct mem_xattr;

struct mem_node {
    atomic_uint refs;
    uint32_t type; /* enum fs_type */
    uint64_t id;
    struct mem *mem;
    _Atomic uint32_t mode, uid, gid, links, attributes;
    _Atomic uint64_t size;
    _Atomic int64_t times[MEM_TIMES];
    pthread_rwlock_t lock;
    struct mem_xattr *xattrs;
    union {
        struct mem_dir dir;
        struct mem_data data;
        char *target;
    };
};

struct mem {
    pthread_rwlock_t tree;
    struct mem_node *root;
    uint64_t seed;                 /* of hashes, so that nobody can choose names that collide */
    uint64_t max_bytes, max_files; /* 0: none */
    uint32_t uid, gid;             /* of what is made */
    _Atomic uint64_t bytes, files, last_id;
};

/* ---- locks -------------------------------------------------------------------------------------------- */

static inline pthread_rwlock_t *mem_lock(pthread_rwlock_t *lock, bool write)
{
    if (write)
        pthread_rwlock_wrlock(lock);
    else
        pthread_rwlock_rdlock(lock);
    return lock;
}

static inline void mem_unlock(pthread_rwlock_t **lock)
{
    pthread_rwlock_unlock(*lock);
}

#define MEM_SCOPE(lock, write) \
    __attribute__((cleanup(mem_unlock), unused)) pthread_rwlock_t *held_lock = mem_lock(lock, write)
#define READ_SCOPE(lock)  MEM_SCOPE(lock, false)
#define WRITE_SCOPE(lock) MEM_SCOPE(lock, true)

/* ---- bytes (mem_data.c): the caller holds node.lock --------------------------------------------------- */

void mem_data_read(const struct mem_data *data, void *buf, size_t size, uint64_t offset);
/* 0 or -ENOMEM: then the beginning may have been written. */
int mem_data_write(struct mem_data *data, const void *buf, size_t size, uint64_t offset);
/* Bytes that this write will allocate. */
uint64_t mem_data_missing(const struct mem_data *data, size_t size, uint64_t offset);
/* Forgets all bytes from `size` on. */
void mem_data_cut(struct mem_data *data, uint64_t size);

/* ---- entries (mem_dir.c): the caller holds mem.tree --------------------------------------------------- */

uint32_t mem_hash(const char *text, size_t length, uint64_t seed);
struct mem_name *mem_dir_find(const struct mem_dir *dir, const char *text, size_t length, uint32_t hash);
/* Makes room for one more, so that mem_dir_add() cannot fail. 0 or -ENOMEM. */
int mem_dir_reserve(struct mem_dir *dir);
void mem_dir_add(struct mem_dir *dir, struct mem_name *name);
/* Takes the name out; it is the caller's then. */
void mem_dir_remove(struct mem_dir *dir, struct mem_name *name);
/* Index of the first slot at or behind a cursor. */
uint32_t mem_dir_seek(const struct mem_dir *dir, uint64_t cursor);
void mem_dir_free(struct mem_dir *dir);

/* ---- nodes and space (mem_node.c) --------------------------------------------------------------------- */

#define MEM_NODE_SCOPE __attribute__((cleanup(mem_node_put_)))

int64_t mem_now(void);
/* 0 or -ENOSPC. */
int mem_take(struct mem *mem, uint64_t bytes);
void mem_give(struct mem *mem, uint64_t bytes);

/* With one reference and no name. -ENOSPC, -ENOMEM. */
int mem_node_new(struct mem *mem, uint32_t type, uint32_t mode, struct mem_node **out);
struct mem_node *mem_node_get(struct mem_node *node);
/* Not with a lock held: gigabytes may go. */
void mem_node_put(struct mem_node *node);
static inline void mem_node_put_(struct mem_node **node)
{
    mem_node_put(*node);
}
/* Contents or entries changed: mtime and ctime. */
void mem_node_written(struct mem_node *node);
/* Facts changed: ctime. */
void mem_node_changed(struct mem_node *node);
void mem_node_info(struct mem_node *node, struct fs_info *info);

/* ---- places (mem_path.c): the caller holds mem.tree --------------------------------------------------- */

/* Where a path leads. */
struct mem_place {
    struct mem_node *parent; /* NULL for the root */
    const char *text;        /* the last component */
    size_t length;
    uint32_t hash;
    struct mem_name *name; /* NULL: there is nothing of that name, or it is the root */
    struct mem_node *node; /* NULL: there is nothing */
};

/* 0 also when only the last component is missing; -ENOENT, -ENOTDIR. */
int mem_find(struct mem *mem, const char *path, struct mem_place *out);
/* The node that a path names, with a reference; takes the lock itself. */
int mem_hold(struct fs *fs, const char *path, struct mem_node **out);
/* Gives a node a name at a place where there is none: the name takes its own reference. -ENOSPC, -ENOMEM. */
int mem_name_add(struct mem *mem, const struct mem_place *place, struct mem_node *node);
/* Takes the name at a place away. The node's reference becomes the caller's, to be put without the lock. */
struct mem_node *mem_name_remove(struct mem *mem, const struct mem_place *place);

/* ---- methods ------------------------------------------------------------------------------------------ */

static inline struct mem *mem_of(struct fs *fs)
{
    return fs_data(fs);
}

/* mem_file.c */
int mem_open(struct fs *fs, const char *path, int flags, uint32_t mode, struct fs_file *file);
int mem_f_close(struct fs *fs, struct fs_file *file);
ssize_t mem_f_pread(struct fs *fs, struct fs_file *file, void *buf, size_t size, uint64_t offset);
ssize_t mem_f_pwrite(struct fs *fs, struct fs_file *file, const void *buf, size_t size, uint64_t offset);
int mem_f_truncate(struct fs *fs, struct fs_file *file, uint64_t size);
int mem_f_getinfo(struct fs *fs, struct fs_file *file, uint32_t want, struct fs_info *info);
/* mem_tree.c */
int mem_scandir(struct fs *fs, const char *path, uint32_t want, uint64_t cursor, fs_fill fill, void *ctx);
int mem_makedir(struct fs *fs, const char *path, uint32_t mode);
int mem_remove(struct fs *fs, const char *path);
int mem_removedir(struct fs *fs, const char *path);
int mem_symlink(struct fs *fs, const char *target, const char *path);
int mem_link(struct fs *fs, const char *from, const char *to);
/* mem_rename.c */
int mem_rename(struct fs *fs, const char *from, const char *to, uint32_t flags);
/* mem_xattr.c */
ssize_t mem_getxattr(struct fs *fs, const char *path, const char *name, void *buf, size_t size);
int mem_setxattr(struct fs *fs, const char *path, const char *name, const void *value, size_t size,
                 uint32_t flags);
ssize_t mem_listxattr(struct fs *fs, const char *path, char *buf, size_t size);
int mem_removexattr(struct fs *fs, const char *path, const char *name);
/* Frees all of a node's and gives their space back. */
void mem_xattrs_free(struct mem_node *node);

#endif
