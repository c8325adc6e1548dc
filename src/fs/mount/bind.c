// SPDX-License-Identifier: MIT
/*
 * What a binding to another language needs beyond C: the callbacks one by one, their protection, a fork of
 * its own, and listings that do not cross the border once per entry.
 */
#include "fs/mount/mount_i.h"

#include "fs/mount/expose.h"
#include "fs/mount/expose_i.h"
#include "fs/mount/timeout.h"
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
