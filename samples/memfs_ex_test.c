// SPDX-License-Identifier: MIT
/* memfs through its extended callbacks: facts, ids, several names, exchange, reparse points. */
#include "memfs_ex_testing.h"

static DOKAN_FACTS facts_of(LPCWSTR name)
{
    struct handle h = must_open(name, FILE_OPEN, 0);
    DOKAN_FACTS facts = facts_of_handle(&h);
    shut(&h);
    return facts;
}

static NTSTATUS set_facts(LPCWSTR name, DOKAN_FACTS facts)
{
    struct handle h = must_open(name, FILE_OPEN, 0);
    NTSTATUS status = ex->SetFacts(name, &facts, &h.info);
    shut(&h);
    return status;
}

/* ---- facts ------------------------------------------------------------------------------------------- */

static void test_facts(void **state)
{
    (void)state;
    put_letter(u"\\f", 'x');
    DOKAN_FACTS f = facts_of(u"\\f");
    assert_int_equal(f.Valid & KEPT_FACTS, 0); /* nobody has set any */
    assert_int_equal(f.FileSize, 1);
    assert_int_equal(f.NumberOfLinks, 1);
    assert_true(f.AllocationSize >= 1 && f.AllocationSize < 4096);
    assert_int_equal(set_facts(u"\\f", (DOKAN_FACTS){.Valid = DOKAN_FACT_UID, .Uid = 7}), STATUS_SUCCESS);
    f = facts_of(u"\\f");
    assert_int_equal(f.Valid & KEPT_FACTS, OWNER_FACTS);
    assert_int_equal(f.Uid, 7);
    assert_int_equal(f.Gid, getegid());
    assert_int_equal(
        set_facts(u"\\f", (DOKAN_FACTS){.Valid = DOKAN_FACT_GID | DOKAN_FACT_MODE, .Gid = 8, .Mode = 04751}),
        STATUS_SUCCESS);
    f = facts_of(u"\\f");
    assert_int_equal(f.Uid, 7);
    assert_int_equal(f.Gid, 8);
    assert_int_equal(f.Mode, 04751);
    assert_int_equal(set_facts(u"\\f", (DOKAN_FACTS){.Valid = DOKAN_FACT_CHANGE, .ChangeTime = 99}),
                     STATUS_SUCCESS);
    assert_int_equal(facts_of(u"\\f").ChangeTime, 99);
    put_letter(u"\\f", 'y');
    f = facts_of(u"\\f");
    assert_true(f.ChangeTime > 99);
    assert_int_equal(f.ChangeTime, f.LastWriteTime);
    assert_int_equal(f.Mode, 04751); /* an overwrite leaves it */
}

static void test_read_only_and_mode(void **state)
{
    (void)state;
    make(u"\\f");
    set_facts(u"\\f", (DOKAN_FACTS){.Valid = DOKAN_FACT_MODE, .Mode = 0644});
    struct handle h = must_open(u"\\f", FILE_OPEN, 0);
    assert_int_equal(volume.ops->SetFileAttributes(u"\\f", FILE_ATTRIBUTE_READONLY, &h.info), STATUS_SUCCESS);
    assert_int_equal(facts_of_handle(&h).Mode, 0444);
    assert_int_equal(volume.ops->SetFileAttributes(u"\\f", FILE_ATTRIBUTE_HIDDEN, &h.info), STATUS_SUCCESS);
    assert_int_equal(facts_of_handle(&h).Mode, 0644);
    volume.ops->SetFileAttributes(u"\\f", FILE_ATTRIBUTE_READONLY, &h.info);
    assert_int_equal(ex->SetFacts(u"\\f", &(DOKAN_FACTS){.Valid = DOKAN_FACT_MODE, .Mode = 0600}, &h.info),
                     STATUS_SUCCESS);
    DOKAN_FACTS f = facts_of_handle(&h);
    assert_int_equal(f.Mode, 0600);
    assert_int_equal(f.FileAttributes & FILE_ATTRIBUTE_READONLY, 0);
    shut(&h);
}

static struct {
    unsigned count, most;
    ULONG mode, tag;
} found;

static int WINAPI collect_facts(LPCWSTR name, const DOKAN_FACTS *facts, PDOKAN_FILE_INFO info)
{
    (void)name, (void)info;
    assert_int_equal(facts->Size, sizeof *facts);
    found.mode |= facts->Mode;
    found.tag |= facts->ReparseTag;
    return ++found.count == found.most;
}

