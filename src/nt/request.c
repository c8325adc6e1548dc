// SPDX-License-Identifier: MIT
/*
 * A request's life.
 *
 *     NEW --admit--> RUNNING --run--> DONE          complete() by the thread that ran it
 *        \-> QUEUED --its turn--> RUNNING           on an engine thread
 *            QUEUED --deadline, cancel, stop--> DONE
 *     RUNNING --deadline--> EXPIRED                 complete() by the watchdog; the runner goes on to
 *                                                   the end, late() undoes, release() follows
 *     RUNNING --must wait--> PARKED --> WOKEN       without a thread, see park.c; then DONE or RUNNING
 *
 * The state moves by compare-and-exchange, so complete() is called exactly once. A request lives while
 * somebody has a count on it: the runner, and the watchdog between expiry and its reply. A running request
 * stands in its thread's slot; nt_volume_stop() relies on this: it sets `stopping` and then scans the slots,
 * a new request enters its slot and then looks at `stopping`, so one of the two sees the other.
 */
#include "nt/nt_internal.h"

static NTSTATUS run_end_handle(struct nt_request *rq);

const struct nt_op_row nt_ops[NT_OP_COUNT] = {
    [NT_CREATE] = {"create", prepare_create, run_create, late_create, 0},
    [NT_CLEANUP] = {"cleanup", prepare_cleanup, run_cleanup, NULL, OP_ALWAYS},
    [NT_CLOSE] = {"close", prepare_close, run_close, NULL, OP_ALWAYS | OP_PATIENT},
    [NT_READ] = {"read", NULL, run_read, NULL, OP_HANDLE},
    [NT_WRITE] = {"write", NULL, run_write, NULL, OP_HANDLE | OP_CHANGES},
    [NT_FLUSH] = {"flush", NULL, run_flush, NULL, OP_HANDLE | OP_CHANGES},
    [NT_QUERY_INFORMATION] = {"query-information", NULL, run_query_information, NULL, OP_HANDLE},
    [NT_SET_INFORMATION] = {"set-information", prepare_set_information, run_set_information, NULL,
                            OP_HANDLE | OP_CHANGES},
    [NT_QUERY_DIRECTORY] = {"query-directory", NULL, run_query_directory, NULL, OP_HANDLE},
    [NT_LIST_DIRECTORY] = {"list-directory", NULL, run_list_directory, NULL, OP_HANDLE},
    [NT_QUERY_VOLUME] = {"query-volume", NULL, run_query_volume, NULL, OP_HANDLE},
    [NT_QUERY_SECURITY] = {"query-security", NULL, run_query_security, NULL, OP_HANDLE},
    [NT_SET_SECURITY] = {"set-security", NULL, run_set_security, NULL, OP_HANDLE | OP_CHANGES},
    [NT_LOCK] = {"lock", NULL, run_lock, late_lock, OP_HANDLE},
    [NT_UNLOCK] = {"unlock", NULL, run_unlock, NULL, OP_HANDLE},
    [NT_NOTIFY] = {"notify", NULL, run_notify, NULL, OP_HANDLE},
    [NT_LOOKUP] = {"lookup", prepare_lookup, run_lookup, late_lookup, 0},
    [NT_GETATTR] = {"getattr", prepare_getattr, run_getattr, NULL, OP_HANDLE},
    [NT_SETATTR] = {"setattr", prepare_setattr, run_setattr, NULL, OP_HANDLE | OP_CHANGES},
    [NT_REMOVE] = {"remove", prepare_remove, run_remove, NULL, OP_CHANGES},
    [NT_RENAME] = {"rename", prepare_rename, run_rename, NULL, OP_CHANGES},
    [NT_STATFS] = {"statfs", NULL, run_statfs, NULL, OP_HANDLE},
    [NT_GET_EA] = {"get-ea", prepare_on_node, run_get_ea, NULL, OP_HANDLE},
    [NT_SET_EA] = {"set-ea", prepare_on_node, run_set_ea, NULL, OP_HANDLE | OP_CHANGES},
    [NT_LIST_EAS] = {"list-eas", prepare_on_node, run_list_eas, NULL, OP_HANDLE},
    [NT_GET_REPARSE] = {"get-reparse", prepare_on_node, run_get_reparse, NULL, OP_HANDLE},
    [NT_SET_REPARSE] = {"set-reparse", prepare_on_node, run_set_reparse, NULL, OP_HANDLE | OP_CHANGES},
    [NT_DELETE_REPARSE] = {"delete-reparse", prepare_on_node, run_delete_reparse, NULL,
                           OP_HANDLE | OP_CHANGES},
    [NT_SEEK] = {"seek", prepare_on_node, run_seek, NULL, OP_HANDLE},
    [NT_ZERO] = {"zero", prepare_on_node, run_zero, NULL, OP_HANDLE | OP_CHANGES},
    [NT_FS_CONTROL] = {"fs-control", NULL, run_fs_control, NULL, OP_HANDLE},
    [NT_LINK] = {"link", prepare_link, run_link, late_link, OP_CHANGES},
    [NT_QUERY_EAS] = {"query-eas", NULL, run_query_eas, NULL, OP_HANDLE},
    [NT_SET_EAS] = {"set-eas", NULL, run_set_eas, NULL, OP_HANDLE | OP_CHANGES},
    [NT_SET_VOLUME] = {"set-volume", NULL, run_set_volume, NULL, OP_HANDLE | OP_CHANGES},
    [NT_END_HANDLE] = {"end-handle", NULL, run_end_handle, NULL, OP_ALWAYS | OP_PATIENT},
    [NT_ERRAND] = {"errand", NULL, run_errand, NULL, OP_ALWAYS},
};

