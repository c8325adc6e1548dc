// SPDX-License-Identifier: MIT
/*
 * Links, followed for callers who speak Windows (nt_request.strict) on volumes that have any. The last name
 * is followed unless FILE_OPEN_REPARSE_POINT says not to, those before it always.
 *
 * The file system gets FILE_OPEN_REPARSE_POINT, so it opens what has the name. Where that could change a link
 * (overwrite, delete on close), or where rights are checked first, the name is looked at before; else the
 * attributes of what was opened tell, or the failure: a directory that is missing, or none, may be a link, or
 * lie behind one. The way is then looked at from its end upwards, to the first name that is there.
 *
 * What a link leads to takes the place of the name in the request (create_elsewhere()), and the request
 * begins anew, with the reservations of that name. A link that leads out of the volume ends in
 * STATUS_STOPPED_ON_SYMLINK, more than NT_HOPS_MAX in STATUS_REPARSE_POINT_NOT_RESOLVED, other reparse points
 * in STATUS_IO_REPARSE_TAG_NOT_HANDLED. No locks.
 */
#include "nt/create.h"
#include "nt/link_target.h"
#include "nt/reparse.h"
#include <stdlib.h>

bool follow_possible(const struct nt_request *rq)
{
    return rq->strict && has_callback(rq->volume, CB_GET_REPARSE);
}

bool follow_due(const struct nt_request *rq)
{
    return follow_possible(rq) && !(rq->create.options & FILE_OPEN_REPARSE_POINT);
}

/* ---- going where a link leads -------------------------------------------------------------------------- */

struct scratch {
    struct link_path path;
    _Alignas(8) uint8_t buffer[MAXIMUM_REPARSE_DATA_BUFFER_SIZE];
};

/* `link` is the path of the link, `asked` that of the whole name. */
static NTSTATUS join(struct nt_request *rq, struct scratch *s, uint32_t used, const struct nt_path *link,
                     const struct nt_path *asked)
{
    size_t dir = link->len;
    while (link->text[dir - 1] != u'\\')
        dir--;
    if (asked->len < link->len || memcmp(asked->text, link->text, link->len * sizeof(WCHAR)) != 0)
        return STATUS_OBJECT_NAME_NOT_FOUND; /* renamed at this moment */
    const WCHAR *place = rq->volume->place ? rq->volume->place->text : NULL;
    NTSTATUS status = link_target(s->buffer, used, place, link->text, dir - 1, &s->path);
    return status ? status : link_append(&s->path, asked->text + link->len, asked->len - link->len);
}

static NTSTATUS go(struct nt_request *rq, struct nt_node *node, struct scratch *s, uint32_t used)
{
    struct nt_create_args *a = &rq->create;
    if (!nt_reparse_is_link(reparse_tag(s->buffer)))
        return STATUS_IO_REPARSE_TAG_NOT_HANDLED;
    if (++a->way.hops > NT_HOPS_MAX)
        return STATUS_REPARSE_POINT_NOT_RESOLVED;
    struct nt_path *link = tree_path(node), *asked = tree_path(create_asked(rq));
    NTSTATUS status = link && asked ? join(rq, s, used, link, asked) : STATUS_INSUFFICIENT_RESOURCES;
    path_put(link);
    path_put(asked);
    if (status)
        return status;
    a->way.id = 0;
    return create_elsewhere(rq, s->path.text, s->path.len);
}

/* `h` is open on the node, which has a reparse point. */
static NTSTATUS leave_by(struct nt_request *rq, struct nt_node *node, struct nt_handle *h)
{
    uint32_t used;
    struct scratch *s = malloc(sizeof *s);
    NTSTATUS status =
        s ? call_get_reparse(rq, h, s->buffer, sizeof s->buffer, &used) : STATUS_INSUFFICIENT_RESOURCES;
    if (status == STATUS_SUCCESS)
        status = rq_expired(rq) ? STATUS_IO_TIMEOUT : go(rq, node, s, used);
    else if (status == STATUS_NOT_A_REPARSE_POINT)
        status = STATUS_SUCCESS; /* no longer one */
    else if (status > 0)
        status = STATUS_UNSUCCESSFUL; /* STATUS_REPARSE is go()'s only */
    free(s);
    return status;
}

/* ---- looking ------------------------------------------------------------------------------------------- */

/* Looks at one name and follows it. *found: there is something, and it is no link. */
static NTSTATUS look(struct nt_request *rq, struct nt_node *node, bool *found)
{
    struct nt_attr attr;
    struct nt_handle h;
    *found = true;
    if (node == &rq->volume->root)
        return STATUS_SUCCESS;
    if (cache_get(node, &attr) && !(attr.attributes & FILE_ATTRIBUTE_REPARSE_POINT)) {
        identity_bind(node, &attr);
        return STATUS_SUCCESS;
    }
    NTSTATUS status = internal_open(rq, node, FILE_READ_ATTRIBUTES, 0, &h);
    *found = status >= 0;
    if (status < 0)
        return STATUS_SUCCESS;
    if (attr_query(rq, &h, &attr, false) != STATUS_SUCCESS)
        attr = (struct nt_attr){0};
    if (attr.attributes & FILE_ATTRIBUTE_REPARSE_POINT)
        status = leave_by(rq, node, &h);
    else
        identity_bind(node, &attr);
    internal_close(rq, &h, false);
    return status == STATUS_REPARSE || status < 0 ? status : STATUS_SUCCESS;
}

