// SPDX-License-Identifier: MIT
/*
 * Items of the conformance checklist (appendix-c.txt, by their numbers) that are about the callbacks a file
 * system gets, through the public door.
 */
#include "stage.h"
#include <unistd.h>

#define CREATE  DokanOperationZwCreateFile
#define CLEANUP DokanOperationCleanup
#define CLOSE   DokanOperationCloseFile

/* ---- opening ------------------------------------------------------------------------------------------- */

static void c06_dispositions(void **state)
{
    enum { FAILS = 0xFF };
    static const struct {
        ULONG disposition;
        unsigned done, collided; /* Information; FAILS */
    } rows[] = {
        {FILE_SUPERSEDE, FILE_CREATED, FILE_SUPERSEDED},
        {FILE_OPEN, FILE_OPENED, FAILS},
        {FILE_CREATE, FILE_CREATED, FAILS},
        {FILE_OPEN_IF, FILE_CREATED, FILE_OPENED},
        {FILE_OVERWRITE, FILE_OVERWRITTEN, FAILS},
        {FILE_OVERWRITE_IF, FILE_CREATED, FILE_OVERWRITTEN},
    };
    static const NTSTATUS answers[] = {STATUS_SUCCESS, STATUS_OBJECT_NAME_COLLISION,
                                       STATUS_OBJECT_NAME_NOT_FOUND};
    struct stage *stage = stage_open(0, NULL, NULL);
    for (size_t i = 0; i < COUNT_OF(rows) * COUNT_OF(answers); i++) {
        size_t answer = i % COUNT_OF(answers), row = i / COUNT_OF(answers);
        unsigned want[] = {rows[row].done, rows[row].collided, FAILS};
        fake_returns(&stage->fs, CREATE, answers[answer]);
        DOKAN_NT_REQUEST rq =
            stage_enter(stage, &(struct entry){.path = u"\\f", .disposition = rows[row].disposition});
        assert_status(want[answer] == FAILS ? answers[answer] : STATUS_SUCCESS, rq.Status);
        if (want[answer] != FAILS)
            assert_int_equal(want[answer], rq.Information);
        if (rq.File)
            stage_end(rq.File);
    }
    stage_close(stage);
}

struct watched {
    DOKAN_NT_FILE root;
    DOKAN_NT_REQUEST rq;
    _Alignas(8) char changes[256];
    _Atomic unsigned completed;
};

static void DOKAN_CALLBACK count_completion(PDOKAN_NT_REQUEST rq)
{
    struct watched *w = rq->Context;
    w->completed++;
}

static void watch(struct stage *stage, struct watched *w)
{
    memset(w, 0, sizeof *w);
    w->root = stage_file(stage, u"\\", FILE_DIRECTORY_FILE);
    w->rq = stage_request(w->root, DOKAN_NT_NOTIFY, w->changes, sizeof w->changes);
    w->rq.Class = FILE_NOTIFY_CHANGE_FILE_NAME;
    w->rq.Complete = count_completion;
    w->rq.Context = w;
    assert_status(STATUS_PENDING, DokanNtSubmit(&w->rq));
}

static void c07_open_if_of_what_is_there(void **state)
{
    struct stage *stage = stage_open(0, NULL, NULL);
    struct watched w;
    const struct entry open_if = {.path = u"\\f", .disposition = FILE_OPEN_IF};
    watch(stage, &w);
    fake_returns(&stage->fs, CREATE, STATUS_OBJECT_NAME_COLLISION);
    DOKAN_NT_REQUEST rq = stage_enter(stage, &open_if);
    assert_status(STATUS_SUCCESS, rq.Status);
    assert_int_equal(FILE_OPENED, rq.Information);
    stage_end(rq.File);
    assert_int_equal(0, w.completed);
    fake_returns(&stage->fs, CREATE, STATUS_SUCCESS);
    rq = stage_enter(stage, &open_if);
    assert_int_equal(FILE_CREATED, rq.Information);
    stage_end(rq.File);
    for (unsigned i = 0; i < 1000 && !w.completed; i++)
        usleep(10000);
    const FILE_NOTIFY_INFORMATION *change = (const void *)w.changes;
    assert_int_equal(1, w.completed);
    assert_int_equal(FILE_ACTION_ADDED, change->Action);
    assert_int_equal(0, change->NextEntryOffset);
    stage_end(w.root);
    stage_close(stage);
}

