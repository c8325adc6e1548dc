// SPDX-License-Identifier: MIT
// The safe filter over a tree in memory: what is hidden, what is mapped, what is refused.
#include "fs/filter/fixture.h"

static void names_are_mapped_both_ways(void **state)
{
    struct fs *below = memory(), *fs = fs_ref(below);
    struct names names;
    WANT(0, put(below, "/a:b", "colon"));
    WANT(0, put(below, "/a__colon__b", "raw"));
    WANT(0, fs_makedir(below, "/what?", 0755));
    WANT(0, put(below, "/what?/CON", "device"));
    WANT(0, put(below, "/dot.", "dot"));
    add(&fs, "safe");
    assert_string_equal(list(fs, "/", &names), "a%5F_colon__b|a__colon__b|dot%2E|what%3F");
    WANT(0, holds(fs, "/a__colon__b", "colon"));
    WANT(0, holds(fs, "/a%5F_colon__b", "raw"));
    assert_string_equal(list(fs, "/what%3F", &names), "%43ON");
    WANT(0, holds(fs, "/what%3F/%43ON", "device"));
    WANT(0, put(fs, "/new__colon__name", "new"));
    WANT(0, holds(below, "/new:name", "new"));
    WANT(0, fs_rename(fs, "/dot%2E", "/x%7Cy", 0));
    WANT(0, holds(below, "/x|y", "dot"));
    WANT(0, fs_remove(fs, "/what%3F/%43ON"));
    WANT(0, fs_removedir(fs, "/what%3F"));
    WANT(-ENOENT, look(below, "/what?"));
    fs_close(fs);
    fs_close(below);
}

static void names_that_windows_cannot_hold_are_refused(void **state)
{
    static const char *const bad[] = {"/a:b", "/a?",      "/dot.", "/space ",
                                      "/con", "/NUL.txt", "/a\\b", "/a\nb"};
    struct fs *fs = memory();
    struct fs_file *file;
    add(&fs, "safe");
    WANT(0, put(fs, "/good", "x"));
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        WANT(-ENOENT, look(fs, bad[i]));
        WANT(-ENOENT, fs_open(fs, bad[i], O_RDONLY, 0, &file));
        WANT(-EINVAL, put(fs, bad[i], "x"));
        WANT(-EINVAL, fs_makedir(fs, bad[i], 0755));
        WANT(-EINVAL, fs_rename(fs, "/good", bad[i], 0));
        WANT(-EINVAL, fs_symlink(fs, "good", bad[i]));
        WANT(-EINVAL, fs_link(fs, "/good", bad[i]));
    }
    fs_close(fs);
}

static void autorun_is_not_there(void **state)
{
    static const char *const hidden[] = {"/autorun.inf", "/AutoRun.INF", "/AUTORUN.exe", "/autorun."};
    struct fs *below = memory(), *fs = fs_ref(below);
    struct fs_file *file;
    struct names names;
    for (size_t i = 0; i < COUNT_OF(hidden); i++)
        WANT(0, put(below, hidden[i], "x"));
    WANT(0, put(below, "/_autorun.inf", "shown"));
    WANT(0, put(below, "/autorun", "shown"));
    WANT(0, fs_makedir(below, "/d", 0755));
    WANT(0, put(below, "/d/autorun.inf", "shown"));
    WANT(0, fs_makedir(below, "/autorun.d", 0755));
    WANT(0, put(below, "/autorun.d/in", "x"));
    add(&fs, "safe");
    assert_string_equal(list(fs, "/", &names), "_autorun.inf|autorun|d");
    WANT(0, holds(fs, "/_autorun.inf", "shown"));
    WANT(0, holds(fs, "/d/autorun.inf", "shown"));
    WANT(-ENOENT, look(fs, "/autorun.d/in"));
    WANT(-ENOENT, look(fs, "/autorun%2E"));
    for (size_t i = 0; i < 3; i++) {
        WANT(-ENOENT, look(fs, hidden[i]));
        WANT(-ENOENT, fs_open(fs, hidden[i], O_RDONLY, 0, &file));
        WANT(-EACCES, fs_open(fs, hidden[i], O_RDWR | O_CREAT, 0644, &file));
        WANT(-EACCES, fs_makedir(fs, hidden[i], 0755));
        WANT(-EACCES, fs_rename(fs, "/autorun", hidden[i], 0));
        WANT(-ENOENT, fs_rename(fs, hidden[i], "/x", 0));
        WANT(-EACCES, fs_link(fs, "/autorun", hidden[i]));
        WANT(-ENOENT, fs_link(fs, hidden[i], "/x"));
        WANT(-EACCES, fs_symlink(fs, "autorun", hidden[i]));
        WANT(-ENOENT, fs_remove(fs, hidden[i]));
    }
    fs_close(fs);
    fs_close(below);
}

