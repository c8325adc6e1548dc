// SPDX-License-Identifier: MIT
/*
 * Names in a tree in memory: listing, making and removing them.
 *
 * A listing copies a batch under the lock and tells it without: whoever receives it may be slow, and others
 * change the tree meanwhile.
 */
#include "fs/format/mem.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* ---- listing ------------------------------------------------------------------------------------------ */

struct item {
    uint64_t next;
    struct fs_info info;
    size_t size; /* of all of it */
    char name[];
};

enum { BATCH_BYTES = 32768 };

struct batch {
    size_t used;
    bool end; /* of the directory */
    _Alignas(struct item) char bytes[BATCH_BYTES];
};

/* False: there is no room for it. */
static bool batch_add(struct batch *batch, const struct mem_slot *slot, uint32_t want)
{
    const size_t align = _Alignof(struct item);
    size_t size = (sizeof(struct item) + slot->name->length + 1 + align - 1) / align * align;
    if (size > BATCH_BYTES - batch->used)
        return false;
    struct item *item = (struct item *)(void *)(batch->bytes + batch->used);
    item->next = slot->order + 1;
    item->size = size;
    if (want) {
        mem_node_info(slot->name->node, &item->info);
    } else {
        memset(&item->info, 0, sizeof item->info);
        item->info.type = slot->name->node->type;
    }
    memcpy(item->name, slot->name->text, slot->name->length + 1);
    batch->used += size;
    return true;
}

static void batch_fill(struct batch *batch, struct mem_node *node, uint64_t cursor, uint32_t want)
{
    READ_SCOPE(&node->mem->tree);
    const struct mem_dir *dir = &node->dir;
    batch->used = 0;
    batch->end = false;
    for (uint32_t i = mem_dir_seek(dir, cursor); i < dir->used; i++)
        if (dir->slots[i].name && !batch_add(batch, &dir->slots[i], want))
            return;
    batch->end = true;
}

/* Tells the batch; true when it was told to stop. */
static bool batch_tell(const struct batch *batch, fs_fill fill, void *ctx, uint64_t *cursor)
{
    const struct item *item;
    for (size_t at = 0; at < batch->used; at += item->size) {
        item = (const struct item *)(const void *)(batch->bytes + at);
        *cursor = item->next;
        if (fill(ctx, item->name, &item->info, item->next) != 0)
            return true;
    }
    return false;
}

int mem_scandir(struct fs *fs, const char *path, uint32_t want, uint64_t cursor, fs_fill fill, void *ctx)
{
    MEM_NODE_SCOPE struct mem_node *node = NULL;
    struct batch batch;
    int rc = mem_hold(fs, path, &node);
    if (rc)
        return rc;
    if (node->type != FS_TYPE_DIRECTORY)
        return -ENOTDIR;
    do
        batch_fill(&batch, node, cursor, want);
    while (!batch_tell(&batch, fill, ctx, &cursor) && !batch.end);
    return 0;
}

/* ---- making ------------------------------------------------------------------------------------------- */

/* A node that has no name yet goes to a path where there is nothing. */
static int settle(struct mem *mem, const char *path, struct mem_node *node)
{
    struct mem_place place;
    WRITE_SCOPE(&mem->tree);
    int rc = mem_find(mem, path, &place);
    if (rc == 0 && place.node)
        rc = -EEXIST;
    return rc ? rc : mem_name_add(mem, &place, node);
}

int mem_makedir(struct fs *fs, const char *path, uint32_t mode)
{
    MEM_NODE_SCOPE struct mem_node *node = NULL;
    int rc = mem_node_new(mem_of(fs), FS_TYPE_DIRECTORY, mode, &node);
    return rc ? rc : settle(mem_of(fs), path, node);
}

int mem_symlink(struct fs *fs, const char *target, const char *path)
{
    MEM_NODE_SCOPE struct mem_node *node = NULL;
    struct mem *mem = mem_of(fs);
    size_t length = strlen(target);
    int rc = mem_node_new(mem, FS_TYPE_SYMLINK, 0777, &node);
    if (rc == 0)
        rc = mem_take(mem, length);
    if (rc)
        return rc;
    node->size = length;
    node->target = strdup(target);
    return node->target ? settle(mem, path, node) : -ENOMEM;
}

int mem_link(struct fs *fs, const char *from, const char *to)
{
    struct mem *mem = mem_of(fs);
    struct mem_place old, new;
    WRITE_SCOPE(&mem->tree);
    int rc = mem_find(mem, from, &old);
    if (rc == 0)
        rc = old.node ? mem_find(mem, to, &new) : -ENOENT;
    if (rc == 0 && new.node)
        rc = -EEXIST;
    if (rc == 0 && old.node->type == FS_TYPE_DIRECTORY)
        rc = -EPERM;
    if (rc == 0)
        rc = mem_name_add(mem, &new, old.node);
    if (rc == 0)
        mem_node_changed(old.node);
    return rc;
}

/* ---- removing ----------------------------------------------------------------------------------------- */

static int may_remove(const struct mem_place *place, bool directory)
{
    if (!place->node)
        return -ENOENT;
    bool is_directory = place->node->type == FS_TYPE_DIRECTORY;
    if (is_directory != directory)
        return is_directory ? -EISDIR : -ENOTDIR;
    return directory && place->node->dir.live ? -ENOTEMPTY : 0;
}

static int remove_locked(struct mem *mem, const char *path, bool directory, struct mem_node **gone)
{
    struct mem_place place;
    WRITE_SCOPE(&mem->tree);
    int rc = mem_find(mem, path, &place);
    if (rc == 0)
        rc = may_remove(&place, directory);
    if (rc == 0)
        *gone = mem_name_remove(mem, &place);
    return rc;
}

static int remove_name(struct mem *mem, const char *path, bool directory)
{
    struct mem_node *gone = NULL;
    int rc = remove_locked(mem, path, directory, &gone);
    mem_node_put(gone);
    return rc;
}

int mem_remove(struct fs *fs, const char *path)
{
    return remove_name(mem_of(fs), path, false);
}

int mem_removedir(struct fs *fs, const char *path)
{
    return path[1] ? remove_name(mem_of(fs), path, true) : -EBUSY;
}
