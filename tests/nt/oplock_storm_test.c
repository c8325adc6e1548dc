// SPDX-License-Identifier: MIT
/*
 * Oplocks under four threads that open, ask, answer, read, write, resize, remove, cancel and close what they
 * like; holders answer from their completions, on other threads, or not at all. Nobody hangs, no request ends
 * twice, and an exclusive oplock is alone at every moment.
 */
#include "memfs.h"
#include "oplock_kit.h"

enum { ACTORS = 4, SLOTS = 6, FILES = 4, ROUNDS = SANITIZED ? 2500 : 8000, MS = 1000000 };

struct ask;

struct slot {
    struct nt_handle *h;
    struct ask *ask; /* its own thread's; a count is held */
};

static struct {
    struct rig *rig;
    struct slot slots[ACTORS][SLOTS];
    _Atomic unsigned asks, granted, faults;
    _Atomic bool over;
} storm;

/* ---- requests that stand until a break ------------------------------------------------------------------
 */

/* Whoever completes it, it lives until its owner and the engine have let it go. */
struct ask {
    struct nt_request rq;
    struct nt_handle *h;  /* counted */
    pthread_mutex_t lock; /* recursive: nt_cancel() is called under it and may release() */
    bool released;
    NTSTATUS status;
    _Atomic int refs, completed;
    uint64_t dice;
    REQUEST_OPLOCK_INPUT_BUFFER in;
    REQUEST_OPLOCK_OUTPUT_BUFFER out;
};

static void ask_put(struct ask *a)
{
    if (a && atomic_fetch_sub(&a->refs, 1) == 1) {
        nt_handle_put(a->h);
        pthread_mutex_destroy(&a->lock);
        atomic_fetch_sub(&storm.asks, 1);
        free(a);
    }
}

static void ask_completed(struct nt_request *rq, NTSTATUS status, uint64_t information)
{
    struct ask *a = list_entry(rq, struct ask, rq);
    a->status = status;
    storm.faults += atomic_fetch_add(&a->completed, 1) != 0;
}

static struct ask *ask_submit(struct nt_handle *h, uint32_t code, ULONG level, ULONG flags, uint64_t dice,
                              bool keep);

/* Answers once the request is free, from the thread that ended it. */
static void ask_released(struct nt_request *rq)
{
    static const uint32_t answers[] = {FSCTL_OPLOCK_BREAK_ACKNOWLEDGE, FSCTL_OPLOCK_BREAK_ACK_NO_2,
                                       FSCTL_OPBATCH_ACK_CLOSE_PENDING, FSCTL_OPLOCK_BREAK_NOTIFY};
    struct ask *a = list_entry(rq, struct ask, rq);
    pthread_mutex_lock(&a->lock);
    storm.faults += atomic_load(&a->completed) != 1 || a->released;
    a->released = true;
    pthread_mutex_unlock(&a->lock);
    bool broken = a->status == STATUS_SUCCESS || !(a->dice & 0xF0);
    bool answers_at_all = broken && a->dice & 7 && !atomic_load(&storm.over);
    if (answers_at_all && a->in.Flags)
        ask_submit(a->h, FSCTL_REQUEST_OPLOCK, a->out.NewOplockLevel, REQUEST_OPLOCK_INPUT_FLAG_ACK,
                   a->dice >> 3, false);
    else if (answers_at_all)
        ask_submit(a->h, answers[a->dice >> 4 & 3], 0, 0, a->dice >> 6, false);
    ask_put(a);
}

static void init_lock(pthread_mutex_t *lock)
{
    pthread_mutexattr_t attr;
    pthread_mutexattr_init(&attr);
    pthread_mutexattr_settype(&attr, PTHREAD_MUTEX_RECURSIVE);
    pthread_mutex_init(lock, &attr);
    pthread_mutexattr_destroy(&attr);
}

