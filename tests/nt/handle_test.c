// SPDX-License-Identifier: MIT
/* The life of a handle: Cleanup and CloseFile, Context, deletion by disposition and on close. */
#include "harness.h"

static void test_cleanup_then_close(void **state)
{
    struct rig *rig = rig_open(&(struct rig_spec){0});
    struct nt_handle *h = rig_must_open(rig, u"\\f");
    char byte;
    rig_cleanup(rig, h);
    assert_int_equal(1, fake_calls(&rig->fs, DokanOperationCleanup));
    assert_int_equal(0, fake_calls(&rig->fs, DokanOperationCloseFile));
    assert_status(STATUS_FILE_CLOSED, rig_read(rig, h, &byte, 1, 0, NULL));
    rig_cleanup(rig, h);
    assert_int_equal(1, fake_calls(&rig->fs, DokanOperationCleanup));
    rig_close_only(rig, h);
    assert_int_equal(1, fake_calls(&rig->fs, DokanOperationCloseFile));
    rig_close(rig);
}

static void test_close_waits_for_a_read(void **state)
{
    struct rig *rig = rig_open(&(struct rig_spec){0});
    struct nt_handle *h = rig_must_open(rig, u"\\f");
    fake_block(&rig->fs, DokanOperationReadFile);
    struct pending *read = pending_new(rig, NT_READ, h, 16);
    pending_start(read);
    fake_wait_blocked(&rig->fs, DokanOperationReadFile, 1);
    rig_end(rig, h);
    assert_int_equal(1, fake_calls(&rig->fs, DokanOperationCleanup));
    assert_int_equal(0, fake_calls(&rig->fs, DokanOperationCloseFile));
    fake_unblock(&rig->fs, DokanOperationReadFile);
    assert_status(STATUS_SUCCESS, pending_status(read));
    pending_end(read);
    assert_int_equal(1, fake_calls(&rig->fs, DokanOperationCloseFile));
    rig_close(rig);
}

/* ---- Context ----------------------------------------------------------------------------------------- */

static NTSTATUS set_context(struct fake *fs, struct fake_call *call, NTSTATUS planned)
{
    call->info->Context = 0xC0FFEE;
    return planned;
}

static NTSTATUS clear_context(struct fake *fs, struct fake_call *call, NTSTATUS planned)
{
    call->info->Context = 0;
    return planned;
}

static NTSTATUS next_context(struct fake *fs, struct fake_call *call, NTSTATUS planned)
{
    call->info->Context = 0xBEEF;
    call->info->IsDirectory = 1; /* has no effect behind the create */
    return planned;
}

static void test_context(void **state)
{
    struct rig *rig = rig_open(&(struct rig_spec){0});
    struct fake *fs = &rig->fs;
    fs->no_context = true;
    fake_hooks(fs, DokanOperationZwCreateFile, set_context);
    fake_hooks(fs, DokanOperationWriteFile, next_context);
    fake_hooks(fs, DokanOperationCleanup, clear_context);
    struct nt_handle *h = rig_must_open(rig, u"\\f");
    char byte = 0;
    assert_int_equal(0, fake_last(fs, DokanOperationZwCreateFile).context);
    rig_read(rig, h, &byte, 1, 0, NULL);
    assert_int_equal(0xC0FFEE, fake_last(fs, DokanOperationReadFile).context);
    rig_write(rig, h, &byte, 1, 0, NULL);
    assert_int_equal(0xC0FFEE, fake_last(fs, DokanOperationWriteFile).context);
    rig_flush(rig, h);
    assert_int_equal(0xBEEF, fake_last(fs, DokanOperationFlushFileBuffers).context);
    assert_false(fake_last(fs, DokanOperationFlushFileBuffers).directory);
    rig_end(rig, h);
    assert_int_equal(0xBEEF, fake_last(fs, DokanOperationCleanup).context);
    assert_int_equal(0, fake_last(fs, DokanOperationCloseFile).context);
    rig_close(rig);
}

/* A read that began before the Context changed must not bring the old value back. */
static void test_context_is_not_restored(void **state)
{
    struct rig *rig = rig_open(&(struct rig_spec){0});
    struct fake *fs = &rig->fs;
    fs->no_context = true;
    fake_hooks(fs, DokanOperationZwCreateFile, set_context);
    fake_hooks(fs, DokanOperationWriteFile, next_context);
    struct nt_handle *h = rig_must_open(rig, u"\\f");
    fake_block(fs, DokanOperationReadFile);
    struct pending *read = pending_new(rig, NT_READ, h, 16);
    pending_start(read);
    fake_wait_blocked(fs, DokanOperationReadFile, 1);
    char byte = 0;
    rig_write(rig, h, &byte, 1, 0, NULL);
    fake_unblock(fs, DokanOperationReadFile);
    pending_end(read);
    rig_flush(rig, h);
    assert_int_equal(0xBEEF, fake_last(fs, DokanOperationFlushFileBuffers).context);
    rig_end(rig, h);
    rig_close(rig);
}

