// SPDX-License-Identifier: MIT
/*
 * A file system for the door's tests: a few files in memory, found by path, case-sensitive; and callbacks
 * that hang on demand.
 */
#ifndef XDOKAN_DOOR_FUSE_TESTFS_H
#define XDOKAN_DOOR_FUSE_TESTFS_H

#include <dokan/dokan.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { TESTFS_FILES = 2048, TESTFS_PATH = 300 };

enum testfs_op { TESTFS_CREATE = 1, TESTFS_CLEANUP = 2, TESTFS_CLOSE = 4, TESTFS_READ = 8, TESTFS_FIND = 16 };

struct testfs_file {
    WCHAR path[TESTFS_PATH]; /* "" = free */
    DWORD attributes;
    uint64_t creation, access, write;
    uint8_t *data;
    size_t size;
};

struct testfs {
    pthread_mutex_t lock;
    pthread_cond_t go;
    struct testfs_file files[TESTFS_FILES];
    /* Callbacks of these kinds, on paths that hold "hang", wait until testfs_let_go(). */
    _Atomic unsigned hang;
    _Atomic unsigned hanging; /* that wait now */
    _Atomic unsigned creates, cleanups, closes, reads, flushes;
    _Atomic uint64_t paging_writes;
};

struct testfs *testfs_new(void);
void testfs_free(struct testfs *fs);
void testfs_let_go(struct testfs *fs);
extern const DOKAN_OPERATIONS testfs_operations;

#endif
