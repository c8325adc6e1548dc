// SPDX-License-Identifier: MIT
/*
 * Oplocks for tests: asking, answering, and looking at what a file has. What stands in a file's list is read
 * under its lock; a break is there as soon as the request that makes it was submitted.
 */
#ifndef TESTS_NT_OPLOCK_KIT_H
#define TESTS_NT_OPLOCK_KIT_H

#include "nt/oplock.h"
#include "waiting.h"
#include <dokan/nt.h>

enum { SUPERSEDE = 0x100 };

struct oplock_open {
    const WCHAR *path;
    ACCESS_MASK access; /* 0: everything */
    ULONG share;        /* NO_SHARE: none; 0: all */
    ULONG disposition;  /* 0: FILE_OPEN; that of 0 is SUPERSEDE */
    ULONG options;
    uint64_t key, parent_key;
};

/* A create that may come to wait; *h when it has ended with success. */
struct waiting *oplock_opening(struct rig *rig, struct oplock_open how);
/* Its end. */
NTSTATUS oplock_opened(struct waiting *w, struct nt_handle **h);
/* One that must succeed at once. */
struct nt_handle *oplock_open(struct rig *rig, struct oplock_open how);

/* A file-system control, submitted. */
struct waiting *oplock_control_of(struct rig *rig, struct nt_handle *h, uint32_t code);
struct waiting *oplock_lease(struct rig *rig, struct nt_handle *h, ULONG level, ULONG flags);
/* Asks; the request stands or has been refused. */
struct waiting *oplock_ask(struct rig *rig, struct nt_handle *h, enum oplock_kind kind);
/* The same for what must be granted. */
struct waiting *oplock_have(struct rig *rig, struct nt_handle *h, enum oplock_kind kind);
NTSTATUS oplock_refused(struct rig *rig, struct nt_handle *h, enum oplock_kind kind);
/* Accepts what the oplock breaks to. */
struct waiting *oplock_accept(struct rig *rig, struct nt_handle *h);
REQUEST_OPLOCK_OUTPUT_BUFFER oplock_output(const struct waiting *w);

/* What the handle has: "-" as granted; "0" gone; else what it breaks to, with "w" if somebody waits for the
 * answer, "?" if not. */
const char *oplock_look(struct nt_handle *h);
const char *oplock_name(enum oplock_kind kind);
enum oplock_kind oplock_of_name(const char *look); /* "RHw": RH */
bool oplock_awaited(struct nt_handle *h);
/* The request completes, with that status and level. */
void oplock_told(struct waiting *w, NTSTATUS status, enum oplock_kind to);

#endif
