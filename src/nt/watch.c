// SPDX-License-Identifier: MIT
/*
 * Change notification. The first NT_NOTIFY of a handle makes its watch: what it asks for and how long its
 * buffer is holds for all later ones. Changes are collected in the watch's own buffer and handed to the first
 * request that waits, or to the next that comes. What does not fit empties the buffer: the next request is
 * told to list the directory (STATUS_NOTIFY_ENUM_DIR). The watch ends with the handle's Cleanup.
 *
 * News come from the volume's queue of events (notify.c), in order, as paths of the moment of the change. A
 * watch keeps the path of its directory as of the news it has heard, so that a name is relative to the
 * directory even when something above it is renamed in between; what was queued before it began is not for
 * it.
 *
 * vol->watching.lock covers all watches; file->lock, vol->park_lock and the queue's are taken under it.
 */
#include "nt/watch.h"
#include "base/fold.h"
#include "nt/nt_internal.h"
#include <stdlib.h>

enum { WATCH_MAX = 1 << 20, CHANGE_HEAD = offsetof(struct nt_change, name), FILTERS = 0xfff };

struct nt_watch {
    struct list link; /* vol->watching.list */
    struct list waiting;
    const struct nt_file *file;
    struct nt_path *base;
    uint64_t since; /* the first event that it is told */
    uint32_t filter;
    bool tree;
    bool overflowed;
    bool deleted;
    uint32_t size, used, last; /* of the buffer; where the last change begins */
    unsigned char buffer[];
};

/* ---- the buffer ---------------------------------------------------------------------------------------- */

static void start_anew(struct nt_watch *w)
{
    w->used = w->last = 0;
    w->overflowed = false;
}

static void append(struct nt_watch *w, uint32_t action, const WCHAR *name, size_t len)
{
    uint32_t at = (w->used + 3) & ~3u;
    struct nt_change change = {.action = action, .name_bytes = (uint32_t)(len * sizeof(WCHAR))};
    if (w->overflowed || at + CHANGE_HEAD + change.name_bytes > w->size) {
        w->used = w->last = 0;
        w->overflowed = true;
        return;
    }
    memset(w->buffer + w->used, 0, at - w->used);
    memcpy(w->buffer + at, &change, CHANGE_HEAD);
    memcpy(w->buffer + at + CHANGE_HEAD, name, change.name_bytes);
    if (w->used) {
        change.next = at - w->last;
        memcpy(w->buffer + w->last, &change.next, sizeof change.next);
    }
    w->last = at;
    w->used = at + CHANGE_HEAD + change.name_bytes;
}

static NTSTATUS hand_over(struct nt_watch *w, struct nt_request *rq)
{
    bool fits = !w->overflowed && w->used <= rq->notify.length;
    if (fits) {
        memcpy(rq->notify.buffer, w->buffer, w->used);
        rq->p.information = w->used;
    }
    start_anew(w);
    return fits ? STATUS_SUCCESS : STATUS_NOTIFY_ENUM_DIR;
}

/* The first that still waits; NULL: nobody does. */
static struct nt_request *take_first(struct nt_watch *w)
{
    struct nt_request *rq, *next;
    list_for_each_safe (rq, next, &w->waiting, p.wait) {
        if (!park_claim(rq))
            continue;
        list_del(&rq->p.wait);
        return rq;
    }
    return NULL;
}

static void hand_out(struct nt_watch *w)
{
    struct nt_request *rq;
    if ((w->used || w->overflowed) && (rq = take_first(w)) != NULL)
        park_end(rq, hand_over(w, rq));
}

static void end_waiting(struct nt_watch *w, NTSTATUS status)
{
    struct nt_request *rq;
    while ((rq = take_first(w)) != NULL)
        park_end(rq, status);
}

/* ---- names --------------------------------------------------------------------------------------------- */

static bool same_text(const struct nt_volume *vol, const WCHAR *a, const WCHAR *b, size_t len)
{
    return vol->case_sensitive ? memcmp(a, b, len * sizeof(WCHAR)) == 0 : fold_equal(a, len, b, len);
}

/* Where what lies below `dir` begins in `path`; 0: it does not lie below. */
static size_t behind(const struct nt_volume *vol, const struct nt_path *dir, const struct nt_path *path)
{
    size_t len = dir->len == 1 ? 0 : dir->len;
    if (path->len <= len + 1 || path->text[len] != u'\\' || !same_text(vol, dir->text, path->text, len))
        return 0;
    return len + 1;
}

