// SPDX-License-Identifier: MIT
/*
 * Requests that may come to wait inside the engine. They are submitted on the caller's thread, which gets it
 * back at once: after wait_submit() a request has ended or stands in its list.
 */
#ifndef TESTS_NT_WAITING_H
#define TESTS_NT_WAITING_H

#include "harness.h"

struct waiting {
    struct nt_request rq;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    unsigned completed, released;
    bool wrong_order;
    NTSTATUS status;
    uint64_t information;
    unsigned char buffer[4096];
};

struct waiting *wait_new(struct rig *rig, enum nt_op op, struct nt_handle *handle);
void wait_submit(struct waiting *w);
bool wait_completed(struct waiting *w);
/* Waits for complete(); fails the test after ten seconds. */
NTSTATUS wait_status(struct waiting *w);
/* The same for release(), checks that each came once and in order, frees it; the status. */
NTSTATUS wait_end(struct waiting *w);

struct range {
    uint64_t start, length;
    uint32_t key;
    bool exclusive, fail;
};
struct waiting *wait_lock(struct rig *rig, struct nt_handle *h, struct range range);
NTSTATUS rig_lock(struct rig *rig, struct nt_handle *h, struct range range);
NTSTATUS rig_unlock(struct rig *rig, struct nt_handle *h, struct range range);

/* Four handles of one file. Those that are NULL at the end were closed already. */
struct table {
    struct rig *rig;
    struct nt_handle *h[4];
};
struct table table_open(const struct rig_spec *spec);
void table_close(struct table *t);
extern const struct range whole, whole_shared; /* 100 bytes from the beginning */

/* Change notification. News is spelled as one word for each change: +f -f *f, <old >new, and of streams :+f:s
 * :-f:s :*f:s */
enum { NEWS_TEXT = 4096 };
struct waiting *watch_with(struct rig *rig, struct nt_handle *h, uint32_t filter, bool tree, uint32_t length);
struct waiting *watch(struct rig *rig, struct nt_handle *h, uint32_t filter, bool tree);
/* Waits for the end of a request and appends what it brought. */
NTSTATUS take_news(struct waiting *w, char *out);
/* The same for one that must succeed. */
const char *news_of(struct waiting *w);
/* As DokanNotifyCreate of a file. */
void tell_added(struct rig *rig, const WCHAR *path);
/* Until everything queued has been delivered. */
void settle(struct rig *rig);

#endif
