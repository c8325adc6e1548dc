// SPDX-License-Identifier: MIT
/*
 * Sources that are Python objects: `python://module:callable?key=value` and `pyfs+PROTO://...`. Python opens
 * and serves them, as `python3 -m xdokan` does.
 */
#ifndef XDOKAN_CLI_PYTHON_H
#define XDOKAN_CLI_PYTHON_H

#include "cli/source.h"
#include <limits.h>

/* A mount that a Python process serves, in a session of its own. */
struct python {
    pid_t pid;
    int status; /* readable when the mount has ended */
    char drive[8];
    char path[PATH_MAX];
};

bool python_source(const char *text);
/* Says that such a source can only be mounted. Returns the exit code. */
int python_complain(void);
/*
 * Starts Python and waits until the mount can be used. `stay`: it ends with this process at the latest. 0 or
 * an exit code, explained.
 */
int python_start(struct python *python, const struct opening *opening, const char *point, bool stay);
/* Unmounts, if need be, and waits until the source is closed. 0 or an exit code, explained. */
int python_stop(struct python *python);
/* Goes on without it. */
void python_leave(struct python *python);

#endif
