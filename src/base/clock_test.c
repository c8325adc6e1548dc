// SPDX-License-Identifier: MIT

#include "base/testing.h"

#include "base/clock.h"

struct pair {
    uint64_t ft;
    int64_t sec;
    long nsec;
};

static void known_times(void **state)
{
    static const struct pair pairs[] = {
        {0, -11644473600, 0},
        {1, -11644473600, 100},
        {9999999, -11644473600, 999999900},
        {116444736000000000, 0, 0},
        {116444735999999999, -1, 999999900},
        {116444735990000000, -1, 0},
        {125911584000000000, 946684800, 0},     // in the year 2000
        {8962086528000000000, 884564179200, 0}, // in the year 30000
        {FILETIME_MAX, 910692730085, 477580700},
    };
    for (size_t i = 0; i < COUNT_OF(pairs); i++) {
        struct timespec ts = {pairs[i].sec, pairs[i].nsec};
        assert_int_equal(filetime_from_timespec(&ts), pairs[i].ft);
        filetime_to_timespec(pairs[i].ft, &ts);
        assert_int_equal(ts.tv_sec, pairs[i].sec);
        assert_int_equal(ts.tv_nsec, pairs[i].nsec);
    }
}

static void saturates(void **state)
{
    static const struct pair pairs[] = {
        {0, INT64_MIN, 0},
        {0, -11644473601, 999999999},
        {FILETIME_MAX, INT64_MAX, 999999999},
        {FILETIME_MAX, 910692730085, 477580799},
        {FILETIME_MAX, 910692730085, 999999999},
        {FILETIME_MAX, 910692730086, 0},
    };
    for (size_t i = 0; i < COUNT_OF(pairs); i++) {
        struct timespec ts = {pairs[i].sec, pairs[i].nsec};
        assert_int_equal(filetime_from_timespec(&ts), pairs[i].ft);
    }
    struct timespec ts;
    filetime_to_timespec(UINT64_MAX, &ts);
    assert_int_equal(ts.tv_sec, 910692730085);
}

static void round_trips(void **state)
{
    uint64_t seed = 5;
    for (int i = 0; i < 100000; i++) {
        uint64_t ft = testing_random(&seed) >> 1;
        struct timespec ts;
        filetime_to_timespec(ft, &ts);
        assert_in_range(ts.tv_nsec, 0, 999999900);
        assert_int_equal(filetime_from_timespec(&ts), ft);
    }
}

static void clocks_run(void **state)
{
    uint64_t first = clock_ns(), coarse = clock_coarse_ns();
    assert_true(clock_ns() >= first);
    assert_true(coarse <= clock_ns() && coarse + 100000000 > first);
    struct timespec ts;
    uint64_t before = filetime_now();
    clock_gettime(CLOCK_REALTIME, &ts);
    assert_true(filetime_from_timespec(&ts) - before < 10000000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_times),
        cmocka_unit_test(saturates),
        cmocka_unit_test(round_trips),
        cmocka_unit_test(clocks_run),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
