// SPDX-License-Identifier: MIT
/*
 * The in-process door: dokan/nt.h over the engine's interface. It translates and decides nothing.
 *
 * A DOKAN_NT_FILE is an engine's handle: the reference that came out of NT_CREATE, consumed by NT_CLOSE. A
 * request that is waited for lives on the caller's stack; one that is submitted in a struct submitted, which
 * its release() frees.
 */
#include "api/instance.h"
#include "api/process.h"
#include <dokan/dokan_text.h>
#include <dokan/nt.h>

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct submitted {
    struct nt_request nt;
    PDOKAN_NT_REQUEST request;
    void(DOKAN_CALLBACK *released)(PDOKAN_NT_REQUEST request);
    struct nt_node *directory;
};

static struct nt_handle *handle_of(DOKAN_NT_FILE file)
{
    return (struct nt_handle *)file;
}

/* ---- translating --------------------------------------------------------------------------------------- */

/* The number's bytes are the name. */
static NTSTATUS name_by_id(const DOKAN_NT_REQUEST *rq, struct nt_name *name)
{
    *name = (struct nt_name){.text = (const WCHAR *)&rq->FileId, .len = sizeof rq->FileId / sizeof(WCHAR)};
    return rq->Name ? STATUS_INVALID_PARAMETER : STATUS_SUCCESS;
}

static NTSTATUS name_by_path(const DOKAN_NT_REQUEST *rq, struct nt_name *name)
{
    SIZE_T units = rq->Name ? DokanWcslenInline(rq->Name) : 0;
    if (units > UINT16_MAX || (!rq->RelatedFile && (!units || rq->Name[0] != u'\\')))
        return STATUS_OBJECT_NAME_INVALID;
    if (rq->RelatedFile && units && rq->Name[0] == u'\\')
        return STATUS_INVALID_PARAMETER;
    *name = (struct nt_name){.dir = rq->RelatedFile ? nt_handle_node(handle_of(rq->RelatedFile)) : NULL,
                             .text = rq->Name,
                             .len = (uint16_t)units};
    return STATUS_SUCCESS;
}

static NTSTATUS fill_create(struct nt_request *nt, const DOKAN_NT_REQUEST *rq)
{
    struct nt_name name;
    NTSTATUS status =
        rq->CreateOptions & FILE_OPEN_BY_FILE_ID ? name_by_id(rq, &name) : name_by_path(rq, &name);
    nt->create = (struct nt_create_args){
        .name = name,
        .target_directory = (rq->Flags & DOKAN_NT_TARGET_DIRECTORY) != 0,
        .access = rq->DesiredAccess,
        .file_attributes = rq->FileAttributes,
        .share = rq->ShareAccess,
        .disposition = rq->CreateDisposition,
        .options = rq->CreateOptions,
        .security = rq->Buffer,
        .security_length = rq->Buffer ? rq->Length : 0,
        .eas = rq->InputLength ? rq->Input : NULL,
        .eas_length = rq->Input ? rq->InputLength : 0,
        .oplock_key = {rq->OplockKey[0], rq->OplockKey[1]},
        .parent_key = {rq->ParentOplockKey[0], rq->ParentOplockKey[1]},
    };
    nt->handle = NULL;
    return status;
}

static NTSTATUS fill_nothing(struct nt_request *nt, const DOKAN_NT_REQUEST *rq)
{
    (void)nt, (void)rq;
    return STATUS_SUCCESS;
}

static NTSTATUS fill_io(struct nt_request *nt, const DOKAN_NT_REQUEST *rq)
{
    nt->io = (struct nt_io_args){.buffer = rq->Buffer,
                                 .length = rq->Length,
                                 .offset = rq->Offset,
                                 .paging = (rq->Flags & DOKAN_NT_PAGING) != 0,
                                 .nocache = (rq->Flags & DOKAN_NT_NOCACHE) != 0};
    return STATUS_SUCCESS;
}

static NTSTATUS fill_info(struct nt_request *nt, const DOKAN_NT_REQUEST *rq)
{
    if (rq->Length && !rq->Buffer)
        return STATUS_INVALID_PARAMETER;
    nt->info =
        (struct nt_info_args){.info_class = (int)rq->Class, .buffer = rq->Buffer, .length = rq->Length};
    return STATUS_SUCCESS;
}

