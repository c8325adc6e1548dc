// SPDX-License-Identifier: MIT
/*
 * The threads: callbacks that hang, requests that wait, interrupts, invalidation, and the end of a door in
 * the middle of all that.
 */
#include "base/clock.h"
#include "door/fuse/fuse_testkernel.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { SHORT_MS = 300, LONG_MS = 20000 };

static unsigned count_threads(void)
{
    unsigned count = 0;
    DIR *dir = opendir("/proc/self/task");
    while (readdir(dir))
        count++;
    closedir(dir);
    return count - 2;
}

static struct kernel *start(uint32_t timeout_ms)
{
    return kernel_start(&(struct kernel_options){.timeout_ms = timeout_ms});
}

/* Opens "hang<n>" and sends a READ that will hang. Its unique. */
static uint64_t send_hanging_read(struct kernel *k, unsigned n)
{
    char name[20];
    uint64_t fh;
    snprintf(name, sizeof name, "hang%u", n);
    assert_true(kernel_create(k, 1, name, 0644, &fh));
    struct fuse_read_in in = {.fh = fh, .size = 4096};
    return kernel_send(k, FUSE_READ, 0, &in, sizeof in, NULL, 0);
}

static void statfs_works(struct kernel *k)
{
    assert_int_equal(kernel_call(k, FUSE_STATFS, 1, NULL, 0, NULL, 0), 0);
}

/* ---- slow callbacks ----------------------------------------------------------------------------------- */

/* While one callback takes its time, others are served by a second thread, and soon. */
static void test_takeover(void **state)
{
    (void)state;
    struct kernel *k = start(LONG_MS);
    atomic_store(&k->fs->hang, TESTFS_READ);
    uint64_t unique = send_hanging_read(k, 0);
    kernel_await_hanging(k, 1);
    uint64_t began = clock_ns();
    for (int i = 0; i < 50; i++)
        statfs_works(k);
    assert_true(clock_ns() - began < 5000000000u);
    assert_int_equal(kernel_counters(k).stuck, 0);
    testfs_let_go(k->fs);
    assert_true(kernel_receive(k, 5000));
    assert_int_equal(k->in.head.unique, unique);
    assert_int_equal(k->in.head.error, 0);
    kernel_stop(k);
}

/* As many slow callbacks at once as there may be live workers. */
static void test_many_slow(void **state)
{
    (void)state;
    struct kernel *k = start(LONG_MS);
    atomic_store(&k->fs->hang, TESTFS_READ);
    for (unsigned i = 0; i < 12; i++)
        send_hanging_read(k, i);
    kernel_await_hanging(k, 12);
    statfs_works(k);
    assert_true(kernel_counters(k).threads <= k->door->workers.live_max);
    testfs_let_go(k->fs);
    for (unsigned i = 0; i < 12; i++)
        assert_true(kernel_receive(k, 5000));
    statfs_works(k);
    kernel_stop(k);
}

/* ---- deadlines ---------------------------------------------------------------------------------------- */

/* A thread counts as stuck just after the answer was given in its place. */
static unsigned stuck_soon(struct kernel *k, unsigned wanted)
{
    for (int i = 0; i < 500 && kernel_counters(k).stuck != wanted; i++)
        usleep(10000);
    return kernel_counters(k).stuck;
}

static void test_deadline(void **state)
{
    (void)state;
    struct kernel *k = start(SHORT_MS);
    atomic_store(&k->fs->hang, TESTFS_READ);
    uint64_t unique = send_hanging_read(k, 0);
    assert_true(kernel_receive(k, 10000));
    assert_int_equal(k->in.head.unique, unique);
    assert_int_equal(k->in.head.error, -ETIMEDOUT);
    assert_int_equal(stuck_soon(k, 1), 1);
    statfs_works(k);
    testfs_let_go(k->fs);
    for (int i = 0; i < 500 && kernel_counters(k).stuck; i++)
        usleep(10000);
    assert_int_equal(kernel_counters(k).stuck, 0);
    assert_false(kernel_receive(k, 50)); /* no second answer */
    kernel_stop(k);
}

