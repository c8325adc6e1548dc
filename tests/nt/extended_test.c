// SPDX-License-Identifier: MIT
/* The extended operations inside the engine over memfs, where they mean something. */
#include "extended_kit.h"
#include "memfs.h"

/* ---- memfs ------------------------------------------------------------------------------------------- */

struct world {
    void *memfs;
    struct rig *rig;
};

static struct world world_open(void)
{
    struct world w = {.memfs = memfs_new(MEMFS_EXTENDED, 0)};
    assert_non_null(w.memfs);
    w.rig = rig_open(&(struct rig_spec){.operations = memfs_operations(),
                                        .operations_ex = memfs_operations_ex(),
                                        .context = w.memfs,
                                        .entry_ns = 1000000000,
                                        .attr_ns = 1000000000});
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

static struct nt_attr attr_of(struct rig *rig, const WCHAR *path)
{
    struct nt_lookup_args found;
    assert_status(STATUS_SUCCESS, rig_lookup(rig, path, &found));
    nt_node_put(found.out.node);
    return found.out.attr;
}

static NTSTATUS look(struct rig *rig, const WCHAR *path)
{
    struct nt_lookup_args found;
    NTSTATUS status = rig_lookup(rig, path, &found);
    if (status == STATUS_SUCCESS)
        nt_node_put(found.out.node);
    return status;
}

static const struct nt_facts mine = {
    .valid = DOKAN_FACT_MODE | DOKAN_FACT_UID | DOKAN_FACT_GID, .mode = 0640, .uid = 1000, .gid = 100};

static void test_made_at_once(void **state)
{
    struct world w = world_open();
    (void)state;
    assert_status(STATUS_SUCCESS, make_with(w.rig, u"\\f", &mine, NULL, FILE_NON_DIRECTORY_FILE));
    struct nt_attr attr = attr_of(w.rig, u"\\f");
    assert_int_equal(mine.valid, attr.facts.valid & mine.valid);
    assert_int_equal(0640, attr.facts.mode);
    assert_int_equal(1000, attr.facts.uid);
    assert_status(STATUS_SUCCESS, make_with(w.rig, u"\\l", &mine, "some/where",
                                            FILE_NON_DIRECTORY_FILE | FILE_OPEN_REPARSE_POINT));
    attr = attr_of(w.rig, u"\\l");
    assert_int_equal(IO_REPARSE_TAG_LX_SYMLINK, attr.reparse_tag);
    assert_int_equal(10, attr.size);
    assert_true(attr.attributes & FILE_ATTRIBUTE_REPARSE_POINT);

    /* A folder that hands its group on. */
    struct nt_facts shared = mine;
    shared.mode = 02775;
    shared.gid = 77;
    assert_status(STATUS_SUCCESS, make_with(w.rig, u"\\d", &shared, NULL, FILE_DIRECTORY_FILE));
    assert_status(STATUS_SUCCESS, make_with(w.rig, u"\\d\\f", &mine, NULL, FILE_NON_DIRECTORY_FILE));
    assert_status(STATUS_SUCCESS, make_with(w.rig, u"\\d\\d", &mine, NULL, FILE_DIRECTORY_FILE));
    assert_int_equal(77, attr_of(w.rig, u"\\d\\f").facts.gid);
    assert_int_equal(0640, attr_of(w.rig, u"\\d\\f").facts.mode);
    assert_int_equal(02640, attr_of(w.rig, u"\\d\\d").facts.mode);
    world_close(&w);
}

struct listed {
    struct nt_request rq;
    unsigned count;
    uint32_t tags, modes;
};

static bool emit(struct nt_request *rq, const struct nt_dirent *entry)
{
    struct listed *l = (struct listed *)rq;
    if (entry->name[0] == u'.')
        return true;
    l->count++;
    l->tags |= entry->attr.reparse_tag;
    l->modes |= entry->attr.facts.valid & DOKAN_FACT_MODE ? entry->attr.facts.mode : 0;
    return true;
}

static void test_facts_in_listings(void **state)
{
    struct world w = world_open();
    struct listed l = {0};
    (void)state;
    make_with(w.rig, u"\\f", &mine, NULL, 0);
    make_with(w.rig, u"\\l", &mine, "x", FILE_OPEN_REPARSE_POINT);
    struct nt_handle *h = rig_must_open(w.rig, u"\\");
    rig_request(w.rig, &l.rq, NT_LIST_DIRECTORY, h);
    l.rq.list.want_nodes = true;
    l.rq.list.emit = emit;
    assert_status(STATUS_SUCCESS, nt_call(&l.rq, NULL));
    assert_int_equal(2, l.count);
    assert_int_equal(IO_REPARSE_TAG_LX_SYMLINK, l.tags);
    assert_int_equal(0640, l.modes);
    rig_end(w.rig, h);
    /* One callback for a listing and one for each question, as before. */
    DOKAN_VOLUME_COUNTERS counters = rig_counters(w.rig);
    assert_int_equal(1, counters.OperationsEx[DokanOperationFindFacts].Calls);
    assert_int_equal(0, counters.Operations[DokanOperationFindFiles].Calls);
    assert_int_equal(0, counters.Operations[DokanOperationGetFileInformation].Calls);
    world_close(&w);
}

/* ---- extended attributes ----------------------------------------------------------------------------- */

static void test_eas(void **state)
{
    struct world w = world_open();
    char value[100], long_name[300];
    uint64_t n;
    (void)state;
    struct nt_handle *h = make(w.rig, u"\\f", 0);
    assert_status(
        STATUS_NO_EAS_ON_FILE,
        ea(w.rig, NT_GET_EA, h, (struct nt_ea_args){.name = "a", .value = value, .length = 100}, NULL));
    assert_status(STATUS_SUCCESS, set_ea(w.rig, h, "a", "one", NT_EA_CREATE));
    assert_status(STATUS_OBJECT_NAME_COLLISION, set_ea(w.rig, h, "A", "two", NT_EA_CREATE));
    assert_status(STATUS_NONEXISTENT_EA_ENTRY, set_ea(w.rig, h, "b", "two", NT_EA_REPLACE));
    assert_status(STATUS_SUCCESS, set_ea(w.rig, h, "a", "three", NT_EA_REPLACE));
    assert_status(STATUS_SUCCESS, ea(w.rig, NT_GET_EA, h,
                                     (struct nt_ea_args){.name = "a", .value = value, .length = 100}, &n));
    assert_int_equal(5, n);
    assert_memory_equal("three", value, 5);
    assert_status(STATUS_SUCCESS, ea(w.rig, NT_GET_EA, h, (struct nt_ea_args){.name = "a"}, &n));
    assert_int_equal(5, n);
    assert_status(
        STATUS_BUFFER_OVERFLOW,
        ea(w.rig, NT_GET_EA, h, (struct nt_ea_args){.name = "a", .value = value, .length = 4}, NULL));
    assert_status(STATUS_SUCCESS, set_ea(w.rig, h, "bb", "", 0));
    assert_status(STATUS_SUCCESS,
                  ea(w.rig, NT_LIST_EAS, h, (struct nt_ea_args){.value = value, .length = 100}, &n));
    assert_int_equal(5, n);
    assert_memory_equal("a\0bb", value, 5);
    assert_status(STATUS_SUCCESS, ea(w.rig, NT_LIST_EAS, h, (struct nt_ea_args){0}, &n));
    assert_int_equal(5, n);
    assert_status(STATUS_BUFFER_OVERFLOW,
                  ea(w.rig, NT_LIST_EAS, h, (struct nt_ea_args){.value = value, .length = 4}, NULL));
    memset(long_name, 'n', sizeof long_name - 1);
    long_name[256] = 0;
    assert_status(STATUS_INVALID_PARAMETER, set_ea(w.rig, h, long_name, "x", 0));
    assert_status(STATUS_INVALID_PARAMETER, set_ea(w.rig, h, "", "x", 0));
    assert_status(
        STATUS_EA_TOO_LARGE,
        ea(w.rig, NT_SET_EA, h, (struct nt_ea_args){.name = "x", .value = value, .length = 65536}, NULL));
    assert_status(STATUS_SUCCESS,
                  ea(w.rig, NT_SET_EA, h, (struct nt_ea_args){.name = "a", .flags = NT_EA_REMOVE}, NULL));
    assert_status(STATUS_NONEXISTENT_EA_ENTRY,
                  ea(w.rig, NT_SET_EA, h, (struct nt_ea_args){.name = "a", .flags = NT_EA_REMOVE}, NULL));
    rig_end(w.rig, h);
    world_close(&w);
}

/* ---- reparse points ---------------------------------------------------------------------------------- */

static void test_reparse_points(void **state)
{
    struct world w = world_open();
    uint8_t buffer[500], got[500];
    uint64_t n;
    (void)state;
    struct nt_handle *h = make(w.rig, u"\\f", 0);
    uint32_t length = nt_reparse_make_link("target", buffer, sizeof buffer);
    assert_status(STATUS_NOT_A_REPARSE_POINT, reparse(w.rig, NT_GET_REPARSE, h, got, sizeof got, 0, &n));
    assert_status(STATUS_IO_REPARSE_DATA_INVALID,
                  reparse(w.rig, NT_SET_REPARSE, h, buffer, length - 1, 0, &n));
    assert_status(STATUS_SUCCESS, reparse(w.rig, NT_SET_REPARSE, h, buffer, length, 0, &n));
    assert_status(STATUS_SUCCESS, reparse(w.rig, NT_GET_REPARSE, h, got, sizeof got, 0, &n));
    assert_int_equal(length, n);
    assert_memory_equal(buffer, got, length);
    assert_status(STATUS_BUFFER_OVERFLOW, reparse(w.rig, NT_GET_REPARSE, h, got, length - 1, 0, &n));
    assert_int_equal(IO_REPARSE_TAG_LX_SYMLINK, attr_of(w.rig, u"\\f").reparse_tag);
    length = nt_reparse_make_special(IO_REPARSE_TAG_LX_FIFO, buffer);
    assert_status(STATUS_IO_REPARSE_TAG_MISMATCH, reparse(w.rig, NT_SET_REPARSE, h, buffer, length, 0, &n));
    assert_status(STATUS_IO_REPARSE_TAG_MISMATCH,
                  reparse(w.rig, NT_DELETE_REPARSE, h, NULL, 0, IO_REPARSE_TAG_LX_FIFO, &n));
    assert_status(STATUS_SUCCESS,
                  reparse(w.rig, NT_DELETE_REPARSE, h, NULL, 0, IO_REPARSE_TAG_LX_SYMLINK, &n));
    assert_int_equal(0, attr_of(w.rig, u"\\f").reparse_tag);
    rig_end(w.rig, h);
    world_close(&w);
}

/* ---- set-id bits ------------------------------------------------------------------------------------- */

static uint32_t mode_after(struct rig *rig, uint32_t mode, bool kill, bool cut)
{
    struct nt_facts facts = mine;
    struct nt_request rq;
    char byte = 'x';
    facts.mode = mode;
    assert_status(STATUS_SUCCESS, make_with(rig, u"\\s", &facts, NULL, 0));
    struct nt_handle *h = rig_must_open(rig, u"\\s");
    rig_request(rig, &rq, cut ? NT_SETATTR : NT_WRITE, h);
    if (cut)
        rq.setattr = (struct nt_setattr_args){.node = nt_handle_node(h),
                                              .valid = NT_SET_SIZE | (kill ? NT_SET_KILL : 0u)};
    else
        rq.io = (struct nt_io_args){.buffer = &byte, .length = 1, .kill_privileges = kill};
    assert_status(STATUS_SUCCESS, nt_call(&rq, NULL));
    rig_end(rig, h);
    uint32_t after = attr_of(rig, u"\\s").facts.mode;
    assert_status(STATUS_SUCCESS, rig_remove(rig, u"\\s", false));
    return after;
}

static void test_set_id_bits(void **state)
{
    static const struct {
        uint32_t mode, after;
    } rows[] = {{06777, 0777}, {04644, 0644}, {02745, 02745}, {02755, 0755}, {01777, 01777}, {0600, 0600}};
    struct world w = world_open();
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        for (int cut = 0; cut < 2; cut++) {
            assert_int_equal(rows[i].after, mode_after(w.rig, rows[i].mode, true, cut));
            assert_int_equal(rows[i].mode, mode_after(w.rig, rows[i].mode, false, cut));
        }
    }
    world_close(&w);
}

