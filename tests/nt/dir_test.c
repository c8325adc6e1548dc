// SPDX-License-Identifier: MIT
/* NtQueryDirectoryFile: patterns, dots, resuming, the classes; NT_LIST_DIRECTORY; and snapshots themselves.
 */
#include "harness.h"
#include "nt/info.h"
#include "nt/snapshot.h"
#include <stdio.h>

static struct rig *rig_with_entries(const struct rig_spec *spec, const DOKAN_OPERATIONS *ops)
{
    struct rig *rig = rig_open_with(spec, ops);
    fake_adds_entry(&rig->fs, u"a.txt", FILE_ATTRIBUTE_NORMAL, 1);
    fake_adds_entry(&rig->fs, u"B.TXT", FILE_ATTRIBUTE_NORMAL, 2);
    fake_adds_entry(&rig->fs, u"c.bin", FILE_ATTRIBUTE_NORMAL, 3);
    fake_adds_entry(&rig->fs, u"dir", FILE_ATTRIBUTE_DIRECTORY, 0);
    return rig;
}

static DOKAN_OPERATIONS without_pattern_callback(void)
{
    DOKAN_OPERATIONS ops = fake_operations;
    ops.FindFilesWithPattern = NULL;
    return ops;
}

static void test_dots_and_filter(void **state)
{
    static const struct {
        const WCHAR *path, *pattern;
        ULONG options;
        const char *filtered, *trusted; /* without and with FindFilesWithPattern */
        const char *seen;
    } rows[] = {
        {u"\\d", NULL, 0, ".|..|a.txt|B.TXT|c.bin|dir", ".|..|a.txt|B.TXT|c.bin|dir", "*"},
        {u"\\d", u"*", 0, ".|..|a.txt|B.TXT|c.bin|dir", ".|..|a.txt|B.TXT|c.bin|dir", "*"},
        {u"\\d", u"*.txt", 0, "a.txt|B.TXT", "a.txt|B.TXT|c.bin|dir", "*.txt"},
        {u"\\d", u"*.txt", DOKAN_OPTION_CASE_SENSITIVE, "a.txt", "a.txt|B.TXT|c.bin|dir", "*.txt"},
        {u"\\d", u"b.txt", 0, "B.TXT", "a.txt|B.TXT|c.bin|dir", "b.txt"},
        {u"\\d", u"<.txt", 0, "a.txt|B.TXT", "a.txt|B.TXT|c.bin|dir", "<.txt"},
        {u"\\d", u">>>", 0, "dir", "a.txt|B.TXT|c.bin|dir", ">>>"},
        {u"\\", NULL, 0, "a.txt|B.TXT|c.bin|dir", "a.txt|B.TXT|c.bin|dir", "*"},
        {u"\\", u"*", 0, "a.txt|B.TXT|c.bin|dir", "a.txt|B.TXT|c.bin|dir", "*"},
    };
    DOKAN_OPERATIONS plain = without_pattern_callback();
    for (size_t i = 0; i < COUNT_OF(rows) * 2; i++) {
        bool trusted = i & 1;
        char names[512];
        struct rig *rig = rig_with_entries(&(struct rig_spec){.options = rows[i / 2].options},
                                           trusted ? &fake_operations : &plain);
        struct nt_handle *h = rig_must_open(rig, rows[i / 2].path);
        struct dir_query q = {.pattern = rows[i / 2].pattern};
        assert_status(STATUS_SUCCESS, rig_names(rig, h, &q, names, sizeof names));
        assert_string_equal(trusted ? rows[i / 2].trusted : rows[i / 2].filtered, names);
        if (trusted)
            assert_text(rows[i / 2].seen, fake_last(&rig->fs, DokanOperationFindFilesWithPattern).other);
        assert_int_equal(!trusted, fake_calls(&rig->fs, DokanOperationFindFiles));
        rig_end(rig, h);
        rig_close(rig);
    }
}

static void test_dots_of_the_file_system(void **state)
{
    static const struct {
        const WCHAR *own, *path;
        const char *expected;
    } rows[] = {
        {u".", u"\\d", "..|f|."},
        {u"..", u"\\d", ".|f|.."},
        {u".", u"\\", "f|."},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        char names[128];
        struct rig *rig = rig_open(&(struct rig_spec){0});
        fake_adds_entry(&rig->fs, u"f", 0, 0);
        fake_adds_entry(&rig->fs, rows[i].own, FILE_ATTRIBUTE_DIRECTORY, 0);
        struct nt_handle *h = rig_must_open(rig, rows[i].path);
        struct dir_query q = {0};
        assert_status(STATUS_SUCCESS, rig_names(rig, h, &q, names, sizeof names));
        assert_string_equal(rows[i].expected, names);
        rig_end(rig, h);
        rig_close(rig);
    }
}

