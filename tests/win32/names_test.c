// SPDX-License-Identifier: MIT
/* Deleting, renaming, linking, copying; listings and streams. */
#include "kit.h"
#include "memfs.h"

#include <stdio.h>

/* ---- deleting
 * ------------------------------------------------------------------------------------------------ */

static void test_deleting(void **state)
{
    (void)state;
    make_file(u"X:\\f", "");
    make_directory(u"X:\\d");
    make_file(u"X:\\d\\f", "");
    FAILS(ERROR_ACCESS_DENIED, DeleteFileW(u"X:\\d"));
    FAILS(ERROR_DIRECTORY, RemoveDirectoryW(u"X:\\f"));
    FAILS(ERROR_DIR_NOT_EMPTY, RemoveDirectoryW(u"X:\\d"));
    FAILS(ERROR_PATH_NOT_FOUND, DeleteFileW(u"X:\\f\\"));
    FAILS(ERROR_FILE_NOT_FOUND, DeleteFileW(u"X:\\none"));
    FAILS(ERROR_FILE_NOT_FOUND, RemoveDirectoryW(u"X:\\none"));
    FAILS(ERROR_PATH_NOT_FOUND, DeleteFileW(u"X:\\none\\f"));
    FAILS(ERROR_ACCESS_DENIED, RemoveDirectoryW(u"X:\\"));
    HANDLE file = OPENS(CreateFileW(u"X:\\f", GENERIC_READ, FILE_SHARE_READ, NULL, OPEN_EXISTING, 0, NULL));
    FAILS(ERROR_SHARING_VIOLATION, DeleteFileW(u"X:\\f"));
    OK(CloseHandle(file));
    OK(DeleteFileW(u"X:\\f"));
    OK(DeleteFileW(u"X:\\d\\f"));
    OK(RemoveDirectoryW(u"X:\\d\\"));
    assert_false(exists(u"X:\\f") || exists(u"X:\\d"));
}

/* The name stays until the last handle goes, and nobody gets in any more. */
static void test_a_deleted_file_that_is_open(void **state)
{
    (void)state;
    make_file(u"X:\\f", "");
    HANDLE file = OPENS(open_file(u"X:\\f", GENERIC_READ, OPEN_EXISTING, 0));
    OK(DeleteFileW(u"X:\\f"));
    FAILS_TO_OPEN(ERROR_ACCESS_DENIED, open_file(u"X:\\f", GENERIC_READ, OPEN_EXISTING, 0));
    FAILS(ERROR_ACCESS_DENIED, DeleteFileW(u"X:\\f"));
    OK(CloseHandle(file));
    assert_false(exists(u"X:\\f"));
    OK(CreateDirectoryW(u"X:\\f", NULL));
}

static void test_directories(void **state)
{
    (void)state;
    make_directory(u"X:\\d");
    make_file(u"X:\\f", "");
    FAILS(ERROR_ALREADY_EXISTS, CreateDirectoryW(u"X:\\d", NULL));
    FAILS(ERROR_ALREADY_EXISTS, CreateDirectoryW(u"X:\\f", NULL));
    FAILS(ERROR_PATH_NOT_FOUND, CreateDirectoryW(u"X:\\none\\d", NULL));
    FAILS(ERROR_PATH_NOT_FOUND, CreateDirectoryW(u"X:\\f\\d", NULL));
    FAILS(ERROR_INVALID_NAME, CreateDirectoryW(u"X:\\a*", NULL));
    OK(CreateDirectoryW(u"X:\\d\\e\\", NULL));
    assert_true(exists(u"X:\\d\\e"));
}

/* ---- renaming
 * ------------------------------------------------------------------------------------------------- */

