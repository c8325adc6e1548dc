// SPDX-License-Identifier: MIT
/*
 * Directories by POSIX: listing, renaming, unlinking, names.
 */
#include "check/posix_i.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { MANY = 300 };

/* ---- directories --------------------------------------------------------------------------------------- */

static void makes(struct probe *p)
{
    struct stat st = {0};
    px_ok(p, DO(p, mkdir("folder", 0777), "mkdir(folder)"), "a directory can be made");
    px_error(p, DO(p, mkdir("folder", 0777), "mkdir(folder)"), EEXIST, "a directory is made once");
    px_error(p, DO(p, mkdir("none/folder", 0777), "mkdir(none/folder)"), ENOENT,
             "a missing parent is not found");
    px_ok(p, DO(p, stat("folder", &st), "stat(folder)"), "a directory has facts");
    must_be(p, S_ISDIR(st.st_mode), "a directory", "something else", "a directory says that it is one");
}

static void lists(struct probe *p)
{
    static const char *const names[] = {"one", "two.txt", "three", "FOUR", ".five"};
    size_t count = 0;
    for (size_t i = 0; i < COUNT_OF(names); i++)
        px_closed_file(p, names[i], "");
    px_folder(p, "folder");
    for (size_t i = 0; i < COUNT_OF(names); i++)
        must_be(p, px_lists(p, ".", names[i], NULL) || !probe_live(p), names[i], "no such entry",
                "a listing has every entry");
    must_be(p, px_lists(p, ".", "folder", &count) || !probe_live(p), "folder", "no such entry",
            "a listing has every entry");
    must_equal(p, "entries", count, COUNT_OF(names) + 1, "a listing has each entry once, and no other");
    must_be(p, (px_lists(p, ".", ".", NULL) && px_lists(p, ".", "..", NULL)) || !probe_live(p), ". and ..",
            "one of them at most", "a listing has . and ..");
}

static void lists_many(struct probe *p)
{
    bool seen[MANY] = {0};
    size_t count = 0;
    char name[48];
    for (int i = 0; i < MANY && probe_live(p); i++) {
        snprintf(name, sizeof name, "entry-%03d-with-a-long-name", i);
        px_closed_file(p, name, "");
    }
    DIR *dir = px_begin(p, "readdir(.), %d entries", MANY) ? opendir(".") : NULL;
    for (struct dirent *e; dir && (e = readdir(dir));) {
        int n = -1;
        if (sscanf(e->d_name, "entry-%3d", &n) != 1 || n < 0 || n >= MANY)
            continue;
        must_be(p, !seen[n], "every entry once", e->d_name, "a listing in several parts has each entry once");
        seen[n] = true;
        count++;
    }
    must_equal(p, "entries", count, MANY, "a listing in several parts has every entry");
    if (dir)
        rewinddir(dir);
    for (count = 0; dir && readdir(dir);)
        count++;
    must_equal(p, "entries", count, MANY + 2, "a listing that is started again has everything");
}

/* Every entry is removed while the directory is read. */
static void lists_while_removing(struct probe *p)
{
    char name[32];
    size_t left = 0;
    for (int i = 0; i < 100 && probe_live(p); i++) {
        snprintf(name, sizeof name, "file-%d", i);
        px_closed_file(p, name, "");
    }
    DIR *dir = px_begin(p, "readdir(.) and unlink of each") ? opendir(".") : NULL;
    for (struct dirent *e; dir && (e = readdir(dir));)
        if (e->d_name[0] != '.')
            unlink(e->d_name);
    px_lists(p, ".", NULL, &left);
    must_equal(p, "entries left", left, 0, "a listing passes over no entry because others are removed");
}

static void types_listed(struct probe *p)
{
    px_closed_file(p, "file", "");
    px_folder(p, "folder");
    DIR *dir = px_begin(p, "readdir(.)") ? opendir(".") : NULL;
    for (struct dirent *e; dir && (e = readdir(dir));) {
        if (strcmp(e->d_name, "file") == 0)
            must_be(p, e->d_type == DT_REG || e->d_type == DT_UNKNOWN, "DT_REG", "another type",
                    "a listing tells files from directories");
        if (strcmp(e->d_name, "folder") == 0)
            must_be(p, e->d_type == DT_DIR || e->d_type == DT_UNKNOWN, "DT_DIR", "another type",
                    "a listing tells files from directories");
    }
}

