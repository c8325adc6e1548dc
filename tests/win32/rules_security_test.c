// SPDX-License-Identifier: MIT
/* Windows' rules of descriptors, told in SDDL: of new files, inherited, set by parts, and what they permit.
 */
#include "kit.h"

#include <stdlib.h>

static const SECURITY_INFORMATION dacl = DACL_SECURITY_INFORMATION;

static void same(LPCWSTR given, LPCWSTR wanted, size_t row)
{
    if (DokanWcscmp(given, wanted) == 0)
        return;
    char a[512], b[512];
    DokanUtf16ToUtf8(given, DOKAN_TERMINATED, a, sizeof a);
    DokanUtf16ToUtf8(wanted, DOKAN_TERMINATED, b, sizeof b);
    fail_msg("row %zu: %s instead of %s", row, a, b);
}

static void check(LPCWSTR name, SECURITY_INFORMATION parts, LPCWSTR wanted, size_t row)
{
    BYTE sd[1024];
    DWORD needed;
    LPWSTR text;
    OK(GetFileSecurityW(name, parts, sd, sizeof sd, &needed));
    OK(ConvertSecurityDescriptorToStringSecurityDescriptorW(sd, 1, parts, &text, NULL));
    same(text, wanted, row);
    LocalFree(text);
}

static SECURITY_ATTRIBUTES from_text(LPCWSTR text)
{
    SECURITY_ATTRIBUTES given = {.nLength = sizeof given};
    if (text)
        OK(ConvertStringSecurityDescriptorToSecurityDescriptorW(text, 1, &given.lpSecurityDescriptor, NULL));
    return given;
}

static void set(LPCWSTR name, SECURITY_INFORMATION parts, LPCWSTR text)
{
    SECURITY_ATTRIBUTES given = from_text(text);
    OK(SetFileSecurityW(name, parts, given.lpSecurityDescriptor));
    LocalFree(given.lpSecurityDescriptor);
}

static void make(LPCWSTR name, bool directory, LPCWSTR text)
{
    SECURITY_ATTRIBUTES given = from_text(text);
    if (directory)
        OK(CreateDirectoryW(name, &given));
    else
        OK(CloseHandle(OPENS(CreateFileW(name, GENERIC_WRITE, 0, &given, CREATE_NEW, 0, NULL))));
    LocalFree(given.lpSecurityDescriptor);
}

/* ---- new files
 * ------------------------------------------------------------------------------------------------ */

/* Generic rights become those of files; of files and of directories alike. */
static void test_of_the_creator(void **state)
{
    static const LPCWSTR rows[][2] = {
        {u"D:P(A;;GA;;;WD)", u"D:P(A;;FA;;;WD)"},
        {u"D:P(A;;GR;;;WD)", u"D:P(A;;FR;;;WD)"},
        {u"D:P(A;;GWGR;;;WD)", u"D:P(A;;0x12019f;;;WD)"},
        {u"D:P(D;;FW;;;BG)(A;;FA;;;WD)", u"D:P(D;;FW;;;BG)(A;;FA;;;WD)"},
        {u"D:P", u"D:P"},
    };
    (void)state;
    NEEDS(security);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        make(u"X:\\f", false, rows[i][0]);
        make(u"X:\\d", true, rows[i][0]);
        check(u"X:\\f", dacl, rows[i][1], i);
        check(u"X:\\d", dacl, rows[i][1], i);
        OK(DeleteFileW(u"X:\\f"));
        OK(RemoveDirectoryW(u"X:\\d"));
    }
}

