// SPDX-License-Identifier: MIT
/*
 * Damaged and cut streams, and indexes that lie: errors, never harm, never an end that does not come.
 */
#include "fs/stream/stream_testing.h"

/* ---- damage ------------------------------------------------------------------------------------------- */

/* Whatever comes, it ends, and without damage noticed it is not longer than it may be. */
static int read_through(const struct packed *packed, const uint8_t *expected, size_t size, bool *same)
{
    struct spill *spill;
    struct bytes *stream = NULL;
    uint8_t buf[SMALL + 100];
    assert_int_equal(spill_new(1 << 20, &spill), 0);
    int rc = stream_open(memory(packed->data, packed->size), spill, &stream, NULL);
    rc = rc ? rc : stream_measure(stream, 64 << 20, NULL, NULL);
    ssize_t n = rc == 0 ? bytes_pread(stream, buf, sizeof buf, 0) : rc;
    *same = n == (ssize_t)size && memcmp(buf, expected, size) == 0;
    bytes_put(stream);
    spill_free(spill);
    return n < 0 ? (int)n : rc;
}

/* Headers and trailers byte by byte; between them some, the same every time. */
static bool tried(size_t at, size_t size, uint64_t *random)
{
    if (testing_full() || at < 32 || at + 32 >= size)
        return true;
    return testing_random(random) % size < 100;
}

static void damaged(const struct way *way, const struct packed *packed)
{
    bool same;
    assert_int_equal(read_through(packed, small, SMALL, &same), 0);
    assert_true(same);
    int noticed = 0;
    uint64_t random = 11;
    for (size_t i = 0; i < packed->size; i++) {
        if (!tried(i, packed->size, &random))
            continue;
        uint8_t kept = packed->data[i];
        packed->data[i] ^= (uint8_t)(1 << i % 8);
        int rc = read_through(packed, small, SMALL, &same);
        packed->data[i] = kept;
        if (way->checked && rc == 0 && !same && i > 12 && i + 40 < packed->size)
            fail_msg("%s: damage at %zu is not noticed", way->command, i);
        noticed += rc != 0;
    }
    assert_true(noticed > 0);
}

static void test_damaged(void **state)
{
    (void)state;
    each_way(damaged, "small");
}

static void cut(const struct way *way, const struct packed *packed)
{
    size_t step = testing_full() ? 1 : 1 + packed->size / 40;
    for (size_t size = 0; size < packed->size; size += step) {
        struct packed part = {packed->data, size};
        bool same;
        int rc = read_through(&part, small, SMALL, &same);
        if (rc == 0 && !same && way->checked && size > 1000 && way->command[0] != '{')
            fail_msg("%s: cut at %zu is not noticed", way->command, size);
    }
}

static void test_cut(void **state)
{
    (void)state;
    each_way(cut, "small");
}

/* An index that lies makes errors or wrong bytes, never harm. */
static void bad_index(const struct way *way, const struct packed *packed)
{
    (void)way;
    struct spill *spill;
    void *data;
    size_t size;
    uint64_t random = 99;
    assert_int_equal(spill_new(64 << 20, &spill), 0);
    struct bytes *stream = open_stream(packed, spill);
    assert_int_equal(stream_measure(stream, plain_size, NULL, NULL), 0);
    assert_int_equal(stream_save(stream, &data, &size), 0);
    bytes_put(stream);
    for (int i = 0; i < (testing_full() ? 15 : 6); i++) {
        uint8_t *copy = malloc(size), buf[2000];
        memcpy(copy, data, size);
        copy[testing_random(&random) % (size < 400 ? size : 400)] ^= (uint8_t)(1 << i % 8);
        stream = open_stream(packed, spill);
        if (stream_load(stream, copy, size) == 0)
            for (int k = 0; k < 4; k++)
                (void)bytes_pread(stream, buf, sizeof buf, testing_random(&random) % plain_size);
        bytes_put(stream);
        free(copy);
    }
    free(data);
    spill_free(spill);
}

static void test_bad_index(void **state)
{
    (void)state;
    each_way(bad_index, "plain");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_damaged),
        cmocka_unit_test(test_cut),
        cmocka_unit_test(test_bad_index),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
