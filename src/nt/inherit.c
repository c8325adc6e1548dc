// SPDX-License-Identifier: MIT
/*
 * The first descriptor of a new file or directory: what its creator gave, and what the entries of its
 * directory pass on.
 *
 * The creator's list comes first; unless it is protected, the inherited entries follow it, and entries that
 * already claim to be inherited are left out of it. Without a creator's list there are only inherited ones;
 * without those the owner and the system may do everything. CREATOR OWNER, CREATOR GROUP and generic rights
 * are replaced where an entry acts on the new file itself; on a directory an entry that also goes to children
 * is split then into one that acts and one that waits, as it was.
 */
#include "nt/inherit.h"
#include "nt/access.h"

#define PASSED_ON (OBJECT_INHERIT_ACE | CONTAINER_INHERIT_ACE)
#define FOR_CHILDREN \
    (OBJECT_INHERIT_ACE | CONTAINER_INHERIT_ACE | NO_PROPAGATE_INHERIT_ACE | INHERIT_ONLY_ACE)

struct making {
    const struct inherit_args *args;
    struct sd_span owner, group;
    struct acl_draft *draft;
};

/* The entry as it acts on the new file. True when that differs from what it says to children. */
static bool make_effective(const struct making *m, struct ace *ace)
{
    const ACCESS_MASK mask = ace->mask;
    const struct sd_span sid = ace->sid;
    if (ace->kind->file_mask)
        ace->mask = sd_map_generic(mask);
    if (sid_same(sid, sid_creator_owner))
        ace->sid = m->owner;
    else if (sid_same(sid, sid_creator_group))
        ace->sid = m->group;
    return ace->mask != mask || !sid_same(ace->sid, sid);
}

/* Adds an entry that acts on the file and, by its flags, goes to its children. */
static void add_split(const struct making *m, const struct ace *ace)
{
    struct ace acting = *ace, waiting = *ace;
    bool differs = make_effective(m, &acting);
    if (differs && ace->flags & PASSED_ON && m->args->directory) {
        acting.flags &= (uint8_t)~FOR_CHILDREN;
        waiting.flags |= INHERIT_ONLY_ACE;
        acl_add(m->draft, &acting);
        acl_add(m->draft, &waiting);
        return;
    }
    acl_add(m->draft, &acting);
}

static void add_explicit(const struct making *m, struct sd_span acl, bool protected)
{
    struct ace ace;
    for (size_t at = 0; acl_next(acl, &at, &ace);) {
        if (ace.flags & INHERITED_ACE && !protected && m->args->parent)
            continue;
        if (ace.flags & INHERIT_ONLY_ACE)
            acl_add(m->draft, &ace);
        else
            add_split(m, &ace);
    }
}

/* One entry of the directory, as it comes to a new file in it. */
static void pass_to_file(const struct making *m, struct ace ace)
{
    if (!(ace.flags & OBJECT_INHERIT_ACE))
        return;
    ace.flags = (uint8_t)((ace.flags & ~FOR_CHILDREN) | INHERITED_ACE);
    add_split(m, &ace);
}

/* The same for a new directory. */
static void pass_to_directory(const struct making *m, struct ace ace)
{
    bool acts = ace.flags & CONTAINER_INHERIT_ACE, goes_on = !(ace.flags & NO_PROPAGATE_INHERIT_ACE);
    uint8_t kept = (uint8_t)(ace.flags & ~FOR_CHILDREN) | INHERITED_ACE;
    uint8_t passed = ace.flags & PASSED_ON;
    if (acts) {
        ace.flags = goes_on ? kept | passed : kept;
        add_split(m, &ace);
    } else if (passed && goes_on) {
        ace.flags = kept | passed | INHERIT_ONLY_ACE;
        acl_add(m->draft, &ace);
    }
}

static void add_inherited(const struct making *m, struct sd_span acl)
{
    struct ace ace;
    for (size_t at = 0; acl_next(acl, &at, &ace);) {
        if (m->args->directory)
            pass_to_directory(m, ace);
        else
            pass_to_file(m, ace);
    }
}

