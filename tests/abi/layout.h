// SPDX-License-Identifier: MIT
//
// Asserts the layout of layout.def and the values that foreign programs have compiled in, at compile time.
// Valid in C17 and C++17, on Linux and with mingw-w64.

#ifndef ABI_LAYOUT_H
#define ABI_LAYOUT_H

#include <dokan/dokan.h>
#include <stddef.h>

#ifdef __cplusplus
#define LAYOUT_ASSERT static_assert
#define LAYOUT_ALIGN  alignof
#else
#define LAYOUT_ASSERT _Static_assert
#define LAYOUT_ALIGN  _Alignof
#endif

#define STRUCT(type, size, alignment)                        \
    LAYOUT_ASSERT(sizeof(type) == (size), "size of " #type); \
    LAYOUT_ASSERT(LAYOUT_ALIGN(type) == (alignment), "alignment of " #type);
#define FIELD(type, member, offset, size)                                              \
    LAYOUT_ASSERT(offsetof(type, member) == (offset), "offset of " #type "." #member); \
    LAYOUT_ASSERT(sizeof(((type *)0)->member) == (size), "size of " #type "." #member);
#include "layout.def"
#undef STRUCT
#undef FIELD

#define VALUE(name, value) LAYOUT_ASSERT((unsigned)(name) == (unsigned)(value), "value of " #name);
#include "values.def"
#undef VALUE

LAYOUT_ASSERT(sizeof(WCHAR) == 2 && sizeof(DOKAN_TEXT("ab")) == 6, "16-bit text");
LAYOUT_ASSERT(sizeof(LONG) == 4 && sizeof(ULONG) == 4 && sizeof(DWORD) == 4 && sizeof(BOOL) == 4, "32 bits");
LAYOUT_ASSERT(sizeof(NTSTATUS) == 4 && sizeof(ACCESS_MASK) == 4 && (NTSTATUS)-1 < 0, "32 bits");
LAYOUT_ASSERT(sizeof(LONGLONG) == 8 && sizeof(ULONG64) == 8 && sizeof(LARGE_INTEGER) == 8, "64 bits");
LAYOUT_ASSERT(sizeof(HANDLE) == 8 && sizeof(DOKAN_HANDLE) == 8 && sizeof(SIZE_T) == 8, "pointers");
LAYOUT_ASSERT(sizeof(BOOLEAN) == 1 && (BOOLEAN)-1 > 0, "BOOLEAN");

#endif
