// SPDX-License-Identifier: MIT
/*
 * Questions and changes by name: NT_LOOKUP, NT_GETATTR, NT_SETATTR. Each finds its way inside the
 * request: the cache first, then a handle somebody has open, then an internal open, unseen by share access.
 */
#include "nt/security.h"

/* ---- lookup -------------------------------------------------------------------------------------------- */

NTSTATUS prepare_lookup(struct nt_request *rq)
{
    struct nt_lookup_args *a = &rq->lookup;
    struct nt_node *node, *parent;
    memset(&a->out, 0, sizeof a->out);
    NTSTATUS status = tree_resolve(rq->volume, &a->name, &node, &parent);
    if (status)
        return status;
    token_want(rq, node, TOKEN_HOLD, false);
    token_want(rq, parent, TOKEN_HOLD, false);
    return node_has(node, NODE_RESERVED) && a->name.len ? STATUS_OBJECT_NAME_NOT_FOUND : STATUS_SUCCESS;
}

/* Removed by POSIX rules, but still there until its last handle goes (where it could not be moved away). */
static bool removed_already(struct nt_node *node)
{
    LOCK_SCOPE(&node->vol->tree);
    if (!node->file)
        return false;
    LOCK_SCOPE(&node->file->lock);
    return node->file->posix_deleted;
}

static bool means_missing(NTSTATUS status)
{
    return status == STATUS_OBJECT_NAME_NOT_FOUND || status == STATUS_NO_SUCH_FILE ||
           status == STATUS_OBJECT_PATH_NOT_FOUND;
}

/* Asks the file system about *node; on a change of its type *node becomes the new one. Counted throughout.
 * The type is settled before the answer is cached: who finds the one finds the other. */
static NTSTATUS ask_about(struct nt_request *rq, struct nt_node **node, struct nt_attr *attr)
{
    struct nt_way a;
    NTSTATUS status = way_begin(rq, *node, FILE_READ_ATTRIBUTES, true, &a);
    if (status)
        return status;
    bool directory = a.h->directory;
    bool same = tree_set_type(*node, directory);
    status = attr_query(rq, a.h, attr, true);
    way_end(rq, &a);
    if (!status && same && !identity_bind(*node, attr)) {
        tree_detach(*node);
        same = false;
    }
    attr->ino = nt_node_ino(*node);
    if (status || same)
        return status;
    cache_drop(*node);
    struct nt_node *fresh = tree_renew(*node, directory);
    if (!fresh)
        return STATUS_INSUFFICIENT_RESOURCES;
    identity_bind(fresh, attr);
    attr->ino = nt_node_ino(fresh);
    nt_node_put(*node);
    *node = fresh;
    return STATUS_SUCCESS;
}

NTSTATUS run_lookup(struct nt_request *rq)
{
    struct nt_lookup_args *a = &rq->lookup;
    struct nt_volume *vol = rq->volume;
    struct nt_node *node = rq->p.tokens[0].node;
    if (a->name.len && removed_already(node))
        return STATUS_OBJECT_NAME_NOT_FOUND;
    nt_node_get(node);
    NTSTATUS status = cache_get(node, &a->out.attr) ? STATUS_SUCCESS : ask_about(rq, &node, &a->out.attr);
    if (status) {
        if (means_missing(status))
            a->out.negative_ns = vol->case_sensitive ? vol->negative_ns : 0;
        nt_node_put(node);
        return means_missing(status) ? STATUS_OBJECT_NAME_NOT_FOUND : status;
    }
    a->out.node = node;
    a->out.entry_ns =
        a->name.dir && a->name.len ? entry_validity(node, a->name.text, a->name.len) : vol->entry_ns;
    a->out.attr_ns = vol->attr_ns;
    return STATUS_SUCCESS;
}

void late_lookup(struct nt_request *rq, NTSTATUS status)
{
    if (!status)
        nt_node_put(rq->lookup.out.node);
}

/* ---- attributes ---------------------------------------------------------------------------------------- */

NTSTATUS prepare_getattr(struct nt_request *rq)
{
    if (!rq->handle)
        want_node(rq, rq->getattr.node, TOKEN_HOLD);
    return STATUS_SUCCESS;
}