/* Far more hung callbacks than live workers: 64 are given a thread until their deadline, the rest fails at
 * once, and the door still serves. */
static void test_more_stuck_than_allowed(void **state)
{
    (void)state;
    enum { COUNT = 100 };
    struct kernel *k = start(SHORT_MS);
    uint64_t fh[COUNT];
    for (unsigned i = 0; i < COUNT; i++) {
        char name[20];
        snprintf(name, sizeof name, "hang%u", i);
        assert_true(kernel_create(k, 1, name, 0644, &fh[i]));
    }
    atomic_store(&k->fs->hang, TESTFS_READ);
    for (unsigned i = 0; i < COUNT; i++) {
        struct fuse_read_in in = {.fh = fh[i], .size = 10};
        kernel_send(k, FUSE_READ, 0, &in, sizeof in, NULL, 0);
    }
    unsigned late = 0;
    for (unsigned i = 0; i < COUNT; i++) {
        assert_true(kernel_receive(k, 20000));
        late += k->in.head.error == -ETIMEDOUT;
        assert_true(k->in.head.error == -ETIMEDOUT || k->in.head.error == -ENOMEM);
    }
    assert_in_range(late, 64, 64 + k->door->workers.live_max);
    assert_int_equal(stuck_soon(k, late), late);
    testfs_let_go(k->fs);
    struct fuse_door_counters counters = kernel_counters(k);
    for (int i = 0; i < 500 && (counters.stuck || counters.threads > k->door->workers.live_max); i++) {
        usleep(10000);
        counters = kernel_counters(k);
    }
    assert_int_equal(counters.stuck, 0);
    assert_true(counters.threads <= k->door->workers.live_max);
    assert_true(counters.requests <= k->door->workers.live_max + FUSE_POOL_KEEP);
    statfs_works(k);
    kernel_stop(k);
}

/* A RELEASE that never had its turn: the handle is closed all the same. */
static void test_release_waits_too_long(void **state)
{
    (void)state;
    struct kernel *k = kernel_start(&(struct kernel_options){.timeout_ms = SHORT_MS, .single_thread = true});
    uint64_t fh[5];
    char name[] = "f0";
    for (size_t i = 0; i < COUNT_OF(fh); i++, name[1]++)
        kernel_create(k, 1, name, 0644, &fh[i]);
    atomic_store(&k->fs->hang, TESTFS_READ);
    send_hanging_read(k, 0);
    for (size_t i = 0; i < COUNT_OF(fh); i++) {
        struct fuse_release_in in = {.fh = fh[i]};
        kernel_send(k, FUSE_RELEASE, 0, &in, sizeof in, NULL, 0);
    }
    for (size_t i = 0; i < COUNT_OF(fh) + 1; i++) {
        assert_true(kernel_receive(k, 10000));
        assert_int_equal(k->in.head.error, -ETIMEDOUT);
    }
    testfs_let_go(k->fs);
    kernel_stop(k);
}

/* Cleanup hangs past its deadline; CloseFile comes all the same, once, when it is back. */
static void test_late_cleanup(void **state)
{
    (void)state;
    struct kernel *k = start(SHORT_MS);
    uint64_t fh;
    kernel_create(k, 1, "hang", 0644, &fh);
    unsigned closes = atomic_load(&k->fs->closes);
    atomic_store(&k->fs->hang, TESTFS_CLEANUP);
    struct fuse_release_in in = {.fh = fh};
    assert_int_equal(kernel_call(k, FUSE_RELEASE, 0, &in, sizeof in, NULL, 0), -ETIMEDOUT);
    assert_int_equal(atomic_load(&k->fs->closes), closes);
    statfs_works(k);
    testfs_let_go(k->fs);
    kernel_await_closed(k);
    kernel_stop(k);
}

