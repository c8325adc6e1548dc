// SPDX-License-Identifier: MIT
/*
 * Owns the first exchange with the kernel: which protocol and which of its features are used. Everything
 * asked for stands in one table, with the minor that brought it; a pretended older kernel (max_minor) is
 * never asked for more than it would have known.
 */
#include "base/log.h"
#include "door/fuse/fuse_i.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum {
    PAGES_WITHOUT_ASKING = 32,
    READAHEAD_MAX = 1 << 20,
    BACKGROUND = 64,
    CONGESTION = 48,
    TIME_GRANULARITY = 100
};

static const struct {
    uint64_t flag;
    uint32_t minor;
} wanted[] = {
    {FUSE_ASYNC_READ, 6},     /* read-ahead of one file in parallel */
    {FUSE_ATOMIC_O_TRUNC, 3}, /* O_TRUNC comes with OPEN */
    {FUSE_BIG_WRITES, 9},
    {FUSE_AUTO_INVAL_DATA, 20}, /* pages go when size or mtime changed */
    {FUSE_DO_READDIRPLUS, 21},
    {FUSE_READDIRPLUS_AUTO, 21},
    {FUSE_ASYNC_DIO, 22},
    {FUSE_PARALLEL_DIROPS, 25}, /* lookups in one directory in parallel */
    {FUSE_ABORT_ERROR, 27},
    {FUSE_MAX_PAGES, 28},          /* messages of up to 1 MiB */
    {FUSE_HANDLE_KILLPRIV_V2, 33}, /* else the kernel asks for security.capability before every write */
    {FUSE_INIT_EXT, 36},           /* the flags from 32 on */
    {FUSE_DIRECT_IO_ALLOW_MMAP, 39},
};

int fuse_door_parse_mask(const char *text, uint32_t *minor)
{
    *minor = 0;
    if (!text || !*text)
        return 0;
    if (text[0] != '7' || text[1] != '.' || text[2] < '0' || text[2] > '9')
        return -EINVAL;
    char *end;
    unsigned long value = strtoul(text + 2, &end, 10);
    if (*end || value < FUSE_MINOR_OLDEST || value > 999)
        return -EINVAL;
    *minor = (uint32_t)value;
    return 0;
}

static uint32_t capped_minor(const struct fuse_door *door, uint32_t minor)
{
    uint32_t cap = door->config.max_minor;
    return cap && minor > cap ? cap : minor;
}

static void choose_flags(struct fuse_door *door, uint64_t offered)
{
    door->flags = 0;
    for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++)
        if (wanted[i].minor <= door->minor)
            door->flags |= wanted[i].flag & offered;
    if (!(door->flags & FUSE_INIT_EXT))
        door->flags &= UINT32_MAX;
}

static void negotiate(struct fuse_door *door, const struct fuse_init_in *in, struct fuse_init_out *out)
{
    door->minor = capped_minor(door, in->minor);
    if (door->minor > FUSE_MINOR_OURS)
        door->minor = FUSE_MINOR_OURS;
    bool extended = in->flags & FUSE_INIT_EXT;
    choose_flags(door, in->flags | (extended ? (uint64_t)in->flags2 << 32 : 0));
    door->max_write = door->flags & FUSE_MAX_PAGES ? FUSE_WRITE_MAX : PAGES_WITHOUT_ASKING * FUSE_BLOCK;
    *out = (struct fuse_init_out){
        .major = FUSE_KERNEL_VERSION,
        .minor = door->minor,
        .max_readahead = in->max_readahead < READAHEAD_MAX ? in->max_readahead : READAHEAD_MAX,
        .flags = (uint32_t)door->flags,
        .flags2 = (uint32_t)(door->flags >> 32),
        .max_background = BACKGROUND,
        .congestion_threshold = CONGESTION,
        .max_write = door->max_write,
        .time_gran = TIME_GRANULARITY,
        .max_pages = (uint16_t)(door->max_write / FUSE_BLOCK),
    };
}

static int answer(struct fuse_door *door, uint64_t unique, int error, const struct fuse_init_out *out)
{
    struct {
        struct fuse_out_header head;
        struct fuse_init_out init;
    } message = {.head = {.error = error, .unique = unique, .len = sizeof message.head}};
    if (!error) {
        message.head.len = sizeof message;
        message.init = *out;
    }
    return fuse_device_write(door, &message, message.head.len);
}

struct init_message {
    struct fuse_in_header head;
    struct fuse_init_in init;
    uint8_t room[FUSE_MIN_READ_BUFFER]; /* the kernel wants a large buffer whatever it sends */
};

static int read_init(struct fuse_door *door, struct init_message *message)
{
    enum { DEFAULT_WAIT_MS = 10000, SHORTEST = offsetof(struct fuse_init_in, flags2) };
    unsigned wait_ms = door->config.init_timeout_ms ? door->config.init_timeout_ms : DEFAULT_WAIT_MS;
    int r = fuse_device_wait(door, wait_ms);
    if (r)
        return r;
    memset(message, 0, sizeof *message);
    ssize_t n;
    do
        n = fuse_device_read(door, message, sizeof *message);
    while (n == -EINTR || n == -ENOENT);
    if (n < 0)
        return (int)n;
    size_t least = sizeof message->head + SHORTEST;
    return (size_t)n < least || message->head.opcode != FUSE_INIT ? -EPROTO : 0;
}

/* 1: the kernel will ask again in our version's words. */
static int answer_one(struct fuse_door *door, const struct init_message *message)
{
    const struct fuse_init_in *in = &message->init;
    struct fuse_init_out out = {.major = FUSE_KERNEL_VERSION, .minor = FUSE_MINOR_OURS};
    if (in->major > FUSE_KERNEL_VERSION) {
        int r = answer(door, message->head.unique, 0, &out);
        return r ? r : 1;
    }
    if (in->major < FUSE_KERNEL_VERSION || capped_minor(door, in->minor) < FUSE_MINOR_OLDEST) {
        log_error("this kernel speaks FUSE protocol %u.%u; 7.%u is needed: use Linux 5.10 or newer",
                  in->major, in->minor, FUSE_MINOR_OLDEST);
        answer(door, message->head.unique, -EPROTO, NULL);
        return -EPROTO;
    }
    negotiate(door, in, &out);
    return answer(door, message->head.unique, 0, &out);
}

int fuse_init_answer(struct fuse_door *door)
{
    struct init_message message;
    for (;;) {
        int r = read_init(door, &message);
        if (r) {
            log_error("the kernel did not begin the FUSE protocol: %s", strerror(-r));
            return r;
        }
        r = answer_one(door, &message);
        if (r < 0 && r != -EPROTO)
            log_error("the kernel refused the answer to FUSE_INIT: %s", strerror(-r));
        if (r <= 0)
            return r;
    }
}
