// SPDX-License-Identifier: MIT
/*
 * Contract: opening files, and open files whose name changes or goes.
 */
#include "contract.h"

static int try_open(struct test *t, const char *path, int flags)
{
    struct fs_file *file;
    int rc = fs_open(t->fs, path, flags, 0644, &file);
    if (rc == 0)
        closed(t, file);
    return rc;
}

static void open_missing(struct test *t)
{
    GIVES(t, try_open(t, at(t, "missing"), O_RDONLY), -ENOENT);
    GIVES(t, try_open(t, at(t, "missing"), O_RDWR), -ENOENT);
    GIVES(t, try_open(t, at(t, "missing"), O_WRONLY | O_TRUNC), -ENOENT);
    GIVES(t, type_of(t, at(t, "missing")), -ENOENT);
}

static void open_missing_parent(struct test *t)
{
    GIVES(t, try_open(t, at(t, "missing/f"), O_RDONLY), -ENOENT);
    GIVES(t, try_open(t, at(t, "missing/f"), O_RDWR | O_CREAT), -ENOENT);
}

static void open_directory(struct test *t)
{
    WORKS(t, fs_makedir(t->fs, at(t, "d"), 0755));
    GIVES(t, try_open(t, at(t, "d"), O_RDONLY), -EISDIR);
    GIVES(t, try_open(t, at(t, "d"), O_WRONLY), -EISDIR);
    GIVES(t, try_open(t, at(t, "d"), O_RDWR | O_TRUNC), -EISDIR);
    GIVES(t, try_open(t, at(t, "d"), O_RDWR | O_CREAT), -EISDIR);
}

static void open_root(struct test *t)
{
    GIVES(t, try_open(t, "/", O_RDONLY), -EISDIR);
    GIVES(t, try_open(t, "/", O_RDWR), -EISDIR);
}

static void open_below_file(struct test *t)
{
    WORKS(t, put_text(t, at(t, "f"), ""));
    GIVES(t, try_open(t, at(t, "f/x"), O_RDONLY), -ENOTDIR);
    GIVES(t, try_open(t, at(t, "f/x"), O_RDWR | O_CREAT), -ENOTDIR);
    GIVES(t, try_open(t, at(t, "f/x/y"), O_RDONLY), -ENOTDIR);
}

static void open_create(struct test *t)
{
    WORKS(t, try_open(t, at(t, "f"), O_RDWR | O_CREAT));
    SAME(t, type_of(t, at(t, "f")), FS_TYPE_FILE);
    WORKS(t, put_text(t, at(t, "f"), "kept"));
    WORKS(t, try_open(t, at(t, "f"), O_RDWR | O_CREAT));
    CHECK(t, holds_text(t, at(t, "f"), "kept"));
}

static void open_create_to_read(struct test *t)
{
    WORKS(t, try_open(t, at(t, "f"), O_RDONLY | O_CREAT));
    SAME(t, size_of(t, at(t, "f")), 0);
}

static void open_exclusive(struct test *t)
{
    WORKS(t, try_open(t, at(t, "f"), O_RDWR | O_CREAT | O_EXCL));
    GIVES(t, try_open(t, at(t, "f"), O_RDWR | O_CREAT | O_EXCL), -EEXIST);
    GIVES(t, try_open(t, at(t, "f"), O_RDONLY | O_CREAT | O_EXCL | O_TRUNC), -EEXIST);
    WORKS(t, fs_makedir(t->fs, at(t, "d"), 0755));
    GIVES(t, try_open(t, at(t, "d"), O_RDWR | O_CREAT | O_EXCL), -EEXIST);
}

static void open_truncate(struct test *t)
{
    WORKS(t, put_text(t, at(t, "f"), "old"));
    WORKS(t, try_open(t, at(t, "f"), O_WRONLY | O_TRUNC));
    SAME(t, size_of(t, at(t, "f")), 0);
    WORKS(t, put_text(t, at(t, "f"), "old"));
    WORKS(t, try_open(t, at(t, "f"), O_RDWR | O_CREAT | O_TRUNC));
    SAME(t, size_of(t, at(t, "f")), 0);
}

static void open_bad_access(struct test *t)
{
    WORKS(t, put_text(t, at(t, "f"), ""));
    GIVES(t, try_open(t, at(t, "f"), O_ACCMODE), -EINVAL);
}

