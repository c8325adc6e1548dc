// SPDX-License-Identifier: MIT
/*
 * mirror through its callbacks, on a directory made for each test: names, the wall around the root, and the
 * same rules as any file system has to keep. Everything runs twice, with openat2 and with the walk that
 * replaces it.
 */
#include "mirror.h"
#include "testing.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

static char base[PATH_MAX]; /* holds "root", the mirrored directory, and "outside" */
static struct mirror mirror;
static bool without_openat2;

static void volume_open(bool case_sensitive)
{
    char root[PATH_MAX + 8];
    snprintf(root, sizeof root, "%s/root", base);
    close_scope(&mirror.root.fd);
    assert_int_equal(hostdir_init(&mirror.root, root, case_sensitive), 0);
    mirror.root.no_openat2 |= without_openat2;
    mirror.label = (WCHAR *)(uintptr_t)u"Label";
    mirror.basic = true; /* mirror_ex_test.c has the rest */
    volume.ops = &mirror_operations;
    volume.options.GlobalContext = (ULONG64)(uintptr_t)&mirror;
}

/* Runs a command in the base directory. */
static void host(const char *command)
{
    char line[PATH_MAX + 1000];
    snprintf(line, sizeof line, "cd '%s' && %s", base, command);
    assert_int_equal(system(line), 0);
}

static bool host_says(const char *command)
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
    host("mkdir root outside && echo secret >outside/secret");
    volume_open(false);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    close_scope(&mirror.root.fd);
    mirror.root.fd = -1;
    host("chmod -R u+rwX . && rm -rf root outside");
    return rmdir(base);
}

/* ---- names ------------------------------------------------------------------------------------------- */

static void test_paths_of_names(void **state)
{
    static const struct {
        LPCWSTR name;
        const char *path; /* NULL: no such path */
    } rows[] = {
        {u"\\", "."},
        {u"", "."},
        {u"\\a\\b", "a/b"},
        {u"\\\u00e4\u20ac\U0001F600", "\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80"},
        {u"\\a\uf03ab", "a:b"},
        {u"\\\uf05c\uf02a\uf001", "\\*\x01"},
        {u"\\\uf0ff\uf080", "\xff\x80"},
        {u"\\\uf02f", "\xef\x80\xaf"}, /* '/' has no mask */
        {u"\\a/b", NULL},
        {u"\\.", NULL},
        {u"\\..", NULL},
        {u"\\a\\..\\b", NULL},
        {u"\\a\\.", NULL},
        {u"\\a\\\\b", NULL},
        {u"\\...", "..."},
        {u"\\.a", ".a"},
    };
    char path[PATH_MAX];
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        assert_int_equal(hostdir_path(rows[i].name, path), rows[i].path ? 0 : -EILSEQ);
        if (rows[i].path)
            assert_string_equal(path, rows[i].path);
    }
    WCHAR deep[PATH_MAX + 10];
    for (size_t i = 0; i < COUNT(deep) - 1; i++)
        deep[i] = i % 10 ? u'x' : u'\\';
    deep[COUNT(deep) - 1] = 0;
    assert_int_equal(hostdir_path(deep, path), -ENAMETOOLONG);
}

static void test_names_of_entries(void **state)
{
    static const struct {
        const char *entry;
        LPCWSTR name; /* NULL: not shown */
    } rows[] = {
        {"plain", u"plain"},
        {"a:b*\\?", u"a\uf03ab\uf02a\uf05c\uf03f"},
        {"\xc3\xa4\xf0\x9f\x98\x80", u"\u00e4\U0001F600"},
        {"bad\xff\xc3", u"bad\uf0ff\uf0c3"},
        {"\xed\xa0\x80", u"\xd800"},
        {"\x01\x1f", u"\uf001\uf01f"},
        {"\xef\x80\xba", NULL}, /* the mask of ':' itself would come back as ':' */
        {"..", NULL},
    };
    WCHAR name[MAX_PATH];
    char longest[300];
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        assert_int_equal(hostdir_name(rows[i].entry, name), rows[i].name != NULL);
        if (rows[i].name)
            assert_int_equal(DokanWcscmp(name, rows[i].name), 0);
    }
    memset(longest, 'n', sizeof longest);
    longest[255] = 0;
    assert_true(hostdir_name(longest, name));
    longest[255] = 'n';
    longest[256] = 0;
    assert_false(hostdir_name(longest, name));
}