static void test_renaming(void **state)
{
    (void)state;
    make_file(u"X:\\a", "a");
    make_file(u"X:\\b", "b");
    make_directory(u"X:\\d");
    FAILS(ERROR_ALREADY_EXISTS, MoveFileExW(u"X:\\a", u"X:\\b", 0));
    FAILS(ERROR_FILE_NOT_FOUND, MoveFileExW(u"X:\\none", u"X:\\c", 0));
    FAILS(ERROR_PATH_NOT_FOUND, MoveFileExW(u"X:\\a", u"X:\\none\\c", 0));
    FAILS(ERROR_ACCESS_DENIED, MoveFileExW(u"X:\\a", u"X:\\d", MOVEFILE_REPLACE_EXISTING));
    FAILS(ERROR_NOT_SUPPORTED, MoveFileExW(u"X:\\a", u"X:\\c", MOVEFILE_DELAY_UNTIL_REBOOT));
    OK(MoveFileExW(u"X:\\a", u"X:\\b", MOVEFILE_REPLACE_EXISTING));
    assert_string_equal(contents(u"X:\\b"), "a");
    OK(MoveFileExW(u"X:\\b", u"X:\\d\\c", MOVEFILE_WRITE_THROUGH));
    OK(MoveFileExW(u"X:\\d", u"X:\\e", 0));
    assert_string_equal(contents(u"X:\\e\\c"), "a");
    OK(MoveFileExW(u"X:\\e\\c", u"X:\\e\\C", 0)); /* only its case */
    WIN32_FIND_DATAW data;
    HANDLE find = OPENS(FindFirstFileW(u"X:\\e\\c", &data));
    assert_int_equal(data.cFileName[0], u'C');
    OK(FindClose(find));
}

static void test_renaming_to_another_drive(void **state)
{
    (void)state;
    make_file(u"X:\\a", "text");
    make_directory(u"X:\\d");
    OK(DokanWinAttach(volume, u'Z')); /* the same volume: no other one */
    OK(MoveFileExW(u"X:\\a", u"Z:\\b", 0));
    assert_string_equal(contents(u"X:\\b"), "text");
    OK(DokanWinDetach(u'Z'));
}

static HANDLE for_rename(LPCWSTR name)
{
    return OPENS(open_file(name, DELETE | SYNCHRONIZE, OPEN_EXISTING, FILE_FLAG_BACKUP_SEMANTICS));
}

static BOOL rename_handle(HANDLE file, HANDLE root, LPCWSTR name, bool replace)
{
    union {
        FILE_RENAME_INFO info;
        BYTE room[256];
    } out;
    memset(&out, 0, sizeof out);
    out.info.ReplaceIfExists = replace;
    out.info.RootDirectory = root;
    out.info.FileNameLength = (DWORD)(DokanWcslen(name) * sizeof(WCHAR));
    memcpy(out.info.FileName, name, out.info.FileNameLength);
    return SetFileInformationByHandle(file, FileRenameInfo, &out, sizeof out);
}

static void test_renaming_by_handle(void **state)
{
    (void)state;
    make_file(u"X:\\a", "a");
    make_file(u"X:\\b", "b");
    make_directory(u"X:\\d");
    HANDLE file = for_rename(u"X:\\a");
    HANDLE dir = OPENS(open_file(u"X:\\d", FILE_TRAVERSE, OPEN_EXISTING, FILE_FLAG_BACKUP_SEMANTICS));
    FAILS(ERROR_ALREADY_EXISTS, rename_handle(file, NULL, u"X:\\b", false));
    OK(rename_handle(file, NULL, u"X:\\b", true));
    OK(rename_handle(file, NULL, u"c", false)); /* by the current directory */
    OK(rename_handle(file, dir, u"e", false));
    FAILS(ERROR_INVALID_HANDLE, rename_handle(file, (HANDLE)(uintptr_t)8, u"f", false));
    OK(CloseHandle(file));
    OK(CloseHandle(dir));
    assert_string_equal(contents(u"X:\\d\\e"), "a");
    assert_false(exists(u"X:\\a") || exists(u"X:\\b") || exists(u"X:\\c"));
}

/* ---- a second volume
 * ---------------------------------------------------------------------------------------------- */

