// SPDX-License-Identifier: MIT
/*
 * Owns the translation of attributes between NT and the kernel's structures.
 *
 * What a volume keeps of modes and owners is shown as it is. Type: that of its reparse tag where the volume
 * offers reparse points, else file or directory. What one without modes and owners shows (config: uid, gid,
 * umask, file_mask, dir_mask):
 *
 *     directory          040777 & ~(umask | dir_mask), links 1 ("unknown": find(1) then counts on nothing)
 *     file               0100777 & ~(umask | file_mask), links as the file system says, at least 1
 *     file, READONLY     the same without any w
 *     directory, READONLY  as if it were not: in NT the bit does not forbid to change what is inside
 */
#include "base/clock.h"
#include "door/fuse/fuse_i.h"
#include <sys/stat.h>
#include <sys/sysmacros.h>

static const struct {
    uint32_t tag, type;
} types[] = {
    {IO_REPARSE_TAG_LX_SYMLINK, S_IFLNK},  {IO_REPARSE_TAG_SYMLINK, S_IFLNK},
    {IO_REPARSE_TAG_MOUNT_POINT, S_IFLNK}, {IO_REPARSE_TAG_AF_UNIX, S_IFSOCK},
    {IO_REPARSE_TAG_LX_FIFO, S_IFIFO},     {IO_REPARSE_TAG_LX_CHR, S_IFCHR},
    {IO_REPARSE_TAG_LX_BLK, S_IFBLK},
};

uint32_t fuse_tag_of_type(uint32_t mode)
{
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if ((mode & S_IFMT) == types[i].type)
            return types[i].tag;
    return 0;
}

uint32_t fuse_type_of(const struct fuse_door *door, const struct nt_attr *attr)
{
    bool reparse = attr->attributes & FILE_ATTRIBUTE_REPARSE_POINT && door->offers & NT_OFFERS_REPARSE;
    for (size_t i = 0; reparse && i < sizeof types / sizeof *types; i++)
        if (attr->reparse_tag == types[i].tag)
            return types[i].type;
    return attr->attributes & FILE_ATTRIBUTE_DIRECTORY ? S_IFDIR : S_IFREG;
}

static uint32_t mode_of(const struct fuse_door *door, const struct nt_attr *attr)
{
    uint32_t type = fuse_type_of(door, attr);
    if (type == S_IFLNK)
        return S_IFLNK | 0777;
    if (attr->facts.valid & DOKAN_FACT_MODE && !door->config.force_mode)
        return type | attr->facts.mode;
    if (type != S_IFDIR && type != S_IFREG)
        return type | door->file_mode;
    if (attr->attributes & FILE_ATTRIBUTE_DIRECTORY)
        return S_IFDIR | door->dir_mode;
    bool readonly = attr->attributes & FILE_ATTRIBUTE_READONLY;
    return S_IFREG | (readonly ? door->file_mode & ~0222u : door->file_mode);
}

static uint32_t links_of(const struct nt_attr *attr)
{
    if (attr->facts.valid & DOKAN_FACT_LINKS)
        return attr->facts.links;
    return attr->attributes & FILE_ATTRIBUTE_DIRECTORY || !attr->links ? 1 : attr->links;
}

static uint64_t size_of(const struct nt_attr *attr)
{
    return attr->attributes & FILE_ATTRIBUTE_DIRECTORY ? 0 : attr->size;
}

static uint64_t blocks_of(const struct nt_attr *attr)
{
    bool told = attr->facts.valid & DOKAN_FACT_ALLOCATION;
    return ((told ? attr->facts.allocation : size_of(attr)) + 511) / 512;
}

static uint32_t uid_of(const struct fuse_door *door, const struct nt_attr *attr)
{
    bool kept = attr->facts.valid & DOKAN_FACT_UID && !door->config.force_uid;
    return kept ? attr->facts.uid : door->config.uid;
}

static uint32_t gid_of(const struct fuse_door *door, const struct nt_attr *attr)
{
    bool kept = attr->facts.valid & DOKAN_FACT_GID && !door->config.force_gid;
    return kept ? attr->facts.gid : door->config.gid;
}

