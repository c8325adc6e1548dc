// SPDX-License-Identifier: MIT
/* Byte-range locks under load: eight threads on one file, ten thousand locks in one. */
#include "memfs.h"
#include "waiting.h"
#include <sched.h>

#define GRANTED  STATUS_SUCCESS
#define REFUSED  STATUS_LOCK_NOT_GRANTED
#define CONFLICT STATUS_FILE_LOCK_CONFLICT

/* ---- storms -------------------------------------------------------------------------------------------- */

enum { THREADS = 8, CELLS = 16, ROUNDS = 400 };

static struct {
    struct rig *rig;
    _Atomic int shared[CELLS], exclusive[CELLS];
    _Atomic unsigned faults, waited, conflicts;
} storm;

static void mark(const struct range *r, int by)
{
    for (uint64_t i = r->start; i < r->start + r->length; i++) {
        int others = r->exclusive ? atomic_load(&storm.shared[i]) : 0;
        _Atomic int *mine = r->exclusive ? &storm.exclusive[i] : &storm.shared[i];
        int before = atomic_fetch_add(mine, by);
        if (!r->exclusive)
            others = atomic_load(&storm.exclusive[i]);
        storm.faults += others != 0 || (by > 0 && r->exclusive && before);
    }
}

/* While it holds the range nobody else gets a write through. */
static void use(struct nt_handle *h, const struct range *r, unsigned char value)
{
    unsigned char out[CELLS], in[CELLS];
    memset(out, value, sizeof out);
    if (!r->exclusive)
        return;
    NTSTATUS status = rig_write(storm.rig, h, out, (uint32_t)r->length, (int64_t)r->start, NULL);
    storm.faults += status != STATUS_SUCCESS;
    sched_yield();
    status = rig_read(storm.rig, h, in, (uint32_t)r->length, (int64_t)r->start, NULL);
    storm.faults += status != STATUS_SUCCESS || memcmp(in, out, (size_t)r->length) != 0;
}

static NTSTATUS take(struct nt_handle *h, struct range r, uint64_t wait_ns)
{
    struct nt_request rq;
    rig_request(storm.rig, &rq, NT_LOCK, h);
    rq.wait_ns = wait_ns;
    rq.lock = (struct nt_lock_args){.offset = (int64_t)r.start,
                                    .length = (int64_t)r.length,
                                    .exclusive = r.exclusive,
                                    .fail_immediately = r.fail};
    return nt_call(&rq, NULL);
}

static void *lock_storm(void *arg)
{
    uint64_t random = (uintptr_t)arg * 7919 + 1;
    const struct opening how = {.path = u"\\f", .disposition = FILE_OPEN_IF};
    struct nt_handle *h = rig_create(storm.rig, &how).handle;
    unsigned char byte;
    for (int i = 0; i < ROUNDS; i++) {
        uint64_t dice = testing_random(&random);
        struct range r = {.start = dice % CELLS, .exclusive = dice >> 20 & 1, .fail = (dice >> 21 & 3) == 0};
        r.length = 1 + (dice >> 8) % (CELLS - r.start);
        NTSTATUS status = take(h, r, (dice >> 23 & 7) == 0 ? 1000000 : 0);
        bool refused = status == REFUSED || status == STATUS_IO_TIMEOUT;
        storm.faults += !refused && status != GRANTED;
        storm.waited += refused;
        status = refused ? rig_read(storm.rig, h, &byte, 1, (int64_t)r.start, NULL) : STATUS_SUCCESS;
        storm.conflicts += status == CONFLICT;
        if (refused)
            continue;
        mark(&r, 1);
        use(h, &r, (unsigned char)dice);
        mark(&r, -1);
        if (dice >> 30 & 3) {
            storm.faults += rig_unlock(storm.rig, h, r) != STATUS_SUCCESS;
        } else {
            rig_end(storm.rig, h);
            h = rig_create(storm.rig, &how).handle;
        }
    }
    rig_end(storm.rig, h);
    return NULL;
}

static void run_storm(bool single_thread)
{
    void *memfs = memfs_new(0, 0);
    unsigned char zeros[CELLS] = {0};
    pthread_t threads[THREADS];
    memset(&storm, 0, sizeof storm);
    storm.rig = rig_open(&(struct rig_spec){
        .operations = memfs_operations(), .context = memfs, .single_thread = single_thread});
    struct opened o = rig_create(storm.rig, &(struct opening){.path = u"\\f", .disposition = FILE_CREATE});
    rig_write(storm.rig, o.handle, zeros, sizeof zeros, 0, NULL);
    for (uintptr_t i = 0; i < THREADS; i++)
        pthread_create(&threads[i], NULL, lock_storm, (void *)(i + 1));
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    print_message("%u refused, %u reads shut out\n", storm.waited, storm.conflicts);
    assert_int_equal(0, storm.faults);
    assert_status(GRANTED, rig_lock(storm.rig, o.handle, whole)); /* nothing is left */
    rig_end(storm.rig, o.handle);
    rig_close(storm.rig);
    memfs_free(memfs);
}

static void test_storm(void **state)
{
    run_storm(false);
}

static void test_storm_single_thread(void **state)
{
    run_storm(true);
}

/* Ten thousand locks: what one of them shuts out is found at once, and they all go. */
static void test_many_locks(void **state)
{
    enum { MANY = 10000, LOOKS = 2000 };
    struct table t = table_open(&(struct rig_spec){0});
    char byte;
    t.rig->fs.quiet = true;
    for (unsigned i = 0; i < MANY; i++)
        assert_status(
            GRANTED, rig_lock(t.rig, t.h[0],
                              (struct range){.start = i * 7919u % MANY * 2, .length = 1, .exclusive = true}));
    uint64_t started = now_ms();
    for (unsigned i = 0; i < LOOKS; i++) {
        int64_t at = i * 31 % MANY;
        assert_status(at % 2 ? STATUS_SUCCESS : CONFLICT, rig_write(t.rig, t.h[1], &byte, 1, at, NULL));
    }
    print_message("%d writes among %d locks: %llu ms\n", LOOKS, MANY,
                  (unsigned long long)(now_ms() - started));
    assert_status(REFUSED, rig_lock(t.rig, t.h[1], (struct range){.start = 1, .length = 2}));
    for (unsigned i = 0; i < MANY; i += 2)
        assert_status(STATUS_SUCCESS, rig_unlock(t.rig, t.h[0], (struct range){.start = i * 2, .length = 1}));
    assert_status(GRANTED,
                  rig_lock(t.rig, t.h[1], (struct range){.start = 0, .length = 2, .exclusive = true}));
    rig_end(t.rig, t.h[0]);
    t.h[0] = NULL;
    assert_status(GRANTED, rig_lock(t.rig, t.h[2], (struct range){.start = 2, .length = 1ull << 40}));
    table_close(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_storm),
        cmocka_unit_test(test_storm_single_thread),
        cmocka_unit_test(test_many_locks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
