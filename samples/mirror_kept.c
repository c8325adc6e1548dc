// SPDX-License-Identifier: MIT
/*
 * mirror: attributes, times of birth and descriptors in extended attributes of the host. READONLY of a file
 * stays its mode.
 */
#include "mirror_kept.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/xattr.h>

#define FACTS      "user.dokan.facts"
#define DESCRIPTOR "user.dokan.descriptor"

#define KEPT                                                                                            \
    (FILE_ATTRIBUTE_READONLY | FILE_ATTRIBUTE_HIDDEN | FILE_ATTRIBUTE_SYSTEM | FILE_ATTRIBUTE_ARCHIVE | \
     FILE_ATTRIBUTE_TEMPORARY | FILE_ATTRIBUTE_OFFLINE | FILE_ATTRIBUTE_NOT_CONTENT_INDEXED)

struct kept {
    unsigned attributes;
    unsigned long long birth; /* 0: the host's */
};

/* ---- facts -----------------------------------------------------------------------------------------------
 */

static struct kept read_kept(const char *path, bool follow)
{
    struct kept kept = {0};
    char text[64];
    ssize_t n = (follow ? getxattr : lgetxattr)(path, FACTS, text, sizeof text - 1);
    text[n < 0 ? 0 : n] = 0;
    if (sscanf(text, "%x %llu", &kept.attributes, &kept.birth) < 1)
        return (struct kept){0};
    return kept;
}

/* Who may change the mode of a file that is READONLY may also write its attributes, with a detour. */
static NTSTATUS put(const struct file *file, const char *name, const void *data, size_t length)
{
    const struct fd_path path = fd_path(file->fd);
    struct stat st;
    if (setxattr(path.text, name, data, length, 0) == 0)
        return STATUS_SUCCESS;
    if (errno != EACCES || fstat(file->fd, &st) != 0 || st.st_mode & S_IWUSR)
        return status_of(errno);
    if (chmod(path.text, (st.st_mode | S_IWUSR) & 07777) != 0)
        return status_of(errno);
    NTSTATUS status = status_of_call(setxattr(path.text, name, data, length, 0));
    NTSTATUS back = status_of_call(chmod(path.text, st.st_mode & 07777));
    return status == STATUS_SUCCESS ? back : status;
}

static NTSTATUS write_kept(const struct file *file, const struct kept *kept)
{
    char text[64];
    int n = snprintf(text, sizeof text, "0x%x %llu", kept->attributes, kept->birth);
    return put(file, FACTS, text, (size_t)n);
}

static struct kept kept_of(const struct file *file)
{
    return read_kept(fd_path(file->fd).text, true); /* what stands for a descriptor is a link */
}

static void show(const struct kept *kept, PDOKAN_FACTS facts)
{
    const bool directory = facts->FileAttributes & FILE_ATTRIBUTE_DIRECTORY;
    const DWORD own = kept->attributes & (directory ? KEPT : KEPT & ~FILE_ATTRIBUTE_READONLY);
    facts->FileAttributes = (facts->FileAttributes & ~FILE_ATTRIBUTE_NORMAL) | own;
    if (!facts->FileAttributes)
        facts->FileAttributes = FILE_ATTRIBUTE_NORMAL;
    if (kept->birth)
        facts->CreationTime = (LONG64)kept->birth;
}

NTSTATUS DOKAN_CALLBACK kept_GetFacts(LPCWSTR FileName, PDOKAN_FACTS Facts, PDOKAN_FILE_INFO DokanFileInfo)
{
    NTSTATUS status = mirror_GetFacts(FileName, Facts, DokanFileInfo);
    const struct file *file = file_of(DokanFileInfo);
    if (status != STATUS_SUCCESS)
        return status;
    const struct kept kept = kept_of(file);
    show(&kept, Facts);
    if (!file->stream)
        return STATUS_SUCCESS;
    Facts->FileAttributes &= ~FILE_ATTRIBUTE_DIRECTORY;
    if (!Facts->FileAttributes)
        Facts->FileAttributes = FILE_ATTRIBUTE_NORMAL;
    Facts->FileSize = Facts->AllocationSize = stream_size(file);
    return STATUS_SUCCESS;
}

struct listing {
    PFillFacts fill;
    PDOKAN_FILE_INFO info;
};

static bool list_one(void *ctx, int dir, const char *entry, LPCWSTR name)
{
    const struct listing *listing = ctx;
    DOKAN_FACTS facts = {.Size = sizeof facts};
    struct statx st;
    char path[PATH_MAX];
    if (get_statx(dir, entry, AT_SYMLINK_NOFOLLOW, &st) != 0)
        return true; /* it vanished */
    mirror_fill_facts(&st, &facts);
    if (snprintf(path, sizeof path, "%s/%s", fd_path(dir).text, entry) < (int)sizeof path) {
        const struct kept kept = read_kept(path, false);
        show(&kept, &facts);
    }
    return listing->fill(name, &facts, listing->info) == 0;
}

