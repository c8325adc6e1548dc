// SPDX-License-Identifier: MIT
/*
 * The methods of a layer that watches; see tap.h. An open file's word is a copy of the path it was opened by.
 */
#include "fs/filter/tap.h"

#include "base/cleanup.h"
#include "base/clock.h"
#include <errno.h>
#include <stdio.h>
#include <string.h>

const char *const tap_names[TAP_COUNT] = {
    "getinfo",  "scandir",  "open",      "close",       "pread",  "pwrite",  "truncate", "flush",   "fsync",
    "fgetinfo", "makedir",  "remove",    "removedir",   "rename", "setinfo", "readlink", "symlink", "link",
    "getxattr", "setxattr", "listxattr", "removexattr", "statfs", "access",  "lock",
};

static const struct tap_hooks *hooks(const struct fs *fs)
{
    return ((const struct tap *)fs_data(fs))->hooks;
}

static int enter(struct fs *fs, struct tap_call *call)
{
    call->started = clock_ns();
    return hooks(fs)->before ? hooks(fs)->before(fs, call) : 0;
}

static int64_t leave(struct fs *fs, const struct tap_call *call, int64_t result)
{
    if (hooks(fs)->after)
        hooks(fs)->after(fs, call, result);
    return result;
}

static const char *path_of(const struct fs *fs, struct fs_file *file)
{
    return *fs_file_slot(fs, file);
}

static int tap_getinfo(struct fs *fs, const char *path, uint32_t want, struct fs_info *info)
{
    struct tap_call call = {.method = TAP_GETINFO, .path = path};
    int rc = enter(fs, &call);
    return rc ? rc : (int)leave(fs, &call, fs_getinfo(fs_next(fs), path, want, info));
}

struct counting {
    fs_fill fill;
    void *ctx;
    uint64_t *count;
};

static int count_entry(void *ctx, const char *name, const struct fs_info *info, uint64_t next)
{
    struct counting *counting = ctx;
    ++*counting->count;
    return counting->fill(counting->ctx, name, info, next);
}

static int tap_scandir(struct fs *fs, const char *path, uint32_t want, uint64_t cursor, fs_fill fill,
                       void *ctx)
{
    struct tap_call call = {.method = TAP_SCANDIR, .path = path, .offset = cursor};
    struct counting counting = {fill, ctx, &call.entries};
    int rc = enter(fs, &call);
    return rc ? rc
              : (int)leave(fs, &call, fs_scandir(fs_next(fs), path, want, cursor, count_entry, &counting));
}

static int tap_open(struct fs *fs, const char *path, int flags, uint32_t mode, struct fs_file *file)
{
    struct tap_call call = {.method = TAP_OPEN, .path = path, .flags = (uint32_t)flags};
    CLEANUP_FREE char *copy = strdup(path);
    if (!copy)
        return -ENOMEM;
    int rc = enter(fs, &call);
    if (rc == 0)
        rc = (int)leave(fs, &call, fs_open_next(fs_next(fs), path, flags, mode, file));
    if (rc == 0)
        *fs_file_slot(fs, file) = steal_ptr(&copy);
    return rc;
}

static int tap_f_close(struct fs *fs, struct fs_file *file)
{
    CLEANUP_FREE char *path = steal_ptr(fs_file_slot(fs, file));
    struct tap_call call = {.method = TAP_CLOSE, .path = path};
    int refused = enter(fs, &call);
    int rc = (int)leave(fs, &call, fs_f_close(fs_next(fs), file));
    return refused ? refused : rc;
}

static ssize_t tap_f_pread(struct fs *fs, struct fs_file *file, void *buf, size_t size, uint64_t offset)
{
    struct tap_call call = {.method = TAP_PREAD, .path = path_of(fs, file), .offset = offset, .size = size};
    int rc = enter(fs, &call);
    return rc ? rc : leave(fs, &call, fs_f_pread(fs_next(fs), file, buf, size, offset));
}

static ssize_t tap_f_pwrite(struct fs *fs, struct fs_file *file, const void *buf, size_t size,
                            uint64_t offset)
{
    struct tap_call call = {.method = TAP_PWRITE, .path = path_of(fs, file), .offset = offset, .size = size};
    int rc = enter(fs, &call);
    return rc ? rc : leave(fs, &call, fs_f_pwrite(fs_next(fs), file, buf, size, offset));
}

static int tap_f_truncate(struct fs *fs, struct fs_file *file, uint64_t size)
{
    struct tap_call call = {.method = TAP_TRUNCATE, .path = path_of(fs, file), .size = size};
    int rc = enter(fs, &call);
    return rc ? rc : (int)leave(fs, &call, fs_f_truncate(fs_next(fs), file, size));
}