static void removes(struct probe *p)
{
    px_folder(p, "folder");
    px_closed_file(p, "folder/file", "x");
    px_either(p, DO(p, rmdir("folder"), "rmdir(folder)"), ENOTEMPTY, EEXIST,
              "a directory with entries is not removed");
    px_holds(p, "folder/file", "x", "a directory with entries is not removed");
    px_either(p, DO(p, unlink("folder"), "unlink(folder)"), EISDIR, EPERM, "unlink removes no directory");
    px_error(p, DO(p, rmdir("folder/file"), "rmdir(folder/file)"), ENOTDIR, "rmdir removes no file");
    px_made(p, DO(p, unlink("folder/file"), "unlink(folder/file)"));
    px_ok(p, DO(p, rmdir("folder"), "rmdir(folder)"), "an empty directory can be removed");
    px_exists(p, "folder", false, "what is removed is gone");
    px_error(p, DO(p, rmdir("folder"), "rmdir(folder)"), ENOENT, "what is removed is gone");
}

static const struct check folder_checks[] = {
    {"directories", "make", WRITES | BASIC, makes},
    {"directories", "list", WRITES | BASIC, lists},
    {"directories", "list-many", WRITES | BASIC, lists_many},
    {"directories", "list-and-remove", WRITES | BASIC, lists_while_removing},
    {"directories", "types", WRITES | BASIC, types_listed},
    {"directories", "remove", WRITES | BASIC, removes},
};
const struct check_table px_folders = {folder_checks, COUNT_OF(folder_checks)};

/* ---- rename -------------------------------------------------------------------------------------------- */

static void renames_file(struct probe *p)
{
    px_closed_file(p, "old", "text");
    px_ok(p, DO(p, rename("old", "new"), "rename(old, new)"), "a file can be renamed");
    px_exists(p, "old", false, "a renamed file has no old name");
    px_holds(p, "new", "text", "renaming changes no contents");
    px_error(p, DO(p, rename("old", "other"), "rename(old, other)"), ENOENT,
             "what is not there is not renamed");
}

static void renames_over(struct probe *p)
{
    px_closed_file(p, "old", "text");
    int fd = px_file(p, "there", "replaced");
    char buf[16] = {0};
    px_ok(p, DO(p, rename("old", "there"), "rename(old, there)"),
          "a rename replaces a file, also an open one");
    px_holds(p, "there", "text", "the renamed file stands where the replaced one was");
    px_exists(p, "old", false, "a renamed file has no old name");
    px_count(p, DO(p, pread(fd, buf, 16, 0), "pread(replaced file)"), 8,
             "descriptors of a replaced file go on");
}

static void renames_folders(struct probe *p)
{
    px_folder(p, "a");
    px_closed_file(p, "a/file", "text");
    px_ok(p, DO(p, rename("a", "b"), "rename(a, b)"), "a directory can be renamed");
    px_holds(p, "b/file", "text", "what is below a directory moves with it");
    px_folder(p, "empty");
    px_ok(p, DO(p, rename("b", "empty"), "rename(b, empty)"), "a directory replaces an empty one");
    px_folder(p, "c");
    px_either(p, DO(p, rename("c", "empty"), "rename(c, empty)"), ENOTEMPTY, EEXIST,
              "a directory with entries is not replaced");
    px_closed_file(p, "file", "x");
    px_error(p, DO(p, rename("file", "c"), "rename(file, c)"), EISDIR, "a file replaces no directory");
    px_error(p, DO(p, rename("c", "file"), "rename(c, file)"), ENOTDIR, "a directory replaces no file");
    px_error(p, DO(p, rename("empty", "empty/inner"), "rename(empty, empty/inner)"), EINVAL,
             "a directory is not moved into itself");
}

static void renames_open(struct probe *p)
{
    int fd = px_file(p, "old", "text");
    px_ok(p, DO(p, rename("old", "new"), "rename(old, new)"), "an open file can be renamed");
    px_count(p, DO(p, pwrite(fd, "more", 4, 4), "pwrite(renamed file)"), 4,
             "a descriptor goes on after a rename");
    px_close(p, fd);
    px_holds(p, "new", "textmore", "what is written after a rename is under the new name");
}

