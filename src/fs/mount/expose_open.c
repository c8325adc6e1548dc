// SPDX-License-Identifier: MIT
/*
 * From a name to a handle and back.
 *
 * The mode in which a file is opened follows from the rights that are asked for, and only with
 * MAXIMUM_ALLOWED may it turn out less. What asks for attributes only opens nothing.
 */
#include "fs/mount/expose_i.h"

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/log.h"
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#define READ_RIGHTS  (FILE_READ_DATA | FILE_EXECUTE | GENERIC_READ | GENERIC_EXECUTE | GENERIC_ALL)
#define WRITE_RIGHTS (FILE_WRITE_DATA | FILE_APPEND_DATA | GENERIC_WRITE | GENERIC_ALL)

enum { RACES = 10 };

/* What a disposition does with a name that is there, and with one that is not. */
static const struct disposition {
    bool opens, replaces, creates;
    NTSTATUS opened; /* what tells that it was there */
} dispositions[] = {
    [FILE_SUPERSEDE] = {true, true, true, STATUS_OBJECT_NAME_COLLISION},
    [FILE_OPEN] = {true, false, false, STATUS_SUCCESS},
    [FILE_CREATE] = {false, false, true, STATUS_OBJECT_NAME_COLLISION},
    [FILE_OPEN_IF] = {true, false, true, STATUS_OBJECT_NAME_COLLISION},
    [FILE_OVERWRITE] = {true, true, false, STATUS_SUCCESS},
    [FILE_OVERWRITE_IF] = {true, true, true, STATUS_OBJECT_NAME_COLLISION},
};

/* What ZwCreateFile was asked for, and the handle to be. */
struct wish {
    struct expose *ex;
    const struct disposition *how;
    ACCESS_MASK access;
    ULONG attributes, options;
    bool by_modes; /* the caller's kernel has checked them */
    struct handle *handle;
    int made; /* what making it said */
};

static bool wants_write(const struct wish *wish)
{
    return wish->how->replaces || (wish->access & WRITE_RIGHTS);
}

static bool wants_data(const struct wish *wish)
{
    return wants_write(wish) || (wish->access & (READ_RIGHTS | MAXIMUM_ALLOWED));
}

static int open_mode(const struct wish *wish)
{
    if (wish->access & MAXIMUM_ALLOWED)
        return wish->ex->flags & FS_READ_ONLY ? O_RDONLY : O_RDWR;
    bool write = wants_write(wish), read = wish->access & READ_RIGHTS;
    return write && read ? O_RDWR : write ? O_WRONLY : O_RDONLY;
}

/* ---- the handle ------------------------------------------------------------------------------------ */

static NTSTATUS new_handle(struct wish *wish, const struct where *where)
{
    struct handle *h = calloc(1, sizeof *h);
    if (!h)
        return STATUS_NO_MEMORY;
    h->directory = where->info.type == FS_TYPE_DIRECTORY;
    h->linked = where->linked;
    h->link = where->link;
    h->link_itself = where->link && (wish->access & DELETE);
    h->itself = where->itself;
    h->by_modes = wish->by_modes;
    wish->handle = h;
    return STATUS_SUCCESS;
}

static void free_handle(struct expose *ex, struct handle *h)
{
    if (h->file)
        fs_f_close(ex->fs, h->file);
    size_put(&ex->sizes, h->written);
    free(h->text);
    free(h);
}

static void remember_facts(struct wish *wish, const struct where *where, uint32_t changes)
{
    wish->handle->seen = where->info;
    wish->handle->seen_changes = changes;
    wish->handle->seen_ns = clock_coarse_ns();
}

/* Whether the object can tell the facts of an open file is known from the first answer. */
static NTSTATUS begin_size(struct wish *wish, const char *path, bool emptied)
{
    struct handle *h = wish->handle;
    struct fs_info facts;
    if (!(fs_file_flags(h->file) & O_ACCMODE) ||
        fs_f_getinfo(wish->ex->fs, h->file, 0, &facts) != -EOPNOTSUPP)
        return STATUS_SUCCESS;
    h->written = size_get(&wish->ex->sizes, path);
    if (emptied)
        size_set(&wish->ex->sizes, h->written, 0);
    return h->written ? STATUS_SUCCESS : STATUS_NO_MEMORY;
}

