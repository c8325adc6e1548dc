// SPDX-License-Identifier: MIT
/**
 * @file dokan_operations.h
 * @brief What a file system is: its options, its callbacks and what they are told. Part of dokan.h.
 */
#ifndef DOKAN_OPERATIONS_H_
#define DOKAN_OPERATIONS_H_

#include "ntstatus.h"
#include "public.h"
#include "wintypes.h"

/** Version of this interface; goes into DOKAN_OPTIONS::Version. */
#define DOKAN_VERSION 231
/** Oldest DOKAN_OPTIONS::Version that is accepted. */
#define DOKAN_MINIMUM_COMPATIBLE_VERSION 200

/**
 * @name Mount options
 * Bits of DOKAN_OPTIONS::Options.
 * @{
 */
#define DOKAN_OPTION_DEBUG                        (1u)      /**< Trace every operation. */
#define DOKAN_OPTION_STDERR                       (1u << 1) /**< Trace to standard error; implies debug. */
#define DOKAN_OPTION_ALT_STREAM                   (1u << 2) /**< `name:stream` opens a named stream. */
#define DOKAN_OPTION_WRITE_PROTECT                (1u << 3) /**< Read-only volume. */
#define DOKAN_OPTION_NETWORK                      (1u << 4) /**< Network drive; needs UNCName. */
#define DOKAN_OPTION_REMOVABLE                    (1u << 5) /**< Removable medium. */
#define DOKAN_OPTION_MOUNT_MANAGER                (1u << 6) /**< Drive busy or none named: take a free one. */
#define DOKAN_OPTION_CURRENT_SESSION              (1u << 7) /**< For this user and session only. */
#define DOKAN_OPTION_FILELOCK_USER_MODE           (1u << 8) /**< Byte-range locks go to LockFile, UnlockFile. */
#define DOKAN_OPTION_CASE_SENSITIVE               (1u << 9)  /**< Names that differ in case differ. */
#define DOKAN_OPTION_ENABLE_UNMOUNT_NETWORK_DRIVE (1u << 10) /**< Only shown in the list of mounts. */
#define DOKAN_OPTION_DISPATCH_DRIVER_LOGS         (1u << 11) /**< As debug: the engine is the driver here. */
#define DOKAN_OPTION_ALLOW_IPC_BATCHING           (1u << 12) /**< Accepted, without effect. */
/** @} */

/**
 * What a file system asks for when it is mounted.
 *
 * It must stay where it is, alive, for the whole mount: the library keeps the pointer and shows it in
 * DOKAN_FILE_INFO::DokanOptions. Set it to zero first.
 */
typedef struct _DOKAN_OPTIONS {
    USHORT Version;        /**< #DOKAN_VERSION. There is no upper bound. */
    BOOLEAN SingleThread;  /**< TRUE: never two callbacks at once. */
    ULONG Options;         /**< `DOKAN_OPTION_*`. The library clears bits that have no effect. */
    ULONG64 GlobalContext; /**< Free for the file system. */
    /**
     * Where to mount: a drive (`M`, `M:`, `M:\`) or the path of an empty directory. On Linux a drive is a
     * folder among the drives of the user (`dokanctl path M:` tells where), and a path is a Linux path. NULL
     * or empty: DOKAN_OPTION_MOUNT_MANAGER chooses a drive, without it the mount fails. Read during the mount
     * call only.
     */
    LPCWSTR MountPoint;
    LPCWSTR UNCName;          /**< Network name, `\server\share` with one leading backslash; NULL without. */
    ULONG Timeout;            /**< Time limit of a callback in ms: 0 = 15000; kept within 15000 and 300000. */
    ULONG AllocationUnitSize; /**< Bytes: power of two from 512 to 65536, else both sizes become 512. */
    ULONG SectorSize;         /**< Bytes: power of two from 512 to 65536, else both sizes become 512. */
    ULONG VolumeSecurityDescriptorLength; /**< Bytes used of the next member; 0 = none. */
    /** Self-relative security descriptor of the volume. */
    CHAR VolumeSecurityDescriptor[VOLUME_SECURITY_DESCRIPTOR_MAX_SIZE];
} DOKAN_OPTIONS, *PDOKAN_OPTIONS;

