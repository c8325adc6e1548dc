// SPDX-License-Identifier: MIT
/*
 * Mount points: what a text means, where a drive lives, and the reservation of a drive's letter.
 *
 *     M  m:  M:\  M:/            the drive M: folder M of the drives folder
 *     M:\rest  M:/rest           a folder inside the mounted drive M
 *     anything else              a Linux path
 * Texts may carry the prefix \DosDevices\ of DokanGetMountPointList. Texts here are UTF-8.
 */
#ifndef XDOKAN_API_MOUNTPOINT_H
#define XDOKAN_API_MOUNTPOINT_H

#include "api/registry.h"

enum mountpoint_form { MOUNTPOINT_NONE, MOUNTPOINT_DRIVE, MOUNTPOINT_BELOW_DRIVE, MOUNTPOINT_PATH };

struct mountpoint_name {
    enum mountpoint_form form;
    char letter;      /* upper case, for the drive forms */
    const char *rest; /* into the text: below the drive, or the path */
};

struct mountpoint_name mountpoint_classify(const char *text);

/* The drives folder; made when missing. 0 or -errno. */
int mountpoint_drives(char *out, size_t size);

struct mountpoint {
    char letter; /* 0 = not a drive */
    char *path;  /* absolute */
    char *lock_path;
    int lock; /* holds the letter; -1 = none */
};

/*
 * Finds the folder for a text, and reserves the letter of a drive. With `choose` a missing or busy letter is
 * replaced by a free one. 0, or -errno with a message in `error`.
 */
int mountpoint_take(const char *text, bool choose, struct mountpoint *out, char *error, size_t size);
/* Gives the letter back and removes the folder of the drive. */
void mountpoint_release(struct mountpoint *mp);
/* In a forked child: lets go of the child's copy of the lock only. */
void mountpoint_forget(struct mountpoint *mp);

/*
 * Which of the live mounts a text means, in any spelling; NULL when none. Asks no mounted file system
 * anything, save those in which the parent folder of a path lies.
 */
const struct registry_record *mountpoint_find(const char *text, const struct registry_record *list,
                                              size_t count);

/* What the kernel calls the folder at `path`, links followed; asks nothing of a file system mounted there. 0
 * or -errno. */
int mountpoint_resolve(const char *path, char *out, size_t size);

/* The folder a text means, mounted or not. 0 or -errno. */
int mountpoint_path(const char *text, const struct registry_record *list, size_t count, char *out,
                    size_t size);

#endif
