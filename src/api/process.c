// SPDX-License-Identifier: MIT
/*
 * The library's state in this process, DokanInit and DokanShutdown. `owner` is the process that first called
 * DokanInit: in any other, a forked child, nothing may be used, and the child gives up its copies of our
 * descriptors so that locks, sockets and mounts end with the owner.
 */
#include "api/process.h"
#include "api/control.h"
#include "api/handle.h"
#include "api/instance.h"
#include "base/cleanup.h"
#include "base/log.h"

#include <stdatomic.h>
#include <unistd.h>

static struct {
    pthread_mutex_t lock;
    int inits;
    struct list instances;
    PDOKAN_EXCEPTION_HOOK hook;
    PVOID hook_context;
    _Atomic pid_t owner;
} process = {.lock = PTHREAD_MUTEX_INITIALIZER, .instances = {&process.instances, &process.instances}};

void process_lock(void)
{
    pthread_mutex_lock(&process.lock);
}

void process_unlock(void)
{
    pthread_mutex_unlock(&process.lock);
}

struct list *process_instances(void)
{
    return &process.instances;
}

/* ---- fork --------------------------------------------------------------------------------------------- */

static void after_fork_in_child(void)
{
    struct instance *inst;
    list_for_each (inst, &process.instances, link)
        instance_forget(inst);
    control_forget();
    process_unlock();
}

bool process_usable(void)
{
    pid_t owner = atomic_load_explicit(&process.owner, memory_order_relaxed);
    if (owner == 0 || owner == getpid())
        return true;
    DokanWin32SetLastError(ERROR_NOT_SUPPORTED);
    return false;
}

static void become_owner(void)
{
    pid_t none = 0;
    if (atomic_compare_exchange_strong(&process.owner, &none, getpid()))
        pthread_atfork(process_lock, process_unlock, after_fork_in_child);
}

/* The child has one thread. What the parent's threads held is made anew; what they used is left as it is. */
BOOL DOKANAPI DokanStartAfterFork(void)
{
    if (process_usable())
        return TRUE;
    process_lock();
    list_init(&process.instances);
    process.inits = 0;
    control_restart();
    api_handles_restart();
    nt_after_fork();
    atomic_store(&process.owner, getpid());
    process_unlock();
    return TRUE;
}

/* ---- misuse ------------------------------------------------------------------------------------------- */

void process_exception(DWORD code, const char *message)
{
    PDOKAN_EXCEPTION_HOOK hook = NULL;
    PVOID context = NULL;
    if (process_usable()) {
        process_lock();
        hook = process.hook;
        context = process.hook_context;
        process_unlock();
    }
    if (hook)
        hook(code, message, context);
    else
        log_error("%s", message);
}

VOID DOKANAPI DokanSetExceptionHook(PDOKAN_EXCEPTION_HOOK Hook, PVOID Context)
{
    if (!process_usable())
        return;
    process_lock();
    process.hook = Hook;
    process.hook_context = Context;
    process_unlock();
}

/* ---- finding ------------------------------------------------------------------------------------------ */

/* The instance with that handle (NULL: the first one) whose handle is open, with a reference. */
static struct instance *find_open(DOKAN_HANDLE handle, bool claim)
{
    struct instance *inst, *found = NULL;
    process_lock();
    list_for_each (inst, &process.instances, link) {
        if (inst->handle_closed || (handle && inst != handle))
            continue;
        inst->handle_closed = claim;
        found = instance_get(inst);
        break;
    }
    process_unlock();
    return found;
}

static struct instance *find_handle(DOKAN_HANDLE handle, bool claim)
{
    struct instance *found = handle ? find_open(handle, claim) : NULL;
    if (!found)
        DokanWin32SetLastError(ERROR_INVALID_HANDLE);
    return found;
}

struct instance *process_find(DOKAN_HANDLE handle)
{
    return find_handle(handle, false);
}

struct instance *process_claim(DOKAN_HANDLE handle)
{
    return find_handle(handle, true);
}

struct instance *process_find_id(ULONG64 id)
{
    struct instance *inst, *found = NULL;
    process_lock();
    list_for_each (inst, &process.instances, link)
        if (inst->vol && nt_volume_id(inst->vol) == id)
            found = instance_get(inst);
    process_unlock();
    return found;
}

/* ---- init and shutdown -------------------------------------------------------------------------------- */

bool process_initialised(void)
{
    process_lock();
    bool initialised = process.inits > 0;
    process_unlock();
    return initialised;
}

VOID DOKANAPI DokanInit(void)
{
    become_owner();
    if (!process_usable()) {
        process_exception(
            DOKAN_EXCEPTION_INITIALIZATION_FAILED,
            "DokanInit in a forked child: the library belongs to the parent. Fork before DokanInit, or "
            "exec");
        return;
    }
    process_lock();
    process.inits++;
    process_unlock();
}

VOID DOKANAPI DokanShutdown(void)
{
    if (!process_usable())
        return;
    process_lock();
    bool balanced = process.inits > 0;
    bool last = balanced && --process.inits == 0;
    process_unlock();
    if (!balanced)
        process_exception(DOKAN_EXCEPTION_SHUTDOWN_FAILED,
                          "DokanShutdown was called more often than DokanInit");
    struct instance *inst;
    while (last && (inst = find_open(NULL, true))) {
        instance_close(inst);
        instance_put(inst);
    }
}
