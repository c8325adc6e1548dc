// SPDX-License-Identifier: MIT
/*
 * Names: nodes, their parents and their folded keys. Their paths: path.c; from names to nodes: resolve.c.
 *
 * Invariants, all under vol->tree:
 *  - a node that is not NODE_GONE stands in the hash table under (parent, folded name), at most one per key;
 *  - a node holds its parent; the root is part of the volume and never freed before it;
 *  - a node whose count falls to 0 leaves the table and is freed: identity lasts while somebody knows it.
 */
#include "base/fold.h"
#include "base/hash.h"
#include "nt/nt_internal.h"
#include <stdlib.h>

enum { FIRST_BUCKETS = 256 };

static uint64_t node_hash(const struct nt_node *dir, const WCHAR *name, size_t len)
{
    uint64_t seed = hash_ptr(dir, hash_seed());
    if (dir->vol->case_sensitive)
        return hash_units(name, len, seed);
    WCHAR folded[NT_NAME_MAX + 1];
    fold_units(folded, name, len);
    return hash_units(folded, len, seed);
}

static bool same_name(const struct nt_node *node, const WCHAR *name, size_t len)
{
    if (node->vol->case_sensitive)
        return node->len == len && memcmp(node->name, name, len * sizeof(WCHAR)) == 0;
    return fold_equal(node->name, node->len, name, len);
}

int tree_init(struct nt_volume *vol)
{
    vol->buckets = calloc(FIRST_BUCKETS, sizeof *vol->buckets);
    if (!vol->buckets)
        return -ENOMEM;
    vol->bucket_count = FIRST_BUCKETS;
    vol->next_ino = 2;
    vol->path_gen = 1;
    struct nt_node *root = &vol->root;
    atomic_init(&root->refs, 1);
    atomic_init(&root->flags, NODE_TYPED | NODE_DIRECTORY | NODE_SPELLED);
    root->vol = vol;
    root->parent = root;
    root->ino = 1;
    root->path = path_new(u"\\", 1);
    root->path_gen = UINT64_MAX;
    return root->path ? 0 : -ENOMEM;
}

void tree_destroy(struct nt_volume *vol)
{
    path_put(vol->root.path);
    free(vol->buckets);
}

static struct nt_node **bucket_of(struct nt_volume *vol, uint64_t hash)
{
    return &vol->buckets[hash & (vol->bucket_count - 1)];
}

static void grow_buckets(struct nt_volume *vol)
{
    size_t count = vol->bucket_count * 2;
    struct nt_node **old = vol->buckets;
    struct nt_node **fresh = calloc(count, sizeof *fresh);
    if (!fresh)
        return;
    size_t old_count = vol->bucket_count;
    vol->buckets = fresh;
    vol->bucket_count = count;
    for (size_t i = 0; i < old_count; i++) {
        for (struct nt_node *node = old[i], *next; node; node = next) {
            next = node->next;
            struct nt_node **bucket = bucket_of(vol, node->hash);
            node->next = *bucket;
            *bucket = node;
        }
    }
    free(old);
}

static void hash_node(struct nt_node *node)
{
    struct nt_volume *vol = node->vol;
    node->hash = node_hash(node->parent, node->name, node->len);
    struct nt_node **bucket = bucket_of(vol, node->hash);
    node->next = *bucket;
    *bucket = node;
    if (++vol->node_count > vol->bucket_count)
        grow_buckets(vol);
}

static void unhash_node(struct nt_node *node)
{
    for (struct nt_node **at = bucket_of(node->vol, node->hash); *at; at = &(*at)->next) {
        if (*at == node) {
            *at = node->next;
            node->next = NULL;
            node->vol->node_count--;
            return;
        }
    }
}

static struct nt_node *find_locked(struct nt_node *dir, const WCHAR *name, size_t len)
{
    if (node_has(dir, NODE_GONE))
        return NULL;
    uint64_t hash = node_hash(dir, name, len);
    for (struct nt_node *node = *bucket_of(dir->vol, hash); node; node = node->next)
        if (node->hash == hash && node->parent == dir && same_name(node, name, len))
            return node;
    return NULL;
}

static WCHAR *copy_name(const WCHAR *name, size_t len)
{
    WCHAR *copy = malloc((len + 1) * sizeof(WCHAR));
    if (copy) {
        memcpy(copy, name, len * sizeof(WCHAR));
        copy[len] = 0;
    }
    return copy;
}

static struct nt_node *node_new(struct nt_node *dir, const WCHAR *name, size_t len)
{
    struct nt_node *node = calloc(1, sizeof *node);
    WCHAR *copy = copy_name(name, len);
    if (!node || !copy) {
        free(node);
        free(copy);
        return NULL;
    }
    struct nt_volume *vol = dir->vol;
    atomic_init(&node->refs, 1);
    unsigned flags = len && name[0] == u':' ? NODE_STREAM | NODE_TYPED : 0;
    if (node_has(dir, NODE_RESERVED) || name_is_reserved(vol, dir, name, len))
        flags |= NODE_RESERVED;
    atomic_init(&node->flags, flags);
    node->vol = vol;
    nt_volume_get(vol);
    atomic_fetch_add_explicit(&vol->nodes, 1, memory_order_relaxed);
    nt_node_get(dir);
    node->parent = dir;
    node->name = copy;
    node->len = (uint16_t)len;
    node->ino = vol->next_ino++;
    cache_inherit(node);
    return node;
}

