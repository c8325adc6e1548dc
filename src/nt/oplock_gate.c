// SPDX-License-Identifier: MIT
/*
 * Which operation breaks which oplocks: one row per operation. Opens are not here, they look themselves
 * (oplock_break.c). No state; locks are those of what is called.
 */
#include "nt/oplock.h"

/* The request, while it may still wait; afterwards nobody does. */
static struct nt_request *waits(struct nt_request *rq, bool late)
{
    return late ? NULL : rq;
}

static NTSTATUS on_read(struct nt_request *rq, bool late)
{
    const struct nt_handle *h = rq->handle;
    bool reads = h->access & (FILE_READ_DATA | FILE_EXECUTE) && rq->io.length && !rq->io.paging;
    return reads ? oplock_check_handle(rq->handle, OPLOCK_ON_READ, waits(rq, late)) : STATUS_SUCCESS;
}

/* What a page cache sends was checked when it was written, by a Windows program; behind a door that has one
 * of its own this is the first that we hear of it. */
static NTSTATUS on_write(struct nt_request *rq, bool late)
{
    const struct nt_io_args *io = &rq->io;
    bool writes = io->length && (io->paging || rq->handle->access & (FILE_WRITE_DATA | FILE_APPEND_DATA));
    if (!writes || (io->paging && rq->strict))
        return STATUS_SUCCESS;
    return oplock_check_handle(rq->handle, OPLOCK_ON_WRITE, waits(rq, late || io->paging));
}

static NTSTATUS on_flush(struct nt_request *rq, bool late)
{
    return oplock_check_handle(rq->handle, OPLOCK_ON_READ, waits(rq, late));
}

static NTSTATUS on_lock(struct nt_request *rq, bool late)
{
    bool locks = rq->handle->access & (FILE_READ_DATA | FILE_WRITE_DATA);
    return locks ? oplock_check_handle(rq->handle, OPLOCK_ON_LOCK, waits(rq, late)) : STATUS_SUCCESS;
}

static NTSTATUS on_control(struct nt_request *rq, bool late)
{
    struct nt_handle *h = rq->handle;
    if (!h || rq->control.code != FSCTL_SET_ZERO_DATA || !(h->access & FILE_WRITE_DATA))
        return STATUS_SUCCESS;
    return oplock_check_handle(h, OPLOCK_ON_WRITE, waits(rq, late));
}

static NTSTATUS on_content(struct nt_request *rq, struct nt_node *node, enum oplock_event event, bool late)
{
    if (rq->handle)
        return oplock_check_handle(rq->handle, event, waits(rq, late));
    return oplock_check_node(node, event, &(struct breaker){.rq = waits(rq, late)});
}

static NTSTATUS on_setattr(struct nt_request *rq, bool late)
{
    bool sizes = rq->setattr.valid & (NT_SET_SIZE | NT_SET_ALLOCATION);
    return sizes ? on_content(rq, rq->setattr.node, OPLOCK_ON_SIZE, late) : STATUS_SUCCESS;
}

static NTSTATUS on_zero(struct nt_request *rq, bool late)
{
    return on_content(rq, rq->range.node, OPLOCK_ON_WRITE, late);
}

/* ---- names --------------------------------------------------------------------------------------------- */

static NTSTATUS on_remove(struct nt_request *rq, bool late)
{
    (void)late;
    return oplock_check_unopened(rq, rq->p.tokens[0].node, OPLOCK_ON_DELETE);
}

/* Source and target. */
static NTSTATUS on_rename(struct nt_request *rq, bool late)
{
    (void)late;
    NTSTATUS status = STATUS_SUCCESS;
    for (int i = 0; i < 2 && !status; i++) {
        struct nt_node *node = rq->p.tokens[i].node;
        status = oplock_check_unopened(rq, node, OPLOCK_ON_RENAME);
        if (!status && rq->p.tokens[i].subtree)
            status = oplock_check_below(node, &(struct breaker){.rq = rq});
    }
    return status;
}

/* A name that a rename or a new link takes from another file. */
static NTSTATUS on_replaced(struct nt_request *rq)
{
    NTSTATUS status = STATUS_SUCCESS;
    const struct nt_handle *h = rq->handle;
    for (unsigned i = 0; i < rq->p.token_count && !status; i++) {
        const struct nt_token *t = &rq->p.tokens[i];
        if (t->mode == TOKEN_CHANGE && (!h || t->node != h->node))
            status = oplock_check_node(t->node, OPLOCK_ON_RENAME,
                                       &(struct breaker){.rq = rq, .key = h ? h->oplock_key : NULL});
    }
    return status;
}

/* A file that gets another name keeps no oplock. Nobody waits: it may be the holder who names it. */
static void end_by_link(struct nt_node *node)
{
    oplock_check_node(node, OPLOCK_ON_OVERWRITE, &(struct breaker){0});
}

static NTSTATUS on_link(struct nt_request *rq, bool late)
{
    end_by_link(rq->link.node);
    return rq->link.replace && !late ? on_replaced(rq) : STATUS_SUCCESS;
}

static NTSTATUS on_link_by_handle(struct nt_request *rq)
{
    end_by_link(rq->handle->node);
    return on_replaced(rq);
}

