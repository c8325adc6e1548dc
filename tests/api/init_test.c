// SPDX-License-Identifier: MIT
/* DokanInit and DokanShutdown count; misuse reaches the hook and harms nothing. */
#include "tiny.h"
#include <dokan/dokanc.h>

static atomic_int told;
static DWORD told_code;

static void DOKAN_CALLBACK hook(DWORD code, const char *message, PVOID context)
{
    assert_ptr_equal(context, &told);
    assert_true(strlen(message) > 10);
    told_code = code;
    told++;
}

static int mount_once(void)
{
    DOKAN_MOUNT_OPTIONS_EX ex = tiny_without_mount();
    DOKAN_HANDLE handle = &ex;
    int rc = DokanCreateFileSystemEx(tiny_options(NULL, 0), &tiny_operations, &ex, &handle);
    if (rc)
        assert_null(handle);
    else
        DokanCloseHandle(handle);
    return rc;
}

static void mount_before_init(void **state)
{
    told = 0;
    DokanSetExceptionHook(hook, &told);
    assert_int_equal(mount_once(), DOKAN_ERROR);
    assert_int_equal(told, 1);
    assert_int_equal(told_code, DOKAN_EXCEPTION_NOT_INITIALIZED);
    assert_int_equal(DokanMain(tiny_options(u"/nowhere", 0), &tiny_operations), DOKAN_ERROR);
    assert_int_equal(told, 2);
    DokanSetExceptionHook(NULL, NULL);
    assert_int_equal(mount_once(), DOKAN_ERROR);
    assert_int_equal(told, 2);
}

static void shutdown_too_often(void **state)
{
    told = 0;
    DokanSetExceptionHook(hook, &told);
    DokanInit();
    assert_int_equal(mount_once(), DOKAN_SUCCESS);
    DokanShutdown();
    assert_int_equal(told, 0);
    DokanShutdown();
    DokanShutdown();
    assert_int_equal(told, 2);
    assert_int_equal(told_code, DOKAN_EXCEPTION_SHUTDOWN_FAILED);
    DokanInit();
    assert_int_equal(mount_once(), DOKAN_SUCCESS);
    DokanShutdown();
    assert_int_equal(told, 2);
    assert_int_equal(mount_once(), DOKAN_ERROR);
    DokanSetExceptionHook(NULL, NULL);
}

static void init_is_counted(void **state)
{
    DokanInit();
    DokanInit();
    DokanShutdown();
    assert_int_equal(mount_once(), DOKAN_SUCCESS);
    DokanShutdown();
    assert_int_equal(mount_once(), DOKAN_ERROR);
}

static void shutdown_closes_volumes(void **state)
{
    tiny_reset();
    DokanInit();
    DOKAN_HANDLE a = tiny_open(tiny_options(NULL, 0)), b = tiny_open(tiny_options(NULL, 0));
    assert_int_equal(tiny_mounted, 2);
    assert_true(DokanIsFileSystemRunning(a));
    DokanShutdown();
    assert_int_equal(tiny_unmounted, 2);
    assert_false(DokanIsFileSystemRunning(a));
    assert_false(DokanIsFileSystemRunning(b));
    DokanCloseHandle(a);
}

static void null_arguments(void **state)
{
    DOKAN_HANDLE handle = state;
    DokanInit();
    assert_int_equal(DokanCreateFileSystem(NULL, &tiny_operations, &handle), DOKAN_ERROR);
    assert_null(handle);
    assert_int_equal(DokanCreateFileSystem(tiny_options(NULL, 0), NULL, &handle), DOKAN_ERROR);
    assert_int_equal(DokanMain(NULL, NULL), DOKAN_ERROR);
    assert_false(DokanIsFileSystemRunning(NULL));
    assert_int_equal(DokanWaitForFileSystemClosed(NULL, 0), WAIT_OBJECT_0);
    DokanCloseHandle(NULL);
    DokanReleaseMountPointList(NULL);
    assert_false(DokanRemoveMountPoint(NULL));
    assert_false(DokanRemoveMountPoint(u""));
    assert_false(DokanUnmount(u'1'));
    assert_false(DokanUnmount(u'Q'));
    assert_false(DokanResetTimeout(1000, NULL));
    DOKAN_FILE_INFO info = {0};
    assert_false(DokanResetTimeout(1000, &info));
    assert_ptr_equal(DokanOpenRequestorToken(&info), INVALID_HANDLE_VALUE);
    assert_int_equal(DokanWin32GetLastError(), ERROR_INVALID_PARAMETER);
    DokanShutdown();
}

static void stale_handles(void **state)
{
    DokanInit();
    DOKAN_HANDLE handle = tiny_open(tiny_options(NULL, 0));
    ULONG64 id = DokanGetVolumeId(handle);
    assert_true(id > 0);
    assert_false(DokanIsVolumeDrained(id));
    DokanCloseHandle(handle);
    assert_true(DokanIsVolumeDrained(id));
    DokanCloseHandle(handle);
    assert_false(DokanIsFileSystemRunning(handle));
    assert_int_equal(DokanWaitForFileSystemClosed(handle, 0), WAIT_FAILED);
    assert_false(DokanNotifyUpdate(handle, u"M:\\file"));
    assert_int_equal(DokanGetVolumeId(handle), 0);
    DOKAN_VOLUME_COUNTERS counters = {.Size = sizeof counters};
    assert_false(DokanGetVolumeCounters(handle, &counters));
    DokanShutdown();
}

static void services_answer_honestly(void **state)
{
    DokanWin32SetLastError(0);
    assert_false(DokanServiceInstall(u"Dokan2", 2, u"dokan2.sys"));
    assert_int_equal(DokanWin32GetLastError(), ERROR_NOT_SUPPORTED);
    assert_false(DokanNetworkProviderInstall());
    assert_true(DokanServiceDelete(u"Dokan2"));
    assert_true(DokanNetworkProviderUninstall());
    assert_int_equal(DokanVersion(), 231);
    setenv("DOKAN_FUSE_DEVICE", "/dev/null", 1);
    assert_int_equal(DokanDriverVersion(), 0x190);
    setenv("DOKAN_FUSE_DEVICE", "/nonexistent", 1);
    assert_int_equal(DokanDriverVersion(), 0);
    unsetenv("DOKAN_FUSE_DEVICE");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(mount_before_init),        cmocka_unit_test(shutdown_too_often),
        cmocka_unit_test(init_is_counted),          cmocka_unit_test(shutdown_closes_volumes),
        cmocka_unit_test(null_arguments),           cmocka_unit_test(stale_handles),
        cmocka_unit_test(services_answer_honestly),
    };
    return cmocka_run_group_tests(tests, sandbox_setup, sandbox_teardown);
}
