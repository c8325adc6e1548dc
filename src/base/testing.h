// SPDX-License-Identifier: MIT
//
// What every unit test includes first: cmocka with the headers it wants before it.

#ifndef BASE_TESTING_H
#define BASE_TESTING_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#define COUNT_OF(array) (sizeof(array) / sizeof *(array))

// Whether the exhaustive and long variants shall run too (DOKAN_TEST_FULL=1).
static inline bool testing_full(void)
{
    const char *value = getenv("DOKAN_TEST_FULL");
    return value && *value && *value != '0';
}

// A cheap generator of repeatable numbers (xorshift); *state must not be 0.
static inline uint64_t testing_random(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state * 0x2545f4914f6cdd1du;
}

#endif
