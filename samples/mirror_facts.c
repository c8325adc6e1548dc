// SPDX-License-Identifier: MIT
/*
 * mirror: all that Linux knows of a file, from one statx(2), and what of it can be changed. The time of the
 * last change is the host's own affair, and a symlink has no mode.
 */
#include "mirror.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/sysmacros.h>
#include <unistd.h>

enum { SET_BY_US = DOKAN_FACT_UID | DOKAN_FACT_GID | DOKAN_FACT_MODE | DOKAN_FACT_DEVICE };

/* ---- asking ------------------------------------------------------------------------------------------ */

static LONG64 time_number(FILETIME time)
{
    return (LONG64)((uint64_t)time.dwHighDateTime << 32 | time.dwLowDateTime);
}

static uint64_t mix(uint64_t hash, uint64_t value)
{
    hash = (hash ^ value) * UINT64_C(0x9E3779B97F4A7C15);
    return hash ^ hash >> 32;
}

/* The host gives a number out again when its file is gone; the new one was born at another time. */
static uint64_t file_id(const struct statx *st)
{
    uint64_t id = mix(st->stx_ino, (uint64_t)st->stx_dev_major << 32 | st->stx_dev_minor);
    if (st->stx_mask & STATX_BTIME)
        id = mix(mix(id, (uint64_t)st->stx_btime.tv_sec), st->stx_btime.tv_nsec);
    return id ? id : 1;
}

static DWORD all_attributes(unsigned mode)
{
    if (S_ISLNK(mode))
        return FILE_ATTRIBUTE_REPARSE_POINT;
    return attributes_of(mode) | (reparse_tag_of(mode) ? FILE_ATTRIBUTE_REPARSE_POINT : 0);
}

void mirror_fill_facts(const struct statx *st, PDOKAN_FACTS out)
{
    *out = (DOKAN_FACTS){
        .Size = out->Size,
        .Valid = DOKAN_FACT_ALL,
        .FileAttributes = all_attributes(st->stx_mode),
        .ReparseTag = reparse_tag_of(st->stx_mode),
        .FileSize = S_ISLNK(st->stx_mode) ? (LONG64)st->stx_size : (LONG64)shown_size(st),
        .AllocationSize = (LONG64)st->stx_blocks * 512,
        .CreationTime = time_number(birth_time(st)),
        .LastAccessTime = time_number(filetime(st->stx_atime)),
        .LastWriteTime = time_number(filetime(st->stx_mtime)),
        .ChangeTime = time_number(filetime(st->stx_ctime)),
        .FileId = file_id(st),
        .Device = makedev(st->stx_rdev_major, st->stx_rdev_minor),
        .NumberOfLinks = st->stx_nlink,
        .Mode = st->stx_mode & 07777,
        .Uid = st->stx_uid,
        .Gid = st->stx_gid,
    };
}

NTSTATUS DOKAN_CALLBACK mirror_GetFacts(LPCWSTR FileName, PDOKAN_FACTS Facts, PDOKAN_FILE_INFO DokanFileInfo)
{
    const struct file *file = file_of(DokanFileInfo);
    struct statx st;
    UNREFERENCED_PARAMETER(FileName);
    if (!file)
        return STATUS_INVALID_HANDLE;
    if (get_statx(file->fd, "", AT_EMPTY_PATH, &st) != 0)
        return status_of(errno);
    mirror_fill_facts(&st, Facts);
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
    if (get_statx(dir, entry, AT_SYMLINK_NOFOLLOW, &st) != 0)
        return true; /* it vanished */
    mirror_fill_facts(&st, &facts);
    return listing->fill(name, &facts, listing->info) == 0;
}

NTSTATUS DOKAN_CALLBACK mirror_FindFacts(LPCWSTR FileName, PFillFacts FillFacts,
                                         PDOKAN_FILE_INFO DokanFileInfo)
{
    struct listing listing = {FillFacts, DokanFileInfo};
    UNREFERENCED_PARAMETER(FileName);
    return list_directory(file_of(DokanFileInfo), list_one, &listing);
}

NTSTATUS DOKAN_CALLBACK mirror_GetFileId(LPCWSTR FileName, PULONG64 FileId, PDOKAN_FILE_INFO DokanFileInfo)
{
    char path[PATH_MAX];
    struct statx st;
    SCOPED_FD fd = hostdir_find(&mirror_of(DokanFileInfo)->root, FileName, true, path, NULL);
    if (fd < 0)
        return status_of(fd);
    if (get_statx(fd, "", AT_EMPTY_PATH, &st) != 0)
        return status_of(errno);
    *FileId = file_id(&st);
    return STATUS_SUCCESS;
}

/* ---- setting ----------------------------------------------------------------------------------------- */

/* Who makes a file may not be able to give it away, and a host may keep no modes: it is made all the same. */
static NTSTATUS forgive(const struct file *file, int result)
{
    if (result == 0 || (file->fresh && errno == EPERM))
        return STATUS_SUCCESS;
    return status_of(errno);
}

static NTSTATUS set_owner(const struct file *file, const DOKAN_FACTS *facts)
{
    const uid_t same_uid = (uid_t)-1;
    const gid_t same_gid = (gid_t)-1;
    return forgive(file, fchownat(file->fd, "", facts->Valid & DOKAN_FACT_UID ? facts->Uid : same_uid,
                                  facts->Valid & DOKAN_FACT_GID ? facts->Gid : same_gid,
                                  AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW));
}

/* The owner first: a change of owner takes set-id bits away. */
static NTSTATUS set_facts(const struct mirror *mirror, struct file *file, LPCWSTR name,
                          const DOKAN_FACTS *facts)
{
    struct stat st;
    NTSTATUS status = STATUS_SUCCESS;
    if (facts->Valid & DOKAN_FACT_DEVICE)
        status = set_device(mirror, file, name, facts->Device);
    if (status == STATUS_SUCCESS && facts->Valid & (DOKAN_FACT_UID | DOKAN_FACT_GID))
        status = set_owner(file, facts);
    if (status != STATUS_SUCCESS || !(facts->Valid & DOKAN_FACT_MODE))
        return status;
    if (fstat(file->fd, &st) != 0)
        return status_of(errno);
    return S_ISLNK(st.st_mode) ? STATUS_SUCCESS
                               : forgive(file, chmod(fd_path(file->fd).text, facts->Mode & 07777));
}

NTSTATUS DOKAN_CALLBACK mirror_SetFacts(LPCWSTR FileName, const DOKAN_FACTS *Facts,
                                        PDOKAN_FILE_INFO DokanFileInfo)
{
    struct file *file = file_of(DokanFileInfo);
    if (!file)
        return STATUS_INVALID_HANDLE;
    if (!(Facts->Valid & SET_BY_US))
        return STATUS_SUCCESS;
    if (!act_as_caller(DokanFileInfo))
        return STATUS_ACCESS_DENIED;
    NTSTATUS status = set_facts(mirror_of(DokanFileInfo), file, FileName, Facts);
    act_as_self(DokanFileInfo);
    return status;
}
