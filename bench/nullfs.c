// SPDX-License-Identifier: MIT
/*
 * nullfs: a FUSE server that does nothing, as fast as the kernel allows. It is what ours are compared with,
 * so it shares no code with them: one file, the kernel's header, /dev/fuse and mount(2).
 *
 *     /data        one file of --size bytes; reads give some bytes, writes are counted and forgotten
 *     /many/fNNNNN --files files of 4 KiB
 *     /made/cN     files that may be created and removed; they stay empty
 *
 * What has no row in the table is answered with ENOSYS; so the kernel sends FLUSH and GETXATTR once and never
 * again. A node id says everything about its file, so nothing is looked up. Listings are packed once, at the
 * start: every name of a directory has the same length, and an answer is a slice of the pack.
 *
 * Threads (--threads, 1) share nothing but the table of created files.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/fuse.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#ifndef FUSE_DIRECT_IO_ALLOW_MMAP
#define FUSE_DIRECT_IO_ALLOW_MMAP (1ULL << 36)
#endif

enum {
    PAGE = 4096,
    WRITE_MAX = 1 << 20,
    NAME_CHARS = 6,
    MADE_FILES = 1 << 16,
    SMALL = 4096,
    NAME_ROOM = 16,
    THREADS_MAX = 64
};
enum { ID_ROOT = FUSE_ROOT_ID, ID_DATA, ID_MANY, ID_MADE, ID_FIRST = 16 };
enum { QUIET = 1 << 30 }; /* a handler's answer: none */

#define ID_CREATED (1ull << 32)

struct worker {
    uint8_t *in;
    uint8_t *out;        /* the header of the answer stands right before it */
    const uint8_t *body; /* `out`, or a slice of a pack */
    int cpu;
};

/* A listing, ready to be sent: `count` entries of `stride` bytes. */
struct pack {
    uint8_t *entries;
    uint32_t stride, count;
};

static struct {
    int fd;
    int cpu;
    double timeout;
    unsigned long files, threads;
    uint64_t size;
    uid_t uid;
    gid_t gid;
    const char *point;
    bool counts, direct_writes;
} set = {.cpu = -1, .files = 10000, .threads = 1, .size = 64 << 20};

static struct pack packs[2][2]; /* of the root and of /many; without and with attributes */
static _Atomic uint64_t created[MADE_FILES], next_created = ID_CREATED;
static _Atomic uint64_t served[64];

/* ---- attributes -------------------------------------------------------------------------------------- */

static bool is_directory(uint64_t id)
{
    return id == ID_ROOT || id == ID_MANY || id == ID_MADE;
}

static uint64_t size_of(uint64_t id)
{
    return id == ID_DATA ? set.size : id >= ID_FIRST && id < ID_CREATED ? SMALL : 0;
}

static void fill_valid(uint64_t *seconds, uint32_t *ns)
{
    *seconds = (uint64_t)set.timeout;
    *ns = (uint32_t)((set.timeout - (double)*seconds) * 1e9);
}

static void fill_attr(uint64_t id, struct fuse_attr *out)
{
    bool directory = is_directory(id);
    *out = (struct fuse_attr){
        .ino = id,
        .size = size_of(id),
        .blocks = size_of(id) / 512,
        .atime = 1700000000,
        .mtime = 1700000000,
        .ctime = 1700000000,
        .mode = directory ? S_IFDIR | 0755 : S_IFREG | 0644,
        .nlink = directory ? 2 : 1,
        .blksize = PAGE,
        .uid = set.uid,
        .gid = set.gid,
    };
}

static void fill_entry(uint64_t id, struct fuse_entry_out *out)
{
    memset(out, 0, sizeof *out);
    out->nodeid = id;
    fill_valid(&out->entry_valid, &out->entry_valid_nsec);
    fill_valid(&out->attr_valid, &out->attr_valid_nsec);
    fill_attr(id, &out->attr);
}

/* ---- names ------------------------------------------------------------------------------------------- */

static const struct {
    const char *name;
    uint64_t id;
} in_root[] = {{"data", ID_DATA}, {"many", ID_MANY}, {"made", ID_MADE}};

enum { ROOT_ENTRIES = sizeof in_root / sizeof *in_root };

