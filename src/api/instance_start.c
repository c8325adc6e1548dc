// SPDX-License-Identifier: MIT
/*
 * Bringing an instance up: drive or path, kernel mount, engine volume, door, entry in the registry. What is
 * there when a step fails stays in the instance, for its owner to tear down.
 */
#include "api/announce.h"
#include "api/control.h"
#include "api/instance.h"
#include "api/process.h"
#include "base/cleanup.h"
#include "base/clock.h"
#include "base/log.h"

#include <dlfcn.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* How long a mount waits for the reaper to clear away what a killed process left on the same folder. */
#define REAPER_PATIENCE_NS 2500000000ull
#define RETRY_NS           20000000l

static unsigned security_of(ULONG flags)
{
    return (flags & DOKAN_EX_ACCESS_CHECK ? NT_SECURITY_CHECK : 0) |
           (flags & DOKAN_EX_INHERIT_SECURITY ? NT_SECURITY_INHERIT : 0) |
           (flags & DOKAN_EX_WHOLE_SECURITY ? NT_SECURITY_WHOLE : 0);
}

static int open_volume(struct instance *inst, const DOKAN_OPERATIONS *operations, char *error, size_t size)
{
    const struct settings *s = &inst->settings;
    const struct nt_volume_config config = {
        .options = s->options,
        .operations = operations,
        .operations_ex = s->ex.OperationsEx,
        .timeout_ms = s->timeout_ms,
        .entry_ns = s->entry_ns,
        .attr_ns = s->attr_ns,
        .negative_ns = s->negative_ns,
        .security = security_of(s->flags),
        .owner = {.given = true, .uid = s->door.uid, .gid = s->door.gid},
        .hooks = {s->ex.ThreadStart, s->ex.ThreadStop, s->ex.ThreadArg},
    };
    struct nt_volume *vol = NULL;
    NTSTATUS status = nt_volume_open(&config, &vol);
    if (status < 0) {
        snprintf(error, size, "the volume cannot start (status 0x%08x)", (unsigned)status);
        return status == STATUS_NO_MEMORY ? DOKAN_ERROR : DOKAN_START_ERROR;
    }
    nt_volume_trace(vol, s->trace);
    process_lock();
    inst->vol = vol;
    process_unlock();
    return DOKAN_SUCCESS;
}

/* A network drive carries its UNC name, another drive its letter. */
static void source_name(const struct instance *inst, char *out, size_t size)
{
    if (inst->settings.type == FILE_DEVICE_NETWORK_FILE_SYSTEM) {
        snprintf(out, size, "/%s", inst->settings.unc);
        for (char *c = out; *c; c++)
            *c = *c == '\\' ? '/' : *c;
    } else if (inst->point.letter) {
        snprintf(out, size, "%c:", inst->point.letter);
    } else {
        snprintf(out, size, "dokan");
    }
}

static bool path_is_served(const char *path)
{
    struct registry_record *list = NULL;
    size_t count = 0;
    bool found = false;
    registry_list(&list, &count);
    for (size_t i = 0; i < count && !found; i++)
        found = strcmp(list[i].path, path) == 0;
    free(list);
    return found;
}

/* What lies on the folder is ours, but nobody serves it. */
static bool left_behind(const char *path)
{
    struct mountinfo_top top;
    return mountinfo_top(path, &top) && strcmp(top.type, "fuse.dokan") == 0 && !path_is_served(path);
}

static int mount_result(const struct instance *inst, int rc)
{
    if (rc == -ENODEV)
        return DOKAN_DRIVER_INSTALL_ERROR;
    if (rc == -EINVAL || (rc == -EBUSY && path_is_served(inst->point.path)))
        return DOKAN_START_ERROR;
    return rc == -ENOMEM ? DOKAN_ERROR : DOKAN_MOUNT_ERROR;
}

/* Where it was installed, else beside the library in a build tree. */
static const char *reaper_path(char *out, size_t size)
{
    Dl_info here;
    snprintf(out, size, "%s", DOKAN_LIBEXECDIR "/dokan-reaper");
    if (access(out, X_OK) == 0 || !dladdr(reaper_path, &here) || !here.dli_fname)
        return out;
    const char *slash = strrchr(here.dli_fname, '/');
    int dir = slash ? (int)(slash - here.dli_fname) : 0;
    char beside[PATH_MAX];
    snprintf(beside, sizeof beside, "%.*s/../../tools/dokan-reaper", dir, here.dli_fname);
    if (slash && access(beside, X_OK) == 0)
        snprintf(out, size, "%s", beside);
    return out;
}

