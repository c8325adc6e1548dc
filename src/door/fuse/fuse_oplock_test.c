// SPDX-License-Identifier: MIT
/*
 * Oplocks of programs in the same process against the mount: its requests break them, wait for the answer
 * without a thread, and can be interrupted.
 */
#include "door/fuse/fuse_testkernel.h"
#include <dokan/nt.h>
#include <dokan/ntstatus.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

enum { SHORT_MS = 100, LONG_MS = 5000, CROWD = 40 };

static const ULONG rwh = OPLOCK_LEVEL_CACHE_READ | OPLOCK_LEVEL_CACHE_WRITE | OPLOCK_LEVEL_CACHE_HANDLE;

/* ---- the holder ---------------------------------------------------------------------------------------- */

struct lease {
    struct nt_request rq;
    REQUEST_OPLOCK_INPUT_BUFFER in;
    REQUEST_OPLOCK_OUTPUT_BUFFER out;
    _Atomic int completed, released;
    NTSTATUS status;
};

static void completed(struct nt_request *rq, NTSTATUS status, uint64_t information)
{
    struct lease *l = list_entry(rq, struct lease, rq);
    l->status = status;
    atomic_store(&l->completed, 1);
}

static void released(struct nt_request *rq)
{
    atomic_store(&list_entry(rq, struct lease, rq)->released, 1);
}

static void ask(struct lease *l, struct nt_handle *h, ULONG level, ULONG flags)
{
    memset(l, 0, sizeof *l);
    l->in = (REQUEST_OPLOCK_INPUT_BUFFER){REQUEST_OPLOCK_CURRENT_VERSION, sizeof l->in, level, flags};
    l->rq.volume = nt_handle_volume(h);
    l->rq.op = NT_FS_CONTROL;
    l->rq.handle = h;
    l->rq.complete = completed;
    l->rq.release = released;
    l->rq.control = (struct nt_control_args){.code = FSCTL_REQUEST_OPLOCK,
                                             .in = &l->in,
                                             .in_length = sizeof l->in,
                                             .out = &l->out,
                                             .out_length = sizeof l->out};
    nt_submit(&l->rq);
}

static void have(struct lease *l, struct nt_handle *h)
{
    ask(l, h, rwh, REQUEST_OPLOCK_INPUT_FLAG_REQUEST);
    assert_false(atomic_load(&l->completed));
}

/* The request has ended: what is left. */
static ULONG told(struct lease *l)
{
    for (int i = 0; i < LONG_MS && !atomic_load(&l->released); i++)
        usleep(1000);
    assert_true(atomic_load(&l->released));
    return l->out.NewOplockLevel;
}

static struct nt_handle *open_here(struct kernel *k)
{
    struct nt_request rq = {.volume = k->vol, .op = NT_CREATE, .strict = true};
    rq.create = (struct nt_create_args){.name = {NULL, u"\\f", 2},
                                        .access = FILE_GENERIC_READ,
                                        .share = FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE,
                                        .disposition = FILE_OPEN};
    assert_int_equal(STATUS_SUCCESS, nt_call(&rq, NULL));
    nt_node_put(rq.create.out.node);
    return rq.create.out.handle;
}

static void close_here(struct kernel *k, struct nt_handle *h)
{
    struct nt_request rq = {.volume = k->vol, .op = NT_CLOSE, .handle = h};
    nt_call(&rq, NULL);
}

/* ---- the mount ----------------------------------------------------------------------------------------- */

struct scene {
    struct kernel *k;
    struct nt_handle *h;
    uint64_t node;
    struct lease lease;
};

static struct scene scene_begin(void)
{
    struct scene s = {.k = kernel_start(&(struct kernel_options){.timeout_ms = 20000})};
    uint64_t fh;
    s.node = kernel_create(s.k, 1, "f", 0644, &fh);
    kernel_release(s.k, fh);
    kernel_await_closed(s.k);
    s.h = open_here(s.k);
    return s;
}

static void scene_end(struct scene *s)
{
    close_here(s->k, s->h);
    kernel_forget(s->k, s->node, 1);
    kernel_stop(s->k);
}

