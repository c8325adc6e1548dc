// SPDX-License-Identifier: MIT
/* Names of Win32: forms, normalising, the current directory, drives. */
#include "kit.h"

static void same(LPCWSTR given, LPCWSTR wanted)
{
    if (DokanWcscmp(given, wanted) == 0)
        return;
    char a[256], b[256];
    DokanUtf16ToUtf8(given, DOKAN_TERMINATED, a, sizeof a);
    DokanUtf16ToUtf8(wanted, DOKAN_TERMINATED, b, sizeof b);
    fail_msg("%s instead of %s", a, b);
}

static const struct row {
    LPCWSTR given, whole, part; /* part: what FilePart points to; NULL: nothing */
} rows[] = {
    {u"X:\\", u"X:\\", NULL},
    {u"X:\\a", u"X:\\a", u"a"},
    {u"X:\\a\\b.txt", u"X:\\a\\b.txt", u"b.txt"},
    {u"X:/a/b", u"X:\\a\\b", u"b"},
    {u"X:\\a\\", u"X:\\a\\", NULL},
    {u"X:\\\\a\\\\b", u"X:\\a\\b", u"b"},
    {u"X:\\a\\.\\b", u"X:\\a\\b", u"b"},
    {u"X:\\a\\..\\b", u"X:\\b", u"b"},
    {u"X:\\a\\b\\..\\..\\..\\..\\c", u"X:\\c", u"c"},
    {u"X:\\..", u"X:\\", NULL},
    {u"X:\\a.", u"X:\\a", u"a"},
    {u"X:\\a. .", u"X:\\a", u"a"},
    {u"X:\\a ", u"X:\\a", u"a"},
    {u"X:\\a.\\b", u"X:\\a\\b", u"b"},
    {u"X:\\a..\\b", u"X:\\a..\\b", u"b"},
    {u"X:\\.a", u"X:\\.a", u".a"},
    {u"X:\\a:s", u"X:\\a:s", u"a:s"},
    {u"x:\\a", u"x:\\a", u"a"},
    {u"\\a", u"X:\\a", u"a"},
    {u"/a", u"X:\\a", u"a"},
    {u"a", u"X:\\dir\\a", u"a"},
    {u"X:a", u"X:\\dir\\a", u"a"},
    {u".", u"X:\\dir", u"dir"},
    {u"..", u"X:\\", NULL},
    {u"..\\b", u"X:\\b", u"b"},
    {u".\\a\\..\\b", u"X:\\dir\\b", u"b"},
    {u"X:", u"X:\\dir", u"dir"},
    {u"Y:a", u"Y:\\a", u"a"},
};

static void test_whole_names(void **state)
{
    (void)state;
    make_directory(u"X:\\dir");
    OK(SetCurrentDirectoryW(u"X:\\dir"));
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        WCHAR text[64];
        LPWSTR part;
        DWORD units = GetFullPathNameW(rows[i].given, COUNT_OF(text), text, &part);
        same(text, rows[i].whole);
        assert_int_equal(units, DokanWcslen(rows[i].whole));
        assert_int_equal(part == NULL, rows[i].part == NULL);
        if (part)
            same(part, rows[i].part);
        assert_int_equal(GetFullPathNameW(rows[i].given, units, text, NULL), units + 1);
    }
    FAILS(ERROR_INVALID_NAME, GetFullPathNameW(u"", 0, NULL, NULL));
    FAILS(ERROR_INVALID_NAME, GetFullPathNameW(NULL, 0, NULL, NULL));
}

static void test_every_form_opens_the_same_file(void **state)
{
    static const LPCWSTR names[] = {u"X:\\dir\\file",
                                    u"x:/dir/file",
                                    u"\\dir\\file",
                                    u"file",
                                    u"X:file",
                                    u".\\file",
                                    u"..\\dir\\file",
                                    u"\\\\?\\X:\\dir\\file",
                                    u"\\\\.\\X:\\dir\\.\\file",
                                    u"//./X:/dir/file",
                                    u"X:\\dir\\\\file",
                                    u"X:\\dir\\file. .",
                                    u"X:\\DIR\\FILE"};
    (void)state;
    make_directory(u"X:\\dir");
    make_file(u"X:\\dir\\file", "here");
    OK(SetCurrentDirectoryW(u"X:\\dir\\"));
    for (size_t i = 0; i < COUNT_OF(names); i++)
        assert_string_equal(contents(names[i]), "here");
    HANDLE file = OPENS(CreateFileA("X:\\dir\\file", GENERIC_READ, EVERYBODY, NULL, OPEN_EXISTING, 0, NULL));
    OK(CloseHandle(file));
    FAILS_TO_OPEN(ERROR_NO_UNICODE_TRANSLATION,
                  CreateFileA("X:\\\xFF", GENERIC_READ, EVERYBODY, NULL, OPEN_EXISTING, 0, NULL));
}

