// SPDX-License-Identifier: MIT
/*
 * Opportunistic locks: leave to cache what one reads, what one writes, or that one has the file open. One is
 * asked for by FSCTL_REQUEST_*; the request that is granted one waits (park.c) until something that others do
 * to the file breaks it, and its end is the news. From some the engine then wants an answer:
 *
 *     granted --break--> breaking --acknowledged--> granted, lower    the acknowledging request waits now
 *        |                  |--acknowledged, to nothing--> gone
 *        |                  |--the breaker's patience ends--> gone    oplock_break.c
 *        |--the holder's request is cancelled--> gone
 *        '--the handle's Cleanup--> gone                              also while it breaks
 *
 * Locks: file->lock covers the file's oplocks and who waits for answers. A file without any costs its users
 * one load: of vol->oplocks, where there is none on the volume, or of file->oplock_count. An oplock is held
 * by a handle that was not cleaned up, so the file lives as long as one of its oplocks. A request's `wanted`
 * is its oplock; it is NULL once the oplock went while somebody else was ending the request.
 */
#include "nt/oplock.h"
#include <dokan/nt.h>
#include <stdlib.h>

/* ---- what is held -------------------------------------------------------------------------------------- */

static struct oplock *oplock_new(struct nt_handle *h, enum oplock_kind kind)
{
    struct oplock *o = calloc(1, sizeof *o);
    if (!o)
        return NULL;
    list_init(&o->link);
    o->handle = h;
    o->kind = kind;
    return o;
}

static void oplock_add(struct nt_file *file, struct oplock *o)
{
    list_add_tail(&file->oplocks, &o->link);
    atomic_fetch_add(&file->oplock_count, 1);
    atomic_fetch_add(&file->node->vol->oplocks, 1);
}

void oplock_remove(struct nt_file *file, struct oplock *o)
{
    list_del(&o->link);
    free(o);
    atomic_fetch_sub(&file->oplock_count, 1);
    atomic_fetch_sub(&file->node->vol->oplocks, 1);
    oplock_wake(file);
}

static bool keys_match(const uint64_t *a, const uint64_t *b)
{
    return a && (a[0] || a[1]) && a[0] == b[0] && a[1] == b[1];
}

bool oplock_same_key(const struct oplock *o, const struct breaker *by)
{
    return by->h == o->handle || keys_match(by->key, o->handle->oplock_key);
}

bool oplock_of_handle(const struct oplock *o, const struct nt_handle *h)
{
    return oplock_same_key(o, &(struct breaker){.h = h, .key = h->oplock_key});
}

bool oplocks_breaking(const struct nt_file *file)
{
    const struct oplock *o;
    list_for_each (o, &file->oplocks, link) {
        if (o->breaking)
            return true;
    }
    return false;
}

/* ---- news ---------------------------------------------------------------------------------------------- */

void oplock_fill(struct nt_request *rq, ULONG original, ULONG now, ULONG flags,
                 const struct open_modes *modes)
{
    REQUEST_OPLOCK_OUTPUT_BUFFER out = {.StructureVersion = REQUEST_OPLOCK_CURRENT_VERSION,
                                        .StructureLength = sizeof out,
                                        .OriginalOplockLevel = original,
                                        .NewOplockLevel = now,
                                        .Flags = flags};
    if (modes) {
        out.Flags |= REQUEST_OPLOCK_OUTPUT_FLAG_MODES_PROVIDED;
        out.AccessMode = modes->access;
        out.ShareMode = (WORD)modes->share;
    }
    memcpy(rq->control.out, &out, sizeof out);
    rq->p.information = sizeof out;
}

bool oplock_asked_for_lease(const struct nt_request *rq)
{
    return rq->control.code == FSCTL_REQUEST_OPLOCK;
}

static ULONG asked_level(const struct nt_request *rq)
{
    REQUEST_OPLOCK_INPUT_BUFFER in;
    memcpy(&in, rq->control.in, sizeof in);
    return in.RequestedOplockLevel;
}

/* The oplock's request, to be ended by us. NULL: somebody else ends it. */
static struct nt_request *take_request(struct oplock *o)
{
    struct nt_request *rq = o->rq;
    o->rq = NULL;
    if (!rq || park_claim(rq))
        return rq;
    rq->p.wanted = NULL;
    return NULL;
}

bool oplock_break(struct nt_file *file, struct oplock *o, enum oplock_kind to, const struct breaker *by)
{
    if (o->breaking) {
        o->to = oplock_meet(o->to, to);
        return true;
    }
    bool answer = oplock_needs_answer(o->kind);
    struct nt_request *rq = take_request(o);
    if (rq) {
        rq->p.information = to == OPLOCK_LEVEL_2 ? FILE_OPLOCK_BROKEN_TO_LEVEL_2 : FILE_OPLOCK_BROKEN_TO_NONE;
        if (oplock_is_lease(o->kind))
            oplock_fill(rq, oplock_level(o->kind), oplock_level(to),
                        answer ? REQUEST_OPLOCK_OUTPUT_FLAG_ACK_REQUIRED : 0, by->modes);
        park_end(rq, STATUS_SUCCESS);
    }
    o->breaking = true;
    o->to = to;
    if (rq && answer)
        return true;
    oplock_remove(file, o); /* nobody wants it any more, or nobody is asked */
    return false;
}

/* ---- the holder's request ------------------------------------------------------------------------------ */

static NTSTATUS handle_closed(struct nt_request *rq)
{
    rq->p.information = FILE_OPLOCK_BROKEN_TO_NONE;
    if (!oplock_asked_for_lease(rq))
        return STATUS_SUCCESS;
    oplock_fill(rq, asked_level(rq), 0, 0, NULL);
    return STATUS_OPLOCK_HANDLE_CLOSED;
}

