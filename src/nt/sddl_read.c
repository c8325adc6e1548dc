// SPDX-License-Identifier: MIT
/*
 * Security descriptors from text: `O:BAG:SYD:PAI(A;OICI;FA;;;WD)S:(AU;SA;FR;;;WD)`. The parts may come in any
 * order, each once. Upper and lower case are the same; blanks may stand between the parts and the entries.
 * Nothing is guessed: what is not understood is refused, and text->at stands there.
 */
#include "nt/sddl.h"
#include <ctype.h>
#include <string.h>

static size_t left(const struct sddl_text *t)
{
    return (size_t)(t->end - t->at);
}

static char peek(const struct sddl_text *t, size_t ahead)
{
    return left(t) > ahead ? (char)toupper((unsigned char)t->at[ahead]) : 0;
}

static bool accept(struct sddl_text *t, char c)
{
    if (peek(t, 0) != c || !left(t))
        return false;
    t->at++;
    return true;
}

static void skip_blanks(struct sddl_text *t)
{
    while (left(t) && (*t->at == ' ' || *t->at == '\t' || *t->at == '\r' || *t->at == '\n'))
        t->at++;
}

static bool accept_word(struct sddl_text *t, const char *word)
{
    size_t n = strlen(word);
    for (size_t i = 0; i < n; i++)
        if (peek(t, i) != word[i])
            return false;
    t->at += n;
    return true;
}

static int digit_of(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : 99;
}

/* Decimal, or hexadecimal behind 0x. A letter before ':' begins the next part and is no digit. */
static bool read_number(struct sddl_text *t, uint64_t max, uint64_t *out)
{
    int base = peek(t, 0) == '0' && peek(t, 1) == 'X' ? 16 : 10;
    const char *start = t->at + (base == 16 ? 2 : 0);
    uint64_t value = 0;
    struct sddl_text next = {start, t->end};
    for (; left(&next); next.at++) {
        int digit = digit_of(peek(&next, 0));
        if (digit >= base || (digit > 9 && peek(&next, 1) == ':'))
            break;
        if (value > (max - (uint64_t)digit) / (uint64_t)base)
            return false;
        value = value * (uint64_t)base + (uint64_t)digit;
    }
    if (next.at == start)
        return false;
    t->at = next.at;
    *out = value;
    return true;
}

/* ---- identifiers --------------------------------------------------------------------------------------- */

static NTSTATUS read_sid_numbers(struct sddl_text *t, struct sd_sid *out, struct sd_span *sid)
{
    uint32_t subs[SID_MAX_SUB_AUTHORITIES];
    unsigned count = 0;
    uint64_t revision, authority, sub;
    if (!accept_word(t, "S-") || !read_number(t, UINT32_MAX, &revision) || revision != SID_REVISION ||
        !accept(t, '-') || !read_number(t, UINT64_C(0xFFFFFFFFFFFF), &authority))
        return STATUS_INVALID_SID;
    while (accept(t, '-')) {
        if (count == SID_MAX_SUB_AUTHORITIES || !read_number(t, UINT32_MAX, &sub))
            return STATUS_INVALID_SID;
        subs[count++] = (uint32_t)sub;
    }
    *sid = sid_make(out, authority, subs, count);
    return STATUS_SUCCESS;
}

NTSTATUS sddl_read_sid(struct sddl_text *t, struct sd_sid *out, struct sd_span *sid)
{
    const char two[] = {peek(t, 0), peek(t, 1), 0};
    if (two[1] == '-')
        return read_sid_numbers(t, out, sid);
    if (!two[0] || !two[1])
        return STATUS_INVALID_SID;
    for (const struct sddl_alias *a = sddl_aliases; a->name[0]; a++) {
        if (memcmp(a->name, two, 2) == 0) {
            t->at += 2;
            *sid = sid_make(out, a->authority, a->subs, a->count);
            return STATUS_SUCCESS;
        }
    }
    return sddl_alias_is_foreign(two) ? STATUS_NONE_MAPPED : STATUS_INVALID_SID;
}

/* ---- entries ------------------------------------------------------------------------------------------- */

