// SPDX-License-Identifier: MIT
/*
 * The reserved folder of the root, where files go that are open but have lost their name (remove.c,
 * rename.c). No door shows it; it goes at the end of the volume, and nt_volume_recover() removes what a crash
 * left. vol->tree for the folder's node.
 */
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
