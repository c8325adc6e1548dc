// SPDX-License-Identifier: MIT
/*
 * engine: what a request costs inside the process, without a door and without the kernel. The volume is
 * memfs. One line per operation, once with no timeouts (each answer comes from the file system), once with
 * caching, and once with caching, the extended operations and access checks:
 *
 *     OPERATION VOLUME NANOSECONDS ALLOCATIONS CALLBACKS NATIVE     (the three in the middle per operation)
 *
 * Allocations are counted where engine and memfs ask for memory (the linker's --wrap). All requests run on
 * this thread, to their end, inside nt_submit(). NATIVE is what the kernel takes for the same on a tmpfs, in
 * turns with ours, divided by our time.
 */
#include "memfs.h"
#include "nt/nt.h"
#include <dokan/ntstatus.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { BLOCK = 4096, DATA_BYTES = 1 << 20, FILES = 1000, NAME_UNITS = 6 };

#define FOREVER_NS 3600000000000ull

/* ---- allocations ------------------------------------------------------------------------------------- */

static _Atomic uint64_t allocations;

void *__real_malloc(size_t size);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *old, size_t size);
void *__real_aligned_alloc(size_t alignment, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *old, size_t size);
void *__wrap_aligned_alloc(size_t alignment, size_t size);

static void count_allocation(void)
{
    atomic_fetch_add_explicit(&allocations, 1, memory_order_relaxed);
}

void *__wrap_malloc(size_t size)
{
    count_allocation();
    return __real_malloc(size);
}

void *__wrap_calloc(size_t n, size_t size)
{
    count_allocation();
    return __real_calloc(n, size);
}

void *__wrap_realloc(void *old, size_t size)
{
    count_allocation();
    return __real_realloc(old, size);
}

void *__wrap_aligned_alloc(size_t alignment, size_t size)
{
    count_allocation();
    return __real_aligned_alloc(alignment, size);
}

/* ---- requests ---------------------------------------------------------------------------------------- */

struct rig {
    DOKAN_OPTIONS options;
    struct nt_volume *vol;
    void *fs;
    struct nt_handle *data; /* open all the time */
    struct nt_node *data_node;
    struct nt_node *known[FILES]; /* a door's client knows these names */
    uint8_t buffer[BLOCK];
    int native_dir, native_data; /* on a tmpfs; -1: there is none */
};

/* A request and what came of it. */
struct ask {
    struct nt_request rq;
    NTSTATUS status;
    bool completed, released;
};

static void completed(struct nt_request *rq, NTSTATUS status, uint64_t information)
{
    struct ask *ask = list_entry(rq, struct ask, rq);
    ask->status = status;
    ask->completed = true;
}

static void released(struct nt_request *rq)
{
    list_entry(rq, struct ask, rq)->released = true;
}

static void begin(struct rig *rig, struct ask *ask, enum nt_op op)
{
    memset(&ask->rq, 0, offsetof(struct nt_request, p));
    atomic_store_explicit(&ask->rq.p.flags, 0, memory_order_relaxed);
    ask->completed = ask->released = false;
    ask->rq.volume = rig->vol;
    ask->rq.op = op;
    ask->rq.caller = (struct nt_caller){.pid = 1};
    ask->rq.complete = completed;
    ask->rq.release = released;
}

static void submit(struct ask *ask)
{
    nt_submit(&ask->rq);
    if (ask->status || !ask->completed || !ask->released) {
        fprintf(stderr, "engine: %s failed with 0x%x\n", nt_op_name(ask->rq.op), (unsigned)ask->status);
        exit(1);
    }
}

static const WCHAR *file_name(unsigned n)
{
    static WCHAR name[] = u"f00000";
    for (int i = NAME_UNITS - 1; i > 0; i--, n /= 10)
        name[i] = (WCHAR)(u'0' + n % 10);
    return name;
}

static struct nt_name in_root(struct rig *rig, const WCHAR *name, uint16_t len)
{
    return (struct nt_name){.dir = nt_volume_root(rig->vol), .text = name, .len = len};
}

