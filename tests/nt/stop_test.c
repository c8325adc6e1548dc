// SPDX-License-Identifier: MIT
/* The end of a volume: open handles, running and waiting requests, callbacks that hang; and its beginning. */
#include "harness.h"
#include <stdio.h>
#include <unistd.h>

enum { DEADLINE_MS = 150 };

static void test_mounted_and_unmounted(void **state)
{
    struct rig *rig = rig_open(&(struct rig_spec){0});
    nt_volume_mounted(rig->vol, u"M:");
    struct fake_call mounted = fake_last(&rig->fs, DokanOperationMounted);
    assert_text("M:", mounted.other);
    assert_int_equal(0, mounted.context);
    nt_volume_stop(rig->vol);
    nt_volume_stop(rig->vol);
    assert_int_equal(1, fake_calls(&rig->fs, DokanOperationUnmounted));
    assert_int_equal(1, fake_calls(&rig->fs, DokanOperationMounted));
    assert_true(nt_volume_stopping(rig->vol));
    rig_close(rig);
}

/* Handles left open get Cleanup and CloseFile before Unmounted; the door's later close does no harm. */
static void test_open_handles(void **state)
{
    enum { HANDLES = 50 };
    struct nt_handle *h[HANDLES];
    struct rig *rig = rig_open(&(struct rig_spec){0});
    for (int i = 0; i < HANDLES; i++) {
        WCHAR path[] = u"\\f0";
        path[2] = (WCHAR)(u'0' + i % 10);
        h[i] = rig_must_open(rig, path);
    }
    nt_volume_stop(rig->vol);
    assert_int_equal(HANDLES, fake_calls(&rig->fs, DokanOperationCleanup));
    assert_int_equal(HANDLES, fake_calls(&rig->fs, DokanOperationCloseFile));
    assert_int_equal(DokanOperationUnmounted, rig->fs.log[rig->fs.logged - 1].op);
    char byte;
    assert_true(rig_read(rig, h[0], &byte, 1, 0, NULL) < 0);
    assert_status(STATUS_NO_SUCH_DEVICE, rig_create(rig, &(struct opening){.path = u"\\f"}).status);
    for (int i = 0; i < HANDLES; i++)
        rig_end(rig, h[i]);
    assert_int_equal(HANDLES, fake_calls(&rig->fs, DokanOperationCleanup));
    rig_close(rig);
}

/* A deletion that waits for its last handle is carried out by the stop. */
static void test_pending_delete(void **state)
{
    struct rig *rig = rig_open(&(struct rig_spec){0});
    struct nt_handle *h = rig_must_open(rig, u"\\f");
    assert_status(STATUS_SUCCESS, rig_dispose(rig, h, true));
    nt_volume_stop(rig->vol);
    assert_int_equal(1, fake_last(&rig->fs, DokanOperationCleanup).delete_pending);
    rig_end(rig, h);
    rig_close(rig);
}

struct stopper {
    struct nt_volume *vol;
    _Atomic bool done;
};

static void *stop_thread(void *arg)
{
    struct stopper *s = arg;
    nt_volume_stop(s->vol);
    atomic_store(&s->done, true);
    return NULL;
}

