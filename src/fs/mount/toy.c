// SPDX-License-Identifier: MIT
/*
 * The toy object. One lock over all of it.
 */
#include "fs/mount/toy.h"

#include "base/cleanup.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>

static struct toy *toy_of(struct fs *fs)
{
    return fs_data(fs);
}

struct toy_node *toy_find(struct toy *toy, const char *path)
{
    for (size_t i = 0; i < TOY_NODES; i++)
        if (strcmp(toy->nodes[i].path, path) == 0)
            return &toy->nodes[i];
    return NULL;
}

struct toy_node *toy_add(struct toy *toy, const char *path, enum fs_type type, const char *text)
{
    static uint64_t id;
    for (size_t i = 0; i < TOY_NODES; i++) {
        struct toy_node *node = &toy->nodes[i];
        if (node->path[0] || node->open)
            continue;
        memset(node, 0, sizeof *node);
        snprintf(node->path, sizeof node->path, "%s", path);
        snprintf(node->target, sizeof node->target, "%s", type == FS_TYPE_SYMLINK ? text : "");
        node->size = type == FS_TYPE_FILE && text ? strlen(text) : 0;
        if (node->size)
            memcpy(node->bytes, text, node->size);
        id++;
        node->info = (struct fs_info){.type = type, .size = node->size, .mode = 0755, .links = 1, .id = id};
        return node;
    }
    abort();
}

/* Whether the directory of a path is there; a link on the way is none. */
static int check_parent(struct toy *toy, const char *path)
{
    char parent[128];
    snprintf(parent, sizeof parent, "%.*s", (int)fs_path_parent(path), path);
    const struct toy_node *node = toy_find(toy, parent);
    if (!node)
        return -ENOENT;
    return node->info.type == FS_TYPE_DIRECTORY ? 0 : -ENOTDIR;
}

static void tell(struct toy *toy, const struct toy_node *node, struct fs_info *info, uint32_t valid)
{
    *info = node->info;
    info->valid = toy->valid & valid;
    if (node->info.type != FS_TYPE_FILE)
        info->valid &= ~(uint32_t)FS_INFO_SIZE;
}

static int toy_getinfo(struct fs *fs, const char *path, uint32_t want, struct fs_info *info)
{
    struct toy *toy = toy_of(fs);
    LOCK_SCOPE(&toy->lock);
    (void)want;
    toy->lookups++;
    const struct toy_node *node = toy_find(toy, path);
    if (!node)
        return strcmp(path, "/") == 0 || check_parent(toy, path) == 0 ? -ENOENT : check_parent(toy, path);
    tell(toy, node, info, FS_INFO_ALL);
    return 0;
}

static int toy_scandir(struct fs *fs, const char *path, uint32_t want, uint64_t cursor, fs_fill fill,
                       void *ctx)
{
    struct toy *toy = toy_of(fs);
    size_t length = strcmp(path, "/") == 0 ? 0 : strlen(path);
    LOCK_SCOPE(&toy->lock);
    (void)want;
    (void)cursor;
    for (size_t i = 0; i < TOY_NODES; i++) {
        const struct toy_node *node = &toy->nodes[i];
        struct fs_info info;
        bool child = node->path[0] && node->path[1] && strncmp(node->path, path, length) == 0 &&
                     node->path[length] == '/' && !strchr(node->path + length + 1, '/');
        tell(toy, node, &info, toy->listed);
        if (child && fill(ctx, node->path + length + 1, &info, i + 1))
            break;
    }
    return 0;
}

static int toy_open(struct fs *fs, const char *path, int flags, uint32_t mode, struct fs_file *file)
{
    struct toy *toy = toy_of(fs);
    LOCK_SCOPE(&toy->lock);
    struct toy_node *node = toy_find(toy, path);
    toy->open_flags = flags;
    if (node && (flags & O_EXCL))
        return -EEXIST;
    if (!node && !(flags & O_CREAT))
        return -ENOENT;
    if (!node && check_parent(toy, path) != 0)
        return check_parent(toy, path);
    if (!node) {
        node = toy_add(toy, path, FS_TYPE_FILE, NULL);
        node->info.mode = mode;
    }
    if (node->info.type != FS_TYPE_FILE)
        return node->info.type == FS_TYPE_DIRECTORY ? -EISDIR : -ELOOP;
    if (flags & O_TRUNC)
        node->size = node->info.size = 0;
    node->open++;
    toy->opens++;
    *fs_file_slot(fs, file) = node;
    return 0;
}