/* NOT_IMPLEMENTED from FindFilesWithPattern is remembered per handle; FindFiles takes over, filtered. */
static void test_fallback(void **state)
{
    char names[256];
    struct rig *rig = rig_with_entries(&(struct rig_spec){0}, &fake_operations);
    fake_returns(&rig->fs, DokanOperationFindFilesWithPattern, STATUS_NOT_IMPLEMENTED);
    for (unsigned handle = 1; handle <= 2; handle++) {
        struct nt_handle *h = rig_must_open(rig, u"\\d");
        struct dir_query q = {.pattern = u"*.txt"};
        assert_status(STATUS_SUCCESS, rig_names(rig, h, &q, names, sizeof names));
        assert_string_equal("a.txt|B.TXT", names);
        q.restart = true;
        assert_status(STATUS_SUCCESS, rig_names(rig, h, &q, names, sizeof names));
        assert_string_equal("a.txt|B.TXT", names);
        assert_int_equal(handle, fake_calls(&rig->fs, DokanOperationFindFilesWithPattern));
        assert_int_equal(2 * handle, fake_calls(&rig->fs, DokanOperationFindFiles));
        rig_end(rig, h);
    }
    rig_close(rig);
    DOKAN_OPERATIONS none = without_pattern_callback();
    none.FindFiles = NULL;
    rig = rig_open_with(&(struct rig_spec){0}, &none);
    struct nt_handle *h = rig_must_open(rig, u"\\d");
    struct dir_query q = {0};
    assert_status(STATUS_NOT_IMPLEMENTED, rig_names(rig, h, &q, names, sizeof names));
    rig_end(rig, h);
    rig_close(rig);
}

static void test_pattern_is_fixed(void **state)
{
    char names[256];
    DOKAN_OPERATIONS ops = without_pattern_callback();
    struct rig *rig = rig_with_entries(&(struct rig_spec){0}, &ops);
    struct nt_handle *h = rig_must_open(rig, u"\\d");
    struct dir_query q = {.pattern = u"*.txt", .single = true};
    assert_status(STATUS_SUCCESS, rig_names(rig, h, &q, names, sizeof names));
    assert_string_equal("a.txt", names);
    q = (struct dir_query){.pattern = u"*.bin"};
    assert_status(STATUS_SUCCESS, rig_names(rig, h, &q, names, sizeof names));
    assert_string_equal("B.TXT", names);
    assert_status(STATUS_NO_MORE_FILES, rig_names(rig, h, &q, names, sizeof names));
    assert_int_equal(1, fake_calls(&rig->fs, DokanOperationFindFiles));
    q.restart = true;
    assert_status(STATUS_SUCCESS, rig_names(rig, h, &q, names, sizeof names));
    assert_string_equal("a.txt|B.TXT", names);
    assert_int_equal(2, fake_calls(&rig->fs, DokanOperationFindFiles));
    rig_end(rig, h);
    rig_close(rig);
}

static void test_resume(void **state)
{
    char names[256];
    struct rig *rig = rig_with_entries(&(struct rig_spec){0}, &fake_operations);
    struct nt_handle *h = rig_must_open(rig, u"\\");
    struct dir_query q = {.single = true, .index_specified = true, .index = 2};
    assert_status(STATUS_SUCCESS, rig_names(rig, h, &q, names, sizeof names));
    assert_string_equal("c.bin", names);
    q = (struct dir_query){.single = true};
    assert_status(STATUS_SUCCESS, rig_names(rig, h, &q, names, sizeof names));
    assert_string_equal("dir", names);
    assert_status(STATUS_NO_MORE_FILES, rig_names(rig, h, &q, names, sizeof names));
    q = (struct dir_query){.index_specified = true, .restart = true, .index = 3};
    assert_status(STATUS_SUCCESS, rig_names(rig, h, &q, names, sizeof names));
    assert_string_equal("dir", names);
    q = (struct dir_query){.index_specified = true, .index = 99};
    assert_status(STATUS_NO_MORE_FILES, rig_names(rig, h, &q, names, sizeof names));
    assert_int_equal(1, fake_calls(&rig->fs, DokanOperationFindFilesWithPattern));
    rig_end(rig, h);
    rig_close(rig);
}

