// SPDX-License-Identifier: MIT
/*
 * Names, links, listing, deleting, renaming.
 */
#include "fs/mount/expose_testing.h"

#include <errno.h>

enum { READ = FILE_READ_DATA, WRITE = FILE_WRITE_DATA, FACTS = FILE_READ_ATTRIBUTES };

#define OK STATUS_SUCCESS

/* ---- listing --------------------------------------------------------------------------------------- */

static struct {
    unsigned count;
    WIN32_FIND_DATAW entries[TOY_NODES];
} found;

static int WINAPI collect(PWIN32_FIND_DATAW entry, PDOKAN_FILE_INFO info)
{
    (void)info;
    found.entries[found.count++] = *entry;
    return 0;
}

static unsigned list(const WCHAR *name)
{
    struct opened h;
    must_create(&h, name, FILE_LIST_DIRECTORY, FILE_OPEN, FILE_DIRECTORY_FILE);
    found.count = 0;
    assert_int_equal(bed.ops->FindFiles(name, collect, &h.info), OK);
    end(&h, false);
    return found.count;
}

static const WIN32_FIND_DATAW *entry(const WCHAR *name)
{
    for (unsigned i = 0; i < found.count; i++)
        if (DokanWcscmp(found.entries[i].cFileName, name) == 0)
            return &found.entries[i];
    return NULL;
}

static void test_listing(void **state)
{
    (void)state;
    bed.toy->listed = FS_INFO_MTIME; /* sizes must be asked for one by one */
    toy_add(bed.toy, "/d", FS_TYPE_DIRECTORY, NULL);
    toy_add(bed.toy, "/d/f", FS_TYPE_FILE, "12345")->info.mtime = 1000000000;
    toy_add(bed.toy, "/d/sub", FS_TYPE_DIRECTORY, NULL);
    toy_add(bed.toy, "/d/sub/deep", FS_TYPE_FILE, "x");
    toy_add(bed.toy, "/d/link", FS_TYPE_SYMLINK, "f");
    assert_int_equal(list(u"\\d"), 3);
    assert_int_equal(entry(u"f")->nFileSizeLow, 5);
    assert_int_equal(entry(u"f")->ftLastWriteTime.dwHighDateTime, (116444736000000000 + 10000000) >> 32);
    assert_int_equal(entry(u"link")->nFileSizeLow, 5);
    assert_int_equal(entry(u"sub")->dwFileAttributes, FILE_ATTRIBUTE_DIRECTORY);
    struct opened h;
    must_create(&h, u"\\d\\f", READ, FILE_OPEN, 0);
    assert_int_equal(bed.ops->FindFiles(h.name, collect, &h.info), STATUS_NOT_A_DIRECTORY);
    end(&h, false);
}

/* What Linux allows in a name and NT does not is seen, and can be opened by what is seen. */
static void test_odd_names(void **state)
{
    static const char *const names[] = {"/a:b",       "/q\"u*o?t|e<s>",    "/back\\slash", "/bad-\xff-utf8",
                                        "/tab\there", "/\xf0\x9f\x98\x80", "/dot.",        "/ lead"};
    (void)state;
    for (size_t i = 0; i < COUNT_OF(names); i++)
        toy_add(bed.toy, names[i], FS_TYPE_FILE, names[i]);
    assert_int_equal(list(u"\\"), COUNT_OF(names));
    for (unsigned i = 0; i < found.count; i++) {
        WCHAR path[300] = u"\\";
        char text[64] = {0};
        struct opened h;
        DWORD done;
        for (size_t at = 0; (path[at + 1] = found.entries[i].cFileName[at]); at++)
            ;
        must_create(&h, path, READ, FILE_OPEN, 0);
        assert_int_equal(bed.ops->ReadFile(h.name, text, 63, &done, 0, &h.info), OK);
        bool known = false;
        for (size_t at = 0; at < COUNT_OF(names); at++)
            known |= strcmp(text, names[at]) == 0;
        assert_true(known);
        end(&h, false);
    }
    assert_int_equal(probe(u"\\..\\x", FACTS, FILE_OPEN, 0), STATUS_OBJECT_NAME_INVALID);
}

/* ---- links ----------------------------------------------------------------------------------------- */

