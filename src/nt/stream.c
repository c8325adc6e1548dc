// SPDX-License-Identifier: MIT
/*
 * FileStreamInformation: the streams of a file, as FindStreams reports them, packed into the caller's buffer.
 * The buffer belongs to the callback until the request is released, so entries are written as they
 * come. No locks.
 */
#include "nt/info.h"

struct stream_list {
    const struct nt_volume *vol;
    unsigned char *buffer;
    uint32_t length, used;
    uint32_t last; /* offset of the entry before, to be linked */
    uint32_t bad;
    bool any, full;
};

/* Length of a name of the form `:name:type` within the field, 0 when it is none. */
static size_t stream_name_length(const WCHAR *name, size_t cap)
{
    size_t len = 0;
    while (len < cap && name[len]) {
        if (name[len] == u'\\' || name[len] == u'/')
            return 0;
        len++;
    }
    return len < cap && len > 1 && name[0] == u':' ? len : 0;
}

static void put_stream(struct stream_list *list, const WIN32_FIND_STREAM_DATA *data, uint32_t name,
                       uint32_t stride)
{
    FILE_STREAM_INFORMATION entry = {
        .StreamNameLength = name,
        .StreamSize = data->StreamSize,
        .StreamAllocationSize.QuadPart = allocation_size(list->vol, (uint64_t)data->StreamSize.QuadPart),
    };
    if (list->any) {
        ULONG step = list->used - list->last;
        memcpy(list->buffer + list->last, &step, sizeof step);
    }
    unsigned char *at = list->buffer + list->used;
    memset(at, 0, stride);
    memcpy(at, &entry, offsetof(FILE_STREAM_INFORMATION, StreamName));
    memcpy(at + offsetof(FILE_STREAM_INFORMATION, StreamName), data->cStreamName, name);
    list->last = list->used;
    list->used += stride;
    list->any = true;
}

static BOOL fill_stream(PWIN32_FIND_STREAM_DATA data, PVOID context)
{
    struct stream_list *list = context;
    size_t len = stream_name_length(data->cStreamName, sizeof data->cStreamName / sizeof(WCHAR));
    if (!len || data->StreamSize.QuadPart < 0) {
        list->bad++;
        return TRUE;
    }
    uint32_t name = (uint32_t)(len * sizeof(WCHAR));
    uint32_t stride = ((uint32_t)sizeof(FILE_STREAM_INFORMATION) + name + 7) & ~(uint32_t)7;
    if (list->full || stride > list->length - list->used) {
        list->full = true;
        return FALSE;
    }
    put_stream(list, data, name, stride);
    return TRUE;
}

NTSTATUS query_streams(struct nt_request *rq)
{
    struct nt_volume *vol = rq->volume;
    if (!volume_option(vol, DOKAN_OPTION_ALT_STREAM))
        return STATUS_INVALID_PARAMETER;
    if (!has_callback(vol, CB_FIND_STREAMS))
        return STATUS_NOT_IMPLEMENTED;
    if (rq->info.length < sizeof(FILE_STREAM_INFORMATION))
        return STATUS_BUFFER_TOO_SMALL;
    struct stream_list list = {.vol = vol, .buffer = rq->info.buffer, .length = rq->info.length};
    NTSTATUS status = call_find_streams(rq, rq->handle, fill_stream, &list);
    atomic_fetch_add_explicit(&vol->bad_replies, list.bad, memory_order_relaxed);
    if (status == STATUS_SUCCESS && list.full)
        status = STATUS_BUFFER_OVERFLOW;
    if (status == STATUS_SUCCESS || status == STATUS_BUFFER_OVERFLOW)
        rq->p.information = list.used;
    return status;
}
