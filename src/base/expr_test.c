// SPDX-License-Identifier: MIT

#include "base/testing.h"

#include "base/clock.h"
#include "base/expr.h"

#include <stdio.h>

static size_t units_length(const WCHAR *s)
{
    size_t n = 0;
    while (s[n])
        n++;
    return n;
}

static bool match(const WCHAR *expr, const WCHAR *name, bool ignore_case)
{
    return expr_match(expr, units_length(expr), name, units_length(name), ignore_case);
}

// The rules again, one character and one position at a time, trying every way (exponential, for short texts
// only). `passed`: an empty match of DOS_QM at this character led here.
static bool slow_match(const WCHAR *e, const WCHAR *n, bool has_later_period, bool passed);

static bool later_period(const WCHAR *n)
{
    for (n++; *n; n++) {
        if (*n == '.')
            return true;
    }
    return false;
}

static bool slow_next(const WCHAR *e, const WCHAR *n)
{
    return slow_match(e, n, *n && later_period(n), false);
}

static bool slow_at_end(const WCHAR *e)
{
    while (*e == '*' || *e == '<' || *e == '>' || *e == '"')
        e++;
    return *e == 0;
}

static bool slow_match(const WCHAR *e, const WCHAR *n, bool has_later_period, bool passed)
{
    if (*n == 0)
        return slow_at_end(e);
    if (*e == 0)
        return passed && n[1] == 0;
    if (*e == '*')
        return slow_match(e + 1, n, has_later_period, passed) || slow_next(e, n + 1);
    if (*e == '<') {
        bool eats_and_ends = *n == '.' && !has_later_period;
        return slow_match(e + 1, n, has_later_period, passed) || slow_next(eats_and_ends ? e + 1 : e, n + 1);
    }
    if (*e == '>' && *n == '.')
        return slow_match(e + 1, n, has_later_period, true);
    if (*e == '>' || *e == '?' || (*e == '"' && *n == '.'))
        return slow_next(e + 1, n + 1);
    return *e == *n && slow_next(e + 1, n + 1);
}

static void print_units(char *out, const WCHAR *s)
{
    while (*s)
        *out++ = (char)*s++;
    *out = 0;
}

static void compare_with_slow(const WCHAR *expr, const WCHAR *name)
{
    bool slow = slow_next(expr, name);
    if (match(expr, name, false) == slow && match(expr, name, true) == slow)
        return;
    char e[16], n[16];
    print_units(e, expr);
    print_units(n, name);
    fail_msg("%s / %s should be %d", e, n, slow);
}

// The number-th string over the alphabet (shorter ones first); false when it would be longer than `most`.
static bool nth_string(unsigned number, const char *alphabet, unsigned count, size_t most, WCHAR *out)
{
    size_t length = 0;
    unsigned strings = 1;
    while (number >= strings) {
        number -= strings;
        strings *= count;
        length++;
    }
    for (size_t i = 0; i < length && i < most; i++, number /= count)
        out[i] = (WCHAR)alphabet[number % count];
    if (length > most)
        return false;
    out[length] = 0;
    return true;
}

static void exhaust(const char *expr_alphabet, unsigned ecount, size_t emost, const char *name_alphabet,
                    unsigned ncount, size_t nmost)
{
    WCHAR expr[16], name[16];
    for (unsigned e = 0; nth_string(e, expr_alphabet, ecount, emost, expr); e++) {
        for (unsigned n = 0; nth_string(n, name_alphabet, ncount, nmost, name); n++)
            compare_with_slow(expr, name);
    }
}

static void agrees_with_slow_matcher(void **state)
{
    size_t more = testing_full() ? 1 : 0;
    exhaust("a.*?<>\"", 7, 4 + more, "a.", 2, 5 + more);
    exhaust("ab.*<>", 6, 4 + more, "ab.", 3, 4 + more);
}

struct row {
    const WCHAR *expr;
    const WCHAR *name;
    bool expected;
};

