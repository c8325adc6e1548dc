// SPDX-License-Identifier: MIT
/*
 * Structures of the FUSE door, private to this folder.
 *
 * A message of the kernel goes: worker.c reads it (holding the reader's token) -> ops.c finds its row, checks
 * it and has the row's prepare() translate it -> nt_admit(), still under the token, so that the engine sees
 * requests in the order of their arrival -> the token goes -> nt_run() -> the row's reply() packs the answer
 * -> device.c writes it.
 *
 * Invariants
 *   - At most one thread holds the token, and only it reads the descriptor. Node ids and file handles are
 * resolved, forgotten and released under the token only; so an id found there stays good until the request
 * holds references of its own.
 *   - A request has one reference for the worker and, between nt_admit() and release(), one for the engine.
 * Who gives up the last one recycles it.
 *   - Every message that wants an answer gets exactly one, from reply() or from the worker that refused it.
 *   - One lookup is counted for each entry that was written to the kernel, before it is written; taken back
 * when the write fails.
 *
 * Lock order (downwards only; none is held while the engine is called, save for nt_node_get and nt_node_put)
 *     workers->lock   threads and their states
 *     pool->lock      free requests, requests that wait in the engine
 *     shard->lock     lookup counts of some nodes
 *     inval->lock     messages for the kernel, not yet written
 */
#ifndef XDOKAN_DOOR_FUSE_I_H
#define XDOKAN_DOOR_FUSE_I_H

#include "base/list.h"
#include "base/name.h"
#include "base/slab.h"
#include "door/fuse/fuse.h"
#include "door/fuse/fuse_compat.h"
#include "nt/nt.h"
#include <dokan/dokan.h>
#include <linux/limits.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    FUSE_MINOR_OLDEST = 31,
    FUSE_MINOR_OURS = 45, /* the newest minor whose rules this door knows */
    FUSE_BLOCK = 4096,
    FUSE_WRITE_MAX = 1 << 20,
    FUSE_REQUESTS_MAX = 1024, /* request buffers per door */
    FUSE_POOL_KEEP = 4,       /* free ones that are kept */
    FUSE_AWAIT_MS = 100,
    FUSE_SHARDS = 64,
    FUSE_NAME_UNITS = 2 * NAME_MAX_UNITS + 8 /* "name:stream:$DATA" */
};

struct fuse_request;
struct fuse_worker;

/* ---- operations (ops.c) ------------------------------------------------------------------------------- */

/* What prepare() says; negative: -errno, the answer. */
enum fuse_verdict {
    FUSE_SUBMIT = 0, /* rq->nt is filled in: give it to the engine */
    FUSE_ANSWER = 1, /* answer with the rq->out_len bytes in rq->out */
    FUSE_QUIET = 2   /* nothing to answer */
};

enum fuse_op_flags {
    FUSE_OP_NODE = 1,  /* resolve the header's node id into rq->node */
    FUSE_OP_FH = 2,    /* the argument begins with a file handle: resolve it into rq->nt.handle */
    FUSE_OP_QUIET = 4, /* the kernel expects no answer, not even an error */
    FUSE_OP_LIGHT = 8, /* never goes to the engine: served even when no request can be had */
    FUSE_OP_BULK = 16  /* the answer may fill max_write bytes; without, what is left of a page */
};

/* One row per opcode; the same row names it in the trace and the tests. */
struct fuse_op {
    const char *name;
    uint16_t min_size; /* of the fixed argument behind the header */
    uint8_t names;     /* names behind it, each ended by a NUL: rq->name[] */
    uint8_t flags;
    uint8_t minor;  /* of the protocol that brought it; answered with ENOSYS below */
    uint8_t error;  /* the whole answer, when there is no prepare(), or the volume does not offer this: */
    uint16_t offer; /* enum nt_offer, or 0 */
    enum nt_op op;  /* for FUSE_SUBMIT */
    int (*prepare)(struct fuse_request *rq, const void *arg, size_t size);
    void (*reply)(struct fuse_request *rq, NTSTATUS status, uint64_t information);
    void (*released)(struct fuse_request *rq); /* the engine let go of it; may be NULL */
};

