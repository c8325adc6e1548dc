// SPDX-License-Identifier: MIT
/* The first descriptor of a new file, see inherit.c. */
#ifndef XDOKAN_NT_INHERIT_H
#define XDOKAN_NT_INHERIT_H

#include "nt/sd.h"

/*
 * Puts it together in `store`. `parent` and `creator` may be NULL. STATUS_INVALID_OWNER: the creator names an
 * owner that he may not give; STATUS_PRIVILEGE_NOT_HELD: he gives a system list without the right to (both
 * only with `checked`). STATUS_INVALID_ACL: a list would become too long. STATUS_NO_MEMORY.
 */
struct inherit_args {
    const struct sd *parent, *creator;
    const DOKAN_ACCESS_TOKEN *token;
    bool directory;
    bool checked;
};
NTSTATUS inherit(const struct inherit_args *args, struct sd_store *store, struct sd *out);

#endif
