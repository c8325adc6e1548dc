// SPDX-License-Identifier: MIT
/**
 * @file wintypes.h
 * @brief The Windows types and constants a Dokan program needs where there is no `<windows.h>`.
 *
 * On Windows (MSVC or mingw-w64) this header only includes `<windows.h>`. Elsewhere it declares the same
 * names with the same sizes, so that one source builds on both sides. The data model is the one of 64-bit
 * Windows: `LONG`, `ULONG`, `DWORD` and `BOOL` have 32 bits, `LONGLONG` and pointers have 64 bits, and #WCHAR
 * has **16** bits. String literals are therefore written #DOKAN_TEXT("x"), never `L"x"`.
 *
 * A few Win32 calls come with it (last error, closing a handle, time, sleep). The library exports them under
 * prefixed names only. Their usual names are inline functions in this header; define `DOKAN_NO_WIN32_NAMES`
 * before including it to do without these.
 */
#ifndef DOKAN_WINTYPES_H_
#define DOKAN_WINTYPES_H_

#if defined(_WIN32) || defined(DOKAN_USE_WINDOWS_H)

#ifndef WIN32_NO_STATUS
#define WIN32_NO_STATUS
#include <windows.h>
#undef WIN32_NO_STATUS
#else
#include <windows.h>
#endif
#include <stdlib.h>
#include <string.h>

#ifdef _EXPORTING
#define DOKANAPI __stdcall
#else
#define DOKANAPI __declspec(dllimport) __stdcall
#endif
#define DOKAN_CALLBACK __stdcall
#define DOKAN_TEXT(x)  L##x

#ifndef __UNICODE_STRING_DEFINED
#define __UNICODE_STRING_DEFINED
typedef struct _UNICODE_STRING {
    USHORT Length;
    USHORT MaximumLength;
    PWSTR Buffer;
} UNICODE_STRING, *PUNICODE_STRING;
typedef const UNICODE_STRING *PCUNICODE_STRING;
#endif
#if !defined(_NTDEF_) && !defined(_NTSTATUS_PSDK)
#define _NTSTATUS_PSDK
typedef LONG NTSTATUS, *PNTSTATUS;
#endif

#else /* no <windows.h> */

#include <stddef.h>
#include <stdint.h>
#include <string.h>
#ifndef __cplusplus
#include <uchar.h>
#endif

/**
 * @name Calling convention
 * @{
 */
/** Marks an exported function. Stands between the return type and the name. */
#define DOKANAPI __attribute__((visibility("default")))
/** Calling convention of every callback: the platform's own C convention outside Windows. */
#define DOKAN_CALLBACK
/** Win32 calling convention; empty outside Windows. */
#define WINAPI
/** Win32 callback convention; empty outside Windows. */
#define CALLBACK
/** @} */

/**
 * @name 16-bit text
 * @{
 */
#if defined(__cplusplus) && defined(__SIZEOF_WCHAR_T__) && __SIZEOF_WCHAR_T__ == 2
/** One UTF-16 code unit. */
typedef wchar_t WCHAR;
/** A UTF-16 string literal of type `const WCHAR[]`. */
#define DOKAN_TEXT(x) L##x
#else
/** One UTF-16 code unit: always 16 bits, whatever `wchar_t` is. */
typedef char16_t WCHAR;
/** A UTF-16 string literal of type `const WCHAR[]`: write `DOKAN_TEXT("x")` where Windows code has `L"x"`. */
#define DOKAN_TEXT(x) u##x
#endif
typedef WCHAR *PWCHAR;        /**< Pointer to UTF-16 code units. */
typedef WCHAR *LPWCH;         /**< Pointer to UTF-16 code units. */
typedef WCHAR *PWSTR;         /**< NUL-terminated UTF-16 string. */
typedef WCHAR *LPWSTR;        /**< NUL-terminated UTF-16 string. */
typedef const WCHAR *PCWSTR;  /**< Constant NUL-terminated UTF-16 string. */
typedef const WCHAR *LPCWSTR; /**< Constant NUL-terminated UTF-16 string. */
typedef const WCHAR *LPCWCH;  /**< Constant UTF-16 code units. */
/** @} */

/**
 * @name Numbers
 * Sizes are those of 64-bit Windows.
 * @{
 */
