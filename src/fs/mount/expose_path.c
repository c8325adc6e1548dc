// SPDX-License-Identifier: MIT
/*
 * Names of the volume, paths of the object, symbolic links between them, and statuses for what goes wrong.
 *
 * Who opens a name with FILE_OPEN_REPARSE_POINT, as the mount does, sees a symbolic link itself; its kernel
 * follows it. To others, who know of none, one whose target lies in the object is shown as what it leads to;
 * absolute ones, and those that lead out, nowhere or in circles, as a small file that holds the target.
 * Following is done here, name by name, so that it cannot leave the object whatever the object does. It costs
 * nothing where there are no links: a path is walked only after the plain one failed in a directory that is
 * none.
 */
#include "fs/mount/expose_i.h"

#include "base/name.h"
#include <errno.h>
#include <string.h>

/* ---- statuses -------------------------------------------------------------------------------------- */

/* Where we think otherwise than DokanNtStatusFromErrno(). ENOSYS must never get out as such: it would select
 * the engine's default. */
static const struct {
    int error;
    NTSTATUS status;
} rows[] = {
    {ENOSYS, STATUS_NOT_SUPPORTED},
    {EOPNOTSUPP, STATUS_NOT_SUPPORTED},
    {ENETDOWN, STATUS_CONNECTION_DISCONNECTED},
    {ESHUTDOWN, STATUS_FILE_CLOSED},
    {EPERM, STATUS_ACCESS_DENIED},
};

NTSTATUS status_of(int rc)
{
    if (rc >= 0)
        return STATUS_SUCCESS;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (rows[i].error == -rc)
            return rows[i].status;
    return DokanNtStatusFromErrno(rc);
}

NTSTATUS status_of_path(int rc)
{
    return rc == -EINVAL ? STATUS_OBJECT_NAME_INVALID : status_of(rc);
}

NTSTATUS status_of_find(int rc, const struct where *where)
{
    return rc == -ENOENT && where->no_parent ? STATUS_OBJECT_PATH_NOT_FOUND : status_of_path(rc);
}

/* ---- paths ----------------------------------------------------------------------------------------- */

int path_from_nt(LPCWSTR name, struct fs_path *out)
{
    char bytes[1 + NAME_MAX_BYTES];
    int rc = 0;
    bytes[0] = '/';
    while (rc == 0 && *name) {
        size_t n = 0;
        while (name[n] && name[n] != u'\\')
            n++;
        ptrdiff_t length = n ? name_to_linux(name, n, bytes + 1, NAME_MAX_BYTES, 0) : 0;
        if (length < 0)
            return (int)length;
        if (length)
            rc = fs_path_add(out, bytes, 1 + (size_t)length);
        name += n + (name[n] == u'\\');
    }
    return rc == 0 && out->length == 0 ? fs_path_add(out, "/", 1) : rc;
}

static void path_clear(struct fs_path *path)
{
    path->length = 0;
    path->text[0] = 0;
}

static int path_copy(struct fs_path *to, const char *text)
{
    path_clear(to);
    return fs_path_add(to, text, strlen(text));
}

static void path_cut_to_parent(struct fs_path *path)
{
    path->length = fs_path_parent(path->text);
    path->text[path->length] = 0;
}

/* ---- following ------------------------------------------------------------------------------------- */

/* A walk from a directory along `rest`, a text with whatever slashes, dots and links. */
struct walk {
    struct expose *ex;
    struct fs_path *at;  /* where we are; no link is in it */
    struct fs_path rest; /* what is left, from `next` on */
    size_t next;
    unsigned hops;
    struct fs_info info; /* of `at` */
};

/* The target, followed by what was left. */
static int walk_into_link(struct walk *walk)
{
    char target[LINK_BYTES];
    int rc =
        ++walk->hops > LINK_HOPS ? -ELOOP : fs_readlink(walk->ex->fs, walk->at->text, target, sizeof target);
    if (rc == 0 && target[0] == '/')
        rc = -EXDEV;
    if (rc)
        return rc;
    CLEANUP_PATH struct fs_path rest;
    fs_path_init(&rest);
    rc = fs_path_add(&rest, target, strlen(target));
    rc = rc ? rc : fs_path_add(&rest, "/", 1);
    rc = rc ? rc : fs_path_add(&rest, walk->rest.text + walk->next, walk->rest.length - walk->next);
    rc = rc ? rc : path_copy(&walk->rest, rest.text);
    walk->next = 0;
    path_cut_to_parent(walk->at);
    return rc;
}

static int walk_up(struct walk *walk)
{
    if (walk->at->length <= 1)
        return -EXDEV;
    path_cut_to_parent(walk->at);
    walk->info.type = FS_TYPE_DIRECTORY;
    return 0;
}

static int walk_name(struct walk *walk, const char *name, size_t length, uint32_t want)
{
    if (length == 0 || (length == 1 && name[0] == '.'))
        return 0;
    if (walk->info.type != FS_TYPE_DIRECTORY)
        return -ENOTDIR;
    if (length == 2 && name[0] == '.' && name[1] == '.')
        return walk_up(walk);
    int rc = walk->at->length > 1 ? fs_path_add(walk->at, "/", 1) : 0;
    rc = rc ? rc : fs_path_add(walk->at, name, length);
    rc = rc ? rc : fs_getinfo(walk->ex->fs, walk->at->text, want, &walk->info);
    if (rc == 0 && walk->info.type == FS_TYPE_SYMLINK) {
        rc = walk_into_link(walk);
        walk->info.type = FS_TYPE_DIRECTORY; /* of what we are back at */
    }
    return rc;
}

