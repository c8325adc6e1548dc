// SPDX-License-Identifier: MIT

#include "base/testing.h"

#include <dokan/dokan_ex.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

static char last[800];

static const char *format(const char *fmt, ...)
{
    WCHAR wide[400];
    va_list arguments;
    int length, again;

    va_start(arguments, fmt);
    length = DokanVswprintf(wide, 400, fmt, arguments);
    va_end(arguments);
    va_start(arguments, fmt);
    again = DokanVswprintf(NULL, 0, fmt, arguments);
    va_end(arguments);
    assert_int_equal(length, again);
    if (length < 0)
        return "(refused)";
    assert_int_equal(DokanWcslen(wide), length);
    DokanUtf16ToUtf8(wide, DOKAN_TERMINATED, last, sizeof(last));
    return last;
}

// What the C library makes of it is what we make of it.
#define SAME(...)                                           \
    do {                                                    \
        char expected[400];                                 \
        snprintf(expected, sizeof(expected), __VA_ARGS__);  \
        assert_string_equal(format(__VA_ARGS__), expected); \
    } while (0)

static void test_integers(void **state)
{
    SAME("%d|%i|%u|%x|%X|%o", INT_MIN, -1, UINT_MAX, 0xabcu, 0xABCu, 8u);
    SAME("%5d|%-5d|%05d|%+d|% d|%#x|%.3d|%8.3d|%-8.3d|", 42, 42, 42, 42, 42, 42, 4, 4, 4);
    assert_string_equal(format("%hhd %hhu %hd %hu", 200, 300, 40000, 70000), "-56 44 -25536 4464");
    SAME("%ld %lu %lld %llu", LONG_MIN, ULONG_MAX, LLONG_MIN, ULLONG_MAX);
    SAME("%zu %zd %td %jd %ju", SIZE_MAX, (ssize_t)-1, (ptrdiff_t)-5, INTMAX_MIN, UINTMAX_MAX);
    SAME("%*d|%-*d|%*d|%.*d|%.*d", 6, 1, 6, 2, -6, 3, 4, 4, -1, 5);
    SAME("%08" PRIx32 " %" PRIu64, UINT32_MAX, UINT64_MAX);
    assert_string_equal(format("%I64u %I64x", ULLONG_MAX, 255ull), "18446744073709551615 ff");
    SAME("%u", 3000000000u);
    SAME("%x", -1);
}

static void test_other_numbers(void **state)
{
    SAME("%f %.2f %10.3e %g %a %Lf", 1.5, 2.345, 12345.678, 1e100, 1.0, 2.5L);
    SAME("%f", 1e308);
    SAME("%p|%20p|%-20p|", (void *)state, (void *)state, (void *)state);
    SAME("100%%");
}

static void test_text(void **state)
{
    SAME("%s|%5s|%-5s|%.2s|%5.1s|%c|%3c|%-3c|", "abc", "ab", "ab", "abc", "xyz", 'a', 'b', 'c');
    assert_string_equal(format("%ls|%S|%.2ls|%5ls|%-5ls|", u"äb", u"€", u"abc", u"ab", u"ab"),
                        "äb|€|ab|   ab|ab   |");
    assert_string_equal(format("%lc%C", u'ä', u'€'), "ä€");
    assert_string_equal(format("\\dir\\%s: %ls", "ü😀", u"😀"), "\\dir\\ü😀: 😀");
    assert_string_equal(format("%s %ls", (char *)NULL, (WCHAR *)NULL), "(null) (null)");
    assert_string_equal(format("%4s|", "ü"), "   ü|");
    assert_string_equal(format(""), "");
}

static void test_precision_bounds_what_is_read(void **state)
{
    static const char bytes[3] = {'a', (char)0xC3, (char)0xBC}; // no terminator
    static const WCHAR units[2] = {u'x', u'y'};

    assert_string_equal(format("%.3s", bytes), "aü");
    assert_string_equal(format("%.2s", bytes), "a");
    assert_string_equal(format("%.1s", bytes), "a");
    assert_string_equal(format("%.2ls", units), "xy");
    assert_string_equal(format("%.0s", (const char *)bytes), "");
}

static void test_nonsense_is_refused(void **state)
{
    static const char *const bad[] = {"%", "abc%", "%n", "%k", "%5", "%l", "%-", "%.", "\xFF"};

    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        DokanWin32SetLastError(0);
        assert_string_equal(format(bad[i], 1, 1), "(refused)");
        assert_int_equal(DokanWin32GetLastError(), ERROR_INVALID_PARAMETER);
    }
    assert_string_equal(format("%999999999d", 1), "(refused)");
    assert_string_equal(format("%.2000000000d", 1), "(refused)");
    assert_string_equal(format("%s", "\xFF"), "(refused)");
}

static void test_small_buffers(void **state)
{
    WCHAR out[4] = {u'#', u'#', u'#', u'#'};

    assert_int_equal(DokanSwprintf(out, 3, "%d", 12345), 5);
    assert_int_equal(out[0], u'1');
    assert_int_equal(out[2], 0);
    assert_int_equal(out[3], u'#');
    assert_int_equal(DokanSwprintf(out, 1, "%s", "abc"), 3);
    assert_int_equal(out[0], 0);
}

static void test_print_to_stream(void **state)
{
    char *text = NULL;
    size_t size = 0;
    FILE *stream = open_memstream(&text, &size);

    assert_int_equal(DokanFprintf(stream, "%ls %d\n", u"\\ä", 7), 6);
    fclose(stream);
    assert_string_equal(text, "\\ä 7\n");
    free(text);
    stream = fopen("/dev/null", "r");
    assert_non_null(stream);
    assert_int_equal(DokanFprintf(stream, "x"), -1);
    assert_int_equal(DokanWin32GetLastError(), ERROR_WRITE_FAULT);
    fclose(stream);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_integers),
        cmocka_unit_test(test_other_numbers),
        cmocka_unit_test(test_text),
        cmocka_unit_test(test_precision_bounds_what_is_read),
        cmocka_unit_test(test_nonsense_is_refused),
        cmocka_unit_test(test_small_buffers),
        cmocka_unit_test(test_print_to_stream),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
