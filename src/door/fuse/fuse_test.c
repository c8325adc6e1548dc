// SPDX-License-Identifier: MIT
/*
 * The protocol: INIT, names and node ids, what is not offered, what is malformed, what is not delivered.
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

/* ---- INIT --------------------------------------------------------------------------------------------- */

static void test_init_offers_everything(void **state)
{
    struct kernel *k = *state;
    const struct fuse_init_out *out = kernel_out(k);
    assert_int_equal(kernel_out_size(k), sizeof *out);
    assert_int_equal(out->major, 7);
    assert_int_equal(out->minor, FUSE_MINOR_OURS);
    assert_int_equal(out->max_write, 1 << 20);
    assert_int_equal(out->max_pages, 256);
    assert_int_equal(out->time_gran, 100);
    assert_int_equal(out->max_background, 64);
    assert_int_equal(out->congestion_threshold, 48);
    assert_int_equal(out->max_readahead, 131072);
    assert_true(out->flags & FUSE_HANDLE_KILLPRIV_V2);
    assert_true(out->flags & FUSE_INIT_EXT);
    assert_false(out->flags &
                 (FUSE_EXPORT_SUPPORT | FUSE_POSIX_LOCKS | FUSE_WRITEBACK_CACHE | FUSE_POSIX_ACL));
    assert_int_equal(out->flags2, FUSE_DIRECT_IO_ALLOW_MMAP >> 32);
}

static void init_with(uint32_t kernel_minor, uint32_t max_minor, uint32_t minor, bool killpriv, bool extended)
{
    struct kernel *k =
        kernel_start(&(struct kernel_options){.minor = kernel_minor, .config = {.max_minor = max_minor}});
    const struct fuse_init_out *out = kernel_out(k);
    assert_int_equal(out->minor, minor);
    assert_int_equal((out->flags & FUSE_HANDLE_KILLPRIV_V2) != 0, killpriv);
    assert_int_equal((out->flags & FUSE_INIT_EXT) != 0, extended);
    assert_int_equal(out->flags2 != 0, minor >= 39);
    kernel_stop(k);
}

static void test_init_older_kernels(void **state)
{
    (void)state;
    init_with(32, 0, 32, false, false);
    init_with(45, 32, 32, false, false);
    init_with(45, 38, 38, true, true);
    init_with(36, 38, 36, true, true);
    init_with(99, 0, FUSE_MINOR_OURS, true, true);
}

static void test_init_takes_only_what_is_offered(void **state)
{
    (void)state;
    struct kernel *k = kernel_start(&(struct kernel_options){.flags = FUSE_ASYNC_READ | FUSE_BIG_WRITES});
    const struct fuse_init_out *out = kernel_out(k);
    assert_int_equal(out->flags, FUSE_ASYNC_READ | FUSE_BIG_WRITES);
    assert_int_equal(out->flags2, 0);
    assert_int_equal(out->max_write, 128 << 10);
    kernel_stop(k);
}

static void test_init_too_old(void **state)
{
    (void)state;
    struct kernel *k = kernel_start(&(struct kernel_options){.minor = 26});
    assert_null(k->door);
    assert_int_equal(k->in.head.error, -EPROTO);
    kernel_stop(k);
}

static void test_init_silence(void **state)
{
    struct kernel *k = *state;
    int fds[2];
    struct fuse_door *door = NULL;
    assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds), 0);
    struct fuse_door_config config = {.fd = fds[1], .init_timeout_ms = 50};
    assert_int_equal(fuse_door_open(k->vol, &config, &door), -ETIMEDOUT);
    assert_null(door);
    assert_int_equal(write(fds[0], "nonsense", 8), 8);
    assert_int_equal(fuse_door_open(k->vol, &config, &door), -EPROTO);
    close(fds[0]);
    assert_true(fuse_door_open(k->vol, &config, &door) < 0);
    assert_int_equal(close(fds[1]), 0);
}