#define VOID  void  /**< No value. */
#define CONST const /**< The `const` of old Windows headers. */
#ifndef TRUE
#define TRUE 1 /**< Truth of a #BOOL. */
#endif
#ifndef FALSE
#define FALSE 0 /**< Falsehood of a #BOOL. */
#endif
typedef char CHAR;                    /**< 8-bit character. */
typedef char CCHAR;                   /**< 8-bit character or counter. */
typedef unsigned char UCHAR;          /**< 8 bits, unsigned. */
typedef unsigned char BYTE;           /**< 8 bits, unsigned. */
typedef unsigned char BOOLEAN;        /**< Truth value of one byte. */
typedef int BOOL;                     /**< Truth value of four bytes. */
typedef int16_t SHORT;                /**< 16 bits, signed. */
typedef uint16_t USHORT;              /**< 16 bits, unsigned. */
typedef uint16_t WORD;                /**< 16 bits, unsigned. */
typedef int INT;                      /**< 32 bits, signed. */
typedef unsigned int UINT;            /**< 32 bits, unsigned. */
typedef int32_t LONG;                 /**< **32 bits**, signed; not C's `long`. */
typedef uint32_t ULONG;               /**< **32 bits**, unsigned; not C's `unsigned long`. */
typedef uint32_t DWORD;               /**< 32 bits, unsigned. */
typedef long long LONGLONG;           /**< 64 bits, signed. */
typedef unsigned long long ULONGLONG; /**< 64 bits, unsigned. */
typedef unsigned long long DWORDLONG; /**< 64 bits, unsigned. */
typedef long long LONG64;             /**< 64 bits, signed. */
typedef unsigned long long ULONG64;   /**< 64 bits, unsigned. */
typedef unsigned long long DWORD64;   /**< 64 bits, unsigned. */
typedef intptr_t INT_PTR;             /**< Signed, as wide as a pointer. */
typedef intptr_t LONG_PTR;            /**< Signed, as wide as a pointer. */
typedef uintptr_t UINT_PTR;           /**< Unsigned, as wide as a pointer. */
typedef uintptr_t ULONG_PTR;          /**< Unsigned, as wide as a pointer. */
typedef uintptr_t DWORD_PTR;          /**< Unsigned, as wide as a pointer. */
typedef size_t SIZE_T;                /**< Size in bytes. */
typedef intptr_t SSIZE_T;             /**< Signed size in bytes. */
#define MAXDWORD             0xFFFFFFFFu /**< Largest #DWORD. */
/** @} */

/**
 * @name Pointers
 * @{
 */
typedef void *PVOID;           /**< Untyped pointer. */
typedef void *LPVOID;          /**< Untyped pointer. */
typedef const void *LPCVOID;   /**< Untyped pointer to constant data. */
typedef CHAR *PCHAR;           /**< Pointer to characters. */
typedef CHAR *PSTR;            /**< NUL-terminated byte string. */
typedef CHAR *LPSTR;           /**< NUL-terminated byte string. */
typedef const CHAR *PCSTR;     /**< Constant NUL-terminated byte string. */
typedef const CHAR *LPCSTR;    /**< Constant NUL-terminated byte string. */
typedef UCHAR *PUCHAR;         /**< Pointer to bytes. */
typedef BYTE *PBYTE;           /**< Pointer to bytes. */
typedef BYTE *LPBYTE;          /**< Pointer to bytes. */
typedef BOOLEAN *PBOOLEAN;     /**< Pointer to a one-byte truth value. */
typedef BOOL *PBOOL;           /**< Pointer to a truth value. */
typedef BOOL *LPBOOL;          /**< Pointer to a truth value. */
typedef SHORT *PSHORT;         /**< Pointer to 16 bits. */
typedef USHORT *PUSHORT;       /**< Pointer to 16 bits. */
typedef WORD *PWORD;           /**< Pointer to 16 bits. */
typedef WORD *LPWORD;          /**< Pointer to 16 bits. */
typedef INT *PINT;             /**< Pointer to 32 bits. */
typedef UINT *PUINT;           /**< Pointer to 32 bits. */
typedef LONG *PLONG;           /**< Pointer to 32 bits. */
typedef LONG *LPLONG;          /**< Pointer to 32 bits. */
typedef ULONG *PULONG;         /**< Pointer to 32 bits. */
typedef DWORD *PDWORD;         /**< Pointer to 32 bits. */
typedef DWORD *LPDWORD;        /**< Pointer to 32 bits. */
typedef LONGLONG *PLONGLONG;   /**< Pointer to 64 bits. */
typedef ULONGLONG *PULONGLONG; /**< Pointer to 64 bits. */
typedef ULONG64 *PULONG64;     /**< Pointer to 64 bits. */
typedef SIZE_T *PSIZE_T;       /**< Pointer to a size. */
typedef ULONG_PTR *PULONG_PTR; /**< Pointer to a pointer-wide number. */
typedef void *HANDLE;          /**< Reference to an object of the system or of this library. */
typedef HANDLE *PHANDLE;       /**< Pointer to a #HANDLE. */
typedef HANDLE *LPHANDLE;      /**< Pointer to a #HANDLE. */
/** The #HANDLE that stands for none, beside NULL. */
#define INVALID_HANDLE_VALUE ((HANDLE)(LONG_PTR)-1)
/** @} */

