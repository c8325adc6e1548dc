// SPDX-License-Identifier: MIT
/*
 * A directory of the host as the root of a volume: names of the volume to paths of the host, and opening
 * these so that nothing outside of the root can be reached.
 */
#ifndef SAMPLES_HOSTDIR_H
#define SAMPLES_HOSTDIR_H

#include <dokan/dokan.h>
#include <limits.h>
#include <stdbool.h>
#include <sys/stat.h>

struct hostdir {
    int fd; /* the root, O_PATH */
    bool case_sensitive;
    bool no_openat2; /* an old kernel, or a sandbox: components are walked one by one */
};

/* 0 or an errno value. */
int hostdir_init(struct hostdir *root, const char *path, bool case_sensitive);

/* Path of the host below the root for `\a\b`; "." for the root. -EILSEQ if no name of the host can be like
 * that, -ENAMETOOLONG. */
int hostdir_path(LPCWSTR name, char out[PATH_MAX]);

/* Name in the volume for an entry of a host directory. False if there is none that would lead back to it. */
bool hostdir_name(const char *entry, WCHAR out[MAX_PATH]);

/* Opens beneath the root, without waiting for a FIFO or device. A descriptor or -errno; -EACCES for what
 * leads out. */
int hostdir_open(const struct hostdir *root, const char *path, int flags);

/*
 * Finds what a name stands for, in other case too unless the volume is case-sensitive. Gives an O_PATH
 * descriptor or -errno (-ENOTDIR: the parent is missing). `path` gets the host's spelling as far as it
 * exists. A symlink is found itself if `itself` is set, or if it leads nowhere or out of the root:
 * S_ISLNK(st->st_mode). `st` may be NULL.
 */
int hostdir_find(const struct hostdir *root, LPCWSTR name, bool itself, char path[PATH_MAX], struct stat *st);

/* Opens the directory of `path` and points `leaf` to the last component. A descriptor or -errno. */
int hostdir_parent(const struct hostdir *root, const char *path, const char **leaf);

/* Opens once more, with other flags, what an O_PATH descriptor stands for. A descriptor or -errno. */
int hostdir_reopen(int fd, int flags);

#endif
