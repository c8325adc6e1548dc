// SPDX-License-Identifier: MIT
/*
 * Opening and creating: NT_CREATE, and the engine's internal opens.
 *
 * The order of checks is the driver's: the volume, the options, the file's state and share access, then the
 * file system. An open under way counts in open_count (share access sees it) and in nothing else; the handle
 * is made before the file system is asked, so that nothing can fail after it said yes.
 */
#include "nt/create.h"
#include "nt/security.h"
#include <dokan/nt.h>

/* ---- before the file system is asked ------------------------------------------------------------------- */

static bool parent_going(struct nt_node *parent)
{
    LOCK_SCOPE(&parent->vol->tree);
    if (!parent->file)
        return false;
    LOCK_SCOPE(&parent->file->lock);
    return parent->file->delete_pending;
}

/* file->lock is held. PENDING: the open waits for the break of an oplock, not counted in. */
static NTSTATUS meet_others(struct nt_request *rq, struct nt_file *file, bool settled)
{
    const struct nt_create_args *a = &rq->create;
    bool oplocks = atomic_load(&file->oplock_count) != 0;
    if (rq->strict && file->delete_pending)
        return STATUS_DELETE_PENDING; /* the driver says that it is there */
    if (file->unclean_count && a->disposition == FILE_CREATE)
        return STATUS_OBJECT_NAME_COLLISION;
    if (file->delete_pending)
        return STATUS_DELETE_PENDING;
    NTSTATUS status = oplocks ? oplocks_before_sharing(rq, file, settled) : STATUS_SUCCESS;
    if (!status && !share_allows(&file->share, a->access, a->share))
        status = oplocks ? oplocks_on_violation(rq, file, settled) : STATUS_SHARING_VIOLATION;
    if (!status && oplocks)
        status = oplocks_on_open(rq, file, settled);
    if (!status && a->options & FILE_RESERVE_OPFILTER && file->unclean_count)
        status = STATUS_OPLOCK_NOT_GRANTED;
    return status;
}

/* Counts the open in and checks it against the others. */
static NTSTATUS file_begin_open(struct nt_request *rq, struct nt_file *file, bool settled)
{
    LOCK_SCOPE(&file->lock);
    NTSTATUS status = file->open_count ? meet_others(rq, file, settled) : STATUS_SUCCESS;
    if (status)
        return status;
    file->open_count++;
    share_add(&file->share, rq->create.access, rq->create.share);
    return STATUS_SUCCESS;
}

/* What Information says when share access, or what stands before it, refuses. */
static uint64_t refused_open(const struct nt_request *rq, NTSTATUS status)
{
    if (status == STATUS_SHARING_VIOLATION && rq->create.out.breaking)
        return FILE_OPBATCH_BREAK_UNDERWAY;
    return status == STATUS_OBJECT_NAME_COLLISION ? FILE_EXISTS : 0;
}

/* Share access is the file's, whatever the name it was opened by. */
static NTSTATUS meet_other_names(struct nt_request *rq, struct nt_handle *h)
{
    return identity_allows(h->node, rq->create.access, rq->create.share) ? STATUS_SUCCESS
                                                                         : STATUS_SHARING_VIOLATION;
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
    bool link = !up.directory && follow_possible(rq); /* no child of it is meant */
    if (status == STATUS_SUCCESS) {
        struct nt_handle h = {.vol = rq->volume, .node = parent, .path = path, .directory = true};
        atomic_init(&h.context, up.context);
        call_cleanup(rq, &h, false);
        call_close(rq, &h);
    }
    path_put(path);
    return status == STATUS_SUCCESS && !link ? STATUS_SUCCESS : STATUS_ACCESS_DENIED;
}

