// SPDX-License-Identifier: MIT
/*
 * For the tests of opening: a folder full of toys (toy_sample.h), which becomes the current folder and HOME.
 */
#ifndef XDOKAN_FS_OPEN_SAMPLE_H
#define XDOKAN_FS_OPEN_SAMPLE_H

#include "toy_sample.h"

int open_set_up(void **state);
int open_tear_down(void **state);
void write_file(const char *name, const char *bytes, size_t length);
void write_toy(const char *name, const struct toy_text *toy);
/* What lies at path: "dir", the bytes of the file, or what kept it from being read. */
const char *content(struct fs *fs, const char *path);
void fails_with(const char *url, const struct fs_open_options *options, bool root, int rc, const char *says);

#endif
