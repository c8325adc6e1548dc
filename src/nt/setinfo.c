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

enum { TIME_STAY = -1, TIME_RESUME = -2 }; /* stop and resume automatic times; below there is nothing */
enum { KNOWN_DISPOSITIONS = 0x1f };

struct set_row {
    int info_class;
    const char *name;
    uint32_t size;      /* of the struct, for strict callers */
    uint32_t head;      /* what must be there */
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

static NTSTATUS check_basic(const struct nt_handle *h, const FILE_BASIC_INFORMATION *in)
{
    const int64_t times[] = {in->CreationTime.QuadPart, in->LastAccessTime.QuadPart,
                             in->LastWriteTime.QuadPart, in->ChangeTime.QuadPart};
    for (size_t i = 0; i < sizeof times / sizeof *times; i++)
        if (times[i] < TIME_RESUME)
            return STATUS_INVALID_PARAMETER;
    ULONG wrong = h->directory ? FILE_ATTRIBUTE_TEMPORARY : FILE_ATTRIBUTE_DIRECTORY;
    return in->FileAttributes & wrong ? STATUS_INVALID_PARAMETER : STATUS_SUCCESS;
}

/* The time of the change is kept where the file system can; elsewhere it is that of the last write. */
static NTSTATUS set_times(struct nt_request *rq, const FILE_BASIC_INFORMATION *in)
{
    const DOKAN_FACTS facts = {
        .Size = sizeof facts, .Valid = DOKAN_FACT_CHANGE, .ChangeTime = in->ChangeTime.QuadPart};
    NTSTATUS status = rq_expired(rq) ? STATUS_IO_TIMEOUT
                                     : call_set_time(rq, rq->handle, in->CreationTime.QuadPart,
                                                     in->LastAccessTime.QuadPart, in->LastWriteTime.QuadPart);
    if (status != STATUS_SUCCESS || facts.ChangeTime <= 0)
        return status;
    status = rq_expired(rq) ? STATUS_IO_TIMEOUT : call_set_facts(rq, rq->handle, &facts);
    return status == STATUS_NOT_IMPLEMENTED ? STATUS_SUCCESS : status;
}

/* On Windows a handle that set the time of the last write, or said that it stays, leaves it alone afterwards.
 */
static void keep_write_time(struct nt_request *rq, int64_t time)
{
    struct nt_attr attr;
    if (!rq->strict || time == 0 || rq->handle->directory)
        return;
    if (time == TIME_STAY)
        time = attr_query(rq, rq->handle, &attr, true) ? 0 : (int64_t)attr.write;
    atomic_store(&rq->handle->write_time, time == TIME_RESUME ? 0 : time);
}

static NTSTATUS set_basic(struct nt_request *rq)
{
    struct nt_handle *h = rq->handle;
    FILE_BASIC_INFORMATION in;
    memcpy(&in, rq->info.buffer, sizeof in);
    NTSTATUS status = check_basic(h, &in);
    if (status)
        return status;
    if (!has_callback(h->vol, CB_SET_ATTRIBUTES) || !has_callback(h->vol, CB_SET_TIME))
        return STATUS_NOT_IMPLEMENTED;
    status = call_set_attributes(rq, h, in.FileAttributes);
    if (status != STATUS_SUCCESS)
        return status;
    status = set_times(rq, &in);
    if (status == STATUS_SUCCESS)
        keep_write_time(rq, in.LastWriteTime.QuadPart);
    changed(rq, FILE_NOTIFY_CHANGE_ATTRIBUTES | FILE_NOTIFY_CHANGE_LAST_WRITE |
                    FILE_NOTIFY_CHANGE_LAST_ACCESS | FILE_NOTIFY_CHANGE_CREATION);
    return status;
}

/* Unbuffered I/O begins at sectors. */
static NTSTATUS set_position(struct nt_request *rq)
{
    FILE_POSITION_INFORMATION in;
    memcpy(&in, rq->info.buffer, sizeof in);
    bool aligned = rq->handle->options & FILE_NO_INTERMEDIATE_BUFFERING;
    if (in.CurrentByteOffset.QuadPart < 0 ||
        (aligned && in.CurrentByteOffset.QuadPart % rq->volume->sector != 0))
        return STATUS_INVALID_PARAMETER;
    atomic_store(&rq->handle->position, in.CurrentByteOffset.QuadPart);
    return STATUS_SUCCESS;
}

/* A synchronous handle stays one, and an asynchronous one too. */
static NTSTATUS set_mode(struct nt_request *rq)
{
    const ULONG waits = FILE_SYNCHRONOUS_IO_ALERT | FILE_SYNCHRONOUS_IO_NONALERT;
    const ULONG settable = FILE_WRITE_THROUGH | FILE_SEQUENTIAL_ONLY | waits;
    struct nt_handle *h = rq->handle;
    FILE_MODE_INFORMATION in;
    memcpy(&in, rq->info.buffer, sizeof in);
    if (in.Mode & ~settable || (in.Mode & waits) == waits || !(in.Mode & waits) != !(h->options & waits))
        return STATUS_INVALID_PARAMETER;
    h->options = (h->options & ~settable) | in.Mode;
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
};

static struct delete_mark read_mark(struct nt_file *file)
{
    LOCK_SCOPE(&file->lock);
    return (struct delete_mark){file->delete_pending, file->posix_deleted};
}

static void write_mark(struct nt_file *file, bool pending)
{
    struct nt_handle *h;
    pthread_mutex_lock(&file->lock);
    file->delete_pending = pending;
    list_for_each (h, &file->handles, link)
        h->posix_delete &= pending;
    pthread_mutex_unlock(&file->lock);
    if (pending)
        watches_deleting(file);
}

static NTSTATUS refuse_read_only(struct nt_request *rq, ULONG flags)
{
    struct nt_attr attr;
    if (flags & FILE_DISPOSITION_IGNORE_READONLY_ATTRIBUTE || attr_query(rq, rq->handle, &attr, true))
        return STATUS_SUCCESS;
    return attr.attributes & FILE_ATTRIBUTE_READONLY ? STATUS_CANNOT_DELETE : STATUS_SUCCESS;
}

/* A file system that holds READONLY against it does not know the flag: the attribute goes first. */
static NTSTATUS ask_again(struct nt_request *rq, NTSTATUS refused)
{
    uint32_t before;
    NTSTATUS status = clear_readonly(rq, rq->handle, &before);
    if (status || !before)
        return refused;
    status = ask_deletion(rq, rq->handle);
    if (status)
        call_set_attributes(rq, rq->handle, before);
    return status;
}

static NTSTATUS ask_for_deletion(struct nt_request *rq, ULONG flags)
{
    NTSTATUS status = refuse_read_only(rq, flags);
    if (status)
        return status;
    status = ask_deletion(rq, rq->handle);
    bool ignores = flags & FILE_DISPOSITION_IGNORE_READONLY_ATTRIBUTE;
    if (ignores && (status == STATUS_CANNOT_DELETE || status == STATUS_ACCESS_DENIED))
        return ask_again(rq, status);
    return status;
}

/* Asks the file system for its consent; the deletion itself is the last Cleanup's. */
static NTSTATUS ask_for_mark(struct nt_request *rq, ULONG flags)
{
    struct nt_handle *h = rq->handle;
    bool delete = (flags & FILE_DISPOSITION_DELETE) != 0;
    if (!has_callback(h->vol, CB_DELETE_FILE) || !has_callback(h->vol, CB_DELETE_DIRECTORY))
        return STATUS_NOT_IMPLEMENTED;
    NTSTATUS status = delete ? ask_for_deletion(rq, flags) : call_delete(rq, h, false);
    if (status == STATUS_SUCCESS)
        write_mark(h->file, delete);
    return status;
}

/* FILE_DISPOSITION_ON_CLOSE changes what the handle was opened with. */
static NTSTATUS change_on_close(struct nt_request *rq, ULONG flags)
{
    struct nt_handle *h = rq->handle;
    bool delete = flags & FILE_DISPOSITION_DELETE;
    if (!(h->options & FILE_DELETE_ON_CLOSE))
        return STATUS_NOT_SUPPORTED;
    NTSTATUS status = delete ? refuse_read_only(rq, flags) : STATUS_SUCCESS;
    if (!status)
        h->delete_on_close = delete;
    return status;
}

/* By POSIX rules the name goes with this handle (cleanup.c), by NT's with the last one. */
static NTSTATUS dispose(struct nt_request *rq, ULONG flags)
{
    struct nt_handle *h = rq->handle;
    if (!h->file || flags & ~(ULONG)KNOWN_DISPOSITIONS)
        return STATUS_INVALID_PARAMETER;
    if (flags & FILE_DISPOSITION_ON_CLOSE)
        return change_on_close(rq, flags);
    if (h->node == &h->vol->root)
        return STATUS_CANNOT_DELETE;
    bool delete = flags & FILE_DISPOSITION_DELETE;
    struct delete_mark mark = read_mark(h->file);
    if (mark.posix_deleted || node_has(h->node, NODE_GONE)) /* its name is another's by now, or nobody's */
        return delete ? STATUS_SUCCESS : STATUS_FILE_DELETED;
    NTSTATUS status = mark.pending == delete ? STATUS_SUCCESS : ask_for_mark(rq, flags);
    if (status || !delete)
        return status;
    LOCK_SCOPE(&h->file->lock);
    h->posix_delete |= (flags & FILE_DISPOSITION_POSIX_SEMANTICS) != 0;
    return STATUS_SUCCESS;
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

#define FIXED(type) sizeof(type), sizeof(type)
#define NAMED(type) sizeof(type), offsetof(type, FileName)

static const struct set_row rows[] = {
    {FileBasicInformation, "Basic", FIXED(FILE_BASIC_INFORMATION), FILE_WRITE_ATTRIBUTES, NULL, set_basic},
    {FileRenameInformation, "Rename", NAMED(FILE_RENAME_INFORMATION), DELETE, prepare_rename_by_handle,
     rename_by_handle},
    {FileLinkInformation, "Link", NAMED(FILE_LINK_INFORMATION), 0, prepare_link_by_handle, link_by_handle},
    {FileDispositionInformation, "Disposition", FIXED(FILE_DISPOSITION_INFORMATION), DELETE,
     prepare_disposition, set_disposition},
    {FileModeInformation, "Mode", FIXED(FILE_MODE_INFORMATION), 0, NULL, set_mode},
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
    {FileLinkInformationEx, "LinkEx", NAMED(FILE_LINK_INFORMATION_EX), 0, prepare_link_by_handle,
     link_by_handle},
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
    if (rq->info.length < (rq->strict ? row->size : row->head))
        return STATUS_INFO_LENGTH_MISMATCH;
    if (row->access && !(rq->handle->access & row->access))
        return STATUS_ACCESS_DENIED;
    return row->prepare ? row->prepare(rq) : STATUS_SUCCESS;
}

NTSTATUS run_set_information(struct nt_request *rq)
{
    return row_of(rq->info.info_class)->run(rq);
}
