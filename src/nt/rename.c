// SPDX-License-Identifier: MIT
/*
 * POSIX rename by name: an existing target is replaced, also one that is open, read-only, or an empty
 * directory, all of which NT's MoveFile refuses. An open target goes to the reserved folder first (remove.c)
 * and comes back if the rename then fails.
 */
#include "nt/nt_internal.h"
#include "nt/remove.h"
#include "nt/security.h"

enum { SOURCE, TARGET, SOURCE_PARENT, TARGET_PARENT };

NTSTATUS prepare_rename(struct nt_request *rq)
{
    struct nt_node *node[2], *parent[2];
    NTSTATUS status = tree_resolve(rq->volume, &rq->rename.from, &node[0], &parent[0]);
    if (status)
        return status;
    bool leaf = node_has(node[0], NODE_TYPED) && !node_has(node[0], NODE_DIRECTORY);
    token_want(rq, node[0], TOKEN_CHANGE, !leaf);
    status = tree_resolve(rq->volume, &rq->rename.to, &node[1], &parent[1]);
    if (status) {
        nt_node_put(parent[0]);
        return status;
    }
    token_want(rq, node[1], TOKEN_CHANGE, (rq->rename.flags & NT_RENAME_EXCHANGE) != 0);
    token_want(rq, parent[0], TOKEN_HOLD, false);
    token_want(rq, parent[1], TOKEN_HOLD, false);
    if (node_has(node[0], NODE_RESERVED))
        return STATUS_OBJECT_NAME_NOT_FOUND;
    if (node_has(node[1], NODE_RESERVED))
        return STATUS_ACCESS_DENIED;
    struct nt_node *root = &rq->volume->root;
    LOCK_SCOPE(&rq->volume->tree);
    bool inside = node[0] == root || node[1] == root || tree_is_below(parent[1], node[0]) ||
                  (rq->rename.flags & NT_RENAME_EXCHANGE && tree_is_below(parent[0], node[1]));
    return inside ? STATUS_INVALID_PARAMETER : STATUS_SUCCESS;
}

struct move {
    struct nt_node *source, *target, *source_parent, *target_parent;
    const WCHAR *name; /* the target's last component as it was asked for */
    size_t len;
    struct nt_path *path;
    /* What was done to the target and must be undone if the rename fails. */
    bool hidden;        /* it stands in the reserved folder; it was called back_name */
    uint32_t read_only; /* it had these attributes; 0: they are as they were */
    struct nt_spelling back_name;
};

static void last_component(const struct nt_name *name, const WCHAR **text, size_t *len)
{
    size_t start = name->len;
    while (start && name->text[start - 1] != u'\\' && name->text[start - 1] != u':')
        start--;
    if (start && name->text[start - 1] == u':')
        start--;
    *text = name->text + start;
    *len = name->len - start;
}

static bool is_open(struct nt_node *node)
{
    LOCK_SCOPE(&node->vol->tree);
    if (!node->file)
        return false;
    LOCK_SCOPE(&node->file->lock);
    return node->file->unclean_count > 0;
}

/* An open target is marked and hidden; `t` is an internal open on it. */
static NTSTATUS hide_target(struct nt_request *rq, struct move *m, struct nt_handle *t)
{
    nt_node_put(tree_place(m->target, &m->back_name));
    NTSTATUS status = ask_deletion(rq, t);
    if (status)
        return status;
    status = hide_open_file(rq, t);
    m->hidden = status == STATUS_SUCCESS;
    if (!m->hidden)
        call_delete(rq, t, false);
    return status;
}

/* `t` is an internal open on the target. *delete: its Cleanup shall delete it. */
static NTSTATUS make_way(struct nt_request *rq, struct move *m, struct nt_handle *t, bool *delete)
{
    NTSTATUS status = clear_readonly(rq, t, &m->read_only);
    if (status)
        return status;
    if (is_open(m->target))
        return hide_target(rq, m, t);
    if (!t->directory)
        return STATUS_SUCCESS;
    status = ask_deletion(rq, t);
    *delete = status == STATUS_SUCCESS;
    return status;
}

