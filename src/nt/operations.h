// SPDX-License-Identifier: MIT
/*
 * The operations behind the rows of request.c, and what they share. Part of nt_internal.h, which includes it.
 */
#ifndef XDOKAN_NT_OPERATIONS_H
#define XDOKAN_NT_OPERATIONS_H

#include "nt/nt.h"

NTSTATUS prepare_create(struct nt_request *rq);
NTSTATUS run_create(struct nt_request *rq);
void late_create(struct nt_request *rq, NTSTATUS status);
NTSTATUS prepare_cleanup(struct nt_request *rq);
NTSTATUS run_cleanup(struct nt_request *rq);
NTSTATUS prepare_close(struct nt_request *rq);
NTSTATUS run_close(struct nt_request *rq);
/* Cleanup, and close: once each, whoever asks. */
void cleanup_handle(struct nt_request *rq, struct nt_handle *h);
void close_handle(struct nt_request *rq, struct nt_handle *h);
NTSTATUS run_read(struct nt_request *rq);
NTSTATUS run_write(struct nt_request *rq);
NTSTATUS run_flush(struct nt_request *rq);
NTSTATUS run_query_information(struct nt_request *rq);   /* info.c */
NTSTATUS prepare_set_information(struct nt_request *rq); /* rename and disposition reserve names */
NTSTATUS run_set_information(struct nt_request *rq);     /* setinfo.c */
NTSTATUS run_query_directory(struct nt_request *rq);     /* dirquery.c */
NTSTATUS run_list_directory(struct nt_request *rq);      /* list.c */
NTSTATUS run_query_volume(struct nt_request *rq);        /* volinfo.c */
NTSTATUS run_query_security(struct nt_request *rq);      /* security.c */
NTSTATUS run_set_security(struct nt_request *rq);
NTSTATUS run_lock(struct nt_request *rq); /* lock.c */
NTSTATUS run_unlock(struct nt_request *rq);
void late_lock(struct nt_request *rq, NTSTATUS status);
void locks_drop(struct nt_handle *h); /* file->lock is held */
/* Is a read or write in the way of a lock? Only worth asking when file->lock_count is not 0. */
bool locks_refuse(const struct nt_request *rq, int64_t offset, bool write);
NTSTATUS run_notify(struct nt_request *rq);     /* watch.c */
NTSTATUS prepare_lookup(struct nt_request *rq); /* byname.c */
NTSTATUS run_lookup(struct nt_request *rq);
void late_lookup(struct nt_request *rq, NTSTATUS status);
NTSTATUS prepare_getattr(struct nt_request *rq);
NTSTATUS run_getattr(struct nt_request *rq);
NTSTATUS prepare_setattr(struct nt_request *rq);
NTSTATUS run_setattr(struct nt_request *rq);
NTSTATUS prepare_remove(struct nt_request *rq); /* remove.c */
NTSTATUS run_remove(struct nt_request *rq);
NTSTATUS prepare_rename(struct nt_request *rq); /* rename.c */
NTSTATUS run_rename(struct nt_request *rq);
NTSTATUS run_statfs(struct nt_request *rq);
NTSTATUS run_errand(struct nt_request *rq);      /* errand.c */
NTSTATUS prepare_on_node(struct nt_request *rq); /* extended.c */
NTSTATUS run_get_ea(struct nt_request *rq);
NTSTATUS run_set_ea(struct nt_request *rq);
NTSTATUS run_list_eas(struct nt_request *rq);
NTSTATUS run_get_reparse(struct nt_request *rq);
NTSTATUS run_set_reparse(struct nt_request *rq);
NTSTATUS run_delete_reparse(struct nt_request *rq);
NTSTATUS run_seek(struct nt_request *rq);
NTSTATUS run_zero(struct nt_request *rq);
NTSTATUS run_fs_control(struct nt_request *rq);
NTSTATUS run_query_eas(struct nt_request *rq); /* ea.c */
NTSTATUS run_set_eas(struct nt_request *rq);
NTSTATUS run_set_volume(struct nt_request *rq); /* volinfo.c */
NTSTATUS prepare_link(struct nt_request *rq);   /* identity.c */
NTSTATUS run_link(struct nt_request *rq);
void late_link(struct nt_request *rq, NTSTATUS status);

/* reserved.c: moves an open file or directory out of the way, into the reserved folder; not begun past the
 * deadline. `h` is an open on it. */
NTSTATUS hide_open_file(struct nt_request *rq, struct nt_handle *h);
/* Empties and removes the reserved folder: at the first use after a crash, and at the end. */
void reserved_sweep(struct nt_request *rq);
bool name_is_reserved(const struct nt_volume *vol, const struct nt_node *dir, const WCHAR *name, size_t len);

#endif