/* What a directory passes on to a file, and to a directory in it. */
static void test_inheritance(void **state)
{
    static const struct {
        LPCWSTR parent, creator, file, directory;
    } rows[] = {
        {u"D:P(A;OICI;FA;;;WD)", NULL, u"D:AI(A;ID;FA;;;WD)", u"D:AI(A;OICIID;FA;;;WD)"},
        {u"D:P(A;OI;FA;;;WD)(A;;FA;;;SY)", NULL, u"D:AI(A;ID;FA;;;WD)", u"D:AI(A;OIIOID;FA;;;WD)"},
        {u"D:P(A;CI;FA;;;WD)(A;OI;FR;;;SY)", NULL, u"D:AI(A;ID;FR;;;SY)",
         u"D:AI(A;CIID;FA;;;WD)(A;OIIOID;FR;;;SY)"},
        {u"D:P(A;OICINP;FA;;;WD)", NULL, u"D:AI(A;ID;FA;;;WD)", u"D:AI(A;ID;FA;;;WD)"},
        {u"D:P(A;OICIIO;FR;;;WD)(A;;FA;;;WD)", NULL, u"D:AI(A;ID;FR;;;WD)", u"D:AI(A;OICIID;FR;;;WD)"},
        {u"D:P(A;OICI;FA;;;WD)", u"D:P(A;;FR;;;BG)", u"D:P(A;;FR;;;BG)", u"D:P(A;;FR;;;BG)"},
    };
    (void)state;
    NEEDS(security);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        make(u"X:\\p", true, rows[i].parent);
        make(u"X:\\p\\f", false, rows[i].creator);
        make(u"X:\\p\\d", true, rows[i].creator);
        check(u"X:\\p\\f", dacl, rows[i].file, i);
        check(u"X:\\p\\d", dacl, rows[i].directory, i);
        OK(DeleteFileW(u"X:\\p\\f"));
        OK(RemoveDirectoryW(u"X:\\p\\d"));
        OK(RemoveDirectoryW(u"X:\\p"));
    }
}

static void test_owner(void **state)
{
    (void)state;
    NEEDS(security);
    DokanWinImpersonate(SOMEBODY, SOMEBODY);
    make_file(u"X:\\f", "");
    check(u"X:\\f", OWNER_SECURITY_INFORMATION | GROUP_SECURITY_INFORMATION,
          u"O:S-1-22-1-1000G:S-1-22-2-1000", 0);
}

/* ---- set by parts
 * ----------------------------------------------------------------------------------------------- */

static void test_parts(void **state)
{
    static const struct {
        SECURITY_INFORMATION parts;
        LPCWSTR given, whole;
    } rows[] = {
        {DACL_SECURITY_INFORMATION, u"D:P(A;;GR;;;SY)", u"O:BAG:SYD:P(A;;FR;;;SY)"},
        {OWNER_SECURITY_INFORMATION, u"O:SYG:WDD:P", u"O:SYG:SYD:P(A;;FA;;;WD)"},
        {GROUP_SECURITY_INFORMATION, u"O:SYG:BAD:P", u"O:BAG:BAD:P(A;;FA;;;WD)"},
        {OWNER_SECURITY_INFORMATION | DACL_SECURITY_INFORMATION, u"O:SYD:(A;;FR;;;WD)",
         u"O:SYG:SYD:(A;;FR;;;WD)"},
        {DACL_SECURITY_INFORMATION | UNPROTECTED_DACL_SECURITY_INFORMATION, u"D:P(A;;FR;;;WD)",
         u"O:BAG:SYD:(A;;FR;;;WD)"},
        {DACL_SECURITY_INFORMATION | PROTECTED_DACL_SECURITY_INFORMATION, u"D:(A;;FR;;;WD)",
         u"O:BAG:SYD:P(A;;FR;;;WD)"},
    };
    (void)state;
    NEEDS(security);
    make_file(u"X:\\f", "");
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        set(u"X:\\f", 7, u"O:BAG:SYD:P(A;;FA;;;WD)");
        set(u"X:\\f", rows[i].parts, rows[i].given);
        check(u"X:\\f", 7, rows[i].whole, i);
    }
}

/* ---- what they permit
 * --------------------------------------------------------------------------------------------- */

static const struct {
    LPCWSTR text; /* of a file that belongs to another */
    DWORD access, error;
} verdicts[] = {
    {u"D:P(A;;FA;;;WD)", GENERIC_ALL, 0},
    {u"D:P(A;;FR;;;WD)", GENERIC_READ, 0},
    {u"D:P(A;;FR;;;WD)", GENERIC_WRITE, ERROR_ACCESS_DENIED},
    {u"D:P(A;;FR;;;WD)", MAXIMUM_ALLOWED, 0},
    {u"D:P(D;;FR;;;WD)", GENERIC_READ, ERROR_ACCESS_DENIED},
    {u"D:P(D;;0x1;;;WD)(A;;FA;;;WD)", GENERIC_READ, ERROR_ACCESS_DENIED},
    {u"D:P(D;;0x1;;;WD)(A;;FA;;;WD)", GENERIC_WRITE, 0},
    {u"D:P(A;;FA;;;WD)(D;;0x1;;;WD)", GENERIC_READ, 0}, /* the first that says something counts */
    {u"D:P(A;;FA;;;S-1-22-1-1000)", GENERIC_ALL, 0},
    {u"D:P(A;;FA;;;S-1-22-1-1001)", GENERIC_READ, ERROR_ACCESS_DENIED},
    {u"D:P(A;;FA;;;S-1-22-2-1000)", GENERIC_ALL, 0},
    {u"D:P(A;;FR;;;WD)(A;;FW;;;AU)", GENERIC_READ | GENERIC_WRITE, 0},
    {u"D:P(A;;FA;;;AN)", GENERIC_READ, ERROR_ACCESS_DENIED},
    {u"D:P(A;;FA;;;WD)", WRITE_DAC | WRITE_OWNER, 0},
    {u"D:P(A;;FR;;;WD)", WRITE_DAC, ERROR_ACCESS_DENIED},
    {u"D:P(A;;FA;;;WD)", ACCESS_SYSTEM_SECURITY, ERROR_PRIVILEGE_NOT_HELD},
    {u"D:P(A;OIIO;FA;;;WD)", GENERIC_READ, ERROR_ACCESS_DENIED}, /* for those below it only */
    {u"D:P", GENERIC_READ, ERROR_ACCESS_DENIED},
};

