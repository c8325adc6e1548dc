// SPDX-License-Identifier: MIT
/**
 * @file fileinfo.h
 * @brief NT file and volume information classes, create options and dispositions.
 *
 * The structures have the layout in which NT, and SMB after it, carries them.
 */
#ifndef DOKAN_FILEINFO_H_
#define DOKAN_FILEINFO_H_

#include "wintypes.h"

/**
 * @name Create dispositions
 * What ZwCreateFile gets in CreateDisposition.
 * @{
 */
#ifndef FILE_SUPERSEDE
#define FILE_SUPERSEDE           0x00000000u /**< Replace, or create. */
#define FILE_OPEN                0x00000001u /**< Open; fail if missing. */
#define FILE_CREATE              0x00000002u /**< Create; fail if it exists. */
#define FILE_OPEN_IF             0x00000003u /**< Open, or create. */
#define FILE_OVERWRITE           0x00000004u /**< Open and empty; fail if missing. */
#define FILE_OVERWRITE_IF        0x00000005u /**< Open and empty, or create. */
#define FILE_MAXIMUM_DISPOSITION 0x00000005u /**< Largest disposition. */
#endif
/** @} */

/**
 * @name Results of a create
 * @{
 */
#define FILE_SUPERSEDED     0x00000000u /**< Existed and was replaced. */
#define FILE_OPENED         0x00000001u /**< Existed and was opened. */
#define FILE_CREATED        0x00000002u /**< Was created. */
#define FILE_OVERWRITTEN    0x00000003u /**< Existed and was emptied. */
#define FILE_EXISTS         0x00000004u /**< Failed because it exists. */
#define FILE_DOES_NOT_EXIST 0x00000005u /**< Failed because it does not exist. */
/** @} */

/**
 * @name Create options
 * What ZwCreateFile gets in CreateOptions.
 * @{
 */
#ifndef FILE_DIRECTORY_FILE
#define FILE_DIRECTORY_FILE            0x00000001u /**< Must be a directory. */
#define FILE_WRITE_THROUGH             0x00000002u /**< Writes reach the store before they return. */
#define FILE_SEQUENTIAL_ONLY           0x00000004u /**< Read from start to end. */
#define FILE_NO_INTERMEDIATE_BUFFERING 0x00000008u /**< No caching. */
#define FILE_SYNCHRONOUS_IO_ALERT      0x00000010u /**< Synchronous handle, waits may be alerted. */
#define FILE_SYNCHRONOUS_IO_NONALERT   0x00000020u /**< Synchronous handle. */
#define FILE_NON_DIRECTORY_FILE        0x00000040u /**< Must not be a directory. */
#define FILE_CREATE_TREE_CONNECTION    0x00000080u /**< Network redirectors only. */
#define FILE_COMPLETE_IF_OPLOCKED      0x00000100u /**< Do not wait for an oplock break. */
#define FILE_NO_EA_KNOWLEDGE           0x00000200u /**< Caller knows no extended attributes. */
#define FILE_OPEN_REMOTE_INSTANCE      0x00000400u /**< Open the remote instance. */
#define FILE_RANDOM_ACCESS             0x00000800u /**< Read here and there. */
#define FILE_DELETE_ON_CLOSE           0x00001000u /**< Delete at the last close. */
#define FILE_OPEN_BY_FILE_ID           0x00002000u /**< The name is a file id. */
#define FILE_OPEN_FOR_BACKUP_INTENT    0x00004000u /**< For backup; also set to open directories. */
#define FILE_NO_COMPRESSION            0x00008000u /**< Do not compress. */
#define FILE_OPEN_REQUIRING_OPLOCK     0x00010000u /**< Open and oplock in one step. */
#define FILE_DISALLOW_EXCLUSIVE        0x00020000u /**< Fail if others could be shut out. */
#define FILE_RESERVE_OPFILTER          0x00100000u /**< Reserve a filter oplock. */
#define FILE_OPEN_REPARSE_POINT        0x00200000u /**< Open the link, not its target. */
#define FILE_OPEN_NO_RECALL            0x00400000u /**< Do not fetch offline data. */
#define FILE_OPEN_FOR_FREE_SPACE_QUERY 0x00800000u /**< Only to ask for free space. */
#endif
#ifndef FILE_SESSION_AWARE
#define FILE_SESSION_AWARE 0x00040000u /**< Session-aware open. */
#endif
#ifndef FILE_VALID_OPTION_FLAGS
#define FILE_VALID_OPTION_FLAGS 0x00FFFFFFu /**< All create options. */
#endif
/** @} */

