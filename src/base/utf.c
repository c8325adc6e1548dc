// SPDX-License-Identifier: MIT

#include "base/utf.h"

#include <stdbool.h>
#include <string.h>

// What a lead byte promises: the length, its payload bits and the range its first continuation byte must lie
// in (which rules out overlong forms and values past U+10FFFF). Length 0: never a lead byte.
struct lead {
    unsigned char length;
    unsigned char bits;
    unsigned char low;
    unsigned char high;
};

static struct lead lead_of(unsigned char byte)
{
    if (byte < 0xc2)
        return (struct lead){0, 0, 0, 0};
    if (byte < 0xe0)
        return (struct lead){2, byte & 0x1f, 0x80, 0xbf};
    if (byte < 0xf0)
        return (struct lead){3, byte & 0x0f, byte == 0xe0 ? 0xa0 : 0x80, 0xbf};
    if (byte < 0xf5)
        return (struct lead){4, byte & 0x07, byte == 0xf0 ? 0x90 : 0x80, byte == 0xf4 ? 0x8f : 0xbf};
    return (struct lead){0, 0, 0, 0};
}

static bool starts_low_surrogate(const unsigned char *p, size_t n)
{
    return n >= 3 && p[0] == 0xed && p[1] >= 0xb0 && p[1] <= 0xbf && (p[2] & 0xc0) == 0x80;
}

size_t utf8_decode(const char *s, size_t n, uint32_t *c)
{
    const unsigned char *p = (const unsigned char *)s;
    if (n == 0)
        return 0;
    if (p[0] < 0x80) {
        *c = p[0];
        return 1;
    }
    struct lead lead = lead_of(p[0]);
    if (lead.length == 0 || n < lead.length || p[1] < lead.low || p[1] > lead.high)
        return 0;
    uint32_t value = lead.bits;
    for (size_t i = 1; i < lead.length; i++) {
        if ((p[i] & 0xc0) != 0x80)
            return 0;
        value = value << 6 | (p[i] & 0x3f);
    }
    if (utf16_is_high(value) && starts_low_surrogate(p + 3, n - 3))
        return 0;
    *c = value;
    return lead.length;
}

size_t utf8_encode(uint32_t c, char out[4])
{
    if (c < 0x80) {
        out[0] = (char)c;
        return 1;
    }
    if (c < 0x800) {
        out[0] = (char)(0xc0 | c >> 6);
        out[1] = (char)(0x80 | (c & 0x3f));
        return 2;
    }
    if (c < 0x10000) {
        out[0] = (char)(0xe0 | c >> 12);
        out[1] = (char)(0x80 | (c >> 6 & 0x3f));
        out[2] = (char)(0x80 | (c & 0x3f));
        return 3;
    }
    out[0] = (char)(0xf0 | c >> 18);
    out[1] = (char)(0x80 | (c >> 12 & 0x3f));
    out[2] = (char)(0x80 | (c >> 6 & 0x3f));
    out[3] = (char)(0x80 | (c & 0x3f));
    return 4;
}

size_t utf16_decode(const WCHAR *s, size_t n, uint32_t *c)
{
    if (n > 1 && utf16_is_high(s[0]) && utf16_is_low(s[1])) {
        *c = 0x10000 + ((s[0] - 0xd800u) << 10) + (s[1] - 0xdc00u);
        return 2;
    }
    *c = s[0];
    return 1;
}

size_t utf16_encode(uint32_t c, WCHAR out[2])
{
    if (c < 0x10000) {
        out[0] = (WCHAR)c;
        return 1;
    }
    out[0] = (WCHAR)(0xd800 + ((c - 0x10000) >> 10));
    out[1] = (WCHAR)(0xdc00 + (c & 0x3ff));
    return 2;
}

ptrdiff_t utf8_to_utf16(const char *s, size_t n, WCHAR *out, size_t cap)
{
    size_t used = 0;
    for (size_t i = 0; i < n;) {
        uint32_t c;
        size_t length = utf8_decode(s + i, n - i, &c);
        if (length == 0)
            return -1;
        WCHAR units[2];
        size_t count = utf16_encode(c, units);
        if (cap > 0) {
            if (count > cap - used)
                return -1;
            memcpy(out + used, units, count * sizeof *units);
        }
        used += count;
        i += length;
    }
    return (ptrdiff_t)used;
}

ptrdiff_t utf16_to_utf8(const WCHAR *s, size_t n, char *out, size_t cap)
{
    size_t used = 0;
    for (size_t i = 0; i < n;) {
        uint32_t c;
        i += utf16_decode(s + i, n - i, &c);
        char bytes[4];
        size_t count = utf8_encode(c, bytes);
        if (cap > 0) {
            if (count > cap - used)
                return -1;
            memcpy(out + used, bytes, count);
        }
        used += count;
    }
    return (ptrdiff_t)used;
}
