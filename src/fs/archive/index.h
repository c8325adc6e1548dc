// SPDX-License-Identifier: MIT
/*
 * Where index files lie, and how many of them are kept.
 */
#ifndef XDOKAN_FS_INDEX_H
#define XDOKAN_FS_INDEX_H

#include "fs/archive/tree.h"

/* What index files may take in all; the one used longest ago goes first. */
#define INDEX_KEEP_BYTES (1ull << 30)

/*
 * The name of the index file for an archive. `where`: "auto" (the cache folder, made when it is missing) or a
 * folder. -ENOENT, -EPERM (not ours alone), -ENOTDIR: there is no safe place.
 */
int index_name(const char *where, const struct bytes_identity *identity, const char *format, char **out);
/* Marks it as used now. */
void index_touch(const char *file);
/* Removes the oldest files beside `file` until the rest fits, and what a killed process left behind. */
void index_trim(const char *file, uint64_t keep);

#endif
