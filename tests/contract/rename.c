// SPDX-License-Identifier: MIT
/*
 * Contract: renaming, as rename(2) and renameat2(2) have it.
 */
#include "contract.h"

static int rename_to(struct test *t, const char *from, const char *to, uint32_t flags)
{
    return fs_rename(t->fs, at(t, "%s", from), at(t, "%s", to), flags);
}

static void make(struct test *t, const char *files, const char *folders)
{
    char name[2] = "";
    for (; *folders; folders++) {
        name[0] = *folders;
        WORKS(t, fs_makedir(t->fs, at(t, "%s", name), 0755));
    }
    for (; *files; files++) {
        name[0] = *files;
        WORKS(t, put_text(t, at(t, "%s", name), name));
    }
}

static void rename_file(struct test *t)
{
    make(t, "a", "");
    WORKS(t, rename_to(t, "a", "b", 0));
    GIVES(t, type_of(t, at(t, "a")), -ENOENT);
    CHECK(t, holds_text(t, at(t, "b"), "a"));
}

static void rename_over_file(struct test *t)
{
    make(t, "ab", "");
    WORKS(t, rename_to(t, "a", "b", 0));
    GIVES(t, type_of(t, at(t, "a")), -ENOENT);
    CHECK(t, holds_text(t, at(t, "b"), "a"));
}

static void rename_folder(struct test *t)
{
    make(t, "", "d");
    WORKS(t, fs_makedir(t->fs, at(t, "d/sub"), 0755));
    WORKS(t, put_text(t, at(t, "d/sub/f"), "text"));
    WORKS(t, rename_to(t, "d", "e", 0));
    CHECK(t, holds_text(t, at(t, "e/sub/f"), "text"));
    GIVES(t, type_of(t, at(t, "d")), -ENOENT);
    GIVES(t, type_of(t, at(t, "d/sub/f")), -ENOENT);
}

static void rename_across(struct test *t)
{
    make(t, "a", "de");
    WORKS(t, rename_to(t, "a", "d/a", 0));
    WORKS(t, rename_to(t, "d/a", "e/b", 0));
    WORKS(t, rename_to(t, "e", "d/e", 0));
    CHECK(t, holds_text(t, at(t, "d/e/b"), "a"));
    WORKS(t, rename_to(t, "d/e", "f", 0));
    WORKS(t, fs_removedir(t->fs, at(t, "d")));
    CHECK(t, holds_text(t, at(t, "f/b"), "a"));
}

static void rename_folder_over_empty(struct test *t)
{
    make(t, "", "de");
    WORKS(t, put_text(t, at(t, "d/f"), "text"));
    WORKS(t, rename_to(t, "d", "e", 0));
    CHECK(t, holds_text(t, at(t, "e/f"), "text"));
}

static void rename_folder_over_full(struct test *t)
{
    make(t, "", "de");
    WORKS(t, put_text(t, at(t, "e/f"), "text"));
    GIVES(t, rename_to(t, "d", "e", 0), -ENOTEMPTY);
    CHECK(t, holds_text(t, at(t, "e/f"), "text"));
    SAME(t, type_of(t, at(t, "d")), FS_TYPE_DIRECTORY);
}

static void rename_folder_over_file(struct test *t)
{
    make(t, "f", "d");
    GIVES(t, rename_to(t, "d", "f", 0), -ENOTDIR);
    CHECK(t, holds_text(t, at(t, "f"), "f"));
}

static void rename_file_over_folder(struct test *t)
{
    make(t, "f", "d");
    GIVES(t, rename_to(t, "f", "d", 0), -EISDIR);
    CHECK(t, holds_text(t, at(t, "f"), "f"));
}

static void rename_missing(struct test *t)
{
    make(t, "f", "d");
    GIVES(t, rename_to(t, "missing", "x", 0), -ENOENT);
    GIVES(t, rename_to(t, "missing", "f", 0), -ENOENT);
    GIVES(t, rename_to(t, "f", "missing/x", 0), -ENOENT);
    GIVES(t, rename_to(t, "missing/x", "d/x", 0), -ENOENT);
    CHECK(t, holds_text(t, at(t, "f"), "f"));
}

