// SPDX-License-Identifier: MIT
/*
 * Removals and renames that fail or run out of time half way: what was done is undone, nothing new is begun.
 * And names that meanwhile belong to another file: no late Cleanup deletes that one.
 */
#include "harness.h"

enum { DEADLINE_MS = 150, SLOW_PID = 99 };

static struct rig *short_rig(void)
{
    return rig_open(&(struct rig_spec){.timeout_ms = DEADLINE_MS});
}

static bool same_text(const WCHAR *a, const WCHAR *b)
{
    return strcmp(narrow(a), narrow(b)) == 0;
}

/* Stays in the callback until its caller was told of the deadline. */
static void outstay(struct fake_call *call)
{
    struct nt_request *rq = (struct nt_request *)(uintptr_t)call->info->DokanContext;
    DOKAN_VOLUME_COUNTERS counters;
    do {
        sleep_ms(5);
        counters = (DOKAN_VOLUME_COUNTERS){.Size = sizeof counters};
        nt_volume_counters(rq->volume, &counters);
    } while (counters.ExpiredRequests == 0);
}

static NTSTATUS slow(struct fake *fs, struct fake_call *call, NTSTATUS planned)
{
    outstay(call);
    return planned;
}

static NTSTATUS slow_at_b(struct fake *fs, struct fake_call *call, NTSTATUS planned)
{
    if (same_text(call->path, u"\\b"))
        outstay(call);
    return planned;
}

static _Atomic bool held_up;

static NTSTATUS hold_one_up(struct fake *fs, struct fake_call *call, NTSTATUS planned)
{
    while (call->pid == SLOW_PID && atomic_load(&held_up))
        sleep_ms(5);
    return planned;
}

static NTSTATUS not_from_a(struct fake *fs, struct fake_call *call, NTSTATUS planned)
{
    return same_text(call->path, u"\\a") ? STATUS_ACCESS_DENIED : planned;
}

static unsigned deletions(struct rig *rig)
{
    unsigned n = 0;
    for (unsigned i = 0; i < fake_calls(&rig->fs, DokanOperationCleanup); i++)
        n += fake_call_at(&rig->fs, DokanOperationCleanup, i).delete_pending;
    return n;
}

/* Consents to a deletion less those taken back. The fake takes a hidden name that begins with 'd' for that of
 * a directory. */
static int marks(struct rig *rig)
{
    static const DOKAN_OPERATION ops[] = {DokanOperationDeleteFile, DokanOperationDeleteDirectory};
    int n = 0;
    for (size_t k = 0; k < COUNT_OF(ops); k++)
        for (unsigned i = 0; i < fake_calls(&rig->fs, ops[k]); i++)
            n += fake_call_at(&rig->fs, ops[k], i).delete_pending ? 1 : -1;
    return n;
}

static void assert_found(struct rig *rig, const WCHAR *path)
{
    struct nt_lookup_args lookup;
    assert_status(STATUS_SUCCESS, rig_lookup(rig, path, &lookup));
    nt_node_put(lookup.out.node);
}

static void assert_called(struct rig *rig, struct nt_handle *h, const char *path)
{
    char byte;
    rig_read(rig, h, &byte, 1, 0, NULL);
    assert_text(path, fake_last(&rig->fs, DokanOperationReadFile).path);
}

static struct pending *start_rename(struct rig *rig)
{
    struct pending *p = pending_new(rig, NT_RENAME, NULL, 0);
    p->rq.rename = (struct nt_rename_args){
        .from = {.text = u"\\a", .len = 2}, .to = {.text = u"\\b", .len = 2}, .flags = NT_RENAME_REPLACE};
    pending_start(p);
    return p;
}

static struct pending *start_removal(struct rig *rig, const WCHAR *path)
{
    struct pending *p = pending_new(rig, NT_REMOVE, NULL, 0);
    p->rq.remove.name = (struct nt_name){.text = path, .len = (uint16_t)text_length(path)};
    pending_start(p);
    return p;
}

/* ---- renames ------------------------------------------------------------------------------------------- */

