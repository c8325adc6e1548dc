// SPDX-License-Identifier: MIT
/*
 * Listing a host directory.
 *
 * A cursor is the kernel's own offset. On some file systems (tmpfs before Linux 6.6, most of FUSE) it counts
 * entries, so that it leads elsewhere once earlier ones are removed; what is reliable everywhere is to go on
 * reading the same descriptor. So a listing that was told to stop is kept for a while, with what was read
 * ahead, and goes on when the next call asks for the same directory and cursor. It is found by the inode of a
 * directory that was opened anew, never by its path.
 *
 * host.list_lock guards the kept listings; each is taken out by who goes on with it.
 */
#include "fs/format/host.h"

#include "base/cleanup.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>

enum { LIST_BYTES = 32768, LISTS_KEPT = 8 };

struct host_listing {
    int fd;
    pid_t
        owner; /* a forked child has the same place in the directory: each would skip what the other reads */
    uint64_t dev, ino;
    uint64_t cursor; /* of the next entry */
    bool kept;       /* what is in the room may be out of date */
    ssize_t at, used;
    _Alignas(struct dirent64) char room[LIST_BYTES];
};

struct host_lists {
    struct host_listing *at[LISTS_KEPT];
    unsigned turn;
};

static void listing_free(struct host_listing *list)
{
    if (list) {
        close(list->fd);
        free(list);
    }
}

static void listing_end(struct host_listing **list)
{
    listing_free(*list);
}

int host_lists_new(struct host *host)
{
    host->lists = calloc(1, sizeof *host->lists);
    if (!host->lists)
        return -ENOMEM;
    pthread_mutex_init(&host->list_lock, NULL);
    return 0;
}

void host_lists_free(struct host *host)
{
    if (!host->lists)
        return;
    for (unsigned i = 0; i < LISTS_KEPT; i++)
        listing_free(host->lists->at[i]);
    free(host->lists);
    pthread_mutex_destroy(&host->list_lock);
}

/* The oldest makes room. */
static void keep(struct host *host, struct host_listing *list)
{
    list->kept = true;
    pthread_mutex_lock(&host->list_lock);
    struct host_listing **place = &host->lists->at[host->lists->turn++ % LISTS_KEPT], *old = *place;
    *place = list;
    pthread_mutex_unlock(&host->list_lock);
    listing_free(old);
}

static struct host_listing *take(struct host *host, const struct stat *st, uint64_t cursor)
{
    pid_t self = getpid();
    LOCK_SCOPE(&host->list_lock);
    for (unsigned i = 0; i < LISTS_KEPT; i++) {
        struct host_listing *list = host->lists->at[i];
        if (list && list->owner == self && list->cursor == cursor && list->ino == st->st_ino &&
            list->dev == st->st_dev) {
            host->lists->at[i] = NULL;
            return list;
        }
    }
    return NULL;
}

/* Takes fd over in any case. */
static int listing_open(struct host *host, int fd, uint64_t cursor, struct host_listing **out)
{
    CLEANUP_FD int dir = fd;
    struct stat st;
    if (fstat(dir, &st) != 0)
        return -errno;
    *out = cursor ? take(host, &st, cursor) : NULL;
    if (*out)
        return 0;
    if (cursor && lseek(dir, (off_t)cursor, SEEK_SET) < 0)
        return -errno;
    struct host_listing *list = malloc(sizeof *list);
    if (!list)
        return -ENOMEM;
    list->fd = steal_fd(&dir);
    list->owner = getpid();
    list->dev = st.st_dev;
    list->ino = st.st_ino;
    list->cursor = cursor;
    list->kept = false;
    list->at = list->used = 0;
    *out = list;
    return 0;
}

struct receiver {
    const struct host *host;
    uint32_t want;
    fs_fill fill;
    void *ctx;
};

static bool is_dots(const char *name)
{
    return name[0] == '.' && (!name[1] || (name[1] == '.' && !name[2]));
}

/* True: told to stop. An entry that has gone meanwhile is left out. */
static bool tell(const struct receiver *to, const struct host_listing *list, const struct dirent64 *entry)
{
    struct fs_info info = {.type = host_type(DTTOIF(entry->d_type))};
    if (is_dots(entry->d_name))
        return false;
    if (to->want || list->kept || entry->d_type == DT_UNKNOWN) {
        int rc = host_info(to->host, list->fd, entry->d_name, 0, to->want, &info);
        if (rc == -ENOENT)
            return false;
    }
    return to->fill(to->ctx, entry->d_name, &info, (uint64_t)entry->d_off) != 0;
}

/* 1: told to stop; 0: the end; -errno. */
static int tell_all(const struct receiver *to, struct host_listing *list)
{
    for (;;) {
        while (list->at < list->used) {
            const struct dirent64 *entry = (const struct dirent64 *)(const void *)(list->room + list->at);
            list->at += entry->d_reclen;
            list->cursor = (uint64_t)entry->d_off;
            if (tell(to, list, entry))
                return 1;
        }
        list->at = 0;
        list->kept = false;
        list->used = getdents64(list->fd, list->room, sizeof list->room);
        if (list->used <= 0)
            return list->used < 0 && errno != ENOENT ? -errno : 0; /* ENOENT: removed meanwhile */
    }
}

int host_scandir(struct fs *fs, const char *path, uint32_t want, uint64_t cursor, fs_fill fill, void *ctx)
{
    struct host *host = host_of(fs);
    const struct receiver to = {host, want, fill, ctx};
    __attribute__((cleanup(listing_end))) struct host_listing *list = NULL;
    int fd = host_open(host, path, O_RDONLY | O_DIRECTORY, 0);
    if (fd < 0)
        return fd == -ELOOP ? -ENOTDIR : fd;
    int rc = listing_open(host, fd, cursor, &list);
    if (rc || !list)
        return rc;
    rc = tell_all(&to, list);
    if (rc == 1 || (rc == 0 && cursor)) /* who goes on in parts asks once more at the end */
        keep(host, steal_ptr(&list));
    return rc < 0 ? rc : 0;
}