const char *nt_op_name(enum nt_op op)
{
    return op < NT_OP_COUNT ? nt_ops[op].name : "unknown";
}

static void put_token_nodes(struct nt_request *rq)
{
    while (rq->p.token_count)
        nt_node_put(rq->p.tokens[--rq->p.token_count].node);
}

static void request_put(struct nt_request *rq)
{
    if (atomic_fetch_sub_explicit(&rq->p.refs, 1, memory_order_acq_rel) != 1)
        return;
    struct nt_volume *vol = rq->volume;
    bool stuck = atomic_load(&rq->p.flags) & RQ_STUCK;
    put_token_nodes(rq);
    if (rq->p.awaited)
        oplock_forget(rq);
    rq->release(rq);
    if (stuck)
        nt_volume_put(vol);
}

static void reply(struct nt_request *rq, NTSTATUS status)
{
    if (!(atomic_fetch_or(&rq->p.flags, RQ_REPLIED) & RQ_REPLIED))
        rq->complete(rq, status, rq->p.information);
}

static void request_end(struct nt_request *rq)
{
    if (atomic_load(&rq->p.flags) & RQ_STUCK)
        atomic_fetch_sub(&rq->volume->stuck, 1);
    request_put(rq);
}

static void acquire_job(struct nt_job *job);

/* The refused request was the last on a closed handle. CloseFile must come from a thread that may hang, and
 * through the gate: the request becomes an errand for it. */
static void end_handle_later(struct nt_request *rq)
{
    put_token_nodes(rq);
    rq->op = NT_END_HANDLE;
    atomic_store(&rq->p.deadline, clock_coarse_ns() + rq->volume->timeout_ns);
    atomic_store(&rq->p.state, RQ_RUNNING);
    rq->p.job.run = acquire_job;
    rq->p.job.light = false;
    exec_push(rq->volume, &rq->p.job);
}

static NTSTATUS run_end_handle(struct nt_request *rq)
{
    handle_end(rq, rq->handle);
    return STATUS_SUCCESS;
}

/* No thread runs it. */
static void answer_idle(struct nt_request *rq, NTSTATUS status)
{
    int state = atomic_load(&rq->p.state);
    while (state != RQ_EXPIRED && !atomic_compare_exchange_weak(&rq->p.state, &state, RQ_DONE))
        ;
    if (state != RQ_EXPIRED)
        reply(rq, status);
    if (rq_uses_handle(rq) && handle_drop(rq->handle))
        end_handle_later(rq);
    else
        request_end(rq);
}