static void c08_create_of_what_is_open(void **state)
{
    struct stage *stage = stage_open(0, NULL, NULL);
    DOKAN_NT_FILE file = stage_file(stage, u"\\f", 0);
    unsigned before = fake_calls(&stage->fs, CREATE);
    DOKAN_NT_REQUEST rq = stage_enter(stage, &(struct entry){.path = u"\\f", .disposition = FILE_CREATE});
    assert_status(STATUS_OBJECT_NAME_COLLISION, rq.Status);
    assert_int_equal(before, fake_calls(&stage->fs, CREATE));
    stage_end(file);
    rq = stage_enter(stage, &(struct entry){.path = u"\\f", .disposition = FILE_CREATE});
    assert_status(STATUS_SUCCESS, rq.Status);
    assert_int_equal(before + 1, fake_calls(&stage->fs, CREATE));
    stage_end(rq.File);
    stage_close(stage);
}

static void c09_both_kinds(void **state)
{
    struct stage *stage = stage_open(0, NULL, NULL);
    for (ULONG disposition = FILE_SUPERSEDE; disposition <= FILE_OVERWRITE_IF; disposition++) {
        const struct entry both = {.path = u"\\f",
                                   .disposition = disposition,
                                   .options = FILE_DIRECTORY_FILE | FILE_NON_DIRECTORY_FILE};
        assert_status(STATUS_INVALID_PARAMETER, stage_enter(stage, &both).Status);
    }
    assert_int_equal(0, fake_calls(&stage->fs, CREATE));
    stage_close(stage);
}

static void c10_parent_grants_delete(void **state)
{
    static const struct {
        LPCWSTR path, parent;
        NTSTATUS parent_says;
    } rows[] = {{u"\\d\\f", u"\\d", STATUS_SUCCESS},
                {u"\\f", u"\\", STATUS_SUCCESS}, /* Dokany passes an empty name */
                {u"\\d\\f", u"\\d", STATUS_ACCESS_DENIED}};
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct stage *stage = stage_open(0, NULL, NULL);
        stage->fs.no_context = true;
        fake_returns(&stage->fs, CREATE, rows[i].parent_says);
        fake_returns_once(&stage->fs, CREATE, STATUS_ACCESS_DENIED);
        DOKAN_NT_REQUEST rq = stage_enter(
            stage, &(struct entry){.path = rows[i].path, .access = DELETE, .disposition = FILE_OPEN});
        assert_status(rows[i].parent_says, rq.Status);
        struct fake_call call = fake_last(&stage->fs, CREATE);
        assert_int_equal(0, DokanWcscmp(rows[i].parent, call.path));
        assert_true(call.access & FILE_DELETE_CHILD);
        if (rq.File)
            stage_end(rq.File);
        stage_close(stage);
    }
}

static void c16_failed_create(void **state)
{
    struct stage *stage = stage_open(0, NULL, NULL);
    fake_returns(&stage->fs, CREATE, STATUS_ACCESS_DENIED);
    const struct entry how = {.path = u"\\f", .access = FILE_GENERIC_READ, .disposition = FILE_OPEN};
    assert_status(STATUS_ACCESS_DENIED, stage_enter(stage, &how).Status);
    assert_int_equal(1, fake_calls(&stage->fs, CREATE));
    assert_int_equal(0, fake_calls(&stage->fs, CLEANUP));
    assert_int_equal(0, fake_calls(&stage->fs, CLOSE));
    stage_close(stage);
}

/* ---- closing and deleting ------------------------------------------------------------------------------ */

static void c11_delete_on_close(void **state)
{
    for (unsigned count = 1; count <= 3; count++) {
        struct stage *stage = stage_open(0, NULL, NULL);
        DOKAN_NT_FILE file[3];
        for (unsigned i = 0; i < count; i++)
            file[i] = stage_file(stage, u"\\f", i == 0 ? FILE_DELETE_ON_CLOSE : 0);
        for (unsigned i = 0; i < count; i++) {
            stage_end(file[i]);
            assert_int_equal(i + 1 == count, fake_last(&stage->fs, CLEANUP).delete_pending);
        }
        assert_int_equal(0, fake_calls(&stage->fs, DokanOperationDeleteFile));
        stage_close(stage);
    }
}

