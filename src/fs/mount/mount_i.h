// SPDX-License-Identifier: MIT
/*
 * Mounting: point.c finds out about mount points, volume.c serves an object in this process, process.c in a
 * child, mount.c is what fs.h promises.
 */
#ifndef XDOKAN_FS_MOUNT_I_H
#define XDOKAN_FS_MOUNT_I_H

#include "fs/fs_i.h"
#include <dokan/dokan_ex.h>
#include <limits.h>

enum { TIMEOUT_LEAST_MS = 15000, TIMEOUT_MOST_MS = 300000, WAIT_DEFAULT_MS = 20000 };

/* For tests: time limit of a callback in ms, without bounds; 0: none. */
extern uint32_t mount_test_timeout_ms;

/* ---- mount points (point.c) ------------------------------------------------------------------------ */

/* Before anything is done: 0, or why nothing can be mounted there. NULL: any drive. */
int point_check(const char *path, struct fs_error *error);
/* A letter that looks free, M to Z first; 0 when there is none. */
char point_free_letter(void);
/* The library refused: the -errno that stands for it, and what to do. */
int point_explain(int result, const char *path, struct fs_error *error);
/* Whether a volume of this process is in the list of mounts. Its letter, or 0, goes to *letter. */
bool point_listed(ULONG64 volume, char *letter);

/* Takes over the slots that are set (bind.c). */
void operations_replace(DOKAN_OPERATIONS *operations, const DOKAN_OPERATIONS *with);

/* ---- a volume that this process serves (volume.c) -------------------------------------------------- */

struct volume;

/* Starts serving. `alone`: nobody but the mount uses the object. *out carries a reference. */
int volume_start(struct fs *fs, const char *path, const struct fs_mount_options *options, bool alone,
                 struct volume **out, struct fs_error *error);
/* The same without a mount. */
int volume_start_inside(struct fs *fs, const struct fs_mount_options *options, struct volume **out,
                        struct fs_error *error);
DOKAN_HANDLE volume_handle(const struct volume *volume);
void volume_put(struct volume *volume);
/* Path and letter ("" or "Q:"); they live as long as the volume. */
const char *volume_path(const struct volume *volume);
const char *volume_drive(const struct volume *volume);
/* Asks for the end; returns when the mount is gone, which takes no longer than 20 s. */
void volume_end(struct volume *volume);
/* 0 when the object is closed, what went wrong at closing, -ETIMEDOUT. -1: for ever. */
int volume_wait(struct volume *volume, int timeout_ms);
/* Readable once volume_wait() would not wait. */
int volume_done_fd(const struct volume *volume);

/* Waits for the end; SIGINT, SIGTERM and SIGHUP unmount where the program has not set them up itself. */
int volume_serve(struct volume *volume);
/* In a forked child: the signals that the parent had taken for its own mounts are not ours. */
void serve_after_fork(void);
/* Takes the signals already before volume_serve(), which then ends at once if one came meanwhile. 0 or
 * -errno. */
int serve_early(void);

/* ---- a child that serves (process.c) --------------------------------------------------------------- */

struct child;

int child_start(struct fs *fs, const char *path, const struct fs_mount_options *options, struct child **out,
                struct fs_error *error);
void child_free(struct child *child); /* leaves it alone */
pid_t child_pid(const struct child *child);
const char *child_path(const struct child *child);
const char *child_drive(const struct child *child);
/* As volume_wait(). -EIO when the child ended without a word. */
int child_wait(struct child *child, int timeout_ms);
/* Asks it to end, waits, kills it in the end. */
int child_end(struct child *child, int timeout_ms);
/* In a forked child, before anything else. */
void mount_after_fork(void);

#endif
