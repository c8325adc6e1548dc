// SPDX-License-Identifier: MIT
/*
 * The bijection between any file name and a name that Windows can hold. docs/filters.md tells the rules.
 */
#ifndef XDOKAN_FS_FILTER_SAFE_NAME_H
#define XDOKAN_FS_FILTER_SAFE_NAME_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* Most bytes that a name of `length` can need, with its terminator. */
#define SAFE_NAME_ROOM(length) ((length)*9 + 1)

/* Both return the length written, without the terminator that follows; -ENAMETOOLONG when `room` is too
 * small. */
ssize_t safe_encode(const char *raw, size_t length, char *out, size_t room);
/* -EINVAL for what Windows cannot hold: no raw name is shown like that. */
ssize_t safe_decode(const char *shown, size_t length, char *out, size_t room);

#endif
