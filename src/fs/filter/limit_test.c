// SPDX-License-Identifier: MIT
// The limit filter: what counts, what is refused, what comes back, and that writers together cannot get past
// it.
#include "fs/filter/fixture.h"

#include <pthread.h>
#include <time.h>

/* Bytes that can still be written, as statfs tells. */
static uint64_t left(struct fs *fs)
{
    struct fs_space space;
    WANT(0, fs_statfs(fs, &space));
    return space.free;
}

static uint64_t files_left(struct fs *fs)
{
    struct fs_space space;
    WANT(0, fs_statfs(fs, &space));
    return space.files_free;
}

static struct fs_file *opened(struct fs *fs, const char *path, int flags)
{
    struct fs_file *file = NULL;
    WANT(0, fs_open(fs, path, flags, 0644, &file));
    return file;
}

static void what_is_there_counts(void **state)
{
    struct fs *fs = memory();
    struct fs_space space;
    WANT(0, fs_makedir(fs, "/d", 0755));
    WANT(0, fs_makedir(fs, "/d/e", 0755));
    WANT(0, put(fs, "/a", "12345"));
    WANT(0, put(fs, "/d/e/b", "123"));
    WANT(0, fs_link(fs, "/a", "/d/same"));
    WANT(0, fs_symlink(fs, "a", "/l"));
    add(&fs, "limit:size=100,files=10");
    WANT(0, fs_statfs(fs, &space));
    assert_int_equal(space.total, 100);
    assert_int_equal(space.free, 92);
    assert_int_equal(space.available, 92);
    assert_int_equal(space.files, 10);
    assert_int_equal(space.files_free, 4);
    fs_close(fs);
}

static void growth_is_refused(void **state)
{
    struct fs *fs = memory();
    add(&fs, "limit:size=10");
    struct fs_file *file = opened(fs, "/a", O_RDWR | O_CREAT);
    WANT(8, fs_f_pwrite(fs, file, "12345678", 8, 0));
    WANT(-ENOSPC, fs_f_pwrite(fs, file, "123", 3, 8));
    WANT(-ENOSPC, fs_f_pwrite(fs, file, "1", 1, 10));
    WANT(0, fs_f_pwrite(fs, file, "", 0, 50));
    WANT(8, fs_f_pwrite(fs, file, "abcdefgh", 8, 0));
    assert_int_equal(left(fs), 2);
    WANT(4, fs_f_pwrite(fs, file, "1234", 4, 6));
    assert_int_equal(left(fs), 0);
    WANT(-ENOSPC, fs_f_truncate(fs, file, 11));
    WANT(0, fs_f_truncate(fs, file, 4));
    assert_int_equal(left(fs), 6);
    WANT(0, fs_f_truncate(fs, file, 9));
    assert_int_equal(left(fs), 1);
    WANT(0, fs_f_close(fs, file));
    WANT(0, put(fs, "/a", "x")); /* emptied by opening, then one byte */
    assert_int_equal(left(fs), 9);
    WANT(-ENOSPC, put(fs, "/b", "1234567890"));
    WANT(0, put(fs, "/b", "123456789"));
    fs_close(fs);
}

static void one_file_is_limited(void **state)
{
    struct fs *fs = memory();
    WANT(0, put(fs, "/large", "1234567890"));
    add(&fs, "limit:file-size=4");
    WANT(-EFBIG, put(fs, "/a", "12345"));
    WANT(0, put(fs, "/a", "1234"));
    struct fs_file *file = opened(fs, "/large", O_RDWR);
    WANT(2, fs_f_pwrite(fs, file, "xy", 2, 8));
    WANT(-EFBIG, fs_f_pwrite(fs, file, "xyz", 3, 8));
    WANT(0, fs_f_truncate(fs, file, 6));
    WANT(-EFBIG, fs_f_truncate(fs, file, 7));
    WANT(0, fs_f_close(fs, file));
    fs_close(fs);
}

