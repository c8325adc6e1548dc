// SPDX-License-Identifier: MIT
/*
 * Calling the file system: dispatch.c and dispatch_ex.c, the only places that do. Part of nt_internal.h,
 * which includes it.
 */
#ifndef XDOKAN_NT_DISPATCH_H
#define XDOKAN_NT_DISPATCH_H

#include "nt/nt.h"

struct nt_path;
struct nt_snapshot;

enum nt_callback {
    CB_CREATE,
    CB_CLEANUP,
    CB_CLOSE,
    CB_READ,
    CB_WRITE,
    CB_FLUSH,
    CB_GET_INFO,
    CB_FIND_FILES,
    CB_FIND_PATTERN,
    CB_SET_ATTRIBUTES,
    CB_SET_TIME,
    CB_DELETE_FILE,
    CB_DELETE_DIRECTORY,
    CB_MOVE,
    CB_SET_EOF,
    CB_SET_ALLOCATION,
    CB_LOCK,
    CB_UNLOCK,
    CB_DISK_FREE,
    CB_VOLUME_INFO,
    CB_MOUNTED,
    CB_UNMOUNTED,
    CB_GET_SECURITY,
    CB_SET_SECURITY,
    CB_FIND_STREAMS,
    CB_BASIC_COUNT,
    /* Of the extended table. */
    CB_GET_FACTS = CB_BASIC_COUNT,
    CB_FIND_FACTS,
    CB_SET_FACTS,
    CB_GET_FILE_ID,
    CB_GET_NAME_OF_ID,
    CB_CREATE_HARD_LINK,
    CB_REMOVE_NAME,
    CB_EXCHANGE_NAMES,
    CB_GET_REPARSE,
    CB_SET_REPARSE,
    CB_DELETE_REPARSE,
    CB_GET_EA,
    CB_SET_EA,
    CB_FIND_EAS,
    CB_FIND_RANGES,
    CB_ZERO_RANGE,
    CB_FS_CONTROL,
    CB_SET_VOLUME_LABEL,
    CB_GET_BACKING_FILE,
    CB_COUNT
};

/* Every status that comes back is a final one (PENDING is turned into INTERNAL_ERROR), every out value is
 * checked. A NULL callback gives STATUS_NOT_IMPLEMENTED. */
struct create_call {
    ACCESS_MASK access;
    ULONG file_attributes, share, disposition, options;
    PSECURITY_DESCRIPTOR security;
    bool directory;   /* in and out: IsDirectory */
    uint64_t context; /* in and out */
};
NTSTATUS call_create(struct nt_request *rq, const struct nt_path *path, struct create_call *c);
void call_cleanup(struct nt_request *rq, struct nt_handle *h, bool delete_pending);
void call_close(struct nt_request *rq, struct nt_handle *h);
NTSTATUS call_read(struct nt_request *rq, struct nt_handle *h, const struct nt_io_args *io, uint32_t *done);
NTSTATUS call_write(struct nt_request *rq, struct nt_handle *h, const struct nt_io_args *io, uint32_t *done);
NTSTATUS call_flush(struct nt_request *rq, struct nt_handle *h);
NTSTATUS call_get_info(struct nt_request *rq, struct nt_handle *h, BY_HANDLE_FILE_INFORMATION *info);
/* pattern NULL = everything. FindFilesWithPattern, falling back to FindFiles; `filtered` tells whether the
 * file system applied the pattern itself. */
NTSTATUS call_find(struct nt_request *rq, struct nt_handle *h, const WCHAR *pattern, struct nt_snapshot *into,
                   bool *filtered);
NTSTATUS call_set_attributes(struct nt_request *rq, struct nt_handle *h, uint32_t attributes);
NTSTATUS call_set_time(struct nt_request *rq, struct nt_handle *h, int64_t creation, int64_t access,
                       int64_t write);
/* DeleteFile or DeleteDirectory by the handle's kind. */
NTSTATUS call_delete(struct nt_request *rq, struct nt_handle *h, bool pending);
NTSTATUS call_move(struct nt_request *rq, struct nt_handle *h, const struct nt_path *to, bool replace);
NTSTATUS call_set_eof(struct nt_request *rq, struct nt_handle *h, int64_t size);
NTSTATUS call_set_allocation(struct nt_request *rq, struct nt_handle *h, int64_t size);
NTSTATUS call_lock(struct nt_request *rq, struct nt_handle *h, int64_t offset, int64_t length, bool unlock);
/* `h` may be NULL: a query on the volume itself. Defaults of the reference are applied inside. */
NTSTATUS call_disk_free(struct nt_request *rq, struct nt_handle *h, ULONGLONG *available, ULONGLONG *total,
                        ULONGLONG *free);
