// SPDX-License-Identifier: MIT
/* memfs through its extended callbacks: extended attributes, holes, controls, running out of memory. */
#include "memfs_ex_testing.h"

/* ---- extended attributes ----------------------------------------------------------------------------- */

static NTSTATUS put_ea(struct handle *h, const char *name, const char *value)
{
    return ex->SetEa(h->name, name, 0, value, value ? (ULONG)strlen(value) : 0, &h->info);
}

static const char *get_ea(struct handle *h, const char *name)
{
    static char value[100];
    ULONG used = 0;
    if (ex->GetEa(h->name, name, value, sizeof value - 1, &used, &h->info) != STATUS_SUCCESS)
        return NULL;
    value[used] = 0;
    return value;
}

static char ea_names[1000];

static int WINAPI collect_ea(const char *name, UCHAR flags, const void *value, ULONG length,
                             PDOKAN_FILE_INFO info)
{
    (void)flags, (void)value, (void)length, (void)info;
    strcat(strcat(ea_names, name), " ");
    return strcmp(name, "stop") == 0;
}

static void test_eas(void **state)
{
    ULONG used = 0;
    char big[65536] = {0};
    (void)state;
    struct handle h = must_open(u"\\f", FILE_CREATE, 0);
    uint64_t before = volume_fs()->used;
    assert_int_equal(ex->GetEa(h.name, "a", NULL, 0, &used, &h.info), STATUS_NO_EAS_ON_FILE);
    assert_int_equal(put_ea(&h, "a", "one"), STATUS_SUCCESS);
    assert_int_equal(put_ea(&h, "\xc3\xa4", "two"), STATUS_SUCCESS);
    assert_int_equal(put_ea(&h, "\xff", "bytes"), STATUS_SUCCESS);
    assert_string_equal(get_ea(&h, "A"), "one");
    assert_string_equal(get_ea(&h, "\xc3\x84"), "two");
    assert_string_equal(get_ea(&h, "\xff"), "bytes");
    assert_int_equal(ex->GetEa(h.name, "b", NULL, 0, &used, &h.info), STATUS_NONEXISTENT_EA_ENTRY);
    assert_int_equal(ex->GetEa(h.name, "a", NULL, 0, &used, &h.info), STATUS_BUFFER_OVERFLOW);
    assert_int_equal(used, 3);
    assert_int_equal(put_ea(&h, "A", "longer than before"), STATUS_SUCCESS);
    assert_string_equal(get_ea(&h, "a"), "longer than before");
    assert_int_equal(put_ea(&h, "empty", ""), STATUS_SUCCESS);
    assert_string_equal(get_ea(&h, "empty"), "");
    put_ea(&h, "stop", "x");
    put_ea(&h, "behind", "x");
    ea_names[0] = 0;
    assert_int_equal(ex->FindEas(h.name, collect_ea, &h.info), STATUS_SUCCESS);
    assert_string_equal(ea_names, "A \xc3\xa4 \xff empty stop ");
    assert_int_equal(ex->SetEa(h.name, "big", 0, big, 65535, &h.info), STATUS_EA_TOO_LARGE);
    assert_int_equal(ex->SetEa(h.name, "big", 0, big, 60000, &h.info), STATUS_SUCCESS);
    assert_int_equal(ex->SetEa(h.name, "more", 0, big, 6000, &h.info), STATUS_EA_TOO_LARGE);
    assert_int_equal(ex->SetEa(h.name, "big", 0, big, 100, &h.info), STATUS_SUCCESS);
    assert_int_equal(ex->SetEa(h.name, "more", 0, big, 6000, &h.info), STATUS_SUCCESS);
    static const char *const names[] = {"a", "\xc3\x84", "\xff", "EMPTY", "stop", "behind", "big", "more"};
    for (size_t i = 0; i < COUNT(names); i++)
        assert_int_equal(put_ea(&h, names[i], NULL), STATUS_SUCCESS);
    assert_int_equal(put_ea(&h, "a", NULL), STATUS_NONEXISTENT_EA_ENTRY);
    assert_int_equal(volume_fs()->used, before);
    put_ea(&h, "left", "over");
    shut(&h);
    delete_name(u"\\f");
    assert_int_equal(volume_fs()->used, NODE_COST);
}

static void test_case_sensitive_eas(void **state)
{
    (void)state;
    memfs_free(volume_fs());
    volume_open(MEMFS_EXTENDED | MEMFS_CASE_SENSITIVE, 0);
    struct handle h = must_open(u"\\f", FILE_CREATE, 0);
    put_ea(&h, "a", "1");
    put_ea(&h, "A", "2");
    assert_string_equal(get_ea(&h, "a"), "1");
    assert_string_equal(get_ea(&h, "A"), "2");
    shut(&h);
}

