// SPDX-License-Identifier: MIT
/*
 * memfs under test: memfs.c is compiled in with its allocations under control, so that running out of memory
 * can be tried at every one of them.
 */
#ifndef SAMPLES_MEMFS_TESTING_H
#define SAMPLES_MEMFS_TESTING_H

#include "testing.h"

static _Thread_local int allocations_left = -1; /* -1: as many as wanted */

static bool allocation_fails(void)
{
    if (allocations_left > 0)
        allocations_left--;
    return allocations_left == 0;
}

static void *test_malloc_or_null(size_t size)
{
    return allocation_fails() ? NULL : malloc(size);
}

static void *test_calloc_or_null(size_t count, size_t size)
{
    return allocation_fails() ? NULL : calloc(count, size);
}

static void *test_realloc_or_null(void *old, size_t size)
{
    return allocation_fails() ? NULL : realloc(old, size);
}

#define MEMFS_NO_MAIN
#define malloc  test_malloc_or_null
#define calloc  test_calloc_or_null
#define realloc test_realloc_or_null
#include "memfs.c" // NOLINT
#undef malloc
#undef calloc
#undef realloc

static inline struct memfs *volume_fs(void)
{
    return (struct memfs *)(uintptr_t)volume.options.GlobalContext;
}

static inline void volume_open(unsigned flags, uint64_t limit)
{
    volume.ops = memfs_operations();
    volume.options.GlobalContext = (ULONG64)(uintptr_t)memfs_new(flags, limit);
    assert_non_null(volume_fs());
}

static inline int setup(void **state)
{
    (void)state;
    volume_open(0, 0);
    return 0;
}

static inline int teardown(void **state)
{
    (void)state;
    memfs_free(volume_fs());
    return 0;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

#endif