static void test_running_and_waiting(void **state)
{
    struct rig *rig = rig_open(&(struct rig_spec){0});
    struct nt_handle *h = rig_must_open(rig, u"\\f");
    fake_block(&rig->fs, DokanOperationReadFile);
    fake_block(&rig->fs, DokanOperationMoveFile);
    struct pending *read = pending_new(rig, NT_READ, h, 8), *rename = pending_new(rig, NT_RENAME, NULL, 0);
    rename->rq.rename =
        (struct nt_rename_args){.from = {.text = u"\\a", .len = 2}, .to = {.text = u"\\b", .len = 2}};
    struct pending *lookup = pending_new(rig, NT_LOOKUP, NULL, 0);
    lookup->rq.lookup.name = (struct nt_name){.text = u"\\a", .len = 2};
    pending_start(read);
    pending_start(rename);
    fake_wait_blocked(&rig->fs, DokanOperationReadFile, 1);
    fake_wait_blocked(&rig->fs, DokanOperationMoveFile, 1);
    pending_start(lookup);
    while (rig_counters(rig).QueuedRequests == 0)
        sleep_ms(1);
    struct stopper stopper = {.vol = rig->vol};
    pthread_t thread;
    pthread_create(&thread, NULL, stop_thread, &stopper);
    assert_status(STATUS_CANCELLED, pending_status(lookup));
    sleep_ms(50);
    assert_false(stopper.done); /* it waits for what runs */
    assert_status(STATUS_NO_SUCH_DEVICE, rig_create(rig, &(struct opening){.path = u"\\f"}).status);
    fake_unblock(&rig->fs, DokanOperationReadFile);
    fake_unblock(&rig->fs, DokanOperationMoveFile);
    assert_status(STATUS_SUCCESS, pending_status(read));
    assert_status(STATUS_SUCCESS, pending_status(rename));
    pthread_join(thread, NULL);
    assert_int_equal(1, fake_calls(&rig->fs, DokanOperationUnmounted));
    pending_end(read);
    pending_end(rename);
    pending_end(lookup);
    rig_end(rig, h);
    rig_close(rig);
}

/* The caller's last word: the volume is given back while a callback is stuck, which keeps what it needs. */
static void check_stuck(DOKAN_OPERATION op, bool single_thread)
{
    struct rig *rig = rig_open(&(struct rig_spec){.timeout_ms = DEADLINE_MS, .single_thread = single_thread});
    struct nt_handle *h = rig_must_open(rig, u"\\f");
    uint64_t id = nt_volume_id(rig->vol);
    struct pending *stuck = NULL;
    fake_block(&rig->fs, op);
    if (op == DokanOperationReadFile) {
        stuck = pending_new(rig, NT_READ, h, 8);
        pending_start(stuck);
        fake_wait_blocked(&rig->fs, op, 1);
    }
    uint64_t started = now_ms();
    nt_volume_stop(rig->vol);
    assert_true(now_ms() - started < 10 * DEADLINE_MS + 2000);
    assert_false(nt_volume_drained(id));
    assert_false(nt_volume_drained(0));
    rig_end(rig, h);
    nt_volume_put(rig->vol);
    sleep_ms(20);
    fake_unblock(&rig->fs, op);
    if (stuck) {
        assert_status(STATUS_IO_TIMEOUT, pending_status(stuck));
        pending_end(stuck);
    }
    for (int i = 0; i < 2000 && !nt_volume_drained(id); i++)
        sleep_ms(2);
    assert_true(nt_volume_drained(id));
    sleep_ms(100); /* the thread leaves the fake */
    fake_destroy(&rig->fs);
    free(rig);
}

static void test_stuck_read(void **state)
{
    check_stuck(DokanOperationReadFile, false);
    check_stuck(DokanOperationReadFile, true);
}

static void test_stuck_cleanup(void **state)
{
    check_stuck(DokanOperationCleanup, false);
    check_stuck(DokanOperationCleanup, true);
}

static void test_stuck_close_and_unmounted(void **state)
{
    check_stuck(DokanOperationCloseFile, false);
    check_stuck(DokanOperationUnmounted, false);
}

/* ---- under load -------------------------------------------------------------------------------------- */

struct worker {
    struct rig *rig;
    _Atomic bool *go;
    unsigned odd;
};

static void *work(void *arg)
{
    struct worker *w = arg;
    while (atomic_load(w->go)) {
        char byte = 0;
        struct opened o =
            rig_create(w->rig, &(struct opening){.path = u"\\d\\f", .disposition = FILE_OPEN_IF});
        if (o.status == STATUS_SUCCESS) {
            rig_read(w->rig, o.handle, &byte, 1, 0, NULL);
            rig_write(w->rig, o.handle, &byte, 1, 0, NULL);
            rig_end(w->rig, o.handle);
        } else if (o.status != STATUS_NO_SUCH_DEVICE && o.status != STATUS_CANCELLED) {
            w->odd++;
        }
    }
    return NULL;
}

