// SPDX-License-Identifier: MIT
/*
 * Read, write, flush. No allocation, no lock that other files share: the file's path is taken under the
 * file's own lock in dispatch.c, and the cached attributes are dropped under the node's stripe. Byte-range
 * locks cost one load while the file has none.
 *
 * Paging I/O needs no right, minds no lock, moves no position, may come after the Cleanup, and never makes
 * the file longer: a Windows caller's is cut at the end of the file here, since not every file system does
 * it.
 */
#include "nt/nt_internal.h"

enum { USE_FILE_POSITION = -2, END_OF_FILE = -1 };

static NTSTATUS check_io(const struct nt_handle *h, const struct nt_io_args *io, ACCESS_MASK any_of)
{
    if (h->directory || (io->length && !io->buffer) || io->offset < USE_FILE_POSITION)
        return STATUS_INVALID_PARAMETER;
    if (!io->paging && !(h->access & any_of))
        return STATUS_ACCESS_DENIED;
    return STATUS_SUCCESS;
}

static bool is_synchronous(const struct nt_handle *h)
{
    return h->options & (FILE_SYNCHRONOUS_IO_ALERT | FILE_SYNCHRONOUS_IO_NONALERT);
}

/* Who may only append does so, whatever offset he names. */
static bool only_appends(const struct nt_handle *h, const struct nt_io_args *io)
{
    return !io->paging && (h->access & (FILE_WRITE_DATA | FILE_APPEND_DATA)) == FILE_APPEND_DATA;
}

/* Cuts a paging write at the end of the file. */
static NTSTATUS cut_paging(struct nt_request *rq)
{
    struct nt_io_args *io = &rq->io;
    const struct nt_volume *vol = rq->volume;
    struct nt_attr attr;
    if (!io->paging || !rq->strict || !(has_callback(vol, CB_GET_INFO) || has_callback(vol, CB_GET_FACTS)))
        return STATUS_SUCCESS;
    NTSTATUS status = attr_query(rq, rq->handle, &attr, true);
    if (status)
        return status;
    uint64_t left = (uint64_t)io->offset < attr.size ? attr.size - (uint64_t)io->offset : 0;
    if (io->length > left)
        io->length = (uint32_t)left;
    return rq_expired(rq) ? STATUS_IO_TIMEOUT : STATUS_SUCCESS;
}

/* Where an append will begin is asked only when there are locks. */
static NTSTATUS check_locks(struct nt_request *rq, const struct nt_io_args *io, bool write)
{
    struct nt_handle *h = rq->handle;
    int64_t offset = io->offset;
    struct nt_attr attr;
    if (!atomic_load_explicit(&h->file->lock_count, memory_order_relaxed) || io->paging)
        return STATUS_SUCCESS;
    if (offset == END_OF_FILE) {
        NTSTATUS status = attr_query(rq, h, &attr, true);
        if (status)
            return status;
        offset = (int64_t)attr.size;
    }
    return locks_refuse(rq, offset, write) ? STATUS_FILE_LOCK_CONFLICT : STATUS_SUCCESS;
}

NTSTATUS run_read(struct nt_request *rq)
{
    struct nt_handle *h = rq->handle;
    struct nt_io_args io = rq->io; /* request.c compares those of other threads: they stay as they are */
    NTSTATUS status = check_io(h, &io, rq->strict ? FILE_READ_DATA : FILE_READ_DATA | FILE_EXECUTE);
    if (status || io.length == 0)
        return status;
    if (io.offset == USE_FILE_POSITION)
        io.offset = atomic_load(&h->position);
    if (io.offset < 0)
        return STATUS_INVALID_PARAMETER;
    status = check_locks(rq, &io, false);
    if (status)
        return status;
    uint32_t done;
    status = call_read(rq, h, &io, &done);
    if (status != STATUS_SUCCESS)
        return status;
    if (is_synchronous(h) && !io.paging)
        atomic_store_explicit(&h->position, io.offset + done, memory_order_relaxed);
    rq->p.information = done;
    return done ? STATUS_SUCCESS : STATUS_END_OF_FILE;
}

/* Where a synchronous handle stands after an append: at the end, wherever that is now. */
static void position_after(struct nt_request *rq, uint32_t done)
{
    struct nt_handle *h = rq->handle;
    struct nt_attr attr;
    if (!is_synchronous(h) || rq->io.paging)
        return;
    if (rq->io.offset != END_OF_FILE)
        atomic_store_explicit(&h->position, rq->io.offset + done, memory_order_relaxed);
    else if (attr_query(rq, h, &attr, true) == STATUS_SUCCESS)
        atomic_store_explicit(&h->position, (int64_t)attr.size, memory_order_relaxed);
}

static void note_write(struct nt_request *rq, uint32_t done)
{
    struct nt_handle *h = rq->handle;
    int64_t kept = atomic_load_explicit(&h->write_time, memory_order_relaxed);
    if (kept && rq->strict && !rq_expired(rq))
        call_set_time(rq, h, 0, 0, kept);
    atomic_store_explicit(&h->wrote, true, memory_order_relaxed);
    if (rq->io.paging && atomic_load(&h->cleaned)) /* no Cleanup will tell */
        event_node(h->node, NT_EVENT_MODIFIED, FILE_NOTIFY_CHANGE_LAST_WRITE, rq_origin(rq));
    else if (!atomic_load_explicit(&h->file->written, memory_order_relaxed))
        atomic_store_explicit(&h->file->written, true, memory_order_relaxed);
    event_written(h->node, rq->io.offset == END_OF_FILE ? INT64_MAX : rq->io.offset + done, rq_origin(rq));
}

NTSTATUS run_write(struct nt_request *rq)
{
    struct nt_handle *h = rq->handle;
    struct nt_io_args *io = &rq->io;
    NTSTATUS status = check_io(h, io, FILE_WRITE_DATA | FILE_APPEND_DATA);
    if (status || io->length == 0)
        return status;
    if (io->paging && io->offset == END_OF_FILE)
        return STATUS_SUCCESS;
    if (io->offset == USE_FILE_POSITION)
        io->offset = atomic_load(&h->position);
    if (only_appends(h, io))
        io->offset = END_OF_FILE;
    if (io->offset >= 0 && io->offset > INT64_MAX - (int64_t)io->length)
        return STATUS_INVALID_PARAMETER;
    status = cut_paging(rq);
    if (!status)
        status = check_locks(rq, io, true);
    if (status || io->length == 0)
        return status;
    uint32_t done;
    status = call_write(rq, h, io, &done);
    cache_drop(h->node); /* also of a write that failed: it may have got half way */
    if (status != STATUS_SUCCESS)
        return status;
    note_write(rq, done);
    if (io->kill_privileges)
        drop_set_id(rq, h);
    position_after(rq, done);
    rq->p.information = done;
    return STATUS_SUCCESS;
}

NTSTATUS run_flush(struct nt_request *rq)
{
    struct nt_handle *h = rq->handle;
    if (rq->strict && !(h->access & (FILE_WRITE_DATA | FILE_APPEND_DATA)))
        return STATUS_ACCESS_DENIED;
    atomic_store(&h->wrote, false);
    NTSTATUS status = call_flush(rq, h);
    if (status == STATUS_SUCCESS || status == STATUS_NOT_IMPLEMENTED)
        return STATUS_SUCCESS;
    return rq->strict ? STATUS_NOT_SUPPORTED : status;
}
