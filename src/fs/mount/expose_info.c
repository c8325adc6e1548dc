// SPDX-License-Identifier: MIT
/*
 * Attributes and times, in both directions.
 *
 * FILETIME reaches further than ns since 1970 in 64 bits (1677 to 2262): times outside become the nearest
 * one, as Linux does with times that its file systems cannot hold.
 */
#include "fs/mount/expose_i.h"

#include "base/clock.h"
#include <errno.h>

#define EPOCH 116444736000000000 /* 1970 as FILETIME */

enum {
    SETTABLE =
        FILE_ATTRIBUTE_READONLY | FILE_ATTRIBUTE_HIDDEN | FILE_ATTRIBUTE_SYSTEM | FILE_ATTRIBUTE_ARCHIVE
};

/* ---- reading --------------------------------------------------------------------------------------- */

DWORD attributes_of(const struct expose *ex, const struct fs_info *info)
{
    DWORD told = info->valid & FS_INFO_ATTRIBUTES ? info->attributes & SETTABLE : 0;
    if (info->type == FS_TYPE_DIRECTORY)
        return told | FILE_ATTRIBUTE_DIRECTORY;
    if ((ex->flags & FS_READ_ONLY) || ((info->valid & FS_INFO_MODE) && !(info->mode & 0222)))
        told |= FILE_ATTRIBUTE_READONLY;
    if (info->type != FS_TYPE_FILE)
        told |= FILE_ATTRIBUTE_SYSTEM;
    return told ? told : FILE_ATTRIBUTE_NORMAL;
}

uint64_t shown_size(const struct fs_info *info)
{
    return info->type == FS_TYPE_FILE && (info->valid & FS_INFO_SIZE) ? info->size : 0;
}

int64_t filetime_from_ns(int64_t ns)
{
    return ns / 100 - (ns % 100 < 0) + EPOCH;
}

int64_t ns_from_filetime(int64_t filetime)
{
    int64_t ns;
    if (__builtin_mul_overflow(filetime - EPOCH, 100, &ns))
        ns = filetime < EPOCH ? INT64_MIN : INT64_MAX;
    return ns;
}

FILETIME filetime_of(const struct fs_info *info, uint32_t which)
{
    int64_t ns = which == FS_INFO_ATIME ? info->atime : which == FS_INFO_MTIME ? info->mtime : info->btime;
    if (!(info->valid & which))
        return (FILETIME){0};
    uint64_t value = (uint64_t)filetime_from_ns(ns);
    return (FILETIME){.dwLowDateTime = (DWORD)value, .dwHighDateTime = (DWORD)(value >> 32)};
}

void note_facts(struct expose *ex, const struct fs_info *info)
{
    if (info->valid & ~atomic_load_explicit(&ex->known, memory_order_relaxed))
        atomic_fetch_or_explicit(&ex->known, info->valid, memory_order_relaxed);
}

static int facts_by_name(struct expose *ex, const struct handle *h, LPCWSTR name, uint32_t want,
                         struct fs_info *info)
{
    CLEANUP_WHERE struct where where;
    where_init(&where);
    where.itself = h->itself;
    int rc = where_find(ex, name, want, &where);
    *info = where.info;
    if (rc == 0 && h->written)
        size_apply_to(&ex->sizes, h->written, info);
    return rc;
}

int handle_facts(struct expose *ex, struct handle *h, LPCWSTR name, uint32_t want, struct fs_info *info)
{
    int rc = h->file ? fs_f_getinfo(ex->fs, h->file, want, info) : -EOPNOTSUPP;
    return rc == -EOPNOTSUPP ? facts_by_name(ex, h, name, want, info) : rc;
}

/* What the opening saw, if nothing has changed since and that is no longer ago than a tick of the clock. */
static bool seen_just_now(struct expose *ex, struct handle *h, struct fs_info *info)
{
    if (!h->seen_ns || h->seen_ns != clock_coarse_ns() ||
        h->seen_changes != atomic_load_explicit(&ex->changes, memory_order_relaxed))
        return false;
    *info = h->seen;
    return true;
}

static void put_information(const struct expose *ex, const struct fs_info *info,
                            LPBY_HANDLE_FILE_INFORMATION out)
{
    uint64_t size = shown_size(info), id = info->valid & FS_INFO_ID ? info->id : 0;
    bool linked = (info->valid & FS_INFO_LINKS) && info->type != FS_TYPE_DIRECTORY && info->links;
    *out = (BY_HANDLE_FILE_INFORMATION){
        .dwFileAttributes = attributes_of(ex, info),
        .ftCreationTime = filetime_of(info, FS_INFO_BTIME),
        .ftLastAccessTime = filetime_of(info, FS_INFO_ATIME),
        .ftLastWriteTime = filetime_of(info, FS_INFO_MTIME),
        .dwVolumeSerialNumber = ex->serial,
        .nFileSizeHigh = (DWORD)(size >> 32),
        .nFileSizeLow = (DWORD)size,
        .nNumberOfLinks = linked ? info->links : 1,
        .nFileIndexHigh = (DWORD)(id >> 32),
        .nFileIndexLow = (DWORD)id,
    };
}

NTSTATUS query_facts(LPCWSTR name, uint32_t want, PDOKAN_FILE_INFO info, struct fs_info *facts)
{
    struct expose *ex = expose_of(info);
    struct handle *h = handle_of(info);
    if (!h)
        return STATUS_INVALID_HANDLE;
    if (seen_just_now(ex, h, facts))
        return STATUS_SUCCESS;
    int rc = handle_facts(ex, h, name, want, facts);
    if (rc == 0 && !h->text)
        note_facts(ex, facts);
    return status_of(rc);
}

