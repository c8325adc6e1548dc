// SPDX-License-Identifier: MIT
/*
 * Waiting inside the engine without a thread: what begins and what ends it, and that it takes no thread.
 * Byte-range locks are what is waited for; their own rules: lock_test.c.
 */
#include "waiting.h"
#include <dirent.h>

struct pair {
    struct rig *rig;
    struct nt_handle *holder, *h;
};

/* The holder has locked everything. */
static struct pair pair_open(const struct rig_spec *spec)
{
    struct pair t = {.rig = rig_open(spec)};
    t.holder = rig_must_open(t.rig, u"\\f");
    t.h = rig_must_open(t.rig, u"\\f");
    assert_status(STATUS_SUCCESS, rig_lock(t.rig, t.holder, whole));
    return t;
}

static void pair_close(struct pair *t)
{
    rig_end(t->rig, t->holder);
    rig_end(t->rig, t->h);
    rig_close(t->rig);
}

static struct waiting *wait_at_most(struct pair *t, uint64_t ns)
{
    struct waiting *w = wait_new(t->rig, NT_LOCK, t->h);
    w->rq.wait_ns = ns;
    w->rq.lock = (struct nt_lock_args){.length = 100, .exclusive = true};
    wait_submit(w);
    return w;
}

/* ---- the ends ------------------------------------------------------------------------------------------ */

static void end_by_grant(struct pair *t, struct waiting *w)
{
    rig_unlock(t->rig, t->holder, whole);
}

static void end_by_cancel(struct pair *t, struct waiting *w)
{
    assert_true(nt_cancel(&w->rq));
}

static void end_by_cleanup(struct pair *t, struct waiting *w)
{
    rig_cleanup(t->rig, t->h);
}

static void end_by_stop(struct pair *t, struct waiting *w)
{
    nt_volume_stop(t->rig->vol);
}

static void end_by_waiting(struct pair *t, struct waiting *w)
{
}

static void test_ends(void **state)
{
    static const struct {
        void (*end)(struct pair *t, struct waiting *w);
        uint64_t wait_ns;
        NTSTATUS expected;
    } rows[] = {
        {end_by_grant, 0, STATUS_SUCCESS},
        {end_by_cancel, 0, STATUS_CANCELLED},
        {end_by_cleanup, 0, STATUS_RANGE_NOT_LOCKED},
        {end_by_stop, 0, STATUS_CANCELLED},
        {end_by_waiting, 20000000, STATUS_IO_TIMEOUT},
        {end_by_grant, 60000000000, STATUS_SUCCESS},
    };
    for (size_t i = 0; i < 2 * COUNT_OF(rows); i++) {
        struct pair t = pair_open(&(struct rig_spec){.timeout_ms = 80, .single_thread = i % 2});
        struct waiting *w = wait_at_most(&t, rows[i / 2].wait_ns);
        assert_false(wait_completed(w));
        rows[i / 2].end(&t, w);
        assert_status(rows[i / 2].expected, wait_status(w));
        nt_cancel(&w->rq); /* too late for anything */
        assert_status(rows[i / 2].expected, wait_end(w));
        if (rows[i / 2].end == end_by_cleanup)
            rig_close_only(t.rig, t.h);
        else
            rig_end(t.rig, t.h);
        rig_end(t.rig, t.holder);
        rig_close(t.rig);
    }
}

/* Each has a time limit of his own, or none. */
static void test_limits(void **state)
{
    static const uint64_t limits[] = {0, 20000000, 0, 40000000, 60000000000};
    struct pair t = pair_open(&(struct rig_spec){.timeout_ms = 50});
    struct waiting *w[COUNT_OF(limits)];
    for (size_t i = 0; i < COUNT_OF(limits); i++)
        w[i] = wait_at_most(&t, limits[i]);
    assert_status(STATUS_IO_TIMEOUT, wait_end(w[1]));
    assert_status(STATUS_IO_TIMEOUT, wait_end(w[3]));
    for (size_t i = 0; i < COUNT_OF(limits); i += 2) {
        assert_false(wait_completed(w[i]));
        nt_cancel(&w[i]->rq);
        assert_status(STATUS_CANCELLED, wait_end(w[i]));
    }
    pair_close(&t);
}

/* The volume's deadline is for callbacks: who waits inside is neither expired nor stuck. */
static void test_no_deadline(void **state)
{
    struct pair t = pair_open(&(struct rig_spec){.timeout_ms = 50});
    struct waiting *w = wait_at_most(&t, 0);
    sleep_ms(300);
    assert_false(wait_completed(w));
    DOKAN_VOLUME_COUNTERS counters = rig_counters(t.rig);
    assert_int_equal(0, counters.ExpiredRequests);
    assert_int_equal(0, counters.StuckCallbacks);
    assert_int_equal(0, counters.RunningCallbacks);
    end_by_grant(&t, w);
    assert_status(STATUS_SUCCESS, wait_end(w));
    pair_close(&t);
}

