// SPDX-License-Identifier: MIT
/*
 * A door that is asynchronous through and through: one thread submits, a few others run what was admitted in
 * an order of their own, replies come from whoever happens to give them, and thousands of requests are under
 * way at once. Every client plays its script to the end; every request is answered and released exactly once,
 * in this order; what lies on the volume in the end is what the scripts say.
 */
#include "harness.h"
#include "memfs.h"
#include <stdio.h>

enum { CLIENTS = 3000, RUNNERS = 5, SHARED = 40 };

struct door;

struct client {
    struct nt_request rq;
    struct door *door;
    struct list link; /* in `ready` or `admitted` */
    unsigned number, step;
    WCHAR own[24], other[24], shared[24];
    struct nt_handle *handle;
    unsigned char buffer[32];
    unsigned completed, released; /* of the present request */
    NTSTATUS status;
    uint64_t information;
    unsigned faults;
};

struct door {
    struct rig *rig;
    pthread_mutex_t lock;
    pthread_cond_t moved;
    struct list ready;    /* the submitter's */
    struct list admitted; /* the runners' */
    unsigned admitted_count, finished, most_in_flight, in_flight;
    bool stop;
    uint64_t random;
    struct client *clients;
};

/* ---- scripts ----------------------------------------------------------------------------------------- */

static void write_number(WCHAR *out, char letter, unsigned number)
{
    char text[24];
    int n = snprintf(text, sizeof text, "\\%c%u", letter, number);
    for (int i = 0; i <= n; i++)
        out[i] = (WCHAR)text[i];
}

static struct nt_name name_of(const WCHAR *text)
{
    return (struct nt_name){.text = text, .len = (uint16_t)text_length(text)};
}

static void ask_create(struct client *c, const WCHAR *path, ULONG disposition)
{
    c->rq.op = NT_CREATE;
    fill_create(&c->rq, &(struct opening){.path = path, .disposition = disposition});
}

static void ask_own(struct client *c)
{
    ask_create(c, c->own, FILE_CREATE);
}

static void ask_write(struct client *c)
{
    memset(c->buffer, (int)(c->number % 251) + 1, sizeof c->buffer);
    c->rq.op = NT_WRITE;
    c->rq.io = (struct nt_io_args){.buffer = c->buffer, .length = sizeof c->buffer};
}

static void ask_read(struct client *c)
{
    memset(c->buffer, 0, sizeof c->buffer);
    c->rq.op = NT_READ;
    c->rq.io = (struct nt_io_args){.buffer = c->buffer, .length = sizeof c->buffer};
}

static void ask_cleanup(struct client *c)
{
    c->rq.op = NT_CLEANUP;
}

static void ask_close(struct client *c)
{
    c->rq.op = NT_CLOSE;
}

static void ask_shared(struct client *c)
{
    ask_create(c, c->shared, FILE_OPEN_IF);
}

static void ask_lock_of(struct client *c, enum nt_op op)
{
    c->rq.op = op;
    c->rq.lock = (struct nt_lock_args){.offset = 5, .length = 10, .exclusive = c->number % 4 != 0};
}

/* Some seventy clients want the same range of each shared file: nearly all of them wait, without a thread. */
static void ask_lock(struct client *c)
{
    ask_lock_of(c, NT_LOCK);
}

static void ask_unlock(struct client *c)
{
    ask_lock_of(c, NT_UNLOCK);
}

static void ask_rename(struct client *c)
{
    c->rq.op = NT_RENAME;
    c->rq.rename = (struct nt_rename_args){.from = name_of(c->own), .to = name_of(c->other)};
}

static void ask_lookup(struct client *c)
{
    c->rq.op = NT_LOOKUP;
    c->rq.lookup.name = name_of(c->other);
}

/* Two of three clients remove their file again. */
static void ask_remove(struct client *c)
{
    c->rq.op = c->number % 3 ? NT_REMOVE : NT_STATFS;
    if (c->number % 3)
        c->rq.remove = (struct nt_remove_args){.name = name_of(c->other)};
}

static bool data_is_mine(const struct client *c)
{
    for (size_t i = 0; i < sizeof c->buffer; i++)
        if (c->buffer[i] != c->number % 251 + 1)
            return false;
    return true;
}

