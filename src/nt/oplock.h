// SPDX-License-Identifier: MIT
/*
 * Oplocks between their files: what is held (oplock.c), the rules (oplock_rules.c), who breaks what and waits
 * (oplock_break.c). The rest of the engine uses the functions at the end of nt_internal.h.
 *
 * All of it is under file->lock.
 */
#ifndef XDOKAN_NT_OPLOCK_H
#define XDOKAN_NT_OPLOCK_H

#include "nt/nt_internal.h"

enum oplock_kind {
    OPLOCK_NONE,
    OPLOCK_LEVEL_2,
    OPLOCK_LEVEL_1,
    OPLOCK_BATCH,
    OPLOCK_FILTER,
    OPLOCK_R,
    OPLOCK_RH,
    OPLOCK_RW,
    OPLOCK_RWH,
    OPLOCK_KINDS
};

/* What may break one. */
enum oplock_event {
    OPLOCK_ON_OPEN,
    OPLOCK_ON_OVERWRITE, /* an open that empties the file, or that is to get a filter oplock */
    OPLOCK_ON_VIOLATION, /* an open that share access refuses */
    OPLOCK_ON_READ,
    OPLOCK_ON_WRITE,
    OPLOCK_ON_LOCK,
    OPLOCK_ON_SIZE,
    OPLOCK_ON_RENAME,
    OPLOCK_ON_DELETE,
    OPLOCK_ON_CHILD, /* what lies in the directory changed */
    OPLOCK_EVENTS
};

/* One granted, until its break has been acknowledged. */
struct oplock {
    struct list link;         /* file->oplocks */
    struct nt_handle *handle; /* not counted: its Cleanup takes the oplock along */
    struct nt_request *rq;    /* which a break ends; NULL: it did */
    enum oplock_kind kind, to;
    bool breaking; /* to `to`; an answer is due */
    bool closing;  /* the answer was that the handle will be closed */
};

struct open_modes {
    ACCESS_MASK access;
    ULONG share;
};

/* Who does something to the file. */
struct breaker {
    struct nt_request *rq;          /* NULL: nobody who could wait */
    const struct nt_handle *h;      /* through which; NULL: by name, or not yet open */
    const uint64_t *key;            /* two words; NULL: none */
    const struct open_modes *modes; /* of an open; NULL: it is none */
};

/* ---- oplock_rules.c ------------------------------------------------------------------------------------ */

/* What is left of an oplock after an event. */
struct oplock_rule {
    enum { OPLOCK_KEPT, OPLOCK_GOES_ON, OPLOCK_WAITS, OPLOCK_ALWAYS } how;
    enum oplock_kind to;
};
/* KEPT: nothing happens to it. WAITS: what breaks it waits for the answer. ALWAYS: the holder's own doing
 * breaks it too; nobody waits. */
struct oplock_rule oplock_rule(enum oplock_event event, enum oplock_kind kind,
                               const struct open_modes *modes);
/* Whether one may be granted beside another that is there. SWITCH: it replaces it, whose key is the same. */
enum oplock_grant { OPLOCK_REFUSE, OPLOCK_BESIDE, OPLOCK_SWITCH, OPLOCK_ENDS };
enum oplock_grant oplock_beside(enum oplock_kind wanted, enum oplock_kind held, bool same_key);
bool oplock_is_lease(enum oplock_kind kind);
bool oplock_is_exclusive(enum oplock_kind kind); /* only one open, or opens with one key */
bool oplock_needs_answer(enum oplock_kind kind);
/* OPLOCK_LEVEL_CACHE_*, and back; KINDS: there is no such lease. */
ULONG oplock_level(enum oplock_kind kind);
enum oplock_kind oplock_of_level(ULONG level);
/* What is left when both breaks were made. */
enum oplock_kind oplock_meet(enum oplock_kind a, enum oplock_kind b);

/* ---- oplock.c ------------------------------------------------------------------------------------------ */

bool oplock_same_key(const struct oplock *o, const struct breaker *by);
/* Tells the holder. True: his answer is due; false: the oplock is gone. */
bool oplock_break(struct nt_file *file, struct oplock *o, enum oplock_kind to, const struct breaker *by);
/* It is gone without a word; its request was ended before. */
void oplock_remove(struct nt_file *file, struct oplock *o);
bool oplocks_breaking(const struct nt_file *file);
bool oplock_of_handle(const struct oplock *o, const struct nt_handle *h); /* or of one with its key */
/* The request waits for the break, PENDING, or cannot. */
NTSTATUS oplock_hold(struct nt_request *rq, struct oplock *o);
bool oplock_asked_for_lease(const struct nt_request *rq);
/* Such a request's REQUEST_OPLOCK_OUTPUT_BUFFER. */
void oplock_fill(struct nt_request *rq, ULONG original, ULONG now, ULONG flags,
                 const struct open_modes *modes);
/* Takes file->lock. */
NTSTATUS oplock_grant(struct nt_request *rq, struct nt_handle *h, enum oplock_kind kind);

/* ---- oplock_control.c: oplock_control() ---------------------------------------------------------------- */

/* ---- oplock_break.c ------------------------------------------------------------------------------------ */

/* Something changed: all who wait look again. */
void oplock_wake(struct nt_file *file);
/* FSCTL_OPLOCK_BREAK_NOTIFY. */
NTSTATUS oplock_notify(struct nt_request *rq, struct nt_handle *h);
/* Breaks what the event breaks. PENDING: by->rq waits, and is run once more. No lock is held. */
NTSTATUS oplock_check_node(struct nt_node *node, enum oplock_event event, const struct breaker *by);
/* Done through the handle; `waits` may be NULL. */
NTSTATUS oplock_check_handle(struct nt_handle *h, enum oplock_event event, struct nt_request *waits);
/* Everything below the node moves. */
NTSTATUS oplock_check_below(struct nt_node *node, const struct breaker *by);
/* The name of a file that nobody has opened for this is removed or moved. */
NTSTATUS oplock_check_unopened(struct nt_request *rq, struct nt_node *node, enum oplock_event event);

#endif
