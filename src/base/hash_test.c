// SPDX-License-Identifier: MIT

#include "base/testing.h"

#include "base/hash.h"

#include <string.h>

static void seed_is_stable(void **state)
{
    assert_int_not_equal(hash_seed(), 0);
    assert_true(hash_seed() == hash_seed());
}

static void depends_on_everything(void **state)
{
    WCHAR a[40] = {0}, b[40] = {0};
    for (size_t n = 0; n <= 40; n++) {
        assert_true(hash_units(a, n, 7) == hash_units(b, n, 7));
        assert_true(hash_units(a, n, 7) != hash_units(a, n, 8));
        for (size_t i = 0; i < n; i++) {
            b[i] = 1;
            assert_true(hash_units(a, n, 7) != hash_units(b, n, 7));
            b[i] = 0;
        }
        for (size_t m = 0; m < n; m++)
            assert_true(hash_units(a, n, 7) != hash_units(a, m, 7));
    }
}

// Flipping one input bit must flip about half of the output bits, at every place.
static void spreads_bits(void **state)
{
    uint64_t seed = 1;
    for (size_t bit = 0; bit < 21 * 16; bit++) {
        unsigned flipped = 0;
        for (int round = 0; round < 64; round++) {
            WCHAR text[21];
            for (size_t i = 0; i < 21; i++)
                text[i] = (WCHAR)testing_random(&seed);
            uint64_t before = hash_units(text, 21, 99);
            text[bit / 16] ^= (WCHAR)(1u << bit % 16);
            flipped += (unsigned)__builtin_popcountll(before ^ hash_units(text, 21, 99));
        }
        assert_in_range(flipped, 64 * 26, 64 * 38);
    }
}

// Numbered names, as directories have them, must not crowd into few buckets by their low bits.
static void fills_buckets_evenly(void **state)
{
    static unsigned names[1024], numbers[1024], pointers[1024];
    for (unsigned i = 0; i < 102400; i++) {
        WCHAR name[] = u"file000000.txt";
        for (unsigned digit = 0, rest = i; digit < 6; digit++, rest /= 10)
            name[9 - digit] = (WCHAR)(u'0' + rest % 10);
        names[hash_units(name, 14, hash_seed()) % 1024]++;
        numbers[hash_u64(i, hash_seed()) % 1024]++;
        pointers[hash_ptr((char *)0x550000000000 + 64 * (size_t)i, hash_seed()) % 1024]++;
    }
    for (size_t i = 0; i < 1024; i++) {
        assert_in_range(names[i], 40, 180);
        assert_in_range(numbers[i], 40, 180);
        assert_in_range(pointers[i], 40, 180);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(seed_is_stable),
        cmocka_unit_test(depends_on_everything),
        cmocka_unit_test(spreads_bits),
        cmocka_unit_test(fills_buckets_evenly),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
