// SPDX-License-Identifier: MIT
/*
 * Security descriptors as text, in the spelling of Windows: aliases where there is one, rights as letters
 * where letters can say them, else as a number.
 */
#include "nt/sddl.h"
#include <stdio.h>
#include <string.h>

static void put_text(struct sd_buffer *out, const char *text)
{
    sd_put(out, text, strlen(text));
}

size_t sid_to_text(struct sd_span sid, char out[static SD_SID_TEXT])
{
    uint64_t authority = 0;
    for (unsigned i = 0; i < 6; i++)
        authority = authority << 8 | sid.at[2 + i];
    const char *format = authority > UINT32_MAX ? "S-%u-0x%012llX" : "S-%u-%llu";
    size_t used = (size_t)snprintf(out, SD_SID_TEXT, format, sid.at[0], (unsigned long long)authority);
    for (unsigned i = 0; i < sid.at[1]; i++)
        used +=
            (size_t)snprintf(out + used, SD_SID_TEXT - used, "-%u", sd_get32(sid.at + SD_SID_MIN + 4 * i));
    return used;
}

static const char *alias_of(struct sd_span sid)
{
    struct sd_sid bytes;
    for (const struct sddl_alias *a = sddl_aliases; a->name[0]; a++)
        if (sid_same(sid, sid_make(&bytes, a->authority, a->subs, a->count)))
            return a->name;
    return NULL;
}

static void put_sid(struct sd_buffer *out, struct sd_span sid)
{
    char text[SD_SID_TEXT];
    const char *alias = alias_of(sid);
    if (!alias)
        sid_to_text(sid, text);
    put_text(out, alias ? alias : text);
}

/* The names of the bits, each once. False, and nothing written, when some bit has no name. */
static bool put_bits(struct sd_buffer *out, const struct sddl_name *table, uint32_t bits)
{
    uint32_t named = 0;
    for (const struct sddl_name *row = table; row->name[0]; row++)
        named |= row->value;
    if (bits & ~named)
        return false;
    for (; table->name[0]; table++)
        if (bits & table->value)
            put_text(out, table->name);
    return true;
}

static void put_mask(struct sd_buffer *out, const struct ace *ace)
{
    char number[16];
    bool label = ace->type == SYSTEM_MANDATORY_LABEL_ACE_TYPE;
    for (const struct sddl_name *row = sddl_file_rights; !label && row->name[0]; row++) {
        if (row->value == ace->mask) {
            put_text(out, row->name);
            return;
        }
    }
    if (ace->mask && put_bits(out, label ? sddl_label_rights : sddl_rights, ace->mask))
        return;
    snprintf(number, sizeof number, "0x%x", ace->mask);
    put_text(out, number);
}

static void put_guid(struct sd_buffer *out, struct sd_span guid)
{
    char text[40];
    const unsigned char *g = guid.at;
    if (!g)
        return;
    snprintf(text, sizeof text, "%08x-%04x-%04x-%02x%02x-%02x%02x%02x%02x%02x%02x", sd_get32(g),
             sd_get16(g + 4), sd_get16(g + 6), g[8], g[9], g[10], g[11], g[12], g[13], g[14], g[15]);
    put_text(out, text);
}

static const char *type_name(uint8_t type)
{
    for (const struct sddl_type *row = sddl_types; row->name[0]; row++)
        if (row->type == type && row->text)
            return row->name;
    return NULL;
}

static bool put_ace(struct sd_buffer *out, const struct ace *ace)
{
    const char *type = type_name(ace->type);
    if (!type)
        return false;
    put_text(out, "(");
    put_text(out, type);
    put_text(out, ";");
    if (!put_bits(out, sddl_flags, ace->flags))
        return false;
    put_text(out, ";");
    put_mask(out, ace);
    put_text(out, ";");
    put_guid(out, ace->object);
    put_text(out, ";");
    put_guid(out, ace->inherited_object);
    put_text(out, ";");
    put_sid(out, ace->sid);
    put_text(out, ")");
    return true;
}

struct list_row {
    const char *part;
    uint16_t present, protected, requested, inherited;
};

static bool put_acl(struct sd_buffer *out, const struct list_row *row, uint16_t control, struct sd_span acl)
{
    struct ace ace;
    if (!(control & row->present))
        return true;
    put_text(out, row->part);
    put_text(out, control & row->protected ? "P" : "");
    put_text(out, control & row->requested ? "AR" : "");
    put_text(out, control & row->inherited ? "AI" : "");
    if (!acl.at)
        put_text(out, "NO_ACCESS_CONTROL");
    for (size_t at = 0; acl_next(acl, &at, &ace);)
        if (!put_ace(out, &ace))
            return false;
    return true;
}

static void put_party(struct sd_buffer *out, const char *part, struct sd_span sid)
{
    if (!sid.at)
        return;
    put_text(out, part);
    put_sid(out, sid);
}

NTSTATUS sddl_write(const struct sd *sd, SECURITY_INFORMATION what, struct sd_buffer *out)
{
    static const struct list_row dacl = {"D:", SE_DACL_PRESENT, SE_DACL_PROTECTED, SE_DACL_AUTO_INHERIT_REQ,
                                         SE_DACL_AUTO_INHERITED};
    static const struct list_row sacl = {"S:", SE_SACL_PRESENT, SE_SACL_PROTECTED, SE_SACL_AUTO_INHERIT_REQ,
                                         SE_SACL_AUTO_INHERITED};
    CLEANUP_SD_STORE struct sd_store store = {0};
    struct sd cut;
    if (!sd_cut(sd, what, &store, &cut))
        return STATUS_NO_MEMORY;
    put_party(out, "O:", cut.owner);
    put_party(out, "G:", cut.group);
    bool told = put_acl(out, &dacl, cut.control, cut.dacl) && put_acl(out, &sacl, cut.control, cut.sacl);
    if (out->failed)
        return STATUS_NO_MEMORY;
    return told ? STATUS_SUCCESS : STATUS_NOT_SUPPORTED;
}