static int try_open(struct wish *wish, const char *path, int flags)
{
    int mode = open_mode(wish), rc = fs_open(wish->ex->fs, path, mode | flags, 0, &wish->handle->file);
    bool less = (wish->access & MAXIMUM_ALLOWED) && !wants_write(wish) && mode == O_RDWR;
    if (less && (rc == -EACCES || rc == -EROFS || rc == -EPERM))
        rc = fs_open(wish->ex->fs, path, O_RDONLY, 0, &wish->handle->file);
    return rc;
}

/* ---- what is there --------------------------------------------------------------------------------- */

static NTSTATUS may_open(const struct wish *wish, const struct where *where)
{
    bool directory = where->info.type == FS_TYPE_DIRECTORY;
    bool read_only = !wish->by_modes && attributes_of(wish->ex, &where->info) & FILE_ATTRIBUTE_READONLY;
    if (!wish->how->opens)
        return STATUS_OBJECT_NAME_COLLISION;
    if (!directory && (wish->options & FILE_DIRECTORY_FILE))
        return STATUS_NOT_A_DIRECTORY;
    if (directory && ((wish->options & FILE_NON_DIRECTORY_FILE) || wish->how->replaces))
        return STATUS_FILE_IS_A_DIRECTORY;
    if (wish->options & FILE_DELETE_ON_CLOSE) {
        NTSTATUS status = may_delete(wish->ex, where);
        if (status != STATUS_SUCCESS)
            return status;
    }
    if (directory)
        return STATUS_SUCCESS;
    if (wants_write(wish) && (wish->ex->flags & FS_READ_ONLY))
        return STATUS_MEDIA_WRITE_PROTECTED;
    if (wants_write(wish) && read_only)
        return STATUS_ACCESS_DENIED;
    bool special = !where->text && where->info.type != FS_TYPE_FILE;
    return special && wants_data(wish) && wish->access != MAXIMUM_ALLOWED ? STATUS_ACCESS_DENIED
                                                                          : STATUS_SUCCESS;
}

static NTSTATUS take_text(struct wish *wish, const struct where *where)
{
    char text[LINK_BYTES];
    int rc = fs_readlink(wish->ex->fs, where->entry.text, text, sizeof text);
    wish->handle->text = strdup(rc ? "" : text);
    return wish->handle->text ? STATUS_SUCCESS : STATUS_NO_MEMORY;
}

static NTSTATUS open_data(struct wish *wish, const struct where *where)
{
    if (where->text)
        return take_text(wish, where);
    if (where->info.type != FS_TYPE_FILE || !wants_data(wish))
        return STATUS_SUCCESS;
    const char *path = where_path(where);
    int rc = try_open(wish, path, wish->how->replaces ? O_TRUNC : 0);
    if (wish->how->replaces)
        note_change(wish->ex);
    return rc ? status_of_path(rc) : begin_size(wish, path, wish->how->replaces);
}

static NTSTATUS open_existing(struct wish *wish, const struct where *where, uint32_t changes)
{
    NTSTATUS status = may_open(wish, where);
    status = status == STATUS_SUCCESS ? new_handle(wish, where) : status;
    if (status != STATUS_SUCCESS)
        return status;
    status = open_data(wish, where);
    if (!wish->handle->file)
        remember_facts(wish, where, changes);
    return status == STATUS_SUCCESS ? wish->how->opened : status;
}

/* ---- what is not there ----------------------------------------------------------------------------- */

static void set_first_attributes(const struct wish *wish, const char *path)
{
    const DWORD extra = FILE_ATTRIBUTE_HIDDEN | FILE_ATTRIBUTE_SYSTEM;
    struct fs_info facts = {.valid = FS_INFO_ATTRIBUTES, .type = FS_TYPE_FILE};
    facts.attributes = wish->attributes & (extra | FILE_ATTRIBUTE_READONLY | FILE_ATTRIBUTE_ARCHIVE);
    if ((wish->attributes & extra) && (atomic_load(&wish->ex->known) & FS_INFO_ATTRIBUTES))
        fs_setinfo(wish->ex->fs, path, &facts);
}

