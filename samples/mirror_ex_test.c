// SPDX-License-Identifier: MIT
/*
 * mirror through its extended callbacks, on a directory made for each test: what the host has is shown as it
 * is, and what is changed is found there.
 */
#include "mirror.h"
#include "testing.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

static char base[PATH_MAX]; /* the mirrored directory */
static struct mirror mirror;
static const DOKAN_OPERATIONS_EX *const ex = &mirror_operations_ex;

static bool host(const char *command)
{
    char line[PATH_MAX + 1000];
    snprintf(line, sizeof line, "cd '%s' && %s", base, command);
    return system(line) == 0;
}

static int setup(void **state)
{
    const char *tmp = getenv("TMPDIR");
    (void)state;
    snprintf(base, sizeof base, "%s/mirror-test-XXXXXX", tmp ? tmp : "/tmp");
    assert_non_null(mkdtemp(base));
    assert_int_equal(hostdir_init(&mirror.root, base, true), 0);
    mirror.label = (WCHAR *)(uintptr_t)u"Label";
    volume.ops = &mirror_operations;
    volume.options.GlobalContext = (ULONG64)(uintptr_t)&mirror;
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    close_scope(&mirror.root.fd);
    return host("chmod -R u+rwX . && rm -rf ..?* .[!.]* *") ? rmdir(base) : -1;
}

static struct handle open_itself(LPCWSTR name, ULONG disposition)
{
    struct handle h;
    NTSTATUS status = try_open(&h, name, FILE_READ_ATTRIBUTES | FILE_WRITE_ATTRIBUTES | DELETE, 0,
                               disposition, FILE_OPEN_REPARSE_POINT);
    assert_int_equal(status, STATUS_SUCCESS);
    return h;
}

static DOKAN_FACTS facts_of(LPCWSTR name)
{
    struct handle h = open_itself(name, FILE_OPEN);
    DOKAN_FACTS facts = {.Size = sizeof facts};
    assert_int_equal(ex->GetFacts(name, &facts, &h.info), STATUS_SUCCESS);
    shut(&h);
    return facts;
}