static void node_free(struct nt_node *node)
{
    struct nt_volume *vol = node->vol;
    path_put(node->path);
    free(node->name);
    free(node);
    atomic_fetch_sub_explicit(&vol->nodes, 1, memory_order_relaxed);
    nt_volume_put(vol);
}

static struct nt_node *child_locked(struct nt_node *dir, const WCHAR *name, size_t len)
{
    struct nt_node *node = find_locked(dir, name, len);
    if (node) {
        nt_node_get(node);
        return node;
    }
    node = node_new(dir, name, len);
    if (node && !node_has(dir, NODE_GONE))
        hash_node(node);
    else if (node)
        atomic_fetch_or(&node->flags, NODE_GONE);
    return node;
}

struct nt_node *tree_child(struct nt_node *dir, const WCHAR *name, size_t len)
{
    LOCK_SCOPE(&dir->vol->tree);
    return child_locked(dir, name, len);
}

void nt_node_get(struct nt_node *node)
{
    if (node != &node->vol->root)
        atomic_fetch_add_explicit(&node->refs, 1, memory_order_relaxed);
}

/* Drops a reference that may be the last one; true when the node is out of the table and ours to free. */
static bool drop_last(struct nt_node *node, struct nt_node **identity)
{
    LOCK_SCOPE(&node->vol->tree);
    if (atomic_fetch_sub_explicit(&node->refs, 1, memory_order_acq_rel) != 1)
        return false;
    if (!node_has(node, NODE_GONE))
        unhash_node(node);
    *identity = identity_leave(node);
    return true;
}

void nt_node_put(struct nt_node *node)
{
    while (node && node != &node->vol->root) {
        int refs = atomic_load_explicit(&node->refs, memory_order_relaxed);
        while (refs > 1)
            if (atomic_compare_exchange_weak_explicit(&node->refs, &refs, refs - 1, memory_order_release,
                                                      memory_order_relaxed))
                return;
        struct nt_node *identity = NULL;
        if (!drop_last(node, &identity))
            return;
        nt_node_put(identity);
        cache_bequeath(node);
        struct nt_node *parent = node->parent == &node->vol->root ? NULL : node->parent;
        node_free(node);
        node = parent;
    }
}

static void detach_locked(struct nt_node *node)
{
    if (node == &node->vol->root || node_has(node, NODE_GONE))
        return;
    unhash_node(node);
    atomic_fetch_or(&node->flags, NODE_GONE);
    atomic_fetch_add(&node->vol->name_gen, 1);
}

void tree_detach(struct nt_node *node)
{
    LOCK_SCOPE(&node->vol->tree);
    detach_locked(node);
}

void tree_forget(struct nt_node *node)
{
    LOCK_SCOPE(&node->vol->tree);
    bool known = node->file != NULL;
    for (int mode = 0; mode < TOKEN_MODES; mode++)
        known |= node->held[mode] != 0;
    if (!known)
        detach_locked(node);
}

bool tree_is_below(const struct nt_node *node, const struct nt_node *ancestor)
{
    const struct nt_node *root = &node->vol->root;
    while (node != ancestor && node != root)
        node = node->parent;
    return node == ancestor;
}

static void refresh_file_path(struct nt_file *file)
{
    if (node_has(file->node, NODE_GONE))
        return; /* it has no name that could follow */
    struct nt_path *path = path_locked(file->node);
    if (!path) {
        log_warn("no memory for a renamed path: an open file keeps its old name");
        return;
    }
    pthread_mutex_lock(&file->lock);
    struct nt_path *old = file->path;
    file->path = path;
    pthread_mutex_unlock(&file->lock);
    path_put(old);
}

/* A file without streams has nothing below it: only its own FCB must follow. */
static void refresh_paths(struct nt_node *node)
{
    struct nt_volume *vol = node->vol;
    path_put(node->path);
    node->path = NULL;
    if (!node_has(node, NODE_DIRECTORY) && !volume_option(vol, DOKAN_OPTION_ALT_STREAM)) {
        if (node->file)
            refresh_file_path(node->file);
        return;
    }
    vol->path_gen++;
    struct nt_file *file;
    list_for_each (file, &vol->files, link) {
        if (tree_is_below(file->node, node))
            refresh_file_path(file);
    }
}

