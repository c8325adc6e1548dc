// SPDX-License-Identifier: MIT
/*
 * mirror: reparse points, which are symlinks and special files of the host. Linux cannot turn a file into
 * one of these, so a file that its handle has just made, or another reparse point, gives its name to a new
 * one, which takes the handle's descriptor over.
 *
 * A symbolic link in Windows' form becomes a symlink, too; junctions and everything else have no place here.
 */
#include "mirror.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/sysmacros.h>
#include <unistd.h>

/* What is to get a name. */
struct thing {
    mode_t type; /* S_IF* */
    dev_t device;
    char target[PATH_MAX]; /* of a symlink */
};

struct head {
    ULONG tag;
    USHORT length, reserved;
};

/* ---- asking ------------------------------------------------------------------------------------------ */

static NTSTATUS read_link(int fd, void *buffer, ULONG length, ULONG *used)
{
    char target[PATH_MAX];
    ssize_t n = readlinkat(fd, "", target, sizeof target - 1);
    if (n < 0)
        return status_of(errno);
    target[n] = 0;
    *used = DokanMakeSymbolicLink(target, buffer, length);
    return *used ? STATUS_SUCCESS : STATUS_BUFFER_OVERFLOW;
}

NTSTATUS DOKAN_CALLBACK mirror_GetReparsePoint(LPCWSTR FileName, PVOID Buffer, ULONG Length, PULONG Used,
                                               PDOKAN_FILE_INFO DokanFileInfo)
{
    const struct file *file = file_of(DokanFileInfo);
    struct stat st;
    UNREFERENCED_PARAMETER(FileName);
    if (!file)
        return STATUS_INVALID_HANDLE;
    if (fstat(file->fd, &st) != 0)
        return status_of(errno);
    const struct head head = {.tag = reparse_tag_of(st.st_mode)};
    if (S_ISLNK(st.st_mode))
        return read_link(file->fd, Buffer, Length, Used);
    if (head.tag == 0 || Length < sizeof head)
        return head.tag ? STATUS_BUFFER_OVERFLOW : STATUS_NOT_A_REPARSE_POINT;
    memcpy(Buffer, &head, sizeof head);
    *Used = sizeof head;
    return STATUS_SUCCESS;
}

/* ---- making ------------------------------------------------------------------------------------------ */

/* A device has a number that stands for none until SetFacts brings its own; 0 is a whiteout on overlayfs. */
static NTSTATUS thing_of(const void *buffer, ULONG length, struct thing *out)
{
    static const mode_t types[] = {S_IFIFO, S_IFSOCK, S_IFCHR, S_IFBLK};
    struct head head;
    if (length < sizeof head)
        return STATUS_IO_REPARSE_DATA_INVALID;
    memcpy(&head, buffer, sizeof head);
    out->device = makedev(0, 1);
    out->type = S_IFLNK;
    if (head.tag == IO_REPARSE_TAG_LX_SYMLINK || head.tag == IO_REPARSE_TAG_SYMLINK)
        return DokanGetSymbolicLink(buffer, length, out->target, sizeof out->target)
                   ? STATUS_SUCCESS
                   : STATUS_IO_REPARSE_DATA_INVALID;
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        out->type = types[i];
        if (reparse_tag_of(out->type) == head.tag)
            return STATUS_SUCCESS;
    }
    return STATUS_NOT_SUPPORTED;
}

static NTSTATUS may_become(const struct file *file, const struct stat *st, mode_t type)
{
    if (reparse_tag_of(st->st_mode))
        return (st->st_mode & S_IFMT) == type ? STATUS_SUCCESS : STATUS_IO_REPARSE_TAG_MISMATCH;
    return S_ISREG(st->st_mode) && file->fresh && st->st_size == 0 ? STATUS_SUCCESS : STATUS_NOT_SUPPORTED;
}

/* Of the type S_IFREG it is an empty file. */
static int make(const struct end *at, mode_t mode, const struct thing *thing)
{
    if (S_ISLNK(thing->type))
        return symlinkat(thing->target, at->parent, at->leaf);
    return mknodat(at->parent, at->leaf, thing->type | (mode & 07777), thing->device);
}

