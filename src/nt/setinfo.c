// SPDX-License-Identifier: MIT
/*
 * NtSetInformationFile: one row per information class. Renames are in setname.c.
 *
 * Locks: file->lock for the delete mark, only for moments. What changes a name (disposition, rename) has
 * reserved it before, so nobody else deletes, moves or opens it meanwhile.
 */
#include "nt/info.h"
#include "nt/remove.h"
#include "nt/setname.h"

enum { TIME_RESUME = -2 }; /* -1 and -2 stop and resume automatic times; below there is nothing */

struct set_row {
    int info_class;
    const char *name;
    uint32_t size;      /* of the struct, or of what lies before the name */
    ACCESS_MASK access; /* any of these the handle must have; 0: none */
    NTSTATUS (*prepare)(struct nt_request *rq);
    NTSTATUS (*run)(struct nt_request *rq);
};

static void changed(struct nt_request *rq, uint32_t filter)
{
    cache_drop(rq->handle->node);
    event_node(rq->handle->node, NT_EVENT_MODIFIED, filter, rq_origin(rq));
}

/* ---- times and attributes ------------------------------------------------------------------------------ */

static NTSTATUS set_basic(struct nt_request *rq)
{
    struct nt_handle *h = rq->handle;
    FILE_BASIC_INFORMATION in;
    memcpy(&in, rq->info.buffer, sizeof in);
    int64_t creation = in.CreationTime.QuadPart, access = in.LastAccessTime.QuadPart;
    int64_t write = in.LastWriteTime.QuadPart;
    if (creation < TIME_RESUME || access < TIME_RESUME || write < TIME_RESUME)
        return STATUS_INVALID_PARAMETER;
    if (!has_callback(h->vol, CB_SET_ATTRIBUTES) || !has_callback(h->vol, CB_SET_TIME))
        return STATUS_NOT_IMPLEMENTED;
    NTSTATUS status = call_set_attributes(rq, h, in.FileAttributes);
    if (status != STATUS_SUCCESS)
        return status;
    status = rq_expired(rq) ? STATUS_IO_TIMEOUT : call_set_time(rq, h, creation, access, write);
    changed(rq, FILE_NOTIFY_CHANGE_ATTRIBUTES | FILE_NOTIFY_CHANGE_LAST_WRITE |
                    FILE_NOTIFY_CHANGE_LAST_ACCESS | FILE_NOTIFY_CHANGE_CREATION);
    return status;
}

static NTSTATUS set_position(struct nt_request *rq)
{
    FILE_POSITION_INFORMATION in;
    memcpy(&in, rq->info.buffer, sizeof in);
    if (in.CurrentByteOffset.QuadPart < 0)
        return STATUS_INVALID_PARAMETER;
    atomic_store(&rq->handle->position, in.CurrentByteOffset.QuadPart);
    return STATUS_SUCCESS;
}

/* ---- sizes --------------------------------------------------------------------------------------------- */

static NTSTATUS set_size(struct nt_request *rq,
                         NTSTATUS (*set)(struct nt_request *rq, struct nt_handle *h, int64_t size))
{
    int64_t size;
    memcpy(&size, rq->info.buffer, sizeof size);
    if (size < 0 || rq->handle->directory)
        return STATUS_INVALID_PARAMETER;
    NTSTATUS status = set(rq, rq->handle, size);
    if (status == STATUS_SUCCESS)
        changed(rq, FILE_NOTIFY_CHANGE_SIZE);
    else
        cache_drop(rq->handle->node); /* it may have got half way */
    return status;
}

static NTSTATUS set_allocation(struct nt_request *rq)
{
    return set_size(rq, call_set_allocation);
}

static NTSTATUS set_end_of_file(struct nt_request *rq)
{
    return set_size(rq, call_set_eof);
}

/* File systems behind Dokan have no valid data length of their own: it can only extend the file. */
static NTSTATUS extend_to(struct nt_request *rq, struct nt_handle *h, int64_t size)
{
    BY_HANDLE_FILE_INFORMATION info = {0};
    NTSTATUS status = call_get_info(rq, h, &info);
    if (status != STATUS_SUCCESS)
        return status;
    uint64_t present = (uint64_t)info.nFileSizeHigh << 32 | info.nFileSizeLow;
    if ((uint64_t)size <= present)
        return STATUS_SUCCESS;
    return rq_expired(rq) ? STATUS_IO_TIMEOUT : call_set_eof(rq, h, size);
}

static NTSTATUS set_valid_length(struct nt_request *rq)
{
    return set_size(rq, extend_to);
}

/* ---- the delete mark ----------------------------------------------------------------------------------- */

struct delete_mark {
    bool pending;       /* as it stands */
    bool posix_deleted; /* the name is gone already */
    bool others;        /* further handles are open */
};

static struct delete_mark read_mark(struct nt_file *file)
{
    LOCK_SCOPE(&file->lock);
    return (struct delete_mark){file->delete_pending, file->posix_deleted, file->open_count > 1};
}

static void write_mark(struct nt_file *file, bool pending)
{
    pthread_mutex_lock(&file->lock);
    file->delete_pending = pending;
    pthread_mutex_unlock(&file->lock);
    if (pending)
        watches_deleting(file);
}

static NTSTATUS refuse_read_only(struct nt_request *rq, ULONG flags)
{
    BY_HANDLE_FILE_INFORMATION info = {0};
    if (flags & FILE_DISPOSITION_IGNORE_READONLY_ATTRIBUTE || !has_callback(rq->volume, CB_GET_INFO))
        return STATUS_SUCCESS;
    if (call_get_info(rq, rq->handle, &info) != STATUS_SUCCESS)
        return STATUS_SUCCESS;
    return info.dwFileAttributes & FILE_ATTRIBUTE_READONLY ? STATUS_CANNOT_DELETE : STATUS_SUCCESS;
}

