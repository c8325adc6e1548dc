// SPDX-License-Identifier: MIT
/* Windows' rules of named streams: their names, their life with the file, what they share with it, listings.
 */
#include "kit.h"

#include <stdio.h>

static DWORD error_of(HANDLE file)
{
    if (file == INVALID_HANDLE_VALUE)
        return GetLastError();
    OK(CloseHandle(file));
    return 0;
}

/* Files and directories with their streams, and the words for each. */
static const struct {
    LPCWSTR name;
    DWORD error; /* of CREATE_NEW, on X:\f with stream s and X:\d with stream s */
} new_names[] = {
    {u"X:\\f:t", 0},
    {u"X:\\f:t:$DATA", 0},
    {u"X:\\f:t:$data", 0},
    {u"X:\\d:t", 0},
    {u"X:\\d:t:$DATA", 0},
    {u"X:\\new:t", 0}, /* makes the file as well */
    {u"X:\\f", ERROR_FILE_EXISTS},
    {u"X:\\f::$DATA", ERROR_FILE_EXISTS},
    {u"X:\\f:s", ERROR_FILE_EXISTS},
    {u"X:\\f:S", ERROR_FILE_EXISTS},
    {u"X:\\f:s:$DATA", ERROR_FILE_EXISTS},
    {u"X:\\d:s", ERROR_FILE_EXISTS},
    {u"X:\\f:", ERROR_INVALID_NAME},
    {u"X:\\f::", ERROR_INVALID_NAME},
    {u"X:\\f:t:", ERROR_INVALID_NAME},
    {u"X:\\f:t:$NONE", ERROR_INVALID_NAME},
    {u"X:\\f:t:u:$DATA", ERROR_INVALID_NAME},
    {u"X:\\f:t:$EA", ERROR_ACCESS_DENIED},
    {u"X:\\f:t:$BITMAP", ERROR_ACCESS_DENIED},
    {u"X:\\f:t:$reparse_point", ERROR_ACCESS_DENIED},
    {u"X:\\none\\f:t", ERROR_PATH_NOT_FOUND},
    {u"X:\\f\\g:t", ERROR_PATH_NOT_FOUND},
};

static void test_names(void **state)
{
    (void)state;
    NEEDS(streams);
    make_file(u"X:\\f", "");
    make_file(u"X:\\f:s", "");
    make_directory(u"X:\\d");
    make_file(u"X:\\d:s", "");
    for (size_t i = 0; i < COUNT_OF(new_names); i++) {
        DWORD error = error_of(open_file(new_names[i].name, GENERIC_WRITE, CREATE_NEW, 0));
        if (error != new_names[i].error)
            fail_msg("row %zu: error %u instead of %u", i, (unsigned)error, (unsigned)new_names[i].error);
        if (!error)
            OK(DeleteFileW(new_names[i].name));
    }
    assert_true(exists(u"X:\\new")); /* its stream went, it stays */
}

static const struct {
    LPCWSTR name;
    DWORD error; /* of CreateDirectory, while X:\d exists */
} new_directories[] = {
    {u"X:\\d", ERROR_ALREADY_EXISTS},
    {u"X:\\d::$INDEX_ALLOCATION", ERROR_ALREADY_EXISTS},
    {u"X:\\d:$I30:$INDEX_ALLOCATION", ERROR_ALREADY_EXISTS},
    {u"X:\\d:$i30:$index_allocation", ERROR_ALREADY_EXISTS},
    {u"X:\\d:s", ERROR_DIRECTORY},
    {u"X:\\e:s", ERROR_DIRECTORY},
    {u"X:\\e::$DATA", ERROR_DIRECTORY},
    {u"X:\\e", 0},
    {u"X:\\e::$INDEX_ALLOCATION", 0},
    {u"X:\\e:$I30:$INDEX_ALLOCATION", 0},
};

