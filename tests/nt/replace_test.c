// SPDX-License-Identifier: MIT
/*
 * What has a name already when a rename or a link gives it to another file: what is replaced, what is refused
 * and with what, on memfs with RemoveName and without. And deletion by POSIX rules.
 */
#include "harness.h"
#include "memfs.h"

enum {
    REPLACE = FILE_RENAME_REPLACE_IF_EXISTS,
    POSIX = REPLACE | FILE_RENAME_POSIX_SEMANTICS,
    IGNORE = REPLACE | FILE_RENAME_IGNORE_READONLY_ATTRIBUTE,
    BOTH = POSIX | IGNORE
};

struct world {
    void *memfs;
    struct rig *rig;
};

static struct world world_open(bool extended)
{
    struct world w = {.memfs = memfs_new(extended ? MEMFS_EXTENDED : 0, 0)};
    assert_non_null(w.memfs);
    w.rig = rig_open(&(struct rig_spec){.operations = memfs_operations(),
                                        .operations_ex = extended ? memfs_operations_ex() : NULL,
                                        .context = w.memfs});
    return w;
}

static void world_close(struct world *w)
{
    rig_close(w->rig);
    memfs_free(w->memfs);
}

static void make(struct rig *rig, const WCHAR *path, ULONG options, ULONG attributes)
{
    struct opened o = rig_create(
        rig, &(struct opening){
                 .path = path, .disposition = FILE_CREATE, .options = options, .attributes = attributes});
    assert_status(STATUS_SUCCESS, o.status);
    if (!(options & FILE_DIRECTORY_FILE))
        assert_status(STATUS_SUCCESS, rig_write(rig, o.handle, "old", 3, 0, NULL));
    rig_end(rig, o.handle);
}

static const char *contents(struct rig *rig, struct nt_handle *h)
{
    static char text[16];
    uint32_t n = 0;
    rig_read(rig, h, text, sizeof text - 1, 0, &n);
    text[n] = 0;
    return text;
}

static NTSTATUS open_status(struct rig *rig, const WCHAR *path)
{
    struct opened o = rig_create(rig, &(struct opening){.path = path, .disposition = FILE_OPEN});
    if (o.handle)
        rig_end(rig, o.handle);
    return o.status;
}

/* ---- the table --------------------------------------------------------------------------------------- */

enum target { FREE, CLOSED, READ_ONLY, OPEN, OPEN_ALONE, GOING, EMPTY, FULL, SYSTEM };

static const struct row {
    enum target target;
    bool directory; /* what is moved */
    ULONG flags;
    NTSTATUS expected;
} rows[] = {
    {FREE, false, 0, STATUS_SUCCESS},
    {FREE, true, REPLACE, STATUS_SUCCESS},
    {CLOSED, false, 0, STATUS_OBJECT_NAME_COLLISION},
    {CLOSED, false, FILE_RENAME_POSIX_SEMANTICS, STATUS_OBJECT_NAME_COLLISION},
    {CLOSED, false, REPLACE, STATUS_SUCCESS},
    {CLOSED, false, POSIX, STATUS_SUCCESS},
    {CLOSED, false, BOTH, STATUS_SUCCESS},
    {CLOSED, true, REPLACE, STATUS_ACCESS_DENIED},
    {CLOSED, true, POSIX, STATUS_ACCESS_DENIED},
    {CLOSED, false, 0x200, STATUS_INVALID_PARAMETER},
    {SYSTEM, false, REPLACE, STATUS_SUCCESS},
    {READ_ONLY, false, REPLACE, STATUS_ACCESS_DENIED},
    {READ_ONLY, false, POSIX, STATUS_ACCESS_DENIED},
    {READ_ONLY, false, IGNORE, STATUS_SUCCESS},
    {READ_ONLY, false, BOTH, STATUS_SUCCESS},
    {OPEN, false, REPLACE, STATUS_ACCESS_DENIED},
    {OPEN, false, IGNORE, STATUS_ACCESS_DENIED},
    {OPEN, false, POSIX, STATUS_SUCCESS},
    {OPEN_ALONE, false, POSIX, STATUS_SHARING_VIOLATION},
    {OPEN_ALONE, false, REPLACE, STATUS_ACCESS_DENIED},
    {GOING, false, REPLACE, STATUS_ACCESS_DENIED},
    {GOING, false, POSIX, STATUS_DELETE_PENDING},
    {EMPTY, false, REPLACE, STATUS_ACCESS_DENIED},
    {EMPTY, false, BOTH, STATUS_ACCESS_DENIED},
    {EMPTY, true, REPLACE, STATUS_ACCESS_DENIED},
    {EMPTY, true, POSIX, STATUS_SUCCESS},
    {FULL, true, REPLACE, STATUS_ACCESS_DENIED},
    {FULL, true, POSIX, STATUS_DIRECTORY_NOT_EMPTY},
};

