// SPDX-License-Identifier: MIT
/* Renames through a handle and by name; what open files are called afterwards; what listeners hear. */
#include "harness.h"

static void test_forms_of_the_target(void **state)
{
    static const struct {
        const WCHAR *from, *to;
        const char *seen; /* NULL: refused */
        NTSTATUS expected;
    } rows[] = {
        {u"\\f", u"g", "\\g", 0},
        {u"\\d\\f", u"g", "\\d\\g", 0},
        {u"\\d\\f", u"\\g", "\\g", 0},
        {u"\\d\\f", u"\\dir\\g", "\\dir\\g", 0},
        {u"\\d\\f", u"\\dir\\g\\", "\\dir\\g", 0},
        {u"\\f", u"F", "\\F", 0},
        {u"\\f", u"f", "\\f", 0},
        {u"\\f:s", u":t", "\\f:t", 0},
        {u"\\f:s", u":t:$DATA", "\\f:t", 0},
        {u"\\f:s", u":S", "\\f:S", 0},
        {u"\\f", u"a\\b", NULL, STATUS_OBJECT_NAME_INVALID},
        {u"\\f", u"\\a\\..\\b", NULL, STATUS_OBJECT_NAME_INVALID},
        {u"\\f", u"a/b", NULL, STATUS_OBJECT_NAME_INVALID},
        {u"\\f", u"", NULL, STATUS_INVALID_PARAMETER},
        {u"\\f", u"a*", NULL, STATUS_OBJECT_NAME_INVALID},
        {u"\\f", u"\\d\\a|b", NULL, STATUS_OBJECT_NAME_INVALID},
        {u"\\f", u"a\t", NULL, STATUS_OBJECT_NAME_INVALID},
        {u"\\f", u"\\", NULL, STATUS_INVALID_PARAMETER},
        {u"\\f", u".", NULL, STATUS_OBJECT_NAME_INVALID},
        {u"\\d", u"\\d\\e", NULL, STATUS_INVALID_PARAMETER},
        {u"\\d", u"\\d\\e\\f", NULL, STATUS_INVALID_PARAMETER},
        {u"\\", u"x", NULL, STATUS_INVALID_PARAMETER},
        {u"\\f", u":s", NULL, STATUS_INVALID_PARAMETER},
        {u"\\f", u"\\.xdokan-removed\\x", NULL, STATUS_ACCESS_DENIED},
    };
    struct rig *rig = rig_open(&(struct rig_spec){.options = DOKAN_OPTION_ALT_STREAM});
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        fake_forget(&rig->fs);
        struct nt_handle *h = rig_must_open(rig, rows[i].from);
        assert_status(rows[i].expected, rig_rename(rig, h, rows[i].to, i & 1));
        if (rows[i].seen) {
            struct fake_call call = fake_last(&rig->fs, DokanOperationMoveFile);
            assert_text(narrow(rows[i].from), call.path);
            assert_text(rows[i].seen, call.other);
            assert_int_equal(i & 1, call.replace);
        } else {
            assert_int_equal(0, fake_calls(&rig->fs, DokanOperationMoveFile));
        }
        rig_end(rig, h);
        assert_text(rows[i].seen ? rows[i].seen : narrow(rows[i].from),
                    fake_last(&rig->fs, DokanOperationCleanup).path);
    }
    rig_close(rig);
}

static void test_streams_are_off(void **state)
{
    struct rig *rig = rig_open(&(struct rig_spec){0});
    struct nt_handle *h = rig_must_open(rig, u"\\f");
    assert_status(STATUS_INVALID_PARAMETER, rig_rename(rig, h, u"a:b", false));
    rig_end(rig, h);
    rig_close(rig);
}

static void test_relative_to_a_directory(void **state)
{
    struct rig *rig = rig_open(&(struct rig_spec){.options = DOKAN_OPTION_ALT_STREAM});
    struct nt_handle *f = rig_must_open(rig, u"\\f"), *d = rig_must_open(rig, u"\\d");
    FILE_RENAME_INFORMATION_EX in = {.Flags = FILE_RENAME_REPLACE_IF_EXISTS};
    struct nt_request rq;
    rig_request(rig, &rq, NT_SET_INFORMATION, f);
    rq.info = (struct nt_info_args){.info_class = FileRenameInformationEx,
                                    .buffer = &in,
                                    .length = sizeof in,
                                    .target = {.dir = nt_handle_node(d), .text = u"new", .len = 3}};
    assert_status(STATUS_SUCCESS, nt_call(&rq, NULL));
    assert_text("\\d\\new", fake_last(&rig->fs, DokanOperationMoveFile).other);
    assert_int_equal(1, fake_last(&rig->fs, DokanOperationMoveFile).replace);
    rig_request(rig, &rq, NT_SET_INFORMATION, f);
    rq.info = (struct nt_info_args){.info_class = FileRenameInformation,
                                    .buffer = &in,
                                    .length = sizeof in,
                                    .target = {.dir = nt_handle_node(d), .text = u":s", .len = 2}};
    assert_status(STATUS_INVALID_PARAMETER, nt_call(&rq, NULL));
    rig_end(rig, f);
    rig_end(rig, d);
    rig_close(rig);
}