static void rename_below_file(struct test *t)
{
    make(t, "fg", "");
    GIVES(t, rename_to(t, "f", "g/x", 0), -ENOTDIR);
    GIVES(t, rename_to(t, "f/x", "g", 0), -ENOTDIR);
}

static void rename_itself(struct test *t)
{
    make(t, "f", "d");
    WORKS(t, rename_to(t, "f", "f", 0));
    WORKS(t, rename_to(t, "d", "d", 0));
    CHECK(t, holds_text(t, at(t, "f"), "f"));
    SAME(t, type_of(t, at(t, "d")), FS_TYPE_DIRECTORY);
}

static void rename_into_itself(struct test *t)
{
    make(t, "", "d");
    WORKS(t, fs_makedir(t->fs, at(t, "d/e"), 0755));
    GIVES(t, rename_to(t, "d", "d/x", 0), -EINVAL);
    GIVES(t, rename_to(t, "d", "d/e", 0), -EINVAL);
    GIVES(t, rename_to(t, "d", "d/e/x", 0), -EINVAL);
    SAME(t, type_of(t, at(t, "d/e")), FS_TYPE_DIRECTORY);
}

static void rename_onto_parent(struct test *t)
{
    make(t, "", "d");
    WORKS(t, fs_makedir(t->fs, at(t, "d/e"), 0755));
    GIVES(t, rename_to(t, "d/e", "d", 0), -ENOTEMPTY);
    SAME(t, type_of(t, at(t, "d/e")), FS_TYPE_DIRECTORY);
    WORKS(t, put_text(t, at(t, "d/e/f"), "text"));
    GIVES(t, rename_to(t, "d/e/f", "d", 0), -ENOTEMPTY);
    WORKS(t, fs_makedir(t->fs, at(t, "g"), 0755));
    WORKS(t, rename_to(t, "d/e", "g/e", 0));
    GIVES(t, rename_to(t, "g/e/f", "g", 0), -ENOTEMPTY);
}

static void rename_like_prefix(struct test *t)
{
    make(t, "", "d");
    WORKS(t, rename_to(t, "d", "dd", 0));
    WORKS(t, rename_to(t, "dd", "d", 0));
}

static void rename_root(struct test *t)
{
    GIVES(t, fs_rename(t->fs, "/", at(t, "x"), 0), -EBUSY);
    make(t, "", "d");
    GIVES(t, fs_rename(t->fs, at(t, "d"), "/", 0), -EBUSY);
}

static void rename_case(struct test *t)
{
    struct names names = {0};
    WORKS(t, put_text(t, at(t, "name"), "text"));
    WORKS(t, rename_to(t, "name", "NAME", 0));
    WORKS(t, list(t, t->dir, 0, 0, &names));
    SAME(t, names.count, 1);
    SAME(t, names_count(&names, "NAME"), 1);
    CHECK(t, holds_text(t, at(t, "NAME"), "text"));
    names_free(&names);
}

static void rename_unknown_flag(struct test *t)
{
    make(t, "a", "");
    GIVES(t, rename_to(t, "a", "b", 0x80), -EINVAL);
    GIVES(t, rename_to(t, "a", "b", FS_RENAME_EXCHANGE | FS_RENAME_NOREPLACE), -EINVAL);
    CHECK(t, holds_text(t, at(t, "a"), "a"));
}

