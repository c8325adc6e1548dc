// SPDX-License-Identifier: MIT
/*
 * DokanNotify*: which file of the volume a path means. In this order:
 *     the mount point as given to the mount, or its Linux path, and what follows   M:\d + \f,  /mnt/d + /f
 *     a letter and a colon, then the path in the volume                            X:\d\f
 *     a path in the volume                                                         \d\f
 *     any two characters and a path in the volume (Dokany takes every such text)   ??\d\f
 * A Linux path is turned into NT names; elsewhere `/` counts as `\`.
 */
#include "api/instance.h"
#include "api/process.h"
#include "api/text.h"
#include "base/name.h"

#include <stdlib.h>
#include <string.h>

static bool is_separator(char c)
{
    return c == '/' || c == '\\';
}

/* What follows the prefix when it ends at a separator; NULL when `text` is not below it. */
static const char *below(const char *text, const char *prefix)
{
    size_t len = strlen(prefix);
    while (len > 1 && is_separator(prefix[len - 1]))
        len--;
    if (!len || strncmp(text, prefix, len) != 0)
        return NULL;
    return text[len] == 0 || is_separator(text[len]) ? text + len : NULL;
}

/* Components of a Linux path under their NT names. */
static WCHAR *from_linux_path(const char *text)
{
    size_t n = 0;
    WCHAR *out = malloc((strlen(text) + 2) * 2 * sizeof *out);
    while (out && *text) {
        size_t len = strcspn(text, "/");
        if (len) {
            out[n++] = u'\\';
            ptrdiff_t units = name_from_linux(text, len, out + n, 2 * len, NAME_KEEP_COLON);
            if (units < 0) {
                free(out);
                return NULL;
            }
            n += (size_t)units;
        }
        text += len + (text[len] == '/');
    }
    if (out && !n)
        out[n++] = u'\\';
    if (out)
        out[n] = 0;
    return out;
}

/* One backslash between components and none at the end. */
static WCHAR *from_volume_path(const char *text)
{
    WCHAR *out = text_to_utf16(text);
    size_t n = 0;
    for (size_t i = 0; out && out[i]; i++) {
        WCHAR c = out[i] == u'/' ? u'\\' : out[i];
        if (c != u'\\' || !n || out[n - 1] != u'\\')
            out[n++] = c;
    }
    if (n > 1 && out[n - 1] == u'\\')
        n--;
    if (out)
        out[n] = 0;
    return out;
}

static WCHAR *volume_path(const struct instance *inst, const char *text)
{
    const char *rest;
    if (strlen(text) <= 2)
        return NULL;
    if (inst->record.path[0] && (rest = below(text, inst->record.path)))
        return from_linux_path(rest);
    if ((rest = below(text, inst->settings.given)))
        return inst->settings.given[0] == '/' ? from_linux_path(rest) : from_volume_path(*rest ? rest : "\\");
    if (text[1] == ':' && is_separator(text[2]))
        return from_volume_path(text + 2);
    if (is_separator(text[0]))
        return from_volume_path(text);
    return is_separator(text[2]) ? from_volume_path(text + 2) : NULL;
}

static BOOL notify(DOKAN_HANDLE handle, enum nt_event_kind kind, uint32_t filter, LPCWSTR path,
                   LPCWSTR new_path, BOOL directory)
{
    struct instance *inst = path && process_usable() ? process_find(handle) : NULL;
    if (!inst)
        return FALSE;
    char *text = text_from_utf16(path), *new_text = new_path ? text_from_utf16(new_path) : NULL;
    WCHAR *from = text ? volume_path(inst, text) : NULL, *to = new_text ? volume_path(inst, new_text) : NULL;
    BOOL done = from && (to || !new_path) && nt_notify(inst->vol, kind, filter, from, to, directory);
    free(text);
    free(new_text);
    free(from);
    free(to);
    instance_put(inst);
    return done;
}

static uint32_t name_filter(BOOL directory)
{
    return directory ? FILE_NOTIFY_CHANGE_DIR_NAME : FILE_NOTIFY_CHANGE_FILE_NAME;
}

BOOL DOKANAPI DokanNotifyCreate(DOKAN_HANDLE DokanInstance, LPCWSTR FilePath, BOOL IsDirectory)
{
    return notify(DokanInstance, NT_EVENT_ADDED, name_filter(IsDirectory), FilePath, NULL, IsDirectory);
}

BOOL DOKANAPI DokanNotifyDelete(DOKAN_HANDLE DokanInstance, LPCWSTR FilePath, BOOL IsDirectory)
{
    return notify(DokanInstance, NT_EVENT_REMOVED, name_filter(IsDirectory), FilePath, NULL, IsDirectory);
}

BOOL DOKANAPI DokanNotifyUpdate(DOKAN_HANDLE DokanInstance, LPCWSTR FilePath)
{
    const uint32_t anything =
        FILE_NOTIFY_CHANGE_SIZE | FILE_NOTIFY_CHANGE_LAST_WRITE | FILE_NOTIFY_CHANGE_ATTRIBUTES;
    return notify(DokanInstance, NT_EVENT_MODIFIED, anything, FilePath, NULL, FALSE);
}

BOOL DOKANAPI DokanNotifyXAttrUpdate(DOKAN_HANDLE DokanInstance, LPCWSTR FilePath)
{
    return notify(DokanInstance, NT_EVENT_MODIFIED, FILE_NOTIFY_CHANGE_EA | FILE_NOTIFY_CHANGE_ATTRIBUTES,
                  FilePath, NULL, FALSE);
}

BOOL DOKANAPI DokanNotifyRename(DOKAN_HANDLE DokanInstance, LPCWSTR OldPath, LPCWSTR NewPath,
                                BOOL IsDirectory, BOOL IsInSameDirectory)
{
    if (!OldPath || !NewPath)
        return FALSE;
    if (IsInSameDirectory)
        return notify(DokanInstance, NT_EVENT_RENAMED, name_filter(IsDirectory), OldPath, NewPath,
                      IsDirectory);
    BOOL removed = DokanNotifyDelete(DokanInstance, OldPath, IsDirectory);
    BOOL added = DokanNotifyCreate(DokanInstance, NewPath, IsDirectory);
    return removed && added;
}
