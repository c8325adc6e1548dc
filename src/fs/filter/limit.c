// SPDX-License-Identifier: MIT
/*
 * A quota. What is there is counted when the filter is added; from then on every change is booked before it
 * is made and corrected afterwards, so that no two writers together get past the limit.
 *
 * Locks, outer before inner: names, a node's lock, sum. Writers of different files hold `names` together and
 * do not wait for each other; writers of one file take turns. Changes of names are one at a time.
 */
#include "fs/filter/limit.h"

#include "base/cleanup.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <strings.h>

static void unlock_names(pthread_rwlock_t **lock)
{
    pthread_rwlock_unlock(*lock);
}

#define NAMES_SCOPE(how, limit) \
    __attribute__((cleanup(unlock_names), unused)) pthread_rwlock_t *names_held = how(limit)

static pthread_rwlock_t *together(struct limit *limit)
{
    pthread_rwlock_rdlock(&limit->names);
    return &limit->names;
}

static pthread_rwlock_t *alone(struct limit *limit)
{
    pthread_rwlock_wrlock(&limit->names);
    return &limit->names;
}

/* ---- sizes of open files --------------------------------------------------------------------------------
 */

static struct limit_node *node_of(struct fs *fs, struct fs_file *file)
{
    return *fs_file_slot(fs, file);
}

static int size_now(struct fs *fs, struct fs_file *file, uint64_t *size)
{
    struct fs_info info;
    int rc = fs_f_getinfo(fs_next(fs), file, FS_INFO_SIZE, &info);
    bool told = rc == 0 && info.valid & FS_INFO_SIZE;
    *size = told ? info.size : node_of(fs, file)->size;
    return rc == -EOPNOTSUPP ? 0 : rc;
}

/* Books the growth from one size to another. */
static int admit(struct limit *limit, uint64_t from, uint64_t to)
{
    if (to <= from)
        return 0;
    return to > limit->file_size ? -EFBIG : limit_take(limit, to - from, 0);
}

/* Corrects what was booked: `booked` is the size counted, the file has become as large as it is. */
static void settle(struct fs *fs, struct fs_file *file, uint64_t booked, uint64_t expected)
{
    uint64_t size = expected;
    node_of(fs, file)->size = expected;
    if (size_now(fs, file, &size) == 0 && size < booked)
        limit_give(fs_data(fs), booked - size, 0);
}

static ssize_t limit_f_pwrite(struct fs *fs, struct fs_file *file, const void *buf, size_t size,
                              uint64_t offset)
{
    struct limit *limit = fs_data(fs);
    uint64_t now, end = offset + size;
    NAMES_SCOPE(together, limit);
    LOCK_SCOPE(&node_of(fs, file)->lock);
    int rc = size_now(fs, file, &now);
    if (size == 0 || end < now)
        end = now;
    rc = rc ? rc : admit(limit, now, end);
    if (rc)
        return rc;
    ssize_t n = fs_f_pwrite(fs_next(fs), file, buf, size, offset);
    if (n < 0)
        settle(fs, file, end, now);
    else
        node_of(fs, file)->size = end;
    return n;
}

static int limit_f_truncate(struct fs *fs, struct fs_file *file, uint64_t size)
{
    struct limit *limit = fs_data(fs);
    uint64_t now;
    NAMES_SCOPE(together, limit);
    LOCK_SCOPE(&node_of(fs, file)->lock);
    int rc = size_now(fs, file, &now);
    rc = rc ? rc : admit(limit, now, size);
    if (rc)
        return rc;
    rc = fs_f_truncate(fs_next(fs), file, size);
    settle(fs, file, size > now ? size : now, rc ? now : size);
    return rc;
}

static int limit_f_close(struct fs *fs, struct fs_file *file)
{
    struct limit *limit = fs_data(fs);
    struct limit_node *node = node_of(fs, file);
    NAMES_SCOPE(together, limit);
    uint64_t size = 0;
    bool known = node && node->gone && size_now(fs, file, &size) == 0;
    if (node && limit_node_put(limit, node) && known)
        limit_give(limit, size, 0);
    return fs_f_close(fs_next(fs), file);
}

/* ---- names ----------------------------------------------------------------------------------------------
 */

static int facts(struct fs *fs, const char *path, struct fs_info *info)
{
    return fs_getinfo(fs_next(fs), path, LIMIT_WANT, info);
}

