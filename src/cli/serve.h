// SPDX-License-Identifier: MIT
/*
 * Mounting with the options of the command line, and serving a mount from this process.
 */
#ifndef XDOKAN_CLI_SERVE_H
#define XDOKAN_CLI_SERVE_H

#include "cli/source.h"
#include <signal.h>

/* Fills *options, whose texts belong to `opening`. 0 or an exit code, explained. */
int mount_options_read(struct opening *opening, struct fs_mount_options *options);
/* Says why a mount failed. Returns the exit code. */
int mount_complain(const char *point, int rc, const struct fs_error *error);

/* A mount that threads of this process serve. */
struct served {
    struct mount_process *mount;
    int event; /* readable when the mount has ended */
};

/* Signals in *set are blocked in every thread of the mount. 0 or an exit code, explained. */
int serve_start(struct served *served, struct fs *fs, const char *point, struct fs_mount_options *options,
                const sigset_t *set);
/* Waits for one of the blocked signals and returns it; 0 when the mount has ended. */
int serve_wait(const struct served *served, const sigset_t *set, siginfo_t *info);
/* Unmounts, if need be, and closes everything. 0 or an exit code, explained. */
int serve_stop(struct served *served);

/* Tells the service manager, if there is one ($NOTIFY_SOCKET): "READY=1". */
void service_notify(const char *state);

#endif
