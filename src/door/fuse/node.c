// SPDX-License-Identifier: MIT
/*
 * Owns what the kernel calls things by: node ids with their lookup counts, and file handles. The names of one
 * file share an id, that of the node which stands for the file. Ids come from
 * slabs that never give one out twice, so a stale or forged id finds nothing.
 *
 * A node's id stands in nt_node_door_id(); it is set and cleared under the node's shard, together with the
 * count. fuse_node_forget() reads an entry before it locks. That is sound because every caller gives back
 * lookups that are still counted: the entry cannot go before the last of them did.
 */
#include "base/cleanup.h"
#include "base/hash.h"
#include "door/fuse/fuse_i.h"
#include <stdlib.h>

static struct fuse_shard *shard_of(struct fuse_door *door, struct nt_node *node)
{
    return &door->shards[hash_ptr(node, 0) % FUSE_SHARDS];
}

struct nt_node *fuse_node_get(struct fuse_door *door, uint64_t id)
{
    struct nt_node *node;
    if (id == FUSE_ROOT_ID) {
        node = nt_volume_root(door->vol);
    } else {
        struct fuse_node *known = slab_get(&door->nodes, id);
        if (!known)
            return NULL;
        node = known->node;
    }
    return nt_node_live(node);
}

static uint64_t learn_new(struct fuse_door *door, struct nt_node *node)
{
    struct fuse_node *known = malloc(sizeof *known);
    if (!known)
        return 0;
    *known = (struct fuse_node){.node = node, .lookups = 1};
    uint64_t id = slab_add(&door->nodes, known);
    if (!id) {
        free(known);
        return 0;
    }
    nt_node_get(node);
    atomic_store(nt_node_door_id(node), id);
    return id;
}

uint64_t fuse_node_learn(struct fuse_door *door, struct nt_node *node)
{
    if (node == nt_volume_root(door->vol))
        return FUSE_ROOT_ID;
    struct nt_node *name = node;
    node = nt_node_identity(node);
    LOCK_SCOPE(&shard_of(door, node)->lock);
    nt_node_keep_name(name);
    uint64_t id = atomic_load(nt_node_door_id(node));
    struct fuse_node *known = id ? slab_get(&door->nodes, id) : NULL;
    if (!known)
        return learn_new(door, node);
    known->lookups++;
    return id;
}

void fuse_node_forget(struct fuse_door *door, uint64_t id, uint64_t lookups)
{
    struct fuse_node *known = slab_get(&door->nodes, id);
    if (!known)
        return;
    struct nt_node *node = known->node;
    struct fuse_shard *shard = shard_of(door, node);
    pthread_mutex_lock(&shard->lock);
    bool last = known->lookups <= lookups;
    known->lookups -= last ? known->lookups : lookups;
    if (last) {
        atomic_store(nt_node_door_id(node), 0);
        slab_remove(&door->nodes, id);
    }
    pthread_mutex_unlock(&shard->lock);
    if (last) {
        free(known);
        nt_node_release_names(node);
        nt_node_put(node);
    }
}

uint64_t fuse_node_known(struct fuse_door *door, struct nt_node *node)
{
    if (!node)
        return 0;
    return node == nt_volume_root(door->vol) ? FUSE_ROOT_ID
                                             : atomic_load(nt_node_door_id(nt_node_identity(node)));
}

static int forget_one(uint64_t id, void *known, void *door)
{
    (void)known;
    fuse_node_forget(door, id, UINT64_MAX);
    return 0;
}

void fuse_node_forget_all(struct fuse_door *door)
{
    slab_for_each(&door->nodes, forget_one, door);
}

uint64_t fuse_handle_add(struct fuse_door *door, struct nt_handle *handle)
{
    return slab_add(&door->handles, handle);
}

struct nt_handle *fuse_handle_get(struct fuse_door *door, uint64_t fh)
{
    return slab_get(&door->handles, fh);
}

struct nt_handle *fuse_handle_take(struct fuse_door *door, uint64_t fh)
{
    return slab_remove(&door->handles, fh);
}

static int put_one(uint64_t fh, void *handle, void *arg)
{
    struct fuse_door *door = arg;
    (void)handle;
    struct nt_handle *taken = fuse_handle_take(door, fh);
    if (taken)
        nt_handle_put(taken);
    return 0;
}

void fuse_handle_put_all(struct fuse_door *door)
{
    slab_for_each(&door->handles, put_one, door);
}
