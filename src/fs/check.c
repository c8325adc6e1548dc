// SPDX-License-Identifier: MIT
/*
 * The contract between layers. Every call on an FS object comes through here: the layer that has the method
 * is found, the path mapped for it, arguments checked on the way in and results on the way out, and the
 * thread rules kept. What an object does wrong becomes -EIO and a line in the log, never a crash further up.
 */
#include "fs/fs_i.h"

#include "base/cleanup.h"
#include "base/log.h"
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

enum { COMPLAINTS_MAX = 20, ERRNO_MAX = 4095 };

static int broken(struct fs *fs, const char *method, const char *what)
{
    if (atomic_fetch_add(&fs->complaints, 1) < COMPLAINTS_MAX)
        log_warn("%s: %s %s; answered with an input/output error", fs->table.name, method, what);
    return -EIO;
}

static int checked(struct fs *fs, const char *method, int rc)
{
    if (rc == 0 || (rc < 0 && rc >= -ERRNO_MAX))
        return rc;
    return broken(fs, method, "returned what is neither 0 nor a negative errno");
}

static ssize_t checked_count(struct fs *fs, const char *method, ssize_t rc, size_t most)
{
    if (rc < -ERRNO_MAX || (rc >= 0 && (size_t)rc > most))
        return broken(fs, method, "returned an impossible count");
    return rc;
}

/* ---- finding the layer ----------------------------------------------------------------------------------
 */

#define HAS(layer, offset) (*(void *const *)((const char *)&(layer)->table + (offset)))

static struct fs *layer_with(struct fs *fs, size_t method)
{
    while (fs && !HAS(fs, method))
        fs = fs->next;
    return fs;
}

/* A path on its way down: as given, until a layer maps it. */
struct way {
    struct fs *fs; /* has the method; NULL: nobody */
    const char *path;
    int rc;
    struct fs_path buffers[2];
    int used;
};

static void way_end(struct way *way)
{
    for (int i = 0; i < 2; i++)
        if (way->used & 1 << i)
            fs_path_free(&way->buffers[i]);
}

/* The two buffers take turns: one holds the path that is being mapped. */
static int map_once(struct way *way, struct fs *layer)
{
    int turn = (way->used & 1) && way->path == way->buffers[0].text;
    struct fs_path *out = &way->buffers[turn];
    if (way->used & 1 << turn)
        fs_path_free(out);
    fs_path_init(out);
    way->used |= 1 << turn;
    int rc = checked(layer, "map_path", layer->table.map_path(layer, way->path, out));
    if (rc == 0 && fs_path_check(out->text) != 0)
        rc = broken(layer, "map_path", "gave a path that is not normal");
    way->path = out->text;
    return rc;
}

static void way_find(struct way *way, struct fs *fs, const char *path, size_t method)
{
    way->used = 0;
    way->path = path;
    way->fs = NULL;
    way->rc = fs_path_check(path);
    for (; fs && way->rc == 0; fs = fs->next) {
        if (HAS(fs, method)) {
            way->fs = fs;
            return;
        }
        if (fs->table.map_path)
            way->rc = map_once(way, fs);
    }
}

#define FIND_WAY(name, fs, path, member)               \
    __attribute__((cleanup(way_end))) struct way name; \
    way_find(&name, fs, path, offsetof(struct fs_table, member))

/* ---- locks ------------------------------------------------------------------------------------------------
 */

static struct fs *layer_lock(struct fs *fs)
{
    if (fs->flags & FS_THREAD_SAFE)
        return NULL;
    pthread_mutex_lock(&fs->lock);
    return fs;
}

static void layer_unlock(struct fs **fs)
{
    if (*fs)
        pthread_mutex_unlock(&(*fs)->lock);
}

#define LAYER_SCOPE(layer) \
    __attribute__((cleanup(layer_unlock), unused)) struct fs *layer_held = layer_lock(layer)

/* Only the call of the stack's top takes the file's lock: what filters do below is part of it. */
static pthread_mutex_t *file_lock(const struct fs *fs, struct fs_file *file)
{
    if (!file->serial || fs != file->top)
        return NULL;
    pthread_mutex_lock(&file->lock);
    return &file->lock;
}

#define FILE_SCOPE(fs, file) \
    CLEANUP_UNLOCK pthread_mutex_t *file_held __attribute__((unused)) = file_lock(fs, file)

/* ---- facts ------------------------------------------------------------------------------------------------
 */

