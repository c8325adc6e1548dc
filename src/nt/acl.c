// SPDX-License-Identifier: MIT
/*
 * Access control entries and lists as bytes: checked, walked, built. An entry of a type that nobody published
 * is opaque: its size is checked, it is kept, and it means nothing.
 */
#include "nt/sd.h"
#include <string.h>

enum {
    MASK_AT = 4,
    BODY_AT = 8,
    OBJECT_FLAGS = 4,
    GUID_BYTES = 16,
    ACE_ALIGN = 4,
    REVISION_MIN = 2,
    REVISION_MAX = 4
};

static const struct ace_kind kinds[] = {
    [ACCESS_ALLOWED_ACE_TYPE] = {ACE_PLAIN, ACE_ALLOWS, false, true, SACL_SECURITY_INFORMATION},
    [ACCESS_DENIED_ACE_TYPE] = {ACE_PLAIN, ACE_DENIES, false, true, SACL_SECURITY_INFORMATION},
    [SYSTEM_AUDIT_ACE_TYPE] = {ACE_PLAIN, ACE_NOTHING, false, true, SACL_SECURITY_INFORMATION},
    [SYSTEM_ALARM_ACE_TYPE] = {ACE_PLAIN, ACE_NOTHING, false, true, SACL_SECURITY_INFORMATION},
    [ACCESS_ALLOWED_COMPOUND_ACE_TYPE] = {ACE_OPAQUE, ACE_NOTHING, false, false, SACL_SECURITY_INFORMATION},
    [ACCESS_ALLOWED_OBJECT_ACE_TYPE] = {ACE_OBJECT, ACE_ALLOWS, false, true, SACL_SECURITY_INFORMATION},
    [ACCESS_DENIED_OBJECT_ACE_TYPE] = {ACE_OBJECT, ACE_DENIES, false, true, SACL_SECURITY_INFORMATION},
    [SYSTEM_AUDIT_OBJECT_ACE_TYPE] = {ACE_OBJECT, ACE_NOTHING, false, true, SACL_SECURITY_INFORMATION},
    [SYSTEM_ALARM_OBJECT_ACE_TYPE] = {ACE_OBJECT, ACE_NOTHING, false, true, SACL_SECURITY_INFORMATION},
    [ACCESS_ALLOWED_CALLBACK_ACE_TYPE] = {ACE_PLAIN, ACE_ALLOWS, true, true, SACL_SECURITY_INFORMATION},
    [ACCESS_DENIED_CALLBACK_ACE_TYPE] = {ACE_PLAIN, ACE_DENIES, true, true, SACL_SECURITY_INFORMATION},
    [ACCESS_ALLOWED_CALLBACK_OBJECT_ACE_TYPE] = {ACE_OBJECT, ACE_ALLOWS, true, true,
                                                 SACL_SECURITY_INFORMATION},
    [ACCESS_DENIED_CALLBACK_OBJECT_ACE_TYPE] = {ACE_OBJECT, ACE_DENIES, true, true,
                                                SACL_SECURITY_INFORMATION},
    [SYSTEM_AUDIT_CALLBACK_ACE_TYPE] = {ACE_PLAIN, ACE_NOTHING, true, true, SACL_SECURITY_INFORMATION},
    [SYSTEM_ALARM_CALLBACK_ACE_TYPE] = {ACE_PLAIN, ACE_NOTHING, true, true, SACL_SECURITY_INFORMATION},
    [SYSTEM_AUDIT_CALLBACK_OBJECT_ACE_TYPE] = {ACE_OBJECT, ACE_NOTHING, true, true,
                                               SACL_SECURITY_INFORMATION},
    [SYSTEM_ALARM_CALLBACK_OBJECT_ACE_TYPE] = {ACE_OBJECT, ACE_NOTHING, true, true,
                                               SACL_SECURITY_INFORMATION},
    [SYSTEM_MANDATORY_LABEL_ACE_TYPE] = {ACE_PLAIN, ACE_NOTHING, false, false, LABEL_SECURITY_INFORMATION},
    [SYSTEM_RESOURCE_ATTRIBUTE_ACE_TYPE] = {ACE_PLAIN, ACE_NOTHING, true, false,
                                            ATTRIBUTE_SECURITY_INFORMATION},
    [SYSTEM_SCOPED_POLICY_ID_ACE_TYPE] = {ACE_PLAIN, ACE_NOTHING, false, false, SCOPE_SECURITY_INFORMATION},
    [SYSTEM_PROCESS_TRUST_LABEL_ACE_TYPE] = {ACE_PLAIN, ACE_NOTHING, false, false, SACL_SECURITY_INFORMATION},
    [SYSTEM_ACCESS_FILTER_ACE_TYPE] = {ACE_PLAIN, ACE_NOTHING, true, false, SACL_SECURITY_INFORMATION},
};
static const struct ace_kind unknown = {ACE_OPAQUE, ACE_NOTHING, false, false, SACL_SECURITY_INFORMATION};

const struct ace_kind *ace_kind(uint8_t type)
{
    return type < sizeof kinds / sizeof kinds[0] ? &kinds[type] : &unknown;
}

/* Takes `length` bytes off the front; false when there are fewer. */
static bool take(struct sd_span *rest, size_t length, struct sd_span *out)
{
    if (rest->length < length)
        return false;
    *out = (struct sd_span){rest->at, length};
    rest->at += length;
    rest->length -= length;
    return true;
}