static int make_file(struct wish *wish, const char *path)
{
    uint32_t mode = (wish->attributes & FILE_ATTRIBUTE_READONLY ? 0444 : 0666) & ~wish->ex->umask;
    int access = open_mode(wish);
    return fs_open(wish->ex->fs, path, (access ? access : O_RDWR) | O_CREAT | O_EXCL, mode,
                   &wish->handle->file);
}

/* 0, -EEXIST when somebody was faster, another -errno. */
static int make(struct wish *wish, const char *path)
{
    bool directory = wish->options & FILE_DIRECTORY_FILE;
    int rc = directory ? fs_makedir(wish->ex->fs, path, 0777 & ~wish->ex->umask) : make_file(wish, path);
    note_change(wish->ex);
    if (rc == 0)
        set_first_attributes(wish, path);
    return rc;
}

static NTSTATUS create_new(struct wish *wish, struct where *where)
{
    bool directory = wish->options & FILE_DIRECTORY_FILE;
    if ((wish->options & FILE_DELETE_ON_CLOSE) && (wish->attributes & FILE_ATTRIBUTE_READONLY))
        return STATUS_CANNOT_DELETE;
    where->info = (struct fs_info){.type = directory ? FS_TYPE_DIRECTORY : FS_TYPE_FILE};
    NTSTATUS status = new_handle(wish, where);
    if (wish->handle)
        wish->handle->fresh = true;
    int rc = wish->made = status == STATUS_SUCCESS ? make(wish, where->entry.text) : 0;
    if (rc)
        return rc == -ENOENT ? STATUS_OBJECT_PATH_NOT_FOUND : status_of_path(rc);
    if (status == STATUS_SUCCESS && !directory)
        status = begin_size(wish, where->entry.text, true);
    return status;
}

/* ---- the name that was asked about last ------------------------------------------------------------ */

static bool recall(struct expose *ex, const char *path, uint32_t changes, struct fs_info *info)
{
    struct recent *recent = &ex->recent;
    LOCK_SCOPE(&recent->lock);
    if (recent->ns != clock_coarse_ns() || recent->changes != changes || strcmp(recent->path, path) != 0)
        return false;
    *info = recent->info;
    return true;
}

static void remember(struct expose *ex, const struct fs_path *path, uint32_t changes,
                     const struct fs_info *info)
{
    struct recent *recent = &ex->recent;
    if (path->length >= sizeof recent->path)
        return;
    LOCK_SCOPE(&recent->lock);
    memcpy(recent->path, path->text, path->length + 1);
    recent->info = *info;
    recent->changes = changes;
    recent->ns = clock_coarse_ns();
}

/* Contents are always opened by what the object says now. */
static int find(const struct wish *wish, LPCWSTR name, uint32_t changes, struct where *where)
{
    struct expose *ex = wish->ex;
    int rc = path_from_nt(name, &where->entry);
    if (rc == 0 && where->itself && !wants_data(wish) && recall(ex, where->entry.text, changes, &where->info))
        return 0;
    rc = rc ? rc : where_find_entry(ex, ALL_FACTS, where);
    if (rc == 0 && where->itself)
        remember(ex, &where->entry, changes, &where->info);
    return rc;
}

/* ---- either ---------------------------------------------------------------------------------------- */

static NTSTATUS open_or_create(struct wish *wish, LPCWSTR name)
{
    CLEANUP_WHERE struct where where;
    where_init(&where);
    where.itself = wish->options & FILE_OPEN_REPARSE_POINT;
    uint32_t changes = atomic_load_explicit(&wish->ex->changes, memory_order_relaxed);
    int rc = find(wish, name, changes, &where);
    if (rc == 0)
        return open_existing(wish, &where, changes);
    if (rc != -ENOENT || where.no_parent || !wish->how->creates)
        return status_of_find(rc, &where);
    return create_new(wish, &where);
}

/* Without looking first. */
static NTSTATUS create_at_once(struct wish *wish, LPCWSTR name)
{
    CLEANUP_WHERE struct where where;
    where_init(&where);
    int rc = path_from_nt(name, &where.entry);
    if (rc)
        return status_of_path(rc);
    return where.entry.length == 1 ? STATUS_OBJECT_NAME_COLLISION : create_new(wish, &where);
}

