// SPDX-License-Identifier: MIT
/*
 * Conversions of whole strings, and the exported ones of dokan_text.h.
 */
#include "api/text.h"
#include "base/utf.h"
#include <dokan/dokan_ex.h>

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

static size_t length_of(const WCHAR *text)
{
    size_t n = 0;
    while (text[n])
        n++;
    return n;
}

char *text_from_utf16(LPCWSTR text)
{
    size_t n = text ? length_of(text) : 0;
    char *out = malloc(3 * n + 1);
    if (!out)
        return NULL;
    ptrdiff_t len = n ? utf16_to_utf8(text, n, out, 3 * n) : 0;
    out[len < 0 ? 0 : len] = 0;
    return out;
}

WCHAR *text_to_utf16(const char *text)
{
    size_t n = strlen(text);
    WCHAR *out = malloc((n + 1) * sizeof *out);
    ptrdiff_t len = out && n ? utf8_to_utf16(text, n, out, n) : 0;
    if (!out || len < 0) {
        free(out);
        return NULL;
    }
    out[len] = 0;
    return out;
}

void text_copy_utf16(WCHAR *out, size_t size, const char *text)
{
    SIZE_T n = DokanUtf8ToUtf16(text, DOKAN_TERMINATED, out, size);
    if (n == DOKAN_MALFORMED)
        out[0] = 0;
}

/* Both exported conversions write whole characters only and count what the rest would have needed. */

SIZE_T DOKANAPI DokanUtf8ToUtf16(const char *Source, SIZE_T SourceLength, WCHAR *Target, SIZE_T TargetSize)
{
    size_t n = !Source ? 0 : SourceLength == DOKAN_TERMINATED ? strlen(Source) : SourceLength;
    size_t needed = 0, written = 0;
    bool fits = TargetSize > 0;
    for (size_t at = 0; at < n;) {
        uint32_t c;
        WCHAR units[2];
        size_t step = utf8_decode(Source + at, n - at, &c);
        if (!step) {
            if (TargetSize)
                Target[0] = 0;
            DokanWin32SetLastError(ERROR_NO_UNICODE_TRANSLATION);
            return DOKAN_MALFORMED;
        }
        size_t count = utf16_encode(c, units);
        fits = fits && written + count < TargetSize;
        if (fits) {
            memcpy(Target + written, units, count * sizeof *units);
            written += count;
        }
        needed += count;
        at += step;
    }
    if (TargetSize)
        Target[written] = 0;
    return needed;
}

SIZE_T DOKANAPI DokanUtf16ToUtf8(const WCHAR *Source, SIZE_T SourceLength, char *Target, SIZE_T TargetSize)
{
    size_t n = !Source ? 0 : SourceLength == DOKAN_TERMINATED ? length_of(Source) : SourceLength;
    size_t needed = 0, written = 0;
    bool fits = TargetSize > 0;
    for (size_t at = 0; at < n;) {
        uint32_t c;
        char bytes[4];
        at += utf16_decode(Source + at, n - at, &c);
        size_t count = utf8_encode(c, bytes);
        fits = fits && written + count < TargetSize;
        if (fits) {
            memcpy(Target + written, bytes, count);
            written += count;
        }
        needed += count;
    }
    if (TargetSize)
        Target[written] = 0;
    return needed;
}
