// SPDX-License-Identifier: MIT
/* The checker: who is asked, what is let through, what a wrong object turns into. */
#include "base/log.h"
#include "base/testing.h"
#include "fs/fs_i.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <string.h>
#include <unistd.h>

/* An object that does what the test says and remembers what it saw. */
struct fake {
    char path[64];
    int rc;
    ssize_t count;
    struct fs_info info;
    const char *names[4];
    int closed, opened, files_closed;
    _Atomic int inside, most_inside;
    int close_rc;
};

static struct fake *fake_of(struct fs *fs)
{
    return fs_data(fs);
}

static void enter(struct fake *fake)
{
    int now = ++fake->inside;
    for (int most = fake->most_inside;
         now > most && !atomic_compare_exchange_weak(&fake->most_inside, &most, now);)
        ;
    usleep(200);
    --fake->inside;
}

static void remember(struct fake *fake, const char *path)
{
    static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
    pthread_mutex_lock(&lock);
    snprintf(fake->path, sizeof fake->path, "%s", path);
    pthread_mutex_unlock(&lock);
}

static int fake_getinfo(struct fs *fs, const char *path, uint32_t want, struct fs_info *info)
{
    struct fake *fake = fake_of(fs);
    enter(fake);
    remember(fake, path);
    *info = fake->info;
    return fake->rc;
}

static int fake_scandir(struct fs *fs, const char *path, uint32_t want, uint64_t cursor, fs_fill fill,
                        void *ctx)
{
    struct fake *fake = fake_of(fs);
    for (size_t i = 0; i < COUNT_OF(fake->names) && fake->names[i]; i++)
        fill(ctx, fake->names[i], &fake->info, i + 1);
    return fake->rc;
}

static int fake_open(struct fs *fs, const char *path, int flags, uint32_t mode, struct fs_file *file)
{
    struct fake *fake = fake_of(fs);
    snprintf(fake->path, sizeof fake->path, "%s", path);
    *fs_file_slot(fs, file) = fake;
    fake->opened += fake->rc == 0;
    return fake->rc;
}

static int fake_f_close(struct fs *fs, struct fs_file *file)
{
    assert_ptr_equal(*fs_file_slot(fs, file), fake_of(fs));
    fake_of(fs)->files_closed++;
    return 0;
}

static ssize_t fake_pread(struct fs *fs, struct fs_file *file, void *buf, size_t size, uint64_t offset)
{
    enter(fake_of(fs));
    return fake_of(fs)->count;
}

static ssize_t fake_pwrite(struct fs *fs, struct fs_file *file, const void *buf, size_t size, uint64_t offset)
{
    return fake_of(fs)->count;
}

static int fake_readlink(struct fs *fs, const char *path, char *buf, size_t size)
{
    memset(buf, 'x', size);
    return 0;
}

static int fake_rename(struct fs *fs, const char *from, const char *to, uint32_t flags)
{
    snprintf(fake_of(fs)->path, sizeof fake_of(fs)->path, "%s>%s", from, to);
    return 0;
}

static int fake_statfs(struct fs *fs, struct fs_space *space)
{
    space->total = 10;
    space->free = 11;
    return 0;
}

static int fake_close(struct fs *fs)
{
    fake_of(fs)->closed++;
    return fake_of(fs)->close_rc;
}

static const struct fs_table fake_table = {
    .size = sizeof(struct fs_table),
    .version = FS_API_VERSION,
    .name = "fake",
    .close = fake_close,
    .getinfo = fake_getinfo,
    .scandir = fake_scandir,
    .open = fake_open,
    .f_close = fake_f_close,
    .f_pread = fake_pread,
    .f_pwrite = fake_pwrite,
    .readlink = fake_readlink,
    .rename = fake_rename,
    .statfs = fake_statfs,
};

static struct fs *make(struct fake *fake)
{
    struct fs *fs;
    *fake = (struct fake){.info = {.type = FS_TYPE_FILE}};
    assert_int_equal(0, fs_new(&fake_table, fake, NULL, &fs));
    return fs;
}

static int map_below(struct fs *fs, const char *path, struct fs_path *out)
{
    const char *prefix = fs_data(fs) ? fs_data(fs) : "";
    int rc = fs_path_add(out, prefix, strlen(prefix));
    return rc || (*prefix && !path[1]) ? rc : fs_path_add(out, path, strlen(path));
}

