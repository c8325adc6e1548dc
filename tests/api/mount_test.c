// SPDX-License-Identifier: MIT
/* Real mounts: what is refused and with which result, and how a mount ends. */
#include "door/fuse/mount.h"
#include "tiny.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static char said[4096];

static int setup(void **state)
{
    int rc = sandbox_setup(state);
    DokanInit();
    return rc;
}

static int teardown(void **state)
{
    DokanShutdown();
    return sandbox_teardown(state);
}

/* The result of a mount that fails, and what went to standard error meanwhile. */
static int failing(DOKAN_OPTIONS *o, const char *fuse_options)
{
    DOKAN_MOUNT_OPTIONS_EX ex = DokanMountOptionsExDefault();
    DOKAN_HANDLE handle = &ex;
    ex.FuseOptions = fuse_options;
    int ends[2], saved = dup(2);
    assert_int_equal(pipe(ends), 0);
    dup2(ends[1], 2);
    close(ends[1]);
    tiny_reset();
    int rc = DokanCreateFileSystemEx(o, &tiny_operations, &ex, &handle);
    dup2(saved, 2);
    close(saved);
    fcntl(ends[0], F_SETFL, O_NONBLOCK);
    ssize_t n = read(ends[0], said, sizeof said - 1);
    said[n > 0 ? n : 0] = 0;
    close(ends[0]);
    assert_null(handle);
    assert_int_equal(tiny_mounted, 0);
    assert_int_equal(tiny_unmounted, 0);
    return rc;
}

static DOKAN_HANDLE mount_at(LPCWSTR point, ULONG options)
{
    DOKAN_HANDLE handle = NULL;
    tiny_reset();
    assert_int_equal(DokanCreateFileSystem(tiny_options(point, options), &tiny_operations, &handle),
                     DOKAN_SUCCESS);
    assert_int_equal(tiny_mounted, 1);
    return handle;
}

static void says(const char *text)
{
    if (!strstr(said, text))
        fail_msg("'%s' does not say '%s'", said, text);
}

static void refused_points(void **state)
{
    assert_int_equal(failing(tiny_options(sandbox_wide("missing"), 0), NULL), DOKAN_MOUNT_ERROR);
    says("mkdir -p");
    assert_int_equal(mkdir(sandbox_path("full"), 0700), 0);
    assert_int_equal(mkdir(sandbox_path("full/thing"), 0700), 0);
    assert_int_equal(failing(tiny_options(sandbox_wide("full"), 0), NULL), DOKAN_MOUNT_ERROR);
    says("not empty");
    close(open(sandbox_path("afile"), O_CREAT | O_WRONLY, 0600));
    assert_int_equal(failing(tiny_options(sandbox_wide("afile"), 0), NULL), DOKAN_MOUNT_ERROR);
    says("not a directory");
    assert_int_equal(failing(tiny_options(u"/proc", 0), NULL), DOKAN_MOUNT_ERROR);
    says("in use");
    assert_int_equal(failing(tiny_options(NULL, 0), NULL), DOKAN_MOUNT_ERROR);
    says("no mount point");
    assert_int_equal(failing(tiny_options(u"", 0), NULL), DOKAN_MOUNT_ERROR);
    assert_int_equal(failing(tiny_options(u"Q:\\sub", 0), NULL), DOKAN_MOUNT_ERROR);
    says("not mounted");
    assert_int_equal(failing(tiny_options(sandbox_wide("mnt"), 0), "frobnicate"), DOKAN_START_ERROR);
    says("frobnicate");
}

static void no_device(void **state)
{
    setenv("DOKAN_FUSE_DEVICE", "/nonexistent/fuse", 1);
    assert_int_equal(failing(tiny_options(sandbox_wide("mnt"), 0), NULL), DOKAN_DRIVER_INSTALL_ERROR);
    says("/nonexistent/fuse is missing");
    says("modprobe fuse");
    unsetenv("DOKAN_FUSE_DEVICE");
    assert_false(is_mounted(sandbox_path("mnt")));
}

