// SPDX-License-Identifier: MIT
/*
 * Opening and creating: NT_CREATE, and the engine's internal opens.
 *
 * The order of checks is the driver's: the volume, the options, the file's state and share access, then the
 * file system. An open under way counts in open_count (share access sees it) and in nothing else; the handle
 * is made before the file system is asked, so that nothing can fail after it said yes.
 */
#include "nt/nt_internal.h"
#include "nt/security.h"
#include <stdlib.h>

/* What Information says after a success, and after a success in spite of NAME_COLLISION. */
struct disposition_row {
    bool creates; /* may make the name appear */
    bool writes;  /* refused on a write-protected volume */
    bool collision_is_ok;
    uint8_t done, collided;
};

static const struct disposition_row dispositions[] = {
    [FILE_SUPERSEDE] = {true, true, true, FILE_CREATED, FILE_SUPERSEDED},
    [FILE_OPEN] = {false, false, false, FILE_OPENED, 0},
    [FILE_CREATE] = {true, true, false, FILE_CREATED, 0},
    [FILE_OPEN_IF] = {true, false, true, FILE_CREATED, FILE_OPENED},
    [FILE_OVERWRITE] = {false, true, false, FILE_OVERWRITTEN, 0},
    [FILE_OVERWRITE_IF] = {true, true, true, FILE_CREATED, FILE_OVERWRITTEN},
};

static const struct disposition_row *disposition_of(const struct nt_create_args *a)
{
    return a->disposition <= FILE_OVERWRITE_IF ? &dispositions[a->disposition] : NULL;
}

/* ---- before the file system is asked ------------------------------------------------------------------- */

static NTSTATUS check_options(struct nt_volume *vol, const struct nt_create_args *a)
{
    const struct disposition_row *row = disposition_of(a);
    if (!row)
        return STATUS_INVALID_PARAMETER;
    bool protect = volume_option(vol, DOKAN_OPTION_WRITE_PROTECT);
    if (protect && (row->writes || a->options & FILE_DELETE_ON_CLOSE))
        return STATUS_MEDIA_WRITE_PROTECTED;
    if (a->options & FILE_DIRECTORY_FILE && a->options & FILE_NON_DIRECTORY_FILE)
        return STATUS_INVALID_PARAMETER;
    bool temporary = a->file_attributes & FILE_ATTRIBUTE_TEMPORARY;
    if (a->options & FILE_DIRECTORY_FILE && temporary &&
        (a->disposition == FILE_CREATE || a->disposition == FILE_OPEN_IF))
        return STATUS_INVALID_PARAMETER;
    return STATUS_SUCCESS;
}

NTSTATUS prepare_create(struct nt_request *rq)
{
    struct nt_create_args *a = &rq->create;
    a->access = sd_map_generic(a->access);
    NTSTATUS status = check_options(rq->volume, a);
    struct nt_node *node, *parent;
    memset(&a->out, 0, sizeof a->out);
    if (!status)
        status = tree_resolve(rq->volume, &a->name, &node, &parent);
    if (status)
        return status;
    bool creates = disposition_of(a)->creates && node != parent;
    token_want(rq, node, creates ? TOKEN_CHANGE : TOKEN_OPEN, false);
    token_want(rq, parent, TOKEN_HOLD, false);
    if (node_has(node, NODE_RESERVED) && a->name.len)
        return creates && !node_has(parent, NODE_RESERVED) ? STATUS_ACCESS_DENIED
                                                           : STATUS_OBJECT_NAME_NOT_FOUND;
    return node_has(node, NODE_GONE) ? STATUS_OBJECT_NAME_NOT_FOUND : STATUS_SUCCESS;
}

static bool parent_going(struct nt_node *parent)
{
    LOCK_SCOPE(&parent->vol->tree);
    if (!parent->file)
        return false;
    LOCK_SCOPE(&parent->file->lock);
    return parent->file->delete_pending;
}

