// SPDX-License-Identifier: MIT
/*
 * Security descriptors of open files: asked of the file system, checked before anybody walks them, cut to the
 * parts asked for, made up where it has none; and set, by parts. No locks, no state.
 *
 * Owner and group of the default are those of the volume in the form Samba uses for Unix accounts; everybody
 * who is logged on has every right. A file system gets the parts that are set, in Windows' normal form
 * (sd_given()); one that wants whole descriptors gets them merged with what it has.
 */
#include "nt/security.h"
#include "nt/access.h"
#include <unistd.h>

enum {
    ACE_SID_OFFSET = 8,
    USERS_SID_LENGTH = 12,
    FETCH_MAX = 1 << 20,
    FETCH_TRIES = 4,
    WHOLE = OWNER_SECURITY_INFORMATION | GROUP_SECURITY_INFORMATION | DACL_SECURITY_INFORMATION |
            SACL_SECURITY_INFORMATION | LABEL_SECURITY_INFORMATION | ATTRIBUTE_SECURITY_INFORMATION |
            SCOPE_SECURITY_INFORMATION
};

#define INHERIT_BITS                                                               \
    (PROTECTED_DACL_SECURITY_INFORMATION | UNPROTECTED_DACL_SECURITY_INFORMATION | \
     PROTECTED_SACL_SECURITY_INFORMATION | UNPROTECTED_SACL_SECURITY_INFORMATION)

/* ---- the default --------------------------------------------------------------------------------------- */

/* One entry: Authenticated Users may do everything. */
static struct sd_span default_dacl(unsigned char *at, bool directory)
{
    ACE_HEADER ace = {
        .AceType = ACCESS_ALLOWED_ACE_TYPE,
        .AceFlags = directory ? OBJECT_INHERIT_ACE | CONTAINER_INHERIT_ACE : INHERITED_ACE,
        .AceSize = ACE_SID_OFFSET + USERS_SID_LENGTH,
    };
    ACL acl = {.AclRevision = ACL_REVISION, .AclSize = (WORD)(sizeof acl + ace.AceSize), .AceCount = 1};
    uint32_t mask = FILE_ALL_ACCESS;
    memcpy(at, &acl, sizeof acl);
    memcpy(at + sizeof acl, &ace, sizeof ace);
    memcpy(at + sizeof acl + sizeof ace, &mask, sizeof mask);
    memcpy(at + sizeof acl + ACE_SID_OFFSET, sid_authenticated.at, sid_authenticated.length);
    return (struct sd_span){at, acl.AclSize};
}

uint32_t descriptor_default(unsigned char *out, struct descriptor_owner owner, bool directory,
                            SECURITY_INFORMATION what)
{
    unsigned char dacl[sizeof(ACL) + ACE_SID_OFFSET + USERS_SID_LENGTH];
    struct sd_sid user, group;
    struct sd sd = {0};
    if (what & OWNER_SECURITY_INFORMATION)
        sd.owner = sid_from_unix(&user, SID_UNIX_USER, owner.uid);
    if (what & GROUP_SECURITY_INFORMATION)
        sd.group = sid_from_unix(&group, SID_UNIX_GROUP, owner.gid);
    if (what & DACL_SECURITY_INFORMATION) {
        sd.dacl = default_dacl(dacl, directory);
        sd.control = SE_DACL_PRESENT | SE_DACL_AUTO_INHERITED | (directory ? SE_DACL_PROTECTED : 0);
    }
    sd_write(&sd, out);
    return (uint32_t)sd_size(&sd);
}

static NTSTATUS take_default(const struct nt_volume *vol, struct nt_handle *h, SECURITY_INFORMATION what,
                             struct fetched *out)
{
    struct descriptor_owner owner = {vol->owner.uid, vol->owner.gid};
    uint32_t length = descriptor_default(out->bytes, owner, h->directory, what);
    return sd_parse(out->bytes, length, &out->sd) ? STATUS_SUCCESS : STATUS_INTERNAL_ERROR;
}

/* ---- asking -------------------------------------------------------------------------------------------- */

void fetched_free(struct fetched *f)
{
    if (f->bytes != f->first)
        free(f->bytes);
    f->bytes = NULL;
}

static bool make_room(struct fetched *f, ULONG room)
{
    fetched_free(f);
    f->bytes = room > FETCH_FIRST ? calloc(1, room) : memset(f->first, 0, FETCH_FIRST);
    return f->bytes;
}

NTSTATUS security_fetch(struct nt_request *rq, struct nt_handle *h, SECURITY_INFORMATION what,
                        struct fetched *out)
{
    ULONG room = FETCH_FIRST;
    out->bytes = NULL;
    out->needed = 0;
    for (int tries = 0; tries < FETCH_TRIES && !rq_expired(rq); tries++) {
        SECURITY_INFORMATION parts = what & ~INHERIT_BITS;
        if (!make_room(out, room))
            return STATUS_INSUFFICIENT_RESOURCES;
        ULONG needed = 0;
        NTSTATUS status = call_get_security(rq, h, &parts, out->bytes, room, &needed);
        if (status == STATUS_NOT_IMPLEMENTED)
            return take_default(rq->volume, h, sd_parts(what), out);
        out->needed = needed;
        bool small = status == STATUS_BUFFER_OVERFLOW || (status == STATUS_SUCCESS && needed > room);
        if (!small && status)
            return status;
        if (!small)
            return sd_parse(out->bytes, needed, &out->sd) ? STATUS_SUCCESS : STATUS_INVALID_PARAMETER;
        if (needed <= room || needed > FETCH_MAX)
            break;
        room = needed;
    }
    return STATUS_BUFFER_OVERFLOW;
}

