// SPDX-License-Identifier: MIT
/*
 * How long a file is while it is being written, for objects that cannot tell the facts of an open file: the
 * furthest end that any handle wrote, unless the object reports more; exactly that once the size was set.
 *
 * A record stands for a path as long as a handle that writes is open on it, and follows renames. All under
 * sizes->lock.
 */
#include "fs/mount/expose_i.h"

#include "base/cleanup.h"
#include <stdio.h>
#include <string.h>

static struct written **bucket_of(struct sizes *sizes, const char *path)
{
    uint32_t hash = 2166136261u;
    for (; *path; path++)
        hash = (hash ^ (unsigned char)*path) * 16777619u;
    return &sizes->bucket[hash % SIZE_BUCKETS];
}

static struct written *find(struct sizes *sizes, const char *path)
{
    for (struct written *at = *bucket_of(sizes, path); at; at = at->next)
        if (strcmp(at->path, path) == 0)
            return at;
    return NULL;
}

static void insert(struct sizes *sizes, struct written *written)
{
    struct written **bucket = bucket_of(sizes, written->path);
    written->next = *bucket;
    *bucket = written;
    atomic_fetch_add(&sizes->count, 1);
}

static void take_out(struct sizes *sizes, struct written *written)
{
    for (struct written **at = bucket_of(sizes, written->path); *at; at = &(*at)->next) {
        if (*at == written) {
            *at = written->next;
            atomic_fetch_sub(&sizes->count, 1);
            return;
        }
    }
}

static struct written *new_record(const char *path)
{
    struct written *written = calloc(1, sizeof *written);
    if (written && !(written->path = strdup(path))) {
        free(written);
        return NULL;
    }
    return written;
}

struct written *size_get(struct sizes *sizes, const char *path)
{
    LOCK_SCOPE(&sizes->lock);
    struct written *written = find(sizes, path);
    if (!written && (written = new_record(path)))
        insert(sizes, written);
    if (written)
        written->refs++;
    return written;
}

void size_put(struct sizes *sizes, struct written *written)
{
    if (!written)
        return;
    LOCK_SCOPE(&sizes->lock);
    if (--written->refs)
        return;
    take_out(sizes, written);
    free(written->path);
    free(written);
}

void size_reached(struct sizes *sizes, struct written *written, uint64_t end)
{
    if (!written)
        return;
    LOCK_SCOPE(&sizes->lock);
    if (written->end < end)
        written->end = end;
}

void size_set(struct sizes *sizes, struct written *written, uint64_t size)
{
    if (!written)
        return;
    LOCK_SCOPE(&sizes->lock);
    written->end = size;
    written->exact = true;
}

static void correct(const struct written *written, struct fs_info *info)
{
    uint64_t reported = info->valid & FS_INFO_SIZE ? info->size : 0;
    info->size = written->exact || reported < written->end ? written->end : reported;
    info->valid |= FS_INFO_SIZE;
}

void size_apply(struct sizes *sizes, const char *path, struct fs_info *info)
{
    if (atomic_load_explicit(&sizes->count, memory_order_relaxed) == 0 || info->type != FS_TYPE_FILE)
        return;
    LOCK_SCOPE(&sizes->lock);
    const struct written *written = find(sizes, path);
    if (written)
        correct(written, info);
}

void size_apply_to(struct sizes *sizes, const struct written *written, struct fs_info *info)
{
    LOCK_SCOPE(&sizes->lock);
    correct(written, info);
}

/* Without memory the record keeps its old name and is found no more. */
static void rename_one(struct sizes *sizes, struct written *written, size_t from, const char *to)
{
    char *path = NULL;
    if (asprintf(&path, "%s%s", to, written->path + from) < 0)
        return;
    take_out(sizes, written);
    free(written->path);
    written->path = path;
    insert(sizes, written);
}

void size_renamed(struct sizes *sizes, const char *from, const char *to)
{
    size_t length = strlen(from);
    if (atomic_load_explicit(&sizes->count, memory_order_relaxed) == 0)
        return;
    LOCK_SCOPE(&sizes->lock);
    for (size_t i = 0; i < SIZE_BUCKETS; i++) {
        for (struct written *at = sizes->bucket[i], *next; at; at = next) {
            next = at->next;
            char behind = strncmp(at->path, from, length) == 0 ? at->path[length] : 'x';
            if (behind == 0 || behind == '/')
                rename_one(sizes, at, length, to);
        }
    }
}