static void test_listing(void **state)
{
    (void)state;
    make(u"\\a");
    make(u"\\b");
    make(u"\\c");
    set_facts(u"\\b", (DOKAN_FACTS){.Valid = DOKAN_FACT_MODE, .Mode = 0777});
    struct handle h = must_open(u"\\", FILE_OPEN, 0);
    memset(&found, 0, sizeof found);
    assert_int_equal(ex->FindFacts(u"\\", collect_facts, &h.info), STATUS_SUCCESS);
    assert_int_equal(found.count, 3);
    assert_int_equal(found.mode, 0777);
    memset(&found, 0, sizeof found);
    found.most = 2; /* no more are wanted */
    assert_int_equal(ex->FindFacts(u"\\", collect_facts, &h.info), STATUS_SUCCESS);
    assert_int_equal(found.count, 2);
    shut(&h);
    h = must_open(u"\\a", FILE_OPEN, 0);
    assert_int_equal(ex->FindFacts(u"\\a", collect_facts, &h.info), STATUS_NOT_A_DIRECTORY);
    shut(&h);
}

/* ---- names ------------------------------------------------------------------------------------------- */

static NTSTATUS link_name(LPCWSTR from, LPCWSTR to, BOOL replace)
{
    struct handle h = must_open(from, FILE_OPEN, 0);
    NTSTATUS status = ex->CreateHardLink(from, to, replace, &h.info);
    shut(&h);
    return status;
}

static ULONG64 id_of(LPCWSTR name)
{
    DOKAN_FILE_INFO info = {.DokanOptions = &volume.options};
    ULONG64 id = 0;
    NTSTATUS status = ex->GetFileId(name, &id, &info);
    assert_int_equal(status == STATUS_SUCCESS, id != 0);
    return id;
}

static NTSTATUS name_of(ULONG64 id, WCHAR *out, ULONG units)
{
    DOKAN_FILE_INFO info = {.DokanOptions = &volume.options};
    return ex->GetNameOfId(id, out, units, &info);
}

static void test_links(void **state)
{
    (void)state;
    make_directory(u"\\d");
    put_letter(u"\\a", 'a');
    put_letter(u"\\other", 'o');
    uint64_t used = volume_fs()->used;
    assert_int_equal(link_name(u"\\a", u"\\d\\b", FALSE), STATUS_SUCCESS);
    assert_int_equal(volume_fs()->used, used + NODE_COST);
    assert_int_equal(link_name(u"\\d\\b", u"\\c", FALSE), STATUS_SUCCESS);
    assert_int_equal(facts_of(u"\\c").NumberOfLinks, 3);
    assert_int_equal(ask_name(u"\\c").nNumberOfLinks, 3);
    put_letter(u"\\c", 'z');
    assert_int_equal(get_letter(u"\\a"), 'z');
    assert_int_equal(id_of(u"\\a"), id_of(u"\\d\\b"));
    assert_int_not_equal(id_of(u"\\a"), id_of(u"\\other"));
    assert_int_equal(link_name(u"\\a", u"\\other", FALSE), STATUS_OBJECT_NAME_COLLISION);
    assert_int_equal(link_name(u"\\d", u"\\e", FALSE), STATUS_FILE_IS_A_DIRECTORY);
    assert_int_equal(link_name(u"\\a", u"\\d", TRUE), STATUS_FILE_IS_A_DIRECTORY);
    assert_int_equal(link_name(u"\\a", u"\\no\\x", FALSE), STATUS_OBJECT_PATH_NOT_FOUND);
    assert_int_equal(link_name(u"\\a", u"\\x:s", FALSE), STATUS_INVALID_PARAMETER);
    assert_int_equal(link_name(u"\\a", u"\\c", TRUE), STATUS_SUCCESS); /* it is already */
    assert_int_equal(facts_of(u"\\a").NumberOfLinks, 3);
    assert_int_equal(link_name(u"\\a", u"\\other", TRUE), STATUS_SUCCESS);
    assert_int_equal(get_letter(u"\\other"), 'z');

    /* Each goes on its own, whichever was the first. */
    delete_name(u"\\a");
    assert_int_equal(look(u"\\a"), STATUS_OBJECT_NAME_NOT_FOUND);
    assert_int_equal(get_letter(u"\\c"), 'z');
    assert_int_equal(move(u"\\d\\b", u"\\moved", FALSE), STATUS_SUCCESS);
    assert_int_equal(move(u"\\moved", u"\\c", TRUE), STATUS_SUCCESS); /* over another name of the same file */
    assert_int_equal(look(u"\\moved"), STATUS_OBJECT_NAME_NOT_FOUND);
    assert_int_equal(facts_of(u"\\c").NumberOfLinks, 2);
    assert_int_equal(link_name(u"\\c", u"\\again", FALSE), STATUS_SUCCESS);
    delete_name(u"\\c");
    delete_name(u"\\other");
    delete_name(u"\\again");
    delete_name(u"\\d");
    assert_int_equal(volume_fs()->used, NODE_COST);
    assert_int_equal(volume_fs()->ids.count, 0);
}

