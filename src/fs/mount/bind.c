// SPDX-License-Identifier: MIT
/*
 * What a binding to another language needs beyond C: the callbacks one by one, their protection, a fork of
 * its own, and listings that do not cross the border once per entry.
 */
#include "fs/mount/mount_i.h"

#include "fs/fs_i.h"
#include "fs/mount/expose.h"
#include "fs/mount/expose_i.h"
#include "fs/mount/timeout.h"
#include <errno.h>
#include <string.h>

_Static_assert(sizeof(struct call) <= sizeof(struct fs_call), "fs_call has room for it");

uint32_t fs_version(void)
{
    return FS_API_VERSION;
}

const DOKAN_OPERATIONS *fs_operations(void)
{
    return expose_operations();
}

void operations_replace(DOKAN_OPERATIONS *operations, const DOKAN_OPERATIONS *with)
{
    typedef void (*slot)(void);
    enum { SLOTS = sizeof *operations / sizeof(slot) };
    slot mine[SLOTS], theirs[SLOTS];
    memcpy(mine, operations, sizeof mine);
    memcpy(theirs, with, sizeof theirs);
    for (size_t i = 0; i < SLOTS; i++)
        mine[i] = theirs[i] ? theirs[i] : mine[i];
    memcpy(operations, mine, sizeof mine);
}

void fs_call_begin(struct fs_call *out, PDOKAN_FILE_INFO info)
{
    const struct call call = call_enter(expose_of(info)->watch, info);
    memcpy(out->opaque, &call, sizeof call);
}

void fs_call_end(struct fs_call *in)
{
    struct call call;
    memcpy(&call, in->opaque, sizeof call);
    call_leave(&call);
}

void fs_after_fork(void)
{
    mount_after_fork();
}

int fs_fill_many(fs_fill fill, void *ctx, const struct fs_entry *entries, size_t count, uint64_t next)
{
    int stop = 0;
    for (size_t i = 0; i < count && !stop; i++)
        stop = fill(ctx, entries[i].name, &entries[i].info, next + i);
    return stop;
}

/* ---- an abandoned layer ------------------------------------------------------------------------------ */

static int gone_getinfo(struct fs *fs, const char *path, uint32_t want, struct fs_info *info)
{
    (void)fs, (void)path, (void)want, (void)info;
    return -EIO;
}

static int gone_scandir(struct fs *fs, const char *path, uint32_t want, uint64_t cursor, fs_fill fill,
                        void *ctx)
{
    (void)fs, (void)path, (void)want, (void)cursor, (void)fill, (void)ctx;
    return -EIO;
}

static int gone_open(struct fs *fs, const char *path, int flags, uint32_t mode, struct fs_file *file)
{
    (void)fs, (void)path, (void)flags, (void)mode, (void)file;
    return -EIO;
}

static ssize_t gone_pread(struct fs *fs, struct fs_file *file, void *buf, size_t size, uint64_t offset)
{
    (void)fs, (void)file, (void)buf, (void)size, (void)offset;
    return -EIO;
}

static ssize_t gone_pwrite(struct fs *fs, struct fs_file *file, const void *buf, size_t size, uint64_t offset)
{
    (void)fs, (void)file, (void)buf, (void)size, (void)offset;
    return -EIO;
}

static int gone_truncate(struct fs *fs, struct fs_file *file, uint64_t size)
{
    (void)fs, (void)file, (void)size;
    return -EIO;
}

static int gone_flush(struct fs *fs, struct fs_file *file)
{
    (void)fs, (void)file;
    return -EIO;
}

static int gone_makedir(struct fs *fs, const char *path, uint32_t mode)
{
    (void)fs, (void)path, (void)mode;
    return -EIO;
}

static int gone_remove(struct fs *fs, const char *path)
{
    (void)fs, (void)path;
    return -EIO;
}

static int gone_rename(struct fs *fs, const char *from, const char *to, uint32_t flags)
{
    (void)fs, (void)from, (void)to, (void)flags;
    return -EIO;
}

static int gone_setinfo(struct fs *fs, const char *path, const struct fs_info *info)
{
    (void)fs, (void)path, (void)info;
    return -EIO;
}

static const struct fs_table gone = {
    .getinfo = gone_getinfo,
    .scandir = gone_scandir,
    .open = gone_open,
    .f_pread = gone_pread,
    .f_pwrite = gone_pwrite,
    .f_truncate = gone_truncate,
    .f_flush = gone_flush,
    .f_fsync = gone_flush,
    .makedir = gone_makedir,
    .remove = gone_remove,
    .removedir = gone_remove,
    .rename = gone_rename,
    .setinfo = gone_setinfo,
};

/* What is left out has the defaults of the table. Others may be about to call: slot by slot, none half. */
void fs_abandon(struct fs *fs)
{
    typedef void (*slot)(void);
    enum { FIRST = offsetof(struct fs_table, close) / sizeof(slot), SLOTS = sizeof gone / sizeof(slot) };
    slot *mine = (slot *)(void *)&fs->table;
    const slot *none = (const slot *)(const void *)&gone;
    for (size_t i = FIRST; i < SLOTS; i++)
        __atomic_store_n(&mine[i], none[i], __ATOMIC_RELEASE);
}