static void a_drive(void **state)
{
    NEED_MOUNT();
    char text[16] = {0}, path[512];
    DOKAN_HANDLE handle = mount_at(u"m:\\", 0);
    assert_true(tiny_mount_point[0] == u'm' && tiny_mount_point[2] == u'\\');
    SIZE_T length = DokanGetMountPoint(handle, path, sizeof path);
    assert_int_equal(length, strlen(path));
    assert_string_equal(path, sandbox_path("runtime/dokan/drives/M"));
    assert_true(is_mounted(path));
    int fd = open(sandbox_path("runtime/dokan/drives/M/file"), O_RDONLY);
    assert_int_equal(read(fd, text, sizeof text), 4);
    assert_string_equal(text, "tiny");
    close(fd);

    assert_int_equal(failing(tiny_options(u"M", 0), NULL), DOKAN_MOUNT_ERROR);
    says("drive M: is in use");
    assert_int_equal(failing(tiny_options(sandbox_wide("runtime/dokan/drives/M"), 0), NULL),
                     DOKAN_START_ERROR);
    says("in use");

    DOKAN_HANDLE other = mount_at(u"M:\\", DOKAN_OPTION_MOUNT_MANAGER);
    assert_true(tiny_mount_point[0] == u'D' && tiny_mount_point[1] == u':' && tiny_mount_point[2] == u'\\');
    DokanGetMountPoint(other, path, sizeof path);
    assert_string_equal(path, sandbox_path("runtime/dokan/drives/D"));
    DOKAN_HANDLE third = mount_at(NULL, DOKAN_OPTION_MOUNT_MANAGER);
    assert_true(tiny_mount_point[0] == u'E');
    DokanCloseHandle(third);
    DokanCloseHandle(other);
    DokanCloseHandle(handle);
    assert_int_equal(access(sandbox_path("runtime/dokan/drives/M"), F_OK), -1);
    assert_int_equal(access(sandbox_path("runtime/dokan/drives/.M.lock"), F_OK), -1);
}

static void unmounted_in_any_spelling(void **state)
{
    NEED_MOUNT();
    static const WCHAR *const drive[] = {u"M", u"m:", u"M:\\", u"M:/", u"\\DosDevices\\M:"};
    for (size_t i = 0; i < COUNT_OF(drive); i++) {
        DOKAN_HANDLE handle = mount_at(u"M:", 0);
        assert_true(DokanRemoveMountPoint(drive[i]));
        assert_false(is_mounted(sandbox_path("runtime/dokan/drives/M")));
        assert_int_equal(DokanWaitForFileSystemClosed(handle, 5000), WAIT_OBJECT_0);
        assert_int_equal(tiny_unmounted, 1);
        assert_false(DokanRemoveMountPoint(drive[i]));
        DokanCloseHandle(handle);
    }
    DOKAN_HANDLE handle = mount_at(u"M:", 0);
    assert_true(DokanUnmount(u'm'));
    DokanCloseHandle(handle);
    assert_int_equal(symlink("mnt", sandbox_path("link")), 0);
    static const char *const paths[] = {"mnt", "mnt/", "./mnt", "link"};
    for (size_t i = 0; i < COUNT_OF(paths); i++) {
        handle = mount_at(sandbox_wide("mnt/"), 0);
        assert_true(DokanRemoveMountPoint(sandbox_wide(paths[i])));
        assert_false(is_mounted(sandbox_path("mnt")));
        DokanCloseHandle(handle);
    }
}

static void *run_main(void *result)
{
    *(int *)result = DokanMain(tiny_options(sandbox_wide("mnt"), 0), &tiny_operations);
    return NULL;
}

static bool is_there(void *path)
{
    return is_mounted(path) && tiny_mounted;
}

/* DokanMain returns however the mount is taken away. */
static void main_returns(void **state)
{
    NEED_MOUNT();
    for (int way = 0; way < 3; way++) {
        pthread_t thread;
        int result = 99;
        tiny_reset();
        assert_int_equal(pthread_create(&thread, NULL, run_main, &result), 0);
        assert_true(wait_until(is_there, (void *)sandbox_path("mnt"), 5000));
        if (way == 0)
            assert_true(DokanRemoveMountPoint(sandbox_wide("mnt")));
        else if (way == 1 && geteuid() == 0)
            assert_int_equal(umount(sandbox_path("mnt")), 0);
        else {
            char command[600];
            snprintf(command, sizeof command, "fusermount3 -u '%s'", sandbox_path("mnt"));
            assert_int_equal(system(command), 0);
        }
        pthread_join(thread, NULL);
        assert_int_equal(result, DOKAN_SUCCESS);
        assert_int_equal(tiny_unmounted, 1);
        assert_false(is_mounted(sandbox_path("mnt")));
    }
}

static void write_protected(void **state)
{
    NEED_MOUNT();
    DOKAN_HANDLE handle = mount_at(sandbox_wide("mnt"), DOKAN_OPTION_WRITE_PROTECT);
    assert_int_equal(open(sandbox_path("mnt/new"), O_CREAT | O_WRONLY, 0600), -1);
    assert_int_equal(errno, EROFS);
    DokanCloseHandle(handle);
}

