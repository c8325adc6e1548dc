// SPDX-License-Identifier: MIT
/*
 * The access check: a descriptor, a caller, the rights he wants.
 *
 * Entries count in their order: a right is settled by the first entry that names it. An entry for children
 * only, and one of unknown type, says nothing. What cannot be decided here is decided against the caller: an
 * entry with a condition, or for one object type, allows nothing and denies all the same. Integrity labels
 * are not looked at.
 */
#include "nt/access.h"
#include <string.h>

enum { STANDARD_ALL = DELETE | READ_CONTROL | WRITE_DAC | WRITE_OWNER | SYNCHRONIZE };

#define BACKUP_RIGHTS (FILE_GENERIC_READ | FILE_TRAVERSE | READ_CONTROL | ACCESS_SYSTEM_SECURITY)
#define RESTORE_RIGHTS                                                                               \
    (FILE_GENERIC_WRITE | FILE_ADD_FILE | FILE_ADD_SUBDIRECTORY | DELETE | WRITE_DAC | WRITE_OWNER | \
     ACCESS_SYSTEM_SECURITY)

bool access_token_valid(const DOKAN_ACCESS_TOKEN *token)
{
    if (!token || token->Size != sizeof *token || !sid_of(token->User).at ||
        (token->PrimaryGroup && !sid_of(token->PrimaryGroup).at) || (token->GroupCount && !token->Groups))
        return false;
    for (ULONG i = 0; i < token->GroupCount; i++)
        if (!sid_of(token->Groups[i]).at)
            return false;
    return true;
}

bool access_is_member(const DOKAN_ACCESS_TOKEN *token, struct sd_span sid)
{
    if (sid_same(sid, sid_everyone) || sid_same(sid, sid_of(token->User)) ||
        sid_same(sid, sid_of(token->PrimaryGroup)))
        return true;
    if (sid_same(sid, sid_authenticated))
        return !(token->Flags & DOKAN_TOKEN_ANONYMOUS);
    for (ULONG i = 0; i < token->GroupCount; i++)
        if (sid_same(sid, sid_of(token->Groups[i])))
            return true;
    return false;
}

bool access_may_own(const DOKAN_ACCESS_TOKEN *token, struct sd_span sid)
{
    return token->Flags & (DOKAN_TOKEN_SUPERUSER | DOKAN_TOKEN_RESTORE) || sid_same(sid, sid_of(token->User));
}

/* ---- the list ------------------------------------------------------------------------------------------ */

struct walk {
    const DOKAN_ACCESS_TOKEN *token;
    bool owner;
    bool owner_named; /* an entry for OWNER RIGHTS says what the owner may */
    ACCESS_MASK allowed, denied;
};

static bool concerns(struct walk *w, const struct ace *ace)
{
    if (sid_same(ace->sid, sid_owner_rights)) {
        w->owner_named = true;
        return w->owner;
    }
    return access_is_member(w->token, ace->sid);
}

static void weigh(struct walk *w, const struct ace *ace)
{
    if (ace->flags & INHERIT_ONLY_ACE || ace->kind->effect == ACE_NOTHING || !concerns(w, ace))
        return;
    ACCESS_MASK mask = sd_map_generic(ace->mask);
    if (ace->kind->effect == ACE_DENIES)
        w->denied |= mask & ~w->allowed;
    else if (!ace->kind->conditional && !ace->object.at)
        w->allowed |= mask & ~w->denied;
}

static ACCESS_MASK owner_rights(const struct sd *sd, const struct walk *before)
{
    struct walk w = *before;
    struct ace ace;
    for (size_t at = 0; acl_next(sd->dacl, &at, &ace);)
        weigh(&w, &ace);
    return w.owner && !w.owner_named ? READ_CONTROL | WRITE_DAC : 0;
}

static ACCESS_MASK by_privilege(const DOKAN_ACCESS_TOKEN *token, unsigned flags)
{
    ACCESS_MASK rights = 0;
    if (token->Flags & DOKAN_TOKEN_SUPERUSER)
        rights |= FILE_ALL_ACCESS | ACCESS_SYSTEM_SECURITY;
    if (token->Flags & DOKAN_TOKEN_SECURITY)
        rights |= ACCESS_SYSTEM_SECURITY;
    if (token->Flags & DOKAN_TOKEN_TAKE_OWNERSHIP)
        rights |= WRITE_OWNER;
    if (flags & ACCESS_BACKUP_INTENT && token->Flags & DOKAN_TOKEN_BACKUP)
        rights |= BACKUP_RIGHTS;
    if (flags & ACCESS_BACKUP_INTENT && token->Flags & DOKAN_TOKEN_RESTORE)
        rights |= RESTORE_RIGHTS;
    return rights;
}

