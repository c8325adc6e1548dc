// SPDX-License-Identifier: MIT
/* Who may do what, see access.c. */
#ifndef XDOKAN_NT_ACCESS_H
#define XDOKAN_NT_ACCESS_H

#include "nt/sd.h"

/* A token whose identifiers can be walked. */
bool access_token_valid(const DOKAN_ACCESS_TOKEN *token);
/* Whether the account is the caller himself or a group of his. */
bool access_is_member(const DOKAN_ACCESS_TOKEN *token, struct sd_span sid);
/* Whether the caller may make it the owner of something. */
bool access_may_own(const DOKAN_ACCESS_TOKEN *token, struct sd_span sid);

enum access_flags { ACCESS_BACKUP_INTENT = 1 /* SeBackup and SeRestore count */ };

/* What the descriptor and the caller's privileges grant: all of it, whatever he wants. */
ACCESS_MASK access_granted(const struct sd *sd, const DOKAN_ACCESS_TOKEN *token, unsigned flags);
/*
 * STATUS_SUCCESS and what is granted: what was desired, generic rights mapped, MAXIMUM_ALLOWED replaced.
 * STATUS_ACCESS_DENIED, STATUS_PRIVILEGE_NOT_HELD (ACCESS_SYSTEM_SECURITY).
 */
NTSTATUS access_check(const struct sd *sd, const DOKAN_ACCESS_TOKEN *token, ACCESS_MASK desired,
                      unsigned flags, ACCESS_MASK *granted);
/* The same verdict, where what is granted is known. */
NTSTATUS access_verdict(ACCESS_MASK allowed, ACCESS_MASK desired, ACCESS_MASK *granted);

/* Rights that a handle needs to ask for, or to set, these parts. */
ACCESS_MASK access_to_query(SECURITY_INFORMATION what);
ACCESS_MASK access_to_set(SECURITY_INFORMATION what);

#endif
