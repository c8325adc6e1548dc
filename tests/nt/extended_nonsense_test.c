// SPDX-License-Identifier: MIT
/*
 * The extended operations inside the engine over the fake file system: callbacks that answer nonsense, tables
 * that are short, long or missing.
 */
#include "extended_kit.h"

/* What the callbacks below answer. */
static struct {
    NTSTATUS status;
    DOKAN_FACTS facts;
    uint8_t buffer[64];
    ULONG length, used;
    LONGLONG ranges[8];
    unsigned count;
    const char *ea_name;
} says;

static NTSTATUS DOKAN_CALLBACK say_facts(LPCWSTR name, PDOKAN_FACTS facts, PDOKAN_FILE_INFO info)
{
    (void)name, (void)info;
    assert_int_equal(0, facts->Valid);
    *facts = says.facts;
    return says.status;
}

static NTSTATUS DOKAN_CALLBACK say_listing(LPCWSTR name, PFillFacts fill, PDOKAN_FILE_INFO info)
{
    (void)name;
    fill(u"file", &says.facts, info);
    fill(NULL, &says.facts, info);
    fill(u"other", NULL, info);
    fill(u"", &says.facts, info);
    fill(u"bad/name", &says.facts, NULL);
    return says.status;
}

static NTSTATUS DOKAN_CALLBACK say_reparse(LPCWSTR name, PVOID buffer, ULONG length, PULONG used,
                                           PDOKAN_FILE_INFO info)
{
    (void)name, (void)info;
    memcpy(buffer, says.buffer, says.length < length ? says.length : length);
    *used = says.used;
    return says.status;
}

static NTSTATUS DOKAN_CALLBACK say_ea(LPCWSTR name, const char *ea_name, PVOID value, ULONG length,
                                      PULONG used, PDOKAN_FILE_INFO info)
{
    (void)name, (void)ea_name, (void)value, (void)length, (void)info;
    *used = says.used;
    return says.status;
}

static NTSTATUS DOKAN_CALLBACK say_eas(LPCWSTR name, PFillEa fill, PDOKAN_FILE_INFO info)
{
    (void)name;
    fill(NULL, 0, NULL, 0, info);
    fill("", 0, NULL, 0, info);
    fill(says.ea_name, 0xFF, NULL, says.used, info);
    fill("good", 0, "x", 1, NULL);
    fill("good", 0, "x", 1, info);
    return says.status;
}

static NTSTATUS DOKAN_CALLBACK say_ranges(LPCWSTR name, LONGLONG offset, LONGLONG length, PFillRange fill,
                                          PDOKAN_FILE_INFO info)
{
    (void)name, (void)offset, (void)length;
    for (unsigned i = 0; i < says.count; i++)
        if (fill(says.ranges[2 * i], says.ranges[2 * i + 1], info))
            break;
    return says.status;
}

static NTSTATUS DOKAN_CALLBACK say_control(LPCWSTR name, ULONG code, const void *in, ULONG in_length,
                                           PVOID out, ULONG out_length, PULONG returned,
                                           PDOKAN_FILE_INFO info)
{
    (void)name, (void)code, (void)in, (void)in_length, (void)out, (void)out_length, (void)info;
    *returned = says.used;
    return says.status;
}

static NTSTATUS DOKAN_CALLBACK say_status(LPCWSTR name, PDOKAN_FILE_INFO info)
{
    (void)name, (void)info;
    return says.status;
}

static const DOKAN_OPERATIONS_EX nonsense = {
    .Size = sizeof nonsense,
    .GetFacts = say_facts,
    .FindFacts = say_listing,
    .RemoveName = say_status,
    .GetReparsePoint = say_reparse,
    .GetEa = say_ea,
    .FindEas = say_eas,
    .FindRanges = say_ranges,
    .FileSystemControl = say_control,
};

