// SPDX-License-Identifier: MIT
/* Creates as a strict caller sees them: options, rights, names, kinds. */
#include "harness.h"

/* ---- options ----------------------------------------------------------------------------------------- */

#define BAD    STATUS_INVALID_PARAMETER
#define DENIED STATUS_ACCESS_DENIED

/* MS-FSA 2.1.5.1, phase 1, and what NT's I/O manager says before. */
static const struct {
    ACCESS_MASK access;
    ULONG attributes, share, disposition, options;
    NTSTATUS expected;
} options[] = {
    {FILE_READ_DATA, 0, 7, FILE_OPEN, 0, 0},
    {FILE_READ_DATA, 0, 7, FILE_OPEN, 0x01000000, BAD},
    {FILE_READ_DATA, 0, 8, FILE_OPEN, 0, BAD},
    {FILE_READ_DATA, 0, 7, 6, 0, BAD},
    {FILE_READ_DATA, 0x8, 7, FILE_OPEN, 0, BAD},
    {FILE_READ_DATA, FILE_ATTRIBUTE_DEVICE, 7, FILE_OPEN_IF, 0, BAD},
    {FILE_READ_DATA, FILE_ATTRIBUTE_NORMAL | FILE_ATTRIBUTE_ARCHIVE, 7, FILE_OPEN_IF, 0, 0},
    {FILE_READ_DATA, 0x80000000, 7, FILE_OPEN_IF, 0, BAD},
    {0x200, 0, 7, FILE_OPEN, 0, DENIED},
    {FILE_READ_DATA | 0x04000000, 0, 7, FILE_OPEN, 0, DENIED},
    {FILE_READ_DATA | 0x00200000, 0, 7, FILE_OPEN, 0, DENIED},
    {MAXIMUM_ALLOWED, 0, 7, FILE_OPEN, 0, 0},
    {GENERIC_READ, 0, 7, FILE_OPEN, FILE_SYNCHRONOUS_IO_NONALERT, BAD},
    {GENERIC_READ | SYNCHRONIZE, 0, 7, FILE_OPEN, FILE_SYNCHRONOUS_IO_NONALERT, 0},
    {FILE_READ_DATA, 0, 7, FILE_OPEN, FILE_SYNCHRONOUS_IO_ALERT, BAD},
    {SYNCHRONIZE, 0, 7, FILE_OPEN, FILE_SYNCHRONOUS_IO_ALERT, 0},
    {SYNCHRONIZE, 0, 7, FILE_OPEN, FILE_SYNCHRONOUS_IO_ALERT | FILE_SYNCHRONOUS_IO_NONALERT, BAD},
    {GENERIC_ALL, 0, 7, FILE_OPEN, FILE_DELETE_ON_CLOSE, BAD},
    {FILE_READ_DATA, 0, 7, FILE_OPEN, FILE_DELETE_ON_CLOSE, BAD},
    {DELETE, 0, 7, FILE_OPEN, FILE_DELETE_ON_CLOSE, 0},
    {FILE_APPEND_DATA, 0, 7, FILE_OPEN, FILE_NO_INTERMEDIATE_BUFFERING, BAD},
    {FILE_APPEND_DATA | FILE_WRITE_DATA, 0, 7, FILE_OPEN, FILE_NO_INTERMEDIATE_BUFFERING, BAD},
    {GENERIC_WRITE, 0, 7, FILE_OPEN, FILE_NO_INTERMEDIATE_BUFFERING, 0}, /* the right is not named */
    {FILE_READ_DATA, 0, 7, FILE_OPEN, FILE_COMPLETE_IF_OPLOCKED | FILE_RESERVE_OPFILTER, BAD},
    {FILE_READ_DATA, 0, 7, FILE_OPEN, FILE_COMPLETE_IF_OPLOCKED, 0},
    {FILE_READ_DATA, 0, 7, FILE_OPEN, FILE_DIRECTORY_FILE | FILE_NON_DIRECTORY_FILE, BAD},
    {FILE_READ_DATA, 0, 7, FILE_SUPERSEDE, FILE_DIRECTORY_FILE, BAD},
    {FILE_READ_DATA, 0, 7, FILE_OVERWRITE, FILE_DIRECTORY_FILE, BAD},
    {FILE_READ_DATA, 0, 7, FILE_OVERWRITE_IF, FILE_DIRECTORY_FILE, BAD},
    {FILE_READ_DATA, 0, 7, FILE_OPEN_IF, FILE_DIRECTORY_FILE, 0},
    {FILE_READ_DATA, 0, 7, FILE_CREATE, FILE_DIRECTORY_FILE | FILE_WRITE_THROUGH, 0},
    {FILE_READ_DATA, 0, 7, FILE_OPEN, FILE_DIRECTORY_FILE | FILE_OPEN_FOR_BACKUP_INTENT, 0},
    {FILE_READ_DATA, 0, 7, FILE_OPEN, FILE_DIRECTORY_FILE | FILE_RANDOM_ACCESS, BAD},
    {FILE_READ_DATA, 0, 7, FILE_OPEN, FILE_DIRECTORY_FILE | FILE_SEQUENTIAL_ONLY, BAD},
    {FILE_READ_DATA, 0, 7, FILE_OPEN, FILE_DIRECTORY_FILE | FILE_NO_INTERMEDIATE_BUFFERING, BAD},
    {FILE_READ_DATA, 0, 7, FILE_OPEN, FILE_RANDOM_ACCESS | FILE_NON_DIRECTORY_FILE, 0},
};

