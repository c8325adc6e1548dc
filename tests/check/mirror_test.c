// SPDX-License-Identifier: MIT
/*
 * Nothing is wrong with samples/mirror.c by the rules of Windows, with the extended operations and without.
 */
#include "mirror.h"

#include <dokan/check.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

static int DOKAN_CALLBACK print_wrong(const DOKAN_CHECK_RESULT *r, PVOID context)
{
    (void)context;
    if (r->Verdict == DokanCheckWrong)
        print_error("%s.%s: %s: expected %s, got %s\n", r->Feature, r->Name, r->Call, r->Expected, r->Given);
    return 0;
}

static int check(bool basic, bool case_sensitive)
{
    static DOKAN_OPTIONS options;
    static struct mirror mirror;
    char folder[] = "/tmp/check-mirror-XXXXXX";
    DOKAN_MOUNT_OPTIONS_EX ex = DokanMountOptionsExDefault();
    DOKAN_CHECK_OPTIONS how = DokanCheckOptions();
    DOKAN_HANDLE volume;
    assert_non_null(mkdtemp(folder));
    mirror = (struct mirror){.basic = basic};
    assert_int_equal(0, hostdir_init(&mirror.root, folder, case_sensitive));
    options = (DOKAN_OPTIONS){.Version = DOKAN_VERSION,
                              .Options = case_sensitive ? DOKAN_OPTION_CASE_SENSITIVE : 0,
                              .GlobalContext = (ULONG64)(uintptr_t)&mirror};
    ex.Flags = DOKAN_EX_NO_MOUNT;
    ex.OperationsEx = basic ? NULL : &mirror_operations_ex;
    how.Result = print_wrong;
    assert_int_equal(
        DOKAN_SUCCESS,
        DokanCreateFileSystemEx(&options, (PDOKAN_OPERATIONS)(uintptr_t)&mirror_operations, &ex, &volume));
    int code = DokanCheckVolume(volume, &how);
    DokanCloseHandle(volume);
    close(mirror.root.fd);
    assert_int_equal(0, rmdir(folder)); /* nothing was left in it */
    return code;
}

static void test_mirror_is_right(void **state)
{
    (void)state;
    for (int i = 0; i < 4; i++)
        assert_int_equal(check(i & 1, i & 2), DOKAN_CHECK_FINE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_mirror_is_right)};
    DokanInit();
    int failed = cmocka_run_group_tests_name("check-mirror", tests, NULL, NULL);
    DokanShutdown();
    return failed;
}
