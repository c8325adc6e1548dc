// SPDX-License-Identifier: MIT
/*
 * Handles (CCB): one per successful create.
 *
 * `running` counts the operations under way plus one for the open itself, which NT_CLOSE takes away; whoever
 * brings it to 0 runs CloseFile, so CloseFile never overtakes an operation, a stuck one included. While
 * `running` is above 0 it holds one of the memory references; the door holds another.
 */
#include "nt/nt_internal.h"
#include <stdlib.h>

struct nt_handle *handle_new(struct nt_volume *vol, struct nt_node *node, struct nt_file *file)
{
    struct nt_handle *h = calloc(1, sizeof *h);
    if (!h)
        return NULL;
    atomic_init(&h->refs, 2);
    atomic_init(&h->running, 1);
    h->vol = vol;
    nt_node_get(node);
    h->node = node;
    h->file = file_get(file);
    list_init(&h->link);
    list_init(&h->locks);
    list_init(&h->parked);
    pthread_mutex_init(&h->dir_lock, NULL);
    return h;
}

void nt_handle_get(struct nt_handle *h)
{
    atomic_fetch_add_explicit(&h->refs, 1, memory_order_relaxed);
}

static void handle_free(struct nt_handle *h)
{
    snapshot_free(h->listing);
    snapshot_free(h->queried);
    free(h->pattern);
    pthread_mutex_destroy(&h->dir_lock);
    file_put(h->file);
    nt_node_put(h->node);
    free(h);
}

void nt_handle_put(struct nt_handle *h)
{
    if (h && atomic_fetch_sub_explicit(&h->refs, 1, memory_order_acq_rel) == 1)
        handle_free(h);
}

bool handle_hold(struct nt_handle *h)
{
    int running = atomic_load_explicit(&h->running, memory_order_relaxed);
    while (running > 0)
        if (atomic_compare_exchange_weak_explicit(&h->running, &running, running + 1, memory_order_acquire,
                                                  memory_order_relaxed))
            return true;
    return false;
}

bool handle_enter(struct nt_handle *h)
{
    return !atomic_load(&h->cleaned) && handle_hold(h);
}

/* CloseFile, and the open's share of file and memory. */
void handle_end(struct nt_request *rq, struct nt_handle *h)
{
    call_close(rq, h);
    pthread_mutex_lock(&h->file->lock);
    h->file->open_count--;
    list_del(&h->link);
    pthread_mutex_unlock(&h->file->lock);
    atomic_fetch_sub_explicit(&h->vol->handles, 1, memory_order_relaxed);
    nt_handle_put(h);
}

bool handle_drop(struct nt_handle *h)
{
    return atomic_fetch_sub_explicit(&h->running, 1, memory_order_acq_rel) == 1;
}

void handle_leave(struct nt_request *rq, struct nt_handle *h)
{
    if (handle_drop(h))
        handle_end(rq, h);
}

void close_handle(struct nt_request *rq, struct nt_handle *h)
{
    if (!atomic_exchange(&h->closed, true))
        handle_leave(rq, h);
}

struct nt_path *handle_path(struct nt_handle *h)
{
    return h->file ? file_path(h->file) : path_get(h->path);
}

struct nt_volume *nt_handle_volume(const struct nt_handle *handle)
{
    return handle->vol;
}

struct nt_node *nt_handle_node(struct nt_handle *h)
{
    return h->node;
}

bool nt_handle_is_directory(const struct nt_handle *h)
{
    return h->directory;
}

bool nt_handle_wrote(const struct nt_handle *h)
{
    return atomic_load_explicit(&h->wrote, memory_order_relaxed);
}
