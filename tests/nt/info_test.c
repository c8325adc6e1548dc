// SPDX-License-Identifier: MIT
/* Information classes of files: what is asked of the file system, what comes back, and which buffers do. */
#include "harness.h"
#include "nt/info.h"

#define INDEX_LOW  0x11223344u
#define INDEX_HIGH 0x55667788u
#define SERIAL     0xCAFEBABEu

static struct rig *rig_with_facts(void)
{
    struct rig *rig = rig_open(&(struct rig_spec){.unit = 4096, .options = DOKAN_OPTION_ALT_STREAM});
    rig->fs.info = (BY_HANDLE_FILE_INFORMATION){
        .dwFileAttributes = FILE_ATTRIBUTE_ARCHIVE | FILE_ATTRIBUTE_HIDDEN,
        .ftCreationTime = {1, 1},
        .ftLastAccessTime = {2, 2},
        .ftLastWriteTime = {3, 3},
        .dwVolumeSerialNumber = SERIAL,
        .nFileSizeHigh = 1,
        .nFileSizeLow = 5,
        .nNumberOfLinks = 7,
        .nFileIndexHigh = INDEX_HIGH,
        .nFileIndexLow = INDEX_LOW,
    };
    return rig;
}

#define TIME(n) ((LONGLONG)(n) << 32 | (n))

static void check_basic(const FILE_BASIC_INFORMATION *basic)
{
    assert_int_equal(TIME(1), basic->CreationTime.QuadPart);
    assert_int_equal(TIME(2), basic->LastAccessTime.QuadPart);
    assert_int_equal(TIME(3), basic->LastWriteTime.QuadPart);
    assert_int_equal(TIME(3), basic->ChangeTime.QuadPart);
    assert_int_equal(FILE_ATTRIBUTE_ARCHIVE | FILE_ATTRIBUTE_HIDDEN, basic->FileAttributes);
}

static void check_standard(const FILE_STANDARD_INFORMATION *standard)
{
    assert_int_equal(0x100000005, standard->EndOfFile.QuadPart);
    assert_int_equal(0x100001000, standard->AllocationSize.QuadPart);
    assert_int_equal(7, standard->NumberOfLinks);
    assert_false(standard->DeletePending);
    assert_false(standard->Directory);
}

static void test_contents(void **state)
{
    struct rig *rig = rig_with_facts();
    struct nt_handle *h = rig_must_open(rig, u"\\f");
    union {
        FILE_BASIC_INFORMATION basic;
        FILE_STANDARD_INFORMATION standard;
        FILE_INTERNAL_INFORMATION internal;
        FILE_EA_INFORMATION ea;
        FILE_NETWORK_OPEN_INFORMATION network;
        FILE_ATTRIBUTE_TAG_INFORMATION tag;
        FILE_ID_INFORMATION id;
        FILE_ACCESS_INFORMATION access;
        FILE_MODE_INFORMATION mode;
    } u;
    uint64_t n;
    memset(&u, 0xEE, sizeof u);
    assert_status(0, rig_query(rig, h, FileBasicInformation, &u, sizeof u, &n));
    assert_int_equal(40, n);
    check_basic(&u.basic);
    assert_status(0, rig_query(rig, h, FileStandardInformation, &u, sizeof u, &n));
    assert_int_equal(24, n);
    check_standard(&u.standard);
    assert_status(0, rig_query(rig, h, FileInternalInformation, &u, sizeof u, &n));
    assert_int_equal((uint64_t)INDEX_HIGH << 32 | INDEX_LOW, u.internal.IndexNumber.QuadPart);
    assert_status(0, rig_query(rig, h, FileEaInformation, &u, sizeof u, &n));
    assert_int_equal(0, u.ea.EaSize);
    assert_status(0, rig_query(rig, h, FileNetworkOpenInformation, &u, sizeof u, &n));
    assert_int_equal(56, n);
    assert_int_equal(0x100001000, u.network.AllocationSize.QuadPart);
    assert_int_equal(TIME(3), u.network.ChangeTime.QuadPart);
    assert_status(0, rig_query(rig, h, FileAttributeTagInformation, &u, sizeof u, &n));
    assert_int_equal(FILE_ATTRIBUTE_ARCHIVE | FILE_ATTRIBUTE_HIDDEN, u.tag.FileAttributes);
    assert_int_equal(0, u.tag.ReparseTag);
    static const uint8_t id[16] = {0x44, 0x33, 0x22, 0x11, 0x88, 0x77, 0x66, 0x55};
    assert_status(0, rig_query(rig, h, FileIdInformation, &u, sizeof u, &n));
    assert_int_equal(SERIAL, u.id.VolumeSerialNumber);
    assert_memory_equal(id, u.id.FileId.Identifier, sizeof id);
    unsigned asked = fake_calls(&rig->fs, DokanOperationGetFileInformation);
    assert_int_equal(7, asked);
    assert_status(0, rig_query(rig, h, FileAccessInformation, &u, sizeof u, &n));
    assert_int_equal(ACCESS_ALL, u.access.AccessFlags);
    assert_status(0, rig_query(rig, h, FileModeInformation, &u, sizeof u, &n));
    assert_int_equal(0, u.mode.Mode);
    assert_int_equal(asked, fake_calls(&rig->fs, DokanOperationGetFileInformation));
    rig_end(rig, h);
    rig_close(rig);
}

