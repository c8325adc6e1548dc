// SPDX-License-Identifier: MIT
/*
 * The tree of names of an archive: built once from whatever names the archive holds, then immutable, and
 * equal to its image on disk, so that loading is one mmap and a check.
 *
 * Hostile names are made harmless here and nowhere else, by rules that depend on nothing but the archive (see
 * docs/archives.md): `/`, `\` where the format says so, drive letters, `.` and empty components go; `..`
 * makes the entry refused; the last of equal names wins; a file that is also a parent becomes a directory;
 * names too long and deeper than the limit are refused. What was dropped is counted.
 */
#ifndef XDOKAN_FS_TREE_H
#define XDOKAN_FS_TREE_H

#include "fs/bytes.h"

struct tree;
struct tree_builder;

struct tree_limits {
    uint64_t entries;     /* default 16 Mi */
    uint64_t image_bytes; /* default 2 GiB */
    uint32_t depth;       /* components, default 256 */
    uint64_t ratio;       /* promised size of one entry : bytes of the archive, default 2^20; 0: none */
};

/* An entry as the archive tells it. `name` is UTF-8 or other bytes, not terminated. */
struct tree_entry {
    const char *name;
    size_t name_length;
    struct fs_info info;  /* type and whatever is valid */
    const char *target;   /* of a symbolic link, terminated; NULL otherwise */
    const char *hardlink; /* name of the earlier entry whose data and facts this one shares; or NULL */
    uint32_t kind;        /* the format's own: how `where` is meant */
    uint64_t where[3];    /* the format's own */
    bool backslashes;     /* `\` separates too */
};

/* A name in the finished tree; lives as long as the tree. */
struct tree_node {
    uint32_t type;
    uint32_t kind;
    uint64_t where[3];
    uint64_t size;
    int64_t mtime, atime, ctime, btime;
    uint32_t valid;
    uint32_t mode, uid, gid, links;
    uint32_t name, name_length; /* offset in the texts */
    uint32_t parent;            /* index */
    uint32_t first, count;      /* children of a directory: indexes, sorted by bytes of the name */
    uint32_t target;            /* offset in the texts, 0: none */
    uint32_t attributes;
    uint32_t same; /* index of the first name of the same file; its own where there is no hard link */
    uint32_t reserved;
};

enum tree_drop {
    TREE_DROP_NAME,      /* `..`, NUL, or nothing left of it */
    TREE_DROP_DUPLICATE, /* an earlier one of the same name */
    TREE_DROP_CONFLICT,  /* something that is no directory, where there is one of the same name */
    TREE_DROP_DEEP,
    TREE_DROP_LONG,
    TREE_DROP_LINK, /* a hard link to nothing, to itself or to a directory; a symbolic link without a target
                     */
    TREE_DROP_RATIO,
    TREE_DROP_BROKEN, /* left out by the format: lies outside of the archive, overlaps, contradicts itself */
    TREE_DROP_COUNT
};

int tree_builder_new(const struct tree_limits *limits, struct tree_builder **out);
void tree_builder_free(struct tree_builder *builder);
/* -E2BIG when a limit is exceeded: the archive is refused. */
int tree_builder_add(struct tree_builder *builder, const struct tree_entry *entry, struct fs_error *error);
/* Counts what the format itself left out. */
void tree_builder_drop(struct tree_builder *builder, enum tree_drop why);
/* Sorts, links, freezes. The builder is of no use afterwards but for freeing. `archive_size` is for the
 * ratio. */
int tree_builder_finish(struct tree_builder *builder, uint64_t archive_size, struct tree **out,
                        struct fs_error *error);

void tree_free(struct tree *tree);
const struct tree_node *tree_root(const struct tree *tree);
/* By a checked path. NULL: *rc is -ENOENT or -ENOTDIR. */
const struct tree_node *tree_find(const struct tree *tree, const char *path, int *rc);
const char *tree_name(const struct tree *tree, const struct tree_node *node);   /* terminated */
const char *tree_target(const struct tree *tree, const struct tree_node *node); /* NULL: none */
const struct tree_node *tree_at(const struct tree *tree, uint32_t index);
uint32_t tree_index(const struct tree *tree, const struct tree_node *node); /* 0 is the root */
uint64_t tree_count(const struct tree *tree);
uint64_t tree_dropped(const struct tree *tree, enum tree_drop why);

/*
 * The index file: image, identity of the archive, the format's own state (seek points), one checksum. Written
 * to a temporary name, then renamed. Loading trusts nothing: every offset is checked before use.
 */
struct tree_extra {
    const void *data;
    size_t size;
};
int tree_save(const struct tree *tree, const struct bytes_identity *identity, const char *format,
              const struct tree_extra *extra, const char *file);
/* -ESTALE: of another archive or version; -EBADMSG: damaged. The extra points into the tree's mapping. */
int tree_load(const char *file, const struct bytes_identity *identity, const char *format, struct tree **out,
              struct tree_extra *extra);

#endif