static void fill_option_row(struct nt_request *rq, size_t row)
{
    rq->create = (struct nt_create_args){.name = {.text = u"\\f", .len = 2},
                                         .access = options[row].access,
                                         .file_attributes = options[row].attributes,
                                         .share = options[row].share,
                                         .disposition = options[row].disposition,
                                         .options = options[row].options};
}

static NTSTATUS call_and_end(struct rig *rig, struct nt_request *rq)
{
    NTSTATUS status = nt_call(rq, NULL);
    if (status == STATUS_SUCCESS) {
        nt_node_put(rq->create.out.node);
        rig_end(rig, rq->create.out.handle);
    }
    return status;
}

static void test_options(void **state)
{
    struct rig *rig = rig_open(&(struct rig_spec){0});
    (void)state;
    for (size_t i = 0; i < COUNT_OF(options); i++) {
        struct nt_request rq;
        unsigned before = fake_calls(&rig->fs, DokanOperationZwCreateFile);
        rig_request(rig, &rq, NT_CREATE, NULL);
        fill_option_row(&rq, i);
        NTSTATUS status = call_and_end(rig, &rq);
        if (status != options[i].expected)
            fail_msg("row %zu: 0x%08x", i, (unsigned)status);
        assert_int_equal(before + !status, fake_calls(&rig->fs, DokanOperationZwCreateFile));
    }
    struct nt_request rq;
    rig_request(rig, &rq, NT_CREATE, NULL);
    fill_option_row(&rq, 0);
    rq.create.access = 0;
    assert_status(STATUS_ACCESS_DENIED, call_and_end(rig, &rq));
    rig_close(rig);
}

/* A door that speaks for a kernel is not told how NT's programs must ask. */
static void test_lenient_doors(void **state)
{
    struct rig *rig = rig_open(&(struct rig_spec){0});
    (void)state;
    for (size_t i = 0; i < COUNT_OF(options); i++) {
        struct nt_request rq;
        bool both = (options[i].options & 0x41) == 0x41;
        rig_request(rig, &rq, NT_CREATE, NULL);
        rq.strict = false;
        fill_option_row(&rq, i);
        NTSTATUS status = call_and_end(rig, &rq);
        if (status != (options[i].disposition == 6 || both ? STATUS_INVALID_PARAMETER : 0))
            fail_msg("row %zu: 0x%08x", i, (unsigned)status);
    }
    rig_close(rig);
}

/* ---- names ------------------------------------------------------------------------------------------- */

#define INVALID STATUS_OBJECT_NAME_INVALID

