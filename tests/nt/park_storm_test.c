// SPDX-License-Identifier: MIT
/* Waiting without a thread: every end at once, grants, cancels, limits, Cleanups and the stop of the volume.
 */
#include "memfs.h"
#include "waiting.h"

/* ---- everything at once -------------------------------------------------------------------------------- */

enum { SLOTS = 64, ACTORS = 4, ROUNDS = 4000 };

struct slot {
    pthread_mutex_t lock; /* recursive: nt_cancel() is called under it and may release() */
    struct nt_request rq;
    struct nt_handle *h;
    bool busy, armed;
    unsigned completed, released;
    NTSTATUS status;
};

static struct {
    struct rig *rig;
    struct slot slots[SLOTS];
    _Atomic unsigned faults, ends[6];
} storm;

static void count_end(NTSTATUS status)
{
    static const NTSTATUS known[] = {STATUS_SUCCESS, STATUS_CANCELLED, STATUS_IO_TIMEOUT,
                                     STATUS_RANGE_NOT_LOCKED, STATUS_FILE_CLOSED};
    unsigned i = 0;
    while (i < COUNT_OF(known) && known[i] != status)
        i++;
    storm.ends[i]++;
}

static void slot_complete(struct nt_request *rq, NTSTATUS status, uint64_t information)
{
    struct slot *s = list_entry(rq, struct slot, rq);
    storm.faults += s->completed++ || s->released;
    s->status = status;
}

static void slot_release(struct nt_request *rq)
{
    struct slot *s = list_entry(rq, struct slot, rq);
    pthread_mutex_lock(&s->lock);
    storm.faults += s->completed != 1 || s->released++;
    count_end(s->status);
    s->busy = s->armed = false;
    pthread_mutex_unlock(&s->lock);
}

/* A lock or an unlock with the slot's handle, with or without a time limit. */
static void slot_submit(struct slot *s, uint64_t dice)
{
    bool lock = dice & 3;
    rig_request(storm.rig, &s->rq, lock ? NT_LOCK : NT_UNLOCK, s->h);
    s->rq.complete = slot_complete;
    s->rq.release = slot_release;
    s->rq.wait_ns = dice & 4 ? 1 + (dice >> 40) % 8000000 : 0;
    s->rq.lock = (struct nt_lock_args){.offset = (int64_t)(dice >> 8 & 3),
                                       .length = 1 + (dice >> 10 & 1),
                                       .exclusive = dice >> 12 & 1,
                                       .all = !lock};
    pthread_mutex_lock(&s->lock);
    s->completed = s->released = 0;
    s->armed = true;
    pthread_mutex_unlock(&s->lock);
    nt_submit(&s->rq);
}

/* release() cannot come while nt_cancel() looks. */
static void slot_cancel(struct slot *s)
{
    pthread_mutex_lock(&s->lock);
    if (s->armed)
        nt_cancel(&s->rq);
    pthread_mutex_unlock(&s->lock);
}

static struct nt_handle *open_anew(void)
{
    return rig_create(storm.rig, &(struct opening){.path = u"\\f", .disposition = FILE_OPEN_IF}).handle;
}

/* Cleans up under who waits: a handle is replaced by its slot's actor only. */
static void slot_renew(struct slot *s)
{
    rig_end(storm.rig, s->h);
    s->h = open_anew();
}

static void slot_idle(struct slot *s)
{
    pthread_mutex_lock(&s->lock);
    s->busy = false;
    pthread_mutex_unlock(&s->lock);
}

