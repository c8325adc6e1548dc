// SPDX-License-Identifier: MIT
/*
 * The contract suite: what its files share.
 *
 * A test is a function and a row. It gets a fresh sub-folder of the object and says what is wrong with
 * CHECK, SAME and GIVES, all of which go on; a test that an object cannot run says so with skip(), after it
 * asked the object.
 */
#ifndef TESTS_CONTRACT_H
#define TESTS_CONTRACT_H

#include <dokan/fs.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct test {
    struct fs *fs;
    char dir[32];
    unsigned failures;
    bool skipped;
    char why[600]; /* the first failure, or the reason of the skip */
};

typedef void (*test_function)(struct test *t);

struct test_row {
    const char *name; /* NULL ends a table */
    test_function run;
};

extern const struct test_row names_tests[], data_tests[], file_tests[], list_tests[], link_tests[],
    xattr_tests[], facts_tests[], rename_tests[], thread_tests[];

/* ---- verdicts (helper.c) ------------------------------------------------------------------------------ */

__attribute__((format(printf, 4, 5))) bool check_at(struct test *t, int line, bool good, const char *fmt,
                                                    ...);
bool same_at(struct test *t, int line, const char *what, long long actual, long long expected);
bool gives_at(struct test *t, int line, const char *what, long long actual, long long expected);
__attribute__((format(printf, 2, 3))) void skip(struct test *t, const char *fmt, ...);

/* All give whether it held. They may be used by several threads. */
#define CHECK(t, condition)       check_at(t, __LINE__, condition, "%s", #condition)
#define SAME(t, actual, expected) same_at(t, __LINE__, #actual, (long long)(actual), (long long)(expected))
#define GIVES(t, call, expected)  gives_at(t, __LINE__, #call, call, expected)
#define WORKS(t, call)            gives_at(t, __LINE__, #call, call, 0)
#define COUNT_OF(array)           (sizeof(array) / sizeof *(array))

/* Name of a positive or negative errno. */
const char *error_name(long long error);

/* ---- shorthands (helper.c) ---------------------------------------------------------------------------- */

/* Path of a name in the test's folder; lives for the next 15 calls of this thread. `name` is a format. */
__attribute__((format(printf, 2, 3))) const char *at(const struct test *t, const char *name, ...);

/* Makes a file of that content, or replaces it. */
int put(struct test *t, const char *path, const void *data, size_t size);
int put_text(struct test *t, const char *path, const char *text);
/* Reads at most `size` bytes from the start: count or -errno. */
ssize_t get(struct test *t, const char *path, void *buf, size_t size);
bool holds_text(struct test *t, const char *path, const char *text);
/* Type, or -errno. */
int type_of(struct test *t, const char *path);
/* Size, or -errno. */
int64_t size_of(struct test *t, const char *path);
struct fs_info info_of(struct test *t, const char *path);
/* Opens; NULL with a failure noted. */
struct fs_file *opened(struct test *t, const char *path, int flags);
void closed(struct test *t, struct fs_file *file);
/* Bytes that tell where they stand. */
void pattern(unsigned char *buf, size_t size, uint64_t offset);
int64_t pattern_differs(const unsigned char *buf, size_t size, uint64_t offset); /* -1: nowhere */
uint64_t next_random(uint64_t *state);

/* ---- listings (helper.c) ------------------------------------------------------------------------------ */

struct names {
    char (*at)[FS_NAME_MAX + 1];
    struct fs_info *info;
    uint64_t *next;
    size_t count, room;
    size_t stop_after; /* entries until fill says stop; 0: never */
};

int list(struct test *t, const char *path, uint64_t cursor, uint32_t want, struct names *out);
void names_free(struct names *names);
/* How often a name is in it. */
size_t names_count(const struct names *names, const char *name);

/* ---- what an object offers (helper.c): false after skip() --------------------------------------------- */

bool offers_symlinks(struct test *t);
bool offers_links(struct test *t);
bool offers_xattrs(struct test *t);
bool offers_rename_flag(struct test *t, uint32_t flag);
/* Whether facts of a file have this bit of FS_INFO_*. */
bool offers_fact(struct test *t, uint32_t bit, const char *name);
bool not_offered(long long rc);

/* ---- threads (helper.c) ------------------------------------------------------------------------------- */

enum { THREADS = 4 };
/* Runs it on THREADS threads with their numbers, and waits. */
void in_threads(struct test *t, void (*run)(struct test *t, unsigned number));

/* ---- the other parts ---------------------------------------------------------------------------------- */

/* mounted.c: why a test cannot pass through a mount yet; NULL: it can. `at_times`: it may pass nevertheless.
 */
const char *mount_lacks(const char *test, bool *at_times);

/* readonly.c: compares with a golden tree and tries every change. */
extern const struct test_row read_only_tests[];
extern const char *read_only_golden;
/* Writes the tree in the golden form. 0 or 1. */
int write_tree(struct fs *fs, FILE *out);

/* source.c: an object with its filters, and the same through a mount. */
struct source {
    struct fs *direct;
    struct fs *fs; /* what is tested: direct, or a directory object on the mount */
    struct mount_process *mount;
    char point[64];
};
/* 0, or 1 with a message. */
int source_open(struct source *source, const char *url, char *const *filters, size_t count, bool read_only,
                bool mounted);
int source_close(struct source *source);

#endif
