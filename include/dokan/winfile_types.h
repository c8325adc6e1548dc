// SPDX-License-Identifier: MIT
/**
 * @file winfile_types.h
 * @brief Types and numbers of the Win32 file calls; part of winfile.h.
 *
 * On Windows this header only includes `<windows.h>`.
 */
#ifndef DOKAN_WINFILE_TYPES_H_
#define DOKAN_WINFILE_TYPES_H_

#include "fileinfo.h"
#include "ntstatus.h"
#include "wintypes.h"

#if !defined(_WIN32) && !defined(DOKAN_USE_WINDOWS_H)

typedef HANDLE HLOCAL; /**< Memory of LocalAlloc; to be freed with LocalFree. */

/** What a new file gets. */
typedef struct _SECURITY_ATTRIBUTES {
    DWORD nLength;               /**< Bytes of this structure. */
    LPVOID lpSecurityDescriptor; /**< The descriptor, self-relative or absolute; NULL: what is inherited. */
    BOOL bInheritHandle;         /**< No meaning here: handles do not outlive exec. */
} SECURITY_ATTRIBUTES, *PSECURITY_ATTRIBUTES, *LPSECURITY_ATTRIBUTES;

/** Security descriptor whose parts lie anywhere in memory. */
typedef struct _SECURITY_DESCRIPTOR {
    BYTE Revision;                       /**< 1. */
    BYTE Sbz1;                           /**< 0. */
    SECURITY_DESCRIPTOR_CONTROL Control; /**< `SE_*` without SE_SELF_RELATIVE. */
    PSID Owner;                          /**< Owner, or NULL. */
    PSID Group;                          /**< Primary group, or NULL. */
    PACL Sacl;                           /**< System list. */
    PACL Dacl;                           /**< Discretionary list. */
} SECURITY_DESCRIPTOR;

/** Place, event and result of a request that may take its time. */
typedef struct _OVERLAPPED {
    ULONG_PTR Internal;     /**< Its NTSTATUS, STATUS_PENDING while it runs. */
    ULONG_PTR InternalHigh; /**< Bytes transferred. */
    /** The place in the file. */
    __extension__ union {
        /** In halves. */
        __extension__ struct {
            DWORD Offset;     /**< Low half, in bytes. */
            DWORD OffsetHigh; /**< High half. */
        };
        PVOID Pointer; /**< Reserved. */
    };
    HANDLE hEvent; /**< An event of CreateEventW that is set at the end, or NULL. */
} OVERLAPPED, *LPOVERLAPPED;

/** Called at the end of a request; not supported, see DokanWinReadDirectoryChangesW(). */
typedef VOID(WINAPI *LPOVERLAPPED_COMPLETION_ROUTINE)(DWORD Error, DWORD Bytes, LPOVERLAPPED Overlapped);

/** Date and time of the calendar, UTC unless said otherwise. */
typedef struct _SYSTEMTIME {
    WORD wYear;         /**< 1601 to 30827. */
    WORD wMonth;        /**< 1 to 12. */
    WORD wDayOfWeek;    /**< 0 is Sunday; ignored on the way in. */
    WORD wDay;          /**< 1 to 31. */
    WORD wHour;         /**< 0 to 23. */
    WORD wMinute;       /**< 0 to 59. */
    WORD wSecond;       /**< 0 to 59. */
    WORD wMilliseconds; /**< 0 to 999. */
} SYSTEMTIME, *PSYSTEMTIME, *LPSYSTEMTIME;

/** What GetFileAttributesExW tells. */
typedef enum _GET_FILEEX_INFO_LEVELS {
    GetFileExInfoStandard, /**< #WIN32_FILE_ATTRIBUTE_DATA */
    GetFileExMaxInfoLevel  /**< One past the last. */
} GET_FILEEX_INFO_LEVELS;