static struct fs *put_on(struct fs *fs, char *prefix)
{
    const struct fs_table table = {.size = sizeof table, .version = 1, .name = "map", .map_path = map_below};
    struct fs *top;
    assert_int_equal(0, fs_new(&table, prefix, fs, &top));
    return top;
}

static void test_table_is_checked(void **state)
{
    struct fs *fs;
    struct fs_table table = fake_table;
    table.f_pread = NULL;
    assert_int_equal(-EINVAL, fs_new(&table, NULL, NULL, &fs));
    table = fake_table;
    table.version = FS_API_VERSION + 1;
    assert_int_equal(-EINVAL, fs_new(&table, NULL, NULL, &fs));
    table = fake_table;
    table.size = 4;
    assert_int_equal(-EINVAL, fs_new(&table, NULL, NULL, &fs));
    assert_int_equal(-EINVAL, fs_new(NULL, NULL, NULL, &fs));
}

/* A table that ends before `rename`, from an older program: what it does not have is not read. */
static void test_smaller_table(void **state)
{
    struct fake fake = {.info = {.type = FS_TYPE_FILE}};
    struct fs_table table = fake_table;
    table.size = offsetof(struct fs_table, rename);
    struct fs *fs;
    assert_int_equal(0, fs_new(&table, &fake, NULL, &fs));
    assert_int_equal(-EROFS, fs_rename(fs, "/a", "/b", 0));
    assert_int_equal(0, fs_close(fs));
}

static void test_too_many_layers(void **state)
{
    struct fake fake;
    char prefix[] = "/p";
    const struct fs_table table = {.size = sizeof table, .version = 1, .name = "map", .map_path = map_below};
    struct fs *fs = make(&fake), *top;
    for (int i = 1; i < FS_DEPTH_MAX; i++)
        fs = put_on(fs, prefix);
    assert_int_equal(-ELOOP, fs_new(&table, prefix, fs, &top));
    fs_close(fs);
    assert_int_equal(1, fake.closed);
}

static void test_closed_once_by_the_last(void **state)
{
    struct fake fake;
    struct fs *fs = make(&fake);
    struct fs_file *file;
    fake.close_rc = -EIO;
    fs_ref(fs);
    assert_int_equal(0, fs_open(fs, "/f", O_RDONLY, 0, &file));
    assert_int_equal(0, fs_close(fs));
    assert_int_equal(0, fs_close(fs));
    assert_int_equal(0, fake.closed);             /* the open file counts */
    assert_int_equal(-EIO, fs_f_close(fs, file)); /* nobody else could tell */
    assert_int_equal(1, fake.closed);
    assert_int_equal(1, fake.files_closed);
    fs = make(&fake);
    fake.close_rc = -EIO;
    assert_int_equal(-EIO, fs_close(put_on(fs, NULL)));
    assert_int_equal(0, fs_close(NULL));
}

static void test_paths_are_mapped(void **state)
{
    struct fake fake;
    char outer[] = "/outer", inner[] = "/inner";
    struct fs *fs = put_on(put_on(make(&fake), inner), outer);
    struct fs_info info;
    struct fs_file *file;
    assert_int_equal(0, fs_getinfo(fs, "/x", 0, &info));
    assert_string_equal("/inner/outer/x", fake.path);
    assert_int_equal(0, fs_getinfo(fs, "/", 0, &info));
    assert_string_equal("/inner/outer", fake.path);
    assert_int_equal(0, fs_rename(fs, "/a", "/b", 0));
    assert_string_equal("/inner/outer/a>/inner/outer/b", fake.path);
    assert_int_equal(0, fs_open(fs, "/x", O_RDONLY, 0, &file));
    fake.count = 0;
    char byte;
    assert_int_equal(0, fs_f_pread(fs, file, &byte, 1, 0));
    assert_int_equal(0, fs_f_close(fs, file));
    fs_close(fs);
}

static void test_bad_map(void **state)
{
    struct fake fake;
    char bad[] = "not/absolute";
    struct fs *fs = put_on(make(&fake), bad);
    struct fs_info info;
    assert_int_equal(-EIO, fs_getinfo(fs, "/x", 0, &info));
    assert_string_equal("", fake.path);
    fs_close(fs);
}

