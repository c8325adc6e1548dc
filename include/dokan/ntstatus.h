// SPDX-License-Identifier: MIT
/**
 * @file ntstatus.h
 * @brief NTSTATUS and Win32 error codes with the values they have on Windows.
 *
 * Here are the codes a file system meets. ntcodes.gen.h, which comes along, has those that only the table of
 * DokanNtStatusFromWin32() names. On Windows the system's `<ntstatus.h>` is included instead.
 */
#ifndef DOKAN_NTSTATUS_H_
#define DOKAN_NTSTATUS_H_

#include "wintypes.h"

#if defined(_WIN32) || defined(DOKAN_USE_WINDOWS_H)

#if defined(__GNUC__)
#pragma GCC system_header /* allows what follows, needed where this folder itself is on the include path */
#include_next <ntstatus.h>
#else
#include <ntstatus.h>
#endif

#ifndef NT_SUCCESS
#define NT_SUCCESS(Status) ((NTSTATUS)(Status) >= 0)
#endif
#ifndef NT_INFORMATION
#define NT_INFORMATION(Status) (((ULONG)(Status) >> 30) == 1)
#define NT_WARNING(Status)     (((ULONG)(Status) >> 30) == 2)
#define NT_ERROR(Status)       (((ULONG)(Status) >> 30) == 3)
#endif

#else

/**
 * @name Severity
 * @{
 */
#define NT_SUCCESS(Status)     ((NTSTATUS)(Status) >= 0)      /**< Success or information. */
#define NT_INFORMATION(Status) (((ULONG)(Status) >> 30) == 1) /**< Information. */
#define NT_WARNING(Status)     (((ULONG)(Status) >> 30) == 2) /**< Warning. */
#define NT_ERROR(Status)       (((ULONG)(Status) >> 30) == 3) /**< Error. */
/** @} */

// clang-format off

/**
 * @name Success and information
 * Not negative: the call succeeded.
 * @{
 */
#define STATUS_SUCCESS                       ((NTSTATUS)0x00000000u) /**< Done. */
#define STATUS_WAIT_0                        ((NTSTATUS)0x00000000u) /**< The first object is signalled. */
#define STATUS_ABANDONED_WAIT_0              ((NTSTATUS)0x00000080u) /**< The owner of the object died. */
#define STATUS_USER_APC                      ((NTSTATUS)0x000000C0u) /**< The wait was interrupted by a call on this thread. */
#define STATUS_TIMEOUT                       ((NTSTATUS)0x00000102u) /**< The time ran out. */
#define STATUS_PENDING                       ((NTSTATUS)0x00000103u) /**< Not done yet. A callback must never return it. */
#define STATUS_REPARSE                       ((NTSTATUS)0x00000104u) /**< The name leads elsewhere. */
#define STATUS_MORE_ENTRIES                  ((NTSTATUS)0x00000105u) /**< There are more entries. */
#define STATUS_NOT_ALL_ASSIGNED              ((NTSTATUS)0x00000106u) /**< Not all rights were granted. */
#define STATUS_SOME_NOT_MAPPED               ((NTSTATUS)0x00000107u) /**< Some names were not translated. */
#define STATUS_OPLOCK_BREAK_IN_PROGRESS      ((NTSTATUS)0x00000108u) /**< An oplock is being broken. */
#define STATUS_VOLUME_MOUNTED                ((NTSTATUS)0x00000109u) /**< A volume was mounted. */
#define STATUS_NOTIFY_CLEANUP                ((NTSTATUS)0x0000010Bu) /**< The watched handle was closed. */
#define STATUS_NOTIFY_ENUM_DIR               ((NTSTATUS)0x0000010Cu) /**< Too many changes: list the directory again. */
#define STATUS_NO_QUOTAS_FOR_ACCOUNT         ((NTSTATUS)0x0000010Du) /**< The account has no quota. */
#define STATUS_FILE_LOCKED_WITH_ONLY_READERS ((NTSTATUS)0x0000012Au) /**< Locked, by readers only. */
#define STATUS_FILE_LOCKED_WITH_WRITERS      ((NTSTATUS)0x0000012Bu) /**< Locked, by a writer too. */
#define STATUS_OPLOCK_SWITCHED_TO_NEW_HANDLE ((NTSTATUS)0x00000215u) /**< The oplock went to another open with the same key. */
#define STATUS_OPLOCK_HANDLE_CLOSED          ((NTSTATUS)0x00000216u) /**< The oplock's handle was closed. */
#define STATUS_WAIT_FOR_OPLOCK               ((NTSTATUS)0x00000367u) /**< Waits for an oplock break. */
#define STATUS_OBJECT_NAME_EXISTS            ((NTSTATUS)0x40000000u) /**< The object existed. */
/** @} */