/* The owner and the system may do everything. */
static void add_default(const struct making *m)
{
    struct ace ace = {.kind = ace_kind(ACCESS_ALLOWED_ACE_TYPE),
                      .type = ACCESS_ALLOWED_ACE_TYPE,
                      .mask = FILE_ALL_ACCESS,
                      .sid = m->owner};
    acl_add(m->draft, &ace);
    ace.sid = sid_system;
    acl_add(m->draft, &ace);
}

/* The control bits of one of the two lists. */
struct list_bits {
    uint16_t present, defaulted, protected, inherited;
};

static const struct list_bits dacl_bits = {SE_DACL_PRESENT, SE_DACL_DEFAULTED, SE_DACL_PROTECTED,
                                           SE_DACL_AUTO_INHERITED};
static const struct list_bits sacl_bits = {SE_SACL_PRESENT, SE_SACL_DEFAULTED, SE_SACL_PROTECTED,
                                           SE_SACL_AUTO_INHERITED};

static struct sd_span list_of(const struct sd *sd, const struct list_bits *bits)
{
    if (!sd || !(sd->control & bits->present))
        return (struct sd_span){0};
    return bits == &dacl_bits ? sd->dacl : sd->sacl;
}

static bool gives(const struct sd *creator, const struct list_bits *bits)
{
    return creator && (creator->control & (bits->present | bits->defaulted)) == bits->present;
}

/* One list. `out` gets the control bits too. False: too long, or out of memory. */
static bool make_list(struct making *m, const struct list_bits *bits, struct sd *out, struct sd_span *list)
{
    const struct inherit_args *args = m->args;
    bool given = gives(args->creator, bits);
    struct sd_span mine = list_of(args->creator, bits), above = list_of(args->parent, bits);
    bool protected = given && args->creator->control & bits->protected;
    if (given && !mine.at) { /* a NULL list */
        out->control |= bits->present | (protected ? bits->protected : 0);
        return true;
    }
    acl_begin(m->draft, ACL_REVISION);
    if (given)
        add_explicit(m, mine, protected);
    unsigned explicit = m->draft->count;
    if (!protected)
        add_inherited(m, above);
    bool nothing = !given && m->draft->count == explicit;
    if (nothing && bits == &sacl_bits)
        return true;
    if (nothing && mine.at)
        add_explicit(m, mine, true);
    else if (nothing)
        add_default(m);
    *list = acl_end(m->draft);
    out->control |= bits->present;
    if (protected)
        out->control |= bits->protected;
    else if (args->parent && !nothing)
        out->control |= bits->inherited;
    return list->at;
}

static NTSTATUS check_creator(const struct inherit_args *args)
{
    const struct sd *creator = args->creator;
    if (!args->checked || !creator)
        return STATUS_SUCCESS;
    if (creator->owner.at && !access_may_own(args->token, creator->owner))
        return STATUS_INVALID_OWNER;
    bool privileged = args->token->Flags & (DOKAN_TOKEN_SUPERUSER | DOKAN_TOKEN_SECURITY);
    return creator->control & SE_SACL_PRESENT && !privileged ? STATUS_PRIVILEGE_NOT_HELD : STATUS_SUCCESS;
}

NTSTATUS inherit(const struct inherit_args *args, struct sd_store *store, struct sd *out)
{
    const struct sd *creator = args->creator;
    struct acl_draft dacl = {0}, sacl = {0};
    struct making m = {.args = args};
    NTSTATUS status = check_creator(args);
    *out = (struct sd){0};
    if (status)
        return status;
    m.owner = creator && creator->owner.at ? creator->owner : sid_of(args->token->User);
    m.group = creator && creator->group.at ? creator->group : sid_of(args->token->PrimaryGroup);
    if (!m.group.at)
        m.group = m.owner;
    out->owner = m.owner;
    out->group = m.group;
    m.draft = &dacl;
    bool made = make_list(&m, &dacl_bits, out, &out->dacl);
    m.draft = &sacl;
    made = made && make_list(&m, &sacl_bits, out, &out->sacl);
    sd_store_free(store);
    store->dacl = dacl.bytes;
    store->sacl = sacl.bytes;
    if (made)
        return STATUS_SUCCESS;
    return dacl.bytes.used > SD_ACL_MAX || sacl.bytes.used > SD_ACL_MAX ? STATUS_INVALID_ACL
                                                                        : STATUS_NO_MEMORY;
}
