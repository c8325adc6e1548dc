// SPDX-License-Identifier: MIT
/* Volumes over the scripted file system, and the requests that their tests make. */
#include "stage.h"

struct stage *stage_open(ULONG options, const DOKAN_OPERATIONS *operations, const DOKAN_OPERATIONS_EX *more)
{
    struct stage *stage = calloc(1, sizeof *stage);
    DOKAN_MOUNT_OPTIONS_EX ex = DokanMountOptionsExDefault();
    assert_non_null(stage);
    fake_init(&stage->fs);
    stage->options.Version = DOKAN_VERSION;
    stage->options.Options = options;
    stage->options.GlobalContext = (ULONG64)(uintptr_t)&stage->fs;
    ex.Flags = DOKAN_EX_NO_MOUNT;
    ex.OperationsEx = more;
    if (!operations)
        operations = &fake_operations;
    DokanInit();
    assert_int_equal(DokanCreateFileSystemEx(&stage->options, (PDOKAN_OPERATIONS)(uintptr_t)operations, &ex,
                                             &stage->volume),
                     DOKAN_SUCCESS);
    return stage;
}

void stage_close(struct stage *stage)
{
    DokanCloseHandle(stage->volume);
    DokanShutdown();
    assert_int_equal(stage->fs.violations, 0);
    assert_true(fake_all_closed(&stage->fs));
    fake_destroy(&stage->fs);
    free(stage);
}

DOKAN_NT_REQUEST stage_enter(struct stage *stage, const struct entry *how)
{
    DOKAN_NT_REQUEST rq = DokanNtRequest(stage->volume, DOKAN_NT_CREATE);
    rq.Name = how->path;
    rq.DesiredAccess = how->access ? how->access : FILE_ALL_ACCESS;
    rq.FileAttributes = how->attributes;
    rq.ShareAccess = SHARE_ALL;
    rq.CreateDisposition = how->disposition;
    rq.CreateOptions = how->options;
    DokanNtCall(&rq);
    return rq;
}

DOKAN_NT_FILE stage_file(struct stage *stage, LPCWSTR path, ULONG options)
{
    DOKAN_NT_REQUEST rq =
        stage_enter(stage, &(struct entry){.path = path, .disposition = FILE_OPEN, .options = options});
    assert_status(STATUS_SUCCESS, rq.Status);
    return rq.File;
}

DOKAN_NT_REQUEST stage_request(DOKAN_NT_FILE file, ULONG operation, void *buffer, ULONG length)
{
    DOKAN_NT_REQUEST rq = DokanNtRequest(NULL, operation);
    rq.File = file;
    rq.Buffer = buffer;
    rq.Length = length;
    return rq;
}

NTSTATUS stage_set(DOKAN_NT_FILE file, ULONG info_class, const void *buffer, ULONG length)
{
    DOKAN_NT_REQUEST rq = stage_request(file, DOKAN_NT_SET_INFORMATION, (void *)(uintptr_t)buffer, length);
    rq.Class = info_class;
    return DokanNtCall(&rq);
}

NTSTATUS stage_query(DOKAN_NT_FILE file, ULONG info_class, void *buffer, ULONG length)
{
    DOKAN_NT_REQUEST rq = stage_request(file, DOKAN_NT_QUERY_INFORMATION, buffer, length);
    rq.Class = info_class;
    return DokanNtCall(&rq);
}

NTSTATUS stage_dispose(DOKAN_NT_FILE file, bool delete)
{
    FILE_DISPOSITION_INFORMATION in = {.DeleteFile = delete};
    return stage_set(file, FileDispositionInformation, &in, sizeof in);
}

NTSTATUS stage_cleanup(DOKAN_NT_FILE file)
{
    DOKAN_NT_REQUEST rq = stage_request(file, DOKAN_NT_CLEANUP, NULL, 0);
    return DokanNtCall(&rq);
}

NTSTATUS stage_end(DOKAN_NT_FILE file)
{
    return DokanNtClose(file);
}
