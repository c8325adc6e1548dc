// SPDX-License-Identifier: MIT
//
// A table from ids to pointers. An id is index | generation << 40; it is never 0 or 1, and no id is ever
// given out twice, so a stale or forged one finds nothing. Looking up takes no lock.
//
// slab_get returns a raw pointer: that the object behind it still lives is the caller's care, by references
// of its own (for example the lookup count of a kernel which knows the id).

#ifndef BASE_SLAB_H
#define BASE_SLAB_H

#include <pthread.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#define SLAB_INDEX_BITS 40
#define SLAB_CHUNKS     22

struct slab_slot;

// All fields are slab.c's.
struct slab {
    pthread_mutex_t mutex;
    _Atomic(struct slab_slot *) chunks[SLAB_CHUNKS];
    _Atomic(uint32_t) used; // indices below this one have been given out at least once
    uint32_t free_head;     // 0: none
    size_t count;
};

// 0 or -errno.
int slab_init(struct slab *slab);

// Frees the table, not the objects. Nobody may use it any more.
void slab_destroy(struct slab *slab);

// The new id, or 0 when memory or indices are exhausted. ptr must not be NULL.
uint64_t slab_add(struct slab *slab, void *ptr);

// The pointer, or NULL if the id is not (or no longer) in the table. Lock-free.
void *slab_get(struct slab *slab, uint64_t id);

// Takes the entry out and returns its pointer; NULL if the id is not in the table.
void *slab_remove(struct slab *slab, uint64_t id);

// Number of entries.
size_t slab_count(struct slab *slab);

// Calls fn for each entry, without a lock held: fn may add and remove. Entries that come or go meanwhile may
// be seen or not. Stops when fn returns nonzero, and returns that.
int slab_for_each(struct slab *slab, int (*fn)(uint64_t id, void *ptr, void *arg), void *arg);

#endif
