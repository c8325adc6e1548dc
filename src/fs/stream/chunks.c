// SPDX-License-Identifier: MIT
/*
 * Decoded chunks in memory, the least recently used of which goes (while a scan goes on, the first in order).
 * The stream's lock is held in all calls.
 *
 * A chunk lives while somebody has a reference; the cache has one of its own. One freed chunk is kept for the
 * next, so that reading in order does not ask for memory again and again.
 */
#include "fs/stream/stream_i.h"

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

struct chunk *chunk_new(struct chunks *chunks, uint64_t index)
{
    struct chunk *chunk = chunks->spare ? chunks->spare : malloc(sizeof *chunk);
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

void chunk_put(struct chunks *chunks, struct chunk *chunk)
{
    if (!chunk || --chunk->refs)
        return;
    free(chunks->spare);
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
    free(chunks->spare);
    chunks->spare = NULL;
}
