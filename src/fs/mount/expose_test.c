// SPDX-License-Identifier: MIT
/*
 * Opening, contents, sizes: every disposition, and what the old exposure did wrong.
 */
#include "fs/mount/expose_testing.h"

#include <errno.h>
#include <fcntl.h>

#define OK        STATUS_SUCCESS
#define COLLISION STATUS_OBJECT_NAME_COLLISION
#define NO_NAME   STATUS_OBJECT_NAME_NOT_FOUND
#define NO_PATH   STATUS_OBJECT_PATH_NOT_FOUND
#define IS_DIR    STATUS_FILE_IS_A_DIRECTORY
#define NOT_DIR   STATUS_NOT_A_DIRECTORY

enum { READ = FILE_READ_DATA, WRITE = FILE_WRITE_DATA, BOTH = READ | WRITE, FACTS = FILE_READ_ATTRIBUTES };

/* ---- dispositions ---------------------------------------------------------------------------------- */

/* Asked for as a file, as a directory, as either; where there is a file, a directory, nothing, no parent. */
static const struct {
    ULONG disposition;
    NTSTATUS file[4], directory[4], either[4];
} cells[] = {
    {FILE_SUPERSEDE,
     {COLLISION, IS_DIR, OK, NO_PATH},
     {NOT_DIR, IS_DIR, OK, NO_PATH},
     {COLLISION, IS_DIR, OK, NO_PATH}},
    {FILE_OPEN, {OK, IS_DIR, NO_NAME, NO_PATH}, {NOT_DIR, OK, NO_NAME, NO_PATH}, {OK, OK, NO_NAME, NO_PATH}},
    {FILE_CREATE,
     {COLLISION, COLLISION, OK, NO_PATH},
     {COLLISION, COLLISION, OK, NO_PATH},
     {COLLISION, COLLISION, OK, NO_PATH}},
    {FILE_OPEN_IF,
     {COLLISION, IS_DIR, OK, NO_PATH},
     {NOT_DIR, COLLISION, OK, NO_PATH},
     {COLLISION, COLLISION, OK, NO_PATH}},
    {FILE_OVERWRITE,
     {OK, IS_DIR, NO_NAME, NO_PATH},
     {NOT_DIR, IS_DIR, NO_NAME, NO_PATH},
     {OK, IS_DIR, NO_NAME, NO_PATH}},
    {FILE_OVERWRITE_IF,
     {COLLISION, IS_DIR, OK, NO_PATH},
     {NOT_DIR, IS_DIR, OK, NO_PATH},
     {COLLISION, IS_DIR, OK, NO_PATH}},
};

static const WCHAR *const names[] = {u"\\file", u"\\dir", u"\\new", u"\\none\\new"};

static void check_cell(ULONG disposition, ULONG options, ACCESS_MASK access, int where, NTSTATUS wanted)
{
    struct opened h;
    toy_add(bed.toy, "/file", FS_TYPE_FILE, "12345");
    toy_add(bed.toy, "/dir", FS_TYPE_DIRECTORY, NULL);
    NTSTATUS status = try_create(&h, names[where], access, disposition, options);
    assert_int_equal(status, wanted);
    bool opened = status == OK || (status == COLLISION && disposition != FILE_CREATE);
    assert_int_equal(h.info.Context != 0, opened);
    bool replaced = opened && where == 0 && disposition != FILE_OPEN && disposition != FILE_OPEN_IF;
    assert_int_equal(toy_find(bed.toy, "/file")->size, replaced ? 0 : 5);
    struct toy_node *made = toy_find(bed.toy, "/new");
    assert_int_equal(made != NULL, opened && where == 2);
    if (opened) {
        bool directory = where == 1 || (where == 2 && (options & FILE_DIRECTORY_FILE));
        assert_int_equal(h.info.IsDirectory, directory);
        if (made)
            assert_int_equal(made->info.type, directory ? FS_TYPE_DIRECTORY : FS_TYPE_FILE);
        end(&h, false);
    }
    for (int i = 0; i < 3; i++) {
        const char *path = (const char *const[]){"/file", "/dir", "/new"}[i];
        if (toy_find(bed.toy, path))
            toy_find(bed.toy, path)->path[0] = 0;
    }
}

