// SPDX-License-Identifier: MIT
/**
 * @file winconst.h
 * @brief Numbers of the Windows file interface; part of wintypes.h, which includes it where there is no
 * `<windows.h>`.
 */
#ifndef DOKAN_WINCONST_H_
#define DOKAN_WINCONST_H_

// clang-format off

/**
 * @name Generic and standard rights
 * @{
 */
#define GENERIC_READ             0x80000000u /**< All rights that reading needs. */
#define GENERIC_WRITE            0x40000000u /**< All rights that writing needs. */
#define GENERIC_EXECUTE          0x20000000u /**< All rights that executing or traversing needs. */
#define GENERIC_ALL              0x10000000u /**< Every right. */
#define MAXIMUM_ALLOWED          0x02000000u /**< As much as the caller may have. */
#define ACCESS_SYSTEM_SECURITY   0x01000000u /**< Read and write the system ACL. */
#define DELETE                   0x00010000u /**< Delete or rename. */
#define READ_CONTROL             0x00020000u /**< Read the security descriptor. */
#define WRITE_DAC                0x00040000u /**< Change the discretionary ACL. */
#define WRITE_OWNER              0x00080000u /**< Change the owner. */
#define SYNCHRONIZE              0x00100000u /**< Wait for the handle. */
#define STANDARD_RIGHTS_REQUIRED 0x000F0000u /**< DELETE to WRITE_OWNER. */
#define STANDARD_RIGHTS_READ     READ_CONTROL /**< Standard part of reading. */
#define STANDARD_RIGHTS_WRITE    READ_CONTROL /**< Standard part of writing. */
#define STANDARD_RIGHTS_EXECUTE  READ_CONTROL /**< Standard part of executing. */
#define STANDARD_RIGHTS_ALL      0x001F0000u /**< All standard rights. */
#define SPECIFIC_RIGHTS_ALL      0x0000FFFFu /**< All specific rights. */
/** @} */

/**
 * @name File rights
 * @{
 */
#define FILE_READ_DATA            0x0001u /**< Read the data of a file. */
#define FILE_LIST_DIRECTORY       0x0001u /**< List a directory. */
#define FILE_WRITE_DATA           0x0002u /**< Write the data of a file. */
#define FILE_ADD_FILE             0x0002u /**< Create a file in a directory. */
#define FILE_APPEND_DATA          0x0004u /**< Write at the end of a file. */
#define FILE_ADD_SUBDIRECTORY     0x0004u /**< Create a directory in a directory. */
#define FILE_CREATE_PIPE_INSTANCE 0x0004u /**< Create an instance of a named pipe. */
#define FILE_READ_EA              0x0008u /**< Read extended attributes. */
#define FILE_WRITE_EA             0x0010u /**< Write extended attributes. */
#define FILE_EXECUTE              0x0020u /**< Execute a file. */
#define FILE_TRAVERSE             0x0020u /**< Pass through a directory. */
#define FILE_DELETE_CHILD         0x0040u /**< Delete anything in a directory. */
#define FILE_READ_ATTRIBUTES      0x0080u /**< Read attributes. */
#define FILE_WRITE_ATTRIBUTES     0x0100u /**< Change attributes and times. */
#define FILE_ALL_ACCESS           0x001F01FFu /**< Every file right. */
#define FILE_GENERIC_READ         0x00120089u /**< What GENERIC_READ means for a file. */
#define FILE_GENERIC_WRITE        0x00120116u /**< What GENERIC_WRITE means for a file. */
#define FILE_GENERIC_EXECUTE      0x001200A0u /**< What GENERIC_EXECUTE means for a file. */
/** @} */

/**
 * @name Share access
 * @{
 */
#define FILE_SHARE_READ        0x1u /**< Others may read. */
#define FILE_SHARE_WRITE       0x2u /**< Others may write. */
#define FILE_SHARE_DELETE      0x4u /**< Others may delete or rename. */
#define FILE_SHARE_VALID_FLAGS 0x7u /**< All share bits. */
/** @} */

/**
 * @name File attributes
 * @{
 */
