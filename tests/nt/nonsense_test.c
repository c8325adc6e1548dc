// SPDX-License-Identifier: MIT
/* A file system that returns nonsense: the engine believes none of it, breaks nothing and keeps going. */
#include "harness.h"

/* Every callback returns every odd status; the volume must survive each. */
static void test_odd_statuses(void **state)
{
    static const NTSTATUS odd[] = {
        STATUS_PENDING,       STATUS_TIMEOUT,       STATUS_REPARSE,         (NTSTATUS)0x7fffffff,
        (NTSTATUS)0x80000001, (NTSTATUS)0xffffffff, STATUS_BUFFER_OVERFLOW, 1};
    for (size_t i = 0; i < COUNT_OF(odd); i++) {
        for (int op = 0; op < DOKAN_OPERATION_COUNT; op++) {
            _Alignas(8) char buffer[256];
            struct rig *rig = rig_open(&(struct rig_spec){.options = DOKAN_OPTION_ALT_STREAM});
            struct nt_handle *f = rig_must_open(rig, u"\\f"), *d = rig_must_open(rig, u"\\d");
            FILE_BASIC_INFORMATION basic = {0};
            LONGLONG size = 10;
            struct nt_lookup_args lookup;
            struct dir_query q = {.buffer = buffer, .length = sizeof buffer};
            fake_returns(&rig->fs, (DOKAN_OPERATION)op, odd[i]);
            rig_read(rig, f, buffer, 8, 0, NULL);
            rig_write(rig, f, buffer, 8, 0, NULL);
            rig_flush(rig, f);
            rig_query(rig, f, FileAllInformation, buffer, sizeof buffer, NULL);
            rig_query(rig, f, FileStreamInformation, buffer, sizeof buffer, NULL);
            rig_set(rig, f, FileBasicInformation, &basic, sizeof basic);
            rig_set(rig, f, FileEndOfFileInformation, &size, sizeof size);
            rig_set(rig, f, FileAllocationInformation, &size, sizeof size);
            rig_query_dir(rig, d, &q);
            rig_query_volume(rig, FileFsAttributeInformation, buffer, sizeof buffer, NULL);
            rig_query_volume(rig, FileFsSizeInformation, buffer, sizeof buffer, NULL);
            rig_dispose(rig, f, true);
            rig_rename(rig, f, u"\\g", true);
            rig_remove(rig, u"\\x", false);
            rig_move(rig, u"\\y", u"\\z", NT_RENAME_REPLACE);
            if (rig_lookup(rig, u"\\l", &lookup) == STATUS_SUCCESS)
                nt_node_put(lookup.out.node);
            struct opened o = rig_create(rig, &(struct opening){.path = u"\\c", .disposition = FILE_OPEN_IF});
            if (o.handle)
                rig_end(rig, o.handle);
            rig_end(rig, f);
            rig_end(rig, d);
            rig_close(rig);
        }
    }
}

static void test_sizes(void **state)
{
    static const uint64_t sizes[] = {0x8000000000000000u, UINT64_MAX};
    struct rig *rig = rig_open(&(struct rig_spec){.attr_ns = 1000000000});
    struct nt_handle *h = rig_must_open(rig, u"\\f");
    for (size_t i = 0; i < COUNT_OF(sizes); i++) {
        FILE_STANDARD_INFORMATION standard;
        struct nt_lookup_args lookup;
        fake_has_size(&rig->fs, sizes[i], 0);
        assert_true(rig_query(rig, h, FileStandardInformation, &standard, sizeof standard, NULL) < 0);
        assert_true(rig_lookup(rig, u"\\g", &lookup) < 0);
    }
    FILE_STANDARD_INFORMATION standard;
    fake_has_size(&rig->fs, INT64_MAX, 0);
    assert_status(0, rig_query(rig, h, FileStandardInformation, &standard, sizeof standard, NULL));
    assert_true(standard.EndOfFile.QuadPart == INT64_MAX);
    assert_true(standard.AllocationSize.QuadPart == INT64_MAX);
    rig_end(rig, h);
    rig_close(rig);
}

static void test_lengths(void **state)
{
    static const LONGLONG lengths[] = {9, 0xffffffff, 0x80000000};
    struct rig *rig = rig_open(&(struct rig_spec){0});
    struct nt_handle *h = rig_must_open(rig, u"\\f");
    for (size_t i = 0; i < COUNT_OF(lengths); i++) {
        char buffer[8];
        uint32_t done = 99;
        rig->fs.transferred = lengths[i];
        assert_status(STATUS_INSUFFICIENT_RESOURCES, rig_read(rig, h, buffer, sizeof buffer, 0, &done));
        assert_int_equal(0, done);
        assert_status(STATUS_INSUFFICIENT_RESOURCES, rig_write(rig, h, buffer, sizeof buffer, 0, &done));
        assert_int_equal(0, done);
    }
    rig_end(rig, h);
    rig_close(rig);
}

