// SPDX-License-Identifier: MIT
/*
 * What oplocks are for: readers keep what they read, and as long as their lease is not broken no write that
 * they do not know has been completed. The writer writes growing numbers, in turn through a handle and as a
 * door does that has a page cache.
 */
#include "memfs.h"
#include "oplock_kit.h"

enum { READERS = 3, ROUNDS = SANITIZED ? 1500 : 8000 };

static struct {
    struct rig *rig;
    _Atomic uint64_t completed; /* the last number whose write has ended */
    _Atomic unsigned kept, broken, stale;
    _Atomic bool over;
} world;

static void put(struct nt_handle *h, uint64_t number, bool paging)
{
    struct nt_request rq;
    rig_request(world.rig, &rq, NT_WRITE, h);
    rq.strict = !paging;
    rq.io = (struct nt_io_args){.buffer = &number, .length = sizeof number, .paging = paging};
    assert_status(STATUS_SUCCESS, nt_call(&rq, NULL));
}

static bool seen_enough(void)
{
    return atomic_load(&world.kept) > 50 && atomic_load(&world.broken) > 50;
}

static void *writer(void *arg)
{
    struct nt_handle *h = oplock_open(world.rig, (struct oplock_open){.path = u"\\f"});
    uint64_t random = 5;
    for (uint64_t number = 1; number < ROUNDS || (!seen_enough() && number < 100 * ROUNDS); number++) {
        uint64_t dice = testing_random(&random);
        put(h, number, dice & 1);
        atomic_store(&world.completed, number);
        if (dice & 6)
            nanosleep(&(struct timespec){.tv_nsec = (long)(dice >> 20 & 0xFFFF)}, NULL);
    }
    atomic_store(&world.over, true);
    rig_end(world.rig, h);
    return NULL;
}

static void read_once(struct nt_handle *h)
{
    struct waiting *w = oplock_ask(world.rig, h, OPLOCK_R);
    uint64_t cached = 0;
    if (wait_completed(w) && w->status == STATUS_OPLOCK_NOT_GRANTED) {
        wait_end(w);
        return;
    }
    assert_status(STATUS_SUCCESS, rig_read(world.rig, h, &cached, sizeof cached, 0, NULL));
    bool held = true;
    for (int i = 0; i < 50 && held; i++) {
        uint64_t completed = atomic_load(&world.completed);
        held = oplock_look(h)[0] == '-';
        world.stale += held && cached < completed;
        world.kept += held;
    }
    world.broken += !held;
    nt_cancel(&w->rq);
    wait_end(w);
}

static void *reader(void *arg)
{
    struct nt_handle *h = oplock_open(world.rig, (struct oplock_open){.path = u"\\f"});
    while (!atomic_load(&world.over))
        read_once(h);
    rig_end(world.rig, h);
    return NULL;
}

static void test_nothing_stale(void **state)
{
    pthread_t threads[READERS + 1];
    void *memfs = memfs_new(0, 0);
    memset(&world, 0, sizeof world);
    world.rig = rig_open(&(struct rig_spec){.operations = memfs_operations(), .context = memfs});
    struct nt_handle *h =
        oplock_open(world.rig, (struct oplock_open){.path = u"\\f", .disposition = FILE_CREATE});
    put(h, 0, false);
    for (int i = 0; i <= READERS; i++)
        pthread_create(&threads[i], NULL, i ? reader : writer, NULL);
    for (int i = 0; i <= READERS; i++)
        pthread_join(threads[i], NULL);
    rig_end(world.rig, h);
    rig_close(world.rig);
    memfs_free(memfs);
    assert_int_equal(0, world.stale);
    assert_true(seen_enough());
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nothing_stale),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
