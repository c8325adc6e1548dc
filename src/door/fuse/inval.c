// SPDX-License-Identifier: MIT
/*
 * Owns what the kernel is told of changes it did not make itself: the door's listener on the volume, a queue
 * of finished messages, and one thread that writes them.
 *
 * Such a write may block: the kernel takes the directory's lock, which a client holds whose request is still
 * to be served. So no serving thread writes them, nor does the engine's event thread, and closing the door
 * waits only for a while; the workers serve on meanwhile and so free the lock. The thread is made with the
 * first event.
 *
 * Everything but the write itself is under inval->lock.
 */
#include "base/cleanup.h"
#include "base/log.h"
#include "door/fuse/fuse_i.h"
#include <errno.h>
#include <string.h>
#include <time.h>

enum { QUEUE_MAX = 65536, STOP_SECONDS = 5 };

struct message {
    struct list link;
    size_t size;
    struct fuse_out_header head;
    uint8_t body[];
};

/* ---- the queue ---------------------------------------------------------------------------------------- */

static struct message *next_message(struct fuse_inval *inval)
{
    while (list_empty(&inval->queue) && !inval->stop)
        pthread_cond_wait(&inval->wake, &inval->lock);
    if (inval->stop)
        return NULL;
    struct list *first = list_first(&inval->queue);
    list_del(first);
    inval->queued--;
    inval->written++;
    return list_entry(first, struct message, link);
}

static void *write_all_messages(void *arg)
{
    struct fuse_door *door = arg;
    struct fuse_inval *inval = &door->inval;
    struct message *m;
    pthread_mutex_lock(&inval->lock);
    while ((m = next_message(inval)) != NULL) {
        pthread_mutex_unlock(&inval->lock);
        int r = fuse_device_write(door, &m->head, m->size);
        if (r && r != -ENOENT && r != -ENOTDIR && r != -ENOTEMPTY)
            log_debug("telling the kernel of a change failed: %s", strerror(-r));
        free(m);
        pthread_mutex_lock(&inval->lock);
    }
    inval->running = false;
    pthread_cond_broadcast(&inval->ended);
    pthread_mutex_unlock(&inval->lock);
    fuse_door_unref(door);
    return NULL;
}

/* Lock held. */
static void start_writer(struct fuse_door *door)
{
    struct fuse_inval *inval = &door->inval;
    fuse_door_ref(door);
    inval->running = !thread_start(&inval->thread, "dokan-inval", 0, NULL, write_all_messages, door);
    if (!inval->running)
        fuse_door_unref(door);
}

/*
 * What becomes of a message that finds too many before it: the first one tells the kernel that every name is
 * stale, where it understands that; the rest are dropped until the queue is empty. Lock held.
 */
static bool accept(struct fuse_door *door, struct message *m)
{
    struct fuse_inval *inval = &door->inval;
    if (inval->queued == 0)
        inval->lost = false;
    if (inval->queued < QUEUE_MAX)
        return true;
    if (inval->lost)
        return false;
    inval->lost = true;
    log_warn("too many changes at once to tell the kernel of each");
    m->size = sizeof m->head;
    m->head = (struct fuse_out_header){.len = sizeof m->head, .error = XFUSE_NOTIFY_INC_EPOCH};
    return door->minor >= XFUSE_INC_EPOCH_MINOR;
}

static struct message *message_new(int32_t code, size_t body)
{
    struct message *m = calloc(1, sizeof *m + body);
    if (!m)
        return NULL;
    list_init(&m->link);
    m->size = sizeof m->head + body;
    m->head = (struct fuse_out_header){.len = (uint32_t)m->size, .error = code};
    return m;
}

static void enqueue(struct fuse_door *door, struct message *m)
{
    struct fuse_inval *inval = &door->inval;
    if (!m)
        return;
    LOCK_SCOPE(&inval->lock);
    if (inval->stop || !accept(door, m)) {
        free(m);
        return;
    }
    list_add_tail(&inval->queue, &m->link);
    inval->queued++;
    if (!inval->running)
        start_writer(door);
    pthread_cond_signal(&inval->wake);
}

/* ---- messages ----------------------------------------------------------------------------------------- */

static void stale_inode(struct fuse_door *door, struct nt_node *node, bool data)
{
    uint64_t id = fuse_node_known(door, node);
    struct message *m =
        id ? message_new(FUSE_NOTIFY_INVAL_INODE, sizeof(struct fuse_notify_inval_inode_out)) : NULL;
    if (!m)
        return;
    struct fuse_notify_inval_inode_out *out = (struct fuse_notify_inval_inode_out *)m->body;
    *out = (struct fuse_notify_inval_inode_out){.ino = id, .off = data ? 0 : -1, .len = 0};
    enqueue(door, m);
}

/* The name, ended by a NUL, behind `head` bytes. */
static struct message *named_message(struct fuse_door *door, int32_t code, size_t head, const WCHAR *name,
                                     size_t len, uint32_t *name_len)
{
    char text[NAME_MAX_BYTES];
    ptrdiff_t n = name_to_linux(name, len, text, sizeof text, door->name_flags);
    struct message *m = n > 0 ? message_new(code, head + (size_t)n + 1) : NULL;
    if (!m)
        return NULL;
    memcpy(m->body + head, text, (size_t)n);
    *name_len = (uint32_t)n;
    return m;
}

