// SPDX-License-Identifier: MIT

#include "base/testing.h"

#include "base/name.h"
#include "base/utf.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define E "\xef\x87\xbf" // the escape, U+F1FF

static const unsigned both_flags[] = {0, NAME_KEEP_COLON};

static void fail_units(const char *what, const WCHAR *s, size_t n, ptrdiff_t got)
{
    char text[200] = "";
    for (size_t i = 0; i < n && strlen(text) < 190; i++)
        snprintf(text + strlen(text), 8, " %04x", s[i]);
    fail_msg("%s (%td):%s", what, got, text);
}

static void fail_bytes(const char *what, const char *s, size_t n, ptrdiff_t got)
{
    char text[200] = "";
    for (size_t i = 0; i < n && strlen(text) < 190; i++)
        snprintf(text + strlen(text), 8, " %02x", (unsigned char)s[i]);
    fail_msg("%s (%td):%s", what, got, text);
}

// An NT name must reach Linux as a legal name, and come back.
static void check_nt(const WCHAR *s, size_t n, unsigned flags)
{
    char bytes[NAME_MAX_BYTES];
    WCHAR back[NAME_MAX_UNITS];
    ptrdiff_t length = name_to_linux(s, n, bytes, sizeof bytes, flags);
    if (length <= 0 || name_to_linux(s, n, NULL, 0, flags) != length)
        fail_units("to Linux", s, n, length);
    if (memchr(bytes, 0, (size_t)length) || memchr(bytes, '/', (size_t)length))
        fail_units("illegal in Linux", s, n, length);
    ptrdiff_t units = name_from_linux(bytes, (size_t)length, back, COUNT_OF(back), flags);
    if (units != (ptrdiff_t)n || memcmp(back, s, n * sizeof *s) != 0)
        fail_units("not the same again", s, n, units);
}

static bool is_bad_in_nt(WCHAR c, unsigned flags)
{
    if (c == ':' && (flags & NAME_KEEP_COLON))
        return false;
    return c < 32 || (c < 128 && strchr("\"*/:<>?\\|", c));
}

// A Linux name must reach NT, legal unless it spells a mask of U+F100.., and come back.
static void check_linux(const char *s, size_t n, unsigned flags)
{
    WCHAR units[NAME_MAX_UNITS];
    char back[NAME_MAX_BYTES];
    ptrdiff_t length = name_from_linux(s, n, units, COUNT_OF(units), flags);
    if (length <= 0 || name_from_linux(s, n, NULL, 0, flags) != length)
        fail_bytes("from Linux", s, n, length);
    bool has_nt_mask = memmem(s, n, "\xef\x84", 2) || memmem(s, n, "\xef\x85", 2);
    for (ptrdiff_t i = 0; i < length; i++) {
        if (is_bad_in_nt(units[i], flags) && !has_nt_mask)
            fail_bytes("illegal in NT", s, n, length);
    }
    ptrdiff_t bytes = name_to_linux(units, (size_t)length, back, sizeof back, flags);
    if (bytes != (ptrdiff_t)n || memcmp(back, s, n) != 0)
        fail_bytes("not the same again", s, n, bytes);
}

static bool is_dots(const char *s, size_t n)
{
    return s[0] == '.' && (n == 1 || (n == 2 && s[1] == '.'));
}

static void check_linux_if_legal(const char *s, size_t n, unsigned flags)
{
    if (!memchr(s, 0, n) && !memchr(s, '/', n) && !is_dots(s, n))
        check_linux(s, n, flags);
}

static void all_single_units(void **state)
{
    for (size_t f = 0; f < COUNT_OF(both_flags); f++) {
        for (unsigned unit = 0; unit <= 0xffff; unit++) {
            WCHAR s[] = {(WCHAR)unit, u'x'};
            check_nt(s, 2, both_flags[f]);
            if (unit != '.')
                check_nt(s, 1, both_flags[f]);
        }
    }
}

static void all_unit_pairs(void **state)
{
    if (!testing_full())
        skip();
    for (unsigned a = 0; a <= 0xffff; a++) {
        for (unsigned b = 0; b <= 0xffff; b++) {
            if (a == '.' && b == '.')
                continue;
            WCHAR s[] = {(WCHAR)a, (WCHAR)b};
            check_nt(s, 2, 0);
        }
    }
}

