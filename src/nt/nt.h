// SPDX-License-Identifier: MIT
/*
 * The engine's one interface. A door (FUSE, in-process, later SMB) and the façade in src/api include this
 * header and nothing else of src/nt.
 *
 * A request is one struct nt_request, owned by the door and lent to the engine from nt_admit() to release():
 *
 *     nt_admit(rq)   checks, takes the volume's and the names' reservations; in the caller's order.
 *                    true: the caller runs it with nt_run(rq), on this or another thread. false: it waits
 *                    without a thread (or has already failed); the engine runs it on a thread of its own when
 *                    its turn comes.
 *     nt_run(rq)     performs it on this thread. The thread that admitted it must not have ended.
 *     complete(rq, status, information)
 *                    exactly once, from any thread, no lock held. At the deadline it comes from the watchdog
 *                    while the callback is still inside the file system; `out` members are valid only when
 *                    status is not STATUS_IO_TIMEOUT or STATUS_CANCELLED.
 *     release(rq)    exactly once, after complete() and after the file system has let go of every buffer:
 *                    only now may the request, its names and its buffers be freed or used again.
 *
 * nt_submit() is admit + run. nt_call() is submit + wait.
 *
 * References: handle -> file -> node -> volume. A door holds nodes by nt_node_get/put and one handle
 * reference from a successful NT_CREATE until it passes the handle to NT_CLOSE, which consumes it.
 */
#ifndef XDOKAN_NT_H
#define XDOKAN_NT_H

#include "base/list.h"
#include "base/thread.h"
#include <dokan/dokan.h>
#include <dokan/dokan_ex.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct nt_volume;
struct nt_node;
struct nt_handle;
struct nt_request;
struct nt_listener;
struct nt_slot;

/* ---- vocabulary ---------------------------------------------------------------------------------------- */

enum nt_op {
    NT_CREATE,
    NT_CLEANUP, /* the last user reference to the handle is gone: Cleanup */
    NT_CLOSE,   /* CloseFile as soon as nothing runs on the handle; consumes the door's reference */
    NT_READ,
    NT_WRITE,
    NT_FLUSH,
    NT_QUERY_INFORMATION, /* FILE_INFORMATION_CLASS */
    NT_SET_INFORMATION,
    NT_QUERY_DIRECTORY, /* NT directory classes into a buffer */
    NT_LIST_DIRECTORY,  /* the same listing, entry by entry to a function (doors without NT classes) */
    NT_QUERY_VOLUME,    /* FS_INFORMATION_CLASS */
    NT_QUERY_SECURITY,
    NT_SET_SECURITY,
    NT_LOCK,
    NT_UNLOCK,
    /* For doors whose clients name things without opening them. Each is one request: the engine opens, acts,
     * cleans up and closes inside it. */
    NT_LOOKUP,  /* node and attributes of dir + name */
    NT_GETATTR, /* attributes of a node, through `handle` when given */
    NT_SETATTR, /* size, times, attributes of a node, through `handle` when given */
    NT_REMOVE,  /* POSIX removal of dir + name: the name is free at once */
    NT_RENAME,  /* POSIX rename: replaces an open target */
    NT_STATFS,
    NT_ERRAND,     /* the engine's own */
    NT_END_HANDLE, /* ditto: the CloseFile that a refused request left behind */
    NT_OP_COUNT
};

const char *nt_op_name(enum nt_op op);

/* Who asks. Given by the kernel (FUSE) or by the embedder, never taken from the request's own content. */
struct nt_caller {
    uint32_t pid;
    uint32_t uid;
    uint32_t gid;
};

/* What the engine knows of a node. Times are FILETIME (100 ns since 1601, UTC); 0 = not reported. */
struct nt_attr {
    uint64_t ino; /* the engine's own: unique in the volume, stable while the node is known */
    uint64_t size;
    uint64_t creation;
    uint64_t access;
    uint64_t write;
    uint64_t change;
    uint32_t attributes; /* FILE_ATTRIBUTE_*; the DIRECTORY bit is always right */
    uint32_t links;
};

/*
 * A name in a request. `text` is UTF-16, not terminated, `len` units. It is one component below `dir`, or a
 * path `\a\b` (also `\a\b:stream`) from the root when `dir` is NULL. With len 0 it means the node `dir`.
 * The door keeps `text` alive until release(), and a reference to `dir`.
 */
struct nt_name {
    struct nt_node *dir;
    const WCHAR *text;
    uint16_t len;
};

/* ---- requests ------------------------------------------------------------------------------------------ */

