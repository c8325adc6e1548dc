// SPDX-License-Identifier: MIT
/*
 * DOKAN_MOUNT_OPTIONS_EX.FuseOptions: what concerns the door or the engine is taken out, the rest is for
 * mount.c.
 */
#ifndef XDOKAN_API_FUSE_OPTIONS_H
#define XDOKAN_API_FUSE_OPTIONS_H

#include "api/options.h"

/* Fills in the settings and settings->fuse_options. 0, or -1 with a message in `error`. `text` may be NULL.
 */
int fuse_options_split(const char *text, struct settings *settings, char *error, size_t size);

#endif
