// SPDX-License-Identifier: MIT
/*
 * The finished tree: looking things up. Immutable, so every call may come from any thread.
 */
#include "fs/archive/tree_i.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

void tree_attach(struct tree *tree, void *image, size_t size)
{
    tree->image = image;
    tree->mapped = size;
    tree->header = image;
    tree->nodes = (const struct tree_node *)(tree->header + 1);
    tree->texts = (const char *)(tree->nodes + tree->header->nodes);
}

void tree_free(struct tree *tree)
{
    if (!tree)
        return;
    munmap(tree->image, tree->mapped);
    free(tree);
}

const struct tree_node *tree_root(const struct tree *tree)
{
    return tree->nodes;
}

/* As strcmp of two names, of which one is not terminated. */
static int compare(const char *name, size_t length, const char *other, size_t other_length)
{
    int order = memcmp(name, other, length < other_length ? length : other_length);
    if (order || length == other_length)
        return order;
    return length < other_length ? -1 : 1;
}

static const struct tree_node *child_of(const struct tree *tree, const struct tree_node *node,
                                        const char *name, size_t length)
{
    uint32_t low = node->first, high = node->first + node->count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        const struct tree_node *child = &tree->nodes[middle];
        int order = compare(name, length, tree->texts + child->name, child->name_length);
        if (order == 0)
            return child;
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return NULL;
}

const struct tree_node *tree_find(const struct tree *tree, const char *path, int *rc)
{
    const struct tree_node *node = tree->nodes;
    *rc = 0;
    for (const char *name = path + (*path == '/'); *name;) {
        size_t length = (size_t)(strchrnul(name, '/') - name);
        if (node->type != FS_TYPE_DIRECTORY) {
            *rc = -ENOTDIR;
            return NULL;
        }
        node = child_of(tree, node, name, length);
        if (!node) {
            *rc = -ENOENT;
            return NULL;
        }
        name += length + (name[length] == '/');
    }
    return node;
}

const char *tree_name(const struct tree *tree, const struct tree_node *node)
{
    return tree->texts + node->name;
}

const char *tree_target(const struct tree *tree, const struct tree_node *node)
{
    return node->target ? tree->texts + node->target : NULL;
}

const struct tree_node *tree_at(const struct tree *tree, uint32_t index)
{
    return &tree->nodes[index];
}

uint32_t tree_index(const struct tree *tree, const struct tree_node *node)
{
    return (uint32_t)(node - tree->nodes);
}

uint64_t tree_count(const struct tree *tree)
{
    return tree->header->nodes;
}

uint64_t tree_dropped(const struct tree *tree, enum tree_drop why)
{
    return tree->header->dropped[why];
}