/** Information classes of files and directories; the numbers are NT's. */
typedef enum _FILE_INFORMATION_CLASS {
    FileDirectoryInformation = 1,                      /**< #FILE_DIRECTORY_INFORMATION */
    FileFullDirectoryInformation = 2,                  /**< #FILE_FULL_DIR_INFORMATION */
    FileBothDirectoryInformation = 3,                  /**< #FILE_BOTH_DIR_INFORMATION */
    FileBasicInformation = 4,                          /**< #FILE_BASIC_INFORMATION */
    FileStandardInformation = 5,                       /**< #FILE_STANDARD_INFORMATION */
    FileInternalInformation = 6,                       /**< #FILE_INTERNAL_INFORMATION */
    FileEaInformation = 7,                             /**< #FILE_EA_INFORMATION */
    FileAccessInformation = 8,                         /**< #FILE_ACCESS_INFORMATION */
    FileNameInformation = 9,                           /**< #FILE_NAME_INFORMATION */
    FileRenameInformation = 10,                        /**< #FILE_RENAME_INFORMATION */
    FileLinkInformation = 11,                          /**< #FILE_LINK_INFORMATION */
    FileNamesInformation = 12,                         /**< #FILE_NAMES_INFORMATION */
    FileDispositionInformation = 13,                   /**< #FILE_DISPOSITION_INFORMATION */
    FilePositionInformation = 14,                      /**< #FILE_POSITION_INFORMATION */
    FileFullEaInformation = 15,                        /**< #FILE_FULL_EA_INFORMATION */
    FileModeInformation = 16,                          /**< #FILE_MODE_INFORMATION */
    FileAlignmentInformation = 17,                     /**< #FILE_ALIGNMENT_INFORMATION */
    FileAllInformation = 18,                           /**< #FILE_ALL_INFORMATION */
    FileAllocationInformation = 19,                    /**< #FILE_ALLOCATION_INFORMATION */
    FileEndOfFileInformation = 20,                     /**< #FILE_END_OF_FILE_INFORMATION */
    FileAlternateNameInformation = 21,                 /**< #FILE_NAME_INFORMATION with the 8.3 name */
    FileStreamInformation = 22,                        /**< #FILE_STREAM_INFORMATION */
    FilePipeInformation = 23,                          /**< Named pipes. */
    FilePipeLocalInformation = 24,                     /**< Named pipes. */
    FilePipeRemoteInformation = 25,                    /**< Named pipes. */
    FileMailslotQueryInformation = 26,                 /**< Mailslots. */
    FileMailslotSetInformation = 27,                   /**< Mailslots. */
    FileCompressionInformation = 28,                   /**< #FILE_COMPRESSION_INFORMATION */
    FileObjectIdInformation = 29,                      /**< Object ids. */
    FileCompletionInformation = 30,                    /**< Completion ports. */
    FileMoveClusterInformation = 31,                   /**< Defragmentation. */
    FileQuotaInformation = 32,                         /**< Quotas. */
    FileReparsePointInformation = 33,                  /**< Index of reparse points. */
    FileNetworkOpenInformation = 34,                   /**< #FILE_NETWORK_OPEN_INFORMATION */
    FileAttributeTagInformation = 35,                  /**< #FILE_ATTRIBUTE_TAG_INFORMATION */
    FileTrackingInformation = 36,                      /**< Link tracking. */
    FileIdBothDirectoryInformation = 37,               /**< #FILE_ID_BOTH_DIR_INFORMATION */
    FileIdFullDirectoryInformation = 38,               /**< #FILE_ID_FULL_DIR_INFORMATION */
    FileValidDataLengthInformation = 39,               /**< #FILE_VALID_DATA_LENGTH_INFORMATION */
    FileShortNameInformation = 40,                     /**< #FILE_NAME_INFORMATION with a new 8.3 name */
    FileIoCompletionNotificationInformation = 41,      /**< Completion ports. */
    FileIoStatusBlockRangeInformation = 42,            /**< Completion ports. */
    FileIoPriorityHintInformation = 43,                /**< Priority of I/O. */
    FileSfioReserveInformation = 44,                   /**< Bandwidth reservation. */
    FileSfioVolumeInformation = 45,                    /**< Bandwidth reservation. */
    FileHardLinkInformation = 46,                      /**< #FILE_LINKS_INFORMATION */
    FileProcessIdsUsingFileInformation = 47,           /**< Who uses a file. */
    FileNormalizedNameInformation = 48,                /**< #FILE_NAME_INFORMATION */
    FileNetworkPhysicalNameInformation = 49,           /**< #FILE_NETWORK_PHYSICAL_NAME_INFORMATION */
    FileIdGlobalTxDirectoryInformation = 50,           /**< Transactions. */
    FileIsRemoteDeviceInformation = 51,                /**< #FILE_IS_REMOTE_DEVICE_INFORMATION */
    FileUnusedInformation = 52,                        /**< Unused. */
    FileNumaNodeInformation = 53,                      /**< Processor node. */
    FileStandardLinkInformation = 54,                  /**< #FILE_STANDARD_LINK_INFORMATION */
    FileRemoteProtocolInformation = 55,                /**< Network protocol. */
    FileRenameInformationBypassAccessCheck = 56,       /**< Kernel only. */
    FileLinkInformationBypassAccessCheck = 57,         /**< Kernel only. */
    FileVolumeNameInformation = 58,                    /**< Name of the volume. */
    FileIdInformation = 59,                            /**< #FILE_ID_INFORMATION */
    FileIdExtdDirectoryInformation = 60,               /**< #FILE_ID_EXTD_DIR_INFORMATION */
    FileReplaceCompletionInformation = 61,             /**< Completion ports. */
    FileHardLinkFullIdInformation = 62,                /**< #FILE_LINKS_FULL_ID_INFORMATION */
    FileIdExtdBothDirectoryInformation = 63,           /**< #FILE_ID_EXTD_BOTH_DIR_INFORMATION */
    FileDispositionInformationEx = 64,                 /**< #FILE_DISPOSITION_INFORMATION_EX */
    FileRenameInformationEx = 65,                      /**< #FILE_RENAME_INFORMATION_EX */
    FileRenameInformationExBypassAccessCheck = 66,     /**< Kernel only. */
    FileDesiredStorageClassInformation = 67,           /**< Storage class. */
    FileStatInformation = 68,                          /**< #FILE_STAT_INFORMATION */
    FileMemoryPartitionInformation = 69,               /**< Memory partition. */
    FileStatLxInformation = 70,                        /**< #FILE_STAT_LX_INFORMATION */
    FileCaseSensitiveInformation = 71,                 /**< #FILE_CASE_SENSITIVE_INFORMATION */
    FileLinkInformationEx = 72,                        /**< #FILE_LINK_INFORMATION_EX */
    FileLinkInformationExBypassAccessCheck = 73,       /**< Kernel only. */
    FileStorageReserveIdInformation = 74,              /**< Storage reserve. */
    FileCaseSensitiveInformationForceAccessCheck = 75, /**< Kernel only. */
    FileMaximumInformation,                            /**< One past the last that Dokany knows. */
    FileStatBasicInformation = 77                      /**< #FILE_STAT_BASIC_INFORMATION */
} FILE_INFORMATION_CLASS;
/** Pointer to an information class. */
typedef FILE_INFORMATION_CLASS *PFILE_INFORMATION_CLASS;