static void test_strange_names(void **state)
{
    (void)state;
    host("touch root/'a:b' \"$(printf 'root/\\377x')\"");
    assert_int_equal(list(u"\\", NULL), 2);
    assert_int_equal(look(u"\\a\uf03ab"), STATUS_SUCCESS);
    assert_int_equal(look(u"\\\uf0ffx"), STATUS_SUCCESS);
    assert_int_equal(move(u"\\a\uf03ab", u"\\c\uf03f", FALSE), STATUS_SUCCESS);
    assert_true(host_says("test -f 'root/c?'"));
    assert_int_equal(probe(u"\\a/b", 0, 0, FILE_CREATE, 0), STATUS_OBJECT_NAME_INVALID);
}

static void test_case(void **state)
{
    (void)state;
    host("mkdir root/Dir && echo x >root/Dir/File");
    assert_int_equal(look(u"\\dIR\\fILE"), STATUS_SUCCESS);
    make(u"\\DIR\\new");
    assert_true(host_says("test -f root/Dir/new"));
    assert_int_equal(probe(u"\\dir\\FILE", 0, 0, FILE_CREATE, 0), STATUS_OBJECT_NAME_COLLISION);
    /* Another spelling of the same name, and a replaced file takes the new one. */
    assert_int_equal(move(u"\\dir\\file", u"\\dir\\FILE", FALSE), STATUS_SUCCESS);
    assert_true(host_says("test -f root/Dir/FILE && ! test -e root/Dir/File"));
    assert_int_equal(move(u"\\dir\\file", u"\\dir\\NEW", FALSE), STATUS_OBJECT_NAME_COLLISION);
    assert_int_equal(move(u"\\dir\\file", u"\\dir\\NEW", TRUE), STATUS_SUCCESS);
    assert_true(host_says("test \"$(cd root/Dir && ls)\" = NEW && grep -q x root/Dir/NEW"));
    volume_open(true);
    assert_int_equal(look(u"\\dir"), STATUS_OBJECT_NAME_NOT_FOUND);
    assert_int_equal(look(u"\\dir\\NEW"), STATUS_OBJECT_PATH_NOT_FOUND);
    assert_int_equal(look(u"\\Dir\\NEW"), STATUS_SUCCESS);
}

/* ---- the wall ---------------------------------------------------------------------------------------- */

static void test_nothing_leads_out(void **state)
{
    static LPCWSTR const beyond[] = {u"\\up\\secret",     u"\\absolute\\secret", u"\\twice\\secret",
                                     u"\\d\\up2\\secret", u"\\proc\\cwd",        u"\\up\\new",
                                     u"\\loop\\x"};
    (void)state;
    host("cd root && mkdir d && ln -s ../outside up && ln -s \"$PWD/../outside\" absolute && ln -s up twice "
         "&& "
         "ln -s ../../outside d/up2 && ln -s /proc/self proc && ln -s loop loop");
    for (size_t i = 0; i < COUNT(beyond); i++) {
        assert_true(probe(beyond[i], 0, 0, FILE_OPEN, 0) < 0);
        assert_true(probe(beyond[i], READS, 0, FILE_OPEN, 0) < 0);
        assert_true(probe(beyond[i], WRITES, 0, FILE_OPEN_IF, 0) < 0);
        assert_true(probe(beyond[i], WRITES, 0, FILE_CREATE, FILE_DIRECTORY_FILE) < 0);
    }
    make(u"\\mine");
    assert_true(move(u"\\mine", u"\\up\\new", TRUE) < 0);
    assert_true(move(u"\\mine", u"\\absolute\\secret", TRUE) < 0);
    assert_true(
        host_says("test \"$(ls outside)\" = secret && grep -q secret outside/secret && test -f root/mine"));
}

