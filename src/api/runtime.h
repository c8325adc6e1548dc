// SPDX-License-Identifier: MIT
/*
 * The private folder of a user in which the library keeps what must be found from other processes:
 *     mounts/   one locked file per mount (registry.c)
 *     control/  one socket per process (control.c)
 *     drives/   the drives, unless $DOKAN_DRIVES names another place (mountpoint.c)
 * It is $DOKAN_RUNTIME, else $XDG_RUNTIME_DIR/dokan, else /run/dokan for root, else dokan-<uid> in the
 * temporary directory. With DOKAN_RUNTIME nothing else is looked at, so that a test or a container has a
 * world of its own.
 */
#ifndef XDOKAN_API_RUNTIME_H
#define XDOKAN_API_RUNTIME_H

#include <stddef.h>
#include <sys/types.h>

/* Path of the folder, made when missing and checked to be safe. 0 or -errno. */
int runtime_dir(char *out, size_t size);
/* The same for a folder in it, made with mode 0700. */
int runtime_subdir(const char *name, char *out, size_t size);
/* The folder for drives in it. */
int runtime_drives(char *out, size_t size);

/*
 * Visits every folder in which mounts that this user may control can be registered: the user's own, wherever
 * an environment may have put it; for root everybody's. `dir` is an open descriptor of it, `owner` its
 * checked owner.
 */
void runtime_visit(void (*visit)(int dir, const char *path, uid_t owner, void *arg), void *arg);

#endif
