// SPDX-License-Identifier: MIT
/* The fake's 25 callbacks: what each records, and what queries answer. */
#include "fakefs_i.h"
#include <string.h>

/* ---- opening and closing ----------------------------------------------------------------------------- */

static bool names_directory(LPCWSTR path)
{
    LPCWSTR last = path;
    for (LPCWSTR at = path; *at; at++)
        if (*at == u'\\')
            last = at + 1;
    return *last == 0 || *last == u'd';
}

static bool opens_something(NTSTATUS status, ULONG disposition)
{
    bool may_exist =
        disposition == FILE_OPEN_IF || disposition == FILE_OVERWRITE_IF || disposition == FILE_SUPERSEDE;
    return (status >= 0 && status != STATUS_PENDING) || (status == STATUS_OBJECT_NAME_COLLISION && may_exist);
}

static NTSTATUS DOKAN_CALLBACK fake_ZwCreateFile(LPCWSTR path, PDOKAN_IO_SECURITY_CONTEXT security,
                                                 ACCESS_MASK access, ULONG attributes, ULONG share,
                                                 ULONG disposition, ULONG options, PDOKAN_FILE_INFO info)
{
    struct fake *fs = fake_of(info);
    struct fake_call call = fake_call_of(DokanOperationZwCreateFile, path, info);
    call.access = access;
    call.attributes = attributes;
    call.share = share;
    call.disposition = disposition;
    call.options = options;
    call.buffer = security->AccessState.SecurityDescriptor;
    fake_begin(fs, &call);
    info->IsDirectory = names_directory(path);
    NTSTATUS status = fake_end(fs, &call);
    if (!opens_something(status, disposition) || fs->no_context)
        return status;
    pthread_mutex_lock(&fs->lock);
    info->Context = ++fs->opens;
    pthread_mutex_unlock(&fs->lock);
    return status;
}

/* A Cleanup must be the first and a CloseFile the second thing that ends a Context. */
static void count_end(struct fake *fs, ULONG64 context, bool close)
{
    if (fs->no_context)
        return;
    pthread_mutex_lock(&fs->lock);
    if (context == 0 || context > fs->opens || context >= FAKE_OPENS)
        fs->violations++;
    else if (close)
        fs->violations += fs->cleaned[context] != 1 || fs->closed[context]++ != 0;
    else
        fs->violations += fs->closed[context] || fs->cleaned[context]++ != 0;
    pthread_mutex_unlock(&fs->lock);
}

static void DOKAN_CALLBACK fake_Cleanup(LPCWSTR path, PDOKAN_FILE_INFO info)
{
    count_end(fake_of(info), info->Context, false);
    fake_plain(DokanOperationCleanup, path, info);
}

static void DOKAN_CALLBACK fake_CloseFile(LPCWSTR path, PDOKAN_FILE_INFO info)
{
    count_end(fake_of(info), info->Context, true);
    fake_plain(DokanOperationCloseFile, path, info);
}

/* ---- data -------------------------------------------------------------------------------------------- */

static NTSTATUS DOKAN_CALLBACK fake_ReadFile(LPCWSTR path, LPVOID buffer, DWORD length, LPDWORD done,
                                             LONGLONG offset, PDOKAN_FILE_INFO info)
{
    struct fake *fs = fake_of(info);
    struct fake_call call = fake_call_of(DokanOperationReadFile, path, info);
    call.buffer = buffer;
    call.length = length;
    call.offset = offset;
    fake_begin(fs, &call);
    LONGLONG given = fs->transferred < 0 ? (LONGLONG)length : fs->transferred;
    memset(buffer, 'r', given < (LONGLONG)length ? (size_t)given : length);
    *done = (DWORD)given;
    return fake_end(fs, &call);
}

static NTSTATUS DOKAN_CALLBACK fake_WriteFile(LPCWSTR path, LPCVOID buffer, DWORD length, LPDWORD done,
                                              LONGLONG offset, PDOKAN_FILE_INFO info)
{
    struct fake *fs = fake_of(info);
    struct fake_call call = fake_call_of(DokanOperationWriteFile, path, info);
    call.buffer = buffer;
    call.length = length;
    call.offset = offset;
    fake_begin(fs, &call);
    *done = fs->transferred < 0 ? length : (DWORD)fs->transferred;
    return fake_end(fs, &call);
}

static NTSTATUS DOKAN_CALLBACK fake_FlushFileBuffers(LPCWSTR path, PDOKAN_FILE_INFO info)
{
    return fake_plain(DokanOperationFlushFileBuffers, path, info);
}

static NTSTATUS DOKAN_CALLBACK fake_SetEndOfFile(LPCWSTR path, LONGLONG size, PDOKAN_FILE_INFO info)
{
    return fake_sized(DokanOperationSetEndOfFile, path, size, 0, info);
}

