// SPDX-License-Identifier: MIT
/*
 * Every call takes longer. The time is waited before the call below, without a lock: calls wait side by side.
 */
#include "fs/filter/tap.h"
#include "fs/filter/wait.h"

#include "base/cleanup.h"
#include <errno.h>

enum { LONGEST_MS = 3600000 };
enum delay_class { ON_OPEN, ON_READ, ON_WRITE, ON_LIST, ON_META, CLASS_COUNT };

struct delay {
    struct tap tap;
    bool progress;
    uint64_t ms[CLASS_COUNT];
};

static const enum delay_class class_of[TAP_COUNT] = {
    [TAP_GETINFO] = ON_META,     [TAP_SCANDIR] = ON_LIST,  [TAP_OPEN] = ON_OPEN,
    [TAP_CLOSE] = ON_OPEN,       [TAP_PREAD] = ON_READ,    [TAP_PWRITE] = ON_WRITE,
    [TAP_TRUNCATE] = ON_WRITE,   [TAP_FLUSH] = ON_WRITE,   [TAP_FSYNC] = ON_WRITE,
    [TAP_FGETINFO] = ON_META,    [TAP_MAKEDIR] = ON_META,  [TAP_REMOVE] = ON_META,
    [TAP_REMOVEDIR] = ON_META,   [TAP_RENAME] = ON_META,   [TAP_SETINFO] = ON_META,
    [TAP_READLINK] = ON_META,    [TAP_SYMLINK] = ON_META,  [TAP_LINK] = ON_META,
    [TAP_GETXATTR] = ON_META,    [TAP_SETXATTR] = ON_META, [TAP_LISTXATTR] = ON_META,
    [TAP_REMOVEXATTR] = ON_META, [TAP_STATFS] = ON_META,   [TAP_ACCESS] = ON_META,
    [TAP_LOCK] = ON_META,
};

static int delay_before(struct fs *fs, struct tap_call *call)
{
    const struct delay *delay = fs_data(fs);
    wait_until(call->started + delay->ms[class_of[call->method]] * 1000000, delay->progress);
    return 0;
}

static const struct tap_hooks hooks = {.before = delay_before};

static int delay_close(struct fs *fs)
{
    free(fs_data(fs));
    return 0;
}

static const struct fs_param_doc delay_params[] = {
    {"ms", "MS", "how long every call waits, 0 to 3600000 ms; default 0"},
    {"open", "MS", "the same for open and close; default: ms"},
    {"read", "MS", "for reads"},
    {"write", "MS", "for writes, truncate, flush and fsync"},
    {"list", "MS", "for listings"},
    {"meta", "MS", "for everything else"},
    {"progress", NULL, "waiting calls count as alive; otherwise a long one is given up at its deadline"},
    {NULL, NULL, NULL},
};

static int delay_open(struct fs *next, const struct fs_params *params, struct fs **fs, struct fs_error *error)
{
    CLEANUP_FREE struct delay *delay = calloc(1, sizeof *delay);
    if (!delay)
        return fs_fail(error, -ENOMEM, "filter delay: no memory");
    delay->tap.hooks = &hooks;
    delay->progress = fs_param(params, "progress") != NULL;
    uint64_t all = 0;
    int rc = fs_param_number(params, "ms", 0, LONGEST_MS, &all, error);
    for (int i = 0; rc == 0 && i < CLASS_COUNT; i++) {
        delay->ms[i] = all;
        rc = fs_param_number(params, delay_params[1 + i].key, 0, LONGEST_MS, &delay->ms[i], error);
    }
    rc = rc ? rc : tap_new("delay", delay_close, delay, next, fs, error);
    if (rc == 0)
        (void)steal_ptr(&delay);
    return rc;
}

const struct fs_filter filter_delay = {
    .size = sizeof(struct fs_filter),
    .version = FS_API_VERSION,
    .name = "delay",
    .summary = "Makes calls slow (for tests)",
    .params = delay_params,
    .open = delay_open,
};