static int tap_f_flush(struct fs *fs, struct fs_file *file)
{
    struct tap_call call = {.method = TAP_FLUSH, .path = path_of(fs, file)};
    int rc = enter(fs, &call);
    return rc ? rc : (int)leave(fs, &call, fs_f_flush(fs_next(fs), file));
}

static int tap_f_fsync(struct fs *fs, struct fs_file *file)
{
    struct tap_call call = {.method = TAP_FSYNC, .path = path_of(fs, file)};
    int rc = enter(fs, &call);
    return rc ? rc : (int)leave(fs, &call, fs_f_fsync(fs_next(fs), file));
}

static int tap_f_getinfo(struct fs *fs, struct fs_file *file, uint32_t want, struct fs_info *info)
{
    struct tap_call call = {.method = TAP_FGETINFO, .path = path_of(fs, file)};
    int rc = enter(fs, &call);
    return rc ? rc : (int)leave(fs, &call, fs_f_getinfo(fs_next(fs), file, want, info));
}

static int tap_f_lock(struct fs *fs, struct fs_file *file, int command, void *lock)
{
    struct tap_call call = {.method = TAP_LOCK, .path = path_of(fs, file)};
    int rc = enter(fs, &call);
    return rc ? rc : (int)leave(fs, &call, fs_f_lock(fs_next(fs), file, command, lock));
}

static int tap_makedir(struct fs *fs, const char *path, uint32_t mode)
{
    struct tap_call call = {.method = TAP_MAKEDIR, .path = path};
    int rc = enter(fs, &call);
    return rc ? rc : (int)leave(fs, &call, fs_makedir(fs_next(fs), path, mode));
}

static int tap_remove(struct fs *fs, const char *path)
{
    struct tap_call call = {.method = TAP_REMOVE, .path = path};
    int rc = enter(fs, &call);
    return rc ? rc : (int)leave(fs, &call, fs_remove(fs_next(fs), path));
}

static int tap_removedir(struct fs *fs, const char *path)
{
    struct tap_call call = {.method = TAP_REMOVEDIR, .path = path};
    int rc = enter(fs, &call);
    return rc ? rc : (int)leave(fs, &call, fs_removedir(fs_next(fs), path));
}

static int tap_rename(struct fs *fs, const char *from, const char *to, uint32_t flags)
{
    struct tap_call call = {.method = TAP_RENAME, .path = from, .other = to, .flags = flags};
    int rc = enter(fs, &call);
    return rc ? rc : (int)leave(fs, &call, fs_rename(fs_next(fs), from, to, flags));
}

static int tap_setinfo(struct fs *fs, const char *path, const struct fs_info *info)
{
    struct tap_call call = {.method = TAP_SETINFO, .path = path};
    int rc = enter(fs, &call);
    return rc ? rc : (int)leave(fs, &call, fs_setinfo(fs_next(fs), path, info));
}

static int tap_readlink(struct fs *fs, const char *path, char *buf, size_t size)
{
    struct tap_call call = {.method = TAP_READLINK, .path = path, .size = size};
    int rc = enter(fs, &call);
    return rc ? rc : (int)leave(fs, &call, fs_readlink(fs_next(fs), path, buf, size));
}

static int tap_symlink(struct fs *fs, const char *target, const char *path)
{
    struct tap_call call = {.method = TAP_SYMLINK, .path = path, .other = target};
    int rc = enter(fs, &call);
    return rc ? rc : (int)leave(fs, &call, fs_symlink(fs_next(fs), target, path));
}

static int tap_link(struct fs *fs, const char *from, const char *to)
{
    struct tap_call call = {.method = TAP_LINK, .path = from, .other = to};
    int rc = enter(fs, &call);
    return rc ? rc : (int)leave(fs, &call, fs_link(fs_next(fs), from, to));
}

static ssize_t tap_getxattr(struct fs *fs, const char *path, const char *name, void *buf, size_t size)
{
    struct tap_call call = {.method = TAP_GETXATTR, .path = path, .other = name, .size = size};
    int rc = enter(fs, &call);
    return rc ? rc : leave(fs, &call, fs_getxattr(fs_next(fs), path, name, buf, size));
}

static int tap_setxattr(struct fs *fs, const char *path, const char *name, const void *value, size_t size,
                        uint32_t flags)
{
    struct tap_call call = {
        .method = TAP_SETXATTR, .path = path, .other = name, .size = size, .flags = flags};
    int rc = enter(fs, &call);
    return rc ? rc : (int)leave(fs, &call, fs_setxattr(fs_next(fs), path, name, value, size, flags));
}

