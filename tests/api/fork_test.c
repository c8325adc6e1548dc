// SPDX-License-Identifier: MIT
/* A forked child: every call fails there and touches nothing of the parent's. */
#include "api/instance.h"
#include "api/process.h"
#include "tiny.h"
#include <dokan/dokanc.h>

#include <sys/wait.h>
#include <unistd.h>

/* Number of the first call that did not fail cleanly, 0 when all did. */
static int try_everything(DOKAN_HANDLE handle)
{
    DOKAN_HANDLE out = &out;
    DOKAN_FILE_INFO info = {.DokanContext = 1};
    DOKAN_VOLUME_COUNTERS counters = {.Size = sizeof counters};
    DOKAN_MOUNT_OPTIONS_EX ex = tiny_without_mount();
    ULONG n = 7;
    HANDLE wait;
    char *reply, path[10];
    const bool failed[] = {
        true,
        DokanMain(tiny_options(u"M:", 0), &tiny_operations) == DOKAN_ERROR,
        DokanCreateFileSystem(tiny_options(u"M:", 0), &tiny_operations, &out) == DOKAN_ERROR && !out,
        DokanCreateFileSystemEx(tiny_options(u"M:", 0), &tiny_operations, &ex, NULL) == DOKAN_ERROR,
        !DokanIsFileSystemRunning(handle),
        DokanWaitForFileSystemClosed(handle, INFINITE) == WAIT_FAILED,
        !DokanRegisterWaitForFileSystemClosed(handle, &wait, NULL, NULL, 0),
        !DokanUnregisterWaitForFileSystemClosed((HANDLE)4, TRUE),
        !DokanUnmount(u'M'),
        !DokanRemoveMountPoint(u"M:"),
        !DokanGetMountPointList(FALSE, &n) && n == 0,
        !DokanNotifyCreate(handle, u"M:\\x", FALSE),
        !DokanNotifyRename(handle, u"M:\\x", u"M:\\y", FALSE, TRUE),
        !DokanResetTimeout(1000, &info),
        DokanOpenRequestorToken(&info) == INVALID_HANDLE_VALUE,
        !DokanSetDebugMode(1),
        DokanGetMountPoint(handle, path, sizeof path) == 0,
        DokanGetVolumeId(handle) == 0,
        !DokanGetVolumeCounters(handle, &counters),
        !DokanIsVolumeDrained(0),
        !DokanControl(NULL, "list", &reply),
        !DokanWin32CloseHandle((HANDLE)4),
    };
    for (size_t i = 0; i < COUNT_OF(failed); i++)
        if (!failed[i])
            return (int)i + 1;
    DokanInit();
    DokanCloseHandle(handle);
    DokanShutdown();
    DokanShutdown();
    return 0;
}

