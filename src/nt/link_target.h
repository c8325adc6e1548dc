// SPDX-License-Identifier: MIT
/* Where a link leads, see link_target.c. */
#ifndef XDOKAN_NT_LINK_TARGET_H
#define XDOKAN_NT_LINK_TARGET_H

#include "nt/nt_internal.h"

/* A path of the volume that is being put together. */
struct link_path {
    size_t len;
    WCHAR text[NT_PATH_MAX + 1];
};

/*
 * The path to which the link in `buffer` (checked) leads; it stands in the directory `dir`. `place` is where
 * the volume is mounted, as it was given, or NULL.
 * STATUS_STOPPED_ON_SYMLINK: out of the volume. STATUS_OBJECT_NAME_INVALID: there can be no such name.
 */
NTSTATUS link_target(const void *buffer, uint32_t length, const WCHAR *place, const WCHAR *dir,
                     size_t dir_len, struct link_path *out);
/* Puts what follows the link in the path behind it; empty, or with a `\` or `:` in front. */
NTSTATUS link_append(struct link_path *path, const WCHAR *rest, size_t len);

#endif
