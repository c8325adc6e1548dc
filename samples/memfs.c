// SPDX-License-Identifier: MIT
/*
 * memfs: a whole file system in memory. It is the sample to copy when you write one of your own; the
 * callbacks are in the second half, from memfs_ZwCreateFile on.
 *
 * A node is a file, a directory or a named stream of either; a file may have several names. Each name owns
 * one reference to its node, an open handle owns one in DOKAN_FILE_INFO.Context. So a file that is renamed or
 * deleted while open goes on working, and reading, writing or asking for attributes never looks up a name.
 *
 * Callbacks run at the same time on many threads. The locks are:
 *     memfs.tree   names, parents, entries of directories, the tables of names and ids, the volume's label
 *     node.lock    contents, size, security descriptor, extended attributes and reparse point of one node;
 *                  taken alone or after memfs.tree
 * Attributes, modes, owners, times and sizes are atomic and are read without a lock.
 */
#include "memfs.h"

#include <dokan/dokan_ex.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define NAME_UNITS    255u            /* longest name, in UTF-16 units */
#define NODE_COST     512u            /* what a name takes of the volume's space */
#define CHUNK         ((size_t)65536) /* bytes of contents that are allocated at once */
#define FANOUT        256u            /* chunks below one branch; FANOUT_BITS is its logarithm */
#define FANOUT_BITS   8u
#define FIRST_BUCKETS 1024u /* buckets of an empty table */
#define LIST_BATCH    512u  /* entries that are listed before others may change the tree */
#define MAX_SIZE      INT64_MAX
#define VOLUME_SERIAL 0x4D454D46u
#define LINKS_MAX     65000u
#define EA_ROOM       65535u /* for all extended attributes of a file, packed as FILE_FULL_EA_INFORMATION */

#define SETTABLE                                                                                        \
    (FILE_ATTRIBUTE_READONLY | FILE_ATTRIBUTE_HIDDEN | FILE_ATTRIBUTE_SYSTEM | FILE_ATTRIBUTE_ARCHIVE | \
     FILE_ATTRIBUTE_TEMPORARY | FILE_ATTRIBUTE_OFFLINE | FILE_ATTRIBUTE_NOT_CONTENT_INDEXED)
#define WRITE_RIGHTS (FILE_WRITE_DATA | FILE_APPEND_DATA | GENERIC_WRITE | GENERIC_ALL)
#define OWNER_FACTS  (DOKAN_FACT_UID | DOKAN_FACT_GID)
#define EXTENDED_FEATURES                                                                          \
    (FILE_SUPPORTS_HARD_LINKS | FILE_SUPPORTS_REPARSE_POINTS | FILE_SUPPORTS_EXTENDED_ATTRIBUTES | \
     FILE_SUPPORTS_SPARSE_FILES | FILE_SUPPORTS_OPEN_BY_FILE_ID | FILE_SUPPORTS_POSIX_UNLINK_RENAME)
#define KEPT_FACTS (DOKAN_FACT_MODE | OWNER_FACTS | DOKAN_FACT_DEVICE)
/* What SetFileAttributes leaves as it is. */
#define FIXED (FILE_ATTRIBUTE_DIRECTORY | FILE_ATTRIBUTE_REPARSE_POINT | FILE_ATTRIBUTE_SPARSE_FILE)

enum kind { KIND_FILE, KIND_DIRECTORY, KIND_STREAM };

/* UTF-16 text with a length, not terminated. */
struct text {
    const WCHAR *at;
    size_t length;
};

/*
 * The bytes of a file: a tree of branches with chunks as its leaves. With height 0 `root` is chunk 0 itself.
 * A chunk that is not there reads as zeros, so sparse files cost nothing. Chunk 0 has `head` bytes (a small
 * file is small), all others are whole. Bytes behind the end of the file are zero.
 */
struct content {
    void *root;
    unsigned height;
    size_t head;
    _Atomic uint64_t allocated; /* read without the lock, too */
};

struct branch {
    void *below[FANOUT];
};

/* What links a thing into a table. */
struct hook {
    struct hook *chain; /* next in the same bucket */
    uint32_t hash;
};

/* A name of a node, in its list of names and in its parent's entries while it has a parent. */
struct name {
    struct hook hook;
    uint32_t place; /* where it is in its parent's entries */
    struct node *node;
    struct node *parent; /* its directory; of a stream's: the stream's file or directory */
    struct name *next;   /* another name of the same node */
    struct text text;    /* terminated */
};

/* The entries of a directory, or the streams of a node, in the order in which they came; a gap is NULL. */
struct entries {
    struct name **at;
    uint32_t used, room, live;
    _Atomic uint32_t listings; /* while one runs, entries keep their places */
};

/* A security descriptor in self-relative form, as it was set. */
struct descriptor {
    ULONG length;
    BYTE bytes[];
};

/* A REPARSE_DATA_BUFFER. */
struct reparse {
    ULONG length;
    BYTE bytes[];
};

/* An extended attribute: its name, terminated, then its value. */
struct ea {
    struct ea *next;
    ULONG length; /* of the value */
    UCHAR flags;
    char name[];
};

struct sid {
    BYTE revision, count, authority[6];
    DWORD sub[2];
};

/* One in self-relative form that grants everything to one party. */
struct simple_descriptor {
    SECURITY_DESCRIPTOR_RELATIVE head;
    struct sid owner, group;
    ACL dacl;
    ACE_HEADER ace;
    ACCESS_MASK mask;
    struct sid party;
};

enum { DEFAULT_FILE, DEFAULT_DIRECTORY, DEFAULT_ROOT, DEFAULTS };

struct node {
    _Atomic uint32_t references;
    _Atomic uint32_t attributes;
    _Atomic uint64_t size;
    _Atomic uint64_t created, accessed, written, changed; /* FILETIME */
    _Atomic uint32_t facts;                               /* which of these have been set: DOKAN_FACT_* */
    _Atomic uint32_t mode, uid, gid;
    _Atomic uint64_t device;
    _Atomic uint32_t links;       /* number of names */
    _Atomic uint32_t directories; /* in it */
    _Atomic uint32_t tag;         /* of the reparse point, 0: none */
    _Atomic uint32_t link_length; /* of a symbolic link: bytes of its target */
    enum kind kind;
    uint64_t index;
    struct memfs *fs;
    struct node *owner; /* a stream's file or directory, referenced */

    /* Under fs->tree. */
    struct hook id;     /* in the table of ids, while it has a name */
    struct name *names; /* NULL for the root and after deletion */
    struct name first;  /* one of them, or unused */
    bool linked;        /* it has had several */
    struct entries children, streams;

    pthread_rwlock_t lock;
    struct content content;
    struct descriptor *security; /* NULL: the volume's default */
    struct reparse *reparse;
    struct ea *eas;
    uint32_t ea_bytes;
    WCHAR first_name[];
};

/* A hash table that grows by one bucket at a time (linear hashing), so no insert ever waits for millions of
 * names to move. */
struct table {
    struct hook **segment[24];
    uint32_t buckets, count;
};

struct memfs {
    pthread_rwlock_t tree;
    struct table names; /* all of the volume by (parent, folded name) */
    struct table ids;   /* files and directories by index */
    struct node *root;
    WCHAR label[33];
    bool case_sensitive;
    bool extended;  /* MEMFS_EXTENDED */
    uint64_t seed;  /* of the hash, so that nobody can choose names that collide */
    uint64_t limit; /* bytes, 0 = none */
    _Atomic uint64_t used;
    _Atomic uint64_t last_index;
    struct simple_descriptor defaults[DEFAULTS];
};

/* ---- space and time ---------------------------------------------------------------------------------- */

static bool space_take(struct memfs *fs, uint64_t bytes)
{
    uint64_t used = atomic_fetch_add(&fs->used, bytes) + bytes;
    if (fs->limit == 0 || used <= fs->limit)
        return true;
    atomic_fetch_sub(&fs->used, bytes);
    return false;
}

static void space_give(struct memfs *fs, uint64_t bytes)
{
    atomic_fetch_sub(&fs->used, bytes);
}

static uint64_t space_total(const struct memfs *fs)
{
    uint64_t machine = (uint64_t)sysconf(_SC_PHYS_PAGES) * (uint64_t)sysconf(_SC_PAGESIZE);
    return fs->limit ? fs->limit : machine;
}

static uint64_t space_free(const struct memfs *fs)
{
    uint64_t total = space_total(fs), used = fs->used;
    return total > used ? total - used : 0;
}

static uint64_t now(void)
{
    FILETIME time;
    GetSystemTimeAsFileTime(&time);
    return (uint64_t)time.dwHighDateTime << 32 | time.dwLowDateTime;
}

static FILETIME filetime(uint64_t time)
{
    return (FILETIME){.dwLowDateTime = (DWORD)time, .dwHighDateTime = (DWORD)(time >> 32)};
}

/* ---- text -------------------------------------------------------------------------------------------- */

static WCHAR fold(const struct memfs *fs, WCHAR unit)
{
    if (fs->case_sensitive || unit < u'a')
        return unit;
    if (unit < 0x80)
        return unit <= u'z' ? unit - 0x20 : unit;
    return DokanUpcase(unit);
}

static bool same_name(const struct memfs *fs, struct text a, struct text b)
{
    if (a.length != b.length)
        return false;
    for (size_t i = 0; i < a.length; i++)
        if (a.at[i] != b.at[i] && fold(fs, a.at[i]) != fold(fs, b.at[i]))
            return false;
    return true;
}

/* Names that no directory can hold. The engine lets none through; who calls the callbacks directly might. */
static bool is_valid_name(struct text name)
{
    bool dots = name.length <= 2;
    for (size_t i = 0; i < name.length; i++) {
        if (name.at[i] == u'/' || name.at[i] == u'\\' || name.at[i] == u':')
            return false;
        dots = dots && name.at[i] == u'.';
    }
    return name.length > 0 && name.length <= NAME_UNITS && !dots;
}

/* ---- contents ---------------------------------------------------------------------------------------- */

static unsigned slot_at(uint64_t chunk, unsigned height)
{
    return (unsigned)(chunk >> (FANOUT_BITS * (height - 1))) % FANOUT;
}

static char *chunk_find(const struct content *content, uint64_t chunk)
{
    if (chunk >> (FANOUT_BITS * content->height))
        return NULL;
    void *at = content->root;
    for (unsigned height = content->height; at && height > 0; height--)
        at = ((struct branch *)at)->below[slot_at(chunk, height)];
    return at;
}

/* Where the pointer to a chunk lies, with all branches above it; NULL without memory. */
static void **chunk_place(struct content *content, uint64_t chunk)
{
    while (chunk >> (FANOUT_BITS * content->height)) {
        struct branch *taller = calloc(1, sizeof *taller);
        if (!taller)
            return NULL;
        taller->below[0] = content->root;
        content->root = taller;
        content->height++;
    }
    void **at = &content->root;
    for (unsigned height = content->height; height > 0; height--) {
        if (!*at && !(*at = calloc(1, sizeof(struct branch))))
            return NULL;
        at = &((struct branch *)*at)->below[slot_at(chunk, height)];
    }
    return at;
}

/* How large chunk 0 must be for a file that reaches to `end`: powers of two, so that appending is cheap. */
static size_t head_room(uint64_t end)
{
    size_t room = 256;
    while (room < end && room < CHUNK)
        room *= 2;
    return room;
}

static char *head_make(struct content *content, uint64_t end)
{
    void **place = chunk_place(content, 0);
    size_t room = head_room(end);
    if (!place || room <= content->head)
        return place ? *place : NULL;
    char *head = realloc(*place, room);
    if (!head)
        return NULL;
    memset(head + content->head, 0, room - content->head);
    content->allocated += room - content->head;
    content->head = room;
    return *place = head;
}

static char *chunk_make(struct content *content, uint64_t chunk, bool will_be_filled)
{
    void **place = chunk_place(content, chunk);
    if (!place || *place)
        return place ? *place : NULL;
    *place = will_be_filled ? malloc(CHUNK) : calloc(1, CHUNK);
    if (*place)
        content->allocated += CHUNK;
    return *place;
}

/* Bytes that a write of [offset, end) will allocate. */
static uint64_t content_missing(const struct content *content, uint64_t offset, uint64_t end)
{
    uint64_t missing = 0, chunk = offset / CHUNK;
    if (offset == end)
        return 0;
    if (chunk == 0) {
        size_t room = head_room(end);
        missing = room > content->head ? room - content->head : 0;
        chunk++;
    }
    for (; chunk * CHUNK < end; chunk++)
        missing += chunk_find(content, chunk) ? 0 : CHUNK;
    return missing;
}

static void content_read(const struct content *content, uint64_t offset, char *to, size_t length)
{
    while (length > 0) {
        size_t at = offset % CHUNK, part = length < CHUNK - at ? length : CHUNK - at;
        const char *chunk = chunk_find(content, offset / CHUNK);
        size_t have = !chunk ? 0 : offset < CHUNK ? content->head : CHUNK;
        size_t there = have <= at ? 0 : have - at < part ? have - at : part;
        if (there > 0)
            memcpy(to, chunk + at, there);
        memset(to + there, 0, part - there);
        to += part, offset += part, length -= part;
    }
}

/* False without memory; then the beginning may have been written. */
static bool content_write(struct content *content, uint64_t offset, const char *from, size_t length)
{
    while (length > 0) {
        size_t at = offset % CHUNK, part = length < CHUNK - at ? length : CHUNK - at;
        char *chunk = offset < CHUNK ? head_make(content, at + part)
                                     : chunk_make(content, offset / CHUNK, part == CHUNK);
        if (!chunk)
            return false;
        memcpy(chunk + at, from, part);
        from += part, offset += part, length -= part;
    }
    return true;
}

/* Chunks that a tree of this height can hold. */
static uint64_t tree_span(unsigned height)
{
    return UINT64_C(1) << (FANOUT_BITS * height);
}

/* Frees the chunks from `first` to before `end` below `*at` and tells how many there were. */
static uint64_t chunks_free(void **at, unsigned height, uint64_t first, uint64_t end)
{
    if (!*at || first >= end || first >= tree_span(height))
        return 0;
    uint64_t freed = height == 0;
    if (height > 0) {
        uint64_t span = tree_span(height - 1);
        for (uint64_t i = first / span; i < FANOUT && i * span < end; i++) {
            uint64_t start = i * span, rest = end - start;
            freed += chunks_free(&((struct branch *)*at)->below[i], height - 1,
                                 first > start ? first - start : 0, rest < span ? rest : span);
        }
    }
    if (first == 0 && end >= tree_span(height)) {
        free(*at);
        *at = NULL;
    }
    return freed;
}