/* Gives the name of the handle's file to something else, which the handle then stands for. */
static NTSTATUS replace(const struct end *at, struct file *file, const struct thing *thing)
{
    struct stat st;
    if (unlinkat(at->parent, at->leaf, 0) != 0 || make(at, at->st.st_mode, thing) != 0)
        return status_of(errno);
    SCOPED_FD fd = openat(at->parent, at->leaf, O_PATH | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &st) != 0)
        return status_of(errno);
    if ((st.st_mode & S_IFMT) != thing->type)
        return STATUS_OBJECT_NAME_NOT_FOUND; /* something else has the name by now */
    file->data = false;
    file->itself = true;
    return status_of_call(dup3(fd, file->fd, O_CLOEXEC));
}

static NTSTATUS set_reparse(const struct mirror *mirror, struct file *file, LPCWSTR name,
                            const struct thing *thing)
{
    SCOPED_END at = {.fd = -1, .parent = -1};
    NTSTATUS status = find_own_end(mirror, name, file, &at);
    if (status == STATUS_SUCCESS)
        status = may_become(file, &at.st, thing->type);
    return status == STATUS_SUCCESS ? replace(&at, file, thing) : status;
}

NTSTATUS DOKAN_CALLBACK mirror_SetReparsePoint(LPCWSTR FileName, const void *Buffer, ULONG Length,
                                               PDOKAN_FILE_INFO DokanFileInfo)
{
    struct file *file = file_of(DokanFileInfo);
    struct thing thing;
    NTSTATUS status = file ? thing_of(Buffer, Length, &thing) : STATUS_INVALID_HANDLE;
    if (status != STATUS_SUCCESS)
        return status;
    if (!act_as_caller(DokanFileInfo))
        return STATUS_ACCESS_DENIED;
    status = set_reparse(mirror_of(DokanFileInfo), file, FileName, &thing);
    act_as_self(DokanFileInfo);
    return status;
}

NTSTATUS set_device(const struct mirror *mirror, struct file *file, LPCWSTR name, uint64_t device)
{
    struct stat st;
    if (fstat(file->fd, &st) != 0)
        return status_of(errno);
    const struct thing thing = {.type = st.st_mode & S_IFMT, .device = (dev_t)device};
    if (st.st_rdev == thing.device)
        return STATUS_SUCCESS;
    if (!S_ISCHR(st.st_mode) && !S_ISBLK(st.st_mode))
        return STATUS_INVALID_PARAMETER;
    return set_reparse(mirror, file, name, &thing);
}

static NTSTATUS make_ordinary(const struct mirror *mirror, struct file *file, LPCWSTR name, ULONG tag)
{
    static const struct thing empty_file = {.type = S_IFREG};
    SCOPED_END at = {.fd = -1, .parent = -1};
    NTSTATUS status = find_own_end(mirror, name, file, &at);
    if (status != STATUS_SUCCESS)
        return status;
    ULONG is = reparse_tag_of(at.st.st_mode);
    if (is != tag)
        return is ? STATUS_IO_REPARSE_TAG_MISMATCH : STATUS_NOT_A_REPARSE_POINT;
    if (S_ISLNK(at.st.st_mode))
        at.st.st_mode = S_IFLNK | 0644; /* a symlink's own mode says nothing */
    return replace(&at, file, &empty_file);
}

NTSTATUS DOKAN_CALLBACK mirror_DeleteReparsePoint(LPCWSTR FileName, ULONG ReparseTag,
                                                  PDOKAN_FILE_INFO DokanFileInfo)
{
    struct file *file = file_of(DokanFileInfo);
    if (!file)
        return STATUS_INVALID_HANDLE;
    if (!act_as_caller(DokanFileInfo))
        return STATUS_ACCESS_DENIED;
    NTSTATUS status = make_ordinary(mirror_of(DokanFileInfo), file, FileName, ReparseTag);
    act_as_self(DokanFileInfo);
    return status;
}
