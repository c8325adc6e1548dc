// SPDX-License-Identifier: MIT
/*
 * What the kernel's messages on files, directories and attributes become.
 */
#include "base/clock.h"
#include "door/fuse/fuse_testkernel.h"
#include <errno.h>
#include <fcntl.h>
#include <linux/falloc.h>
#include <linux/fs.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

static int start(void **state)
{
    *state = kernel_start(&(struct kernel_options){
        .config = {.uid = 1000, .gid = 100, .umask = 022, .dir_mask = 05}, .negative_ns = 0});
    return 0;
}

static int stop(void **state)
{
    kernel_stop(*state);
    return 0;
}

/* ---- files -------------------------------------------------------------------------------------------- */

static void test_read_write(void **state)
{
    struct kernel *k = *state;
    static char data[100000];
    for (size_t i = 0; i < sizeof data; i++)
        data[i] = (char)(i * 7 >> 3);
    uint64_t fh;
    kernel_create(k, 1, "f", 0644, &fh);
    assert_int_equal(kernel_write(k, fh, 0, data, sizeof data), sizeof data);
    assert_int_equal(kernel_read(k, fh, 0, 131072), sizeof data);
    assert_memory_equal(kernel_out(k), data, sizeof data);
    assert_int_equal(kernel_read(k, fh, 99990, 4096), 10);
    assert_memory_equal(kernel_out(k), data + 99990, 10);
    assert_int_equal(kernel_read(k, fh, 100000, 4096), 0);
    assert_int_equal(kernel_read(k, fh, 1u << 30, 4096), 0);
    assert_int_equal(kernel_read(k, fh, UINT64_MAX, 4096), -EINVAL);
    assert_int_equal(kernel_read(k, fh, 0, (1 << 20) + 1), -EINVAL);
    struct fuse_write_in in = {.fh = fh, .size = 100}; /* promises more than it carries */
    assert_int_equal(kernel_call(k, FUSE_WRITE, 0, &in, sizeof in, data, 99), -EINVAL);
    in.write_flags = FUSE_WRITE_CACHE;
    assert_int_equal(kernel_call(k, FUSE_WRITE, 0, &in, sizeof in, data, 100), 0);
    assert_int_equal(atomic_load(&k->fs->paging_writes), 1);
    kernel_release(k, fh);
    assert_int_equal(kernel_read(k, fh, 0, 1), -EBADF);
    assert_int_equal(kernel_write(k, fh, 0, data, 1), -EBADF);
    assert_int_equal(kernel_counters(k).handles, 0);
}

static void test_flush_only_after_writing(void **state)
{
    struct kernel *k = *state;
    uint64_t fh;
    kernel_create(k, 1, "f", 0644, &fh);
    struct fuse_flush_in flush = {.fh = fh};
    assert_int_equal(kernel_call(k, FUSE_FLUSH, 0, &flush, sizeof flush, NULL, 0), 0);
    assert_int_equal(atomic_load(&k->fs->flushes), 0);
    kernel_write(k, fh, 0, "1", 1);
    assert_int_equal(kernel_call(k, FUSE_FLUSH, 0, &flush, sizeof flush, NULL, 0), 0);
    assert_int_equal(kernel_call(k, FUSE_FLUSH, 0, &flush, sizeof flush, NULL, 0), 0);
    assert_int_equal(atomic_load(&k->fs->flushes), 1);
    struct fuse_fsync_in fsync_in = {.fh = fh};
    assert_int_equal(kernel_call(k, FUSE_FSYNC, 0, &fsync_in, sizeof fsync_in, NULL, 0), 0);
    assert_int_equal(atomic_load(&k->fs->flushes), 2);
    kernel_release(k, fh);
}

