// SPDX-License-Identifier: MIT
/*
 * The inside of trees: the image, the builder, the name rules. Only the tree_*.c files and their tests
 * include it.
 *
 * Image: tree_header, the nodes, the texts, the format's own bytes. The nodes stand breadth first from the
 * root, so that the children of each directory are one range, and these ranges follow one another; a node's
 * index is therefore greater than its parent's. Byte 0 of the texts is 0 (the name of the root, and "none").
 */
#ifndef XDOKAN_FS_TREE_I_H
#define XDOKAN_FS_TREE_I_H

#include "fs/archive/tree.h"

enum { TREE_VERSION = 1, TREE_FORMAT_MAX = 32, TREE_TARGET_MAX = 65535 };

struct tree_header {
    char magic[8];
    uint32_t version, header_size, node_size, reserved;
    uint64_t checksum; /* of everything behind this field */
    uint64_t size;     /* of the file */
    uint64_t nodes, texts, extra;
    uint64_t dropped[TREE_DROP_COUNT];
    struct bytes_identity identity;
    char format[TREE_FORMAT_MAX];
};

struct tree {
    const struct tree_header *header;
    const struct tree_node *nodes;
    const char *texts;
    void *image;
    size_t mapped; /* bytes at `image`; munmap()ed */
};

/* The parts of an image by its header; nothing is checked. */
void tree_attach(struct tree *tree, void *image, size_t size);
uint64_t tree_checksum(const void *image, size_t size);
/* Whether the image is sound in every detail but the checksum: 0, -EBADMSG; -ESTALE for another version. */
int tree_check(const void *image, size_t size);

/* ---- building ----------------------------------------------------------------------------------------- */

struct build_node {
    struct tree_node node;   /* name and target are offsets in the builder's texts; parent is final */
    uint32_t hash;           /* of parent and name */
    uint32_t child, sibling; /* list, newest first; 0: end */
    uint32_t group;          /* hard links of one file share it; 0: directory */
};

struct tree_builder {
    struct tree_limits limits;
    struct build_node *nodes; /* 0 is the root */
    uint32_t count, room;
    char *texts;
    size_t texts_used, texts_room;
    uint32_t *table; /* indexes of nodes, 0: free */
    uint32_t table_mask;
    uint32_t groups;
    uint64_t seed;
    uint64_t dropped[TREE_DROP_COUNT];
};

/* A name taken to pieces. `text` holds the components one after the other. */
struct tree_parts {
    const char *text;
    size_t length;
    bool backslashes; /* separate too */
};

enum { PART_END = 0, PART_NAME = 1, PART_BAD = -1 };

/* Takes off what makes a name absolute. -EINVAL: never a name. */
int tree_parts_init(struct tree_parts *parts, const char *name, size_t length, bool backslashes);
/* The next component that means anything: PART_NAME, PART_END, or PART_BAD for `..` */
int tree_parts_next(struct tree_parts *parts, const char **name, size_t *length);

/* The child of that name, 0: none. */
uint32_t tree_builder_child(const struct tree_builder *builder, uint32_t parent, const char *name,
                            size_t length);

#endif
