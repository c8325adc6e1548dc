// SPDX-License-Identifier: MIT
/* The shim's callbacks of DOKAN_OPERATIONS, see shim.h. */
#include "shim_i.h"

/* ---- opening ----------------------------------------------------------------------------------------- */

static bool opens_something(NTSTATUS status, ULONG disposition)
{
    bool may_exist =
        disposition == FILE_OPEN_IF || disposition == FILE_OVERWRITE_IF || disposition == FILE_SUPERSEDE;
    return (status >= 0 && status != STATUS_PENDING) || (status == STATUS_OBJECT_NAME_COLLISION && may_exist);
}

static NTSTATUS DOKAN_CALLBACK shim_ZwCreateFile(LPCWSTR path, PDOKAN_IO_SECURITY_CONTEXT security,
                                                 ACCESS_MASK access, ULONG attributes, ULONG share,
                                                 ULONG disposition, ULONG options, PDOKAN_FILE_INFO info)
{
    struct visit v;
    info->Context = 0;
    if (!visit(&v, DokanOperationZwCreateFile, info))
        return v.status;
    NTSTATUS status =
        shim_below.ZwCreateFile(path, security, access, attributes, share, disposition, options, info);
    if (opens_something(status, disposition))
        v.number = book_open(info->Context);
    return leave(&v, status);
}

static void DOKAN_CALLBACK shim_Cleanup(LPCWSTR path, PDOKAN_FILE_INFO info)
{
    struct visit v;
    visit(&v, DokanOperationCleanup, info);
    shim_below.Cleanup(path, info);
    leave(&v, STATUS_SUCCESS);
}

static void DOKAN_CALLBACK shim_CloseFile(LPCWSTR path, PDOKAN_FILE_INFO info)
{
    struct visit v;
    visit(&v, DokanOperationCloseFile, info);
    shim_below.CloseFile(path, info);
    leave(&v, STATUS_SUCCESS);
}

/* ---- the others --------------------------------------------------------------------------------------- */

static NTSTATUS DOKAN_CALLBACK shim_ReadFile(LPCWSTR path, LPVOID buffer, DWORD length, LPDWORD done,
                                             LONGLONG offset, PDOKAN_FILE_INFO info)
{
    struct visit v;
    if (!visit(&v, DokanOperationReadFile, info))
        return v.status;
    return leave(&v, shim_below.ReadFile(path, buffer, length, done, offset, info));
}

static NTSTATUS DOKAN_CALLBACK shim_WriteFile(LPCWSTR path, LPCVOID buffer, DWORD length, LPDWORD done,
                                              LONGLONG offset, PDOKAN_FILE_INFO info)
{
    struct visit v;
    if (!visit(&v, DokanOperationWriteFile, info))
        return v.status;
    return leave(&v, shim_below.WriteFile(path, buffer, length, done, offset, info));
}

static NTSTATUS DOKAN_CALLBACK shim_FlushFileBuffers(LPCWSTR path, PDOKAN_FILE_INFO info)
{
    struct visit v;
    if (!visit(&v, DokanOperationFlushFileBuffers, info))
        return v.status;
    return leave(&v, shim_below.FlushFileBuffers(path, info));
}

static NTSTATUS DOKAN_CALLBACK shim_GetFileInformation(LPCWSTR path, LPBY_HANDLE_FILE_INFORMATION out,
                                                       PDOKAN_FILE_INFO info)
{
    struct visit v;
    if (!visit(&v, DokanOperationGetFileInformation, info))
        return v.status;
    return leave(&v, shim_below.GetFileInformation(path, out, info));
}

static NTSTATUS DOKAN_CALLBACK shim_FindFiles(LPCWSTR path, PFillFindData fill, PDOKAN_FILE_INFO info)
{
    struct visit v;
    if (!visit(&v, DokanOperationFindFiles, info))
        return v.status;
    return leave(&v, shim_below.FindFiles(path, fill, info));
}

static NTSTATUS DOKAN_CALLBACK shim_FindFilesWithPattern(LPCWSTR path, LPCWSTR pattern, PFillFindData fill,
                                                         PDOKAN_FILE_INFO info)
{
    struct visit v;
    if (!visit(&v, DokanOperationFindFilesWithPattern, info))
        return v.status;
    return leave(&v, shim_below.FindFilesWithPattern(path, pattern, fill, info));
}

static NTSTATUS DOKAN_CALLBACK shim_SetFileAttributes(LPCWSTR path, DWORD attributes, PDOKAN_FILE_INFO info)
{
    struct visit v;
    if (!visit(&v, DokanOperationSetFileAttributes, info))
        return v.status;
    return leave(&v, shim_below.SetFileAttributes(path, attributes, info));
}

static NTSTATUS DOKAN_CALLBACK shim_SetFileTime(LPCWSTR path, const FILETIME *creation,
                                                const FILETIME *access, const FILETIME *write,
                                                PDOKAN_FILE_INFO info)
{
    struct visit v;
    if (!visit(&v, DokanOperationSetFileTime, info))
        return v.status;
    return leave(&v, shim_below.SetFileTime(path, creation, access, write, info));
}

static NTSTATUS DOKAN_CALLBACK shim_DeleteFile(LPCWSTR path, PDOKAN_FILE_INFO info)
{
    struct visit v;
    if (!visit(&v, DokanOperationDeleteFile, info))
        return v.status;
    return leave(&v, shim_below.DeleteFile(path, info));
}

static NTSTATUS DOKAN_CALLBACK shim_DeleteDirectory(LPCWSTR path, PDOKAN_FILE_INFO info)
{
    struct visit v;
    if (!visit(&v, DokanOperationDeleteDirectory, info))
        return v.status;
    return leave(&v, shim_below.DeleteDirectory(path, info));
}