static void test_open(void **state)
{
    struct kernel *k = *state;
    int error;
    uint64_t fh, id = kernel_create(k, 1, "f", 0644, &fh);
    kernel_write(k, fh, 0, "12345", 5);
    uint64_t read_fh = kernel_open(k, id, O_RDONLY, &error);
    assert_int_equal(error, 0);
    assert_int_equal(((const struct fuse_open_out *)kernel_out(k))->open_flags, FOPEN_NOFLUSH);
    assert_int_equal(kernel_write(k, read_fh, 0, "x", 1), -EACCES);
    uint64_t direct = kernel_open(k, id, O_WRONLY | O_DIRECT, &error);
    assert_int_equal(((const struct fuse_open_out *)kernel_out(k))->open_flags,
                     FOPEN_DIRECT_IO | FOPEN_PARALLEL_DIRECT_WRITES);
    uint64_t trunc = kernel_open(k, id, O_WRONLY | O_TRUNC, &error);
    assert_int_equal(error, 0);
    assert_int_equal(kernel_read(k, read_fh, 0, 10), 0);
    kernel_open(k, 1, O_RDONLY, &error);
    assert_int_equal(error, -EISDIR);
    kernel_open(k, id, O_RDONLY | O_DIRECTORY, &error);
    assert_int_equal(error, -ENOTDIR);
    assert_int_equal(kernel_counters(k).handles, 4);
    kernel_release(k, fh);
    kernel_release(k, read_fh);
    kernel_release(k, direct);
    kernel_release(k, trunc);
    kernel_await_closed(k);
    struct fuse_release_in in = {.fh = fh};
    assert_int_equal(kernel_call(k, FUSE_RELEASE, 0, &in, sizeof in, NULL, 0), -EBADF);
}

static void test_create_modes(void **state)
{
    struct kernel *k = *state;
    uint64_t fh;
    kernel_create(k, 1, "ro", 0444, &fh);
    const struct fuse_entry_out *entry = kernel_out(k);
    assert_int_equal(entry->attr.mode, S_IFREG | 0555);
    assert_int_equal(kernel_write(k, fh, 0, "x", 1), 1);
    kernel_release(k, fh);
    struct fuse_create_in in = {.flags = O_RDWR | O_CREAT | O_EXCL, .mode = S_IFREG | 0644};
    assert_int_equal(kernel_call(k, FUSE_CREATE, 1, &in, sizeof in, "ro", 3), -EEXIST);
    in.flags = O_RDWR | O_CREAT;
    assert_int_equal(kernel_call(k, FUSE_CREATE, 1, &in, sizeof in, "new", 4), 0);
    assert_int_equal(((const struct fuse_entry_out *)kernel_out(k))->attr.mode, S_IFREG | 0755);
}

/* ---- directories -------------------------------------------------------------------------------------- */

struct listing {
    unsigned count, calls;
    bool seen[600];
    uint64_t ids[600];
};

/* Reads the whole directory in pieces of `size` bytes; ids of entries when `plus`. */
static void read_all(struct kernel *k, uint64_t fh, uint32_t size, bool plus, struct listing *out)
{
    struct fuse_read_in in = {.fh = fh, .size = size};
    memset(out, 0, sizeof *out);
    for (;; out->calls++) {
        assert_int_equal(kernel_call(k, plus ? FUSE_READDIRPLUS : FUSE_READDIR, 0, &in, sizeof in, NULL, 0),
                         0);
        assert_true(kernel_out_size(k) <= size);
        const uint8_t *at = kernel_out(k), *end = at + kernel_out_size(k);
        if (at == end)
            return;
        while (at < end) {
            const struct fuse_direntplus *p = (const struct fuse_direntplus *)at;
            const struct fuse_dirent *d = plus ? &p->dirent : (const struct fuse_dirent *)at;
            if (d->name[0] == 'f') {
                unsigned n = (unsigned)atoi(d->name + 1);
                assert_false(out->seen[n]);
                out->seen[n] = true;
                out->ids[n] = plus ? p->entry_out.nodeid : 0;
                assert_int_equal(d->type, S_IFREG >> 12);
                if (plus)
                    assert_int_equal(p->entry_out.attr_valid, 2);
            }
            assert_int_not_equal(d->ino, 0);
            out->count++;
            in.offset = d->off;
            at += plus ? FUSE_DIRENTPLUS_SIZE(p) : FUSE_DIRENT_SIZE(d);
        }
    }
}

