// SPDX-License-Identifier: MIT
/*
 * Ctrl-C and SIGTERM while something is opened or copied: the first asks to stop, the second ends at once.
 */
#ifndef XDOKAN_CLI_CANCEL_H
#define XDOKAN_CLI_CANCEL_H

#include <stdbool.h>

/* From now on SIGINT, SIGTERM and SIGHUP are noted instead of ending the program. A signal that is ignored
 * stays so. */
void cancel_watch(void);
/* They do again what they did before. */
void cancel_unwatch(void);
bool cancelled(void);

#endif
