// SPDX-License-Identifier: MIT
/* FILE_OPEN_BY_FILE_ID over memfs, and over tables that leave things out or answer nonsense. */
#include "extended_kit.h"
#include "memfs.h"

static void *memfs;
static DOKAN_OPERATIONS_EX more;

static struct rig *world(const DOKAN_OPERATIONS_EX *ex)
{
    memfs = memfs_new(MEMFS_EXTENDED, 0);
    assert_non_null(memfs);
    return rig_open(&(struct rig_spec){.operations = memfs_operations(),
                                       .operations_ex = ex ? ex : memfs_operations_ex(),
                                       .context = memfs,
                                       .options = DOKAN_OPTION_ALT_STREAM});
}

static void world_end(struct rig *rig)
{
    rig_close(rig);
    memfs_free(memfs);
}

static struct nt_handle *make(struct rig *rig, const WCHAR *path, ULONG options)
{
    struct opened o =
        rig_create(rig, &(struct opening){.path = path, .disposition = FILE_CREATE, .options = options});
    assert_status(STATUS_SUCCESS, o.status);
    return o.handle;
}

static uint64_t id_of(struct rig *rig, struct nt_handle *h)
{
    FILE_INTERNAL_INFORMATION info = {0};
    assert_status(STATUS_SUCCESS, rig_query(rig, h, FileInternalInformation, &info, sizeof info, NULL));
    assert_int_not_equal(0, info.IndexNumber.QuadPart);
    return (uint64_t)info.IndexNumber.QuadPart;
}

/* `units` of the number's bytes: 4 for 8 of them. */
static struct opened open_id(struct rig *rig, const uint64_t id[2], uint16_t units, ULONG disposition,
                             ULONG options)
{
    struct nt_request rq;
    struct opened o = {0};
    rig_request(rig, &rq, NT_CREATE, NULL);
    fill_create(&rq, &(struct opening){
                         .path = u"", .disposition = disposition, .options = options | FILE_OPEN_BY_FILE_ID});
    rq.create.name = (struct nt_name){.text = (const WCHAR *)id, .len = units};
    o.status = nt_call(&rq, &o.information);
    if (o.status == STATUS_SUCCESS) {
        o.handle = rq.create.out.handle;
        nt_node_put(rq.create.out.node);
    }
    return o;
}

static struct opened open_plainly(struct rig *rig, uint64_t id)
{
    const uint64_t wide[2] = {id, 0};
    return open_id(rig, wide, 4, FILE_OPEN, 0);
}

static const char *path_of(struct nt_handle *h)
{
    WCHAR path[100];
    nt_node_path(nt_handle_node(h), path, COUNT_OF(path));
    return narrow(path);
}

static void test_opens(void **state)
{
    struct rig *rig = world(NULL);
    (void)state;
    struct nt_handle *d = make(rig, u"\\d", FILE_DIRECTORY_FILE), *f = make(rig, u"\\d\\f", 0);
    const uint64_t id[2] = {id_of(rig, f), 0};
    static const struct {
        uint16_t units;
        ULONG disposition, options;
        NTSTATUS status;
        uint64_t information;
    } rows[] = {
        {4, FILE_OPEN, 0, 0, FILE_OPENED},
        {8, FILE_OPEN, 0, 0, FILE_OPENED},
        {4, FILE_OPEN_IF, FILE_NON_DIRECTORY_FILE, 0, FILE_OPENED},
        {4, FILE_OVERWRITE, 0, 0, FILE_OVERWRITTEN},
        {4, FILE_OVERWRITE_IF, 0, 0, FILE_OVERWRITTEN},
        {4, FILE_CREATE, 0, STATUS_INVALID_PARAMETER, 0},
        {4, FILE_OPEN, FILE_DIRECTORY_FILE, STATUS_NOT_A_DIRECTORY, FILE_DOES_NOT_EXIST},
        {0, FILE_OPEN, 0, STATUS_INVALID_PARAMETER, 0},
        {3, FILE_OPEN, 0, STATUS_INVALID_PARAMETER, 0},
        {7, FILE_OPEN, 0, STATUS_INVALID_PARAMETER, 0},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct opened o = open_id(rig, id, rows[i].units, rows[i].disposition, rows[i].options);
        if (o.status != rows[i].status || o.information != rows[i].information)
            fail_msg("row %zu: 0x%08x, %d", i, (unsigned)o.status, (int)o.information);
        if (!o.handle)
            continue;
        assert_string_equal("\\d\\f", path_of(o.handle));
        assert_ptr_equal(nt_handle_node(f), nt_handle_node(o.handle));
        rig_end(rig, o.handle);
    }
    struct opened o = open_plainly(rig, id_of(rig, d));
    assert_status(STATUS_SUCCESS, o.status);
    assert_true(nt_handle_is_directory(o.handle));
    rig_end(rig, o.handle);
    assert_status(STATUS_INVALID_PARAMETER, open_plainly(rig, 0).status);
    assert_status(STATUS_INVALID_PARAMETER, open_plainly(rig, UINT64_MAX).status);
    assert_status(STATUS_INVALID_PARAMETER, open_plainly(rig, id[0] + 1000).status);
    const uint64_t wide[2] = {id[0], 1};
    assert_status(STATUS_INVALID_PARAMETER, open_id(rig, wide, 8, FILE_OPEN, 0).status);
    rig_end(rig, f);
    rig_end(rig, d);
    world_end(rig);
}

