// SPDX-License-Identifier: MIT
/* Creates: dispositions, options, share access, pending deletes, the parent's word, read-only volumes,
 * streams. */
#include "harness.h"

static void test_dispositions(void **state)
{
    static const struct {
        ULONG disposition;
        NTSTATUS from_fs, expected;
        uint64_t information;
    } rows[] = {
        {FILE_SUPERSEDE, STATUS_SUCCESS, STATUS_SUCCESS, FILE_CREATED},
        {FILE_SUPERSEDE, STATUS_OBJECT_NAME_COLLISION, STATUS_SUCCESS, FILE_SUPERSEDED},
        {FILE_SUPERSEDE, STATUS_OBJECT_NAME_NOT_FOUND, STATUS_OBJECT_NAME_NOT_FOUND, FILE_DOES_NOT_EXIST},
        {FILE_OPEN, STATUS_SUCCESS, STATUS_SUCCESS, FILE_OPENED},
        {FILE_OPEN, STATUS_OBJECT_NAME_COLLISION, STATUS_OBJECT_NAME_COLLISION, FILE_EXISTS},
        {FILE_OPEN, STATUS_OBJECT_NAME_NOT_FOUND, STATUS_OBJECT_NAME_NOT_FOUND, FILE_DOES_NOT_EXIST},
        {FILE_CREATE, STATUS_SUCCESS, STATUS_SUCCESS, FILE_CREATED},
        {FILE_CREATE, STATUS_OBJECT_NAME_COLLISION, STATUS_OBJECT_NAME_COLLISION, FILE_EXISTS},
        {FILE_CREATE, STATUS_OBJECT_NAME_NOT_FOUND, STATUS_OBJECT_NAME_NOT_FOUND, FILE_DOES_NOT_EXIST},
        {FILE_OPEN_IF, STATUS_SUCCESS, STATUS_SUCCESS, FILE_CREATED},
        {FILE_OPEN_IF, STATUS_OBJECT_NAME_COLLISION, STATUS_SUCCESS, FILE_OPENED},
        {FILE_OPEN_IF, STATUS_OBJECT_NAME_NOT_FOUND, STATUS_OBJECT_NAME_NOT_FOUND, FILE_DOES_NOT_EXIST},
        {FILE_OVERWRITE, STATUS_SUCCESS, STATUS_SUCCESS, FILE_OVERWRITTEN},
        {FILE_OVERWRITE, STATUS_OBJECT_NAME_COLLISION, STATUS_OBJECT_NAME_COLLISION, FILE_EXISTS},
        {FILE_OVERWRITE, STATUS_OBJECT_NAME_NOT_FOUND, STATUS_OBJECT_NAME_NOT_FOUND, FILE_DOES_NOT_EXIST},
        {FILE_OVERWRITE_IF, STATUS_SUCCESS, STATUS_SUCCESS, FILE_CREATED},
        {FILE_OVERWRITE_IF, STATUS_OBJECT_NAME_COLLISION, STATUS_SUCCESS, FILE_OVERWRITTEN},
        {FILE_OVERWRITE_IF, STATUS_OBJECT_NAME_NOT_FOUND, STATUS_OBJECT_NAME_NOT_FOUND, FILE_DOES_NOT_EXIST},
    };
    struct rig *rig = rig_open(&(struct rig_spec){0});
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        fake_forget(&rig->fs);
        fake_returns(&rig->fs, DokanOperationZwCreateFile, rows[i].from_fs);
        struct opened o =
            rig_create(rig, &(struct opening){.path = u"\\f", .disposition = rows[i].disposition});
        assert_status(rows[i].expected, o.status);
        assert_int_equal(rows[i].information, o.information);
        assert_int_equal(rows[i].disposition, fake_last(&rig->fs, DokanOperationZwCreateFile).disposition);
        if (o.handle)
            rig_end(rig, o.handle);
        unsigned ended = rows[i].expected == STATUS_SUCCESS;
        assert_int_equal(ended, fake_calls(&rig->fs, DokanOperationCleanup));
        assert_int_equal(ended, fake_calls(&rig->fs, DokanOperationCloseFile));
    }
    struct opened o = rig_create(rig, &(struct opening){.path = u"\\f", .disposition = 6});
    assert_status(STATUS_INVALID_PARAMETER, o.status);
    rig_close(rig);
}

