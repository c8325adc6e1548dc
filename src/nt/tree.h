// SPDX-License-Identifier: MIT
/*
 * Names: the tree of nodes, their paths, the several names of one file, and the reservations of names. Part
 * of nt_internal.h, which includes it.
 */
#ifndef XDOKAN_NT_TREE_H
#define XDOKAN_NT_TREE_H

/* ---- names (tree.c, path.c, resolve.c) ----------------------------------------------------------------- */

/* An immutable, terminated, volume-relative path (`\`, `\a\b`, `\a\b:s`). */
struct nt_path {
    _Atomic uint32_t refs;
    uint32_t len;
    WCHAR text[];
};

struct nt_path *path_new(const WCHAR *text, size_t len);
struct nt_path *path_get(struct nt_path *path);
void path_put(struct nt_path *path);

enum nt_node_flags {
    NODE_TYPED = 1, /* NODE_DIRECTORY is known */
    NODE_DIRECTORY = 2,
    NODE_GONE = 4,      /* its name was removed or replaced: found by nobody any more */
    NODE_SPELLED = 8,   /* `name` is the spelling the file system stores */
    NODE_RESERVED = 16, /* the reserved folder and what lies in it: no door shows it */
    NODE_KEPT = 64,     /* a door holds it, one of several names of a file (identity.c) */
    NODE_STREAM = 32    /* name begins with ':'; the parent is the file */
};

/* Reservations of a name, see token.c. */
enum nt_token_mode { TOKEN_HOLD, TOKEN_OPEN, TOKEN_CLEANUP, TOKEN_CHANGE, TOKEN_MODES };

struct nt_node {
    _Atomic int refs;
    _Atomic uint32_t flags;
    struct nt_volume *vol; /* counted, except by the root */
    struct nt_node *parent;
    struct nt_node *next; /* hash chain */
    uint64_t hash;
    uint64_t ino;
    _Atomic uint64_t door_id;
    WCHAR *name;
    uint16_t len;
    uint32_t held[TOKEN_MODES];             /* reservations in force */
    struct nt_file *file;                   /* the FCB while one exists; not counted */
    _Atomic(struct nt_identity *) identity; /* identity.c; NULL: it has one name, for all we know */
    struct nt_node *next_name;
    struct nt_path *path; /* cached, good while path_gen == vol->path_gen */
    uint64_t path_gen;
    /* cache.c, under the node's stripe */
    struct nt_attr attr;
    uint64_t attr_expiry;    /* 0 = nothing cached */
    uint32_t attr_gen;       /* moves with every change; an answer asked before a change is not stored */
    _Atomic int64_t reached; /* the furthest that writes got since somebody else set its size (notify.c) */
    uint64_t changed;        /* when it, or a child that was forgotten, last moved; clock_ns(), 0 = never */
};

int tree_init(struct nt_volume *vol);
void tree_destroy(struct nt_volume *vol);
/* The child of `dir` called name, made if unknown. Counted. NULL: no memory. */
struct nt_node *tree_child(struct nt_node *dir, const WCHAR *name, size_t len);
/* Resolves an nt_name. `parent` (optional) gets a counted reference too (the root is its own parent). */
NTSTATUS tree_resolve(struct nt_volume *vol, const struct nt_name *name, struct nt_node **node,
                      struct nt_node **parent);
/* The path of a node; counted; NULL: no memory or too long. path_locked(): vol->tree is held. */
struct nt_path *tree_path(struct nt_node *node);
struct nt_path *path_locked(struct nt_node *node);
/* The path that `dir` + name would have. */
struct nt_path *tree_join(struct nt_node *dir, const WCHAR *name, size_t len);
/* The name is free: the node stays for those who hold it. Streams go with their file. */
void tree_detach(struct nt_node *node);
/* The same, unless somebody has it open or has reserved it. */
void tree_forget(struct nt_node *node);
/* The node that took the name of a detached one, made if there is none; counted. NULL: no memory. */
struct nt_node *tree_renew(struct nt_node *node, bool directory);
/* Moves a node (and so everything below it); paths of open files below follow. A node already there is
 * detached. */