NTSTATUS run_getattr(struct nt_request *rq)
{
    struct nt_getattr_args *a = &rq->getattr;
    a->out.attr_ns = rq->volume->attr_ns;
    if (rq->handle)
        return attr_query(rq, rq->handle, &a->out.attr, false);
    if (cache_get(a->node, &a->out.attr))
        return STATUS_SUCCESS;
    struct nt_node *node = a->node;
    nt_node_get(node);
    NTSTATUS status = ask_about(rq, &node, &a->out.attr);
    bool same = node == a->node;
    nt_node_put(node);
    if (!status && !same)
        return STATUS_OBJECT_NAME_NOT_FOUND; /* what the client knew is gone; its name belongs to something
                                                else */
    return status;
}

static NTSTATUS resize(struct nt_request *rq, struct nt_handle *h,
                       NTSTATUS (*set)(struct nt_request *rq, struct nt_handle *h, int64_t size))
{
    struct nt_setattr_args *a = &rq->setattr;
    if (a->valid & NT_SET_EXTEND) {
        struct nt_attr now;
        NTSTATUS status = attr_query(rq, h, &now, true);
        if (status || now.size >= a->size)
            return status;
        if (rq_expired(rq))
            return STATUS_IO_TIMEOUT;
    }
    return set(rq, h, (int64_t)a->size);
}

static NTSTATUS set_size(struct nt_request *rq, struct nt_handle *h)
{
    NTSTATUS status = resize(rq, h, call_set_eof);
    if (!status && rq->setattr.valid & NT_SET_KILL)
        drop_set_id(rq, h);
    return status;
}

static NTSTATUS set_allocation(struct nt_request *rq, struct nt_handle *h)
{
    NTSTATUS status = resize(rq, h, call_set_allocation);
    if (!status && rq->setattr.valid & NT_SET_KILL)
        drop_set_id(rq, h);
    return status;
}

static NTSTATUS set_attributes(struct nt_request *rq, struct nt_handle *h)
{
    struct nt_setattr_args *a = &rq->setattr;
    const uint32_t read_only = FILE_ATTRIBUTE_READONLY;
    uint32_t wanted = a->attributes;
    if (a->valid & NT_SET_READONLY) {
        struct nt_attr now;
        NTSTATUS status = attr_query(rq, h, &now, true);
        wanted = (now.attributes & ~read_only) | (wanted & read_only);
        if (status || wanted == now.attributes)
            return status;
        if (rq_expired(rq))
            return STATUS_IO_TIMEOUT;
    }
    wanted &= ~(uint32_t)FILE_ATTRIBUTE_DIRECTORY;
    return call_set_attributes(rq, h, wanted ? wanted : FILE_ATTRIBUTE_NORMAL);
}

static NTSTATUS set_times(struct nt_request *rq, struct nt_handle *h)
{
    const struct nt_setattr_args *a = &rq->setattr;
    return call_set_time(rq, h, a->valid & NT_SET_CREATION ? (int64_t)a->creation : 0,
                         a->valid & NT_SET_ACCESS ? (int64_t)a->access : 0,
                         a->valid & NT_SET_WRITE ? (int64_t)a->write : 0);
}

static NTSTATUS set_facts(struct nt_request *rq, struct nt_handle *h)
{
    static const struct {
        unsigned set;
        ULONG fact;
    } rows[] = {{NT_SET_MODE, DOKAN_FACT_MODE},
                {NT_SET_UID, DOKAN_FACT_UID},
                {NT_SET_GID, DOKAN_FACT_GID},
                {NT_SET_CHANGE, DOKAN_FACT_CHANGE}};
    const struct nt_setattr_args *a = &rq->setattr;
    DOKAN_FACTS facts = {.Size = sizeof facts,
                         .Mode = a->mode & 07777,
                         .Uid = a->uid,
                         .Gid = a->gid,
                         .ChangeTime = (LONG64)a->change};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        facts.Valid |= a->valid & rows[i].set ? rows[i].fact : 0;
    NTSTATUS status = call_set_facts(rq, h, &facts);
    cache_drop(h->node);
    set_id_unknown(h->node);
    if (!status && a->valid & (NT_SET_UID | NT_SET_GID) && !(a->valid & NT_SET_MODE))
        drop_set_id(rq, h);
    return status;
}