static bool took_handle(struct client *c)
{
    c->handle = c->rq.create.out.handle;
    nt_node_put(c->rq.create.out.node);
    return c->handle != NULL;
}

static bool lost_handle(struct client *c)
{
    c->handle = NULL;
    return true;
}

static bool read_own(struct client *c)
{
    return c->information == sizeof c->buffer && data_is_mine(c);
}

static bool found(struct client *c)
{
    bool right = c->rq.lookup.out.attr.size == sizeof c->buffer;
    nt_node_put(c->rq.lookup.out.node);
    return right;
}

static const struct step {
    void (*ask)(struct client *c);
    bool (*check)(struct client *c); /* after a success, which every step must be */
} script[] = {
    {ask_own, took_handle},   {ask_write, NULL},         {ask_read, read_own}, {ask_cleanup, NULL},
    {ask_close, lost_handle}, {ask_shared, took_handle}, {ask_lock, NULL},     {ask_unlock, NULL},
    {ask_cleanup, NULL},      {ask_close, lost_handle},  {ask_rename, NULL},   {ask_lookup, found},
    {ask_remove, NULL},
};

/* ---- the door ---------------------------------------------------------------------------------------- */

static void client_complete(struct nt_request *rq, NTSTATUS status, uint64_t information)
{
    struct client *c = list_entry(rq, struct client, rq);
    c->faults += c->completed || c->released;
    c->completed++;
    c->status = status;
    c->information = information;
}

static void client_release(struct nt_request *rq)
{
    struct client *c = list_entry(rq, struct client, rq);
    struct door *door = c->door;
    c->faults += c->released || c->completed != 1;
    c->released++;
    c->faults += c->status != STATUS_SUCCESS;
    if (c->status == STATUS_SUCCESS && script[c->step].check)
        c->faults += !script[c->step].check(c);
    pthread_mutex_lock(&door->lock);
    door->in_flight--;
    if (++c->step < COUNT_OF(script) && !c->faults)
        list_add_tail(&door->ready, &c->link);
    else
        door->finished++;
    pthread_cond_broadcast(&door->moved);
    pthread_mutex_unlock(&door->lock);
}

static void start_step(struct client *c)
{
    struct nt_handle *handle = c->handle;
    rig_request(c->door->rig, &c->rq, NT_CREATE, handle);
    c->rq.complete = client_complete;
    c->rq.release = client_release;
    c->completed = c->released = 0;
    script[c->step].ask(c);
}

/* Takes the first of `ready`; NULL when all are finished. */
static struct client *next_ready(struct door *door)
{
    struct client *c = NULL;
    pthread_mutex_lock(&door->lock);
    while (list_empty(&door->ready) && door->finished < CLIENTS)
        pthread_cond_wait(&door->moved, &door->lock);
    if (!list_empty(&door->ready)) {
        c = list_entry(list_first(&door->ready), struct client, link);
        list_del(&c->link);
        if (++door->in_flight > door->most_in_flight)
            door->most_in_flight = door->in_flight;
    }
    pthread_mutex_unlock(&door->lock);
    return c;
}

static void *submitter(void *arg)
{
    struct door *door = arg;
    for (struct client *c; (c = next_ready(door)) != NULL;) {
        start_step(c);
        if (!nt_admit(&c->rq))
            continue;
        pthread_mutex_lock(&door->lock);
        list_add_tail(&door->admitted, &c->link);
        door->admitted_count++;
        pthread_cond_broadcast(&door->moved);
        pthread_mutex_unlock(&door->lock);
    }
    return NULL;
}

/* Any of the admitted, by chance. */
static struct client *take_any(struct door *door)
{
    unsigned skip = testing_random(&door->random) % door->admitted_count % 64;
    struct client *c;
    list_for_each (c, &door->admitted, link) {
        if (!skip--)
            break;
    }
    list_del(&c->link);
    door->admitted_count--;
    return c;
}

static void *runner(void *arg)
{
    struct door *door = arg;
    for (;;) {
        pthread_mutex_lock(&door->lock);
        while (!door->admitted_count && !door->stop)
            pthread_cond_wait(&door->moved, &door->lock);
        struct client *c = door->admitted_count ? take_any(door) : NULL;
        pthread_mutex_unlock(&door->lock);
        if (!c)
            return NULL;
        nt_run(&c->rq);
    }
}

