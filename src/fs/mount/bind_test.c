// SPDX-License-Identifier: MIT
/*
 * What bindings are promised: slots are replaced one by one, and what goes on to ours works there.
 */
#include "fs/mount/expose_testing.h"
#include "fs/mount/mount_i.h"

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

int main(void)
{
    const struct CMUnitTest tests[] = {
        EXPOSE_TEST(test_a_slot_is_replaced_and_goes_on),
        cmocka_unit_test(test_many_entries_at_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