/* MoveFile says no after the open target has made way: it comes back as it was, under its own spelling. */
static void test_target_comes_back(void **state)
{
    for (int open = 0; open < 2; open++) {
        struct rig *rig = rig_open(&(struct rig_spec){0});
        struct nt_handle *b = open ? rig_must_open(rig, u"\\b") : NULL;
        fake_has_size(&rig->fs, 5, FILE_ATTRIBUTE_READONLY);
        fake_hooks(&rig->fs, DokanOperationMoveFile, not_from_a);
        assert_status(STATUS_ACCESS_DENIED, rig_move(rig, u"\\a", u"\\B", NT_RENAME_REPLACE));
        assert_true(fake_last(&rig->fs, DokanOperationSetFileAttributes).attributes &
                    FILE_ATTRIBUTE_READONLY);
        assert_found(rig, u"\\b");
        if (open) {
            assert_called(rig, b, "\\b");
            rig_end(rig, b);
        }
        assert_int_equal(0, deletions(rig));
        rig_close(rig);
    }
}

/* The same when the time runs out: whatever step took it, source and target are where they were. */
static void test_rename_expires(void **state)
{
    static const struct {
        DOKAN_OPERATION slow;
        fake_hook hook;
        bool marked; /* DeleteFile was called before */
    } rows[] = {
        {DokanOperationZwCreateFile, slow_at_b, false},
        {DokanOperationSetFileAttributes, slow_at_b, false},
        {DokanOperationDeleteFile, slow, true},
        {DokanOperationMoveFile, slow_at_b, true},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct rig *rig = short_rig();
        struct nt_handle *b = rig_must_open(rig, u"\\b");
        fake_has_size(&rig->fs, 5, FILE_ATTRIBUTE_READONLY);
        fake_hooks(&rig->fs, rows[i].slow, rows[i].hook);
        struct pending *rename = start_rename(rig);
        assert_status(STATUS_IO_TIMEOUT, pending_status(rename));
        pending_end(rename);
        fake_hooks(&rig->fs, rows[i].slow, NULL);
        assert_found(rig, u"\\b");
        assert_called(rig, b, "\\b");
        for (unsigned k = 0; k < fake_calls(&rig->fs, DokanOperationMoveFile); k++)
            assert_string_not_equal("\\a", narrow(fake_call_at(&rig->fs, DokanOperationMoveFile, k).path));
        assert_int_equal(0, marks(rig));
        assert_int_equal(rows[i].marked, fake_calls(&rig->fs, DokanOperationDeleteFile) != 0);
        unsigned sets = fake_calls(&rig->fs, DokanOperationSetFileAttributes);
        assert_true(sets % 2 == 0); /* each time it was taken away it was put back */
        rig_end(rig, b);
        assert_int_equal(0, deletions(rig));
        rig_close(rig);
    }
}

/* ---- removals ------------------------------------------------------------------------------------------ */

static void test_removal_expires(void **state)
{
    static const struct {
        DOKAN_OPERATION slow;
        unsigned sets, marks;
    } rows[] = {
        {DokanOperationZwCreateFile, 0, 0},
        {DokanOperationSetFileAttributes, 2, 0},
        {DokanOperationDeleteFile, 2, 2},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct rig *rig = short_rig();
        fake_has_size(&rig->fs, 5, FILE_ATTRIBUTE_READONLY);
        fake_hooks(&rig->fs, rows[i].slow, slow);
        struct pending *removal = start_removal(rig, u"\\b");
        assert_status(STATUS_IO_TIMEOUT, pending_status(removal));
        pending_end(removal);
        fake_hooks(&rig->fs, rows[i].slow, NULL);
        assert_int_equal(rows[i].sets, fake_calls(&rig->fs, DokanOperationSetFileAttributes));
        assert_int_equal(rows[i].marks, fake_calls(&rig->fs, DokanOperationDeleteFile));
        assert_int_equal(0, marks(rig));
        assert_int_equal(0, deletions(rig));
        rig_close(rig);
    }
}

/* The last handle goes while the file is still on its way into the reserved folder, past the deadline: then
 * nobody else is left to delete it. */
static void test_last_handle_goes_during_a_late_removal(void **state)
{
    struct rig *rig = short_rig();
    struct nt_handle *f = rig_must_open(rig, u"\\f");
    fake_block(&rig->fs, DokanOperationMoveFile);
    struct pending *removal = start_removal(rig, u"\\f");
    assert_status(STATUS_IO_TIMEOUT, pending_status(removal));
    rig_end(rig, f);
    fake_unblock(&rig->fs, DokanOperationMoveFile);
    pending_end(removal);
    assert_int_equal(1, deletions(rig));
    rig_close(rig);
}