struct volume_info {
    WCHAR name[MAX_PATH + 1], fs_name[MAX_PATH + 1];
    DWORD serial, max_component, flags;
};
NTSTATUS call_volume_info(struct nt_request *rq, struct nt_handle *h, struct volume_info *out);
void call_mounted(struct nt_request *rq, const WCHAR *mount_point);
void call_unmounted(struct nt_request *rq);
NTSTATUS call_get_security(struct nt_request *rq, struct nt_handle *h, SECURITY_INFORMATION *what,
                           void *buffer, ULONG length, ULONG *needed);
NTSTATUS call_set_security(struct nt_request *rq, struct nt_handle *h, SECURITY_INFORMATION *what,
                           void *buffer, ULONG length);
NTSTATUS call_find_streams(struct nt_request *rq, struct nt_handle *h, PFillFindStreamData fill,
                           void *context);
bool has_callback(const struct nt_volume *vol, enum nt_callback cb);

/* The extended table (dispatch_ex.c). `facts` come out checked: only valid members are set, sizes and times
 * are not negative, no unknown bits. */
NTSTATUS call_get_facts(struct nt_request *rq, struct nt_handle *h, DOKAN_FACTS *facts);
NTSTATUS call_find_facts(struct nt_request *rq, struct nt_handle *h, struct nt_snapshot *into);
NTSTATUS call_set_facts(struct nt_request *rq, struct nt_handle *h, const DOKAN_FACTS *facts);
NTSTATUS call_get_file_id(struct nt_request *rq, const struct nt_path *path, ULONG64 *id);
/* *out is counted. */
NTSTATUS call_get_name_of_id(struct nt_request *rq, ULONG64 id, struct nt_path **out);
NTSTATUS call_create_hard_link(struct nt_request *rq, struct nt_handle *h, const struct nt_path *to,
                               bool replace);
NTSTATUS call_remove_name(struct nt_request *rq, struct nt_handle *h);
NTSTATUS call_exchange_names(struct nt_request *rq, struct nt_handle *h, const struct nt_path *other);
/* The buffer comes out checked: tag, length and, for the forms that are known, offsets. */
NTSTATUS call_get_reparse(struct nt_request *rq, struct nt_handle *h, void *buffer, uint32_t length,
                          uint32_t *used);
NTSTATUS call_set_reparse(struct nt_request *rq, struct nt_handle *h, const void *buffer, uint32_t length);
NTSTATUS call_delete_reparse(struct nt_request *rq, struct nt_handle *h, uint32_t tag);
NTSTATUS call_get_ea(struct nt_request *rq, struct nt_handle *h, const char *name, void *value,
                     uint32_t length, uint32_t *used);
NTSTATUS call_set_ea(struct nt_request *rq, struct nt_handle *h, const char *name, uint8_t flags,
                     const void *value, uint32_t length);
/* add() is told of every EA whose name and length can be; false: no more are wanted. */
typedef bool (*ea_add)(void *ctx, const char *name, uint8_t flags, const void *value, uint32_t length);
NTSTATUS call_find_eas(struct nt_request *rq, struct nt_handle *h, ea_add add, void *ctx);
/* add() gets ranges in ascending order that do not overlap; false: no more are wanted. */
typedef bool (*range_add)(void *ctx, int64_t offset, int64_t length);
NTSTATUS call_find_ranges(struct nt_request *rq, struct nt_handle *h, int64_t offset, int64_t length,
                          range_add add, void *ctx);
NTSTATUS call_zero_range(struct nt_request *rq, struct nt_handle *h, int64_t offset, int64_t length,
                         bool deallocate);
NTSTATUS call_fs_control(struct nt_request *rq, struct nt_handle *h, uint32_t code, const void *in,
                         uint32_t in_length, void *out, uint32_t out_length, uint32_t *returned);
NTSTATUS call_set_volume_label(struct nt_request *rq, const WCHAR *label);
NTSTATUS call_get_backing_file(struct nt_request *rq, struct nt_handle *h, int *fd);
const char *callback_name(enum nt_callback cb);

#endif
