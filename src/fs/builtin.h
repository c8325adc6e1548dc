// SPDX-License-Identifier: MIT
/*
 * The formats and filters that are always there.
 */
#ifndef XDOKAN_FS_BUILTIN_H
#define XDOKAN_FS_BUILTIN_H

#include <dokan/fs.h>

extern const struct fs_format *const builtin_formats[];
extern const size_t builtin_format_count;
extern const struct fs_filter *const builtin_filters[];
extern const size_t builtin_filter_count;

#endif
