// SPDX-License-Identifier: MIT
/*
 * Directories: what a listing holds, its patterns, its buffers, and what may be done with a directory.
 */
#include "check/nt_i.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MANY = 300 };

static bool is_dots(const WCHAR *name)
{
    return name[0] == u'.' && (!name[1] || (name[1] == u'.' && !name[2]));
}

static size_t count_real(const struct listing *l)
{
    size_t n = 0;
    for (size_t i = 0; i < l->count; i++)
        n += !is_dots(l->names[i]);
    return n;
}

/* Lists as the thing that is checked; NULL when it is over. */
static struct listing *must_list(struct probe *p, struct file *folder, const WCHAR *pattern, ULONG flags,
                                 const char *rule)
{
    struct listing *l = calloc(1, sizeof *l);
    if (!l) {
        probe_not_checked(p, "out of memory");
        return NULL;
    }
    must(p, list_names(p, folder, pattern, flags, l), STATUS_NO_MORE_FILES, rule);
    if (probe_live(p))
        return l;
    free(l);
    return NULL;
}

static void must_be_listed(struct probe *p, const struct listing *l, const WCHAR *name, const char *rule)
{
    char wanted[NOTE_MAX], text[NOTE_MAX + 16], given[64];
    if (!l || listing_has(l, name))
        return;
    narrow(wanted, sizeof wanted, name);
    snprintf(text, sizeof text, "an entry %s", wanted);
    snprintf(given, sizeof given, "%zu others", count_real(l));
    must_be(p, false, text, given, rule);
}

static void folder_made(struct probe *p)
{
    FILE_STANDARD_INFORMATION standard = {0};
    struct file *folder = NULL;
    const struct opening how = {.name = u"folder",
                                .access = FILE_LIST_DIRECTORY | FILE_READ_ATTRIBUTES,
                                .share = SHARE_ALL,
                                .disposition = FILE_CREATE,
                                .options = FILE_DIRECTORY_FILE};
    must(p, nt_open(p, &how, &folder), STATUS_SUCCESS, "a directory can be made");
    made(p, nt_query(p, folder, FileStandardInformation, &standard, sizeof standard, NULL));
    must_be(p, standard.Directory, "a directory", "a file", "a directory says that it is one");
    close_file(p, folder);
    must(p, nt_open(p, &how, &folder), STATUS_OBJECT_NAME_COLLISION, "a directory is made once");
}

static void lists_all(struct probe *p)
{
    static const WCHAR *const names[] = {u"one", u"two.txt", u"three", u"FOUR", u"five.five"};
    struct listing *l;
    for (size_t i = 0; i < COUNT_OF(names); i++)
        make_closed(p, names[i], "");
    close_file(p, make_folder(p, u"folder"));
    l = must_list(p, open_folder(p, u""), NULL, 0, "a directory can be listed to its end");
    for (size_t i = 0; i < COUNT_OF(names); i++)
        must_be_listed(p, l, names[i], "a listing has every entry");
    must_be_listed(p, l, u"folder", "a listing has every entry");
    if (l)
        must_equal(p, "entries", count_real(l), COUNT_OF(names) + 1,
                   "a listing has each entry once, and no other");
    free(l);
}

/* More than one buffer holds, each exactly once. */
static void many_entries(struct probe *p)
{
    bool seen[MANY] = {0};
    struct listing *l;
    for (int i = 0; i < MANY && probe_live(p); i++) {
        char name[32];
        WCHAR wide[32];
        snprintf(name, sizeof name, "entry-%03d-with-a-long-name", i);
        wide_from(wide, COUNT_OF(wide), name);
        make_closed(p, wide, "");
    }
    l = must_list(p, open_folder(p, u""), NULL, 0, "a directory can be listed to its end");
    for (size_t i = 0; l && i < l->count; i++) {
        char name[64];
        int n = -1;
        narrow(name, sizeof name, l->names[i]);
        if (sscanf(name, "entry-%3d", &n) == 1 && n >= 0 && n < MANY) {
            must_be(p, !seen[n], "every entry once", name, "a listing in several parts has each entry once");
            seen[n] = true;
        }
    }
    if (l)
        must_equal(p, "entries", count_real(l), MANY, "a listing in several parts has every entry");
    free(l);
}

static void empty_folder(struct probe *p)
{
    close_file(p, make_folder(p, u"empty"));
    struct listing *l = must_list(p, open_folder(p, u"empty"), NULL, 0, "an empty directory can be listed");
    if (l)
        must_equal(p, "entries", count_real(l), 0, "an empty directory has no entries");
    free(l);
}

static void patterns(struct probe *p)
{
    static const struct {
        const WCHAR *pattern;
        size_t count;
    } rows[] = {{u"*.txt", 2}, {u"a*", 2}, {u"?.txt", 2}, {u"b.txt", 1}, {u"*b*", 1}};
    make_closed(p, u"a.txt", "");
    make_closed(p, u"b.txt", "");
    make_closed(p, u"a.doc", "");
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct file *folder = open_folder(p, u"");
        struct listing *l = must_list(p, folder, rows[i].pattern, 0, "a listing may be limited by a pattern");
        if (l)
            must_equal(p, "entries", count_real(l), rows[i].count, "* and ? stand for what they stand for");
        free(l);
        close_file(p, folder);
    }
}

