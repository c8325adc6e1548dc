// SPDX-License-Identifier: MIT
/**
 * @file dokan_operations_ex.h
 * @brief Operations for which Dokany has no callback: links, EAs, POSIX facts, sparse files, file ids.
 *
 * A #DOKAN_OPERATIONS_EX stands beside a #DOKAN_OPERATIONS and is given in
 * DOKAN_MOUNT_OPTIONS_EX::OperationsEx. A callback left NULL is not offered: what needs it then fails as on a
 * volume of Windows that cannot do it, or is done by the older callback that is named with it. All rules of
 * #DOKAN_OPERATIONS hold: any thread, several at once, statuses, deadlines, names that begin with `\`.
 *
 * Unless it says otherwise a callback gets an open handle: DOKAN_FILE_INFO::Context is what ZwCreateFile left
 * there. ZwCreateFile with FILE_OPEN_REPARSE_POINT opens a link itself; the engine always asks for that,
 * since it follows links itself. A file with a reparse point has FILE_ATTRIBUTE_REPARSE_POINT, and a
 * directory that is a link has FILE_ATTRIBUTE_DIRECTORY too.
 */
#ifndef DOKAN_OPERATIONS_EX_H_
#define DOKAN_OPERATIONS_EX_H_

#include "dokan_operations.h"