NTSTATUS tree_move(struct nt_node *node, struct nt_node *dir, const WCHAR *name, size_t len);
/* Two nodes take each other's place. */
void tree_exchange(struct nt_node *a, struct nt_node *b);
/* The same, and the name it had stays reserved for the request, which held a CHANGE of the node. */
NTSTATUS tree_move_aside(struct nt_request *rq, struct nt_node *node, struct nt_node *dir, const WCHAR *name,
                         size_t len);
/* Remembers what the file system says of a node. Returns false if its type changed: the node was detached. */
bool tree_set_type(struct nt_node *node, bool directory);
void tree_set_spelling(struct nt_node *node, const WCHAR *name, size_t len);
/* Where a node stands now: its parent, counted, and its last component (unless `name` is NULL). */
struct nt_spelling {
    uint16_t len;
    WCHAR text[NT_NAME_MAX + 1];
};
struct nt_node *tree_place(struct nt_node *node, struct nt_spelling *name);
bool tree_is_below(const struct nt_node *node, const struct nt_node *ancestor);

/* The node that stands for the file. */
struct nt_node *node_identity(const struct nt_node *node);
/* Remembers which file this is. False: another than we thought; the node must be detached. */
bool identity_bind(struct nt_node *node, const struct nt_attr *attr);
/* Whether those who have the file open by its other names share it. Two who come at once may both be told no.
 */
bool identity_allows(struct nt_node *node, ACCESS_MASK access, ULONG share);
/* The names of the file that are known, each counted; those that are gone are left out. */
enum { NT_NAMES_MAX = 1024 };
struct nt_names {
    size_t count;
    struct nt_node *at[NT_NAMES_MAX];
};
void identity_names(struct nt_node *node, struct nt_names *names);
/* The file system gave the file of `source` the name of `target`: both are one from now on. *out is counted.
 */
struct nt_link_made {
    struct nt_node *source, *target, *parent;
};
NTSTATUS link_made(struct nt_request *rq, struct nt_handle *h, const struct nt_link_made *made,
                   struct nt_attr *attr, struct nt_node **out);
/* The file system does not know the name any more: the file's other names must do. */
void identity_lost(struct nt_node *node, NTSTATUS status);
/* Before the node is freed; vol->tree is held. A node to be put, or NULL. */
struct nt_node *identity_leave(struct nt_node *node);

static inline bool node_has(const struct nt_node *node, unsigned flag)
{
    return (atomic_load_explicit(&node->flags, memory_order_relaxed) & flag) != 0;
}

/* ---- reservations (token.c) ---------------------------------------------------------------------------- */

/* Adds a wanted reservation to a request under preparation; takes over one reference to `node`. */
void token_want(struct nt_request *rq, struct nt_node *node, enum nt_token_mode mode, bool subtree);
/* One more CHANGE, of a new node that nobody else knows yet, for a request that runs; takes over the
 * reference. vol->tree is held. */
void token_keep(struct nt_request *rq, struct nt_node *node);
enum token_result { TOKENS_TAKEN, TOKENS_QUEUED, TOKENS_REFUSED };
/* All or nothing. QUEUED: the request stands in the waiting list and is no longer the caller's. */
enum token_result token_acquire(struct nt_request *rq);
/* Gives them back (once) and starts what they held up. */
void token_release(struct nt_request *rq);
/* SingleThread: nobody is inside a callback for this request any more. */
void token_open_gate(struct nt_request *rq);
/* Takes a waiting request out of the list; false if it no longer waits. */
bool token_unqueue(struct nt_request *rq);
/* Moves each request that waits past `now` (UINT64_MAX: all that a stopping volume gives up) to `expired`. */
void token_collect_expired(struct nt_volume *vol, uint64_t now, struct list *expired);
/* The volume has stopped: everybody who still waits may end what he has to end. */
void token_wake_stopped(struct nt_volume *vol);
void token_refuse_all(struct list *requests, NTSTATUS status);

#endif