static void autorun_is_shown_when_asked(void **state)
{
    struct fs *fs = memory();
    struct names names;
    WANT(0, put(fs, "/autorun.inf", "x"));
    add(&fs, "safe:autorun");
    assert_string_equal(list(fs, "/", &names), "autorun.inf");
    WANT(0, put(fs, "/AUTORUN.new", "y"));
    WANT(0, holds(fs, "/autorun.inf", "x"));
    fs_close(fs);
}

static void links_are_hidden_when_asked(void **state)
{
    static const char *const files[] = {"/Desktop.INI", "/a.LNK", "/d/desktop.ini",
                                        "/d/x.lnk",     "/d/lnk", "/d/a.lnk.txt"};
    struct fs *fs = memory();
    struct names names;
    WANT(0, fs_makedir(fs, "/d", 0755));
    for (size_t i = 0; i < COUNT_OF(files); i++)
        WANT(0, put(fs, files[i], "x"));
    struct fs *shown = fs_ref(fs), *hidden = fs_ref(fs);
    add(&shown, "safe");
    assert_string_equal(list(shown, "/d", &names), "a.lnk.txt|desktop.ini|lnk|x.lnk");
    add(&hidden, "safe:hide-links");
    assert_string_equal(list(hidden, "/", &names), "d");
    assert_string_equal(list(hidden, "/d", &names), "a.lnk.txt|lnk");
    WANT(-ENOENT, look(hidden, "/d/x.lnk"));
    WANT(-EACCES, put(hidden, "/d/new.Lnk", "x"));
    fs_close(shown);
    fs_close(hidden);
    fs_close(fs);
}

static void targets_of_links_are_mapped(void **state)
{
    struct fs *below = memory(), *fs = fs_ref(below);
    char target[128];
    WANT(0, fs_symlink(below, "../a:b/./NUL/", "/l"));
    add(&fs, "safe");
    WANT(0, fs_readlink(fs, "/l", target, sizeof target));
    assert_string_equal(target, "../a__colon__b/./%4EUL/");
    WANT(-ERANGE, fs_readlink(fs, "/l", target, 10));
    WANT(0, fs_symlink(fs, "/x__colon__y", "/m"));
    WANT(0, fs_readlink(below, "/m", target, sizeof target));
    assert_string_equal(target, "/x:y");
    WANT(-EINVAL, fs_symlink(fs, "a?", "/n"));
    fs_close(fs);
    fs_close(below);
}

static void what_gets_too_long_is_left_out(void **state)
{
    struct fs *below = memory(), *fs = fs_ref(below);
    struct names names;
    char path[256] = "/";
    memset(path + 1, ':', 200);
    WANT(0, put(below, path, "x"));
    WANT(0, put(below, "/short:", "x"));
    add(&fs, "safe");
    assert_string_equal(list(fs, "/", &names), "short__colon__");
    fs_close(fs);
    fs_close(below);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_are_mapped_both_ways),
        cmocka_unit_test(names_that_windows_cannot_hold_are_refused),
        cmocka_unit_test(autorun_is_not_there),
        cmocka_unit_test(autorun_is_shown_when_asked),
        cmocka_unit_test(links_are_hidden_when_asked),
        cmocka_unit_test(targets_of_links_are_mapped),
        cmocka_unit_test(what_gets_too_long_is_left_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