/**
 * What every callback is told about the open file.
 *
 * A fresh one is made for each callback and is gone when the callback returns. What lasts is @ref Context,
 * and what ZwCreateFile leaves in @ref IsDirectory.
 */
typedef struct _DOKAN_FILE_INFO {
    /**
     * Free for the file system, one value per open handle, 0 at first. What a callback stores here is there
     * in later callbacks of the same handle. If ZwCreateFile fails, the value is dropped and neither Cleanup
     * nor CloseFile comes.
     */
    ULONG64 Context;
    ULONG64 DokanContext;        /**< Belongs to the library. */
    PDOKAN_OPTIONS DokanOptions; /**< Options of the mount. */
    PVOID ProcessingContext;     /**< Belongs to the library. */
    ULONG ProcessId;             /**< Process that asked; 0 when the kernel does not say. */
    /**
     * In ZwCreateFile: TRUE on entry if a directory was asked for; the file system sets it to TRUE when it
     * opened a directory. Afterwards: whether the handle is one of a directory. Changes are ignored then.
     */
    UCHAR IsDirectory;
    UCHAR DeletePending;    /**< In Cleanup: delete now. In DeleteFile, DeleteDirectory: mark or unmark. */
    UCHAR PagingIo;         /**< Write must not extend the file. */
    UCHAR SynchronousIo;    /**< The handle is a synchronous one. */
    UCHAR Nocache;          /**< The caller asked for no caching. */
    UCHAR WriteToEndOfFile; /**< Write at the end of the file, whatever Offset says. */
} DOKAN_FILE_INFO, *PDOKAN_FILE_INFO;

/**
 * Takes one directory entry; given to FindFiles and FindFilesWithPattern.
 *
 * The entry is copied. To be called during the callback only, by one thread at a time.
 *
 * @param FindData the entry
 * @param DokanFileInfo what the callback got
 * @return always 0
 */
typedef int(WINAPI *PFillFindData)(PWIN32_FIND_DATAW FindData, PDOKAN_FILE_INFO DokanFileInfo);

/**
 * Takes one stream; given to FindStreams.
 *
 * @param FindStreamData the stream; copied
 * @param FindStreamContext what the callback got
 * @return FALSE when there is no room: the callback should then return STATUS_BUFFER_OVERFLOW
 */
typedef BOOL(WINAPI *PFillFindStreamData)(PWIN32_FIND_STREAM_DATA FindStreamData, PVOID FindStreamContext);

// clang-format off
/**
 * The file system: 25 callbacks in fixed order, any of which may be NULL.
 *
 * Read by the mount call; the functions must stay loaded as long as the volume lives and until
 * DokanIsVolumeDrained() says so.
 */