/* Behind \\?\ a dot is a dot, and a slash no separator. */
static void test_literal_names(void **state)
{
    (void)state;
    make_file(u"\\\\?\\X:\\dot.", "dot");
    assert_false(exists(u"X:\\dot."));
    assert_false(exists(u"X:\\dot"));
    assert_true(exists(u"\\\\?\\X:\\dot."));
    FAILS_TO_OPEN(ERROR_INVALID_NAME, open_file(u"\\\\?\\X:\\a/b", GENERIC_WRITE, CREATE_NEW, 0));
    FAILS_TO_OPEN(ERROR_PATH_NOT_FOUND, open_file(u"\\\\?\\X:a", GENERIC_READ, OPEN_EXISTING, 0));
}

static void test_names_that_lead_nowhere(void **state)
{
    static const struct {
        LPCWSTR name;
        DWORD error;
    } none[] = {
        {NULL, ERROR_PATH_NOT_FOUND},
        {u"", ERROR_PATH_NOT_FOUND},
        {u"Q:\\a", ERROR_PATH_NOT_FOUND},
        {u"\\\\server\\share\\a", ERROR_BAD_NETPATH},
        {u"\\\\?\\Volume{1}\\a", ERROR_PATH_NOT_FOUND},
        {u"X:\\no\\a", ERROR_PATH_NOT_FOUND},
        {u"X:\\file\\a", ERROR_PATH_NOT_FOUND},
        {u"X:\\a", ERROR_FILE_NOT_FOUND},
        {u"X:\\a*", ERROR_INVALID_NAME},
        {u"X:\\a?b", ERROR_INVALID_NAME},
        {u"X:\\a<", ERROR_INVALID_NAME},
        {u"X:\\a|b\\c", ERROR_INVALID_NAME},
        {u"X:\\file\\", ERROR_INVALID_NAME},
        {u"X:\\dir\\", ERROR_PATH_NOT_FOUND},
        {u"X:\\a\\", ERROR_FILE_NOT_FOUND},
        {u"X:\\dir", ERROR_ACCESS_DENIED},
    };
    (void)state;
    make_file(u"X:\\file", "");
    make_directory(u"X:\\dir");
    for (size_t i = 0; i < COUNT_OF(none); i++)
        FAILS_TO_OPEN(none[i].error, open_file(none[i].name, GENERIC_READ, OPEN_EXISTING, 0));
    FAILS_TO_OPEN(ERROR_INVALID_NAME, open_file(u"X:\\new\\", GENERIC_WRITE, CREATE_NEW, 0));
    assert_false(exists(u"X:\\new"));
}

static void test_current_directory(void **state)
{
    WCHAR text[32];
    (void)state;
    assert_int_equal(GetCurrentDirectoryW(COUNT_OF(text), text), 3);
    same(text, u"X:\\");
    make_directory(u"X:\\a");
    make_directory(u"a\\b");
    make_file(u"X:\\file", "");
    OK(SetCurrentDirectoryW(u"a\\b"));
    assert_int_equal(GetCurrentDirectoryW(COUNT_OF(text), text), 6);
    same(text, u"X:\\a\\b");
    assert_int_equal(GetCurrentDirectoryW(6, text), 7);
    OK(SetCurrentDirectoryW(u".."));
    assert_true(exists(u"b"));
    FAILS(ERROR_DIRECTORY, SetCurrentDirectoryW(u"\\file"));
    FAILS(ERROR_FILE_NOT_FOUND, SetCurrentDirectoryW(u"\\none"));
    FAILS(ERROR_PATH_NOT_FOUND, SetCurrentDirectoryW(u"Q:\\"));
    assert_true(exists(u"b"));
}

