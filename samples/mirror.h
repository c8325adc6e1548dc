// SPDX-License-Identifier: MIT
/*
 * mirror: shows a directory of the host as a volume. The sample for file systems whose files live elsewhere.
 *
 *     mirror.c        the table of callbacks, the volume, the program
 *     mirror_open.c   ZwCreateFile, Cleanup, CloseFile
 *     mirror_data.c   contents, sizes, byte-range locks
 *     mirror_info.c   attributes and times, and what the other files share
 *     mirror_names.c  listing, deleting, renaming
 *     hostdir.c       names of the volume and paths of the host
 *
 * A handle's Context is a struct file: a descriptor that is opened once, in ZwCreateFile, and closed in
 * CloseFile. Directories, and files of which only attributes are wanted, have an O_PATH descriptor. Nothing
 * but listing, deleting and renaming looks up a name again, always beneath the root. The kernel keeps order
 * between callbacks that run at the same time; there are no locks here.
 *
 * READONLY stands for a missing write permission of the owner. Host files that are neither file nor
 * directory, and symlinks that lead out of the root or nowhere, are shown as SYSTEM files that can be renamed
 * and deleted only.
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
    WCHAR *label;
};

/* An open handle. */
struct file {
    int fd;
    bool directory;
    bool data;            /* fd reads or writes */
    atomic_bool stripped; /* the set-id bits are gone */
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
DWORD attributes_of(unsigned mode);
uint64_t shown_size(const struct statx *st);
FILETIME birth_time(const struct statx *st);
FILETIME filetime(struct statx_timestamp time);

/* STATUS_SUCCESS, or why the name `path` of `fd` cannot be deleted. Cleanup cannot refuse any more. */
NTSTATUS may_delete(const struct mirror *mirror, const char *path, int fd, bool directory);

/* Takes set-uid and set-gid from a file that is about to change, as the kernel does for everybody but root.
 */
int strip_set_id(struct file *file);

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

extern const DOKAN_OPERATIONS mirror_operations;

#endif
