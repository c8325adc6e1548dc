// SPDX-License-Identifier: MIT
/*
 * Events: one queue per volume, delivered in order by one job at a time on an engine thread, under no lock.
 * The queue is bounded: when it is full, news is dropped; doors' timeouts then do their work, and those who
 * watch directories (watch.c) are told that they missed something.
 *
 * ev->lock covers everything. `delivering` names the listener whose event() runs: nt_listener_remove() waits
 * while it is the one to go, so a listener stays in the list for as long as deliver() may need its link.
 */
#include "nt/nt_internal.h"
#include "nt/watch.h"
#include <stdlib.h>

enum { QUEUE_MAX = 65536 };

struct queued_event {
    struct list link;
    struct nt_event event;
    struct nt_volume *vol;
    struct nt_path *path, *new_path; /* as of the change; NULL: nobody watched */
    uint64_t serial;
    uint32_t watched; /* FILE_NOTIFY_CHANGE_* for those who watch */
    bool by_path;     /* DokanNotify*: resolved when delivered */
    WCHAR names[];
};

static void pump(struct nt_job *job);

void events_init(struct nt_events *ev)
{
    pthread_mutex_init(&ev->lock, NULL);
    pthread_cond_init(&ev->quiet, NULL);
    list_init(&ev->queue);
    list_init(&ev->listeners);
    ev->pump.run = pump;
}

static void event_free(struct queued_event *q)
{
    nt_node_put(q->event.node);
    nt_node_put(q->event.parent);
    nt_node_put(q->event.new_parent);
    path_put(q->path);
    path_put(q->new_path);
    free(q);
}

void events_destroy(struct nt_events *ev)
{
    pthread_cond_destroy(&ev->quiet);
    pthread_mutex_destroy(&ev->lock);
}

/* ---- delivery ------------------------------------------------------------------------------------------ */

static struct nt_listener *next_listener(struct nt_events *ev, struct nt_listener *after)
{
    struct list *at = after ? after->link.next : ev->listeners.next;
    return at == &ev->listeners ? NULL : list_entry(at, struct nt_listener, link);
}

/* Lock held on entry and exit, dropped around each call. */
static void deliver(struct nt_events *ev, const struct nt_event *event)
{
    struct nt_listener *l = next_listener(ev, NULL);
    while (l) {
        if (l != event->origin) {
            ev->delivering = l;
            pthread_mutex_unlock(&ev->lock);
            l->ops->event(l, event);
            pthread_mutex_lock(&ev->lock);
            ev->delivering = NULL;
            pthread_cond_broadcast(&ev->quiet);
        }
        l = next_listener(ev, l);
    }
}

/* Growth of a file is news again once somebody else set its size. */
static void size_changed(struct nt_node *node, uint32_t filter)
{
    if (filter & FILE_NOTIFY_CHANGE_SIZE)
        atomic_store_explicit(&node->reached, 0, memory_order_relaxed);
}

/* Names that came as paths become nodes, as far as they are known, and what was cached of them is dropped. */
static struct nt_node *known(struct nt_volume *vol, const struct nt_path *path, struct nt_node **parent,
                             const WCHAR **name, uint16_t *len)
{
    struct nt_name whole = {.text = path->text, .len = (uint16_t)path->len};
    struct nt_node *node;
    if (tree_resolve(vol, &whole, &node, parent))
        return NULL;
    size_t start = path->len;
    while (start && path->text[start - 1] != u'\\')
        start--;
    *name = path->text + start;
    *len = (uint16_t)(path->len - start);
    cache_drop(node);
    cache_drop(*parent);
    if (oplocks_any(vol)) {
        oplock_changed_behind(node);
        oplock_news_in(*parent);
    }
    return node;
}

static void resolve_paths(struct queued_event *q)
{
    struct nt_event *e = &q->event;
    if (!q->by_path)
        return;
    e->node = known(q->vol, q->path, &e->parent, &e->name, &e->name_len);
    if (e->node)
        size_changed(e->node, e->filter);
    if (!q->new_path)
        return;
    nt_node_put(known(q->vol, q->new_path, &e->new_parent, &e->new_name, &e->new_name_len));
}

/* What was removed or renamed behind our back keeps no identity. */
static void forget_identity(const struct queued_event *q)
{
    bool gone = q->event.kind == NT_EVENT_REMOVED || q->event.kind == NT_EVENT_RENAMED;
    if (q->by_path && q->event.node && gone)
        tree_forget(q->event.node);
}

