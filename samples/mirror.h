// SPDX-License-Identifier: MIT
/*
 * mirror: shows a directory of the host as a volume. The sample for file systems whose files live elsewhere.
 *
 *     mirror.c        the table of callbacks, the volume, the program
 *     mirror_open.c   ZwCreateFile, Cleanup, CloseFile
 *     mirror_data.c   contents, sizes, byte-range locks
 *     mirror_info.c   attributes and times, and what the other files share
 *     mirror_names.c  listing, deleting, renaming, hard links
 *     mirror_facts.c  modes, owners, ids
 *     mirror_links.c  symbolic links and special files
 *     mirror_ex.c     extended attributes, holes, and the table of what Dokany has no callback for
 *     mirror_kept.h   the same with Windows' attributes, descriptors and streams, kept in those of the host
 *     hostdir.c       names of the volume and paths of the host
 *
 * A handle's Context is a struct file: a descriptor that is opened once, in ZwCreateFile, and closed in
 * CloseFile. Directories, and files of which only attributes are wanted, have an O_PATH descriptor. Nothing
 * but listing, deleting and renaming looks up a name again, always beneath the root. The kernel keeps order
 * between callbacks that run at the same time; there are no locks here.
 *
 * READONLY stands for a missing write permission of the owner. Symlinks, FIFOs, sockets and devices have
 * reparse points. Who opens without FILE_OPEN_REPARSE_POINT gets what a symlink leads to, as long as that is
 * beneath the root; otherwise it is a SYSTEM file that can be renamed and deleted only, as special files are.
 */
#ifndef SAMPLES_MIRROR_H
#define SAMPLES_MIRROR_H

#include "hostdir.h"

#include <dokan/dokan_ex.h>
#include <stdatomic.h>
#include <sys/stat.h>

struct mirror {
    struct hostdir root;
    bool impersonate; /* act as the caller; the process is root */
    bool basic;       /* without mirror_operations_ex; MoveFile replaces what Windows lets it replace */
    WCHAR *label;
};

/* An open handle. */
struct file {
    int fd;
    bool directory;
    bool data;            /* fd reads or writes */
    bool itself;          /* links were not followed */
    bool fresh;           /* it was made by this handle */
    atomic_bool stripped; /* the set-id bits are gone */
    char *stream;         /* mirror_kept.h: the attribute of the host that holds it; else NULL */
};

static inline struct mirror *mirror_of(PDOKAN_FILE_INFO info)
{
    return (struct mirror *)(uintptr_t)info->DokanOptions->GlobalContext;
}

static inline struct file *file_of(PDOKAN_FILE_INFO info)
{
    return (struct file *)(uintptr_t)info->Context;
}

static inline bool same_file(const struct stat *a, const struct stat *b)
{
    return a->st_ino == b->st_ino && a->st_dev == b->st_dev;
}

/* A descriptor that is closed when it goes out of scope. */
#define SCOPED_FD __attribute__((cleanup(close_scope))) int
void close_scope(int *fd);

/* Status of an errno value, of either sign; and of a call that gives -1 and errno. */
NTSTATUS status_of(int error);
NTSTATUS status_of_call(int result);

/* With /p, access is checked by the caller's ids between these two. False: nobody knows who calls. */
bool act_as_caller(PDOKAN_FILE_INFO info);
void act_as_self(PDOKAN_FILE_INFO info);

int get_statx(int dir, const char *name, int flags, struct statx *out);
void mirror_fill_facts(const struct statx *st, PDOKAN_FACTS out);
DWORD attributes_of(unsigned mode);
uint32_t reparse_tag_of(unsigned mode); /* 0: none */
uint64_t shown_size(const struct statx *st);
FILETIME birth_time(const struct statx *st);
FILETIME filetime(struct statx_timestamp time);

/* STATUS_SUCCESS, or why the name `path` of `fd` cannot be deleted. Cleanup cannot refuse any more. */
NTSTATUS may_delete(const struct mirror *mirror, const char *path, int fd, bool directory);