#define FILE_ATTRIBUTE_READONLY              0x00000001u /**< Must not be written or deleted. */
#define FILE_ATTRIBUTE_HIDDEN                0x00000002u /**< Left out of ordinary listings. */
#define FILE_ATTRIBUTE_SYSTEM                0x00000004u /**< Belongs to the operating system. */
#define FILE_ATTRIBUTE_DIRECTORY             0x00000010u /**< Is a directory. */
#define FILE_ATTRIBUTE_ARCHIVE               0x00000020u /**< Changed since the last backup. */
#define FILE_ATTRIBUTE_DEVICE                0x00000040u /**< Reserved. */
#define FILE_ATTRIBUTE_NORMAL                0x00000080u /**< No other attribute; valid alone only. */
#define FILE_ATTRIBUTE_TEMPORARY             0x00000100u /**< Short-lived. */
#define FILE_ATTRIBUTE_SPARSE_FILE           0x00000200u /**< Has holes. */
#define FILE_ATTRIBUTE_REPARSE_POINT         0x00000400u /**< Has a reparse point, as symbolic links do. */
#define FILE_ATTRIBUTE_COMPRESSED            0x00000800u /**< Stored compressed. */
#define FILE_ATTRIBUTE_OFFLINE               0x00001000u /**< Data not at hand. */
#define FILE_ATTRIBUTE_NOT_CONTENT_INDEXED   0x00002000u /**< Not to be indexed. */
#define FILE_ATTRIBUTE_ENCRYPTED             0x00004000u /**< Stored encrypted. */
#define FILE_ATTRIBUTE_INTEGRITY_STREAM      0x00008000u /**< Protected by checksums. */
#define FILE_ATTRIBUTE_VIRTUAL               0x00010000u /**< Reserved. */
#define FILE_ATTRIBUTE_NO_SCRUB_DATA         0x00020000u /**< Not to be scrubbed. */
#define FILE_ATTRIBUTE_EA                    0x00040000u /**< Has extended attributes. */
#define FILE_ATTRIBUTE_RECALL_ON_OPEN        0x00040000u /**< No local form; fetched at open. */
#define FILE_ATTRIBUTE_PINNED                0x00080000u /**< To be kept at hand. */
#define FILE_ATTRIBUTE_UNPINNED              0x00100000u /**< Need not be kept at hand. */
#define FILE_ATTRIBUTE_RECALL_ON_DATA_ACCESS 0x00400000u /**< Fetched when read. */
#define INVALID_FILE_ATTRIBUTES              0xFFFFFFFFu /**< Answer of a failed query of attributes. */
/** @} */

/**
 * @name Win32 create dispositions
 * What DokanMapKernelToUserCreateFileFlags() reports.
 * @{
 */
#define CREATE_NEW        1u /**< Create; fail if it exists. */
#define CREATE_ALWAYS     2u /**< Create or empty. */
#define OPEN_EXISTING     3u /**< Open; fail if it is missing. */
#define OPEN_ALWAYS       4u /**< Open or create. */
#define TRUNCATE_EXISTING 5u /**< Open and empty; fail if it is missing. */
/** @} */

/**
 * @name Win32 create flags
 * @{
 */
#define FILE_FLAG_WRITE_THROUGH       0x80000000u /**< Writes reach the store before they return. */
#define FILE_FLAG_OVERLAPPED          0x40000000u /**< Asynchronous handle. */
#define FILE_FLAG_NO_BUFFERING        0x20000000u /**< No caching between program and store. */
#define FILE_FLAG_RANDOM_ACCESS       0x10000000u /**< Will be read here and there. */
#define FILE_FLAG_SEQUENTIAL_SCAN     0x08000000u /**< Will be read from start to end. */
#define FILE_FLAG_DELETE_ON_CLOSE     0x04000000u /**< Delete at the last close. */
#define FILE_FLAG_BACKUP_SEMANTICS    0x02000000u /**< For backup; also needed to open a directory. */
#define FILE_FLAG_POSIX_SEMANTICS     0x01000000u /**< Names differ in case. */
#define FILE_FLAG_SESSION_AWARE       0x00800000u /**< Session-aware open. */
#define FILE_FLAG_OPEN_REPARSE_POINT  0x00200000u /**< Open the link, not its target. */
#define FILE_FLAG_OPEN_NO_RECALL      0x00100000u /**< Do not fetch offline data. */
#define FILE_FLAG_FIRST_PIPE_INSTANCE 0x00080000u /**< Named pipes only. */
/** @} */

