// SPDX-License-Identifier: MIT
/* Callbacks that hang: deadlines, late results, the limit of stuck threads, SingleThread, cancelling. */
#include "harness.h"

/* What is to succeed here has this long, on a busy machine too. */
enum { DEADLINE_MS = SANITIZED ? 400 : 150, SLACK_MS = 1500 };

static struct rig *short_rig(void)
{
    return rig_open(&(struct rig_spec){.timeout_ms = DEADLINE_MS});
}

static void test_read_expires(void **state)
{
    struct rig *rig = short_rig();
    struct nt_handle *h = rig_must_open(rig, u"\\f");
    uint64_t started = now_ms();
    fake_block(&rig->fs, DokanOperationReadFile);
    struct pending *read = pending_new(rig, NT_READ, h, 64);
    pending_start(read);
    assert_status(STATUS_IO_TIMEOUT, pending_status(read));
    uint64_t took = now_ms() - started;
    assert_true(took >= DEADLINE_MS - 10 && took < DEADLINE_MS + SLACK_MS);
    assert_false(pending_released(read));
    assert_int_equal(1, rig_counters(rig).StuckCallbacks);
    assert_int_equal(1, rig_counters(rig).ExpiredRequests);
    char report[256];
    assert_true(nt_volume_stuck_report(rig->vol, report, sizeof report) > 0);
    assert_non_null(strstr(report, "ReadFile"));
    assert_non_null(strstr(report, "4711"));
    assert_status(STATUS_SUCCESS, rig_flush(rig, h)); /* the volume goes on */
    rig_end(rig, h);
    assert_int_equal(0, fake_calls(&rig->fs, DokanOperationCloseFile));
    assert_int_equal(0, read->buffer[0]);
    fake_unblock(&rig->fs, DokanOperationReadFile);
    fake_wait_calls(&rig->fs, DokanOperationCloseFile, 1);
    pending_end(read);
    rig_close(rig);
}

/* The same bytes again, while the first callback hangs, fail at once; others are read. */
static void test_same_read_again(void **state)
{
    struct rig *rig = short_rig();
    struct nt_handle *h = rig_must_open(rig, u"\\f");
    char buffer[64];
    fake_block(&rig->fs, DokanOperationReadFile);
    struct pending *read = pending_new(rig, NT_READ, h, 64);
    read->rq.io.offset = 4096;
    pending_start(read);
    assert_status(STATUS_IO_TIMEOUT, pending_status(read));
    assert_status(STATUS_IO_TIMEOUT, rig_read(rig, h, buffer, sizeof buffer, 4096, NULL));
    assert_int_equal(1, fake_calls(&rig->fs, DokanOperationReadFile));
    struct pending *other = pending_new(rig, NT_READ, h, 64);
    pending_start(other);
    fake_wait_calls(&rig->fs, DokanOperationReadFile, 2);
    fake_unblock(&rig->fs, DokanOperationReadFile);
    assert_status(STATUS_SUCCESS, pending_status(other));
    pending_end(other);
    pending_end(read);
    assert_status(STATUS_SUCCESS, rig_read(rig, h, buffer, sizeof buffer, 4096, NULL));
    rig_end(rig, h);
    rig_close(rig);
}

struct hearing {
    struct nt_listener listener;
    _Atomic unsigned heard;
    _Atomic uint32_t filters;
};

static void hear(struct nt_listener *listener, const struct nt_event *event)
{
    struct hearing *h = list_entry(listener, struct hearing, listener);
    atomic_fetch_or(&h->filters, event->filter);
    atomic_fetch_add(&h->heard, 1);
}

static const struct nt_listener_ops hearing_ops = {.event = hear};

/* A write that succeeds after its caller was told of a failure: the caller's own door hears of the change,
 * too. */
