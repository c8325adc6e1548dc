// SPDX-License-Identifier: MIT
/*
 * The engine's own structures. Included by src/nt only.
 *
 * Lock order (take downwards, never upwards; no lock is held while a callback or a door's function runs):
 *
 *     volumes        the process's list of volumes and of thread slots (volume.c, watchdog.c)
 *     vol->tree      nodes, reservations, the waiting list, the list of files
 *     vol->watching.lock  who watches directories (watch.c)
 *     file->lock     counts, share access, delete mark, path, handles, byte-range locks, oplocks of one file
 *     vol->park_lock     requests that wait without a thread (park.c)
 *     handle->dir_lock   one handle's listing
 *     vol->stripe[]  cached attributes of nodes
 *     vol->exec.lock     threads and jobs
 *     vol->events.lock   the event queue and the listeners
 *     slot->lock     what one thread runs (spin)
 *
 * Lifetime: handle -> file -> node -> volume, each counted. Requests hold what they name through their door;
 * a request whose callback outlives its deadline holds its handle and the volume itself.
 */
#ifndef XDOKAN_NT_INTERNAL_H
#define XDOKAN_NT_INTERNAL_H

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/log.h"
#include "nt/nt.h"
#include "nt/rangelock.h"
#include <dokan/ntstatus.h>
#include <pthread.h>
#include <string.h>

enum {
    NT_NAME_MAX = 255,
    NT_PATH_MAX = 32760,
    NT_STUCK_MAX = 64,
    NT_EA_MAX = 65535,
    NT_EA_NAME_MAX = 255,
    NT_STRIPES = 64,
    NT_COUNTER_SHARDS = 8
};

#include "nt/tree.h"

/* ---- files and handles (file.c, handle.c, share.c) ----------------------------------------------------- */

struct nt_share {
    uint32_t readers, writers, deleters;            /* openers that have the right */
    uint32_t share_read, share_write, share_delete; /* openers that let others have it */
    uint32_t openers;                               /* openers that count at all */
};

bool share_allows(const struct nt_share *s, ACCESS_MASK access, ULONG share);
void share_add(struct nt_share *s, ACCESS_MASK access, ULONG share);
void share_remove(struct nt_share *s, ACCESS_MASK access, ULONG share);

struct nt_file {
    _Atomic int refs;
    struct nt_node *node; /* counted */
    struct list link;     /* vol->files, under vol->tree */
    pthread_mutex_t lock;
    struct nt_path *path;
    struct list handles;
    uint32_t open_count;    /* creates under way and handles not closed */
    uint32_t unclean_count; /* handles whose Cleanup has not begun */
    struct nt_share share;
    bool directory;
    bool delete_pending;
    bool posix_deleted;   /* its name is gone already; the deletion itself waits for the last Cleanup */
    _Atomic bool written; /* a LAST_WRITE event is due at Cleanup */
    _Atomic uint64_t plain_until; /* no set-id bits, as was seen; clock_coarse_ns() */
    /* lock.c */
    struct range_tree locks;
    _Atomic unsigned lock_count; /* of those that reads and writes respect */
    struct list lock_waiters;    /* requests, first come first */
    unsigned lock_changes;
    /* oplock.c */
    _Atomic unsigned oplock_count;
    struct list oplocks;
    struct list oplock_waiters; /* requests that wait for an answer to a break */
};

/* The FCB of a node, made if there is none. Counted. */
struct nt_file *file_of(struct nt_node *node);
struct nt_file *file_get(struct nt_file *file);
void file_put(struct nt_file *file);
struct nt_path *file_path(struct nt_file *file); /* counted */
/* Whether the node has an FCB. */
bool node_is_known_open(struct nt_node *node);
/* Any open handle of the node, entered: the caller leaves it with handle_leave(). NULL: none is open. */
struct nt_handle *file_borrow_handle(struct nt_node *node);

struct nt_snapshot;

