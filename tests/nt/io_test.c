// SPDX-License-Identifier: MIT
/* Read, write, flush and byte-range locks, as callbacks see them and callers get them back. */
#include "harness.h"

static void test_read(void **state)
{
    static const struct {
        LONGLONG transferred; /* -1: all that was asked for */
        NTSTATUS from_fs, expected;
        uint32_t done;
    } rows[] = {
        {-1, STATUS_SUCCESS, STATUS_SUCCESS, 100},
        {7, STATUS_SUCCESS, STATUS_SUCCESS, 7},
        {0, STATUS_SUCCESS, STATUS_END_OF_FILE, 0},
        {101, STATUS_SUCCESS, STATUS_INSUFFICIENT_RESOURCES, 0},
        {-1, STATUS_END_OF_FILE, STATUS_END_OF_FILE, 0},
        {-1, STATUS_BUFFER_OVERFLOW, STATUS_BUFFER_OVERFLOW, 0},
        {-1, STATUS_ACCESS_DENIED, STATUS_ACCESS_DENIED, 0},
        {-1, STATUS_PENDING, STATUS_INTERNAL_ERROR, 0},
    };
    struct rig *rig = rig_open(&(struct rig_spec){0});
    struct nt_handle *h = rig_must_open(rig, u"\\f");
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        char buffer[100];
        uint32_t done = 0;
        rig->fs.transferred = rows[i].transferred;
        fake_returns(&rig->fs, DokanOperationReadFile, rows[i].from_fs);
        assert_status(rows[i].expected, rig_read(rig, h, buffer, sizeof buffer, 5, &done));
        assert_int_equal(rows[i].done, done);
        assert_int_equal(5, fake_last(&rig->fs, DokanOperationReadFile).offset);
    }
    rig_end(rig, h);
    rig_close(rig);
}

static void test_big_read_is_one_callback(void **state)
{
    enum { FOUR_MIB = 4 << 20 };
    struct rig *rig = rig_open(&(struct rig_spec){0});
    struct nt_handle *h = rig_must_open(rig, u"\\f");
    char *buffer = malloc(FOUR_MIB);
    uint32_t done;
    assert_status(STATUS_SUCCESS, rig_read(rig, h, buffer, FOUR_MIB, 0, &done));
    assert_int_equal(FOUR_MIB, done);
    assert_int_equal(1, fake_calls(&rig->fs, DokanOperationReadFile));
    assert_int_equal(FOUR_MIB, fake_last(&rig->fs, DokanOperationReadFile).length);
    assert_ptr_equal(buffer, fake_last(&rig->fs, DokanOperationReadFile).buffer);
    assert_int_equal('r', buffer[FOUR_MIB - 1]);
    free(buffer);
    rig_end(rig, h);
    rig_close(rig);
}

static void test_edges(void **state)
{
    struct rig *rig = rig_open(&(struct rig_spec){0});
    struct nt_handle *f = rig_must_open(rig, u"\\f"), *d = rig_must_open(rig, u"\\d");
    struct opening reader = {.path = u"\\g", .access = FILE_GENERIC_READ, .disposition = FILE_OPEN};
    struct nt_handle *r = rig_create(rig, &reader).handle;
    char byte = 0;
    assert_status(STATUS_SUCCESS, rig_read(rig, f, NULL, 0, 0, NULL));
    assert_status(STATUS_SUCCESS, rig_write(rig, f, NULL, 0, 0, NULL));
    assert_status(STATUS_INVALID_PARAMETER, rig_read(rig, d, &byte, 1, 0, NULL));
    assert_status(STATUS_INVALID_PARAMETER, rig_write(rig, d, &byte, 1, 0, NULL));
    assert_status(STATUS_INVALID_PARAMETER, rig_read(rig, f, NULL, 1, 0, NULL));
    assert_status(STATUS_INVALID_PARAMETER, rig_read(rig, f, &byte, 1, -3, NULL));
    assert_status(STATUS_INVALID_PARAMETER, rig_write(rig, f, &byte, 1, INT64_MAX, NULL));
    assert_status(STATUS_ACCESS_DENIED, rig_write(rig, r, &byte, 1, 0, NULL));
    assert_int_equal(0, fake_calls(&rig->fs, DokanOperationReadFile));
    assert_int_equal(0, fake_calls(&rig->fs, DokanOperationWriteFile));
    rig_end(rig, f);
    rig_end(rig, d);
    rig_end(rig, r);
    rig_close(rig);
}