/* Forgets all bytes from `size` on. */
static void content_cut(struct content *content, uint64_t size)
{
    if (size == 0) {
        chunks_free(&content->root, content->height, 0, UINT64_MAX);
        content->root = NULL;
        content->height = 0;
        content->head = 0;
        content->allocated = 0;
        return;
    }
    content->allocated -=
        chunks_free(&content->root, content->height, (size + CHUNK - 1) / CHUNK, UINT64_MAX) * CHUNK;
    char *last = chunk_find(content, size / CHUNK);
    size_t have = size < CHUNK ? content->head : CHUNK;
    if (last && have > size % CHUNK)
        memset(last + size % CHUNK, 0, have - size % CHUNK);
}

/* Zeros in [offset, end) of one chunk, as far as it is there. */
static void chunk_clear(struct content *content, uint64_t offset, uint64_t end)
{
    char *chunk = chunk_find(content, offset / CHUNK);
    size_t have = offset < CHUNK ? content->head : CHUNK, at = offset % CHUNK,
           to = at + (size_t)(end - offset);
    if (chunk && at < have)
        memset(chunk + at, 0, (to < have ? to : have) - at);
}

/* Makes [offset, end) a hole: chunks inside it go, what they share with other bytes is zeroed. */
static void content_punch(struct content *content, uint64_t offset, uint64_t end)
{
    uint64_t first = (offset + CHUNK - 1) / CHUNK, last = end / CHUNK;
    if (first > last) { /* all of it inside one chunk */
        chunk_clear(content, offset, end);
        return;
    }
    if (offset < first * CHUNK)
        chunk_clear(content, offset, first * CHUNK);
    if (last * CHUNK < end)
        chunk_clear(content, last * CHUNK, end);
    if (first == 0 && last > 0 && content->head > 0) {
        chunks_free(&content->root, content->height, 0, 1);
        content->allocated -= content->head;
        content->head = 0;
        first = 1;
    }
    content->allocated -= chunks_free(&content->root, content->height, first, last) * CHUNK;
}

/* The first chunk from `chunk` on that is there; UINT64_MAX: none. */
static uint64_t chunk_next(void *at, unsigned height, uint64_t chunk)
{
    if (!at || chunk >= tree_span(height))
        return UINT64_MAX;
    if (height == 0)
        return 0;
    uint64_t span = tree_span(height - 1);
    for (uint64_t i = chunk / span, from = chunk % span; i < FANOUT; i++, from = 0) {
        uint64_t found = chunk_next(((struct branch *)at)->below[i], height - 1, from);
        if (found != UINT64_MAX)
            return i * span + found;
    }
    return UINT64_MAX;
}

/* The first piece of [*offset, end) that is there: sets *offset to where it begins and gives its length; 0:
 * the rest is a hole. */
static uint64_t content_next(const struct content *content, uint64_t *offset, uint64_t end)
{
    while (*offset < end) {
        uint64_t chunk = chunk_next(content->root, content->height, *offset / CHUNK);
        if (chunk == UINT64_MAX || chunk >= (end + CHUNK - 1) / CHUNK)
            return 0;
        if (chunk * CHUNK > *offset)
            *offset = chunk * CHUNK;
        uint64_t stop = chunk * CHUNK + (chunk == 0 ? content->head : CHUNK);
        while (stop < end && stop % CHUNK == 0 && chunk_find(content, stop / CHUNK))
            stop += CHUNK;
        stop = stop < end ? stop : end;
        if (stop > *offset)
            return stop - *offset;
        *offset = (chunk + 1) * CHUNK; /* behind the end of a short first chunk */
    }
    return 0;
}

/* ---- tables ------------------------------------------------------------------------------------------ */

static uint64_t mix(uint64_t hash, uint64_t value)
{
    hash = (hash ^ value) * UINT64_C(0x9E3779B97F4A7C15);
    return hash ^ hash >> 32;
}

static uint32_t hash_name(const struct memfs *fs, const struct node *parent, struct text name, bool stream)
{
    uint64_t hash = mix(fs->seed + stream, parent->index);
    for (size_t i = 0; i < name.length; i++)
        hash = mix(hash, fold(fs, name.at[i]));
    return (uint32_t)(mix(hash, name.length) >> 16);
}

static uint32_t hash_index(const struct memfs *fs, uint64_t index)
{
    return (uint32_t)(mix(fs->seed, index) >> 16);
}

static bool table_init(struct table *table)
{
    table->segment[0] = calloc(FIRST_BUCKETS, sizeof *table->segment[0]);
    table->buckets = FIRST_BUCKETS;
    return table->segment[0];
}

static void table_free(struct table *table)
{
    for (size_t i = 0; i < sizeof table->segment / sizeof *table->segment; i++)
        free(table->segment[i]);
}

/* Segment 0 holds the first FIRST_BUCKETS buckets, each further one as many as all before it. */
static struct hook ***segment_of(struct table *table, uint32_t bucket, uint32_t *within)
{
    unsigned segment = 0;
    uint32_t start = 0;
    if (bucket >= FIRST_BUCKETS) {
        segment = 32 - (unsigned)__builtin_clz(bucket / FIRST_BUCKETS);
        start = FIRST_BUCKETS << (segment - 1);
    }
    *within = bucket - start;
    return &table->segment[segment];
}

static struct hook **bucket_at(struct table *table, uint32_t bucket)
{
    uint32_t within;
    struct hook ***segment = segment_of(table, bucket, &within);
    return &(*segment)[within];
}

static struct hook **bucket_of(struct table *table, uint32_t hash)
{
    uint32_t top = UINT32_C(1) << (31 - __builtin_clz(table->buckets));
    uint32_t bucket = hash & (top * 2 - 1);
    return bucket_at(table, bucket < table->buckets ? bucket : bucket & (top - 1));
}

/* Adds a bucket and moves there what belongs into it. Without memory the table stays as it is, only fuller.
 */
static void table_grow(struct table *table)
{
    uint32_t fresh = table->buckets, within;
    if (fresh == 0 || fresh == UINT32_C(1) << 31)
        return;
    struct hook ***segment = segment_of(table, fresh, &within);
    if (within == 0 && !*segment && !(*segment = calloc(fresh, sizeof **segment)))
        return;
    uint32_t top = UINT32_C(1) << (31 - __builtin_clz(fresh));
    struct hook **to = &(*segment)[within], **from = bucket_at(table, fresh - top);
    table->buckets++;
    while (*from) {
        struct hook *hook = *from;
        if ((hook->hash & (top * 2 - 1)) != fresh) {
            from = &hook->chain;
            continue;
        }
        *from = hook->chain;
        hook->chain = *to;
        *to = hook;
    }
}

static void table_add(struct table *table, struct hook *hook, uint32_t hash)
{
    if (++table->count > table->buckets)
        table_grow(table);
    struct hook **bucket = bucket_of(table, hash);
    hook->hash = hash;
    hook->chain = *bucket;
    *bucket = hook;
}

static void table_remove(struct table *table, struct hook *hook)
{
    struct hook **at = bucket_of(table, hook->hash);
    while (*at != hook)
        at = &(*at)->chain;
    *at = hook->chain;
    table->count--;
}

static struct name *name_of_hook(struct hook *hook)
{
    return (struct name *)(void *)hook; /* its first member */
}

static struct node *node_of_hook(struct hook *hook)
{
    return (struct node *)(void *)((char *)hook - offsetof(struct node, id));
}

static struct name *find(struct memfs *fs, struct node *parent, struct text text, bool stream)
{
    uint32_t hash = hash_name(fs, parent, text, stream);
    for (struct hook *hook = *bucket_of(&fs->names, hash); hook; hook = hook->chain) {
        struct name *name = name_of_hook(hook);
        if (hook->hash == hash && name->parent == parent && (name->node->kind == KIND_STREAM) == stream &&
            same_name(fs, name->text, text))
            return name;
    }
    return NULL;
}

static struct node *find_index(struct memfs *fs, uint64_t index)
{
    uint32_t hash = hash_index(fs, index);
    for (struct hook *hook = *bucket_of(&fs->ids, hash); hook; hook = hook->chain)
        if (hook->hash == hash && node_of_hook(hook)->index == index)
            return node_of_hook(hook);
    return index == fs->root->index ? fs->root : NULL;
}

/* ---- entries ----------------------------------------------------------------------------------------- */

static void entries_close_gaps(struct entries *entries)
{
    uint32_t to = 0;
    for (uint32_t from = 0; from < entries->used; from++) {
        struct name *name = entries->at[from];
        if (!name)
            continue;
        entries->at[to] = name;
        name->place = to++;
    }
    entries->used = to;
}

/* Makes room for one more, so that entries_add() cannot fail. */
static bool entries_reserve(struct entries *entries)
{
    if (entries->used < entries->room)
        return true;
    if (entries->used - entries->live > entries->used / 2 && entries->listings == 0) {
        entries_close_gaps(entries);
        return true;
    }
    if (entries->room > UINT32_MAX / 2)
        return false;
    uint32_t room = entries->room ? entries->room * 2 : 4;
    struct name **at = realloc(entries->at, room * sizeof *at);
    if (!at)
        return false;
    entries->at = at;
    entries->room = room;
    return true;
}

static void entries_add(struct entries *entries, struct name *name)
{
    name->place = entries->used++;
    entries->at[name->place] = name;
    entries->live++;
}

static void entries_remove(struct entries *entries, struct name *name)
{
    entries->at[name->place] = NULL;
    if (--entries->live == 0)
        entries->used = 0;
}

static void entries_free_if_empty(struct entries *entries)
{
    if (entries->live > 0)
        return;
    free(entries->at);
    entries->at = NULL;
    entries->room = 0;
}

/* ---- nodes ------------------------------------------------------------------------------------------- */

static bool is_directory(const struct node *node)
{
    return node->kind == KIND_DIRECTORY;
}

/* The node whose attributes, times and descriptor count. */
static struct node *owner_of(struct node *node)
{
    return node->owner ? node->owner : node;
}

static struct node *node_get(struct node *node)
{
    if (node)
        atomic_fetch_add_explicit(&node->references, 1, memory_order_relaxed);
    return node;
}

static void eas_free(struct node *node)
{
    for (struct ea *ea = node->eas, *next; ea; ea = next) {
        next = ea->next;
        free(ea);
    }
    space_give(node->fs, node->ea_bytes);
    node->eas = NULL;
    node->ea_bytes = 0;
}

static void reparse_free(struct node *node)
{
    space_give(node->fs, node->reparse ? node->reparse->length : 0);
    free(node->reparse);
    node->reparse = NULL;
    node->tag = node->link_length = 0;
}

static void node_put(struct node *node)
{
    if (!node || atomic_fetch_sub_explicit(&node->references, 1, memory_order_acq_rel) > 1)
        return;
    struct node *owner = node->owner;
    space_give(node->fs, NODE_COST + node->content.allocated);
    content_cut(&node->content, 0);
    eas_free(node);
    reparse_free(node);
    free(node->children.at);
    free(node->streams.at);
    free(node->security);
    pthread_rwlock_destroy(&node->lock);
    free(node);
    node_put(owner);
}

static void node_leave(struct node **node)
{
    node_put(*node);
}

/* A variable that puts its node when it goes out of scope. */
#define HELD __attribute__((cleanup(node_leave)))

