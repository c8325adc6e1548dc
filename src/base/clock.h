// SPDX-License-Identifier: MIT
//
// Clocks, and FILETIME: 100 ns steps since 1601-01-01 UTC, from 0 to INT64_MAX (the year 30828).

#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stdint.h>
#include <time.h>

#define FILETIME_MAX ((uint64_t)INT64_MAX)

// Nanoseconds of the monotonic clock; the coarse one is cheaper and a few milliseconds behind.
uint64_t clock_ns(void);
uint64_t clock_coarse_ns(void);

// The time of day.
uint64_t filetime_now(void);

// Rounds down to 100 ns. Times before 1601 give 0, times past FILETIME_MAX give that.
uint64_t filetime_from_timespec(const struct timespec *ts);

// tv_nsec is 0..999999900 also before 1970. Values past FILETIME_MAX count as that.
void filetime_to_timespec(uint64_t ft, struct timespec *ts);

#endif