static void test_late_write_is_told(void **state)
{
    struct rig *rig = short_rig();
    struct hearing own = {.listener.ops = &hearing_ops};
    nt_listener_add(rig->vol, &own.listener);
    rig->origin = &own.listener;
    struct nt_handle *h = rig_must_open(rig, u"\\f");
    fake_block(&rig->fs, DokanOperationWriteFile);
    struct pending *write = pending_new(rig, NT_WRITE, h, 64);
    pending_start(write);
    assert_status(STATUS_IO_TIMEOUT, pending_status(write));
    assert_int_equal(0, own.heard);
    fake_unblock(&rig->fs, DokanOperationWriteFile);
    pending_end(write);
    for (int i = 0; i < 1000 && !own.heard; i++)
        sleep_ms(2);
    assert_true(own.filters & FILE_NOTIFY_CHANGE_SIZE);
    rig_end(rig, h);
    nt_listener_remove(rig->vol, &own.listener);
    rig->origin = NULL;
    rig_close(rig);
}

static void test_late_create_is_closed(void **state)
{
    static const ULONG dispositions[] = {FILE_OPEN, FILE_CREATE, FILE_OPEN_IF};
    for (size_t i = 0; i < COUNT_OF(dispositions); i++) {
        struct rig *rig = short_rig();
        fake_block(&rig->fs, DokanOperationZwCreateFile);
        struct pending *create = pending_new(rig, NT_CREATE, NULL, 0);
        fill_create(&create->rq, &(struct opening){.path = u"\\f", .disposition = dispositions[i]});
        pending_start(create);
        assert_status(STATUS_IO_TIMEOUT, pending_status(create));
        assert_int_equal(0, fake_opens(&rig->fs));
        fake_unblock(&rig->fs, DokanOperationZwCreateFile);
        pending_end(create);
        assert_int_equal(1, fake_opens(&rig->fs));
        assert_true(fake_all_closed(&rig->fs));
        assert_int_equal(0, rig_counters(rig).OpenHandles);
        struct opened o = rig_create(rig, &(struct opening){.path = u"\\f", .share = NO_SHARE});
        assert_status(STATUS_SUCCESS, o.status); /* nothing of the late one is in the way */
        rig_end(rig, o.handle);
        rig_close(rig);
    }
}

static void test_late_failure(void **state)
{
    struct rig *rig = short_rig();
    fake_block(&rig->fs, DokanOperationZwCreateFile);
    fake_returns(&rig->fs, DokanOperationZwCreateFile, STATUS_ACCESS_DENIED);
    struct pending *create = pending_new(rig, NT_CREATE, NULL, 0);
    fill_create(&create->rq,
                &(struct opening){.path = u"\\f", .access = FILE_GENERIC_READ, .disposition = FILE_OPEN});
    pending_start(create);
    assert_status(STATUS_IO_TIMEOUT, pending_status(create));
    fake_unblock(&rig->fs, DokanOperationZwCreateFile);
    pending_end(create);
    assert_int_equal(0, fake_calls(&rig->fs, DokanOperationCleanup));
    rig_close(rig);
}

/* A deletion that was given up is not carried out behind the caller's back. */
static void test_late_disposition_is_undone(void **state)
{
    struct rig *rig = short_rig();
    struct nt_handle *h = rig_must_open(rig, u"\\f");
    fake_block(&rig->fs, DokanOperationDeleteFile);
    FILE_DISPOSITION_INFORMATION in = {.DeleteFile = 1};
    struct pending *set = pending_new(rig, NT_SET_INFORMATION, h, 0);
    set->rq.info =
        (struct nt_info_args){.info_class = FileDispositionInformation, .buffer = &in, .length = sizeof in};
    pending_start(set);
    assert_status(STATUS_IO_TIMEOUT, pending_status(set));
    fake_unblock(&rig->fs, DokanOperationDeleteFile);
    pending_end(set);
    assert_int_equal(0, fake_last(&rig->fs, DokanOperationDeleteFile).delete_pending);
    rig_end(rig, h);
    assert_int_equal(0, fake_last(&rig->fs, DokanOperationCleanup).delete_pending);
    rig_close(rig);
}

