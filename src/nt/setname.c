// SPDX-License-Identifier: MIT
/*
 * Renaming through a handle (FileRenameInformation and its Ex form), and what a further name (link.c) has in
 * common with it.
 *
 * The target is made a full path first, whatever form it has; then it is resolved, and source, target and
 * both parents are reserved, in this order in the request's tokens. When the request runs, the tokens say
 * what was reserved: if a rename that went before has moved the source elsewhere, this one fails and may be
 * repeated. vol->tree is taken for looks at parents only.
 *
 * What has the new name already is replaced by NT's rules, whatever the file system would do: not while it is
 * open, READONLY or a directory. FILE_RENAME_POSIX_SEMANTICS lifts the first, and lets a directory replace an
 * empty one; FILE_RENAME_IGNORE_READONLY_ATTRIBUTE lifts the second.
 */
#include "nt/setname.h"
#include "nt/remove.h"
#include "nt/security.h"

enum { WANT_SOURCE, WANT_TARGET, WANT_SOURCE_PARENT, WANT_TARGET_PARENT };

struct rename_wish {
    const WCHAR *text;
    size_t len;
    struct nt_node *dir; /* the name is relative to it; NULL: see full_target() */
    ULONG flags;
};

enum { KNOWN_FLAGS = 0x1ff };
_Static_assert(FILE_LINK_REPLACE_IF_EXISTS == FILE_RENAME_REPLACE_IF_EXISTS &&
                   FILE_LINK_POSIX_SEMANTICS == FILE_RENAME_POSIX_SEMANTICS &&
                   FILE_LINK_IGNORE_READONLY_ATTRIBUTE == FILE_RENAME_IGNORE_READONLY_ATTRIBUTE,
               "renames and links have the same flags");

static ULONG flags_of(const struct nt_info_args *args)
{
    ULONG flags;
    if (args->info_class == FileRenameInformation || args->info_class == FileLinkInformation)
        return *(const BOOLEAN *)args->buffer ? FILE_RENAME_REPLACE_IF_EXISTS : 0;
    memcpy(&flags, args->buffer, sizeof flags);
    return flags;
}

/* All forms of the struct have the same layout behind their first member. */
static NTSTATUS read_buffer(const struct nt_info_args *args, struct rename_wish *wish)
{
    FILE_RENAME_INFORMATION_EX head;
    const uint32_t at = offsetof(FILE_RENAME_INFORMATION_EX, FileName);
    memcpy(&head, args->buffer, at);
    if (head.RootDirectory)
        return STATUS_INVALID_PARAMETER;
    ULONG bytes = head.FileNameLength;
    if (bytes > args->length - at || bytes % sizeof(WCHAR))
        return STATUS_INVALID_PARAMETER;
    wish->text = (const WCHAR *)((const char *)args->buffer + at);
    wish->len = bytes / sizeof(WCHAR);
    return STATUS_SUCCESS;
}

static bool has_wrong_unit(const struct rename_wish *wish)
{
    static const WCHAR wrong[] = u"*?\"<>|";
    for (size_t i = 0; i < wish->len; i++) {
        bool refused = wish->text[i] < u' ';
        for (const WCHAR *w = wrong; *w && !refused; w++)
            refused = wish->text[i] == *w;
        if (refused)
            return true;
    }
    return false;
}

static NTSTATUS read_wish(const struct nt_request *rq, struct rename_wish *wish)
{
    const struct nt_info_args *args = &rq->info;
    NTSTATUS status = STATUS_SUCCESS;
    *wish = (struct rename_wish){.flags = flags_of(args)};
    if (wish->flags & ~(ULONG)KNOWN_FLAGS)
        return STATUS_INVALID_PARAMETER;
    if (args->target.text) {
        wish->text = args->target.text;
        wish->len = args->target.len;
        wish->dir = args->target.dir;
    } else {
        status = read_buffer(args, wish);
    }
    if (status)
        return status;
    if (wish->len > 1 && wish->text[wish->len - 1] == u'\\')
        wish->len--;
    if (wish->len == 0)
        return STATUS_INVALID_PARAMETER;
    if (wish->len > NT_PATH_MAX || (rq->strict && has_wrong_unit(wish)))
        return STATUS_OBJECT_NAME_INVALID;
    return wish->dir && wish->text[0] == u':' ? STATUS_INVALID_PARAMETER : STATUS_SUCCESS;
}

