// SPDX-License-Identifier: MIT
/*
 * Attributes, times, file ids.
 */
#include "check/nt_i.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- attributes ---------------------------------------------------------------------------------------- */

static ULONG attributes_of(struct probe *p, struct file *file)
{
    FILE_BASIC_INFORMATION basic = {0};
    basic_of(p, file, &basic);
    return basic.FileAttributes;
}

/* Sets one bit, and takes it away. A volume that does not know it must say so. */
static void one_attribute(struct probe *p, ULONG bit)
{
    struct file *file = make_file(p, u"file", "x");
    NTSTATUS status = set_attributes(p, file, bit);
    if (!is_offered(p, status))
        return;
    must(p, status, STATUS_SUCCESS, "an attribute can be set");
    ULONG now = attributes_of(p, file);
    if (probe_live(p) && !(now & bit) && bit != FILE_ATTRIBUTE_READONLY)
        probe_not_offered(p, "%s: it is not kept", p->call);
    must_equal(p, "attribute", now & bit, bit, "an attribute that was set is there");
    close_file(p, file);
    const struct opening how = {.name = u"file",
                                .access = FILE_READ_ATTRIBUTES | FILE_WRITE_ATTRIBUTES,
                                .share = SHARE_ALL,
                                .disposition = FILE_OPEN};
    must(p, nt_open(p, &how, &file), STATUS_SUCCESS, "attributes can always be asked for");
    must_equal(p, "attribute", attributes_of(p, file) & bit, bit, "an attribute stays");
    must(p, set_attributes(p, file, FILE_ATTRIBUTE_NORMAL), STATUS_SUCCESS,
         "FILE_ATTRIBUTE_NORMAL takes all away");
    must_equal(p, "attribute", attributes_of(p, file) & bit, 0, "FILE_ATTRIBUTE_NORMAL takes all away");
}

static void readonly_bit(struct probe *p)
{
    one_attribute(p, FILE_ATTRIBUTE_READONLY);
}

static void hidden_bit(struct probe *p)
{
    one_attribute(p, FILE_ATTRIBUTE_HIDDEN);
}

static void system_bit(struct probe *p)
{
    one_attribute(p, FILE_ATTRIBUTE_SYSTEM);
}

static void archive_bit(struct probe *p)
{
    one_attribute(p, FILE_ATTRIBUTE_ARCHIVE);
}

/* Whether the file has a mode, which then decides instead. */
static bool has_modes(struct probe *p, const WCHAR *name)
{
    FILE_STAT_LX_INFORMATION facts = {0};
    struct file *file = NULL;
    const struct opening how = {
        .name = name, .access = FILE_READ_ATTRIBUTES, .share = SHARE_ALL, .disposition = FILE_OPEN};
    made(p, nt_open(p, &how, &file));
    NTSTATUS status = nt_query(p, file, FileStatLxInformation, &facts, sizeof facts, NULL);
    close_file(p, file);
    return NT_SUCCESS(status) && facts.LxFlags & LX_FILE_METADATA_HAS_MODE;
}

static void readonly_refuses(struct probe *p)
{
    struct file *file = make_file(p, u"file", "x"), *writer = NULL;
    NTSTATUS status = set_attributes(p, file, FILE_ATTRIBUTE_READONLY);
    const struct opening how = {
        .name = u"file", .access = FILE_WRITE_DATA, .share = SHARE_ALL, .disposition = FILE_OPEN};
    if (!is_offered(p, status) || !made(p, status))
        return;
    close_file(p, file);
    bool posix = has_modes(p, u"file");
    NTSTATUS opened = nt_open(p, &how, &writer);
    if (NT_SUCCESS(opened) && posix)
        probe_not_offered(p, "%s: who may write follows from the mode", p->call);
    must(p, opened, STATUS_ACCESS_DENIED, "a read-only file is not opened for writing");
}

static void zero_keeps(struct probe *p)
{
    struct file *file = make_file(p, u"file", "x");
    ULONG before = attributes_of(p, file);
    must(p, set_attributes(p, file, 0), STATUS_SUCCESS, "attributes 0 stand for no change");
    must_equal(p, "attributes", attributes_of(p, file), before, "attributes 0 stand for no change");
}

static void folder_stays_one(struct probe *p)
{
    struct file *folder = make_folder(p, u"folder");
    must_equal(p, "directory bit", attributes_of(p, folder) & FILE_ATTRIBUTE_DIRECTORY,
               FILE_ATTRIBUTE_DIRECTORY, "a directory has FILE_ATTRIBUTE_DIRECTORY");
    NTSTATUS status = set_attributes(p, folder, FILE_ATTRIBUTE_NORMAL);
    if (!is_offered(p, status))
        return;
    must(p, status, STATUS_SUCCESS, "the attributes of a directory can be set");
    must_equal(p, "directory bit", attributes_of(p, folder) & FILE_ATTRIBUTE_DIRECTORY,
               FILE_ATTRIBUTE_DIRECTORY, "a directory stays one, whatever attributes are set");
}