// All strings of `length` units over an alphabet.
static void check_nt_strings(const WCHAR *alphabet, size_t count, size_t length, unsigned flags)
{
    size_t digits[8] = {0};
    WCHAR s[8] = {0};
    for (;;) {
        for (size_t i = 0; i < length; i++)
            s[i] = alphabet[digits[i]];
        if (length > 2 || s[0] != '.' || s[length - 1] != '.')
            check_nt(s, length, flags);
        size_t at = 0;
        while (at < length && ++digits[at] == count)
            digits[at++] = 0;
        if (at == length)
            return;
    }
}

// One of each class, and the neighbours of each range.
static void unit_classes(void **state)
{
    static const WCHAR classes[] = {
        u'a',   u'.',   u' ',   0,      1,      31,     u'*',   u'/',   u':',   u'\\',  0x7f,   0x80,
        0xe9,   0xd7ff, 0xd800, 0xdbff, 0xdc00, 0xdfff, 0xe000, 0xefff, 0xf000, 0xf001, 0xf02a, 0xf02f,
        0xf03a, 0xf041, 0xf07f, 0xf080, 0xf0a0, 0xf0a9, 0xf0b0, 0xf0bf, 0xf0c3, 0xf0e2, 0xf0ed, 0xf0f0,
        0xf0ff, 0xf100, 0xf12a, 0xf12f, 0xf13a, 0xf141, 0xf180, 0xf1fe, 0xf1ff, 0xf200, 0xffff,
    };
    for (size_t f = 0; f < COUNT_OF(both_flags); f++) {
        for (size_t length = 1; length <= 3; length++)
            check_nt_strings(classes, COUNT_OF(classes), length, both_flags[f]);
    }
    if (testing_full())
        check_nt_strings(classes, COUNT_OF(classes), 4, 0);
}

// Long strings of just the units that can be confused: bytes of é, of U+D800 and of U+DC00, escapes, masks.
static void confusable_units(void **state)
{
    static const WCHAR bytes[] = {0xf0c3, 0xf0a9, 0xf0ed, 0xf0a0, 0xf0b0, 0xf080, 0xf1ff, 0xd800, 0xdc00};
    static const WCHAR masks[] = {0xf1ff, u'*', 0xf02a, 0xf12a, u'/', 0xf02f, 0xf12f, u'a'};
    static const WCHAR four[] = {0xf0f0, 0xf09f, 0xf098, 0xf080, 0xf1ff};
    check_nt_strings(bytes, COUNT_OF(bytes), testing_full() ? 7 : 6, 0);
    check_nt_strings(masks, COUNT_OF(masks), testing_full() ? 7 : 6, 0);
    check_nt_strings(four, COUNT_OF(four), 7, 0);
}

static void all_short_byte_strings(void **state)
{
    static const unsigned char third[] = {0x01, 0x2a, 0x41, 0x7f, 0x80, 0x87, 0x9f, 0xa0, 0xaf,
                                          0xb0, 0xbf, 0xc3, 0xe2, 0xed, 0xef, 0xf0, 0xff};
    size_t count = testing_full() ? 255 : COUNT_OF(third);
    char s[3];
    for (size_t f = 0; f < COUNT_OF(both_flags); f++) {
        for (unsigned a = 1; a < 256; a++) {
            s[0] = (char)a;
            check_linux_if_legal(s, 1, both_flags[f]);
            for (unsigned b = 1; b < 256; b++) {
                s[1] = (char)b;
                check_linux_if_legal(s, 2, both_flags[f]);
                for (size_t c = 0; c < count; c++) {
                    s[2] = (char)(testing_full() ? c + 1 : third[c]);
                    check_linux_if_legal(s, 3, both_flags[f]);
                }
            }
        }
    }
}

