// SPDX-License-Identifier: MIT
/*
 * POSIX removal by name: the name is free at once, open handles go on, READONLY does not protect.
 *
 * A file nobody has open is deleted as NT does it: the file system is asked (DeleteFile, DeleteDirectory),
 * then told in Cleanup. One that is open is first moved into the reserved folder of the root, marked for
 * deletion there, and deleted by its last Cleanup. A file system that offers RemoveName needs none of this.
 * No door shows that folder; it goes at the end of the volume, and nt_volume_recover() removes what a crash
 * left. Where MoveFile fails, the file stays under its name, marked: lookups no longer find it.
 */
#include "nt/remove.h"
#include "base/fold.h"
#include "nt/nt_internal.h"
#include <stdio.h>

static const WCHAR reserved_name[] = u".xdokan-removed";
enum { RESERVED_LEN = sizeof reserved_name / sizeof *reserved_name - 1, HIDDEN_MAX = 40 };

bool name_is_reserved(const struct nt_volume *vol, const struct nt_node *dir, const WCHAR *name, size_t len)
{
    return dir == &vol->root && len == RESERVED_LEN && fold_equal(name, len, reserved_name, RESERVED_LEN);
}

/* ---- the reserved folder ------------------------------------------------------------------------------- */

static NTSTATUS make_folder(struct nt_request *rq)
{
    struct nt_path *path = tree_join(&rq->volume->root, reserved_name, RESERVED_LEN);
    if (!path)
        return STATUS_INSUFFICIENT_RESOURCES;
    struct create_call c = {.access = FILE_LIST_DIRECTORY | SYNCHRONIZE,
                            .file_attributes = FILE_ATTRIBUTE_HIDDEN | FILE_ATTRIBUTE_SYSTEM,
                            .share = FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE,
                            .disposition = FILE_OPEN_IF,
                            .options = FILE_DIRECTORY_FILE,
                            .directory = true};
    NTSTATUS status = call_create(rq, path, &c);
    if (status >= 0 || status == STATUS_OBJECT_NAME_COLLISION) {
        struct nt_handle h = {.vol = rq->volume, .node = &rq->volume->root, .path = path, .directory = true};
        atomic_init(&h.context, c.context);
        call_cleanup(rq, &h, false);
        call_close(rq, &h);
        status = STATUS_SUCCESS;
    }
    path_put(path);
    return status;
}

/* The folder's node, made with the folder when needed; counted. */
static NTSTATUS reserved_folder(struct nt_request *rq, bool again, struct nt_node **out)
{
    struct nt_volume *vol = rq->volume;
    pthread_mutex_lock(&vol->tree);
    *out = vol->reserved;
    if (*out)
        nt_node_get(*out);
    pthread_mutex_unlock(&vol->tree);
    if (*out && !again)
        return STATUS_SUCCESS;
    nt_node_put(*out);
    NTSTATUS status = make_folder(rq);
    if (status)
        return status;
    struct nt_node *node = tree_child(&vol->root, reserved_name, RESERVED_LEN);
    if (!node)
        return STATUS_INSUFFICIENT_RESOURCES;
    tree_set_type(node, true);
    pthread_mutex_lock(&vol->tree);
    if (!vol->reserved) {
        nt_node_get(node);
        vol->reserved = node;
    }
    pthread_mutex_unlock(&vol->tree);
    *out = node;
    return STATUS_SUCCESS;
}

/* Unique in this run; the prefix tells this run's names from what an earlier one left. */
static size_t hidden_name(struct nt_volume *vol, WCHAR *out)
{
    char text[HIDDEN_MAX];
    uint64_t serial = atomic_fetch_add(&vol->reserved_serial, 1);
    int n = snprintf(text, sizeof text, "%016llx-%llx", (unsigned long long)vol->reserved_run,
                     (unsigned long long)serial);
    for (int i = 0; i < n; i++)
        out[i] = (WCHAR)text[i];
    return (size_t)n;
}

static bool from_this_run(const struct nt_volume *vol, const struct nt_entry *e)
{
    char text[17];
    snprintf(text, sizeof text, "%016llx", (unsigned long long)vol->reserved_run);
    if (e->len < 16)
        return false;
    for (int i = 0; i < 16; i++)
        if (e->name[i] != (WCHAR)text[i])
            return false;
    return true;
}

static NTSTATUS move_into_folder(struct nt_request *rq, struct nt_handle *h, bool again)
{
    struct nt_node *folder;
    NTSTATUS status = rq_expired(rq) ? STATUS_IO_TIMEOUT : reserved_folder(rq, again, &folder);
    if (status)
        return status;
    WCHAR name[HIDDEN_MAX];
    size_t len = hidden_name(rq->volume, name);
    struct nt_path *to = tree_join(folder, name, len);
    if (rq_expired(rq))
        status = STATUS_IO_TIMEOUT;
    else
        status = to ? call_move(rq, h, to, false) : STATUS_INSUFFICIENT_RESOURCES;
    if (status == STATUS_SUCCESS)
        status = tree_move_aside(rq, h->node, folder, name, len);
    if (status == STATUS_SUCCESS && h->path) {
        path_put(h->path);
        h->path = path_get(to);
    }
    path_put(to);
    nt_node_put(folder);
    return status;
}