/* ---- deletion ---------------------------------------------------------------------------------------- */

/* With 1, 2 and 3 handles: DeletePending comes in the Cleanup that is the last, whoever asked for the
 * deletion. */
static void test_delete_on_close(void **state)
{
    for (unsigned count = 1; count <= 3; count++) {
        for (unsigned who = 0; who < count; who++) {
            struct rig *rig = rig_open(&(struct rig_spec){0});
            struct nt_handle *h[3];
            for (unsigned i = 0; i < count; i++) {
                struct opening how = {
                    .path = u"\\f", .disposition = FILE_OPEN, .options = i == who ? FILE_DELETE_ON_CLOSE : 0};
                h[i] = rig_create(rig, &how).handle;
                assert_non_null(h[i]);
            }
            for (unsigned i = 0; i < count; i++) {
                rig_end(rig, h[i]);
                bool last = i + 1 == count;
                assert_int_equal(last, fake_last(&rig->fs, DokanOperationCleanup).delete_pending);
            }
            assert_int_equal(0, fake_calls(&rig->fs, DokanOperationDeleteFile));
            assert_int_equal(0, fake_calls(&rig->fs, DokanOperationDeleteDirectory));
            rig_close(rig);
        }
    }
}

static void test_disposition(void **state)
{
    struct rig *rig = rig_open(&(struct rig_spec){0});
    struct fake *fs = &rig->fs;
    struct nt_handle *a = rig_must_open(rig, u"\\f"), *b = rig_must_open(rig, u"\\f");
    FILE_STANDARD_INFORMATION standard;
    assert_status(STATUS_SUCCESS, rig_dispose(rig, a, false)); /* that is so already */
    assert_int_equal(0, fake_calls(fs, DokanOperationDeleteFile));
    assert_status(STATUS_SUCCESS, rig_dispose(rig, a, true));
    assert_int_equal(1, fake_last(fs, DokanOperationDeleteFile).delete_pending);
    assert_status(STATUS_SUCCESS, rig_dispose(rig, b, true));
    assert_int_equal(1, fake_calls(fs, DokanOperationDeleteFile));
    assert_status(STATUS_SUCCESS,
                  rig_query(rig, b, FileStandardInformation, &standard, sizeof standard, NULL));
    assert_true(standard.DeletePending);
    struct opened o = rig_create(rig, &(struct opening){.path = u"\\f", .disposition = FILE_OPEN});
    assert_status(STATUS_DELETE_PENDING, o.status);
    assert_status(STATUS_SUCCESS, rig_dispose(rig, b, false));
    assert_int_equal(0, fake_last(fs, DokanOperationDeleteFile).delete_pending);
    struct nt_handle *c = rig_must_open(rig, u"\\f");
    assert_status(STATUS_SUCCESS, rig_dispose(rig, c, true));
    assert_int_equal(3, fake_calls(fs, DokanOperationDeleteFile));
    rig_end(rig, c);
    assert_int_equal(0, fake_last(fs, DokanOperationCleanup).delete_pending);
    rig_end(rig, a);
    assert_int_equal(0, fake_last(fs, DokanOperationCleanup).delete_pending);
    rig_end(rig, b);
    assert_int_equal(1, fake_last(fs, DokanOperationCleanup).delete_pending);
    rig_close(rig);
}

static void test_disposition_refused(void **state)
{
    struct rig *rig = rig_open(&(struct rig_spec){0});
    struct fake *fs = &rig->fs;
    struct nt_handle *f = rig_must_open(rig, u"\\f"), *d = rig_must_open(rig, u"\\d");
    struct nt_handle *root = rig_must_open(rig, u"\\");
    fake_has_size(fs, 0, FILE_ATTRIBUTE_READONLY);
    assert_status(STATUS_CANNOT_DELETE, rig_dispose(rig, f, true));
    assert_int_equal(0, fake_calls(fs, DokanOperationDeleteFile));
    fake_returns(fs, DokanOperationGetFileInformation, STATUS_IO_DEVICE_ERROR);
    assert_status(STATUS_SUCCESS, rig_dispose(rig, f, true)); /* it cannot be asked: DeleteFile decides */
    assert_status(STATUS_SUCCESS, rig_dispose(rig, f, false));
    fake_returns(fs, DokanOperationGetFileInformation, STATUS_SUCCESS);
    fake_has_size(fs, 0, 0);
    fake_returns(fs, DokanOperationDeleteDirectory, STATUS_DIRECTORY_NOT_EMPTY);
    assert_status(STATUS_DIRECTORY_NOT_EMPTY, rig_dispose(rig, d, true));
    assert_status(STATUS_CANNOT_DELETE, rig_dispose(rig, root, true));
    rig_end(rig, f);
    rig_end(rig, d);
    rig_end(rig, root);
    for (unsigned i = 0; i < 3; i++)
        assert_int_equal(0, fake_call_at(fs, DokanOperationCleanup, i).delete_pending);
    rig_close(rig);
}

