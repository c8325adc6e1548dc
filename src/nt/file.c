// SPDX-License-Identifier: MIT
/*
 * Files (FCB): one per node that somebody has open. A file lives from the first create that names it until
 * the last handle is closed; it is found through its node, under vol->tree, which is also the lock of the
 * list of files.
 */
#include "nt/nt_internal.h"
#include <stdlib.h>

static struct nt_file *file_new(struct nt_node *node, struct nt_path *path)
{
    struct nt_file *file = calloc(1, sizeof *file);
    if (!file)
        return NULL;
    atomic_init(&file->refs, 1);
    nt_node_get(node);
    file->node = node;
    file->path = path_get(path);
    file->directory = node_has(node, NODE_DIRECTORY);
    pthread_mutex_init(&file->lock, NULL);
    list_init(&file->handles);
    list_init(&file->lock_waiters);
    list_init(&file->oplocks);
    list_init(&file->oplock_waiters);
    return file;
}

struct nt_file *file_of(struct nt_node *node)
{
    struct nt_volume *vol = node->vol;
    struct nt_path *path = tree_path(node);
    if (!path)
        return NULL;
    pthread_mutex_lock(&vol->tree);
    struct nt_file *file = node->file;
    if (file) {
        file_get(file);
    } else if ((file = file_new(node, path)) != NULL) {
        node->file = file;
        list_add_tail(&vol->files, &file->link);
        atomic_fetch_add_explicit(&vol->file_count, 1, memory_order_relaxed);
    }
    pthread_mutex_unlock(&vol->tree);
    path_put(path);
    return file;
}

struct nt_file *file_get(struct nt_file *file)
{
    atomic_fetch_add_explicit(&file->refs, 1, memory_order_relaxed);
    return file;
}

void file_put(struct nt_file *file)
{
    if (!file)
        return;
    struct nt_volume *vol = file->node->vol;
    pthread_mutex_lock(&vol->tree);
    bool last = atomic_fetch_sub_explicit(&file->refs, 1, memory_order_acq_rel) == 1;
    if (last) {
        list_del(&file->link);
        file->node->file = NULL;
        atomic_fetch_sub_explicit(&vol->file_count, 1, memory_order_relaxed);
    }
    pthread_mutex_unlock(&vol->tree);
    if (!last)
        return;
    path_put(file->path);
    pthread_mutex_destroy(&file->lock);
    nt_node_put(file->node);
    free(file);
}

struct nt_path *file_path(struct nt_file *file)
{
    LOCK_SCOPE(&file->lock);
    return path_get(file->path);
}

bool node_is_known_open(struct nt_node *node)
{
    LOCK_SCOPE(&node->vol->tree);
    return node->file != NULL;
}

struct nt_handle *file_borrow_handle(struct nt_node *node)
{
    LOCK_SCOPE(&node->vol->tree);
    if (!node->file)
        return NULL;
    LOCK_SCOPE(&node->file->lock);
    struct nt_handle *h;
    list_for_each (h, &node->file->handles, link) {
        if (handle_enter(h))
            return h;
    }
    return NULL;
}