static bool is_or_lies_below(const struct nt_volume *vol, const struct nt_path *dir,
                             const struct nt_path *path)
{
    return behind(vol, dir, path) ||
           (path->len == dir->len && same_text(vol, dir->text, path->text, dir->len));
}

static size_t last_separator(const struct nt_path *path)
{
    size_t at = path->len;
    while (at && path->text[at - 1] != u'\\')
        at--;
    return at;
}

static bool same_directory(const struct nt_volume *vol, const struct nt_path *a, const struct nt_path *b)
{
    size_t len = last_separator(a);
    return len == last_separator(b) && same_text(vol, a->text, b->text, len);
}

static bool names_stream(const struct nt_path *path)
{
    size_t at = last_separator(path);
    while (at < path->len && path->text[at] != u':')
        at++;
    return at < path->len;
}

/* ---- news ---------------------------------------------------------------------------------------------- */

static const uint32_t stream_actions[] = {
    [FILE_ACTION_ADDED] = FILE_ACTION_ADDED_STREAM,
    [FILE_ACTION_REMOVED] = FILE_ACTION_REMOVED_STREAM,
    [FILE_ACTION_MODIFIED] = FILE_ACTION_MODIFIED_STREAM,
    [FILE_ACTION_RENAMED_OLD_NAME] = FILE_ACTION_REMOVED_STREAM,
    [FILE_ACTION_RENAMED_NEW_NAME] = FILE_ACTION_ADDED_STREAM,
};

static uint32_t stream_filter(uint32_t filter)
{
    return (filter & FILE_NOTIFY_CHANGE_FILE_NAME ? FILE_NOTIFY_CHANGE_STREAM_NAME : 0) |
           (filter & FILE_NOTIFY_CHANGE_SIZE ? FILE_NOTIFY_CHANGE_STREAM_SIZE : 0) |
           (filter & FILE_NOTIFY_CHANGE_LAST_WRITE ? FILE_NOTIFY_CHANGE_STREAM_WRITE : 0);
}

static void report(struct nt_volume *vol, struct nt_watch *w, const struct nt_path *path, uint32_t action,
                   uint32_t filter)
{
    size_t at = behind(vol, w->base, path);
    if (!at || (!w->tree && last_separator(path) > at))
        return;
    if (names_stream(path)) {
        action = stream_actions[action];
        filter = stream_filter(filter);
    }
    if (w->filter & filter)
        append(w, action, path->text + at, path->len - at);
}

static void report_renamed(struct nt_volume *vol, struct nt_watch *w, const struct news *n)
{
    bool pair = same_directory(vol, n->path, n->new_path);
    report(vol, w, n->path, pair ? FILE_ACTION_RENAMED_OLD_NAME : FILE_ACTION_REMOVED, n->filter);
    report(vol, w, n->new_path, pair ? FILE_ACTION_RENAMED_NEW_NAME : FILE_ACTION_ADDED, n->filter);
}

/* What was renamed is the watched directory or lies above it. */
static void follow(struct nt_volume *vol, struct nt_watch *w, const struct news *n)
{
    if (!is_or_lies_below(vol, n->path, w->base))
        return;
    size_t rest = w->base->len - n->path->len;
    struct nt_path *base =
        n->new_path->len + rest <= NT_PATH_MAX ? path_new(NULL, n->new_path->len + rest) : NULL;
    if (!base) {
        w->deleted = true;
        return;
    }
    memcpy(base->text, n->new_path->text, n->new_path->len * sizeof(WCHAR));
    memcpy(base->text + n->new_path->len, w->base->text + n->path->len, rest * sizeof(WCHAR));
    path_put(w->base);
    w->base = base;
}

static void hear(struct nt_volume *vol, struct nt_watch *w, const struct news *n)
{
    static const uint32_t actions[] = {[NT_EVENT_ADDED] = FILE_ACTION_ADDED,
                                       [NT_EVENT_REMOVED] = FILE_ACTION_REMOVED,
                                       [NT_EVENT_MODIFIED] = FILE_ACTION_MODIFIED};
    if (n->kind == NT_EVENT_RENAMED) {
        report_renamed(vol, w, n);
        follow(vol, w, n);
    } else {
        report(vol, w, n->path, actions[n->kind], n->filter);
        w->deleted |= n->kind == NT_EVENT_REMOVED && is_or_lies_below(vol, n->path, w->base);
    }
    if (w->deleted)
        end_waiting(w, STATUS_DELETE_PENDING);
    hand_out(w);
}

