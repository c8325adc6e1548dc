// SPDX-License-Identifier: MIT
/*
 * The volume: its names, space, security folder, and the table of callbacks.
 *
 * Everything here is fixed when the object is exposed. What the table leaves out has the engine's own
 * behaviour: byte-range locks, for example, which then also hold against reads and writes and go with their
 * handle.
 */
#include "fs/mount/expose_i.h"

#include "base/cleanup.h"
#include "base/io.h"
#include "base/utf.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* ---- names ----------------------------------------------------------------------------------------- */

static void copy_units(WCHAR *to, size_t room, const WCHAR *from)
{
    size_t n = 0;
    if (room == 0)
        return;
    for (; from[n] && n + 1 < room; n++)
        to[n] = from[n];
    if (from[n] && n > 0 && utf16_is_high(to[n - 1])) /* no half character */
        n--;
    to[n] = 0;
}

static int set_text(WCHAR *to, const char *text, const char *what, struct fs_error *error)
{
    ptrdiff_t units = *text ? utf8_to_utf16(text, strlen(text), to, NAME_UNITS) : 0;
    if (units <= 0)
        return fs_fail(error, -EINVAL, "the %s must be 1 to %d characters of UTF-8", what, NAME_UNITS);
    to[units] = 0;
    return 0;
}

/* The object's own label may be anything. */
static void set_label(struct expose *ex)
{
    char text[256];
    if (fs_getmeta(ex->fs, "label", text, sizeof text) != 0 || set_text(ex->label, text, "label", NULL) != 0)
        set_text(ex->label, "Dokan Volume", "label", NULL);
}

static uint32_t serial_of(struct fs *fs)
{
    char text[4096];
    const char *source = fs_getmeta(fs, "source", text, sizeof text) == 0 ? text : fs_kind(fs);
    uint32_t hash = 2166136261u;
    for (; *source; source++)
        hash = (hash ^ (unsigned char)*source) * 16777619u;
    return hash;
}

/* umask(2) can only be read by setting it, which would race with other threads. */
static uint32_t current_umask(void)
{
    char text[4096];
    const char *line =
        read_file_small("/proc/self/status", text, sizeof text) > 0 ? strstr(text, "\nUmask:") : NULL;
    return line ? (uint32_t)strtoul(line + 7, NULL, 8) & 0777 : 022;
}

/* ---- the security folder --------------------------------------------------------------------------- */

struct sid {
    BYTE revision, count, authority[6];
    DWORD sub[2];
};

struct ace {
    ACE_HEADER head;
    ACCESS_MASK mask;
    struct sid sid; /* Everyone leaves its second number out */
};

struct descriptor {
    SECURITY_DESCRIPTOR_RELATIVE head;
    struct sid owner, group;
    ACL dacl;
    struct ace aces[3];
};

_Static_assert(sizeof(struct descriptor) <= sizeof((struct folder_security *)NULL)->bytes, "room for it");

static ACCESS_MASK rights_of(uint32_t bits)
{
    ACCESS_MASK rights = READ_CONTROL | SYNCHRONIZE;
    rights |= bits & 4 ? FILE_GENERIC_READ : 0;
    rights |= bits & 2 ? FILE_GENERIC_WRITE | FILE_DELETE_CHILD | DELETE : 0;
    rights |= bits & 1 ? FILE_GENERIC_EXECUTE : 0;
    return rights;
}

static struct ace ace_for(struct sid sid, uint32_t bits)
{
    const BYTE inherit = OBJECT_INHERIT_ACE | CONTAINER_INHERIT_ACE;
    return (struct ace){{ACCESS_ALLOWED_ACE_TYPE, inherit, sizeof(struct ace)}, rights_of(bits), sid};
}

/* Users and groups of Linux as Samba numbers them: S-1-22-1-uid, S-1-22-2-gid. */
static void describe(struct folder_security *security, const struct stat *st)
{
    const struct sid owner = {1, 2, {0, 0, 0, 0, 0, 22}, {1, st->st_uid}};
    const struct sid group = {1, 2, {0, 0, 0, 0, 0, 22}, {2, st->st_gid}};
    const struct sid everyone = {1, 1, {0, 0, 0, 0, 0, 1}, {0, 0}};
    struct descriptor d = {
        .head = {.Revision = SECURITY_DESCRIPTOR_REVISION,
                 .Control = SE_SELF_RELATIVE | SE_DACL_PRESENT,
                 .Owner = offsetof(struct descriptor, owner),
                 .Group = offsetof(struct descriptor, group),
                 .Dacl = offsetof(struct descriptor, dacl)},
        .owner = owner,
        .group = group,
        .dacl = {.AclRevision = ACL_REVISION, .AceCount = 3, .AclSize = sizeof(ACL) + sizeof d.aces},
        .aces = {ace_for(owner, st->st_mode >> 6), ace_for(group, st->st_mode >> 3),
                 ace_for(everyone, st->st_mode)},
    };
    memcpy(security->bytes, &d, sizeof d);
    security->length = sizeof d;
    security->mode = st->st_mode & 07777;
}

static int set_security(struct expose *ex, const char *folder, struct fs_error *error)
{
    struct stat st;
    if (!folder)
        return 0;
    if (stat(folder, &st) != 0)
        return fs_fail(error, -errno, "the security folder %s cannot be read: %s", folder, strerror(errno));
    if (!S_ISDIR(st.st_mode))
        return fs_fail(error, -ENOTDIR, "the security folder %s is not a directory", folder);
    describe(&ex->security, &st);
    return 0;
}

