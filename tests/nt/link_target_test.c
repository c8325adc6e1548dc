// SPDX-License-Identifier: MIT
/* Where links lead: forms, mount points, dots, lengths. */
#include "follow_kit.h"
#include "nt/link_target.h"

/* ---- the mount point ----------------------------------------------------------------------------------- */

static void test_places(void **state)
{
    static const struct {
        uint32_t tag;
        const WCHAR *target, *place;
        NTSTATUS status;
        const char *path;
    } rows[] = {
        {IO_REPARSE_TAG_SYMLINK, u"\\??\\M:\\a\\b", u"M:\\", 0, "\\a\\b"},
        {IO_REPARSE_TAG_SYMLINK, u"\\??\\m:\\a\\b", u"M:", 0, "\\a\\b"},
        {IO_REPARSE_TAG_SYMLINK, u"\\??\\M:", u"M:\\", 0, ""},
        {IO_REPARSE_TAG_SYMLINK, u"\\\\?\\M:\\a", u"M:\\", 0, "\\a"},
        {IO_REPARSE_TAG_SYMLINK, u"M:\\a", u"M:\\", 0, "\\a"},
        {IO_REPARSE_TAG_SYMLINK, u"\\??\\MM:\\a", u"M:\\", STATUS_STOPPED_ON_SYMLINK, ""},
        {IO_REPARSE_TAG_SYMLINK, u"\\??\\N:\\a", u"M:\\", STATUS_STOPPED_ON_SYMLINK, ""},
        {IO_REPARSE_TAG_SYMLINK, u"\\??\\M:\\a", NULL, STATUS_STOPPED_ON_SYMLINK, ""},
        {IO_REPARSE_TAG_SYMLINK, u"\\??\\UNC\\server\\a", u"M:\\", STATUS_STOPPED_ON_SYMLINK, ""},
        {IO_REPARSE_TAG_SYMLINK, u"\\??\\M:\\..\\a", u"M:\\", STATUS_STOPPED_ON_SYMLINK, ""},
        {IO_REPARSE_TAG_SYMLINK, u"\\a\\.\\b\\..\\c", u"M:\\", 0, "\\a\\c"},
        {IO_REPARSE_TAG_MOUNT_POINT, u"\\??\\M:\\a\\", u"M:\\", 0, "\\a"},
        {IO_REPARSE_TAG_MOUNT_POINT, u"\\??\\Volume{1}\\", u"M:\\", STATUS_STOPPED_ON_SYMLINK, ""},
        {IO_REPARSE_TAG_MOUNT_POINT, u"\\mnt\\x\\a", u"/mnt/x", 0, "\\a"},
        {IO_REPARSE_TAG_MOUNT_POINT, u"", u"/mnt/x", STATUS_IO_REPARSE_DATA_INVALID, ""},
    };
    struct link_path *out = malloc(sizeof *out);
    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        uint8_t buffer[600];
        uint32_t length = windows_link(rows[i].tag, rows[i].target, 0, buffer);
        assert_true(nt_reparse_check(buffer, length));
        NTSTATUS status = link_target(buffer, length, rows[i].place, u"\\d", 2, out);
        if (status != rows[i].status || (!status && strcmp(narrow_n(out->text, out->len), rows[i].path) != 0))
            fail_msg("row %zu: 0x%08x %s", i, (unsigned)status, narrow_n(out->text, out->len));
    }
    free(out);
}

