// SPDX-License-Identifier: MIT
/*
 * Contract: making and removing names, which names there can be, and which paths are none.
 */
#include "contract.h"

static void makedir_new(struct test *t)
{
    WORKS(t, fs_makedir(t->fs, at(t, "d"), 0755));
    SAME(t, type_of(t, at(t, "d")), FS_TYPE_DIRECTORY);
}

static void makedir_exists(struct test *t)
{
    WORKS(t, fs_makedir(t->fs, at(t, "d"), 0755));
    GIVES(t, fs_makedir(t->fs, at(t, "d"), 0755), -EEXIST);
}

static void makedir_over_file(struct test *t)
{
    WORKS(t, put_text(t, at(t, "f"), "text"));
    GIVES(t, fs_makedir(t->fs, at(t, "f"), 0755), -EEXIST);
    CHECK(t, holds_text(t, at(t, "f"), "text"));
}

static void makedir_missing_parent(struct test *t)
{
    GIVES(t, fs_makedir(t->fs, at(t, "missing/d"), 0755), -ENOENT);
    GIVES(t, type_of(t, at(t, "missing")), -ENOENT);
}

static void makedir_below_file(struct test *t)
{
    WORKS(t, put_text(t, at(t, "f"), ""));
    GIVES(t, fs_makedir(t->fs, at(t, "f/d"), 0755), -ENOTDIR);
}

static void makedir_root(struct test *t)
{
    GIVES(t, fs_makedir(t->fs, "/", 0755), -EEXIST);
}

static void makedir_deep(struct test *t)
{
    char path[2048];
    int length = snprintf(path, sizeof path, "%s", t->dir);
    for (int depth = 0; depth < 100; depth++) {
        length += snprintf(path + length, sizeof path - (size_t)length, "/level%d", depth);
        WORKS(t, fs_makedir(t->fs, path, 0755));
    }
    snprintf(path + length, sizeof path - (size_t)length, "/bottom");
    WORKS(t, put_text(t, path, "deep"));
    CHECK(t, holds_text(t, path, "deep"));
}

static void remove_file(struct test *t)
{
    WORKS(t, put_text(t, at(t, "f"), "text"));
    WORKS(t, fs_remove(t->fs, at(t, "f")));
    GIVES(t, type_of(t, at(t, "f")), -ENOENT);
}

static void remove_missing(struct test *t)
{
    GIVES(t, fs_remove(t->fs, at(t, "missing")), -ENOENT);
}

static void remove_directory(struct test *t)
{
    WORKS(t, fs_makedir(t->fs, at(t, "d"), 0755));
    GIVES(t, fs_remove(t->fs, at(t, "d")), -EISDIR);
    SAME(t, type_of(t, at(t, "d")), FS_TYPE_DIRECTORY);
}

static void remove_root(struct test *t)
{
    GIVES(t, fs_remove(t->fs, "/"), -EISDIR);
}

static void remove_below_file(struct test *t)
{
    WORKS(t, put_text(t, at(t, "f"), ""));
    GIVES(t, fs_remove(t->fs, at(t, "f/x")), -ENOTDIR);
}

static void remove_missing_parent(struct test *t)
{
    GIVES(t, fs_remove(t->fs, at(t, "missing/f")), -ENOENT);
}

static void remove_and_again(struct test *t)
{
    for (int i = 0; i < 20; i++) {
        WORKS(t, put_text(t, at(t, "same"), "file"));
        WORKS(t, fs_remove(t->fs, at(t, "same")));
        WORKS(t, fs_makedir(t->fs, at(t, "same"), 0755));
        WORKS(t, fs_removedir(t->fs, at(t, "same")));
    }
}

static void removedir_empty(struct test *t)
{
    WORKS(t, fs_makedir(t->fs, at(t, "d"), 0755));
    WORKS(t, fs_removedir(t->fs, at(t, "d")));
    GIVES(t, type_of(t, at(t, "d")), -ENOENT);
}