/** Information classes of volumes; the numbers are NT's. */
typedef enum _FSINFOCLASS {
    FileFsVolumeInformation = 1,        /**< #FILE_FS_VOLUME_INFORMATION */
    FileFsLabelInformation = 2,         /**< #FILE_FS_LABEL_INFORMATION */
    FileFsSizeInformation = 3,          /**< #FILE_FS_SIZE_INFORMATION */
    FileFsDeviceInformation = 4,        /**< #FILE_FS_DEVICE_INFORMATION */
    FileFsAttributeInformation = 5,     /**< #FILE_FS_ATTRIBUTE_INFORMATION */
    FileFsControlInformation = 6,       /**< Quotas. */
    FileFsFullSizeInformation = 7,      /**< #FILE_FS_FULL_SIZE_INFORMATION */
    FileFsObjectIdInformation = 8,      /**< Object id of the volume. */
    FileFsDriverPathInformation = 9,    /**< Path of a driver. */
    FileFsVolumeFlagsInformation = 10,  /**< Flags of the volume. */
    FileFsSectorSizeInformation = 11,   /**< #FILE_FS_SECTOR_SIZE_INFORMATION */
    FileFsDataCopyInformation = 12,     /**< Copies kept. */
    FileFsMetadataSizeInformation = 13, /**< Size of metadata. */
    FileFsMaximumInformation            /**< One past the last. */
} FS_INFORMATION_CLASS;
/** Pointer to an information class. */
typedef FS_INFORMATION_CLASS *PFS_INFORMATION_CLASS;

/** FileBasicInformation; times in 100 ns steps since 1601. When set, 0 leaves a value unchanged. */
typedef struct _FILE_BASIC_INFORMATION {
    LARGE_INTEGER CreationTime;   /**< Birth. */
    LARGE_INTEGER LastAccessTime; /**< Last read. */
    LARGE_INTEGER LastWriteTime;  /**< Last write. */
    LARGE_INTEGER ChangeTime;     /**< Last change of anything. */
    ULONG FileAttributes;         /**< `FILE_ATTRIBUTE_*`. */
} FILE_BASIC_INFORMATION, *PFILE_BASIC_INFORMATION;

/** FileStandardInformation. */
typedef struct _FILE_STANDARD_INFORMATION {
    LARGE_INTEGER AllocationSize; /**< Bytes reserved. */
    LARGE_INTEGER EndOfFile;      /**< Size in bytes. */
    ULONG NumberOfLinks;          /**< Number of names. */
    BOOLEAN DeletePending;        /**< Will go with its last handle. */
    BOOLEAN Directory;            /**< Is a directory. */
} FILE_STANDARD_INFORMATION, *PFILE_STANDARD_INFORMATION;

/** FileInternalInformation. */
typedef struct _FILE_INTERNAL_INFORMATION {
    LARGE_INTEGER IndexNumber; /**< 64-bit file index. */
} FILE_INTERNAL_INFORMATION, *PFILE_INTERNAL_INFORMATION;

/** FileEaInformation. */
typedef struct _FILE_EA_INFORMATION {
    ULONG EaSize; /**< Bytes of all extended attributes. */
} FILE_EA_INFORMATION, *PFILE_EA_INFORMATION;

/** FileAccessInformation. */
typedef struct _FILE_ACCESS_INFORMATION {
    ACCESS_MASK AccessFlags; /**< Rights of the handle. */
} FILE_ACCESS_INFORMATION, *PFILE_ACCESS_INFORMATION;

/** FilePositionInformation. */
typedef struct _FILE_POSITION_INFORMATION {
    LARGE_INTEGER CurrentByteOffset; /**< Position of a synchronous handle. */
} FILE_POSITION_INFORMATION, *PFILE_POSITION_INFORMATION;

/** FileModeInformation. */
typedef struct _FILE_MODE_INFORMATION {
    ULONG Mode; /**< Create options that lasted. */
} FILE_MODE_INFORMATION, *PFILE_MODE_INFORMATION;

/** FileAlignmentInformation. */
typedef struct _FILE_ALIGNMENT_INFORMATION {
    ULONG AlignmentRequirement; /**< Mask of the buffer alignment. */
} FILE_ALIGNMENT_INFORMATION, *PFILE_ALIGNMENT_INFORMATION;

/** FileNameInformation and its kin. */
typedef struct _FILE_NAME_INFORMATION {
    ULONG FileNameLength; /**< Bytes of the name. */
    WCHAR FileName[1];    /**< The name, not terminated. */
} FILE_NAME_INFORMATION, *PFILE_NAME_INFORMATION;

/** FileAllInformation: the name lies at its end. */
typedef struct _FILE_ALL_INFORMATION {
    FILE_BASIC_INFORMATION BasicInformation;         /**< Times and attributes. */
    FILE_STANDARD_INFORMATION StandardInformation;   /**< Sizes and links. */
    FILE_INTERNAL_INFORMATION InternalInformation;   /**< File index. */
    FILE_EA_INFORMATION EaInformation;               /**< Extended attributes. */
    FILE_ACCESS_INFORMATION AccessInformation;       /**< Rights of the handle. */
    FILE_POSITION_INFORMATION PositionInformation;   /**< Position. */
    FILE_MODE_INFORMATION ModeInformation;           /**< Mode of the handle. */
    FILE_ALIGNMENT_INFORMATION AlignmentInformation; /**< Buffer alignment. */
    FILE_NAME_INFORMATION NameInformation;           /**< Name. */
} FILE_ALL_INFORMATION, *PFILE_ALL_INFORMATION;

/** FileAttributeTagInformation. */
typedef struct _FILE_ATTRIBUTE_TAG_INFORMATION {
    ULONG FileAttributes; /**< `FILE_ATTRIBUTE_*`. */
    ULONG ReparseTag;     /**< `IO_REPARSE_TAG_*`, 0 without reparse point. */
} FILE_ATTRIBUTE_TAG_INFORMATION, *PFILE_ATTRIBUTE_TAG_INFORMATION;

/** FileNetworkOpenInformation. */
typedef struct _FILE_NETWORK_OPEN_INFORMATION {
    LARGE_INTEGER CreationTime;   /**< Birth. */
    LARGE_INTEGER LastAccessTime; /**< Last read. */
    LARGE_INTEGER LastWriteTime;  /**< Last write. */
    LARGE_INTEGER ChangeTime;     /**< Last change of anything. */
    LARGE_INTEGER AllocationSize; /**< Bytes reserved. */
    LARGE_INTEGER EndOfFile;      /**< Size in bytes. */
    ULONG FileAttributes;         /**< `FILE_ATTRIBUTE_*`. */
} FILE_NETWORK_OPEN_INFORMATION, *PFILE_NETWORK_OPEN_INFORMATION;