static const struct row rows[] = {
    // Rows of Dokan's own routine; marked ones are where NT, and so we, answer differently.
    {u"*", u"", true},
    {u"*", u"foo", true},
    {u"?", u"", false},
    {u"*.*", u"foo", false},
    {u"*.*", u"foo.", true},
    {u"a?", u"a", false},
    {u"<.txt", u"a.txt", true},
    {u"<.txt", u"a.b.txt", true},
    {u"*?", u"a", true},
    {u"<\"*", u"foo", true},
    {u"<\"*", u"a.b", true},
    {u"foo\"", u"foo", true},
    {u"foo\"", u"foo.", true},
    {u"*\"*", u"foo", true},
    {u"foo\"txt", u"foo.txt", true},
    {u"<", u"foo", true},         // NT
    {u"<", u"foo.txt", false},    // the form of Win32 "*.": names without an extension
    {u"<\"", u"foo", true},       // NT
    {u">>>", u"abc", true},       //
    {u">>>", u"a", true},         // NT
    {u"a>>.txt", u"a.txt", true}, //
    {u"a>>.txt", u"abc.txt", true},
    {u">>>.>>>", u"a.b", true}, // NT

    {u"", u"", true},
    {u"", u"a", false},
    {u"a", u"", false},
    {u"**", u"a", true},
    {u"?*?", u"a", false},
    {u"?*?", u"ab", true},
    {u"<", u"foo.", true},
    {u"<", u".", true},
    {u"<a", u".a", true},
    {u"<txt", u"a.txt", true},
    {u"a<b.txt", u"a.xb.txt", true},
    {u"a<b.txt", u"a.xbc.txt", false},
    {u"<<<<.<", u".", true},
    {u"<.", u"a.b", false},
    {u"*.", u"a.b", false},
    {u"<.<", u"a.b.c", true},
    {u"a>c.x", u"ac.x", false},
    {u"a>>>x", u"a.x", false},
    {u"a>", u"a.", true}, // a period that only DOS_QM meets at the very end is passed over
    {u"a>", u"a.b", false},
    {u"a>>", u"a..", false},
    {u">\"", u"a", true},
    {u">\"", u".", true},
    {u"\"a", u"a", false},
    {u"a\"", u"a.b", false},
    {u"\"\"\"", u"", true},
    {u"a*c", u"abbbc", true},
    {u"*.c.d", u"a.b.c.d", true},
    {u"a\\*", u"a\\b", true},
};

static void known_answers(void **state)
{
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        if (match(rows[i].expr, rows[i].name, false) == rows[i].expected)
            continue;
        char e[16], n[16];
        print_units(e, rows[i].expr);
        print_units(n, rows[i].name);
        fail_msg("%s / %s should be %d", e, n, rows[i].expected);
    }
}

static void case_rules(void **state)
{
    assert_true(match(u"*.TXT", u"a.txt", true));
    assert_false(match(u"*.TXT", u"a.txt", false));
    assert_true(match(u"<.txt", u"A.TXT", true));
    assert_true(match(u"\u00e9?", u"\u00c9x", true));
    assert_false(match(u"\u00e9?", u"\u00c9x", false));
    assert_true(match(u"ReadMe", u"README", true));
    assert_false(match(u"ReadMe", u"README", false));
    assert_false(match(u"?\u0131", u"xI", true));
}

static void finds_wildcards(void **state)
{
    assert_false(expr_has_wildcard(u"plain.txt", 9));
    assert_false(expr_has_wildcard(u"", 0));
    const WCHAR wild[] = u"*?<>\"";
    for (size_t i = 0; i < 5; i++)
        assert_true(expr_has_wildcard(&wild[i], 1));
}

// "*a*a*a..." against "aaaa...b" makes a backtracking matcher run for ages.
static void hostile_patterns_are_cheap(void **state)
{
    enum { LENGTH = 4000 };
    static WCHAR expr[LENGTH], name[LENGTH];
    static const char fillers[] = "*<>";
    for (size_t f = 0; fillers[f]; f++) {
        for (size_t i = 0; i < LENGTH; i++) {
            expr[i] = i % 2 ? u'a' : (WCHAR)fillers[f];
            name[i] = u'a';
        }
        uint64_t start = clock_ns();
        assert_true(expr_match(expr, 255, name, 255, true));
        name[LENGTH - 1] = u'b';
        assert_false(expr_match(expr, LENGTH, name, LENGTH, true));
        assert_true(clock_ns() - start < 5000000000u);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_answers),
        cmocka_unit_test(agrees_with_slow_matcher),
        cmocka_unit_test(case_rules),
        cmocka_unit_test(finds_wildcards),
        cmocka_unit_test(hostile_patterns_are_cheap),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
