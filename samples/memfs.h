// SPDX-License-Identifier: MIT
/*
 * memfs as a part of another program: compile memfs.c with -DMEMFS_NO_MAIN.
 *
 *     options.GlobalContext = (ULONG64)(uintptr_t)memfs_new(MEMFS_CASE_SENSITIVE, 0);
 *     DokanCreateFileSystem(&options, (PDOKAN_OPERATIONS)memfs_operations(), &handle);
 */
#ifndef MEMFS_H
#define MEMFS_H

#include <dokan/dokan.h>
#include <stdint.h>

enum memfs_flags { MEMFS_CASE_SENSITIVE = 1 };

/* An empty file system, or NULL without memory. `limit` is the space it may take in bytes, 0 = no limit. */
void *memfs_new(unsigned flags, uint64_t limit);

/* Frees it with all its files. No callback may run any more; a handle that is still open is lost. */
void memfs_free(void *memfs);

const DOKAN_OPERATIONS *memfs_operations(void);

#endif
