// SPDX-License-Identifier: MIT
/*
 * A bounded, sparse place for decompressed bytes that are costly to make again: one unlinked file in the
 * cache folder per mount, shared by the streams of an archive. Regions belong to an
 * owner; when the limit is reached the least recently used whole region that nobody reads goes, and its owner
 * finds it missing. Thread-safe.
 */
#ifndef XDOKAN_FS_SPILL_H
#define XDOKAN_FS_SPILL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct spill;
struct spill_region;

/* The file comes with the first byte: $DOKAN_FS_CACHE, else $XDG_CACHE_HOME/dokan, else
 * ~/.cache/dokan; where none can be written, TMPDIR, else memory (then `limit` is at most 256 MiB). */
int spill_new(uint64_t limit, struct spill **out);
void spill_free(struct spill *spill);
/* Around a fork whose two sides go on using their objects: neither then touches what the other still reads.
 */
void spill_fork_begin(void);
void spill_fork_end(void); /* in both */
uint64_t spill_used(const struct spill *spill);
uint64_t spill_limit(const struct spill *spill);

/* Room for `size` bytes at most, of which none is there yet; SPILL_UNKNOWN: as many as the limit allows.
 * -ENOSPC when it is larger than the limit. */
#define SPILL_UNKNOWN UINT64_MAX
int spill_region_new(struct spill *spill, uint64_t size, struct spill_region **out);
void spill_region_free(struct spill_region *region);
/* Adds bytes behind those that are there (a region grows from 0 without holes): all or none. One at a time
 * (-EBUSY). -ENOSPC when limit or disk has no room and everything else is in use; -EFBIG beyond `size`. */
int spill_append(struct spill_region *region, const void *data, size_t size);
/* The same where more than one thread may append, or the region may be evicted meanwhile: -ESTALE unless
 * exactly `offset` bytes are there. */
int spill_append_at(struct spill_region *region, uint64_t offset, const void *data, size_t size);
/* How many bytes from 0 are there; 0 again after the region was evicted. */
uint64_t spill_filled(const struct spill_region *region);
/* Reads what is there: count, 0 beyond, -ESTALE when it was evicted since the last append. */
ssize_t spill_pread(struct spill_region *region, void *buf, size_t size, uint64_t offset);

#endif