/* ---- holes ------------------------------------------------------------------------------------------- */

static struct {
    unsigned count;
    LONGLONG at[20];
} ranges;

static int WINAPI collect_range(LONGLONG offset, LONGLONG length, PDOKAN_FILE_INFO info)
{
    (void)info;
    ranges.at[ranges.count++] = offset;
    ranges.at[ranges.count++] = offset + length;
    return ranges.count == COUNT(ranges.at);
}

static unsigned find_ranges(struct handle *h, LONGLONG offset, LONGLONG length)
{
    memset(&ranges, 0, sizeof ranges);
    assert_int_equal(ex->FindRanges(h->name, offset, length, collect_range, &h->info), STATUS_SUCCESS);
    return ranges.count / 2;
}

static void test_ranges(void **state)
{
    const LONGLONG far = (LONGLONG)1 << 50, chunk = CHUNK;
    (void)state;
    struct handle h = must_open(u"\\f", FILE_CREATE, 0);
    assert_int_equal(find_ranges(&h, 0, INT64_MAX), 0);
    write_to(&h, "x", 1, far);
    write_to(&h, "x", 1, 0);
    write_to(&h, "x", 1, 5 * chunk);
    write_to(&h, "x", 1, 6 * chunk);
    assert_true(facts_of_handle(&h).AllocationSize < 4 * chunk);
    assert_int_equal(find_ranges(&h, 0, INT64_MAX), 3);
    assert_int_equal(ranges.at[0], 0);
    assert_true(ranges.at[1] >= 1 && ranges.at[1] <= chunk);
    assert_int_equal(ranges.at[2], 5 * chunk);
    assert_int_equal(ranges.at[3], 7 * chunk);
    assert_int_equal(ranges.at[4], far / chunk * chunk);
    assert_int_equal(ranges.at[5], far + 1);
    assert_int_equal(find_ranges(&h, 5 * chunk + 10, 20), 1);
    assert_int_equal(ranges.at[0], 5 * chunk + 10);
    assert_int_equal(ranges.at[1], 5 * chunk + 30);
    assert_int_equal(find_ranges(&h, 2 * chunk, chunk), 0);
    assert_int_equal(find_ranges(&h, far + 1, 100), 0);
    shut(&h);
}

/* Whatever is punched reads as zeros, the rest as before, and space that was taken comes back. */
static void test_zero_ranges(void **state)
{
    enum { SIZE = 5 * CHUNK + 100 };
    static char want[SIZE], got[SIZE];
    uint32_t seed = 1;
    (void)state;
    for (int round = 0; round < 60; round++) {
        struct handle h = must_open(u"\\f", FILE_CREATE, 0);
        memset(want, 'x', SIZE);
        assert_int_equal(write_to(&h, want, SIZE, 0), STATUS_SUCCESS);
        for (int i = 0; i < 3; i++) {
            seed = seed * 1664525 + 1013904223;
            uint32_t unit = round % 3 ? 1 : CHUNK, offset = (seed >> 8) % (SIZE / unit + 1) * unit;
            seed = seed * 1664525 + 1013904223;
            uint32_t length = (seed >> 8) % (SIZE / unit + 1) * unit;
            assert_int_equal(ex->ZeroRange(h.name, offset, length, round % 2, &h.info), STATUS_SUCCESS);
            for (uint32_t at = offset; at < SIZE && at < offset + length; at++)
                want[at] = 0;
        }
        assert_int_equal(size_of(&h), SIZE);
        assert_int_equal(read_from(&h, got, SIZE, 0), SIZE);
        assert_memory_equal(want, got, SIZE);
        assert_int_equal(volume_fs()->used, 2 * NODE_COST + (uint64_t)facts_of_handle(&h).AllocationSize);
        assert_int_equal(ex->ZeroRange(h.name, 0, INT64_MAX, TRUE, &h.info), STATUS_SUCCESS);
        assert_int_equal(facts_of_handle(&h).AllocationSize, 0);
        assert_int_equal(find_ranges(&h, 0, INT64_MAX), 0);
        assert_int_equal(write_to(&h, "again", 5, CHUNK - 2), STATUS_SUCCESS);
        shut(&h);
        delete_name(u"\\f");
        assert_int_equal(volume_fs()->used, NODE_COST);
    }
}

