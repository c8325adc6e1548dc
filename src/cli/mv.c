// SPDX-License-Identifier: MIT
/*
 * dokanctl mv FILE... TARGET
 */
#include "cli/copy.h"

#include "cli/entries.h"
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The directory of this machine that has the path; false where it lies elsewhere. */
static bool local_directory(const struct source *s, const char *path, char *out)
{
    char *parent = path_parent(path);
    bool local = s->local && parent && fs_getospath(s->fs, parent, out, PATH_MAX) == 0;
    free(parent);
    return local;
}

/* -EXDEV where it must be copied. */
static int rename_local(const struct copy *copy, const struct source *from, const struct source *target,
                        const char *to)
{
    char a[PATH_MAX], b[PATH_MAX];
    if (!local_directory(from, from->path, a) || !local_directory(target, to, b))
        return -EXDEV;
    int dir_a = open(a, O_PATH | O_DIRECTORY | O_CLOEXEC), dir_b = open(b, O_PATH | O_DIRECTORY | O_CLOEXEC);
    unsigned flags = copy->no_clobber ? RENAME_NOREPLACE : 0;
    int rc = dir_a < 0 || dir_b < 0 ? -EXDEV : 0;
    if (rc == 0 && renameat2(dir_a, path_name(from->path), dir_b, path_name(to), flags) < 0)
        rc = -errno;
    if (dir_a >= 0)
        close(dir_a);
    if (dir_b >= 0)
        close(dir_b);
    return rc;
}

static bool exists(const struct source *target, const char *to)
{
    struct fs_info info;
    return fs_getinfo(target->fs, to, 0, &info) == 0;
}

static int move_one(struct copy *copy, const struct source *from, const struct source *target, const char *to)
{
    struct fs_info info;
    if (strcmp(from->path, "/") == 0)
        return complain(from->shown, -EBUSY, "a whole source cannot be moved; name what is in it");
    if (copy->no_clobber && exists(target, to))
        return 0;
    int rc = from->fs == target->fs ? fs_rename(from->fs, from->path, to, 0)
                                    : rename_local(copy, from, target, to);
    if (rc == 0 || (rc == -EEXIST && copy->no_clobber))
        return 0;
    if (rc != -EXDEV)
        return source_complain(rc == -ENOENT ? from : target, rc == -ENOENT ? from->path : to, rc);
    if (fs_flags(from->fs) & FS_READ_ONLY)
        return complain(from->shown, -EROFS, "cp copies it");
    rc = source_info(from, 0, &info);
    int code = rc ? source_complain(from, from->path, rc) : copy_source(copy, from, target, to);
    return code || copy->skipped ? code : remove_source(from, from->path, &info);
}

int run_mv(const struct call *call)
{
    struct opening o;
    struct copy copy;
    int code = copy_start(&copy, call);
    int other = opening_start(&o, call, false);
    copy.recursive = true;
    code = code ? code : other;
    code = code ? code : copy_arguments(&copy, &o, call, SOURCE_LINK, move_one);
    copy_end(&copy);
    opening_close(&o);
    return code;
}
