// SPDX-License-Identifier: MIT

#include "base/hash.h"

#include "base/random.h"

#include <stdatomic.h>
#include <string.h>

#define UNITS_PER_WORD (sizeof(uint64_t) / sizeof(WCHAR))

uint64_t hash_seed(void)
{
    static _Atomic(uint64_t) seed; // 0: not chosen yet
    uint64_t value = atomic_load_explicit(&seed, memory_order_relaxed);
    if (value == 0) {
        uint64_t chosen = random_u64() | 1;
        if (atomic_compare_exchange_strong(&seed, &value, chosen))
            value = chosen;
    }
    return value;
}

static uint64_t read_word(const WCHAR *units)
{
    uint64_t word;
    memcpy(&word, units, sizeof word);
    return word;
}

// Both factors of every multiplication hold secret bits, so that no input can make one of them 0 on purpose.
uint64_t hash_units(const WCHAR *units, size_t count, uint64_t seed)
{
    uint64_t secret = hash_fold_(seed ^ 0xa0b428db6a2d1c8fu, 0xe9846af9b1a615d5u);
    uint64_t state = seed ^ count * 0x9e3779b97f4a7c15u;
    for (; count >= 2 * UNITS_PER_WORD; count -= 2 * UNITS_PER_WORD, units += 2 * UNITS_PER_WORD)
        state = hash_fold_(read_word(units) ^ secret, read_word(units + UNITS_PER_WORD) ^ state);
    WCHAR rest[2 * UNITS_PER_WORD] = {0};
    if (count > 0)
        memcpy(rest, units, count * sizeof *units);
    state = hash_fold_(read_word(rest) ^ secret, read_word(rest + UNITS_PER_WORD) ^ state);
    return hash_fold_(state ^ secret, 0x8ebc6af09c88c6e3u);
}