/*
 * Takes set-uid and set-gid from a file that is about to change, as the kernel does for everybody but root.
 * The engine does it through SetFacts, for callers without privilege only, where that is offered.
 */
int strip_set_id(const struct mirror *mirror, struct file *file);

/* What leads to an O_PATH descriptor, for calls that take none. */
struct fd_path {
    char text[32];
};
struct fd_path fd_path(int fd);

/* Goes through a directory, without "." and ".."; `each` says false for an end. */
typedef bool list_entry(void *ctx, int dir, const char *entry, LPCWSTR name);
NTSTATUS list_directory(const struct file *file, list_entry *each, void *ctx);

/* One name of a change. */
struct end {
    char path[PATH_MAX], wanted[PATH_MAX]; /* as the host spells it, as it was asked for */
    const char *leaf, *wanted_leaf;
    int fd, parent; /* the thing (-ENOENT: none) and its directory */
    struct stat st;
};
#define SCOPED_END __attribute__((cleanup(close_end))) struct end
void close_end(struct end *end);
NTSTATUS find_end(const struct mirror *mirror, LPCWSTR name, bool itself, struct end *end);
/* The same, of a handle; it must still have that name. */
NTSTATUS find_own_end(const struct mirror *mirror, LPCWSTR name, const struct file *file, struct end *end);
NTSTATUS remove_name(const struct mirror *mirror, const struct file *file, LPCWSTR name);

/* Makes a device of the handle's special file, which has no number yet. */
NTSTATUS set_device(const struct mirror *mirror, struct file *file, LPCWSTR name, uint64_t device);

/* The callbacks, and the table of them. */
NTSTATUS DOKAN_CALLBACK mirror_GetFileInformation(LPCWSTR FileName, LPBY_HANDLE_FILE_INFORMATION Buffer,
                                                  PDOKAN_FILE_INFO DokanFileInfo);
NTSTATUS DOKAN_CALLBACK mirror_SetFileAttributes(LPCWSTR FileName, DWORD FileAttributes,
                                                 PDOKAN_FILE_INFO DokanFileInfo);
NTSTATUS DOKAN_CALLBACK mirror_SetFileTime(LPCWSTR FileName, const FILETIME *CreationTime,
                                           const FILETIME *LastAccessTime, const FILETIME *LastWriteTime,
                                           PDOKAN_FILE_INFO DokanFileInfo);
NTSTATUS DOKAN_CALLBACK mirror_ZwCreateFile(LPCWSTR FileName, PDOKAN_IO_SECURITY_CONTEXT SecurityContext,
                                            ACCESS_MASK DesiredAccess, ULONG FileAttributes,
                                            ULONG ShareAccess, ULONG CreateDisposition, ULONG CreateOptions,
                                            PDOKAN_FILE_INFO DokanFileInfo);
void DOKAN_CALLBACK mirror_Cleanup(LPCWSTR FileName, PDOKAN_FILE_INFO DokanFileInfo);
void DOKAN_CALLBACK mirror_CloseFile(LPCWSTR FileName, PDOKAN_FILE_INFO DokanFileInfo);
NTSTATUS DOKAN_CALLBACK mirror_ReadFile(LPCWSTR FileName, LPVOID Buffer, DWORD BufferLength,
                                        LPDWORD ReadLength, LONGLONG Offset, PDOKAN_FILE_INFO DokanFileInfo);
NTSTATUS DOKAN_CALLBACK mirror_WriteFile(LPCWSTR FileName, LPCVOID Buffer, DWORD NumberOfBytesToWrite,
                                         LPDWORD NumberOfBytesWritten, LONGLONG Offset,
                                         PDOKAN_FILE_INFO DokanFileInfo);