/* A create that comes back after its deadline leaves no handle and no node id behind. */
static void test_late_create(void **state)
{
    (void)state;
    struct kernel *k = start(SHORT_MS);
    uint64_t fh;
    atomic_store(&k->fs->hang, TESTFS_CREATE);
    assert_int_equal(kernel_create(k, 1, "hang", 0644, &fh), 0);
    assert_int_equal(k->in.head.error, -ETIMEDOUT);
    testfs_let_go(k->fs);
    for (int i = 0; i < 500 && kernel_counters(k).stuck; i++)
        usleep(10000);
    struct fuse_door_counters counters = kernel_counters(k);
    assert_int_equal(counters.nodes, 0);
    assert_int_equal(counters.handles, 0);
    kernel_await_closed(k);
    kernel_stop(k);
}

/* ---- the end ------------------------------------------------------------------------------------------ */

static void test_close_under_hung_callbacks(void **state)
{
    (void)state;
    unsigned threads = count_threads();
    struct kernel *k = start(SHORT_MS);
    struct testfs *fs = k->fs;
    atomic_store(&fs->hang, TESTFS_READ);
    for (unsigned i = 0; i < 3; i++)
        send_hanging_read(k, i);
    kernel_await_hanging(k, 3);
    uint64_t began = clock_ns();
    kernel_stop_volume(k);
    fuse_door_close(k->door);
    k->door = NULL;
    assert_true(clock_ns() - began < 10000000000u);
    assert_int_equal(atomic_load(&fs->hanging), 3);
    testfs_let_go(fs);
    kernel_free(k);
    for (int i = 0; i < 500 && count_threads() > threads; i++)
        usleep(10000);
    assert_int_equal(count_threads(), threads);
}

static void test_close_while_requests_come(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 30; i++) {
        struct kernel *k = start(LONG_MS);
        for (unsigned n = 0; n < i * 5; n++)
            kernel_send(k, FUSE_STATFS, 1, NULL, 0, NULL, 0);
        kernel_stop(k);
    }
}

static void test_gone(void **state)
{
    (void)state;
    struct kernel *k = start(LONG_MS);
    shutdown(k->fd, SHUT_RDWR);
    for (int i = 0; i < 500 && !atomic_load(&k->gone); i++)
        usleep(10000);
    assert_int_equal(atomic_load(&k->gone), 1);
    kernel_stop_volume(k);
    fuse_door_close(k->door);
    k->door = NULL;
    assert_int_equal(atomic_load(&k->gone), 1);
    kernel_free(k);
}

static unsigned count_fds(void)
{
    unsigned count = 0;
    DIR *dir = opendir("/proc/self/fd");
    while (readdir(dir))
        count++;
    closedir(dir);
    return count;
}

static void test_nothing_left_over(void **state)
{
    (void)state;
    unsigned threads = count_threads(), fds = count_fds();
    for (int i = 0; i < 100; i++) {
        struct kernel *k = start(LONG_MS);
        uint64_t fh;
        kernel_create(k, 1, "open", 0644, &fh);
        kernel_stop(k);
    }
    for (int i = 0; i < 500 && count_threads() > threads; i++)
        usleep(10000);
    assert_int_equal(count_threads(), threads);
    assert_int_equal(count_fds(), fds);
}

/* ---- waiting and INTERRUPT ---------------------------------------------------------------------------- */

static void interrupt(struct kernel *k, uint64_t unique)
{
    struct fuse_interrupt_in in = {.unique = unique};
    kernel_send(k, FUSE_INTERRUPT, 0, &in, sizeof in, NULL, 0);
}

/* On a SingleThread volume the second request waits in the engine: without a thread, and until interrupted.
 */
