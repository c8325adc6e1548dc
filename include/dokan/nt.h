// SPDX-License-Identifier: MIT
/**
 * @file nt.h
 * @brief The engine in the same process: a volume is opened, read, locked and watched without a mount.
 *
 * For tests of a Dokan file system by Windows' own rules, and for programs that carry one inside. The volume
 * is made by DokanCreateFileSystemEx(), with DOKAN_EX_NO_MOUNT or mounted as well; what is done here and on
 * the mount obeys the same share modes, locks and deletions.
 *
 *     DOKAN_NT_FILE file;
 *     DOKAN_NT_REQUEST rq = DokanNtRequest(volume, DOKAN_NT_CREATE);
 *     rq.Name = u"\\hello.txt";
 *     rq.DesiredAccess = GENERIC_READ;
 *     rq.ShareAccess = FILE_SHARE_READ;
 *     rq.CreateDisposition = FILE_OPEN;
 *     if (DokanNtCall(&rq) == STATUS_SUCCESS)
 *         file = rq.File;
 *
 * **Statuses** are those that Windows gives. **Handles**: DOKAN_NT_CLEANUP is CloseHandle of the last handle,
 * DOKAN_NT_CLOSE gives the file up; both come once, in this order, and nothing is done with it afterwards.
 * DokanNtClose() does both. Files still open when the volume ends get both from the engine, and what is done
 * with them then fails; they still are to be closed.
 *
 * **Threads.** Everything may be called from any thread, also from inside a callback.
 */
#ifndef DOKAN_NT_H_
#define DOKAN_NT_H_

#include "dokan_ex.h"
#include "fileinfo.h"
#include "ntstatus.h"

