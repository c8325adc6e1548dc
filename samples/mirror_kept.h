// SPDX-License-Identifier: MIT
/*
 * mirror with what Windows knows of a file and Linux does not, kept in extended attributes of the host:
 *
 *     user.dokan.facts        attributes in hexadecimal, time of birth (text)
 *     user.dokan.descriptor   security descriptor, self-relative
 *     user.dokan.stream.NAME  contents of a named stream; how much fits is the host's to say
 *
 *     mirror_kept.c         attributes, births, descriptors
 *     mirror_streams.c      streams
 *     mirror_kept_table.c   the tables of callbacks
 *
 * Each callback does what mirror's own does, and then its part. A host without such attributes keeps nothing,
 * and says so only to who sets something. To be mounted with DOKAN_OPTION_ALT_STREAM and MIRROR_KEPT_FLAGS.
 */
#ifndef SAMPLES_MIRROR_KEPT_H
#define SAMPLES_MIRROR_KEPT_H

#include "mirror.h"

#define MIRROR_KEPT_FLAGS (DOKAN_EX_ACCESS_CHECK | DOKAN_EX_INHERIT_SECURITY | DOKAN_EX_WHOLE_SECURITY)

extern const DOKAN_OPERATIONS mirror_kept_operations;
extern const DOKAN_OPERATIONS_EX mirror_kept_operations_ex;

/* ---- between the files --------------------------------------------------------------------------- */

#define STREAM_PREFIX "user.dokan.stream."

/* A name `\a\b:stream` in its parts. */
struct stream_name {
    WCHAR base[32768];
    char attribute[256]; /* of the host */
};

/* Where the stream begins in a name; NULL: it names none. */
LPCWSTR stream_in(LPCWSTR name);
bool stream_split(LPCWSTR name, struct stream_name *out);

/* Opens or makes a stream of a file that is there. */
NTSTATUS stream_open(LPCWSTR name, ACCESS_MASK access, ULONG disposition, PDOKAN_FILE_INFO info);
LONG64 stream_size(const struct file *file);
NTSTATUS stream_read(const struct file *file, void *buffer, DWORD length, DWORD *got, LONGLONG offset);
NTSTATUS stream_write(const struct file *file, const void *data, DWORD length, DWORD *put, LONGLONG offset,
                      PDOKAN_FILE_INFO info);
NTSTATUS stream_resize(const struct file *file, LONGLONG size);
NTSTATUS stream_rename(struct file *file, LPCWSTR name, bool replace);
NTSTATUS stream_remove(const struct file *file);
/* All of a file. */
void streams_remove(const struct file *file);
NTSTATUS DOKAN_CALLBACK mirror_FindStreams(LPCWSTR FileName, PFillFindStreamData FillFindStreamData,
                                           PVOID FindStreamContext, PDOKAN_FILE_INFO DokanFileInfo);

NTSTATUS DOKAN_CALLBACK kept_GetFacts(LPCWSTR FileName, PDOKAN_FACTS Facts, PDOKAN_FILE_INFO DokanFileInfo);
NTSTATUS DOKAN_CALLBACK kept_FindFacts(LPCWSTR FileName, PFillFacts FillFacts,
                                       PDOKAN_FILE_INFO DokanFileInfo);
NTSTATUS DOKAN_CALLBACK kept_SetFileAttributes(LPCWSTR FileName, DWORD FileAttributes,
                                               PDOKAN_FILE_INFO DokanFileInfo);
NTSTATUS DOKAN_CALLBACK kept_SetFileTime(LPCWSTR FileName, const FILETIME *CreationTime,
                                         const FILETIME *LastAccessTime, const FILETIME *LastWriteTime,
                                         PDOKAN_FILE_INFO DokanFileInfo);
NTSTATUS DOKAN_CALLBACK kept_GetFileSecurity(LPCWSTR FileName, PSECURITY_INFORMATION SecurityInformation,
                                             PSECURITY_DESCRIPTOR SecurityDescriptor, ULONG BufferLength,
                                             PULONG LengthNeeded, PDOKAN_FILE_INFO DokanFileInfo);
NTSTATUS DOKAN_CALLBACK kept_SetFileSecurity(LPCWSTR FileName, PSECURITY_INFORMATION SecurityInformation,
                                             PSECURITY_DESCRIPTOR SecurityDescriptor, ULONG BufferLength,
                                             PDOKAN_FILE_INFO DokanFileInfo);
NTSTATUS DOKAN_CALLBACK kept_ZwCreateFile(LPCWSTR FileName, PDOKAN_IO_SECURITY_CONTEXT SecurityContext,
                                          ACCESS_MASK DesiredAccess, ULONG FileAttributes, ULONG ShareAccess,
                                          ULONG CreateDisposition, ULONG CreateOptions,
                                          PDOKAN_FILE_INFO DokanFileInfo);

#endif