static void test_write(void **state)
{
    static const struct {
        LONGLONG transferred;
        NTSTATUS from_fs, expected;
        uint32_t done;
    } rows[] = {
        {-1, STATUS_SUCCESS, STATUS_SUCCESS, 10},    {3, STATUS_SUCCESS, STATUS_SUCCESS, 3},
        {0, STATUS_SUCCESS, STATUS_SUCCESS, 0},      {11, STATUS_SUCCESS, STATUS_INSUFFICIENT_RESOURCES, 0},
        {-1, STATUS_DISK_FULL, STATUS_DISK_FULL, 0},
    };
    struct rig *rig = rig_open(&(struct rig_spec){0});
    struct nt_handle *h = rig_must_open(rig, u"\\f");
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        uint32_t done = 0;
        rig->fs.transferred = rows[i].transferred;
        fake_returns(&rig->fs, DokanOperationWriteFile, rows[i].from_fs);
        assert_status(rows[i].expected, rig_write(rig, h, "0123456789", 10, 77, &done));
        assert_int_equal(rows[i].done, done);
        struct fake_call call = fake_last(&rig->fs, DokanOperationWriteFile);
        assert_int_equal(77, call.offset);
        assert_int_equal(10, call.length);
        assert_int_equal(0, call.to_eof);
    }
    rig_end(rig, h);
    rig_close(rig);
}

static void test_append_and_position(void **state)
{
    struct rig *rig = rig_open(&(struct rig_spec){0});
    struct opening how = {.path = u"\\f", .disposition = FILE_OPEN, .options = FILE_SYNCHRONOUS_IO_NONALERT};
    struct nt_handle *h = rig_create(rig, &how).handle;
    char buffer[8] = {0};
    FILE_POSITION_INFORMATION position;
    fake_has_size(&rig->fs, 1234, 0);
    assert_status(STATUS_SUCCESS, rig_write(rig, h, buffer, 8, -1, NULL));
    struct fake_call call = fake_last(&rig->fs, DokanOperationWriteFile);
    assert_int_equal(-1, call.offset);
    assert_int_equal(1, call.to_eof);
    assert_int_equal(1, call.synchronous);
    rig_query(rig, h, FilePositionInformation, &position, sizeof position, NULL);
    assert_int_equal(1234, position.CurrentByteOffset.QuadPart);
    position.CurrentByteOffset.QuadPart = 100;
    assert_status(STATUS_SUCCESS, rig_set(rig, h, FilePositionInformation, &position, sizeof position));
    assert_status(STATUS_SUCCESS, rig_read(rig, h, buffer, 8, -2, NULL));
    assert_int_equal(100, fake_last(&rig->fs, DokanOperationReadFile).offset);
    rig_query(rig, h, FilePositionInformation, &position, sizeof position, NULL);
    assert_int_equal(108, position.CurrentByteOffset.QuadPart);
    rig_end(rig, h);
    rig_close(rig);
}

static void test_flags(void **state)
{
    struct rig *rig = rig_open(&(struct rig_spec){0});
    struct nt_handle *h = rig_must_open(rig, u"\\f");
    fake_has_size(&rig->fs, 1, 0);
    for (unsigned bits = 0; bits < 4; bits++) {
        char byte = 0;
        struct nt_request rq;
        rig_request(rig, &rq, NT_WRITE, h);
        rq.io =
            (struct nt_io_args){.buffer = &byte, .length = 1, .paging = bits & 1, .nocache = (bits & 2) != 0};
        assert_status(STATUS_SUCCESS, nt_call(&rq, NULL));
        struct fake_call call = fake_last(&rig->fs, DokanOperationWriteFile);
        assert_int_equal(bits & 1, call.paging);
        assert_int_equal(bits >> 1, call.nocache);
        assert_int_equal(0, call.synchronous);
    }
    rig_end(rig, h);
    rig_close(rig);
}