static void test_names(void **state)
{
    static const struct {
        const WCHAR *path;
        ULONG disposition, options;
        NTSTATUS expected;
        const char *seen;
        ULONG seen_options;
    } rows[] = {
        {u"\\a\\b", FILE_OPEN, 0, 0, "\\a\\b", 0},
        {u"\\\\a", FILE_OPEN, 0, 0, "\\a", 0},
        {u"\\\\\\a", FILE_OPEN, 0, INVALID, NULL, 0},
        {u"\\a\\\\b", FILE_OPEN, 0, INVALID, NULL, 0},
        {u"\\.", FILE_OPEN, 0, INVALID, NULL, 0},
        {u"\\..", FILE_OPEN, 0, INVALID, NULL, 0},
        {u"\\a\\.\\b", FILE_OPEN, 0, INVALID, NULL, 0},
        {u"\\...", FILE_OPEN, 0, 0, "\\...", 0},
        {u"\\a*", FILE_OPEN, 0, INVALID, NULL, 0},
        {u"\\a?b\\c", FILE_OPEN, 0, INVALID, NULL, 0},
        {u"\\a<b", FILE_CREATE, 0, INVALID, NULL, 0},
        {u"\\a>b", FILE_OPEN, 0, INVALID, NULL, 0},
        {u"\\a\"b", FILE_OPEN, 0, INVALID, NULL, 0},
        {u"\\a|b", FILE_OPEN, 0, INVALID, NULL, 0},
        {u"\\a\tb", FILE_OPEN, 0, INVALID, NULL, 0},
        {u"\\", FILE_OPEN, 0, 0, "\\", 0},
        {u"\\\\", FILE_OPEN, 0, 0, "\\", 0},
        {u"\\d\\", FILE_OPEN, 0, 0, "\\d", FILE_DIRECTORY_FILE},
        {u"\\d\\", FILE_CREATE, 0, 0, "\\d", FILE_DIRECTORY_FILE},
        {u"\\d\\", FILE_OPEN, FILE_DIRECTORY_FILE, 0, "\\d", FILE_DIRECTORY_FILE},
        {u"\\d\\", FILE_OPEN, FILE_NON_DIRECTORY_FILE, INVALID, NULL, 0},
        {u"\\d\\\\", FILE_OPEN, 0, INVALID, NULL, 0},
    };
    struct rig *rig = rig_open(&(struct rig_spec){0});
    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        unsigned before = fake_calls(&rig->fs, DokanOperationZwCreateFile);
        struct opened o = rig_create(rig, &(struct opening){.path = rows[i].path,
                                                            .disposition = rows[i].disposition,
                                                            .options = rows[i].options});
        if (o.status != rows[i].expected)
            fail_msg("row %zu: 0x%08x", i, (unsigned)o.status);
        assert_int_equal(before + !o.status, fake_calls(&rig->fs, DokanOperationZwCreateFile));
        if (o.status)
            continue;
        struct fake_call call = fake_last(&rig->fs, DokanOperationZwCreateFile);
        assert_text(rows[i].seen, call.path);
        assert_int_equal(rows[i].seen_options, call.options);
        rig_end(rig, o.handle);
    }
    static WCHAR longest[260] = u"\\";
    for (size_t i = 1; i < 257; i++)
        longest[i] = u'x';
    assert_status(INVALID,
                  rig_create(rig, &(struct opening){.path = longest, .disposition = FILE_OPEN}).status);
    longest[256] = 0;
    rig_end(rig, rig_must_open(rig, longest));
    rig_close(rig);
}

static void test_relative(void **state)
{
    static const struct {
        const WCHAR *dir, *name;
        NTSTATUS expected;
        const char *seen;
    } rows[] = {
        {u"\\d", u"f", 0, "\\d\\f"},
        {u"\\d", u"a\\f", 0, "\\d\\a\\f"},
        {u"\\d", u"", 0, "\\d"},
        {u"\\", u"f", 0, "\\f"},
        {u"\\", u"", 0, "\\"},
        {u"\\d", u"\\f", STATUS_INVALID_PARAMETER, NULL},
        {u"\\f", u"", 0, "\\f"},
        {u"\\f", u"x", STATUS_INVALID_PARAMETER, NULL},
        {u"\\f", u":s", 0, "\\f:s"},
        {u"\\d", u":s", 0, "\\d:s"},
        {u"\\d", u"..", INVALID, NULL},
        {u"\\d", u"a\\", 0, "\\d\\a"},
        {u"\\d", u"a\\*", INVALID, NULL},
        {u"\\", u":s", 0, "\\:s"},
    };
    struct rig *rig = rig_open(&(struct rig_spec){.options = DOKAN_OPTION_ALT_STREAM});
    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct nt_handle *dir = rig_must_open(rig, rows[i].dir);
        struct opened o = rig_create(
            rig,
            &(struct opening){.path = rows[i].name, .dir = nt_handle_node(dir), .disposition = FILE_OPEN});
        if (o.status != rows[i].expected)
            fail_msg("row %zu: 0x%08x", i, (unsigned)o.status);
        if (!o.status) {
            assert_text(rows[i].seen, fake_last(&rig->fs, DokanOperationZwCreateFile).path);
            rig_end(rig, o.handle);
        }
        rig_end(rig, dir);
    }
    rig_close(rig);
}

/* A directory of another volume is nothing to start from. */
static void test_relative_to_elsewhere(void **state)
{
    struct rig *rig = rig_open(&(struct rig_spec){0}), *other = rig_open(&(struct rig_spec){0});
    struct nt_handle *dir = rig_must_open(other, u"\\d"), *h = rig_must_open(rig, u"\\f");
    struct opening how = {.path = u"f", .dir = nt_handle_node(dir), .disposition = FILE_OPEN};
    FILE_RENAME_INFORMATION in = {.FileNameLength = 2, .FileName = {u'x'}};
    struct nt_request rq;
    (void)state;
    assert_status(STATUS_NOT_SAME_DEVICE, rig_create(rig, &how).status);
    how.path = u"";
    assert_status(STATUS_NOT_SAME_DEVICE, rig_create(rig, &how).status);
    rig_request(rig, &rq, NT_SET_INFORMATION, h);
    rq.info = (struct nt_info_args){
        .info_class = FileRenameInformation,
        .buffer = &in,
        .length = sizeof in,
        .target = {.dir = nt_handle_node(dir), .text = u"x", .len = 1},
    };
    assert_status(STATUS_NOT_SAME_DEVICE, nt_call(&rq, NULL));
    rig_end(rig, h);
    rig_end(other, dir);
    rig_close(other);
    rig_close(rig);
}

