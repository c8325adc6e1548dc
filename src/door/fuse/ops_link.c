// SPDX-License-Identifier: MIT
/*
 * Owns what reparse points stand for on Linux: symbolic links, FIFOs, sockets and devices. The reparse data
 * of what is made are packed where the answer will lie, which nobody needs before.
 */
#include "door/fuse/fuse_i.h"
#include <dokan/ntstatus.h>
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

/* ---- READLINK ----------------------------------------------------------------------------------------- */

int fuse_prepare_readlink(struct fuse_request *rq, const void *arg, size_t size)
{
    (void)arg, (void)size;
    rq->nt.reparse = (struct nt_reparse_args){
        .node = rq->node, .buffer = rq->out, .length = MAXIMUM_REPARSE_DATA_BUFFER_SIZE};
    return FUSE_SUBMIT;
}

void fuse_reply_readlink(struct fuse_request *rq, NTSTATUS status, uint64_t information)
{
    char target[PATH_MAX];
    if (!NT_SUCCESS(status)) {
        if (status == STATUS_NOT_A_REPARSE_POINT)
            fuse_reply(rq, -EINVAL, 0);
        else
            fuse_reply_node_status(rq, status);
        return;
    }
    size_t n = nt_reparse_link_target(rq->out, (uint32_t)information, target, sizeof target);
    memcpy(rq->out, target, n);
    fuse_reply(rq, n ? 0 : -EINVAL, n);
}

/* ---- making ------------------------------------------------------------------------------------------- */

static int make(struct fuse_request *rq, uint32_t mode, uint32_t length)
{
    int verdict = fuse_prepare_made(rq, FILE_READ_ATTRIBUTES | FILE_WRITE_ATTRIBUTES | DELETE,
                                    FILE_NON_DIRECTORY_FILE | FILE_OPEN_REPARSE_POINT, mode);
    rq->nt.create.reparse = rq->out;
    rq->nt.create.reparse_length = length;
    return verdict;
}

/* Behind the name stands the target. */
int fuse_prepare_symlink(struct fuse_request *rq, const void *arg, size_t size)
{
    const char *name_end = memchr(arg, 0, size);
    const char *target = name_end + 1;
    size_t rest = size - (size_t)(target - (const char *)arg);
    if (!memchr(target, 0, rest))
        return -EINVAL;
    uint32_t length = nt_reparse_make_link(target, rq->out, MAXIMUM_REPARSE_DATA_BUFFER_SIZE);
    return length ? make(rq, 0777, length) : *target ? -ENAMETOOLONG : -ENOENT;
}

/* As the kernel packs a device number for FUSE. */
static uint64_t device_from(uint32_t rdev)
{
    return makedev((rdev & 0xfff00) >> 8, (rdev & 0xff) | ((rdev >> 12) & 0xfff00));
}

int fuse_prepare_special(struct fuse_request *rq, const void *arg, size_t size)
{
    const struct fuse_mknod_in *in = arg;
    uint32_t tag = fuse_tag_of_type(in->mode);
    (void)size;
    if (!tag || !(rq->door->offers & NT_OFFERS_REPARSE))
        return -EPERM;
    int verdict = make(rq, in->mode, nt_reparse_make_special(tag, rq->out));
    if (S_ISCHR(in->mode) || S_ISBLK(in->mode)) {
        if (!(rq->door->offers & NT_OFFERS_FACTS))
            return -EPERM;
        rq->facts.valid |= DOKAN_FACT_DEVICE;
        rq->facts.device = device_from(in->rdev);
    }
    return verdict;
}
