// SPDX-License-Identifier: MIT
/*
 * Streams against the files that the real tools make: every byte, at random and in order, with points found
 * and with points loaded, with much and with little room in the spill, by many threads.
 */
#include "fs/stream/stream_testing.h"

static void compare(struct bytes *stream, uint64_t offset, size_t size)
{
    static _Thread_local uint8_t buf[300000];
    size_t want = offset >= plain_size         ? 0
                  : size < plain_size - offset ? size
                                               : (size_t)(plain_size - offset);
    ssize_t n = bytes_pread(stream, buf, size, offset);
    if (n != (ssize_t)want || memcmp(buf, plain + offset, want) != 0)
        fail_msg("%zd of %zu bytes at %llu", n, want, (unsigned long long)offset);
}

static void compare_random(struct bytes *stream, int count, uint64_t seed)
{
    for (int i = 0; i < count; i++) {
        uint64_t offset = testing_random(&seed) % (plain_size + 1000);
        compare(stream, offset, testing_random(&seed) % (i % 8 ? 10000 : 300000));
    }
}

static int many(int count)
{
    return testing_full() ? count : count / 4;
}

static void compare_all(struct bytes *stream)
{
    for (uint64_t offset = 0; offset < plain_size; offset += 123457)
        compare(stream, offset, 123457);
    compare(stream, plain_size, 1);
}

static int count_report(void *ctx, uint64_t done, uint64_t total)
{
    assert_true(done <= total);
    ++*(int *)ctx;
    return 0;
}

static void check_fresh(const struct packed *packed, struct spill *spill, int reads)
{
    struct bytes *stream = open_stream(packed, spill);
    compare_random(stream, reads / 3, 5); /* before anything is known */
    int calls = 0;
    assert_int_equal(stream_measure(stream, plain_size - 1, NULL, NULL), -E2BIG);
    assert_int_equal(stream_measure(stream, plain_size, count_report, &calls), 0);
    assert_int_equal(stream->size, plain_size);
    compare_random(stream, reads, 6);
    compare_all(stream);
    bytes_put(stream);
}

static void check_loaded(const struct packed *packed, struct spill *spill)
{
    struct bytes *first = open_stream(packed, spill), *stream = open_stream(packed, spill);
    void *data = NULL;
    size_t size;
    assert_int_equal(stream_measure(first, plain_size, NULL, NULL), 0);
    assert_int_equal(stream_save(first, &data, &size), 0);
    bytes_put(first);
    for (size_t i = 0; i < size; i += 1 + i / 40)
        assert_int_not_equal(stream_load(stream, data, i), 0);
    assert_int_equal(stream_load(stream, data, size), 0);
    assert_int_equal(stream->size, plain_size);
    assert_int_equal(stream_work(stream), 0);
    compare_random(stream, many(40), 7);
    compare_all(stream);
    bytes_put(stream);
    free(data);
}

static void whole(const struct way *way, const struct packed *packed)
{
    (void)way;
    static const uint64_t limits[] = {(uint64_t)64 << 20, 2 << 20, 0};
    for (size_t i = 0; i < (testing_full() ? COUNT_OF(limits) : 2); i++) {
        struct spill *spill;
        assert_int_equal(spill_new(limits[i], &spill), 0);
        check_fresh(packed, spill, i == 0 ? many(60) : 9);
        if (i == 0)
            check_loaded(packed, spill);
        assert_int_equal(spill_used(spill), 0);
        spill_free(spill);
    }
}

static void test_whole(void **state)
{
    (void)state;
    each_way(whole, "plain");
}

/* Intervals that are too long to be decoded again and again. */
static void test_long(void **state)
{
    (void)state;
    static const int chosen[] = {WAY_ZSTD, WAY_ZSTD_PIPED, WAY_LZ4};
    for (size_t i = 0; i < COUNT_OF(chosen); i++) {
        struct packed packed;
        if (!pack(&ways[chosen[i]], "long", &packed))
            continue;
        whole(&ways[chosen[i]], &packed);
        free(packed.data);
    }
}

/* ---- threads ------------------------------------------------------------------------------------------ */

struct crowd {
    struct bytes *stream;
    uint64_t seed;
};

static void *read_much(void *arg)
{
    struct crowd *crowd = arg;
    if (crowd->seed % 3 == 0)
        compare_all(crowd->stream);
    else
        compare_random(crowd->stream, many(30), crowd->seed);
    return NULL;
}

static void threads(const struct way *way, const struct packed *packed)
{
    (void)way;
    struct spill *spill;
    assert_int_equal(spill_new(testing_full() ? 6 << 20 : 16 << 20, &spill), 0);
    struct bytes *stream = open_stream(packed, spill);
    assert_int_equal(stream_measure(stream, plain_size, NULL, NULL), 0);
    pthread_t ids[6];
    struct crowd crowd[6];
    for (unsigned i = 0; i < COUNT_OF(ids); i++) {
        crowd[i] = (struct crowd){stream, i + 3};
        assert_int_equal(pthread_create(&ids[i], NULL, read_much, &crowd[i]), 0);
    }
    for (unsigned i = 0; i < COUNT_OF(ids); i++)
        pthread_join(ids[i], NULL);
    bytes_put(stream);
    spill_free(spill);
}