/* Links out, and links to nothing: seen, renamed and deleted, but never opened. */
static void test_links_out(void **state)
{
    static LPCWSTR const links[] = {u"\\file", u"\\up", u"\\dangling", u"\\loop"};
    (void)state;
    host("cd root && ln -s ../outside/secret file && ln -s ../outside up && ln -s nowhere dangling && ln -s "
         "loop loop");
    assert_int_equal(list(u"\\", NULL), 4);
    for (size_t i = 0; i < COUNT(links); i++) {
        assert_int_equal(probe(links[i], READS, 0, FILE_OPEN, 0), STATUS_ACCESS_DENIED);
        assert_int_equal(probe(links[i], WRITES, 0, FILE_OVERWRITE_IF, 0), STATUS_ACCESS_DENIED);
        assert_int_equal(probe(links[i], 0, 0, FILE_CREATE, 0), STATUS_OBJECT_NAME_COLLISION);
        struct handle h;
        assert_int_equal(try_open(&h, links[i], DELETE, 0, FILE_OPEN, 0), STATUS_SUCCESS);
        assert_int_equal(ask(&h).dwFileAttributes, FILE_ATTRIBUTE_SYSTEM);
        assert_int_equal(size_of(&h), 0);
        assert_int_equal(volume.ops->SetEndOfFile(links[i], 0, &h.info), STATUS_ACCESS_DENIED);
        assert_int_equal(volume.ops->MoveFile(links[i], u"\\moved", FALSE, &h.info), STATUS_SUCCESS);
        h.name = u"\\moved";
        cleanup(&h, true);
        close_file(&h);
    }
    assert_int_equal(list(u"\\", NULL), 0);
    assert_true(host_says("grep -q secret outside/secret"));
}

static void test_links_inside(void **state)
{
    (void)state;
    host("cd root && mkdir -p d/e && printf x >d/e/f && ln -s d/e in && ln -s ../e/f d/e/again");
    if (mirror.root.no_openat2) { /* the walk follows none */
        assert_int_equal(probe(u"\\in\\f", READS, 0, FILE_OPEN, 0), STATUS_OBJECT_PATH_NOT_FOUND);
        return;
    }
    assert_int_equal(get_letter(u"\\in\\f"), 'x');
    assert_int_equal(get_letter(u"\\d\\e\\again"), 'x');
    assert_int_equal(ask_name(u"\\d\\e\\again").dwFileAttributes, FILE_ATTRIBUTE_NORMAL);
    assert_int_equal(list(u"\\in", NULL), 2);
    assert_int_equal(listed.sizes, 2); /* each is its target */
    /* Deleting one deletes the link. */
    delete_name(u"\\d\\e\\again");
    assert_true(host_says("test -f root/d/e/f && ! test -L root/d/e/again"));
    struct handle h;
    host("rm root/d/e/f");
    assert_int_equal(try_open(&h, u"\\in", DELETE, 0, FILE_OPEN, FILE_DIRECTORY_FILE | FILE_DELETE_ON_CLOSE),
                     STATUS_SUCCESS);
    cleanup(&h, true);
    close_file(&h);
    assert_true(host_says("test -d root/d/e && ! test -L root/in"));
}

static void test_special_files(void **state)
{
    (void)state;
    host("mkfifo root/fifo");
    alarm(20); /* opening a FIFO must not wait */
    assert_int_equal(probe(u"\\fifo", READS, 0, FILE_OPEN, 0), STATUS_ACCESS_DENIED);
    assert_int_equal(probe(u"\\fifo", WRITES, 0, FILE_OPEN_IF, 0), STATUS_ACCESS_DENIED);
    assert_int_equal(list(u"\\", NULL), 1);
    struct handle h;
    assert_int_equal(try_open(&h, u"\\fifo", DELETE, 0, FILE_OPEN, 0), STATUS_SUCCESS);
    assert_int_equal(ask(&h).dwFileAttributes, FILE_ATTRIBUTE_SYSTEM);
    cleanup(&h, true);
    close_file(&h);
    alarm(0);
    assert_true(host_says("! test -e root/fifo"));
}

/* ---- the rules --------------------------------------------------------------------------------------- */

