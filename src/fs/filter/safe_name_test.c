// SPDX-License-Identifier: MIT
// The mapping of names: it is a bijection between all names and those that Windows can hold.
#include "base/testing.h"

#include "fs/filter/safe_name.h"
#include "fs/fs_i.h"
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

/* Windows' rules, written down once more and differently. */
static bool windows_holds(const char *s, size_t n)
{
    static const char *const devices[] = {
        "con",  "prn",  "aux",  "nul",  "com0", "com1", "com2", "com3", "com4",   "com5",    "com6",
        "com7", "com8", "com9", "lpt0", "lpt1", "lpt2", "lpt3", "lpt4", "lpt5",   "lpt6",    "lpt7",
        "lpt8", "lpt9", "com¹", "com²", "com³", "lpt¹", "lpt²", "lpt³", "conin$", "conout$", "clock$"};
    for (size_t i = 0; i < n; i++)
        if ((unsigned char)s[i] < 32 || strchr("<>:\"/\\|?*", s[i]))
            return false;
    if (n == 0 || s[n - 1] == '.' || s[n - 1] == ' ')
        return false;
    char base[FS_NAME_MAX + 1];
    size_t length = 0;
    while (length < n && s[length] != '.')
        length++;
    while (length && s[length - 1] == ' ')
        length--;
    memcpy(base, s, length);
    base[length] = 0;
    for (size_t i = 0; i < COUNT_OF(devices); i++)
        if (strcasecmp(base, devices[i]) == 0)
            return false;
    return true;
}

static void check(const char *name, size_t n)
{
    char shown[SAFE_NAME_ROOM(300)], back[SAFE_NAME_ROOM(300)], raw[SAFE_NAME_ROOM(300)];
    if ((n == 1 && name[0] == '.') || (n == 2 && memcmp(name, "..", 2) == 0) || memchr(name, '/', n))
        return;
    ssize_t length = safe_encode(name, n, shown, sizeof shown);
    if (length <= 0 || !windows_holds(shown, (size_t)length))
        fail_msg("'%.*s' is shown as '%s'", (int)n, name, shown);
    assert_int_equal(strlen(shown), length);
    ssize_t again = safe_decode(shown, (size_t)length, back, sizeof back);
    if (again != (ssize_t)n || memcmp(back, name, n) != 0)
        fail_msg("'%.*s' is shown as '%s' and comes back as '%.*s'", (int)n, name, shown, (int)again, back);
    /* The same text as a name that is shown. */
    again = safe_decode(name, n, raw, sizeof raw);
    if (!windows_holds(name, n)) {
        if (again != -EINVAL)
            fail_msg("'%.*s' should not stand for anything, but stands for '%s'", (int)n, name, raw);
        return;
    }
    if (again <= 0 || !fs_name_ok(raw))
        fail_msg("'%.*s' stands for '%s' (%zd)", (int)n, name, again > 0 ? raw : "", again);
    length = safe_encode(raw, (size_t)again, back, sizeof back);
    if (length != (ssize_t)n || memcmp(back, name, n) != 0)
        fail_msg("'%.*s' stands for '%s', which is shown as '%s'", (int)n, name, raw, back);
}

static void names_of_one_two_and_three_bytes(void **state)
{
    char name[3];
    for (int a = 1; a < 256; a++) {
        name[0] = (char)a;
        check(name, 1);
        for (int b = 1; b < 256; b++) {
            name[1] = (char)b;
            check(name, 2);
            for (const char *c = " .%:_a0?\\"; *c; c++) {
                name[2] = *c;
                check(name, 3);
            }
        }
    }
}

static void every_escape_and_its_neighbours(void **state)
{
    static const char *const before[] = {"", ".", "..", "a", " ", "%", "_", ":", "%25", "a%25", "CON"};
    static const char *const after[] = {"",  ".",  " ",      "a",  "%",   "_",
                                        ":", "ON", "ON.txt", "ul", "om1", "_colon__"};
    char name[64];
    for (int c = 0; c < 256; c++)
        for (size_t b = 0; b < COUNT_OF(before); b++)
            for (size_t a = 0; a < COUNT_OF(after); a++) {
                int n = sprintf(name, "%s%%%02X%s", before[b], c, after[a]);
                check(name, (size_t)n);
                n = sprintf(name, "%s%%%02x%s", before[b], c, after[a]);
                check(name, (size_t)n);
            }
}

/* All words of up to `depth` pieces that matter to the mapping. */
static void words(char *name, size_t n, int depth)
{
    static const char *const pieces[] = {"%",      "25",        "5F", "2E",       "20", "3A", "43", "_",
                                         "_colon", "__colon__", ":",  ".",        " ",  "C",  "ON", "c",
                                         "o",      "1",         "OM", "\xc2\xb9", "?",  "a"};
    if (n)
        check(name, n);
    for (size_t i = 0; depth && i < COUNT_OF(pieces); i++) {
        strcpy(name + n, pieces[i]);
        words(name, n + strlen(pieces[i]), depth - 1);
    }
}