/* Bit 0 of the flags alone means "replace". */
static void test_rename_ex_flags(void **state)
{
    static const struct {
        ULONG flags;
        BOOL replace;
    } rows[] = {
        {0, 0},
        {FILE_RENAME_REPLACE_IF_EXISTS, 1},
        {FILE_RENAME_POSIX_SEMANTICS, 0},
        {FILE_RENAME_IGNORE_READONLY_ATTRIBUTE | FILE_RENAME_REPLACE_IF_EXISTS, 1},
        {0x100, 0},
    };
    struct rig *rig = rig_open(&(struct rig_spec){0});
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct nt_handle *h = rig_must_open(rig, u"\\f");
        FILE_RENAME_INFORMATION_EX in = {.Flags = rows[i].flags, .FileNameLength = 2, .FileName = u"g"};
        assert_status(STATUS_SUCCESS, rig_set(rig, h, FileRenameInformationEx, &in, sizeof in));
        assert_int_equal(rows[i].replace, fake_last(&rig->fs, DokanOperationMoveFile).replace);
        rig_end(rig, h);
    }
    rig_close(rig);
}

/* Lengths that lie: none may lead past the buffer. */
static void test_hostile_buffers(void **state)
{
    static const struct {
        ULONG bytes;
        uint32_t length;
        uintptr_t root;
        NTSTATUS expected;
    } rows[] = {
        {4, 24, 0, STATUS_SUCCESS},
        {4, 23, 0, STATUS_INFO_LENGTH_MISMATCH},
        {4, 19, 0, STATUS_INFO_LENGTH_MISMATCH},
        {6, 24, 0, STATUS_INVALID_PARAMETER},
        {3, 24, 0, STATUS_INVALID_PARAMETER},
        {0, 24, 0, STATUS_INVALID_PARAMETER},
        {0xFFFFFFFF, 24, 0, STATUS_INVALID_PARAMETER},
        {0xFFFFFFFE, 24, 0, STATUS_INVALID_PARAMETER},
        {4, 24, 0x1234, STATUS_INVALID_PARAMETER},
    };
    struct rig *rig = rig_open(&(struct rig_spec){0});
    struct nt_handle *h = rig_must_open(rig, u"\\f");
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        char *exact = malloc(rows[i].length);
        FILE_RENAME_INFORMATION head = {.RootDirectory = (HANDLE)rows[i].root,
                                        .FileNameLength = rows[i].bytes};
        const uint32_t at = offsetof(FILE_RENAME_INFORMATION, FileName);
        memcpy(exact, &head, rows[i].length < at ? rows[i].length : at);
        for (uint32_t k = at; k + 1 < rows[i].length; k += 2)
            memcpy(exact + k, u"x", 2);
        assert_status(rows[i].expected, rig_set(rig, h, FileRenameInformation, exact, rows[i].length));
        free(exact);
    }
    rig_end(rig, h);
    rig_close(rig);
}

/* Open files below a renamed directory are called by their new paths at once. */
static void test_directory_with_open_children(void **state)
{
    struct rig *rig = rig_open(&(struct rig_spec){.options = DOKAN_OPTION_ALT_STREAM});
    struct nt_handle *d = rig_must_open(rig, u"\\d"), *deep = rig_must_open(rig, u"\\d\\dsub\\f");
    struct nt_handle *stream = rig_must_open(rig, u"\\d\\f:s"), *other = rig_must_open(rig, u"\\dx\\f");
    char byte;
    assert_status(STATUS_SUCCESS, rig_rename(rig, d, u"\\dx\\dnew", false));
    rig_read(rig, deep, &byte, 1, 0, NULL);
    assert_text("\\dx\\dnew\\dsub\\f", fake_last(&rig->fs, DokanOperationReadFile).path);
    rig_read(rig, stream, &byte, 1, 0, NULL);
    assert_text("\\dx\\dnew\\f:s", fake_last(&rig->fs, DokanOperationReadFile).path);
    rig_read(rig, other, &byte, 1, 0, NULL);
    assert_text("\\dx\\f", fake_last(&rig->fs, DokanOperationReadFile).path);
    struct nt_handle *again = rig_must_open(rig, u"\\dx\\dnew\\dsub\\f");
    assert_int_equal(4, rig_counters(rig).OpenFiles); /* the same file, no fifth one */
    rig_end(rig, again);
    rig_end(rig, deep);
    rig_end(rig, stream);
    rig_end(rig, other);
    rig_end(rig, d);
    rig_close(rig);
}

