// SPDX-License-Identifier: MIT
/*
 * Extended attributes as NT has them: lists of FILE_FULL_EA_INFORMATION and FILE_GET_EA_INFORMATION, over the
 * file system's GetEa, SetEa and FindEas.
 *
 * Every list is checked from end to end before anything is done with it, and each entry again when its turn
 * comes: the buffer is its owner's, who may change it meanwhile. No alignment is assumed. A query
 * takes all of a file's EAs first: a scan of many steps goes by numbers, so it may miss one that is set
 * meanwhile. A list that is set is set as a whole: if one fails, those before it are put back. No locks but
 * handle->dir_lock for the handle's place in its scan.
 */
#include "nt/ea.h"
#include "nt/info.h"
#include <stdlib.h>
#include <strings.h>

enum {
    FULL_HEAD = offsetof(FILE_FULL_EA_INFORMATION, EaName),
    GET_HEAD = offsetof(FILE_GET_EA_INFORMATION, EaName),
    PACKED_HEAD = 4,   /* of the list, and of each EA in it, as EaSize counts them */
    ALL_MAX = 1 << 20, /* what a file system may tell of one file */
    CONTROL_MAX = 0x1f,
};

/* ---- lists of callers ---------------------------------------------------------------------------------- */

/* One entry of either list, as it lies in the caller's buffer. */
struct ea_view {
    uint32_t next;
    uint8_t flags, name_length;
    uint16_t value_length;
    const char *name; /* terminated */
    const void *value;
};

struct ea_span {
    const unsigned char *at;
    uint32_t length;
    bool full; /* FILE_FULL_EA_INFORMATION */
};

/* Reads the entry at `at`. False: it does not lie in the list. */
static bool view(const struct ea_span *list, uint32_t at, struct ea_view *out)
{
    const uint32_t head = list->full ? FULL_HEAD : GET_HEAD, room = list->length - at;
    FILE_FULL_EA_INFORMATION full = {0};
    FILE_GET_EA_INFORMATION get = {0};
    if (room <= head)
        return false;
    memcpy(list->full ? (void *)&full : &get, list->at + at, head);
    *out = (struct ea_view){.next = list->full ? full.NextEntryOffset : get.NextEntryOffset,
                            .flags = full.Flags,
                            .name_length = list->full ? full.EaNameLength : get.EaNameLength,
                            .value_length = full.EaValueLength,
                            .name = (const char *)list->at + at + head};
    const uint32_t whole = head + out->name_length + 1u + out->value_length;
    out->value = out->name + out->name_length + 1;
    if (whole > room || out->name[out->name_length] != 0)
        return false;
    return !out->next || (out->next % 4 == 0 && out->next >= whole && out->next < room);
}

static bool name_is_legal(const struct ea_view *ea)
{
    static const char refused[] = "\"*+,/:;<=>?[\\]|";
    for (unsigned i = 0; i < ea->name_length; i++)
        if ((unsigned char)ea->name[i] <= CONTROL_MAX || strchr(refused, ea->name[i]))
            return false;
    return ea->name_length > 0;
}

/* `bad` gets the offset of the entry at fault. */
static NTSTATUS check_list(const struct ea_span *list, uint32_t *bad)
{
    struct ea_view ea;
    uint32_t at = 0;
    do {
        *bad = at;
        if (!view(list, at, &ea))
            return STATUS_EA_LIST_INCONSISTENT;
        if (!name_is_legal(&ea) || ea.flags & ~FILE_NEED_EA)
            return STATUS_INVALID_EA_NAME;
        at += ea.next;
    } while (ea.next);
    *bad = 0;
    return STATUS_SUCCESS;
}

NTSTATUS ea_check_list(const void *list, uint32_t length, uint32_t *bad)
{
    return check_list(&(struct ea_span){list, length, true}, bad);
}

static bool same_name(const struct nt_volume *vol, const char *a, const char *b)
{
    return (vol->case_sensitive ? strcmp(a, b) : strcasecmp(a, b)) == 0;
}