static struct ask *ask_submit(struct nt_handle *h, uint32_t code, ULONG level, ULONG flags, uint64_t dice,
                              bool keep)
{
    struct ask *a = calloc(1, sizeof *a);
    assert_non_null(a);
    atomic_fetch_add(&storm.asks, 1);
    init_lock(&a->lock);
    nt_handle_get(h);
    a->h = h;
    a->dice = dice;
    atomic_init(&a->refs, keep ? 2 : 1);
    a->in = (REQUEST_OPLOCK_INPUT_BUFFER){REQUEST_OPLOCK_CURRENT_VERSION, sizeof a->in, level, flags};
    rig_request(storm.rig, &a->rq, NT_FS_CONTROL, h);
    a->rq.complete = ask_completed;
    a->rq.release = ask_released;
    a->rq.control = (struct nt_control_args){
        .code = code, .in = &a->in, .in_length = sizeof a->in, .out = &a->out, .out_length = sizeof a->out};
    nt_submit(&a->rq);
    return a;
}

/* release() cannot come while nt_cancel() looks. */
static void ask_cancel(struct ask *a)
{
    pthread_mutex_lock(&a->lock);
    if (!a->released)
        nt_cancel(&a->rq);
    pthread_mutex_unlock(&a->lock);
}

static void ask_for_one(struct slot *s, uint64_t dice)
{
    static const uint32_t codes[] = {FSCTL_REQUEST_OPLOCK_LEVEL_1, FSCTL_REQUEST_OPLOCK_LEVEL_2,
                                     FSCTL_REQUEST_BATCH_OPLOCK, FSCTL_REQUEST_FILTER_OPLOCK};
    static const ULONG levels[] = {1, 3, 5, 7};
    ask_put(s->ask);
    if (dice & 1)
        s->ask = ask_submit(s->h, codes[dice >> 1 & 3], 0, 0, dice >> 20, true);
    else
        s->ask = ask_submit(s->h, FSCTL_REQUEST_OPLOCK, levels[dice >> 1 & 3],
                            REQUEST_OPLOCK_INPUT_FLAG_REQUEST, dice >> 20, true);
    storm.granted += !atomic_load(&s->ask->completed);
}

/* ---- actors -------------------------------------------------------------------------------------------- */

static const WCHAR *const paths[FILES] = {u"\\f", u"\\g", u"\\h", u"\\i"};

/* An exclusive one is alone. */
static void look_at(struct nt_handle *h)
{
    LOCK_SCOPE(&h->file->lock);
    const struct oplock *o;
    unsigned exclusive = 0, all = 0;
    list_for_each (o, &h->file->oplocks, link) {
        exclusive += oplock_is_exclusive(o->kind);
        all++;
    }
    storm.faults += exclusive && all > 1;
    storm.faults += all != atomic_load(&h->file->oplock_count);
}

static void slot_open(struct slot *s, uint64_t dice)
{
    static const ACCESS_MASK rights[] = {FILE_READ_ATTRIBUTES, FILE_READ_DATA, FILE_ALL_ACCESS,
                                         FILE_WRITE_DATA};
    static const ULONG dispositions[] = {FILE_OPEN_IF, FILE_OPEN_IF, FILE_OPEN_IF, FILE_OVERWRITE_IF};
    struct nt_request rq;
    rig_request(storm.rig, &rq, NT_CREATE, NULL);
    fill_create(&rq, &(struct opening){.path = paths[dice % FILES],
                                       .access = rights[dice >> 2 & 3],
                                       .share = dice & 0x70 ? SHARE_ALL : 1 + (dice >> 7 & 3),
                                       .disposition = dispositions[dice >> 9 & 3],
                                       .options = dice >> 11 & 7 ? 0 : FILE_COMPLETE_IF_OPLOCKED});
    rq.create.oplock_key[0] = dice >> 14 & 3;
    rq.wait_ns = (1 + (dice >> 14 & 15)) * MS;
    if (nt_call(&rq, NULL) >= 0) {
        s->h = rq.create.out.handle;
        nt_node_put(rq.create.out.node);
    }
}