/* The directory that a new name is relative to stands in the buffer. */
static NTSTATUS fill_set(struct nt_request *nt, const DOKAN_NT_REQUEST *rq)
{
    static const ULONG named[] = {FileRenameInformation, FileRenameInformationEx, FileLinkInformation,
                                  FileLinkInformationEx};
    const ULONG at = offsetof(FILE_RENAME_INFORMATION, FileName);
    FILE_RENAME_INFORMATION head;
    NTSTATUS status = fill_info(nt, rq);
    for (size_t i = 0; !status && i < sizeof named / sizeof *named; i++) {
        if (named[i] != rq->Class || rq->Length < at)
            continue;
        memcpy(&head, rq->Buffer, at);
        if (!head.RootDirectory)
            continue;
        if (head.FileNameLength > rq->Length - at || head.FileNameLength > UINT16_MAX * sizeof(WCHAR) ||
            head.FileNameLength % sizeof(WCHAR))
            return STATUS_INVALID_PARAMETER;
        nt->info.target = (struct nt_name){.dir = nt_handle_node(head.RootDirectory),
                                           .text = (const WCHAR *)((const char *)rq->Buffer + at),
                                           .len = (uint16_t)(head.FileNameLength / sizeof(WCHAR))};
    }
    return status;
}

static NTSTATUS fill_eas(struct nt_request *nt, const DOKAN_NT_REQUEST *rq)
{
    nt->eas = (struct nt_eas_args){.buffer = rq->Buffer,
                                   .length = rq->Length,
                                   .list = rq->Input,
                                   .list_length = rq->Input ? rq->InputLength : 0,
                                   .index = rq->Class,
                                   .restart = (rq->Flags & DOKAN_NT_RESTART) != 0,
                                   .single = (rq->Flags & DOKAN_NT_SINGLE) != 0};
    return STATUS_SUCCESS;
}

static NTSTATUS fill_directory(struct nt_request *nt, const DOKAN_NT_REQUEST *rq)
{
    SIZE_T units = rq->Pattern ? DokanWcslenInline(rq->Pattern) : 0;
    if (units > UINT16_MAX)
        return STATUS_OBJECT_NAME_INVALID;
    nt->directory = (struct nt_directory_args){.info_class = (int)rq->Class,
                                               .buffer = rq->Buffer,
                                               .length = rq->Length,
                                               .pattern = rq->Pattern,
                                               .pattern_len = (uint16_t)units,
                                               .restart = (rq->Flags & DOKAN_NT_RESTART) != 0,
                                               .single = (rq->Flags & DOKAN_NT_SINGLE) != 0};
    return STATUS_SUCCESS;
}

static NTSTATUS fill_security(struct nt_request *nt, const DOKAN_NT_REQUEST *rq)
{
    nt->security = (struct nt_security_args){.what = rq->Class, .buffer = rq->Buffer, .length = rq->Length};
    return STATUS_SUCCESS;
}

static NTSTATUS fill_lock(struct nt_request *nt, const DOKAN_NT_REQUEST *rq)
{
    nt->lock = (struct nt_lock_args){.offset = rq->Offset,
                                     .length = rq->LockLength,
                                     .key = rq->Key,
                                     .exclusive = (rq->Flags & DOKAN_NT_EXCLUSIVE) != 0,
                                     .fail_immediately = (rq->Flags & DOKAN_NT_FAIL_IMMEDIATELY) != 0,
                                     .all = (rq->Flags & DOKAN_NT_ALL) != 0,
                                     .by_key = (rq->Flags & DOKAN_NT_BY_KEY) != 0};
    return STATUS_SUCCESS;
}

static NTSTATUS fill_notify(struct nt_request *nt, const DOKAN_NT_REQUEST *rq)
{
    nt->notify = (struct nt_notify_args){.buffer = rq->Buffer,
                                         .length = rq->Length,
                                         .filter = rq->Class,
                                         .tree = (rq->Flags & DOKAN_NT_TREE) != 0};
    return STATUS_SUCCESS;
}