static size_t find_unit(const WCHAR *text, size_t len, WCHAR unit)
{
    size_t i = 0;
    while (i < len && text[i] != unit)
        i++;
    return i;
}

static size_t behind_last_separator(const WCHAR *text, size_t len)
{
    while (len && text[len - 1] != u'\\')
        len--;
    return len;
}

static struct nt_path *concat(const WCHAR *head, size_t head_len, const WCHAR *tail, size_t tail_len)
{
    if (head_len + tail_len > NT_PATH_MAX)
        return NULL;
    struct nt_path *path = path_new(NULL, head_len + tail_len);
    if (path) {
        memcpy(path->text, head, head_len * sizeof(WCHAR));
        memcpy(path->text + head_len, tail, tail_len * sizeof(WCHAR));
    }
    return path;
}

/* `\a\b` as it is; `:s` another stream of the same file; a simple name in the directory of the old one. */
static NTSTATUS full_target(struct nt_handle *h, const struct rename_wish *wish, struct nt_path **out)
{
    const WCHAR *text = wish->text;
    if (text[0] == u'\\') {
        *out = path_new(text, wish->len);
    } else {
        if (find_unit(text, wish->len, u'\\') < wish->len)
            return STATUS_OBJECT_NAME_INVALID;
        struct nt_path *old = handle_path(h);
        if (!old)
            return STATUS_INSUFFICIENT_RESOURCES;
        size_t keep = text[0] == u':' ? find_unit(old->text, old->len, u':')
                                      : behind_last_separator(old->text, old->len);
        *out = concat(old->text, keep, text, wish->len);
        path_put(old);
    }
    return *out ? STATUS_SUCCESS : STATUS_OBJECT_NAME_INVALID;
}

void target_put(struct new_name *target)
{
    nt_node_put(target->node);
    nt_node_put(target->parent);
}

/* The last component as it was spelled, of a stream with its colon; a `:$DATA` behind it is no part of the
 * name. */
static NTSTATUS take_name(struct new_name *target, const WCHAR *text, size_t len)
{
    size_t start = behind_last_separator(text, len);
    size_t colon = start + find_unit(text + start, len - start, u':');
    size_t end = colon;
    if (node_has(target->node, NODE_STREAM) && colon < len) {
        start = colon;
        end = colon + 1 + find_unit(text + colon + 1, len - colon - 1, u':');
    }
    target->len = end - start;
    if (target->len > NT_NAME_MAX)
        return STATUS_OBJECT_NAME_INVALID;
    memcpy(target->name, text + start, target->len * sizeof(WCHAR));
    return STATUS_SUCCESS;
}

static NTSTATUS resolve_name(struct nt_request *rq, const struct nt_name *name, struct new_name *out)
{
    NTSTATUS status = tree_resolve(rq->volume, name, &out->node, &out->parent);
    if (status)
        return status;
    status = take_name(out, name->text, name->len);
    if (status)
        target_put(out);
    return status;
}

NTSTATUS target_resolve(struct nt_request *rq, struct new_name *out)
{
    struct rename_wish wish;
    NTSTATUS status = read_wish(rq, &wish);
    if (status)
        return status;
    out->flags = wish.flags;
    if (wish.dir)
        return resolve_name(rq, &(struct nt_name){wish.dir, wish.text, (uint16_t)wish.len}, out);
    struct nt_path *path = NULL;
    status = full_target(rq->handle, &wish, &path);
    if (status)
        return status;
    status = resolve_name(rq, &(struct nt_name){NULL, path->text, (uint16_t)path->len}, out);
    path_put(path);
    return status;
}

