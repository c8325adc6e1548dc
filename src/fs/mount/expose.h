// SPDX-License-Identifier: MIT
/*
 * An FS object as a Dokan file system: the table of callbacks, and what they need to know of the object.
 */
#ifndef XDOKAN_FS_EXPOSE_H
#define XDOKAN_FS_EXPOSE_H

#include "fs/fs_i.h"
#include <dokan/dokan_ex.h>

struct expose;
struct watch;

struct expose_config {
    const char *fsname;         /* NULL: "NTFS" */
    const char *volname;        /* NULL: the object's label, else "Dokan Volume" */
    const char *securityfolder; /* NULL: none */
    struct watch *watch;        /* renews deadlines; NULL: nobody does */
};

/* Takes a reference of the object. 0, -EINVAL for a name, -errno of the security folder. */
int expose_new(struct fs *fs, const struct expose_config *config, struct expose **out,
               struct fs_error *error);
/* No callback may run or come any more. Returns what fs_close() says. */
int expose_free(struct expose *expose);
struct fs *expose_object(const struct expose *expose);
/* Mode bits of the security folder; 0: none. */
uint32_t expose_folder_mode(const struct expose *expose);

/* DOKAN_OPTIONS::GlobalContext is the struct expose. */
const DOKAN_OPERATIONS *expose_operations(void);
/* What this object has beyond Dokan's table; lives as long as the struct expose. */
const DOKAN_OPERATIONS_EX *expose_operations_ex(const struct expose *expose);

#endif