/** FileNetworkPhysicalNameInformation. */
typedef struct _FILE_NETWORK_PHYSICAL_NAME_INFORMATION {
    ULONG FileNameLength; /**< Bytes of the name. */
    WCHAR FileName[1];    /**< The name, not terminated. */
} FILE_NETWORK_PHYSICAL_NAME_INFORMATION, *PFILE_NETWORK_PHYSICAL_NAME_INFORMATION;

/** FileIdInformation. */
typedef struct _FILE_ID_INFORMATION {
    ULONGLONG VolumeSerialNumber; /**< Serial number of the volume. */
    FILE_ID_128 FileId;           /**< Identity of the file in the volume. */
} FILE_ID_INFORMATION, *PFILE_ID_INFORMATION;

/** FileCompressionInformation. */
typedef struct _FILE_COMPRESSION_INFORMATION {
    LARGE_INTEGER CompressedFileSize; /**< Bytes in use. */
    USHORT CompressionFormat;         /**< 0: not compressed. */
    UCHAR CompressionUnitShift;       /**< Base-2 logarithm. */
    UCHAR ChunkShift;                 /**< Base-2 logarithm. */
    UCHAR ClusterShift;               /**< Base-2 logarithm. */
    UCHAR Reserved[3];                /**< 0. */
} FILE_COMPRESSION_INFORMATION, *PFILE_COMPRESSION_INFORMATION;

/** FileStreamInformation: entries linked by offset. */
typedef struct _FILE_STREAM_INFORMATION {
    ULONG NextEntryOffset;              /**< Bytes to the next entry, 0 in the last. */
    ULONG StreamNameLength;             /**< Bytes of the name. */
    LARGE_INTEGER StreamSize;           /**< Size in bytes. */
    LARGE_INTEGER StreamAllocationSize; /**< Bytes reserved. */
    WCHAR StreamName[1];                /**< `:name:$DATA`, not terminated. */
} FILE_STREAM_INFORMATION, *PFILE_STREAM_INFORMATION;

/** FileFullEaInformation: entries linked by offset. */
typedef struct _FILE_FULL_EA_INFORMATION {
    ULONG NextEntryOffset; /**< Bytes to the next entry, 0 in the last. */
    UCHAR Flags;           /**< 0x80: the reader must understand it. */
    UCHAR EaNameLength;    /**< Bytes of the name without its terminator. */
    USHORT EaValueLength;  /**< Bytes of the value. */
    CHAR EaName[1];        /**< Name, terminated; the value follows. */
} FILE_FULL_EA_INFORMATION, *PFILE_FULL_EA_INFORMATION;

/** What EAs NtQueryEaFile is asked for: entries linked by offset. */
typedef struct _FILE_GET_EA_INFORMATION {
    ULONG NextEntryOffset; /**< Bytes to the next entry, 0 in the last. */
    UCHAR EaNameLength;    /**< Bytes of the name without its terminator. */
    CHAR EaName[1];        /**< Name, terminated. */
} FILE_GET_EA_INFORMATION, *PFILE_GET_EA_INFORMATION;

/** FileStandardLinkInformation. */
typedef struct _FILE_STANDARD_LINK_INFORMATION {
    ULONG NumberOfAccessibleLinks; /**< Names that are not to be deleted. */
    ULONG TotalNumberOfLinks;      /**< All names. */
    BOOLEAN DeletePending;         /**< Will go with its last handle. */
    BOOLEAN Directory;             /**< Is a directory. */
} FILE_STANDARD_LINK_INFORMATION, *PFILE_STANDARD_LINK_INFORMATION;

/** A name of a file; linked by offset, each aligned to 8 bytes. */
typedef struct _FILE_LINK_ENTRY_INFORMATION {
    ULONG NextEntryOffset; /**< Bytes to the next entry, 0 in the last. */
    LONGLONG ParentFileId; /**< File index of its directory. */
    ULONG FileNameLength;  /**< Code units of the name, not bytes. */
    WCHAR FileName[1];     /**< Last component, not terminated. */
} FILE_LINK_ENTRY_INFORMATION, *PFILE_LINK_ENTRY_INFORMATION;

/** FileHardLinkInformation. */
typedef struct _FILE_LINKS_INFORMATION {
    ULONG BytesNeeded;                 /**< Bytes that hold all names. */
    ULONG EntriesReturned;             /**< Names that follow. */
    FILE_LINK_ENTRY_INFORMATION Entry; /**< The first. */
} FILE_LINKS_INFORMATION, *PFILE_LINKS_INFORMATION;

/** As #FILE_LINK_ENTRY_INFORMATION. */
typedef struct _FILE_LINK_ENTRY_FULL_ID_INFORMATION {
    ULONG NextEntryOffset;    /**< Bytes to the next entry, 0 in the last. */
    FILE_ID_128 ParentFileId; /**< Identity of its directory. */
    ULONG FileNameLength;     /**< Code units of the name, not bytes. */
    WCHAR FileName[1];        /**< Last component, not terminated. */
} FILE_LINK_ENTRY_FULL_ID_INFORMATION, *PFILE_LINK_ENTRY_FULL_ID_INFORMATION;

/** FileHardLinkFullIdInformation. */
typedef struct _FILE_LINKS_FULL_ID_INFORMATION {
    ULONG BytesNeeded;                         /**< Bytes that hold all names. */
    ULONG EntriesReturned;                     /**< Names that follow. */
    FILE_LINK_ENTRY_FULL_ID_INFORMATION Entry; /**< The first. */
} FILE_LINKS_FULL_ID_INFORMATION, *PFILE_LINKS_FULL_ID_INFORMATION;

/** FileIsRemoteDeviceInformation. */
typedef struct _FILE_IS_REMOTE_DEVICE_INFORMATION {
    BOOLEAN IsRemote; /**< Lies on another machine. */
} FILE_IS_REMOTE_DEVICE_INFORMATION, *PFILE_IS_REMOTE_DEVICE_INFORMATION;

