// SPDX-License-Identifier: MIT
/*
 * Facts of the files of a host directory, and of the directory as a whole.
 */
#include "fs/format/host.h"

#include "base/cleanup.h"
#include "base/hash.h"
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/statvfs.h>
#include <sys/sysmacros.h>

uint32_t host_type(mode_t mode)
{
    static const uint8_t types[16] = {
        [S_IFDIR >> 12] = FS_TYPE_DIRECTORY, [S_IFREG >> 12] = FS_TYPE_FILE,
        [S_IFCHR >> 12] = FS_TYPE_CHARACTER, [S_IFBLK >> 12] = FS_TYPE_BLOCK,
        [S_IFIFO >> 12] = FS_TYPE_FIFO,      [S_IFSOCK >> 12] = FS_TYPE_SOCKET,
        [S_IFLNK >> 12] = FS_TYPE_SYMLINK,
    };
    uint32_t type = types[(mode & S_IFMT) >> 12];
    return type ? type : FS_TYPE_FILE;
}

static int64_t nanoseconds(struct statx_timestamp time)
{
    int64_t value;
    if (__builtin_mul_overflow(time.tv_sec, INT64_C(1000000000), &value) ||
        __builtin_add_overflow(value, (int64_t)time.tv_nsec, &value))
        return time.tv_sec < 0 ? INT64_MIN : INT64_MAX;
    return value;
}

/* Inodes of other file systems that are mounted in the tree get numbers of their own. */
static uint64_t id_of(const struct host *host, const struct statx *st)
{
    uint64_t dev = makedev(st->stx_dev_major, st->stx_dev_minor);
    uint64_t id = dev == host->dev ? st->stx_ino : hash_u64(st->stx_ino, dev) | UINT64_C(1) << 63;
    return id ? id : 1;
}

static void info_of(const struct host *host, const struct statx *st, struct fs_info *info)
{
    info->valid = FS_INFO_ALL & ~(uint32_t)(FS_INFO_ATTRIBUTES | FS_INFO_BTIME);
    info->type = host_type(st->stx_mode);
    bool sized = info->type == FS_TYPE_FILE || info->type == FS_TYPE_SYMLINK;
    info->size = sized ? st->stx_size : 0;
    info->allocated = st->stx_blocks * 512;
    info->atime = nanoseconds(st->stx_atime);
    info->mtime = nanoseconds(st->stx_mtime);
    info->ctime = nanoseconds(st->stx_ctime);
    info->mode = st->stx_mode & 07777;
    info->uid = st->stx_uid;
    info->gid = st->stx_gid;
    info->links = st->stx_nlink;
    info->id = id_of(host, st);
    if (st->stx_mask & STATX_BTIME) {
        info->btime = nanoseconds(st->stx_btime);
        info->valid |= FS_INFO_BTIME;
    }
}

int host_info(const struct host *host, int fd, const char *name, int flags, uint32_t want,
              struct fs_info *info)
{
    unsigned mask = STATX_BASIC_STATS | (want & FS_INFO_BTIME ? STATX_BTIME : 0);
    struct statx st;
    if (statx(fd, name, flags | AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT, mask, &st) != 0)
        return -errno;
    info_of(host, &st, info);
    return 0;
}

/* One component cannot lead out: then a single call does. */
int host_getinfo(struct fs *fs, const char *path, uint32_t want, struct fs_info *info)
{
    const struct host *host = host_of(fs);
    if (!path[1])
        return host_info(host, host->fd, "", AT_EMPTY_PATH, want, info);
    if (!strchr(path + 1, '/'))
        return host_info(host, host->fd, path + 1, 0, want, info);
    CLEANUP_FD int fd = host_open(host, path, O_PATH, 0);
    return fd < 0 ? fd : host_info(host, fd, "", AT_EMPTY_PATH, want, info);
}