NTSTATUS hide_open_file(struct nt_request *rq, struct nt_handle *h)
{
    NTSTATUS status = move_into_folder(rq, h, false);
    return status == STATUS_OBJECT_PATH_NOT_FOUND ? move_into_folder(rq, h, true) : status;
}

/* ---- sweeping ------------------------------------------------------------------------------------------ */

static NTSTATUS delete_node(struct nt_request *rq, struct nt_node *node, ULONG options)
{
    struct nt_handle h;
    NTSTATUS status = internal_open(rq, node, DELETE | FILE_READ_ATTRIBUTES, options, &h);
    if (status < 0)
        return status;
    status = call_delete(rq, &h, true);
    internal_close(rq, &h, status == STATUS_SUCCESS);
    return status;
}

static bool to_be_swept(const struct nt_volume *vol, const struct nt_entry *e)
{
    bool dots = e->name[0] == u'.' && (e->len == 1 || (e->len == 2 && e->name[1] == u'.'));
    return !dots && (nt_volume_stopping(vol) || !from_this_run(vol, e));
}

/* Each entry has a deadline of its own; the first that hangs ends it. */
static void sweep_entries(struct nt_request *rq, struct nt_node *folder, const struct nt_snapshot *s)
{
    for (size_t i = 0; i < snapshot_count(s) && request_renew(rq); i++) {
        const struct nt_entry *e = snapshot_at(s, i);
        if (!to_be_swept(rq->volume, e))
            continue;
        struct nt_node *node = tree_child(folder, e->name, e->len);
        if (!node)
            return;
        if (!node_is_known_open(node) && delete_node(rq, node, 0) == STATUS_SUCCESS)
            tree_detach(node);
        nt_node_put(node);
    }
}

void reserved_sweep(struct nt_request *rq)
{
    struct nt_volume *vol = rq->volume;
    struct nt_node *folder = tree_child(&vol->root, reserved_name, RESERVED_LEN);
    struct nt_snapshot *s = folder ? snapshot_new() : NULL;
    struct nt_handle h;
    if (s && internal_open(rq, folder, FILE_LIST_DIRECTORY, FILE_DIRECTORY_FILE, &h) >= 0) {
        bool filtered;
        NTSTATUS status = call_find(rq, &h, NULL, s, &filtered);
        internal_close(rq, &h, false);
        if (status == STATUS_SUCCESS)
            sweep_entries(rq, folder, s);
        if (request_renew(rq) && (nt_volume_stopping(vol) || !vol->reserved))
            delete_node(rq, folder, FILE_DIRECTORY_FILE);
    }
    snapshot_free(s);
    nt_node_put(folder);
}

/* ---- removing ------------------------------------------------------------------------------------------ */

NTSTATUS prepare_remove(struct nt_request *rq)
{
    struct nt_node *node, *parent;
    NTSTATUS status = tree_resolve(rq->volume, &rq->remove.name, &node, &parent);
    if (status)
        return status;
    token_want(rq, node, TOKEN_CHANGE, false);
    token_want(rq, parent, TOKEN_HOLD, false);
    if (node == &rq->volume->root)
        return STATUS_SHARING_VIOLATION;
    return node_has(node, NODE_RESERVED) ? STATUS_OBJECT_NAME_NOT_FOUND : STATUS_SUCCESS;
}

/* Does somebody have it open, and does he let it be deleted? */
static NTSTATUS openers(struct nt_node *node, bool *open)
{
    LOCK_SCOPE(&node->vol->tree);
    *open = false;
    if (!node->file)
        return STATUS_SUCCESS;
    LOCK_SCOPE(&node->file->lock);
    *open = node->file->unclean_count > 0;
    if (node->file->delete_pending)
        return STATUS_OBJECT_NAME_NOT_FOUND;
    const ULONG all = FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE;
    return share_allows(&node->file->share, DELETE, all) ? STATUS_SUCCESS : STATUS_SHARING_VIOLATION;
}

NTSTATUS clear_readonly(struct nt_request *rq, struct nt_handle *h, uint32_t *before)
{
    struct nt_attr attr;
    *before = 0;
    if (attr_query(rq, h, &attr, false) || !(attr.attributes & FILE_ATTRIBUTE_READONLY))
        return STATUS_SUCCESS;
    if (rq_expired(rq))
        return STATUS_IO_TIMEOUT;
    uint32_t without = attr.attributes & ~(uint32_t)(FILE_ATTRIBUTE_READONLY | FILE_ATTRIBUTE_DIRECTORY);
    NTSTATUS status = call_set_attributes(rq, h, without ? without : FILE_ATTRIBUTE_NORMAL);
    cache_drop(h->node);
    if (status == STATUS_SUCCESS)
        *before = attr.attributes & ~(uint32_t)FILE_ATTRIBUTE_DIRECTORY;
    return status;
}