/**
 * @name File system flags
 * For GetVolumeInformation.
 * @{
 */
#define FILE_CASE_SENSITIVE_SEARCH         0x00000001u /**< Names that differ in case differ. */
#define FILE_CASE_PRESERVED_NAMES          0x00000002u /**< Names keep their case. */
#define FILE_UNICODE_ON_DISK               0x00000004u /**< Names are Unicode. */
#define FILE_PERSISTENT_ACLS               0x00000008u /**< Keeps and enforces ACLs. */
#define FILE_FILE_COMPRESSION              0x00000010u /**< Compresses single files. */
#define FILE_VOLUME_QUOTAS                 0x00000020u /**< Has quotas. */
#define FILE_SUPPORTS_SPARSE_FILES         0x00000040u /**< Files may have holes. */
#define FILE_SUPPORTS_REPARSE_POINTS       0x00000080u /**< Has reparse points. */
#define FILE_SUPPORTS_REMOTE_STORAGE       0x00000100u /**< Has remote storage. */
#define FILE_RETURNS_CLEANUP_RESULT_INFO   0x00000200u /**< Cleanup reports what it did. */
#define FILE_SUPPORTS_POSIX_UNLINK_RENAME  0x00000400u /**< Deletes and renames open files as POSIX does. */
#define FILE_VOLUME_IS_COMPRESSED          0x00008000u /**< The whole volume is compressed. */
#define FILE_SUPPORTS_OBJECT_IDS           0x00010000u /**< Has object ids. */
#define FILE_SUPPORTS_ENCRYPTION           0x00020000u /**< Encrypts files. */
#define FILE_NAMED_STREAMS                 0x00040000u /**< Has named streams. */
#define FILE_READ_ONLY_VOLUME              0x00080000u /**< Read only. */
#define FILE_SEQUENTIAL_WRITE_ONCE         0x00100000u /**< Written once, from start to end. */
#define FILE_SUPPORTS_TRANSACTIONS         0x00200000u /**< Has transactions. */
#define FILE_SUPPORTS_HARD_LINKS           0x00400000u /**< Has hard links. */
#define FILE_SUPPORTS_EXTENDED_ATTRIBUTES  0x00800000u /**< Has extended attributes. */
#define FILE_SUPPORTS_OPEN_BY_FILE_ID      0x01000000u /**< Opens by file id. */
#define FILE_SUPPORTS_USN_JOURNAL          0x02000000u /**< Has a change journal. */
#define FILE_SUPPORTS_INTEGRITY_STREAMS    0x04000000u /**< Has integrity streams. */
#define FILE_SUPPORTS_BLOCK_REFCOUNTING    0x08000000u /**< Shares clusters between files. */
#define FILE_SUPPORTS_SPARSE_VDL           0x10000000u /**< Keeps a valid data length for sparse files. */
#define FILE_DAX_VOLUME                    0x20000000u /**< Direct access volume. */
/** @} */

/**
 * @name Change notification
 * @{
 */
