// SPDX-License-Identifier: MIT
/* The functions of dokan_security.h: lengths, errors, and that each reaches what stands behind it. */
#include "base/testing.h"
#include <dokan/dokan_ex.h>
#include <dokan/dokan_security.h>
#include <dokan/ntstatus.h>
#include <string.h>

enum {
    THREE = OWNER_SECURITY_INFORMATION | GROUP_SECURITY_INFORMATION | DACL_SECURITY_INFORMATION,
    ROOM = 512
};

static const unsigned char me[] = {1, 2, 0, 0, 0, 0, 0, 22, 1, 0, 0, 0, 0xE8, 3, 0, 0};
static const unsigned char us[] = {1, 2, 0, 0, 0, 0, 0, 22, 2, 0, 0, 0, 100, 0, 0, 0};
static const DOKAN_ACCESS_TOKEN token = {.Size = sizeof token, .User = (PSID)me, .PrimaryGroup = (PSID)us};

#define assert_error(error, call)                            \
    do {                                                     \
        DokanWin32SetLastError(0);                           \
        assert_false(call);                                  \
        assert_int_equal(DokanWin32GetLastError(), (error)); \
    } while (0)

static ULONG from_text(const WCHAR *text, void *out)
{
    ULONG length = ROOM;
    assert_true(DokanSddlToSecurityDescriptor(text, out, &length, NULL));
    return length;
}

static void check_text(const void *sd, ULONG length, const WCHAR *expected)
{
    WCHAR text[ROOM];
    char got[ROOM], wanted[ROOM];
    ULONG units = ROOM;
    assert_true(DokanSecurityDescriptorToSddl(sd, length, BACKUP_SECURITY_INFORMATION, text, &units));
    assert_int_equal(units, DokanWcslen(text) + 1);
    DokanUtf16ToUtf8(text, DOKAN_TERMINATED, got, sizeof got);
    DokanUtf16ToUtf8(expected, DOKAN_TERMINATED, wanted, sizeof wanted);
    assert_string_equal(got, wanted);
}

static void test_identifiers(void **state)
{
    unsigned char sid[DOKAN_SID_MAX];
    ULONG length = 0, id = 0;
    BOOL group = FALSE;
    assert_error(ERROR_INVALID_PARAMETER, DokanSidFromUser(1000, sid, NULL));
    assert_error(ERROR_INSUFFICIENT_BUFFER, DokanSidFromUser(1000, NULL, &length));
    assert_int_equal(length, 16);
    length--;
    assert_error(ERROR_INSUFFICIENT_BUFFER, DokanSidFromUser(1000, sid, &length));
    assert_true(DokanSidFromUser(1000, sid, &length));
    assert_memory_equal(sid, me, 16);
    assert_true(DokanSidToId(sid, length, &id, &group));
    assert_true(id == 1000 && !group);
    assert_true(DokanSidFromGroup(100, sid, &length));
    assert_memory_equal(sid, us, 16);
    assert_true(DokanSidToId(sid, length, &id, &group));
    assert_true(id == 100 && group);
    assert_error(ERROR_INVALID_SID, DokanSidToId(sid, 15, &id, &group));
    assert_error(ERROR_INVALID_SID, DokanSidToId(NULL, 16, &id, &group));
    assert_error(ERROR_INVALID_PARAMETER, DokanSidToId(sid, 16, NULL, &group));
    length = sizeof sid;
    assert_true(DokanStringToSid(u"BA", sid, &length));
    assert_int_equal(length, 16);
    assert_error(ERROR_NONE_MAPPED, DokanSidToId(sid, length, &id, &group));
}