/**
 * @name Status, rights and security
 * @{
 */
typedef LONG NTSTATUS;              /**< Result of an NT call: success when not negative; see ntstatus.h. */
typedef NTSTATUS *PNTSTATUS;        /**< Pointer to an #NTSTATUS. */
typedef ULONG ACCESS_MASK;          /**< Set of access rights. */
typedef ACCESS_MASK *PACCESS_MASK;  /**< Pointer to an #ACCESS_MASK. */
typedef DWORD SECURITY_INFORMATION; /**< Which parts of a security descriptor are meant. */
typedef SECURITY_INFORMATION *PSECURITY_INFORMATION; /**< Pointer to a #SECURITY_INFORMATION. */
typedef PVOID PSECURITY_DESCRIPTOR; /**< A security descriptor, self-relative in every Dokan callback. */
typedef PVOID PSID;                 /**< A security identifier. */
typedef WORD SECURITY_DESCRIPTOR_CONTROL; /**< `SE_*` bits of a security descriptor. */
/** @} */

/** 64-bit number with access to its halves. */
typedef union _LARGE_INTEGER {
    /** The two halves without a name. */
    __extension__ struct {
        DWORD LowPart; /**< Low 32 bits. */
        LONG HighPart; /**< High 32 bits. */
    };
    /** The two halves. */
    struct {
        DWORD LowPart; /**< Low 32 bits. */
        LONG HighPart; /**< High 32 bits. */
    } u;
    LONGLONG QuadPart; /**< The whole number. */
} LARGE_INTEGER, *PLARGE_INTEGER;

/** Unsigned 64-bit number with access to its halves. */
typedef union _ULARGE_INTEGER {
    /** The two halves without a name. */
    __extension__ struct {
        DWORD LowPart;  /**< Low 32 bits. */
        DWORD HighPart; /**< High 32 bits. */
    };
    /** The two halves. */
    struct {
        DWORD LowPart;  /**< Low 32 bits. */
        DWORD HighPart; /**< High 32 bits. */
    } u;
    ULONGLONG QuadPart; /**< The whole number. */
} ULARGE_INTEGER, *PULARGE_INTEGER;

/** Point in time: 100 ns steps since 1 January 1601 UTC. 0 often means "not known" or "leave unchanged". */
typedef struct _FILETIME {
    DWORD dwLowDateTime;  /**< Low 32 bits. */
    DWORD dwHighDateTime; /**< High 32 bits. */
} FILETIME, *PFILETIME, *LPFILETIME;

/** Counted UTF-16 string, not necessarily terminated. */
typedef struct _UNICODE_STRING {
    USHORT Length;        /**< Length of the text in **bytes**, without a terminator. */
    USHORT MaximumLength; /**< Size of @ref Buffer in bytes. */
    PWSTR Buffer;         /**< The text. */
} UNICODE_STRING, *PUNICODE_STRING;
/** Constant counted UTF-16 string. */
typedef const UNICODE_STRING *PCUNICODE_STRING;

/** 128-bit file identity. */
typedef struct _FILE_ID_128 {
    BYTE Identifier[16]; /**< The identity; bytes 0 to 7 hold a 64-bit file index. */
} FILE_ID_128, *PFILE_ID_128;

/** Longest path of the classic Win32 calls in code units, terminator included. */
#define MAX_PATH             260

/** One directory entry as #PFillFindData takes it. */
typedef struct _WIN32_FIND_DATAW {
    DWORD dwFileAttributes;       /**< `FILE_ATTRIBUTE_*`. */
    FILETIME ftCreationTime;      /**< Birth time. */
    FILETIME ftLastAccessTime;    /**< Last read. */
    FILETIME ftLastWriteTime;     /**< Last write. */
    DWORD nFileSizeHigh;          /**< High half of the size in bytes. */
    DWORD nFileSizeLow;           /**< Low half of the size in bytes. */
    DWORD dwReserved0;            /**< Reparse tag if the entry has FILE_ATTRIBUTE_REPARSE_POINT. */
    DWORD dwReserved1;            /**< Unused. */
    WCHAR cFileName[MAX_PATH];    /**< Name without a path, NUL-terminated, at most 255 units. */
    WCHAR cAlternateFileName[14]; /**< 8.3 name or empty. */
} WIN32_FIND_DATAW, *PWIN32_FIND_DATAW, *LPWIN32_FIND_DATAW;
typedef WIN32_FIND_DATAW WIN32_FIND_DATA;     /**< Always the 16-bit form. */
typedef PWIN32_FIND_DATAW PWIN32_FIND_DATA;   /**< Always the 16-bit form. */
typedef LPWIN32_FIND_DATAW LPWIN32_FIND_DATA; /**< Always the 16-bit form. */