static void test_dispositions(void **state)
{
    static const struct {
        ULONG disposition;
        NTSTATUS missing, file, directory;
    } rows[] = {
        {FILE_SUPERSEDE, STATUS_SUCCESS, STATUS_OBJECT_NAME_COLLISION, STATUS_FILE_IS_A_DIRECTORY},
        {FILE_OPEN, STATUS_OBJECT_NAME_NOT_FOUND, STATUS_SUCCESS, STATUS_SUCCESS},
        {FILE_CREATE, STATUS_SUCCESS, STATUS_OBJECT_NAME_COLLISION, STATUS_OBJECT_NAME_COLLISION},
        {FILE_OPEN_IF, STATUS_SUCCESS, STATUS_OBJECT_NAME_COLLISION, STATUS_OBJECT_NAME_COLLISION},
        {FILE_OVERWRITE, STATUS_OBJECT_NAME_NOT_FOUND, STATUS_SUCCESS, STATUS_FILE_IS_A_DIRECTORY},
        {FILE_OVERWRITE_IF, STATUS_SUCCESS, STATUS_OBJECT_NAME_COLLISION, STATUS_FILE_IS_A_DIRECTORY},
    };
    (void)state;
    make_directory(u"\\dir");
    for (size_t i = 0; i < COUNT(rows); i++) {
        ULONG disposition = rows[i].disposition;
        bool cuts = disposition != FILE_OPEN && disposition != FILE_CREATE && disposition != FILE_OPEN_IF;
        assert_int_equal(probe(u"\\missing", WRITES, 0, disposition, 0), rows[i].missing);
        if (rows[i].missing == STATUS_SUCCESS)
            delete_name(u"\\missing");
        put_letter(u"\\file", 'x');
        assert_int_equal(probe(u"\\file", 0, 0, disposition, 0), rows[i].file);
        assert_int_equal(ask_name(u"\\file").nFileSizeLow, cuts ? 0 : 1);
        assert_int_equal(probe(u"\\dir", 0, 0, disposition, 0), rows[i].directory);
    }
    assert_int_equal(probe(u"\\dir", 0, 0, FILE_OPEN, FILE_NON_DIRECTORY_FILE), STATUS_FILE_IS_A_DIRECTORY);
    assert_int_equal(probe(u"\\file", 0, 0, FILE_OPEN, FILE_DIRECTORY_FILE), STATUS_NOT_A_DIRECTORY);
    assert_int_equal(look(u"\\no\\f"), STATUS_OBJECT_PATH_NOT_FOUND);
    assert_int_equal(look(u"\\file\\f"), STATUS_OBJECT_PATH_NOT_FOUND);
    assert_int_equal(probe(u"\\no\\f", 0, 0, FILE_CREATE, 0), STATUS_OBJECT_PATH_NOT_FOUND);
}

static void test_read_only(void **state)
{
    struct handle h;
    (void)state;
    assert_int_equal(try_open(&h, u"\\f", WRITES, FILE_ATTRIBUTE_READONLY, FILE_CREATE, 0), STATUS_SUCCESS);
    assert_int_equal(write_to(&h, "a", 1, 0), STATUS_SUCCESS);
    assert_int_equal(ask(&h).dwFileAttributes, FILE_ATTRIBUTE_READONLY);
    shut(&h);
    assert_true(host_says("test \"$(stat -c %a root/f)\" = 444"));
    assert_int_equal(probe(u"\\f", FILE_WRITE_DATA, 0, FILE_OPEN, 0), STATUS_ACCESS_DENIED);
    assert_int_equal(probe(u"\\f", 0, 0, FILE_OVERWRITE, 0), STATUS_ACCESS_DENIED);
    assert_int_equal(probe(u"\\f", DELETE, 0, FILE_OPEN, FILE_DELETE_ON_CLOSE), STATUS_CANNOT_DELETE);
    assert_int_equal(probe(u"\\g", DELETE, FILE_ATTRIBUTE_READONLY, FILE_CREATE, FILE_DELETE_ON_CLOSE),
                     STATUS_CANNOT_DELETE);
    /* As much as allowed means reading here. */
    assert_int_equal(try_open(&h, u"\\f", MAXIMUM_ALLOWED, 0, FILE_OPEN, 0), STATUS_SUCCESS);
    assert_true(write_to(&h, "b", 1, 0) < 0);
    assert_int_equal(volume.ops->SetFileAttributes(h.name, 0, &h.info), STATUS_SUCCESS);
    assert_int_equal(ask(&h).dwFileAttributes, FILE_ATTRIBUTE_READONLY);
    assert_int_equal(volume.ops->SetFileAttributes(h.name, FILE_ATTRIBUTE_NORMAL, &h.info), STATUS_SUCCESS);
    shut(&h);
    assert_int_equal(try_open(&h, u"\\f", MAXIMUM_ALLOWED, 0, FILE_OPEN, 0), STATUS_SUCCESS);
    assert_int_equal(write_to(&h, "c", 1, 0), STATUS_SUCCESS);
    shut(&h);
    assert_int_equal(get_letter(u"\\f"), 'c');
}

