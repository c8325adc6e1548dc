// SPDX-License-Identifier: MIT
// readonly and sub: what they show and what they refuse.
#include "fs/filter/fixture.h"

static struct fs *tree(void)
{
    struct fs *fs = memory();
    WANT(0, fs_makedir(fs, "/inner", 0755));
    WANT(0, fs_makedir(fs, "/inner/deep", 0755));
    WANT(0, put(fs, "/top", "top"));
    WANT(0, put(fs, "/inner/file", "inner"));
    WANT(0, fs_symlink(fs, "../top", "/inner/out"));
    return fs;
}

static void readonly_refuses_every_change(void **state)
{
    struct fs *fs = tree();
    struct fs_file *file;
    struct fs_info info = {.valid = FS_INFO_MTIME, .mtime = 1};
    add(&fs, "readonly");
    assert_true(fs_flags(fs) & FS_READ_ONLY);
    WANT(-EROFS, fs_open(fs, "/top", O_RDWR, 0, &file));
    WANT(-EROFS, fs_open(fs, "/top", O_WRONLY, 0, &file));
    WANT(-EROFS, fs_open(fs, "/top", O_RDONLY | O_TRUNC, 0, &file));
    WANT(-EROFS, fs_open(fs, "/new", O_RDONLY | O_CREAT, 0644, &file));
    WANT(-EROFS, fs_makedir(fs, "/new", 0755));
    WANT(-EROFS, fs_remove(fs, "/top"));
    WANT(-EROFS, fs_removedir(fs, "/inner/deep"));
    WANT(-EROFS, fs_rename(fs, "/top", "/new", 0));
    WANT(-EROFS, fs_setinfo(fs, "/top", &info));
    WANT(-EROFS, fs_symlink(fs, "x", "/new"));
    WANT(-EROFS, fs_link(fs, "/top", "/new"));
    WANT(-EROFS, fs_setxattr(fs, "/top", "user.a", "b", 1, 0));
    WANT(-EROFS, fs_removexattr(fs, "/top", "user.a"));
    WANT(-EROFS, fs_access(fs, "/top", W_OK));
    WANT(0, fs_access(fs, "/top", R_OK));
    WANT(0, holds(fs, "/top", "top"));
    fs_close(fs);
}

static void readonly_shows_nothing_free(void **state)
{
    struct fs *fs = tree();
    struct fs_space below, space;
    WANT(0, fs_statfs(fs, &below));
    assert_true(below.free > 0);
    add(&fs, "readonly");
    WANT(0, fs_statfs(fs, &space));
    assert_int_equal(space.total, below.total);
    assert_int_equal(space.free, 0);
    assert_int_equal(space.available, 0);
    assert_int_equal(space.files_free, 0);
    fs_close(fs);
}

/* A layer above that opens everything for writing. */
static int greedy_open(struct fs *fs, const char *path, int flags, uint32_t mode, struct fs_file *file)
{
    return fs_open_next(fs_next(fs), path, O_RDWR | O_CREAT, mode, file);
}

static void readonly_holds_against_layers_above(void **state)
{
    static const struct fs_table greedy = {
        .size = sizeof(struct fs_table), .version = FS_API_VERSION, .name = "greedy", .open = greedy_open};
    struct fs *fs = tree(), *top;
    struct fs_file *file;
    add(&fs, "readonly");
    WANT(0, fs_new(&greedy, NULL, fs, &top));
    WANT(-EROFS, fs_open(top, "/top", O_RDONLY, 0, &file));
    fs_close(top);
}

static void readonly_refuses_parameters(void **state)
{
    struct fs *fs = memory();
    refuse(fs, "readonly:now=1", -EINVAL, "now");
    fs_close(fs);
}

static void sub_makes_a_folder_the_root(void **state)
{
    struct fs *fs = tree(), *below = fs_ref(fs);
    struct names names;
    char target[64];
    add(&fs, "sub:dir=/inner");
    assert_string_equal(list(fs, "/", &names), "deep|file|out");
    WANT(0, holds(fs, "/file", "inner"));
    WANT(-ENOENT, look(fs, "/top"));
    WANT(-ENOENT, look(fs, "/inner"));
    WANT(-EINVAL, look(fs, "/../top"));
    WANT(0, put(fs, "/deep/new", "made"));
    WANT(0, holds(below, "/inner/deep/new", "made"));
    WANT(0, fs_rename(fs, "/file", "/deep/moved", 0));
    WANT(0, holds(below, "/inner/deep/moved", "inner"));
    WANT(0, fs_readlink(fs, "/out", target, sizeof target));
    assert_string_equal(target, "../top");
    struct fs_file *file;
    WANT(-ELOOP, fs_open(fs, "/out", O_RDONLY, 0, &file));
    WANT(-ENOTEMPTY, fs_removedir(fs, "/deep"));
    WANT(-EBUSY, fs_removedir(fs, "/"));
    fs_close(fs);
    fs_close(below);
}

static void sub_of_sub_and_other_spellings(void **state)
{
    struct fs *fs = tree();
    add(&fs, "sub:dir=inner/");
    add(&fs, "sub:dir=/x/../deep/.");
    WANT(0, put(fs, "/a", "b"));
    add(&fs, "sub:dir=/");
    WANT(0, look(fs, "/"));
    WANT(0, holds(fs, "/a", "b"));
    fs_close(fs);
}

static void sub_refuses_what_is_no_folder(void **state)
{
    struct fs *fs = tree();
    refuse(fs, "sub", -EINVAL, "sub:dir=");
    refuse(fs, "sub:dir=", -EINVAL, "sub:dir=");
    refuse(fs, "sub:dir=/top", -ENOTDIR, "/top");
    refuse(fs, "sub:dir=/inner/out", -ENOTDIR, "/inner/out");
    refuse(fs, "sub:dir=/missing", -ENOENT, "/missing");
    refuse(fs, "sub:dir=/inner/../..", -EINVAL, "..");
    fs_close(fs);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(readonly_refuses_every_change),
        cmocka_unit_test(readonly_shows_nothing_free),
        cmocka_unit_test(readonly_holds_against_layers_above),
        cmocka_unit_test(readonly_refuses_parameters),
        cmocka_unit_test(sub_makes_a_folder_the_root),
        cmocka_unit_test(sub_of_sub_and_other_spellings),
        cmocka_unit_test(sub_refuses_what_is_no_folder),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
