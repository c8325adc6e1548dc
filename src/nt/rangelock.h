// SPDX-License-Identifier: MIT
/*
 * Byte ranges that are locked, in a tree: the data structure alone, see rangelock.c. The caller locks.
 *
 * Offsets and lengths are 64-bit numbers without a sign; a range may end at 2^64. One of length 0 stands
 * between two bytes: it overlaps what contains both.
 */
#ifndef XDOKAN_NT_RANGELOCK_H
#define XDOKAN_NT_RANGELOCK_H

#include "base/list.h"
#include <stdbool.h>
#include <stdint.h>

struct nt_handle;

struct lock_owner {
    struct nt_handle *handle;
    uint32_t pid, key;
};

struct range_lock {
    struct range_lock *left, *right;
    uint64_t weight;
    uint64_t start, length;
    uint64_t reach; /* the last byte that anything in this subtree covers */
    struct lock_owner owner;
    bool exclusive;
    struct list link; /* nt_handle.locks */
};

struct range_tree {
    struct range_lock *shared, *exclusive;
};

/* Would it pass 2^64? */
bool range_is_valid(uint64_t start, uint64_t length);
bool ranges_overlap(const struct range_lock *a, const struct range_lock *b);
bool same_owner(const struct lock_owner *a, const struct lock_owner *b);

void ranges_insert(struct range_tree *tree, struct range_lock *lock);
void ranges_remove(struct range_tree *tree, struct range_lock *lock);
/* A lock of exactly this range, owner and kind. */
struct range_lock *ranges_find(const struct range_tree *tree, const struct range_lock *like);

/* Any that overlaps the range and matches; NULL: all. */
typedef bool (*range_match)(const struct range_lock *held, const struct range_lock *wish);
bool ranges_meet(const struct range_lock *root, const struct range_lock *wish, range_match match);

#endif