extern const struct fuse_op fuse_ops[];
const struct fuse_op *fuse_op_find(uint32_t opcode);

/* Translates the message of `size` bytes in rq->in; under the token. */
int fuse_prepare(struct fuse_request *rq, size_t size);
/* The same when no request can be given to the engine: -ENOMEM where one would be needed. */
int fuse_prepare_light(struct fuse_request *rq, size_t size);

/* ---- requests (request.c) ----------------------------------------------------------------------------- */

enum fuse_closing { FUSE_CLOSING_NOT, FUSE_CLOSING_CLEANUP, FUSE_CLOSING_CLOSE };

struct fuse_request {
    struct nt_request nt;
    struct fuse_door *door;
    const struct fuse_op *op;
    struct fuse_in_header *in;
    struct fuse_out_header *head; /* of the answer; `out` follows it in memory */
    uint8_t *out;
    uint8_t *out_page; /* where answers lie, see request.c */
    size_t out_cap;
    size_t out_len; /* payload packed so far */
    uint64_t unique;
    _Atomic int refs;
    _Atomic(struct fuse_worker *) worker; /* who runs it now */
    struct nt_node *node;                 /* counted */
    struct nt_node *node2;                /* counted: the directory a rename moves to */
    struct nt_facts facts;                /* of what is made */
    char ea_name[XATTR_NAME_MAX + 1];
    uint32_t xattr_room;       /* what the caller of getxattr(2) has; 0: he asks for the length */
    uint32_t open_flags;       /* for the answer to an open */
    struct nt_handle *closing; /* to be cleaned up and closed once the engine lets go */
    enum fuse_closing close_step;
    bool delivered;   /* the kernel took a successful answer */
    bool waiting;     /* on pool->waiting */
    bool full;        /* a listing met an entry that did not fit */
    struct list link; /* pool->free or pool->waiting */
    struct list job;  /* workers->deferred */
    uint16_t name_len[2];
    WCHAR name[2][FUSE_NAME_UNITS];
};

struct fuse_pool {
    pthread_mutex_t lock;
    pthread_cond_t freed;
    struct list free, waiting;
    unsigned free_count, total;
    bool wanted; /* somebody waits for `freed` */
};

void fuse_pool_init(struct fuse_pool *pool);
void fuse_pool_destroy(struct fuse_door *door);
/* Memory for a request, outside the pool. */
struct fuse_request *fuse_request_map(struct fuse_door *door);
void fuse_request_unmap(struct fuse_request *rq);
/* A fresh request with the worker's reference; holds the door. NULL: none can be had. */
struct fuse_request *fuse_request_new(struct fuse_door *door);
/* The same after waiting for one, FUSE_AWAIT_MS at most. */
struct fuse_request *fuse_request_await(struct fuse_door *door);
void fuse_request_unref(struct fuse_request *rq);
/* Drops the worker's reference. True: it was the last and the worker may use the request again. */
bool fuse_request_done(struct fuse_request *rq);
/* Ends what rq->unique asked for if it waits in the engine. */
void fuse_request_interrupt(struct fuse_door *door, uint64_t unique);
/* Gives the prepared request to the engine; true: the caller runs it. */
bool fuse_request_admit(struct fuse_request *rq);
/* The engine may keep it for later: INTERRUPT will want to find it, unless it has ended already. */
void fuse_request_keep(struct fuse_request *rq);
/* Has the handle cleaned up and closed once the engine lets go of the request: the kernel did not take it. */
void fuse_request_close_later(struct fuse_request *rq, struct nt_handle *handle);
/* Takes the next step of that. */
void fuse_request_close_next(struct fuse_request *rq);
/* Chooses where the answer will lie. */
void fuse_request_layout(struct fuse_request *rq, bool bulk);
/* Lets go of the nodes a request holds. */
void fuse_request_clean(struct fuse_request *rq);

/* Answers. False: the kernel did not take it. `error` is 0 or -errno. */
bool fuse_reply(struct fuse_request *rq, int error, size_t size);
bool fuse_reply_status(struct fuse_request *rq, NTSTATUS status);
/* The same where the kernel named the file by node: one whose name went meanwhile is stale, not missing. The
 * kernel then looks the name up again, so that who opens a file that is being replaced gets the old or the
 * new. */