/* Buffers from nothing to enough: what comes is always the same list, whatever the pieces. */
static void test_every_buffer_size(void **state)
{
    struct rig *rig = rig_with_entries(&(struct rig_spec){0}, &fake_operations);
    struct nt_handle *h = rig_must_open(rig, u"\\");
    for (uint32_t length = 8; length <= 160; length += 4) {
        char names[256], all[256] = "";
        struct dir_query q = {.restart = true, .length = length};
        NTSTATUS status = rig_names(rig, h, &q, names, sizeof names);
        if (length < 32) { /* sizeof 16, five units of name, rounded to 8 */
            assert_status(STATUS_BUFFER_OVERFLOW, status);
            continue;
        }
        for (; status == STATUS_SUCCESS; status = rig_names(rig, h, &q, names, sizeof names)) {
            assert_true(q.written <= length && q.written % 8 == 0);
            strcat(strcat(all, names), "|");
            q.restart = false;
            q.length = length;
        }
        assert_status(STATUS_NO_MORE_FILES, status);
        assert_string_equal("a.txt|B.TXT|c.bin|dir|", all);
    }
    rig_end(rig, h);
    rig_close(rig);
}

static void test_nothing_there(void **state)
{
    char names[64];
    struct rig *rig = rig_open(&(struct rig_spec){0});
    struct nt_handle *root = rig_must_open(rig, u"\\"), *f = rig_must_open(rig, u"\\f");
    struct dir_query q = {.pattern = u"*"};
    assert_status(STATUS_NO_SUCH_FILE, rig_names(rig, root, &q, names, sizeof names));
    assert_status(STATUS_NO_MORE_FILES, rig_names(rig, root, &q, names, sizeof names));
    q.restart = true;
    assert_status(STATUS_NO_SUCH_FILE, rig_names(rig, root, &q, names, sizeof names));
    fake_returns(&rig->fs, DokanOperationFindFilesWithPattern, STATUS_ACCESS_DENIED);
    assert_status(STATUS_ACCESS_DENIED, rig_names(rig, root, &q, names, sizeof names));
    assert_status(STATUS_INVALID_PARAMETER, rig_names(rig, f, &q, names, sizeof names));
    q.info_class = FileBasicInformation;
    char buffer[64];
    q.buffer = buffer;
    q.length = sizeof buffer;
    assert_status(STATUS_INVALID_PARAMETER, rig_query_dir(rig, root, &q));
    rig_end(rig, root);
    rig_end(rig, f);
    rig_close(rig);
}

static void test_bad_patterns(void **state)
{
    static const WCHAR *const bad[] = {u"a\\b", u"a/b", u"\\"};
    char names[64];
    struct rig *rig = rig_open(&(struct rig_spec){0});
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        struct nt_handle *h = rig_must_open(rig, u"\\d");
        struct dir_query q = {.pattern = bad[i]};
        assert_status(STATUS_OBJECT_NAME_INVALID, rig_names(rig, h, &q, names, sizeof names));
        rig_end(rig, h);
    }
    assert_int_equal(0, fake_calls(&rig->fs, DokanOperationFindFilesWithPattern));
    rig_close(rig);
}

/* ---- the classes ------------------------------------------------------------------------------------- */

static void test_classes(void **state)
{
    static const struct {
        int info_class;
        uint32_t size, name_at, length_at;
    } rows[] = {
        {FileDirectoryInformation, 72, 64, 60},         {FileFullDirectoryInformation, 72, 68, 60},
        {FileBothDirectoryInformation, 96, 94, 60},     {FileNamesInformation, 16, 12, 8},
        {FileIdBothDirectoryInformation, 112, 104, 60}, {FileIdFullDirectoryInformation, 88, 80, 60},
        {FileIdExtdDirectoryInformation, 96, 88, 60},   {FileIdExtdBothDirectoryInformation, 120, 114, 60},
    };
    struct rig *rig = rig_with_entries(&(struct rig_spec){.unit = 4096}, &fake_operations);
    struct nt_handle *h = rig_must_open(rig, u"\\");
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        _Alignas(8) char buffer[2048];
        memset(buffer, 0xEE, sizeof buffer);
        struct dir_query q = {
            .info_class = rows[i].info_class, .buffer = buffer, .length = sizeof buffer, .restart = true};
        assert_status(STATUS_SUCCESS, rig_query_dir(rig, h, &q));
        uint32_t stride = (rows[i].size + 10 + 7) / 8 * 8, name_bytes, next, ordinal;
        memcpy(&name_bytes, buffer + rows[i].length_at, 4);
        memcpy(&next, buffer, 4);
        memcpy(&ordinal, buffer + stride + 4, 4);
        assert_int_equal(10, name_bytes);
        assert_int_equal(stride, next);
        assert_int_equal(2, ordinal);
        assert_memory_equal(u"a.txt", buffer + rows[i].name_at, 10);
        for (uint32_t k = rows[i].length_at + 4; k < rows[i].name_at; k++)
            assert_int_equal(0, buffer[k]);
        for (uint32_t k = rows[i].name_at + 10; k < stride; k++)
            assert_int_equal(0, buffer[k]);
        assert_non_null(directory_class_name(rows[i].info_class));
        if (rows[i].info_class == FileNamesInformation)
            continue;
        FILE_DIRECTORY_INFORMATION head;
        memcpy(&head, buffer + stride, offsetof(FILE_DIRECTORY_INFORMATION, FileName));
        assert_int_equal(2, head.EndOfFile.QuadPart);
        assert_int_equal(4096, head.AllocationSize.QuadPart);
        assert_int_equal(77, head.LastWriteTime.QuadPart);
        assert_int_equal(77, head.ChangeTime.QuadPart);
        assert_int_equal(FILE_ATTRIBUTE_NORMAL, head.FileAttributes);
    }
    rig_end(rig, h);
    rig_close(rig);
}

