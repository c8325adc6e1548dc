// SPDX-License-Identifier: MIT
/*
 * What every option of a mount means on Linux. One table (options.c) drives the behaviour,
 * DokanGetMountPointList and docs/options.md.
 */
#ifndef XDOKAN_API_OPTIONS_H
#define XDOKAN_API_OPTIONS_H

#include "door/fuse/fuse.h"
#include <dokan/dokan_ex.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Everything the façade needs to know, settled before anything is opened. */
struct settings {
    PDOKAN_OPTIONS options; /* the file system's; Options and the sizes have their final values */
    ULONG flags;            /* DOKAN_EX_* */
    ULONG event;            /* DOKAN_EVENT_* */
    ULONG type;             /* FILE_DEVICE_* */
    ULONG session;
    bool trace;
    bool choose_letter;
    bool read_only;
    bool private_mount; /* never allow_other */
    uint32_t timeout_ms;
    uint64_t entry_ns, attr_ns, negative_ns;
    struct fuse_door_config door; /* all but the descriptor and `gone` */
    DOKAN_MOUNT_OPTIONS_EX ex;    /* without FuseOptions */
    char *given;                  /* mount point, UTF-8, "" for none */
    char *unc;                    /* UTF-8, "" for none */
    char *fuse_options;           /* what is left for mount.c */
};

struct option_row {
    ULONG bit;         /* of DOKAN_OPTIONS.Options; 0 for the other members */
    const char *name;  /* as in the header */
    ULONG event;       /* DOKAN_EVENT_*, or 0 */
    const char *means; /* on Linux, for people */
    void (*apply)(struct settings *settings);
};

/* Rows in order; `count` receives their number. */
const struct option_row *options_table(size_t *count);

/* The session that DOKAN_OPTION_CURRENT_SESSION means: the kernel's audit session, else that of the terminal.
 */
ULONG options_session(void);

/*
 * Checks and settles the options in the order of Dokany, writing the corrected ones back. DOKAN_SUCCESS, or
 * the result for the caller with a message in `error`. `settings` is to be released either way.
 */
int options_settle(PDOKAN_OPTIONS options, const DOKAN_MOUNT_OPTIONS_EX *ex, struct settings *settings,
                   char *error, size_t size);
void options_release(struct settings *settings);

#endif
