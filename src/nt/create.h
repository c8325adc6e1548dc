// SPDX-License-Identifier: MIT
/* The parts of NT_CREATE: create.c, create_rules.c, create_names.c, create_dress.c, follow.c, byid.c. */
#ifndef XDOKAN_NT_CREATE_H
#define XDOKAN_NT_CREATE_H

#include "nt/nt_internal.h"

/* ---- rules (create_rules.c) ---------------------------------------------------------------------------- */

/* What Information says after a success, and after a success in spite of NAME_COLLISION. */
struct disposition_row {
    bool creates; /* may make the name appear */
    bool writes;  /* refused on a write-protected volume */
    bool collision_is_ok;
    uint8_t done, collided;
};

/* Of a valid disposition. */
const struct disposition_row *disposition_of(const struct nt_create_args *a);
/* What comes before the name is looked at; maps the rights, and for strict callers reads what the name and
 * the options mean into rq->create. Once for each request. */
NTSTATUS create_rules(struct nt_request *rq);
/* What is open must be of the kind that was asked for. */
NTSTATUS rules_of_kind(const struct nt_request *rq, const struct nt_handle *h);
/* The status as Windows has it, where the file system's answer leaves that open. */
NTSTATUS rules_of_failure(const struct nt_request *rq, NTSTATUS status);
bool means_missing(NTSTATUS status);

/* ---- what is made (create_dress.c) --------------------------------------------------------------------- */

/* On the handle that made it: the file system's own checks come first. */
NTSTATUS create_dress(struct nt_request *rq, struct nt_handle *h, struct nt_node *parent);
/* It was made but cannot be what was asked for. Ends the handle. */
void create_undo(struct nt_request *rq, struct nt_handle *h);

/* ---- names that lead elsewhere (create_names.c) -------------------------------------------------------- */

/* A create's reservations. */
enum { CREATE_NODE, CREATE_PARENT, CREATE_ASKED };

enum { NT_HOPS_MAX = 63 };

/* The node that the request is to end at: that of its name, also where its parent is opened. */
struct nt_node *create_asked(const struct nt_request *rq);
/* Puts `path` in place of the name. STATUS_REPARSE: run() must end with just that, nothing of the request's
 * reservations is left; anything else is why not. */
NTSTATUS create_elsewhere(struct nt_request *rq, const WCHAR *path, size_t len);

/* Links (follow.c): they are followed for this caller. */
bool follow_possible(const struct nt_request *rq);
/* The last name, too. */
bool follow_due(const struct nt_request *rq);
/* These give STATUS_SUCCESS where there is nothing to follow, and STATUS_REPARSE after create_elsewhere(). */
/* Before the open of something that it would change. */
NTSTATUS follow_before(struct nt_request *rq, struct nt_node *node);
/* After it worked. */
NTSTATUS follow_opened(struct nt_request *rq, struct nt_handle *h);
/* After it failed with `status`: that, or another one that says it better. */
NTSTATUS follow_failed(struct nt_request *rq, struct nt_node *node, NTSTATUS status);

/* ---- by number (byid.c) -------------------------------------------------------------------------------- */

/* FILE_OPEN_BY_FILE_ID: reads the number out of the name. */
NTSTATUS byid_rules(struct nt_request *rq);
/* Asks for a name of it. STATUS_REPARSE as above. */
NTSTATUS byid_find(struct nt_request *rq);
/* The name that was found is reserved: is it still that file's? STATUS_REPARSE: it was asked anew. */
NTSTATUS byid_verify(struct nt_request *rq, struct nt_node *node);

#endif