static const struct sddl_name *find_name(const struct sddl_name *table, const struct sddl_text *t)
{
    for (; table->name[0]; table++)
        if (peek(t, 0) == table->name[0] && peek(t, 1) == table->name[1])
            return table;
    return NULL;
}

/* Names of bits up to the next ';'. */
static bool read_names(struct sddl_text *t, const struct sddl_name *const tables[], uint32_t *out)
{
    *out = 0;
    while (left(t) && *t->at != ';') {
        const struct sddl_name *found = NULL;
        for (size_t i = 0; tables[i] && !found; i++)
            found = find_name(tables[i], t);
        if (!found)
            return false;
        *out |= found->value;
        t->at += 2;
    }
    return true;
}

static bool read_mask(struct sddl_text *t, const struct ace *ace, ACCESS_MASK *mask)
{
    static const struct sddl_name *const plain[] = {sddl_rights, sddl_file_rights, NULL};
    static const struct sddl_name *const label[] = {sddl_label_rights, sddl_rights, NULL};
    uint64_t number;
    if (peek(t, 0) >= '0' && peek(t, 0) <= '9') {
        if (!read_number(t, UINT32_MAX, &number))
            return false;
        *mask = (ACCESS_MASK)number;
        return true;
    }
    return read_names(t, ace->type == SYSTEM_MANDATORY_LABEL_ACE_TYPE ? label : plain, mask);
}

/* 00112233-4455-6677-8899-aabbccddeeff; the first three groups are stored with their low byte first. */
static bool read_guid(struct sddl_text *t, unsigned char out[static 16], struct sd_span *guid)
{
    static const unsigned char order[16] = {3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15};
    if (peek(t, 0) == ';')
        return true;
    for (unsigned i = 0; i < 16; i++) {
        if ((i == 4 || i == 6 || i == 8 || i == 10) && !accept(t, '-'))
            return false;
        int high = digit_of(peek(t, 0)), low = digit_of(peek(t, 1));
        if (high > 15 || low > 15)
            return false;
        out[order[i]] = (unsigned char)(high << 4 | low);
        t->at += 2;
    }
    *guid = (struct sd_span){out, 16};
    return true;
}

static NTSTATUS read_type(struct sddl_text *t, struct ace *ace)
{
    const char *semicolon = memchr(t->at, ';', left(t));
    size_t length = semicolon ? (size_t)(semicolon - t->at) : 0;
    for (const struct sddl_type *row = sddl_types; row->name[0]; row++) {
        struct sddl_text here = *t;
        if (strlen(row->name) != length || !accept_word(&here, row->name))
            continue;
        if (!row->text)
            return STATUS_NOT_SUPPORTED;
        *t = here;
        ace->type = row->type;
        ace->kind = ace_kind(row->type);
        return STATUS_SUCCESS;
    }
    return STATUS_INVALID_ACL;
}

/* (type;flags;rights;object;inherited object;account) */
static NTSTATUS read_ace(struct sddl_text *t, struct acl_draft *draft)
{
    static const struct sddl_name *const flag_names[] = {sddl_flags, NULL};
    unsigned char object[16], inherited[16];
    struct sd_sid sid;
    struct ace ace = {0};
    uint32_t flags;
    NTSTATUS status = read_type(t, &ace);
    if (status)
        return status;
    if (!accept(t, ';') || !read_names(t, flag_names, &flags) || !accept(t, ';') ||
        !read_mask(t, &ace, &ace.mask) || !accept(t, ';') || !read_guid(t, object, &ace.object) ||
        !accept(t, ';') || !read_guid(t, inherited, &ace.inherited_object) || !accept(t, ';'))
        return STATUS_INVALID_ACL;
    if (ace.kind->shape != ACE_OBJECT && (ace.object.at || ace.inherited_object.at))
        return STATUS_INVALID_ACL;
    ace.flags = (uint8_t)flags;
    status = sddl_read_sid(t, &sid, &ace.sid);
    if (status)
        return status;
    if (peek(t, 0) == ';')
        return STATUS_NOT_SUPPORTED; /* a condition */
    if (!accept(t, ')'))
        return STATUS_INVALID_ACL;
    acl_add(draft, &ace);
    return draft->bytes.failed ? (draft->bytes.used > SD_ACL_MAX ? STATUS_INVALID_ACL : STATUS_NO_MEMORY)
                               : STATUS_SUCCESS;
}

