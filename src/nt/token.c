// SPDX-License-Identifier: MIT
/*
 * Reservations of names. A request wants up to four of them and gets all or none; who conflicts waits in
 * vol->waiting, without a thread, in the order of arrival; a newcomer that conflicts with a waiting request
 * waits behind it. All-or-nothing under vol->tree makes an order of acquisition unnecessary: nobody waits
 * while holding.
 *
 *     HOLD     the name must stay what it is: parents of changes, queries by name
 *     OPEN     an open of an existing name, which must see the Cleanups admitted before it
 *     CLEANUP  a handle of the name is being cleaned up
 *     CHANGE   the name appears, goes or moves; with `subtree` everything below it is meant as well
 *
 * On a SingleThread volume the right to call back (the gate) is one more thing to wait for. It is given back
 * when the callback returns, deadline or not.
 */
#include "nt/nt_internal.h"

static const bool conflicts[TOKEN_MODES][TOKEN_MODES] = {
    [TOKEN_HOLD] = {[TOKEN_CHANGE] = true},
    [TOKEN_OPEN] = {[TOKEN_CLEANUP] = true, [TOKEN_CHANGE] = true},
    [TOKEN_CLEANUP] = {[TOKEN_OPEN] = true, [TOKEN_CLEANUP] = true, [TOKEN_CHANGE] = true},
    [TOKEN_CHANGE] =
        {[TOKEN_HOLD] = true, [TOKEN_OPEN] = true, [TOKEN_CLEANUP] = true, [TOKEN_CHANGE] = true},
};

void token_want(struct nt_request *rq, struct nt_node *node, enum nt_token_mode mode, bool subtree)
{
    rq->p.tokens[rq->p.token_count++] =
        (struct nt_token){.node = node, .mode = (uint8_t)mode, .subtree = subtree};
}

void token_keep(struct nt_request *rq, struct nt_node *node)
{
    token_want(rq, node, TOKEN_CHANGE, false);
    if (atomic_load(&rq->p.flags) & RQ_TOKENS) /* not yet released at the deadline */
        node->held[TOKEN_CHANGE]++;
}

static bool tokens_clash(const struct nt_token *a, const struct nt_token *b)
{
    if (a->node == b->node)
        return conflicts[a->mode][b->mode];
    if (a->subtree && tree_is_below(b->node, a->node))
        return true;
    return b->subtree && tree_is_below(a->node, b->node);
}

static bool requests_clash(const struct nt_request *a, const struct nt_request *b)
{
    for (unsigned i = 0; i < a->p.token_count; i++)
        for (unsigned j = 0; j < b->p.token_count; j++)
            if (tokens_clash(&a->p.tokens[i], &b->p.tokens[j]))
                return true;
    return false;
}

static bool wants_subtree(const struct nt_request *rq)
{
    for (unsigned i = 0; i < rq->p.token_count; i++)
        if (rq->p.tokens[i].subtree)
            return true;
    return false;
}

static bool node_held_against(const struct nt_token *token)
{
    for (int mode = 0; mode < TOKEN_MODES; mode++)
        if (conflicts[token->mode][mode] && token->node->held[mode])
            return true;
    return false;
}

/* Counts on the nodes answer the usual case; whole subtrees are compared with every holder. */
static bool clashes_with_held(const struct nt_volume *vol, const struct nt_request *rq)
{
    for (unsigned i = 0; i < rq->p.token_count; i++)
        if (node_held_against(&rq->p.tokens[i]))
            return true;
    if (!vol->subtrees && !wants_subtree(rq))
        return false;
    const struct nt_request *holder;
    list_for_each (holder, &vol->held, p.queue) {
        if (requests_clash(rq, holder))
            return true;
    }
    return false;
}

/* May rq run, given those who wait before `until` (the whole list when rq is new)? */
static bool may_run(const struct nt_volume *vol, const struct nt_request *rq, const struct list *until)
{
    if (atomic_load_explicit(&vol->stopped, memory_order_relaxed))
        return true; /* no callback starts any more: there is nothing to wait for */
    if (vol->single_thread && vol->gate_busy)
        return false;
    if (clashes_with_held(vol, rq))
        return false;
    for (const struct list *at = vol->waiting.next; at != until; at = at->next) {
        const struct nt_request *earlier = list_entry(at, struct nt_request, p.queue);
        if (vol->single_thread || requests_clash(rq, earlier))
            return false;
    }
    return true;
}

