// SPDX-License-Identifier: MIT
/*
 * Opening by number. The file system is asked for a name of the file, the name is reserved as if it had been
 * asked for, and then it is asked whether the name still belongs to that number: it may have moved meanwhile.
 * From there on it is an open of that name; renaming and deleting go by the name.
 *
 * Nobody makes a file by number: FILE_CREATE is refused, and what would make one only opens.
 */
#include "nt/create.h"

enum { SHORT_UNITS = 4, LONG_UNITS = 8, TRIES = 3 };

/* 0: it is none. */
static uint64_t number_of(const struct nt_name *name)
{
    uint64_t number = 0, above = 0;
    if (name->len != SHORT_UNITS && name->len != LONG_UNITS)
        return 0;
    memcpy(&number, name->text, sizeof number);
    if (name->len == LONG_UNITS)
        memcpy(&above, name->text + SHORT_UNITS, sizeof above);
    return above ? 0 : number;
}

NTSTATUS byid_rules(struct nt_request *rq)
{
    struct nt_create_args *a = &rq->create;
    a->way.id = number_of(&a->name);
    if (!a->way.id || a->disposition == FILE_CREATE || a->target_directory)
        return STATUS_INVALID_PARAMETER;
    if (!has_callback(rq->volume, CB_GET_NAME_OF_ID) || !has_callback(rq->volume, CB_GET_FILE_ID))
        return STATUS_NOT_SUPPORTED;
    if (a->disposition == FILE_OPEN_IF)
        a->disposition = FILE_OPEN;
    if (a->disposition == FILE_OVERWRITE_IF)
        a->disposition = FILE_OVERWRITE;
    return STATUS_SUCCESS;
}

NTSTATUS byid_find(struct nt_request *rq)
{
    struct nt_path *path = NULL;
    NTSTATUS status = call_get_name_of_id(rq, rq->create.way.id, &path);
    if (status == STATUS_SUCCESS)
        status = create_elsewhere(rq, path->text, path->len);
    else if (status > 0 || means_missing(status))
        status = STATUS_INVALID_PARAMETER; /* Windows' word for a number that no file has */
    path_put(path);
    return status == STATUS_NOT_IMPLEMENTED ? STATUS_NOT_SUPPORTED : status;
}

NTSTATUS byid_verify(struct nt_request *rq, struct nt_node *node)
{
    struct nt_create_args *a = &rq->create;
    ULONG64 number = 0;
    if (!a->way.id)
        return STATUS_SUCCESS;
    struct nt_path *path = tree_path(node);
    NTSTATUS status = path ? call_get_file_id(rq, path, &number) : STATUS_INSUFFICIENT_RESOURCES;
    path_put(path);
    if (status == STATUS_SUCCESS && number == a->way.id)
        return STATUS_SUCCESS;
    if (status < 0 && !means_missing(status))
        return status;
    return ++a->way.hops < TRIES && !rq_expired(rq) ? byid_find(rq) : STATUS_INVALID_PARAMETER;
}
