// SPDX-License-Identifier: MIT
/*
 * dokanctl ls [SOURCE...]
 */
#include "cli/colour.h"
#include "cli/entries.h"
#include "cli/source.h"
#include "cli/units.h"

#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { WANT = FS_INFO_SIZE | FS_INFO_MTIME | FS_INFO_MODE };
enum { WANT_LONG = WANT | FS_INFO_OWNER | FS_INFO_LINKS };
enum { TARGET_MAX = 4096 };

struct ls {
    bool all, one_column, detailed, recursive, human;
    unsigned width; /* of the terminal; 0: none */
    struct json *json;
    struct source source; /* the argument at work */
    bool heads, first;
    int code;
};

static char *target_of(struct fs *fs, const char *path)
{
    char *target = malloc(TARGET_MAX);
    if (target && fs_readlink(fs, path, target, TARGET_MAX) == 0)
        return target;
    free(target);
    return NULL;
}

/* ---- one line per entry ------------------------------------------------------------------------------- */

struct widths {
    int links, owner, size;
};

struct cells {
    char mode[11], links[12], owner[24], size[24], time[40];
};

static void make_cells(const struct ls *ls, const struct fs_info *info, struct cells *c)
{
    units_mode(c->mode, info);
    snprintf(c->links, sizeof c->links, "%u", info->links);
    snprintf(c->owner, sizeof c->owner, "%u %u", info->uid, info->gid);
    units_size(c->size, sizeof c->size, info->size, ls->human);
    units_time(c->time, sizeof c->time, info->mtime);
    const struct {
        uint32_t bit;
        char *text;
    } cells[] = {{FS_INFO_LINKS, c->links},
                 {FS_INFO_OWNER, c->owner},
                 {FS_INFO_SIZE, c->size},
                 {FS_INFO_MTIME, c->time}};
    for (size_t i = 0; i < COUNT_OF(cells); i++)
        if (!(info->valid & cells[i].bit))
            memcpy(cells[i].text, "-", 2);
}

static void widen(int *width, const char *text)
{
    int length = (int)strlen(text);
    *width = length > *width ? length : *width;
}

static void print_detailed(const struct ls *ls, const char *path, const struct found *e,
                           const struct widths *w)
{
    struct cells c;
    make_cells(ls, &e->info, &c);
    printf("%s %*s %-*s %*s %-16s ", c.mode, w->links, c.links, w->owner, c.owner, w->size, c.size, c.time);
    colour_name(e->name, &e->info);
    char *full = e->info.type == FS_TYPE_SYMLINK ? path_join(path, e->name) : NULL;
    char *target = full ? target_of(ls->source.fs, full) : NULL;
    if (target) {
        fputs(" -> ", stdout);
        print_name(stdout, target);
    }
    fputc('\n', stdout);
    free(target);
    free(full);
}

static void print_long(const struct ls *ls, const char *path, const struct entries *entries)
{
    struct widths w = {0};
    struct cells c;
    for (size_t i = 0; i < entries->count; i++) {
        make_cells(ls, &entries->list[i].info, &c);
        widen(&w.links, c.links);
        widen(&w.owner, c.owner);
        widen(&w.size, c.size);
    }
    for (size_t i = 0; i < entries->count; i++)
        print_detailed(ls, path, &entries->list[i], &w);
}

/* ---- columns ------------------------------------------------------------------------------------------ */

/* Widths of `columns` columns, filled downwards; whether they fit. */
static bool measure(const struct entries *e, size_t columns, unsigned room, size_t *widths)
{
    size_t rows = (e->count + columns - 1) / columns, sum = 0;
    for (size_t c = 0; c < columns; c++) {
        widths[c] = 0;
        for (size_t i = c * rows; i < e->count && i < (c + 1) * rows; i++) {
            size_t width = plain_width(e->list[i].name);
            widths[c] = width > widths[c] ? width : widths[c];
        }
        sum += widths[c] + 2;
    }
    return sum <= room + 2;
}

static void print_columns(const struct ls *ls, const struct entries *e)
{
    enum { MOST = 64 };
    size_t widths[MOST] = {0}, columns = e->count < MOST ? e->count : MOST;
    while (columns > 1 && !measure(e, columns, ls->width, widths))
        columns--;
    size_t rows = columns ? (e->count + columns - 1) / columns : 0;
    for (size_t row = 0; row < rows; row++) {
        for (size_t i = row, c = 0; i < e->count; i += rows, c++) {
            const struct found *entry = &e->list[i];
            colour_name(entry->name, &entry->info);
            if (i + rows < e->count)
                printf("%*s", (int)(widths[c] + 2 - plain_width(entry->name)), "");
        }
        fputc('\n', stdout);
    }
}