static bool info_ok(const struct fs_info *info)
{
    if (info->type == FS_TYPE_UNKNOWN || info->type >= FS_TYPE_COUNT)
        return false;
    if ((info->valid & FS_INFO_SIZE) && info->size > (uint64_t)FS_SIZE_MAX)
        return false;
    return !(info->valid & FS_INFO_ALLOCATED) || info->allocated <= (uint64_t)FS_SIZE_MAX;
}

int fs_getinfo(struct fs *fs, const char *path, uint32_t want, struct fs_info *info)
{
    FIND_WAY(way, fs, path, getinfo);
    if (way.rc)
        return way.rc;
    memset(info, 0, sizeof *info);
    LAYER_SCOPE(way.fs);
    int rc = checked(way.fs, "getinfo", way.fs->table.getinfo(way.fs, way.path, want, info));
    return rc == 0 && !info_ok(info) ? broken(way.fs, "getinfo", "gave impossible facts") : rc;
}

struct listing {
    struct fs *fs;
    fs_fill fill;
    void *ctx;
    bool stopped;
};

static int fill_checked(void *ctx, const char *name, const struct fs_info *info, uint64_t next)
{
    struct listing *list = ctx;
    if (list->stopped)
        return 1;
    if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
        return 0;
    if (!fs_name_ok(name) || !info_ok(info)) {
        broken(list->fs, "scandir", "gave an impossible entry, which was left out");
        return 0;
    }
    list->stopped = list->fill(list->ctx, name, info, next) != 0;
    return list->stopped;
}

int fs_scandir(struct fs *fs, const char *path, uint32_t want, uint64_t cursor, fs_fill fill, void *ctx)
{
    FIND_WAY(way, fs, path, scandir);
    if (way.rc)
        return way.rc;
    struct listing list = {way.fs, fill, ctx, false};
    LAYER_SCOPE(way.fs);
    return checked(way.fs, "scandir",
                   way.fs->table.scandir(way.fs, way.path, want, cursor, fill_checked, &list));
}

/* ---- open files -------------------------------------------------------------------------------------------
 */

void **fs_file_slot(const struct fs *fs, struct fs_file *file)
{
    return &file->slots[fs->depth];
}

int fs_file_flags(const struct fs_file *file)
{
    return file->flags;
}

int fs_open_next(struct fs *fs, const char *path, int flags, uint32_t mode, struct fs_file *file)
{
    FIND_WAY(way, fs, path, open);
    if (way.rc)
        return way.rc;
    LAYER_SCOPE(way.fs);
    return checked(way.fs, "open", way.fs->table.open(way.fs, way.path, flags, mode, file));
}

/* What closing the object says, where the file had its last reference. */
static int file_free(struct fs_file *file)
{
    struct fs *top = file->top;
    pthread_mutex_destroy(&file->lock);
    free(file);
    return fs_close(top);
}

int fs_open(struct fs *fs, const char *path, int flags, uint32_t mode, struct fs_file **out)
{
    int access = flags & O_ACCMODE;
    if (access != O_RDONLY && access != O_WRONLY && access != O_RDWR)
        return -EINVAL;
    bool changes = access != O_RDONLY || flags & (O_CREAT | O_TRUNC);
    uint32_t features = fs_flags(fs);
    if (changes && features & FS_READ_ONLY)
        return -EROFS;
    struct fs_file *file = calloc(1, sizeof *file + (fs->depth + 1) * sizeof *file->slots);
    if (!file)
        return -ENOMEM;
    file->top = fs_ref(fs);
    file->flags = flags & (O_ACCMODE | O_CREAT | O_EXCL | O_TRUNC);
    file->serial = !(features & FS_FILE_THREAD_SAFE);
    file->writable = access != O_RDONLY;
    pthread_mutex_init(&file->lock, NULL);
    int rc = fs_open_next(fs, path, file->flags, mode & 07777, file);
    if (rc)
        file_free(file);
    else
        *out = file;
    return rc;
}

int fs_f_close(struct fs *fs, struct fs_file *file)
{
    struct fs *layer = layer_with(fs, offsetof(struct fs_table, f_close));
    int rc = 0;
    if (layer) {
        LAYER_SCOPE(layer);
        rc = checked(layer, "f_close", layer->table.f_close(layer, file));
    }
    int closed = fs == file->top ? file_free(file) : 0;
    return rc ? rc : closed;
}

