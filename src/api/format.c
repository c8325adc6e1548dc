// SPDX-License-Identifier: MIT
//
// printf for 16-bit text. Numbers are formatted by the C library, with a conversion rebuilt from the parsed
// one; text is padded and cut here, since its width counts code units. No state, no locks.

#include "base/utf.h"
#include <dokan/dokan_ex.h>
#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum { WIDEST = 500 }; // width and precision of a number

struct target {
    WCHAR *text;
    SIZE_T size;
    SIZE_T used; // units wanted so far, whether they fitted or not
};

struct arguments {
    va_list list;
};

struct conversion {
    char flags[6];
    int width;
    int precision; // -1: none
    size_t bytes;  // of an integer argument
    bool wide;     // "l", "L" or the like was given
    bool longest;  // "L" was given
    char kind;
};

static void put(struct target *t, WCHAR unit)
{
    if (t->used + 1 < t->size)
        t->text[t->used] = unit;
    t->used++;
}

static void pad(struct target *t, SIZE_T count)
{
    while (count--)
        put(t, u' ');
}

static SIZE_T blanks(const struct conversion *c, SIZE_T length, bool left)
{
    bool want_left = strchr(c->flags, '-') != NULL;

    return want_left == left && length < (SIZE_T)c->width ? (SIZE_T)c->width - length : 0;
}

static bool put_wide(struct target *t, const struct conversion *c, struct arguments *a)
{
    const WCHAR *text = va_arg(a->list, const WCHAR *);
    SIZE_T length = 0;

    if (!text)
        text = u"(null)";
    while ((c->precision < 0 || length < (SIZE_T)c->precision) && text[length])
        length++;
    pad(t, blanks(c, length, false));
    for (SIZE_T i = 0; i < length; i++)
        put(t, text[i]);
    pad(t, blanks(c, length, true));
    return true;
}

// Units of the UTF-8 text, which are put when t is given; -1 if it is malformed.
static ptrdiff_t walk(struct target *t, const char *text, SIZE_T length)
{
    ptrdiff_t units = 0;

    while (length) {
        uint32_t code;
        WCHAR pair[2];
        size_t taken = utf8_decode(text, length, &code), n;

        if (!taken)
            return -1;
        n = utf16_encode(code, pair);
        for (size_t i = 0; t && i < n; i++)
            put(t, pair[i]);
        units += (ptrdiff_t)n;
        text += taken;
        length -= taken;
    }
    return units;
}

// The length without a character that the precision cut in two.
static SIZE_T whole(const char *text, SIZE_T length)
{
    uint32_t code;

    for (SIZE_T back = 1; back <= length && back < 4; back++)
        if ((text[length - back] & 0xC0) != 0x80)
            return utf8_decode(text + length - back, back, &code) ? length : length - back;
    return length;
}

static bool put_bytes(struct target *t, const struct conversion *c, struct arguments *a)
{
    const char *text = va_arg(a->list, const char *);
    SIZE_T length;
    ptrdiff_t units;

    if (!text)
        text = "(null)";
    length = c->precision < 0 ? strlen(text) : whole(text, strnlen(text, (SIZE_T)c->precision));
    units = walk(NULL, text, length);
    if (units < 0)
        return false;
    pad(t, blanks(c, (SIZE_T)units, false));
    walk(t, text, length);
    pad(t, blanks(c, (SIZE_T)units, true));
    return true;
}

static bool put_string(struct target *t, const struct conversion *c, struct arguments *a)
{
    return c->wide || c->kind == 'S' ? put_wide(t, c, a) : put_bytes(t, c, a);
}

static bool put_unit(struct target *t, const struct conversion *c, struct arguments *a)
{
    WCHAR unit = (WCHAR)va_arg(a->list, int);

    pad(t, blanks(c, 1, false));
    put(t, c->wide || c->kind == 'C' ? unit : (unit & 0xFF));
    pad(t, blanks(c, 1, true));
    return true;
}

static bool put_percent(struct target *t, const struct conversion *c, struct arguments *a)
{
    put(t, u'%');
    return true;
}

static long long integer(const struct conversion *c, struct arguments *a)
{
    unsigned unused = 64 - 8 * (unsigned)c->bytes;
    unsigned long long value =
        c->bytes == 8 ? va_arg(a->list, unsigned long long) : va_arg(a->list, unsigned);

    value <<= unused;
    return strchr("di", c->kind) ? (long long)value >> unused : (long long)(value >> unused);
}

static int print_real(char *out, size_t size, const char *format, const struct conversion *c,
                      struct arguments *a)
{
    double value;

    if (c->longest) {
        long double longest = va_arg(a->list, long double);

        return snprintf(out, size, format, c->width, c->precision, longest);
    }
    value = va_arg(a->list, double);
    return snprintf(out, size, format, c->width, c->precision, value);
}

static bool put_number(struct target *t, const struct conversion *c, struct arguments *a)
{
    char format[24], text[WIDEST * 2 + 400];
    bool whole_number = strchr("diouxX", c->kind) != NULL;
    int n;

    if (c->width > WIDEST || c->precision > WIDEST)
        return false;
    snprintf(format, sizeof(format), "%%%s*.*%s%c", c->flags,
             whole_number ? "ll"
             : c->longest ? "L"
                          : "",
             c->kind);
    n = whole_number ? snprintf(text, sizeof(text), format, c->width, c->precision, integer(c, a))
                     : print_real(text, sizeof(text), format, c, a);
    if (n < 0 || n >= (int)sizeof(text))
        return false;
    walk(t, text, (SIZE_T)n);
    return true;
}