static void test_drives(void **state)
{
    (void)state;
    FAILS(ERROR_ALREADY_EXISTS, DokanWinAttach(volume, u'x'));
    FAILS(ERROR_INVALID_PARAMETER, DokanWinAttach(volume, u'1'));
    FAILS(ERROR_INVALID_PARAMETER, DokanWinAttach(NULL, u'Z'));
    FAILS(ERROR_PATH_NOT_FOUND, DokanWinDetach(u'Z'));
    make_file(u"X:\\file", "both");
    OK(DokanWinAttach(volume, u'z'));
    assert_string_equal(contents(u"Z:\\file"), "both");
    OK(DokanWinDetach(u'Z'));
    FAILS_TO_OPEN(ERROR_PATH_NOT_FOUND, open_file(u"Z:\\file", GENERIC_READ, OPEN_EXISTING, 0));
}

static void test_paths_of_handles(void **state)
{
    WCHAR text[64];
    (void)state;
    make_directory(u"X:\\Dir");
    make_file(u"X:\\Dir\\File", "");
    HANDLE file = OPENS(open_file(u"X:\\Dir\\File", GENERIC_READ, OPEN_EXISTING, 0));
    assert_int_equal(GetFinalPathNameByHandleW(file, text, COUNT_OF(text), VOLUME_NAME_DOS), 15);
    same(text, u"\\\\?\\X:\\Dir\\File");
    assert_int_equal(GetFinalPathNameByHandleW(file, text, COUNT_OF(text), VOLUME_NAME_NONE), 9);
    same(text, u"\\Dir\\File");
    assert_int_equal(GetFinalPathNameByHandleW(file, text, 15, VOLUME_NAME_DOS), 16);
    FAILS(ERROR_NOT_SUPPORTED, GetFinalPathNameByHandleW(file, text, COUNT_OF(text), VOLUME_NAME_NT));
    FAILS(ERROR_INVALID_HANDLE, GetFinalPathNameByHandleW(NULL, text, COUNT_OF(text), 0));
    OK(CloseHandle(file));
}

static void test_volumes(void **state)
{
    WCHAR label[32], kind[32];
    DWORD serial = 0, longest = 0, flags = 0;
    ULARGE_INTEGER available, total, free_bytes;
    (void)state;
    OK(GetVolumeInformationW(u"X:\\", label, COUNT_OF(label), &serial, &longest, &flags, kind,
                             COUNT_OF(kind)));
    assert_int_not_equal(serial, 0);
    assert_int_equal(longest, 255);
    assert_true(flags & FILE_UNICODE_ON_DISK);
    assert_int_equal(kind[0] != 0, 1);
    OK(GetVolumeInformationW(NULL, NULL, 0, NULL, NULL, NULL, NULL, 0));
    FAILS(ERROR_BAD_LENGTH, GetVolumeInformationW(u"X:\\", NULL, 0, NULL, NULL, NULL, kind, 1));
    FAILS(ERROR_INVALID_NAME, GetVolumeInformationW(u"X:", NULL, 0, NULL, NULL, NULL, NULL, 0));
    FAILS(ERROR_DIR_NOT_ROOT, GetVolumeInformationW(u"X:\\a\\", NULL, 0, NULL, NULL, NULL, NULL, 0));
    OK(GetDiskFreeSpaceExW(u"X:\\", &available, &total, &free_bytes));
    assert_true(total.QuadPart > 0 && available.QuadPart <= total.QuadPart);
    OK(GetDiskFreeSpaceExW(NULL, NULL, &total, NULL));
    FAILS(ERROR_FILE_NOT_FOUND, GetDiskFreeSpaceExW(u"X:\\none", NULL, &total, NULL));
    HANDLE device = OPENS(open_file(u"\\\\.\\X:", FILE_READ_ATTRIBUTES, OPEN_EXISTING, 0));
    DWORD got;
    OK(DeviceIoControl(device, FSCTL_IS_VOLUME_MOUNTED, NULL, 0, NULL, 0, &got, NULL));
    OK(CloseHandle(device));
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_whole_names),       cmocka_unit_test(test_every_form_opens_the_same_file),
        cmocka_unit_test(test_literal_names),     cmocka_unit_test(test_names_that_lead_nowhere),
        cmocka_unit_test(test_current_directory), cmocka_unit_test(test_drives),
        cmocka_unit_test(test_paths_of_handles),  cmocka_unit_test(test_volumes),
    };
    return kit_run("names", tests, COUNT_OF(tests));
}