NTSTATUS DOKAN_CALLBACK kept_FindFacts(LPCWSTR FileName, PFillFacts FillFacts, PDOKAN_FILE_INFO DokanFileInfo)
{
    struct listing listing = {FillFacts, DokanFileInfo};
    UNREFERENCED_PARAMETER(FileName);
    return list_directory(file_of(DokanFileInfo), list_one, &listing);
}

NTSTATUS DOKAN_CALLBACK kept_SetFileAttributes(LPCWSTR FileName, DWORD FileAttributes,
                                               PDOKAN_FILE_INFO DokanFileInfo)
{
    NTSTATUS status = mirror_SetFileAttributes(FileName, FileAttributes, DokanFileInfo);
    const struct file *file = file_of(DokanFileInfo);
    if (status != STATUS_SUCCESS || FileAttributes == 0)
        return status;
    struct kept kept = kept_of(file);
    kept.attributes = FileAttributes & KEPT;
    return write_kept(file, &kept);
}

NTSTATUS DOKAN_CALLBACK kept_SetFileTime(LPCWSTR FileName, const FILETIME *CreationTime,
                                         const FILETIME *LastAccessTime, const FILETIME *LastWriteTime,
                                         PDOKAN_FILE_INFO DokanFileInfo)
{
    NTSTATUS status =
        mirror_SetFileTime(FileName, CreationTime, LastAccessTime, LastWriteTime, DokanFileInfo);
    const struct file *file = file_of(DokanFileInfo);
    LONG64 birth = CreationTime
                       ? (LONG64)((uint64_t)CreationTime->dwHighDateTime << 32 | CreationTime->dwLowDateTime)
                       : 0;
    if (status != STATUS_SUCCESS || birth <= 0)
        return status;
    struct kept kept = kept_of(file);
    kept.birth = (unsigned long long)birth;
    return write_kept(file, &kept);
}

/* ---- descriptors -----------------------------------------------------------------------------------------
 */

/* Who gives a descriptor to a new file gives no length: it is a valid one. */
static size_t descriptor_size(const void *descriptor)
{
    const SECURITY_DESCRIPTOR_RELATIVE *sd = descriptor;
    const BYTE *bytes = descriptor;
    const DWORD sids[] = {sd->Owner, sd->Group}, lists[] = {sd->Sacl, sd->Dacl};
    size_t end = sizeof *sd;
    for (int i = 0; i < 2; i++) {
        enum { SID_HEAD = 8 };
        size_t sid = sids[i] ? sids[i] + SID_HEAD +
                                   4u * ((const SID *)(const void *)(bytes + sids[i]))->SubAuthorityCount
                             : 0;
        size_t list = lists[i] ? lists[i] + ((const ACL *)(const void *)(bytes + lists[i]))->AclSize : 0;
        end = sid > end ? sid : end;
        end = list > end ? list : end;
    }
    return end;
}

NTSTATUS DOKAN_CALLBACK kept_GetFileSecurity(LPCWSTR FileName, PSECURITY_INFORMATION SecurityInformation,
                                             PSECURITY_DESCRIPTOR SecurityDescriptor, ULONG BufferLength,
                                             PULONG LengthNeeded, PDOKAN_FILE_INFO DokanFileInfo)
{
    const struct file *file = file_of(DokanFileInfo);
    UNREFERENCED_PARAMETER(FileName);
    UNREFERENCED_PARAMETER(SecurityInformation); /* the engine takes what it asked for */
    if (!file)
        return STATUS_INVALID_HANDLE;
    ssize_t n = getxattr(fd_path(file->fd).text, DESCRIPTOR, NULL, 0);
    if (n <= 0)
        return STATUS_NOT_IMPLEMENTED; /* the engine's default */
    *LengthNeeded = (ULONG)n;
    if ((ULONG)n > BufferLength)
        return STATUS_BUFFER_OVERFLOW;
    n = getxattr(fd_path(file->fd).text, DESCRIPTOR, SecurityDescriptor, BufferLength);
    return n < 0 ? status_of(errno) : STATUS_SUCCESS;
}

NTSTATUS DOKAN_CALLBACK kept_SetFileSecurity(LPCWSTR FileName, PSECURITY_INFORMATION SecurityInformation,
                                             PSECURITY_DESCRIPTOR SecurityDescriptor, ULONG BufferLength,
                                             PDOKAN_FILE_INFO DokanFileInfo)
{
    const struct file *file = file_of(DokanFileInfo);
    UNREFERENCED_PARAMETER(FileName);
    UNREFERENCED_PARAMETER(SecurityInformation); /* it is whole */
    return file ? put(file, DESCRIPTOR, SecurityDescriptor, BufferLength) : STATUS_INVALID_HANDLE;
}