static void test_all(void **state)
{
    struct rig *rig = rig_with_facts();
    struct nt_handle *h = rig_must_open(rig, u"\\dir\\name");
    _Alignas(8) char buffer[256];
    uint64_t n;
    static const WCHAR path[] = u"\\dir\\name";
    const uint32_t bytes = 18, at = 100;
    for (uint32_t length = 90; length < at + bytes + 10; length++) {
        memset(buffer, 0xEE, sizeof buffer);
        NTSTATUS status = rig_query(rig, h, FileAllInformation, buffer, length, &n);
        if (length < sizeof(FILE_ALL_INFORMATION)) {
            assert_status(STATUS_INFO_LENGTH_MISMATCH, status);
            continue;
        }
        const FILE_ALL_INFORMATION *all = (const void *)buffer;
        assert_status(length < at + bytes ? STATUS_BUFFER_OVERFLOW : STATUS_SUCCESS, status);
        check_basic(&all->BasicInformation);
        check_standard(&all->StandardInformation);
        assert_int_equal(ACCESS_ALL, all->AccessInformation.AccessFlags);
        assert_int_equal(bytes, all->NameInformation.FileNameLength);
        uint32_t fits = length < at + bytes ? (length - at) & ~1u : bytes;
        assert_int_equal(at + fits, n);
        assert_memory_equal(path, buffer + at, fits);
        assert_int_equal((char)0xEE, buffer[at + fits]);
    }
    rig_end(rig, h);
    h = rig_must_open(rig, u"\\");
    assert_status(STATUS_INFO_LENGTH_MISMATCH, rig_query(rig, h, FileAllInformation, buffer, 103, &n));
    assert_status(STATUS_SUCCESS, rig_query(rig, h, FileAllInformation, buffer, 104, &n));
    rig_end(rig, h);
    rig_close(rig);
}

static void test_names(void **state)
{
    static const int classes[] = {FileNameInformation, FileNormalizedNameInformation,
                                  FileNetworkPhysicalNameInformation};
    struct rig *rig = rig_with_facts();
    struct nt_handle *h = rig_must_open(rig, u"\\name");
    for (size_t i = 0; i < COUNT_OF(classes); i++) {
        _Alignas(4) char buffer[64];
        uint64_t n;
        assert_status(STATUS_INFO_LENGTH_MISMATCH, rig_query(rig, h, classes[i], buffer, 7, &n));
        assert_status(STATUS_BUFFER_OVERFLOW, rig_query(rig, h, classes[i], buffer, 9, &n));
        assert_int_equal(8, n);
        assert_memory_equal(u"\\n", buffer + 4, 4);
        assert_status(STATUS_SUCCESS, rig_query(rig, h, classes[i], buffer, 14, &n));
        assert_int_equal(10, ((FILE_NAME_INFORMATION *)(void *)buffer)->FileNameLength);
        assert_memory_equal(u"\\name", buffer + 4, 10);
    }
    assert_int_equal(0, fake_calls(&rig->fs, DokanOperationGetFileInformation));
    rig_end(rig, h);
    rig_close(rig);
}

