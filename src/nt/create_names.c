// SPDX-License-Identifier: MIT
/*
 * The names of an open and their reservations: of what is opened and its parent; of the parent and its own
 * where the parent is opened instead (SL_OPEN_TARGET_DIRECTORY); and, once links or a number led elsewhere,
 * of the node to which they led, which stands for the name from then on.
 */
#include "nt/create.h"

/* The parent is opened instead; the name itself must stay what it is meanwhile. */
static NTSTATUS want_parent(struct nt_request *rq, struct nt_node *node, struct nt_node *parent)
{
    bool root = node == parent, stream = node_has(node, NODE_STREAM);
    struct nt_node *above = tree_place(parent, NULL);
    token_want(rq, parent, TOKEN_OPEN, false);
    token_want(rq, above, TOKEN_HOLD, false);
    token_want(rq, node, TOKEN_HOLD, false);
    if (stream)
        return STATUS_OBJECT_NAME_INVALID;
    return root || node_has(node, NODE_RESERVED) ? STATUS_ACCESS_DENIED : STATUS_SUCCESS;
}

/* A link's target is named by its node. Who took its name in the meantime is meant as well. */
static NTSTATUS resolve_moved(struct nt_request *rq, struct nt_node **node, struct nt_node **parent)
{
    struct nt_node *old = rq->create.name.dir;
    struct nt_spelling name;
    if (!node_has(old, NODE_GONE)) {
        nt_node_get(old);
        *node = old;
        *parent = tree_place(old, NULL);
        return STATUS_SUCCESS;
    }
    *parent = tree_place(old, &name);
    *node = tree_child(*parent, name.text, name.len);
    if (*node)
        return STATUS_SUCCESS;
    nt_node_put(*parent);
    return STATUS_INSUFFICIENT_RESOURCES;
}

static NTSTATUS want_names(struct nt_request *rq)
{
    struct nt_create_args *a = &rq->create;
    struct nt_node *node, *parent;
    bool moved = a->way.moved;
    NTSTATUS status =
        moved ? resolve_moved(rq, &node, &parent) : tree_resolve(rq->volume, &a->name, &node, &parent);
    if (status)
        return status;
    if (a->target_directory)
        return want_parent(rq, node, parent);
    bool creates = disposition_of(a)->creates && node != parent;
    token_want(rq, node, creates ? TOKEN_CHANGE : TOKEN_OPEN, false);
    token_want(rq, parent, TOKEN_HOLD, false);
    if (node_has(node, NODE_RESERVED) && (a->name.len || moved))
        return creates && !node_has(parent, NODE_RESERVED) ? STATUS_ACCESS_DENIED
                                                           : STATUS_OBJECT_NAME_NOT_FOUND;
    return node_has(node, NODE_GONE) ? STATUS_OBJECT_NAME_NOT_FOUND : STATUS_SUCCESS;
}

NTSTATUS prepare_create(struct nt_request *rq)
{
    struct nt_create_args *a = &rq->create;
    memset(&a->out, 0, sizeof a->out);
    NTSTATUS status = a->way.ruled ? STATUS_SUCCESS : create_rules(rq);
    if (status || (a->way.id && !a->way.moved))
        return status;
    status = want_names(rq);
    if (a->way.moved) /* the node that stands for the name */
        want_node(rq, a->name.dir, TOKEN_HOLD);
    return status;
}

struct nt_node *create_asked(const struct nt_request *rq)
{
    return rq->p.tokens[rq->create.target_directory ? CREATE_ASKED : CREATE_NODE].node;
}

NTSTATUS create_elsewhere(struct nt_request *rq, const WCHAR *path, size_t len)
{
    struct nt_create_args *a = &rq->create;
    const struct nt_name name = {.text = path, .len = (uint16_t)len};
    struct nt_node *node;
    NTSTATUS status = tree_resolve(rq->volume, &name, &node, NULL);
    if (status)
        return status;
    token_release(rq);
    while (rq->p.token_count)
        nt_node_put(rq->p.tokens[--rq->p.token_count].node);
    token_want(rq, node, TOKEN_HOLD, false);
    a->name = (struct nt_name){.dir = node};
    a->way.moved = true;
    memset(&a->out, 0, sizeof a->out);
    rq->p.information = 0;
    return STATUS_REPARSE;
}
