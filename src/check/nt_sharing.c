// SPDX-License-Identifier: MIT
/*
 * What handles may do beside each other: share modes and byte-range locks. The engine keeps both, unless the
 * volume asked for FILELOCK_USER_MODE; a volume that fails here shows a file under two names, or the other
 * way round.
 */
#include "check/nt_i.h"

enum { SHORT_WAIT_MS = 50 };

/* ---- share modes --------------------------------------------------------------------------------------- */

static void matrix(struct probe *p)
{
    static const struct {
        ACCESS_MASK first_access;
        ULONG first_share;
        ACCESS_MASK access;
        ULONG share;
        NTSTATUS status;
    } rows[] = {
        {FILE_READ_DATA, FILE_SHARE_READ, FILE_READ_DATA, FILE_SHARE_READ, STATUS_SUCCESS},
        {FILE_READ_DATA, 0, FILE_READ_DATA, FILE_SHARE_READ, STATUS_SHARING_VIOLATION},
        {FILE_READ_DATA, FILE_SHARE_READ, FILE_WRITE_DATA, SHARE_ALL, STATUS_SHARING_VIOLATION},
        {FILE_WRITE_DATA, SHARE_ALL, FILE_READ_DATA, FILE_SHARE_READ, STATUS_SHARING_VIOLATION},
        {FILE_WRITE_DATA, SHARE_ALL, FILE_READ_DATA, SHARE_ALL, STATUS_SUCCESS},
        {FILE_READ_DATA, FILE_SHARE_READ, DELETE, SHARE_ALL, STATUS_SHARING_VIOLATION},
        {FILE_READ_DATA, FILE_SHARE_READ | FILE_SHARE_DELETE, DELETE, SHARE_ALL, STATUS_SUCCESS},
        {FILE_READ_DATA, 0, FILE_READ_ATTRIBUTES, 0, STATUS_SUCCESS},
        {FILE_READ_ATTRIBUTES, 0, FILE_WRITE_DATA, 0, STATUS_SUCCESS},
    };
    make_closed(p, u"file", "x");
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct file *first = NULL, *second = NULL;
        struct opening how = {.name = u"file",
                              .access = rows[i].first_access,
                              .share = rows[i].first_share,
                              .disposition = FILE_OPEN};
        made(p, nt_open(p, &how, &first));
        how.access = rows[i].access;
        how.share = rows[i].share;
        must(p, nt_open(p, &how, &second), rows[i].status, "two opens of a file must allow each other");
        close_file(p, second);
        close_file(p, first);
    }
}

static void share_ends(struct probe *p)
{
    struct file *file = NULL;
    const struct opening how = {
        .name = u"file", .access = FILE_READ_DATA, .share = 0, .disposition = FILE_OPEN};
    make_closed(p, u"file", "x");
    for (int i = 0; i < 3; i++) {
        must(p, nt_open(p, &how, &file), STATUS_SUCCESS,
             "what a handle forbade is allowed once it is closed");
        close_file(p, file);
    }
}

static void no_overwrite_of_shared(struct probe *p)
{
    struct file *first = NULL, *second = NULL;
    struct opening how = {
        .name = u"file", .access = FILE_READ_DATA, .share = FILE_SHARE_READ, .disposition = FILE_OPEN};
    make_closed(p, u"file", "text");
    made(p, nt_open(p, &how, &first));
    how.access = FILE_WRITE_DATA;
    how.share = SHARE_ALL;
    how.disposition = FILE_OVERWRITE_IF;
    must(p, nt_open(p, &how, &second), STATUS_SHARING_VIOLATION,
         "a file is not emptied under somebody who does not share writing");
    must_hold(p, first, "text", "a create that fails changes nothing");
}

static const struct check share_checks[] = {
    {"sharing", "matrix", WRITES, matrix},
    {"sharing", "ends", WRITES, share_ends},
    {"sharing", "overwrite", WRITES, no_overwrite_of_shared},
};
const struct check_table nt_sharing = {share_checks, COUNT_OF(share_checks)};

/* ---- locks --------------------------------------------------------------------------------------------- */

#define AT_ONCE DOKAN_NT_FAIL_IMMEDIATELY

