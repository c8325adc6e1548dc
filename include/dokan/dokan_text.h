// SPDX-License-Identifier: MIT
/**
 * @file dokan_text.h
 * @brief 16-bit text: conversion and the string functions that C has for `wchar_t` only. Part of dokan_ex.h.
 */
#ifndef DOKAN_TEXT_H_
#define DOKAN_TEXT_H_

#include "wintypes.h"
#include <stdarg.h>
#include <stdio.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Length that stands for "up to the terminator". */
#define DOKAN_TERMINATED ((SIZE_T)-1)
/** Result of a conversion whose source is malformed. */
#define DOKAN_MALFORMED ((SIZE_T)-1)

/**
 * Converts UTF-8 to UTF-16 by the rules of WTF-8: an unpaired surrogate written in three bytes is taken over.
 *
 * @param Source the text
 * @param SourceLength its bytes, or #DOKAN_TERMINATED
 * @param[out] Target receives the text, cut between characters if need be and always terminated; may be NULL
 * if TargetSize is 0
 * @param TargetSize room in code units
 * @return code units needed without a terminator (the text was cut if this is not below TargetSize);
 * #DOKAN_MALFORMED with ERROR_NO_UNICODE_TRANSLATION when Source is not WTF-8
 */
SIZE_T DOKANAPI DokanUtf8ToUtf16(const char *Source, SIZE_T SourceLength, WCHAR *Target, SIZE_T TargetSize);

/**
 * Converts UTF-16 to UTF-8 by the rules of WTF-8: an unpaired surrogate becomes three bytes. Never fails.
 *
 * @param Source the text
 * @param SourceLength its code units, or #DOKAN_TERMINATED
 * @param[out] Target receives the text, cut between characters if need be and always terminated; may be NULL
 * if TargetSize is 0
 * @param TargetSize room in bytes
 * @return bytes needed without a terminator (the text was cut if this is not below TargetSize)
 */
SIZE_T DOKANAPI DokanUtf16ToUtf8(const WCHAR *Source, SIZE_T SourceLength, char *Target, SIZE_T TargetSize);

/**
 * Length of 16-bit text; the export is what bindings call for `wcslen`. In C it is inline.
 *
 * @param String the text; NULL counts as empty
 * @return its code units without the terminator
 */
SIZE_T DOKANAPI DokanWcslen(const WCHAR *String);

/**
 * Upper case of a code unit, as NTFS and this library fold names: one unit to one unit, no locale.
 *
 * @param Unit the code unit
 * @return its upper case, or itself
 */
WCHAR DOKANAPI DokanUpcase(WCHAR Unit);

/**
 * Formats 16-bit text; the `vswprintf` for #WCHAR.
 *
 * Understands the conversions of C's `printf` but for `%n` and positions. `%s` takes UTF-8 bytes, `%ls` and
 * `%S` take #WCHAR text, `%lc` and `%C` take one #WCHAR; a width or precision counts code units. `I64` is
 * taken for `ll`.
 *
 * @param[out] Target receives the text, cut if need be and always terminated; may be NULL if TargetSize is 0
 * @param TargetSize room in code units
 * @param Format the format, UTF-8
 * @param Arguments the arguments
 * @return code units needed without a terminator (the text was cut if this is not below TargetSize); -1 with
 * ERROR_INVALID_PARAMETER for a malformed format or malformed UTF-8
 */
int DOKANAPI DokanVswprintf(WCHAR *Target, SIZE_T TargetSize, const char *Format, va_list Arguments);

/**
 * Prints to a stream in UTF-8, with the conversions of DokanVswprintf(). For traces: `DokanFprintf(stderr,
 * "%ls\n", Name)`.
 *
 * @param Stream a stream of C
 * @param Format the format, UTF-8
 * @param Arguments the arguments
 * @return bytes written; -1 with ERROR_INVALID_PARAMETER, ERROR_NOT_ENOUGH_MEMORY or ERROR_WRITE_FAULT
 */
int DOKANAPI DokanVfprintf(FILE *Stream, const char *Format, va_list Arguments);

/**
 * Formats 16-bit text; see DokanVswprintf().
 *
 * @param[out] Target receives the text
 * @param TargetSize room in code units
 * @param Format the format, UTF-8
 * @return code units needed without a terminator, or -1
 */
static inline int DokanSwprintf(WCHAR *Target, SIZE_T TargetSize, const char *Format, ...)
{
    va_list arguments;
    int length;

    va_start(arguments, Format);
    length = DokanVswprintf(Target, TargetSize, Format, arguments);
    va_end(arguments);
    return length;
}

/**
 * Prints to a stream in UTF-8; see DokanVfprintf().
 *
 * @param Stream a stream of C
 * @param Format the format, UTF-8
 * @return bytes written, or -1
 */
