// SPDX-License-Identifier: MIT
/*
 * Packed bytes read in order, with a buffer. See input.c.
 */
#ifndef XDOKAN_FS_STREAM_INPUT_H
#define XDOKAN_FS_STREAM_INPUT_H

#include "fs/bytes.h"

enum { INPUT = 64 << 10 }; /* read from the packed bytes at once */

struct input {
    struct bytes *packed; /* not owned */
    uint64_t offset;      /* of buf[have] */
    size_t at, have;
    uint8_t buf[INPUT];
};

void input_at(struct input *input, struct bytes *packed, uint64_t offset);
/* Offset of the next byte. */
uint64_t input_offset(const struct input *input);
/* Has at least one byte, buf[at]: 1; 0 at the end; -errno. */
int input_fill(struct input *input);
/* Exactly that many (size <= INPUT) in one piece at buf[at], not yet taken: 1; 0 when the end comes first. */
int input_peek(struct input *input, size_t size);
/* Takes exactly that many: 1, 0, -errno. */
int input_take(struct input *input, void *buf, size_t size);
/* Passes over bytes, of which at least as many are there: 1, 0, -errno. */
int input_skip(struct input *input, uint64_t size);

#endif