static bool number_of(const char *name, char letter, unsigned long limit, unsigned long *out)
{
    if (name[0] != letter || !name[1])
        return false;
    unsigned long n = 0;
    for (const char *s = name + 1; *s; s++) {
        n = n * 10 + (unsigned long)(*s - '0');
        if (*s < '0' || *s > '9' || n >= limit)
            return false;
    }
    *out = n;
    return true;
}

static uint64_t find(uint64_t dir, const char *name)
{
    unsigned long n;
    if (dir == ID_MANY)
        return number_of(name, 'f', set.files, &n) ? ID_FIRST + n : 0;
    if (dir == ID_MADE)
        return number_of(name, 'c', MADE_FILES, &n) ? atomic_load(&created[n]) : 0;
    for (size_t i = 0; i < ROOT_ENTRIES; i++)
        if (strcmp(in_root[i].name, name) == 0)
            return in_root[i].id;
    return 0;
}

/* ---- listings ---------------------------------------------------------------------------------------- */

static void put_dirent(uint8_t *at, const char *name, uint64_t id, uint64_t position)
{
    struct fuse_dirent *out = (struct fuse_dirent *)at;
    out->ino = id;
    out->off = position;
    out->namelen = (uint32_t)strlen(name);
    out->type = (is_directory(id) ? S_IFDIR : S_IFREG) >> 12;
    memcpy(out->name, name, out->namelen);
}

static bool make_pack(struct pack *p, bool plus, uint32_t count,
                      void (*nth)(uint32_t i, char *name, uint64_t *id))
{
    size_t head = plus ? FUSE_NAME_OFFSET_DIRENTPLUS : FUSE_NAME_OFFSET;
    char name[NAME_ROOM];
    uint64_t id;
    nth(0, name, &id);
    p->stride = (uint32_t)FUSE_DIRENT_ALIGN(head + strlen(name));
    p->count = count;
    p->entries = calloc(count, p->stride);
    for (uint32_t i = 0; p->entries && i < count; i++) {
        uint8_t *at = p->entries + (size_t)i * p->stride;
        nth(i, name, &id);
        if (plus)
            fill_entry(id, &((struct fuse_direntplus *)at)->entry_out);
        put_dirent(plus ? at + offsetof(struct fuse_direntplus, dirent) : at, name, id, i + 1);
    }
    return p->entries != NULL;
}

static void nth_of_root(uint32_t i, char *name, uint64_t *id)
{
    snprintf(name, NAME_ROOM, "%s", in_root[i].name);
    *id = in_root[i].id;
}

static void nth_of_many(uint32_t i, char *name, uint64_t *id)
{
    snprintf(name, NAME_ROOM, "f%05u", (unsigned)i % 100000);
    *id = ID_FIRST + i;
}

static int list(struct worker *w, const struct fuse_in_header *head, const void *arg, bool plus)
{
    const struct fuse_read_in *in = arg;
    if (head->nodeid == ID_MADE)
        return 0;
    const struct pack *p = &packs[head->nodeid == ID_MANY][plus];
    if (in->offset >= p->count)
        return 0;
    uint32_t n = in->size / p->stride;
    if (n > p->count - in->offset)
        n = (uint32_t)(p->count - in->offset);
    w->body = p->entries + in->offset * p->stride;
    return (int)(n * p->stride);
}

/* ---- operations: bytes of the answer's body, -errno or QUIET ----------------------------------------- */

typedef int handler(struct worker *w, const struct fuse_in_header *head, const void *arg);

static int do_nothing(struct worker *w, const struct fuse_in_header *head, const void *arg)
{
    return 0;
}

static int do_quiet(struct worker *w, const struct fuse_in_header *head, const void *arg)
{
    return QUIET;
}

