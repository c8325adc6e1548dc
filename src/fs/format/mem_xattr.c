// SPDX-License-Identifier: MIT
/*
 * Extended attributes of a tree in memory: a list per node, under node.lock. Any name is taken, on links too.
 */
#include "fs/format/mem.h"

#include "base/cleanup.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { NAME_BYTES = 255, VALUE_BYTES = 65536, COST = 64 };

struct mem_xattr {
    struct mem_xattr *next;
    size_t size;
    char *value;
    char name[];
};

static uint64_t cost_of(const char *name, size_t size)
{
    return COST + strlen(name) + size;
}

/* The place of the pointer to it; to NULL when there is none. */
static struct mem_xattr **find(struct mem_node *node, const char *name)
{
    struct mem_xattr **at = &node->xattrs;
    while (*at && strcmp((*at)->name, name) != 0)
        at = &(*at)->next;
    return at;
}

static void unlink_one(struct mem_node *node, struct mem_xattr **at)
{
    struct mem_xattr *gone = *at;
    *at = gone->next;
    mem_give(node->mem, cost_of(gone->name, gone->size));
    free(gone->value);
    free(gone);
}

void mem_xattrs_free(struct mem_node *node)
{
    while (node->xattrs)
        unlink_one(node, &node->xattrs);
}

static bool name_ok(const char *name)
{
    return *name && strlen(name) <= NAME_BYTES;
}

ssize_t mem_getxattr(struct fs *fs, const char *path, const char *name, void *buf, size_t size)
{
    MEM_NODE_SCOPE struct mem_node *node = NULL;
    int rc = mem_hold(fs, path, &node);
    if (rc)
        return rc;
    if (!name_ok(name))
        return -ERANGE;
    READ_SCOPE(&node->lock);
    const struct mem_xattr *found = *find(node, name);
    if (!found)
        return -ENODATA;
    if (size && size < found->size)
        return -ERANGE;
    if (size && found->size)
        memcpy(buf, found->value, found->size);
    return (ssize_t)found->size;
}

static struct mem_xattr *xattr_new(const char *name, const void *value, size_t size)
{
    struct mem_xattr *fresh = malloc(sizeof *fresh + strlen(name) + 1);
    char *copy = malloc(size ? size : 1);
    if (!fresh || !copy) {
        free(fresh);
        free(copy);
        return NULL;
    }
    if (size)
        memcpy(copy, value, size);
    *fresh = (struct mem_xattr){.size = size, .value = copy};
    strcpy(fresh->name, name);
    return fresh;
}

static int set_locked(struct mem_node *node, const char *name, const void *value, size_t size, uint32_t flags)
{
    struct mem_xattr **at = find(node, name);
    if (*at && flags & FS_XATTR_CREATE)
        return -EEXIST;
    if (!*at && flags & FS_XATTR_REPLACE)
        return -ENODATA;
    int rc = mem_take(node->mem, cost_of(name, size));
    if (rc)
        return rc;
    struct mem_xattr *fresh = xattr_new(name, value, size);
    if (!fresh) {
        mem_give(node->mem, cost_of(name, size));
        return -ENOMEM;
    }
    if (*at)
        unlink_one(node, at);
    fresh->next = *at;
    *at = fresh;
    mem_node_changed(node);
    return 0;
}

int mem_setxattr(struct fs *fs, const char *path, const char *name, const void *value, size_t size,
                 uint32_t flags)
{
    MEM_NODE_SCOPE struct mem_node *node = NULL;
    int rc = mem_hold(fs, path, &node);
    if (rc)
        return rc;
    if (!name_ok(name))
        return -ERANGE;
    if (size > VALUE_BYTES)
        return -E2BIG;
    if (flags & ~(uint32_t)(FS_XATTR_CREATE | FS_XATTR_REPLACE))
        return -EINVAL;
    WRITE_SCOPE(&node->lock);
    return set_locked(node, name, value, size, flags);
}

ssize_t mem_listxattr(struct fs *fs, const char *path, char *buf, size_t size)
{
    MEM_NODE_SCOPE struct mem_node *node = NULL;
    int rc = mem_hold(fs, path, &node);
    if (rc)
        return rc;
    READ_SCOPE(&node->lock);
    size_t need = 0;
    for (const struct mem_xattr *at = node->xattrs; at; at = at->next) {
        size_t length = strlen(at->name) + 1;
        if (size && length > size - need)
            return -ERANGE;
        if (size)
            memcpy(buf + need, at->name, length);
        need += length;
    }
    return (ssize_t)need;
}

int mem_removexattr(struct fs *fs, const char *path, const char *name)
{
    MEM_NODE_SCOPE struct mem_node *node = NULL;
    int rc = mem_hold(fs, path, &node);
    if (rc)
        return rc;
    WRITE_SCOPE(&node->lock);
    struct mem_xattr **at = find(node, name);
    if (!*at)
        return -ENODATA;
    unlink_one(node, at);
    mem_node_changed(node);
    return 0;
}
