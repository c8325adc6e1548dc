// SPDX-License-Identifier: MIT
/*
 * Who breaks oplocks, and waits. Before an operation runs, oplock_gate() breaks what it breaks; when an
 * answer must come first, the request waits without a thread (park.c) and is run from the beginning once an
 * oplock of the file went or was acknowledged. An open does the same from inside, before it counts itself in:
 * batch and filter oplocks break before share access is looked at, others after it, and those that keep
 * handles open when it refuses.
 *
 * Nobody waits longer than his patience (35 s, or rq->wait_ns), over all his waits: afterwards he takes the
 * oplock away from its holder. A request that is cancelled, whose handle is cleaned up or whose volume stops
 * waits no more.
 *
 * What an operation changed may have been cached anew by one who was granted an oplock while it ran:
 * oplock_changed() breaks once more afterwards, and waits for nobody.
 *
 * Locks: file->lock; vol->tree above it to find files by node. A waiting request counts the file (p.awaited)
 * until it runs again or ends.
 */
#include "base/clock.h"
#include "nt/oplock.h"

#define PATIENCE_NS (35 * UINT64_C(1000000000))
#define ALL_KINDS   (~0u)
#define EARLY_KINDS (1u << OPLOCK_BATCH | 1u << OPLOCK_FILTER)

/* ---- waiting ------------------------------------------------------------------------------------------- */

void oplock_wake(struct nt_file *file)
{
    struct nt_request *rq, *next;
    list_for_each_safe (rq, next, &file->oplock_waiters, p.wait) {
        if (!park_claim(rq))
            continue;
        list_del(&rq->p.wait);
        park_end(rq, STATUS_PENDING);
    }
}

static void leave_list(struct nt_request *rq)
{
    LOCK_SCOPE(&rq->p.awaited->lock);
    list_del(&rq->p.wait);
}

static NTSTATUS patience_ended(struct nt_request *rq, NTSTATUS why)
{
    leave_list(rq);
    return why == STATUS_IO_TIMEOUT ? STATUS_PENDING : why;
}

static NTSTATUS notify_ended(struct nt_request *rq, NTSTATUS why)
{
    leave_list(rq);
    return why;
}

/* file->lock is held. */
static NTSTATUS wait_for(struct nt_request *rq, struct nt_file *file, const struct nt_parking *parking,
                         uint64_t until)
{
    rq->p.awaited = file_get(file);
    list_add_tail(&file->oplock_waiters, &rq->p.wait);
    NTSTATUS status = park_begin(rq, parking, until);
    if (status != STATUS_PENDING)
        list_del(&rq->p.wait);
    return status;
}

static NTSTATUS wait_for_answer(struct nt_request *rq, struct nt_file *file)
{
    static const struct nt_parking parking = {patience_ended};
    if (!rq->p.patience)
        rq->p.patience =
            clock_coarse_ns() + (rq->wait_ns && rq->wait_ns < PATIENCE_NS ? rq->wait_ns : PATIENCE_NS);
    return wait_for(rq, file, &parking, rq->p.patience);
}

static bool impatient(const struct nt_request *rq)
{
    return rq->p.patience && clock_coarse_ns() >= rq->p.patience;
}

NTSTATUS oplock_notify(struct nt_request *rq, struct nt_handle *h)
{
    static const struct nt_parking parking = {notify_ended};
    LOCK_SCOPE(&h->file->lock);
    return oplocks_breaking(h->file) ? wait_for(rq, h->file, &parking, park_limit(rq)) : STATUS_SUCCESS;
}

void oplock_forget(struct nt_request *rq)
{
    file_put(rq->p.awaited);
    rq->p.awaited = NULL;
}

/* ---- breaking; file->lock is held ---------------------------------------------------------------------- */

static struct oplock_rule rule_for(const struct oplock *o, enum oplock_event event, const struct breaker *by)
{
    struct oplock_rule rule = oplock_rule(event, o->kind, by->modes);
    if (rule.how != OPLOCK_ALWAYS && oplock_same_key(o, by))
        rule.how = OPLOCK_KEPT;
    return rule;
}

/* True: answers must come first. */
static bool break_kinds(struct nt_file *file, enum oplock_event event, const struct breaker *by,
                        unsigned kinds)
{
    bool wait = false;
    struct oplock *o, *next;
    list_for_each_safe (o, next, &file->oplocks, link) {
        struct oplock_rule rule = rule_for(o, event, by);
        if (rule.how == OPLOCK_KEPT || !(kinds & 1u << o->kind))
            continue;
        if (!oplock_break(file, o, rule.to, by) || rule.how != OPLOCK_WAITS || !by->rq)
            continue;
        if (impatient(by->rq))
            oplock_remove(file, o);
        else
            wait = true;
    }
    return wait;
}

static bool would_break(const struct nt_file *file, enum oplock_event event, const struct breaker *by)
{
    const struct oplock *o;
    list_for_each (o, &file->oplocks, link) {
        if (rule_for(o, event, by).how != OPLOCK_KEPT)
            return true;
    }
    return false;
}

/* ---- opens --------------------------------------------------------------------------------------------- */