static struct rig *nonsense_open(struct nt_handle **h)
{
    memset(&says, 0, sizeof says);
    says.facts = (DOKAN_FACTS){.Size = sizeof says.facts,
                               .Valid = DOKAN_FACT_ATTRIBUTES | DOKAN_FACT_SIZE,
                               .FileAttributes = FILE_ATTRIBUTE_NORMAL,
                               .FileSize = 1000};
    struct rig *rig = rig_open(&(struct rig_spec){.operations_ex = &nonsense});
    *h = rig_must_open(rig, u"\\file");
    return rig;
}

static NTSTATUS getattr(struct rig *rig, struct nt_handle *h, struct nt_attr *attr)
{
    struct nt_request rq;
    rig_request(rig, &rq, NT_GETATTR, h);
    rq.getattr.node = nt_handle_node(h);
    NTSTATUS status = nt_call(&rq, NULL);
    *attr = rq.getattr.out.attr;
    return status;
}

static void test_senseless_facts(void **state)
{
    struct nt_handle *h;
    struct rig *rig = nonsense_open(&h);
    struct nt_attr attr;
    (void)state;
    says.facts.FileSize = -1;
    assert_status(STATUS_FILE_CORRUPT_ERROR, getattr(rig, h, &attr));
    says.facts.FileSize = 7;
    says.facts.Valid = UINT32_MAX; /* bits of a later library */
    says.facts.AllocationSize = says.facts.CreationTime = says.facts.ChangeTime = -5;
    says.facts.LastWriteTime = 9;
    says.facts.Mode = UINT32_MAX;
    says.facts.FileAttributes = FILE_ATTRIBUTE_DIRECTORY | FILE_ATTRIBUTE_NORMAL; /* it is open as a file */
    says.facts.ReparseTag = IO_REPARSE_TAG_LX_SYMLINK;                            /* without the attribute */
    assert_status(STATUS_SUCCESS, getattr(rig, h, &attr));
    assert_int_equal(7, attr.size);
    assert_int_equal(0, attr.creation);
    assert_int_equal(9, attr.change);
    assert_int_equal(07777, attr.facts.mode);
    assert_int_equal(0, attr.facts.valid & DOKAN_FACT_ALLOCATION);
    assert_int_equal(0, attr.reparse_tag);
    assert_int_equal(0, attr.attributes & FILE_ATTRIBUTE_DIRECTORY);
    says.status = STATUS_NOT_IMPLEMENTED; /* then the older callback is asked */
    fake_has_size(&rig->fs, 555, FILE_ATTRIBUTE_NORMAL);
    assert_status(STATUS_SUCCESS, getattr(rig, h, &attr));
    assert_int_equal(555, attr.size);
    says.status = STATUS_PENDING; /* a status that is neither */
    assert_status(STATUS_INTERNAL_ERROR, getattr(rig, h, &attr));
    rig_end(rig, h);
    rig_close(rig);
}

static void test_senseless_listing(void **state)
{
    struct nt_handle *h;
    struct rig *rig = nonsense_open(&h);
    struct dir_query q = {.restart = true};
    char names[100];
    (void)state;
    struct nt_handle *d = rig_must_open(rig, u"\\");
    assert_status(STATUS_SUCCESS, rig_names(rig, d, &q, names, sizeof names));
    assert_non_null(strstr(names, "file"));
    assert_null(strstr(names, "other"));
    assert_null(strstr(names, "bad"));
    says.facts.Size = 8; /* of an older program: attributes only */
    says.facts.FileSize = -1;
    assert_status(STATUS_SUCCESS, rig_names(rig, d, &q, names, sizeof names));
    assert_non_null(strstr(names, "file"));
    says.facts.Size = UINT32_MAX;
    says.facts.FileSize = 0;
    assert_status(STATUS_SUCCESS, rig_names(rig, d, &q, names, sizeof names));
    says.status = STATUS_NOT_IMPLEMENTED;
    fake_adds_entry(&rig->fs, u"classic", FILE_ATTRIBUTE_NORMAL, 0);
    assert_status(STATUS_SUCCESS, rig_names(rig, d, &q, names, sizeof names));
    assert_non_null(strstr(names, "classic"));
    assert_null(strstr(names, "file"));
    rig_end(rig, d);
    rig_end(rig, h);
    rig_close(rig);
}