static void test_linux_places(void **state)
{
    static const struct {
        const char *target;
        const WCHAR *place;
        NTSTATUS status;
        const char *path;
    } rows[] = {
        {"/mnt/x/a/b", u"/mnt/x", 0, "\\a\\b"},
        {"/mnt/x", u"/mnt/x/", 0, ""},
        {"/mnt/xy/a", u"/mnt/x", STATUS_STOPPED_ON_SYMLINK, ""},
        {"/MNT/x/a", u"/mnt/x", STATUS_STOPPED_ON_SYMLINK, ""},
        {"/mnt/x/../a", u"/mnt/x", STATUS_STOPPED_ON_SYMLINK, ""},
        {"/a", NULL, STATUS_STOPPED_ON_SYMLINK, ""},
        {"/a", u"", STATUS_STOPPED_ON_SYMLINK, ""},
        {"/", u"/", STATUS_STOPPED_ON_SYMLINK, ""},
        {"a", u"/mnt/x", 0, "\\d\\e\\a"},
        {"../../a", u"/mnt/x", 0, "\\a"},
        {"../../../a", u"/mnt/x", STATUS_STOPPED_ON_SYMLINK, ""},
        {".", u"/mnt/x", 0, "\\d\\e"},
        {"\xff", u"/mnt/x", STATUS_OBJECT_NAME_INVALID, ""},
    };
    struct link_path *out = malloc(sizeof *out);
    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        uint8_t buffer[600];
        uint32_t length = nt_reparse_make_link(rows[i].target, buffer, sizeof buffer);
        NTSTATUS status = link_target(buffer, length, rows[i].place, u"\\d\\e", 4, out);
        if (status != rows[i].status || (!status && strcmp(narrow_n(out->text, out->len), rows[i].path) != 0))
            fail_msg("row %zu: 0x%08x %s", i, (unsigned)status, narrow_n(out->text, out->len));
    }
    free(out);
}

/* Paths that grow beyond what a path can be. */
static void test_long_targets(void **state)
{
    enum { UNITS = 8000 };
    struct link_path *out = malloc(sizeof *out);
    WCHAR *dir = malloc(NT_PATH_MAX * sizeof *dir);
    static char target[UNITS + 1];
    static uint8_t buffer[UNITS + 100];
    (void)state;
    for (size_t i = 0; i < UNITS; i++)
        target[i] = i % 100 ? 'x' : '/';
    target[0] = 'x';
    for (size_t i = 0; i < NT_PATH_MAX; i++)
        dir[i] = i % 100 ? u'y' : u'\\';
    uint32_t length = nt_reparse_make_link(target, buffer, sizeof buffer);
    assert_int_equal(STATUS_OBJECT_NAME_INVALID,
                     link_target(buffer, length, NULL, dir, NT_PATH_MAX - 100, out));
    assert_int_equal(STATUS_SUCCESS, link_target(buffer, length, NULL, dir, NT_PATH_MAX - UNITS - 10, out));
    assert_int_equal(STATUS_OBJECT_NAME_INVALID, link_append(out, dir, 100));
    assert_int_equal(STATUS_SUCCESS, link_append(out, u"\\z", 2));
    free(dir);
    free(out);
}

/* Damaged ones that pass the check: no step outside, and a path that is one. */
static void test_damaged(void **state)
{
    static const uint32_t tags[] = {IO_REPARSE_TAG_SYMLINK, IO_REPARSE_TAG_MOUNT_POINT,
                                    IO_REPARSE_TAG_LX_SYMLINK};
    struct link_path *out = malloc(sizeof *out);
    unsigned seed = 1, passed = 0;
    (void)state;
    for (unsigned round = 0; round < 60000; round++) {
        uint8_t buffer[600];
        uint32_t tag = tags[round % 3];
        uint32_t length = tag == IO_REPARSE_TAG_LX_SYMLINK
                              ? nt_reparse_make_link("a/../b/./c//d", buffer, sizeof buffer)
                              : windows_link(tag, u"\\??\\M:\\a\\..\\b", round % 2, buffer);
        uint8_t *exact = malloc(length);
        for (unsigned i = 0; i <= round % 4; i++) {
            seed = seed * 1103515245 + 12345;
            buffer[8 + (seed >> 8) % (length - 8)] = (uint8_t)(seed >> 20);
        }
        memcpy(exact, buffer, length);
        if (nt_reparse_check(exact, length)) {
            passed++;
            NTSTATUS status = link_target(exact, length, u"M:\\", u"\\d", 2, out);
            assert_true(status <= 0);
            assert_true(status || !out->len || (out->len <= NT_PATH_MAX && out->text[0] == u'\\'));
        }
        free(exact);
    }
    assert_true(passed > 1000);
    free(out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_places),
        cmocka_unit_test(test_linux_places),
        cmocka_unit_test(test_long_targets),
        cmocka_unit_test(test_damaged),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