void request_refuse(struct nt_request *rq, NTSTATUS status)
{
    rq->p.information = 0;
    answer_idle(rq, status);
}

/* The tail of every request that ran: reply, then what the client need not wait for. */
void request_finish(struct nt_request *rq, NTSTATUS status)
{
    int running = RQ_RUNNING;
    token_release(rq);
    if (atomic_compare_exchange_strong(&rq->p.state, &running, RQ_DONE))
        reply(rq, status);
    else if (nt_ops[rq->op].late)
        nt_ops[rq->op].late(rq, status);
    if (rq_uses_handle(rq))
        handle_leave(rq, rq->handle);
    slot_pop(rq->p.slot, rq);
    token_open_gate(rq);
    request_end(rq);
}

void request_expire(struct nt_request *rq)
{
    atomic_fetch_add_explicit(&rq->volume->expired, 1, memory_order_relaxed);
    token_release(rq);
    if (!(atomic_fetch_or(&rq->p.flags, RQ_REPLIED) & RQ_REPLIED))
        rq->complete(rq, STATUS_IO_TIMEOUT, 0);
    request_put(rq);
}

bool request_renew(struct nt_request *rq)
{
    atomic_store(&rq->p.deadline, clock_coarse_ns() + rq->volume->timeout_ns);
    return !rq_expired(rq);
}

struct same_read {
    const struct nt_request *rq;
    bool hangs;
};

static void compare_read(struct nt_request *other, void *arg)
{
    struct same_read *s = arg;
    const struct nt_request *rq = s->rq;
    if (other != rq && other->op == NT_READ && other->handle == rq->handle && rq_expired(other) &&
        other->io.offset == rq->io.offset)
        s->hangs = true;
}

/* A client whose read-ahead failed asks for the same bytes once more: that would take a second thread and
 * make its caller wait for a second deadline. */
static bool hangs_already(const struct nt_request *rq)
{
    if (rq->op != NT_READ || rq->io.offset < 0)
        return false;
    if (!atomic_load_explicit(&rq->volume->stuck, memory_order_relaxed))
        return false;
    struct same_read s = {.rq = rq};
    slots_scan(compare_read, &s);
    return s.hangs;
}

/* The stop of a volume spares what ends handles, and the engine's own work. */
static NTSTATUS admission_status(const struct nt_request *rq)
{
    const struct nt_volume *vol = rq->volume;
    if (nt_ops[rq->op].flags & OP_ALWAYS)
        return STATUS_SUCCESS;
    if (atomic_load(&vol->stopping))
        return STATUS_NO_SUCH_DEVICE;
    if (atomic_load_explicit(&vol->stuck, memory_order_relaxed) >= NT_STUCK_MAX)
        return STATUS_INSUFFICIENT_RESOURCES;
    return hangs_already(rq) ? STATUS_IO_TIMEOUT : STATUS_SUCCESS;
}

static NTSTATUS prepare(struct nt_request *rq)
{
    const struct nt_op_row *row = &nt_ops[rq->op];
    if (row->flags & OP_CHANGES && volume_option(rq->volume, DOKAN_OPTION_WRITE_PROTECT))
        return STATUS_MEDIA_WRITE_PROTECTED;
    rq->p.name_gen = atomic_load(&rq->volume->name_gen);
    return row->prepare ? row->prepare(rq) : STATUS_SUCCESS;
}

static void run_job(struct nt_job *job)
{
    struct nt_request *rq = list_entry(job, struct nt_request, p.job);
    request_run_ready(rq);
}

static void request_init(struct nt_request *rq)
{
    struct nt_request_private *p = &rq->p;
    atomic_store_explicit(&p->state, RQ_RUNNING, memory_order_relaxed);
    atomic_store_explicit(&p->refs, 1, memory_order_relaxed);
    atomic_store_explicit(&p->flags, 0, memory_order_relaxed);
    atomic_store_explicit(&p->callback, -1, memory_order_relaxed);
    p->started = clock_coarse_ns();
    atomic_store_explicit(&p->deadline, p->started + rq->volume->timeout_ns, memory_order_relaxed);
    list_init(&p->queue);
    list_init(&p->parked);
    list_init(&p->of_handle);
    list_init(&p->wait);
    p->job.run = run_job;
    p->job.light = false;
    p->token_count = 0;
    p->slot = NULL;
    p->below = p->next = NULL;
    p->information = 0;
    p->awaited = NULL;
    p->patience = 0;
}