static bool lies_below(struct nt_node *node, struct nt_node *ancestor)
{
    LOCK_SCOPE(&node->vol->tree);
    return tree_is_below(node, ancestor);
}

/* Files become files, streams streams; nothing moves into itself; the root and what is gone stay. */
static NTSTATUS check(struct nt_node *source, const struct new_name *target)
{
    struct nt_node *root = &source->vol->root;
    if (source == root || target->node == root)
        return STATUS_INVALID_PARAMETER;
    if (node_has(source, NODE_GONE))
        return STATUS_DELETE_PENDING;
    if (node_has(source, NODE_STREAM) != node_has(target->node, NODE_STREAM))
        return STATUS_INVALID_PARAMETER;
    if (node_has(target->node, NODE_RESERVED))
        return STATUS_ACCESS_DENIED;
    return lies_below(target->parent, source) ? STATUS_INVALID_PARAMETER : STATUS_SUCCESS;
}

NTSTATUS prepare_rename_by_handle(struct nt_request *rq)
{
    struct nt_node *source = rq->handle->node;
    struct new_name target;
    NTSTATUS status = target_resolve(rq, &target);
    if (status)
        return status;
    status = check(source, &target);
    if (status) {
        target_put(&target);
        return status;
    }
    nt_node_get(source);
    token_want(rq, source, TOKEN_CHANGE, rq->handle->directory);
    token_want(rq, target.node, TOKEN_CHANGE, false);
    token_want(rq, tree_place(source, NULL), TOKEN_HOLD, false);
    token_want(rq, target.parent, TOKEN_HOLD, false);
    return STATUS_SUCCESS;
}

static bool still_reserved(struct nt_request *rq, const struct new_name *target)
{
    const struct nt_token *tokens = rq->p.tokens;
    struct nt_node *parent = tree_place(rq->handle->node, NULL);
    bool same = tokens[WANT_TARGET].node == target->node &&
                tokens[WANT_TARGET_PARENT].node == target->parent &&
                tokens[WANT_SOURCE_PARENT].node == parent;
    nt_node_put(parent);
    return same;
}

/* ---- what has the name already ------------------------------------------------------------------------- */

struct present {
    bool exists, directory, read_only;
};

static bool missing(NTSTATUS status)
{
    return status == STATUS_OBJECT_NAME_NOT_FOUND || status == STATUS_NO_SUCH_FILE;
}

static NTSTATUS look_at(struct nt_request *rq, struct nt_node *node, struct present *out)
{
    struct nt_attr attr;
    struct nt_way way;
    *out = (struct present){0};
    NTSTATUS status = way_begin(rq, node, FILE_READ_ATTRIBUTES, true, &way);
    if (status)
        return missing(status) ? STATUS_SUCCESS : status;
    status = attr_query(rq, way.h, &attr, true);
    *out = (struct present){.exists = true,
                            .directory = way.h->directory,
                            .read_only = attr.attributes & FILE_ATTRIBUTE_READONLY};
    way_end(rq, &way);
    return status;
}

static bool stream_is_open(struct nt_node *owner)
{
    struct nt_file *file;
    LOCK_SCOPE(&owner->vol->tree);
    list_for_each (file, &owner->vol->files, link) {
        if (file->node->parent != owner || !node_has(file->node, NODE_STREAM))
            continue;
        LOCK_SCOPE(&file->lock);
        if (file->unclean_count > 0)
            return true;
    }
    return false;
}

