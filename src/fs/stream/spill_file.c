// SPDX-License-Identifier: MIT
/*
 * The file of a spill: made in the first of several folders that can be written, without a name, else in
 * memory; and which of its segments are free. The spill's lock covers it.
 *
 * After a fork parent and child share the file. What is in it stays as it is for both: its segments are
 * neither emptied nor given to another region any more, and new ones come from a file of one's own. Only the
 * last segment of a region may still grow in both, by the same bytes. `fork_gate` keeps a fork away from
 * whoever takes or gives a segment; it is taken behind the spill's lock.
 */
#include "fs/stream/spill_file.h"

#include "base/cleanup.h"
#include "base/log.h"
#include "fs/fs_i.h"
#include "fs/spill.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

static pthread_mutex_t fork_gate = PTHREAD_MUTEX_INITIALIZER;
static atomic_uint forks;

/* ---- where -------------------------------------------------------------------------------------------- */

static int file_in(const char *folder)
{
    int fd = open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    if (fd >= 0)
        return fd;
    CLEANUP_FREE char *name = NULL;
    if (asprintf(&name, "%s/spill.XXXXXX", folder) < 0) {
        name = NULL;
        return -1;
    }
    fd = mkostemp(name, O_CLOEXEC);
    if (fd >= 0)
        unlink(name);
    return fd;
}

/* $variable + suffix, made if missing (one level, its parent too). */
static int file_below(const char *variable, const char *middle, const char *last)
{
    const char *top = getenv(variable);
    if (!top || top[0] != '/')
        return -1;
    CLEANUP_FREE char *folder = NULL;
    if (asprintf(&folder, "%s%s%s", top, middle, last) < 0) {
        folder = NULL;
        return -1;
    }
    if (*last) {
        folder[strlen(top) + strlen(middle)] = 0;
        mkdir(folder, 0700);
        folder[strlen(top) + strlen(middle)] = last[0];
        mkdir(folder, 0700);
    }
    return file_in(folder);
}

static const struct {
    const char *variable, *middle, *last;
} places[] = {
    {"DOKAN_FS_CACHE", "", ""},
    {"XDG_CACHE_HOME", "", "/dokan"},
    {"HOME", "/.cache", "/dokan"},
    {"TMPDIR", "", ""},
};

static int open_somewhere(void)
{
    int fd = -1;
    for (size_t i = 0; fd < 0 && i < sizeof places / sizeof *places; i++)
        fd = file_below(places[i].variable, places[i].middle, places[i].last);
    return fd;
}

int spill_file_need(struct spill_file *file)
{
    if (file->fd >= 0)
        return 0;
    file->forks = atomic_load(&forks);
    file->fd = open_somewhere();
    if (file->fd >= 0)
        return 0;
    file->fd = memfd_create("dokan-spill", MFD_CLOEXEC);
    if (file->fd < 0)
        return -errno;
    file->memory = true;
    log_info("no cache folder can be written: up to %llu MiB of memory serve instead",
             (unsigned long long)(MEMORY_LIMIT >> 20));
    return 0;
}

void spill_file_close(struct spill_file *file)
{
    if (file->fd >= 0)
        close(file->fd);
    for (uint32_t i = 0; i < file->shared_count; i++)
        close(file->shared[i]);
    free(file->shared);
    free(file->spare);
}

/* ---- forks -------------------------------------------------------------------------------------------- */

void spill_fork_begin(void)
{
    pthread_mutex_lock(&fork_gate);
}

void spill_fork_end(void)
{
    atomic_fetch_add(&forks, 1);
    pthread_mutex_unlock(&fork_gate);
}

/* ---- segments ---------------------------------------------------------------------------------------- */

void *list_more(void *list, uint32_t count, uint32_t *room, size_t each)
{
    if (count < *room)
        return list;
    uint32_t grown = *room ? *room * 2 : 4;
    void *larger = reallocarray(list, grown, each);
    *room = larger ? grown : *room;
    return larger;
}

static bool is_shared(const struct spill_file *file)
{
    return file->fd >= 0 && file->forks != atomic_load(&forks);
}

/* The file that a fork made a shared one is kept for what is in it. */
static int leave_shared(struct spill_file *file)
{
    int *list = list_more(file->shared, file->shared_count, &file->shared_room, sizeof *list);
    if (!list)
        return -ENOMEM;
    file->shared = list;
    file->shared[file->shared_count++] = file->fd;
    file->fd = -1;
    file->spare_count = 0;
    file->next_segment = 0;
    return 0;
}

int segment_take(struct spill_file *file, struct segment *segment)
{
    LOCK_SCOPE(&fork_gate);
    int rc = is_shared(file) ? leave_shared(file) : 0;
    rc = rc ? rc : spill_file_need(file);
    if (rc)
        return rc;
    segment->fd = file->fd;
    if (file->spare_count) {
        segment->number = file->spare[--file->spare_count];
        return 0;
    }
    if (file->next_segment == UINT32_MAX)
        return -ENOSPC;
    segment->number = file->next_segment++;
    return 0;
}

/* A segment that cannot be noted as spare is only a hole in the file's numbers. */
void segment_give(struct spill_file *file, const struct segment *segment)
{
    LOCK_SCOPE(&fork_gate);
    if (segment->fd != file->fd || is_shared(file))
        return;
    (void)fallocate(file->fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, (off_t)segment->number * SEGMENT,
                    SEGMENT);
    uint32_t *list = list_more(file->spare, file->spare_count, &file->spare_room, sizeof *list);
    if (!list)
        return;
    file->spare = list;
    file->spare[file->spare_count++] = segment->number;
}
