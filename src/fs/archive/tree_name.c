// SPDX-License-Identifier: MIT
/*
 * Names of archives taken to pieces. What is done here depends on the name alone; docs/archives.md tells the
 * rules.
 */
#include "fs/archive/tree_i.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

static bool separates(const struct tree_parts *parts, char c)
{
    return c == '/' || (parts->backslashes && c == '\\');
}

static void skip(struct tree_parts *parts, size_t length)
{
    parts->text += length;
    parts->length -= length;
}

/* `\\?\` and `\\.\` lead to the rules of devices; what follows is a path as any other. */
static void skip_device(struct tree_parts *parts)
{
    const char *text = parts->text;
    if (parts->length >= 4 && separates(parts, text[0]) && separates(parts, text[1]) &&
        (text[2] == '?' || text[2] == '.') && separates(parts, text[3]))
        skip(parts, 4);
}

static void skip_drive(struct tree_parts *parts)
{
    if (parts->length >= 2 && isascii(parts->text[0]) && isalpha(parts->text[0]) && parts->text[1] == ':')
        skip(parts, 2);
}

int tree_parts_init(struct tree_parts *parts, const char *name, size_t length, bool backslashes)
{
    *parts = (struct tree_parts){name, length, backslashes};
    if (length == 0 || memchr(name, 0, length))
        return -EINVAL;
    if (backslashes) {
        skip_device(parts);
        skip_drive(parts);
    }
    return 0;
}

int tree_parts_next(struct tree_parts *parts, const char **name, size_t *length)
{
    for (;;) {
        while (parts->length && separates(parts, parts->text[0]))
            skip(parts, 1);
        if (parts->length == 0)
            return PART_END;
        size_t n = 1;
        while (n < parts->length && !separates(parts, parts->text[n]))
            n++;
        *name = parts->text;
        *length = n;
        skip(parts, n);
        if (n == 2 && memcmp(*name, "..", 2) == 0)
            return PART_BAD;
        if (n != 1 || **name != '.')
            return PART_NAME;
    }
}
