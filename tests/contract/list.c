// SPDX-License-Identifier: MIT
/*
 * Contract: listing directories, as a whole and in parts, also while they change.
 */
#include "contract.h"

static void make_files(struct test *t, const char *stem, int count)
{
    for (int i = 0; i < count; i++)
        WORKS(t, put_text(t, at(t, "%s%05d", stem, i), ""));
}

/* Each of stem00000 and so on must be there once. */
static void has_each_once(struct test *t, const struct names *names, const char *stem, int count)
{
    unsigned char *seen = calloc(1, (size_t)count + 1);
    size_t length = strlen(stem);
    for (size_t i = 0; i < names->count; i++) {
        long n = strncmp(names->at[i], stem, length) ? -1 : strtol(names->at[i] + length, NULL, 10);
        if (n >= 0 && n < count)
            seen[n]++;
    }
    for (int i = 0; i < count; i++)
        check_at(t, __LINE__, seen[i] == 1, "%s%05d is told %d times", stem, i, seen[i]);
    free(seen);
}

static void list_empty(struct test *t)
{
    struct names names = {0};
    WORKS(t, list(t, t->dir, 0, FS_INFO_ALL, &names));
    SAME(t, names.count, 0);
    names_free(&names);
}

static void list_names(struct test *t)
{
    struct names names = {0};
    make_files(t, "f", 30);
    WORKS(t, fs_makedir(t->fs, at(t, "d"), 0755));
    WORKS(t, list(t, t->dir, 0, 0, &names));
    SAME(t, names.count, 31);
    has_each_once(t, &names, "f", 30);
    SAME(t, names_count(&names, "d"), 1);
    SAME(t, names_count(&names, ".") + names_count(&names, ".."), 0);
    names_free(&names);
}

static void list_types(struct test *t)
{
    struct names names = {0};
    WORKS(t, put_text(t, at(t, "f"), ""));
    WORKS(t, fs_makedir(t->fs, at(t, "d"), 0755));
    WORKS(t, list(t, t->dir, 0, 0, &names));
    for (size_t i = 0; i < names.count; i++)
        SAME(t, names.info[i].type, names.at[i][0] == 'd' ? FS_TYPE_DIRECTORY : FS_TYPE_FILE);
    names_free(&names);
}

static void list_file(struct test *t)
{
    struct names names = {0};
    WORKS(t, put_text(t, at(t, "f"), ""));
    GIVES(t, list(t, at(t, "f"), 0, 0, &names), -ENOTDIR);
    GIVES(t, list(t, at(t, "f/x"), 0, 0, &names), -ENOTDIR);
    names_free(&names);
}

static void list_missing(struct test *t)
{
    struct names names = {0};
    GIVES(t, list(t, at(t, "missing"), 0, 0, &names), -ENOENT);
    GIVES(t, list(t, at(t, "missing/d"), 0, 0, &names), -ENOENT);
    names_free(&names);
}

static void list_root(struct test *t)
{
    struct names names = {0};
    WORKS(t, list(t, "/", 0, 0, &names));
    SAME(t, names_count(&names, t->dir + 1), 1);
    names_free(&names);
}

static void list_stops(struct test *t)
{
    struct names names = {.stop_after = 5};
    make_files(t, "f", 20);
    WORKS(t, list(t, t->dir, 0, 0, &names));
    SAME(t, names.count, 5);
    names_free(&names);
}

/* From every place of the listing the rest follows, in the same order. */
static void list_resumes(struct test *t)
{
    struct names whole = {0}, rest = {0};
    make_files(t, "f", 120);
    WORKS(t, list(t, t->dir, 0, 0, &whole));
    SAME(t, whole.count, 120);
    for (size_t i = 0; i < whole.count; i++) {
        WORKS(t, list(t, t->dir, whole.next[i], 0, &rest));
        if (!SAME(t, rest.count, whole.count - i - 1))
            break;
        for (size_t j = 0; j < rest.count; j++)
            CHECK(t, strcmp(rest.at[j], whole.at[i + 1 + j]) == 0);
    }
    names_free(&whole);
    names_free(&rest);
}