/**
 * @name Warnings
 * The caller got something, but not all.
 * @{
 */
#define STATUS_BUFFER_OVERFLOW               ((NTSTATUS)0x80000005u) /**< The answer was cut to fit the buffer. */
#define STATUS_NO_MORE_FILES                 ((NTSTATUS)0x80000006u) /**< End of a directory listing. */
#define STATUS_DEVICE_BUSY                   ((NTSTATUS)0x80000011u) /**< The device is busy. */
#define STATUS_NO_MORE_EAS                   ((NTSTATUS)0x80000012u) /**< No further extended attribute. */
#define STATUS_INVALID_EA_NAME               ((NTSTATUS)0x80000013u) /**< Name of an extended attribute is malformed. */
#define STATUS_EA_LIST_INCONSISTENT          ((NTSTATUS)0x80000014u) /**< List of extended attributes is malformed. */
#define STATUS_INVALID_EA_FLAG               ((NTSTATUS)0x80000015u) /**< Flag of an extended attribute is unknown. */
#define STATUS_NO_MORE_ENTRIES               ((NTSTATUS)0x8000001Au) /**< No further entry. */
#define STATUS_CANNOT_GRANT_REQUESTED_OPLOCK ((NTSTATUS)0x8000002Eu) /**< Only a lower oplock can be had. */
#define STATUS_STOPPED_ON_SYMLINK            ((NTSTATUS)0x8000002Du) /**< A symbolic link is in the way; the client must follow it. */
/** @} */

/**
 * @name Names
 * What is wrong with a name.
 * @{
 */
#define STATUS_NO_SUCH_FILE                  ((NTSTATUS)0xC000000Fu) /**< Nothing in the directory matches. */
#define STATUS_OBJECT_TYPE_MISMATCH          ((NTSTATUS)0xC0000024u) /**< The object is of another kind. */
#define STATUS_OBJECT_NAME_INVALID           ((NTSTATUS)0xC0000033u) /**< The name is malformed. */
#define STATUS_OBJECT_NAME_NOT_FOUND         ((NTSTATUS)0xC0000034u) /**< The file does not exist, its parent does. */
#define STATUS_OBJECT_NAME_COLLISION         ((NTSTATUS)0xC0000035u) /**< The file exists already. */
#define STATUS_OBJECT_PATH_INVALID           ((NTSTATUS)0xC0000039u) /**< A component of the path is not a directory. */
#define STATUS_OBJECT_PATH_NOT_FOUND         ((NTSTATUS)0xC000003Au) /**< A parent directory does not exist. */
#define STATUS_OBJECT_PATH_SYNTAX_BAD        ((NTSTATUS)0xC000003Bu) /**< The path is malformed. */
#define STATUS_FILE_IS_A_DIRECTORY           ((NTSTATUS)0xC00000BAu) /**< A file was wanted, this is a directory. */
#define STATUS_DUPLICATE_NAME                ((NTSTATUS)0xC00000BDu) /**< The name occurs twice. */
#define STATUS_NOT_SAME_DEVICE               ((NTSTATUS)0xC00000D4u) /**< The target lies on another volume. */
#define STATUS_FILE_RENAMED                  ((NTSTATUS)0xC00000D5u) /**< The file was renamed. */
#define STATUS_DIRECTORY_NOT_EMPTY           ((NTSTATUS)0xC0000101u) /**< The directory is not empty. */
#define STATUS_NOT_A_DIRECTORY               ((NTSTATUS)0xC0000103u) /**< A directory was wanted, this is none. */
#define STATUS_NAME_TOO_LONG                 ((NTSTATUS)0xC0000106u) /**< The name is too long. */
#define STATUS_NOT_FOUND                     ((NTSTATUS)0xC0000225u) /**< The thing was not found. */
#define STATUS_TOO_MANY_LINKS                ((NTSTATUS)0xC0000265u) /**< The file has as many names as it may. */
#define STATUS_OBJECTID_NOT_FOUND            ((NTSTATUS)0xC00002F0u) /**< No file has this object id. */
/** @} */