/* Lock held. Takes over `name`, gives back the old one; the reference to the old parent is the caller's. */
static WCHAR *move_locked(struct nt_node *node, struct nt_node *dir, WCHAR *name, size_t len)
{
    const uint32_t inherited = NODE_RESERVED | NODE_GONE;
    struct nt_node *there = find_locked(dir, name, len);
    if (there && there != node)
        detach_locked(there);
    if (!node_has(node, NODE_GONE))
        unhash_node(node);
    nt_node_get(dir);
    WCHAR *old_name = node->name;
    node->parent = dir;
    node->name = name;
    node->len = (uint16_t)len;
    uint32_t flags = atomic_load(&dir->flags) & inherited;
    atomic_fetch_and(&node->flags, ~inherited);
    atomic_fetch_or(&node->flags, flags | NODE_SPELLED);
    if (!(flags & NODE_GONE))
        hash_node(node);
    atomic_fetch_add(&node->vol->name_gen, 1);
    refresh_paths(node);
    return old_name;
}

NTSTATUS tree_move(struct nt_node *node, struct nt_node *dir, const WCHAR *name, size_t len)
{
    WCHAR *copy = copy_name(name, len);
    if (!copy)
        return STATUS_INSUFFICIENT_RESOURCES;
    pthread_mutex_lock(&node->vol->tree);
    struct nt_node *old_parent = node->parent;
    WCHAR *old_name = move_locked(node, dir, copy, len);
    pthread_mutex_unlock(&node->vol->tree);
    free(old_name);
    nt_node_put(old_parent);
    return STATUS_SUCCESS;
}

void tree_exchange(struct nt_node *a, struct nt_node *b)
{
    LOCK_SCOPE(&a->vol->tree);
    struct nt_node *parent = a->parent;
    WCHAR *name = a->name;
    uint16_t len = a->len;
    if (a == b)
        return;
    /* Past the deadline others may have moved or removed them: what is where is not known any more. */
    if (node_has(a, NODE_GONE) || node_has(b, NODE_GONE) || tree_is_below(a, b) || tree_is_below(b, a)) {
        detach_locked(a);
        detach_locked(b);
        return;
    }
    unhash_node(a);
    unhash_node(b);
    a->parent = b->parent;
    a->name = b->name;
    a->len = b->len;
    b->parent = parent;
    b->name = name;
    b->len = len;
    hash_node(a);
    hash_node(b);
    atomic_fetch_add(&a->vol->name_gen, 1);
    refresh_paths(a);
    refresh_paths(b);
}

NTSTATUS tree_move_aside(struct nt_request *rq, struct nt_node *node, struct nt_node *dir, const WCHAR *name,
                         size_t len)
{
    WCHAR *copy = copy_name(name, len), *old_name = copy;
    pthread_mutex_lock(&node->vol->tree);
    struct nt_node *old_parent = node->parent;
    struct nt_node *left = copy ? node_new(old_parent, node->name, node->len) : NULL;
    if (left) {
        old_name = move_locked(node, dir, copy, len);
        hash_node(left);
        token_keep(rq, left);
    }
    pthread_mutex_unlock(&node->vol->tree);
    free(old_name);
    if (!left)
        return STATUS_INSUFFICIENT_RESOURCES;
    nt_node_put(old_parent);
    return STATUS_SUCCESS;
}

bool tree_set_type(struct nt_node *node, bool directory)
{
    directory &= !node_has(node, NODE_STREAM);
    unsigned want = NODE_TYPED | (directory ? NODE_DIRECTORY : 0);
    unsigned have = atomic_load(&node->flags);
    if ((have & (NODE_TYPED | NODE_DIRECTORY)) == want)
        return true;
    if ((have & NODE_TYPED) && node != &node->vol->root) {
        tree_detach(node);
        return false;
    }
    atomic_fetch_or(&node->flags, want);
    return true;
}

void tree_set_spelling(struct nt_node *node, const WCHAR *name, size_t len)
{
    LOCK_SCOPE(&node->vol->tree);
    if (len == node->len) {
        if (memcmp(node->name, name, len * sizeof(WCHAR)) && !node_has(node, NODE_SPELLED) && !node->file)
            memcpy(node->name, name, len * sizeof(WCHAR));
        if (memcmp(node->name, name, len * sizeof(WCHAR)) == 0)
            atomic_fetch_or(&node->flags, NODE_SPELLED);
    }
}

struct nt_node *tree_place(struct nt_node *node, struct nt_spelling *name)
{
    LOCK_SCOPE(&node->vol->tree);
    if (name) {
        name->len = node->len;
        memcpy(name->text, node->name, node->len * sizeof(WCHAR));
    }
    nt_node_get(node->parent);
    return node->parent;
}

struct nt_node *tree_renew(struct nt_node *node, bool directory)
{
    LOCK_SCOPE(&node->vol->tree);
    struct nt_node *fresh = child_locked(node->parent, node->name, node->len);
    if (fresh && !node_has(fresh, NODE_TYPED))
        atomic_fetch_or(&fresh->flags, NODE_TYPED | (directory ? NODE_DIRECTORY : 0));
    return fresh;
}

bool nt_node_is_directory(const struct nt_node *node)
{
    return node_has(node, NODE_DIRECTORY);
}

uint64_t nt_node_ino(const struct nt_node *node)
{
    return node_identity(node)->ino;
}

struct nt_node *nt_node_identity(struct nt_node *node)
{
    return node_identity(node);
}

_Atomic uint64_t *nt_node_door_id(struct nt_node *node)
{
    return &node->door_id;
}