static void test_stuck_limit(void **state)
{
    enum { LIMIT = 64 };
    struct pending *stuck[LIMIT];
    struct rig *rig = short_rig();
    struct nt_handle *h = rig_must_open(rig, u"\\f");
    fake_block(&rig->fs, DokanOperationReadFile);
    for (int i = 0; i < LIMIT; i++) {
        stuck[i] = pending_new(rig, NT_READ, h, 8);
        stuck[i]->rq.io.offset = i * 8; /* the same bytes would be refused once one has expired */
        pending_start(stuck[i]);
    }
    for (int i = 0; i < LIMIT; i++)
        assert_status(STATUS_IO_TIMEOUT, pending_status(stuck[i]));
    assert_int_equal(LIMIT, rig_counters(rig).StuckCallbacks);
    uint64_t started = now_ms();
    unsigned creates = fake_calls(&rig->fs, DokanOperationZwCreateFile);
    for (int i = 0; i < 100; i++) {
        struct opened o = rig_create(rig, &(struct opening){.path = u"\\g", .disposition = FILE_OPEN});
        assert_status(STATUS_INSUFFICIENT_RESOURCES, o.status);
    }
    assert_true(now_ms() - started < DEADLINE_MS + SLACK_MS); /* not one deadline each */
    assert_int_equal(creates, fake_calls(&rig->fs, DokanOperationZwCreateFile));
    fake_unblock(&rig->fs, DokanOperationReadFile);
    for (int i = 0; i < LIMIT; i++)
        pending_end(stuck[i]);
    assert_int_equal(0, rig_counters(rig).StuckCallbacks);
    assert_status(STATUS_SUCCESS, rig_flush(rig, h));
    rig_end(rig, h);
    rig_close(rig);
}

/* ---- more and less time ------------------------------------------------------------------------------ */

static NTSTATUS take_time(struct fake *fs, struct fake_call *call, NTSTATUS planned)
{
    for (int i = 0; i < 4; i++) {
        if (!nt_reset_timeout(call->info->DokanContext, DEADLINE_MS * 2))
            return STATUS_UNSUCCESSFUL;
        sleep_ms(DEADLINE_MS);
    }
    return planned;
}

static NTSTATUS shorten_time(struct fake *fs, struct fake_call *call, NTSTATUS planned)
{
    nt_reset_timeout(call->info->DokanContext, 50);
    sleep_ms(1500); /* the watchdog looks twice a second */
    return planned;
}

static void test_reset_timeout(void **state)
{
    struct rig *rig = short_rig();
    struct nt_handle *h = rig_must_open(rig, u"\\f");
    char byte;
    fake_hooks(&rig->fs, DokanOperationReadFile, take_time);
    assert_status(STATUS_SUCCESS, rig_read(rig, h, &byte, 1, 0, NULL));
    assert_false(nt_reset_timeout(0, 1000));
    assert_false(nt_reset_timeout(0xdead, 1000));
    rig_end(rig, h);
    rig_close(rig);
    rig = rig_open(&(struct rig_spec){0});
    h = rig_must_open(rig, u"\\f");
    fake_hooks(&rig->fs, DokanOperationReadFile, shorten_time);
    assert_status(STATUS_IO_TIMEOUT, rig_read(rig, h, &byte, 1, 0, NULL));
    rig_end(rig, h);
    rig_close(rig);
}

struct identity {
    bool found, in_create;
    struct nt_caller caller;
};
static struct identity last_identity;

static NTSTATUS ask_identity(struct fake *fs, struct fake_call *call, NTSTATUS planned)
{
    struct identity id = {0};
    id.found = nt_requestor(call->info->DokanContext, &id.caller, &id.in_create);
    last_identity = id;
    return planned;
}

static void test_requestor(void **state)
{
    struct rig *rig = rig_open(&(struct rig_spec){0});
    char byte;
    fake_hooks(&rig->fs, DokanOperationZwCreateFile, ask_identity);
    fake_hooks(&rig->fs, DokanOperationReadFile, ask_identity);
    struct nt_handle *h = rig_must_open(rig, u"\\f");
    assert_true(last_identity.found && last_identity.in_create);
    assert_int_equal(4711, last_identity.caller.pid);
    assert_int_equal(1000, last_identity.caller.uid);
    assert_int_equal(100, last_identity.caller.gid);
    rig_read(rig, h, &byte, 1, 0, NULL);
    assert_true(last_identity.found && !last_identity.in_create);
    assert_false(nt_requestor(0, NULL, NULL));
    rig_end(rig, h);
    rig_close(rig);
}