static bool take_guids(struct sd_span *rest, struct ace *ace)
{
    struct sd_span flags;
    if (!take(rest, OBJECT_FLAGS, &flags))
        return false;
    uint32_t present = sd_get32(flags.at);
    return (!(present & ACE_OBJECT_TYPE_PRESENT) || take(rest, GUID_BYTES, &ace->object)) &&
           (!(present & ACE_INHERITED_OBJECT_TYPE_PRESENT) || take(rest, GUID_BYTES, &ace->inherited_object));
}

/* The entry at the front of `in`, which holds at least its head. */
static bool ace_in(struct sd_span in, struct ace *out)
{
    size_t size = sd_get16(in.at + offsetof(ACE_HEADER, AceSize));
    *out = (struct ace){.kind = ace_kind(in.at[0]), .type = in.at[0], .flags = in.at[1]};
    if (size < sizeof(ACE_HEADER) || size > in.length || size % ACE_ALIGN)
        return false;
    out->whole = (struct sd_span){in.at, size};
    if (out->kind->shape == ACE_OPAQUE)
        return true;
    if (size < BODY_AT)
        return false;
    out->mask = sd_get32(in.at + MASK_AT);
    struct sd_span rest = {in.at + BODY_AT, size - BODY_AT};
    if (out->kind->shape == ACE_OBJECT && !take_guids(&rest, out))
        return false;
    out->sid = sid_in(rest);
    return out->sid.at && take(&rest, out->sid.length, &out->sid) && take(&rest, rest.length, &out->data);
}

static bool entries_valid(struct sd_span acl)
{
    size_t at = sizeof(ACL);
    struct ace ace;
    for (unsigned left = sd_get16(acl.at + offsetof(ACL, AceCount)); left; left--) {
        if (acl.length - at < sizeof(ACE_HEADER) ||
            !ace_in((struct sd_span){acl.at + at, acl.length - at}, &ace))
            return false;
        at += ace.whole.length;
    }
    return true;
}

struct sd_span acl_in(struct sd_span in)
{
    const struct sd_span none = {0};
    if (in.length < sizeof(ACL))
        return none;
    struct sd_span acl = {in.at, sd_get16(in.at + offsetof(ACL, AclSize))};
    if (in.at[0] < REVISION_MIN || in.at[0] > REVISION_MAX || acl.length < sizeof(ACL) ||
        acl.length > in.length)
        return none;
    return entries_valid(acl) ? acl : none;
}

bool acl_next(struct sd_span acl, size_t *at, struct ace *out)
{
    unsigned count = acl.at ? sd_get16(acl.at + offsetof(ACL, AceCount)) : 0;
    /* *at: the number of the entry above 16 bits, its offset below. */
    unsigned index = (unsigned)(*at >> 16);
    size_t offset = *at ? *at & 0xFFFF : sizeof(ACL);
    if (index >= count || !ace_in((struct sd_span){acl.at + offset, acl.length - offset}, out))
        return false;
    *at = (size_t)(index + 1) << 16 | (offset + out->whole.length);
    return true;
}

/* ---- building ------------------------------------------------------------------------------------------ */

void acl_begin(struct acl_draft *draft, uint8_t revision)
{
    const ACL head = {.AclRevision = revision < REVISION_MIN ? REVISION_MIN : revision};
    draft->count = 0;
    draft->bytes.used = 0;
    sd_put(&draft->bytes, &head, sizeof head);
}

static void put_body(struct sd_buffer *b, const struct ace *ace)
{
    sd_put32(b, ace->mask);
    if (ace->kind->shape == ACE_OBJECT) {
        sd_put32(b, (ace->object.at ? ACE_OBJECT_TYPE_PRESENT : 0) |
                        (ace->inherited_object.at ? ACE_INHERITED_OBJECT_TYPE_PRESENT : 0));
        sd_put(b, ace->object.at, ace->object.length);
        sd_put(b, ace->inherited_object.at, ace->inherited_object.length);
    }
    sd_put(b, ace->sid.at, ace->sid.length);
    sd_put(b, ace->data.at, ace->data.length);
}

void acl_add(struct acl_draft *draft, const struct ace *ace)
{
    struct sd_buffer *b = &draft->bytes;
    size_t start = b->used;
    sd_put(b, (const unsigned char[]){ace->type, ace->flags, 0, 0}, sizeof(ACE_HEADER));
    if (ace->kind->shape == ACE_OPAQUE)
        sd_put(b, ace->whole.at + sizeof(ACE_HEADER), ace->whole.length - sizeof(ACE_HEADER));
    else
        put_body(b, ace);
    if (b->used > SD_ACL_MAX)
        b->failed = true;
    if (b->failed)
        return;
    size_t size = b->used - start;
    b->at[start + 2] = (unsigned char)size;
    b->at[start + 3] = (unsigned char)(size >> 8);
    if (ace->kind->shape == ACE_OBJECT)
        b->at[0] = ACL_REVISION_DS;
    draft->count++;
}

struct sd_span acl_end(struct acl_draft *draft)
{
    struct sd_buffer *b = &draft->bytes;
    if (b->failed)
        return (struct sd_span){0};
    b->at[2] = (unsigned char)b->used;
    b->at[3] = (unsigned char)(b->used >> 8);
    b->at[4] = (unsigned char)draft->count;
    b->at[5] = (unsigned char)(draft->count >> 8);
    return (struct sd_span){b->at, b->used};
}