struct nt_create_args {
    struct nt_name name;
    ACCESS_MASK access;
    ULONG file_attributes;
    ULONG share;
    ULONG disposition;
    ULONG options;
    PSECURITY_DESCRIPTOR security; /* self-relative, or NULL */
    bool close_at_once;   /* clean up and close in the same request (mkdir, mknod): no handle comes out */
    bool want_attr;       /* fill out.attr (from the cache, or by asking through the new handle) */
    bool kill_privileges; /* an overwrite by one without privilege; set-id facts must go (KILLPRIV_V2) */
    struct {
        struct nt_handle *handle; /* the door's reference */
        struct nt_node *node;     /* a reference of its own, to be put by the door */
        struct nt_attr attr;      /* when want_attr */
        uint64_t entry_ns, attr_ns;
    } out; /* information: FILE_OPENED, FILE_CREATED ... */
};

struct nt_io_args {
    void *buffer; /* belongs to the file system until release() */
    uint32_t length;
    int64_t offset; /* -1 with NT_WRITE: append */
    bool paging;    /* may not extend the file (writes that the page cache sends late) */
    bool nocache;
    bool kill_privileges; /* NT_WRITE: the writer is not privileged; set-id facts must go (KILLPRIV_V2) */
}; /* information: bytes transferred. A read at or past the end is STATUS_END_OF_FILE */

struct nt_info_args {
    int info_class; /* FILE_INFORMATION_CLASS or FS_INFORMATION_CLASS */
    void *buffer;
    uint32_t length;
    struct nt_name
        target; /* rename: the new name, instead of parsing FileName from `buffer`, when text != NULL */
};              /* information: bytes written */

struct nt_directory_args {
    int info_class;
    void *buffer;
    uint32_t length;
    const WCHAR *pattern;
    uint16_t pattern_len;
    bool restart, single, index_specified;
    uint32_t index;
};

/* One entry of a listing. `name` is not terminated and lives until the function returns. */
struct nt_dirent {
    const WCHAR *name;
    uint16_t len;
    uint64_t position;   /* pass it as `position` to go on behind this entry */
    struct nt_attr attr; /* ino only when `node` was asked for */
    struct nt_node
        *node; /* when want_nodes; borrowed: nt_node_get() what the door keeps. NULL for "." and ".." */
};

struct nt_list_args {
    uint64_t position; /* 0 = from the beginning, with a new snapshot */
    bool want_nodes;   /* make nodes and feed the attribute cache (READDIRPLUS) */
    bool (*emit)(struct nt_request *rq,
                 const struct nt_dirent *entry); /* false: no room, stop before this one */
    uint64_t entry_ns, attr_ns; /* out: how long the door's client may believe entries of this listing */
};

struct nt_security_args {
    SECURITY_INFORMATION what;
    void *buffer;
    uint32_t length;
    uint32_t needed; /* out, with STATUS_BUFFER_OVERFLOW */
};

struct nt_lock_args {
    int64_t offset;
    int64_t length;
    uint32_t key;
    bool exclusive, fail_immediately, all;
};

struct nt_lookup_args {
    struct nt_name name;
    struct {
        struct nt_node *node; /* a reference for the door */
        struct nt_attr attr;
        uint64_t entry_ns, attr_ns; /* how long the client may believe name and attributes */
        uint64_t negative_ns;       /* with STATUS_OBJECT_NAME_NOT_FOUND: how long "no such name" holds */
    } out;
};

struct nt_getattr_args {
    struct nt_node *node;
    struct {
        struct nt_attr attr;
        uint64_t attr_ns;
    } out;
};

enum nt_set {
    NT_SET_SIZE = 1,
    NT_SET_ATTRIBUTES = 2, /* `attributes`, taken as they are, 0 meaning NORMAL */
    NT_SET_READONLY = 4,   /* only the READONLY bit of `attributes` */
    NT_SET_ACCESS = 8,
    NT_SET_WRITE = 16,
    NT_SET_CREATION = 32,
    NT_SET_ALLOCATION = 64, /* `size` is an allocation size */
    NT_SET_EXTEND = 128,    /* with NT_SET_SIZE or NT_SET_ALLOCATION: only if the file is shorter */
    NT_SET_KILL = 256       /* set-id facts must go (KILLPRIV_V2) */
};

struct nt_setattr_args {
    struct nt_node *node;
    unsigned valid; /* enum nt_set */
    uint64_t size;
    uint64_t creation, access, write; /* FILETIME */
    uint32_t attributes;
    struct {
        struct nt_attr attr;
        uint64_t attr_ns;
    } out;
};