static void test_threads(void **state)
{
    (void)state;
    each_way(threads, "plain");
}

/* ---- what is said ------------------------------------------------------------------------------------- */

static void test_warning(void **state)
{
    (void)state;
    struct packed packed;
    if (!pack(&ways[WAY_XZ], "long", &packed))
        skip();
    for (uint64_t limit = 1; limit <= 16; limit *= 16) {
        struct spill *spill;
        assert_int_equal(spill_new(limit << 20, &spill), 0);
        struct bytes *stream = open_stream(&packed, spill);
        assert_int_equal(stream_measure(stream, plain_size, NULL, NULL), 0);
        const char *warning = stream_warning(stream);
        assert_int_equal(warning != NULL, limit == 1);
        if (warning)
            assert_non_null(strstr(warning, "pixz"));
        bytes_put(stream);
        spill_free(spill);
    }
    free(packed.data);
}

static int stop_at_once(void *ctx, uint64_t done, uint64_t total)
{
    (void)ctx, (void)done, (void)total;
    return -ECANCELED;
}

static void test_cancel(void **state)
{
    (void)state;
    struct packed packed;
    if (!pack(&ways[WAY_GZIP], "plain", &packed))
        skip();
    struct spill *spill;
    assert_int_equal(spill_new(1 << 20, &spill), 0);
    struct bytes *stream = open_stream(&packed, spill);
    assert_int_equal(stream_measure(stream, plain_size, stop_at_once, NULL), -ECANCELED);
    void *data;
    size_t size;
    assert_int_equal(stream_save(stream, &data, &size), -EAGAIN);
    bytes_put(stream);
    spill_free(spill);
    free(packed.data);
}

struct stop {
    int calls, most;
};

static int stop_later(void *ctx, uint64_t done, uint64_t total)
{
    struct stop *stop = ctx;
    assert_true(done <= total);
    return ++stop->calls == stop->most ? -ECANCELED : 0;
}

static struct packed bomb_packed; /* once; freed by the last test */

/* A small stream of very much: refused when there is a bound, and left at any time when there is none. */
static void test_bomb(void **state)
{
    (void)state;
    if (!bomb_packed.data && !pack(&bomb, "small", &bomb_packed))
        skip();
    struct spill *spill;
    assert_int_equal(spill_new(1 << 20, &spill), 0);
    struct bytes *stream = open_stream(&bomb_packed, spill);
    stream_limit(stream, 250);
    assert_int_equal(stream_measure(stream, INT64_MAX, NULL, NULL), -E2BIG);
    assert_true(stream_too_large(stream));
    assert_true(stream_work(stream) <= STREAM_TRUSTED + (1 << 20));
    bytes_put(stream);
    stream = open_stream(&bomb_packed, spill);
    stream_limit(stream, 0);
    struct stop stop = {0, 5};
    assert_int_equal(stream_advance(stream, (uint64_t)500 << 20, stop_later, &stop), -ECANCELED);
    assert_true(stream_work(stream) < 60 << 20);
    assert_int_equal(stream_advance(stream, (uint64_t)100 << 20, stop_later, &stop), 0);
    assert_true(stop.calls > 10);
    assert_false(stream_too_large(stream));
    bytes_put(stream);
    spill_free(spill);
}

/* Every kind of bomb is found after a bounded part of it, and long zeros before or in something larger are
 * none. */
static void test_bombs(void **state)
{
    (void)state;
    static const struct {
        struct way way;
        uint64_t most; /* decompressed until it is refused; 0: it is not */
    } rows[] = {
        {{"gzip", "gzip", "head -c 700M /dev/zero | gzip > $F.out", true}, STREAM_TRUSTED},
        {{"bzip2", "bzip2", "head -c 300M /dev/zero | bzip2 > $F.out", true}, STREAM_TRUSTED_SLOW},
        {{"xz", "xz", "head -c 300M /dev/zero | xz -0 > $F.out", true}, STREAM_TRUSTED_SLOW},
        {{"lz4", "lz4", "head -c 700M /dev/zero | lz4 -q > $F.out", true}, STREAM_TRUSTED + (100 << 20)},
        {{"zstd", "zstd", "head -c 600M /dev/zero | zstd -q > $F.out", true}, STREAM_TRUSTED},
        {{"gzip", "gzip", "{ head -c 600M /dev/zero; head -c 6M /dev/urandom; } | gzip > $F.out", true}, 0},
        {{"zstd", "zstd", "{ head -c 600M /dev/zero; head -c 12M /dev/urandom; } | zstd -q > $F.out", true},
         0},
        {{"bzip2", "bzip2", "head -c 200M /dev/zero | bzip2 > $F.out", true}, 0},
    };
    struct spill *spill;
    assert_int_equal(spill_new(1 << 20, &spill), 0);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct packed packed;
        if (!pack(&rows[i].way, "small", &packed))
            continue;
        struct bytes *stream = open_stream(&packed, spill);
        stream_limit(stream, STREAM_RATIO);
        stream_passing(stream, true);
        int rc = stream_measure(stream, INT64_MAX, NULL, NULL);
        stream_passing(stream, false);
        if (rc != (rows[i].most ? -E2BIG : 0))
            fail_msg("%s: %d, %llu bytes", rows[i].way.command, rc, (unsigned long long)stream_work(stream));
        assert_int_equal(stream_too_large(stream), rows[i].most != 0);
        if (rows[i].most)
            assert_true(stream_work(stream) <= rows[i].most + (1 << 20));
        bytes_put(stream);
        free(packed.data);
    }
    spill_free(spill);
}