/* ---- waiting requests -------------------------------------------------------------------------------- */

static struct pending *start_rename(struct rig *rig)
{
    struct pending *p = pending_new(rig, NT_RENAME, NULL, 0);
    p->rq.rename =
        (struct nt_rename_args){.from = {.text = u"\\a", .len = 2}, .to = {.text = u"\\b", .len = 2}};
    fake_block(&rig->fs, DokanOperationMoveFile);
    pending_start(p);
    fake_wait_blocked(&rig->fs, DokanOperationMoveFile, 1);
    return p;
}

static struct pending *start_waiting_lookup(struct rig *rig)
{
    struct pending *p = pending_new(rig, NT_LOOKUP, NULL, 0);
    p->rq.lookup.name = (struct nt_name){.text = u"\\a", .len = 2};
    uint64_t before = rig_counters(rig).QueuedRequests;
    pending_start(p);
    for (int i = 0; i < 1000 && rig_counters(rig).QueuedRequests == before; i++)
        sleep_ms(1);
    return p;
}

static void test_waiting_expires(void **state)
{
    struct rig *rig = short_rig();
    struct pending *rename = start_rename(rig);
    /* Else it expires first, and the lookup has its turn. */
    assert_true(nt_reset_timeout(fake_last(&rig->fs, DokanOperationMoveFile).info->DokanContext, 60000));
    unsigned creates = fake_calls(&rig->fs, DokanOperationZwCreateFile);
    struct pending *lookup = start_waiting_lookup(rig);
    assert_status(STATUS_IO_TIMEOUT, pending_status(lookup));
    pending_end(lookup); /* it holds nothing: released at once */
    assert_int_equal(creates, fake_calls(&rig->fs, DokanOperationZwCreateFile));
    fake_unblock(&rig->fs, DokanOperationMoveFile);
    pending_end(rename);
    rig_close(rig);
}

static void test_cancel(void **state)
{
    struct rig *rig = rig_open(&(struct rig_spec){0});
    struct pending *rename = start_rename(rig);
    struct pending *lookup = start_waiting_lookup(rig);
    assert_true(nt_cancel(&lookup->rq));
    assert_status(STATUS_CANCELLED, pending_status(lookup));
    pending_end(lookup);
    assert_false(nt_cancel(&rename->rq));
    assert_false(pending_completed(rename));
    fake_unblock(&rig->fs, DokanOperationMoveFile);
    assert_status(STATUS_SUCCESS, pending_status(rename));
    pending_end(rename);
    rig_close(rig);
}

/* ---- offloaded calls --------------------------------------------------------------------------------- */

static _Atomic unsigned orphans;

static void free_orphan(struct nt_request *rq)
{
    free(rq->io.buffer);
    free(rq);
    atomic_fetch_add(&orphans, 1);
}

static struct nt_request *heap_read(struct rig *rig, struct nt_handle *h)
{
    struct nt_request *rq = malloc(sizeof *rq);
    rig_request(rig, rq, NT_READ, h);
    rq->io = (struct nt_io_args){.buffer = malloc(8), .length = 8};
    return rq;
}

static void test_offloaded(void **state)
{
    struct rig *rig = short_rig();
    struct nt_handle *h = rig_must_open(rig, u"\\f");
    atomic_store(&orphans, 0);
    struct nt_request *rq = heap_read(rig, h);
    uint64_t n = 0;
    assert_status(STATUS_SUCCESS, nt_call_offloaded(rq, &n, free_orphan));
    assert_int_equal(8, n);
    free_orphan(rq);
    atomic_store(&orphans, 0);
    fake_block(&rig->fs, DokanOperationReadFile);
    assert_status(STATUS_IO_TIMEOUT, nt_call_offloaded(heap_read(rig, h), &n, free_orphan));
    assert_int_equal(0, orphans);
    rig_end(rig, h);
    fake_unblock(&rig->fs, DokanOperationReadFile);
    for (int i = 0; i < 1000 && !orphans; i++)
        sleep_ms(2);
    assert_int_equal(1, orphans);
    assert_int_equal(1, fake_calls(&rig->fs, DokanOperationCloseFile));
    rig_close(rig);
}