static void test_times(void **state)
{
    const uint64_t time = UINT64_C(130000000001234500);
    FILETIME none = {0}, set = {(DWORD)time, (DWORD)(time >> 32)}, minus = {UINT32_MAX, UINT32_MAX};
    (void)state;
    make_directory(u"\\d");
    LPCWSTR const names[] = {u"\\f", u"\\d"};
    make(u"\\f");
    for (size_t i = 0; i < COUNT(names); i++) {
        struct handle h;
        assert_int_equal(try_open(&h, names[i], FILE_WRITE_ATTRIBUTES, 0, FILE_OPEN, 0), STATUS_SUCCESS);
        assert_int_equal(volume.ops->SetFileTime(h.name, &none, &set, &set, &h.info), STATUS_SUCCESS);
        assert_int_equal(volume.ops->SetFileTime(h.name, &none, &none, &minus, &h.info), STATUS_SUCCESS);
        BY_HANDLE_FILE_INFORMATION info = ask(&h);
        assert_int_equal(time_of(info.ftLastAccessTime), time);
        assert_int_equal(time_of(info.ftLastWriteTime), time);
        shut(&h);
    }
    assert_true(host_says("test \"$(TZ=UTC stat -c %y root/f)\" = '2012-12-14 23:06:40.123450000 +0000'"));
}

static void test_data(void **state)
{
    char data[16] = {0};
    DWORD written;
    (void)state;
    struct handle h = must_open(u"\\f", FILE_CREATE, 0);
    assert_int_equal(write_to(&h, "abc", 3, 0), STATUS_SUCCESS);
    assert_int_equal(write_to(&h, "x", 1, -1), STATUS_INVALID_PARAMETER);
    h.info.WriteToEndOfFile = 1;
    assert_int_equal(write_to(&h, "def", 3, -1), STATUS_SUCCESS);
    h.info.WriteToEndOfFile = 0;
    assert_int_equal(read_from(&h, data, sizeof data, 0), 6);
    assert_memory_equal(data, "abcdef", 6);
    h.info.PagingIo = 1;
    assert_int_equal(volume.ops->WriteFile(h.name, "XYZ", 3, &written, 4, &h.info), STATUS_SUCCESS);
    assert_int_equal(written, 2);
    assert_int_equal(volume.ops->WriteFile(h.name, "XYZ", 3, &written, 6, &h.info), STATUS_SUCCESS);
    assert_int_equal(written, 0);
    h.info.PagingIo = 0;
    assert_int_equal(volume.ops->SetAllocationSize(h.name, 1000, &h.info), STATUS_SUCCESS);
    assert_int_equal(size_of(&h), 6);
    assert_int_equal(volume.ops->SetAllocationSize(h.name, 5, &h.info), STATUS_SUCCESS);
    assert_int_equal(volume.ops->SetEndOfFile(h.name, 7, &h.info), STATUS_SUCCESS);
    assert_int_equal(read_from(&h, data, sizeof data, 0), 7);
    assert_memory_equal(data, "abcdX\0\0", 7);
    assert_int_equal(volume.ops->FlushFileBuffers(h.name, &h.info), STATUS_SUCCESS);
    shut(&h);
    h = must_open(u"\\", FILE_OPEN, 0);
    assert_int_equal(volume.ops->ReadFile(h.name, data, 4, &written, 0, &h.info), STATUS_INVALID_PARAMETER);
    assert_int_equal(volume.ops->FlushFileBuffers(h.name, &h.info), STATUS_SUCCESS);
    shut(&h);
}