/**
 * @name Access
 * The caller may not.
 * @{
 */
#define STATUS_INVALID_LOCK_SEQUENCE         ((NTSTATUS)0xC000001Eu) /**< Locks were set in a wrong order. */
#define STATUS_ACCESS_DENIED                 ((NTSTATUS)0xC0000022u) /**< Not permitted. */
#define STATUS_SHARING_VIOLATION             ((NTSTATUS)0xC0000043u) /**< Another open of the file shuts this one out. */
#define STATUS_FILE_LOCK_CONFLICT            ((NTSTATUS)0xC0000054u) /**< The range is locked by another. */
#define STATUS_LOCK_NOT_GRANTED              ((NTSTATUS)0xC0000055u) /**< The lock was not granted. */
#define STATUS_DELETE_PENDING                ((NTSTATUS)0xC0000056u) /**< The file is about to be deleted. */
#define STATUS_INVALID_OWNER                 ((NTSTATUS)0xC000005Au) /**< This owner cannot be set. */
#define STATUS_NO_SUCH_PRIVILEGE             ((NTSTATUS)0xC0000060u) /**< No such privilege. */
#define STATUS_PRIVILEGE_NOT_HELD            ((NTSTATUS)0xC0000061u) /**< A privilege is missing. */
#define STATUS_LOGON_FAILURE                 ((NTSTATUS)0xC000006Du) /**< Wrong user name or password. */
#define STATUS_INVALID_ACL                   ((NTSTATUS)0xC0000077u) /**< Malformed access control list. */
#define STATUS_INVALID_SID                   ((NTSTATUS)0xC0000078u) /**< Malformed security identifier. */
#define STATUS_INVALID_SECURITY_DESCR        ((NTSTATUS)0xC0000079u) /**< Malformed security descriptor. */
#define STATUS_RANGE_NOT_LOCKED              ((NTSTATUS)0xC000007Eu) /**< The range is not locked. */
#define STATUS_FILE_FORCED_CLOSED            ((NTSTATUS)0xC00000B6u) /**< The volume under the handle is gone. */
#define STATUS_NETWORK_ACCESS_DENIED         ((NTSTATUS)0xC00000CAu) /**< Not permitted over the network. */
#define STATUS_OPLOCK_NOT_GRANTED            ((NTSTATUS)0xC00000E2u) /**< The oplock was not granted. */
#define STATUS_INVALID_OPLOCK_PROTOCOL       ((NTSTATUS)0xC00000E3u) /**< Wrong answer to an oplock break. */
#define STATUS_CANNOT_DELETE                 ((NTSTATUS)0xC0000121u) /**< The file must not be deleted; it is read-only or in use. */
#define STATUS_FILE_DELETED                  ((NTSTATUS)0xC0000123u) /**< The file was deleted. */
#define STATUS_FILE_CLOSED                   ((NTSTATUS)0xC0000128u) /**< The handle was closed. */
#define STATUS_USER_MAPPED_FILE              ((NTSTATUS)0xC0000243u) /**< Not while the file is mapped. */
#define STATUS_CANNOT_BREAK_OPLOCK           ((NTSTATUS)0xC0000909u) /**< The oplock cannot be broken. */
/** @} */

/**
 * @name Arguments
 * The request itself is wrong.
 * @{
 */
