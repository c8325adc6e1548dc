// SPDX-License-Identifier: MIT
/*
 * Contract: many callers at once. Every function may be called from any thread, whatever the object's flags.
 */
#include "contract.h"

#include <stdatomic.h>

static atomic_int winners, losers;
static atomic_bool over;
static struct fs_file *shared;

enum { ROUNDS = 100 };

static void count(struct test *t, int rc, int loses_with)
{
    if (rc == 0)
        winners++;
    else if (GIVES(t, rc, loses_with))
        losers++;
}

static void race(struct test *t, void (*run)(struct test *t, unsigned number))
{
    winners = losers = 0;
    in_threads(t, run);
    SAME(t, winners, ROUNDS);
    SAME(t, losers, ROUNDS * (THREADS - 1));
}

static void make_folders(struct test *t, unsigned number)
{
    (void)number;
    for (int i = 0; i < ROUNDS; i++)
        count(t, fs_makedir(t->fs, at(t, "d%d", i), 0755), -EEXIST);
}

static void race_makedir(struct test *t)
{
    race(t, make_folders);
}

static void make_files(struct test *t, unsigned number)
{
    struct fs_file *file;
    (void)number;
    for (int i = 0; i < ROUNDS; i++) {
        int rc = fs_open(t->fs, at(t, "f%d", i), O_RDWR | O_CREAT | O_EXCL, 0644, &file);
        count(t, rc, -EEXIST);
        if (rc == 0)
            closed(t, file);
    }
}

static void race_exclusive(struct test *t)
{
    race(t, make_files);
}

static void remove_files(struct test *t, unsigned number)
{
    (void)number;
    for (int i = 0; i < ROUNDS; i++)
        count(t, fs_remove(t->fs, at(t, "f%d", i)), -ENOENT);
}

static void race_remove(struct test *t)
{
    for (int i = 0; i < ROUNDS; i++)
        WORKS(t, put_text(t, at(t, "f%d", i), ""));
    race(t, remove_files);
}

static void take_files(struct test *t, unsigned number)
{
    for (int i = 0; i < ROUNDS; i++)
        count(t, fs_rename(t->fs, at(t, "f%d", i), at(t, "taken%d-by%u", i, number), 0), -ENOENT);
}

static void race_rename(struct test *t)
{
    struct names names = {0};
    for (int i = 0; i < ROUNDS; i++)
        WORKS(t, put_text(t, at(t, "f%d", i), ""));
    race(t, take_files);
    WORKS(t, list(t, t->dir, 0, 0, &names));
    SAME(t, names.count, ROUNDS);
    names_free(&names);
}

enum { BLOCK = 3000, BLOCKS = 60 };

/* Each thread owns every THREADS-th block. */
static void write_blocks(struct test *t, unsigned number)
{
    unsigned char buf[BLOCK];
    for (uint64_t i = number; i < BLOCKS; i += THREADS) {
        pattern(buf, BLOCK, i * BLOCK);
        SAME(t, fs_f_pwrite(t->fs, shared, buf, BLOCK, i * BLOCK), BLOCK);
        memset(buf, 0, BLOCK);
        SAME(t, fs_f_pread(t->fs, shared, buf, BLOCK, i * BLOCK), BLOCK);
        SAME(t, pattern_differs(buf, BLOCK, i * BLOCK), -1);
    }
}

static void writers_of_one(struct test *t)
{
    unsigned char buf[BLOCK];
    shared = opened(t, at(t, "f"), O_RDWR | O_CREAT);
    if (!shared)
        return;
    in_threads(t, write_blocks);
    for (uint64_t i = 0; i < BLOCKS; i++) {
        SAME(t, fs_f_pread(t->fs, shared, buf, BLOCK, i * BLOCK), BLOCK);
        SAME(t, pattern_differs(buf, BLOCK, i * BLOCK), -1);
    }
    closed(t, shared);
    SAME(t, size_of(t, at(t, "f")), BLOCK * BLOCKS);
}

static void write_own_files(struct test *t, unsigned number)
{
    unsigned char buf[20000];
    for (int i = 0; i < 40; i++) {
        pattern(buf, sizeof buf, number * 1000 + (unsigned)i);
        WORKS(t, put(t, at(t, "f%u-%d", number, i), buf, sizeof buf));
        memset(buf, 0, sizeof buf);
        SAME(t, get(t, at(t, "f%u-%d", number, i), buf, sizeof buf), sizeof buf);
        SAME(t, pattern_differs(buf, sizeof buf, number * 1000 + (unsigned)i), -1);
        if (i % 2)
            WORKS(t, fs_remove(t->fs, at(t, "f%u-%d", number, i)));
    }
}

static void writers_of_many(struct test *t)
{
    struct names names = {0};
    in_threads(t, write_own_files);
    WORKS(t, list(t, t->dir, 0, 0, &names));
    SAME(t, names.count, THREADS * 20);
    names_free(&names);
}

enum { STAY = 400 };

static void check_listing(struct test *t, const struct names *names)
{
    unsigned char seen[STAY] = {0};
    for (size_t i = 0; i < names->count; i++)
        if (strncmp(names->at[i], "stay", 4) == 0)
            seen[strtol(names->at[i] + 4, NULL, 10) % STAY]++;
    for (int i = 0; i < STAY; i++)
        check_at(t, __LINE__, seen[i] == 1, "stay%d is told %d times while others come and go", i, seen[i]);
}