static void test_readdir(void **state)
{
    struct kernel *k = *state;
    uint64_t dir = kernel_make_many(k, 500), fh = kernel_open(k, dir, O_DIRECTORY, NULL);
    struct listing listing;
    read_all(k, fh, 4096, false, &listing);
    assert_int_equal(listing.count, 502);
    read_all(k, fh, 100000, false, &listing);
    assert_int_equal(listing.count, 502);
    assert_int_equal(listing.calls, 1);
    assert_int_equal(kernel_counters(k).nodes, 1);
    struct fuse_read_in in = {.fh = fh, .size = 20};
    assert_int_equal(kernel_call(k, FUSE_READDIR, 0, &in, sizeof in, NULL, 0), -EINVAL);
    kernel_release(k, fh);
    assert_int_equal(kernel_call(k, FUSE_READDIR, 0, &in, sizeof in, NULL, 0), -EBADF);
}

static void test_readdirplus(void **state)
{
    struct kernel *k = *state;
    uint64_t dir = kernel_make_many(k, 500), fh = kernel_open(k, dir, O_DIRECTORY, NULL);
    struct listing first, second;
    read_all(k, fh, 4096, true, &first);
    assert_int_equal(first.count, 502);
    assert_int_equal(kernel_counters(k).nodes, 501);
    read_all(k, fh, 65536, true, &second);
    for (unsigned i = 0; i < 500; i++) {
        assert_int_equal(first.ids[i], second.ids[i]);
        kernel_forget(k, first.ids[i], 1);
    }
    assert_int_equal(kernel_counters(k).nodes, 501);
    for (unsigned i = 0; i < 500; i++)
        kernel_forget(k, first.ids[i], 1);
    assert_int_equal(kernel_counters(k).nodes, 1);
    kernel_release(k, fh);
}

/* ---- attributes --------------------------------------------------------------------------------------- */

static int setattr(struct kernel *k, uint64_t id, struct fuse_setattr_in in)
{
    return kernel_call(k, FUSE_SETATTR, id, &in, sizeof in, NULL, 0);
}

static const struct fuse_attr *attr_of(const struct kernel *k)
{
    assert_int_equal(kernel_out_size(k), sizeof(struct fuse_attr_out));
    return &((const struct fuse_attr_out *)kernel_out(k))->attr;
}

static void test_chmod(void **state)
{
    struct kernel *k = *state;
    uint64_t fh, id = kernel_create(k, 1, "f", 0644, &fh), dir = kernel_mkdir(k, 1, "d");
    static const struct {
        uint32_t asked, shown;
    } rows[] = {{0444, 0555}, {0644, 0755}, {0755, 0755}, {0000, 0555},
                {0200, 0755}, {0111, 0555}, {06755, 0755}};
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        assert_int_equal(setattr(k, id, (struct fuse_setattr_in){.valid = FATTR_MODE, .mode = rows[i].asked}),
                         0);
        assert_int_equal(attr_of(k)->mode, S_IFREG | rows[i].shown);
    }
    assert_int_equal(setattr(k, dir, (struct fuse_setattr_in){.valid = FATTR_MODE, .mode = 0500}), 0);
    assert_int_equal(attr_of(k)->mode, S_IFDIR | 0750);
    kernel_release(k, fh);
}

static void test_chown(void **state)
{
    struct kernel *k = *state;
    struct fuse_setattr_in in = {.valid = FATTR_UID | FATTR_GID, .uid = 1000, .gid = 100};
    assert_int_equal(setattr(k, 1, in), 0);
    in.gid = 101;
    assert_int_equal(setattr(k, 1, in), -EPERM);
    in = (struct fuse_setattr_in){.valid = FATTR_UID, .uid = 0};
    assert_int_equal(setattr(k, 1, in), -EPERM);
}

