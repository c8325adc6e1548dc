// SPDX-License-Identifier: MIT
/*
 * FileLinkInformation and its Ex form: one more name for the file of a handle. The new name is given as a
 * rename's is, and replaces what has it by the same rules (setname.c). No locks but file->lock for the delete
 * mark.
 */
#include "nt/remove.h"
#include "nt/security.h"
#include "nt/setname.h"

enum { WANT_SOURCE, WANT_TARGET, WANT_TARGET_PARENT };

static bool is_deleted(struct nt_handle *h)
{
    LOCK_SCOPE(&h->file->lock);
    return h->file->delete_pending || h->file->posix_deleted || node_has(h->node, NODE_GONE);
}

static NTSTATUS check(struct nt_handle *h, const struct new_name *target)
{
    if (node_has(h->node, NODE_STREAM) || node_has(target->node, NODE_STREAM))
        return STATUS_INVALID_PARAMETER;
    if (h->directory)
        return STATUS_FILE_IS_A_DIRECTORY;
    if (target->node == &h->vol->root || node_has(target->node, NODE_RESERVED))
        return STATUS_ACCESS_DENIED;
    return is_deleted(h) ? STATUS_ACCESS_DENIED : STATUS_SUCCESS;
}

/* Dokany knows no such class. */
NTSTATUS prepare_link_by_handle(struct nt_request *rq)
{
    struct nt_handle *h = rq->handle;
    struct new_name target;
    if (!has_callback(rq->volume, CB_CREATE_HARD_LINK) || !h->file)
        return STATUS_INVALID_PARAMETER;
    NTSTATUS status = target_resolve(rq, &target);
    if (status)
        return status;
    status = check(h, &target);
    if (status) {
        target_put(&target);
        return status;
    }
    want_node(rq, h->node, TOKEN_OPEN);
    token_want(rq, target.node, TOKEN_CHANGE, false);
    token_want(rq, target.parent, TOKEN_HOLD, false);
    return STATUS_SUCCESS;
}

/* What had the name goes on without one, for who has it open. */
static void replaced(struct nt_request *rq, struct nt_node *target, const struct nt_node *source)
{
    if (node_identity(target) == node_identity(source) || rq_expired(rq))
        return;
    event_node(target, NT_EVENT_REMOVED, FILE_NOTIFY_CHANGE_FILE_NAME, rq_origin(rq));
    lose_path(target);
    tree_detach(target);
}

static NTSTATUS name_it(struct nt_request *rq, const struct new_name *target, bool replace)
{
    struct nt_handle *h = rq->handle;
    struct nt_node *fresh = NULL;
    struct nt_attr attr;
    struct nt_path *to = tree_join(target->parent, target->name, target->len);
    if (!to)
        return STATUS_OBJECT_NAME_INVALID;
    NTSTATUS status = call_create_hard_link(rq, h, to, replace);
    path_put(to);
    if (status == STATUS_NOT_IMPLEMENTED)
        return STATUS_NOT_SUPPORTED;
    if (status != STATUS_SUCCESS || target->node == h->node)
        return status > 0 ? STATUS_UNSUCCESSFUL : status;
    if (replace)
        replaced(rq, target->node, h->node);
    struct nt_node *now = node_has(target->node, NODE_GONE) ? tree_renew(target->node, false) : NULL;
    const struct nt_link_made made = {h->node, now ? now : target->node, target->parent};
    if (link_made(rq, h, &made, &attr, &fresh))
        log_warn("a new name is not known to be one more of its file's");
    nt_node_put(fresh);
    nt_node_put(now);
    return STATUS_SUCCESS;
}

NTSTATUS link_by_handle(struct nt_request *rq)
{
    struct nt_handle *h = rq->handle;
    struct new_name target;
    NTSTATUS status = target_resolve(rq, &target);
    if (status)
        return status;
    bool replace = target.flags & FILE_LINK_REPLACE_IF_EXISTS;
    status = check(h, &target);
    if (!status && rq->p.tokens[WANT_TARGET].node != target.node)
        status = STATUS_SHARING_VIOLATION; /* its names moved meanwhile */
    if (!status && is_going(target.parent))
        status = STATUS_DELETE_PENDING;
    if (!status)
        status = guard_add(rq, target.parent, false);
    if (!status && replace && target.node != h->node)
        status = guard_remove(rq, target.node);
    if (!status && replace && target.node != h->node)
        status = may_replace(rq, &target, false);
    if (!status)
        status = rq_expired(rq) ? STATUS_IO_TIMEOUT : name_it(rq, &target, replace);
    target_put(&target);
    return status;
}
