// SPDX-License-Identifier: MIT
//
// The registry of HANDLEs: a fixed hash table of what is open, chained through the objects themselves, so
// that registering cannot fail. Lock: `lock` guards the table and is held over no call. The table belongs to
// the process that first registered something; a forked child may find the lock held for ever and therefore
// never touches it.

#include "api/handle.h"
#include "base/cleanup.h"
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <unistd.h>

enum { BUCKETS = 64, STEP = 4 };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct api_handle *table[BUCKETS];
static uintptr_t last_value;
static _Atomic pid_t owner;

static bool ours(bool claim)
{
    pid_t present = 0, self = getpid();

    if (!claim)
        return owner == self;
    return atomic_compare_exchange_strong(&owner, &present, self) || present == self;
}

static struct api_handle **bucket_of(uintptr_t value)
{
    return &table[value / STEP % BUCKETS];
}

HANDLE api_handle_open(struct api_handle *handle)
{
    struct api_handle **bucket;

    if (!ours(true))
        return NULL;
    LOCK_SCOPE(&lock);
    last_value += STEP;
    handle->value = last_value;
    bucket = bucket_of(handle->value);
    handle->next = *bucket;
    *bucket = handle;
    return (HANDLE)handle->value;
}

struct api_handle *api_handle_take(HANDLE value, void (*kind)(struct api_handle *handle))
{
    if (!ours(false))
        return NULL;
    LOCK_SCOPE(&lock);
    for (struct api_handle **at = bucket_of((uintptr_t)value); *at; at = &(*at)->next) {
        struct api_handle *found = *at;

        if (found->value != (uintptr_t)value)
            continue;
        if (kind && found->close != kind)
            return NULL;
        *at = found->next;
        return found;
    }
    return NULL;
}

void api_handles_restart(void)
{
    pthread_mutex_init(&lock, NULL);
    for (size_t i = 0; i < BUCKETS; i++)
        table[i] = NULL;
    owner = 0;
}
