// SPDX-License-Identifier: MIT
/* Information classes of NTFS that go beyond Dokany's: over memfs with its extended operations, and without.
 */
#include "harness.h"
#include "memfs.h"
#include "nt/info.h"

struct world {
    void *memfs;
    struct rig *rig;
};

static struct world world_open(unsigned flags, ULONG options)
{
    struct world w = {.memfs = memfs_new(flags, 0)};
    assert_non_null(w.memfs);
    w.rig =
        rig_open(&(struct rig_spec){.operations = memfs_operations(),
                                    .operations_ex = flags & MEMFS_EXTENDED ? memfs_operations_ex() : NULL,
                                    .context = w.memfs,
                                    .unit = 4096,
                                    .sector = 512,
                                    .options = options});
    return w;
}

static void world_close(struct world *w)
{
    rig_close(w->rig);
    memfs_free(w->memfs);
}

static struct nt_handle *make(struct rig *rig, const WCHAR *path, ULONG options)
{
    struct opened o =
        rig_create(rig, &(struct opening){.path = path, .disposition = FILE_CREATE, .options = options});
    assert_status(STATUS_SUCCESS, o.status);
    return o.handle;
}

static NTSTATUS ask(struct rig *rig, struct nt_handle *h, int info_class, void *out, uint32_t length)
{
    memset(out, 0xEE, length);
    return rig_query(rig, h, info_class, out, length, NULL);
}

static NTSTATUS further_name(struct rig *rig, struct nt_handle *h, const WCHAR *name)
{
    return rig_name_ex(rig, h, FileLinkInformationEx, name, 0);
}

/* ---- lengths ----------------------------------------------------------------------------------------- */

static void test_lengths(void **state)
{
    static const struct {
        int info_class;
        uint32_t size;
        bool directory;
    } rows[] = {
        {FileCompressionInformation, 16, false},  {FileIsRemoteDeviceInformation, 1, false},
        {FileStandardLinkInformation, 12, false}, {FileStatInformation, 72, false},
        {FileStatLxInformation, 96, false},       {FileStatBasicInformation, 104, false},
        {FileCaseSensitiveInformation, 4, true},
    };
    struct world w = world_open(MEMFS_EXTENDED, 0);
    struct nt_handle *f = make(w.rig, u"\\f", 0), *d = make(w.rig, u"\\d", FILE_DIRECTORY_FILE);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        _Alignas(8) unsigned char buffer[128];
        struct nt_handle *h = rows[i].directory ? d : f;
        uint64_t n = 0;
        memset(buffer, 0xEE, sizeof buffer);
        assert_status(STATUS_INFO_LENGTH_MISMATCH,
                      rig_query(w.rig, h, rows[i].info_class, buffer, rows[i].size - 1, &n));
        assert_int_equal(0xEE, buffer[0]);
        assert_status(STATUS_SUCCESS, rig_query(w.rig, h, rows[i].info_class, buffer, rows[i].size, &n));
        assert_int_equal(rows[i].size, n);
        assert_int_equal(0xEE, buffer[n]);
        assert_non_null(query_class_name(rows[i].info_class));
    }
    uint32_t none;
    assert_status(STATUS_INVALID_PARAMETER, ask(w.rig, f, FileCaseSensitiveInformation, &none, sizeof none));
    rig_end(w.rig, f);
    rig_end(w.rig, d);
    world_close(&w);
}

