// SPDX-License-Identifier: MIT
/* Every row of the table of options, the order of the checks, the further options, and docs/options.md. */
#include "api/options.h"
#include "tiny.h"

#include <unistd.h>

static char error[1024];

static int settle_ex(DOKAN_OPTIONS *o, const DOKAN_MOUNT_OPTIONS_EX *ex, struct settings *s)
{
    error[0] = 0;
    return options_settle(o, ex, s, error, sizeof error);
}

static struct settings settled(DOKAN_OPTIONS *o)
{
    struct settings s;
    assert_int_equal(settle_ex(o, NULL, &s), DOKAN_SUCCESS);
    options_release(&s);
    return s;
}

static int result(DOKAN_OPTIONS *o)
{
    struct settings s;
    int rc = settle_ex(o, NULL, &s);
    options_release(&s);
    if (rc)
        assert_true(strlen(error) > 10);
    return rc;
}

static void versions(void **state)
{
    static const struct {
        USHORT version;
        int result;
    } rows[] = {{0, DOKAN_VERSION_ERROR}, {199, DOKAN_VERSION_ERROR}, {200, DOKAN_SUCCESS},
                {231, DOKAN_SUCCESS},     {999, DOKAN_SUCCESS},       {65535, DOKAN_SUCCESS}};
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        DOKAN_OPTIONS *o = tiny_options(u"M:", 0);
        o->Version = rows[i].version;
        assert_int_equal(result(o), rows[i].result);
    }
}

static void network(void **state)
{
    DOKAN_OPTIONS *o = tiny_options(u"M:", DOKAN_OPTION_NETWORK);
    assert_int_equal(result(o), DOKAN_MOUNT_POINT_ERROR);
    /* Dokany looks at the UNC name before it looks at the version. */
    o->Version = 100;
    assert_int_equal(result(o), DOKAN_MOUNT_POINT_ERROR);

    o = tiny_options(u"M:\\", DOKAN_OPTION_NETWORK | DOKAN_OPTION_MOUNT_MANAGER);
    o->UNCName = u"\\server\\share";
    struct settings s = settled(o);
    assert_int_equal(s.type, FILE_DEVICE_NETWORK_FILE_SYSTEM);
    assert_int_equal(o->Options, DOKAN_OPTION_NETWORK);
    assert_false(s.choose_letter);

    o = tiny_options(u"/mnt/point", DOKAN_OPTION_NETWORK);
    s = settled(o);
    assert_int_equal(o->Options, 0);
    assert_int_equal(s.type, FILE_DEVICE_DISK_FILE_SYSTEM);
}

static void each_bit(void **state)
{
    static const struct {
        ULONG option, event;
    } rows[] = {
        {0, 0},
        {DOKAN_OPTION_DEBUG, 0},
        {DOKAN_OPTION_STDERR, 0},
        {DOKAN_OPTION_ALT_STREAM, DOKAN_EVENT_ALTERNATIVE_STREAM_ON},
        {DOKAN_OPTION_WRITE_PROTECT, DOKAN_EVENT_WRITE_PROTECT},
        {DOKAN_OPTION_REMOVABLE, DOKAN_EVENT_REMOVABLE},
        {DOKAN_OPTION_MOUNT_MANAGER, DOKAN_EVENT_MOUNT_MANAGER},
        {DOKAN_OPTION_CURRENT_SESSION, DOKAN_EVENT_CURRENT_SESSION},
        {DOKAN_OPTION_FILELOCK_USER_MODE, DOKAN_EVENT_FILELOCK_USER_MODE},
        {DOKAN_OPTION_CASE_SENSITIVE, DOKAN_EVENT_CASE_SENSITIVE},
        {DOKAN_OPTION_ENABLE_UNMOUNT_NETWORK_DRIVE, DOKAN_EVENT_ENABLE_NETWORK_UNMOUNT},
        {DOKAN_OPTION_DISPATCH_DRIVER_LOGS, DOKAN_EVENT_DISPATCH_DRIVER_LOGS},
        {DOKAN_OPTION_ALLOW_IPC_BATCHING, DOKAN_EVENT_ALLOW_IPC_BATCHING},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        DOKAN_OPTIONS *o = tiny_options(u"M:", rows[i].option);
        struct settings s = settled(o);
        assert_int_equal(s.event, rows[i].event);
        assert_int_equal(o->Options, rows[i].option);
        ULONG traced = DOKAN_OPTION_DEBUG | DOKAN_OPTION_STDERR | DOKAN_OPTION_DISPATCH_DRIVER_LOGS;
        assert_int_equal(s.trace, (rows[i].option & traced) != 0);
        assert_int_equal(s.read_only, rows[i].option == DOKAN_OPTION_WRITE_PROTECT);
        assert_int_equal(s.choose_letter, rows[i].option == DOKAN_OPTION_MOUNT_MANAGER);
        assert_false(s.door.streams);
        assert_int_equal(s.session == 0xFFFFFFFFu, rows[i].option != DOKAN_OPTION_CURRENT_SESSION);
    }
}