/* ---- create
 * ------------------------------------------------------------------------------------------------ */

static bool replaces(ULONG disposition)
{
    return disposition == FILE_SUPERSEDE || disposition == FILE_OVERWRITE || disposition == FILE_OVERWRITE_IF;
}

/* Hidden and system files are overwritten only by who says that he knows. */
static bool is_protected(const struct mirror *mirror, LPCWSTR name, ULONG attributes)
{
    char path[PATH_MAX];
    SCOPED_FD fd = hostdir_find(&mirror->root, name, false, path, NULL);
    struct kept kept = {0};
    if (fd >= 0)
        kept = read_kept(fd_path(fd).text, true);
    return kept.attributes & ~attributes & (FILE_ATTRIBUTE_HIDDEN | FILE_ATTRIBUTE_SYSTEM);
}

/* What cannot be kept is forgotten: the file was made. */
static void dress(const struct file *file, ULONG attributes, PDOKAN_IO_SECURITY_CONTEXT context, bool fresh)
{
    const void *descriptor = fresh && context ? context->AccessState.SecurityDescriptor : NULL;
    struct kept kept = {0};
    if (!fresh)
        kept = kept_of(file);
    kept.attributes = (attributes & KEPT) | (file->directory ? 0 : FILE_ATTRIBUTE_ARCHIVE);
    write_kept(file, &kept);
    if (descriptor)
        put(file, DESCRIPTOR, descriptor, descriptor_size(descriptor));
}

static NTSTATUS create_file(LPCWSTR name, PDOKAN_IO_SECURITY_CONTEXT context, ACCESS_MASK access,
                            ULONG attributes, ULONG disposition, ULONG options, PDOKAN_FILE_INFO info)
{
    if (replaces(disposition) && is_protected(mirror_of(info), name, attributes))
        return STATUS_ACCESS_DENIED;
    NTSTATUS status = mirror_ZwCreateFile(name, context, access, attributes, 0, disposition, options, info);
    const struct file *file = file_of(info);
    if (!file || (!file->fresh && !replaces(disposition)))
        return status;
    dress(file, attributes, context, file->fresh);
    if (file->fresh)
        return status;
    streams_remove(file);
    if (attributes & FILE_ATTRIBUTE_READONLY)
        mirror_SetFileAttributes(name, FILE_ATTRIBUTE_READONLY, info);
    return status;
}

/* A stream of a file that is not there makes the file. */
static NTSTATUS create_base(LPCWSTR stream, PDOKAN_IO_SECURITY_CONTEXT context, ULONG attributes,
                            PDOKAN_FILE_INFO info)
{
    struct stream_name *parts = malloc(sizeof *parts);
    if (!parts || !stream_split(stream, parts)) {
        free(parts);
        return STATUS_OBJECT_NAME_INVALID;
    }
    NTSTATUS status = create_file(parts->base, context, FILE_READ_ATTRIBUTES, attributes, FILE_CREATE,
                                  FILE_NON_DIRECTORY_FILE, info);
    if (status == STATUS_SUCCESS)
        mirror_CloseFile(parts->base, info);
    free(parts);
    return status;
}

NTSTATUS DOKAN_CALLBACK kept_ZwCreateFile(LPCWSTR FileName, PDOKAN_IO_SECURITY_CONTEXT SecurityContext,
                                          ACCESS_MASK DesiredAccess, ULONG FileAttributes, ULONG ShareAccess,
                                          ULONG CreateDisposition, ULONG CreateOptions,
                                          PDOKAN_FILE_INFO DokanFileInfo)
{
    UNREFERENCED_PARAMETER(ShareAccess);
    if (!stream_in(FileName))
        return create_file(FileName, SecurityContext, DesiredAccess, FileAttributes, CreateDisposition,
                           CreateOptions, DokanFileInfo);
    if (CreateOptions & FILE_DIRECTORY_FILE)
        return STATUS_NOT_A_DIRECTORY;
    NTSTATUS status = stream_open(FileName, DesiredAccess, CreateDisposition, DokanFileInfo);
    bool creates = CreateDisposition != FILE_OPEN && CreateDisposition != FILE_OVERWRITE;
    if (status != STATUS_OBJECT_NAME_NOT_FOUND || !creates)
        return status;
    status = create_base(FileName, SecurityContext, FileAttributes, DokanFileInfo);
    return status == STATUS_SUCCESS || status == STATUS_OBJECT_NAME_COLLISION
               ? stream_open(FileName, DesiredAccess, CreateDisposition, DokanFileInfo)
               : status;
}