static NTSTATUS DOKAN_CALLBACK fake_SetAllocationSize(LPCWSTR path, LONGLONG size, PDOKAN_FILE_INFO info)
{
    return fake_sized(DokanOperationSetAllocationSize, path, size, 0, info);
}

static NTSTATUS DOKAN_CALLBACK fake_LockFile(LPCWSTR path, LONGLONG offset, LONGLONG length,
                                             PDOKAN_FILE_INFO info)
{
    return fake_sized(DokanOperationLockFile, path, offset, length, info);
}

static NTSTATUS DOKAN_CALLBACK fake_UnlockFile(LPCWSTR path, LONGLONG offset, LONGLONG length,
                                               PDOKAN_FILE_INFO info)
{
    return fake_sized(DokanOperationUnlockFile, path, offset, length, info);
}

/* ---- facts and names --------------------------------------------------------------------------------- */

static NTSTATUS DOKAN_CALLBACK fake_GetFileInformation(LPCWSTR path, LPBY_HANDLE_FILE_INFORMATION out,
                                                       PDOKAN_FILE_INFO info)
{
    struct fake *fs = fake_of(info);
    struct fake_call call = fake_call_of(DokanOperationGetFileInformation, path, info);
    fake_begin(fs, &call);
    pthread_mutex_lock(&fs->lock);
    *out = fs->info;
    pthread_mutex_unlock(&fs->lock);
    if (names_directory(path))
        out->dwFileAttributes |= FILE_ATTRIBUTE_DIRECTORY;
    return fake_end(fs, &call);
}

static NTSTATUS find(DOKAN_OPERATION op, LPCWSTR path, LPCWSTR pattern, PFillFindData fill,
                     PDOKAN_FILE_INFO info)
{
    struct fake *fs = fake_of(info);
    struct fake_call call = fake_call_of(op, path, info);
    fake_copy_text(call.other, FAKE_PATH, pattern);
    fake_begin(fs, &call);
    for (unsigned i = 0; i < fs->entry_count; i++)
        fill(&fs->entries[i], info);
    return fake_end(fs, &call);
}

static NTSTATUS DOKAN_CALLBACK fake_FindFiles(LPCWSTR path, PFillFindData fill, PDOKAN_FILE_INFO info)
{
    return find(DokanOperationFindFiles, path, NULL, fill, info);
}

static NTSTATUS DOKAN_CALLBACK fake_FindFilesWithPattern(LPCWSTR path, LPCWSTR pattern, PFillFindData fill,
                                                         PDOKAN_FILE_INFO info)
{
    return find(DokanOperationFindFilesWithPattern, path, pattern, fill, info);
}

static NTSTATUS DOKAN_CALLBACK fake_SetFileAttributes(LPCWSTR path, DWORD attributes, PDOKAN_FILE_INFO info)
{
    struct fake_call call = fake_call_of(DokanOperationSetFileAttributes, path, info);
    call.attributes = attributes;
    fake_begin(fake_of(info), &call);
    return fake_end(fake_of(info), &call);
}

static LONGLONG wide(const FILETIME *time)
{
    return (LONGLONG)((uint64_t)time->dwHighDateTime << 32 | time->dwLowDateTime);
}

static NTSTATUS DOKAN_CALLBACK fake_SetFileTime(LPCWSTR path, const FILETIME *creation,
                                                const FILETIME *access, const FILETIME *write,
                                                PDOKAN_FILE_INFO info)
{
    struct fake_call call = fake_call_of(DokanOperationSetFileTime, path, info);
    call.times[0] = wide(creation);
    call.times[1] = wide(access);
    call.times[2] = wide(write);
    fake_begin(fake_of(info), &call);
    return fake_end(fake_of(info), &call);
}

static NTSTATUS DOKAN_CALLBACK fake_DeleteFile(LPCWSTR path, PDOKAN_FILE_INFO info)
{
    return fake_plain(DokanOperationDeleteFile, path, info);
}

static NTSTATUS DOKAN_CALLBACK fake_DeleteDirectory(LPCWSTR path, PDOKAN_FILE_INFO info)
{
    return fake_plain(DokanOperationDeleteDirectory, path, info);
}

static NTSTATUS DOKAN_CALLBACK fake_MoveFile(LPCWSTR path, LPCWSTR to, BOOL replace, PDOKAN_FILE_INFO info)
{
    struct fake_call call = fake_call_of(DokanOperationMoveFile, path, info);
    fake_copy_text(call.other, FAKE_PATH, to);
    call.replace = replace;
    fake_begin(fake_of(info), &call);
    return fake_end(fake_of(info), &call);
}

