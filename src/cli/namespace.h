// SPDX-License-Identifier: MIT
/*
 * Namespaces of one's own for `run`, and a folder in them that nobody else sees.
 */
#ifndef XDOKAN_CLI_NAMESPACE_H
#define XDOKAN_CLI_NAMESPACE_H

#include <stddef.h>

/*
 * Goes into a new mount namespace, as the same user; children will be in a new PID namespace. Only while the
 * process has one thread. 0 or an exit code, explained.
 */
int namespace_enter(void);
/*
 * In the first child: makes a folder that exists in this namespace alone, with an empty one called `mount`,
 * and sends the library's registry and drives there. 0 or an exit code, explained.
 */
int namespace_folder(char *out, size_t size);
/* The programs that this process starts from now on may mount in the namespace as it may itself. */
void namespace_share_power(void);

#endif