#define FILE_NOTIFY_CHANGE_FILE_NAME   0x001u /**< A file came, went or was renamed. */
#define FILE_NOTIFY_CHANGE_DIR_NAME    0x002u /**< A directory came, went or was renamed. */
#define FILE_NOTIFY_CHANGE_ATTRIBUTES  0x004u /**< Attributes changed. */
#define FILE_NOTIFY_CHANGE_SIZE        0x008u /**< The size changed. */
#define FILE_NOTIFY_CHANGE_LAST_WRITE  0x010u /**< The time of the last write changed. */
#define FILE_NOTIFY_CHANGE_LAST_ACCESS 0x020u /**< The time of the last access changed. */
#define FILE_NOTIFY_CHANGE_CREATION    0x040u /**< The birth time changed. */
#define FILE_NOTIFY_CHANGE_EA          0x080u /**< Extended attributes changed. */
#define FILE_NOTIFY_CHANGE_SECURITY    0x100u /**< The security descriptor changed. */
#define FILE_NOTIFY_CHANGE_STREAM_NAME 0x200u /**< A stream came, went or was renamed. */
#define FILE_NOTIFY_CHANGE_STREAM_SIZE 0x400u /**< The size of a stream changed. */
#define FILE_NOTIFY_CHANGE_STREAM_WRITE 0x800u /**< A stream was written. */
#define FILE_ACTION_ADDED              1u /**< Came into being. */
#define FILE_ACTION_REMOVED            2u /**< Is gone. */
#define FILE_ACTION_MODIFIED           3u /**< Changed. */
#define FILE_ACTION_RENAMED_OLD_NAME   4u /**< Renamed; this was the old name. */
#define FILE_ACTION_RENAMED_NEW_NAME   5u /**< Renamed; this is the new name. */
#define FILE_ACTION_ADDED_STREAM       6u /**< A stream came into being. */
#define FILE_ACTION_REMOVED_STREAM     7u /**< A stream is gone. */
#define FILE_ACTION_MODIFIED_STREAM    8u /**< A stream changed. */
/** @} */

/**
 * @name Security
 * @{
 */