ssize_t fs_f_pread(struct fs *fs, struct fs_file *file, void *buf, size_t size, uint64_t offset)
{
    if (offset > (uint64_t)FS_SIZE_MAX || (file->flags & O_ACCMODE) == O_WRONLY)
        return -EINVAL;
    if (size > SSIZE_MAX || size > (uint64_t)FS_SIZE_MAX - offset)
        size = (size_t)((uint64_t)FS_SIZE_MAX - offset);
    struct fs *layer = layer_with(fs, offsetof(struct fs_table, f_pread));
    FILE_SCOPE(fs, file);
    LAYER_SCOPE(layer);
    return checked_count(layer, "f_pread", layer->table.f_pread(layer, file, buf, size, offset), size);
}

ssize_t fs_f_pwrite(struct fs *fs, struct fs_file *file, const void *buf, size_t size, uint64_t offset)
{
    if (!file->writable)
        return -EBADF;
    if (size > SSIZE_MAX || offset > (uint64_t)FS_SIZE_MAX || size > (uint64_t)FS_SIZE_MAX - offset)
        return -EFBIG;
    struct fs *layer = layer_with(fs, offsetof(struct fs_table, f_pwrite));
    if (!layer)
        return -EROFS;
    FILE_SCOPE(fs, file);
    LAYER_SCOPE(layer);
    ssize_t rc =
        checked_count(layer, "f_pwrite", layer->table.f_pwrite(layer, file, buf, size, offset), size);
    if (rc >= 0 && (size_t)rc != size)
        return broken(layer, "f_pwrite", "wrote less than it was given");
    return rc;
}

int fs_f_truncate(struct fs *fs, struct fs_file *file, uint64_t size)
{
    if (!file->writable)
        return -EBADF;
    if (size > (uint64_t)FS_SIZE_MAX)
        return -EFBIG;
    struct fs *layer = layer_with(fs, offsetof(struct fs_table, f_truncate));
    if (!layer)
        return -EROFS;
    FILE_SCOPE(fs, file);
    LAYER_SCOPE(layer);
    return checked(layer, "f_truncate", layer->table.f_truncate(layer, file, size));
}

int fs_f_flush(struct fs *fs, struct fs_file *file)
{
    struct fs *layer = layer_with(fs, offsetof(struct fs_table, f_flush));
    if (!layer)
        return 0;
    FILE_SCOPE(fs, file);
    LAYER_SCOPE(layer);
    return checked(layer, "f_flush", layer->table.f_flush(layer, file));
}

int fs_f_fsync(struct fs *fs, struct fs_file *file)
{
    struct fs *layer = layer_with(fs, offsetof(struct fs_table, f_fsync));
    if (!layer)
        return fs_f_flush(fs, file);
    FILE_SCOPE(fs, file);
    LAYER_SCOPE(layer);
    return checked(layer, "f_fsync", layer->table.f_fsync(layer, file));
}

int fs_f_getinfo(struct fs *fs, struct fs_file *file, uint32_t want, struct fs_info *info)
{
    struct fs *layer = layer_with(fs, offsetof(struct fs_table, f_getinfo));
    if (!layer)
        return -EOPNOTSUPP;
    memset(info, 0, sizeof *info);
    FILE_SCOPE(fs, file);
    LAYER_SCOPE(layer);
    int rc = checked(layer, "f_getinfo", layer->table.f_getinfo(layer, file, want, info));
    return rc == 0 && !info_ok(info) ? broken(layer, "f_getinfo", "gave impossible facts") : rc;
}

int fs_f_lock(struct fs *fs, struct fs_file *file, int command, void *lock)
{
    struct fs *layer = layer_with(fs, offsetof(struct fs_table, f_lock));
    if (!layer)
        return -EOPNOTSUPP;
    LAYER_SCOPE(layer);
    return checked(layer, "f_lock", layer->table.f_lock(layer, file, command, lock));
}

/* ---- changes ----------------------------------------------------------------------------------------------
 */

static bool read_only(const struct fs *fs)
{
    return fs_flags(fs) & FS_READ_ONLY;
}

int fs_makedir(struct fs *fs, const char *path, uint32_t mode)
{
    FIND_WAY(way, fs, path, makedir);
    if (way.rc)
        return way.rc;
    if (read_only(fs) || !way.fs)
        return -EROFS;
    LAYER_SCOPE(way.fs);
    return checked(way.fs, "makedir", way.fs->table.makedir(way.fs, way.path, mode & 07777));
}

int fs_remove(struct fs *fs, const char *path)
{
    FIND_WAY(way, fs, path, remove);
    if (way.rc)
        return way.rc;
    if (read_only(fs) || !way.fs)
        return -EROFS;
    if (strcmp(path, "/") == 0)
        return -EISDIR;
    LAYER_SCOPE(way.fs);
    return checked(way.fs, "remove", way.fs->table.remove(way.fs, way.path));
}