void fuse_reply_node_status(struct fuse_request *rq, NTSTATUS status);
/* reply() of operations that only succeed or fail. */
void fuse_reply_plain(struct fuse_request *rq, NTSTATUS status, uint64_t information);
/* The errno (positive) that the kernel is told. */
int fuse_errno(NTSTATUS status);

/* ---- node ids and file handles (node.c) --------------------------------------------------------------- */

struct fuse_node {
    struct nt_node *node; /* counted */
    uint64_t lookups;     /* under the node's shard */
};

struct fuse_shard {
    pthread_mutex_t lock;
} __attribute__((aligned(64)));

/* The node behind an id, with a reference for the caller. NULL: no such id. */
struct nt_node *fuse_node_get(struct fuse_door *door, uint64_t id);
/* The id of a node, one more lookup counted. 0: no memory. */
uint64_t fuse_node_learn(struct fuse_door *door, struct nt_node *node);
void fuse_node_forget(struct fuse_door *door, uint64_t id, uint64_t lookups);
/* The id if the kernel knows the node, else 0. */
uint64_t fuse_node_known(struct fuse_door *door, struct nt_node *node);
void fuse_node_forget_all(struct fuse_door *door);

/* 0: no memory. The table holds the caller's reference to the handle. */
uint64_t fuse_handle_add(struct fuse_door *door, struct nt_handle *handle);
struct nt_handle *fuse_handle_get(struct fuse_door *door, uint64_t fh);
struct nt_handle *fuse_handle_take(struct fuse_door *door, uint64_t fh);
void fuse_handle_put_all(struct fuse_door *door);

/* ---- the way to and from the kernel ------------------------------------------------------------------- */

/* The seam for a second way (a ring) beside the descriptor: operations answer through it and know no
 * descriptor. */
struct fuse_channel_ops {
    const char *name;
    int (*start)(struct fuse_door *door);
    /* Sends rq->head and what follows, head->len bytes. 0 or -errno. */
    int (*reply)(struct fuse_request *rq);
    /* Ends all threads but stuck ones. */
    void (*stop)(struct fuse_door *door);
};

extern const struct fuse_channel_ops fuse_device_channel; /* channel.c */

/*
 * Functions that are on the stack when a reader is cancelled. Their frames are left without a return, which
 * AddressSanitizer must not have fenced.
 */
#define FUSE_CANCELLABLE __attribute__((no_sanitize("address")))

/* device.c. All give -errno on failure. */
ssize_t fuse_device_read(struct fuse_door *door, void *buffer, size_t size);
int fuse_device_write(struct fuse_door *door, const void *message, size_t size);
/* Whether a message waits to be read. */
bool fuse_device_pending(struct fuse_door *door);
/* Waits for a message. 0, -ETIMEDOUT or -errno. */
int fuse_device_wait(struct fuse_door *door, unsigned timeout_ms);
/* Closes the connection but keeps the number, so that a late answer cannot meet a stranger's descriptor. */
void fuse_device_disconnect(struct fuse_door *door);

/* ---- threads (worker.c) ------------------------------------------------------------------------------- */

struct fuse_worker {
    struct list link;   /* workers->all */
    struct list parked; /* workers->parked */
    struct fuse_door *door;
    struct fuse_request *rq; /* the current one, NULL once it was given up */
    pthread_t thread;
    pthread_cond_t wake;
    bool surplus; /* there are enough others: end */
    bool stuck, ended, detached;
};

struct fuse_workers {
    pthread_mutex_t lock;
    pthread_cond_t changed; /* some worker ended or got stuck */
    struct list all, parked, deferred;
    unsigned live, live_max, stuck, starting;
    _Atomic(struct fuse_worker *) standby; /* changed under the lock */
    struct fuse_request *reserve;          /* refuses what no request can be had for; used under the token */
    _Atomic bool stop;
    _Atomic bool has_deferred;
    _Atomic(struct fuse_worker *) token; /* who reads */
    _Atomic bool asleep;                 /* the standby wants the bell for the next message */
    _Atomic uint32_t bell;               /* futex: the standby sleeps on it */
    _Atomic uint64_t served;             /* written under the token */
    _Atomic uint64_t takeovers;
};