/* ---- holes ------------------------------------------------------------------------------------------- */

static void test_ranges(void **state)
{
    const int64_t far = 1 << 30;
    struct world w = world_open();
    uint64_t at;
    char byte = 0;
    (void)state;
    struct nt_handle *h = make(w.rig, u"\\f", 0);
    assert_status(STATUS_END_OF_FILE, range(w.rig, NT_SEEK, h, (struct nt_range_args){0}, &at));
    assert_status(STATUS_SUCCESS, rig_write(w.rig, h, "x", 1, far, NULL));
    assert_status(STATUS_SUCCESS, range(w.rig, NT_SEEK, h, (struct nt_range_args){0}, &at));
    assert_int_equal(far, at);
    assert_status(STATUS_SUCCESS,
                  range(w.rig, NT_SEEK, h, (struct nt_range_args){.hole = true, .offset = 5}, &at));
    assert_int_equal(5, at);
    assert_status(STATUS_SUCCESS,
                  range(w.rig, NT_SEEK, h, (struct nt_range_args){.hole = true, .offset = far}, &at));
    assert_int_equal(far + 1, at);
    assert_status(STATUS_END_OF_FILE,
                  range(w.rig, NT_SEEK, h, (struct nt_range_args){.offset = far + 1}, &at));
    assert_status(STATUS_END_OF_FILE, range(w.rig, NT_SEEK, h, (struct nt_range_args){.offset = -1}, &at));
    static const struct nt_range_args bad[] = {{.offset = -1, .length = 1},
                                               {.offset = 0, .length = 0},
                                               {.offset = 0, .length = -5},
                                               {.offset = INT64_MAX, .length = 1}};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_status(STATUS_INVALID_PARAMETER, range(w.rig, NT_ZERO, h, bad[i], NULL));
    assert_status(
        STATUS_SUCCESS,
        range(w.rig, NT_ZERO, h,
              (struct nt_range_args){.offset = far, .length = 100, .deallocate = true, .keep_size = true},
              NULL));
    assert_status(STATUS_SUCCESS, rig_read(w.rig, h, &byte, 1, far, NULL));
    assert_int_equal(0, byte);
    assert_status(STATUS_END_OF_FILE, range(w.rig, NT_SEEK, h, (struct nt_range_args){0}, &at));
    assert_status(STATUS_SUCCESS,
                  range(w.rig, NT_ZERO, h, (struct nt_range_args){.offset = far, .length = 100}, NULL));
    FILE_STANDARD_INFORMATION info;
    assert_status(STATUS_SUCCESS, rig_query(w.rig, h, FileStandardInformation, &info, sizeof info, NULL));
    assert_int_equal(far + 100, info.EndOfFile.QuadPart);
    rig_end(w.rig, h);
    world_close(&w);
}

