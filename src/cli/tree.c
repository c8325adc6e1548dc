// SPDX-License-Identifier: MIT
/*
 * dokanctl tree [SOURCE...]
 */
#include "cli/colour.h"
#include "cli/entries.h"
#include "cli/source.h"
#include "cli/units.h"

#include <errno.h>
#include <langinfo.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>

struct tree {
    bool all, directories_only;
    unsigned levels; /* 0: all */
    struct json *json;
    struct source source;     /* the argument at work */
    const char *const *lines; /* between, last, through, nothing */
    char *ends;               /* by depth: 'l' for the last entry of its directory */
    size_t room;
    size_t directories, files;
    int code;
};

static const char *const drawn[] = {"├── ", "└── ", "│   ", "    "};
static const char *const plain[] = {"|-- ", "`-- ", "|   ", "    "};

static int listing(void *arg, const char *path, struct entries *entries, size_t depth)
{
    const struct tree *tree = arg;
    size_t kept = 0;
    for (size_t i = 0; i < entries->count; i++) {
        const struct found *e = &entries->list[i];
        if ((!tree->all && e->name[0] == '.') ||
            (tree->directories_only && e->info.type != FS_TYPE_DIRECTORY))
            free(e->name);
        else
            entries->list[kept++] = *e;
    }
    entries->count = kept;
    return 0;
}

static void print_target(const struct tree *tree, const char *path)
{
    char target[4096];
    if (fs_readlink(tree->source.fs, path, target, sizeof target) < 0)
        return;
    fputs(" -> ", stdout);
    print_name(stdout, target);
}

static void print_json(const struct tree *tree, const char *path, const struct found *e)
{
    json_open(tree->json, NULL, '{');
    json_text(tree->json, "path", path);
    json_info(tree->json, &e->info);
    json_close(tree->json, '}');
}

static int entry(void *arg, const char *path, const struct found *e, size_t depth, bool last)
{
    struct tree *tree = arg;
    if (depth >= tree->room) {
        size_t room = 2 * depth + 64;
        char *grown = realloc(tree->ends, room);
        if (!grown)
            return -ENOMEM;
        tree->ends = grown;
        tree->room = room;
    }
    tree->ends[depth] = last;
    bool directory = e->info.type == FS_TYPE_DIRECTORY;
    *(directory ? &tree->directories : &tree->files) += 1;
    if (tree->json) {
        print_json(tree, path, e);
    } else {
        for (size_t i = 0; i < depth; i++)
            fputs(tree->lines[tree->ends[i] ? 3 : 2], stdout);
        fputs(tree->lines[last ? 1 : 0], stdout);
        colour_name(e->name, &e->info);
        if (e->info.type == FS_TYPE_SYMLINK)
            print_target(tree, path);
        fputc('\n', stdout);
    }
    return tree->levels && depth + 1 >= tree->levels;
}

static int failed(void *arg, const char *path, int rc)
{
    struct tree *tree = arg;
    tree->code = source_complain(&tree->source, path, rc);
    return 0;
}

static int show(struct tree *tree, struct opening *o, const char *text)
{
    struct source *source = &tree->source;
    struct fs_info info;
    int code = source_open(o, text, SOURCE_ENTER, source);
    if (code)
        return code;
    int rc = source_info(source, FS_INFO_MODE, &info);
    if (rc == 0 && !tree->json) {
        colour_name(source->shown, &info);
        fputc('\n', stdout);
    }
    if (rc == 0 && info.type == FS_TYPE_DIRECTORY) {
        const struct walk walk = {
            source->fs, FS_INFO_SIZE | FS_INFO_MTIME | FS_INFO_MODE, tree, listing, entry, NULL, failed};
        rc = walk_tree(&walk, source->path, &info);
    }
    code = rc ? source_complain(source, source->path, rc) : 0;
    source_close(source);
    return code;
}

static void print_sum(const struct tree *tree)
{
    printf("\n%zu director%s", tree->directories, tree->directories == 1 ? "y" : "ies");
    if (!tree->directories_only)
        printf(", %zu file%s", tree->files, tree->files == 1 ? "" : "s");
    fputc('\n', stdout);
}

int run_tree(const struct call *call)
{
    static char here[] = ".", *default_argv[] = {here, NULL};
    char **argv = call->argc ? call->argv : default_argv;
    int argc = call->argc ? call->argc : 1;
    struct json j = {.out = stdout};
    struct opening o;
    setlocale(LC_CTYPE, "");
    struct tree tree = {.all = option_on(call, "all"),
                        .directories_only = option_on(call, "directories"),
                        .json = call->json ? &j : NULL,
                        .lines = strcmp(nl_langinfo(CODESET), "UTF-8") == 0 ? drawn : plain};
    int code = option_number(call, "levels", 1, 1000000, &tree.levels);
    code = code ? code : colour_start(call);
    if (code)
        return code;
    code = opening_start(&o, call, false);
    if (tree.json && code == 0)
        json_open(&j, NULL, '[');
    for (int i = 0; i < argc && code != EXIT_USAGE && code != EXIT_CANCELLED; i++) {
        int one = show(&tree, &o, argv[i]);
        code = one ? one : code;
    }
    if (tree.json && code != EXIT_USAGE) {
        json_close(&j, ']');
        json_end(&j);
    } else if (!tree.json && code != EXIT_USAGE) {
        print_sum(&tree);
    }
    free(tree.ends);
    opening_close(&o);
    return code ? code : tree.code;
}