struct nt_handle {
    _Atomic int refs;
    struct nt_volume *vol;
    struct nt_node *node;     /* counted */
    struct nt_file *file;     /* counted; NULL for the engine's internal opens */
    struct nt_path *path;     /* internal opens: their path; else NULL */
    struct list link;         /* file->handles */
    _Atomic uint64_t context; /* DOKAN_FILE_INFO.Context */
    ACCESS_MASK access;
    ULONG share, options;
    struct nt_caller opener;
    bool directory;
    bool delete_on_close;
    bool posix_delete;   /* under file->lock: its Cleanup frees the name of a file that others have open */
    _Atomic int running; /* operations on it, and 1 until NT_CLOSE; CloseFile at 0 */
    _Atomic bool cleaned, closed;
    _Atomic bool wrote;
    _Atomic int64_t position;
    _Atomic int64_t write_time; /* set by a Windows program: its writes do not move it; 0: they do */
    pthread_mutex_t dir_lock;
    struct nt_snapshot *listing;
    struct nt_snapshot *queried; /* dirquery.c: the listing by `pattern`, with . and .. */
    WCHAR *pattern;
    uint16_t pattern_len;
    bool pattern_set;
    _Atomic bool pattern_unimplemented;
    uint32_t dir_index;
    uint32_t ea_next;       /* ditto: where the scan of its EAs stands, ea.c */
    struct list locks;      /* its byte-range locks, under file->lock */
    struct list parked;     /* its requests that wait without a thread, under vol->park_lock */
    struct nt_watch *watch; /* under vol->watching.lock */
    uint64_t oplock_key[2], parent_key[2];
};

struct nt_handle *handle_new(struct nt_volume *vol, struct nt_node *node, struct nt_file *file);
/* Enters an operation: false after Cleanup. handle_leave() may run CloseFile. */
bool handle_enter(struct nt_handle *handle);
/* The same for what may run after Cleanup: false only when CloseFile has come. */
bool handle_hold(struct nt_handle *handle);
void handle_leave(struct nt_request *rq, struct nt_handle *handle);
/* handle_leave() in two steps. True: CloseFile is due, and handle_end() is for the caller to call, on a
 * thread that may call back. */
bool handle_drop(struct nt_handle *handle);
void handle_end(struct nt_request *rq, struct nt_handle *handle);
struct nt_path *handle_path(struct nt_handle *handle); /* counted */

/* An open of the engine's own, for queries and changes by name (create.c). It takes no part in share access.
 * The handle lives on the caller's stack. */
NTSTATUS internal_open(struct nt_request *rq, struct nt_node *node, ACCESS_MASK access, ULONG options,
                       struct nt_handle *out);
/* Cleanup (deleting when asked) and CloseFile. */
void internal_close(struct nt_request *rq, struct nt_handle *handle, bool delete);

/* It drops what is cached and tells who listens (extended.c). */
void node_changed(struct nt_request *rq, struct nt_node *node, uint32_t filter);
NTSTATUS zero_range(struct nt_request *rq, struct nt_handle *h, int64_t offset, int64_t length,
                    bool deallocate);

/* A way to the file system for one node: a handle lent by an open file, or an internal one (way.c). */
struct nt_way {
    struct nt_handle *h;
    struct nt_handle internal;
    bool borrowed;
};
NTSTATUS way_begin(struct nt_request *rq, struct nt_node *node, ACCESS_MASK rights, bool borrow,
                   struct nt_way *way);
void way_end(struct nt_request *rq, struct nt_way *way);
/* Who goes by the node's name reserves it. */
void want_node(struct nt_request *rq, struct nt_node *node, enum nt_token_mode mode);

/* What a write, a new size or a new owner by one without privilege does to a file whose set-id bits are
 * known (extended.c). */
void drop_set_id(struct nt_request *rq, struct nt_handle *h);
/* Its mode was set: the bits may be there again. */
void set_id_unknown(struct nt_node *node);

/* ---- cached attributes (cache.c) ----------------------------------------------------------------------- */

