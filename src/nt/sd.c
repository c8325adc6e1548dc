// SPDX-License-Identifier: MIT
/*
 * Self-relative security descriptors: checked and taken apart, cut to parts, merged, written. A system list
 * has four parts of its own, told apart by the type of the entry: the label, resource attributes, the central
 * policy, and the rest.
 */
#include "nt/sd.h"
#include <stdlib.h>
#include <string.h>

enum { SD_ALIGN = 4, ROOM_FIRST = 256 };

#define SACL_PARTS                                                                             \
    (SACL_SECURITY_INFORMATION | LABEL_SECURITY_INFORMATION | ATTRIBUTE_SECURITY_INFORMATION | \
     SCOPE_SECURITY_INFORMATION)
#define DACL_CONTROL                                                                      \
    (SE_DACL_PRESENT | SE_DACL_DEFAULTED | SE_DACL_AUTO_INHERIT_REQ | SE_DACL_PROTECTED | \
     SE_DACL_AUTO_INHERITED)
#define SACL_CONTROL                                                                      \
    (SE_SACL_PRESENT | SE_SACL_DEFAULTED | SE_SACL_AUTO_INHERIT_REQ | SE_SACL_PROTECTED | \
     SE_SACL_AUTO_INHERITED)

/* ---- bytes that grow ----------------------------------------------------------------------------------- */

void sd_put(struct sd_buffer *b, const void *bytes, size_t length)
{
    if (b->failed || !length)
        return;
    if (b->room - b->used < length) {
        size_t room = b->room ? b->room : ROOM_FIRST;
        while (room - b->used < length)
            room *= 2;
        unsigned char *at = realloc(b->at, room);
        if (!at) {
            b->failed = true;
            return;
        }
        b->at = at;
        b->room = room;
    }
    memcpy(b->at + b->used, bytes, length);
    b->used += length;
}

void sd_put16(struct sd_buffer *b, uint16_t value)
{
    sd_put(b, (const unsigned char[]){(unsigned char)value, (unsigned char)(value >> 8)}, 2);
}

void sd_put32(struct sd_buffer *b, uint32_t value)
{
    sd_put16(b, (uint16_t)value);
    sd_put16(b, (uint16_t)(value >> 16));
}

void sd_buffer_free(struct sd_buffer *b)
{
    free(b->at);
    *b = (struct sd_buffer){0};
}

void sd_store_free(struct sd_store *store)
{
    sd_buffer_free(&store->sacl);
    sd_buffer_free(&store->dacl);
}

/* ---- reading and writing ------------------------------------------------------------------------------- */

/* The part whose offset stands at `field`. False: it is said to be there and is not. */
static bool part_in(struct sd_span whole, size_t field, struct sd_span (*in)(struct sd_span),
                    struct sd_span *out)
{
    size_t offset = sd_get32(whole.at + field);
    *out = (struct sd_span){0};
    if (!offset)
        return true;
    if (offset < SD_HEAD || offset > whole.length || offset % SD_ALIGN)
        return false;
    *out = in((struct sd_span){whole.at + offset, whole.length - offset});
    return out->at;
}

bool sd_parse(const void *data, size_t length, struct sd *out)
{
    struct sd_span whole = {data, length};
    if (!data || length < SD_HEAD || whole.at[0] != SECURITY_DESCRIPTOR_REVISION)
        return false;
    uint16_t control = sd_get16(whole.at + offsetof(SECURITY_DESCRIPTOR_RELATIVE, Control));
    if (!(control & SE_SELF_RELATIVE))
        return false;
    *out = (struct sd){.control = (uint16_t)(control & ~SE_SELF_RELATIVE), .rm_control = whole.at[1]};
    return part_in(whole, offsetof(SECURITY_DESCRIPTOR_RELATIVE, Owner), sid_in, &out->owner) &&
           part_in(whole, offsetof(SECURITY_DESCRIPTOR_RELATIVE, Group), sid_in, &out->group) &&
           (!(control & SE_SACL_PRESENT) ||
            part_in(whole, offsetof(SECURITY_DESCRIPTOR_RELATIVE, Sacl), acl_in, &out->sacl)) &&
           (!(control & SE_DACL_PRESENT) ||
            part_in(whole, offsetof(SECURITY_DESCRIPTOR_RELATIVE, Dacl), acl_in, &out->dacl));
}

static size_t aligned(size_t length)
{
    return (length + SD_ALIGN - 1) / SD_ALIGN * SD_ALIGN;
}

size_t sd_size(const struct sd *sd)
{
    return SD_HEAD + aligned(sd->owner.length) + aligned(sd->group.length) + aligned(sd->sacl.length) +
           aligned(sd->dacl.length);
}

static DWORD write_part(unsigned char *out, size_t *used, struct sd_span part)
{
    size_t at = *used;
    if (!part.at)
        return 0;
    memcpy(out + at, part.at, part.length);
    memset(out + at + part.length, 0, aligned(part.length) - part.length);
    *used += aligned(part.length);
    return (DWORD)at;
}