static void test_query_table(void **state)
{
    static const struct {
        int info_class;
        NTSTATUS with_room;
        uint32_t size; /* one byte less does not do */
    } rows[] = {
        {FileBasicInformation, STATUS_SUCCESS, 40},
        {FileStandardInformation, STATUS_SUCCESS, 24},
        {FileInternalInformation, STATUS_SUCCESS, 8},
        {FileEaInformation, STATUS_SUCCESS, 4},
        {FilePositionInformation, STATUS_SUCCESS, 8},
        {FileNetworkOpenInformation, STATUS_SUCCESS, 56},
        {FileAttributeTagInformation, STATUS_SUCCESS, 8},
        {FileIdInformation, STATUS_SUCCESS, 24},
        {FileAlternateNameInformation, STATUS_OBJECT_NAME_NOT_FOUND, 0},
        {FileProcessIdsUsingFileInformation, STATUS_INVALID_PARAMETER, 0},
        {FileRemoteProtocolInformation, STATUS_INVALID_PARAMETER, 0},
        {FileFullEaInformation, STATUS_INVALID_PARAMETER, 0},
        {FileDirectoryInformation, STATUS_INVALID_PARAMETER, 0},
        {FileRenameInformation, STATUS_INVALID_PARAMETER, 0},
        {0, STATUS_INVALID_PARAMETER, 0},
        {-1, STATUS_INVALID_PARAMETER, 0},
        {1000, STATUS_INVALID_PARAMETER, 0},
    };
    struct rig *rig = rig_with_facts();
    struct nt_handle *h = rig_must_open(rig, u"\\f");
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        _Alignas(8) char buffer[128];
        uint64_t n;
        assert_status(rows[i].with_room, rig_query(rig, h, rows[i].info_class, buffer, sizeof buffer, &n));
        assert_int_equal(rows[i].size, n);
        if (!rows[i].size)
            continue;
        assert_non_null(query_class_name(rows[i].info_class));
        assert_status(STATUS_SUCCESS, rig_query(rig, h, rows[i].info_class, buffer, rows[i].size, &n));
        assert_status(STATUS_INFO_LENGTH_MISMATCH,
                      rig_query(rig, h, rows[i].info_class, buffer, rows[i].size - 1, &n));
        assert_int_equal(0, n);
    }
    rig_end(rig, h);
    rig_close(rig);
}

static void test_query_errors(void **state)
{
    static const NTSTATUS errors[] = {STATUS_ACCESS_DENIED, STATUS_NOT_IMPLEMENTED, STATUS_BUFFER_OVERFLOW,
                                      STATUS_PENDING, STATUS_TIMEOUT};
    struct rig *rig = rig_with_facts();
    struct nt_handle *h = rig_must_open(rig, u"\\f");
    FILE_BASIC_INFORMATION basic;
    for (size_t i = 0; i < COUNT_OF(errors); i++) {
        fake_returns(&rig->fs, DokanOperationGetFileInformation, errors[i]);
        assert_status(STATUS_INVALID_PARAMETER,
                      rig_query(rig, h, FileBasicInformation, &basic, sizeof basic, NULL));
    }
    rig_end(rig, h);
    rig_close(rig);
    DOKAN_OPERATIONS ops = fake_operations;
    ops.GetFileInformation = NULL;
    rig = rig_open_with(&(struct rig_spec){0}, &ops);
    h = rig_must_open(rig, u"\\f");
    assert_status(STATUS_NOT_IMPLEMENTED,
                  rig_query(rig, h, FileBasicInformation, &basic, sizeof basic, NULL));
    rig_end(rig, h);
    rig_close(rig);
}

/* ---- streams ----------------------------------------------------------------------------------------- */

