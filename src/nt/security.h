// SPDX-License-Identifier: MIT
/* Security descriptors of files: asked of the file system, checked at create. See security.c, guard.c,
 * caller.c. */
#ifndef XDOKAN_NT_SECURITY_H
#define XDOKAN_NT_SECURITY_H

#include "nt/nt_internal.h"
#include "nt/sd.h"

enum { DESCRIPTOR_DEFAULT_MAX = 128, FETCH_FIRST = 512 };

struct descriptor_owner {
    uint32_t uid, gid;
};

/* Writes the parts of the default that `what` names (at most DESCRIPTOR_DEFAULT_MAX bytes); the length. */
uint32_t descriptor_default(unsigned char *out, struct descriptor_owner owner, bool directory,
                            SECURITY_INFORMATION what);

/* A descriptor as the file system gave it. */
struct fetched {
    struct sd sd;         /* points into `bytes` */
    uint32_t needed;      /* with STATUS_BUFFER_OVERFLOW: what the file system wants, which cannot be */
    unsigned char *bytes; /* `first`, or memory of its own where that is too small */
    unsigned char first[FETCH_FIRST];
};

/*
 * The parts that `what` names, or more; the default where the file system has none. STATUS_INVALID_PARAMETER:
 * what it gave is no descriptor. To be ended with fetched_free(), also after a failure.
 */
NTSTATUS security_fetch(struct nt_request *rq, struct nt_handle *h, SECURITY_INFORMATION what,
                        struct fetched *out);
void fetched_free(struct fetched *f);
#define CLEANUP_FETCHED __attribute__((cleanup(fetched_free)))

/* ---- who asks (caller.c) ------------------------------------------------------------------------------- */

/* The request's token, or one made of its caller. */
struct caller_token {
    const DOKAN_ACCESS_TOKEN *use;
    DOKAN_ACCESS_TOKEN made;
    struct sd_sid user, group;
    struct unix_sid {
        unsigned char bytes[16];
    } * groups;
    PSID *list;
};

NTSTATUS caller_token_init(struct caller_token *t, const struct nt_request *rq);
void caller_token_end(struct caller_token *t);
#define CLEANUP_CALLER __attribute__((cleanup(caller_token_end)))

/* ---- at create (guard.c) ------------------------------------------------------------------------------- */

struct guard {
    bool checked;        /* what is there was asked before the open */
    bool found;          /* it exists */
    ACCESS_MASK allowed; /* to what exists */
    unsigned char *security;
};

/* Before the file system is asked: gives it the first descriptor of a new file, and refuses what it must not
 * even begin. */
NTSTATUS guard_before(struct nt_request *rq, struct nt_node *node, struct create_call *c, struct guard *g);
/* After it said yes: refuses what the descriptor does not grant, and tells in rq->create.access and h->access
 * what is granted. */
NTSTATUS guard_after(struct nt_request *rq, struct nt_handle *h, struct guard *g);
void guard_end(struct guard *g);
/* By name, or a name given through a handle, on volumes that check (guard_name.c). May he have these rights
 * to what has the name; delete it; make a name in the directory? */
NTSTATUS guard_rights(struct nt_request *rq, struct nt_node *node, ACCESS_MASK wanted);
NTSTATUS guard_remove(struct nt_request *rq, struct nt_node *node);
NTSTATUS guard_add(struct nt_request *rq, struct nt_node *directory, bool is_directory);
/* What a descriptor read through an internal open grants (guard.c). */
NTSTATUS guard_granted(struct nt_request *rq, struct nt_node *node, bool directory,
                       const DOKAN_ACCESS_TOKEN *token, ACCESS_MASK *allowed);
#define CLEANUP_GUARD __attribute__((cleanup(guard_end)))

#endif