static void test_interrupt(void **state)
{
    (void)state;
    struct kernel *k = kernel_start(&(struct kernel_options){.timeout_ms = LONG_MS, .single_thread = true});
    atomic_store(&k->fs->hang, TESTFS_READ);
    uint64_t running = send_hanging_read(k, 0);
    kernel_await_hanging(k, 1);
    uint64_t waiting[40];
    for (size_t i = 0; i < COUNT_OF(waiting); i++)
        waiting[i] = kernel_send(k, FUSE_LOOKUP, 1, "hang0", 6, NULL, 0);
    assert_false(kernel_receive(k, 100));
    struct fuse_door_counters counters = kernel_counters(k);
    assert_true(counters.threads < 6);
    interrupt(k, 4242);    /* nobody */
    interrupt(k, running); /* runs: never answered early */
    assert_false(kernel_receive(k, 50));
    for (size_t i = 0; i < COUNT_OF(waiting); i++) {
        interrupt(k, waiting[i]);
        assert_true(kernel_receive(k, 5000));
        assert_int_equal(k->in.head.unique, waiting[i]);
        assert_int_equal(k->in.head.error, -EINTR);
        interrupt(k, waiting[i]);
    }
    testfs_let_go(k->fs);
    assert_true(kernel_receive(k, 5000));
    assert_int_equal(k->in.head.unique, running);
    assert_int_equal(k->in.head.error, 0);
    assert_int_equal(kernel_counters(k).nodes, 1);
    kernel_stop(k);
}

/* More waiting requests than buffers: the rest is refused, light messages pass, a release waits for its turn.
 */
static void test_too_many_waiting(void **state)
{
    (void)state;
    struct kernel *k = kernel_start(&(struct kernel_options){.timeout_ms = LONG_MS, .single_thread = true});
    uint64_t fh;
    kernel_create(k, 1, "open", 0644, &fh);
    atomic_store(&k->fs->hang, TESTFS_READ);
    send_hanging_read(k, 0);
    kernel_await_hanging(k, 1);
    unsigned refused = 0, answered = 0;
    enum { COUNT = FUSE_REQUESTS_MAX + 50 };
    for (unsigned i = 0; i < COUNT; i++) {
        kernel_send(k, FUSE_STATFS, 1, NULL, 0, NULL, 0);
        while (kernel_receive(k, 0))
            refused += k->in.head.error == -ENOMEM;
    }
    interrupt(k, 4242);
    for (int i = 0; i < 100 && refused < 40; i++)
        if (kernel_receive(k, 100))
            refused += k->in.head.error == -ENOMEM;
    assert_in_range(refused, 40, 60);
    struct fuse_release_in in = {.fh = fh};
    uint64_t release = kernel_send(k, FUSE_RELEASE, 0, &in, sizeof in, NULL, 0);
    bool released = false;
    usleep(300000); /* longer than reading waits for a request */
    testfs_let_go(k->fs);
    while (answered < COUNT + 2 - refused && kernel_receive(k, 10000)) {
        answered++;
        released |= k->in.head.unique == release && k->in.head.error == 0;
    }
    assert_int_equal(answered, COUNT + 2 - refused);
    assert_true(released);
    assert_true(kernel_counters(k).requests < 40);
    kernel_stop(k);
}

/* ---- telling the kernel ------------------------------------------------------------------------------- */

static void expect_inval_inode(struct kernel *k, uint64_t id, int64_t off)
{
    assert_true(kernel_receive(k, 5000));
    assert_int_equal(k->in.head.unique, 0);
    assert_int_equal(k->in.head.error, FUSE_NOTIFY_INVAL_INODE);
    const struct fuse_notify_inval_inode_out *out = kernel_out(k);
    assert_int_equal(out->ino, id);
    assert_int_equal(out->off, off);
}

static void expect_inval_entry(struct kernel *k, uint64_t parent, const char *name)
{
    assert_true(kernel_receive(k, 5000));
    assert_int_equal(k->in.head.error, FUSE_NOTIFY_INVAL_ENTRY);
    const struct fuse_notify_inval_entry_out *out = kernel_out(k);
    assert_int_equal(out->parent, parent);
    assert_int_equal(out->namelen, strlen(name));
    assert_string_equal((const char *)(out + 1), name);
}

