// SPDX-License-Identifier: MIT
/*
 * Two treaps, one of shared and one of exclusive locks, ordered by start, length, owner and, among equals, by
 * address; weights are seeded hashes, so nobody outside can unbalance them. Every node knows the last byte
 * that its subtree covers: looking for what overlaps a range takes O(log n), plus what overlaps it and does
 * not match.
 *
 * No locks here: lock.c holds the file's.
 */
#include "nt/rangelock.h"
#include "base/hash.h"

bool range_is_valid(uint64_t start, uint64_t length)
{
    return length == 0 || start + (length - 1) >= start;
}

/* a < s + n, without computing a sum that may not fit. */
static bool lies_before_end(uint64_t a, uint64_t start, uint64_t length)
{
    return a < start || a - start < length;
}

bool ranges_overlap(const struct range_lock *a, const struct range_lock *b)
{
    return lies_before_end(a->start, b->start, b->length) && lies_before_end(b->start, a->start, a->length);
}

bool same_owner(const struct lock_owner *a, const struct lock_owner *b)
{
    return a->handle == b->handle && a->pid == b->pid && a->key == b->key;
}

/* ---- the tree ------------------------------------------------------------------------------------------ */

static uint64_t own_reach(const struct range_lock *lock)
{
    if (lock->length)
        return lock->start + (lock->length - 1);
    return lock->start ? lock->start - 1 : 0;
}

static void update(struct range_lock *node)
{
    node->reach = own_reach(node);
    if (node->left && node->left->reach > node->reach)
        node->reach = node->left->reach;
    if (node->right && node->right->reach > node->reach)
        node->reach = node->right->reach;
}

static int order(uint64_t a, uint64_t b)
{
    return (a > b) - (a < b);
}

static int compare(const struct range_lock *a, const struct range_lock *b)
{
    int by = order(a->start, b->start);
    if (!by)
        by = order(a->length, b->length);
    if (!by)
        by = order((uintptr_t)a->owner.handle, (uintptr_t)b->owner.handle);
    if (!by)
        by = order(a->owner.pid, b->owner.pid);
    return by ? by : order(a->owner.key, b->owner.key);
}

static int compare_exactly(const struct range_lock *a, const struct range_lock *b)
{
    int by = compare(a, b);
    return by ? by : order((uintptr_t)a, (uintptr_t)b);
}

static struct range_lock *merge(struct range_lock *a, struct range_lock *b)
{
    if (!a || !b)
        return a ? a : b;
    if (a->weight > b->weight) {
        a->right = merge(a->right, b);
        update(a);
        return a;
    }
    b->left = merge(a, b->left);
    update(b);
    return b;
}

/* What comes before `at` goes to *low, the rest to *high. */
static void split(struct range_lock *node, const struct range_lock *at, struct range_lock **low,
                  struct range_lock **high)
{
    if (!node) {
        *low = *high = NULL;
        return;
    }
    if (compare_exactly(node, at) < 0) {
        split(node->right, at, &node->right, high);
        *low = node;
    } else {
        split(node->left, at, low, &node->left);
        *high = node;
    }
    update(node);
}

static struct range_lock **root_of(struct range_tree *tree, const struct range_lock *lock)
{
    return lock->exclusive ? &tree->exclusive : &tree->shared;
}

void ranges_insert(struct range_tree *tree, struct range_lock *lock)
{
    struct range_lock **root = root_of(tree, lock), *low, *high;
    lock->left = lock->right = NULL;
    lock->weight = hash_ptr(lock, hash_seed());
    update(lock);
    split(*root, lock, &low, &high);
    *root = merge(merge(low, lock), high);
}

static struct range_lock *without(struct range_lock *node, const struct range_lock *lock)
{
    if (!node)
        return NULL;
    int by = compare_exactly(lock, node);
    if (!by)
        return merge(node->left, node->right);
    if (by < 0)
        node->left = without(node->left, lock);
    else
        node->right = without(node->right, lock);
    update(node);
    return node;
}

void ranges_remove(struct range_tree *tree, struct range_lock *lock)
{
    struct range_lock **root = root_of(tree, lock);
    *root = without(*root, lock);
}

struct range_lock *ranges_find(const struct range_tree *tree, const struct range_lock *like)
{
    struct range_lock *node = like->exclusive ? tree->exclusive : tree->shared;
    while (node) {
        int by = compare(like, node);
        if (!by)
            return node;
        node = by < 0 ? node->left : node->right;
    }
    return NULL;
}

bool ranges_meet(const struct range_lock *root, const struct range_lock *wish, range_match match)
{
    for (; root && root->reach >= wish->start; root = root->right) {
        if (ranges_meet(root->left, wish, match))
            return true;
        if (!lies_before_end(root->start, wish->start, wish->length))
            return false;
        if (ranges_overlap(root, wish) && (!match || match(root, wish)))
            return true;
    }
    return false;
}