static void test_reserved_folder_is_not_shown(void **state)
{
    char names[128];
    struct rig *rig = rig_open(&(struct rig_spec){0});
    fake_adds_entry(&rig->fs, u".xdokan-removed", FILE_ATTRIBUTE_DIRECTORY, 0);
    fake_adds_entry(&rig->fs, u"f", 0, 0);
    struct nt_handle *root = rig_must_open(rig, u"\\"), *d = rig_must_open(rig, u"\\d");
    struct dir_query q = {0};
    assert_status(STATUS_SUCCESS, rig_names(rig, root, &q, names, sizeof names));
    assert_string_equal("f", names);
    assert_status(STATUS_SUCCESS, rig_names(rig, d, &q, names, sizeof names));
    assert_string_equal(".|..|.xdokan-removed|f", names);
    rig_end(rig, root);
    rig_end(rig, d);
    rig_close(rig);
}

/* ---- entry by entry ---------------------------------------------------------------------------------- */

struct collected {
    struct nt_request rq;
    char names[512];
    unsigned room, count;
    uint64_t position;
};

static bool collect(struct nt_request *rq, const struct nt_dirent *entry)
{
    struct collected *c = list_entry(rq, struct collected, rq);
    if (c->count == c->room)
        return false;
    strcat(strcat(c->names, narrow_n(entry->name, entry->len)), "|");
    c->position = entry->position;
    c->count++;
    return true;
}

static void test_list(void **state)
{
    for (unsigned room = 1; room <= 7; room++) {
        struct rig *rig = rig_with_entries(&(struct rig_spec){0}, &fake_operations);
        struct nt_handle *h = rig_must_open(rig, u"\\d");
        struct collected c = {0};
        do {
            uint64_t position = c.position;
            rig_request(rig, &c.rq, NT_LIST_DIRECTORY, h);
            c.rq.list = (struct nt_list_args){.position = position, .emit = collect, .want_nodes = room & 1};
            c.count = 0;
            c.room = room;
            assert_status(STATUS_SUCCESS, nt_call(&c.rq, NULL));
        } while (c.count);
        assert_string_equal(".|..|a.txt|B.TXT|c.bin|dir|", c.names);
        rig_end(rig, h);
        rig_close(rig);
    }
}

/* Both ways of listing on one handle do not disturb each other. */
static void test_list_and_query(void **state)
{
    char names[256];
    DOKAN_OPERATIONS ops = without_pattern_callback();
    struct rig *rig = rig_with_entries(&(struct rig_spec){0}, &ops);
    struct nt_handle *h = rig_must_open(rig, u"\\d");
    struct dir_query q = {.pattern = u"*.txt", .single = true};
    assert_status(STATUS_SUCCESS, rig_names(rig, h, &q, names, sizeof names));
    struct collected c = {.room = 100};
    rig_request(rig, &c.rq, NT_LIST_DIRECTORY, h);
    c.rq.list = (struct nt_list_args){.emit = collect};
    assert_status(STATUS_SUCCESS, nt_call(&c.rq, NULL));
    assert_string_equal(".|..|a.txt|B.TXT|c.bin|dir|", c.names);
    assert_status(STATUS_SUCCESS, rig_names(rig, h, &q, names, sizeof names));
    assert_string_equal("B.TXT", names);
    rig_end(rig, h);
    rig_close(rig);
}

