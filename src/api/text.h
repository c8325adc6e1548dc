// SPDX-License-Identifier: MIT
/*
 * Text between the API's UTF-16 and the system's UTF-8, in memory of its own.
 */
#ifndef XDOKAN_API_TEXT_H
#define XDOKAN_API_TEXT_H

#include <dokan/dokan.h>

/* "" for NULL. NULL when memory ran out. free() it. */
char *text_from_utf16(LPCWSTR text);
/* NULL when memory ran out or the text is not UTF-8. free() it. */
WCHAR *text_to_utf16(const char *text);
/* Copies as much as fits, always terminated. */
void text_copy_utf16(WCHAR *out, size_t size, const char *text);

#endif
