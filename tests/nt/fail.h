// SPDX-License-Identifier: MIT
/*
 * Allocations that fail on request, and a count of those alive. The linker puts these in the place of malloc
 * and its kin (--wrap, see meson.build) in the programs that are linked with fail.c: the engine, the samples
 * and the tests themselves, not the libraries of the system. pthread_create() and tsearch() allocate too.
 */
#ifndef TESTS_NT_FAIL_H
#define TESTS_NT_FAIL_H

#include <stdbool.h>

enum fail_mode { FAIL_NEVER, FAIL_ONCE, FAIL_EVER };

/* The nth allocation from now on (1 is the next) fails, of any thread; with FAIL_EVER all after it too. */
void fail_from(enum fail_mode mode, unsigned long nth);
/* How many there were since fail_from(), and how many of them failed. */
unsigned long fail_count(void);
unsigned long fail_failed(void);
/* This thread's are not counted and do not fail, until as many calls with false. */
void fail_spare_me(bool spare);
/* Allocated and not freed, in all. */
long fail_alive(void);

#endif
