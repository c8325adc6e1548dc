// SPDX-License-Identifier: MIT

#include "base/testing.h"

#include "base/clock.h"
#include "base/slab.h"

#include <pthread.h>

static struct slab slab;

static int set_up(void **state)
{
    return slab_init(&slab);
}

static int tear_down(void **state)
{
    slab_destroy(&slab);
    return 0;
}

static void gives_ids(void **state)
{
    int a, b;
    uint64_t first = slab_add(&slab, &a), second = slab_add(&slab, &b);
    assert_int_equal(first, 2);
    assert_int_equal(second, 3);
    assert_ptr_equal(slab_get(&slab, first), &a);
    assert_ptr_equal(slab_get(&slab, second), &b);
    assert_int_equal(slab_count(&slab), 2);
    assert_ptr_equal(slab_remove(&slab, first), &a);
    assert_null(slab_get(&slab, first));
    assert_null(slab_remove(&slab, first));
    assert_int_equal(slab_count(&slab), 1);
}

static void never_reuses_ids(void **state)
{
    int a, b;
    uint64_t old = slab_add(&slab, &a);
    slab_remove(&slab, old);
    uint64_t young = slab_add(&slab, &b);
    assert_true(young != old);
    assert_int_equal(young & 0xffffffffff, old & 0xffffffffff);
    assert_null(slab_get(&slab, old));
    assert_ptr_equal(slab_get(&slab, young), &b);
}

static void forged_ids_find_nothing(void **state)
{
    static const uint64_t forged[] = {
        0,          1,          3, 1025, 0xffffffff, 0x100000000, 0x100000002, 0xffffffffff, 1ull << 40 | 2,
        UINT64_MAX, 1ull << 63,
    };
    int a;
    slab_add(&slab, &a);
    for (size_t i = 0; i < COUNT_OF(forged); i++) {
        assert_null(slab_get(&slab, forged[i]));
        assert_null(slab_remove(&slab, forged[i]));
    }
}

// When the generations of a slot are used up, another slot takes over.
static void worn_out_slots_retire(void **state)
{
    int a;
    uint64_t id = 0;
    for (unsigned i = 0; i < 1u << 24; i++) {
        id = slab_add(&slab, &a);
        if (id != (2 | (uint64_t)i << 40))
            fail_msg("use %u got %llx", i, (unsigned long long)id);
        slab_remove(&slab, id);
    }
    assert_int_equal(slab_add(&slab, &a), 3);
    assert_null(slab_get(&slab, id));
    assert_null(slab_get(&slab, 2));
}

static int sum_ids(uint64_t id, void *ptr, void *arg)
{
    assert_true(ptr == (char *)&slab + id);
    *(uint64_t *)arg += id;
    return 0;
}

static int stop_at_5(uint64_t id, void *ptr, void *arg)
{
    return id == 5 ? 55 : 0;
}

static int remove_it(uint64_t id, void *ptr, void *arg)
{
    assert_ptr_equal(slab_remove(&slab, id), ptr);
    return 0;
}

static void walks(void **state)
{
    uint64_t sum = 0;
    for (uint64_t i = 0; i < 3000; i++)
        assert_int_equal(slab_add(&slab, (char *)&slab + i + 2), i + 2);
    for (uint64_t i = 0; i < 3000; i += 2)
        slab_remove(&slab, i + 2);
    assert_int_equal(slab_for_each(&slab, sum_ids, &sum), 0);
    assert_int_equal(sum, 1500 * 1502);
    assert_int_equal(slab_for_each(&slab, stop_at_5, NULL), 55);
    assert_int_equal(slab_for_each(&slab, remove_it, NULL), 0);
    assert_int_equal(slab_count(&slab), 0);
}

static void scales(void **state)
{
    uint64_t count = testing_full() ? 10000000 : 300000;
    for (uint64_t i = 2; i < count + 2; i++) {
        if (slab_add(&slab, (char *)(uintptr_t)i) != i)
            fail_msg("index %llu", (unsigned long long)i);
    }
    for (uint64_t i = 2; i < count + 2; i++) {
        if (slab_get(&slab, i) != (void *)(uintptr_t)i)
            fail_msg("index %llu", (unsigned long long)i);
    }
    for (uint64_t i = 2; i < count + 2; i++)
        slab_remove(&slab, i);
    assert_int_equal(slab_count(&slab), 0);
}

// One thread adds and removes; each entry has an object of its own. Readers must find an id's own object or
// nothing.
enum { OBJECTS = 100000, LIVE = 64 };
static char objects[OBJECTS];
static _Atomic(uint64_t) ids[OBJECTS];
static atomic_size_t published;
static atomic_bool done;

static void *read_all(void *arg)
{
    uint64_t seed = (uintptr_t)arg;
    size_t wrong = 0;
    while (!atomic_load(&done)) {
        size_t end = atomic_load(&published);
        if (end == 0)
            continue;
        size_t back = testing_random(&seed) % (2 * LIVE);
        size_t i = back < end ? end - 1 - back : 0;
        uint64_t id = atomic_load(&ids[i]);
        void *found = slab_get(&slab, id);
        void *next =
            slab_get(&slab, id + (1ull << 40)); // may not be given out yet, or belong to a later object
        wrong += found && found != &objects[i];
        wrong += next && next == &objects[i];
    }
    return (void *)wrong;
}

static void readers_never_see_another_object(void **state)
{
    pthread_t readers[2];
    atomic_store(&done, false);
    atomic_store(&published, 0);
    for (size_t i = 0; i < 2; i++)
        assert_int_equal(pthread_create(&readers[i], NULL, read_all, (void *)(i + 1)), 0);
    for (size_t i = 0; i < OBJECTS; i++) {
        uint64_t id = slab_add(&slab, &objects[i]);
        atomic_store(&ids[i], id);
        atomic_store(&published, i + 1);
        if (i >= LIVE)
            assert_ptr_equal(slab_remove(&slab, atomic_load(&ids[i - LIVE])), &objects[i - LIVE]);
    }
    atomic_store(&done, true);
    for (size_t i = 0; i < 2; i++) {
        void *wrong;
        pthread_join(readers[i], &wrong);
        assert_null(wrong);
    }
}

static void *churn(void *arg)
{
    char *mine = arg;
    for (int i = 0; i < 50000; i++) {
        uint64_t id = slab_add(&slab, mine);
        if (slab_get(&slab, id) != mine || slab_remove(&slab, id) != mine)
            return arg;
    }
    return NULL;
}

static void writers_do_not_disturb_each_other(void **state)
{
    pthread_t writers[4];
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&writers[i], NULL, churn, &objects[i]), 0);
    for (size_t i = 0; i < 4; i++) {
        void *wrong;
        pthread_join(writers[i], &wrong);
        assert_null(wrong);
    }
    assert_int_equal(slab_count(&slab), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(gives_ids),
        TEST(never_reuses_ids),
        TEST(forged_ids_find_nothing),
        TEST(worn_out_slots_retire),
        TEST(walks),
        TEST(scales),
        TEST(readers_never_see_another_object),
        TEST(writers_do_not_disturb_each_other),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