/* EVENTS: it breaks none. */
static enum oplock_event event_of_open(const struct nt_create_args *a)
{
    const ACCESS_MASK harmless = FILE_READ_ATTRIBUTES | FILE_WRITE_ATTRIBUTES | SYNCHRONIZE;
    bool overwrites = a->disposition == FILE_SUPERSEDE || a->disposition == FILE_OVERWRITE ||
                      a->disposition == FILE_OVERWRITE_IF;
    if (overwrites || a->options & FILE_RESERVE_OPFILTER)
        return OPLOCK_ON_OVERWRITE;
    return a->access & ~harmless ? OPLOCK_ON_OPEN : OPLOCK_EVENTS;
}

struct opener {
    struct breaker by;
    struct open_modes modes;
};

static void opener_init(struct opener *o, struct nt_request *rq, bool settled)
{
    const struct nt_create_args *a = &rq->create;
    o->modes = (struct open_modes){a->access, a->share};
    o->by = (struct breaker){.rq = settled ? NULL : rq, .key = a->oplock_key, .modes = &o->modes};
}

/* Those who would rather not wait are told so when the open has succeeded. */
static NTSTATUS break_for_open(struct nt_request *rq, struct nt_file *file, enum oplock_event event,
                               bool settled, unsigned kinds)
{
    struct nt_create_args *a = &rq->create;
    struct opener opener;
    opener_init(&opener, rq, settled);
    if (event == OPLOCK_EVENTS)
        return STATUS_SUCCESS;
    if (a->options & FILE_OPEN_REQUIRING_OPLOCK && would_break(file, event, &opener.by))
        return STATUS_CANNOT_BREAK_OPLOCK;
    if (!break_kinds(file, event, &opener.by, kinds))
        return STATUS_SUCCESS;
    if (!(a->options & FILE_COMPLETE_IF_OPLOCKED))
        return wait_for_answer(rq, file);
    a->out.breaking = true;
    return STATUS_SUCCESS;
}

NTSTATUS oplocks_before_sharing(struct nt_request *rq, struct nt_file *file, bool settled)
{
    return break_for_open(rq, file, event_of_open(&rq->create), settled, EARLY_KINDS);
}

NTSTATUS oplocks_on_violation(struct nt_request *rq, struct nt_file *file, bool settled)
{
    NTSTATUS status = break_for_open(rq, file, OPLOCK_ON_VIOLATION, settled, ALL_KINDS);
    return status ? status : STATUS_SHARING_VIOLATION;
}

NTSTATUS oplocks_on_open(struct nt_request *rq, struct nt_file *file, bool settled)
{
    const struct nt_create_args *a = &rq->create;
    NTSTATUS status = break_for_open(rq, file, event_of_open(a), settled, ALL_KINDS);
    if (!status && a->options & FILE_DELETE_ON_CLOSE)
        status = break_for_open(rq, file, OPLOCK_ON_DELETE, settled, ALL_KINDS);
    return status;
}

/* ---- other operations ---------------------------------------------------------------------------------- */

static NTSTATUS check(struct nt_file *file, enum oplock_event event, const struct breaker *by)
{
    if (!file || !atomic_load_explicit(&file->oplock_count, memory_order_relaxed))
        return STATUS_SUCCESS;
    LOCK_SCOPE(&file->lock);
    return break_kinds(file, event, by, ALL_KINDS) ? wait_for_answer(by->rq, file) : STATUS_SUCCESS;
}

static struct nt_file *known_file(struct nt_node *node)
{
    LOCK_SCOPE(&node->vol->tree);
    return node->file ? file_get(node->file) : NULL;
}

NTSTATUS oplock_check_node(struct nt_node *node, enum oplock_event event, const struct breaker *by)
{
    struct nt_file *file = known_file(node);
    NTSTATUS status = check(file, event, by);
    file_put(file);
    return status;
}

NTSTATUS oplock_check_handle(struct nt_handle *h, enum oplock_event event, struct nt_request *waits)
{
    return check(h->file, event, &(struct breaker){.rq = waits, .h = h, .key = h->oplock_key});
}

/* A directory that moves takes along what is open below it. */
NTSTATUS oplock_check_below(struct nt_node *node, const struct breaker *by)
{
    struct nt_volume *vol = node->vol;
    struct nt_file *file;
    LOCK_SCOPE(&vol->tree);
    list_for_each (file, &vol->files, link) {
        NTSTATUS status = STATUS_SUCCESS;
        if (file->node != node && tree_is_below(file->node, node))
            status = check(file, OPLOCK_ON_RENAME, by);
        if (status)
            return status;
    }
    return STATUS_SUCCESS;
}

/* A name is removed or moved away by one who has not opened the file: as if he opened it for that. */
NTSTATUS oplock_check_unopened(struct nt_request *rq, struct nt_node *node, enum oplock_event event)
{
    const ULONG all = FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE;
    const struct open_modes modes = {DELETE, all};
    const struct breaker by = {.rq = rq, .modes = &modes};
    struct nt_file *file = known_file(node);
    NTSTATUS status = check(file, OPLOCK_ON_OPEN, &by);
    if (!status)
        status = check(file, event, &by);
    file_put(file);
    return status;
}
