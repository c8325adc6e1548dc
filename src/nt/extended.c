// SPDX-License-Identifier: MIT
/*
 * Operations on a node that only the extended table offers: extended attributes, reparse points,
 * ranges. Each runs on the request's handle, or finds its own way to the file system.
 */
#include "nt/reparse.h"
#include "nt/security.h"
#include <stdlib.h>

/* All arguments of these operations begin with the node. */
static struct nt_node *node_of(const struct nt_request *rq)
{
    return rq->ea.node;
}

_Static_assert(offsetof(struct nt_ea_args, node) == 0 && offsetof(struct nt_reparse_args, node) == 0 &&
                   offsetof(struct nt_range_args, node) == 0 && offsetof(struct nt_control_args, node) == 0,
               "the node comes first");

NTSTATUS prepare_on_node(struct nt_request *rq)
{
    if (!rq->handle)
        want_node(rq, node_of(rq), TOKEN_OPEN);
    return STATUS_SUCCESS;
}

static NTSTATUS on_node(struct nt_request *rq, ACCESS_MASK rights,
                        NTSTATUS (*work)(struct nt_request *rq, struct nt_handle *h))
{
    struct nt_way way;
    if (rq->handle && (rq->handle->access & rights) == rights)
        return work(rq, rq->handle);
    NTSTATUS status = guard_rights(rq, node_of(rq), rights);
    if (!status)
        status = way_begin(rq, node_of(rq), rights, node_has(node_of(rq), NODE_GONE), &way);
    if (status)
        return status;
    status = rq_expired(rq) ? STATUS_IO_TIMEOUT : work(rq, way.h);
    way_end(rq, &way);
    return status;
}

void node_changed(struct nt_request *rq, struct nt_node *node, uint32_t filter)
{
    cache_drop(node);
    event_node(node, NT_EVENT_MODIFIED, filter, rq_origin(rq));
}

static NTSTATUS changed(struct nt_request *rq, NTSTATUS status, uint32_t filter)
{
    if (status != STATUS_SUCCESS)
        return status > 0 ? STATUS_UNSUCCESSFUL : status;
    node_changed(rq, node_of(rq), filter);
    return STATUS_SUCCESS;
}

static NTSTATUS offered(NTSTATUS status)
{
    return status == STATUS_NOT_IMPLEMENTED ? STATUS_NOT_SUPPORTED : status;
}

/* ---- extended attributes ------------------------------------------------------------------------------- */

static bool name_is_good(const char *name)
{
    size_t len = name ? strnlen(name, NT_EA_NAME_MAX + 1) : 0;
    return len && len <= NT_EA_NAME_MAX;
}

static NTSTATUS get_ea(struct nt_request *rq, struct nt_handle *h)
{
    uint32_t used;
    struct nt_ea_args *a = &rq->ea;
    NTSTATUS status = call_get_ea(rq, h, a->name, a->value, a->length, &used);
    rq->p.information = used;
    if (status == STATUS_BUFFER_OVERFLOW && !a->length)
        return STATUS_SUCCESS; /* only the length was asked for */
    return status > 0 ? STATUS_UNSUCCESSFUL : offered(status);
}

NTSTATUS run_get_ea(struct nt_request *rq)
{
    return name_is_good(rq->ea.name) ? on_node(rq, FILE_READ_EA, get_ea) : STATUS_INVALID_PARAMETER;
}

/* Whether it is there, when that matters. */
static NTSTATUS check_presence(struct nt_request *rq, struct nt_handle *h)
{
    uint32_t used;
    const struct nt_ea_args *a = &rq->ea;
    if (!(a->flags & (NT_EA_CREATE | NT_EA_REPLACE)))
        return STATUS_SUCCESS;
    NTSTATUS status = call_get_ea(rq, h, a->name, NULL, 0, &used);
    bool there = status == STATUS_SUCCESS || status == STATUS_BUFFER_OVERFLOW;
    if (!there && status != STATUS_NONEXISTENT_EA_ENTRY && status != STATUS_NO_EAS_ON_FILE)
        return status > 0 ? STATUS_UNSUCCESSFUL : offered(status);
    if (there && a->flags & NT_EA_CREATE)
        return STATUS_OBJECT_NAME_COLLISION;
    if (!there && a->flags & NT_EA_REPLACE)
        return STATUS_NONEXISTENT_EA_ENTRY;
    return rq_expired(rq) ? STATUS_IO_TIMEOUT : STATUS_SUCCESS;
}

static NTSTATUS set_ea(struct nt_request *rq, struct nt_handle *h)
{
    const struct nt_ea_args *a = &rq->ea;
    bool remove = a->flags & NT_EA_REMOVE;
    NTSTATUS status = check_presence(rq, h);
    if (status)
        return status;
    status = call_set_ea(rq, h, a->name, 0, remove ? NULL : a->value ? a->value : "", remove ? 0 : a->length);
    return changed(rq, offered(status), FILE_NOTIFY_CHANGE_EA);
}

