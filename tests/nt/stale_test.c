// SPDX-License-Identifier: MIT
/*
 * What the engine remembers and must not believe for too long: old listings, attributes from before a change,
 * nodes of names that were reported gone. And counts and limits that many requests at a time may reach.
 */
#include "harness.h"

static struct rig *caching_rig(void)
{
    return rig_open(&(struct rig_spec){.attr_ns = 60000000000u, .entry_ns = 60000000000u});
}

/* ---- listings ------------------------------------------------------------------------------------------ */

struct seen {
    struct nt_request rq;
    const WCHAR *wanted;
    struct nt_node *node; /* of the wanted entry */
    uint64_t position;
};

/* Stops behind the first call, so that the listing goes on later. */
static bool see(struct nt_request *rq, const struct nt_dirent *entry)
{
    struct seen *s = list_entry(rq, struct seen, rq);
    if (s->wanted && strcmp(narrow_n(entry->name, entry->len), narrow(s->wanted)) == 0)
        s->node = entry->node;
    s->position = entry->position;
    return s->wanted != NULL;
}

static struct seen list_on(struct rig *rig, struct nt_handle *d, uint64_t position, const WCHAR *wanted)
{
    struct seen s = {.wanted = wanted};
    rig_request(rig, &s.rq, NT_LIST_DIRECTORY, d);
    s.rq.list = (struct nt_list_args){.position = position, .emit = see, .want_nodes = true};
    assert_status(STATUS_SUCCESS, nt_call(&s.rq, NULL));
    return s;
}

/* An entry that was removed since the listing was taken comes without a node: nobody shall believe in it. */
static void test_removed_entry(void **state)
{
    for (int changed = 0; changed < 2; changed++) {
        struct rig *rig = caching_rig();
        fake_adds_entry(&rig->fs, u"f", FILE_ATTRIBUTE_NORMAL, 1);
        struct nt_handle *d = rig_must_open(rig, u"\\d");
        list_on(rig, d, 0, NULL);
        if (changed)
            assert_status(STATUS_SUCCESS, rig_remove(rig, u"\\d\\f", false));
        struct seen s = list_on(rig, d, 1, u"f");
        assert_int_equal(changed, s.node == NULL);
        rig_end(rig, d);
        rig_close(rig);
    }
}

static NTSTATUS linger(struct fake *fs, struct fake_call *call, NTSTATUS planned)
{
    if (call->delete_pending)
        sleep_ms(200);
    return planned;
}

/* The same when the listing was taken while the removal was under way. */
static void test_entry_being_removed(void **state)
{
    struct rig *rig = caching_rig();
    fake_adds_entry(&rig->fs, u"f", FILE_ATTRIBUTE_NORMAL, 1);
    struct nt_handle *d = rig_must_open(rig, u"\\d");
    fake_hooks(&rig->fs, DokanOperationCleanup, linger);
    struct pending *removal = pending_new(rig, NT_REMOVE, NULL, 0);
    removal->rq.remove.name = (struct nt_name){.text = u"\\d\\f", .len = 4};
    pending_start(removal);
    fake_wait_calls(&rig->fs, DokanOperationCleanup, 1);
    sleep_ms(50);
    list_on(rig, d, 0, NULL);
    pending_end(removal);
    assert_null(list_on(rig, d, 1, u"f").node);
    rig_end(rig, d);
    rig_close(rig);
}

/* A file that was written and forgotten again meanwhile. */
static void test_forgotten_entry(void **state)
{
    struct rig *rig = caching_rig();
    fake_adds_entry(&rig->fs, u"f", FILE_ATTRIBUTE_NORMAL, 1);
    struct nt_handle *d = rig_must_open(rig, u"\\d");
    list_on(rig, d, 0, NULL);
    struct nt_handle *f = rig_must_open(rig, u"\\d\\f");
    assert_status(STATUS_SUCCESS, rig_write(rig, f, "x", 1, 0, NULL));
    rig_end(rig, f);
    assert_null(list_on(rig, d, 1, u"f").node);
    rig_end(rig, d);
    rig_close(rig);
}