/* Each actor submits in its own slots and cancels in all. */
static void *actor(void *arg)
{
    unsigned me = (unsigned)(uintptr_t)arg;
    uint64_t random = me * 104729 + 17;
    for (int i = 0; i < ROUNDS; i++) {
        uint64_t dice = testing_random(&random);
        struct slot *s = &storm.slots[me + ACTORS * (dice >> 50) % SLOTS / ACTORS * ACTORS];
        pthread_mutex_lock(&s->lock);
        bool mine = !s->busy;
        s->busy = true;
        pthread_mutex_unlock(&s->lock);
        if (mine && s->h)
            slot_submit(s, dice);
        else if (mine)
            slot_idle(s);
        else if (s->h && (dice >> 16 & 15) == 0)
            slot_renew(s);
        if (!mine)
            nanosleep(&(struct timespec){.tv_nsec = 20000}, NULL);
        if ((dice >> 20 & 3) == 0)
            slot_cancel(&storm.slots[(dice >> 24) % SLOTS]);
    }
    return NULL;
}

static void *stopper(void *arg)
{
    sleep_ms(SANITIZED ? 100 : 15);
    nt_volume_stop(storm.rig->vol);
    return NULL;
}

static bool all_idle(void)
{
    for (int i = 0; i < SLOTS; i++) {
        pthread_mutex_lock(&storm.slots[i].lock);
        bool busy = storm.slots[i].busy;
        pthread_mutex_unlock(&storm.slots[i].lock);
        if (busy)
            return false;
    }
    return true;
}

/* Nobody acts any more; who still waits gets his lock once the handles go, or is sent away. */
static void drain(void)
{
    for (int i = 0; i < SLOTS; i++)
        if (storm.slots[i].h)
            rig_end(storm.rig, storm.slots[i].h);
    for (int i = 0; i < 5000 && !all_idle(); i++)
        sleep_ms(2);
    assert_true(all_idle());
}

static void init_lock(pthread_mutex_t *lock)
{
    pthread_mutexattr_t attr;
    pthread_mutexattr_init(&attr);
    pthread_mutexattr_settype(&attr, PTHREAD_MUTEX_RECURSIVE);
    pthread_mutex_init(lock, &attr);
    pthread_mutexattr_destroy(&attr);
}

static void run_storm(bool single_thread, bool stop_early)
{
    pthread_t threads[ACTORS], stopping;
    void *memfs = memfs_new(0, 0);
    memset(&storm, 0, sizeof storm);
    /* The watchdog looks as often as the most impatient volume needs it. */
    struct rig *impatient = rig_open(&(struct rig_spec){.timeout_ms = 40});
    storm.rig = rig_open(&(struct rig_spec){.operations = memfs_operations(),
                                            .context = memfs,
                                            .timeout_ms = 40000,
                                            .single_thread = single_thread});
    for (int i = 0; i < SLOTS; i++) {
        init_lock(&storm.slots[i].lock);
        storm.slots[i].h = open_anew();
    }
    for (uintptr_t i = 0; i < ACTORS; i++)
        pthread_create(&threads[i], NULL, actor, (void *)i);
    if (stop_early)
        pthread_create(&stopping, NULL, stopper, NULL);
    for (int i = 0; i < ACTORS; i++)
        pthread_join(threads[i], NULL);
    if (stop_early)
        pthread_join(stopping, NULL);
    drain();
    print_message("granted %u, cancelled %u, in vain %u, cleaned up %u, closed %u, other %u\n", storm.ends[0],
                  storm.ends[1], storm.ends[2], storm.ends[3], storm.ends[4], storm.ends[5]);
    assert_int_equal(0, storm.faults);
    rig_close(storm.rig);
    rig_close(impatient);
    memfs_free(memfs);
}

static void test_storm(void **state)
{
    run_storm(false, false);
    assert_int_equal(0, storm.ends[5]);
    assert_true(storm.ends[0] > 0 && storm.ends[1] > 0 && storm.ends[3] > 0);
}

static void test_storm_single_thread(void **state)
{
    run_storm(true, false);
}

/* Refused ones come on top: the volume is no more. */
static void test_storm_and_stop(void **state)
{
    for (int i = 0; i < 6; i++)
        run_storm(i % 2, true);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_storm),
        cmocka_unit_test(test_storm_single_thread),
        cmocka_unit_test(test_storm_and_stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
