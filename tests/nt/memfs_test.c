// SPDX-License-Identifier: MIT
/* The engine over a real file system, samples/memfs.c: what only shows when callbacks mean something. */
#include "harness.h"
#include "memfs.h"
#include <stdio.h>

struct world {
    void *memfs;
    struct rig *rig;
};

static struct world world_open(unsigned flags, ULONG options)
{
    struct world w = {.memfs = memfs_new(flags, 0)};
    assert_non_null(w.memfs);
    ULONG sensitive = flags & MEMFS_CASE_SENSITIVE ? DOKAN_OPTION_CASE_SENSITIVE : 0;
    w.rig = rig_open(&(struct rig_spec){
        .operations = memfs_operations(), .context = w.memfs, .options = options | sensitive});
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

static void put(struct rig *rig, const WCHAR *path, const char *text)
{
    struct nt_handle *h = make(rig, path, 0);
    assert_status(STATUS_SUCCESS, rig_write(rig, h, text, (uint32_t)strlen(text), 0, NULL));
    rig_end(rig, h);
}

static const char *contents(struct rig *rig, struct nt_handle *h)
{
    static char text[256];
    uint32_t n = 0;
    NTSTATUS status = rig_read(rig, h, text, sizeof text - 1, 0, &n);
    assert_true(status == STATUS_SUCCESS || status == STATUS_END_OF_FILE);
    text[n] = 0;
    return text;
}

static const char *contents_of(struct rig *rig, const WCHAR *path)
{
    struct nt_handle *h = rig_must_open(rig, path);
    const char *text = contents(rig, h);
    rig_end(rig, h);
    return text;
}

static const char *listing(struct rig *rig, const WCHAR *path)
{
    static char names[1024];
    struct nt_handle *h = rig_must_open(rig, path);
    struct dir_query q = {0};
    NTSTATUS status = rig_names(rig, h, &q, names, sizeof names);
    rig_end(rig, h);
    assert_true(status == STATUS_SUCCESS || status == STATUS_NO_SUCH_FILE);
    return names;
}

static NTSTATUS open_status(struct rig *rig, const WCHAR *path)
{
    struct opened o = rig_create(rig, &(struct opening){.path = path, .disposition = FILE_OPEN});
    if (o.handle)
        rig_end(rig, o.handle);
    return o.status;
}

static LONGLONG size_of(struct rig *rig, struct nt_handle *h)
{
    FILE_STANDARD_INFORMATION standard;
    assert_status(STATUS_SUCCESS,
                  rig_query(rig, h, FileStandardInformation, &standard, sizeof standard, NULL));
    return standard.EndOfFile.QuadPart;
}

/* ---- data -------------------------------------------------------------------------------------------- */

/* What the page cache writes late may fill a file, never grow it. */
static void test_paging_writes(void **state)
{
    static const struct {
        int64_t offset;
        uint32_t length, written;
    } rows[] = {{0, 10, 10}, {5, 5, 5}, {8, 10, 2}, {10, 4, 0}, {1000, 4, 0}};
    struct world w = world_open(0, 0);
    struct nt_handle *h = make(w.rig, u"\\f", 0);
    rig_write(w.rig, h, "0123456789", 10, 0, NULL);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        char data[16] = "abcdefghijklmno";
        struct nt_request rq;
        uint64_t written = 99;
        rig_request(w.rig, &rq, NT_WRITE, h);
        rq.io = (struct nt_io_args){
            .buffer = data, .length = rows[i].length, .offset = rows[i].offset, .paging = true};
        assert_status(STATUS_SUCCESS, nt_call(&rq, &written));
        assert_int_equal(rows[i].written, written);
        assert_int_equal(10, size_of(w.rig, h));
    }
    rig_end(w.rig, h);
    world_close(&w);
}

static void test_sizes(void **state)
{
    struct world w = world_open(0, 0);
    struct nt_handle *h = make(w.rig, u"\\f", 0);
    LONGLONG size = 5;
    rig_write(w.rig, h, "0123456789", 10, 0, NULL);
    assert_status(0, rig_set(w.rig, h, FileEndOfFileInformation, &size, sizeof size));
    assert_string_equal("01234", contents(w.rig, h));
    size = 3; /* a valid data length never shortens */
    assert_status(0, rig_set(w.rig, h, FileValidDataLengthInformation, &size, sizeof size));
    assert_int_equal(5, size_of(w.rig, h));
    size = 8;
    assert_status(0, rig_set(w.rig, h, FileValidDataLengthInformation, &size, sizeof size));
    assert_int_equal(8, size_of(w.rig, h));
    assert_status(0, rig_write(w.rig, h, "end", 3, -1, NULL));
    assert_int_equal(11, size_of(w.rig, h));
    rig_end(w.rig, h);
    world_close(&w);
}