#define OWNER_SECURITY_INFORMATION            0x00000001u /**< The owner. */
#define GROUP_SECURITY_INFORMATION            0x00000002u /**< The primary group. */
#define DACL_SECURITY_INFORMATION             0x00000004u /**< The discretionary ACL. */
#define SACL_SECURITY_INFORMATION             0x00000008u /**< The system ACL. */
#define LABEL_SECURITY_INFORMATION            0x00000010u /**< The integrity label. */
#define ATTRIBUTE_SECURITY_INFORMATION        0x00000020u /**< Resource attributes. */
#define SCOPE_SECURITY_INFORMATION            0x00000040u /**< Central policy. */
#define BACKUP_SECURITY_INFORMATION           0x00010000u /**< Everything, for backup. */
#define UNPROTECTED_SACL_SECURITY_INFORMATION 0x10000000u /**< System ACL inherits again. */
#define UNPROTECTED_DACL_SECURITY_INFORMATION 0x20000000u /**< Discretionary ACL inherits again. */
#define PROTECTED_SACL_SECURITY_INFORMATION   0x40000000u /**< System ACL no longer inherits. */
#define PROTECTED_DACL_SECURITY_INFORMATION   0x80000000u /**< Discretionary ACL no longer inherits. */
#define SECURITY_DESCRIPTOR_REVISION          1u          /**< Revision of a security descriptor. */
#define SECURITY_DESCRIPTOR_MIN_LENGTH        40u         /**< Bytes of an absolute descriptor on 64-bit Windows. */
#define ACL_REVISION                          2u          /**< Revision of an ACL. */
#define ACL_REVISION_DS                       4u          /**< Revision of an ACL with object entries. */
#define SID_REVISION                          1u          /**< Revision of a SID. */
#define SID_MAX_SUB_AUTHORITIES               15u         /**< Most sub-authorities in a SID. */
#define SE_OWNER_DEFAULTED                    0x0001u     /**< Owner filled in by default. */
#define SE_GROUP_DEFAULTED                    0x0002u     /**< Group filled in by default. */
#define SE_DACL_PRESENT                       0x0004u     /**< There is a discretionary ACL. */
#define SE_DACL_DEFAULTED                     0x0008u     /**< It was filled in by default. */
#define SE_SACL_PRESENT                       0x0010u     /**< There is a system ACL. */
#define SE_SACL_DEFAULTED                     0x0020u     /**< It was filled in by default. */
#define SE_DACL_AUTO_INHERIT_REQ              0x0100u     /**< Asks for propagation to children. */
#define SE_SACL_AUTO_INHERIT_REQ              0x0200u     /**< Asks for propagation to children. */
#define SE_DACL_AUTO_INHERITED                0x0400u     /**< Inherited automatically. */
#define SE_SACL_AUTO_INHERITED                0x0800u     /**< Inherited automatically. */
#define SE_DACL_PROTECTED                     0x1000u     /**< Inherits nothing. */
#define SE_SACL_PROTECTED                     0x2000u     /**< Inherits nothing. */
#define SE_RM_CONTROL_VALID                   0x4000u     /**< Sbz1 holds resource manager bits. */
#define SE_SELF_RELATIVE                      0x8000u     /**< Self-relative form. */
#define ACCESS_ALLOWED_ACE_TYPE               0u          /**< Entry grants. */
#define ACCESS_DENIED_ACE_TYPE                1u          /**< Entry denies. */
#define SYSTEM_AUDIT_ACE_TYPE                 2u          /**< Entry audits. */
#define SYSTEM_ALARM_ACE_TYPE                 3u          /**< Entry raises an alarm; reserved. */
#define ACCESS_ALLOWED_COMPOUND_ACE_TYPE      4u          /**< Reserved. */
#define ACCESS_ALLOWED_OBJECT_ACE_TYPE        5u          /**< Grants, for one object type. */
#define ACCESS_DENIED_OBJECT_ACE_TYPE         6u          /**< Denies, for one object type. */
#define SYSTEM_AUDIT_OBJECT_ACE_TYPE          7u          /**< Audits, for one object type. */
#define SYSTEM_ALARM_OBJECT_ACE_TYPE          8u          /**< Reserved. */
#define ACCESS_ALLOWED_CALLBACK_ACE_TYPE      9u          /**< Grants under a condition. */
#define ACCESS_DENIED_CALLBACK_ACE_TYPE       10u         /**< Denies under a condition. */
#define ACCESS_ALLOWED_CALLBACK_OBJECT_ACE_TYPE 11u         /**< Grants under a condition, for one object type. */
#define ACCESS_DENIED_CALLBACK_OBJECT_ACE_TYPE 12u         /**< Denies under a condition, for one object type. */
#define SYSTEM_AUDIT_CALLBACK_ACE_TYPE        13u         /**< Audits under a condition. */
#define SYSTEM_ALARM_CALLBACK_ACE_TYPE        14u         /**< Reserved. */
#define SYSTEM_AUDIT_CALLBACK_OBJECT_ACE_TYPE 15u         /**< Audits under a condition, for one object type. */
#define SYSTEM_ALARM_CALLBACK_OBJECT_ACE_TYPE 16u         /**< Reserved. */
#define SYSTEM_MANDATORY_LABEL_ACE_TYPE       17u         /**< Integrity label. */
#define SYSTEM_RESOURCE_ATTRIBUTE_ACE_TYPE    18u         /**< Resource attribute. */
#define SYSTEM_SCOPED_POLICY_ID_ACE_TYPE      19u         /**< Central policy. */
#define SYSTEM_PROCESS_TRUST_LABEL_ACE_TYPE   20u         /**< Trust label. */
#define SYSTEM_ACCESS_FILTER_ACE_TYPE         21u         /**< Access filter. */
#define ACE_OBJECT_TYPE_PRESENT               1u          /**< An object entry names its object type. */
#define ACE_INHERITED_OBJECT_TYPE_PRESENT     2u          /**< It names the type of the children that inherit it. */
#define OBJECT_INHERIT_ACE                    0x01u       /**< Files inherit the entry. */
#define CONTAINER_INHERIT_ACE                 0x02u       /**< Directories inherit the entry. */
#define NO_PROPAGATE_INHERIT_ACE              0x04u       /**< Children only, not their children. */
#define INHERIT_ONLY_ACE                      0x08u       /**< Does not act on the object itself. */
#define INHERITED_ACE                         0x10u       /**< Was inherited. */
#define CRITICAL_ACE_FLAG                     0x20u       /**< Must not be removed. */
#define SUCCESSFUL_ACCESS_ACE_FLAG            0x40u       /**< Audits accesses that succeed. */
#define FAILED_ACCESS_ACE_FLAG                0x80u       /**< Audits accesses that fail. */
/** @} */

