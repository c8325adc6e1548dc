// SPDX-License-Identifier: MIT
/*
 * Who lives and who does not, and that the monitor never touches a call that has ended.
 *
 * DokanResetTimeout() is this test's own: it looks at what it is given, as the library does, so that a
 * sanitizer sees when that is gone.
 */
#include "base/testing.h"

#include "fs/fs_i.h"
#include "fs/mount/timeout.h"
#include <sched.h>
#include <time.h>

static atomic_uint resets;
static atomic_bool gone;

BOOL DOKANAPI DokanResetTimeout(ULONG timeout, PDOKAN_FILE_INFO info)
{
    const volatile DOKAN_FILE_INFO *looked_at = info;
    (void)timeout;
    resets++;
    for (int i = 0; i < 2; i++) {
        if (looked_at->DokanContext != 42)
            gone = true;
        nanosleep(&(struct timespec){.tv_nsec = 100000}, NULL); /* time enough for a call to end */
    }
    return TRUE;
}

static void sleep_ms(long ms)
{
    nanosleep(&(struct timespec){.tv_nsec = ms * 1000000}, NULL);
}

/* ---- one call after another ------------------------------------------------------------------------ */

enum mood { DEAD, MOVING, BURNING, WAITING }; /* WAITING: it looks after something all the time */

static struct {
    atomic_int mood;
    atomic_uint turn, done; /* the thread does a bit of its work per turn */
    atomic_bool leave;
    struct watch *watch;
} worker;

static int64_t thread_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return now.tv_sec * 1000000000ll + now.tv_nsec;
}

static void burn(int64_t ns)
{
    int64_t from = thread_ns();
    while (thread_ns() - from < ns)
        ;
}

/* Turns are taken with a clock that the monitor does not read: waiting would use processor time. */
static void *work(void *arg)
{
    static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
    DOKAN_FILE_INFO info = {.DokanContext = 42};
    struct call call = call_enter(worker.watch, &info);
    (void)arg;
    (void)lock;
    while (!worker.leave) {
        if (worker.mood != DEAD && worker.done != worker.turn) {
            if (worker.mood == MOVING)
                fs_progress();
            else
                burn(worker.mood == BURNING ? 8000000 : 500000);
            worker.done = (unsigned)worker.turn;
        }
        if (worker.mood == DEAD)
            sleep_ms(300); /* the test is faster */
        else
            sleep_ms(1);
    }
    call_leave(&call);
    info.DokanContext = 0;
    return NULL;
}

static void take_turn(void)
{
    unsigned turn = ++worker.turn;
    while (worker.done != turn)
        sleep_ms(1);
}

static pthread_t begin(enum mood mood)
{
    pthread_t thread;
    worker.leave = false;
    worker.mood = mood;
    worker.watch = watch_new(1000);
    assert_int_equal(watch_tick_ms(worker.watch), 250);
    assert_int_equal(pthread_create(&thread, NULL, work, NULL), 0);
    sleep_ms(50);
    return thread;
}

static void finish(pthread_t thread)
{
    worker.leave = true;
    pthread_join(thread, NULL);
    assert_int_equal(watch_look(worker.watch), 0);
    watch_free(worker.watch);
    assert_false(gone);
}

static void test_dead(void **state)
{
    (void)state;
    pthread_t thread = begin(DEAD);
    for (int i = 0; i < 10; i++)
        assert_int_equal(watch_look(worker.watch), 0);
    finish(thread);
}

static void test_waiting_is_dead(void **state)
{
    (void)state;
    pthread_t thread = begin(WAITING);
    for (int i = 0; i < 10; i++) {
        take_turn();
        assert_int_equal(watch_look(worker.watch), 0);
    }
    finish(thread);
}

static void test_progress(void **state)
{
    (void)state;
    pthread_t thread = begin(MOVING);
    assert_int_equal(watch_look(worker.watch), 0); /* seen for the first time */
    for (int i = 0; i < 100; i++) {
        take_turn();
        assert_int_equal(watch_look(worker.watch), 1);
    }
    struct watch *other = watch_new(1000);
    assert_int_equal(watch_look(other), 0); /* not its volume */
    watch_free(other);
    finish(thread);
}

/* Processor time alone keeps it alive for ten time limits, progress sets that back. */
static void test_burning(void **state)
{
    (void)state;
    pthread_t thread = begin(BURNING);
    watch_look(worker.watch);
    unsigned renewed = 0;
    for (int i = 0; i < 60; i++) {
        take_turn();
        renewed += watch_look(worker.watch);
    }
    assert_int_equal(renewed, 40);
    worker.mood = MOVING;
    take_turn();
    assert_int_equal(watch_look(worker.watch), 1);
    worker.mood = BURNING;
    take_turn();
    assert_int_equal(watch_look(worker.watch), 1);
    finish(thread);
}

static void test_nested(void **state)
{
    DOKAN_FILE_INFO outer = {.DokanContext = 42}, inner = {.DokanContext = 42};
    struct watch *a = watch_new(1000), *b = watch_new(1000);
    (void)state;
    struct call first = call_enter(a, &outer);
    watch_look(a);
    fs_progress();
    assert_int_equal(watch_look(a), 1);
    struct call second = call_enter(b, &inner);
    assert_int_equal(watch_look(a), 0);
    watch_look(b);
    fs_progress();
    assert_int_equal(watch_look(b), 1);
    call_leave(&second);
    fs_progress();
    watch_look(a);
    fs_progress();
    assert_int_equal(watch_look(a), 1);
    call_leave(&first);
    assert_int_equal(watch_look(a), 0);
    struct call none = call_enter(NULL, &outer);
    call_leave(&none);
    watch_free(a);
    watch_free(b);
}

/* ---- many ------------------------------------------------------------------------------------------ */

static atomic_bool stop;

/* Every call has a DOKAN_FILE_INFO of its own that is freed right after it. */
static void *storm(void *arg)
{
    while (!stop) {
        PDOKAN_FILE_INFO info = calloc(1, sizeof *info);
        info->DokanContext = 42;
        struct call call = call_enter(arg, info);
        unsigned before = resets;
        for (int i = 0; i < 2000 && resets == before; i++) { /* ends while it is being renewed */
            fs_progress();
            sched_yield();
        }
        call_leave(&call);
        info->DokanContext = 0;
        free(info);
    }
    return NULL;
}

static void test_storm(void **state)
{
    pthread_t threads[4];
    struct watch *watch = watch_new(1000);
    (void)state;
    stop = false;
    resets = 0;
    for (size_t i = 0; i < COUNT_OF(threads); i++)
        assert_int_equal(pthread_create(&threads[i], NULL, storm, watch), 0);
    while (resets < 200)
        watch_look(watch);
    stop = true;
    for (size_t i = 0; i < COUNT_OF(threads); i++)
        pthread_join(threads[i], NULL);
    assert_int_equal(watch_look(watch), 0);
    watch_free(watch);
    assert_false(gone);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_dead),     cmocka_unit_test(test_waiting_is_dead),
        cmocka_unit_test(test_progress), cmocka_unit_test(test_burning),
        cmocka_unit_test(test_nested),   cmocka_unit_test(test_storm),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