static void renames_case(struct probe *p)
{
    px_closed_file(p, "name", "text");
    ino_t before = px_stat(p, "name").st_ino;
    px_ok(p, DO(p, rename("name", "NAME"), "rename(name, NAME)"), "the case of a name can be changed");
    bool done = px_lists(p, ".", "NAME", NULL) && !px_lists(p, ".", "name", NULL);
    /* Where both are one file, Linux does nothing before the file system could. */
    if (!done && px_stat(p, "NAME").st_ino == before && px_stat(p, "name").st_ino == before)
        probe_not_offered(p, "the names are one, and rename(2) leaves it at that");
    must_be(p, done || !probe_live(p), "the entry NAME alone", "another spelling",
            "the case of a name can be changed");
}

static void renames_no_replace(struct probe *p)
{
    px_closed_file(p, "old", "text");
    px_closed_file(p, "there", "other");
    long rc = DO(p, renameat2(AT_FDCWD, "old", AT_FDCWD, "there", RENAME_NOREPLACE),
                 "renameat2(old, there, RENAME_NOREPLACE)");
    if (!px_offered(p, rc))
        return;
    px_error(p, rc, EEXIST, "RENAME_NOREPLACE leaves what is there");
    px_holds(p, "there", "other", "RENAME_NOREPLACE leaves what is there");
}

static void renames_exchange(struct probe *p)
{
    px_closed_file(p, "one", "1");
    px_closed_file(p, "two", "2");
    long rc = DO(p, renameat2(AT_FDCWD, "one", AT_FDCWD, "two", RENAME_EXCHANGE),
                 "renameat2(one, two, RENAME_EXCHANGE)");
    if (!px_offered(p, rc))
        return;
    px_ok(p, rc, "two names can be exchanged");
    px_holds(p, "one", "2", "RENAME_EXCHANGE exchanges two names");
    px_holds(p, "two", "1", "RENAME_EXCHANGE exchanges two names");
}

static const struct check rename_checks[] = {
    {"rename", "file", WRITES | BASIC, renames_file},
    {"rename", "replace", WRITES | BASIC, renames_over},
    {"rename", "directory", WRITES | BASIC, renames_folders},
    {"rename", "open-file", WRITES | BASIC, renames_open},
    {"rename", "case", WRITES | BASIC, renames_case},
    {"rename", "no-replace", WRITES | BASIC, renames_no_replace},
    {"rename", "exchange", WRITES | BASIC, renames_exchange},
};
const struct check_table px_rename = {rename_checks, COUNT_OF(rename_checks)};

/* ---- unlink -------------------------------------------------------------------------------------------- */

static void unlinks(struct probe *p)
{
    px_closed_file(p, "file", "x");
    px_closed_file(p, "other", "x");
    px_ok(p, DO(p, unlink("file"), "unlink(file)"), "a file can be removed");
    px_exists(p, "file", false, "what is removed is gone");
    px_error(p, DO(p, unlink("file"), "unlink(file)"), ENOENT, "what is removed is gone");
    must_be(p, !px_lists(p, ".", "file", NULL) || !probe_live(p), "no entry file", "an entry file",
            "what is removed is not listed");
    px_exists(p, "other", true, "nothing else is removed");
}

static void unlinks_open(struct probe *p)
{
    char buf[16] = {0};
    struct stat st = {0};
    size_t count = 9;
    int fd = px_file(p, "file", "text");
    px_ok(p, DO(p, unlink("file"), "unlink(file)"), "an open file can be removed");
    px_exists(p, "file", false, "its name is gone at once");
    px_lists(p, ".", NULL, &count);
    must_equal(p, "entries", count, 0, "nothing else stands in its place");
    px_count(p, DO(p, pread(fd, buf, 16, 0), "pread(removed file)"), 4,
             "descriptors of a removed file go on");
    px_count(p, DO(p, pwrite(fd, "more", 4, 4), "pwrite(removed file)"), 4,
             "descriptors of a removed file go on");
    px_ok(p, DO(p, fstat(fd, &st), "fstat(removed file)"), "descriptors of a removed file go on");
    must_equal(p, "size", (uint64_t)st.st_size, 8, "descriptors of a removed file go on");
    px_closed_file(p, "file", "new");
    px_holds(p, "file", "new", "its name is free");
}

static const struct check delete_checks[] = {
    {"unlink", "file", WRITES | BASIC, unlinks},
    {"unlink", "open-file", WRITES | BASIC, unlinks_open},
};
const struct check_table px_delete = {delete_checks, COUNT_OF(delete_checks)};