#ifdef __cplusplus
extern "C" {
#endif

/** @name Facts
 * @{ */

#define DOKAN_FACT_ATTRIBUTES 0x1u    /**< FileAttributes and ReparseTag */
#define DOKAN_FACT_SIZE       0x2u    /**< FileSize */
#define DOKAN_FACT_ALLOCATION 0x4u    /**< AllocationSize */
#define DOKAN_FACT_CREATION   0x8u    /**< CreationTime */
#define DOKAN_FACT_ACCESS     0x10u   /**< LastAccessTime */
#define DOKAN_FACT_WRITE      0x20u   /**< LastWriteTime */
#define DOKAN_FACT_CHANGE     0x40u   /**< ChangeTime */
#define DOKAN_FACT_LINKS      0x80u   /**< NumberOfLinks */
#define DOKAN_FACT_ID         0x100u  /**< FileId */
#define DOKAN_FACT_MODE       0x200u  /**< Mode */
#define DOKAN_FACT_UID        0x400u  /**< Uid */
#define DOKAN_FACT_GID        0x800u  /**< Gid */
#define DOKAN_FACT_DEVICE     0x1000u /**< Device */
#define DOKAN_FACT_ALL        0x1fffu /**< All of them. */

/** What is known of a file. Only those named in Valid mean anything. */
typedef struct _DOKAN_FACTS {
    ULONG Size;            /**< `sizeof(DOKAN_FACTS)` of whoever made it. */
    ULONG Valid;           /**< DOKAN_FACT_*. */
    ULONG FileAttributes;  /**< FILE_ATTRIBUTE_*. */
    ULONG ReparseTag;      /**< IO_REPARSE_TAG_*; 0 without FILE_ATTRIBUTE_REPARSE_POINT. */
    LONG64 FileSize;       /**< Bytes; of a link the length of its target as UTF-8. */
    LONG64 AllocationSize; /**< Bytes on the medium. */
    LONG64 CreationTime;   /**< 100 ns since 1601, UTC. */
    LONG64 LastAccessTime; /**< 100 ns since 1601, UTC. */
    LONG64 LastWriteTime;  /**< 100 ns since 1601, UTC. */
    LONG64 ChangeTime;     /**< Last change of anything, 100 ns since 1601, UTC. */
    ULONG64 FileId;        /**< Number of the file; shown to programs that ask, never trusted. */
    ULONG64 Device;        /**< What a character or block device stands for, as makedev(3). */
    /** Number of names, 0 for what was removed while open. Of a directory 2 and one for each directory in it,
     * as Linux counts, or 1 where that is not known; Windows' programs are told 1. */
    ULONG NumberOfLinks;
    ULONG Mode; /**< Permission bits, 07777; the type follows from attributes and tag. */
    ULONG Uid;  /**< Linux owner. */
    ULONG Gid;  /**< Linux group. */
} DOKAN_FACTS, *PDOKAN_FACTS;

/**
 * Takes one entry of a directory; given to FindFacts.
 *
 * @param Name its name, terminated; copied
 * @param Facts at least attributes and size; copied
 * @param DokanFileInfo what the callback got
 * @return 0 to go on; anything else: no more entries are wanted
 */
typedef int(WINAPI *PFillFacts)(LPCWSTR Name, const DOKAN_FACTS *Facts, PDOKAN_FILE_INFO DokanFileInfo);

/**
 * Takes one extended attribute; given to FindEas.
 *
 * @param Name its name, UTF-8, terminated; copied
 * @param Flags 0 or FILE_NEED_EA
 * @param Value its value; copied. May be NULL when only the length is known.
 * @param Length of the value in bytes, up to 65535
 * @param DokanFileInfo what the callback got
 * @return 0 to go on; anything else: no more are wanted
 */
typedef int(WINAPI *PFillEa)(const char *Name, UCHAR Flags, const void *Value, ULONG Length,
                             PDOKAN_FILE_INFO DokanFileInfo);

/**
 * Takes one range that holds data; given to FindRanges.
 *
 * @param Offset in bytes
 * @param Length in bytes, above 0
 * @param DokanFileInfo what the callback got
 * @return 0 to go on; anything else: no more are wanted
 */
typedef int(WINAPI *PFillRange)(LONGLONG Offset, LONGLONG Length, PDOKAN_FILE_INFO DokanFileInfo);

/** @} */

// clang-format off
/** The extended operations. */
typedef struct _DOKAN_OPERATIONS_EX {
    ULONG Size;     /**< `sizeof(DOKAN_OPERATIONS_EX)`: a later library does not look behind. */
    ULONG Reserved; /**< 0 */

    /**
     * Instead of GetFileInformation: all facts at once. Facts->Valid is 0 on entry.
     * STATUS_NOT_IMPLEMENTED: GetFileInformation is asked.
     */
    NTSTATUS(DOKAN_CALLBACK *GetFacts)(LPCWSTR FileName, PDOKAN_FACTS Facts, PDOKAN_FILE_INFO DokanFileInfo);

    /** Instead of FindFiles: the entries of a directory with all facts. NOT_IMPLEMENTED: FindFiles is asked. */
    NTSTATUS(DOKAN_CALLBACK *FindFacts)(LPCWSTR FileName, PFillFacts FillFacts, PDOKAN_FILE_INFO DokanFileInfo);

    /**
     * Sets what Facts->Valid names of Mode, Uid, Gid, Device, ChangeTime. Everything else goes through
     * SetFileAttributes, SetFileTime, SetEndOfFile, SetAllocationSize. Called for a new file inside the
     * request that makes it, too. Not offered: modes and owners are those of the mount options.
     */
    NTSTATUS(DOKAN_CALLBACK *SetFacts)(LPCWSTR FileName, const DOKAN_FACTS *Facts, PDOKAN_FILE_INFO DokanFileInfo);

    /**
     * The number of what a name stands for: the same number, the same file. Asked before ZwCreateFile, without
     * a handle (Context is 0), for every name that the engine sees; so be quick. 0 or a failure: the name is
     * its own identity. Must be offered for hard links and open by id; never give out a number again while
     * the volume is mounted.
     */
    NTSTATUS(DOKAN_CALLBACK *GetFileId)(LPCWSTR FileName, PULONG64 FileId, PDOKAN_FILE_INFO DokanFileInfo);

    /**
     * A name of the file with that number, for FILE_OPEN_BY_FILE_ID; without a handle.
     * Name receives it, terminated; Units is the room. STATUS_OBJECT_NAME_NOT_FOUND.
     */
    NTSTATUS(DOKAN_CALLBACK *GetNameOfId)(ULONG64 FileId, LPWSTR Name, ULONG Units, PDOKAN_FILE_INFO DokanFileInfo);

    /**
     * Gives the open file another name. STATUS_OBJECT_NAME_COLLISION when it is taken and ReplaceIfExisting is
     * FALSE, STATUS_FILE_IS_A_DIRECTORY, STATUS_NOT_SAME_DEVICE, STATUS_TOO_MANY_LINKS.
     */
    NTSTATUS(DOKAN_CALLBACK *CreateHardLink)(LPCWSTR FileName, LPCWSTR NewFileName, BOOL ReplaceIfExisting,
                                             PDOKAN_FILE_INFO DokanFileInfo);

    /**
     * Takes the name away at once, the handle and all others go on, READONLY does not protect: unlink(2) and
     * POSIX delete. Of a
     * directory only if it is empty (STATUS_DIRECTORY_NOT_EMPTY). Afterwards Cleanup comes without
     * DeletePending. Who offers it also lets MoveFile replace a target that is open, READONLY or an empty
     * directory. Not offered: DeleteFile and Cleanup delete with the last handle, and the engine hides the
     * name until then.
     */
    NTSTATUS(DOKAN_CALLBACK *RemoveName)(LPCWSTR FileName, PDOKAN_FILE_INFO DokanFileInfo);

    /** Exchanges two names as a whole: renameat2(2) with RENAME_EXCHANGE. The handle is of FileName. */
    NTSTATUS(DOKAN_CALLBACK *ExchangeNames)(LPCWSTR FileName, LPCWSTR OtherFileName, PDOKAN_FILE_INFO DokanFileInfo);

    /**
     * Reads the reparse point as a REPARSE_DATA_BUFFER, MAXIMUM_REPARSE_DATA_BUFFER_SIZE bytes at most.
     * STATUS_NOT_A_REPARSE_POINT; STATUS_BUFFER_OVERFLOW when it does not fit. A Linux link is
     * IO_REPARSE_TAG_LX_SYMLINK: a ULONG 2, then the target as UTF-8 to the end; DokanMakeSymbolicLink() and
     * DokanGetSymbolicLink() of dokan_ex.h pack and read it and Windows' own form.
     */
    NTSTATUS(DOKAN_CALLBACK *GetReparsePoint)(LPCWSTR FileName, PVOID Buffer, ULONG Length, PULONG Used,
                                              PDOKAN_FILE_INFO DokanFileInfo);

    /**
     * Sets or replaces it; checked by the engine. STATUS_IO_REPARSE_TAG_MISMATCH when another tag is there,
     * STATUS_DIRECTORY_NOT_EMPTY for a directory with entries. A new symbolic link, FIFO, socket or device is
     * made by ZwCreateFile (FILE_CREATE) and this, in one request.
     */
    NTSTATUS(DOKAN_CALLBACK *SetReparsePoint)(LPCWSTR FileName, const void *Buffer, ULONG Length,
                                              PDOKAN_FILE_INFO DokanFileInfo);

    /** Makes it an ordinary file or directory again. STATUS_NOT_A_REPARSE_POINT, STATUS_IO_REPARSE_TAG_MISMATCH. */
    NTSTATUS(DOKAN_CALLBACK *DeleteReparsePoint)(LPCWSTR FileName, ULONG ReparseTag, PDOKAN_FILE_INFO DokanFileInfo);

    /**
     * Reads an extended attribute. Name is UTF-8; compare it as the volume compares names. Used receives the
     * length of the value, also with STATUS_BUFFER_OVERFLOW. STATUS_NO_EAS_ON_FILE or
     * STATUS_NONEXISTENT_EA_ENTRY when there is none.
     */
    NTSTATUS(DOKAN_CALLBACK *GetEa)(LPCWSTR FileName, const char *Name, PVOID Value, ULONG Length, PULONG Used,
                                    PDOKAN_FILE_INFO DokanFileInfo);

    /** Sets one; Value NULL removes it. Length up to 65535. STATUS_EA_TOO_LARGE, STATUS_NONEXISTENT_EA_ENTRY. */
    NTSTATUS(DOKAN_CALLBACK *SetEa)(LPCWSTR FileName, const char *Name, UCHAR Flags, const void *Value, ULONG Length,
                                    PDOKAN_FILE_INFO DokanFileInfo);

    /** Lists them. */
    NTSTATUS(DOKAN_CALLBACK *FindEas)(LPCWSTR FileName, PFillEa FillEa, PDOKAN_FILE_INFO DokanFileInfo);

    /** Lists the ranges below Offset + Length that hold data, in ascending order. Not offered: all of it is data. */
    NTSTATUS(DOKAN_CALLBACK *FindRanges)(LPCWSTR FileName, LONGLONG Offset, LONGLONG Length, PFillRange FillRange,
                                         PDOKAN_FILE_INFO DokanFileInfo);

    /**
     * Makes a range read as zeros, without changing the size. Deallocate: gives its space back
     * (FALLOC_FL_PUNCH_HOLE, FSCTL_SET_ZERO_DATA of a sparse file). Not offered: zeros are written.
     */
    NTSTATUS(DOKAN_CALLBACK *ZeroRange)(LPCWSTR FileName, LONGLONG Offset, LONGLONG Length, BOOL Deallocate,
                                        PDOKAN_FILE_INFO DokanFileInfo);

    /**
     * A file-system control that the engine does not answer itself. Returned receives the bytes put into
     * Output. STATUS_INVALID_DEVICE_REQUEST for a Code that is not known.
     */
    NTSTATUS(DOKAN_CALLBACK *FileSystemControl)(LPCWSTR FileName, ULONG Code, const void *Input, ULONG InputLength,
                                                PVOID Output, ULONG OutputLength, PULONG Returned,
                                                PDOKAN_FILE_INFO DokanFileInfo);

    /** Changes the volume's name, up to 32 units; without a handle. */
    NTSTATUS(DOKAN_CALLBACK *SetVolumeLabel)(LPCWSTR Label, PDOKAN_FILE_INFO DokanFileInfo);

    /**
     * A descriptor of the host that holds exactly the contents of the open file, for reading and writing
     * without callbacks. It stays the file system's and open until Cleanup. STATUS_NOT_SUPPORTED for a file
     * that has none.
     */
    NTSTATUS(DOKAN_CALLBACK *GetBackingFile)(LPCWSTR FileName, int *Descriptor, PDOKAN_FILE_INFO DokanFileInfo);
} DOKAN_OPERATIONS_EX, *PDOKAN_OPERATIONS_EX;
// clang-format on

#ifdef __cplusplus
}
#endif

#endif /* DOKAN_OPERATIONS_EX_H_ */