static NTSTATUS fill_control(struct nt_request *nt, const DOKAN_NT_REQUEST *rq)
{
    if ((rq->Length && !rq->Buffer) || (rq->InputLength && !rq->Input))
        return STATUS_INVALID_PARAMETER;
    nt->control = (struct nt_control_args){.node = nt_handle_node(handle_of(rq->File)),
                                           .code = rq->Class,
                                           .in = rq->Input,
                                           .in_length = rq->InputLength,
                                           .out = rq->Buffer,
                                           .out_length = rq->Length};
    return STATUS_SUCCESS;
}

static const struct row {
    enum nt_op op;
    bool no_file; /* can do without one */
    NTSTATUS (*fill)(struct nt_request *nt, const DOKAN_NT_REQUEST *rq);
} rows[DOKAN_NT_OPERATION_COUNT] = {
    [DOKAN_NT_CREATE] = {NT_CREATE, true, fill_create},
    [DOKAN_NT_CLEANUP] = {NT_CLEANUP, false, fill_nothing},
    [DOKAN_NT_CLOSE] = {NT_CLOSE, false, fill_nothing},
    [DOKAN_NT_READ] = {NT_READ, false, fill_io},
    [DOKAN_NT_WRITE] = {NT_WRITE, false, fill_io},
    [DOKAN_NT_FLUSH] = {NT_FLUSH, false, fill_nothing},
    [DOKAN_NT_QUERY_INFORMATION] = {NT_QUERY_INFORMATION, false, fill_info},
    [DOKAN_NT_SET_INFORMATION] = {NT_SET_INFORMATION, false, fill_set},
    [DOKAN_NT_QUERY_DIRECTORY] = {NT_QUERY_DIRECTORY, false, fill_directory},
    [DOKAN_NT_QUERY_VOLUME] = {NT_QUERY_VOLUME, true, fill_info},
    [DOKAN_NT_QUERY_SECURITY] = {NT_QUERY_SECURITY, false, fill_security},
    [DOKAN_NT_SET_SECURITY] = {NT_SET_SECURITY, false, fill_security},
    [DOKAN_NT_LOCK] = {NT_LOCK, false, fill_lock},
    [DOKAN_NT_UNLOCK] = {NT_UNLOCK, false, fill_lock},
    [DOKAN_NT_NOTIFY] = {NT_NOTIFY, false, fill_notify},
    [DOKAN_NT_FS_CONTROL] = {NT_FS_CONTROL, false, fill_control},
    [DOKAN_NT_QUERY_EA] = {NT_QUERY_EAS, false, fill_eas},
    [DOKAN_NT_SET_EA] = {NT_SET_EAS, false, fill_eas},
    [DOKAN_NT_SET_VOLUME] = {NT_SET_VOLUME, true, fill_info},
};

/* The volume, counted, that a request is for. */
static struct nt_volume *volume_of(const DOKAN_NT_REQUEST *rq)
{
    if (rq->File && rq->Operation != DOKAN_NT_CREATE) {
        struct nt_volume *vol = nt_handle_volume(handle_of(rq->File));
        nt_volume_get(vol);
        return vol;
    }
    struct instance *inst = process_usable() ? process_find(rq->Volume) : NULL;
    struct nt_volume *vol = inst ? inst->vol : NULL;
    if (vol)
        nt_volume_get(vol);
    if (inst)
        instance_put(inst);
    return vol;
}

/* On success nt->volume is counted. */
static NTSTATUS translate(const DOKAN_NT_REQUEST *rq, struct nt_request *nt)
{
    if (!rq || rq->Size != sizeof *rq || rq->Operation >= DOKAN_NT_OPERATION_COUNT)
        return STATUS_INVALID_PARAMETER;
    const struct row *row = &rows[rq->Operation];
    memset(nt, 0, offsetof(struct nt_request, p));
    nt->op = row->op;
    nt->strict = true;
    nt->caller = (struct nt_caller){.pid = rq->ProcessId, .uid = rq->UserId, .gid = rq->GroupId};
    nt->handle = handle_of(rq->File);
    if (!rq->File && !row->no_file)
        return STATUS_INVALID_HANDLE;
    NTSTATUS status = row->fill(nt, rq);
    if (status)
        return status;
    nt->volume = volume_of(rq);
    return nt->volume ? STATUS_SUCCESS : STATUS_INVALID_HANDLE;
}

/* To which a name is relative: it is looked at whenever the name is, and its handle may be closed by then.
 * Counted, or NULL. */