#ifdef __cplusplus
extern "C" {
#endif

#ifndef _WIN32
/** A change, as DOKAN_NT_NOTIFY reports it; one after the other, each aligned to 4. */
typedef struct _FILE_NOTIFY_INFORMATION {
    DWORD NextEntryOffset; /**< Bytes from this one to the next; 0: the last. */
    DWORD Action;          /**< FILE_ACTION_*. */
    DWORD FileNameLength;  /**< Bytes of FileName. */
    WCHAR FileName[1];     /**< Relative to the directory, not terminated. */
} FILE_NOTIFY_INFORMATION, *PFILE_NOTIFY_INFORMATION;

/**
 * @name Oplocks
 * Asked for with DOKAN_NT_FS_CONTROL; see docs/extended.md.
 * @{
 */
#define FILE_OPLOCK_BROKEN_TO_LEVEL_2 7u /**< Information of a broken oplock: level 2 is left. */
#define FILE_OPLOCK_BROKEN_TO_NONE    8u /**< Nothing is left. */
#define FILE_OPBATCH_BREAK_UNDERWAY   9u /**< Information of an open that failed, yet broke an oplock. */

#define REQUEST_OPLOCK_CURRENT_VERSION 1u /**< StructureVersion. */
#define OPLOCK_LEVEL_CACHE_READ        1u /**< What is read may be cached. */
#define OPLOCK_LEVEL_CACHE_HANDLE      2u /**< The handle may stay open. */
#define OPLOCK_LEVEL_CACHE_WRITE       4u /**< What is written may be cached. */

#define REQUEST_OPLOCK_INPUT_FLAG_REQUEST               1u /**< A lease is asked for. */
#define REQUEST_OPLOCK_INPUT_FLAG_ACK                   2u /**< A break is acknowledged. */
#define REQUEST_OPLOCK_INPUT_FLAG_COMPLETE_ACK_ON_CLOSE 4u /**< With ACK: by closing the handle soon. */
#define REQUEST_OPLOCK_OUTPUT_FLAG_ACK_REQUIRED         1u /**< The break waits for an acknowledgment. */
#define REQUEST_OPLOCK_OUTPUT_FLAG_MODES_PROVIDED       2u /**< AccessMode and ShareMode are filled in. */

/** Goes into FSCTL_REQUEST_OPLOCK. */
typedef struct _REQUEST_OPLOCK_INPUT_BUFFER {
    WORD StructureVersion;      /**< REQUEST_OPLOCK_CURRENT_VERSION. */
    WORD StructureLength;       /**< Its size. */
    DWORD RequestedOplockLevel; /**< OPLOCK_LEVEL_CACHE_*. */
    DWORD Flags;                /**< REQUEST_OPLOCK_INPUT_FLAG_*. */
} REQUEST_OPLOCK_INPUT_BUFFER, *PREQUEST_OPLOCK_INPUT_BUFFER;

/** Comes out of it when the lease breaks. */
typedef struct _REQUEST_OPLOCK_OUTPUT_BUFFER {
    WORD StructureVersion;     /**< REQUEST_OPLOCK_CURRENT_VERSION. */
    WORD StructureLength;      /**< Its size. */
    DWORD OriginalOplockLevel; /**< OPLOCK_LEVEL_CACHE_* of the lease; in force until the acknowledgment. */
    DWORD NewOplockLevel;      /**< What is left, or can be had. */
    DWORD Flags;               /**< REQUEST_OPLOCK_OUTPUT_FLAG_*. */
    ACCESS_MASK AccessMode;    /**< Rights of the open that conflicts. */
    WORD ShareMode;            /**< FILE_SHARE_* of the open that conflicts. */
} REQUEST_OPLOCK_OUTPUT_BUFFER, *PREQUEST_OPLOCK_OUTPUT_BUFFER;
/** @} */
#endif

/** An open file or directory. */
typedef struct _DOKAN_NT_OPEN_FILE *DOKAN_NT_FILE;

/** What a request does; each names the members of #DOKAN_NT_REQUEST that it reads. */
typedef enum _DOKAN_NT_OPERATION {
    /** Opens or makes a file: Name (with RelatedFile), DesiredAccess, FileAttributes, ShareAccess,
     * CreateDisposition, CreateOptions, Buffer (a self-relative security descriptor of Length bytes, or
     * NULL), Input (FILE_FULL_EA_INFORMATION of InputLength bytes for what is made, or NULL). File
     * receives it, Information is FILE_OPENED, FILE_CREATED and so on. As NtCreateFile. Links are followed
     * unless FILE_OPEN_REPARSE_POINT says not to; one that leads out of the volume gives
     * STATUS_STOPPED_ON_SYMLINK. */
    DOKAN_NT_CREATE = 0,
    DOKAN_NT_CLEANUP, /**< The last handle of File is closed. */
    DOKAN_NT_CLOSE,   /**< File goes away. */
    /** Reads Length bytes at Offset (-2: where the file stands) into Buffer. Information: bytes. At the end
     * STATUS_END_OF_FILE. */
    DOKAN_NT_READ,
    /** Writes Length bytes of Buffer at Offset (-1: at the end, -2: where the file stands). Information:
     * bytes. DOKAN_NT_PAGING: never extends the file, and may come after the cleanup. */
    DOKAN_NT_WRITE,
    DOKAN_NT_FLUSH,             /**< Writes back what is cached. */
    DOKAN_NT_QUERY_INFORMATION, /**< Class is a FILE_INFORMATION_CLASS, Buffer receives it. */
    /** Class is a FILE_INFORMATION_CLASS, Buffer holds it. A RootDirectory in it is a #DOKAN_NT_FILE. */
    DOKAN_NT_SET_INFORMATION,
    /** Lists a directory into Buffer: Class, Pattern (NULL: all), DOKAN_NT_RESTART, DOKAN_NT_SINGLE.
     * STATUS_NO_MORE_FILES at the end, STATUS_NO_SUCH_FILE when nothing matches. */
    DOKAN_NT_QUERY_DIRECTORY,
    DOKAN_NT_QUERY_VOLUME, /**< Class is a FS_INFORMATION_CLASS; File may be NULL. */
    /** Class is a SECURITY_INFORMATION; Buffer receives the descriptor. STATUS_BUFFER_OVERFLOW: Information
     * is the room needed. */
    DOKAN_NT_QUERY_SECURITY,
    DOKAN_NT_SET_SECURITY, /**< Class is a SECURITY_INFORMATION; Buffer holds the descriptor. */
    /** Locks LockLength bytes at Offset: Key, DOKAN_NT_EXCLUSIVE, DOKAN_NT_FAIL_IMMEDIATELY. Waits until it
     * can be had, also beyond the volume's time limit; DokanNtCancel() ends that. */
    DOKAN_NT_LOCK,
    DOKAN_NT_UNLOCK, /**< Unlocks that range, or with DOKAN_NT_ALL all, with DOKAN_NT_BY_KEY all of Key. */
    /** Waits for a change in a directory: Class is the filter (FILE_NOTIFY_CHANGE_*), DOKAN_NT_TREE. Buffer
     * receives FILE_NOTIFY_INFORMATION. STATUS_NOTIFY_ENUM_DIR: too many, look for yourself. */
    DOKAN_NT_NOTIFY,
    /** Class is a control code (FSCTL_*), Input and InputLength go in, Buffer receives what comes out.
     * The request that is granted an oplock completes when the oplock breaks. */
    DOKAN_NT_FS_CONTROL,
    /** Reads extended attributes into Buffer, as FILE_FULL_EA_INFORMATION: those of Input, a list of
     * FILE_GET_EA_INFORMATION of InputLength bytes (one that is not there has no value), or without Input all
     * of them, from where File stands, from number Class if that is not 0, or with DOKAN_NT_RESTART from the
     * beginning; DOKAN_NT_SINGLE. STATUS_BUFFER_OVERFLOW: there are more. STATUS_NO_EAS_ON_FILE,
     * STATUS_NO_MORE_EAS. As NtQueryEaFile. */
    DOKAN_NT_QUERY_EA,
    /** Sets extended attributes, or none if one of them cannot be: Buffer is a list of
     * FILE_FULL_EA_INFORMATION; one without a value is removed. STATUS_EA_LIST_INCONSISTENT,
     * STATUS_INVALID_EA_NAME: Information tells where. As NtSetEaFile. */
    DOKAN_NT_SET_EA,
    /** Class is a FS_INFORMATION_CLASS, Buffer holds it: FileFsLabelInformation. File may be NULL. */
    DOKAN_NT_SET_VOLUME,
    DOKAN_NT_OPERATION_COUNT /**< Their number. */
} DOKAN_NT_OPERATION;

/** @name Flags of a request
 * @{ */
#define DOKAN_NT_PAGING           0x1u   /**< READ, WRITE: paging I/O. */
#define DOKAN_NT_NOCACHE          0x2u   /**< READ, WRITE: not through a cache. */
#define DOKAN_NT_RESTART          0x4u   /**< QUERY_DIRECTORY, QUERY_EA: from the beginning. */
#define DOKAN_NT_SINGLE           0x8u   /**< QUERY_DIRECTORY, QUERY_EA: one entry. */
#define DOKAN_NT_EXCLUSIVE        0x10u  /**< LOCK: nobody else may read either. */
#define DOKAN_NT_FAIL_IMMEDIATELY 0x20u  /**< LOCK: STATUS_LOCK_NOT_GRANTED instead of waiting. */
#define DOKAN_NT_ALL              0x40u  /**< UNLOCK: all locks of File and the process. */
#define DOKAN_NT_BY_KEY           0x80u  /**< UNLOCK with DOKAN_NT_ALL: of Key only. */
#define DOKAN_NT_TREE             0x100u /**< NOTIFY: everything below as well. */
/** CREATE: the directory of Name is opened, Name itself need not be there: Information is FILE_EXISTS or
 * FILE_DOES_NOT_EXIST. */
#define DOKAN_NT_TARGET_DIRECTORY 0x200u
/** @} */

/**
 * A request. Make it with DokanNtRequest(), which zeroes it.
 *
 * The structure and all that it points to belong to the library from DokanNtSubmit() until Complete is
 * called; Buffer and Input until Released is called, where that is set: a callback that hangs past its
 * deadline still uses them, while Complete has come with STATUS_IO_TIMEOUT already.
 */
typedef struct _DOKAN_NT_REQUEST {
    ULONG Size;          /**< `sizeof(DOKAN_NT_REQUEST)`. */
    ULONG Operation;     /**< #DOKAN_NT_OPERATION. */
    DOKAN_HANDLE Volume; /**< The volume; only read by CREATE and by QUERY_VOLUME without File. */
    DOKAN_NT_FILE File;  /**< The file; CREATE sets it. */
    ULONG ProcessId;     /**< Who asks: process, owner of byte-range locks; */
    ULONG UserId;        /**< Linux user, */
    ULONG GroupId;       /**< and group. */
    ULONG Flags;         /**< DOKAN_NT_*. */
    LPCWSTR Name;        /**< CREATE: `\a\b`, `\a\b:stream`; relative to RelatedFile without the backslash. */
    ULONG64 FileId; /**< CREATE with FILE_OPEN_BY_FILE_ID, Name then is NULL: FileInternalInformation's. */
    DOKAN_NT_FILE RelatedFile; /**< CREATE: an open directory, or NULL. */
    ACCESS_MASK DesiredAccess; /**< CREATE: rights, generic ones too. */
    ULONG FileAttributes;      /**< CREATE: of a new file. */
    ULONG ShareAccess;         /**< CREATE: FILE_SHARE_*. */
    ULONG CreateDisposition;   /**< CREATE: FILE_OPEN, FILE_CREATE... */
    ULONG CreateOptions;       /**< CREATE: FILE_DIRECTORY_FILE... */
    ULONG Class;               /**< What is asked for, by operation. */
    ULONG Key;                 /**< LOCK, UNLOCK. */
    ULONG Length;              /**< Bytes of Buffer. */
    PVOID Buffer;              /**< Data in or out. */
    LONGLONG Offset;           /**< READ, WRITE, LOCK, UNLOCK: in bytes. */
    LONGLONG LockLength;       /**< LOCK, UNLOCK: in bytes. */
    LPCWSTR Pattern;           /**< QUERY_DIRECTORY: NULL for all. */
    const void *Input;         /**< FS_CONTROL: data in. QUERY_EA, CREATE: a list of EAs, or NULL. */
    ULONG InputLength;         /**< Bytes of Input. */
    NTSTATUS Status;           /**< The result. */
    ULONG64 Information;       /**< Bytes, or what the operation says. */
    /** Called once with the result, from any thread, no lock held. Not used by DokanNtCall(). */
    void(DOKAN_CALLBACK *Complete)(struct _DOKAN_NT_REQUEST *Request);
    /** Called once after Complete, when Buffer and Input are no longer used; or NULL. */
    void(DOKAN_CALLBACK *Released)(struct _DOKAN_NT_REQUEST *Request);
    PVOID Context;     /**< Yours. */
    PVOID Reserved[2]; /**< The library's. */
    /** CREATE: opens with the same key do not break each other's oplocks; zero: a key of its own. */
    ULONG64 OplockKey[2];
    /** CREATE: changes made with File do not break oplocks of the directory that have this key. */
    ULONG64 ParentOplockKey[2];
} DOKAN_NT_REQUEST, *PDOKAN_NT_REQUEST;

/**
 * A request in which everything is zero but who asks: this process.
 *
 * @param Volume the volume
 * @param Operation what to do
 * @return the request
 */
DOKAN_NT_REQUEST DOKANAPI DokanNtRequest(DOKAN_HANDLE Volume, ULONG Operation);

/**
 * Performs a request and waits for it, on the calling thread: callbacks run on it. It does not return before
 * a callback that hangs.
 *
 * @param[in,out] Request the request; Status and Information receive the result
 * @return its Status; STATUS_INVALID_PARAMETER for a wrong Size or Operation, STATUS_INVALID_HANDLE for a
 * volume or file that is none
 */
NTSTATUS DOKANAPI DokanNtCall(PDOKAN_NT_REQUEST Request);

/**
 * Starts a request; Complete must be set.
 *
 * @param Request the request
 * @return STATUS_PENDING: Complete is called, perhaps already; anything else: it is not and will not be
 * (as DokanNtCall(), or STATUS_INSUFFICIENT_RESOURCES)
 */
NTSTATUS DOKANAPI DokanNtSubmit(PDOKAN_NT_REQUEST Request);

/**
 * Ends a request that waits: for a name, a lock, a change. It completes with STATUS_CANCELLED.
 *
 * @param Request one given to DokanNtSubmit() whose Complete has not returned
 * @return FALSE when it runs already or has ended: it is not interrupted
 */
BOOL DOKANAPI DokanNtCancel(PDOKAN_NT_REQUEST Request);

/** Cleanup and close. @param File the file, or NULL @return of the cleanup */
NTSTATUS DOKANAPI DokanNtClose(DOKAN_NT_FILE File);

#ifdef __cplusplus
}
#endif

#endif /* DOKAN_NT_H_ */
