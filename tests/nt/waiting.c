// SPDX-License-Identifier: MIT
/* See waiting.h. */
#include "waiting.h"
#include <errno.h>
#include <stdio.h>
#include <time.h>

enum { PATIENCE = 10 };

static void completed(struct nt_request *rq, NTSTATUS status, uint64_t information)
{
    struct waiting *w = list_entry(rq, struct waiting, rq);
    pthread_mutex_lock(&w->lock);
    w->wrong_order |= w->completed || w->released;
    w->completed++;
    w->status = status;
    w->information = information;
    pthread_cond_broadcast(&w->changed);
    pthread_mutex_unlock(&w->lock);
}

static void released(struct nt_request *rq)
{
    struct waiting *w = list_entry(rq, struct waiting, rq);
    pthread_mutex_lock(&w->lock);
    w->wrong_order |= w->completed != 1 || w->released;
    w->released++;
    pthread_cond_broadcast(&w->changed);
    pthread_mutex_unlock(&w->lock);
}

struct waiting *wait_new(struct rig *rig, enum nt_op op, struct nt_handle *handle)
{
    struct waiting *w = calloc(1, sizeof *w);
    assert_non_null(w);
    pthread_mutex_init(&w->lock, NULL);
    pthread_cond_init(&w->changed, NULL);
    rig_request(rig, &w->rq, op, handle);
    w->rq.complete = completed;
    w->rq.release = released;
    return w;
}

void wait_submit(struct waiting *w)
{
    nt_submit(&w->rq);
}

bool wait_completed(struct waiting *w)
{
    pthread_mutex_lock(&w->lock);
    bool yes = w->completed != 0;
    pthread_mutex_unlock(&w->lock);
    return yes;
}

static void await(struct waiting *w, const unsigned *count)
{
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += PATIENCE;
    int rc = 0;
    pthread_mutex_lock(&w->lock);
    while (!*count && rc != ETIMEDOUT)
        rc = pthread_cond_timedwait(&w->changed, &w->lock, &until);
    bool came = *count != 0;
    pthread_mutex_unlock(&w->lock);
    assert_true(came);
}

NTSTATUS wait_status(struct waiting *w)
{
    await(w, &w->completed);
    return w->status;
}

NTSTATUS wait_end(struct waiting *w)
{
    await(w, &w->released);
    pthread_mutex_lock(&w->lock); /* released() may not have left it yet */
    pthread_mutex_unlock(&w->lock);
    assert_int_equal(1, w->completed);
    assert_int_equal(1, w->released);
    assert_false(w->wrong_order);
    NTSTATUS status = w->status;
    pthread_cond_destroy(&w->changed);
    pthread_mutex_destroy(&w->lock);
    free(w);
    return status;
}

static struct nt_lock_args args_of(struct range range)
{
    return (struct nt_lock_args){.offset = (int64_t)range.start,
                                 .length = (int64_t)range.length,
                                 .key = range.key,
                                 .exclusive = range.exclusive,
                                 .fail_immediately = range.fail};
}

struct waiting *wait_lock(struct rig *rig, struct nt_handle *h, struct range range)
{
    struct waiting *w = wait_new(rig, NT_LOCK, h);
    w->rq.lock = args_of(range);
    wait_submit(w);
    return w;
}

static NTSTATUS call(struct rig *rig, enum nt_op op, struct nt_handle *h, struct range range)
{
    struct nt_request rq;
    rig_request(rig, &rq, op, h);
    rq.lock = args_of(range);
    return nt_call(&rq, NULL);
}

NTSTATUS rig_lock(struct rig *rig, struct nt_handle *h, struct range range)
{
    range.fail = true;
    return call(rig, NT_LOCK, h, range);
}

NTSTATUS rig_unlock(struct rig *rig, struct nt_handle *h, struct range range)
{
    return call(rig, NT_UNLOCK, h, range);
}

struct table table_open(const struct rig_spec *spec)
{
    struct table t = {.rig = rig_open(spec)};
    for (int i = 0; i < 4; i++)
        t.h[i] = rig_must_open(t.rig, u"\\f");
    return t;
}

void table_close(struct table *t)
{
    for (int i = 0; i < 4; i++)
        if (t->h[i])
            rig_end(t->rig, t->h[i]);
    rig_close(t->rig);
}

const struct range whole = {.start = 0, .length = 100, .exclusive = true};
const struct range whole_shared = {.start = 0, .length = 100};

/* ---- change notification ------------------------------------------------------------------------------ */

struct waiting *watch_with(struct rig *rig, struct nt_handle *h, uint32_t filter, bool tree, uint32_t length)
{
    struct waiting *w = wait_new(rig, NT_NOTIFY, h);
    w->rq.notify = (struct nt_notify_args){
        .buffer = length ? w->buffer : NULL, .length = length, .filter = filter, .tree = tree};
    wait_submit(w);
    return w;
}

struct waiting *watch(struct rig *rig, struct nt_handle *h, uint32_t filter, bool tree)
{
    return watch_with(rig, h, filter, tree, sizeof((struct waiting *)0)->buffer);
}

static void spell(const unsigned char *buffer, uint64_t length, char *out)
{
    static const char *const signs[] = {"?", "+", "-", "*", "<", ">", ":+", ":-", ":*"};
    uint64_t at = 0;
    while (length) {
        struct nt_change c;
        WCHAR name[300];
        assert_true(at % 4 == 0 && at + sizeof c <= length);
        memcpy(&c, buffer + at, sizeof c);
        assert_true(at + sizeof c + c.name_bytes <= length && c.action < COUNT_OF(signs));
        memcpy(name, buffer + at + sizeof c, c.name_bytes);
        size_t used = strlen(out);
        snprintf(out + used, NEWS_TEXT - used, "%s%s%s", used ? " " : "", signs[c.action],
                 narrow_n(name, c.name_bytes / 2));
        if (!c.next) {
            assert_int_equal(length, at + sizeof c + c.name_bytes);
            return;
        }
        at += c.next;
    }
}

NTSTATUS take_news(struct waiting *w, char *out)
{
    if (wait_status(w) == STATUS_SUCCESS)
        spell(w->buffer, w->information, out);
    else
        assert_int_equal(0, w->information);
    return wait_end(w);
}

const char *news_of(struct waiting *w)
{
    static char text[NEWS_TEXT];
    text[0] = 0;
    assert_status(STATUS_SUCCESS, take_news(w, text));
    return text;
}

void tell_added(struct rig *rig, const WCHAR *path)
{
    assert_true(nt_notify(rig->vol, NT_EVENT_ADDED, FILE_NOTIFY_CHANGE_FILE_NAME, path, NULL, false));
}

void settle(struct rig *rig)
{
    struct nt_handle *h = rig_must_open(rig, u"\\dsettle");
    struct waiting *w = watch(rig, h, 1, false);
    tell_added(rig, u"\\dsettle\\x");
    assert_string_equal("+x", news_of(w));
    rig_end(rig, h);
}