static void give_back(struct nt_request *rq)
{
    token_release(rq);
    token_open_gate(rq);
}

/* Puts an acquired request into this thread's slot, unless the volume stops meanwhile. One that may wait past
 * its deadline gets a new one: the old one would end it at the watchdog's next look. */
static bool begin_running(struct nt_request *rq)
{
    struct nt_slot *slot = slot_mine();
    NTSTATUS status = STATUS_INSUFFICIENT_RESOURCES;
    if (nt_ops[rq->op].flags & OP_PATIENT)
        request_renew(rq);
    if (slot) {
        slot_push(slot, rq);
        status = admission_status(rq);
        if (status == STATUS_SUCCESS)
            return true;
        slot_pop(slot, rq);
    }
    give_back(rq);
    request_refuse(rq, status);
    return false;
}

/* ---- names that moved ---------------------------------------------------------------------------------- */

static bool same_wishes(const struct nt_request *a, const struct nt_request *b)
{
    bool same = a->p.token_count == b->p.token_count;
    for (unsigned i = 0; same && i < a->p.token_count; i++) {
        const struct nt_token *x = &a->p.tokens[i], *y = &b->p.tokens[i];
        same = x->node == y->node && x->mode == y->mode && x->subtree == y->subtree;
    }
    return same;
}

/* A request that asks for the same, to be prepared beside one whose reservations others look at. */
static void copy_question(struct nt_request *to, const struct nt_request *rq)
{
    memset(to, 0, sizeof *to);
    memcpy(to, rq, offsetof(struct nt_request, p));
}

static void take_over(struct nt_request *rq, struct nt_request *probe)
{
    put_token_nodes(rq);
    memcpy(rq->p.tokens, probe->p.tokens, sizeof rq->p.tokens);
    rq->p.token_count = probe->p.token_count;
    rq->p.name_gen = probe->p.name_gen;
}

/*
 * The reservations are held, but of what the names meant when they were resolved: a rename or a removal may
 * have come between. If so the names are resolved again; if they now mean something else, what was held is
 * given back and *stale tells to acquire anew.
 */
static NTSTATUS settle_names(struct nt_request *rq, bool *stale)
{
    *stale = false;
    if (!rq->p.token_count || atomic_load(&rq->volume->name_gen) == rq->p.name_gen)
        return STATUS_SUCCESS;
    struct nt_request probe;
    copy_question(&probe, rq);
    NTSTATUS status = prepare(&probe);
    if (!status && same_wishes(rq, &probe)) {
        put_token_nodes(&probe);
        return STATUS_SUCCESS;
    }
    give_back(rq);
    take_over(rq, &probe);
    *stale = true;
    return status;
}

/* Until the reservations held are those of what the names mean. True: run it. */
static bool acquire(struct nt_request *rq)
{
    for (;;) {
        enum token_result result = token_acquire(rq);
        if (result == TOKENS_REFUSED)
            request_refuse(rq, STATUS_NO_SUCH_DEVICE);
        if (result != TOKENS_TAKEN)
            return false;
        bool stale;
        NTSTATUS status = settle_names(rq, &stale);
        if (status)
            request_refuse(rq, status);
        else if (!stale)
            return begin_running(rq);
        if (status)
            return false;
    }
}

/* Parked: from park_leave() on it may be gone. */
static void leave_parked(struct nt_request *rq)
{
    token_release(rq);
    slot_pop(rq->p.slot, rq);
    token_open_gate(rq);
    park_leave(rq);
}

/* run() put another name in place of the one that was asked for: the request begins anew with that, under
 * the same deadline. False: it was answered, or waits. */