static void files_are_limited(void **state)
{
    struct fs *fs = memory();
    struct fs_file *file;
    add(&fs, "limit:files=3");
    WANT(0, fs_makedir(fs, "/d", 0755));
    WANT(0, put(fs, "/a", "x"));
    WANT(0, fs_symlink(fs, "a", "/l"));
    WANT(-ENOSPC, fs_makedir(fs, "/e", 0755));
    WANT(-ENOSPC, fs_symlink(fs, "a", "/m"));
    WANT(-ENOSPC, fs_link(fs, "/a", "/m"));
    WANT(-ENOSPC, put(fs, "/b", "x"));
    WANT(0, put(fs, "/a", "again"));
    WANT(0, fs_remove(fs, "/l"));
    assert_int_equal(files_left(fs), 1);
    WANT(-EEXIST, fs_makedir(fs, "/d", 0755));
    WANT(-ENOENT, fs_makedir(fs, "/missing/d", 0755));
    WANT(-EEXIST, fs_open(fs, "/a", O_RDWR | O_CREAT | O_EXCL, 0644, &file));
    WANT(-ENOENT, fs_open(fs, "/missing/a", O_RDWR | O_CREAT, 0644, &file));
    WANT(-ENOENT, fs_remove(fs, "/missing"));
    WANT(-ENOENT, fs_removedir(fs, "/missing"));
    assert_int_equal(files_left(fs), 1);
    WANT(0, fs_removedir(fs, "/d"));
    assert_int_equal(files_left(fs), 2);
    fs_close(fs);
}

static void removing_gives_back(void **state)
{
    struct fs *fs = memory();
    add(&fs, "limit:size=100,files=100");
    WANT(0, put(fs, "/a", "1234567890"));
    WANT(0, fs_link(fs, "/a", "/b"));
    assert_int_equal(left(fs), 90);
    assert_int_equal(files_left(fs), 98);
    WANT(0, fs_remove(fs, "/a"));
    assert_int_equal(left(fs), 90);
    assert_int_equal(files_left(fs), 99);
    WANT(0, fs_remove(fs, "/b"));
    assert_int_equal(left(fs), 100);
    assert_int_equal(files_left(fs), 100);
    fs_close(fs);
}

static void renaming_gives_back_what_it_replaces(void **state)
{
    struct fs *fs = memory();
    add(&fs, "limit:size=100,files=100");
    WANT(0, put(fs, "/a", "1234567890"));
    WANT(0, put(fs, "/b", "12345"));
    WANT(0, fs_rename(fs, "/a", "/a", 0));
    assert_int_equal(left(fs), 85);
    WANT(-EEXIST, fs_rename(fs, "/a", "/b", FS_RENAME_NOREPLACE));
    assert_int_equal(left(fs), 85);
    WANT(0, fs_rename(fs, "/a", "/b", 0));
    assert_int_equal(left(fs), 90);
    assert_int_equal(files_left(fs), 99);
    WANT(0, fs_rename(fs, "/b", "/c", 0));
    assert_int_equal(left(fs), 90);
    WANT(0, fs_link(fs, "/c", "/d"));
    WANT(0, fs_rename(fs, "/c", "/d", 0)); /* two names of one file: nothing happens */
    assert_int_equal(left(fs), 90);
    assert_int_equal(files_left(fs), 98);
    fs_close(fs);
}

static void a_removed_open_file_counts_until_it_is_closed(void **state)
{
    struct fs *fs = memory();
    add(&fs, "limit:size=100");
    WANT(0, put(fs, "/a", "1234567890"));
    struct fs_file *one = opened(fs, "/a", O_RDWR), *two = opened(fs, "/a", O_RDONLY);
    int rc = fs_remove(fs, "/a");
    if (rc == 0) {
        assert_int_equal(left(fs), 90);
        WANT(10, fs_f_pwrite(fs, one, "1234567890", 10, 10));
        assert_int_equal(left(fs), 80);
    }
    WANT(0, fs_f_close(fs, one));
    WANT(0, fs_f_close(fs, two));
    assert_int_equal(left(fs), rc == 0 ? 100 : 90);
    fs_close(fs);
}