uint32_t cache_generation(struct nt_node *node);
/* Stores unless the node changed since `generation` was read. */
void cache_store(struct nt_node *node, const struct nt_attr *attr, uint32_t generation);
bool cache_get(struct nt_node *node, struct nt_attr *attr);
void cache_drop(struct nt_node *node);
/* A new node has changed when its directory did, for all we know; a directory remembers when a forgotten
 * child changed last. */
void cache_inherit(struct nt_node *node);
void cache_bequeath(struct nt_node *node);
/* Whether a listing taken at `taken` (clock_ns()) says something true of the node: the node did not change
 * since, and the listing is not old. */
bool cache_believes(struct nt_node *node, uint64_t taken);
/* Stores what it says. False: it is not to be believed, its attributes must not be shown. */
bool cache_store_listed(struct nt_node *node, const struct nt_attr *attr, uint64_t taken);
/* Attributes through an open handle, from the cache when fresh. */
NTSTATUS attr_query(struct nt_request *rq, struct nt_handle *handle, struct nt_attr *out, bool fresh);
void attr_from_info(struct nt_attr *attr, const BY_HANDLE_FILE_INFORMATION *info, const struct nt_node *node,
                    bool directory);
struct nt_facts facts_kept(const DOKAN_FACTS *facts);
static inline uint64_t fact_value(const DOKAN_FACTS *facts, ULONG bit, LONG64 value)
{
    return facts->Valid & bit ? (uint64_t)value : 0;
}
void attr_from_facts(struct nt_attr *attr, const DOKAN_FACTS *facts, const struct nt_node *node,
                     bool directory);
uint64_t entry_validity(struct nt_node *node, const WCHAR *asked, size_t len);

/* ---- directory snapshots (snapshot.c) ------------------------------------------------------------------ */

struct nt_entry {
    const struct nt_facts *facts; /* of FindFacts; NULL: nothing but what stands here */
    uint64_t size, creation, access, write, change;
    uint64_t file_id; /* with facts: where the file system offers GetFileId */
    uint32_t attributes;
    uint32_t reparse_tag;
    uint32_t links;
    uint16_t len;
    WCHAR name[];
};

struct nt_snapshot *snapshot_new(void);
void snapshot_free(struct nt_snapshot *s);
/* Checked: false for names no directory can hold (they are dropped and counted). */
bool snapshot_add(struct nt_snapshot *s, const WIN32_FIND_DATAW *data);
bool snapshot_add_facts(struct nt_snapshot *s, const WCHAR *name, const DOKAN_FACTS *facts);
NTSTATUS snapshot_error(const struct nt_snapshot *s); /* out of memory while it was filled */
size_t snapshot_count(const struct nt_snapshot *s);
uint64_t snapshot_taken(const struct nt_snapshot *s); /* clock_ns() when it was begun */
const struct nt_entry *snapshot_at(const struct nt_snapshot *s, size_t index);

#include "nt/dispatch.h"

/* ---- requests (request.c) ------------------------------------------------------------------------------ */

enum nt_state { RQ_NEW, RQ_QUEUED, RQ_RUNNING, RQ_DONE, RQ_EXPIRED, RQ_PARKED, RQ_WOKEN };
enum nt_rq_flags {
    RQ_TOKENS = 1, /* holds its reservations */
    RQ_GATE = 2,
    RQ_STUCK = 4,
    RQ_REPLIED = 8,
    RQ_TOOK = 16,  /* held some once: the watchdog may be giving them back, under vol->tree */
    RQ_CANCEL = 32 /* nt_cancel() came while it ran: it must not begin to wait */
};

/* One row per operation. prepare() resolves names and wants reservations, in the door's thread and order;
 * run() does the work and returns the final status, rq->p.information set, or STATUS_PENDING from
 * park_begin(); late() undoes or disowns what a run() that ended after the deadline did. */