static void test_set_id_bits_go(void **state)
{
    (void)state;
    host("cd root && for f in a b c d; do echo x >$f; done && chmod 6755 a b c && chmod 2745 d");
    struct handle h = must_open(u"\\a", FILE_OPEN, 0);
    assert_int_equal(read_from(&h, (char[1]){0}, 1, 0), 1);
    assert_true(host_says("test \"$(stat -c %a root/a)\" = 6755"));
    assert_int_equal(write_to(&h, "y", 1, 0), STATUS_SUCCESS);
    assert_true(host_says("test \"$(stat -c %a root/a)\" = 755"));
    shut(&h);
    h = must_open(u"\\b", FILE_OPEN, 0);
    assert_int_equal(volume.ops->SetEndOfFile(h.name, 0, &h.info), STATUS_SUCCESS);
    assert_true(host_says("test \"$(stat -c %a root/b)\" = 755"));
    shut(&h);
    assert_int_equal(probe(u"\\c", 0, 0, FILE_OVERWRITE, 0), STATUS_SUCCESS);
    assert_true(host_says("test \"$(stat -c %a root/c)\" = 755"));
    put_letter(u"\\d", 'x'); /* set-gid without execution is no privilege */
    assert_true(geteuid() != 0 || host_says("test \"$(stat -c %a root/d)\" = 2745"));
}

static NTSTATUS ask_to_delete(struct handle *h)
{
    h->info.DeletePending = TRUE;
    NTSTATUS status = h->info.IsDirectory ? volume.ops->DeleteDirectory(h->name, &h->info)
                                          : volume.ops->DeleteFile(h->name, &h->info);
    h->info.DeletePending = FALSE;
    return status;
}

static void test_delete(void **state)
{
    char letter = 0;
    (void)state;
    make_directory(u"\\d");
    put_letter(u"\\d\\f", 'x');
    struct handle d = must_open(u"\\d", FILE_OPEN, 0), f = must_open(u"\\d\\f", FILE_OPEN, 0);
    assert_int_equal(ask_to_delete(&d), STATUS_DIRECTORY_NOT_EMPTY);
    assert_int_equal(volume.ops->DeleteFile(d.name, &d.info), STATUS_ACCESS_DENIED);
    assert_int_equal(probe(u"\\d", DELETE, 0, FILE_OPEN, FILE_DELETE_ON_CLOSE), STATUS_DIRECTORY_NOT_EMPTY);
    assert_int_equal(probe(u"\\", DELETE, 0, FILE_OPEN, FILE_DELETE_ON_CLOSE), STATUS_CANNOT_DELETE);
    assert_int_equal(ask_to_delete(&f), STATUS_SUCCESS);
    assert_int_equal(look(u"\\d\\f"), STATUS_SUCCESS); /* saying yes deletes nothing */
    cleanup(&f, true);
    assert_int_equal(look(u"\\d\\f"), STATUS_OBJECT_NAME_NOT_FOUND);
    assert_int_equal(read_from(&f, &letter, 1, 0), 1);
    put_letter(u"\\d\\f", 'y');
    cleanup(&f, true); /* the name stands for another file now */
    close_file(&f);
    assert_int_equal(get_letter(u"\\d\\f"), 'y');
    delete_name(u"\\d\\f");
    assert_int_equal(ask_to_delete(&d), STATUS_SUCCESS);
    cleanup(&d, true);
    close_file(&d);
    assert_int_equal(list(u"\\", NULL), 0);
}

static void test_rename(void **state)
{
    (void)state;
    put_letter(u"\\a", 'a');
    put_letter(u"\\b", 'b');
    make_directory(u"\\d");
    assert_int_equal(move(u"\\a", u"\\b", FALSE), STATUS_OBJECT_NAME_COLLISION);
    assert_int_equal(move(u"\\a", u"\\no\\b", FALSE), STATUS_OBJECT_PATH_NOT_FOUND);
    assert_int_equal(move(u"\\a", u"\\d", TRUE), STATUS_ACCESS_DENIED);
    assert_int_equal(move(u"\\d", u"\\a", TRUE), STATUS_ACCESS_DENIED);
    assert_int_equal(move(u"\\", u"\\x", FALSE), STATUS_ACCESS_DENIED);
    assert_int_equal(move(u"\\a", u"\\", TRUE), STATUS_ACCESS_DENIED);
    assert_int_equal(move(u"\\d", u"\\d\\x", FALSE), STATUS_INVALID_PARAMETER);
    assert_int_equal(move(u"\\a", u"\\a", FALSE), STATUS_SUCCESS);
    assert_int_equal(move(u"\\a", u"\\d\\c", FALSE), STATUS_SUCCESS);
    assert_int_equal(get_letter(u"\\d\\c"), 'a');
    assert_int_equal(move(u"\\d", u"\\e", FALSE), STATUS_SUCCESS);
    assert_int_equal(move(u"\\e\\c", u"\\b", TRUE), STATUS_SUCCESS);
    assert_int_equal(get_letter(u"\\b"), 'a');
    host("cd root && ln b twin && echo r >r && chmod 444 r");
    assert_int_equal(move(u"\\b", u"\\r", TRUE), STATUS_ACCESS_DENIED);
    assert_int_equal(move(u"\\b", u"\\twin", TRUE), STATUS_SUCCESS);
    assert_true(host_says("! test -e root/b && test -e root/twin"));
}

