// SPDX-License-Identifier: MIT
/*
 * NT_LIST_DIRECTORY: a directory entry by entry, for doors that have no NT classes. Position 0 takes a new
 * snapshot; later positions go on in the same one, so a listing is stable while the directory changes. "."
 * and ".." come first in every directory; what the file system says of them is skipped, and so is the
 * reserved folder.
 *
 * With want_nodes every entry becomes a node with fresh attributes: a listing feeds the cache.
 */
#include "nt/nt_internal.h"

enum { DOT = 0, DOT_DOT = 1, FIRST_ENTRY = 2 };

static bool is_dots(const struct nt_entry *e)
{
    return e->name[0] == u'.' && (e->len == 1 || (e->len == 2 && e->name[1] == u'.'));
}

/* The listing, ours while dir_lock is not held: a concurrent reader of the same handle makes its own. */
static NTSTATUS take_listing(struct nt_request *rq, struct nt_snapshot **out)
{
    struct nt_handle *h = rq->handle;
    pthread_mutex_lock(&h->dir_lock);
    struct nt_snapshot *s = steal_ptr(&h->listing);
    pthread_mutex_unlock(&h->dir_lock);
    if (s && rq->list.position) {
        *out = s;
        return STATUS_SUCCESS;
    }
    snapshot_free(s);
    s = snapshot_new();
    if (!s)
        return STATUS_INSUFFICIENT_RESOURCES;
    bool filtered;
    NTSTATUS status = call_find(rq, h, NULL, s, &filtered);
    if (status != STATUS_SUCCESS) {
        snapshot_free(s);
        return status > 0 ? STATUS_UNSUCCESSFUL : status;
    }
    *out = s;
    return STATUS_SUCCESS;
}

static void give_back_listing(struct nt_handle *h, struct nt_snapshot *s)
{
    pthread_mutex_lock(&h->dir_lock);
    struct nt_snapshot *other = h->listing;
    h->listing = s;
    pthread_mutex_unlock(&h->dir_lock);
    snapshot_free(other);
}

static void entry_attr(struct nt_attr *attr, const struct nt_entry *e, const struct nt_node *node)
{
    *attr = (struct nt_attr){.ino = node ? nt_node_ino(node) : 0,
                             .size = e->size,
                             .creation = e->creation,
                             .access = e->access,
                             .write = e->write,
                             .change = e->change,
                             .attributes = e->attributes,
                             .links = e->links,
                             .reparse_tag = e->reparse_tag};
    if (e->facts) {
        attr->facts = *e->facts;
        attr->facts.links = e->facts->links ? e->facts->links : 1;
        attr->file_id = e->file_id;
    }
}

/* Whether the listing tells the same kind as we know. If not, the name means something else by now, unless
 * the file is open: then its opener knows better. */
static bool settle_kind(struct nt_node **node, bool directory)
{
    bool differs = node_has(*node, NODE_TYPED) && node_has(*node, NODE_DIRECTORY) != directory;
    if (differs && node_is_known_open(*node))
        return false;
    if (tree_set_type(*node, directory))
        return true;
    struct nt_node *fresh = tree_renew(*node, directory);
    nt_node_put(*node);
    *node = fresh;
    return fresh != NULL;
}

/* The name stands for another file than it did. */
static bool renew_identity(struct nt_node **node, const struct nt_attr *attr)
{
    tree_detach(*node);
    struct nt_node *fresh = tree_renew(*node, false);
    nt_node_put(*node);
    *node = fresh;
    return fresh && identity_bind(fresh, attr);
}

/* The node of an entry, typed and cached; counted. NULL: no memory, or it changed since the listing was
 * taken, so that the door must ask anew. */
static struct nt_node *entry_node(struct nt_handle *h, const struct nt_entry *e, uint64_t taken,
                                  struct nt_attr *attr)
{
    struct nt_node *node = tree_child(h->node, e->name, e->len);
    if (node && cache_believes(node, taken) && settle_kind(&node, e->attributes & FILE_ATTRIBUTE_DIRECTORY)) {
        tree_set_spelling(node, e->name, e->len);
        entry_attr(attr, e, node);
        if (!identity_bind(node, attr) && !renew_identity(&node, attr))
            return NULL;
        attr->ino = nt_node_ino(node);
        if (cache_store_listed(node, attr, taken))
            return node;
    }
    nt_node_put(node);
    return NULL;
}

static bool emit_entry(struct nt_request *rq, const struct nt_entry *e, uint64_t next, uint64_t taken)
{
    struct nt_list_args *a = &rq->list;
    struct nt_dirent d = {.name = e->name, .len = e->len, .position = next};
    entry_attr(&d.attr, e, NULL);
    if (!a->want_nodes)
        return a->emit(rq, &d);
    d.node = entry_node(rq->handle, e, taken, &d.attr);
    bool more = a->emit(rq, &d);
    nt_node_put(d.node);
    return more;
}

static bool emit_dots(struct nt_request *rq, uint64_t which)
{
    struct nt_node *node = rq->handle->node;
    struct nt_dirent d = {.name = u"..", .len = which == DOT ? 1 : 2, .position = which + 1};
    d.attr.attributes = FILE_ATTRIBUTE_DIRECTORY;
    d.attr.links = 1;
    struct nt_node *parent = tree_place(node, NULL);
    d.attr.ino = which == DOT ? node->ino : parent->ino;
    nt_node_put(parent);
    return rq->list.emit(rq, &d);
}

static void emit_from(struct nt_request *rq, const struct nt_snapshot *s)
{
    struct nt_handle *h = rq->handle;
    size_t count = snapshot_count(s);
    for (uint64_t at = rq->list.position; at < FIRST_ENTRY + count && !rq_expired(rq); at++) {
        if (at < FIRST_ENTRY) {
            if (!emit_dots(rq, at))
                return;
            continue;
        }
        const struct nt_entry *e = snapshot_at(s, at - FIRST_ENTRY);
        if (is_dots(e) || name_is_reserved(h->vol, h->node, e->name, e->len))
            continue;
        if (!emit_entry(rq, e, at + 1, snapshot_taken(s)))
            return;
    }
}

NTSTATUS run_list_directory(struct nt_request *rq)
{
    struct nt_handle *h = rq->handle;
    struct nt_snapshot *s;
    if (!h->directory)
        return STATUS_INVALID_PARAMETER;
    NTSTATUS status = take_listing(rq, &s);
    if (status)
        return status;
    rq->list.entry_ns = h->vol->entry_ns;
    rq->list.attr_ns = h->vol->attr_ns;
    if (!rq_expired(rq))
        emit_from(rq, s);
    give_back_listing(h, s);
    return STATUS_SUCCESS;
}
