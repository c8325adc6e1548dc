// SPDX-License-Identifier: MIT
/*
 * Colours of names, as LS_COLORS says; none with NO_COLOR, TERM=dumb, or where the output is no terminal.
 */
#ifndef XDOKAN_CLI_COLOUR_H
#define XDOKAN_CLI_COLOUR_H

#include "cli/cli.h"
#include <dokan/fs.h>

/* Reads --color and the environment. 0 or an exit code, explained. */
int colour_start(const struct call *call);
/* Prints a name to standard output, in its colour. */
void colour_name(const char *name, const struct fs_info *info);

#endif