static void test_invalidation(void **state)
{
    (void)state;
    struct kernel *k = start(LONG_MS);
    uint64_t fh, id = kernel_create(k, 1, "a", 0644, &fh), dir = kernel_mkdir(k, 1, "dir");
    nt_notify(k->vol, NT_EVENT_MODIFIED, FILE_NOTIFY_CHANGE_LAST_WRITE | FILE_NOTIFY_CHANGE_SIZE, u"\\a",
              NULL, false);
    expect_inval_inode(k, id, 0);
    nt_notify(k->vol, NT_EVENT_MODIFIED, FILE_NOTIFY_CHANGE_ATTRIBUTES, u"\\a", NULL, false);
    expect_inval_inode(k, id, -1);
    nt_notify(k->vol, NT_EVENT_ADDED, FILE_NOTIFY_CHANGE_FILE_NAME, u"\\dir\\new", NULL, false);
    expect_inval_entry(k, dir, "new");
    expect_inval_inode(k, dir, -1);
    nt_notify(k->vol, NT_EVENT_RENAMED, FILE_NOTIFY_CHANGE_FILE_NAME, u"\\a", u"\\dir\\b", false);
    expect_inval_entry(k, 1, "a");
    expect_inval_entry(k, dir, "b");
    expect_inval_inode(k, 1, -1);
    expect_inval_inode(k, dir, -1);
    nt_notify(k->vol, NT_EVENT_REMOVED, FILE_NOTIFY_CHANGE_DIR_NAME, u"\\dir", NULL, true);
    assert_true(kernel_receive(k, 5000));
    assert_int_equal(k->in.head.error, FUSE_NOTIFY_DELETE);
    const struct fuse_notify_delete_out *out = kernel_out(k);
    assert_int_equal(out->parent, 1);
    assert_int_equal(out->child, dir);
    assert_string_equal((const char *)(out + 1), "dir");
    expect_inval_inode(k, 1, -1);
    nt_notify(k->vol, NT_EVENT_MODIFIED, FILE_NOTIFY_CHANGE_SIZE, u"\\unknown", NULL, false);
    assert_false(kernel_receive(k, 100));
    kernel_stop(k);
}

/* The kernel does not take invalidations for now. Requests are served, and the door can be closed. */
static void test_invalidation_blocks(void **state)
{
    (void)state;
    struct kernel *k = start(LONG_MS);
    uint64_t fh;
    assert_true(kernel_create(k, 1, "a", 0644, &fh));
    for (int i = 0; i < 5000; i++)
        nt_notify(k->vol, NT_EVENT_MODIFIED, FILE_NOTIFY_CHANGE_SIZE, u"\\a", NULL, false);
    usleep(100000);
    kernel_stop_volume(k);
    uint64_t began = clock_ns();
    shutdown(k->fd, SHUT_WR);
    fuse_door_close(k->door);
    k->door = NULL;
    assert_true(clock_ns() - began < 15000000000u);
    shutdown(k->fd, SHUT_RDWR);
    usleep(100000);
    kernel_free(k);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_takeover),
        cmocka_unit_test(test_many_slow),
        cmocka_unit_test(test_deadline),
        cmocka_unit_test(test_more_stuck_than_allowed),
        cmocka_unit_test(test_release_waits_too_long),
        cmocka_unit_test(test_late_cleanup),
        cmocka_unit_test(test_late_create),
        cmocka_unit_test(test_close_under_hung_callbacks),
        cmocka_unit_test(test_close_while_requests_come),
        cmocka_unit_test(test_gone),
        cmocka_unit_test(test_nothing_left_over),
        cmocka_unit_test(test_interrupt),
        cmocka_unit_test(test_too_many_waiting),
        cmocka_unit_test(test_invalidation),
        cmocka_unit_test(test_invalidation_blocks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
