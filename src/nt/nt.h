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
 *                    What it must wait for inside the engine (a byte-range lock, a change of a directory, an
 *                    oplock) it waits for without a thread: nt_run() returns before complete().
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
#include <dokan/dokan_security.h>
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
    NT_LOCK, /* may wait */
    NT_UNLOCK,
    NT_NOTIFY, /* waits for a change of the directory or what lies in it */
    /* For doors whose clients name things without opening them. Each is one request: the engine opens, acts,
     * cleans up and closes inside it. */
    NT_LOOKUP,  /* node and attributes of dir + name */
    NT_GETATTR, /* attributes of a node, through `handle` when given */
    NT_SETATTR, /* size, times, attributes of a node, through `handle` when given */
    NT_REMOVE,  /* POSIX removal of dir + name: the name is free at once */
    NT_RENAME,  /* POSIX rename: replaces an open target */
    NT_STATFS,
    /* On a node, through `handle` when given; for volumes that offer them. */
    NT_GET_EA,
    NT_SET_EA,
    NT_LIST_EAS,
    NT_GET_REPARSE,
    NT_SET_REPARSE,
    NT_DELETE_REPARSE,
    NT_SEEK,       /* the next data or hole */
    NT_ZERO,       /* a range reads as zeros */
    NT_FS_CONTROL, /* what the engine does not answer itself */
    NT_LINK,       /* another name */
    NT_QUERY_EAS,  /* NtQueryEaFile, on a handle */
    NT_SET_EAS,    /* NtSetEaFile */
    NT_SET_VOLUME, /* FS_INFORMATION_CLASS */
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

/* What only the extended operations tell. */
struct nt_facts {
    uint32_t valid; /* DOKAN_FACT_ALLOCATION, LINKS, MODE, UID, GID, DEVICE */
    uint32_t links; /* as Linux counts: of a directory 2 and those in it, of what was removed 0 */
    uint32_t mode;  /* 07777 */
    uint32_t uid, gid;
    uint64_t device; /* as makedev(3) */
    uint64_t allocation;
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
    uint32_t reparse_tag; /* 0: not told, or none */
    uint64_t file_id;     /* the file system's, where it offers GetFileId: the same number, the same file */
    struct nt_facts facts;
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

#include "nt/nt_args.h"

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
        bool light; /* calls no file system back, only answers */
    } job;          /* ready to run on an engine thread */
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
    /* Waiting without a thread, see park.c. */
    const struct nt_parking *parking;
    struct list parked;      /* in the volume's list */
    struct list of_handle;   /* in the handle's */
    struct list wait;        /* in that of the thing it waits for, which locks it */
    void *wanted;            /* that thing's own */
    uint64_t until;          /* clock_coarse_ns() */
    struct nt_file *awaited; /* whose oplock it waits for or waited for last; counted */
    uint64_t patience;       /* how long it does; clock_coarse_ns(), 0: it did not yet */
    _Atomic int parting;
    NTSTATUS outcome;
};

