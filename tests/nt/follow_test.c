// SPDX-License-Identifier: MIT
/* Links that the engine follows for strict callers, over memfs, which follows none itself. */
#include "follow_kit.h"
#include <stdio.h>

static const struct {
    const WCHAR *path;
    ULONG disposition, options;
    NTSTATUS status;
    const char *opened;
    uint64_t information;
} visits[] = {
    {u"\\to-f", FILE_OPEN, 0, 0, "\\a\\b\\f", FILE_OPENED},
    {u"\\to-f", FILE_OPEN, FILE_OPEN_REPARSE_POINT, 0, "\\to-f", FILE_OPENED},
    {u"\\to-f", FILE_OPEN_IF, 0, 0, "\\a\\b\\f", FILE_OPENED},
    {u"\\to-f", FILE_OPEN, FILE_NON_DIRECTORY_FILE, 0, "\\a\\b\\f", FILE_OPENED},
    {u"\\to-f", FILE_OPEN, FILE_DIRECTORY_FILE, STATUS_NOT_A_DIRECTORY, "", 0},
    {u"\\to-f", FILE_CREATE, 0, STATUS_OBJECT_NAME_COLLISION, "", 0},
    {u"\\to-f:s", FILE_OPEN, 0, 0, "\\a\\b\\f:s", FILE_OPENED},
    {u"\\to-f:new", FILE_OPEN, 0, STATUS_OBJECT_NAME_NOT_FOUND, "", 0},
    {u"\\to-f:new", FILE_OPEN_IF, 0, 0, "\\a\\b\\f:new", FILE_CREATED},
    {u"\\to-f:own", FILE_CREATE, FILE_OPEN_REPARSE_POINT, 0, "\\to-f:own", FILE_CREATED}, /* the link's */
    {u"\\to-f:own", FILE_OPEN, FILE_OPEN_REPARSE_POINT, 0, "\\to-f:own", FILE_OPENED},
    {u"\\to-f:own", FILE_OPEN, 0, STATUS_OBJECT_NAME_NOT_FOUND, "", 0},
    {u"\\to-b", FILE_OPEN, FILE_DIRECTORY_FILE, 0, "\\a\\b", FILE_OPENED},
    {u"\\to-b", FILE_OPEN, FILE_NON_DIRECTORY_FILE, STATUS_FILE_IS_A_DIRECTORY, "", 0},
    {u"\\to-b\\", FILE_OPEN, 0, 0, "\\a\\b", FILE_OPENED},
    {u"\\to-b\\f", FILE_OPEN, 0, 0, "\\a\\b\\f", FILE_OPENED},
    {u"\\to-b\\f:s", FILE_OPEN, 0, 0, "\\a\\b\\f:s", FILE_OPENED},
    {u"\\to-b\\f", FILE_OPEN, FILE_OPEN_REPARSE_POINT, 0, "\\a\\b\\f", FILE_OPENED},
    {u"\\to-b\\new", FILE_OPEN, 0, STATUS_OBJECT_NAME_NOT_FOUND, "", 0},
    {u"\\to-b\\no\\where", FILE_OPEN, 0, STATUS_OBJECT_PATH_NOT_FOUND, "", 0},
    {u"\\to-b\\f\\x", FILE_OPEN, 0, STATUS_OBJECT_PATH_NOT_FOUND, "", 0},
    {u"\\to-b-dots\\f", FILE_OPEN, 0, 0, "\\a\\b\\f", FILE_OPENED},
    {u"\\a\\up", FILE_OPEN, 0, 0, "\\t", FILE_OPENED},
    {u"\\a\\b\\root", FILE_OPEN, 0, 0, "\\", FILE_OPENED},
    {u"\\a\\b\\root\\t", FILE_OPEN, 0, 0, "\\t", FILE_OPENED},
    {u"\\a\\b\\root\\to-b\\root\\chain\\f", FILE_OPEN, 0, 0, "\\a\\b\\f", FILE_OPENED},
    {u"\\chain\\f", FILE_OPEN, 0, 0, "\\a\\b\\f", FILE_OPENED},
    {u"\\chain", FILE_OPEN, 0, 0, "\\a\\b", FILE_OPENED},
    {u"\\dangling", FILE_OPEN, 0, STATUS_OBJECT_NAME_NOT_FOUND, "", 0},
    {u"\\dangling\\x", FILE_OPEN, 0, STATUS_OBJECT_PATH_NOT_FOUND, "", 0},
    {u"\\out", FILE_OPEN, 0, STATUS_STOPPED_ON_SYMLINK, "", 0},
    {u"\\out\\x", FILE_OPEN, 0, STATUS_STOPPED_ON_SYMLINK, "", 0},
    {u"\\abs", FILE_OPEN, 0, STATUS_STOPPED_ON_SYMLINK, "", 0},
    {u"\\loop", FILE_OPEN, 0, STATUS_REPARSE_POINT_NOT_RESOLVED, "", 0},
    {u"\\loop", FILE_OPEN, FILE_OPEN_REPARSE_POINT, 0, "\\loop", FILE_OPENED},
    {u"\\loop\\x", FILE_OPEN, FILE_OPEN_REPARSE_POINT, STATUS_REPARSE_POINT_NOT_RESOLVED, "", 0},
    {u"\\ping\\y", FILE_OPEN, 0, STATUS_REPARSE_POINT_NOT_RESOLVED, "", 0},
    {u"\\back", FILE_OPEN, 0, STATUS_OBJECT_NAME_INVALID, "", 0},
    {u"\\hidden", FILE_OPEN, 0, STATUS_OBJECT_NAME_NOT_FOUND, "", 0}, /* the engine's own folder */
    {u"\\hidden", FILE_CREATE, 0, STATUS_ACCESS_DENIED, "", 0},
    {u"\\hidden\\f", FILE_OPEN, 0, STATUS_OBJECT_NAME_NOT_FOUND, "", 0},
    {u"\\in-hidden", FILE_OPEN_IF, 0, STATUS_OBJECT_NAME_NOT_FOUND, "", 0},
    {u"\\w-rel\\f", FILE_OPEN, 0, 0, "\\a\\b\\f", FILE_OPENED},
    {u"\\a\\w-up", FILE_OPEN, 0, 0, "\\t", FILE_OPENED},
    {u"\\a\\w-root", FILE_OPEN, 0, 0, "\\t", FILE_OPENED},
    {u"\\w-abs", FILE_OPEN, 0, 0, "\\a\\b\\f", FILE_OPENED},
    {u"\\w-drive", FILE_OPEN, 0, STATUS_STOPPED_ON_SYMLINK, "", 0},
    {u"\\w-share", FILE_OPEN, 0, STATUS_STOPPED_ON_SYMLINK, "", 0},
    {u"\\j\\b", FILE_OPEN, 0, STATUS_STOPPED_ON_SYMLINK, "", 0},
    {u"\\j-in\\f", FILE_OPEN, 0, 0, "\\a\\b\\f", FILE_OPENED},
    {u"\\j-in", FILE_OPEN, FILE_DIRECTORY_FILE, 0, "\\a\\b", FILE_OPENED},
    {u"\\j-in", FILE_OPEN, FILE_DIRECTORY_FILE | FILE_OPEN_REPARSE_POINT, 0, "\\j-in", FILE_OPENED},
    {u"\\many\\b\\f", FILE_OPEN, 0, 0, "\\a\\b\\f", FILE_OPENED},
    /* What changes the target, last. */
    {u"\\to-f", FILE_OVERWRITE, 0, 0, "\\a\\b\\f", FILE_OVERWRITTEN},
    {u"\\to-f", FILE_OVERWRITE_IF, 0, 0, "\\a\\b\\f", FILE_OVERWRITTEN},
    {u"\\to-f", FILE_SUPERSEDE, 0, 0, "\\a\\b\\f", FILE_SUPERSEDED},
    {u"\\to-b\\made", FILE_CREATE, 0, 0, "\\a\\b\\made", FILE_CREATED},
    {u"\\to-b\\made", FILE_OPEN, FILE_DELETE_ON_CLOSE, 0, "\\a\\b\\made", FILE_OPENED},
    {u"\\to-b\\made", FILE_OPEN, 0, STATUS_OBJECT_NAME_NOT_FOUND, "", 0},
    {u"\\dangling", FILE_CREATE, 0, 0, "\\a\\new", FILE_CREATED},
    {u"\\dangling", FILE_OPEN, 0, 0, "\\a\\new", FILE_OPENED},
    {u"\\dangling", FILE_OPEN, FILE_DELETE_ON_CLOSE, 0, "\\a\\new", FILE_OPENED},
    {u"\\dangling", FILE_OPEN_IF, FILE_DIRECTORY_FILE, 0, "\\a\\new", FILE_CREATED},
    {u"\\to-f", FILE_OPEN, FILE_OPEN_REPARSE_POINT | FILE_DELETE_ON_CLOSE, 0, "\\to-f", FILE_OPENED},
    {u"\\to-f", FILE_OPEN, 0, STATUS_OBJECT_NAME_NOT_FOUND, "", 0},
    {u"\\a\\b\\f", FILE_OPEN, 0, 0, "\\a\\b\\f", FILE_OPENED},
};