/* The name that the file has now; what is done with the handle goes by it. */
static void test_names_change(void **state)
{
    struct rig *rig = world(NULL);
    (void)state;
    struct nt_handle *f = make(rig, u"\\f", 0);
    uint64_t id = id_of(rig, f);
    rig_end(rig, f);
    assert_status(STATUS_SUCCESS, rig_move(rig, u"\\f", u"\\g", 0));
    struct opened o = open_plainly(rig, id);
    assert_status(STATUS_SUCCESS, o.status);
    assert_string_equal("\\g", path_of(o.handle));
    assert_status(STATUS_SUCCESS, rig_rename(rig, o.handle, u"\\h", false));
    assert_string_equal("\\h", path_of(o.handle));
    rig_end(rig, o.handle);
    o = open_plainly(rig, id);
    assert_string_equal("\\h", path_of(o.handle));
    assert_status(STATUS_SUCCESS, rig_dispose(rig, o.handle, true));
    rig_end(rig, o.handle);
    assert_status(STATUS_INVALID_PARAMETER, open_plainly(rig, id).status);
    struct opened gone = rig_create(rig, &(struct opening){.path = u"\\h", .disposition = FILE_OPEN});
    assert_status(STATUS_OBJECT_NAME_NOT_FOUND, gone.status);
    world_end(rig);
}

/* Share access is the file's, and a number may be a link's. */
static void test_like_any_open(void **state)
{
    struct rig *rig = world(NULL);
    (void)state;
    struct nt_handle *t = make(rig, u"\\t", 0);
    rig_end(rig, t);
    assert_status(STATUS_SUCCESS, make_with(rig, u"\\l", NULL, "t", FILE_OPEN_REPARSE_POINT));
    struct opened l = rig_create(
        rig, &(struct opening){.path = u"\\l", .disposition = FILE_OPEN, .options = FILE_OPEN_REPARSE_POINT});
    const uint64_t link[2] = {id_of(rig, l.handle), 0};
    rig_end(rig, l.handle);
    struct opened o = open_id(rig, link, 4, FILE_OPEN, FILE_OPEN_REPARSE_POINT);
    assert_string_equal("\\l", path_of(o.handle));
    rig_end(rig, o.handle);
    o = open_id(rig, link, 4, FILE_OPEN, 0);
    assert_string_equal("\\t", path_of(o.handle));
    uint64_t id = id_of(rig, o.handle);
    rig_end(rig, o.handle);
    o = rig_create(rig, &(struct opening){.path = u"\\t", .share = NO_SHARE, .disposition = FILE_OPEN});
    assert_status(STATUS_SHARING_VIOLATION, open_plainly(rig, id).status);
    rig_end(rig, o.handle);
    world_end(rig);
}

/* ---- what file systems answer -------------------------------------------------------------------------- */

static struct {
    const WCHAR *name; /* what GetNameOfId says */
    NTSTATUS status;
    unsigned asked;
} answer;