static void test_directories(void **state)
{
    (void)state;
    NEEDS(streams);
    make_directory(u"X:\\d");
    for (size_t i = 0; i < COUNT_OF(new_directories); i++) {
        DWORD error = CreateDirectoryW(new_directories[i].name, NULL) ? 0 : GetLastError();
        if (error != new_directories[i].error)
            fail_msg("row %zu: error %u instead of %u", i, (unsigned)error,
                     (unsigned)new_directories[i].error);
        if (!error)
            OK(RemoveDirectoryW(u"X:\\e"));
    }
    make_file(u"X:\\d:s", "text");
    FAILS(ERROR_DIRECTORY, RemoveDirectoryW(u"X:\\d:s"));
    OK(RemoveDirectoryW(u"X:\\d")); /* a stream does not make it full */
    assert_false(exists(u"X:\\d:s"));
}

static void test_life_with_the_file(void **state)
{
    (void)state;
    NEEDS(streams);
    make_file(u"X:\\f", "main");
    make_file(u"X:\\f:s", "stream");
    assert_string_equal(contents(u"X:\\f"), "main");
    assert_string_equal(contents(u"X:\\f::$DATA"), "main");
    assert_string_equal(contents(u"X:\\F:S:$DATA"), "stream");
    OK(DeleteFileW(u"X:\\f:s"));
    FAILS(ERROR_FILE_NOT_FOUND, DeleteFileW(u"X:\\f:s"));
    assert_string_equal(contents(u"X:\\f"), "main");
    make_file(u"X:\\f:s", "again");
    OK(MoveFileExW(u"X:\\f", u"X:\\g", 0));
    assert_string_equal(contents(u"X:\\g:s"), "again");
    OK(DeleteFileW(u"X:\\g"));
    FAILS(ERROR_FILE_NOT_FOUND, DeleteFileW(u"X:\\g:s"));
    make_file(u"X:\\g", "");
    assert_false(exists(u"X:\\g:s"));
}

/* Overwriting the file empties the main stream and takes the others away; overwriting one touches no other.
 */
static void test_overwriting(void **state)
{
    (void)state;
    NEEDS(streams);
    make_file(u"X:\\f", "main");
    make_file(u"X:\\f:s", "stream");
    assert_int_equal(error_of(open_file(u"X:\\f:s", GENERIC_WRITE, CREATE_ALWAYS, 0)), 0);
    assert_int_equal(GetLastError(), ERROR_ALREADY_EXISTS);
    assert_string_equal(contents(u"X:\\f:s"), "");
    assert_string_equal(contents(u"X:\\f"), "main");
    assert_int_equal(error_of(open_file(u"X:\\f", GENERIC_WRITE, CREATE_ALWAYS, 0)), 0);
    assert_string_equal(contents(u"X:\\f"), "");
    assert_false(exists(u"X:\\f:s"));
}

/* Attributes, times, index and number of links are the file's; the size is each one's own. */
static void test_shared_facts(void **state)
{
    BY_HANDLE_FILE_INFORMATION file, stream;
    (void)state;
    NEEDS(streams);
    make_file(u"X:\\f", "main");
    make_file(u"X:\\f:s", "stream");
    OK(SetFileAttributesW(u"X:\\f", FILE_ATTRIBUTE_HIDDEN));
    HANDLE a = OPENS(open_file(u"X:\\f", GENERIC_READ, OPEN_EXISTING, 0));
    HANDLE b = OPENS(open_file(u"X:\\f:s", FILE_WRITE_ATTRIBUTES, OPEN_EXISTING, 0));
    OK(SetFileTime(b, &(FILETIME){1, 29000000}, &(FILETIME){2, 29000000}, &(FILETIME){3, 29000000}));
    OK(GetFileInformationByHandle(a, &file));
    OK(GetFileInformationByHandle(b, &stream));
    assert_int_equal(file.nFileSizeLow, 4);
    assert_int_equal(stream.nFileSizeLow, 6);
    assert_int_equal(file.ftCreationTime.dwLowDateTime, 1);
    stream.nFileSizeLow = file.nFileSizeLow;
    assert_memory_equal(&file, &stream, sizeof file);
    OK(CloseHandle(a));
    OK(CloseHandle(b));
    OK(SetFileAttributesW(u"X:\\f:s", FILE_ATTRIBUTE_NORMAL));
    assert_int_equal(attributes(u"X:\\f"), FILE_ATTRIBUTE_NORMAL);
}

