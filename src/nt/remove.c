// SPDX-License-Identifier: MIT
/*
 * POSIX removal by name: the name is free at once, open handles go on, READONLY does not protect.
 *
 * A file nobody has open is deleted as NT does it: the file system is asked (DeleteFile, DeleteDirectory),
 * then told in Cleanup. One that is open is first moved into the reserved folder of the root, marked for
 * deletion there, and deleted by its last Cleanup. A file system that offers RemoveName needs none of this.
 * (The folder: reserved.c.) Where MoveFile fails, the file stays under its name, marked: lookups no longer
 * find it.
 */
#include "nt/remove.h"
#include "nt/security.h"

NTSTATUS prepare_remove(struct nt_request *rq)
{
    struct nt_node *node, *parent;
    NTSTATUS status = tree_resolve(rq->volume, &rq->remove.name, &node, &parent);
    if (status)
        return status;
    token_want(rq, node, TOKEN_CHANGE, false);
    token_want(rq, parent, TOKEN_HOLD, false);
    if (node == &rq->volume->root)
        return STATUS_SHARING_VIOLATION;
    return node_has(node, NODE_RESERVED) ? STATUS_OBJECT_NAME_NOT_FOUND : STATUS_SUCCESS;
}

NTSTATUS node_openers(struct nt_node *node, bool *open)
{
    LOCK_SCOPE(&node->vol->tree);
    *open = false;
    if (!node->file)
        return STATUS_SUCCESS;
    LOCK_SCOPE(&node->file->lock);
    *open = node->file->unclean_count > 0;
    if (node->file->delete_pending)
        return STATUS_OBJECT_NAME_NOT_FOUND;
    const ULONG all = FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE;
    return share_allows(&node->file->share, DELETE, all) ? STATUS_SUCCESS : STATUS_SHARING_VIOLATION;
}

NTSTATUS clear_readonly(struct nt_request *rq, struct nt_handle *h, uint32_t *before)
{
    struct nt_attr attr;
    *before = 0;
    if (attr_query(rq, h, &attr, false) || !(attr.attributes & FILE_ATTRIBUTE_READONLY))
        return STATUS_SUCCESS;
    if (rq_expired(rq))
        return STATUS_IO_TIMEOUT;
    uint32_t without = attr.attributes & ~(uint32_t)(FILE_ATTRIBUTE_READONLY | FILE_ATTRIBUTE_DIRECTORY);
    NTSTATUS status = call_set_attributes(rq, h, without ? without : FILE_ATTRIBUTE_NORMAL);
    cache_drop(h->node);
    if (status == STATUS_SUCCESS)
        *before = attr.attributes & ~(uint32_t)FILE_ATTRIBUTE_DIRECTORY;
    return status;
}

NTSTATUS ask_deletion(struct nt_request *rq, struct nt_handle *h)
{
    if (rq_expired(rq))
        return STATUS_IO_TIMEOUT;
    NTSTATUS status = call_delete(rq, h, true);
    if (status != STATUS_SUCCESS)
        return status > 0 ? STATUS_UNSUCCESSFUL : status;
    if (!rq_expired(rq))
        return STATUS_SUCCESS;
    call_delete(rq, h, false);
    return STATUS_IO_TIMEOUT;
}

bool mark_deleted(struct nt_node *node)
{
    LOCK_SCOPE(&node->vol->tree);
    if (!node->file)
        return false;
    LOCK_SCOPE(&node->file->lock);
    node->file->delete_pending = true;
    node->file->posix_deleted = true;
    return node->file->unclean_count > 0;
}

NTSTATUS free_name(struct nt_request *rq, struct nt_handle *h, bool *held)
{
    struct nt_spelling name;
    struct nt_node *parent = tree_place(h->node, &name);
    NTSTATUS status = hide_open_file(rq, h);
    bool too_late = status && rq_expired(rq);
    if (too_late) {
        call_delete(rq, h, false);
    } else {
        if (status)
            log_debug("an open file that was removed keeps its name until it is closed: MoveFile gave 0x%08x",
                      (unsigned)status);
        *held = mark_deleted(h->node);
        event_removed(h->node, parent, &name, rq_origin(rq));
        cache_drop(h->node);
        cache_drop(parent);
    }
    nt_node_put(parent);
    return too_late ? STATUS_IO_TIMEOUT : STATUS_SUCCESS;
}

/* Nobody has it open: it is deleted here. `told`: that the name is gone. Closes h. */
static void delete_now(struct nt_request *rq, struct nt_handle *h, bool told)
{
    struct nt_node *node = h->node;
    struct nt_spelling name;
    struct nt_node *parent = tree_place(node, &name);
    internal_close(rq, h, true);
    if (!told)
        event_removed(node, parent, &name, rq_origin(rq));
    cache_drop(node);
    cache_drop(parent);
    nt_node_put(parent);
    if (rq_expired(rq))
        tree_forget(node); /* its name may be another's already */
    else
        tree_detach(node);
}

