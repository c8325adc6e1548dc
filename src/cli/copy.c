// SPDX-License-Identifier: MIT
/*
 * See copy.h. Only arguments are followed when they are links; below them a link is copied as such. From an
 * archive, a link that leads out of what is copied is left out: whoever goes through it later would be led
 * astray. Directories get their times last, when nothing is written into them any more.
 */
#include "cli/copy.h"

#include "cli/copyfile.h"
#include "cli/entries.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct tree_copy {
    struct copy *copy;
    const struct source *from, *target;
    const char *to;
};

static void remember(struct copy *copy, int code)
{
    copy->code = copy->code ? copy->code : code;
}

/* Where in the target a path below the source goes; to be freed. */
static char *target_path(const struct tree_copy *t, const char *path)
{
    const char *rest = path + strlen(t->from->path);
    rest += *rest == '/';
    return *rest ? path_join(t->to, rest) : strdup(t->to);
}

static int make_directory(struct side to, const struct fs_info *info)
{
    struct fs_info there;
    uint32_t mode = info->valid & FS_INFO_MODE ? info->mode & 0777 : 0777;
    int rc = fs_getinfo(to.fs, to.path, 0, &there);
    if (rc == 0)
        return there.type == FS_TYPE_DIRECTORY ? 0 : -ENOTDIR;
    return rc == -ENOENT ? fs_makedir(to.fs, to.path, mode | 0700) : rc;
}

static int leave_out(const struct tree_copy *t, const char *path, const char *why)
{
    char *shown = source_shown(t->from, path);
    warn_text("%s: left out: %s", shown ? shown : path, why);
    remember(t->copy, EXIT_FAILED);
    free(shown);
    return 0;
}

static int copy_one_link(const struct tree_copy *t, struct side from, struct side to, bool *at_target)
{
    char target[4096];
    bool archive = !t->from->local && strcmp(fs_kind(t->from->fs), "file") != 0;
    int rc = fs_readlink(from.fs, from.path, target, sizeof target);
    if (rc)
        return rc;
    if (archive && link_leads_out(t->from->path, from.path, target))
        return leave_out(t, from.path, "the link leads out of what is copied");
    rc = copy_link(from, to, t->copy->no_clobber, at_target);
    return rc == -EOPNOTSUPP || rc == -EPERM ? leave_out(t, from.path, "the target knows no symbolic links")
                                             : rc;
}

static int copy_one(const struct tree_copy *t, struct side from, struct side to, const struct fs_info *info,
                    bool *at_target)
{
    char *shown = source_shown(t->from, from.path);
    int rc = -EOPNOTSUPP;
    if (info->type == FS_TYPE_FILE)
        rc = copy_file(t->copy, from, to, info, shown ? shown : "", at_target);
    else if (info->type == FS_TYPE_SYMLINK)
        rc = copy_one_link(t, from, to, at_target);
    else if (info->type == FS_TYPE_DIRECTORY)
        *at_target = true, rc = make_directory(to, info);
    else
        rc = leave_out(t, from.path, "neither a file nor a directory nor a link");
    free(shown);
    return rc;
}

static int entry(void *arg, const char *path, const struct found *e, size_t depth, bool last)
{
    const struct tree_copy *t = arg;
    char *to = target_path(t, path);
    bool at_target = false;
    if (!to)
        return -ENOMEM;
    int rc =
        copy_one(t, (struct side){t->from->fs, path}, (struct side){t->target->fs, to}, &e->info, &at_target);
    if (rc && rc != -ECANCELED)
        remember(t->copy, source_complain(at_target ? t->target : t->from, at_target ? to : path, rc));
    free(to);
    if (rc == -ECANCELED || rc == -ENOSPC || rc == -EROFS)
        return rc;
    return rc ? 1 : 0;
}

static int leave(void *arg, const char *path, const struct fs_info *info, size_t depth)
{
    const struct tree_copy *t = arg;
    char *to = target_path(t, path);
    if (to)
        copy_facts((struct side){t->target->fs, to}, info);
    free(to);
    return 0;
}

static int failed(void *arg, const char *path, int rc)
{
    const struct tree_copy *t = arg;
    remember(t->copy, source_complain(t->from, path, rc));
    return 0;
}