static void removedir_full(struct test *t)
{
    WORKS(t, fs_makedir(t->fs, at(t, "d"), 0755));
    WORKS(t, put_text(t, at(t, "d/f"), ""));
    GIVES(t, fs_removedir(t->fs, at(t, "d")), -ENOTEMPTY);
    WORKS(t, fs_remove(t->fs, at(t, "d/f")));
    WORKS(t, fs_makedir(t->fs, at(t, "d/e"), 0755));
    GIVES(t, fs_removedir(t->fs, at(t, "d")), -ENOTEMPTY);
    WORKS(t, fs_removedir(t->fs, at(t, "d/e")));
    WORKS(t, fs_removedir(t->fs, at(t, "d")));
}

static void removedir_file(struct test *t)
{
    WORKS(t, put_text(t, at(t, "f"), ""));
    GIVES(t, fs_removedir(t->fs, at(t, "f")), -ENOTDIR);
}

static void removedir_missing(struct test *t)
{
    GIVES(t, fs_removedir(t->fs, at(t, "missing")), -ENOENT);
    GIVES(t, fs_removedir(t->fs, at(t, "missing/d")), -ENOENT);
}

static void removedir_root(struct test *t)
{
    GIVES(t, fs_removedir(t->fs, "/"), -EBUSY);
}

/* A name that is taken must be told, found and removed as it was given. */
static bool goes_round(struct test *t, const char *name)
{
    struct names names = {0};
    int rc = put_text(t, at(t, "%s", name), "here");
    if (rc == -EINVAL || rc == -EILSEQ || rc == -ENAMETOOLONG || rc == -EACCES)
        return false;
    WORKS(t, rc);
    CHECK(t, holds_text(t, at(t, "%s", name), "here"));
    WORKS(t, list(t, t->dir, 0, 0, &names));
    check_at(t, __LINE__, names_count(&names, name) == 1, "'%s' is listed %zu times", name,
             names_count(&names, name));
    WORKS(t, fs_remove(t->fs, at(t, "%s", name)));
    names_free(&names);
    return true;
}

static void all_go_round(struct test *t, const char *const *names, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (!goes_round(t, names[i]))
            skip(t, "the object refuses the name '%s'", names[i]);
}

static void names_plain(struct test *t)
{
    static const char *const names[] = {"a", "A1", "with space", "x.txt", "-dash", "~tilde#1", "a.b.c", "_"};
    for (size_t i = 0; i < COUNT_OF(names); i++)
        check_at(t, __LINE__, goes_round(t, names[i]), "the name '%s' is refused", names[i]);
}

static void names_utf8(struct test *t)
{
    static const char *const names[] = {"äöü", "日本語", "😀 smile", "e\xcc\x81", "\xc3\xa9", "Ωμέγα", "שלום"};
    for (size_t i = 0; i < COUNT_OF(names); i++)
        check_at(t, __LINE__, goes_round(t, names[i]), "the name '%s' is refused", names[i]);
}

static void names_of_windows(struct test *t)
{
    static const char *const names[] = {"CON", "nul.txt", "trail ", "dot.", " lead", "AUTORUN.INF"};
    all_go_round(t, names, COUNT_OF(names));
}

static void names_signs(struct test *t)
{
    static const char *const names[] = {"a:b",       "a\\b",       "q\"u*o?t|e<s>", "tab\there",
                                        "line\nend", "percent%41", "$&;`'",         "back\x08space"};
    all_go_round(t, names, COUNT_OF(names));
}

static void names_dots(struct test *t)
{
    static const char *const names[] = {"...", "....", ".hidden", "..x", ". ."};
    all_go_round(t, names, COUNT_OF(names));
}

static void names_odd_bytes(struct test *t)
{
    static const char *const names[] = {"bad-\xff-utf8", "cut-\xe2\x82", "\x80", "over\xc0\xaf"};
    all_go_round(t, names, COUNT_OF(names));
}

static void names_255(struct test *t)
{
    char name[256];
    memset(name, 'n', 255);
    name[255] = 0;
    check_at(t, __LINE__, goes_round(t, name), "a name of 255 letters is refused");
}

static void names_255_units(struct test *t)
{
    char name[3 * 255 + 1] = "";
    struct fs_space space;
    WORKS(t, fs_statfs(t->fs, &space));
    if (space.name_max && space.name_max < 3 * 255)
        return skip(t, "the object's names have at most %u bytes", space.name_max);
    for (int i = 0; i < 255; i++)
        strcat(name, "\xe2\x82\xac");
    check_at(t, __LINE__, goes_round(t, name), "a name of 255 units in 765 bytes is refused");
}

