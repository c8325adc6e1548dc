// SPDX-License-Identifier: MIT
/*
 * Requests that may take their time: waited for on a synchronous handle, left alone on an overlapped one.
 *
 * A struct pending is in its file's list from before it is submitted until the door has released it, and has
 * a reference to the file meanwhile; who started it and who cancels it hold it besides, and the last one
 * frees it. While it is being cancelled its Complete does not return, because the door may still look at it.
 * An OVERLAPPED is finished only when the door no longer uses its buffers.
 *
 * Lock: the file's, held over no call of the door.
 */
#include "win32.h"

struct pending {
    DOKAN_NT_REQUEST rq;
    struct file *file;
    LPOVERLAPPED overlapped; /* may be NULL */
    struct pending *next, *before;
    unsigned holders;
    bool submitted, completed, ended, cancelling;
    pthread_t canceller;
    unsigned round; /* of the cancelling that asked it last */
};

/* ---- the list, lock held
 * ------------------------------------------------------------------------------------ */

static void join(struct pending *p)
{
    struct file *file = p->file;
    p->next = file->first;
    if (p->next)
        p->next->before = p;
    file->first = p;
}

static void leave(struct pending *p)
{
    if (p->next)
        p->next->before = p->before;
    if (p->before)
        p->before->next = p->next;
    else
        p->file->first = p->next;
}

static void drop(struct pending *p)
{
    if (!--p->holders && p->ended)
        free(p);
}

/* ---- ends
 * ---------------------------------------------------------------------------------------------------- */

static void write_result(const struct pending *p)
{
    if (!p->overlapped)
        return;
    HANDLE event = p->overlapped->hEvent;
    p->overlapped->InternalHigh = (ULONG_PTR)p->rq.Information;
    __atomic_store_n(&p->overlapped->Internal, (ULONG_PTR)(ULONG)p->rq.Status, __ATOMIC_RELEASE);
    if (event)
        event_set(event);
}

static NTSTATUS status_now(const OVERLAPPED *overlapped)
{
    return (NTSTATUS)__atomic_load_n(&overlapped->Internal, __ATOMIC_ACQUIRE);
}

static void DOKAN_CALLBACK on_complete(PDOKAN_NT_REQUEST rq)
{
    struct pending *p = rq->Context;
    LOCK_SCOPE(&p->file->lock);
    while (p->cancelling && !pthread_equal(p->canceller, pthread_self()))
        pthread_cond_wait(&p->file->changed, &p->file->lock);
    p->completed = true;
}

static void end(struct pending *p)
{
    struct file *file = p->file;
    LOCK_SCOPE(&file->lock);
    leave(p);
    write_result(p);
    p->ended = true;
    pthread_cond_broadcast(&file->changed);
    if (!p->holders)
        free(p);
}

static void DOKAN_CALLBACK on_release(PDOKAN_NT_REQUEST rq)
{
    struct pending *p = rq->Context;
    struct file *file = p->file;
    end(p);
    object_put(&file->o);
}

/* ---- running
 * -------------------------------------------------------------------------------------------------- */

static struct pending *prepare(struct file *file, const DOKAN_NT_REQUEST *rq, LPOVERLAPPED overlapped)
{
    struct pending *p = calloc(1, sizeof *p);
    if (!p)
        return NULL;
    p->rq = *rq;
    p->rq.Context = p;
    p->rq.Complete = on_complete;
    p->rq.Released = on_release;
    p->file = file;
    p->overlapped = overlapped;
    p->holders = 1;
    object_get(&file->o);
    LOCK_SCOPE(&file->lock);
    join(p);
    return p;
}

static void begin(LPOVERLAPPED overlapped)
{
    if (!overlapped)
        return;
    overlapped->Internal = (ULONG_PTR)STATUS_PENDING;
    overlapped->InternalHigh = 0;
    if (overlapped->hEvent)
        DokanWinResetEvent(overlapped->hEvent);
}

static void submit(struct pending *p)
{
    struct file *file = p->file;
    NTSTATUS status = DokanNtSubmit(&p->rq);
    if (status != STATUS_PENDING) {
        p->rq.Status = status;
        on_release(&p->rq);
        return;
    }
    LOCK_SCOPE(&file->lock);
    p->submitted = true;
}

/* What a call says now; Win32 hands on how many bytes there were even with a warning. Lock held. */
static BOOL report(const struct pending *p, LPDWORD bytes)
{
    if (bytes)
        *bytes = 0;
    if (!p->ended)
        return fail(ERROR_IO_PENDING);
    if (bytes && !NT_ERROR(p->rq.Status))
        *bytes = (DWORD)p->rq.Information;
    return done(p->rq.Status);
}

BOOL run_on(struct file *file, const DOKAN_NT_REQUEST *rq, LPOVERLAPPED overlapped, LPDWORD bytes)
{
    if (file->overlapped && !overlapped)
        return fail(ERROR_INVALID_PARAMETER);
    begin(overlapped);
    struct pending *p = prepare(file, rq, overlapped);
    if (!p)
        return fail(ERROR_NOT_ENOUGH_MEMORY);
    submit(p);
    LOCK_SCOPE(&file->lock);
    while (!file->overlapped && !p->ended)
        pthread_cond_wait(&file->changed, &file->lock);
    BOOL ok = report(p, bytes);
    drop(p);
    return ok;
}

/* ---- cancelling
 * ------------------------------------------------------------------------------------------------- */

/* One that has not completed and was not asked in this round, claimed. Lock held. */
static struct pending *claim(struct file *file, const OVERLAPPED *which, unsigned round)
{
    struct pending *p = file->first;
    while (p && (!p->submitted || p->completed || p->cancelling || p->round == round ||
                 (which && p->overlapped != which)))
        p = p->next;
    if (p) {
        p->holders++;
        p->cancelling = true;
        p->canceller = pthread_self();
        p->round = round;
    }
    return p;
}

static bool cancel_all(struct file *file, const OVERLAPPED *which)
{
    bool any = false;
    LOCK_SCOPE(&file->lock);
    unsigned round = ++file->round;
    for (struct pending *p = claim(file, which, round); p; p = claim(file, which, round)) {
        pthread_mutex_unlock(&file->lock);
        any |= DokanNtCancel(&p->rq) != 0;
        pthread_mutex_lock(&file->lock);
        p->cancelling = false;
        pthread_cond_broadcast(&file->changed);
        drop(p);
    }
    return any;
}

BOOL DOKANAPI DokanWinCancelIoEx(HANDLE File, LPOVERLAPPED Overlapped)
{
    SCOPED_FILE *file = file_of(File);
    if (!file)
        return FALSE;
    return cancel_all(file, Overlapped) || fail(ERROR_NOT_FOUND);
}

/* ---- results
 * ---------------------------------------------------------------------------------------------------- */

BOOL DOKANAPI DokanWinGetOverlappedResult(HANDLE File, LPOVERLAPPED Overlapped, LPDWORD Bytes, BOOL Wait)
{
    SCOPED_FILE *file = file_of(File);
    if (!file)
        return FALSE;
    LOCK_SCOPE(&file->lock);
    while (Wait && status_now(Overlapped) == STATUS_PENDING)
        pthread_cond_wait(&file->changed, &file->lock);
    NTSTATUS status = status_now(Overlapped);
    if (status == STATUS_PENDING)
        return fail(ERROR_IO_INCOMPLETE);
    *Bytes = (DWORD)Overlapped->InternalHigh;
    return done(status);
}