static void pattern_finds_nothing(struct probe *p)
{
    BYTE buf[512];
    struct file *folder = open_folder(p, u"");
    make_closed(p, u"a.txt", "");
    must(p, nt_list(p, folder, FileNamesInformation, u"*.none", 0, buf, sizeof buf, NULL),
         STATUS_NO_SUCH_FILE, "a pattern that matches nothing is told at once");
    must(p, nt_list(p, folder, FileNamesInformation, u"*.none", 0, buf, sizeof buf, NULL),
         STATUS_NO_MORE_FILES, "the second time it is the end");
}

static void restart(struct probe *p)
{
    struct file *folder = open_folder(p, u"");
    make_closed(p, u"a", "");
    struct listing *l = must_list(p, folder, NULL, 0, "a directory can be listed to its end");
    free(l);
    BYTE buf[512];
    must(p, nt_list(p, folder, FileNamesInformation, NULL, 0, buf, sizeof buf, NULL), STATUS_NO_MORE_FILES,
         "the end stays the end");
    make_closed(p, u"b", "");
    l = must_list(p, folder, NULL, DOKAN_NT_RESTART, "a listing can be started again");
    must_be_listed(p, l, u"a", "a listing that is started again has everything");
    must_be_listed(p, l, u"b", "a listing that is started again has what is new");
    free(l);
}

static void single_entries(struct probe *p)
{
    struct file *folder = open_folder(p, u"");
    make_closed(p, u"a", "");
    make_closed(p, u"b", "");
    struct listing *l = must_list(p, folder, NULL, DOKAN_NT_SINGLE, "entries can be had one by one");
    must_be_listed(p, l, u"a", "one by one gives every entry");
    must_be_listed(p, l, u"b", "one by one gives every entry");
    free(l);
}

static void follows_changes(struct probe *p)
{
    struct file *file = make_file(p, u"old", "");
    make_closed(p, u"other", "");
    made(p, set_deletion(p, file, true));
    close_file(p, file);
    struct listing *l = must_list(p, open_folder(p, u""), NULL, 0, "a directory can be listed to its end");
    if (l)
        must_be(p, !listing_has(l, u"old"), "no entry old", "an entry old", "what is deleted is not listed");
    must_be_listed(p, l, u"other", "what is there is listed");
    free(l);
}

/* What a listing says of a file is what its handle says. */
static void facts_agree(struct probe *p)
{
    _Alignas(8) BYTE buf[1024];
    FILE_DIRECTORY_INFORMATION *entry = (void *)buf;
    FILE_BASIC_INFORMATION basic;
    struct file *file = make_file(p, u"file", "0123456789"), *folder = open_folder(p, u"");
    if (!basic_of(p, file, &basic))
        return;
    close_file(p, file);
    must(p, nt_list(p, folder, FileDirectoryInformation, u"file", 0, buf, sizeof buf, NULL), STATUS_SUCCESS,
         "a single name can be looked for");
    if (!probe_live(p))
        return;
    must_equal(p, "size", (uint64_t)entry->EndOfFile.QuadPart, 10, "a listing tells the size of a file");
    must_equal(p, "directory bit", entry->FileAttributes & FILE_ATTRIBUTE_DIRECTORY, 0,
               "a listing tells files from directories");
    must_equal(p, "attributes", entry->FileAttributes, basic.FileAttributes,
               "a listing tells the attributes that the handle tells");
    close_file(p, make_folder(p, u"sub"));
    folder = open_folder(p, u"");
    made(p, nt_list(p, folder, FileDirectoryInformation, u"sub", 0, buf, sizeof buf, NULL));
    must_equal(p, "directory bit", entry->FileAttributes & FILE_ATTRIBUTE_DIRECTORY, FILE_ATTRIBUTE_DIRECTORY,
               "a listing tells files from directories");
}

static void nested(struct probe *p)
{
    close_file(p, make_folder(p, u"a"));
    close_file(p, make_folder(p, u"a\\b"));
    close_file(p, make_folder(p, u"a\\b\\c"));
    make_closed(p, u"a\\b\\c\\file", "deep");
    must_hold(p, open_file(p, u"a\\b\\c\\file"), "deep", "directories lie in directories");
    struct listing *l = must_list(p, open_folder(p, u"a\\b"), NULL, 0, "each can be listed");
    must_be_listed(p, l, u"c", "each has its own entries");
    if (l)
        must_equal(p, "entries", count_real(l), 1, "each has its own entries");
    free(l);
}

static void no_listing_of_files(struct probe *p)
{
    BYTE buf[512];
    struct file *file = make_file(p, u"file", "x");
    must_fail(p, nt_list(p, file, FileNamesInformation, NULL, 0, buf, sizeof buf, NULL),
              "a file has no entries");
}

static const struct check checks[] = {
    {"directories", "make", WRITES | BASIC, folder_made},
    {"directories", "list", WRITES | BASIC, lists_all},
    {"directories", "list-many", WRITES | BASIC, many_entries},
    {"directories", "list-empty", WRITES | BASIC, empty_folder},
    {"directories", "patterns", WRITES | BASIC, patterns},
    {"directories", "no-match", WRITES | BASIC, pattern_finds_nothing},
    {"directories", "restart", WRITES | BASIC, restart},
    {"directories", "one-by-one", WRITES | BASIC, single_entries},
    {"directories", "follow-changes", WRITES | BASIC, follows_changes},
    {"directories", "facts", WRITES | BASIC, facts_agree},
    {"directories", "nested", WRITES | BASIC, nested},
    {"directories", "files-have-none", WRITES | BASIC, no_listing_of_files},
};
const struct check_table nt_folders = {checks, COUNT_OF(checks)};