/**
 * @name Reparse tags
 * @{
 */
#define IO_REPARSE_TAG_MOUNT_POINT 0xA0000003u /**< Junction or mounted volume. */
#define IO_REPARSE_TAG_SYMLINK     0xA000000Cu /**< Windows symbolic link. */
#define IO_REPARSE_TAG_DEDUP       0x80000013u /**< Deduplicated file. */
#define IO_REPARSE_TAG_NFS         0x80000014u /**< Special file made through NFS. */
#define IO_REPARSE_TAG_LX_SYMLINK  0xA000001Du /**< Linux symbolic link. */
#define IO_REPARSE_TAG_AF_UNIX     0x80000023u /**< Unix socket. */
#define IO_REPARSE_TAG_LX_FIFO     0x80000024u /**< Linux FIFO. */
#define IO_REPARSE_TAG_LX_CHR      0x80000025u /**< Linux character device. */
#define IO_REPARSE_TAG_LX_BLK      0x80000026u /**< Linux block device. */
#define FILE_NEED_EA 0x80u /**< Who does not know the EA must not open the file. */
#define MAXIMUM_REPARSE_DATA_BUFFER_SIZE 16384u /**< Most bytes of one reparse point. */
/** @} */

/**
 * @name File-system controls
 * @{
 */
#define FSCTL_REQUEST_OPLOCK_LEVEL_1     0x00090000u /**< Asks for an exclusive oplock. */
#define FSCTL_REQUEST_OPLOCK_LEVEL_2     0x00090004u /**< Asks for a shared oplock. */
#define FSCTL_REQUEST_BATCH_OPLOCK       0x00090008u /**< Asks for an exclusive oplock that lets the handle stay open. */
#define FSCTL_OPLOCK_BREAK_ACKNOWLEDGE   0x0009000Cu /**< Accepts the break of an oplock. */
#define FSCTL_OPBATCH_ACK_CLOSE_PENDING  0x00090010u /**< Answers a break by closing the handle soon. */
#define FSCTL_OPLOCK_BREAK_NOTIFY        0x00090014u /**< Waits until no oplock of the file is being broken. */
#define FSCTL_LOCK_VOLUME                0x00090018u /**< Locks the volume. */
#define FSCTL_UNLOCK_VOLUME              0x0009001Cu /**< Unlocks it. */
#define FSCTL_IS_VOLUME_MOUNTED          0x00090028u /**< Whether it is mounted. */
#define FSCTL_OPLOCK_BREAK_ACK_NO_2      0x00090050u /**< Accepts the break, and wants no level 2 instead. */
#define FSCTL_REQUEST_FILTER_OPLOCK      0x0009005Cu /**< Asks for an oplock that only writers break. */
#define FSCTL_SET_REPARSE_POINT          0x000900A4u /**< Sets a reparse point. */
#define FSCTL_GET_REPARSE_POINT          0x000900A8u /**< Reads it. */
#define FSCTL_DELETE_REPARSE_POINT       0x000900ACu /**< Removes it. */
#define FSCTL_SET_SPARSE                 0x000900C4u /**< Marks a file as sparse. */
#define FSCTL_QUERY_ALLOCATED_RANGES     0x000940CFu /**< Ranges that hold data. */
#define FSCTL_REQUEST_OPLOCK             0x00090240u /**< Asks for or acknowledges a lease; #REQUEST_OPLOCK_INPUT_BUFFER. */
#define FSCTL_SET_ZERO_DATA              0x000980C8u /**< A range reads as zeros. */
/** @} */

/**
 * @name Waiting
 * @{
 */
#define INFINITE      0xFFFFFFFFu /**< No time limit. */
#define WAIT_OBJECT_0 0u          /**< The wait is over. */
#define WAIT_ABANDONED 0x80u      /**< The owner of a mutex died. */
#define WAIT_TIMEOUT  258u        /**< The time ran out. */
#define WAIT_FAILED   0xFFFFFFFFu /**< The call failed. */
/** @} */

// clang-format on

#endif /* DOKAN_WINCONST_H_ */
