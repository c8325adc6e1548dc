// SPDX-License-Identifier: MIT
/*
 * Checks reparse points. A REPARSE_DATA_BUFFER is a tag (4 bytes), the length of the data (2), two reserved
 * bytes, for tags that are not Microsoft's a GUID (16), then the data. A symbolic link's data are four
 * 16-bit numbers (offset and length of the substitute and of the print name), flags (4), and the names; a
 * junction's are the same without flags. A Linux link's are a version (4) and the target in UTF-8.
 */
#include "nt/reparse.h"
#include "base/utf.h"
#include "nt/nt.h"
#include <string.h>

enum { HEAD = 8, GUID_SIZE = 16, NAMES = 8, LX_VERSION = 2 };

#define MICROSOFT 0x80000000u

static uint16_t u16_at(const uint8_t *p)
{
    uint16_t v;
    memcpy(&v, p, sizeof v);
    return v;
}

uint32_t reparse_tag(const void *buffer)
{
    uint32_t tag;
    memcpy(&tag, buffer, sizeof tag);
    return tag;
}

/* `flags` bytes lie between the numbers and the names. */
static bool names_fit(const uint8_t *data, uint32_t length, uint32_t flags)
{
    if (length < NAMES + flags)
        return false;
    uint32_t room = length - NAMES - flags;
    for (int i = 0; i < 2; i++) {
        uint32_t offset = u16_at(data + 4 * i), size = u16_at(data + 4 * i + 2);
        if (offset % 2 || size % 2 || offset + size > room)
            return false;
    }
    return true;
}

static bool lx_fits(const uint8_t *data, uint32_t length)
{
    uint32_t version;
    if (length <= sizeof version)
        return false;
    memcpy(&version, data, sizeof version);
    return version == LX_VERSION && !memchr(data + sizeof version, 0, length - sizeof version);
}

bool nt_reparse_check(const void *buffer, uint32_t length)
{
    const uint8_t *bytes = buffer;
    if (length < HEAD || length > MAXIMUM_REPARSE_DATA_BUFFER_SIZE)
        return false;
    uint32_t tag = reparse_tag(buffer), data = u16_at(bytes + 4);
    uint32_t head = tag & MICROSOFT ? HEAD : HEAD + GUID_SIZE;
    if (tag <= 1 || length != head + data)
        return false;
    switch (tag) {
    case IO_REPARSE_TAG_SYMLINK:
        return names_fit(bytes + head, data, 4);
    case IO_REPARSE_TAG_MOUNT_POINT:
        return names_fit(bytes + head, data, 0);
    case IO_REPARSE_TAG_LX_SYMLINK:
        return lx_fits(bytes + head, data);
    default:
        return true;
    }
}

/* ---- links --------------------------------------------------------------------------------------------- */

bool nt_reparse_is_link(uint32_t tag)
{
    return tag == IO_REPARSE_TAG_LX_SYMLINK || tag == IO_REPARSE_TAG_SYMLINK ||
           tag == IO_REPARSE_TAG_MOUNT_POINT;
}

static void put_head(uint8_t *out, uint32_t tag, size_t data)
{
    const uint16_t length = (uint16_t)data;
    memset(out, 0, HEAD);
    memcpy(out, &tag, sizeof tag);
    memcpy(out + 4, &length, sizeof length);
}

uint32_t nt_reparse_make_link(const char *target, void *buffer, uint32_t length)
{
    const uint32_t version = LX_VERSION;
    size_t size = strlen(target), data = sizeof version + size;
    uint8_t *out = buffer;
    if (!size || HEAD + data > length || HEAD + data > MAXIMUM_REPARSE_DATA_BUFFER_SIZE)
        return 0;
    put_head(out, IO_REPARSE_TAG_LX_SYMLINK, data);
    memcpy(out + HEAD, &version, sizeof version);
    memcpy(out + HEAD + sizeof version, target, size);
    return (uint32_t)(HEAD + data);
}

uint32_t nt_reparse_make_special(uint32_t tag, void *buffer)
{
    put_head(buffer, tag, 0);
    return HEAD;
}

static size_t copy_text(const uint8_t *text, size_t length, char *out, size_t size)
{
    if (length >= size)
        return 0;
    memcpy(out, text, length);
    out[length] = 0;
    return length;
}

/* The print name, or the substitute where there is none. `names` is where the names begin. */
static size_t windows_target(const uint8_t *data, const uint8_t *names, char *out, size_t size)
{
    WCHAR text[MAXIMUM_REPARSE_DATA_BUFFER_SIZE / sizeof(WCHAR)];
    bool print = u16_at(data + 6) != 0;
    size_t offset = u16_at(data + (print ? 4 : 0)), bytes = u16_at(data + (print ? 6 : 2));
    memcpy(text, names + offset, bytes);
    ptrdiff_t n = size > 1 ? utf16_to_utf8(text, bytes / sizeof(WCHAR), out, size - 1) : -1;
    if (n <= 0)
        return 0;
    out[n] = 0;
    for (char *c = out; *c; c++)
        *c = *c == '\\' ? '/' : *c;
    return strlen(out);
}

size_t nt_reparse_link_target(const void *buffer, uint32_t length, char *out, size_t size)
{
    const uint8_t *data = (const uint8_t *)buffer + HEAD;
    switch (reparse_tag(buffer)) {
    case IO_REPARSE_TAG_LX_SYMLINK:
        return copy_text(data + sizeof(uint32_t), length - HEAD - sizeof(uint32_t), out, size);
    case IO_REPARSE_TAG_SYMLINK:
        return windows_target(data, data + NAMES + 4, out, size);
    case IO_REPARSE_TAG_MOUNT_POINT:
        return windows_target(data, data + NAMES, out, size);
    default:
        return 0;
    }
}
