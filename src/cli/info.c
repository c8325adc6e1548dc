// SPDX-License-Identifier: MIT
/*
 * dokanctl info SOURCE...
 */
#include "cli/source.h"
#include "cli/units.h"

#include <stdlib.h>
#include <string.h>

static const struct {
    uint32_t bit;
    const char *name;
} flag_names[] = {
    {FS_READ_ONLY, "read-only"},
    {FS_NETWORK, "network"},
    {FS_CASE_INSENSITIVE, "case-insensitive"},
    {FS_ATOMIC_RENAME, "atomic-rename"},
    {FS_SEEK_SLOW, "seek-slow"},
    {FS_WRITE_ON_CLOSE, "write-on-close"},
    {FS_CACHEABLE, "cacheable"},
    {FS_THREAD_SAFE, "thread-safe"},
};

/* Facts that objects tell as texts. */
static const char *const metas[] = {"label",   "source",  "format",   "entries",
                                    "dropped", "comment", "free_text"};

/* Where facts go: lines, or members of a JSON object. */
struct sheet {
    struct json *json;
};

static void put(const struct sheet *sheet, const char *key, const char *value)
{
    if (sheet->json) {
        json_text(sheet->json, key, value);
        return;
    }
    printf("%-12s ", key);
    print_plain(stdout, value);
    fputc('\n', stdout);
}

static void put_number(const struct sheet *sheet, const char *key, uint64_t value)
{
    char text[64], human[16];
    if (sheet->json) {
        json_u64(sheet->json, key, value);
        return;
    }
    units_bytes(human, sizeof human, value);
    snprintf(text, sizeof text, value < 1024 ? "%llu" : "%llu (%sB)", (unsigned long long)value, human);
    put(sheet, key, text);
}

static void put_time(const struct sheet *sheet, const char *key, int64_t ns)
{
    char text[64];
    units_iso(text, sizeof text, ns);
    put(sheet, key, text);
}

static void put_facts(const struct sheet *sheet, const struct fs_info *info)
{
    char text[64];
    if (sheet->json) {
        json_info(sheet->json, info);
        return;
    }
    put(sheet, "type", units_type(info->type));
    if (info->valid & FS_INFO_SIZE)
        put_number(sheet, "size", info->size);
    if (info->valid & FS_INFO_ALLOCATED)
        put_number(sheet, "allocated", info->allocated);
    if (info->valid & FS_INFO_MTIME)
        put_time(sheet, "modified", info->mtime);
    if (info->valid & FS_INFO_ATIME)
        put_time(sheet, "accessed", info->atime);
    if (info->valid & FS_INFO_BTIME)
        put_time(sheet, "created", info->btime);
    if (info->valid & FS_INFO_MODE) {
        units_mode(text, info);
        put(sheet, "mode", text);
    }
    if (info->valid & FS_INFO_OWNER) {
        snprintf(text, sizeof text, "%u:%u", info->uid, info->gid);
        put(sheet, "owner", text);
    }
    if (info->valid & FS_INFO_LINKS && info->links > 1)
        put_number(sheet, "links", info->links);
}

static void put_target(const struct sheet *sheet, const struct source *s)
{
    char target[4096];
    if (fs_readlink(s->fs, s->path, target, sizeof target) == 0)
        put(sheet, "target", target);
}

static void put_xattrs(const struct sheet *sheet, const struct source *s)
{
    char names[65536];
    ssize_t n = fs_listxattr(s->fs, s->path, names, sizeof names);
    for (ssize_t at = 0; at < n; at += (ssize_t)strlen(names + at) + 1)
        put(sheet, "xattr", names + at);
}

static void put_flags(const struct sheet *sheet, uint32_t flags)
{
    char text[160] = "";
    size_t n = 0;
    for (size_t i = 0; i < COUNT_OF(flag_names); i++)
        if (flags & flag_names[i].bit)
            n += (size_t)snprintf(text + n, sizeof text - n, "%s%s", n ? "," : "", flag_names[i].name);
    put(sheet, "flags", n ? text : "-");
}

/* The kinds of all layers, the top one first. */
static void put_layers(const struct sheet *sheet, struct fs *fs)
{
    char text[512] = "";
    size_t n = 0;
    for (const struct fs *layer = fs; layer && n < sizeof text; layer = fs_next(layer))
        n += (size_t)snprintf(text + n, sizeof text - n, "%s%s", n ? " on " : "", fs_kind(layer));
    put(sheet, "kind", text);
}

static void put_source(const struct sheet *sheet, const struct source *s)
{
    struct fs_space space;
    char text[4096];
    put_layers(sheet, s->fs);
    put_flags(sheet, fs_flags(s->fs));
    for (size_t i = 0; i < COUNT_OF(metas); i++) {
        if (fs_getmeta(s->fs, metas[i], text, sizeof text) < 0)
            continue;
        char *shown = fs_url_redact(text);
        put(sheet, metas[i], shown ? shown : "");
        free(shown);
    }
    if (fs_statfs(s->fs, &space) == 0) {
        put_number(sheet, "total", space.total);
        put_number(sheet, "free", space.available);
    }
}

static int show(const struct sheet *sheet, struct opening *o, const char *text, bool more)
{
    struct source source;
    struct fs_info info;
    int code = source_open(o, text, SOURCE_ENTER | SOURCE_LINK, &source);
    int rc = code ? 0 : source_info(&source, FS_INFO_ALL, &info);
    if (code || rc)
        return code ? code : (code = source_complain(&source, source.path, rc), source_close(&source), code);
    if (sheet->json)
        json_open(sheet->json, NULL, '{');
    else if (more)
        fputc('\n', stdout);
    put(sheet, "name", source.shown);
    put_facts(sheet, &info);
    if (info.type == FS_TYPE_SYMLINK)
        put_target(sheet, &source);
    if (!sheet->json)
        put_xattrs(sheet, &source);
    if (info.type == FS_TYPE_DIRECTORY)
        put_source(sheet, &source);
    if (sheet->json)
        json_close(sheet->json, '}');
    source_close(&source);
    return code;
}

int run_info(const struct call *call)
{
    struct json j = {.out = stdout};
    const struct sheet sheet = {call->json ? &j : NULL};
    struct opening o;
    int code = opening_start(&o, call, false);
    if (sheet.json && code == 0)
        json_open(&j, NULL, '[');
    for (int i = 0; i < call->argc && code != EXIT_USAGE && code != EXIT_CANCELLED; i++) {
        int one = show(&sheet, &o, call->argv[i], i > 0);
        code = one ? one : code;
    }
    if (sheet.json && code != EXIT_USAGE) {
        json_close(&j, ']');
        json_end(&j);
    }
    opening_close(&o);
    return code;
}
