// SPDX-License-Identifier: MIT
/*
 * File-system controls: those that stand for operations of the engine are done by them, some succeed without
 * effect as on Windows, the rest is the file system's (FileSystemControl).
 */
#include "nt/nt_internal.h"
#include "nt/reparse.h"

struct allocated_range {
    int64_t offset, length;
};

struct zero_data {
    int64_t offset, beyond;
};

static NTSTATUS get_reparse_point(struct nt_request *rq, struct nt_handle *h)
{
    uint32_t used;
    NTSTATUS status = call_get_reparse(rq, h, rq->control.out, rq->control.out_length, &used);
    rq->p.information = used;
    return status;
}

static NTSTATUS set_reparse_point(struct nt_request *rq, struct nt_handle *h)
{
    const struct nt_control_args *a = &rq->control;
    if (!nt_reparse_check(a->in, a->in_length))
        return STATUS_IO_REPARSE_DATA_INVALID;
    NTSTATUS status = call_set_reparse(rq, h, a->in, a->in_length);
    if (status == STATUS_SUCCESS)
        node_changed(rq, h->node, FILE_NOTIFY_CHANGE_ATTRIBUTES);
    return status == STATUS_NOT_IMPLEMENTED ? STATUS_INVALID_DEVICE_REQUEST : status;
}

static NTSTATUS delete_reparse_point(struct nt_request *rq, struct nt_handle *h)
{
    enum { HEAD = 8 };
    const struct nt_control_args *a = &rq->control;
    if (a->in_length < HEAD)
        return STATUS_IO_REPARSE_DATA_INVALID;
    NTSTATUS status = call_delete_reparse(rq, h, reparse_tag(a->in));
    if (status == STATUS_SUCCESS)
        node_changed(rq, h->node, FILE_NOTIFY_CHANGE_ATTRIBUTES);
    return status == STATUS_NOT_IMPLEMENTED ? STATUS_NOT_A_REPARSE_POINT : status;
}

/* What does not fit is told by STATUS_BUFFER_OVERFLOW. */
struct ranges {
    struct allocated_range *out;
    uint32_t room, count;
    bool full;
};

static bool put_range(void *ctx, int64_t offset, int64_t length)
{
    struct ranges *r = ctx;
    r->full = r->count == r->room;
    if (r->full)
        return false;
    const struct allocated_range range = {offset, length};
    memcpy(&r->out[r->count++], &range, sizeof range);
    return true;
}

static NTSTATUS query_allocated_ranges(struct nt_request *rq, struct nt_handle *h)
{
    const struct nt_control_args *a = &rq->control;
    struct allocated_range in;
    struct ranges r = {.out = a->out, .room = (uint32_t)(a->out_length / sizeof in)};
    struct nt_attr attr;
    if (a->in_length < sizeof in)
        return STATUS_INVALID_PARAMETER;
    memcpy(&in, a->in, sizeof in);
    if (in.offset < 0 || in.length < 0 || in.length > INT64_MAX - in.offset)
        return STATUS_INVALID_PARAMETER;
    NTSTATUS status = attr_query(rq, h, &attr, true);
    int64_t end = in.offset + in.length;
    end = (uint64_t)end < attr.size ? end : (int64_t)attr.size;
    if (!status && end > in.offset) {
        status = call_find_ranges(rq, h, in.offset, end - in.offset, put_range, &r);
        if (status == STATUS_NOT_IMPLEMENTED)
            status = put_range(&r, in.offset, end - in.offset) ? STATUS_SUCCESS : STATUS_BUFFER_TOO_SMALL;
    }
    rq->p.information = r.count * sizeof in;
    if (status)
        return status;
    return r.full ? r.room ? STATUS_BUFFER_OVERFLOW : STATUS_BUFFER_TOO_SMALL : STATUS_SUCCESS;
}

static NTSTATUS set_zero_data(struct nt_request *rq, struct nt_handle *h)
{
    struct zero_data in;
    struct nt_attr attr;
    if (rq->control.in_length < sizeof in)
        return STATUS_INVALID_PARAMETER;
    memcpy(&in, rq->control.in, sizeof in);
    if (in.offset < 0 || in.beyond < in.offset)
        return STATUS_INVALID_PARAMETER;
    NTSTATUS status = attr_query(rq, h, &attr, true);
    int64_t end = (uint64_t)in.beyond < attr.size ? in.beyond : (int64_t)attr.size;
    if (status || end <= in.offset)
        return status;
    bool sparse = attr.attributes & FILE_ATTRIBUTE_SPARSE_FILE;
    return zero_range(rq, h, in.offset, end - in.offset, sparse);
}

static NTSTATUS nothing(struct nt_request *rq, struct nt_handle *h)
{
    (void)rq, (void)h;
    return STATUS_SUCCESS;
}

static const struct {
    uint32_t code;
    ACCESS_MASK rights; /* of the handle; any of them */
    bool changes;
    NTSTATUS (*run)(struct nt_request *rq, struct nt_handle *h);
} rows[] = {
    {FSCTL_GET_REPARSE_POINT, 0, false, get_reparse_point},
    {FSCTL_SET_REPARSE_POINT, FILE_WRITE_DATA | FILE_WRITE_ATTRIBUTES, true, set_reparse_point},
    {FSCTL_DELETE_REPARSE_POINT, FILE_WRITE_DATA | FILE_WRITE_ATTRIBUTES, true, delete_reparse_point},
    {FSCTL_QUERY_ALLOCATED_RANGES, FILE_READ_DATA, false, query_allocated_ranges},
    {FSCTL_SET_ZERO_DATA, FILE_WRITE_DATA, true, set_zero_data},
    {FSCTL_LOCK_VOLUME, 0, false, nothing},
    {FSCTL_UNLOCK_VOLUME, 0, false, nothing},
    {FSCTL_IS_VOLUME_MOUNTED, 0, false, nothing},
    {FSCTL_REQUEST_OPLOCK_LEVEL_1, 0, false, oplock_control},
    {FSCTL_REQUEST_OPLOCK_LEVEL_2, 0, false, oplock_control},
    {FSCTL_REQUEST_BATCH_OPLOCK, 0, false, oplock_control},
    {FSCTL_REQUEST_FILTER_OPLOCK, 0, false, oplock_control},
    {FSCTL_REQUEST_OPLOCK, 0, false, oplock_control},
    {FSCTL_OPLOCK_BREAK_ACKNOWLEDGE, 0, false, oplock_control},
    {FSCTL_OPLOCK_BREAK_ACK_NO_2, 0, false, oplock_control},
    {FSCTL_OPBATCH_ACK_CLOSE_PENDING, 0, false, oplock_control},
    {FSCTL_OPLOCK_BREAK_NOTIFY, 0, false, oplock_control},
};

NTSTATUS run_fs_control(struct nt_request *rq)
{
    const struct nt_control_args *a = &rq->control;
    struct nt_handle *h = rq->handle;
    uint32_t returned;
    if (!h)
        return STATUS_INVALID_HANDLE;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (rows[i].code != a->code)
            continue;
        if (rows[i].rights && !(h->access & rows[i].rights))
            return STATUS_ACCESS_DENIED;
        if (rows[i].changes && volume_option(rq->volume, DOKAN_OPTION_WRITE_PROTECT))
            return STATUS_MEDIA_WRITE_PROTECTED;
        return rows[i].run(rq, h);
    }
    NTSTATUS status = call_fs_control(rq, h, a->code, a->in, a->in_length, a->out, a->out_length, &returned);
    rq->p.information = returned;
    return status;
}
