// SPDX-License-Identifier: MIT
/* What an open grants, what it tells the file system of its caller, and opens of a name's parent. */
#include "harness.h"
#include "memfs.h"

static NTSTATUS call_and_end(struct rig *rig, struct nt_request *rq)
{
    NTSTATUS status = nt_call(rq, NULL);
    if (status == STATUS_SUCCESS) {
        nt_node_put(rq->create.out.node);
        rig_end(rig, rq->create.out.handle);
    }
    return status;
}

/* ---- what is granted --------------------------------------------------------------------------------- */

static ACCESS_MASK granted_of(struct rig *rig, const WCHAR *path, ACCESS_MASK access)
{
    struct opened o =
        rig_create(rig, &(struct opening){.path = path, .access = access, .disposition = FILE_OPEN});
    FILE_ACCESS_INFORMATION info = {0};
    assert_status(STATUS_SUCCESS, o.status);
    assert_status(STATUS_SUCCESS, rig_query(rig, o.handle, FileAccessInformation, &info, sizeof info, NULL));
    rig_end(rig, o.handle);
    return info.AccessFlags;
}

static void test_granted(void **state)
{
    enum { READ_ALL = FILE_GENERIC_READ | FILE_GENERIC_EXECUTE };
    static const struct {
        ULONG volume;
        DWORD attributes;
        ACCESS_MASK asked, granted;
    } rows[] = {
        {0, 0, GENERIC_READ, FILE_GENERIC_READ},
        {0, 0, GENERIC_WRITE, FILE_GENERIC_WRITE},
        {0, 0, GENERIC_EXECUTE, FILE_GENERIC_EXECUTE},
        {0, 0, GENERIC_ALL, FILE_ALL_ACCESS},
        {0, 0, GENERIC_READ | DELETE, FILE_GENERIC_READ | DELETE},
        {0, 0, MAXIMUM_ALLOWED, FILE_ALL_ACCESS},
        {0, 0, MAXIMUM_ALLOWED | GENERIC_READ, FILE_ALL_ACCESS},
        {0, FILE_ATTRIBUTE_READONLY, MAXIMUM_ALLOWED,
         FILE_ALL_ACCESS & ~(FILE_WRITE_DATA | FILE_APPEND_DATA | FILE_DELETE_CHILD)},
        {DOKAN_OPTION_WRITE_PROTECT, 0, MAXIMUM_ALLOWED, READ_ALL},
        {DOKAN_OPTION_WRITE_PROTECT, 0, MAXIMUM_ALLOWED | FILE_WRITE_DATA, READ_ALL | FILE_WRITE_DATA},
        /* The driver does not look at rights: what they are for fails later. */
        {DOKAN_OPTION_WRITE_PROTECT, 0, GENERIC_ALL, FILE_ALL_ACCESS},
        {DOKAN_OPTION_WRITE_PROTECT, 0, GENERIC_WRITE, FILE_GENERIC_WRITE},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct rig *rig = rig_open(&(struct rig_spec){.options = rows[i].volume});
        fake_has_size(&rig->fs, 5, rows[i].attributes ? rows[i].attributes : FILE_ATTRIBUTE_NORMAL);
        ACCESS_MASK granted = granted_of(rig, u"\\f", rows[i].asked);
        if (granted != rows[i].granted)
            fail_msg("row %zu: 0x%x", i, granted);
        rig_close(rig);
    }
}

/* ---- who has checked what ------------------------------------------------------------------------------ */

static int evaluated;

static NTSTATUS DOKAN_CALLBACK watch_create(LPCWSTR name, PDOKAN_IO_SECURITY_CONTEXT security,
                                            ACCESS_MASK access, ULONG attributes, ULONG share,
                                            ULONG disposition, ULONG opts, PDOKAN_FILE_INFO info)
{
    evaluated = security->AccessState.SecurityEvaluated;
    return memfs_operations()->ZwCreateFile(name, security, access, attributes, share, disposition, opts,
                                            info);
}

/* Only a kernel that was told of modes has checked them: never one in the same process. */
static void test_evaluated(void **state)
{
    DOKAN_OPERATIONS operations = *memfs_operations();
    operations.ZwCreateFile = watch_create;
    (void)state;
    for (int i = 0; i < 4; i++) {
        bool strict = i & 1, extended = i & 2;
        void *memfs = memfs_new(0, 0);
        struct rig *rig =
            rig_open(&(struct rig_spec){.operations = &operations,
                                        .operations_ex = extended ? memfs_operations_ex() : NULL,
                                        .context = memfs});
        struct nt_request rq;
        rig_request(rig, &rq, NT_CREATE, NULL);
        fill_create(&rq, &(struct opening){
                             .path = u"\\", .disposition = FILE_OPEN, .options = FILE_OPEN_REPARSE_POINT});
        rq.strict = strict;
        assert_status(STATUS_SUCCESS, call_and_end(rig, &rq));
        assert_int_equal(extended && !strict, evaluated);
        rig_close(rig);
        memfs_free(memfs);
    }
}

