// SPDX-License-Identifier: MIT
/*
 * dokanctl rm FILE..., and removing for mv. Links are removed, never followed.
 */
#include "cli/copy.h"

#include "cli/entries.h"
#include <errno.h>
#include <string.h>

struct removal {
    const struct source *source;
    int code;
};

static int tell(struct removal *r, const char *path, int rc)
{
    int code = rc && rc != -ENOENT ? source_complain(r->source, path, rc) : 0;
    r->code = r->code ? r->code : code;
    return 0;
}

static int entry(void *arg, const char *path, const struct found *e, size_t depth, bool last)
{
    struct removal *r = arg;
    return e->info.type == FS_TYPE_DIRECTORY ? 0 : tell(r, path, fs_remove(r->source->fs, path));
}

static int leave(void *arg, const char *path, const struct fs_info *info, size_t depth)
{
    struct removal *r = arg;
    int rc = fs_removedir(r->source->fs, path);
    return rc == -ENOTEMPTY && r->code ? 0 : tell(r, path, rc);
}

static int failed(void *arg, const char *path, int rc)
{
    return tell(arg, path, rc);
}

int remove_source(const struct source *source, const char *path, const struct fs_info *info)
{
    struct removal r = {.source = source};
    if (info->type != FS_TYPE_DIRECTORY)
        return tell(&r, path, fs_remove(source->fs, path)), r.code;
    const struct walk walk = {source->fs, 0, &r, NULL, entry, leave, failed};
    int rc = walk_tree(&walk, path, info);
    return rc ? source_complain(source, path, rc) : r.code;
}

static int remove_one(struct opening *o, const char *text, bool recursive, bool force)
{
    struct source source;
    struct fs_info info;
    int code = source_open(o, text, SOURCE_LINK | SOURCE_TARGET, &source);
    if (code)
        return code;
    int rc = source_info(&source, 0, &info);
    if (rc == -ENOENT && force)
        code = 0;
    else if (rc)
        code = source_complain(&source, source.path, rc);
    else if (strcmp(source.path, "/") == 0)
        code = complain(source.shown, -EBUSY, "a whole source cannot be removed; name what is in it");
    else if (info.type == FS_TYPE_DIRECTORY && !recursive)
        code = complain(source.shown, -EISDIR, "-r removes directories");
    else
        code = remove_source(&source, source.path, &info);
    return source_end(&source, code);
}

int run_rm(const struct call *call)
{
    struct opening o;
    int code = opening_start(&o, call, false);
    bool go = code == 0;
    for (int i = 0; go && i < call->argc && code != EXIT_CANCELLED; i++) {
        int one = remove_one(&o, call->argv[i], option_on(call, "recursive"), option_on(call, "force"));
        code = one ? one : code;
    }
    opening_close(&o);
    return code;
}
