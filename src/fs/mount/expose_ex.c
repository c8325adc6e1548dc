// SPDX-License-Identifier: MIT
/*
 * What an object has beyond Dokan's table: modes, owners, symbolic links, extended attributes, exchanging of
 * names. Offered is only what some layer has a method for.
 *
 * Of an archive (read only, and nobody changes it) the mounter owns everything and may read it, whatever
 * users its files had where it was made; set-id bits are not shown.
 */
#include "fs/mount/expose_i.h"

#include "base/cleanup.h"
#include "base/name.h"
#include <dokan/dokan_text.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { SET_ID = 06000, XATTR_NAMES = 65536 };

/* ---- facts ----------------------------------------------------------------------------------------- */

static uint32_t mode_shown(const struct expose *ex, const struct fs_info *info)
{
    if (!ex->like_a_user)
        return info->mode & 07777;
    return (info->mode & 07777 & ~(uint32_t)SET_ID) | (info->type == FS_TYPE_DIRECTORY ? 0500 : 0400);
}

static uint32_t tag_of(const struct fs_info *info)
{
    static const uint32_t tags[FS_TYPE_COUNT] = {
        [FS_TYPE_SYMLINK] = IO_REPARSE_TAG_LX_SYMLINK,
        [FS_TYPE_FIFO] = IO_REPARSE_TAG_LX_FIFO,
        [FS_TYPE_SOCKET] = IO_REPARSE_TAG_AF_UNIX,
    };
    return info->type < FS_TYPE_COUNT ? tags[info->type] : 0;
}

static LONG64 time_shown(const struct fs_info *info, uint32_t which, int64_t ns)
{
    return info->valid & which ? filetime_from_ns(ns) : 0;
}

static ULONG valid_facts(const struct expose *ex, const struct fs_info *info)
{
    static const struct {
        uint32_t info;
        ULONG fact;
    } rows[] = {
        {FS_INFO_ALLOCATED, DOKAN_FACT_ALLOCATION},
        {FS_INFO_BTIME, DOKAN_FACT_CREATION},
        {FS_INFO_ATIME, DOKAN_FACT_ACCESS},
        {FS_INFO_MTIME, DOKAN_FACT_WRITE},
        {FS_INFO_CTIME, DOKAN_FACT_CHANGE},
        {FS_INFO_LINKS, DOKAN_FACT_LINKS},
        {FS_INFO_ID, DOKAN_FACT_ID},
        {FS_INFO_MODE, DOKAN_FACT_MODE},
        {FS_INFO_OWNER, DOKAN_FACT_UID | DOKAN_FACT_GID},
    };
    ULONG valid = DOKAN_FACT_ATTRIBUTES | DOKAN_FACT_SIZE;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        valid |= info->valid & rows[i].info ? rows[i].fact : 0;
    return ex->like_a_user ? valid & ~(DOKAN_FACT_UID | DOKAN_FACT_GID) : valid;
}

static void put_facts(const struct expose *ex, const struct fs_info *info, bool linkless, PDOKAN_FACTS out)
{
    uint32_t tag = linkless ? 0 : tag_of(info);
    ULONG size = out->Size;
    *out = (DOKAN_FACTS){
        .Size = size,
        .Valid = valid_facts(ex, info),
        .FileAttributes = attributes_of(ex, info) | (tag ? FILE_ATTRIBUTE_REPARSE_POINT : 0),
        .ReparseTag = tag,
        .FileSize = (LONG64)(info->type == FS_TYPE_SYMLINK ? info->size : shown_size(info)),
        .AllocationSize = (LONG64)info->allocated,
        .CreationTime = time_shown(info, FS_INFO_BTIME, info->btime),
        .LastAccessTime = time_shown(info, FS_INFO_ATIME, info->atime),
        .LastWriteTime = time_shown(info, FS_INFO_MTIME, info->mtime),
        .ChangeTime = time_shown(info, FS_INFO_CTIME, info->ctime),
        .FileId = info->id,
        .NumberOfLinks = info->links ? info->links : 1,
        .Mode = mode_shown(ex, info),
        .Uid = info->uid,
        .Gid = info->gid,
    };
}

static NTSTATUS DOKAN_CALLBACK get_facts(LPCWSTR name, PDOKAN_FACTS out, PDOKAN_FILE_INFO info)
{
    struct fs_info facts;
    CALL_SCOPE(info);
    NTSTATUS status = query_facts(name, ALL_FACTS, info, &facts);
    if (status == STATUS_SUCCESS)
        put_facts(expose_of(info), &facts, !expose_of(info)->links, out);
    return status;
}

