// SPDX-License-Identifier: MIT
/*
 * Ways to the file system for operations that name a node: through a handle that somebody has open, else an
 * internal open, unseen by share access.
 */
#include "nt/nt_internal.h"

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
