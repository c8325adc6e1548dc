// SPDX-License-Identifier: MIT
/*
 * The entries of a directory in memory: slots in the order in which the names came, and a hash table over
 * them once there are more than a few.
 *
 * A cursor is the order of a slot. Orders only grow and are never given out twice, so a listing goes on at
 * the right place whatever came and went meanwhile. Gaps are closed when they are the larger part.
 */
#include "fs/format/mem.h"

#include "base/hash.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { FEW = 8, FIRST_BUCKETS = 16, GAPS_LEAST = 32 };

uint32_t mem_hash(const char *text, size_t length, uint64_t seed)
{
    uint64_t secret = seed * 0x9e3779b97f4a7c15u | 1, state = seed ^ length, word;
    for (; length >= sizeof word; text += sizeof word, length -= sizeof word) {
        memcpy(&word, text, sizeof word);
        state = hash_fold_(state ^ word, secret);
    }
    word = 0;
    memcpy(&word, text, length);
    return (uint32_t)(hash_fold_(state ^ word ^ 0xa0b428db6a2d1c8fu, secret) >> 16);
}

static bool is_named(const struct mem_name *name, const char *text, size_t length, uint32_t hash)
{
    return name->hash == hash && name->length == length && memcmp(name->text, text, length) == 0;
}

static struct mem_name *find_among_few(const struct mem_dir *dir, const char *text, size_t length,
                                       uint32_t hash)
{
    for (uint32_t i = 0; i < dir->used; i++)
        if (dir->slots[i].name && is_named(dir->slots[i].name, text, length, hash))
            return dir->slots[i].name;
    return NULL;
}

struct mem_name *mem_dir_find(const struct mem_dir *dir, const char *text, size_t length, uint32_t hash)
{
    if (!dir->buckets)
        return find_among_few(dir, text, length, hash);
    struct mem_name *name = dir->buckets[hash & dir->mask];
    while (name && !is_named(name, text, length, hash))
        name = name->chain;
    return name;
}

static void bucket_add(struct mem_dir *dir, struct mem_name *name)
{
    struct mem_name **bucket = &dir->buckets[name->hash & dir->mask];
    name->chain = *bucket;
    *bucket = name;
}

static void bucket_remove(struct mem_dir *dir, struct mem_name *name)
{
    struct mem_name **at = &dir->buckets[name->hash & dir->mask];
    while (*at != name)
        at = &(*at)->chain;
    *at = name->chain;
}

/* Without memory the table stays as it is, only fuller: false. */
static bool buckets_grow(struct mem_dir *dir)
{
    uint32_t count = dir->buckets ? (dir->mask + 1) * 2 : FIRST_BUCKETS;
    struct mem_name **buckets = count ? calloc(count, sizeof(void *)) : NULL;
    if (!buckets)
        return false;
    free(dir->buckets);
    dir->buckets = buckets;
    dir->mask = count - 1;
    for (uint32_t i = 0; i < dir->used; i++)
        if (dir->slots[i].name)
            bucket_add(dir, dir->slots[i].name);
    return true;
}

static void close_gaps(struct mem_dir *dir)
{
    uint32_t to = 0;
    for (uint32_t from = 0; from < dir->used; from++) {
        if (!dir->slots[from].name)
            continue;
        dir->slots[to] = dir->slots[from];
        dir->slots[to].name->place = to;
        to++;
    }
    dir->used = to;
}

int mem_dir_reserve(struct mem_dir *dir)
{
    if (dir->used < dir->room)
        return 0;
    if (dir->room > UINT32_MAX / 2)
        return -ENOSPC;
    uint32_t room = dir->room ? dir->room * 2 : 4;
    struct mem_slot *slots = realloc(dir->slots, room * sizeof *slots);
    if (!slots)
        return -ENOMEM;
    dir->slots = slots;
    dir->room = room;
    return 0;
}

void mem_dir_add(struct mem_dir *dir, struct mem_name *name)
{
    name->place = dir->used++;
    dir->slots[name->place] = (struct mem_slot){++dir->last_order, name};
    dir->live++;
    bool full = dir->live > FEW && (!dir->buckets || dir->live > dir->mask);
    if (full && buckets_grow(dir))
        return; /* with the new one */
    if (dir->buckets)
        bucket_add(dir, name);
}

void mem_dir_remove(struct mem_dir *dir, struct mem_name *name)
{
    if (dir->buckets)
        bucket_remove(dir, name);
    dir->slots[name->place].name = NULL;
    dir->live--;
    if (dir->live == 0)
        mem_dir_free(dir);
    else if (dir->used > GAPS_LEAST && dir->live < dir->used / 2)
        close_gaps(dir);
}

uint32_t mem_dir_seek(const struct mem_dir *dir, uint64_t cursor)
{
    uint32_t low = 0, high = dir->used;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (dir->slots[middle].order < cursor)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

void mem_dir_free(struct mem_dir *dir)
{
    free(dir->slots);
    free(dir->buckets);
    dir->slots = NULL;
    dir->buckets = NULL;
    dir->used = dir->room = dir->mask = 0;
}