static void test_times_and_size(void **state)
{
    struct kernel *k = *state;
    uint64_t fh, id = kernel_create(k, 1, "f", 0644, &fh);
    struct fuse_setattr_in in = {.valid = FATTR_ATIME | FATTR_MTIME | FATTR_SIZE,
                                 .atime = 1000000000,
                                 .atimensec = 123456789,
                                 .mtime = (uint64_t)-86400,
                                 .mtimensec = 999999999,
                                 .size = 1025};
    assert_int_equal(setattr(k, id, in), 0);
    const struct fuse_attr *attr = attr_of(k);
    assert_int_equal(attr->atime, 1000000000);
    assert_int_equal(attr->atimensec, 123456700);
    assert_int_equal(attr->mtime, -86400);
    assert_int_equal(attr->mtimensec, 999999900);
    assert_int_equal(attr->size, 1025);
    assert_int_equal(attr->blocks, 3);
    in = (struct fuse_setattr_in){
        .valid = FATTR_MTIME | FATTR_MTIME_NOW | FATTR_FH | FATTR_SIZE, .fh = fh, .size = 0};
    uint64_t before = (uint64_t)time(NULL);
    assert_int_equal(setattr(k, id, in), 0);
    assert_in_range(attr_of(k)->mtime, before - 1, before + 5);
    assert_int_equal(attr_of(k)->size, 0);
    in.fh = 4711;
    assert_int_equal(setattr(k, id, in), -EBADF);
    in = (struct fuse_setattr_in){.valid = FATTR_SIZE, .size = UINT64_MAX};
    assert_int_equal(setattr(k, id, in), -EFBIG);
    kernel_release(k, fh);
}

static void test_statx(void **state)
{
    struct kernel *k = *state;
    uint64_t fh, id = kernel_create(k, 1, "f", 0644, &fh);
    struct xfuse_statx_in in = {.getattr_flags = FUSE_GETATTR_FH, .fh = fh, .sx_mask = 0xfff};
    assert_int_equal(kernel_call(k, XFUSE_STATX, id, &in, sizeof in, NULL, 0), 0);
    const struct xfuse_statx_out *out = kernel_out(k);
    assert_int_equal(out->stat.mask, STATX_BASIC_STATS | STATX_BTIME);
    assert_int_equal(out->stat.mode, S_IFREG | 0755);
    assert_in_range(out->stat.btime.sec, time(NULL) - 5, time(NULL) + 5);
    kernel_release(k, fh);
    in.fh = fh;
    assert_int_equal(kernel_call(k, XFUSE_STATX, id, &in, sizeof in, NULL, 0), -EBADF);
    struct fuse_getattr_in plain = {0};
    assert_int_equal(kernel_call(k, FUSE_GETATTR, id, &plain, sizeof plain, NULL, 0), 0);
    assert_int_equal(attr_of(k)->ino, ((const struct fuse_attr_out *)kernel_out(k))->attr.ino);
}

static int ask(struct kernel *k, uint64_t id, uint32_t mask)
{
    struct fuse_access_in in = {.mask = mask};
    return kernel_call(k, FUSE_ACCESS, id, &in, sizeof in, NULL, 0);
}

/* Root, who alone may be there without the kernel's check, may do all but execute what nobody may. */
static void test_access(void **state)
{
    (void)state;
    for (uint32_t hidden = 0; hidden <= 0111; hidden += 011) {
        struct kernel *k = kernel_start(&(struct kernel_options){.config = {.file_mask = hidden}});
        uint64_t fh, id = kernel_create(k, 1, "f", 0444, &fh);
        assert_int_equal(ask(k, id, F_OK), 0);
        assert_int_equal(ask(k, id, R_OK | W_OK), 0);
        assert_int_equal(ask(k, id, X_OK), (hidden & 0111) == 0111 ? -EACCES : 0);
        assert_int_equal(ask(k, 1, R_OK | W_OK | X_OK), 0);
        assert_int_equal(ask(k, 12345, X_OK), -ESTALE);
        kernel_release(k, fh);
        kernel_stop(k);
    }
}

static void test_statx_unknown_before_39(void **state)
{
    (void)state;
    struct kernel *k = kernel_start(&(struct kernel_options){.config = {.max_minor = 38}});
    struct xfuse_statx_in in = {0};
    assert_int_equal(kernel_call(k, XFUSE_STATX, 1, &in, sizeof in, NULL, 0), -ENOSYS);
    kernel_stop(k);
}

