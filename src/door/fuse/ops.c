// SPDX-License-Identifier: MIT
/*
 * Owns the table of operations and the checks that all of them share: sizes, names, node ids, file handles.
 * Runs under the reader's token.
 */
#include "door/fuse/fuse_i.h"
#include <errno.h>
#include <string.h>

#define SIZE(type)  .min_size = sizeof(struct type)
#define BOTH(name)  .prepare = fuse_prepare_##name, .reply = fuse_reply_##name
#define PLAIN(name) .prepare = fuse_prepare_##name, .reply = fuse_reply_plain

/* What this door never offers: the kernel asks once and then does without. */
#define NEVER(error_) .error = error_
/* What only some volumes offer, and the answer of others. */
#define OFFER(what, error_) .offer = NT_OFFERS_##what, .error = error_

const struct fuse_op fuse_ops[] = {
    [FUSE_LOOKUP] = {"LOOKUP", .names = 1, .flags = FUSE_OP_NODE, .op = NT_LOOKUP, BOTH(lookup)},
    [FUSE_FORGET] = {"FORGET", SIZE(fuse_forget_in), .flags = FUSE_OP_QUIET | FUSE_OP_LIGHT,
                     .prepare = fuse_prepare_forget},
    [FUSE_GETATTR] = {"GETATTR", SIZE(fuse_getattr_in), .flags = FUSE_OP_NODE, .op = NT_GETATTR,
                      BOTH(getattr)},
    [FUSE_SETATTR] = {"SETATTR", SIZE(fuse_setattr_in), .flags = FUSE_OP_NODE, .op = NT_SETATTR,
                      BOTH(setattr)},
    [FUSE_READLINK] = {"READLINK", OFFER(REPARSE, EINVAL), .flags = FUSE_OP_NODE | FUSE_OP_BULK,
                       .op = NT_GET_REPARSE, BOTH(readlink)},
    [FUSE_SYMLINK] = {"SYMLINK", OFFER(REPARSE, EPERM), .names = 1, .flags = FUSE_OP_NODE | FUSE_OP_BULK,
                      .op = NT_CREATE, .prepare = fuse_prepare_symlink, .reply = fuse_reply_made},
    [FUSE_MKNOD] = {"MKNOD", SIZE(fuse_mknod_in), .names = 1, .flags = FUSE_OP_NODE, .op = NT_CREATE,
                    .prepare = fuse_prepare_mknod, .reply = fuse_reply_made},
    [FUSE_MKDIR] = {"MKDIR", SIZE(fuse_mkdir_in), .names = 1, .flags = FUSE_OP_NODE, .op = NT_CREATE,
                    .prepare = fuse_prepare_mkdir, .reply = fuse_reply_made},
    [FUSE_UNLINK] = {"UNLINK", .names = 1, .flags = FUSE_OP_NODE, .op = NT_REMOVE, PLAIN(unlink)},
    [FUSE_RMDIR] = {"RMDIR", .names = 1, .flags = FUSE_OP_NODE, .op = NT_REMOVE, PLAIN(rmdir)},
    [FUSE_RENAME] = {"RENAME", SIZE(fuse_rename_in), .names = 2, .flags = FUSE_OP_NODE, .op = NT_RENAME,
                     PLAIN(rename)},
    [FUSE_LINK] = {"LINK", OFFER(LINKS, EPERM), SIZE(fuse_link_in), .names = 1, .flags = FUSE_OP_NODE,
                   .op = NT_LINK, BOTH(link)},
    [FUSE_OPEN] = {"OPEN", SIZE(fuse_open_in), .flags = FUSE_OP_NODE, .op = NT_CREATE, BOTH(open)},
    [FUSE_READ] = {"READ", SIZE(fuse_read_in), .flags = FUSE_OP_FH | FUSE_OP_BULK, .op = NT_READ, BOTH(read)},
    [FUSE_WRITE] = {"WRITE", SIZE(fuse_write_in), .flags = FUSE_OP_FH, .op = NT_WRITE, BOTH(write)},
    [FUSE_STATFS] = {"STATFS", .op = NT_STATFS, BOTH(statfs)},
    [FUSE_RELEASE] = {"RELEASE", SIZE(fuse_release_in), .op = NT_CLEANUP, PLAIN(release)},
    [FUSE_FSYNC] = {"FSYNC", SIZE(fuse_fsync_in), .flags = FUSE_OP_FH, .op = NT_FLUSH, PLAIN(fsync)},
    [FUSE_SETXATTR] = {"SETXATTR", OFFER(EAS, ENOSYS), .min_size = FUSE_COMPAT_SETXATTR_IN_SIZE,
                       .flags = FUSE_OP_NODE, .op = NT_SET_EA, .prepare = fuse_prepare_setxattr,
                       .reply = fuse_reply_xattr_changed},
    [FUSE_GETXATTR] = {"GETXATTR", OFFER(EAS, ENOSYS), SIZE(fuse_getxattr_in),
                       .flags = FUSE_OP_NODE | FUSE_OP_BULK, .op = NT_GET_EA, BOTH(getxattr)},
    [FUSE_LISTXATTR] = {"LISTXATTR", OFFER(EAS, ENOSYS), SIZE(fuse_getxattr_in),
                        .flags = FUSE_OP_NODE | FUSE_OP_BULK, .op = NT_LIST_EAS, BOTH(listxattr)},
    [FUSE_REMOVEXATTR] = {"REMOVEXATTR", OFFER(EAS, ENOSYS), .flags = FUSE_OP_NODE, .op = NT_SET_EA,
                          .prepare = fuse_prepare_removexattr, .reply = fuse_reply_xattr_changed},
    [FUSE_FLUSH] = {"FLUSH", SIZE(fuse_flush_in), .flags = FUSE_OP_FH, .op = NT_FLUSH, PLAIN(flush)},
    [FUSE_INIT] = {"INIT", NEVER(EIO)}, /* init.c has answered it */
    [FUSE_OPENDIR] = {"OPENDIR", SIZE(fuse_open_in), .flags = FUSE_OP_NODE, .op = NT_CREATE,
                      .prepare = fuse_prepare_opendir, .reply = fuse_reply_open},
    [FUSE_READDIR] = {"READDIR", SIZE(fuse_read_in), .flags = FUSE_OP_FH | FUSE_OP_BULK,
                      .op = NT_LIST_DIRECTORY, BOTH(readdir)},
    [FUSE_RELEASEDIR] = {"RELEASEDIR", SIZE(fuse_release_in), .op = NT_CLEANUP, PLAIN(release)},
    [FUSE_FSYNCDIR] = {"FSYNCDIR", .flags = FUSE_OP_LIGHT, .prepare = fuse_prepare_nothing},
    [FUSE_GETLK] = {"GETLK", NEVER(ENOSYS)},
    [FUSE_SETLK] = {"SETLK", NEVER(ENOSYS)},
    [FUSE_SETLKW] = {"SETLKW", NEVER(ENOSYS)},
    [FUSE_ACCESS] = {"ACCESS", SIZE(fuse_access_in), .flags = FUSE_OP_NODE, .op = NT_GETATTR, BOTH(access)},
    [FUSE_CREATE] = {"CREATE", SIZE(fuse_create_in), .names = 1, .flags = FUSE_OP_NODE, .op = NT_CREATE,
                     BOTH(create)},
    [FUSE_INTERRUPT] = {"INTERRUPT", SIZE(fuse_interrupt_in), .flags = FUSE_OP_QUIET | FUSE_OP_LIGHT,
                        .prepare = fuse_prepare_interrupt},
    [FUSE_BMAP] = {"BMAP", NEVER(ENOSYS)},
    [FUSE_DESTROY] = {"DESTROY", .flags = FUSE_OP_LIGHT, .prepare = fuse_prepare_nothing},
    [FUSE_IOCTL] = {"IOCTL", NEVER(ENOSYS)},
    [FUSE_POLL] = {"POLL", NEVER(ENOSYS)},
    [FUSE_NOTIFY_REPLY] = {"NOTIFY_REPLY", .flags = FUSE_OP_QUIET, NEVER(ENOSYS)},
    [FUSE_BATCH_FORGET] = {"BATCH_FORGET", SIZE(fuse_batch_forget_in), .flags = FUSE_OP_QUIET | FUSE_OP_LIGHT,
                           .prepare = fuse_prepare_batch_forget},
    [FUSE_FALLOCATE] = {"FALLOCATE", SIZE(fuse_fallocate_in), .flags = FUSE_OP_NODE | FUSE_OP_FH,
                        .op = NT_SETATTR, PLAIN(fallocate)},
    [FUSE_READDIRPLUS] = {"READDIRPLUS", SIZE(fuse_read_in), .flags = FUSE_OP_FH | FUSE_OP_BULK,
                          .op = NT_LIST_DIRECTORY, BOTH(readdirplus), .released = fuse_released_readdirplus},
    [FUSE_RENAME2] = {"RENAME2", SIZE(fuse_rename2_in), .names = 2, .flags = FUSE_OP_NODE, .op = NT_RENAME,
                      PLAIN(rename2)},
    [FUSE_LSEEK] = {"LSEEK", OFFER(RANGES, ENOSYS), SIZE(fuse_lseek_in), .flags = FUSE_OP_NODE | FUSE_OP_FH,
                    .op = NT_SEEK, BOTH(lseek)},
    [FUSE_COPY_FILE_RANGE] = {"COPY_FILE_RANGE", NEVER(ENOSYS)},
    [FUSE_SETUPMAPPING] = {"SETUPMAPPING", NEVER(ENOSYS)},
    [FUSE_REMOVEMAPPING] = {"REMOVEMAPPING", NEVER(ENOSYS)},
    [FUSE_SYNCFS] = {"SYNCFS", .flags = FUSE_OP_LIGHT, .minor = 34, .prepare = fuse_prepare_nothing},
    [FUSE_TMPFILE] = {"TMPFILE", .minor = 37, NEVER(ENOSYS)},
    [XFUSE_STATX] = {"STATX", SIZE(xfuse_statx_in), .flags = FUSE_OP_NODE, .minor = 39, .op = NT_GETATTR,
                     BOTH(statx)},
};