static void test_rights(void **state)
{
    static const struct {
        int info_class;
        ACCESS_MASK needs;
    } rows[] = {
        {FileBasicInformation, FILE_READ_ATTRIBUTES},
        {FileAllInformation, FILE_READ_ATTRIBUTES},
        {FileNetworkOpenInformation, FILE_READ_ATTRIBUTES},
        {FileStatInformation, FILE_READ_ATTRIBUTES},
        {FileAttributeTagInformation, FILE_READ_ATTRIBUTES},
        {FileStatLxInformation, FILE_READ_EA},
        {FileStandardInformation, 0},
        {FileInternalInformation, 0},
        {FileEaInformation, 0},
        {FileNameInformation, 0},
        {FilePositionInformation, 0},
        {FileStandardLinkInformation, 0},
    };
    struct world w = world_open(MEMFS_EXTENDED, 0);
    rig_end(w.rig, make(w.rig, u"\\f", 0));
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        char buffer[256];
        const ACCESS_MASK all = FILE_READ_ATTRIBUTES | FILE_READ_EA;
        struct opening how = {
            .path = u"\\f", .access = SYNCHRONIZE | (all & ~rows[i].needs), .disposition = FILE_OPEN};
        if (!rows[i].needs)
            how.access = SYNCHRONIZE;
        struct nt_handle *h = rig_create(w.rig, &how).handle;
        assert_status(rows[i].needs ? STATUS_ACCESS_DENIED : STATUS_SUCCESS,
                      ask(w.rig, h, rows[i].info_class, buffer, sizeof buffer));
        rig_end(w.rig, h);
    }
    world_close(&w);
}

/* ---- facts ------------------------------------------------------------------------------------------- */

static void test_one_file_in_all_classes(void **state)
{
    struct world w = world_open(MEMFS_EXTENDED, DOKAN_OPTION_NETWORK);
    struct nt_handle *h = make(w.rig, u"\\f", 0);
    assert_status(STATUS_SUCCESS, rig_write(w.rig, h, "12345", 5, 0, NULL));
    FILE_BASIC_INFORMATION times = {.CreationTime.QuadPart = 1000,
                                    .LastWriteTime.QuadPart = 2000,
                                    .LastAccessTime.QuadPart = 3000,
                                    .ChangeTime.QuadPart = 4000};
    assert_status(STATUS_SUCCESS, rig_set(w.rig, h, FileBasicInformation, &times, sizeof times));
    assert_status(STATUS_SUCCESS, further_name(w.rig, h, u"g"));
    assert_status(STATUS_SUCCESS, rig_set(w.rig, h, FileBasicInformation, &times, sizeof times));
    FILE_STANDARD_INFORMATION standard;
    FILE_INTERNAL_INFORMATION internal;
    FILE_ID_INFORMATION id;
    FILE_STAT_INFORMATION stat;
    FILE_STAT_BASIC_INFORMATION basic;
    FILE_NETWORK_OPEN_INFORMATION network;
    FILE_STANDARD_LINK_INFORMATION links;
    FILE_COMPRESSION_INFORMATION compression;
    FILE_IS_REMOTE_DEVICE_INFORMATION remote;
    assert_status(0, ask(w.rig, h, FileStandardInformation, &standard, sizeof standard));
    assert_status(0, ask(w.rig, h, FileInternalInformation, &internal, sizeof internal));
    assert_status(0, ask(w.rig, h, FileIdInformation, &id, sizeof id));
    assert_status(0, ask(w.rig, h, FileStatInformation, &stat, sizeof stat));
    assert_status(0, ask(w.rig, h, FileStatBasicInformation, &basic, sizeof basic));
    assert_status(0, ask(w.rig, h, FileNetworkOpenInformation, &network, sizeof network));
    assert_status(0, ask(w.rig, h, FileStandardLinkInformation, &links, sizeof links));
    assert_status(0, ask(w.rig, h, FileCompressionInformation, &compression, sizeof compression));
    assert_status(0, ask(w.rig, h, FileIsRemoteDeviceInformation, &remote, sizeof remote));
    int64_t allocation = standard.AllocationSize.QuadPart;
    assert_true(allocation > 0 && allocation != 4096); /* memfs' own, not the size rounded up */
    assert_int_equal(2, standard.NumberOfLinks);
    assert_int_not_equal(0, internal.IndexNumber.QuadPart);
    assert_memory_equal(&internal.IndexNumber, id.FileId.Identifier, 8);
    assert_int_equal(internal.IndexNumber.QuadPart, stat.FileId.QuadPart);
    assert_int_equal(1000, stat.CreationTime.QuadPart);
    assert_int_equal(2000, stat.LastWriteTime.QuadPart);
    assert_int_equal(3000, stat.LastAccessTime.QuadPart);
    assert_int_equal(4000, stat.ChangeTime.QuadPart);
    assert_int_equal(5, stat.EndOfFile.QuadPart);
    assert_int_equal(allocation, stat.AllocationSize.QuadPart);
    assert_int_equal(ACCESS_ALL, stat.EffectiveAccess);
    assert_memory_equal(&stat, &basic, offsetof(FILE_STAT_INFORMATION, EffectiveAccess));
    assert_int_equal(FILE_DEVICE_DISK, basic.DeviceType);
    assert_int_equal(FILE_REMOTE_DEVICE, basic.DeviceCharacteristics);
    assert_int_equal(id.VolumeSerialNumber, basic.VolumeSerialNumber.QuadPart);
    assert_int_not_equal(0, id.VolumeSerialNumber);
    assert_memory_equal(id.FileId.Identifier, basic.FileId128.Identifier, 16);
    assert_int_equal(4000, network.ChangeTime.QuadPart);
    assert_int_equal(allocation, network.AllocationSize.QuadPart);
    assert_int_equal(2, links.NumberOfAccessibleLinks);
    assert_int_equal(2, links.TotalNumberOfLinks);
    assert_int_equal(allocation, compression.CompressedFileSize.QuadPart);
    assert_int_equal(0, compression.CompressionFormat);
    assert_int_equal(12, compression.ClusterShift);
    assert_true(remote.IsRemote);
    assert_status(STATUS_SUCCESS, rig_dispose(w.rig, h, true));
    assert_status(0, ask(w.rig, h, FileStandardLinkInformation, &links, sizeof links));
    assert_int_equal(1, links.NumberOfAccessibleLinks);
    assert_int_equal(2, links.TotalNumberOfLinks);
    assert_true(links.DeletePending);
    rig_end(w.rig, h);
    world_close(&w);
}