#define STATUS_UNSUCCESSFUL                  ((NTSTATUS)0xC0000001u) /**< Failed, without a better word. */
#define STATUS_NOT_IMPLEMENTED               ((NTSTATUS)0xC0000002u) /**< Not implemented. From a callback: use the default behaviour. */
#define STATUS_INVALID_INFO_CLASS            ((NTSTATUS)0xC0000003u) /**< Unknown information class. */
#define STATUS_INFO_LENGTH_MISMATCH          ((NTSTATUS)0xC0000004u) /**< Wrong length for this information class. */
#define STATUS_ACCESS_VIOLATION              ((NTSTATUS)0xC0000005u) /**< Bad address. */
#define STATUS_INVALID_HANDLE                ((NTSTATUS)0xC0000008u) /**< The handle is not open. */
#define STATUS_INVALID_PARAMETER             ((NTSTATUS)0xC000000Du) /**< A parameter is wrong. */
#define STATUS_INVALID_DEVICE_REQUEST        ((NTSTATUS)0xC0000010u) /**< The device knows no such request. */
#define STATUS_END_OF_FILE                   ((NTSTATUS)0xC0000011u) /**< Read past the end. */
#define STATUS_BUFFER_TOO_SMALL              ((NTSTATUS)0xC0000023u) /**< The buffer is too small; nothing was stored. */
#define STATUS_INVALID_DISPOSITION           ((NTSTATUS)0xC0000026u) /**< Unknown disposition. */
#define STATUS_NOT_SUPPORTED                 ((NTSTATUS)0xC00000BBu) /**< Not supported. */
#define STATUS_CANT_WAIT                     ((NTSTATUS)0xC00000D8u) /**< Would have to wait. */
#define STATUS_INTERNAL_ERROR                ((NTSTATUS)0xC00000E5u) /**< Something is wrong inside. */
#define STATUS_INVALID_USER_BUFFER           ((NTSTATUS)0xC00000E8u) /**< The buffer is unusable. */
#define STATUS_PROCESS_IS_TERMINATING        ((NTSTATUS)0xC000010Au) /**< The process is ending. */
#define STATUS_CANCELLED                     ((NTSTATUS)0xC0000120u) /**< The request was cancelled. */
#define STATUS_DLL_NOT_FOUND                 ((NTSTATUS)0xC0000135u) /**< A library was not found. */
#define STATUS_INVALID_ADDRESS               ((NTSTATUS)0xC0000141u) /**< The address is unusable. */
#define STATUS_POSSIBLE_DEADLOCK             ((NTSTATUS)0xC0000194u) /**< Waiting could deadlock. */
#define STATUS_INVALID_LOCK_RANGE            ((NTSTATUS)0xC00001A1u) /**< The range would end beyond 2^64. */
#define STATUS_RETRY                         ((NTSTATUS)0xC000022Du) /**< Try again. */
/** @} */

/**
 * @name Resources
 * Something ran out or failed.
 * @{
 */
