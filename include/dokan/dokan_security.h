// SPDX-License-Identifier: MIT
/**
 * @file dokan_security.h
 * @brief Windows security descriptors: text, parts, access checks, inheritance.
 *
 * For file systems that keep descriptors and for programs that ask for them. Nothing here touches a volume,
 * and every function may be called from any thread. Descriptors are self-relative: one block of bytes, never
 * believed; its length is a parameter everywhere, and whatever points past it is refused with
 * ERROR_INVALID_SECURITY_DESCR.
 *
 * Functions that fill a buffer take its size in `*Length` and leave there what they wrote or would need. With
 * too little room they return FALSE with ERROR_INSUFFICIENT_BUFFER and write nothing; the buffer may be NULL
 * then.
 */
#ifndef DOKAN_SECURITY_H_
#define DOKAN_SECURITY_H_

#include "ntstatus.h"
#include "wintypes.h"

#ifdef __cplusplus
extern "C" {
#endif

/**
 * @name Identifiers
 * @{
 */

/** Bytes of the largest security identifier. */
#define DOKAN_SID_MAX 68u

/**
 * Identifier of a Linux user, in the form that Samba gives it: `S-1-22-1-uid`.
 *
 * @param UserId the user
 * @param[out] Sid receives it
 * @param[in,out] Length room in bytes, then the bytes needed
 * @return TRUE, or FALSE with ERROR_INSUFFICIENT_BUFFER or ERROR_INVALID_PARAMETER
 */
BOOL DOKANAPI DokanSidFromUser(ULONG UserId, PSID Sid, PULONG Length);

/** The same for a Linux group, `S-1-22-2-gid`. @param GroupId the group @param[out] Sid receives it
 * @param[in,out] Length room in bytes, then the bytes needed @return as DokanSidFromUser() */
BOOL DOKANAPI DokanSidFromGroup(ULONG GroupId, PSID Sid, PULONG Length);

/**
 * The Linux user or group behind an identifier.
 *
 * @param Sid the identifier
 * @param Length its bytes
 * @param[out] Id receives the number
 * @param[out] Group receives TRUE for a group, FALSE for a user
 * @return TRUE; FALSE with ERROR_NONE_MAPPED for an identifier of another form, ERROR_INVALID_SID
 */
BOOL DOKANAPI DokanSidToId(const VOID *Sid, ULONG Length, PULONG Id, PBOOL Group);

/**
 * Text of an identifier, `S-1-5-32-544`.
 *
 * @param Sid the identifier
 * @param SidLength its bytes
 * @param[out] Text receives it, terminated
 * @param[in,out] Length room in code units, then the units needed, terminator included
 * @return TRUE, or FALSE with ERROR_INVALID_SID, ERROR_INSUFFICIENT_BUFFER or ERROR_INVALID_PARAMETER
 */
BOOL DOKANAPI DokanSidToString(const VOID *Sid, ULONG SidLength, LPWSTR Text, PULONG Length);

/**
 * Identifier from its text, which is `S-1-...` or one of the two-letter names of security descriptors (`BA`).
 *
 * @param Text the text
 * @param[out] Sid receives it
 * @param[in,out] Length room in bytes, then the bytes needed
 * @return TRUE, or FALSE with ERROR_INVALID_SID, ERROR_NONE_MAPPED (a name that only a Windows domain
 * explains), ERROR_INSUFFICIENT_BUFFER or ERROR_INVALID_PARAMETER
 */
BOOL DOKANAPI DokanStringToSid(LPCWSTR Text, PSID Sid, PULONG Length);

/** @} */

/**
 * @name Descriptors
 * @{
 */

/**
 * Tells whether the bytes are a self-relative descriptor all of whose parts lie inside them.
 *
 * @param Descriptor the bytes
 * @param Length their number
 * @return TRUE when it is one
 */
BOOL DOKANAPI DokanIsValidSecurityDescriptor(const VOID *Descriptor, ULONG Length);

/**
 * Descriptor from text, as in `O:BAG:SYD:P(A;OICI;FA;;;WD)`.
 *
 * @param Sddl the text
 * @param[out] Descriptor receives it
 * @param[in,out] Length room in bytes, then the bytes needed
 * @param[out] Position receives the code unit where the text stops making sense, else its length; may be NULL
 * @return TRUE, or FALSE with ERROR_INVALID_PARAMETER, ERROR_INVALID_ACL, ERROR_INVALID_SID,
 * ERROR_NONE_MAPPED (a name that only a Windows domain explains), ERROR_NOT_SUPPORTED (entries with
 * conditions, resource attributes) or ERROR_INSUFFICIENT_BUFFER
 */
BOOL DOKANAPI DokanSddlToSecurityDescriptor(LPCWSTR Sddl, PSECURITY_DESCRIPTOR Descriptor, PULONG Length,
                                            PULONG Position);

/**
 * Text of a descriptor.
 *
 * @param Descriptor the descriptor
 * @param DescriptorLength its bytes
 * @param Information the parts to tell, `*_SECURITY_INFORMATION`
 * @param[out] Sddl receives it, terminated
 * @param[in,out] Length room in code units, then the units needed, terminator included
 * @return TRUE, or FALSE with ERROR_INVALID_SECURITY_DESCR, ERROR_NOT_SUPPORTED (an entry that has no text),
 * ERROR_INSUFFICIENT_BUFFER or ERROR_INVALID_PARAMETER
 */
BOOL DOKANAPI DokanSecurityDescriptorToSddl(const VOID *Descriptor, ULONG DescriptorLength,
                                            SECURITY_INFORMATION Information, LPWSTR Sddl, PULONG Length);

/** The parts of a descriptor, each as it lies in memory. */
typedef struct _DOKAN_SECURITY_PARTS {
    ULONG Size;                          /**< `sizeof(DOKAN_SECURITY_PARTS)`, set by the caller. */
    SECURITY_DESCRIPTOR_CONTROL Control; /**< `SE_*`; tells which lists there are. */
    WORD Reserved;                       /**< 0. */
    PSID Owner;                          /**< Owner, or NULL. */
    PSID Group;                          /**< Primary group, or NULL. */
    PACL Sacl;                           /**< System list; NULL with SE_SACL_PRESENT: a NULL list. */
    PACL Dacl; /**< Discretionary list; NULL with SE_DACL_PRESENT: everything is allowed. */
} DOKAN_SECURITY_PARTS, *PDOKAN_SECURITY_PARTS;

/**
 * Finds the parts of a descriptor.
 *
 * @param Descriptor the descriptor
 * @param Length its bytes
 * @param[in,out] Parts receives pointers into the descriptor; Size must be set
 * @return TRUE, or FALSE with ERROR_INVALID_SECURITY_DESCR or ERROR_INVALID_PARAMETER
 */
BOOL DOKANAPI DokanGetSecurityDescriptorParts(const VOID *Descriptor, ULONG Length,
                                              PDOKAN_SECURITY_PARTS Parts);

/**
 * Makes a self-relative descriptor of parts. Each must be a whole, valid one: there is no length to check it
 * by but its own.
 *
 * @param Parts the parts
 * @param[out] Descriptor receives it
 * @param[in,out] Length room in bytes, then the bytes needed
 * @return TRUE, or FALSE with ERROR_INVALID_SID, ERROR_INVALID_ACL, ERROR_INSUFFICIENT_BUFFER or
 * ERROR_INVALID_PARAMETER
 */
BOOL DOKANAPI DokanMakeSecurityDescriptor(const DOKAN_SECURITY_PARTS *Parts, PSECURITY_DESCRIPTOR Descriptor,
                                          PULONG Length);

/**
 * The descriptor cut to the parts named: what GetFileSecurity has to give.
 *
 * @param Descriptor the descriptor
 * @param DescriptorLength its bytes
 * @param Information the parts, `*_SECURITY_INFORMATION`
 * @param[out] Result receives it; must not overlap Descriptor
 * @param[in,out] Length room in bytes, then the bytes needed
 * @return TRUE, or FALSE with ERROR_INVALID_SECURITY_DESCR, ERROR_INSUFFICIENT_BUFFER, ERROR_OUTOFMEMORY or
 * ERROR_INVALID_PARAMETER
 */
BOOL DOKANAPI DokanCutSecurityDescriptor(const VOID *Descriptor, ULONG DescriptorLength,
                                         SECURITY_INFORMATION Information, PSECURITY_DESCRIPTOR Result,
                                         PULONG Length);

/**
 * What a file's descriptor becomes when somebody sets parts of it: what SetFileSecurity has to store.
 *
 * Generic rights in entries that act become those of files; SE_DACL_AUTO_INHERITED stays only together with
 * SE_DACL_AUTO_INHERIT_REQ; the PROTECTED and UNPROTECTED bits of Information decide before the descriptor.
 *
 * @param Present the descriptor that the file has; NULL: none
 * @param PresentLength its bytes
 * @param Given what is set
 * @param GivenLength its bytes
 * @param Information the parts that are set, `*_SECURITY_INFORMATION`
 * @param[out] Result receives the whole; must not overlap the others
 * @param[in,out] Length room in bytes, then the bytes needed
 * @return TRUE, or FALSE with ERROR_INVALID_SECURITY_DESCR, ERROR_INVALID_OWNER, ERROR_INVALID_PRIMARY_GROUP,
 * ERROR_INSUFFICIENT_BUFFER, ERROR_OUTOFMEMORY or ERROR_INVALID_PARAMETER
 */
BOOL DOKANAPI DokanMergeSecurityDescriptors(const VOID *Present, ULONG PresentLength, const VOID *Given,
                                            ULONG GivenLength, SECURITY_INFORMATION Information,
                                            PSECURITY_DESCRIPTOR Result, PULONG Length);

/** @} */

/**
 * @name Access
 * @{
 */

#define DOKAN_TOKEN_SUPERUSER      0x1u  /**< May do everything, as root does. */
#define DOKAN_TOKEN_BACKUP         0x2u  /**< Reads everything opened with FILE_OPEN_FOR_BACKUP_INTENT. */
#define DOKAN_TOKEN_RESTORE        0x4u  /**< Writes everything opened so, and may set any owner. */
#define DOKAN_TOKEN_SECURITY       0x8u  /**< May read and change system lists. */
#define DOKAN_TOKEN_TAKE_OWNERSHIP 0x10u /**< May become the owner of everything. */
#define DOKAN_TOKEN_ANONYMOUS      0x20u /**< Is none of the Authenticated Users. */

/** Who wants access. Everybody is a member of Everyone, and of Authenticated Users unless anonymous. */
typedef struct _DOKAN_ACCESS_TOKEN {
    ULONG Size;         /**< `sizeof(DOKAN_ACCESS_TOKEN)`. */
    ULONG Flags;        /**< DOKAN_TOKEN_SUPERUSER and so on: privileges. */
    PSID User;          /**< The user. */
    PSID PrimaryGroup;  /**< The group of what he creates, and one he is in; NULL: none. */
    const PSID *Groups; /**< More groups he is in. */
    ULONG GroupCount;   /**< Their number. */
    ULONG Reserved;     /**< 0. */
} DOKAN_ACCESS_TOKEN, *PDOKAN_ACCESS_TOKEN;

/**
 * Generic rights replaced by the file rights they stand for.
 *
 * @param Access rights
 * @return the same without GENERIC_READ, GENERIC_WRITE, GENERIC_EXECUTE and GENERIC_ALL
 */
ACCESS_MASK DOKANAPI DokanMapGenericAccess(ACCESS_MASK Access);

/**
 * Asks a descriptor what a caller may do with the file.
 *
 * The owner may always read the descriptor and change its list, unless an entry for OWNER RIGHTS says
 * otherwise. Entries with conditions, and those for one object type, allow nothing and deny all the same.
 * Integrity labels are not looked at.
 *
 * @param Descriptor the descriptor
 * @param Length its bytes
 * @param Token the caller
 * @param DesiredAccess the rights he wants, also generic ones and MAXIMUM_ALLOWED
 * @param CreateOptions FILE_OPEN_FOR_BACKUP_INTENT lets the privileges for it count; else 0
 * @param[out] Granted receives the rights he has, 0 when refused
 * @return STATUS_SUCCESS, STATUS_ACCESS_DENIED, STATUS_PRIVILEGE_NOT_HELD (ACCESS_SYSTEM_SECURITY),
 * STATUS_INVALID_SECURITY_DESCR or STATUS_INVALID_PARAMETER
 */
NTSTATUS DOKANAPI DokanAccessCheck(const VOID *Descriptor, ULONG Length, const DOKAN_ACCESS_TOKEN *Token,
                                   ACCESS_MASK DesiredAccess, ULONG CreateOptions, PACCESS_MASK Granted);

/**
 * The first descriptor of a new file: what its creator gives and what its directory passes on.
 *
 * @param Parent the directory's descriptor; NULL: nothing is passed on
 * @param ParentLength its bytes
 * @param Creator what the creator gives, SecurityContext->AccessState.SecurityDescriptor; NULL: nothing
 * @param CreatorLength its bytes
 * @param Token the creator: owner and group, unless Creator names others
 * @param Directory TRUE for a directory
 * @param[out] Result receives it
 * @param[in,out] Length room in bytes, then the bytes needed
 * @return TRUE, or FALSE with ERROR_INVALID_SECURITY_DESCR, ERROR_INVALID_ACL (a list becomes too long),
 * ERROR_INSUFFICIENT_BUFFER, ERROR_OUTOFMEMORY or ERROR_INVALID_PARAMETER
 */
BOOL DOKANAPI DokanInheritSecurityDescriptor(const VOID *Parent, ULONG ParentLength, const VOID *Creator,
                                             ULONG CreatorLength, const DOKAN_ACCESS_TOKEN *Token,
                                             BOOL Directory, PSECURITY_DESCRIPTOR Result, PULONG Length);

/** @} */

#ifdef __cplusplus
}
#endif

#endif /* DOKAN_SECURITY_H_ */