/* Linux programs look at the number of links to see that a file was removed. */
static void test_links_of_a_removed_file(void **state)
{
    struct rig *rig = rig_open(&(struct rig_spec){.attr_ns = 60000000000u});
    struct nt_handle *f = rig_must_open(rig, u"\\f");
    for (uint32_t expected = 1; expected < 2; expected--) {
        struct nt_request rq;
        rig_request(rig, &rq, NT_GETATTR, f);
        rq.getattr.node = nt_handle_node(f);
        assert_status(STATUS_SUCCESS, nt_call(&rq, NULL));
        assert_int_equal(expected, rq.getattr.out.attr.facts.links);
        if (expected)
            assert_status(STATUS_SUCCESS, rig_remove(rig, u"\\f", false));
    }
    rig_end(rig, f);
    rig_close(rig);
}

static NTSTATUS linger_on_the_way_to_b(struct fake *fs, struct fake_call *call, NTSTATUS planned)
{
    if (same_text(call->path, u"\\a"))
        sleep_ms(100);
    return planned;
}

/* While an open target is out of the way its name stays reserved: a create waits for the rename. */
static void test_name_of_a_hidden_target(void **state)
{
    struct rig *rig = rig_open(&(struct rig_spec){0});
    struct nt_handle *b = rig_must_open(rig, u"\\b");
    fake_hooks(&rig->fs, DokanOperationMoveFile, linger_on_the_way_to_b);
    struct pending *rename = start_rename(rig);
    fake_wait_calls(&rig->fs, DokanOperationMoveFile, 2);
    unsigned before = fake_calls(&rig->fs, DokanOperationZwCreateFile);
    struct pending *create = pending_new(rig, NT_CREATE, NULL, 0);
    fill_create(&create->rq, &(struct opening){.path = u"\\b", .disposition = FILE_OPEN_IF});
    pending_start(create);
    sleep_ms(30);
    if (!pending_completed(rename))
        assert_int_equal(before, fake_calls(&rig->fs, DokanOperationZwCreateFile));
    assert_status(STATUS_SUCCESS, pending_status(rename));
    assert_status(STATUS_SUCCESS, pending_status(create));
    struct nt_handle *made = create->rq.create.out.handle;
    assert_ptr_not_equal(nt_handle_node(b), nt_handle_node(made));
    assert_found(rig, u"\\b");
    assert_called(rig, made, "\\b");
    struct nt_handle *again = rig_must_open(rig, u"\\b");
    assert_ptr_equal(nt_handle_node(again), nt_handle_node(made));
    nt_node_put(create->rq.create.out.node);
    pending_end(rename);
    pending_end(create);
    rig_end(rig, again);
    rig_end(rig, made);
    rig_end(rig, b);
    rig_close(rig);
}

static NTSTATUS DOKAN_CALLBACK frees_name(LPCWSTR FileName, PDOKAN_FILE_INFO DokanFileInfo)
{
    return STATUS_SUCCESS;
}

static const DOKAN_OPERATIONS_EX frees = {.Size = sizeof frees, .RemoveName = frees_name};

/* What was replaced has no name that could be deleted or moved. */
static void test_replaced_file_keeps_its_hands_off(void **state)
{
    struct rig *rig = rig_open(&(struct rig_spec){.operations_ex = &frees});
    struct nt_handle *a = rig_must_open(rig, u"\\a"), *b = rig_must_open(rig, u"\\b");
    struct nt_handle *b2 = rig_must_open(rig, u"\\b");
    assert_status(STATUS_SUCCESS, rig_name_ex(rig, a, FileRenameInformationEx, u"b",
                                              FILE_RENAME_REPLACE_IF_EXISTS | FILE_RENAME_POSIX_SEMANTICS));
    fake_forget(&rig->fs);
    FILE_DISPOSITION_INFORMATION_EX in = {.Flags =
                                              FILE_DISPOSITION_DELETE | FILE_DISPOSITION_POSIX_SEMANTICS};
    assert_status(STATUS_SUCCESS, rig_set(rig, b, FileDispositionInformationEx, &in, sizeof in));
    assert_status(STATUS_DELETE_PENDING, rig_rename(rig, b, u"c", true));
    assert_int_equal(0, fake_calls(&rig->fs, DokanOperationMoveFile));
    assert_int_equal(0, fake_calls(&rig->fs, DokanOperationDeleteFile));
    rig_end(rig, b);
    rig_end(rig, b2);
    assert_int_equal(0, deletions(rig));
    rig_end(rig, a);
    rig_close(rig);
}

/* ---- names that belong to another file ----------------------------------------------------------------- */