static void test_locks(void **state)
{
    (void)state;
    put_letter(u"\\f", 'x');
    struct handle a = must_open(u"\\f", FILE_OPEN, 0), b = must_open(u"\\f", FILE_OPEN, 0);
    assert_int_equal(volume.ops->LockFile(a.name, 10, 20, &a.info), STATUS_SUCCESS);
    assert_int_equal(volume.ops->LockFile(b.name, 29, 1, &b.info), STATUS_LOCK_NOT_GRANTED);
    assert_int_equal(volume.ops->LockFile(b.name, 30, INT64_MAX, &b.info), STATUS_SUCCESS);
    assert_int_equal(volume.ops->UnlockFile(a.name, 10, 20, &a.info), STATUS_SUCCESS);
    assert_int_equal(volume.ops->LockFile(b.name, 29, 1, &b.info), STATUS_SUCCESS);
    shut(&b);
    assert_int_equal(volume.ops->LockFile(a.name, 0, -1, &a.info), STATUS_SUCCESS);
    shut(&a);
}

static void test_volume(void **state)
{
    WCHAR label[260], kind[260];
    DWORD serial, component, flags;
    ULONGLONG available, total, unused;
    struct handle h = {.info = {.DokanOptions = &volume.options}};
    (void)state;
    assert_int_equal(
        volume.ops->GetVolumeInformation(label, 260, &serial, &component, &flags, kind, 260, &h.info),
        STATUS_SUCCESS);
    assert_int_equal(DokanWcscmp(label, u"Label"), 0);
    assert_int_equal(component, 255);
    assert_int_equal(volume.ops->GetDiskFreeSpace(&available, &total, &unused, &h.info), STATUS_SUCCESS);
    assert_true(total > 0 && available <= total);
    assert_int_equal(hostdir_init(&(struct hostdir){0}, "/nonexistent/at/all", false), ENOENT);
}

/* With /p nothing is done for a caller whom nobody knows. */
static void test_unknown_caller(void **state)
{
    (void)state;
    put_letter(u"\\f", 'x');
    struct handle h = must_open(u"\\f", FILE_OPEN, 0);
    mirror.impersonate = true;
    assert_int_equal(probe(u"\\f", 0, 0, FILE_OPEN, 0), STATUS_ACCESS_DENIED);
    assert_int_equal(volume.ops->SetFileAttributes(h.name, FILE_ATTRIBUTE_READONLY, &h.info),
                     STATUS_ACCESS_DENIED);
    assert_int_equal(volume.ops->MoveFile(h.name, u"\\g", FALSE, &h.info), STATUS_ACCESS_DENIED);
    assert_int_equal(ask_to_delete(&h), STATUS_ACCESS_DENIED);
    mirror.impersonate = false;
    shut(&h);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_paths_of_names),
        cmocka_unit_test(test_names_of_entries),
        TEST(test_strange_names),
        TEST(test_case),
        TEST(test_nothing_leads_out),
        TEST(test_links_out),
        TEST(test_links_inside),
        TEST(test_special_files),
        TEST(test_dispositions),
        TEST(test_read_only),
        TEST(test_times),
        TEST(test_data),
        TEST(test_set_id_bits_go),
        TEST(test_delete),
        TEST(test_rename),
        TEST(test_locks),
        TEST(test_volume),
        TEST(test_unknown_caller),
    };
    mirror.root.fd = -1;
    umask(022);
    int failed = cmocka_run_group_tests_name("openat2", tests, NULL, NULL);
    without_openat2 = true;
    return failed + cmocka_run_group_tests_name("walk", tests, NULL, NULL);
}
