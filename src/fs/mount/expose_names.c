// SPDX-License-Identifier: MIT
/*
 * Listing, deleting and renaming. Deleting and renaming act on a link itself, whatever it is shown as.
 */
#include "fs/mount/expose_i.h"

#include "base/fold.h"
#include "base/log.h"
#include "base/name.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static size_t units_of(LPCWSTR text)
{
    size_t n = 0;
    while (text[n])
        n++;
    return n;
}

/* ---- listing --------------------------------------------------------------------------------------- */

/* A listing under way. Entries whose facts must be asked for one by one wait until the object is done with
 * its own part: it must not be called meanwhile. */
struct listing {
    struct expose *ex;
    listing_fill fill;
    void *ctx;
    PDOKAN_FILE_INFO info;
    uint32_t want;
    bool itself; /* links are shown as they are */
    const char *dir;
    char *waiting; /* names, each terminated */
    size_t used, room;
    int rc;
};

static void hand_over(struct listing *list, const char *name, const struct fs_info *facts)
{
    WCHAR text[NAME_UNITS + 1];
    ptrdiff_t units = name_from_linux(name, strlen(name), text, NAME_UNITS, 0);
    if (units < 0) {
        if (!atomic_exchange(&list->ex->hidden_name, true))
            log_warn("%s: names of more than %d characters are not shown, the first is in %s",
                     fs_kind(list->ex->fs), NAME_UNITS, list->dir);
        return;
    }
    text[units] = 0;
    list->fill(list->info, text, facts, list->ctx);
}

static int remember_name(struct listing *list, const char *name)
{
    size_t length = strlen(name) + 1;
    if (list->used + length > list->room) {
        size_t room = (list->room + length) * 2;
        char *grown = realloc(list->waiting, room);
        if (!grown)
            return -ENOMEM;
        list->waiting = grown;
        list->room = room;
    }
    memcpy(list->waiting + list->used, name, length);
    list->used += length;
    return 0;
}

/* Whether getinfo would tell more: a size, or facts that other files of the object had. */
static bool is_complete(const struct listing *list, const struct fs_info *facts)
{
    uint32_t wanted = atomic_load_explicit(&list->ex->known, memory_order_relaxed) & list->want;
    if (facts->type == FS_TYPE_SYMLINK && !list->itself)
        return false;
    if (facts->type == FS_TYPE_FILE)
        wanted |= FS_INFO_SIZE;
    else
        wanted &= ~(uint32_t)FS_INFO_SIZE;
    return !(wanted & ~facts->valid);
}

static void correct_size(struct listing *list, const char *name, struct fs_info *facts)
{
    CLEANUP_PATH struct fs_path path;
    fs_path_init(&path);
    if (atomic_load_explicit(&list->ex->sizes.count, memory_order_relaxed) && facts->type == FS_TYPE_FILE &&
        fs_path_add(&path, list->dir, strlen(list->dir)) == 0 && fs_path_join(&path, name) == 0)
        size_apply(&list->ex->sizes, path.text, facts);
}

static int take_entry(void *ctx, const char *name, const struct fs_info *told, uint64_t next)
{
    struct listing *list = ctx;
    struct fs_info facts = *told;
    (void)next;
    fs_progress();
    if (!is_complete(list, told)) {
        list->rc = remember_name(list, name);
        return list->rc;
    }
    correct_size(list, name, &facts);
    hand_over(list, name, &facts);
    return 0;
}

static void ask_and_hand_over(struct listing *list, const char *name)
{
    CLEANUP_WHERE struct where where;
    where_init(&where);
    int rc = fs_path_add(&where.entry, list->dir, strlen(list->dir));
    rc = rc ? rc : fs_path_join(&where.entry, name);
    rc = rc ? rc : fs_getinfo(list->ex->fs, where.entry.text, list->want, &where.info);
    fs_progress();
    if (rc)
        return; /* it has gone meanwhile */
    if (where.info.type == FS_TYPE_SYMLINK && !list->itself)
        where_follow(list->ex, &where);
    else
        note_facts(list->ex, &where.info);
    size_apply(&list->ex->sizes, where_path(&where), &where.info);
    hand_over(list, name, &where.info);
}