NTSTATUS run_set_ea(struct nt_request *rq)
{
    if (!name_is_good(rq->ea.name) || rq->ea.length > NT_EA_MAX)
        return rq->ea.length > NT_EA_MAX ? STATUS_EA_TOO_LARGE : STATUS_INVALID_PARAMETER;
    return on_node(rq, FILE_WRITE_EA | (rq->ea.flags ? FILE_READ_EA : 0), set_ea);
}

struct names {
    char *out;
    uint32_t room;
    uint64_t used;
};

static bool add_name(void *ctx, const char *name, uint8_t flags, const void *value, uint32_t length)
{
    struct names *names = ctx;
    size_t size = strlen(name) + 1;
    (void)flags, (void)value, (void)length;
    if (names->used + size <= names->room)
        memcpy(names->out + names->used, name, size);
    names->used += size;
    return true;
}

static NTSTATUS list_eas(struct nt_request *rq, struct nt_handle *h)
{
    struct names names = {.out = rq->ea.value, .room = rq->ea.length};
    NTSTATUS status = call_find_eas(rq, h, add_name, &names);
    rq->p.information = names.used;
    if (status != STATUS_SUCCESS)
        return status > 0 ? STATUS_UNSUCCESSFUL : offered(status);
    return rq->ea.length && names.used > names.room ? STATUS_BUFFER_OVERFLOW : STATUS_SUCCESS;
}

NTSTATUS run_list_eas(struct nt_request *rq)
{
    return on_node(rq, FILE_READ_EA, list_eas);
}

/* ---- reparse points ------------------------------------------------------------------------------------ */

static NTSTATUS get_reparse(struct nt_request *rq, struct nt_handle *h)
{
    uint32_t used;
    NTSTATUS status = call_get_reparse(rq, h, rq->reparse.buffer, rq->reparse.length, &used);
    rq->p.information = used;
    return status > 0 ? STATUS_UNSUCCESSFUL : status;
}

NTSTATUS run_get_reparse(struct nt_request *rq)
{
    return on_node(rq, FILE_READ_ATTRIBUTES, get_reparse);
}

static NTSTATUS set_reparse(struct nt_request *rq, struct nt_handle *h)
{
    NTSTATUS status = call_set_reparse(rq, h, rq->reparse.buffer, rq->reparse.length);
    return changed(rq, offered(status), FILE_NOTIFY_CHANGE_ATTRIBUTES);
}

NTSTATUS run_set_reparse(struct nt_request *rq)
{
    if (!nt_reparse_check(rq->reparse.buffer, rq->reparse.length))
        return STATUS_IO_REPARSE_DATA_INVALID;
    return on_node(rq, FILE_WRITE_ATTRIBUTES, set_reparse);
}

static NTSTATUS delete_reparse(struct nt_request *rq, struct nt_handle *h)
{
    NTSTATUS status = call_delete_reparse(rq, h, rq->reparse.tag);
    return changed(rq, offered(status), FILE_NOTIFY_CHANGE_ATTRIBUTES);
}

NTSTATUS run_delete_reparse(struct nt_request *rq)
{
    return on_node(rq, FILE_WRITE_ATTRIBUTES, delete_reparse);
}

/* ---- set-id bits --------------------------------------------------------------------------------------- */

void drop_set_id(struct nt_request *rq, struct nt_handle *h)
{
    enum { SET_UID = 04000, SET_GID = 02000, GROUP_EXECUTE = 010 };
    const uint64_t believed_ns = 1000000000, now = clock_coarse_ns();
    struct nt_attr attr;
    if (h->directory || !has_callback(rq->volume, CB_SET_FACTS) ||
        (h->file && atomic_load_explicit(&h->file->plain_until, memory_order_relaxed) > now) ||
        attr_query(rq, h, &attr, false) || !(attr.facts.valid & DOKAN_FACT_MODE))
        return;
    uint32_t drop = SET_UID | (attr.facts.mode & GROUP_EXECUTE ? SET_GID : 0);
    if (!(attr.facts.mode & drop) && h->file)
        atomic_store_explicit(&h->file->plain_until, now + believed_ns, memory_order_relaxed);
    if (!(attr.facts.mode & drop) || rq_expired(rq))
        return;
    const DOKAN_FACTS facts = {
        .Size = sizeof facts, .Valid = DOKAN_FACT_MODE, .Mode = attr.facts.mode & ~drop & 07777};
    call_set_facts(rq, h, &facts);
    cache_drop(h->node);
    /* Told to everybody: who wrote does not know that his cached mode is wrong now. */
    event_node(h->node, NT_EVENT_MODIFIED, FILE_NOTIFY_CHANGE_ATTRIBUTES | FILE_NOTIFY_CHANGE_SECURITY, NULL);
}

