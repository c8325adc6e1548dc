// SPDX-License-Identifier: MIT
/* See shim.h. One lock covers the books; it is not held while a callback runs. */
#include "shim_i.h"
#include <pthread.h>
#include <stdio.h>
#include <string.h>

enum { OPENS = 1 << 17 };

struct open_state {
    ULONG64 context;
    unsigned char cleaned, closed;
};

static struct {
    pthread_mutex_t lock;
    struct shim_plan plan;
    struct open_state opens[OPENS];
    unsigned count, calls, violations;
    bool ended;
    DOKAN_OPERATIONS ops;
    DOKAN_OPERATIONS_EX ex;
} books = {.lock = PTHREAD_MUTEX_INITIALIZER};

DOKAN_OPERATIONS shim_below;
DOKAN_OPERATIONS_EX shim_below_ex;

/* ---- the books --------------------------------------------------------------------------------------- */

/* Offers what the file system below offers: `size` bytes of pointers, in the same order. */
static void offer_same(void *offered, const void *all, const void *below, size_t size)
{
    memset(offered, 0, size);
    for (size_t at = 0; at < size; at += sizeof(void *)) {
        void *pointer;
        memcpy(&pointer, (const char *)below + at, sizeof pointer);
        if (pointer)
            memcpy((char *)offered + at, (const char *)all + at, sizeof pointer);
    }
}

void shim_begin(const struct shim_plan *plan)
{
    pthread_mutex_lock(&books.lock);
    memset(books.opens, 0, (books.count + 1) * sizeof *books.opens);
    books.plan = *plan;
    books.count = books.calls = books.violations = 0;
    books.ended = false;
    shim_below = *plan->below;
    memset(&shim_below_ex, 0, sizeof shim_below_ex);
    if (plan->below_ex)
        shim_below_ex = *plan->below_ex;
    offer_same(&books.ops, &shim_all, &shim_below, sizeof books.ops);
    const size_t head = offsetof(DOKAN_OPERATIONS_EX, GetFacts);
    offer_same((char *)&books.ex + head, (const char *)&shim_all_ex + head,
               (const char *)&shim_below_ex + head, sizeof books.ex - head);
    books.ex.Size = sizeof books.ex;
    pthread_mutex_unlock(&books.lock);
}

const DOKAN_OPERATIONS *shim_operations(void)
{
    return &books.ops;
}

const DOKAN_OPERATIONS_EX *shim_operations_ex(void)
{
    return books.plan.below_ex ? &books.ex : NULL;
}

void shim_end(void)
{
    pthread_mutex_lock(&books.lock);
    books.ended = true;
    pthread_mutex_unlock(&books.lock);
}

static unsigned look(const unsigned *counter)
{
    pthread_mutex_lock(&books.lock);
    unsigned value = *counter;
    pthread_mutex_unlock(&books.lock);
    return value;
}

unsigned shim_violations(void)
{
    return look(&books.violations);
}

unsigned shim_calls(void)
{
    return look(&books.calls);
}

unsigned shim_opens(void)
{
    return look(&books.count);
}

unsigned shim_left_open(void)
{
    unsigned left = 0;
    pthread_mutex_lock(&books.lock);
    for (unsigned i = 1; i <= books.count; i++)
        left += books.opens[i].cleaned != 1 || books.opens[i].closed != 1;
    pthread_mutex_unlock(&books.lock);
    return left;
}

/* Lock held. */
static void violation(const struct visit *v, const char *what)
{
    fprintf(stderr, "callback %u of open %llu: %s\n", v->op, (unsigned long long)v->number, what);
    books.violations++;
}

static bool ends_open(unsigned op)
{
    return op == DokanOperationCleanup || op == DokanOperationCloseFile;
}

/* Lock held. */
static void book_end(struct visit *v, struct open_state *open)
{
    bool close = v->op == DokanOperationCloseFile;
    if (close && !open->cleaned)
        violation(v, "CloseFile without Cleanup");
    if (close ? open->closed++ : open->cleaned++)
        violation(v, "ended twice");
}

/* Lock held. */
static void book_entry(struct visit *v)
{
    if (books.ended)
        violation(v, "after the end");
    if (v->number > books.count || v->number >= OPENS) {
        violation(v, "no such open");
        return;
    }
    struct open_state *open = &books.opens[v->number];
    v->below = open->context;
    if (!v->number && ends_open(v->op))
        violation(v, "nothing is open");
    if (v->number && open->closed)
        violation(v, "closed already");
    if (v->number && ends_open(v->op))
        book_end(v, open);
}

/* ---- the frame --------------------------------------------------------------------------------------- */

static NTSTATUS ask_before(const struct visit *v)
{
    if (ends_open(v->op) || v->op == DokanOperationUnmounted) {
        if (books.plan.passing)
            books.plan.passing(v->op);
        return STATUS_SUCCESS;
    }
    return books.plan.before ? books.plan.before(v->op) : STATUS_SUCCESS;
}

bool visit(struct visit *v, unsigned op, PDOKAN_FILE_INFO info)
{
    *v = (struct visit){.op = op, .info = info, .number = info->Context};
    pthread_mutex_lock(&books.lock);
    books.calls++;
    book_entry(v);
    pthread_mutex_unlock(&books.lock);
    v->status = ask_before(v);
    if (v->status)
        return false;
    info->Context = v->below;
    return true;
}

static void book_context(const struct visit *v)
{
    if (!v->number || v->number >= OPENS || v->info->Context == v->below)
        return;
    pthread_mutex_lock(&books.lock);
    books.opens[v->number].context = v->info->Context;
    pthread_mutex_unlock(&books.lock);
}

NTSTATUS leave(struct visit *v, NTSTATUS status)
{
    book_context(v);
    v->info->Context = v->number;
    return books.plan.after && !ends_open(v->op) ? books.plan.after(v->op, status) : status;
}

ULONG64 book_open(ULONG64 context)
{
    pthread_mutex_lock(&books.lock);
    ULONG64 number = books.count + 1 < OPENS ? ++books.count : 0;
    books.opens[number].context = context;
    pthread_mutex_unlock(&books.lock);
    return number;
}
