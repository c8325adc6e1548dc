// SPDX-License-Identifier: MIT
/*
 * While a file of this machine exists, calls wait. It is looked for before each call and then every 20 ms.
 */
#include "fs/filter/tap.h"
#include "fs/filter/wait.h"

#include "base/cleanup.h"
#include <errno.h>

struct pause {
    struct tap tap;
    bool progress;
    uint32_t methods;
    char *file;
};

static int pause_before(struct fs *fs, struct tap_call *call)
{
    const struct pause *pause = fs_data(fs);
    if (pause->methods & 1U << call->method)
        while (access(pause->file, F_OK) == 0)
            wait_step(WAIT_STEP_NS, pause->progress);
    return 0;
}

static const struct tap_hooks hooks = {.before = pause_before};

static void pause_free(struct pause **pause)
{
    if (*pause)
        free((*pause)->file);
    free(*pause);
}

static int pause_close(struct fs *fs)
{
    struct pause *pause = fs_data(fs);
    pause_free(&pause);
    return 0;
}

static int pause_open(struct fs *next, const struct fs_params *params, struct fs **fs, struct fs_error *error)
{
    const char *file = fs_param(params, "file");
    if (!file || !*file)
        return fs_fail(error, -EINVAL, "filter pause: which file? Write pause:file=PATH");
    __attribute__((cleanup(pause_free))) struct pause *pause = calloc(1, sizeof *pause);
    if (!pause || !(pause->file = tap_absolute(file)))
        return fs_fail(error, -ENOMEM, "filter pause: no memory");
    pause->tap.hooks = &hooks;
    pause->progress = fs_param(params, "progress") != NULL;
    int rc = tap_parse_methods(fs_param(params, "methods"), &pause->methods, error);
    rc = rc ? rc : tap_new("pause", pause_close, pause, next, fs, error);
    if (rc == 0)
        (void)steal_ptr(&pause);
    return rc;
}

static const struct fs_param_doc pause_params[] = {
    {"file", "PATH", "while this file exists, calls wait; required"},
    {"methods", "NAME+NAME", "which calls; default: all"},
    {"progress", NULL, "waiting calls count as alive; otherwise they are given up at their deadline"},
    {NULL, NULL, NULL},
};

const struct fs_filter filter_pause = {
    .size = sizeof(struct fs_filter),
    .version = FS_API_VERSION,
    .name = "pause",
    .summary = "Makes calls wait while a file exists (for tests)",
    .params = pause_params,
    .open = pause_open,
};
