// SPDX-License-Identifier: MIT
/*
 * `file`: a directory of this machine. host.h says how it is laid out; here are the object and the format.
 */
#include "fs/format/host.h"

#include "base/cleanup.h"
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

static int host_close(struct fs *fs)
{
    struct host *host = host_of(fs);
    close(host->fd);
    host_lists_free(host);
    free(host);
    return 0;
}

static const struct fs_table host_table = {
    .size = sizeof(struct fs_table),
    .version = FS_API_VERSION,
    .flags = FS_THREAD_SAFE | FS_FILE_THREAD_SAFE | FS_ATOMIC_RENAME,
    .name = "file",
    .close = host_close,
    .getinfo = host_getinfo,
    .scandir = host_scandir,
    .open = host_file_open,
    .f_close = host_f_close,
    .f_pread = host_f_pread,
    .f_pwrite = host_f_pwrite,
    .f_truncate = host_f_truncate,
    .f_flush = host_f_flush,
    .f_fsync = host_f_fsync,
    .f_getinfo = host_f_getinfo,
    .f_setinfo = host_f_setinfo,
    .f_lock = host_f_lock,
    .makedir = host_makedir,
    .remove = host_remove,
    .removedir = host_removedir,
    .rename = host_rename,
    .setinfo = host_setinfo,
    .readlink = host_readlink,
    .symlink = host_symlink,
    .link = host_hardlink,
    .getxattr = host_getxattr,
    .setxattr = host_setxattr,
    .listxattr = host_listxattr,
    .removexattr = host_removexattr,
    .statfs = host_statfs,
    .getmeta = host_getmeta,
    .getospath = host_getospath,
    .access = host_access,
};

int host_new(int fd, struct fs **out)
{
    CLEANUP_FD int root = fd;
    CLEANUP_FREE struct host *host = calloc(1, sizeof *host);
    if (!host)
        return -ENOMEM;
    host->fd = root;
    int rc = host_probe(host);
    if (rc == 0)
        rc = host_lists_new(host);
    if (rc == 0)
        rc = fs_new(&host_table, host, NULL, out);
    if (rc) {
        host_lists_free(host);
        return rc;
    }
    steal_fd(&root);
    steal_ptr(&host);
    return 0;
}

int fs_directory_new(const char *directory, struct fs **fs)
{
    if (!directory || !fs)
        return -EINVAL;
    int fd = open(directory, O_PATH | O_DIRECTORY | O_CLOEXEC);
    return fd < 0 ? -errno : host_new(fd, fs);
}

int folder_open(const struct fs_request *request, const char *path, mode_t mode, struct fs **fs,
                struct fs_error *error)
{
    bool create = request->options->create;
    const char *word = fs_param(&request->params, "create");
    if (word && *word && strcmp(word, "0") != 0 && strcmp(word, "1") != 0)
        return fs_fail(error, -EINVAL, "create=%s: write create=1 or create=0", word);
    if (word)
        create = strcmp(word, "0") != 0;
    int rc = create ? folder_make(path, mode) : 0;
    if (rc)
        return fs_fail(error, rc, "cannot make the directory %s: %s", path, strerror(-rc));
    rc = fs_directory_new(path, fs);
    if (rc == -ENOENT)
        return fs_fail(error, rc, "there is no directory %s; add ?create=1 to make it", path);
    if (rc)
        return fs_fail(error, rc, "cannot open the directory %s: %s", path, strerror(-rc));
    if (request->options->read_only)
        fs_set_flags(*fs, FS_READ_ONLY, 0);
    return 0;
}

static int host_format_open(const struct fs_request *request, struct fs **fs, struct fs_error *error)
{
    const char *path = request->resource;
    if (!*path)
        return fs_fail(error, -EINVAL, "no directory is named; write file:///its/path");
    if (path[0] != '~' || (path[1] && path[1] != '/'))
        return folder_open(request, path, 0777, fs, error);
    CLEANUP_FREE char *whole = NULL;
    const char *home = getenv("HOME");
    if (!home || !*home)
        return fs_fail(error, -ENOENT, "~ stands for $HOME, which is not set; write the whole path");
    if (asprintf(&whole, "%s%s", home, path + 1) < 0) {
        whole = NULL;
        return fs_fail(error, -ENOMEM, "memory is short");
    }
    return folder_open(request, whole, 0777, fs, error);
}

static const char *const host_schemes[] = {"file", "osfs", NULL};
static const struct fs_param_doc host_params[] = {
    {"create", "0|1", "make the directory, and those above it, if it is missing; default 0"},
    {NULL, NULL, NULL},
};

extern const struct fs_format format_file;
const struct fs_format format_file = {
    .size = sizeof(struct fs_format),
    .version = FS_API_VERSION,
    .schemes = host_schemes,
    .summary = "a directory of this machine; nothing outside of it can be reached",
    .params = host_params,
    .open = host_format_open,
};