static void expect_content(const WCHAR *name, const char *wanted)
{
    struct opened h;
    char text[64] = {0};
    DWORD done;
    must_create(&h, name, READ, FILE_OPEN, FILE_NON_DIRECTORY_FILE);
    assert_int_equal(bed.ops->ReadFile(h.name, text, 63, &done, 0, &h.info), OK);
    assert_string_equal(text, wanted);
    assert_int_equal(size_at(&h), strlen(wanted));
    end(&h, false);
}

static void make_links(void)
{
    toy_add(bed.toy, "/d", FS_TYPE_DIRECTORY, NULL);
    toy_add(bed.toy, "/d/f", FS_TYPE_FILE, "content");
    toy_add(bed.toy, "/d/up", FS_TYPE_SYMLINK, "../d/./f");
    toy_add(bed.toy, "/dirlink", FS_TYPE_SYMLINK, "d");
    toy_add(bed.toy, "/twice", FS_TYPE_SYMLINK, "dirlink/up");
    toy_add(bed.toy, "/out", FS_TYPE_SYMLINK, "../../etc/passwd");
    toy_add(bed.toy, "/absolute", FS_TYPE_SYMLINK, "/d/f");
    toy_add(bed.toy, "/nowhere", FS_TYPE_SYMLINK, "gone");
    toy_add(bed.toy, "/loop", FS_TYPE_SYMLINK, "pool");
    toy_add(bed.toy, "/pool", FS_TYPE_SYMLINK, "loop");
    toy_add(bed.toy, "/self", FS_TYPE_SYMLINK, "self/self");
}

static void test_links(void **state)
{
    struct opened h;
    DWORD done;
    (void)state;
    make_links();
    expect_content(u"\\d\\up", "content");
    expect_content(u"\\dirlink\\f", "content");
    expect_content(u"\\twice", "content");
    expect_content(u"\\dirlink\\up", "content");
    expect_content(u"\\out", "../../etc/passwd");
    expect_content(u"\\absolute", "/d/f");
    expect_content(u"\\nowhere", "gone");
    expect_content(u"\\loop", "pool");
    expect_content(u"\\self", "self/self");
    assert_int_equal(probe(u"\\out", WRITE, FILE_OPEN, 0), STATUS_ACCESS_DENIED);
    assert_int_equal(probe(u"\\out\\x", FACTS, FILE_OPEN, 0), STATUS_NOT_A_DIRECTORY);
    assert_int_equal(probe(u"\\loop\\x", FACTS, FILE_OPEN, 0), STATUS_NOT_A_DIRECTORY);
    assert_int_equal(probe(u"\\nowhere", WRITE, FILE_CREATE, 0), STATUS_OBJECT_NAME_COLLISION);
    assert_int_equal(probe(u"\\dirlink\\none", FACTS, FILE_OPEN, 0), STATUS_OBJECT_NAME_NOT_FOUND);
    assert_int_equal(probe(u"\\dirlink\\none\\x", FACTS, FILE_OPEN, 0), STATUS_OBJECT_PATH_NOT_FOUND);
    must_create(&h, u"\\dirlink\\new", WRITE, FILE_CREATE, 0);
    assert_int_equal(put(&h, "12", 0, &done), OK);
    end(&h, false);
    assert_non_null(toy_find(bed.toy, "/d/new"));
    must_create(&h, u"\\dirlink\\newdir", FACTS, FILE_CREATE, FILE_DIRECTORY_FILE);
    end(&h, false);
    assert_non_null(toy_find(bed.toy, "/d/newdir"));
    assert_int_equal(list(u"\\dirlink"), 4);
    assert_int_equal(list(u"\\"), 9);
    assert_int_equal(entry(u"dirlink")->dwFileAttributes, FILE_ATTRIBUTE_DIRECTORY);
    assert_int_equal(entry(u"out")->dwFileAttributes, FILE_ATTRIBUTE_READONLY);
    assert_int_equal(entry(u"out")->nFileSizeLow, 16);
}

static NTSTATUS ask(struct opened *h, bool pending)
{
    h->info.DeletePending = pending;
    NTSTATUS status = h->info.IsDirectory ? bed.ops->DeleteDirectory(h->name, &h->info)
                                          : bed.ops->DeleteFile(h->name, &h->info);
    h->info.DeletePending = 0;
    return status;
}

static void delete_name(const WCHAR *name)
{
    struct opened h;
    must_create(&h, name, DELETE, FILE_OPEN, 0);
    assert_int_equal(ask(&h, true), OK);
    end(&h, true);
}