/* ---- what the file has --------------------------------------------------------------------------------- */

struct ea_item {
    uint16_t value_length;
    uint8_t flags;
    bool known; /* its value was told */
    char *name; /* terminated, the value behind it */
};

struct ea_items {
    struct ea_item *at;
    size_t count, bytes;
    uint32_t packed;
    bool wants_values;
    NTSTATUS status;
};

static void items_free(struct ea_items *items)
{
    for (size_t i = 0; i < items->count; i++)
        free(items->at[i].name);
    free(items->at);
}
#define CLEANUP_ITEMS __attribute__((cleanup(items_free)))

static bool items_room(struct ea_items *items)
{
    if (items->count & (items->count - 1))
        return true; /* between powers of two there is room */
    size_t room = items->count ? 2 * items->count : 1;
    struct ea_item *more = realloc(items->at, room * sizeof *more);
    if (more)
        items->at = more;
    return more != NULL;
}

static bool add_item(void *ctx, const char *name, uint8_t flags, const void *value, uint32_t length)
{
    struct ea_items *items = ctx;
    const size_t name_size = strlen(name) + 1, kept = value && items->wants_values ? length : 0;
    items->bytes += name_size + length;
    items->packed += (uint32_t)(PACKED_HEAD + name_size + length);
    if (items->bytes > ALL_MAX) {
        items->status = STATUS_EA_CORRUPT_ERROR;
        return false;
    }
    char *copy = items_room(items) ? malloc(name_size + kept) : NULL;
    if (!copy) {
        items->status = STATUS_INSUFFICIENT_RESOURCES;
        return false;
    }
    memcpy(copy, name, name_size);
    if (kept)
        memcpy(copy + name_size, value, kept);
    items->at[items->count++] = (struct ea_item){(uint16_t)length, flags, items->wants_values && value, copy};
    return true;
}

static NTSTATUS collect(struct nt_request *rq, struct nt_handle *h, bool values, struct ea_items *items)
{
    *items = (struct ea_items){.wants_values = values};
    NTSTATUS status = call_find_eas(rq, h, add_item, items);
    if (status == STATUS_NO_EAS_ON_FILE)
        return STATUS_SUCCESS;
    if (status == STATUS_NOT_IMPLEMENTED)
        return STATUS_EAS_NOT_SUPPORTED;
    if (status > 0)
        return STATUS_UNSUCCESSFUL;
    return status ? status : items->status;
}

uint32_t ea_packed_size(struct nt_request *rq, struct nt_handle *h)
{
    CLEANUP_ITEMS struct ea_items items = {0};
    if (collect(rq, h, false, &items) || !items.count)
        return 0;
    return items.packed + PACKED_HEAD;
}

/* The value of an item: as told, or asked for into `room` (NT_EA_MAX bytes). NULL: it is gone. */
static const void *value_of(struct nt_request *rq, struct nt_handle *h, struct ea_item *item, void *room)
{
    uint32_t used = 0;
    if (item->known || !item->value_length)
        return item->name + strlen(item->name) + 1;
    if (rq_expired(rq) || call_get_ea(rq, h, item->name, room, NT_EA_MAX, &used))
        return NULL;
    item->value_length = (uint16_t)used;
    return room;
}

static struct ea_item *find_item(const struct nt_volume *vol, struct ea_items *items, const char *name)
{
    for (size_t i = 0; i < items->count; i++)
        if (same_name(vol, items->at[i].name, name))
            return &items->at[i];
    return NULL;
}

/* ---- querying ------------------------------------------------------------------------------------------ */

struct ea_query {
    struct nt_request *rq;
    struct nt_handle *h;
    struct ea_items *items;
    void *room;          /* for values that must be asked for */
    uint32_t used, last; /* of the buffer; where the last entry begins */
    bool any;
};

