// SPDX-License-Identifier: MIT
/*
 * Owns the operations on attributes: GETATTR, STATX, ACCESS, SETATTR, STATFS.
 *
 * What SETATTR can keep on a volume without modes and owners:
 *
 *     mode, file        the owner's w (any w, where the owner's is masked) is READONLY turned round; every
 * other bit is taken without effect, for cp -a, tar, rsync and git set modes on whatever they make mode,
 * directory   taken without effect uid, gid          the ones shown succeed, others are EPERM size, atime,
 * mtime  kept ctime             the file system's own affair
 */
#include "base/clock.h"
#include "door/fuse/fuse_i.h"
#include <dokan/ntstatus.h>
#include <errno.h>
#include <unistd.h>

/* ---- GETATTR, STATX ----------------------------------------------------------------------------------- */

static int prepare_query(struct fuse_request *rq, uint32_t flags, uint64_t fh)
{
    rq->nt.getattr.node = rq->node;
    if (flags & FUSE_GETATTR_FH) {
        rq->nt.handle = fuse_handle_get(rq->door, fh);
        if (!rq->nt.handle)
            return -EBADF;
    }
    return FUSE_SUBMIT;
}

int fuse_prepare_getattr(struct fuse_request *rq, const void *arg, size_t size)
{
    (void)size;
    const struct fuse_getattr_in *in = arg;
    return prepare_query(rq, in->getattr_flags, in->fh);
}

int fuse_prepare_statx(struct fuse_request *rq, const void *arg, size_t size)
{
    (void)size;
    const struct xfuse_statx_in *in = arg;
    return prepare_query(rq, in->getattr_flags, in->fh);
}

static void answer_attr(struct fuse_request *rq, const struct nt_attr *attr, uint64_t attr_ns)
{
    struct fuse_attr_out *out = (struct fuse_attr_out *)rq->out;
    out->dummy = 0;
    fuse_valid_fill(attr_ns, &out->attr_valid, &out->attr_valid_nsec);
    fuse_attr_fill(rq->door, attr, &out->attr);
    fuse_reply(rq, 0, sizeof *out);
}

void fuse_reply_getattr(struct fuse_request *rq, NTSTATUS status, uint64_t information)
{
    (void)information;
    if (NT_SUCCESS(status))
        answer_attr(rq, &rq->nt.getattr.out.attr, rq->nt.getattr.out.attr_ns);
    else
        fuse_reply_node_status(rq, status);
}

void fuse_reply_statx(struct fuse_request *rq, NTSTATUS status, uint64_t information)
{
    (void)information;
    if (!NT_SUCCESS(status)) {
        fuse_reply_node_status(rq, status);
        return;
    }
    struct xfuse_statx_out *out = (struct xfuse_statx_out *)rq->out;
    *out = (struct xfuse_statx_out){.flags = 0};
    fuse_valid_fill(rq->nt.getattr.out.attr_ns, &out->attr_valid, &out->attr_valid_nsec);
    fuse_statx_fill(rq->door, &rq->nt.getattr.out.attr, &out->stat);
    fuse_reply(rq, 0, sizeof *out);
}

/* ---- ACCESS ------------------------------------------------------------------------------------------- */

/* Comes only where the kernel does not check modes itself: from root (see open_mount() in instance_start.c),
 * who may do all but execute what nobody may. */
int fuse_prepare_access(struct fuse_request *rq, const void *arg, size_t size)
{
    (void)size;
    const struct fuse_access_in *in = arg;
    bool execute = in->mask & X_OK && !nt_node_is_directory(rq->node);
    return execute ? prepare_query(rq, 0, 0) : FUSE_ANSWER;
}

void fuse_reply_access(struct fuse_request *rq, NTSTATUS status, uint64_t information)
{
    (void)information;
    if (!NT_SUCCESS(status)) {
        fuse_reply_node_status(rq, status);
        return;
    }
    struct fuse_attr shown;
    fuse_attr_fill(rq->door, &rq->nt.getattr.out.attr, &shown);
    fuse_reply(rq, shown.mode & 0111 ? 0 : -EACCES, 0);
}

/* ---- SETATTR ------------------------------------------------------------------------------------------ */

static bool owner_allowed(const struct fuse_door *door, const struct fuse_setattr_in *in)
{
    return door->offers & NT_OFFERS_FACTS || ((!(in->valid & FATTR_UID) || in->uid == door->config.uid) &&
                                              (!(in->valid & FATTR_GID) || in->gid == door->config.gid));
}