static void test_streams(void **state)
{
    static const struct {
        const WCHAR *path;
        ULONG options;
        NTSTATUS expected;
        const char *seen;
        ULONG seen_options;
    } rows[] = {
        {u"\\f:s", 0, 0, "\\f:s", 0},
        {u"\\f:s:$DATA", 0, 0, "\\f:s", 0},
        {u"\\f:?*<s>", 0, 0, "\\f:?*<s>", 0}, /* only names of files have none of these */
        {u"\\f::$DATA", 0, 0, "\\f", FILE_NON_DIRECTORY_FILE},
        {u"\\f::$data", 0, 0, "\\f", FILE_NON_DIRECTORY_FILE},
        {u"\\d::$DATA", FILE_DIRECTORY_FILE, STATUS_NOT_A_DIRECTORY, NULL, 0},
        {u"\\d:s", FILE_DIRECTORY_FILE, STATUS_NOT_A_DIRECTORY, NULL, 0},
        {u"\\d:$I30:$INDEX_ALLOCATION", 0, 0, "\\d", FILE_DIRECTORY_FILE},
        {u"\\d:$i30:$index_allocation", FILE_DIRECTORY_FILE, 0, "\\d", FILE_DIRECTORY_FILE},
        {u"\\d::$INDEX_ALLOCATION", 0, 0, "\\d", FILE_DIRECTORY_FILE},
        {u"\\d:x:$INDEX_ALLOCATION", 0, STATUS_INVALID_PARAMETER, NULL, 0},
        {u"\\f:s:$BITMAP", 0, STATUS_ACCESS_DENIED, NULL, 0}, /* NTFS has such, and keeps them to itself */
        {u"\\f:s:$NONE", 0, INVALID, NULL, 0},
        {u"\\f:s:", 0, INVALID, NULL, 0},
        {u"\\f:", 0, INVALID, NULL, 0},
        {u"\\f::", 0, INVALID, NULL, 0},
        {u"\\f:a:b:c", 0, INVALID, NULL, 0},
        {u"\\d:a\\f", 0, INVALID, NULL, 0},
    };
    struct rig *rig = rig_open(&(struct rig_spec){.options = DOKAN_OPTION_ALT_STREAM});
    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct opened o = rig_create(
            rig,
            &(struct opening){.path = rows[i].path, .disposition = FILE_OPEN, .options = rows[i].options});
        if (o.status != rows[i].expected)
            fail_msg("row %zu: 0x%08x", i, (unsigned)o.status);
        if (o.status)
            continue;
        struct fake_call call = fake_last(&rig->fs, DokanOperationZwCreateFile);
        assert_text(rows[i].seen, call.path);
        assert_int_equal(rows[i].seen_options, call.options);
        rig_end(rig, o.handle);
    }
    rig_close(rig);
}

/* ---- kinds ------------------------------------------------------------------------------------------- */

/* The file system opens a directory in spite of FILE_NON_DIRECTORY_FILE: nobody gets it, and it is ended. */
static void test_kind_is_checked(void **state)
{
    struct rig *rig = rig_open(&(struct rig_spec){0});
    (void)state;
    struct opening how = {.path = u"\\d", .disposition = FILE_OPEN, .options = FILE_NON_DIRECTORY_FILE};
    assert_status(STATUS_FILE_IS_A_DIRECTORY, rig_create(rig, &how).status);
    assert_int_equal(1, fake_calls(&rig->fs, DokanOperationCloseFile));
    /* Nobody asked for a directory, so it is one on the way that is none. */
    fake_returns(&rig->fs, DokanOperationZwCreateFile, STATUS_NOT_A_DIRECTORY);
    how = (struct opening){.path = u"\\f\\x", .disposition = FILE_OPEN};
    assert_status(STATUS_OBJECT_PATH_NOT_FOUND, rig_create(rig, &how).status);
    how.options = FILE_DIRECTORY_FILE;
    assert_status(STATUS_NOT_A_DIRECTORY, rig_create(rig, &how).status);
    rig_close(rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_options),
        cmocka_unit_test(test_lenient_doors),
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_relative),
        cmocka_unit_test(test_streams),
        cmocka_unit_test(test_kind_is_checked),
        cmocka_unit_test(test_relative_to_elsewhere),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