static void fill_facts(PDOKAN_FILE_INFO info, const WCHAR *name, const struct fs_info *facts, void *ctx)
{
    PFillFacts *fill = ctx;
    DOKAN_FACTS out = {.Size = sizeof out};
    put_facts(expose_of(info), facts, !expose_of(info)->links, &out);
    (*fill)(name, &out, info);
}

static NTSTATUS DOKAN_CALLBACK find_facts(LPCWSTR name, PFillFacts fill, PDOKAN_FILE_INFO info)
{
    CALL_SCOPE(info);
    return list_entries(name, ALL_FACTS, fill_facts, &fill, info);
}

/* An object need not keep who made a file, and not everybody may give one away. */
static NTSTATUS forgive(const struct handle *h, NTSTATUS status)
{
    bool harmless = status == STATUS_NOT_SUPPORTED || status == STATUS_ACCESS_DENIED;
    return h->fresh && harmless ? STATUS_SUCCESS : status;
}

static bool is_mine(const DOKAN_FACTS *facts)
{
    return (!(facts->Valid & DOKAN_FACT_UID) || facts->Uid == getuid()) &&
           (!(facts->Valid & DOKAN_FACT_GID) || facts->Gid == getgid());
}

/* Both at once: the one that is not given stays. */
static NTSTATUS set_owner(struct expose *ex, struct handle *h, LPCWSTR name, const DOKAN_FACTS *facts)
{
    struct fs_info now;
    int rc = handle_facts(ex, h, name, FS_INFO_OWNER, &now);
    if (rc)
        return status_of(rc);
    if (!(now.valid & FS_INFO_OWNER))
        return is_mine(facts) ? STATUS_SUCCESS : STATUS_ACCESS_DENIED;
    struct fs_info wanted = {.valid = FS_INFO_OWNER,
                             .type = now.type,
                             .uid = facts->Valid & DOKAN_FACT_UID ? facts->Uid : now.uid,
                             .gid = facts->Valid & DOKAN_FACT_GID ? facts->Gid : now.gid};
    if (wanted.uid == now.uid && wanted.gid == now.gid)
        return STATUS_SUCCESS;
    return set_facts(ex, h, name, &wanted);
}

static NTSTATUS DOKAN_CALLBACK set_posix(LPCWSTR name, const DOKAN_FACTS *facts, PDOKAN_FILE_INFO info)
{
    struct expose *ex = expose_of(info);
    struct handle *h = handle_of(info);
    NTSTATUS status = STATUS_SUCCESS;
    CALL_SCOPE(info);
    if (!h)
        return STATUS_INVALID_HANDLE;
    uint32_t mode = facts->Mode & 07777;
    if (facts->Valid & (DOKAN_FACT_UID | DOKAN_FACT_GID))
        status = set_owner(ex, h, name, facts);
    if (status != STATUS_SUCCESS)
        mode &= ~(uint32_t)SET_ID; /* else others could make programs that run as us */
    status = forgive(h, status);
    if (status == STATUS_SUCCESS && facts->Valid & DOKAN_FACT_MODE && !(h->fresh && h->itself && h->link)) {
        const struct fs_info wanted = {.valid = FS_INFO_MODE, .type = FS_TYPE_FILE, .mode = mode};
        status = forgive(h, set_facts(ex, h, name, &wanted));
    }
    return status;
}

/* ---- symbolic links -------------------------------------------------------------------------------- */

static NTSTATUS DOKAN_CALLBACK get_link(LPCWSTR name, PVOID buffer, ULONG length, PULONG used,
                                        PDOKAN_FILE_INFO info)
{
    struct expose *ex = expose_of(info);
    char target[LINK_BYTES];
    CLEANUP_WHERE struct where where;
    CALL_SCOPE(info);
    where_init(&where);
    const struct handle *h = handle_of(info);
    if (!h)
        return STATUS_INVALID_HANDLE;
    int rc = where_entry(ex, name, h->linked, &where);
    rc = rc ? rc : fs_readlink(ex->fs, where.entry.text, target, sizeof target);
    if (rc)
        return rc == -EINVAL ? STATUS_NOT_A_REPARSE_POINT : status_of(rc);
    *used = DokanMakeSymbolicLink(target, buffer, length);
    return *used ? STATUS_SUCCESS : STATUS_BUFFER_OVERFLOW;
}

/* The empty file that was made a moment ago gives its name to the link. */
static int replace_by_link(struct expose *ex, struct handle *h, const char *path, const char *target)
{
    if (h->file)
        fs_f_close(ex->fs, h->file);
    h->file = NULL;
    size_put(&ex->sizes, h->written);
    h->written = NULL;
    int rc = fs_remove(ex->fs, path);
    rc = rc ? rc : fs_symlink(ex->fs, target, path);
    h->itself = h->link = rc == 0;
    h->seen_ns = 0;
    note_change(ex);
    return rc;
}

