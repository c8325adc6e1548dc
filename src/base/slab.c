// SPDX-License-Identifier: MIT
//
// Slots live in chunks, each twice as long as the one before; a chunk, once made, stays until slab_destroy.
// So a slot's address never changes and a reader needs no lock.
//
// A slot's generation is the one of its present entry, or of its next one while it is free. To take an entry
// out, its pointer is cleared before the generation is raised. A reader that sees the generation it wants,
// then a pointer, then still that generation, has the right pointer: any later one was stored after the
// generation had changed.
//
// The mutex guards everything but the atomic reads. A slot whose generations are used up is never used again.

#include "base/slab.h"

#include "base/cleanup.h"

#include <errno.h>

#define FIRST_CHUNK    1024u
#define FIRST_INDEX    2u
#define INDEX_END      ((uint32_t)(((uint64_t)FIRST_CHUNK << SLAB_CHUNKS) - FIRST_CHUNK))
#define INDEX_MASK     (((uint64_t)1 << SLAB_INDEX_BITS) - 1)
#define GENERATION_MAX ((1u << (64 - SLAB_INDEX_BITS)) - 1)

struct slab_slot {
    _Atomic(void *) ptr;
    _Atomic(uint32_t) generation;
    uint32_t next_free;
};

static uint64_t make_id(uint32_t index, uint32_t generation)
{
    return index | (uint64_t)generation << SLAB_INDEX_BITS;
}

// The number of the chunk that holds an index; *offset is the place in it.
static unsigned chunk_of(uint32_t index, size_t *offset)
{
    uint64_t place = (uint64_t)index + FIRST_CHUNK;
    unsigned top = 63u - (unsigned)__builtin_clzll(place);
    *offset = (size_t)(place - ((uint64_t)1 << top));
    return top - (unsigned)__builtin_ctz(FIRST_CHUNK);
}

// The slot of an index, or NULL if its chunk does not exist.
static struct slab_slot *find_slot(struct slab *slab, uint64_t index)
{
    if (index < FIRST_INDEX || index >= INDEX_END)
        return NULL;
    size_t offset;
    unsigned number = chunk_of((uint32_t)index, &offset);
    struct slab_slot *chunk = atomic_load_explicit(&slab->chunks[number], memory_order_acquire);
    return chunk ? chunk + offset : NULL;
}

int slab_init(struct slab *slab)
{
    for (size_t i = 0; i < SLAB_CHUNKS; i++)
        atomic_init(&slab->chunks[i], NULL);
    atomic_init(&slab->used, FIRST_INDEX);
    slab->free_head = 0;
    slab->count = 0;
    return -pthread_mutex_init(&slab->mutex, NULL);
}

void slab_destroy(struct slab *slab)
{
    for (size_t i = 0; i < SLAB_CHUNKS; i++)
        free(atomic_load_explicit(&slab->chunks[i], memory_order_relaxed));
    pthread_mutex_destroy(&slab->mutex);
}

// The slot of the first index never used, with its chunk made if need be.
static struct slab_slot *fresh_slot(struct slab *slab, uint32_t index)
{
    if (index >= INDEX_END)
        return NULL;
    struct slab_slot *slot = find_slot(slab, index);
    if (slot)
        return slot;
    size_t offset;
    unsigned number = chunk_of(index, &offset);
    struct slab_slot *chunk = calloc((size_t)FIRST_CHUNK << number, sizeof *chunk);
    if (!chunk)
        return NULL;
    atomic_store_explicit(&slab->chunks[number], chunk, memory_order_release);
    return chunk + offset;
}

uint64_t slab_add(struct slab *slab, void *ptr)
{
    LOCK_SCOPE(&slab->mutex);
    uint32_t index = slab->free_head;
    struct slab_slot *slot;
    if (index) {
        slot = find_slot(slab, index);
        slab->free_head = slot->next_free;
    } else {
        index = atomic_load_explicit(&slab->used, memory_order_relaxed);
        slot = fresh_slot(slab, index);
        if (!slot)
            return 0;
        atomic_store_explicit(&slab->used, index + 1, memory_order_release);
    }
    slab->count++;
    atomic_store_explicit(&slot->ptr, ptr, memory_order_release);
    return make_id(index, atomic_load_explicit(&slot->generation, memory_order_relaxed));
}

static void *read_slot(struct slab_slot *slot, uint32_t generation)
{
    if (atomic_load_explicit(&slot->generation, memory_order_acquire) != generation)
        return NULL;
    void *ptr = atomic_load_explicit(&slot->ptr, memory_order_acquire);
    return atomic_load_explicit(&slot->generation, memory_order_relaxed) == generation ? ptr : NULL;
}

void *slab_get(struct slab *slab, uint64_t id)
{
    struct slab_slot *slot = find_slot(slab, id & INDEX_MASK);
    return slot ? read_slot(slot, (uint32_t)(id >> SLAB_INDEX_BITS)) : NULL;
}

void *slab_remove(struct slab *slab, uint64_t id)
{
    LOCK_SCOPE(&slab->mutex);
    struct slab_slot *slot = find_slot(slab, id & INDEX_MASK);
    uint32_t generation = (uint32_t)(id >> SLAB_INDEX_BITS);
    void *ptr = slot ? read_slot(slot, generation) : NULL;
    if (!ptr)
        return NULL;
    slab->count--;
    atomic_store_explicit(&slot->ptr, NULL, memory_order_release);
    if (generation < GENERATION_MAX) {
        atomic_store_explicit(&slot->generation, generation + 1, memory_order_release);
        slot->next_free = slab->free_head;
        slab->free_head = (uint32_t)(id & INDEX_MASK);
    }
    return ptr;
}

size_t slab_count(struct slab *slab)
{
    LOCK_SCOPE(&slab->mutex);
    return slab->count;
}

int slab_for_each(struct slab *slab, int (*fn)(uint64_t id, void *ptr, void *arg), void *arg)
{
    uint32_t end = atomic_load_explicit(&slab->used, memory_order_acquire);
    for (uint32_t index = FIRST_INDEX; index < end; index++) {
        struct slab_slot *slot = find_slot(slab, index);
        uint32_t generation = atomic_load_explicit(&slot->generation, memory_order_acquire);
        void *ptr = read_slot(slot, generation);
        int result = ptr ? fn(make_id(index, generation), ptr, arg) : 0;
        if (result)
            return result;
    }
    return 0;
}
