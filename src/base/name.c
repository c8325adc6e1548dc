// SPDX-License-Identifier: MIT
//
// The map. Three blocks of the private use area serve it:
//
//     U+F000 + c   on the NT side: the Linux byte c, which an NT name cannot hold (1..31 and " * : < > ?
//     \ |), or
//                  a byte 80..FF which is not part of a valid character. Cygwin, Samba and the CIFS client
//                  use the same code points.
//     U+F100 + c   on the Linux side: the NT unit c, which an NT name should not hold but a file system may
//     hand out
//                  (0..31 and " * / : < > ? \ |).
//     U+F1FF       the escape, on both sides.
//
// So each side has aliens (units the other side cannot hold), masks (private characters which stand for
// the other side's aliens) and own masks (the private characters that the other side uses for ours, which may
// well occur here by themselves). A run of k escapes before one of these counts; everywhere else it is
// ordinary text:
//
//     here                     there
//     k escapes, alien c       2k escapes, mask of c
//     k escapes, own mask c    2k+1 escapes, mask of c
//     k escapes, mask of c     k/2 escapes, then alien c if k is even, the own mask of c if k is odd
//     k escapes, other         the same
//
// Reading the table from right to left gives the same table: that is why the two directions undo each other.
//
// One more rule keeps bytes apart from characters. A series of byte masks on the NT side which together would
// spell a valid character (such a one can only have been put there by hand) must not become that character on
// the Linux side. The first of them counts as "other": it stays a private character, the rest become bytes,
// and in the other direction this private character, followed by just these bytes, is "other" too.

#include "base/name.h"

#include "base/utf.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#define LINUX_MASK 0xf000u
#define NT_MASK    0xf100u
#define ESCAPE     0xf1ffu

enum { BAD_LINUX = 1, BAD_NT = 2, NOT_ASCII = 4 };

// Of bytes and of the units below U+0100. BAD_LINUX: not in Linux names; BAD_NT: not in NT names. Plain ASCII
// is 0.
static const unsigned char classes[256] = {
    [0] = BAD_LINUX | BAD_NT,
    [1 ... 31] = BAD_NT,
    ['"'] = BAD_NT,
    ['*'] = BAD_NT,
    ['/'] = BAD_LINUX | BAD_NT,
    [':'] = BAD_NT,
    ['<'] = BAD_NT,
    ['>'] = BAD_NT,
    ['?'] = BAD_NT,
    ['\\'] = BAD_NT,
    ['|'] = BAD_NT,
    [0x80 ... 0xff] = NOT_ASCII,
};

enum kind { OTHER, ALIEN, OWN_MASK, MASK };

struct token {
    enum kind kind;
    uint32_t value; // the character, or c of an alien or mask
    size_t length;  // in source units
};

// Where the result goes. With cap 0 it is only measured. `part` is the length of an NT name since its last
// colon that parts streams; `full` says that the name is too long for cap or for NT.
struct sink {
    void *out;
    size_t cap;
    size_t length;
    size_t part;
    unsigned flags;
    bool full;
};

// One side of the map. `mask` is the base of the masks which that side holds for the other side's aliens.
struct side {
    uint32_t mask;
    struct token (*read)(const void *s, size_t i, size_t n, unsigned flags);
    void (*put_char)(struct sink *sink, uint32_t c);
    void (*put_alien)(struct sink *sink, uint32_t c);
};

static bool is_bad_in_nt(uint32_t c, unsigned flags)
{
    return c <= 0xff && (classes[c] & BAD_NT) && !(c == ':' && (flags & NAME_KEEP_COLON));
}

static bool is_linux_alien(uint32_t c, unsigned flags)
{
    return (c >= 0x80 && c <= 0xff) || (is_bad_in_nt(c, flags) && !(classes[c] & BAD_LINUX));
}

static void put_bytes(struct sink *sink, const char *bytes, size_t count)
{
    if (sink->cap > 0) {
        if (count > sink->cap - sink->length) {
            sink->full = true;
            return;
        }
        memcpy((char *)sink->out + sink->length, bytes, count);
    }
    sink->length += count;
}

static void put_units(struct sink *sink, const WCHAR *units, size_t count)
{
    sink->part = units[0] == ':' && (sink->flags & NAME_KEEP_COLON) ? 0 : sink->part + count;
    if (sink->part > NAME_MAX_UNITS)
        sink->full = true;
    if (sink->cap > 0) {
        if (count > sink->cap - sink->length) {
            sink->full = true;
            return;
        }
        memcpy((WCHAR *)sink->out + sink->length, units, count * sizeof *units);
    }
    sink->length += count;
}