static const struct check attribute_checks[] = {
    {"attributes", "directory", WRITES, folder_stays_one},
    {"attributes", "unchanged", WRITES, zero_keeps},
    {"attributes", "read-only", WRITES, readonly_bit},
    {"attributes", "read-only-refuses", WRITES, readonly_refuses},
    {"attributes", "hidden", WRITES, hidden_bit},
    {"attributes", "system", WRITES, system_bit},
    {"attributes", "archive", WRITES, archive_bit},
};
const struct check_table nt_attributes = {attribute_checks, COUNT_OF(attribute_checks)};

/* ---- times --------------------------------------------------------------------------------------------- */

enum which_time { BIRTH, ACCESS, WRITE, TIME_KINDS };

/* 2001-02-03 04:05:07.1234567 UTC, and days later. */
#define SOME_TIME   INT64_C(126256827071234567)
#define DAY         INT64_C(864000000000)
#define TWO_SECONDS INT64_C(20000000)

static LARGE_INTEGER *time_in(FILE_BASIC_INFORMATION *basic, enum which_time which)
{
    LARGE_INTEGER *const times[] = {&basic->CreationTime, &basic->LastAccessTime, &basic->LastWriteTime};
    return times[which];
}

static const char *resolution_of(int64_t given, int64_t wanted)
{
    static const struct {
        int64_t unit;
        const char *text;
    } rows[] = {{1, "100 ns"}, {10, "1 us"}, {10000, "1 ms"}, {10000000, "1 s"}, {20000000, "2 s"}};
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        if (given / rows[i].unit == wanted / rows[i].unit && given % rows[i].unit == 0)
            return rows[i].text;
    return "unknown";
}

static bool is_near(int64_t a, int64_t b)
{
    return a - b <= TWO_SECONDS && b - a <= TWO_SECONDS;
}

/* `needed`: one that every file system has. The others may be missing: what is set is then not kept. */
static void one_time(struct probe *p, const WCHAR *name, bool folder, enum which_time which, bool needed)
{
    FILE_BASIC_INFORMATION set = {0}, now = {0};
    struct file *file = folder ? make_folder(p, name) : make_file(p, name, "x");
    char want[64], got[64];
    time_in(&set, which)->QuadPart = SOME_TIME + which * DAY;
    int64_t wanted = time_in(&set, which)->QuadPart;
    NTSTATUS status = nt_set(p, file, FileBasicInformation, &set, sizeof set);
    if (!is_offered(p, status))
        return;
    must(p, status, STATUS_SUCCESS, "a time can be set");
    if (!basic_of(p, file, &now))
        return;
    int64_t given = time_in(&now, which)->QuadPart;
    if (!is_near(given, wanted) && !needed)
        probe_not_offered(p, "%s: it is not kept", p->call);
    snprintf(want, sizeof want, "time %lld", (long long)wanted);
    snprintf(got, sizeof got, "%lld", (long long)given);
    must_be(p, is_near(given, wanted), want, got,
            "a time that was set is there, rounded to two seconds at most");
    close_file(p, file);
    file = folder ? open_folder(p, name) : open_file(p, name);
    if (basic_of(p, file, &now))
        must_equal(p, "time", (uint64_t)time_in(&now, which)->QuadPart, (uint64_t)given,
                   "a time stays after closing");
    if (which == WRITE && !folder)
        probe_note(p, "resolution %s", resolution_of(given, wanted));
}

static void write_time(struct probe *p)
{
    one_time(p, u"file", false, WRITE, true);
}

static void access_time(struct probe *p)
{
    one_time(p, u"file", false, ACCESS, false);
}

static void creation_time(struct probe *p)
{
    one_time(p, u"file", false, BIRTH, false);
}

static void folder_time(struct probe *p)
{
    one_time(p, u"folder", true, WRITE, false);
}

static void zero_leaves_times(struct probe *p)
{
    FILE_BASIC_INFORMATION before = {0}, zero = {0}, after = {0};
    struct file *file = make_file(p, u"file", "x");
    basic_of(p, file, &before);
    NTSTATUS status = nt_set(p, file, FileBasicInformation, &zero, sizeof zero);
    if (!is_offered(p, status))
        return;
    must(p, status, STATUS_SUCCESS, "time 0 stands for no change");
    if (basic_of(p, file, &after))
        must_equal(p, "time", (uint64_t)after.LastWriteTime.QuadPart, (uint64_t)before.LastWriteTime.QuadPart,
                   "time 0 stands for no change");
}