NTSTATUS list_entries(LPCWSTR name, uint32_t want, listing_fill fill, void *ctx, PDOKAN_FILE_INFO info)
{
    struct expose *ex = expose_of(info);
    const struct handle *h = handle_of(info);
    if (!h || !h->directory)
        return h ? STATUS_NOT_A_DIRECTORY : STATUS_INVALID_HANDLE;
    CLEANUP_WHERE struct where where;
    where_init(&where);
    int rc = h->linked ? where_find(ex, name, 0, &where) : path_from_nt(name, &where.entry);
    struct listing list = {.ex = ex,
                           .fill = fill,
                           .ctx = ctx,
                           .info = info,
                           .want = want,
                           .itself = h->itself,
                           .dir = where_path(&where)};
    rc = rc ? rc : fs_scandir(ex->fs, list.dir, want, 0, take_entry, &list);
    rc = rc ? rc : list.rc;
    for (size_t at = 0; rc == 0 && at < list.used; at += strlen(list.waiting + at) + 1)
        ask_and_hand_over(&list, list.waiting + at);
    free(list.waiting);
    return status_of_path(rc);
}

static void fill_find_data(PDOKAN_FILE_INFO info, const WCHAR *name, const struct fs_info *facts, void *ctx)
{
    PFillFindData *fill = ctx;
    WIN32_FIND_DATAW entry;
    uint64_t size = shown_size(facts);
    size_t units = units_of(name);
    memcpy(entry.cFileName, name, (units + 1) * sizeof(WCHAR));
    entry.dwFileAttributes = attributes_of(expose_of(info), facts);
    entry.ftCreationTime = filetime_of(facts, FS_INFO_BTIME);
    entry.ftLastAccessTime = filetime_of(facts, FS_INFO_ATIME);
    entry.ftLastWriteTime = filetime_of(facts, FS_INFO_MTIME);
    entry.nFileSizeHigh = (DWORD)(size >> 32);
    entry.nFileSizeLow = (DWORD)size;
    entry.dwReserved0 = entry.dwReserved1 = 0;
    entry.cAlternateFileName[0] = 0;
    (*fill)(&entry, info);
}

NTSTATUS DOKAN_CALLBACK expose_find_files(LPCWSTR name, PFillFindData fill, PDOKAN_FILE_INFO info)
{
    CALL_SCOPE(info);
    return list_entries(name, SHOWN_FACTS, fill_find_data, &fill, info);
}

/* ---- deleting -------------------------------------------------------------------------------------- */

static int stop_at_first(void *ctx, const char *name, const struct fs_info *info, uint64_t next)
{
    (void)name;
    (void)info;
    (void)next;
    *(bool *)ctx = true;
    return 1;
}

static NTSTATUS check_empty(struct expose *ex, const char *path)
{
    bool found = false;
    int rc = fs_scandir(ex->fs, path, 0, 0, stop_at_first, &found);
    return rc ? status_of(rc) : found ? STATUS_DIRECTORY_NOT_EMPTY : STATUS_SUCCESS;
}

static int may_change_parent(struct expose *ex, const char *path)
{
    CLEANUP_PATH struct fs_path parent;
    fs_path_init(&parent);
    int rc = fs_path_add(&parent, path, fs_path_parent(path));
    return rc ? rc : fs_access(ex->fs, parent.text, W_OK | X_OK);
}

NTSTATUS may_delete(struct expose *ex, const struct where *where)
{
    if (ex->flags & FS_READ_ONLY)
        return STATUS_MEDIA_WRITE_PROTECTED;
    if (where->entry.length <= 1)
        return STATUS_CANNOT_DELETE;
    int rc = may_change_parent(ex, where->entry.text);
    if (rc || where->link)
        return status_of(rc);
    if (where->info.type == FS_TYPE_DIRECTORY)
        return check_empty(ex, where->entry.text);
    return attributes_of(ex, &where->info) & FILE_ATTRIBUTE_READONLY ? STATUS_CANNOT_DELETE : STATUS_SUCCESS;
}

/* Says whether it is fine, or hears that it is off; Cleanup deletes. */
static NTSTATUS ask_delete(LPCWSTR name, bool directory, PDOKAN_FILE_INFO info)
{
    struct expose *ex = expose_of(info);
    const struct handle *h = handle_of(info);
    CLEANUP_WHERE struct where where;
    where_init(&where);
    if (!h)
        return STATUS_INVALID_HANDLE;
    if (h->directory != directory)
        return directory ? STATUS_NOT_A_DIRECTORY : STATUS_ACCESS_DENIED;
    if (!info->DeletePending)
        return STATUS_SUCCESS;
    where.itself = h->itself;
    int rc = where_find(ex, name, FS_INFO_MODE | FS_INFO_ATTRIBUTES, &where);
    return rc ? status_of_find(rc, &where) : may_delete(ex, &where);
}

NTSTATUS DOKAN_CALLBACK expose_delete_file(LPCWSTR name, PDOKAN_FILE_INFO info)
{
    CALL_SCOPE(info);
    return ask_delete(name, false, info);
}

