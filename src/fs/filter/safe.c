// SPDX-License-Identifier: MIT
/*
 * What is below can be shown to Windows: its names are mapped (safe_name.h), and files that Windows obeys
 * without being asked are hidden: they are not listed, not found, and cannot be made.
 *
 * A path above is the path below with every component encoded. A name that gets too long for a path is left
 * out.
 */
#include "fs/filter/safe_name.h"
#include "fs/fs_i.h"

#include "base/cleanup.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <strings.h>

struct safe {
    bool autorun;    /* show it */
    bool hide_links; /* desktop.ini, *.lnk */
};

static int safe_close(struct fs *fs)
{
    free(fs_data(fs));
    return 0;
}

static bool hidden(const struct safe *safe, const char *raw, size_t length, bool in_root)
{
    if (in_root && !safe->autorun && length >= 8 && strncasecmp(raw, "autorun.", 8) == 0)
        return true;
    if (!safe->hide_links)
        return false;
    return (length == 11 && strncasecmp(raw, "desktop.ini", 11) == 0) ||
           (length >= 4 && strncasecmp(raw + length - 4, ".lnk", 4) == 0);
}

typedef ssize_t (*convert_fn)(const char *in, size_t length, char *out, size_t room);

static int add_component(struct fs_path *out, convert_fn convert, const char *name, size_t length)
{
    char buf[SAFE_NAME_ROOM(FS_NAME_MAX)];
    ssize_t n = convert(name, length, buf, sizeof buf);
    if (n > FS_NAME_MAX)
        n = -ENAMETOOLONG;
    return n < 0 ? (int)n : fs_path_add(out, buf, (size_t)n);
}

/* -EINVAL for a name that Windows cannot hold, -EACCES for a hidden one. */
static int to_raw(const struct safe *safe, const char *path, struct fs_path *out)
{
    if (!path[1])
        return fs_path_add(out, path, 1);
    int rc = 0;
    for (const char *name = path; rc == 0 && *name;) {
        const char *end = strchrnul(++name, '/');
        rc = fs_path_add(out, "/", 1);
        size_t start = out->length;
        rc = rc ? rc : add_component(out, safe_decode, name, (size_t)(end - name));
        if (rc == 0 && hidden(safe, out->text + start, out->length - start, name == path + 1))
            rc = -EACCES;
        name = end;
    }
    return rc;
}

/* For what looks for a file: such a name is not there. */
static int safe_map_path(struct fs *fs, const char *path, struct fs_path *out)
{
    int rc = to_raw(fs_data(fs), path, out);
    return rc == -EINVAL || rc == -EACCES ? -ENOENT : rc;
}

struct listing {
    const struct safe *safe;
    fs_fill fill;
    void *ctx;
    bool root;
};

static int fill_shown(void *ctx, const char *name, const struct fs_info *info, uint64_t next)
{
    struct listing *list = ctx;
    char shown[SAFE_NAME_ROOM(FS_NAME_MAX)];
    size_t length = strlen(name);
    if (hidden(list->safe, name, length, list->root))
        return 0;
    ssize_t n = safe_encode(name, length, shown, sizeof shown);
    return n < 0 || n > FS_NAME_MAX ? 0 : list->fill(list->ctx, shown, info, next);
}

static int safe_scandir(struct fs *fs, const char *path, uint32_t want, uint64_t cursor, fs_fill fill,
                        void *ctx)
{
    CLEANUP_PATH struct fs_path raw;
    fs_path_init(&raw);
    int rc = safe_map_path(fs, path, &raw);
    struct listing list = {fs_data(fs), fill, ctx, !path[1]};
    return rc ? rc : fs_scandir(fs_next(fs), raw.text, want, cursor, fill_shown, &list);
}

/* ---- what makes a name says why it cannot ---------------------------------------------------------------
 */

static int safe_open_file(struct fs *fs, const char *path, int flags, uint32_t mode, struct fs_file *file)
{
    CLEANUP_PATH struct fs_path raw;
    fs_path_init(&raw);
    int rc = flags & O_CREAT ? to_raw(fs_data(fs), path, &raw) : safe_map_path(fs, path, &raw);
    return rc ? rc : fs_open_next(fs_next(fs), raw.text, flags, mode, file);
}

static int safe_makedir(struct fs *fs, const char *path, uint32_t mode)
{
    CLEANUP_PATH struct fs_path raw;
    fs_path_init(&raw);
    int rc = to_raw(fs_data(fs), path, &raw);
    return rc ? rc : fs_makedir(fs_next(fs), raw.text, mode);
}

static int two_paths(struct fs *fs, const char *from, const char *to, struct fs_path *raw_from,
                     struct fs_path *raw_to)
{
    fs_path_init(raw_from);
    fs_path_init(raw_to);
    int rc = safe_map_path(fs, from, raw_from);
    return rc ? rc : to_raw(fs_data(fs), to, raw_to);
}