static void test_dispositions(void **state)
{
    static const ACCESS_MASK rights[] = {FACTS, READ, WRITE, BOTH, GENERIC_ALL, MAXIMUM_ALLOWED, DELETE};
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cells); i++)
        for (int where = 0; where < 4; where++)
            for (size_t j = 0; j < COUNT_OF(rights); j++) {
                check_cell(cells[i].disposition, FILE_NON_DIRECTORY_FILE, rights[j], where,
                           cells[i].file[where]);
                check_cell(cells[i].disposition, FILE_DIRECTORY_FILE, rights[j], where,
                           cells[i].directory[where]);
                check_cell(cells[i].disposition, 0, rights[j], where, cells[i].either[where]);
            }
    const ULONG both = FILE_DIRECTORY_FILE | FILE_NON_DIRECTORY_FILE;
    assert_int_equal(probe(u"\\x", FACTS, FILE_OPEN, both), STATUS_INVALID_PARAMETER);
    assert_int_equal(probe(u"\\x", FACTS, 6, 0), STATUS_INVALID_PARAMETER);
    assert_int_equal(probe(u"\\", FACTS, FILE_CREATE, 0), COLLISION);
    assert_int_equal(probe(u"\\", FACTS, FILE_OPEN, 0), OK);
    toy_add(bed.toy, "/file", FS_TYPE_FILE, NULL);
    assert_int_equal(probe(u"\\file\\x", FACTS, FILE_OPEN, 0), NOT_DIR);
    assert_int_equal(probe(u"\\file\\x", WRITE, FILE_CREATE, 0), NOT_DIR);
}

/* The mode follows from the rights; attributes alone open nothing. */
static void test_modes(void **state)
{
    static const struct {
        ACCESS_MASK access;
        int flags;
    } rows[] = {
        {READ, O_RDONLY},      {FILE_EXECUTE, O_RDONLY},     {GENERIC_READ, O_RDONLY},
        {WRITE, O_WRONLY},     {FILE_APPEND_DATA, O_WRONLY}, {BOTH, O_RDWR},
        {GENERIC_ALL, O_RDWR}, {MAXIMUM_ALLOWED, O_RDWR},
    };
    (void)state;
    toy_add(bed.toy, "/f", FS_TYPE_FILE, "x");
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        assert_int_equal(probe(u"\\f", rows[i].access, FILE_OPEN, 0), OK);
        assert_int_equal(bed.toy->open_flags, rows[i].flags);
    }
    unsigned opens = bed.toy->opens;
    assert_int_equal(probe(u"\\f", FACTS | DELETE | SYNCHRONIZE, FILE_OPEN, 0), OK);
    assert_int_equal(bed.toy->opens, opens);
}

/* Bug 3: a read-only source can be read, and never falls back to something else when writing was asked for.
 */
static void test_read_only(void **state)
{
    struct opened h;
    char byte = 0;
    DWORD done;
    (void)state;
    bed_remake(FS_READ_ONLY, true, NULL);
    toy_add(bed.toy, "/f", FS_TYPE_FILE, "x");
    must_create(&h, u"\\f", READ, FILE_OPEN, 0);
    assert_int_equal(bed.ops->ReadFile(h.name, &byte, 1, &done, 0, &h.info), OK);
    assert_int_equal(byte, 'x');
    end(&h, false);
    must_create(&h, u"\\f", MAXIMUM_ALLOWED, FILE_OPEN, 0);
    end(&h, false);
    assert_int_equal(probe(u"\\f", WRITE, FILE_OPEN, 0), STATUS_MEDIA_WRITE_PROTECTED);
    assert_int_equal(probe(u"\\f", READ, FILE_OVERWRITE, 0), STATUS_MEDIA_WRITE_PROTECTED);
    assert_int_equal(probe(u"\\new", WRITE, FILE_CREATE, 0), STATUS_MEDIA_WRITE_PROTECTED);
    assert_int_equal(probe(u"\\f", DELETE, FILE_OPEN, FILE_DELETE_ON_CLOSE), STATUS_MEDIA_WRITE_PROTECTED);
    bed_remake(0, true, NULL);
    toy_find(bed.toy, "/f")->info.mode = 0444;
    assert_int_equal(probe(u"\\f", WRITE, FILE_OPEN, 0), STATUS_ACCESS_DENIED);
    assert_int_equal(probe(u"\\f", READ, FILE_OPEN, 0), OK);
}