/* ---- a directory -------------------------------------------------------------------------------------- */

static void hide_dots(struct entries *e)
{
    size_t kept = 0;
    for (size_t i = 0; i < e->count; i++) {
        if (e->list[i].name[0] == '.')
            free(e->list[i].name);
        else
            e->list[kept++] = e->list[i];
    }
    e->count = kept;
}

static void print_json(struct ls *ls, const char *path, const struct entries *e)
{
    for (size_t i = 0; i < e->count; i++) {
        char *full = path_join(path, e->list[i].name);
        char *target =
            full && e->list[i].info.type == FS_TYPE_SYMLINK ? target_of(ls->source.fs, full) : NULL;
        json_open(ls->json, NULL, '{');
        json_text(ls->json, "name", e->list[i].name);
        json_text(ls->json, "path", full ? full : "");
        json_info(ls->json, &e->list[i].info);
        if (target)
            json_text(ls->json, "target", target);
        json_close(ls->json, '}');
        free(target);
        free(full);
    }
}

static void print_entries(struct ls *ls, const char *path, const struct entries *entries)
{
    if (ls->json)
        print_json(ls, path, entries);
    else if (ls->detailed)
        print_long(ls, path, entries);
    else if (ls->width && !ls->one_column)
        print_columns(ls, entries);
    else
        for (size_t i = 0; i < entries->count; i++) {
            colour_name(entries->list[i].name, &entries->list[i].info);
            fputc('\n', stdout);
        }
}

static int listing(void *arg, const char *path, struct entries *entries, size_t depth)
{
    struct ls *ls = arg;
    if (!ls->all)
        hide_dots(entries);
    if (ls->heads && !ls->json) {
        char *shown = source_shown(&ls->source, path);
        fputs(ls->first ? "" : "\n", stdout);
        print_name(stdout, shown ? shown : path);
        fputs(":\n", stdout);
        free(shown);
    }
    ls->first = false;
    print_entries(ls, path, entries);
    return 0;
}

static int entry(void *arg, const char *path, const struct found *e, size_t depth, bool last)
{
    return !((const struct ls *)arg)->recursive;
}

static int failed(void *arg, const char *path, int rc)
{
    struct ls *ls = arg;
    ls->code = source_complain(&ls->source, path, rc);
    return 0;
}

/* A file: listed by the name it was given. */
static void list_file(struct ls *ls, const struct fs_info *info)
{
    struct found one = {.name = ls->source.shown, .info = *info};
    const struct entries entries = {&one, 1, 1};
    print_entries(ls, "", &entries);
    ls->first = false;
}

static int list_source(struct ls *ls, struct opening *o, const char *text)
{
    struct source *source = &ls->source;
    struct fs_info info;
    uint32_t want = ls->detailed || ls->json ? WANT_LONG : WANT;
    int code = source_open(o, text, SOURCE_ENTER, source);
    if (code)
        return code;
    int rc = source_info(source, want, &info);
    if (rc == 0 && info.type == FS_TYPE_DIRECTORY) {
        const struct walk walk = {source->fs, want, ls, listing, entry, NULL, failed};
        rc = walk_tree(&walk, source->path, &info);
    } else if (rc == 0) {
        list_file(ls, &info);
    }
    code = rc ? source_complain(source, source->path, rc) : 0;
    source_close(source);
    return code;
}

static unsigned terminal_width(void)
{
    struct winsize size;
    if (!isatty(STDOUT_FILENO))
        return 0;
    return ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col ? size.ws_col : 80;
}

int run_ls(const struct call *call)
{
    static char here[] = ".", *default_argv[] = {here, NULL};
    char **argv = call->argc ? call->argv : default_argv;
    int argc = call->argc ? call->argc : 1, code = colour_start(call);
    struct json j = {.out = stdout};
    struct opening o;
    if (code)
        return code;
    struct ls ls = {.all = option_on(call, "all"),
                    .one_column = option_on(call, "one"),
                    .detailed = option_on(call, "long"),
                    .recursive = option_on(call, "recursive"),
                    .human = option_on(call, "human"),
                    .width = terminal_width(),
                    .json = call->json ? &j : NULL,
                    .first = true};
    ls.heads = ls.recursive || argc > 1;
    code = opening_start(&o, call, false);
    if (ls.json && code == 0)
        json_open(&j, NULL, '[');
    for (int i = 0; i < argc && code != EXIT_USAGE && code != EXIT_CANCELLED; i++) {
        int one = list_source(&ls, &o, argv[i]);
        code = one ? one : code;
    }
    if (ls.json && code != EXIT_USAGE) {
        json_close(&j, ']');
        json_end(&j);
    }
    opening_close(&o);
    return code ? code : ls.code;
}
