// SPDX-License-Identifier: MIT
/*
 * The controls for oplocks: asking and acknowledging. Leases (FSCTL_REQUEST_OPLOCK) are acknowledged by any
 * open with their key, the others by their own handle. An acknowledgment that keeps something waits for the
 * next break in its turn, as the request before it did.
 *
 * Locks: file->lock.
 */
#include "nt/oplock.h"
#include <dokan/nt.h>

/* ---- acknowledging ------------------------------------------------------------------------------------- */

static struct oplock *find_breaking(struct nt_file *file, const struct nt_handle *h, bool lease)
{
    struct oplock *o;
    list_for_each (o, &file->oplocks, link) {
        bool mine = lease ? oplock_of_handle(o, h) : o->handle == h;
        if (mine && o->breaking && !o->closing && oplock_is_lease(o->kind) == lease)
            return o;
    }
    return NULL;
}

static NTSTATUS give_up(struct nt_request *rq, struct nt_file *file, struct oplock *o)
{
    rq->p.information = FILE_OPLOCK_BROKEN_TO_NONE;
    if (oplock_asked_for_lease(rq))
        oplock_fill(rq, oplock_level(o->kind), 0, 0, NULL);
    oplock_remove(file, o);
    return STATUS_SUCCESS;
}

/* The acknowledging request holds what is left. Byte-range locks leave no shared one. */
static NTSTATUS keep_lower(struct nt_request *rq, struct nt_file *file, struct oplock *o,
                           enum oplock_kind kind)
{
    if (kind == OPLOCK_NONE || (!oplock_is_exclusive(kind) && atomic_load(&file->lock_count)))
        return give_up(rq, file, o);
    NTSTATUS status = oplock_hold(rq, o);
    if (status != STATUS_PENDING) {
        oplock_remove(file, o);
        return status;
    }
    o->handle = rq->handle;
    o->kind = kind;
    o->breaking = false;
    oplock_wake(file);
    return STATUS_PENDING;
}

static NTSTATUS acknowledge(struct nt_request *rq, struct nt_handle *h, enum oplock_kind unused)
{
    (void)unused;
    LOCK_SCOPE(&h->file->lock);
    struct oplock *o = find_breaking(h->file, h, false);
    if (!o)
        return STATUS_INVALID_OPLOCK_PROTOCOL;
    return keep_lower(rq, h->file, o,
                      rq->control.code == FSCTL_OPLOCK_BREAK_ACKNOWLEDGE ? o->to : OPLOCK_NONE);
}

static NTSTATUS close_later(struct nt_request *rq, struct nt_handle *h, enum oplock_kind unused)
{
    (void)unused;
    LOCK_SCOPE(&h->file->lock);
    struct oplock *o = find_breaking(h->file, h, false);
    if (!o)
        return STATUS_INVALID_OPLOCK_PROTOCOL;
    if (o->kind == OPLOCK_LEVEL_1)
        return give_up(rq, h->file, o);
    o->closing = true;
    return STATUS_SUCCESS;
}

static NTSTATUS acknowledge_lease(struct nt_request *rq, struct nt_handle *h,
                                  const REQUEST_OPLOCK_INPUT_BUFFER *in)
{
    LOCK_SCOPE(&h->file->lock);
    struct oplock *o = find_breaking(h->file, h, true);
    if (!o)
        return STATUS_INVALID_OPLOCK_PROTOCOL;
    if (in->Flags & REQUEST_OPLOCK_INPUT_FLAG_COMPLETE_ACK_ON_CLOSE) {
        o->closing = true;
        return STATUS_SUCCESS;
    }
    ULONG left_over = oplock_level(o->to);
    if (in->RequestedOplockLevel & ~left_over) { /* it was broken further meanwhile */
        oplock_fill(rq, oplock_level(o->kind), left_over, REQUEST_OPLOCK_OUTPUT_FLAG_ACK_REQUIRED, NULL);
        return STATUS_CANNOT_GRANT_REQUESTED_OPLOCK;
    }
    return keep_lower(rq, h->file, o, oplock_of_level(in->RequestedOplockLevel));
}

static NTSTATUS request_lease(struct nt_request *rq, struct nt_handle *h, enum oplock_kind unused)
{
    (void)unused;
    const struct nt_control_args *a = &rq->control;
    REQUEST_OPLOCK_INPUT_BUFFER in;
    if (a->in_length < sizeof in || a->out_length < sizeof(REQUEST_OPLOCK_OUTPUT_BUFFER))
        return STATUS_BUFFER_TOO_SMALL;
    memcpy(&in, a->in, sizeof in);
    enum oplock_kind kind = oplock_of_level(in.RequestedOplockLevel);
    ULONG flags = in.Flags & ~(ULONG)REQUEST_OPLOCK_INPUT_FLAG_COMPLETE_ACK_ON_CLOSE;
    if (in.StructureVersion != REQUEST_OPLOCK_CURRENT_VERSION || kind == OPLOCK_KINDS)
        return STATUS_INVALID_PARAMETER;
    if (flags == REQUEST_OPLOCK_INPUT_FLAG_ACK)
        return acknowledge_lease(rq, h, &in);
    if (in.Flags != REQUEST_OPLOCK_INPUT_FLAG_REQUEST || kind == OPLOCK_NONE)
        return STATUS_INVALID_PARAMETER;
    return oplock_grant(rq, h, kind);
}

static NTSTATUS await_breaks(struct nt_request *rq, struct nt_handle *h, enum oplock_kind unused)
{
    (void)unused;
    return oplock_notify(rq, h);
}

static const struct {
    uint32_t code;
    enum oplock_kind kind;
    NTSTATUS (*run)(struct nt_request *rq, struct nt_handle *h, enum oplock_kind kind);
} controls[] = {
    {FSCTL_REQUEST_OPLOCK_LEVEL_1, OPLOCK_LEVEL_1, oplock_grant},
    {FSCTL_REQUEST_OPLOCK_LEVEL_2, OPLOCK_LEVEL_2, oplock_grant},
    {FSCTL_REQUEST_BATCH_OPLOCK, OPLOCK_BATCH, oplock_grant},
    {FSCTL_REQUEST_FILTER_OPLOCK, OPLOCK_FILTER, oplock_grant},
    {FSCTL_REQUEST_OPLOCK, OPLOCK_NONE, request_lease},
    {FSCTL_OPLOCK_BREAK_ACKNOWLEDGE, OPLOCK_NONE, acknowledge},
    {FSCTL_OPLOCK_BREAK_ACK_NO_2, OPLOCK_NONE, acknowledge},
    {FSCTL_OPBATCH_ACK_CLOSE_PENDING, OPLOCK_NONE, close_later},
    {FSCTL_OPLOCK_BREAK_NOTIFY, OPLOCK_NONE, await_breaks},
};

NTSTATUS oplock_control(struct nt_request *rq, struct nt_handle *h)
{
    for (size_t i = 0; i < sizeof controls / sizeof *controls; i++)
        if (controls[i].code == rq->control.code)
            return controls[i].run(rq, h, controls[i].kind);
    return STATUS_INVALID_DEVICE_REQUEST;
}