static void test_mask(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int result;
        uint32_t minor;
    } rows[] = {{NULL, 0, 0},       {"", 0, 0},           {"7.32", 0, 32},     {"7.38", 0, 38},
                {"7.31", 0, 31},    {"7.30", -EINVAL, 0}, {"8.1", -EINVAL, 0}, {"7.3x", -EINVAL, 0},
                {"7.", -EINVAL, 0}, {"7.-40", -EINVAL, 0}};
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        uint32_t minor = 77;
        assert_int_equal(fuse_door_parse_mask(rows[i].text, &minor), rows[i].result);
        assert_int_equal(minor, rows[i].minor);
    }
}

/* ---- names and node ids ------------------------------------------------------------------------------- */

static void test_lookups_are_counted(void **state)
{
    struct kernel *k = *state;
    uint64_t fh, id = kernel_create(k, 1, "a", 0644, &fh);
    assert_true(id > 1);
    assert_int_equal(kernel_lookup(k, 1, "a", NULL), id);
    assert_int_equal(kernel_lookup(k, 1, "a", NULL), id);
    assert_int_equal(kernel_counters(k).nodes, 1);
    kernel_release(k, fh);
    kernel_forget(k, id, 2);
    assert_int_equal(kernel_counters(k).nodes, 1);
    kernel_forget(k, id, 1);
    assert_int_equal(kernel_counters(k).nodes, 0);
    int error;
    struct fuse_getattr_in in = {0};
    assert_int_equal(kernel_call(k, FUSE_GETATTR, id, &in, sizeof in, NULL, 0), -ESTALE);
    uint64_t again = kernel_lookup(k, 1, "a", &error);
    assert_int_equal(error, 0);
    assert_int_not_equal(again, id);
    kernel_forget(k, again, UINT64_MAX);
    kernel_forget(k, again, 7);
    assert_int_equal(kernel_counters(k).nodes, 0);
}

static void test_batch_forget(void **state)
{
    struct kernel *k = *state;
    uint64_t fh[3], id[3];
    const char *const names[] = {"x", "y", "z"};
    for (int i = 0; i < 3; i++)
        id[i] = kernel_create(k, 1, names[i], 0644, &fh[i]);
    struct fuse_batch_forget_in head = {.count = 1000}; /* more than it carries */
    struct fuse_forget_one one[] = {{id[0], 1}, {id[1], 1}, {12345, 6}};
    kernel_send(k, FUSE_BATCH_FORGET, 0, &head, sizeof head, one, sizeof one);
    assert_int_equal(kernel_counters(k).nodes, 1);
    for (int i = 0; i < 3; i++)
        kernel_release(k, fh[i]);
}

static void test_lookup_answers(void **state)
{
    struct kernel *k = *state;
    int error;
    uint64_t dir = kernel_mkdir(k, 1, "dir");
    const struct fuse_entry_out *entry = kernel_out(k);
    assert_int_equal(entry->attr.mode, S_IFDIR | 0750);
    assert_int_equal(entry->attr.nlink, 1);
    assert_int_equal(entry->attr.uid, 1000);
    assert_int_equal(entry->attr.gid, 100);
    assert_int_equal(entry->entry_valid, 1);
    assert_int_equal(entry->entry_valid_nsec, 500000000);
    assert_int_equal(entry->attr_valid, 2);
    assert_int_equal(entry->attr_valid_nsec, 1);
    kernel_lookup(k, dir, "none", &error);
    assert_int_equal(error, -ENOENT);
    char longest[257];
    memset(longest, 'n', 256);
    longest[256] = 0;
    kernel_lookup(k, dir, longest, &error);
    assert_int_equal(error, -ENAMETOOLONG);
    longest[255] = 0;
    kernel_lookup(k, dir, longest, &error);
    assert_int_equal(error, -ENOENT);
    kernel_lookup(k, dir, "..", &error);
    assert_int_equal(error, -EINVAL);
    kernel_lookup(k, dir, "", &error);
    assert_int_equal(error, -EINVAL);
    kernel_lookup(k, 99, "a", &error);
    assert_int_equal(error, -ESTALE);
    assert_int_equal(kernel_mkdir(k, 1, "dir"), 0);
    assert_int_equal(k->in.head.error, -EEXIST);
}