/* Memory may have been short for a path of it. */
static bool is_whole(const struct queued_event *q)
{
    return q->path && (q->event.kind != NT_EVENT_RENAMED || q->new_path);
}

static void tell_watches(const struct queued_event *q)
{
    if (!is_whole(q) || !q->watched || !watches_any(q->vol))
        return;
    watches_hear(q->vol, &(struct news){q->event.kind, q->watched, q->path, q->new_path, q->serial});
}

static void pump(struct nt_job *job)
{
    struct nt_events *ev = list_entry(job, struct nt_events, pump);
    pthread_mutex_lock(&ev->lock);
    struct list *first;
    while ((first = list_first(&ev->queue)) != NULL) {
        struct queued_event *q = list_entry(first, struct queued_event, link);
        list_del(first);
        ev->queued--;
        pthread_mutex_unlock(&ev->lock);
        resolve_paths(q);
        tell_watches(q);
        pthread_mutex_lock(&ev->lock);
        deliver(ev, &q->event);
        pthread_mutex_unlock(&ev->lock);
        forget_identity(q);
        event_free(q);
        pthread_mutex_lock(&ev->lock);
    }
    ev->pumping = false;
    pthread_cond_broadcast(&ev->quiet);
    pthread_mutex_unlock(&ev->lock);
}

/* ---- queueing ------------------------------------------------------------------------------------------ */

static bool enqueue(struct nt_volume *vol, struct queued_event *q)
{
    struct nt_events *ev = &vol->events;
    pthread_mutex_lock(&ev->lock);
    bool room = ev->queued < QUEUE_MAX;
    bool start = room && !ev->pumping;
    q->serial = ev->serial++;
    if (room) {
        list_add_tail(&ev->queue, &q->link);
        ev->queued++;
    }
    if (start)
        ev->pumping = true;
    pthread_mutex_unlock(&ev->lock);
    if (start)
        exec_push(vol, &ev->pump);
    if (!room) {
        event_free(q);
        watches_lose(vol);
    }
    return room;
}

uint64_t events_serial(struct nt_events *ev)
{
    LOCK_SCOPE(&ev->lock);
    return ev->serial;
}

/* Somebody else than the origin listens. */
static bool listened(const struct nt_volume *vol, const struct nt_listener *origin)
{
    unsigned n = atomic_load_explicit(&vol->events.listener_count, memory_order_relaxed);
    return n > (origin ? 1u : 0u);
}

static bool heard(const struct nt_volume *vol, const struct nt_listener *origin)
{
    return listened(vol, origin) || watches_any(vol);
}

static struct queued_event *event_new(struct nt_volume *vol, size_t units)
{
    struct queued_event *q = calloc(1, sizeof *q + units * sizeof(WCHAR));
    if (q)
        q->vol = vol;
    return q;
}

static const WCHAR *put_name(struct queued_event *q, size_t at, const struct nt_spelling *name)
{
    return memcpy(q->names + at, name->text, name->len * sizeof(WCHAR));
}

static uint32_t name_filter(const struct nt_node *node)
{
    return node_has(node, NODE_DIRECTORY) ? FILE_NOTIFY_CHANGE_DIR_NAME : FILE_NOTIFY_CHANGE_FILE_NAME;
}

static struct queued_event *event_about(enum nt_event_kind kind, struct nt_node *node, struct nt_node *parent,
                                        const struct nt_spelling *name, struct nt_listener *origin)
{
    struct queued_event *q = event_new(node->vol, 2 * NT_NAME_MAX);
    if (!q)
        return NULL;
    nt_node_get(node);
    nt_node_get(parent);
    q->watched = name_filter(node);
    q->event = (struct nt_event){.kind = kind,
                                 .filter = q->watched,
                                 .directory = node_has(node, NODE_DIRECTORY),
                                 .parent = parent,
                                 .node = node,
                                 .name = put_name(q, 0, name),
                                 .name_len = name->len,
                                 .origin = origin};
    if (watches_any(node->vol))
        q->path = tree_join(parent, name->text, name->len);
    return q;
}

/* What those who watch cannot be told they must find out. */
static void tell(struct nt_volume *vol, struct queued_event *q)
{
    bool lost = watches_any(vol) && (!q || !is_whole(q));
    if (q)
        enqueue(vol, q);
    if (lost)
        watches_lose(vol);
}

