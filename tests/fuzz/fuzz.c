// SPDX-License-Identifier: MIT
/*
 * What the targets share.
 */
#include "fuzz.h"

#include <stdio.h>
#include <stdlib.h>

void fuzz_broken(const char *what)
{
    fprintf(stderr, "broken promise: %s\n", what);
    abort();
}

char *fuzz_text(const uint8_t *data, size_t size)
{
    char *text = malloc(size + 1), *to = text;
    if (!text)
        abort();
    for (size_t i = 0; i < size; i++)
        if (data[i])
            *to++ = (char)data[i];
    *to = 0;
    return text;
}