/* Asks the file system for its consent; the deletion itself is the last Cleanup's. */
static NTSTATUS ask_for_mark(struct nt_request *rq, ULONG flags)
{
    struct nt_handle *h = rq->handle;
    bool delete = (flags & FILE_DISPOSITION_DELETE) != 0;
    if (!has_callback(h->vol, CB_DELETE_FILE) || !has_callback(h->vol, CB_DELETE_DIRECTORY))
        return STATUS_NOT_IMPLEMENTED;
    NTSTATUS status = delete ? refuse_read_only(rq, flags) : STATUS_SUCCESS;
    if (status == STATUS_SUCCESS)
        status = delete ? ask_deletion(rq, h) : call_delete(rq, h, false);
    if (status == STATUS_SUCCESS)
        write_mark(h->file, delete);
    return status;
}

static NTSTATUS dispose(struct nt_request *rq, ULONG flags)
{
    struct nt_handle *h = rq->handle;
    if (!h->file)
        return STATUS_INVALID_PARAMETER;
    if (h->node == &h->vol->root)
        return STATUS_CANNOT_DELETE;
    bool delete = (flags & FILE_DISPOSITION_DELETE) != 0;
    struct delete_mark mark = read_mark(h->file);
    if (mark.posix_deleted || node_has(h->node, NODE_GONE)) /* its name is another's by now, or nobody's */
        return delete ? STATUS_SUCCESS : STATUS_DELETE_PENDING;
    NTSTATUS status = mark.pending == delete ? STATUS_SUCCESS : ask_for_mark(rq, flags);
    bool posix = delete &&(flags & FILE_DISPOSITION_POSIX_SEMANTICS);
    if (status || !posix || !mark.others)
        return status;
    bool held; /* by this handle */
    status = free_name(rq, h, &held);
    if (status)
        write_mark(h->file, mark.pending);
    return status;
}

static NTSTATUS set_disposition(struct nt_request *rq)
{
    const FILE_DISPOSITION_INFORMATION *in = rq->info.buffer;
    return dispose(rq, in->DeleteFile ? FILE_DISPOSITION_DELETE : 0);
}

static NTSTATUS set_disposition_ex(struct nt_request *rq)
{
    FILE_DISPOSITION_INFORMATION_EX in;
    memcpy(&in, rq->info.buffer, sizeof in);
    return dispose(rq, in.Flags);
}

static NTSTATUS prepare_disposition(struct nt_request *rq)
{
    struct nt_node *node = rq->handle->node;
    nt_node_get(node);
    token_want(rq, node, TOKEN_CHANGE, rq->handle->directory);
    token_want(rq, tree_place(node, NULL), TOKEN_HOLD, false);
    return STATUS_SUCCESS;
}

/* ---- the table ----------------------------------------------------------------------------------------- */

#define FIXED(type) sizeof(type)
#define NAMED(type) offsetof(type, FileName)

static const struct set_row rows[] = {
    {FileBasicInformation, "Basic", FIXED(FILE_BASIC_INFORMATION), FILE_WRITE_ATTRIBUTES, NULL, set_basic},
    {FileRenameInformation, "Rename", NAMED(FILE_RENAME_INFORMATION), DELETE, prepare_rename_by_handle,
     rename_by_handle},
    {FileDispositionInformation, "Disposition", FIXED(FILE_DISPOSITION_INFORMATION), DELETE,
     prepare_disposition, set_disposition},
    {FilePositionInformation, "Position", FIXED(FILE_POSITION_INFORMATION), 0, NULL, set_position},
    {FileAllocationInformation, "Allocation", FIXED(FILE_ALLOCATION_INFORMATION), FILE_WRITE_DATA, NULL,
     set_allocation},
    {FileEndOfFileInformation, "EndOfFile", FIXED(FILE_END_OF_FILE_INFORMATION), FILE_WRITE_DATA, NULL,
     set_end_of_file},
    {FileValidDataLengthInformation, "ValidDataLength", FIXED(FILE_VALID_DATA_LENGTH_INFORMATION),
     FILE_WRITE_DATA, NULL, set_valid_length},
    {FileDispositionInformationEx, "DispositionEx", FIXED(FILE_DISPOSITION_INFORMATION_EX), DELETE,
     prepare_disposition, set_disposition_ex},
    {FileRenameInformationEx, "RenameEx", NAMED(FILE_RENAME_INFORMATION_EX), DELETE, prepare_rename_by_handle,
     rename_by_handle},
};

static const struct set_row *row_of(int info_class)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (rows[i].info_class == info_class)
            return &rows[i];
    return NULL;
}

const char *set_class_name(int info_class)
{
    const struct set_row *row = row_of(info_class);
    return row ? row->name : NULL;
}

NTSTATUS prepare_set_information(struct nt_request *rq)
{
    const struct set_row *row = row_of(rq->info.info_class);
    if (!row)
        return STATUS_INVALID_PARAMETER;
    if (rq->info.length < row->size)
        return STATUS_INFO_LENGTH_MISMATCH;
    if (row->access && !(rq->handle->access & row->access))
        return STATUS_ACCESS_DENIED;
    return row->prepare ? row->prepare(rq) : STATUS_SUCCESS;
}

NTSTATUS run_set_information(struct nt_request *rq)
{
    return row_of(rq->info.info_class)->run(rq);
}
