// SPDX-License-Identifier: MIT
//
// Random numbers from the kernel.

#ifndef BASE_RANDOM_H
#define BASE_RANDOM_H

#include <errno.h>
#include <stdint.h>
#include <sys/random.h>

static inline uint64_t random_u64(void)
{
    uint64_t value = 0;
    while (getrandom(&value, sizeof value, 0) != sizeof value && errno == EINTR)
        ;
    return value;
}

#endif