/** FileStatInformation. */
typedef struct _FILE_STAT_INFORMATION {
    LARGE_INTEGER FileId;         /**< File index. */
    LARGE_INTEGER CreationTime;   /**< Birth. */
    LARGE_INTEGER LastAccessTime; /**< Last read. */
    LARGE_INTEGER LastWriteTime;  /**< Last write. */
    LARGE_INTEGER ChangeTime;     /**< Last change of anything. */
    LARGE_INTEGER AllocationSize; /**< Bytes reserved. */
    LARGE_INTEGER EndOfFile;      /**< Size in bytes. */
    ULONG FileAttributes;         /**< `FILE_ATTRIBUTE_*`. */
    ULONG ReparseTag;             /**< `IO_REPARSE_TAG_*`. */
    ULONG NumberOfLinks;          /**< Number of names. */
    ACCESS_MASK EffectiveAccess;  /**< Rights of the handle. */
} FILE_STAT_INFORMATION, *PFILE_STAT_INFORMATION;

/** FileStatBasicInformation. */
typedef struct _FILE_STAT_BASIC_INFORMATION {
    LARGE_INTEGER FileId;             /**< File index. */
    LARGE_INTEGER CreationTime;       /**< Birth. */
    LARGE_INTEGER LastAccessTime;     /**< Last read. */
    LARGE_INTEGER LastWriteTime;      /**< Last write. */
    LARGE_INTEGER ChangeTime;         /**< Last change of anything. */
    LARGE_INTEGER AllocationSize;     /**< Bytes reserved. */
    LARGE_INTEGER EndOfFile;          /**< Size in bytes. */
    ULONG FileAttributes;             /**< `FILE_ATTRIBUTE_*`. */
    ULONG ReparseTag;                 /**< `IO_REPARSE_TAG_*`. */
    ULONG NumberOfLinks;              /**< Number of names. */
    ULONG DeviceType;                 /**< `FILE_DEVICE_*`. */
    ULONG DeviceCharacteristics;      /**< FILE_REMOVABLE_MEDIA and its kin. */
    ULONG Reserved;                   /**< 0 */
    LARGE_INTEGER VolumeSerialNumber; /**< Serial number of the volume. */
    FILE_ID_128 FileId128;            /**< 128-bit identity. */
} FILE_STAT_BASIC_INFORMATION, *PFILE_STAT_BASIC_INFORMATION;

/**
 * @name LxFlags of FileStatLxInformation
 * @{
 */
#ifndef LX_FILE_METADATA_HAS_UID
#define LX_FILE_METADATA_HAS_UID       0x1u  /**< LxUid */
#define LX_FILE_METADATA_HAS_GID       0x2u  /**< LxGid */
#define LX_FILE_METADATA_HAS_MODE      0x4u  /**< LxMode */
#define LX_FILE_METADATA_HAS_DEVICE_ID 0x8u  /**< LxDeviceIdMajor, LxDeviceIdMinor */
#define LX_FILE_CASE_SENSITIVE_DIR     0x10u /**< Names in the directory differ by case. */
#endif
/** @} */

/** FileStatLxInformation. */
typedef struct _FILE_STAT_LX_INFORMATION {
    LARGE_INTEGER FileId;         /**< File index. */
    LARGE_INTEGER CreationTime;   /**< Birth. */
    LARGE_INTEGER LastAccessTime; /**< Last read. */
    LARGE_INTEGER LastWriteTime;  /**< Last write. */
    LARGE_INTEGER ChangeTime;     /**< Last change of anything. */
    LARGE_INTEGER AllocationSize; /**< Bytes reserved. */
    LARGE_INTEGER EndOfFile;      /**< Size in bytes. */
    ULONG FileAttributes;         /**< `FILE_ATTRIBUTE_*`. */
    ULONG ReparseTag;             /**< `IO_REPARSE_TAG_*`. */
    ULONG NumberOfLinks;          /**< Number of names. */
    ACCESS_MASK EffectiveAccess;  /**< Rights of the handle. */
    ULONG LxFlags;                /**< `LX_FILE_*`: which of these are known. */
    ULONG LxUid;                  /**< Linux owner. */
    ULONG LxGid;                  /**< Linux group. */
    ULONG LxMode;                 /**< Linux type and permission bits. */
    ULONG LxDeviceIdMajor;        /**< Of a device. */
    ULONG LxDeviceIdMinor;        /**< Of a device. */
} FILE_STAT_LX_INFORMATION, *PFILE_STAT_LX_INFORMATION;

#ifndef FILE_CS_FLAG_CASE_SENSITIVE_DIR
#define FILE_CS_FLAG_CASE_SENSITIVE_DIR 0x1u /**< Names in the directory differ by case. */
#endif

/** FileCaseSensitiveInformation. */
typedef struct _FILE_CASE_SENSITIVE_INFORMATION {
    ULONG Flags; /**< FILE_CS_FLAG_CASE_SENSITIVE_DIR */
} FILE_CASE_SENSITIVE_INFORMATION, *PFILE_CASE_SENSITIVE_INFORMATION;

/** FileDispositionInformation. */
typedef struct _FILE_DISPOSITION_INFORMATION {
    BOOLEAN DeleteFile; /**< Delete with the last handle, or no longer. */
} FILE_DISPOSITION_INFORMATION, *PFILE_DISPOSITION_INFORMATION;

/**
 * @name Flags of FileDispositionInformationEx
 * @{
 */
#ifndef FILE_DISPOSITION_DO_NOT_DELETE
#define FILE_DISPOSITION_DO_NOT_DELETE             0x00000000u /**< Take a mark back. */
#define FILE_DISPOSITION_DELETE                    0x00000001u /**< Mark for deletion. */
#define FILE_DISPOSITION_POSIX_SEMANTICS           0x00000002u /**< Free the name at once. */
#define FILE_DISPOSITION_FORCE_IMAGE_SECTION_CHECK 0x00000004u /**< Refuse a mapped image. */
#define FILE_DISPOSITION_ON_CLOSE                  0x00000008u /**< Change delete-on-close instead. */
#define FILE_DISPOSITION_IGNORE_READONLY_ATTRIBUTE 0x00000010u /**< Delete though READONLY. */
#endif
/** @} */

/** FileDispositionInformationEx. */
typedef struct _FILE_DISPOSITION_INFORMATION_EX {
    ULONG Flags; /**< `FILE_DISPOSITION_*`. */
} FILE_DISPOSITION_INFORMATION_EX, *PFILE_DISPOSITION_INFORMATION_EX;

