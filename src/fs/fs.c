// SPDX-License-Identifier: MIT
/*
 * The life of FS objects: made from a table, counted, closed by the last reference. Also messages and
 * progress.
 *
 * The object below is closed after the one above: a filter's close may still use it.
 */
#include "fs/fs_i.h"

#include "base/cleanup.h"
#include <errno.h>
#include <stdarg.h>
#include <string.h>

int fs_fail(struct fs_error *error, int code, const char *fmt, ...)
{
    if (error) {
        va_list args;
        va_start(args, fmt);
        vsnprintf(error->text, sizeof error->text, fmt, args);
        va_end(args);
        error->code = code;
    }
    return code;
}

static bool table_complete(const struct fs_table *table, const struct fs *next)
{
    return next || (table->getinfo && table->scandir && table->open && table->f_pread);
}

int fs_new(const struct fs_table *table, void *data, struct fs *next, struct fs **out)
{
    const size_t least = offsetof(struct fs_table, close);
    if (!table || !out || table->size < least || table->version == 0 || table->version > FS_API_VERSION ||
        !table->name)
        return -EINVAL;
    if (next && next->depth + 1 >= FS_DEPTH_MAX)
        return -ELOOP;
    CLEANUP_FREE struct fs *fs = calloc(1, sizeof *fs);
    if (!fs)
        return -ENOMEM;
    memcpy(&fs->table, table, table->size < sizeof *table ? table->size : sizeof *table);
    if (!table_complete(&fs->table, next))
        return -EINVAL;
    fs->data = data;
    fs->next = next;
    fs->depth = next ? next->depth + 1 : 0;
    fs->flags = table->flags;
    atomic_init(&fs->refs, 1);
    pthread_mutex_init(&fs->lock, NULL);
    *out = steal_ptr(&fs);
    return 0;
}

struct fs *fs_ref(struct fs *fs)
{
    if (fs)
        atomic_fetch_add_explicit(&fs->refs, 1, memory_order_relaxed);
    return fs;
}

int fs_close(struct fs *fs)
{
    int first = 0;
    while (fs && atomic_fetch_sub_explicit(&fs->refs, 1, memory_order_acq_rel) == 1) {
        struct fs *next = fs->next;
        int rc = fs->table.close ? fs->table.close(fs) : 0;
        first = first ? first : rc;
        pthread_mutex_destroy(&fs->lock);
        free(fs);
        fs = next;
    }
    return first;
}

void *fs_data(const struct fs *fs)
{
    return fs->data;
}

struct fs *fs_next(const struct fs *fs)
{
    return fs->next;
}

const char *fs_kind(const struct fs *fs)
{
    return fs->table.name;
}

/* Bits that hold for a stack when one layer has them; the others need every layer. */
enum { ANY_LAYER = FS_READ_ONLY | FS_NETWORK | FS_CASE_INSENSITIVE | FS_SEEK_SLOW | FS_WRITE_ON_CLOSE };

uint32_t fs_flags(const struct fs *fs)
{
    uint32_t any = 0, all = ~(uint32_t)0;
    for (; fs; fs = fs->next) {
        any |= fs->flags;
        all &= fs->flags;
    }
    return (any & ANY_LAYER) | (all & ~(uint32_t)ANY_LAYER);
}

void fs_set_flags(struct fs *fs, uint32_t set, uint32_t clear)
{
    fs->flags = (fs->flags | set) & ~clear;
}

static _Thread_local atomic_uint *progress;

void fs_progress_to(atomic_uint *counter)
{
    progress = counter;
}

void fs_progress(void)
{
    if (progress)
        atomic_fetch_add_explicit(progress, 1, memory_order_relaxed);
}

/* From the bottom up, and back: a layer may rely on those below. */
void fs_thread_start(struct fs *fs)
{
    if (fs->next)
        fs_thread_start(fs->next);
    if (fs->table.thread_start)
        fs->table.thread_start(fs);
}

void fs_thread_stop(struct fs *fs)
{
    for (; fs; fs = fs->next)
        if (fs->table.thread_stop)
            fs->table.thread_stop(fs);
}
