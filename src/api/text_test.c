// SPDX-License-Identifier: MIT

#include "base/testing.h"

#include <dokan/dokan_ex.h>
#include <string.h>

#define GUARD 0x2a2a

static void fill(WCHAR *text, size_t n)
{
    for (size_t i = 0; i < n; i++)
        text[i] = GUARD;
}

static void assert_text(const WCHAR *actual, const WCHAR *expected)
{
    if (DokanWcscmp(actual, expected) != 0) {
        char a[400], b[400];

        DokanUtf16ToUtf8(actual, DOKAN_TERMINATED, a, sizeof(a));
        DokanUtf16ToUtf8(expected, DOKAN_TERMINATED, b, sizeof(b));
        fail_msg("got '%s', want '%s'", a, b);
    }
}

static void test_utf8_to_utf16(void **state)
{
    WCHAR out[8];

    assert_int_equal(DokanUtf8ToUtf16("aä€😀", DOKAN_TERMINATED, out, 8), 5);
    assert_text(out, u"aä€😀");
    assert_int_equal(DokanUtf8ToUtf16("aä€😀", DOKAN_TERMINATED, NULL, 0), 5);
    assert_int_equal(DokanUtf8ToUtf16("abcdef", 3, out, 8), 3);
    assert_text(out, u"abc");
    assert_int_equal(DokanUtf8ToUtf16("a\xED\xA0\x80z", DOKAN_TERMINATED, out, 8), 3);
    assert_int_equal(out[1], 0xD800);
}

static void test_what_does_not_fit_is_cut_between_characters(void **state)
{
    WCHAR wide[8];
    char narrow[8];

    for (size_t size = 1; size < 8; size++) {
        static const WCHAR *const want[] = {u"", u"a", u"a", u"a😀", u"a😀z", u"a😀z", u"a😀z"};

        fill(wide, 8);
        assert_int_equal(DokanUtf8ToUtf16("a😀z", DOKAN_TERMINATED, wide, size), 4);
        assert_text(wide, want[size - 1]);
        assert_true(size > 5 || wide[size] == GUARD);
    }
    for (size_t size = 1; size < 8; size++) {
        static const char *const want[] = {"", "a", "a", "a", "a€", "a€z", "a€z"};

        memset(narrow, '*', sizeof(narrow));
        assert_int_equal(DokanUtf16ToUtf8(u"a€z", DOKAN_TERMINATED, narrow, size), 5);
        assert_string_equal(narrow, want[size - 1]);
        assert_true(size > 6 || narrow[size] == '*');
    }
}

static void test_malformed_utf8_is_refused(void **state)
{
    static const char *const bad[] = {"\x80", "\xC0\x80", "a\xE2\x82", "\xF4\x90\x80\x80", "\xFF"};
    WCHAR out[4];

    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        fill(out, 4);
        DokanWin32SetLastError(0);
        assert_true(DokanUtf8ToUtf16(bad[i], DOKAN_TERMINATED, out, 4) == DOKAN_MALFORMED);
        assert_int_equal(DokanWin32GetLastError(), ERROR_NO_UNICODE_TRANSLATION);
        assert_int_equal(out[0], 0);
    }
}

static void test_every_unit_comes_back(void **state)
{
    for (unsigned unit = 1; unit <= 0xFFFF; unit++) {
        WCHAR in[3] = {(WCHAR)unit, 'x', 0}, out[3];
        char utf8[8];

        assert_true(DokanUtf16ToUtf8(in, 2, utf8, sizeof(utf8)) < sizeof(utf8));
        assert_int_equal(DokanUtf8ToUtf16(utf8, DOKAN_TERMINATED, out, 3), 2);
        assert_memory_equal(in, out, sizeof(in));
    }
}

static int sign(int n)
{
    return (n > 0) - (n < 0);
}

static void test_compare(void **state)
{
    assert_int_equal(sign(DokanWcscmp(u"a", u"b")), -1);
    assert_int_equal(sign(DokanWcscmp(u"b", u"a")), 1);
    assert_int_equal(sign(DokanWcscmp(u"ab", u"a")), 1);
    assert_int_equal(DokanWcscmp(u"", u""), 0);
    assert_int_equal(sign(DokanWcscmp(u"\xFFFF", u"a")), 1);
    assert_int_equal(DokanWcsncmp(u"abc", u"abd", 2), 0);
    assert_int_equal(DokanWcsncmp(u"abc", u"xyz", 0), 0);
    assert_int_equal(DokanWcsicmp(u"Straße ÄÖ", u"sTRAßE äö"), 0);
    assert_int_equal(sign(DokanWcsicmp(u"a", u"B")), -1);
    assert_int_equal(DokanWcsnicmp(u"ABc", u"abD", 2), 0);
    assert_int_not_equal(DokanWcsicmp(u"a", u"a "), 0);
}

static void test_copy_and_append(void **state)
{
    WCHAR out[5];

    fill(out, 5);
    assert_int_equal(DokanWcscpy(out, 4, u"abcdef"), 6);
    assert_text(out, u"abc");
    assert_int_equal(out[4], GUARD);
    assert_int_equal(DokanWcscpy(out, 5, u"ab"), 2);
    assert_int_equal(DokanWcscat(out, 5, u"cd"), 4);
    assert_text(out, u"abcd");
    assert_int_equal(DokanWcscat(out, 5, u"ef"), 6);
    assert_text(out, u"abcd");
    assert_int_equal(DokanWcscpy(NULL, 0, u"abc"), 3);
}

static void test_find(void **state)
{
    static const WCHAR text[] = u"a.b.c";

    assert_ptr_equal(DokanWcschr(text, u'.'), text + 1);
    assert_ptr_equal(DokanWcsrchr(text, u'.'), text + 3);
    assert_null(DokanWcschr(text, u'x'));
    assert_null(DokanWcsrchr(text, u'x'));
    assert_ptr_equal(DokanWcschr(text, 0), text + 5);
    assert_ptr_equal(DokanWcsrchr(text, 0), text + 5);
}

static void test_length(void **state)
{
    assert_int_equal(DokanWcslen(u"hello"), 5);
    assert_int_equal((DokanWcslen)(u"hello"), 5);
    assert_int_equal((DokanWcslen)(u""), 0);
    assert_int_equal((DokanWcslen)(NULL), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_utf8_to_utf16),
        cmocka_unit_test(test_what_does_not_fit_is_cut_between_characters),
        cmocka_unit_test(test_malformed_utf8_is_refused),
        cmocka_unit_test(test_every_unit_comes_back),
        cmocka_unit_test(test_compare),
        cmocka_unit_test(test_copy_and_append),
        cmocka_unit_test(test_find),
        cmocka_unit_test(test_length),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
