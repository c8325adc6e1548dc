// SPDX-License-Identifier: MIT
/*
 * What dokan_security.h exports: lengths, Win32 errors and UTF-16 around the functions of src/nt. No state.
 */
#include "api/text.h"
#include "nt/access.h"
#include "nt/inherit.h"
#include "nt/sddl.h"
#include <dokan/dokan_ex.h>

#include <stdlib.h>
#include <string.h>

static BOOL fail(DWORD error)
{
    DokanWin32SetLastError(error);
    return FALSE;
}

static BOOL fail_with(NTSTATUS status)
{
    static const struct {
        NTSTATUS status;
        DWORD error;
    } rows[] = {
        {STATUS_INVALID_SID, ERROR_INVALID_SID},
        {STATUS_INVALID_ACL, ERROR_INVALID_ACL},
        {STATUS_NONE_MAPPED, ERROR_NONE_MAPPED},
        {STATUS_NOT_SUPPORTED, ERROR_NOT_SUPPORTED},
        {STATUS_INVALID_OWNER, ERROR_INVALID_OWNER},
        {STATUS_INVALID_PRIMARY_GROUP, ERROR_INVALID_PRIMARY_GROUP},
        {STATUS_NO_MEMORY, ERROR_OUTOFMEMORY},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (rows[i].status == status)
            return fail(rows[i].error);
    return fail(ERROR_INVALID_PARAMETER);
}

/* Tells the length; true when there is room. */
static bool fits(void *out, PULONG length, size_t needed)
{
    ULONG room = *length;
    *length = (ULONG)needed;
    if (out && needed <= room)
        return true;
    return fail(ERROR_INSUFFICIENT_BUFFER);
}

static BOOL give(const void *bytes, size_t size, void *out, PULONG length)
{
    if (!fits(out, length, size))
        return FALSE;
    memcpy(out, bytes, size);
    return TRUE;
}

static BOOL give_descriptor(const struct sd *sd, void *out, PULONG length)
{
    if (!fits(out, length, sd_size(sd)))
        return FALSE;
    sd_write(sd, out);
    return TRUE;
}

/* ASCII as terminated UTF-16. */
static BOOL give_text(const char *text, size_t size, LPWSTR out, PULONG length)
{
    if (!fits(out, length, size + 1))
        return FALSE;
    for (size_t i = 0; i < size; i++)
        out[i] = (WCHAR)(unsigned char)text[i];
    out[size] = 0;
    return TRUE;
}

/* What is not ASCII becomes a byte that no reader takes. NULL: no memory. */
static char *ascii_of(LPCWSTR text, size_t *size)
{
    size_t n = DokanWcslen(text);
    char *out = malloc(n + 1);
    for (size_t i = 0; out && i < n; i++)
        out[i] = text[i] < 0x80 ? (char)text[i] : '?';
    *size = n;
    return out;
}

/* ---- identifiers --------------------------------------------------------------------------------------- */

static BOOL sid_from(enum sid_unix_kind kind, ULONG id, PSID out, PULONG length)
{
    struct sd_sid bytes;
    struct sd_span sid = sid_from_unix(&bytes, kind, id);
    return length ? give(sid.at, sid.length, out, length) : fail(ERROR_INVALID_PARAMETER);
}

BOOL DOKANAPI DokanSidFromUser(ULONG UserId, PSID Sid, PULONG Length)
{
    return sid_from(SID_UNIX_USER, UserId, Sid, Length);
}

BOOL DOKANAPI DokanSidFromGroup(ULONG GroupId, PSID Sid, PULONG Length)
{
    return sid_from(SID_UNIX_GROUP, GroupId, Sid, Length);
}

BOOL DOKANAPI DokanSidToId(const VOID *Sid, ULONG Length, PULONG Id, PBOOL Group)
{
    struct sd_span sid = Sid ? sid_in((struct sd_span){Sid, Length}) : (struct sd_span){0};
    uint32_t id;
    if (!Id || !Group)
        return fail(ERROR_INVALID_PARAMETER);
    if (!sid.at)
        return fail(ERROR_INVALID_SID);
    bool user = sid_to_unix(sid, SID_UNIX_USER, &id);
    if (!user && !sid_to_unix(sid, SID_UNIX_GROUP, &id))
        return fail(ERROR_NONE_MAPPED);
    *Id = id;
    *Group = !user;
    return TRUE;
}

BOOL DOKANAPI DokanSidToString(const VOID *Sid, ULONG SidLength, LPWSTR Text, PULONG Length)
{
    struct sd_span sid = Sid ? sid_in((struct sd_span){Sid, SidLength}) : (struct sd_span){0};
    char text[SD_SID_TEXT];
    if (!Length)
        return fail(ERROR_INVALID_PARAMETER);
    if (!sid.at)
        return fail(ERROR_INVALID_SID);
    return give_text(text, sid_to_text(sid, text), Text, Length);
}

BOOL DOKANAPI DokanStringToSid(LPCWSTR Text, PSID Sid, PULONG Length)
{
    struct sd_sid bytes;
    struct sd_span sid;
    size_t size;
    if (!Text || !Length)
        return fail(ERROR_INVALID_PARAMETER);
    char *text = ascii_of(Text, &size);
    if (!text)
        return fail(ERROR_OUTOFMEMORY);
    struct sddl_text reading = {text, text + size};
    NTSTATUS status = sddl_read_sid(&reading, &bytes, &sid);
    if (!status && reading.at != reading.end)
        status = STATUS_INVALID_SID;
    free(text);
    return status ? fail_with(status) : give(sid.at, sid.length, Sid, Length);
}

/* ---- descriptors --------------------------------------------------------------------------------------- */

BOOL DOKANAPI DokanIsValidSecurityDescriptor(const VOID *Descriptor, ULONG Length)
{
    struct sd sd;
    return sd_parse(Descriptor, Length, &sd);
}

BOOL DOKANAPI DokanSddlToSecurityDescriptor(LPCWSTR Sddl, PSECURITY_DESCRIPTOR Descriptor, PULONG Length,
                                            PULONG Position)
{
    struct sd_buffer made = {0};
    size_t size;
    if (!Sddl || !Length)
        return fail(ERROR_INVALID_PARAMETER);
    char *text = ascii_of(Sddl, &size);
    if (!text)
        return fail(ERROR_OUTOFMEMORY);
    struct sddl_text reading = {text, text + size};
    NTSTATUS status = sddl_read(&reading, &made);
    if (Position)
        *Position = (ULONG)(reading.at - text);
    free(text);
    BOOL done = status ? fail_with(status) : give(made.at, made.used, Descriptor, Length);
    sd_buffer_free(&made);
    return done;
}

BOOL DOKANAPI DokanSecurityDescriptorToSddl(const VOID *Descriptor, ULONG DescriptorLength,
                                            SECURITY_INFORMATION Information, LPWSTR Sddl, PULONG Length)
{
    struct sd_buffer text = {0};
    struct sd sd;
    if (!Length)
        return fail(ERROR_INVALID_PARAMETER);
    if (!sd_parse(Descriptor, DescriptorLength, &sd))
        return fail(ERROR_INVALID_SECURITY_DESCR);
    NTSTATUS status = sddl_write(&sd, Information, &text);
    BOOL done = status ? fail_with(status) : give_text((const char *)text.at, text.used, Sddl, Length);
    sd_buffer_free(&text);
    return done;
}

BOOL DOKANAPI DokanGetSecurityDescriptorParts(const VOID *Descriptor, ULONG Length,
                                              PDOKAN_SECURITY_PARTS Parts)
{
    struct sd sd;
    if (!Parts || Parts->Size != sizeof *Parts)
        return fail(ERROR_INVALID_PARAMETER);
    if (!sd_parse(Descriptor, Length, &sd))
        return fail(ERROR_INVALID_SECURITY_DESCR);
    *Parts = (DOKAN_SECURITY_PARTS){.Size = sizeof *Parts,
                                    .Control = (WORD)(sd.control | SE_SELF_RELATIVE),
                                    .Owner = (PSID)sd.owner.at,
                                    .Group = (PSID)sd.group.at,
                                    .Sacl = (PACL)sd.sacl.at,
                                    .Dacl = (PACL)sd.dacl.at};
    return TRUE;
}

/* A list as long as it says. */
static bool take_list(const void *list, struct sd_span *out)
{
    *out = list ? acl_in((struct sd_span){list, sd_get16((const unsigned char *)list + 2)})
                : (struct sd_span){0};
    return !list || out->at;
}

BOOL DOKANAPI DokanMakeSecurityDescriptor(const DOKAN_SECURITY_PARTS *Parts, PSECURITY_DESCRIPTOR Descriptor,
                                          PULONG Length)
{
    if (!Parts || !Length || Parts->Size != sizeof *Parts)
        return fail(ERROR_INVALID_PARAMETER);
    struct sd sd = {.control = (uint16_t)(Parts->Control & ~(SE_SELF_RELATIVE | SE_RM_CONTROL_VALID)),
                    .owner = sid_of(Parts->Owner),
                    .group = sid_of(Parts->Group)};
    if ((Parts->Owner && !sd.owner.at) || (Parts->Group && !sd.group.at))
        return fail(ERROR_INVALID_SID);
    if (!take_list(Parts->Sacl, &sd.sacl) || !take_list(Parts->Dacl, &sd.dacl))
        return fail(ERROR_INVALID_ACL);
    sd.control |= sd.sacl.at ? SE_SACL_PRESENT : 0;
    sd.control |= sd.dacl.at ? SE_DACL_PRESENT : 0;
    return give_descriptor(&sd, Descriptor, Length);
}

BOOL DOKANAPI DokanCutSecurityDescriptor(const VOID *Descriptor, ULONG DescriptorLength,
                                         SECURITY_INFORMATION Information, PSECURITY_DESCRIPTOR Result,
                                         PULONG Length)
{
    struct sd_store store = {0};
    struct sd sd, cut;
    if (!Length)
        return fail(ERROR_INVALID_PARAMETER);
    if (!sd_parse(Descriptor, DescriptorLength, &sd))
        return fail(ERROR_INVALID_SECURITY_DESCR);
    BOOL done = sd_cut(&sd, Information, &store, &cut) ? give_descriptor(&cut, Result, Length)
                                                       : fail(ERROR_OUTOFMEMORY);
    sd_store_free(&store);
    return done;
}

BOOL DOKANAPI DokanMergeSecurityDescriptors(const VOID *Present, ULONG PresentLength, const VOID *Given,
                                            ULONG GivenLength, SECURITY_INFORMATION Information,
                                            PSECURITY_DESCRIPTOR Result, PULONG Length)
{
    struct sd_store normal = {0}, store = {0};
    struct sd present = {0}, raw, given, merged;
    if (!Length)
        return fail(ERROR_INVALID_PARAMETER);
    if ((Present && !sd_parse(Present, PresentLength, &present)) || !sd_parse(Given, GivenLength, &raw))
        return fail(ERROR_INVALID_SECURITY_DESCR);
    NTSTATUS status = sd_given(&raw, Information, &normal, &given);
    if (!status && !sd_merge(&present, &given, Information, &store, &merged))
        status = STATUS_NO_MEMORY;
    BOOL done = status ? fail_with(status) : give_descriptor(&merged, Result, Length);
    sd_store_free(&normal);
    sd_store_free(&store);
    return done;
}

/* ---- access -------------------------------------------------------------------------------------------- */

ACCESS_MASK DOKANAPI DokanMapGenericAccess(ACCESS_MASK Access)
{
    return sd_map_generic(Access);
}

NTSTATUS DOKANAPI DokanAccessCheck(const VOID *Descriptor, ULONG Length, const DOKAN_ACCESS_TOKEN *Token,
                                   ACCESS_MASK DesiredAccess, ULONG CreateOptions, PACCESS_MASK Granted)
{
    struct sd sd;
    if (!Granted)
        return STATUS_INVALID_PARAMETER;
    *Granted = 0;
    if (!access_token_valid(Token))
        return STATUS_INVALID_PARAMETER;
    if (!sd_parse(Descriptor, Length, &sd))
        return STATUS_INVALID_SECURITY_DESCR;
    unsigned flags = CreateOptions & FILE_OPEN_FOR_BACKUP_INTENT ? ACCESS_BACKUP_INTENT : 0;
    return access_check(&sd, Token, DesiredAccess, flags, Granted);
}

BOOL DOKANAPI DokanInheritSecurityDescriptor(const VOID *Parent, ULONG ParentLength, const VOID *Creator,
                                             ULONG CreatorLength, const DOKAN_ACCESS_TOKEN *Token,
                                             BOOL Directory, PSECURITY_DESCRIPTOR Result, PULONG Length)
{
    struct sd_store store = {0};
    struct sd parent, creator, made;
    if (!Length || !access_token_valid(Token))
        return fail(ERROR_INVALID_PARAMETER);
    if ((Parent && !sd_parse(Parent, ParentLength, &parent)) ||
        (Creator && !sd_parse(Creator, CreatorLength, &creator)))
        return fail(ERROR_INVALID_SECURITY_DESCR);
    const struct inherit_args args = {.parent = Parent ? &parent : NULL,
                                      .creator = Creator ? &creator : NULL,
                                      .token = Token,
                                      .directory = Directory};
    NTSTATUS status = inherit(&args, &store, &made);
    BOOL done = status ? fail_with(status) : give_descriptor(&made, Result, Length);
    sd_store_free(&store);
    return done;
}
