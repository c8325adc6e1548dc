// SPDX-License-Identifier: MIT
//
// Small calls on descriptors and paths. All return -errno on failure and take interruptions in their stride.

#ifndef BASE_IO_H
#define BASE_IO_H

#include <stddef.h>
#include <sys/types.h>

// Writes everything, or fails. 0 or -errno.
int write_all(int fd, const void *buf, size_t n);

// Reads a whole small file, terminated by a NUL. Returns its length; -EFBIG if it does not fit in cap - 1
// bytes.
ssize_t read_file_small(const char *path, char *buf, size_t cap);

// Makes the directory with mode 0700, or accepts the one that is there if it is a real directory (no symbolic
// link), ours, and writable by nobody else. 0; -EPERM if it is not safe; -ENOTDIR; other -errno. Parents must
// exist.
int mkdir_private(const char *path);

#endif