static bool begin_anew(struct nt_request *rq)
{
    struct nt_request probe;
    give_back(rq);
    slot_pop(rq->p.slot, rq);
    if (rq_expired(rq)) {
        request_finish(rq, STATUS_IO_TIMEOUT);
        return false;
    }
    copy_question(&probe, rq);
    NTSTATUS status = prepare(&probe);
    take_over(rq, &probe);
    if (!status)
        return acquire(rq);
    request_refuse(rq, status);
    return false;
}

static void run_here(struct nt_request *rq)
{
    const bool create = rq->op == NT_CREATE;
    NTSTATUS status = oplocks_any(rq->volume) || rq->p.awaited ? oplock_gate(rq) : STATUS_SUCCESS;
    if (!status)
        status = nt_ops[rq->op].run(rq);
    while (create && status == STATUS_REPARSE) {
        if (!begin_anew(rq))
            return;
        status = nt_ops[rq->op].run(rq);
    }
    if (status >= 0 && status != STATUS_PENDING && oplocks_any(rq->volume))
        oplock_changed(rq);
    if (status == STATUS_PENDING)
        leave_parked(rq);
    else
        request_finish(rq, status);
}

static void acquire_job(struct nt_job *job)
{
    struct nt_request *rq = list_entry(job, struct nt_request, p.job);
    rq->p.job.run = run_job;
    if (acquire(rq))
        run_here(rq);
}

static void go_on_job(struct nt_job *job)
{
    struct nt_request *rq = list_entry(job, struct nt_request, p.job);
    if (rq->p.outcome != STATUS_PENDING) {
        answer_idle(rq, rq->p.outcome);
        return;
    }
    atomic_store(&rq->p.state, RQ_RUNNING);
    request_renew(rq);
    acquire_job(job);
}

void request_go_on(struct nt_request *rq)
{
    rq->p.job.run = go_on_job;
    rq->p.job.light = rq->p.outcome != STATUS_PENDING;
    exec_push(rq->volume, &rq->p.job);
}

/* The page cache still reads and writes what is cleaned up already. */
static bool enter_handle(const struct nt_request *rq)
{
    bool late = (rq->op == NT_READ || rq->op == NT_WRITE) && rq->io.paging;
    return late ? handle_hold(rq->handle) : handle_enter(rq->handle);
}

bool nt_admit(struct nt_request *rq)
{
    request_init(rq);
    if (rq_uses_handle(rq) && !enter_handle(rq)) {
        rq->complete(rq, STATUS_FILE_CLOSED, 0);
        rq->release(rq);
        return false;
    }
    NTSTATUS status = slot_mine() ? prepare(rq) : STATUS_INSUFFICIENT_RESOURCES;
    if (status) {
        request_refuse(rq, status);
        return false;
    }
    return acquire(rq);
}

/* Admitted on another thread: it moves to this one's slot, and so looks at the stop once more. */
static bool move_here(struct nt_request *rq)
{
    slot_pop(rq->p.slot, rq);
    return rq_expired(rq) || begin_running(rq);
}

/* What expired between admission and now is not begun any more. */
void nt_run(struct nt_request *rq)
{
    if (rq->p.slot != slot_mine() && !move_here(rq))
        return;
    if (rq_expired(rq))
        request_finish(rq, STATUS_IO_TIMEOUT);
    else
        run_here(rq);
}

/* One that was offloaded may have expired on its way here. */
void request_run_ready(struct nt_request *rq)
{
    bool stale = false;
    if (rq_expired(rq)) {
        request_finish(rq, STATUS_IO_TIMEOUT);
        return;
    }
    NTSTATUS status = slot_mine() ? settle_names(rq, &stale) : STATUS_INSUFFICIENT_RESOURCES;
    if (status) {
        give_back(rq);
        request_refuse(rq, status);
        return;
    }
    atomic_store(&rq->p.state, RQ_RUNNING);
    if (stale ? acquire(rq) : begin_running(rq))
        run_here(rq);
}

void nt_submit(struct nt_request *rq)
{
    if (nt_admit(rq))
        nt_run(rq);
}

bool nt_cancel(struct nt_request *rq)
{
    if (!token_unqueue(rq))
        return park_cancel(rq);
    request_refuse(rq, STATUS_CANCELLED);
    return true;
}