static NTSTATUS set_facts(LPCWSTR name, DOKAN_FACTS facts)
{
    struct handle h = open_itself(name, FILE_OPEN);
    NTSTATUS status = ex->SetFacts(name, &facts, &h.info);
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

static void test_facts(void **state)
{
    (void)state;
    assert_true(host("printf text >f && chmod 2754 f && ln f g && ln -s f l && mkfifo p && mkdir -m 1777 d"));
    DOKAN_FACTS f = facts_of(u"\\f");
    assert_int_equal(f.Valid, DOKAN_FACT_ALL);
    assert_int_equal(f.Mode, 02754);
    assert_int_equal(f.NumberOfLinks, 2);
    assert_int_equal(f.FileSize, 4);
    assert_int_equal(f.Uid, geteuid());
    assert_true(f.ChangeTime > 0);
    DOKAN_FACTS l = facts_of(u"\\l");
    assert_int_equal(l.ReparseTag, IO_REPARSE_TAG_LX_SYMLINK);
    assert_int_equal(l.FileSize, 1);
    assert_int_not_equal(l.FileId, f.FileId);
    assert_int_equal(facts_of(u"\\p").ReparseTag, IO_REPARSE_TAG_LX_FIFO);
    assert_int_equal(facts_of(u"\\d").Mode, 01777);
    assert_int_equal(id_of(u"\\f"), f.FileId);
    assert_int_equal(id_of(u"\\g"), f.FileId);
    assert_int_equal(id_of(u"\\l"), l.FileId);
    assert_int_equal(id_of(u"\\missing"), 0);
    assert_int_equal(set_facts(u"\\f", (DOKAN_FACTS){.Valid = DOKAN_FACT_MODE, .Mode = 0604}),
                     STATUS_SUCCESS);
    assert_true(host("test $(stat -c %a g) = 604"));
    assert_int_equal(set_facts(u"\\l", (DOKAN_FACTS){.Valid = DOKAN_FACT_MODE, .Mode = 0600}),
                     STATUS_SUCCESS);
    assert_int_equal(set_facts(u"\\f", (DOKAN_FACTS){.Valid = DOKAN_FACT_UID | DOKAN_FACT_GID,
                                                     .Uid = geteuid(),
                                                     .Gid = getegid()}),
                     STATUS_SUCCESS);
    NTSTATUS status = set_facts(u"\\l", (DOKAN_FACTS){.Valid = DOKAN_FACT_UID, .Uid = 54321});
    assert_int_equal(status == STATUS_SUCCESS, geteuid() == 0);
    assert_true(geteuid() != 0 || host("test $(stat -c %u l) = 54321 && test $(stat -c %u f) = 0"));
}

/* A number that the host gives out again is another one here. */
static void test_reused_numbers(void **state)
{
    ULONG64 before = 0;
    (void)state;
    for (int i = 0; i < 20; i++) {
        assert_true(host("rm -f f && touch f"));
        ULONG64 id = id_of(u"\\f");
        assert_int_not_equal(id, before);
        before = id;
    }
}

static unsigned entries, links_seen;

static int WINAPI collect_facts(LPCWSTR name, const DOKAN_FACTS *facts, PDOKAN_FILE_INFO info)
{
    (void)name, (void)info;
    links_seen += facts->ReparseTag == IO_REPARSE_TAG_LX_SYMLINK;
    return ++entries == 3;
}

static void test_listing(void **state)
{
    (void)state;
    assert_true(host("ln -s . l && touch f"));
    struct handle h = must_open(u"\\", FILE_OPEN, 0);
    assert_int_equal(ex->FindFacts(u"\\", collect_facts, &h.info), STATUS_SUCCESS);
    assert_int_equal(entries, 2);
    assert_int_equal(links_seen, 1);
    assert_true(host("touch 1 2 3 4"));
    entries = 0;
    assert_int_equal(ex->FindFacts(u"\\", collect_facts, &h.info), STATUS_SUCCESS);
    assert_int_equal(entries, 3); /* no more were wanted */
    shut(&h);
}

/* ---- names ------------------------------------------------------------------------------------------- */

static NTSTATUS link_name(LPCWSTR from, LPCWSTR to, BOOL replace)
{
    struct handle h = open_itself(from, FILE_OPEN);
    NTSTATUS status = ex->CreateHardLink(from, to, replace, &h.info);
    shut(&h);
    return status;
}

static void test_links(void **state)
{
    (void)state;
    assert_true(host("echo x >f && ln -s f l && mkdir d && echo y >taken"));
    assert_int_equal(link_name(u"\\f", u"\\d\\g", FALSE), STATUS_SUCCESS);
    assert_true(host("test f -ef d/g"));
    assert_int_equal(link_name(u"\\l", u"\\m", FALSE), STATUS_SUCCESS);
    assert_true(host("test \"$(readlink m)\" = f && test $(stat -c %h l) = 2"));
    assert_int_equal(link_name(u"\\f", u"\\taken", FALSE), STATUS_OBJECT_NAME_COLLISION);
    assert_int_equal(link_name(u"\\f", u"\\d", TRUE), STATUS_FILE_IS_A_DIRECTORY);
    assert_int_equal(link_name(u"\\d", u"\\e", FALSE), STATUS_FILE_IS_A_DIRECTORY);
    assert_int_equal(link_name(u"\\f", u"\\no\\e", FALSE), STATUS_OBJECT_PATH_NOT_FOUND);
    assert_int_equal(link_name(u"\\f", u"\\taken", TRUE), STATUS_SUCCESS);
    assert_int_equal(link_name(u"\\f", u"\\taken", TRUE), STATUS_SUCCESS);
    assert_true(host("test f -ef taken && test $(stat -c %h f) = 3 && test -z \"$(ls -A | grep mirror)\""));
}

static void test_remove_name(void **state)
{
    char letter = 0;
    (void)state;
    assert_true(host("mkdir d && printf f >d/f && ln -s d l && chmod 444 d/f"));
    struct handle d = open_itself(u"\\d", FILE_OPEN), l = open_itself(u"\\l", FILE_OPEN), f;
    assert_int_equal(try_open(&f, u"\\d\\f", READS, 0, FILE_OPEN, 0), STATUS_SUCCESS);
    assert_int_equal(ex->RemoveName(d.name, &d.info), STATUS_DIRECTORY_NOT_EMPTY);
    assert_int_equal(ex->RemoveName(l.name, &l.info), STATUS_SUCCESS);
    assert_int_equal(ex->RemoveName(f.name, &f.info), STATUS_SUCCESS);
    assert_int_equal(read_from(&f, &letter, 1, 0), 1);
    assert_true(host("touch d/f"));
    assert_int_equal(ex->RemoveName(f.name, &f.info), STATUS_OBJECT_NAME_NOT_FOUND); /* another's by now */
    assert_true(host("test -e d/f && rm d/f"));
    assert_int_equal(ex->RemoveName(d.name, &d.info), STATUS_SUCCESS);
    shut(&d), shut(&l), shut(&f);
}

static NTSTATUS move_itself(LPCWSTR from, LPCWSTR to)
{
    struct handle h = open_itself(from, FILE_OPEN);
    NTSTATUS status = volume.ops->MoveFile(from, to, TRUE, &h.info);
    shut(&h);
    return status;
}

static void test_replacing_rename(void **state)
{
    (void)state;
    assert_true(host("mkdir d e full && touch a full/x && echo r >r && chmod 444 r && ln -s d l"));
    assert_int_equal(move_itself(u"\\a", u"\\r"), STATUS_SUCCESS);
    assert_int_equal(move_itself(u"\\r", u"\\l"), STATUS_SUCCESS);
    assert_true(host("test -f l && ! test -L l && test -d d"));
    assert_int_equal(move_itself(u"\\l", u"\\d"), STATUS_FILE_IS_A_DIRECTORY);
    assert_int_equal(move_itself(u"\\d", u"\\l"), STATUS_NOT_A_DIRECTORY);
    assert_int_equal(move_itself(u"\\d", u"\\full"), STATUS_DIRECTORY_NOT_EMPTY);
    assert_int_equal(move_itself(u"\\full", u"\\d"), STATUS_SUCCESS);
    assert_true(host("test -f d/x"));
}

static void test_exchange(void **state)
{
    (void)state;
    assert_true(host("mkdir -p d/e && echo f >f"));
    struct handle h = open_itself(u"\\f", FILE_OPEN);
    assert_int_equal(ex->ExchangeNames(u"\\f", u"\\no", &h.info), STATUS_OBJECT_NAME_NOT_FOUND);
    assert_int_equal(ex->ExchangeNames(u"\\f", u"\\d", &h.info), STATUS_SUCCESS);
    assert_true(host("test -f d && test -d f/e"));
    assert_int_equal(ex->ExchangeNames(u"\\f", u"\\d", &h.info),
                     STATUS_OBJECT_NAME_NOT_FOUND); /* it is \d now */
    shut(&h);
    h = open_itself(u"\\f", FILE_OPEN);
    assert_int_equal(ex->ExchangeNames(u"\\f", u"\\f\\e", &h.info), STATUS_INVALID_PARAMETER);
    shut(&h);
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
    BYTE buffer[1000];
    char target[100];
    ULONG used = 0;
    (void)state;
    struct handle h = must_open(u"\\l", FILE_CREATE, 0);
    assert_int_equal(set_link(&h, "../../out"), STATUS_SUCCESS);
    assert_true(host("test \"$(readlink l)\" = ../../out"));
    assert_int_equal(ex->GetReparsePoint(h.name, buffer, sizeof buffer, &used, &h.info), STATUS_SUCCESS);
    assert_int_equal(DokanGetSymbolicLink(buffer, used, target, sizeof target), 9);
    assert_string_equal(target, "../../out");
    assert_int_equal(ex->GetReparsePoint(h.name, buffer, 10, &used, &h.info), STATUS_BUFFER_OVERFLOW);
    shut(&h);
    h = open_itself(u"\\l", FILE_OPEN);
    assert_int_equal(set_link(&h, "new"), STATUS_SUCCESS);
    assert_true(host("test \"$(readlink l)\" = new"));
    assert_int_equal(ex->DeleteReparsePoint(h.name, IO_REPARSE_TAG_LX_FIFO, &h.info),
                     STATUS_IO_REPARSE_TAG_MISMATCH);
    assert_int_equal(ex->DeleteReparsePoint(h.name, IO_REPARSE_TAG_LX_SYMLINK, &h.info), STATUS_SUCCESS);
    assert_int_equal(ex->DeleteReparsePoint(h.name, IO_REPARSE_TAG_LX_SYMLINK, &h.info),
                     STATUS_NOT_A_REPARSE_POINT);
    assert_true(host("test -f l && ! test -L l"));
    assert_int_equal(set_link(&h, "late"), STATUS_NOT_SUPPORTED); /* it is somebody's file */
    shut(&h);
    put_letter(u"\\l", 'x');
}

static void test_special_files(void **state)
{
    static const ULONG tags[] = {IO_REPARSE_TAG_LX_FIFO, IO_REPARSE_TAG_AF_UNIX, IO_REPARSE_TAG_LX_CHR,
                                 0x80000099};
    ULONG head[2] = {0}, used = 0, got[2];
    (void)state;
    for (size_t i = 0; i < COUNT(tags); i++) {
        struct handle h = must_open(u"\\s", FILE_CREATE, 0);
        head[0] = tags[i];
        NTSTATUS status = ex->SetReparsePoint(h.name, head, sizeof head, &h.info);
        assert_int_equal(status, tags[i] == 0x80000099 ? STATUS_NOT_SUPPORTED : STATUS_SUCCESS);
        status = ex->GetReparsePoint(h.name, got, sizeof got, &used, &h.info);
        assert_int_equal(status, tags[i] == 0x80000099 ? STATUS_NOT_A_REPARSE_POINT : STATUS_SUCCESS);
        assert_true(status != STATUS_SUCCESS || (used == 8 && got[0] == tags[i]));
        if (tags[i] == IO_REPARSE_TAG_LX_CHR) {
            const DOKAN_FACTS facts = {
                .Valid = DOKAN_FACT_DEVICE | DOKAN_FACT_MODE, .Device = makedev(1, 5), .Mode = 0640};
            status = ex->SetFacts(h.name, &facts, &h.info);
            assert_true(status == STATUS_SUCCESS || geteuid() != 0 || status == STATUS_ACCESS_DENIED);
            assert_true(status != STATUS_SUCCESS || host("test \"$(stat -c %t:%T:%a s)\" = 1:5:640"));
        }
        ex->RemoveName(h.name, &h.info);
        shut(&h);
    }
}

/* ---- extended attributes, holes ---------------------------------------------------------------------- */

static int WINAPI count_ea(const char *name, UCHAR flags, const void *value, ULONG length,
                           PDOKAN_FILE_INFO info)
{
    (void)name, (void)flags, (void)value, (void)info;
    entries += length;
    return 0;
}

static void test_eas(void **state)
{
    char value[100];
    ULONG used = 0;
    (void)state;
    struct handle h = must_open(u"\\f", FILE_CREATE, 0);
    NTSTATUS status = ex->SetEa(h.name, "Name", 0, "value", 5, &h.info);
    if (status == STATUS_EAS_NOT_SUPPORTED) {
        shut(&h);
        skip();
    }
    assert_int_equal(status, STATUS_SUCCESS);
    assert_int_equal(ex->GetEa(h.name, "Name", value, sizeof value, &used, &h.info), STATUS_SUCCESS);
    assert_int_equal(used, 5);
    assert_int_equal(ex->GetEa(h.name, "Name", value, 3, &used, &h.info), STATUS_BUFFER_OVERFLOW);
    assert_int_equal(used, 5);
    assert_int_equal(ex->GetEa(h.name, "Name", NULL, 0, &used, &h.info), STATUS_BUFFER_OVERFLOW);
    assert_int_equal(ex->GetEa(h.name, "nAME", NULL, 0, &used, &h.info), STATUS_NONEXISTENT_EA_ENTRY);
    mirror.root.case_sensitive = false;
    assert_int_equal(ex->GetEa(h.name, "nAME", value, sizeof value, &used, &h.info), STATUS_SUCCESS);
    assert_int_equal(ex->SetEa(h.name, "NAME", 0, "other!", 6, &h.info), STATUS_SUCCESS);
    entries = 0;
    assert_int_equal(ex->FindEas(h.name, count_ea, &h.info), STATUS_SUCCESS);
    assert_int_equal(entries, 6); /* it has one still */
    assert_int_equal(ex->SetEa(h.name, "NaMe", 0, NULL, 0, &h.info), STATUS_SUCCESS);
    assert_int_equal(ex->SetEa(h.name, "Name", 0, NULL, 0, &h.info), STATUS_NONEXISTENT_EA_ENTRY);
    shut(&h);
}

static LONGLONG data_bytes;

static int WINAPI add_range(LONGLONG offset, LONGLONG length, PDOKAN_FILE_INFO info)
{
    (void)offset, (void)info;
    data_bytes += length;
    return 0;
}

static void test_holes(void **state)
{
    const LONGLONG size = 8 << 20;
    int fd = -1;
    (void)state;
    struct handle h = must_open(u"\\f", FILE_CREATE, 0), attributes = open_itself(u"\\f", FILE_OPEN);
    write_to(&h, "x", 1, size - 1);
    assert_int_equal(ex->FindRanges(h.name, 0, size, add_range, &h.info), STATUS_SUCCESS);
    LONGLONG seen = data_bytes;
    assert_true(seen > 0 && seen <= size);
    data_bytes = 0;
    assert_int_equal(ex->FindRanges(h.name, 0, size, add_range, &attributes.info), STATUS_SUCCESS);
    assert_int_equal(data_bytes, seen);
    NTSTATUS status = ex->ZeroRange(h.name, 0, size, TRUE, &h.info);
    assert_true(status == STATUS_SUCCESS || status == STATUS_NOT_SUPPORTED);
    assert_int_equal(size_of(&h), size);
    assert_int_equal(ex->ZeroRange(h.name, 0, size, TRUE, &attributes.info), STATUS_ACCESS_DENIED);
    assert_int_equal(ex->GetBackingFile(h.name, &fd, &h.info), STATUS_SUCCESS);
    assert_int_equal(lseek(fd, 0, SEEK_END), size);
    assert_int_equal(ex->GetBackingFile(h.name, &fd, &attributes.info), STATUS_NOT_SUPPORTED);
    shut(&h), shut(&attributes);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_facts),    TEST(test_reused_numbers), TEST(test_listing),
        TEST(test_links),    TEST(test_remove_name),    TEST(test_replacing_rename),
        TEST(test_exchange), TEST(test_symbolic_link),  TEST(test_special_files),
        TEST(test_eas),      TEST(test_holes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