static void words_of_pieces(void **state)
{
    char name[128] = "";
    words(name, 0, testing_full() ? 5 : 4);
}

static void reserved_names_in_all_forms(void **state)
{
    static const char *const devices[] = {"CON",   "PRN",    "AUX",     "NUL",   "COM",  "LPT",
                                          "COM0",  "COM9",   "LPT0",    "LPT9",  "COM¹", "LPT³",
                                          "COM10", "CONIN$", "CONOUT$", "CLOCK$"};
    static const char *const forms[] = {"%s",    "%s.txt", "%s .txt", "%s.",       "%s ",
                                        "%s. .", "%s:x",   "x%s",     "%s.tar.gz", ".%s"};
    char name[64], small[64];
    for (size_t d = 0; d < COUNT_OF(devices); d++)
        for (size_t f = 0; f < COUNT_OF(forms); f++) {
            char format[16];
            strcpy(format, forms[f]);
            char *at = strstr(format, "%s");
            size_t n = (size_t)snprintf(name, sizeof name, "%.*s%s%s", (int)(at - format), format, devices[d],
                                        at + 2);
            check(name, n);
            for (size_t i = 0; i <= n; i++)
                small[i] = (char)(name[i] >= 'A' && name[i] <= 'Z' ? name[i] + 32 : name[i]);
            check(small, n);
            /* What they are mapped to, as raw names, three times over. */
            char once[256], twice[256], thrice[256];
            ssize_t a = safe_encode(name, n, once, sizeof once);
            check(once, (size_t)a);
            ssize_t b = safe_encode(once, (size_t)a, twice, sizeof twice);
            check(twice, (size_t)b);
            ssize_t c = safe_encode(twice, (size_t)b, thrice, sizeof thrice);
            check(thrice, (size_t)c);
        }
}

static void random_names(void **state)
{
    static const char letters[] = "%%%%0123456789ABCDEF__::.. colnCONPRAUXLTM?*\\\"<>|\t\xc3\xa9\xff";
    uint64_t seed = 20240601;
    char name[24];
    for (int i = 0; i < (testing_full() ? 20000000 : 500000); i++) {
        size_t n = 1 + testing_random(&seed) % sizeof name;
        for (size_t k = 0; k < n; k++)
            name[k] = letters[testing_random(&seed) % (sizeof letters - 1)];
        check(name, n);
    }
}

static void written_down(void **state)
{
    static const struct {
        const char *raw, *shown;
    } rows[] = {
        {"plain.txt", "plain.txt"},
        {"a:b", "a__colon__b"},
        {"a__colon__b", "a%5F_colon__b"},
        {"a%5F_colon__b", "a%255F_colon__b"},
        {"::", "__colon____colon__"},
        {"_:_", "___colon___"},
        {"__colonial", "__colonial"},
        {"what?", "what%3F"},
        {"100%", "100%"},
        {"what%3F", "what%253F"},
        {"what%253F", "what%25253F"},
        {"100%25", "100%25"},
        {"caf%C3%A9.html", "caf%C3%A9.html"},
        {"dot.", "dot%2E"},
        {"...", "..%2E"},
        {"two  ", "two %20"},
        {" lead", " lead"},
        {"CON", "%43ON"},
        {"nul.tar.gz", "%6Eul.tar.gz"},
        {"COM¹", "%43OM¹"},
        {"console", "console"},
        {"back\\slash", "back%5Cslash"},
        {"tab\there", "tab%09here"},
        {"%2E", "%2E"},
        {".%2E", ".%2E"},
        {"a%2E", "a%252E"},
    };
    char buf[128];
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        assert_true(safe_encode(rows[i].raw, strlen(rows[i].raw), buf, sizeof buf) > 0);
        assert_string_equal(buf, rows[i].shown);
        assert_true(safe_decode(rows[i].shown, strlen(rows[i].shown), buf, sizeof buf) > 0);
        assert_string_equal(buf, rows[i].raw);
    }
}

static void too_little_room(void **state)
{
    char buf[16];
    assert_int_equal(safe_encode("ab:", 3, buf, 11), -ENAMETOOLONG);
    assert_int_equal(safe_encode("a", 1, buf, 0), -ENAMETOOLONG);
    assert_int_equal(safe_decode("abc", 3, buf, 3), -ENAMETOOLONG);
    assert_int_equal(safe_decode("abc", 3, buf, 4), 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(written_down),
        cmocka_unit_test(names_of_one_two_and_three_bytes),
        cmocka_unit_test(every_escape_and_its_neighbours),
        cmocka_unit_test(words_of_pieces),
        cmocka_unit_test(reserved_names_in_all_forms),
        cmocka_unit_test(random_names),
        cmocka_unit_test(too_little_room),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
