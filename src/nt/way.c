// SPDX-License-Identifier: MIT
/*
 * Ways to the file system for operations that name a node: through a handle that somebody has open, else an
 * internal open, unseen by share access.
 */
#include "nt/nt_internal.h"

NTSTATUS internal_open(struct nt_request *rq, struct nt_node *node, ACCESS_MASK access, ULONG options,
                       struct nt_handle *out)
{
    struct nt_path *path = tree_path(node);
    if (!path)
        return STATUS_INSUFFICIENT_RESOURCES;
    ULONG itself = has_callback(rq->volume, CB_GET_REPARSE) ? FILE_OPEN_REPARSE_POINT : 0;
    struct create_call c = {.access = access | SYNCHRONIZE,
                            .share = FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE,
                            .disposition = FILE_OPEN,
                            .options = options | FILE_SYNCHRONOUS_IO_NONALERT | itself,
                            .directory = options & FILE_DIRECTORY_FILE};
    NTSTATUS status = call_create(rq, path, &c);
    if (status < 0) {
        path_put(path);
        return status;
    }
    memset(out, 0, sizeof *out);
    out->vol = rq->volume;
    out->node = node;
    out->path = path;
    out->access = c.access;
    out->options = c.options;
    out->directory = c.directory;
    atomic_init(&out->context, c.context);
    return STATUS_SUCCESS;
}

void internal_close(struct nt_request *rq, struct nt_handle *h, bool delete)
{
    call_cleanup(rq, h, delete);
    call_close(rq, h);
    path_put(h->path);
}

NTSTATUS way_begin(struct nt_request *rq, struct nt_node *node, ACCESS_MASK rights, bool borrow,
                   struct nt_way *way)
{
    way->h = borrow ? file_borrow_handle(node) : NULL;
    way->borrowed = way->h != NULL;
    if (way->borrowed)
        return STATUS_SUCCESS;
    if (node_has(node, NODE_GONE))
        return STATUS_OBJECT_NAME_NOT_FOUND;
    NTSTATUS status = internal_open(rq, node, rights, 0, &way->internal);
    if (!rq_expired(rq))
        identity_lost(node, status);
    way->h = &way->internal;
    return status < 0 ? status : STATUS_SUCCESS;
}

void way_end(struct nt_request *rq, struct nt_way *way)
{
    if (way->borrowed)
        handle_leave(rq, way->h);
    else
        internal_close(rq, way->h, false);
}

void want_node(struct nt_request *rq, struct nt_node *node, enum nt_token_mode mode)
{
    nt_node_get(node);
    token_want(rq, node, mode, false);
}
