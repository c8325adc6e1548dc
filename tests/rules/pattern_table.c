// SPDX-License-Identifier: MIT
/* Patterns of NtQueryDirectoryFile, as FsRtlIsNameInExpression reads them: what each lists of one directory.
 */
#include "rules.h"
#include <stdlib.h>
#include <string.h>

static const LPCWSTR entries[] = {u"a",       u"ab",      u"abc",   u"a.b",  u"a.txt",
                                  u"abc.txt", u"a.b.txt", u"b.TXT", u"long", u".dot"};

#define EVERYTHING ".dot|a|a.b|a.b.txt|a.txt|ab|abc|abc.txt|b.TXT|long"
#define DOTTED     ".dot|a.b|a.b.txt|a.txt|abc.txt|b.TXT"
#define TEXTS      "a.b.txt|a.txt|abc.txt|b.TXT"

/* " stands for a dot, also the one that a name without extension lacks; > for a character, or none before a
 * dot or the end; < for anything as far as the last dot. */
static const struct pattern_row {
    const char *name; /* as Win32 programs write it, where they can */
    LPCWSTR pattern;
    const char *lists; /* sorted; "": STATUS_NO_SUCH_FILE */
    LPCWSTR win;       /* what FindFirstFile turns into it; NULL: nothing */
} patterns[] = {
    {"no pattern", NULL, EVERYTHING},
    {"*", u"*", EVERYTHING, u"*"},
    {"**", u"**", EVERYTHING, u"**"},
    {"*? literally", u"*?", EVERYTHING},
    {"*.* literally", u"*.*", DOTTED},
    {"*.*.*", u"*.*.*", "a.b.txt"},
    {"*.*", u"<\"*", EVERYTHING, u"*.*"},
    {"a dot that may lack", u"*\"*", EVERYTHING},
    {"*. literally", u"*.", ""},
    {"*.", u"<", "a|ab|abc|long", u"*."},
    {"*.txt literally", u"*.txt", TEXTS},
    {"*.txt", u"<.txt", TEXTS, u"*.txt"},
    {"*.TXT in capitals", u"<.TXT", TEXTS, u"*.TXT"},
    {"a*", u"a*", "a|a.b|a.b.txt|a.txt|ab|abc|abc.txt", u"a*"},
    {"A*", u"A*", "a|a.b|a.b.txt|a.txt|ab|abc|abc.txt", u"A*"},
    {"*b*", u"*b*", "a.b|a.b.txt|ab|abc|abc.txt|b.TXT", u"*b*"},
    {"*c", u"*c", "abc", u"*c"},
    {".*", u".*", ".dot", u".*"},
    {"? literally", u"?", "a"},
    {"?? literally", u"??", "ab"},
    {"a? literally", u"a?", "ab"},
    {"a?", u"a>", "a|ab", u"a?"},
    {"???", u">>>", "a|ab|abc", u"???"},
    {"???.???", u">>>\">>>", ".dot|a|a.b|a.txt|ab|abc|abc.txt|b.TXT", u"???.???"},
    {"???.??? with the dot", u">>>.>>>", ".dot|a.b|a.txt|abc.txt|b.TXT"},
    {"a.", u"a\"", "a", u"a."},
    {"a.b as a dot that may lack", u"a\"b", "a.b"},
    {"a.?", u"a.?", "a.b"},
    {"*.b.*", u"<.b\"*", "a.b|a.b.txt", u"*.b.*"},
    {"a name", u"long", "long", u"long"},
    {"a name in capitals", u"LONG", "long", u"LONG"},
    {"a name that is not there", u"longer", "", u"longer"},
    {"a beginning", u"lon", "", u"lon"},
};

