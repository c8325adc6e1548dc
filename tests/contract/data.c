// SPDX-License-Identifier: MIT
/*
 * Contract: bytes of files: reading, writing, holes, sizes.
 */
#include "contract.h"

static void data_empty(struct test *t)
{
    char byte;
    WORKS(t, put_text(t, at(t, "f"), ""));
    SAME(t, size_of(t, at(t, "f")), 0);
    SAME(t, get(t, at(t, "f"), &byte, 1), 0);
}

static void data_write_read(struct test *t)
{
    WORKS(t, put_text(t, at(t, "f"), "some text"));
    SAME(t, size_of(t, at(t, "f")), 9);
    CHECK(t, holds_text(t, at(t, "f"), "some text"));
}

static void data_overwrite_middle(struct test *t)
{
    WORKS(t, put_text(t, at(t, "f"), "0123456789"));
    struct fs_file *file = opened(t, at(t, "f"), O_RDWR);
    if (!file)
        return;
    SAME(t, fs_f_pwrite(t->fs, file, "xyz", 3, 4), 3);
    closed(t, file);
    CHECK(t, holds_text(t, at(t, "f"), "0123xyz789"));
}

static void data_grow(struct test *t)
{
    struct fs_file *file = opened(t, at(t, "f"), O_RDWR | O_CREAT);
    if (!file)
        return;
    for (int i = 0; i < 26; i++) {
        char letter = (char)('a' + i);
        SAME(t, fs_f_pwrite(t->fs, file, &letter, 1, (uint64_t)i), 1);
    }
    closed(t, file);
    CHECK(t, holds_text(t, at(t, "f"), "abcdefghijklmnopqrstuvwxyz"));
}

static void data_read_ends(struct test *t)
{
    char buf[32];
    WORKS(t, put_text(t, at(t, "f"), "0123456789"));
    struct fs_file *file = opened(t, at(t, "f"), O_RDONLY);
    if (!file)
        return;
    SAME(t, fs_f_pread(t->fs, file, buf, 32, 0), 10);
    SAME(t, fs_f_pread(t->fs, file, buf, 32, 7), 3);
    CHECK(t, memcmp(buf, "789", 3) == 0);
    SAME(t, fs_f_pread(t->fs, file, buf, 32, 10), 0);
    SAME(t, fs_f_pread(t->fs, file, buf, 32, 1000000), 0);
    SAME(t, fs_f_pread(t->fs, file, buf, 0, 0), 0);
    closed(t, file);
}

static bool all_zero(const char *buf, size_t size)
{
    for (size_t i = 0; i < size; i++)
        if (buf[i])
            return false;
    return true;
}

static void data_hole(struct test *t)
{
    char buf[4096];
    struct fs_file *file = opened(t, at(t, "f"), O_RDWR | O_CREAT);
    if (!file)
        return;
    SAME(t, fs_f_pwrite(t->fs, file, "end", 3, 300000), 3);
    for (uint64_t offset = 0; offset < 299000; offset += 37000) {
        memset(buf, 'x', sizeof buf);
        SAME(t, fs_f_pread(t->fs, file, buf, sizeof buf, offset),
             (ssize_t)sizeof buf > (ssize_t)(300003 - offset) ? (ssize_t)(300003 - offset)
                                                              : (ssize_t)sizeof buf);
        CHECK(t, all_zero(buf, offset + sizeof buf > 300000 ? 300000 - offset : sizeof buf));
    }
    SAME(t, fs_f_pread(t->fs, file, buf, 10, 299998), 5);
    CHECK(t, memcmp(buf, "\0\0end", 5) == 0);
    closed(t, file);
    SAME(t, size_of(t, at(t, "f")), 300003);
}

static void data_hole_far(struct test *t)
{
    const uint64_t far = UINT64_C(1) << 40;
    char buf[8] = "";
    struct fs_file *file = opened(t, at(t, "f"), O_RDWR | O_CREAT);
    if (!file)
        return;
    ssize_t done = fs_f_pwrite(t->fs, file, "far", 3, far);
    if (done == -EFBIG || done == -ENOSPC) {
        skip(t, "the object holds no file of 1 TiB (-%s)", error_name(done));
    } else {
        SAME(t, done, 3);
        SAME(t, fs_f_pread(t->fs, file, buf, 8, far - 2), 5);
        CHECK(t, memcmp(buf, "\0\0far", 5) == 0);
        SAME(t, fs_f_pread(t->fs, file, buf, 8, far / 2), 8);
        CHECK(t, all_zero(buf, 8));
        WORKS(t, fs_f_truncate(t->fs, file, 1));
    }
    closed(t, file);
}