static void linux_put_char(struct sink *sink, uint32_t c)
{
    char bytes[4];
    put_bytes(sink, bytes, utf8_encode(c, bytes));
}

static void linux_put_alien(struct sink *sink, uint32_t c)
{
    char byte = (char)c;
    put_bytes(sink, &byte, 1);
}

static void nt_put_char(struct sink *sink, uint32_t c)
{
    WCHAR units[2] = {0};
    put_units(sink, units, utf16_encode(c, units));
}

// Whether the byte, one of 80..FF, and the text behind it make a valid character.
static bool completes(unsigned char byte, const char *behind, size_t n)
{
    if (byte < 0x80)
        return false;
    char text[8];
    size_t count = n < sizeof text - 1 ? n : sizeof text - 1;
    uint32_t c;
    text[0] = (char)byte;
    memcpy(text + 1, behind, count);
    return utf8_decode(text, count + 1, &c) > 0;
}

// The same for the mask of a byte on the NT side, whose continuation is masks too.
static bool completes_in_nt(unsigned char byte, const WCHAR *behind, size_t n)
{
    char text[7];
    size_t used = 0, i = 0;
    while (i < n && i < 3 && (behind[i] & 0xffc0u) == (LINUX_MASK | 0x80))
        text[used++] = (char)(behind[i++] - LINUX_MASK);
    if (i < n && utf16_is_low(behind[i]))
        used += utf8_encode(behind[i], text + used);
    return completes(byte, text, used);
}

static struct token linux_read(const void *source, size_t i, size_t n, unsigned flags)
{
    const char *s = source;
    uint32_t c;
    size_t length = utf8_decode(s + i, n - i, &c);
    if (length == 0)
        return (struct token){ALIEN, (unsigned char)s[i], 1};
    if (is_bad_in_nt(c, flags))
        return (struct token){ALIEN, c, length};
    if (c >> 8 == LINUX_MASK >> 8 && is_linux_alien(c - LINUX_MASK, flags) &&
        !completes((unsigned char)(c - LINUX_MASK), s + i + length, n - i - length))
        return (struct token){OWN_MASK, c - LINUX_MASK, length};
    if (c >> 8 == NT_MASK >> 8 && is_bad_in_nt(c - NT_MASK, flags))
        return (struct token){MASK, c - NT_MASK, length};
    return (struct token){OTHER, c, length};
}

static struct token nt_read(const void *source, size_t i, size_t n, unsigned flags)
{
    const WCHAR *s = source;
    uint32_t c;
    size_t length = utf16_decode(s + i, n - i, &c);
    if (is_bad_in_nt(c, flags))
        return (struct token){ALIEN, c, length};
    if (c >> 8 == LINUX_MASK >> 8 && is_linux_alien(c - LINUX_MASK, flags) &&
        !completes_in_nt((unsigned char)(c - LINUX_MASK), s + i + 1, n - i - 1))
        return (struct token){MASK, c - LINUX_MASK, length};
    if (c >> 8 == NT_MASK >> 8 && is_bad_in_nt(c - NT_MASK, flags))
        return (struct token){OWN_MASK, c - NT_MASK, length};
    return (struct token){OTHER, c, length};
}

static const struct side linux_side = {NT_MASK, linux_read, linux_put_char, linux_put_alien};
static const struct side nt_side = {LINUX_MASK, nt_read, nt_put_char, nt_put_char};

static void put_escapes(const struct side *to, struct sink *sink, size_t count)
{
    for (; count > 0 && !sink->full; count--)
        to->put_char(sink, ESCAPE);
}

static void put_token(const struct side *from, const struct side *to, struct sink *sink, size_t k,
                      struct token token)
{
    switch (token.kind) {
    case ALIEN:
        put_escapes(to, sink, 2 * k);
        to->put_char(sink, to->mask + token.value);
        break;
    case OWN_MASK:
        put_escapes(to, sink, 2 * k + 1);
        to->put_char(sink, to->mask + token.value);
        break;
    case MASK:
        put_escapes(to, sink, k / 2);
        if (k % 2)
            to->put_char(sink, from->mask + token.value);
        else
            to->put_alien(sink, token.value);
        break;
    case OTHER:
        put_escapes(to, sink, k);
        to->put_char(sink, token.value);
        break;
    }
}