static NTSTATUS DOKAN_CALLBACK fake_FindStreams(LPCWSTR path, PFillFindStreamData fill, PVOID context,
                                                PDOKAN_FILE_INFO info)
{
    struct fake *fs = fake_of(info);
    struct fake_call call = fake_call_of(DokanOperationFindStreams, path, info);
    fake_begin(fs, &call);
    fs->streams_taken = 0;
    for (unsigned i = 0; i < fs->stream_count; i++)
        fs->streams_taken += fill(&fs->streams[i], context) != 0;
    return fake_end(fs, &call);
}

/* ---- volume and security ----------------------------------------------------------------------------- */

static NTSTATUS DOKAN_CALLBACK fake_GetDiskFreeSpace(PULONGLONG available, PULONGLONG total,
                                                     PULONGLONG free_bytes, PDOKAN_FILE_INFO info)
{
    struct fake *fs = fake_of(info);
    struct fake_call call = fake_call_of(DokanOperationGetDiskFreeSpace, NULL, info);
    fake_begin(fs, &call);
    *available = fs->available;
    *total = fs->total_bytes;
    *free_bytes = fs->free_bytes;
    return fake_end(fs, &call);
}

static NTSTATUS DOKAN_CALLBACK fake_GetVolumeInformation(LPWSTR label, DWORD label_size, LPDWORD serial,
                                                         LPDWORD max_component, LPDWORD flags, LPWSTR fs_name,
                                                         DWORD fs_name_size, PDOKAN_FILE_INFO info)
{
    struct fake *fs = fake_of(info);
    struct fake_call call = fake_call_of(DokanOperationGetVolumeInformation, NULL, info);
    fake_begin(fs, &call);
    fake_copy_text(label, label_size, fs->volume.label);
    fake_copy_text(fs_name, fs_name_size, fs->volume.fs_name);
    *serial = fs->volume.serial;
    *max_component = fs->volume.max_component;
    *flags = fs->volume.flags;
    return fake_end(fs, &call);
}

static NTSTATUS DOKAN_CALLBACK fake_Mounted(LPCWSTR mount_point, PDOKAN_FILE_INFO info)
{
    struct fake_call call = fake_call_of(DokanOperationMounted, NULL, info);
    fake_copy_text(call.other, FAKE_PATH, mount_point);
    fake_begin(fake_of(info), &call);
    return fake_end(fake_of(info), &call);
}

static NTSTATUS DOKAN_CALLBACK fake_Unmounted(PDOKAN_FILE_INFO info)
{
    return fake_plain(DokanOperationUnmounted, NULL, info);
}

static NTSTATUS DOKAN_CALLBACK fake_GetFileSecurity(LPCWSTR path, PSECURITY_INFORMATION what,
                                                    PSECURITY_DESCRIPTOR out, ULONG length, PULONG needed,
                                                    PDOKAN_FILE_INFO info)
{
    struct fake *fs = fake_of(info);
    struct fake_call call = fake_call_of(DokanOperationGetFileSecurity, path, info);
    call.options = *what;
    call.length = length;
    fake_begin(fs, &call);
    *needed = fs->descriptor_length;
    if (fs->descriptor && fs->descriptor_copy <= length)
        memcpy(out, fs->descriptor, fs->descriptor_copy);
    return fake_end(fs, &call);
}

static NTSTATUS DOKAN_CALLBACK fake_SetFileSecurity(LPCWSTR path, PSECURITY_INFORMATION what,
                                                    PSECURITY_DESCRIPTOR descriptor, ULONG length,
                                                    PDOKAN_FILE_INFO info)
{
    struct fake_call call = fake_call_of(DokanOperationSetFileSecurity, path, info);
    call.options = *what;
    call.length = length;
    call.buffer = descriptor;
    fake_begin(fake_of(info), &call);
    return fake_end(fake_of(info), &call);
}

const DOKAN_OPERATIONS fake_operations = {
    fake_ZwCreateFile,
    fake_Cleanup,
    fake_CloseFile,
    fake_ReadFile,
    fake_WriteFile,
    fake_FlushFileBuffers,
    fake_GetFileInformation,
    fake_FindFiles,
    fake_FindFilesWithPattern,
    fake_SetFileAttributes,
    fake_SetFileTime,
    fake_DeleteFile,
    fake_DeleteDirectory,
    fake_MoveFile,
    fake_SetEndOfFile,
    fake_SetAllocationSize,
    fake_LockFile,
    fake_UnlockFile,
    fake_GetDiskFreeSpace,
    fake_GetVolumeInformation,
    fake_Mounted,
    fake_Unmounted,
    fake_GetFileSecurity,
    fake_SetFileSecurity,
    fake_FindStreams,
};
