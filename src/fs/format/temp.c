// SPDX-License-Identifier: MIT
/*
 * `temp`: a private folder in $TMPDIR, removed with all that is in it when the object is closed.
 *
 * The object is a layer over a `file` object that only adds the removal. A fork copies objects: the folder
 * belongs to all copies, and the last process to close its own removes it. Who is left is told by a pipe: a
 * copy holds its writing end, and reading finds the end of file when there is no other copy any more. A
 * process that is killed takes its copy with it.
 */
#include "fs/format/host.h"

#include "base/cleanup.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct temp {
    int parent; /* the folder that it is in */
    int dir;
    int alive[2];
    char name[];
};

/* The descriptor is what was made; the name may be somebody else's by now. */
static bool still_ours(const struct temp *temp)
{
    struct stat made, named;
    return fstat(temp->dir, &made) == 0 &&
           fstatat(temp->parent, temp->name, &named, AT_SYMLINK_NOFOLLOW) == 0 &&
           made.st_ino == named.st_ino && made.st_dev == named.st_dev;
}

static int remove_folder(const struct temp *temp)
{
    int rc = folder_empty(temp->dir);
    if (rc || !still_ours(temp))
        return rc == -ENOENT ? 0 : rc;
    return unlinkat(temp->parent, temp->name, AT_REMOVEDIR) == 0 || errno == ENOENT ? 0 : -errno;
}

static bool is_last(struct temp *temp)
{
    char byte;
    close(temp->alive[1]);
    temp->alive[1] = -1;
    return read(temp->alive[0], &byte, 1) == 0;
}

static void temp_free(struct temp *temp)
{
    const int fds[] = {temp->parent, temp->dir, temp->alive[0], temp->alive[1]};
    for (size_t i = 0; i < sizeof fds / sizeof *fds; i++)
        if (fds[i] >= 0)
            close(fds[i]);
    free(temp);
}

static int temp_close(struct fs *fs)
{
    struct temp *temp = fs_data(fs);
    int rc = is_last(temp) ? remove_folder(temp) : 0;
    temp_free(temp);
    return rc;
}

static const struct fs_table temp_table = {
    .size = sizeof(struct fs_table),
    .version = FS_API_VERSION,
    .flags = FS_THREAD_SAFE | FS_FILE_THREAD_SAFE | FS_ATOMIC_RENAME | FS_CACHEABLE,
    .name = "temp",
    .close = temp_close,
};

static int open_folders(struct temp *temp, const char *path)
{
    char *slash = strrchr(path, '/');
    CLEANUP_FREE char *parent = strndup(path, slash == path ? 1 : (size_t)(slash - path));
    strcpy(temp->name, slash + 1);
    temp->parent = parent ? open(parent, O_PATH | O_DIRECTORY | O_CLOEXEC) : -1;
    temp->dir = openat(temp->parent, temp->name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (temp->parent < 0 || temp->dir < 0 || pipe2(temp->alive, O_CLOEXEC | O_NONBLOCK) != 0)
        return -errno;
    return 0;
}

/* The layer over the folder at `path`, which stays when that fails. */
static int temp_new(const char *path, struct fs **out)
{
    struct temp *temp = malloc(sizeof *temp + strlen(path) + 1);
    if (!temp)
        return -ENOMEM;
    *temp = (struct temp){-1, -1, {-1, -1}};
    CLEANUP_FS struct fs *below = NULL;
    int rc = open_folders(temp, path);
    int root = rc ? -1 : openat(temp->dir, ".", O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (rc == 0)
        rc = root < 0 ? -errno : host_new(root, &below);
    if (rc == 0) {
        fs_set_flags(below, FS_CACHEABLE, 0);
        rc = fs_new(&temp_table, temp, below, out);
    }
    if (rc)
        temp_free(temp);
    else
        steal_ptr(&below);
    return rc;
}

/* What may stand in a file name; the rest becomes "_". */
static void tidy(char *name)
{
    for (; *name; name++)
        if (*name == '/' || (unsigned char)*name < 0x20)
            *name = '_';
}

static int temp_format_open(const struct fs_request *request, struct fs **fs, struct fs_error *error)
{
    const char *folder = getenv("TMPDIR"), *name = request->resource;
    CLEANUP_FREE char *ident = strndup(*name ? name : "dokan", 100);
    CLEANUP_FREE char *path = NULL;
    if (!folder || folder[0] != '/')
        folder = "/tmp";
    if (!ident)
        return fs_fail(error, -ENOMEM, "memory is short");
    tidy(ident);
    if (asprintf(&path, "%s/%s-XXXXXX", folder, ident) < 0) {
        path = NULL;
        return fs_fail(error, -ENOMEM, "memory is short");
    }
    if (!mkdtemp(path))
        return fs_fail(error, -errno,
                       "cannot make a folder in %s: %s; set TMPDIR to a place that you may write", folder,
                       strerror(errno));
    int rc = temp_new(path, fs);
    if (rc) {
        (void)rmdir(path);
        return fs_fail(error, rc, "cannot use the folder %s: %s", path, strerror(-rc));
    }
    if (request->options->read_only)
        fs_set_flags(*fs, FS_READ_ONLY, 0);
    return 0;
}

static const char *const temp_schemes[] = {"temp", NULL};
static const struct fs_param_doc temp_params[] = {{NULL, NULL, NULL}};

extern const struct fs_format format_temp;
const struct fs_format format_temp = {
    .size = sizeof(struct fs_format),
    .version = FS_API_VERSION,
    .schemes = temp_schemes,
    .summary = "a private folder in $TMPDIR, removed when it is closed",
    .params = temp_params,
    .open = temp_format_open,
};