static int do_init(struct worker *w, const struct fuse_in_header *head, const void *arg)
{
    const uint64_t wanted = FUSE_ASYNC_READ | FUSE_ATOMIC_O_TRUNC | FUSE_BIG_WRITES | FUSE_AUTO_INVAL_DATA |
                            FUSE_DO_READDIRPLUS | FUSE_READDIRPLUS_AUTO | FUSE_ASYNC_DIO |
                            FUSE_PARALLEL_DIROPS | FUSE_ABORT_ERROR | FUSE_MAX_PAGES | FUSE_CACHE_SYMLINKS |
                            FUSE_HANDLE_KILLPRIV_V2 | FUSE_INIT_EXT | FUSE_DIRECT_IO_ALLOW_MMAP;
    const struct fuse_init_in *in = arg;
    bool extended = in->flags & FUSE_INIT_EXT;
    uint64_t flags = wanted & (in->flags | (extended ? (uint64_t)in->flags2 << 32 : 0));
    set.direct_writes = flags & FUSE_DIRECT_IO_ALLOW_MMAP;
    *(struct fuse_init_out *)w->out = (struct fuse_init_out){
        .major = FUSE_KERNEL_VERSION,
        .minor = in->minor,
        .max_readahead = in->max_readahead,
        .flags = (uint32_t)flags,
        .flags2 = (uint32_t)(flags >> 32),
        .max_background = 64,
        .congestion_threshold = 48,
        .max_write = WRITE_MAX,
        .time_gran = 100,
        .max_pages = WRITE_MAX / PAGE,
    };
    return sizeof(struct fuse_init_out);
}

static int do_lookup(struct worker *w, const struct fuse_in_header *head, const void *arg)
{
    uint64_t id = find(head->nodeid, arg);
    if (!id)
        return -ENOENT;
    fill_entry(id, (struct fuse_entry_out *)w->out);
    return sizeof(struct fuse_entry_out);
}

static int do_getattr(struct worker *w, const struct fuse_in_header *head, const void *arg)
{
    struct fuse_attr_out *out = (struct fuse_attr_out *)w->out;
    fill_valid(&out->attr_valid, &out->attr_valid_nsec);
    out->dummy = 0;
    fill_attr(head->nodeid, &out->attr);
    return sizeof *out;
}

static void fill_open(uint32_t flags, struct fuse_open_out *out)
{
    *out = (struct fuse_open_out){.fh = 1};
    if (flags & O_DIRECT && set.direct_writes)
        out->open_flags |= FOPEN_DIRECT_IO | FOPEN_PARALLEL_DIRECT_WRITES;
    if ((flags & O_ACCMODE) == O_RDONLY)
        out->open_flags |= FOPEN_NOFLUSH;
}

static int do_open(struct worker *w, const struct fuse_in_header *head, const void *arg)
{
    fill_open(((const struct fuse_open_in *)arg)->flags, (struct fuse_open_out *)w->out);
    return sizeof(struct fuse_open_out);
}

static int do_opendir(struct worker *w, const struct fuse_in_header *head, const void *arg)
{
    *(struct fuse_open_out *)w->out = (struct fuse_open_out){.fh = 1};
    return sizeof(struct fuse_open_out);
}

static int do_read(struct worker *w, const struct fuse_in_header *head, const void *arg)
{
    const struct fuse_read_in *in = arg;
    uint64_t size = size_of(head->nodeid);
    uint64_t left = in->offset < size ? size - in->offset : 0;
    return (int)(in->size < left ? in->size : left);
}

static int do_write(struct worker *w, const struct fuse_in_header *head, const void *arg)
{
    const struct fuse_write_in *in = arg;
    *(struct fuse_write_out *)w->out = (struct fuse_write_out){.size = in->size};
    return sizeof(struct fuse_write_out);
}

static int do_readdir(struct worker *w, const struct fuse_in_header *head, const void *arg)
{
    return list(w, head, arg, false);
}

static int do_readdirplus(struct worker *w, const struct fuse_in_header *head, const void *arg)
{
    return list(w, head, arg, true);
}

static int do_create(struct worker *w, const struct fuse_in_header *head, const void *arg)
{
    const struct fuse_create_in *in = arg;
    unsigned long n;
    if (head->nodeid != ID_MADE || !number_of((const char *)(in + 1), 'c', MADE_FILES, &n))
        return -EPERM;
    uint64_t id = atomic_fetch_add(&next_created, 1);
    atomic_store(&created[n], id);
    struct fuse_entry_out *entry = (struct fuse_entry_out *)w->out;
    fill_entry(id, entry);
    fill_open(in->flags, (struct fuse_open_out *)(entry + 1));
    return sizeof *entry + sizeof(struct fuse_open_out);
}

