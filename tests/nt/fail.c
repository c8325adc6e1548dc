// SPDX-License-Identifier: MIT
/* See fail.h. The functions that the linker asks for are named by it: __wrap_X() is called for X(), and
 * __real_X() is X(). */
#include "fail.h"
#include <errno.h>
#include <pthread.h>
#include <search.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

static _Atomic int mode;
static _Atomic unsigned long nth_one, count, failed;
static _Atomic long alive;
static _Thread_local int spared;

void fail_from(enum fail_mode wanted, unsigned long nth)
{
    atomic_store(&mode, FAIL_NEVER);
    atomic_store(&count, 0);
    atomic_store(&failed, 0);
    atomic_store(&nth_one, nth);
    atomic_store(&mode, wanted);
}

unsigned long fail_count(void)
{
    return atomic_load(&count);
}

unsigned long fail_failed(void)
{
    return atomic_load(&failed);
}

void fail_spare_me(bool spare)
{
    spared += spare ? 1 : -1;
}

long fail_alive(void)
{
    return atomic_load(&alive);
}

static bool fails(void)
{
    if (spared)
        return false;
    unsigned long mine = atomic_fetch_add(&count, 1) + 1, nth = atomic_load(&nth_one);
    int how = atomic_load(&mode);
    if (how == FAIL_NEVER || (how == FAIL_ONCE ? mine != nth : mine < nth))
        return false;
    atomic_fetch_add(&failed, 1);
    return true;
}

static void *born(void *memory)
{
    if (memory)
        atomic_fetch_add(&alive, 1);
    else
        errno = ENOMEM;
    return memory;
}

/* ---- in the place of --------------------------------------------------------------------------------- */

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *memory, size_t size);
void *__real_aligned_alloc(size_t alignment, size_t size);
char *__real_strdup(const char *text);
void __real_free(void *memory);
int __real_pthread_create(pthread_t *out, const pthread_attr_t *attr, void *(*run)(void *), void *arg);
void *__real_tsearch(const void *key, void **root, int (*compare)(const void *, const void *));

void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *memory, size_t size);
void *__wrap_aligned_alloc(size_t alignment, size_t size);
char *__wrap_strdup(const char *text);
void __wrap_free(void *memory);
int __wrap_pthread_create(pthread_t *out, const pthread_attr_t *attr, void *(*run)(void *), void *arg);
void *__wrap_tsearch(const void *key, void **root, int (*compare)(const void *, const void *));

void *__wrap_malloc(size_t size)
{
    return born(fails() ? NULL : __real_malloc(size));
}

void *__wrap_calloc(size_t number, size_t size)
{
    return born(fails() ? NULL : __real_calloc(number, size));
}

void *__wrap_realloc(void *memory, size_t size)
{
    if (!memory)
        return __wrap_malloc(size);
    void *moved = fails() ? NULL : __real_realloc(memory, size);
    if (!moved)
        errno = ENOMEM;
    return moved;
}

void *__wrap_aligned_alloc(size_t alignment, size_t size)
{
    return born(fails() ? NULL : __real_aligned_alloc(alignment, size));
}

char *__wrap_strdup(const char *text)
{
    return born(fails() ? NULL : __real_strdup(text));
}

void __wrap_free(void *memory)
{
    if (memory)
        atomic_fetch_sub(&alive, 1);
    __real_free(memory);
}

int __wrap_pthread_create(pthread_t *out, const pthread_attr_t *attr, void *(*run)(void *), void *arg)
{
    return fails() ? EAGAIN : __real_pthread_create(out, attr, run, arg);
}

void *__wrap_tsearch(const void *key, void **root, int (*compare)(const void *, const void *))
{
    return fails() ? NULL : __real_tsearch(key, root, compare);
}
