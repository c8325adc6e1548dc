// SPDX-License-Identifier: MIT
/* See stage.h: how requests are asked and booked; opening, data, and the order of all parts. */
#include "stage.h"
#include "fail.h"
#include <errno.h>
#include <stdio.h>
#include <time.h>

enum { PATIENCE = 10, WITH_OPLOCKS_NS = 5000000, DATA = 512 };

/* ---- requests ---------------------------------------------------------------------------------------- */

static void completed(struct nt_request *rq, NTSTATUS status, uint64_t information)
{
    struct ask *a = list_entry(rq, struct ask, rq);
    struct stage *s = a->stage;
    pthread_mutex_lock(&s->lock);
    a->wrong_order |= a->completed || a->released;
    a->completed++;
    a->status = status;
    a->information = information;
    s->succeeded += status == STATUS_SUCCESS;
    pthread_mutex_unlock(&s->lock);
}

static void released(struct nt_request *rq)
{
    struct ask *a = list_entry(rq, struct ask, rq);
    struct stage *s = a->stage;
    pthread_mutex_lock(&s->lock);
    a->wrong_order |= a->completed != 1 || a->released;
    a->released++;
    pthread_cond_broadcast(&s->changed);
    pthread_mutex_unlock(&s->lock);
}

struct ask *stage_ask(struct stage *s, enum nt_op op, int slot)
{
    if (slot >= 0 && !s->h[slot])
        return NULL;
    assert_true(s->count < STAGE_ASKS);
    struct ask *a = &s->asks[s->count++];
    rig_request(s->rig, &a->rq, op, slot < 0 ? NULL : s->h[slot]);
    a->rq.strict = s->strict;
    a->rq.wait_ns = WITH_OPLOCKS_NS;
    a->rq.complete = completed;
    a->rq.release = released;
    a->stage = s;
    return a;
}

void stage_submit(struct stage *s, struct ask *a)
{
    (void)s;
    if (a)
        nt_submit(&a->rq);
}

NTSTATUS stage_wait(struct stage *s, struct ask *a)
{
    if (!a)
        return STATUS_INVALID_HANDLE;
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += PATIENCE;
    int rc = 0;
    pthread_mutex_lock(&s->lock);
    while (!a->released && rc != ETIMEDOUT)
        rc = pthread_cond_timedwait(&s->changed, &s->lock, &until);
    bool came = a->released;
    NTSTATUS status = a->status;
    pthread_mutex_unlock(&s->lock);
    if (!came)
        fail_msg("request %u, %s, got no answer", (unsigned)(a - s->asks), nt_op_name(a->rq.op));
    return status;
}

void stage_cancel(struct stage *s, struct ask *a)
{
    pthread_mutex_lock(&s->lock);
    bool waits = a && !a->released;
    pthread_mutex_unlock(&s->lock);
    if (waits)
        nt_cancel(&a->rq);
}

NTSTATUS stage_run(struct stage *s, struct ask *a)
{
    stage_submit(s, a);
    return stage_wait(s, a);
}

NTSTATUS stage_open(struct stage *s, int slot, const struct opening *how)
{
    stage_end(s, slot);
    struct ask *a = stage_ask(s, NT_CREATE, -1);
    fill_create(&a->rq, how);
    NTSTATUS status = stage_run(s, a);
    if (status)
        return status;
    s->h[slot] = a->rq.create.out.handle;
    nt_node_put(a->rq.create.out.node);
    return STATUS_SUCCESS;
}

void stage_end(struct stage *s, int slot)
{
    stage_run(s, stage_ask(s, NT_CLEANUP, slot));
    stage_run(s, stage_ask(s, NT_CLOSE, slot));
    s->h[slot] = NULL;
}

/* ---- opening ----------------------------------------------------------------------------------------- */