NTSTATUS DOKAN_CALLBACK mirror_FlushFileBuffers(LPCWSTR FileName, PDOKAN_FILE_INFO DokanFileInfo);
NTSTATUS DOKAN_CALLBACK mirror_SetEndOfFile(LPCWSTR FileName, LONGLONG ByteOffset,
                                            PDOKAN_FILE_INFO DokanFileInfo);
NTSTATUS DOKAN_CALLBACK mirror_SetAllocationSize(LPCWSTR FileName, LONGLONG AllocSize,
                                                 PDOKAN_FILE_INFO DokanFileInfo);
NTSTATUS DOKAN_CALLBACK mirror_LockFile(LPCWSTR FileName, LONGLONG ByteOffset, LONGLONG Length,
                                        PDOKAN_FILE_INFO DokanFileInfo);
NTSTATUS DOKAN_CALLBACK mirror_UnlockFile(LPCWSTR FileName, LONGLONG ByteOffset, LONGLONG Length,
                                          PDOKAN_FILE_INFO DokanFileInfo);
NTSTATUS DOKAN_CALLBACK mirror_FindFiles(LPCWSTR FileName, PFillFindData FillFindData,
                                         PDOKAN_FILE_INFO DokanFileInfo);
NTSTATUS DOKAN_CALLBACK mirror_DeleteFile(LPCWSTR FileName, PDOKAN_FILE_INFO DokanFileInfo);
NTSTATUS DOKAN_CALLBACK mirror_DeleteDirectory(LPCWSTR FileName, PDOKAN_FILE_INFO DokanFileInfo);
NTSTATUS DOKAN_CALLBACK mirror_MoveFile(LPCWSTR FileName, LPCWSTR NewFileName, BOOL ReplaceIfExisting,
                                        PDOKAN_FILE_INFO DokanFileInfo);

NTSTATUS DOKAN_CALLBACK mirror_GetFacts(LPCWSTR FileName, PDOKAN_FACTS Facts, PDOKAN_FILE_INFO DokanFileInfo);
NTSTATUS DOKAN_CALLBACK mirror_FindFacts(LPCWSTR FileName, PFillFacts FillFacts,
                                         PDOKAN_FILE_INFO DokanFileInfo);
NTSTATUS DOKAN_CALLBACK mirror_SetFacts(LPCWSTR FileName, const DOKAN_FACTS *Facts,
                                        PDOKAN_FILE_INFO DokanFileInfo);
NTSTATUS DOKAN_CALLBACK mirror_GetFileId(LPCWSTR FileName, PULONG64 FileId, PDOKAN_FILE_INFO DokanFileInfo);
NTSTATUS DOKAN_CALLBACK mirror_CreateHardLink(LPCWSTR FileName, LPCWSTR NewFileName, BOOL ReplaceIfExisting,
                                              PDOKAN_FILE_INFO DokanFileInfo);
NTSTATUS DOKAN_CALLBACK mirror_RemoveName(LPCWSTR FileName, PDOKAN_FILE_INFO DokanFileInfo);
NTSTATUS DOKAN_CALLBACK mirror_ExchangeNames(LPCWSTR FileName, LPCWSTR OtherFileName,
                                             PDOKAN_FILE_INFO DokanFileInfo);
NTSTATUS DOKAN_CALLBACK mirror_GetReparsePoint(LPCWSTR FileName, PVOID Buffer, ULONG Length, PULONG Used,
                                               PDOKAN_FILE_INFO DokanFileInfo);
NTSTATUS DOKAN_CALLBACK mirror_SetReparsePoint(LPCWSTR FileName, const void *Buffer, ULONG Length,
                                               PDOKAN_FILE_INFO DokanFileInfo);
NTSTATUS DOKAN_CALLBACK mirror_DeleteReparsePoint(LPCWSTR FileName, ULONG ReparseTag,
                                                  PDOKAN_FILE_INFO DokanFileInfo);

extern const DOKAN_OPERATIONS mirror_operations;
extern const DOKAN_OPERATIONS_EX mirror_operations_ex;

#endif