// All strings of up to five pieces, each piece a token of the map or a part of one.
static void byte_pieces(void **state)
{
    static const char *const pieces[] = {
        "a",
        "*",
        ":",
        E,
        "\xef\x80\xaa", // U+F02A
        "\xef\x84\xaa", // U+F12A
        "\xef\x84\xaf", // U+F12F
        "\xef\x83\x83", // U+F0C3
        "\xef\x83\xad", // U+F0ED
        "\xc3",
        "\xa9",
        "\xed",
        "\xa0",
        "\xb0",
        "\x80",
        "\xed\xa0\x80", // U+D800
        "\xed\xb0\x80", // U+DC00
    };
    size_t digits[5] = {0}, length = testing_full() ? 5 : 4;
    for (;;) {
        char s[16];
        size_t used = 0;
        for (size_t i = 0; i < length; i++) {
            memcpy(s + used, pieces[digits[i]], strlen(pieces[digits[i]]));
            used += strlen(pieces[digits[i]]);
        }
        check_linux(s, used, 0);
        check_linux(s, used, NAME_KEEP_COLON);
        size_t at = 0;
        while (at < length && ++digits[at] == COUNT_OF(pieces))
            digits[at++] = 0;
        if (at == length)
            return;
    }
}

static void random_byte_strings(void **state)
{
    static const unsigned char bytes[] = {0x2a, 0x3a, 0x41, 0x80, 0x83, 0x84, 0x87, 0xa0, 0xa9,
                                          0xaa, 0xb0, 0xbf, 0xc3, 0xed, 0xef, 0xef, 0xf0};
    uint64_t seed = 11;
    for (int round = 0; round < (testing_full() ? 10000000 : 200000); round++) {
        char s[12];
        for (size_t i = 0; i < sizeof s; i++)
            s[i] = (char)bytes[testing_random(&seed) % COUNT_OF(bytes)];
        check_linux(s, sizeof s, 0);
    }
}

static void all_characters(void **state)
{
    for (uint32_t c = 1; c <= 0x10ffff; c++) {
        char s[4];
        size_t n = utf8_encode(c, s);
        check_linux_if_legal(s, n, 0);
    }
}

static void expect(const char *bytes, const WCHAR *units, size_t count, unsigned flags)
{
    WCHAR mapped[64];
    char back[64];
    assert_int_equal(name_from_linux(bytes, strlen(bytes), mapped, 64, flags), count);
    assert_memory_equal(mapped, units, count * sizeof *units);
    assert_int_equal(name_to_linux(units, count, back, 64, flags), strlen(bytes));
    assert_memory_equal(back, bytes, strlen(bytes));
}

#define EXPECT(bytes, units, flags) expect(bytes, units, sizeof(units) / sizeof(WCHAR) - 1, flags)

static void known_names(void **state)
{
    EXPECT("readme.txt", u"readme.txt", 0);
    EXPECT("caf\xc3\xa9 \xf0\x9f\x98\x80", u"caf\u00e9 \U0001f600", 0);
    EXPECT("trailing. ", u"trailing. ", 0);
    EXPECT("...", u"...", 0);
    EXPECT("a:b*c?",
           u"a\xf03a"
           u"b\xf02a"
           u"c\xf03f",
           0);
    EXPECT("a:b*c?",
           u"a:b\xf02a"
           u"c\xf03f",
           NAME_KEEP_COLON);
    EXPECT("\\\"<>|\x01\x1f", u"\xf05c\xf022\xf03c\xf03e\xf07c\xf001\xf01f", 0);
    EXPECT("latin\xe9.txt", u"latin\xf0e9.txt", 0);
    EXPECT("\xff", u"\xf0ff", 0);
    EXPECT("\xed\xa0\x80", u"\xd800", 0);
    EXPECT("\xef\x84\xaf", u"/", 0);
    EXPECT("a\xef\x84\x80"
           "b",
           u"a\0b", 0);
    EXPECT("\xef\x80\xaa", u"\xf1ff\xf02a", 0);
    EXPECT("\xef\x80\xba", u"\xf03a", NAME_KEEP_COLON);
    EXPECT(E, u"\xf1ff", 0);
    EXPECT(E "*", u"\xf1ff\xf1ff\xf02a", 0);
    EXPECT("\xef\x83\x83\xa9", u"\xf0c3\xf0a9", 0);
}

