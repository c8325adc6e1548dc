// SPDX-License-Identifier: MIT
/*
 * The text form of security descriptors and identifiers, in ASCII. Names of rights, types, flags and
 * well-known identifiers are the tables of sddl_names.c.
 */
#ifndef XDOKAN_NT_SDDL_H
#define XDOKAN_NT_SDDL_H

#include "nt/sd.h"

/* A short name for bits or a number. Ends with a NULL name. */
struct sddl_name {
    char name[3];
    uint32_t value;
};

extern const struct sddl_name sddl_rights[];      /* one bit each */
extern const struct sddl_name sddl_file_rights[]; /* whole masks, for entries of every kind but labels */
extern const struct sddl_name sddl_label_rights[];
extern const struct sddl_name sddl_flags[];
/* What stands for a type; `text` tells whether there is a text form without a condition. */
struct sddl_type {
    char name[3];
    uint8_t type;
    bool text;
};
extern const struct sddl_type sddl_types[];
struct sddl_alias {
    char name[3];
    uint8_t authority, count;
    uint32_t subs[6];
};
extern const struct sddl_alias sddl_aliases[];
/* Aliases of accounts in a Windows domain or on one machine: they mean nothing here. */
bool sddl_alias_is_foreign(const char *two);

/* Text being read; `at` stands at what could not be read. */
struct sddl_text {
    const char *at, *end;
};

/* A SID as S-1-... or an alias. STATUS_INVALID_SID, STATUS_NONE_MAPPED (a foreign alias). */
NTSTATUS sddl_read_sid(struct sddl_text *text, struct sd_sid *out, struct sd_span *sid);
/* Numbers, "S-1-5-32-544"; terminated. */
size_t sid_to_text(struct sd_span sid, char out[static SD_SID_TEXT]);

/*
 * A whole descriptor, self-relative, added to `out`. STATUS_INVALID_SID, STATUS_INVALID_ACL,
 * STATUS_NONE_MAPPED, STATUS_NOT_SUPPORTED (conditional entries, resource attributes), STATUS_NO_MEMORY,
 * STATUS_INVALID_PARAMETER; text->at tells where.
 */
NTSTATUS sddl_read(struct sddl_text *text, struct sd_buffer *out);
/* The text of the parts named, not terminated. STATUS_NOT_SUPPORTED, STATUS_NO_MEMORY. */
NTSTATUS sddl_write(const struct sd *sd, SECURITY_INFORMATION what, struct sd_buffer *out);

#endif
