// SPDX-License-Identifier: MIT

#include "base/testing.h"

#include "base/cleanup.h"
#include "fs/archive/unpack.h"
#include <errno.h>
#include <string.h>

/* Gives bytes that follow from their place. */
struct fake {
    uint64_t at, size, starts;
    int64_t damaged_from; /* -1: never */
};

static unsigned char byte_at(uint64_t at)
{
    return (unsigned char)(at * 2654435761u >> 16);
}

static int fake_start(void *ctx)
{
    struct fake *fake = ctx;
    fake->at = 0;
    fake->starts++;
    return 0;
}

static ssize_t fake_read(void *ctx, void *buf, size_t size)
{
    struct fake *fake = ctx;
    if (fake->damaged_from >= 0 && fake->at >= (uint64_t)fake->damaged_from)
        return -EBADMSG;
    size = size < fake->size - fake->at ? size : (size_t)(fake->size - fake->at);
    size = size < 50000 ? size : 50000;
    for (size_t i = 0; i < size; i++)
        ((unsigned char *)buf)[i] = byte_at(fake->at + i);
    fake->at += size;
    return (ssize_t)size;
}

static void fake_nothing(void *ctx)
{
}

static const struct decoder_ops fake_ops = {fake_start, fake_read, fake_nothing, fake_nothing};

static bool right(struct bytes *bytes, uint64_t at, size_t size)
{
    CLEANUP_FREE unsigned char *buf = malloc(size);
    ssize_t got = bytes_pread(bytes, buf, size, at);
    for (ssize_t i = 0; i < got; i++)
        if (buf[i] != byte_at(at + (uint64_t)i))
            return false;
    return got == (ssize_t)(at >= bytes->size ? 0 : bytes->size - at < size ? bytes->size - at : size);
}

static struct bytes *make(struct fake *fake, uint64_t told, struct spill *spill)
{
    struct bytes *bytes;
    assert_int_equal(unpack_new(&fake_ops, fake, told, spill, &bytes), 0);
    return bytes;
}

static void decodes_once(void **state)
{
    static const uint64_t sizes[] = {0, 1, 262144, 262145, 1000000, 131072 * 4};
    struct spill *spill;
    assert_int_equal(spill_new(64 << 20, &spill), 0);
    for (size_t i = 0; i < COUNT_OF(sizes); i++) {
        struct fake fake = {.size = sizes[i], .damaged_from = -1};
        struct bytes *bytes = make(&fake, sizes[i], spill);
        assert_true(right(bytes, sizes[i] / 2, 1000));
        assert_true(right(bytes, 0, 1 << 20));
        assert_true(right(bytes, sizes[i], 10));
        assert_true(right(bytes, 0, 10));
        assert_int_equal(fake.starts, sizes[i] ? 1 : 0);
        bytes_put(bytes);
    }
    spill_free(spill);
}

/* What is only read in order, or nearly, goes nowhere; then it is kept after all. */
static void quick_is_lazy(void **state)
{
    static const struct decoder_ops quick = {fake_start, fake_read, fake_nothing, fake_nothing, true};
    struct spill *spill;
    assert_int_equal(spill_new(64 << 20, &spill), 0);
    for (int i = 0; i < 100; i++) { /* more often than there are rings */
        struct fake fake = {.size = 5000000, .damaged_from = -1};
        struct bytes *bytes;
        assert_int_equal(unpack_new(&quick, &fake, fake.size, spill, &bytes), 0);
        assert_true(right(bytes, 3000000, 1000));
        assert_true(right(bytes, 2300000, 1000));
        for (uint64_t at = 2300000; i == 0 && at < 5000000; at += 130000)
            assert_true(right(bytes, at, 130000) && right(bytes, at - 50000, 1000));
        assert_int_equal(fake.starts, 1);
        assert_int_equal(spill_used(spill), 0);
        assert_true(right(bytes, 0, 1000));
        assert_true(right(bytes, 4000000, 1000));
        assert_int_equal(fake.starts, 2);
        assert_true(spill_used(spill) >= 4000000);
        for (uint64_t at = 5000000; at > 0; at -= 500000)
            assert_true(right(bytes, at - 500000, 500000));
        assert_int_equal(fake.starts, 2);
        bytes_put(bytes);
    }
    struct bytes *bytes[40];
    struct fake fakes[40];
    for (int i = 0; i < 40; i++) {
        fakes[i] = (struct fake){.size = 1000000, .damaged_from = -1};
        assert_int_equal(unpack_new(&quick, &fakes[i], 1000000, spill, &bytes[i]), 0);
        assert_true(right(bytes[i], 0, 1000000) && right(bytes[i], 5, 600));
    }
    assert_true(spill_used(spill) >= 8000000 && spill_used(spill) <= 9000000); /* those without a ring */
    for (int i = 0; i < 40; i++)
        bytes_put(bytes[i]);
    spill_free(spill);
}