/* A condition whose timed waits follow CLOCK_MONOTONIC. */
void fuse_monotonic_cond(pthread_cond_t *cond);
/* channel.c */
void fuse_workers_init(struct fuse_door *door);
void fuse_workers_destroy(struct fuse_door *door);
/* watch.c */
bool fuse_token_try(struct fuse_workers *ws, struct fuse_worker *w);
void fuse_token_give(struct fuse_workers *ws);
void fuse_bell_ring(struct fuse_workers *ws);
/* Watches. True: with the token; false: there is other work. */
bool fuse_stand_by(struct fuse_worker *w);
/* One thread more; lock held. */
int fuse_worker_spawn(struct fuse_door *door);
void fuse_worker_free(struct fuse_worker *w);
/* All threads end soon; device_stop() in channel.c joins them. */
void fuse_workers_stop_all(struct fuse_workers *ws);
struct fuse_request *fuse_worker_next_deferred(struct fuse_workers *ws);
/* The request was answered at its deadline while its worker is still in the callback. */
void fuse_worker_expired(struct fuse_request *rq);
/* Whether this thread is a worker, one that may run callbacks. */
bool fuse_worker_here(void);
/* Has fuse_request_close_next() called by a worker. False: there are none any more. */
bool fuse_worker_defer(struct fuse_request *rq);

/* ---- telling the kernel (inval.c) --------------------------------------------------------------------- */

struct fuse_inval {
    struct nt_listener listener;
    pthread_mutex_t lock;
    pthread_cond_t wake, ended;
    struct list queue;
    unsigned queued;
    bool stop, running;
    bool lost;        /* messages were dropped since the queue was last empty */
    pthread_t thread; /* while running */
    uint64_t written;
};

void fuse_inval_init(struct fuse_door *door);
void fuse_inval_destroy(struct fuse_door *door);
void fuse_inval_start(struct fuse_door *door);
void fuse_inval_stop(struct fuse_door *door);

/* ---- the door (door.c) -------------------------------------------------------------------------------- */

struct fuse_door {
    _Atomic int refs;
    struct nt_volume *vol; /* counted */
    int fd;
    int dead_fd;                                      /* what takes fd's place at the end */
    _Atomic(const struct fuse_channel_ops *) channel; /* may change while requests are under way */
    /* Constant after INIT. */
    struct fuse_door_config config;
    uint32_t minor;
    uint64_t flags;
    uint32_t max_write;
    unsigned name_flags; /* for base/name.h */
    unsigned offers;     /* enum nt_offer */
    uint32_t file_mode, dir_mode;
    uint32_t write_bits; /* of file_mode: what READONLY takes away */
    _Atomic bool gone;
    struct slab nodes, handles;
    struct fuse_shard shards[FUSE_SHARDS];
    struct fuse_pool pool;
    struct fuse_workers workers;
    struct fuse_inval inval;
};

void fuse_door_ref(struct fuse_door *door);
void fuse_door_unref(struct fuse_door *door);
/* The kernel has let go: tells the façade, once. */
void fuse_door_gone(struct fuse_door *door);

/* init.c */
int fuse_init_answer(struct fuse_door *door);

/* ---- translation -------------------------------------------------------------------------------------- */

/* attr.c */
uint32_t fuse_type_of(const struct fuse_door *door, const struct nt_attr *attr); /* S_IF* */
/* The reparse tag of a special file; 0: it has none. */
uint32_t fuse_tag_of_type(uint32_t mode);
void fuse_attr_fill(const struct fuse_door *door, const struct nt_attr *attr, struct fuse_attr *out);
void fuse_statx_fill(const struct fuse_door *door, const struct nt_attr *attr, struct xfuse_statx *out);
void fuse_valid_fill(uint64_t ns, uint64_t *sec, uint32_t *nsec);
/* Counts a lookup of `node`. False: no memory. */
bool fuse_entry_fill(struct fuse_door *door, struct nt_node *node, const struct nt_attr *attr,
                     uint64_t entry_ns, uint64_t attr_ns, struct fuse_entry_out *out);