/* Makes way for the source. SUCCESS: MoveFile may go ahead. */
static NTSTATUS clear_target(struct nt_request *rq, struct move *m, bool source_is_directory)
{
    struct nt_handle t;
    bool delete = false;
    NTSTATUS status =
        internal_open(rq, m->target, DELETE | FILE_READ_ATTRIBUTES | FILE_WRITE_ATTRIBUTES, 0, &t);
    if (status == STATUS_OBJECT_NAME_NOT_FOUND || status == STATUS_NO_SUCH_FILE)
        return STATUS_SUCCESS;
    if (status < 0)
        return status;
    if (t.directory != source_is_directory)
        status = t.directory ? STATUS_FILE_IS_A_DIRECTORY : STATUS_NOT_A_DIRECTORY;
    else
        status = make_way(rq, m, &t, &delete);
    internal_close(rq, &t, delete);
    return status;
}

/* Its parent may have moved since, past the deadline: the path is made anew. */
static NTSTATUS bring_back(struct nt_request *rq, struct move *m, struct nt_handle *t)
{
    struct nt_path *path = tree_join(m->target_parent, m->back_name.text, m->back_name.len);
    if (!path)
        return STATUS_INSUFFICIENT_RESOURCES;
    call_delete(rq, t, false);
    NTSTATUS status = call_move(rq, t, path, false);
    if (!status)
        status = tree_move(m->target, m->target_parent, m->back_name.text, m->back_name.len);
    if (!status) {
        path_put(t->path);
        t->path = path_get(path);
    }
    path_put(path);
    return status;
}

/* Also past the deadline: its caller was told that nothing happened. */
static void restore_target(struct nt_request *rq, struct move *m)
{
    struct nt_handle t;
    if (!m->hidden && !m->read_only)
        return;
    NTSTATUS status = internal_open(rq, m->target, DELETE | FILE_WRITE_ATTRIBUTES, 0, &t);
    if (status >= 0) {
        status = m->hidden ? bring_back(rq, m, &t) : STATUS_SUCCESS;
        if (m->read_only)
            call_set_attributes(rq, &t, m->read_only);
        internal_close(rq, &t, false);
        cache_drop(m->target);
        cache_drop(m->target_parent);
    }
    if (status)
        log_warn("the target of a failed rename cannot be put back: 0x%08x", (unsigned)status);
}

/* The last handle of a hidden target went while the rename ran late: nobody else is left to delete it. */
static void delete_hidden(struct nt_request *rq, struct nt_node *node)
{
    struct nt_handle t;
    if (internal_open(rq, node, DELETE, 0, &t) < 0)
        return;
    bool agreed = call_delete(rq, &t, true) == STATUS_SUCCESS;
    internal_close(rq, &t, agreed);
    tree_detach(node);
}

static void renamed(struct nt_request *rq, struct move *m)
{
    struct nt_spelling old_name;
    struct nt_node *old_dir = tree_place(m->source, &old_name);
    if (m->hidden && !mark_deleted(m->target))
        delete_hidden(rq, m->target);
    else if (m->target != m->source)
        cache_drop(m->target);
    if (!m->hidden && m->target != m->source && !rq_expired(rq))
        lose_path(m->target);
    if (tree_move(m->source, m->target_parent, m->name, m->len))
        log_warn("no memory to follow a rename: its old name is known until it is forgotten");
    cache_drop(m->source);
    cache_drop(old_dir);
    cache_drop(m->target_parent);
    event_renamed(m->source, old_dir, &old_name, rq_origin(rq));
    nt_node_put(old_dir);
}

/* By NT's rules MoveFile does not replace everything that POSIX does: way is made for it. */
static NTSTATUS move_over(struct nt_request *rq, struct move *m, struct nt_handle *h)
{
    NTSTATUS status = clear_target(rq, m, h->directory);
    if (!status && rq_expired(rq))
        status = STATUS_IO_TIMEOUT;
    return status ? status : call_move(rq, h, m->path, true);
}

/* Whether a file system that frees names at once (RemoveName) may do better with an empty place. */
static bool wants_way(NTSTATUS status)
{
    return status == STATUS_ACCESS_DENIED || status == STATUS_SHARING_VIOLATION ||
           status == STATUS_CANNOT_DELETE || status == STATUS_OBJECT_NAME_COLLISION;
}