static void make_clients(struct door *door)
{
    door->clients = calloc(CLIENTS, sizeof *door->clients);
    assert_non_null(door->clients);
    for (unsigned i = 0; i < CLIENTS; i++) {
        struct client *c = &door->clients[i];
        c->door = door;
        c->number = i;
        write_number(c->own, 'a', i);
        write_number(c->other, 'b', i);
        write_number(c->shared, 's', i % SHARED);
        list_init(&c->link);
        list_add_tail(&door->ready, &c->link);
    }
}

static unsigned count_files(struct rig *rig)
{
    enum { ROOM = 1 << 20 };
    unsigned count = 0;
    struct dir_query q = {.info_class = FileNamesInformation, .buffer = malloc(ROOM), .length = ROOM};
    struct nt_handle *root = rig_must_open(rig, u"\\");
    while (rig_query_dir(rig, root, &q) == STATUS_SUCCESS) {
        const char *at = q.buffer;
        ULONG next;
        do {
            memcpy(&next, at, sizeof next);
            at += next;
            count++;
        } while (next);
    }
    rig_end(rig, root);
    free(q.buffer);
    return count;
}

static void run_door(bool single_thread)
{
    void *memfs = memfs_new(0, 0);
    struct door door = {.lock = PTHREAD_MUTEX_INITIALIZER, .moved = PTHREAD_COND_INITIALIZER, .random = 42};
    door.rig = rig_open(&(struct rig_spec){
        .operations = memfs_operations(), .context = memfs, .single_thread = single_thread});
    list_init(&door.ready);
    list_init(&door.admitted);
    make_clients(&door);
    pthread_t submit, run[RUNNERS];
    uint64_t started = now_ms();
    for (int i = 0; i < RUNNERS; i++)
        pthread_create(&run[i], NULL, runner, &door);
    pthread_create(&submit, NULL, submitter, &door);
    pthread_join(submit, NULL);
    pthread_mutex_lock(&door.lock);
    door.stop = true;
    pthread_cond_broadcast(&door.moved);
    pthread_mutex_unlock(&door.lock);
    for (int i = 0; i < RUNNERS; i++)
        pthread_join(run[i], NULL);
    unsigned faults = 0;
    for (unsigned i = 0; i < CLIENTS; i++) {
        struct client *c = &door.clients[i];
        if (c->faults && faults++ < 5)
            print_message("client %u step %u status 0x%08x\n", i, c->step, (unsigned)c->status);
    }
    print_message("%u requests, up to %u under way, %llu ms\n", CLIENTS * (unsigned)COUNT_OF(script),
                  door.most_in_flight, (unsigned long long)(now_ms() - started));
    assert_int_equal(0, faults);
    assert_true(door.most_in_flight > 500);
    assert_int_equal((CLIENTS + 2) / 3 + SHARED, count_files(door.rig));
    free(door.clients);
    rig_close(door.rig);
    memfs_free(memfs);
}

static void test_asynchronous_door(void **state)
{
    run_door(false);
}

static void test_single_thread(void **state)
{
    run_door(true);
}

/* A request that was admitted but not run when the volume stops is refused by nt_run(), and still ends once.
 */
static void test_stop_between_admit_and_run(void **state)
{
    struct rig *rig = rig_open(&(struct rig_spec){.timeout_ms = 100});
    rig->fs.no_context = true; /* the handle it holds cannot be closed any more */
    struct nt_handle *h = rig_must_open(rig, u"\\f");
    struct pending *late = pending_new(rig, NT_READ, h, 8);
    assert_true(nt_admit(&late->rq));
    assert_status(STATUS_IO_TIMEOUT, pending_status(late)); /* nobody ran it in time */
    assert_false(pending_released(late));
    nt_volume_stop(rig->vol);
    nt_run(&late->rq);
    assert_true(pending_released(late));
    assert_int_equal(1, late->completed);
    assert_int_equal(1, late->released);
    assert_int_equal(0, fake_calls(&rig->fs, DokanOperationReadFile));
    free(late->buffer);
    free(late);
    rig_end(rig, h);
    rig_close(rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_asynchronous_door),
        cmocka_unit_test(test_single_thread),
        cmocka_unit_test(test_stop_between_admit_and_run),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
