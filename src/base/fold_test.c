// SPDX-License-Identifier: MIT

#include "base/testing.h"

#include "base/fold.h"

#include <string.h>

static void known_mappings(void **state)
{
    static const WCHAR pairs[][2] = {
        {u'a', u'A'},     {u'z', u'Z'},     {u'A', u'A'},     {u'i', u'I'},     {u'@', u'@'},
        {u'`', u'`'},     {u'{', u'{'},     {0x00e0, 0x00c0}, {0x00f7, 0x00f7}, {0x00ff, 0x0178},
        {0x00df, 0x00df}, {0x1e9e, 0x1e9e}, {0x00b5, 0x00b5}, {0x0130, 0x0130}, {0x0131, 0x0131},
        {0x017f, 0x017f}, {0x01c4, 0x01c4}, {0x01c5, 0x01c5}, {0x01c6, 0x01c4}, {0x0345, 0x0345},
        {0x03c2, 0x03a3}, {0x03c3, 0x03a3}, {0x03d0, 0x03d0}, {0x0451, 0x0401}, {0x0561, 0x0531},
        {0x10d0, 0x10d0}, {0x1e9b, 0x1e9b}, {0x1f80, 0x1f88}, {0x1fb3, 0x1fbc}, {0x1fb2, 0x1fb2},
        {0x1fbe, 0x1fbe}, {0x2126, 0x2126}, {0x212a, 0x212a}, {0x212b, 0x212b}, {0x2170, 0x2160},
        {0x24d0, 0x24b6}, {0x2c65, 0x023a}, {0x2d00, 0x10a0}, {0xa641, 0xa640}, {0xa661, 0xa661},
        {0xab70, 0xab70}, {0xd800, 0xd800}, {0xdc28, 0xdc28}, {0xf061, 0xf061}, {0xff41, 0xff21},
        {0xffff, 0xffff},
    };
    for (size_t i = 0; i < COUNT_OF(pairs); i++) {
        if (fold_unit(pairs[i][0]) != pairs[i][1])
            fail_msg("U+%04X folds to U+%04X", pairs[i][0], fold_unit(pairs[i][0]));
    }
}

static void is_idempotent_and_complete(void **state)
{
    unsigned mapped = 0;
    for (unsigned unit = 0; unit <= 0xffff; unit++) {
        WCHAR folded = fold_unit((WCHAR)unit);
        mapped += folded != unit;
        assert_int_equal(fold_unit(folded), folded);
        assert_true((unit < 0x80) == (folded < 0x80));
    }
    assert_int_equal(mapped, 974);
}

static void compares(void **state)
{
    WCHAR text[] = u"Stra\u00dfe \u0451";
    fold_units(text, text, 8);
    assert_memory_equal(text, u"STRA\u00dfE \u0401", sizeof text);
    assert_true(fold_equal(u"ReadMe", 6, u"README", 6));
    assert_false(fold_equal(u"ReadMe", 6, u"README1", 7));
    assert_false(fold_equal(u"a", 1, u"b", 1));
    assert_true(fold_equal(u"", 0, u"", 0));
    assert_true(fold_compare(u"a", 1, u"B", 1) < 0);
    assert_true(fold_compare(u"b", 1, u"A", 1) > 0);
    assert_true(fold_compare(u"ab", 2, u"A", 1) > 0);
    assert_true(fold_compare(u"A", 1, u"ab", 2) < 0);
    assert_true(fold_compare(u"_", 1, u"a", 1) > 0); // capitals come before '_'
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_mappings),
        cmocka_unit_test(is_idempotent_and_complete),
        cmocka_unit_test(compares),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