static NTSTATUS move_source(struct nt_request *rq, struct move *m, struct nt_handle *h, bool replace)
{
    bool itself = m->source == m->target;
    bool over = replace && !itself;
    bool direct = !over || has_callback(rq->volume, CB_REMOVE_NAME);
    NTSTATUS status = STATUS_ACCESS_DENIED;
    if (rq_expired(rq))
        return STATUS_IO_TIMEOUT;
    if (direct)
        status = call_move(rq, h, m->path, over || itself);
    if (over && wants_way(status))
        status = move_over(rq, m, h);
    if (status) {
        restore_target(rq, m);
        return status > 0 ? STATUS_UNSUCCESSFUL : status;
    }
    renamed(rq, m);
    return STATUS_SUCCESS;
}

NTSTATUS rename_over(struct nt_request *rq, struct nt_handle *h, struct nt_path *to, const WCHAR *name,
                     size_t len)
{
    const struct nt_token *t = rq->p.tokens;
    struct move m = {.source = t[SOURCE].node,
                     .target = t[TARGET].node,
                     .source_parent = t[SOURCE_PARENT].node,
                     .target_parent = t[TARGET_PARENT].node,
                     .name = name,
                     .len = len,
                     .path = to};
    return move_source(rq, &m, h, true);
}

static NTSTATUS move_by_name(struct nt_request *rq, struct move *m, struct nt_handle *h)
{
    NTSTATUS status = move_source(rq, m, h, rq->rename.flags & NT_RENAME_REPLACE);
    if (status)
        return status;
    path_put(h->path);
    h->path = path_get(m->path);
    return STATUS_SUCCESS;
}

static NTSTATUS exchange(struct nt_request *rq, struct move *m, struct nt_handle *h)
{
    struct nt_path *other = tree_path(m->target);
    NTSTATUS status = other ? call_exchange_names(rq, h, other) : STATUS_INSUFFICIENT_RESOURCES;
    path_put(other);
    if (status == STATUS_NOT_IMPLEMENTED)
        return STATUS_NOT_SUPPORTED;
    if (status != STATUS_SUCCESS)
        return status > 0 ? STATUS_UNSUCCESSFUL : status;
    struct nt_node *nodes[] = {m->source, m->target};
    struct nt_node *dirs[] = {m->source_parent, m->target_parent};
    tree_exchange(m->source, m->target);
    for (int i = 0; i < 2; i++) {
        cache_drop(nodes[i]);
        cache_drop(dirs[i]);
        event_node(nodes[i], NT_EVENT_MODIFIED, FILE_NOTIFY_CHANGE_FILE_NAME | FILE_NOTIFY_CHANGE_ATTRIBUTES,
                   rq_origin(rq));
    }
    return STATUS_SUCCESS;
}

static bool same_spelling(const struct move *m)
{
    LOCK_SCOPE(&m->source->vol->tree);
    return m->source == m->target && m->source->len == m->len &&
           memcmp(m->source->name, m->name, m->len * sizeof(WCHAR)) == 0;
}

/* On a volume that checks. */
static NTSTATUS may_rename(struct nt_request *rq, const struct move *m)
{
    bool directory = node_has(m->source, NODE_DIRECTORY),
         replaces = rq->rename.flags && m->target != m->source;
    NTSTATUS status = guard_remove(rq, m->source);
    if (!status && m->target_parent != m->source_parent)
        status = guard_add(rq, m->target_parent, directory);
    if (!status && replaces)
        status = guard_remove(rq, m->target);
    return status;
}

NTSTATUS run_rename(struct nt_request *rq)
{
    const struct nt_token *t = rq->p.tokens;
    struct move m = {.source = t[SOURCE].node,
                     .target = t[TARGET].node,
                     .source_parent = t[SOURCE_PARENT].node,
                     .target_parent = t[TARGET_PARENT].node};
    last_component(&rq->rename.to, &m.name, &m.len);
    if (same_spelling(&m))
        return STATUS_SUCCESS;
    m.path = tree_join(m.target_parent, m.name, m.len);
    if (!m.path)
        return STATUS_OBJECT_NAME_INVALID;
    struct nt_handle h;
    NTSTATUS status = may_rename(rq, &m);
    bool opened =
        !status && (status = internal_open(rq, m.source, DELETE | FILE_READ_ATTRIBUTES, 0, &h)) >= 0;
    if (opened) {
        tree_set_type(m.source, h.directory);
        status = rq->rename.flags & NT_RENAME_EXCHANGE ? exchange(rq, &m, &h) : move_by_name(rq, &m, &h);
        internal_close(rq, &h, false);
    }
    path_put(m.path);
    return status;
}