static void list_in_parts(struct test *t)
{
    struct names all = {0}, part = {.stop_after = 7};
    uint64_t cursor = 0;
    unsigned char seen[500] = {0};
    make_files(t, "f", 500);
    do {
        WORKS(t, list(t, t->dir, cursor, 0, &part));
        for (size_t i = 0; i < part.count; i++)
            seen[strtol(part.at[i] + 1, NULL, 10) % 500]++;
        cursor = part.count ? part.next[part.count - 1] : 0;
    } while (part.count);
    for (int i = 0; i < 500; i++)
        SAME(t, seen[i], 1);
    names_free(&all);
    names_free(&part);
}

/* What was told is removed before the listing goes on: nothing that stays may be left out or told twice. */
static void list_while_removing(struct test *t)
{
    struct names part = {.stop_after = 11};
    uint64_t cursor = 0;
    unsigned char seen[600] = {0};
    make_files(t, "f", 600);
    do {
        WORKS(t, list(t, t->dir, cursor, 0, &part));
        for (size_t i = 0; i < part.count; i++) {
            seen[strtol(part.at[i] + 1, NULL, 10) % 600]++;
            WORKS(t, fs_remove(t->fs, at(t, "%s", part.at[i])));
        }
        cursor = part.count ? part.next[part.count - 1] : 0;
    } while (part.count);
    for (int i = 0; i < 600; i++)
        SAME(t, seen[i], 1);
    names_free(&part);
    WORKS(t, fs_removedir(t->fs, t->dir));
    WORKS(t, fs_makedir(t->fs, t->dir, 0755));
}

static void list_while_adding(struct test *t)
{
    struct names part = {.stop_after = 13};
    uint64_t cursor = 0;
    unsigned char seen[300] = {0};
    int fresh = 0;
    make_files(t, "f", 300);
    do {
        WORKS(t, list(t, t->dir, cursor, 0, &part));
        for (size_t i = 0; i < part.count; i++)
            if (part.at[i][0] == 'f')
                seen[strtol(part.at[i] + 1, NULL, 10) % 300]++;
        cursor = part.count ? part.next[part.count - 1] : 0;
        if (fresh < 60)
            WORKS(t, put_text(t, at(t, "new%d", fresh++), ""));
    } while (part.count);
    for (int i = 0; i < 300; i++)
        SAME(t, seen[i], 1);
    names_free(&part);
}

/* Most of what was told goes, new names come, and the listing goes on behind its place. */
static void list_while_replacing(struct test *t)
{
    struct names part = {.stop_after = 150};
    unsigned char seen[200] = {0};
    make_files(t, "f", 200);
    WORKS(t, list(t, t->dir, 0, 0, &part));
    uint64_t cursor = part.next[part.count - 1];
    for (size_t i = 0; i < part.count; i++) {
        seen[strtol(part.at[i] + 1, NULL, 10) % 200]++;
        WORKS(t, fs_remove(t->fs, at(t, "%s", part.at[i])));
    }
    make_files(t, "new", 100);
    part.stop_after = 0;
    WORKS(t, list(t, t->dir, cursor, 0, &part));
    for (size_t i = 0; i < part.count; i++)
        if (part.at[i][0] == 'f')
            seen[strtol(part.at[i] + 1, NULL, 10) % 200]++;
    for (int i = 0; i < 200; i++)
        SAME(t, seen[i], 1);
    names_free(&part);
}

/* What goes while a listing waits is not told when it goes on. */
static void list_removed(struct test *t)
{
    struct names part = {.stop_after = 10};
    make_files(t, "f", 20);
    WORKS(t, list(t, t->dir, 0, 0, &part));
    uint64_t cursor = part.next[part.count - 1];
    for (int i = 0; i < 20; i++)
        WORKS(t, fs_remove(t->fs, at(t, "f%05d", i)));
    WORKS(t, list(t, t->dir, cursor, 0, &part));
    SAME(t, part.count, 0);
    names_free(&part);
}

