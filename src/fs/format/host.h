// SPDX-License-Identifier: MIT
/*
 * A directory of this machine as an FS object: what its files share.
 *
 * Whatever the object opens, it opens beneath its root, and no symbolic link is followed on the way: with
 * openat2(2), or one component after the other where that is refused. What was opened stays the same thing,
 * whoever renames its parents meanwhile; the rest is done on descriptors. Names are made, removed and renamed
 * in a directory that was opened so.
 *
 * The object has no state but its root and the listings that go on later, which have a lock of their own.
 */
#ifndef XDOKAN_FS_HOST_H
#define XDOKAN_FS_HOST_H

#include "fs/fs_i.h"

#include <sys/stat.h>

struct host {
    int fd;       /* the root, O_PATH */
    bool walks;   /* no openat2 here */
    uint64_t dev; /* the root's device; ids of files on others are made different */
    pthread_mutex_t list_lock;
    struct host_lists *lists; /* that go on later (host_list.c) */
};

static inline struct host *host_of(struct fs *fs)
{
    return fs_data(fs);
}

/* ---- opening (host_open.c) ---------------------------------------------------------------------------- */

/* Finds out what the kernel offers. 0 or -errno. */
int host_probe(struct host *host);
/* A descriptor or -errno; -ENOTDIR for a link in the middle, -ELOOP for one at the end unless O_PATH is set:
 * then it is the link itself. */
int host_open(const struct host *host, const char *path, int flags, uint32_t mode);

/* A directory and a name in it: for calls that work on names. */
struct host_place {
    int dir;
    bool ours; /* dir is to be closed */
    const char *name;
};

#define HOST_PLACE __attribute__((cleanup(host_place_end)))
/* 0 or -errno. Not for the root. */
int host_place(const struct host *host, const char *path, struct host_place *out);
void host_place_end(struct host_place *place);

/* "/proc/self/fd/N", for calls that know no O_PATH descriptors. */
struct host_link {
    char text[32];
};
struct host_link host_link(int fd);

/* ---- facts (host_info.c) ------------------------------------------------------------------------------ */

/* Asks for what `want` needs. 0 or -errno. */
int host_info(const struct host *host, int fd, const char *name, int flags, uint32_t want,
              struct fs_info *info);
uint32_t host_type(mode_t mode);
int host_getinfo(struct fs *fs, const char *path, uint32_t want, struct fs_info *info);
int host_setinfo(struct fs *fs, const char *path, const struct fs_info *info);
int host_statfs(struct fs *fs, struct fs_space *space);
int host_getmeta(struct fs *fs, const char *key, char *buf, size_t size);
int host_getospath(struct fs *fs, const char *path, char *buf, size_t size);
int host_access(struct fs *fs, const char *path, int mode);

/* ---- open files (host_file.c) ------------------------------------------------------------------------- */

int host_file_open(struct fs *fs, const char *path, int flags, uint32_t mode, struct fs_file *file);
int host_f_close(struct fs *fs, struct fs_file *file);
ssize_t host_f_pread(struct fs *fs, struct fs_file *file, void *buf, size_t size, uint64_t offset);
ssize_t host_f_pwrite(struct fs *fs, struct fs_file *file, const void *buf, size_t size, uint64_t offset);
int host_f_truncate(struct fs *fs, struct fs_file *file, uint64_t size);
int host_f_flush(struct fs *fs, struct fs_file *file);
int host_f_fsync(struct fs *fs, struct fs_file *file);
/* Sets facts of what a descriptor stands for, O_PATH too. */
int host_set(int fd, const struct fs_info *info);
int host_f_setinfo(struct fs *fs, struct fs_file *file, const struct fs_info *info);
int host_f_getinfo(struct fs *fs, struct fs_file *file, uint32_t want, struct fs_info *info);
int host_f_lock(struct fs *fs, struct fs_file *file, int command, void *lock);

/* ---- listing (host_list.c) ----------------------------------------------------------------------------- */

int host_lists_new(struct host *host);
void host_lists_free(struct host *host);
int host_scandir(struct fs *fs, const char *path, uint32_t want, uint64_t cursor, fs_fill fill, void *ctx);

/* ---- names (host_names.c) ----------------------------------------------------------------------------- */

int host_makedir(struct fs *fs, const char *path, uint32_t mode);
int host_remove(struct fs *fs, const char *path);
int host_removedir(struct fs *fs, const char *path);
int host_rename(struct fs *fs, const char *from, const char *to, uint32_t flags);
int host_readlink(struct fs *fs, const char *path, char *buf, size_t size);
int host_symlink(struct fs *fs, const char *target, const char *path);
int host_hardlink(struct fs *fs, const char *from, const char *to);

/* ---- extended attributes (host_xattr.c) --------------------------------------------------------------- */

ssize_t host_getxattr(struct fs *fs, const char *path, const char *name, void *buf, size_t size);
int host_setxattr(struct fs *fs, const char *path, const char *name, const void *value, size_t size,
                  uint32_t flags);
ssize_t host_listxattr(struct fs *fs, const char *path, char *buf, size_t size);
int host_removexattr(struct fs *fs, const char *path, const char *name);

/* ---- folders (host.c, folder.c) ----------------------------------------------------------------------- */

/* The object for the directory that fd stands for; takes fd over in any case. */
int host_new(int fd, struct fs **out);
/* What `file` and its kin do with a request, once the path is known (host.c): makes it when asked to. */
int folder_open(const struct fs_request *request, const char *path, mode_t mode, struct fs **fs,
                struct fs_error *error);
/* Makes a directory and those above it. 0 or -errno. */
int folder_make(const char *path, mode_t mode);
/* Removes all that is in the directory, however deep: follows no link, enters no mount. 0 or the first
 * -errno; what could not be removed stays. */
int folder_empty(int dir);

#endif