/* ---- parts --------------------------------------------------------------------------------------------- */

struct list_bits {
    uint16_t present, protected, requested, inherited;
};

static const struct list_bits dacl_bits = {SE_DACL_PRESENT, SE_DACL_PROTECTED, SE_DACL_AUTO_INHERIT_REQ,
                                           SE_DACL_AUTO_INHERITED};
static const struct list_bits sacl_bits = {SE_SACL_PRESENT, SE_SACL_PROTECTED, SE_SACL_AUTO_INHERIT_REQ,
                                           SE_SACL_AUTO_INHERITED};

struct reading {
    struct sd sd;
    struct sd_sid owner, group;
    struct acl_draft dacl, sacl;
};

static NTSTATUS read_acl(struct sddl_text *t, const struct list_bits *bits, struct sd *sd,
                         struct acl_draft *draft, struct sd_span *out)
{
    if (sd->control & bits->present)
        return STATUS_INVALID_PARAMETER;
    sd->control |= bits->present;
    for (bool more = true; more;) {
        uint16_t before = sd->control;
        if (accept_word(t, "AR"))
            sd->control |= bits->requested;
        else if (accept_word(t, "AI"))
            sd->control |= bits->inherited;
        else if (accept(t, 'P'))
            sd->control |= bits->protected;
        more = sd->control != before;
    }
    if (accept_word(t, "NO_ACCESS_CONTROL"))
        return STATUS_SUCCESS;
    acl_begin(draft, ACL_REVISION);
    for (skip_blanks(t); accept(t, '('); skip_blanks(t)) {
        NTSTATUS status = read_ace(t, draft);
        if (status)
            return status;
    }
    *out = acl_end(draft);
    return out->at ? STATUS_SUCCESS : STATUS_NO_MEMORY;
}

static NTSTATUS read_owner(struct sddl_text *t, struct reading *r)
{
    return r->sd.owner.at ? STATUS_INVALID_PARAMETER : sddl_read_sid(t, &r->owner, &r->sd.owner);
}

static NTSTATUS read_group(struct sddl_text *t, struct reading *r)
{
    return r->sd.group.at ? STATUS_INVALID_PARAMETER : sddl_read_sid(t, &r->group, &r->sd.group);
}

static NTSTATUS read_dacl(struct sddl_text *t, struct reading *r)
{
    return read_acl(t, &dacl_bits, &r->sd, &r->dacl, &r->sd.dacl);
}

static NTSTATUS read_sacl(struct sddl_text *t, struct reading *r)
{
    return read_acl(t, &sacl_bits, &r->sd, &r->sacl, &r->sd.sacl);
}

static NTSTATUS read_part(struct sddl_text *t, struct reading *r)
{
    static const struct {
        char name[3];
        NTSTATUS (*read)(struct sddl_text *t, struct reading *r);
    } rows[] = {{"O:", read_owner}, {"G:", read_group}, {"D:", read_dacl}, {"S:", read_sacl}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (accept_word(t, rows[i].name))
            return rows[i].read(t, r);
    return STATUS_INVALID_PARAMETER;
}

static NTSTATUS put_descriptor(const struct sd *sd, struct sd_buffer *out)
{
    size_t size = sd_size(sd), before = out->used;
    static const unsigned char zeroes[SD_HEAD];
    for (size_t done = 0; done < size; done += sizeof zeroes)
        sd_put(out, zeroes, size - done < sizeof zeroes ? size - done : sizeof zeroes);
    if (out->failed)
        return STATUS_NO_MEMORY;
    sd_write(sd, out->at + before);
    return STATUS_SUCCESS;
}

NTSTATUS sddl_read(struct sddl_text *t, struct sd_buffer *out)
{
    struct reading r = {0};
    NTSTATUS status = STATUS_SUCCESS;
    for (skip_blanks(t); left(t) && !status; skip_blanks(t)) {
        status = read_part(t, &r);
        if (status)
            break;
    }
    if (!status)
        status = put_descriptor(&r.sd, out);
    sd_buffer_free(&r.dacl.bytes);
    sd_buffer_free(&r.sacl.bytes);
    return status;
}