static void no_room(void **state)
{
    struct spill *spill;
    assert_int_equal(spill_new(300000, &spill), 0);
    struct fake fake = {.size = 1000000, .damaged_from = -1};
    struct bytes *bytes = make(&fake, fake.size, spill);
    assert_true(right(bytes, 0, 1 << 20));
    assert_true(right(bytes, 950000, 1000));
    assert_int_equal(fake.starts, 1);
    assert_true(right(bytes, 10, 1000));
    assert_int_equal(fake.starts, 2);
    bytes_put(bytes);
    spill_free(spill);
}

static void damage_stays(void **state)
{
    const struct {
        uint64_t size, told;
        int64_t damaged_from;
    } rows[] = {{1000, 1000, 500},        {1000, 1000, 1000},   {1000, 1001, -1},    {1000, 999, -1},
                {900000, 900000, 900000}, {900000, 900001, -1}, {900000, 899999, -1}};
    struct spill *spill;
    assert_int_equal(spill_new(64 << 20, &spill), 0);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        char buf[100];
        struct fake fake = {.size = rows[i].size, .damaged_from = rows[i].damaged_from};
        struct bytes *bytes = make(&fake, rows[i].told, spill);
        assert_int_equal(bytes_pread(bytes, buf, sizeof buf, rows[i].told - 50), -EBADMSG);
        assert_int_equal(bytes_pread(bytes, buf, sizeof buf, 0), -EBADMSG);
        bytes_put(bytes);
    }
    spill_free(spill);
}

/* Four threads on two files of which the spill holds about one: they push each other out. */
struct crowd {
    struct bytes *bytes[2];
    unsigned number;
    bool wrong;
};

static void *read_about(void *arg)
{
    struct crowd *crowd = arg;
    uint64_t random = crowd->number + 1;
    for (int i = 0; i < 200; i++) {
        struct bytes *bytes = crowd->bytes[testing_random(&random) % 2];
        if (!right(bytes, testing_random(&random) % bytes->size, 5000))
            crowd->wrong = true;
    }
    return NULL;
}

static void many_readers(void **state)
{
    struct spill *spill;
    assert_int_equal(spill_new(3 << 20, &spill), 0);
    struct fake fakes[2] = {{.size = 2 << 20, .damaged_from = -1}, {.size = 2500000, .damaged_from = -1}};
    struct bytes *bytes[2] = {make(&fakes[0], fakes[0].size, spill), make(&fakes[1], fakes[1].size, spill)};
    struct crowd crowds[4];
    pthread_t threads[4];
    for (unsigned i = 0; i < 4; i++) {
        crowds[i] = (struct crowd){{bytes[0], bytes[1]}, i, false};
        assert_int_equal(pthread_create(&threads[i], NULL, read_about, &crowds[i]), 0);
    }
    for (unsigned i = 0; i < 4; i++) {
        pthread_join(threads[i], NULL);
        assert_false(crowds[i].wrong);
    }
    bytes_put(bytes[0]);
    bytes_put(bytes[1]);
    spill_free(spill);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(decodes_once), cmocka_unit_test(quick_is_lazy), cmocka_unit_test(no_room),
        cmocka_unit_test(damage_stays), cmocka_unit_test(many_readers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