static NTSTATUS DOKAN_CALLBACK set_link(LPCWSTR name, const void *buffer, ULONG length, PDOKAN_FILE_INFO info)
{
    struct expose *ex = expose_of(info);
    struct handle *h = handle_of(info);
    char target[LINK_BYTES];
    CLEANUP_WHERE struct where where;
    CALL_SCOPE(info);
    where_init(&where);
    if (!h)
        return STATUS_INVALID_HANDLE;
    if (!h->fresh || h->directory || !DokanGetSymbolicLink(buffer, length, target, sizeof target))
        return STATUS_NOT_SUPPORTED; /* no object makes devices, or a link of what is there */
    int rc = where_entry(ex, name, h->linked, &where);
    rc = rc ? rc : replace_by_link(ex, h, where.entry.text, target);
    return status_of(rc);
}

/* ---- extended attributes --------------------------------------------------------------------------- */

/* `user.NAME` of the object is the EA NAME. */
static int ea_place(LPCWSTR name, const char *ea, PDOKAN_FILE_INFO info, struct where *where, char full[300])
{
    const struct handle *h = handle_of(info);
    where_init(where);
    where->itself = h && h->itself;
    snprintf(full, 300, "user.%s", ea);
    if (!h)
        return -EBADF;
    return h->linked ? where_find(expose_of(info), name, 0, where) : path_from_nt(name, &where->entry);
}

static NTSTATUS status_of_ea(ssize_t rc)
{
    if (rc == -ENODATA)
        return STATUS_NONEXISTENT_EA_ENTRY;
    return rc == -ERANGE ? STATUS_BUFFER_OVERFLOW : status_of((int)rc);
}

static NTSTATUS DOKAN_CALLBACK get_ea(LPCWSTR name, const char *ea, PVOID value, ULONG length, PULONG used,
                                      PDOKAN_FILE_INFO info)
{
    char full[300];
    CLEANUP_WHERE struct where where;
    CALL_SCOPE(info);
    int rc = ea_place(name, ea, info, &where, full);
    if (rc)
        return status_of(rc);
    ssize_t n = fs_getxattr(expose_of(info)->fs, where_path(&where), full, value, length);
    if (n < 0)
        return status_of_ea(n);
    *used = (ULONG)n;
    return length ? STATUS_SUCCESS : STATUS_BUFFER_OVERFLOW;
}

static NTSTATUS DOKAN_CALLBACK set_ea(LPCWSTR name, const char *ea, UCHAR flags, const void *value,
                                      ULONG length, PDOKAN_FILE_INFO info)
{
    char full[300];
    struct fs *fs = expose_of(info)->fs;
    CLEANUP_WHERE struct where where;
    CALL_SCOPE(info);
    (void)flags;
    int rc = ea_place(name, ea, info, &where, full);
    if (rc == 0)
        rc = value ? fs_setxattr(fs, where_path(&where), full, value, length, 0)
                   : fs_removexattr(fs, where_path(&where), full);
    note_change(expose_of(info));
    return status_of_ea(rc);
}

static NTSTATUS DOKAN_CALLBACK find_eas(LPCWSTR name, PFillEa fill, PDOKAN_FILE_INFO info)
{
    char full[300];
    struct fs *fs = expose_of(info)->fs;
    CLEANUP_WHERE struct where where;
    CALL_SCOPE(info);
    int rc = ea_place(name, "", info, &where, full);
    CLEANUP_FREE char *names = rc ? NULL : calloc(1, XATTR_NAMES + 1);
    if (rc || !names)
        return rc ? status_of(rc) : STATUS_NO_MEMORY;
    ssize_t n = fs_listxattr(fs, where_path(&where), names, XATTR_NAMES);
    for (ssize_t at = 0; at < n; at += (ssize_t)strlen(names + at) + 1) {
        if (strncmp(names + at, "user.", 5) != 0)
            continue;
        ssize_t length = fs_getxattr(fs, where_path(&where), names + at, NULL, 0);
        if (length >= 0 && fill(names + at + 5, 0, NULL, (ULONG)length, info))
            break;
    }
    return n < 0 ? status_of_ea(n) : STATUS_SUCCESS;
}

/* ---- names ----------------------------------------------------------------------------------------- */

static NTSTATUS DOKAN_CALLBACK exchange_names(LPCWSTR name, LPCWSTR other, PDOKAN_FILE_INFO info)
{
    struct expose *ex = expose_of(info);
    CLEANUP_PATH struct fs_path a;
    CLEANUP_PATH struct fs_path b;
    CALL_SCOPE(info);
    fs_path_init(&a);
    fs_path_init(&b);
    int rc = path_from_nt(name, &a);
    rc = rc ? rc : path_from_nt(other, &b);
    rc = rc ? rc : fs_rename(ex->fs, a.text, b.text, FS_RENAME_EXCHANGE);
    note_change(ex);
    return rc == -EINVAL ? STATUS_INVALID_PARAMETER : status_of_path(rc);
}

