// SPDX-License-Identifier: MIT
/*
 * Contract: symbolic links (shown, never followed by an object) and hard links.
 */
#include "contract.h"

static void symlink_reads(struct test *t)
{
    char buf[64];
    if (!offers_symlinks(t))
        return;
    WORKS(t, fs_symlink(t->fs, "some/target", at(t, "l")));
    WORKS(t, fs_readlink(t->fs, at(t, "l"), buf, sizeof buf));
    CHECK(t, strcmp(buf, "some/target") == 0);
    SAME(t, type_of(t, at(t, "l")), FS_TYPE_SYMLINK);
    SAME(t, size_of(t, at(t, "l")), 11);
}

static void symlink_exists(struct test *t)
{
    if (!offers_symlinks(t))
        return;
    WORKS(t, put_text(t, at(t, "f"), ""));
    GIVES(t, fs_symlink(t->fs, "x", at(t, "f")), -EEXIST);
    WORKS(t, fs_symlink(t->fs, "x", at(t, "l")));
    GIVES(t, fs_symlink(t->fs, "y", at(t, "l")), -EEXIST);
    GIVES(t, fs_makedir(t->fs, at(t, "l"), 0755), -EEXIST);
    GIVES(t, fs_symlink(t->fs, "x", "/"), -EEXIST);
}

static void symlink_parent(struct test *t)
{
    if (!offers_symlinks(t))
        return;
    GIVES(t, fs_symlink(t->fs, "x", at(t, "missing/l")), -ENOENT);
    WORKS(t, put_text(t, at(t, "f"), ""));
    GIVES(t, fs_symlink(t->fs, "x", at(t, "f/l")), -ENOTDIR);
}

static void symlink_open(struct test *t)
{
    struct fs_file *file;
    if (!offers_symlinks(t))
        return;
    WORKS(t, put_text(t, at(t, "f"), "text"));
    WORKS(t, fs_symlink(t->fs, "f", at(t, "l")));
    GIVES(t, fs_open(t->fs, at(t, "l"), O_RDONLY, 0, &file), -ELOOP);
    GIVES(t, fs_open(t->fs, at(t, "l"), O_RDWR | O_CREAT, 0644, &file), -ELOOP);
    GIVES(t, fs_open(t->fs, at(t, "l"), O_RDWR | O_CREAT | O_EXCL, 0644, &file), -EEXIST);
    WORKS(t, fs_symlink(t->fs, "missing", at(t, "dangling")));
    GIVES(t, fs_open(t->fs, at(t, "dangling"), O_RDWR | O_CREAT, 0644, &file), -ELOOP);
    GIVES(t, type_of(t, at(t, "missing")), -ENOENT);
}

static void symlink_in_the_middle(struct test *t)
{
    struct fs_file *file;
    struct names names = {0};
    if (!offers_symlinks(t))
        return;
    WORKS(t, fs_makedir(t->fs, at(t, "d"), 0755));
    WORKS(t, put_text(t, at(t, "d/f"), "text"));
    WORKS(t, fs_symlink(t->fs, "d", at(t, "l")));
    GIVES(t, type_of(t, at(t, "l/f")), -ENOTDIR);
    GIVES(t, fs_open(t->fs, at(t, "l/f"), O_RDONLY, 0, &file), -ENOTDIR);
    GIVES(t, fs_remove(t->fs, at(t, "l/f")), -ENOTDIR);
    GIVES(t, fs_makedir(t->fs, at(t, "l/e"), 0755), -ENOTDIR);
    GIVES(t, list(t, at(t, "l"), 0, 0, &names), -ENOTDIR);
    CHECK(t, holds_text(t, at(t, "d/f"), "text"));
    names_free(&names);
}

