// SPDX-License-Identifier: MIT

#include "base/testing.h"

#include "base/cleanup.h"
#include "base/io.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

static char dir[] = "/tmp/dokan-io-test-XXXXXX";

static const char *in_dir(const char *name)
{
    static char path[200];
    snprintf(path, sizeof path, "%s/%s", dir, name);
    return path;
}

static int make_dir(void **state)
{
    umask(022);
    return mkdtemp(dir) ? 0 : -1;
}

static int remove_dir(void **state)
{
    static const char *const names[] = {"new", "open", "link", "file"};
    for (size_t i = 0; i < COUNT_OF(names); i++)
        remove(in_dir(names[i]));
    return rmdir(dir);
}

static void write_file(const char *text)
{
    CLEANUP_FD int fd = open(in_dir("file"), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(write_all(fd, text, strlen(text)), 0);
}

static void reads_what_was_written(void **state)
{
    char buf[6];
    write_file("hello");
    assert_int_equal(read_file_small(in_dir("file"), buf, sizeof buf), 5);
    assert_string_equal(buf, "hello");
    assert_int_equal(read_file_small(in_dir("file"), buf, 5), -EFBIG);
    assert_int_equal(read_file_small(in_dir("file"), buf, 0), -EFBIG);
    write_file("");
    assert_int_equal(read_file_small(in_dir("file"), buf, 1), 0);
    assert_int_equal(read_file_small(in_dir("none"), buf, sizeof buf), -ENOENT);
    assert_true(read_file_small("/proc/self/stat", buf, sizeof buf) == -EFBIG);
}

static void write_errors_come_back(void **state)
{
    CLEANUP_FD int full = open("/dev/full", O_WRONLY | O_CLOEXEC);
    assert_true(full >= 0);
    assert_int_equal(write_all(full, "x", 1), -ENOSPC);
    assert_int_equal(write_all(-1, "x", 1), -EBADF);
    assert_int_equal(write_all(-1, "x", 0), 0);
}

static void makes_private_directories(void **state)
{
    struct stat st;
    assert_int_equal(mkdir_private(in_dir("new")), 0);
    assert_int_equal(stat(in_dir("new"), &st), 0);
    assert_int_equal(st.st_mode & 07777, 0700);
    assert_int_equal(mkdir_private(in_dir("new")), 0);
    assert_int_equal(mkdir_private(in_dir("new/")), 0);
    assert_int_equal(mkdir_private(in_dir("none/x")), -ENOENT);
}

static void refuses_unsafe_directories(void **state)
{
    assert_int_equal(mkdir(in_dir("open"), 0700), 0);
    assert_int_equal(chmod(in_dir("open"), 0770), 0);
    assert_int_equal(mkdir_private(in_dir("open")), -EPERM);
    assert_int_equal(chmod(in_dir("open"), 0702), 0);
    assert_int_equal(mkdir_private(in_dir("open")), -EPERM);
    assert_int_equal(symlink(".", in_dir("link")), 0);
    assert_int_equal(mkdir_private(in_dir("link")), -ENOTDIR);
    assert_int_equal(mkdir_private(in_dir("link/")), -ENOTDIR);
    write_file("");
    assert_int_equal(mkdir_private(in_dir("file")), -ENOTDIR);
    if (geteuid() != 0)
        assert_int_equal(mkdir_private("/usr"), -EPERM);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_what_was_written),
        cmocka_unit_test(write_errors_come_back),
        cmocka_unit_test(makes_private_directories),
        cmocka_unit_test(refuses_unsafe_directories),
    };
    return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
