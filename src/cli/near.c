// SPDX-License-Identifier: MIT
/*
 * Near matches for misspelt words. A word that begins a candidate is nearest; of two candidates that are
 * equally far the longer one wins, since letters are more often left out than added.
 */
#include "cli/cli.h"

#include <string.h>

enum { WORD_MAX = 63 };

static size_t smallest(size_t a, size_t b, size_t c)
{
    size_t least = a < b ? a : b;
    return least < c ? least : c;
}

/* Number of insertions, removals, replacements and swaps of neighbours between two words. */
static size_t distance(const char *a, const char *b)
{
    size_t rows[3][WORD_MAX + 1], n = strlen(b);
    size_t *before = rows[0], *last = rows[1], *row = rows[2];
    if (n > WORD_MAX)
        return SIZE_MAX;
    for (size_t j = 0; j <= n; j++)
        before[j] = row[j] = j;
    for (size_t i = 1; a[i - 1]; i++) {
        size_t *free_row = before;
        before = last;
        last = row;
        row = free_row;
        row[0] = i;
        for (size_t j = 1; j <= n; j++) {
            row[j] = smallest(last[j - 1] + (a[i - 1] != b[j - 1]), last[j] + 1, row[j - 1] + 1);
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] && before[j - 2] + 1 < row[j])
                row[j] = before[j - 2] + 1;
        }
    }
    return row[n];
}

void near_offer(struct near *near, const char *candidate)
{
    size_t length = strlen(near->word), limit = (length + 2) / 3;
    if (length == 0 || length > WORD_MAX)
        return;
    bool begins = strncmp(candidate, near->word, length) == 0;
    size_t d = begins ? 0 : distance(near->word, candidate);
    if (d > limit || (d >= length && !begins))
        return;
    bool better = !near->best || d < near->distance ||
                  (d == near->distance && !begins && strlen(candidate) > strlen(near->best));
    if (better) {
        near->best = candidate;
        near->distance = d;
    }
}
