// SPDX-License-Identifier: MIT
/* Windows' rules of names and of listings: which names there can be, what is the same, what a listing shows.
 */
#include "kit.h"

#include <stdio.h>

/* ---- which names
 * ---------------------------------------------------------------------------------------------- */

static void test_characters(void **state)
{
    (void)state;
    for (WCHAR c = 1; c < 0x180; c++) {
        WCHAR name[] = u"\\\\?\\X:\\a_b";
        bool never = c < 32 || DokanWcschr(u"\"*/<>?|", c) != NULL;
        if (c == u'\\' || c == u':')
            continue;
        name[8] = c;
        if (never) {
            FAILS_TO_OPEN(ERROR_INVALID_NAME, open_file(name, GENERIC_WRITE, CREATE_NEW, 0));
            FAILS(ERROR_INVALID_NAME, CreateDirectoryW(name, NULL));
            continue;
        }
        OK(CloseHandle(OPENS(open_file(name, GENERIC_WRITE, CREATE_NEW, 0))));
        assert_true(exists(name));
        OK(DeleteFileW(name));
    }
}

static void test_lengths(void **state)
{
    WCHAR name[300] = u"X:\\";
    (void)state;
    for (size_t i = 3; i < 3 + 256; i++)
        name[i] = u'n';
    name[3 + 256] = 0;
    FAILS_TO_OPEN(ERROR_INVALID_NAME, open_file(name, GENERIC_WRITE, CREATE_NEW, 0));
    name[3 + 255] = 0;
    make_file(name, "long");
    assert_string_equal(contents(name), "long");
    WIN32_FIND_DATAW data;
    HANDLE find = OPENS(FindFirstFileW(name, &data));
    assert_int_equal(DokanWcslen(data.cFileName), 255);
    OK(FindClose(find));
    OK(DeleteFileW(name));
}

static void test_a_path_longer_than_max_path(void **state)
{
    WCHAR name[1400] = u"X:";
    size_t len = 2;
    (void)state;
    for (int level = 0; level < 12; level++) {
        len += (size_t)DokanSwprintf(name + len, COUNT_OF(name) - len, "\\%0100d", level);
        OK(CreateDirectoryW(name, NULL));
    }
    DokanSwprintf(name + len, COUNT_OF(name) - len, "\\file");
    make_file(name, "deep");
    assert_string_equal(contents(name), "deep");
}

/* Any text is a name, also what is no text: an unpaired surrogate. */
static void test_odd_names(void **state)
{
    static const WCHAR half[] = {u'X', u':', u'\\', 0xD800, u'a', 0};
    const LPCWSTR names[] = {
        u"X:\\\u00e4\u00f6", u"X:\\\u65e5\u672c", u"X:\\\U0001F600", u"X:\\a.b.c.", u"X:\\.a",
        u"X:\\con",          u"X:\\~1",           u"X:\\a b",        half,          u"X:\\%41"};
    (void)state;
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        make_file(names[i], "odd");
        assert_string_equal(contents(names[i]), "odd");
        OK(DeleteFileW(names[i]));
    }
}

/* ---- what is the same
 * -------------------------------------------------------------------------------------------- */

static void test_case(void **state)
{
    static const LPCWSTR same[][2] = {
        {u"X:\\abc", u"X:\\ABC"}, {u"X:\\\u00e4", u"X:\\\u00c4"}, {u"X:\\x1", u"X:\\X1"}};
    static const LPCWSTR other[][2] = {
        {u"X:\\a", u"X:\\\u00e4"}, {u"X:\\ss", u"X:\\\u00df"}, {u"X:\\i", u"X:\\\u0131"}};
    (void)state;
    for (size_t i = 0; i < COUNT_OF(same); i++) {
        make_file(same[i][0], "");
        FAILS_TO_OPEN(ERROR_FILE_EXISTS, open_file(same[i][1], GENERIC_WRITE, CREATE_NEW, 0));
        OK(DeleteFileW(same[i][1]));
        assert_false(exists(same[i][0]));
    }
    for (size_t i = 0; i < COUNT_OF(other); i++) {
        make_file(other[i][0], "");
        assert_false(exists(other[i][1]));
        OK(DeleteFileW(other[i][0]));
    }
}