static void test_damaged_reparse_points(void **state)
{
    struct nt_handle *h;
    struct rig *rig = nonsense_open(&h);
    uint8_t good[64], out[64];
    uint64_t n = 0;
    (void)state;
    ULONG length = nt_reparse_make_link("target", good, sizeof good);
    says.length = sizeof says.buffer;
    for (ULONG i = 0; i <= length + 1; i++) {
        memset(says.buffer, 0, sizeof says.buffer);
        memcpy(says.buffer, good, length);
        says.used = i;
        assert_status(i == length ? STATUS_SUCCESS : STATUS_IO_REPARSE_DATA_INVALID,
                      reparse(rig, NT_GET_REPARSE, h, out, sizeof out, 0, &n));
    }
    says.used = length;
    says.buffer[8] = 3; /* a version nobody knows */
    assert_status(STATUS_IO_REPARSE_DATA_INVALID, reparse(rig, NT_GET_REPARSE, h, out, sizeof out, 0, &n));
    memcpy(says.buffer, good, length);
    says.buffer[14] = 0; /* the target ends inside */
    assert_status(STATUS_IO_REPARSE_DATA_INVALID, reparse(rig, NT_GET_REPARSE, h, out, sizeof out, 0, &n));
    memcpy(says.buffer, good, length);
    memset(says.buffer, 0, 4); /* no tag */
    assert_status(STATUS_IO_REPARSE_DATA_INVALID, reparse(rig, NT_GET_REPARSE, h, out, sizeof out, 0, &n));
    says.used = 1000;
    assert_status(STATUS_IO_REPARSE_DATA_INVALID, reparse(rig, NT_GET_REPARSE, h, out, sizeof out, 0, &n));
    rig_end(rig, h);
    rig_close(rig);
}

static void test_senseless_eas(void **state)
{
    struct nt_handle *h;
    struct rig *rig = nonsense_open(&h);
    char value[100], too_long[300];
    uint64_t n = 0;
    (void)state;
    says.used = 101;
    assert_status(
        STATUS_EA_CORRUPT_ERROR,
        ea(rig, NT_GET_EA, h, (struct nt_ea_args){.name = "a", .value = value, .length = 100}, NULL));
    says.status = STATUS_BUFFER_OVERFLOW;
    says.used = UINT32_MAX;
    assert_status(STATUS_SUCCESS, ea(rig, NT_GET_EA, h, (struct nt_ea_args){.name = "a"}, &n));
    assert_int_equal(0, n);
    says.status = STATUS_NOT_IMPLEMENTED;
    assert_status(STATUS_NOT_SUPPORTED, ea(rig, NT_GET_EA, h, (struct nt_ea_args){.name = "a"}, NULL));
    says.status = STATUS_SUCCESS;
    memset(too_long, 'n', sizeof too_long - 1);
    too_long[299] = 0;
    says.ea_name = too_long;
    assert_status(STATUS_SUCCESS,
                  ea(rig, NT_LIST_EAS, h, (struct nt_ea_args){.value = value, .length = 100}, &n));
    assert_int_equal(5, n);
    assert_string_equal("good", value);
    says.ea_name = "large";
    says.used = 65536;
    assert_status(STATUS_SUCCESS,
                  ea(rig, NT_LIST_EAS, h, (struct nt_ea_args){.value = value, .length = 100}, &n));
    assert_int_equal(5, n);
    assert_status(STATUS_NOT_SUPPORTED, set_ea(rig, h, "a", "b", 0)); /* not offered */
    rig_end(rig, h);
    rig_close(rig);
}