struct nt_op_row {
    const char *name;
    NTSTATUS (*prepare)(struct nt_request *rq);
    NTSTATUS (*run)(struct nt_request *rq);
    void (*late)(struct nt_request *rq, NTSTATUS status);
    unsigned flags;
};
enum nt_op_flags {
    OP_HANDLE = 1,  /* enters and leaves rq->handle, where one is given */
    OP_ALWAYS = 2,  /* runs while the volume stops, too */
    OP_CHANGES = 4, /* refused on a write-protected volume with STATUS_MEDIA_WRITE_PROTECTED */
    OP_PATIENT = 8  /* waits past its deadline: nobody else would end the handle */
};
extern const struct nt_op_row nt_ops[NT_OP_COUNT];

static inline bool rq_expired(const struct nt_request *rq)
{
    return atomic_load_explicit(&rq->p.state, memory_order_relaxed) == RQ_EXPIRED;
}

/* Whom an event of this request is not told to: nobody is spared once the request was given up. */
static inline struct nt_listener *rq_origin(const struct nt_request *rq)
{
    return rq_expired(rq) ? NULL : rq->origin;
}

static inline bool rq_uses_handle(const struct nt_request *rq)
{
    return rq->handle && nt_ops[rq->op].flags & OP_HANDLE;
}

void request_finish(struct nt_request *rq, NTSTATUS status);
/* Nothing but the handle is left of a request that was parked: p.outcome is its end, or to run it again. */
void request_go_on(struct nt_request *rq);
/* Runs an admitted request on this (engine) thread. */
void request_run_ready(struct nt_request *rq);
/* The same deadline anew, for the next of many steps. False: it has passed. */
bool request_renew(struct nt_request *rq);
/* At the deadline, by the watchdog, which holds a count: answers in the runner's place. */
void request_expire(struct nt_request *rq);
/* Ends one that never ran. */
void request_refuse(struct nt_request *rq, NTSTATUS status);

/* ---- waiting without a thread (park.c) ----------------------------------------------------------------- */

#define PARK_FOREVER UINT64_MAX

/* What a request waits for. */
struct nt_parking {
    /* The wait was ended from outside, no lock held: by STATUS_CANCELLED (also: the volume stops),
     * STATUS_FILE_CLOSED (the Cleanup of its handle) or STATUS_IO_TIMEOUT. Takes it out of the thing's list;
     * returns its final status, or STATUS_PENDING to run it once more. */
    NTSTATUS (*left)(struct nt_request *rq, NTSTATUS why);
};

/* By run(), under the lock of the thing, with rq->p.wait in the thing's list. STATUS_PENDING: it is parked
 * and run() must return just that, touching nothing of it any more but under that lock. Anything else: it is
 * not, and why. */
NTSTATUS park_begin(struct nt_request *rq, const struct nt_parking *parking, uint64_t until);
/* The limit that the caller wished. */
uint64_t park_limit(const struct nt_request *rq);
/* By the thing, under its lock, to end the wait itself. True: it is ours, nobody else ends it, left() is not
 * called; park_end() must follow, under whatever locks stand above vol->park_lock. */
bool park_claim(struct nt_request *rq);
/* p.information is set. STATUS_PENDING: run() is called once more, reservations taken anew. */
void park_end(struct nt_request *rq, NTSTATUS outcome);
/* The thread that parked it lets go of it. */
void park_leave(struct nt_request *rq);
bool park_cancel(struct nt_request *rq);
void park_end_handle(struct nt_handle *h);
void park_end_volume(struct nt_volume *vol);
void park_expire(struct nt_volume *vol, uint64_t now);

/* ---- threads (exec.c, watchdog.c) ---------------------------------------------------------------------- */

struct nt_exec {
    pthread_mutex_t lock;
    pthread_cond_t work, idle;
    struct list jobs;
    unsigned threads, starting, sleeping, ending;
    unsigned waiting, light; /* jobs in the list; of these, light ones */
    unsigned answering;      /* threads that run a light one */
    bool stop;
};

