// SPDX-License-Identifier: MIT
/*
 * What a new file is to be besides: its reparse point, its mode and owner, all in the request that makes it.
 * A file that cannot be all that was asked for is unmade.
 */
#include "nt/create.h"
#include "nt/ea.h"

/* What is made in a directory with the set-group-id bit belongs to its group, and a directory hands it on. */
static void take_group(struct nt_request *rq, struct nt_node *parent, bool directory, DOKAN_FACTS *facts)
{
    enum { SET_GID = 02000 };
    struct nt_attr attr;
    struct nt_way way;
    bool known = cache_get(parent, &attr);
    if (!known && way_begin(rq, parent, FILE_READ_ATTRIBUTES, true, &way) == STATUS_SUCCESS) {
        known = attr_query(rq, way.h, &attr, false) == STATUS_SUCCESS;
        way_end(rq, &way);
    }
    const uint32_t both = DOKAN_FACT_MODE | DOKAN_FACT_GID;
    if (!known || (attr.facts.valid & both) != both || !(attr.facts.mode & SET_GID))
        return;
    facts->Gid = attr.facts.gid;
    facts->Mode |= directory ? SET_GID : 0;
}

/* What a new file is to be besides: the file system's own checks come first, so this is done on its handle.
 */
NTSTATUS create_dress(struct nt_request *rq, struct nt_handle *h, struct nt_node *parent)
{
    const struct nt_create_args *a = &rq->create;
    NTSTATUS status = STATUS_SUCCESS;
    if (rq->p.information != FILE_CREATED)
        return STATUS_SUCCESS;
    if (a->reparse)
        status = call_set_reparse(rq, h, a->reparse, a->reparse_length);
    if (!status && a->facts) {
        DOKAN_FACTS facts = {.Size = sizeof facts,
                             .Valid = a->facts->valid,
                             .Mode = a->facts->mode,
                             .Uid = a->facts->uid,
                             .Gid = a->facts->gid,
                             .Device = a->facts->device};
        take_group(rq, parent, h->directory, &facts);
        status = call_set_facts(rq, h, &facts);
        status = status == STATUS_NOT_IMPLEMENTED && !a->reparse ? STATUS_SUCCESS : status;
    }
    if (!status && a->eas)
        status = ea_set_list(rq, h, a->eas, a->eas_length);
    return status == STATUS_NOT_IMPLEMENTED ? STATUS_NOT_SUPPORTED : status;
}

/* It was made but cannot be what was asked for. */
void create_undo(struct nt_request *rq, struct nt_handle *h)
{
    call_cleanup(rq, h, call_delete(rq, h, true) >= 0);
    call_close(rq, h);
}
