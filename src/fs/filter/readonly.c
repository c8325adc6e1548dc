// SPDX-License-Identifier: MIT
/*
 * Nothing can be changed. The checker refuses with -EROFS because of the flag; the methods here answer for
 * layers above that open with other flags than they were given, and for the space shown.
 */
#include "fs/fs_i.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

static int readonly_open_file(struct fs *fs, const char *path, int flags, uint32_t mode, struct fs_file *file)
{
    if ((flags & O_ACCMODE) != O_RDONLY || flags & (O_CREAT | O_TRUNC))
        return -EROFS;
    return fs_open_next(fs_next(fs), path, flags, mode, file);
}

static int readonly_statfs(struct fs *fs, struct fs_space *space)
{
    int rc = fs_statfs(fs_next(fs), space);
    space->free = space->available = space->files_free = 0;
    return rc;
}

static const struct fs_table readonly_table = {
    .size = sizeof(struct fs_table),
    .version = FS_API_VERSION,
    .flags = FS_THREAD_SAFE | FS_FILE_THREAD_SAFE | FS_ATOMIC_RENAME | FS_CACHEABLE | FS_READ_ONLY,
    .name = "readonly",
    .open = readonly_open_file,
    .statfs = readonly_statfs,
};

static int readonly_open(struct fs *next, const struct fs_params *params, struct fs **fs,
                         struct fs_error *error)
{
    int rc = fs_new(&readonly_table, NULL, next, fs);
    return rc ? fs_fail(error, rc, "filter readonly: cannot be added: %s", strerror(-rc)) : 0;
}

static const struct fs_param_doc readonly_params[] = {{NULL, NULL, NULL}};

const struct fs_filter filter_readonly = {
    .size = sizeof(struct fs_filter),
    .version = FS_API_VERSION,
    .name = "readonly",
    .summary = "Refuses every change",
    .params = readonly_params,
    .open = readonly_open,
};