/* READONLY holds for everybody whose modes no kernel has checked, however he opens. */
static void test_read_only_files(void **state)
{
    static const struct {
        ULONG disposition, options;
        bool kernel;
        NTSTATUS status;
    } rows[] = {
        {FILE_OPEN, 0, false, STATUS_ACCESS_DENIED},
        {FILE_OPEN, FILE_OPEN_REPARSE_POINT, false, STATUS_ACCESS_DENIED},
        {FILE_OVERWRITE, FILE_OPEN_REPARSE_POINT, false, STATUS_ACCESS_DENIED},
        {FILE_OPEN, FILE_OPEN_REPARSE_POINT, true, OK},
        {FILE_OVERWRITE, FILE_OPEN_REPARSE_POINT, true, OK},
    };
    struct opened h;
    (void)state;
    toy_add(bed.toy, "/f", FS_TYPE_FILE, "x");
    toy_add(bed.toy, "/g", FS_TYPE_FILE, "x");
    toy_find(bed.toy, "/f")->info.mode = 0444;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        assert_int_equal(create_for(rows[i].kernel, &h, u"\\f", WRITE, rows[i].disposition, rows[i].options),
                         rows[i].status);
        if (rows[i].status == OK)
            end(&h, false);
    }
    for (int kernel = 0; kernel < 2; kernel++) {
        assert_int_equal(create_for(kernel, &h, u"\\g", DELETE, FILE_OPEN, FILE_OPEN_REPARSE_POINT), OK);
        assert_int_equal(bed.ops->MoveFile(h.name, u"\\f", TRUE, &h.info),
                         kernel ? OK : STATUS_ACCESS_DENIED);
        h.name = kernel ? u"\\f" : u"\\g";
        end(&h, false);
    }
}

/* ---- contents -------------------------------------------------------------------------------------- */

static void test_data(void **state)
{
    struct opened h;
    char buffer[16] = {0};
    DWORD done;
    (void)state;
    must_create(&h, u"\\f", BOTH, FILE_CREATE, 0);
    assert_int_equal(put(&h, "abc", 0, &done), OK);
    assert_int_equal(put(&h, "x", -1, &done), STATUS_INVALID_PARAMETER);
    h.info.WriteToEndOfFile = 1;
    assert_int_equal(put(&h, "def", -1, &done), OK);
    h.info.WriteToEndOfFile = 0;
    h.info.PagingIo = 1;
    assert_int_equal(put(&h, "XYZ", 4, &done), OK);
    assert_int_equal(done, 2);
    assert_int_equal(put(&h, "XYZ", 6, &done), OK);
    assert_int_equal(done, 0);
    h.info.PagingIo = 0;
    assert_int_equal(bed.ops->ReadFile(h.name, buffer, 16, &done, 0, &h.info), OK);
    assert_int_equal(done, 6);
    assert_memory_equal(buffer, "abcdXY", 6);
    assert_int_equal(bed.ops->ReadFile(h.name, buffer, 16, &done, 6, &h.info), OK);
    assert_int_equal(done, 0);
    /* Reads and writes of mapped memory come after Cleanup. */
    bed.ops->Cleanup(h.name, &h.info);
    assert_int_equal(bed.ops->ReadFile(h.name, buffer, 1, &done, 0, &h.info), OK);
    assert_int_equal(done, 1);
    assert_int_equal(put(&h, "z", 0, &done), OK);
    bed.ops->CloseFile(h.name, &h.info);
    bed.toy->fail_write = -ENOSPC;
    must_create(&h, u"\\f", BOTH, FILE_OPEN, 0);
    assert_int_equal(put(&h, "q", 0, &done), STATUS_DISK_FULL);
    assert_int_equal(done, 0);
    bed.toy->fail_write = 0;
    assert_int_equal(bed.ops->FlushFileBuffers(h.name, &h.info), OK);
    bed.toy->fail_fsync = -EDQUOT;
    assert_int_equal(bed.ops->FlushFileBuffers(h.name, &h.info), DokanNtStatusFromErrno(EDQUOT));
    end(&h, false);
    assert_int_equal(bed.toy->fsyncs, 2);
    must_create(&h, u"\\f", WRITE, FILE_OPEN, 0);
    assert_int_equal(bed.ops->ReadFile(h.name, buffer, 1, &done, 0, &h.info), STATUS_ACCESS_DENIED);
    end(&h, false);
    must_create(&h, u"\\f", READ, FILE_OPEN, 0);
    assert_int_equal(put(&h, "q", 0, &done), STATUS_ACCESS_DENIED);
    assert_int_equal(bed.ops->SetEndOfFile(h.name, 0, &h.info), STATUS_ACCESS_DENIED);
    end(&h, false);
    must_create(&h, u"\\", FACTS, FILE_OPEN, 0);
    assert_int_equal(bed.ops->ReadFile(h.name, buffer, 1, &done, 0, &h.info), STATUS_INVALID_PARAMETER);
    end(&h, false);
}