/* Counts the open in and checks it against the others. */
static NTSTATUS file_begin_open(struct nt_file *file, const struct nt_create_args *a)
{
    LOCK_SCOPE(&file->lock);
    bool others = file->open_count > 0;
    if (file->unclean_count && a->disposition == FILE_CREATE)
        return STATUS_OBJECT_NAME_COLLISION;
    if (others && file->delete_pending)
        return STATUS_DELETE_PENDING;
    if (others && !share_allows(&file->share, a->access, a->share))
        return STATUS_SHARING_VIOLATION;
    file->open_count++;
    share_add(&file->share, a->access, a->share);
    return STATUS_SUCCESS;
}

static void file_abort_open(struct nt_file *file, const struct nt_create_args *a)
{
    LOCK_SCOPE(&file->lock);
    file->open_count--;
    share_remove(&file->share, a->access, a->share);
}

/* ---- asking -------------------------------------------------------------------------------------------- */

/* An open denied with DELETE in it is granted when the parent lets its children be deleted. */
static NTSTATUS ask_parent(struct nt_request *rq, struct nt_node *parent, const struct create_call *c)
{
    struct nt_path *path = tree_path(parent);
    if (!path)
        return STATUS_ACCESS_DENIED;
    struct create_call up = {.share = c->share, .disposition = c->disposition};
    if (c->access & MAXIMUM_ALLOWED)
        up.access = FILE_DELETE_CHILD | FILE_LIST_DIRECTORY;
    else
        up.access = FILE_DELETE_CHILD | (c->access & FILE_READ_ATTRIBUTES ? FILE_LIST_DIRECTORY : 0);
    up.options = (c->options | FILE_OPEN_FOR_BACKUP_INTENT) & ~(ULONG)FILE_NON_DIRECTORY_FILE;
    up.options &= ~(ULONG)FILE_DELETE_ON_CLOSE;
    NTSTATUS status = call_create(rq, path, &up);
    if (status == STATUS_SUCCESS) {
        struct nt_handle h = {.vol = rq->volume, .node = parent, .path = path, .directory = true};
        atomic_init(&h.context, up.context);
        call_cleanup(rq, &h, false);
        call_close(rq, &h);
    }
    path_put(path);
    return status == STATUS_SUCCESS ? STATUS_SUCCESS : STATUS_ACCESS_DENIED;
}

static struct create_call call_for(struct nt_volume *vol, const struct nt_create_args *a)
{
    struct create_call c = {.access = a->access,
                            .file_attributes = a->file_attributes,
                            .share = a->share,
                            .disposition = a->disposition,
                            .options = a->options & 0xFFFFFF,
                            .directory = a->options & FILE_DIRECTORY_FILE};
    if (volume_option(vol, DOKAN_OPTION_WRITE_PROTECT) && a->disposition == FILE_OPEN_IF)
        c.disposition = FILE_OPEN;
    return c;
}

static NTSTATUS ask(struct nt_request *rq, struct nt_node *parent, struct nt_handle *h, struct create_call *c)
{
    const struct nt_create_args *a = &rq->create;
    const struct disposition_row *row = disposition_of(a);
    struct nt_path *path = handle_path(h);
    NTSTATUS status = path ? call_create(rq, path, c) : STATUS_INSUFFICIENT_RESOURCES;
    path_put(path);
    bool opened_by_parent = false;
    if (status == STATUS_ACCESS_DENIED && c->access & DELETE && parent != h->node && !rq_expired(rq)) {
        status = ask_parent(rq, parent, c);
        opened_by_parent = status == STATUS_SUCCESS;
    }
    bool collided = status == STATUS_OBJECT_NAME_COLLISION;
    if (status >= 0 || (collided && row->collision_is_ok)) {
        rq->p.information = collided ? row->collided : row->done;
        if (opened_by_parent || c->disposition == FILE_OPEN)
            rq->p.information = FILE_OPENED;
        return STATUS_SUCCESS;
    }
    rq->p.information = collided ? FILE_EXISTS : FILE_DOES_NOT_EXIST;
    if (c->disposition != a->disposition && status == STATUS_OBJECT_NAME_NOT_FOUND)
        return STATUS_MEDIA_WRITE_PROTECTED;
    return status;
}

/* ---- afterwards ---------------------------------------------------------------------------------------- */

