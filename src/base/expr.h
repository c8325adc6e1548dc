// SPDX-License-Identifier: MIT
//
// Wildcard matching by the rules of NT's FsRtlIsNameInExpression:
//
//     *   any run of characters, also none
//     ?   one character
//     <   DOS_STAR: any run of characters up to and with the name's last period, at most
//     >   DOS_QM: one character but a period; nothing before a period or at the end of the name
//     "   DOS_DOT: a period, or nothing at the end of the name
//
// "*.*" is not special here: Win32 front ends turn it into "*" before they ask.

#ifndef BASE_EXPR_H
#define BASE_EXPR_H

#include <dokan/wintypes.h>
#include <stdbool.h>
#include <stddef.h>

// True if the whole name matches. With ignore_case both sides are folded (fold.h). Time is bounded by
// elen * nlen whatever the expression; false if memory for an expression of thousands of units is lacking.
bool expr_match(const WCHAR *expr, size_t elen, const WCHAR *name, size_t nlen, bool ignore_case);

// True if the expression holds a wildcard, that is if it can match more than itself.
bool expr_has_wildcard(const WCHAR *expr, size_t elen);

#endif
