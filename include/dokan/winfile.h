// SPDX-License-Identifier: MIT
/**
 * @file winfile.h
 * @brief Win32 file calls on volumes of the same process: for Windows' test programs, and for tests by
 * Windows' rules.
 *
 *     DokanWinAttach(volume, 'X');                     // from DokanCreateFileSystemEx(), mounted or not
 *     HANDLE file = DokanWinCreateFileW(u"X:\\hello.txt", GENERIC_READ, FILE_SHARE_READ, NULL, OPEN_EXISTING,
 *                                       FILE_ATTRIBUTE_NORMAL, NULL);
 *
 * Each function follows the one of Win32 whose name it has after the prefix, with the same parameters, units,
 * flags, results and error codes; here stand only what is particular and the errors that it adds by itself.
 * What the engine refuses arrives as RtlNtStatusToDosError() translates it. Define `DOKAN_WINFILE_NAMES`
 * before including this header for inline functions with Win32's own names (and without
 * `DOKAN_NO_WIN32_NAMES`).
 *
 * **Errors.** A function that returns BOOL returns FALSE on failure, one that returns HANDLE
 * INVALID_HANDLE_VALUE; GetLastError() tells why, per thread. ERROR_INVALID_HANDLE: no open handle, or one of
 * another kind. ERROR_NOT_ENOUGH_MEMORY: memory ran out. ERROR_PATH_NOT_FOUND: no volume has that letter.
 *
 * **Names.** `X:\a`, `X:a`, `\a` and `a` as Windows reads them, by the current directory, which is the
 * process's; `\\?\X:\a` is taken literally, `\\.\X:` and `\\?\X:` are the volume. Slashes become backslashes,
 * dots and trailing blanks are resolved, except after `\\?\`. There are no device names (NUL, COM1) and no
 * UNC names (ERROR_BAD_NETPATH).
 *
 * **Memory.** Buffers belong to the caller. What is handed over with an OVERLAPPED must stay until it has
 * ended. What the library allocates (descriptors, their text) is freed with LocalFree.
 *
 * **Threads.** Any thread may call any function. A handle that one thread closes while another uses it is
 * closed when that use ends; requests that wait are ended.
 *
 * Link with libdokanwin.
 */
#ifndef DOKAN_WINFILE_H_
#define DOKAN_WINFILE_H_

#include "nt.h"
#include "winfile_types.h"

