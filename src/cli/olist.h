// SPDX-License-Identifier: MIT
/*
 * Lists of -o: what each item means and who gets it.
 */
#ifndef XDOKAN_CLI_OLIST_H
#define XDOKAN_CLI_OLIST_H

#include "cli/cli.h"
#include <dokan/fs.h>

struct olist {
    struct fs_param *params; /* for the format */
    size_t param_count;
    char *mount_options; /* for the library, as DOKAN_MOUNT_OPTIONS_EX::FuseOptions; NULL: none */
    char **texts;        /* what the others point into */
    size_t text_count;
    bool sloppy; /* pass over what is not known */
};

/*
 * Sorts out every -o of a call. An item is: an option of the verb by its long name (it is added to the call),
 * a mount option of the library, one of mount(8) that means nothing here, or a parameter of a format. 0 or an
 * exit code, explained with the near match.
 */
int olist_read(struct olist *list, struct call *call);
/* The source of the mount in /proc/mounts, where the list does not name it. 0 or -ENOMEM. */
int olist_name(struct olist *list, const char *name);
void olist_free(struct olist *list);

#endif
