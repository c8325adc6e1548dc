// SPDX-License-Identifier: MIT
/* Requests by name, and names given through a handle, on a volume that checks; links that are directories. */
#include "extended_kit.h"
#include "security_kit.h"

#define NOBODY "O:SYD:P"
#define BOBS   "O:SYD:P(A;;FA;;;S-1-22-1-1002)"

static NTSTATUS resize(struct rig *rig, const WCHAR *path)
{
    struct nt_lookup_args found;
    struct nt_request rq;
    NTSTATUS status = rig_lookup(rig, path, &found);
    if (status)
        return status;
    rig_request(rig, &rq, NT_SETATTR, NULL);
    rq.setattr = (struct nt_setattr_args){.node = found.out.node, .valid = NT_SET_SIZE, .size = 5};
    status = nt_call(&rq, NULL);
    nt_node_put(found.out.node);
    return status;
}

static NTSTATUS remove_it(struct rig *rig, const WCHAR *path)
{
    return rig_remove(rig, path, false);
}

static NTSTATUS move_away(struct rig *rig, const WCHAR *path)
{
    return rig_move(rig, path, u"\\open\\away", 0);
}

static NTSTATUS replace_it(struct rig *rig, const WCHAR *path)
{
    return rig_move(rig, u"\\open\\mine", path, NT_RENAME_REPLACE);
}

static NTSTATUS move_in(struct rig *rig, const WCHAR *path)
{
    return rig_move(rig, u"\\open\\mine", u"\\closed\\new", 0);
}

static NTSTATUS rename_in(struct rig *rig, const WCHAR *path)
{
    struct nt_handle *h = kit_open(rig, u"\\open\\mine", DELETE);
    NTSTATUS status = rig_rename(rig, h, u"\\closed\\new", false);
    rig_end(rig, h);
    return status;
}

static NTSTATUS rename_over(struct rig *rig, const WCHAR *path)
{
    struct nt_handle *h = kit_open(rig, u"\\open\\mine", DELETE);
    NTSTATUS status = rig_rename(rig, h, path, true);
    rig_end(rig, h);
    return status;
}

/* `\closed` lets bob do nothing, `\open` lets him make files, but not delete what is not his. */
static void test_by_name(void **state)
{
    static const struct {
        NTSTATUS (*deed)(struct rig *rig, const WCHAR *path);
        const WCHAR *path;
        NTSTATUS bob; /* root may do all of it */
    } rows[] = {
        {remove_it, u"\\open\\mine", STATUS_SUCCESS},
        {remove_it, u"\\open\\his", STATUS_ACCESS_DENIED},
        {remove_it, u"\\closed\\mine", STATUS_SUCCESS},
        {remove_it, u"\\yours\\his", STATUS_SUCCESS}, /* by his right to the directory */
        {resize, u"\\open\\mine", STATUS_SUCCESS},
        {resize, u"\\open\\his", STATUS_ACCESS_DENIED},
        {resize, u"\\yours\\his", STATUS_ACCESS_DENIED},
        {move_away, u"\\closed\\mine", STATUS_SUCCESS},
        {move_away, u"\\open\\his", STATUS_ACCESS_DENIED},
        {replace_it, u"\\open\\his", STATUS_ACCESS_DENIED},
        {replace_it, u"\\closed\\mine", STATUS_ACCESS_DENIED},
        {replace_it, u"\\yours\\his", STATUS_SUCCESS},
        {move_in, NULL, STATUS_ACCESS_DENIED},
        {rename_in, NULL, STATUS_ACCESS_DENIED},
        {rename_over, u"\\open\\his", STATUS_ACCESS_DENIED},
        {rename_over, u"\\yours\\his", STATUS_SUCCESS},
    };
    for (size_t i = 0; i < 2 * COUNT_OF(rows); i++) {
        struct world w = world_open(ENFORCED);
        restrict_root(w.rig);
        make(w.rig, u"\\open", FILE_DIRECTORY_FILE, "O:SYD:P(A;;0x3;;;S-1-22-1-1002)");
        make(w.rig, u"\\closed", FILE_DIRECTORY_FILE, NOBODY);
        make(w.rig, u"\\yours", FILE_DIRECTORY_FILE, "O:SYD:P(A;;0x43;;;S-1-22-1-1002)");
        make(w.rig, u"\\open\\mine", 0, BOBS);
        make(w.rig, u"\\open\\his", 0, NOBODY);
        make(w.rig, u"\\closed\\mine", 0, BOBS);
        make(w.rig, u"\\yours\\his", 0, NOBODY);
        bool root = i % 2;
        w.rig->token = root ? &root_token : &bob_token;
        assert_status(root ? STATUS_SUCCESS : rows[i / 2].bob, rows[i / 2].deed(w.rig, rows[i / 2].path));
        world_close(&w);
    }
}