/** FileRenameInformation. */
typedef struct _FILE_RENAME_INFORMATION {
    BOOLEAN ReplaceIfExists; /**< Replace a target that exists. */
    HANDLE RootDirectory;    /**< Directory the name is relative to, or NULL. */
    ULONG FileNameLength;    /**< Bytes of the name. */
    WCHAR FileName[1];       /**< New name, not terminated. */
} FILE_RENAME_INFORMATION, *PFILE_RENAME_INFORMATION;

/**
 * @name Flags of FileRenameInformationEx
 * @{
 */
#ifndef FILE_RENAME_REPLACE_IF_EXISTS
#define FILE_RENAME_REPLACE_IF_EXISTS                    0x00000001u /**< Replace a target that exists. */
#define FILE_RENAME_POSIX_SEMANTICS                      0x00000002u /**< Replace even an open target. */
#define FILE_RENAME_SUPPRESS_PIN_STATE_INHERITANCE       0x00000004u /**< Keep the pin state. */
#define FILE_RENAME_SUPPRESS_STORAGE_RESERVE_INHERITANCE 0x00000008u /**< Keep the storage reserve. */
#define FILE_RENAME_NO_INCREASE_AVAILABLE_SPACE          0x00000010u /**< Adapt storage reserves. */
#define FILE_RENAME_NO_DECREASE_AVAILABLE_SPACE          0x00000020u /**< Adapt storage reserves. */
#define FILE_RENAME_IGNORE_READONLY_ATTRIBUTE            0x00000040u /**< Replace though READONLY. */
#define FILE_RENAME_FORCE_RESIZE_TARGET_SR               0x00000080u /**< Adapt storage reserves. */
#define FILE_RENAME_FORCE_RESIZE_SOURCE_SR               0x00000100u /**< Adapt storage reserves. */
#endif
/** @} */

/** FileRenameInformationEx. */
typedef struct _FILE_RENAME_INFORMATION_EX {
    ULONG Flags;          /**< `FILE_RENAME_*`. */
    HANDLE RootDirectory; /**< Directory the name is relative to, or NULL. */
    ULONG FileNameLength; /**< Bytes of the name. */
    WCHAR FileName[1];    /**< New name, not terminated. */
} FILE_RENAME_INFORMATION_EX, *PFILE_RENAME_INFORMATION_EX;

/** FileLinkInformation. */
typedef struct _FILE_LINK_INFORMATION {
    BOOLEAN ReplaceIfExists; /**< Replace a target that exists. */
    HANDLE RootDirectory;    /**< Directory the name is relative to, or NULL. */
    ULONG FileNameLength;    /**< Bytes of the name. */
    WCHAR FileName[1];       /**< Further name, not terminated. */
} FILE_LINK_INFORMATION, *PFILE_LINK_INFORMATION;

/**
 * @name Flags of FileLinkInformationEx
 * @{
 */
#ifndef FILE_LINK_REPLACE_IF_EXISTS
#define FILE_LINK_REPLACE_IF_EXISTS                    0x00000001u /**< Replace a target that exists. */
#define FILE_LINK_POSIX_SEMANTICS                      0x00000002u /**< Replace even an open target. */
#define FILE_LINK_SUPPRESS_STORAGE_RESERVE_INHERITANCE 0x00000008u /**< Keep the storage reserve. */
#define FILE_LINK_NO_INCREASE_AVAILABLE_SPACE          0x00000010u /**< Adapt storage reserves. */
#define FILE_LINK_NO_DECREASE_AVAILABLE_SPACE          0x00000020u /**< Adapt storage reserves. */
#define FILE_LINK_IGNORE_READONLY_ATTRIBUTE            0x00000040u /**< Replace though READONLY. */
#define FILE_LINK_FORCE_RESIZE_TARGET_SR               0x00000080u /**< Adapt storage reserves. */
#define FILE_LINK_FORCE_RESIZE_SOURCE_SR               0x00000100u /**< Adapt storage reserves. */
#endif
/** @} */

/** FileLinkInformationEx. */
typedef struct _FILE_LINK_INFORMATION_EX {
    ULONG Flags;          /**< `FILE_LINK_*`. */
    HANDLE RootDirectory; /**< Directory the name is relative to, or NULL. */
    ULONG FileNameLength; /**< Bytes of the name. */
    WCHAR FileName[1];    /**< Further name, not terminated. */
} FILE_LINK_INFORMATION_EX, *PFILE_LINK_INFORMATION_EX;

/** FileAllocationInformation. */
typedef struct _FILE_ALLOCATION_INFORMATION {
    LARGE_INTEGER AllocationSize; /**< Bytes to reserve. */
} FILE_ALLOCATION_INFORMATION, *PFILE_ALLOCATION_INFORMATION;

/** FileEndOfFileInformation. */
typedef struct _FILE_END_OF_FILE_INFORMATION {
    LARGE_INTEGER EndOfFile; /**< New size in bytes. */
} FILE_END_OF_FILE_INFORMATION, *PFILE_END_OF_FILE_INFORMATION;

/** FileValidDataLengthInformation. */
typedef struct _FILE_VALID_DATA_LENGTH_INFORMATION {
    LARGE_INTEGER ValidDataLength; /**< Bytes that hold data. */
} FILE_VALID_DATA_LENGTH_INFORMATION, *PFILE_VALID_DATA_LENGTH_INFORMATION;

/** FileDirectoryInformation: directory entries linked by offset, each aligned to 8 bytes. */
typedef struct _FILE_DIRECTORY_INFORMATION {
    ULONG NextEntryOffset;        /**< Bytes to the next entry, 0 in the last. */
    ULONG FileIndex;              /**< Position in the listing. */
    LARGE_INTEGER CreationTime;   /**< Birth. */
    LARGE_INTEGER LastAccessTime; /**< Last read. */
    LARGE_INTEGER LastWriteTime;  /**< Last write. */
    LARGE_INTEGER ChangeTime;     /**< Last change of anything. */
    LARGE_INTEGER EndOfFile;      /**< Size in bytes. */
    LARGE_INTEGER AllocationSize; /**< Bytes reserved. */
    ULONG FileAttributes;         /**< `FILE_ATTRIBUTE_*`. */
    ULONG FileNameLength;         /**< Bytes of the name. */
    WCHAR FileName[1];            /**< Name, not terminated. */
} FILE_DIRECTORY_INFORMATION, *PFILE_DIRECTORY_INFORMATION;

