// SPDX-License-Identifier: MIT
/*
 * The in-memory sample without a mount: copies files of the host into a memfs volume through the engine's
 * in-process door, lists the volume, reads every file back and compares. scripts/quickstart shows this where
 * /dev/fuse cannot be used.
 *
 *     inprocess-demo FILE...
 */
#include "../samples/memfs.h"
#include "base/cleanup.h"
#include "base/name.h"
#include "base/status.h"
#include "nt/nt.h"
#include <dokan/ntstatus.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

enum { COPY_MAX = 1 << 20 };

static struct nt_volume *volume;

static NTSTATUS call(struct nt_request *rq, uint64_t *information)
{
    rq->volume = volume;
    rq->caller = (struct nt_caller){.pid = (uint32_t)getpid(), .uid = geteuid(), .gid = getegid()};
    return nt_call(rq, information);
}

static NTSTATUS open_name(const WCHAR *name, size_t len, ACCESS_MASK access, ULONG disposition, ULONG options,
                          struct nt_handle **out)
{
    struct nt_request rq = {.op = NT_CREATE};
    rq.create = (struct nt_create_args){.name = {nt_volume_root(volume), name, (uint16_t)len},
                                        .access = access,
                                        .share = FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE,
                                        .file_attributes = FILE_ATTRIBUTE_NORMAL,
                                        .disposition = disposition,
                                        .options = options};
    NTSTATUS status = call(&rq, NULL);
    if (status == STATUS_SUCCESS) {
        nt_node_put(rq.create.out.node);
        *out = rq.create.out.handle;
    }
    return status;
}

static void close_handle(struct nt_handle *h)
{
    struct nt_request cleanup = {.op = NT_CLEANUP, .handle = h}, close = {.op = NT_CLOSE, .handle = h};
    call(&cleanup, NULL);
    call(&close, NULL);
}

static NTSTATUS transfer(struct nt_handle *h, enum nt_op op, void *buffer, size_t size, uint64_t *done)
{
    struct nt_request rq = {.op = op, .handle = h};
    rq.io = (struct nt_io_args){.buffer = buffer, .length = (uint32_t)size};
    return call(&rq, done);
}

static bool same_again(const WCHAR *name, size_t len, const char *content, size_t size)
{
    CLEANUP_FREE char *copy = malloc(size + 1);
    struct nt_handle *h;
    if (!copy || open_name(name, len, FILE_GENERIC_READ, FILE_OPEN, FILE_NON_DIRECTORY_FILE, &h))
        return false;
    uint64_t done = 0;
    NTSTATUS status = transfer(h, NT_READ, copy, size, &done);
    close_handle(h);
    bool empty = size == 0 && (status == STATUS_SUCCESS || status == STATUS_END_OF_FILE);
    return empty || (status == STATUS_SUCCESS && done == size && memcmp(copy, content, size) == 0);
}

static int fail(const char *what, const char *name, const char *why)
{
    fprintf(stderr, "inprocess-demo: cannot %s %s: %s\n", what, name, why);
    return 1;
}

static int copy_in(const char *path)
{
    CLEANUP_FD int fd = open(path, O_RDONLY | O_CLOEXEC);
    CLEANUP_FREE char *content = malloc(COPY_MAX);
    ssize_t size = fd >= 0 && content ? read(fd, content, COPY_MAX) : -1;
    if (size < 0)
        return fail("read", path, strerror(errno));
    const char *base = strrchr(path, '/') ? strrchr(path, '/') + 1 : path;
    WCHAR name[NAME_MAX_UNITS];
    ptrdiff_t len = name_from_linux(base, strlen(base), name, NAME_MAX_UNITS, 0);
    struct nt_handle *h;
    if (len <= 0)
        return fail("store", path, "the name is too long");
    NTSTATUS status =
        open_name(name, (size_t)len, FILE_GENERIC_WRITE, FILE_CREATE, FILE_NON_DIRECTORY_FILE, &h);
    if (status)
        return fail("create", base, strerror(status_to_errno(status)));
    uint64_t done = 0;
    status = size ? transfer(h, NT_WRITE, content, (size_t)size, &done) : STATUS_SUCCESS;
    close_handle(h);
    if (status || done != (uint64_t)size)
        return fail("write", base, strerror(status_to_errno(status)));
    return same_again(name, (size_t)len, content, (size_t)size) ? 0
                                                                : fail("read back", base, "contents differ");
}

static bool show(struct nt_request *rq, const struct nt_dirent *entry)
{
    char name[1024];
    ptrdiff_t len = name_to_linux(entry->name, entry->len, name, sizeof name, 0);
    bool dots = entry->name[0] == u'.' && entry->len <= 2;
    if (len > 0 && !dots)
        printf("%10llu  %.*s\n", (unsigned long long)entry->attr.size, (int)len, name);
    return true;
}

static int list_root(void)
{
    struct nt_handle *h;
    NTSTATUS status =
        open_name(NULL, 0, FILE_LIST_DIRECTORY | SYNCHRONIZE, FILE_OPEN, FILE_DIRECTORY_FILE, &h);
    if (status)
        return fail("open", "the root", strerror(status_to_errno(status)));
    struct nt_request rq = {.op = NT_LIST_DIRECTORY, .handle = h, .list = {.emit = show}};
    status = call(&rq, NULL);
    close_handle(h);
    return status ? fail("list", "the root", strerror(status_to_errno(status))) : 0;
}

int main(int argc, char **argv)
{
    static DOKAN_OPTIONS options = {.Version = DOKAN_VERSION};
    void *memfs = memfs_new(0, 0);
    options.GlobalContext = (ULONG64)(uintptr_t)memfs;
    struct nt_volume_config config = {
        .options = &options, .operations = memfs_operations(), .timeout_ms = 15000, .attr_ns = 1000000000};
    if (argc < 2) {
        fprintf(stderr, "usage: inprocess-demo FILE...\n");
        return 2;
    }
    if (!memfs || nt_volume_open(&config, &volume))
        return fail("open", "the volume", "not enough memory");
    int rc = 0;
    for (int i = 1; i < argc && !rc; i++)
        rc = copy_in(argv[i]);
    if (!rc)
        rc = list_root();
    nt_volume_stop(volume);
    nt_volume_put(volume);
    memfs_free(memfs);
    return rc;
}