/* ---- snapshots --------------------------------------------------------------------------------------- */

static WIN32_FIND_DATAW entry_called(const char *name)
{
    WIN32_FIND_DATAW data = {0};
    size_t len = strnlen(name, MAX_PATH);
    for (size_t i = 0; i < len; i++)
        data.cFileName[i] = (WCHAR)name[i];
    return data;
}

static void test_snapshot_checks(void **state)
{
    static const struct {
        const char *name;
        size_t repeat; /* that many units of 'x' instead */
        DWORD size_high;
        bool taken;
    } rows[] = {
        {"ok", 0, 0, true},           {".", 0, 0, true},
        {"..", 0, 0, true},           {"", 0, 0, false},
        {"a/b", 0, 0, false},         {"a\\", 0, 0, false},
        {"/", 0, 0, false},           {"a:b", 0, 0, true},
        {NULL, 255, 0, true},         {NULL, 256, 0, false},
        {NULL, 259, 0, false},        {NULL, 260, 0, false},
        {"big", 0, 0x7fffffff, true}, {"negative", 0, 0x80000000, false},
    };
    struct nt_snapshot *s = snapshot_new();
    size_t taken = 0;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        WIN32_FIND_DATAW data = entry_called(rows[i].name ? rows[i].name : "");
        for (size_t k = 0; k < rows[i].repeat; k++)
            data.cFileName[k] = u'x';
        memset(data.cAlternateFileName, 0x41, sizeof data.cAlternateFileName);
        data.nFileSizeHigh = rows[i].size_high;
        assert_int_equal(rows[i].taken, snapshot_add(s, &data));
        taken += rows[i].taken;
    }
    assert_int_equal(taken, snapshot_count(s));
    assert_int_equal(COUNT_OF(rows) - taken, snapshot_bad(s));
    assert_status(STATUS_SUCCESS, snapshot_error(s));
    snapshot_free(s);
}

static size_t resident_bytes(void)
{
    long pages = 0, all = 0;
    FILE *f = fopen("/proc/self/statm", "re");
    assert_non_null(f);
    assert_int_equal(2, fscanf(f, "%ld %ld", &all, &pages));
    fclose(f);
    return (size_t)pages * 4096;
}

static bool every_second(const struct nt_entry *entry, const void *arg)
{
    return entry->size % 2 == 0;
}

static void test_a_million_entries(void **state)
{
    enum { MILLION = 1000000 };
    size_t before = resident_bytes();
    uint64_t started = now_ms();
    struct nt_snapshot *s = snapshot_new();
    WIN32_FIND_DATAW data = entry_called("document-000000");
    for (uint32_t i = 0; i < MILLION; i++) {
        uint32_t n = i;
        for (int digit = 14; digit > 8; digit--, n /= 10)
            data.cFileName[digit] = (WCHAR)(u'0' + n % 10);
        data.nFileSizeLow = i;
        assert_true(snapshot_add(s, &data));
    }
    size_t used = resident_bytes() - before;
    print_message("a million entries: %zu MiB, %llu ms\n", used >> 20,
                  (unsigned long long)(now_ms() - started));
    assert_true(SANITIZED || used < (size_t)120 << 20);
    assert_int_equal(MILLION, snapshot_count(s));
    assert_memory_equal(u"document-654321", snapshot_at(s, 654321)->name, 30);
    snapshot_keep(s, every_second, NULL);
    assert_int_equal(MILLION / 2, snapshot_count(s));
    assert_int_equal(654322, snapshot_at(s, 654322 / 2)->size);
    data = entry_called(".");
    assert_true(snapshot_add_front(s, &data));
    assert_int_equal(1, snapshot_at(s, 0)->len);
    assert_int_equal(0, snapshot_at(s, 1)->size);
    snapshot_free(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_million_entries),
        cmocka_unit_test(test_dots_and_filter),
        cmocka_unit_test(test_dots_of_the_file_system),
        cmocka_unit_test(test_fallback),
        cmocka_unit_test(test_pattern_is_fixed),
        cmocka_unit_test(test_resume),
        cmocka_unit_test(test_every_buffer_size),
        cmocka_unit_test(test_nothing_there),
        cmocka_unit_test(test_bad_patterns),
        cmocka_unit_test(test_classes),
        cmocka_unit_test(test_reserved_folder_is_not_shown),
        cmocka_unit_test(test_list),
        cmocka_unit_test(test_list_and_query),
        cmocka_unit_test(test_snapshot_checks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
