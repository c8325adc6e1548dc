// SPDX-License-Identifier: MIT
/*
 * Names for Windows: encoded from the right, decoded from the left.
 *
 * What is an escape depends only on what stands to its right in the shown name, and on where it stands. A raw
 * byte that would make an escape of what follows is escaped itself; so each direction undoes the other, and
 * every name that Windows can hold stands for exactly one raw name. No escape stands for "." or "..", a slash
 * or a NUL.
 */
#include "fs/filter/safe_name.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

/* Where in the name: the two places behind which an escaped dot would make "." or "..". */
enum place { AT_START, BEHIND_DOT, INSIDE };

static const char colon[] = "__colon__";
enum { COLON = sizeof colon - 1 };

static bool never_held(unsigned char c)
{
    return c < 0x20 || strchr("<>\"|?*\\:", c);
}

/* The part of the name that would be a device: before the first dot, without spaces at its end. */
static size_t device_length(const char *name, size_t length)
{
    const char *dot = memchr(name, '.', length);
    size_t n = dot ? (size_t)(dot - name) : length;
    while (n && name[n - 1] == ' ')
        n--;
    return n;
}

static bool is_port_number(const char *s, size_t n)
{
    if (n == 1)
        return *s >= '0' && *s <= '9';
    return n == 2 && (unsigned char)s[0] == 0xc2 && strchr("\xb9\xb2\xb3", s[1]) != NULL; /* superscripts */
}

static bool is_device(const char *name, size_t length)
{
    static const char *const devices[] = {"CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$", "CLOCK$"};
    size_t n = device_length(name, length);
    for (size_t i = 0; i < sizeof devices / sizeof *devices; i++)
        if (strlen(devices[i]) == n && strncasecmp(name, devices[i], n) == 0)
            return true;
    return n > 3 && (strncasecmp(name, "COM", 3) == 0 || strncasecmp(name, "LPT", 3) == 0) &&
           is_port_number(name + 3, n - 3);
}

static int hex(char c)
{
    const char *digits = "0123456789ABCDEF", *found = c ? strchr(digits, c) : NULL;
    return found ? (int)(found - digits) : -1;
}

/* Whether a device's name would stand there with c in the place of an escape of three bytes. */
static bool completes_device(char c, const char *rest, size_t length)
{
    char name[64];
    size_t n = device_length(rest, length) + 1; /* a device's name is short */
    if (n > 8 || !strchr("CPANLcpanl", c))
        return false;
    name[0] = c;
    memcpy(name + 1, rest, n - 1);
    return is_device(name, n);
}

/* What two digits behind a '%' stand for, with what follows them; -1: nothing. `n` counts from the digits on.
 */
static int code_at(const char *digits, size_t n, enum place place)
{
    if (n < 2 || hex(digits[0]) < 0 || hex(digits[1]) < 0)
        return -1;
    int c = hex(digits[0]) * 16 + hex(digits[1]);
    if (c == 0 || c == ':')
        return -1;
    if (never_held((unsigned char)c))
        return c;
    if (c == ' ' || c == '.')
        return n == 2 && (c == ' ' || place == INSIDE) ? c : -1;
    if (c == '_')
        return n > COLON && memcmp(digits + 2, colon + 1, COLON - 1) == 0 ? c : -1;
    return place == AT_START && completes_device((char)c, digits + 2, n - 2) ? c : -1;
}

/* What the escape at s stands for; -1: it is none. "%25" is '%' where that '%' would begin an escape. */
static int escape_at(const char *s, size_t n, enum place place)
{
    if (n < 3 || *s != '%')
        return -1;
    const char *digits = s + 1, *end = s + n;
    while (end - digits > 2 && memcmp(digits, "25", 2) == 0)
        digits += 2;
    int c = code_at(digits, (size_t)(end - digits), place);
    return c >= 0 && digits > s + 1 ? '%' : c;
}

static enum place place_of(const char *name, size_t at)
{
    return at == 0 ? AT_START : at == 1 && *name == '.' ? BEHIND_DOT : INSIDE;
}

/* Whether c cannot stand before `rest`, which is shown already. s has room for it: s[0] is c, rest is s + 1.
 */
static bool must_escape(const char *s, size_t n, enum place place)
{
    unsigned char c = (unsigned char)*s;
    if (never_held(c))
        return true;
    if (c == ' ' || c == '.')
        return n == 1 && (c == ' ' || place == INSIDE);
    if (c == '_')
        return n >= COLON && memcmp(s, colon, COLON) == 0;
    return c == '%' ? escape_at(s, n, place) >= 0 : place == AT_START && is_device(s, n);
}

ssize_t safe_encode(const char *raw, size_t length, char *out, size_t room)
{
    size_t at = room; /* the name grows from the end of the room to its start */
    if (room == 0)
        return -ENAMETOOLONG;
    out[--at] = 0;
    for (size_t i = length; i-- > 0;) {
        if (at < COLON)
            return -ENAMETOOLONG;
        out[--at] = raw[i];
        if (!must_escape(out + at, room - 1 - at, place_of(raw, i)))
            continue;
        char escape[COLON + 1];
        int n =
            raw[i] == ':' ? sprintf(escape, "%s", colon) : sprintf(escape, "%%%02X", (unsigned char)raw[i]);
        at -= (size_t)n - 1;
        memcpy(out + at, escape, (size_t)n);
    }
    size_t n = room - 1 - at;
    memmove(out, out + at, n + 1);
    return (ssize_t)n;
}

ssize_t safe_decode(const char *shown, size_t length, char *out, size_t room)
{
    size_t used = 0;
    for (size_t i = 0; i < length;) {
        const char *s = shown + i;
        size_t n = length - i;
        enum place place = place_of(shown, i);
        int c = escape_at(s, n, place);
        if (used + 1 >= room)
            return -ENAMETOOLONG;
        if (n >= COLON && memcmp(s, colon, COLON) == 0) {
            out[used++] = ':';
            i += COLON;
        } else if (c >= 0) {
            out[used++] = (char)c;
            i += 3;
        } else if (must_escape(s, n, place)) {
            return -EINVAL;
        } else {
            out[used++] = *s;
            i++;
        }
    }
    out[used] = 0;
    return (ssize_t)used;
}