uint32_t expose_folder_mode(const struct expose *ex)
{
    return ex->security.length ? ex->security.mode : 0;
}

static NTSTATUS DOKAN_CALLBACK expose_get_security(LPCWSTR name, PSECURITY_INFORMATION wanted,
                                                   PSECURITY_DESCRIPTOR out, ULONG room, PULONG needed,
                                                   PDOKAN_FILE_INFO info)
{
    const struct folder_security *security = &expose_of(info)->security;
    const struct handle *h = handle_of(info);
    (void)name;
    (void)wanted; /* parts that were not asked for do no harm */
    if (!security->length || !h || !h->directory)
        return STATUS_NOT_IMPLEMENTED;
    *needed = security->length;
    if (room < security->length)
        return STATUS_BUFFER_OVERFLOW;
    memcpy(out, security->bytes, security->length);
    return STATUS_SUCCESS;
}

/* ---- the volume ------------------------------------------------------------------------------------ */

static NTSTATUS DOKAN_CALLBACK expose_free_space(PULONGLONG available, PULONGLONG total, PULONGLONG unused,
                                                 PDOKAN_FILE_INFO info)
{
    struct fs_space space;
    CALL_SCOPE(info);
    int rc = fs_statfs(expose_of(info)->fs, &space);
    if (rc)
        return status_of(rc);
    *available = space.available;
    *total = space.total;
    *unused = space.free;
    return STATUS_SUCCESS;
}

static NTSTATUS DOKAN_CALLBACK expose_volume_info(LPWSTR label, DWORD label_room, LPDWORD serial,
                                                  LPDWORD name_max, LPDWORD flags, LPWSTR kind,
                                                  DWORD kind_room, PDOKAN_FILE_INFO info)
{
    const struct expose *ex = expose_of(info);
    copy_units(label, label_room, ex->label);
    copy_units(kind, kind_room, ex->kind);
    *serial = ex->serial;
    *name_max = NAME_UNITS;
    *flags = FILE_CASE_PRESERVED_NAMES | FILE_UNICODE_ON_DISK;
    *flags |= ex->flags & FS_CASE_INSENSITIVE ? 0 : FILE_CASE_SENSITIVE_SEARCH;
    *flags |= ex->flags & FS_READ_ONLY ? FILE_READ_ONLY_VOLUME : 0;
    *flags |= ex->security.length ? FILE_PERSISTENT_ACLS : 0;
    return STATUS_SUCCESS;
}

const DOKAN_OPERATIONS *expose_operations(void)
{
    static const DOKAN_OPERATIONS operations = {
        .ZwCreateFile = expose_create,
        .Cleanup = expose_cleanup,
        .CloseFile = expose_close,
        .ReadFile = expose_read,
        .WriteFile = expose_write,
        .FlushFileBuffers = expose_flush,
        .GetFileInformation = expose_get_info,
        .FindFiles = expose_find_files,
        .SetFileAttributes = expose_set_attributes,
        .SetFileTime = expose_set_times,
        .DeleteFile = expose_delete_file,
        .DeleteDirectory = expose_delete_directory,
        .MoveFile = expose_move,
        .SetEndOfFile = expose_set_end,
        .SetAllocationSize = expose_set_allocation,
        .GetDiskFreeSpace = expose_free_space,
        .GetVolumeInformation = expose_volume_info,
        .GetFileSecurity = expose_get_security,
    };
    return &operations;
}

/* ---- life ------------------------------------------------------------------------------------------ */

static int configure(struct expose *ex, const struct expose_config *config, struct fs_error *error)
{
    int rc = set_text(ex->kind, config->fsname ? config->fsname : "NTFS", "file system name", error);
    if (rc == 0 && config->volname)
        rc = set_text(ex->label, config->volname, "volume name", error);
    else if (rc == 0)
        set_label(ex);
    rc = rc ? rc : set_security(ex, config->securityfolder, error);
    ex->serial = serial_of(ex->fs);
    expose_extend(ex);
    ex->umask = current_umask();
    return rc;
}

int expose_new(struct fs *fs, const struct expose_config *config, struct expose **out, struct fs_error *error)
{
    struct expose *ex = calloc(1, sizeof *ex);
    if (!ex)
        return fs_fail(error, -ENOMEM, "out of memory");
    ex->fs = fs_ref(fs);
    ex->flags = fs_flags(fs);
    ex->watch = config->watch;
    pthread_mutex_init(&ex->append, NULL);
    pthread_mutex_init(&ex->sizes.lock, NULL);
    pthread_mutex_init(&ex->recent.lock, NULL);
    int rc = configure(ex, config, error);
    if (rc)
        expose_free(ex);
    else
        *out = ex;
    return rc;
}

int expose_free(struct expose *ex)
{
    int rc = fs_close(ex->fs);
    pthread_mutex_destroy(&ex->append);
    pthread_mutex_destroy(&ex->sizes.lock);
    pthread_mutex_destroy(&ex->recent.lock);
    free(ex);
    return rc;
}

struct fs *expose_object(const struct expose *ex)
{
    return ex->fs;
}