static NTSTATUS DOKAN_CALLBACK name_of_id(ULONG64 id, LPWSTR name, ULONG units, PDOKAN_FILE_INFO info)
{
    (void)id, (void)units, (void)info;
    answer.asked++;
    for (size_t i = 0; answer.name && (i == 0 || answer.name[i - 1]); i++)
        name[i] = answer.name[i];
    return answer.status;
}

static void test_answers(void **state)
{
    static const struct {
        const WCHAR *name;
        NTSTATUS status, expected;
        unsigned asked;
    } rows[] = {
        {u"\\f", 0, 0, 1},
        {u"\\F", 0, 0, 1},
        {u"\\other", 0, STATUS_INVALID_PARAMETER, 3}, /* another file's: it is asked again */
        {u"\\missing", 0, STATUS_INVALID_PARAMETER, 3},
        {u"\\no\\where", 0, STATUS_INVALID_PARAMETER, 3},
        {u"f", 0, STATUS_INVALID_PARAMETER, 1},
        {u"\\a\\\\b", 0, STATUS_OBJECT_NAME_INVALID, 1},
        {u"", 0, STATUS_INVALID_PARAMETER, 1},
        {NULL, STATUS_OBJECT_NAME_NOT_FOUND, STATUS_INVALID_PARAMETER, 1},
        {NULL, STATUS_ACCESS_DENIED, STATUS_ACCESS_DENIED, 1},
        {u"\\f", STATUS_REPARSE, STATUS_INVALID_PARAMETER, 1},
        {NULL, STATUS_NOT_IMPLEMENTED, STATUS_NOT_SUPPORTED, 1},
    };
    (void)state;
    more = *memfs_operations_ex();
    more.GetNameOfId = name_of_id;
    struct rig *rig = world(&more);
    struct nt_handle *f = make(rig, u"\\f", 0), *other = make(rig, u"\\other", 0);
    uint64_t id = id_of(rig, f);
    rig_end(rig, other);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        answer.name = rows[i].name;
        answer.status = rows[i].status;
        answer.asked = 0;
        struct opened o = open_plainly(rig, id);
        if (o.status != rows[i].expected || answer.asked != rows[i].asked)
            fail_msg("row %zu: 0x%08x, asked %u", i, (unsigned)o.status, answer.asked);
        if (o.handle)
            rig_end(rig, o.handle);
    }
    rig_end(rig, f);
    world_end(rig);
}

static void test_not_offered(void **state)
{
    (void)state;
    for (int without = 0; without < 2; without++) {
        more = *memfs_operations_ex();
        if (without)
            more.GetNameOfId = NULL;
        else
            more.GetFileId = NULL;
        struct rig *rig = world(&more);
        assert_status(STATUS_NOT_SUPPORTED, open_plainly(rig, 5).status);
        world_end(rig);
    }
}

/* ---- threads ------------------------------------------------------------------------------------------- */

enum { ROUNDS = 500 };

static void *move_about(void *arg)
{
    for (int i = 0; i < ROUNDS; i++)
        rig_move(arg, i % 2 ? u"\\g" : u"\\f", i % 2 ? u"\\f" : u"\\g", 0);
    return NULL;
}

static void test_moved_meanwhile(void **state)
{
    struct rig *rig = world(NULL);
    pthread_t thread;
    unsigned reached = 0;
    (void)state;
    struct nt_handle *f = make(rig, u"\\f", 0);
    uint64_t id = id_of(rig, f);
    rig_end(rig, f);
    pthread_create(&thread, NULL, move_about, rig);
    for (int i = 0; i < ROUNDS; i++) {
        struct opened o = open_plainly(rig, id);
        if (o.handle) {
            assert_int_equal(id, id_of(rig, o.handle));
            rig_end(rig, o.handle);
        } else {
            assert_status(STATUS_INVALID_PARAMETER, o.status);
        }
        reached += o.handle != NULL;
    }
    pthread_join(thread, NULL);
    print_message("%u of %d opens got through\n", reached, ROUNDS);
    world_end(rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_opens),         cmocka_unit_test(test_names_change),
        cmocka_unit_test(test_like_any_open), cmocka_unit_test(test_answers),
        cmocka_unit_test(test_not_offered),   cmocka_unit_test(test_moved_meanwhile),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