void sd_write(const struct sd *sd, unsigned char *out)
{
    size_t used = SD_HEAD;
    SECURITY_DESCRIPTOR_RELATIVE head = {.Revision = SECURITY_DESCRIPTOR_REVISION,
                                         .Sbz1 = sd->control & SE_RM_CONTROL_VALID ? sd->rm_control : 0,
                                         .Control = (uint16_t)(sd->control | SE_SELF_RELATIVE)};
    head.Owner = write_part(out, &used, sd->owner);
    head.Group = write_part(out, &used, sd->group);
    head.Sacl = write_part(out, &used, sd->sacl);
    head.Dacl = write_part(out, &used, sd->dacl);
    memcpy(out, &head, sizeof head);
}

/* ---- parts --------------------------------------------------------------------------------------------- */

SECURITY_INFORMATION sd_parts(SECURITY_INFORMATION what)
{
    const SECURITY_INFORMATION all =
        OWNER_SECURITY_INFORMATION | GROUP_SECURITY_INFORMATION | DACL_SECURITY_INFORMATION | SACL_PARTS;
    return what & BACKUP_SECURITY_INFORMATION ? all : what & all;
}

/* The entries of one list that belong to the parts named. */
static void add_parts(struct acl_draft *draft, struct sd_span acl, SECURITY_INFORMATION parts)
{
    struct ace ace;
    for (size_t at = 0; acl_next(acl, &at, &ace);)
        if (ace.kind->part & parts)
            acl_add(draft, &ace);
}

static bool holds_only(struct sd_span acl, SECURITY_INFORMATION parts)
{
    struct ace ace;
    for (size_t at = 0; acl_next(acl, &at, &ace);)
        if (!(ace.kind->part & parts))
            return false;
    return true;
}

/* Moves what was drafted into the store. False: out of memory. */
static bool keep(struct acl_draft *draft, struct sd_buffer *store, struct sd_span *out)
{
    *out = acl_end(draft);
    sd_buffer_free(store);
    *store = draft->bytes;
    return out->at;
}

static uint8_t revision_of(struct sd_span acl)
{
    return acl.at ? acl.at[0] : ACL_REVISION;
}

/* A system list cut to the parts named. Without any entry left it is there only for who asked for the rest.
 */
static bool cut_sacl(const struct sd *sd, SECURITY_INFORMATION parts, struct sd_store *store, struct sd *out)
{
    if (!parts || !(sd->control & SE_SACL_PRESENT))
        return true;
    struct acl_draft draft = {0};
    out->control |= sd->control & SACL_CONTROL;
    if (holds_only(sd->sacl, parts)) {
        out->sacl = sd->sacl;
        return true;
    }
    acl_begin(&draft, revision_of(sd->sacl));
    add_parts(&draft, sd->sacl, parts);
    if (!keep(&draft, &store->sacl, &out->sacl))
        return false;
    if (!draft.count && !(parts & SACL_SECURITY_INFORMATION)) {
        out->sacl = (struct sd_span){0};
        out->control &= (uint16_t)~SACL_CONTROL;
    }
    return true;
}

bool sd_cut(const struct sd *sd, SECURITY_INFORMATION what, struct sd_store *store, struct sd *out)
{
    what = sd_parts(what);
    *out = (struct sd){.control = sd->control & SE_RM_CONTROL_VALID, .rm_control = sd->rm_control};
    if (what & OWNER_SECURITY_INFORMATION) {
        out->owner = sd->owner;
        out->control |= sd->control & SE_OWNER_DEFAULTED;
    }
    if (what & GROUP_SECURITY_INFORMATION) {
        out->group = sd->group;
        out->control |= sd->control & SE_GROUP_DEFAULTED;
    }
    if (what & DACL_SECURITY_INFORMATION) {
        out->dacl = sd->dacl;
        out->control |= sd->control & DACL_CONTROL;
    }
    return cut_sacl(sd, what & SACL_PARTS, store, out);
}

/* ---- setting ------------------------------------------------------------------------------------------- */

ACCESS_MASK sd_map_generic(ACCESS_MASK mask)
{
    static const struct {
        ACCESS_MASK generic, rights;
    } rows[] = {{GENERIC_READ, FILE_GENERIC_READ},
                {GENERIC_WRITE, FILE_GENERIC_WRITE},
                {GENERIC_EXECUTE, FILE_GENERIC_EXECUTE},
                {GENERIC_ALL, FILE_ALL_ACCESS}};
    ACCESS_MASK out = mask & ~(GENERIC_READ | GENERIC_WRITE | GENERIC_EXECUTE | GENERIC_ALL);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        out |= mask & rows[i].generic ? rows[i].rights : 0;
    return out;
}