static NTSTATUS rename_to(const WCHAR *from, const WCHAR *to, BOOL replace)
{
    struct opened h;
    must_create(&h, from, DELETE, FILE_OPEN, 0);
    NTSTATUS status = bed.ops->MoveFile(from, to, replace, &h.info);
    h.name = status == OK ? to : from;
    end(&h, false);
    return status;
}

/* Deleting and renaming act on the link. */
static void test_links_themselves(void **state)
{
    struct opened h;
    (void)state;
    make_links();
    toy_find(bed.toy, "/d/f")->info.mode = 0444;
    must_create(&h, u"\\twice", DELETE | FILE_WRITE_ATTRIBUTES, FILE_OPEN, 0);
    assert_int_equal(bed.ops->SetFileAttributes(h.name, FILE_ATTRIBUTE_NORMAL, &h.info), OK);
    assert_int_equal(toy_find(bed.toy, "/d/f")->info.mode, 0444);
    end(&h, true);
    assert_null(toy_find(bed.toy, "/twice"));
    toy_find(bed.toy, "/d/f")->info.mode = 0644;
    delete_name(u"\\dirlink\\up");
    assert_null(toy_find(bed.toy, "/d/up"));
    assert_non_null(toy_find(bed.toy, "/d/f"));
    assert_int_equal(rename_to(u"\\dirlink", u"\\moved", FALSE), OK);
    assert_int_equal(toy_find(bed.toy, "/moved")->info.type, FS_TYPE_SYMLINK);
    assert_int_equal(rename_to(u"\\moved\\f", u"\\moved\\g", FALSE), OK);
    assert_non_null(toy_find(bed.toy, "/d/g"));
    delete_name(u"\\moved"); /* a directory in looks, and not empty */
    assert_null(toy_find(bed.toy, "/moved"));
    assert_non_null(toy_find(bed.toy, "/d/g"));
    delete_name(u"\\loop");
    assert_null(toy_find(bed.toy, "/loop"));
}

/* ---- deleting -------------------------------------------------------------------------------------- */

/* Bugs 4 and 8: a pending deletion can be withdrawn; handles on attributes are cleaned up like others. */
static void test_delete(void **state)
{
    struct opened h, f;
    char byte = 0;
    DWORD done;
    (void)state;
    toy_add(bed.toy, "/d", FS_TYPE_DIRECTORY, NULL);
    toy_add(bed.toy, "/d/f", FS_TYPE_FILE, "x");
    must_create(&h, u"\\d", DELETE, FILE_OPEN, 0);
    must_create(&f, u"\\d\\f", READ | DELETE, FILE_OPEN, 0);
    assert_int_equal(ask(&h, true), STATUS_DIRECTORY_NOT_EMPTY);
    assert_int_equal(ask(&h, false), OK); /* taking it back is always fine */
    assert_int_equal(bed.ops->DeleteFile(h.name, &h.info), STATUS_ACCESS_DENIED);
    assert_int_equal(bed.ops->DeleteDirectory(f.name, &f.info), STATUS_NOT_A_DIRECTORY);
    assert_int_equal(ask(&f, true), OK);
    assert_non_null(toy_find(bed.toy, "/d/f")); /* saying yes deletes nothing */
    assert_int_equal(ask(&f, false), OK);
    assert_int_equal(probe(u"\\d\\f", READ, FILE_OPEN, 0), OK);
    assert_int_equal(ask(&f, true), OK);
    f.info.DeletePending = 1;
    bed.ops->Cleanup(f.name, &f.info);
    assert_null(toy_find(bed.toy, "/d/f"));
    assert_int_equal(bed.ops->ReadFile(f.name, &byte, 1, &done, 0, &f.info), OK);
    assert_int_equal(byte, 'x');
    bed.ops->CloseFile(f.name, &f.info);
    assert_int_equal(ask(&h, true), OK);
    end(&h, true);
    assert_null(toy_find(bed.toy, "/d"));
}

