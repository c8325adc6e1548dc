// SPDX-License-Identifier: MIT
/*
 * What bindings are promised: slots are replaced one by one, and what goes on to ours works there.
 */
#include "fs/mount/expose_testing.h"
#include "fs/mount/mount_i.h"

#include <errno.h>
#include <fcntl.h>

static unsigned calls;

static NTSTATUS DOKAN_CALLBACK counted_flush(LPCWSTR name, PDOKAN_FILE_INFO info)
{
    struct fs_call call;
    fs_call_begin(&call, info);
    calls++;
    NTSTATUS status = fs_operations()->FlushFileBuffers(name, info);
    fs_call_end(&call);
    return status;
}

static void test_a_slot_is_replaced_and_goes_on(void **state)
{
    struct opened h;
    DOKAN_OPERATIONS operations = *fs_operations();
    const DOKAN_OPERATIONS with = {.FlushFileBuffers = counted_flush};
    (void)state;
    calls = 0;
    operations_replace(&operations, &with);
    assert_ptr_equal(operations.FlushFileBuffers, counted_flush);
    operations.FlushFileBuffers = fs_operations()->FlushFileBuffers;
    assert_memory_equal(&operations, fs_operations(), sizeof operations);
    toy_add(bed.toy, "/file", FS_TYPE_FILE, "12345");
    must_create(&h, u"\\file", FILE_WRITE_DATA, FILE_OPEN, 0);
    assert_int_equal(with.FlushFileBuffers(h.name, &h.info), STATUS_SUCCESS);
    assert_int_equal(calls, 1);
    end(&h, false);
}

static int take_until(void *ctx, const char *name, const struct fs_info *info, uint64_t next)
{
    unsigned *left = ctx;
    (void)info;
    assert_int_equal(next, 10 + name[0] - 'a');
    return --*left == 0 ? 7 : 0;
}

static void test_many_entries_at_once(void **state)
{
    const struct fs_entry entries[] = {{"a", {0}}, {"b", {0}}, {"c", {0}}};
    unsigned left = 4;
    (void)state;
    assert_int_equal(fs_fill_many(take_until, &left, entries, 3, 10), 0);
    assert_int_equal(left, 1);
    left = 2;
    assert_int_equal(fs_fill_many(take_until, &left, entries, 3, 10), 7);
    assert_int_equal(left, 0);
    assert_int_equal(fs_version(), FS_API_VERSION);
}

static int any_facts(struct fs *fs, const char *path, uint32_t want, struct fs_info *info)
{
    (void)fs, (void)path, (void)want;
    info->type = FS_TYPE_DIRECTORY;
    return 0;
}

static int no_entries(struct fs *fs, const char *path, uint32_t want, uint64_t cursor, fs_fill fill,
                      void *ctx)
{
    (void)fs, (void)path, (void)want, (void)cursor, (void)fill, (void)ctx;
    return 0;
}

static int any_file(struct fs *fs, const char *path, int flags, uint32_t mode, struct fs_file *file)
{
    (void)fs, (void)path, (void)flags, (void)mode, (void)file;
    return 0;
}

static ssize_t no_data(struct fs *fs, struct fs_file *file, void *buf, size_t size, uint64_t offset)
{
    (void)fs, (void)file, (void)buf, (void)size, (void)offset;
    return 0;
}

static int must_not_come(struct fs *fs)
{
    (void)fs;
    fail();
    return 0;
}

static void test_an_abandoned_layer_is_not_called(void **state)
{
    const struct fs_table table = {.size = sizeof table,
                                   .version = FS_API_VERSION,
                                   .name = "left",
                                   .close = must_not_come,
                                   .getinfo = any_facts,
                                   .scandir = no_entries,
                                   .open = any_file,
                                   .f_pread = no_data};
    struct fs *fs;
    struct fs_file *file, *other;
    struct fs_info info;
    char buf[4] = "abc";
    (void)state;
    assert_int_equal(fs_new(&table, NULL, NULL, &fs), 0);
    assert_int_equal(fs_open(fs, "/f", O_RDWR, 0, &file), 0);
    assert_int_equal(fs_f_flush(fs, file), 0);
    fs_abandon(fs);
    assert_int_equal(fs_getinfo(fs, "/", 0, &info), -EIO);
    assert_int_equal(fs_scandir(fs, "/", 0, 0, take_until, NULL), -EIO);
    assert_int_equal(fs_open(fs, "/f", O_RDONLY, 0, &other), -EIO);
    assert_int_equal(fs_f_pread(fs, file, buf, sizeof buf, 0), -EIO);
    assert_int_equal(fs_f_pwrite(fs, file, buf, sizeof buf, 0), -EIO);
    assert_int_equal(fs_f_truncate(fs, file, 0), -EIO);
    assert_int_equal(fs_f_flush(fs, file), -EIO);
    assert_int_equal(fs_f_fsync(fs, file), -EIO);
    assert_int_equal(fs_makedir(fs, "/d", 0), -EIO);
    assert_int_equal(fs_remove(fs, "/f"), -EIO);
    assert_int_equal(fs_removedir(fs, "/d"), -EIO);
    assert_int_equal(fs_rename(fs, "/a", "/b", 0), -EIO);
    assert_int_equal(fs_setinfo(fs, "/f", &(struct fs_info){.valid = FS_INFO_MTIME}), -EIO);
    assert_int_equal(fs_f_close(fs, file), 0);
    assert_int_equal(fs_close(fs), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        EXPOSE_TEST(test_a_slot_is_replaced_and_goes_on),
        cmocka_unit_test(test_many_entries_at_once),
        cmocka_unit_test(test_an_abandoned_layer_is_not_called),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