#define STATUS_NO_SUCH_DEVICE                ((NTSTATUS)0xC000000Eu) /**< No such device, or the volume is being unmounted. */
#define STATUS_WRONG_VOLUME                  ((NTSTATUS)0xC0000012u) /**< Another volume is in the device. */
#define STATUS_NO_MEMORY                     ((NTSTATUS)0xC0000017u) /**< Memory ran out. */
#define STATUS_DISK_CORRUPT_ERROR            ((NTSTATUS)0xC0000032u) /**< The volume is damaged. */
#define STATUS_DATA_ERROR                    ((NTSTATUS)0xC000003Eu) /**< Data cannot be read. */
#define STATUS_CRC_ERROR                     ((NTSTATUS)0xC000003Fu) /**< Checksum error. */
#define STATUS_QUOTA_EXCEEDED                ((NTSTATUS)0xC0000044u) /**< The quota is used up. */
#define STATUS_DISK_FULL                     ((NTSTATUS)0xC000007Fu) /**< The volume is full. */
#define STATUS_FILE_INVALID                  ((NTSTATUS)0xC0000098u) /**< The volume changed under the file. */
#define STATUS_INSUFFICIENT_RESOURCES        ((NTSTATUS)0xC000009Au) /**< Resources ran out. */
#define STATUS_DEVICE_NOT_CONNECTED          ((NTSTATUS)0xC000009Du) /**< The device is not connected. */
#define STATUS_MEDIA_WRITE_PROTECTED         ((NTSTATUS)0xC00000A2u) /**< The volume is read-only. */
#define STATUS_DEVICE_NOT_READY              ((NTSTATUS)0xC00000A3u) /**< The device is not ready. */
#define STATUS_IO_TIMEOUT                    ((NTSTATUS)0xC00000B5u) /**< The request took too long. */
#define STATUS_DEVICE_DOES_NOT_EXIST         ((NTSTATUS)0xC00000C0u) /**< The device is gone. */
#define STATUS_UNEXPECTED_IO_ERROR           ((NTSTATUS)0xC00000E9u) /**< Input/output error. */
#define STATUS_FILE_CORRUPT_ERROR            ((NTSTATUS)0xC0000102u) /**< The file is damaged. */
#define STATUS_TOO_MANY_OPENED_FILES         ((NTSTATUS)0xC000011Fu) /**< Too many open files. */
#define STATUS_UNRECOGNIZED_VOLUME           ((NTSTATUS)0xC000014Fu) /**< No known file system. */
#define STATUS_FILE_IS_OFFLINE               ((NTSTATUS)0xC0000267u) /**< The data are not at hand. */
#define STATUS_VOLUME_DISMOUNTED             ((NTSTATUS)0xC000026Eu) /**< The volume was unmounted. */
#define STATUS_FILE_SYSTEM_LIMITATION        ((NTSTATUS)0xC0000427u) /**< The file system cannot do this. */
#define STATUS_DISK_QUOTA_EXCEEDED           ((NTSTATUS)0xC0000802u) /**< The quota of the volume is used up. */
#define STATUS_FILE_TOO_LARGE                ((NTSTATUS)0xC0000904u) /**< The file would be too large. */
/** @} */

/**
 * @name Extended attributes and reparse points
 * @{
 */
#define STATUS_EAS_NOT_SUPPORTED             ((NTSTATUS)0xC000004Fu) /**< No extended attributes here. */
#define STATUS_EA_TOO_LARGE                  ((NTSTATUS)0xC0000050u) /**< Extended attributes are too large. */
#define STATUS_NONEXISTENT_EA_ENTRY          ((NTSTATUS)0xC0000051u) /**< No such extended attribute. */
#define STATUS_NO_EAS_ON_FILE                ((NTSTATUS)0xC0000052u) /**< The file has no extended attributes. */
#define STATUS_EA_CORRUPT_ERROR              ((NTSTATUS)0xC0000053u) /**< Extended attributes are damaged. */
#define STATUS_NOT_A_REPARSE_POINT           ((NTSTATUS)0xC0000275u) /**< The file has no reparse point. */
#define STATUS_IO_REPARSE_TAG_INVALID        ((NTSTATUS)0xC0000276u) /**< The tag is invalid. */
#define STATUS_IO_REPARSE_TAG_MISMATCH       ((NTSTATUS)0xC0000277u) /**< Another tag was expected. */
#define STATUS_IO_REPARSE_DATA_INVALID       ((NTSTATUS)0xC0000278u) /**< The data of the reparse point are invalid. */
#define STATUS_IO_REPARSE_TAG_NOT_HANDLED    ((NTSTATUS)0xC0000279u) /**< Nobody handles this tag. */
#define STATUS_REPARSE_POINT_NOT_RESOLVED    ((NTSTATUS)0xC0000280u) /**< Links lead in a circle or nowhere. */
#define STATUS_DIRECTORY_IS_A_REPARSE_POINT  ((NTSTATUS)0xC0000281u) /**< The directory is a reparse point. */
#define STATUS_REPARSE_ATTRIBUTE_CONFLICT    ((NTSTATUS)0xC00002B2u) /**< The file has a conflicting attribute. */
/** @} */

/**
 * @name Network
 * @{
 */
