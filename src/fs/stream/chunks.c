// SPDX-License-Identifier: MIT
/*
 * Decoded chunks in memory, the least recently used of which goes (while a scan goes on, the first in order).
 * The stream's lock is held in all calls.
 *
 * A chunk lives while somebody has a reference; the cache has one of its own. One freed chunk is kept for the
 * next, so that reading in order does not ask for memory again and again. Eight share a slab, which the
 * kernel may give as one huge page: small ones, met one by one, cost a sixth of the time of quick decoding.
 */
#include "fs/stream/stream_i.h"

#include <sys/mman.h>

/* ---- memory ------------------------------------------------------------------------------------------- */

static bool slab_make(struct slab *slab)
{
    slab->memory = aligned_alloc(SLAB, SLAB);
    if (slab->memory)
        (void)madvise(slab->memory, SLAB, MADV_HUGEPAGE);
    return slab->memory;
}

/* Room for the data of a chunk, from the first slab that has some. */
static bool take_data(struct chunks *chunks, struct chunk *chunk)
{
    for (struct slab *slab = chunks->slabs; slab < chunks->slabs + SLABS_MAX; slab++) {
        if (slab->used == SLAB_FULL || (!slab->memory && !slab_make(slab)))
            continue;
        unsigned place = (unsigned)__builtin_ctz(~(unsigned)slab->used);
        slab->used |= (uint8_t)(1u << place);
        chunk->data = slab->memory + (size_t)place * CHUNK;
        chunk->slab = slab;
        return true;
    }
    return false;
}

static void chunk_free(struct chunk *chunk)
{
    if (!chunk)
        return;
    struct slab *slab = chunk->slab;
    slab->used &= (uint8_t) ~(1u << (size_t)(chunk->data - slab->memory) / CHUNK);
    if (!slab->used)
        free(steal_ptr(&slab->memory));
    free(chunk);
}

static struct chunk *chunk_make(struct chunks *chunks)
{
    CLEANUP_FREE struct chunk *chunk = malloc(sizeof *chunk);
    return chunk && take_data(chunks, chunk) ? steal_ptr(&chunk) : NULL;
}

/* ---- the cache ---------------------------------------------------------------------------------------- */

struct chunk *chunks_find(struct chunks *chunks, uint64_t index)
{
    for (unsigned i = 0; i < chunks->count; i++) {
        struct chunk *chunk = chunks->list[i];
        if (chunk->index != index)
            continue;
        chunk->used = ++chunks->clock;
        chunk->refs++;
        return chunk;
    }
    return NULL;
}

void chunk_put(struct chunks *chunks, struct chunk *chunk)
{
    if (!chunk || --chunk->refs)
        return;
    chunk_free(chunks->spare);
    chunks->spare = chunk;
}

static bool goes_before(const struct chunks *chunks, const struct chunk *one, const struct chunk *other)
{
    return chunks->in_order ? one->index < other->index : one->used < other->used;
}

static unsigned first_to_go(const struct chunks *chunks)
{
    unsigned found = 0;
    for (unsigned i = 1; i < chunks->count; i++)
        if (goes_before(chunks, chunks->list[i], chunks->list[found]))
            found = i;
    return found;
}

/* What lies behind a scan makes room, so that it works in little memory, which stays in the caches. */
static void drop_passed(struct chunks *chunks)
{
    unsigned place = chunks->passed ? first_to_go(chunks) : 0;
    if (chunks->count && chunks->list[place]->index < chunks->passed) {
        chunk_put(chunks, chunks->list[place]);
        chunks->list[place] = chunks->list[--chunks->count];
    }
}

struct chunk *chunk_new(struct chunks *chunks, uint64_t index)
{
    if (!chunks->spare)
        drop_passed(chunks);
    struct chunk *chunk = chunks->spare ? chunks->spare : chunk_make(chunks);
    chunks->spare = NULL;
    if (!chunk)
        return NULL;
    chunk->index = index;
    chunk->used = 0;
    chunk->refs = 1;
    chunk->rc = 0;
    chunk->length = 0;
    return chunk;
}

void chunks_keep(struct chunks *chunks, struct chunk *chunk)
{
    unsigned place = chunks->count;
    struct chunk *there = chunks_find(chunks, chunk->index);
    if (there) {
        chunk_put(chunks, there);
        return;
    }
    if (place >= chunks->most) {
        place = first_to_go(chunks);
        chunk_put(chunks, chunks->list[place]);
    } else {
        chunks->count++;
    }
    chunk->used = ++chunks->clock;
    chunk->refs++;
    chunks->list[place] = chunk;
}

void chunks_free(struct chunks *chunks)
{
    for (unsigned i = 0; i < chunks->count; i++)
        chunk_put(chunks, chunks->list[i]);
    chunks->count = 0;
    chunk_free(chunks->spare);
    chunks->spare = NULL;
}
