// SPDX-License-Identifier: MIT
/*
 * A mount while it is being made; shared by mount.c and mount_attach.c.
 */
#ifndef XDOKAN_DOOR_FUSE_MOUNT_I_H
#define XDOKAN_DOOR_FUSE_MOUNT_I_H

#include "door/fuse/mount.h"

struct opening {
    const struct fuse_mount_config *config;
    struct mount_options options;
    struct fuse_mount *mount;
    int point_fd; /* O_PATH */
    char *error;
    size_t size;
};

/* Puts a sentence into o->error; returns rc. */
__attribute__((format(printf, 3, 4))) int mount_fail(struct opening *o, int rc, const char *fmt, ...);
/* Tells the reaper which mount is meant. */
void mount_introduce(const struct fuse_mount *mount);
/* Puts the connection o->mount->fd (or, by fusermount3, another one) on the folder o->point_fd. 0 or -errno.
 */
int mount_attach(struct opening *o);

#endif