/* ---- SingleThread ------------------------------------------------------------------------------------ */

struct reader {
    struct rig *rig;
    struct nt_handle *handle;
    unsigned failures;
};

static void *read_often(void *arg)
{
    struct reader *r = arg;
    for (int i = 0; i < 200; i++) {
        char byte;
        r->failures += rig_read(r->rig, r->handle, &byte, 1, i, NULL) != STATUS_SUCCESS;
        struct nt_lookup_args lookup;
        r->failures += rig_lookup(r->rig, u"\\g", &lookup) != STATUS_SUCCESS;
        nt_node_put(lookup.out.node);
    }
    return NULL;
}

static void test_single_thread(void **state)
{
    enum { THREADS = 8 };
    struct rig *rig = rig_open(&(struct rig_spec){.single_thread = true});
    struct reader readers[THREADS];
    pthread_t threads[THREADS];
    rig->fs.quiet = true;
    for (int i = 0; i < THREADS; i++) {
        readers[i] = (struct reader){rig, rig_must_open(rig, u"\\f"), 0};
        pthread_create(&threads[i], NULL, read_often, &readers[i]);
    }
    for (int i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
        assert_int_equal(0, readers[i].failures);
        rig_end(rig, readers[i].handle);
    }
    assert_int_equal(1, rig->fs.most_inside);
    rig_close(rig);
}

/* One hangs: the others wait for their turn, expire in time, and work again when it has come back. */
static void test_single_thread_deadline(void **state)
{
    enum { OTHERS = 5 };
    struct rig *rig = rig_open(&(struct rig_spec){.single_thread = true, .timeout_ms = DEADLINE_MS});
    struct nt_handle *h = rig_must_open(rig, u"\\f");
    fake_block(&rig->fs, DokanOperationReadFile);
    struct pending *stuck = pending_new(rig, NT_READ, h, 8), *others[OTHERS];
    pending_start(stuck);
    fake_wait_blocked(&rig->fs, DokanOperationReadFile, 1);
    for (int i = 0; i < OTHERS; i++) {
        others[i] = pending_new(rig, NT_WRITE, h, 8);
        pending_start(others[i]);
    }
    assert_status(STATUS_IO_TIMEOUT, pending_status(stuck));
    for (int i = 0; i < OTHERS; i++) {
        assert_status(STATUS_IO_TIMEOUT, pending_status(others[i]));
        pending_end(others[i]);
    }
    assert_int_equal(0, fake_calls(&rig->fs, DokanOperationWriteFile));
    fake_unblock(&rig->fs, DokanOperationReadFile);
    pending_end(stuck);
    assert_status(STATUS_SUCCESS, rig_flush(rig, h));
    assert_int_equal(1, rig->fs.most_inside);
    rig_end(rig, h);
    rig_close(rig);
}

static NTSTATUS takes_less(struct fake *fs, struct fake_call *call, NTSTATUS planned)
{
    sleep_ms(DEADLINE_MS / 3); /* the watchdog looks meanwhile */
    return planned;
}

/* A close waits for its turn as long as it must: nobody else would give the handle up. Its deadline begins
 * with its turn. */