void exec_init(struct nt_exec *exec);
void exec_destroy(struct nt_exec *exec);
int exec_start(struct nt_volume *vol);
/* Runs job->run on an engine thread. The job must not need memory to be queued. */
void exec_push(struct nt_volume *vol, struct nt_job *job);
/* Jobs wait and no thread is left for them: one more. Threads that are stuck do not count. */
void exec_relieve(struct nt_volume *vol);
/* Ends all threads but those stuck in a callback. */
void exec_stop(struct nt_volume *vol);

/* What a thread runs now, innermost first; scanned by the watchdog. */
struct nt_slot {
    atomic_flag lock;
    struct nt_request *top;
    struct list link;
    unsigned shard;
    _Atomic uint64_t hooked; /* number of the volume whose last hook this thread has still to run; 0: none */
    bool hook_due;           /* the first hook has still to run; the thread's own */
};

struct nt_slot *slot_mine(void);               /* NULL: no memory */
void volume_hooks_init(struct nt_volume *vol); /* hooks.c */
/* Runs the first hook, which is due on this thread; its request stands in the slot. */
void volume_hook_now(struct nt_volume *vol, struct nt_slot *slot);
/* Whether a thread has still to run the last hook of the volume; of any for 0. */
bool slots_hooked(uint64_t id);
void slot_push(struct nt_slot *slot, struct nt_request *rq);
void slot_pop(struct nt_slot *slot, struct nt_request *rq);
/* Calls fn for every running request, under the slot's spin lock. */
void slots_scan(void (*fn)(struct nt_request *rq, void *arg), void *arg);

int watchdog_add(struct nt_volume *vol); /* -errno */
void watchdog_remove(struct nt_volume *vol);

/* ---- events (notify.c) --------------------------------------------------------------------------------- */

struct nt_events {
    pthread_mutex_t lock;
    pthread_cond_t quiet;
    struct list queue, listeners;
    struct nt_job pump;
    bool pumping;
    struct nt_listener *delivering;
    uint64_t serial; /* of the next event */
    unsigned queued;
    _Atomic unsigned listener_count;
};

void events_init(struct nt_events *ev);
void events_destroy(struct nt_events *ev);
void events_going_away(struct nt_volume *vol);
/* Something happened to `node`. Cheap when nobody but the origin listens. */
void event_node(struct nt_node *node, enum nt_event_kind kind, uint32_t filter, struct nt_listener *origin);
/* It was written up to `end` (INT64_MAX: it was appended to). */
void event_written(struct nt_node *node, int64_t end, struct nt_listener *origin);
uint64_t events_serial(struct nt_events *ev);
/* It went from `parent`, where it had that name. */
void event_removed(struct nt_node *node, struct nt_node *parent, const struct nt_spelling *name,
                   struct nt_listener *origin);
void event_renamed(struct nt_node *node, struct nt_node *old_dir, const struct nt_spelling *old_name,
                   struct nt_listener *origin);

/* ---- watched directories (watch.c) --------------------------------------------------------------------- */

struct nt_watching {
    pthread_mutex_t lock;
    struct list list; /* struct nt_watch */
    _Atomic unsigned count;
};

/* Somebody decided that the directory shall go. */
void watches_deleting(struct nt_file *file);
/* At the Cleanup of its handle, when nobody waits any more. */
void watch_end(struct nt_handle *h);

/* ---- the volume (volume.c) ----------------------------------------------------------------------------- */

struct nt_counter {
    _Atomic uint64_t calls, errors, total_ns, max_ns;
};

