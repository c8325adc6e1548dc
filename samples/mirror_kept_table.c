// SPDX-License-Identifier: MIT
/*
 * mirror: the tables of callbacks that know streams and what is kept; what a handle of a stream does by
 * itself.
 */
#include "mirror_kept.h"

#include <stdlib.h>
#include <string.h>

#define HIDDEN_EA "dokan."

/* ---- what streams do by themselves
 * -------------------------------------------------------------------------- */

static void DOKAN_CALLBACK kept_Cleanup(LPCWSTR FileName, PDOKAN_FILE_INFO DokanFileInfo)
{
    const struct file *file = file_of(DokanFileInfo);
    if (!file || !file->stream)
        mirror_Cleanup(FileName, DokanFileInfo);
    else if (DokanFileInfo->DeletePending)
        stream_remove(file);
}

static void DOKAN_CALLBACK kept_CloseFile(LPCWSTR FileName, PDOKAN_FILE_INFO DokanFileInfo)
{
    struct file *file = file_of(DokanFileInfo);
    if (file)
        free(file->stream);
    mirror_CloseFile(FileName, DokanFileInfo);
}

static NTSTATUS DOKAN_CALLBACK kept_ReadFile(LPCWSTR FileName, LPVOID Buffer, DWORD BufferLength,
                                             LPDWORD ReadLength, LONGLONG Offset,
                                             PDOKAN_FILE_INFO DokanFileInfo)
{
    const struct file *file = file_of(DokanFileInfo);
    return file && file->stream
               ? stream_read(file, Buffer, BufferLength, ReadLength, Offset)
               : mirror_ReadFile(FileName, Buffer, BufferLength, ReadLength, Offset, DokanFileInfo);
}

static NTSTATUS DOKAN_CALLBACK kept_WriteFile(LPCWSTR FileName, LPCVOID Buffer, DWORD NumberOfBytesToWrite,
                                              LPDWORD NumberOfBytesWritten, LONGLONG Offset,
                                              PDOKAN_FILE_INFO DokanFileInfo)
{
    const struct file *file = file_of(DokanFileInfo);
    return file && file->stream
               ? stream_write(file, Buffer, NumberOfBytesToWrite, NumberOfBytesWritten, Offset, DokanFileInfo)
               : mirror_WriteFile(FileName, Buffer, NumberOfBytesToWrite, NumberOfBytesWritten, Offset,
                                  DokanFileInfo);
}

static NTSTATUS DOKAN_CALLBACK kept_FlushFileBuffers(LPCWSTR FileName, PDOKAN_FILE_INFO DokanFileInfo)
{
    const struct file *file = file_of(DokanFileInfo);
    return file && file->stream ? STATUS_SUCCESS : mirror_FlushFileBuffers(FileName, DokanFileInfo);
}

static NTSTATUS DOKAN_CALLBACK kept_SetEndOfFile(LPCWSTR FileName, LONGLONG ByteOffset,
                                                 PDOKAN_FILE_INFO DokanFileInfo)
{
    const struct file *file = file_of(DokanFileInfo);
    return file && file->stream ? stream_resize(file, ByteOffset)
                                : mirror_SetEndOfFile(FileName, ByteOffset, DokanFileInfo);
}

static NTSTATUS DOKAN_CALLBACK kept_SetAllocationSize(LPCWSTR FileName, LONGLONG AllocSize,
                                                      PDOKAN_FILE_INFO DokanFileInfo)
{
    const struct file *file = file_of(DokanFileInfo);
    if (!file || !file->stream)
        return mirror_SetAllocationSize(FileName, AllocSize, DokanFileInfo);
    return AllocSize < stream_size(file) ? stream_resize(file, AllocSize) : STATUS_SUCCESS;
}

static NTSTATUS DOKAN_CALLBACK kept_DeleteFile(LPCWSTR FileName, PDOKAN_FILE_INFO DokanFileInfo)
{
    const struct file *file = file_of(DokanFileInfo);
    return file && file->stream ? STATUS_SUCCESS : mirror_DeleteFile(FileName, DokanFileInfo);
}

static NTSTATUS DOKAN_CALLBACK kept_MoveFile(LPCWSTR FileName, LPCWSTR NewFileName, BOOL ReplaceIfExisting,
                                             PDOKAN_FILE_INFO DokanFileInfo)
{
    struct file *file = file_of(DokanFileInfo);
    return file && file->stream ? stream_rename(file, NewFileName, ReplaceIfExisting)
                                : mirror_MoveFile(FileName, NewFileName, ReplaceIfExisting, DokanFileInfo);
}

static NTSTATUS DOKAN_CALLBACK kept_RemoveName(LPCWSTR FileName, PDOKAN_FILE_INFO DokanFileInfo)
{
    const struct file *file = file_of(DokanFileInfo);
    return file && file->stream ? stream_remove(file) : mirror_RemoveName(FileName, DokanFileInfo);
}

/* ---- the rest
 * ------------------------------------------------------------------------------------------------ */

static bool is_hidden(const char *ea)
{
    return strncmp(ea, HIDDEN_EA, sizeof HIDDEN_EA - 1) == 0;
}

static NTSTATUS DOKAN_CALLBACK kept_GetEa(LPCWSTR FileName, const char *Name, PVOID Value, ULONG Length,
                                          PULONG Used, PDOKAN_FILE_INFO DokanFileInfo)
{
    *Used = 0;
    return is_hidden(Name) ? STATUS_NONEXISTENT_EA_ENTRY
                           : mirror_operations_ex.GetEa(FileName, Name, Value, Length, Used, DokanFileInfo);
}

