// SPDX-License-Identifier: MIT
/**
 * @file public.h
 * @brief What Dokany's library and driver share and an application may see.
 *
 * There is no kernel driver here, so the structures of the driver's private protocol are left out. What
 * remains are the constants, the mount list and the security context of a create.
 */
#ifndef DOKAN_PUBLIC_H_
#define DOKAN_PUBLIC_H_

#include "fileinfo.h"

/** Text of the major version, as it occurs in names such as `dokan2.dll`. */
#define DOKAN_MAJOR_API_VERSION DOKAN_TEXT("2")
/** What DokanDriverVersion() returns: the number of the protocol between library and driver. */
#define DOKAN_DRIVER_VERSION 0x0000190
/** Largest request without data that Dokany's driver forwards, in bytes. */
#define EVENT_CONTEXT_MAX_SIZE (1024 * 32)
/** Largest DOKAN_OPTIONS::VolumeSecurityDescriptor in bytes. */
#define VOLUME_SECURITY_DESCRIPTOR_MAX_SIZE (1024 * 16)
/** Historical; no limit on WriteFile. */
#define WRITE_MAX_SIZE (EVENT_CONTEXT_MAX_SIZE - 688)
/** Sector size in bytes where none (or a wrong one) is given. */
#define DOKAN_DEFAULT_SECTOR_SIZE 512
/** Allocation unit in bytes where none (or a wrong one) is given. */
#define DOKAN_DEFAULT_ALLOCATION_UNIT_SIZE 512
/** Size of a volume whose file system does not answer GetDiskFreeSpace, in bytes. */
#define DOKAN_DEFAULT_DISK_SIZE (1024 * 1024 * 1024)
/** Historical; the number of mounts is not limited by it. */
#define DOKAN_DEVICE_MAX 10
/** Shortest interval in ms between two collections of unused file records in Dokany's driver. */
#define MIN_FCB_GARBAGE_COLLECTION_INTERVAL 500
/** Pseudo request of Dokany's driver: a line of its log. */
#define DOKAN_IRP_LOG_MESSAGE 0x20

/**
 * @name Flags of a mount
 * What DOKAN_MOUNT_POINT_INFO::MountOptions holds. These are not the `DOKAN_OPTION_*` bits.
 * @{
 */
#define DOKAN_EVENT_ALTERNATIVE_STREAM_ON  1u         /**< Named streams. */
#define DOKAN_EVENT_WRITE_PROTECT          (1u << 1)  /**< Read only. */
#define DOKAN_EVENT_REMOVABLE              (1u << 2)  /**< Removable medium. */
#define DOKAN_EVENT_MOUNT_MANAGER          (1u << 3)  /**< Registered with the mount manager. */
#define DOKAN_EVENT_CURRENT_SESSION        (1u << 4)  /**< Seen in one session only. */
#define DOKAN_EVENT_FILELOCK_USER_MODE     (1u << 5)  /**< The file system answers byte-range locks. */
#define DOKAN_EVENT_CASE_SENSITIVE         (1u << 6)  /**< Names that differ in case differ. */
#define DOKAN_EVENT_ENABLE_NETWORK_UNMOUNT (1u << 7)  /**< May be unmounted as a network drive. */
#define DOKAN_EVENT_DISPATCH_DRIVER_LOGS   (1u << 8)  /**< Driver log lines wanted. */
#define DOKAN_EVENT_ALLOW_IPC_BATCHING     (1u << 9)  /**< Several requests per fetch. */
#define DOKAN_EVENT_DRIVE_LETTER_IN_USE    (1u << 10) /**< The letter was taken. */
/** @} */

/**
 * @name Device types
 * @{
 */
#ifndef FILE_DEVICE_DISK
#define FILE_DEVICE_DISK                0x00000007u /**< A disk. */
#define FILE_DEVICE_DISK_FILE_SYSTEM    0x00000008u /**< A file system on a disk. */
#define FILE_DEVICE_NETWORK             0x00000012u /**< A network. */
#define FILE_DEVICE_NETWORK_FILE_SYSTEM 0x00000014u /**< A file system of a network. */
#endif
#ifndef FILE_REMOVABLE_MEDIA
#define FILE_REMOVABLE_MEDIA    0x00000001u /**< The medium can be removed. */
#define FILE_READ_ONLY_DEVICE   0x00000002u /**< Read only. */
#define FILE_FLOPPY_DISKETTE    0x00000004u /**< A floppy disk. */
#define FILE_WRITE_ONCE_MEDIA   0x00000008u /**< Written once. */
#define FILE_REMOTE_DEVICE      0x00000010u /**< Behind a network. */
#define FILE_DEVICE_IS_MOUNTED  0x00000020u /**< Mounted. */
#define FILE_VIRTUAL_VOLUME     0x00000040u /**< A virtual volume. */
#define FILE_DEVICE_SECURE_OPEN 0x00000100u /**< The device's descriptor guards every open. */
#endif
/** @} */

/** Security state of a create; follows NT's `ACCESS_STATE`. Valid during ZwCreateFile only. */
typedef struct _DOKAN_ACCESS_STATE {
    BOOLEAN SecurityEvaluated;               /**< A kernel has checked modes, as GetFacts has them. */
    BOOLEAN GenerateAudit;                   /**< An audit entry is due. */
    BOOLEAN GenerateOnClose;                 /**< An audit entry is due at close. */
    BOOLEAN AuditPrivileges;                 /**< Use of privileges is audited. */
    ULONG Flags;                             /**< NT's flags. */
    ACCESS_MASK RemainingDesiredAccess;      /**< Rights not granted yet. */
    ACCESS_MASK PreviouslyGrantedAccess;     /**< Rights granted already. */
    ACCESS_MASK OriginalDesiredAccess;       /**< Rights as the caller asked for them. */
    PSECURITY_DESCRIPTOR SecurityDescriptor; /**< For a new file, self-relative; NULL if none was given. */
    UNICODE_STRING ObjectName;               /**< For audit entries; often empty. */
    UNICODE_STRING ObjectType;               /**< For audit entries; often empty. */
} DOKAN_ACCESS_STATE, *PDOKAN_ACCESS_STATE;

/** Security context of a create; follows NT's `IO_SECURITY_CONTEXT`. */
typedef struct _DOKAN_IO_SECURITY_CONTEXT {
    DOKAN_ACCESS_STATE AccessState; /**< State of the access check. */
    ACCESS_MASK DesiredAccess;      /**< Same as the DesiredAccess of ZwCreateFile. */
} DOKAN_IO_SECURITY_CONTEXT, *PDOKAN_IO_SECURITY_CONTEXT;

/** One mount, as DokanGetMountPointList() lists it. */
typedef struct _DOKAN_MOUNT_POINT_INFO {
    ULONG Type;                 /**< FILE_DEVICE_DISK_FILE_SYSTEM or FILE_DEVICE_NETWORK_FILE_SYSTEM. */
    WCHAR MountPoint[MAX_PATH]; /**< `\DosDevices\M:`, or `\DosDevices\` and the path. */
    WCHAR UNCName[64];          /**< `\server\share` or empty. */
    WCHAR DeviceName[64];       /**< Name of the device, `\Device\Volume{...}`. */
    ULONG SessionId;            /**< Session, 0xFFFFFFFF for all. */
    ULONG MountOptions;         /**< `DOKAN_EVENT_*`. */
} DOKAN_MOUNT_POINT_INFO, *PDOKAN_MOUNT_POINT_INFO;

#endif /* DOKAN_PUBLIC_H_ */