/* What a mount option decides is taken without effect. */
static void take_facts(const struct fuse_door *door, const struct fuse_setattr_in *in,
                       struct nt_setattr_args *set)
{
    set->mode = in->mode & 07777;
    set->uid = in->uid;
    set->gid = in->gid;
    set->valid |= in->valid & FATTR_MODE && !door->config.force_mode ? NT_SET_MODE : 0;
    set->valid |= in->valid & FATTR_UID && !door->config.force_uid ? NT_SET_UID : 0;
    set->valid |= in->valid & FATTR_GID && !door->config.force_gid ? NT_SET_GID : 0;
}

static void take_mode(const struct fuse_request *rq, const struct fuse_setattr_in *in,
                      struct nt_setattr_args *set)
{
    uint32_t bits = rq->door->write_bits;
    if (!bits || nt_node_is_directory(rq->node))
        return;
    if (bits & 0200)
        bits = 0200;
    set->valid |= NT_SET_READONLY;
    set->attributes = in->mode & bits ? 0 : FILE_ATTRIBUTE_READONLY;
}

static void take_times(const struct fuse_setattr_in *in, struct nt_setattr_args *set)
{
    if (in->valid & FATTR_ATIME) {
        set->valid |= NT_SET_ACCESS;
        set->access = in->valid & FATTR_ATIME_NOW ? filetime_now() : fuse_filetime(in->atime, in->atimensec);
    }
    if (in->valid & FATTR_MTIME) {
        set->valid |= NT_SET_WRITE;
        set->write = in->valid & FATTR_MTIME_NOW ? filetime_now() : fuse_filetime(in->mtime, in->mtimensec);
    }
}

int fuse_prepare_setattr(struct fuse_request *rq, const void *arg, size_t size)
{
    (void)size;
    const struct fuse_setattr_in *in = arg;
    struct nt_setattr_args *set = &rq->nt.setattr;
    if (!owner_allowed(rq->door, in))
        return -EPERM;
    if (in->valid & FATTR_FH) {
        rq->nt.handle = fuse_handle_get(rq->door, in->fh);
        if (!rq->nt.handle)
            return -EBADF;
    }
    set->node = rq->node;
    if (rq->door->offers & NT_OFFERS_FACTS)
        take_facts(rq->door, in, set);
    else if (in->valid & FATTR_MODE)
        take_mode(rq, in, set);
    if (in->valid & FATTR_SIZE) {
        if (in->size > INT64_MAX)
            return -EFBIG;
        set->valid |= NT_SET_SIZE | (in->valid & FATTR_KILL_SUIDGID ? NT_SET_KILL : 0);
        set->size = in->size;
    }
    take_times(in, set);
    return FUSE_SUBMIT;
}

void fuse_reply_setattr(struct fuse_request *rq, NTSTATUS status, uint64_t information)
{
    (void)information;
    if (NT_SUCCESS(status))
        answer_attr(rq, &rq->nt.setattr.out.attr, rq->nt.setattr.out.attr_ns);
    else
        fuse_reply_node_status(rq, status);
}

/* ---- STATFS ------------------------------------------------------------------------------------------- */

int fuse_prepare_statfs(struct fuse_request *rq, const void *arg, size_t size)
{
    (void)rq, (void)arg, (void)size;
    return FUSE_SUBMIT;
}

void fuse_reply_statfs(struct fuse_request *rq, NTSTATUS status, uint64_t information)
{
    (void)information;
    if (!NT_SUCCESS(status)) {
        fuse_reply_status(rq, status);
        return;
    }
    const struct nt_statfs_args *fs = &rq->nt.statfs;
    uint32_t unit = fs->out.unit ? fs->out.unit : FUSE_BLOCK;
    struct fuse_statfs_out *out = (struct fuse_statfs_out *)rq->out;
    *out = (struct fuse_statfs_out){.st = {.blocks = fs->out.total / unit,
                                           .bfree = fs->out.free / unit,
                                           .bavail = fs->out.available / unit,
                                           .bsize = unit,
                                           .frsize = unit,
                                           .namelen = fs->out.name_max ? fs->out.name_max : NAME_MAX_UNITS}};
    fuse_reply(rq, 0, sizeof *out);
}