static NTSTATUS paging_write(struct rig *rig, struct nt_handle *h, uint32_t length, int64_t offset,
                             uint64_t *done)
{
    static char data[64];
    struct nt_request rq;
    rig_request(rig, &rq, NT_WRITE, h);
    rq.io = (struct nt_io_args){.buffer = data, .length = length, .offset = offset, .paging = true};
    return nt_call(&rq, done);
}

/* Even where the file system would let the file grow; also after the Cleanup. */
static void test_paging_never_grows_a_file(void **state)
{
    static const struct {
        int64_t offset;
        uint32_t length, written; /* 0: not even asked */
    } rows[] = {{0, 10, 10}, {8, 10, 2}, {9, 1, 1}, {10, 4, 0}, {1000, 64, 0}, {-1, 4, 0}};
    struct rig *rig = rig_open(&(struct rig_spec){0});
    struct nt_handle *h = rig_must_open(rig, u"\\f");
    fake_has_size(&rig->fs, 10, 0);
    for (int cleaned = 0; cleaned < 2; cleaned++) {
        for (size_t i = 0; i < COUNT_OF(rows); i++) {
            uint64_t done = 99;
            fake_forget(&rig->fs);
            assert_status(STATUS_SUCCESS, paging_write(rig, h, rows[i].length, rows[i].offset, &done));
            assert_int_equal(rows[i].written, done);
            assert_int_equal(rows[i].written != 0, fake_calls(&rig->fs, DokanOperationWriteFile));
            if (rows[i].written)
                assert_int_equal(rows[i].written, fake_last(&rig->fs, DokanOperationWriteFile).length);
        }
        if (!cleaned)
            rig_cleanup(rig, h);
    }
    char byte;
    assert_status(STATUS_FILE_CLOSED, rig_read(rig, h, &byte, 1, 0, NULL));
    rig_close_only(rig, h);
    rig_close(rig);
}

/* Who has no right but to append does not write elsewhere. */
static void test_append_only(void **state)
{
    struct rig *rig = rig_open(&(struct rig_spec){0});
    struct opening how = {.path = u"\\f",
                          .access = FILE_APPEND_DATA | FILE_READ_ATTRIBUTES | SYNCHRONIZE,
                          .disposition = FILE_OPEN,
                          .options = FILE_SYNCHRONOUS_IO_NONALERT};
    struct nt_handle *h = rig_create(rig, &how).handle;
    fake_has_size(&rig->fs, 100, 0);
    assert_status(STATUS_SUCCESS, rig_write(rig, h, "x", 1, 7, NULL));
    assert_int_equal(-1, fake_last(&rig->fs, DokanOperationWriteFile).offset);
    assert_int_equal(1, fake_last(&rig->fs, DokanOperationWriteFile).to_eof);
    FILE_POSITION_INFORMATION position;
    rig_query(rig, h, FilePositionInformation, &position, sizeof position, NULL);
    assert_int_equal(100, position.CurrentByteOffset.QuadPart);
    rig_end(rig, h);
    rig_close(rig);
}

static void test_flush(void **state)
{
    static const struct {
        NTSTATUS from_fs, expected;
    } rows[] = {
        {STATUS_SUCCESS, STATUS_SUCCESS},
        {STATUS_NOT_IMPLEMENTED, STATUS_SUCCESS},
        {STATUS_ACCESS_DENIED, STATUS_NOT_SUPPORTED},
    };
    struct rig *rig = rig_open(&(struct rig_spec){0});
    struct nt_handle *h = rig_must_open(rig, u"\\f");
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        fake_returns(&rig->fs, DokanOperationFlushFileBuffers, rows[i].from_fs);
        assert_status(rows[i].expected, rig_flush(rig, h));
    }
    rig_end(rig, h);
    rig_close(rig);
    DOKAN_OPERATIONS ops = fake_operations;
    ops.FlushFileBuffers = NULL;
    rig = rig_open_with(&(struct rig_spec){0}, &ops);
    h = rig_must_open(rig, u"\\f");
    assert_status(STATUS_SUCCESS, rig_flush(rig, h));
    rig_end(rig, h);
    rig_close(rig);
}