static struct nt_handle *open_file(struct rig *rig, struct nt_name name, ULONG disposition,
                                   struct nt_node **node)
{
    struct ask ask;
    begin(rig, &ask, NT_CREATE);
    ask.rq.create.name = name;
    ask.rq.create.access = FILE_GENERIC_READ | FILE_GENERIC_WRITE | DELETE;
    ask.rq.create.share = FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE;
    ask.rq.create.disposition = disposition;
    ask.rq.create.options = FILE_NON_DIRECTORY_FILE | FILE_SYNCHRONOUS_IO_NONALERT;
    ask.rq.create.want_attr = disposition == FILE_CREATE;
    submit(&ask);
    if (node)
        *node = ask.rq.create.out.node;
    else
        nt_node_put(ask.rq.create.out.node);
    return ask.rq.create.out.handle;
}

static void close_file(struct rig *rig, struct nt_handle *handle)
{
    static const enum nt_op ends[] = {NT_CLEANUP, NT_CLOSE};
    struct ask ask;
    for (int i = 0; i < 2; i++) {
        begin(rig, &ask, ends[i]);
        ask.rq.handle = handle;
        submit(&ask);
    }
}

static void transfer(struct rig *rig, enum nt_op op, struct nt_handle *handle, int64_t offset)
{
    struct ask ask;
    begin(rig, &ask, op);
    ask.rq.handle = handle;
    ask.rq.io = (struct nt_io_args){.buffer = rig->buffer, .length = BLOCK, .offset = offset};
    submit(&ask);
}

/* ---- operations -------------------------------------------------------------------------------------- */

static void step_getattr(struct rig *rig, unsigned n)
{
    struct ask ask;
    begin(rig, &ask, NT_GETATTR);
    ask.rq.getattr.node = rig->data_node;
    submit(&ask);
}

static void step_read(struct rig *rig, unsigned n)
{
    transfer(rig, NT_READ, rig->data, (int64_t)(n % (DATA_BYTES / BLOCK)) * BLOCK);
}

static void step_write(struct rig *rig, unsigned n)
{
    transfer(rig, NT_WRITE, rig->data, (int64_t)(n % (DATA_BYTES / BLOCK)) * BLOCK);
}

static void step_lookup(struct rig *rig, unsigned n)
{
    struct ask ask;
    begin(rig, &ask, NT_LOOKUP);
    ask.rq.lookup.name = in_root(rig, file_name(n % FILES), NAME_UNITS);
    submit(&ask);
    nt_node_put(ask.rq.lookup.out.node);
}

static void step_open(struct rig *rig, unsigned n)
{
    close_file(rig, open_file(rig, in_root(rig, file_name(n % FILES), NAME_UNITS), FILE_OPEN, NULL));
}

static void step_create(struct rig *rig, unsigned n)
{
    struct ask ask;
    struct nt_name name = in_root(rig, u"new", 3);
    close_file(rig, open_file(rig, name, FILE_CREATE, NULL));
    begin(rig, &ask, NT_REMOVE);
    ask.rq.remove.name = name;
    submit(&ask);
}

static bool count_entry(struct nt_request *rq, const struct nt_dirent *entry)
{
    return true;
}

/* One listing of FILES names; the figures are per name. */
static void step_list(struct rig *rig, unsigned n)
{
    struct ask ask;
    begin(rig, &ask, NT_CREATE);
    ask.rq.create.name = (struct nt_name){.dir = nt_volume_root(rig->vol), .text = u""};
    ask.rq.create.access = FILE_LIST_DIRECTORY | SYNCHRONIZE;
    ask.rq.create.share = FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE;
    ask.rq.create.disposition = FILE_OPEN;
    ask.rq.create.options = FILE_DIRECTORY_FILE | FILE_SYNCHRONOUS_IO_NONALERT;
    submit(&ask);
    struct nt_handle *handle = ask.rq.create.out.handle;
    nt_node_put(ask.rq.create.out.node);
    begin(rig, &ask, NT_LIST_DIRECTORY);
    ask.rq.handle = handle;
    ask.rq.list = (struct nt_list_args){.want_nodes = true, .emit = count_entry};
    submit(&ask);
    close_file(rig, handle);
}

/* ---- the same, by the kernel ------------------------------------------------------------------------- */

static void native_fstat(struct rig *rig, unsigned n)
{
    struct stat st;
    if (fstat(rig->native_data, &st) < 0)
        exit(1);
}

static void native_read(struct rig *rig, unsigned n)
{
    if (pread(rig->native_data, rig->buffer, BLOCK, (off_t)(n % (DATA_BYTES / BLOCK)) * BLOCK) != BLOCK)
        exit(1);
}