static const struct fuse_op unknown_op = {"UNKNOWN", NEVER(ENOSYS)};

const struct fuse_op *fuse_op_find(uint32_t opcode)
{
    if (opcode >= sizeof fuse_ops / sizeof *fuse_ops || !fuse_ops[opcode].name)
        return &unknown_op;
    return &fuse_ops[opcode];
}

/* Maps the names that end the message. */
static int take_names(struct fuse_request *rq, const char *text, size_t size)
{
    for (unsigned i = 0; i < rq->op->names; i++) {
        const char *end = memchr(text, 0, size);
        if (!end)
            return -EINVAL;
        ptrdiff_t n =
            name_from_linux(text, (size_t)(end - text), rq->name[i], FUSE_NAME_UNITS, rq->door->name_flags);
        if (n < 0)
            return (int)n;
        rq->name_len[i] = (uint16_t)n;
        size -= (size_t)(end - text) + 1;
        text = end + 1;
    }
    return 0;
}

static int take_handle(struct fuse_request *rq, const void *arg)
{
    uint64_t fh;
    memcpy(&fh, arg, sizeof fh);
    rq->nt.handle = fuse_handle_get(rq->door, fh);
    return rq->nt.handle ? 0 : -EBADF;
}

static void reset(struct fuse_request *rq)
{
    const struct fuse_in_header *in = rq->in;
    memset(&rq->nt, 0, offsetof(struct nt_request, p));
    rq->nt.volume = rq->door->vol;
    rq->nt.op = rq->op->op;
    rq->nt.caller = (struct nt_caller){.pid = in->pid, .uid = in->uid, .gid = in->gid};
    rq->nt.origin = &rq->door->inval.listener;
    rq->closing = NULL;
    rq->close_step = FUSE_CLOSING_NOT;
    rq->out_len = 0;
    rq->delivered = rq->full = false;
    fuse_request_layout(rq, rq->op->flags & FUSE_OP_BULK);
}