NTSTATUS ask_deletion(struct nt_request *rq, struct nt_handle *h)
{
    if (rq_expired(rq))
        return STATUS_IO_TIMEOUT;
    NTSTATUS status = call_delete(rq, h, true);
    if (status != STATUS_SUCCESS)
        return status > 0 ? STATUS_UNSUCCESSFUL : status;
    if (!rq_expired(rq))
        return STATUS_SUCCESS;
    call_delete(rq, h, false);
    return STATUS_IO_TIMEOUT;
}

bool mark_deleted(struct nt_node *node)
{
    LOCK_SCOPE(&node->vol->tree);
    if (!node->file)
        return false;
    LOCK_SCOPE(&node->file->lock);
    node->file->delete_pending = true;
    node->file->posix_deleted = true;
    return node->file->unclean_count > 0;
}

NTSTATUS free_name(struct nt_request *rq, struct nt_handle *h, bool *held)
{
    struct nt_spelling name;
    struct nt_node *parent = tree_place(h->node, &name);
    NTSTATUS status = hide_open_file(rq, h);
    bool too_late = status && rq_expired(rq);
    if (too_late) {
        call_delete(rq, h, false);
    } else {
        if (status)
            log_debug("an open file that was removed keeps its name until it is closed: MoveFile gave 0x%08x",
                      (unsigned)status);
        *held = mark_deleted(h->node);
        event_removed(h->node, parent, &name, rq_origin(rq));
        cache_drop(h->node);
        cache_drop(parent);
    }
    nt_node_put(parent);
    return too_late ? STATUS_IO_TIMEOUT : STATUS_SUCCESS;
}

/* Nobody has it open: it is deleted here. `told`: that the name is gone. Closes h. */
static void delete_now(struct nt_request *rq, struct nt_handle *h, bool told)
{
    struct nt_node *node = h->node;
    struct nt_spelling name;
    struct nt_node *parent = tree_place(node, &name);
    internal_close(rq, h, true);
    if (!told)
        event_removed(node, parent, &name, rq_origin(rq));
    cache_drop(node);
    cache_drop(parent);
    nt_node_put(parent);
    if (rq_expired(rq))
        tree_forget(node); /* its name may be another's already */
    else
        tree_detach(node);
}

void lose_path(struct nt_node *node)
{
    static const WCHAR gone[] = u"\\.xdokan-removed\\gone";
    struct nt_path *path = path_new(gone, sizeof gone / sizeof *gone - 1);
    pthread_mutex_lock(&node->vol->tree);
    struct nt_file *file = path ? node->file : NULL;
    if (file) {
        LOCK_SCOPE(&file->lock);
        struct nt_path *old = file->path;
        file->path = path;
        path = old;
    }
    pthread_mutex_unlock(&node->vol->tree);
    path_put(path);
}

/* The file system frees the name itself; whoever has the file open goes on. Closes h, unless it cannot
 * (NOT_IMPLEMENTED). */
static NTSTATUS remove_at_once(struct nt_request *rq, struct nt_handle *h)
{
    struct nt_node *node = h->node;
    struct nt_spelling name;
    struct nt_node *parent = tree_place(node, &name);
    NTSTATUS status = rq_expired(rq) ? STATUS_IO_TIMEOUT : call_remove_name(rq, h);
    if (status != STATUS_NOT_IMPLEMENTED)
        internal_close(rq, h, false);
    if (status == STATUS_SUCCESS) {
        event_removed(node, parent, &name, rq_origin(rq));
        cache_drop(node);
        cache_drop(parent);
        if (rq_expired(rq)) {
            tree_forget(node); /* its name may be another's already */
        } else {
            lose_path(node);
            tree_detach(node);
        }
    }
    nt_node_put(parent);
    return status > 0 ? STATUS_UNSUCCESSFUL : status;
}

NTSTATUS run_remove(struct nt_request *rq)
{
    struct nt_node *node = rq->p.tokens[0].node;
    bool open, held = false;
    struct nt_handle h;
    uint32_t before;
    NTSTATUS status = openers(node, &open);
    if (!status)
        status = internal_open(rq, node, DELETE | FILE_READ_ATTRIBUTES | FILE_WRITE_ATTRIBUTES,
                               rq->remove.directory ? FILE_DIRECTORY_FILE : FILE_NON_DIRECTORY_FILE, &h);
    if (status < 0)
        return status;
    tree_set_type(node, h.directory);
    status = remove_at_once(rq, &h);
    if (status != STATUS_NOT_IMPLEMENTED)
        return status;
    status = clear_readonly(rq, &h, &before);
    if (!status)
        status = ask_deletion(rq, &h);
    if (!status && open)
        status = free_name(rq, &h, &held);
    if (status && before)
        call_set_attributes(rq, &h, before);
    if (status || held)
        internal_close(rq, &h, false);
    else
        delete_now(rq, &h, open);
    return status > 0 ? STATUS_UNSUCCESSFUL : status;
}
