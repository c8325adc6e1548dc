// SPDX-License-Identifier: MIT
/*
 * Drives: a folder per letter, and a locked file `.X.lock` beside it while the letter is held.
 */
#ifndef XDOKAN_API_DRIVE_H
#define XDOKAN_API_DRIVE_H

#include "api/mountpoint.h"

/* Folder of a drive, mounted or not. 0 or -errno. */
int drive_path(char letter, char *out, size_t size);
/* Takes the letter and makes its folder. -EBUSY when another mount holds it; the message is in `error`. */
int drive_reserve(char letter, struct mountpoint *out, char *error, size_t size);
/* Gives the letter back, if one is held, and removes the folder. */
void drive_release(struct mountpoint *mp);

#endif