static uint64_t send_open(struct scene *s)
{
    const struct fuse_open_in in = {.flags = O_RDONLY};
    return kernel_send(s->k, FUSE_OPEN, s->node, &in, sizeof in, NULL, 0);
}

static void interrupt(struct kernel *k, uint64_t unique)
{
    struct fuse_interrupt_in in = {.unique = unique};
    kernel_send(k, FUSE_INTERRUPT, 0, &in, sizeof in, NULL, 0);
}

static int answer_to(struct kernel *k, uint64_t unique)
{
    assert_true(kernel_receive(k, LONG_MS));
    assert_int_equal(unique, k->in.head.unique);
    return k->in.head.error;
}

static void test_open_waits(void **state)
{
    struct scene s = scene_begin();
    have(&s.lease, s.h);
    uint64_t unique = send_open(&s);
    assert_int_equal(OPLOCK_LEVEL_CACHE_READ | OPLOCK_LEVEL_CACHE_HANDLE, told(&s.lease));
    assert_false(kernel_receive(s.k, SHORT_MS));
    ask(&s.lease, s.h, s.lease.out.NewOplockLevel, REQUEST_OPLOCK_INPUT_FLAG_ACK);
    assert_int_equal(0, answer_to(s.k, unique));
    uint64_t reading = ((const struct fuse_open_out *)kernel_out(s.k))->fh;
    assert_false(atomic_load(&s.lease.completed));
    uint64_t writing = kernel_open(s.k, s.node, O_WRONLY, NULL);
    assert_int_equal(1, kernel_write(s.k, writing, 0, "x", 1));
    assert_int_equal(0, told(&s.lease)); /* nobody waited for that */
    kernel_release(s.k, reading);
    kernel_release(s.k, writing);
    scene_end(&s);
}

static void test_interrupted(void **state)
{
    struct scene s = scene_begin();
    uint64_t waiting[CROWD];
    have(&s.lease, s.h);
    for (int i = 0; i < CROWD; i++)
        waiting[i] = send_open(&s);
    told(&s.lease);
    assert_false(kernel_receive(s.k, SHORT_MS));
    assert_true(kernel_counters(s.k).threads < 6);
    for (int i = 0; i < CROWD; i++) {
        interrupt(s.k, waiting[i]);
        assert_int_equal(-EINTR, answer_to(s.k, waiting[i]));
    }
    scene_end(&s);
}

static void test_truncation_by_path(void **state)
{
    struct scene s = scene_begin();
    const struct fuse_setattr_in in = {.valid = FATTR_SIZE, .size = 5};
    have(&s.lease, s.h);
    uint64_t unique = kernel_send(s.k, FUSE_SETATTR, s.node, &in, sizeof in, NULL, 0);
    assert_int_equal(0, told(&s.lease));
    assert_false(kernel_receive(s.k, SHORT_MS));
    ask(&s.lease, s.h, 0, REQUEST_OPLOCK_INPUT_FLAG_ACK);
    assert_int_equal(0, answer_to(s.k, unique));
    scene_end(&s);
}

static void test_unlink(void **state)
{
    struct scene s = scene_begin();
    have(&s.lease, s.h);
    uint64_t unique = kernel_send(s.k, FUSE_UNLINK, 1, NULL, 0, "f", 2);
    told(&s.lease);
    assert_false(kernel_receive(s.k, SHORT_MS));
    close_here(s.k, s.h); /* that is an answer, too */
    assert_int_equal(0, answer_to(s.k, unique));
    kernel_forget(s.k, s.node, 1);
    kernel_stop(s.k);
}

static void test_end_of_the_volume(void **state)
{
    struct scene s = scene_begin();
    have(&s.lease, s.h);
    for (int i = 0; i < CROWD; i++)
        send_open(&s);
    told(&s.lease);
    kernel_stop_volume(s.k);
    close_here(s.k, s.h);
    kernel_free(s.k);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_open_waits),         cmocka_unit_test(test_interrupted),
        cmocka_unit_test(test_truncation_by_path), cmocka_unit_test(test_unlink),
        cmocka_unit_test(test_end_of_the_volume),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
