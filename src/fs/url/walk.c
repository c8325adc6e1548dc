// SPDX-License-Identifier: MIT
/*
 * Walks inside an object: component by component, symbolic links followed within it. An absolute target
 * begins at the object's root. `..` goes to the parent of where the walk is, so it leads back out of what a
 * link pointed to, as in the kernel; above the root it leads nowhere.
 */
#include "fs/url/place.h"

#include "base/cleanup.h"
#include "fs/url/near.h"
#include "fs/url/url.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>

enum { NEAR_ENTRIES_MAX = 20000, TARGET_MAX = 4096 };

struct walk {
    struct fs *fs;
    struct fs_path *path;
    struct fs_info *info;
    char *pending;    /* all that is left, on the heap */
    const char *rest; /* a place in pending */
    unsigned links;
};

static int walk_up(struct fs_path *path)
{
    if (path->length <= 1)
        return -EXDEV;
    path->length = fs_path_parent(path->text);
    path->text[path->length] = 0;
    return 0;
}

/* What the link says comes before what was left. */
static int follow(struct walk *walk)
{
    CLEANUP_FREE char *target = malloc(TARGET_MAX);
    char *pending;
    if (++walk->links > WALK_LINKS_MAX)
        return -ELOOP;
    if (!target)
        return -ENOMEM;
    int rc = fs_readlink(walk->fs, walk->path->text, target, TARGET_MAX);
    if (rc)
        return rc;
    if (asprintf(&pending, "%s/%s", target, walk->rest) < 0)
        return -ENOMEM;
    free(walk->pending);
    walk->rest = walk->pending = pending;
    if (strlen(pending) > FS_PATH_MAX)
        return -ENAMETOOLONG;
    walk->path->length = target[0] == '/' ? 1 : fs_path_parent(walk->path->text);
    walk->path->text[walk->path->length] = 0;
    return 0;
}

static int enter(struct walk *walk, const char *name, size_t length)
{
    char copy[FS_NAME_MAX + 1];
    if (length > FS_NAME_MAX)
        return -ENAMETOOLONG;
    memcpy(copy, name, length);
    copy[length] = 0;
    int rc = fs_path_join(walk->path, copy);
    if (rc == 0)
        rc = fs_getinfo(walk->fs, walk->path->text, FS_INFO_SIZE, walk->info);
    if (rc)
        return rc;
    if (walk->info->type == FS_TYPE_SYMLINK)
        return follow(walk);
    return walk->info->type != FS_TYPE_DIRECTORY && walk->rest[strspn(walk->rest, "/")] ? -ENOTDIR : 0;
}

static int step(struct walk *walk)
{
    const char *name = walk->rest + strspn(walk->rest, "/");
    size_t length = strcspn(name, "/");
    walk->rest = name + length;
    if (length == 0 || (length == 1 && name[0] == '.'))
        return 0;
    if (length == 2 && memcmp(name, "..", 2) == 0)
        return walk_up(walk->path);
    return enter(walk, name, length);
}

int walk_to(struct fs *fs, const char *from, const char *text, struct fs_path *out, struct fs_info *info)
{
    struct walk walk = {.fs = fs, .path = out, .info = info, .pending = strdup(text)};
    fs_path_init(out);
    if (!walk.pending)
        return -ENOMEM;
    walk.rest = walk.pending;
    int rc = text[0] == '/' ? fs_path_add(out, "/", 1) : fs_path_add(out, from, strlen(from));
    while (rc == 0 && *walk.rest)
        rc = step(&walk);
    free(walk.pending);
    return rc ? rc : fs_getinfo(fs, out->text, FS_INFO_SIZE, info);
}

/* ---- what is wrong ---------------------------------------------------------------------------------- */

struct offering {
    struct near near;
    unsigned count;
};

static int offer(void *ctx, const char *name, const struct fs_info *info, uint64_t next)
{
    struct offering *offering = ctx;
    near_offer(&offering->near, name);
    return ++offering->count > NEAR_ENTRIES_MAX;
}

static int missing(struct fs *fs, const char *path, const char *shown, struct fs_error *error)
{
    struct offering offering = {0};
    struct fs_path parent;
    char hint[NEAR_MAX + 32];
    fs_path_init(&parent);
    CLEANUP_SHOWN char *where = url_shown(path);
    near_start(&offering.near, fs_path_name(path));
    if (fs_path_add(&parent, path, fs_path_parent(path)) == 0)
        (void)fs_scandir(fs, parent.text, 0, 0, offer, &offering);
    fs_path_free(&parent);
    return fs_fail(error, -ENOENT, "no such file or directory: '%.400s' in %.400s%s", where, shown,
                   near_text(&offering.near, "", hint, sizeof hint));
}

int walk_failed(struct fs *fs, const char *path, int rc, const char *shown, struct fs_error *error)
{
    static const struct {
        int rc;
        const char *text;
    } rows[] = {
        {-EXDEV, "leads out of the root ('..')"},
        {-ELOOP, "goes through too many symbolic links"},
        {-ENOTDIR, "is a file; write '!' behind an archive to look into it"},
    };
    CLEANUP_SHOWN char *where = url_shown(path);
    if (rc == -ENOENT)
        return missing(fs, path, shown, error);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (rows[i].rc == rc)
            return fs_fail(error, rc, "%.400s: '%.400s' %s", shown, where, rows[i].text);
    return fs_fail(error, rc, "%.400s: '%.400s': %s", shown, where, strerror(-rc));
}

ssize_t walk_head(struct fs *fs, const char *path, void *buf)
{
    struct fs_file *file;
    ssize_t got = 0, rc = fs_open(fs, path, O_RDONLY, 0, &file);
    if (rc)
        return rc;
    do {
        rc = fs_f_pread(fs, file, (char *)buf + got, HEAD_SIZE - (size_t)got, (uint64_t)got);
        got += rc > 0 ? rc : 0;
    } while (rc > 0 && got < HEAD_SIZE);
    (void)fs_f_close(fs, file);
    return rc < 0 ? rc : got;
}