static void batching_and_one_thread(void **state)
{
    DOKAN_OPTIONS *o = tiny_options(u"M:", DOKAN_OPTION_ALLOW_IPC_BATCHING);
    o->SingleThread = TRUE;
    struct settings s = settled(o);
    assert_int_equal(o->Options, 0);
    assert_int_equal(s.event, 0);
}

static void timeouts(void **state)
{
    static const struct {
        ULONG given, test, used;
    } rows[] = {{0, 0, 15000},       {1, 0, 15000},       {15000, 0, 15000}, {20000, 0, 20000},
                {300000, 0, 300000}, {600000, 0, 300000}, {0, 50, 50},       {20000, 1, 1}};
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        DOKAN_OPTIONS *o = tiny_options(u"M:", 0);
        DOKAN_MOUNT_OPTIONS_EX ex = DokanMountOptionsExDefault();
        struct settings s;
        o->Timeout = rows[i].given;
        ex.TestTimeoutMs = rows[i].test;
        assert_int_equal(settle_ex(o, &ex, &s), DOKAN_SUCCESS);
        assert_int_equal(s.timeout_ms, rows[i].used);
        options_release(&s);
    }
}

static void sizes(void **state)
{
    static const struct {
        ULONG unit, sector, unit_used, sector_used;
    } rows[] = {{0, 0, 512, 512},      {4096, 512, 4096, 512}, {65536, 65536, 65536, 65536},
                {4096, 0, 512, 512},   {4095, 512, 512, 512},  {131072, 512, 512, 512},
                {4096, 256, 512, 512}, {512, 4096, 512, 4096}};
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        DOKAN_OPTIONS *o = tiny_options(u"M:", 0);
        o->AllocationUnitSize = rows[i].unit;
        o->SectorSize = rows[i].sector;
        settled(o);
        assert_int_equal(o->AllocationUnitSize, rows[i].unit_used);
        assert_int_equal(o->SectorSize, rows[i].sector_used);
    }
}

static void security_descriptor(void **state)
{
    DOKAN_OPTIONS *o = tiny_options(u"M:", 0);
    o->VolumeSecurityDescriptorLength = 16384;
    assert_int_equal(result(o), DOKAN_SUCCESS);
    o->VolumeSecurityDescriptorLength = 16385;
    assert_int_equal(result(o), DOKAN_START_ERROR);
}

static void extended_struct(void **state)
{
    struct settings s;
    DOKAN_MOUNT_OPTIONS_EX ex = DokanMountOptionsExDefault();
    assert_int_equal(settle_ex(tiny_options(u"M:", 0), &ex, &s), DOKAN_SUCCESS);
    assert_int_equal(s.entry_ns, 1000000000u);
    assert_int_equal(s.attr_ns, 1000000000u);
    assert_int_equal(s.negative_ns, 0);
    assert_int_equal(s.door.uid, getuid());
    options_release(&s);
    ex.Size--;
    assert_int_equal(settle_ex(tiny_options(u"M:", 0), &ex, &s), DOKAN_START_ERROR);
    options_release(&s);
    ex = DokanMountOptionsExDefault();
    ex.Flags = 0x100;
    assert_int_equal(settle_ex(tiny_options(u"M:", 0), &ex, &s), DOKAN_START_ERROR);
    options_release(&s);
    ex = DokanMountOptionsExDefault();
    ex.EntryTimeoutMs = 5;
    ex.Uid = 12;
    ex.Umask = 027;
    ex.FileMask = 0137;
    assert_int_equal(settle_ex(tiny_options(u"M:", 0), &ex, &s), DOKAN_SUCCESS);
    assert_int_equal(s.entry_ns, 5000000);
    assert_int_equal(s.door.uid, 12);
    assert_int_equal(s.door.umask | s.door.file_mask, 0137);
    assert_int_equal(s.door.umask | s.door.dir_mask, 027);
    options_release(&s);
}