static struct nt_handle *make_target(struct rig *rig, enum target target)
{
    static const ULONG attributes[] = {
        [READ_ONLY] = FILE_ATTRIBUTE_READONLY, [SYSTEM] = FILE_ATTRIBUTE_SYSTEM};
    if (target == FREE)
        return NULL;
    make(rig, u"\\b", target == EMPTY || target == FULL ? FILE_DIRECTORY_FILE : 0,
         target < COUNT_OF(attributes) ? attributes[target] : 0);
    if (target == FULL)
        make(rig, u"\\b\\x", 0, 0);
    if (target != OPEN && target != OPEN_ALONE && target != GOING)
        return NULL;
    struct opening how = {.path = u"\\b",
                          .disposition = FILE_OPEN,
                          .share = target == OPEN_ALONE ? FILE_SHARE_READ | FILE_SHARE_WRITE : SHARE_ALL};
    struct opened o = rig_create(rig, &how);
    assert_status(STATUS_SUCCESS, o.status);
    if (target == GOING)
        assert_status(STATUS_SUCCESS, rig_dispose(rig, o.handle, true));
    return o.handle;
}

static void play(const struct row *row, bool extended, int info_class)
{
    struct world w = world_open(extended);
    bool link = info_class == FileLinkInformationEx;
    make(w.rig, u"\\a", row->directory ? FILE_DIRECTORY_FILE : 0, 0);
    struct nt_handle *b = make_target(w.rig, row->target), *a = rig_must_open(w.rig, u"\\a");
    if (!row->directory)
        assert_status(STATUS_SUCCESS, rig_write(w.rig, a, "new", 3, 0, NULL));
    NTSTATUS expected =
        link && row->directory && row->flags < 0x200 ? STATUS_FILE_IS_A_DIRECTORY : row->expected;
    assert_status(expected, rig_name_ex(w.rig, a, info_class, u"b", row->flags));
    if (b)
        assert_string_equal("old", contents(w.rig, b));
    rig_end(w.rig, a);
    if (b)
        rig_end(w.rig, b);
    bool done = expected == STATUS_SUCCESS, there = row->target != FREE && row->target != GOING;
    assert_status(done && !link ? STATUS_OBJECT_NAME_NOT_FOUND : STATUS_SUCCESS, open_status(w.rig, u"\\a"));
    assert_status(done || there ? STATUS_SUCCESS : STATUS_OBJECT_NAME_NOT_FOUND, open_status(w.rig, u"\\b"));
    if (done && !row->directory) {
        struct nt_handle *now = rig_must_open(w.rig, u"\\b");
        assert_string_equal("new", contents(w.rig, now));
        rig_end(w.rig, now);
    }
    world_close(&w);
}

static void test_renames(void **state)
{
    for (size_t i = 0; i < 2 * COUNT_OF(rows); i++)
        play(&rows[i / 2], i % 2, FileRenameInformationEx);
}

static void test_links(void **state)
{
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        play(&rows[i], true, FileLinkInformationEx);
}

/* ---- links ------------------------------------------------------------------------------------------- */

