// SPDX-License-Identifier: MIT
/*
 * What the tests of streams share: a plain file, and the ways to pack it with the real tools.
 */
#ifndef XDOKAN_FS_STREAM_TESTING_H
#define XDOKAN_FS_STREAM_TESTING_H

#include "base/testing.h"
#include "fs/stream.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

enum { LONG = 9 << 20, PLAIN = 9 << 18, SMALL = 3000 };
extern uint8_t *plain, *small; /* LONG and SMALL bytes */
extern int memory_fd;          /* >= 0: what memory() makes looks like a file, so that streams decode ahead */
extern size_t plain_size;      /* how many of them were packed last: PLAIN, or LONG */

struct packed {
    uint8_t *data;
    size_t size;
};

struct way {
    const char *codec, *tool, *command; /* reads a file as $F; writes $F.out */
    bool checked;                       /* damage anywhere in the data is noticed */
};
enum { WAY_GZIP = 0, WAY_XZ = 10, WAY_ZSTD = 16, WAY_ZSTD_PIPED = 17, WAY_LZ4 = 22 };
extern const struct way ways[];
extern const struct way bomb; /* whatever is given: 520 MiB of zeros */

/* A copy of the data as bytes. */
struct bytes *memory(const void *data, size_t size);
/* "plain", "long" or "small"; false: there is no such tool here. */
bool pack(const struct way *way, const char *name, struct packed *out);
/* With every tool that is here. "plain" is "long" in full tests. */
void each_way(void (*check)(const struct way *way, const struct packed *packed), const char *name);
struct bytes *open_stream(const struct packed *packed, struct spill *spill);
int set_up(void **state);
int tear_down(void **state);

#endif