static void test_controls(void **state)
{
    const ULONG set_sparse_code = 0x900C4, query = 0x940CF;
    LONGLONG in[2] = {0, INT64_MAX}, out[4] = {0};
    ULONG returned = 9;
    (void)state;
    struct handle h = must_open(u"\\f", FILE_CREATE, 0);
    write_to(&h, "x", 1, 0);
    write_to(&h, "x", 1, 10 * (LONGLONG)CHUNK);
    assert_int_equal(ex->FileSystemControl(h.name, set_sparse_code, NULL, 0, NULL, 0, &returned, &h.info),
                     STATUS_SUCCESS);
    assert_true(facts_of_handle(&h).FileAttributes & FILE_ATTRIBUTE_SPARSE_FILE);
    assert_int_equal(ex->FileSystemControl(h.name, set_sparse_code, "\0", 1, NULL, 0, &returned, &h.info),
                     STATUS_SUCCESS);
    assert_false(facts_of_handle(&h).FileAttributes & FILE_ATTRIBUTE_SPARSE_FILE);
    assert_int_equal(ex->FileSystemControl(h.name, query, in, sizeof in, out, sizeof out, &returned, &h.info),
                     STATUS_SUCCESS);
    assert_int_equal(returned, 32);
    assert_int_equal(out[2], 10 * (LONGLONG)CHUNK);
    assert_int_equal(out[3], 1);
    assert_int_equal(ex->FileSystemControl(h.name, query, in, sizeof in, out, 31, &returned, &h.info),
                     STATUS_BUFFER_OVERFLOW);
    assert_int_equal(returned, 16);
    assert_int_equal(ex->FileSystemControl(h.name, query, in, 15, out, 31, &returned, &h.info),
                     STATUS_INVALID_PARAMETER);
    assert_int_equal(ex->FileSystemControl(h.name, 1, NULL, 0, NULL, 0, &returned, &h.info),
                     STATUS_INVALID_DEVICE_REQUEST);
    shut(&h);
}

static void test_label(void **state)
{
    WCHAR label[40], name[40];
    DWORD serial, longest, flags;
    DOKAN_FILE_INFO info = {.DokanOptions = &volume.options};
    (void)state;
    assert_int_equal(ex->SetVolumeLabel(u"Fresh", &info), STATUS_SUCCESS);
    assert_int_equal(volume.ops->GetVolumeInformation(label, 40, &serial, &longest, &flags, name, 40, &info),
                     STATUS_SUCCESS);
    assert_int_equal(DokanWcscmp(label, u"Fresh"), 0);
    assert_true(flags & FILE_SUPPORTS_HARD_LINKS);
}

/* Without memory, or space, nothing changes. */
static void test_no_memory(void **state)
{
    int failures = 0;
    BYTE link[100];
    ULONG length = DokanMakeSymbolicLink("target", link, sizeof link);
    (void)state;
    make(u"\\a");
    make(u"\\b");
    struct handle h = must_open(u"\\a", FILE_OPEN, 0);
    for (int step = 0; step < 4; step++) {
        for (NTSTATUS status = STATUS_UNSUCCESSFUL; status != STATUS_SUCCESS; failures++) {
            static int left;
            left = status == STATUS_UNSUCCESSFUL ? 1 : left + 1;
            uint64_t used = volume_fs()->used;
            allocations_left = left;
            status = step == 0   ? ex->CreateHardLink(h.name, u"\\c", FALSE, &h.info)
                     : step == 1 ? ex->ExchangeNames(h.name, u"\\b", &h.info)
                     : step == 2 ? ex->SetReparsePoint(h.name, link, length, &h.info)
                                 : ex->SetEa(h.name, "ea", 0, "value", 5, &h.info);
            allocations_left = -1;
            assert_true(status == STATUS_SUCCESS || status == STATUS_INSUFFICIENT_RESOURCES);
            assert_true(status == STATUS_SUCCESS || volume_fs()->used == used);
        }
        h.name = step == 1 ? u"\\b" : h.name;
    }
    assert_true(failures >= 8);
    shut(&h);
    memfs_free(volume_fs());
    volume_open(MEMFS_EXTENDED, 2 * NODE_COST + 20);
    h = must_open(u"\\a", FILE_CREATE, 0);
    assert_int_equal(ex->CreateHardLink(h.name, u"\\c", FALSE, &h.info), STATUS_DISK_FULL);
    assert_int_equal(ex->SetReparsePoint(h.name, link, 90, &h.info), STATUS_DISK_FULL);
    assert_int_equal(ex->SetEa(h.name, "ea", 0, link, 90, &h.info), STATUS_DISK_FULL);
    assert_int_equal(volume_fs()->used, 2 * NODE_COST);
    shut(&h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_eas),         TEST(test_case_sensitive_eas), TEST(test_ranges),
        TEST(test_zero_ranges), TEST(test_controls),           TEST(test_label),
        TEST(test_no_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
