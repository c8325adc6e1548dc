// SPDX-License-Identifier: MIT
/*
 * The nearest name: edit distance with transpositions, ASCII case ignored. Names longer than NEAR_MAX - 1
 * bytes are never near.
 */
#include "fs/url/near.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

static unsigned least(unsigned a, unsigned b)
{
    return a < b ? a : b;
}

static bool same(const char *a, const char *b)
{
    return tolower((unsigned char)*a) == tolower((unsigned char)*b);
}

struct rows {
    unsigned before[NEAR_MAX], last[NEAR_MAX], now[NEAR_MAX];
};

static unsigned one_cell(const struct rows *rows, const char *a, const char *b, size_t i, size_t j)
{
    unsigned cost = rows->last[j - 1] + !same(a + i - 1, b + j - 1);
    cost = least(cost, least(rows->last[j], rows->now[j - 1]) + 1);
    if (i > 1 && j > 1 && same(a + i - 1, b + j - 2) && same(a + i - 2, b + j - 1))
        cost = least(cost, rows->before[j - 2] + 1);
    return cost;
}

static unsigned distance(const char *a, const char *b)
{
    size_t la = strlen(a), lb = strlen(b);
    struct rows rows = {0};
    for (size_t j = 0; j <= lb; j++)
        rows.last[j] = (unsigned)j;
    for (size_t i = 1; i <= la; i++) {
        rows.now[0] = (unsigned)i;
        for (size_t j = 1; j <= lb; j++)
            rows.now[j] = one_cell(&rows, a, b, i, j);
        memcpy(rows.before, rows.last, sizeof rows.before);
        memcpy(rows.last, rows.now, sizeof rows.last);
    }
    return rows.last[lb];
}

void near_start(struct near *near, const char *wanted)
{
    size_t length = strlen(wanted);
    near->wanted = wanted;
    near->best = 1 + (length < 3 ? 1 : length < 10 ? (unsigned)length / 3 : 3);
    near->name[0] = 0;
}

void near_offer(struct near *near, const char *name)
{
    size_t length = strlen(name), wanted = strlen(near->wanted);
    if (length >= NEAR_MAX || wanted >= NEAR_MAX || length > wanted + 3 || wanted > length + 3)
        return;
    unsigned far = distance(near->wanted, name);
    if (far >= near->best || far >= length)
        return;
    near->best = far;
    memcpy(near->name, name, length + 1);
}

const char *near_text(const struct near *near, const char *otherwise, char *buf, size_t size)
{
    if (near->name[0])
        snprintf(buf, size, "; did you mean '%s'?", near->name);
    else
        snprintf(buf, size, "%s", otherwise);
    return buf;
}