/* A request that is being cancelled before it can wait does not begin to. */
static void test_cancel_before(void **state)
{
    struct pair t = pair_open(&(struct rig_spec){0});
    struct waiting *w = wait_new(t.rig, NT_LOCK, t.h);
    w->rq.lock = (struct nt_lock_args){.length = 100, .exclusive = true};
    assert_true(nt_admit(&w->rq));
    assert_false(nt_cancel(&w->rq));
    nt_run(&w->rq);
    assert_status(STATUS_CANCELLED, wait_end(w));
    pair_close(&t);
}

static void *stop_volume(void *arg)
{
    nt_volume_stop(arg);
    return NULL;
}

/* The volume stops while it is on its way: the stop waits for it, so it must not wait for a lock. */
static void test_stop_before(void **state)
{
    struct pair t = pair_open(&(struct rig_spec){0});
    struct waiting *w = wait_new(t.rig, NT_LOCK, t.h);
    pthread_t thread;
    w->rq.lock = (struct nt_lock_args){.length = 100, .exclusive = true};
    assert_true(nt_admit(&w->rq));
    pthread_create(&thread, NULL, stop_volume, t.rig->vol);
    while (!nt_volume_stopping(t.rig->vol))
        sleep_ms(1);
    sleep_ms(20);
    nt_run(&w->rq);
    assert_status(STATUS_CANCELLED, wait_end(w));
    pthread_join(thread, NULL);
    pair_close(&t);
}

static void test_expired_before(void **state)
{
    struct pair t = pair_open(&(struct rig_spec){.timeout_ms = 50});
    struct waiting *w = wait_new(t.rig, NT_LOCK, t.h);
    w->rq.lock = (struct nt_lock_args){.length = 100, .exclusive = true};
    assert_true(nt_admit(&w->rq));
    sleep_ms(150); /* expired before it ran: it is not begun any more, and takes no lock */
    assert_status(STATUS_IO_TIMEOUT, wait_status(w));
    nt_run(&w->rq);
    assert_status(STATUS_IO_TIMEOUT, wait_end(w));
    pair_close(&t);
}

/* CloseFile waits for who waits, and comes once. */
static void test_close_while_waiting(void **state)
{
    struct pair t = pair_open(&(struct rig_spec){0});
    struct waiting *w = wait_at_most(&t, 0);
    rig_close_only(t.rig, t.h);
    assert_status(STATUS_RANGE_NOT_LOCKED, wait_end(w));
    rig_end(t.rig, t.holder);
    rig_close(t.rig);
}

struct held_up {
    struct nt_request rq;
    pthread_mutex_t barrier;
    _Atomic bool inside, released;
};

static void held_up_complete(struct nt_request *rq, NTSTATUS status, uint64_t information)
{
    struct held_up *u = list_entry(rq, struct held_up, rq);
    atomic_store(&u->inside, true);
    pthread_mutex_lock(&u->barrier);
    pthread_mutex_unlock(&u->barrier);
}

static void held_up_release(struct nt_request *rq)
{
    atomic_store(&list_entry(rq, struct held_up, rq)->released, true);
}

static void wait_until(const _Atomic bool *flag)
{
    for (int i = 0; i < 5000 && !atomic_load(flag); i++)
        sleep_ms(2);
    assert_true(atomic_load(flag));
}

/* It was the last on a closed handle and has CloseFile to bring about, once its turn comes: a late
 * nt_cancel() must not stop it from that. */
static void test_cancel_after(void **state)
{
    struct pair t = pair_open(&(struct rig_spec){.single_thread = true});
    struct held_up u = {.barrier = PTHREAD_MUTEX_INITIALIZER};
    rig_request(t.rig, &u.rq, NT_LOCK, t.h);
    u.rq.complete = held_up_complete;
    u.rq.release = held_up_release;
    u.rq.lock = (struct nt_lock_args){.length = 100, .exclusive = true};
    nt_submit(&u.rq);
    pthread_mutex_lock(&u.barrier);
    rig_close_only(t.rig, t.h);
    wait_until(&u.inside);
    fake_block(&t.rig->fs, DokanOperationReadFile);
    struct pending *read = pending_new(t.rig, NT_READ, t.holder, 8);
    pending_start(read);
    fake_wait_blocked(&t.rig->fs, DokanOperationReadFile, 1);
    pthread_mutex_unlock(&u.barrier);
    for (int i = 0; i < 5000 && !rig_counters(t.rig).QueuedRequests; i++)
        sleep_ms(2);
    assert_false(nt_cancel(&u.rq));
    assert_int_equal(0, fake_calls(&t.rig->fs, DokanOperationCloseFile));
    fake_unblock(&t.rig->fs, DokanOperationReadFile);
    wait_until(&u.released);
    assert_int_equal(1, fake_calls(&t.rig->fs, DokanOperationCloseFile));
    pending_end(read);
    rig_end(t.rig, t.holder);
    rig_close(t.rig);
}

