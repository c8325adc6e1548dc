// SPDX-License-Identifier: MIT
/*
 * The life of a mount. instance.h tells the states; here is who does what in which order, and how a failed
 * start is taken back.
 */
#include "api/instance.h"
#include "api/announce.h"
#include "api/control.h"
#include "api/process.h"
#include "base/cleanup.h"
#include "base/log.h"
#include "base/thread.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* ---- object ------------------------------------------------------------------------------------------- */

static struct instance *instance_new(struct settings *settings)
{
    struct instance *inst = calloc(1, sizeof *inst);
    pthread_condattr_t attr;
    if (!inst)
        return NULL;
    inst->refs = 1;
    inst->device = inst->mount.fd = inst->mount.reaper = inst->point.lock = inst->entry.fd = -1;
    inst->settings = *settings;
    *settings = (struct settings){0};
    list_init(&inst->link);
    pthread_mutex_init(&inst->lock, NULL);
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(&inst->changed, &attr);
    pthread_condattr_destroy(&attr);
    return inst;
}

struct instance *instance_get(struct instance *inst)
{
    inst->refs++;
    return inst;
}

void instance_put(struct instance *inst)
{
    if (--inst->refs)
        return;
    if (inst->vol)
        nt_volume_put(inst->vol);
    options_release(&inst->settings);
    pthread_cond_destroy(&inst->changed);
    pthread_mutex_destroy(&inst->lock);
    free(inst);
}

void instance_forget(struct instance *inst)
{
    if (inst->device >= 0)
        close(steal_fd(&inst->device));
    mountpoint_forget(&inst->point);
    fuse_mount_forget(&inst->mount);
    registry_forget(&inst->entry);
}

/* ---- states ------------------------------------------------------------------------------------------- */

enum instance_state instance_state(struct instance *inst)
{
    LOCK_SCOPE(&inst->lock);
    return inst->state;
}

static void advance(struct instance *inst, enum instance_state state)
{
    pthread_mutex_lock(&inst->lock);
    if (inst->state < state)
        inst->state = state;
    pthread_cond_broadcast(&inst->changed);
    pthread_mutex_unlock(&inst->lock);
    control_wake();
}

void instance_end(struct instance *inst)
{
    advance(inst, INSTANCE_ENDING);
}

static struct timespec deadline_after(DWORD ms)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    uint64_t ns = (uint64_t)t.tv_nsec + (uint64_t)(ms % 1000) * 1000000;
    t.tv_sec += (time_t)(ms / 1000 + ns / 1000000000);
    t.tv_nsec = (long)(ns % 1000000000);
    return t;
}

bool instance_wait(struct instance *inst, enum instance_state state, DWORD ms)
{
    const struct timespec deadline = deadline_after(ms == INFINITE ? 0 : ms);
    LOCK_SCOPE(&inst->lock);
    while (inst->state < state) {
        if (ms == INFINITE)
            pthread_cond_wait(&inst->changed, &inst->lock);
        else if (pthread_cond_timedwait(&inst->changed, &inst->lock, &deadline) == ETIMEDOUT)
            break;
    }
    return inst->state >= state;
}

/* ---- end ---------------------------------------------------------------------------------------------- */

/* Takes over what the process lock guards, so that a fork meanwhile cannot close a descriptor twice. */
static void remove_mount(struct instance *inst)
{
    process_lock();
    struct fuse_mount mount = inst->mount;
    struct mountpoint point = inst->point;
    struct registry_entry entry = inst->entry;
    inst->mount = (struct fuse_mount){.fd = -1, .reaper = -1};
    inst->point = (struct mountpoint){.lock = -1};
    inst->entry = (struct registry_entry){.fd = -1};
    process_unlock();
    int rc = fuse_mount_close(&mount);
    if (rc)
        log_warn("the mount on %s could not be removed yet (%s); it no longer answers", point.path,
                 strerror(-rc));
    registry_remove(&entry);
    mountpoint_release(&point);
}

static void close_door(struct instance *inst)
{
    process_lock();
    inst->device = -1;
    process_unlock();
    pthread_mutex_lock(&inst->lock);
    struct fuse_door *door = inst->door;
    inst->door = NULL;
    pthread_mutex_unlock(&inst->lock);
    if (door)
        fuse_door_close(door);
}

static void tear_down(struct instance *inst)
{
    remove_mount(inst);
    advance(inst, INSTANCE_UNMOUNTED);
    if (inst->vol)
        nt_volume_stop(inst->vol);
    close_door(inst);
    advance(inst, INSTANCE_CLOSED);
}

static void *run_ender(void *arg)
{
    struct instance *inst = arg;
    instance_wait(inst, INSTANCE_ENDING, INFINITE);
    tear_down(inst);
    instance_put(inst);
    return NULL;
}

static void unlink_instance(struct instance *inst)
{
    process_lock();
    list_del(&inst->link);
    bool in_control = inst->in_control;
    inst->in_control = false;
    process_unlock();
    if (in_control)
        control_unuse();
    instance_put(inst);
}

void instance_close(struct instance *inst)
{
    instance_end(inst);
    instance_wait(inst, INSTANCE_CLOSED, INFINITE);
    pthread_join(inst->ender, NULL);
    unlink_instance(inst);
}

/* ---- start -------------------------------------------------------------------------------------------- */

static int start_ender(struct instance *inst, char *error, size_t size)
{
    inst->refs++;
    if (thread_start(&inst->ender, "dokan-ender", 0, NULL, run_ender, inst) == 0)
        return DOKAN_SUCCESS;
    inst->refs--; /* not the last one */
    snprintf(error, size, "no thread can be started");
    return DOKAN_DRIVER_INSTALL_ERROR;
}

/* The list takes over the first reference. In it first, without a handle: a fork during the mount must find
 * the descriptors. */
static void enlist(struct instance *inst)
{
    process_lock();
    inst->handle_closed = true;
    list_add_tail(process_instances(), &inst->link);
    process_unlock();
}

int instance_create(struct settings *settings, const DOKAN_OPERATIONS *operations, struct instance **out,
                    char *error, size_t size)
{
    struct instance *inst = instance_new(settings);
    if (!inst) {
        snprintf(error, size, "out of memory");
        return DOKAN_ERROR;
    }
    enlist(inst);
    int rc = instance_bring_up(inst, operations, error, size);
    if (rc == DOKAN_SUCCESS) {
        announce_mounted(inst);
        rc = start_ender(inst, error, size);
    }
    if (rc) {
        tear_down(inst);
        unlink_instance(inst);
        return rc;
    }
    *out = instance_get(inst);
    process_lock();
    inst->handle_closed = false;
    process_unlock();
    return DOKAN_SUCCESS;
}
