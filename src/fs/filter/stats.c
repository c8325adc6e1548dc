// SPDX-License-Identifier: MIT
/*
 * Counts calls, errors, bytes and time per method. Counters only grow and are exact one by one; a text made
 * while calls run may show them from slightly different moments.
 */
#include "fs/filter/tap.h"

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/io.h"
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>

enum column { CALLS, ERRORS, BYTES, TOTAL_NS, LONGEST_NS, COLUMN_COUNT };

static const char *const columns[COLUMN_COUNT] = {"calls", "errors", "bytes", "total_ns", "longest_ns"};

struct stats {
    struct tap tap;
    int fd; /* where the table goes at the end; -1: standard error */
    atomic_uint_fast64_t counters[TAP_COUNT][COLUMN_COUNT];
};

static void count(atomic_uint_fast64_t *counter, uint64_t value)
{
    atomic_fetch_add_explicit(counter, value, memory_order_relaxed);
}

static void raise_to(atomic_uint_fast64_t *counter, uint64_t value)
{
    uint_fast64_t seen = atomic_load_explicit(counter, memory_order_relaxed);
    while (seen < value && !atomic_compare_exchange_weak(counter, &seen, value))
        ;
}

static void stats_after(struct fs *fs, const struct tap_call *call, int64_t result)
{
    struct stats *stats = fs_data(fs);
    atomic_uint_fast64_t *row = stats->counters[call->method];
    uint64_t ns = clock_ns() - call->started;
    count(&row[CALLS], 1);
    count(&row[ERRORS], result < 0);
    if (result > 0 && (call->method == TAP_PREAD || call->method == TAP_PWRITE))
        count(&row[BYTES], (uint64_t)result);
    count(&row[TOTAL_NS], ns);
    raise_to(&row[LONGEST_NS], ns);
}

static const struct tap_hooks hooks = {.after = stats_after};

/* The table, for people; only methods that were called. Returns how many. */
static int print_table(struct stats *stats, FILE *out)
{
    int rows = 0;
    for (int i = 0; i < TAP_COUNT; i++) {
        const atomic_uint_fast64_t *row = stats->counters[i];
        if (row[CALLS] == 0)
            continue;
        if (rows++ == 0)
            fprintf(out, "%-12s %10s %10s %14s %14s %14s\n", "method", "calls", "errors", "bytes", "total_ns",
                    "longest_ns");
        fprintf(out, "%-12s", tap_names[i]);
        for (int c = 0; c < COLUMN_COUNT; c++)
            fprintf(out, " %*" PRIuFAST64, c < BYTES ? 10 : 14, row[c]);
        fputc('\n', out);
    }
    return rows;
}

static int table_text(struct stats *stats, char **text, size_t *size)
{
    FILE *out = open_memstream(text, size);
    if (!out)
        return -ENOMEM;
    int rows = print_table(stats, out);
    return fclose(out) == 0 ? rows : -ENOMEM;
}

/* "stats.pread.calls" */
static int one_counter(struct stats *stats, const char *key, char *buf, size_t size)
{
    for (int i = 0; i < TAP_COUNT; i++) {
        size_t length = strlen(tap_names[i]);
        if (strncmp(key, tap_names[i], length) != 0 || key[length] != '.')
            continue;
        for (int c = 0; c < COLUMN_COUNT; c++)
            if (strcmp(key + length + 1, columns[c]) == 0)
                return snprintf(buf, size, "%" PRIuFAST64, stats->counters[i][c]) < (int)size ? 0 : -ERANGE;
    }
    return -ENODATA;
}

static int stats_getmeta(struct fs *fs, const char *key, char *buf, size_t size)
{
    struct stats *stats = fs_data(fs);
    if (strncmp(key, "stats.", 6) == 0)
        return one_counter(stats, key + 6, buf, size);
    if (strcmp(key, "stats") != 0)
        return -ENODATA;
    CLEANUP_FREE char *text = NULL;
    size_t length = 0;
    int rc = table_text(stats, &text, &length);
    if (rc < 0 || length >= size)
        return rc < 0 ? rc : -ERANGE;
    memcpy(buf, text, length + 1);
    return 0;
}

/* What a copy in another process wrote before is replaced: the one that serves a mount in the background ends
 * last, and has counted what its parent did before it. Fails harmlessly on what is no regular file. */
static void start_again(int fd)
{
    if (ftruncate(fd, 0) == 0)
        (void)lseek(fd, 0, SEEK_SET);
}

/* A copy that was never called says nothing. */
static int stats_close(struct fs *fs)
{
    struct stats *stats = fs_data(fs);
    CLEANUP_FREE char *text = NULL;
    size_t length = 0;
    int rc = table_text(stats, &text, &length);
    if (rc > 0 && stats->fd >= 0)
        start_again(stats->fd);
    if (rc > 0)
        rc = write_all(stats->fd >= 0 ? stats->fd : STDERR_FILENO, text, length);
    if (stats->fd >= 0)
        close(stats->fd);
    free(stats);
    return rc;
}

static int stats_open(struct fs *next, const struct fs_params *params, struct fs **fs, struct fs_error *error)
{
    const char *path = fs_param(params, "file");
    CLEANUP_FREE struct stats *stats = calloc(1, sizeof *stats);
    CLEANUP_FD int fd = path ? open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600) : -1;
    if (!stats)
        return fs_fail(error, -ENOMEM, "filter stats: no memory");
    if (path && fd < 0)
        return fs_fail(error, -errno, "filter stats: file %s cannot be written: %s", path, strerror(errno));
    stats->tap.hooks = &hooks;
    stats->fd = fd;
    struct fs_table table = tap_methods;
    table.name = "stats";
    table.close = stats_close;
    table.getmeta = stats_getmeta;
    int rc = fs_new(&table, stats, next, fs);
    if (rc)
        return fs_fail(error, rc, "filter stats: cannot be added: %s", strerror(-rc));
    (void)steal_ptr(&stats);
    (void)steal_fd(&fd);
    return 0;
}

static const struct fs_param_doc stats_params[] = {
    {"file", "PATH", "where the table is written at the end; default: standard error"},
    {NULL, NULL, NULL},
};

const struct fs_filter filter_stats = {
    .size = sizeof(struct fs_filter),
    .version = FS_API_VERSION,
    .name = "stats",
    .summary = "Counts calls, errors, bytes and time",
    .params = stats_params,
    .open = stats_open,
};