static int by_name(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static void *open_folder(struct world *world)
{
    struct opening how = {.path = u"\\d",
                          .access = FILE_LIST_DIRECTORY | SYNCHRONIZE,
                          .share = ALL,
                          .disposition = FILE_OPEN,
                          .options = FILE_DIRECTORY_FILE};
    struct outcome out = world_create(world, &how);
    row_status(world, "open", STATUS_SUCCESS, out.status);
    return out.file;
}

static bool is_dots(const char *name)
{
    return strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
}

/* Where names come from: a handle with its pattern, or FindFirstFile with a path. */
struct source {
    void *file;
    LPCWSTR pattern;
    bool first;
};

static NTSTATUS next_of(struct world *world, struct source *source, WCHAR *name, size_t room)
{
    bool first = source->first;
    source->first = false;
    return source->file ? world->door->next_name(source->file, source->pattern, first, name, room)
                        : world->door->find(source->pattern, first, name, room);
}

/* Reads a listing to its end; the last status. */
static NTSTATUS collect(struct world *world, struct source source, char *line, size_t room)
{
    char *seen[COUNT_OF(entries) + 2];
    WCHAR name[260];
    size_t count = 0;
    NTSTATUS status;
    while ((status = next_of(world, &source, name, COUNT_OF(name))) == STATUS_SUCCESS)
        if (!is_dots(narrow(name)) && count < COUNT_OF(seen))
            seen[count++] = strdup(narrow(name));
    qsort(seen, count, sizeof *seen, by_name);
    *line = 0;
    for (size_t i = 0; i < count; i++) {
        size_t at = strlen(line);
        snprintf(line + at, room - at, "%s%s", i ? "|" : "", seen[i]);
        free(seen[i]);
    }
    return status;
}

static void lists_from(struct world *world, struct source source, const char *names)
{
    char line[400];
    NTSTATUS status = collect(world, source, line, sizeof line);
    if (!row_status(world, "its end", *names ? STATUS_NO_MORE_FILES : STATUS_NO_SUCH_FILE, status))
        return;
    row_check(world, strcmp(line, names) == 0, "lists \"%s\", not \"%s\"", line, names);
}

static void lists(struct world *world, void *file, LPCWSTR pattern, bool restart, const char *names)
{
    lists_from(world, (struct source){file, pattern, restart}, names);
}

static void finds(struct world *world, const struct pattern_row *r)
{
    WCHAR path[40] = u"\\d\\";
    if (!r->win) {
        world->row_cannot = true;
        return;
    }
    DokanWcscpy(path + 3, COUNT_OF(path) - 3, r->win);
    lists_from(world, (struct source){NULL, path, true}, r->lists);
}

static void pattern_row(struct world *world, const struct pattern_row *r)
{
    if (world->door->bare) {
        finds(world, r);
        return;
    }
    void *file = open_folder(world);
    if (!file)
        return;
    lists(world, file, r->pattern, false, r->lists);
    end_file(world, file);
}

/* The first query's pattern counts for the handle's life. */
static void first_pattern_stays(struct world *world)
{
    void *file = open_folder(world);
    if (!file)
        return;
    lists(world, file, u"<.txt", false, TEXTS);
    lists(world, file, u"*c", true, TEXTS);
    lists_from(world, (struct source){.file = file, .first = true}, TEXTS);
    end_file(world, file);
}

static void restart_rereads(struct world *world)
{
    WCHAR name[260];
    void *file = open_folder(world);
    if (!file)
        return;
    row_status(world, "the first", STATUS_SUCCESS, world->door->next_name(file, u"*", false, name, 260));
    make_file(world, u"\\d\\new");
    lists(world, file, u"*", true, ".dot|a|a.b|a.b.txt|a.txt|ab|abc|abc.txt|b.TXT|long|new");
    row_status(world, "after the end", STATUS_NO_MORE_FILES,
               world->door->next_name(file, u"*", false, name, 260));
    end_file(world, file);
    const struct step remove[] = {OPEN(0, "d\\new", DEL, ALL, OK), DISPOSE(0, 1, OK), CLOSE(0)};
    play_steps(world, remove, COUNT_OF(remove));
}

static void nothing_there(struct world *world)
{
    WCHAR name[260];
    void *file = open_folder(world);
    if (!file)
        return;
    row_status(world, "at first", STATUS_NO_SUCH_FILE, world->door->next_name(file, u"x*", false, name, 260));
    row_status(world, "then", STATUS_NO_MORE_FILES, world->door->next_name(file, u"x*", false, name, 260));
    row_status(world, "from the beginning", STATUS_NO_SUCH_FILE,
               world->door->next_name(file, u"x*", true, name, 260));
    end_file(world, file);
}

static const struct {
    const char *name;
    void (*play)(struct world *world);
} others[] = {
    {"the first pattern stays", first_pattern_stays},
    {"restart reads anew", restart_rereads},
    {"nothing matches, then no more", nothing_there},
};

void pattern_play(struct world *world)
{
    if (!world_open(world)) {
        world->failed++;
        return;
    }
    row_begin(world, "pattern", "its files are made");
    make_folder(world, u"\\d");
    for (size_t i = 0; i < COUNT_OF(entries); i++) {
        WCHAR path[32] = u"\\d\\";
        DokanWcscpy(path + 3, COUNT_OF(path) - 3, entries[i]);
        make_file(world, path);
    }
    row_end(world);
    for (size_t i = 0; i < COUNT_OF(patterns); i++) {
        row_begin(world, "pattern", patterns[i].name);
        pattern_row(world, &patterns[i]);
        row_end(world);
    }
    for (size_t i = 0; i < COUNT_OF(others); i++) {
        row_begin(world, "listing", others[i].name);
        others[i].play(world);
        row_end(world);
    }
    world_close(world);
}
