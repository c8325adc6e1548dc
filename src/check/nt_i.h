// SPDX-License-Identifier: MIT
/*
 * Checks of a volume through dokan/nt.h: the calls, each with a deadline and a text, and the helpers that
 * checks share. Names of files are relative to the folder of the check unless they begin with a backslash.
 */
#ifndef XDOKAN_CHECK_NT_I_H
#define XDOKAN_CHECK_NT_I_H

#include "check/check_i.h"
#include <dokan/nt.h>

enum { PATH_UNITS = 1024, LIST_MOST = 600, OPERATIONS_PLAIN = 64, OPERATION_KINDS = 512 };

#define SHARE_ALL FILE_SHARE_VALID_FLAGS
#define ALL_DATA  (FILE_GENERIC_READ | FILE_GENERIC_WRITE | DELETE)

/* An open file and what it is called in messages. */
struct file {
    DOKAN_NT_FILE handle;
    char name[NOTE_MAX];
};

struct nt_world {
    DOKAN_HANDLE volume;
    WCHAR folder[64];                  /* "\dokan-check-..."; "" where nothing is made */
    ULONG flags;                       /* what the volume says of itself: FILE_CASE_SENSITIVE_SEARCH... */
    LONG name_units;                   /* longest name */
    ULONG hung_calls[OPERATION_KINDS]; /* by operation and class: how often one did not return */
    ULONG offered;                     /* of the FILE_SUPPORTS_* kind: what has been seen to work */
    ULONG refused;                     /* and what has been seen not to */
    NTSTATUS odd_status;               /* the first that is none, and its call */
    char odd_call[CALL_MAX];
    WCHAR sample_file[PATH_UNITS], sample_folder[PATH_UNITS]; /* what is there already; "" for none */
};

/* Of one check. */
struct nt_place {
    struct nt_world *world;
    WCHAR folder[PATH_UNITS];
    struct file files[OPEN_MAX_FILES];
    struct worker *worker; /* makes the calls; NULL until the first one, and after one that hangs */
};

/* ---- a thread for calls (nt_worker.c) ------------------------------------------------------------------ */

/* Calls run() on a thread of its own, for one job after the other. NULL without memory or threads. */
struct worker *worker_new(void (*run)(void *job));
/* False when it is still busy after a second: an answer came, but its call did not return. */
bool worker_give(struct worker *worker, void *job);
/* It goes away when its job is done, which is not waited for. */
void worker_end(struct worker *worker);

/* ---- calls (nt_call.c) --------------------------------------------------------------------------------- */

/* Makes a request and waits for it: STATUS_IO_TIMEOUT, and p->hung, for one that does not answer. p->call is
 * its text. STATUS_CANCELLED without a call when the check is decided already. */
NTSTATUS nt_call(struct probe *p, DOKAN_NT_REQUEST *rq);
/* Starts one, and returns when it is under way; NULL, and noted, when it cannot be. */
struct waiting;
struct waiting *nt_start(struct probe *p, const DOKAN_NT_REQUEST *rq);

/* ---- each operation (nt_calls.c) ----------------------------------------------------------------------- */

struct opening {
    const WCHAR *name;
    ACCESS_MASK access; /* 0: everything */
    ULONG share;        /* FILE_SHARE_*; 0 is none */
    ULONG disposition, options, attributes;
    const void *security;
    ULONG security_length;
    struct file *related;
};

/* STATUS_INVALID_HANDLE for no file. */
NTSTATUS nt_open(struct probe *p, const struct opening *how, struct file **file);
/* What the create did: FILE_OPENED, FILE_CREATED... */
NTSTATUS nt_open_told(struct probe *p, const struct opening *how, struct file **file, ULONG *told);
NTSTATUS nt_close(struct probe *p, struct file *file);
NTSTATUS nt_read(struct probe *p, struct file *file, LONGLONG offset, void *buf, ULONG length, ULONG *got);
NTSTATUS nt_write(struct probe *p, struct file *file, LONGLONG offset, const void *buf, ULONG length,
                  ULONG *got);
NTSTATUS nt_flush(struct probe *p, struct file *file);
NTSTATUS nt_query(struct probe *p, struct file *file, ULONG info_class, void *buf, ULONG length, ULONG *got);
NTSTATUS nt_set(struct probe *p, struct file *file, ULONG info_class, const void *buf, ULONG length);
NTSTATUS nt_list(struct probe *p, struct file *file, ULONG info_class, const WCHAR *pattern, ULONG flags,
                 void *buf, ULONG length, ULONG *got);
