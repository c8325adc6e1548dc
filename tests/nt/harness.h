// SPDX-License-Identifier: MIT
/*
 * A volume over the fake file system (or any other), and the engine's requests as plain calls.
 *
 * Calls are synchronous (nt_call) and strict. For requests that shall hang or race there is `struct pending`:
 * a request on a thread of its own, which checks that complete() and release() come exactly once and in this
 * order.
 */
#ifndef TESTS_NT_HARNESS_H
#define TESTS_NT_HARNESS_H

#include "base/testing.h"
#include "fakefs.h"
#include "nt/nt.h"
#include <dokan/ntstatus.h>
#include <string.h>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED 1
#elif defined(__has_feature)
#define SANITIZED (__has_feature(address_sanitizer) || __has_feature(thread_sanitizer))
#else
#define SANITIZED 0
#endif

#define SHARE_ALL  (FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE)
#define ACCESS_ALL FILE_ALL_ACCESS

struct rig_spec {
    ULONG options;
    bool single_thread;
    uint32_t timeout_ms; /* 0: a minute */
    uint32_t unit, sector;
    uint64_t attr_ns, entry_ns;
    unsigned security;                        /* enum nt_volume_security */
    const DOKAN_OPERATIONS *operations;       /* NULL: the fake's */
    void *context;                            /* with operations: GlobalContext */
    const DOKAN_OPERATIONS_EX *operations_ex; /* NULL: none */
};

struct rig {
    struct fake fs;
    DOKAN_OPTIONS options;
    struct nt_volume *vol;
    struct nt_listener *origin;      /* put into every request */
    const DOKAN_ACCESS_TOKEN *token; /* ditto */
};

struct rig *rig_open(const struct rig_spec *spec);
/* Opens with a chosen table of callbacks, to leave some out. */
struct rig *rig_open_with(const struct rig_spec *spec, const DOKAN_OPERATIONS *operations);
/* Stops the volume, and fails the test if the fake saw a violation or the engine kept handles, files or
 * nodes. */
void rig_close(struct rig *rig);
DOKAN_VOLUME_COUNTERS rig_counters(struct rig *rig);

/* ---- calls ------------------------------------------------------------------------------------------- */

struct opening {
    const WCHAR *path; /* from the root, or below `dir` */
    struct nt_node *dir;
    ACCESS_MASK access; /* 0: everything */
    ULONG attributes;
    ULONG share; /* NO_SHARE: none; 0: all */
    ULONG disposition;
    ULONG options;
    PSECURITY_DESCRIPTOR security;
    uint32_t security_length;
};
enum { NO_SHARE = 0x100 };

struct opened {
    NTSTATUS status;
    uint64_t information;
    struct nt_handle *handle;
};

size_t text_length(const WCHAR *text);
void rig_request(struct rig *rig, struct nt_request *rq, enum nt_op op, struct nt_handle *handle);
void fill_create(struct nt_request *rq, const struct opening *how);
struct opened rig_create(struct rig *rig, const struct opening *how);
/* FILE_OPEN with every right; fails the test when it does not work. */
struct nt_handle *rig_must_open(struct rig *rig, const WCHAR *path);
void rig_cleanup(struct rig *rig, struct nt_handle *handle);
void rig_close_only(struct rig *rig, struct nt_handle *handle);
/* Cleanup and close. */
void rig_end(struct rig *rig, struct nt_handle *handle);

NTSTATUS rig_read(struct rig *rig, struct nt_handle *h, void *buffer, uint32_t length, int64_t offset,
                  uint32_t *done);
NTSTATUS rig_write(struct rig *rig, struct nt_handle *h, const void *buffer, uint32_t length, int64_t offset,
                   uint32_t *done);
NTSTATUS rig_flush(struct rig *rig, struct nt_handle *h);
NTSTATUS rig_query(struct rig *rig, struct nt_handle *h, int info_class, void *buffer, uint32_t length,
                   uint64_t *written);
NTSTATUS rig_set(struct rig *rig, struct nt_handle *h, int info_class, const void *buffer, uint32_t length);
NTSTATUS rig_dispose(struct rig *rig, struct nt_handle *h, bool delete);
NTSTATUS rig_rename(struct rig *rig, struct nt_handle *h, const WCHAR *to, bool replace);
/* FILE_RENAME_* or FILE_LINK_*; the class is FileRenameInformationEx or FileLinkInformationEx. */
NTSTATUS rig_name_ex(struct rig *rig, struct nt_handle *h, int info_class, const WCHAR *to, ULONG flags);
NTSTATUS rig_query_volume(struct rig *rig, int info_class, void *buffer, uint32_t length, uint64_t *written);

struct dir_query {
    int info_class; /* 0: Names */
    const WCHAR *pattern;
    bool restart, single, index_specified;
    uint32_t index;
    void *buffer;
    uint32_t length;
    uint64_t written;
};
NTSTATUS rig_query_dir(struct rig *rig, struct nt_handle *h, struct dir_query *q);
/* One FileNamesInformation query; the names, joined by '|'. */
NTSTATUS rig_names(struct rig *rig, struct nt_handle *h, struct dir_query *q, char *out, size_t cap);

NTSTATUS rig_lookup(struct rig *rig, const WCHAR *path, struct nt_lookup_args *out);
NTSTATUS rig_remove(struct rig *rig, const WCHAR *path, bool directory);
NTSTATUS rig_move(struct rig *rig, const WCHAR *from, const WCHAR *to, unsigned flags);

/* ---- requests in the background ---------------------------------------------------------------------- */

struct pending {
    struct nt_request rq;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    unsigned completed, released;
    bool wrong_order;
    NTSTATUS status;
    uint64_t information;
    unsigned char *buffer;
};

/* A request with `length` bytes of buffer, to be filled in and started. */
struct pending *pending_new(struct rig *rig, enum nt_op op, struct nt_handle *handle, uint32_t length);
void pending_start(struct pending *p);
/* Waits for complete() and returns its status; fails the test after ten seconds. */
NTSTATUS pending_status(struct pending *p);
bool pending_completed(struct pending *p);
bool pending_released(struct pending *p);
/* Waits for release() and for the thread, checks that each came once, and frees it. */
void pending_end(struct pending *p);

/* ---- looks ------------------------------------------------------------------------------------------- */

/* ASCII form of a 16-bit text, in one of eight rotating buffers. */
const char *narrow(const WCHAR *text);
const char *narrow_n(const WCHAR *text, size_t len);
void sleep_ms(unsigned ms);
uint64_t now_ms(void);

#define assert_status(expected, actual) assert_int_equal((uint32_t)(expected), (uint32_t)(actual))
#define assert_text(expected, actual)   assert_string_equal(expected, narrow(actual))

#endif