static void write_moves_time(struct probe *p)
{
    FILE_BASIC_INFORMATION set = {0}, now = {0};
    struct file *file = make_file(p, u"file", "x");
    set.LastWriteTime.QuadPart = SOME_TIME;
    NTSTATUS status = nt_set(p, file, FileBasicInformation, &set, sizeof set);
    if (!is_offered(p, status) || !made(p, status))
        return;
    close_file(p, file);
    file = open_file(p, u"file");
    made(p, nt_write(p, file, 0, "yz", 2, NULL));
    close_file(p, file);
    if (basic_of(p, open_file(p, u"file"), &now))
        must_be(p, now.LastWriteTime.QuadPart > SOME_TIME + DAY, "the time of the write",
                "the time before it", "a write moves the time of the last write");
}

/* Not before this year, and not in the far future. */
static void new_file_times(struct probe *p)
{
    FILE_BASIC_INFORMATION now = {0};
    if (!basic_of(p, make_file(p, u"file", "x"), &now))
        return;
    int64_t given = now.LastWriteTime.QuadPart;
    must_be(p, given > INT64_C(131000000000000000) && given < INT64_C(190000000000000000), "about now",
            "long ago, or 0", "a new file has the time at which it was made");
}

static const struct check time_checks[] = {
    {"times", "write", WRITES, write_time},
    {"times", "access", WRITES, access_time},
    {"times", "creation", WRITES, creation_time},
    {"times", "directory", WRITES, folder_time},
    {"times", "unchanged", WRITES, zero_leaves_times},
    {"times", "moves", WRITES, write_moves_time},
    {"times", "new-file", WRITES, new_file_times},
};
const struct check_table nt_times = {time_checks, COUNT_OF(time_checks)};

/* ---- file ids ------------------------------------------------------------------------------------------ */

static uint64_t id_of(struct probe *p, struct file *file)
{
    FILE_INTERNAL_INFORMATION info = {0};
    made(p, nt_query(p, file, FileInternalInformation, &info, sizeof info, NULL));
    return (uint64_t)info.IndexNumber.QuadPart;
}

static void ids_differ(struct probe *p)
{
    enum { COUNT = 12 };
    uint64_t ids[COUNT] = {0};
    bool any = false;
    for (int i = 0; i < COUNT; i++) {
        WCHAR name[] = u"a";
        name[0] = (WCHAR)(u'a' + i);
        struct file *file = i % 4 == 3 ? make_folder(p, name) : make_file(p, name, "x");
        ids[i] = id_of(p, file);
        any |= ids[i] != 0;
        close_file(p, file);
    }
    if (!any) {
        probe_not_offered(p, "all numbers are 0");
        return;
    }
    for (int i = 0; i < COUNT; i++)
        for (int j = 0; j < i; j++)
            must_be(p, ids[i] != ids[j], "a number for each file", "the same number for two",
                    "files that differ have numbers that differ");
}

static void ids_stay(struct probe *p)
{
    struct file *file = make_file(p, u"file", "x");
    uint64_t first = id_of(p, file);
    if (!first)
        probe_not_offered(p, "the number is 0");
    close_file(p, file);
    file = open_file(p, u"file");
    must_equal(p, "number", id_of(p, file), first, "a file keeps its number when it is opened again");
    made(p, nt_write(p, file, 0, "more", 4, NULL));
    must_equal(p, "number", id_of(p, file), first, "a file keeps its number when it is written");
}

static void ids_survive_rename(struct probe *p)
{
    struct file *file = make_file(p, u"file", "x");
    uint64_t first = id_of(p, file);
    if (!first)
        probe_not_offered(p, "the number is 0");
    made(p, set_name(p, file, FileRenameInformation, u"other", false));
    close_file(p, file);
    uint64_t now = id_of(p, open_file(p, u"other"));
    if (now != first)
        probe_not_offered(p, "a file gets another number with another name");
}

static void ids_in_listing(struct probe *p)
{
    _Alignas(8) BYTE buf[1024];
    FILE_ID_BOTH_DIR_INFORMATION *entry = (void *)buf;
    struct file *file = make_file(p, u"file", "x");
    uint64_t id = id_of(p, file);
    made(p,
         nt_list(p, open_folder(p, u""), FileIdBothDirectoryInformation, u"file", 0, buf, sizeof buf, NULL));
    if (!probe_live(p))
        return;
    if (!entry->FileId.QuadPart || !id)
        probe_not_offered(p, "the number is 0");
    must_equal(p, "number", (uint64_t)entry->FileId.QuadPart, id,
               "a listing tells the number that the handle tells");
}

static const struct check id_checks[] = {
    {"file-ids", "differ", WRITES, ids_differ},
    {"file-ids", "stay", WRITES, ids_stay},
    {"file-ids", "rename", WRITES, ids_survive_rename},
    {"file-ids", "list", WRITES, ids_in_listing},
};
const struct check_table nt_ids = {id_checks, COUNT_OF(id_checks)};