static void test_arguments_reach_the_file_system(void **state)
{
    struct rig *rig = rig_open(&(struct rig_spec){0});
    /* S-1-5-18 owns it, in the group S-1-5-18; nothing else. */
    static unsigned char descriptor[44] = {1, 0, 0, 0x80, 20, 0, 0, 0, 32, 0, 0,  0, 0, 0,  0,
                                           0, 0, 0, 0,    0,  1, 1, 0, 0,  0, 0,  0, 5, 18, 0,
                                           0, 0, 1, 1,    0,  0, 0, 0, 0,  5, 18, 0, 0, 0};
    struct opening how = {.path = u"\\dir\\f",
                          .access = FILE_GENERIC_READ | DELETE,
                          .attributes = FILE_ATTRIBUTE_HIDDEN,
                          .share = FILE_SHARE_READ,
                          .disposition = FILE_OPEN_IF,
                          .options = FILE_NON_DIRECTORY_FILE | FILE_WRITE_THROUGH,
                          .security = descriptor,
                          .security_length = sizeof descriptor};
    struct opened o = rig_create(rig, &how);
    assert_status(STATUS_SUCCESS, o.status);
    struct fake_call call = fake_last(&rig->fs, DokanOperationZwCreateFile);
    assert_text("\\dir\\f", call.path);
    assert_int_equal(how.access, call.access);
    assert_int_equal(how.attributes, call.attributes);
    assert_int_equal(how.share, call.share);
    assert_int_equal(how.options, call.options);
    assert_non_null(call.buffer);
    assert_int_equal(4711, call.pid);
    assert_false(call.directory);
    rig_end(rig, o.handle);
    o = rig_create(rig, &(struct opening){
                            .path = u"\\dnew", .disposition = FILE_CREATE, .options = FILE_DIRECTORY_FILE});
    assert_true(fake_last(&rig->fs, DokanOperationZwCreateFile).directory);
    assert_true(nt_handle_is_directory(o.handle));
    rig_end(rig, o.handle);
    rig_close(rig);
}

static void test_create_of_an_open_file(void **state)
{
    struct rig *rig = rig_open(&(struct rig_spec){0});
    struct nt_handle *h = rig_must_open(rig, u"\\f");
    fake_forget(&rig->fs);
    struct opened o = rig_create(rig, &(struct opening){.path = u"\\F", .disposition = FILE_CREATE});
    assert_status(STATUS_OBJECT_NAME_COLLISION, o.status);
    assert_int_equal(0, fake_calls(&rig->fs, DokanOperationZwCreateFile));
    rig_end(rig, h);
    rig_close(rig);
}

static void test_refused_before_the_file_system(void **state)
{
    static const struct {
        struct opening how;
        NTSTATUS expected;
    } rows[] = {
        {{.path = u"\\f", .disposition = FILE_OPEN, .options = FILE_DIRECTORY_FILE | FILE_NON_DIRECTORY_FILE},
         STATUS_INVALID_PARAMETER},
        {{.path = u"\\d",
          .disposition = FILE_CREATE,
          .options = FILE_DIRECTORY_FILE,
          .attributes = FILE_ATTRIBUTE_TEMPORARY},
         STATUS_INVALID_PARAMETER},
        {{.path = u"\\f:s", .disposition = FILE_OPEN}, STATUS_INVALID_PARAMETER},
        {{.path = u"\\a\\\\b", .disposition = FILE_OPEN}, STATUS_OBJECT_NAME_INVALID},
        {{.path = u"\\a\\..\\b", .disposition = FILE_OPEN}, STATUS_OBJECT_NAME_INVALID},
        {{.path = u"\\a/b", .disposition = FILE_OPEN}, STATUS_OBJECT_NAME_INVALID},
    };
    struct rig *rig = rig_open(&(struct rig_spec){0});
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        assert_status(rows[i].expected, rig_create(rig, &rows[i].how).status);
    assert_int_equal(0, fake_calls(&rig->fs, DokanOperationZwCreateFile));
    rig_close(rig);
}