static void test_names_of_ids(void **state)
{
    WCHAR name[100];
    (void)state;
    make_directory(u"\\d");
    make_directory(u"\\d\\e");
    make(u"\\d\\e\\File");
    ULONG64 id = id_of(u"\\d\\e\\FILE");
    assert_int_equal(name_of(id, name, 100), STATUS_SUCCESS);
    assert_int_equal(DokanWcscmp(name, u"\\d\\e\\File"), 0);
    assert_int_equal(name_of(id, name, 10), STATUS_SUCCESS);
    for (ULONG units = 0; units < 10; units++)
        assert_int_equal(name_of(id, name, units), STATUS_BUFFER_TOO_SMALL);
    assert_int_equal(name_of(id_of(u"\\"), name, 2), STATUS_SUCCESS);
    assert_int_equal(DokanWcscmp(name, u"\\"), 0);
    assert_int_equal(move(u"\\d\\e", u"\\x", FALSE), STATUS_SUCCESS);
    assert_int_equal(name_of(id, name, 100), STATUS_SUCCESS);
    assert_int_equal(DokanWcscmp(name, u"\\x\\File"), 0);
    delete_name(u"\\x\\File");
    assert_int_equal(name_of(id, name, 100), STATUS_OBJECT_NAME_NOT_FOUND);
    make(u"\\x\\File");
    assert_int_not_equal(id_of(u"\\x\\File"), id);
    assert_int_equal(id_of(u"\\missing"), 0);
}

static void test_remove_name(void **state)
{
    char letter = 0;
    (void)state;
    make_directory(u"\\d");
    put_letter(u"\\d\\f", 'f');
    struct handle d = must_open(u"\\d", FILE_OPEN, 0), f = must_open(u"\\d\\f", FILE_OPEN, 0),
                  root = must_open(u"\\", FILE_OPEN, 0);
    volume.ops->SetFileAttributes(f.name, FILE_ATTRIBUTE_READONLY, &f.info);
    assert_int_equal(ex->RemoveName(d.name, &d.info), STATUS_DIRECTORY_NOT_EMPTY);
    assert_int_equal(ex->RemoveName(root.name, &root.info), STATUS_CANNOT_DELETE);
    assert_int_equal(ex->RemoveName(f.name, &f.info), STATUS_SUCCESS);
    assert_int_equal(look(u"\\d\\f"), STATUS_OBJECT_NAME_NOT_FOUND);
    assert_int_equal(read_from(&f, &letter, 1, 0), 1);
    assert_int_equal(letter, 'f');
    assert_int_equal(facts_of_handle(&f).NumberOfLinks, 0);
    put_letter(u"\\d\\f", 'g');
    assert_int_equal(ex->RemoveName(f.name, &f.info), STATUS_OBJECT_NAME_NOT_FOUND); /* another's by now */
    assert_int_equal(ex->CreateHardLink(f.name, u"\\h", FALSE, &f.info), STATUS_FILE_DELETED);
    assert_int_equal(volume.ops->MoveFile(f.name, u"\\h", FALSE, &f.info), STATUS_FILE_DELETED);
    assert_int_equal(get_letter(u"\\d\\f"), 'g');
    delete_name(u"\\d\\f");
    assert_int_equal(ex->RemoveName(d.name, &d.info), STATUS_SUCCESS);
    shut(&d);
    shut(&f);
    shut(&root);
    assert_int_equal(volume_fs()->used, NODE_COST);
}

