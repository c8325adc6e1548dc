// SPDX-License-Identifier: MIT
/*
 * One mount of the reply to `list`. Texts point into the reply; "" where there is none.
 */
#ifndef XDOKAN_CLI_LIST_H
#define XDOKAN_CLI_LIST_H

#include "cli/cli.h"

struct mount {
    char drive[3]; /* "M:" or "" */
    const char *path, *given, *unc, *device, *type, *session, *pid, *user, *volume, *options;
};

/* False when there is no more. */
bool next_mount(char **cursor, struct mount *mount);
/* Its members, into an open object. */
void json_mount(struct json *j, const struct mount *mount);

#endif