static struct toy_node *node_of(struct fs *fs, struct fs_file *file)
{
    return *fs_file_slot(fs, file);
}

static int toy_f_close(struct fs *fs, struct fs_file *file)
{
    struct toy *toy = toy_of(fs);
    LOCK_SCOPE(&toy->lock);
    struct toy_node *node = node_of(fs, file);
    node->open--;
    node->info.size = node->size;
    toy->closes++;
    return 0;
}

static ssize_t toy_f_pread(struct fs *fs, struct fs_file *file, void *buf, size_t size, uint64_t offset)
{
    struct toy *toy = toy_of(fs);
    const struct toy_node *node = node_of(fs, file);
    if (toy->in_read)
        toy->in_read(toy);
    LOCK_SCOPE(&toy->lock);
    size_t part = offset < node->size ? node->size - offset : 0;
    part = part < size ? part : size;
    if (part)
        memcpy(buf, node->bytes + offset, part);
    return (ssize_t)part;
}

static ssize_t toy_f_pwrite(struct fs *fs, struct fs_file *file, const void *buf, size_t size,
                            uint64_t offset)
{
    struct toy *toy = toy_of(fs);
    LOCK_SCOPE(&toy->lock);
    struct toy_node *node = node_of(fs, file);
    if (toy->fail_write || offset + size > TOY_BYTES)
        return toy->fail_write ? toy->fail_write : -ENOSPC;
    memcpy(node->bytes + offset, buf, size);
    if (node->size < offset + size)
        node->size = offset + size;
    if (!toy->late_size)
        node->info.size = node->size;
    return (ssize_t)size;
}

static int toy_f_truncate(struct fs *fs, struct fs_file *file, uint64_t size)
{
    struct toy *toy = toy_of(fs);
    LOCK_SCOPE(&toy->lock);
    struct toy_node *node = node_of(fs, file);
    if (size > TOY_BYTES)
        return -ENOSPC;
    if (size < TOY_BYTES)
        memset(node->bytes + size, 0, TOY_BYTES - size);
    node->size = size;
    if (!toy->late_size)
        node->info.size = size;
    return 0;
}

static int toy_f_fsync(struct fs *fs, struct fs_file *file)
{
    (void)file;
    toy_of(fs)->fsyncs++;
    return toy_of(fs)->fail_fsync;
}

static int toy_f_getinfo(struct fs *fs, struct fs_file *file, uint32_t want, struct fs_info *info)
{
    struct toy *toy = toy_of(fs);
    LOCK_SCOPE(&toy->lock);
    (void)want;
    tell(toy, node_of(fs, file), info, FS_INFO_ALL);
    info->size = node_of(fs, file)->size;
    return 0;
}

static int toy_makedir(struct fs *fs, const char *path, uint32_t mode)
{
    struct toy *toy = toy_of(fs);
    LOCK_SCOPE(&toy->lock);
    if (toy_find(toy, path))
        return -EEXIST;
    if (check_parent(toy, path) != 0)
        return check_parent(toy, path);
    toy_add(toy, path, FS_TYPE_DIRECTORY, NULL)->info.mode = mode;
    return 0;
}

static int drop(struct toy *toy, const char *path, bool directory)
{
    struct toy_node *node = toy_find(toy, path);
    if (!node)
        return -ENOENT;
    if ((node->info.type == FS_TYPE_DIRECTORY) != directory)
        return directory ? -ENOTDIR : -EISDIR;
    if (toy->busy_removal && node->open)
        return -EBUSY;
    node->path[0] = 0;
    return 0;
}