/* The open file has its node; where it was emptied, its bytes are given back. */
static int register_file(struct fs *fs, const char *path, struct fs_file *file, uint64_t before)
{
    struct fs_info info;
    struct limit_node *node = NULL;
    int rc = fs_f_getinfo(fs_next(fs), file, LIMIT_WANT, &info);
    rc = rc == -EOPNOTSUPP ? facts(fs, path, &info) : rc;
    rc = rc ? rc : limit_node_get(fs_data(fs), &info, &node);
    if (rc)
        return rc;
    *fs_file_slot(fs, file) = node;
    if (before > info.size)
        limit_give(fs_data(fs), before - info.size, 0);
    return 0;
}

static int open_below(struct fs *fs, const char *path, int flags, uint32_t mode, struct fs_file *file,
                      uint64_t before)
{
    int rc = fs_open_next(fs_next(fs), path, flags, mode, file);
    if (rc)
        return rc;
    rc = register_file(fs, path, file, before);
    if (rc)
        fs_f_close(fs_next(fs), file);
    return rc;
}

static int limit_open_file(struct fs *fs, const char *path, int flags, uint32_t mode, struct fs_file *file)
{
    struct limit *limit = fs_data(fs);
    if (!(flags & (O_CREAT | O_TRUNC))) {
        NAMES_SCOPE(together, limit);
        return open_below(fs, path, flags, mode, file, 0);
    }
    NAMES_SCOPE(alone, limit);
    struct fs_info info = {0};
    int found = facts(fs, path, &info);
    bool makes = found == -ENOENT && flags & O_CREAT;
    int rc = makes ? limit_take(limit, 0, 1) : 0;
    if (rc)
        return rc;
    rc = open_below(fs, path, flags, mode, file, found == 0 && flags & O_TRUNC ? info.size : 0);
    if (rc && makes && facts(fs, path, &info) == -ENOENT)
        limit_give(limit, 0, 1);
    return rc;
}

/* A name is gone that stood for `info`. */
static void forget(struct limit *limit, const struct fs_info *info)
{
    bool last = !(info->valid & FS_INFO_LINKS) || info->links <= 1;
    bool bytes = info->type == FS_TYPE_FILE && last && !limit_node_gone(limit, info);
    limit_give(limit, bytes ? info->size : 0, 1);
}

static int limit_remove(struct fs *fs, const char *path)
{
    struct fs_info info;
    NAMES_SCOPE(alone, fs_data(fs));
    int known = facts(fs, path, &info);
    int rc = known ? known : fs_remove(fs_next(fs), path);
    if (rc == 0)
        forget(fs_data(fs), &info);
    return rc;
}

static int limit_removedir(struct fs *fs, const char *path)
{
    int rc = fs_removedir(fs_next(fs), path);
    if (rc == 0)
        limit_give(fs_data(fs), 0, 1);
    return rc;
}

static bool same_file(struct fs *fs, const char *from, const struct fs_info *a, const char *to,
                      const struct fs_info *b)
{
    if (a->valid & b->valid & FS_INFO_ID)
        return a->id == b->id;
    return strcmp(from, to) == 0 || (fs_flags(fs) & FS_CASE_INSENSITIVE && strcasecmp(from, to) == 0);
}

static int limit_rename(struct fs *fs, const char *from, const char *to, uint32_t flags)
{
    struct fs_info source, target;
    NAMES_SCOPE(alone, fs_data(fs));
    bool replaces = !(flags & FS_RENAME_EXCHANGE) && facts(fs, to, &target) == 0 &&
                    facts(fs, from, &source) == 0 && !same_file(fs, from, &source, to, &target);
    int rc = fs_rename(fs_next(fs), from, to, flags);
    if (rc == 0 && replaces)
        forget(fs_data(fs), &target);
    return rc;
}

static int booked(struct fs *fs, int rc)
{
    if (rc)
        limit_give(fs_data(fs), 0, 1);
    return rc;
}

static int limit_makedir(struct fs *fs, const char *path, uint32_t mode)
{
    int rc = limit_take(fs_data(fs), 0, 1);
    return rc ? rc : booked(fs, fs_makedir(fs_next(fs), path, mode));
}

static int limit_symlink(struct fs *fs, const char *target, const char *path)
{
    int rc = limit_take(fs_data(fs), 0, 1);
    return rc ? rc : booked(fs, fs_symlink(fs_next(fs), target, path));
}

static int limit_link(struct fs *fs, const char *from, const char *to)
{
    NAMES_SCOPE(alone, fs_data(fs));
    int rc = limit_take(fs_data(fs), 0, 1);
    return rc ? rc : booked(fs, fs_link(fs_next(fs), from, to));
}