static void open_rights(struct test *t)
{
    char byte = 0;
    WORKS(t, put_text(t, at(t, "f"), "text"));
    struct fs_file *reader = opened(t, at(t, "f"), O_RDONLY), *writer = opened(t, at(t, "f"), O_WRONLY);
    if (reader && writer) {
        GIVES(t, fs_f_pwrite(t->fs, reader, "x", 1, 0), -EBADF);
        GIVES(t, fs_f_truncate(t->fs, reader, 0), -EBADF);
        GIVES(t, fs_f_pread(t->fs, writer, &byte, 1, 0), -EINVAL);
    }
    closed(t, reader);
    closed(t, writer);
    CHECK(t, holds_text(t, at(t, "f"), "text"));
}

static void open_twice(struct test *t)
{
    char buf[8] = "";
    struct fs_file *one = opened(t, at(t, "f"), O_RDWR | O_CREAT), *two = opened(t, at(t, "f"), O_RDWR);
    if (one && two) {
        SAME(t, fs_f_pwrite(t->fs, one, "shared", 6, 0), 6);
        SAME(t, fs_f_pread(t->fs, two, buf, 8, 0), 6);
        CHECK(t, memcmp(buf, "shared", 6) == 0);
        WORKS(t, fs_f_truncate(t->fs, two, 2));
        SAME(t, fs_f_pread(t->fs, one, buf, 8, 0), 2);
    }
    closed(t, one);
    closed(t, two);
}

static void open_many(struct test *t)
{
    enum { MANY = 200 };
    struct fs_file *files[MANY] = {0};
    int n = 0;
    for (; n < MANY; n++) {
        files[n] = opened(t, at(t, "f%d", n), O_RDWR | O_CREAT);
        if (!files[n])
            break;
        SAME(t, fs_f_pwrite(t->fs, files[n], &n, sizeof n, 0), sizeof n);
    }
    for (int i = 0, back = -1; i < n; i++) {
        SAME(t, fs_f_pread(t->fs, files[i], &back, sizeof back, 0), sizeof back);
        SAME(t, back, i);
        closed(t, files[i]);
    }
}

static void open_flush(struct test *t)
{
    struct fs_file *file = opened(t, at(t, "f"), O_RDWR | O_CREAT);
    if (!file)
        return;
    SAME(t, fs_f_pwrite(t->fs, file, "text", 4, 0), 4);
    WORKS(t, fs_f_flush(t->fs, file));
    WORKS(t, fs_f_fsync(t->fs, file));
    WORKS(t, fs_f_flush(t->fs, file));
    closed(t, file);
    CHECK(t, holds_text(t, at(t, "f"), "text"));
}

static void open_size(struct test *t)
{
    struct fs_info info = {0};
    struct fs_file *file = opened(t, at(t, "f"), O_RDWR | O_CREAT);
    if (!file)
        return;
    SAME(t, fs_f_pwrite(t->fs, file, "0123456789", 10, 0), 10);
    int rc = fs_f_getinfo(t->fs, file, FS_INFO_SIZE, &info);
    if (rc != -EOPNOTSUPP) {
        WORKS(t, rc);
        SAME(t, info.type, FS_TYPE_FILE);
        SAME(t, info.size, 10);
    }
    WORKS(t, fs_f_flush(t->fs, file));
    SAME(t, size_of(t, at(t, "f")), 10);
    closed(t, file);
}

static void open_removed(struct test *t)
{
    char buf[16];
    WORKS(t, put_text(t, at(t, "f"), "still here"));
    struct fs_file *file = opened(t, at(t, "f"), O_RDWR);
    if (!file)
        return;
    WORKS(t, fs_remove(t->fs, at(t, "f")));
    GIVES(t, type_of(t, at(t, "f")), -ENOENT);
    SAME(t, fs_f_pread(t->fs, file, buf, 16, 0), 10);
    CHECK(t, memcmp(buf, "still here", 10) == 0);
    SAME(t, fs_f_pwrite(t->fs, file, "more", 4, 10), 4);
    SAME(t, fs_f_pread(t->fs, file, buf, 16, 0), 14);
    WORKS(t, fs_f_truncate(t->fs, file, 3));
    closed(t, file);
    GIVES(t, type_of(t, at(t, "f")), -ENOENT);
}

static void open_removed_and_made_again(struct test *t)
{
    char buf[16];
    WORKS(t, put_text(t, at(t, "f"), "first"));
    struct fs_file *file = opened(t, at(t, "f"), O_RDWR);
    if (!file)
        return;
    WORKS(t, fs_remove(t->fs, at(t, "f")));
    WORKS(t, put_text(t, at(t, "f"), "second"));
    SAME(t, fs_f_pread(t->fs, file, buf, 16, 0), 5);
    SAME(t, fs_f_pwrite(t->fs, file, "FIRST", 5, 0), 5);
    closed(t, file);
    CHECK(t, holds_text(t, at(t, "f"), "second"));
}

