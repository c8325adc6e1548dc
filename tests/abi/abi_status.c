// SPDX-License-Identifier: MIT
//
// DokanNtStatusFromWin32 through the library: every row of the table, rows written down by hand from what
// Dokany 2.3.1 returns, and the answer for everything else.

#include "base/testing.h"

#include <dokan/dokan_ex.h>

struct row {
    DWORD error;
    ULONG status;
};

static const struct row table[] = {
#include "api/status_table.gen.h"
};

static const struct row by_hand[] = {
    {0, 0},
    {1, 0xC0000002},
    {2, 0xC0000034},
    {3, 0xC000003A},
    {5, 0xC0000022},
    {6, 0xC0000008},
    {8, 0xC0000017},
    {14, 0xC0000087},
    {17, 0xC00000D4},
    {18, 0x80000006},
    {19, 0xC00000A2},
    {32, 0xC0000043},
    {33, 0xC0000055},
    {38, 0xC0000011},
    {50, 0xC00000BB},
    {80, 0xC0000035},
    {87, 0xC000000D},
    {112, 0xC000007F},
    {122, 0xC0000023},
    {123, 0xC0000033},
    {145, 0xC0000101},
    {170, 0x80000011},
    {183, 0xC0000035},
    {206, 0xC0000106},
    {234, 0x80000005},
    {267, 0xC0000103},
    {995, 0xC0000120},
    {997, 0x00000103},
    {1117, 0xC0000185},
    {1224, 0xC0000243},
    {1314, 0xC0000061},
    {1392, 0xC0000102},
    {1393, 0xC0000032},
    {1396, 0x80090322},
    {1450, 0xC000009A},
    {1816, 0xC0000044},
    {1824, 0x40020056},
    {4390, 0xC0000275},
    {8201, 0x00000121},
    {14011, 0xC015000E},
    {2148532335, 0xC0000382},
    {3221815297, 0xC0000356},
};

static void test_table_is_whole_and_rises(void **state)
{
    assert_int_equal(COUNT_OF(table), 622);
    for (size_t i = 1; i < COUNT_OF(table); i++)
        assert_true(table[i - 1].error < table[i].error);
}

static void test_every_row_is_found(void **state)
{
    for (size_t i = 0; i < COUNT_OF(table); i++)
        assert_int_equal((ULONG)DokanNtStatusFromWin32(table[i].error), table[i].status);
    for (size_t i = 0; i < COUNT_OF(by_hand); i++)
        if ((ULONG)DokanNtStatusFromWin32(by_hand[i].error) != by_hand[i].status)
            fail_msg("Win32 error %u", (unsigned)by_hand[i].error);
}

static void test_the_rest_is_access_denied(void **state)
{
    static const DWORD unknown[] = {29, 30, 39, 110, 111, 120, 131, 303, 1460, 65535, 0x7FFFFFFF, 0xFFFFFFFF};
    unsigned mapped = 0;

    for (size_t i = 0; i < COUNT_OF(unknown); i++)
        assert_int_equal(DokanNtStatusFromWin32(unknown[i]), STATUS_ACCESS_DENIED);
    for (DWORD error = 0; error < 20000; error++)
        mapped += DokanNtStatusFromWin32(error) != STATUS_ACCESS_DENIED;
    for (size_t i = 0; i < COUNT_OF(table); i++)
        mapped -= table[i].error < 20000 && table[i].status != 0xC0000022;
    assert_int_equal(mapped, 0);
}

static void test_names_have_the_values_of_the_table(void **state)
{
    assert_int_equal(DokanNtStatusFromWin32(ERROR_FILE_NOT_FOUND), STATUS_OBJECT_NAME_NOT_FOUND);
    assert_int_equal(DokanNtStatusFromWin32(ERROR_TOO_MANY_OPEN_FILES), STATUS_TOO_MANY_OPENED_FILES);
    assert_int_equal(DokanNtStatusFromWin32(ERROR_ALREADY_EXISTS), STATUS_OBJECT_NAME_COLLISION);
    assert_int_equal(DokanNtStatusFromWin32(ERROR_DIR_NOT_EMPTY), STATUS_DIRECTORY_NOT_EMPTY);
    assert_int_equal(DokanNtStatusFromWin32(ERROR_INVALID_NAME), STATUS_OBJECT_NAME_INVALID);
    assert_int_equal(DokanNtStatusFromWin32(ERROR_WRITE_PROTECT), STATUS_MEDIA_WRITE_PROTECTED);
    assert_int_equal(DokanNtStatusFromWin32(ERROR_PRIVILEGE_NOT_HELD), STATUS_PRIVILEGE_NOT_HELD);
    assert_int_equal(DokanNtStatusFromWin32(RPC_S_INVALID_NET_ADDR), RPC_NT_INVALID_NET_ADDR);
}

static void test_errno_exports(void **state)
{
    assert_int_equal(DokanNtStatusFromErrno(2), STATUS_OBJECT_NAME_NOT_FOUND);
    assert_int_equal(DokanNtStatusFromErrno(-13), STATUS_ACCESS_DENIED);
    assert_int_equal(DokanErrnoFromNtStatus(STATUS_MEDIA_WRITE_PROTECTED), 30);
    assert_int_equal(DokanErrnoFromNtStatus(STATUS_REPARSE), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_table_is_whole_and_rises),
        cmocka_unit_test(test_every_row_is_found),
        cmocka_unit_test(test_the_rest_is_access_denied),
        cmocka_unit_test(test_names_have_the_values_of_the_table),
        cmocka_unit_test(test_errno_exports),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