/* ---- no thread ----------------------------------------------------------------------------------------- */

static unsigned threads_of_process(void)
{
    unsigned count = 0;
    DIR *dir = opendir("/proc/self/task");
    assert_non_null(dir);
    for (const struct dirent *e; (e = readdir(dir)) != NULL;)
        count += e->d_name[0] != '.';
    closedir(dir);
    return count;
}

/* Two thousand wait; the volume goes on working, one at a time or not. */
static void many_wait(bool single_thread)
{
    enum { MANY = 2000 };
    struct pair t = pair_open(&(struct rig_spec){.single_thread = single_thread});
    struct waiting **w = calloc(MANY, sizeof(struct waiting *));
    unsigned before = threads_of_process();
    t.rig->fs.quiet = true;
    for (unsigned i = 0; i < MANY; i++)
        w[i] = wait_lock(t.rig, t.h, (struct range){.start = i % 100, .length = 1});
    assert_true(threads_of_process() <= before + 2);
    char byte;
    assert_status(STATUS_SUCCESS, rig_read(t.rig, t.h, &byte, 1, 100, NULL));
    for (unsigned i = 0; i < MANY; i += 2)
        assert_true(nt_cancel(&w[i]->rq));
    end_by_grant(&t, NULL);
    for (unsigned i = 0; i < MANY; i++)
        assert_status(i % 2 ? STATUS_SUCCESS : STATUS_CANCELLED, wait_end(w[i]));
    assert_true(threads_of_process() <= before + 6); /* nor does it take many to answer them all */
    free(w);
    pair_close(&t);
}

static void test_many_wait(void **state)
{
    many_wait(false);
}

static void test_many_wait_single_thread(void **state)
{
    many_wait(true);
}

/* ---- a chain: whoever gets the lock submits from release() --------------------------------------------- */

struct link {
    struct nt_request rq;
    struct rig *rig;
    struct nt_handle *h;
    unsigned rounds;
    bool unlocks;
    unsigned *finished;
    pthread_mutex_t *lock;
};

static void link_complete(struct nt_request *rq, NTSTATUS status, uint64_t information)
{
    struct link *l = list_entry(rq, struct link, rq);
    if (status)
        l->rounds = 1; /* ends the chain short: the count will not fit */
}

static void link_release(struct nt_request *rq);

static void link_next(struct link *l)
{
    rig_request(l->rig, &l->rq, l->unlocks ? NT_UNLOCK : NT_LOCK, l->h);
    l->rq.complete = link_complete;
    l->rq.release = link_release;
    l->rq.lock = (struct nt_lock_args){.length = 10, .exclusive = true};
    nt_submit(&l->rq);
}

static void link_release(struct nt_request *rq)
{
    struct link *l = list_entry(rq, struct link, rq);
    l->unlocks = !l->unlocks;
    pthread_mutex_lock(l->lock);
    bool last = --l->rounds == 0;
    *l->finished += last;
    pthread_mutex_unlock(l->lock);
    if (!last)
        link_next(l);
}

/* A hundred of them hand one lock round: no stack grows with the length of the chain. */
static void test_chain(void **state)
{
    enum { LINKS = 100, TURNS = 100 };
    struct rig *rig = rig_open(&(struct rig_spec){0});
    pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
    unsigned finished = 0, seen = 0;
    struct link *links = calloc(LINKS, sizeof *links);
    rig->fs.quiet = true;
    for (unsigned i = 0; i < LINKS; i++) {
        links[i] = (struct link){.rig = rig, .rounds = 2 * TURNS, .finished = &finished, .lock = &lock};
        links[i].h = rig_must_open(rig, u"\\f");
    }
    for (unsigned i = 0; i < LINKS; i++)
        link_next(&links[i]);
    for (unsigned i = 0; seen < LINKS && i < 10000; i++) {
        sleep_ms(2);
        pthread_mutex_lock(&lock);
        seen = finished;
        pthread_mutex_unlock(&lock);
    }
    assert_int_equal(LINKS, seen);
    for (unsigned i = 0; i < LINKS; i++)
        rig_end(rig, links[i].h);
    free(links);
    rig_close(rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ends),
        cmocka_unit_test(test_limits),
        cmocka_unit_test(test_no_deadline),
        cmocka_unit_test(test_cancel_before),
        cmocka_unit_test(test_stop_before),
        cmocka_unit_test(test_expired_before),
        cmocka_unit_test(test_close_while_waiting),
        cmocka_unit_test(test_cancel_after),
        cmocka_unit_test(test_many_wait),
        cmocka_unit_test(test_many_wait_single_thread),
        cmocka_unit_test(test_chain),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