static void open_removed_with_folder(struct test *t)
{
    WORKS(t, fs_makedir(t->fs, at(t, "d"), 0755));
    WORKS(t, put_text(t, at(t, "d/f"), "text"));
    struct fs_file *file = opened(t, at(t, "d/f"), O_RDWR);
    if (!file)
        return;
    WORKS(t, fs_remove(t->fs, at(t, "d/f")));
    WORKS(t, fs_removedir(t->fs, at(t, "d")));
    SAME(t, fs_f_pwrite(t->fs, file, "x", 1, 4), 1);
    closed(t, file);
    GIVES(t, type_of(t, at(t, "d")), -ENOENT);
}

static void open_renamed(struct test *t)
{
    WORKS(t, put_text(t, at(t, "old"), "text"));
    struct fs_file *file = opened(t, at(t, "old"), O_RDWR);
    if (!file)
        return;
    WORKS(t, fs_rename(t->fs, at(t, "old"), at(t, "new"), 0));
    SAME(t, fs_f_pwrite(t->fs, file, "TE", 2, 0), 2);
    closed(t, file);
    CHECK(t, holds_text(t, at(t, "new"), "TExt"));
    GIVES(t, type_of(t, at(t, "old")), -ENOENT);
}

static void open_in_renamed_folder(struct test *t)
{
    WORKS(t, fs_makedir(t->fs, at(t, "d"), 0755));
    WORKS(t, put_text(t, at(t, "d/f"), "text"));
    struct fs_file *file = opened(t, at(t, "d/f"), O_RDWR);
    if (!file)
        return;
    WORKS(t, fs_rename(t->fs, at(t, "d"), at(t, "e"), 0));
    SAME(t, fs_f_pwrite(t->fs, file, "!", 1, 4), 1);
    closed(t, file);
    CHECK(t, holds_text(t, at(t, "e/f"), "text!"));
}

static void open_replaced(struct test *t)
{
    char buf[16];
    WORKS(t, put_text(t, at(t, "a"), "new"));
    WORKS(t, put_text(t, at(t, "b"), "old text"));
    struct fs_file *file = opened(t, at(t, "b"), O_RDWR);
    if (!file)
        return;
    WORKS(t, fs_rename(t->fs, at(t, "a"), at(t, "b"), 0));
    SAME(t, fs_f_pread(t->fs, file, buf, 16, 0), 8);
    CHECK(t, memcmp(buf, "old text", 8) == 0);
    closed(t, file);
    CHECK(t, holds_text(t, at(t, "b"), "new"));
}

static void open_locked(struct test *t)
{
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_len = 10}, other = lock;
    struct fs_file *one = opened(t, at(t, "f"), O_RDWR | O_CREAT), *two = opened(t, at(t, "f"), O_RDWR);
    int rc = one ? fs_f_lock(t->fs, one, F_OFD_SETLK, &lock) : -EBADF;
    if (not_offered(rc)) {
        skip(t, "the object has no locks");
    } else if (one && two) {
        WORKS(t, rc);
        GIVES(t, fs_f_lock(t->fs, two, F_OFD_SETLK, &other), -EAGAIN);
        lock.l_type = F_UNLCK;
        WORKS(t, fs_f_lock(t->fs, one, F_OFD_SETLK, &lock));
        WORKS(t, fs_f_lock(t->fs, two, F_OFD_SETLK, &other));
    }
    closed(t, one);
    closed(t, two);
}

const struct test_row file_tests[] = {
    {"open-missing", open_missing},
    {"open-missing-parent", open_missing_parent},
    {"open-directory", open_directory},
    {"open-root", open_root},
    {"open-below-file", open_below_file},
    {"open-create", open_create},
    {"open-create-to-read", open_create_to_read},
    {"open-exclusive", open_exclusive},
    {"open-truncate", open_truncate},
    {"open-bad-access", open_bad_access},
    {"open-rights", open_rights},
    {"open-twice", open_twice},
    {"open-many", open_many},
    {"open-flush", open_flush},
    {"open-size", open_size},
    {"open-removed", open_removed},
    {"open-removed-and-made-again", open_removed_and_made_again},
    {"open-removed-with-folder", open_removed_with_folder},
    {"open-renamed", open_renamed},
    {"open-in-renamed-folder", open_in_renamed_folder},
    {"open-replaced", open_replaced},
    {"open-locked", open_locked},
    {NULL, NULL},
};