static void test_negative_entry(void **state)
{
    (void)state;
    struct kernel *k = kernel_start(&(struct kernel_options){.negative_ns = 3000000000});
    int error;
    assert_int_equal(kernel_lookup(k, 1, "none", &error), 0);
    assert_int_equal(error, 0);
    assert_int_equal(((const struct fuse_entry_out *)kernel_out(k))->entry_valid, 3);
    assert_int_equal(kernel_counters(k).nodes, 0);
    kernel_stop(k);
}

/* Bytes that are no UTF-8 and characters that NT forbids come back as they went. */
static void test_odd_names(void **state)
{
    struct kernel *k = *state;
    static const char *const names[] = {"a:b", "\xff\xfe", "quote\"<>|*?\\", "gr\xc3\xbc\xc3\x9f", " end. "};
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        uint64_t fh, id = kernel_create(k, 1, names[i], 0644, &fh);
        assert_true(id > 1);
        kernel_release(k, fh);
        int error;
        assert_int_equal(kernel_lookup(k, 1, names[i], &error), id);
    }
}

static void test_rename_and_remove(void **state)
{
    struct kernel *k = *state;
    int error;
    uint64_t fh, id = kernel_create(k, 1, "from", 0644, &fh), fh2;
    kernel_release(k, fh);
    kernel_create(k, 1, "to", 0644, &fh2);
    kernel_release(k, fh2);
    struct fuse_rename2_in in = {.newdir = 1, .flags = RENAME_NOREPLACE};
    assert_int_equal(kernel_call(k, FUSE_RENAME2, 1, &in, sizeof in, "from\0to", 8), -EEXIST);
    in.flags = RENAME_EXCHANGE;
    assert_int_equal(kernel_call(k, FUSE_RENAME2, 1, &in, sizeof in, "from\0to", 8), -EINVAL);
    in.newdir = 4711;
    in.flags = 0;
    assert_int_equal(kernel_call(k, FUSE_RENAME2, 1, &in, sizeof in, "from\0to", 8), -ESTALE);
    struct fuse_rename_in plain = {.newdir = 1};
    assert_int_equal(kernel_call(k, FUSE_RENAME, 1, &plain, sizeof plain, "from\0to", 7), -EINVAL);
    assert_int_equal(kernel_call(k, FUSE_RENAME, 1, &plain, sizeof plain, "from\0to", 8), 0);
    assert_int_equal(kernel_lookup(k, 1, "to", &error), id);
    kernel_lookup(k, 1, "from", &error);
    assert_int_equal(error, -ENOENT);
    assert_int_equal(kernel_call(k, FUSE_RMDIR, 1, "to", 3, NULL, 0), -ENOTDIR);
    assert_int_equal(kernel_call(k, FUSE_UNLINK, 1, "to", 3, NULL, 0), 0);
    kernel_lookup(k, 1, "to", &error);
    assert_int_equal(error, -ENOENT);
    kernel_mkdir(k, 1, "d");
    assert_int_equal(kernel_call(k, FUSE_UNLINK, 1, "d", 2, NULL, 0), -EISDIR);
    assert_int_equal(kernel_call(k, FUSE_RMDIR, 1, "d", 2, NULL, 0), 0);
}

static void test_mknod(void **state)
{
    struct kernel *k = *state;
    struct fuse_mknod_in in = {.mode = S_IFREG | 0400};
    assert_int_equal(kernel_call(k, FUSE_MKNOD, 1, &in, sizeof in, "n", 2), 0);
    assert_int_equal(((const struct fuse_entry_out *)kernel_out(k))->attr.mode, S_IFREG | 0555);
    assert_int_equal(kernel_call(k, FUSE_MKNOD, 1, &in, sizeof in, "n", 2), -EEXIST);
    in.mode = S_IFIFO | 0600;
    assert_int_equal(kernel_call(k, FUSE_MKNOD, 1, &in, sizeof in, "p", 2), -EPERM);
    assert_int_equal(kernel_counters(k).handles, 0);
}