/* One change of some kind; most succeed, some are refused, all must leave the count right. */
static void change_something(struct fs *fs, uint64_t *seed)
{
    static const char *const paths[] = {"/a", "/b", "/d/a", "/d/b", "/d", "/e", "/e/a"};
    static const int flags[] = {O_RDWR, O_RDWR | O_CREAT, O_RDWR | O_CREAT | O_TRUNC,
                                O_RDWR | O_CREAT | O_EXCL};
    const char *path = paths[testing_random(seed) % COUNT_OF(paths)];
    const char *other = paths[testing_random(seed) % COUNT_OF(paths)];
    char data[300] = {0};
    struct fs_file *file;
    switch (testing_random(seed) % 8) {
    case 0:
        fs_makedir(fs, path, 0755);
        break;
    case 1:
        fs_remove(fs, path);
        break;
    case 2:
        fs_removedir(fs, path);
        break;
    case 3:
        fs_rename(fs, path, other, (uint32_t)(testing_random(seed) % 3));
        break;
    case 4:
        fs_link(fs, path, other);
        break;
    case 5:
        fs_symlink(fs, "a", path);
        break;
    default:
        if (fs_open(fs, path, flags[testing_random(seed) % COUNT_OF(flags)], 0644, &file))
            return;
        fs_f_pwrite(fs, file, data, testing_random(seed) % sizeof data, testing_random(seed) % 500);
        if (testing_random(seed) % 3 == 0)
            fs_f_truncate(fs, file, testing_random(seed) % 900);
        if (testing_random(seed) % 5 == 0)
            fs_remove(fs, path);
        fs_f_close(fs, file);
    }
}

/* What was kept over any changes is what a filter counts that is added now. */
static void the_count_that_is_kept_is_the_count_taken_anew(void **state)
{
    static const char spec[] = "limit:size=1500,files=6,file-size=800";
    uint64_t seed = 77;
    int refused = 0;
    for (int run = 0; run < 40; run++) {
        struct fs *below = memory(), *fs = fs_ref(below);
        add(&fs, spec);
        for (int i = 0; i < 300; i++) {
            change_something(fs, &seed);
            struct fs *anew = fs_ref(below);
            add(&anew, spec);
            if (left(fs) != left(anew) || files_left(fs) != files_left(anew))
                fail_msg("run %d, change %d: %d bytes and %d files left, counted anew %d and %d", run, i,
                         (int)left(fs), (int)files_left(fs), (int)left(anew), (int)files_left(anew));
            refused += left(fs) < 300 || files_left(fs) == 0;
            fs_close(anew);
        }
        fs_close(fs);
        fs_close(below);
    }
    assert_true(refused > 100); /* the limits were reached */
}

/* ---- a layer that fails, or tells little -----------------------------------------------------------------
 */

static int write_then_fail;

static ssize_t failing_pwrite(struct fs *fs, struct fs_file *file, const void *buf, size_t size,
                              uint64_t offset)
{
    ssize_t n = fs_f_pwrite(fs_next(fs), file, buf, write_then_fail ? (size_t)write_then_fail : size, offset);
    return write_then_fail ? -EIO : n;
}

static int untold(struct fs *fs, struct fs_file *file, uint32_t want, struct fs_info *info)
{
    return -EOPNOTSUPP;
}

static void a_failed_write_is_counted_as_far_as_it_went(void **state)
{
    static const struct fs_table failing = {.size = sizeof(struct fs_table),
                                            .version = FS_API_VERSION,
                                            .name = "failing",
                                            .f_pwrite = failing_pwrite};
    struct fs *fs = memory(), *top;
    WANT(0, fs_new(&failing, NULL, fs, &top));
    add(&top, "limit:size=100");
    struct fs_file *file = opened(top, "/a", O_RDWR | O_CREAT);
    write_then_fail = 3;
    WANT(-EIO, fs_f_pwrite(top, file, "1234567890", 10, 0));
    write_then_fail = 0;
    assert_int_equal(left(top), 97);
    WANT(0, fs_f_close(top, file));
    fs_close(top);
}

