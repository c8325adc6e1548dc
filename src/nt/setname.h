// SPDX-License-Identifier: MIT
/* Renaming through a handle, see setname.c. */
#ifndef XDOKAN_NT_SETNAME_H
#define XDOKAN_NT_SETNAME_H

#include "nt/nt_internal.h"

NTSTATUS prepare_rename_by_handle(struct nt_request *rq);
NTSTATUS rename_by_handle(struct nt_request *rq);

#endif
