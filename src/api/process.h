// SPDX-License-Identifier: MIT
/*
 * What the library keeps once per process: the count of DokanInit, the list of volumes, the exception hook,
 * and whether this is a forked child. The only globals of the library beside handle.c's and log.c's.
 */
#ifndef XDOKAN_API_PROCESS_H
#define XDOKAN_API_PROCESS_H

#include "base/list.h"
#include <dokan/dokan_ex.h>
#include <pthread.h>
#include <stdbool.h>

struct instance;

/* False in a child that was forked without exec, with ERROR_NOT_SUPPORTED as last error: nothing works there.
 */
bool process_usable(void);

/* What misuse leads to: the hook, or a line on standard error. */
void process_exception(DWORD code, const char *message);

/* Guards the list and everything that a forked child must find whole. Held for a few instructions only. */
void process_lock(void);
void process_unlock(void);

/* All volumes; under the lock. */
struct list *process_instances(void);

/* True when DokanInit was called more often than DokanShutdown. */
bool process_initialised(void);

/* The volume behind a handle, with a reference; NULL (and ERROR_INVALID_HANDLE) when it is no open handle. */
struct instance *process_find(DOKAN_HANDLE handle);
/* The same, and the handle is none from now on: whoever gets it closes the instance. */
struct instance *process_claim(DOKAN_HANDLE handle);
/* The volume of that number, with a reference; NULL when there is none. */
struct instance *process_find_id(ULONG64 id);

#endif
