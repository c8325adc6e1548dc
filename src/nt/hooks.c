// SPDX-License-Identifier: MIT
/*
 * The file system's hooks at the start and end of a thread that calls back. A thread's slot says whether its
 * first hook is still due (its own word) and whose last hook it has still to run (read by everybody).
 */
#include "nt/nt_internal.h"

/* The volume counts as in use until the file system's last hook has run on each of its threads. */
static void hook_start(void *arg)
{
    struct nt_volume *vol = arg;
    struct nt_slot *slot = slot_mine();
    nt_volume_get(vol);
    if (slot)
        atomic_store(&slot->hooked, vol->id);
    if (vol->hooks.start)
        vol->hooks.start(vol->hooks.arg);
}

/* On a thread that waits for requests the first hook runs with the first callback, under its deadline: it may
 * wait as long as a callback, and whoever waits there must not be the one who reads. */
static void hook_later(void *arg)
{
    struct nt_volume *vol = arg;
    struct nt_slot *slot = slot_mine();
    if (!slot || !vol->hooks.start) {
        hook_start(vol);
        return;
    }
    nt_volume_get(vol);
    slot->hook_due = true;
}

void volume_hook_now(struct nt_volume *vol, struct nt_slot *slot)
{
    slot->hook_due = false;
    atomic_store(&slot->hooked, vol->id);
    vol->hooks.start(vol->hooks.arg);
}

static void hook_stop(void *arg)
{
    struct nt_volume *vol = arg;
    struct nt_slot *slot = slot_mine();
    bool due = slot && slot->hook_due;
    if (slot)
        slot->hook_due = false;
    if (vol->hooks.stop && !due)
        vol->hooks.stop(vol->hooks.arg);
    if (slot)
        atomic_store(&slot->hooked, 0);
    nt_volume_put(vol);
}

void volume_hooks_init(struct nt_volume *vol)
{
    vol->own_hooks = (struct thread_hooks){hook_start, hook_stop, vol};
    vol->worker_hooks = (struct thread_hooks){hook_later, hook_stop, vol};
}

const struct thread_hooks *nt_volume_hooks(const struct nt_volume *vol)
{
    return &vol->own_hooks;
}

const struct thread_hooks *nt_volume_worker_hooks(const struct nt_volume *vol)
{
    return &vol->worker_hooks;
}