static void test_streams(void **state)
{
    struct rig *rig = rig_with_facts();
    fake_adds_stream(&rig->fs, u"::$DATA", 100);
    fake_adds_stream(&rig->fs, u"bad", 1);
    fake_adds_stream(&rig->fs, u":a/b:$DATA", 1);
    fake_adds_stream(&rig->fs, u":neg:$DATA", -1);
    fake_adds_stream(&rig->fs, u":", 1);
    fake_adds_stream(&rig->fs, u":two:$DATA", 5000);
    struct nt_handle *h = rig_must_open(rig, u"\\f");
    const uint32_t first = (32 + 14 + 7) / 8 * 8, second = (32 + 20 + 7) / 8 * 8;
    _Alignas(8) char buffer[256];
    uint64_t n;
    assert_status(STATUS_SUCCESS, rig_query(rig, h, FileStreamInformation, buffer, sizeof buffer, &n));
    assert_int_equal(first + second, n);
    const FILE_STREAM_INFORMATION *one = (const void *)buffer, *two = (const void *)(buffer + first);
    assert_int_equal(first, one->NextEntryOffset);
    assert_int_equal(14, one->StreamNameLength);
    assert_int_equal(100, one->StreamSize.QuadPart);
    assert_int_equal(4096, one->StreamAllocationSize.QuadPart);
    assert_memory_equal(u"::$DATA", buffer + 24, 14);
    assert_int_equal(0, two->NextEntryOffset);
    assert_int_equal(8192, two->StreamAllocationSize.QuadPart);
    assert_memory_equal(u":two:$DATA", buffer + first + 24, 20);
    assert_status(STATUS_SUCCESS, rig_query(rig, h, FileStreamInformation, buffer, first + second, &n));
    assert_status(STATUS_BUFFER_OVERFLOW,
                  rig_query(rig, h, FileStreamInformation, buffer, first + second - 1, &n));
    assert_int_equal(first, n);
    assert_int_equal(0, one->NextEntryOffset);
    assert_status(STATUS_INFO_LENGTH_MISMATCH, rig_query(rig, h, FileStreamInformation, buffer, 31, &n));
    fake_returns(&rig->fs, DokanOperationFindStreams, STATUS_END_OF_FILE);
    assert_status(STATUS_END_OF_FILE, rig_query(rig, h, FileStreamInformation, buffer, sizeof buffer, &n));
    fake_returns(&rig->fs, DokanOperationFindStreams, STATUS_PENDING);
    assert_status(STATUS_INTERNAL_ERROR, rig_query(rig, h, FileStreamInformation, buffer, sizeof buffer, &n));
    fake_returns(&rig->fs, DokanOperationFindStreams, STATUS_SUCCESS);
    rig->fs.stream_count = 0;
    assert_status(STATUS_SUCCESS, rig_query(rig, h, FileStreamInformation, buffer, sizeof buffer, &n));
    assert_int_equal(0, n);
    rig_end(rig, h);
    rig_close(rig);
}

static void test_streams_refused(void **state)
{
    _Alignas(8) char buffer[64];
    struct rig *rig = rig_open(&(struct rig_spec){0});
    struct nt_handle *h = rig_must_open(rig, u"\\f");
    assert_status(STATUS_INVALID_PARAMETER,
                  rig_query(rig, h, FileStreamInformation, buffer, sizeof buffer, NULL));
    assert_int_equal(0, fake_calls(&rig->fs, DokanOperationFindStreams));
    rig_end(rig, h);
    rig_close(rig);
    DOKAN_OPERATIONS ops = fake_operations;
    ops.FindStreams = NULL;
    rig = rig_open_with(&(struct rig_spec){.options = DOKAN_OPTION_ALT_STREAM}, &ops);
    h = rig_must_open(rig, u"\\f");
    assert_status(STATUS_NOT_IMPLEMENTED,
                  rig_query(rig, h, FileStreamInformation, buffer, sizeof buffer, NULL));
    rig_end(rig, h);
    rig_close(rig);
}

/* ---- setting ----------------------------------------------------------------------------------------- */

static void test_set_basic(void **state)
{
    struct rig *rig = rig_open(&(struct rig_spec){0});
    struct fake *fs = &rig->fs;
    struct nt_handle *h = rig_must_open(rig, u"\\f");
    FILE_BASIC_INFORMATION in = {.CreationTime.QuadPart = 0,
                                 .LastAccessTime.QuadPart = -1,
                                 .LastWriteTime.QuadPart = TIME(9),
                                 .FileAttributes = 0};
    assert_status(STATUS_SUCCESS, rig_set(rig, h, FileBasicInformation, &in, sizeof in));
    assert_int_equal(0, fake_last(fs, DokanOperationSetFileAttributes).attributes);
    struct fake_call call = fake_last(fs, DokanOperationSetFileTime);
    assert_int_equal(0, call.times[0]);
    assert_int_equal(-1, call.times[1]);
    assert_int_equal(TIME(9), call.times[2]);
    in.FileAttributes = FILE_ATTRIBUTE_HIDDEN;
    fake_returns(fs, DokanOperationSetFileAttributes, STATUS_ACCESS_DENIED);
    assert_status(STATUS_ACCESS_DENIED, rig_set(rig, h, FileBasicInformation, &in, sizeof in));
    assert_int_equal(FILE_ATTRIBUTE_HIDDEN, fake_last(fs, DokanOperationSetFileAttributes).attributes);
    assert_int_equal(1, fake_calls(fs, DokanOperationSetFileTime));
    in.CreationTime.QuadPart = -3;
    assert_status(STATUS_INVALID_PARAMETER, rig_set(rig, h, FileBasicInformation, &in, sizeof in));
    assert_status(STATUS_INFO_LENGTH_MISMATCH, rig_set(rig, h, FileBasicInformation, &in, sizeof in - 1));
    rig_end(rig, h);
    rig_close(rig);
    DOKAN_OPERATIONS ops = fake_operations;
    ops.SetFileTime = NULL;
    rig = rig_open_with(&(struct rig_spec){0}, &ops);
    h = rig_must_open(rig, u"\\f");
    in.CreationTime.QuadPart = 0;
    assert_status(STATUS_NOT_IMPLEMENTED, rig_set(rig, h, FileBasicInformation, &in, sizeof in));
    assert_int_equal(0, fake_calls(&rig->fs, DokanOperationSetFileAttributes));
    rig_end(rig, h);
    rig_close(rig);
}

