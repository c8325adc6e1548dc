// SPDX-License-Identifier: MIT
#include "door/fuse/fuse_testkernel.h"
#include "base/clock.h"
#include <dokan/ntstatus.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

static void on_gone(void *arg)
{
    struct kernel *k = arg;
    atomic_fetch_add(&k->gone, 1);
}

static void send_init(struct kernel *k, const struct kernel_options *options)
{
    struct fuse_init_in init = {.major = 7,
                                .minor = options->minor ? options->minor : FUSE_MINOR_OURS,
                                .max_readahead = 131072,
                                .flags = options->flags ? options->flags : 0x7fffffff,
                                .flags2 = options->flags2 ? options->flags2 : 0xffffffff};
    kernel_send(k, FUSE_INIT, 0, &init, sizeof init, NULL, 0);
}

static void open_volume(struct kernel *k, const struct kernel_options *options)
{
    k->options.Version = DOKAN_VERSION;
    k->options.Options = options->case_insensitive ? 0 : DOKAN_OPTION_CASE_SENSITIVE;
    k->options.SingleThread = options->single_thread;
    k->options.GlobalContext = (uintptr_t)k->fs;
    k->options.AllocationUnitSize = k->options.SectorSize = 4096;
    struct nt_volume_config config = {.options = &k->options,
                                      .operations = &testfs_operations,
                                      .timeout_ms = options->timeout_ms ? options->timeout_ms : 20000,
                                      .entry_ns = 1500000000,
                                      .attr_ns = 2000000001,
                                      .negative_ns = options->negative_ns};
    assert_int_equal(nt_volume_open(&config, &k->vol), STATUS_SUCCESS);
}

struct kernel *kernel_start(const struct kernel_options *options)
{
    struct kernel *k = calloc(1, sizeof *k);
    int fds[2];
    k->fs = testfs_new();
    open_volume(k, options);
    assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds), 0);
    k->fd = fds[0];
    send_init(k, options);
    struct fuse_door_config config = options->config;
    config.fd = fds[1];
    config.gone = on_gone;
    config.gone_arg = k;
    int r = fuse_door_open(k->vol, &config, &k->door);
    if (r)
        close(fds[1]);
    assert_true(kernel_receive(k, 5000));
    return k;
}

void kernel_stop_volume(struct kernel *k)
{
    nt_volume_stop(k->vol);
}

void kernel_free(struct kernel *k)
{
    if (k->door)
        fuse_door_close(k->door);
    close(k->fd);
    uint64_t id = nt_volume_id(k->vol);
    nt_volume_put(k->vol);
    for (int i = 0; i < 500 && !nt_volume_drained(id); i++)
        usleep(10000);
    assert_true(nt_volume_drained(id));
    usleep(20000); /* a thread that was stuck may still be on its way out of the callback */
    testfs_free(k->fs);
    free(k);
}

void kernel_stop(struct kernel *k)
{
    kernel_stop_volume(k);
    kernel_await_closed(k);
    kernel_free(k);
}

uint64_t kernel_send(struct kernel *k, uint32_t opcode, uint64_t node, const void *arg, size_t size,
                     const void *more, size_t more_size)
{
    struct fuse_in_header head = {.len = (uint32_t)(sizeof head + size + more_size),
                                  .opcode = opcode,
                                  .unique = k->unique += 2,
                                  .nodeid = node,
                                  .pid = 1,
                                  .uid = 1000,
                                  .gid = 1000};
    struct iovec iov[] = {
        {&head, sizeof head}, {(void *)(uintptr_t)arg, size}, {(void *)(uintptr_t)more, more_size}};
    assert_int_equal(writev(k->fd, iov, 3), head.len);
    return head.unique;
}

bool kernel_receive(struct kernel *k, int timeout_ms)
{
    struct pollfd p = {.fd = k->fd, .events = POLLIN};
    if (poll(&p, 1, timeout_ms) != 1)
        return false;
    ssize_t n = read(k->fd, &k->in, sizeof k->in);
    assert_true(n >= (ssize_t)sizeof k->in.head);
    assert_int_equal(k->in.head.len, n);
    k->in_size = (size_t)n;
    return true;
}

int kernel_call(struct kernel *k, uint32_t opcode, uint64_t node, const void *arg, size_t size,
                const void *more, size_t more_size)
{
    uint64_t unique = kernel_send(k, opcode, node, arg, size, more, more_size);
    do
        assert_true(kernel_receive(k, 30000));
    while (k->in.head.unique == 0); /* an invalidation */
    assert_int_equal(k->in.head.unique, unique);
    return k->in.head.error;
}