static void test_links_refused(void **state)
{
    static const struct {
        const WCHAR *from, *to;
        NTSTATUS expected;
    } refused[] = {
        {u"\\f", u"", STATUS_INVALID_PARAMETER},
        {u"\\f", u"a|b", STATUS_OBJECT_NAME_INVALID},
        {u"\\f", u"\\missing\\x", STATUS_OBJECT_PATH_NOT_FOUND},
        {u"\\f", u"\\", STATUS_ACCESS_DENIED},
        {u"\\d", u"x", STATUS_FILE_IS_A_DIRECTORY},
        {u"\\f", u"\\.xdokan-removed\\x", STATUS_ACCESS_DENIED},
    };
    struct world w = world_open(true);
    make(w.rig, u"\\f", 0, 0);
    make(w.rig, u"\\d", FILE_DIRECTORY_FILE, 0);
    for (size_t i = 0; i < COUNT_OF(refused); i++) {
        struct nt_handle *h = rig_must_open(w.rig, refused[i].from);
        assert_status(refused[i].expected,
                      rig_name_ex(w.rig, h, FileLinkInformation, refused[i].to, FILE_LINK_REPLACE_IF_EXISTS));
        rig_end(w.rig, h);
    }
    struct nt_handle *h = rig_must_open(w.rig, u"\\f"), *d = rig_must_open(w.rig, u"\\d");
    assert_status(STATUS_SUCCESS, rig_dispose(w.rig, d, true));
    assert_status(STATUS_DELETE_PENDING, rig_name_ex(w.rig, h, FileLinkInformation, u"\\d\\x", 0));
    assert_status(STATUS_DELETE_PENDING, rig_rename(w.rig, h, u"\\d\\x", false));
    assert_status(STATUS_SUCCESS, rig_dispose(w.rig, h, true));
    assert_status(STATUS_ACCESS_DENIED, rig_name_ex(w.rig, h, FileLinkInformation, u"x", 0));
    rig_end(w.rig, d);
    rig_end(w.rig, h);
    world_close(&w);
    w = world_open(false); /* Dokany knows no such class */
    make(w.rig, u"\\f", 0, 0);
    h = rig_must_open(w.rig, u"\\f");
    assert_status(STATUS_INVALID_PARAMETER, rig_name_ex(w.rig, h, FileLinkInformation, u"x", 0));
    rig_end(w.rig, h);
    world_close(&w);
}

/* A name that a file has already: nothing happens. */
static void test_link_to_itself(void **state)
{
    struct world w = world_open(true);
    FILE_STANDARD_INFORMATION standard;
    make(w.rig, u"\\f", 0, 0);
    struct nt_handle *h = rig_must_open(w.rig, u"\\f");
    assert_status(STATUS_OBJECT_NAME_COLLISION, rig_name_ex(w.rig, h, FileLinkInformation, u"f", 0));
    assert_status(STATUS_SUCCESS,
                  rig_name_ex(w.rig, h, FileLinkInformation, u"f", FILE_LINK_REPLACE_IF_EXISTS));
    rig_query(w.rig, h, FileStandardInformation, &standard, sizeof standard, NULL);
    assert_int_equal(1, standard.NumberOfLinks);
    rig_end(w.rig, h);
    world_close(&w);
}

/* ---- deletion by POSIX rules ------------------------------------------------------------------------- */

static NTSTATUS dispose(struct rig *rig, struct nt_handle *h, ULONG flags)
{
    return rig_set(rig, h, FileDispositionInformationEx, &flags, sizeof flags);
}

static void test_posix_deletion(void **state)
{
    const ULONG posix = FILE_DISPOSITION_DELETE | FILE_DISPOSITION_POSIX_SEMANTICS;
    for (int extended = 0; extended < 2; extended++) {
        struct world w = world_open(extended);
        make(w.rig, u"\\f", 0, 0);
        struct nt_handle *a = rig_must_open(w.rig, u"\\f"), *b = rig_must_open(w.rig, u"\\f");
        assert_status(STATUS_SUCCESS, dispose(w.rig, a, posix));
        assert_status(STATUS_DELETE_PENDING, open_status(w.rig, u"\\f"));
        assert_status(STATUS_SUCCESS, dispose(w.rig, b, 0)); /* taken back by the other */
        rig_end(w.rig, a);
        assert_status(STATUS_SUCCESS, open_status(w.rig, u"\\f"));
        a = rig_must_open(w.rig, u"\\f");
        assert_status(STATUS_SUCCESS, dispose(w.rig, a, posix));
        rig_end(w.rig, a);
        assert_status(STATUS_OBJECT_NAME_NOT_FOUND, open_status(w.rig, u"\\f"));
        assert_status(STATUS_FILE_DELETED, dispose(w.rig, b, 0));
        assert_string_equal("old", contents(w.rig, b));
        make(w.rig, u"\\f", 0, 0);
        rig_end(w.rig, b);
        assert_status(STATUS_SUCCESS, open_status(w.rig, u"\\f"));
        world_close(&w);
    }
}