static struct nt_node *directory_of(const struct nt_request *nt)
{
    struct nt_node *directory = nt->op == NT_CREATE            ? nt->create.name.dir
                                : nt->op == NT_SET_INFORMATION ? nt->info.target.dir
                                                               : NULL;
    if (directory)
        nt_node_get(directory);
    return directory;
}

static void take_result(PDOKAN_NT_REQUEST rq, const struct nt_request *nt, NTSTATUS status,
                        uint64_t information)
{
    rq->Status = status;
    rq->Information = information;
    if (nt->op == NT_QUERY_SECURITY && status == STATUS_BUFFER_OVERFLOW)
        rq->Information = nt->security.needed;
    if (nt->op != NT_CREATE)
        return;
    rq->File = NT_SUCCESS(status) ? (DOKAN_NT_FILE)nt->create.out.handle : NULL;
    if (NT_SUCCESS(status))
        nt_node_put(nt->create.out.node);
}

/* ---- public -------------------------------------------------------------------------------------------- */

DOKAN_NT_REQUEST DOKANAPI DokanNtRequest(DOKAN_HANDLE Volume, ULONG Operation)
{
    return (DOKAN_NT_REQUEST){.Size = sizeof(DOKAN_NT_REQUEST),
                              .Operation = Operation,
                              .Volume = Volume,
                              .ProcessId = (ULONG)getpid(),
                              .UserId = geteuid(),
                              .GroupId = getegid()};
}

NTSTATUS DOKANAPI DokanNtCall(PDOKAN_NT_REQUEST Request)
{
    struct nt_request nt;
    uint64_t information = 0;
    NTSTATUS status = translate(Request, &nt);
    if (status) {
        if (Request && Request->Size == sizeof *Request)
            Request->Status = status;
        return status;
    }
    struct nt_volume *vol = nt.volume;
    struct nt_node *directory = directory_of(&nt);
    status = nt_call(&nt, &information);
    take_result(Request, &nt, status, information);
    nt_node_put(directory);
    nt_volume_put(vol);
    return status;
}

static struct submitted *submitted_of(struct nt_request *nt)
{
    return (struct submitted *)nt;
}

static void complete(struct nt_request *nt, NTSTATUS status, uint64_t information)
{
    PDOKAN_NT_REQUEST rq = submitted_of(nt)->request;
    take_result(rq, nt, status, information);
    rq->Complete(rq);
}

static void release(struct nt_request *nt)
{
    struct submitted *s = submitted_of(nt);
    struct nt_volume *vol = nt->volume;
    void(DOKAN_CALLBACK * released)(PDOKAN_NT_REQUEST) = s->released;
    PDOKAN_NT_REQUEST rq = s->request;
    nt_node_put(s->directory);
    free(s);
    if (released)
        released(rq);
    nt_volume_put(vol);
}

NTSTATUS DOKANAPI DokanNtSubmit(PDOKAN_NT_REQUEST Request)
{
    struct submitted *s = malloc(sizeof *s);
    NTSTATUS status = s ? translate(Request, &s->nt) : STATUS_INSUFFICIENT_RESOURCES;
    if (!status && !Request->Complete) {
        nt_volume_put(s->nt.volume);
        status = STATUS_INVALID_PARAMETER;
    }
    if (status) {
        free(s);
        return status;
    }
    s->request = Request;
    s->released = Request->Released;
    s->directory = directory_of(&s->nt);
    s->nt.complete = complete;
    s->nt.release = release;
    Request->Reserved[0] = s;
    nt_submit(&s->nt);
    return STATUS_PENDING;
}

BOOL DOKANAPI DokanNtCancel(PDOKAN_NT_REQUEST Request)
{
    struct submitted *s = Request ? Request->Reserved[0] : NULL;
    return s && nt_cancel(&s->nt);
}

static NTSTATUS end_file(DOKAN_NT_FILE file, ULONG operation)
{
    DOKAN_NT_REQUEST rq = DokanNtRequest(NULL, operation);
    rq.File = file;
    return DokanNtCall(&rq);
}

NTSTATUS DOKANAPI DokanNtClose(DOKAN_NT_FILE File)
{
    if (!File)
        return STATUS_INVALID_HANDLE;
    NTSTATUS status = end_file(File, DOKAN_NT_CLEANUP);
    end_file(File, DOKAN_NT_CLOSE);
    return status;
}