/* An object that cannot remove what is open is asked when it is closed. */
static NTSTATUS DOKAN_CALLBACK remove_at_once(LPCWSTR name, PDOKAN_FILE_INFO info)
{
    const struct handle *h = handle_of(info);
    CALL_SCOPE(info);
    if (!h)
        return STATUS_INVALID_HANDLE;
    int rc = remove_name(expose_of(info), name, h);
    return rc == -EBUSY ? STATUS_NOT_IMPLEMENTED : status_of(rc);
}

static NTSTATUS DOKAN_CALLBACK get_file_id(LPCWSTR name, PULONG64 id, PDOKAN_FILE_INFO info)
{
    struct fs_info facts;
    CLEANUP_PATH struct fs_path path;
    CALL_SCOPE(info);
    fs_path_init(&path);
    int rc = path_from_nt(name, &path);
    rc = rc ? rc : fs_getinfo(expose_of(info)->fs, path.text, FS_INFO_ID, &facts);
    *id = rc == 0 && facts.valid & FS_INFO_ID ? facts.id : 0;
    return status_of_path(rc);
}

static NTSTATUS DOKAN_CALLBACK make_hard_link(LPCWSTR name, LPCWSTR new_name, BOOL replace,
                                              PDOKAN_FILE_INFO info)
{
    struct expose *ex = expose_of(info);
    const struct handle *h = handle_of(info);
    CLEANUP_WHERE struct where from;
    CLEANUP_PATH struct fs_path to;
    CALL_SCOPE(info);
    where_init(&from);
    fs_path_init(&to);
    if (!h || replace)
        return h ? STATUS_NOT_SUPPORTED : STATUS_INVALID_HANDLE;
    int rc = where_entry(ex, name, h->linked, &from);
    rc = rc ? rc : path_from_nt(new_name, &to);
    rc = rc ? rc : fs_link(ex->fs, from.entry.text, to.text);
    note_change(ex);
    return status_of_path(rc);
}

/* ---- what is offered ------------------------------------------------------------------------------- */

#define OFFERS(object, method)                  \
    __extension__({                             \
        const struct fs *layer_ = (object);     \
        while (layer_ && !layer_->table.method) \
            layer_ = layer_->next;              \
        layer_ != NULL;                         \
    })

static bool keeps_modes(struct fs *fs)
{
    struct fs_info root;
    return OFFERS(fs, setinfo) && fs_getinfo(fs, "/", FS_INFO_MODE, &root) == 0 && root.valid & FS_INFO_MODE;
}

static bool keeps_numbers(struct fs *fs)
{
    struct fs_info root;
    return fs_getinfo(fs, "/", FS_INFO_ID, &root) == 0 && root.valid & FS_INFO_ID;
}

void expose_extend(struct expose *ex)
{
    bool writable = !(ex->flags & FS_READ_ONLY);
    ex->like_a_user = !writable && (ex->flags & FS_CACHEABLE);
    ex->links = OFFERS(ex->fs, readlink);
    /* Also without links: who opens a name with FILE_OPEN_REPARSE_POINT needs none looked for on the way. */
    ex->ex = (DOKAN_OPERATIONS_EX){
        .Size = sizeof ex->ex, .GetFacts = get_facts, .FindFacts = find_facts, .GetReparsePoint = get_link};
    if (ex->links && writable && OFFERS(ex->fs, symlink))
        ex->ex.SetReparsePoint = set_link;
    if (writable && keeps_modes(ex->fs))
        ex->ex.SetFacts = set_posix;
    if (OFFERS(ex->fs, getxattr)) {
        ex->ex.GetEa = get_ea;
        ex->ex.FindEas = find_eas;
        ex->ex.SetEa = writable ? set_ea : NULL;
    }
    if (writable && OFFERS(ex->fs, f_getinfo)) /* a file without a name is asked through its handle */
        ex->ex.RemoveName = remove_at_once;
    if (keeps_numbers(ex->fs))
        ex->ex.GetFileId = get_file_id;
    if (writable && ex->ex.GetFileId && OFFERS(ex->fs, link))
        ex->ex.CreateHardLink = make_hard_link;
    if (writable && OFFERS(ex->fs, rename))
        ex->ex.ExchangeNames = exchange_names;
}

const DOKAN_OPERATIONS_EX *expose_operations_ex(const struct expose *ex)
{
    return &ex->ex;
}