/*
 * Into a private mount of root nobody comes but root, whom the kernel's check of modes would refuse nothing
 * but to execute what nobody may: that it looks at anyway, and asks the door for access(2). Without the check
 * it need not ask for a directory's mode after every change in it, which took a third of the time of an
 * unlink. allow_other brings the check with it.
 */
static bool kernel_checks(void)
{
    return geteuid() != 0;
}

static int open_mount(struct instance *inst, char *error, size_t size)
{
    char source[256], reaper[PATH_MAX];
    const struct settings *s = &inst->settings;
    source_name(inst, source, sizeof source);
    const struct fuse_mount_config config = {
        .point = inst->point.path,
        .fsname = source,
        .options = s->fuse_options,
        .reaper = s->flags & DOKAN_EX_NO_REAPER ? NULL : reaper_path(reaper, sizeof reaper),
        .read_only = s->read_only,
        .default_permissions = kernel_checks(),
    };
    uint64_t give_up = clock_ns() + REAPER_PATIENCE_NS;
    int rc;
    while ((rc = fuse_mount_open(&config, &inst->mount, error, size)) == -EBUSY && clock_ns() < give_up &&
           left_behind(inst->point.path))
        nanosleep(&(struct timespec){.tv_nsec = RETRY_NS}, NULL);
    return rc ? mount_result(inst, rc) : DOKAN_SUCCESS;
}

static void kernel_gone(void *arg)
{
    instance_end(arg);
}

static int open_door(struct instance *inst, char *error, size_t size)
{
    struct fuse_door_config config = inst->settings.door;
    config.fd = inst->mount.fd;
    config.gone = kernel_gone;
    config.gone_arg = inst;
    int rc = fuse_door_open(inst->vol, &config, &inst->door);
    if (rc) {
        snprintf(error, size, "the kernel does not answer on %s: %s", inst->point.path, strerror(-rc));
        return DOKAN_START_ERROR;
    }
    inst->device = steal_fd(&inst->mount.fd);
    return DOKAN_SUCCESS;
}

static void fill_record(const struct instance *inst, struct registry_record *r)
{
    const struct settings *s = &inst->settings;
    r->volume = nt_volume_id(inst->vol);
    r->mount_id = inst->mount.id;
    r->mount_unique = inst->mount.unique;
    r->minor = inst->mount.minor;
    r->mounted = filetime_now();
    r->pid = (uint32_t)getpid();
    r->owner = geteuid();
    r->type = s->type;
    r->options = s->event;
    r->session = s->session;
    r->letter[0] = inst->point.letter;
    announce_device(r);
    snprintf(r->unc, sizeof r->unc, "%s", s->type == FILE_DEVICE_NETWORK_FILE_SYSTEM ? s->unc : "");
    snprintf(r->given, sizeof r->given, "%s", s->given);
    snprintf(r->path, sizeof r->path, "%s", inst->point.path);
}

/* A mount that cannot be registered still works; only other processes cannot find it. */
static void register_mount(struct instance *inst)
{
    struct registry_record record = {0};
    struct registry_entry entry;
    fill_record(inst, &record);
    bool in_control = control_use(record.socket, sizeof record.socket) == 0;
    int rc = registry_add(&record, &entry);
    process_lock();
    inst->in_control = in_control;
    inst->record = record;
    inst->entry = entry;
    process_unlock();
    if (rc)
        log_warn("the mount on %s cannot be registered (%s): dokanctl will not find it", record.path,
                 strerror(-rc));
}

/* The engine comes after the mount: where that fails, the file system hears nothing. */
int instance_bring_up(struct instance *inst, const DOKAN_OPERATIONS *operations, char *error, size_t size)
{
    const struct settings *s = &inst->settings;
    if (s->flags & DOKAN_EX_NO_MOUNT)
        return open_volume(inst, operations, error, size);
    int rc = mountpoint_take(s->given, s->choose_letter, &inst->point, error, size);
    if (rc)
        return rc == -ENOMEM ? DOKAN_ERROR : DOKAN_MOUNT_ERROR;
    rc = open_mount(inst, error, size);
    rc = rc ? rc : open_volume(inst, operations, error, size);
    if (rc)
        return rc;
    nt_volume_recover(inst->vol);
    rc = open_door(inst, error, size);
    if (rc == DOKAN_SUCCESS)
        register_mount(inst);
    return rc;
}
