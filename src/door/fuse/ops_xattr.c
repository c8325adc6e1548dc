// SPDX-License-Identifier: MIT
/*
 * Owns extended attributes: `user.NAME` of Linux is the EA NAME of the volume. Other names do not exist here.
 * A volume that offers no EAs answers ENOSYS, after which the kernel asks no more.
 */
#include "door/fuse/fuse_i.h"
#include <dokan/ntstatus.h>
#include <errno.h>
#include <string.h>
#include <sys/xattr.h>

static const char prefix[] = "user.";
enum { PREFIX = sizeof prefix - 1, EA_MAX = 65535 };

/* The EA's name into rq->ea_name; `after` is what stands behind it. */
static int take_name(struct fuse_request *rq, const char *text, size_t size, const char **after)
{
    const char *end = memchr(text, 0, size);
    if (!end || end == text)
        return -EINVAL;
    size_t length = (size_t)(end - text);
    if (length <= PREFIX || memcmp(text, prefix, PREFIX) != 0)
        return -EOPNOTSUPP;
    if (length > XATTR_NAME_MAX)
        return -ERANGE;
    memcpy(rq->ea_name, text + PREFIX, length - PREFIX + 1);
    *after = end + 1;
    return 0;
}

static void begin(struct fuse_request *rq)
{
    rq->nt.ea = (struct nt_ea_args){.node = rq->node, .name = rq->ea_name};
}

/* ---- asking ------------------------------------------------------------------------------------------- */

static void reply_length(struct fuse_request *rq, uint64_t length)
{
    struct fuse_getxattr_out *out = (struct fuse_getxattr_out *)rq->out;
    *out = (struct fuse_getxattr_out){.size = (uint32_t)length};
    fuse_reply(rq, 0, sizeof *out);
}

static void reply_missing(struct fuse_request *rq, NTSTATUS status)
{
    if (status == STATUS_NO_EAS_ON_FILE || status == STATUS_NONEXISTENT_EA_ENTRY)
        fuse_reply(rq, -ENODATA, 0);
    else if (status == STATUS_BUFFER_OVERFLOW)
        fuse_reply(rq, -ERANGE, 0);
    else
        fuse_reply_node_status(rq, status);
}

int fuse_prepare_getxattr(struct fuse_request *rq, const void *arg, size_t size)
{
    const struct fuse_getxattr_in *in = arg;
    const char *after;
    int r = take_name(rq, (const char *)(in + 1), size - sizeof *in, &after);
    if (r)
        return r == -EOPNOTSUPP ? -ENODATA : r;
    begin(rq);
    rq->xattr_room = in->size;
    rq->nt.ea.value = rq->out;
    rq->nt.ea.length = in->size < EA_MAX ? in->size : EA_MAX;
    return FUSE_SUBMIT;
}

void fuse_reply_getxattr(struct fuse_request *rq, NTSTATUS status, uint64_t information)
{
    if (status != STATUS_SUCCESS)
        reply_missing(rq, status);
    else if (!rq->xattr_room)
        reply_length(rq, information);
    else
        fuse_reply(rq, 0, information);
}

int fuse_prepare_listxattr(struct fuse_request *rq, const void *arg, size_t size)
{
    const struct fuse_getxattr_in *in = arg;
    (void)size;
    begin(rq);
    rq->xattr_room = in->size;
    rq->nt.ea.value = rq->out;
    rq->nt.ea.length = XATTR_LIST_MAX;
    return FUSE_SUBMIT;
}

/* Puts the prefix before each name, from the last to the first, in place. 0: no room. */
static size_t add_prefixes(uint8_t *list, size_t length, size_t room)
{
    size_t names = 0, from = length, to;
    for (size_t i = 0; i < length; i++)
        names += list[i] == 0;
    to = length + names * PREFIX;
    if (to > room)
        return 0;
    const size_t whole = to;
    while (from) {
        size_t start = from - 1;
        while (start && list[start - 1])
            start--;
        to -= from - start;
        memmove(list + to, list + start, from - start);
        to -= PREFIX;
        memcpy(list + to, prefix, PREFIX);
        from = start;
    }
    return whole;
}

void fuse_reply_listxattr(struct fuse_request *rq, NTSTATUS status, uint64_t information)
{
    if (status != STATUS_SUCCESS) {
        if (status == STATUS_NO_EAS_ON_FILE)
            fuse_reply(rq, 0, 0);
        else
            reply_missing(rq, status);
        return;
    }
    size_t length = add_prefixes(rq->out, information, rq->out_cap);
    if (!rq->xattr_room)
        reply_length(rq, length);
    else if (length > rq->xattr_room || (information && !length))
        fuse_reply(rq, -ERANGE, 0);
    else
        fuse_reply(rq, 0, length);
}

/* ---- changing ----------------------------------------------------------------------------------------- */

int fuse_prepare_setxattr(struct fuse_request *rq, const void *arg, size_t size)
{
    const struct fuse_setxattr_in *in = arg;
    const char *text = (const char *)arg + FUSE_COMPAT_SETXATTR_IN_SIZE, *value;
    int r = take_name(rq, text, size - FUSE_COMPAT_SETXATTR_IN_SIZE, &value);
    if (r)
        return r;
    if (in->size > size - (size_t)(value - (const char *)arg))
        return -EINVAL;
    if (in->size > EA_MAX)
        return -E2BIG;
    begin(rq);
    rq->nt.ea.value = (void *)(uintptr_t)value;
    rq->nt.ea.length = in->size;
    rq->nt.ea.flags =
        (in->flags & XATTR_CREATE ? NT_EA_CREATE : 0u) | (in->flags & XATTR_REPLACE ? NT_EA_REPLACE : 0u);
    return FUSE_SUBMIT;
}

int fuse_prepare_removexattr(struct fuse_request *rq, const void *arg, size_t size)
{
    const char *after;
    int r = take_name(rq, arg, size, &after);
    if (r)
        return r == -EOPNOTSUPP ? -ENODATA : r;
    begin(rq);
    rq->nt.ea.flags = NT_EA_REMOVE | NT_EA_REPLACE;
    return FUSE_SUBMIT;
}

void fuse_reply_xattr_changed(struct fuse_request *rq, NTSTATUS status, uint64_t information)
{
    (void)information;
    if (NT_SUCCESS(status))
        fuse_reply(rq, 0, 0);
    else
        reply_missing(rq, status);
}