static void listed_in_full(void **state)
{
    NEED_MOUNT();
    DOKAN_OPTIONS *o =
        tiny_options(u"M:", DOKAN_OPTION_NETWORK | DOKAN_OPTION_CASE_SENSITIVE | DOKAN_OPTION_ALT_STREAM);
    o->UNCName = u"\\server\\share";
    DOKAN_HANDLE handle = NULL;
    assert_int_equal(DokanCreateFileSystem(o, &tiny_operations, &handle), DOKAN_SUCCESS);
    ULONG n = 0;
    PDOKAN_MOUNT_POINT_INFO list = DokanGetMountPointList(TRUE, &n);
    assert_int_equal(n, 1);
    assert_int_equal(list->Type, 0x14);
    assert_int_equal(list->MountOptions, 0x41);
    DokanReleaseMountPointList(list);
    struct mountinfo_top top;
    assert_true(mountinfo_top(sandbox_path("runtime/dokan/drives/M"), &top));
    assert_string_equal(top.type, "fuse.dokan");
    assert_string_equal(top.source, "//server/share");
    DokanCloseHandle(handle);
    assert_null(DokanGetMountPointList(FALSE, &n));
}

/* A callback hangs: DokanRemoveMountPoint and DokanCloseHandle come back, and nothing is freed under it. */
static void hanging_callback(void **state)
{
    NEED_MOUNT();
    DOKAN_MOUNT_OPTIONS_EX ex = DokanMountOptionsExDefault();
    DOKAN_HANDLE handle = NULL;
    ex.TestTimeoutMs = 300;
    tiny_reset();
    assert_int_equal(
        DokanCreateFileSystemEx(tiny_options(sandbox_wide("mnt"), 0), &tiny_operations, &ex, &handle),
        DOKAN_SUCCESS);
    ULONG64 id = DokanGetVolumeId(handle);
    pid_t reader = fork();
    if (reader == 0) {
        char text[4];
        int fd = open(sandbox_path("mnt/slow"), O_RDONLY);
        _exit(fd >= 0 && read(fd, text, sizeof text) < 0 ? 7 : 1);
    }
    for (int i = 0; i < 500 && !tiny_reading; i++)
        sleep_ms(10);
    assert_int_equal(tiny_reading, 1);
    assert_true(DokanRemoveMountPoint(sandbox_wide("mnt")));
    assert_false(is_mounted(sandbox_path("mnt")));
    DokanCloseHandle(handle);
    assert_int_equal(tiny_unmounted, 1);
    assert_int_equal(tiny_reading, 1);
    assert_false(DokanIsVolumeDrained(id));
    int status;
    assert_int_equal(waitpid(reader, &status, 0), reader);
    assert_int_equal(WEXITSTATUS(status), 7);
    tiny_release();
    for (int i = 0; i < 500 && !DokanIsVolumeDrained(id); i++)
        sleep_ms(10);
    assert_true(DokanIsVolumeDrained(id));
}

/* ---- many --------------------------------------------------------------------------------------------- */

/* True when the command line is `dokan-reaper FD <our pid> ...`. */
static bool is_our_reaper(const char *pid_text)
{
    char path[64], line[256] = {0}, wanted[16];
    snprintf(wanted, sizeof wanted, "%d", (int)getpid());
    snprintf(path, sizeof path, "/proc/%.20s/cmdline", pid_text);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t n = fd < 0 ? 0 : read(fd, line, sizeof line - 4);
    if (fd >= 0)
        close(fd);
    const char *second = line + strlen(line) + 1, *third = second + strlen(second) + 1;
    return n > 0 && strcmp(line, "dokan-reaper") == 0 && strcmp(third, wanted) == 0;
}

/* The reaper of a mount of this process; 0 = none. */
static pid_t find_reaper(void)
{
    DIR *dir = opendir("/proc");
    const struct dirent *entry;
    pid_t found = 0;
    assert_non_null(dir);
    while (!found && (entry = readdir(dir)))
        if (is_our_reaper(entry->d_name))
            found = (pid_t)atoi(entry->d_name);
    closedir(dir);
    return found;
}

static bool reaper_is_there(void *wanted)
{
    return (find_reaper() != 0) == *(bool *)wanted;
}

/* Its command line can be read a moment after it executes. */
static bool reaper_becomes(bool there)
{
    return wait_until(reaper_is_there, &there, 3000);
}

/* Its death hurts nobody: no SIGPIPE reaches the host. */
static void reaper_dies_first(void **state)
{
    NEED_MOUNT();
    if (!getenv("DOKAN_REAPER"))
        skip();
    DOKAN_HANDLE handle = mount_at(sandbox_wide("mnt"), 0);
    assert_true(reaper_becomes(true));
    assert_int_equal(kill(find_reaper(), SIGKILL), 0);
    assert_true(reaper_becomes(false));
    DokanCloseHandle(handle);
    assert_false(is_mounted(sandbox_path("mnt")));
    handle = mount_at(sandbox_wide("mnt"), 0);
    assert_true(reaper_becomes(true));
    DokanCloseHandle(handle);
    assert_true(reaper_becomes(false));
}

/* ---- a mount point that is swapped while it is being mounted on --------------------------------------- */

static atomic_bool swapping;

