// SPDX-License-Identifier: MIT
/*
 * A layer between the engine and a file system: a test sees every callback before and after it runs, and may
 * fail it. It keeps the books: each open has a number of its own, which the engine gets as its Context, and a
 * callback with a number that is not open, a Cleanup or CloseFile too many and a callback after the end are
 * violations. One at a time; the file system below is found by GlobalContext as ever.
 */
#ifndef TESTS_NT_SHIM_H
#define TESTS_NT_SHIM_H

#include <dokan/dokan.h>
#include <dokan/dokan_ex.h>
#include <stdbool.h>

/* Callbacks are numbered through: DOKAN_OPERATION, then DOKAN_OPERATION_EX from here on. */
enum { SHIM_EX = DokanOperationFindStreams + 1, SHIM_COUNT = SHIM_EX + DokanOperationGetBackingFile + 1 };

struct shim_plan {
    const DOKAN_OPERATIONS *below;
    const DOKAN_OPERATIONS_EX *below_ex; /* NULL: none */
    /* Anything but STATUS_SUCCESS: the file system is not called. Not asked about Cleanup, CloseFile and
     * Unmounted, which cannot fail; NULL: never. */
    NTSTATUS (*before)(unsigned op);
    /* The status in place of the file system's; NULL: that. */
    NTSTATUS (*after)(unsigned op, NTSTATUS status);
    /* At Cleanup and CloseFile; may be NULL. */
    void (*passing)(unsigned op);
};

/* Begins anew: nothing was called yet. */
void shim_begin(const struct shim_plan *plan);
/* With all that the file system below has, NULL when it has no extended ones. Good until shim_begin(). */
const DOKAN_OPERATIONS *shim_operations(void);
const DOKAN_OPERATIONS_EX *shim_operations_ex(void);

/* From now on every callback is one too many. */
void shim_end(void);
unsigned shim_violations(void); /* how many, each told on stderr */
unsigned shim_calls(void);
unsigned shim_opens(void);
unsigned shim_left_open(void); /* opens without Cleanup or without CloseFile */

#endif