static void test_disposition_ex(void **state)
{
    struct rig *rig = rig_open(&(struct rig_spec){0});
    struct fake *fs = &rig->fs;
    struct nt_handle *h = rig_must_open(rig, u"\\f");
    FILE_DISPOSITION_INFORMATION_EX in = {.Flags = FILE_DISPOSITION_DELETE};
    fake_has_size(fs, 0, FILE_ATTRIBUTE_READONLY);
    assert_status(STATUS_CANNOT_DELETE, rig_set(rig, h, FileDispositionInformationEx, &in, sizeof in));
    in.Flags |= FILE_DISPOSITION_IGNORE_READONLY_ATTRIBUTE;
    assert_status(STATUS_SUCCESS, rig_set(rig, h, FileDispositionInformationEx, &in, sizeof in));
    in.Flags = FILE_DISPOSITION_ON_CLOSE; /* it was not opened so */
    assert_status(STATUS_NOT_SUPPORTED, rig_set(rig, h, FileDispositionInformationEx, &in, sizeof in));
    in.Flags = 0x20;
    assert_status(STATUS_INVALID_PARAMETER, rig_set(rig, h, FileDispositionInformationEx, &in, sizeof in));
    in.Flags = FILE_DISPOSITION_FORCE_IMAGE_SECTION_CHECK; /* bit 0 clear: the mark goes */
    assert_status(STATUS_SUCCESS, rig_set(rig, h, FileDispositionInformationEx, &in, sizeof in));
    assert_int_equal(0, fake_last(fs, DokanOperationDeleteFile).delete_pending);
    in.Flags = FILE_DISPOSITION_DELETE | FILE_DISPOSITION_POSIX_SEMANTICS |
               FILE_DISPOSITION_IGNORE_READONLY_ATTRIBUTE;
    assert_status(STATUS_SUCCESS, rig_set(rig, h, FileDispositionInformationEx, &in, sizeof in));
    rig_end(rig, h);
    assert_int_equal(1, fake_last(fs, DokanOperationCleanup).delete_pending);
    rig_close(rig);
}

/* POSIX deletion with a second handle: the name is free when the first is closed, the file lives on elsewhere
 * until the last one is. */
static void test_posix_disposition(void **state)
{
    struct rig *rig = rig_open(&(struct rig_spec){0});
    struct nt_handle *a = rig_must_open(rig, u"\\f"), *b = rig_must_open(rig, u"\\f");
    FILE_DISPOSITION_INFORMATION_EX in = {.Flags =
                                              FILE_DISPOSITION_DELETE | FILE_DISPOSITION_POSIX_SEMANTICS};
    assert_status(STATUS_SUCCESS, rig_set(rig, a, FileDispositionInformationEx, &in, sizeof in));
    assert_int_equal(0, fake_calls(&rig->fs, DokanOperationMoveFile));
    struct opened again = rig_create(rig, &(struct opening){.path = u"\\f", .disposition = FILE_OPEN});
    assert_status(STATUS_DELETE_PENDING, again.status);
    rig_end(rig, a);
    assert_text("\\f", fake_last(&rig->fs, DokanOperationMoveFile).path);
    again = rig_create(rig, &(struct opening){.path = u"\\f", .disposition = FILE_CREATE});
    assert_status(STATUS_SUCCESS, again.status);
    assert_text("\\f", fake_last(&rig->fs, DokanOperationZwCreateFile).path);
    rig_end(rig, b);
    rig_end(rig, again.handle);
    rig_close(rig);
}

static void test_missing_delete_callbacks(void **state)
{
    DOKAN_OPERATIONS ops = fake_operations;
    ops.DeleteDirectory = NULL;
    struct rig *rig = rig_open_with(&(struct rig_spec){0}, &ops);
    struct nt_handle *h = rig_must_open(rig, u"\\f");
    assert_status(STATUS_NOT_IMPLEMENTED, rig_dispose(rig, h, true));
    assert_int_equal(0, fake_calls(&rig->fs, DokanOperationDeleteFile));
    rig_end(rig, h);
    rig_close(rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cleanup_then_close),
        cmocka_unit_test(test_close_waits_for_a_read),
        cmocka_unit_test(test_context),
        cmocka_unit_test(test_context_is_not_restored),
        cmocka_unit_test(test_delete_on_close),
        cmocka_unit_test(test_disposition),
        cmocka_unit_test(test_disposition_refused),
        cmocka_unit_test(test_disposition_ex),
        cmocka_unit_test(test_posix_disposition),
        cmocka_unit_test(test_missing_delete_callbacks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