typedef struct _DOKAN_OPERATIONS {
    /**
     * Opens or creates a file or directory; follows NT's `ZwCreateFile`.
     *
     * For SUPERSEDE, OPEN_IF and OVERWRITE_IF return STATUS_OBJECT_NAME_COLLISION when the file existed and
     * was opened: this counts as success. DOKAN_FILE_INFO::IsDirectory must be set to TRUE when a directory
     * was opened. With FILE_DELETE_ON_CLOSE this is the only place to refuse the deletion.
     *
     * @param FileName path
     * @param SecurityContext security of the request; holds a descriptor for a new file if the caller gave
     * one
     * @param DesiredAccess rights; generic rights are already replaced by specific ones
     * @param FileAttributes `FILE_ATTRIBUTE_*` for a new or overwritten file
     * @param ShareAccess `FILE_SHARE_*`; checked by the engine
     * @param CreateDisposition FILE_SUPERSEDE to FILE_OVERWRITE_IF
     * @param CreateOptions FILE_DIRECTORY_FILE and its kin
     * @param DokanFileInfo the handle to be
     * @return STATUS_SUCCESS, STATUS_OBJECT_NAME_COLLISION, STATUS_OBJECT_NAME_NOT_FOUND (file missing),
     * STATUS_OBJECT_PATH_NOT_FOUND (parent missing), STATUS_FILE_IS_A_DIRECTORY, STATUS_NOT_A_DIRECTORY,
     * STATUS_ACCESS_DENIED, STATUS_CANNOT_DELETE, STATUS_OBJECT_NAME_INVALID or another failure
     */
    NTSTATUS (DOKAN_CALLBACK *ZwCreateFile)(
        LPCWSTR FileName, PDOKAN_IO_SECURITY_CONTEXT SecurityContext, ACCESS_MASK DesiredAccess,
        ULONG FileAttributes, ULONG ShareAccess, ULONG CreateDisposition, ULONG CreateOptions,
        PDOKAN_FILE_INFO DokanFileInfo);

    /**
     * The caller's handle is closed; follows NT's `IRP_MJ_CLEANUP`.
     *
     * If DOKAN_FILE_INFO::DeletePending is TRUE, delete the file or directory (see IsDirectory) now. Comes
     * once for every successful ZwCreateFile. Reads and writes of mapped memory may still follow.
     *
     * @param FileName path as it is now
     * @param DokanFileInfo the handle
     */
    void (DOKAN_CALLBACK *Cleanup)(LPCWSTR FileName, PDOKAN_FILE_INFO DokanFileInfo);

    /**
     * The handle is gone; follows NT's `IRP_MJ_CLOSE`.
     *
     * Comes once, after Cleanup and after every other callback of the handle. Free what @ref
     * DOKAN_FILE_INFO::Context stands for.
     *
     * @param FileName path as it is now
     * @param DokanFileInfo the handle
     */
    void (DOKAN_CALLBACK *CloseFile)(LPCWSTR FileName, PDOKAN_FILE_INFO DokanFileInfo);

    /**
     * Reads; follows Win32 `ReadFile`.
     *
     * @param FileName path
     * @param Buffer where to put the data; the callback's own until it returns
     * @param BufferLength most bytes to read
     * @param ReadLength receives the bytes read; 0 with STATUS_SUCCESS means end of file
     * @param Offset where to read, in bytes
     * @param DokanFileInfo the handle
     * @return STATUS_SUCCESS, STATUS_END_OF_FILE or a failure
     */
    NTSTATUS (DOKAN_CALLBACK *ReadFile)(
        LPCWSTR FileName, LPVOID Buffer, DWORD BufferLength, LPDWORD ReadLength, LONGLONG Offset,
        PDOKAN_FILE_INFO DokanFileInfo);

    /**
     * Writes; follows Win32 `WriteFile`.
     *
     * With DOKAN_FILE_INFO::WriteToEndOfFile Offset is -1 and the data go to the end. With
     * DOKAN_FILE_INFO::PagingIo the file must not grow: what lies past its end is left out and not counted. A
     * write past the end fills the gap with zeros.
     *
     * @param FileName path
     * @param Buffer the data; the callback's own until it returns
     * @param NumberOfBytesToWrite bytes in Buffer
     * @param NumberOfBytesWritten receives the bytes written
     * @param Offset where to write, in bytes
     * @param DokanFileInfo the handle
     * @return STATUS_SUCCESS, STATUS_DISK_FULL, STATUS_MEDIA_WRITE_PROTECTED or another failure
     */
    NTSTATUS (DOKAN_CALLBACK *WriteFile)(
        LPCWSTR FileName, LPCVOID Buffer, DWORD NumberOfBytesToWrite, LPDWORD NumberOfBytesWritten,
        LONGLONG Offset, PDOKAN_FILE_INFO DokanFileInfo);

    /**
     * Makes what was written lasting; follows Win32 `FlushFileBuffers`.
     *
     * @param FileName path
     * @param DokanFileInfo the handle
     * @return STATUS_SUCCESS, or a failure, which Windows callers see as STATUS_NOT_SUPPORTED. NULL counts as
     * success.
     */
    NTSTATUS (DOKAN_CALLBACK *FlushFileBuffers)(LPCWSTR FileName, PDOKAN_FILE_INFO DokanFileInfo);

    /**
     * Reports attributes, times and size; follows Win32 `GetFileInformationByHandle`.
     *
     * @param FileName path
     * @param Buffer receives the answer; all zero on entry
     * @param DokanFileInfo the handle
     * @return STATUS_SUCCESS or a failure, which Windows callers see as STATUS_INVALID_PARAMETER
     */
    NTSTATUS (DOKAN_CALLBACK *GetFileInformation)(
        LPCWSTR FileName, LPBY_HANDLE_FILE_INFORMATION Buffer, PDOKAN_FILE_INFO DokanFileInfo);

    /**
     * Lists a directory. Used when FindFilesWithPattern is NULL or returns STATUS_NOT_IMPLEMENTED; the engine
     * filters.
     *
     * @param FileName path of the directory
     * @param FillFindData to be called once per entry
     * @param DokanFileInfo the handle
     * @return STATUS_SUCCESS or a failure, which drops the entries
     */
    NTSTATUS (DOKAN_CALLBACK *FindFiles)(
        LPCWSTR FileName, PFillFindData FillFindData, PDOKAN_FILE_INFO DokanFileInfo);

    /**
     * Lists the entries of a directory that match a pattern; see DokanIsNameInExpression() for the rules.
     *
     * @param PathName path of the directory
     * @param SearchPattern pattern; `*` for all
     * @param FillFindData to be called once per matching entry
     * @param DokanFileInfo the handle
     * @return STATUS_SUCCESS, STATUS_NOT_IMPLEMENTED (FindFiles is used instead) or a failure, which drops
     * the entries
     */
    NTSTATUS (DOKAN_CALLBACK *FindFilesWithPattern)(
        LPCWSTR PathName, LPCWSTR SearchPattern, PFillFindData FillFindData, PDOKAN_FILE_INFO DokanFileInfo);

    /**
     * Changes attributes; follows Win32 `SetFileAttributes`.
     *
     * @param FileName path
     * @param FileAttributes `FILE_ATTRIBUTE_*`; 0 leaves them unchanged
     * @param DokanFileInfo the handle
     * @return STATUS_SUCCESS or a failure
     */
    NTSTATUS (DOKAN_CALLBACK *SetFileAttributes)(
        LPCWSTR FileName, DWORD FileAttributes, PDOKAN_FILE_INFO DokanFileInfo);

    /**
     * Changes times; follows Win32 `SetFileTime`. A time of 0 leaves the value unchanged; -1 and -2 stop and
     * resume automatic updates.
     *
     * @param FileName path
     * @param CreationTime birth; never NULL
     * @param LastAccessTime last read; never NULL
     * @param LastWriteTime last write; never NULL
     * @param DokanFileInfo the handle
     * @return STATUS_SUCCESS or a failure
     */
    NTSTATUS (DOKAN_CALLBACK *SetFileTime)(
        LPCWSTR FileName, CONST FILETIME *CreationTime, CONST FILETIME *LastAccessTime,
        CONST FILETIME *LastWriteTime, PDOKAN_FILE_INFO DokanFileInfo);

    /**
     * Says whether the file may be deleted; deletes nothing. Cleanup deletes. Not asked for
     * FILE_DELETE_ON_CLOSE.
     *
     * @param FileName path
     * @param DokanFileInfo the handle; DeletePending is FALSE when the mark is being taken back
     * @return STATUS_SUCCESS, STATUS_ACCESS_DENIED, STATUS_CANNOT_DELETE or another failure
     */
    NTSTATUS (DOKAN_CALLBACK *DeleteFile)(LPCWSTR FileName, PDOKAN_FILE_INFO DokanFileInfo);

    /**
     * Says whether the directory may be deleted; deletes nothing. Cleanup deletes.
     *
     * @param FileName path
     * @param DokanFileInfo the handle; DeletePending is FALSE when the mark is being taken back
     * @return STATUS_SUCCESS, STATUS_DIRECTORY_NOT_EMPTY, STATUS_ACCESS_DENIED or another failure
     */
    NTSTATUS (DOKAN_CALLBACK *DeleteDirectory)(LPCWSTR FileName, PDOKAN_FILE_INFO DokanFileInfo);

    /**
     * Renames or moves; follows Win32 `MoveFileEx`.
     *
     * @param FileName path
     * @param NewFileName new path
     * @param ReplaceIfExisting whether an existing target is replaced
     * @param DokanFileInfo the handle
     * @return STATUS_SUCCESS, STATUS_OBJECT_NAME_COLLISION, STATUS_OBJECT_PATH_NOT_FOUND,
     * STATUS_ACCESS_DENIED (target is a directory or read-only) or another failure
     */
    NTSTATUS (DOKAN_CALLBACK *MoveFile)(
        LPCWSTR FileName, LPCWSTR NewFileName, BOOL ReplaceIfExisting, PDOKAN_FILE_INFO DokanFileInfo);

    /**
     * Sets the size: cuts or fills with zeros; follows Win32 `SetEndOfFile`.
     *
     * @param FileName path
     * @param ByteOffset new size in bytes
     * @param DokanFileInfo the handle
     * @return STATUS_SUCCESS, STATUS_DISK_FULL or another failure
     */
    NTSTATUS (DOKAN_CALLBACK *SetEndOfFile)(
        LPCWSTR FileName, LONGLONG ByteOffset, PDOKAN_FILE_INFO DokanFileInfo);

    /**
     * Reserves room. A size below the file's size cuts the file; a larger one leaves its size alone.
     *
     * @param FileName path
     * @param AllocSize bytes to reserve
     * @param DokanFileInfo the handle
     * @return STATUS_SUCCESS, STATUS_DISK_FULL or another failure
     */
    NTSTATUS (DOKAN_CALLBACK *SetAllocationSize)(
        LPCWSTR FileName, LONGLONG AllocSize, PDOKAN_FILE_INFO DokanFileInfo);

    /**
     * Locks a byte range; follows Win32 `LockFile`. Only with DOKAN_OPTION_FILELOCK_USER_MODE, else the
     * engine does it.
     *
     * @param FileName path
     * @param ByteOffset first byte
     * @param Length number of bytes
     * @param DokanFileInfo the handle
     * @return STATUS_SUCCESS, STATUS_NOT_IMPLEMENTED, or a failure, which the caller sees as
     * STATUS_LOCK_NOT_GRANTED
     */
    NTSTATUS (DOKAN_CALLBACK *LockFile)(
        LPCWSTR FileName, LONGLONG ByteOffset, LONGLONG Length, PDOKAN_FILE_INFO DokanFileInfo);

    /**
     * Unlocks a byte range; follows Win32 `UnlockFile`.
     *
     * @param FileName path
     * @param ByteOffset first byte
     * @param Length number of bytes
     * @param DokanFileInfo the handle
     * @return STATUS_SUCCESS or STATUS_NOT_IMPLEMENTED; failures are ignored
     */
    NTSTATUS (DOKAN_CALLBACK *UnlockFile)(
        LPCWSTR FileName, LONGLONG ByteOffset, LONGLONG Length, PDOKAN_FILE_INFO DokanFileInfo);

    /**
     * Reports room; follows Win32 `GetDiskFreeSpaceEx`. May come without an open file. When NULL: 1 GiB, half
     * of it free.
     *
     * @param FreeBytesAvailable receives the bytes the caller may still use
     * @param TotalNumberOfBytes receives the size of the volume in bytes
     * @param TotalNumberOfFreeBytes receives the free bytes
     * @param DokanFileInfo the handle, or an empty one
     * @return STATUS_SUCCESS, STATUS_NOT_IMPLEMENTED (the defaults are used) or a failure
     */
    NTSTATUS (DOKAN_CALLBACK *GetDiskFreeSpace)(
        PULONGLONG FreeBytesAvailable, PULONGLONG TotalNumberOfBytes, PULONGLONG TotalNumberOfFreeBytes,
        PDOKAN_FILE_INFO DokanFileInfo);

    /**
     * Reports names and abilities; follows Win32 `GetVolumeInformation`. May come without an open file.
     *
     * Defaults: label `DOKAN`, serial 0x19831116, names up to 256 units, NTFS.
     *
     * @param VolumeNameBuffer receives the label
     * @param VolumeNameSize its room in code units
     * @param VolumeSerialNumber receives the serial number
     * @param MaximumComponentLength receives the longest name in code units
     * @param FileSystemFlags receives FILE_CASE_SENSITIVE_SEARCH and its kin
     * @param FileSystemNameBuffer receives the kind of file system, best `NTFS`
     * @param FileSystemNameSize its room in code units
     * @param DokanFileInfo the handle, or an empty one
     * @return STATUS_SUCCESS, STATUS_NOT_IMPLEMENTED (the defaults are used) or a failure
     */
    NTSTATUS (DOKAN_CALLBACK *GetVolumeInformation)(
        LPWSTR VolumeNameBuffer, DWORD VolumeNameSize, LPDWORD VolumeSerialNumber,
        LPDWORD MaximumComponentLength, LPDWORD FileSystemFlags, LPWSTR FileSystemNameBuffer,
        DWORD FileSystemNameSize, PDOKAN_FILE_INFO DokanFileInfo);

    /**
     * The volume is mounted. Other callbacks may have run before.
     *
     * @param MountPoint where it really is
     * @param DokanFileInfo an empty one
     * @return ignored
     */
    NTSTATUS (DOKAN_CALLBACK *Mounted)(LPCWSTR MountPoint, PDOKAN_FILE_INFO DokanFileInfo);

    /**
     * The volume is unmounted. The last callback, but for those that were given up and still run.
     *
     * @param DokanFileInfo an empty one
     * @return ignored
     */
    NTSTATUS (DOKAN_CALLBACK *Unmounted)(PDOKAN_FILE_INFO DokanFileInfo);

    /**
     * Reports the security descriptor; follows Win32 `GetFileSecurity`.
     *
     * When NULL or STATUS_NOT_IMPLEMENTED, callers see a descriptor that grants full access.
     *
     * @param FileName path
     * @param SecurityInformation wanted parts, `*_SECURITY_INFORMATION`
     * @param SecurityDescriptor receives a self-relative descriptor
     * @param BufferLength room in bytes, may be 0
     * @param LengthNeeded receives the bytes of the descriptor, on success too
     * @param DokanFileInfo the handle
     * @return STATUS_SUCCESS, STATUS_BUFFER_OVERFLOW (room too small), STATUS_NOT_IMPLEMENTED or a failure
     */
    NTSTATUS (DOKAN_CALLBACK *GetFileSecurity)(
        LPCWSTR FileName, PSECURITY_INFORMATION SecurityInformation, PSECURITY_DESCRIPTOR SecurityDescriptor,
        ULONG BufferLength, PULONG LengthNeeded, PDOKAN_FILE_INFO DokanFileInfo);

    /**
     * Changes the security descriptor; follows Win32 `SetFileSecurity`.
     *
     * @param FileName path
     * @param SecurityInformation parts to change
     * @param SecurityDescriptor self-relative descriptor, aligned to 4 bytes
     * @param BufferLength its bytes
     * @param DokanFileInfo the handle
     * @return STATUS_SUCCESS or a failure, which Windows callers see as STATUS_INVALID_PARAMETER
     */
    NTSTATUS (DOKAN_CALLBACK *SetFileSecurity)(
        LPCWSTR FileName, PSECURITY_INFORMATION SecurityInformation, PSECURITY_DESCRIPTOR SecurityDescriptor,
        ULONG BufferLength, PDOKAN_FILE_INFO DokanFileInfo);

    /**
     * Lists the streams of a file; follows Win32 `FindFirstStreamW`. Only with DOKAN_OPTION_ALT_STREAM.
     *
     * @param FileName path
     * @param FillFindStreamData to be called once per stream, until it returns FALSE
     * @param FindStreamContext to be passed to it
     * @param DokanFileInfo the handle
     * @return STATUS_SUCCESS, STATUS_BUFFER_OVERFLOW (FillFindStreamData returned FALSE), STATUS_END_OF_FILE
     * (no stream) or a failure
     */
    NTSTATUS (DOKAN_CALLBACK *FindStreams)(
        LPCWSTR FileName, PFillFindStreamData FillFindStreamData, PVOID FindStreamContext,
        PDOKAN_FILE_INFO DokanFileInfo);
} DOKAN_OPERATIONS, *PDOKAN_OPERATIONS;
// clang-format on

#endif /* DOKAN_OPERATIONS_H_ */