static bool has_parts(const struct sd *sd, SECURITY_INFORMATION what)
{
    return (!(what & OWNER_SECURITY_INFORMATION) || sd->owner.at) &&
           (!(what & GROUP_SECURITY_INFORMATION) || sd->group.at) &&
           (!(what & DACL_SECURITY_INFORMATION) || sd->control & SE_DACL_PRESENT);
}

static NTSTATUS answer(struct nt_request *rq, const struct sd *sd)
{
    struct nt_security_args *args = &rq->security;
    args->needed = (uint32_t)sd_size(sd);
    rq->p.information = args->needed;
    if (args->needed > args->length)
        return STATUS_BUFFER_OVERFLOW;
    sd_write(sd, args->buffer);
    return STATUS_SUCCESS;
}

NTSTATUS run_query_security(struct nt_request *rq)
{
    struct nt_security_args *args = &rq->security;
    CLEANUP_FETCHED struct fetched got = {0};
    CLEANUP_SD_STORE struct sd_store store = {0};
    struct sd cut;
    if (access_to_query(args->what) & ~rq->handle->access)
        return STATUS_ACCESS_DENIED;
    NTSTATUS status = security_fetch(rq, rq->handle, args->what, &got);
    if (status == STATUS_BUFFER_OVERFLOW) {
        args->needed = got.needed;
        rq->p.information = got.needed;
    }
    if (status)
        return status;
    if (!has_parts(&got.sd, args->what))
        return STATUS_INVALID_PARAMETER;
    if (!sd_cut(&got.sd, args->what, &store, &cut))
        return STATUS_INSUFFICIENT_RESOURCES;
    return answer(rq, &cut);
}

/* ---- setting ------------------------------------------------------------------------------------------- */

static NTSTATUS check_new_owner(struct nt_request *rq, const struct sd *given)
{
    CLEANUP_CALLER struct caller_token who = {0};
    if (!(rq->volume->security & NT_SECURITY_CHECK) || !given->owner.at)
        return STATUS_SUCCESS;
    NTSTATUS status = caller_token_init(&who, rq);
    if (status)
        return status;
    return access_may_own(who.use, given->owner) ? STATUS_SUCCESS : STATUS_INVALID_OWNER;
}

/* Gives the file system the descriptor, in a block of its own. */
static NTSTATUS hand_down(struct nt_request *rq, const struct sd *sd, SECURITY_INFORMATION what)
{
    size_t size = sd_size(sd);
    CLEANUP_FREE unsigned char *bytes = malloc(size);
    if (!bytes)
        return STATUS_INSUFFICIENT_RESOURCES;
    sd_write(sd, bytes);
    NTSTATUS status = call_set_security(rq, rq->handle, &what, bytes, (ULONG)size);
    if (status != STATUS_SUCCESS)
        return rq->strict || status > 0 ? STATUS_INVALID_PARAMETER : status;
    return STATUS_SUCCESS;
}

static NTSTATUS hand_down_whole(struct nt_request *rq, const struct sd *given)
{
    CLEANUP_FETCHED struct fetched present = {0};
    CLEANUP_SD_STORE struct sd_store store = {0};
    struct sd merged;
    SECURITY_INFORMATION what = rq->security.what;
    NTSTATUS status = security_fetch(rq, rq->handle, WHOLE, &present);
    if (status)
        return status == STATUS_BUFFER_OVERFLOW ? STATUS_INSUFFICIENT_RESOURCES : status;
    if (!sd_merge(&present.sd, given, what, &store, &merged))
        return STATUS_INSUFFICIENT_RESOURCES;
    SECURITY_INFORMATION all = merged.control & SE_SACL_PRESENT ? WHOLE : WHOLE & 7;
    return hand_down(rq, &merged, what | all);
}

NTSTATUS run_set_security(struct nt_request *rq)
{
    struct nt_security_args *args = &rq->security;
    CLEANUP_SD_STORE struct sd_store store = {0};
    struct sd raw, given;
    if (args->length > EVENT_CONTEXT_MAX_SIZE)
        return STATUS_INSUFFICIENT_RESOURCES;
    if (access_to_set(args->what) & ~rq->handle->access)
        return STATUS_ACCESS_DENIED;
    if (!sd_parse(args->buffer, args->length, &raw))
        return STATUS_INVALID_SECURITY_DESCR;
    NTSTATUS status = sd_given(&raw, args->what, &store, &given);
    if (!status)
        status = check_new_owner(rq, &given);
    if (!status)
        status = rq->volume->security & NT_SECURITY_WHOLE ? hand_down_whole(rq, &given)
                                                          : hand_down(rq, &given, args->what);
    if (status)
        return status;
    cache_drop(rq->handle->node);
    event_node(rq->handle->node, NT_EVENT_MODIFIED, FILE_NOTIFY_CHANGE_SECURITY, rq_origin(rq));
    return STATUS_SUCCESS;
}