/* As the kernel packs a device number for FUSE. */
static uint32_t device_of(const struct nt_attr *attr)
{
    uint64_t device = attr->facts.valid & DOKAN_FACT_DEVICE ? attr->facts.device : 0;
    uint32_t high = major(device), low = minor(device);
    return (low & 0xff) | high << 8 | (low & ~0xffu) << 12;
}

/* The first that is reported. 0: none. */
static struct timespec pick_time(uint64_t a, uint64_t b, uint64_t c)
{
    uint64_t ft = a ? a : b ? b : c;
    struct timespec ts = {0};
    if (ft)
        filetime_to_timespec(ft, &ts);
    return ts;
}

void fuse_attr_fill(const struct fuse_door *door, const struct nt_attr *attr, struct fuse_attr *out)
{
    struct timespec atime = pick_time(attr->access, attr->write, attr->creation);
    struct timespec mtime = pick_time(attr->write, attr->change, attr->creation);
    struct timespec ctime = pick_time(attr->change, attr->write, attr->creation);
    uint64_t size = size_of(attr);
    *out = (struct fuse_attr){
        .ino = attr->ino,
        .size = size,
        .blocks = blocks_of(attr),
        .atime = (uint64_t)atime.tv_sec,
        .mtime = (uint64_t)mtime.tv_sec,
        .ctime = (uint64_t)ctime.tv_sec,
        .atimensec = (uint32_t)atime.tv_nsec,
        .mtimensec = (uint32_t)mtime.tv_nsec,
        .ctimensec = (uint32_t)ctime.tv_nsec,
        .mode = mode_of(door, attr),
        .nlink = links_of(attr),
        .uid = uid_of(door, attr),
        .gid = gid_of(door, attr),
        .rdev = device_of(attr),
        .blksize = FUSE_BLOCK,
    };
}

static struct xfuse_time statx_time(struct timespec ts)
{
    return (struct xfuse_time){.sec = ts.tv_sec, .nsec = (uint32_t)ts.tv_nsec};
}

void fuse_statx_fill(const struct fuse_door *door, const struct nt_attr *attr, struct xfuse_statx *out)
{
    struct fuse_attr plain;
    fuse_attr_fill(door, attr, &plain);
    *out = (struct xfuse_statx){
        .mask = STATX_BASIC_STATS | (attr->creation ? STATX_BTIME : 0),
        .blksize = plain.blksize,
        .nlink = plain.nlink,
        .uid = plain.uid,
        .gid = plain.gid,
        .mode = (uint16_t)plain.mode,
        .ino = plain.ino,
        .rdev_major = attr->facts.valid & DOKAN_FACT_DEVICE ? major(attr->facts.device) : 0,
        .rdev_minor = attr->facts.valid & DOKAN_FACT_DEVICE ? minor(attr->facts.device) : 0,
        .size = plain.size,
        .blocks = plain.blocks,
        .atime = statx_time(pick_time(attr->access, attr->write, attr->creation)),
        .btime = statx_time(pick_time(attr->creation, 0, 0)),
        .ctime = statx_time(pick_time(attr->change, attr->write, attr->creation)),
        .mtime = statx_time(pick_time(attr->write, attr->change, attr->creation)),
    };
}

void fuse_valid_fill(uint64_t ns, uint64_t *sec, uint32_t *nsec)
{
    *sec = ns / 1000000000;
    *nsec = (uint32_t)(ns % 1000000000);
}

bool fuse_entry_fill(struct fuse_door *door, struct nt_node *node, const struct nt_attr *attr,
                     uint64_t entry_ns, uint64_t attr_ns, struct fuse_entry_out *out)
{
    uint64_t id = fuse_node_learn(door, node);
    if (!id)
        return false;
    *out = (struct fuse_entry_out){.nodeid = id};
    fuse_valid_fill(entry_ns, &out->entry_valid, &out->entry_valid_nsec);
    fuse_valid_fill(attr_ns, &out->attr_valid, &out->attr_valid_nsec);
    fuse_attr_fill(door, attr, &out->attr);
    return true;
}

uint64_t fuse_filetime(uint64_t sec, uint32_t nsec)
{
    struct timespec ts = {.tv_sec = (time_t)sec, .tv_nsec = nsec < 1000000000 ? (long)nsec : 999999999};
    uint64_t ft = filetime_from_timespec(&ts);
    return ft ? ft : 1;
}
