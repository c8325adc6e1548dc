// SPDX-License-Identifier: MIT
/**
 * @file dokan.h
 * @brief The Dokan 2 interface: callbacks of a file system and the functions that mount it.
 *
 * Source- and ABI-compatible with Dokany 2.3.1. A program fills a #DOKAN_OPTIONS and a #DOKAN_OPERATIONS,
 * calls DokanInit(), then DokanMain() or DokanCreateFileSystem(), and answers the callbacks until the volume
 * is unmounted. What goes beyond Dokany is in dokan_ex.h.
 *
 * **Names.** A path given to a callback is NUL-terminated UTF-16, relative to the volume, starts with a
 * backslash and has no backslash at its end; the root is a single backslash. It belongs to the library and is
 * valid until the callback returns.
 *
 * **Calls.** Any thread may call any function, also at the same time, unless its description says otherwise.
 * In a child that was forked without exec every call fails. What follows Win32 reports its error by
 * GetLastError.
 *
 * **Threads.** Unless DOKAN_OPTIONS::SingleThread is set, any callback may run on any thread at any time,
 * also several for one handle. Callbacks run with all signals blocked.
 *
 * **Results.** A callback returns an #NTSTATUS (see ntstatus.h); it must not return STATUS_PENDING. Unless
 * its description says otherwise, any failure status is passed on to the caller. A callback that a file
 * system leaves NULL counts as returning STATUS_NOT_IMPLEMENTED.
 *
 * **Time.** A callback that runs longer than DOKAN_OPTIONS::Timeout is given up: its caller gets
 * STATUS_IO_TIMEOUT, other requests go on. What it was given stays valid until it returns; its late result is
 * undone or ignored.
 */
#ifndef DOKAN_H_
#define DOKAN_H_

#include "dokan_operations.h"
#include "fileinfo.h"
#include "ntstatus.h"
#include "public.h"
#include "wintypes.h"