#ifdef __cplusplus
extern "C" {
#endif

/**
 * @name Volumes and callers
 * @{
 */

/**
 * Gives a volume of this process a drive letter for the calls below. The first one becomes the current drive.
 *
 * @param Volume the volume; it must not be closed before DokanWinDetach()
 * @param Letter `A` to `Z`, in either case
 * @return TRUE; FALSE with ERROR_INVALID_PARAMETER, ERROR_ALREADY_EXISTS when the letter is taken
 */
BOOL DOKANAPI DokanWinAttach(DOKAN_HANDLE Volume, WCHAR Letter);

/**
 * Takes the letter away. Handles that are open stay usable, until their volume ends.
 *
 * @param Letter the letter
 * @return TRUE; FALSE with ERROR_PATH_NOT_FOUND
 */
BOOL DOKANAPI DokanWinDetach(WCHAR Letter);

/**
 * Makes this thread ask as another Linux user, as ImpersonateLoggedOnUser does. Descriptors are checked for
 * that user. A thread that never calls it asks as the process.
 *
 * @param UserId the user
 * @param GroupId the group
 */
VOID DOKANAPI DokanWinImpersonate(ULONG UserId, ULONG GroupId);

/** Ends DokanWinImpersonate() on this thread. @return TRUE */
BOOL DOKANAPI DokanWinRevertToSelf(void);

/**
 * Win32 error of a status, as RtlNtStatusToDosError.
 *
 * @param Status the status
 * @return the error; ERROR_MR_MID_NOT_FOUND (317) for a status that has none
 */
DWORD DOKANAPI DokanWinErrorFromNtStatus(NTSTATUS Status);

/**
 * The in-process door's file behind a handle, for calls that Win32 has no name for.
 *
 * @param File a handle of DokanWinCreateFileW()
 * @return the file, valid until the handle is closed; NULL with ERROR_INVALID_HANDLE
 */
DOKAN_NT_FILE DOKANAPI DokanWinGetNtFile(HANDLE File);

/** @} */

/**
 * @name Files
 * @{
 */

/**
 * Opens or makes a file, or opens a directory (FILE_FLAG_BACKUP_SEMANTICS). GetLastError() is
 * ERROR_ALREADY_EXISTS after a success of CREATE_ALWAYS or OPEN_ALWAYS on a file that was there, else 0.
 *
 * @param FileName the name
 * @param DesiredAccess rights; FILE_READ_ATTRIBUTES and SYNCHRONIZE are added, with
 * FILE_FLAG_DELETE_ON_CLOSE DELETE
 * @param ShareMode `FILE_SHARE_*`
 * @param SecurityAttributes descriptor of a new file; or NULL
 * @param CreationDisposition CREATE_NEW to TRUNCATE_EXISTING, which needs GENERIC_WRITE
 * @param FlagsAndAttributes `FILE_FLAG_*` and attributes of a new file
 * @param TemplateFile must be NULL
 * @return the handle; INVALID_HANDLE_VALUE with ERROR_FILE_EXISTS (CREATE_NEW), ERROR_ACCESS_DENIED (also for
 * a directory, and for a file to be deleted), ERROR_SHARING_VIOLATION, ERROR_INVALID_PARAMETER and so on
 */
HANDLE DOKANAPI DokanWinCreateFileW(LPCWSTR FileName, DWORD DesiredAccess, DWORD ShareMode,
                                    LPSECURITY_ATTRIBUTES SecurityAttributes, DWORD CreationDisposition,
                                    DWORD FlagsAndAttributes, HANDLE TemplateFile);

/** The same with a name in UTF-8. @param FileName the name @param DesiredAccess rights @param ShareMode
 * `FILE_SHARE_*` @param SecurityAttributes as there @param CreationDisposition as there
 * @param FlagsAndAttributes as there @param TemplateFile must be NULL @return as DokanWinCreateFileW() */
HANDLE DOKANAPI DokanWinCreateFileA(LPCSTR FileName, DWORD DesiredAccess, DWORD ShareMode,
                                    LPSECURITY_ATTRIBUTES SecurityAttributes, DWORD CreationDisposition,
                                    DWORD FlagsAndAttributes, HANDLE TemplateFile);

/**
 * Closes a file or an event, and whatever DokanWin32CloseHandle() closes. Requests that wait on it end.
 *
 * @param Object the handle
 * @return TRUE or FALSE
 */
BOOL DOKANAPI DokanWinCloseHandle(HANDLE Object);

/**
 * Reads. On a synchronous handle without Overlapped from where it stands; the end of the file is a success
 * with 0 bytes there, and ERROR_HANDLE_EOF with Overlapped.
 *
 * @param File the file
 * @param[out] Buffer receives the data
 * @param NumberOfBytesToRead room in bytes
 * @param[out] NumberOfBytesRead receives the bytes read; may be NULL with Overlapped
 * @param[in,out] Overlapped the place; needed with FILE_FLAG_OVERLAPPED (ERROR_INVALID_PARAMETER)
 * @return TRUE; FALSE with ERROR_IO_PENDING when it goes on (FILE_FLAG_OVERLAPPED only)
 */
BOOL DOKANAPI DokanWinReadFile(HANDLE File, LPVOID Buffer, DWORD NumberOfBytesToRead,
                               LPDWORD NumberOfBytesRead, LPOVERLAPPED Overlapped);

/**
 * Writes, as DokanWinReadFile() reads. Both halves of the place 0xFFFFFFFF: at the end.
 *
 * @param File the file
 * @param Buffer the data
 * @param NumberOfBytesToWrite bytes
 * @param[out] NumberOfBytesWritten receives the bytes written; may be NULL with Overlapped
 * @param[in,out] Overlapped the place
 * @return as DokanWinReadFile()
 */
BOOL DOKANAPI DokanWinWriteFile(HANDLE File, LPCVOID Buffer, DWORD NumberOfBytesToWrite,
                                LPDWORD NumberOfBytesWritten, LPOVERLAPPED Overlapped);

/** Moves where the handle stands. @param File the file @param DistanceToMove bytes @param[out] NewFilePointer
 * receives the place; may be NULL @param MoveMethod FILE_BEGIN, FILE_CURRENT, FILE_END @return TRUE; FALSE
 * with ERROR_NEGATIVE_SEEK, ERROR_INVALID_PARAMETER */
BOOL DOKANAPI DokanWinSetFilePointerEx(HANDLE File, LARGE_INTEGER DistanceToMove,
                                       PLARGE_INTEGER NewFilePointer, DWORD MoveMethod);

/** Makes the file end where the handle stands. @param File the file @return TRUE or FALSE */
BOOL DOKANAPI DokanWinSetEndOfFile(HANDLE File);

/** Writes back. @param File a file with GENERIC_WRITE @return TRUE or FALSE */
BOOL DOKANAPI DokanWinFlushFileBuffers(HANDLE File);

/** Size. @param File the file @param[out] FileSize receives it, in bytes @return TRUE or FALSE */
BOOL DOKANAPI DokanWinGetFileSizeEx(HANDLE File, PLARGE_INTEGER FileSize);

/** Times. @param File the file @param[out] CreationTime birth, or NULL @param[out] LastAccessTime last read,
 * or NULL @param[out] LastWriteTime last write, or NULL @return TRUE or FALSE */
BOOL DOKANAPI DokanWinGetFileTime(HANDLE File, LPFILETIME CreationTime, LPFILETIME LastAccessTime,
                                  LPFILETIME LastWriteTime);

/** Sets times; NULL or 0 leaves one alone. @param File a file with FILE_WRITE_ATTRIBUTES @param CreationTime
 * birth @param LastAccessTime last read @param LastWriteTime last write @return TRUE or FALSE */
BOOL DOKANAPI DokanWinSetFileTime(HANDLE File, const FILETIME *CreationTime, const FILETIME *LastAccessTime,
                                  const FILETIME *LastWriteTime);

/** Attributes, times, size, links and index. @param File the file @param[out] Information receives them
 * @return TRUE or FALSE */
BOOL DOKANAPI DokanWinGetFileInformationByHandle(HANDLE File, LPBY_HANDLE_FILE_INFORMATION Information);

/** Information of a class. @param File the file @param Class what @param[out] Information receives it
 * @param BufferSize its bytes @return TRUE; FALSE with ERROR_MORE_DATA, ERROR_BAD_LENGTH, ERROR_NO_MORE_FILES
 * (directory classes), ERROR_HANDLE_EOF (no streams), ERROR_INVALID_PARAMETER, ERROR_NOT_SUPPORTED */
BOOL DOKANAPI DokanWinGetFileInformationByHandleEx(HANDLE File, FILE_INFO_BY_HANDLE_CLASS Class,
                                                   LPVOID Information, DWORD BufferSize);

/** Sets information of a class. @param File the file @param Class what @param Information it
 * @param BufferSize its bytes @return TRUE; FALSE with ERROR_BAD_LENGTH, ERROR_INVALID_PARAMETER and so on */
BOOL DOKANAPI DokanWinSetFileInformationByHandle(HANDLE File, FILE_INFO_BY_HANDLE_CLASS Class,
                                                 LPVOID Information, DWORD BufferSize);

/** Path of an open file. @param File the file @param[out] Path receives it, terminated; `\\?\X:\a` with
 * VOLUME_NAME_DOS, `\a` with VOLUME_NAME_NONE @param Units its room in code units @param Flags
 * VOLUME_NAME_DOS or VOLUME_NAME_NONE, FILE_NAME_NORMALIZED or FILE_NAME_OPENED @return code units without
 * terminator; the room needed with it if Units is too small; 0 on failure (ERROR_PATH_NOT_FOUND: its volume
 * has no letter) */
DWORD DOKANAPI DokanWinGetFinalPathNameByHandleW(HANDLE File, LPWSTR Path, DWORD Units, DWORD Flags);

/** @} */

/**
 * @name Names
 * @{
 */

/** Deletes a file, or the link itself. @param FileName the name @return TRUE; FALSE with ERROR_ACCESS_DENIED
 * for a directory or a READONLY file */
BOOL DOKANAPI DokanWinDeleteFileW(LPCWSTR FileName);

/** Makes a directory. @param PathName the name @param SecurityAttributes its descriptor, or NULL @return
 * TRUE; FALSE with ERROR_ALREADY_EXISTS, ERROR_PATH_NOT_FOUND */
BOOL DOKANAPI DokanWinCreateDirectoryW(LPCWSTR PathName, LPSECURITY_ATTRIBUTES SecurityAttributes);

/** Removes a directory. @param PathName the name @return TRUE; FALSE with ERROR_DIR_NOT_EMPTY,
 * ERROR_DIRECTORY */
BOOL DOKANAPI DokanWinRemoveDirectoryW(LPCWSTR PathName);

/** Renames; to another volume, with MOVEFILE_COPY_ALLOWED, by DokanWinCopyFileW(), so without streams and
 * descriptor. @param ExistingFileName from @param NewFileName to @param Flags `MOVEFILE_*` @return TRUE;
 * FALSE with ERROR_ALREADY_EXISTS, ERROR_ACCESS_DENIED (also to replace a directory), ERROR_NOT_SAME_DEVICE
 * without MOVEFILE_COPY_ALLOWED, ERROR_NOT_SUPPORTED (MOVEFILE_DELAY_UNTIL_REBOOT) */
BOOL DOKANAPI DokanWinMoveFileExW(LPCWSTR ExistingFileName, LPCWSTR NewFileName, DWORD Flags);

/** Copies contents, attributes and the time of the last write; no streams, no descriptor.
 * @param ExistingFileName from @param NewFileName to @param FailIfExists TRUE: ERROR_FILE_EXISTS
 * @return TRUE or FALSE */
BOOL DOKANAPI DokanWinCopyFileW(LPCWSTR ExistingFileName, LPCWSTR NewFileName, BOOL FailIfExists);

/** Gives a file a further name. @param FileName the new one @param ExistingFileName the file
 * @param SecurityAttributes must be NULL @return TRUE; FALSE with ERROR_INVALID_FUNCTION or another error
 * where there are no hard links */
BOOL DOKANAPI DokanWinCreateHardLinkW(LPCWSTR FileName, LPCWSTR ExistingFileName,
                                      LPSECURITY_ATTRIBUTES SecurityAttributes);

/** Makes a symbolic link. @param SymlinkFileName the link @param TargetFileName where it leads, not looked at
 * @param Flags SYMBOLIC_LINK_FLAG_DIRECTORY @return TRUE or FALSE */
BOOLEAN DOKANAPI DokanWinCreateSymbolicLinkW(LPCWSTR SymlinkFileName, LPCWSTR TargetFileName, DWORD Flags);

/** Attributes. @param FileName the name @return them; INVALID_FILE_ATTRIBUTES on failure */
DWORD DOKANAPI DokanWinGetFileAttributesW(LPCWSTR FileName);

/** Attributes, times and size. @param FileName the name @param Level GetFileExInfoStandard
 * @param[out] Information a #WIN32_FILE_ATTRIBUTE_DATA @return TRUE or FALSE */
BOOL DOKANAPI DokanWinGetFileAttributesExW(LPCWSTR FileName, GET_FILEEX_INFO_LEVELS Level,
                                           LPVOID Information);

/** Sets attributes; 0 is FILE_ATTRIBUTE_NORMAL. @param FileName the name @param FileAttributes them
 * @return TRUE or FALSE */
BOOL DOKANAPI DokanWinSetFileAttributesW(LPCWSTR FileName, DWORD FileAttributes);

/** The whole name. @param FileName a name @param Units room in code units @param[out] Buffer receives it,
 * terminated @param[out] FilePart receives the last part, NULL after a backslash; may be NULL @return code
 * units without terminator; the room needed with it if Units is too small; 0 on failure */
DWORD DOKANAPI DokanWinGetFullPathNameW(LPCWSTR FileName, DWORD Units, LPWSTR Buffer, LPWSTR *FilePart);

/** Changes the current directory of the process, and of that drive. @param PathName a directory @return TRUE;
 * FALSE with ERROR_DIRECTORY, ERROR_FILE_NOT_FOUND */
BOOL DOKANAPI DokanWinSetCurrentDirectoryW(LPCWSTR PathName);

/** The current directory. @param Units room in code units @param[out] Buffer receives it, terminated
 * @return as DokanWinGetFullPathNameW() */
DWORD DOKANAPI DokanWinGetCurrentDirectoryW(DWORD Units, LPWSTR Buffer);

/** @} */

/**
 * @name Listings
 * @{
 */

/** First entry that matches. @param FileName a path whose last part may have wildcards @param[out] FindData
 * receives the entry @return a handle for DokanWinFindClose(); INVALID_HANDLE_VALUE with
 * ERROR_FILE_NOT_FOUND, ERROR_PATH_NOT_FOUND, ERROR_DIRECTORY */
HANDLE DOKANAPI DokanWinFindFirstFileW(LPCWSTR FileName, LPWIN32_FIND_DATAW FindData);

/** Next entry. @param FindFile the handle @param[out] FindData receives it @return TRUE; FALSE with
 * ERROR_NO_MORE_FILES */
BOOL DOKANAPI DokanWinFindNextFileW(HANDLE FindFile, LPWIN32_FIND_DATAW FindData);

/** First stream of a file. @param FileName the file @param Level FindStreamInfoStandard @param[out]
 * FindStreamData a #WIN32_FIND_STREAM_DATA @param Flags 0 @return a handle for DokanWinFindClose();
 * INVALID_HANDLE_VALUE with ERROR_HANDLE_EOF (it has none, as most directories) */
HANDLE DOKANAPI DokanWinFindFirstStreamW(LPCWSTR FileName, STREAM_INFO_LEVELS Level, LPVOID FindStreamData,
                                         DWORD Flags);

/** Next stream. @param FindStream the handle @param[out] FindStreamData receives it @return TRUE; FALSE with
 * ERROR_HANDLE_EOF */
BOOL DOKANAPI DokanWinFindNextStreamW(HANDLE FindStream, LPVOID FindStreamData);

/** Closes either handle. @param FindFile the handle @return TRUE or FALSE */
BOOL DOKANAPI DokanWinFindClose(HANDLE FindFile);

/** @} */

/**
 * @name Security
 * @{
 */

/** Descriptor of a file. @param FileName the name @param Information the parts @param[out] Descriptor
 * receives it, self-relative @param Length its room in bytes @param[out] Needed receives the bytes needed
 * @return TRUE; FALSE with ERROR_INSUFFICIENT_BUFFER */
BOOL DOKANAPI DokanWinGetFileSecurityW(LPCWSTR FileName, SECURITY_INFORMATION Information,
                                       PSECURITY_DESCRIPTOR Descriptor, DWORD Length, LPDWORD Needed);

/** Sets parts of it. @param FileName the name @param Information the parts @param Descriptor a descriptor,
 * self-relative or absolute @return TRUE or FALSE */
BOOL DOKANAPI DokanWinSetFileSecurityW(LPCWSTR FileName, SECURITY_INFORMATION Information,
                                       PSECURITY_DESCRIPTOR Descriptor);

/** Descriptor of an open file. @param Handle the file @param Information the parts @param[out] Descriptor
 * receives it
 * @param Length its room in bytes @param[out] Needed receives the bytes needed @return as
 * DokanWinGetFileSecurityW()
 */
BOOL DOKANAPI DokanWinGetKernelObjectSecurity(HANDLE Handle, SECURITY_INFORMATION Information,
                                              PSECURITY_DESCRIPTOR Descriptor, DWORD Length, LPDWORD Needed);

/** Sets parts of it. @param Handle the file @param Information the parts @param Descriptor a descriptor
 * @return TRUE or FALSE */
BOOL DOKANAPI DokanWinSetKernelObjectSecurity(HANDLE Handle, SECURITY_INFORMATION Information,
                                              PSECURITY_DESCRIPTOR Descriptor);

/** Bytes of a descriptor, self-relative or as it would be so. @param Descriptor a valid one @return bytes */
DWORD DOKANAPI DokanWinGetSecurityDescriptorLength(PSECURITY_DESCRIPTOR Descriptor);

/** Descriptor from text. @param Text SDDL @param Revision SDDL_REVISION_1 @param[out] Descriptor receives it;
 * for LocalFree @param[out] Length receives its bytes; may be NULL @return TRUE; FALSE with the errors of
 * DokanSddlToSecurityDescriptor(), ERROR_UNKNOWN_REVISION */
BOOL DOKANAPI DokanWinConvertStringSecurityDescriptorToSecurityDescriptorW(LPCWSTR Text, DWORD Revision,
                                                                           PSECURITY_DESCRIPTOR *Descriptor,
                                                                           PULONG Length);

/** Text of a descriptor. @param Descriptor a valid one @param Revision SDDL_REVISION_1 @param Information the
 * parts
 * @param[out] Text receives it, terminated; for LocalFree @param[out] Length receives its code units with
 * terminator; may be NULL @return TRUE; FALSE with the errors of DokanSecurityDescriptorToSddl(),
 * ERROR_UNKNOWN_REVISION */
BOOL DOKANAPI DokanWinConvertSecurityDescriptorToStringSecurityDescriptorW(PSECURITY_DESCRIPTOR Descriptor,
                                                                           DWORD Revision,
                                                                           SECURITY_INFORMATION Information,
                                                                           LPWSTR *Text, PULONG Length);

/** Frees what these two gave. @param Memory it, or NULL @return NULL */
HLOCAL DOKANAPI DokanWinLocalFree(HLOCAL Memory);

/** @} */

/**
 * @name Locks, changes, controls
 * @{
 */

/** Locks bytes. Without LOCKFILE_FAIL_IMMEDIATELY it waits on a synchronous handle; on one with
 * FILE_FLAG_OVERLAPPED it is ERROR_IO_PENDING. @param File the file @param Flags `LOCKFILE_*` @param Reserved
 * 0 @param BytesLow low half of the length @param BytesHigh high half @param[in,out] Overlapped the place
 * @return TRUE; FALSE with ERROR_LOCK_VIOLATION (at once or never), ERROR_IO_PENDING */
BOOL DOKANAPI DokanWinLockFileEx(HANDLE File, DWORD Flags, DWORD Reserved, DWORD BytesLow, DWORD BytesHigh,
                                 LPOVERLAPPED Overlapped);

/** Unlocks them. @param File the file @param Reserved 0 @param BytesLow low half of the length @param
 * BytesHigh high half @param[in,out] Overlapped the place @return TRUE; FALSE with ERROR_NOT_LOCKED */
BOOL DOKANAPI DokanWinUnlockFileEx(HANDLE File, DWORD Reserved, DWORD BytesLow, DWORD BytesHigh,
                                   LPOVERLAPPED Overlapped);

/** Locks bytes for this handle alone, at once or not. @param File the file @param OffsetLow low half of the
 * place
 * @param OffsetHigh high half @param BytesLow low half of the length @param BytesHigh high half @return TRUE;
 * FALSE with ERROR_LOCK_VIOLATION */
BOOL DOKANAPI DokanWinLockFile(HANDLE File, DWORD OffsetLow, DWORD OffsetHigh, DWORD BytesLow,
                               DWORD BytesHigh);

/** Unlocks them. @param File the file @param OffsetLow low half of the place @param OffsetHigh high half
 * @param BytesLow low half of the length @param BytesHigh high half @return TRUE; FALSE with ERROR_NOT_LOCKED
 */
BOOL DOKANAPI DokanWinUnlockFile(HANDLE File, DWORD OffsetLow, DWORD OffsetHigh, DWORD BytesLow,
                                 DWORD BytesHigh);

/**
 * Waits for changes in a directory; returns at once with ERROR_IO_PENDING on an overlapped handle, as TRUE.
 * Success with 0 bytes: too many, look for yourself.
 *
 * @param Directory a directory opened with FILE_LIST_DIRECTORY
 * @param[out] Buffer receives #FILE_NOTIFY_INFORMATION, aligned to 4
 * @param Length its room in bytes
 * @param WatchSubtree TRUE: everything below as well
 * @param Filter FILE_NOTIFY_CHANGE_*
 * @param[out] BytesReturned receives the bytes, on a synchronous handle
 * @param[in,out] Overlapped needed on an overlapped handle
 * @param Completion must be NULL: there are no asynchronous procedure calls (ERROR_NOT_SUPPORTED)
 * @return TRUE; FALSE with ERROR_OPERATION_ABORTED (cancelled)
 */
BOOL DOKANAPI DokanWinReadDirectoryChangesW(HANDLE Directory, LPVOID Buffer, DWORD Length, BOOL WatchSubtree,
                                            DWORD Filter, LPDWORD BytesReturned, LPOVERLAPPED Overlapped,
                                            LPOVERLAPPED_COMPLETION_ROUTINE Completion);

/** A file-system control. @param File the file @param Code FSCTL_* @param InBuffer data in @param InSize its
 * bytes
 * @param[out] OutBuffer data out @param OutSize its room in bytes @param[out] BytesReturned receives the
 * bytes; may be NULL with Overlapped @param[in,out] Overlapped needed on an overlapped handle @return TRUE;
 * FALSE with ERROR_INVALID_FUNCTION (unknown), ERROR_MORE_DATA, ERROR_IO_PENDING */
BOOL DOKANAPI DokanWinDeviceIoControl(HANDLE File, DWORD Code, LPVOID InBuffer, DWORD InSize,
                                      LPVOID OutBuffer, DWORD OutSize, LPDWORD BytesReturned,
                                      LPOVERLAPPED Overlapped);

/** Result of an overlapped request. @param File its handle @param Overlapped it @param[out] Bytes receives
 * the bytes
 * @param Wait TRUE: until it ends @return TRUE; FALSE with ERROR_IO_INCOMPLETE or its error */
BOOL DOKANAPI DokanWinGetOverlappedResult(HANDLE File, LPOVERLAPPED Overlapped, LPDWORD Bytes, BOOL Wait);

/** Ends requests that wait; they give ERROR_OPERATION_ABORTED. @param File the handle @param Overlapped which
 * one; NULL: all of the handle, synchronous ones of other threads too @return TRUE; FALSE with
 * ERROR_NOT_FOUND */
BOOL DOKANAPI DokanWinCancelIoEx(HANDLE File, LPOVERLAPPED Overlapped);

/** An event. @param Attributes ignored @param ManualReset FALSE: a wait that it ends resets it @param
 * InitialState TRUE: set @param Name must be NULL @return a handle for DokanWinCloseHandle(); NULL on failure
 */
HANDLE DOKANAPI DokanWinCreateEventW(LPSECURITY_ATTRIBUTES Attributes, BOOL ManualReset, BOOL InitialState,
                                     LPCWSTR Name);

/** Sets an event. @param Event it @return TRUE or FALSE */
BOOL DOKANAPI DokanWinSetEvent(HANDLE Event);

/** Resets it. @param Event it @return TRUE or FALSE */
BOOL DOKANAPI DokanWinResetEvent(HANDLE Event);

/** Waits for an event. @param Event it; other handles are WAIT_FAILED @param Milliseconds at most; INFINITE
 * @return WAIT_OBJECT_0, WAIT_TIMEOUT or WAIT_FAILED */
DWORD DOKANAPI DokanWinWaitForSingleObject(HANDLE Event, DWORD Milliseconds);

/** @} */

/**
 * @name Volumes
 * @{
 */

/** Space. @param DirectoryName any name on the volume; NULL: the current one @param[out] FreeBytesAvailable
 * for the caller, or NULL @param[out] TotalBytes or NULL @param[out] TotalFreeBytes or NULL @return TRUE or
 * FALSE */
BOOL DOKANAPI DokanWinGetDiskFreeSpaceExW(LPCWSTR DirectoryName, PULARGE_INTEGER FreeBytesAvailable,
                                          PULARGE_INTEGER TotalBytes, PULARGE_INTEGER TotalFreeBytes);

/** Label and kind. @param RootPathName `X:\` with its backslash (else ERROR_INVALID_NAME); NULL: the current
 * one
 * @param[out] VolumeName receives the label, or NULL @param VolumeUnits its room in code units
 * @param[out] SerialNumber or NULL @param[out] MaximumComponentLength in code units, or NULL
 * @param[out] FileSystemFlags FILE_CASE_SENSITIVE_SEARCH and its kin, or NULL @param[out] FileSystemName or
 * NULL
 * @param FileSystemUnits its room in code units @return TRUE; FALSE with ERROR_BAD_LENGTH, ERROR_DIR_NOT_ROOT
 */
BOOL DOKANAPI DokanWinGetVolumeInformationW(LPCWSTR RootPathName, LPWSTR VolumeName, DWORD VolumeUnits,
                                            LPDWORD SerialNumber, LPDWORD MaximumComponentLength,
                                            LPDWORD FileSystemFlags, LPWSTR FileSystemName,
                                            DWORD FileSystemUnits);

/** @} */

/**
 * @name Times
 * @{
 */

/** Calendar of a time. @param FileTime it, below 0x8000000000000000 @param[out] SystemTime receives it, UTC
 * @return TRUE; FALSE with ERROR_INVALID_PARAMETER */
BOOL DOKANAPI DokanWinFileTimeToSystemTime(const FILETIME *FileTime, LPSYSTEMTIME SystemTime);

/** Time of a calendar. @param SystemTime UTC; wDayOfWeek is ignored @param[out] FileTime receives it @return
 * TRUE; FALSE with ERROR_INVALID_PARAMETER */
BOOL DOKANAPI DokanWinSystemTimeToFileTime(const SYSTEMTIME *SystemTime, LPFILETIME FileTime);

/** Local time, by the zone's present distance to UTC. @param FileTime UTC @param[out] LocalFileTime receives
 * it
 * @return TRUE; FALSE with ERROR_INVALID_PARAMETER */
BOOL DOKANAPI DokanWinFileTimeToLocalFileTime(const FILETIME *FileTime, LPFILETIME LocalFileTime);

/** @} */

#ifdef __cplusplus
}
#endif

#ifdef DOKAN_WINFILE_NAMES
#include "winfile_names.h"
#endif

#endif /* DOKAN_WINFILE_H_ */