struct nt_request {
    /* Set by the door before nt_admit(). */
    struct nt_volume *volume;
    enum nt_op op;
    struct nt_caller caller;
    const DOKAN_ACCESS_TOKEN *token; /* he in access checks, until release(); NULL: made of `caller` */
    struct nt_listener *origin;      /* the door's: not told of this request's own changes; or NULL */
    /* How long it may wait for a lock or a change at most, by and large; 0: for ever. So long, but no longer
     * than 35 s, it waits for the answer to the break of an oplock, then it takes the oplock away. */
    uint64_t wait_ns;
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
        struct nt_notify_args notify;
        struct nt_lookup_args lookup;
        struct nt_getattr_args getattr;
        struct nt_setattr_args setattr;
        struct nt_remove_args remove;
        struct nt_rename_args rename;
        struct nt_statfs_args statfs;
        struct nt_ea_args ea;
        struct nt_eas_args eas;
        struct nt_reparse_args reparse;
        struct nt_range_args range;
        struct nt_control_args control;
        struct nt_link_args link;
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

/* Ends the request if it still waits inside the engine (for a name, a lock, a change, its turn): it completes
 * with STATUS_CANCELLED, now or soon on another thread. Returns false when it runs already: a running
 * mutation is never answered early. Should it come to wait for a lock or a change later, that ends at once.
 * The request must not have been released. */
bool nt_cancel(struct nt_request *rq);

/* ---- volumes ------------------------------------------------------------------------------------------- */

/* Security descriptors on a volume. */
enum nt_volume_security {
    NT_SECURITY_CHECK = 1,   /* opens are checked against them */
    NT_SECURITY_INHERIT = 2, /* a new file's is made of its directory's and its creator's */
    NT_SECURITY_WHOLE = 4    /* SetFileSecurity gets whole ones */
};

/* Whose the volume is, where the file system does not tell. */
struct nt_owner {
    bool given; /* else those of the process */
    uint32_t uid, gid;
};

struct nt_volume_config {
    PDOKAN_OPTIONS options;                   /* the caller's; handed to callbacks, read only at open */
    const DOKAN_OPERATIONS *operations;       /* copied */
    const DOKAN_OPERATIONS_EX *operations_ex; /* copied; NULL: none */
    uint32_t timeout_ms;                      /* final value, already clamped by the façade */
    uint64_t entry_ns, attr_ns, negative_ns;
    unsigned security;         /* enum nt_volume_security */
    struct nt_owner owner;     /* of the default security descriptor */
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
/* What the volume can keep, from its extended table. */
enum nt_offer {
    NT_OFFERS_FACTS = 1, /* mode and owner */
    NT_OFFERS_REPARSE = 2,
    NT_OFFERS_EAS = 4,
    NT_OFFERS_LINKS = 8,
    NT_OFFERS_RANGES = 16,
    NT_OFFERS_ZERO = 32,
    NT_OFFERS_EXCHANGE = 64,
    NT_OFFERS_REMOVE = 128,
    NT_OFFERS_CONTROL = 256,
    NT_OFFERS_BACKING = 512
};
unsigned nt_volume_offers(const struct nt_volume *vol);
const struct thread_hooks *nt_volume_hooks(const struct nt_volume *vol);
/* For threads that wait for requests: the first hook runs with the first callback, under its deadline. */
const struct thread_hooks *nt_volume_worker_hooks(const struct nt_volume *vol);
void nt_volume_trace(struct nt_volume *vol, bool on);
bool nt_volume_tracing(const struct nt_volume *vol);
/* One line per stuck request ("ReadFile \a\b pid 12 since 31.2 s\n"); returns the length needed. */
size_t nt_volume_stuck_report(struct nt_volume *vol, char *out, size_t cap);

struct nt_node *nt_volume_root(struct nt_volume *vol); /* borrowed, lives as long as the volume */
void nt_node_get(struct nt_node *node);
void nt_node_put(struct nt_node *node);
bool nt_node_is_directory(const struct nt_node *node);
/* The node that stands for a file with several names: what a door gives an id. Borrowed. */
struct nt_node *nt_node_identity(struct nt_node *node);
/* A node by whose name the file can be reached: itself, or another name of it once its own is gone. Counted.
 */
struct nt_node *nt_node_live(struct nt_node *node);
/* Holds a name by which the file can be reached, until nt_node_release_names() of the node that stands for
 * it. */
void nt_node_keep_name(struct nt_node *node);
void nt_node_release_names(struct nt_node *node);
uint64_t nt_node_ino(const struct nt_node *node);
/* A door's own mark on a node: the id under which its client knows it; 0 = none. Changed by the door only. */
_Atomic uint64_t *nt_node_door_id(struct nt_node *node);
/* The node's present path into `out`; units needed without the terminator. */
size_t nt_node_path(struct nt_node *node, WCHAR *out, size_t cap);

struct nt_node *nt_handle_node(struct nt_handle *handle);           /* borrowed */
struct nt_volume *nt_handle_volume(const struct nt_handle *handle); /* borrowed */
bool nt_handle_is_directory(const struct nt_handle *handle);
bool nt_handle_wrote(const struct nt_handle *handle); /* a successful write since the last flush */
void nt_handle_get(struct nt_handle *handle);
void nt_handle_put(struct nt_handle *handle);

/* ---- reparse points ------------------------------------------------------------------------------------ */

/* Whether the header, its length and, for links, all offsets lie in `length` bytes. */
bool nt_reparse_check(const void *buffer, uint32_t length);
/* Packs a Linux link to `target` (UTF-8, terminated). Bytes used; 0 when it is empty or does not fit. */
uint32_t nt_reparse_make_link(const char *target, void *buffer, uint32_t length);
/* Packs a FIFO, socket or device: a tag without data. Bytes used. */
uint32_t nt_reparse_make_special(uint32_t tag, void *buffer);
/*
 * The target of a link of any form, as UTF-8, terminated, backslashes turned for Windows' forms. Bytes
 * without the terminator; 0: this is no link, or it does not fit. `buffer` was checked.
 */
size_t nt_reparse_link_target(const void *buffer, uint32_t length, char *out, size_t size);
bool nt_reparse_is_link(uint32_t tag);

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
