// SPDX-License-Identifier: MIT
/*
 * Nodes of a tree in memory: made, counted, freed; their facts, their times and the space they take.
 */
#include "fs/format/mem.h"

#include <errno.h>
#include <stdlib.h>
#include <time.h>

int64_t mem_now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_REALTIME, &time);
    return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

static int take(_Atomic uint64_t *used, uint64_t amount, uint64_t most)
{
    uint64_t after = atomic_fetch_add_explicit(used, amount, memory_order_relaxed) + amount;
    if (most == 0 || after <= most)
        return 0;
    atomic_fetch_sub_explicit(used, amount, memory_order_relaxed);
    return -ENOSPC;
}

int mem_take(struct mem *mem, uint64_t bytes)
{
    return bytes ? take(&mem->bytes, bytes, mem->max_bytes) : 0;
}

void mem_give(struct mem *mem, uint64_t bytes)
{
    if (bytes)
        atomic_fetch_sub_explicit(&mem->bytes, bytes, memory_order_relaxed);
}

static int node_take(struct mem *mem)
{
    int rc = take(&mem->files, 1, mem->max_files);
    if (rc == 0 && (rc = mem_take(mem, MEM_NODE_COST)) != 0)
        atomic_fetch_sub(&mem->files, 1);
    return rc;
}

static void node_give(struct mem *mem)
{
    atomic_fetch_sub(&mem->files, 1);
    mem_give(mem, MEM_NODE_COST);
}

int mem_node_new(struct mem *mem, uint32_t type, uint32_t mode, struct mem_node **out)
{
    int rc = node_take(mem);
    if (rc)
        return rc;
    struct mem_node *node = calloc(1, sizeof *node);
    if (!node) {
        node_give(mem);
        return -ENOMEM;
    }
    atomic_init(&node->refs, 1);
    node->type = type;
    node->id = atomic_fetch_add(&mem->last_id, 1) + 1;
    node->mem = mem;
    node->mode = mode & 07777;
    node->uid = mem->uid;
    node->gid = mem->gid;
    node->links = type == FS_TYPE_DIRECTORY ? 1 : 0; /* its own "." */
    int64_t now = mem_now();
    for (int i = 0; i < MEM_TIMES; i++)
        atomic_init(&node->times[i], now);
    node->lock = (pthread_rwlock_t)PTHREAD_RWLOCK_WRITER_NONRECURSIVE_INITIALIZER_NP;
    *out = node;
    return 0;
}

struct mem_node *mem_node_get(struct mem_node *node)
{
    atomic_fetch_add_explicit(&node->refs, 1, memory_order_relaxed);
    return node;
}

static void content_free(struct mem_node *node)
{
    if (node->type == FS_TYPE_DIRECTORY) {
        mem_dir_free(&node->dir);
    } else if (node->type == FS_TYPE_SYMLINK) {
        mem_give(node->mem, node->size);
        free(node->target);
    } else {
        mem_give(node->mem, node->data.allocated);
        mem_data_cut(&node->data, 0);
    }
}

void mem_node_put(struct mem_node *node)
{
    if (!node || atomic_fetch_sub_explicit(&node->refs, 1, memory_order_acq_rel) > 1)
        return;
    content_free(node);
    mem_xattrs_free(node);
    node_give(node->mem);
    pthread_rwlock_destroy(&node->lock);
    free(node);
}

void mem_node_written(struct mem_node *node)
{
    int64_t now = mem_now();
    atomic_store_explicit(&node->times[MEM_MTIME], now, memory_order_relaxed);
    atomic_store_explicit(&node->times[MEM_CTIME], now, memory_order_relaxed);
}

void mem_node_changed(struct mem_node *node)
{
    atomic_store_explicit(&node->times[MEM_CTIME], mem_now(), memory_order_relaxed);
}

void mem_node_info(struct mem_node *node, struct fs_info *info)
{
    info->valid = FS_INFO_ALL;
    info->type = node->type;
    info->size = node->size;
    info->allocated = node->type == FS_TYPE_FILE ? (uint64_t)node->data.allocated : 0;
    info->atime = node->times[MEM_ATIME];
    info->mtime = node->times[MEM_MTIME];
    info->ctime = node->times[MEM_CTIME];
    info->btime = node->times[MEM_BTIME];
    info->mode = node->mode;
    info->uid = node->uid;
    info->gid = node->gid;
    info->links = node->links;
    info->id = node->id;
    info->attributes = node->attributes;
    info->reserved = 0;
}