#ifdef __cplusplus
extern "C" {
#endif

/** File name of Dokany's driver. */
#define DOKAN_DRIVER_NAME DOKAN_TEXT("dokan2.sys")
/** Name of Dokany's network provider. */
#define DOKAN_NP_NAME DOKAN_TEXT("Dokan2")

/**
 * @name Results of a mount
 * What DokanMain() and DokanCreateFileSystem() return. A message on standard error says more.
 * @{
 */
#define DOKAN_SUCCESS              0    /**< Mounted. */
#define DOKAN_ERROR                (-1) /**< DokanInit() was not called, a NULL argument, or memory ran out. */
#define DOKAN_DRIVE_LETTER_ERROR   (-2) /**< Bad drive letter; kept for compatibility, never returned. */
#define DOKAN_DRIVER_INSTALL_ERROR (-3) /**< No way into the kernel: no usable /dev/fuse, or no threads. */
#define DOKAN_START_ERROR          (-4) /**< Volume cannot start: bad options, or the mount point is already ours. */
#define DOKAN_MOUNT_ERROR          (-5) /**< Mount point missing, not empty, busy, or not permitted. */
#define DOKAN_MOUNT_POINT_ERROR    (-6) /**< DOKAN_OPTION_NETWORK without DOKAN_OPTIONS::UNCName. */
#define DOKAN_VERSION_ERROR        (-7) /**< DOKAN_OPTIONS::Version is below #DOKAN_MINIMUM_COMPATIBLE_VERSION. */
/** @} */

/**
 * @name Exceptions
 * Dokany raises these; here they reach the hook of DokanSetExceptionHook().
 * @{
 */
#define DOKAN_EXCEPTION_NOT_INITIALIZED       0x0f0ff0ffu /**< A mount without DokanInit(). */
#define DOKAN_EXCEPTION_INITIALIZATION_FAILED 0x0fbadbadu /**< DokanInit() could not start. */
#define DOKAN_EXCEPTION_SHUTDOWN_FAILED       0x0fbadf00u /**< More DokanShutdown() than DokanInit(). */
/** @} */

/** A mounted volume; see DokanCreateFileSystem(). */
typedef PVOID DOKAN_HANDLE;
/** Pointer to a #DOKAN_HANDLE. */
typedef DOKAN_HANDLE *PDOKAN_HANDLE;

/**
 * Prepares the library. Counts: every call wants one DokanShutdown().
 *
 * Any thread may call it. It starts no thread. On failure the exception hook is told
 * #DOKAN_EXCEPTION_INITIALIZATION_FAILED.
 */
VOID DOKANAPI DokanInit(void);

/**
 * Takes one DokanInit() back. The last one closes every volume of the process and waits for it.
 *
 * Must not be called from a callback. One call too many changes nothing and tells the exception hook
 * #DOKAN_EXCEPTION_SHUTDOWN_FAILED.
 */
VOID DOKANAPI DokanShutdown(void);

/**
 * Mounts a file system and returns when it is unmounted again.
 *
 * Blocks the calling thread; callbacks run on threads of the library. Any number of volumes may be mounted,
 * each from its own thread.
 *
 * @param DokanOptions options; must live until the call returns
 * @param DokanOperations callbacks; must live until the call returns, and while a callback that was given up
 * still runs (see DokanIsVolumeDrained())
 * @return #DOKAN_SUCCESS after the unmount, or at once another result when the mount failed
 */
int DOKANAPI DokanMain(PDOKAN_OPTIONS DokanOptions, PDOKAN_OPERATIONS DokanOperations);

/**
 * Mounts a file system and returns as soon as it is mounted.
 *
 * Mounted runs on the calling thread before the call returns.
 *
 * @param DokanOptions options; must live until DokanCloseHandle() has returned
 * @param DokanOperations callbacks; must live as long
 * @param[out] DokanInstance receives the volume, to be given to DokanCloseHandle(); NULL when the mount
 * failed
 * @return #DOKAN_SUCCESS or another result
 */
int DOKANAPI DokanCreateFileSystem(PDOKAN_OPTIONS DokanOptions, PDOKAN_OPERATIONS DokanOperations,
                                   DOKAN_HANDLE *DokanInstance);

/**
 * Tells whether a volume is still mounted.
 *
 * @param DokanInstance the volume
 * @return TRUE while it is mounted; FALSE for NULL
 */
BOOL DOKANAPI DokanIsFileSystemRunning(DOKAN_HANDLE DokanInstance);

/**
 * Waits until a volume is unmounted and its Unmounted callback has returned; follows Win32
 * `WaitForSingleObject`.
 *
 * @param DokanInstance the volume
 * @param dwMilliseconds time limit; INFINITE for none
 * @return WAIT_OBJECT_0 when it is unmounted (and for NULL), WAIT_TIMEOUT, or WAIT_FAILED for no volume
 */
DWORD DOKANAPI DokanWaitForFileSystemClosed(DOKAN_HANDLE DokanInstance, DWORD dwMilliseconds);

/**
 * Asks for one call when a volume is unmounted; follows Win32 `RegisterWaitForSingleObject`.
 *
 * The callback runs once on a thread of the library, at once if the volume is unmounted already.
 *
 * @param DokanInstance the volume
 * @param[out] WaitHandle receives the wait, to be given to DokanUnregisterWaitForFileSystemClosed() before
 * the volume is closed
 * @param Callback called with TRUE when the time ran out, FALSE when the volume was unmounted
 * @param Context passed to Callback
 * @param dwMilliseconds time limit; INFINITE for none
 * @return TRUE when registered; FALSE with ERROR_INVALID_PARAMETER for NULL, ERROR_OUTOFMEMORY
 */
BOOL DOKANAPI DokanRegisterWaitForFileSystemClosed(DOKAN_HANDLE DokanInstance, PHANDLE WaitHandle,
                                                   WAITORTIMERCALLBACKFUNC Callback, PVOID Context,
                                                   ULONG dwMilliseconds);

/**
 * Ends a wait of DokanRegisterWaitForFileSystemClosed(); follows Win32 `UnregisterWaitEx`.
 *
 * @param WaitHandle the wait; invalid afterwards
 * @param WaitForCallbacks TRUE: return only when the callback is not running (never from the callback itself)
 * @return TRUE; FALSE with ERROR_IO_PENDING when the callback is running and WaitForCallbacks is FALSE, FALSE
 * with ERROR_INVALID_HANDLE when WaitHandle is no wait
 */
BOOL DOKANAPI DokanUnregisterWaitForFileSystemClosed(HANDLE WaitHandle, BOOL WaitForCallbacks);

/**
 * Unmounts a volume of this process, waits until that is done and frees it.
 *
 * Must not be called from a callback. Fine after the volume was unmounted by others.
 *
 * @param DokanInstance the volume; invalid afterwards; NULL does nothing
 */
VOID DOKANAPI DokanCloseHandle(DOKAN_HANDLE DokanInstance);

/**
 * Unmounts a drive, of any process of the same user (of anyone for root).
 *
 * @param DriveLetter the letter
 * @return TRUE when it was mounted and is no longer
 */
BOOL DOKANAPI DokanUnmount(WCHAR DriveLetter);

/**
 * Unmounts a mount point, of any process of the same user (of anyone for root).
 *
 * @param MountPoint a drive (`M`, `M:`, `M:\`) or a path
 * @return TRUE when it was mounted and is no longer; FALSE otherwise and for NULL or an empty string
 */
BOOL DOKANAPI DokanRemoveMountPoint(LPCWSTR MountPoint);

/**
 * Tells whether a name matches a pattern; follows NT's `FsRtlIsNameInExpression`.
 *
 * `*` stands for any text, `?` for one unit. The DOS wildcards are `<` (any text up to the last dot), `>`
 * (one unit, or none at a dot or the end) and `"` (a dot, or nothing at the end).
 *
 * @param Expression the pattern
 * @param Name the name, without a path
 * @param IgnoreCase whether case is ignored
 * @return TRUE when it matches; FALSE for NULL
 */
BOOL DOKANAPI DokanIsNameInExpression(LPCWSTR Expression, LPCWSTR Name, BOOL IgnoreCase);

/** Version of the library. @return #DOKAN_VERSION */
ULONG DOKANAPI DokanVersion(void);

/** Version of the driver protocol. @return #DOKAN_DRIVER_VERSION, 0 when the kernel offers no way to mount */
ULONG DOKANAPI DokanDriverVersion(void);

/**
 * Gives the running callback more time: its deadline becomes now + Timeout. Calls do not add up.
 *
 * @param Timeout ms, at most 300000
 * @param DokanFileInfo what the callback got
 * @return TRUE; FALSE with ERROR_INVALID_PARAMETER outside a request
 */
BOOL DOKANAPI DokanResetTimeout(ULONG Timeout, PDOKAN_FILE_INFO DokanFileInfo);

/**
 * Token of who asked. Inside ZwCreateFile only; see DokanGetRequestorIdentity() for its Linux identity.
 *
 * @param DokanFileInfo what the callback got
 * @return a token to be closed with CloseHandle; INVALID_HANDLE_VALUE with ERROR_INVALID_PARAMETER elsewhere,
 * with ERROR_OUTOFMEMORY when memory ran out
 */
HANDLE DOKANAPI DokanOpenRequestorToken(PDOKAN_FILE_INFO DokanFileInfo);

/**
 * Lists the mounts of this user (of everybody for root), oldest first.
 *
 * @param uncOnly TRUE: only those with a UNC name
 * @param[out] nbRead receives their number
 * @return the list, to be freed with DokanReleaseMountPointList(); NULL when there is none or memory ran out
 */
PDOKAN_MOUNT_POINT_INFO DOKANAPI DokanGetMountPointList(BOOL uncOnly, PULONG nbRead);

/**
 * Frees a list of DokanGetMountPointList().
 *
 * @param list the list; NULL does nothing
 */
VOID DOKANAPI DokanReleaseMountPointList(PDOKAN_MOUNT_POINT_INFO list);

/**
 * Translates the arguments of ZwCreateFile to those of Win32 `CreateFile`.
 *
 * @param DesiredAccess rights
 * @param FileAttributes `FILE_ATTRIBUTE_*`
 * @param CreateOptions FILE_DIRECTORY_FILE and its kin
 * @param CreateDisposition FILE_SUPERSEDE to FILE_OVERWRITE_IF
 * @param[out] outDesiredAccess receives the rights, generic where all specific ones are there; may be NULL
 * @param[out] outFileAttributesAndFlags receives attributes and `FILE_FLAG_*`; may be NULL
 * @param[out] outCreationDisposition receives CREATE_NEW to TRUNCATE_EXISTING; may be NULL
 */
VOID DOKANAPI DokanMapKernelToUserCreateFileFlags(ACCESS_MASK DesiredAccess, ULONG FileAttributes,
                                                  ULONG CreateOptions, ULONG CreateDisposition,
                                                  ACCESS_MASK *outDesiredAccess,
                                                  DWORD *outFileAttributesAndFlags,
                                                  DWORD *outCreationDisposition);

/**
 * @name Change notification
 * Tell the volume about changes that did not come through it. Any thread may call these, callbacks included.
 * A path starts with the mount point, or with a letter and a colon (`M:\dir\file`), or is the path in the
 * volume
 * (`\dir\file`). All return FALSE for a NULL volume or path, a path that is too short or has another form,
 * and a volume that is being unmounted.
 * @{
 */
/**
 * Tells that a file or directory came into being.
 *
 * @param DokanInstance the volume
 * @param FilePath its path
 * @param IsDirectory whether it is a directory
 * @return TRUE when taken, also when nobody listens
 */
BOOL DOKANAPI DokanNotifyCreate(DOKAN_HANDLE DokanInstance, LPCWSTR FilePath, BOOL IsDirectory);

/**
 * Tells that a file or directory is gone.
 *
 * @param DokanInstance the volume
 * @param FilePath its path
 * @param IsDirectory whether it was a directory
 * @return TRUE when taken, also when nobody listens
 */
BOOL DOKANAPI DokanNotifyDelete(DOKAN_HANDLE DokanInstance, LPCWSTR FilePath, BOOL IsDirectory);

/**
 * Tells that attributes, times or data changed.
 *
 * @param DokanInstance the volume
 * @param FilePath its path
 * @return TRUE when taken, also when nobody listens
 */
BOOL DOKANAPI DokanNotifyUpdate(DOKAN_HANDLE DokanInstance, LPCWSTR FilePath);

/**
 * Tells that extended attributes changed.
 *
 * @param DokanInstance the volume
 * @param FilePath its path
 * @return TRUE when taken, also when nobody listens
 */
BOOL DOKANAPI DokanNotifyXAttrUpdate(DOKAN_HANDLE DokanInstance, LPCWSTR FilePath);

/**
 * Tells that a file or directory was renamed or moved.
 *
 * @param DokanInstance the volume
 * @param OldPath path before
 * @param NewPath path now
 * @param IsDirectory whether it is a directory
 * @param IsInSameDirectory whether both paths have the same parent
 * @return TRUE when both were taken, also when nobody listens
 */
BOOL DOKANAPI DokanNotifyRename(DOKAN_HANDLE DokanInstance, LPCWSTR OldPath, LPCWSTR NewPath,
                                BOOL IsDirectory, BOOL IsInSameDirectory);
/** @} */

/**
 * Translates a Win32 error.
 *
 * @param Error `ERROR_*`
 * @return the status; STATUS_ACCESS_DENIED for an unknown error. Mind that ERROR_INVALID_FUNCTION becomes
 * STATUS_NOT_IMPLEMENTED, which selects the default behaviour of a callback.
 */
NTSTATUS DOKANAPI DokanNtStatusFromWin32(DWORD Error);

#ifdef __cplusplus
}
#endif

#endif /* DOKAN_H_ */