/* ---- names ------------------------------------------------------------------------------------------- */

static void test_case(void **state)
{
    struct world w = world_open(0, 0);
    put(w.rig, u"\\File", "one");
    assert_status(STATUS_SUCCESS, open_status(w.rig, u"\\fILE"));
    struct opened o = rig_create(w.rig, &(struct opening){.path = u"\\FILE", .disposition = FILE_CREATE});
    assert_status(STATUS_OBJECT_NAME_COLLISION, o.status);
    struct nt_handle *h = rig_must_open(w.rig, u"\\file");
    assert_status(STATUS_SUCCESS, rig_rename(w.rig, h, u"FILE", false));
    rig_end(w.rig, h);
    assert_string_equal("FILE", listing(w.rig, u"\\"));
    assert_status(STATUS_SUCCESS, rig_move(w.rig, u"\\FILE", u"\\file", NT_RENAME_REPLACE));
    assert_string_equal("file", listing(w.rig, u"\\"));
    assert_string_equal("one", contents_of(w.rig, u"\\File"));
    world_close(&w);
    w = world_open(MEMFS_CASE_SENSITIVE, 0);
    put(w.rig, u"\\File", "one");
    put(w.rig, u"\\fILE", "two");
    assert_string_equal("one", contents_of(w.rig, u"\\File"));
    assert_status(STATUS_OBJECT_NAME_NOT_FOUND, open_status(w.rig, u"\\FILE"));
    world_close(&w);
}

static void test_rename_replaces(void **state)
{
    struct world w = world_open(0, 0);
    put(w.rig, u"\\a", "a");
    put(w.rig, u"\\b", "b");
    struct nt_handle *h = rig_must_open(w.rig, u"\\a");
    assert_status(STATUS_OBJECT_NAME_COLLISION, rig_rename(w.rig, h, u"b", false));
    assert_status(STATUS_SUCCESS, rig_rename(w.rig, h, u"b", true));
    rig_end(w.rig, h);
    assert_string_equal("b", listing(w.rig, u"\\"));
    assert_string_equal("a", contents_of(w.rig, u"\\b"));
    rig_end(w.rig, make(w.rig, u"\\d", FILE_DIRECTORY_FILE));
    h = rig_must_open(w.rig, u"\\b");
    assert_status(STATUS_OBJECT_PATH_NOT_FOUND, rig_rename(w.rig, h, u"\\nowhere\\b", false));
    assert_status(STATUS_SUCCESS, rig_rename(w.rig, h, u"\\d\\b", false));
    rig_end(w.rig, h);
    assert_string_equal(".|..|b", listing(w.rig, u"\\d"));
    world_close(&w);
}

static void test_directory_rename(void **state)
{
    struct world w = world_open(0, 0);
    rig_end(w.rig, make(w.rig, u"\\d", FILE_DIRECTORY_FILE));
    rig_end(w.rig, make(w.rig, u"\\d\\e", FILE_DIRECTORY_FILE));
    put(w.rig, u"\\d\\e\\f", "deep");
    struct nt_handle *h = rig_must_open(w.rig, u"\\d\\e\\f");
    assert_status(STATUS_SUCCESS, rig_move(w.rig, u"\\d", u"\\x", 0));
    assert_string_equal("deep", contents(w.rig, h));
    assert_status(STATUS_SUCCESS, rig_write(w.rig, h, "DEEP", 4, 0, NULL));
    assert_string_equal("DEEP", contents_of(w.rig, u"\\x\\e\\f"));
    assert_true(open_status(w.rig, u"\\d\\e\\f") < 0);
    rig_end(w.rig, h);
    world_close(&w);
}

/* ---- removal ----------------------------------------------------------------------------------------- */

