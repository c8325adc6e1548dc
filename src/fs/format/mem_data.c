// SPDX-License-Identifier: MIT
/*
 * The bytes of a file in memory: a tree of branches whose leaves are chunks of 64 KiB. With height 0 the root
 * is chunk 0 itself. What is not there reads as zeros, so holes cost nothing, and nothing is ever moved when
 * a file grows, but for chunk 0, which starts small so that small files are small.
 *
 * Bytes of a chunk behind the end of the file are zero: mem_data_cut() keeps it so.
 */
#include "fs/format/mem.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define CHUNK ((size_t)65536)
enum { FANOUT_BITS = 8, FANOUT = 1 << FANOUT_BITS, HEAD_LEAST = 256 };

struct branch {
    void *below[FANOUT];
};

static unsigned slot_at(uint64_t chunk, unsigned height)
{
    return (unsigned)(chunk >> (FANOUT_BITS * (height - 1))) % FANOUT;
}

static char *chunk_find(const struct mem_data *data, uint64_t chunk)
{
    if (chunk >> (FANOUT_BITS * data->height))
        return NULL;
    void *at = data->root;
    for (unsigned height = data->height; at && height > 0; height--)
        at = ((struct branch *)at)->below[slot_at(chunk, height)];
    return at;
}

static int grow_taller(struct mem_data *data)
{
    if (data->root) {
        struct branch *top = calloc(1, sizeof *top);
        if (!top)
            return -ENOMEM;
        top->below[0] = data->root;
        data->root = top;
    }
    data->height++;
    return 0;
}

/* Where the pointer to a chunk lies, with all branches above it; NULL without memory. */
static void **chunk_place(struct mem_data *data, uint64_t chunk)
{
    while (chunk >> (FANOUT_BITS * data->height))
        if (grow_taller(data) != 0)
            return NULL;
    void **at = &data->root;
    for (unsigned height = data->height; height > 0; height--) {
        if (!*at && !(*at = calloc(1, sizeof(struct branch))))
            return NULL;
        at = &((struct branch *)*at)->below[slot_at(chunk, height)];
    }
    return at;
}

/* How large chunk 0 is for a file that reaches to `end`. */
static size_t head_room(uint64_t end)
{
    size_t room = HEAD_LEAST;
    while (room < end && room < CHUNK)
        room *= 2;
    return room;
}

static char *head_make(struct mem_data *data, uint64_t end)
{
    void **place = chunk_place(data, 0);
    size_t room = head_room(end);
    if (!place || room <= data->head)
        return place ? *place : NULL;
    char *head = realloc(*place, room);
    if (!head)
        return NULL;
    memset(head + data->head, 0, room - data->head);
    data->allocated += room - data->head;
    data->head = (uint32_t)room;
    *place = head;
    return head;
}

static char *chunk_make(struct mem_data *data, uint64_t chunk, bool whole)
{
    void **place = chunk_place(data, chunk);
    if (!place || *place)
        return place ? *place : NULL;
    *place = whole ? malloc(CHUNK) : calloc(1, CHUNK);
    if (*place)
        data->allocated += CHUNK;
    return *place;
}

uint64_t mem_data_missing(const struct mem_data *data, size_t size, uint64_t offset)
{
    uint64_t missing = 0, chunk = offset / CHUNK, end = offset + size;
    if (size && chunk == 0) {
        size_t room = head_room(end);
        missing = room > data->head ? room - data->head : 0;
        chunk++;
    }
    for (; size && chunk * CHUNK < end; chunk++)
        missing += chunk_find(data, chunk) ? 0 : CHUNK;
    return missing;
}

void mem_data_read(const struct mem_data *data, void *buf, size_t size, uint64_t offset)
{
    char *to = buf;
    while (size > 0) {
        size_t at = offset % CHUNK, part = size < CHUNK - at ? size : CHUNK - at;
        const char *chunk = chunk_find(data, offset / CHUNK);
        size_t have = !chunk ? 0 : offset < CHUNK ? data->head : CHUNK;
        size_t there = have <= at ? 0 : have - at < part ? have - at : part;
        if (there > 0)
            memcpy(to, chunk + at, there);
        if (there < part)
            memset(to + there, 0, part - there);
        to += part;
        offset += part;
        size -= part;
    }
}

int mem_data_write(struct mem_data *data, const void *buf, size_t size, uint64_t offset)
{
    const char *from = buf;
    while (size > 0) {
        size_t at = offset % CHUNK, part = size < CHUNK - at ? size : CHUNK - at;
        char *chunk =
            offset < CHUNK ? head_make(data, at + part) : chunk_make(data, offset / CHUNK, part == CHUNK);
        if (!chunk)
            return -ENOMEM;
        memcpy(chunk + at, from, part);
        from += part;
        offset += part;
        size -= part;
    }
    return 0;
}

/* Frees the chunks from `first` on below *at and tells how many there were. The depth is at most 6. */
static uint64_t chunks_free(void **at, unsigned height, uint64_t first) // NOLINT(misc-no-recursion)
{
    uint64_t freed = height == 0 && *at && first == 0;
    if (!*at)
        return 0;
    if (height > 0) {
        struct branch *branch = *at;
        uint64_t span = UINT64_C(1) << (FANOUT_BITS * (height - 1)), start = first / span;
        for (uint64_t i = start; i < FANOUT; i++)
            freed += chunks_free(&branch->below[i], height - 1, i == start ? first % span : 0);
    }
    if (first == 0) {
        free(*at);
        *at = NULL;
    }
    return freed;
}

void mem_data_cut(struct mem_data *data, uint64_t size)
{
    if (size == 0) {
        chunks_free(&data->root, data->height, 0);
        data->height = data->head = 0;
        data->allocated = 0;
        return;
    }
    uint64_t first = (size + CHUNK - 1) / CHUNK;
    if (!(first >> (FANOUT_BITS * data->height)))
        data->allocated -= chunks_free(&data->root, data->height, first) * CHUNK;
    char *last = chunk_find(data, size / CHUNK);
    size_t have = size < CHUNK ? data->head : CHUNK;
    if (last && have > size % CHUNK)
        memset(last + size % CHUNK, 0, have - size % CHUNK);
}