static uint64_t entry_id(struct kernel *k, int error)
{
    const struct fuse_entry_out *entry = kernel_out(k);
    if (error)
        return 0;
    assert_true(kernel_out_size(k) >= sizeof *entry);
    return entry->nodeid;
}

uint64_t kernel_lookup(struct kernel *k, uint64_t dir, const char *name, int *error)
{
    int r = kernel_call(k, FUSE_LOOKUP, dir, name, strlen(name) + 1, NULL, 0);
    if (error)
        *error = r;
    return entry_id(k, r);
}

uint64_t kernel_create(struct kernel *k, uint64_t dir, const char *name, uint32_t mode, uint64_t *fh)
{
    struct fuse_create_in in = {.flags = 02 /* O_RDWR */, .mode = 0100000 | mode};
    int r = kernel_call(k, FUSE_CREATE, dir, &in, sizeof in, name, strlen(name) + 1);
    if (r)
        return 0;
    const struct fuse_entry_out *entry = kernel_out(k);
    const struct fuse_open_out *open = (const struct fuse_open_out *)(entry + 1);
    assert_int_equal(kernel_out_size(k), sizeof *entry + sizeof *open);
    *fh = open->fh;
    return entry->nodeid;
}

uint64_t kernel_mkdir(struct kernel *k, uint64_t dir, const char *name)
{
    struct fuse_mkdir_in in = {.mode = 0755};
    return entry_id(k, kernel_call(k, FUSE_MKDIR, dir, &in, sizeof in, name, strlen(name) + 1));
}

uint64_t kernel_open(struct kernel *k, uint64_t node, uint32_t flags, int *error)
{
    struct fuse_open_in in = {.flags = flags};
    int r = kernel_call(k, flags & 0200000 ? FUSE_OPENDIR : FUSE_OPEN, node, &in, sizeof in, NULL, 0);
    if (error)
        *error = r;
    return r ? 0 : ((const struct fuse_open_out *)kernel_out(k))->fh;
}

int kernel_write(struct kernel *k, uint64_t fh, uint64_t offset, const void *data, size_t size)
{
    struct fuse_write_in in = {.fh = fh, .offset = offset, .size = (uint32_t)size};
    int r = kernel_call(k, FUSE_WRITE, 0, &in, sizeof in, data, size);
    return r ? r : (int)((const struct fuse_write_out *)kernel_out(k))->size;
}

ssize_t kernel_read(struct kernel *k, uint64_t fh, uint64_t offset, uint32_t size)
{
    struct fuse_read_in in = {.fh = fh, .offset = offset, .size = size};
    int r = kernel_call(k, FUSE_READ, 0, &in, sizeof in, NULL, 0);
    return r ? r : (ssize_t)kernel_out_size(k);
}

void kernel_release(struct kernel *k, uint64_t fh)
{
    struct fuse_release_in in = {.fh = fh};
    assert_int_equal(kernel_call(k, FUSE_RELEASE, 0, &in, sizeof in, NULL, 0), 0);
}

void kernel_forget(struct kernel *k, uint64_t node, uint64_t lookups)
{
    struct fuse_forget_in in = {.nlookup = lookups};
    kernel_send(k, FUSE_FORGET, node, &in, sizeof in, NULL, 0);
}

struct fuse_door_counters kernel_counters(struct kernel *k)
{
    struct fuse_door_counters counters;
    /* One message more, answered: all earlier ones are done with. */
    assert_int_equal(kernel_call(k, FUSE_SYNCFS, 1, "\0\0\0\0\0\0\0", 8, NULL, 0),
                     k->door->minor < 34 ? -ENOSYS : 0);
    fuse_door_get_counters(k->door, &counters);
    return counters;
}

void kernel_await_hanging(struct kernel *k, unsigned hanging)
{
    for (int i = 0; i < 3000 && atomic_load(&k->fs->hanging) != hanging; i++)
        usleep(10000);
    assert_int_equal(atomic_load(&k->fs->hanging), hanging);
}

void kernel_await_closed(struct kernel *k)
{
    struct testfs *fs = k->fs;
    for (int i = 0; i < 1000 && atomic_load(&fs->cleanups) != atomic_load(&fs->closes); i++)
        usleep(5000);
    assert_int_equal(atomic_load(&fs->cleanups), atomic_load(&fs->closes));
}

uint64_t kernel_make_many(struct kernel *k, unsigned count)
{
    uint64_t fh = 0, dir = kernel_mkdir(k, 1, "many");
    for (unsigned i = 0; i < count; i++) {
        char name[80];
        snprintf(name, sizeof name, "f%u%.*s", i, (int)(i % 60),
                 "_________________________________________________________");
        uint64_t id = kernel_create(k, dir, name, 0644, &fh);
        kernel_release(k, fh);
        kernel_forget(k, id, 1);
    }
    return dir;
}