static void exclusive_lock(struct probe *p)
{
    char buf[4];
    struct file *first = make_file(p, u"file", "0123456789"), *second = open_file(p, u"file");
    NTSTATUS status = nt_lock(p, first, 2, 4, DOKAN_NT_EXCLUSIVE | AT_ONCE);
    if (!is_offered(p, status))
        return;
    must(p, status, STATUS_SUCCESS, "a range can be locked");
    must(p, nt_lock(p, second, 4, 4, DOKAN_NT_EXCLUSIVE | AT_ONCE), STATUS_LOCK_NOT_GRANTED,
         "locks of two handles do not overlap");
    must(p, nt_lock(p, second, 6, 4, DOKAN_NT_EXCLUSIVE | AT_ONCE), STATUS_SUCCESS,
         "ranges that only touch do not overlap");
    must(p, nt_read(p, second, 2, buf, 1, NULL), STATUS_FILE_LOCK_CONFLICT,
         "a locked range is not read by others");
    must(p, nt_write(p, second, 5, "x", 1, NULL), STATUS_FILE_LOCK_CONFLICT,
         "a locked range is not written by others");
    must(p, nt_read(p, first, 2, buf, 1, NULL), STATUS_SUCCESS, "who locked a range may read it");
    must(p, nt_unlock(p, first, 2, 4), STATUS_SUCCESS, "a lock can be taken back");
    must(p, nt_read(p, second, 2, buf, 1, NULL), STATUS_SUCCESS, "a range that is unlocked can be read");
}

static void shared_lock(struct probe *p)
{
    char buf[4];
    struct file *first = make_file(p, u"file", "0123456789"), *second = open_file(p, u"file");
    NTSTATUS status = nt_lock(p, first, 0, 4, AT_ONCE);
    if (!is_offered(p, status))
        return;
    must(p, status, STATUS_SUCCESS, "a range can be locked");
    must(p, nt_lock(p, second, 0, 4, AT_ONCE), STATUS_SUCCESS, "shared locks may overlap");
    must(p, nt_read(p, second, 0, buf, 1, NULL), STATUS_SUCCESS, "a shared lock lets others read");
    must(p, nt_unlock(p, second, 0, 4), STATUS_SUCCESS, "a lock can be taken back");
    must(p, nt_write(p, second, 0, "x", 1, NULL), STATUS_FILE_LOCK_CONFLICT,
         "a shared lock lets nobody else write");
    must(p, nt_lock(p, second, 0, 4, DOKAN_NT_EXCLUSIVE | AT_ONCE), STATUS_LOCK_NOT_GRANTED,
         "an exclusive lock overlaps no other");
}

static void unlock_nothing(struct probe *p)
{
    struct file *file = make_file(p, u"file", "x");
    NTSTATUS status = nt_unlock(p, file, 0, 4);
    if (!is_offered(p, status))
        return;
    must(p, status, STATUS_RANGE_NOT_LOCKED, "only what is locked can be unlocked");
}

static void lock_ends(struct probe *p)
{
    struct file *first = make_file(p, u"file", "x"), *second = open_file(p, u"file");
    NTSTATUS status = nt_lock(p, first, 0, 4, DOKAN_NT_EXCLUSIVE | AT_ONCE);
    if (!is_offered(p, status))
        return;
    made(p, status);
    close_file(p, first);
    must(p, nt_lock(p, second, 0, 4, DOKAN_NT_EXCLUSIVE | AT_ONCE), STATUS_SUCCESS,
         "locks go with their handle");
}

static void lock_waits(struct probe *p)
{
    struct file *first = make_file(p, u"file", "x"), *second = open_file(p, u"file");
    NTSTATUS status = nt_lock(p, first, 0, 4, DOKAN_NT_EXCLUSIVE | AT_ONCE);
    if (!is_offered(p, status))
        return;
    made(p, status);
    struct waiting *w = nt_start_lock(p, second, 0, 4, DOKAN_NT_EXCLUSIVE);
    must(p, nt_finish(p, w, SHORT_WAIT_MS, NULL, 0, NULL), STATUS_CANCELLED,
         "a lock that cannot be had waits, and can be cancelled");
    w = nt_start_lock(p, second, 0, 4, DOKAN_NT_EXCLUSIVE);
    made(p, nt_unlock(p, first, 0, 4));
    must(p, nt_finish(p, w, p->suite->options.TimeoutMs, NULL, 0, NULL), STATUS_SUCCESS,
         "a lock that waits is had as soon as it can be");
}

static const struct check lock_checks[] = {
    {"locks", "exclusive", WRITES, exclusive_lock}, {"locks", "shared", WRITES, shared_lock},
    {"locks", "unlock", WRITES, unlock_nothing},    {"locks", "end", WRITES, lock_ends},
    {"locks", "wait", WRITES, lock_waits},
};
const struct check_table nt_locks = {lock_checks, COUNT_OF(lock_checks)};