static struct create_call call_for(const struct nt_request *rq)
{
    const struct nt_volume *vol = rq->volume;
    const struct nt_create_args *a = &rq->create;
    struct create_call c = {.access = a->access,
                            .file_attributes = a->file_attributes,
                            .share = a->share,
                            .disposition = a->disposition,
                            .options = a->options & 0xFFFFFF & ~(ULONG)FILE_OPEN_BY_FILE_ID,
                            .directory = a->options & FILE_DIRECTORY_FILE};
    if (volume_option(vol, DOKAN_OPTION_WRITE_PROTECT) && a->disposition == FILE_OPEN_IF)
        c.disposition = FILE_OPEN;
    if (follow_due(rq))
        c.options |= FILE_OPEN_REPARSE_POINT;
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
    memcpy(h->oplock_key, a->oplock_key, sizeof h->oplock_key);
    memcpy(h->parent_key, a->parent_key, sizeof h->parent_key);
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
    a->out.entry_ns = a->name.dir && a->name.text ? entry_validity(h->node, a->name.text, a->name.len) : 0;
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
    NTSTATUS status = file ? file_begin_open(rq, file, true) : STATUS_INSUFFICIENT_RESOURCES;
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

static NTSTATUS create_with(struct nt_request *rq, struct nt_handle *h, struct nt_node *parent)
{
    CLEANUP_GUARD struct guard guard = {0};
    struct create_call c = call_for(rq);
    NTSTATUS status = guard_before(rq, h->node, &c, &guard);
    status = status ? status : ask(rq, parent, h, &c);
    if (status)
        return status;
    fill_handle(h, rq, &c);
    status = follow_opened(rq, h);
    status = status ? status : meet_other_names(rq, h);
    status = status ? status : rules_of_kind(rq, h);
    status = status ? status : guard_after(rq, h, &guard);
    if (status) {
        abandon(rq, h);
        return status;
    }
    status = create_dress(rq, h, parent);
    if (status) {
        create_undo(rq, h);
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

static NTSTATUS open_node(struct nt_request *rq, struct nt_node *node, struct nt_node *parent)
{
    if (disposition_of(&rq->create)->creates && parent_going(parent))
        return STATUS_DELETE_PENDING;
    struct nt_file *file = file_of(node);
    struct nt_handle *h = file ? handle_new(rq->volume, node, file) : NULL;
    file_put(file);
    if (!h)
        return STATUS_INSUFFICIENT_RESOURCES;
    NTSTATUS status = file_begin_open(rq, file, false);
    if (status) {
        if (status != STATUS_PENDING)
            rq->p.information = refused_open(rq, status);
        drop_handle(h);
        return status;
    }
    status = meet_other_names(rq, h);
    status = status ? status : create_with(rq, h, parent);
    if (status) {
        if (!rq_expired(rq))
            identity_lost(node, status);
        file_abort_open(h->file, &rq->create);
        drop_handle(h);
    }
    return !status && rq->create.out.breaking ? STATUS_OPLOCK_BREAK_IN_PROGRESS : status;
}

/* Whether the name is there whose parent was opened. */
static uint64_t existence(struct nt_request *rq, struct nt_node *node)
{
    struct nt_handle h;
    NTSTATUS status = internal_open(rq, node, FILE_READ_ATTRIBUTES, 0, &h);
    if (status >= 0)
        internal_close(rq, &h, false);
    return means_missing(status) ? FILE_DOES_NOT_EXIST : FILE_EXISTS;
}

/* STATUS_REPARSE: the name that is meant is another one, and stands in the request now. */
NTSTATUS run_create(struct nt_request *rq)
{
    struct nt_create_args *a = &rq->create;
    if (a->way.id && !a->way.moved)
        return byid_find(rq);
    struct nt_node *node = rq->p.tokens[CREATE_NODE].node, *parent = rq->p.tokens[CREATE_PARENT].node;
    NTSTATUS status = byid_verify(rq, node);
    status = status ? status : follow_before(rq, node);
    if (status)
        return status;
    status = open_node(rq, node, parent);
    if (status < 0)
        return rules_of_failure(rq, follow_failed(rq, node, status));
    if (status == STATUS_SUCCESS && a->target_directory)
        rq->p.information = existence(rq, create_asked(rq));
    return status;
}

/* Nobody will ever use this handle: it gets its Cleanup and CloseFile here. */
void late_create(struct nt_request *rq, NTSTATUS status)
{
    struct nt_create_args *a = &rq->create;
    if (status < 0)
        return;
    if (a->out.handle) {
        cleanup_handle(rq, a->out.handle);
        close_handle(rq, a->out.handle);
        nt_handle_put(a->out.handle);
    }
    nt_node_put(a->out.node);
}