/** One data stream as #PFillFindStreamData takes it. */
typedef struct _WIN32_FIND_STREAM_DATA {
    LARGE_INTEGER StreamSize;         /**< Size in bytes. */
    WCHAR cStreamName[MAX_PATH + 36]; /**< `:name:$DATA`, with an empty name for the main stream. */
} WIN32_FIND_STREAM_DATA, *PWIN32_FIND_STREAM_DATA;

/** What GetFileInformation reports about an open file. */
typedef struct _BY_HANDLE_FILE_INFORMATION {
    DWORD dwFileAttributes;     /**< `FILE_ATTRIBUTE_*`. */
    FILETIME ftCreationTime;    /**< Birth time. */
    FILETIME ftLastAccessTime;  /**< Last read. */
    FILETIME ftLastWriteTime;   /**< Last write. */
    DWORD dwVolumeSerialNumber; /**< Serial number of the volume. */
    DWORD nFileSizeHigh;        /**< High half of the size in bytes. */
    DWORD nFileSizeLow;         /**< Low half of the size in bytes. */
    DWORD nNumberOfLinks;       /**< Number of names; 1 where there are no hard links. */
    DWORD nFileIndexHigh;       /**< High half of the file index. */
    DWORD nFileIndexLow;        /**< Low half of the file index. */
} BY_HANDLE_FILE_INFORMATION, *PBY_HANDLE_FILE_INFORMATION, *LPBY_HANDLE_FILE_INFORMATION;

/** Callback of DokanRegisterWaitForFileSystemClosed(): TimerOrWaitFired is TRUE when the time ran out. */
typedef VOID(CALLBACK *WAITORTIMERCALLBACKFUNC)(PVOID Context, BOOLEAN TimerOrWaitFired);
typedef WAITORTIMERCALLBACKFUNC WAITORTIMERCALLBACK; /**< Newer name of #WAITORTIMERCALLBACKFUNC. */

/** Top of a security identifier: who issued it. */
typedef struct _SID_IDENTIFIER_AUTHORITY {
    BYTE Value[6]; /**< Big-endian number of the authority; {0,0,0,0,0,5} is NT. */
} SID_IDENTIFIER_AUTHORITY, *PSID_IDENTIFIER_AUTHORITY;

/** Security identifier with its first sub-authority. */
typedef struct _SID {
    BYTE Revision;                                /**< 1. */
    BYTE SubAuthorityCount;                       /**< Number of sub-authorities, 1 to 15. */
    SID_IDENTIFIER_AUTHORITY IdentifierAuthority; /**< Who issued it. */
    DWORD SubAuthority[1];                        /**< The sub-authorities. */
} SID;

/** Head of an access control list; the entries follow. */
typedef struct _ACL {
    BYTE AclRevision; /**< 2, or 4 with object entries. */
    BYTE Sbz1;        /**< 0. */
    WORD AclSize;     /**< Bytes of the list, this head included. */
    WORD AceCount;    /**< Number of entries. */
    WORD Sbz2;        /**< 0. */
} ACL, *PACL;

/** Head of an access control entry. */
typedef struct _ACE_HEADER {
    BYTE AceType;  /**< 0 allow, 1 deny, 2 audit. */
    BYTE AceFlags; /**< Inheritance bits. */
    WORD AceSize;  /**< Bytes of the entry, this head included. */
} ACE_HEADER, *PACE_HEADER;

/** Entry that grants rights. */
typedef struct _ACCESS_ALLOWED_ACE {
    ACE_HEADER Header; /**< Head. */
    ACCESS_MASK Mask;  /**< Rights granted. */
    DWORD SidStart;    /**< First four bytes of the trustee's #SID. */
} ACCESS_ALLOWED_ACE, *PACCESS_ALLOWED_ACE;

/** Self-relative security descriptor: all parts lie in one block, offsets count from its start, 0 = part
 * absent. */