static int do_unlink(struct worker *w, const struct fuse_in_header *head, const void *arg)
{
    unsigned long n;
    if (head->nodeid != ID_MADE || !number_of(arg, 'c', MADE_FILES, &n))
        return -EPERM;
    return atomic_exchange(&created[n], 0) ? 0 : -ENOENT;
}

static int do_statfs(struct worker *w, const struct fuse_in_header *head, const void *arg)
{
    *(struct fuse_statfs_out *)w->out = (struct fuse_statfs_out){.st = {.blocks = 1 << 20,
                                                                        .bfree = 1 << 19,
                                                                        .bavail = 1 << 19,
                                                                        .bsize = PAGE,
                                                                        .namelen = 255,
                                                                        .frsize = PAGE}};
    return sizeof(struct fuse_statfs_out);
}

static const struct {
    const char *name;
    handler *handle;
} table[] = {
    [FUSE_INIT] = {"INIT", do_init},
    [FUSE_LOOKUP] = {"LOOKUP", do_lookup},
    [FUSE_FORGET] = {"FORGET", do_quiet},
    [FUSE_BATCH_FORGET] = {"BATCH_FORGET", do_quiet},
    [FUSE_INTERRUPT] = {"INTERRUPT", do_quiet},
    [FUSE_GETATTR] = {"GETATTR", do_getattr},
    [FUSE_SETATTR] = {"SETATTR", do_getattr},
    [FUSE_OPEN] = {"OPEN", do_open},
    [FUSE_OPENDIR] = {"OPENDIR", do_opendir},
    [FUSE_READ] = {"READ", do_read},
    [FUSE_WRITE] = {"WRITE", do_write},
    [FUSE_READDIR] = {"READDIR", do_readdir},
    [FUSE_READDIRPLUS] = {"READDIRPLUS", do_readdirplus},
    [FUSE_CREATE] = {"CREATE", do_create},
    [FUSE_UNLINK] = {"UNLINK", do_unlink},
    [FUSE_STATFS] = {"STATFS", do_statfs},
    [FUSE_FSYNC] = {"FSYNC", do_nothing},
    [FUSE_RELEASE] = {"RELEASE", do_nothing},
    [FUSE_RELEASEDIR] = {"RELEASEDIR", do_nothing},
    [FUSE_DESTROY] = {"DESTROY", do_nothing},
};

enum { TABLE_ROWS = sizeof table / sizeof *table };

_Static_assert(TABLE_ROWS <= sizeof served / sizeof *served, "a counter per operation");

/* ---- the loop ---------------------------------------------------------------------------------------- */

static void answer(struct worker *w, uint64_t unique, int result)
{
    struct fuse_out_header *head = (struct fuse_out_header *)w->out - 1;
    size_t body = result > 0 ? (size_t)result : 0;
    *head = (struct fuse_out_header){
        .len = (uint32_t)(sizeof *head + body), .error = result < 0 ? result : 0, .unique = unique};
    struct iovec parts[] = {{head, sizeof *head}, {(void *)(uintptr_t)w->body, body}};
    ssize_t n = w->body == w->out ? write(set.fd, head, head->len) : writev(set.fd, parts, 2);
    if (n < 0 && errno != ENOENT && errno != ENODEV)
        perror("nullfs: answering");
}

static void serve(struct worker *w)
{
    const struct fuse_in_header *head = (const struct fuse_in_header *)w->in;
    uint32_t op = head->opcode;
    w->body = w->out;
    if (op >= TABLE_ROWS || !table[op].handle) {
        answer(w, head->unique, -ENOSYS);
        return;
    }
    if (set.counts)
        atomic_fetch_add_explicit(&served[op], 1, memory_order_relaxed);
    int result = table[op].handle(w, head, head + 1);
    if (result != QUIET)
        answer(w, head->unique, result);
}

