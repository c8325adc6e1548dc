// SPDX-License-Identifier: MIT
/*
 * Hard links: several names of one file, on volumes that tell its number (GetFileId).
 *
 * The first name that is seen stands for the file: cached attributes, number and door id are its node's. The
 * others hold a reference to it. It outlives the removal of its own name, and nt_node_live() then finds
 * another one to go by. A door whose client knows the file by one id keeps the other names it was shown
 * (nt_node_keep_name) until the client forgets that id. Only files whose number of links is above 1 take
 * part; all others pay one pointer.
 *
 * Under vol->tree, but for reading node->identity, which is set once. A node that a door has given an id of
 * its own cannot join any more: the caller detaches it, and the client finds the file anew under its name.
 */
#include "nt/security.h"
#include <search.h>
#include <stdlib.h>

struct nt_identity {
    uint64_t id;           /* first: the key */
    struct nt_node *node;  /* stands for the file; not counted: it owns this */
    struct nt_node *names; /* the others, by next_name */
};

static int compare(const void *a, const void *b)
{
    const struct nt_identity *x = a, *y = b;
    return x->id < y->id ? -1 : x->id > y->id;
}

struct nt_node *node_identity(const struct nt_node *node)
{
    const struct nt_identity *identity = atomic_load_explicit(&node->identity, memory_order_acquire);
    return identity ? identity->node : (struct nt_node *)(uintptr_t)node;
}

/* All its names are gone and nobody has it open: its number may come again for another file. */
static bool is_dead(const struct nt_identity *identity)
{
    const struct nt_node *node = identity->node;
    bool alive = !node_has(node, NODE_GONE) || node->file;
    for (node = identity->names; node && !alive; node = node->next_name)
        alive = !node_has(node, NODE_GONE) || node->file;
    return !alive;
}

static void begin(struct nt_node *node, uint64_t id)
{
    struct nt_identity *identity = calloc(1, sizeof *identity);
    if (!identity)
        return;
    *identity = (struct nt_identity){.id = id, .node = node};
    if (tsearch(identity, &node->vol->identities, compare))
        atomic_store_explicit(&node->identity, identity, memory_order_release);
    else
        free(identity);
}

static void join(struct nt_node *node, struct nt_identity *identity)
{
    nt_node_get(identity->node);
    node->next_name = identity->names;
    identity->names = node;
    atomic_store_explicit(&node->identity, identity, memory_order_release);
}

bool identity_bind(struct nt_node *node, const struct nt_attr *attr)
{
    if (!attr->file_id || node_has(node, NODE_DIRECTORY | NODE_STREAM) || node == &node->vol->root)
        return true; /* a stream has its file's number, and is no name of it */
    LOCK_SCOPE(&node->vol->tree);
    const struct nt_identity *mine = atomic_load_explicit(&node->identity, memory_order_relaxed);
    if (mine)
        return mine->id == attr->file_id;
    const struct nt_identity key = {.id = attr->file_id};
    struct nt_identity **known = tfind(&key, &node->vol->identities, compare);
    if (!known && attr->links > 1)
        begin(node, attr->file_id);
    if (!known || is_dead(*known))
        return true;
    if (atomic_load(&node->door_id))
        return false;
    join(node, *known);
    return true;
}

bool identity_allows(struct nt_node *node, ACCESS_MASK access, ULONG share)
{
    struct nt_identity *identity = atomic_load_explicit(&node->identity, memory_order_acquire);
    if (!identity)
        return true;
    LOCK_SCOPE(&node->vol->tree);
    struct nt_node *name = identity->node, *next = identity->names;
    bool allows = true;
    for (; name && allows; name = next, next = next ? next->next_name : NULL) {
        if (name == node || !name->file)
            continue;
        LOCK_SCOPE(&name->file->lock);
        allows = share_allows(&name->file->share, access, share);
    }
    return allows;
}

void identity_lost(struct nt_node *node, NTSTATUS status)
{
    bool missing = status == STATUS_OBJECT_NAME_NOT_FOUND || status == STATUS_NO_SUCH_FILE ||
                   status == STATUS_OBJECT_PATH_NOT_FOUND;
    if (missing && atomic_load_explicit(&node->identity, memory_order_acquire))
        tree_detach(node);
}

struct nt_node *identity_leave(struct nt_node *node)
{
    struct nt_identity *identity = atomic_load_explicit(&node->identity, memory_order_relaxed);
    if (!identity)
        return NULL;
    if (identity->node == node) {
        tdelete(identity, &node->vol->identities, compare);
        free(identity);
        return NULL;
    }
    struct nt_node **at = &identity->names;
    while (*at != node)
        at = &(*at)->next_name;
    *at = node->next_name;
    return identity->node;
}

struct nt_node *nt_node_live(struct nt_node *node)
{
    const struct nt_identity *identity = atomic_load_explicit(&node->identity, memory_order_acquire);
    if (identity && node_has(node, NODE_GONE | NODE_RESERVED)) {
        LOCK_SCOPE(&node->vol->tree);
        struct nt_node *name = identity->names;
        while (name && node_has(name, NODE_GONE | NODE_RESERVED))
            name = name->next_name;
        /* Without any, one through which the file is open still. */
        if (!name && !node->file)
            for (name = identity->names; name && !name->file;)
                name = name->next_name;
        /* One whose last reference is going is not to be revived. */
        if (name && atomic_load(&name->refs) > 0) {
            nt_node_get(name);
            return name;
        }
    }
    nt_node_get(node);
    return node;
}

