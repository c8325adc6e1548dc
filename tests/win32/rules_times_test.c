// SPDX-License-Identifier: MIT
/* Windows' rules of times: who sets which, and what leaves them alone. */
#include "kit.h"

#define LONG_AGO      131000000000000000ull /* in 2016 */
#define IN_THE_FUTURE 168443300960000000ull /* in 2134 */

struct times {
    ULONGLONG birth, access, write;
};

static FILETIME filetime(ULONGLONG ticks)
{
    return (FILETIME){.dwLowDateTime = (DWORD)ticks, .dwHighDateTime = (DWORD)(ticks >> 32)};
}

static ULONGLONG ticks(FILETIME time)
{
    return (ULONGLONG)time.dwHighDateTime << 32 | time.dwLowDateTime;
}

static ULONGLONG now(void)
{
    FILETIME time;
    GetSystemTimeAsFileTime(&time);
    return ticks(time);
}

static struct times times_of(LPCWSTR name)
{
    WIN32_FILE_ATTRIBUTE_DATA data;
    OK(GetFileAttributesExW(name, GetFileExInfoStandard, &data));
    return (struct times){ticks(data.ftCreationTime), ticks(data.ftLastAccessTime),
                          ticks(data.ftLastWriteTime)};
}

static void set_times(LPCWSTR name, ULONGLONG birth, ULONGLONG access, ULONGLONG write)
{
    FILETIME b = filetime(birth), a = filetime(access), w = filetime(write);
    HANDLE file = OPENS(open_file(name, FILE_WRITE_ATTRIBUTES, OPEN_EXISTING, FILE_FLAG_BACKUP_SEMANTICS));
    OK(SetFileTime(file, birth ? &b : NULL, access ? &a : NULL, write ? &w : NULL));
    OK(CloseHandle(file));
}

static void test_a_new_file_is_of_now(void **state)
{
    const ULONGLONG slack = 500000; /* the host's clock of files is a coarse one */
    (void)state;
    ULONGLONG before = now() - slack;
    make_file(u"X:\\f", "");
    make_directory(u"X:\\d");
    ULONGLONG after = now() + slack;
    static const LPCWSTR names[] = {u"X:\\f", u"X:\\d"};
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        struct times t = times_of(names[i]);
        assert_in_range(t.birth, before, after);
        assert_in_range(t.access, before, after);
        assert_in_range(t.write, before, after);
    }
}

/* Each by itself; what is not given, or 0, stays. */
static void test_set_one_by_one(void **state)
{
    static const LPCWSTR names[] = {u"X:\\f", u"X:\\d"};
    (void)state;
    make_file(u"X:\\f", "");
    make_directory(u"X:\\d");
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        struct times before = times_of(names[i]), t;
        set_times(names[i], 0, IN_THE_FUTURE + 7, 0);
        t = times_of(names[i]);
        assert_int_equal(t.access, IN_THE_FUTURE + 7); /* to the last 100 ns */
        assert_int_equal(t.write, before.write);
        assert_int_equal(t.birth, before.birth);
        set_times(names[i], 0, 0, LONG_AGO + 1);
        t = times_of(names[i]);
        assert_int_equal(t.access, IN_THE_FUTURE + 7);
        assert_int_equal(t.write, LONG_AGO + 1);
        if (!place->birth)
            continue;
        assert_int_equal(t.birth, before.birth);
        set_times(names[i], IN_THE_FUTURE + 3, 0, 0);
        t = times_of(names[i]);
        assert_int_equal(t.birth, IN_THE_FUTURE + 3);
        assert_int_equal(t.access, IN_THE_FUTURE + 7);
        assert_int_equal(t.write, LONG_AGO + 1);
    }
}

static void test_set_by_class(void **state)
{
    FILE_BASIC_INFO basic = {.LastWriteTime.QuadPart = (LONGLONG)LONG_AGO};
    (void)state;
    make_file(u"X:\\f", "");
    DWORD attributes_before = attributes(u"X:\\f");
    HANDLE file = OPENS(open_file(u"X:\\f", FILE_WRITE_ATTRIBUTES, OPEN_EXISTING, 0));
    OK(SetFileInformationByHandle(file, FileBasicInfo, &basic, sizeof basic));
    FILETIME birth, access, write;
    FAILS(ERROR_BAD_LENGTH, SetFileInformationByHandle(file, FileBasicInfo, &basic, sizeof basic - 9));
    OK(CloseHandle(file));
    file = OPENS(open_file(u"X:\\f", GENERIC_READ, OPEN_EXISTING, 0));
    OK(GetFileTime(file, &birth, &access, &write));
    OK(GetFileTime(file, NULL, NULL, &write));
    assert_int_equal(ticks(write), LONG_AGO);
    OK(CloseHandle(file));
    assert_int_equal(attributes(u"X:\\f"), attributes_before); /* 0: as they were */
}

