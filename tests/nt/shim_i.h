// SPDX-License-Identifier: MIT
/* The frame of every callback of the shim, see shim.c. */
#ifndef TESTS_NT_SHIM_I_H
#define TESTS_NT_SHIM_I_H

#include "shim.h"
#include <dokan/ntstatus.h>

struct visit {
    unsigned op;
    PDOKAN_FILE_INFO info;
    ULONG64 number; /* of the open; 0: none yet */
    ULONG64 below;  /* the Context of the file system */
    NTSTATUS status;
};

/* False: it failed before it began, with v->status. */
bool visit(struct visit *v, unsigned op, PDOKAN_FILE_INFO info);
NTSTATUS leave(struct visit *v, NTSTATUS status);
/* The number of a new open. */
ULONG64 book_open(ULONG64 context);
/* What the file system below has, all extended ones NULL when there are none. */
extern DOKAN_OPERATIONS shim_below;
extern DOKAN_OPERATIONS_EX shim_below_ex;
extern const DOKAN_OPERATIONS shim_all;
extern const DOKAN_OPERATIONS_EX shim_all_ex;

#endif
