// SPDX-License-Identifier: MIT
/*
 * dokanctl du [SOURCE...]
 */
#include "cli/entries.h"
#include "cli/source.h"
#include "cli/units.h"

#include <errno.h>
#include <search.h>
#include <stdlib.h>

enum { WANT = FS_INFO_SIZE | FS_INFO_ID | FS_INFO_LINKS };

struct du {
    bool summary, human;
    struct json *json;
    struct source source; /* the argument at work */
    uint64_t *sums;       /* by depth */
    size_t room;
    void *seen; /* files with several names */
    int code;
};

static int by_id(const void *a, const void *b)
{
    const uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return x < y ? -1 : x > y;
}

static bool seen_before(struct du *du, const struct fs_info *info)
{
    if (!(info->valid & FS_INFO_ID) || !(info->valid & FS_INFO_LINKS) || info->links < 2)
        return false;
    uint64_t *id = malloc(sizeof *id);
    if (!id)
        return false;
    *id = info->id;
    uint64_t **found = tsearch(id, &du->seen, by_id);
    bool known = found && *found != id;
    if (known || !found)
        free(id);
    return known;
}

static void print_sum(struct du *du, const char *path, uint64_t sum)
{
    char *shown = source_shown(&du->source, path), size[24];
    const char *name = shown ? shown : path;
    if (du->json) {
        json_open(du->json, NULL, '{');
        json_text(du->json, "path", name);
        json_u64(du->json, "size", sum);
        json_close(du->json, '}');
    } else {
        units_size(size, sizeof size, sum, du->human);
        printf("%s\t", size);
        print_name(stdout, name);
        fputc('\n', stdout);
    }
    free(shown);
}

static int listing(void *arg, const char *path, struct entries *entries, size_t depth)
{
    struct du *du = arg;
    if (depth >= du->room) {
        size_t room = 2 * depth + 64;
        uint64_t *grown = realloc(du->sums, room * sizeof *grown);
        if (!grown)
            return -ENOMEM;
        du->sums = grown;
        du->room = room;
    }
    uint64_t sum = 0;
    for (size_t i = 0; i < entries->count; i++) {
        const struct fs_info *info = &entries->list[i].info;
        if (info->type == FS_TYPE_FILE && info->valid & FS_INFO_SIZE && !seen_before(du, info))
            sum += info->size;
    }
    du->sums[depth] = sum;
    return 0;
}

static int leave(void *arg, const char *path, const struct fs_info *info, size_t depth)
{
    struct du *du = arg;
    if (depth)
        du->sums[depth - 1] += du->sums[depth];
    if (!du->summary || !depth)
        print_sum(du, path, du->sums[depth]);
    return 0;
}

static int failed(void *arg, const char *path, int rc)
{
    struct du *du = arg;
    du->code = source_complain(&du->source, path, rc);
    return 0;
}

static int sum_up(struct du *du, struct opening *o, const char *text)
{
    struct source *source = &du->source;
    struct fs_info info;
    int code = source_open(o, text, SOURCE_ENTER, source);
    if (code)
        return code;
    int rc = source_info(source, WANT, &info);
    if (rc == 0 && info.type == FS_TYPE_DIRECTORY) {
        const struct walk walk = {source->fs, WANT, du, listing, NULL, leave, failed};
        rc = walk_tree(&walk, source->path, &info);
    } else if (rc == 0) {
        print_sum(du, source->path, info.size);
    }
    code = rc ? source_complain(source, source->path, rc) : 0;
    source_close(source);
    return code;
}

int run_du(const struct call *call)
{
    static char here[] = ".", *default_argv[] = {here, NULL};
    char **argv = call->argc ? call->argv : default_argv;
    int argc = call->argc ? call->argc : 1;
    struct json j = {.out = stdout};
    struct opening o;
    struct du du = {.summary = option_on(call, "summary"),
                    .human = option_on(call, "human"),
                    .json = call->json ? &j : NULL};
    int code = opening_start(&o, call, false);
    if (du.json && code == 0)
        json_open(&j, NULL, '[');
    for (int i = 0; i < argc && code != EXIT_USAGE && code != EXIT_CANCELLED; i++) {
        int one = sum_up(&du, &o, argv[i]);
        code = one ? one : code;
    }
    if (du.json && code != EXIT_USAGE) {
        json_close(&j, ']');
        json_end(&j);
    }
    tdestroy(du.seen, free);
    free(du.sums);
    opening_close(&o);
    return code ? code : du.code;
}