static void run_visits(uint64_t attr_ns, bool single_thread)
{
    struct world w = world_open_with(attr_ns, single_thread);
    populate(w.rig);
    for (size_t i = 0; i < COUNT_OF(visits); i++) {
        struct seen s = visit(w.rig, visits[i].path, visits[i].disposition, visits[i].options);
        if (s.status != visits[i].status || strcmp(s.path, visits[i].opened) != 0 ||
            (!s.status && s.information != visits[i].information))
            fail_msg("%s (row %zu): 0x%08x, %d, %s", narrow(visits[i].path), i, (unsigned)s.status,
                     (int)s.information, s.path);
    }
    world_close(&w);
}

static void test_visits(void **state)
{
    (void)state;
    run_visits(0, false);
    run_visits(0, true);
    run_visits(60000000000u, false); /* attributes come from the cache */
}

/* ---- how many ------------------------------------------------------------------------------------------ */

static void chain(struct rig *rig, unsigned from, unsigned to)
{
    for (unsigned i = from; i < to; i++) {
        WCHAR path[16] = u"\\h00";
        char target[16];
        path[2] = (WCHAR)(u'0' + i / 10);
        path[3] = (WCHAR)(u'0' + i % 10);
        snprintf(target, sizeof target, "h%02u", i + 1);
        linux_link(rig, path, target);
    }
}