int fs_removedir(struct fs *fs, const char *path)
{
    FIND_WAY(way, fs, path, removedir);
    if (way.rc)
        return way.rc;
    if (read_only(fs) || !way.fs)
        return -EROFS;
    if (strcmp(path, "/") == 0)
        return -EBUSY;
    LAYER_SCOPE(way.fs);
    return checked(way.fs, "removedir", way.fs->table.removedir(way.fs, way.path));
}

/* A directory cannot go into itself, whatever the object thinks. */
static bool below(const char *path, const char *dir)
{
    size_t length = strlen(dir);
    return strncmp(path, dir, length) == 0 && path[length] == '/';
}

int fs_rename(struct fs *fs, const char *from, const char *to, uint32_t flags)
{
    FIND_WAY(old, fs, from, rename);
    FIND_WAY(new, fs, to, rename);
    if (old.rc || new.rc)
        return old.rc ? old.rc : new.rc;
    if (read_only(fs) || !old.fs)
        return -EROFS;
    if (!from[1] || !to[1])
        return -EBUSY;
    if (below(to, from) || (flags & FS_RENAME_EXCHANGE && (below(from, to) || flags & FS_RENAME_NOREPLACE)))
        return -EINVAL;
    LAYER_SCOPE(old.fs);
    return checked(old.fs, "rename", old.fs->table.rename(old.fs, old.path, new.path, flags));
}

enum { NEVER_SET = FS_INFO_SIZE | FS_INFO_ALLOCATED | FS_INFO_ID | FS_INFO_LINKS };

/* The first layer that has either method must have this one. */
static struct fs *layer_that_sets(struct fs *fs)
{
    while (fs && !fs->table.setinfo && !fs->table.f_setinfo)
        fs = fs->next;
    return fs && fs->table.f_setinfo ? fs : NULL;
}

int fs_f_setinfo(struct fs *fs, struct fs_file *file, const struct fs_info *info)
{
    struct fs *layer = layer_that_sets(fs);
    if (read_only(fs))
        return -EROFS;
    if (info->valid & NEVER_SET)
        return -EINVAL;
    if (!layer)
        return -EOPNOTSUPP;
    FILE_SCOPE(fs, file);
    LAYER_SCOPE(layer);
    return checked(layer, "f_setinfo", layer->table.f_setinfo(layer, file, info));
}

int fs_setinfo(struct fs *fs, const char *path, const struct fs_info *info)
{
    const uint32_t times = FS_INFO_ATIME | FS_INFO_MTIME | FS_INFO_CTIME | FS_INFO_BTIME;
    FIND_WAY(way, fs, path, setinfo);
    if (way.rc)
        return way.rc;
    if (read_only(fs))
        return -EROFS;
    if (info->valid & NEVER_SET)
        return -EINVAL;
    if (!way.fs)
        return info->valid & ~times ? -EOPNOTSUPP : 0;
    LAYER_SCOPE(way.fs);
    return checked(way.fs, "setinfo", way.fs->table.setinfo(way.fs, way.path, info));
}

int fs_symlink(struct fs *fs, const char *target, const char *path)
{
    FIND_WAY(way, fs, path, symlink);
    if (way.rc)
        return way.rc;
    if (read_only(fs))
        return -EROFS;
    if (!*target || strlen(target) > FS_PATH_MAX)
        return *target ? -ENAMETOOLONG : -ENOENT;
    if (!way.fs)
        return -EOPNOTSUPP;
    LAYER_SCOPE(way.fs);
    return checked(way.fs, "symlink", way.fs->table.symlink(way.fs, target, way.path));
}

int fs_link(struct fs *fs, const char *from, const char *to)
{
    FIND_WAY(old, fs, from, link);
    FIND_WAY(new, fs, to, link);
    if (old.rc || new.rc)
        return old.rc ? old.rc : new.rc;
    if (read_only(fs))
        return -EROFS;
    if (!old.fs)
        return -EOPNOTSUPP;
    LAYER_SCOPE(old.fs);
    return checked(old.fs, "link", old.fs->table.link(old.fs, old.path, new.path));
}

/* ---- links, attributes, the rest --------------------------------------------------------------------------
 */

static int checked_text(struct fs *fs, const char *method, int rc, const char *buf, size_t size)
{
    rc = checked(fs, method, rc);
    if (rc == 0 && !memchr(buf, 0, size))
        return broken(fs, method, "gave a text without an end");
    return rc;
}