typedef struct _SECURITY_DESCRIPTOR_RELATIVE {
    BYTE Revision;                       /**< 1. */
    BYTE Sbz1;                           /**< 0. */
    SECURITY_DESCRIPTOR_CONTROL Control; /**< `SE_*` bits. */
    DWORD Owner;                         /**< Offset of the owner's #SID. */
    DWORD Group;                         /**< Offset of the group's #SID. */
    DWORD Sacl;                          /**< Offset of the system #ACL. */
    DWORD Dacl;                          /**< Offset of the discretionary #ACL. */
} SECURITY_DESCRIPTOR_RELATIVE, *PISECURITY_DESCRIPTOR_RELATIVE;

#include "winconst.h"

/** Tells the compiler that a parameter is unused on purpose. */
#define UNREFERENCED_PARAMETER(P)               ((void)(P))
/** Sets Length bytes at Destination to zero. */
#define ZeroMemory(Destination, Length)         memset((Destination), 0, (Length))
/** Sets Length bytes at Destination to zero. */
#define RtlZeroMemory(Destination, Length)      memset((Destination), 0, (Length))
/** Copies Length bytes. */
#define CopyMemory(Destination, Source, Length) memcpy((Destination), (Source), (Length))
/** Byte offset of a member. */
#define FIELD_OFFSET(type, field)               ((LONG)offsetof(type, field))

#ifdef __cplusplus
extern "C" {
#endif

/**
 * @name Win32 calls
 * Exported under names of our own, so that a process may also load Wine, Mono or another library with Windows
 * names.
 * @{
 */

/**
 * Error of the last failing call on this thread.
 *
 * Follows Win32 `GetLastError`. A successful call leaves the value alone unless its description says
 * otherwise.
 *
 * @return a Win32 `ERROR_*` code; ERROR_SUCCESS on a fresh thread
 */
DWORD DOKANAPI DokanWin32GetLastError(void);

/**
 * Sets the value that DokanWin32GetLastError() returns on this thread.
 *
 * Follows Win32 `SetLastError`.
 *
 * @param Error a Win32 `ERROR_*` code
 */
VOID DOKANAPI DokanWin32SetLastError(DWORD Error);

/**
 * Closes a handle which this library gave out: a token of DokanOpenRequestorToken() or a wait handle.
 *
 * Follows Win32 `CloseHandle`, but is no way to close a file descriptor. Any thread may call it; each handle
 * is closed once. A handle that is not (or no longer) open is refused and does no harm.
 *
 * @param Object the handle
 * @return TRUE when closed; FALSE with ERROR_INVALID_HANDLE when Object is no open handle of this library
 */
BOOL DOKANAPI DokanWin32CloseHandle(HANDLE Object);

/**
 * Current time.
 *
 * Follows Win32 `GetSystemTimeAsFileTime`; the resolution is 100 ns.
 *
 * @param[out] Time receives the time
 */
VOID DOKANAPI DokanWin32GetSystemTimeAsFileTime(LPFILETIME Time);

/**
 * Suspends the calling thread. A signal does not shorten the wait.
 *
 * Follows Win32 `Sleep`.
 *
 * @param Milliseconds how long; 0 gives up the processor once, INFINITE never returns
 */
VOID DOKANAPI DokanWin32Sleep(DWORD Milliseconds);

/** @} */

#ifndef DOKAN_NO_WIN32_NAMES
/**
 * @name Win32 calls under their own names
 * Inline; left out when `DOKAN_NO_WIN32_NAMES` is defined.
 * @{
 */
/** See DokanWin32GetLastError(). @return the last error of this thread */
static inline DWORD GetLastError(void)
{
    return DokanWin32GetLastError();
}
/** See DokanWin32SetLastError(). @param Error the new last error */
static inline VOID SetLastError(DWORD Error)
{
    DokanWin32SetLastError(Error);
}
/** See DokanWin32CloseHandle(). @param Object the handle @return TRUE when closed */
static inline BOOL CloseHandle(HANDLE Object)
{
    return DokanWin32CloseHandle(Object);
}
/** See DokanWin32GetSystemTimeAsFileTime(). @param[out] Time receives the time */
static inline VOID GetSystemTimeAsFileTime(LPFILETIME Time)
{
    DokanWin32GetSystemTimeAsFileTime(Time);
}
/** See DokanWin32Sleep(). @param Milliseconds how long */
static inline VOID Sleep(DWORD Milliseconds)
{
    DokanWin32Sleep(Milliseconds);
}
/** @} */
#endif

#ifdef __cplusplus
}
#endif

#endif /* no <windows.h> */

#endif /* DOKAN_WINTYPES_H_ */
