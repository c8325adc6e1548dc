// SPDX-License-Identifier: MIT
/* Errands: functions of the engine's own that call back, each run as a request. */
#ifndef XDOKAN_NT_ERRAND_H
#define XDOKAN_NT_ERRAND_H

#include "nt/nt_internal.h"

/* A request that carries one function through admission, gate, slot and deadline like any other. */
struct errand {
    struct nt_request rq;
    struct nt_job job;
    void (*run)(struct errand *errand);
    struct nt_path *text; /* a copy: the callback may outlive its caller */
    pthread_mutex_t lock;
    pthread_cond_t done_cond;
    bool replied;
    int refs;
    struct errand *next; /* in the volume's reserve */
};

/* Runs it on an engine thread and waits until it ended or its deadline passed; false if it hangs. */
bool errand(struct nt_volume *vol, void (*run)(struct errand *errand), const WCHAR *text);
/* What the stop needs is there from the beginning: without memory, too, handles must get their ends. False:
 * no memory. */
bool errands_reserve(struct nt_volume *vol);
void errands_drop(struct nt_volume *vol);

#endif
