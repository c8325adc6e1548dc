// SPDX-License-Identifier: MIT
/*
 * Where a link leads, as a path of the volume. Three forms:
 *
 *  - Windows' symbolic links: relative to their directory, or to the root of the volume when they begin with
 *    a backslash; absolute ones of the form `\??\M:\dir`, which lie in the volume if M: is where it is
 *    mounted, and ones that name no drive, which do;
 *  - junctions, always absolute;
 *  - Linux' links: relative, or paths of the whole machine, which lie in the volume below its mount point.
 *
 * Dots are taken out of the text, whatever the names before them stand for, as Windows does; more `..` than
 * there are directories lead out of the volume. No locks, no memory.
 */
#include "nt/link_target.h"
#include "base/fold.h"
#include "base/utf.h"
#include "nt/reparse.h"

enum {
    HEAD = 8,
    NAMES = 8,
    LX_VERSION = 4,
    FLAG_RELATIVE = 1,
    TARGET_MAX = MAXIMUM_REPARSE_DATA_BUFFER_SIZE
};

struct target {
    WCHAR text[TARGET_MAX];
    size_t len;
    bool relative;
    bool of_linux;
};

static uint16_t u16_at(const uint8_t *p)
{
    uint16_t v;
    memcpy(&v, p, sizeof v);
    return v;
}

/* ---- reading it ---------------------------------------------------------------------------------------- */

static NTSTATUS read_linux(const uint8_t *data, size_t size, struct target *t)
{
    const char *text = (const char *)data + LX_VERSION;
    ptrdiff_t units = utf8_to_utf16(text, size - LX_VERSION, t->text, TARGET_MAX);
    if (units <= 0)
        return STATUS_OBJECT_NAME_INVALID;
    t->len = (size_t)units;
    t->of_linux = true;
    for (size_t i = 0; i < t->len; i++) {
        if (t->text[i] == u'\\')
            return STATUS_OBJECT_NAME_INVALID;
        if (t->text[i] == u'/')
            t->text[i] = u'\\';
    }
    t->relative = t->text[0] != u'\\';
    return STATUS_SUCCESS;
}

/* The substitute name, or the print name where there is none. `flags` bytes lie before the names. */
static NTSTATUS read_windows(const uint8_t *data, size_t flags, struct target *t)
{
    bool print = u16_at(data + 2) == 0;
    size_t offset = u16_at(data + (print ? 4 : 0)), bytes = u16_at(data + (print ? 6 : 2));
    memcpy(t->text, data + NAMES + flags + offset, bytes);
    t->len = bytes / sizeof *t->text;
    t->relative = flags && data[NAMES] & FLAG_RELATIVE;
    return t->len ? STATUS_SUCCESS : STATUS_IO_REPARSE_DATA_INVALID;
}

static NTSTATUS read_target(const void *buffer, uint32_t length, struct target *t)
{
    const uint8_t *data = (const uint8_t *)buffer + HEAD;
    t->relative = t->of_linux = false;
    switch (reparse_tag(buffer)) {
    case IO_REPARSE_TAG_LX_SYMLINK:
        return read_linux(data, length - HEAD, t);
    case IO_REPARSE_TAG_SYMLINK:
        return read_windows(data, sizeof(uint32_t), t);
    case IO_REPARSE_TAG_MOUNT_POINT:
        return read_windows(data, 0, t);
    default:
        return STATUS_IO_REPARSE_TAG_NOT_HANDLED;
    }
}

/* ---- absolute ones ------------------------------------------------------------------------------------- */

static size_t units_of(const WCHAR *text)
{
    size_t n = 0;
    while (text[n])
        n++;
    return n;
}

static bool begins_with(const WCHAR *text, size_t len, const WCHAR *with, size_t with_len)
{
    return len >= with_len && fold_equal(text, with_len, with, with_len);
}

