// SPDX-License-Identifier: MIT
/*
 * Descriptors of files, and their text. Win32 passes descriptors without a length, so a caller's is measured
 * by what it says of itself, as Windows does. No state, no locks.
 */
#include "win32.h"

/* ---- descriptors of callers
 * ------------------------------------------------------------------------------------- */

enum { SID_HEAD = 8 };

static ULONG sid_size(const void *sid)
{
    return SID_HEAD + ((const SID *)sid)->SubAuthorityCount * (ULONG)sizeof(DWORD);
}

static ULONG acl_size(const void *acl)
{
    return ((const ACL *)acl)->AclSize;
}

static ULONG relative_size(const void *bytes)
{
    const SECURITY_DESCRIPTOR_RELATIVE *sd = bytes;
    const struct {
        DWORD at;
        ULONG (*size)(const void *part);
        bool there;
    } parts[] = {
        {sd->Owner, sid_size, true},
        {sd->Group, sid_size, true},
        {sd->Sacl, acl_size, sd->Control & SE_SACL_PRESENT},
        {sd->Dacl, acl_size, sd->Control & SE_DACL_PRESENT},
    };
    ULONG end = sizeof *sd;
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        if (!parts[i].at || !parts[i].there)
            continue;
        ULONG part = parts[i].at + parts[i].size((const BYTE *)bytes + parts[i].at);
        end = part > end ? part : end;
    }
    return end;
}

static DOKAN_SECURITY_PARTS parts_of(const SECURITY_DESCRIPTOR *sd)
{
    return (DOKAN_SECURITY_PARTS){.Size = sizeof(DOKAN_SECURITY_PARTS),
                                  .Control = sd->Control,
                                  .Owner = sd->Owner,
                                  .Group = sd->Group,
                                  .Sacl = sd->Sacl,
                                  .Dacl = sd->Dacl};
}

static bool is_relative(PSECURITY_DESCRIPTOR given)
{
    return ((const SECURITY_DESCRIPTOR_RELATIVE *)given)->Control & SE_SELF_RELATIVE;
}

bool take_descriptor(PSECURITY_DESCRIPTOR given, const void **bytes, ULONG *length, void **copy)
{
    *bytes = NULL;
    *length = 0;
    *copy = NULL;
    if (!given)
        return true;
    if (is_relative(given)) {
        *bytes = given;
        *length = relative_size(given);
        return true;
    }
    const DOKAN_SECURITY_PARTS parts = parts_of(given);
    if (!DokanMakeSecurityDescriptor(&parts, NULL, length) &&
        DokanWin32GetLastError() != ERROR_INSUFFICIENT_BUFFER)
        return false;
    *bytes = *copy = malloc(*length);
    if (!*copy)
        return fail(ERROR_NOT_ENOUGH_MEMORY);
    return DokanMakeSecurityDescriptor(&parts, *copy, length);
}

DWORD DOKANAPI DokanWinGetSecurityDescriptorLength(PSECURITY_DESCRIPTOR Descriptor)
{
    ULONG length = 0;
    if (is_relative(Descriptor))
        return relative_size(Descriptor);
    const DOKAN_SECURITY_PARTS parts = parts_of(Descriptor);
    DokanMakeSecurityDescriptor(&parts, NULL, &length);
    return length;
}

/* ---- files
 * ----------------------------------------------------------------------------------------------------------
 */

static const struct right {
    SECURITY_INFORMATION parts;
    ACCESS_MASK query, set;
} rights[] = {
    {OWNER_SECURITY_INFORMATION | GROUP_SECURITY_INFORMATION | LABEL_SECURITY_INFORMATION, READ_CONTROL,
     WRITE_OWNER},
    {DACL_SECURITY_INFORMATION, READ_CONTROL, WRITE_DAC},
    {PROTECTED_DACL_SECURITY_INFORMATION | UNPROTECTED_DACL_SECURITY_INFORMATION, 0, WRITE_DAC},
    {SACL_SECURITY_INFORMATION, ACCESS_SYSTEM_SECURITY, ACCESS_SYSTEM_SECURITY},
    {PROTECTED_SACL_SECURITY_INFORMATION | UNPROTECTED_SACL_SECURITY_INFORMATION, 0, ACCESS_SYSTEM_SECURITY},
    {ATTRIBUTE_SECURITY_INFORMATION, READ_CONTROL, WRITE_DAC},
    {SCOPE_SECURITY_INFORMATION, READ_CONTROL, ACCESS_SYSTEM_SECURITY},
    {BACKUP_SECURITY_INFORMATION, READ_CONTROL | ACCESS_SYSTEM_SECURITY,
     WRITE_DAC | WRITE_OWNER | ACCESS_SYSTEM_SECURITY},
};

static ACCESS_MASK rights_for(SECURITY_INFORMATION parts, bool set)
{
    ACCESS_MASK all = 0;
    for (size_t i = 0; i < sizeof rights / sizeof *rights; i++)
        if (parts & rights[i].parts)
            all |= set ? rights[i].set : rights[i].query;
    return all;
}

static BOOL query(DOKAN_NT_FILE file, SECURITY_INFORMATION parts, PSECURITY_DESCRIPTOR out, DWORD length,
                  LPDWORD needed)
{
    DOKAN_NT_REQUEST rq = request(NULL, file, DOKAN_NT_QUERY_SECURITY);
    rq.Class = parts;
    rq.Buffer = out;
    rq.Length = out ? length : 0;
    NTSTATUS status = DokanNtCall(&rq);
    if (needed)
        *needed = (DWORD)rq.Information;
    return status == STATUS_BUFFER_OVERFLOW ? fail(ERROR_INSUFFICIENT_BUFFER) : done(status);
}

