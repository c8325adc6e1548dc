// SPDX-License-Identifier: MIT
/*
 * The smallest file system that can be mounted: a root with one file `file` holding "tiny", and `slow`, whose
 * reads wait for tiny_release(). And a sandbox for tests of the façade: folders of their own for all that it
 * finds through the environment.
 */
#ifndef TESTS_API_TINY_H
#define TESTS_API_TINY_H

#include "base/testing.h"
#include <dokan/dokan_ex.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

extern DOKAN_OPERATIONS tiny_operations;
extern atomic_int tiny_mounted, tiny_unmounted, tiny_reading;
extern WCHAR tiny_mount_point[MAX_PATH]; /* what Mounted was told last */
extern atomic_int tiny_unmounted_delay_ms;

void tiny_reset(void);
void tiny_release(void);

/* Zeroed but for the version. */
DOKAN_OPTIONS *tiny_options(LPCWSTR mount_point, ULONG options);
DOKAN_MOUNT_OPTIONS_EX tiny_without_mount(void);
/* A volume without a mount; the test fails if it cannot be had. */
DOKAN_HANDLE tiny_open(DOKAN_OPTIONS *options);

/* Group setup and teardown: a temporary folder with runtime, drives and mnt in it. */
int sandbox_setup(void **state);
int sandbox_teardown(void **state);
/* A path in it, valid until the next four calls. */
const char *sandbox_path(const char *name);
/* The same in UTF-16. */
LPCWSTR sandbox_wide(const char *name);

/* False, after printing why, where this machine cannot mount. */
bool can_mount(void);
#define NEED_MOUNT()      \
    do {                  \
        if (!can_mount()) \
            skip();       \
    } while (0)

/* Whether the mount table has a FUSE mount at the path, without touching it. */
bool is_mounted(const char *path);
bool wait_until(bool (*condition)(void *arg), void *arg, unsigned ms);
void sleep_ms(unsigned ms);

#endif
