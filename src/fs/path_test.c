// SPDX-License-Identifier: MIT
/* Paths: which are normal, and how they are put together. */
#include "base/testing.h"
#include "fs/fs_i.h"

#include <errno.h>
#include <string.h>

static void test_check(void **state)
{
    static const struct {
        const char *path;
        int rc;
    } rows[] = {
        {"/", 0},           {"/a", 0},          {"/a/b", 0},       {"/...", 0},      {"/a\\b:*?", 0},
        {"/\xff", 0},       {NULL, -EINVAL},    {"", -EINVAL},     {"a", -EINVAL},   {"//", -EINVAL},
        {"/a/", -EINVAL},   {"/a//b", -EINVAL}, {"/.", -EINVAL},   {"/..", -EINVAL}, {"/a/.", -EINVAL},
        {"/a/..", -EINVAL}, {"/../a", -EINVAL}, {"/./a", -EINVAL},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        assert_int_equal(rows[i].rc, fs_path_check(rows[i].path));
}

static void test_lengths(void **state)
{
    char name[FS_NAME_MAX + 3] = "/";
    memset(name + 1, 'n', FS_NAME_MAX);
    assert_int_equal(0, fs_path_check(name));
    assert_true(fs_name_ok(name + 1));
    name[FS_NAME_MAX + 1] = 'n';
    assert_int_equal(-ENAMETOOLONG, fs_path_check(name));
    assert_false(fs_name_ok(name + 1));

    char *path = malloc(FS_PATH_MAX + 3);
    for (size_t i = 0; i < FS_PATH_MAX + 2; i++)
        path[i] = i % 2 ? 'p' : '/';
    path[FS_PATH_MAX] = 0;
    path[FS_PATH_MAX - 1] = 'p';
    assert_int_equal(0, fs_path_check(path));
    path[FS_PATH_MAX - 1] = '/';
    path[FS_PATH_MAX] = 'p';
    path[FS_PATH_MAX + 1] = 0;
    assert_int_equal(-ENAMETOOLONG, fs_path_check(path));
    free(path);
}

static void test_resolve(void **state)
{
    static const struct {
        const char *dir, *text, *result;
    } rows[] = {
        {"/", "a", "/a"},  {"/", "a/b/", "/a/b"},   {"/a", "b", "/a/b"},        {"/a/b", "../c", "/a/c"},
        {"/a", "..", "/"}, {"/", ".", "/"},         {"", "x//y/./z", "/x/y/z"}, {"/a", "./../b/..", "/"},
        {"/", "..", NULL}, {"/a", "../../b", NULL}, {"/", "...", "/..."},       {"/a", "", "/a"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        CLEANUP_PATH struct fs_path path;
        fs_path_init(&path);
        assert_int_equal(0, fs_path_add(&path, rows[i].dir, strlen(rows[i].dir)));
        assert_int_equal(rows[i].result ? 0 : -EINVAL, fs_path_resolve(&path, rows[i].text));
        if (rows[i].result)
            assert_string_equal(rows[i].result, path.text);
    }
}

static void test_growing(void **state)
{
    CLEANUP_PATH struct fs_path path;
    fs_path_init(&path);
    for (int i = 0; i < 1000; i++)
        assert_int_equal(0, fs_path_join(&path, "component"));
    assert_int_equal(10000, path.length);
    assert_int_equal(0, fs_path_check(path.text));
    for (int i = 0; i < FS_PATH_MAX; i++)
        if (fs_path_join(&path, "component"))
            break;
    assert_int_equal(-ENAMETOOLONG, fs_path_join(&path, "component"));
    assert_true(path.length <= FS_PATH_MAX);
}

static void test_parts(void **state)
{
    assert_string_equal("b", fs_path_name("/a/b"));
    assert_string_equal("", fs_path_name("/"));
    assert_int_equal(2, fs_path_parent("/a/b"));
    assert_int_equal(1, fs_path_parent("/a"));
    assert_int_equal(1, fs_path_parent("/"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_check),   cmocka_unit_test(test_lengths), cmocka_unit_test(test_resolve),
        cmocka_unit_test(test_growing), cmocka_unit_test(test_parts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
