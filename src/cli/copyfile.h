// SPDX-License-Identifier: MIT
/*
 * Copying one file, one link, and the facts of anything.
 */
#ifndef XDOKAN_CLI_COPYFILE_H
#define XDOKAN_CLI_COPYFILE_H

#include "cli/copy.h"

enum { COPY_WANT = FS_INFO_SIZE | FS_INFO_ATIME | FS_INFO_MTIME | FS_INFO_MODE };

struct side {
    struct fs *fs;
    const char *path;
};

/* A file that exists is replaced as a whole or not at all; a new one that fails is removed. *at_target tells
 * which side failed. `shown` is for the progress bar. */
int copy_file(struct copy *copy, struct side from, struct side to, const struct fs_info *info,
              const char *shown, bool *at_target);
/* As copy_file(). A link that exists is replaced. */
int copy_link(struct side from, struct side to, bool no_clobber, bool *at_target);
/* Whether a link at `path` leads out of the tree at `top`. */
bool link_leads_out(const char *top, const char *path, const char *target);
/* Times and permissions. What the target cannot keep is no error. */
void copy_facts(struct side to, const struct fs_info *info);

#endif