/* Each has share access and a delete mark of its own. */
static void test_own_share_access(void **state)
{
    (void)state;
    NEEDS(streams);
    make_file(u"X:\\f", "main");
    make_file(u"X:\\f:s", "stream");
    HANDLE file = OPENS(CreateFileW(u"X:\\f", GENERIC_READ, 0, NULL, OPEN_EXISTING, 0, NULL));
    assert_string_equal(contents(u"X:\\f:s"), "stream");
    OK(DeleteFileW(u"X:\\f:s"));
    FAILS_TO_OPEN(ERROR_SHARING_VIOLATION, open_file(u"X:\\f::$DATA", GENERIC_READ, OPEN_EXISTING, 0));
    OK(CloseHandle(file));
}

/* ---- listings
 * ----------------------------------------------------------------------------------------------- */

/* The names that FindFirstStreamW tells, each followed by its size. */
static const char *listed(LPCWSTR name)
{
    static char text[256];
    WIN32_FIND_STREAM_DATA data;
    size_t used = 0;
    HANDLE find = FindFirstStreamW(name, FindStreamInfoStandard, &data, 0);
    text[0] = 0;
    if (find == INVALID_HANDLE_VALUE)
        return GetLastError() == ERROR_HANDLE_EOF ? "none" : "?";
    do {
        char one[64];
        DokanUtf16ToUtf8(data.cStreamName, DOKAN_TERMINATED, one, sizeof one);
        used += (size_t)snprintf(text + used, sizeof text - used, "%s=%lld ", one,
                                 (long long)data.StreamSize.QuadPart);
    } while (FindNextStreamW(find, &data));
    assert_int_equal(GetLastError(), ERROR_HANDLE_EOF);
    OK(FindClose(find));
    return text;
}

static void test_listings(void **state)
{
    (void)state;
    NEEDS(streams);
    make_file(u"X:\\f", "main");
    make_directory(u"X:\\d");
    assert_string_equal(listed(u"X:\\f"), "::$DATA=4 ");
    assert_string_equal(listed(u"X:\\d"), "none");
    make_file(u"X:\\f:one", "1");
    make_file(u"X:\\d:two", "22");
    assert_string_equal(listed(u"X:\\f"), "::$DATA=4 :one:$DATA=1 ");
    assert_string_equal(listed(u"X:\\f:one"), "::$DATA=4 :one:$DATA=1 ");
    assert_string_equal(listed(u"X:\\d"), ":two:$DATA=2 ");
    OK(DeleteFileW(u"X:\\f:one"));
    assert_string_equal(listed(u"X:\\f"), "::$DATA=4 ");
    assert_string_equal(listed(u"X:\\none"), "?");
}

static void test_a_hundred(void **state)
{
    WIN32_FIND_STREAM_DATA data;
    unsigned seen = 1;
    (void)state;
    NEEDS(streams);
    for (unsigned i = 0; i < 100; i++) {
        WCHAR name[32];
        DokanSwprintf(name, COUNT_OF(name), "X:\\f:s%u", i);
        make_file(name, "");
    }
    HANDLE find = OPENS(FindFirstStreamW(u"X:\\f", FindStreamInfoStandard, &data, 0));
    while (FindNextStreamW(find, &data))
        seen++;
    OK(FindClose(find));
    assert_int_equal(seen, 101);
    OK(DeleteFileW(u"X:\\f"));
    FAILS_TO_OPEN(ERROR_FILE_NOT_FOUND, FindFirstStreamW(u"X:\\f", FindStreamInfoStandard, &data, 0));
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_directories),
        cmocka_unit_test(test_life_with_the_file),
        cmocka_unit_test(test_overwriting),
        cmocka_unit_test(test_shared_facts),
        cmocka_unit_test(test_own_share_access),
        cmocka_unit_test(test_listings),
        cmocka_unit_test(test_a_hundred),
    };
    return kit_run("streams", tests, COUNT_OF(tests));
}