static void file_opened(struct nt_handle *h)
{
    struct nt_file *file = h->file;
    LOCK_SCOPE(&file->lock);
    file->unclean_count++;
    file->directory |= h->directory;
    list_add_tail(&file->handles, &h->link);
    atomic_fetch_add_explicit(&h->vol->handles, 1, memory_order_relaxed);
}

static void fill_handle(struct nt_handle *h, struct nt_request *rq, const struct create_call *c)
{
    const struct nt_create_args *a = &rq->create;
    atomic_store(&h->context, c->context);
    h->directory = (c->directory || a->options & FILE_DIRECTORY_FILE) && !node_has(h->node, NODE_STREAM);
    h->access = a->access;
    h->share = a->share;
    h->options = a->options;
    h->opener = rq->caller;
    h->delete_on_close = a->options & FILE_DELETE_ON_CLOSE;
}

static void note_change(struct nt_request *rq, struct nt_node *node, struct nt_node *parent)
{
    uint64_t how = rq->p.information;
    uint32_t name_filter =
        node_has(node, NODE_DIRECTORY) ? FILE_NOTIFY_CHANGE_DIR_NAME : FILE_NOTIFY_CHANGE_FILE_NAME;
    if (how == FILE_OPENED)
        return;
    cache_drop(node);
    if (how == FILE_CREATED) {
        cache_drop(parent);
        atomic_fetch_or(&node->flags, NODE_SPELLED);
        event_node(node, NT_EVENT_ADDED, name_filter, rq_origin(rq));
    } else {
        event_node(node, NT_EVENT_MODIFIED, FILE_NOTIFY_CHANGE_SIZE | FILE_NOTIFY_CHANGE_LAST_WRITE,
                   rq_origin(rq));
    }
}

static void hand_out(struct nt_request *rq, struct nt_handle *h)
{
    struct nt_create_args *a = &rq->create;
    if (a->want_attr && attr_query(rq, h, &a->out.attr, false))
        attr_from_info(&a->out.attr, NULL, h->node, h->directory);
    if (a->want_attr && identity_bind(h->node, &a->out.attr))
        a->out.attr.ino = nt_node_ino(h->node);
    a->out.entry_ns = a->name.dir ? entry_validity(h->node, a->name.text, a->name.len) : 0;
    a->out.attr_ns = rq->volume->attr_ns;
    nt_node_get(h->node);
    a->out.node = h->node;
    if (!a->close_at_once) {
        a->out.handle = h;
        return;
    }
    cleanup_handle(rq, h);
    close_handle(rq, h);
    nt_handle_put(h);
}

static void drop_handle(struct nt_handle *h)
{
    nt_handle_put(h);
    nt_handle_put(h);
}

/* The name turned out to be of the other kind than we knew: the node we reserved belongs to what was there
 * before. */
static NTSTATUS settle_type(struct nt_request *rq, struct nt_handle *h)
{
    if (tree_set_type(h->node, h->directory))
        return STATUS_SUCCESS;
    struct nt_node *fresh = tree_renew(h->node, h->directory);
    struct nt_file *file = fresh ? file_of(fresh) : NULL;
    NTSTATUS status = file ? file_begin_open(file, &rq->create) : STATUS_INSUFFICIENT_RESOURCES;
    if (status) {
        file_put(file);
        nt_node_put(fresh);
        return status;
    }
    file_abort_open(h->file, &rq->create);
    file_put(h->file);
    nt_node_put(h->node);
    h->file = file;
    h->node = fresh;
    return STATUS_SUCCESS;
}

static void abandon(struct nt_request *rq, struct nt_handle *h)
{
    call_cleanup(rq, h, false);
    call_close(rq, h);
}

/* What is made in a directory with the set-group-id bit belongs to its group, and a directory hands it on. */
static void take_group(struct nt_request *rq, struct nt_node *parent, bool directory, DOKAN_FACTS *facts)
{
    enum { SET_GID = 02000 };
    struct nt_attr attr;
    struct nt_way way;
    bool known = cache_get(parent, &attr);
    if (!known && way_begin(rq, parent, FILE_READ_ATTRIBUTES, true, &way) == STATUS_SUCCESS) {
        known = attr_query(rq, way.h, &attr, false) == STATUS_SUCCESS;
        way_end(rq, &way);
    }
    const uint32_t both = DOKAN_FACT_MODE | DOKAN_FACT_GID;
    if (!known || (attr.facts.valid & both) != both || !(attr.facts.mode & SET_GID))
        return;
    facts->Gid = attr.facts.gid;
    facts->Mode |= directory ? SET_GID : 0;
}

