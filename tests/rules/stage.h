// SPDX-License-Identifier: MIT
/* The scripted file system of tests/nt/fakefs.h as a volume of the public in-process door, for tests that
 * look at the callbacks. */
#ifndef TESTS_RULES_STAGE_H
#define TESTS_RULES_STAGE_H

#include "base/testing.h"
#include "nt/fakefs.h"
#include <dokan/nt.h>
#include <string.h>

#define SHARE_ALL (FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE)

struct stage {
    struct fake fs;
    DOKAN_OPTIONS options;
    DOKAN_HANDLE volume;
};

struct entry {
    LPCWSTR path;
    ACCESS_MASK access; /* 0: everything */
    ULONG disposition, options, attributes;
};

struct stage *stage_open(ULONG options, const DOKAN_OPERATIONS *operations, const DOKAN_OPERATIONS_EX *more);
/* Ends the volume, and fails the test unless every create had its one Cleanup and CloseFile. */
void stage_close(struct stage *stage);

DOKAN_NT_REQUEST stage_enter(struct stage *stage, const struct entry *how);
DOKAN_NT_FILE stage_file(struct stage *stage, LPCWSTR path, ULONG options);
DOKAN_NT_REQUEST stage_request(DOKAN_NT_FILE file, ULONG operation, void *buffer, ULONG length);
NTSTATUS stage_set(DOKAN_NT_FILE file, ULONG info_class, const void *buffer, ULONG length);
NTSTATUS stage_query(DOKAN_NT_FILE file, ULONG info_class, void *buffer, ULONG length);
NTSTATUS stage_dispose(DOKAN_NT_FILE file, bool delete);
NTSTATUS stage_cleanup(DOKAN_NT_FILE file);
NTSTATUS stage_end(DOKAN_NT_FILE file);

#define assert_status(expected, actual) assert_int_equal((uint32_t)(expected), (uint32_t)(actual))

#endif