static void names_256(struct test *t)
{
    char name[257];
    memset(name, 'n', 256);
    name[256] = 0;
    GIVES(t, put_text(t, at(t, "%s", name), ""), -ENAMETOOLONG);
    GIVES(t, fs_makedir(t->fs, at(t, "%s", name), 0755), -ENAMETOOLONG);
}

static void names_case(struct test *t)
{
    bool insensitive = fs_flags(t->fs) & FS_CASE_INSENSITIVE;
    WORKS(t, put_text(t, at(t, "Name"), "one"));
    SAME(t, type_of(t, at(t, "NAME")), insensitive ? FS_TYPE_FILE : -ENOENT);
    if (insensitive)
        return;
    WORKS(t, put_text(t, at(t, "name"), "two"));
    CHECK(t, holds_text(t, at(t, "Name"), "one"));
}

static void names_prefixes(struct test *t)
{
    char name[64] = "";
    for (int i = 0; i < 60; i++) {
        strcat(name, "p");
        WORKS(t, put_text(t, at(t, "%s", name), name));
    }
    for (; *name; name[strlen(name) - 1] = 0)
        CHECK(t, holds_text(t, at(t, "%s", name), name));
}

static void paths_not_normal(struct test *t)
{
    static const char *const paths[] = {"",   "relative", "//",     "/a//b",  "/a/",
                                        "/.", "/..",      "/a/./b", "/a/../b"};
    struct fs_info info;
    for (size_t i = 0; i < COUNT_OF(paths); i++) {
        GIVES(t, fs_getinfo(t->fs, paths[i], 0, &info), -EINVAL);
        GIVES(t, fs_makedir(t->fs, paths[i], 0755), -EINVAL);
        GIVES(t, fs_rename(t->fs, at(t, "x"), paths[i], 0), -EINVAL);
    }
}

static void paths_too_long(struct test *t)
{
    struct fs_info info;
    char *path = malloc(FS_PATH_MAX + 10);
    for (size_t i = 0; i < FS_PATH_MAX + 9; i++)
        path[i] = i % 10 ? 'x' : '/';
    path[FS_PATH_MAX + 9] = 0;
    GIVES(t, fs_getinfo(t->fs, path, 0, &info), -ENAMETOOLONG);
    memset(path, 'x', FS_NAME_MAX + 2);
    path[0] = '/';
    path[FS_NAME_MAX + 2] = 0;
    GIVES(t, fs_getinfo(t->fs, path, 0, &info), -ENAMETOOLONG);
    free(path);
}

const struct test_row names_tests[] = {
    {"makedir-new", makedir_new},
    {"makedir-exists", makedir_exists},
    {"makedir-over-file", makedir_over_file},
    {"makedir-missing-parent", makedir_missing_parent},
    {"makedir-below-file", makedir_below_file},
    {"makedir-root", makedir_root},
    {"makedir-deep", makedir_deep},
    {"remove-file", remove_file},
    {"remove-missing", remove_missing},
    {"remove-directory", remove_directory},
    {"remove-root", remove_root},
    {"remove-below-file", remove_below_file},
    {"remove-missing-parent", remove_missing_parent},
    {"remove-and-again", remove_and_again},
    {"removedir-empty", removedir_empty},
    {"removedir-full", removedir_full},
    {"removedir-file", removedir_file},
    {"removedir-missing", removedir_missing},
    {"removedir-root", removedir_root},
    {"names-plain", names_plain},
    {"names-utf8", names_utf8},
    {"names-of-windows", names_of_windows},
    {"names-signs", names_signs},
    {"names-dots", names_dots},
    {"names-odd-bytes", names_odd_bytes},
    {"names-255", names_255},
    {"names-255-units", names_255_units},
    {"names-256", names_256},
    {"names-case", names_case},
    {"names-prefixes", names_prefixes},
    {"paths-not-normal", paths_not_normal},
    {"paths-too-long", paths_too_long},
    {NULL, NULL},
};