/* Ranges out of order, overlapping, negative, beyond the end: what is left makes sense. */
static void test_senseless_ranges(void **state)
{
    static const struct {
        LONGLONG ranges[8];
        unsigned count;
        int64_t data, hole; /* from 100 on; -1: none */
    } rows[] = {
        {{0}, 0, -1, 100},
        {{-50, 500}, 1, -1, 100},
        {{100, 0}, 1, -1, 100},
        {{100, -1}, 1, -1, 100},
        {{INT64_MAX - 1, INT64_MAX}, 1, -1, 100},
        {{0, INT64_MAX}, 1, 100, 1000},
        {{0, 150}, 1, 100, 150},
        {{300, 100, 100, 50}, 2, 300, 100},
        {{100, 100, 150, 100, 240, 10}, 3, 100, 250},
        {{2000, 5}, 1, -1, 100},
    };
    struct nt_handle *h;
    struct rig *rig = nonsense_open(&h);
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        uint64_t at = 0;
        memcpy(says.ranges, rows[i].ranges, sizeof says.ranges);
        says.count = rows[i].count;
        NTSTATUS status = range(rig, NT_SEEK, h, (struct nt_range_args){.offset = 100}, &at);
        assert_status(rows[i].data < 0 ? STATUS_END_OF_FILE : STATUS_SUCCESS, status);
        assert_true(rows[i].data < 0 || at == (uint64_t)rows[i].data);
        assert_status(STATUS_SUCCESS,
                      range(rig, NT_SEEK, h, (struct nt_range_args){.offset = 100, .hole = true}, &at));
        assert_int_equal(rows[i].hole, at);
    }
    says.facts.FileSize = 0; /* the file was cut off meanwhile */
    assert_status(STATUS_END_OF_FILE, range(rig, NT_SEEK, h, (struct nt_range_args){.offset = 100}, NULL));
    says.facts.FileSize = 1000;
    assert_status(
        STATUS_NOT_SUPPORTED,
        range(rig, NT_ZERO, h, (struct nt_range_args){.offset = 0, .length = 10, .deallocate = true}, NULL));
    rig_end(rig, h);
    rig_close(rig);
}

static void test_senseless_control(void **state)
{
    struct nt_handle *h;
    struct rig *rig = nonsense_open(&h);
    char out[10];
    struct nt_request rq;
    uint64_t n = 9;
    (void)state;
    says.used = 11;
    rig_request(rig, &rq, NT_FS_CONTROL, h);
    rq.control =
        (struct nt_control_args){.node = nt_handle_node(h), .code = 1, .out = out, .out_length = sizeof out};
    assert_status(STATUS_INTERNAL_ERROR, nt_call(&rq, &n));
    assert_int_equal(0, n);
    says.status = STATUS_UNSUCCESSFUL;
    assert_status(STATUS_UNSUCCESSFUL, rig_remove(rig, u"\\file", false));
    says.status = STATUS_PENDING;
    assert_status(STATUS_INTERNAL_ERROR, rig_remove(rig, u"\\file", false));
    rig_end(rig, h);
    rig_close(rig);
}

/* ---- the table itself -------------------------------------------------------------------------------- */

static void test_sizes_of_the_table(void **state)
{
    struct big {
        DOKAN_OPERATIONS_EX table;
        void *later[3];
    };
    const ULONG head = offsetof(DOKAN_OPERATIONS_EX, GetFacts), pointer = sizeof(void *);
    const struct {
        ULONG size;
        unsigned offers;
    } rows[] = {
        {0, 0},
        {head - 1, 0},
        {head, 0},
        {head + pointer - 1, 0},
        {offsetof(DOKAN_OPERATIONS_EX, GetReparsePoint), 0},
        {offsetof(DOKAN_OPERATIONS_EX, GetReparsePoint) + pointer, NT_OFFERS_REPARSE},
        {offsetof(DOKAN_OPERATIONS_EX, GetReparsePoint) + 2 * pointer - 1, NT_OFFERS_REPARSE},
        {sizeof(DOKAN_OPERATIONS_EX),
         NT_OFFERS_REPARSE | NT_OFFERS_EAS | NT_OFFERS_RANGES | NT_OFFERS_CONTROL},
        {sizeof(struct big), NT_OFFERS_REPARSE | NT_OFFERS_EAS | NT_OFFERS_RANGES | NT_OFFERS_CONTROL},
        {UINT32_MAX, NT_OFFERS_REPARSE | NT_OFFERS_EAS | NT_OFFERS_RANGES | NT_OFFERS_CONTROL},
    };
    struct big big = {.table = nonsense, .later = {&big, &big, &big}};
    big.table.RemoveName = NULL;
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        big.table.Size = rows[i].size;
        struct rig *rig = rig_open(&(struct rig_spec){.operations_ex = &big.table});
        assert_int_equal(rows[i].offers, nt_volume_offers(rig->vol));
        rig_close(rig);
    }
}