static void test_text_of_identifiers(void **state)
{
    static const struct {
        const WCHAR *text;
        DWORD error;
    } rows[] = {{u"S-1-22-1-1000", 0},
                {u"", ERROR_INVALID_SID},
                {u"S-1-22-1-1000 ", ERROR_INVALID_SID},
                {u"S-1-22-1-\x0661", ERROR_INVALID_SID},
                {u"BAX", ERROR_INVALID_SID},
                {u"DA", ERROR_NONE_MAPPED}};
    unsigned char sid[DOKAN_SID_MAX];
    WCHAR text[64];
    ULONG length;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        length = sizeof sid;
        DokanWin32SetLastError(0);
        assert_int_equal(DokanStringToSid(rows[i].text, sid, &length), rows[i].error == 0);
        assert_int_equal(DokanWin32GetLastError(), rows[i].error);
    }
    assert_error(ERROR_INVALID_PARAMETER, DokanStringToSid(NULL, sid, &length));
    assert_error(ERROR_INVALID_PARAMETER, DokanSidToString(me, sizeof me, text, NULL));
    assert_error(ERROR_INVALID_SID, DokanSidToString(me, 15, text, &length));
    length = 13;
    assert_error(ERROR_INSUFFICIENT_BUFFER, DokanSidToString(me, sizeof me, text, &length));
    assert_int_equal(length, 14);
    assert_true(DokanSidToString(me, sizeof me, text, &length));
    assert_memory_equal(text, u"S-1-22-1-1000", 28);
}

static void test_text_of_descriptors(void **state)
{
    static const struct {
        const WCHAR *text;
        DWORD error;
        ULONG at;
    } rows[] = {{u"O:BAD:(A;;FA;;;WD)", 0, 18},
                {u"O:BAD:(A;;FA;;;WD", ERROR_INVALID_ACL, 17},
                {u"O:ZZ", ERROR_INVALID_SID, 2},
                {u"O:DA", ERROR_NONE_MAPPED, 2},
                {u"D:(XA;;FA;;;WD;(x))", ERROR_NOT_SUPPORTED, 3},
                {u"nonsense", ERROR_INVALID_PARAMETER, 0}};
    unsigned char sd[ROOM];
    WCHAR text[8];
    ULONG length, at;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        length = sizeof sd;
        DokanWin32SetLastError(0);
        assert_int_equal(DokanSddlToSecurityDescriptor(rows[i].text, sd, &length, &at), rows[i].error == 0);
        assert_int_equal(DokanWin32GetLastError(), rows[i].error);
        assert_int_equal(at, rows[i].at);
    }
    length = from_text(u"O:BAD:(A;;FA;;;WD)", sd);
    assert_int_equal(length, 20 + 16 + 28);
    assert_true(DokanIsValidSecurityDescriptor(sd, length));
    assert_false(DokanIsValidSecurityDescriptor(sd, length - 1));
    assert_false(DokanIsValidSecurityDescriptor(NULL, 100));
    check_text(sd, length, u"O:BAD:(A;;FA;;;WD)");
    ULONG units = 4;
    assert_error(ERROR_INSUFFICIENT_BUFFER,
                 DokanSecurityDescriptorToSddl(sd, length, OWNER_SECURITY_INFORMATION, text, &units));
    assert_int_equal(units, 5);
    assert_true(DokanSecurityDescriptorToSddl(sd, length, OWNER_SECURITY_INFORMATION, text, &units));
    assert_memory_equal(text, u"O:BA", 10);
    assert_error(ERROR_INVALID_SECURITY_DESCR, DokanSecurityDescriptorToSddl(sd, 3, THREE, text, &units));
    assert_error(ERROR_INVALID_PARAMETER, DokanSecurityDescriptorToSddl(sd, length, THREE, text, NULL));
    assert_error(ERROR_INVALID_PARAMETER, DokanSddlToSecurityDescriptor(NULL, sd, &length, NULL));
    length = 10;
    assert_error(ERROR_INSUFFICIENT_BUFFER, DokanSddlToSecurityDescriptor(u"O:BA", sd, &length, NULL));
    assert_int_equal(length, 36);
}