static void *swap_point(void *arg)
{
    while (swapping) {
        renameat2(AT_FDCWD, sandbox_path("swap"), AT_FDCWD, sandbox_path("decoy"), RENAME_EXCHANGE);
        sched_yield();
    }
    return NULL;
}

/* The mount lands on the directory that was checked, or nowhere; never where the link points. */
static void swapped_point(void **state)
{
    NEED_MOUNT();
    if (geteuid() != 0)
        skip(); /* fusermount3 gets a path and looks after itself */
    pthread_t thread;
    unsigned rounds = testing_full() ? 2000 : 200, mounted = 0;
    assert_int_equal(mkdir(sandbox_path("swap"), 0700), 0);
    assert_int_equal(mkdir(sandbox_path("outside"), 0700), 0);
    assert_int_equal(symlink(sandbox_path("outside"), sandbox_path("decoy")), 0);
    int saved = dup(2), null = open("/dev/null", O_WRONLY | O_CLOEXEC);
    dup2(null, 2);
    swapping = true;
    assert_int_equal(pthread_create(&thread, NULL, swap_point, NULL), 0);
    bool astray = false;
    for (unsigned i = 0; i < rounds; i++) {
        /* The library follows a link that is there when it resolves the path, so the check is mount.c's own.
         */
        struct fuse_mount mount;
        char error[1024];
        const struct fuse_mount_config config = {.point = sandbox_path("swap")};
        if (fuse_mount_open(&config, &mount, error, sizeof error) == 0) {
            mounted++;
            astray |= is_mounted(sandbox_path("outside"));
            fuse_mount_close(&mount);
        }
    }
    swapping = false;
    pthread_join(thread, NULL);
    dup2(saved, 2);
    close(saved);
    close(null);
    assert_false(astray);
    print_message("%u of %u mounts succeeded\n", mounted, rounds);
    assert_false(is_mounted(sandbox_path("swap")));
    assert_false(is_mounted(sandbox_path("decoy")));
}

/* A directory above the mount point gets another name: the mount is found all the same. */
static void renamed_parent(void **state)
{
    NEED_MOUNT();
    assert_int_equal(mkdir(sandbox_path("before"), 0700), 0);
    assert_int_equal(mkdir(sandbox_path("before/mnt"), 0700), 0);
    DOKAN_HANDLE handle = mount_at(sandbox_wide("before/mnt"), 0);
    struct mountinfo_top top;
    assert_true(mountinfo_top(sandbox_path("before/mnt"), &top));
    int fd = open(sandbox_path("before"), O_PATH | O_CLOEXEC);
    bool unique = mountinfo_fd_unique(fd) != 0;
    close(fd);
    if (rename(sandbox_path("before"), sandbox_path("after")) < 0 || !unique) {
        DokanCloseHandle(handle);
        skip();
    }
    assert_true(is_mounted(sandbox_path("after/mnt")));
    DokanCloseHandle(handle);
    assert_false(is_mounted(sandbox_path("after/mnt")));
    assert_int_equal(access(sandbox_path("after/mnt"), F_OK), 0);
}

static unsigned count_in(const char *folder)
{
    char command[128];
    unsigned n = 0;
    snprintf(command, sizeof command, "ls %s%d/%s | wc -l", "/proc/", (int)getpid(), folder);
    FILE *p = popen(command, "r");
    assert_int_equal(fscanf(p, "%u", &n), 1);
    pclose(p);
    return n;
}

/* Threads end a moment after they have done their work. */
static bool nothing_grew(void *before)
{
    const unsigned *counts = before;
    return count_in("fd") <= counts[0] && count_in("task") <= counts[1];
}

static void cycles(void **state)
{
    NEED_MOUNT();
    unsigned rounds = testing_full() ? 200 : 20, fds = 0, threads = 0;
    for (unsigned i = 0; i < rounds; i++) {
        DOKAN_HANDLE handle = mount_at(i & 1 ? u"M:" : sandbox_wide("mnt"), 0);
        DokanCloseHandle(handle);
        if (i == 4) {
            fds = count_in("fd");
            threads = count_in("task");
        }
    }
    const unsigned before[] = {fds, threads};
    if (!wait_until(nothing_grew, (void *)before, 3000))
        fail_msg("%u descriptors instead of %u, %u threads instead of %u", count_in("fd"), fds,
                 count_in("task"), threads);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(refused_points),    cmocka_unit_test(no_device),
        cmocka_unit_test(a_drive),           cmocka_unit_test(unmounted_in_any_spelling),
        cmocka_unit_test(main_returns),      cmocka_unit_test(write_protected),
        cmocka_unit_test(listed_in_full),    cmocka_unit_test(hanging_callback),
        cmocka_unit_test(reaper_dies_first), cmocka_unit_test(swapped_point),
        cmocka_unit_test(renamed_parent),    cmocka_unit_test(cycles),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
