// SPDX-License-Identifier: MIT
/* Lists of extended attributes, see ea.c. */
#ifndef XDOKAN_NT_EA_H
#define XDOKAN_NT_EA_H

#include "nt/nt_internal.h"

/* Whether FILE_FULL_EA_INFORMATION all lies in the list, and names and flags can be. `bad` gets the offset of
 * what cannot. */
NTSTATUS ea_check_list(const void *list, uint32_t length, uint32_t *bad);
/* Sets all of a list that was checked, or nothing. */
NTSTATUS ea_set_list(struct nt_request *rq, struct nt_handle *h, const void *list, uint32_t length);

#endif
