// SPDX-License-Identifier: MIT
//
// Upper-casing of file names as NTFS does it: a fixed table, one 16-bit unit to one 16-bit unit, no locale,
// surrogates untouched. tools/gen_upcase.py makes the table and tells where it departs from Unicode.

#ifndef BASE_FOLD_H
#define BASE_FOLD_H

#include <dokan/wintypes.h>
#include <stdbool.h>
#include <stddef.h>

// The table in two levels: page of each high byte, and what to add to a unit. Read it through fold_unit.
extern const unsigned char fold_page_[256];
extern const WCHAR fold_pages_[][256];

static inline WCHAR fold_unit(WCHAR unit)
{
    if (unit < 0x80)
        return unit >= u'a' && unit <= u'z' ? (WCHAR)(unit - 0x20) : unit;
    return (WCHAR)(unit + fold_pages_[fold_page_[unit >> 8]][unit & 0xff]);
}

// Folds n units; dst and src may be the same.
void fold_units(WCHAR *dst, const WCHAR *src, size_t n);

// Order of the folded names: <0, 0, >0. A prefix comes first.
int fold_compare(const WCHAR *a, size_t alen, const WCHAR *b, size_t blen);

bool fold_equal(const WCHAR *a, size_t alen, const WCHAR *b, size_t blen);

#endif