// Maps s[i..n), appending to the sink.
static void translate(const struct side *from, const struct side *to, struct sink *sink, const void *s,
                      size_t i, size_t n)
{
    size_t escapes = 0;
    while (i < n && !sink->full) {
        struct token token = from->read(s, i, n, sink->flags);
        i += token.length;
        if (token.kind == OTHER && token.value == ESCAPE) {
            escapes++;
            continue;
        }
        put_token(from, to, sink, escapes, token);
        escapes = 0;
    }
    put_escapes(to, sink, escapes);
}

// Whether a part of the NT name is over the limit (all of it is one part unless colons are kept).
static bool too_long(const WCHAR *s, size_t n, unsigned flags)
{
    if (n <= NAME_MAX_UNITS)
        return false;
    if (!(flags & NAME_KEEP_COLON))
        return true;
    size_t part = 0;
    for (size_t i = 0; i < n; i++) {
        part = s[i] == ':' ? 0 : part + 1;
        if (part > NAME_MAX_UNITS)
            return true;
    }
    return false;
}

// The plain parts of names, which the map leaves alone, go by without tokens. Both functions copy from s, as
// far as there is only plain text and room for it, and return how much of s they took.

static bool is_plain(uint32_t c)
{
    return c < 0x80 ? !classes[c] : c >> 9 != LINUX_MASK >> 9;
}

static size_t copy_plain_from_linux(const char *s, size_t n, struct sink *sink)
{
    WCHAR *out = sink->out;
    size_t i = 0, used = 0, cap = sink->cap;
    for (;;) {
        for (; i < n && used < cap && !classes[(unsigned char)s[i]]; i++)
            out[used++] = (unsigned char)s[i];
        uint32_t c;
        size_t length = used + 2 <= cap ? utf8_decode(s + i, n - i, &c) : 0;
        if (length == 0 || !is_plain(c))
            break;
        used += utf16_encode(c, out + used);
        i += length;
    }
    sink->length = sink->part = used;
    sink->full = used > NAME_MAX_UNITS;
    return i;
}

static size_t copy_plain_to_linux(const WCHAR *s, size_t n, struct sink *sink)
{
    char *out = sink->out;
    size_t i = 0, used = 0, cap = sink->cap;
    for (;;) {
        for (; i < n && used < cap && s[i] < 0x80 && !classes[s[i]]; i++)
            out[used++] = (char)s[i];
        uint32_t c;
        size_t length = i < n && used + 4 <= cap ? utf16_decode(s + i, n - i, &c) : 0;
        if (length == 0 || !is_plain(c))
            break;
        used += utf8_encode(c, out + used);
        i += length;
    }
    sink->length = used;
    return i;
}

static ptrdiff_t finish(const struct sink *sink)
{
    return sink->full ? -ENAMETOOLONG : (ptrdiff_t)sink->length;
}

static bool is_dots(uint32_t first, uint32_t second, size_t n)
{
    return first == '.' && (n == 1 || (n == 2 && second == '.'));
}

ptrdiff_t name_from_linux(const char *s, size_t n, WCHAR *out, size_t cap, unsigned flags)
{
    if (n == 0 || is_dots((unsigned char)s[0], n > 1 ? (unsigned char)s[1] : 0, n))
        return -EINVAL;
    struct sink sink = {.out = out, .cap = cap, .flags = flags};
    size_t i = copy_plain_from_linux(s, n, &sink);
    if (i < n) {
        if (memchr(s + i, 0, n - i) || memchr(s + i, '/', n - i))
            return -EINVAL;
        translate(&linux_side, &nt_side, &sink, s, i, n);
    }
    return finish(&sink);
}

ptrdiff_t name_to_linux(const WCHAR *s, size_t n, char *out, size_t cap, unsigned flags)
{
    if (n == 0 || is_dots(s[0], n > 1 ? s[1] : 0, n))
        return -EINVAL;
    if (too_long(s, n, flags))
        return -ENAMETOOLONG;
    struct sink sink = {.out = out, .cap = cap, .flags = flags};
    size_t i = copy_plain_to_linux(s, n, &sink);
    if (i < n)
        translate(&nt_side, &linux_side, &sink, s, i, n);
    return finish(&sink);
}