/* The argument of WRITE and the header of an answer end at a page: data is aligned both ways. */
static bool get_buffers(struct worker *w)
{
    const size_t headers = sizeof(struct fuse_in_header) + sizeof(struct fuse_write_in),
                 half = PAGE + WRITE_MAX;
    uint8_t *base = mmap(NULL, 2 * half, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (base == MAP_FAILED)
        return false;
    memset(base, 'n', 2 * half); /* pages of its own: the shared page of zeros would copy too well */
    w->in = base + PAGE - headers;
    w->out = base + half + PAGE;
    return true;
}

static void pin(int cpu)
{
    cpu_set_t cpus;
    CPU_ZERO(&cpus);
    CPU_SET(cpu, &cpus);
    if (cpu >= 0 && sched_setaffinity(0, sizeof cpus, &cpus))
        perror("nullfs: --cpu");
}

static void *work(void *arg)
{
    struct worker *w = arg;
    size_t room = sizeof(struct fuse_in_header) + sizeof(struct fuse_write_in) + WRITE_MAX;
    pin(w->cpu);
    for (;;) {
        ssize_t n = read(set.fd, w->in, room);
        if (n > 0)
            serve(w);
        else if (n == 0 || (errno != EINTR && errno != ENOENT && errno != EAGAIN))
            return NULL;
    }
}

static int run(void)
{
    static struct worker workers[THREADS_MAX];
    pthread_t threads[THREADS_MAX];
    unsigned long started = 0;
    for (; started < set.threads; started++) {
        workers[started].cpu = set.cpu;
        if (!get_buffers(&workers[started]) ||
            pthread_create(&threads[started], NULL, work, &workers[started]))
            break;
    }
    if (started < set.threads)
        fprintf(stderr, "nullfs: only %lu threads could be started\n", started);
    for (unsigned long i = 0; i < started; i++)
        pthread_join(threads[i], NULL);
    for (size_t i = 0; set.counts && i < TABLE_ROWS; i++)
        if (served[i])
            fprintf(stderr, "%-14s %llu\n", table[i].name, (unsigned long long)served[i]);
    return started < set.threads;
}

static int mount_it(void)
{
    char data[128];
    set.fd = open("/dev/fuse", O_RDWR | O_CLOEXEC);
    if (set.fd < 0) {
        perror("nullfs: /dev/fuse");
        return 1;
    }
    snprintf(data, sizeof data, "fd=%d,rootmode=40000,user_id=%u,group_id=%u,default_permissions", set.fd,
             set.uid, set.gid);
    if (mount("nullfs", set.point, "fuse.nullfs", MS_NOSUID | MS_NODEV, data) == 0)
        return 0;
    perror("nullfs: mount");
    return 1;
}

/* ---- the command line -------------------------------------------------------------------------------- */

static int usage(void)
{
    fprintf(stderr,
            "usage: nullfs [--cpu N] [--timeout SECONDS] [--files N] [--size BYTES] [--threads N] [--counts] "
            "MOUNT-POINT\n");
    return 2;
}

static bool take(const char *name, const char *value)
{
    char *end;
    if (strcmp(name, "--timeout") == 0)
        set.timeout = strtod(value, &end);
    else if (strcmp(name, "--cpu") == 0)
        set.cpu = (int)strtol(value, &end, 10);
    else if (strcmp(name, "--files") == 0)
        set.files = strtoul(value, &end, 10);
    else if (strcmp(name, "--threads") == 0)
        set.threads = strtoul(value, &end, 10);
    else if (strcmp(name, "--size") == 0)
        set.size = strtoull(value, &end, 10);
    else
        return false;
    return *value && !*end;
}

static bool parse(char **argv)
{
    for (char **at = argv + 1; *at; at++) {
        if (strcmp(*at, "--counts") == 0) {
            set.counts = true;
        } else if (**at != '-' && !set.point) {
            set.point = *at;
        } else if (!at[1] || !take(at[0], at[1])) {
            return false;
        } else {
            at++;
        }
    }
    return set.point && set.timeout >= 0 && set.files >= 1 && set.files <= 100000 && set.threads >= 1 &&
           set.threads <= THREADS_MAX && set.cpu < CPU_SETSIZE;
}

int main(int argc, char **argv)
{
    if (argc < 2 || !parse(argv))
        return usage();
    set.uid = getuid();
    set.gid = getgid();
    bool packed = true;
    for (int plus = 0; plus < 2; plus++) {
        packed &= make_pack(&packs[0][plus], plus, ROOT_ENTRIES, nth_of_root);
        packed &= make_pack(&packs[1][plus], plus, (uint32_t)set.files, nth_of_many);
    }
    if (!packed) {
        fprintf(stderr, "nullfs: out of memory\n");
        return 1;
    }
    return mount_it() || run();
}