static void take(struct nt_volume *vol, struct nt_request *rq)
{
    for (unsigned i = 0; i < rq->p.token_count; i++) {
        rq->p.tokens[i].node->held[rq->p.tokens[i].mode]++;
        vol->subtrees += rq->p.tokens[i].subtree;
    }
    list_add_tail(&vol->held, &rq->p.queue);
    unsigned flags = RQ_TOKENS | RQ_TOOK;
    if (vol->single_thread) {
        vol->gate_busy = true;
        flags |= RQ_GATE;
    }
    atomic_fetch_or(&rq->p.flags, flags);
}

/* Starts everybody who can go now. */
static void wake_waiting(struct nt_volume *vol)
{
    struct nt_request *rq, *next;
    list_for_each_safe (rq, next, &vol->waiting, p.queue) {
        if (!may_run(vol, rq, &rq->p.queue))
            continue;
        list_del(&rq->p.queue);
        take(vol, rq);
        exec_push(vol, &rq->p.job);
    }
}

void token_wake_stopped(struct nt_volume *vol)
{
    LOCK_SCOPE(&vol->tree);
    wake_waiting(vol);
}

enum token_result token_acquire(struct nt_request *rq)
{
    struct nt_volume *vol = rq->volume;
    if (!rq->p.token_count && !vol->single_thread)
        return TOKENS_TAKEN;
    LOCK_SCOPE(&vol->tree);
    if (may_run(vol, rq, &vol->waiting)) {
        take(vol, rq);
        return TOKENS_TAKEN;
    }
    if (atomic_load(&vol->stopping) && !(nt_ops[rq->op].flags & OP_ALWAYS))
        return TOKENS_REFUSED;
    atomic_store(&rq->p.state, RQ_QUEUED);
    list_add_tail(&vol->waiting, &rq->p.queue);
    atomic_fetch_add_explicit(&vol->queued, 1, memory_order_relaxed);
    return TOKENS_QUEUED;
}

static void give_back(struct nt_volume *vol, struct nt_request *rq)
{
    for (unsigned i = 0; i < rq->p.token_count; i++) {
        rq->p.tokens[i].node->held[rq->p.tokens[i].mode]--;
        vol->subtrees -= rq->p.tokens[i].subtree;
    }
    list_del(&rq->p.queue);
}

void token_release(struct nt_request *rq)
{
    struct nt_volume *vol = rq->volume;
    if (!(atomic_load(&rq->p.flags) & RQ_TOOK))
        return;
    LOCK_SCOPE(&vol->tree);
    if (!(atomic_fetch_and(&rq->p.flags, ~(unsigned)RQ_TOKENS) & RQ_TOKENS))
        return;
    give_back(vol, rq);
    wake_waiting(vol);
}

void token_open_gate(struct nt_request *rq)
{
    struct nt_volume *vol = rq->volume;
    if (!vol->single_thread)
        return;
    LOCK_SCOPE(&vol->tree);
    if (!(atomic_fetch_and(&rq->p.flags, ~(unsigned)RQ_GATE) & RQ_GATE))
        return;
    vol->gate_busy = false;
    wake_waiting(vol);
}

/* One that ends a handle stays: a close, and what became of a request that was the last on a closed one. */
bool token_unqueue(struct nt_request *rq)
{
    struct nt_volume *vol = rq->volume;
    LOCK_SCOPE(&vol->tree);
    struct nt_request *waiting;
    list_for_each (waiting, &vol->waiting, p.queue) {
        if (waiting != rq || nt_ops[rq->op].flags & OP_PATIENT)
            continue;
        list_del(&rq->p.queue);
        wake_waiting(vol);
        return true;
    }
    return false;
}

/* The engine's own requests and those that end handles outlast the stop of a volume (now == UINT64_MAX). */
static bool outlasts(const struct nt_request *rq, uint64_t now)
{
    if (nt_ops[rq->op].flags & OP_PATIENT)
        return true;
    if (now != UINT64_MAX)
        return atomic_load(&rq->p.deadline) > now;
    return nt_ops[rq->op].flags & OP_ALWAYS;
}

void token_collect_expired(struct nt_volume *vol, uint64_t now, struct list *expired)
{
    LOCK_SCOPE(&vol->tree);
    bool any = false;
    struct nt_request *rq, *next;
    list_for_each_safe (rq, next, &vol->waiting, p.queue) {
        if (outlasts(rq, now))
            continue;
        list_del(&rq->p.queue);
        list_add_tail(expired, &rq->p.queue);
        any = true;
    }
    if (any)
        wake_waiting(vol);
}

void token_refuse_all(struct list *requests, NTSTATUS status)
{
    struct nt_request *rq, *next;
    list_for_each_safe (rq, next, requests, p.queue) {
        list_del(&rq->p.queue);
        if (status == STATUS_IO_TIMEOUT)
            atomic_fetch_add_explicit(&rq->volume->expired, 1, memory_order_relaxed);
        request_refuse(rq, status);
    }
}
