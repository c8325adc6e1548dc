// SPDX-License-Identifier: MIT
/*
 * Bytes that a decoder gives from front to back, as bytes that can be read anywhere: decoded once, into
 * memory when they are few, else into the spill (a quick decoder's only when a reader goes back); where that
 * does not hold them, from the start again.
 */
#ifndef XDOKAN_FS_UNPACK_H
#define XDOKAN_FS_UNPACK_H

#include "fs/bytes.h"
#include "fs/spill.h"

/* One thread at a time. */
struct decoder_ops {
    /* To the beginning; also the first call. */
    int (*start)(void *ctx);
    /* Bytes, 0 at the end, where everything was right; -EBADMSG and others. */
    ssize_t (*read)(void *ctx, void *buf, size_t size);
    /* Not needed for now: give up buffers. */
    void (*stop)(void *ctx);
    void (*free)(void *ctx);
    bool quick; /* decoding again costs hardly more than keeping */
};

/*
 * `size` is what the decoder must give, not one byte more or less. The last part is shown only after the
 * decoder said that all was right; after -EBADMSG nothing is shown any more. Takes over ctx in any case.
 */
int unpack_new(const struct decoder_ops *ops, void *ctx, uint64_t size, struct spill *spill,
               struct bytes **out);

#endif