/* False: it does not fit. */
static bool emit(struct ea_query *q, const char *name, uint8_t flags, const void *value, uint16_t length)
{
    const struct nt_eas_args *a = &q->rq->eas;
    const uint32_t at = (q->used + 3) & ~3u, name_length = (uint32_t)strlen(name);
    const uint32_t whole = FULL_HEAD + name_length + 1 + length;
    if (at > a->length || whole > a->length - at)
        return false;
    unsigned char *out = (unsigned char *)a->buffer + at;
    FILE_FULL_EA_INFORMATION head = {
        .Flags = flags, .EaNameLength = (UCHAR)name_length, .EaValueLength = length};
    memset((unsigned char *)a->buffer + q->used, 0, at - q->used);
    memcpy(out, &head, FULL_HEAD);
    memcpy(out + FULL_HEAD, name, name_length + 1);
    if (length)
        memcpy(out + FULL_HEAD + name_length + 1, value, length);
    if (q->any) {
        ULONG step = at - q->last;
        memcpy((unsigned char *)a->buffer + q->last, &step, sizeof step);
    }
    q->last = at;
    q->used = at + whole;
    q->any = true;
    return true;
}

static bool emit_item(struct ea_query *q, struct ea_item *item, const char *name)
{
    const void *value = value_of(q->rq, q->h, item, q->room);
    return emit(q, name, item->flags, value, value ? item->value_length : 0);
}

static bool asked_before(const struct nt_volume *vol, const struct ea_span *list, uint32_t until,
                         const char *name)
{
    struct ea_view ea;
    for (uint32_t at = 0; at < until; at += ea.next)
        if (!view(list, at, &ea) || !ea.next || same_name(vol, ea.name, name))
            return true;
    return false;
}

/* One that is not there comes out without a value; one that is asked for twice comes once. */
static NTSTATUS query_named(struct ea_query *q, const struct ea_span *list)
{
    struct ea_view ea;
    uint32_t at = 0;
    do {
        if (!view(list, at, &ea))
            return STATUS_EA_LIST_INCONSISTENT;
        struct ea_item *item = find_item(q->h->vol, q->items, ea.name);
        bool fits = asked_before(q->h->vol, list, at, ea.name) ||
                    (item ? emit_item(q, item, ea.name) : emit(q, ea.name, 0, NULL, 0));
        if (!fits)
            return q->any ? STATUS_BUFFER_OVERFLOW : STATUS_BUFFER_TOO_SMALL;
        at += ea.next;
    } while (ea.next && !q->rq->eas.single);
    return STATUS_SUCCESS;
}

static uint32_t scan_from(struct ea_query *q)
{
    const struct nt_eas_args *a = &q->rq->eas;
    if (a->index)
        return a->index - 1;
    LOCK_SCOPE(&q->h->dir_lock);
    return a->restart ? 0 : q->h->ea_next;
}

static NTSTATUS query_scan(struct ea_query *q)
{
    const struct nt_eas_args *a = &q->rq->eas;
    uint32_t at = scan_from(q), first = at;
    if (!q->items->count)
        return STATUS_NO_EAS_ON_FILE;
    if (at >= q->items->count)
        return a->index ? STATUS_NONEXISTENT_EA_ENTRY : STATUS_NO_MORE_EAS;
    while (at < q->items->count && !(a->single && q->any)) {
        struct ea_item *item = &q->items->at[at];
        if (!emit_item(q, item, item->name))
            break;
        at++;
    }
    pthread_mutex_lock(&q->h->dir_lock);
    q->h->ea_next = at;
    pthread_mutex_unlock(&q->h->dir_lock);
    if (at == first)
        return STATUS_BUFFER_TOO_SMALL;
    return at < q->items->count && !a->single ? STATUS_BUFFER_OVERFLOW : STATUS_SUCCESS;
}

