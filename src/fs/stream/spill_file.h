// SPDX-License-Identifier: MIT
/*
 * The file of a spill, in segments. See spill_file.c.
 */
#ifndef XDOKAN_FS_STREAM_SPILL_FILE_H
#define XDOKAN_FS_STREAM_SPILL_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { SEGMENT = 4 << 20 };
#define MEMORY_LIMIT ((uint64_t)256 << 20)

struct segment {
    int fd;
    uint32_t number;
};

struct spill_file {
    int fd;         /* -1: not made yet */
    unsigned forks; /* before it was made */
    bool memory;    /* there was no folder for it */
    int *shared;    /* files from before a fork */
    uint32_t shared_count, shared_room;
    uint32_t *spare; /* segments given back */
    uint32_t spare_count, spare_room;
    uint32_t next_segment;
};

/* Makes the file if there is none. */
int spill_file_need(struct spill_file *file);
void spill_file_close(struct spill_file *file);
int segment_take(struct spill_file *file, struct segment *segment);
void segment_give(struct spill_file *file, const struct segment *segment);

/* The list with room for one more, perhaps elsewhere; NULL: no memory, and it is as it was. */
void *list_more(void *list, uint32_t count, uint32_t *room, size_t each);

#endif