/* A file system of Dokany's callbacks alone knows NT's rules itself; who opens the target is ours to know. */
NTSTATUS may_replace(struct nt_request *rq, const struct new_name *target, bool directory)
{
    const bool posix = target->flags & FILE_RENAME_POSIX_SEMANTICS;
    const bool ignores = target->flags & FILE_RENAME_IGNORE_READONLY_ATTRIBUTE;
    struct present there;
    bool open;
    NTSTATUS status = node_openers(target->node, &open);
    if (!posix && (open || status || stream_is_open(target->node)))
        return STATUS_ACCESS_DENIED;
    if (status)
        return status == STATUS_OBJECT_NAME_NOT_FOUND ? STATUS_DELETE_PENDING : status;
    if (!posix && !ignores && !has_callback(rq->volume, CB_REMOVE_NAME))
        return STATUS_SUCCESS;
    status = look_at(rq, target->node, &there);
    if (status || !there.exists)
        return status;
    if ((directory || there.directory) && !(posix && directory && there.directory))
        return STATUS_ACCESS_DENIED;
    return there.read_only && !ignores && !there.directory ? STATUS_ACCESS_DENIED : STATUS_SUCCESS;
}

/* ---- moving -------------------------------------------------------------------------------------------- */

/* The file system has moved it: names, caches and listeners follow, also past the deadline. */
static void moved(struct nt_request *rq, const struct new_name *target)
{
    struct nt_node *source = rq->handle->node;
    struct nt_spelling old_name;
    struct nt_node *old_parent = tree_place(source, &old_name);
    if (target->node != source && !rq_expired(rq))
        lose_path(target->node);
    if (tree_move(source, target->parent, target->name, target->len)) {
        log_warn("no memory to follow a rename: the file is known by its old name until it is closed");
        tree_detach(source);
    }
    cache_drop(source);
    cache_drop(target->node);
    cache_drop(old_parent);
    cache_drop(target->parent);
    event_renamed(source, old_parent, &old_name, rq_origin(rq));
    nt_node_put(old_parent);
}

bool is_going(struct nt_node *directory)
{
    LOCK_SCOPE(&directory->vol->tree);
    if (!directory->file)
        return false;
    LOCK_SCOPE(&directory->file->lock);
    return directory->file->delete_pending;
}

/* On a volume that checks: who may make a name there, and delete the one that goes. */
static NTSTATUS may_move(struct nt_request *rq, const struct new_name *target, bool replace)
{
    struct nt_handle *h = rq->handle;
    bool same = rq->p.tokens[WANT_SOURCE_PARENT].node == target->parent;
    NTSTATUS status = same ? STATUS_SUCCESS : guard_add(rq, target->parent, h->directory);
    if (status || !replace)
        return status;
    status = guard_remove(rq, target->node);
    if (!status)
        status = may_replace(rq, target, h->directory);
    return status ? status : rq_expired(rq) ? STATUS_IO_TIMEOUT : STATUS_SUCCESS;
}

static NTSTATUS move_to(struct nt_request *rq, const struct new_name *target)
{
    const ULONG easier = FILE_RENAME_POSIX_SEMANTICS | FILE_RENAME_IGNORE_READONLY_ATTRIBUTE;
    struct nt_handle *h = rq->handle;
    bool wished = target->flags & FILE_RENAME_REPLACE_IF_EXISTS;
    bool replace = wished && target->node != h->node;
    NTSTATUS status = check(h->node, target);
    if (!status && is_going(target->parent))
        status = STATUS_DELETE_PENDING;
    if (!status)
        status = may_move(rq, target, replace);
    if (status)
        return status;
    struct nt_path *to = tree_join(target->parent, target->name, target->len);
    if (!to)
        return STATUS_OBJECT_NAME_INVALID;
    if (replace && target->flags & easier) {
        status = rename_over(rq, h, to, target->name, target->len);
    } else {
        status = call_move(rq, h, to, wished);
        if (status == STATUS_SUCCESS)
            moved(rq, target);
    }
    path_put(to);
    return status;
}

NTSTATUS rename_by_handle(struct nt_request *rq)
{
    struct new_name target;
    NTSTATUS status = target_resolve(rq, &target);
    if (status)
        return status;
    status = still_reserved(rq, &target) ? move_to(rq, &target) : STATUS_SHARING_VIOLATION;
    target_put(&target);
    return status;
}