static void refuses(void **state)
{
    static const char *const names[] = {"", ".", "..", "/", "a/b", "*/", "\xff/"};
    static const WCHAR *const units[] = {u"", u".", u".."};
    WCHAR out[16];
    char bytes[16];
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        assert_int_equal(name_from_linux(names[i], strlen(names[i]), out, 16, 0), -EINVAL);
        assert_int_equal(name_from_linux(names[i], strlen(names[i]), NULL, 0, 0), -EINVAL);
    }
    assert_int_equal(name_from_linux("a\0b", 3, out, 16, 0), -EINVAL);
    for (size_t i = 0; i < COUNT_OF(units); i++)
        assert_int_equal(name_to_linux(units[i], i, bytes, 16, 0), -EINVAL);
}

static void fill(char *s, const char *piece, size_t times)
{
    for (size_t i = 0; i < times; i++)
        memcpy(s + i * strlen(piece), piece, strlen(piece));
}

static void check_limit(const char *piece, size_t units_each)
{
    char s[4 * 260];
    WCHAR out[300];
    size_t most = NAME_MAX_UNITS / units_each, size = strlen(piece);
    fill(s, piece, most + 1);
    assert_int_equal(name_from_linux(s, most * size, out, 300, 0), most * units_each);
    assert_int_equal(name_from_linux(s, most * size, NULL, 0, 0), most * units_each);
    assert_int_equal(name_from_linux(s, (most + 1) * size, out, 300, 0), -ENAMETOOLONG);
    assert_int_equal(name_from_linux(s, (most + 1) * size, NULL, 0, 0), -ENAMETOOLONG);
    assert_int_equal(name_from_linux(s, most * size, out, most * units_each - 1, 0), -ENAMETOOLONG);
}

static void limits(void **state)
{
    check_limit("a", 1);
    check_limit("*", 1);
    check_limit("\xff", 1);
    check_limit("\xe2\x82\xac", 1);
    check_limit("\xf0\x9f\x98\x80", 2);
    check_limit("\xef\x80\xaa", 2);
}

static void limits_to_linux(void **state)
{
    WCHAR s[NAME_MAX_UNITS + 1];
    char out[NAME_MAX_BYTES];
    for (size_t i = 0; i <= NAME_MAX_UNITS; i++)
        s[i] = 0xf12a;
    assert_int_equal(name_to_linux(s, NAME_MAX_UNITS, out, sizeof out, 0), NAME_MAX_BYTES);
    assert_int_equal(name_to_linux(s, NAME_MAX_UNITS, NULL, 0, 0), NAME_MAX_BYTES);
    assert_int_equal(name_to_linux(s, NAME_MAX_UNITS, out, sizeof out - 1, 0), -ENAMETOOLONG);
    assert_int_equal(name_to_linux(s, NAME_MAX_UNITS + 1, out, sizeof out, 0), -ENAMETOOLONG);
    assert_int_equal(name_to_linux(u"abc", 3, out, 2, 0), -ENAMETOOLONG);
}

static void kept_colons_part_the_limit(void **state)
{
    char s[600];
    WCHAR out[600];
    memset(s, 'a', sizeof s);
    s[255] = ':';
    assert_int_equal(name_from_linux(s, 511, out, 600, NAME_KEEP_COLON), 511);
    assert_int_equal(name_to_linux(out, 511, s, 600, NAME_KEEP_COLON), 511);
    assert_int_equal(name_from_linux(s, 512, out, 600, NAME_KEEP_COLON), -ENAMETOOLONG);
    assert_int_equal(name_from_linux(s, 511, out, 600, 0), -ENAMETOOLONG);
    assert_int_equal(name_to_linux(out, 511, s, 600, 0), -ENAMETOOLONG);
    s[255] = 'a';
    s[256] = ':';
    assert_int_equal(name_from_linux(s, 300, out, 600, NAME_KEEP_COLON), -ENAMETOOLONG);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_names),
        cmocka_unit_test(refuses),
        cmocka_unit_test(limits),
        cmocka_unit_test(limits_to_linux),
        cmocka_unit_test(kept_colons_part_the_limit),
        cmocka_unit_test(all_single_units),
        cmocka_unit_test(all_unit_pairs),
        cmocka_unit_test(unit_classes),
        cmocka_unit_test(confusable_units),
        cmocka_unit_test(all_short_byte_strings),
        cmocka_unit_test(byte_pieces),
        cmocka_unit_test(random_byte_strings),
        cmocka_unit_test(all_characters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