/* Nothing outside of the root can be reached, whatever a link says. */
static void symlink_leads_out(struct test *t)
{
    static const char *const targets[] = {"/", "/etc", "../../../../../../../../etc", "/proc/self/root"};
    char buf[64];
    struct fs_file *file;
    if (!offers_symlinks(t))
        return;
    for (size_t i = 0; i < COUNT_OF(targets); i++) {
        WORKS(t, fs_symlink(t->fs, targets[i], at(t, "l%zu", i)));
        WORKS(t, fs_readlink(t->fs, at(t, "l%zu", i), buf, sizeof buf));
        CHECK(t, strcmp(buf, targets[i]) == 0);
        SAME(t, type_of(t, at(t, "l%zu", i)), FS_TYPE_SYMLINK);
        GIVES(t, type_of(t, at(t, "l%zu/passwd", i)), -ENOTDIR);
        GIVES(t, fs_open(t->fs, at(t, "l%zu/passwd", i), O_RDONLY, 0, &file), -ENOTDIR);
        GIVES(t, fs_makedir(t->fs, at(t, "l%zu/tmp-made", i), 0755), -ENOTDIR);
        GIVES(t, fs_rename(t->fs, at(t, "l%zu/etc", i), at(t, "stolen"), 0), -ENOTDIR);
    }
}

static void symlink_remove(struct test *t)
{
    if (!offers_symlinks(t))
        return;
    WORKS(t, put_text(t, at(t, "f"), "text"));
    WORKS(t, fs_symlink(t->fs, "f", at(t, "l")));
    GIVES(t, fs_removedir(t->fs, at(t, "l")), -ENOTDIR);
    WORKS(t, fs_remove(t->fs, at(t, "l")));
    CHECK(t, holds_text(t, at(t, "f"), "text"));
    GIVES(t, type_of(t, at(t, "l")), -ENOENT);
}

static void symlink_rename(struct test *t)
{
    char buf[64];
    if (!offers_symlinks(t))
        return;
    WORKS(t, fs_symlink(t->fs, "target", at(t, "l")));
    WORKS(t, put_text(t, at(t, "f"), "text"));
    WORKS(t, fs_rename(t->fs, at(t, "l"), at(t, "m"), 0));
    WORKS(t, fs_rename(t->fs, at(t, "m"), at(t, "f"), 0));
    WORKS(t, fs_readlink(t->fs, at(t, "f"), buf, sizeof buf));
    CHECK(t, strcmp(buf, "target") == 0);
}

static void symlink_long(struct test *t)
{
    char target[3001], buf[3100];
    if (!offers_symlinks(t))
        return;
    memset(target, 't', 3000);
    target[3000] = 0;
    WORKS(t, fs_symlink(t->fs, target, at(t, "l")));
    WORKS(t, fs_readlink(t->fs, at(t, "l"), buf, sizeof buf));
    CHECK(t, strcmp(buf, target) == 0);
    GIVES(t, fs_readlink(t->fs, at(t, "l"), buf, 3000), -ERANGE);
    WORKS(t, fs_readlink(t->fs, at(t, "l"), buf, 3001));
}

static void symlink_no_target(struct test *t)
{
    if (offers_symlinks(t))
        GIVES(t, fs_symlink(t->fs, "", at(t, "l")), -ENOENT);
}

static void symlink_listed(struct test *t)
{
    struct names names = {0};
    if (!offers_symlinks(t))
        return;
    WORKS(t, fs_symlink(t->fs, "missing", at(t, "l")));
    WORKS(t, list(t, t->dir, 0, FS_INFO_ALL, &names));
    if (SAME(t, names.count, 1))
        SAME(t, names.info[0].type, FS_TYPE_SYMLINK);
    names_free(&names);
}

static void readlink_of_others(struct test *t)
{
    char buf[64];
    WORKS(t, put_text(t, at(t, "f"), "text"));
    GIVES(t, fs_readlink(t->fs, at(t, "f"), buf, sizeof buf), -EINVAL);
    GIVES(t, fs_readlink(t->fs, t->dir, buf, sizeof buf), -EINVAL);
    GIVES(t, fs_readlink(t->fs, "/", buf, sizeof buf), -EINVAL);
}

static void readlink_missing(struct test *t)
{
    char buf[64];
    if (!offers_symlinks(t))
        return;
    GIVES(t, fs_readlink(t->fs, at(t, "missing"), buf, sizeof buf), -ENOENT);
}

