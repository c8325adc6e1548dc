// SPDX-License-Identifier: MIT
/* Windows' rules of attributes, as tables: of new files, of files overwritten, set by name, and what they
 * forbid. */
#include "kit.h"

#include <stdio.h>

enum {
    R = FILE_ATTRIBUTE_READONLY,
    H = FILE_ATTRIBUTE_HIDDEN,
    S = FILE_ATTRIBUTE_SYSTEM,
    D = FILE_ATTRIBUTE_DIRECTORY,
    A = FILE_ATTRIBUTE_ARCHIVE,
    N = FILE_ATTRIBUTE_NORMAL,
    T = FILE_ATTRIBUTE_TEMPORARY
};

static void forget_file(LPCWSTR name)
{
    OK(SetFileAttributesW(name, N));
    OK(DeleteFileW(name));
}

static void test_new_files(void **state)
{
    static const struct {
        DWORD given, shown;
    } rows[] = {
        {0, A},         {N, A},     {R, R | A},         {H, H | A},         {S, S | A},
        {A, A},         {T, T | A}, {R | H, R | H | A}, {H | S, H | S | A}, {R | H | S, R | H | S | A},
        {N | H, H | A}, {D, A},     {D | H, H | A}};
    (void)state;
    NEEDS(attributes);
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        for (DWORD disposition = CREATE_NEW; disposition <= OPEN_ALWAYS; disposition += 1) {
            if (disposition == OPEN_EXISTING)
                continue;
            OK(CloseHandle(OPENS(open_file(u"X:\\f", GENERIC_WRITE, disposition, rows[i].given))));
            assert_int_equal(attributes(u"X:\\f"), rows[i].shown);
            forget_file(u"X:\\f");
        }
}

/* Overwriting gives a file new attributes; hidden and system files only to who says that he knows. */
static void test_overwritten_files(void **state)
{
    static const struct {
        DWORD before, given, error, shown;
    } rows[] = {
        {N, N, 0, A},
        {N, 0, 0, A},
        {N, R, 0, R | A},
        {N, S, 0, S | A},
        {N, H | S, 0, H | S | A},
        {A, H, 0, H | A},
        {H, 0, ERROR_ACCESS_DENIED, H},
        {H, N, ERROR_ACCESS_DENIED, H},
        {H, S, ERROR_ACCESS_DENIED, H},
        {H, H, 0, H | A},
        {H, H | S, 0, H | S | A},
        {S, 0, ERROR_ACCESS_DENIED, S},
        {S, H, ERROR_ACCESS_DENIED, S},
        {S, S, 0, S | A},
        {H | S, H, ERROR_ACCESS_DENIED, H | S},
        {H | S, S, ERROR_ACCESS_DENIED, H | S},
        {H | S, H | S, 0, H | S | A},
        {R, N, ERROR_ACCESS_DENIED, R},
        {R, R, ERROR_ACCESS_DENIED, R},
        {R | H, R | H, ERROR_ACCESS_DENIED, R | H},
    };
    (void)state;
    NEEDS(attributes);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        make_file(u"X:\\f", "text");
        OK(SetFileAttributesW(u"X:\\f", rows[i].before));
        HANDLE file = open_file(u"X:\\f", GENERIC_WRITE, CREATE_ALWAYS, rows[i].given);
        DWORD error = file == INVALID_HANDLE_VALUE ? GetLastError() : 0;
        if (file != INVALID_HANDLE_VALUE)
            OK(CloseHandle(file));
        if (error != rows[i].error || attributes(u"X:\\f") != rows[i].shown)
            fail_msg("row %zu: error %u, attributes 0x%x", i, (unsigned)error,
                     (unsigned)attributes(u"X:\\f"));
        assert_string_equal(contents(u"X:\\f"), error ? "text" : "");
        forget_file(u"X:\\f");
    }
}

/* Opening or truncating leaves them as they are. */
static void test_opened_files(void **state)
{
    static const DWORD dispositions[] = {OPEN_EXISTING, OPEN_ALWAYS, TRUNCATE_EXISTING};
    (void)state;
    NEEDS(attributes);
    make_file(u"X:\\f", "text");
    for (size_t i = 0; i < COUNT_OF(dispositions); i++) {
        OK(SetFileAttributesW(u"X:\\f", H));
        OK(CloseHandle(OPENS(open_file(u"X:\\f", GENERIC_WRITE, dispositions[i], S))));
        assert_int_equal(attributes(u"X:\\f") & ~(DWORD)A, H);
    }
}

static void test_set_by_name(void **state)
{
    static const struct {
        DWORD given, file, directory;
    } rows[] = {{N, N, D},
                {0, N, D},
                {R, R, R | D},
                {H, H, H | D},
                {S, S, S | D},
                {A, A, A | D},
                {R | H, R | H, R | H | D},
                {N | R, R, R | D},
                {N, N, D}};
    (void)state;
    NEEDS(attributes);
    make_file(u"X:\\f", "");
    make_directory(u"X:\\d");
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        OK(SetFileAttributesW(u"X:\\f", rows[i].given));
        OK(SetFileAttributesW(u"X:\\d", rows[i].given));
        assert_int_equal(attributes(u"X:\\f"), rows[i].file);
        assert_int_equal(attributes(u"X:\\d"), rows[i].directory);
    }
    FAILS(ERROR_FILE_NOT_FOUND, SetFileAttributesW(u"X:\\none", N));
    FAILS(ERROR_PATH_NOT_FOUND, SetFileAttributesW(u"X:\\none\\f", N));
}