static void test_disposition(void **state)
{
    struct world w = world_open(0, 0);
    rig_end(w.rig, make(w.rig, u"\\d", FILE_DIRECTORY_FILE));
    put(w.rig, u"\\d\\f", "x");
    struct nt_handle *d = rig_must_open(w.rig, u"\\d"), *f = rig_must_open(w.rig, u"\\d\\f");
    assert_status(STATUS_DIRECTORY_NOT_EMPTY, rig_dispose(w.rig, d, true));
    assert_status(STATUS_SUCCESS, rig_dispose(w.rig, f, true));
    assert_status(STATUS_DELETE_PENDING, open_status(w.rig, u"\\d\\f"));
    rig_end(w.rig, f);
    assert_status(STATUS_OBJECT_NAME_NOT_FOUND, open_status(w.rig, u"\\d\\f"));
    assert_status(STATUS_SUCCESS, rig_dispose(w.rig, d, true));
    struct opened o = rig_create(w.rig, &(struct opening){.path = u"\\d\\g", .disposition = FILE_CREATE});
    assert_status(STATUS_DELETE_PENDING, o.status);
    rig_end(w.rig, d);
    assert_status(STATUS_OBJECT_NAME_NOT_FOUND, open_status(w.rig, u"\\d"));
    assert_string_equal("", listing(w.rig, u"\\"));
    world_close(&w);
}

/* What the file system itself holds, without the engine's filter. */
static int WINAPI count_entry(PWIN32_FIND_DATAW data, PDOKAN_FILE_INFO info)
{
    bool dots = data->cFileName[0] == u'.' && (!data->cFileName[1] || data->cFileName[1] == u'.');
    info->ProcessId += !dots;
    return 0;
}

static unsigned entries_in_root(void *memfs)
{
    const DOKAN_OPERATIONS *ops = memfs_operations();
    DOKAN_OPTIONS *options = calloc(1, sizeof *options);
    options->GlobalContext = (ULONG64)(uintptr_t)memfs;
    DOKAN_FILE_INFO info = {.DokanOptions = options};
    DOKAN_IO_SECURITY_CONTEXT security = {0};
    assert_true(ops->ZwCreateFile(u"\\", &security, FILE_LIST_DIRECTORY, 0, SHARE_ALL, FILE_OPEN,
                                  FILE_DIRECTORY_FILE, &info) >= 0);
    assert_status(STATUS_SUCCESS, ops->FindFiles(u"\\", count_entry, &info));
    unsigned count = info.ProcessId;
    ops->Cleanup(u"\\", &info);
    ops->CloseFile(u"\\", &info);
    free(options);
    return count;
}

static void test_removal_of_an_open_file(void **state)
{
    struct world w = world_open(0, 0);
    put(w.rig, u"\\f", "old");
    struct nt_handle *h = rig_must_open(w.rig, u"\\f");
    assert_status(STATUS_SUCCESS, rig_remove(w.rig, u"\\f", false));
    assert_status(STATUS_OBJECT_NAME_NOT_FOUND, open_status(w.rig, u"\\f"));
    assert_status(STATUS_OBJECT_NAME_NOT_FOUND, rig_remove(w.rig, u"\\f", false));
    put(w.rig, u"\\f", "new");
    assert_string_equal("old", contents(w.rig, h));
    assert_status(STATUS_SUCCESS, rig_write(w.rig, h, "OLD", 3, 0, NULL));
    assert_string_equal("new", contents_of(w.rig, u"\\f"));
    assert_string_equal("f", listing(w.rig, u"\\"));
    assert_true(open_status(w.rig, u"\\.xdokan-removed") < 0);
    struct nt_handle *g = rig_must_open(w.rig, u"\\f");
    assert_status(STATUS_SUCCESS, rig_remove(w.rig, u"\\f", false));
    rig_end(w.rig, h);
    assert_int_equal(1, entries_in_root(w.memfs)); /* the reserved folder with the second one */
    rig_end(w.rig, g);
    nt_volume_stop(w.rig->vol);
    assert_int_equal(0, entries_in_root(w.memfs));
    world_close(&w);
}

static void test_posix_disposition(void **state)
{
    struct world w = world_open(0, 0);
    put(w.rig, u"\\f", "old");
    struct nt_handle *a = rig_must_open(w.rig, u"\\f"), *b = rig_must_open(w.rig, u"\\f");
    FILE_DISPOSITION_INFORMATION_EX in = {.Flags =
                                              FILE_DISPOSITION_DELETE | FILE_DISPOSITION_POSIX_SEMANTICS};
    assert_status(STATUS_SUCCESS, rig_set(w.rig, a, FileDispositionInformationEx, &in, sizeof in));
    assert_status(STATUS_SUCCESS, rig_set(w.rig, b, FileDispositionInformationEx, &in, sizeof in));
    assert_status(STATUS_DELETE_PENDING, open_status(w.rig, u"\\f"));
    rig_end(w.rig, a);
    assert_status(STATUS_OBJECT_NAME_NOT_FOUND, open_status(w.rig, u"\\f"));
    put(w.rig, u"\\f", "new");
    in.Flags = 0;
    assert_status(STATUS_FILE_DELETED, rig_set(w.rig, b, FileDispositionInformationEx, &in, sizeof in));
    assert_string_equal("old", contents(w.rig, b));
    rig_end(w.rig, b);
    assert_string_equal("new", contents_of(w.rig, u"\\f"));
    world_close(&w);
}