/* Thread 0 makes and removes other names; the others list. */
static void list_or_churn(struct test *t, unsigned number)
{
    struct names names = {0};
    for (int i = 0; number == 0 && !over; i++) {
        WORKS(t, put_text(t, at(t, "come%d", i % 30), ""));
        WORKS(t, fs_rename(t->fs, at(t, "come%d", i % 30), at(t, "go%d", i % 30), 0));
        WORKS(t, fs_remove(t->fs, at(t, "go%d", i % 30)));
    }
    for (int i = 0; number > 0 && i < 15; i++) {
        WORKS(t, list(t, t->dir, 0, i % 2 ? FS_INFO_ALL : 0, &names));
        check_listing(t, &names);
    }
    if (number == 1)
        over = true;
    names_free(&names);
}

static void listings_and_churn(struct test *t)
{
    over = false;
    for (int i = 0; i < STAY; i++)
        WORKS(t, put_text(t, at(t, "stay%d", i), ""));
    in_threads(t, list_or_churn);
}

/* Two files take turns under one name: it is there at every moment, and whole. */
static void replace_or_read(struct test *t, unsigned number)
{
    char buf[64];
    for (int i = 0; i < ROUNDS; i++) {
        if (number < 2) {
            WORKS(t, put_text(t, at(t, "fresh%u", number), number ? "one" : "zero"));
            WORKS(t, fs_rename(t->fs, at(t, "fresh%u", number), at(t, "f"), 0));
        } else {
            ssize_t size = get(t, at(t, "f"), buf, sizeof buf);
            bool whole =
                (size == 3 && memcmp(buf, "one", 3) == 0) || (size == 4 && memcmp(buf, "zero", 4) == 0);
            check_at(t, __LINE__, whole, "the replaced file is not whole: reading gives %zd", size);
        }
    }
}

static void rename_is_atomic(struct test *t)
{
    if (!(fs_flags(t->fs) & FS_ATOMIC_RENAME))
        return skip(t, "the object does not promise atomic renames");
    WORKS(t, put_text(t, at(t, "f"), "zero"));
    in_threads(t, replace_or_read);
}

/* Folders move around while others walk through them: only these errors may be seen. */
static void move_or_walk(struct test *t, unsigned number)
{
    struct fs_info info;
    for (int i = 0; i < ROUNDS; i++) {
        int rc;
        if (number == 0)
            rc = fs_rename(t->fs, at(t, "a/x"), at(t, "b/x"), 0);
        else if (number == 1)
            rc = fs_rename(t->fs, at(t, "b/x"), at(t, "a/x"), 0);
        else
            rc = fs_getinfo(t->fs, at(t, "%c/x/deep/f", i % 2 ? 'a' : 'b'), FS_INFO_SIZE, &info);
        if (rc)
            GIVES(t, rc, -ENOENT);
    }
}

static void walks_and_moves(struct test *t)
{
    WORKS(t, fs_makedir(t->fs, at(t, "a"), 0755));
    WORKS(t, fs_makedir(t->fs, at(t, "b"), 0755));
    WORKS(t, fs_makedir(t->fs, at(t, "a/x"), 0755));
    WORKS(t, fs_makedir(t->fs, at(t, "a/x/deep"), 0755));
    WORKS(t, put_text(t, at(t, "a/x/deep/f"), "text"));
    in_threads(t, move_or_walk);
    CHECK(t, holds_text(t, at(t, "a/x/deep/f"), "text") || holds_text(t, at(t, "b/x/deep/f"), "text"));
}

/* One writes a letter over the whole file, one cuts and grows it: a reader sees letters and zeros only. */
static void cut_or_read(struct test *t, unsigned number)
{
    char buf[5000];
    for (int i = 0; i < ROUNDS; i++) {
        if (number == 0) {
            WORKS(t, fs_f_truncate(t->fs, shared, 100));
            WORKS(t, fs_f_truncate(t->fs, shared, 70000));
        } else if (number == 1) {
            memset(buf, 'w', sizeof buf);
            SAME(t, fs_f_pwrite(t->fs, shared, buf, sizeof buf, 63000), sizeof buf);
        } else {
            ssize_t size = fs_f_pread(t->fs, shared, buf, sizeof buf, 62000);
            for (ssize_t j = 0; j < size; j++)
                CHECK(t, buf[j] == 'w' || buf[j] == 0);
        }
    }
}

static void reads_and_cuts(struct test *t)
{
    shared = opened(t, at(t, "f"), O_RDWR | O_CREAT);
    if (!shared)
        return;
    in_threads(t, cut_or_read);
    closed(t, shared);
}

static void open_and_remove(struct test *t, unsigned number)
{
    struct fs_file *file;
    for (int i = 0; i < ROUNDS; i++) {
        if (number % 2) {
            int rc = fs_remove(t->fs, at(t, "f"));
            if (rc)
                GIVES(t, rc, -ENOENT);
        } else if (fs_open(t->fs, at(t, "f"), O_RDWR | O_CREAT, 0644, &file) == 0) {
            char letter = 0;
            SAME(t, fs_f_pwrite(t->fs, file, "x", 1, (uint64_t)i), 1);
            SAME(t, fs_f_pread(t->fs, file, &letter, 1, (uint64_t)i), 1);
            closed(t, file);
        }
    }
}

static void opens_and_removes(struct test *t)
{
    in_threads(t, open_and_remove);
}

const struct test_row thread_tests[] = {
    {"threads-race-makedir", race_makedir},
    {"threads-race-exclusive", race_exclusive},
    {"threads-race-remove", race_remove},
    {"threads-race-rename", race_rename},
    {"threads-writers-of-one", writers_of_one},
    {"threads-writers-of-many", writers_of_many},
    {"threads-listings-and-churn", listings_and_churn},
    {"threads-rename-is-atomic", rename_is_atomic},
    {"threads-walks-and-moves", walks_and_moves},
    {"threads-reads-and-cuts", reads_and_cuts},
    {"threads-opens-and-removes", opens_and_removes},
    {NULL, NULL},
};