static void list_from_start_while_removing(struct test *t)
{
    struct names part = {.stop_after = 50};
    make_files(t, "f", 400);
    for (int round = 0; round < 9; round++) {
        WORKS(t, list(t, t->dir, 0, 0, &part));
        SAME(t, part.count, round < 8 ? 50 : 0);
        for (size_t i = 0; i < part.count; i++)
            WORKS(t, fs_remove(t->fs, at(t, "%s", part.at[i])));
    }
    names_free(&part);
}

static void list_large(struct test *t)
{
    struct names names = {0};
    make_files(t, "entry", 10000);
    WORKS(t, list(t, t->dir, 0, 0, &names));
    SAME(t, names.count, 10000);
    has_each_once(t, &names, "entry", 10000);
    for (int i = 0; i < 10000; i += 2)
        WORKS(t, fs_remove(t->fs, at(t, "entry%05d", i)));
    WORKS(t, list(t, t->dir, 0, FS_INFO_ALL, &names));
    SAME(t, names.count, 5000);
    for (int i = 0; i < 10000; i++)
        GIVES(t, type_of(t, at(t, "entry%05d", i)), i % 2 ? FS_TYPE_FILE : -ENOENT);
    names_free(&names);
}

/* Facts in a listing are those of getinfo. */
static void list_facts(struct test *t)
{
    struct names names = {0};
    for (int i = 0; i < 10; i++)
        WORKS(t, put(t, at(t, "f%d", i), "0123456789", (size_t)i));
    WORKS(t, list(t, t->dir, 0, FS_INFO_ALL, &names));
    SAME(t, names.count, 10);
    for (size_t i = 0; i < names.count; i++) {
        struct fs_info info = info_of(t, at(t, "%s", names.at[i])), told = names.info[i];
        SAME(t, told.type, info.type);
        uint32_t both = told.valid & info.valid;
        if (both & FS_INFO_SIZE)
            SAME(t, told.size, names.at[i][1] - '0');
        if (both & FS_INFO_MTIME)
            SAME(t, told.mtime, info.mtime);
        if (both & FS_INFO_MODE)
            SAME(t, told.mode, info.mode);
        if (both & FS_INFO_ID)
            SAME(t, told.id, info.id);
    }
    names_free(&names);
}

static void list_after_renaming(struct test *t)
{
    struct names names = {0};
    make_files(t, "f", 40);
    for (int i = 0; i < 40; i += 2)
        WORKS(t, fs_rename(t->fs, at(t, "f%05d", i), at(t, "g%05d", i), 0));
    WORKS(t, list(t, t->dir, 0, 0, &names));
    SAME(t, names.count, 40);
    for (int i = 0; i < 40; i++) {
        char name[16];
        snprintf(name, sizeof name, "%c%05d", i % 2 ? 'f' : 'g', i);
        SAME(t, names_count(&names, name), 1);
    }
    names_free(&names);
}

static void list_long_names(struct test *t)
{
    struct names names = {0};
    char name[251];
    memset(name, 'x', 250);
    name[250] = 0;
    for (int i = 0; i < 300; i++)
        WORKS(t, put_text(t, at(t, "%05d%s", i, name), ""));
    WORKS(t, list(t, t->dir, 0, FS_INFO_ALL, &names));
    SAME(t, names.count, 300);
    has_each_once(t, &names, "", 300);
    names_free(&names);
}

const struct test_row list_tests[] = {
    {"list-empty", list_empty},
    {"list-names", list_names},
    {"list-types", list_types},
    {"list-file", list_file},
    {"list-missing", list_missing},
    {"list-root", list_root},
    {"list-stops", list_stops},
    {"list-resumes", list_resumes},
    {"list-in-parts", list_in_parts},
    {"list-while-removing", list_while_removing},
    {"list-while-adding", list_while_adding},
    {"list-while-replacing", list_while_replacing},
    {"list-removed", list_removed},
    {"list-from-start-while-removing", list_from_start_while_removing},
    {"list-large", list_large},
    {"list-facts", list_facts},
    {"list-after-renaming", list_after_renaming},
    {"list-long-names", list_long_names},
    {NULL, NULL},
};