void lose_path(struct nt_node *node)
{
    static const WCHAR gone[] = u"\\.xdokan-removed\\gone";
    struct nt_path *path = path_new(gone, sizeof gone / sizeof *gone - 1);
    pthread_mutex_lock(&node->vol->tree);
    struct nt_file *file = path ? node->file : NULL;
    if (file) {
        LOCK_SCOPE(&file->lock);
        struct nt_path *old = file->path;
        file->path = path;
        path = old;
    }
    pthread_mutex_unlock(&node->vol->tree);
    path_put(path);
}

static void name_removed(struct nt_request *rq, struct nt_node *node, struct nt_node *parent,
                         const struct nt_spelling *name)
{
    event_removed(node, parent, name, rq_origin(rq));
    cache_drop(node);
    cache_drop(parent);
    if (rq_expired(rq)) {
        tree_forget(node); /* its name may be another's already */
        return;
    }
    lose_path(node);
    tree_detach(node);
}

void free_name_at_cleanup(struct nt_request *rq, struct nt_handle *h)
{
    struct nt_spelling name;
    bool held;
    struct nt_node *parent = tree_place(h->node, &name);
    NTSTATUS status = call_remove_name(rq, h);
    if (status == STATUS_SUCCESS)
        name_removed(rq, h->node, parent, &name);
    nt_node_put(parent);
    if (status == STATUS_NOT_IMPLEMENTED)
        free_name(rq, h, &held);
}

/* The file system frees the name itself; whoever has the file open goes on. Closes h, unless it cannot
 * (NOT_IMPLEMENTED). */
static NTSTATUS remove_at_once(struct nt_request *rq, struct nt_handle *h)
{
    struct nt_node *node = h->node;
    struct nt_spelling name;
    struct nt_node *parent = tree_place(node, &name);
    NTSTATUS status = rq_expired(rq) ? STATUS_IO_TIMEOUT : call_remove_name(rq, h);
    if (status != STATUS_NOT_IMPLEMENTED)
        internal_close(rq, h, false);
    if (status == STATUS_SUCCESS)
        name_removed(rq, node, parent, &name);
    nt_node_put(parent);
    return status > 0 ? STATUS_UNSUCCESSFUL : status;
}

/* A link may have the attribute of a directory; for unlink(2) it is none. */
static NTSTATUS open_link(struct nt_request *rq, struct nt_node *node, ACCESS_MASK access,
                          struct nt_handle *h)
{
    struct nt_attr attr;
    if (internal_open(rq, node, access, FILE_DIRECTORY_FILE, h) < 0)
        return STATUS_FILE_IS_A_DIRECTORY;
    if (!attr_query(rq, h, &attr, true) && nt_reparse_is_link(attr.reparse_tag))
        return STATUS_SUCCESS;
    internal_close(rq, h, false);
    return STATUS_FILE_IS_A_DIRECTORY;
}

static NTSTATUS open_doomed(struct nt_request *rq, struct nt_node *node, struct nt_handle *h)
{
    const ACCESS_MASK access = DELETE | FILE_READ_ATTRIBUTES | FILE_WRITE_ATTRIBUTES;
    bool directory = rq->remove.directory;
    NTSTATUS status =
        internal_open(rq, node, access, directory ? FILE_DIRECTORY_FILE : FILE_NON_DIRECTORY_FILE, h);
    if (status == STATUS_FILE_IS_A_DIRECTORY && !directory && has_callback(rq->volume, CB_GET_REPARSE))
        return open_link(rq, node, access, h);
    return status;
}

NTSTATUS run_remove(struct nt_request *rq)
{
    struct nt_node *node = rq->p.tokens[0].node;
    bool open, held = false;
    struct nt_handle h;
    uint32_t before;
    NTSTATUS status = node_openers(node, &open);
    if (!status)
        status = guard_remove(rq, node);
    if (status)
        return status;
    status = open_doomed(rq, node, &h);
    if (status < 0)
        return status;
    tree_set_type(node, h.directory);
    status = remove_at_once(rq, &h);
    if (status != STATUS_NOT_IMPLEMENTED)
        return status;
    status = clear_readonly(rq, &h, &before);
    if (!status)
        status = ask_deletion(rq, &h);
    if (!status && open)
        status = free_name(rq, &h, &held);
    if (status && before)
        call_set_attributes(rq, &h, before);
    if (status || held)
        internal_close(rq, &h, false);
    else
        delete_now(rq, &h, open);
    return status > 0 ? STATUS_UNSUCCESSFUL : status;
}