static void test_hops(void **state)
{
    struct world w = world_open(0);
    (void)state;
    chain(w.rig, 0, 64);
    make(w.rig, u"\\h64", 0, NULL);
    assert_status(STATUS_SUCCESS, visit(w.rig, u"\\h01", FILE_OPEN, 0).status);
    assert_status(STATUS_REPARSE_POINT_NOT_RESOLVED, visit(w.rig, u"\\h00", FILE_OPEN, 0).status);
    assert_status(STATUS_REPARSE_POINT_NOT_RESOLVED, visit(w.rig, u"\\h00", FILE_OVERWRITE, 0).status);
    world_close(&w);
}

/* ---- what else there is -------------------------------------------------------------------------------- */

static void test_other_reparse_points(void **state)
{
    struct world w = world_open(0);
    uint8_t buffer[8];
    (void)state;
    make_link(w.rig, u"\\fifo", buffer, nt_reparse_make_special(IO_REPARSE_TAG_LX_FIFO, buffer), 0);
    struct opening how = {.path = u"\\fifo", .access = FILE_READ_ATTRIBUTES, .disposition = FILE_OPEN};
    assert_status(STATUS_IO_REPARSE_TAG_NOT_HANDLED, open_at(w.rig, &how).status);
    how.options = FILE_OPEN_REPARSE_POINT;
    assert_status(STATUS_SUCCESS, open_at(w.rig, &how).status);
    assert_status(STATUS_IO_REPARSE_TAG_NOT_HANDLED, visit(w.rig, u"\\fifo\\x", FILE_OPEN, 0).status);
    world_close(&w);
}

static void test_relative_opens(void **state)
{
    struct world w = world_open(0);
    (void)state;
    populate(w.rig);
    struct nt_handle *a = rig_must_open(w.rig, u"\\a");
    struct opening how = {.path = u"up", .dir = nt_handle_node(a), .disposition = FILE_OPEN};
    assert_string_equal("\\t", open_at(w.rig, &how).path);
    how.path = u"b\\root\\chain\\f";
    assert_string_equal("\\a\\b\\f", open_at(w.rig, &how).path);
    rig_end(w.rig, a);
    a = rig_must_open(w.rig, u"\\to-b"); /* followed: it is \a\b */
    how = (struct opening){.path = u"f", .dir = nt_handle_node(a), .disposition = FILE_OPEN};
    assert_string_equal("\\a\\b\\f", open_at(w.rig, &how).path);
    rig_end(w.rig, a);
    world_close(&w);
}

