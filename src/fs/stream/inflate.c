// SPDX-License-Identifier: MIT
/*
 * Decoding deflate streams: zlib, with the input and the ends of blocks in our terms. Its state is made at
 * the first use and used again.
 */
#include "fs/stream/inflate.h"

#include <errno.h>
#include <string.h>

enum { ALL_BITS = 7, LAST_BLOCK = 64, BLOCK_END = 128 };

static int begin(struct inflate *inflate, struct input *input)
{
    int result =
        inflate->ready ? inflateReset2(&inflate->z, -MAX_WBITS) : inflateInit2(&inflate->z, -MAX_WBITS);
    inflate->ready |= result == Z_OK;
    inflate->input = input;
    inflate->ended = inflate->between = false;
    return result == Z_OK ? 0 : -ENOMEM;
}

int inflate_begin(struct inflate *inflate, struct input *input)
{
    return begin(inflate, input);
}

int inflate_begin_block(struct inflate *inflate, struct input *input, unsigned unused, uint8_t byte,
                        const uint8_t *window, size_t size)
{
    int rc = begin(inflate, input);
    if (rc == 0 && unused && inflatePrime(&inflate->z, (int)unused, byte >> (8 - unused)) != Z_OK)
        return -EBADMSG;
    if (rc == 0 && inflateSetDictionary(&inflate->z, window, (uInt)size) != Z_OK)
        return -EBADMSG;
    return rc;
}

void inflate_stop(struct inflate *inflate)
{
    if (inflate->ready)
        inflateEnd(&inflate->z);
    inflate->ready = false;
}

/* One call of zlib's, which may still hold something when the input has ended. */
static int step(struct inflate *own, uint8_t *buf, size_t size, int flush, size_t *done)
{
    struct input *input = own->input;
    int rc = input_fill(input);
    if (rc < 0)
        return rc;
    own->z.next_in = input->buf + input->at;
    own->z.avail_in = (uInt)(input->have - input->at);
    own->z.next_out = buf;
    own->z.avail_out = size < UINT32_MAX ? (uInt)size : UINT32_MAX;
    int result = inflate(&own->z, flush);
    input->at = input->have - own->z.avail_in;
    *done += (size_t)(own->z.next_out - buf);
    own->ended = result == Z_STREAM_END;
    own->between = own->z.data_type & BLOCK_END && !(own->z.data_type & LAST_BLOCK);
    if (result == Z_BUF_ERROR && rc == 0)
        return -EBADMSG; /* nothing left to give, and no end */
    if (result == Z_OK || result == Z_STREAM_END || result == Z_BUF_ERROR)
        return 0;
    return result == Z_MEM_ERROR ? -ENOMEM : -EBADMSG;
}

int inflate_run(struct inflate *inflate, uint8_t *buf, size_t size, size_t block_from, size_t *done)
{
    int rc = 0, flush = block_from == SIZE_MAX ? Z_NO_FLUSH : Z_BLOCK;
    *done = 0;
    while (rc == 0 && *done < size && !inflate->ended) {
        rc = step(inflate, buf + *done, size - *done, flush, done);
        if (inflate->between && *done >= block_from)
            break;
    }
    return rc;
}

bool inflate_ended(const struct inflate *inflate)
{
    return inflate->ended;
}

bool inflate_between(const struct inflate *inflate)
{
    return inflate->between;
}

uint64_t inflate_place(const struct inflate *inflate, unsigned *unused)
{
    *unused = (unsigned)inflate->z.data_type & ALL_BITS;
    return input_offset(inflate->input);
}

size_t inflate_window(const struct inflate *inflate, uint8_t window[INFLATE_WINDOW])
{
    uInt size = INFLATE_WINDOW;
    return inflateGetDictionary((z_streamp)(uintptr_t)&inflate->z, window, &size) == Z_OK ? size : 0;
}