static void a_source_that_tells_no_sizes_of_open_files(void **state)
{
    static const struct fs_table quiet = {
        .size = sizeof(struct fs_table), .version = FS_API_VERSION, .name = "quiet", .f_getinfo = untold};
    struct fs *fs = memory(), *top;
    WANT(0, fs_new(&quiet, NULL, fs, &top));
    add(&top, "limit:size=20");
    struct fs_file *file = opened(top, "/a", O_RDWR | O_CREAT);
    WANT(10, fs_f_pwrite(top, file, "1234567890", 10, 0));
    WANT(10, fs_f_pwrite(top, file, "1234567890", 10, 0));
    assert_int_equal(left(top), 10);
    WANT(0, fs_f_truncate(top, file, 15));
    assert_int_equal(left(top), 5);
    WANT(0, fs_f_truncate(top, file, 5));
    assert_int_equal(left(top), 15);
    WANT(0, fs_f_close(top, file));
    fs_close(top);
}

static void wrong_parameters(void **state)
{
    struct fs *fs = memory();
    refuse(fs, "limit", -EINVAL, "limit:size=");
    refuse(fs, "limit:size=much", -EINVAL, "size");
    refuse(fs, "limit:sise=1", -EINVAL, "size");
    refuse(fs, "limit:size=-1", -EINVAL, "size");
    add(&fs, "limit:size=2k");
    assert_int_equal(left(fs), 2048);
    fs_close(fs);
}

/* ---- together --------------------------------------------------------------------------------------------
 */

enum { WRITERS = 8, ROUNDS = 300, LIMIT_BYTES = 40000, LIMIT_FILES = 6 };

struct writer {
    struct fs *fs;
    unsigned number;
};

static void *write_much(void *arg)
{
    struct writer *writer = arg;
    uint64_t seed = writer->number + 1;
    char own[32], buf[500] = {0};
    sprintf(own, "/own%u", writer->number % 5);
    for (int i = 0; i < ROUNDS; i++) {
        const char *path = i % 3 ? own : "/shared";
        struct fs_file *file;
        if (fs_open(writer->fs, path, O_RDWR | O_CREAT | (i % 50 ? 0 : O_TRUNC), 0644, &file) == 0) {
            fs_f_pwrite(writer->fs, file, buf, testing_random(&seed) % sizeof buf,
                        testing_random(&seed) % 20000);
            if (i % 7 == 0)
                fs_f_truncate(writer->fs, file, testing_random(&seed) % 5000);
            fs_f_close(writer->fs, file);
        }
        if (i % 31 == 0)
            fs_remove(writer->fs, path);
        if (i % 37 == 0)
            fs_rename(writer->fs, own, "/shared", 0);
    }
    return NULL;
}

static int add_size(void *ctx, const char *name, const struct fs_info *info, uint64_t next)
{
    uint64_t *sums = ctx;
    assert_true(info->valid & FS_INFO_SIZE);
    sums[0] += info->size;
    sums[1]++;
    return 0;
}

static void writers_together_never_get_past_it(void **state)
{
    struct fs *below = memory(), *fs = fs_ref(below);
    pthread_t threads[WRITERS];
    struct writer writers[WRITERS];
    add(&fs, "limit:size=40000,files=6");
    for (unsigned i = 0; i < WRITERS; i++) {
        writers[i] = (struct writer){fs, i};
        assert_int_equal(pthread_create(&threads[i], NULL, write_much, &writers[i]), 0);
    }
    uint64_t most = 0;
    for (unsigned i = 0; i < WRITERS; i++)
        pthread_join(threads[i], NULL);
    uint64_t sums[2] = {0, 0};
    WANT(0, fs_scandir(below, "/", FS_INFO_SIZE, 0, add_size, sums));
    most = sums[0] > most ? sums[0] : most;
    assert_true(most <= LIMIT_BYTES && sums[1] <= LIMIT_FILES);
    assert_int_equal(left(fs), LIMIT_BYTES - sums[0]);
    assert_int_equal(files_left(fs), LIMIT_FILES - sums[1]);
    fs_close(fs);
    fs_close(below);
}