static void tell_node(struct nt_node *node, enum nt_event_kind kind, uint32_t filter, uint32_t watched,
                      struct nt_listener *origin)
{
    struct nt_spelling name;
    struct nt_node *parent = tree_place(node, &name);
    struct queued_event *q = event_about(kind, node, parent, &name, origin);
    nt_node_put(parent);
    if (q) {
        q->event.filter = filter;
        q->watched = watched;
    }
    tell(node->vol, q);
}

void event_node(struct nt_node *node, enum nt_event_kind kind, uint32_t filter, struct nt_listener *origin)
{
    size_changed(node, filter);
    if (oplocks_any(node->vol))
        oplock_news_of(node);
    if (heard(node->vol, origin) && !node_has(node, NODE_RESERVED))
        tell_node(node, kind, filter, filter, origin);
}

void event_written(struct nt_node *node, int64_t end, struct nt_listener *origin)
{
    int64_t reached = atomic_load_explicit(&node->reached, memory_order_relaxed);
    bool grew = end > reached;
    while (end > reached && !atomic_compare_exchange_weak_explicit(
                                &node->reached, &reached, end, memory_order_relaxed, memory_order_relaxed))
        ;
    bool wanted = grew ? heard(node->vol, origin) : listened(node->vol, origin);
    if (wanted && !node_has(node, NODE_RESERVED))
        tell_node(node, NT_EVENT_MODIFIED, FILE_NOTIFY_CHANGE_SIZE, grew ? FILE_NOTIFY_CHANGE_SIZE : 0,
                  origin);
}

void event_removed(struct nt_node *node, struct nt_node *parent, const struct nt_spelling *name,
                   struct nt_listener *origin)
{
    if (oplocks_any(node->vol))
        oplock_news_in(parent);
    if (heard(node->vol, origin))
        tell(node->vol, event_about(NT_EVENT_REMOVED, node, parent, name, origin));
}

void event_renamed(struct nt_node *node, struct nt_node *old_dir, const struct nt_spelling *old_name,
                   struct nt_listener *origin)
{
    if (oplocks_any(node->vol)) {
        oplock_news_in(old_dir);
        oplock_news_of(node);
    }
    if (!heard(node->vol, origin))
        return;
    struct queued_event *q = event_about(NT_EVENT_RENAMED, node, old_dir, old_name, origin);
    if (q) {
        struct nt_spelling name;
        q->event.new_parent = tree_place(node, &name);
        q->event.new_name = put_name(q, NT_NAME_MAX, &name);
        q->event.new_name_len = name.len;
        q->new_path = q->path ? tree_path(node) : NULL;
    }
    tell(node->vol, q);
}

static struct nt_path *path_from(const WCHAR *text)
{
    size_t len = 0;
    while (len <= NT_PATH_MAX && text[len])
        len++;
    return len && len <= NT_PATH_MAX && text[0] == u'\\' ? path_new(text, len) : NULL;
}

bool nt_notify(struct nt_volume *vol, enum nt_event_kind kind, uint32_t filter, const WCHAR *path,
               const WCHAR *new_path, bool directory)
{
    if (nt_volume_stopping(vol))
        return false;
    struct queued_event *q = event_new(vol, 0);
    if (!q)
        return false;
    q->event = (struct nt_event){.kind = kind, .filter = filter, .directory = directory};
    q->watched = filter;
    q->by_path = true;
    q->path = path_from(path);
    q->new_path = new_path ? path_from(new_path) : NULL;
    if (!q->path || (new_path && !q->new_path)) {
        event_free(q);
        return false;
    }
    return enqueue(vol, q);
}

void events_going_away(struct nt_volume *vol)
{
    struct queued_event *q = event_new(vol, 0);
    if (!q)
        return;
    q->event.kind = NT_EVENT_GOING_AWAY;
    enqueue(vol, q);
}

/* ---- listeners ----------------------------------------------------------------------------------------- */

void nt_listener_add(struct nt_volume *vol, struct nt_listener *listener)
{
    LOCK_SCOPE(&vol->events.lock);
    list_add_tail(&vol->events.listeners, &listener->link);
    atomic_fetch_add(&vol->events.listener_count, 1);
}

void nt_listener_remove(struct nt_volume *vol, struct nt_listener *listener)
{
    struct nt_events *ev = &vol->events;
    LOCK_SCOPE(&ev->lock);
    while (ev->delivering == listener)
        pthread_cond_wait(&ev->quiet, &ev->lock);
    list_del(&listener->link);
    atomic_fetch_sub(&ev->listener_count, 1);
}
