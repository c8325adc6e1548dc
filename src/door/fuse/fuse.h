// SPDX-License-Identifier: MIT
/*
 * The FUSE door: one mounted volume of the engine, served over one /dev/fuse descriptor. The façade (src/api)
 * includes this header; mounting itself is mount.h.
 */
#ifndef XDOKAN_DOOR_FUSE_H
#define XDOKAN_DOOR_FUSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct nt_volume;
struct fuse_door;

struct fuse_door_config {
    int fd;            /* mounted, INIT not yet answered; the door's own from a successful open on */
    uint32_t uid, gid; /* the owner of everything */
    bool force_uid, force_gid, force_mode; /* also where the volume keeps its own */
    uint32_t umask, file_mask, dir_mask;   /* mode bits that nothing, no file, no directory shows */
    bool keep_cache;                       /* an open does not drop the pages that the kernel holds */
    bool direct_io;                        /* the kernel caches no data */
    bool no_flush; /* close(2) asks for no FlushFileBuffers; the kernel is told to send no FLUSH at all */
    bool streams;  /* "a:b" names a stream of a */
    uint32_t max_minor;       /* pretend a kernel of protocol 7.max_minor; 0: no limit (DOKAN_FUSE_MASK) */
    uint32_t init_timeout_ms; /* how long to wait for the kernel's first word; 0: 10 s */
    /* Called once, from a thread of the door, when the kernel has let go of the mount (unmounted from
     * outside, aborted). It must not call fuse_door_close() itself. May be NULL. */
    void (*gone)(void *arg);
    void *gone_arg;
};

/* Reads "7.32" as it stands in DOKAN_FUSE_MASK into *minor. 0, or -EINVAL; NULL or "" gives 0 and no limit.
 */
int fuse_door_parse_mask(const char *text, uint32_t *minor);

/* Answers INIT and starts to serve. 0 or -errno, after a message that says what is wrong. */
int fuse_door_open(struct nt_volume *vol, const struct fuse_door_config *config, struct fuse_door **out);

/*
 * Ends serving: no request is read any more, all threads but those stuck in a callback past its deadline are
 * joined, the descriptor is closed (which ends the connection for clients that still wait), every node and
 * handle is let go. Stuck threads keep what they use alive. Call it after nt_volume_stop(); never from a door
 * thread.
 */
void fuse_door_close(struct fuse_door *door);

struct fuse_door_counters {
    uint32_t minor; /* of the protocol in use */
    uint64_t flags; /* INIT flags in use */
    uint32_t max_write;
    size_t nodes;       /* ids that the kernel knows, without the root */
    size_t handles;     /* open files and directories */
    unsigned threads;   /* that can serve */
    unsigned stuck;     /* that sit in a callback past its deadline */
    unsigned requests;  /* request buffers in existence */
    uint64_t served;    /* requests read */
    uint64_t takeovers; /* times a second thread had to read because the first was busy */
    uint64_t invalidations;
};

void fuse_door_get_counters(struct fuse_door *door, struct fuse_door_counters *out);

#endif
