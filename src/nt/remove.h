// SPDX-License-Identifier: MIT
/* Parts of a removal that a replacing rename and a disposition need too. */
#ifndef XDOKAN_NT_REMOVE_H
#define XDOKAN_NT_REMOVE_H

#include "nt/nt_internal.h"

/* Does somebody have it open, and does he let it be deleted? STATUS_SHARING_VIOLATION: no;
 * STATUS_OBJECT_NAME_NOT_FOUND: it is deleted already. */
NTSTATUS node_openers(struct nt_node *node, bool *open);
/* Takes READONLY away; `before` gets the attributes to put back, 0 if there is nothing to put back. */
NTSTATUS clear_readonly(struct nt_request *rq, struct nt_handle *h, uint32_t *before);
/* DeleteFile or DeleteDirectory; taken back when the deadline passes meanwhile. */
NTSTATUS ask_deletion(struct nt_request *rq, struct nt_handle *h);
/* The name is gone; the last Cleanup deletes the file. False: there was the last one already. */
bool mark_deleted(struct nt_node *node);
/* Its name is gone and may be another file's: who has it open goes on by a path that nothing ever has. */
void lose_path(struct nt_node *node);
/* The name of an open file goes at once, the file with its last handle. Where it cannot be moved away it is
 * only no longer found. `held`: see mark_deleted(). STATUS_IO_TIMEOUT: too late, the consent was taken back.
 */
NTSTATUS free_name(struct nt_request *rq, struct nt_handle *h, bool *held);
/* The same at the Cleanup of `h`, by RemoveName where that is offered. Where it cannot be done the file goes
 * with its last handle. */
void free_name_at_cleanup(struct nt_request *rq, struct nt_handle *h);
/* rename.c: moves the file of an open handle to a name that something else has, by POSIX rules. The request's
 * reservations are those of a rename. */
NTSTATUS rename_over(struct nt_request *rq, struct nt_handle *h, struct nt_path *to, const WCHAR *name,
                     size_t len);

#endif
