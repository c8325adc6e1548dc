// SPDX-License-Identifier: MIT
/*
 * Mounts of other processes: unmounted from here, killed, stopped, covered by another mount; and the reaper
 * alone.
 *
 * Called with `serve MOUNTPOINT FD` this program is such a process: it mounts, writes a byte to FD and stays.
 */
#include "door/fuse/mountinfo.h"
#include "tiny.h"

#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* Where the reaper is, from the environment that meson gives. */
static const char *reaper_path;

static void without_reaper(bool without)
{
    if (without)
        setenv("DOKAN_REAPER", "/nonexistent/reaper", 1);
    else if (reaper_path)
        setenv("DOKAN_REAPER", reaper_path, 1);
    else
        unsetenv("DOKAN_REAPER");
}

static int setup(void **state)
{
    int rc = sandbox_setup(state);
    const char *given = getenv("DOKAN_REAPER");
    reaper_path = given ? strdup(given) : NULL;
    DokanInit();
    return rc;
}

static int teardown(void **state)
{
    DokanShutdown();
    return sandbox_teardown(state);
}

static bool gone(void *path)
{
    return !is_mounted(path);
}

/* A process of its own that mounts at `point` and stays. Returns its pid once it is mounted. */
static pid_t serve_elsewhere(const char *point)
{
    int ready[2];
    char byte;
    assert_int_equal(pipe2(ready, O_CLOEXEC), 0);
    pid_t child = fork();
    if (child == 0) {
        char number[16];
        int fd = dup(ready[1]); /* without CLOEXEC */
        snprintf(number, sizeof number, "%d", fd);
        execl("/proc/self/exe", "process_test", "serve", point, number, (char *)NULL);
        _exit(127);
    }
    close(ready[1]);
    assert_int_equal(read(ready[0], &byte, 1), 1);
    close(ready[0]);
    return child;
}

static int serve(const char *point, int ready)
{
    WCHAR wide[512];
    DOKAN_HANDLE handle;
    DokanUtf8ToUtf16(point, DOKAN_TERMINATED, wide, 512);
    DokanInit();
    if (DokanCreateFileSystem(tiny_options(wide, 0), &tiny_operations, &handle) != DOKAN_SUCCESS ||
        write(ready, "x", 1) != 1)
        return 1;
    close(ready);
    DokanWaitForFileSystemClosed(handle, INFINITE);
    DokanCloseHandle(handle);
    DokanShutdown();
    return 0;
}

