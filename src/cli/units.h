// SPDX-License-Identifier: MIT
/*
 * Numbers and facts of files as texts.
 */
#ifndef XDOKAN_CLI_UNITS_H
#define XDOKAN_CLI_UNITS_H

#include "cli/cli.h"
#include <dokan/fs.h>

/* "1.5K", "32M"; at most 8 bytes with the terminator. */
void units_bytes(char *out, size_t size, uint64_t bytes);
/* The number itself, or as units_bytes(). */
void units_size(char *out, size_t size, uint64_t bytes, bool human);
/* "2024-05-31 12:30", or "-" when it is not known. */
void units_time(char *out, size_t size, int64_t ns);
/* "2024-05-31T12:30:00.123456789Z" */
void units_iso(char *out, size_t size, int64_t ns);
/* "drwxr-xr-x"; '?' for bits that are not known. */
void units_mode(char out[11], const struct fs_info *info);
/* "file", "directory"... */
const char *units_type(uint32_t type);
/* Members of an open JSON object: type, size, times... as far as known. */
void json_info(struct json *j, const struct fs_info *info);

#endif