static void test_failed_create_is_not_closed(void **state)
{
    static const NTSTATUS failures[] = {STATUS_ACCESS_DENIED, STATUS_OBJECT_PATH_NOT_FOUND,
                                        STATUS_NOT_IMPLEMENTED, STATUS_BUFFER_OVERFLOW};
    struct rig *rig = rig_open(&(struct rig_spec){0});
    for (size_t i = 0; i < COUNT_OF(failures); i++) {
        fake_returns(&rig->fs, DokanOperationZwCreateFile, failures[i]);
        struct opening how = {.path = u"\\f", .access = FILE_GENERIC_READ, .disposition = FILE_OPEN};
        assert_status(failures[i], rig_create(rig, &how).status);
    }
    assert_int_equal(0, fake_calls(&rig->fs, DokanOperationCleanup));
    assert_int_equal(0, fake_calls(&rig->fs, DokanOperationCloseFile));
    assert_int_equal(0, rig_counters(rig).OpenFiles);
    rig_close(rig);
}

/* Denied with DELETE wanted: the parent may grant it, and what the parent's open left is closed. */
static void test_parent_grants_delete(void **state)
{
    static const struct {
        const WCHAR *path;
        const char *parent;
        ACCESS_MASK access, asked;
        NTSTATUS parent_says, expected;
    } rows[] = {
        {u"\\dir\\f", "\\dir", DELETE, FILE_DELETE_CHILD, STATUS_SUCCESS, STATUS_SUCCESS},
        {u"\\f", "\\", DELETE | FILE_READ_ATTRIBUTES, FILE_DELETE_CHILD | FILE_LIST_DIRECTORY, STATUS_SUCCESS,
         STATUS_SUCCESS},
        {u"\\f", "\\", DELETE | MAXIMUM_ALLOWED, FILE_DELETE_CHILD | FILE_LIST_DIRECTORY, STATUS_SUCCESS,
         STATUS_SUCCESS},
        {u"\\dir\\f", "\\dir", DELETE, FILE_DELETE_CHILD, STATUS_ACCESS_DENIED, STATUS_ACCESS_DENIED},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct rig *rig = rig_open(&(struct rig_spec){0});
        rig->fs.no_context = true;
        fake_returns(&rig->fs, DokanOperationZwCreateFile, rows[i].parent_says);
        fake_returns_once(&rig->fs, DokanOperationZwCreateFile, STATUS_ACCESS_DENIED);
        struct opening how = {.path = rows[i].path,
                              .access = rows[i].access,
                              .disposition = FILE_OPEN,
                              .options = FILE_NON_DIRECTORY_FILE};
        struct opened o = rig_create(rig, &how);
        assert_status(rows[i].expected, o.status);
        assert_int_equal(2, fake_calls(&rig->fs, DokanOperationZwCreateFile));
        struct fake_call call = fake_last(&rig->fs, DokanOperationZwCreateFile);
        assert_text(rows[i].parent, call.path);
        assert_int_equal(rows[i].asked, call.access);
        assert_int_equal(FILE_OPEN_FOR_BACKUP_INTENT, call.options);
        assert_int_equal(o.handle ? 1 : 0, fake_calls(&rig->fs, DokanOperationCloseFile));
        if (o.handle) {
            assert_int_equal(FILE_OPENED, o.information);
            rig_end(rig, o.handle);
        }
        rig_close(rig);
    }
    struct rig *rig = rig_open(&(struct rig_spec){0});
    fake_returns(&rig->fs, DokanOperationZwCreateFile, STATUS_ACCESS_DENIED);
    struct opening how = {.path = u"\\f", .access = FILE_GENERIC_READ, .disposition = FILE_OPEN};
    assert_status(STATUS_ACCESS_DENIED, rig_create(rig, &how).status);
    assert_int_equal(1, fake_calls(&rig->fs, DokanOperationZwCreateFile));
    rig_close(rig);
}

/* ---- share access ------------------------------------------------------------------------------------ */

static ACCESS_MASK rights(unsigned bits)
{
    return FILE_READ_ATTRIBUTES | (bits & FILE_SHARE_READ ? FILE_READ_DATA : 0) |
           (bits & FILE_SHARE_WRITE ? FILE_WRITE_DATA : 0) | (bits & FILE_SHARE_DELETE ? DELETE : 0);
}

/* The rule in its own words: each side must share what the other one does, if both do something at all. */
static bool compatible(unsigned want1, unsigned share1, unsigned want2, unsigned share2)
{
    return !want1 || !want2 || ((want2 & ~share1) == 0 && (want1 & ~share2) == 0);
}

static struct opened open_shared(struct rig *rig, unsigned want, unsigned share)
{
    struct opening how = {
        .path = u"\\f", .access = rights(want), .share = share ? share : NO_SHARE, .disposition = FILE_OPEN};
    return rig_create(rig, &how);
}