static void drop(struct wish *wish)
{
    if (wish->handle)
        free_handle(wish->ex, wish->handle);
    wish->handle = NULL;
}

static bool is_open(const struct wish *wish, NTSTATUS status)
{
    return status == STATUS_SUCCESS || (status == STATUS_OBJECT_NAME_COLLISION && wish->how->opens);
}

/* Whether a link on the way may be why it could not be made. */
static bool worth_a_look(int made)
{
    return made == -ENOENT || made == -ENOTDIR || made == -ELOOP || made == -EXDEV || made == -EISDIR;
}

static NTSTATUS carry_out(struct wish *wish, LPCWSTR name)
{
    /* Who knows that no link is on the way has looked for the name already, and did not find it. */
    bool likely_missing = wish->how->creates && (wish->options & FILE_OPEN_REPARSE_POINT);
    if (!wish->how->opens || likely_missing) {
        NTSTATUS status = create_at_once(wish, name);
        if (!worth_a_look(wish->made) && !(wish->how->opens && wish->made == -EEXIST))
            return status;
        drop(wish);
    }
    for (int i = 0; i < RACES; i++) {
        wish->made = 0;
        NTSTATUS status = open_or_create(wish, name);
        if (wish->made != -EEXIST || !wish->how->opens)
            return status;
        drop(wish);
    }
    return STATUS_ACCESS_DENIED; /* somebody makes and deletes it all the time */
}

NTSTATUS DOKAN_CALLBACK expose_create(LPCWSTR name, PDOKAN_IO_SECURITY_CONTEXT security, ACCESS_MASK access,
                                      ULONG attributes, ULONG share, ULONG disposition, ULONG options,
                                      PDOKAN_FILE_INFO info)
{
    const ULONG both = FILE_DIRECTORY_FILE | FILE_NON_DIRECTORY_FILE;
    CALL_SCOPE(info);
    (void)share; /* the engine has checked it */
    if ((options & both) == both || disposition > FILE_MAXIMUM_DISPOSITION)
        return STATUS_INVALID_PARAMETER;
    struct wish wish = {.ex = expose_of(info),
                        .how = &dispositions[disposition],
                        .access = access,
                        .attributes = attributes,
                        .options = options,
                        .by_modes = security && security->AccessState.SecurityEvaluated};
    if ((wish.ex->flags & FS_READ_ONLY) && (options & FILE_DELETE_ON_CLOSE))
        return STATUS_MEDIA_WRITE_PROTECTED;
    NTSTATUS status = carry_out(&wish, name);
    if (!wish.handle || !is_open(&wish, status)) {
        drop(&wish);
        return status;
    }
    info->Context = (ULONG64)(uintptr_t)wish.handle;
    info->IsDirectory = wish.handle->directory;
    return status;
}

/* ---- cleanup and close ----------------------------------------------------------------------------- */

void DOKAN_CALLBACK expose_cleanup(LPCWSTR name, PDOKAN_FILE_INFO info)
{
    struct expose *ex = expose_of(info);
    struct handle *h = handle_of(info);
    CALL_SCOPE(info);
    if (!h || !info->DeletePending)
        return;
    int rc = remove_name(ex, name, h);
    h->removed_late = rc == -EBUSY && h->file; /* an object that cannot remove what is open */
    if (rc && !h->removed_late)
        log_warn("%s: a file could not be removed: %s", fs_kind(ex->fs), strerror(-rc));
}

void DOKAN_CALLBACK expose_close(LPCWSTR name, PDOKAN_FILE_INFO info)
{
    struct expose *ex = expose_of(info);
    struct handle *h = handle_of(info);
    CALL_SCOPE(info);
    if (!h)
        return;
    struct handle gone = {
        .linked = h->linked, .link = h->link, .itself = h->itself, .removed_late = h->removed_late};
    free_handle(ex, h);
    info->Context = 0;
    int rc = gone.removed_late ? remove_name(ex, name, &gone) : 0;
    if (rc)
        log_warn("%s: a file could not be removed: %s", fs_kind(ex->fs), strerror(-rc));
}
