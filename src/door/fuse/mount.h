// SPDX-License-Identifier: MIT
/*
 * Putting a FUSE connection on a folder and taking exactly it away again.
 *
 * As root (CAP_SYS_ADMIN) the mount is made detached and then moved onto the folder by descriptor, so that a
 * path swapped meanwhile changes nothing; the kernels of some sandboxes know mount(2) only. Without the
 * privilege the system's fusermount3 does it. A dokan-reaper watches over the process and removes the mount
 * if the process dies.
 *
 * Environment, ignored in set-user-id programs: DOKAN_REAPER (path of dokan-reaper), DOKAN_FUSERMOUNT (path
 * of fusermount3), DOKAN_FUSE_DEVICE (instead of /dev/fuse).
 */
#ifndef XDOKAN_DOOR_FUSE_MOUNT_H
#define XDOKAN_DOOR_FUSE_MOUNT_H

#include "door/fuse/mountinfo.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct fuse_mount_config {
    const char *point;   /* absolute, resolved path of an existing, empty folder */
    const char *fsname;  /* shown as the mount's source; NULL = "dokan" */
    const char *subtype; /* the type shown is fuse.<subtype>; NULL = "dokan" */
    const char *options; /* comma-separated, `\,` for a comma in a value; NULL = none. See mount_options.c */
    const char *reaper;  /* path of dokan-reaper; NULL = none, whatever the environment says */
    bool read_only;
    bool allow_other; /* always brings default_permissions with it */
    bool default_permissions;
};

struct fuse_mount {
    int fd; /* of the connection; the caller may take it over (set it to -1) and close it itself */
    char *point;
    uint64_t id;     /* the kernel's mount id */
    uint64_t unique; /* see mountinfo.h */
    unsigned minor;  /* device minor, the name under /sys/fs/fuse/connections */
    int reaper;      /* write end of the pipe to the reaper, -1 = none */
};

/*
 * 0, or -errno with a sentence in `error` that says what to do. -ENODEV: this machine or this user cannot
 * mount at all. -EBUSY: something is mounted on the folder. The kernel's INIT request waits in the descriptor
 * afterwards.
 */
int fuse_mount_open(const struct fuse_mount_config *config, struct fuse_mount *mount, char *error,
                    size_t size);

/*
 * Removes the mount, lazily when busy, and frees what `mount` holds. Bounded in time: what cannot be removed
 * at once (its file system hangs, or another mount covers it) is left to the reaper. 0, or -errno if the
 * mount stays.
 */
int fuse_mount_close(struct fuse_mount *mount);

/* In a forked child: drops the child's copies of the descriptors and touches nothing else. */
void fuse_mount_forget(struct fuse_mount *mount);

/* ---- parts, for the reaper and the tests -------------------------------------------------------------- */

/* Options, parsed once; every consumer is fed from here and never from the text. */
struct mount_options {
    unsigned rows;     /* bit i: row i of the table in mount_options.c is on */
    uint32_t max_read; /* 0 = the kernel's */
    char fsname[256];
    char subtype[32];
};

enum mount_row_name {
    MOUNT_RO,
    MOUNT_NOSUID,
    MOUNT_NODEV,
    MOUNT_NOEXEC,
    MOUNT_NOATIME,
    MOUNT_NODIRATIME,
    MOUNT_SYNC,
    MOUNT_DIRSYNC,
    MOUNT_NOSYMFOLLOW,
    MOUNT_ALLOW_OTHER,
    MOUNT_DEFAULT_PERMISSIONS,
    MOUNT_NONEMPTY,
    MOUNT_ROWS
};

static inline bool mount_option_on(const struct mount_options *o, enum mount_row_name row)
{
    return o->rows >> row & 1;
}

/* nosuid and nodev are on unless `privileged` asks for suid or dev. 0 or -EINVAL/-EPERM with `error` filled
 * in. */
int mount_options_parse(const struct fuse_mount_config *config, bool privileged, struct mount_options *out,
                        char *error, size_t size);
unsigned mount_options_attr(const struct mount_options *o);       /* MOUNT_ATTR_* for fsmount */
unsigned long mount_options_flags(const struct mount_options *o); /* MS_* for mount(2) */
/* The -o text for fusermount3. 0 or -ENAMETOOLONG. */
int mount_options_text(const struct mount_options *o, char *out, size_t size);

/* Full path of fusermount3, or NULL. The caller frees it. */
char *fusermount_path(void);

/*
 * Removes the mount if it is still there and on top; detaches it at once even when busy. 0 also when it is
 * gone; -EBUSY when another mount covers it; other -errno when it could not be removed. May block while the
 * kernel flushes to a hung file system.
 */
int mount_remove(const struct mount_identity *identity);
/* The same when its process is gone: whoever still waits for an answer gets an error. */
int mount_remove_dead(const struct mount_identity *identity);
/* The same on a thread that is left behind when it blocks: -ETIMEDOUT then. */
int mount_remove_within(const struct mount_identity *identity, unsigned seconds);

#endif