/* A time of the kernel as FILETIME; never 0, which would mean "leave it". */
uint64_t fuse_filetime(uint64_t sec, uint32_t nsec);

/* The request's node, or its first name in that node. */
struct nt_name fuse_name_of_node(const struct fuse_request *rq);
struct nt_name fuse_name_in_node(const struct fuse_request *rq);

#define FUSE_OP_FUNCTIONS(name)                                                     \
    int fuse_prepare_##name(struct fuse_request *rq, const void *arg, size_t size); \
    void fuse_reply_##name(struct fuse_request *rq, NTSTATUS status, uint64_t information)
#define FUSE_OP_PREPARE(name) int fuse_prepare_##name(struct fuse_request *rq, const void *arg, size_t size)

/* ops_name.c */
FUSE_OP_FUNCTIONS(lookup);
FUSE_OP_FUNCTIONS(create);
FUSE_OP_PREPARE(mknod);
FUSE_OP_PREPARE(mkdir);
void fuse_reply_made(struct fuse_request *rq, NTSTATUS status, uint64_t information); /* all that is made */
/* Fills rq->nt.create for something that is made and closed at once. */
int fuse_prepare_made(struct fuse_request *rq, ACCESS_MASK access, ULONG options, uint32_t mode);
FUSE_OP_PREPARE(unlink);
FUSE_OP_FUNCTIONS(link);
FUSE_OP_PREPARE(rmdir);
FUSE_OP_PREPARE(rename);
FUSE_OP_PREPARE(rename2);

/* ops_file.c */
FUSE_OP_FUNCTIONS(open);
FUSE_OP_FUNCTIONS(read);
FUSE_OP_FUNCTIONS(write);
FUSE_OP_PREPARE(flush);
FUSE_OP_PREPARE(fsync);
FUSE_OP_PREPARE(release);
FUSE_OP_PREPARE(fallocate);
FUSE_OP_FUNCTIONS(lseek);
/* Access that the flags of open(2) ask for, and the flags for the answer. */
ACCESS_MASK fuse_open_access(uint32_t flags);
ULONG fuse_open_options(const struct fuse_door *door, uint32_t flags);
ULONG fuse_open_itself(const struct fuse_door *door);
bool fuse_open_kills(const struct fuse_request *rq, uint32_t open_flags);
uint32_t fuse_open_reply_flags(const struct fuse_door *door, uint32_t flags);

/* ops_dir.c */
FUSE_OP_PREPARE(opendir);
FUSE_OP_PREPARE(readdir);
FUSE_OP_FUNCTIONS(readdirplus);
void fuse_reply_readdir(struct fuse_request *rq, NTSTATUS status, uint64_t information);
void fuse_released_readdirplus(struct fuse_request *rq);

/* ops_attr.c */
FUSE_OP_FUNCTIONS(getattr);
FUSE_OP_FUNCTIONS(access);
FUSE_OP_FUNCTIONS(setattr);
FUSE_OP_FUNCTIONS(statx);
FUSE_OP_FUNCTIONS(statfs);

/* ops_link.c */
FUSE_OP_FUNCTIONS(readlink);
FUSE_OP_PREPARE(symlink);
/* A FIFO, socket or device; `arg` is that of MKNOD. */
FUSE_OP_PREPARE(special);

/* ops_xattr.c */
FUSE_OP_FUNCTIONS(getxattr);
FUSE_OP_FUNCTIONS(listxattr);
FUSE_OP_PREPARE(setxattr);
FUSE_OP_PREPARE(removexattr);
void fuse_reply_xattr_changed(struct fuse_request *rq, NTSTATUS status, uint64_t information);

/* ops_misc.c */
FUSE_OP_PREPARE(forget);
FUSE_OP_PREPARE(batch_forget);
FUSE_OP_PREPARE(interrupt);
FUSE_OP_PREPARE(nothing);

#undef FUSE_OP_FUNCTIONS
#undef FUSE_OP_PREPARE

#endif