/* What a scan only passes over is not kept, and is there afterwards all the same. */
static void test_passing(void **state)
{
    (void)state;
    struct packed packed;
    if (!pack(&ways[WAY_ZSTD], "long", &packed))
        skip();
    struct spill *spill;
    assert_int_equal(spill_new(64 << 20, &spill), 0);
    struct bytes *stream = open_stream(&packed, spill);
    stream_passing(stream, true);
    compare(stream, 100, 1000);
    assert_int_equal(stream_measure(stream, plain_size, NULL, NULL), 0);
    stream_passing(stream, false);
    compare(stream, plain_size / 2, 1000);
    assert_int_equal(spill_used(spill), 0);
    compare(stream, 100, 1000); /* goes back */
    compare_all(stream);
    compare_all(stream);
    assert_true(spill_used(spill) >= plain_size / 3);
    uint64_t work = stream_work(stream);
    compare_all(stream);
    assert_int_equal(stream_work(stream), work);
    bytes_put(stream);
    spill_free(spill);
    free(packed.data);
}

/* As a scan reads: in order, with short looks back and long ways passed over. */
static void scan(struct bytes *stream, bool stop_early)
{
    static const size_t steps[] = {1000, 100000, 65536, 700000, 65536, 3000000, 1};
    size_t at = 0;
    int calls = 0;
    for (int i = 0; at < plain_size && !(stop_early && i == 3); i++) {
        size_t size = plain_size - at < 65536 ? plain_size - at : 65536;
        compare(stream, at, size);
        compare(stream, at > 4096 ? at - 4096 : 0, 4096);
        at += size + steps[i % 7];
        assert_int_equal(stream_advance(stream, at, count_report, &calls), 0);
    }
}

/* A thread decodes while a scan goes on. */
static void test_ahead(void **state)
{
    (void)state;
    static const int chosen[] = {WAY_ZSTD, WAY_GZIP, WAY_LZ4};
    memory_fd = 0;
    for (size_t i = 0; i < sizeof chosen / sizeof *chosen; i++) {
        struct packed packed;
        if (!pack(&ways[chosen[i]], "long", &packed))
            continue;
        struct spill *spill;
        assert_int_equal(spill_new(64 << 20, &spill), 0);
        for (int round = 0; round < 3; round++) {
            struct bytes *stream = open_stream(&packed, spill);
            stream_passing(stream, true);
            scan(stream, round == 1);
            if (round != 1)
                assert_int_equal(stream_measure(stream, plain_size, NULL, NULL), 0);
            if (round != 2)
                stream_passing(stream, false);
            if (round == 0)
                assert_true(stream_work(stream) <= plain_size + plain_size / 8);
            if (round == 0)
                compare_all(stream);
            bytes_put(stream);
        }
        spill_free(spill);
        free(packed.data);
    }
    memory_fd = -1;
}

/* What was measured without a bound is not loaded where there is one. */
static void test_bomb_index(void **state)
{
    (void)state;
    if (!bomb_packed.data && !pack(&bomb, "small", &bomb_packed))
        skip();
    struct spill *spill;
    void *data;
    size_t size;
    assert_int_equal(spill_new(1 << 20, &spill), 0);
    struct bytes *stream = open_stream(&bomb_packed, spill);
    assert_int_equal(stream_measure(stream, INT64_MAX, NULL, NULL), 0);
    assert_int_equal(stream_save(stream, &data, &size), 0);
    bytes_put(stream);
    stream = open_stream(&bomb_packed, spill);
    stream_limit(stream, 250);
    assert_int_equal(stream_load(stream, data, size), -E2BIG);
    stream_limit(stream, 0);
    assert_int_equal(stream_load(stream, data, size), 0);
    bytes_put(stream);
    spill_free(spill);
    free(data);
    free(bomb_packed.data);
    bomb_packed.data = NULL;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_whole),   cmocka_unit_test(test_long),       cmocka_unit_test(test_threads),
        cmocka_unit_test(test_warning), cmocka_unit_test(test_cancel),     cmocka_unit_test(test_bomb),
        cmocka_unit_test(test_passing), cmocka_unit_test(test_bomb_index), cmocka_unit_test(test_ahead),
        cmocka_unit_test(test_bombs),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
