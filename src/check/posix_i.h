// SPDX-License-Identifier: MIT
/*
 * Checks of a directory by system calls. Each runs in a child process whose working directory is a new folder
 * of its own, so names are relative; its probe lies in memory that the parent shares.
 */
#ifndef XDOKAN_CHECK_POSIX_I_H
#define XDOKAN_CHECK_POSIX_I_H

#include "check/check_i.h"
#include <errno.h>
#include <sys/stat.h>

/* Makes a call unless the check is decided, and tells what it gave: a result of 0 or more, or -errno. The
 * text describes it. */
#define DO(p, call, ...) (px_begin(p, __VA_ARGS__) ? px_end(call) : -ECANCELED)

__attribute__((format(printf, 2, 3))) bool px_begin(struct probe *p, const char *fmt, ...);
long px_end(long result);

/* Expectations; true when they hold. `error` is a positive errno. */
bool px_ok(struct probe *p, long result, const char *rule);
/* It gave that number: bytes, an offset. */
bool px_count(struct probe *p, long result, uint64_t expected, const char *rule);
bool px_error(struct probe *p, long result, int error, const char *rule);
bool px_either(struct probe *p, long result, int error, int or_else, const char *rule);
/* Steps towards what is checked. */
bool px_made(struct probe *p, long result);
/* False, and noted, for an error by which a file system says that it does not have something. */
bool px_offered(struct probe *p, long result);

/* As steps. A new file with that text: its descriptor, or -errno. Descriptors go with the process. */
int px_file(struct probe *p, const char *name, const char *text);
void px_closed_file(struct probe *p, const char *name, const char *text);
void px_folder(struct probe *p, const char *name);
int px_open(struct probe *p, const char *name, int flags);
void px_close(struct probe *p, int fd);
struct stat px_stat(struct probe *p, const char *name);
/* The file holds exactly the text. */
void px_holds(struct probe *p, const char *name, const char *text, const char *rule);
void px_exists(struct probe *p, const char *name, bool exists, const char *rule);
/* Whether the directory lists the name; its number of entries without dots goes to *count, if not NULL. */
bool px_lists(struct probe *p, const char *folder, const char *name, size_t *count);

extern const struct check_table px_files, px_sizes, px_mappings, px_folders, px_rename, px_delete, px_modes,
    px_times, px_names, px_ids, px_xattrs, px_symlinks, px_hard_links, px_special, px_locks, px_threads,
    px_space, px_reading, px_refusing;

#endif
