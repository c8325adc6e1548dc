// SPDX-License-Identifier: MIT
//
// Fast seeded 64-bit hashes for tables in memory. With a secret seed (hash_seed) nobody outside can aim at
// one bucket. The values differ from process to process: never store or send them.

#ifndef BASE_HASH_H
#define BASE_HASH_H

#include <dokan/wintypes.h>
#include <stddef.h>
#include <stdint.h>

// The seed of this process: random, the same at every call.
uint64_t hash_seed(void);

// Hash of a range of units. Equal ranges with equal seeds give equal values.
uint64_t hash_units(const WCHAR *units, size_t count, uint64_t seed);

// Multiplies to 128 bits and folds the halves: the mixing step of all hashes here.
static inline uint64_t hash_fold_(uint64_t a, uint64_t b)
{
    __extension__ typedef unsigned __int128 wide;
    wide product = (wide)a * b;
    return (uint64_t)product ^ (uint64_t)(product >> 64);
}

// Hash of one integer.
static inline uint64_t hash_u64(uint64_t value, uint64_t seed)
{
    return hash_fold_(value ^ seed ^ 0x9e3779b97f4a7c15u,
                      hash_fold_(value ^ 0xd1b54a32d192ed03u, seed | 1) | 1);
}

// Hash of a pointer's value (not of what it points to).
static inline uint64_t hash_ptr(const void *ptr, uint64_t seed)
{
    return hash_u64((uintptr_t)ptr, seed);
}

#endif
