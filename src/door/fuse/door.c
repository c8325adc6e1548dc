// SPDX-License-Identifier: MIT
/*
 * Owns the life of a door: opening, closing, and the count that keeps its memory for threads and requests
 * that outlive it. References: one for the façade, one for each thread, one for each request that is not on
 * the free list.
 */
#include "base/log.h"
#include "door/fuse/fuse_i.h"
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void fuse_door_ref(struct fuse_door *door)
{
    atomic_fetch_add_explicit(&door->refs, 1, memory_order_relaxed);
}

/* The tables fall first: what they hold belongs to the volume. */
static void door_free(struct fuse_door *door)
{
    fuse_handle_put_all(door);
    fuse_node_forget_all(door);
    slab_destroy(&door->handles);
    slab_destroy(&door->nodes);
    for (size_t i = 0; i < FUSE_SHARDS; i++)
        pthread_mutex_destroy(&door->shards[i].lock);
    fuse_pool_destroy(door);
    fuse_workers_destroy(door);
    fuse_inval_destroy(door);
    if (door->dead_fd >= 0)
        close(door->dead_fd);
    nt_volume_put(door->vol);
    free(door);
}

void fuse_door_unref(struct fuse_door *door)
{
    if (atomic_fetch_sub(&door->refs, 1) != 1)
        return;
    if (door->fd >= 0)
        close(door->fd);
    door_free(door);
}

void fuse_door_gone(struct fuse_door *door)
{
    if (!atomic_exchange(&door->gone, true) && door->config.gone)
        door->config.gone(door->config.gone_arg);
}

static void set_modes(struct fuse_door *door)
{
    const struct fuse_door_config *config = &door->config;
    door->file_mode = 0777 & ~(config->umask | config->file_mask);
    door->dir_mode = 0777 & ~(config->umask | config->dir_mask);
    door->write_bits = door->file_mode & 0222;
    door->name_flags = config->streams ? NAME_KEEP_COLON : 0;
}

/* The reading end of a pipe that nobody writes: reading gives the end, writing EBADF. */
static int open_dead_fd(struct fuse_door *door)
{
    int fds[2];
    if (pipe2(fds, O_CLOEXEC))
        return -errno;
    close(fds[1]);
    door->dead_fd = fds[0];
    return 0;
}

static int tables_init(struct fuse_door *door)
{
    int r = slab_init(&door->nodes);
    if (r)
        return r;
    r = slab_init(&door->handles);
    if (r)
        slab_destroy(&door->nodes);
    return r;
}

/* A door that holds everything it needs before the kernel is asked anything. */
static int door_new(struct nt_volume *vol, const struct fuse_door_config *config, struct fuse_door **out)
{
    struct fuse_door *door = NULL;
    if (posix_memalign((void **)&door, 64, sizeof *door))
        return -ENOMEM;
    memset(door, 0, sizeof *door);
    int r = tables_init(door);
    if (r) {
        free(door);
        return r;
    }
    atomic_init(&door->refs, 1);
    door->config = *config;
    atomic_init(&door->channel, &fuse_device_channel);
    door->vol = vol;
    door->fd = door->dead_fd = -1;
    nt_volume_get(vol);
    for (size_t i = 0; i < FUSE_SHARDS; i++)
        pthread_mutex_init(&door->shards[i].lock, NULL);
    fuse_pool_init(&door->pool);
    fuse_workers_init(door);
    fuse_inval_init(door);
    door->offers = nt_volume_offers(vol);
    set_modes(door);
    *out = door;
    return open_dead_fd(door);
}

/* From a successful end on, the descriptor is the door's. */
static int door_start(struct fuse_door *door)
{
    door->fd = door->config.fd;
    int flags = fcntl(door->fd, F_GETFL);
    int r = flags < 0 || fcntl(door->fd, F_SETFL, flags & ~O_NONBLOCK) ? -errno : fuse_init_answer(door);
    if (!r)
        r = atomic_load(&door->channel)->start(door);
    if (r)
        door->fd = -1;
    return r;
}

int fuse_door_open(struct nt_volume *vol, const struct fuse_door_config *config, struct fuse_door **out)
{
    struct fuse_door *door = NULL;
    int r = door_new(vol, config, &door);
    if (!r)
        r = door_start(door);
    if (r) {
        if (door)
            fuse_door_unref(door);
        return r;
    }
    fuse_inval_start(door);
    *out = door;
    return 0;
}

void fuse_door_close(struct fuse_door *door)
{
    fuse_inval_stop(door);
    atomic_load(&door->channel)->stop(door);
    fuse_device_disconnect(door);
    fuse_door_unref(door);
}

void fuse_door_get_counters(struct fuse_door *door, struct fuse_door_counters *out)
{
    struct fuse_workers *workers = &door->workers;
    *out = (struct fuse_door_counters){
        .minor = door->minor,
        .flags = door->flags,
        .max_write = door->max_write,
        .nodes = slab_count(&door->nodes),
        .handles = slab_count(&door->handles),
        .served = atomic_load(&workers->served),
        .takeovers = atomic_load(&workers->takeovers),
    };
    pthread_mutex_lock(&workers->lock);
    out->threads = workers->live;
    out->stuck = workers->stuck;
    pthread_mutex_unlock(&workers->lock);
    pthread_mutex_lock(&door->pool.lock);
    out->requests = door->pool.total;
    pthread_mutex_unlock(&door->pool.lock);
    pthread_mutex_lock(&door->inval.lock);
    out->invalidations = door->inval.written;
    pthread_mutex_unlock(&door->inval.lock);
}