static void c12_disposition(void **state)
{
    struct stage *stage = stage_open(0, NULL, NULL);
    DOKAN_NT_FILE file = stage_file(stage, u"\\f", 0);
    for (unsigned i = 0; i < 3; i++) {
        bool delete = i % 2 == 0;
        assert_status(STATUS_SUCCESS, stage_dispose(file, delete));
        assert_int_equal(i + 1, fake_calls(&stage->fs, DokanOperationDeleteFile));
        assert_int_equal(delete, fake_last(&stage->fs, DokanOperationDeleteFile).delete_pending);
    }
    assert_status(STATUS_SUCCESS, stage_dispose(file, false));
    fake_has_size(&stage->fs, 0, FILE_ATTRIBUTE_READONLY);
    assert_status(STATUS_CANNOT_DELETE, stage_dispose(file, true));
    stage_end(file);
    assert_int_equal(0, fake_last(&stage->fs, CLEANUP).delete_pending);
    stage_close(stage);
}

static void c14_cleanup_then_close(void **state)
{
    struct stage *stage = stage_open(0, NULL, NULL);
    DOKAN_NT_FILE file = stage_file(stage, u"\\f", 0);
    stage_cleanup(file);
    assert_int_equal(1, fake_calls(&stage->fs, CLEANUP));
    assert_int_equal(0, fake_calls(&stage->fs, CLOSE));
    DOKAN_NT_REQUEST rq = stage_request(file, DOKAN_NT_CLOSE, NULL, 0);
    assert_status(STATUS_SUCCESS, DokanNtCall(&rq));
    assert_int_equal(1, fake_calls(&stage->fs, CLEANUP));
    assert_int_equal(1, fake_calls(&stage->fs, CLOSE));
    stage_close(stage);
}

static NTSTATUS set_context(struct fake *fs, struct fake_call *call, NTSTATUS planned)
{
    call->info->Context = 4711;
    return planned;
}

static NTSTATUS clear_context(struct fake *fs, struct fake_call *call, NTSTATUS planned)
{
    call->info->Context = 0;
    return planned;
}

static void c15_context(void **state)
{
    struct stage *stage = stage_open(0, NULL, NULL);
    struct fake *fs = &stage->fs;
    FILE_STANDARD_INFORMATION standard;
    LONGLONG size = 5;
    char byte = 0;
    fs->no_context = true;
    fake_hooks(fs, CREATE, set_context);
    fake_hooks(fs, CLEANUP, clear_context);
    DOKAN_NT_FILE file = stage_file(stage, u"\\f", 0);
    DOKAN_NT_REQUEST rq = stage_request(file, DOKAN_NT_READ, &byte, 1);
    DokanNtCall(&rq);
    rq = stage_request(file, DOKAN_NT_WRITE, &byte, 1);
    DokanNtCall(&rq);
    rq = stage_request(file, DOKAN_NT_FLUSH, NULL, 0);
    DokanNtCall(&rq);
    stage_query(file, FileStandardInformation, &standard, sizeof standard);
    stage_set(file, FileEndOfFileInformation, &size, sizeof size);
    stage_dispose(file, true);
    stage_end(file);
    static const DOKAN_OPERATION seen[] = {DokanOperationReadFile,
                                           DokanOperationWriteFile,
                                           DokanOperationFlushFileBuffers,
                                           DokanOperationGetFileInformation,
                                           DokanOperationSetEndOfFile,
                                           DokanOperationDeleteFile,
                                           CLEANUP};
    for (size_t i = 0; i < COUNT_OF(seen); i++)
        assert_int_equal(4711, fake_last(fs, seen[i]).context);
    assert_int_equal(0, fake_last(fs, CLOSE).context);
    stage_close(stage);
}

