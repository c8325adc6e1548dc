// SPDX-License-Identifier: MIT
/*
 * A folder becomes the root. Paths cannot leave it: they come without "..", and nobody follows symbolic links
 * here.
 */
#include "fs/fs_i.h"

#include "base/cleanup.h"
#include <errno.h>
#include <string.h>

static int sub_close(struct fs *fs)
{
    free(fs_data(fs));
    return 0;
}

static int sub_map_path(struct fs *fs, const char *path, struct fs_path *out)
{
    const char *dir = fs_data(fs);
    int rc = fs_path_add(out, dir, strlen(dir));
    return rc || (*dir && !path[1]) ? rc : fs_path_add(out, path, strlen(path));
}

static const struct fs_table sub_table = {
    .size = sizeof(struct fs_table),
    .version = FS_API_VERSION,
    .flags = FS_THREAD_SAFE | FS_FILE_THREAD_SAFE | FS_ATOMIC_RENAME | FS_CACHEABLE,
    .name = "sub",
    .close = sub_close,
    .map_path = sub_map_path,
};

static int resolve(struct fs *next, const char *dir, char **out, struct fs_error *error)
{
    CLEANUP_PATH struct fs_path path;
    fs_path_init(&path);
    struct fs_info info;
    int rc = fs_path_resolve(&path, dir);
    rc = rc ? rc : fs_getinfo(next, path.text, 0, &info);
    if (rc == 0 && info.type != FS_TYPE_DIRECTORY)
        rc = -ENOTDIR;
    if (rc)
        return fs_fail(error, rc, "filter sub: %s: %s", dir, strerror(-rc));
    *out = strdup(path.text[1] ? path.text : ""); /* the root itself: paths stay as they are */
    return *out ? 0 : fs_fail(error, -ENOMEM, "filter sub: no memory");
}

static int sub_open(struct fs *next, const struct fs_params *params, struct fs **fs, struct fs_error *error)
{
    const char *dir = fs_param(params, "dir");
    if (!dir || !*dir)
        return fs_fail(error, -EINVAL, "filter sub: which folder? Write sub:dir=/folder");
    CLEANUP_FREE char *path = NULL;
    int rc = resolve(next, dir, &path, error);
    if (rc)
        return rc;
    rc = fs_new(&sub_table, path, next, fs);
    if (rc)
        return fs_fail(error, rc, "filter sub: cannot be added: %s", strerror(-rc));
    (void)steal_ptr(&path);
    return 0;
}

static const struct fs_param_doc sub_params[] = {
    {"dir", "FOLDER", "the folder that becomes the root; required"},
    {NULL, NULL, NULL},
};

const struct fs_filter filter_sub = {
    .size = sizeof(struct fs_filter),
    .version = FS_API_VERSION,
    .name = "sub",
    .summary = "Makes a folder the root",
    .params = sub_params,
    .open = sub_open,
};
