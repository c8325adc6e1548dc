// SPDX-License-Identifier: MIT
/*
 * The fast checksum says what zlib says: any length, any place, in pieces.
 */
#include "base/testing.h"
#include "fs/stream/crc32.h"

#include <stdlib.h>
#include <string.h>
#include <zlib.h>

enum { SIZE = 5000 };
static uint8_t bytes[SIZE];

static uint32_t theirs(uint32_t sum, size_t from, size_t size)
{
    return (uint32_t)crc32_z(sum, bytes + from, size);
}

static void test_lengths(void **state)
{
    (void)state;
    for (size_t size = 0; size < 400; size++)
        for (size_t from = 0; from < 20; from++)
            assert_int_equal(checksum32(0, bytes + from, size), theirs(0, from, size));
    assert_int_equal(checksum32(0, bytes, SIZE), theirs(0, 0, SIZE));
}

static void test_known(void **state)
{
    (void)state;
    assert_int_equal(checksum32(0, "123456789", 9), 0xcbf43926);
    uint8_t zeros[1000] = {0};
    assert_int_equal(checksum32(0, zeros, sizeof zeros), crc32_z(0, zeros, sizeof zeros));
    assert_int_equal(checksum32(0, NULL, 0), 0);
}

static void test_pieces(void **state)
{
    (void)state;
    for (size_t cut = 0; cut <= SIZE; cut += 37) {
        uint32_t sum = checksum32(checksum32(0, bytes, cut), bytes + cut, SIZE - cut);
        assert_int_equal(sum, theirs(0, 0, SIZE));
    }
    for (size_t cut = 1; cut < 300; cut++)
        assert_int_equal(checksum32(theirs(0, 0, cut), bytes + cut, SIZE - cut), theirs(0, 0, SIZE));
}

int main(void)
{
    uint64_t x = 88172645463325252;
    for (size_t i = 0; i < SIZE; i++) {
        x ^= x << 13, x ^= x >> 7, x ^= x << 17;
        bytes[i] = (uint8_t)x;
    }
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_lengths), cmocka_unit_test(test_known),
                                       cmocka_unit_test(test_pieces)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