NTSTATUS DOKAN_CALLBACK expose_delete_directory(LPCWSTR name, PDOKAN_FILE_INFO info)
{
    CALL_SCOPE(info);
    return ask_delete(name, true, info);
}

int remove_name(struct expose *ex, LPCWSTR name, const struct handle *h)
{
    CLEANUP_WHERE struct where where;
    where_init(&where);
    int rc = where_entry(ex, name, h->linked, &where);
    if (rc)
        return rc;
    bool directory = h->directory && !h->link;
    note_change(ex);
    return directory ? fs_removedir(ex->fs, where.entry.text) : fs_remove(ex->fs, where.entry.text);
}

/* ---- renaming -------------------------------------------------------------------------------------- */

/* Another spelling of the same name. */
static bool same_name(const struct expose *ex, LPCWSTR a, LPCWSTR b)
{
    return (ex->flags & FS_CASE_INSENSITIVE) && fold_equal(a, units_of(a), b, units_of(b));
}

static bool same_file(const struct fs_info *a, const struct fs_info *b)
{
    return (a->valid & b->valid & FS_INFO_ID) && a->id == b->id;
}

static NTSTATUS may_replace(const struct expose *ex, const struct handle *h, const struct where *to)
{
    if (h->directory && !h->link)
        return STATUS_ACCESS_DENIED;
    bool read_only = !h->by_modes && attributes_of(ex, &to->info) & FILE_ATTRIBUTE_READONLY;
    if (!to->link && (to->info.type == FS_TYPE_DIRECTORY || read_only))
        return STATUS_ACCESS_DENIED;
    return STATUS_SUCCESS;
}

/* The target was missing when we looked. An object that cannot promise not to replace is asked without. */
static int move_to_free(struct expose *ex, const char *from, const char *to)
{
    int rc = fs_rename(ex->fs, from, to, FS_RENAME_NOREPLACE);
    return rc == -EINVAL || rc == -EOPNOTSUPP ? fs_rename(ex->fs, from, to, 0) : rc;
}

/* Two names of one file: rename(2) leaves both. */
static int move_over(struct expose *ex, const char *from, const char *to)
{
    struct fs_info a, b;
    bool known = fs_getinfo(ex->fs, from, FS_INFO_ID, &a) == 0 && fs_getinfo(ex->fs, to, FS_INFO_ID, &b) == 0;
    if (known && same_file(&a, &b) && strcmp(from, to) != 0)
        return fs_remove(ex->fs, from);
    return fs_rename(ex->fs, from, to, 0);
}

static NTSTATUS move(struct expose *ex, const struct handle *h, LPCWSTR name, LPCWSTR new_name, BOOL replace)
{
    CLEANUP_WHERE struct where from;
    CLEANUP_WHERE struct where to;
    where_init(&from);
    where_init(&to);
    int rc = where_entry(ex, name, h->linked, &from);
    int found = rc ? rc : where_find(ex, new_name, FS_INFO_MODE | FS_INFO_ATTRIBUTES, &to);
    if (rc || (found && found != -ENOENT))
        return rc ? status_of_path(rc) : status_of_find(found, &to);
    if (found && to.no_parent)
        return STATUS_OBJECT_PATH_NOT_FOUND;
    if (from.entry.length <= 1 || to.entry.length <= 1)
        return STATUS_ACCESS_DENIED;
    if (same_name(ex, name, new_name) || strcmp(from.entry.text, to.entry.text) == 0) {
        rc = fs_rename(ex->fs, from.entry.text, to.entry.text, 0);
    } else if (found) {
        rc = move_to_free(ex, from.entry.text, to.entry.text);
    } else {
        NTSTATUS status = replace ? may_replace(ex, h, &to) : STATUS_OBJECT_NAME_COLLISION;
        if (status != STATUS_SUCCESS)
            return status;
        rc = move_over(ex, from.entry.text, to.entry.text);
    }
    if (rc == 0)
        size_renamed(&ex->sizes, from.entry.text, to.entry.text);
    return rc == -EINVAL ? STATUS_INVALID_PARAMETER : status_of_path(rc);
}

NTSTATUS DOKAN_CALLBACK expose_move(LPCWSTR name, LPCWSTR new_name, BOOL replace, PDOKAN_FILE_INFO info)
{
    struct expose *ex = expose_of(info);
    const struct handle *h = handle_of(info);
    CALL_SCOPE(info);
    if (!h)
        return STATUS_INVALID_HANDLE;
    note_change(ex);
    return move(ex, h, name, new_name, replace);
}
