// SPDX-License-Identifier: MIT
/*
 * Owns the descriptor of /dev/fuse: reading, writing, closing. Nothing here locks. `fd` is one number for the
 * whole life of the door: at the end a dead pipe takes the connection's place, so that an answer which comes
 * late (a callback that hung) fails instead of reaching a descriptor that the host opened since.
 */
#include "door/fuse/fuse_i.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/syscall.h>
#include <unistd.h>

FUSE_CANCELLABLE ssize_t fuse_device_read(struct fuse_door *door, void *buffer, size_t size)
{
    ssize_t n = read(door->fd, buffer, size);
    return n < 0 ? -errno : n;
}

/* The bare call: no point of cancellation, hence cheaper than write(2) of a library in a process with
 * threads. */
int fuse_device_write(struct fuse_door *door, const void *message, size_t size)
{
    long n;
    do
        n = syscall(SYS_write, door->fd, message, size);
    while (n < 0 && errno == EINTR);
    return n < 0 ? -errno : 0;
}

int fuse_device_wait(struct fuse_door *door, unsigned timeout_ms)
{
    struct pollfd p = {.fd = door->fd, .events = POLLIN};
    int n;
    do
        n = poll(&p, 1, (int)timeout_ms);
    while (n < 0 && errno == EINTR);
    if (n < 0)
        return -errno;
    if (n == 0)
        return -ETIMEDOUT;
    return p.revents & POLLIN ? 0 : -ENODEV;
}

bool fuse_device_pending(struct fuse_door *door)
{
    return fuse_device_wait(door, 0) != -ETIMEDOUT;
}

void fuse_device_disconnect(struct fuse_door *door)
{
    dup3(door->dead_fd, door->fd, O_CLOEXEC);
}
