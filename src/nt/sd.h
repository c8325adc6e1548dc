// SPDX-License-Identifier: MIT
/*
 * Security descriptors, lists and identifiers as bytes: checking, taking apart, putting together. Knows no
 * volume and no request; no locks, no state.
 *
 * A `struct sd_span` of a SID, an entry or a list stands for one that was checked. What comes from outside
 * goes through sd_parse() first, afterwards nobody looks at lengths again.
 */
#ifndef XDOKAN_NT_SD_H
#define XDOKAN_NT_SD_H

#include <dokan/dokan_security.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    SD_HEAD = sizeof(SECURITY_DESCRIPTOR_RELATIVE),
    SD_SID_MIN = 8,
    SD_SID_MAX = SD_SID_MIN + 4 * SID_MAX_SUB_AUTHORITIES,
    SD_SID_TEXT = 192, /* bytes of the longest text of a SID, terminated */
    SD_ACL_MAX = 0xFFFC,
    SD_MAX = SD_HEAD + 2 * SD_SID_MAX + 2 * SD_ACL_MAX
};

/* Some bytes of somebody's. `at` NULL: none. */
struct sd_span {
    const unsigned char *at;
    size_t length;
};

static inline uint16_t sd_get16(const unsigned char *at)
{
    return (uint16_t)(at[0] | at[1] << 8);
}

static inline uint32_t sd_get32(const unsigned char *at)
{
    return (uint32_t)sd_get16(at) | (uint32_t)sd_get16(at + 2) << 16;
}

/* ---- bytes that grow (sd.c) ---------------------------------------------------------------------------- */

/* `failed`: out of memory, or larger than what is built may be. Zero is an empty one. */
struct sd_buffer {
    unsigned char *at;
    size_t used, room;
    bool failed;
};

void sd_put(struct sd_buffer *b, const void *bytes, size_t length);
void sd_put16(struct sd_buffer *b, uint16_t value);
void sd_put32(struct sd_buffer *b, uint32_t value);
void sd_buffer_free(struct sd_buffer *b);
#define CLEANUP_SD_BUFFER __attribute__((cleanup(sd_buffer_free)))

/* ---- identifiers (sid.c) ------------------------------------------------------------------------------- */

struct sd_sid {
    unsigned char bytes[SD_SID_MAX];
};

/* The SID at the beginning of `in`; none when there is no valid one. */
struct sd_span sid_in(struct sd_span in);
/* One that its owner vouches for: NULL and a wrong head give none. */
struct sd_span sid_of(const void *sid);
bool sid_same(struct sd_span a, struct sd_span b);
struct sd_span sid_make(struct sd_sid *out, uint64_t authority, const uint32_t *subs, unsigned count);
/* Samba's form of Unix accounts: S-1-22-1-uid, S-1-22-2-gid. */
enum sid_unix_kind { SID_UNIX_USER = 1, SID_UNIX_GROUP = 2 };
struct sd_span sid_from_unix(struct sd_sid *out, enum sid_unix_kind kind, uint32_t id);
bool sid_to_unix(struct sd_span sid, enum sid_unix_kind kind, uint32_t *id);

extern const struct sd_span sid_everyone, sid_authenticated, sid_creator_owner, sid_creator_group,
    sid_owner_rights, sid_system;

/* ---- entries and lists (acl.c) ------------------------------------------------------------------------- */

/* How the body of an entry is laid out, by its type. */
enum ace_shape { ACE_OPAQUE, ACE_PLAIN, ACE_OBJECT };
enum ace_effect { ACE_NOTHING, ACE_ALLOWS, ACE_DENIES };

struct ace_kind {
    enum ace_shape shape;
    enum ace_effect effect;
    bool conditional;          /* data behind the SID say when it holds */
    bool file_mask;            /* the mask holds rights to the file: generic ones can be mapped */
    SECURITY_INFORMATION part; /* which part of a system ACL it belongs to */
};

const struct ace_kind *ace_kind(uint8_t type);

struct ace {
    const struct ace_kind *kind;
    uint8_t type, flags;
    ACCESS_MASK mask;
    struct sd_span object, inherited_object; /* GUIDs, 16 bytes; or none */
    struct sd_span sid;                      /* none: opaque */
    struct sd_span data;                     /* behind the SID */
    struct sd_span whole;
};

/* The list at the beginning of `in`, as long as it says; none when any part of it is wrong. */
struct sd_span acl_in(struct sd_span in);
/* Walks a checked list: starts with *at = 0; false at the end. */
bool acl_next(struct sd_span acl, size_t *at, struct ace *out);

struct acl_draft {
    struct sd_buffer bytes;
    unsigned count;
};

void acl_begin(struct acl_draft *draft, uint8_t revision);
/* Adds a copy of the entry with its flags, mask and SID as they stand in `ace` now. */
void acl_add(struct acl_draft *draft, const struct ace *ace);
/* The finished list; none after a failure. It lives in draft->bytes. */
struct sd_span acl_end(struct acl_draft *draft);

/* ---- descriptors (sd.c) -------------------------------------------------------------------------------- */

/* A descriptor taken apart. A list that is present but none (`dacl.at` NULL with SE_DACL_PRESENT) is NT's
 * NULL list: everything is allowed. */
struct sd {
    uint16_t control; /* without SE_SELF_RELATIVE */
    uint8_t rm_control;
    struct sd_span owner, group, sacl, dacl;
};

/* What was built for a descriptor and has to live as long as it. */
struct sd_store {
    struct sd_buffer sacl, dacl;
};

void sd_store_free(struct sd_store *store);
#define CLEANUP_SD_STORE __attribute__((cleanup(sd_store_free)))

/* False for what is not a self-relative descriptor whose every part lies inside `length` bytes. */
bool sd_parse(const void *data, size_t length, struct sd *out);
size_t sd_size(const struct sd *sd);
/* Writes sd_size() bytes. */
void sd_write(const struct sd *sd, unsigned char *out);

/* BACKUP_SECURITY_INFORMATION spelled out; bits that name no part are dropped. */
SECURITY_INFORMATION sd_parts(SECURITY_INFORMATION what);
/* The parts that `what` names. False: out of memory. */
bool sd_cut(const struct sd *sd, SECURITY_INFORMATION what, struct sd_store *store, struct sd *out);
/*
 * As Windows takes a descriptor that somebody sets: only the parts named; generic rights mapped; protected as
 * `what` or else the descriptor says; auto-inherited only when it was asked for as well.
 * STATUS_INVALID_OWNER, STATUS_INVALID_PRIMARY_GROUP: named, but not there.
 */
NTSTATUS sd_given(const struct sd *sd, SECURITY_INFORMATION what, struct sd_store *store, struct sd *out);
/* `present` with the parts of `given`, which is of sd_given(), that `what` names. False: out of memory. */
bool sd_merge(const struct sd *present, const struct sd *given, SECURITY_INFORMATION what,
              struct sd_store *store, struct sd *out);

/* Generic rights replaced by those of files. */
ACCESS_MASK sd_map_generic(ACCESS_MASK mask);

#endif