struct nt_volume {
    _Atomic int refs;
    uint64_t id;
    struct list link;            /* the process's list */
    PDOKAN_OPTIONS user_options; /* handed to callbacks, never read after open */
    DOKAN_OPERATIONS ops;
    DOKAN_OPERATIONS_EX ex; /* all NULL when there is none */
    ULONG options;
    uint32_t unit, sector;
    uint64_t timeout_ns;
    uint64_t entry_ns, attr_ns, negative_ns;
    unsigned security; /* enum nt_volume_security */
    struct nt_owner owner;
    struct nt_path *place;            /* where it is mounted, as DOKAN_OPTIONS has it; NULL: nowhere */
    struct thread_hooks hooks;        /* the file system's */
    struct thread_hooks own_hooks;    /* around them; for every thread that calls back */
    struct thread_hooks worker_hooks; /* the same, the first with the first callback */
    bool case_sensitive, single_thread;
    _Atomic bool stopping, stopped, trace, default_names;
    _Atomic unsigned stuck;
    _Atomic uint64_t expired, queued, cache_hits, cache_misses, handles, file_count, nodes, bad_replies;

    pthread_mutex_t tree;
    struct nt_node root;
    struct nt_node **buckets;
    size_t bucket_count, node_count;
    uint64_t next_ino, path_gen;
    _Atomic uint64_t name_gen; /* moves when a name goes or comes to mean another node */
    void *identities;          /* by number; tsearch(3) */
    struct list files;
    struct list waiting; /* requests that wait for reservations, first come first */
    struct list held;    /* requests that hold reservations */
    unsigned subtrees;   /* held reservations of whole subtrees */
    bool gate_busy;      /* SingleThread: a callback may be running */

    pthread_mutex_t stripe[NT_STRIPES];
    struct nt_exec exec;
    struct nt_events events;
    struct nt_watching watching;
    pthread_mutex_t park_lock;
    struct list parked; /* those with a time limit first */
    struct nt_counter counters[NT_COUNTER_SHARDS][CB_COUNT];
    struct nt_node *reserved; /* the reserved folder once it exists (remove.c) */
    _Atomic unsigned oplocks; /* on all files */
    struct errand *errands;   /* for the stop, when there is no memory (volume.c) */
    uint64_t reserved_run;    /* tells this run's names in it from an earlier one's */
    _Atomic uint64_t reserved_serial;
};

/* Of a node that stands for its file. */
static inline pthread_mutex_t *node_stripe(struct nt_node *node)
{
    return &node->vol->stripe[((uintptr_t)node >> 6) % NT_STRIPES];
}

static inline bool volume_option(const struct nt_volume *vol, ULONG option)
{
    return (vol->options & option) != 0;
}

/* ---- oplocks (oplock*.c) ------------------------------------------------------------------------------- */

/* The controls that ask for one and acknowledge. */
NTSTATUS oplock_control(struct nt_request *rq, struct nt_handle *h);
/* At Cleanup; file->lock is held. */
void oplocks_drop(struct nt_handle *h);

/* By an open that has not counted itself in, in this order, where file->oplock_count is not 0; file->lock is
 * held. PENDING: it waits, and runs once more. `settled`: too late to wait. */
NTSTATUS oplocks_before_sharing(struct nt_request *rq, struct nt_file *file, bool settled);
NTSTATUS oplocks_on_violation(struct nt_request *rq, struct nt_file *file, bool settled);
NTSTATUS oplocks_on_open(struct nt_request *rq, struct nt_file *file, bool settled);

/* Before every other operation, and after those that changed something. */
NTSTATUS oplock_gate(struct nt_request *rq);
void oplock_changed(struct nt_request *rq);
/* It waits for none any more. */
void oplock_forget(struct nt_request *rq);
/* The node, or its name, changed: news for who caches its directory. */
void oplock_news_of(struct nt_node *node);
void oplock_news_in(struct nt_node *dir);
/* Told by DokanNotify*. */
void oplock_changed_behind(struct nt_node *node);

static inline bool oplocks_any(const struct nt_volume *vol)
{
    return atomic_load_explicit(&vol->oplocks, memory_order_relaxed) != 0;
}

/* A request of the engine's own, for callbacks made on nobody's behalf. */
void engine_request_init(struct nt_request *rq, struct nt_volume *vol);

#include "nt/operations.h"

#endif