static void test_stop_under_load(void **state)
{
    enum { THREADS = 6, ROUNDS = 20 };
    for (int round = 0; round < ROUNDS; round++) {
        struct rig *rig = rig_open(&(struct rig_spec){.single_thread = round % 4 == 3});
        rig->fs.quiet = true;
        _Atomic bool go = true;
        struct worker workers[THREADS];
        pthread_t threads[THREADS];
        for (int i = 0; i < THREADS; i++) {
            workers[i] = (struct worker){rig, &go, 0};
            pthread_create(&threads[i], NULL, work, &workers[i]);
        }
        sleep_ms(5 + (unsigned)round);
        nt_volume_stop(rig->vol);
        unsigned at_stop = fake_calls(&rig->fs, DokanOperationZwCreateFile);
        sleep_ms(5);
        assert_int_equal(at_stop, fake_calls(&rig->fs, DokanOperationZwCreateFile));
        atomic_store(&go, false);
        for (int i = 0; i < THREADS; i++) {
            pthread_join(threads[i], NULL);
            assert_int_equal(0, workers[i].odd);
        }
        rig_close(rig);
    }
}

static unsigned count_threads(void)
{
    unsigned count = 0;
    char line[128];
    FILE *f = fopen("/proc/self/status", "re");
    assert_non_null(f);
    while (fgets(line, sizeof line, f))
        if (sscanf(line, "Threads: %u", &count) == 1)
            break;
    fclose(f);
    return count;
}

/* Neither threads nor volumes pile up. */
static void test_many_volumes(void **state)
{
    enum { VOLUMES = 64, ROUNDS = 4 };
    struct rig *rigs[VOLUMES];
    for (int round = 0; round < ROUNDS; round++) {
        for (int i = 0; i < VOLUMES; i++) {
            rigs[i] = rig_open(&(struct rig_spec){0});
            rig_end(rigs[i], rig_must_open(rigs[i], u"\\f"));
        }
        for (int i = 0; i < VOLUMES; i++)
            rig_close(rigs[i]);
    }
    for (int i = 0; i < 500 && count_threads() > 3; i++)
        sleep_ms(10);
    assert_true(count_threads() <= 3);
}

static _Atomic int hooked;

static void hook_start(void *arg)
{
    atomic_fetch_add(&hooked, arg == &hooked ? 1 : 1000);
}

static void hook_stop(void *arg)
{
    sleep_ms(30); /* whoever does not wait for it gets ahead of it */
    atomic_fetch_sub(&hooked, 1);
}

static void test_thread_hooks(void **state)
{
    struct fake fs;
    fake_init(&fs);
    DOKAN_OPTIONS *options = calloc(1, sizeof *options);
    options->GlobalContext = (ULONG64)(uintptr_t)&fs;
    struct nt_volume_config config = {.options = options,
                                      .operations = &fake_operations,
                                      .timeout_ms = 60000,
                                      .hooks = {hook_start, hook_stop, &hooked}};
    struct nt_volume *vol;
    assert_status(STATUS_SUCCESS, nt_volume_open(&config, &vol));
    nt_volume_mounted(vol, u"x");
    assert_true(atomic_load(&hooked) > 0 && atomic_load(&hooked) < 1000);
    uint64_t id = nt_volume_id(vol);
    assert_false(nt_volume_drained(id));
    nt_volume_stop(vol);
    nt_volume_put(vol);
    assert_int_equal(0, hooked); /* what the hooks use may go now */
    assert_true(nt_volume_drained(id));
    free(options);
    fake_destroy(&fs);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_mounted_and_unmounted),
        cmocka_unit_test(test_open_handles),
        cmocka_unit_test(test_pending_delete),
        cmocka_unit_test(test_running_and_waiting),
        cmocka_unit_test(test_stuck_read),
        cmocka_unit_test(test_stuck_cleanup),
        cmocka_unit_test(test_stuck_close_and_unmounted),
        cmocka_unit_test(test_stop_under_load),
        cmocka_unit_test(test_many_volumes),
        cmocka_unit_test(test_thread_hooks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