struct nt_remove_args {
    struct nt_name name;
    bool directory; /* rmdir; else unlink */
};

enum nt_rename_flags { NT_RENAME_REPLACE = 1 };

struct nt_rename_args {
    struct nt_name from, to;
    unsigned flags;
};

struct nt_statfs_args {
    struct {
        uint64_t total, free, available; /* bytes */
        uint32_t unit, sector;
        uint32_t name_max;
    } out;
};

/* How a request stands; private to src/nt. */
struct nt_request_private {
    _Atomic int state;
    _Atomic int refs;
    _Atomic unsigned flags;
    _Atomic int callback;      /* the callback that runs now, -1 outside */
    _Atomic uint64_t deadline; /* clock_coarse_ns() */
    uint64_t started;          /* ditto, when admitted */
    struct list queue;         /* in the volume's waiting list or its list of holders */
    struct nt_job {
        struct list link;
        void (*run)(struct nt_job *job);
    } job; /* ready to run on an engine thread */
    struct nt_token {
        struct nt_node *node;
        uint8_t mode;
        bool subtree;
    } tokens[5];
    uint8_t token_count;
    uint64_t name_gen;        /* the volume's when the names were resolved */
    struct nt_slot *slot;     /* of the thread that admitted or runs it */
    struct nt_request *below; /* the request this thread was running when this one began (re-entry) */
    struct nt_request *next;  /* in the watchdog's hands */
    void *waiter;             /* nt_call's */
    uint64_t information;
};

struct nt_request {
    /* Set by the door before nt_admit(). */
    struct nt_volume *volume;
    enum nt_op op;
    struct nt_caller caller;
    struct nt_listener *origin; /* the door's: not told of this request's own changes; or NULL */
    bool strict; /* statuses as a Windows program sees them, where Windows hides the file system's own */
    struct nt_handle *handle; /* of operations on one; optional for QUERY_VOLUME, STATFS, GETATTR, SETATTR */
    void (*complete)(struct nt_request *rq, NTSTATUS status, uint64_t information);
    void (*release)(struct nt_request *rq);
    union {
        struct nt_create_args create;
        struct nt_io_args io;
        struct nt_info_args info;
        struct nt_directory_args directory;
        struct nt_list_args list;
        struct nt_security_args security;
        struct nt_lock_args lock;
        struct nt_lookup_args lookup;
        struct nt_getattr_args getattr;
        struct nt_setattr_args setattr;
        struct nt_remove_args remove;
        struct nt_rename_args rename;
        struct nt_statfs_args statfs;
    };
    struct nt_request_private p; /* set up by nt_admit() */
};

bool nt_admit(struct nt_request *rq);
void nt_run(struct nt_request *rq);
void nt_submit(struct nt_request *rq);
/* Submits and waits; the request must live until nt_call returns, its `complete` and `release` are set here.
 * With `offload` the callback runs on an engine thread and the caller is free at the deadline; the request
 * then must be heap memory: on STATUS_IO_TIMEOUT it belongs to the stuck callback, and `orphan` frees it
 * later. */
NTSTATUS nt_call(struct nt_request *rq, uint64_t *information);
NTSTATUS nt_call_offloaded(struct nt_request *rq, uint64_t *information,
                           void (*orphan)(struct nt_request *rq));

/* Ends the request if it still waits inside the engine (for a name, a lock, its turn): it completes with
 * STATUS_CANCELLED. Returns false when it runs already: a running mutation is never answered early. */
bool nt_cancel(struct nt_request *rq);

/* ---- volumes ------------------------------------------------------------------------------------------- */

struct nt_volume_config {
    PDOKAN_OPTIONS options;             /* the caller's; handed to callbacks, read only at open */
    const DOKAN_OPERATIONS *operations; /* copied */
    uint32_t timeout_ms;                /* final value, already clamped by the façade */
    uint64_t entry_ns, attr_ns, negative_ns;
    struct thread_hooks hooks; /* run at start and end of every thread that may call back */
};

/* Opens a volume: from now on requests may come. The caller holds the first reference. */
NTSTATUS nt_volume_open(const struct nt_volume_config *config, struct nt_volume **out);
void nt_volume_get(struct nt_volume *vol);
void nt_volume_put(struct nt_volume *vol);

/* Calls Mounted. */
void nt_volume_mounted(struct nt_volume *vol, const WCHAR *mount_point);
/* Removes what an earlier run that crashed left in the reserved folder. For mounted volumes, once, after
 * opening. */
