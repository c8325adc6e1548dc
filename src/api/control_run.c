// SPDX-License-Identifier: MIT
/*
 * The verbs of the control socket: one row each. Answers are lines `key value`; see DokanControl in
 * dokan_ex.h for those that a program may read.
 */
#include "api/control.h"
#include "api/instance.h"
#include "api/process.h"
#include "base/log.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const char *const operation_names[DOKAN_OPERATION_COUNT] = {
    "ZwCreateFile",
    "Cleanup",
    "CloseFile",
    "ReadFile",
    "WriteFile",
    "FlushFileBuffers",
    "GetFileInformation",
    "FindFiles",
    "FindFilesWithPattern",
    "SetFileAttributes",
    "SetFileTime",
    "DeleteFile",
    "DeleteDirectory",
    "MoveFile",
    "SetEndOfFile",
    "SetAllocationSize",
    "LockFile",
    "UnlockFile",
    "GetDiskFreeSpace",
    "GetVolumeInformation",
    "Mounted",
    "Unmounted",
    "GetFileSecurity",
    "SetFileSecurity",
    "FindStreams",
};

static const char *const operation_ex_names[DOKAN_OPERATION_EX_COUNT] = {
    "GetFacts",
    "FindFacts",
    "SetFacts",
    "GetFileId",
    "GetNameOfId",
    "CreateHardLink",
    "RemoveName",
    "ExchangeNames",
    "GetReparsePoint",
    "SetReparsePoint",
    "DeleteReparsePoint",
    "GetEa",
    "SetEa",
    "FindEas",
    "FindRanges",
    "ZeroRange",
    "FileSystemControl",
    "SetVolumeLabel",
    "GetBackingFile",
};

static void print_counter(FILE *out, const char *name, uint64_t value)
{
    fprintf(out, "%s %llu\n", name, (unsigned long long)value);
}

static void print_operation(FILE *out, const char *name, const DOKAN_OPERATION_COUNTERS *o)
{
    if (o->Calls)
        fprintf(out, "operation %s %llu %llu %llu %llu\n", name, o->Calls, o->Errors, o->TotalNs, o->MaxNs);
}

static void print_operations(FILE *out, const DOKAN_VOLUME_COUNTERS *c)
{
    for (size_t i = 0; i < DOKAN_OPERATION_COUNT; i++)
        print_operation(out, operation_names[i], &c->Operations[i]);
    for (size_t i = 0; i < DOKAN_OPERATION_EX_COUNT; i++)
        print_operation(out, operation_ex_names[i], &c->OperationsEx[i]);
}

static void print_engine(FILE *out, const DOKAN_VOLUME_COUNTERS *c)
{
    print_counter(out, "open_handles", c->OpenHandles);
    print_counter(out, "open_files", c->OpenFiles);
    print_counter(out, "nodes", c->Nodes);
    print_counter(out, "running_callbacks", c->RunningCallbacks);
    print_counter(out, "stuck_callbacks", c->StuckCallbacks);
    print_counter(out, "expired_requests", c->ExpiredRequests);
    print_counter(out, "queued_requests", c->QueuedRequests);
    print_counter(out, "cache_hits", c->CacheHits);
    print_counter(out, "cache_misses", c->CacheMisses);
}

static void print_door(FILE *out, struct instance *inst)
{
    struct fuse_door_counters c = {0};
    pthread_mutex_lock(&inst->lock);
    bool open = inst->door != NULL;
    if (open)
        fuse_door_get_counters(inst->door, &c);
    pthread_mutex_unlock(&inst->lock);
    if (!open)
        return;
    fprintf(out, "protocol 7.%u\n", c.minor);
    print_counter(out, "kernel_nodes", c.nodes);
    print_counter(out, "kernel_handles", c.handles);
    print_counter(out, "threads", c.threads);
    print_counter(out, "requests_served", c.served);
    print_counter(out, "invalidations", c.invalidations);
}

static void print_stuck(FILE *out, struct nt_volume *vol)
{
    char text[8192], *save = NULL;
    size_t needed = nt_volume_stuck_report(vol, text, sizeof text);
    for (char *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save))
        fprintf(out, "stuck %s\n", line);
    if (needed >= sizeof text)
        fprintf(out, "stuck and more\n");
}

static int run_status(struct instance *inst, struct control_call *call)
{
    DOKAN_VOLUME_COUNTERS counters = {.Size = sizeof counters};
    nt_volume_counters(inst->vol, &counters);
    fprintf(call->out, "state %s\n", instance_state(inst) == INSTANCE_RUNNING ? "mounted" : "unmounting");
    fprintf(call->out, "trace %s\n", nt_volume_tracing(inst->vol) ? "on" : "off");
    print_engine(call->out, &counters);
    print_door(call->out, inst);
    print_operations(call->out, &counters);
    print_stuck(call->out, inst->vol);
    return 0;
}

static int run_trace_on(struct instance *inst, struct control_call *call)
{
    log_set_stderr(true);
    nt_volume_trace(inst->vol, true);
    return 0;
}

static int run_trace_off(struct instance *inst, struct control_call *call)
{
    nt_volume_trace(inst->vol, false);
    return 0;
}

static int run_unmount(struct instance *inst, struct control_call *call)
{
    instance_end(inst);
    call->wait_for = nt_volume_id(inst->vol);
    return 0;
}

static const struct {
    const char *verb;
    int (*run)(struct instance *inst, struct control_call *call);
} rows[] = {
    {"status", run_status},
    {"trace on", run_trace_on},
    {"trace off", run_trace_off},
    {"unmount", run_unmount},
};

static int run_list(struct control_call *call)
{
    struct instance *inst;
    process_lock();
    list_for_each (inst, process_instances(), link)
        if (inst->record.path[0])
            fprintf(call->out, "%llu %s\n", (unsigned long long)inst->record.volume, inst->record.path);
    process_unlock();
    return 0;
}

int control_run(char *line, struct control_call *call)
{
    if (strcmp(line, "list") == 0)
        return run_list(call);
    char *space = strrchr(line, ' '), *end;
    if (!space || space[1] < '0' || space[1] > '9') {
        fprintf(call->out, "not a request: give a verb and the number of a volume\n");
        return -EINVAL;
    }
    *space = 0;
    uint64_t id = strtoull(space + 1, &end, 10);
    for (size_t i = 0; *end == 0 && i < sizeof rows / sizeof *rows; i++) {
        if (strcmp(rows[i].verb, line) != 0)
            continue;
        struct instance *inst = process_find_id(id);
        if (!inst) {
            fprintf(call->out, "no volume %llu here\n", (unsigned long long)id);
            return -ENOENT;
        }
        int rc = rows[i].run(inst, call);
        instance_put(inst);
        return rc;
    }
    fprintf(call->out, "no such request\n");
    return -EINVAL;
}
