// SPDX-License-Identifier: MIT
/*
 * Cleanup and close. Cleanup comes once per handle, when its last user reference goes; the Cleanup that finds
 * no other handle uncleaned and the file marked for deletion deletes it. Cleanups of one name exclude each
 * other (TOKEN_CLEANUP); those of late creates and of a stopping volume do without, and decide() counts so
 * that exactly one is the last even then. A name that went to another file (NODE_GONE) is not deleted.
 *
 * Whoever waits with the handle is sent away first and its watch ends; its byte-range locks go after the file
 * system's Cleanup, and who waited for them gets them then.
 */
#include "nt/remove.h"

NTSTATUS prepare_cleanup(struct nt_request *rq)
{
    struct nt_handle *h = rq->handle;
    pthread_mutex_lock(&h->file->lock);
    bool frees = h->posix_delete;
    pthread_mutex_unlock(&h->file->lock);
    want_node(rq, h->node, h->delete_on_close || frees ? TOKEN_CHANGE : TOKEN_CLEANUP);
    if (frees)
        token_want(rq, tree_place(h->node, NULL), TOKEN_HOLD, false);
    return STATUS_SUCCESS;
}

NTSTATUS prepare_close(struct nt_request *rq)
{
    return atomic_load(&rq->handle->cleaned) ? STATUS_SUCCESS : prepare_cleanup(rq);
}

struct verdict {
    bool delete, wrote;
    bool told; /* that the name is gone: it went by POSIX rules */
};

static struct verdict decide(struct nt_handle *h)
{
    struct nt_file *file = h->file;
    LOCK_SCOPE(&file->lock);
    if (h->delete_on_close)
        file->delete_pending = true;
    bool last = --file->unclean_count == 0;
    struct verdict v = {.delete = last && file->delete_pending && !node_has(h->node, NODE_GONE),
                        .wrote = file->written,
                        .told = file->posix_deleted};
    file->written = false;
    return v;
}

static void withdraw(struct nt_handle *h)
{
    struct nt_file *file = h->file;
    LOCK_SCOPE(&file->lock);
    share_remove(&file->share, h->access, h->share);
    locks_drop(h);
    oplocks_drop(h);
}

static void file_deleted(struct nt_request *rq, struct nt_handle *h, bool told)
{
    struct nt_node *node = h->node, *parent = tree_place(node, NULL);
    uint32_t filter = h->directory ? FILE_NOTIFY_CHANGE_DIR_NAME : FILE_NOTIFY_CHANGE_FILE_NAME;
    if (!told && !node_has(node, NODE_RESERVED | NODE_GONE))
        event_node(node, NT_EVENT_REMOVED, filter, rq_origin(rq));
    cache_drop(node);
    cache_drop(parent);
    tree_detach(node);
    nt_node_put(parent);
}

/* It was deleted by POSIX rules through this handle, and others are left. */
static bool frees_name(struct nt_handle *h)
{
    struct nt_file *file = h->file;
    LOCK_SCOPE(&file->lock);
    return h->posix_delete && file->delete_pending && !file->posix_deleted && file->unclean_count > 1 &&
           !node_has(h->node, NODE_GONE) && !nt_volume_stopping(h->vol);
}

static void cleanup_once(struct nt_request *rq, struct nt_handle *h)
{
    park_end_handle(h);
    watch_end(h);
    if (frees_name(h))
        free_name_at_cleanup(rq, h);
    struct verdict v = decide(h);
    if (h->delete_on_close)
        watches_deleting(h->file);
    call_cleanup(rq, h, v.delete);
    withdraw(h);
    if (v.delete)
        file_deleted(rq, h, v.told);
    if (v.wrote && !v.delete) {
        cache_drop(h->node);
        event_node(h->node, NT_EVENT_MODIFIED, FILE_NOTIFY_CHANGE_LAST_WRITE, rq_origin(rq));
    }
    pthread_mutex_lock(&h->dir_lock);
    snapshot_free(steal_ptr(&h->listing));
    snapshot_free(steal_ptr(&h->queried));
    pthread_mutex_unlock(&h->dir_lock);
}

/* CloseFile waits for a Cleanup that somebody else is in. */
void cleanup_handle(struct nt_request *rq, struct nt_handle *h)
{
    if (!handle_hold(h))
        return;
    if (!atomic_exchange(&h->cleaned, true))
        cleanup_once(rq, h);
    handle_leave(rq, h);
}

NTSTATUS run_cleanup(struct nt_request *rq)
{
    cleanup_handle(rq, rq->handle);
    return STATUS_SUCCESS;
}

NTSTATUS run_close(struct nt_request *rq)
{
    struct nt_handle *h = rq->handle;
    cleanup_handle(rq, h);
    close_handle(rq, h);
    nt_handle_put(h);
    return STATUS_SUCCESS;
}
