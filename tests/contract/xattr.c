// SPDX-License-Identifier: MIT
/*
 * Contract: extended attributes.
 */
#include "contract.h"

static ssize_t get_one(struct test *t, const char *name, char *buf, size_t size)
{
    return fs_getxattr(t->fs, at(t, "f"), name, buf, size);
}

static int set_one(struct test *t, const char *name, const char *value, uint32_t flags)
{
    return fs_setxattr(t->fs, at(t, "f"), name, value, strlen(value), flags);
}

static bool ready(struct test *t)
{
    return offers_xattrs(t) && WORKS(t, put_text(t, at(t, "f"), ""));
}

static void xattr_sets(struct test *t)
{
    char buf[32];
    if (!ready(t))
        return;
    WORKS(t, set_one(t, "user.one", "value", 0));
    SAME(t, get_one(t, "user.one", buf, sizeof buf), 5);
    CHECK(t, memcmp(buf, "value", 5) == 0);
    WORKS(t, set_one(t, "user.one", "other value", 0));
    SAME(t, get_one(t, "user.one", buf, sizeof buf), 11);
    SAME(t, get_one(t, "user.one", NULL, 0), 11);
    GIVES(t, get_one(t, "user.one", buf, 10), -ERANGE);
}

static void xattr_missing(struct test *t)
{
    char buf[32];
    WORKS(t, put_text(t, at(t, "f"), ""));
    GIVES(t, get_one(t, "user.none", buf, sizeof buf), -ENODATA);
    GIVES(t, fs_removexattr(t->fs, at(t, "f"), "user.none"), -ENODATA);
    if (!offers_xattrs(t))
        return;
    GIVES(t, fs_getxattr(t->fs, at(t, "missing"), "user.x", buf, sizeof buf), -ENOENT);
    GIVES(t, fs_setxattr(t->fs, at(t, "missing"), "user.x", "1", 1, 0), -ENOENT);
}

static void xattr_flags(struct test *t)
{
    if (!ready(t))
        return;
    GIVES(t, set_one(t, "user.one", "1", FS_XATTR_REPLACE), -ENODATA);
    WORKS(t, set_one(t, "user.one", "1", FS_XATTR_CREATE));
    GIVES(t, set_one(t, "user.one", "2", FS_XATTR_CREATE), -EEXIST);
    WORKS(t, set_one(t, "user.one", "2", FS_XATTR_REPLACE));
}

static void xattr_list(struct test *t)
{
    char buf[256];
    size_t seen = 0;
    if (!ready(t))
        return;
    SAME(t, fs_listxattr(t->fs, at(t, "f"), buf, sizeof buf), 0);
    WORKS(t, set_one(t, "user.one", "1", 0));
    WORKS(t, set_one(t, "user.two", "2", 0));
    ssize_t size = fs_listxattr(t->fs, at(t, "f"), buf, sizeof buf);
    SAME(t, size, 18);
    for (ssize_t i = 0; i < size; i += (ssize_t)strlen(buf + i) + 1)
        seen += strcmp(buf + i, "user.one") == 0 || strcmp(buf + i, "user.two") == 0;
    SAME(t, seen, 2);
    SAME(t, fs_listxattr(t->fs, at(t, "f"), NULL, 0), 18);
    GIVES(t, fs_listxattr(t->fs, at(t, "f"), buf, 10), -ERANGE);
}

static void xattr_remove(struct test *t)
{
    char buf[32];
    if (!ready(t))
        return;
    WORKS(t, set_one(t, "user.one", "1", 0));
    WORKS(t, set_one(t, "user.two", "2", 0));
    WORKS(t, fs_removexattr(t->fs, at(t, "f"), "user.one"));
    GIVES(t, get_one(t, "user.one", buf, sizeof buf), -ENODATA);
    SAME(t, get_one(t, "user.two", buf, sizeof buf), 1);
}

static void xattr_values(struct test *t)
{
    static char large[2000], back[2001];
    if (!ready(t))
        return;
    WORKS(t, fs_setxattr(t->fs, at(t, "f"), "user.empty", "", 0, 0));
    SAME(t, get_one(t, "user.empty", back, sizeof back), 0);
    for (size_t i = 0; i < sizeof large; i++)
        large[i] = (char)(i * 7);
    WORKS(t, fs_setxattr(t->fs, at(t, "f"), "user.large", large, sizeof large, 0));
    SAME(t, get_one(t, "user.large", back, sizeof back), sizeof large);
    CHECK(t, memcmp(large, back, sizeof large) == 0);
}

static void xattr_of_directory(struct test *t)
{
    char buf[8];
    if (!ready(t))
        return;
    WORKS(t, fs_makedir(t->fs, at(t, "d"), 0755));
    WORKS(t, fs_setxattr(t->fs, at(t, "d"), "user.one", "dir", 3, 0));
    SAME(t, fs_getxattr(t->fs, at(t, "d"), "user.one", buf, sizeof buf), 3);
}

static void xattr_follows_the_file(struct test *t)
{
    char buf[8];
    if (!ready(t))
        return;
    WORKS(t, set_one(t, "user.one", "1", 0));
    WORKS(t, fs_rename(t->fs, at(t, "f"), at(t, "g"), 0));
    WORKS(t, put_text(t, at(t, "f"), ""));
    GIVES(t, get_one(t, "user.one", buf, sizeof buf), -ENODATA);
    SAME(t, fs_getxattr(t->fs, at(t, "g"), "user.one", buf, sizeof buf), 1);
}

const struct test_row xattr_tests[] = {
    {"xattr-sets", xattr_sets},
    {"xattr-missing", xattr_missing},
    {"xattr-flags", xattr_flags},
    {"xattr-list", xattr_list},
    {"xattr-remove", xattr_remove},
    {"xattr-values", xattr_values},
    {"xattr-of-directory", xattr_of_directory},
    {"xattr-follows-the-file", xattr_follows_the_file},
    {NULL, NULL},
};
