// SPDX-License-Identifier: MIT
/*
 * work: the client. Does one kind of work in a folder and says in one line how fast that was:
 *
 *     OPERATION VALUE UNIT COUNT SECONDS CPU-MICROSECONDS-PER-STEP
 *
 * The folder holds what nullfs shows (`work fill` makes it elsewhere): data, many/fNNNNN, made/. What must be
 * cold is made so by whoever calls us. An operation is a row of the table: prepare, then `step` until the
 * time or the count is used up; a row that runs once does exactly one pass.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <time.h>
#include <unistd.h>

enum { SMALL = 4096, LARGE = 1 << 20, OPENED_FILES = 100, MADE_NAMES = 1000, CHECK_NS = 2000000 };

struct op;

static struct {
    const struct op *op;
    int dir, many, made, data; /* descriptors; -1: not open */
    unsigned long files;
    uint64_t size;
    uint64_t random;
    uint64_t next; /* steps done */
    uint8_t *buffer;
} now = {.dir = -1,
         .many = -1,
         .made = -1,
         .data = -1,
         .files = 10000,
         .size = 64 << 20,
         .random = 88172645463325252u};

struct op {
    const char *name;
    void (*prepare)(void);
    uint64_t (*step)(void); /* units of work done */
    bool once;
    bool bytes; /* the units are bytes */
    int flags;  /* to open `data` with */
    size_t block;
};

static _Noreturn void fail(const char *what)
{
    fprintf(stderr, "work: %s: %s: %s\n", now.op ? now.op->name : "fill", what, strerror(errno));
    exit(1);
}

static void must(bool ok, const char *what)
{
    if (!ok)
        fail(what);
}

static int open_in(int dir, const char *name, int flags)
{
    int fd = openat(dir, name, flags | O_CLOEXEC, 0644);
    must(fd >= 0, name);
    return fd;
}

static uint64_t next_random(void)
{
    now.random ^= now.random << 13;
    now.random ^= now.random >> 7;
    now.random ^= now.random << 17;
    return now.random;
}

static const char *numbered(char letter, uint64_t n)
{
    static char name[] = "x00000";
    name[0] = letter;
    for (int i = 5; i > 0; i--, n /= 10)
        name[i] = (char)('0' + n % 10);
    return name;
}

/* ---- metadata ---------------------------------------------------------------------------------------- */

static void open_many(void)
{
    now.many = open_in(now.dir, "many", O_RDONLY | O_DIRECTORY);
}

static void open_made(void)
{
    now.made = open_in(now.dir, "made", O_RDONLY | O_DIRECTORY);
}

static void open_data(void)
{
    now.data = open_in(now.dir, "data", now.op->flags);
}

static uint64_t step_fstat(void)
{
    struct stat st;
    must(fstat(now.data, &st) == 0, "fstat");
    return 1;
}

static uint64_t step_stat(void)
{
    struct stat st;
    must(fstatat(now.many, numbered('f', now.next % now.files), &st, 0) == 0, "stat");
    return 1;
}

static uint64_t pass_stat(void)
{
    for (now.next = 0; now.next < now.files; now.next++)
        step_stat();
    return now.files;
}

static void warm_stat(void)
{
    open_many();
    pass_stat();
    now.next = 0;
}

static uint64_t step_create(void)
{
    const char *name = numbered('c', now.next % MADE_NAMES);
    close(open_in(now.made, name, O_CREAT | O_EXCL | O_RDWR));
    must(unlinkat(now.made, name, 0) == 0, "unlink");
    return 1;
}

static uint64_t step_make(void)
{
    close(open_in(now.made, numbered('m', now.next), O_CREAT | O_EXCL | O_RDWR));
    return 1;
}

static uint64_t step_unlink(void)
{
    must(unlinkat(now.made, numbered('m', now.next), 0) == 0, "unlink");
    return 1;
}

static uint64_t step_open_read(void)
{
    int fd = open_in(now.many, numbered('f', now.next % OPENED_FILES), O_RDONLY);
    must(pread(fd, now.buffer, SMALL, 0) == SMALL, "read");
    close(fd);
    return 1;
}