/* The file, of which a stream may be meant. Counted. */
static struct nt_node *file_node(struct nt_node *node)
{
    if (node_has(node, NODE_STREAM))
        return tree_place(node, NULL);
    nt_node_get(node);
    return node;
}

NTSTATUS follow_before(struct nt_request *rq, struct nt_node *node)
{
    const struct nt_create_args *a = &rq->create;
    bool replaces = a->disposition == FILE_SUPERSEDE || a->disposition == FILE_OVERWRITE ||
                    a->disposition == FILE_OVERWRITE_IF;
    bool checked = rq->volume->security & NT_SECURITY_CHECK || node_has(node, NODE_STREAM);
    bool careful = replaces || (checked && a->disposition != FILE_OPEN) || a->options & FILE_DELETE_ON_CLOSE;
    bool found;
    if (!follow_due(rq) || !careful)
        return STATUS_SUCCESS;
    struct nt_node *file = file_node(node);
    NTSTATUS status = look(rq, file, &found);
    nt_node_put(file);
    return status;
}

NTSTATUS follow_opened(struct nt_request *rq, struct nt_handle *h)
{
    struct nt_attr attr;
    bool found;
    if (!follow_due(rq) || rq->p.information != FILE_OPENED || h->node == &rq->volume->root)
        return STATUS_SUCCESS;
    if (node_has(h->node, NODE_STREAM)) {
        struct nt_node *file = file_node(h->node);
        NTSTATUS status = look(rq, file, &found);
        nt_node_put(file);
        return status;
    }
    if (attr_query(rq, h, &attr, false))
        return STATUS_SUCCESS;
    if (attr.attributes & FILE_ATTRIBUTE_REPARSE_POINT)
        return leave_by(rq, h->node, h);
    identity_bind(h->node, &attr);
    return STATUS_SUCCESS;
}

/* ---- after a failure ----------------------------------------------------------------------------------- */

/* Where a link may be the reason. */
static const struct why {
    NTSTATUS status;
    bool last, above;
} reasons[] = {
    {STATUS_OBJECT_NAME_NOT_FOUND, false, true},     {STATUS_NO_SUCH_FILE, false, true},
    {STATUS_OBJECT_PATH_NOT_FOUND, false, true},     {STATUS_NOT_A_DIRECTORY, true, true},
    {STATUS_FILE_IS_A_DIRECTORY, true, false},       {STATUS_OBJECT_NAME_COLLISION, true, false},
    {STATUS_SHARING_VIOLATION, true, false},         {STATUS_ACCESS_DENIED, true, true},
    {STATUS_REPARSE_POINT_NOT_RESOLVED, true, true}, {STATUS_STOPPED_ON_SYMLINK, true, true},
};

static const struct why *reason_of(NTSTATUS status)
{
    for (size_t i = 0; i < sizeof reasons / sizeof *reasons; i++)
        if (reasons[i].status == status)
            return &reasons[i];
    return NULL;
}

static struct nt_node *step_up(struct nt_node *node)
{
    struct nt_node *parent = tree_place(node, NULL);
    nt_node_put(node);
    return parent;
}

/* From `node`, which is put, upwards to the first name that is there. *gaps: names that are not. */
static NTSTATUS look_upwards(struct nt_request *rq, struct nt_node *node, unsigned *gaps)
{
    bool found = false;
    NTSTATUS status = STATUS_SUCCESS;
    for (*gaps = 0; !status && !found && !rq_expired(rq); *gaps += !found) {
        status = look(rq, node, &found);
        if (!status && !found)
            node = step_up(node);
    }
    nt_node_put(node);
    return status;
}

NTSTATUS follow_failed(struct nt_request *rq, struct nt_node *node, NTSTATUS status)
{
    const struct why *why = follow_possible(rq) ? reason_of(status) : NULL;
    bool stream = node_has(node, NODE_STREAM);
    bool last = why && (why->last || stream) && follow_due(rq), found = false;
    NTSTATUS led = STATUS_SUCCESS;
    unsigned gaps = 0;
    if (!why || rq_expired(rq) || node == &rq->volume->root)
        return status;
    struct nt_node *at = file_node(node);
    if (last)
        led = look(rq, at, &found);
    if (!led && why->above && !found)
        led = look_upwards(rq, step_up(at), &gaps);
    else
        nt_node_put(at);
    if (led)
        return led;
    /* The parent is missing, too. */
    return gaps && means_missing(status) ? STATUS_OBJECT_PATH_NOT_FOUND : status;
}