/* Bugs 5, 6 and 11: sizes of an object that reports them late and knows no facts of open files. */
static void test_late_sizes(void **state)
{
    struct opened a, b;
    DWORD done;
    (void)state;
    bed_remake(0, false, NULL);
    bed.toy->late_size = true;
    must_create(&a, u"\\f", BOTH, FILE_CREATE, 0);
    assert_int_equal(put(&a, "0123456789", 0, &done), OK);
    assert_int_equal(size_at(&a), 10);
    assert_int_equal(size_by_name(u"\\f"), 10);
    must_create(&b, u"\\f", BOTH, FILE_OPEN, 0);
    assert_int_equal(put(&b, "end", 20, &done), OK);
    assert_int_equal(size_at(&a), 23);
    a.info.WriteToEndOfFile = 1;
    assert_int_equal(put(&a, "more", 0, &done), OK); /* the offset that is passed counts for nothing */
    a.info.WriteToEndOfFile = 0;
    assert_int_equal(size_at(&b), 27);
    assert_int_equal(bed.ops->SetEndOfFile(a.name, 7, &a.info), OK);
    assert_int_equal(size_at(&b), 7);
    assert_int_equal(size_by_name(u"\\f"), 7);
    assert_int_equal(bed.ops->SetAllocationSize(a.name, 100, &a.info), OK);
    assert_int_equal(size_at(&a), 7);
    assert_int_equal(bed.ops->SetAllocationSize(a.name, 5, &a.info), OK);
    assert_int_equal(size_at(&a), 5);
    assert_int_equal(bed.ops->MoveFile(a.name, u"\\g", FALSE, &a.info), OK);
    a.name = b.name = u"\\g";
    assert_int_equal(put(&b, "x", 8, &done), OK);
    assert_int_equal(size_by_name(u"\\g"), 9);
    end(&a, false);
    assert_int_equal(size_by_name(u"\\g"), 9);
    end(&b, false);
    assert_int_equal(size_by_name(u"\\g"), 9);
    must_create(&a, u"\\g", WRITE, FILE_OPEN, 0);
    assert_int_equal(bed.ops->SetEndOfFile(a.name, 3, &a.info), OK); /* 9 is reported until the close */
    assert_int_equal(size_by_name(u"\\g"), 3);
    end(&a, false);
    must_create(&a, u"\\g", WRITE, FILE_OVERWRITE, 0);
    assert_int_equal(size_by_name(u"\\g"), 0);
    end(&a, false);
}

/* The facts that an opening saw are not handed out once something changed. */
static void test_facts_are_fresh(void **state)
{
    struct opened old, writer;
    DWORD done;
    (void)state;
    toy_add(bed.toy, "/f", FS_TYPE_FILE, "x");
    for (int i = 0; i < 50; i++) {
        must_create(&old, u"\\f", FACTS, FILE_OPEN, 0);
        must_create(&writer, u"\\f", WRITE, FILE_OVERWRITE, 0);
        assert_int_equal(put(&writer, "xyz", i, &done), OK);
        assert_int_equal(size_at(&old), i + 3);
        end(&writer, false);
        end(&old, false);
    }
    unsigned lookups = bed.toy->lookups;
    for (int i = 0; i < 50; i++)
        size_by_name(u"\\f");
    assert_true(bed.toy->lookups - lookups < 75); /* a look-up is made once, but for a tick in between */
}

static void test_statuses(void **state)
{
    static const struct {
        int error;
        NTSTATUS status;
    } rows[] = {
        {0, STATUS_SUCCESS},
        {ENOENT, NO_NAME},
        {EISDIR, IS_DIR},
        {ENOTDIR, NOT_DIR},
        {EINVAL, STATUS_INVALID_PARAMETER},
        {EEXIST, COLLISION},
        {ENOTEMPTY, STATUS_DIRECTORY_NOT_EMPTY},
        {EACCES, STATUS_ACCESS_DENIED},
        {EPERM, STATUS_ACCESS_DENIED},
        {EROFS, STATUS_MEDIA_WRITE_PROTECTED},
        {EBUSY, STATUS_SHARING_VIOLATION},
        {ENOSPC, STATUS_DISK_FULL},
        {ENETDOWN, STATUS_CONNECTION_DISCONNECTED},
        {ETIMEDOUT, STATUS_IO_TIMEOUT},
        {EOPNOTSUPP, STATUS_NOT_SUPPORTED},
        {ENOSYS, STATUS_NOT_SUPPORTED},
        {ESHUTDOWN, STATUS_FILE_CLOSED},
        {ENOMEM, STATUS_NO_MEMORY},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        assert_int_equal(status_of(-rows[i].error), rows[i].status);
    for (int error = 1; error < 200; error++) { /* no small number that looks like a success */
        assert_true(status_of(-error) < 0);
        assert_true(status_of(-error) != STATUS_NOT_IMPLEMENTED);
    }
    assert_int_equal(status_of_path(-EINVAL), STATUS_OBJECT_NAME_INVALID);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        EXPOSE_TEST(test_dispositions),    EXPOSE_TEST(test_modes),    EXPOSE_TEST(test_read_only),
        EXPOSE_TEST(test_read_only_files), EXPOSE_TEST(test_data),     EXPOSE_TEST(test_late_sizes),
        EXPOSE_TEST(test_facts_are_fresh), EXPOSE_TEST(test_statuses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
