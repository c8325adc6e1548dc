// SPDX-License-Identifier: MIT
/**
 * @file winfile_names.h
 * @brief The functions of winfile.h under Win32's own names; part of winfile.h, for `DOKAN_WINFILE_NAMES`.
 *
 * Inline, so that they stay out of the way of a Wine or Mono in the same process. CloseHandle is a macro,
 * because wintypes.h has a function of that name which knows no files.
 */
#ifndef DOKAN_WINFILE_NAMES_H_
#define DOKAN_WINFILE_NAMES_H_

#include "winfile.h"

#if !defined(_WIN32) && !defined(DOKAN_USE_WINDOWS_H)

#ifdef DOKAN_NO_WIN32_NAMES
#error "DOKAN_WINFILE_NAMES wants GetLastError and its kin: do not define DOKAN_NO_WIN32_NAMES"
#endif

#ifdef __cplusplus
extern "C" {
#endif

/** @cond */

/* wintypes.h's own closes tokens and waits only. */
#define CloseHandle(Object) DokanWinCloseHandle(Object)

static inline HANDLE CreateFileW(LPCWSTR FileName, DWORD DesiredAccess, DWORD ShareMode,
                                 LPSECURITY_ATTRIBUTES SecurityAttributes, DWORD CreationDisposition,
                                 DWORD FlagsAndAttributes, HANDLE TemplateFile)
{
    return DokanWinCreateFileW(FileName, DesiredAccess, ShareMode, SecurityAttributes, CreationDisposition,
                               FlagsAndAttributes, TemplateFile);
}
static inline HANDLE CreateFileA(LPCSTR FileName, DWORD DesiredAccess, DWORD ShareMode,
                                 LPSECURITY_ATTRIBUTES SecurityAttributes, DWORD CreationDisposition,
                                 DWORD FlagsAndAttributes, HANDLE TemplateFile)
{
    return DokanWinCreateFileA(FileName, DesiredAccess, ShareMode, SecurityAttributes, CreationDisposition,
                               FlagsAndAttributes, TemplateFile);
}
static inline BOOL ReadFile(HANDLE File, LPVOID Buffer, DWORD NumberOfBytesToRead, LPDWORD NumberOfBytesRead,
                            LPOVERLAPPED Overlapped)
{
    return DokanWinReadFile(File, Buffer, NumberOfBytesToRead, NumberOfBytesRead, Overlapped);
}
static inline BOOL WriteFile(HANDLE File, LPCVOID Buffer, DWORD NumberOfBytesToWrite,
                             LPDWORD NumberOfBytesWritten, LPOVERLAPPED Overlapped)
{
    return DokanWinWriteFile(File, Buffer, NumberOfBytesToWrite, NumberOfBytesWritten, Overlapped);
}
static inline BOOL SetFilePointerEx(HANDLE File, LARGE_INTEGER DistanceToMove, PLARGE_INTEGER NewFilePointer,
                                    DWORD MoveMethod)
{
    return DokanWinSetFilePointerEx(File, DistanceToMove, NewFilePointer, MoveMethod);
}
static inline BOOL SetEndOfFile(HANDLE File)
{
    return DokanWinSetEndOfFile(File);
}
static inline BOOL FlushFileBuffers(HANDLE File)
{
    return DokanWinFlushFileBuffers(File);
}
static inline BOOL GetFileSizeEx(HANDLE File, PLARGE_INTEGER FileSize)
{
    return DokanWinGetFileSizeEx(File, FileSize);
}
static inline BOOL GetFileTime(HANDLE File, LPFILETIME CreationTime, LPFILETIME LastAccessTime,
                               LPFILETIME LastWriteTime)
{
    return DokanWinGetFileTime(File, CreationTime, LastAccessTime, LastWriteTime);
}
static inline BOOL SetFileTime(HANDLE File, const FILETIME *CreationTime, const FILETIME *LastAccessTime,
                               const FILETIME *LastWriteTime)
{
    return DokanWinSetFileTime(File, CreationTime, LastAccessTime, LastWriteTime);
}
static inline BOOL GetFileInformationByHandle(HANDLE File, LPBY_HANDLE_FILE_INFORMATION Information)
{
    return DokanWinGetFileInformationByHandle(File, Information);
}
static inline BOOL GetFileInformationByHandleEx(HANDLE File, FILE_INFO_BY_HANDLE_CLASS Class,
                                                LPVOID Information, DWORD BufferSize)
{
    return DokanWinGetFileInformationByHandleEx(File, Class, Information, BufferSize);
}
static inline BOOL SetFileInformationByHandle(HANDLE File, FILE_INFO_BY_HANDLE_CLASS Class,
                                              LPVOID Information, DWORD BufferSize)
{
    return DokanWinSetFileInformationByHandle(File, Class, Information, BufferSize);
}
static inline DWORD GetFinalPathNameByHandleW(HANDLE File, LPWSTR Path, DWORD Units, DWORD Flags)
{
    return DokanWinGetFinalPathNameByHandleW(File, Path, Units, Flags);
}
static inline BOOL DeleteFileW(LPCWSTR FileName)
{
    return DokanWinDeleteFileW(FileName);
}
static inline BOOL CreateDirectoryW(LPCWSTR PathName, LPSECURITY_ATTRIBUTES SecurityAttributes)
{
    return DokanWinCreateDirectoryW(PathName, SecurityAttributes);
}
static inline BOOL RemoveDirectoryW(LPCWSTR PathName)
{
    return DokanWinRemoveDirectoryW(PathName);
}
static inline BOOL MoveFileExW(LPCWSTR ExistingFileName, LPCWSTR NewFileName, DWORD Flags)
{
    return DokanWinMoveFileExW(ExistingFileName, NewFileName, Flags);
}
static inline BOOL CopyFileW(LPCWSTR ExistingFileName, LPCWSTR NewFileName, BOOL FailIfExists)
{
    return DokanWinCopyFileW(ExistingFileName, NewFileName, FailIfExists);
}
static inline BOOL CreateHardLinkW(LPCWSTR FileName, LPCWSTR ExistingFileName,
                                   LPSECURITY_ATTRIBUTES SecurityAttributes)
{
    return DokanWinCreateHardLinkW(FileName, ExistingFileName, SecurityAttributes);
}
static inline BOOLEAN CreateSymbolicLinkW(LPCWSTR SymlinkFileName, LPCWSTR TargetFileName, DWORD Flags)
{
    return DokanWinCreateSymbolicLinkW(SymlinkFileName, TargetFileName, Flags);
}
static inline DWORD GetFileAttributesW(LPCWSTR FileName)
{
    return DokanWinGetFileAttributesW(FileName);
}
static inline BOOL GetFileAttributesExW(LPCWSTR FileName, GET_FILEEX_INFO_LEVELS Level, LPVOID Information)
{
    return DokanWinGetFileAttributesExW(FileName, Level, Information);
}
static inline BOOL SetFileAttributesW(LPCWSTR FileName, DWORD FileAttributes)
{
    return DokanWinSetFileAttributesW(FileName, FileAttributes);
}
static inline DWORD GetFullPathNameW(LPCWSTR FileName, DWORD Units, LPWSTR Buffer, LPWSTR *FilePart)
{
    return DokanWinGetFullPathNameW(FileName, Units, Buffer, FilePart);
}
static inline BOOL SetCurrentDirectoryW(LPCWSTR PathName)
{
    return DokanWinSetCurrentDirectoryW(PathName);
}
static inline DWORD GetCurrentDirectoryW(DWORD Units, LPWSTR Buffer)
{
    return DokanWinGetCurrentDirectoryW(Units, Buffer);
}
static inline HANDLE FindFirstFileW(LPCWSTR FileName, LPWIN32_FIND_DATAW FindData)
{
    return DokanWinFindFirstFileW(FileName, FindData);
}
static inline BOOL FindNextFileW(HANDLE FindFile, LPWIN32_FIND_DATAW FindData)
{
    return DokanWinFindNextFileW(FindFile, FindData);
}
static inline HANDLE FindFirstStreamW(LPCWSTR FileName, STREAM_INFO_LEVELS Level, LPVOID FindStreamData,
                                      DWORD Flags)
{
    return DokanWinFindFirstStreamW(FileName, Level, FindStreamData, Flags);
}
static inline BOOL FindNextStreamW(HANDLE FindStream, LPVOID FindStreamData)
{
    return DokanWinFindNextStreamW(FindStream, FindStreamData);
}
static inline BOOL FindClose(HANDLE FindFile)
{
    return DokanWinFindClose(FindFile);
}
static inline BOOL GetFileSecurityW(LPCWSTR FileName, SECURITY_INFORMATION Information,
                                    PSECURITY_DESCRIPTOR Descriptor, DWORD Length, LPDWORD Needed)
{
    return DokanWinGetFileSecurityW(FileName, Information, Descriptor, Length, Needed);
}
static inline BOOL SetFileSecurityW(LPCWSTR FileName, SECURITY_INFORMATION Information,
                                    PSECURITY_DESCRIPTOR Descriptor)
{
    return DokanWinSetFileSecurityW(FileName, Information, Descriptor);
}
static inline BOOL GetKernelObjectSecurity(HANDLE Handle, SECURITY_INFORMATION Information,
                                           PSECURITY_DESCRIPTOR Descriptor, DWORD Length, LPDWORD Needed)
{
    return DokanWinGetKernelObjectSecurity(Handle, Information, Descriptor, Length, Needed);
}
static inline BOOL SetKernelObjectSecurity(HANDLE Handle, SECURITY_INFORMATION Information,
                                           PSECURITY_DESCRIPTOR Descriptor)
{
    return DokanWinSetKernelObjectSecurity(Handle, Information, Descriptor);
}
static inline DWORD GetSecurityDescriptorLength(PSECURITY_DESCRIPTOR Descriptor)
{
    return DokanWinGetSecurityDescriptorLength(Descriptor);
}
static inline BOOL ConvertStringSecurityDescriptorToSecurityDescriptorW(LPCWSTR Text, DWORD Revision,
                                                                        PSECURITY_DESCRIPTOR *Descriptor,
                                                                        PULONG Length)
{
    return DokanWinConvertStringSecurityDescriptorToSecurityDescriptorW(Text, Revision, Descriptor, Length);
}
static inline BOOL ConvertSecurityDescriptorToStringSecurityDescriptorW(PSECURITY_DESCRIPTOR Descriptor,
                                                                        DWORD Revision,
                                                                        SECURITY_INFORMATION Information,
                                                                        LPWSTR *Text, PULONG Length)
{
    return DokanWinConvertSecurityDescriptorToStringSecurityDescriptorW(Descriptor, Revision, Information,
                                                                        Text, Length);
}
static inline HLOCAL LocalFree(HLOCAL Memory)
{
    return DokanWinLocalFree(Memory);
}
static inline BOOL LockFileEx(HANDLE File, DWORD Flags, DWORD Reserved, DWORD BytesLow, DWORD BytesHigh,
                              LPOVERLAPPED Overlapped)
{
    return DokanWinLockFileEx(File, Flags, Reserved, BytesLow, BytesHigh, Overlapped);
}
static inline BOOL UnlockFileEx(HANDLE File, DWORD Reserved, DWORD BytesLow, DWORD BytesHigh,
                                LPOVERLAPPED Overlapped)
{
    return DokanWinUnlockFileEx(File, Reserved, BytesLow, BytesHigh, Overlapped);
}
static inline BOOL LockFile(HANDLE File, DWORD OffsetLow, DWORD OffsetHigh, DWORD BytesLow, DWORD BytesHigh)
{
    return DokanWinLockFile(File, OffsetLow, OffsetHigh, BytesLow, BytesHigh);
}
static inline BOOL UnlockFile(HANDLE File, DWORD OffsetLow, DWORD OffsetHigh, DWORD BytesLow, DWORD BytesHigh)
{
    return DokanWinUnlockFile(File, OffsetLow, OffsetHigh, BytesLow, BytesHigh);
}
static inline BOOL ReadDirectoryChangesW(HANDLE Directory, LPVOID Buffer, DWORD Length, BOOL WatchSubtree,
                                         DWORD Filter, LPDWORD BytesReturned, LPOVERLAPPED Overlapped,
                                         LPOVERLAPPED_COMPLETION_ROUTINE Completion)
{
    return DokanWinReadDirectoryChangesW(Directory, Buffer, Length, WatchSubtree, Filter, BytesReturned,
                                         Overlapped, Completion);
}
static inline BOOL DeviceIoControl(HANDLE File, DWORD Code, LPVOID InBuffer, DWORD InSize, LPVOID OutBuffer,
                                   DWORD OutSize, LPDWORD BytesReturned, LPOVERLAPPED Overlapped)
{
    return DokanWinDeviceIoControl(File, Code, InBuffer, InSize, OutBuffer, OutSize, BytesReturned,
                                   Overlapped);
}
static inline BOOL GetOverlappedResult(HANDLE File, LPOVERLAPPED Overlapped, LPDWORD Bytes, BOOL Wait)
{
    return DokanWinGetOverlappedResult(File, Overlapped, Bytes, Wait);
}
static inline BOOL CancelIoEx(HANDLE File, LPOVERLAPPED Overlapped)
{
    return DokanWinCancelIoEx(File, Overlapped);
}
static inline HANDLE CreateEventW(LPSECURITY_ATTRIBUTES Attributes, BOOL ManualReset, BOOL InitialState,
                                  LPCWSTR Name)
{
    return DokanWinCreateEventW(Attributes, ManualReset, InitialState, Name);
}
static inline BOOL SetEvent(HANDLE Event)
{
    return DokanWinSetEvent(Event);
}
static inline BOOL ResetEvent(HANDLE Event)
{
    return DokanWinResetEvent(Event);
}
static inline DWORD WaitForSingleObject(HANDLE Event, DWORD Milliseconds)
{
    return DokanWinWaitForSingleObject(Event, Milliseconds);
}
static inline BOOL GetDiskFreeSpaceExW(LPCWSTR DirectoryName, PULARGE_INTEGER FreeBytesAvailable,
                                       PULARGE_INTEGER TotalBytes, PULARGE_INTEGER TotalFreeBytes)
{
    return DokanWinGetDiskFreeSpaceExW(DirectoryName, FreeBytesAvailable, TotalBytes, TotalFreeBytes);
}
static inline BOOL GetVolumeInformationW(LPCWSTR RootPathName, LPWSTR VolumeName, DWORD VolumeUnits,
                                         LPDWORD SerialNumber, LPDWORD MaximumComponentLength,
                                         LPDWORD FileSystemFlags, LPWSTR FileSystemName,
                                         DWORD FileSystemUnits)
{
    return DokanWinGetVolumeInformationW(RootPathName, VolumeName, VolumeUnits, SerialNumber,
                                         MaximumComponentLength, FileSystemFlags, FileSystemName,
                                         FileSystemUnits);
}
static inline BOOL FileTimeToSystemTime(const FILETIME *FileTime, LPSYSTEMTIME SystemTime)
{
    return DokanWinFileTimeToSystemTime(FileTime, SystemTime);
}
static inline BOOL SystemTimeToFileTime(const SYSTEMTIME *SystemTime, LPFILETIME FileTime)
{
    return DokanWinSystemTimeToFileTime(SystemTime, FileTime);
}
static inline BOOL FileTimeToLocalFileTime(const FILETIME *FileTime, LPFILETIME LocalFileTime)
{
    return DokanWinFileTimeToLocalFileTime(FileTime, LocalFileTime);
}

/** @endcond */

#ifdef __cplusplus
}
#endif

#endif

#endif /* DOKAN_WINFILE_NAMES_H_ */