/* ---- a directory into itself -------------------------------------------------------------------------- */

static char *local_path(const struct source *s, const char *path)
{
    char *where = malloc(4096), *real = NULL, *result = NULL;
    if (where && fs_getospath(s->fs, "/", where, 4096) == 0)
        real = realpath(where, NULL);
    if (real)
        result = strcmp(path, "/") == 0 ? strdup(real) : path_join(real, path + 1);
    free(where);
    free(real);
    return result;
}

static bool into_itself(const struct source *from, const struct source *target, const char *to)
{
    char *a = local_path(from, from->path), *b = local_path(target, to);
    size_t length = a ? strlen(a) : 0;
    bool inside = a && b && strncmp(a, b, length) == 0 && (b[length] == '/' || !b[length] || length == 1);
    free(a);
    free(b);
    return inside;
}

static int copy_tree(struct copy *copy, const struct source *from, const struct source *target,
                     const char *to, const struct fs_info *info)
{
    struct tree_copy t = {copy, from, target, to};
    if (!copy->recursive)
        return complain(from->shown, -EISDIR, "-r copies directories");
    if (into_itself(from, target, to))
        return complain_text(-EINVAL, "%s: cannot be copied into itself", from->shown);
    int rc = make_directory((struct side){target->fs, to}, info);
    if (rc)
        return source_complain(target, to, rc);
    const struct walk walk = {from->fs, COPY_WANT, &t, NULL, entry, leave, failed};
    rc = walk_tree(&walk, from->path, info);
    if (rc && (rc == -ECANCELED || !copy->code))
        remember(copy, complain(from->shown, rc, NULL));
    return rc == -ECANCELED ? EXIT_CANCELLED : copy->code;
}

int copy_source(struct copy *copy, const struct source *from, const struct source *target, const char *to)
{
    struct fs_info info;
    bool at_target = false;
    int rc = source_info(from, COPY_WANT, &info);
    if (rc)
        return source_complain(from, from->path, rc);
    if (info.type == FS_TYPE_DIRECTORY)
        return copy_tree(copy, from, target, to, &info);
    const struct tree_copy t = {copy, from, target, to};
    copy->done = 0;
    copy->total = copy->recursive ? 0 : info.size;
    rc = copy_one(&t, (struct side){from->fs, from->path}, (struct side){target->fs, to}, &info, &at_target);
    if (rc)
        return source_complain(at_target ? target : from, at_target ? to : from->path, rc);
    return copy->code;
}

/* ---- arguments ---------------------------------------------------------------------------------------- */

static int one_argument(struct copy *copy, struct opening *o, const char *text, unsigned flags,
                        const struct source *target, bool into, copy_each each)
{
    struct source from;
    int code = source_open(o, text, flags, &from);
    if (code)
        return code;
    char *to = into && *from.name ? path_join(target->path, from.name) : strdup(target->path);
    code = to ? each(copy, &from, target, to) : complain(NULL, -ENOMEM, NULL);
    free(to);
    return source_end(&from, code);
}

int copy_arguments(struct copy *copy, struct opening *o, const struct call *call, unsigned flags,
                   copy_each each)
{
    struct source target;
    struct fs_info info;
    const char *last = call->argv[call->argc - 1];
    int code = source_open(o, last, SOURCE_TARGET, &target);
    if (code)
        return code;
    int rc = source_info(&target, 0, &info);
    bool into = rc == 0 && info.type == FS_TYPE_DIRECTORY;
    if (rc && rc != -ENOENT)
        code = source_complain(&target, target.path, rc);
    else if (!into && (call->argc > 2 || (*last && last[strlen(last) - 1] == '/' && rc == 0)))
        code = rc ? source_complain(&target, target.path, rc) : complain(target.shown, -ENOTDIR, NULL);
    bool go = code == 0;
    for (int i = 0; go && i + 1 < call->argc && code != EXIT_CANCELLED; i++) {
        copy->code = 0;
        int one = one_argument(copy, o, call->argv[i], flags, &target, into, each);
        code = one ? one : code;
    }
    return source_end(&target, code);
}
