// SPDX-License-Identifier: MIT
/*
 * Security descriptors: asked of the file system, checked before anybody walks them, made up where it has
 * none. Only self-relative descriptors occur. No locks, no state.
 *
 * Owner and group of the default are those of this process, in the form Samba uses for Unix accounts
 * (S-1-22-1-uid, S-1-22-2-gid); everybody who is logged on has every right.
 */
#include "nt/security.h"
#include <unistd.h>

enum { SD_ALIGN = 4, ACE_SID_OFFSET = 8, USERS_SID_LENGTH = 12, NT_RIGHTS = 0x1F01FF };

struct span {
    const unsigned char *at;
    size_t length;
};

static uint16_t get16(const unsigned char *at)
{
    return (uint16_t)(at[0] | at[1] << 8);
}

static uint32_t get32(const unsigned char *at)
{
    return (uint32_t)get16(at) | (uint32_t)get16(at + 2) << 16;
}

static bool sid_valid(struct span s)
{
    return s.length >= 8 && s.at[0] == SID_REVISION && s.at[1] <= SID_MAX_SUB_AUTHORITIES &&
           s.length >= 8 + (size_t)s.at[1] * 4;
}

/* Entries of the plain kinds hold a mask and one SID; of others only the size is known. */
static bool ace_valid(struct span s)
{
    if (s.at[0] > SYSTEM_AUDIT_ACE_TYPE)
        return true;
    return s.length >= ACE_SID_OFFSET &&
           sid_valid((struct span){s.at + ACE_SID_OFFSET, s.length - ACE_SID_OFFSET});
}

static bool acl_valid(struct span s)
{
    if (s.length < sizeof(ACL))
        return false;
    size_t size = get16(s.at + offsetof(ACL, AclSize));
    if (s.at[0] < 2 || s.at[0] > 4 || size < sizeof(ACL) || size > s.length)
        return false;
    size_t at = sizeof(ACL);
    for (unsigned left = get16(s.at + offsetof(ACL, AceCount)); left; left--) {
        if (size - at < sizeof(ACE_HEADER))
            return false;
        size_t ace = get16(s.at + at + offsetof(ACE_HEADER, AceSize));
        if (ace < sizeof(ACE_HEADER) || ace > size - at || !ace_valid((struct span){s.at + at, ace}))
            return false;
        at += ace;
    }
    return true;
}

/* The part at the offset that stands at `field`; absent parts are `optional` or not. */
static bool part_valid(struct span sd, size_t field, bool optional, bool (*valid)(struct span part))
{
    size_t offset = get32(sd.at + field);
    if (!offset)
        return optional;
    if (offset < sizeof(SECURITY_DESCRIPTOR_RELATIVE) || offset > sd.length || offset % SD_ALIGN)
        return false;
    return valid((struct span){sd.at + offset, sd.length - offset});
}

bool descriptor_valid(const void *data, size_t length, SECURITY_INFORMATION needed)
{
    struct span sd = {data, length};
    if (length < sizeof(SECURITY_DESCRIPTOR_RELATIVE) || sd.at[0] != SECURITY_DESCRIPTOR_REVISION)
        return false;
    unsigned control = get16(sd.at + offsetof(SECURITY_DESCRIPTOR_RELATIVE, Control));
    if (!(control & SE_SELF_RELATIVE))
        return false;
    if ((needed & DACL_SECURITY_INFORMATION) && !(control & SE_DACL_PRESENT))
        return false;
    bool no_owner = !(needed & OWNER_SECURITY_INFORMATION);
    bool no_group = !(needed & GROUP_SECURITY_INFORMATION);
    return part_valid(sd, offsetof(SECURITY_DESCRIPTOR_RELATIVE, Owner), no_owner, sid_valid) &&
           part_valid(sd, offsetof(SECURITY_DESCRIPTOR_RELATIVE, Group), no_group, sid_valid) &&
           (!(control & SE_SACL_PRESENT) ||
            part_valid(sd, offsetof(SECURITY_DESCRIPTOR_RELATIVE, Sacl), true, acl_valid)) &&
           (!(control & SE_DACL_PRESENT) ||
            part_valid(sd, offsetof(SECURITY_DESCRIPTOR_RELATIVE, Dacl), true, acl_valid));
}

/* ---- the default --------------------------------------------------------------------------------------- */

static uint32_t put_sid(unsigned char *at, unsigned char authority, const uint32_t *subs, unsigned char count)
{
    unsigned char head[8] = {SID_REVISION, count, 0, 0, 0, 0, 0, authority};
    memcpy(at, head, sizeof head);
    memcpy(at + sizeof head, subs, count * sizeof *subs);
    return (uint32_t)(sizeof head + count * sizeof *subs);
}