static ssize_t tap_listxattr(struct fs *fs, const char *path, char *buf, size_t size)
{
    struct tap_call call = {.method = TAP_LISTXATTR, .path = path, .size = size};
    int rc = enter(fs, &call);
    return rc ? rc : leave(fs, &call, fs_listxattr(fs_next(fs), path, buf, size));
}

static int tap_removexattr(struct fs *fs, const char *path, const char *name)
{
    struct tap_call call = {.method = TAP_REMOVEXATTR, .path = path, .other = name};
    int rc = enter(fs, &call);
    return rc ? rc : (int)leave(fs, &call, fs_removexattr(fs_next(fs), path, name));
}

static int tap_statfs(struct fs *fs, struct fs_space *space)
{
    struct tap_call call = {.method = TAP_STATFS, .path = ""};
    int rc = enter(fs, &call);
    return rc ? rc : (int)leave(fs, &call, fs_statfs(fs_next(fs), space));
}

static int tap_access(struct fs *fs, const char *path, int mode)
{
    struct tap_call call = {.method = TAP_ACCESS, .path = path, .flags = (uint32_t)mode};
    int rc = enter(fs, &call);
    return rc ? rc : (int)leave(fs, &call, fs_access(fs_next(fs), path, mode));
}

static int tap_getospath(struct fs *fs, const char *path, char *buf, size_t size)
{
    return -ENODATA;
}

const struct fs_table tap_methods = {
    .size = sizeof(struct fs_table),
    .version = FS_API_VERSION,
    .flags = FS_THREAD_SAFE | FS_FILE_THREAD_SAFE | FS_ATOMIC_RENAME | FS_CACHEABLE,
    .name = "tap",
    .getinfo = tap_getinfo,
    .scandir = tap_scandir,
    .open = tap_open,
    .f_close = tap_f_close,
    .f_pread = tap_f_pread,
    .f_pwrite = tap_f_pwrite,
    .f_truncate = tap_f_truncate,
    .f_flush = tap_f_flush,
    .f_fsync = tap_f_fsync,
    .f_getinfo = tap_f_getinfo,
    .makedir = tap_makedir,
    .remove = tap_remove,
    .removedir = tap_removedir,
    .rename = tap_rename,
    .setinfo = tap_setinfo,
    .readlink = tap_readlink,
    .symlink = tap_symlink,
    .link = tap_link,
    .getxattr = tap_getxattr,
    .setxattr = tap_setxattr,
    .listxattr = tap_listxattr,
    .removexattr = tap_removexattr,
    .statfs = tap_statfs,
    .getospath = tap_getospath,
    .access = tap_access,
    .f_lock = tap_f_lock,
};

int tap_new(const char *name, int (*close)(struct fs *), void *data, struct fs *next, struct fs **out,
            struct fs_error *error)
{
    struct fs_table table = tap_methods;
    table.name = name;
    table.close = close;
    int rc = fs_new(&table, data, next, out);
    return rc ? fs_fail(error, rc, "filter %s: cannot be added: %s", name, strerror(-rc)) : 0;
}

static uint32_t method_bit(const char *name, size_t length)
{
    for (int i = 0; i < TAP_COUNT; i++)
        if (strlen(tap_names[i]) == length && memcmp(tap_names[i], name, length) == 0)
            return 1U << i;
    if (length > 2 && memcmp(name, "f_", 2) == 0)
        return length == 9 && memcmp(name, "f_getinfo", 9) == 0 ? 1U << TAP_FGETINFO
                                                                : method_bit(name + 2, length - 2);
    return 0;
}

int tap_parse_methods(const char *text, uint32_t *mask, struct fs_error *error)
{
    *mask = text ? 0 : (1U << TAP_COUNT) - 1;
    while (text) {
        const char *plus = strchrnul(text, '+');
        uint32_t bit = method_bit(text, (size_t)(plus - text));
        if (!bit)
            return fs_fail(error, -EINVAL,
                           "methods: '%.*s' is none; write pread+pwrite, of those in docs/filters.md",
                           (int)(plus - text > 40 ? 40 : plus - text), text);
        *mask |= bit;
        text = *plus ? plus + 1 : NULL;
    }
    return 0;
}

char *tap_absolute(const char *path)
{
    if (*path == '/')
        return strdup(path);
    CLEANUP_FREE char *here = get_current_dir_name();
    char *whole = NULL;
    return here && asprintf(&whole, "%s/%s", here, path) >= 0 ? whole : NULL;
}