struct filler {
    struct fs *fs;
    unsigned number;
    uint64_t written;
};

static void *fill_up(void *arg)
{
    struct filler *filler = arg;
    char path[32];
    sprintf(path, "/f%u", filler->number);
    struct fs_file *file;
    WANT(0, fs_open(filler->fs, path, O_RDWR | O_CREAT, 0644, &file));
    while (fs_f_pwrite(filler->fs, file, "1234567", 7, filler->written) == 7)
        filler->written += 7;
    fs_f_close(filler->fs, file);
    return NULL;
}

static void the_last_byte_is_given_once(void **state)
{
    struct fs *fs = memory();
    struct filler fillers[WRITERS];
    pthread_t threads[WRITERS];
    add(&fs, "limit:size=7001");
    for (unsigned i = 0; i < WRITERS; i++) {
        fillers[i] = (struct filler){fs, i, 0};
        assert_int_equal(pthread_create(&threads[i], NULL, fill_up, &fillers[i]), 0);
    }
    uint64_t sum = 0;
    for (unsigned i = 0; i < WRITERS; i++) {
        pthread_join(threads[i], NULL);
        sum += fillers[i].written;
    }
    assert_int_equal(sum, 7000);
    assert_int_equal(left(fs), 1);
    fs_close(fs);
}

static ssize_t slow_pwrite(struct fs *fs, struct fs_file *file, const void *buf, size_t size, uint64_t offset)
{
    nanosleep(&(struct timespec){0, 20000000}, NULL);
    return fs_f_pwrite(fs_next(fs), file, buf, size, offset);
}

static void *write_ten(void *arg)
{
    struct fs_file *file = opened(arg, "/same", O_RDWR);
    WANT(10, fs_f_pwrite(arg, file, "1234567890", 10, 0));
    WANT(0, fs_f_close(arg, file));
    return NULL;
}

static void one_growth_is_booked_once(void **state)
{
    static const struct fs_table slow = {.size = sizeof(struct fs_table),
                                         .version = FS_API_VERSION,
                                         .flags = FS_THREAD_SAFE | FS_FILE_THREAD_SAFE,
                                         .name = "slow",
                                         .f_pwrite = slow_pwrite};
    struct fs *fs = memory(), *top;
    pthread_t threads[WRITERS];
    WANT(0, fs_new(&slow, NULL, fs, &top));
    WANT(0, put(top, "/same", ""));
    add(&top, "limit:size=100");
    for (unsigned i = 0; i < WRITERS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, write_ten, top), 0);
    for (unsigned i = 0; i < WRITERS; i++)
        pthread_join(threads[i], NULL);
    assert_int_equal(left(top), 90);
    fs_close(top);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_there_counts),
        cmocka_unit_test(growth_is_refused),
        cmocka_unit_test(one_file_is_limited),
        cmocka_unit_test(files_are_limited),
        cmocka_unit_test(removing_gives_back),
        cmocka_unit_test(renaming_gives_back_what_it_replaces),
        cmocka_unit_test(a_removed_open_file_counts_until_it_is_closed),
        cmocka_unit_test(the_count_that_is_kept_is_the_count_taken_anew),
        cmocka_unit_test(a_failed_write_is_counted_as_far_as_it_went),
        cmocka_unit_test(a_source_that_tells_no_sizes_of_open_files),
        cmocka_unit_test(wrong_parameters),
        cmocka_unit_test(writers_together_never_get_past_it),
        cmocka_unit_test(one_growth_is_booked_once),
        cmocka_unit_test(the_last_byte_is_given_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