static void test_names(void **state)
{
    static const WCHAR *const bad[] = {u"a/b", u"/", u"a\\b", u"\\", u""};
    DOKAN_OPERATIONS ops = fake_operations;
    ops.FindFilesWithPattern = NULL;
    struct rig *rig = rig_open_with(&(struct rig_spec){0}, &ops);
    for (size_t i = 0; i < COUNT_OF(bad); i++)
        fake_adds_entry(&rig->fs, bad[i], 0, 0);
    fake_adds_entry(&rig->fs, u"good", 0, 0);
    for (size_t i = 0; i < MAX_PATH; i++) /* one that never ends */
        rig->fs.entries[0].cFileName[i] = u'x';
    fake_adds_entry(&rig->fs, u"negative", 0, UINT64_MAX);
    struct nt_handle *d = rig_must_open(rig, u"\\d");
    char names[512];
    struct dir_query q = {.pattern = u"?*"};
    assert_status(STATUS_SUCCESS, rig_names(rig, d, &q, names, sizeof names));
    assert_string_equal("good", names);
    rig_end(rig, d);
    rig_close(rig);
}

static NTSTATUS fill_null(struct fake *fs, struct fake_call *call, NTSTATUS planned)
{
    memset(call->info, 0xEE, sizeof *call->info); /* an engine that reads it back would crash */
    return planned;
}

/* DOKAN_FILE_INFO is the callback's to spoil. */
static void test_spoiled_info(void **state)
{
    struct rig *rig = rig_open(&(struct rig_spec){0});
    rig->fs.no_context = true;
    char byte;
    struct nt_handle *h = rig_must_open(rig, u"\\f");
    fake_hooks(&rig->fs, DokanOperationReadFile, fill_null);
    assert_status(STATUS_SUCCESS, rig_read(rig, h, &byte, 1, 0, NULL));
    assert_status(STATUS_SUCCESS, rig_flush(rig, h));
    struct fake_call call = fake_last(&rig->fs, DokanOperationFlushFileBuffers);
    assert_false(call.directory);
    assert_int_equal(4711, call.pid);
    assert_true(call.context == 0xEEEEEEEEEEEEEEEE);
    rig_end(rig, h);
    rig_close(rig);
}

/* The same name is a file today and a directory tomorrow: two nodes, and nobody mixes them up. */
static NTSTATUS change_kind(struct fake *fs, struct fake_call *call, NTSTATUS planned)
{
    call->info->IsDirectory = fs->available & 1;
    return planned;
}

static void test_changing_kind(void **state)
{
    struct rig *rig = rig_open(&(struct rig_spec){0});
    fake_hooks(&rig->fs, DokanOperationZwCreateFile, change_kind);
    struct nt_handle *a = rig_must_open(rig, u"\\x");
    rig->fs.available = 1;
    struct nt_handle *b = rig_must_open(rig, u"\\x");
    assert_false(nt_handle_is_directory(a));
    assert_true(nt_handle_is_directory(b));
    assert_ptr_not_equal(nt_handle_node(a), nt_handle_node(b));
    rig->fs.available = 0;
    struct nt_handle *c = rig_must_open(rig, u"\\x");
    assert_false(nt_handle_is_directory(c));
    rig_end(rig, a);
    rig_end(rig, b);
    rig_end(rig, c);
    rig_close(rig);
}

/* Everything NULL but ZwCreateFile, and then that as well. */
static void test_nothing_implemented(void **state)
{
    DOKAN_OPERATIONS ops = {.ZwCreateFile = fake_operations.ZwCreateFile};
    struct rig *rig = rig_open_with(&(struct rig_spec){.options = DOKAN_OPTION_ALT_STREAM}, &ops);
    rig->fs.no_context = true;
    struct nt_handle *h = rig_must_open(rig, u"\\f");
    _Alignas(8) char buffer[256] = {0};
    struct nt_lookup_args lookup;
    assert_status(STATUS_NOT_IMPLEMENTED, rig_read(rig, h, buffer, 1, 0, NULL));
    assert_status(STATUS_NOT_IMPLEMENTED, rig_dispose(rig, h, true));
    assert_status(STATUS_NOT_IMPLEMENTED, rig_rename(rig, h, u"g", false));
    assert_status(STATUS_NOT_IMPLEMENTED, rig_query(rig, h, FileAllInformation, buffer, sizeof buffer, NULL));
    assert_status(STATUS_SUCCESS,
                  rig_query_volume(rig, FileFsAttributeInformation, buffer, sizeof buffer, NULL));
    assert_status(STATUS_SUCCESS, rig_lookup(rig, u"\\f", &lookup));
    nt_node_put(lookup.out.node);
    rig_end(rig, h);
    rig_close(rig);
    ops.ZwCreateFile = NULL;
    rig = rig_open_with(&(struct rig_spec){0}, &ops);
    struct opened o = rig_create(rig, &(struct opening){.path = u"\\f", .disposition = FILE_OPEN});
    assert_status(STATUS_NOT_IMPLEMENTED, o.status);
    rig_close(rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_odd_statuses),
        cmocka_unit_test(test_sizes),
        cmocka_unit_test(test_lengths),
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_spoiled_info),
        cmocka_unit_test(test_changing_kind),
        cmocka_unit_test(test_nothing_implemented),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
