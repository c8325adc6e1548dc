// SPDX-License-Identifier: MIT
/*
 * Access checks for what is done without a handle that was checked at its open: removals, renames, links and
 * changes by name, and the names that a handle's file is given. Only on volumes that check
 * (NT_SECURITY_CHECK). What stands for nothing is not refused here: the file system says that it is missing.
 */
#include "nt/access.h"
#include "nt/security.h"

static bool checks(const struct nt_request *rq)
{
    return rq->volume->security & NT_SECURITY_CHECK;
}

static bool absent(NTSTATUS status)
{
    return status == STATUS_OBJECT_NAME_NOT_FOUND || status == STATUS_NO_SUCH_FILE ||
           status == STATUS_OBJECT_PATH_NOT_FOUND;
}

/* What his right to the directory adds to those to a file in it. */
static ACCESS_MASK from_directory(struct nt_request *rq, struct nt_node *node,
                                  const DOKAN_ACCESS_TOKEN *token)
{
    ACCESS_MASK above, more = 0;
    struct nt_node *directory = tree_place(node, NULL);
    if (directory != node && !guard_granted(rq, directory, true, token, &above))
        more = (above & FILE_DELETE_CHILD ? DELETE : 0) |
               (above & FILE_LIST_DIRECTORY ? FILE_READ_ATTRIBUTES : 0);
    nt_node_put(directory);
    return more;
}

NTSTATUS guard_rights(struct nt_request *rq, struct nt_node *node, ACCESS_MASK wanted)
{
    CLEANUP_CALLER struct caller_token who = {0};
    ACCESS_MASK allowed, granted;
    if (!checks(rq))
        return STATUS_SUCCESS;
    NTSTATUS status = caller_token_init(&who, rq);
    if (status)
        return status;
    struct nt_node *file = node_has(node, NODE_STREAM) ? tree_place(node, NULL) : NULL;
    status = guard_granted(rq, file ? file : node, node_has(node, NODE_DIRECTORY), who.use, &allowed);
    if (!status && wanted & ~allowed & (DELETE | FILE_READ_ATTRIBUTES))
        allowed |= from_directory(rq, file ? file : node, who.use);
    nt_node_put(file);
    if (status)
        return absent(status) ? STATUS_SUCCESS : status > 0 ? STATUS_INVALID_SECURITY_DESCR : status;
    return access_verdict(allowed, wanted, &granted);
}

NTSTATUS guard_remove(struct nt_request *rq, struct nt_node *node)
{
    return guard_rights(rq, node, DELETE);
}

NTSTATUS guard_add(struct nt_request *rq, struct nt_node *directory, bool is_directory)
{
    return guard_rights(rq, directory, is_directory ? FILE_ADD_SUBDIRECTORY : FILE_ADD_FILE);
}
