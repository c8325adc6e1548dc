// SPDX-License-Identifier: MIT
/*
 * What the kernel says about mounts: /proc/self/mountinfo and /proc/self/fdinfo. Nothing here asks the file
 * system that is mounted, so a dead or hung mount never blocks a caller. Needs libc only (the reaper is built
 * from it too).
 */
#ifndef XDOKAN_DOOR_FUSE_MOUNTINFO_H
#define XDOKAN_DOOR_FUSE_MOUNTINFO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* One line of mountinfo, unescaped. Strings live during the visit only. */
struct mountinfo {
    uint64_t id, parent;
    unsigned major, minor;
    char *point;
    char *type;
    char *source;
};

/* Visits every mount of this process's mount namespace until `visit` returns false. 0 or -errno. */
int mountinfo_visit(bool (*visit)(const struct mountinfo *mount, void *arg), void *arg);

/*
 * Which mount is meant. The kernel uses ids and minors again as soon as they are free; the unique id, which
 * Linux has since 6.8, never. Without it whoever keeps an identity must watch the table of mounts for the
 * mount's end.
 */
struct mount_identity {
    uint64_t id;
    uint64_t unique; /* 0 = not known */
    unsigned minor;  /* of the anonymous device; also the name under /sys/fs/fuse/connections */
    const char *point;
};

enum mount_state {
    MOUNT_GONE,
    MOUNT_TOPMOST,
    MOUNT_COVERED /* another mount lies over it on the same path */
};

enum mount_state mountinfo_state(const struct mount_identity *identity);
/* The same, and the path at which the mount lies now: a directory above it may have been renamed. NULL when
 * it is gone or memory ran out; free() it. A mount whose unique id is not known must still be at its path. */
enum mount_state mountinfo_locate(const struct mount_identity *identity, char **path);

/* The mount that `fd` (O_PATH too) lies in, and its unique id; 0 when the kernel does not say. */
uint64_t mountinfo_fd_mount(int fd);
uint64_t mountinfo_fd_unique(int fd);
/* The device minor of the connection behind a /dev/fuse descriptor; 0 before Linux 6.18, which does not say.
 */
unsigned mountinfo_fuse_minor(int fd);

/* The mount whose root is the folder at `point` (an absolute, resolved path) and that lies on top there. */
struct mountinfo_top {
    uint64_t id;
    unsigned minor;
    char type[64];
    char source[256];
};
bool mountinfo_top(const char *point, struct mountinfo_top *out);

#endif