static void test_share_matrix(void **state)
{
    struct rig *rig = rig_open(&(struct rig_spec){0});
    rig->fs.quiet = true;
    for (unsigned first = 0; first < 64; first++) {
        struct opened a = open_shared(rig, first & 7, first >> 3);
        assert_status(STATUS_SUCCESS, a.status);
        for (unsigned second = 0; second < 64; second++) {
            bool ok = compatible(first & 7, first >> 3, second & 7, second >> 3);
            unsigned before = fake_calls(&rig->fs, DokanOperationZwCreateFile);
            struct opened b = open_shared(rig, second & 7, second >> 3);
            assert_status(ok ? STATUS_SUCCESS : STATUS_SHARING_VIOLATION, b.status);
            assert_int_equal(before + ok, fake_calls(&rig->fs, DokanOperationZwCreateFile));
            if (b.handle)
                rig_end(rig, b.handle);
        }
        rig_end(rig, a.handle);
    }
    rig_close(rig);
}

/* The first opener's exclusion ends when its Cleanup has returned, not before, and does not wait for
 * CloseFile. */
static void test_share_ends_with_cleanup(void **state)
{
    struct rig *rig = rig_open(&(struct rig_spec){0});
    struct opened a = open_shared(rig, FILE_SHARE_WRITE, 0);
    fake_block(&rig->fs, DokanOperationCleanup);
    struct pending *cleanup = pending_new(rig, NT_CLEANUP, a.handle, 0);
    pending_start(cleanup);
    fake_wait_blocked(&rig->fs, DokanOperationCleanup, 1);
    struct pending *open = pending_new(rig, NT_CREATE, NULL, 0);
    fill_create(&open->rq, &(struct opening){.path = u"\\f", .disposition = FILE_OPEN});
    pending_start(open);
    sleep_ms(30);
    assert_false(pending_completed(open)); /* it waits for the Cleanup that came before it */
    fake_unblock(&rig->fs, DokanOperationCleanup);
    assert_status(STATUS_SUCCESS, pending_status(open));
    struct nt_handle *h = open->rq.create.out.handle;
    nt_node_put(open->rq.create.out.node);
    pending_end(open);
    pending_end(cleanup);
    rig_close_only(rig, a.handle);
    rig_end(rig, h);
    rig_close(rig);
}

/* ---- volumes ----------------------------------------------------------------------------------------- */

static void test_write_protected(void **state)
{
    static const struct {
        ULONG disposition, options;
        NTSTATUS from_fs, expected;
        bool asked;
    } rows[] = {
        {FILE_OPEN_IF, 0, STATUS_SUCCESS, STATUS_SUCCESS, true},
        {FILE_OPEN_IF, 0, STATUS_OBJECT_NAME_NOT_FOUND, STATUS_MEDIA_WRITE_PROTECTED, true},
        {FILE_OPEN, 0, STATUS_SUCCESS, STATUS_SUCCESS, true},
        {FILE_OPEN, 0, STATUS_OBJECT_NAME_NOT_FOUND, STATUS_OBJECT_NAME_NOT_FOUND, true},
        {FILE_CREATE, 0, STATUS_SUCCESS, STATUS_MEDIA_WRITE_PROTECTED, false},
        {FILE_SUPERSEDE, 0, STATUS_SUCCESS, STATUS_MEDIA_WRITE_PROTECTED, false},
        {FILE_OVERWRITE, 0, STATUS_SUCCESS, STATUS_MEDIA_WRITE_PROTECTED, false},
        {FILE_OVERWRITE_IF, 0, STATUS_SUCCESS, STATUS_MEDIA_WRITE_PROTECTED, false},
        {FILE_OPEN, FILE_DELETE_ON_CLOSE, STATUS_SUCCESS, STATUS_MEDIA_WRITE_PROTECTED, false},
    };
    struct rig *rig = rig_open(&(struct rig_spec){.options = DOKAN_OPTION_WRITE_PROTECT});
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        fake_forget(&rig->fs);
        fake_returns(&rig->fs, DokanOperationZwCreateFile, rows[i].from_fs);
        struct opening how = {.path = u"\\f", .disposition = rows[i].disposition, .options = rows[i].options};
        struct opened o = rig_create(rig, &how);
        assert_status(rows[i].expected, o.status);
        assert_int_equal(rows[i].asked, fake_calls(&rig->fs, DokanOperationZwCreateFile));
        if (rows[i].asked)
            assert_int_equal(FILE_OPEN, fake_last(&rig->fs, DokanOperationZwCreateFile).disposition);
        if (o.handle) {
            assert_int_equal(FILE_OPENED, o.information);
            rig_end(rig, o.handle);
        }
    }
    rig_close(rig);
}