/* A volume without a table refuses each kind of request in its own way and calls nothing. */
static void test_not_offered(void **state)
{
    struct rig *rig = rig_open(&(struct rig_spec){0});
    struct nt_handle *h = rig_must_open(rig, u"\\file");
    uint8_t buffer[100];
    uint64_t n = 0;
    struct nt_request rq;
    (void)state;
    fake_has_size(&rig->fs, 100, FILE_ATTRIBUTE_NORMAL);
    assert_int_equal(0, nt_volume_offers(rig->vol));
    assert_status(STATUS_NOT_SUPPORTED, ea(rig, NT_GET_EA, h, (struct nt_ea_args){.name = "a"}, NULL));
    assert_status(STATUS_NOT_SUPPORTED, set_ea(rig, h, "a", "b", 0));
    assert_status(STATUS_NOT_SUPPORTED, ea(rig, NT_LIST_EAS, h, (struct nt_ea_args){0}, NULL));
    assert_status(STATUS_NOT_A_REPARSE_POINT, reparse(rig, NT_GET_REPARSE, h, buffer, sizeof buffer, 0, &n));
    uint32_t length = nt_reparse_make_link("x", buffer, sizeof buffer);
    assert_status(STATUS_NOT_SUPPORTED, reparse(rig, NT_SET_REPARSE, h, buffer, length, 0, &n));
    assert_status(STATUS_NOT_SUPPORTED, range(rig, NT_SEEK, h, (struct nt_range_args){0}, NULL));
    assert_status(STATUS_NOT_SUPPORTED,
                  range(rig, NT_ZERO, h, (struct nt_range_args){.length = 10, .deallocate = true}, NULL));
    rig_request(rig, &rq, NT_FS_CONTROL, h);
    rq.control = (struct nt_control_args){.node = nt_handle_node(h), .code = 1};
    assert_status(STATUS_INVALID_DEVICE_REQUEST, nt_call(&rq, NULL));
    assert_status(STATUS_NOT_SUPPORTED, rig_move(rig, u"\\file", u"\\other", NT_RENAME_EXCHANGE));
    /* Zeros can be written by hand. */
    fake_forget(&rig->fs);
    assert_status(STATUS_SUCCESS,
                  range(rig, NT_ZERO, h, (struct nt_range_args){.offset = 10, .length = 20}, NULL));
    struct fake_call call = fake_last(&rig->fs, DokanOperationWriteFile);
    assert_int_equal(10, call.offset);
    assert_int_equal(20, call.length);
    /* A link that cannot be one is not left behind as a file. */
    assert_status(STATUS_NOT_SUPPORTED, make_with(rig, u"\\link", NULL, "x", 0));
    assert_int_equal(TRUE, fake_last(&rig->fs, DokanOperationCleanup).delete_pending);
    rig_end(rig, h);
    rig_close(rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_senseless_facts),        cmocka_unit_test(test_senseless_listing),
        cmocka_unit_test(test_damaged_reparse_points), cmocka_unit_test(test_senseless_eas),
        cmocka_unit_test(test_senseless_ranges),       cmocka_unit_test(test_senseless_control),
        cmocka_unit_test(test_sizes_of_the_table),     cmocka_unit_test(test_not_offered),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