static uint64_t least(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

static int limit_statfs(struct fs *fs, struct fs_space *space)
{
    struct limit *limit = fs_data(fs);
    int rc = fs_statfs(fs_next(fs), space);
    LOCK_SCOPE(&limit->sum);
    if (limit->size != UINT64_MAX) {
        uint64_t left = limit->size > limit->used_bytes ? limit->size - limit->used_bytes : 0;
        space->total = limit->size;
        space->free = least(space->free, left);
        space->available = least(space->available, left);
    }
    if (limit->files != UINT64_MAX) {
        uint64_t left = limit->files > limit->used_files ? limit->files - limit->used_files : 0;
        space->files_free = space->files ? least(space->files_free, left) : left;
        space->files = limit->files;
    }
    return rc;
}

/* Nobody writes around the filter. */
static int limit_getospath(struct fs *fs, const char *path, char *buf, size_t size)
{
    return -ENODATA;
}

static int limit_close(struct fs *fs)
{
    struct limit *limit = fs_data(fs);
    pthread_rwlock_destroy(&limit->names);
    pthread_mutex_destroy(&limit->sum);
    pthread_mutex_destroy(&limit->nodes_lock);
    free(limit);
    return 0;
}

static const struct fs_table limit_table = {
    .size = sizeof(struct fs_table),
    .version = FS_API_VERSION,
    .flags = FS_THREAD_SAFE | FS_FILE_THREAD_SAFE | FS_ATOMIC_RENAME | FS_CACHEABLE,
    .name = "limit",
    .close = limit_close,
    .open = limit_open_file,
    .f_close = limit_f_close,
    .f_pwrite = limit_f_pwrite,
    .f_truncate = limit_f_truncate,
    .makedir = limit_makedir,
    .remove = limit_remove,
    .removedir = limit_removedir,
    .rename = limit_rename,
    .symlink = limit_symlink,
    .link = limit_link,
    .statfs = limit_statfs,
    .getospath = limit_getospath,
};

/* ---- adding it ------------------------------------------------------------------------------------------
 */

static const struct fs_param_doc limit_params[] = {
    {"size", "BYTES", "all files together, with k, M, G, T of 1024; default: no limit"},
    {"files", "N", "files, folders and links together; default: no limit"},
    {"file-size", "BYTES", "one file; default: no limit"},
    {NULL, NULL, NULL},
};

static int parse(struct limit *limit, const struct fs_params *params, struct fs_error *error)
{
    limit->size = limit->files = limit->file_size = UINT64_MAX;
    uint64_t *const values[] = {&limit->size, &limit->files, &limit->file_size};
    bool any = false;
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < sizeof values / sizeof *values; i++) {
        any |= fs_param(params, limit_params[i].key) != NULL;
        rc = fs_param_number(params, limit_params[i].key, 0, INT64_MAX, values[i], error);
    }
    if (rc == 0 && !any)
        return fs_fail(error, -EINVAL,
                       "filter limit: how much? Write limit:size=1G, files=N or file-size=100M");
    return rc;
}

static void limit_init(struct limit *limit)
{
    pthread_rwlockattr_t attr; /* a change of names does not wait for ever behind busy writers */
    pthread_rwlockattr_init(&attr);
    pthread_rwlockattr_setkind_np(&attr, PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP);
    pthread_rwlock_init(&limit->names, &attr);
    pthread_rwlockattr_destroy(&attr);
    pthread_mutex_init(&limit->sum, NULL);
    pthread_mutex_init(&limit->nodes_lock, NULL);
}

static int limit_open(struct fs *next, const struct fs_params *params, struct fs **fs, struct fs_error *error)
{
    CLEANUP_FREE struct limit *limit = calloc(1, sizeof *limit);
    if (!limit)
        return fs_fail(error, -ENOMEM, "filter limit: no memory");
    int rc = parse(limit, params, error);
    if (rc)
        return rc;
    rc = limit_scan(limit, next);
    if (rc)
        return fs_fail(error, rc, "filter limit: what is there cannot be counted: %s", strerror(-rc));
    rc = fs_new(&limit_table, limit, next, fs);
    if (rc)
        return fs_fail(error, rc, "filter limit: cannot be added: %s", strerror(-rc));
    limit_init(limit);
    (void)steal_ptr(&limit);
    return 0;
}

const struct fs_filter filter_limit = {
    .size = sizeof(struct fs_filter),
    .version = FS_API_VERSION,
    .name = "limit",
    .summary = "Refuses growth beyond a number of bytes or files",
    .params = limit_params,
    .open = limit_open,
};