static void test_set_sizes(void **state)
{
    static const struct {
        int info_class;
        LONGLONG size;
        NTSTATUS expected;
        int asks; /* a DOKAN_OPERATION, or -1 */
    } rows[] = {
        {FileEndOfFileInformation, 77, STATUS_SUCCESS, DokanOperationSetEndOfFile},
        {FileEndOfFileInformation, 0, STATUS_SUCCESS, DokanOperationSetEndOfFile},
        {FileEndOfFileInformation, -1, STATUS_INVALID_PARAMETER, -1},
        {FileAllocationInformation, 77, STATUS_SUCCESS, DokanOperationSetAllocationSize},
        {FileAllocationInformation, INT64_MIN, STATUS_INVALID_PARAMETER, -1},
        {FileValidDataLengthInformation, 50, STATUS_SUCCESS, -1}, /* the file has 100 bytes */
        {FileValidDataLengthInformation, 100, STATUS_SUCCESS, -1},
        {FileValidDataLengthInformation, 101, STATUS_SUCCESS, DokanOperationSetEndOfFile},
    };
    struct rig *rig = rig_open(&(struct rig_spec){0});
    struct nt_handle *h = rig_must_open(rig, u"\\f"), *d = rig_must_open(rig, u"\\d");
    fake_has_size(&rig->fs, 100, 0);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        fake_forget(&rig->fs);
        assert_status(rows[i].expected, rig_set(rig, h, rows[i].info_class, &rows[i].size, 8));
        unsigned calls = fake_calls(&rig->fs, DokanOperationSetEndOfFile) +
                         fake_calls(&rig->fs, DokanOperationSetAllocationSize);
        assert_int_equal(rows[i].asks >= 0, calls);
        if (rows[i].asks >= 0)
            assert_int_equal(rows[i].size, fake_last(&rig->fs, (DOKAN_OPERATION)rows[i].asks).offset);
        assert_status(STATUS_INVALID_PARAMETER, rig_set(rig, d, rows[i].info_class, &rows[i].size, 8));
    }
    rig_end(rig, h);
    rig_end(rig, d);
    rig_close(rig);
}