static void test_delete_refused(void **state)
{
    struct opened h;
    (void)state;
    toy_add(bed.toy, "/f", FS_TYPE_FILE, "x");
    toy_add(bed.toy, "/d", FS_TYPE_DIRECTORY, NULL);
    toy_add(bed.toy, "/d/f", FS_TYPE_FILE, "x");
    assert_int_equal(probe(u"\\", DELETE, FILE_OPEN, FILE_DELETE_ON_CLOSE), STATUS_CANNOT_DELETE);
    assert_int_equal(probe(u"\\d", DELETE, FILE_OPEN, FILE_DELETE_ON_CLOSE), STATUS_DIRECTORY_NOT_EMPTY);
    bed.toy->fail_access = -EACCES;
    assert_int_equal(probe(u"\\f", DELETE, FILE_OPEN, FILE_DELETE_ON_CLOSE), STATUS_ACCESS_DENIED);
    bed.toy->fail_access = 0;
    toy_find(bed.toy, "/f")->info.mode = 0444;
    assert_int_equal(probe(u"\\f", DELETE, FILE_OPEN, FILE_DELETE_ON_CLOSE), STATUS_CANNOT_DELETE);
    toy_find(bed.toy, "/f")->info.mode = 0644;
    /* An object that removes nothing open: it goes at the close. */
    bed.toy->busy_removal = true;
    must_create(&h, u"\\f", READ | DELETE, FILE_OPEN, FILE_DELETE_ON_CLOSE);
    end(&h, true);
    assert_null(toy_find(bed.toy, "/f"));
}

/* ---- renaming -------------------------------------------------------------------------------------- */

/* Bug 9: the handle goes on after a rename. */
static void test_rename(void **state)
{
    struct opened h;
    DWORD done;
    (void)state;
    for (int i = 0; i < 2; i++) {
        toy_add(bed.toy, "/a", FS_TYPE_FILE, "a");
        toy_add(bed.toy, "/b", FS_TYPE_FILE, "b");
        toy_add(bed.toy, "/d", FS_TYPE_DIRECTORY, NULL);
        assert_int_equal(rename_to(u"\\a", u"\\b", FALSE), STATUS_OBJECT_NAME_COLLISION);
        assert_int_equal(rename_to(u"\\a", u"\\none\\b", FALSE), STATUS_OBJECT_PATH_NOT_FOUND);
        assert_int_equal(rename_to(u"\\a", u"\\d", TRUE), STATUS_ACCESS_DENIED);
        assert_int_equal(rename_to(u"\\d", u"\\a", TRUE), STATUS_ACCESS_DENIED);
        assert_int_equal(rename_to(u"\\", u"\\x", FALSE), STATUS_ACCESS_DENIED);
        assert_int_equal(rename_to(u"\\a", u"\\", TRUE), STATUS_ACCESS_DENIED);
        assert_int_equal(rename_to(u"\\d", u"\\d\\x", FALSE), STATUS_INVALID_PARAMETER);
        assert_int_equal(rename_to(u"\\a", u"\\a", FALSE), OK);
        toy_find(bed.toy, "/b")->info.mode = 0444;
        assert_int_equal(rename_to(u"\\a", u"\\b", TRUE), STATUS_ACCESS_DENIED);
        toy_find(bed.toy, "/b")->info.mode = 0644;
        must_create(&h, u"\\a", WRITE | DELETE, FILE_OPEN, 0);
        assert_int_equal(bed.ops->MoveFile(h.name, u"\\d\\c", FALSE, &h.info), OK);
        h.name = u"\\d\\c";
        assert_int_equal(put(&h, "written", 0, &done), OK);
        end(&h, false);
        assert_int_equal(rename_to(u"\\d\\c", u"\\b", TRUE), OK);
        assert_int_equal(toy_find(bed.toy, "/b")->size, 7);
        delete_name(u"\\b");
        delete_name(u"\\d");
        bed.toy->no_noreplace = true;
    }
}

static void test_two_names_of_one_file(void **state)
{
    (void)state;
    toy_add(bed.toy, "/a", FS_TYPE_FILE, "a")->info.id = 77;
    toy_add(bed.toy, "/b", FS_TYPE_FILE, "a")->info.id = 77;
    assert_int_equal(rename_to(u"\\a", u"\\b", TRUE), OK);
    assert_null(toy_find(bed.toy, "/a"));
    assert_non_null(toy_find(bed.toy, "/b"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        EXPOSE_TEST(test_listing), EXPOSE_TEST(test_odd_names),
        EXPOSE_TEST(test_links),   EXPOSE_TEST(test_links_themselves),
        EXPOSE_TEST(test_delete),  EXPOSE_TEST(test_delete_refused),
        EXPOSE_TEST(test_rename),  EXPOSE_TEST(test_two_names_of_one_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
