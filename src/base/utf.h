// SPDX-License-Identifier: MIT
//
// UTF-8 <-> UTF-16 in the generalised form "WTF-8": an unpaired surrogate is three bytes (ED A0..BF 80..BF),
// so every UTF-16 string has exactly one byte form and comes back unchanged. A surrogate pair written as two
// such triples, overlong forms and values past U+10FFFF are invalid. NUL is an ordinary character.

#ifndef BASE_UTF_H
#define BASE_UTF_H

#include <dokan/wintypes.h>
#include <stddef.h>
#include <stdint.h>

// Both return the number of units (bytes) written, without a terminating NUL. With cap 0 nothing is written
// (out may be NULL) and the number needed is returned. -1 if the input is invalid or cap is too small; what
// `out` then holds is undefined.
ptrdiff_t utf8_to_utf16(const char *s, size_t n, WCHAR *out, size_t cap);
ptrdiff_t utf16_to_utf8(const WCHAR *s, size_t n, char *out, size_t cap);

// Reads one character of WTF-8 at s. Returns its length (1..4) and sets *c, or 0 if s[0] starts none
// (invalid, cut off, n == 0, or a high surrogate with a low one right behind it).
size_t utf8_decode(const char *s, size_t n, uint32_t *c);

// Writes one character (0..0x10FFFF, surrogates allowed) and returns its length, 1..4.
size_t utf8_encode(uint32_t c, char out[4]);

// Reads one character of UTF-16 at s (n > 0). Returns 1 or 2; an unpaired surrogate is its own character.
size_t utf16_decode(const WCHAR *s, size_t n, uint32_t *c);

// Writes one character and returns 1 or 2.
size_t utf16_encode(uint32_t c, WCHAR out[2]);

static inline int utf16_is_high(uint32_t c)
{
    return (c & 0xfffffc00u) == 0xd800;
}

static inline int utf16_is_low(uint32_t c)
{
    return (c & 0xfffffc00u) == 0xdc00;
}

#endif