static int status_of(pid_t child)
{
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static void child_without_exec(void **state)
{
    tiny_reset();
    DokanInit();
    DOKAN_HANDLE handle = tiny_open(tiny_options(NULL, 0));
    pid_t child = fork();
    if (child == 0)
        _exit(try_everything(handle));
    assert_int_equal(status_of(child), 0);
    assert_true(DokanIsFileSystemRunning(handle));
    assert_true(DokanNotifyCreate(handle, u"M:\\x", FALSE));
    assert_int_equal(tiny_unmounted, 0);
    DokanCloseHandle(handle);
    assert_int_equal(tiny_unmounted, 1);
    DokanShutdown();
}

static unsigned open_files_but_standard(void)
{
    unsigned n = 0;
    for (int fd = 3; fd < 256; fd++) {
        char path[64], target[256];
        snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
        ssize_t len = readlink(path, target, sizeof target - 1);
        if (len < 0)
            continue;
        target[len] = 0;
        n += strstr(target, "/dokan/") || strstr(target, "/dev/fuse") || strstr(target, ".lock");
    }
    return n;
}

/* The child keeps none of the descriptors that stand for the mount. */
static void child_lets_go(void **state)
{
    NEED_MOUNT();
    DOKAN_HANDLE handle = NULL;
    DokanInit();
    assert_int_equal(DokanCreateFileSystem(tiny_options(u"M:", 0), &tiny_operations, &handle), DOKAN_SUCCESS);
    assert_true(open_files_but_standard() >= 2);
    int ready[2];
    char byte;
    assert_int_equal(pipe(ready), 0);
    pid_t child = fork();
    if (child == 0) {
        close(ready[1]);
        unsigned n = open_files_but_standard();
        /* Stays until the parent has unmounted and mounted again. */
        _exit(read(ready[0], &byte, 1) < 0 ? 100 : (int)n);
    }
    DokanCloseHandle(handle);
    assert_int_equal(DokanCreateFileSystem(tiny_options(u"M:", 0), &tiny_operations, &handle), DOKAN_SUCCESS);
    DokanCloseHandle(handle);
    DokanShutdown();
    close(ready[1]);
    close(ready[0]);
    assert_int_equal(status_of(child), 0);
}

/* Number of the first step that went wrong, 0: the child has a volume of its own. */
static int start_anew(DOKAN_HANDLE parents)
{
    DOKAN_MOUNT_OPTIONS_EX ex = tiny_without_mount();
    DOKAN_HANDLE handle = NULL;
    if (!DokanStartAfterFork() || !DokanStartAfterFork())
        return 1;
    if (DokanIsFileSystemRunning(parents) || open_files_but_standard())
        return 2;
    if (DokanCreateFileSystemEx(tiny_options(NULL, 0), &tiny_operations, &ex, &handle) != DOKAN_ERROR)
        return 3; /* before DokanInit */
    DokanInit();
    if (DokanCreateFileSystemEx(tiny_options(NULL, 0), &tiny_operations, &ex, &handle) != DOKAN_SUCCESS)
        return 4;
    ULONG64 id = DokanGetVolumeId(handle);
    if (!DokanIsFileSystemRunning(handle) || DokanIsVolumeDrained(id))
        return 5;
    DokanCloseHandle(handle);
    DokanShutdown();
    return tiny_unmounted == 1 && DokanIsVolumeDrained(id) ? 0 : 6;
}

static void child_starts_anew(void **state)
{
#ifdef __SANITIZE_THREAD__
    print_message("TSan cannot follow threads that a forked child makes\n");
    skip();
#endif
    tiny_reset();
    DokanInit();
    DOKAN_HANDLE handle = tiny_open(tiny_options(NULL, 0));
    pid_t child = fork();
    if (child == 0)
        _exit(start_anew(handle));
    assert_int_equal(status_of(child), 0);
    assert_true(DokanIsFileSystemRunning(handle));
    assert_true(DokanStartAfterFork()); /* not a child: nothing happens */
    assert_true(DokanIsFileSystemRunning(handle));
    DokanCloseHandle(handle);
    assert_int_equal(tiny_unmounted, 1);
    DokanShutdown();
}

/* A process that forks before it uses the library may use it on both sides. */
static void fork_before_use(void **state)
{
    pid_t child = fork();
    if (child == 0) {
        DOKAN_MOUNT_OPTIONS_EX ex = tiny_without_mount();
        DOKAN_HANDLE handle = NULL;
        DokanInit();
        int rc = DokanCreateFileSystemEx(tiny_options(NULL, 0), &tiny_operations, &ex, &handle);
        DokanCloseHandle(handle);
        DokanShutdown();
        _exit(rc == DOKAN_SUCCESS && tiny_unmounted == 1 ? 0 : 1);
    }
    assert_int_equal(status_of(child), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fork_before_use),
        cmocka_unit_test(child_without_exec),
        cmocka_unit_test(child_lets_go),
        cmocka_unit_test(child_starts_anew),
    };
    return cmocka_run_group_tests(tests, sandbox_setup, sandbox_teardown);
}