#define STATUS_BAD_NETWORK_PATH              ((NTSTATUS)0xC00000BEu) /**< The server was not found. */
#define STATUS_NETWORK_BUSY                  ((NTSTATUS)0xC00000BFu) /**< The network is busy. */
#define STATUS_UNEXPECTED_NETWORK_ERROR      ((NTSTATUS)0xC00000C4u) /**< Network error. */
#define STATUS_NETWORK_NAME_DELETED          ((NTSTATUS)0xC00000C9u) /**< The share is gone. */
#define STATUS_BAD_NETWORK_NAME              ((NTSTATUS)0xC00000CCu) /**< The server has no such share. */
#define STATUS_ADDRESS_ALREADY_EXISTS        ((NTSTATUS)0xC000020Au) /**< The address is in use. */
#define STATUS_CONNECTION_DISCONNECTED       ((NTSTATUS)0xC000020Cu) /**< The connection is gone. */
#define STATUS_CONNECTION_RESET              ((NTSTATUS)0xC000020Du) /**< The connection was reset. */
#define STATUS_CONNECTION_REFUSED            ((NTSTATUS)0xC0000236u) /**< The connection was refused. */
#define STATUS_NETWORK_UNREACHABLE           ((NTSTATUS)0xC000023Cu) /**< The network cannot be reached. */
#define STATUS_HOST_UNREACHABLE              ((NTSTATUS)0xC000023Du) /**< The host cannot be reached. */
#define STATUS_CONNECTION_ABORTED            ((NTSTATUS)0xC0000241u) /**< The connection was aborted. */
/** @} */

/**
 * @name Win32 errors
 * What DokanWin32GetLastError() returns and DokanNtStatusFromWin32() takes.
 * @{
 */
