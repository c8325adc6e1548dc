// SPDX-License-Identifier: MIT
/* Descriptors: their text, of new files, asked and set, in either form. */
#include "kit.h"

#include <stdlib.h>

static PSECURITY_DESCRIPTOR from_text(LPCWSTR text)
{
    PSECURITY_DESCRIPTOR sd = NULL;
    ULONG length = 0;
    OK(ConvertStringSecurityDescriptorToSecurityDescriptorW(text, SDDL_REVISION_1, &sd, &length));
    assert_int_equal(GetSecurityDescriptorLength(sd), length);
    return sd;
}

static void same(LPCWSTR given, LPCWSTR wanted)
{
    if (DokanWcscmp(given, wanted) == 0)
        return;
    char a[512], b[512];
    DokanUtf16ToUtf8(given, DOKAN_TERMINATED, a, sizeof a);
    DokanUtf16ToUtf8(wanted, DOKAN_TERMINATED, b, sizeof b);
    fail_msg("%s instead of %s", a, b);
}

static void check_text(PSECURITY_DESCRIPTOR sd, SECURITY_INFORMATION parts, LPCWSTR wanted)
{
    LPWSTR text = NULL;
    ULONG units = 0;
    OK(ConvertSecurityDescriptorToStringSecurityDescriptorW(sd, SDDL_REVISION_1, parts, &text, &units));
    same(text, wanted);
    assert_int_equal(units, DokanWcslen(wanted) + 1);
    assert_null(LocalFree(text));
}

static void check_file(LPCWSTR name, LPCWSTR wanted)
{
    BYTE sd[512];
    DWORD needed = 0;
    FAILS(ERROR_INSUFFICIENT_BUFFER, GetFileSecurityW(name, DACL_SECURITY_INFORMATION, NULL, 0, &needed));
    assert_in_range(needed, 20, sizeof sd);
    FAILS(ERROR_INSUFFICIENT_BUFFER,
          GetFileSecurityW(name, DACL_SECURITY_INFORMATION, sd, needed - 1, &needed));
    OK(GetFileSecurityW(name, DACL_SECURITY_INFORMATION, sd, needed, &needed));
    check_text(sd, DACL_SECURITY_INFORMATION, wanted);
}

static void test_text(void **state)
{
    static const LPCWSTR texts[] = {u"O:BAG:SYD:P(A;OICI;FA;;;WD)", u"D:(D;;FR;;;BG)(A;;FA;;;SY)",
                                    u"O:S-1-22-1-7", u"D:P", u""};
    PSECURITY_DESCRIPTOR sd;
    LPWSTR text;
    (void)state;
    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        sd = from_text(texts[i]);
        check_text(sd, 7, texts[i]);
        LocalFree(sd);
    }
    FAILS(ERROR_INVALID_ACL, ConvertStringSecurityDescriptorToSecurityDescriptorW(u"D:(A", 1, &sd, NULL));
    assert_null(sd);
    FAILS(ERROR_UNKNOWN_REVISION, ConvertStringSecurityDescriptorToSecurityDescriptorW(u"D:", 2, &sd, NULL));
    FAILS(ERROR_INVALID_PARAMETER, ConvertStringSecurityDescriptorToSecurityDescriptorW(NULL, 1, &sd, NULL));
    FAILS(ERROR_INVALID_PARAMETER,
          ConvertSecurityDescriptorToStringSecurityDescriptorW(NULL, 1, 7, &text, NULL));
}

/* Descriptors whose parts lie anywhere, as programs of Windows build them. */
static void test_absolute_descriptors(void **state)
{
    SECURITY_DESCRIPTOR absolute = {.Revision = 1};
    DOKAN_SECURITY_PARTS parts = {.Size = sizeof parts};
    ULONG length = 0;
    (void)state;
    NEEDS(security);
    PSECURITY_DESCRIPTOR sd = NULL;
    OK(ConvertStringSecurityDescriptorToSecurityDescriptorW(u"O:BAD:P(A;;FA;;;WD)", 1, &sd, &length));
    OK(DokanGetSecurityDescriptorParts(sd, length, &parts));
    absolute.Control = parts.Control & ~SE_SELF_RELATIVE;
    absolute.Owner = parts.Owner;
    absolute.Dacl = parts.Dacl;
    assert_int_equal(GetSecurityDescriptorLength(&absolute), length);
    check_text(&absolute, 7, u"O:BAD:P(A;;FA;;;WD)");
    SECURITY_ATTRIBUTES given = {.nLength = sizeof given, .lpSecurityDescriptor = &absolute};
    OK(CloseHandle(OPENS(CreateFileW(u"X:\\f", GENERIC_WRITE, 0, &given, CREATE_NEW, 0, NULL))));
    check_file(u"X:\\f", u"D:P(A;;FA;;;WD)");
    OK(CreateDirectoryW(u"X:\\d", &given));
    check_file(u"X:\\d", u"D:P(A;;FA;;;WD)");
    LocalFree(sd);
}

static void test_set_and_asked(void **state)
{
    BYTE bytes[512];
    DWORD needed;
    (void)state;
    NEEDS(security);
    make_file(u"X:\\f", "");
    PSECURITY_DESCRIPTOR sd = from_text(u"O:BAD:P(A;;GA;;;WD)(A;;GR;;;SY)");
    OK(SetFileSecurityW(u"X:\\f", DACL_SECURITY_INFORMATION, sd));
    check_file(u"X:\\f", u"D:P(A;;FA;;;WD)(A;;FR;;;SY)");
    HANDLE file = OPENS(open_file(u"X:\\f", WRITE_OWNER | READ_CONTROL, OPEN_EXISTING, 0));
    OK(SetKernelObjectSecurity(file, OWNER_SECURITY_INFORMATION, sd));
    OK(GetKernelObjectSecurity(file, OWNER_SECURITY_INFORMATION, bytes, sizeof bytes, &needed));
    check_text(bytes, OWNER_SECURITY_INFORMATION, u"O:BA");
    FAILS(ERROR_ACCESS_DENIED, SetKernelObjectSecurity(file, DACL_SECURITY_INFORMATION, sd));
    OK(CloseHandle(file));
    FAILS(ERROR_INVALID_SECURITY_DESCR, SetFileSecurityW(u"X:\\f", DACL_SECURITY_INFORMATION, NULL));
    FAILS(ERROR_FILE_NOT_FOUND, SetFileSecurityW(u"X:\\none", DACL_SECURITY_INFORMATION, sd));
    FAILS(ERROR_INVALID_HANDLE, GetKernelObjectSecurity(NULL, 7, bytes, sizeof bytes, &needed));
    LocalFree(sd);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_text),
        cmocka_unit_test(test_absolute_descriptors),
        cmocka_unit_test(test_set_and_asked),
    };
    return kit_run("descriptors", tests, COUNT_OF(tests));
}