static void test_replaced_file_is_not_deleted_again(void **state)
{
    for (int on_close = 0; on_close < 2; on_close++) {
        struct rig *rig = rig_open(&(struct rig_spec){.operations_ex = &frees});
        struct nt_handle *a = rig_must_open(rig, u"\\a");
        struct opened b = rig_create(rig, &(struct opening){.path = u"\\b",
                                                            .disposition = FILE_OPEN,
                                                            .options = on_close ? FILE_DELETE_ON_CLOSE : 0});
        if (!on_close)
            assert_status(STATUS_SUCCESS, rig_dispose(rig, b.handle, true));
        assert_status(STATUS_SUCCESS, rig_move(rig, u"\\a", u"\\b", NT_RENAME_REPLACE));
        rig_end(rig, b.handle); /* \b is the renamed file by now */
        assert_int_equal(0, deletions(rig));
        rig_end(rig, a);
        rig_close(rig);
    }
}

/* An open that hung while its file was deleted and made anew. */
static void test_late_create_deletes_nothing(void **state)
{
    struct rig *rig = short_rig();
    fake_hooks(&rig->fs, DokanOperationZwCreateFile, hold_one_up);
    atomic_store(&held_up, true);
    struct pending *late = pending_new(rig, NT_CREATE, NULL, 0);
    fill_create(&late->rq, &(struct opening){.path = u"\\f", .disposition = FILE_OPEN});
    late->rq.caller.pid = SLOW_PID;
    pending_start(late);
    assert_status(STATUS_IO_TIMEOUT, pending_status(late));
    struct nt_handle *f = rig_must_open(rig, u"\\f");
    assert_status(STATUS_SUCCESS, rig_dispose(rig, f, true));
    rig_end(rig, f);
    assert_int_equal(1, deletions(rig));
    struct opened anew = rig_create(rig, &(struct opening){.path = u"\\f", .disposition = FILE_CREATE});
    assert_status(STATUS_SUCCESS, anew.status);
    atomic_store(&held_up, false);
    pending_end(late);
    assert_int_equal(1, deletions(rig));
    rig_end(rig, anew.handle);
    rig_close(rig);
}

/* What has no name any more cannot be opened by its node: the path is another's. */
static void test_replaced_file_is_not_opened(void **state)
{
    struct rig *rig = rig_open(&(struct rig_spec){.operations_ex = &frees});
    struct nt_handle *a = rig_must_open(rig, u"\\a"), *b = rig_must_open(rig, u"\\b");
    assert_status(STATUS_SUCCESS, rig_move(rig, u"\\a", u"\\b", NT_RENAME_REPLACE));
    struct opened again = rig_create(
        rig, &(struct opening){.path = u"", .dir = nt_handle_node(b), .disposition = FILE_OVERWRITE});
    assert_status(STATUS_OBJECT_NAME_NOT_FOUND, again.status);
    rig_end(rig, a);
    rig_end(rig, b);
    rig_close(rig);
}

/* Doors that close without a Cleanup before: of two at a time one is the last all the same. */
static void test_one_cleanup_deletes(void **state)
{
    struct rig *rig = rig_open(&(struct rig_spec){0});
    struct nt_handle *h[2] = {rig_must_open(rig, u"\\f"), rig_must_open(rig, u"\\f")};
    assert_status(STATUS_SUCCESS, rig_dispose(rig, h[0], true));
    fake_block(&rig->fs, DokanOperationCleanup);
    struct pending *close[2];
    for (int i = 0; i < 2; i++) {
        close[i] = pending_new(rig, NT_CLOSE, h[i], 0);
        pending_start(close[i]);
    }
    fake_wait_blocked(&rig->fs, DokanOperationCleanup, 1);
    sleep_ms(50);
    fake_unblock(&rig->fs, DokanOperationCleanup);
    pending_end(close[0]);
    pending_end(close[1]);
    assert_int_equal(1, deletions(rig));
    assert_int_equal(1, fake_last(&rig->fs, DokanOperationCleanup).delete_pending);
    rig_close(rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_target_comes_back),
        cmocka_unit_test(test_rename_expires),
        cmocka_unit_test(test_removal_expires),
        cmocka_unit_test(test_last_handle_goes_during_a_late_removal),
        cmocka_unit_test(test_links_of_a_removed_file),
        cmocka_unit_test(test_name_of_a_hidden_target),
        cmocka_unit_test(test_replaced_file_keeps_its_hands_off),
        cmocka_unit_test(test_replaced_file_is_not_deleted_again),
        cmocka_unit_test(test_late_create_deletes_nothing),
        cmocka_unit_test(test_replaced_file_is_not_opened),
        cmocka_unit_test(test_one_cleanup_deletes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