static void test_bad_arguments_reach_nobody(void **state)
{
    struct fake fake;
    struct fs *fs = make(&fake);
    struct fs_info info = {0};
    struct fs_file *file;
    char buf[8];
    assert_int_equal(-EINVAL, fs_getinfo(fs, "/a/../b", 0, &info));
    assert_int_equal(-EINVAL, fs_rename(fs, "/a", "/a/b", 0));
    assert_int_equal(-EINVAL, fs_rename(fs, "/a/b", "/a", FS_RENAME_EXCHANGE));
    assert_int_equal(-EBUSY, fs_rename(fs, "/", "/a", 0));
    assert_int_equal(-EROFS, fs_remove(fs, "/f")); /* it has no such method */
    assert_int_equal(-EINVAL, fs_open(fs, "/f", O_WRONLY | O_RDWR, 0, &file));
    assert_int_equal(0, fs_open(fs, "/f", O_RDONLY, 0, &file));
    assert_int_equal(-EBADF, fs_f_pwrite(fs, file, "x", 1, 0));
    assert_int_equal(-EBADF, fs_f_truncate(fs, file, 0));
    assert_int_equal(-EINVAL, fs_f_pread(fs, file, buf, 1, UINT64_MAX));
    fs_f_close(fs, file);
    assert_int_equal(0, fs_open(fs, "/f", O_WRONLY, 0, &file));
    assert_int_equal(-EINVAL, fs_f_pread(fs, file, buf, 1, 0));
    assert_int_equal(-EFBIG, fs_f_pwrite(fs, file, buf, 8, (uint64_t)FS_SIZE_MAX - 3));
    assert_int_equal(-EFBIG, fs_f_truncate(fs, file, (uint64_t)FS_SIZE_MAX + 1));
    fs_f_close(fs, file);
    info.valid = FS_INFO_SIZE;
    assert_int_equal(-EINVAL, fs_setinfo(fs, "/f", &info));
    fs_close(fs);
}

static void test_bad_answers_become_errors(void **state)
{
    struct fake fake;
    struct fs *fs = make(&fake);
    struct fs_info info;
    struct fs_file *file;
    struct fs_space space;
    char buf[8];
    fake.rc = 7;
    assert_int_equal(-EIO, fs_getinfo(fs, "/f", 0, &info));
    fake.rc = -100000;
    assert_int_equal(-EIO, fs_getinfo(fs, "/f", 0, &info));
    fake.rc = 0;
    fake.info.type = FS_TYPE_UNKNOWN;
    assert_int_equal(-EIO, fs_getinfo(fs, "/f", 0, &info));
    fake.info = (struct fs_info){.type = FS_TYPE_FILE, .valid = FS_INFO_SIZE, .size = UINT64_MAX};
    assert_int_equal(-EIO, fs_getinfo(fs, "/f", 0, &info));
    assert_int_equal(0, fs_open(fs, "/f", O_RDWR, 0, &file));
    fake.count = 9;
    assert_int_equal(-EIO, fs_f_pread(fs, file, buf, 8, 0));
    fake.count = 7;
    assert_int_equal(7, fs_f_pread(fs, file, buf, 8, 0));
    assert_int_equal(-EIO, fs_f_pwrite(fs, file, buf, 8, 0));
    assert_int_equal(-EIO, fs_readlink(fs, "/l", buf, sizeof buf));
    assert_int_equal(-EIO, fs_statfs(fs, &space));
    fs_f_close(fs, file);
    fs_close(fs);
}

static int collect(void *ctx, const char *name, const struct fs_info *info, uint64_t next)
{
    strcat(ctx, name);
    return strcmp(name, "stop") == 0;
}

