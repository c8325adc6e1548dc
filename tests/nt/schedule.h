// SPDX-License-Identifier: MIT
/*
 * Actors that do things at random with a handful of files, each on a thread of its own, and what is checked
 * meanwhile. Everything random comes from one seed; what is left to the machine is which thread is when
 * where.
 *
 * schedule.c keeps the requests (one answer, one release, in this order) and the model of who has what open
 * and locked; schedule_acts.c what an actor can do.
 */
#ifndef TESTS_NT_SCHEDULE_H
#define TESTS_NT_SCHEDULE_H

#include "harness.h"

enum { HELD = 6, PATIENCE_MS = 5 };

struct held {
    struct nt_handle *h; /* NULL: none */
    struct nt_node *node;
    ACCESS_MASK access;
    ULONG share;
    bool directory;
    int place; /* in the model */
    unsigned serial;
    struct wish *lock, *waits; /* under way */
};

struct actor {
    struct rig *rig;
    unsigned number, rounds;
    bool oplocks;
    uint64_t random;
    struct held held[HELD];
    struct wish *wishes; /* all of its requests */
    unsigned done[16];   /* what it did and how often that succeeded */
};

/* A request, kept to the end. */
struct wish {
    struct nt_request rq;
    struct wish *next;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    unsigned completed, released;
    bool wrong_order;
    NTSTATUS status;
    bool locks; /* tells the model, where its handle stands, when it is granted */
    int place;
    unsigned serial;
    _Alignas(8) unsigned char buffer[512];
};

struct wish *wish_new(struct actor *a, enum nt_op op, struct nt_handle *handle);
void wish_submit(struct wish *w);
/* Until it was released; ends the process after PATIENCE seconds. */
NTSTATUS wish_wait(struct wish *w);
NTSTATUS wish_do(struct wish *w);
bool wish_ended(struct wish *w);
void wish_cancel(struct wish *w);
/* Looks at all of them and frees them. */
void wishes_check(struct actor *a);

/* The model. What contradicts it is told on stderr and counted. */
void model_reset(void);
void model_opened(struct held *held);
void model_closing(struct held *held); /* before the Cleanup is asked for */
void model_unlocking(struct held *held);
unsigned model_contradictions(void);
void contradiction(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

uint64_t draw(struct actor *a, unsigned below);
void act(struct actor *a);
/* Ends everything it holds. */
void act_last(struct actor *a);
const char *act_name(unsigned number); /* NULL: there are no more */

#endif