/* Nothing is asked where nothing is checked. */
static void test_unchecked(void **state)
{
    struct world w = world_open(0);
    make(w.rig, u"\\f", 0, NOBODY);
    w.rig->token = &bob_token;
    assert_status(STATUS_SUCCESS, resize(w.rig, u"\\f"));
    assert_status(STATUS_SUCCESS, remove_it(w.rig, u"\\f"));
    world_close(&w);
}

/* ---- links that are directories ---------------------------------------------------------------------- */

static void test_unlink_of_a_directory_link(void **state)
{
    void *memfs = memfs_new(MEMFS_EXTENDED, 0);
    struct rig *rig = rig_open(&(struct rig_spec){
        .operations = memfs_operations(), .operations_ex = memfs_operations_ex(), .context = memfs});
    uint8_t link[200];
    uint32_t length = nt_reparse_make_link("else/where", link, sizeof link);
    for (int i = 0; i < 2; i++) {
        struct opening how = {.path = i ? u"\\dir" : u"\\link",
                              .disposition = FILE_CREATE,
                              .options = FILE_DIRECTORY_FILE | FILE_OPEN_REPARSE_POINT};
        struct nt_handle *h = rig_create(rig, &how).handle;
        if (!i)
            assert_status(STATUS_SUCCESS, reparse(rig, NT_SET_REPARSE, h, link, length, 0, NULL));
        rig_end(rig, h);
    }
    assert_status(STATUS_FILE_IS_A_DIRECTORY, rig_remove(rig, u"\\dir", false));
    assert_status(STATUS_SUCCESS, rig_remove(rig, u"\\link", false));
    struct nt_lookup_args found;
    assert_status(STATUS_OBJECT_NAME_NOT_FOUND, rig_lookup(rig, u"\\link", &found));
    assert_status(STATUS_SUCCESS, rig_remove(rig, u"\\dir", true));
    rig_close(rig);
    memfs_free(memfs);
}

/* ---- what stands in the way of an answer is told ----------------------------------------------------- */

static NTSTATUS ea_status;

static NTSTATUS DOKAN_CALLBACK get_ea(LPCWSTR FileName, const char *Name, PVOID Value, ULONG Length,
                                      PULONG Used, PDOKAN_FILE_INFO DokanFileInfo)
{
    return ea_status;
}

static NTSTATUS DOKAN_CALLBACK take_ea(LPCWSTR FileName, const char *Name, UCHAR Flags, const void *Value,
                                       ULONG Length, PDOKAN_FILE_INFO DokanFileInfo)
{
    return STATUS_SUCCESS;
}

static void test_presence_of_an_ea(void **state)
{
    static const DOKAN_OPERATIONS_EX ops = {.Size = sizeof ops, .GetEa = get_ea, .SetEa = take_ea};
    static const struct {
        NTSTATUS from_fs;
        unsigned flags;
        NTSTATUS expected;
    } rows[] = {
        {STATUS_SUCCESS, NT_EA_REPLACE, STATUS_SUCCESS},
        {STATUS_BUFFER_OVERFLOW, NT_EA_REPLACE, STATUS_SUCCESS},
        {STATUS_SUCCESS, NT_EA_CREATE, STATUS_OBJECT_NAME_COLLISION},
        {STATUS_NO_EAS_ON_FILE, NT_EA_REPLACE, STATUS_NONEXISTENT_EA_ENTRY},
        {STATUS_NONEXISTENT_EA_ENTRY, NT_EA_CREATE, STATUS_SUCCESS},
        {STATUS_ACCESS_DENIED, NT_EA_REPLACE, STATUS_ACCESS_DENIED},
        {STATUS_ACCESS_DENIED, NT_EA_CREATE, STATUS_ACCESS_DENIED},
        {STATUS_DISK_CORRUPT_ERROR, NT_EA_REPLACE | NT_EA_REMOVE, STATUS_DISK_CORRUPT_ERROR},
    };
    struct rig *rig = rig_open(&(struct rig_spec){.operations_ex = &ops});
    struct nt_handle *h = rig_must_open(rig, u"\\f");
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        ea_status = rows[i].from_fs;
        assert_status(rows[i].expected, set_ea(rig, h, "name", "value", rows[i].flags));
    }
    rig_end(rig, h);
    rig_close(rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_by_name),
        cmocka_unit_test(test_unchecked),
        cmocka_unit_test(test_unlink_of_a_directory_link),
        cmocka_unit_test(test_presence_of_an_ea),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
