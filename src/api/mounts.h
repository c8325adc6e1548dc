// SPDX-License-Identifier: MIT
/*
 * The mounts that this process can see and act on: those of the registry, and its own that are not in it.
 */
#ifndef XDOKAN_API_MOUNTS_H
#define XDOKAN_API_MOUNTS_H

#include "api/registry.h"

/* Oldest first. 0 or -errno; free() the list. */
int mounts_list(struct registry_record **list, size_t *count);

/* Has the process that serves the mount run a verb of control_run.c; directly when it is this one. 0 or
 * -errno. The text of the answer goes to *reply, may be NULL; free() it. */
int mounts_ask(const struct registry_record *record, const char *verb, char **reply);

/*
 * Unmounts what the text means. A process that does not answer loses its mount all the same, and a mount that
 * a dead process left is removed. 0, -ENOENT when nothing is mounted there, other -errno.
 */
int mounts_remove(const char *text);

/* Sets the last error from -errno. */
void mounts_set_error(int rc);

#endif