static inline int DokanFprintf(FILE *Stream, const char *Format, ...)
{
    va_list arguments;
    int length;

    va_start(arguments, Format);
    length = DokanVfprintf(Stream, Format, arguments);
    va_end(arguments);
    return length;
}

/** Inline form of DokanWcslen(). @param String the text or NULL @return its code units */
static inline SIZE_T DokanWcslenInline(const WCHAR *String)
{
    SIZE_T length = 0;

    while (String && String[length])
        length++;
    return length;
}
/** Uses the inline form where the call is written out. */
#define DokanWcslen(String) DokanWcslenInline(String)

/**
 * Compares 16-bit text, case counts; the `wcsncmp` for #WCHAR.
 *
 * @param A one text
 * @param B the other
 * @param Count most units to compare
 * @return negative, 0 or positive as A comes before, equals or follows B by code units
 */
static inline int DokanWcsncmp(const WCHAR *A, const WCHAR *B, SIZE_T Count)
{
    for (; Count; A++, B++, Count--) {
        if (*A != *B)
            return *A < *B ? -1 : 1;
        if (!*A)
            break;
    }
    return 0;
}

/** Compares 16-bit text, case counts. @param A one text @param B the other @return see DokanWcsncmp() */
static inline int DokanWcscmp(const WCHAR *A, const WCHAR *B)
{
    return DokanWcsncmp(A, B, DOKAN_TERMINATED);
}

/**
 * Compares 16-bit text without regard to case, by DokanUpcase().
 *
 * @param A one text
 * @param B the other
 * @param Count most units to compare
 * @return negative, 0 or positive as A comes before, equals or follows B in upper case
 */
static inline int DokanWcsnicmp(const WCHAR *A, const WCHAR *B, SIZE_T Count)
{
    for (; Count; A++, B++, Count--) {
        WCHAR a = *A == *B ? *A : DokanUpcase(*A), b = *A == *B ? *B : DokanUpcase(*B);

        if (a != b)
            return a < b ? -1 : 1;
        if (!a)
            break;
    }
    return 0;
}

/** Compares 16-bit text without regard to case. @param A one text @param B the other @return see
 * DokanWcsnicmp() */
static inline int DokanWcsicmp(const WCHAR *A, const WCHAR *B)
{
    return DokanWcsnicmp(A, B, DOKAN_TERMINATED);
}

/**
 * Copies 16-bit text into a buffer of known size.
 *
 * @param[out] Target receives the text, cut if need be and always terminated unless TargetSize is 0
 * @param TargetSize room in code units
 * @param Source the text; NULL counts as empty
 * @return code units of Source (the text was cut if this is not below TargetSize)
 */
static inline SIZE_T DokanWcscpy(WCHAR *Target, SIZE_T TargetSize, const WCHAR *Source)
{
    SIZE_T length = DokanWcslen(Source), room = length < TargetSize ? length
                                                : TargetSize        ? TargetSize - 1
                                                                    : 0;

    if (TargetSize) {
        if (room)
            memcpy(Target, Source, room * sizeof(WCHAR));
        Target[room] = 0;
    }
    return length;
}

/**
 * Appends 16-bit text in a buffer of known size.
 *
 * @param[in,out] Target terminated text that is made longer, cut if need be
 * @param TargetSize room in code units
 * @param Source the text to append
 * @return code units of the whole (the text was cut if this is not below TargetSize)
 */
static inline SIZE_T DokanWcscat(WCHAR *Target, SIZE_T TargetSize, const WCHAR *Source)
{
    SIZE_T length = DokanWcslen(Target);

    return length + DokanWcscpy(Target + length, TargetSize > length ? TargetSize - length : 0, Source);
}

/**
 * Finds the first occurrence of a code unit; the `wcschr` for #WCHAR.
 *
 * @param String the text
 * @param Unit the code unit; 0 finds the terminator
 * @return where it is, or NULL
 */
static inline WCHAR *DokanWcschr(const WCHAR *String, WCHAR Unit)
{
    for (; *String != Unit; String++)
        if (!*String)
            return NULL;
    return (WCHAR *)(ULONG_PTR)String;
}

/**
 * Finds the last occurrence of a code unit; the `wcsrchr` for #WCHAR.
 *
 * @param String the text
 * @param Unit the code unit; 0 finds the terminator
 * @return where it is, or NULL
 */
static inline WCHAR *DokanWcsrchr(const WCHAR *String, WCHAR Unit)
{
    const WCHAR *found = NULL;

    for (;; String++) {
        if (*String == Unit)
            found = String;
        if (!*String)
            return (WCHAR *)(ULONG_PTR)found;
    }
}

#ifdef __cplusplus
}
#endif

#endif /* DOKAN_TEXT_H_ */