static void test_reparse_tag(void **state)
{
    struct world w = world_open(MEMFS_EXTENDED, 0);
    uint8_t link[200];
    struct nt_request rq;
    struct nt_handle *h = make(w.rig, u"\\f", FILE_OPEN_REPARSE_POINT);
    rig_request(w.rig, &rq, NT_SET_REPARSE, h);
    rq.reparse = (struct nt_reparse_args){.node = nt_handle_node(h), .buffer = link};
    rq.reparse.length = nt_reparse_make_link("else/where", link, sizeof link);
    assert_status(STATUS_SUCCESS, nt_call(&rq, NULL));
    FILE_ATTRIBUTE_TAG_INFORMATION tag;
    FILE_STAT_LX_INFORMATION lx;
    assert_status(0, ask(w.rig, h, FileAttributeTagInformation, &tag, sizeof tag));
    assert_true(tag.FileAttributes & FILE_ATTRIBUTE_REPARSE_POINT);
    assert_int_equal(IO_REPARSE_TAG_LX_SYMLINK, tag.ReparseTag);
    assert_status(0, ask(w.rig, h, FileStatLxInformation, &lx, sizeof lx));
    assert_int_equal(IO_REPARSE_TAG_LX_SYMLINK, lx.ReparseTag);
    rig_end(w.rig, h);
    world_close(&w);
}