/* ---- the parent of a name ---------------------------------------------------------------------------- */

struct parent_open {
    NTSTATUS status;
    uint64_t information;
    char path[64];
};

static struct parent_open open_parent(struct rig *rig, const WCHAR *path, ULONG opts)
{
    struct nt_request rq;
    struct parent_open out = {0};
    WCHAR text[64];
    rig_request(rig, &rq, NT_CREATE, NULL);
    fill_create(&rq, &(struct opening){.path = path,
                                       .access = FILE_ADD_FILE | SYNCHRONIZE,
                                       .disposition = FILE_OPEN,
                                       .options = opts});
    rq.create.target_directory = true;
    out.status = nt_call(&rq, &out.information);
    if (out.status)
        return out;
    nt_node_path(rq.create.out.node, text, COUNT_OF(text));
    strcpy(out.path, narrow(text));
    assert_true(nt_handle_is_directory(rq.create.out.handle));
    nt_node_put(rq.create.out.node);
    rig_end(rig, rq.create.out.handle);
    return out;
}

static void test_target_directory(void **state)
{
    static const struct {
        const WCHAR *path;
        ULONG options;
        NTSTATUS status;
        uint64_t information;
        const char *opened;
    } rows[] = {
        {u"\\d\\f", 0, 0, FILE_EXISTS, "\\d"},
        {u"\\d\\F", FILE_NON_DIRECTORY_FILE | FILE_RANDOM_ACCESS, 0, FILE_EXISTS, "\\d"},
        {u"\\d\\new", 0, 0, FILE_DOES_NOT_EXIST, "\\d"},
        {u"\\f", 0, 0, FILE_DOES_NOT_EXIST, "\\"},
        {u"\\d", 0, 0, FILE_EXISTS, "\\"},
        {u"\\d\\", 0, 0, FILE_EXISTS, "\\"},
        {u"\\", 0, STATUS_ACCESS_DENIED, 0, ""},
        {u"\\no\\f", 0, STATUS_OBJECT_PATH_NOT_FOUND, FILE_DOES_NOT_EXIST, ""},
        {u"\\d\\f\\x", 0, STATUS_OBJECT_PATH_NOT_FOUND, FILE_DOES_NOT_EXIST, ""},
    };
    void *memfs = memfs_new(0, 0);
    struct rig *rig = rig_open(&(struct rig_spec){.operations = memfs_operations(), .context = memfs});
    (void)state;
    struct opened d = rig_create(
        rig, &(struct opening){.path = u"\\d", .disposition = FILE_CREATE, .options = FILE_DIRECTORY_FILE});
    struct opened f = rig_create(rig, &(struct opening){.path = u"\\d\\f", .disposition = FILE_CREATE});
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct parent_open o = open_parent(rig, rows[i].path, rows[i].options);
        if (o.status != rows[i].status || strcmp(o.path, rows[i].opened) != 0 ||
            (!o.status && o.information != rows[i].information))
            fail_msg("row %zu: 0x%08x, %d, %s", i, (unsigned)o.status, (int)o.information, o.path);
    }
    rig_end(rig, f.handle);
    rig_end(rig, d.handle);
    rig_close(rig);
    memfs_free(memfs);
}

/* It is an open of the directory like any other: its share access counts, and what is there stays. */
static void test_target_directory_shares(void **state)
{
    struct rig *rig = rig_open(&(struct rig_spec){0});
    (void)state;
    struct opening how = {
        .path = u"\\d", .access = FILE_READ_DATA, .share = FILE_SHARE_READ, .disposition = FILE_OPEN};
    struct opened d = rig_create(rig, &how);
    assert_status(STATUS_SHARING_VIOLATION, open_parent(rig, u"\\d\\f", 0).status);
    rig_end(rig, d.handle);
    fake_forget(&rig->fs);
    assert_status(STATUS_SUCCESS, open_parent(rig, u"\\d\\f", FILE_DELETE_ON_CLOSE).status);
    struct fake_call call = fake_call_at(&rig->fs, DokanOperationZwCreateFile, 0);
    assert_text("\\d", call.path);
    assert_int_equal(FILE_DIRECTORY_FILE, call.options);
    assert_int_equal(FILE_OPEN, call.disposition);
    call = fake_call_at(&rig->fs, DokanOperationZwCreateFile, 1);
    assert_text("\\d\\f", call.path);
    assert_int_equal(FILE_OPEN, call.disposition);
    assert_int_equal(2, fake_calls(&rig->fs, DokanOperationCloseFile));
    rig_close(rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_granted),
        cmocka_unit_test(test_evaluated),
        cmocka_unit_test(test_target_directory),
        cmocka_unit_test(test_target_directory_shares),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