static DOKAN_HANDLE open_second(void **memfs)
{
    static DOKAN_OPTIONS options;
    DOKAN_MOUNT_OPTIONS_EX ex = DokanMountOptionsExDefault();
    DOKAN_HANDLE second;
    *memfs = memfs_new(0, 0);
    ex.Flags = DOKAN_EX_NO_MOUNT | DOKAN_EX_QUIET;
    options = (DOKAN_OPTIONS){.Version = DOKAN_VERSION, .GlobalContext = (ULONG64)(uintptr_t)*memfs};
    PDOKAN_OPERATIONS operations = (PDOKAN_OPERATIONS)(uintptr_t)memfs_operations();
    assert_int_equal(DokanCreateFileSystemEx(&options, operations, &ex, &second), DOKAN_SUCCESS);
    return second;
}

static void test_moving_to_another_volume(void **state)
{
    void *memfs;
    DOKAN_HANDLE second = open_second(&memfs);
    (void)state;
    OK(DokanWinAttach(second, u'Y'));
    make_file(u"X:\\a", "text");
    make_file(u"X:\\b", "other");
    make_directory(u"X:\\d");
    make_directory(u"Y:\\d");
    FAILS(ERROR_NOT_SAME_DEVICE, MoveFileExW(u"X:\\a", u"Y:\\a", 0));
    FAILS(ERROR_NOT_SAME_DEVICE, MoveFileExW(u"X:\\d", u"Y:\\e", MOVEFILE_COPY_ALLOWED));
    OK(MoveFileExW(u"X:\\a", u"Y:\\a", MOVEFILE_COPY_ALLOWED));
    assert_string_equal(contents(u"Y:\\a"), "text");
    assert_false(exists(u"X:\\a"));
    FAILS(ERROR_ALREADY_EXISTS, MoveFileExW(u"X:\\b", u"Y:\\a", MOVEFILE_COPY_ALLOWED));
    assert_string_equal(contents(u"X:\\b"), "other");
    HANDLE file = for_rename(u"X:\\b");
    HANDLE dir = OPENS(open_file(u"Y:\\d", FILE_TRAVERSE, OPEN_EXISTING, FILE_FLAG_BACKUP_SEMANTICS));
    FAILS(ERROR_NOT_SAME_DEVICE, rename_handle(file, dir, u"e", false));
    OK(CloseHandle(dir));
    OK(CloseHandle(file));
    assert_true(exists(u"X:\\b"));
    OK(DokanWinDetach(u'Y'));
    DokanCloseHandle(second);
    memfs_free(memfs);
}

/* ---- links and copies
 * ---------------------------------------------------------------------------------------------- */

static void test_hard_links(void **state)
{
    BY_HANDLE_FILE_INFORMATION info;
    (void)state;
    make_file(u"X:\\a", "text");
    OK(CreateHardLinkW(u"X:\\b", u"X:\\a", NULL));
    FAILS(ERROR_ALREADY_EXISTS, CreateHardLinkW(u"X:\\b", u"X:\\a", NULL));
    FAILS(ERROR_FILE_NOT_FOUND, CreateHardLinkW(u"X:\\c", u"X:\\none", NULL));
    HANDLE file = OPENS(open_file(u"X:\\b", GENERIC_READ, OPEN_EXISTING, 0));
    OK(GetFileInformationByHandle(file, &info));
    assert_int_equal(info.nNumberOfLinks, 2);
    OK(CloseHandle(file));
    OK(DeleteFileW(u"X:\\a"));
    assert_string_equal(contents(u"X:\\b"), "text");
}

static void test_symbolic_links(void **state)
{
    (void)state;
    make_file(u"X:\\a", "text");
    make_directory(u"X:\\d");
    OK(CreateSymbolicLinkW(u"X:\\l", u"a", 0));
    if (place->directory_links)
        OK(CreateSymbolicLinkW(u"X:\\m", u"d", SYMBOLIC_LINK_FLAG_DIRECTORY));
    else
        FAILS(ERROR_NOT_SUPPORTED, CreateSymbolicLinkW(u"X:\\m", u"d", SYMBOLIC_LINK_FLAG_DIRECTORY));
    assert_true(attributes(u"X:\\l") & FILE_ATTRIBUTE_REPARSE_POINT);
    FAILS(ERROR_ALREADY_EXISTS, CreateSymbolicLinkW(u"X:\\l", u"a", 0));
    FAILS(ERROR_INVALID_PARAMETER, CreateSymbolicLinkW(u"X:\\n", u"", 0));
    WIN32_FIND_DATAW data;
    HANDLE find = OPENS(FindFirstFileW(u"X:\\l", &data));
    assert_int_equal(data.dwReserved0 != 0, 1);
    OK(FindClose(find));
    OK(DeleteFileW(u"X:\\l")); /* the link, not what it leads to */
    assert_true(exists(u"X:\\a"));
    assert_false(exists(u"X:\\l"));
}

