// SPDX-License-Identifier: MIT
/*
 * What dokan_ex.h tells of volumes and requests, and the calls of dokan.h that a callback makes about its own
 * request.
 */
#include "api/handle.h"
#include "api/instance.h"
#include "api/process.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static BOOL fail(DWORD error)
{
    DokanWin32SetLastError(error);
    return FALSE;
}

/* ---- volumes ------------------------------------------------------------------------------------------ */

SIZE_T DOKANAPI DokanGetMountPoint(DOKAN_HANDLE DokanInstance, char *Path, SIZE_T Size)
{
    struct instance *inst = process_usable() ? process_find(DokanInstance) : NULL;
    SIZE_T len = 0;
    if (Size && Path)
        Path[0] = 0;
    if (!inst)
        return 0;
    len = strlen(inst->record.path);
    if (Size && Path) {
        SIZE_T fits = len < Size ? len : Size - 1;
        memcpy(Path, inst->record.path, fits);
        Path[fits] = 0;
    }
    instance_put(inst);
    return len;
}

ULONG64 DOKANAPI DokanGetVolumeId(DOKAN_HANDLE DokanInstance)
{
    struct instance *inst = process_usable() ? process_find(DokanInstance) : NULL;
    if (!inst)
        return 0;
    ULONG64 id = nt_volume_id(inst->vol);
    instance_put(inst);
    return id;
}

static bool any_open(ULONG64 id)
{
    struct instance *inst;
    bool found = false;
    process_lock();
    list_for_each (inst, process_instances(), link)
        if (inst->vol && (!id || nt_volume_id(inst->vol) == id) && instance_state(inst) < INSTANCE_CLOSED)
            found = true;
    process_unlock();
    return found;
}

BOOL DOKANAPI DokanIsVolumeDrained(ULONG64 VolumeId)
{
    return process_usable() && !any_open(VolumeId) && nt_volume_drained(VolumeId);
}

BOOL DOKANAPI DokanGetVolumeCounters(DOKAN_HANDLE DokanInstance, DOKAN_VOLUME_COUNTERS *Counters)
{
    DOKAN_VOLUME_COUNTERS all = {.Size = sizeof all};
    const ULONG first = offsetof(DOKAN_VOLUME_COUNTERS, OperationsEx);
    if (!Counters || Counters->Size < first || Counters->Size > sizeof *Counters)
        return fail(ERROR_INVALID_PARAMETER);
    struct instance *inst = process_usable() ? process_find(DokanInstance) : NULL;
    if (!inst)
        return fail(ERROR_INVALID_PARAMETER);
    nt_volume_counters(inst->vol, &all);
    all.Size = Counters->Size;
    memcpy(Counters, &all, all.Size);
    instance_put(inst);
    return TRUE;
}

/* ---- links -------------------------------------------------------------------------------------------- */

ULONG DOKANAPI DokanMakeSymbolicLink(const char *Target, PVOID Buffer, ULONG Length)
{
    return Target && Buffer ? nt_reparse_make_link(Target, Buffer, Length) : 0;
}

SIZE_T DOKANAPI DokanGetSymbolicLink(const void *Buffer, ULONG Length, char *Target, SIZE_T Size)
{
    if (!Buffer || !Target || !nt_reparse_check(Buffer, Length))
        return 0;
    return nt_reparse_link_target(Buffer, Length, Target, Size);
}

/* ---- requests ----------------------------------------------------------------------------------------- */

static bool running_request(PDOKAN_FILE_INFO info, struct nt_caller *caller, bool *in_create)
{
    return info && info->DokanContext && process_usable() &&
           nt_requestor(info->DokanContext, caller, in_create);
}

BOOL DOKANAPI DokanGetRequestorIdentity(PDOKAN_FILE_INFO DokanFileInfo, DOKAN_REQUESTOR *Requestor)
{
    struct nt_caller caller;
    bool in_create;
    if (!Requestor || Requestor->Size != sizeof *Requestor ||
        !running_request(DokanFileInfo, &caller, &in_create))
        return fail(ERROR_INVALID_PARAMETER);
    Requestor->ProcessId = caller.pid;
    Requestor->UserId = caller.uid;
    Requestor->GroupId = caller.gid;
    return TRUE;
}

BOOL DOKANAPI DokanResetTimeout(ULONG Timeout, PDOKAN_FILE_INFO DokanFileInfo)
{
    struct nt_caller caller;
    bool in_create;
    if (!running_request(DokanFileInfo, &caller, &in_create) ||
        !nt_reset_timeout(DokanFileInfo->DokanContext, Timeout))
        return fail(ERROR_INVALID_PARAMETER);
    return TRUE;
}

struct token {
    struct api_handle handle;
    struct nt_caller caller;
};

static void close_token(struct api_handle *handle)
{
    free((struct token *)handle);
}

HANDLE DOKANAPI DokanOpenRequestorToken(PDOKAN_FILE_INFO DokanFileInfo)
{
    struct nt_caller caller;
    bool in_create = false;
    if (!running_request(DokanFileInfo, &caller, &in_create) || !in_create) {
        DokanWin32SetLastError(ERROR_INVALID_PARAMETER);
        return INVALID_HANDLE_VALUE;
    }
    struct token *token = calloc(1, sizeof *token);
    if (token) {
        token->handle.close = close_token;
        token->caller = caller;
    }
    HANDLE handle = token ? api_handle_open(&token->handle) : NULL;
    if (handle)
        return handle;
    free(token);
    DokanWin32SetLastError(ERROR_OUTOFMEMORY);
    return INVALID_HANDLE_VALUE;
}