static void test_single_thread_close(void **state)
{
    struct rig *rig = rig_open(&(struct rig_spec){.single_thread = true, .timeout_ms = DEADLINE_MS});
    struct nt_handle *h = rig_must_open(rig, u"\\f"), *other = rig_must_open(rig, u"\\g");
    rig_cleanup(rig, other);
    fake_block(&rig->fs, DokanOperationReadFile);
    struct pending *stuck = pending_new(rig, NT_READ, h, 8);
    pending_start(stuck);
    fake_wait_blocked(&rig->fs, DokanOperationReadFile, 1);
    struct pending *close = pending_new(rig, NT_CLOSE, other, 0);
    pending_start(close);
    assert_status(STATUS_IO_TIMEOUT, pending_status(stuck));
    sleep_ms(3 * DEADLINE_MS);
    assert_int_equal(0, fake_calls(&rig->fs, DokanOperationCloseFile));
    fake_hooks(&rig->fs, DokanOperationCloseFile, takes_less);
    fake_unblock(&rig->fs, DokanOperationReadFile);
    assert_status(STATUS_SUCCESS, pending_status(close));
    assert_int_equal(1, fake_calls(&rig->fs, DokanOperationCloseFile));
    pending_end(close);
    pending_end(stuck);
    assert_int_equal(1, rig_counters(rig).ExpiredRequests);
    assert_int_equal(1, rig_counters(rig).OpenHandles);
    rig_end(rig, h);
    rig_close(rig);
}

/* Attributes took too long: the times are not begun. */
static void test_second_step_is_not_begun(void **state)
{
    struct rig *rig = short_rig();
    struct nt_handle *h = rig_must_open(rig, u"\\f");
    FILE_BASIC_INFORMATION in = {.FileAttributes = FILE_ATTRIBUTE_HIDDEN, .CreationTime.QuadPart = 1};
    fake_block(&rig->fs, DokanOperationSetFileAttributes);
    struct pending *set = pending_new(rig, NT_SET_INFORMATION, h, 0);
    set->rq.info =
        (struct nt_info_args){.info_class = FileBasicInformation, .buffer = &in, .length = sizeof in};
    pending_start(set);
    assert_status(STATUS_IO_TIMEOUT, pending_status(set));
    fake_unblock(&rig->fs, DokanOperationSetFileAttributes);
    pending_end(set);
    assert_int_equal(0, fake_calls(&rig->fs, DokanOperationSetFileTime));
    rig_end(rig, h);
    rig_close(rig);
}

static NTSTATUS takes_a_while(struct fake *fs, struct fake_call *call, NTSTATUS planned)
{
    sleep_ms(DEADLINE_MS);
    return planned;
}

/* What an earlier run left is removed, however many there are: each has its own deadline. */
static void test_long_sweep(void **state)
{
    struct rig *rig = rig_open(&(struct rig_spec){.timeout_ms = 6 * DEADLINE_MS});
    for (int i = 0; i < 8; i++)
        fake_adds_entry(&rig->fs, (WCHAR[]){u'f', (WCHAR)(u'0' + i), 0}, FILE_ATTRIBUTE_NORMAL, 1);
    fake_hooks(&rig->fs, DokanOperationDeleteFile, takes_a_while);
    nt_volume_recover(rig->vol);
    assert_int_equal(8 + 1, fake_calls(&rig->fs, DokanOperationDeleteFile)); /* and the folder */
    assert_int_equal(0, rig_counters(rig).ExpiredRequests);
    rig->fs.entry_count = 0;
    rig_close(rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_read_expires),
        cmocka_unit_test(test_same_read_again),
        cmocka_unit_test(test_late_write_is_told),
        cmocka_unit_test(test_late_create_is_closed),
        cmocka_unit_test(test_late_failure),
        cmocka_unit_test(test_late_disposition_is_undone),
        cmocka_unit_test(test_stuck_limit),
        cmocka_unit_test(test_reset_timeout),
        cmocka_unit_test(test_requestor),
        cmocka_unit_test(test_waiting_expires),
        cmocka_unit_test(test_cancel),
        cmocka_unit_test(test_offloaded),
        cmocka_unit_test(test_single_thread),
        cmocka_unit_test(test_single_thread_deadline),
        cmocka_unit_test(test_single_thread_close),
        cmocka_unit_test(test_second_step_is_not_begun),
        cmocka_unit_test(test_long_sweep),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