static void test_linux_facts(void **state)
{
    struct world w = world_open(MEMFS_EXTENDED | MEMFS_CASE_SENSITIVE, DOKAN_OPTION_CASE_SENSITIVE);
    struct nt_handle *d = make(w.rig, u"\\d", FILE_DIRECTORY_FILE);
    struct nt_request rq;
    rig_request(w.rig, &rq, NT_SETATTR, d);
    rq.setattr = (struct nt_setattr_args){.node = nt_handle_node(d),
                                          .valid = NT_SET_MODE | NT_SET_UID | NT_SET_GID,
                                          .mode = 02750,
                                          .uid = 7,
                                          .gid = 8};
    assert_status(STATUS_SUCCESS, nt_call(&rq, NULL));
    FILE_STAT_LX_INFORMATION lx;
    FILE_CASE_SENSITIVE_INFORMATION sensitive;
    assert_status(0, ask(w.rig, d, FileStatLxInformation, &lx, sizeof lx));
    assert_int_equal(LX_FILE_METADATA_HAS_MODE | LX_FILE_METADATA_HAS_UID | LX_FILE_METADATA_HAS_GID |
                         LX_FILE_CASE_SENSITIVE_DIR,
                     lx.LxFlags);
    assert_int_equal(7, lx.LxUid);
    assert_int_equal(8, lx.LxGid);
    assert_int_equal(0042750, lx.LxMode);
    assert_status(0, ask(w.rig, d, FileCaseSensitiveInformation, &sensitive, sizeof sensitive));
    assert_int_equal(FILE_CS_FLAG_CASE_SENSITIVE_DIR, sensitive.Flags);
    rig_end(w.rig, d);
    world_close(&w);
    w = world_open(0, 0);
    struct nt_handle *f = make(w.rig, u"\\f", 0);
    assert_status(0, ask(w.rig, f, FileStatLxInformation, &lx, sizeof lx));
    assert_int_equal(0, lx.LxFlags);
    assert_int_equal(0, lx.LxMode);
    rig_end(w.rig, f);
    world_close(&w);
}

/* ---- listings ---------------------------------------------------------------------------------------- */

#define FIELDS(type, tag, id) offsetof(type, tag), id
#define NO_ID                 0

static void test_listings(void **state)
{
    static const struct {
        int info_class;
        size_t tag_at, id_at;
    } rows[] = {
        {FileFullDirectoryInformation, FIELDS(FILE_FULL_DIR_INFORMATION, EaSize, NO_ID)},
        {FileBothDirectoryInformation, FIELDS(FILE_BOTH_DIR_INFORMATION, EaSize, NO_ID)},
        {FileIdBothDirectoryInformation,
         FIELDS(FILE_ID_BOTH_DIR_INFORMATION, EaSize, offsetof(FILE_ID_BOTH_DIR_INFORMATION, FileId))},
        {FileIdFullDirectoryInformation,
         FIELDS(FILE_ID_FULL_DIR_INFORMATION, EaSize, offsetof(FILE_ID_FULL_DIR_INFORMATION, FileId))},
        {FileIdExtdDirectoryInformation, FIELDS(FILE_ID_EXTD_DIR_INFORMATION, ReparsePointTag,
                                                offsetof(FILE_ID_EXTD_DIR_INFORMATION, FileId))},
        {FileIdExtdBothDirectoryInformation, FIELDS(FILE_ID_EXTD_BOTH_DIR_INFORMATION, ReparsePointTag,
                                                    offsetof(FILE_ID_EXTD_BOTH_DIR_INFORMATION, FileId))},
    };
    struct world w = world_open(MEMFS_EXTENDED, 0);
    uint8_t link[200];
    struct nt_request rq;
    struct nt_handle *h = make(w.rig, u"\\f", FILE_OPEN_REPARSE_POINT);
    rig_request(w.rig, &rq, NT_SET_REPARSE, h);
    rq.reparse = (struct nt_reparse_args){.node = nt_handle_node(h), .buffer = link};
    rq.reparse.length = nt_reparse_make_link("x", link, sizeof link);
    assert_status(STATUS_SUCCESS, nt_call(&rq, NULL));
    FILE_INTERNAL_INFORMATION internal;
    FILE_BASIC_INFORMATION basic = {.LastWriteTime.QuadPart = 2000, .ChangeTime.QuadPart = 4000};
    assert_status(STATUS_SUCCESS, rig_set(w.rig, h, FileBasicInformation, &basic, sizeof basic));
    assert_status(0, ask(w.rig, h, FileInternalInformation, &internal, sizeof internal));
    struct nt_handle *root = rig_must_open(w.rig, u"\\");
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        _Alignas(8) unsigned char buffer[300];
        struct dir_query q = {
            .info_class = rows[i].info_class, .restart = true, .buffer = buffer, .length = sizeof buffer};
        assert_status(STATUS_SUCCESS, rig_query_dir(w.rig, root, &q));
        uint32_t tag;
        memcpy(&tag, buffer + rows[i].tag_at, sizeof tag);
        assert_int_equal(IO_REPARSE_TAG_LX_SYMLINK, tag);
        assert_int_equal(4000, ((FILE_DIRECTORY_INFORMATION *)(void *)buffer)->ChangeTime.QuadPart);
        if (rows[i].id_at)
            assert_memory_equal(&internal.IndexNumber, buffer + rows[i].id_at, 8);
    }
    rig_end(w.rig, root);
    rig_end(w.rig, h);
    world_close(&w);
}