ACCESS_MASK access_granted(const struct sd *sd, const DOKAN_ACCESS_TOKEN *token, unsigned flags)
{
    ACCESS_MASK privileged = by_privilege(token, flags);
    if (!(sd->control & SE_DACL_PRESENT) || !sd->dacl.at)
        return FILE_ALL_ACCESS | privileged;
    struct walk w = {.token = token, .owner = access_is_member(token, sd->owner)};
    struct ace ace;
    w.allowed = owner_rights(sd, &w);
    for (size_t at = 0; acl_next(sd->dacl, &at, &ace);)
        weigh(&w, &ace);
    return (w.allowed & (STANDARD_ALL | SPECIFIC_RIGHTS_ALL)) | privileged;
}

/* ---- the verdict --------------------------------------------------------------------------------------- */

NTSTATUS access_verdict(ACCESS_MASK allowed, ACCESS_MASK desired, ACCESS_MASK *granted)
{
    ACCESS_MASK wanted = sd_map_generic(desired) & ~MAXIMUM_ALLOWED;
    *granted = 0;
    if (wanted & ACCESS_SYSTEM_SECURITY & ~allowed)
        return STATUS_PRIVILEGE_NOT_HELD;
    if (wanted & ~allowed)
        return STATUS_ACCESS_DENIED;
    if (desired & MAXIMUM_ALLOWED)
        wanted |= allowed & ~(ACCESS_MASK)ACCESS_SYSTEM_SECURITY;
    if (!wanted && desired)
        return STATUS_ACCESS_DENIED;
    *granted = wanted;
    return STATUS_SUCCESS;
}

NTSTATUS access_check(const struct sd *sd, const DOKAN_ACCESS_TOKEN *token, ACCESS_MASK desired,
                      unsigned flags, ACCESS_MASK *granted)
{
    return access_verdict(access_granted(sd, token, flags), desired, granted);
}

/* ---- parts --------------------------------------------------------------------------------------------- */

static const struct {
    SECURITY_INFORMATION part;
    ACCESS_MASK query, set;
} part_rows[] = {
    {OWNER_SECURITY_INFORMATION, READ_CONTROL, WRITE_OWNER},
    {GROUP_SECURITY_INFORMATION, READ_CONTROL, WRITE_OWNER},
    {LABEL_SECURITY_INFORMATION, READ_CONTROL, WRITE_OWNER},
    {DACL_SECURITY_INFORMATION, READ_CONTROL, WRITE_DAC},
    {ATTRIBUTE_SECURITY_INFORMATION, READ_CONTROL, WRITE_DAC},
    {SCOPE_SECURITY_INFORMATION, READ_CONTROL, ACCESS_SYSTEM_SECURITY},
    {SACL_SECURITY_INFORMATION, ACCESS_SYSTEM_SECURITY, ACCESS_SYSTEM_SECURITY},
    {BACKUP_SECURITY_INFORMATION, READ_CONTROL | ACCESS_SYSTEM_SECURITY,
     WRITE_DAC | WRITE_OWNER | ACCESS_SYSTEM_SECURITY},
    {PROTECTED_DACL_SECURITY_INFORMATION, 0, WRITE_DAC},
    {UNPROTECTED_DACL_SECURITY_INFORMATION, 0, WRITE_DAC},
    {PROTECTED_SACL_SECURITY_INFORMATION, 0, ACCESS_SYSTEM_SECURITY},
    {UNPROTECTED_SACL_SECURITY_INFORMATION, 0, ACCESS_SYSTEM_SECURITY},
};

ACCESS_MASK access_to_query(SECURITY_INFORMATION what)
{
    ACCESS_MASK needed = 0;
    for (size_t i = 0; i < sizeof part_rows / sizeof part_rows[0]; i++)
        needed |= what & part_rows[i].part ? part_rows[i].query : 0;
    return needed;
}

ACCESS_MASK access_to_set(SECURITY_INFORMATION what)
{
    ACCESS_MASK needed = 0;
    for (size_t i = 0; i < sizeof part_rows / sizeof part_rows[0]; i++)
        needed |= what & part_rows[i].part ? part_rows[i].set : 0;
    return needed;
}