static void test_copies(void **state)
{
    WIN32_FILE_ATTRIBUTE_DATA a, b;
    (void)state;
    make_file(u"X:\\a", "text");
    OK(CopyFileW(u"X:\\a", u"X:\\b", TRUE));
    assert_string_equal(contents(u"X:\\b"), "text");
    OK(GetFileAttributesExW(u"X:\\a", GetFileExInfoStandard, &a));
    OK(GetFileAttributesExW(u"X:\\b", GetFileExInfoStandard, &b));
    assert_memory_equal(&a.ftLastWriteTime, &b.ftLastWriteTime, sizeof a.ftLastWriteTime);
    FAILS(ERROR_FILE_EXISTS, CopyFileW(u"X:\\a", u"X:\\b", TRUE));
    make_file(u"X:\\c", "other");
    OK(CopyFileW(u"X:\\c", u"X:\\b", FALSE));
    assert_string_equal(contents(u"X:\\b"), "other");
    FAILS(ERROR_FILE_NOT_FOUND, CopyFileW(u"X:\\none", u"X:\\d", TRUE));
    FAILS(ERROR_INVALID_PARAMETER, GetFileAttributesExW(u"X:\\a", GetFileExMaxInfoLevel, &a));
}

/* ---- listings
 * ---------------------------------------------------------------------------------------------------------
 */

static unsigned count_matches(LPCWSTR pattern)
{
    WIN32_FIND_DATAW data;
    unsigned count = 0;
    HANDLE find = FindFirstFileW(pattern, &data);
    if (find == INVALID_HANDLE_VALUE)
        return 0;
    do
        count++;
    while (FindNextFileW(find, &data));
    assert_int_equal(GetLastError(), ERROR_NO_MORE_FILES);
    OK(FindClose(find));
    return count;
}

static void test_patterns(void **state)
{
    static const struct {
        LPCWSTR pattern;
        unsigned count;
    } rows[] = {
        {u"X:\\d\\*", 7},    {u"X:\\d\\*.*", 7},   {u"X:\\d\\*.txt", 2}, {u"X:\\d\\*.TXT", 2},
        {u"X:\\d\\a*", 3},   {u"X:\\d\\?.txt", 2}, {u"X:\\d\\a.???", 1}, {u"X:\\d\\*.", 2},
        {u"X:\\d\\b", 1},    {u"X:\\d\\B", 1},     {u"X:\\d\\a?", 1},    {u"X:\\d\\a.*", 1},
        {u"X:\\d\\a?.*", 3}, {u"X:\\d\\*.?", 2},   {u"X:\\d\\none", 0},
    };
    (void)state;
    make_directory(u"X:\\d");
    make_file(u"X:\\d\\a.txt", "");
    make_file(u"X:\\d\\c.txt", "");
    make_file(u"X:\\d\\ab", "");
    make_file(u"X:\\d\\a1.doc", "");
    make_file(u"X:\\d\\b", "");
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        if (count_matches(rows[i].pattern) != rows[i].count)
            fail_msg("row %zu: %u instead of %u", i, count_matches(rows[i].pattern), rows[i].count);
}