static uint32_t put_unix_sid(unsigned char *at, uint32_t kind, uint32_t id)
{
    return put_sid(at, 22, (const uint32_t[]){kind, id}, 2);
}

/* One entry: Authenticated Users (S-1-5-11) may do everything. */
static uint32_t put_dacl(unsigned char *at, bool directory)
{
    ACE_HEADER ace = {
        .AceType = ACCESS_ALLOWED_ACE_TYPE,
        .AceFlags = directory ? OBJECT_INHERIT_ACE | CONTAINER_INHERIT_ACE : INHERITED_ACE,
        .AceSize = ACE_SID_OFFSET + USERS_SID_LENGTH,
    };
    ACL acl = {.AclRevision = ACL_REVISION, .AclSize = (WORD)(sizeof acl + ace.AceSize), .AceCount = 1};
    uint32_t mask = NT_RIGHTS;
    memcpy(at, &acl, sizeof acl);
    memcpy(at + sizeof acl, &ace, sizeof ace);
    memcpy(at + sizeof acl + sizeof ace, &mask, sizeof mask);
    put_sid(at + sizeof acl + ACE_SID_OFFSET, 5, (const uint32_t[]){11}, 1);
    return acl.AclSize;
}

uint32_t descriptor_default(unsigned char *out, bool directory, SECURITY_INFORMATION what)
{
    SECURITY_DESCRIPTOR_RELATIVE head = {.Revision = SECURITY_DESCRIPTOR_REVISION,
                                         .Control = SE_SELF_RELATIVE};
    uint32_t used = sizeof head;
    if (what & OWNER_SECURITY_INFORMATION) {
        head.Owner = used;
        used += put_unix_sid(out + used, 1, getuid());
    }
    if (what & GROUP_SECURITY_INFORMATION) {
        head.Group = used;
        used += put_unix_sid(out + used, 2, getgid());
    }
    if (what & DACL_SECURITY_INFORMATION) {
        head.Dacl = used;
        head.Control |= SE_DACL_PRESENT | SE_DACL_AUTO_INHERITED;
        if (directory)
            head.Control |= SE_DACL_PROTECTED;
        used += put_dacl(out + used, directory);
    }
    memcpy(out, &head, sizeof head);
    return used;
}

/* ---- requests ------------------------------------------------------------------------------------------ */

static NTSTATUS overflow(struct nt_request *rq, uint32_t needed)
{
    rq->security.needed = needed;
    rq->p.information = needed;
    return STATUS_BUFFER_OVERFLOW;
}

static NTSTATUS answer_default(struct nt_request *rq)
{
    unsigned char descriptor[DESCRIPTOR_DEFAULT_MAX];
    uint32_t used = descriptor_default(descriptor, rq->handle->directory, rq->security.what);
    if (used > rq->security.length)
        return overflow(rq, used);
    memcpy(rq->security.buffer, descriptor, used);
    rq->security.needed = used;
    rq->p.information = used;
    return STATUS_SUCCESS;
}

NTSTATUS run_query_security(struct nt_request *rq)
{
    struct nt_security_args *args = &rq->security;
    SECURITY_INFORMATION what = args->what;
    ULONG needed = 0;
    NTSTATUS status = call_get_security(rq, rq->handle, &what, args->buffer, args->length, &needed);
    if (status == STATUS_NOT_IMPLEMENTED)
        return answer_default(rq);
    if (status == STATUS_BUFFER_OVERFLOW || (status == STATUS_SUCCESS && needed > args->length))
        return overflow(rq, needed);
    if (status != STATUS_SUCCESS)
        return status;
    if (!descriptor_valid(args->buffer, needed, args->what))
        return STATUS_INVALID_PARAMETER;
    args->needed = needed;
    rq->p.information = needed;
    return STATUS_SUCCESS;
}

NTSTATUS run_set_security(struct nt_request *rq)
{
    struct nt_security_args *args = &rq->security;
    if (args->length > EVENT_CONTEXT_MAX_SIZE)
        return STATUS_INSUFFICIENT_RESOURCES;
    if (!descriptor_valid(args->buffer, args->length, 0))
        return STATUS_INVALID_SECURITY_DESCR;
    SECURITY_INFORMATION what = args->what;
    NTSTATUS status = call_set_security(rq, rq->handle, &what, args->buffer, args->length);
    if (status != STATUS_SUCCESS)
        return rq->strict || status > 0 ? STATUS_INVALID_PARAMETER : status;
    cache_drop(rq->handle->node);
    event_node(rq->handle->node, NT_EVENT_MODIFIED, FILE_NOTIFY_CHANGE_SECURITY, rq_origin(rq));
    return STATUS_SUCCESS;
}