static void noreplace(struct test *t)
{
    if (!offers_rename_flag(t, FS_RENAME_NOREPLACE))
        return;
    make(t, "ab", "d");
    GIVES(t, rename_to(t, "a", "b", FS_RENAME_NOREPLACE), -EEXIST);
    GIVES(t, rename_to(t, "a", "d", FS_RENAME_NOREPLACE), -EEXIST);
    GIVES(t, rename_to(t, "d", "b", FS_RENAME_NOREPLACE), -EEXIST);
    GIVES(t, rename_to(t, "missing", "x", FS_RENAME_NOREPLACE), -ENOENT);
    WORKS(t, rename_to(t, "a", "c", FS_RENAME_NOREPLACE));
    WORKS(t, rename_to(t, "d", "e", FS_RENAME_NOREPLACE));
    CHECK(t, holds_text(t, at(t, "c"), "a") && holds_text(t, at(t, "b"), "b"));
}

static void exchange(struct test *t)
{
    if (!offers_rename_flag(t, FS_RENAME_EXCHANGE))
        return;
    make(t, "ab", "d");
    WORKS(t, put_text(t, at(t, "d/f"), "text"));
    WORKS(t, rename_to(t, "a", "b", FS_RENAME_EXCHANGE));
    CHECK(t, holds_text(t, at(t, "a"), "b") && holds_text(t, at(t, "b"), "a"));
    WORKS(t, rename_to(t, "a", "d", FS_RENAME_EXCHANGE));
    CHECK(t, holds_text(t, at(t, "d"), "b") && holds_text(t, at(t, "a/f"), "text"));
    GIVES(t, rename_to(t, "a", "missing", FS_RENAME_EXCHANGE), -ENOENT);
    GIVES(t, rename_to(t, "missing", "a", FS_RENAME_EXCHANGE), -ENOENT);
    GIVES(t, rename_to(t, "a", "a/f", FS_RENAME_EXCHANGE), -EINVAL);
}

static void exchange_across(struct test *t)
{
    if (!offers_rename_flag(t, FS_RENAME_EXCHANGE))
        return;
    make(t, "", "de");
    WORKS(t, fs_makedir(t->fs, at(t, "d/x"), 0755));
    WORKS(t, put_text(t, at(t, "d/x/f"), "text"));
    WORKS(t, put_text(t, at(t, "e/y"), "file"));
    WORKS(t, rename_to(t, "d/x", "e/y", FS_RENAME_EXCHANGE));
    CHECK(t, holds_text(t, at(t, "e/y/f"), "text"));
    CHECK(t, holds_text(t, at(t, "d/x"), "file"));
    WORKS(t, fs_remove(t->fs, at(t, "d/x")));
    WORKS(t, fs_removedir(t->fs, at(t, "d")));
    GIVES(t, rename_to(t, "e", "e/y/in", 0), -EINVAL);
}

static void rename_chain(struct test *t)
{
    char from[16] = "n0", to[16];
    WORKS(t, put_text(t, at(t, "n0"), "moving"));
    for (int i = 1; i <= 300; i++) {
        snprintf(to, sizeof to, "n%d", i);
        WORKS(t, rename_to(t, from, to, 0));
        strcpy(from, to);
    }
    CHECK(t, holds_text(t, at(t, "n300"), "moving"));
}

const struct test_row rename_tests[] = {
    {"rename-file", rename_file},
    {"rename-over-file", rename_over_file},
    {"rename-folder", rename_folder},
    {"rename-across", rename_across},
    {"rename-folder-over-empty", rename_folder_over_empty},
    {"rename-folder-over-full", rename_folder_over_full},
    {"rename-folder-over-file", rename_folder_over_file},
    {"rename-file-over-folder", rename_file_over_folder},
    {"rename-missing", rename_missing},
    {"rename-below-file", rename_below_file},
    {"rename-itself", rename_itself},
    {"rename-into-itself", rename_into_itself},
    {"rename-onto-parent", rename_onto_parent},
    {"rename-like-prefix", rename_like_prefix},
    {"rename-root", rename_root},
    {"rename-case", rename_case},
    {"rename-unknown-flag", rename_unknown_flag},
    {"rename-noreplace", noreplace},
    {"rename-exchange", exchange},
    {"rename-exchange-across", exchange_across},
    {"rename-chain", rename_chain},
    {NULL, NULL},
};