static NTSTATUS DOKAN_CALLBACK kept_SetEa(LPCWSTR FileName, const char *Name, UCHAR Flags, const void *Value,
                                          ULONG Length, PDOKAN_FILE_INFO DokanFileInfo)
{
    return is_hidden(Name) ? STATUS_ACCESS_DENIED
                           : mirror_operations_ex.SetEa(FileName, Name, Flags, Value, Length, DokanFileInfo);
}

static NTSTATUS DOKAN_CALLBACK kept_FindRanges(LPCWSTR FileName, LONGLONG Offset, LONGLONG Length,
                                               PFillRange FillRange, PDOKAN_FILE_INFO DokanFileInfo)
{
    const struct file *file = file_of(DokanFileInfo);
    return file && file->stream
               ? STATUS_NOT_IMPLEMENTED
               : mirror_operations_ex.FindRanges(FileName, Offset, Length, FillRange, DokanFileInfo);
}

static NTSTATUS DOKAN_CALLBACK kept_ZeroRange(LPCWSTR FileName, LONGLONG Offset, LONGLONG Length,
                                              BOOL Deallocate, PDOKAN_FILE_INFO DokanFileInfo)
{
    const struct file *file = file_of(DokanFileInfo);
    return file && file->stream
               ? STATUS_NOT_IMPLEMENTED
               : mirror_operations_ex.ZeroRange(FileName, Offset, Length, Deallocate, DokanFileInfo);
}

static _Thread_local PFillEa fill_ea;

static int WINAPI fill_visible(const char *Name, UCHAR Flags, const void *Value, ULONG Length,
                               PDOKAN_FILE_INFO DokanFileInfo)
{
    return is_hidden(Name) ? 0 : fill_ea(Name, Flags, Value, Length, DokanFileInfo);
}

static NTSTATUS DOKAN_CALLBACK kept_FindEas(LPCWSTR FileName, PFillEa FillEa, PDOKAN_FILE_INFO DokanFileInfo)
{
    fill_ea = FillEa;
    return mirror_operations_ex.FindEas(FileName, fill_visible, DokanFileInfo);
}

static NTSTATUS DOKAN_CALLBACK kept_GetVolumeInformation(LPWSTR VolumeNameBuffer, DWORD VolumeNameSize,
                                                         LPDWORD VolumeSerialNumber,
                                                         LPDWORD MaximumComponentLength,
                                                         LPDWORD FileSystemFlags, LPWSTR FileSystemNameBuffer,
                                                         DWORD FileSystemNameSize,
                                                         PDOKAN_FILE_INFO DokanFileInfo)
{
    NTSTATUS status = mirror_operations.GetVolumeInformation(
        VolumeNameBuffer, VolumeNameSize, VolumeSerialNumber, MaximumComponentLength, FileSystemFlags,
        FileSystemNameBuffer, FileSystemNameSize, DokanFileInfo);
    *FileSystemFlags |= FILE_NAMED_STREAMS | FILE_PERSISTENT_ACLS;
    return status;
}

static NTSTATUS DOKAN_CALLBACK kept_GetDiskFreeSpace(PULONGLONG FreeBytesAvailable,
                                                     PULONGLONG TotalNumberOfBytes,
                                                     PULONGLONG TotalNumberOfFreeBytes,
                                                     PDOKAN_FILE_INFO DokanFileInfo)
{
    return mirror_operations.GetDiskFreeSpace(FreeBytesAvailable, TotalNumberOfBytes, TotalNumberOfFreeBytes,
                                              DokanFileInfo);
}

const DOKAN_OPERATIONS mirror_kept_operations = {
    .ZwCreateFile = kept_ZwCreateFile,
    .Cleanup = kept_Cleanup,
    .CloseFile = kept_CloseFile,
    .ReadFile = kept_ReadFile,
    .WriteFile = kept_WriteFile,
    .FlushFileBuffers = kept_FlushFileBuffers,
    .GetFileInformation = mirror_GetFileInformation,
    .FindFiles = mirror_FindFiles,
    .SetFileAttributes = kept_SetFileAttributes,
    .SetFileTime = kept_SetFileTime,
    .DeleteFile = kept_DeleteFile,
    .DeleteDirectory = mirror_DeleteDirectory,
    .MoveFile = kept_MoveFile,
    .SetEndOfFile = kept_SetEndOfFile,
    .SetAllocationSize = kept_SetAllocationSize,
    .LockFile = mirror_LockFile,
    .UnlockFile = mirror_UnlockFile,
    .GetDiskFreeSpace = kept_GetDiskFreeSpace,
    .GetVolumeInformation = kept_GetVolumeInformation,
    .GetFileSecurity = kept_GetFileSecurity,
    .SetFileSecurity = kept_SetFileSecurity,
    .FindStreams = mirror_FindStreams,
};

/* No backing file: reads that pass the engine by would not see which handle is a stream's. */
const DOKAN_OPERATIONS_EX mirror_kept_operations_ex = {
    .Size = sizeof(DOKAN_OPERATIONS_EX),
    .GetFacts = kept_GetFacts,
    .FindFacts = kept_FindFacts,
    .SetFacts = mirror_SetFacts,
    .CreateHardLink = mirror_CreateHardLink,
    .GetFileId = mirror_GetFileId,
    .RemoveName = kept_RemoveName,
    .ExchangeNames = mirror_ExchangeNames,
    .GetReparsePoint = mirror_GetReparsePoint,
    .SetReparsePoint = mirror_SetReparsePoint,
    .DeleteReparsePoint = mirror_DeleteReparsePoint,
    .GetEa = kept_GetEa,
    .SetEa = kept_SetEa,
    .FindEas = kept_FindEas,
    .FindRanges = kept_FindRanges,
    .ZeroRange = kept_ZeroRange,
};