/* The same by name, where the engine has never been told that it is a directory. */
static void test_directory_by_name(void **state)
{
    struct rig *rig = rig_open(&(struct rig_spec){0});
    struct nt_handle *deep = rig_must_open(rig, u"\\d\\dsub\\f");
    char byte;
    assert_status(STATUS_SUCCESS, rig_move(rig, u"\\d", u"\\dnew", 0));
    rig_read(rig, deep, &byte, 1, 0, NULL);
    assert_text("\\dnew\\dsub\\f", fake_last(&rig->fs, DokanOperationReadFile).path);
    assert_status(STATUS_INVALID_PARAMETER, rig_move(rig, u"\\dnew", u"\\dnew\\dsub\\d", 0));
    rig_end(rig, deep);
    rig_close(rig);
}

static NTSTATUS DOKAN_CALLBACK frees_name(LPCWSTR FileName, PDOKAN_FILE_INFO DokanFileInfo)
{
    return STATUS_SUCCESS;
}

/* The new name belongs to the renamed file; a file that was open there lives on under no name. */
static void test_replaced_target(void **state)
{
    static const DOKAN_OPERATIONS_EX frees = {.Size = sizeof frees, .RemoveName = frees_name};
    struct rig *rig = rig_open(&(struct rig_spec){.operations_ex = &frees});
    struct nt_handle *a = rig_must_open(rig, u"\\a"), *b = rig_must_open(rig, u"\\b");
    assert_status(STATUS_ACCESS_DENIED, rig_rename(rig, a, u"b", true));
    assert_int_equal(0, fake_calls(&rig->fs, DokanOperationMoveFile));
    assert_status(STATUS_SUCCESS, rig_name_ex(rig, a, FileRenameInformationEx, u"b",
                                              FILE_RENAME_REPLACE_IF_EXISTS | FILE_RENAME_POSIX_SEMANTICS));
    struct nt_handle *again = rig_must_open(rig, u"\\b");
    assert_ptr_equal(nt_handle_node(a), nt_handle_node(again));
    assert_ptr_not_equal(nt_handle_node(b), nt_handle_node(again));
    rig_end(rig, a);
    rig_end(rig, b);
    rig_end(rig, again);
    rig_close(rig);
}

static void test_failed_rename(void **state)
{
    struct rig *rig = rig_open(&(struct rig_spec){0});
    struct nt_handle *h = rig_must_open(rig, u"\\f");
    fake_returns(&rig->fs, DokanOperationMoveFile, STATUS_OBJECT_NAME_COLLISION);
    assert_status(STATUS_OBJECT_NAME_COLLISION, rig_rename(rig, h, u"g", false));
    char byte;
    rig_read(rig, h, &byte, 1, 0, NULL);
    assert_text("\\f", fake_last(&rig->fs, DokanOperationReadFile).path);
    rig_end(rig, h);
    rig_close(rig);
    DOKAN_OPERATIONS ops = fake_operations;
    ops.MoveFile = NULL;
    rig = rig_open_with(&(struct rig_spec){0}, &ops);
    h = rig_must_open(rig, u"\\f");
    assert_status(STATUS_NOT_IMPLEMENTED, rig_rename(rig, h, u"g", false));
    rig_end(rig, h);
    rig_close(rig);
}

/*
 * While a rename runs, whoever asks for one of its names waits, and then finds what is true by then: a rename
 * of the old name does not follow the file to its new one.
 */
static void test_waiting_for_a_rename(void **state)
{
    struct rig *rig = rig_open(&(struct rig_spec){0});
    struct nt_handle *h = rig_must_open(rig, u"\\a");
    fake_block(&rig->fs, DokanOperationMoveFile);
    struct pending *first = pending_new(rig, NT_RENAME, NULL, 0);
    first->rq.rename =
        (struct nt_rename_args){.from = {.text = u"\\a", .len = 2}, .to = {.text = u"\\b", .len = 2}};
    pending_start(first);
    fake_wait_blocked(&rig->fs, DokanOperationMoveFile, 1);
    struct pending *remove = pending_new(rig, NT_REMOVE, NULL, 0);
    remove->rq.remove = (struct nt_remove_args){.name = {.text = u"\\a", .len = 2}};
    pending_start(remove);
    while (rig_counters(rig).QueuedRequests == 0)
        sleep_ms(1);
    assert_false(pending_completed(remove));
    fake_unblock(&rig->fs, DokanOperationMoveFile);
    assert_status(STATUS_SUCCESS, pending_status(first));
    pending_status(remove);
    struct fake_call call = fake_last(&rig->fs, DokanOperationDeleteFile);
    assert_text("\\a", call.path); /* and not \b */
    pending_end(first);
    pending_end(remove);
    rig_end(rig, h);
    rig_close(rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_forms_of_the_target),     cmocka_unit_test(test_streams_are_off),
        cmocka_unit_test(test_relative_to_a_directory), cmocka_unit_test(test_rename_ex_flags),
        cmocka_unit_test(test_hostile_buffers),         cmocka_unit_test(test_directory_with_open_children),
        cmocka_unit_test(test_directory_by_name),       cmocka_unit_test(test_replaced_target),
        cmocka_unit_test(test_failed_rename),           cmocka_unit_test(test_waiting_for_a_rename),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