/** FileFullDirectoryInformation. */
typedef struct _FILE_FULL_DIR_INFORMATION {
    ULONG NextEntryOffset;        /**< Bytes to the next entry, 0 in the last. */
    ULONG FileIndex;              /**< Position in the listing. */
    LARGE_INTEGER CreationTime;   /**< Birth. */
    LARGE_INTEGER LastAccessTime; /**< Last read. */
    LARGE_INTEGER LastWriteTime;  /**< Last write. */
    LARGE_INTEGER ChangeTime;     /**< Last change of anything. */
    LARGE_INTEGER EndOfFile;      /**< Size in bytes. */
    LARGE_INTEGER AllocationSize; /**< Bytes reserved. */
    ULONG FileAttributes;         /**< `FILE_ATTRIBUTE_*`. */
    ULONG FileNameLength;         /**< Bytes of the name. */
    ULONG EaSize;                 /**< Bytes of extended attributes, or the reparse tag. */
    WCHAR FileName[1];            /**< Name, not terminated. */
} FILE_FULL_DIR_INFORMATION, *PFILE_FULL_DIR_INFORMATION;

/** FileIdFullDirectoryInformation. */
typedef struct _FILE_ID_FULL_DIR_INFORMATION {
    ULONG NextEntryOffset;        /**< Bytes to the next entry, 0 in the last. */
    ULONG FileIndex;              /**< Position in the listing. */
    LARGE_INTEGER CreationTime;   /**< Birth. */
    LARGE_INTEGER LastAccessTime; /**< Last read. */
    LARGE_INTEGER LastWriteTime;  /**< Last write. */
    LARGE_INTEGER ChangeTime;     /**< Last change of anything. */
    LARGE_INTEGER EndOfFile;      /**< Size in bytes. */
    LARGE_INTEGER AllocationSize; /**< Bytes reserved. */
    ULONG FileAttributes;         /**< `FILE_ATTRIBUTE_*`. */
    ULONG FileNameLength;         /**< Bytes of the name. */
    ULONG EaSize;                 /**< Bytes of extended attributes, or the reparse tag. */
    LARGE_INTEGER FileId;         /**< File index. */
    WCHAR FileName[1];            /**< Name, not terminated. */
} FILE_ID_FULL_DIR_INFORMATION, *PFILE_ID_FULL_DIR_INFORMATION;

/** FileBothDirectoryInformation. */
typedef struct _FILE_BOTH_DIR_INFORMATION {
    ULONG NextEntryOffset;        /**< Bytes to the next entry, 0 in the last. */
    ULONG FileIndex;              /**< Position in the listing. */
    LARGE_INTEGER CreationTime;   /**< Birth. */
    LARGE_INTEGER LastAccessTime; /**< Last read. */
    LARGE_INTEGER LastWriteTime;  /**< Last write. */
    LARGE_INTEGER ChangeTime;     /**< Last change of anything. */
    LARGE_INTEGER EndOfFile;      /**< Size in bytes. */
    LARGE_INTEGER AllocationSize; /**< Bytes reserved. */
    ULONG FileAttributes;         /**< `FILE_ATTRIBUTE_*`. */
    ULONG FileNameLength;         /**< Bytes of the name. */
    ULONG EaSize;                 /**< Bytes of extended attributes, or the reparse tag. */
    CCHAR ShortNameLength;        /**< Bytes of the 8.3 name. */
    WCHAR ShortName[12];          /**< 8.3 name, not terminated. */
    WCHAR FileName[1];            /**< Name, not terminated. */
} FILE_BOTH_DIR_INFORMATION, *PFILE_BOTH_DIR_INFORMATION;

/** FileIdBothDirectoryInformation. */
typedef struct _FILE_ID_BOTH_DIR_INFORMATION {
    ULONG NextEntryOffset;        /**< Bytes to the next entry, 0 in the last. */
    ULONG FileIndex;              /**< Position in the listing. */
    LARGE_INTEGER CreationTime;   /**< Birth. */
    LARGE_INTEGER LastAccessTime; /**< Last read. */
    LARGE_INTEGER LastWriteTime;  /**< Last write. */
    LARGE_INTEGER ChangeTime;     /**< Last change of anything. */
    LARGE_INTEGER EndOfFile;      /**< Size in bytes. */
    LARGE_INTEGER AllocationSize; /**< Bytes reserved. */
    ULONG FileAttributes;         /**< `FILE_ATTRIBUTE_*`. */
    ULONG FileNameLength;         /**< Bytes of the name. */
    ULONG EaSize;                 /**< Bytes of extended attributes, or the reparse tag. */
    CCHAR ShortNameLength;        /**< Bytes of the 8.3 name. */
    WCHAR ShortName[12];          /**< 8.3 name, not terminated. */
    LARGE_INTEGER FileId;         /**< File index. */
    WCHAR FileName[1];            /**< Name, not terminated. */
} FILE_ID_BOTH_DIR_INFORMATION, *PFILE_ID_BOTH_DIR_INFORMATION;

/** FileNamesInformation. */
typedef struct _FILE_NAMES_INFORMATION {
    ULONG NextEntryOffset; /**< Bytes to the next entry, 0 in the last. */
    ULONG FileIndex;       /**< Position in the listing. */
    ULONG FileNameLength;  /**< Bytes of the name. */
    WCHAR FileName[1];     /**< Name, not terminated. */
} FILE_NAMES_INFORMATION, *PFILE_NAMES_INFORMATION;

/** FileIdExtdDirectoryInformation. */
typedef struct _FILE_ID_EXTD_DIR_INFORMATION {
    ULONG NextEntryOffset;        /**< Bytes to the next entry, 0 in the last. */
    ULONG FileIndex;              /**< Position in the listing. */
    LARGE_INTEGER CreationTime;   /**< Birth. */
    LARGE_INTEGER LastAccessTime; /**< Last read. */
    LARGE_INTEGER LastWriteTime;  /**< Last write. */
    LARGE_INTEGER ChangeTime;     /**< Last change of anything. */
    LARGE_INTEGER EndOfFile;      /**< Size in bytes. */
    LARGE_INTEGER AllocationSize; /**< Bytes reserved. */
    ULONG FileAttributes;         /**< `FILE_ATTRIBUTE_*`. */
    ULONG FileNameLength;         /**< Bytes of the name. */
    ULONG EaSize;                 /**< Bytes of extended attributes. */
    ULONG ReparsePointTag;        /**< `IO_REPARSE_TAG_*`. */
    FILE_ID_128 FileId;           /**< 128-bit identity. */
    WCHAR FileName[1];            /**< Name, not terminated. */
} FILE_ID_EXTD_DIR_INFORMATION, *PFILE_ID_EXTD_DIR_INFORMATION;

