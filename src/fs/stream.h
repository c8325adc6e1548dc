// SPDX-License-Identifier: MIT
/*
 * A compressed stream as bytes that can be read anywhere (gzip, bzip2, xz, zstd, lz4, lzma, compress...).
 *
 * Where the codec allows it, seek points are remembered: places from which decompression can start (a deflate
 * block with its 32 KiB window, a bzip2 or xz block, a zstd frame). Elsewhere the stream is decompressed once
 * into the spill; where that does not hold it, a read behind the position starts again, and stream_warning()
 * says so.
 */
#ifndef XDOKAN_FS_STREAM_H
#define XDOKAN_FS_STREAM_H

#include "fs/bytes.h"
#include "fs/spill.h"

struct stream; /* starts with a struct bytes; its size is known after stream_measure() */

/* Name of the codec that the content shows, or NULL for none. */
const char *stream_codec(const void *head, size_t length);

/* Decompresses what the first bytes of a file give: count, perhaps 0. */
ssize_t stream_peek(const void *head, size_t length, void *buf, size_t size);

/* The compressed bytes' reference is taken over. -EOPNOTSUPP when the codec is not known here. */
int stream_open(struct bytes *packed, struct spill *spill, struct bytes **out, struct fs_error *error);
/*
 * Refuses, -E2BIG, what decompresses to more than `ratio` times its packed size; STREAM_RATIO: what suits the
 * codec; 0: no bound. Decoding from the start, packed bytes that were not read yet count half, so that a
 * bomb is found early, while long zeros in something large are not taken for one. From STREAM_TRUSTED bytes
 * on, STREAM_TRUSTED_SLOW where decoding is slow. Before the first read or load.
 */
#define STREAM_RATIO        UINT64_MAX
#define STREAM_TRUSTED      ((uint64_t)512 << 20)
#define STREAM_TRUSTED_SLOW ((uint64_t)256 << 20)
void stream_limit(struct bytes *stream, uint64_t ratio);
/* Whether that was the reason for an error. */
bool stream_too_large(struct bytes *stream);
/* While an archive is scanned, most bytes are only passed over: where decoding is quick they are not kept. */
void stream_passing(struct bytes *stream, bool passing);
/* Finds seek points, and perhaps the size, as far as that needs no decoding. Reads do it when they need it; a
 * scan finds them on its way. */
int stream_prepare(struct bytes *stream);
/* Decodes what lies before `offset` and must be decoded for a read there, calling `report` as below. */
int stream_advance(struct bytes *stream, uint64_t offset,
                   int (*report)(void *ctx, uint64_t done, uint64_t total), void *ctx);
/* Goes once to the end: finds the size and the seek points. `report` as fs_report, over packed bytes; NULL:
 * none. -EBADMSG when damaged, -E2BIG beyond `most` bytes. Reads from other readers (scanning an archive) may
 * be done meanwhile and share the pass. */
int stream_measure(struct bytes *stream, uint64_t most,
                   int (*report)(void *ctx, uint64_t done, uint64_t total), void *ctx);
/* Size and seek points for an index file, malloc'ed; and back (-EBADMSG: measure again). */
int stream_save(struct bytes *stream, void **data, size_t *size);
int stream_load(struct bytes *stream, const void *data, size_t size);
/* A sentence for the user when random reads will be slow; NULL otherwise. */
const char *stream_warning(struct bytes *stream);
/* How far in the compressed bytes any reader came, for progress. */
uint64_t stream_position(struct bytes *stream);
/* Bytes decompressed so far, for figures. */
uint64_t stream_work(struct bytes *stream);

#endif