void nt_node_keep_name(struct nt_node *node)
{
    if (node_identity(node) == node)
        return;
    nt_node_get(node); /* before the flag says so: next_kept() may look at once */
    if (atomic_fetch_or(&node->flags, NODE_KEPT) & NODE_KEPT)
        nt_node_put(node);
}

/* The next name that is kept and no longer so; its reference is the caller's. */
static struct nt_node *next_kept(struct nt_node *node)
{
    LOCK_SCOPE(&node->vol->tree);
    const struct nt_identity *identity = atomic_load_explicit(&node->identity, memory_order_relaxed);
    struct nt_node *name = identity ? identity->names : NULL;
    while (name && !node_has(name, NODE_KEPT))
        name = name->next_name;
    if (name)
        atomic_fetch_and(&name->flags, ~(uint32_t)NODE_KEPT);
    return name;
}

void nt_node_release_names(struct nt_node *node)
{
    struct nt_node *name;
    while (atomic_load_explicit(&node->identity, memory_order_acquire) && (name = next_kept(node)))
        nt_node_put(name);
}

static void gather(struct nt_names *names, struct nt_node *node)
{
    if (node_has(node, NODE_GONE | NODE_RESERVED) || names->count == NT_NAMES_MAX)
        return;
    nt_node_get(node);
    names->at[names->count++] = node;
}

void identity_names(struct nt_node *node, struct nt_names *names)
{
    names->count = 0;
    LOCK_SCOPE(&node->vol->tree);
    const struct nt_identity *identity = atomic_load_explicit(&node->identity, memory_order_relaxed);
    if (!identity) {
        gather(names, node);
        return;
    }
    gather(names, identity->node);
    for (struct nt_node *name = identity->names; name; name = name->next_name)
        gather(names, name);
}

/* ---- NT_LINK ------------------------------------------------------------------------------------------- */

enum { SOURCE, TARGET, TARGET_PARENT };

NTSTATUS prepare_link(struct nt_request *rq)
{
    struct nt_link_args *a = &rq->link;
    struct nt_node *node, *parent;
    memset(&a->out, 0, sizeof a->out);
    NTSTATUS status = tree_resolve(rq->volume, &a->to, &node, &parent);
    if (status)
        return status;
    want_node(rq, a->node, TOKEN_OPEN);
    token_want(rq, node, TOKEN_CHANGE, false);
    token_want(rq, parent, TOKEN_HOLD, false);
    if (node_has(node, NODE_RESERVED))
        return STATUS_ACCESS_DENIED;
    return nt_node_is_directory(a->node) ? STATUS_FILE_IS_A_DIRECTORY : STATUS_SUCCESS;
}

/* The new name's node, bound to the file; counted. */
static struct nt_node *bound_name(struct nt_node *target, const struct nt_attr *attr)
{
    nt_node_get(target);
    if (tree_set_type(target, false) && identity_bind(target, attr))
        return target;
    struct nt_node *fresh = tree_renew(target, false);
    nt_node_put(target);
    if (fresh)
        identity_bind(fresh, attr);
    return fresh;
}

NTSTATUS link_made(struct nt_request *rq, struct nt_handle *h, const struct nt_link_made *made,
                   struct nt_attr *attr, struct nt_node **out)
{
    cache_drop(made->source);
    cache_drop(made->parent);
    NTSTATUS status = attr_query(rq, h, attr, true);
    if (status)
        return status;
    identity_bind(made->source, attr);
    *out = bound_name(made->target, attr);
    if (!*out)
        return STATUS_INSUFFICIENT_RESOURCES;
    attr->ino = nt_node_ino(*out);
    event_node(*out, NT_EVENT_ADDED, FILE_NOTIFY_CHANGE_FILE_NAME, rq_origin(rq));
    return STATUS_SUCCESS;
}

static NTSTATUS linked(struct nt_request *rq, struct nt_handle *h, struct nt_node *source)
{
    struct nt_link_args *a = &rq->link;
    const struct nt_link_made made = {source, rq->p.tokens[TARGET].node, rq->p.tokens[TARGET_PARENT].node};
    NTSTATUS status = link_made(rq, h, &made, &a->out.attr, &a->out.node);
    if (status)
        return status;
    a->out.entry_ns = entry_validity(a->out.node, a->to.text, a->to.len);
    a->out.attr_ns = rq->volume->attr_ns;
    return STATUS_SUCCESS;
}

NTSTATUS run_link(struct nt_request *rq)
{
    struct nt_node *source = rq->p.tokens[SOURCE].node, *target = rq->p.tokens[TARGET].node;
    struct nt_path *to = tree_path(target);
    struct nt_way way;
    NTSTATUS status = guard_add(rq, rq->p.tokens[TARGET_PARENT].node, false);
    if (!status)
        status = to ? way_begin(rq, source, FILE_WRITE_ATTRIBUTES | FILE_READ_ATTRIBUTES,
                                node_has(source, NODE_GONE), &way)
                    : STATUS_OBJECT_NAME_INVALID;
    if (!status) {
        status = rq_expired(rq) ? STATUS_IO_TIMEOUT : call_create_hard_link(rq, way.h, to, rq->link.replace);
        if (!status)
            status = linked(rq, way.h, source);
        way_end(rq, &way);
    }
    path_put(to);
    if (status == STATUS_NOT_IMPLEMENTED)
        return STATUS_NOT_SUPPORTED;
    return status > 0 ? STATUS_UNSUCCESSFUL : status;
}

void late_link(struct nt_request *rq, NTSTATUS status)
{
    if (!status)
        nt_node_put(rq->link.out.node);
}
