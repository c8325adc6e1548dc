// SPDX-License-Identifier: MIT
/*
 * Deflate (RFC 1951), decoded from an input into buffers of any size. See inflate.c.
 */
#ifndef XDOKAN_FS_STREAM_INFLATE_H
#define XDOKAN_FS_STREAM_INFLATE_H

#include "fs/stream/input.h"
#include <zlib.h>

enum { INFLATE_WINDOW = 32 << 10 };

/* All zero before the first use. */
struct inflate {
    struct input *input; /* not owned */
    z_stream z;
    bool ready; /* z has a state, to be given up with inflate_stop() */
    bool ended, between;
};

/* At the beginning of a deflate stream, or of a block: `unused` bits of `byte` come first, and `window` (at
 * most INFLATE_WINDOW bytes) is what was decoded before. 0, -ENOMEM, -EBADMSG. */
int inflate_begin(struct inflate *inflate, struct input *input);
int inflate_begin_block(struct inflate *inflate, struct input *input, unsigned unused, uint8_t byte,
                        const uint8_t *window, size_t size);
void inflate_stop(struct inflate *inflate);
/*
 * Decodes until the buffer is full, the stream ends, or a block ends of which `block_from` bytes or more were
 * given (SIZE_MAX: none does): *done bytes. 0, or an error behind those bytes (-EBADMSG: also where the input
 * ends). What lies in the buffer behind *done is undefined.
 */
int inflate_run(struct inflate *inflate, uint8_t *buf, size_t size, size_t block_from, size_t *done);
/* Where the decoder stands: at its end, and all input behind it is given back; between two blocks. */
bool inflate_ended(const struct inflate *inflate);
bool inflate_between(const struct inflate *inflate);
/* The next byte of the input that is not used at all; *unused: how many bits of the byte before it are not.
 */
uint64_t inflate_place(const struct inflate *inflate, unsigned *unused);
/* The last bytes that were decoded; how many. */
size_t inflate_window(const struct inflate *inflate, uint8_t window[INFLATE_WINDOW]);

#endif
