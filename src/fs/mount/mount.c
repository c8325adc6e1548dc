// SPDX-License-Identifier: MIT
/*
 * fs_mount() and its kin: the options are checked once, then volume.c serves here or process.c in a child.
 */
#include "fs/mount/mount_i.h"

#include "base/cleanup.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A mount that was given out; exactly one of the two pointers is set. */
struct mount {
    struct mount_process public; /* first */
    struct volume *volume;
    struct child *child;
    uint32_t unmount_timeout_ms;
};

/* ---- options --------------------------------------------------------------------------------------- */

/* An older caller's structure is shorter: what it does not have is 0. */
static int take_options(const struct fs_mount_options *given, struct fs_mount_options *out,
                        struct fs_error *error)
{
    *out = (struct fs_mount_options)FS_MOUNT_OPTIONS;
    if (!given)
        return 0;
    if (given->size < offsetof(struct fs_mount_options, numthreads))
        return fs_fail(error, -EINVAL, "the mount options have no size: start from FS_MOUNT_OPTIONS");
    memcpy(out, given, given->size < sizeof *out ? given->size : sizeof *out);
    if ((unsigned)out->mode > FS_MOUNT_FOREGROUND)
        return fs_fail(error, -EINVAL, "%d is no mode of a mount", (int)out->mode);
    if (out->timeout_ms && (out->timeout_ms < TIMEOUT_LEAST_MS || out->timeout_ms > TIMEOUT_MOST_MS))
        return fs_fail(error, -EINVAL, "the time limit must be %d to %d ms, not %u", TIMEOUT_LEAST_MS,
                       TIMEOUT_MOST_MS, out->timeout_ms);
    if (out->ready_timeout_ms > INT_MAX || out->unmount_timeout_ms > INT_MAX)
        return fs_fail(error, -EINVAL, "a time to wait is above %d ms", INT_MAX);
    return 0;
}

/* ---- starting -------------------------------------------------------------------------------------- */

static void call_ready(const struct fs_mount_options *options, const struct mount_process *mount)
{
    if (options->ready)
        options->ready(options->ctx, mount);
}

static int mount_in_foreground(struct fs *fs, const char *path, const struct fs_mount_options *options,
                               struct fs_error *error)
{
    struct volume *volume;
    int rc = volume_start(fs, path, options, options->exclusive, &volume, error);
    if (rc)
        return rc;
    const struct mount_process mount = {volume_path(volume), volume_drive(volume), getpid()};
    call_ready(options, &mount);
    rc = volume_serve(volume);
    if (rc)
        fs_fail(error, rc, "the object was not closed properly: %s; data may be lost", strerror(-rc));
    volume_put(volume);
    return rc;
}

static int start(struct mount *mount, struct fs *fs, const char *path, const struct fs_mount_options *options,
                 struct fs_error *error)
{
    int rc;
    if (options->mode == FS_MOUNT_PROCESS) {
        rc = child_start(fs, path, options, &mount->child, error);
        if (rc == 0)
            mount->public = (struct mount_process){child_path(mount->child), child_drive(mount->child),
                                                   child_pid(mount->child)};
    } else {
        rc = volume_start(fs, path, options, options->exclusive, &mount->volume, error);
        if (rc == 0)
            mount->public =
                (struct mount_process){volume_path(mount->volume), volume_drive(mount->volume), getpid()};
    }
    return rc;
}

int fs_mount(struct fs *fs, const char *path, const struct fs_mount_options *given,
             struct mount_process **out, struct fs_error *error)
{
    struct fs_mount_options options = FS_MOUNT_OPTIONS;
    int rc =
        fs ? take_options(given, &options, error) : fs_fail(error, -EINVAL, "there is no object to mount");
    if (rc == 0 && options.mode == FS_MOUNT_PROCESS)
        rc = point_check(path, error); /* before there is a child; volume_start() does it too */
    if (rc)
        return rc;
    if (options.mode == FS_MOUNT_FOREGROUND)
        return mount_in_foreground(fs, path, &options, error);
    struct mount *mount = calloc(1, sizeof *mount);
    if (!mount)
        return fs_fail(error, -ENOMEM, "out of memory");
    mount->unmount_timeout_ms = options.unmount_timeout_ms ? options.unmount_timeout_ms : WAIT_DEFAULT_MS;
    rc = start(mount, fs, path, &options, error);
    if (rc) {
        free(mount);
        return rc;
    }
    call_ready(&options, &mount->public);
    if (out)
        *out = &mount->public;
    else
        mount_process_free(&mount->public);
    return 0;
}

/* ---- ending ---------------------------------------------------------------------------------------- */

int mount_process_wait(struct mount_process *public, int timeout_ms)
{
    struct mount *mount = (struct mount *)public;
    if (!mount)
        return -EINVAL;
    return mount->child ? child_wait(mount->child, timeout_ms) : volume_wait(mount->volume, timeout_ms);
}

int mount_process_unmount(struct mount_process *public)
{
    struct mount *mount = (struct mount *)public;
    int rc;
    if (!mount)
        return -EINVAL;
    if (mount->child) {
        rc = child_end(mount->child, (int)mount->unmount_timeout_ms);
    } else {
        volume_end(mount->volume);
        rc = volume_wait(mount->volume, (int)mount->unmount_timeout_ms);
    }
    mount_process_free(public);
    return rc;
}

void mount_process_free(struct mount_process *public)
{
    struct mount *mount = (struct mount *)public;
    if (!mount)
        return;
    if (mount->child)
        child_free(mount->child);
    volume_put(mount->volume);
    free(mount);
}

int fs_unmount(const char *path, struct fs_error *error)
{
    static const struct {
        DWORD win32;
        int error;
        const char *text;
    } rows[] = {
        {ERROR_FILE_NOT_FOUND, -ENOENT, "nothing is mounted there"},
        {ERROR_ACCESS_DENIED, -EACCES, "the mount belongs to another user"},
        {ERROR_TIMEOUT, -ETIMEDOUT, "the process that serves it does not answer"},
        {ERROR_INVALID_PARAMETER, -EINVAL, "this is no mount point"},
    };
    if (!path || !*path)
        return fs_fail(error, -EINVAL, "name the drive or directory to unmount");
    char *reply = NULL;
    BOOL done = DokanControl(path, "unmount", &reply);
    DWORD win32 = done ? 0 : DokanWin32GetLastError();
    DokanFreeReply(reply);
    if (done)
        return 0;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (rows[i].win32 == win32)
            return fs_fail(error, rows[i].error, "%s cannot be unmounted: %s", path, rows[i].text);
    return fs_fail(error, -EIO, "%s cannot be unmounted: error %u", path, (unsigned)win32);
}

/* ---- without a mount ----------------------------------------------------------------------------------- */

int fs_volume_open(struct fs *fs, const struct fs_mount_options *given, struct fs_volume **out,
                   struct fs_error *error)
{
    struct fs_mount_options options = FS_MOUNT_OPTIONS;
    int rc =
        fs ? take_options(given, &options, error) : fs_fail(error, -EINVAL, "there is no object to open");
    return rc ? rc : volume_start_inside(fs, &options, (struct volume **)out, error);
}

void *fs_volume_handle(const struct fs_volume *volume)
{
    return volume_handle((const struct volume *)volume);
}

int fs_volume_close(struct fs_volume *public)
{
    struct volume *volume = (struct volume *)public;
    if (!volume)
        return 0;
    volume_end(volume);
    int rc = volume_wait(volume, WAIT_DEFAULT_MS);
    volume_put(volume);
    return rc;
}