static void c34_end_with_open_handles(void **state)
{
    struct stage *stage = stage_open(0, NULL, NULL);
    DOKAN_NT_FILE file = stage_file(stage, u"\\f", 0);
    char byte;
    DokanCloseHandle(stage->volume);
    assert_int_equal(1, fake_calls(&stage->fs, DokanOperationUnmounted));
    assert_int_equal(1, fake_calls(&stage->fs, CLEANUP)); /* which Dokany leaves out */
    assert_int_equal(1, fake_calls(&stage->fs, CLOSE));
    DOKAN_NT_REQUEST rq = stage_request(file, DOKAN_NT_READ, &byte, 1);
    assert_true(DokanNtCall(&rq) < 0);
    stage_end(file);
    assert_int_equal(1, fake_calls(&stage->fs, CLOSE));
    stage_close(stage);
}

/* ---- data ---------------------------------------------------------------------------------------------- */

static void c17_reads(void **state)
{
    enum { FOUR_MIB = 4 << 20 };
    struct stage *stage = stage_open(0, NULL, NULL);
    DOKAN_NT_FILE file = stage_file(stage, u"\\f", 0);
    char *buffer = malloc(FOUR_MIB);
    assert_non_null(buffer);
    DOKAN_NT_REQUEST rq = stage_request(file, DOKAN_NT_READ, buffer, FOUR_MIB);
    assert_status(STATUS_SUCCESS, DokanNtCall(&rq));
    assert_int_equal(FOUR_MIB, rq.Information);
    assert_int_equal(1, fake_calls(&stage->fs, DokanOperationReadFile));
    assert_int_equal(FOUR_MIB, fake_last(&stage->fs, DokanOperationReadFile).length);
    stage->fs.transferred = 0;
    rq = stage_request(file, DOKAN_NT_READ, buffer, 10);
    assert_status(STATUS_END_OF_FILE, DokanNtCall(&rq));
    free(buffer);
    stage_end(file);
    stage_close(stage);
}

static void c18_append(void **state)
{
    struct stage *stage = stage_open(0, NULL, NULL);
    DOKAN_NT_FILE file = stage_file(stage, u"\\f", 0);
    char byte = 0;
    DOKAN_NT_REQUEST rq = stage_request(file, DOKAN_NT_WRITE, &byte, 1);
    rq.Offset = -1;
    assert_status(STATUS_SUCCESS, DokanNtCall(&rq));
    struct fake_call call = fake_last(&stage->fs, DokanOperationWriteFile);
    assert_int_equal(-1, call.offset);
    assert_int_equal(1, call.to_eof);
    stage_end(file);
    stage_close(stage);
}

static void c20_flush(void **state)
{
    static const NTSTATUS rows[][2] = {{STATUS_SUCCESS, STATUS_SUCCESS},
                                       {STATUS_NOT_IMPLEMENTED, STATUS_SUCCESS},
                                       {STATUS_ACCESS_DENIED, STATUS_NOT_SUPPORTED}};
    DOKAN_OPERATIONS without = fake_operations;
    without.FlushFileBuffers = NULL;
    for (size_t i = 0; i <= COUNT_OF(rows); i++) {
        bool missing = i == COUNT_OF(rows);
        struct stage *stage = stage_open(0, missing ? &without : NULL, NULL);
        if (!missing)
            fake_returns(&stage->fs, DokanOperationFlushFileBuffers, rows[i][0]);
        DOKAN_NT_FILE file = stage_file(stage, u"\\f", 0);
        DOKAN_NT_REQUEST rq = stage_request(file, DOKAN_NT_FLUSH, NULL, 0);
        assert_status(missing ? STATUS_SUCCESS : rows[i][1], DokanNtCall(&rq));
        stage_end(file);
        stage_close(stage);
    }
}

/* ---- volumes ------------------------------------------------------------------------------------------- */

static void c31_read_only(void **state)
{
    struct stage *stage = stage_open(DOKAN_OPTION_WRITE_PROTECT, NULL, NULL);
    const struct entry open_if = {.path = u"\\f", .disposition = FILE_OPEN_IF},
                       create = {.path = u"\\g", .disposition = FILE_CREATE};
    LONGLONG position = 1;
    DOKAN_NT_REQUEST rq = stage_enter(stage, &open_if);
    assert_status(STATUS_SUCCESS, rq.Status);
    assert_int_equal(FILE_OPENED, rq.Information);
    assert_status(STATUS_MEDIA_WRITE_PROTECTED,
                  stage_set(rq.File, FilePositionInformation, &position, sizeof position));
    stage_end(rq.File);
    fake_returns(&stage->fs, CREATE, STATUS_OBJECT_NAME_NOT_FOUND);
    assert_status(STATUS_MEDIA_WRITE_PROTECTED, stage_enter(stage, &open_if).Status);
    unsigned before = fake_calls(&stage->fs, CREATE);
    assert_status(STATUS_MEDIA_WRITE_PROTECTED, stage_enter(stage, &create).Status);
    assert_int_equal(before, fake_calls(&stage->fs, CREATE));
    stage_close(stage);
}