NTSTATUS DOKAN_CALLBACK expose_get_info(LPCWSTR name, LPBY_HANDLE_FILE_INFORMATION out, PDOKAN_FILE_INFO info)
{
    struct fs_info facts;
    CALL_SCOPE(info);
    NTSTATUS status = query_facts(name, SHOWN_FACTS | FS_INFO_LINKS | FS_INFO_ID, info, &facts);
    if (status == STATUS_SUCCESS)
        put_information(expose_of(info), &facts, out);
    return status;
}

/* ---- setting --------------------------------------------------------------------------------------- */

NTSTATUS set_facts(struct expose *ex, const struct handle *h, LPCWSTR name, const struct fs_info *facts)
{
    CLEANUP_WHERE struct where where;
    where_init(&where);
    where.itself = h->itself;
    if (h->text)
        return STATUS_MEDIA_WRITE_PROTECTED;
    int rc = h->file ? fs_f_setinfo(ex->fs, h->file, facts) : -EOPNOTSUPP;
    if (rc != -EOPNOTSUPP) {
        note_change(ex);
        return status_of(rc);
    }
    rc = h->linked ? where_find(ex, name, 0, &where) : path_from_nt(name, &where.entry);
    rc = rc ? rc : fs_setinfo(ex->fs, where_path(&where), facts);
    note_change(ex);
    return status_of(rc);
}

/* What must be set so that the file shows `wanted`; nothing when it does. An object without modes and without
 * attributes cannot have them changed. */
static NTSTATUS plan_attributes(const struct expose *ex, const struct fs_info *now, DWORD wanted,
                                struct fs_info *change)
{
    bool file = now->type == FS_TYPE_FILE, read_only = wanted & FILE_ATTRIBUTE_READONLY;
    DWORD shown = attributes_of(ex, now);
    *change = (struct fs_info){.type = now->type};
    if (file && (now->valid & FS_INFO_MODE) && read_only != !(now->mode & 0222)) {
        change->mode = (read_only ? now->mode & ~0222u : now->mode | 0200) & 07777;
        change->valid |= FS_INFO_MODE;
    }
    if ((now->valid & FS_INFO_ATTRIBUTES) && (now->attributes & SETTABLE) != (wanted & SETTABLE)) {
        change->attributes = wanted & SETTABLE;
        change->valid |= FS_INFO_ATTRIBUTES;
    }
    bool unmet = file && !change->valid && read_only != !!(shown & FILE_ATTRIBUTE_READONLY);
    return unmet ? STATUS_NOT_SUPPORTED : STATUS_SUCCESS;
}

NTSTATUS DOKAN_CALLBACK expose_set_attributes(LPCWSTR name, DWORD attributes, PDOKAN_FILE_INFO info)
{
    struct expose *ex = expose_of(info);
    struct handle *h = handle_of(info);
    struct fs_info now, change = {0};
    CALL_SCOPE(info);
    if (!h || attributes == 0 || h->link_itself) /* 0: leave them; who deletes clears READONLY before */
        return h ? STATUS_SUCCESS : STATUS_INVALID_HANDLE;
    int rc = handle_facts(ex, h, name, FS_INFO_MODE | FS_INFO_ATTRIBUTES, &now);
    NTSTATUS status = rc ? status_of(rc) : plan_attributes(ex, &now, attributes, &change);
    return status == STATUS_SUCCESS && change.valid ? set_facts(ex, h, name, &change) : status;
}

/* 0 leaves a time as it is; so do -1 and -2, which stop and resume automatic updates. */
static bool ns_of(const FILETIME *time, int64_t *ns)
{
    int64_t value = time ? (int64_t)((uint64_t)time->dwHighDateTime << 32 | time->dwLowDateTime) : 0;
    if (value <= 0)
        return false;
    *ns = ns_from_filetime(value);
    return true;
}

NTSTATUS DOKAN_CALLBACK expose_set_times(LPCWSTR name, const FILETIME *creation, const FILETIME *access,
                                         const FILETIME *write, PDOKAN_FILE_INFO info)
{
    struct expose *ex = expose_of(info);
    const struct handle *h = handle_of(info);
    struct fs_info facts = {.type = FS_TYPE_FILE};
    CALL_SCOPE(info);
    if (!h)
        return STATUS_INVALID_HANDLE;
    facts.valid |= ns_of(creation, &facts.btime) ? FS_INFO_BTIME : 0;
    facts.valid |= ns_of(access, &facts.atime) ? FS_INFO_ATIME : 0;
    facts.valid |= ns_of(write, &facts.mtime) ? FS_INFO_MTIME : 0;
    if (!facts.valid)
        return STATUS_SUCCESS;
    if (!(facts.valid & (FS_INFO_ATIME | FS_INFO_MTIME))) { /* few objects can set it, and nobody needs it */
        set_facts(ex, h, name, &facts);
        return STATUS_SUCCESS;
    }
    NTSTATUS status = set_facts(ex, h, name, &facts);
    if (status != STATUS_NOT_SUPPORTED || !(facts.valid & FS_INFO_BTIME))
        return status;
    facts.valid &= ~(uint32_t)FS_INFO_BTIME;
    return set_facts(ex, h, name, &facts);
}