/* ---- names ------------------------------------------------------------------------------------------- */

/* The names that FileHardLinkInformation tells, in their order, joined by a blank. */
static NTSTATUS names_of(struct rig *rig, struct nt_handle *h, uint32_t length, uint32_t *needed, char *text)
{
    _Alignas(8) unsigned char buffer[1000];
    memset(buffer, 0xEE, sizeof buffer);
    NTSTATUS status = rig_query(rig, h, FileHardLinkInformation, buffer, length, NULL);
    const FILE_LINKS_INFORMATION *all = (const void *)buffer;
    assert_int_equal(0xEE, buffer[length]);
    text[0] = 0;
    if (status != STATUS_SUCCESS && status != STATUS_BUFFER_OVERFLOW)
        return status;
    *needed = all->BytesNeeded;
    const FILE_LINK_ENTRY_INFORMATION *e = &all->Entry;
    for (ULONG i = 0; i < all->EntriesReturned; i++) {
        strcat(strcat(text, i ? " " : ""), narrow_n(e->FileName, e->FileNameLength));
        assert_int_equal(i + 1 == all->EntriesReturned, e->NextEntryOffset == 0);
        e = (const void *)((const char *)e + e->NextEntryOffset);
    }
    return status;
}

/* Those that somebody has looked up and still holds. */
static void test_names_of_a_file(void **state)
{
    struct world w = world_open(MEMFS_EXTENDED, DOKAN_OPTION_ALT_STREAM);
    char text[200];
    uint32_t needed = 0;
    rig_end(w.rig, make(w.rig, u"\\d", FILE_DIRECTORY_FILE));
    struct nt_handle *h = make(w.rig, u"\\first", 0);
    assert_status(STATUS_SUCCESS, names_of(w.rig, h, 300, &needed, text));
    assert_string_equal("first", text);
    assert_status(STATUS_SUCCESS, further_name(w.rig, h, u"\\d\\second"));
    struct nt_handle *second = rig_must_open(w.rig, u"\\d\\second");
    FILE_STANDARD_INFORMATION standard;
    assert_status(0, ask(w.rig, second, FileStandardInformation, &standard, sizeof standard));
    assert_status(STATUS_SUCCESS, names_of(w.rig, h, 300, &needed, text));
    assert_string_equal("first second", text);
    assert_status(STATUS_SUCCESS, names_of(w.rig, h, needed, &needed, text));
    assert_status(STATUS_BUFFER_OVERFLOW, names_of(w.rig, h, needed - 1, &needed, text));
    assert_string_equal("first", text);
    assert_status(STATUS_INFO_LENGTH_MISMATCH, names_of(w.rig, h, 31, &needed, text));
    struct nt_handle *s = make(w.rig, u"\\first:s", 0);
    assert_status(STATUS_SUCCESS, names_of(w.rig, s, 300, &needed, text));
    assert_string_equal("first second", text);
    rig_end(w.rig, s);
    assert_status(STATUS_SUCCESS, rig_remove(w.rig, u"\\first", false));
    assert_status(STATUS_SUCCESS, names_of(w.rig, h, 300, &needed, text));
    assert_string_equal("second", text);
    FILE_LINKS_FULL_ID_INFORMATION full[4];
    FILE_INTERNAL_INFORMATION internal;
    assert_status(STATUS_SUCCESS, ask(w.rig, h, FileHardLinkFullIdInformation, full, sizeof full));
    struct nt_handle *d = rig_must_open(w.rig, u"\\d");
    assert_status(0, ask(w.rig, d, FileInternalInformation, &internal, sizeof internal));
    assert_memory_equal(&internal.IndexNumber, full->Entry.ParentFileId.Identifier, 8);
    rig_end(w.rig, d);
    rig_end(w.rig, second);
    rig_end(w.rig, h);
    world_close(&w);
}