static void data_truncate_up(struct test *t)
{
    char buf[1000];
    WORKS(t, put_text(t, at(t, "f"), "text"));
    struct fs_file *file = opened(t, at(t, "f"), O_RDWR);
    if (!file)
        return;
    WORKS(t, fs_f_truncate(t->fs, file, 100000));
    SAME(t, fs_f_pread(t->fs, file, buf, sizeof buf, 0), 1000);
    CHECK(t, memcmp(buf, "text", 4) == 0 && all_zero(buf + 4, 996));
    SAME(t, fs_f_pread(t->fs, file, buf, sizeof buf, 99500), 500);
    CHECK(t, all_zero(buf, 500));
    closed(t, file);
    SAME(t, size_of(t, at(t, "f")), 100000);
}

static void data_truncate_down(struct test *t)
{
    WORKS(t, put_text(t, at(t, "f"), "0123456789"));
    struct fs_file *file = opened(t, at(t, "f"), O_WRONLY);
    if (!file)
        return;
    WORKS(t, fs_f_truncate(t->fs, file, 4));
    closed(t, file);
    CHECK(t, holds_text(t, at(t, "f"), "0123"));
}

/* What was cut off never comes back: around every place where storage may be divided. */
static void data_truncate_down_up(struct test *t)
{
    static const uint64_t sizes[] = {0, 1, 255, 256, 4095, 4096, 65535, 65536, 65537, 131072, 199999};
    static unsigned char buf[200000];
    for (size_t i = 0; i < COUNT_OF(sizes); i++) {
        pattern(buf, sizeof buf, 0);
        WORKS(t, put(t, at(t, "f"), buf, sizeof buf));
        struct fs_file *file = opened(t, at(t, "f"), O_RDWR);
        if (!file)
            return;
        WORKS(t, fs_f_truncate(t->fs, file, sizes[i]));
        WORKS(t, fs_f_truncate(t->fs, file, sizeof buf));
        SAME(t, fs_f_pread(t->fs, file, buf, sizeof buf, 0), sizeof buf);
        SAME(t, pattern_differs(buf, sizes[i], 0), -1);
        CHECK(t, all_zero((char *)buf + sizes[i], sizeof buf - sizes[i]));
        closed(t, file);
    }
}

/* The same, when the file grows again by a write behind the hole. */
static void data_truncate_then_write(struct test *t)
{
    static unsigned char buf[150000];
    pattern(buf, sizeof buf, 0);
    WORKS(t, put(t, at(t, "f"), buf, sizeof buf));
    struct fs_file *file = opened(t, at(t, "f"), O_RDWR);
    if (!file)
        return;
    WORKS(t, fs_f_truncate(t->fs, file, 70000));
    SAME(t, fs_f_pwrite(t->fs, file, "!", 1, 149999), 1);
    SAME(t, fs_f_pread(t->fs, file, buf, sizeof buf, 0), sizeof buf);
    SAME(t, pattern_differs(buf, 70000, 0), -1);
    CHECK(t, all_zero((char *)buf + 70000, 79999) && buf[149999] == '!');
    closed(t, file);
}

static void data_truncate_same(struct test *t)
{
    WORKS(t, put_text(t, at(t, "f"), "text"));
    struct fs_file *file = opened(t, at(t, "f"), O_RDWR);
    if (!file)
        return;
    WORKS(t, fs_f_truncate(t->fs, file, 4));
    closed(t, file);
    CHECK(t, holds_text(t, at(t, "f"), "text"));
}

static void data_zero_write(struct test *t)
{
    WORKS(t, put_text(t, at(t, "f"), "text"));
    struct fs_file *file = opened(t, at(t, "f"), O_RDWR);
    if (!file)
        return;
    SAME(t, fs_f_pwrite(t->fs, file, "", 0, 100), 0);
    closed(t, file);
    SAME(t, size_of(t, at(t, "f")), 4);
}

static void data_big(struct test *t)
{
    enum { STEP = 100000, STEPS = 55 };
    static unsigned char buf[STEP];
    struct fs_file *file = opened(t, at(t, "f"), O_RDWR | O_CREAT);
    if (!file)
        return;
    for (uint64_t i = 0; i < STEPS; i++) {
        pattern(buf, STEP, i * STEP);
        SAME(t, fs_f_pwrite(t->fs, file, buf, STEP, i * STEP), STEP);
    }
    WORKS(t, fs_f_flush(t->fs, file));
    for (uint64_t i = STEPS; i-- > 0;) {
        memset(buf, 0, STEP);
        SAME(t, fs_f_pread(t->fs, file, buf, STEP, i * STEP), STEP);
        SAME(t, pattern_differs(buf, STEP, i * STEP), -1);
    }
    closed(t, file);
    SAME(t, size_of(t, at(t, "f")), STEP * STEPS);
}