static void link_shares(struct test *t)
{
    if (!offers_links(t))
        return;
    WORKS(t, put_text(t, at(t, "a"), "one"));
    WORKS(t, fs_link(t->fs, at(t, "a"), at(t, "b")));
    WORKS(t, put_text(t, at(t, "b"), "changed"));
    CHECK(t, holds_text(t, at(t, "a"), "changed"));
    struct fs_info a = info_of(t, at(t, "a")), b = info_of(t, at(t, "b"));
    if (a.valid & b.valid & FS_INFO_ID)
        SAME(t, a.id, b.id);
    if (a.valid & FS_INFO_LINKS)
        SAME(t, a.links, 2);
}

static void link_remove_one(struct test *t)
{
    if (!offers_links(t))
        return;
    WORKS(t, put_text(t, at(t, "a"), "one"));
    WORKS(t, fs_link(t->fs, at(t, "a"), at(t, "b")));
    WORKS(t, fs_remove(t->fs, at(t, "a")));
    CHECK(t, holds_text(t, at(t, "b"), "one"));
    struct fs_info b = info_of(t, at(t, "b"));
    if (b.valid & FS_INFO_LINKS)
        SAME(t, b.links, 1);
}

static void link_errors(struct test *t)
{
    if (!offers_links(t))
        return;
    WORKS(t, put_text(t, at(t, "a"), ""));
    WORKS(t, put_text(t, at(t, "b"), ""));
    WORKS(t, fs_makedir(t->fs, at(t, "d"), 0755));
    GIVES(t, fs_link(t->fs, at(t, "a"), at(t, "b")), -EEXIST);
    GIVES(t, fs_link(t->fs, at(t, "missing"), at(t, "c")), -ENOENT);
    GIVES(t, fs_link(t->fs, at(t, "a"), at(t, "missing/c")), -ENOENT);
    GIVES(t, fs_link(t->fs, at(t, "a"), at(t, "b/c")), -ENOTDIR);
    GIVES(t, fs_link(t->fs, at(t, "d"), at(t, "e")), -EPERM);
}

static void link_rename_over_itself(struct test *t)
{
    if (!offers_links(t))
        return;
    WORKS(t, put_text(t, at(t, "a"), "one"));
    WORKS(t, fs_link(t->fs, at(t, "a"), at(t, "b")));
    WORKS(t, fs_rename(t->fs, at(t, "a"), at(t, "b"), 0));
    CHECK(t, holds_text(t, at(t, "a"), "one"));
    CHECK(t, holds_text(t, at(t, "b"), "one"));
}

static void link_across_folders(struct test *t)
{
    if (!offers_links(t))
        return;
    WORKS(t, fs_makedir(t->fs, at(t, "d"), 0755));
    WORKS(t, put_text(t, at(t, "a"), "one"));
    WORKS(t, fs_link(t->fs, at(t, "a"), at(t, "d/b")));
    WORKS(t, fs_rename(t->fs, at(t, "d"), at(t, "e"), 0));
    WORKS(t, fs_remove(t->fs, at(t, "a")));
    CHECK(t, holds_text(t, at(t, "e/b"), "one"));
}

const struct test_row link_tests[] = {
    {"symlink-reads", symlink_reads},
    {"symlink-exists", symlink_exists},
    {"symlink-parent", symlink_parent},
    {"symlink-open", symlink_open},
    {"symlink-in-the-middle", symlink_in_the_middle},
    {"symlink-leads-out", symlink_leads_out},
    {"symlink-remove", symlink_remove},
    {"symlink-rename", symlink_rename},
    {"symlink-long", symlink_long},
    {"symlink-no-target", symlink_no_target},
    {"symlink-listed", symlink_listed},
    {"readlink-of-others", readlink_of_others},
    {"readlink-missing", readlink_missing},
    {"link-shares", link_shares},
    {"link-remove-one", link_remove_one},
    {"link-errors", link_errors},
    {"link-rename-over-itself", link_rename_over_itself},
    {"link-across-folders", link_across_folders},
    {NULL, NULL},
};
