// SPDX-License-Identifier: MIT
/*
 * A scenario of some three hundred requests of every kind, in one thread, that goes on whatever fails: a step
 * whose handle could not be opened is left out. Each request is kept to the end of the run, where
 * stage_check() looks whether it was answered once and given back once.
 */
#ifndef TESTS_NT_STAGE_H
#define TESTS_NT_STAGE_H

#include "harness.h"

enum { STAGE_ASKS = 700, STAGE_SLOTS = 26, STAGE_BUFFER = 4096 };

struct stage;

struct ask {
    struct nt_request rq;
    struct stage *stage;
    unsigned completed, released;
    bool wrong_order;
    NTSTATUS status;
    uint64_t information;
    unsigned char *buffer; /* for what waits; freed by stage_check() */
};

struct stage {
    struct rig *rig;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    struct nt_handle *h[STAGE_SLOTS];
    struct ask asks[STAGE_ASKS];
    unsigned count, succeeded;
    bool strict;
    _Alignas(8) unsigned char buffer[STAGE_BUFFER];
};

/* `rig` has an open volume. A stage is zero before its first use. */
void stage_begin(struct stage *s, struct rig *rig);
/* The scenario; some handles stay open and some requests wait at its end. */
void stage_play(struct stage *s);
/* Cancels what waits and ends every second handle; the others are left to the volume's stop. */
void stage_leave(struct stage *s);
/* After the stop: true when every request was answered once and then released once. Frees the rest. */
bool stage_check(struct stage *s);

/* A request on what stands in a slot (-1: on none); NULL when that is empty. */
struct ask *stage_ask(struct stage *s, enum nt_op op, int slot);
/* Submits it and waits for its release; fails the test after ten seconds. */
NTSTATUS stage_run(struct stage *s, struct ask *a);
/* Submits it only: it may wait inside the engine. */
void stage_submit(struct stage *s, struct ask *a);
NTSTATUS stage_wait(struct stage *s, struct ask *a);
/* Unless it has ended. */
void stage_cancel(struct stage *s, struct ask *a);
/* NT_CREATE into a slot, whatever is there is ended before. */
NTSTATUS stage_open(struct stage *s, int slot, const struct opening *how);
void stage_end(struct stage *s, int slot);

/* Parts of the scenario that are in files of their own. */
void stage_play_classes(struct stage *s);
void stage_play_names(struct stage *s);
void stage_play_extended(struct stage *s);
void stage_play_waits(struct stage *s);
void stage_play_oplocks(struct stage *s);

#endif