/* Units of the prefix that leads to Windows' drives. */
static size_t drive_prefix(const WCHAR *text, size_t len)
{
    static const WCHAR *const forms[] = {u"\\??\\", u"\\\\?\\", u"\\DosDevices\\"};
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++)
        if (begins_with(text, len, forms[i], units_of(forms[i])))
            return units_of(forms[i]);
    return 0;
}

/* Units of `text` that are the place where the volume is mounted: `M:\`, `/mnt/x`. 0: it lies elsewhere. */
static size_t inside(const WCHAR *text, size_t len, const WCHAR *place)
{
    size_t units = place ? units_of(place) : 0;
    while (units && (place[units - 1] == u'\\' || place[units - 1] == u'/'))
        units--;
    if (!units || len < units || (len > units && text[units] != u'\\'))
        return 0;
    bool drive = units == 2 && place[1] == u':';
    if (drive)
        return fold_equal(text, units, place, units) ? units : 0;
    for (size_t i = 0; i < units; i++)
        if (text[i] != (place[i] == u'/' ? u'\\' : place[i]))
            return 0;
    return units;
}

/* Where in the text of an absolute target the path in the volume begins. False: it leads out. */
static bool enter_volume(const struct target *t, const WCHAR *place, size_t *at)
{
    size_t prefix = drive_prefix(t->text, t->len);
    const WCHAR *text = t->text + prefix;
    size_t len = t->len - prefix, there = inside(text, len, place);
    *at = prefix + there;
    if (there)
        return true;
    bool server = len > 1 && text[0] == u'\\' && text[1] == u'\\', drive = len > 1 && text[1] == u':';
    return !prefix && !t->of_linux && !server && !drive;
}

/* ---- putting it together ------------------------------------------------------------------------------- */

static NTSTATUS add_name(struct link_path *path, const WCHAR *name, size_t len)
{
    if (path->len + 1 + len > NT_PATH_MAX)
        return STATUS_OBJECT_NAME_INVALID;
    path->text[path->len++] = u'\\';
    memcpy(path->text + path->len, name, len * sizeof(WCHAR));
    path->len += len;
    return STATUS_SUCCESS;
}

static NTSTATUS step(struct link_path *path, const WCHAR *name, size_t len)
{
    if (!len || (len == 1 && name[0] == u'.'))
        return STATUS_SUCCESS;
    if (len != 2 || name[0] != u'.' || name[1] != u'.')
        return add_name(path, name, len);
    if (!path->len)
        return STATUS_STOPPED_ON_SYMLINK;
    while (path->text[--path->len] != u'\\')
        ;
    return STATUS_SUCCESS;
}

static NTSTATUS walk(struct link_path *path, const WCHAR *text, size_t len)
{
    NTSTATUS status = STATUS_SUCCESS;
    for (size_t at = 0; at < len && !status;) {
        size_t n = 0;
        while (at + n < len && text[at + n] != u'\\')
            n++;
        status = step(path, text + at, n);
        at += n + 1;
    }
    return status;
}

NTSTATUS link_target(const void *buffer, uint32_t length, const WCHAR *place, const WCHAR *dir,
                     size_t dir_len, struct link_path *out)
{
    struct target t;
    size_t at = 0;
    out->len = 0;
    NTSTATUS status = read_target(buffer, length, &t);
    if (status)
        return status;
    if (!t.relative && !enter_volume(&t, place, &at))
        return STATUS_STOPPED_ON_SYMLINK;
    if (t.relative && t.text[0] != u'\\')
        status = walk(out, dir, dir_len);
    return status ? status : walk(out, t.text + at, t.len - at);
}

NTSTATUS link_append(struct link_path *path, const WCHAR *rest, size_t len)
{
    bool bare = !path->len && (!len || rest[0] == u':');
    if (path->len + bare + len > NT_PATH_MAX)
        return STATUS_OBJECT_NAME_INVALID;
    if (bare)
        path->text[path->len++] = u'\\';
    memcpy(path->text + path->len, rest, len * sizeof(WCHAR));
    path->len += len;
    return STATUS_SUCCESS;
}
