// SPDX-License-Identifier: MIT
/*
 * How a mount is named to others: the device name in the list of mounts, the mount point that Mounted is
 * told, the line that says where a volume is.
 */
#ifndef XDOKAN_API_ANNOUNCE_H
#define XDOKAN_API_ANNOUNCE_H

#include "api/instance.h"

/* Fills in record->device. */
void announce_device(struct registry_record *record);
/* Prints where the volume is, and calls Mounted. */
void announce_mounted(struct instance *inst);

#endif