#define ERROR_SUCCESS                        0u /**< No error. */
#define NO_ERROR                             0u /**< No error. */
#define ERROR_INVALID_FUNCTION               1u /**< Unknown function. */
#define ERROR_FILE_NOT_FOUND                 2u /**< The file does not exist. */
#define ERROR_PATH_NOT_FOUND                 3u /**< A parent directory does not exist. */
#define ERROR_TOO_MANY_OPEN_FILES            4u /**< Too many open files. */
#define ERROR_ACCESS_DENIED                  5u /**< Not permitted. */
#define ERROR_INVALID_HANDLE                 6u /**< The handle is not open. */
#define ERROR_NOT_ENOUGH_MEMORY              8u /**< Memory ran out. */
#define ERROR_OUTOFMEMORY                    14u /**< Memory ran out. */
#define ERROR_NOT_SAME_DEVICE                17u /**< The target lies on another volume. */
#define ERROR_NO_MORE_FILES                  18u /**< End of a directory listing. */
#define ERROR_WRITE_PROTECT                  19u /**< The volume is read-only. */
#define ERROR_NOT_READY                      21u /**< The device is not ready. */
#define ERROR_CRC                            23u /**< Checksum error. */
#define ERROR_BAD_LENGTH                     24u /**< Wrong length. */
#define ERROR_SEEK                           25u /**< Bad position. */
#define ERROR_WRITE_FAULT                    29u /**< Writing failed. */
#define ERROR_READ_FAULT                     30u /**< Reading failed. */
#define ERROR_GEN_FAILURE                    31u /**< The device failed. */
#define ERROR_SHARING_VIOLATION              32u /**< Another open of the file shuts this one out. */
#define ERROR_LOCK_VIOLATION                 33u /**< The range is locked by another. */
#define ERROR_HANDLE_EOF                     38u /**< Read past the end. */
#define ERROR_HANDLE_DISK_FULL               39u /**< The volume is full. */
#define ERROR_NOT_SUPPORTED                  50u /**< Not supported. */
#define ERROR_BAD_NETPATH                    53u /**< The server was not found. */
#define ERROR_DEV_NOT_EXIST                  55u /**< The device is gone. */
#define ERROR_NETNAME_DELETED                64u /**< The share is gone. */
#define ERROR_BAD_NET_NAME                   67u /**< The server has no such share. */
#define ERROR_FILE_EXISTS                    80u /**< The file exists already. */
#define ERROR_CANNOT_MAKE                    82u /**< The file cannot be created. */
#define ERROR_INVALID_PARAMETER              87u /**< A parameter is wrong. */
#define ERROR_BROKEN_PIPE                    109u /**< The pipe is closed. */
#define ERROR_OPEN_FAILED                    110u /**< Opening failed. */
#define ERROR_BUFFER_OVERFLOW                111u /**< The file name is too long. */
#define ERROR_DISK_FULL                      112u /**< The volume is full. */
#define ERROR_CALL_NOT_IMPLEMENTED           120u /**< Not implemented. */
#define ERROR_SEM_TIMEOUT                    121u /**< The time ran out. */
#define ERROR_INSUFFICIENT_BUFFER            122u /**< The buffer is too small. */
#define ERROR_INVALID_NAME                   123u /**< The name is malformed. */
#define ERROR_MOD_NOT_FOUND                  126u /**< A library was not found. */
#define ERROR_NEGATIVE_SEEK                  131u /**< A position below 0. */
#define ERROR_DIR_NOT_ROOT                   144u /**< The directory is not a root. */
#define ERROR_DIR_NOT_EMPTY                  145u /**< The directory is not empty. */
#define ERROR_NOT_LOCKED                     158u /**< The range is not locked. */
#define ERROR_BAD_PATHNAME                   161u /**< The path is malformed. */
#define ERROR_BUSY                           170u /**< The thing is in use. */
#define ERROR_ALREADY_EXISTS                 183u /**< The thing exists already. */
#define ERROR_FILENAME_EXCED_RANGE           206u /**< The name is too long. */
#define ERROR_FILE_TOO_LARGE                 223u /**< The file would be too large. */
#define ERROR_MORE_DATA                      234u /**< There is more than fits. */
#define ERROR_NO_MORE_ITEMS                  259u /**< No further item. */
#define ERROR_DIRECTORY                      267u /**< The name is not one of a directory. */
#define ERROR_EAS_DIDNT_FIT                  275u /**< Extended attributes do not fit. */
#define ERROR_EAS_NOT_SUPPORTED              282u /**< No extended attributes here. */
#define ERROR_DELETE_PENDING                 303u /**< The file is about to be deleted. */
#define ERROR_ARITHMETIC_OVERFLOW            534u /**< The result does not fit. */
#define ERROR_OPERATION_ABORTED              995u /**< The request was cancelled. */
#define ERROR_IO_PENDING                     997u /**< Not done yet. */
#define ERROR_NOACCESS                       998u /**< Bad address. */
#define ERROR_FILE_INVALID                   1006u /**< The volume changed under the file. */
#define ERROR_SERVICE_DOES_NOT_EXIST         1060u /**< There is no such service. */
#define ERROR_SERVICE_EXISTS                 1073u /**< The service exists already. */
#define ERROR_NO_UNICODE_TRANSLATION         1113u /**< The text is malformed. */
#define ERROR_IO_DEVICE                      1117u /**< Input/output error. */
#define ERROR_NOT_FOUND                      1168u /**< The thing was not found. */
#define ERROR_CANCELLED                      1223u /**< The user cancelled. */
#define ERROR_USER_MAPPED_FILE               1224u /**< Not while the file is mapped. */
#define ERROR_RETRY                          1237u /**< Try again. */
#define ERROR_PRIVILEGE_NOT_HELD             1314u /**< A privilege is missing. */
#define ERROR_INTERNAL_ERROR                 1359u /**< Something is wrong inside. */
#define ERROR_FILE_CORRUPT                   1392u /**< The file is damaged. */
#define ERROR_DISK_CORRUPT                   1393u /**< The volume is damaged. */
#define ERROR_NO_SYSTEM_RESOURCES            1450u /**< Resources ran out. */
#define ERROR_TIMEOUT                        1460u /**< The time ran out. */
#define ERROR_CANT_RESOLVE_FILENAME          1921u /**< Links lead in a circle or nowhere. */
#define ERROR_NOT_A_REPARSE_POINT            4390u /**< The file has no reparse point. */
/** @} */

// clang-format on

#include "ntcodes.gen.h"

#endif

#endif /* DOKAN_NTSTATUS_H_ */
