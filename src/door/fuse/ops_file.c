// SPDX-License-Identifier: MIT
/*
 * Owns the operations on open files: OPEN, READ, WRITE, FLUSH, FSYNC, FALLOCATE, RELEASE.
 */
#include "door/fuse/fuse_i.h"
#include <dokan/ntstatus.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/falloc.h>
#include <string.h>
#include <unistd.h>

/* The kernel's mark of an open for execve(2), in the flags of OPEN. */
#define OPEN_FOR_EXEC 0x20u

/* ---- OPEN --------------------------------------------------------------------------------------------- */

ACCESS_MASK fuse_open_access(uint32_t flags)
{
    static const ACCESS_MASK of_mode[] = {
        [O_RDONLY] = FILE_GENERIC_READ,
        [O_WRONLY] = FILE_GENERIC_WRITE | FILE_READ_ATTRIBUTES,
        [O_RDWR] = FILE_GENERIC_READ | FILE_GENERIC_WRITE,
        [O_ACCMODE] = FILE_READ_ATTRIBUTES | SYNCHRONIZE, /* Linux: neither read nor write, ioctl only */
    };
    ACCESS_MASK access = of_mode[flags & O_ACCMODE];
    return flags & OPEN_FOR_EXEC ? access | FILE_GENERIC_READ | FILE_GENERIC_EXECUTE : access;
}

/* The kernel has followed all links already. */
ULONG fuse_open_itself(const struct fuse_door *door)
{
    return door->offers & NT_OFFERS_REPARSE ? FILE_OPEN_REPARSE_POINT : 0;
}

ULONG fuse_open_options(const struct fuse_door *door, uint32_t flags)
{
    ULONG options = FILE_NON_DIRECTORY_FILE | FILE_SYNCHRONOUS_IO_NONALERT | fuse_open_itself(door);
    return flags & (O_SYNC | O_DSYNC) ? options | FILE_WRITE_THROUGH : options;
}

/*
 * O_DIRECT alone leaves one writer at a time on a file; going round the page cache altogether lets several
 * in. That is only done where such a file can still be mapped.
 */
uint32_t fuse_open_reply_flags(const struct fuse_door *door, uint32_t flags)
{
    uint32_t reply = 0;
    bool direct = door->config.direct_io || ((flags & O_DIRECT) && (door->flags & FUSE_DIRECT_IO_ALLOW_MMAP));
    if (direct)
        reply |= FOPEN_DIRECT_IO;
    if (direct && door->minor >= 38)
        reply |= FOPEN_PARALLEL_DIRECT_WRITES;
    if (door->config.keep_cache && !direct)
        reply |= FOPEN_KEEP_CACHE;
    if ((flags & O_ACCMODE) == O_RDONLY && door->minor >= 35)
        reply |= FOPEN_NOFLUSH;
    return reply;
}

/* Whether an open that cuts the file takes its set-id bits. A kernel that does not say so leaves it to us. */
bool fuse_open_kills(const struct fuse_request *rq, uint32_t open_flags)
{
    if (rq->door->flags & FUSE_HANDLE_KILLPRIV_V2)
        return open_flags & FUSE_OPEN_KILL_SUIDGID;
    return rq->in->uid != 0;
}

int fuse_prepare_open(struct fuse_request *rq, const void *arg, size_t size)
{
    (void)size;
    const struct fuse_open_in *in = arg;
    struct nt_create_args *create = &rq->nt.create;
    create->name = fuse_name_of_node(rq);
    create->access = fuse_open_access(in->flags);
    create->options = fuse_open_options(rq->door, in->flags);
    create->disposition = in->flags & O_TRUNC ? FILE_OVERWRITE : FILE_OPEN;
    create->share = FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE;
    create->kill_privileges = fuse_open_kills(rq, in->open_flags);
    rq->open_flags = fuse_open_reply_flags(rq->door, in->flags);
    return FUSE_SUBMIT;
}

/* For OPEN and OPENDIR. */
void fuse_reply_open(struct fuse_request *rq, NTSTATUS status, uint64_t information)
{
    (void)information;
    const struct nt_create_args *create = &rq->nt.create;
    struct fuse_open_out *out = (struct fuse_open_out *)rq->out;
    if (!NT_SUCCESS(status)) {
        fuse_reply_node_status(rq, status);
        return;
    }
    *out = (struct fuse_open_out){.fh = fuse_handle_add(rq->door, create->out.handle),
                                  .open_flags = rq->open_flags};
    if (!out->fh)
        fuse_reply(rq, -ENOMEM, 0);
    if (!out->fh || !fuse_reply(rq, 0, sizeof *out)) {
        fuse_handle_take(rq->door, out->fh);
        fuse_request_close_later(rq, create->out.handle);
    }
    nt_node_put(create->out.node);
}

/* ---- READ and WRITE ----------------------------------------------------------------------------------- */

int fuse_prepare_read(struct fuse_request *rq, const void *arg, size_t size)
{
    (void)size;
    const struct fuse_read_in *in = arg;
    if (in->size > rq->out_cap || in->offset > INT64_MAX)
        return -EINVAL;
    rq->nt.io = (struct nt_io_args){.buffer = rq->out,
                                    .length = in->size,
                                    .offset = (int64_t)in->offset,
                                    .nocache = (in->flags & O_DIRECT) != 0};
    return FUSE_SUBMIT;
}

void fuse_reply_read(struct fuse_request *rq, NTSTATUS status, uint64_t information)
{
    if (status == STATUS_END_OF_FILE)
        fuse_reply(rq, 0, 0);
    else if (!NT_SUCCESS(status))
        fuse_reply_status(rq, status);
    else
        fuse_reply(rq, 0, information);
}