static void test_listings(void **state)
{
    struct fake fake;
    struct fs *fs = make(&fake);
    const struct {
        const char *names[4], *seen;
    } rows[] = {
        {{".", "..", "a", NULL}, "a"},
        {{"a/b", "", "c", NULL}, "c"},
        {{"a", "stop", "b", "c"}, "astop"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        char seen[64] = "";
        memcpy(fake.names, rows[i].names, sizeof fake.names);
        assert_int_equal(0, fs_scandir(fs, "/", 0, 0, collect, seen));
        assert_string_equal(rows[i].seen, seen);
    }
    fs_close(fs);
}

static void test_read_only(void **state)
{
    struct fake fake;
    struct fs *fs = put_on(make(&fake), NULL);
    struct fs_file *file;
    fs_set_flags(fs, FS_READ_ONLY, 0);
    assert_int_equal(-EROFS, fs_open(fs, "/f", O_RDWR, 0, &file));
    assert_int_equal(-EROFS, fs_open(fs, "/f", O_CREAT, 0, &file));
    assert_int_equal(-EROFS, fs_access(fs, "/f", W_OK));
    const struct fs_info info = {.valid = FS_INFO_MTIME};
    assert_int_equal(-EROFS, fs_setinfo(fs, "/f", &info));
    fs_close(fs);
}

static void *ask_info(void *arg)
{
    struct fs_info info;
    for (int i = 0; i < 20; i++)
        assert_int_equal(0, fs_getinfo(arg, "/f", 0, &info));
    return NULL;
}

static void *ask_read(void *arg)
{
    struct fs_file *file = arg;
    char byte;
    for (int i = 0; i < 20; i++)
        assert_int_equal(0, fs_f_pread(file->top, file, &byte, 1, 0));
    return NULL;
}

static int most_inside(struct fake *fake, void *(*body)(void *), void *arg)
{
    pthread_t threads[4];
    fake->most_inside = 0;
    for (size_t i = 0; i < COUNT_OF(threads); i++)
        pthread_create(&threads[i], NULL, body, arg);
    for (size_t i = 0; i < COUNT_OF(threads); i++)
        pthread_join(threads[i], NULL);
    return fake->most_inside;
}

static void test_thread_rules(void **state)
{
    struct fake fake;
    struct fs *fs = make(&fake);
    struct fs_file *file;
    assert_int_equal(1, most_inside(&fake, ask_info, fs));
    fs_set_flags(fs, FS_THREAD_SAFE, 0);
    assert_true(most_inside(&fake, ask_info, fs) > 1);
    assert_int_equal(0, fs_open(fs, "/f", O_RDONLY, 0, &file));
    assert_int_equal(1, most_inside(&fake, ask_read, file));
    fs_f_close(fs, file);
    fs_set_flags(fs, FS_FILE_THREAD_SAFE, 0);
    assert_int_equal(0, fs_open(fs, "/f", O_RDONLY, 0, &file));
    assert_true(most_inside(&fake, ask_read, file) > 1);
    fs_f_close(fs, file);
    fs_close(fs);
}

static void test_flags_of_stacks(void **state)
{
    struct fake fake;
    struct fs *fs = make(&fake), *top;
    fs_set_flags(fs, FS_THREAD_SAFE | FS_NETWORK | FS_CACHEABLE, 0);
    top = put_on(fs, NULL);
    assert_int_equal(FS_NETWORK, fs_flags(top));
    fs_set_flags(top, FS_THREAD_SAFE | FS_READ_ONLY, 0);
    assert_int_equal(FS_NETWORK | FS_READ_ONLY | FS_THREAD_SAFE, fs_flags(top));
    fs_close(top);
}

static void test_progress(void **state)
{
    atomic_uint counter = 0;
    fs_progress();
    fs_progress_to(&counter);
    fs_progress();
    fs_progress_to(NULL);
    fs_progress();
    assert_int_equal(1, counter);
}

static void drop_line(enum log_level level, const char *line, size_t length, void *arg)
{
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_table_is_checked),
        cmocka_unit_test(test_smaller_table),
        cmocka_unit_test(test_too_many_layers),
        cmocka_unit_test(test_closed_once_by_the_last),
        cmocka_unit_test(test_paths_are_mapped),
        cmocka_unit_test(test_bad_map),
        cmocka_unit_test(test_bad_arguments_reach_nobody),
        cmocka_unit_test(test_bad_answers_become_errors),
        cmocka_unit_test(test_listings),
        cmocka_unit_test(test_read_only),
        cmocka_unit_test(test_thread_rules),
        cmocka_unit_test(test_flags_of_stacks),
        cmocka_unit_test(test_progress),
    };
    log_set_sink(drop_line, NULL);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