static void test_write_protected_changes(void **state)
{
    struct rig *rig = rig_open(&(struct rig_spec){.options = DOKAN_OPTION_WRITE_PROTECT});
    struct nt_handle *h = rig_must_open(rig, u"\\f");
    FILE_POSITION_INFORMATION position = {0};
    char byte = 'x';
    assert_status(STATUS_MEDIA_WRITE_PROTECTED,
                  rig_set(rig, h, FilePositionInformation, &position, sizeof position));
    assert_status(STATUS_MEDIA_WRITE_PROTECTED, rig_dispose(rig, h, true));
    assert_status(STATUS_MEDIA_WRITE_PROTECTED, rig_rename(rig, h, u"g", false));
    assert_status(STATUS_MEDIA_WRITE_PROTECTED, rig_write(rig, h, &byte, 1, 0, NULL));
    assert_status(STATUS_MEDIA_WRITE_PROTECTED, rig_flush(rig, h));
    rig_end(rig, h);
    rig_close(rig);
}

static void test_streams(void **state)
{
    static const struct {
        const WCHAR *path;
        const char *seen; /* NULL: refused */
    } rows[] = {
        {u"\\f:s", "\\f:s"},       {u"\\f:s:$DATA", "\\f:s"}, {u"\\f::$DATA", "\\f"},
        {u"\\f:s:$data", "\\f:s"}, {u"\\d\\f:s", "\\d\\f:s"}, {u"\\d:a\\f", NULL},
        {u"\\f:a:b", NULL},        {u"\\f:", NULL},
    };
    struct rig *rig = rig_open(&(struct rig_spec){.options = DOKAN_OPTION_ALT_STREAM});
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        fake_forget(&rig->fs);
        struct opened o = rig_create(rig, &(struct opening){.path = rows[i].path, .disposition = FILE_OPEN});
        if (!rows[i].seen) {
            assert_true(o.status < 0);
            assert_int_equal(0, fake_calls(&rig->fs, DokanOperationZwCreateFile));
            continue;
        }
        assert_status(STATUS_SUCCESS, o.status);
        assert_text(rows[i].seen, fake_last(&rig->fs, DokanOperationZwCreateFile).path);
        rig_end(rig, o.handle);
    }
    rig_close(rig);
}

/* The first opener's spelling is what the file system hears for as long as the file is open. */
static void test_spelling(void **state)
{
    struct rig *rig = rig_open(&(struct rig_spec){0});
    struct nt_handle *a = rig_must_open(rig, u"\\File");
    struct nt_handle *b = rig_must_open(rig, u"\\fILE");
    assert_text("\\File", fake_last(&rig->fs, DokanOperationZwCreateFile).path);
    assert_int_equal(1, rig_counters(rig).OpenFiles);
    rig_end(rig, a);
    rig_end(rig, b);
    rig_close(rig);
    rig = rig_open(&(struct rig_spec){.options = DOKAN_OPTION_CASE_SENSITIVE});
    a = rig_must_open(rig, u"\\File");
    b = rig_must_open(rig, u"\\fILE");
    assert_text("\\fILE", fake_last(&rig->fs, DokanOperationZwCreateFile).path);
    assert_int_equal(2, rig_counters(rig).OpenFiles);
    rig_end(rig, a);
    rig_end(rig, b);
    rig_close(rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_dispositions),
        cmocka_unit_test(test_arguments_reach_the_file_system),
        cmocka_unit_test(test_create_of_an_open_file),
        cmocka_unit_test(test_refused_before_the_file_system),
        cmocka_unit_test(test_failed_create_is_not_closed),
        cmocka_unit_test(test_parent_grants_delete),
        cmocka_unit_test(test_share_matrix),
        cmocka_unit_test(test_share_ends_with_cleanup),
        cmocka_unit_test(test_write_protected),
        cmocka_unit_test(test_write_protected_changes),
        cmocka_unit_test(test_streams),
        cmocka_unit_test(test_spelling),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