/* ---- what is not offered, what is malformed ----------------------------------------------------------- */

static void test_fixed_answers(void **state)
{
    struct kernel *k = *state;
    static const struct {
        uint32_t opcode;
        int error;
    } rows[] = {{FUSE_GETXATTR, -ENOSYS},
                {FUSE_SETXATTR, -ENOSYS},
                {FUSE_LISTXATTR, -ENOSYS},
                {FUSE_ACCESS, 0},
                {FUSE_LSEEK, -ENOSYS},
                {FUSE_IOCTL, -ENOSYS},
                {FUSE_POLL, -ENOSYS},
                {FUSE_SETLKW, -ENOSYS},
                {FUSE_SYMLINK, -EPERM},
                {FUSE_LINK, -EPERM},
                {FUSE_READLINK, -EINVAL},
                {FUSE_TMPFILE, -ENOSYS},
                {FUSE_INIT, -EIO},
                {7, -ENOSYS},
                {19, -ENOSYS},
                {999, -ENOSYS},
                {0, -ENOSYS},
                {UINT32_MAX, -ENOSYS},
                {FUSE_FSYNCDIR, 0},
                {FUSE_DESTROY, 0}};
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        assert_int_equal(kernel_call(k, rows[i].opcode, 1, "\0\0\0\0\0\0\0", 8, NULL, 0), rows[i].error);
}

static void test_table_is_whole(void **state)
{
    (void)state;
    for (uint32_t opcode = 1; opcode <= XFUSE_STATX; opcode++) {
        const struct fuse_op *op = fuse_op_find(opcode);
        bool gap = opcode == 7 || opcode == 19;
        assert_int_equal(!strcmp(op->name, "UNKNOWN"), gap);
        assert_true(op->prepare || op->error);
        assert_true(!op->prepare || op->reply || op->flags & FUSE_OP_LIGHT);
    }
}

/* Every opcode with an argument too short by one, and with a name that does not end. */
static void test_short_messages(void **state)
{
    struct kernel *k = *state;
    uint8_t zero[256] = {0};
    for (uint32_t opcode = 1; opcode <= XFUSE_STATX; opcode++) {
        const struct fuse_op *op = fuse_op_find(opcode);
        if (op->flags & FUSE_OP_QUIET || !op->prepare)
            continue;
        int refused = op->offer ? -op->error : -EINVAL; /* this volume offers nothing */
        if (op->min_size)
            assert_int_equal(kernel_call(k, opcode, 1, zero, op->min_size - 1u, NULL, 0), refused);
        if (op->names)
            assert_int_equal(kernel_call(k, opcode, 1, zero, op->min_size, "abc", 3), refused);
        if (op->names == 2)
            assert_int_equal(kernel_call(k, opcode, 1, zero, op->min_size, "abc\0d", 5), -EINVAL);
    }
    struct fuse_in_header lie = {.len = 100, .opcode = FUSE_STATFS, .unique = 5, .nodeid = 1};
    assert_int_equal(write(k->fd, &lie, sizeof lie), sizeof lie);
    assert_true(kernel_receive(k, 5000));
    assert_int_equal(k->in.head.error, -EIO);
    assert_int_equal(write(k->fd, &lie, 17), 17);
    assert_int_equal(kernel_call(k, FUSE_STATFS, 1, NULL, 0, NULL, 0), 0);
}