NTSTATUS run_query_eas(struct nt_request *rq)
{
    const struct nt_eas_args *a = &rq->eas;
    const struct ea_span list = {a->list, a->list_length, false};
    const bool named = a->list && a->list_length;
    uint32_t bad = 0;
    if (!(rq->handle->access & FILE_READ_EA))
        return STATUS_ACCESS_DENIED;
    if (a->length && !a->buffer)
        return STATUS_INVALID_PARAMETER;
    NTSTATUS status = named ? check_list(&list, &bad) : STATUS_SUCCESS;
    rq->p.information = bad;
    if (status)
        return status;
    CLEANUP_ITEMS struct ea_items items = {0};
    CLEANUP_FREE void *room = malloc(NT_EA_MAX);
    struct ea_query q = {.rq = rq, .h = rq->handle, .items = &items, .room = room};
    status = room ? collect(rq, rq->handle, true, &items) : STATUS_INSUFFICIENT_RESOURCES;
    if (!status)
        status = named ? query_named(&q, &list) : query_scan(&q);
    rq->p.information = q.used;
    return status;
}

/* ---- setting ------------------------------------------------------------------------------------------- */

static NTSTATUS set_one(struct nt_request *rq, struct nt_handle *h, const struct ea_view *ea)
{
    bool remove = ea->value_length == 0;
    NTSTATUS status = rq_expired(rq) ? STATUS_IO_TIMEOUT
                                     : call_set_ea(rq, h, ea->name, remove ? 0 : ea->flags,
                                                   remove ? NULL : ea->value, ea->value_length);
    if (remove && (status == STATUS_NONEXISTENT_EA_ENTRY || status == STATUS_NO_EAS_ON_FILE))
        return STATUS_SUCCESS;
    if (status == STATUS_NOT_IMPLEMENTED)
        return STATUS_EAS_NOT_SUPPORTED;
    return status > 0 ? STATUS_UNSUCCESSFUL : status;
}

/* Also past the deadline: the caller was told that nothing happened. */
static void put_back(struct nt_request *rq, struct nt_handle *h, const struct ea_span *list, uint32_t until,
                     struct ea_items *before)
{
    struct ea_view ea;
    for (uint32_t at = 0; at < until && view(list, at, &ea); at += ea.next) {
        struct ea_item *item = find_item(h->vol, before, ea.name);
        if (!item)
            call_set_ea(rq, h, ea.name, 0, NULL, 0);
        else if (item->known)
            call_set_ea(rq, h, item->name, item->flags, item->name + strlen(item->name) + 1,
                        item->value_length);
        if (!ea.next)
            break;
    }
}

NTSTATUS ea_set_list(struct nt_request *rq, struct nt_handle *h, const void *at, uint32_t length)
{
    const struct ea_span list = {at, length, true};
    CLEANUP_ITEMS struct ea_items before = {0};
    struct ea_view ea;
    uint32_t done = 0;
    NTSTATUS status = view(&list, 0, &ea) ? STATUS_SUCCESS : STATUS_EA_LIST_INCONSISTENT;
    if (!status && ea.next)
        status = collect(rq, h, true, &before);
    while (!status && view(&list, done, &ea)) {
        status = set_one(rq, h, &ea);
        if (status || !ea.next)
            break;
        done += ea.next;
    }
    if (status && done)
        put_back(rq, h, &list, done, &before);
    return status;
}

NTSTATUS run_set_eas(struct nt_request *rq)
{
    const struct nt_eas_args *a = &rq->eas;
    uint32_t bad = 0;
    if (!(rq->handle->access & FILE_WRITE_EA))
        return STATUS_ACCESS_DENIED;
    if (!a->buffer || !a->length)
        return a->length ? STATUS_INVALID_PARAMETER : STATUS_SUCCESS;
    NTSTATUS status = ea_check_list(a->buffer, a->length, &bad);
    rq->p.information = bad;
    if (status)
        return status;
    status = ea_set_list(rq, rq->handle, a->buffer, a->length);
    node_changed(rq, rq->handle->node, FILE_NOTIFY_CHANGE_EA);
    return status;
}
