// SPDX-License-Identifier: MIT
/* Names given through a handle: renames (setname.c) and further names (link.c). */
#ifndef XDOKAN_NT_SETNAME_H
#define XDOKAN_NT_SETNAME_H

#include "nt/nt_internal.h"

NTSTATUS prepare_rename_by_handle(struct nt_request *rq);
NTSTATUS rename_by_handle(struct nt_request *rq);
NTSTATUS prepare_link_by_handle(struct nt_request *rq);
NTSTATUS link_by_handle(struct nt_request *rq);

/* The name that a request gives. */
struct new_name {
    struct nt_node *node, *parent;
    WCHAR name[NT_NAME_MAX + 1]; /* as it was asked for */
    size_t len;
    ULONG flags; /* FILE_RENAME_*, FILE_LINK_* */
};

NTSTATUS target_resolve(struct nt_request *rq, struct new_name *out);
void target_put(struct new_name *target);
/* Somebody decided that the directory shall go. */
bool is_going(struct nt_node *directory);
/* Whether what has the name may be replaced by one that is a directory or not. */
NTSTATUS may_replace(struct nt_request *rq, const struct new_name *target, bool directory);

#endif