/* In this order: a change of size moves the times that come after it. */
static const struct {
    unsigned any;
    NTSTATUS (*apply)(struct nt_request *rq, struct nt_handle *h);
    ACCESS_MASK rights;
    uint32_t filter;
} setters[] = {
    {NT_SET_SIZE, set_size, FILE_WRITE_DATA | FILE_READ_ATTRIBUTES, FILE_NOTIFY_CHANGE_SIZE},
    {NT_SET_ALLOCATION, set_allocation, FILE_WRITE_DATA | FILE_READ_ATTRIBUTES, FILE_NOTIFY_CHANGE_SIZE},
    {NT_SET_ATTRIBUTES | NT_SET_READONLY, set_attributes, FILE_WRITE_ATTRIBUTES | FILE_READ_ATTRIBUTES,
     FILE_NOTIFY_CHANGE_ATTRIBUTES},
    {NT_SET_ACCESS | NT_SET_WRITE | NT_SET_CREATION, set_times, FILE_WRITE_ATTRIBUTES,
     FILE_NOTIFY_CHANGE_LAST_WRITE | FILE_NOTIFY_CHANGE_LAST_ACCESS | FILE_NOTIFY_CHANGE_CREATION},
    {NT_SET_MODE | NT_SET_UID | NT_SET_GID | NT_SET_CHANGE, set_facts, FILE_WRITE_ATTRIBUTES,
     FILE_NOTIFY_CHANGE_ATTRIBUTES | FILE_NOTIFY_CHANGE_SECURITY},
};

enum { SETTERS = sizeof setters / sizeof *setters };

static NTSTATUS apply_all(struct nt_request *rq, struct nt_handle *h, struct nt_node *node)
{
    NTSTATUS status = STATUS_SUCCESS;
    uint32_t filter = 0;
    for (int i = 0; i < SETTERS && !status && !rq_expired(rq); i++) {
        if (!(rq->setattr.valid & setters[i].any))
            continue;
        status = setters[i].apply(rq, h);
        filter |= setters[i].filter;
    }
    if (filter) {
        cache_drop(node);
        event_node(node, NT_EVENT_MODIFIED, filter, rq_origin(rq));
    }
    if (status == STATUS_NOT_IMPLEMENTED)
        return STATUS_NOT_SUPPORTED;
    return status > 0 ? STATUS_SUCCESS : status;
}

/* The least rights that do: many file systems refuse write access to what they let be touched. */
static ACCESS_MASK rights_for(unsigned valid)
{
    ACCESS_MASK rights = FILE_READ_ATTRIBUTES;
    for (int i = 0; i < SETTERS; i++)
        if (valid & setters[i].any)
            rights |= setters[i].rights;
    return rights;
}

/* What the caller himself must be allowed, on a volume that checks: a mode and an owner stand for a
 * descriptor. */
static ACCESS_MASK guarded(unsigned valid)
{
    ACCESS_MASK rights = rights_for(valid) & ~(ACCESS_MASK)FILE_READ_ATTRIBUTES;
    return rights | (valid & NT_SET_MODE ? WRITE_DAC : 0) |
           (valid & (NT_SET_UID | NT_SET_GID) ? WRITE_OWNER : 0);
}

static bool handle_suits(const struct nt_handle *h, ACCESS_MASK rights)
{
    return h && (h->access & FILE_WRITE_DATA || !(rights & FILE_WRITE_DATA));
}

NTSTATUS prepare_setattr(struct nt_request *rq)
{
    const struct nt_setattr_args *a = &rq->setattr;
    if (a->valid & (NT_SET_SIZE | NT_SET_ALLOCATION) && a->size > INT64_MAX)
        return STATUS_INVALID_PARAMETER;
    if (!handle_suits(rq->handle, rights_for(a->valid)))
        want_node(rq, a->node, TOKEN_OPEN);
    return STATUS_SUCCESS;
}

NTSTATUS run_setattr(struct nt_request *rq)
{
    struct nt_setattr_args *a = &rq->setattr;
    struct nt_way way = {.h = rq->handle, .borrowed = true};
    ACCESS_MASK rights = rights_for(a->valid);
    bool own = handle_suits(rq->handle, rights);
    NTSTATUS status = own && !(rights & ~rq->handle->access) ? STATUS_SUCCESS
                                                             : guard_rights(rq, a->node, guarded(a->valid));
    if (!status && !own)
        status = way_begin(rq, a->node, rights, node_has(a->node, NODE_GONE), &way);
    if (status)
        return status;
    status = apply_all(rq, way.h, a->node);
    if (!status && !rq_expired(rq))
        status = attr_query(rq, way.h, &a->out.attr, true);
    a->out.attr_ns = rq->volume->attr_ns;
    if (!own)
        way_end(rq, &way);
    return status;
}