/* An old listing calls a directory what is an open file now: the file keeps its identity. */
static void test_old_listing_of_another_kind(void **state)
{
    struct rig *rig = caching_rig();
    fake_adds_entry(&rig->fs, u"f", FILE_ATTRIBUTE_DIRECTORY, 0);
    struct nt_handle *d = rig_must_open(rig, u"\\d");
    list_on(rig, d, 0, NULL);
    struct nt_handle *f = rig_must_open(rig, u"\\d\\f");
    assert_null(list_on(rig, d, 1, u"f").node);
    struct nt_handle *again = rig_must_open(rig, u"\\d\\f");
    assert_ptr_equal(nt_handle_node(f), nt_handle_node(again));
    rig_end(rig, f);
    rig_end(rig, again);
    rig_end(rig, d);
    rig_close(rig);
}

/* ---- attributes ---------------------------------------------------------------------------------------- */

/* A write that fails may have changed the file all the same. */
static void test_failed_changes(void **state)
{
    struct rig *rig = caching_rig();
    struct nt_handle *f = rig_must_open(rig, u"\\f");
    FILE_END_OF_FILE_INFORMATION end = {.EndOfFile.QuadPart = 3};
    struct nt_lookup_args lookup;
    fake_has_size(&rig->fs, 1, 0);
    rig_lookup(rig, u"\\f", &lookup);
    nt_node_put(lookup.out.node);
    fake_returns(&rig->fs, DokanOperationWriteFile, STATUS_DISK_FULL);
    fake_has_size(&rig->fs, 2, 0);
    assert_status(STATUS_DISK_FULL, rig_write(rig, f, "x", 1, 0, NULL));
    rig_lookup(rig, u"\\f", &lookup);
    nt_node_put(lookup.out.node);
    assert_int_equal(2, lookup.out.attr.size);
    fake_returns(&rig->fs, DokanOperationSetEndOfFile, STATUS_DISK_FULL);
    fake_has_size(&rig->fs, 3, 0);
    assert_status(STATUS_DISK_FULL, rig_set(rig, f, FileEndOfFileInformation, &end, sizeof end));
    rig_lookup(rig, u"\\f", &lookup);
    nt_node_put(lookup.out.node);
    assert_int_equal(3, lookup.out.attr.size);
    rig_end(rig, f);
    rig_close(rig);
}

static void test_size_out_of_range(void **state)
{
    struct rig *rig = rig_open(&(struct rig_spec){0});
    struct nt_handle *f = rig_must_open(rig, u"\\f");
    struct nt_request rq;
    rig_request(rig, &rq, NT_SETATTR, NULL);
    rq.setattr = (struct nt_setattr_args){
        .node = nt_handle_node(f), .valid = NT_SET_SIZE, .size = (uint64_t)INT64_MAX + 1};
    assert_status(STATUS_INVALID_PARAMETER, nt_call(&rq, NULL));
    assert_int_equal(0, fake_calls(&rig->fs, DokanOperationSetEndOfFile));
    rig_end(rig, f);
    rig_close(rig);
}

/* ---- identity ------------------------------------------------------------------------------------------ */

