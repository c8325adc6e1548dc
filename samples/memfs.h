// SPDX-License-Identifier: MIT
/*
 * memfs as a part of another program: compile memfs.c with -DMEMFS_NO_MAIN.
 *
 *     options.GlobalContext = (ULONG64)(uintptr_t)memfs_new(MEMFS_CASE_SENSITIVE | MEMFS_EXTENDED, 0);
 *     more.OperationsEx = memfs_operations_ex();
 *     DokanCreateFileSystemEx(&options, (PDOKAN_OPERATIONS)memfs_operations(), &more, &handle);
 */
#ifndef MEMFS_H
#define MEMFS_H

#include <dokan/dokan_ex.h>
#include <stdint.h>

/* MEMFS_EXTENDED goes with memfs_operations_ex(): MoveFile then replaces what POSIX lets it replace. */
enum memfs_flags { MEMFS_CASE_SENSITIVE = 1, MEMFS_EXTENDED = 2 };

/* An empty file system, or NULL without memory. `limit` is the space it may take in bytes, 0 = no limit. */
void *memfs_new(unsigned flags, uint64_t limit);

/* Frees it with all its files. No callback may run any more; a handle that is still open is lost. */
void memfs_free(void *memfs);

const DOKAN_OPERATIONS *memfs_operations(void);

/* For DOKAN_MOUNT_OPTIONS_EX.OperationsEx; optional. */
const DOKAN_OPERATIONS_EX *memfs_operations_ex(void);

/* What to put into DOKAN_MOUNT_OPTIONS_EX.Flags for descriptors that are enforced, as on NTFS. */
#define MEMFS_SECURITY (DOKAN_EX_ACCESS_CHECK | DOKAN_EX_INHERIT_SECURITY | DOKAN_EX_WHOLE_SECURITY)

#endif