static NTSTATUS DOKAN_CALLBACK shim_MoveFile(LPCWSTR path, LPCWSTR to, BOOL replace, PDOKAN_FILE_INFO info)
{
    struct visit v;
    if (!visit(&v, DokanOperationMoveFile, info))
        return v.status;
    return leave(&v, shim_below.MoveFile(path, to, replace, info));
}

static NTSTATUS DOKAN_CALLBACK shim_SetEndOfFile(LPCWSTR path, LONGLONG size, PDOKAN_FILE_INFO info)
{
    struct visit v;
    if (!visit(&v, DokanOperationSetEndOfFile, info))
        return v.status;
    return leave(&v, shim_below.SetEndOfFile(path, size, info));
}

static NTSTATUS DOKAN_CALLBACK shim_SetAllocationSize(LPCWSTR path, LONGLONG size, PDOKAN_FILE_INFO info)
{
    struct visit v;
    if (!visit(&v, DokanOperationSetAllocationSize, info))
        return v.status;
    return leave(&v, shim_below.SetAllocationSize(path, size, info));
}

static NTSTATUS DOKAN_CALLBACK shim_LockFile(LPCWSTR path, LONGLONG offset, LONGLONG length,
                                             PDOKAN_FILE_INFO info)
{
    struct visit v;
    if (!visit(&v, DokanOperationLockFile, info))
        return v.status;
    return leave(&v, shim_below.LockFile(path, offset, length, info));
}

static NTSTATUS DOKAN_CALLBACK shim_UnlockFile(LPCWSTR path, LONGLONG offset, LONGLONG length,
                                               PDOKAN_FILE_INFO info)
{
    struct visit v;
    if (!visit(&v, DokanOperationUnlockFile, info))
        return v.status;
    return leave(&v, shim_below.UnlockFile(path, offset, length, info));
}

static NTSTATUS DOKAN_CALLBACK shim_GetDiskFreeSpace(PULONGLONG available, PULONGLONG total,
                                                     PULONGLONG unused, PDOKAN_FILE_INFO info)
{
    struct visit v;
    if (!visit(&v, DokanOperationGetDiskFreeSpace, info))
        return v.status;
    return leave(&v, shim_below.GetDiskFreeSpace(available, total, unused, info));
}

static NTSTATUS DOKAN_CALLBACK shim_GetVolumeInformation(LPWSTR label, DWORD label_size, LPDWORD serial,
                                                         LPDWORD longest, LPDWORD flags, LPWSTR name,
                                                         DWORD name_size, PDOKAN_FILE_INFO info)
{
    struct visit v;
    if (!visit(&v, DokanOperationGetVolumeInformation, info))
        return v.status;
    return leave(&v, shim_below.GetVolumeInformation(label, label_size, serial, longest, flags, name,
                                                     name_size, info));
}

static NTSTATUS DOKAN_CALLBACK shim_Mounted(LPCWSTR mount_point, PDOKAN_FILE_INFO info)
{
    struct visit v;
    if (!visit(&v, DokanOperationMounted, info))
        return v.status;
    return leave(&v, shim_below.Mounted(mount_point, info));
}

static NTSTATUS DOKAN_CALLBACK shim_Unmounted(PDOKAN_FILE_INFO info)
{
    struct visit v;
    if (!visit(&v, DokanOperationUnmounted, info))
        return v.status;
    return leave(&v, shim_below.Unmounted(info));
}

static NTSTATUS DOKAN_CALLBACK shim_GetFileSecurity(LPCWSTR path, PSECURITY_INFORMATION what,
                                                    PSECURITY_DESCRIPTOR out, ULONG length, PULONG needed,
                                                    PDOKAN_FILE_INFO info)
{
    struct visit v;
    if (!visit(&v, DokanOperationGetFileSecurity, info))
        return v.status;
    return leave(&v, shim_below.GetFileSecurity(path, what, out, length, needed, info));
}

static NTSTATUS DOKAN_CALLBACK shim_SetFileSecurity(LPCWSTR path, PSECURITY_INFORMATION what,
                                                    PSECURITY_DESCRIPTOR sd, ULONG length,
                                                    PDOKAN_FILE_INFO info)
{
    struct visit v;
    if (!visit(&v, DokanOperationSetFileSecurity, info))
        return v.status;
    return leave(&v, shim_below.SetFileSecurity(path, what, sd, length, info));
}

static NTSTATUS DOKAN_CALLBACK shim_FindStreams(LPCWSTR path, PFillFindStreamData fill, PVOID context,
                                                PDOKAN_FILE_INFO info)
{
    struct visit v;
    if (!visit(&v, DokanOperationFindStreams, info))
        return v.status;
    return leave(&v, shim_below.FindStreams(path, fill, context, info));
}

const DOKAN_OPERATIONS shim_all = {
    shim_ZwCreateFile,
    shim_Cleanup,
    shim_CloseFile,
    shim_ReadFile,
    shim_WriteFile,
    shim_FlushFileBuffers,
    shim_GetFileInformation,
    shim_FindFiles,
    shim_FindFilesWithPattern,
    shim_SetFileAttributes,
    shim_SetFileTime,
    shim_DeleteFile,
    shim_DeleteDirectory,
    shim_MoveFile,
    shim_SetEndOfFile,
    shim_SetAllocationSize,
    shim_LockFile,
    shim_UnlockFile,
    shim_GetDiskFreeSpace,
    shim_GetVolumeInformation,
    shim_Mounted,
    shim_Unmounted,
    shim_GetFileSecurity,
    shim_SetFileSecurity,
    shim_FindStreams,
};
