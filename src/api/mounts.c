// SPDX-License-Identifier: MIT
/*
 * Acting on mounts of this and other processes. Nobody here waits for ever: a peer that does not answer in
 * time counts as dead.
 */
#include "api/mounts.h"
#include "api/control.h"
#include "api/instance.h"
#include "api/process.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ASK_MS     3000
#define UNMOUNT_MS 10000
#define REMOVE_MS  20000
#define REMOVE_S   5

/* ---- listing ------------------------------------------------------------------------------------------ */

static bool is_listed(const struct registry_record *record, const struct registry_record *list, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (list[i].pid == record->pid && list[i].volume == record->volume &&
            strcmp(list[i].path, record->path) == 0)
            return true;
    return false;
}

static int add_own(struct registry_record **list, size_t *count)
{
    struct instance *inst;
    int rc = 0;
    process_lock();
    list_for_each (inst, process_instances(), link) {
        bool mounted = inst->record.path[0] && inst->point.path;
        if (!mounted || is_listed(&inst->record, *list, *count))
            continue;
        struct registry_record *grown = realloc(*list, (*count + 1) * sizeof *grown);
        if (!grown) {
            rc = -ENOMEM;
            break;
        }
        *list = grown;
        grown[(*count)++] = inst->record;
    }
    process_unlock();
    return rc;
}

int mounts_list(struct registry_record **list, size_t *count)
{
    int rc = registry_list(list, count);
    rc = rc ? rc : add_own(list, count);
    if (rc) {
        free(*list);
        *list = NULL;
        *count = 0;
    }
    return rc;
}

/* ---- asking ------------------------------------------------------------------------------------------- */

static struct instance *find_own(const struct registry_record *record)
{
    struct instance *inst = record->pid == (uint32_t)getpid() ? process_find_id(record->volume) : NULL;
    if (inst && strcmp(inst->record.path, record->path) != 0) {
        instance_put(inst);
        inst = NULL;
    }
    return inst;
}

static int ask_own(struct instance *inst, char *line, char **reply)
{
    size_t len = 0;
    struct control_call call = {.out = open_memstream(reply, &len)};
    if (!call.out)
        return -ENOMEM;
    int rc = control_run(line, &call);
    fclose(call.out);
    if (call.wait_for && !instance_wait(inst, INSTANCE_UNMOUNTED, REMOVE_MS))
        rc = -ETIMEDOUT;
    return rc;
}

int mounts_ask(const struct registry_record *record, const char *verb, char **reply)
{
    char line[CONTROL_LINE_MAX];
    *reply = NULL;
    int n = snprintf(line, sizeof line, "%s %llu", verb, (unsigned long long)record->volume);
    if (n < 0 || (size_t)n >= sizeof line)
        return -EINVAL;
    struct instance *own = find_own(record);
    if (!own)
        return control_ask(record, line, strcmp(verb, "unmount") == 0 ? UNMOUNT_MS : ASK_MS, reply);
    int rc = ask_own(own, line, reply);
    instance_put(own);
    return rc;
}

/* ---- removing ----------------------------------------------------------------------------------------- */

/* Its process hangs, or its socket is gone: the mount goes without asking. */
static int remove_by_force(const struct registry_record *record)
{
    const struct mount_identity identity = {record->mount_id, record->mount_unique, record->minor,
                                            record->path};
    return mount_remove_within(&identity, REMOVE_S);
}

/* A mount of ours that nobody serves any more. */
static int remove_left_behind(const char *text, const struct registry_record *list, size_t count)
{
    char path[PATH_MAX], real[PATH_MAX];
    struct mountinfo_top top;
    int rc = mountpoint_path(text, list, count, path, sizeof path);
    rc = rc ? rc : mountpoint_resolve(path, real, sizeof real);
    if (rc || !mountinfo_top(real, &top) || strcmp(top.type, "fuse.dokan") != 0)
        return -ENOENT;
    const struct mount_identity identity = {top.id, 0, top.minor, real};
    return mount_remove_within(&identity, REMOVE_S);
}

static int remove_listed(const char *text, const struct registry_record *list, size_t count)
{
    const struct registry_record *record = mountpoint_find(text, list, count);
    char *reply = NULL;
    if (!record)
        return remove_left_behind(text, list, count);
    int rc = mounts_ask(record, "unmount", &reply);
    free(reply);
    return rc == 0 || rc == -ENOENT ? rc : remove_by_force(record);
}

int mounts_remove(const char *text)
{
    struct registry_record *list = NULL;
    size_t count = 0;
    int rc = mounts_list(&list, &count);
    rc = rc ? rc : remove_listed(text, list, count);
    free(list);
    return rc;
}

void mounts_set_error(int rc)
{
    static const struct {
        int error;
        DWORD win32;
    } rows[] = {
        {ENOENT, ERROR_FILE_NOT_FOUND},
        {EPERM, ERROR_ACCESS_DENIED},
        {EACCES, ERROR_ACCESS_DENIED},
        {ETIMEDOUT, ERROR_TIMEOUT},
        {EINVAL, ERROR_INVALID_PARAMETER},
        {ENOMEM, ERROR_OUTOFMEMORY},
        {EBUSY, ERROR_BUSY},
    };
    DWORD win32 = ERROR_GEN_FAILURE;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (rows[i].error == -rc)
            win32 = rows[i].win32;
    DokanWin32SetLastError(win32);
}
