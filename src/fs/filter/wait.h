// SPDX-License-Identifier: MIT
/*
 * Sleeping inside a call: in short steps, and a sign of life after each where that is wanted.
 */
#ifndef XDOKAN_FS_FILTER_WAIT_H
#define XDOKAN_FS_FILTER_WAIT_H

#include "base/clock.h"
#include <dokan/fs.h>
#include <time.h>

enum { WAIT_STEP_NS = 20000000 };

static inline void wait_step(uint64_t ns, bool progress)
{
    struct timespec step = {0, (long)(ns < WAIT_STEP_NS ? ns : WAIT_STEP_NS)};
    nanosleep(&step, NULL);
    if (progress)
        fs_progress();
}

/* A step ends early when a signal comes; the whole does not. */
static inline void wait_until(uint64_t deadline, bool progress)
{
    for (uint64_t now = clock_ns(); now < deadline; now = clock_ns())
        wait_step(deadline - now, progress);
}

#endif