static void test_rename_over_an_open_file(void **state)
{
    struct world w = world_open(0, 0);
    put(w.rig, u"\\a", "a");
    put(w.rig, u"\\b", "b");
    struct nt_handle *h = rig_must_open(w.rig, u"\\b");
    assert_status(STATUS_SUCCESS, rig_move(w.rig, u"\\a", u"\\b", NT_RENAME_REPLACE));
    assert_string_equal("b", contents(w.rig, h));
    assert_string_equal("a", contents_of(w.rig, u"\\b"));
    assert_string_equal("b", listing(w.rig, u"\\"));
    rig_end(w.rig, h);
    assert_string_equal("a", contents_of(w.rig, u"\\b"));
    world_close(&w);
}

/* READONLY does not protect a name by POSIX rules, nor an empty directory from being replaced by another. */
static void test_posix_freedoms(void **state)
{
    struct world w = world_open(0, 0);
    FILE_BASIC_INFORMATION basic = {.FileAttributes = FILE_ATTRIBUTE_READONLY};
    put(w.rig, u"\\f", "x");
    struct nt_handle *h = rig_must_open(w.rig, u"\\f");
    assert_status(STATUS_SUCCESS, rig_set(w.rig, h, FileBasicInformation, &basic, sizeof basic));
    assert_status(STATUS_CANNOT_DELETE, rig_dispose(w.rig, h, true));
    rig_end(w.rig, h);
    assert_status(STATUS_SUCCESS, rig_remove(w.rig, u"\\f", false));
    rig_end(w.rig, make(w.rig, u"\\d", FILE_DIRECTORY_FILE));
    rig_end(w.rig, make(w.rig, u"\\e", FILE_DIRECTORY_FILE));
    put(w.rig, u"\\d\\f", "x");
    assert_status(STATUS_DIRECTORY_NOT_EMPTY, rig_remove(w.rig, u"\\d", true));
    assert_status(STATUS_DIRECTORY_NOT_EMPTY, rig_move(w.rig, u"\\e", u"\\d", NT_RENAME_REPLACE));
    assert_status(STATUS_SUCCESS, rig_move(w.rig, u"\\d", u"\\e", NT_RENAME_REPLACE));
    assert_string_equal(".|..|f", listing(w.rig, u"\\e"));
    assert_true(rig_remove(w.rig, u"\\e", false) < 0);
    assert_true(rig_remove(w.rig, u"\\e\\f", true) < 0);
    assert_status(STATUS_SUCCESS, rig_remove(w.rig, u"\\e\\f", false));
    assert_status(STATUS_SUCCESS, rig_remove(w.rig, u"\\e", true));
    assert_string_equal("", listing(w.rig, u"\\"));
    world_close(&w);
}

/* What an earlier run left in the reserved folder is swept when the volume comes up again. */
static void test_recovery(void **state)
{
    static const struct {
        LPCWSTR path;
        ULONG options;
    } left[] = {{u"\\.xdokan-removed", FILE_DIRECTORY_FILE},
                {u"\\.xdokan-removed\\1", 0},
                {u"\\.xdokan-removed\\2", FILE_DIRECTORY_FILE}};
    struct world w = world_open(0, 0);
    const DOKAN_OPERATIONS *ops = memfs_operations();
    for (size_t i = 0; i < COUNT_OF(left); i++) {
        DOKAN_FILE_INFO info = {.DokanOptions = &w.rig->options, .IsDirectory = left[i].options != 0};
        DOKAN_IO_SECURITY_CONTEXT security = {0};
        assert_status(STATUS_SUCCESS, ops->ZwCreateFile(left[i].path, &security, ACCESS_ALL, 0, SHARE_ALL,
                                                        FILE_CREATE, left[i].options, &info));
        ops->Cleanup(left[i].path, &info);
        ops->CloseFile(left[i].path, &info);
    }
    put(w.rig, u"\\mine", "x");
    assert_int_equal(2, entries_in_root(w.memfs));
    nt_volume_recover(w.rig->vol);
    assert_int_equal(1, entries_in_root(w.memfs));
    assert_string_equal("x", contents_of(w.rig, u"\\mine"));
    world_close(&w);
}