static void test_parts(void **state)
{
    unsigned char sd[ROOM], out[ROOM];
    ULONG length = from_text(u"O:BAG:SYD:P(A;;FA;;;WD)S:NO_ACCESS_CONTROL", sd), made = sizeof out;
    DOKAN_SECURITY_PARTS parts = {.Size = sizeof parts};
    assert_true(DokanGetSecurityDescriptorParts(sd, length, &parts));
    assert_int_equal(parts.Control, 0x9014);
    assert_int_equal(((SID *)parts.Owner)->SubAuthorityCount, 2);
    assert_null(parts.Sacl);
    assert_int_equal(parts.Dacl->AceCount, 1);
    assert_true(DokanMakeSecurityDescriptor(&parts, out, &made));
    assert_int_equal(made, length);
    assert_memory_equal(out, sd, made);
    assert_error(ERROR_INVALID_SECURITY_DESCR, DokanGetSecurityDescriptorParts(sd, 21, &parts));

    unsigned char bad_sid[8] = {7}, bad_acl[8] = {2, 0, 4, 0};
    DOKAN_SECURITY_PARTS bad = parts;
    bad.Owner = bad_sid;
    assert_error(ERROR_INVALID_SID, DokanMakeSecurityDescriptor(&bad, out, &made));
    bad = parts;
    bad.Dacl = (PACL)bad_acl;
    assert_error(ERROR_INVALID_ACL, DokanMakeSecurityDescriptor(&bad, out, &made));
    bad.Size = 3;
    assert_error(ERROR_INVALID_PARAMETER, DokanMakeSecurityDescriptor(&bad, out, &made));
    assert_error(ERROR_INVALID_PARAMETER, DokanGetSecurityDescriptorParts(sd, length, &bad));
    parts = (DOKAN_SECURITY_PARTS){.Size = sizeof parts, .Dacl = parts.Dacl};
    made = sizeof out;
    assert_true(DokanMakeSecurityDescriptor(&parts, out, &made));
    check_text(out, made, u"D:(A;;FA;;;WD)");
}

static void test_cut_and_merge(void **state)
{
    unsigned char sd[ROOM], given[ROOM], out[ROOM];
    ULONG length = from_text(u"O:BAG:SYD:(A;;FA;;;WD)", sd), set = from_text(u"D:P(A;;GR;;;AU)", given),
          made = 0;
    assert_error(ERROR_INSUFFICIENT_BUFFER,
                 DokanCutSecurityDescriptor(sd, length, GROUP_SECURITY_INFORMATION, NULL, &made));
    assert_int_equal(made, 32);
    assert_true(DokanCutSecurityDescriptor(sd, length, GROUP_SECURITY_INFORMATION, out, &made));
    check_text(out, made, u"G:SY");
    assert_error(ERROR_INVALID_SECURITY_DESCR, DokanCutSecurityDescriptor(sd, 4, THREE, out, &made));
    assert_error(ERROR_INVALID_PARAMETER, DokanCutSecurityDescriptor(sd, length, THREE, out, NULL));

    made = sizeof out;
    assert_true(DokanMergeSecurityDescriptors(sd, length, given, set, DACL_SECURITY_INFORMATION, out, &made));
    check_text(out, made, u"O:BAG:SYD:P(A;;FR;;;AU)");
    made = sizeof out;
    assert_true(DokanMergeSecurityDescriptors(NULL, 0, given, set, DACL_SECURITY_INFORMATION, out, &made));
    check_text(out, made, u"D:P(A;;FR;;;AU)");
    assert_error(ERROR_INVALID_OWNER,
                 DokanMergeSecurityDescriptors(sd, length, given, set, THREE, out, &made));
    assert_error(
        ERROR_INVALID_PRIMARY_GROUP,
        DokanMergeSecurityDescriptors(sd, length, given, set, GROUP_SECURITY_INFORMATION, out, &made));
    assert_error(ERROR_INVALID_SECURITY_DESCR,
                 DokanMergeSecurityDescriptors(sd, 9, given, set, THREE, out, &made));
    assert_error(ERROR_INVALID_SECURITY_DESCR,
                 DokanMergeSecurityDescriptors(sd, length, NULL, 0, THREE, out, &made));
    assert_error(ERROR_INVALID_PARAMETER,
                 DokanMergeSecurityDescriptors(sd, length, given, set, THREE, out, NULL));
}