void set_id_unknown(struct nt_node *node)
{
    LOCK_SCOPE(&node->vol->tree);
    if (node->file)
        atomic_store_explicit(&node->file->plain_until, 0, memory_order_relaxed);
}

/* ---- ranges -------------------------------------------------------------------------------------------- */

/* Looks for the first byte that is data, or that is not. `at`: everything below is decided. */
struct seek {
    bool hole, found;
    int64_t at;
};

static bool seek_range(void *ctx, int64_t offset, int64_t length)
{
    struct seek *seek = ctx;
    if (!seek->hole || offset > seek->at) {
        seek->found = true;
        seek->at = seek->hole ? seek->at : offset;
        return false;
    }
    seek->at = offset + length;
    return true;
}

static NTSTATUS seek(struct nt_request *rq, struct nt_handle *h)
{
    const struct nt_range_args *a = &rq->range;
    struct seek seek = {.hole = a->hole, .at = a->offset};
    struct nt_attr attr;
    NTSTATUS status = attr_query(rq, h, &attr, true);
    if (status)
        return status;
    if (a->offset < 0 || (uint64_t)a->offset >= attr.size)
        return STATUS_END_OF_FILE;
    status = call_find_ranges(rq, h, a->offset, (int64_t)attr.size - a->offset, seek_range, &seek);
    if (status != STATUS_SUCCESS)
        return status > 0 ? STATUS_UNSUCCESSFUL : offered(status);
    if (!seek.found && !a->hole)
        return STATUS_END_OF_FILE;
    rq->p.information = (uint64_t)seek.at;
    return STATUS_SUCCESS;
}

NTSTATUS run_seek(struct nt_request *rq)
{
    return on_node(rq, FILE_READ_ATTRIBUTES, seek);
}

/* Where the file system has no way of its own, zeros are written. */
static NTSTATUS write_zeros(struct nt_request *rq, struct nt_handle *h, int64_t offset, int64_t length)
{
    enum { CHUNK = 128 << 10 };
    CLEANUP_FREE void *zeros = calloc(1, CHUNK);
    NTSTATUS status = zeros ? STATUS_SUCCESS : STATUS_INSUFFICIENT_RESOURCES;
    while (!status && length > 0) {
        uint32_t done = 0;
        struct nt_io_args io = {
            .buffer = zeros, .length = length < CHUNK ? (uint32_t)length : CHUNK, .offset = offset};
        status = rq_expired(rq) ? STATUS_IO_TIMEOUT : call_write(rq, h, &io, &done);
        if (!status && done == 0)
            status = STATUS_UNEXPECTED_IO_ERROR;
        offset += done;
        length -= done;
    }
    return status;
}

NTSTATUS zero_range(struct nt_request *rq, struct nt_handle *h, int64_t offset, int64_t length,
                    bool deallocate)
{
    NTSTATUS status = call_zero_range(rq, h, offset, length, deallocate);
    if (status == STATUS_NOT_IMPLEMENTED && !deallocate)
        status = write_zeros(rq, h, offset, length);
    if (status == STATUS_SUCCESS)
        node_changed(rq, h->node, FILE_NOTIFY_CHANGE_LAST_WRITE);
    return status == STATUS_NOT_IMPLEMENTED ? STATUS_NOT_SUPPORTED : status;
}

static NTSTATUS zero(struct nt_request *rq, struct nt_handle *h)
{
    const struct nt_range_args *a = &rq->range;
    struct nt_attr attr;
    NTSTATUS status = attr_query(rq, h, &attr, true);
    if (status)
        return status;
    int64_t size = (int64_t)attr.size, end = a->offset + a->length;
    int64_t inside = (end < size ? end : size) - a->offset;
    if (inside > 0)
        status = zero_range(rq, h, a->offset, inside, a->deallocate);
    if (!status && end > size && !a->keep_size)
        status = rq_expired(rq) ? STATUS_IO_TIMEOUT : call_set_eof(rq, h, end);
    if (!status && rq->caller.uid)
        drop_set_id(rq, h);
    return changed(rq, offered(status), FILE_NOTIFY_CHANGE_SIZE | FILE_NOTIFY_CHANGE_LAST_WRITE);
}

NTSTATUS run_zero(struct nt_request *rq)
{
    const struct nt_range_args *a = &rq->range;
    if (a->offset < 0 || a->length <= 0 || a->length > INT64_MAX - a->offset)
        return STATUS_INVALID_PARAMETER;
    return on_node(rq, FILE_WRITE_DATA | FILE_READ_ATTRIBUTES, zero);
}