static void test_replacing_rename(void **state)
{
    (void)state;
    make_directory(u"\\d");
    make_directory(u"\\e");
    make(u"\\e\\f");
    put_letter(u"\\a", 'a');
    assert_int_equal(probe(u"\\r", 0, FILE_ATTRIBUTE_READONLY, FILE_CREATE, 0), STATUS_SUCCESS);
    assert_int_equal(move(u"\\a", u"\\r", FALSE), STATUS_OBJECT_NAME_COLLISION);
    assert_int_equal(move(u"\\a", u"\\r", TRUE), STATUS_SUCCESS);
    assert_int_equal(get_letter(u"\\r"), 'a');
    assert_int_equal(move(u"\\r", u"\\d", TRUE), STATUS_FILE_IS_A_DIRECTORY);
    assert_int_equal(move(u"\\d", u"\\r", TRUE), STATUS_NOT_A_DIRECTORY);
    assert_int_equal(move(u"\\d", u"\\e", TRUE), STATUS_DIRECTORY_NOT_EMPTY);
    assert_int_equal(move(u"\\e", u"\\d", TRUE), STATUS_SUCCESS);
    assert_int_equal(look(u"\\d\\f"), STATUS_SUCCESS);
    assert_int_equal(move(u"\\d", u"\\d\\f", TRUE), STATUS_INVALID_PARAMETER);
}

static NTSTATUS exchange_names(LPCWSTR a, LPCWSTR b)
{
    struct handle h = must_open(a, FILE_OPEN, 0);
    NTSTATUS status = ex->ExchangeNames(a, b, &h.info);
    shut(&h);
    return status;
}

static void test_exchange(void **state)
{
    (void)state;
    make_directory(u"\\d");
    make_directory(u"\\d\\e");
    put_letter(u"\\d\\f", 'f');
    put_letter(u"\\a", 'a');
    assert_int_equal(exchange_names(u"\\a", u"\\d\\f"), STATUS_SUCCESS);
    assert_int_equal(get_letter(u"\\a"), 'f');
    assert_int_equal(get_letter(u"\\d\\f"), 'a');
    assert_int_equal(exchange_names(u"\\a", u"\\d"), STATUS_SUCCESS); /* a directory and a file */
    assert_int_equal(get_letter(u"\\a\\f"), 'a');
    assert_int_equal(get_letter(u"\\d"), 'f');
    assert_int_equal(exchange_names(u"\\a", u"\\a\\e"), STATUS_INVALID_PARAMETER);
    assert_int_equal(exchange_names(u"\\a\\e", u"\\a"), STATUS_INVALID_PARAMETER);
    assert_int_equal(exchange_names(u"\\a", u"\\missing"), STATUS_OBJECT_NAME_NOT_FOUND);
    assert_int_equal(exchange_names(u"\\a", u"\\d:s"), STATUS_INVALID_PARAMETER);
    assert_int_equal(exchange_names(u"\\a", u"\\a"), STATUS_SUCCESS);
    /* The two outlive each other, whoever's first name it was. */
    delete_name(u"\\d");
    assert_int_equal(list(u"\\", NULL), 1);
    assert_int_equal(list(u"\\a", NULL), 2);
    delete_name(u"\\a\\f");
    delete_name(u"\\a\\e");
    delete_name(u"\\a");
    assert_int_equal(volume_fs()->used, NODE_COST);
}

/* ---- reparse points ---------------------------------------------------------------------------------- */

static NTSTATUS set_link(struct handle *h, const char *target)
{
    BYTE buffer[1000];
    ULONG length = DokanMakeSymbolicLink(target, buffer, sizeof buffer);
    return ex->SetReparsePoint(h->name, buffer, length, &h->info);
}