/** Attributes, times and size of a file. */
typedef struct _WIN32_FILE_ATTRIBUTE_DATA {
    DWORD dwFileAttributes;    /**< `FILE_ATTRIBUTE_*`. */
    FILETIME ftCreationTime;   /**< Birth. */
    FILETIME ftLastAccessTime; /**< Last read. */
    FILETIME ftLastWriteTime;  /**< Last write. */
    DWORD nFileSizeHigh;       /**< High half of the size in bytes. */
    DWORD nFileSizeLow;        /**< Low half. */
} WIN32_FILE_ATTRIBUTE_DATA, *LPWIN32_FILE_ATTRIBUTE_DATA;

/** What FindFirstStreamW tells. */
typedef enum _STREAM_INFO_LEVELS {
    FindStreamInfoStandard,    /**< #WIN32_FIND_STREAM_DATA */
    FindStreamInfoMaxInfoLevel /**< One past the last. */
} STREAM_INFO_LEVELS;

/** Classes of GetFileInformationByHandleEx and SetFileInformationByHandle. */
typedef enum _FILE_INFO_BY_HANDLE_CLASS {
    FileBasicInfo = 0,                   /**< #FILE_BASIC_INFO */
    FileStandardInfo = 1,                /**< #FILE_STANDARD_INFO */
    FileNameInfo = 2,                    /**< #FILE_NAME_INFO */
    FileRenameInfo = 3,                  /**< #FILE_RENAME_INFO, set only */
    FileDispositionInfo = 4,             /**< #FILE_DISPOSITION_INFO, set only */
    FileAllocationInfo = 5,              /**< #FILE_ALLOCATION_INFO, set only */
    FileEndOfFileInfo = 6,               /**< #FILE_END_OF_FILE_INFO, set only */
    FileStreamInfo = 7,                  /**< #FILE_STREAM_INFO */
    FileCompressionInfo = 8,             /**< #FILE_COMPRESSION_INFO */
    FileAttributeTagInfo = 9,            /**< #FILE_ATTRIBUTE_TAG_INFO */
    FileIdBothDirectoryInfo = 10,        /**< #FILE_ID_BOTH_DIR_INFO */
    FileIdBothDirectoryRestartInfo = 11, /**< The same from the start. */
    FileIoPriorityHintInfo = 12,         /**< Not supported. */
    FileRemoteProtocolInfo = 13,         /**< Not supported. */
    FileFullDirectoryInfo = 14,          /**< #FILE_FULL_DIR_INFO */
    FileFullDirectoryRestartInfo = 15,   /**< The same from the start. */
    FileStorageInfo = 16,                /**< Not supported. */
    FileAlignmentInfo = 17,              /**< #FILE_ALIGNMENT_INFORMATION */
    FileIdInfo = 18,                     /**< #FILE_ID_INFO */
    FileIdExtdDirectoryInfo = 19,        /**< #FILE_ID_EXTD_DIR_INFO */
    FileIdExtdDirectoryRestartInfo = 20, /**< The same from the start. */
    FileDispositionInfoEx = 21,          /**< #FILE_DISPOSITION_INFO_EX, set only */
    FileRenameInfoEx = 22,               /**< #FILE_RENAME_INFO, set only */
    FileCaseSensitiveInfo = 23,          /**< Not supported. */
    FileNormalizedNameInfo = 24,         /**< #FILE_NAME_INFO */
    MaximumFileInfoByHandleClass         /**< One past the last. */
} FILE_INFO_BY_HANDLE_CLASS;