static NTSTATUS on_rename_by_handle(struct nt_request *rq)
{
    struct nt_handle *h = rq->handle;
    NTSTATUS status = oplock_check_handle(h, OPLOCK_ON_RENAME, rq);
    if (!status && h->directory)
        status = oplock_check_below(h->node, &(struct breaker){.rq = rq, .h = h, .key = h->oplock_key});
    return status ? status : on_replaced(rq);
}

static NTSTATUS on_disposition(struct nt_request *rq)
{
    const FILE_DISPOSITION_INFORMATION *in = rq->info.buffer;
    return in->DeleteFile ? oplock_check_handle(rq->handle, OPLOCK_ON_DELETE, rq) : STATUS_SUCCESS;
}

static NTSTATUS on_disposition_ex(struct nt_request *rq)
{
    FILE_DISPOSITION_INFORMATION_EX in;
    memcpy(&in, rq->info.buffer, sizeof in);
    return in.Flags & FILE_DISPOSITION_DELETE ? oplock_check_handle(rq->handle, OPLOCK_ON_DELETE, rq)
                                              : STATUS_SUCCESS;
}

/* The buffer was checked when the request was prepared. */
static const struct {
    int info_class;
    NTSTATUS (*run)(struct nt_request *rq); /* NULL: the size changes */
} classes[] = {
    {FileEndOfFileInformation, NULL},
    {FileAllocationInformation, NULL},
    {FileValidDataLengthInformation, NULL},
    {FileDispositionInformation, on_disposition},
    {FileDispositionInformationEx, on_disposition_ex},
    {FileRenameInformation, on_rename_by_handle},
    {FileRenameInformationEx, on_rename_by_handle},
    {FileLinkInformation, on_link_by_handle},
    {FileLinkInformationEx, on_link_by_handle},
};

static NTSTATUS on_set_information(struct nt_request *rq, bool late)
{
    for (size_t i = 0; i < sizeof classes / sizeof *classes; i++) {
        if (classes[i].info_class != rq->info.info_class)
            continue;
        if (!classes[i].run)
            return oplock_check_handle(rq->handle, OPLOCK_ON_SIZE, waits(rq, late));
        if (!late)
            return classes[i].run(rq);
        if (classes[i].run == on_link_by_handle)
            end_by_link(rq->handle->node);
    }
    return STATUS_SUCCESS;
}

/* An open that emptied the file. */
static NTSTATUS on_created(struct nt_request *rq, bool late)
{
    (void)late;
    bool emptied = rq->p.information == FILE_OVERWRITTEN || rq->p.information == FILE_SUPERSEDED;
    struct nt_handle *h = rq->create.out.handle;
    return emptied && h ? oplock_check_handle(h, OPLOCK_ON_WRITE, NULL) : STATUS_SUCCESS;
}

/* ---- the table ----------------------------------------------------------------------------------------- */

static const struct {
    NTSTATUS (*before)(struct nt_request *rq, bool late);
    NTSTATUS (*after)(struct nt_request *rq, bool late); /* of those that change what is cached */
} rows[NT_OP_COUNT] = {
    [NT_CREATE] = {NULL, on_created},
    [NT_READ] = {on_read, NULL},
    [NT_WRITE] = {on_write, on_write},
    [NT_FLUSH] = {on_flush, NULL},
    [NT_SET_INFORMATION] = {on_set_information, on_set_information},
    [NT_LOCK] = {on_lock, NULL},
    [NT_SETATTR] = {on_setattr, on_setattr},
    [NT_REMOVE] = {on_remove, NULL},
    [NT_RENAME] = {on_rename, NULL},
    [NT_ZERO] = {on_zero, on_zero},
    [NT_FS_CONTROL] = {on_control, on_control},
    [NT_LINK] = {on_link, on_link},
};

NTSTATUS oplock_gate(struct nt_request *rq)
{
    if (rq->p.awaited)
        oplock_forget(rq);
    return rows[rq->op].before ? rows[rq->op].before(rq, false) : STATUS_SUCCESS;
}

void oplock_changed(struct nt_request *rq)
{
    if (rows[rq->op].after)
        rows[rq->op].after(rq, true);
}

/* ---- news ---------------------------------------------------------------------------------------------- */

void oplock_changed_behind(struct nt_node *node)
{
    oplock_check_node(node, OPLOCK_ON_WRITE, &(struct breaker){0});
}

/* Of the request that this thread runs. */
static const uint64_t *parent_key(void)
{
    const struct nt_slot *slot = slot_mine();
    const struct nt_request *rq = slot ? slot->top : NULL;
    if (!rq)
        return NULL;
    if (rq->op == NT_CREATE)
        return rq->create.parent_key;
    return rq->handle ? rq->handle->parent_key : NULL;
}

void oplock_news_in(struct nt_node *dir)
{
    oplock_check_node(dir, OPLOCK_ON_CHILD, &(struct breaker){.key = parent_key()});
}

void oplock_news_of(struct nt_node *node)
{
    struct nt_node *dir = tree_place(node, NULL);
    oplock_news_in(dir);
    nt_node_put(dir);
}
