// SPDX-License-Identifier: MIT
/*
 * Reading packed bytes from the disk before they are needed. See fetch.c.
 */
#ifndef XDOKAN_FS_STREAM_FETCH_H
#define XDOKAN_FS_STREAM_FETCH_H

#include "fs/bytes.h"
#include <pthread.h>
#include <stdatomic.h>

/* All zero, or ended by fetch_stop(). Lies still while it runs. */
struct fetch {
    pthread_t thread;
    int fd;
    uint64_t at;
    atomic_bool stop;
    bool running;
};

/* From that offset on, in a thread of its own. Does nothing where it cannot: not a file of this machine. */
void fetch_start(struct fetch *fetch, const struct bytes *packed, uint64_t from);
/* Also of one that is all zero. */
void fetch_stop(struct fetch *fetch);

#endif
