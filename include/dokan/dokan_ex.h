// SPDX-License-Identifier: MIT
/**
 * @file dokan_ex.h
 * @brief What this library offers beyond Dokany.
 *
 * Structures start with their Size: set it to `sizeof`, so that a later library knows how much of one it may
 * touch.
 */
#ifndef DOKAN_EX_H_
#define DOKAN_EX_H_

#include "dokan.h"
#include "dokan_operations_ex.h"
#include "dokan_text.h"

#ifdef __cplusplus
extern "C" {
#endif

/**
 * @name Mounting with more options
 * @{
 */

/** Value of a number in #DOKAN_MOUNT_OPTIONS_EX that leaves the choice to the library. */
#define DOKAN_EX_DEFAULT 0xFFFFFFFFu

#define DOKAN_EX_NO_MOUNT  0x1u /**< Start the volume without a mount: for calls in the same process. */
#define DOKAN_EX_NO_REAPER 0x2u /**< No helper that removes the mount when this process dies. */
/**
 * close(2) does not call FlushFileBuffers, only fsync(2) does. For a file system whose WriteFile reports
 * every error itself: without the flag a close(2) after a write calls FlushFileBuffers, so that errors that
 * come late reach the program.
 */
#define DOKAN_EX_FLUSH_ON_FSYNC 0x4u
#define DOKAN_EX_QUIET          0x8u /**< Do not say on standard error where it is mounted. */
/**
 * Check every open against the security descriptor that GetFileSecurity tells, as Windows does for NTFS: of
 * the file, and of the directory for a new one and for the right to delete. Refused with
 * STATUS_ACCESS_DENIED, before anything is created or overwritten. Root may do everything. What programs do
 * through a mount without opening (remove, rename, change attributes) is left to the kernel's permissions.
 */
#define DOKAN_EX_ACCESS_CHECK 0x10u
/**
 * A new file's SecurityContext->AccessState.SecurityDescriptor is complete: what its creator gave and what
 * its directory passes on, with owner and group. Without the flag it is as under Dokany: what the creator
 * gave alone, NULL if nothing.
 */
#define DOKAN_EX_INHERIT_SECURITY 0x20u
/**
 * SetFileSecurity always gets a whole descriptor, what is set merged with what GetFileSecurity tells, and
 * SecurityInformation says so. Without the flag it gets the parts that are set, and merges them itself.
 */
#define DOKAN_EX_WHOLE_SECURITY 0x40u

/**
 * Options beyond #DOKAN_OPTIONS.
 *
 * Start from DokanMountOptionsExDefault(): all zero would mean owner root and no caching.
 */
typedef struct _DOKAN_MOUNT_OPTIONS_EX {
    ULONG Size; /**< `sizeof(DOKAN_MOUNT_OPTIONS_EX)`. */
    /** DOKAN_EX_NO_MOUNT, DOKAN_EX_NO_REAPER, DOKAN_EX_FLUSH_ON_FSYNC, DOKAN_EX_QUIET, DOKAN_EX_ACCESS_CHECK,
     * DOKAN_EX_INHERIT_SECURITY, DOKAN_EX_WHOLE_SECURITY. */
    ULONG Flags;
    ULONG EntryTimeoutMs;    /**< How long the kernel may keep a name, in ms. #DOKAN_EX_DEFAULT: 1000. */
    ULONG AttrTimeoutMs;     /**< How long it may keep attributes, in ms. #DOKAN_EX_DEFAULT: 1000. */
    ULONG NegativeTimeoutMs; /**< How long it may take a name for missing, in ms. #DOKAN_EX_DEFAULT: 0. */
    ULONG Uid;               /**< Owner of every file. #DOKAN_EX_DEFAULT: the mounter. */
    ULONG Gid;               /**< Group of every file. #DOKAN_EX_DEFAULT: the mounter's. */
    ULONG Umask;             /**< Mode bits taken away (octal). #DOKAN_EX_DEFAULT: the mounter's umask. */
    ULONG FileMask;          /**< The same for files only, instead of Umask. #DOKAN_EX_DEFAULT: use Umask. */
    ULONG DirMask; /**< The same for directories only, instead of Umask. #DOKAN_EX_DEFAULT: use Umask. */
    ULONG TestTimeoutMs; /**< For tests: time limit of a callback in ms, without bounds; 0: none. */
    ULONG Reserved;      /**< 0. */
    /**
     * Further mount options in UTF-8, separated by commas (a backslash keeps one inside a value), or NULL;
     * copied. For the kernel: `allow_other`, `default_permissions`, `ro`, `nosuid`, `nodev`, `noexec`,
     * `noatime`, `nodiratime`, `sync`, `dirsync`, `nosymfollow`, `nonempty`, `fsname=`, `subtype=`,
     * `max_read=`. For the library: `uid=`, `gid=`, `umask=`, `fmask=`, `dmask=`, `entry_timeout=`,
     * `attr_timeout=`, `negative_timeout=` (seconds), `xattr=auto`, `xattr=off`, `keep_cache`, `direct_io`,
     * `flush=close`, `flush=fsync`, `streams` (`a:b` names a stream, where DOKAN_OPTION_ALT_STREAM is set).
     */
    const char *FuseOptions;
    /** Called first on every thread that runs callbacks, or NULL. Here a binding attaches its interpreter. */
    void(DOKAN_CALLBACK *ThreadStart)(void *ThreadArg);
    /** Called last on every such thread, or NULL; before DokanCloseHandle() returns, unless the thread is
     * stuck in a callback (DokanIsVolumeDrained()). */
    void(DOKAN_CALLBACK *ThreadStop)(void *ThreadArg);
    void *ThreadArg;                         /**< Passed to both. */
    const DOKAN_OPERATIONS_EX *OperationsEx; /**< Operations beyond Dokany's, copied; NULL: none. */
} DOKAN_MOUNT_OPTIONS_EX, *PDOKAN_MOUNT_OPTIONS_EX;

/** A #DOKAN_MOUNT_OPTIONS_EX in which everything has its default. @return the options */
static inline DOKAN_MOUNT_OPTIONS_EX DokanMountOptionsExDefault(void)
{
    DOKAN_MOUNT_OPTIONS_EX options;

    memset(&options, 0, sizeof(options));
    options.Size = (ULONG)sizeof(options);
    options.EntryTimeoutMs = options.AttrTimeoutMs = options.NegativeTimeoutMs = DOKAN_EX_DEFAULT;
    options.Uid = options.Gid = DOKAN_EX_DEFAULT;
    options.Umask = options.FileMask = options.DirMask = DOKAN_EX_DEFAULT;
    return options;
}

/**
 * DokanCreateFileSystem() with more options.
 *
 * @param DokanOptions options; must live until DokanCloseHandle() has returned
 * @param DokanOperations callbacks; must live as long
 * @param OptionsEx more options, copied; NULL for the defaults
 * @param[out] DokanInstance receives the volume; NULL when the mount failed
 * @return #DOKAN_SUCCESS or another result; #DOKAN_START_ERROR for a wrong Size, an unknown flag or mount
 * option
 */
int DOKANAPI DokanCreateFileSystemEx(PDOKAN_OPTIONS DokanOptions, PDOKAN_OPERATIONS DokanOperations,
                                     const DOKAN_MOUNT_OPTIONS_EX *OptionsEx, DOKAN_HANDLE *DokanInstance);

/** @} */

/**
 * @name Volumes
 * @{
 */

/**
 * Path of the mount, in full length.
 *
 * @param DokanInstance the volume
 * @param[out] Path receives the absolute Linux path, UTF-8, cut if need be and always terminated; may be NULL
 * if Size is 0
 * @param Size room in bytes
 * @return bytes of the path without its terminator (the path was cut if this is not below Size); 0 when
 * DokanInstance is NULL or not mounted anywhere
 */
SIZE_T DOKANAPI DokanGetMountPoint(DOKAN_HANDLE DokanInstance, char *Path, SIZE_T Size);

/**
 * Number of the volume, unique in the process and never used again.
 *
 * @param DokanInstance the volume
 * @return its number, 0 for NULL
 */
ULONG64 DOKANAPI DokanGetVolumeId(DOKAN_HANDLE DokanInstance);

/**
 * Tells whether no callback of a volume runs any longer.
 *
 * A callback that was given up at its deadline may still run when DokanMain() or DokanCloseHandle() returns.
 * Until this returns TRUE, what callbacks use (the operations, their code, the file system's data) must not
 * be freed or unloaded.
 *
 * @param VolumeId what DokanGetVolumeId() returned; 0 for all volumes of the process. The handle itself may
 * be closed.
 * @return TRUE when the volume is closed, none of its callbacks runs and ThreadStop was called on all its
 * threads; also for a number never given out
 */
BOOL DOKANAPI DokanIsVolumeDrained(ULONG64 VolumeId);

/**
 * Lets a child that was forked without exec use the library itself.
 *
 * What the child has of the parent's volumes is given up; the parent keeps them and notices nothing. To be
 * called before anything else in the child, while it has one thread. Handles and the count of DokanInit()
 * start anew. Where the parent did not use the library, it does nothing.
 *
 * @return TRUE
 */
BOOL DOKANAPI DokanStartAfterFork(void);

/** Position of a callback in #DOKAN_OPERATIONS and in DOKAN_VOLUME_COUNTERS::Operations. */
typedef enum _DOKAN_OPERATION {
    DokanOperationZwCreateFile = 0,          /**< DOKAN_OPERATIONS::ZwCreateFile */
    DokanOperationCleanup = 1,               /**< DOKAN_OPERATIONS::Cleanup */
    DokanOperationCloseFile = 2,             /**< DOKAN_OPERATIONS::CloseFile */
    DokanOperationReadFile = 3,              /**< DOKAN_OPERATIONS::ReadFile */
    DokanOperationWriteFile = 4,             /**< DOKAN_OPERATIONS::WriteFile */
    DokanOperationFlushFileBuffers = 5,      /**< DOKAN_OPERATIONS::FlushFileBuffers */
    DokanOperationGetFileInformation = 6,    /**< DOKAN_OPERATIONS::GetFileInformation */
    DokanOperationFindFiles = 7,             /**< DOKAN_OPERATIONS::FindFiles */
    DokanOperationFindFilesWithPattern = 8,  /**< DOKAN_OPERATIONS::FindFilesWithPattern */
    DokanOperationSetFileAttributes = 9,     /**< DOKAN_OPERATIONS::SetFileAttributes */
    DokanOperationSetFileTime = 10,          /**< DOKAN_OPERATIONS::SetFileTime */
    DokanOperationDeleteFile = 11,           /**< DOKAN_OPERATIONS::DeleteFile */
    DokanOperationDeleteDirectory = 12,      /**< DOKAN_OPERATIONS::DeleteDirectory */
    DokanOperationMoveFile = 13,             /**< DOKAN_OPERATIONS::MoveFile */
    DokanOperationSetEndOfFile = 14,         /**< DOKAN_OPERATIONS::SetEndOfFile */
    DokanOperationSetAllocationSize = 15,    /**< DOKAN_OPERATIONS::SetAllocationSize */
    DokanOperationLockFile = 16,             /**< DOKAN_OPERATIONS::LockFile */
    DokanOperationUnlockFile = 17,           /**< DOKAN_OPERATIONS::UnlockFile */
    DokanOperationGetDiskFreeSpace = 18,     /**< DOKAN_OPERATIONS::GetDiskFreeSpace */
    DokanOperationGetVolumeInformation = 19, /**< DOKAN_OPERATIONS::GetVolumeInformation */
    DokanOperationMounted = 20,              /**< DOKAN_OPERATIONS::Mounted */
    DokanOperationUnmounted = 21,            /**< DOKAN_OPERATIONS::Unmounted */
    DokanOperationGetFileSecurity = 22,      /**< DOKAN_OPERATIONS::GetFileSecurity */
    DokanOperationSetFileSecurity = 23,      /**< DOKAN_OPERATIONS::SetFileSecurity */
    DokanOperationFindStreams = 24           /**< DOKAN_OPERATIONS::FindStreams */
} DOKAN_OPERATION;

/** Number of callbacks in #DOKAN_OPERATIONS. */
#define DOKAN_OPERATION_COUNT 25

/** Position of a callback in #DOKAN_OPERATIONS_EX and in DOKAN_VOLUME_COUNTERS::OperationsEx. */
typedef enum _DOKAN_OPERATION_EX {
    DokanOperationGetFacts = 0,            /**< DOKAN_OPERATIONS_EX::GetFacts */
    DokanOperationFindFacts = 1,           /**< DOKAN_OPERATIONS_EX::FindFacts */
    DokanOperationSetFacts = 2,            /**< DOKAN_OPERATIONS_EX::SetFacts */
    DokanOperationGetFileId = 3,           /**< DOKAN_OPERATIONS_EX::GetFileId */
    DokanOperationGetNameOfId = 4,         /**< DOKAN_OPERATIONS_EX::GetNameOfId */
    DokanOperationCreateHardLink = 5,      /**< DOKAN_OPERATIONS_EX::CreateHardLink */
    DokanOperationRemoveName = 6,          /**< DOKAN_OPERATIONS_EX::RemoveName */
    DokanOperationExchangeNames = 7,       /**< DOKAN_OPERATIONS_EX::ExchangeNames */
    DokanOperationGetReparsePoint = 8,     /**< DOKAN_OPERATIONS_EX::GetReparsePoint */
    DokanOperationSetReparsePoint = 9,     /**< DOKAN_OPERATIONS_EX::SetReparsePoint */
    DokanOperationDeleteReparsePoint = 10, /**< DOKAN_OPERATIONS_EX::DeleteReparsePoint */
    DokanOperationGetEa = 11,              /**< DOKAN_OPERATIONS_EX::GetEa */
    DokanOperationSetEa = 12,              /**< DOKAN_OPERATIONS_EX::SetEa */
    DokanOperationFindEas = 13,            /**< DOKAN_OPERATIONS_EX::FindEas */
    DokanOperationFindRanges = 14,         /**< DOKAN_OPERATIONS_EX::FindRanges */
    DokanOperationZeroRange = 15,          /**< DOKAN_OPERATIONS_EX::ZeroRange */
    DokanOperationFileSystemControl = 16,  /**< DOKAN_OPERATIONS_EX::FileSystemControl */
    DokanOperationSetVolumeLabel = 17,     /**< DOKAN_OPERATIONS_EX::SetVolumeLabel */
    DokanOperationGetBackingFile = 18      /**< DOKAN_OPERATIONS_EX::GetBackingFile */
} DOKAN_OPERATION_EX;

/** Number of callbacks in #DOKAN_OPERATIONS_EX. */
#define DOKAN_OPERATION_EX_COUNT 19

/** Counters of one callback since the mount. */
typedef struct _DOKAN_OPERATION_COUNTERS {
    ULONG64 Calls;   /**< How often it was called. */
    ULONG64 Errors;  /**< How often it returned a failure. */
    ULONG64 TotalNs; /**< Time spent in it, in ns. */
    ULONG64 MaxNs;   /**< Longest call, in ns. */
} DOKAN_OPERATION_COUNTERS, *PDOKAN_OPERATION_COUNTERS;

/** Counters of a volume. Each is exact; taken together they need not stem from one instant. */
typedef struct _DOKAN_VOLUME_COUNTERS {
    ULONG Size;               /**< `sizeof(DOKAN_VOLUME_COUNTERS)`, set by the caller. */
    ULONG OperationCount;     /**< Receives #DOKAN_OPERATION_COUNT. */
    ULONG64 OpenHandles;      /**< Open handles. */
    ULONG64 OpenFiles;        /**< Files with an open handle. */
    ULONG64 Nodes;            /**< Names known. */
    ULONG64 RunningCallbacks; /**< Callbacks running now. */
    ULONG64 StuckCallbacks;   /**< Of these, past their deadline. */
    ULONG64 ExpiredRequests;  /**< Requests that ran into their deadline since the mount. */
    ULONG64 QueuedRequests;   /**< Requests waiting for another to end. */
    ULONG64 CacheHits;        /**< Queries answered from the engine's cache. */
    ULONG64 CacheMisses;      /**< Queries that went to the file system. */
    /** By position in #DOKAN_OPERATIONS. */
    DOKAN_OPERATION_COUNTERS Operations[DOKAN_OPERATION_COUNT];
    /** By position in #DOKAN_OPERATIONS_EX. */
    DOKAN_OPERATION_COUNTERS OperationsEx[DOKAN_OPERATION_EX_COUNT];
} DOKAN_VOLUME_COUNTERS, *PDOKAN_VOLUME_COUNTERS;

/**
 * Reads the counters of a volume.
 *
 * @param DokanInstance the volume
 * @param[in,out] Counters receives the counters; Size must be set
 * @return TRUE; FALSE with ERROR_INVALID_PARAMETER for NULL or a wrong Size
 */
BOOL DOKANAPI DokanGetVolumeCounters(DOKAN_HANDLE DokanInstance, DOKAN_VOLUME_COUNTERS *Counters);

/** @} */

/**
 * @name Requests
 * @{
 */

/** Who asked. */
typedef struct _DOKAN_REQUESTOR {
    ULONG Size;      /**< `sizeof(DOKAN_REQUESTOR)`, set by the caller. */
    ULONG ProcessId; /**< Process; 0 when the kernel does not say. */
    ULONG UserId;    /**< Linux user. */
    ULONG GroupId;   /**< Linux group. */
} DOKAN_REQUESTOR, *PDOKAN_REQUESTOR;

/**
 * Tells who asked, in any callback but Mounted and Unmounted.
 *
 * @param DokanFileInfo what the callback got
 * @param[in,out] Requestor receives the answer; Size must be set
 * @return TRUE; FALSE with ERROR_INVALID_PARAMETER outside a request or for a wrong Size
 */
BOOL DOKANAPI DokanGetRequestorIdentity(PDOKAN_FILE_INFO DokanFileInfo, DOKAN_REQUESTOR *Requestor);

/** @} */

/**
 * @name Errors
 * @{
 */

/**
 * Translates an errno value.
 *
 * @param Errno positive value such as ENOENT; 0 for success. A negative one is taken as its opposite.
 * @return the status; STATUS_UNSUCCESSFUL for an unknown value
 */
NTSTATUS DOKANAPI DokanNtStatusFromErrno(int Errno);

/**
 * Translates a status to an errno value, as programs on the mount see it.
 *
 * @param Status the status
 * @return 0 for a success or informational status, else a positive value; EIO for an unknown status
 */
int DOKANAPI DokanErrnoFromNtStatus(NTSTATUS Status);

/**
 * Packs a Linux symbolic link: what SetReparsePoint and GetReparsePoint of #DOKAN_OPERATIONS_EX carry.
 *
 * @param Target where it leads, UTF-8, terminated
 * @param[out] Buffer receives a REPARSE_DATA_BUFFER with IO_REPARSE_TAG_LX_SYMLINK
 * @param Length its room in bytes
 * @return bytes used; 0 when Target is empty or does not fit
 */
ULONG DOKANAPI DokanMakeSymbolicLink(const char *Target, PVOID Buffer, ULONG Length);

/**
 * Reads the target of a symbolic link, Linux' or Windows' form, or of a junction. Of Windows' forms
 * backslashes are turned.
 *
 * @param Buffer a REPARSE_DATA_BUFFER; checked
 * @param Length its bytes
 * @param[out] Target receives the target, UTF-8, terminated
 * @param Size its room in bytes
 * @return bytes without the terminator; 0 when it is none, is damaged or does not fit
 */
SIZE_T DOKANAPI DokanGetSymbolicLink(const void *Buffer, ULONG Length, char *Target, SIZE_T Size);

/**
 * Called instead of raising a Windows exception.
 *
 * @param Code `DOKAN_EXCEPTION_*`
 * @param Message what happened and what to do, UTF-8
 * @param Context what was given to DokanSetExceptionHook()
 */
typedef void(DOKAN_CALLBACK *PDOKAN_EXCEPTION_HOOK)(DWORD Code, const char *Message, PVOID Context);

/**
 * Sets the function that is told of misuse. For the whole process; without one a message goes to standard
 * error.
 *
 * The hook runs on the calling thread; when it returns, the call fails (#DOKAN_ERROR from a mount).
 *
 * @param Hook the function; NULL for the default
 * @param Context passed to it
 */
VOID DOKANAPI DokanSetExceptionHook(PDOKAN_EXCEPTION_HOOK Hook, PVOID Context);

/** @} */

/**
 * @name Control of mounts
 * What dokanctl uses. Mounts of every process of the same user can be reached, for root those of all users.
 * @{
 */

/**
 * Sends a command to the process that serves a mount, and waits for its answer, at most some 20 seconds. The
 * commands and their replies:
 *
 * - `list`: lists this mount, or all for NULL. A block per mount, ended by an empty line: `drive` (a letter),
 * `path`, `given`, `unc`, `device`, `type` (`disk` or `network`), `options` (`DOKAN_EVENT_*`), `session`,
 * `pid`, `user`, `volume`
 * - `path`: finds the directory of a mount, or what `M:\file` is in it. The path itself
 * - `status`: reads counters. `state`, `trace`, `protocol`, a line per counter, `operation` (name, calls,
 * errors, ns in all, longest ns), `stuck` and what hangs
 * - `trace on`, `trace off`: switches the trace on the standard error of the serving process. Nothing
 * - `unmount`: unmounts; a process that does not answer loses its mount all the same. Nothing
 *
 * A line of a reply is a key, a blank and a value; in texts `\\` stands for a backslash and `\n` for a
 * newline. More keys may come in later versions.
 *
 * @param MountPoint a drive or a path, UTF-8
 * @param Command one of the above
 * @param[out] Reply receives the answer, also one that explains a failure, to be freed with DokanFreeReply();
 * may be or become NULL
 * @return TRUE; FALSE with ERROR_FILE_NOT_FOUND (nothing is mounted there), ERROR_INVALID_PARAMETER,
 * ERROR_ACCESS_DENIED, ERROR_TIMEOUT or another error
 */
BOOL DOKANAPI DokanControl(const char *MountPoint, const char *Command, char **Reply);

/**
 * Frees a reply of DokanControl().
 *
 * @param Reply the reply; NULL does nothing
 */
VOID DOKANAPI DokanFreeReply(char *Reply);

/** @} */

#ifdef __cplusplus
}
#endif

#endif /* DOKAN_EX_H_ */
