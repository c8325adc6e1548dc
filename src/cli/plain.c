// SPDX-License-Identifier: MIT
/*
 * Texts from elsewhere on a terminal. What a terminal could take for a command is shown as '?': control
 * characters of ASCII, those of Latin-1 as UTF-8 has them, bytes that are no UTF-8, and the marks that turn
 * the direction of writing, with which a name can look like another.
 */
#include "cli/cli.h"

#include <string.h>
#include <unistd.h>

/* Length of the character at s, 0 when there is none; *code receives it. */
static size_t character(const unsigned char *s, uint32_t *code)
{
    size_t length = *s < 0x80 ? 1 : *s >= 0xf0 ? 4 : *s >= 0xe0 ? 3 : *s >= 0xc2 ? 2 : 0;
    static const unsigned char bits[] = {0, 0x7f, 0x1f, 0x0f, 0x07};
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    *code = length ? *s & bits[length] : 0;
    for (size_t i = 1; i < length; i++) {
        if ((s[i] & 0xc0) != 0x80)
            return 0;
        *code = *code << 6 | (s[i] & 0x3f);
    }
    bool surrogate = *code >= 0xd800 && *code < 0xe000;
    return length && *code >= least[length] && *code < 0x110000 && !surrogate ? length : 0;
}

static bool is_harmless(uint32_t c)
{
    bool control = c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0x2028 || c == 0x2029;
    bool direction =
        c == 0x200e || c == 0x200f || (c >= 0x202a && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069);
    return !control && !direction;
}

void print_plain(FILE *out, const char *text)
{
    const unsigned char *s = (const unsigned char *)text;
    while (*s) {
        uint32_t code;
        size_t length = character(s, &code);
        if (length && is_harmless(code))
            fwrite(s, 1, length, out);
        else
            fputc('?', out);
        s += length ? length : 1;
    }
}

size_t plain_width(const char *text)
{
    const unsigned char *s = (const unsigned char *)text;
    size_t width = 0;
    for (uint32_t code; *s; width++) {
        size_t length = character(s, &code);
        s += length ? length : 1;
    }
    return width;
}

void print_name(FILE *out, const char *text)
{
    if (isatty(fileno(out)))
        print_plain(out, text);
    else
        fputs(text, out);
}