static int safe_rename(struct fs *fs, const char *from, const char *to, uint32_t flags)
{
    CLEANUP_PATH struct fs_path raw_from;
    CLEANUP_PATH struct fs_path raw_to;
    int rc = two_paths(fs, from, to, &raw_from, &raw_to);
    return rc ? rc : fs_rename(fs_next(fs), raw_from.text, raw_to.text, flags);
}

static int safe_link(struct fs *fs, const char *from, const char *to)
{
    CLEANUP_PATH struct fs_path raw_from;
    CLEANUP_PATH struct fs_path raw_to;
    int rc = two_paths(fs, from, to, &raw_from, &raw_to);
    return rc ? rc : fs_link(fs_next(fs), raw_from.text, raw_to.text);
}

/* ---- targets of symbolic links: their components are names too -------------------------------------------
 */

static bool is_step(const char *name, size_t length)
{
    return length == 0 || (name[0] == '.' && (length == 1 || (length == 2 && name[1] == '.')));
}

static int map_target(const char *target, convert_fn convert, struct fs_path *out)
{
    int rc = 0;
    while (rc == 0) {
        size_t length = (size_t)(strchrnul(target, '/') - target);
        rc = is_step(target, length) || length > FS_NAME_MAX ? fs_path_add(out, target, length)
                                                             : add_component(out, convert, target, length);
        target += length;
        if (rc || !*target++)
            return rc;
        rc = fs_path_add(out, "/", 1);
    }
    return rc;
}

static int safe_readlink(struct fs *fs, const char *path, char *buf, size_t size)
{
    CLEANUP_PATH struct fs_path raw;
    CLEANUP_PATH struct fs_path shown;
    fs_path_init(&raw);
    fs_path_init(&shown);
    CLEANUP_FREE char *target = malloc(FS_PATH_MAX + 1);
    int rc = target ? safe_map_path(fs, path, &raw) : -ENOMEM;
    rc = rc ? rc : fs_readlink(fs_next(fs), raw.text, target, FS_PATH_MAX + 1);
    rc = rc ? rc : map_target(target, safe_encode, &shown);
    if (rc == 0 && shown.length >= size)
        rc = -ERANGE;
    if (rc == 0)
        memcpy(buf, shown.text, shown.length + 1);
    return rc;
}

static int safe_symlink(struct fs *fs, const char *target, const char *path)
{
    CLEANUP_PATH struct fs_path raw;
    CLEANUP_PATH struct fs_path raw_target;
    fs_path_init(&raw);
    fs_path_init(&raw_target);
    int rc = to_raw(fs_data(fs), path, &raw);
    rc = rc ? rc : map_target(target, safe_decode, &raw_target);
    return rc ? rc : fs_symlink(fs_next(fs), raw_target.text, raw.text);
}

static const struct fs_table safe_table = {
    .size = sizeof(struct fs_table),
    .version = FS_API_VERSION,
    .flags = FS_THREAD_SAFE | FS_FILE_THREAD_SAFE | FS_ATOMIC_RENAME | FS_CACHEABLE,
    .name = "safe",
    .close = safe_close,
    .map_path = safe_map_path,
    .scandir = safe_scandir,
    .open = safe_open_file,
    .makedir = safe_makedir,
    .rename = safe_rename,
    .link = safe_link,
    .readlink = safe_readlink,
    .symlink = safe_symlink,
};

static int safe_open(struct fs *next, const struct fs_params *params, struct fs **fs, struct fs_error *error)
{
    CLEANUP_FREE struct safe *safe = calloc(1, sizeof *safe);
    if (!safe)
        return fs_fail(error, -ENOMEM, "filter safe: no memory");
    safe->autorun = fs_param(params, "autorun") != NULL;
    safe->hide_links = fs_param(params, "hide-links") != NULL;
    int rc = fs_new(&safe_table, safe, next, fs);
    if (rc)
        return fs_fail(error, rc, "filter safe: cannot be added: %s", strerror(-rc));
    (void)steal_ptr(&safe);
    return 0;
}

static const struct fs_param_doc safe_params[] = {
    {"autorun", NULL, "show autorun.* in the root; hidden otherwise"},
    {"hide-links", NULL, "hide desktop.ini and *.lnk everywhere; shown otherwise"},
    {NULL, NULL, NULL},
};

const struct fs_filter filter_safe = {
    .size = sizeof(struct fs_filter),
    .version = FS_API_VERSION,
    .name = "safe",
    .summary = "Maps names that Windows cannot hold and hides autorun files",
    .params = safe_params,
    .open = safe_open,
};