/* News that a name is gone, while somebody opens it: there is one file of that name, not two. */
static void test_notified_during_an_open(void **state)
{
    struct rig *rig = rig_open(&(struct rig_spec){0});
    fake_block(&rig->fs, DokanOperationZwCreateFile);
    struct pending *open = pending_new(rig, NT_CREATE, NULL, 0);
    fill_create(&open->rq, &(struct opening){.path = u"\\f", .disposition = FILE_OPEN});
    pending_start(open);
    fake_wait_blocked(&rig->fs, DokanOperationZwCreateFile, 1);
    struct pending *lookup = pending_new(rig, NT_LOOKUP, NULL, 0);
    lookup->rq.lookup.name = (struct nt_name){.text = u"\\g", .len = 2};
    pending_start(lookup);
    fake_wait_blocked(&rig->fs, DokanOperationZwCreateFile, 2);
    assert_true(nt_notify(rig->vol, NT_EVENT_REMOVED, FILE_NOTIFY_CHANGE_FILE_NAME, u"\\g", NULL, false));
    assert_true(nt_notify(rig->vol, NT_EVENT_REMOVED, FILE_NOTIFY_CHANGE_FILE_NAME, u"\\f", NULL, false));
    sleep_ms(100);
    fake_unblock(&rig->fs, DokanOperationZwCreateFile);
    assert_status(STATUS_SUCCESS, pending_status(open));
    assert_status(STATUS_SUCCESS, pending_status(lookup));
    struct nt_handle *first = open->rq.create.out.handle, *second = rig_must_open(rig, u"\\f");
    assert_ptr_equal(nt_handle_node(first), nt_handle_node(second));
    struct nt_lookup_args again;
    assert_status(STATUS_SUCCESS, rig_lookup(rig, u"\\g", &again));
    assert_ptr_equal(lookup->rq.lookup.out.node, again.out.node);
    nt_node_put(again.out.node);
    nt_node_put(lookup->rq.lookup.out.node);
    nt_node_put(open->rq.create.out.node);
    pending_end(open);
    pending_end(lookup);
    rig_end(rig, first);
    rig_end(rig, second);
    rig_close(rig);
}

/* No stream is a directory, whatever the file system says of the stream of one. */
static void test_stream_of_a_directory(void **state)
{
    struct rig *rig = rig_open(&(struct rig_spec){.options = DOKAN_OPTION_ALT_STREAM});
    struct nt_handle *a = rig_must_open(rig, u"\\d:s"), *b = rig_must_open(rig, u"\\d:s");
    char byte;
    assert_ptr_equal(nt_handle_node(a), nt_handle_node(b));
    assert_false(nt_handle_is_directory(a));
    assert_status(STATUS_SUCCESS, rig_read(rig, a, &byte, 1, 0, NULL));
    rig_end(rig, a);
    rig_end(rig, b);
    rig_close(rig);
}

/* ---- handles ------------------------------------------------------------------------------------------- */

/* A question about the volume that goes through a handle keeps that handle open. */
static void test_volume_query_holds_its_handle(void **state)
{
    struct rig *rig = rig_open(&(struct rig_spec){0});
    struct nt_handle *h = rig_must_open(rig, u"\\f");
    fake_block(&rig->fs, DokanOperationGetDiskFreeSpace);
    struct pending *query = pending_new(rig, NT_STATFS, h, 0);
    pending_start(query);
    fake_wait_blocked(&rig->fs, DokanOperationGetDiskFreeSpace, 1);
    rig_end(rig, h);
    assert_int_equal(0, fake_calls(&rig->fs, DokanOperationCloseFile));
    fake_unblock(&rig->fs, DokanOperationGetDiskFreeSpace);
    pending_end(query);
    assert_int_equal(1, fake_calls(&rig->fs, DokanOperationCloseFile));
    rig_close(rig);
}

/* ---- many at a time ------------------------------------------------------------------------------------ */

static _Atomic unsigned done;

static void count_done(struct nt_request *rq, NTSTATUS status, uint64_t information)
{
    atomic_fetch_add(&done, 1);
}

static void no_release(struct nt_request *rq)
{
}

