// SPDX-License-Identifier: MIT

#include "base/fold.h"

#include "base/fold_table.gen.h"

void fold_units(WCHAR *dst, const WCHAR *src, size_t n)
{
    for (size_t i = 0; i < n; i++)
        dst[i] = fold_unit(src[i]);
}

int fold_compare(const WCHAR *a, size_t alen, const WCHAR *b, size_t blen)
{
    size_t common = alen < blen ? alen : blen;
    for (size_t i = 0; i < common; i++) {
        if (a[i] == b[i])
            continue;
        int difference = (int)fold_unit(a[i]) - (int)fold_unit(b[i]);
        if (difference)
            return difference;
    }
    return (alen > blen) - (alen < blen);
}

bool fold_equal(const WCHAR *a, size_t alen, const WCHAR *b, size_t blen)
{
    return alen == blen && fold_compare(a, alen, b, blen) == 0;
}