/* What ls -l asks: the names, then of each its attributes and whether it has an access control list. */
static uint64_t pass_ls(void)
{
    char path[64];
    struct stat st;
    uint64_t n = 0;
    DIR *list = fdopendir(open_in(now.dir, "many", O_RDONLY | O_DIRECTORY));
    must(list, "opendir");
    for (struct dirent *entry; (entry = readdir(list)) != NULL;) {
        if (entry->d_name[0] == '.')
            continue;
        must(fstatat(dirfd(list), entry->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0, entry->d_name);
        snprintf(path, sizeof path, "many/%.32s", entry->d_name);
        (void)!getxattr(path, "system.posix_acl_access", NULL, 0);
        n++;
    }
    closedir(list);
    must(n == now.files, "the listing is not complete");
    return n;
}

/* ---- data -------------------------------------------------------------------------------------------- */

static int64_t random_offset(void)
{
    return (int64_t)(next_random() % (now.size / now.op->block) * now.op->block);
}

static int64_t next_offset(void)
{
    return (int64_t)(now.next % (now.size / now.op->block) * now.op->block);
}

static uint64_t read_at(int64_t offset)
{
    must(pread(now.data, now.buffer, now.op->block, offset) == (ssize_t)now.op->block, "read");
    return now.op->bytes ? now.op->block : 1;
}

static uint64_t write_at(int64_t offset)
{
    must(pwrite(now.data, now.buffer, now.op->block, offset) == (ssize_t)now.op->block, "write");
    return now.op->bytes ? now.op->block : 1;
}

static uint64_t step_read_random(void)
{
    return read_at(random_offset());
}

/* From the start with an empty cache each time: else nothing but memory would be measured. */
static uint64_t step_read_next(void)
{
    int64_t offset = next_offset();
    if (offset == 0 && !(now.op->flags & O_DIRECT))
        posix_fadvise(now.data, 0, 0, POSIX_FADV_DONTNEED);
    return read_at(offset);
}

static uint64_t step_write_random(void)
{
    return write_at(random_offset());
}

static uint64_t step_write_next(void)
{
    return write_at(next_offset());
}

static void warm_data(void)
{
    open_data();
    for (uint64_t at = 0; at < now.size; at += LARGE)
        must(pread(now.data, now.buffer, LARGE, (int64_t)at) > 0, "read");
}

static const struct op ops[] = {
    {"fstat", open_data, step_fstat, .flags = O_RDONLY},
    {"stat-cold", open_many, pass_stat, .once = true},
    {"stat-warm", warm_stat, step_stat},
    {"create", open_made, step_create},
    {"make", open_made, step_make},
    {"unlink", open_made, step_unlink}, /* of what `make` has made, with the same -n */
    {"open-read", open_many, step_open_read},
    {"ls", NULL, pass_ls, .once = true},
    {"read4k-direct", open_data, step_read_random, .flags = O_RDONLY | O_DIRECT, .block = SMALL},
    {"read4k-cached", warm_data, step_read_random, .flags = O_RDONLY, .block = SMALL},
    {"write4k-direct", open_data, step_write_random, .flags = O_RDWR | O_DIRECT, .block = SMALL},
    {"write4k-cached", open_data, step_write_random, .flags = O_RDWR, .block = SMALL},
    {"read1m-direct", open_data, step_read_next, .flags = O_RDONLY | O_DIRECT, .block = LARGE, .bytes = true},
    {"read1m-cached", open_data, step_read_next, .flags = O_RDONLY, .block = LARGE, .bytes = true},
    {"write1m-direct", open_data, step_write_next, .flags = O_RDWR | O_DIRECT, .block = LARGE, .bytes = true},
    {"write1m-cached", open_data, step_write_next, .flags = O_RDWR, .block = LARGE, .bytes = true},
};

enum { OPS = sizeof ops / sizeof *ops };

/* ---- measuring --------------------------------------------------------------------------------------- */

static uint64_t clock_ns(clockid_t clock)
{
    struct timespec t;
    clock_gettime(clock, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static void measure(const struct op *op, uint64_t ns, uint64_t count)
{
    if (op->prepare)
        op->prepare();
    uint64_t units = 0, batch = 1, cpu = clock_ns(CLOCK_PROCESS_CPUTIME_ID),
             start = clock_ns(CLOCK_MONOTONIC), end;
    do {
        for (uint64_t i = 0; i < batch; i++, now.next++)
            units += op->step();
        end = clock_ns(CLOCK_MONOTONIC);
        if (end - start < CHECK_NS) /* looking at the clock must cost nothing beside the work */
            batch *= 2;
        if (count && now.next + batch > count)
            batch = count - now.next;
    } while (!op->once && batch && end - start < ns);
    cpu = clock_ns(CLOCK_PROCESS_CPUTIME_ID) - cpu;
    double seconds = (double)(end - start) / 1e9, done = (double)units / seconds;
    uint64_t steps = op->once ? units : now.next;
    printf("%s %.1f %s %llu %.6f %.3f\n", op->name, op->bytes ? done / LARGE : done,
           op->bytes ? "MiB/s" : "ops/s", (unsigned long long)steps, seconds,
           (double)cpu / 1e3 / (double)steps);
}

/* ---- making the files -------------------------------------------------------------------------------- */

static void write_file(int dir, const char *name, uint64_t size)
{
    int fd = open_in(dir, name, O_CREAT | O_TRUNC | O_WRONLY);
    for (uint64_t at = 0; at < size; at += LARGE) {
        size_t n = size - at < LARGE ? (size_t)(size - at) : LARGE;
        must(write(fd, now.buffer, n) == (ssize_t)n, name);
    }
    must(close(fd) == 0, name);
}

static void fill(void)
{
    must(mkdirat(now.dir, "many", 0755) == 0 && mkdirat(now.dir, "made", 0755) == 0, "mkdir");
    open_many();
    write_file(now.dir, "data", now.size);
    for (unsigned long i = 0; i < now.files; i++)
        write_file(now.many, numbered('f', i), SMALL);
}

/* ---- the command line -------------------------------------------------------------------------------- */

static int usage(void)
{
    fprintf(stderr,
            "usage: work [-c CPU] [-t SECONDS] [-n COUNT] [-f FILES] [-s BYTES] FOLDER fill|OPERATION\n");
    for (size_t i = 0; i < OPS; i++)
        fprintf(stderr, "  %s\n", ops[i].name);
    return 2;
}

static void pin(int cpu)
{
    cpu_set_t cpus;
    CPU_ZERO(&cpus);
    CPU_SET(cpu, &cpus);
    must(sched_setaffinity(0, sizeof cpus, &cpus) == 0, "-c");
}

static const struct op *find(const char *name)
{
    for (size_t i = 0; i < OPS; i++)
        if (strcmp(ops[i].name, name) == 0)
            return &ops[i];
    return NULL;
}

static void enter(const char *folder)
{
    now.buffer = mmap(NULL, LARGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    must(now.buffer != MAP_FAILED, "mmap");
    memset(now.buffer, 'w', LARGE);
    must(chdir(folder) == 0, folder);
    now.dir = open_in(AT_FDCWD, ".", O_RDONLY | O_DIRECTORY);
}

int main(int argc, char **argv)
{
    double seconds = 0.3;
    uint64_t count = 0;
    int option, cpu = -1;
    while ((option = getopt(argc, argv, "c:t:n:f:s:")) != -1) {
        switch (option) {
        case 'c':
            cpu = atoi(optarg);
            break;
        case 't':
            seconds = atof(optarg);
            break;
        case 'n':
            count = strtoull(optarg, NULL, 10);
            break;
        case 'f':
            now.files = strtoul(optarg, NULL, 10);
            break;
        case 's':
            now.size = strtoull(optarg, NULL, 10);
            break;
        default:
            return usage();
        }
    }
    if (argc - optind != 2 || now.files < OPENED_FILES || now.files > 100000 || now.size < LARGE)
        return usage();
    bool filling = strcmp(argv[optind + 1], "fill") == 0;
    now.op = filling ? NULL : find(argv[optind + 1]);
    if (!filling && !now.op)
        return usage();
    if (cpu >= 0)
        pin(cpu);
    enter(argv[optind]);
    if (now.op)
        measure(now.op, (uint64_t)(seconds * 1e9), count);
    else
        fill();
    return 0;
}
