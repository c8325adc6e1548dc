// SPDX-License-Identifier: MIT

#include "base/clock.h"

#define TICKS_PER_SECOND 10000000
#define UNIX_EPOCH       11644473600 // seconds from 1601 to 1970

static uint64_t read_clock(clockid_t id)
{
    struct timespec ts = {0, 0};
    clock_gettime(id, &ts);
    return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

uint64_t clock_ns(void)
{
    return read_clock(CLOCK_MONOTONIC);
}

uint64_t clock_coarse_ns(void)
{
    return read_clock(CLOCK_MONOTONIC_COARSE);
}

uint64_t filetime_now(void)
{
    struct timespec ts = {0, 0};
    clock_gettime(CLOCK_REALTIME, &ts);
    return filetime_from_timespec(&ts);
}

uint64_t filetime_from_timespec(const struct timespec *ts)
{
    if (ts->tv_sec < -UNIX_EPOCH)
        return 0;
    if (ts->tv_sec > (int64_t)(FILETIME_MAX / TICKS_PER_SECOND) - UNIX_EPOCH)
        return FILETIME_MAX;
    uint64_t ft = (uint64_t)(ts->tv_sec + UNIX_EPOCH) * TICKS_PER_SECOND + (uint64_t)ts->tv_nsec / 100;
    return ft > FILETIME_MAX ? FILETIME_MAX : ft;
}

void filetime_to_timespec(uint64_t ft, struct timespec *ts)
{
    if (ft > FILETIME_MAX)
        ft = FILETIME_MAX;
    ts->tv_sec = (time_t)(ft / TICKS_PER_SECOND) - UNIX_EPOCH;
    ts->tv_nsec = (long)(ft % TICKS_PER_SECOND) * 100;
}