static void further_options(void **state)
{
    static const struct {
        const char *text, *rest;
    } good[] = {
        {NULL, ""},
        {"", ""},
        {"ro,noatime", "ro,noatime"},
        {"uid=7,ro,gid=8,umask=077", "ro"},
        {"fsname=a\\,b,keep_cache", "fsname=a\\,b"},
        {",,ro,,", "ro"},
        {"xattr=auto,xattr=off,direct_io", ""},
        {"entry_timeout=0.5,attr_timeout=2,negative_timeout=0", ""},
    };
    static const char *const bad[] = {"uid=x",
                                      "uid",
                                      "uid=99999999999",
                                      "umask=9",
                                      "umask=1777",
                                      "xattr=maybe",
                                      "flush",
                                      "flush=never",
                                      "streams=1",
                                      "keep_cache=1",
                                      "entry_timeout=-1",
                                      "entry_timeout",
                                      "attr_timeout=1x"};
    struct settings s;
    DOKAN_MOUNT_OPTIONS_EX ex = DokanMountOptionsExDefault();
    for (size_t i = 0; i < COUNT_OF(good); i++) {
        ex.FuseOptions = good[i].text;
        assert_int_equal(settle_ex(tiny_options(u"M:", 0), &ex, &s), DOKAN_SUCCESS);
        assert_string_equal(s.fuse_options, good[i].rest);
        options_release(&s);
    }
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        ex.FuseOptions = bad[i];
        assert_int_equal(settle_ex(tiny_options(u"M:", 0), &ex, &s), DOKAN_START_ERROR);
        assert_true(strlen(error) > 10);
        options_release(&s);
    }
    ex.FuseOptions = "uid=7,umask=077,dmask=022,entry_timeout=0.5";
    assert_int_equal(settle_ex(tiny_options(u"M:", 0), &ex, &s), DOKAN_SUCCESS);
    assert_int_equal(s.door.uid, 7);
    assert_int_equal(s.door.umask | s.door.file_mask, 077);
    assert_int_equal(s.door.umask | s.door.dir_mask, 022);
    assert_int_equal(s.entry_ns, 500000000);
    options_release(&s);
    ex.FuseOptions = "streams,flush=fsync,keep_cache,direct_io";
    assert_int_equal(settle_ex(tiny_options(u"M:", DOKAN_OPTION_ALT_STREAM), &ex, &s), DOKAN_SUCCESS);
    assert_true(s.door.streams && s.door.no_flush && s.door.keep_cache && s.door.direct_io);
    options_release(&s);
    assert_int_equal(settle_ex(tiny_options(u"M:", 0), &ex, &s), DOKAN_SUCCESS);
    assert_false(s.door.streams);
    options_release(&s);
    ex.FuseOptions = "allow_other";
    assert_int_equal(settle_ex(tiny_options(u"M:", DOKAN_OPTION_CURRENT_SESSION), &ex, &s),
                     DOKAN_START_ERROR);
    options_release(&s);
}

static void environment(void **state)
{
    setenv("DOKAN_TRACE", "1", 1);
    assert_true(settled(tiny_options(u"M:", 0)).trace);
    setenv("DOKAN_TRACE", "0", 1);
    assert_false(settled(tiny_options(u"M:", 0)).trace);
    unsetenv("DOKAN_TRACE");
    setenv("DOKAN_FUSE_MASK", "7.32", 1);
    assert_int_equal(settled(tiny_options(u"M:", 0)).door.max_minor, 32);
    setenv("DOKAN_FUSE_MASK", "old", 1);
    assert_int_equal(result(tiny_options(u"M:", 0)), DOKAN_START_ERROR);
    unsetenv("DOKAN_FUSE_MASK");
}

/* The page holds what the table says, row by row, and every bit has a row. */
static void page(void **state)
{
    size_t count;
    const struct option_row *rows = options_table(&count);
    ULONG bits = 0;
    char *text = calloc(1, 65536), *line = malloc(4096);
    FILE *file = fopen(OPTIONS_PAGE, "r");
    assert_non_null(file);
    assert_true(fread(text, 1, 65535, file) > 1000);
    fclose(file);
    for (size_t i = 0; i < count; i++) {
        snprintf(line, 4096, "| `%s` | %s |\n", rows[i].name, rows[i].means);
        if (!strstr(text, line))
            fail_msg("docs/options.md lacks the line:\n%s", line);
        assert_int_equal(bits & rows[i].bit, 0);
        bits |= rows[i].bit;
    }
    assert_int_equal(bits, 0x1fff);
    free(text);
    free(line);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(versions),
        cmocka_unit_test(network),
        cmocka_unit_test(each_bit),
        cmocka_unit_test(batching_and_one_thread),
        cmocka_unit_test(timeouts),
        cmocka_unit_test(sizes),
        cmocka_unit_test(security_descriptor),
        cmocka_unit_test(extended_struct),
        cmocka_unit_test(further_options),
        cmocka_unit_test(environment),
        cmocka_unit_test(page),
    };
    return cmocka_run_group_tests(tests, sandbox_setup, sandbox_teardown);
}