static void test_target_directory(void **state)
{
    struct world w = world_open(0);
    static const struct {
        const WCHAR *path;
        uint64_t information;
        const char *opened;
    } rows[] = {
        {u"\\to-b\\f", FILE_EXISTS, "\\a\\b"},
        {u"\\chain\\new", FILE_DOES_NOT_EXIST, "\\a\\b"},
        {u"\\to-f", FILE_EXISTS, "\\"}, /* the link itself */
        {u"\\a\\b\\root\\chain\\f", FILE_EXISTS, "\\a\\b"},
    };
    (void)state;
    populate(w.rig);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct nt_request rq;
        uint64_t information = 0;
        WCHAR path[100];
        rig_request(w.rig, &rq, NT_CREATE, NULL);
        fill_create(
            &rq, &(struct opening){.path = rows[i].path, .access = FILE_ADD_FILE, .disposition = FILE_OPEN});
        rq.create.target_directory = true;
        assert_status(STATUS_SUCCESS, nt_call(&rq, &information));
        nt_node_path(rq.create.out.node, path, COUNT_OF(path));
        assert_text(rows[i].opened, path);
        assert_int_equal(rows[i].information, information);
        nt_node_put(rq.create.out.node);
        rig_end(w.rig, rq.create.out.handle);
    }
    world_close(&w);
}

/* Share modes are those of the target, by whatever name. */
static void test_sharing(void **state)
{
    struct world w = world_open(0);
    struct opening how = {.path = u"\\to-f", .share = NO_SHARE, .disposition = FILE_OPEN};
    (void)state;
    populate(w.rig);
    struct opened o = rig_create(w.rig, &how);
    assert_status(STATUS_SUCCESS, o.status);
    assert_status(STATUS_SHARING_VIOLATION, visit(w.rig, u"\\a\\b\\f", FILE_OPEN, 0).status);
    assert_status(STATUS_SHARING_VIOLATION, visit(w.rig, u"\\to-b\\f", FILE_OPEN, 0).status);
    rig_end(w.rig, o.handle);
    /* Who has the link itself does not stand in the way. */
    how.options = FILE_OPEN_REPARSE_POINT;
    o = rig_create(w.rig, &how);
    assert_string_equal("\\a\\b\\f", visit(w.rig, u"\\to-f", FILE_OPEN, 0).path);
    assert_status(STATUS_OBJECT_NAME_COLLISION, visit(w.rig, u"\\to-f", FILE_CREATE, 0).status);
    rig_end(w.rig, o.handle);
    world_close(&w);
}

/* A door whose client follows links goes by what it names. */
static void test_others_are_not_followed(void **state)
{
    struct world w = world_open(0);
    struct nt_request rq;
    (void)state;
    populate(w.rig);
    rig_request(w.rig, &rq, NT_CREATE, NULL);
    rq.strict = false;
    fill_create(&rq, &(struct opening){.path = u"\\to-b\\f", .disposition = FILE_OPEN});
    assert_status(STATUS_OBJECT_PATH_NOT_FOUND, nt_call(&rq, NULL));
    world_close(&w);
}

/* Nothing is asked that need not be: `opens` are those of the file system. */
static void test_cost(void **state)
{
    static const struct {
        const WCHAR *path;
        ULONG disposition, options;
        unsigned opens;
    } rows[] = {
        {u"\\a\\b\\f", FILE_OPEN, 0, 1},
        {u"\\a\\b\\f", FILE_OPEN, FILE_OPEN_REPARSE_POINT, 1},
        {u"\\a\\b\\f", FILE_OVERWRITE, FILE_OPEN_REPARSE_POINT, 1},
        {u"\\a\\b\\f", FILE_OVERWRITE, 0, 2},
        {u"\\a\\b\\g", FILE_CREATE, 0, 1},
        {u"\\a\\b\\none", FILE_OPEN, 0, 2},
        {u"\\to-f", FILE_OPEN, 0, 2},
        {u"\\to-b\\f", FILE_OPEN, 0, 3},
    };
    struct world w = world_open(0);
    (void)state;
    populate(w.rig);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        unsigned before = (unsigned)rig_counters(w.rig).Operations[DokanOperationZwCreateFile].Calls;
        visit(w.rig, rows[i].path, rows[i].disposition, rows[i].options);
        unsigned after = (unsigned)rig_counters(w.rig).Operations[DokanOperationZwCreateFile].Calls;
        if (after - before != rows[i].opens)
            fail_msg("row %zu: %u", i, after - before);
    }
    world_close(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_visits),
        cmocka_unit_test(test_hops),
        cmocka_unit_test(test_other_reparse_points),
        cmocka_unit_test(test_relative_opens),
        cmocka_unit_test(test_target_directory),
        cmocka_unit_test(test_sharing),
        cmocka_unit_test(test_others_are_not_followed),
        cmocka_unit_test(test_cost),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