static void test_access(void **state)
{
    unsigned char sd[ROOM];
    ULONG length = from_text(u"O:SYD:(A;;FR;;;S-1-22-1-1000)", sd);
    DOKAN_ACCESS_TOKEN backup = token;
    ACCESS_MASK granted = 0;
    assert_int_equal(DokanMapGenericAccess(GENERIC_READ | DELETE), FILE_GENERIC_READ | DELETE);
    assert_int_equal(DokanAccessCheck(sd, length, &token, MAXIMUM_ALLOWED, 0, &granted), STATUS_SUCCESS);
    assert_int_equal(granted, FILE_GENERIC_READ);
    assert_int_equal((uint32_t)DokanAccessCheck(sd, length, &token, DELETE, 0, &granted),
                     (uint32_t)STATUS_ACCESS_DENIED);
    assert_int_equal(granted, 0);
    backup.Flags = DOKAN_TOKEN_RESTORE;
    assert_int_equal((uint32_t)DokanAccessCheck(sd, length, &backup, DELETE, 0, &granted),
                     (uint32_t)STATUS_ACCESS_DENIED);
    assert_int_equal(DokanAccessCheck(sd, length, &backup, DELETE, FILE_OPEN_FOR_BACKUP_INTENT, &granted), 0);
    assert_int_equal((uint32_t)DokanAccessCheck(sd, 3, &token, DELETE, 0, &granted),
                     (uint32_t)STATUS_INVALID_SECURITY_DESCR);
    assert_int_equal((uint32_t)DokanAccessCheck(sd, length, NULL, DELETE, 0, &granted),
                     (uint32_t)STATUS_INVALID_PARAMETER);
    assert_int_equal((uint32_t)DokanAccessCheck(sd, length, &token, DELETE, 0, NULL),
                     (uint32_t)STATUS_INVALID_PARAMETER);
}

static void test_inheritance(void **state)
{
    unsigned char parent[ROOM], creator[ROOM], out[ROOM];
    ULONG above = from_text(u"D:(A;OICI;FA;;;CO)", parent), given = from_text(u"D:(A;;GR;;;WD)", creator);
    ULONG made = sizeof out;
    assert_true(DokanInheritSecurityDescriptor(parent, above, creator, given, &token, FALSE, out, &made));
    check_text(out, made, u"O:S-1-22-1-1000G:S-1-22-2-100D:AI(A;;FR;;;WD)(A;ID;FA;;;S-1-22-1-1000)");
    made = sizeof out;
    assert_true(DokanInheritSecurityDescriptor(NULL, 0, NULL, 0, &token, TRUE, out, &made));
    check_text(out, made, u"O:S-1-22-1-1000G:S-1-22-2-100D:(A;;FA;;;S-1-22-1-1000)(A;;FA;;;SY)");
    assert_error(ERROR_INVALID_SECURITY_DESCR,
                 DokanInheritSecurityDescriptor(parent, 1, NULL, 0, &token, TRUE, out, &made));
    assert_error(ERROR_INVALID_SECURITY_DESCR,
                 DokanInheritSecurityDescriptor(parent, above, creator, 1, &token, TRUE, out, &made));
    assert_error(ERROR_INVALID_PARAMETER,
                 DokanInheritSecurityDescriptor(parent, above, NULL, 0, NULL, TRUE, out, &made));
    assert_error(ERROR_INVALID_PARAMETER,
                 DokanInheritSecurityDescriptor(parent, above, NULL, 0, &token, TRUE, out, NULL));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_identifiers),         cmocka_unit_test(test_text_of_identifiers),
        cmocka_unit_test(test_text_of_descriptors), cmocka_unit_test(test_parts),
        cmocka_unit_test(test_cut_and_merge),       cmocka_unit_test(test_access),
        cmocka_unit_test(test_inheritance),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