static void slot_use(struct slot *s, uint64_t dice)
{
    static const enum nt_op ops[] = {NT_READ, NT_WRITE, NT_FLUSH, NT_LOCK, NT_SETATTR, NT_UNLOCK};
    char buffer[16] = "0123456789abcde";
    struct nt_request rq;
    enum nt_op op = ops[dice % COUNT_OF(ops)];
    rig_request(storm.rig, &rq, op, s->h);
    rq.wait_ns = (1 + (dice >> 14 & 15)) * MS;
    if (op == NT_READ || op == NT_WRITE) {
        rq.io = (struct nt_io_args){.buffer = buffer, .length = sizeof buffer};
    } else if (op == NT_SETATTR) {
        rq.handle = NULL;
        rq.setattr = (struct nt_setattr_args){
            .node = nt_handle_node(s->h), .valid = NT_SET_SIZE, .size = dice >> 20 & 63};
    } else {
        rq.lock = (struct nt_lock_args){.length = 3, .exclusive = dice >> 9 & 1, .fail_immediately = true};
    }
    nt_call(&rq, NULL);
}

static void rename_or_remove(uint64_t dice)
{
    struct nt_request rq;
    rig_request(storm.rig, &rq, dice & 1 ? NT_REMOVE : NT_RENAME, NULL);
    rq.wait_ns = (1 + (dice >> 14 & 15)) * MS;
    if (dice & 1)
        rq.remove.name = (struct nt_name){NULL, paths[dice >> 1 & 1], 2};
    else
        rq.rename = (struct nt_rename_args){.from = {NULL, paths[dice >> 1 & 1], 2},
                                            .to = {NULL, paths[~dice >> 1 & 1], 2},
                                            .flags = NT_RENAME_REPLACE};
    nt_call(&rq, NULL);
}

static void slot_close(struct slot *s)
{
    rig_end(storm.rig, s->h);
    s->h = NULL;
    ask_put(s->ask);
    s->ask = NULL;
}

static void slot_step(struct slot *s, uint64_t dice)
{
    unsigned choice = dice >> 40 & 15;
    if (!s->h) {
        slot_open(s, dice);
        return;
    }
    look_at(s->h);
    if (choice < 6)
        ask_for_one(s, dice);
    else if (choice < 10)
        slot_use(s, dice);
    else if (choice == 10 && s->ask)
        ask_cancel(s->ask);
    else if (choice == 11 && !(dice >> 50 & 7))
        rename_or_remove(dice);
    else
        slot_close(s);
}

static void *actor(void *arg)
{
    unsigned me = (unsigned)(uintptr_t)arg;
    uint64_t random = me * 7561 + 29;
    for (int i = 0; i < ROUNDS; i++) {
        uint64_t dice = testing_random(&random);
        slot_step(&storm.slots[me][(dice >> 56) % SLOTS], dice);
    }
    return NULL;
}

static void storm_end(bool stop_first)
{
    atomic_store(&storm.over, true);
    if (stop_first)
        nt_volume_stop(storm.rig->vol);
    for (int i = 0; i < ACTORS * SLOTS; i++)
        if (storm.slots[i / SLOTS][i % SLOTS].h)
            slot_close(&storm.slots[i / SLOTS][i % SLOTS]);
    for (int i = 0; i < 5000 && atomic_load(&storm.asks); i++)
        sleep_ms(2);
    assert_int_equal(0, atomic_load(&storm.asks));
    assert_int_equal(0, atomic_load(&storm.faults));
    assert_true(atomic_load(&storm.granted) > 50);
}

static void run_storm(bool single_thread, bool stop_first)
{
    pthread_t threads[ACTORS];
    void *memfs = memfs_new(0, 0);
    memset(&storm, 0, sizeof storm);
    /* The watchdog looks as often as the most impatient volume needs it. */
    struct rig *impatient = rig_open(&(struct rig_spec){.timeout_ms = 40});
    storm.rig = rig_open(&(struct rig_spec){
        .operations = memfs_operations(), .context = memfs, .single_thread = single_thread});
    for (uintptr_t i = 0; i < ACTORS; i++)
        pthread_create(&threads[i], NULL, actor, (void *)i);
    for (int i = 0; i < ACTORS; i++)
        pthread_join(threads[i], NULL);
    storm_end(stop_first);
    rig_close(storm.rig);
    rig_close(impatient);
    memfs_free(memfs);
}

static void test_storm(void **state)
{
    run_storm(false, false);
}

static void test_storm_and_stop(void **state)
{
    run_storm(false, true);
}

static void test_storm_single_thread(void **state)
{
    run_storm(true, false);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_storm),
        cmocka_unit_test(test_storm_and_stop),
        cmocka_unit_test(test_storm_single_thread),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