void watches_hear(struct nt_volume *vol, const struct news *n)
{
    LOCK_SCOPE(&vol->watching.lock);
    struct nt_watch *w;
    list_for_each (w, &vol->watching.list, link) {
        if (n->serial >= w->since)
            hear(vol, w, n);
    }
}

void watches_lose(struct nt_volume *vol)
{
    LOCK_SCOPE(&vol->watching.lock);
    struct nt_watch *w;
    list_for_each (w, &vol->watching.list, link) {
        w->used = w->last = 0;
        w->overflowed = true;
        hand_out(w);
    }
}

void watches_deleting(struct nt_file *file)
{
    struct nt_volume *vol = file->node->vol;
    if (!file->directory || !watches_any(vol))
        return;
    LOCK_SCOPE(&vol->watching.lock);
    struct nt_watch *w;
    list_for_each (w, &vol->watching.list, link) {
        if (w->file == file)
            end_waiting(w, STATUS_DELETE_PENDING);
    }
}

/* ---- requests ------------------------------------------------------------------------------------------ */

static NTSTATUS check(const struct nt_request *rq)
{
    const struct nt_notify_args *args = &rq->notify;
    if (!rq->handle->directory || !args->filter || args->filter & ~FILTERS || (args->length && !args->buffer))
        return STATUS_INVALID_PARAMETER;
    return rq->handle->access & FILE_LIST_DIRECTORY ? STATUS_SUCCESS : STATUS_ACCESS_DENIED;
}

/* Lock held. */
static struct nt_watch *watch_new(struct nt_handle *h, const struct nt_notify_args *args)
{
    uint32_t size = args->length < WATCH_MAX ? args->length : WATCH_MAX;
    struct nt_watch *w = malloc(sizeof *w + size);
    struct nt_path *base = handle_path(h);
    if (!w || !base) {
        free(w);
        path_put(base);
        return NULL;
    }
    *w = (struct nt_watch){.file = h->file,
                           .base = base,
                           .since = events_serial(&h->vol->events),
                           .filter = args->filter,
                           .tree = args->tree,
                           .size = size};
    list_init(&w->link);
    list_init(&w->waiting);
    list_add_tail(&h->vol->watching.list, &w->link);
    atomic_fetch_add(&h->vol->watching.count, 1);
    return w;
}

static bool is_going(struct nt_file *file)
{
    LOCK_SCOPE(&file->lock);
    return file->delete_pending;
}

static NTSTATUS ended(NTSTATUS why)
{
    return why == STATUS_FILE_CLOSED ? STATUS_NOTIFY_CLEANUP : why;
}

static NTSTATUS left(struct nt_request *rq, NTSTATUS why)
{
    LOCK_SCOPE(&rq->volume->watching.lock);
    list_del(&rq->p.wait);
    return ended(why);
}

static const struct nt_parking parking = {left};

static NTSTATUS answer_or_wait(struct nt_request *rq, struct nt_watch *w)
{
    if (w->deleted || is_going(rq->handle->file))
        return STATUS_DELETE_PENDING;
    if (w->used || w->overflowed)
        return hand_over(w, rq);
    list_add_tail(&w->waiting, &rq->p.wait);
    NTSTATUS status = park_begin(rq, &parking, park_limit(rq));
    if (status != STATUS_PENDING)
        list_del(&rq->p.wait);
    return ended(status);
}

NTSTATUS run_notify(struct nt_request *rq)
{
    struct nt_handle *h = rq->handle;
    NTSTATUS status = check(rq);
    if (status)
        return status;
    LOCK_SCOPE(&h->vol->watching.lock);
    if (atomic_load(&h->cleaned))
        return STATUS_NOTIFY_CLEANUP;
    if (!h->watch)
        h->watch = watch_new(h, &rq->notify);
    return h->watch ? answer_or_wait(rq, h->watch) : STATUS_INSUFFICIENT_RESOURCES;
}

void watch_end(struct nt_handle *h)
{
    if (!h->directory)
        return;
    LOCK_SCOPE(&h->vol->watching.lock);
    struct nt_watch *w = steal_ptr(&h->watch);
    if (!w)
        return;
    list_del(&w->link);
    atomic_fetch_sub(&h->vol->watching.count, 1);
    struct nt_request *rq, *next;
    list_for_each_safe (rq, next, &w->waiting, p.wait)
        list_del(&rq->p.wait); /* somebody else ends it and has not come to left() yet */
    path_put(w->base);
    free(w);
}