static void c32_streams(void **state)
{
    struct stage *stage = stage_open(0, NULL, NULL);
    const struct entry stream = {.path = u"\\f:s", .disposition = FILE_OPEN};
    assert_status(STATUS_INVALID_PARAMETER, stage_enter(stage, &stream).Status);
    assert_int_equal(0, fake_calls(&stage->fs, CREATE));
    stage_close(stage);
    stage = stage_open(DOKAN_OPTION_ALT_STREAM, NULL, NULL);
    fake_adds_stream(&stage->fs, u"::$DATA", 5);
    fake_adds_stream(&stage->fs, u":s:$DATA", 7);
    DOKAN_NT_REQUEST rq = stage_enter(stage, &stream);
    assert_status(STATUS_SUCCESS, rq.Status);
    assert_int_equal(0, DokanWcscmp(u"\\f:s", fake_last(&stage->fs, CREATE).path));
    _Alignas(8) char buffer[256];
    const FILE_STREAM_INFORMATION *first = (const void *)buffer;
    assert_status(STATUS_SUCCESS, stage_query(rq.File, FileStreamInformation, buffer, sizeof buffer));
    assert_int_equal(14, first->StreamNameLength);
    assert_memory_equal(first->StreamName, u"::$DATA", 14);
    assert_int_equal(5, first->StreamSize.QuadPart);
    assert_int_not_equal(0, first->NextEntryOffset);
    stage_end(rq.File);
    stage_close(stage);
}

static HANDLE token_of_create, token_of_read;

static NTSTATUS ask_in_create(struct fake *fs, struct fake_call *call, NTSTATUS planned)
{
    token_of_create = DokanOpenRequestorToken(call->info);
    return planned;
}

static NTSTATUS ask_in_read(struct fake *fs, struct fake_call *call, NTSTATUS planned)
{
    DOKAN_REQUESTOR who = {.Size = sizeof who};
    token_of_read = DokanOpenRequestorToken(call->info);
    assert_true(DokanGetRequestorIdentity(call->info, &who));
    assert_true(DokanResetTimeout(1000, call->info));
    return planned;
}

static void c36_requestor(void **state)
{
    struct stage *stage = stage_open(0, NULL, NULL);
    char byte;
    fake_hooks(&stage->fs, CREATE, ask_in_create);
    fake_hooks(&stage->fs, DokanOperationReadFile, ask_in_read);
    DOKAN_NT_FILE file = stage_file(stage, u"\\f", 0);
    assert_ptr_not_equal(INVALID_HANDLE_VALUE, token_of_create);
    assert_true(DokanWin32CloseHandle(token_of_create));
    DOKAN_NT_REQUEST rq = stage_request(file, DOKAN_NT_READ, &byte, 1);
    assert_status(STATUS_SUCCESS, DokanNtCall(&rq));
    assert_ptr_equal(INVALID_HANDLE_VALUE, token_of_read);
    stage_end(file);
    stage_close(stage);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(c06_dispositions),
        cmocka_unit_test(c07_open_if_of_what_is_there),
        cmocka_unit_test(c08_create_of_what_is_open),
        cmocka_unit_test(c09_both_kinds),
        cmocka_unit_test(c10_parent_grants_delete),
        cmocka_unit_test(c11_delete_on_close),
        cmocka_unit_test(c12_disposition),
        cmocka_unit_test(c14_cleanup_then_close),
        cmocka_unit_test(c15_context),
        cmocka_unit_test(c16_failed_create),
        cmocka_unit_test(c17_reads),
        cmocka_unit_test(c18_append),
        cmocka_unit_test(c20_flush),
        cmocka_unit_test(c31_read_only),
        cmocka_unit_test(c32_streams),
        cmocka_unit_test(c34_end_with_open_handles),
        cmocka_unit_test(c36_requestor),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