static void native_write(struct rig *rig, unsigned n)
{
    if (pwrite(rig->native_data, rig->buffer, BLOCK, (off_t)(n % (DATA_BYTES / BLOCK)) * BLOCK) != BLOCK)
        exit(1);
}

static const char *native_name(unsigned n)
{
    static char name[16];
    snprintf(name, sizeof name, "f%05u", n % FILES);
    return name;
}

static void native_open(struct rig *rig, unsigned n)
{
    int fd = openat(rig->native_dir, native_name(n), O_RDWR | O_CLOEXEC);
    if (fd < 0 || close(fd) < 0)
        exit(1);
}

static void native_create(struct rig *rig, unsigned n)
{
    int fd = openat(rig->native_dir, "new", O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0 || close(fd) < 0 || unlinkat(rig->native_dir, "new", 0) < 0)
        exit(1);
}

static void native_remove(struct rig *rig)
{
    for (unsigned i = 0; i < FILES; i++)
        unlinkat(rig->native_dir, native_name(i), 0);
    unlinkat(rig->native_dir, "data", 0);
    close(rig->native_data);
    close(rig->native_dir);
}

static void native_fill(struct rig *rig, char *folder)
{
    rig->native_dir = mkdtemp(folder) ? open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
    if (rig->native_dir < 0)
        return;
    for (unsigned i = 0; i < FILES; i++)
        close(openat(rig->native_dir, native_name(i), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
    rig->native_data = openat(rig->native_dir, "data", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    for (unsigned n = 0; n < DATA_BYTES / BLOCK; n++)
        native_write(rig, n);
}

static const struct op {
    const char *name;
    void (*step)(struct rig *rig, unsigned n);
    void (*native)(struct rig *rig, unsigned n); /* NULL: the kernel has no such thing */
    unsigned share; /* the figures are divided by this, and so is the number of steps */
} ops[] = {
    {"getattr", step_getattr, native_fstat, 1}, {"read-4k", step_read, native_read, 1},
    {"write-4k", step_write, native_write, 1},  {"lookup", step_lookup, NULL, 1},
    {"open-close", step_open, native_open, 1},  {"create-close-remove", step_create, native_create, 1},
    {"list", step_list, NULL, FILES},
};

enum { OPS = sizeof ops / sizeof *ops };

/* ---- measuring --------------------------------------------------------------------------------------- */

static uint64_t now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static uint64_t callbacks(struct rig *rig)
{
    DOKAN_VOLUME_COUNTERS counters = {.Size = sizeof counters};
    uint64_t sum = 0;
    nt_volume_counters(rig->vol, &counters);
    for (unsigned i = 0; i < DOKAN_OPERATION_COUNT; i++)
        sum += counters.Operations[i].Calls;
    return sum;
}

/* Its own function, so that a profiler can be told to look at nothing else. */
static __attribute__((noinline)) void measured_loop(struct rig *rig, const struct op *op, unsigned from,
                                                    unsigned steps)
{
    for (unsigned n = from; n < from + steps; n++)
        op->step(rig, n);
}

static uint64_t native_loop(struct rig *rig, const struct op *op, unsigned from, unsigned steps)
{
    if (!op->native || rig->native_dir < 0)
        return 0;
    uint64_t start = now_ns();
    for (unsigned n = from; n < from + steps; n++)
        op->native(rig, n);
    return now_ns() - start;
}

static void measure(struct rig *rig, const struct op *op, const char *volume, unsigned count)
{
    enum { TURNS = 10 };
    unsigned steps = count / op->share / TURNS ? count / op->share / TURNS : 1;
    double done = (double)steps * op->share * TURNS;
    uint64_t ns = 0, native = 0;
    op->step(rig, 0);
    uint64_t allocated = allocations, called = callbacks(rig);
    for (unsigned turn = 0; turn < TURNS; turn++) {
        uint64_t start = now_ns();
        measured_loop(rig, op, turn * steps, steps);
        ns += now_ns() - start;
        native += native_loop(rig, op, turn * steps, steps);
    }
    printf("%-20s %-8s %9.1f %7.2f %7.2f", op->name, volume, (double)ns / done,
           (double)(allocations - allocated) / done, (double)(callbacks(rig) - called) / done);
    if (native)
        printf(" %7.2f\n", (double)native / (double)ns);
    else
        printf(" %7s\n", "-");
}

/* ---- the volume -------------------------------------------------------------------------------------- */

static const struct volume {
    const char *name;
    uint64_t cache_ns;
    bool full; /* with the extended operations, and opens are checked against descriptors */
} volumes[] = {{"none", 0, false}, {"cached", FOREVER_NS, false}, {"full", FOREVER_NS, true}};

static struct rig *rig_new(const struct volume *volume)
{
    struct rig *rig = calloc(1, sizeof *rig);
    void *fs = memfs_new(MEMFS_CASE_SENSITIVE | (volume->full ? MEMFS_EXTENDED : 0), 0);
    if (!rig || !fs)
        exit(1);
    rig->fs = fs;
    rig->options.Version = DOKAN_VERSION;
    rig->options.Options = DOKAN_OPTION_CASE_SENSITIVE | DOKAN_OPTION_ALT_STREAM;
    rig->options.GlobalContext = (ULONG64)(uintptr_t)fs;
    rig->options.SectorSize = rig->options.AllocationUnitSize = 512;
    struct nt_volume_config config = {
        .options = &rig->options,
        .operations = memfs_operations(),
        .operations_ex = volume->full ? memfs_operations_ex() : NULL,
        .security = volume->full ? NT_SECURITY_CHECK | NT_SECURITY_INHERIT : 0,
        .timeout_ms = 60000,
        .entry_ns = volume->cache_ns,
        .attr_ns = volume->cache_ns,
    };
    if (nt_volume_open(&config, &rig->vol)) {
        fprintf(stderr, "engine: the volume does not open\n");
        exit(1);
    }
    return rig;
}

static void rig_fill(struct rig *rig)
{
    for (unsigned i = 0; i < FILES; i++)
        close_file(rig, open_file(rig, in_root(rig, file_name(i), NAME_UNITS), FILE_CREATE, &rig->known[i]));
    rig->data = open_file(rig, in_root(rig, u"data", 4), FILE_CREATE, &rig->data_node);
    for (int64_t at = 0; at < DATA_BYTES; at += BLOCK)
        transfer(rig, NT_WRITE, rig->data, at);
}

static void rig_free(struct rig *rig)
{
    close_file(rig, rig->data);
    nt_node_put(rig->data_node);
    for (unsigned i = 0; i < FILES; i++)
        nt_node_put(rig->known[i]);
    nt_volume_stop(rig->vol);
    nt_volume_put(rig->vol);
    memfs_free(rig->fs);
    free(rig);
}

static bool is_wanted(const char *name, char **wanted)
{
    bool any = !*wanted;
    for (; *wanted; wanted++)
        any |= strcmp(*wanted, name) == 0;
    return any;
}

/* ---- the command line -------------------------------------------------------------------------------- */

static int usage(void)
{
    fprintf(stderr, "usage: engine [-n COUNT] [-m none|cached|full] [OPERATION...]\n");
    for (size_t i = 0; i < OPS; i++)
        fprintf(stderr, "  %s\n", ops[i].name);
    return 2;
}

int main(int argc, char **argv)
{
    unsigned long count = 300000;
    const char *only = NULL;
    int option;
    while ((option = getopt(argc, argv, "n:m:")) != -1) {
        if (option == 'n')
            count = strtoul(optarg, NULL, 10);
        else if (option == 'm')
            only = optarg;
        else
            return usage();
    }
    if (count < 1 || count > 1000000000)
        return usage();
    printf("%-20s %-8s %9s %7s %7s %7s\n", "operation", "volume", "ns", "allocs", "calls", "native");
    for (size_t v = 0; v < sizeof volumes / sizeof *volumes; v++) {
        if (only && strcmp(only, volumes[v].name) != 0)
            continue;
        char folder[] = "/dev/shm/engine-XXXXXX";
        struct rig *rig = rig_new(&volumes[v]);
        rig_fill(rig);
        native_fill(rig, folder);
        for (size_t i = 0; i < OPS; i++)
            if (is_wanted(ops[i].name, argv + optind))
                measure(rig, &ops[i], volumes[v].name, (unsigned)count);
        if (rig->native_dir >= 0) {
            native_remove(rig);
            rmdir(folder);
        }
        rig_free(rig);
    }
    return 0;
}
