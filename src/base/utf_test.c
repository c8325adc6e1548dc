// SPDX-License-Identifier: MIT

#include "base/testing.h"

#include "base/utf.h"

#include <string.h>

// A decoder by another idea: read the bits off a candidate of each length, write the character again,
// and see whether the bytes are the same.
static size_t slow_decode(const unsigned char *p, size_t n, uint32_t *c)
{
    static const unsigned char masks[] = {0x7f, 0x1f, 0x0f, 0x07};
    for (size_t length = 1; length <= 4 && length <= n; length++) {
        uint32_t value = p[0] & masks[length - 1];
        for (size_t i = 1; i < length; i++)
            value = value << 6 | (p[i] & 0x3f);
        char again[4];
        if (value <= 0x10ffff && utf8_encode(value, again) == length && memcmp(again, p, length) == 0) {
            *c = value;
            return length;
        }
    }
    return 0;
}

static ptrdiff_t slow_to_utf16(const unsigned char *p, size_t n, uint32_t *out)
{
    size_t used = 0;
    for (size_t i = 0; i < n; used++) {
        size_t length = slow_decode(p + i, n - i, &out[used]);
        if (length == 0)
            return -1;
        if (used > 0 && utf16_is_high(out[used - 1]) && utf16_is_low(out[used]))
            return -1;
        i += length;
    }
    return (ptrdiff_t)used;
}

static void check_bytes(const unsigned char *p, size_t n)
{
    uint32_t slow[8];
    WCHAR fast[16];
    ptrdiff_t characters = slow_to_utf16(p, n, slow);
    ptrdiff_t units = utf8_to_utf16((const char *)p, n, fast, 16);
    if ((characters < 0) != (units < 0))
        fail_msg("length %zu, bytes %02x %02x %02x ..", n, p[0], p[1], p[2]);
    if (units < 0)
        return;
    size_t at = 0;
    for (ptrdiff_t i = 0; i < characters; i++) {
        uint32_t c;
        at += utf16_decode(fast + at, (size_t)units - at, &c);
        assert_int_equal(c, slow[i]);
    }
    assert_int_equal(at, units);
    char back[48];
    assert_int_equal(utf16_to_utf8(fast, (size_t)units, back, sizeof back), n);
    assert_memory_equal(back, p, n);
}

static void all_short_byte_strings(void **state)
{
    unsigned char p[3] = {0};
    unsigned step = testing_full() ? 1 : 3; // every third of the last bytes by default
    for (unsigned a = 0; a < 256; a++) {
        p[0] = (unsigned char)a;
        check_bytes(p, 1);
        for (unsigned b = 0; b < 256; b++) {
            p[1] = (unsigned char)b;
            check_bytes(p, 2);
            for (unsigned c = (a + b) % step; c < 256; c += step) {
                p[2] = (unsigned char)c;
                check_bytes(p, 3);
            }
        }
    }
}

// Byte strings of six made of the bytes at the borders of every range.
static void border_bytes(void **state)
{
    static const unsigned char borders[] = {0x41, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xaf, 0xb0, 0xbf, 0xc1,
                                            0xc2, 0xdf, 0xe0, 0xed, 0xef, 0xf0, 0xf4, 0xf5, 0xff};
    uint64_t seed = 3;
    unsigned char p[6];
    for (int round = 0; round < 1000000; round++) {
        uint64_t bits = testing_random(&seed);
        for (size_t i = 0; i < 6; i++, bits >>= 9)
            p[i] = borders[(bits & 0x1ff) % COUNT_OF(borders)];
        check_bytes(p, 6);
    }
}

static void all_characters(void **state)
{
    for (uint32_t c = 0; c <= 0x10ffff; c++) {
        char bytes[4], back[4];
        WCHAR units[2];
        uint32_t again;
        size_t n = utf8_encode(c, bytes);
        assert_int_equal(utf8_decode(bytes, n, &again), n);
        assert_int_equal(again, c);
        ptrdiff_t count = utf8_to_utf16(bytes, n, units, 2);
        assert_int_equal(count, c < 0x10000 ? 1 : 2);
        assert_int_equal(utf16_to_utf8(units, (size_t)count, back, 4), n);
        assert_memory_equal(bytes, back, n);
    }
}

static void surrogates(void **state)
{
    static const WCHAR swapped[] = {0xdc00, 0xd800};
    WCHAR units[4];
    char bytes[8];
    assert_int_equal(utf16_to_utf8(swapped, 2, bytes, 8), 6);
    assert_int_equal(utf8_to_utf16(bytes, 6, units, 4), 2);
    assert_memory_equal(units, swapped, sizeof swapped);
    assert_int_equal(utf8_to_utf16("\xed\xa0\x80\xed\xb0\x80", 6, units, 4), -1);
    assert_int_equal(utf8_to_utf16("\xed\xa0\x80\xed\xa0\x80", 6, units, 4), 2);
    assert_int_equal(utf8_to_utf16("\xf0\x9f\x98\x80", 4, units, 4), 2);
    assert_int_equal(units[0], 0xd83d);
    assert_int_equal(units[1], 0xde00);
}

static void sizes(void **state)
{
    WCHAR units[3] = {1, 2, 3};
    char bytes[4] = "xyz";
    assert_int_equal(utf8_to_utf16("a\xc3\xa9", 3, NULL, 0), 2);
    assert_int_equal(utf8_to_utf16("a\xc3\xa9", 3, units, 1), -1);
    assert_int_equal(utf8_to_utf16("a\xc3\xa9", 3, units, 2), 2);
    assert_int_equal(units[2], 3);
    assert_int_equal(utf8_to_utf16("\xff", 1, NULL, 0), -1);
    assert_int_equal(utf8_to_utf16("\xf0\x9f\x98\x80", 4, units, 1), -1);
    assert_int_equal(utf8_to_utf16("", 0, NULL, 0), 0);
    assert_int_equal(utf16_to_utf8(u"\u20ac", 1, NULL, 0), 3);
    assert_int_equal(utf16_to_utf8(u"\u20ac", 1, bytes, 2), -1);
    assert_int_equal(utf16_to_utf8(u"a\0b", 3, bytes, 3), 3);
    assert_memory_equal(bytes, "a\0b", 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_short_byte_strings),
        cmocka_unit_test(border_bytes),
        cmocka_unit_test(all_characters),
        cmocka_unit_test(surrogates),
        cmocka_unit_test(sizes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
