// SPDX-License-Identifier: MIT
/*
 * Security identifiers as bytes: checked, compared, made of numbers and of Unix accounts. Tables of constants
 * only.
 */
#include "nt/sd.h"
#include <string.h>

enum { SUBS_AT = 8, UNIX_AUTHORITY = 22, UNIX_SUBS = 2 };

struct sd_span sid_of(const void *sid)
{
    const unsigned char *at = sid;
    if (!at || at[0] != SID_REVISION || at[1] > SID_MAX_SUB_AUTHORITIES)
        return (struct sd_span){0};
    return (struct sd_span){at, SUBS_AT + (size_t)at[1] * 4};
}

struct sd_span sid_in(struct sd_span in)
{
    struct sd_span sid = in.length >= SD_SID_MIN ? sid_of(in.at) : (struct sd_span){0};
    return sid.length <= in.length ? sid : (struct sd_span){0};
}

bool sid_same(struct sd_span a, struct sd_span b)
{
    return a.at && b.at && a.length == b.length && memcmp(a.at, b.at, a.length) == 0;
}

struct sd_span sid_make(struct sd_sid *out, uint64_t authority, const uint32_t *subs, unsigned count)
{
    unsigned char *at = out->bytes;
    at[0] = SID_REVISION;
    at[1] = (unsigned char)count;
    for (unsigned i = 0; i < 6; i++)
        at[2 + i] = (unsigned char)(authority >> (8 * (5 - i)));
    for (unsigned i = 0; i < count; i++)
        for (unsigned b = 0; b < 4; b++)
            at[SUBS_AT + 4 * i + b] = (unsigned char)(subs[i] >> (8 * b));
    return (struct sd_span){at, SUBS_AT + (size_t)count * 4};
}

struct sd_span sid_from_unix(struct sd_sid *out, enum sid_unix_kind kind, uint32_t id)
{
    return sid_make(out, UNIX_AUTHORITY, (const uint32_t[]){kind, id}, UNIX_SUBS);
}

bool sid_to_unix(struct sd_span sid, enum sid_unix_kind kind, uint32_t *id)
{
    struct sd_sid same = {0};
    if (!sid.at || sid.at[1] != UNIX_SUBS)
        return false;
    uint32_t found = sd_get32(sid.at + SUBS_AT + 4);
    if (!sid_same(sid, sid_from_unix(&same, kind, found)))
        return false;
    *id = found;
    return true;
}

#define WELL_KNOWN(name, authority, number)                          \
    static const unsigned char name##_bytes[] = {                    \
        SID_REVISION, 1, 0, 0, 0, 0, 0, authority, number, 0, 0, 0}; \
    const struct sd_span name = {name##_bytes, sizeof name##_bytes}

WELL_KNOWN(sid_everyone, 1, 0);
WELL_KNOWN(sid_creator_owner, 3, 0);
WELL_KNOWN(sid_creator_group, 3, 1);
WELL_KNOWN(sid_owner_rights, 3, 4);
WELL_KNOWN(sid_authenticated, 5, 11);
WELL_KNOWN(sid_system, 5, 18);