static void test_writing_is_seen(void **state)
{
    DWORD n;
    (void)state;
    make_file(u"X:\\f", "text");
    set_times(u"X:\\f", 0, LONG_AGO, LONG_AGO);
    assert_string_equal(contents(u"X:\\f"), "text"); /* reading is no writing */
    assert_int_equal(times_of(u"X:\\f").write, LONG_AGO);
    HANDLE file = OPENS(open_file(u"X:\\f", GENERIC_WRITE, OPEN_EXISTING, 0));
    OK(WriteFile(file, "more", 4, &n, NULL));
    OK(CloseHandle(file));
    assert_true(times_of(u"X:\\f").write > LONG_AGO);
    set_times(u"X:\\f", 0, 0, LONG_AGO);
    OK(CloseHandle(OPENS(open_file(u"X:\\f", GENERIC_WRITE, TRUNCATE_EXISTING, 0))));
    assert_true(times_of(u"X:\\f").write > LONG_AGO);
}

static void test_what_leaves_them_alone(void **state)
{
    (void)state;
    make_file(u"X:\\f", "text");
    make_directory(u"X:\\d");
    set_times(u"X:\\f", 0, LONG_AGO, LONG_AGO + 9);
    OK(MoveFileExW(u"X:\\f", u"X:\\d\\g", 0));
    assert_int_equal(times_of(u"X:\\d\\g").write, LONG_AGO + 9);
    OK(SetFileAttributesW(u"X:\\d\\g", FILE_ATTRIBUTE_READONLY));
    assert_int_equal(times_of(u"X:\\d\\g").write, LONG_AGO + 9);
    OK(SetFileAttributesW(u"X:\\d\\g", FILE_ATTRIBUTE_NORMAL));
    OK(CloseHandle(OPENS(open_file(u"X:\\d\\g", GENERIC_READ, OPEN_EXISTING, 0))));
    assert_int_equal(times_of(u"X:\\d\\g").write, LONG_AGO + 9);
}

/* A directory was written when a name in it came, went or changed. */
static void test_directories_change_with_their_names(void **state)
{
    (void)state;
    make_directory(u"X:\\d");
    set_times(u"X:\\d", 0, 0, LONG_AGO);
    make_file(u"X:\\d\\f", "");
    assert_true(times_of(u"X:\\d").write > LONG_AGO);
    set_times(u"X:\\d", 0, 0, LONG_AGO);
    OK(MoveFileExW(u"X:\\d\\f", u"X:\\d\\g", 0));
    assert_true(times_of(u"X:\\d").write > LONG_AGO);
    set_times(u"X:\\d", 0, 0, LONG_AGO);
    OK(DeleteFileW(u"X:\\d\\g"));
    assert_true(times_of(u"X:\\d").write > LONG_AGO);
}

/* What listings say is what handles say. */
static void test_listings_agree(void **state)
{
    WIN32_FIND_DATAW data;
    (void)state;
    make_file(u"X:\\f", "12345");
    set_times(u"X:\\f", place->birth ? LONG_AGO + 1 : 0, LONG_AGO + 2, LONG_AGO + 3);
    struct times t = times_of(u"X:\\f");
    HANDLE find = OPENS(FindFirstFileW(u"X:\\f", &data));
    assert_int_equal(ticks(data.ftCreationTime), t.birth);
    assert_int_equal(ticks(data.ftLastAccessTime), LONG_AGO + 2);
    assert_int_equal(ticks(data.ftLastWriteTime), LONG_AGO + 3);
    OK(FindClose(find));
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_new_file_is_of_now),
        cmocka_unit_test(test_set_one_by_one),
        cmocka_unit_test(test_set_by_class),
        cmocka_unit_test(test_writing_is_seen),
        cmocka_unit_test(test_what_leaves_them_alone),
        cmocka_unit_test(test_directories_change_with_their_names),
        cmocka_unit_test(test_listings_agree),
    };
    return kit_run("times", tests, COUNT_OF(tests));
}