static int check_and_prepare(struct fuse_request *rq, size_t size)
{
    const struct fuse_op *op = rq->op;
    const uint8_t *arg = (const uint8_t *)(rq->in + 1);
    if (rq->door->minor < op->minor)
        return -ENOSYS;
    if (!op->prepare || (op->offer && !(rq->door->offers & op->offer)))
        return -op->error;
    if (size < op->min_size)
        return -EINVAL;
    int r = take_names(rq, (const char *)arg + op->min_size, size - op->min_size);
    if (!r && (op->flags & FUSE_OP_FH))
        r = take_handle(rq, arg);
    if (!r && (op->flags & FUSE_OP_NODE)) {
        rq->node = fuse_node_get(rq->door, rq->in->nodeid);
        r = rq->node ? 0 : -ESTALE;
    }
    return r ? r : op->prepare(rq, arg, size);
}

int fuse_prepare(struct fuse_request *rq, size_t size)
{
    const struct fuse_in_header *in = rq->in;
    if (size < sizeof *in)
        return FUSE_QUIET; /* nobody to answer to */
    rq->unique = in->unique;
    rq->op = fuse_op_find(in->opcode);
    reset(rq);
    int verdict = in->len == size ? check_and_prepare(rq, size - sizeof *in) : -EIO;
    return verdict < 0 && (rq->op->flags & FUSE_OP_QUIET) ? FUSE_QUIET : verdict;
}

int fuse_prepare_light(struct fuse_request *rq, size_t size)
{
    const struct fuse_op *op = size < sizeof *rq->in ? &unknown_op : fuse_op_find(rq->in->opcode);
    if (!op->prepare || op->flags & FUSE_OP_LIGHT)
        return fuse_prepare(rq, size);
    rq->op = op;
    rq->unique = rq->in->unique;
    fuse_request_layout(rq, false);
    return -ENOMEM;
}