/** FileIdExtdBothDirectoryInformation. */
typedef struct _FILE_ID_EXTD_BOTH_DIR_INFORMATION {
    ULONG NextEntryOffset;        /**< Bytes to the next entry, 0 in the last. */
    ULONG FileIndex;              /**< Position in the listing. */
    LARGE_INTEGER CreationTime;   /**< Birth. */
    LARGE_INTEGER LastAccessTime; /**< Last read. */
    LARGE_INTEGER LastWriteTime;  /**< Last write. */
    LARGE_INTEGER ChangeTime;     /**< Last change of anything. */
    LARGE_INTEGER EndOfFile;      /**< Size in bytes. */
    LARGE_INTEGER AllocationSize; /**< Bytes reserved. */
    ULONG FileAttributes;         /**< `FILE_ATTRIBUTE_*`. */
    ULONG FileNameLength;         /**< Bytes of the name. */
    ULONG EaSize;                 /**< Bytes of extended attributes. */
    ULONG ReparsePointTag;        /**< `IO_REPARSE_TAG_*`. */
    FILE_ID_128 FileId;           /**< 128-bit identity. */
    CCHAR ShortNameLength;        /**< Bytes of the 8.3 name. */
    WCHAR ShortName[12];          /**< 8.3 name, not terminated. */
    WCHAR FileName[1];            /**< Name, not terminated. */
} FILE_ID_EXTD_BOTH_DIR_INFORMATION, *PFILE_ID_EXTD_BOTH_DIR_INFORMATION;

/** FileFsVolumeInformation. */
typedef struct _FILE_FS_VOLUME_INFORMATION {
    LARGE_INTEGER VolumeCreationTime; /**< Birth of the volume. */
    ULONG VolumeSerialNumber;         /**< Serial number. */
    ULONG VolumeLabelLength;          /**< Bytes of the label. */
    BOOLEAN SupportsObjects;          /**< Has object ids. */
    WCHAR VolumeLabel[1];             /**< Label, not terminated. */
} FILE_FS_VOLUME_INFORMATION, *PFILE_FS_VOLUME_INFORMATION;

/** FileFsLabelInformation. */
typedef struct _FILE_FS_LABEL_INFORMATION {
    ULONG VolumeLabelLength; /**< Bytes of the label. */
    WCHAR VolumeLabel[1];    /**< Label, not terminated. */
} FILE_FS_LABEL_INFORMATION, *PFILE_FS_LABEL_INFORMATION;

/** FileFsSizeInformation. */
typedef struct _FILE_FS_SIZE_INFORMATION {
    LARGE_INTEGER TotalAllocationUnits;     /**< Size of the volume in units. */
    LARGE_INTEGER AvailableAllocationUnits; /**< Units the caller may still use. */
    ULONG SectorsPerAllocationUnit;         /**< Sectors in a unit. */
    ULONG BytesPerSector;                   /**< Bytes in a sector. */
} FILE_FS_SIZE_INFORMATION, *PFILE_FS_SIZE_INFORMATION;

/** FileFsFullSizeInformation. */
typedef struct _FILE_FS_FULL_SIZE_INFORMATION {
    LARGE_INTEGER TotalAllocationUnits;           /**< Size of the volume in units. */
    LARGE_INTEGER CallerAvailableAllocationUnits; /**< Units the caller may still use. */
    LARGE_INTEGER ActualAvailableAllocationUnits; /**< Units free. */
    ULONG SectorsPerAllocationUnit;               /**< Sectors in a unit. */
    ULONG BytesPerSector;                         /**< Bytes in a sector. */
} FILE_FS_FULL_SIZE_INFORMATION, *PFILE_FS_FULL_SIZE_INFORMATION;

/** FileFsDeviceInformation. */
typedef struct _FILE_FS_DEVICE_INFORMATION {
    ULONG DeviceType;      /**< `FILE_DEVICE_*`. */
    ULONG Characteristics; /**< FILE_REMOVABLE_MEDIA and its kin. */
} FILE_FS_DEVICE_INFORMATION, *PFILE_FS_DEVICE_INFORMATION;

/** FileFsSectorSizeInformation. */
typedef struct _FILE_FS_SECTOR_SIZE_INFORMATION {
    ULONG LogicalBytesPerSector;                                 /**< Smallest unit of I/O. */
    ULONG PhysicalBytesPerSectorForAtomicity;                    /**< Written as a whole. */
    ULONG PhysicalBytesPerSectorForPerformance;                  /**< Best written as a whole. */
    ULONG FileSystemEffectivePhysicalBytesPerSectorForAtomicity; /**< What the file system counts on. */
    ULONG Flags;                                                 /**< `SSINFO_FLAGS_*`. */
    ULONG ByteOffsetForSectorAlignment;                          /**< Of the first logical sector. */
    ULONG ByteOffsetForPartitionAlignment;                       /**< Of the partition. */
} FILE_FS_SECTOR_SIZE_INFORMATION, *PFILE_FS_SECTOR_SIZE_INFORMATION;

/** FileFsAttributeInformation. */
typedef struct _FILE_FS_ATTRIBUTE_INFORMATION {
    ULONG FileSystemAttributes;      /**< FILE_CASE_SENSITIVE_SEARCH and its kin. */
    LONG MaximumComponentNameLength; /**< Longest name in code units. */
    ULONG FileSystemNameLength;      /**< Bytes of the name. */
    WCHAR FileSystemName[1];         /**< Name of the kind of file system, not terminated. */
} FILE_FS_ATTRIBUTE_INFORMATION, *PFILE_FS_ATTRIBUTE_INFORMATION;

#endif /* DOKAN_FILEINFO_H_ */