static void test_verdicts(void **state)
{
    (void)state;
    NEEDS(security);
    make_file(u"X:\\f", "");
    for (size_t i = 0; i < COUNT_OF(verdicts); i++) {
        DokanWinImpersonate(0, 0);
        set(u"X:\\f", 7, u"O:BAG:SYD:P");
        set(u"X:\\f", dacl, verdicts[i].text);
        DokanWinImpersonate(SOMEBODY, SOMEBODY);
        HANDLE file = open_file(u"X:\\f", verdicts[i].access, OPEN_EXISTING, 0);
        DWORD error = file == INVALID_HANDLE_VALUE ? GetLastError() : 0;
        if (file != INVALID_HANDLE_VALUE)
            OK(CloseHandle(file));
        if (error != verdicts[i].error)
            fail_msg("row %zu: error %u instead of %u", i, (unsigned)error, (unsigned)verdicts[i].error);
    }
}

/* Who owns a file may always ask for its descriptor and give it another list. */
static void test_owners_always_may(void **state)
{
    (void)state;
    NEEDS(security);
    DokanWinImpersonate(SOMEBODY, SOMEBODY);
    make(u"X:\\f", false, u"D:P(D;;GR;;;WD)");
    FAILS_TO_OPEN(ERROR_ACCESS_DENIED, open_file(u"X:\\f", GENERIC_READ, OPEN_EXISTING, 0));
    check(u"X:\\f", dacl, u"D:P(D;;FR;;;WD)", 0);
    set(u"X:\\f", dacl, u"D:P(A;;FA;;;WD)");
    OK(CloseHandle(OPENS(open_file(u"X:\\f", GENERIC_READ, OPEN_EXISTING, 0))));
}

/* Who may delete in a directory needs no right of the file; who may list it needs none to see attributes. */
static void test_rights_of_the_directory(void **state)
{
    (void)state;
    NEEDS(security);
    make(u"X:\\open", true, u"D:P(A;;FA;;;WD)");
    make(u"X:\\shut", true, u"D:P(A;;0x1200a9;;;WD)"); /* to list and read only */
    make(u"X:\\open\\f", false, u"D:P");
    make(u"X:\\shut\\f", false, u"D:P");
    make(u"X:\\shut\\g", false, u"D:P(A;;FA;;;WD)");
    DokanWinImpersonate(SOMEBODY, SOMEBODY);
    assert_true(exists(u"X:\\shut\\f") || GetLastError() == ERROR_ACCESS_DENIED);
    FAILS_TO_OPEN(ERROR_ACCESS_DENIED, open_file(u"X:\\shut\\new", GENERIC_WRITE, CREATE_NEW, 0));
    FAILS(ERROR_ACCESS_DENIED, CreateDirectoryW(u"X:\\shut\\new", NULL));
    FAILS(ERROR_ACCESS_DENIED, DeleteFileW(u"X:\\shut\\f"));
    OK(DeleteFileW(u"X:\\shut\\g")); /* by the file's own leave */
    OK(DeleteFileW(u"X:\\open\\f")); /* by the directory's */
    make_file(u"X:\\open\\new", "");
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_of_the_creator),
        cmocka_unit_test(test_inheritance),
        cmocka_unit_test(test_owner),
        cmocka_unit_test(test_parts),
        cmocka_unit_test(test_verdicts),
        cmocka_unit_test(test_owners_always_may),
        cmocka_unit_test(test_rights_of_the_directory),
    };
    return kit_run("security", tests, COUNT_OF(tests));
}