/* ---- sizes ------------------------------------------------------------------------------------------- */

/* Allocation below the end cuts the file, above it changes nothing that is seen; the end moves both ways; a
 * valid data length only lengthens. */
static void test_sizes(void **state)
{
    static const struct {
        int info_class;
        LONGLONG size, end;
    } rows[] = {
        {FileEndOfFileInformation, 10000, 10000},
        {FileAllocationInformation, 20000, 10000},
        {FileAllocationInformation, 10000, 10000},
        {FileAllocationInformation, 5000, 5000},
        {FileEndOfFileInformation, 7000, 7000},
        {FileValidDataLengthInformation, 100, 7000},
        {FileValidDataLengthInformation, 8000, 8000},
        {FileAllocationInformation, 0, 0},
        {FileEndOfFileInformation, 3, 3},
    };
    for (int extended = 0; extended < 2; extended++) {
        struct world w = world_open(extended ? MEMFS_EXTENDED : 0, 0);
        struct nt_handle *h = make(w.rig, u"\\f", 0);
        for (size_t i = 0; i < COUNT_OF(rows); i++) {
            FILE_STANDARD_INFORMATION standard;
            assert_status(STATUS_SUCCESS, rig_set(w.rig, h, rows[i].info_class, &rows[i].size, 8));
            assert_status(0, ask(w.rig, h, FileStandardInformation, &standard, sizeof standard));
            assert_int_equal(rows[i].end, standard.EndOfFile.QuadPart);
            assert_true(extended || standard.AllocationSize.QuadPart >= rows[i].end);
        }
        rig_end(w.rig, h);
        world_close(&w);
    }
}

/* ---- the volume's label ------------------------------------------------------------------------------ */

static void test_label(void **state)
{
    static const struct {
        uint32_t bytes, length;
        NTSTATUS expected;
    } rows[] = {
        {6, 10, STATUS_SUCCESS},
        {0, 4, STATUS_SUCCESS},
        {64, 68, STATUS_SUCCESS},
        {66, 70, STATUS_INVALID_VOLUME_LABEL},
        {6, 9, STATUS_INVALID_PARAMETER},
        {5, 10, STATUS_INVALID_PARAMETER},
        {0xFFFFFFFE, 10, STATUS_INVALID_PARAMETER},
        {0, 3, STATUS_INFO_LENGTH_MISMATCH},
    };
    for (unsigned extended = 0; extended < 2; extended++) {
        struct world w = world_open(extended ? MEMFS_EXTENDED : 0, 0);
        for (size_t i = 0; i < COUNT_OF(rows); i++) {
            char exact[80];
            struct nt_request rq;
            memcpy(exact, &rows[i].bytes, 4);
            for (uint32_t at = 4; at + 1 < sizeof exact; at += 2)
                memcpy(exact + at, u"x", 2);
            rig_request(w.rig, &rq, NT_SET_VOLUME, NULL);
            rq.info = (struct nt_info_args){
                .info_class = FileFsLabelInformation, .buffer = exact, .length = rows[i].length};
            bool works = rows[i].expected == STATUS_SUCCESS;
            assert_status(works && !extended ? STATUS_NOT_SUPPORTED : rows[i].expected, nt_call(&rq, NULL));
            if (!works || !extended)
                continue;
            FILE_FS_VOLUME_INFORMATION volume[5];
            assert_status(0, rig_query_volume(w.rig, FileFsVolumeInformation, volume, sizeof volume, NULL));
            assert_int_equal(rows[i].bytes, volume->VolumeLabelLength);
        }
        world_close(&w);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lengths),         cmocka_unit_test(test_rights),
        cmocka_unit_test(test_reparse_tag),     cmocka_unit_test(test_one_file_in_all_classes),
        cmocka_unit_test(test_linux_facts),     cmocka_unit_test(test_listings),
        cmocka_unit_test(test_names_of_a_file), cmocka_unit_test(test_label),
        cmocka_unit_test(test_sizes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