static void test_symbolic_link(void **state)
{
    BYTE buffer[1000], small[10];
    char target[100];
    ULONG used = 0;
    (void)state;
    struct handle h = must_open(u"\\l", FILE_CREATE, FILE_OPEN_REPARSE_POINT);
    assert_int_equal(ex->GetReparsePoint(h.name, buffer, sizeof buffer, &used, &h.info),
                     STATUS_NOT_A_REPARSE_POINT);
    assert_int_equal(set_link(&h, "some/where"), STATUS_SUCCESS);
    DOKAN_FACTS f = facts_of_handle(&h);
    assert_int_equal(f.ReparseTag, IO_REPARSE_TAG_LX_SYMLINK);
    assert_true(f.FileAttributes & FILE_ATTRIBUTE_REPARSE_POINT);
    assert_int_equal(f.FileSize, 10);
    assert_int_equal(ex->GetReparsePoint(h.name, buffer, sizeof buffer, &used, &h.info), STATUS_SUCCESS);
    assert_int_equal(DokanGetSymbolicLink(buffer, used, target, sizeof target), 10);
    assert_string_equal(target, "some/where");
    assert_int_equal(ex->GetReparsePoint(h.name, small, sizeof small, &used, &h.info),
                     STATUS_BUFFER_OVERFLOW);
    assert_int_equal(set_link(&h, "new"), STATUS_SUCCESS);
    assert_int_equal(facts_of_handle(&h).FileSize, 3);
    volume.ops->SetFileAttributes(h.name, FILE_ATTRIBUTE_HIDDEN, &h.info);
    assert_true(facts_of_handle(&h).FileAttributes & FILE_ATTRIBUTE_REPARSE_POINT);
    assert_int_equal(ex->DeleteReparsePoint(h.name, IO_REPARSE_TAG_SYMLINK, &h.info),
                     STATUS_IO_REPARSE_TAG_MISMATCH);
    assert_int_equal(ex->DeleteReparsePoint(h.name, IO_REPARSE_TAG_LX_SYMLINK, &h.info), STATUS_SUCCESS);
    assert_int_equal(ex->DeleteReparsePoint(h.name, IO_REPARSE_TAG_LX_SYMLINK, &h.info),
                     STATUS_NOT_A_REPARSE_POINT);
    assert_int_equal(facts_of_handle(&h).FileAttributes & FILE_ATTRIBUTE_REPARSE_POINT, 0);
    assert_int_equal(set_link(&h, "x"), STATUS_SUCCESS);
    shut(&h);
    delete_name(u"\\l");
    assert_int_equal(volume_fs()->used, NODE_COST);
}

static void test_reparse_rules(void **state)
{
    const ULONG tag = 0x00001234; /* not Microsoft's, so a GUID follows */
    BYTE guid[30] = {0x34, 0x12, 0, 0, 6, 0, 0, 0, 1, 2, 3};
    BYTE other[30];
    (void)state;
    make_directory(u"\\d");
    struct handle d = must_open(u"\\d", FILE_OPEN, 0), f = must_open(u"\\f", FILE_CREATE, 0),
                  root = must_open(u"\\", FILE_OPEN, 0);
    make(u"\\d\\inside");
    assert_int_equal(set_link(&d, "x"), STATUS_DIRECTORY_NOT_EMPTY);
    delete_name(u"\\d\\inside");
    assert_int_equal(set_link(&d, "x"), STATUS_SUCCESS);
    assert_int_equal(facts_of_handle(&d).FileAttributes,
                     FILE_ATTRIBUTE_DIRECTORY | FILE_ATTRIBUTE_REPARSE_POINT);
    assert_int_equal(probe(u"\\d\\inside", 0, 0, FILE_CREATE, 0), STATUS_OBJECT_PATH_NOT_FOUND);
    assert_int_equal(set_link(&root, "x"), STATUS_INVALID_PARAMETER);
    assert_int_equal(ex->SetReparsePoint(f.name, guid, 7, &f.info), STATUS_IO_REPARSE_DATA_INVALID);
    assert_int_equal(ex->SetReparsePoint(f.name, guid, sizeof guid, &f.info), STATUS_SUCCESS);
    assert_int_equal(facts_of_handle(&f).ReparseTag, tag);
    assert_int_equal(facts_of_handle(&f).FileSize, 0);
    assert_int_equal(set_link(&f, "x"), STATUS_IO_REPARSE_TAG_MISMATCH);
    memcpy(other, guid, sizeof other);
    other[29] = 9; /* data */
    assert_int_equal(ex->SetReparsePoint(f.name, other, sizeof other, &f.info), STATUS_SUCCESS);
    other[10] = 9; /* the GUID */
    assert_int_equal(ex->SetReparsePoint(f.name, other, sizeof other, &f.info),
                     STATUS_REPARSE_ATTRIBUTE_CONFLICT);
    shut(&d);
    shut(&f);
    shut(&root);
    assert_int_equal(probe(u"\\f", WRITES, 0, FILE_OVERWRITE, 0), STATUS_SUCCESS);
    assert_int_equal(facts_of(u"\\f").ReparseTag, tag);
    probe(u"\\f", WRITES, 0, FILE_SUPERSEDE, 0);
    assert_int_equal(facts_of(u"\\f").ReparseTag, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_facts),
        TEST(test_read_only_and_mode),
        TEST(test_listing),
        TEST(test_links),
        TEST(test_names_of_ids),
        TEST(test_remove_name),
        TEST(test_replacing_rename),
        TEST(test_exchange),
        TEST(test_symbolic_link),
        TEST(test_reparse_rules),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