/* A list with the generic rights of its effective entries mapped; those for children keep theirs. */
static bool map_acl(struct sd_span *acl, struct sd_buffer *store)
{
    struct acl_draft draft = {0};
    struct ace ace;
    bool changed = false;
    if (!acl->at)
        return true;
    acl_begin(&draft, revision_of(*acl));
    for (size_t at = 0; acl_next(*acl, &at, &ace);) {
        ACCESS_MASK mapped =
            ace.kind->file_mask && !(ace.flags & INHERIT_ONLY_ACE) ? sd_map_generic(ace.mask) : ace.mask;
        changed |= mapped != ace.mask;
        ace.mask = mapped;
        acl_add(&draft, &ace);
    }
    if (changed)
        return keep(&draft, store, acl);
    sd_buffer_free(&draft.bytes);
    return true;
}

static const struct inherit_bits {
    SECURITY_INFORMATION parts, protect, unprotect;
    uint16_t protected, inherited, requested;
} inherit_rows[] = {
    {DACL_SECURITY_INFORMATION, PROTECTED_DACL_SECURITY_INFORMATION, UNPROTECTED_DACL_SECURITY_INFORMATION,
     SE_DACL_PROTECTED, SE_DACL_AUTO_INHERITED, SE_DACL_AUTO_INHERIT_REQ},
    {SACL_PARTS, PROTECTED_SACL_SECURITY_INFORMATION, UNPROTECTED_SACL_SECURITY_INFORMATION,
     SE_SACL_PROTECTED, SE_SACL_AUTO_INHERITED, SE_SACL_AUTO_INHERIT_REQ},
};

static uint16_t set_control(uint16_t control, SECURITY_INFORMATION what, const struct inherit_bits *row)
{
    uint16_t both = row->inherited | row->requested;
    bool inherited = (control & both) == both;
    control &= (uint16_t)~both;
    control |= inherited ? row->inherited : 0;
    if (what & row->protect)
        control |= row->protected;
    else if (what & row->unprotect)
        control &= (uint16_t)~row->protected;
    return control;
}

NTSTATUS sd_given(const struct sd *sd, SECURITY_INFORMATION what, struct sd_store *store, struct sd *out)
{
    SECURITY_INFORMATION parts = sd_parts(what);
    if (parts & OWNER_SECURITY_INFORMATION && !sd->owner.at)
        return STATUS_INVALID_OWNER;
    if (parts & GROUP_SECURITY_INFORMATION && !sd->group.at)
        return STATUS_INVALID_PRIMARY_GROUP;
    if (!sd_cut(sd, parts, store, out) || !map_acl(&out->dacl, &store->dacl) ||
        !map_acl(&out->sacl, &store->sacl))
        return STATUS_NO_MEMORY;
    for (size_t i = 0; i < sizeof inherit_rows / sizeof inherit_rows[0]; i++)
        if (parts & inherit_rows[i].parts)
            out->control = set_control(out->control, what, &inherit_rows[i]);
    if (parts & DACL_SECURITY_INFORMATION)
        out->control |= SE_DACL_PRESENT;
    if (parts & SACL_SECURITY_INFORMATION)
        out->control |= SE_SACL_PRESENT;
    return STATUS_SUCCESS;
}

/* The entries of parts that are not set stay, those that are set come behind them. */
static bool merge_sacl(const struct sd *present, const struct sd *given, SECURITY_INFORMATION parts,
                       struct sd_store *store, struct sd *out)
{
    struct acl_draft draft = {0};
    if (!parts)
        return true;
    uint8_t old = revision_of(present->sacl), fresh = revision_of(given->sacl);
    acl_begin(&draft, old > fresh ? old : fresh);
    add_parts(&draft, present->sacl, SACL_PARTS & ~parts);
    add_parts(&draft, given->sacl, parts);
    uint16_t control = parts & SACL_SECURITY_INFORMATION ? given->control : present->control;
    out->control = (uint16_t)((out->control & ~SACL_CONTROL) | (control & SACL_CONTROL) | SE_SACL_PRESENT);
    if (!keep(&draft, &store->sacl, &out->sacl))
        return false;
    if (!draft.count && (!(given->control & SE_SACL_PRESENT) || !given->sacl.at))
        out->sacl = (struct sd_span){0};
    if (!out->sacl.at)
        out->control &= (uint16_t)~SE_SACL_PRESENT;
    return true;
}

bool sd_merge(const struct sd *present, const struct sd *given, SECURITY_INFORMATION what,
              struct sd_store *store, struct sd *out)
{
    SECURITY_INFORMATION parts = sd_parts(what);
    *out = *present;
    if (parts & OWNER_SECURITY_INFORMATION) {
        out->owner = given->owner;
        out->control =
            (uint16_t)((out->control & ~SE_OWNER_DEFAULTED) | (given->control & SE_OWNER_DEFAULTED));
    }
    if (parts & GROUP_SECURITY_INFORMATION) {
        out->group = given->group;
        out->control =
            (uint16_t)((out->control & ~SE_GROUP_DEFAULTED) | (given->control & SE_GROUP_DEFAULTED));
    }
    if (parts & DACL_SECURITY_INFORMATION) {
        out->dacl = given->dacl;
        out->control = (uint16_t)((out->control & ~DACL_CONTROL) | (given->control & DACL_CONTROL));
    }
    return merge_sacl(present, given, parts & SACL_PARTS, store, out);
}