/* A name is shown as it was made, whoever opens it how. */
static void test_spelling_is_kept(void **state)
{
    WIN32_FIND_DATAW data;
    (void)state;
    make_file(u"X:\\MixedCase.Txt", "");
    OK(CloseHandle(OPENS(open_file(u"X:\\mixedcase.TXT", GENERIC_WRITE, CREATE_ALWAYS, 0))));
    HANDLE find = OPENS(FindFirstFileW(u"X:\\MIXED*", &data));
    assert_memory_equal(data.cFileName, u"MixedCase.Txt", sizeof u"MixedCase.Txt");
    OK(FindClose(find));
}

/* ---- listings
 * ----------------------------------------------------------------------------------------------------- */

/* Names in the order they come, which is that of the file system. */
static bool lists(LPCWSTR pattern, LPCWSTR name)
{
    WIN32_FIND_DATAW data;
    bool found = false;
    HANDLE find = FindFirstFileW(pattern, &data);
    if (find == INVALID_HANDLE_VALUE)
        return false;
    do
        found |= DokanWcscmp(data.cFileName, name) == 0;
    while (FindNextFileW(find, &data));
    OK(FindClose(find));
    return found;
}

static void test_dots(void **state)
{
    (void)state;
    make_directory(u"X:\\d");
    assert_true(lists(u"X:\\d\\*", u".") && lists(u"X:\\d\\*", u".."));
    assert_false(lists(u"X:\\*", u".") || lists(u"X:\\*", u".."));
}

/* An empty root has nothing to list, an empty directory its dots. */
static void test_empty(void **state)
{
    WIN32_FIND_DATAW data;
    (void)state;
    FAILS_TO_OPEN(ERROR_FILE_NOT_FOUND, FindFirstFileW(u"X:\\*", &data));
    make_directory(u"X:\\d");
    HANDLE find = OPENS(FindFirstFileW(u"X:\\d\\*", &data));
    OK(FindNextFileW(find, &data));
    FAILS(ERROR_NO_MORE_FILES, FindNextFileW(find, &data));
    OK(FindClose(find));
}

/* What is to be deleted is listed until it is gone. */
static void test_delete_pending(void **state)
{
    (void)state;
    make_directory(u"X:\\d");
    make_file(u"X:\\d\\f", "");
    HANDLE file = OPENS(open_file(u"X:\\d\\f", GENERIC_READ, OPEN_EXISTING, 0));
    OK(DeleteFileW(u"X:\\d\\f"));
    assert_true(lists(u"X:\\d\\*", u"f"));
    FAILS(ERROR_DIR_NOT_EMPTY, RemoveDirectoryW(u"X:\\d"));
    OK(CloseHandle(file));
    assert_false(lists(u"X:\\d\\*", u"f"));
    OK(RemoveDirectoryW(u"X:\\d"));
}

/* What comes later does not trouble a listing under way. */
static void test_changes_meanwhile(void **state)
{
    WIN32_FIND_DATAW data;
    unsigned seen = 1;
    (void)state;
    make_directory(u"X:\\d");
    for (unsigned i = 0; i < 200; i++) {
        WCHAR name[64];
        DokanSwprintf(name, COUNT_OF(name), "X:\\d\\file with number %u", i);
        make_file(name, "");
    }
    HANDLE find = OPENS(FindFirstFileW(u"X:\\d\\*", &data));
    for (; FindNextFileW(find, &data); seen++) {
        WCHAR name[64];
        if (seen < 3)
            continue; /* its dots */
        DokanSwprintf(name, COUNT_OF(name), "X:\\d\\%S", data.cFileName);
        if (data.cFileName[0] != u'.')
            OK(DeleteFileW(name));
    }
    OK(FindClose(find));
    assert_int_equal(seen, 202);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_characters),
        cmocka_unit_test(test_lengths),
        cmocka_unit_test(test_a_path_longer_than_max_path),
        cmocka_unit_test(test_odd_names),
        cmocka_unit_test(test_case),
        cmocka_unit_test(test_spelling_is_kept),
        cmocka_unit_test(test_dots),
        cmocka_unit_test(test_empty),
        cmocka_unit_test(test_delete_pending),
        cmocka_unit_test(test_changes_meanwhile),
    };
    return kit_run("names", tests, COUNT_OF(tests));
}