static NTSTATUS lock_call(struct rig *rig, struct nt_handle *h, enum nt_op op, bool all)
{
    struct nt_request rq;
    rig_request(rig, &rq, op, h);
    rq.lock = (struct nt_lock_args){.offset = 10, .length = 20, .exclusive = true, .all = all};
    return nt_call(&rq, NULL);
}

static void test_user_mode_locks(void **state)
{
    static const struct {
        enum nt_op op;
        bool all;
        NTSTATUS from_fs, expected;
        bool asked;
    } rows[] = {
        {NT_LOCK, false, STATUS_SUCCESS, STATUS_SUCCESS, true},
        {NT_LOCK, false, STATUS_NOT_IMPLEMENTED, STATUS_NOT_IMPLEMENTED, true},
        {NT_LOCK, false, STATUS_ACCESS_DENIED, STATUS_LOCK_NOT_GRANTED, true},
        {NT_UNLOCK, false, STATUS_SUCCESS, STATUS_SUCCESS, true},
        {NT_UNLOCK, false, STATUS_NOT_IMPLEMENTED, STATUS_NOT_IMPLEMENTED, true},
        {NT_UNLOCK, false, STATUS_RANGE_NOT_LOCKED, STATUS_SUCCESS, true},
        {NT_UNLOCK, true, STATUS_SUCCESS, STATUS_SUCCESS, false},
    };
    struct rig *rig = rig_open(&(struct rig_spec){.options = DOKAN_OPTION_FILELOCK_USER_MODE});
    struct nt_handle *h = rig_must_open(rig, u"\\f");
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        DOKAN_OPERATION op = rows[i].op == NT_LOCK ? DokanOperationLockFile : DokanOperationUnlockFile;
        fake_forget(&rig->fs);
        fake_returns(&rig->fs, op, rows[i].from_fs);
        assert_status(rows[i].expected, lock_call(rig, h, rows[i].op, rows[i].all));
        assert_int_equal(rows[i].asked, fake_calls(&rig->fs, op));
        if (rows[i].asked) {
            assert_int_equal(10, fake_last(&rig->fs, op).offset);
            assert_int_equal(20, fake_last(&rig->fs, op).length);
        }
    }
    rig_end(rig, h);
    rig_close(rig);
    rig = rig_open(&(struct rig_spec){0});
    h = rig_must_open(rig, u"\\f");
    assert_status(STATUS_SUCCESS, lock_call(rig, h, NT_LOCK, false));
    assert_int_equal(0, fake_calls(&rig->fs, DokanOperationLockFile));
    rig_end(rig, h);
    rig_close(rig);
}

static void test_missing_callbacks(void **state)
{
    DOKAN_OPERATIONS ops = fake_operations;
    ops.ReadFile = NULL;
    ops.WriteFile = NULL;
    ops.Cleanup = NULL;
    ops.CloseFile = NULL;
    struct rig *rig = rig_open_with(&(struct rig_spec){0}, &ops);
    rig->fs.no_context = true;
    struct nt_handle *h = rig_must_open(rig, u"\\f");
    char byte = 0;
    assert_status(STATUS_NOT_IMPLEMENTED, rig_read(rig, h, &byte, 1, 0, NULL));
    assert_status(STATUS_NOT_IMPLEMENTED, rig_write(rig, h, &byte, 1, 0, NULL));
    rig_end(rig, h);
    rig_close(rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_read),
        cmocka_unit_test(test_big_read_is_one_callback),
        cmocka_unit_test(test_edges),
        cmocka_unit_test(test_write),
        cmocka_unit_test(test_append_and_position),
        cmocka_unit_test(test_flags),
        cmocka_unit_test(test_paging_never_grows_a_file),
        cmocka_unit_test(test_append_only),
        cmocka_unit_test(test_flush),
        cmocka_unit_test(test_user_mode_locks),
        cmocka_unit_test(test_missing_callbacks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