static void test_posix_deletion_of_a_directory(void **state)
{
    for (int extended = 0; extended < 2; extended++) {
        struct world w = world_open(extended);
        make(w.rig, u"\\d", FILE_DIRECTORY_FILE, 0);
        struct nt_handle *a = rig_must_open(w.rig, u"\\d"), *b = rig_must_open(w.rig, u"\\d");
        assert_status(STATUS_SUCCESS,
                      dispose(w.rig, a, FILE_DISPOSITION_DELETE | FILE_DISPOSITION_POSIX_SEMANTICS));
        rig_end(w.rig, a);
        make(w.rig, u"\\d", 0, 0); /* a file */
        rig_end(w.rig, b);
        assert_status(STATUS_SUCCESS, open_status(w.rig, u"\\d"));
        world_close(&w);
    }
}

static void test_on_close(void **state)
{
    static const struct {
        ULONG flags[2];
        NTSTATUS then;
    } turns[] = {
        {{FILE_DISPOSITION_ON_CLOSE}, STATUS_SUCCESS},
        {{FILE_DISPOSITION_ON_CLOSE | FILE_DISPOSITION_DELETE}, STATUS_OBJECT_NAME_NOT_FOUND},
        {{FILE_DISPOSITION_ON_CLOSE, FILE_DISPOSITION_ON_CLOSE | FILE_DISPOSITION_DELETE},
         STATUS_OBJECT_NAME_NOT_FOUND},
    };
    for (size_t i = 0; i < COUNT_OF(turns); i++) {
        struct world w = world_open(true);
        make(w.rig, u"\\f", 0, 0);
        struct opening how = {.path = u"\\f", .disposition = FILE_OPEN, .options = FILE_DELETE_ON_CLOSE};
        struct nt_handle *h = rig_create(w.rig, &how).handle;
        for (int k = 0; k < 2 && turns[i].flags[k]; k++)
            assert_status(STATUS_SUCCESS, dispose(w.rig, h, turns[i].flags[k]));
        rig_end(w.rig, h);
        assert_status(turns[i].then, open_status(w.rig, u"\\f"));
        world_close(&w);
    }
}

/* A file system that refuses for READONLY gets the attribute taken away first, and back when it still will
 * not. */
static NTSTATUS refuses(struct fake *fs, struct fake_call *call, NTSTATUS planned)
{
    return fake_calls(fs, DokanOperationSetFileAttributes) ? planned : STATUS_CANNOT_DELETE;
}

static void test_readonly_is_ignored(void **state)
{
    for (int willing = 0; willing < 2; willing++) {
        struct rig *rig = rig_open(&(struct rig_spec){0});
        struct nt_handle *h = rig_must_open(rig, u"\\f");
        fake_has_size(&rig->fs, 0, FILE_ATTRIBUTE_READONLY | FILE_ATTRIBUTE_HIDDEN);
        fake_hooks(&rig->fs, DokanOperationDeleteFile, refuses);
        if (!willing)
            fake_returns(&rig->fs, DokanOperationDeleteFile, STATUS_ACCESS_DENIED);
        assert_status(willing ? STATUS_SUCCESS : STATUS_ACCESS_DENIED,
                      dispose(rig, h, FILE_DISPOSITION_DELETE | FILE_DISPOSITION_IGNORE_READONLY_ATTRIBUTE));
        assert_int_equal(willing ? 1 : 2, fake_calls(&rig->fs, DokanOperationSetFileAttributes));
        assert_int_equal(FILE_ATTRIBUTE_HIDDEN | (willing ? 0 : FILE_ATTRIBUTE_READONLY),
                         fake_last(&rig->fs, DokanOperationSetFileAttributes).attributes);
        rig_end(rig, h);
        rig_close(rig);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_renames),        cmocka_unit_test(test_links),
        cmocka_unit_test(test_links_refused),  cmocka_unit_test(test_link_to_itself),
        cmocka_unit_test(test_posix_deletion), cmocka_unit_test(test_posix_deletion_of_a_directory),
        cmocka_unit_test(test_on_close),       cmocka_unit_test(test_readonly_is_ignored),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