void nt_volume_recover(struct nt_volume *vol);
/*
 * Ends the volume: new requests fail with STATUS_NO_SUCH_DEVICE, waiting ones with STATUS_CANCELLED, running
 * ones are waited for until they end or expire; handles still open get Cleanup and CloseFile (on a thread
 * that a hung callback cannot hold past the deadline), the reserved folder is emptied, then Unmounted is
 * called. Afterwards no callback starts any more; one that is stuck keeps volume and request alive until it
 * returns. Idempotent.
 */
void nt_volume_stop(struct nt_volume *vol);
bool nt_volume_stopping(const struct nt_volume *vol);
uint64_t nt_volume_id(const struct nt_volume *vol);
/* True when no callback of volume `id` (0: of any) is running and no thread has its last hook to run. */
bool nt_volume_drained(uint64_t id);
void nt_volume_counters(struct nt_volume *vol, DOKAN_VOLUME_COUNTERS *out);
bool nt_volume_case_sensitive(const struct nt_volume *vol);
bool nt_volume_write_protected(const struct nt_volume *vol);
ULONG nt_volume_options(const struct nt_volume *vol);
const struct thread_hooks *nt_volume_hooks(const struct nt_volume *vol);
void nt_volume_trace(struct nt_volume *vol, bool on);
bool nt_volume_tracing(const struct nt_volume *vol);
/* One line per stuck request ("ReadFile \a\b pid 12 since 31.2 s\n"); returns the length needed. */
size_t nt_volume_stuck_report(struct nt_volume *vol, char *out, size_t cap);

struct nt_node *nt_volume_root(struct nt_volume *vol); /* borrowed, lives as long as the volume */
void nt_node_get(struct nt_node *node);
void nt_node_put(struct nt_node *node);
bool nt_node_is_directory(const struct nt_node *node);
uint64_t nt_node_ino(const struct nt_node *node);
/* A door's own mark on a node: the id under which its client knows it; 0 = none. Changed by the door only. */
_Atomic uint64_t *nt_node_door_id(struct nt_node *node);
/* The node's present path into `out`; units needed without the terminator. */
size_t nt_node_path(struct nt_node *node, WCHAR *out, size_t cap);

struct nt_node *nt_handle_node(struct nt_handle *handle); /* borrowed */
bool nt_handle_is_directory(const struct nt_handle *handle);
bool nt_handle_wrote(const struct nt_handle *handle); /* a successful write since the last flush */
void nt_handle_get(struct nt_handle *handle);
void nt_handle_put(struct nt_handle *handle);

/* ---- requests as a file system sees them (DOKAN_FILE_INFO.DokanContext) -------------------------------- */

bool nt_reset_timeout(uint64_t dokan_context, uint32_t ms);
/* In a forked child that starts anew: no volume, no running request, no other thread. */
void nt_after_fork(void);
/* False when the context is not that of a running request. */
bool nt_requestor(uint64_t dokan_context, struct nt_caller *caller, bool *in_create);

/* ---- listeners ----------------------------------------------------------------------------------------- */

enum nt_event_kind {
    NT_EVENT_ADDED,
    NT_EVENT_REMOVED,
    NT_EVENT_MODIFIED, /* data, size or attributes, see filter */
    NT_EVENT_RENAMED,
    NT_EVENT_GOING_AWAY /* the volume ends; nothing else is filled in */
};

struct nt_event {
    enum nt_event_kind kind;
    uint32_t filter; /* FILE_NOTIFY_CHANGE_* */
    bool directory;
    struct nt_node *parent, *node; /* as far as the engine knows them, else NULL; alive during the call */
    struct nt_node *new_parent;    /* RENAMED */
    const WCHAR *name, *new_name;  /* last components, not terminated */
    uint16_t name_len, new_name_len;
    struct nt_listener *origin;
};

/* Told from one queue on an engine thread, in order, never under a lock, never of its own changes. */
struct nt_listener_ops {
    void (*event)(struct nt_listener *listener, const struct nt_event *event);
};

struct nt_listener {
    const struct nt_listener_ops *ops;
    struct list link; /* private */
};

void nt_listener_add(struct nt_volume *vol, struct nt_listener *listener);
/* On return no event is being delivered to it and none will be. Not to be called from an event. */
void nt_listener_remove(struct nt_volume *vol, struct nt_listener *listener);

/* A change that happened behind the engine's back (DokanNotify*). Paths are volume-relative, terminated.
 * Callable from anywhere, inside a callback too: it only queues. */
bool nt_notify(struct nt_volume *vol, enum nt_event_kind kind, uint32_t filter, const WCHAR *path,
               const WCHAR *new_path, bool directory);

#endif
