// SPDX-License-Identifier: MIT
/*
 * The counting of the limit filter: sums, the scan at the start, and the table of open files.
 */
#include "fs/filter/limit.h"

#include "base/cleanup.h"
#include <errno.h>
#include <search.h>
#include <string.h>

int limit_take(struct limit *limit, uint64_t bytes, uint64_t files)
{
    LOCK_SCOPE(&limit->sum);
    if (bytes && (limit->used_bytes > limit->size || bytes > limit->size - limit->used_bytes))
        return -ENOSPC;
    if (files && (limit->used_files > limit->files || files > limit->files - limit->used_files))
        return -ENOSPC;
    limit->used_bytes += bytes;
    limit->used_files += files;
    return 0;
}

/* Never below zero: others may have changed what is below. */
void limit_give(struct limit *limit, uint64_t bytes, uint64_t files)
{
    LOCK_SCOPE(&limit->sum);
    limit->used_bytes -= bytes < limit->used_bytes ? bytes : limit->used_bytes;
    limit->used_files -= files < limit->used_files ? files : limit->used_files;
}

/* ---- the scan -------------------------------------------------------------------------------------------
 */

struct todo {
    struct todo *next;
    bool dir; /* else: a file whose size the listing did not tell */
    char path[];
};

struct scan {
    struct limit *limit;
    struct todo *todo;
    const char *dir;
    void *seen; /* numbers of files with several names, counted once */
    int rc;
};

static int by_number(const void *a, const void *b)
{
    uintptr_t x = (uintptr_t)a, y = (uintptr_t)b;
    return x < y ? -1 : x > y;
}

static bool seen_before(struct scan *scan, const struct fs_info *info)
{
    if (!(info->valid & FS_INFO_LINKS) || info->links < 2 || !(info->valid & FS_INFO_ID))
        return false;
    const void *id = (const void *)(uintptr_t)info->id; // NOLINT(performance-no-int-to-ptr)
    if (tfind(id, &scan->seen, by_number))
        return true;
    if (!tsearch(id, &scan->seen, by_number))
        scan->rc = -ENOMEM;
    return false;
}

static void put_off(struct scan *scan, const char *name, bool dir)
{
    size_t length = strlen(scan->dir), room = length + strlen(name) + 2;
    struct todo *todo = malloc(sizeof *todo + room);
    if (!todo) {
        scan->rc = -ENOMEM;
        return;
    }
    snprintf(todo->path, room, "%s/%s", length > 1 ? scan->dir : "", name);
    todo->dir = dir;
    todo->next = scan->todo;
    scan->todo = todo;
}

static int count_entry(void *ctx, const char *name, const struct fs_info *info, uint64_t next)
{
    struct scan *scan = ctx;
    scan->limit->used_files++;
    if (info->type == FS_TYPE_DIRECTORY)
        put_off(scan, name, true);
    else if (info->type == FS_TYPE_FILE && (info->valid & LIMIT_WANT) != LIMIT_WANT)
        put_off(scan, name, false);
    else if (info->type == FS_TYPE_FILE && !seen_before(scan, info))
        scan->limit->used_bytes += info->size;
    return scan->rc;
}

static int scan_one(struct scan *scan, struct fs *next, struct todo *todo)
{
    scan->dir = todo->path;
    fs_progress();
    if (todo->dir)
        return fs_scandir(next, todo->path, LIMIT_WANT, 0, count_entry, scan);
    struct fs_info info;
    int rc = fs_getinfo(next, todo->path, LIMIT_WANT, &info);
    if (rc == 0 && !(info.valid & FS_INFO_SIZE))
        return -EOPNOTSUPP;
    if (rc == 0 && !seen_before(scan, &info))
        scan->limit->used_bytes += info.size;
    return rc == -ENOENT ? 0 : rc;
}

static void keep(void *node)
{
}

int limit_scan(struct limit *limit, struct fs *next)
{
    struct scan scan = {.limit = limit, .dir = ""};
    put_off(&scan, "", true);
    int rc = scan.rc;
    while (scan.todo) {
        struct todo *todo = steal_ptr(&scan.todo);
        scan.todo = todo->next;
        rc = rc ? rc : scan_one(&scan, next, todo);
        rc = rc ? rc : scan.rc;
        free(todo);
    }
    tdestroy(scan.seen, keep);
    return rc;
}

/* ---- open files -----------------------------------------------------------------------------------------
 */

static struct limit_node *find(struct limit *limit, uint64_t id)
{
    struct limit_node *node = id ? limit->nodes[id % LIMIT_NODES] : NULL;
    while (node && node->id != id)
        node = node->next;
    return node;
}

int limit_node_get(struct limit *limit, const struct fs_info *info, struct limit_node **out)
{
    LOCK_SCOPE(&limit->nodes_lock);
    uint64_t id = info->valid & FS_INFO_ID ? info->id : 0;
    struct limit_node *node = find(limit, id);
    if (!node) {
        node = calloc(1, sizeof *node);
        if (!node)
            return -ENOMEM;
        node->id = id;
        node->size = info->size;
        pthread_mutex_init(&node->lock, NULL);
        node->next = limit->nodes[id % LIMIT_NODES];
        limit->nodes[id % LIMIT_NODES] = node;
    }
    node->opens++;
    *out = node;
    return 0;
}

bool limit_node_put(struct limit *limit, struct limit_node *node)
{
    LOCK_SCOPE(&limit->nodes_lock);
    if (--node->opens)
        return false;
    struct limit_node **at = &limit->nodes[node->id % LIMIT_NODES];
    while (*at != node)
        at = &(*at)->next;
    *at = node->next;
    bool gone = node->gone;
    pthread_mutex_destroy(&node->lock);
    free(node);
    return gone;
}

bool limit_node_gone(struct limit *limit, const struct fs_info *info)
{
    LOCK_SCOPE(&limit->nodes_lock);
    struct limit_node *node = find(limit, info->valid & FS_INFO_ID ? info->id : 0);
    if (node)
        node->gone = true;
    return node;
}