/* Kinds that do not fit, times before the beginning, positions between sectors, modes. */
static void test_set_values(void **state)
{
    static const struct {
        const WCHAR *path;
        ULONG attributes;
        LONGLONG change;
        NTSTATUS expected;
    } basics[] = {
        {u"\\f", FILE_ATTRIBUTE_DIRECTORY, 0, STATUS_INVALID_PARAMETER},
        {u"\\f", FILE_ATTRIBUTE_TEMPORARY, 0, STATUS_SUCCESS},
        {u"\\d", FILE_ATTRIBUTE_DIRECTORY, 0, STATUS_SUCCESS},
        {u"\\d", FILE_ATTRIBUTE_TEMPORARY, 0, STATUS_INVALID_PARAMETER},
        {u"\\f", 0, -2, STATUS_SUCCESS},
        {u"\\f", 0, -3, STATUS_INVALID_PARAMETER},
    };
    static const struct {
        ULONG options;
        LONGLONG position;
        ULONG mode;
        NTSTATUS positioned, moded;
    } rows[] = {
        {0, 7, FILE_WRITE_THROUGH, STATUS_SUCCESS, STATUS_SUCCESS},
        {0, -1, FILE_SYNCHRONOUS_IO_NONALERT, STATUS_INVALID_PARAMETER, STATUS_INVALID_PARAMETER},
        {FILE_NO_INTERMEDIATE_BUFFERING, 511, 0, STATUS_INVALID_PARAMETER, STATUS_SUCCESS},
        {FILE_NO_INTERMEDIATE_BUFFERING, 1024, FILE_DELETE_ON_CLOSE, STATUS_SUCCESS,
         STATUS_INVALID_PARAMETER},
        {FILE_SYNCHRONOUS_IO_ALERT, 7, FILE_SYNCHRONOUS_IO_NONALERT, STATUS_SUCCESS, STATUS_SUCCESS},
        {FILE_SYNCHRONOUS_IO_ALERT, 7, FILE_SEQUENTIAL_ONLY, STATUS_SUCCESS, STATUS_INVALID_PARAMETER},
    };
    struct rig *rig = rig_open(&(struct rig_spec){.sector = 512, .unit = 512});
    for (size_t i = 0; i < COUNT_OF(basics); i++) {
        struct nt_handle *h = rig_must_open(rig, basics[i].path);
        FILE_BASIC_INFORMATION in = {.FileAttributes = basics[i].attributes,
                                     .ChangeTime.QuadPart = basics[i].change};
        assert_status(basics[i].expected, rig_set(rig, h, FileBasicInformation, &in, sizeof in));
        rig_end(rig, h);
    }
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct opening how = {.path = u"\\f",
                              .access = FILE_GENERIC_READ,
                              .disposition = FILE_OPEN,
                              .options = rows[i].options};
        struct nt_handle *h = rig_create(rig, &how).handle;
        FILE_MODE_INFORMATION mode;
        assert_status(rows[i].positioned,
                      rig_set(rig, h, FilePositionInformation, &rows[i].position, sizeof(LONGLONG)));
        assert_status(rows[i].moded, rig_set(rig, h, FileModeInformation, &rows[i].mode, sizeof(ULONG)));
        rig_query(rig, h, FileModeInformation, &mode, sizeof mode, NULL);
        if (rows[i].moded == STATUS_SUCCESS)
            assert_int_equal(rows[i].mode, mode.Mode & ~(ULONG)FILE_NO_INTERMEDIATE_BUFFERING);
        rig_end(rig, h);
    }
    rig_close(rig);
}

static void test_set_refused(void **state)
{
    static const int unknown[] = {FileLinkInformation,
                                  FileShortNameInformation,
                                  FileFullEaInformation,
                                  FileStandardInformation,
                                  0,
                                  -1,
                                  1000};
    static const struct {
        int info_class;
        ACCESS_MASK needs;
    } rights[] = {
        {FileBasicInformation, FILE_WRITE_ATTRIBUTES}, {FileDispositionInformation, DELETE},
        {FileDispositionInformationEx, DELETE},        {FileEndOfFileInformation, FILE_WRITE_DATA},
        {FileAllocationInformation, FILE_WRITE_DATA},  {FileRenameInformation, DELETE},
    };
    char buffer[64] = {0};
    struct rig *rig = rig_open(&(struct rig_spec){0});
    struct nt_handle *h = rig_must_open(rig, u"\\f");
    for (size_t i = 0; i < COUNT_OF(unknown); i++)
        assert_status(STATUS_INVALID_PARAMETER, rig_set(rig, h, unknown[i], buffer, sizeof buffer));
    rig_end(rig, h);
    for (size_t i = 0; i < COUNT_OF(rights); i++) {
        struct opening how = {
            .path = u"\\f", .access = ACCESS_ALL & ~rights[i].needs, .disposition = FILE_OPEN};
        h = rig_create(rig, &how).handle;
        assert_status(STATUS_ACCESS_DENIED, rig_set(rig, h, rights[i].info_class, buffer, sizeof buffer));
        assert_non_null(set_class_name(rights[i].info_class));
        rig_end(rig, h);
    }
    rig_close(rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_contents),        cmocka_unit_test(test_all),
        cmocka_unit_test(test_names),           cmocka_unit_test(test_query_table),
        cmocka_unit_test(test_query_errors),    cmocka_unit_test(test_streams),
        cmocka_unit_test(test_streams_refused), cmocka_unit_test(test_set_basic),
        cmocka_unit_test(test_set_sizes),       cmocka_unit_test(test_set_refused),
        cmocka_unit_test(test_set_values),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