static void test_statfs_and_fallocate(void **state)
{
    struct kernel *k = *state;
    assert_int_equal(kernel_call(k, FUSE_STATFS, 1, NULL, 0, NULL, 0), 0);
    const struct fuse_kstatfs *st = kernel_out(k);
    assert_int_equal(st->bsize, 4096);
    assert_int_equal(st->namelen, 255);
    assert_true(st->blocks > 0);
    uint64_t fh, id = kernel_create(k, 1, "f", 0644, &fh);
    struct fuse_fallocate_in in = {.fh = fh, .offset = 100, .length = 400};
    assert_int_equal(kernel_call(k, FUSE_FALLOCATE, id, &in, sizeof in, NULL, 0), 0);
    in.length = 10;
    assert_int_equal(kernel_call(k, FUSE_FALLOCATE, id, &in, sizeof in, NULL, 0), 0);
    struct fuse_getattr_in plain = {0};
    kernel_call(k, FUSE_GETATTR, id, &plain, sizeof plain, NULL, 0);
    assert_int_equal(attr_of(k)->size, 500);
    in.mode = FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE;
    assert_int_equal(kernel_call(k, FUSE_FALLOCATE, id, &in, sizeof in, NULL, 0), -EOPNOTSUPP);
    in = (struct fuse_fallocate_in){.fh = fh, .offset = INT64_MAX, .length = 1};
    assert_int_equal(kernel_call(k, FUSE_FALLOCATE, id, &in, sizeof in, NULL, 0), -EFBIG);
    kernel_release(k, fh);
}

/* ---- translation, without running anything ------------------------------------------------------------ */

/* A request of the door with the message in place, translated. */
static struct fuse_request *translated(struct kernel *k, uint32_t opcode, uint64_t node, const void *arg,
                                       size_t size, const char *name)
{
    struct fuse_request *rq = fuse_request_new(k->door);
    size_t name_size = name ? strlen(name) + 1 : 0;
    *rq->in = (struct fuse_in_header){.len = (uint32_t)(sizeof *rq->in + size + name_size),
                                      .opcode = opcode,
                                      .nodeid = node,
                                      .pid = 7,
                                      .uid = 8};
    memcpy(rq->in + 1, arg, size);
    if (name)
        memcpy((char *)(rq->in + 1) + size, name, name_size);
    assert_int_equal(fuse_prepare(rq, rq->in->len), FUSE_SUBMIT);
    assert_int_equal(rq->nt.caller.pid, 7);
    assert_int_equal(rq->nt.caller.uid, 8);
    return rq;
}

static void done(struct fuse_request *rq)
{
    fuse_request_clean(rq);
    fuse_request_unref(rq);
}

static void test_open_flags(void **state)
{
    struct kernel *k = *state;
    uint64_t fh, id = kernel_create(k, 1, "f", 0644, &fh);
    static const struct {
        uint32_t flags, open_flags;
        ACCESS_MASK access;
        ULONG disposition;
        bool kill;
    } rows[] = {
        {O_RDONLY, 0, FILE_GENERIC_READ, FILE_OPEN, false},
        {O_WRONLY, 0, FILE_GENERIC_WRITE | FILE_READ_ATTRIBUTES, FILE_OPEN, false},
        {O_RDWR | O_APPEND, 0, FILE_GENERIC_READ | FILE_GENERIC_WRITE, FILE_OPEN, false},
        {O_RDWR | O_TRUNC, 0, FILE_GENERIC_READ | FILE_GENERIC_WRITE, FILE_OVERWRITE, false},
        {O_RDWR | O_TRUNC, FUSE_OPEN_KILL_SUIDGID, FILE_GENERIC_READ | FILE_GENERIC_WRITE, FILE_OVERWRITE,
         true},
        {O_RDONLY | 0x20, 0, FILE_GENERIC_READ | FILE_GENERIC_EXECUTE, FILE_OPEN, false},
        {O_ACCMODE, 0, FILE_READ_ATTRIBUTES | SYNCHRONIZE, FILE_OPEN, false},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct fuse_open_in in = {.flags = rows[i].flags, .open_flags = rows[i].open_flags};
        struct fuse_request *rq = translated(k, FUSE_OPEN, id, &in, sizeof in, NULL);
        const struct nt_create_args *create = &rq->nt.create;
        assert_int_equal(create->access, rows[i].access);
        assert_int_equal(create->disposition, rows[i].disposition);
        assert_int_equal(create->kill_privileges, rows[i].kill);
        assert_int_equal(create->share, FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE);
        assert_int_equal(create->options, FILE_NON_DIRECTORY_FILE | FILE_SYNCHRONOUS_IO_NONALERT);
        assert_int_equal(create->name.len, 0);
        done(rq);
    }
    kernel_release(k, fh);
}