static void stale_entry(struct fuse_door *door, struct nt_node *parent, const WCHAR *name, size_t len)
{
    uint64_t id = fuse_node_known(door, parent);
    uint32_t name_len;
    struct fuse_notify_inval_entry_out *out;
    struct message *m =
        id ? named_message(door, FUSE_NOTIFY_INVAL_ENTRY, sizeof *out, name, len, &name_len) : NULL;
    if (!m)
        return;
    out = (struct fuse_notify_inval_entry_out *)m->body;
    *out = (struct fuse_notify_inval_entry_out){.parent = id, .namelen = name_len};
    enqueue(door, m);
}

static void deleted_entry(struct fuse_door *door, const struct nt_event *event)
{
    uint64_t parent = fuse_node_known(door, event->parent);
    uint64_t child = fuse_node_known(door, event->node);
    uint32_t name_len;
    struct fuse_notify_delete_out *out;
    if (!child) {
        stale_entry(door, event->parent, event->name, event->name_len);
        return;
    }
    struct message *m =
        parent ? named_message(door, FUSE_NOTIFY_DELETE, sizeof *out, event->name, event->name_len, &name_len)
               : NULL;
    if (!m)
        return;
    out = (struct fuse_notify_delete_out *)m->body;
    *out = (struct fuse_notify_delete_out){.parent = parent, .child = child, .namelen = name_len};
    enqueue(door, m);
}

/* ---- events ------------------------------------------------------------------------------------------- */

static void on_added(struct fuse_door *door, const struct nt_event *event)
{
    stale_entry(door, event->parent, event->name, event->name_len);
    stale_inode(door, event->parent, false);
}

static void on_removed(struct fuse_door *door, const struct nt_event *event)
{
    deleted_entry(door, event);
    stale_inode(door, event->parent, false);
}

static void on_modified(struct fuse_door *door, const struct nt_event *event)
{
    bool data = event->filter & (FILE_NOTIFY_CHANGE_SIZE | FILE_NOTIFY_CHANGE_LAST_WRITE);
    stale_inode(door, event->node, data && !event->directory);
}

static void on_renamed(struct fuse_door *door, const struct nt_event *event)
{
    struct nt_node *to = event->new_parent ? event->new_parent : event->parent;
    stale_entry(door, event->parent, event->name, event->name_len);
    stale_entry(door, to, event->new_name, event->new_name_len);
    stale_inode(door, event->parent, false);
    if (to != event->parent)
        stale_inode(door, to, false);
}

static void (*const on_event[])(struct fuse_door *, const struct nt_event *) = {
    [NT_EVENT_ADDED] = on_added,
    [NT_EVENT_REMOVED] = on_removed,
    [NT_EVENT_MODIFIED] = on_modified,
    [NT_EVENT_RENAMED] = on_renamed,
};

static void heard(struct nt_listener *listener, const struct nt_event *event)
{
    struct fuse_inval *inval = list_entry(listener, struct fuse_inval, listener);
    struct fuse_door *door = list_entry(inval, struct fuse_door, inval);
    if (event->kind < sizeof on_event / sizeof *on_event)
        on_event[event->kind](door, event);
}

static const struct nt_listener_ops listener_ops = {heard};

/* ---- life --------------------------------------------------------------------------------------------- */

void fuse_inval_init(struct fuse_door *door)
{
    struct fuse_inval *inval = &door->inval;
    pthread_mutex_init(&inval->lock, NULL);
    pthread_cond_init(&inval->wake, NULL);
    fuse_monotonic_cond(&inval->ended);
    list_init(&inval->queue);
    inval->listener.ops = &listener_ops;
}

void fuse_inval_destroy(struct fuse_door *door)
{
    struct fuse_inval *inval = &door->inval;
    struct message *m, *after;
    list_for_each_safe (m, after, &inval->queue, link) {
        list_del(&m->link);
        free(m);
    }
    pthread_cond_destroy(&inval->ended);
    pthread_cond_destroy(&inval->wake);
    pthread_mutex_destroy(&inval->lock);
}

void fuse_inval_start(struct fuse_door *door)
{
    nt_listener_add(door->vol, &door->inval.listener);
}

/* Lock held. False: it still sits in a write. */
static bool writer_ended(struct fuse_inval *inval)
{
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += STOP_SECONDS;
    int r = 0;
    while (inval->running && !r)
        r = pthread_cond_timedwait(&inval->ended, &inval->lock, &until);
    return !inval->running;
}

void fuse_inval_stop(struct fuse_door *door)
{
    struct fuse_inval *inval = &door->inval;
    nt_listener_remove(door->vol, &inval->listener);
    pthread_mutex_lock(&inval->lock);
    bool started = inval->running;
    inval->stop = true;
    pthread_cond_signal(&inval->wake);
    bool ended = writer_ended(inval);
    pthread_mutex_unlock(&inval->lock);
    if (started && ended)
        pthread_join(inval->thread, NULL);
    else if (started)
        pthread_detach(inval->thread);
}