int fs_readlink(struct fs *fs, const char *path, char *buf, size_t size)
{
    FIND_WAY(way, fs, path, readlink);
    if (way.rc || !way.fs || size == 0)
        return way.rc ? way.rc : way.fs ? -ERANGE : -EINVAL;
    LAYER_SCOPE(way.fs);
    return checked_text(way.fs, "readlink", way.fs->table.readlink(way.fs, way.path, buf, size), buf, size);
}

ssize_t fs_getxattr(struct fs *fs, const char *path, const char *name, void *buf, size_t size)
{
    FIND_WAY(way, fs, path, getxattr);
    if (way.rc || !way.fs)
        return way.rc ? way.rc : -ENODATA;
    LAYER_SCOPE(way.fs);
    return checked_count(way.fs, "getxattr", way.fs->table.getxattr(way.fs, way.path, name, buf, size),
                         size ? size : SSIZE_MAX);
}

int fs_setxattr(struct fs *fs, const char *path, const char *name, const void *value, size_t size,
                uint32_t flags)
{
    FIND_WAY(way, fs, path, setxattr);
    if (way.rc)
        return way.rc;
    if (read_only(fs) || !way.fs)
        return read_only(fs) ? -EROFS : -EOPNOTSUPP;
    LAYER_SCOPE(way.fs);
    return checked(way.fs, "setxattr", way.fs->table.setxattr(way.fs, way.path, name, value, size, flags));
}

ssize_t fs_listxattr(struct fs *fs, const char *path, char *buf, size_t size)
{
    FIND_WAY(way, fs, path, listxattr);
    if (way.rc || !way.fs)
        return way.rc;
    LAYER_SCOPE(way.fs);
    return checked_count(way.fs, "listxattr", way.fs->table.listxattr(way.fs, way.path, buf, size),
                         size ? size : SSIZE_MAX);
}

int fs_removexattr(struct fs *fs, const char *path, const char *name)
{
    FIND_WAY(way, fs, path, removexattr);
    if (way.rc)
        return way.rc;
    if (read_only(fs) || !way.fs)
        return read_only(fs) ? -EROFS : -ENODATA;
    LAYER_SCOPE(way.fs);
    return checked(way.fs, "removexattr", way.fs->table.removexattr(way.fs, way.path, name));
}

int fs_statfs(struct fs *fs, struct fs_space *space)
{
    const uint64_t gib = 1 << 30;
    memset(space, 0, sizeof *space);
    space->block = 4096;
    struct fs *layer = layer_with(fs, offsetof(struct fs_table, statfs));
    int rc = 0;
    if (layer) {
        LAYER_SCOPE(layer);
        rc = checked(layer, "statfs", layer->table.statfs(layer, space));
    } else {
        space->total = 200 * gib;
        space->free = space->available = read_only(fs) ? 0 : 100 * gib;
    }
    if (rc == 0 && (space->free > space->total || space->available > space->free || space->block == 0))
        return broken(layer, "statfs", "gave impossible numbers");
    return rc;
}

/* A layer that does not know the key leaves it to those below. */
int fs_getmeta(struct fs *fs, const char *key, char *buf, size_t size)
{
    const size_t method = offsetof(struct fs_table, getmeta);
    int rc = -ENODATA;
    for (fs = layer_with(fs, method); fs && rc == -ENODATA; fs = layer_with(fs->next, method)) {
        LAYER_SCOPE(fs);
        rc = size ? checked_text(fs, "getmeta", fs->table.getmeta(fs, key, buf, size), buf, size) : -ERANGE;
    }
    return rc;
}

int fs_getospath(struct fs *fs, const char *path, char *buf, size_t size)
{
    FIND_WAY(way, fs, path, getospath);
    if (way.rc || !way.fs || size == 0)
        return way.rc ? way.rc : way.fs ? -ERANGE : -ENODATA;
    LAYER_SCOPE(way.fs);
    return checked_text(way.fs, "getospath", way.fs->table.getospath(way.fs, way.path, buf, size), buf, size);
}

int fs_access(struct fs *fs, const char *path, int mode)
{
    if (mode & W_OK && read_only(fs))
        return -EROFS;
    FIND_WAY(way, fs, path, access);
    if (way.rc || !way.fs)
        return way.rc;
    LAYER_SCOPE(way.fs);
    return checked(way.fs, "access", way.fs->table.access(way.fs, way.path, mode));
}
