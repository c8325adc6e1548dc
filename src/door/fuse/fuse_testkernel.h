// SPDX-License-Identifier: MIT
/*
 * The kernel's side of the FUSE protocol, by hand: a socket pair of messages in place of /dev/fuse, the real
 * engine and testfs behind the door.
 */
#ifndef XDOKAN_DOOR_FUSE_TESTKERNEL_H
#define XDOKAN_DOOR_FUSE_TESTKERNEL_H

#include "base/testing.h"
#include "door/fuse/fuse_i.h"
#include "door/fuse/fuse_testfs.h"

struct kernel {
    int fd;
    uint64_t unique;
    struct testfs *fs;
    struct nt_volume *vol;
    struct fuse_door *door;
    DOKAN_OPTIONS options;
    _Atomic int gone;
    union {
        struct fuse_out_header head;
        uint8_t bytes[1 << 18];
    } in; /* the last message received */
    size_t in_size;
};

struct kernel_options {
    uint32_t timeout_ms;
    uint32_t minor, flags, flags2; /* what INIT offers; 0: all of ours */
    uint64_t negative_ns;
    bool single_thread, case_insensitive;
    struct fuse_door_config config; /* fd, gone and its argument are filled in */
};

/* Opens volume and door, and plays INIT. */
struct kernel *kernel_start(const struct kernel_options *options);
/* Stops the volume, closes the door, checks that nothing is left over, frees all. */
void kernel_stop(struct kernel *k);
/* The same in pieces, for tests that hang. */
void kernel_stop_volume(struct kernel *k);
void kernel_free(struct kernel *k);

/* Sends a message; `more` bytes follow the argument. Returns its unique. */
uint64_t kernel_send(struct kernel *k, uint32_t opcode, uint64_t node, const void *arg, size_t size,
                     const void *more, size_t more_size);
/* Receives one message into k->in. False: none within the time. */
bool kernel_receive(struct kernel *k, int timeout_ms);
/* Sends and receives the answer: 0 or -errno. */
int kernel_call(struct kernel *k, uint32_t opcode, uint64_t node, const void *arg, size_t size,
                const void *more, size_t more_size);
static inline const void *kernel_out(const struct kernel *k)
{
    return &k->in.head + 1;
}
static inline size_t kernel_out_size(const struct kernel *k)
{
    return k->in_size - sizeof k->in.head;
}

/* Operations; ids and handles come back, 0 on failure with the error in *error if that is given. */
uint64_t kernel_lookup(struct kernel *k, uint64_t dir, const char *name, int *error);
uint64_t kernel_create(struct kernel *k, uint64_t dir, const char *name, uint32_t mode, uint64_t *fh);
uint64_t kernel_mkdir(struct kernel *k, uint64_t dir, const char *name);
uint64_t kernel_open(struct kernel *k, uint64_t node, uint32_t flags, int *error);
int kernel_write(struct kernel *k, uint64_t fh, uint64_t offset, const void *data, size_t size);
/* Bytes read or -errno; the data is at kernel_out(). */
ssize_t kernel_read(struct kernel *k, uint64_t fh, uint64_t offset, uint32_t size);
void kernel_release(struct kernel *k, uint64_t fh);
void kernel_forget(struct kernel *k, uint64_t node, uint64_t lookups);
/* A directory "many" with files f0, f1 ..., all forgotten; its id. */
uint64_t kernel_make_many(struct kernel *k, unsigned count);
struct fuse_door_counters kernel_counters(struct kernel *k);
/* Waits until every Cleanup has had its CloseFile, which comes after the answer to RELEASE. */
void kernel_await_closed(struct kernel *k);
/* Waits until `hanging` callbacks hang. */
void kernel_await_hanging(struct kernel *k, unsigned hanging);

#endif