static void test_entries(void **state)
{
    WIN32_FIND_DATAW data;
    (void)state;
    make_file(u"X:\\File", "12345");
    HANDLE find = OPENS(FindFirstFileW(u"X:\\file", &data));
    assert_memory_equal(data.cFileName, u"File", sizeof u"File");
    assert_int_equal(data.nFileSizeLow, 5);
    assert_int_equal(data.dwFileAttributes & FILE_ATTRIBUTE_DIRECTORY, 0);
    assert_true(data.ftLastWriteTime.dwHighDateTime);
    FAILS(ERROR_NO_MORE_FILES, FindNextFileW(find, &data));
    FAILS(ERROR_INVALID_HANDLE, FindNextStreamW(find, &data));
    FAILS(ERROR_INVALID_HANDLE, CloseHandle(find));
    OK(FindClose(find));
    FAILS(ERROR_INVALID_HANDLE, FindClose(find));
    FAILS_TO_OPEN(ERROR_FILE_NOT_FOUND, FindFirstFileW(u"X:\\none", &data));
    FAILS_TO_OPEN(ERROR_FILE_NOT_FOUND, FindFirstFileW(u"X:\\", &data));
    FAILS_TO_OPEN(ERROR_PATH_NOT_FOUND, FindFirstFileW(u"X:\\none\\*", &data));
    FAILS_TO_OPEN(ERROR_PATH_NOT_FOUND, FindFirstFileW(u"\\\\?\\X:/file", &data)); /* no backslash at all */
    FAILS_TO_OPEN(ERROR_DIRECTORY, FindFirstFileW(u"X:\\File\\*", &data));
}

static void test_a_listing_longer_than_a_buffer(void **state)
{
    (void)state;
    make_directory(u"X:\\d");
    for (unsigned i = 0; i < 300; i++) {
        WCHAR name[64];
        DokanSwprintf(name, COUNT_OF(name), "X:\\d\\a name of some length, number %u", i);
        make_file(name, "");
    }
    assert_int_equal(count_matches(u"X:\\d\\*"), 302);
}

/* ---- streams
 * -----------------------------------------------------------------------------------------------------------
 */

static void test_streams(void **state)
{
    WIN32_FIND_STREAM_DATA data;
    (void)state;
    NEEDS(streams);
    make_file(u"X:\\f", "main");
    make_file(u"X:\\f:one", "1");
    make_directory(u"X:\\d");
    HANDLE find = OPENS(FindFirstStreamW(u"X:\\f", FindStreamInfoStandard, &data, 0));
    assert_memory_equal(data.cStreamName, u"::$DATA", sizeof u"::$DATA");
    assert_int_equal(data.StreamSize.QuadPart, 4);
    OK(FindNextStreamW(find, &data));
    assert_memory_equal(data.cStreamName, u":one:$DATA", sizeof u":one:$DATA");
    FAILS(ERROR_HANDLE_EOF, FindNextStreamW(find, &data));
    FAILS(ERROR_INVALID_HANDLE, FindNextFileW(find, (LPWIN32_FIND_DATAW)&data));
    OK(FindClose(find));
    FAILS_TO_OPEN(ERROR_HANDLE_EOF, FindFirstStreamW(u"X:\\d", FindStreamInfoStandard, &data, 0));
    FAILS_TO_OPEN(ERROR_FILE_NOT_FOUND, FindFirstStreamW(u"X:\\none", FindStreamInfoStandard, &data, 0));
    FAILS_TO_OPEN(ERROR_INVALID_PARAMETER, FindFirstStreamW(u"X:\\f", FindStreamInfoStandard, &data, 1));
    HANDLE file = for_rename(u"X:\\f:one");
    OK(rename_handle(file, NULL, u":two", false));
    OK(rename_handle(file, NULL, u":two", true)); /* onto itself */
    OK(CloseHandle(file));
    assert_string_equal(contents(u"X:\\f:two"), "1");
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_deleting),
        cmocka_unit_test(test_a_deleted_file_that_is_open),
        cmocka_unit_test(test_directories),
        cmocka_unit_test(test_renaming),
        cmocka_unit_test(test_renaming_to_another_drive),
        cmocka_unit_test(test_renaming_by_handle),
        cmocka_unit_test(test_moving_to_another_volume),
        cmocka_unit_test(test_hard_links),
        cmocka_unit_test(test_symbolic_links),
        cmocka_unit_test(test_copies),
        cmocka_unit_test(test_patterns),
        cmocka_unit_test(test_entries),
        cmocka_unit_test(test_a_listing_longer_than_a_buffer),
        cmocka_unit_test(test_streams),
    };
    return kit_run("names", tests, COUNT_OF(tests));
}
