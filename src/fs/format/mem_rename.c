// SPDX-License-Identifier: MIT
/*
 * Renaming in a tree in memory: at once or not at all, under the lock on the tree. A name that is replaced or
 * exchanged keeps its slot, so a listing tells it once.
 */
#include "fs/format/mem.h"

#include <errno.h>
#include <stdlib.h>

static bool is_directory(const struct mem_node *node)
{
    return node->type == FS_TYPE_DIRECTORY;
}

/* Whether a directory lies in `node` or is it. */
static bool lies_in(const struct mem_node *dir, const struct mem_node *node)
{
    while (dir && dir != node)
        dir = is_directory(dir) ? dir->dir.parent : NULL;
    return dir != NULL;
}

/* The rules of rename(2), in the order in which Linux checks them. */
static int may_rename(const struct mem_place *from, const struct mem_place *to, uint32_t flags)
{
    if (!from->node || (!to->node && flags & FS_RENAME_EXCHANGE))
        return -ENOENT;
    if (to->node && flags & FS_RENAME_NOREPLACE)
        return -EEXIST;
    if (!from->parent || !to->parent)
        return -EBUSY;
    if (lies_in(to->parent, from->node))
        return -EINVAL;
    if (!to->node)
        return 0;
    if (lies_in(from->parent, to->node))
        return flags & FS_RENAME_EXCHANGE ? -EINVAL : -ENOTEMPTY;
    if (flags & FS_RENAME_EXCHANGE || to->node == from->node)
        return 0;
    if (is_directory(from->node) != is_directory(to->node))
        return is_directory(to->node) ? -EISDIR : -ENOTDIR;
    return is_directory(to->node) && to->node->dir.live ? -ENOTEMPTY : 0;
}

/* A name stands for another node from now on; the reference comes with it. */
static void put_under(const struct mem_place *place, struct mem_node *node)
{
    place->name->node = node;
    if (is_directory(node))
        node->dir.parent = place->parent;
    mem_node_changed(node);
    mem_node_written(place->parent);
}

static void exchange(const struct mem_place *a, const struct mem_place *b)
{
    a->parent->links += (uint32_t)is_directory(b->node) - (uint32_t)is_directory(a->node);
    b->parent->links += (uint32_t)is_directory(a->node) - (uint32_t)is_directory(b->node);
    put_under(a, b->node);
    put_under(b, a->node);
}

/* Gives the node that lost its name. */
static struct mem_node *replace(struct mem *mem, const struct mem_place *from, const struct mem_place *to)
{
    struct mem_node *gone = to->node, *node = mem_name_remove(mem, from);
    put_under(to, node);
    node->links++;
    gone->links--;
    mem_node_changed(gone);
    if (is_directory(node))
        gone->dir.parent = NULL; /* its parent lost one directory and won another */
    return gone;
}

static int move(struct mem *mem, const struct mem_place *from, const struct mem_place *to,
                struct mem_node **spare)
{
    int rc = mem_name_add(mem, to, from->node);
    if (rc)
        return rc;
    *spare = mem_name_remove(mem, from);
    if (is_directory(from->node))
        from->node->dir.parent = to->parent;
    return 0;
}

int mem_rename(struct fs *fs, const char *from, const char *to, uint32_t flags)
{
    struct mem *mem = mem_of(fs);
    MEM_NODE_SCOPE struct mem_node *gone = NULL;
    struct mem_place old, new;
    if (flags & ~(uint32_t)(FS_RENAME_NOREPLACE | FS_RENAME_EXCHANGE))
        return -EINVAL;
    WRITE_SCOPE(&mem->tree);
    int rc = mem_find(mem, from, &old);
    if (rc == 0)
        rc = mem_find(mem, to, &new);
    if (rc == 0)
        rc = may_rename(&old, &new, flags);
    if (rc || new.node == old.node) /* two names of one file stay, as in rename(2) */
        return rc;
    if (!new.node)
        return move(mem, &old, &new, &gone);
    if (flags & FS_RENAME_EXCHANGE)
        exchange(&old, &new);
    else
        gone = replace(mem, &old, &new);
    return 0;
}