/* What one door says, all say: by handle, by name, in a listing. */
static void test_shown_alike(void **state)
{
    BY_HANDLE_FILE_INFORMATION info;
    WIN32_FIND_DATAW data;
    FILE_BASIC_INFO basic;
    FILE_ATTRIBUTE_TAG_INFO tag;
    (void)state;
    make_file(u"X:\\f", "");
    OK(SetFileAttributesW(u"X:\\f", R | H));
    const DWORD wanted = attributes(u"X:\\f");
    assert_true(wanted & R);
    HANDLE file = OPENS(open_file(u"X:\\f", GENERIC_READ, OPEN_EXISTING, 0));
    OK(GetFileInformationByHandle(file, &info));
    assert_int_equal(info.dwFileAttributes, wanted);
    OK(GetFileInformationByHandleEx(file, FileBasicInfo, &basic, sizeof basic));
    assert_int_equal(basic.FileAttributes, wanted);
    OK(GetFileInformationByHandleEx(file, FileAttributeTagInfo, &tag, sizeof tag));
    assert_int_equal(tag.FileAttributes, wanted);
    OK(CloseHandle(file));
    HANDLE find = OPENS(FindFirstFileW(u"X:\\f", &data));
    assert_int_equal(data.dwFileAttributes, wanted);
    OK(FindClose(find));
    OK(SetFileAttributesW(u"X:\\f", N));
}

/* READONLY of a file forbids writing and deleting, not reading, renaming, or changing attributes. */
static void test_read_only_files(void **state)
{
    static const struct {
        DWORD access, flags, error;
    } rows[] = {
        {GENERIC_READ, 0, 0},
        {FILE_READ_ATTRIBUTES, 0, 0},
        {FILE_WRITE_ATTRIBUTES, 0, 0},
        {DELETE, 0, 0},
        {READ_CONTROL, 0, 0},
        {GENERIC_WRITE, 0, ERROR_ACCESS_DENIED},
        {FILE_WRITE_DATA, 0, ERROR_ACCESS_DENIED},
        {FILE_APPEND_DATA, 0, ERROR_ACCESS_DENIED},
        {GENERIC_READ, FILE_FLAG_DELETE_ON_CLOSE, ERROR_ACCESS_DENIED},
    };
    (void)state;
    make_file(u"X:\\f", "text");
    OK(SetFileAttributesW(u"X:\\f", R));
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        HANDLE file = open_file(u"X:\\f", rows[i].access, OPEN_EXISTING, rows[i].flags);
        DWORD error = file == INVALID_HANDLE_VALUE ? GetLastError() : 0;
        if (file != INVALID_HANDLE_VALUE)
            OK(CloseHandle(file));
        if (error != rows[i].error)
            fail_msg("row %zu: error %u instead of %u", i, (unsigned)error, (unsigned)rows[i].error);
    }
    FAILS(ERROR_ACCESS_DENIED, DeleteFileW(u"X:\\f"));
    FAILS_TO_OPEN(ERROR_ACCESS_DENIED, open_file(u"X:\\f", GENERIC_WRITE, TRUNCATE_EXISTING, 0));
    make_file(u"X:\\g", "");
    FAILS(ERROR_ACCESS_DENIED, MoveFileExW(u"X:\\g", u"X:\\f", MOVEFILE_REPLACE_EXISTING));
    OK(MoveFileExW(u"X:\\f", u"X:\\h", 0));
    assert_string_equal(contents(u"X:\\h"), "text");
    forget_file(u"X:\\h");
}

/* The handle that makes a READONLY file may write it. */
static void test_the_maker_of_a_read_only_file(void **state)
{
    DWORD n;
    (void)state;
    HANDLE file = OPENS(open_file(u"X:\\f", GENERIC_WRITE, CREATE_NEW, R));
    OK(WriteFile(file, "text", 4, &n, NULL));
    OK(CloseHandle(file));
    assert_true(attributes(u"X:\\f") & R);
    assert_string_equal(contents(u"X:\\f"), "text");
    FAILS_TO_OPEN(ERROR_ACCESS_DENIED,
                  open_file(u"X:\\f", GENERIC_READ, OPEN_EXISTING, FILE_FLAG_DELETE_ON_CLOSE));
    forget_file(u"X:\\f");
}

/* READONLY of a directory forbids to remove it, and nothing in it. */
static void test_read_only_directories(void **state)
{
    (void)state;
    NEEDS(attributes);
    make_directory(u"X:\\d");
    OK(SetFileAttributesW(u"X:\\d", R));
    make_file(u"X:\\d\\f", "");
    OK(DeleteFileW(u"X:\\d\\f"));
    FAILS(ERROR_ACCESS_DENIED, RemoveDirectoryW(u"X:\\d"));
    OK(SetFileAttributesW(u"X:\\d", N));
    OK(RemoveDirectoryW(u"X:\\d"));
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_new_files),
        cmocka_unit_test(test_overwritten_files),
        cmocka_unit_test(test_opened_files),
        cmocka_unit_test(test_set_by_name),
        cmocka_unit_test(test_shown_alike),
        cmocka_unit_test(test_read_only_files),
        cmocka_unit_test(test_the_maker_of_a_read_only_file),
        cmocka_unit_test(test_read_only_directories),
    };
    return kit_run("attributes", tests, COUNT_OF(tests));
}
