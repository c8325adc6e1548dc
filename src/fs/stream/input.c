// SPDX-License-Identifier: MIT
/*
 * Packed bytes read in order, with a buffer.
 */
#include "fs/stream/input.h"

#include <string.h>

void input_at(struct input *input, struct bytes *packed, uint64_t offset)
{
    input->packed = packed;
    input->offset = offset;
    input->at = input->have = 0;
}

uint64_t input_offset(const struct input *input)
{
    return input->offset - (input->have - input->at);
}

static int read_more(struct input *input)
{
    ssize_t n = bytes_pread(input->packed, input->buf + input->have, INPUT - input->have, input->offset);
    if (n <= 0)
        return (int)n;
    input->have += (size_t)n;
    input->offset += (size_t)n;
    return 1;
}

int input_fill(struct input *input)
{
    if (input->at < input->have)
        return 1;
    input->at = input->have = 0;
    return read_more(input);
}

int input_peek(struct input *input, size_t size)
{
    while (input->have - input->at < size) {
        memmove(input->buf, input->buf + input->at, input->have - input->at);
        input->have -= input->at;
        input->at = 0;
        int rc = read_more(input);
        if (rc <= 0)
            return rc;
    }
    return 1;
}

int input_take(struct input *input, void *buf, size_t size)
{
    int rc = input_peek(input, size);
    if (rc == 1) {
        memcpy(buf, input->buf + input->at, size);
        input->at += size;
    }
    return rc;
}

int input_skip(struct input *input, uint64_t size)
{
    if (size <= input->have - input->at) {
        input->at += (size_t)size;
        return 1;
    }
    uint64_t here = input_offset(input);
    if (size > input->packed->size - here)
        return 0;
    input_at(input, input->packed, here + size);
    return 1;
}