/* ---- names --------------------------------------------------------------------------------------------- */

static void whole_life(struct probe *p, const char *name, const char *rule)
{
    long fd =
        DO(p, open(name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0666), "open(%s, O_CREAT|O_EXCL)", name);
    px_ok(p, fd, rule);
    px_close(p, (int)fd);
    px_exists(p, name, true, rule);
    must_be(p, px_lists(p, ".", name, NULL) || !probe_live(p), "the name as it was made", "another, or none",
            rule);
    px_made(p, DO(p, unlink(name), "unlink(%s)", name));
}

static void case_rule(struct probe *p)
{
    px_closed_file(p, "Case", "x");
    struct stat st;
    long rc = DO(p, stat("cASE", &st), "stat(cASE)");
    bool same = rc == 0;
    if (!same)
        px_error(p, rc, ENOENT, "a name in another case is the same, or is missing");
    rc = DO(p, open("CASE", O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0666), "open(CASE, O_CREAT|O_EXCL)");
    if (same)
        px_error(p, rc, EEXIST, "making a file and finding it follow the same rule of case");
    else
        px_ok(p, rc, "making a file and finding it follow the same rule of case");
    probe_note(p, same ? "case-insensitive" : "case-sensitive");
}

static void characters(struct probe *p)
{
    static const char *const names[] = {
        "with blank", "a.b.c", "plus+comma,semi;eq=", "[x](y){z}", "per%cent#hash", "it's",
        "tilde~1",    "^`@&!"};
    for (size_t i = 0; i < COUNT_OF(names); i++)
        whole_life(p, names[i], "ordinary characters are allowed in names");
}

static void odd_characters(struct probe *p)
{
    static const char *const names[] = {"a:b",  "a*b",  "a?b",       "a<b>",      "a|b",
                                        "a\"b", "a\\b", "trailing.", "trailing ", "line\nbreak"};
    for (size_t i = 0; i < COUNT_OF(names) && probe_live(p); i++) {
        long fd = DO(p, open(names[i], O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0666),
                     "open(%s, O_CREAT|O_EXCL)", names[i]);
        if (fd == -EILSEQ || fd == -ENOENT || fd == -EACCES)
            fd = -EINVAL;
        if (px_offered(p, fd) && fd >= 0) {
            px_close(p, (int)fd);
            px_made(p, DO(p, unlink(names[i]), "unlink(%s)", names[i]));
        }
        if (probe_live(p))
            whole_life(p, names[i], "names hold every byte but / and 0");
    }
}

static void unicode(struct probe *p)
{
    static const char *const names[] = {"\u00e4\u00f6\u00fc\u00df", "\u0416\u0443\u043a",
                                        "\u65e5\u672c\u8a9e", "\U0001f4be", "e\u0301"};
    for (size_t i = 0; i < COUNT_OF(names); i++)
        whole_life(p, names[i], "names are kept as they are, also where Unicode has another form");
}

static void other_bytes(struct probe *p)
{
    long fd = DO(p, open("\xff\xfe", O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0666),
                 "open(0xff 0xfe, O_CREAT|O_EXCL)");
    if (fd == -EILSEQ)
        fd = -EINVAL;
    if (!px_offered(p, fd))
        return;
    px_ok(p, fd, "names are bytes");
    must_be(p, px_lists(p, ".", "\xff\xfe", NULL) || !probe_live(p), "the name as it was made", "another",
            "names are bytes");
}

static void lengths(struct probe *p)
{
    char name[260];
    memset(name, 'n', sizeof name);
    name[255] = 0;
    whole_life(p, name, "names have up to 255 bytes");
    memset(name, 'n', sizeof name);
    name[256] = 0;
    px_error(p, DO(p, open(name, O_RDWR | O_CREAT, 0666), "open(256 bytes, O_CREAT)"), ENAMETOOLONG,
             "a name that is too long is not cut");
}

static const struct check name_checks[] = {
    {"names", "case", WRITES, case_rule},          {"names", "characters", WRITES, characters},
    {"names", "odd", WRITES, odd_characters},      {"names", "unicode", WRITES, unicode},
    {"names", "other-bytes", WRITES, other_bytes}, {"names", "length", WRITES, lengths},
};
const struct check_table px_names = {name_checks, COUNT_OF(name_checks)};