int fuse_prepare_write(struct fuse_request *rq, const void *arg, size_t size)
{
    const struct fuse_write_in *in = arg;
    if (in->size > size - sizeof *in || in->offset > INT64_MAX)
        return -EINVAL;
    rq->nt.io = (struct nt_io_args){
        .buffer = (uint8_t *)(rq->in + 1) + sizeof *in,
        .length = in->size,
        .offset = (int64_t)in->offset,
        .paging = (in->write_flags & FUSE_WRITE_CACHE) != 0,
        .nocache = (in->flags & O_DIRECT) != 0,
        .kill_privileges = (in->write_flags & FUSE_WRITE_KILL_SUIDGID) != 0,
    };
    return FUSE_SUBMIT;
}

void fuse_reply_write(struct fuse_request *rq, NTSTATUS status, uint64_t information)
{
    if (!NT_SUCCESS(status)) {
        fuse_reply_status(rq, status);
        return;
    }
    struct fuse_write_out *out = (struct fuse_write_out *)rq->out;
    *out = (struct fuse_write_out){.size = (uint32_t)information};
    fuse_reply(rq, 0, sizeof *out);
}

/* ---- FLUSH, FSYNC, FALLOCATE -------------------------------------------------------------------------- */

/* Comes with every close(2), many times for one open: only one that wrote has something to say. */
int fuse_prepare_flush(struct fuse_request *rq, const void *arg, size_t size)
{
    (void)arg, (void)size;
    if (rq->door->config.no_flush)
        return -ENOSYS;
    return nt_handle_wrote(rq->nt.handle) ? FUSE_SUBMIT : FUSE_ANSWER;
}

int fuse_prepare_fsync(struct fuse_request *rq, const void *arg, size_t size)
{
    (void)rq, (void)arg, (void)size;
    return FUSE_SUBMIT;
}

/* FALLOC_FL_PUNCH_HOLE, FALLOC_FL_ZERO_RANGE. */
static int prepare_zero(struct fuse_request *rq, const struct fuse_fallocate_in *in)
{
    bool punch = in->mode & FALLOC_FL_PUNCH_HOLE;
    if (punch && !(rq->door->offers & NT_OFFERS_ZERO))
        return -EOPNOTSUPP;
    rq->nt.op = NT_ZERO;
    rq->nt.range = (struct nt_range_args){.node = rq->node,
                                          .offset = (int64_t)in->offset,
                                          .length = (int64_t)in->length,
                                          .deallocate = punch,
                                          .keep_size = (in->mode & FALLOC_FL_KEEP_SIZE) != 0};
    return FUSE_SUBMIT;
}

int fuse_prepare_lseek(struct fuse_request *rq, const void *arg, size_t size)
{
    (void)size;
    const struct fuse_lseek_in *in = arg;
    if ((in->whence != SEEK_DATA && in->whence != SEEK_HOLE) || in->offset > INT64_MAX)
        return -EINVAL;
    rq->nt.range = (struct nt_range_args){
        .node = rq->node, .offset = (int64_t)in->offset, .hole = in->whence == SEEK_HOLE};
    return FUSE_SUBMIT;
}

void fuse_reply_lseek(struct fuse_request *rq, NTSTATUS status, uint64_t information)
{
    struct fuse_lseek_out *out = (struct fuse_lseek_out *)rq->out;
    if (!NT_SUCCESS(status)) {
        if (status == STATUS_END_OF_FILE)
            fuse_reply(rq, -ENXIO, 0);
        else
            fuse_reply_status(rq, status);
        return;
    }
    *out = (struct fuse_lseek_out){.offset = information};
    fuse_reply(rq, 0, sizeof *out);
}

int fuse_prepare_fallocate(struct fuse_request *rq, const void *arg, size_t size)
{
    (void)size;
    const struct fuse_fallocate_in *in = arg;
    const uint32_t zeroing = FALLOC_FL_PUNCH_HOLE | FALLOC_FL_ZERO_RANGE;
    if (in->mode & ~(FALLOC_FL_KEEP_SIZE | zeroing))
        return -EOPNOTSUPP;
    if (in->offset > INT64_MAX || in->length > INT64_MAX - in->offset)
        return -EFBIG;
    if (in->mode & zeroing)
        return prepare_zero(rq, in);
    rq->nt.setattr.node = rq->node;
    rq->nt.setattr.size = in->offset + in->length;
    rq->nt.setattr.valid = NT_SET_EXTEND | (in->mode & FALLOC_FL_KEEP_SIZE ? NT_SET_ALLOCATION : NT_SET_SIZE);
    if (rq->in->uid != 0) /* the kernel does not say that set-id bits must go */
        rq->nt.setattr.valid |= NT_SET_KILL;
    return FUSE_SUBMIT;
}

/* ---- RELEASE ------------------------------------------------------------------------------------------ */

/* For RELEASE and RELEASEDIR: Cleanup, answered when it has run, then CloseFile by the same request. */
int fuse_prepare_release(struct fuse_request *rq, const void *arg, size_t size)
{
    (void)size;
    const struct fuse_release_in *in = arg;
    rq->nt.handle = fuse_handle_take(rq->door, in->fh);
    if (!rq->nt.handle)
        return -EBADF;
    rq->closing = rq->nt.handle;
    rq->close_step = FUSE_CLOSING_CLOSE;
    return FUSE_SUBMIT;
}