static void test_create_flags(void **state)
{
    struct kernel *k = *state;
    static const struct {
        uint32_t flags, mode;
        ULONG disposition, attributes;
    } rows[] = {
        {O_CREAT | O_RDWR, 0644, FILE_OPEN_IF, FILE_ATTRIBUTE_NORMAL},
        {O_CREAT | O_RDWR | O_TRUNC, 0200, FILE_OVERWRITE_IF, FILE_ATTRIBUTE_NORMAL},
        {O_CREAT | O_RDWR | O_EXCL, 0444, FILE_CREATE, FILE_ATTRIBUTE_READONLY},
        {O_CREAT | O_RDWR | O_EXCL | O_TRUNC, 0, FILE_CREATE, FILE_ATTRIBUTE_READONLY},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct fuse_create_in in = {
            .flags = rows[i].flags, .mode = S_IFREG | rows[i].mode, .open_flags = FUSE_OPEN_KILL_SUIDGID};
        struct fuse_request *rq = translated(k, FUSE_CREATE, 1, &in, sizeof in, "new");
        assert_int_equal(rq->nt.create.disposition, rows[i].disposition);
        assert_int_equal(rq->nt.create.file_attributes, rows[i].attributes);
        assert_true(rq->nt.create.kill_privileges && rq->nt.create.want_attr);
        assert_int_equal(rq->nt.create.name.len, 3);
        done(rq);
    }
}

static void test_kill_privileges(void **state)
{
    struct kernel *k = *state;
    uint64_t fh, id = kernel_create(k, 1, "f", 0644, &fh);
    for (unsigned kill = 0; kill < 2; kill++) {
        struct fuse_write_in write_in = {.fh = fh, .write_flags = kill ? FUSE_WRITE_KILL_SUIDGID : 0};
        struct fuse_request *rq = translated(k, FUSE_WRITE, id, &write_in, sizeof write_in, NULL);
        assert_int_equal(rq->nt.io.kill_privileges, kill);
        done(rq);
        struct fuse_setattr_in set_in = {.valid = FATTR_SIZE | (kill ? FATTR_KILL_SUIDGID : 0)};
        rq = translated(k, FUSE_SETATTR, id, &set_in, sizeof set_in, NULL);
        assert_int_equal(rq->nt.setattr.valid, NT_SET_SIZE | (kill ? NT_SET_KILL : 0));
        done(rq);
        /* Of fallocate the kernel does not say it: all but root. */
        struct fuse_fallocate_in more = {.fh = fh, .length = 9, .mode = kill ? 0 : FALLOC_FL_KEEP_SIZE};
        rq = translated(k, FUSE_FALLOCATE, id, &more, sizeof more, NULL);
        assert_int_equal(rq->nt.setattr.valid,
                         NT_SET_EXTEND | NT_SET_KILL | (kill ? NT_SET_SIZE : NT_SET_ALLOCATION));
        done(rq);
    }
    kernel_release(k, fh);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, start, stop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_open_flags),
        TEST(test_create_flags),
        TEST(test_kill_privileges),
        TEST(test_read_write),
        TEST(test_flush_only_after_writing),
        TEST(test_open),
        TEST(test_create_modes),
        TEST(test_readdir),
        TEST(test_readdirplus),
        TEST(test_chmod),
        TEST(test_chown),
        TEST(test_times_and_size),
        TEST(test_statx),
        cmocka_unit_test(test_access),
        cmocka_unit_test(test_statx_unknown_before_39),
        TEST(test_statfs_and_fallocate),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
