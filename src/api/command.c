// SPDX-License-Identifier: MIT
/*
 * DokanControl: commands about mounts, whichever process serves them.
 */
#include "api/mountpoint.h"
#include "api/mounts.h"
#include "api/process.h"
#include "base/cleanup.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct command {
    const char *name;
    int (*run)(const struct command *command, const char *point, char **reply);
    bool needs_point;
};

/* A value is the rest of its line. */
static void print_text(FILE *out, const char *key, const char *value)
{
    fprintf(out, "%s ", key);
    for (; *value; value++) {
        if (*value == '\n' || *value == '\\')
            fputc('\\', out);
        fputc(*value == '\n' ? 'n' : *value, out);
    }
    fputc('\n', out);
}

static void print_record(FILE *out, const struct registry_record *r)
{
    if (r->letter[0])
        fprintf(out, "drive %s\n", r->letter);
    print_text(out, "path", r->path);
    print_text(out, "given", r->given);
    if (r->unc[0])
        print_text(out, "unc", r->unc);
    print_text(out, "device", r->device);
    fprintf(out, "type %s\n", r->type == FILE_DEVICE_NETWORK_FILE_SYSTEM ? "network" : "disk");
    fprintf(out, "options 0x%x\n", r->options);
    if (r->session != 0xFFFFFFFFu)
        fprintf(out, "session %u\n", r->session);
    fprintf(out, "pid %u\nuser %u\nvolume %llu\n", r->pid, r->owner, (unsigned long long)r->volume);
}

static int run_list(const struct command *command, const char *point, char **reply)
{
    CLEANUP_FREE struct registry_record *list = NULL;
    size_t count = 0, len = 0;
    int rc = mounts_list(&list, &count);
    FILE *out = rc ? NULL : open_memstream(reply, &len);
    if (!out)
        return rc ? rc : -ENOMEM;
    const struct registry_record *only = point ? mountpoint_find(point, list, count) : NULL;
    for (size_t i = 0; i < count; i++) {
        if (point && only != &list[i])
            continue;
        print_record(out, &list[i]);
        fputc('\n', out);
    }
    if (fclose(out) != 0)
        return -ENOMEM;
    return point && !only ? -ENOENT : 0;
}

static int run_path(const struct command *command, const char *point, char **reply)
{
    CLEANUP_FREE struct registry_record *list = NULL;
    char path[PATH_MAX];
    size_t count = 0;
    int rc = mounts_list(&list, &count);
    bool below = mountpoint_classify(point).form == MOUNTPOINT_BELOW_DRIVE;
    if (rc == 0 && !below && !mountpoint_find(point, list, count))
        rc = -ENOENT;
    rc = rc ? rc : mountpoint_path(point, list, count, path, sizeof path);
    if (rc == 0 && asprintf(reply, "%s", path) < 0)
        rc = -ENOMEM;
    return rc;
}

static int run_unmount(const struct command *command, const char *point, char **reply)
{
    return mounts_remove(point);
}

static int run_ask(const struct command *command, const char *point, char **reply)
{
    CLEANUP_FREE struct registry_record *list = NULL;
    size_t count = 0;
    int rc = mounts_list(&list, &count);
    if (rc)
        return rc;
    const struct registry_record *record = mountpoint_find(point, list, count);
    return record ? mounts_ask(record, command->name, reply) : -ENOENT;
}

static const struct command commands[] = {
    {"list", run_list, false}, {"path", run_path, true},    {"unmount", run_unmount, true},
    {"status", run_ask, true}, {"trace on", run_ask, true}, {"trace off", run_ask, true},
};

static int run(const char *point, const char *name, char **reply)
{
    for (size_t i = 0; name && i < sizeof commands / sizeof *commands; i++) {
        const struct command *c = &commands[i];
        if (strcmp(c->name, name) == 0)
            return c->needs_point && !(point && *point) ? -EINVAL : c->run(c, point, reply);
    }
    return -EINVAL;
}

BOOL DOKANAPI DokanControl(const char *MountPoint, const char *Command, char **Reply)
{
    char *reply = NULL;
    if (Reply)
        *Reply = NULL;
    if (!process_usable())
        return FALSE;
    int rc = run(MountPoint, Command, &reply);
    if (rc)
        mounts_set_error(rc);
    if (Reply)
        *Reply = reply;
    else
        free(reply);
    return rc == 0;
}

VOID DOKANAPI DokanFreeReply(char *Reply)
{
    free(Reply);
}