/* `at` is a directory without links. 0, -EXDEV for one that leads out, or another -errno. */
static int walk_along(struct expose *ex, struct fs_path *at, const char *text, uint32_t want,
                      struct fs_info *info)
{
    struct walk walk = {.ex = ex, .at = at, .info = {.type = FS_TYPE_DIRECTORY}};
    fs_path_init(&walk.rest);
    int rc = fs_path_add(&walk.rest, text, strlen(text));
    while (rc == 0 && walk.next < walk.rest.length) {
        CLEANUP_PATH struct fs_path name;
        const char *from = walk.rest.text + walk.next;
        size_t length = (size_t)(strchrnul(from, '/') - from);
        fs_path_init(&name);
        rc = fs_path_add(&name, from, length); /* the rest may change under it */
        walk.next += length + (from[length] == '/');
        rc = rc ? rc : walk_name(&walk, name.text, length, want);
    }
    fs_path_free(&walk.rest);
    if (rc == 0 && walk.info.valid == 0 && want) /* we came back to a directory by dots */
        rc = fs_getinfo(ex->fs, at->text, want, &walk.info);
    *info = walk.info;
    return rc;
}

void where_follow(struct expose *ex, struct where *where)
{
    char text[LINK_BYTES];
    struct fs_info found;
    const uint32_t want = SHOWN_FACTS | FS_INFO_LINKS | FS_INFO_ID;
    where->link = where->linked = true;
    int rc = path_copy(&where->target, where->entry.text);
    if (rc == 0)
        path_cut_to_parent(&where->target);
    rc = rc ? rc : fs_readlink(ex->fs, where->entry.text, text, sizeof text);
    size_t length = rc ? 0 : strlen(text);
    if (rc == 0)
        rc = text[0] == '/' ? -EXDEV : walk_along(ex, &where->target, text, want, &found);
    if (rc == 0) {
        where->info = found;
        return;
    }
    where->text = true;
    where->info.type = FS_TYPE_FILE;
    where->info.size = length;
    where->info.mode = 0444;
    where->info.valid |= FS_INFO_SIZE | FS_INFO_MODE;
}

/* ---- finding --------------------------------------------------------------------------------------- */

void where_init(struct where *where)
{
    fs_path_init(&where->entry);
    fs_path_init(&where->target);
    where->linked = where->link = where->text = where->no_parent = where->itself = false;
}

void where_end(struct where *where)
{
    fs_path_free(&where->entry);
    fs_path_free(&where->target);
}

const char *where_path(const struct where *where)
{
    return where->link && !where->text ? where->target.text : where->entry.text;
}

/* The plain path failed with rc. Where its directory is a plain one, that is all; else there may be links on
 * the way: they are followed, and the last name is put behind what they lead to. 1: the entry has changed. */
static int find_parent(struct expose *ex, struct where *where, int rc)
{
    struct fs_info info;
    if (where->entry.length <= 1 || fs_path_parent(where->entry.text) == 1)
        return rc;
    CLEANUP_PATH struct fs_path real;
    CLEANUP_PATH struct fs_path parent;
    fs_path_init(&real);
    fs_path_init(&parent);
    int error = fs_path_add(&parent, where->entry.text, fs_path_parent(where->entry.text));
    if (error == 0 && fs_getinfo(ex->fs, parent.text, 0, &info) == 0 && info.type != FS_TYPE_SYMLINK)
        return info.type == FS_TYPE_DIRECTORY ? rc : -ENOTDIR;
    error = error ? error : fs_path_add(&real, "/", 1);
    error = error ? error : walk_along(ex, &real, parent.text, 0, &info);
    if (error == 0 && info.type != FS_TYPE_DIRECTORY)
        return -ENOTDIR;
    where->no_parent = error == -ENOENT;
    if (error)
        return error == -EXDEV || error == -ELOOP ? -ENOTDIR : error;
    if (strcmp(real.text, parent.text) == 0)
        return rc;
    error = fs_path_join(&real, fs_path_name(where->entry.text));
    error = error ? error : path_copy(&where->entry, real.text);
    where->linked = true;
    return error ? error : 1;
}

static bool may_be_link(int rc)
{
    return rc == -ENOENT || rc == -ENOTDIR || rc == -ELOOP || rc == -EXDEV;
}

int where_find(struct expose *ex, LPCWSTR name, uint32_t want, struct where *where)
{
    int rc = path_from_nt(name, &where->entry);
    return rc ? rc : where_find_entry(ex, want, where);
}

int where_find_entry(struct expose *ex, uint32_t want, struct where *where)
{
    int rc = fs_getinfo(ex->fs, where->entry.text, want, &where->info);
    if (may_be_link(rc) && !where->itself) {
        rc = find_parent(ex, where, rc);
        if (rc == 1)
            rc = fs_getinfo(ex->fs, where->entry.text, want, &where->info);
    }
    if (rc)
        return rc;
    if (where->info.type == FS_TYPE_SYMLINK && !where->itself)
        where_follow(ex, where);
    note_facts(ex, &where->info);
    size_apply(&ex->sizes, where_path(where), &where->info);
    return 0;
}

int where_entry(struct expose *ex, LPCWSTR name, bool linked, struct where *where)
{
    int rc = path_from_nt(name, &where->entry);
    if (rc || !linked)
        return rc;
    rc = find_parent(ex, where, 0);
    return rc == 1 ? 0 : rc;
}