static BOOL set(DOKAN_NT_FILE file, SECURITY_INFORMATION parts, PSECURITY_DESCRIPTOR given)
{
    const void *bytes;
    ULONG length;
    SCOPED_FREE void *copy = NULL;
    if (!given)
        return fail(ERROR_INVALID_SECURITY_DESCR);
    if (!take_descriptor(given, &bytes, &length, &copy))
        return FALSE;
    DOKAN_NT_REQUEST rq = request(NULL, file, DOKAN_NT_SET_SECURITY);
    rq.Class = parts;
    rq.Buffer = (PVOID)(uintptr_t)bytes;
    rq.Length = length;
    return done(DokanNtCall(&rq));
}

/* Of the file that a link leads to; no right more than the parts need, not even to wait. */
static NTSTATUS open_target(const struct name *name, ACCESS_MASK access, DOKAN_NT_FILE *file)
{
    const struct opening how = {.access = access,
                                .share = ALL_SHARED,
                                .disposition = FILE_OPEN,
                                .options = name->slash ? FILE_DIRECTORY_FILE : 0};
    return open_name(name, &how, file, NULL);
}

BOOL DOKANAPI DokanWinGetFileSecurityW(LPCWSTR FileName, SECURITY_INFORMATION Information,
                                       PSECURITY_DESCRIPTOR Descriptor, DWORD Length, LPDWORD Needed)
{
    SCOPED_NAME struct name name = {0};
    SCOPED_NT_FILE file = NULL;
    if (!name_read(FileName, &name))
        return FALSE;
    NTSTATUS status = open_target(&name, rights_for(Information, false), &file);
    return status ? done(status) : query(file, Information, Descriptor, Length, Needed);
}

BOOL DOKANAPI DokanWinSetFileSecurityW(LPCWSTR FileName, SECURITY_INFORMATION Information,
                                       PSECURITY_DESCRIPTOR Descriptor)
{
    SCOPED_NAME struct name name = {0};
    SCOPED_NT_FILE file = NULL;
    if (!name_read(FileName, &name))
        return FALSE;
    NTSTATUS status = open_target(&name, rights_for(Information, true), &file);
    return status ? done(status) : set(file, Information, Descriptor);
}

BOOL DOKANAPI DokanWinGetKernelObjectSecurity(HANDLE Handle, SECURITY_INFORMATION Information,
                                              PSECURITY_DESCRIPTOR Descriptor, DWORD Length, LPDWORD Needed)
{
    SCOPED_FILE *file = file_of(Handle);
    return file && query(file->nt, Information, Descriptor, Length, Needed);
}

BOOL DOKANAPI DokanWinSetKernelObjectSecurity(HANDLE Handle, SECURITY_INFORMATION Information,
                                              PSECURITY_DESCRIPTOR Descriptor)
{
    SCOPED_FILE *file = file_of(Handle);
    return file && set(file->nt, Information, Descriptor);
}

/* ---- text
 * ------------------------------------------------------------------------------------------------------------
 */

static void *room_for(size_t size)
{
    void *memory = DokanWin32GetLastError() == ERROR_INSUFFICIENT_BUFFER ? malloc(size) : NULL;
    if (!memory && DokanWin32GetLastError() == ERROR_INSUFFICIENT_BUFFER)
        fail(ERROR_NOT_ENOUGH_MEMORY);
    return memory;
}

BOOL DOKANAPI DokanWinConvertStringSecurityDescriptorToSecurityDescriptorW(LPCWSTR Text, DWORD Revision,
                                                                           PSECURITY_DESCRIPTOR *Descriptor,
                                                                           PULONG Length)
{
    ULONG length = 0;
    if (!Text || !Descriptor)
        return fail(ERROR_INVALID_PARAMETER);
    if (Revision != SDDL_REVISION_1)
        return fail(ERROR_UNKNOWN_REVISION);
    *Descriptor = NULL;
    DokanSddlToSecurityDescriptor(Text, NULL, &length, NULL);
    SCOPED_FREE void *bytes = room_for(length);
    if (!bytes || !DokanSddlToSecurityDescriptor(Text, bytes, &length, NULL))
        return FALSE;
    *Descriptor = bytes;
    bytes = NULL;
    if (Length)
        *Length = length;
    return TRUE;
}

BOOL DOKANAPI DokanWinConvertSecurityDescriptorToStringSecurityDescriptorW(PSECURITY_DESCRIPTOR Descriptor,
                                                                           DWORD Revision,
                                                                           SECURITY_INFORMATION Information,
                                                                           LPWSTR *Text, PULONG Length)
{
    const void *bytes;
    ULONG length, units = 0;
    SCOPED_FREE void *copy = NULL;
    if (!Descriptor || !Text)
        return fail(ERROR_INVALID_PARAMETER);
    if (Revision != SDDL_REVISION_1)
        return fail(ERROR_UNKNOWN_REVISION);
    if (!take_descriptor(Descriptor, &bytes, &length, &copy))
        return FALSE;
    DokanSecurityDescriptorToSddl(bytes, length, Information, NULL, &units);
    SCOPED_FREE WCHAR *text = room_for(units * sizeof(WCHAR));
    if (!text || !DokanSecurityDescriptorToSddl(bytes, length, Information, text, &units))
        return FALSE;
    *Text = text;
    text = NULL;
    if (Length)
        *Length = units;
    return TRUE;
}

HLOCAL DOKANAPI DokanWinLocalFree(HLOCAL Memory)
{
    free(Memory);
    return NULL;
}
