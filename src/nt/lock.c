// SPDX-License-Identifier: MIT
/*
 * Byte-range locks that the file system keeps (DOKAN_OPTION_FILELOCK_USER_MODE). Key, kind and "fail at once"
 * have no place in LockFile; the file system drops the locks of a handle in its Cleanup. No state here.
 */
#include "nt/nt_internal.h"

NTSTATUS run_lock(struct nt_request *rq)
{
    const struct nt_lock_args *args = &rq->lock;
    if (!volume_option(rq->volume, DOKAN_OPTION_FILELOCK_USER_MODE))
        return STATUS_NOT_IMPLEMENTED;
    NTSTATUS status = call_lock(rq, rq->handle, args->offset, args->length, false);
    return status == STATUS_SUCCESS || status == STATUS_NOT_IMPLEMENTED ? status : STATUS_LOCK_NOT_GRANTED;
}

NTSTATUS run_unlock(struct nt_request *rq)
{
    const struct nt_lock_args *args = &rq->lock;
    if (!volume_option(rq->volume, DOKAN_OPTION_FILELOCK_USER_MODE) || args->all)
        return STATUS_NOT_IMPLEMENTED;
    NTSTATUS status = call_lock(rq, rq->handle, args->offset, args->length, true);
    return status == STATUS_NOT_IMPLEMENTED ? status : STATUS_SUCCESS;
}