/* ---- names ------------------------------------------------------------------------------------------- */

static void test_names(void **state)
{
    struct world w = world_open();
    char text[10];
    uint32_t n = 0;
    (void)state;
    struct nt_handle *a = make(w.rig, u"\\a", 0), *d = make(w.rig, u"\\d", FILE_DIRECTORY_FILE),
                     *f = make(w.rig, u"\\d\\f", 0);
    rig_write(w.rig, a, "a", 1, 0, NULL);
    rig_write(w.rig, f, "f", 1, 0, NULL);
    assert_status(STATUS_SUCCESS, rig_move(w.rig, u"\\a", u"\\d", NT_RENAME_EXCHANGE));
    assert_status(STATUS_SUCCESS, look(w.rig, u"\\a\\f")); /* open handles have gone with their files */
    assert_status(STATUS_SUCCESS, rig_read(w.rig, f, text, 10, 0, &n));
    assert_status(STATUS_SUCCESS, rig_read(w.rig, a, text + 1, 9, 0, &n));
    assert_memory_equal("fa", text, 2);
    assert_status(STATUS_OBJECT_NAME_NOT_FOUND, rig_move(w.rig, u"\\a", u"\\missing", NT_RENAME_EXCHANGE));
    assert_status(STATUS_INVALID_PARAMETER, rig_move(w.rig, u"\\a", u"\\a\\f", NT_RENAME_EXCHANGE));
    assert_status(STATUS_INVALID_PARAMETER, rig_move(w.rig, u"\\a\\f", u"\\a", NT_RENAME_EXCHANGE));
    assert_status(STATUS_SUCCESS, rig_move(w.rig, u"\\a", u"\\a", NT_RENAME_EXCHANGE));
    assert_status(STATUS_SUCCESS, rig_move(w.rig, u"\\d", u"\\a\\f", NT_RENAME_EXCHANGE));

    /* Removed while open: the name is free, the handle goes on, nothing is hidden anywhere. */
    assert_status(STATUS_SUCCESS, rig_remove(w.rig, u"\\d", false));
    assert_status(STATUS_OBJECT_NAME_NOT_FOUND, look(w.rig, u"\\d"));
    assert_status(STATUS_SUCCESS, rig_read(w.rig, f, text, 10, 0, &n));
    assert_status(STATUS_SUCCESS, rig_write(w.rig, f, "more", 4, 1, NULL));
    assert_status(STATUS_DIRECTORY_NOT_EMPTY, rig_remove(w.rig, u"\\a", true));
    assert_status(STATUS_OBJECT_NAME_NOT_FOUND, look(w.rig, u"\\.xdokan-removed"));
    struct nt_handle *again = make(w.rig, u"\\d", 0);
    rig_end(w.rig, again);
    rig_end(w.rig, f);
    assert_status(STATUS_SUCCESS, look(w.rig, u"\\d"));
    rig_end(w.rig, a);
    rig_end(w.rig, d);
    world_close(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_made_at_once), cmocka_unit_test(test_facts_in_listings),
        cmocka_unit_test(test_eas),          cmocka_unit_test(test_reparse_points),
        cmocka_unit_test(test_set_id_bits),  cmocka_unit_test(test_ranges),
        cmocka_unit_test(test_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
