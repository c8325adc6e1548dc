// SPDX-License-Identifier: MIT
/*
 * A progress bar on standard error, when that is a terminal. Quick things show none.
 */
#ifndef XDOKAN_CLI_PROGRESS_H
#define XDOKAN_CLI_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

/* Bars from now on: where standard error is a terminal, or (`always`) as lines anywhere. */
void progress_start(bool always);
/* total 0: unknown. Cheap: draws at most ten times a second. */
void progress_show(const char *what, uint64_t done, uint64_t total);
/* Takes the bar away before something else is written; the next progress_show() draws it again. */
void progress_hide(void);

#endif