/* Who gives up the request gives up the oplock. That of a handle that is being cleaned up lasts until share
 * access forgets the handle: who waits for it must not meet it there. */
static NTSTATUS left(struct nt_request *rq, NTSTATUS why)
{
    struct nt_file *file = rq->handle->file;
    LOCK_SCOPE(&file->lock);
    struct oplock *o = rq->p.wanted;
    if (o) {
        o->rq = NULL;
        o->breaking = true;
        o->to = OPLOCK_NONE;
    }
    if (why == STATUS_FILE_CLOSED)
        return handle_closed(rq);
    if (o)
        oplock_remove(file, o);
    return why;
}

static const struct nt_parking parking = {left};

NTSTATUS oplock_hold(struct nt_request *rq, struct oplock *o)
{
    rq->p.wanted = o;
    NTSTATUS status = park_begin(rq, &parking, PARK_FOREVER);
    o->rq = status == STATUS_PENDING ? rq : NULL;
    return status;
}

void oplocks_drop(struct nt_handle *h)
{
    struct nt_file *file = h->file;
    struct oplock *o, *next;
    list_for_each_safe (o, next, &file->oplocks, link) {
        if (o->handle != h)
            continue;
        struct nt_request *rq = take_request(o);
        if (rq)
            park_end(rq, handle_closed(rq));
        oplock_remove(file, o);
    }
}

/* ---- asking for one ------------------------------------------------------------------------------------ */

/* Others have the file open, or are about to. */
static bool others_open(const struct nt_file *file, const struct nt_handle *h, bool lease)
{
    uint32_t known = 0;
    const struct nt_handle *other;
    list_for_each (other, &file->handles, link) {
        known++;
        if (other == h || atomic_load(&other->cleaned))
            continue;
        if (!lease || !keys_match(other->oplock_key, h->oplock_key))
            return true;
    }
    return file->open_count > known;
}

static NTSTATUS check_kind(const struct nt_handle *h, enum oplock_kind kind)
{
    if (h->directory && (!oplock_is_lease(kind) || kind == OPLOCK_RW))
        return STATUS_INVALID_PARAMETER;
    return h->options & (FILE_SYNCHRONOUS_IO_ALERT | FILE_SYNCHRONOUS_IO_NONALERT) ? STATUS_OPLOCK_NOT_GRANTED
                                                                                   : STATUS_SUCCESS;
}

/* A file with several names has none: what is done through another name would not be seen here. */
static bool has_other_names(struct nt_request *rq, struct nt_handle *h)
{
    struct nt_attr attr;
    struct nt_node *node = h->node;
    if (!has_callback(h->vol, CB_GET_FILE_ID) || h->directory || node_has(node, NODE_STREAM))
        return false;
    if (attr_query(rq, h, &attr, true) == STATUS_SUCCESS)
        identity_bind(node, &attr);
    return atomic_load_explicit(&node->identity, memory_order_acquire);
}

static bool keeps_handle(enum oplock_kind kind)
{
    return kind == OPLOCK_BATCH || kind == OPLOCK_FILTER || oplock_level(kind) & OPLOCK_LEVEL_CACHE_HANDLE;
}

static NTSTATUS may_have(const struct nt_file *file, const struct nt_handle *h, enum oplock_kind kind)
{
    const struct oplock *o;
    if (file->delete_pending && keeps_handle(kind))
        return STATUS_DELETE_PENDING;
    bool in_the_way = oplock_is_exclusive(kind) ? others_open(file, h, oplock_is_lease(kind))
                                                : atomic_load(&file->lock_count) != 0;
    if (in_the_way)
        return STATUS_OPLOCK_NOT_GRANTED;
    list_for_each (o, &file->oplocks, link) {
        if (o->breaking || oplock_beside(kind, o->kind, oplock_of_handle(o, h)) == OPLOCK_REFUSE)
            return STATUS_OPLOCK_NOT_GRANTED;
    }
    return STATUS_SUCCESS;
}

static void switch_to(struct nt_file *file, struct oplock *o, enum oplock_kind kind)
{
    struct nt_request *rq = take_request(o);
    if (rq) {
        oplock_fill(rq, oplock_level(o->kind), oplock_level(kind), 0, NULL);
        park_end(rq, STATUS_OPLOCK_SWITCHED_TO_NEW_HANDLE);
    }
    oplock_remove(file, o);
}

static void make_room(struct nt_file *file, struct nt_handle *h, enum oplock_kind kind)
{
    const struct breaker itself = {.h = h};
    struct oplock *o, *next;
    list_for_each_safe (o, next, &file->oplocks, link) {
        enum oplock_grant how = oplock_beside(kind, o->kind, oplock_of_handle(o, h));
        if (how == OPLOCK_SWITCH)
            switch_to(file, o, kind);
        else if (how == OPLOCK_ENDS)
            oplock_break(file, o, OPLOCK_NONE, &itself);
    }
}

NTSTATUS oplock_grant(struct nt_request *rq, struct nt_handle *h, enum oplock_kind kind)
{
    struct nt_file *file = h->file;
    NTSTATUS status = check_kind(h, kind);
    if (!status && has_other_names(rq, h))
        status = STATUS_OPLOCK_NOT_GRANTED;
    struct oplock *o = status ? NULL : oplock_new(h, kind);
    if (!o)
        return status ? status : STATUS_INSUFFICIENT_RESOURCES;
    LOCK_SCOPE(&file->lock);
    status = may_have(file, h, kind);
    if (!status)
        status = oplock_hold(rq, o);
    if (status != STATUS_PENDING) {
        free(o);
        return status;
    }
    make_room(file, h, kind);
    oplock_add(file, o);
    return STATUS_PENDING;
}
