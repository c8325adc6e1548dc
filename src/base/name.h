// SPDX-License-Identifier: MIT
//
// The bijection between one Linux file name (bytes) and one NT file name (UTF-16 units). Paths are the
// caller's: both functions take a single component.

#ifndef BASE_NAME_H
#define BASE_NAME_H

#include <dokan/wintypes.h>
#include <stddef.h>

// Longest NT name, in units.
#define NAME_MAX_UNITS 255

// Most bytes that name_to_linux can need for a name of NAME_MAX_UNITS (three per unit, escapes doubled).
#define NAME_MAX_BYTES (6 * NAME_MAX_UNITS)

// ':' stands for itself on both sides (it parts file and stream). The length limit then holds for each part
// between colons.
#define NAME_KEEP_COLON 1u

// Both return the length written (no terminating NUL), or, with cap 0, the length needed (out may be NULL).
//
// -EINVAL        an empty name, "." or ".." (on either side: a directory's own entries are not names; who
// lists
//                a directory drops them first), or a Linux name holding NUL or '/'
// -ENAMETOOLONG  an NT name of more than NAME_MAX_UNITS, or cap too small
//
// A plain name (no character of the map in name.c) comes out as WTF-8 <-> UTF-16 conversion would make it.
// The result of name_from_linux holds characters forbidden in NT names only if the Linux name spells the mask
// of such a one, which no program does by chance; the engine refuses it as it refuses every bad name.
ptrdiff_t name_from_linux(const char *s, size_t n, WCHAR *out, size_t cap, unsigned flags);
ptrdiff_t name_to_linux(const WCHAR *s, size_t n, char *out, size_t cap, unsigned flags);

#endif
