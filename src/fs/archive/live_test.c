// SPDX-License-Identifier: MIT
/* Archives whose file others change, move away or made to cost memory. */
#include "base/testing.h"

#include "base/cleanup.h"
#include "fs/archive/archive.h"
#include "fs/bytes.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

enum { BLOCK = 512, LENGTH = 1 << 20 };

static char top[64];

static const char *in_top(const char *name)
{
    static char ring[4][128];
    static unsigned turn;
    char *out = ring[turn++ % 4];
    snprintf(out, sizeof ring[0], "%s/%s", top, name);
    return out;
}

static int make_top(void **state)
{
    (void)state;
    strcpy(top, "/tmp/archive-live-XXXXXX");
    return mkdtemp(top) ? setenv("DOKAN_FS_CACHE", top, 1) : -1;
}

static int remove_top(void **state)
{
    char command[128];
    (void)state;
    snprintf(command, sizeof command, "rm -rf %s", top);
    return system(command);
}

static void put_file(const char *name, const void *data, size_t size)
{
    CLEANUP_FD int fd = open(in_top(name), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    assert_int_equal(write(fd, data, size), size);
}

/* One file of LENGTH times 'a'. */
static void make_tar(const char *name)
{
    CLEANUP_FREE char *tar = calloc(1, LENGTH + 3 * BLOCK);
    unsigned sum = 0;
    snprintf(tar, 100, "file");
    snprintf(tar + 100, 8, "0000644");
    snprintf(tar + 124, 12, "%011o", LENGTH);
    snprintf(tar + 136, 12, "%011o", 1);
    memset(tar + 148, ' ', 8);
    tar[156] = '0';
    memcpy(tar + 257, "ustar\00000", 8);
    for (int i = 0; i < BLOCK; i++)
        sum += (unsigned char)tar[i];
    snprintf(tar + 148, 8, "%06o", sum);
    memset(tar + BLOCK, 'a', LENGTH);
    put_file(name, tar, LENGTH + 3 * BLOCK);
}

static struct fs *open_tar(const char *name)
{
    struct fs *directory, *fs = NULL;
    struct fs_open_options options = FS_OPEN_OPTIONS;
    struct fs_error error = {0};
    char path[64];
    snprintf(path, sizeof path, "/%s", name);
    assert_int_equal(fs_directory_new(top, &directory), 0);
    const struct fs_request request = {.size = sizeof request,
                                       .url = "x",
                                       .scheme = "tar",
                                       .resource = "",
                                       .container = directory,
                                       .container_path = path,
                                       .options = &options};
    int rc = format_libarchive.open(&request, &fs, &error);
    fs_close(directory);
    if (rc)
        print_message("%s\n", error.text);
    return rc ? NULL : fs;
}

/* What is missing is an error: neither the end of the file nor zeros. */
static void cut_while_open(void **state)
{
    (void)state;
    make_tar("x.tar");
    struct fs *fs = open_tar("x.tar");
    struct fs_file *file;
    CLEANUP_FREE char *buf = malloc(LENGTH);
    assert_non_null(fs);
    assert_int_equal(fs_open(fs, "/file", O_RDONLY, 0, &file), 0);
    assert_int_equal(fs_f_pread(fs, file, buf, LENGTH, 0), LENGTH);
    assert_int_equal(fs_f_pread(fs, file, buf, LENGTH, LENGTH - 10), 10);
    assert_int_equal(fs_f_pread(fs, file, buf, LENGTH, LENGTH), 0);
    assert_int_equal(fs_f_pread(fs, file, buf, LENGTH, INT64_MAX), 0);
    assert_int_equal(truncate(in_top("x.tar"), LENGTH / 2), 0);
    assert_int_equal(fs_f_pread(fs, file, buf, 4096, 0), 4096);
    assert_int_equal(fs_f_pread(fs, file, buf, LENGTH, 0), -EIO);
    assert_int_equal(fs_f_pread(fs, file, buf, 4096, LENGTH - 4096), -EIO);
    fs_f_close(fs, file);
    fs_close(fs);
}

/* Puts a link in the place of the file when it is asked where that lies. */
static int swap_getospath(struct fs *fs, const char *path, char *buf, size_t size)
{
    int rc = fs_getospath(fs_next(fs), path, buf, size);
    assert_int_equal(unlink(in_top("inner/x")), 0);
    assert_int_equal(symlink("../secret", in_top("inner/x")), 0);
    return rc;
}

static const struct fs_table swap_table = {.size = sizeof swap_table,
                                           .version = FS_API_VERSION,
                                           .flags = FS_THREAD_SAFE | FS_FILE_THREAD_SAFE,
                                           .name = "swap",
                                           .getospath = swap_getospath};

static void swapped_by_a_link(void **state)
{
    (void)state;
    struct fs *below, *fs;
    struct bytes *bytes;
    char text[16] = "";
    assert_int_equal(mkdir(in_top("inner"), 0700), 0);
    put_file("inner/x", "public", 6);
    put_file("secret", "secret", 6);
    assert_int_equal(fs_directory_new(in_top("inner"), &below), 0);
    assert_int_equal(fs_new(&swap_table, NULL, below, &fs), 0);
    assert_int_equal(bytes_of_file(fs, "/x", &bytes, NULL), 0);
    assert_int_equal(bytes_pread(bytes, text, 6, 0), 6);
    assert_string_equal(text, "public");
    bytes_put(bytes);
    fs_close(fs);
}

/* Where nobody swaps, the descriptor is there. */
static void has_a_descriptor(void **state)
{
    (void)state;
    struct fs *fs;
    struct bytes *bytes;
    put_file("x", "text", 4);
    assert_int_equal(fs_directory_new(top, &fs), 0);
    assert_int_equal(bytes_of_file(fs, "/x", &bytes, NULL), 0);
    assert_true(bytes->fd >= 0);
    bytes_put(bytes);
    fs_close(fs);
}

/* Names of hard links that wait for their data: a small archive must not make them gigabytes. */
static void waiting_names(void **state)
{
    (void)state;
    const unsigned name = 4 << 20, count = 400;
    char head[128];
    CLEANUP_FREE char *text = malloc(name);
    struct rusage before, after;
    memset(text, 'n', name);
    text[name - 1] = 0;
    gzFile out = gzopen(in_top("x.cpio.gz"), "wb1");
    for (unsigned i = 0; i < count; i++) {
        snprintf(head, sizeof head, "070701%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X", i + 1,
                 0100644, 0, 0, 2, 1, 0, 0, 0, 0, 0, name, 0);
        gzwrite(out, head, 110);
        gzwrite(out, text, name - 1);
        gzwrite(out, "\0\0\0", 1 + (4 - (110 + name) % 4) % 4);
    }
    gzclose(out);
    getrusage(RUSAGE_SELF, &before);
    assert_null(open_tar("x.cpio.gz"));
    getrusage(RUSAGE_SELF, &after);
    print_message("%ld KiB more\n", after.ru_maxrss - before.ru_maxrss);
    assert_true(after.ru_maxrss - before.ru_maxrss < 700 << 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(cut_while_open, make_top, remove_top),
        cmocka_unit_test_setup_teardown(swapped_by_a_link, make_top, remove_top),
        cmocka_unit_test_setup_teardown(has_a_descriptor, make_top, remove_top),
        cmocka_unit_test_setup_teardown(waiting_names, make_top, remove_top),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