static void data_big_at_once(struct test *t)
{
    enum { SIZE = 5500000 };
    unsigned char *buf = malloc(SIZE + 1);
    pattern(buf, SIZE, 0);
    WORKS(t, put(t, at(t, "f"), buf, SIZE));
    memset(buf, 0, SIZE);
    SAME(t, get(t, at(t, "f"), buf, SIZE + 1), SIZE);
    SAME(t, pattern_differs(buf, SIZE, 0), -1);
    free(buf);
}

static void data_backwards(struct test *t)
{
    enum { STEP = 7777, STEPS = 40 };
    static unsigned char buf[STEP];
    struct fs_file *file = opened(t, at(t, "f"), O_RDWR | O_CREAT);
    if (!file)
        return;
    for (uint64_t i = STEPS; i-- > 0;) {
        pattern(buf, STEP, i * STEP);
        SAME(t, fs_f_pwrite(t->fs, file, buf, STEP, i * STEP), STEP);
    }
    for (uint64_t i = 0; i < STEPS; i++) {
        SAME(t, fs_f_pread(t->fs, file, buf, STEP, i * STEP), STEP);
        SAME(t, pattern_differs(buf, STEP, i * STEP), -1);
    }
    closed(t, file);
}

/* Random reads, writes and truncations against a plain array. */
static void data_random(struct test *t)
{
    enum { MOST = 300000, STEPS = 1500, PART = 9000 };
    unsigned char *shadow = calloc(1, MOST), *buf = malloc(MOST);
    uint64_t seed = 11, size = 0;
    struct fs_file *file = opened(t, at(t, "f"), O_RDWR | O_CREAT);
    for (int i = 0; file && i < STEPS && t->failures == 0; i++) {
        uint64_t what = next_random(&seed) % 8, place = next_random(&seed) % (MOST - PART);
        size_t length = next_random(&seed) % PART;
        if (what == 0) {
            WORKS(t, fs_f_truncate(t->fs, file, place));
            if (place < size)
                memset(shadow + place, 0, size - place);
            size = place;
        } else if (what < 5) {
            pattern(buf, length, next_random(&seed) % 1000);
            SAME(t, fs_f_pwrite(t->fs, file, buf, length, place), (ssize_t)length);
            memcpy(shadow + place, buf, length);
            size = length && place + length > size ? place + length : size;
        } else {
            size_t there = place >= size ? 0 : size - place < length ? size - place : length;
            SAME(t, fs_f_pread(t->fs, file, buf, length, place), (ssize_t)there);
            CHECK(t, memcmp(buf, shadow + place, there) == 0);
        }
    }
    closed(t, file);
    SAME(t, size_of(t, at(t, "f")), (int64_t)size);
    SAME(t, get(t, at(t, "f"), buf, MOST), (ssize_t)size);
    CHECK(t, memcmp(buf, shadow, size) == 0);
    free(shadow);
    free(buf);
}

static void data_limits(struct test *t)
{
    const uint64_t most = FS_SIZE_MAX;
    char byte = 1;
    struct fs_file *file = opened(t, at(t, "f"), O_RDWR | O_CREAT);
    if (!file)
        return;
    GIVES(t, fs_f_pwrite(t->fs, file, &byte, 1, most), -EFBIG);
    GIVES(t, fs_f_pwrite(t->fs, file, &byte, 1, most + 1), -EFBIG);
    GIVES(t, fs_f_pwrite(t->fs, file, &byte, 1, UINT64_MAX), -EFBIG);
    GIVES(t, fs_f_truncate(t->fs, file, most + 1), -EFBIG);
    GIVES(t, fs_f_pread(t->fs, file, &byte, 1, most + 1), -EINVAL);
    SAME(t, fs_f_pread(t->fs, file, &byte, 1, most - 1), 0);
    closed(t, file);
    SAME(t, size_of(t, at(t, "f")), 0);
}

const struct test_row data_tests[] = {
    {"data-empty", data_empty},
    {"data-write-read", data_write_read},
    {"data-overwrite-middle", data_overwrite_middle},
    {"data-grow", data_grow},
    {"data-read-ends", data_read_ends},
    {"data-hole", data_hole},
    {"data-hole-far", data_hole_far},
    {"data-truncate-up", data_truncate_up},
    {"data-truncate-down", data_truncate_down},
    {"data-truncate-down-up", data_truncate_down_up},
    {"data-truncate-then-write", data_truncate_then_write},
    {"data-truncate-same", data_truncate_same},
    {"data-zero-write", data_zero_write},
    {"data-big", data_big},
    {"data-big-at-once", data_big_at_once},
    {"data-backwards", data_backwards},
    {"data-random", data_random},
    {"data-limits", data_limits},
    {NULL, NULL},
};