/* Opcodes, ids, handles and arguments at random, some of them true. Whatever comes back, the door goes on. */
static void test_random_messages(void **state)
{
    struct kernel *k = *state;
    uint64_t seed = 0x1234567, fh, id = kernel_create(k, 1, "f", 0644, &fh), dir = kernel_mkdir(k, 1, "d");
    uint64_t known[] = {0, 1, id, dir, fh, UINT64_MAX, id + ((uint64_t)1 << 40)};
    unsigned rounds = testing_full() ? 200000 : 20000;
    for (unsigned i = 0; i < rounds; i++) {
        uint64_t words[32];
        for (size_t w = 0; w < COUNT_OF(words); w++) {
            uint64_t r = testing_random(&seed);
            words[w] = r & 1 ? known[(r >> 8) % COUNT_OF(known)] : r & 6 ? r >> 56 : r;
        }
        uint32_t opcode = (uint32_t)(testing_random(&seed) % 54);
        if (opcode == FUSE_RELEASE || opcode == FUSE_RELEASEDIR || opcode == FUSE_FORGET ||
            opcode == FUSE_BATCH_FORGET)
            words[0] |= (uint64_t)1 << 50; /* spare the true ones */
        memcpy((char *)words + 40, "ab\0cd", 6);
        kernel_send(k, opcode, known[testing_random(&seed) % COUNT_OF(known)], words,
                    testing_random(&seed) % sizeof words, NULL, 0);
        while (kernel_receive(k, 0))
            ;
    }
    while (kernel_receive(k, 100))
        ;
    assert_int_equal(kernel_call(k, FUSE_STATFS, 1, NULL, 0, NULL, 0), 0);
    assert_int_equal(kernel_counters(k).stuck, 0);
}

/* ---- answers that the kernel does not take ------------------------------------------------------------ */

static int refuse(struct fuse_request *rq)
{
    fuse_device_channel.reply(rq);
    return -ENOENT;
}

static void test_undelivered_answers(void **state)
{
    struct kernel *k = *state;
    static struct fuse_channel_ops refusing;
    refusing = fuse_device_channel;
    refusing.reply = refuse;
    uint64_t fh, dir = kernel_make_many(k, 10), dir_fh = kernel_open(k, dir, O_DIRECTORY, NULL);
    struct fuse_door_counters before = kernel_counters(k);
    atomic_store(&k->door->channel, &refusing);
    kernel_lookup(k, dir, "f0", NULL);
    kernel_create(k, dir, "new", 0644, &fh);
    kernel_mkdir(k, dir, "newdir");
    kernel_open(k, dir, O_DIRECTORY, NULL);
    struct fuse_read_in in = {.fh = dir_fh, .size = 4096};
    kernel_call(k, FUSE_READDIRPLUS, 0, &in, sizeof in, NULL, 0);
    kernel_call(k, FUSE_STATFS, 1, NULL, 0, NULL, 0);
    atomic_store(&k->door->channel, &fuse_device_channel);
    struct fuse_door_counters after = kernel_counters(k);
    for (int i = 0; i < 500 && (after.nodes != before.nodes || after.handles != before.handles); i++) {
        usleep(10000); /* taken back when the engine lets go, after the answer */
        after = kernel_counters(k);
    }
    assert_int_equal(after.nodes, before.nodes);
    assert_int_equal(after.handles, before.handles);
    kernel_release(k, dir_fh);
    kernel_await_closed(k);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, start, stop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_init_offers_everything),
        cmocka_unit_test(test_init_older_kernels),
        cmocka_unit_test(test_init_takes_only_what_is_offered),
        cmocka_unit_test(test_init_too_old),
        TEST(test_init_silence),
        cmocka_unit_test(test_mask),
        TEST(test_lookups_are_counted),
        TEST(test_batch_forget),
        TEST(test_lookup_answers),
        cmocka_unit_test(test_negative_entry),
        TEST(test_odd_names),
        TEST(test_rename_and_remove),
        TEST(test_mknod),
        TEST(test_fixed_answers),
        cmocka_unit_test(test_table_is_whole),
        TEST(test_short_messages),
        TEST(test_random_messages),
        TEST(test_undelivered_answers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