typedef FILE_BASIC_INFORMATION FILE_BASIC_INFO;                   /**< Times and attributes. */
typedef FILE_STANDARD_INFORMATION FILE_STANDARD_INFO;             /**< Sizes and links. */
typedef FILE_NAME_INFORMATION FILE_NAME_INFO;                     /**< Name from the root of the volume. */
typedef FILE_ALLOCATION_INFORMATION FILE_ALLOCATION_INFO;         /**< Bytes to reserve. */
typedef FILE_END_OF_FILE_INFORMATION FILE_END_OF_FILE_INFO;       /**< New size. */
typedef FILE_STREAM_INFORMATION FILE_STREAM_INFO;                 /**< A stream. */
typedef FILE_COMPRESSION_INFORMATION FILE_COMPRESSION_INFO;       /**< Compression. */
typedef FILE_ATTRIBUTE_TAG_INFORMATION FILE_ATTRIBUTE_TAG_INFO;   /**< Attributes and reparse tag. */
typedef FILE_ID_BOTH_DIR_INFORMATION FILE_ID_BOTH_DIR_INFO;       /**< A directory entry. */
typedef FILE_FULL_DIR_INFORMATION FILE_FULL_DIR_INFO;             /**< A directory entry. */
typedef FILE_ID_EXTD_DIR_INFORMATION FILE_ID_EXTD_DIR_INFO;       /**< A directory entry. */
typedef FILE_ID_INFORMATION FILE_ID_INFO;                         /**< Identity. */
typedef FILE_DISPOSITION_INFORMATION FILE_DISPOSITION_INFO;       /**< To be deleted or not. */
typedef FILE_DISPOSITION_INFORMATION_EX FILE_DISPOSITION_INFO_EX; /**< The same, with flags. */

/** FileRenameInfo and FileRenameInfoEx. */
typedef struct _FILE_RENAME_INFO {
    /** How. */
    __extension__ union {
        BOOLEAN ReplaceIfExists; /**< FileRenameInfo: replace a target that exists. */
        DWORD Flags;             /**< FileRenameInfoEx: `FILE_RENAME_*`. */
    };
    HANDLE RootDirectory; /**< Directory the name is relative to, or NULL. */
    DWORD FileNameLength; /**< Bytes of the name. */
    WCHAR FileName[1];    /**< A path, a name beside the file, or `:stream`. */
} FILE_RENAME_INFO, *PFILE_RENAME_INFO;

/**
 * @name Numbers of the Win32 file calls
 * @{
 */
#define FILE_BEGIN                                   0u    /**< SetFilePointerEx: from the start. */
#define FILE_CURRENT                                 1u    /**< From where the handle stands. */
#define FILE_END                                     2u    /**< From the end. */
#define MOVEFILE_REPLACE_EXISTING                    0x1u  /**< MoveFileExW: replace a file. */
#define MOVEFILE_COPY_ALLOWED                        0x2u  /**< Copy to another volume. */
#define MOVEFILE_DELAY_UNTIL_REBOOT                  0x4u  /**< Not supported. */
#define MOVEFILE_WRITE_THROUGH                       0x8u  /**< Return when it is on the store. */
#define MOVEFILE_CREATE_HARDLINK                     0x10u /**< Reserved. */
#define MOVEFILE_FAIL_IF_NOT_TRACKABLE               0x20u /**< No effect here. */
#define LOCKFILE_FAIL_IMMEDIATELY                    0x1u  /**< LockFileEx: do not wait. */
#define LOCKFILE_EXCLUSIVE_LOCK                      0x2u  /**< Nobody else may read either. */
#define SYMBOLIC_LINK_FLAG_DIRECTORY                 0x1u  /**< CreateSymbolicLinkW: leads to a directory. */
#define SYMBOLIC_LINK_FLAG_ALLOW_UNPRIVILEGED_CREATE 0x2u  /**< No effect here. */
#define FILE_NAME_NORMALIZED                         0x0u  /**< GetFinalPathNameByHandleW: as stored. */
#define FILE_NAME_OPENED                             0x8u  /**< As it was opened. */
#define VOLUME_NAME_DOS                              0x0u  /**< With its letter. */
#define VOLUME_NAME_GUID                             0x1u  /**< Not supported. */
#define VOLUME_NAME_NT                               0x2u  /**< Not supported. */
#define VOLUME_NAME_NONE                             0x4u  /**< Without a volume. */
#define ERROR_IO_INCOMPLETE                          996u  /**< GetOverlappedResult: it has not ended. */
#define SDDL_REVISION_1                              1u    /**< The only revision of descriptors' text. */
/** @} */

#endif

#endif /* DOKAN_WINFILE_TYPES_H_ */