static struct timespec timespec_of(const struct fs_info *info, uint32_t bit, int64_t value)
{
    if (!(info->valid & bit))
        return (struct timespec){.tv_nsec = UTIME_OMIT};
    int64_t seconds = value / 1000000000, rest = value % 1000000000;
    if (rest < 0) {
        seconds--;
        rest += 1000000000;
    }
    return (struct timespec){.tv_sec = seconds, .tv_nsec = rest};
}

static int set_times(int fd, const struct fs_info *info)
{
    const struct timespec times[2] = {
        timespec_of(info, FS_INFO_ATIME, info->atime),
        timespec_of(info, FS_INFO_MTIME, info->mtime),
    };
    if (!(info->valid & (FS_INFO_ATIME | FS_INFO_MTIME)))
        return 0;
    if (utimensat(fd, "", times, AT_EMPTY_PATH) == 0)
        return 0;
    if (errno != EINVAL && errno != ENOENT) /* kernels before 5.8 */
        return -errno;
    return utimensat(AT_FDCWD, host_link(fd).text, times, 0) == 0 ? 0 : -errno;
}

/* Linux gives links no mode of their own. */
static int set_mode(int fd, uint32_t mode)
{
    struct stat st;
    if (fstat(fd, &st) != 0)
        return -errno;
    if (S_ISLNK(st.st_mode))
        return -EOPNOTSUPP;
    return chmod(host_link(fd).text, mode & 07777) == 0 ? 0 : -errno;
}

/* Owner first: giving a file away may take bits from its mode. Birth and change time are the kernel's own. */
int host_set(int fd, const struct fs_info *info)
{
    int rc = info->valid & FS_INFO_ATTRIBUTES ? -EOPNOTSUPP : 0;
    if (rc == 0 && info->valid & FS_INFO_OWNER && fchownat(fd, "", info->uid, info->gid, AT_EMPTY_PATH) != 0)
        rc = -errno;
    if (rc == 0 && info->valid & FS_INFO_MODE)
        rc = set_mode(fd, info->mode);
    return rc ? rc : set_times(fd, info);
}

int host_setinfo(struct fs *fs, const char *path, const struct fs_info *info)
{
    CLEANUP_FD int fd = host_open(host_of(fs), path, O_PATH, 0);
    return fd < 0 ? fd : host_set(fd, info);
}

int host_statfs(struct fs *fs, struct fs_space *space)
{
    struct statvfs st;
    if (fstatvfs(host_of(fs)->fd, &st) != 0)
        return -errno;
    uint64_t unit = st.f_frsize ? st.f_frsize : 4096;
    space->total = st.f_blocks * unit;
    space->free = st.f_bfree * unit;
    space->available = st.f_bavail < st.f_bfree ? st.f_bavail * unit : space->free;
    space->files = st.f_files;
    space->files_free = st.f_favail;
    space->block = (uint32_t)unit;
    space->name_max = (uint32_t)st.f_namemax;
    return 0;
}

int host_getmeta(struct fs *fs, const char *key, char *buf, size_t size)
{
    return strcmp(key, "source") == 0 ? host_getospath(fs, "/", buf, size) : -ENODATA;
}

int host_getospath(struct fs *fs, const char *path, char *buf, size_t size)
{
    char root[PATH_MAX];
    ssize_t length = readlink(host_link(host_of(fs)->fd).text, root, sizeof root);
    if (length <= 0 || length == sizeof root)
        return length < 0 ? -errno : -ENODATA;
    bool top = length == 1; /* "/" */
    const char *rest = path[1] ? path : "";
    int need = snprintf(buf, size, "%.*s%s", (int)length, root, top ? rest + (*rest == '/') : rest);
    return need < (int)size ? 0 : -ERANGE;
}

int host_access(struct fs *fs, const char *path, int mode)
{
    CLEANUP_FD int fd = host_open(host_of(fs), path, O_PATH, 0);
    if (fd < 0)
        return fd;
    return faccessat(fd, "", mode, AT_EMPTY_PATH | AT_EACCESS) == 0 ? 0 : -errno;
}
