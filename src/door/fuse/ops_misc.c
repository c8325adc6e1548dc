// SPDX-License-Identifier: MIT
/*
 * Owns the messages that never reach the engine: FORGET, BATCH_FORGET, INTERRUPT and those answered with a
 * bare success.
 */
#include "door/fuse/fuse_i.h"
#include <string.h>

int fuse_prepare_forget(struct fuse_request *rq, const void *arg, size_t size)
{
    (void)size;
    const struct fuse_forget_in *in = arg;
    fuse_node_forget(rq->door, rq->in->nodeid, in->nlookup);
    return FUSE_QUIET;
}

int fuse_prepare_batch_forget(struct fuse_request *rq, const void *arg, size_t size)
{
    const struct fuse_batch_forget_in *in = arg;
    const struct fuse_forget_one *one = (const struct fuse_forget_one *)(in + 1);
    size_t fit = (size - sizeof *in) / sizeof *one;
    size_t count = in->count < fit ? in->count : fit;
    for (size_t i = 0; i < count; i++)
        fuse_node_forget(rq->door, one[i].nodeid, one[i].nlookup);
    return FUSE_QUIET;
}

/*
 * What it names was admitted before (one reader, in order): it waits in the engine, or it runs or has been
 * answered, and then there is nothing to do. So the kernel is never asked to send the message again.
 */
int fuse_prepare_interrupt(struct fuse_request *rq, const void *arg, size_t size)
{
    (void)size;
    const struct fuse_interrupt_in *in = arg;
    fuse_request_interrupt(rq->door, in->unique);
    return FUSE_QUIET;
}

int fuse_prepare_nothing(struct fuse_request *rq, const void *arg, size_t size)
{
    (void)rq, (void)arg, (void)size;
    return FUSE_ANSWER;
}
