// SPDX-License-Identifier: MIT
/*
 * Open files of a tree in memory. The open file owns a reference to its node and never looks up a name again.
 */
#include "fs/format/mem.h"

#include <errno.h>
#include <fcntl.h>

static struct mem_node *node_of(struct fs *fs, struct fs_file *file)
{
    return *fs_file_slot(fs, file);
}

static int may_open(const struct mem_node *node, int flags)
{
    if ((flags & (O_CREAT | O_EXCL)) == (O_CREAT | O_EXCL))
        return -EEXIST;
    if (node->type == FS_TYPE_DIRECTORY)
        return -EISDIR;
    return node->type == FS_TYPE_SYMLINK ? -ELOOP : 0;
}

/* Opens what exists; 0 with *out NULL when it does not. */
static int open_existing(struct mem *mem, const char *path, int flags, struct mem_node **out)
{
    struct mem_place place;
    READ_SCOPE(&mem->tree);
    int rc = mem_find(mem, path, &place);
    if (rc || !place.node)
        return rc;
    rc = may_open(place.node, flags);
    if (rc == 0)
        *out = mem_node_get(place.node);
    return rc;
}

static int open_or_create(struct mem *mem, const char *path, int flags, uint32_t mode, struct mem_node **out)
{
    MEM_NODE_SCOPE struct mem_node *node = NULL;
    struct mem_place place;
    WRITE_SCOPE(&mem->tree);
    int rc = mem_find(mem, path, &place);
    if (rc == 0 && place.node)
        rc = may_open(place.node, flags);
    if (rc == 0 && place.node)
        node = mem_node_get(place.node);
    else if (rc == 0)
        rc = mem_node_new(mem, FS_TYPE_FILE, mode, &node);
    if (rc == 0 && !place.node)
        rc = mem_name_add(mem, &place, node);
    if (rc == 0) {
        *out = node;
        node = NULL;
    }
    return rc;
}

static void set_size(struct mem_node *node, uint64_t size)
{
    WRITE_SCOPE(&node->lock);
    uint64_t before = node->data.allocated;
    if (size < node->size)
        mem_data_cut(&node->data, size);
    mem_give(node->mem, before - node->data.allocated);
    node->size = size;
    mem_node_written(node);
}

int mem_open(struct fs *fs, const char *path, int flags, uint32_t mode, struct fs_file *file)
{
    struct mem *mem = mem_of(fs);
    struct mem_node *node = NULL;
    int rc = open_existing(mem, path, flags, &node);
    if (rc == 0 && !node)
        rc = flags & O_CREAT ? open_or_create(mem, path, flags, mode, &node) : -ENOENT;
    if (rc)
        return rc;
    if (flags & O_TRUNC)
        set_size(node, 0);
    *fs_file_slot(fs, file) = node;
    return 0;
}

int mem_f_close(struct fs *fs, struct fs_file *file)
{
    mem_node_put(node_of(fs, file));
    return 0;
}

/* As Linux mounts do: the first read after a change counts. */
static void note_read(struct mem_node *node)
{
    int64_t atime = atomic_load_explicit(&node->times[MEM_ATIME], memory_order_relaxed);
    if (atime <= atomic_load_explicit(&node->times[MEM_CTIME], memory_order_relaxed))
        atomic_store_explicit(&node->times[MEM_ATIME], mem_now(), memory_order_relaxed);
}

ssize_t mem_f_pread(struct fs *fs, struct fs_file *file, void *buf, size_t size, uint64_t offset)
{
    struct mem_node *node = node_of(fs, file);
    note_read(node);
    READ_SCOPE(&node->lock);
    uint64_t end = node->size;
    if (offset >= end)
        return 0;
    if (size > end - offset)
        size = (size_t)(end - offset);
    mem_data_read(&node->data, buf, size, offset);
    return (ssize_t)size;
}

/* Space is taken before, and what was not needed given back. */
static int write_bytes(struct mem_node *node, const void *buf, size_t size, uint64_t offset)
{
    uint64_t missing = mem_data_missing(&node->data, size, offset), before = node->data.allocated;
    int rc = mem_take(node->mem, missing);
    if (rc)
        return rc;
    rc = mem_data_write(&node->data, buf, size, offset);
    if (rc && offset + size > node->size)
        mem_data_cut(&node->data, node->size);
    mem_give(node->mem, missing + before - node->data.allocated);
    return rc;
}

ssize_t mem_f_pwrite(struct fs *fs, struct fs_file *file, const void *buf, size_t size, uint64_t offset)
{
    struct mem_node *node = node_of(fs, file);
    if (size == 0)
        return 0;
    WRITE_SCOPE(&node->lock);
    int rc = write_bytes(node, buf, size, offset);
    if (rc)
        return rc;
    if (offset + size > node->size)
        node->size = offset + size;
    mem_node_written(node);
    return (ssize_t)size;
}

int mem_f_truncate(struct fs *fs, struct fs_file *file, uint64_t size)
{
    set_size(node_of(fs, file), size);
    return 0;
}

int mem_f_getinfo(struct fs *fs, struct fs_file *file, uint32_t want, struct fs_info *info)
{
    (void)want;
    mem_node_info(node_of(fs, file), info);
    return 0;
}