static const struct act {
    int slot; /* -1: ended at once */
    struct opening how;
} openings[] = {
    {0, {.path = u"\\d", .disposition = FILE_CREATE, .options = FILE_DIRECTORY_FILE}},
    {1, {.path = u"\\f", .disposition = FILE_CREATE, .attributes = FILE_ATTRIBUTE_ARCHIVE}},
    {-1, {.path = u"\\f", .disposition = FILE_CREATE}},
    {2, {.path = u"\\f", .disposition = FILE_OPEN, .access = GENERIC_READ}},
    {-1, {.path = u"\\f", .disposition = FILE_OPEN_IF, .access = GENERIC_READ | GENERIC_WRITE}},
    {-1, {.path = u"\\f", .disposition = FILE_OVERWRITE, .access = GENERIC_WRITE}},
    {-1, {.path = u"\\f", .disposition = FILE_OVERWRITE_IF, .access = GENERIC_ALL}},
    {-1, {.path = u"\\f", .disposition = FILE_SUPERSEDE}},
    {-1, {.path = u"\\new1", .disposition = FILE_OPEN_IF}},
    {-1, {.path = u"\\new2", .disposition = FILE_OVERWRITE_IF}},
    {-1, {.path = u"\\new3", .disposition = FILE_SUPERSEDE}},
    {-1, {.path = u"\\missing", .disposition = FILE_OPEN}},
    {-1, {.path = u"\\missing", .disposition = FILE_OVERWRITE}},
    {-1, {.path = u"\\missing\\x", .disposition = FILE_CREATE}},
    {-1, {.path = u"\\d", .disposition = FILE_OPEN_IF, .options = FILE_DIRECTORY_FILE}},
    {-1, {.path = u"\\d", .disposition = FILE_OPEN, .options = FILE_NON_DIRECTORY_FILE}},
    {-1, {.path = u"\\f", .disposition = FILE_OPEN, .options = FILE_DIRECTORY_FILE}},
    {-1, {.path = u"\\f\\below", .disposition = FILE_OPEN}},
    {-1, {.path = u"\\f", .disposition = FILE_OPEN, .access = MAXIMUM_ALLOWED}},
    {3, {.path = u"\\d\\a", .disposition = FILE_CREATE, .share = NO_SHARE}},
    {-1, {.path = u"\\d\\a", .disposition = FILE_OPEN}},
    {-1, {.path = u"\\d\\a", .disposition = FILE_OPEN, .access = FILE_READ_ATTRIBUTES}},
    {4, {.path = u"\\d\\b", .disposition = FILE_CREATE, .access = FILE_APPEND_DATA | SYNCHRONIZE}},
    {5, {.path = u"\\d\\dd", .disposition = FILE_CREATE, .options = FILE_DIRECTORY_FILE}},
    {6, {.path = u"\\d\\dd\\deeply", .disposition = FILE_CREATE, .options = FILE_DIRECTORY_FILE}},
    {7, {.path = u"\\f:s", .disposition = FILE_CREATE}},
    {-1, {.path = u"\\f:s", .disposition = FILE_OPEN}},
    {-1, {.path = u"\\f:t:$DATA", .disposition = FILE_OPEN_IF}},
    {-1, {.path = u"\\f::$DATA", .disposition = FILE_OPEN}},
    {-1, {.path = u"\\f:s", .disposition = FILE_OVERWRITE}},
    {-1, {.path = u"\\new4", .disposition = FILE_CREATE, .options = FILE_DELETE_ON_CLOSE}},
    {8,
     {.path = u"\\sync",
      .disposition = FILE_CREATE,
      .options = FILE_SYNCHRONOUS_IO_NONALERT | FILE_WRITE_THROUGH}},
    {9, {.path = u"\\", .disposition = FILE_OPEN, .options = FILE_DIRECTORY_FILE}},
    {-1, {.path = u"\\F", .disposition = FILE_OPEN}},
    {-1, {.path = u"\\d\\..\\f", .disposition = FILE_OPEN}},
    {-1, {.path = u"\\bad*name", .disposition = FILE_CREATE}},
};