/* ---- streams ----------------------------------------------------------------------------------------- */

static void test_streams(void **state)
{
    struct world w = world_open(0, DOKAN_OPTION_ALT_STREAM);
    put(w.rig, u"\\f", "main");
    put(w.rig, u"\\f:side", "stream");
    _Alignas(8) char buffer[256];
    uint64_t n;
    struct nt_handle *h = rig_must_open(w.rig, u"\\f");
    assert_status(STATUS_SUCCESS, rig_query(w.rig, h, FileStreamInformation, buffer, sizeof buffer, &n));
    const FILE_STREAM_INFORMATION *main = (const void *)buffer;
    const FILE_STREAM_INFORMATION *side = (const void *)(buffer + main->NextEntryOffset);
    assert_int_equal(4, main->StreamSize.QuadPart);
    assert_int_equal(6, side->StreamSize.QuadPart);
    assert_string_equal("::$DATA", narrow_n(main->StreamName, main->StreamNameLength / 2));
    assert_string_equal(":side:$DATA", narrow_n(side->StreamName, side->StreamNameLength / 2));
    rig_end(w.rig, h);
    h = rig_must_open(w.rig, u"\\f:side:$DATA");
    assert_status(STATUS_SUCCESS, rig_rename(w.rig, h, u":new", false));
    assert_string_equal("stream", contents(w.rig, h));
    rig_end(w.rig, h);
    assert_string_equal("stream", contents_of(w.rig, u"\\f:new"));
    assert_status(STATUS_SUCCESS, rig_move(w.rig, u"\\f", u"\\g", 0));
    assert_string_equal("stream", contents_of(w.rig, u"\\g:new"));
    assert_string_equal("g", listing(w.rig, u"\\"));
    assert_status(STATUS_SUCCESS, rig_remove(w.rig, u"\\g", false));
    assert_true(open_status(w.rig, u"\\g:new") < 0);
    world_close(&w);
}

/* ---- many -------------------------------------------------------------------------------------------- */

static void test_many_handles(void **state)
{
    const unsigned count = testing_full() ? 100000 : 20000;
    struct world w = world_open(0, 0);
    struct nt_handle **h = calloc(count, sizeof(struct nt_handle *));
    uint64_t started = now_ms();
    for (unsigned i = 0; i < count; i++) {
        char text[32];
        WCHAR path[32];
        int n = snprintf(text, sizeof text, "\\file-%u", i / 2); /* each twice */
        for (int k = 0; k <= n; k++)
            path[k] = (WCHAR)text[k];
        h[i] = rig_create(w.rig, &(struct opening){.path = path, .disposition = FILE_OPEN_IF}).handle;
        assert_non_null(h[i]);
    }
    DOKAN_VOLUME_COUNTERS now = rig_counters(w.rig);
    assert_int_equal(count, now.OpenHandles);
    assert_int_equal(count / 2, now.OpenFiles);
    uint64_t opened = now_ms();
    for (unsigned i = 0; i < count / 2; i++)
        rig_end(w.rig, h[i]);
    uint64_t closed = now_ms();
    nt_volume_stop(w.rig->vol); /* closes the other half */
    print_message("%u handles: opened in %llu ms, half closed in %llu ms, the rest by the stop in %llu ms\n",
                  count, (unsigned long long)(opened - started), (unsigned long long)(closed - opened),
                  (unsigned long long)(now_ms() - closed));
    for (unsigned i = count / 2; i < count; i++)
        rig_end(w.rig, h[i]);
    free(h);
    world_close(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_paging_writes),
        cmocka_unit_test(test_sizes),
        cmocka_unit_test(test_case),
        cmocka_unit_test(test_rename_replaces),
        cmocka_unit_test(test_directory_rename),
        cmocka_unit_test(test_disposition),
        cmocka_unit_test(test_removal_of_an_open_file),
        cmocka_unit_test(test_posix_disposition),
        cmocka_unit_test(test_rename_over_an_open_file),
        cmocka_unit_test(test_posix_freedoms),
        cmocka_unit_test(test_recovery),
        cmocka_unit_test(test_streams),
        cmocka_unit_test(test_many_handles),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