/* More than 16 bits can count hold one name: a change of it still waits. */
static void test_many_holders(void **state)
{
    enum { HOLDERS = 65536 };
    struct rig *rig = caching_rig();
    rig->fs.quiet = true;
    struct nt_request *holders = calloc(HOLDERS, sizeof *holders);
    struct nt_lookup_args keep;
    assert_status(STATUS_SUCCESS, rig_lookup(rig, u"\\f", &keep));
    for (int i = 0; i < HOLDERS; i++) {
        rig_request(rig, &holders[i], NT_GETATTR, NULL);
        holders[i].getattr.node = keep.out.node;
        holders[i].complete = count_done;
        holders[i].release = no_release;
        assert_true(nt_admit(&holders[i]));
    }
    struct pending *removal = pending_new(rig, NT_REMOVE, NULL, 0);
    removal->rq.remove.name = (struct nt_name){.text = u"\\f", .len = 2};
    pending_start(removal);
    sleep_ms(50);
    assert_false(pending_completed(removal));
    for (int i = HOLDERS - 1; i >= 0; i--)
        nt_run(&holders[i]);
    assert_int_equal(HOLDERS, done);
    pending_end(removal);
    nt_node_put(keep.out.node);
    free(holders);
    rig_close(rig);
}

static _Atomic unsigned orphans;

static void free_orphan(struct nt_request *rq)
{
    free(rq->io.buffer);
    free(rq);
    atomic_fetch_add(&orphans, 1);
}

struct caller {
    struct rig *rig;
    struct nt_handle *handle;
    pthread_t thread;
    NTSTATUS status;
};

static void *call_offloaded(void *arg)
{
    struct caller *c = arg;
    struct nt_request *rq = malloc(sizeof *rq);
    rig_request(c->rig, rq, NT_READ, c->handle);
    rq->io = (struct nt_io_args){.buffer = malloc(8), .length = 8};
    c->status = nt_call_offloaded(rq, NULL, free_orphan);
    if (c->status != STATUS_IO_TIMEOUT)
        free_orphan(rq);
    return NULL;
}

/* More callbacks hang than the engine has threads: everybody is answered, and the volume stops. */
static void test_all_threads_hang(void **state)
{
    enum { CALLERS = 120, DEADLINE_MS = 300 };
    static struct caller callers[CALLERS];
    struct rig *rig = rig_open(&(struct rig_spec){.timeout_ms = DEADLINE_MS});
    struct nt_handle *h = rig_must_open(rig, u"\\f");
    fake_block(&rig->fs, DokanOperationReadFile);
    uint64_t started = now_ms();
    for (int i = 0; i < CALLERS; i++) {
        callers[i] = (struct caller){.rig = rig, .handle = h};
        assert_int_equal(0, pthread_create(&callers[i].thread, NULL, call_offloaded, &callers[i]));
    }
    for (int i = 0; i < CALLERS; i++) {
        pthread_join(callers[i].thread, NULL);
        assert_true(callers[i].status == STATUS_IO_TIMEOUT ||
                    callers[i].status == STATUS_INSUFFICIENT_RESOURCES);
    }
    assert_true(now_ms() - started < 10 * DEADLINE_MS);
    rig_end(rig, h);
    nt_volume_stop(rig->vol);
    fake_unblock(&rig->fs, DokanOperationReadFile);
    for (int i = 0; i < 500 && (orphans < CALLERS || rig_counters(rig).OpenHandles); i++)
        sleep_ms(10);
    assert_int_equal(CALLERS, orphans);
    rig->fs.no_context = true; /* its CloseFile came too late */
    rig_close(rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_removed_entry),
        cmocka_unit_test(test_entry_being_removed),
        cmocka_unit_test(test_forgotten_entry),
        cmocka_unit_test(test_old_listing_of_another_kind),
        cmocka_unit_test(test_failed_changes),
        cmocka_unit_test(test_size_out_of_range),
        cmocka_unit_test(test_notified_during_an_open),
        cmocka_unit_test(test_stream_of_a_directory),
        cmocka_unit_test(test_volume_query_holds_its_handle),
        cmocka_unit_test(test_many_holders),
        cmocka_unit_test(test_all_threads_hang),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