static void play_openings(struct stage *s)
{
    enum { SCRATCH = 23 };
    for (size_t i = 0; i < COUNT_OF(openings); i++) {
        int slot = openings[i].slot;
        stage_open(s, slot < 0 ? SCRATCH : slot, &openings[i].how);
        stage_end(s, SCRATCH);
    }
}

/* ---- data -------------------------------------------------------------------------------------------- */

static NTSTATUS data(struct stage *s, enum nt_op op, int slot, uint32_t length, int64_t offset, bool paging)
{
    struct ask *a = stage_ask(s, op, slot);
    if (a)
        a->rq.io =
            (struct nt_io_args){.buffer = s->buffer, .length = length, .offset = offset, .paging = paging};
    return stage_run(s, a);
}

static void play_data(struct stage *s)
{
    static const int64_t offsets[] = {0, 100, 5000, 70000, 3};
    memset(s->buffer, 'd', DATA);
    for (size_t i = 0; i < COUNT_OF(offsets); i++) {
        data(s, NT_WRITE, 1, DATA, offsets[i], false);
        data(s, NT_READ, 1, DATA, offsets[i], false);
        data(s, NT_READ, 2, DATA, offsets[i] / 2, false);
        data(s, NT_WRITE, 7, DATA, offsets[i], false);
    }
    data(s, NT_WRITE, 4, 10, -1, false);
    data(s, NT_WRITE, 4, 10, 0, false);
    data(s, NT_READ, 4, 10, 0, false);
    data(s, NT_WRITE, 8, 10, -2, false);
    data(s, NT_READ, 8, 10, -2, false);
    data(s, NT_WRITE, 1, DATA, 60000, true);
    data(s, NT_READ, 1, DATA, 1 << 30, false);
    data(s, NT_READ, 0, DATA, 0, false);
    data(s, NT_WRITE, 1, 0, 0, false);
    stage_run(s, stage_ask(s, NT_FLUSH, 1));
    stage_run(s, stage_ask(s, NT_FLUSH, 0));
}

/* ---- the whole --------------------------------------------------------------------------------------- */

void stage_begin(struct stage *s, struct rig *rig)
{
    memset(s->asks, 0, s->count * sizeof *s->asks); /* those of the last time */
    memset(s->h, 0, sizeof s->h);
    s->count = s->succeeded = 0;
    pthread_mutex_init(&s->lock, NULL);
    pthread_cond_init(&s->changed, NULL);
    s->rig = rig;
    s->strict = true;
}

void stage_play(struct stage *s)
{
    play_openings(s);
    play_data(s);
    stage_play_classes(s);
    stage_play_waits(s);
    stage_play_oplocks(s);
    s->strict = false;
    stage_play_names(s);
    stage_play_extended(s);
}

void stage_leave(struct stage *s)
{
    for (unsigned i = 1; i < s->count; i += 2)
        stage_cancel(s, &s->asks[i]);
    for (int slot = 0; slot < STAGE_SLOTS; slot += 2)
        stage_end(s, slot);
}

/* A handle that the stop has ended is still held by its door. */
static void let_go(struct stage *s)
{
    for (int slot = 0; slot < STAGE_SLOTS; slot++)
        stage_run(s, stage_ask(s, NT_CLOSE, slot));
}

bool stage_check(struct stage *s)
{
    bool right = true;
    let_go(s);
    for (unsigned i = 0; i < s->count; i++) {
        struct ask *a = &s->asks[i];
        stage_wait(s, a);
        free(a->buffer);
        if (a->completed == 1 && a->released == 1 && !a->wrong_order)
            continue;
        print_error("request %u, %s: %u answers, %u releases\n", i, nt_op_name(a->rq.op), a->completed,
                    a->released);
        right = false;
    }
    pthread_cond_destroy(&s->changed);
    pthread_mutex_destroy(&s->lock);
    return right;
}