static NTSTATUS node_new(struct memfs *fs, enum kind kind, struct text name, struct node **out)
{
    if (!space_take(fs, NODE_COST))
        return STATUS_DISK_FULL;
    struct node *node = calloc(1, sizeof *node + (name.length + 1) * sizeof(WCHAR));
    if (!node) {
        space_give(fs, NODE_COST);
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    memcpy(node->first_name, name.at, name.length * sizeof(WCHAR));
    node->first.text = (struct text){node->first_name, name.length};
    node->references = 1;
    node->kind = kind;
    node->fs = fs;
    node->index = atomic_fetch_add(&fs->last_index, 1) + 1;
    node->created = node->accessed = node->written = node->changed = now();
    node->lock = (pthread_rwlock_t)PTHREAD_RWLOCK_WRITER_NONRECURSIVE_INITIALIZER_NP;
    *out = node;
    return STATUS_SUCCESS;
}

/* Something about the file has changed. */
static void node_changed(struct node *node, bool contents)
{
    uint64_t time = now();
    node->changed = time;
    if (contents)
        node->written = time;
}

/* ---- names ------------------------------------------------------------------------------------------- */

static struct entries *entries_of(struct node *parent, const struct node *node)
{
    return node->kind == KIND_STREAM ? &parent->streams : &parent->children;
}

static void name_free(struct name *name)
{
    struct node *node = name->node;
    if (name->text.at != node->first_name)
        free((void *)name->text.at);
    if (name == &node->first)
        name->text = (struct text){0};
    else
        free(name);
}

/* A copy to be freed; at == NULL without memory. */
static struct text text_copy(struct text text)
{
    WCHAR *units = malloc((text.length + 1) * sizeof *units);
    if (units) {
        memcpy(units, text.at, text.length * sizeof *units);
        units[text.length] = 0;
    }
    return (struct text){units, text.length};
}

/* A name that is in no tree yet. NULL without memory. */
static struct name *name_new(struct node *node, struct text text)
{
    bool extra = node->first.text.at;
    struct text copy = text_copy(text);
    struct name *name = extra ? malloc(sizeof *name) : &node->first;
    if (!copy.at || !name) {
        free((void *)copy.at);
        if (extra)
            free(name);
        return NULL;
    }
    *name = (struct name){.node = node, .text = copy};
    return name;
}

/* Takes over `text`. */
static void name_respell(struct name *name, struct text text)
{
    if (name->text.at != name->node->first_name)
        free((void *)name->text.at);
    name->text = text;
}

/* Gives a name its place in the tree; entries_reserve() went before. */
static void name_attach(struct node *parent, struct name *name)
{
    struct node *node = name->node;
    name->parent = parent;
    entries_add(entries_of(parent, node), name);
    table_add(&node->fs->names, &name->hook,
              hash_name(node->fs, parent, name->text, node->kind == KIND_STREAM));
    parent->directories += node->kind == KIND_DIRECTORY;
    node_changed(parent, true);
}

static void name_detach(struct name *name)
{
    struct node *parent = name->parent;
    parent->directories -= name->node->kind == KIND_DIRECTORY;
    table_remove(&name->node->fs->names, &name->hook);
    entries_remove(entries_of(parent, name->node), name);
    name->parent = NULL;
    node_changed(parent, true);
}

/* One more name for a node; it takes over the caller's reference. */
static void name_add(struct node *parent, struct name *name)
{
    struct node *node = name->node;
    if (node->links++ == 0 && node->kind != KIND_STREAM)
        table_add(&node->fs->ids, &node->id, hash_index(node->fs, node->index));
    name->next = node->names;
    node->names = name;
    name_attach(parent, name);
}

/* Takes a name out of the tree. Its reference becomes the caller's. */
static struct node *name_remove(struct name *name)
{
    struct node *node = name->node;
    struct name **at = &node->names;
    while (*at != name)
        at = &(*at)->next;
    *at = name->next;
    name_detach(name);
    name_free(name);
    if (--node->links > 0)
        space_give(node->fs, NODE_COST); /* the last one's is the node's */
    else if (node->kind != KIND_STREAM)
        table_remove(&node->fs->ids, &node->id);
    return node;
}

static void streams_delete(struct node *node)
{
    for (uint32_t i = 0; i < node->streams.used; i++)
        if (node->streams.at[i])
            node_put(name_remove(node->streams.at[i]));
}

/* Deletes a name, and what it stands for with its last one. The reference that comes back is to be put
 * without the lock: that may free gigabytes. */
static struct node *name_delete(struct name *name)
{
    struct node *node = name_remove(name);
    if (!node->names)
        streams_delete(node);
    node_changed(node, false);
    return node;
}

/* ---- paths ------------------------------------------------------------------------------------------- */

/* Where a path leads. */
struct place {
    struct node *parent; /* directory of the last component; NULL for the root */
    struct text name;    /* the last component */
    struct name *entry;  /* NULL: there is nothing of that name, or it is the root */
    struct node *node;   /* what it stands for */
    struct text stream_name;
    struct name *stream; /* ditto, when has_stream */
    bool has_stream;
};

static struct node *node_at(const struct place *place)
{
    if (!place->has_stream)
        return place->node;
    return place->stream ? place->stream->node : NULL;
}

/* Nothing lies below a link, it leads elsewhere. */
static bool leads_away(const struct node *node)
{
    const uint32_t name_surrogate = 0x20000000; /* a bit of all tags that stand for another name */
    return node->tag & name_surrogate;
}

static bool is_data_type(struct text type)
{
    static const WCHAR data[] = u":$DATA";
    bool same = type.length == 6;
    for (size_t i = 0; same && i < 6; i++)
        same = DokanUpcase(type.at[i]) == data[i];
    return same;
}

/* Splits "name:stream:$DATA". */
static NTSTATUS split_stream(struct text *name, struct place *out)
{
    size_t colon = 0;
    while (colon < name->length && name->at[colon] != u':')
        colon++;
    if (colon == name->length)
        return STATUS_SUCCESS;
    struct text stream = {name->at + colon + 1, name->length - colon - 1}, type = stream;
    while (type.length > 0 && *type.at != u':')
        type.at++, type.length--;
    stream.length -= type.length;
    bool valid = type.length > 0 ? is_data_type(type) : stream.length > 0;
    if (!valid || stream.length > NAME_UNITS)
        return STATUS_OBJECT_NAME_INVALID;
    name->length = colon;
    out->has_stream = stream.length > 0;
    out->stream_name = stream;
    return STATUS_SUCCESS;
}

static struct text next_component(LPCWSTR *path)
{
    while (**path == u'\\')
        ++*path;
    struct text component = {*path, 0};
    while (**path && **path != u'\\')
        ++*path, component.length++;
    return component;
}

/* One step down from out->node. */
static NTSTATUS step_down(struct memfs *fs, struct text name, bool last, struct place *out)
{
    NTSTATUS status = last ? split_stream(&name, out) : STATUS_SUCCESS;
    if (status != STATUS_SUCCESS || name.length > NAME_UNITS)
        return STATUS_OBJECT_NAME_INVALID;
    if (!out->node || !is_directory(out->node) || (name.length > 0 && leads_away(out->node)))
        return STATUS_OBJECT_PATH_NOT_FOUND;
    if (name.length == 0) /* ":stream" of the root */
        return out->parent ? STATUS_OBJECT_NAME_INVALID : STATUS_SUCCESS;
    out->parent = out->node;
    out->name = name;
    out->entry = find(fs, out->parent, name, false);
    out->node = out->entry ? out->entry->node : NULL;
    return STATUS_SUCCESS;
}

/* Follows a path. Succeeds also when only the last component is missing. */
static NTSTATUS locate(struct memfs *fs, LPCWSTR path, struct place *out)
{
    *out = (struct place){.node = fs->root};
    NTSTATUS status = STATUS_SUCCESS;
    struct text name = next_component(&path);
    while (name.length > 0 && status == STATUS_SUCCESS) {
        struct text next = next_component(&path);
        status = step_down(fs, name, next.length == 0, out);
        name = next;
    }
    if (status == STATUS_SUCCESS && out->has_stream && out->node)
        out->stream = find(fs, out->node, out->stream_name, true);
    return status;
}

static struct memfs *memfs_of(PDOKAN_FILE_INFO info)
{
    return (struct memfs *)(uintptr_t)info->DokanOptions->GlobalContext;
}

/*
 * The node a callback is about: the one of its handle. Only an open that was granted by the rights on the
 * parent directory has none in Context; then the name decides.
 */
static struct node *hold(LPCWSTR path, PDOKAN_FILE_INFO info)
{
    struct node *node = (struct node *)(uintptr_t)info->Context;
    if (node)
        return node_get(node);
    struct memfs *fs = memfs_of(info);
    struct place place;
    pthread_rwlock_rdlock(&fs->tree);
    if (locate(fs, path, &place) == STATUS_SUCCESS)
        node = node_get(node_at(&place));
    pthread_rwlock_unlock(&fs->tree);
    return node;
}

/* Which name of `node` a path means; NULL if that is gone. The tree is locked. */
static struct name *name_meant(LPCWSTR path, const struct node *node)
{
    struct place place;
    struct name *name = NULL;
    if (locate(node->fs, path, &place) == STATUS_SUCCESS)
        name = place.has_stream ? place.stream : place.entry;
    if (name && name->node == node)
        return name;
    return node->linked ? NULL : node->names;
}

/* ---- security descriptors ---------------------------------------------------------------------------- */

enum part { OWNER, GROUP, SACL, DACL, PARTS };

/* A descriptor taken apart; a part that is missing is NULL. */
struct parts {
    SECURITY_DESCRIPTOR_CONTROL control;
    const BYTE *at[PARTS];
    ULONG length[PARTS];
};

static const struct {
    SECURITY_INFORMATION information;
    SECURITY_DESCRIPTOR_CONTROL control;
} part_rows[PARTS] = {
    [OWNER] = {OWNER_SECURITY_INFORMATION, SE_OWNER_DEFAULTED},
    [GROUP] = {GROUP_SECURITY_INFORMATION, SE_GROUP_DEFAULTED},
    [SACL] = {SACL_SECURITY_INFORMATION | LABEL_SECURITY_INFORMATION | ATTRIBUTE_SECURITY_INFORMATION |
                  SCOPE_SECURITY_INFORMATION,
              SE_SACL_PRESENT | SE_SACL_DEFAULTED | SE_SACL_AUTO_INHERIT_REQ | SE_SACL_AUTO_INHERITED |
                  SE_SACL_PROTECTED},
    [DACL] = {DACL_SECURITY_INFORMATION, SE_DACL_PRESENT | SE_DACL_DEFAULTED | SE_DACL_AUTO_INHERIT_REQ |
                                             SE_DACL_AUTO_INHERITED | SE_DACL_PROTECTED},
};

static bool is_part(enum part part, SECURITY_INFORMATION which)
{
    return which & (part_rows[part].information | BACKUP_SECURITY_INFORMATION);
}

/* False for what is no self-relative descriptor. */
static bool parts_of(const void *descriptor, ULONG length, struct parts *out)
{
    SECURITY_DESCRIPTOR_RELATIVE head;
    if (length < sizeof head)
        return false;
    memcpy(&head, descriptor, sizeof head);
    if (head.Revision != SECURITY_DESCRIPTOR_REVISION || !(head.Control & SE_SELF_RELATIVE))
        return false;
    const DWORD offset[PARTS] = {
        [OWNER] = head.Owner, [GROUP] = head.Group, [SACL] = head.Sacl, [DACL] = head.Dacl};
    *out = (struct parts){.control = head.Control};
    for (enum part part = OWNER; part < PARTS; part++) {
        if (offset[part] == 0)
            continue;
        if (offset[part] < sizeof head || offset[part] > length - sizeof(ACL))
            return false;
        const BYTE *at = (const BYTE *)descriptor + offset[part];
        ULONG size = part <= GROUP ? 8u + 4u * at[1] : at[2] | (ULONG)at[3] << 8;
        if (size < sizeof(ACL) || size > length - offset[part])
            return false;
        out->at[part] = at;
        out->length[part] = size;
    }
    return true;
}

/* Puts the parts that `which` names together again and tells the length; with `out` NULL only that. */
static ULONG parts_join(const struct parts *parts, SECURITY_INFORMATION which, BYTE *out)
{
    SECURITY_DESCRIPTOR_RELATIVE head = {.Revision = SECURITY_DESCRIPTOR_REVISION,
                                         .Control = SE_SELF_RELATIVE};
    DWORD *offset[PARTS] = {
        [OWNER] = &head.Owner, [GROUP] = &head.Group, [SACL] = &head.Sacl, [DACL] = &head.Dacl};
    ULONG length = sizeof head;
    for (enum part part = OWNER; part < PARTS; part++) {
        if (!is_part(part, which))
            continue;
        head.Control |= parts->control & part_rows[part].control;
        if (!parts->at[part])
            continue;
        ULONG size = parts->length[part], padding = -size & 3;
        *offset[part] = length;
        if (out) {
            memcpy(out + length, parts->at[part], size);
            memset(out + length + size, 0, padding);
        }
        length += size + padding;
    }
    if (out)
        memcpy(out, &head, sizeof head);
    return length;
}

/* `old` with the parts of `fresh` that `which` names. NULL without memory. */
static struct descriptor *descriptor_merge(const struct parts *old, const struct parts *fresh,
                                           SECURITY_INFORMATION which)
{
    struct parts all = *old;
    for (enum part part = OWNER; part < PARTS; part++) {
        if (!is_part(part, which))
            continue;
        all.at[part] = fresh->at[part];
        all.length[part] = fresh->length[part];
        all.control &= (SECURITY_DESCRIPTOR_CONTROL)~part_rows[part].control;
        all.control |= fresh->control & part_rows[part].control;
    }
    ULONG length = parts_join(&all, BACKUP_SECURITY_INFORMATION, NULL);
    struct descriptor *out = malloc(sizeof *out + length);
    if (out)
        out->length = parts_join(&all, BACKUP_SECURITY_INFORMATION, out->bytes);
    return out;
}

/* The parts of a node's descriptor. They stay valid while its lock is held. */
static struct parts security_of(const struct node *node)
{
    const struct memfs *fs = node->fs;
    struct parts parts = {0};
    if (node->security) {
        parts_of(node->security->bytes, node->security->length, &parts);
        return parts;
    }
    int usual = node == fs->root ? DEFAULT_ROOT : is_directory(node) ? DEFAULT_DIRECTORY : DEFAULT_FILE;
    parts_of(&fs->defaults[usual], sizeof fs->defaults[usual], &parts);
    return parts;
}

/* Full access for Authenticated Users; the owner is this process, in the form that Samba gives to Unix ids.
 */
static struct simple_descriptor simple_descriptor(SECURITY_DESCRIPTOR_CONTROL control, BYTE inheritance)
{
    const WORD ace_size = sizeof(ACE_HEADER) + sizeof(ACCESS_MASK) + offsetof(struct sid, sub[1]);
    return (struct simple_descriptor){
        .head = {.Revision = SECURITY_DESCRIPTOR_REVISION,
                 .Control = SE_SELF_RELATIVE | SE_DACL_PRESENT | control,
                 .Owner = offsetof(struct simple_descriptor, owner),
                 .Group = offsetof(struct simple_descriptor, group),
                 .Dacl = offsetof(struct simple_descriptor, dacl)},
        .owner = {SID_REVISION, 2, {0, 0, 0, 0, 0, 22}, {1, geteuid()}},
        .group = {SID_REVISION, 2, {0, 0, 0, 0, 0, 22}, {2, getegid()}},
        .dacl = {.AclRevision = ACL_REVISION, .AclSize = sizeof(ACL) + ace_size, .AceCount = 1},
        .ace = {.AceType = ACCESS_ALLOWED_ACE_TYPE, .AceFlags = inheritance, .AceSize = ace_size},
        .mask = FILE_ALL_ACCESS,
        .party = {SID_REVISION, 1, {0, 0, 0, 0, 0, 5}, {11, 0}},
    };
}

/* ---- create and open --------------------------------------------------------------------------------- */

/* What ZwCreateFile was asked for. */
struct wish {
    ACCESS_MASK access;
    ULONG attributes, disposition, options;
    const void *security;
};

static bool replaces(const struct wish *wish)
{
    return wish->disposition == FILE_SUPERSEDE || wish->disposition == FILE_OVERWRITE ||
           wish->disposition == FILE_OVERWRITE_IF;
}

static NTSTATUS may_delete(const struct node *node)
{
    if (node == node->fs->root)
        return STATUS_CANNOT_DELETE;
    return node->children.live > 0 ? STATUS_DIRECTORY_NOT_EMPTY : STATUS_SUCCESS;
}

static NTSTATUS may_open(struct node *node, const struct wish *wish)
{
    const struct node *owner = owner_of(node);
    ULONG attributes = owner->attributes;
    bool read_only = attributes & FILE_ATTRIBUTE_READONLY;
    if (wish->disposition == FILE_CREATE)
        return STATUS_OBJECT_NAME_COLLISION;
    if (!is_directory(node) && (wish->options & FILE_DIRECTORY_FILE))
        return STATUS_NOT_A_DIRECTORY;
    if (is_directory(node) && ((wish->options & FILE_NON_DIRECTORY_FILE) || replaces(wish)))
        return STATUS_FILE_IS_A_DIRECTORY;
    if (read_only && (wish->options & FILE_DELETE_ON_CLOSE))
        return STATUS_CANNOT_DELETE;
    if (read_only && !is_directory(owner) && (replaces(wish) || (wish->access & WRITE_RIGHTS)))
        return STATUS_ACCESS_DENIED;
    if (replaces(wish) && (attributes & ~wish->attributes & (FILE_ATTRIBUTE_HIDDEN | FILE_ATTRIBUTE_SYSTEM)))
        return STATUS_ACCESS_DENIED;
    return wish->options & FILE_DELETE_ON_CLOSE ? may_delete(node) : STATUS_SUCCESS;
}

/* Opens what exists. Its contents are cut later, without the lock on the tree. */
static NTSTATUS open_node(struct node *node, const struct wish *wish)
{
    NTSTATUS status = may_open(node, wish);
    if (status != STATUS_SUCCESS)
        return status;
    if (replaces(wish) && node->kind == KIND_FILE) {
        bool anew = wish->disposition == FILE_SUPERSEDE;
        node->attributes =
            (anew ? 0 : node->attributes) | (wish->attributes & SETTABLE) | FILE_ATTRIBUTE_ARCHIVE;
        streams_delete(node);
        if (anew) { /* FILE_OVERWRITE is open(2) with O_TRUNC, too: the rest stays */
            pthread_rwlock_wrlock(&node->lock);
            eas_free(node);
            reparse_free(node);
            pthread_rwlock_unlock(&node->lock);
        }
    }
    return STATUS_SUCCESS;
}

/* The descriptor its creator gave; without one a node has the default of the volume. */
static NTSTATUS set_first_security(struct node *node, const void *descriptor)
{
    struct parts usual = security_of(node), given;
    SECURITY_INFORMATION which = 0;
    if (!descriptor || !parts_of(descriptor, UINT32_MAX, &given))
        return STATUS_SUCCESS;
    for (enum part part = OWNER; part < PARTS; part++)
        if (given.at[part] || given.control & part_rows[part].control & (SE_DACL_PRESENT | SE_SACL_PRESENT))
            which |= part_rows[part].information;
    node->security = descriptor_merge(&usual, &given, which);
    return node->security ? STATUS_SUCCESS : STATUS_INSUFFICIENT_RESOURCES;
}

static NTSTATUS create_file(struct memfs *fs, const struct place *at, const struct wish *wish,
                            struct node **out)
{
    bool directory = wish->options & FILE_DIRECTORY_FILE;
    HELD struct node *node = NULL;
    if (!is_valid_name(at->name))
        return STATUS_OBJECT_NAME_INVALID;
    if (!entries_reserve(&at->parent->children))
        return STATUS_INSUFFICIENT_RESOURCES;
    NTSTATUS status = node_new(fs, directory ? KIND_DIRECTORY : KIND_FILE, at->name, &node);
    if (status == STATUS_SUCCESS)
        status = set_first_security(node, wish->security);
    if (status != STATUS_SUCCESS)
        return status;
    node->attributes =
        (wish->attributes & SETTABLE) | (directory ? FILE_ATTRIBUTE_DIRECTORY : FILE_ATTRIBUTE_ARCHIVE);
    node->first.node = node_get(node);
    name_add(at->parent, &node->first);
    *out = node;
    return STATUS_SUCCESS;
}

static NTSTATUS create_stream(struct node *owner, struct text name, struct node **out)
{
    struct node *stream;
    if (!is_valid_name(name))
        return STATUS_OBJECT_NAME_INVALID;
    if (!is_directory(owner) && (owner->attributes & FILE_ATTRIBUTE_READONLY))
        return STATUS_ACCESS_DENIED;
    if (!entries_reserve(&owner->streams))
        return STATUS_INSUFFICIENT_RESOURCES;
    NTSTATUS status = node_new(owner->fs, KIND_STREAM, name, &stream);
    if (status != STATUS_SUCCESS)
        return status;
    stream->owner = node_get(owner);
    stream->first.node = stream;
    name_add(owner, &stream->first);
    *out = stream;
    return STATUS_SUCCESS;
}

/* A stream that is missing, and its file if that is missing too. */
static NTSTATUS create_stream_at(struct memfs *fs, const struct place *at, const struct wish *wish,
                                 struct node **out)
{
    struct node *file = at->node;
    if (wish->options & FILE_DIRECTORY_FILE)
        return STATUS_NOT_A_DIRECTORY;
    NTSTATUS status = file ? STATUS_SUCCESS : create_file(fs, at, wish, &file);
    if (status != STATUS_SUCCESS)
        return status;
    status = create_stream(file, at->stream_name, out);
    if (status != STATUS_SUCCESS && !at->node)
        node_put(name_delete(file->names));
    return status;
}

/* The node of a path, made if need be. `existed` tells which of the two. */
static NTSTATUS open_or_create(struct memfs *fs, LPCWSTR path, const struct wish *wish, struct node **out,
                               bool *existed)
{
    struct place at;
    NTSTATUS status = locate(fs, path, &at);
    if (status != STATUS_SUCCESS)
        return status;
    *out = node_at(&at);
    *existed = *out;
    if (*existed)
        return open_node(*out, wish);
    if (wish->disposition == FILE_OPEN || wish->disposition == FILE_OVERWRITE)
        return STATUS_OBJECT_NAME_NOT_FOUND;
    if ((wish->options & FILE_DELETE_ON_CLOSE) && (wish->attributes & FILE_ATTRIBUTE_READONLY))
        return STATUS_CANNOT_DELETE;
    return at.has_stream ? create_stream_at(fs, &at, wish, out) : create_file(fs, &at, wish, out);
}

static void set_size(struct node *node, uint64_t size);

static NTSTATUS DOKAN_CALLBACK memfs_ZwCreateFile(LPCWSTR FileName,
                                                  PDOKAN_IO_SECURITY_CONTEXT SecurityContext,
                                                  ACCESS_MASK DesiredAccess, ULONG FileAttributes,
                                                  ULONG ShareAccess, ULONG CreateDisposition,
                                                  ULONG CreateOptions, PDOKAN_FILE_INFO DokanFileInfo)
{
    const ULONG both = FILE_DIRECTORY_FILE | FILE_NON_DIRECTORY_FILE;
    struct memfs *fs = memfs_of(DokanFileInfo);
    struct wish wish = {DesiredAccess, FileAttributes, CreateDisposition, CreateOptions,
                        SecurityContext ? SecurityContext->AccessState.SecurityDescriptor : NULL};
    struct node *node = NULL;
    bool existed = false;
    UNREFERENCED_PARAMETER(ShareAccess); /* the engine has checked it */
    if ((CreateOptions & both) == both || CreateDisposition > FILE_MAXIMUM_DISPOSITION)
        return STATUS_INVALID_PARAMETER;

    if (CreateDisposition == FILE_OPEN)
        pthread_rwlock_rdlock(&fs->tree);
    else
        pthread_rwlock_wrlock(&fs->tree);
    NTSTATUS status = open_or_create(fs, FileName, &wish, &node, &existed);
    if (status == STATUS_SUCCESS)
        node_get(node);
    pthread_rwlock_unlock(&fs->tree);
    if (status != STATUS_SUCCESS)
        return status;

    DokanFileInfo->Context = (ULONG64)(uintptr_t)node;
    DokanFileInfo->IsDirectory = is_directory(node);
    if (existed && replaces(&wish))
        set_size(node, 0);
    /* "It was there already": a success for these three. */
    bool told = CreateDisposition == FILE_OPEN_IF || CreateDisposition == FILE_OVERWRITE_IF ||
                CreateDisposition == FILE_SUPERSEDE;
    return existed && told ? STATUS_OBJECT_NAME_COLLISION : STATUS_SUCCESS;
}

/* Takes the name of a handle away. */
static NTSTATUS take_name_away(LPCWSTR path, PDOKAN_FILE_INFO info)
{
    HELD struct node *node = hold(path, info);
    struct node *freed = NULL;
    if (!node)
        return STATUS_OBJECT_NAME_NOT_FOUND;
    pthread_rwlock_wrlock(&node->fs->tree);
    NTSTATUS status = may_delete(node);
    struct name *name = status == STATUS_SUCCESS ? name_meant(path, node) : NULL;
    if (name) {
        struct node *parent = name->parent;
        freed = name_delete(name);
        entries_free_if_empty(entries_of(parent, node));
    } else if (status == STATUS_SUCCESS) {
        status = STATUS_OBJECT_NAME_NOT_FOUND;
    }
    pthread_rwlock_unlock(&node->fs->tree);
    node_put(freed);
    return status;
}

/* The last user of a handle is gone. */
static void DOKAN_CALLBACK memfs_Cleanup(LPCWSTR FileName, PDOKAN_FILE_INFO DokanFileInfo)
{
    if (DokanFileInfo->DeletePending)
        take_name_away(FileName, DokanFileInfo);
}

static void DOKAN_CALLBACK memfs_CloseFile(LPCWSTR FileName, PDOKAN_FILE_INFO DokanFileInfo)
{
    UNREFERENCED_PARAMETER(FileName);
    node_put((struct node *)(uintptr_t)DokanFileInfo->Context);
    DokanFileInfo->Context = 0;
}

/* ---- data -------------------------------------------------------------------------------------------- */

static NTSTATUS DOKAN_CALLBACK memfs_ReadFile(LPCWSTR FileName, LPVOID Buffer, DWORD BufferLength,
                                              LPDWORD ReadLength, LONGLONG Offset,
                                              PDOKAN_FILE_INFO DokanFileInfo)
{
    HELD struct node *node = hold(FileName, DokanFileInfo);
    *ReadLength = 0;
    if (!node)
        return STATUS_OBJECT_NAME_NOT_FOUND;
    if (is_directory(node) || Offset < 0)
        return STATUS_INVALID_PARAMETER;
    pthread_rwlock_rdlock(&node->lock);
    uint64_t offset = (uint64_t)Offset, size = node->size;
    if (offset < size) {
        DWORD length = size - offset < BufferLength ? (DWORD)(size - offset) : BufferLength;
        content_read(&node->content, offset, Buffer, length);
        *ReadLength = length;
    }
    pthread_rwlock_unlock(&node->lock);
    return STATUS_SUCCESS;
}

/* Marks a file as changed. */
static void touch(struct node *node)
{
    struct node *owner = owner_of(node);
    node_changed(owner, true);
    if (!is_directory(owner) && !(owner->attributes & FILE_ATTRIBUTE_ARCHIVE))
        atomic_fetch_or(&owner->attributes, FILE_ATTRIBUTE_ARCHIVE);
}

/* The space of a write is taken first: a full disk changes nothing. The node is locked. */
static NTSTATUS write_at(struct node *node, uint64_t offset, const void *from, DWORD length)
{
    struct content *content = &node->content;
    uint64_t end = offset + length, missing = content_missing(content, offset, end),
             before = content->allocated;
    if (missing > 0 && !space_take(node->fs, missing))
        return STATUS_DISK_FULL;
    bool written = content_write(content, offset, from, length);
    if (!written && end > node->size)
        content_cut(content, node->size);
    space_give(node->fs, missing + before - content->allocated);
    if (!written)
        return STATUS_INSUFFICIENT_RESOURCES;
    if (end > node->size)
        node->size = end;
    touch(node);
    return STATUS_SUCCESS;
}

static NTSTATUS DOKAN_CALLBACK memfs_WriteFile(LPCWSTR FileName, LPCVOID Buffer, DWORD NumberOfBytesToWrite,
                                               LPDWORD NumberOfBytesWritten, LONGLONG Offset,
                                               PDOKAN_FILE_INFO DokanFileInfo)
{
    HELD struct node *node = hold(FileName, DokanFileInfo);
    DWORD length = NumberOfBytesToWrite;
    *NumberOfBytesWritten = 0;
    if (!node)
        return STATUS_OBJECT_NAME_NOT_FOUND;
    if (is_directory(node) || (Offset < 0 && !DokanFileInfo->WriteToEndOfFile))
        return STATUS_INVALID_PARAMETER;

    pthread_rwlock_wrlock(&node->lock);
    uint64_t size = node->size, offset = DokanFileInfo->WriteToEndOfFile ? size : (uint64_t)Offset;
    if (DokanFileInfo->PagingIo) { /* the page cache never extends a file */
        uint64_t room = offset < size ? size - offset : 0;
        length = room < length ? (DWORD)room : length;
    }
    NTSTATUS status = length > MAX_SIZE - offset ? STATUS_INVALID_PARAMETER : STATUS_SUCCESS;
    if (status == STATUS_SUCCESS && length > 0)
        status = write_at(node, offset, Buffer, length);
    pthread_rwlock_unlock(&node->lock);
    if (status == STATUS_SUCCESS)
        *NumberOfBytesWritten = length;
    return status;
}

static NTSTATUS DOKAN_CALLBACK memfs_FlushFileBuffers(LPCWSTR FileName, PDOKAN_FILE_INFO DokanFileInfo)
{
    UNREFERENCED_PARAMETER(FileName);
    UNREFERENCED_PARAMETER(DokanFileInfo);
    return STATUS_SUCCESS;
}

static void set_size(struct node *node, uint64_t size)
{
    pthread_rwlock_wrlock(&node->lock);
    uint64_t before = node->content.allocated;
    if (size < node->size)
        content_cut(&node->content, size);
    node->size = size;
    touch(node);
    space_give(node->fs, before - node->content.allocated);
    pthread_rwlock_unlock(&node->lock);
}

static NTSTATUS DOKAN_CALLBACK memfs_SetEndOfFile(LPCWSTR FileName, LONGLONG ByteOffset,
                                                  PDOKAN_FILE_INFO DokanFileInfo)
{
    HELD struct node *node = hold(FileName, DokanFileInfo);
    if (!node)
        return STATUS_OBJECT_NAME_NOT_FOUND;
    if (is_directory(node) || ByteOffset < 0)
        return STATUS_INVALID_PARAMETER;
    set_size(node, (uint64_t)ByteOffset);
    return STATUS_SUCCESS;
}

/* Memory is allocated by writing; asking for more only tells whether there is room. */
static NTSTATUS DOKAN_CALLBACK memfs_SetAllocationSize(LPCWSTR FileName, LONGLONG AllocSize,
                                                       PDOKAN_FILE_INFO DokanFileInfo)
{
    HELD struct node *node = hold(FileName, DokanFileInfo);
    if (!node)
        return STATUS_OBJECT_NAME_NOT_FOUND;
    if (is_directory(node) || AllocSize < 0)
        return STATUS_INVALID_PARAMETER;
    uint64_t size = (uint64_t)AllocSize;
    if (size < node->size)
        set_size(node, size);
    else if (node->fs->limit && size - node->size > space_free(node->fs))
        return STATUS_DISK_FULL;
    return STATUS_SUCCESS;
}

/* ---- attributes and times ---------------------------------------------------------------------------- */

static DWORD shown_attributes(struct node *node)
{
    DWORD attributes = owner_of(node)->attributes;
    if (!is_directory(node))
        attributes &= ~FILE_ATTRIBUTE_DIRECTORY;
    if (node->kind == KIND_STREAM)
        attributes &= ~FILE_ATTRIBUTE_REPARSE_POINT;
    return attributes ? attributes : FILE_ATTRIBUTE_NORMAL;
}

/* As Linux counts: a directory is named by its parent, by itself and by each directory in it. */
static ULONG links_shown(const struct node *owner)
{
    if (!is_directory(owner))
        return owner->links;
    return owner->links || owner == owner->fs->root ? 2 + owner->directories : 0;
}

static NTSTATUS DOKAN_CALLBACK memfs_GetFileInformation(LPCWSTR FileName, LPBY_HANDLE_FILE_INFORMATION Buffer,
                                                        PDOKAN_FILE_INFO DokanFileInfo)
{
    HELD struct node *node = hold(FileName, DokanFileInfo);
    if (!node)
        return STATUS_OBJECT_NAME_NOT_FOUND;
    const struct node *owner = owner_of(node);
    uint64_t size = node->size;
    *Buffer = (BY_HANDLE_FILE_INFORMATION){
        .dwFileAttributes = shown_attributes(node),
        .ftCreationTime = filetime(owner->created),
        .ftLastAccessTime = filetime(owner->accessed),
        .ftLastWriteTime = filetime(owner->written),
        .dwVolumeSerialNumber = VOLUME_SERIAL,
        .nFileSizeHigh = (DWORD)(size >> 32),
        .nFileSizeLow = (DWORD)size,
        .nNumberOfLinks = is_directory(owner) ? 1 : owner->links,
        .nFileIndexHigh = (DWORD)(owner->index >> 32),
        .nFileIndexLow = (DWORD)owner->index,
    };
    return STATUS_SUCCESS;
}

static NTSTATUS DOKAN_CALLBACK memfs_SetFileAttributes(LPCWSTR FileName, DWORD FileAttributes,
                                                       PDOKAN_FILE_INFO DokanFileInfo)
{
    HELD struct node *node = hold(FileName, DokanFileInfo);
    if (!node)
        return STATUS_OBJECT_NAME_NOT_FOUND;
    if (FileAttributes == 0) /* "leave them as they are" */
        return STATUS_SUCCESS;
    struct node *owner = owner_of(node);
    bool directory = is_directory(owner);
    DWORD unfit = directory ? FILE_ATTRIBUTE_TEMPORARY : FILE_ATTRIBUTE_DIRECTORY;
    if (FileAttributes & unfit)
        return STATUS_INVALID_PARAMETER;
    pthread_rwlock_wrlock(&owner->lock);
    owner->attributes = (FileAttributes & SETTABLE) | (owner->attributes & FIXED);
    pthread_rwlock_unlock(&owner->lock);
    node_changed(owner, false);
    return STATUS_SUCCESS;
}

/* 0 leaves a time as it is; so do -1 and -2, which switch automatic updates off and on. */
static void set_time(_Atomic uint64_t *time, const FILETIME *value)
{
    uint64_t fresh = value ? (uint64_t)value->dwHighDateTime << 32 | value->dwLowDateTime : 0;
    if ((int64_t)fresh > 0)
        *time = fresh;
}

static NTSTATUS DOKAN_CALLBACK memfs_SetFileTime(LPCWSTR FileName, const FILETIME *CreationTime,
                                                 const FILETIME *LastAccessTime,
                                                 const FILETIME *LastWriteTime,
                                                 PDOKAN_FILE_INFO DokanFileInfo)
{
    HELD struct node *node = hold(FileName, DokanFileInfo);
    if (!node)
        return STATUS_OBJECT_NAME_NOT_FOUND;
    struct node *owner = owner_of(node);
    set_time(&owner->created, CreationTime);
    set_time(&owner->accessed, LastAccessTime);
    set_time(&owner->written, LastWriteTime);
    node_changed(owner, false);
    return STATUS_SUCCESS;
}

/* ---- listing ----------------------------------------------------------------------------------------- */

/* One of the two is filled in; with `fill_facts` there is no pattern. */
struct listing {
    struct node *directory;
    LPCWSTR pattern;
    PFillFindData fill;
    PFillFacts fill_facts;
    PDOKAN_FILE_INFO info;
};

static void list_data(const struct listing *listing, const struct name *name)
{
    if (!listing->fill)
        return;
    struct node *node = name->node;
    uint64_t size = node->size;
    WIN32_FIND_DATAW entry = {
        .dwFileAttributes = shown_attributes(node),
        .ftCreationTime = filetime(node->created),
        .ftLastAccessTime = filetime(node->accessed),
        .ftLastWriteTime = filetime(node->written),
        .nFileSizeHigh = (DWORD)(size >> 32),
        .nFileSizeLow = (DWORD)size,
        .dwReserved0 = node->tag,
    };
    memcpy(entry.cFileName, name->text.at, name->text.length * sizeof(WCHAR));
    if (!listing->pattern ||
        DokanIsNameInExpression(listing->pattern, entry.cFileName, !node->fs->case_sensitive))
        listing->fill(&entry, listing->info);
}

static void facts_fill(struct node *node, DOKAN_FACTS *out);

/* False: no more entries are wanted. */
static bool list_one(const struct listing *listing, const struct name *name)
{
    if (!listing->fill_facts) {
        list_data(listing, name);
        return true;
    }
    DOKAN_FACTS facts = {.Size = sizeof facts};
    facts_fill(name->node, &facts);
    return listing->fill_facts(name->text.at, &facts, listing->info) == 0;
}

/* Goes through the entries in batches, so that a million of them does not keep others waiting. What comes
 * while it runs is left out. */
static void list_all(struct memfs *fs, const struct listing *listing)
{
    struct entries *entries = &listing->directory->children;
    pthread_rwlock_rdlock(&fs->tree);
    uint32_t end = entries->used;
    atomic_fetch_add(&entries->listings, 1);
    for (uint32_t i = 0; i < end && i < entries->used; i++) {
        if (entries->at[i] && !list_one(listing, entries->at[i]))
            break;
        if (i % LIST_BATCH == LIST_BATCH - 1) {
            pthread_rwlock_unlock(&fs->tree);
            pthread_rwlock_rdlock(&fs->tree);
        }
    }
    atomic_fetch_sub(&entries->listings, 1);
    pthread_rwlock_unlock(&fs->tree);
}

/* A pattern without wildcards is a name, and the entry of a name is found without going through all of them.
 */
static void list_named(struct memfs *fs, const struct listing *listing, struct text name)
{
    pthread_rwlock_rdlock(&fs->tree);
    const struct name *found = find(fs, listing->directory, name, false);
    if (found)
        list_one(listing, found);
    pthread_rwlock_unlock(&fs->tree);
}

static NTSTATUS DOKAN_CALLBACK memfs_FindFilesWithPattern(LPCWSTR PathName, LPCWSTR SearchPattern,
                                                          PFillFindData FillFindData,
                                                          PDOKAN_FILE_INFO DokanFileInfo)
{
    HELD struct node *node = hold(PathName, DokanFileInfo);
    if (!node)
        return STATUS_OBJECT_NAME_NOT_FOUND;
    if (!is_directory(node))
        return STATUS_NOT_A_DIRECTORY;
    bool everything = SearchPattern[0] == 0 || (SearchPattern[0] == u'*' && SearchPattern[1] == 0),
         wild = everything;
    struct text name = {SearchPattern, 0};
    for (; SearchPattern[name.length]; name.length++) {
        WCHAR unit = SearchPattern[name.length];
        wild = wild || unit == u'*' || unit == u'?' || unit == u'<' || unit == u'>' || unit == u'"';
    }
    struct listing listing = {node, everything ? NULL : SearchPattern, FillFindData, NULL, DokanFileInfo};
    if (wild)
        list_all(node->fs, &listing);
    else
        list_named(node->fs, &listing, name);
    return STATUS_SUCCESS;
}

static NTSTATUS DOKAN_CALLBACK memfs_FindFiles(LPCWSTR FileName, PFillFindData FillFindData,
                                               PDOKAN_FILE_INFO DokanFileInfo)
{
    return memfs_FindFilesWithPattern(FileName, u"*", FillFindData, DokanFileInfo);
}

/* False when the caller has no more room. */
static bool list_stream(const struct node *node, struct text name, PFillFindStreamData fill, PVOID context)
{
    WIN32_FIND_STREAM_DATA entry = {.StreamSize.QuadPart = (LONGLONG)node->size, .cStreamName = u":"};
    memcpy(entry.cStreamName + 1, name.at, name.length * sizeof(WCHAR));
    memcpy(entry.cStreamName + 1 + name.length, u":$DATA", sizeof u":$DATA");
    return fill(&entry, context);
}

static NTSTATUS DOKAN_CALLBACK memfs_FindStreams(LPCWSTR FileName, PFillFindStreamData FillFindStreamData,
                                                 PVOID FindStreamContext, PDOKAN_FILE_INFO DokanFileInfo)
{
    HELD struct node *node = hold(FileName, DokanFileInfo);
    if (!node)
        return STATUS_OBJECT_NAME_NOT_FOUND;
    struct node *owner = owner_of(node);
    struct text none = {u"", 0};
    bool room = true;
    pthread_rwlock_rdlock(&node->fs->tree);
    bool any = !is_directory(owner) || owner->streams.live > 0;
    if (!is_directory(owner))
        room = list_stream(owner, none, FillFindStreamData, FindStreamContext);
    for (uint32_t i = 0; room && i < owner->streams.used; i++) {
        const struct name *stream = owner->streams.at[i];
        if (stream)
            room = list_stream(stream->node, stream->text, FillFindStreamData, FindStreamContext);
    }
    pthread_rwlock_unlock(&node->fs->tree);
    return !room ? STATUS_BUFFER_OVERFLOW : any ? STATUS_SUCCESS : STATUS_END_OF_FILE;
}

/* ---- delete and rename ------------------------------------------------------------------------------- */

/* These two only say whether deletion is fine (or, without DeletePending, hear that it is off). The engine
 * has refused read-only files before. */
static NTSTATUS ask_delete(LPCWSTR path, bool directory, PDOKAN_FILE_INFO info)
{
    HELD struct node *node = hold(path, info);
    if (!node)
        return STATUS_OBJECT_NAME_NOT_FOUND;
    if (is_directory(node) != directory)
        return directory ? STATUS_NOT_A_DIRECTORY : STATUS_ACCESS_DENIED;
    if (!info->DeletePending)
        return STATUS_SUCCESS;
    pthread_rwlock_rdlock(&node->fs->tree);
    NTSTATUS status = may_delete(node);
    pthread_rwlock_unlock(&node->fs->tree);
    return status;
}

static NTSTATUS DOKAN_CALLBACK memfs_DeleteFile(LPCWSTR FileName, PDOKAN_FILE_INFO DokanFileInfo)
{
    return ask_delete(FileName, false, DokanFileInfo);
}

static NTSTATUS DOKAN_CALLBACK memfs_DeleteDirectory(LPCWSTR FileName, PDOKAN_FILE_INFO DokanFileInfo)
{
    return ask_delete(FileName, true, DokanFileInfo);
}

/* Where a name is to go. */
struct target {
    struct node *parent;
    struct text name;
    struct name *entry; /* what has the name now, or NULL */
};

static bool lies_in(const struct node *directory, const struct node *node)
{
    while (directory && directory != node)
        directory = directory->names ? directory->names->parent : NULL;
    return directory;
}

static NTSTATUS target_of(const struct node *node, const struct place *place, struct target *out)
{
    bool stream = node->kind == KIND_STREAM;
    *out = stream ? (struct target){place->node, place->stream_name, place->stream}
                  : (struct target){place->parent, place->name, place->entry};
    if (stream != place->has_stream || (stream && place->node != node->owner))
        return STATUS_INVALID_PARAMETER; /* a stream stays with its file */
    if (!out->parent)
        return STATUS_ACCESS_DENIED; /* the root */
    if (!is_valid_name(out->name))
        return STATUS_OBJECT_NAME_INVALID;
    return lies_in(out->parent, node) ? STATUS_INVALID_PARAMETER /* a directory cannot go into itself */
                                      : STATUS_SUCCESS;
}

static NTSTATUS may_replace_as_posix(const struct node *node, const struct node *replaced)
{
    if (is_directory(node) != is_directory(replaced))
        return is_directory(node) ? STATUS_NOT_A_DIRECTORY : STATUS_FILE_IS_A_DIRECTORY;
    return may_delete(replaced);
}

static NTSTATUS may_replace(const struct node *node, struct node *replaced, BOOL replace)
{
    if (!replace)
        return STATUS_OBJECT_NAME_COLLISION;
    if (node->fs->extended)
        return may_replace_as_posix(node, replaced);
    if (is_directory(node) || is_directory(replaced))
        return STATUS_ACCESS_DENIED;
    return owner_of(replaced)->attributes & FILE_ATTRIBUTE_READONLY ? STATUS_ACCESS_DENIED : STATUS_SUCCESS;
}

/* Everything that can fail comes before the first change. */
static NTSTATUS move_name(struct name *name, const struct target *to, struct node **replaced)
{
    struct node *node = name->node;
    if (!entries_reserve(entries_of(to->parent, node)))
        return STATUS_INSUFFICIENT_RESOURCES;
    struct text text = text_copy(to->name);
    if (!text.at)
        return STATUS_INSUFFICIENT_RESOURCES;
    if (to->entry && to->entry != name)
        *replaced = name_delete(to->entry);
    name_detach(name);
    name_respell(name, text);
    name_attach(to->parent, name);
    node_changed(node, false);
    return STATUS_SUCCESS;
}

static NTSTATUS move_to(struct node *node, LPCWSTR path, LPCWSTR new_path, BOOL replace,
                        struct node **replaced)
{
    struct place place;
    struct target to;
    struct name *name = name_meant(path, node);
    if (!name)
        return node == node->fs->root ? STATUS_ACCESS_DENIED : STATUS_FILE_DELETED;
    NTSTATUS status = locate(node->fs, new_path, &place);
    if (status == STATUS_SUCCESS)
        status = target_of(node, &place, &to);
    if (status == STATUS_SUCCESS && to.entry && to.entry != name)
        status = may_replace(node, to.entry->node, replace);
    return status == STATUS_SUCCESS ? move_name(name, &to, replaced) : status;
}

static NTSTATUS DOKAN_CALLBACK memfs_MoveFile(LPCWSTR FileName, LPCWSTR NewFileName, BOOL ReplaceIfExisting,
                                              PDOKAN_FILE_INFO DokanFileInfo)
{
    struct memfs *fs = memfs_of(DokanFileInfo);
    HELD struct node *node = hold(FileName, DokanFileInfo);
    HELD struct node *replaced = NULL;
    if (!node)
        return STATUS_OBJECT_NAME_NOT_FOUND;
    pthread_rwlock_wrlock(&fs->tree);
    NTSTATUS status = move_to(node, FileName, NewFileName, ReplaceIfExisting, &replaced);
    pthread_rwlock_unlock(&fs->tree);
    return status;
}

/* ---- security and the volume ------------------------------------------------------------------------- */

static NTSTATUS DOKAN_CALLBACK memfs_GetFileSecurity(LPCWSTR FileName,
                                                     PSECURITY_INFORMATION SecurityInformation,
                                                     PSECURITY_DESCRIPTOR SecurityDescriptor,
                                                     ULONG BufferLength, PULONG LengthNeeded,
                                                     PDOKAN_FILE_INFO DokanFileInfo)
{
    HELD struct node *node = hold(FileName, DokanFileInfo);
    if (!node)
        return STATUS_OBJECT_NAME_NOT_FOUND;
    struct node *owner = owner_of(node);
    pthread_rwlock_rdlock(&owner->lock);
    struct parts parts = security_of(owner);
    *LengthNeeded = parts_join(&parts, *SecurityInformation, NULL);
    bool fits = *LengthNeeded <= BufferLength;
    if (fits)
        parts_join(&parts, *SecurityInformation, SecurityDescriptor);
    pthread_rwlock_unlock(&owner->lock);
    return fits ? STATUS_SUCCESS : STATUS_BUFFER_OVERFLOW;
}

static NTSTATUS DOKAN_CALLBACK memfs_SetFileSecurity(LPCWSTR FileName,
                                                     PSECURITY_INFORMATION SecurityInformation,
                                                     PSECURITY_DESCRIPTOR SecurityDescriptor,
                                                     ULONG BufferLength, PDOKAN_FILE_INFO DokanFileInfo)
{
    HELD struct node *node = hold(FileName, DokanFileInfo);
    struct parts given;
    if (!node)
        return STATUS_OBJECT_NAME_NOT_FOUND;
    if (!parts_of(SecurityDescriptor, BufferLength, &given))
        return STATUS_INVALID_SECURITY_DESCR;
    struct node *owner = owner_of(node);
    pthread_rwlock_wrlock(&owner->lock);
    struct parts old = security_of(owner);
    struct descriptor *merged = descriptor_merge(&old, &given, *SecurityInformation);
    if (merged) {
        free(owner->security);
        owner->security = merged;
    }
    pthread_rwlock_unlock(&owner->lock);
    if (merged)
        node_changed(owner, false);
    return merged ? STATUS_SUCCESS : STATUS_INSUFFICIENT_RESOURCES;
}

static NTSTATUS DOKAN_CALLBACK memfs_GetDiskFreeSpace(PULONGLONG FreeBytesAvailable,
                                                      PULONGLONG TotalNumberOfBytes,
                                                      PULONGLONG TotalNumberOfFreeBytes,
                                                      PDOKAN_FILE_INFO DokanFileInfo)
{
    const struct memfs *fs = memfs_of(DokanFileInfo);
    *TotalNumberOfBytes = space_total(fs);
    *FreeBytesAvailable = *TotalNumberOfFreeBytes = space_free(fs);
    return STATUS_SUCCESS;
}

static NTSTATUS DOKAN_CALLBACK memfs_GetVolumeInformation(
    LPWSTR VolumeNameBuffer, DWORD VolumeNameSize, LPDWORD VolumeSerialNumber, LPDWORD MaximumComponentLength,
    LPDWORD FileSystemFlags, LPWSTR FileSystemNameBuffer, DWORD FileSystemNameSize,
    PDOKAN_FILE_INFO DokanFileInfo)
{
    struct memfs *fs = memfs_of(DokanFileInfo);
    pthread_rwlock_rdlock(&fs->tree);
    DokanWcscpy(VolumeNameBuffer, VolumeNameSize, fs->label);
    pthread_rwlock_unlock(&fs->tree);
    DokanWcscpy(FileSystemNameBuffer, FileSystemNameSize,
                u"NTFS"); /* programs look for features of this name */
    *VolumeSerialNumber = VOLUME_SERIAL;
    *MaximumComponentLength = NAME_UNITS;
    *FileSystemFlags = FILE_CASE_PRESERVED_NAMES | FILE_UNICODE_ON_DISK | FILE_PERSISTENT_ACLS |
                       FILE_NAMED_STREAMS | (fs->case_sensitive ? FILE_CASE_SENSITIVE_SEARCH : 0) |
                       (fs->extended ? EXTENDED_FEATURES : 0);
    return STATUS_SUCCESS;
}

/* ---- the extended operations: facts ------------------------------------------------------------------ */

static ULONG shown_mode(const struct node *owner)
{
    bool read_only = owner->attributes & FILE_ATTRIBUTE_READONLY && !is_directory(owner);
    return read_only ? owner->mode & ~0222u : owner->mode;
}

/* What has never been set is left to the mount's options. */
static void facts_fill(struct node *node, DOKAN_FACTS *out)
{
    const struct node *owner = owner_of(node);
    bool stream = node != owner;
    ULONG tag = stream ? 0 : owner->tag, link_length = stream ? 0 : owner->link_length;
    *out = (DOKAN_FACTS){
        .Size = out->Size,
        .Valid = (DOKAN_FACT_ALL & ~KEPT_FACTS) | owner->facts,
        .FileAttributes = shown_attributes(node),
        .ReparseTag = tag,
        .FileSize = link_length > 0 ? link_length : (LONG64)node->size,
        .AllocationSize = (LONG64)node->content.allocated,
        .CreationTime = (LONG64)owner->created,
        .LastAccessTime = (LONG64)owner->accessed,
        .LastWriteTime = (LONG64)owner->written,
        .ChangeTime = (LONG64)owner->changed,
        .FileId = owner->index,
        .Device = owner->device,
        .NumberOfLinks = links_shown(owner),
        .Mode = shown_mode(owner),
        .Uid = owner->uid,
        .Gid = owner->gid,
    };
}

static NTSTATUS DOKAN_CALLBACK memfs_GetFacts(LPCWSTR FileName, PDOKAN_FACTS Facts,
                                              PDOKAN_FILE_INFO DokanFileInfo)
{
    HELD struct node *node = hold(FileName, DokanFileInfo);
    if (!node)
        return STATUS_OBJECT_NAME_NOT_FOUND;
    facts_fill(node, Facts);
    return STATUS_SUCCESS;
}

static NTSTATUS DOKAN_CALLBACK memfs_FindFacts(LPCWSTR FileName, PFillFacts FillFacts,
                                               PDOKAN_FILE_INFO DokanFileInfo)
{
    HELD struct node *node = hold(FileName, DokanFileInfo);
    if (!node)
        return STATUS_OBJECT_NAME_NOT_FOUND;
    if (!is_directory(node))
        return STATUS_NOT_A_DIRECTORY;
    list_all(node->fs, &(struct listing){.directory = node, .fill_facts = FillFacts, .info = DokanFileInfo});
    return STATUS_SUCCESS;
}

/* The one that is not given is this process's, unless it was set before. */
static void set_owner(struct node *node, const DOKAN_FACTS *facts)
{
    ULONG known = node->facts | facts->Valid;
    if (facts->Valid & DOKAN_FACT_UID)
        node->uid = facts->Uid;
    else if (!(known & DOKAN_FACT_UID))
        node->uid = geteuid();
    if (facts->Valid & DOKAN_FACT_GID)
        node->gid = facts->Gid;
    else if (!(known & DOKAN_FACT_GID))
        node->gid = getegid();
    atomic_fetch_or(&node->facts, OWNER_FACTS);
}

/* READONLY and a mode that lets somebody write do not go together: what is set last counts. */
static void set_mode(struct node *node, ULONG mode)
{
    node->mode = mode & 07777;
    atomic_fetch_or(&node->facts, DOKAN_FACT_MODE);
    if (mode & 0222)
        atomic_fetch_and(&node->attributes, ~FILE_ATTRIBUTE_READONLY);
}

static NTSTATUS DOKAN_CALLBACK memfs_SetFacts(LPCWSTR FileName, const DOKAN_FACTS *Facts,
                                              PDOKAN_FILE_INFO DokanFileInfo)
{
    HELD struct node *node = hold(FileName, DokanFileInfo);
    if (!node)
        return STATUS_OBJECT_NAME_NOT_FOUND;
    struct node *owner = owner_of(node);
    pthread_rwlock_wrlock(&owner->lock);
    if (Facts->Valid & OWNER_FACTS)
        set_owner(owner, Facts);
    if (Facts->Valid & DOKAN_FACT_MODE)
        set_mode(owner, Facts->Mode);
    if (Facts->Valid & DOKAN_FACT_DEVICE) {
        owner->device = Facts->Device;
        atomic_fetch_or(&owner->facts, DOKAN_FACT_DEVICE);
    }
    node_changed(owner, false);
    if (Facts->Valid & DOKAN_FACT_CHANGE && Facts->ChangeTime > 0)
        owner->changed = (uint64_t)Facts->ChangeTime;
    pthread_rwlock_unlock(&owner->lock);
    return STATUS_SUCCESS;
}

/* ---- ids and names ----------------------------------------------------------------------------------- */

static NTSTATUS DOKAN_CALLBACK memfs_GetFileId(LPCWSTR FileName, PULONG64 FileId,
                                               PDOKAN_FILE_INFO DokanFileInfo)
{
    struct memfs *fs = memfs_of(DokanFileInfo);
    struct place place;
    pthread_rwlock_rdlock(&fs->tree);
    NTSTATUS status = locate(fs, FileName, &place);
    const struct node *node = status == STATUS_SUCCESS ? node_at(&place) : NULL;
    if (node)
        *FileId = node->index; /* they are never used twice */
    else if (status == STATUS_SUCCESS)
        status = STATUS_OBJECT_NAME_NOT_FOUND;
    pthread_rwlock_unlock(&fs->tree);
    return status;
}

/* Writes the path of a node from its end to its beginning. */
static NTSTATUS path_of(const struct node *node, LPWSTR out, ULONG units)
{
    ULONG at = units - 1;
    out[at] = 0;
    for (const struct name *name; (name = node->names); node = name->parent) {
        if (name->text.length + 1 > at)
            return STATUS_BUFFER_TOO_SMALL;
        at -= (ULONG)name->text.length;
        memcpy(out + at, name->text.at, name->text.length * sizeof *out);
        out[--at] = u'\\';
    }
    if (at == units - 1 && at > 0)
        out[--at] = u'\\';
    memmove(out, out + at, (units - at) * sizeof *out);
    return STATUS_SUCCESS;
}

static NTSTATUS DOKAN_CALLBACK memfs_GetNameOfId(ULONG64 FileId, LPWSTR Name, ULONG Units,
                                                 PDOKAN_FILE_INFO DokanFileInfo)
{
    struct memfs *fs = memfs_of(DokanFileInfo);
    if (Units < 2)
        return STATUS_BUFFER_TOO_SMALL;
    pthread_rwlock_rdlock(&fs->tree);
    const struct node *node = find_index(fs, FileId);
    NTSTATUS status = node ? path_of(node, Name, Units) : STATUS_OBJECT_NAME_NOT_FOUND;
    pthread_rwlock_unlock(&fs->tree);
    return status;
}

static NTSTATUS may_link(struct node *node, const struct place *place)
{
    if (is_directory(node))
        return STATUS_FILE_IS_A_DIRECTORY;
    if (node->kind == KIND_STREAM || place->has_stream)
        return STATUS_INVALID_PARAMETER;
    if (!place->parent)
        return STATUS_ACCESS_DENIED;
    if (!node->names)
        return STATUS_FILE_DELETED;
    if (!is_valid_name(place->name))
        return STATUS_OBJECT_NAME_INVALID;
    return node->links < LINKS_MAX ? STATUS_SUCCESS : STATUS_TOO_MANY_LINKS;
}

static NTSTATUS link_at(struct node *node, const struct place *place, struct node **replaced)
{
    if (!space_take(node->fs, NODE_COST))
        return STATUS_DISK_FULL;
    struct name *name = entries_reserve(&place->parent->children) ? name_new(node, place->name) : NULL;
    if (!name) {
        space_give(node->fs, NODE_COST);
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    if (place->entry)
        *replaced = name_delete(place->entry);
    node->linked = true;
    name_add(place->parent, name);
    node_get(node);
    node_changed(node, false);
    return STATUS_SUCCESS;
}

static NTSTATUS DOKAN_CALLBACK memfs_CreateHardLink(LPCWSTR FileName, LPCWSTR NewFileName,
                                                    BOOL ReplaceIfExisting, PDOKAN_FILE_INFO DokanFileInfo)
{
    struct memfs *fs = memfs_of(DokanFileInfo);
    struct place place;
    HELD struct node *node = hold(FileName, DokanFileInfo);
    HELD struct node *replaced = NULL;
    if (!node)
        return STATUS_OBJECT_NAME_NOT_FOUND;
    pthread_rwlock_wrlock(&fs->tree);
    NTSTATUS status = locate(fs, NewFileName, &place);
    if (status == STATUS_SUCCESS)
        status = may_link(node, &place);
    if (status == STATUS_SUCCESS && place.entry)
        status = may_replace(node, place.node, ReplaceIfExisting);
    if (status == STATUS_SUCCESS && place.node != node)
        status = link_at(node, &place, &replaced);
    pthread_rwlock_unlock(&fs->tree);
    return status;
}

static NTSTATUS DOKAN_CALLBACK memfs_RemoveName(LPCWSTR FileName, PDOKAN_FILE_INFO DokanFileInfo)
{
    return take_name_away(FileName, DokanFileInfo);
}

static NTSTATUS may_exchange(const struct name *a, const struct name *b)
{
    if (!a)
        return STATUS_FILE_DELETED;
    if (!b)
        return STATUS_OBJECT_NAME_NOT_FOUND;
    if (a->node->kind == KIND_STREAM || b->node->kind == KIND_STREAM || lies_in(a->parent, b->node) ||
        lies_in(b->parent, a->node))
        return STATUS_INVALID_PARAMETER;
    return STATUS_SUCCESS;
}

static NTSTATUS exchange(struct name *a, struct name *b)
{
    struct text text_a = text_copy(a->text), text_b = text_copy(b->text);
    struct node *parent_a = a->parent, *parent_b = b->parent;
    if (!text_a.at || !text_b.at) {
        free((void *)text_a.at);
        free((void *)text_b.at);
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    uint32_t place_a = a->place, place_b = b->place;
    table_remove(&a->node->fs->names, &a->hook);
    table_remove(&a->node->fs->names, &b->hook);
    name_respell(a, text_b);
    name_respell(b, text_a);
    parent_a->children.at[place_a] = b;
    parent_b->children.at[place_b] = a;
    *a = (struct name){a->hook, place_b, a->node, parent_b, a->next, a->text};
    *b = (struct name){b->hook, place_a, b->node, parent_a, b->next, b->text};
    table_add(&a->node->fs->names, &a->hook, hash_name(a->node->fs, a->parent, a->text, false));
    table_add(&a->node->fs->names, &b->hook, hash_name(a->node->fs, b->parent, b->text, false));
    node_changed(parent_a, true);
    node_changed(parent_b, true);
    node_changed(a->node, false);
    node_changed(b->node, false);
    return STATUS_SUCCESS;
}

static NTSTATUS DOKAN_CALLBACK memfs_ExchangeNames(LPCWSTR FileName, LPCWSTR OtherFileName,
                                                   PDOKAN_FILE_INFO DokanFileInfo)
{
    struct memfs *fs = memfs_of(DokanFileInfo);
    struct place place;
    HELD struct node *node = hold(FileName, DokanFileInfo);
    if (!node)
        return STATUS_OBJECT_NAME_NOT_FOUND;
    pthread_rwlock_wrlock(&fs->tree);
    struct name *name = name_meant(FileName, node);
    NTSTATUS status = locate(fs, OtherFileName, &place);
    if (status == STATUS_SUCCESS)
        status = place.has_stream ? STATUS_INVALID_PARAMETER : may_exchange(name, place.entry);
    if (status == STATUS_SUCCESS && place.node != node)
        status = exchange(name, place.entry);
    pthread_rwlock_unlock(&fs->tree);
    return status;
}

/* ---- reparse points ---------------------------------------------------------------------------------- */

enum { REPARSE_HEAD = 8, GUID_LENGTH = 16 };

static ULONG tag_of(const BYTE *bytes)
{
    ULONG tag;
    memcpy(&tag, bytes, sizeof tag);
    return tag;
}

/* A tag that is not Microsoft's has a GUID, which must be the same, too. */
static NTSTATUS may_replace_reparse(const struct reparse *old, const BYTE *fresh, ULONG length)
{
    const ULONG microsoft = 0x80000000;
    if (!old)
        return STATUS_SUCCESS;
    if (tag_of(old->bytes) != tag_of(fresh))
        return STATUS_IO_REPARSE_TAG_MISMATCH;
    bool guid = !(tag_of(fresh) & microsoft);
    if (guid && (length < REPARSE_HEAD + GUID_LENGTH || old->length < REPARSE_HEAD + GUID_LENGTH ||
                 memcmp(old->bytes + REPARSE_HEAD, fresh + REPARSE_HEAD, GUID_LENGTH) != 0))
        return STATUS_REPARSE_ATTRIBUTE_CONFLICT;
    return STATUS_SUCCESS;
}

static NTSTATUS set_reparse(struct node *node, const BYTE *bytes, ULONG length)
{
    char target[MAXIMUM_REPARSE_DATA_BUFFER_SIZE];
    NTSTATUS status = may_replace_reparse(node->reparse, bytes, length);
    if (status != STATUS_SUCCESS)
        return status;
    if (!space_take(node->fs, length))
        return STATUS_DISK_FULL;
    struct reparse *fresh = malloc(sizeof *fresh + length);
    if (!fresh) {
        space_give(node->fs, length);
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    fresh->length = length;
    memcpy(fresh->bytes, bytes, length);
    reparse_free(node);
    node->reparse = fresh;
    node->link_length = (ULONG)DokanGetSymbolicLink(bytes, length, target, sizeof target);
    node->tag = tag_of(bytes);
    atomic_fetch_or(&node->attributes, FILE_ATTRIBUTE_REPARSE_POINT);
    node_changed(node, false);
    return STATUS_SUCCESS;
}

static NTSTATUS DOKAN_CALLBACK memfs_GetReparsePoint(LPCWSTR FileName, PVOID Buffer, ULONG Length,
                                                     PULONG Used, PDOKAN_FILE_INFO DokanFileInfo)
{
    HELD struct node *node = hold(FileName, DokanFileInfo);
    NTSTATUS status = STATUS_NOT_A_REPARSE_POINT;
    if (!node)
        return STATUS_OBJECT_NAME_NOT_FOUND;
    pthread_rwlock_rdlock(&node->lock);
    if (node->reparse) {
        bool fits = node->reparse->length <= Length;
        status = fits ? STATUS_SUCCESS : STATUS_BUFFER_OVERFLOW;
        *Used = fits ? node->reparse->length : Length;
        memcpy(Buffer, node->reparse->bytes, *Used);
    }
    pthread_rwlock_unlock(&node->lock);
    return status;
}

static NTSTATUS DOKAN_CALLBACK memfs_SetReparsePoint(LPCWSTR FileName, const void *Buffer, ULONG Length,
                                                     PDOKAN_FILE_INFO DokanFileInfo)
{
    HELD struct node *node = hold(FileName, DokanFileInfo);
    if (!node)
        return STATUS_OBJECT_NAME_NOT_FOUND;
    if (Length < REPARSE_HEAD || Length > MAXIMUM_REPARSE_DATA_BUFFER_SIZE)
        return STATUS_IO_REPARSE_DATA_INVALID;
    if (node->kind == KIND_STREAM || node == node->fs->root)
        return STATUS_INVALID_PARAMETER;
    pthread_rwlock_rdlock(&node->fs->tree); /* nothing is made below it meanwhile */
    pthread_rwlock_wrlock(&node->lock);
    NTSTATUS status =
        node->children.live > 0 ? STATUS_DIRECTORY_NOT_EMPTY : set_reparse(node, Buffer, Length);
    pthread_rwlock_unlock(&node->lock);
    pthread_rwlock_unlock(&node->fs->tree);
    return status;
}

static NTSTATUS DOKAN_CALLBACK memfs_DeleteReparsePoint(LPCWSTR FileName, ULONG ReparseTag,
                                                        PDOKAN_FILE_INFO DokanFileInfo)
{
    HELD struct node *node = hold(FileName, DokanFileInfo);
    NTSTATUS status = STATUS_SUCCESS;
    if (!node)
        return STATUS_OBJECT_NAME_NOT_FOUND;
    pthread_rwlock_wrlock(&node->lock);
    if (!node->reparse)
        status = STATUS_NOT_A_REPARSE_POINT;
    else if (node->tag != ReparseTag)
        status = STATUS_IO_REPARSE_TAG_MISMATCH;
    if (status == STATUS_SUCCESS) {
        reparse_free(node);
        atomic_fetch_and(&node->attributes, ~FILE_ATTRIBUTE_REPARSE_POINT);
        node_changed(node, false);
    }
    pthread_rwlock_unlock(&node->lock);
    return status;
}

/* ---- extended attributes ----------------------------------------------------------------------------- */

/* Names compare as those of files do; one that is not UTF-8 is like nothing but itself. */
static bool same_ea(const struct memfs *fs, const char *a, const char *b)
{
    WCHAR wide[2][NAME_UNITS + 1];
    if (fs->case_sensitive || strcmp(a, b) == 0)
        return strcmp(a, b) == 0;
    SIZE_T length_a = DokanUtf8ToUtf16(a, strlen(a), wide[0], NAME_UNITS + 1),
           length_b = DokanUtf8ToUtf16(b, strlen(b), wide[1], NAME_UNITS + 1);
    return length_a != DOKAN_MALFORMED && length_b != DOKAN_MALFORMED &&
           same_name(fs, (struct text){wide[0], length_a}, (struct text){wide[1], length_b});
}

/* Where the pointer to an attribute lies, or the end of the list. */
static struct ea **ea_find(struct node *node, const char *name)
{
    struct ea **at = &node->eas;
    while (*at && !same_ea(node->fs, (*at)->name, name))
        at = &(*at)->next;
    return at;
}

static void *ea_value(struct ea *ea)
{
    return ea->name + strlen(ea->name) + 1;
}

static uint32_t ea_size(const char *name, ULONG length)
{
    const uint32_t head = 8; /* of a FILE_FULL_EA_INFORMATION */
    return (head + (uint32_t)strlen(name) + 1 + length + 3) & ~3u;
}

static void ea_delete(struct node *node, struct ea **at)
{
    struct ea *ea = *at;
    uint32_t size = ea_size(ea->name, ea->length);
    *at = ea->next;
    node->ea_bytes -= size;
    space_give(node->fs, size);
    free(ea);
}

static NTSTATUS ea_put(struct node *node, const char *name, UCHAR flags, const void *value, ULONG length)
{
    struct ea **at = ea_find(node, name);
    uint32_t size = ea_size(name, length), before = *at ? ea_size((*at)->name, (*at)->length) : 0;
    if (node->ea_bytes - before + size > EA_ROOM)
        return STATUS_EA_TOO_LARGE;
    if (!space_take(node->fs, size))
        return STATUS_DISK_FULL;
    struct ea *ea = malloc(sizeof *ea + strlen(name) + 1 + length);
    if (!ea) {
        space_give(node->fs, size);
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    strcpy(ea->name, name);
    memcpy(ea_value(ea), value, length);
    ea->length = length;
    ea->flags = flags;
    if (*at)
        ea_delete(node, at);
    ea->next = *at;
    *at = ea;
    node->ea_bytes += size;
    return STATUS_SUCCESS;
}

static NTSTATUS DOKAN_CALLBACK memfs_GetEa(LPCWSTR FileName, const char *Name, PVOID Value, ULONG Length,
                                           PULONG Used, PDOKAN_FILE_INFO DokanFileInfo)
{
    HELD struct node *node = hold(FileName, DokanFileInfo);
    NTSTATUS status = STATUS_SUCCESS;
    if (!node)
        return STATUS_OBJECT_NAME_NOT_FOUND;
    struct node *owner = owner_of(node);
    pthread_rwlock_rdlock(&owner->lock);
    struct ea *ea = *ea_find(owner, Name);
    if (!ea)
        status = owner->eas ? STATUS_NONEXISTENT_EA_ENTRY : STATUS_NO_EAS_ON_FILE;
    else if (ea->length > Length)
        status = STATUS_BUFFER_OVERFLOW;
    else if (ea->length > 0)
        memcpy(Value, ea_value(ea), ea->length);
    *Used = ea ? ea->length : 0;
    pthread_rwlock_unlock(&owner->lock);
    return status;
}

static NTSTATUS DOKAN_CALLBACK memfs_SetEa(LPCWSTR FileName, const char *Name, UCHAR Flags, const void *Value,
                                           ULONG Length, PDOKAN_FILE_INFO DokanFileInfo)
{
    HELD struct node *node = hold(FileName, DokanFileInfo);
    NTSTATUS status = STATUS_SUCCESS;
    if (!node)
        return STATUS_OBJECT_NAME_NOT_FOUND;
    if (strlen(Name) > NAME_UNITS || Length > EA_ROOM)
        return Length > EA_ROOM ? STATUS_EA_TOO_LARGE : STATUS_INVALID_PARAMETER;
    struct node *owner = owner_of(node);
    pthread_rwlock_wrlock(&owner->lock);
    struct ea **at = ea_find(owner, Name);
    if (Value)
        status = ea_put(owner, Name, Flags, Value, Length);
    else if (*at)
        ea_delete(owner, at);
    else
        status = STATUS_NONEXISTENT_EA_ENTRY;
    if (status == STATUS_SUCCESS)
        node_changed(owner, false);
    pthread_rwlock_unlock(&owner->lock);
    return status;
}

static NTSTATUS DOKAN_CALLBACK memfs_FindEas(LPCWSTR FileName, PFillEa FillEa, PDOKAN_FILE_INFO DokanFileInfo)
{
    HELD struct node *node = hold(FileName, DokanFileInfo);
    if (!node)
        return STATUS_OBJECT_NAME_NOT_FOUND;
    struct node *owner = owner_of(node);
    pthread_rwlock_rdlock(&owner->lock);
    for (struct ea *ea = owner->eas; ea; ea = ea->next)
        if (FillEa(ea->name, ea->flags, ea_value(ea), ea->length, DokanFileInfo) != 0)
            break;
    pthread_rwlock_unlock(&owner->lock);
    return STATUS_SUCCESS;
}

/* ---- sparse files ------------------------------------------------------------------------------------ */

/* Gives each range of data of [offset, end) to `take`, until that says false. */
static void each_range(struct node *node, uint64_t offset, uint64_t end,
                       bool (*take)(void *ctx, uint64_t offset, uint64_t length), void *ctx)
{
    pthread_rwlock_rdlock(&node->lock);
    end = end < node->size ? end : node->size;
    for (uint64_t length; (length = content_next(&node->content, &offset, end)) > 0; offset += length)
        if (!take(ctx, offset, length))
            break;
    pthread_rwlock_unlock(&node->lock);
}

struct range_filler {
    PFillRange fill;
    PDOKAN_FILE_INFO info;
};

static bool fill_range(void *ctx, uint64_t offset, uint64_t length)
{
    const struct range_filler *filler = ctx;
    return filler->fill((LONGLONG)offset, (LONGLONG)length, filler->info) == 0;
}

static uint64_t range_end(LONGLONG offset, LONGLONG length)
{
    return length > MAX_SIZE - offset ? MAX_SIZE : (uint64_t)(offset + length);
}

static NTSTATUS DOKAN_CALLBACK memfs_FindRanges(LPCWSTR FileName, LONGLONG Offset, LONGLONG Length,
                                                PFillRange FillRange, PDOKAN_FILE_INFO DokanFileInfo)
{
    HELD struct node *node = hold(FileName, DokanFileInfo);
    struct range_filler filler = {FillRange, DokanFileInfo};
    if (!node)
        return STATUS_OBJECT_NAME_NOT_FOUND;
    if (is_directory(node) || Offset < 0 || Length < 0)
        return STATUS_INVALID_PARAMETER;
    each_range(node, (uint64_t)Offset, range_end(Offset, Length), fill_range, &filler);
    return STATUS_SUCCESS;
}

/* A hole is the cheapest zeros there are, so both kinds make one. */
static NTSTATUS DOKAN_CALLBACK memfs_ZeroRange(LPCWSTR FileName, LONGLONG Offset, LONGLONG Length,
                                               BOOL Deallocate, PDOKAN_FILE_INFO DokanFileInfo)
{
    HELD struct node *node = hold(FileName, DokanFileInfo);
    UNREFERENCED_PARAMETER(Deallocate);
    if (!node)
        return STATUS_OBJECT_NAME_NOT_FOUND;
    if (is_directory(node) || Offset < 0 || Length < 0)
        return STATUS_INVALID_PARAMETER;
    uint64_t offset = (uint64_t)Offset, end = range_end(Offset, Length);
    pthread_rwlock_wrlock(&node->lock);
    if (end >= node->size) /* the last chunk is zero behind the end of the file */
        end = (node->size + CHUNK - 1) / CHUNK * CHUNK;
    if (offset < end) {
        uint64_t before = node->content.allocated;
        content_punch(&node->content, offset, end);
        space_give(node->fs, before - node->content.allocated);
        touch(node);
    }
    pthread_rwlock_unlock(&node->lock);
    return STATUS_SUCCESS;
}

/* ---- controls ---------------------------------------------------------------------------------------- */

/* An offset and a length: FILE_ALLOCATED_RANGE_BUFFER. */
struct range {
    LONGLONG offset, length;
};

struct range_list {
    struct range *at;
    ULONG used, room;
    bool more;
};

static bool list_range(void *ctx, uint64_t offset, uint64_t length)
{
    struct range_list *list = ctx;
    list->more = list->used == list->room;
    if (list->more)
        return false;
    list->at[list->used++] = (struct range){(LONGLONG)offset, (LONGLONG)length};
    return true;
}

static NTSTATUS set_sparse(struct node *node, const void *input, ULONG input_length)
{
    if (is_directory(node))
        return STATUS_INVALID_PARAMETER;
    bool sparse = input_length == 0 || *(const BYTE *)input;
    if (sparse)
        atomic_fetch_or(&node->attributes, FILE_ATTRIBUTE_SPARSE_FILE);
    else
        atomic_fetch_and(&node->attributes, ~FILE_ATTRIBUTE_SPARSE_FILE);
    node_changed(node, false);
    return STATUS_SUCCESS;
}

static NTSTATUS query_ranges(struct node *node, const void *input, ULONG input_length, void *output,
                             ULONG output_length, ULONG *returned)
{
    struct range asked;
    struct range_list list = {output, 0, output_length / sizeof(struct range), false};
    if (input_length < sizeof asked || is_directory(node))
        return STATUS_INVALID_PARAMETER;
    memcpy(&asked, input, sizeof asked);
    if (asked.offset < 0 || asked.length < 0)
        return STATUS_INVALID_PARAMETER;
    each_range(node, (uint64_t)asked.offset, range_end(asked.offset, asked.length), list_range, &list);
    *returned = list.used * (ULONG)sizeof asked;
    return list.more ? STATUS_BUFFER_OVERFLOW : STATUS_SUCCESS;
}

static NTSTATUS DOKAN_CALLBACK memfs_FileSystemControl(LPCWSTR FileName, ULONG Code, const void *Input,
                                                       ULONG InputLength, PVOID Output, ULONG OutputLength,
                                                       PULONG Returned, PDOKAN_FILE_INFO DokanFileInfo)
{
    enum { SET_SPARSE = 0x900C4, QUERY_ALLOCATED_RANGES = 0x940CF }; /* FSCTL_* of Windows */
    HELD struct node *node = hold(FileName, DokanFileInfo);
    *Returned = 0;
    if (!node)
        return STATUS_OBJECT_NAME_NOT_FOUND;
    if (Code == SET_SPARSE)
        return set_sparse(owner_of(node), Input, InputLength);
    if (Code == QUERY_ALLOCATED_RANGES)
        return query_ranges(node, Input, InputLength, Output, OutputLength, Returned);
    return STATUS_INVALID_DEVICE_REQUEST;
}

static NTSTATUS DOKAN_CALLBACK memfs_SetVolumeLabel(LPCWSTR Label, PDOKAN_FILE_INFO DokanFileInfo)
{
    struct memfs *fs = memfs_of(DokanFileInfo);
    pthread_rwlock_wrlock(&fs->tree);
    DokanWcscpy(fs->label, sizeof fs->label / sizeof *fs->label, Label);
    pthread_rwlock_unlock(&fs->tree);
    return STATUS_SUCCESS;
}

/* Nothing of the host holds the contents of a file, so there is no GetBackingFile. */
const DOKAN_OPERATIONS_EX *memfs_operations_ex(void)
{
    static const DOKAN_OPERATIONS_EX operations = {
        .Size = sizeof operations,
        .GetFacts = memfs_GetFacts,
        .FindFacts = memfs_FindFacts,
        .SetFacts = memfs_SetFacts,
        .GetFileId = memfs_GetFileId,
        .GetNameOfId = memfs_GetNameOfId,
        .CreateHardLink = memfs_CreateHardLink,
        .RemoveName = memfs_RemoveName,
        .ExchangeNames = memfs_ExchangeNames,
        .GetReparsePoint = memfs_GetReparsePoint,
        .SetReparsePoint = memfs_SetReparsePoint,
        .DeleteReparsePoint = memfs_DeleteReparsePoint,
        .GetEa = memfs_GetEa,
        .SetEa = memfs_SetEa,
        .FindEas = memfs_FindEas,
        .FindRanges = memfs_FindRanges,
        .ZeroRange = memfs_ZeroRange,
        .FileSystemControl = memfs_FileSystemControl,
        .SetVolumeLabel = memfs_SetVolumeLabel,
    };
    return &operations;
}

/* ---- the file system as a whole ---------------------------------------------------------------------- */

/* What is not here has the engine's own behaviour: byte-range locks, for example. */
const DOKAN_OPERATIONS *memfs_operations(void)
{
    static const DOKAN_OPERATIONS operations = {
        .ZwCreateFile = memfs_ZwCreateFile,
        .Cleanup = memfs_Cleanup,
        .CloseFile = memfs_CloseFile,
        .ReadFile = memfs_ReadFile,
        .WriteFile = memfs_WriteFile,
        .FlushFileBuffers = memfs_FlushFileBuffers,
        .GetFileInformation = memfs_GetFileInformation,
        .FindFiles = memfs_FindFiles,
        .FindFilesWithPattern = memfs_FindFilesWithPattern,
        .SetFileAttributes = memfs_SetFileAttributes,
        .SetFileTime = memfs_SetFileTime,
        .DeleteFile = memfs_DeleteFile,
        .DeleteDirectory = memfs_DeleteDirectory,
        .MoveFile = memfs_MoveFile,
        .SetEndOfFile = memfs_SetEndOfFile,
        .SetAllocationSize = memfs_SetAllocationSize,
        .GetDiskFreeSpace = memfs_GetDiskFreeSpace,
        .GetVolumeInformation = memfs_GetVolumeInformation,
        .GetFileSecurity = memfs_GetFileSecurity,
        .SetFileSecurity = memfs_SetFileSecurity,
        .FindStreams = memfs_FindStreams,
    };
    return &operations;
}

static bool memfs_init(struct memfs *fs)
{
    struct text no_name = {u"", 0};
    if (!table_init(&fs->names) || !table_init(&fs->ids) || getentropy(&fs->seed, sizeof fs->seed) != 0)
        return false;
    DokanWcscpy(fs->label, sizeof fs->label / sizeof *fs->label, u"Dokan MemFS");
    fs->defaults[DEFAULT_FILE] = simple_descriptor(SE_DACL_AUTO_INHERITED, INHERITED_ACE);
    fs->defaults[DEFAULT_DIRECTORY] =
        simple_descriptor(SE_DACL_AUTO_INHERITED, OBJECT_INHERIT_ACE | CONTAINER_INHERIT_ACE | INHERITED_ACE);
    fs->defaults[DEFAULT_ROOT] = simple_descriptor(SE_DACL_AUTO_INHERITED | SE_DACL_PROTECTED,
                                                   OBJECT_INHERIT_ACE | CONTAINER_INHERIT_ACE);
    if (node_new(fs, KIND_DIRECTORY, no_name, &fs->root) != STATUS_SUCCESS)
        return false;
    fs->root->attributes = FILE_ATTRIBUTE_DIRECTORY;
    return true;
}

void *memfs_new(unsigned flags, uint64_t limit)
{
    struct memfs *fs = calloc(1, sizeof *fs);
    if (!fs)
        return NULL;
    fs->tree = (pthread_rwlock_t)PTHREAD_RWLOCK_WRITER_NONRECURSIVE_INITIALIZER_NP;
    fs->case_sensitive = flags & MEMFS_CASE_SENSITIVE;
    fs->extended = flags & MEMFS_EXTENDED;
    fs->limit = limit;
    if (!memfs_init(fs)) {
        memfs_free(fs);
        return NULL;
    }
    return fs;
}

void memfs_free(void *memfs)
{
    struct memfs *fs = memfs;
    if (!fs)
        return;
    for (uint32_t i = 0; fs->names.count > 0 && i < fs->names.buckets; i++) {
        for (struct hook *hook = *bucket_at(&fs->names, i), *next; hook; hook = next) {
            struct name *name = name_of_hook(hook);
            struct node *node = name->node;
            next = hook->chain;
            name_free(name);
            node_put(node);
        }
    }
    node_put(fs->root);
    table_free(&fs->names);
    table_free(&fs->ids);
    pthread_rwlock_destroy(&fs->tree);
    free(fs);
}

#ifndef MEMFS_NO_MAIN

/* ---- the program ------------------------------------------------------------------------------------- */

#include "cmdline.h"

struct settings {
    ULONG options, other, timeout;
    uint64_t limit;
    const char *mount_point, *unc, *mount_options;
};

enum { SHOW_HELP = 1, CASE_SENSITIVE = 2, SINGLE_THREAD = 4, ACCESS_CHECK = 8, BASIC = 16 };

/* A network drive, a removable one, one of this session, or one for the mount manager. */
static ULONG volume_options(const struct settings *settings)
{
    const ULONG kinds = DOKAN_OPTION_NETWORK | DOKAN_OPTION_REMOVABLE | DOKAN_OPTION_CURRENT_SESSION;
    ULONG options = settings->options | DOKAN_OPTION_ALT_STREAM;
    if (settings->other & CASE_SENSITIVE)
        options |= DOKAN_OPTION_CASE_SENSITIVE;
    if (settings->unc)
        options |= DOKAN_OPTION_NETWORK;
    return options & kinds ? options : options | DOKAN_OPTION_MOUNT_MANAGER;
}

static int run(const struct settings *settings)
{
    static DOKAN_OPTIONS options; /* 16 KiB, and it must not move */
    WCHAR *mount_point = cmdline_utf16(settings->mount_point);
    WCHAR *unc = settings->unc ? cmdline_utf16(settings->unc) : NULL;
    bool extended = !(settings->other & BASIC);
    void *fs = memfs_new((settings->other & CASE_SENSITIVE ? MEMFS_CASE_SENSITIVE : 0u) |
                             (extended ? MEMFS_EXTENDED : 0u),
                         settings->limit);
    int code = 1;
    if (!mount_point || (settings->unc && !unc)) {
        fprintf(stderr, "memfs: a mount point or network name is not UTF-8; give another\n");
    } else if (!fs) {
        fprintf(stderr, "memfs: out of memory, or /z below %u bytes\n", NODE_COST);
    } else {
        options.Version = DOKAN_VERSION;
        options.SingleThread = settings->other & SINGLE_THREAD ? TRUE : FALSE;
        options.Options = volume_options(settings);
        options.GlobalContext = (ULONG64)(uintptr_t)fs;
        options.MountPoint = mount_point;
        options.UNCName = unc;
        options.Timeout = settings->timeout;
        code = cmdline_serve(&options, (PDOKAN_OPERATIONS)(uintptr_t)memfs_operations(),
                             extended ? memfs_operations_ex() : NULL,
                             settings->other & ACCESS_CHECK ? MEMFS_SECURITY : 0, settings->mount_options);
    }
    if (DokanIsVolumeDrained(0)) { /* else a callback is stuck and may use them */
        memfs_free(fs);
        free(unc);
        free(mount_point);
    }
    return code;
}

int main(int argc, char **argv)
{
    struct settings set = {.mount_point = "M:\\"};
    const struct cmdline_option table[] = {
        {'h', "help", CMDLINE_FLAG, &set.other, SHOW_HELP, NULL, "show this text"},
        {'l', "mount", CMDLINE_TEXT, &set.mount_point, 0, "POINT",
         "a drive (M:) or an empty directory; default M:\\"},
        {'b', "case-sensitive", CMDLINE_FLAG, &set.other, CASE_SENSITIVE, NULL,
         "names that differ in case differ"},
        {'z', "size", CMDLINE_SIZE, &set.limit, 0, "SIZE",
         "limit of the space, for example 512M; default none"},
        {'m', "removable", CMDLINE_FLAG, &set.options, DOKAN_OPTION_REMOVABLE, NULL, "a removable drive"},
        {'c', "session", CMDLINE_FLAG, &set.options, DOKAN_OPTION_CURRENT_SESSION, NULL,
         "for this session only"},
        {'n', "unc", CMDLINE_TEXT, &set.unc, 0, "NAME", "a network drive of this name: \\server\\share"},
        {'x', "network-unmount", CMDLINE_FLAG, &set.options, DOKAN_OPTION_ENABLE_UNMOUNT_NETWORK_DRIVE, NULL,
         "the network drive may be disconnected from outside"},
        {'d', "debug", CMDLINE_FLAG, &set.options, DOKAN_OPTION_DEBUG | DOKAN_OPTION_STDERR, NULL,
         "trace on stderr"},
        {'e', "engine-log", CMDLINE_FLAG, &set.options, DOKAN_OPTION_DISPATCH_DRIVER_LOGS, NULL,
         "more trace, with /d"},
        {'t', "single-thread", CMDLINE_FLAG, &set.other, SINGLE_THREAD, NULL, "one callback at a time"},
        {0, "acl", CMDLINE_FLAG, &set.other, ACCESS_CHECK, NULL,
         "opens are checked against the security descriptors of files, and new files inherit them"},
        {0, "basic", CMDLINE_FLAG, &set.other, BASIC, NULL,
         "nothing that Dokany has no callback for: no links, modes, owners, extended attributes"},
        {'i', "timeout", CMDLINE_NUMBER, &set.timeout, 0, "MS", "time limit of a callback"},
        {0, "mount-options", CMDLINE_TEXT, &set.mount_options, 0, "LIST",
         "Linux mount options, for example allow_other"},
        {0},
    };
    UNREFERENCED_PARAMETER(argc);
    if (!cmdline_parse(table, argv, false))
        return 1;
    if (!(set.other & SHOW_HELP))
        return run(&set);
    puts("memfs: a file system in memory. Its files are gone when it is unmounted.");
    cmdline_usage(stdout, table);
    return 0;
}

#endif