static bool put_pointer(struct target *t, const struct conversion *c, struct arguments *a)
{
    char text[32];
    SIZE_T length = (SIZE_T)snprintf(text, sizeof(text), "%p", va_arg(a->list, void *));

    pad(t, blanks(c, length, false));
    walk(t, text, length);
    pad(t, blanks(c, length, true));
    return true;
}

static const struct kind {
    const char *letters;
    bool (*put)(struct target *t, const struct conversion *c, struct arguments *a);
} kinds[] = {
    {"diouxXeEfFgGaA", put_number},
    {"sS", put_string},
    {"cC", put_unit},
    {"p", put_pointer},
    {"%", put_percent},
};

static const struct length {
    const char *text; // the longer of two that begin alike comes first
    size_t bytes;
} lengths[] = {
    {"hh", 1},
    {"h", 2},
    {"ll", 8},
    {"l", sizeof(long)},
    {"I64", 8},
    {"j", 8},
    {"q", 8},
    {"z", sizeof(size_t)},
    {"t", sizeof(ptrdiff_t)},
    {"L", 8},
};

static const char *parse_count(const char *at, int *count, struct arguments *a)
{
    if (*at == '*') {
        *count = va_arg(a->list, int);
        return at + 1;
    }
    for (*count = 0; *at >= '0' && *at <= '9'; at++)
        if (*count < INT_MAX / 100)
            *count = *count * 10 + (*at - '0');
    return at;
}

static const char *parse_length(const char *at, struct conversion *c)
{
    c->bytes = sizeof(int);
    for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
        size_t n = strlen(lengths[i].text);

        if (strncmp(at, lengths[i].text, n) != 0)
            continue;
        c->bytes = lengths[i].bytes;
        c->wide = *at != 'h';
        c->longest = *at == 'L';
        return at + n;
    }
    return at;
}

// Parses what follows '%'. A negative width means '-', a negative precision none.
static const char *parse(const char *at, struct conversion *c, struct arguments *a)
{
    size_t flags = 0;

    for (; *at && strchr("-+ #0", *at); at++)
        if (!strchr(c->flags, *at))
            c->flags[flags++] = *at;
    at = parse_count(at, &c->width, a);
    if (c->width < 0) {
        c->width = c->width == INT_MIN ? INT_MAX : -c->width;
        if (!strchr(c->flags, '-'))
            c->flags[flags++] = '-';
    }
    c->precision = -1;
    if (*at == '.')
        at = parse_count(at + 1, &c->precision, a);
    at = parse_length(at, c);
    c->kind = *at;
    return at + (*at != 0);
}

static bool convert(struct target *t, const struct conversion *c, struct arguments *a)
{
    for (size_t i = 0; c->kind && i < sizeof(kinds) / sizeof(kinds[0]); i++)
        if (strchr(kinds[i].letters, c->kind))
            return kinds[i].put(t, c, a);
    return false;
}

static bool format_text(struct target *t, const char *format, struct arguments *a)
{
    while (*format) {
        struct conversion c = {0};
        SIZE_T plain = strcspn(format, "%");

        if (walk(t, format, plain) < 0)
            return false;
        format += plain;
        if (!*format)
            break;
        format = parse(format + 1, &c, a);
        if (!convert(t, &c, a))
            return false;
    }
    return t->used <= INT_MAX;
}

int DOKANAPI DokanVswprintf(WCHAR *Target, SIZE_T TargetSize, const char *Format, va_list Arguments)
{
    struct target t = {.text = Target, .size = TargetSize};
    struct arguments a;
    bool ok;

    va_copy(a.list, Arguments);
    ok = format_text(&t, Format, &a);
    va_end(a.list);
    if (TargetSize)
        Target[t.used < TargetSize ? t.used : TargetSize - 1] = 0;
    if (!ok)
        DokanWin32SetLastError(ERROR_INVALID_PARAMETER);
    return ok ? (int)t.used : -1;
}

static int print_units(FILE *stream, const WCHAR *units, SIZE_T count)
{
    SIZE_T size = DokanUtf16ToUtf8(units, count, NULL, 0);
    char *bytes = size < INT_MAX ? malloc(size + 1) : NULL;
    bool written;

    if (!bytes) {
        DokanWin32SetLastError(ERROR_NOT_ENOUGH_MEMORY);
        return -1;
    }
    DokanUtf16ToUtf8(units, count, bytes, size + 1);
    written = fwrite(bytes, 1, size, stream) == size;
    free(bytes);
    if (!written)
        DokanWin32SetLastError(ERROR_WRITE_FAULT);
    return written ? (int)size : -1;
}

int DOKANAPI DokanVfprintf(FILE *Stream, const char *Format, va_list Arguments)
{
    int count = DokanVswprintf(NULL, 0, Format, Arguments), result;
    WCHAR *units;

    if (count < 0)
        return -1;
    units = malloc(((size_t)count + 1) * sizeof(WCHAR));
    if (!units) {
        DokanWin32SetLastError(ERROR_NOT_ENOUGH_MEMORY);
        return -1;
    }
    DokanVswprintf(units, (SIZE_T)count + 1, Format, Arguments);
    result = print_units(Stream, units, (SIZE_T)count);
    free(units);
    return result;
}
