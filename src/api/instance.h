// SPDX-License-Identifier: MIT
/*
 * One volume from mount to close: the engine's volume, its door, its mount, its entry in the registry.
 *
 *     RUNNING --instance_end--> ENDING --mount gone, letter and registry given back--> UNMOUNTED
 *             --engine stopped (Unmounted called), door closed--> CLOSED
 * All steps after RUNNING are taken by the instance's own thread, the ender, whatever the reason: a request
 * through the API or the control socket, or the kernel letting go of the mount. A callback that hangs delays
 * CLOSED until its deadline at most, and UNMOUNTED not at all.
 *
 * References: the process's list (until instance_close), the ender, and whoever found it there. Lock order:
 * process lock, then `lock`; neither is held over a call into engine, door or mount, but for reading the
 * door's counters.
 */
#ifndef XDOKAN_API_INSTANCE_H
#define XDOKAN_API_INSTANCE_H

#include "api/mountpoint.h"
#include "api/options.h"
#include "base/list.h"
#include "door/fuse/mount.h"
#include "nt/nt.h"
#include <pthread.h>

enum instance_state { INSTANCE_RUNNING, INSTANCE_ENDING, INSTANCE_UNMOUNTED, INSTANCE_CLOSED };

struct instance {
    /* Under the process lock. */
    struct list link;
    bool handle_closed; /* DokanCloseHandle was called: the handle is no longer one */
    int device;         /* the door's descriptor, for a forked child to close; -1 = none */
    struct mountpoint point;
    struct fuse_mount mount;
    struct registry_entry entry;
    bool in_control;               /* holds a use of the control socket */
    struct nt_volume *vol;         /* NULL while the mount is being made; fixed afterwards */
    struct registry_record record; /* path "" while not mounted; fixed afterwards */

    struct settings settings;

    _Atomic int refs;
    pthread_t ender;
    pthread_mutex_t lock;
    pthread_cond_t changed; /* CLOCK_MONOTONIC */
    enum instance_state state;
    struct fuse_door *door; /* NULL once it is being closed */
};

/* Takes the settings over. DOKAN_SUCCESS and a reference for the caller, or the result for the caller with a
 * message in `error`. */
int instance_create(struct settings *settings, const DOKAN_OPERATIONS *operations, struct instance **out,
                    char *error, size_t size);
/* The steps of a mount, for instance_create. */
int instance_bring_up(struct instance *inst, const DOKAN_OPERATIONS *operations, char *error, size_t size);
struct instance *instance_get(struct instance *inst);
void instance_put(struct instance *inst);

/* Asks for the end; returns at once. From any thread. */
void instance_end(struct instance *inst);
/* Waits until the state is at least `state`; false when the time ran out first. */
bool instance_wait(struct instance *inst, enum instance_state state, DWORD ms);
enum instance_state instance_state(struct instance *inst);
/* Ends it, waits until it is closed, takes it out of the list and drops the list's reference. */
void instance_close(struct instance *inst);

/* In a forked child: lets go of the descriptors. */
void instance_forget(struct instance *inst);

#endif