static int toy_remove(struct fs *fs, const char *path)
{
    LOCK_SCOPE(&toy_of(fs)->lock);
    return drop(toy_of(fs), path, false);
}

static int toy_removedir(struct fs *fs, const char *path)
{
    LOCK_SCOPE(&toy_of(fs)->lock);
    return drop(toy_of(fs), path, true);
}

static int toy_rename(struct fs *fs, const char *from, const char *to, uint32_t flags)
{
    struct toy *toy = toy_of(fs);
    LOCK_SCOPE(&toy->lock);
    struct toy_node *node = toy_find(toy, from), *old = toy_find(toy, to);
    if (flags && toy->no_noreplace)
        return -EINVAL;
    if (!node)
        return -ENOENT;
    if (check_parent(toy, to) != 0)
        return check_parent(toy, to);
    if (old && (flags & FS_RENAME_NOREPLACE))
        return -EEXIST;
    if (old && old != node)
        old->path[0] = 0;
    snprintf(node->path, sizeof node->path, "%s", to);
    return 0;
}

static int toy_setinfo(struct fs *fs, const char *path, const struct fs_info *info)
{
    struct toy *toy = toy_of(fs);
    LOCK_SCOPE(&toy->lock);
    struct toy_node *node = toy_find(toy, path);
    toy->setinfos++;
    toy->set = *info;
    if (!node)
        return -ENOENT;
    if (info->valid & ~toy->valid)
        return -EOPNOTSUPP;
    if (info->valid & FS_INFO_MODE)
        node->info.mode = info->mode;
    if (info->valid & FS_INFO_ATTRIBUTES)
        node->info.attributes = info->attributes;
    if (info->valid & FS_INFO_MTIME)
        node->info.mtime = info->mtime;
    return 0;
}

static int toy_readlink(struct fs *fs, const char *path, char *buf, size_t size)
{
    struct toy *toy = toy_of(fs);
    LOCK_SCOPE(&toy->lock);
    const struct toy_node *node = toy_find(toy, path);
    if (!node || node->info.type != FS_TYPE_SYMLINK)
        return node ? -EINVAL : -ENOENT;
    snprintf(buf, size, "%s", node->target);
    return 0;
}

static int toy_access(struct fs *fs, const char *path, int mode)
{
    (void)path;
    (void)mode;
    return toy_of(fs)->fail_access;
}

static int toy_close(struct fs *fs)
{
    toy_of(fs)->closed++;
    return toy_of(fs)->fail_close;
}

struct fs *toy_object(struct toy *toy, uint32_t flags, bool f_getinfo)
{
    struct fs *fs = NULL;
    const struct fs_table table = {
        .size = sizeof table,
        .version = FS_API_VERSION,
        .flags = flags,
        .name = "toy",
        .close = toy_close,
        .getinfo = toy_getinfo,
        .scandir = toy_scandir,
        .open = toy_open,
        .f_close = toy_f_close,
        .f_pread = toy_f_pread,
        .f_pwrite = toy_f_pwrite,
        .f_truncate = toy_f_truncate,
        .f_fsync = toy_f_fsync,
        .f_getinfo = f_getinfo ? toy_f_getinfo : NULL,
        .makedir = toy_makedir,
        .remove = toy_remove,
        .removedir = toy_removedir,
        .rename = toy_rename,
        .setinfo = toy_setinfo,
        .readlink = toy_readlink,
        .access = toy_access,
    };
    return fs_new(&table, toy, NULL, &fs) == 0 ? fs : NULL;
}

struct toy *toy_new(void)
{
    struct toy *toy = calloc(1, sizeof *toy);
    if (!toy)
        abort();
    pthread_mutex_init(&toy->lock, NULL);
    toy->valid = toy->listed = FS_INFO_ALL & ~(uint32_t)FS_INFO_ATTRIBUTES;
    toy_add(toy, "/", FS_TYPE_DIRECTORY, NULL);
    return toy;
}

void toy_free(struct toy *toy)
{
    pthread_mutex_destroy(&toy->lock);
    free(toy);
}
