// SPDX-License-Identifier: MIT
/* The scenario's oplocks: granted, broken, acknowledged or not, see stage.h. */
#include "stage.h"
#include <dokan/nt.h>

enum { HOLDER = 24, BREAKER = 25 };

static const WCHAR *const path = u"\\op";

static void open_it(struct stage *s, int slot, ULONG disposition)
{
    stage_open(s, slot, &(struct opening){.path = path, .disposition = disposition});
}

static struct ask *control(struct stage *s, int slot, uint32_t code, const void *in, uint32_t length)
{
    static REQUEST_OPLOCK_OUTPUT_BUFFER out[STAGE_ASKS];
    struct ask *a = stage_ask(s, NT_FS_CONTROL, slot);
    if (!a)
        return NULL;
    a->rq.wait_ns = 0;
    a->rq.control = (struct nt_control_args){.node = nt_handle_node(s->h[slot]),
                                             .code = code,
                                             .in = in,
                                             .in_length = length,
                                             .out = &out[a - s->asks],
                                             .out_length = sizeof *out};
    stage_submit(s, a);
    return a;
}

/* Somebody else opens it, and waits for the answer if there is one to wait for. */
static struct ask *break_it(struct stage *s, ULONG disposition)
{
    stage_end(s, BREAKER);
    struct ask *a = stage_ask(s, NT_CREATE, -1);
    fill_create(&a->rq, &(struct opening){.path = path, .disposition = disposition});
    stage_submit(s, a);
    return a;
}

static void take(struct stage *s, struct ask *a)
{
    if (stage_wait(s, a) < 0 || !a->rq.create.out.handle)
        return;
    s->h[BREAKER] = a->rq.create.out.handle;
    nt_node_put(a->rq.create.out.node);
}

static void play_old_kinds(struct stage *s)
{
    static const uint32_t kinds[] = {FSCTL_REQUEST_OPLOCK_LEVEL_1, FSCTL_REQUEST_BATCH_OPLOCK,
                                     FSCTL_REQUEST_FILTER_OPLOCK, FSCTL_REQUEST_OPLOCK_LEVEL_2},
                          answers[] = {FSCTL_OPLOCK_BREAK_ACKNOWLEDGE, FSCTL_OPLOCK_BREAK_ACK_NO_2,
                                       FSCTL_OPBATCH_ACK_CLOSE_PENDING, FSCTL_OPLOCK_BREAK_NOTIFY};
    for (size_t i = 0; i < COUNT_OF(kinds); i++) {
        open_it(s, HOLDER, FILE_OPEN_IF);
        control(s, HOLDER, kinds[i], NULL, 0);
        struct ask *breaker = break_it(s, i % 2 ? FILE_OPEN : FILE_OVERWRITE_IF);
        control(s, HOLDER, answers[i], NULL, 0);
        stage_end(s, HOLDER);
        take(s, breaker);
        stage_end(s, BREAKER);
    }
}

static void play_leases(struct stage *s)
{
    static const REQUEST_OPLOCK_INPUT_BUFFER wanted = {REQUEST_OPLOCK_CURRENT_VERSION, sizeof wanted,
                                                       OPLOCK_LEVEL_CACHE_READ | OPLOCK_LEVEL_CACHE_HANDLE |
                                                           OPLOCK_LEVEL_CACHE_WRITE,
                                                       REQUEST_OPLOCK_INPUT_FLAG_REQUEST},
                                             accepted = {REQUEST_OPLOCK_CURRENT_VERSION, sizeof accepted,
                                                         OPLOCK_LEVEL_CACHE_READ,
                                                         REQUEST_OPLOCK_INPUT_FLAG_ACK};
    open_it(s, HOLDER, FILE_OPEN_IF);
    control(s, HOLDER, FSCTL_REQUEST_OPLOCK, &wanted, sizeof wanted);
    struct ask *breaker = break_it(s, FILE_OPEN);
    control(s, HOLDER, FSCTL_REQUEST_OPLOCK, &accepted, sizeof accepted);
    take(s, breaker);
    struct ask *w = stage_ask(s, NT_WRITE, BREAKER);
    if (w)
        w->rq.io = (struct nt_io_args){.buffer = s->buffer, .length = 10};
    stage_run(s, w);
    stage_end(s, BREAKER);
    control(s, HOLDER, FSCTL_REQUEST_OPLOCK, &wanted, sizeof wanted); /* until the end */
}

/* Nobody answers: the other one gives it up. */
static void play_silence(struct stage *s)
{
    open_it(s, HOLDER, FILE_OPEN_IF);
    control(s, HOLDER, FSCTL_REQUEST_BATCH_OPLOCK, NULL, 0);
    struct ask *breaker = break_it(s, FILE_OPEN);
    stage_cancel(s, breaker);
    take(s, breaker);
    stage_end(s, BREAKER);
    control(s, HOLDER, FSCTL_OPLOCK_BREAK_ACKNOWLEDGE, NULL, 0);
    stage_end(s, HOLDER);
}

void stage_play_oplocks(struct stage *s)
{
    play_old_kinds(s);
    play_silence(s);
    play_leases(s);
}