static int end_of(pid_t child)
{
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static void unmounted_from_elsewhere(void **state)
{
    NEED_MOUNT();
    pid_t child = serve_elsewhere("M:");
    char *reply = NULL;
    assert_true(DokanControl("M:", "status", &reply));
    assert_non_null(strstr(reply, "state mounted\n"));
    DokanFreeReply(reply);
    assert_true(DokanRemoveMountPoint(u"M:\\"));
    assert_false(is_mounted(sandbox_path("runtime/dokan/drives/M")));
    assert_int_equal(end_of(child), 0);
    assert_false(DokanRemoveMountPoint(u"M:\\"));
}

/* kill -9: gone within two seconds, nothing stale stays, the place can be used again at once. */
static void killed(void **state)
{
    NEED_MOUNT();
    static const char *const points[] = {"M:", "mnt"};
    for (size_t i = 0; i < COUNT_OF(points); i++) {
        const char *point = i ? sandbox_path(points[i]) : points[i];
        const char *path = i ? sandbox_path("mnt") : sandbox_path("runtime/dokan/drives/M");
        ULONG n;
        pid_t child = serve_elsewhere(point);
        assert_true(is_mounted(path));
        kill(child, SIGKILL);
        assert_int_equal(end_of(child), 128 + SIGKILL);
        child = serve_elsewhere(point); /* at once: waits for the reaper */
        assert_true(is_mounted(path));
        kill(child, SIGKILL);
        end_of(child);
        assert_true(wait_until(gone, (void *)path, 2000));
        assert_null(DokanGetMountPointList(FALSE, &n));
    }
}

/* A process that is stopped cannot answer: its mount is removed all the same. */
static void stopped(void **state)
{
    NEED_MOUNT();
    pid_t child = serve_elsewhere("M:");
    kill(child, SIGSTOP);
    assert_true(DokanRemoveMountPoint(u"M:"));
    assert_false(is_mounted(sandbox_path("runtime/dokan/drives/M")));
    kill(child, SIGCONT);
    assert_int_equal(end_of(child), 0);
}

/* Another mount on the same path is left alone; ours goes once it is uncovered. */
static void covered(void **state)
{
    NEED_MOUNT();
    if (geteuid() != 0)
        skip();
    pid_t child = serve_elsewhere(sandbox_path("mnt"));
    assert_int_equal(mount("tmpfs", sandbox_path("mnt"), "tmpfs", 0, NULL), 0);
    kill(child, SIGKILL);
    end_of(child);
    sleep_ms(500);
    struct mountinfo_top top;
    assert_true(mountinfo_top(sandbox_path("mnt"), &top));
    assert_string_equal(top.type, "tmpfs");
    assert_int_equal(umount(sandbox_path("mnt")), 0);
    assert_true(wait_until(gone, (void *)sandbox_path("mnt"), 3000));
}

/* Without a reaper the mount of a dead process stays until somebody asks for its end, or for its letter. */
static void left_behind(void **state)
{
    NEED_MOUNT();
    without_reaper(true);
    pid_t child = serve_elsewhere(sandbox_path("mnt"));
    kill(child, SIGKILL);
    end_of(child);
    assert_true(is_mounted(sandbox_path("mnt")));
    assert_true(DokanRemoveMountPoint(sandbox_wide("mnt")));
    assert_false(is_mounted(sandbox_path("mnt")));
    child = serve_elsewhere("M:");
    kill(child, SIGKILL);
    end_of(child);
    assert_true(is_mounted(sandbox_path("runtime/dokan/drives/M")));
    child = serve_elsewhere("M:");
    assert_true(DokanUnmount(u'M'));
    assert_int_equal(end_of(child), 0);
    without_reaper(false);
}

/* ---- the reaper by itself, on a kernel without unique ids ---- */

static pid_t start_reaper(pid_t server, const char *point, int *pipe_end)
{
    struct mountinfo_top top;
    char number[16], pid[16], message[600];
    int ends[2];
    assert_true(mountinfo_top(point, &top));
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    pid_t reaper = fork();
    if (reaper == 0) {
        snprintf(number, sizeof number, "%d", dup(ends[0]));
        snprintf(pid, sizeof pid, "%d", (int)server);
        execl(reaper_path, "dokan-reaper", number, pid, (char *)NULL);
        _exit(127);
    }
    close(ends[0]);
    int n = snprintf(message, sizeof message, "mount %llu 0 %u %zu\n%s", (unsigned long long)top.id,
                     top.minor, strlen(point), point);
    assert_int_equal(write(ends[1], message, (size_t)n), n);
    *pipe_end = ends[1];
    return reaper;
}

static bool unmount_by_hand(const char *point)
{
    char command[600];
    snprintf(command, sizeof command, "fusermount3 -u -z '%s'", point);
    return geteuid() == 0 ? umount2(point, MNT_DETACH) == 0 : system(command) == 0;
}

static void reaper_without_unique_ids(void **state)
{
    NEED_MOUNT();
    int pipe_end;
    if (!reaper_path)
        skip();
    without_reaper(true);
    pid_t server = serve_elsewhere(sandbox_path("mnt"));
    without_reaper(false);
    pid_t reaper = start_reaper(server, sandbox_path("mnt"), &pipe_end);
    kill(server, SIGKILL);
    end_of(server);
    assert_int_equal(end_of(reaper), 0);
    assert_false(is_mounted(sandbox_path("mnt")));
    close(pipe_end);

    /* Removed by somebody else: the reaper ends, and what is mounted there later is safe from it. */
    without_reaper(true);
    server = serve_elsewhere(sandbox_path("mnt"));
    without_reaper(false);
    reaper = start_reaper(server, sandbox_path("mnt"), &pipe_end);
    sleep_ms(200);
    kill(server, SIGSTOP);
    assert_true(unmount_by_hand(sandbox_path("mnt")));
    assert_int_equal(end_of(reaper), 0);
    pid_t second = serve_elsewhere(sandbox_path("mnt"));
    kill(server, SIGKILL);
    end_of(server);
    close(pipe_end);
    sleep_ms(200);
    assert_true(is_mounted(sandbox_path("mnt")));
    assert_true(DokanRemoveMountPoint(sandbox_wide("mnt")));
    assert_int_equal(end_of(second), 0);
}

int main(int argc, char **argv)
{
    if (argc == 4 && strcmp(argv[1], "serve") == 0)
        return serve(argv[2], atoi(argv[3]));
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(unmounted_from_elsewhere),
        cmocka_unit_test(killed),
        cmocka_unit_test(stopped),
        cmocka_unit_test(covered),
        cmocka_unit_test(left_behind),
        cmocka_unit_test(reaper_without_unique_ids),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