NTSTATUS nt_volume(struct probe *p, ULONG info_class, void *buf, ULONG length, ULONG *got);
NTSTATUS nt_get_security(struct probe *p, struct file *file, ULONG what, void *buf, ULONG length, ULONG *got);
NTSTATUS nt_set_security(struct probe *p, struct file *file, ULONG what, const void *buf, ULONG length);
NTSTATUS nt_set_ea(struct probe *p, struct file *file, const void *buf, ULONG length);
NTSTATUS nt_get_eas(struct probe *p, struct file *file, void *buf, ULONG length, ULONG *got);
NTSTATUS nt_control(struct probe *p, struct file *file, ULONG code, const void *in, ULONG in_length,
                    void *out, ULONG out_length, ULONG *got);
/* A lock of the process `owner`. flags: DOKAN_NT_EXCLUSIVE, DOKAN_NT_FAIL_IMMEDIATELY. */
NTSTATUS nt_lock(struct probe *p, struct file *file, LONGLONG offset, LONGLONG length, ULONG flags);
NTSTATUS nt_unlock(struct probe *p, struct file *file, LONGLONG offset, LONGLONG length);

/* A request that waits, for another to be made meanwhile. NULL when none is under way. */
struct waiting *nt_start_notify(struct probe *p, struct file *file, ULONG filter, bool tree, ULONG length);
struct waiting *nt_start_lock(struct probe *p, struct file *file, LONGLONG offset, LONGLONG length,
                              ULONG flags);
/* Ends it if it still waits after `ms`, and frees it. The answer of a notification goes to buf. */
NTSTATUS nt_finish(struct probe *p, struct waiting *waiting, unsigned ms, void *buf, ULONG length,
                   ULONG *got);

/* ---- what checks share (nt_help.c) --------------------------------------------------------------------- */

/* Expectations on a status; true when it holds. */
bool must(struct probe *p, NTSTATUS given, NTSTATUS expected, const char *rule);
bool must_either(struct probe *p, NTSTATUS given, NTSTATUS expected, NTSTATUS or_else, const char *rule);
/* Any error will do. */
bool must_fail(struct probe *p, NTSTATUS given, const char *rule);
/* Steps towards what is checked: where they fail, nothing has been checked. */
bool made(struct probe *p, NTSTATUS status);
/* False, and noted, for a status by which a volume says that it does not have something. */
bool is_offered(struct probe *p, NTSTATUS status);

/* What a FILE_SUPPORTS_* flag stands for has been seen to work, or not to. */
void volume_can(struct probe *p, ULONG flag, bool works);

/* A new file with that text, open with all rights and shared with everybody; NULL when it cannot be made. */
struct file *make_file(struct probe *p, const WCHAR *name, const char *text);
/* The same, closed. */
void make_closed(struct probe *p, const WCHAR *name, const char *text);
struct file *make_folder(struct probe *p, const WCHAR *name);
/* Opens what is there, with all rights. */
struct file *open_file(struct probe *p, const WCHAR *name);
struct file *open_folder(struct probe *p, const WCHAR *name);
void close_file(struct probe *p, struct file *file);
/* How opening for reading attributes ends. */
NTSTATUS open_status(struct probe *p, const WCHAR *name);
/* Whether the name is there: it must be, or must not be, by the rule. */
void must_exist(struct probe *p, const WCHAR *name, bool exists, const char *rule);
/* The file holds exactly the text. */
void must_hold(struct probe *p, struct file *file, const char *text, const char *rule);
int64_t size_of(struct probe *p, struct file *file);
bool basic_of(struct probe *p, struct file *file, FILE_BASIC_INFORMATION *basic);
NTSTATUS set_attributes(struct probe *p, struct file *file, ULONG attributes);
NTSTATUS set_deletion(struct probe *p, struct file *file, bool on);
/* Class 10 or 11 (rename, link); name relative to the folder of the check. */
NTSTATUS set_name(struct probe *p, struct file *file, ULONG info_class, const WCHAR *name, bool replace);

/* Names of a directory, sorted by the caller if need be. */
struct listing {
    size_t count;
    WCHAR names[LIST_MOST][264];
};
NTSTATUS list_names(struct probe *p, struct file *folder, const WCHAR *pattern, ULONG flags,
                    struct listing *out);
bool listing_has(const struct listing *listing, const WCHAR *name);
/* Opened, listed and closed, as a step; NULL when that fails. To be freed. */
struct listing *listing_of(struct probe *p, const WCHAR *folder, const WCHAR *pattern);

size_t wide_length(const WCHAR *text);
void wide_append(WCHAR *to, size_t room, const WCHAR *text);
/* ASCII only. */
void wide_from(WCHAR *to, size_t room, const char *text);
void narrow(char *to, size_t room, const WCHAR *text);

/* ---- tables -------------------------------------------------------------------------------------------- */

extern const struct check_table nt_files, nt_sizes, nt_folders, nt_attributes, nt_times, nt_rename, nt_delete,
    nt_sharing, nt_locks, nt_names, nt_streams, nt_security, nt_eas, nt_reparse, nt_hard_links, nt_ids,
    nt_sparse, nt_notify, nt_threads, nt_arguments, nt_reading, nt_refusing, nt_volume_facts;

#endif
