// SPDX-License-Identifier: MIT
/*
 * The folder of open_sample.h, and what all tests of opening look at.
 */
#include "base/testing.h"

#include "open_sample.h"
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char top[PATH_MAX / 4];

void write_file(const char *name, const char *bytes, size_t length)
{
    FILE *out = fopen(name, "w");
    assert_non_null(out);
    assert_int_equal(length, fwrite(bytes, 1, length, out));
    fclose(out);
}

void write_toy(const char *name, const struct toy_text *toy)
{
    write_file(name, toy->bytes, toy->length);
}

int open_set_up(void **state)
{
    const char *tmp = getenv("TMPDIR");
    snprintf(top, sizeof top, "%s/fs-open-test.XXXXXX", tmp && *tmp ? tmp : "/tmp");
    assert_non_null(mkdtemp(top));
    assert_int_equal(0, chdir(top));
    setenv("HOME", top, 1);
    struct toy_text *inner = toy_new(), *outer = toy_new();
    toy_file(inner, "/deep", "deepest", 7);
    toy_dir(inner, "/sub");
    toy_file(inner, "/sub/x", "x", 1);
    toy_file(outer, "/a.txt", "hello", 5);
    toy_dir(outer, "/dir");
    toy_file(outer, "/dir/b.txt", "b", 1);
    toy_file(outer, "/dir/in.toy", inner->bytes, inner->length);
    toy_file(outer, "/odd!name?50%", "odd", 3);
    toy_link(outer, "/to-dir", "dir");
    toy_link(outer, "/dir/up", "../a.txt");
    toy_link(outer, "/abs", "/dir/b.txt");
    toy_link(outer, "/dir/abs", "/a.txt");
    toy_link(outer, "/out", "../../etc/passwd");
    toy_link(outer, "/dangling", "nothing");
    toy_link(outer, "/loop", "loop2");
    toy_link(outer, "/loop2", "loop");
    toy_link(outer, "/to-toy", "dir/in.toy");
    write_toy("outer.toy", outer);
    write_toy("odd!name.toy", inner);
    write_toy("100%.toy", inner);
    write_file("plain.txt", "just text", 9);
    write_file("empty", "", 0);
    write_file("disk.img", "hsqs....", 8);
    assert_int_equal(0, mkdir("folder", 0755));
    write_toy("folder/outer.toy", outer);
    assert_int_equal(0, symlink("folder/outer.toy", "link.toy"));
    toy_free(inner);
    toy_free(outer);
    return 0;
}

int open_tear_down(void **state)
{
    char command[PATH_MAX];
    assert_int_equal(0, chdir("/"));
    snprintf(command, sizeof command, "rm -rf '%s'", top);
    return system(command); /* NOLINT: a test's own words */
}

const char *content(struct fs *fs, const char *path)
{
    static char text[256];
    struct fs_info info;
    struct fs_file *file;
    if (fs_getinfo(fs, path, 0, &info))
        return "missing";
    if (info.type == FS_TYPE_DIRECTORY)
        return "dir";
    if (fs_open(fs, path, 0, 0, &file))
        return "closed";
    ssize_t got = fs_f_pread(fs, file, text, sizeof text - 1, 0);
    text[got > 0 ? got : 0] = 0;
    fs_f_close(fs, file);
    return text;
}

void fails_with(const char *url, const struct fs_open_options *options, bool root, int rc, const char *says)
{
    struct fs *fs = NULL;
    char *path = NULL;
    struct fs_error error = {0};
    int got = fs_open_url(url, options, &fs, root ? NULL : &path, &error);
    if (got != rc)
        fail_msg("%s: %d, %s", url, got, error.text);
    if (!strstr(error.text, says))
        fail_msg("%s: '%s' does not say '%s'", url, error.text, says);
    assert_int_equal(rc, error.code);
    assert_null(fs);
    assert_null(path);
    for (const char *c = error.text; *c; c++)
        assert_true((unsigned char)*c >= 0x20);
}
