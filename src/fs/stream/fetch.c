// SPDX-License-Identifier: MIT
/*
 * Reading packed bytes from the disk while others are decoded. The bytes go nowhere: what counts is that the
 * kernel has them in its cache when the decoder asks. Its own reading ahead begins with little and lets a
 * decoder wait several times at first.
 *
 * A thread of this file lives no longer than the call that decodes.
 */
#include "fs/stream/fetch.h"

#include "base/cleanup.h"
#include "base/thread.h"
#include <fcntl.h>
#include <sys/sendfile.h>

enum { PIECE = 256 << 10, PIECES = 64 }; /* then the kernel's own reading ahead is at its best */

static void *run(void *arg)
{
    struct fetch *fetch = arg;
    CLEANUP_FD int nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);
    off_t at = (off_t)fetch->at;
    for (int i = 0; nowhere >= 0 && i < PIECES && !atomic_load(&fetch->stop); i++)
        if (sendfile(nowhere, fetch->fd, &at, PIECE) <= 0)
            break;
    return NULL;
}

void fetch_start(struct fetch *fetch, const struct bytes *packed, uint64_t from)
{
    *fetch = (struct fetch){.fd = packed->fd, .at = from};
    atomic_init(&fetch->stop, false);
    fetch->running = fetch->fd >= 0 && thread_start(&fetch->thread, "fs-fetch", 0, NULL, run, fetch) == 0;
}

void fetch_stop(struct fetch *fetch)
{
    if (!fetch->running)
        return;
    atomic_store(&fetch->stop, true);
    pthread_join(fetch->thread, NULL);
    fetch->running = false;
}