/* What a new file is to be besides: the file system's own checks come first, so this is done on its handle.
 */
static NTSTATUS dress(struct nt_request *rq, struct nt_handle *h, struct nt_node *parent)
{
    const struct nt_create_args *a = &rq->create;
    NTSTATUS status = STATUS_SUCCESS;
    if (rq->p.information != FILE_CREATED)
        return STATUS_SUCCESS;
    if (a->reparse)
        status = call_set_reparse(rq, h, a->reparse, a->reparse_length);
    if (!status && a->facts) {
        DOKAN_FACTS facts = {.Size = sizeof facts,
                             .Valid = a->facts->valid,
                             .Mode = a->facts->mode,
                             .Uid = a->facts->uid,
                             .Gid = a->facts->gid,
                             .Device = a->facts->device};
        take_group(rq, parent, h->directory, &facts);
        status = call_set_facts(rq, h, &facts);
        status = status == STATUS_NOT_IMPLEMENTED && !a->reparse ? STATUS_SUCCESS : status;
    }
    return status == STATUS_NOT_IMPLEMENTED ? STATUS_NOT_SUPPORTED : status;
}

/* It was made but cannot be what was asked for. */
static void unmake(struct nt_request *rq, struct nt_handle *h)
{
    call_cleanup(rq, h, call_delete(rq, h, true) >= 0);
    call_close(rq, h);
}

static NTSTATUS create_with(struct nt_request *rq, struct nt_handle *h, struct nt_node *parent)
{
    CLEANUP_GUARD struct guard guard = {0};
    struct create_call c = call_for(rq->volume, &rq->create);
    NTSTATUS status = guard_before(rq, h->node, &c, &guard);
    status = status ? status : ask(rq, parent, h, &c);
    if (status)
        return status;
    fill_handle(h, rq, &c);
    status = guard_after(rq, h, &guard);
    if (status) {
        abandon(rq, h);
        return status;
    }
    status = dress(rq, h, parent);
    if (status) {
        unmake(rq, h);
        return status > 0 ? STATUS_UNSUCCESSFUL : status;
    }
    status = settle_type(rq, h);
    if (status) {
        abandon(rq, h);
        return status;
    }
    file_opened(h);
    note_change(rq, h->node, parent);
    if (rq->create.kill_privileges && rq->p.information == FILE_OVERWRITTEN)
        drop_set_id(rq, h);
    hand_out(rq, h);
    return STATUS_SUCCESS;
}

NTSTATUS run_create(struct nt_request *rq)
{
    struct nt_node *node = rq->p.tokens[0].node, *parent = rq->p.tokens[1].node;
    if (disposition_of(&rq->create)->creates && parent_going(parent))
        return STATUS_DELETE_PENDING;
    struct nt_file *file = file_of(node);
    struct nt_handle *h = file ? handle_new(rq->volume, node, file) : NULL;
    file_put(file);
    if (!h)
        return STATUS_INSUFFICIENT_RESOURCES;
    NTSTATUS status = file_begin_open(file, &rq->create);
    if (status) {
        rq->p.information = status == STATUS_OBJECT_NAME_COLLISION ? FILE_EXISTS : 0;
        drop_handle(h);
        return status;
    }
    status = create_with(rq, h, parent);
    if (status) {
        if (!rq_expired(rq))
            identity_lost(node, status);
        file_abort_open(h->file, &rq->create);
        drop_handle(h);
    }
    return status;
}

/* Nobody will ever use this handle: it gets its Cleanup and CloseFile here. */
void late_create(struct nt_request *rq, NTSTATUS status)
{
    struct nt_create_args *a = &rq->create;
    if (status)
        return;
    if (a->out.handle) {
        cleanup_handle(rq, a->out.handle);
        close_handle(rq, a->out.handle);
        nt_handle_put(a->out.handle);
    }
    nt_node_put(a->out.node);
}

/* ---- internal opens ------------------------------------------------------------------------------------ */

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
