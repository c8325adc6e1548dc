// SPDX-License-Identifier: MIT
/*
 * CRC-32 by carry-less multiplication where the processor has it (V. Gopal et al., "Fast CRC Computation for
 * Generic Polynomials Using PCLMULQDQ Instruction", 2009), else by zlib.
 *
 * Four accumulators of 128 bits take 64 bytes at a time: what an accumulator stands for is moved 512 bits on,
 * by multiplying its halves with powers of x modulo the polynomial, and the next bytes are added. The 128
 * bits that are left are congruent to all that was taken in, so zlib ends the work on them.
 */
#include "fs/stream/crc32.h"

#include <zlib.h>

#ifdef __x86_64__
#include <immintrin.h>

enum { LANE = 16, STEP = 4 * LANE };
#define CLMUL __attribute__((target("pclmul,sse4.1")))

/* x^(n+32) and x^(n-32) modulo the polynomial, bits reflected, for the low and the high half. */
static const uint64_t by_512[2] = {0x0154442bd4, 0x01c6e41596}, by_128[2] = {0x01751997d0, 0x00ccaa009e};

CLMUL static inline __m128i load(const uint8_t *from)
{
    return _mm_loadu_si128((const __m128i *)from);
}

/* Moves an accumulator on, and adds what comes there. */
CLMUL static inline __m128i fold(__m128i sum, __m128i powers, __m128i next)
{
    __m128i low = _mm_clmulepi64_si128(sum, powers, 0x00), high = _mm_clmulepi64_si128(sum, powers, 0x11);
    return _mm_xor_si128(_mm_xor_si128(low, high), next);
}

/* Takes in the steps of 64 bytes, at least one. */
CLMUL static uint32_t sum_steps(uint32_t sum, const uint8_t *at, size_t steps)
{
    __m128i powers = load((const uint8_t *)by_512), lanes[4];
    for (int i = 0; i < 4; i++)
        lanes[i] = load(at + (size_t)i * LANE);
    lanes[0] = _mm_xor_si128(lanes[0], _mm_cvtsi32_si128((int)~sum));
    for (size_t step = 1; step < steps; step++)
        for (int i = 0; i < 4; i++)
            lanes[i] = fold(lanes[i], powers, load(at + step * STEP + (size_t)i * LANE));
    powers = load((const uint8_t *)by_128);
    for (int i = 1; i < 4; i++)
        lanes[0] = fold(lanes[0], powers, lanes[i]);
    uint8_t rest[LANE];
    _mm_storeu_si128((__m128i *)rest, lanes[0]);
    return (uint32_t)crc32_z(UINT32_MAX, rest, sizeof rest);
}

uint32_t checksum32(uint32_t sum, const void *data, size_t size)
{
    const uint8_t *at = data;
    if (size >= STEP && __builtin_cpu_supports("pclmul") && __builtin_cpu_supports("sse4.1")) {
        sum = sum_steps(sum, at, size / STEP);
        at += size - size % STEP;
        size %= STEP;
    }
    return size ? (uint32_t)crc32_z(sum, at, size) : sum;
}

#else

uint32_t checksum32(uint32_t sum, const void *data, size_t size)
{
    return size ? (uint32_t)crc32_z(sum, data, size) : sum;
}

#endif
