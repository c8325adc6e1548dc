// SPDX-License-Identifier: MIT
/* Byte-range locks: who may lock, read and write what. */
#include "memfs.h"
#include "waiting.h"

/* ---- the rules, one row each ------------------------------------------------------------------------- */

enum { HANDLES = 3, STEPS = 8, PID = 4711, OTHER_PID = 4712 };
#define ALL_BITS UINT64_MAX
#define GRANTED  STATUS_SUCCESS
#define REFUSED  STATUS_LOCK_NOT_GRANTED
#define CONFLICT STATUS_FILE_LOCK_CONFLICT
#define ABSENT   STATUS_RANGE_NOT_LOCKED

enum what { END, EXCLUSIVE, SHARED, UNLOCK, UNLOCK_ALL, UNLOCK_KEY, READ, WRITE, PAGING_WRITE, APPEND };

struct step {
    enum what what;
    unsigned who;
    uint64_t start, length;
    NTSTATUS expected;
    uint32_t key, pid; /* pid 0: PID */
};

static const struct rule {
    const char *name;
    struct step steps[STEPS];
} rules[] = {
    {"exclusive shuts out exclusive",
     {{EXCLUSIVE, 0, 10, 10, GRANTED, 0, 0}, {EXCLUSIVE, 1, 15, 1, REFUSED, 0, 0}}},
    {"exclusive shuts out shared",
     {{EXCLUSIVE, 0, 10, 10, GRANTED, 0, 0}, {SHARED, 1, 19, 5, REFUSED, 0, 0}}},
    {"shared lets shared in", {{SHARED, 0, 10, 10, GRANTED, 0, 0}, {SHARED, 1, 10, 10, GRANTED, 0, 0}}},
    {"shared shuts out exclusive",
     {{SHARED, 0, 10, 10, GRANTED, 0, 0}, {EXCLUSIVE, 1, 0, 11, REFUSED, 0, 0}}},
    {"neighbours do not touch",
     {{EXCLUSIVE, 0, 10, 10, GRANTED, 0, 0},
      {EXCLUSIVE, 1, 0, 10, GRANTED, 0, 0},
      {EXCLUSIVE, 2, 20, 1, GRANTED, 0, 0}}},
    {"exclusive shuts out its owner's exclusive",
     {{EXCLUSIVE, 0, 10, 10, GRANTED, 0, 0}, {EXCLUSIVE, 0, 10, 10, REFUSED, 0, 0}}},
    {"exclusive lets its owner's shared in",
     {{EXCLUSIVE, 0, 10, 10, GRANTED, 0, 0}, {SHARED, 0, 10, 10, GRANTED, 0, 0}}},
    {"shared shuts out its owner's exclusive",
     {{SHARED, 0, 10, 10, GRANTED, 0, 0}, {EXCLUSIVE, 0, 10, 10, REFUSED, 0, 0}}},
    {"another key is another owner",
     {{EXCLUSIVE, 0, 10, 10, GRANTED, 1, 0}, {SHARED, 0, 10, 10, REFUSED, 2, 0}}},
    {"another process is another owner",
     {{EXCLUSIVE, 0, 10, 10, GRANTED, 0, 0}, {SHARED, 0, 10, 10, REFUSED, 0, OTHER_PID}}},
    {"two of the same range need two unlocks",
     {{SHARED, 0, 10, 10, GRANTED, 0, 0},
      {SHARED, 0, 10, 10, GRANTED, 0, 0},
      {UNLOCK, 0, 10, 10, GRANTED, 0, 0},
      {EXCLUSIVE, 1, 10, 10, REFUSED, 0, 0},
      {UNLOCK, 0, 10, 10, GRANTED, 0, 0},
      {EXCLUSIVE, 1, 10, 10, GRANTED, 0, 0}}},
    {"of exclusive and shared, exclusive goes first",
     {{EXCLUSIVE, 0, 10, 10, GRANTED, 0, 0},
      {SHARED, 0, 10, 10, GRANTED, 0, 0},
      {UNLOCK, 0, 10, 10, GRANTED, 0, 0},
      {SHARED, 1, 10, 10, GRANTED, 0, 0},
      {EXCLUSIVE, 2, 10, 10, REFUSED, 0, 0}}},
    {"unlock needs the exact range",
     {{EXCLUSIVE, 0, 10, 10, GRANTED, 0, 0},
      {UNLOCK, 0, 10, 9, ABSENT, 0, 0},
      {UNLOCK, 0, 11, 9, ABSENT, 0, 0},
      {UNLOCK, 0, 9, 11, ABSENT, 0, 0},
      {UNLOCK, 0, 10, 10, GRANTED, 0, 0},
      {UNLOCK, 0, 10, 10, ABSENT, 0, 0}}},
    {"unlock needs the owner",
     {{EXCLUSIVE, 0, 10, 10, GRANTED, 5, 0},
      {UNLOCK, 1, 10, 10, ABSENT, 5, 0},
      {UNLOCK, 0, 10, 10, ABSENT, 6, 0},
      {UNLOCK, 0, 10, 10, ABSENT, 5, OTHER_PID},
      {UNLOCK, 0, 10, 10, GRANTED, 5, 0}}},
    {"two neighbours are not one",
     {{EXCLUSIVE, 0, 0, 10, GRANTED, 0, 0},
      {EXCLUSIVE, 0, 10, 10, GRANTED, 0, 0},
      {UNLOCK, 0, 0, 20, ABSENT, 0, 0}}},
    {"unlock all, of this handle and process",
     {{EXCLUSIVE, 0, 0, 1, GRANTED, 1, 0},
      {SHARED, 0, 5, 1, GRANTED, 2, 0},
      {EXCLUSIVE, 0, 7, 1, GRANTED, 0, OTHER_PID},
      {EXCLUSIVE, 1, 9, 1, GRANTED, 0, 0},
      {UNLOCK_ALL, 0, 0, 0, GRANTED, 0, 0},
      {EXCLUSIVE, 2, 0, 6, GRANTED, 0, 0},
      {SHARED, 2, 7, 1, REFUSED, 0, 0},
      {SHARED, 2, 9, 1, REFUSED, 0, 0}}},
    {"unlock all by key",
     {{EXCLUSIVE, 0, 0, 1, GRANTED, 1, 0},
      {EXCLUSIVE, 0, 5, 1, GRANTED, 2, 0},
      {UNLOCK_KEY, 0, 0, 0, GRANTED, 1, 0},
      {EXCLUSIVE, 1, 0, 1, GRANTED, 0, 0},
      {EXCLUSIVE, 1, 5, 1, REFUSED, 0, 0}}},
    {"unlock all where nothing is locked", {{UNLOCK_ALL, 0, 0, 0, ABSENT, 0, 0}}},
    {"an empty range touches no border",
     {{EXCLUSIVE, 0, 10, 0, GRANTED, 0, 0},
      {EXCLUSIVE, 1, 10, 0, GRANTED, 0, 0},
      {EXCLUSIVE, 1, 9, 1, GRANTED, 0, 0},
      {EXCLUSIVE, 1, 10, 1, GRANTED, 0, 0},
      {EXCLUSIVE, 1, 11, 1, GRANTED, 0, 0}}},
    {"an empty range lies inside",
     {{EXCLUSIVE, 0, 10, 0, GRANTED, 0, 0},
      {EXCLUSIVE, 1, 9, 2, REFUSED, 0, 0},
      {EXCLUSIVE, 1, 10, 2, GRANTED, 0, 0},
      {EXCLUSIVE, 1, 0, ALL_BITS, REFUSED, 0, 0}}},
    {"inside lies an empty range",
     {{EXCLUSIVE, 0, 9, 2, GRANTED, 0, 0},
      {SHARED, 1, 10, 0, REFUSED, 0, 0},
      {SHARED, 1, 9, 0, GRANTED, 0, 0},
      {SHARED, 1, 11, 0, GRANTED, 0, 0}}},
    {"an empty range at the beginning",
     {{EXCLUSIVE, 0, 0, 0, GRANTED, 0, 0},
      {EXCLUSIVE, 1, 0, 0, GRANTED, 0, 0},
      {EXCLUSIVE, 1, 0, 10, GRANTED, 0, 0},
      {UNLOCK, 0, 0, 0, GRANTED, 0, 0}}},
    {"an empty range is unlocked like any",
     {{EXCLUSIVE, 0, 10, 0, GRANTED, 0, 0},
      {UNLOCK, 0, 10, 1, ABSENT, 0, 0},
      {UNLOCK, 0, 10, 0, GRANTED, 0, 0},
      {EXCLUSIVE, 1, 9, 2, GRANTED, 0, 0}}},
    {"the last byte",
     {{EXCLUSIVE, 0, ALL_BITS, 1, GRANTED, 0, 0},
      {EXCLUSIVE, 1, ALL_BITS, 1, REFUSED, 0, 0},
      {EXCLUSIVE, 1, ALL_BITS, 0, GRANTED, 0, 0},
      {EXCLUSIVE, 1, ALL_BITS - 1, 1, GRANTED, 0, 0},
      {EXCLUSIVE, 1, 0, ALL_BITS - 1, GRANTED, 0, 0},
      {UNLOCK, 0, ALL_BITS, 1, GRANTED, 0, 0},
      {EXCLUSIVE, 2, ALL_BITS, 1, GRANTED, 0, 0}}},
    {"beyond the last byte",
     {{EXCLUSIVE, 0, ALL_BITS, 2, STATUS_INVALID_LOCK_RANGE, 0, 0},
      {SHARED, 0, 2, ALL_BITS, STATUS_INVALID_LOCK_RANGE, 0, 0},
      {SHARED, 0, 1, ALL_BITS, GRANTED, 0, 0},
      {EXCLUSIVE, 1, 0, 1, GRANTED, 0, 0},
      {EXCLUSIVE, 1, ALL_BITS, 1, REFUSED, 0, 0},
      {UNLOCK, 0, 2, ALL_BITS, ABSENT, 0, 0}}},
    {"the high half",
     {{EXCLUSIVE, 0, 1ull << 63, 1, GRANTED, 0, 0},
      {EXCLUSIVE, 1, (1ull << 63) - 1, 2, REFUSED, 0, 0},
      {EXCLUSIVE, 1, (1ull << 63) + 1, 1ull << 62, GRANTED, 0, 0}}},
    {"exclusive: the owner reads and writes",
     {{EXCLUSIVE, 0, 10, 10, GRANTED, 3, 0},
      {READ, 0, 0, 64, STATUS_SUCCESS, 3, 0},
      {WRITE, 0, 0, 64, STATUS_SUCCESS, 3, 0}}},
    {"exclusive: others do neither",
     {{EXCLUSIVE, 0, 10, 10, GRANTED, 0, 0},
      {READ, 1, 19, 1, CONFLICT, 0, 0},
      {WRITE, 1, 0, 11, CONFLICT, 0, 0},
      {READ, 1, 20, 10, STATUS_SUCCESS, 0, 0},
      {WRITE, 1, 0, 10, STATUS_SUCCESS, 0, 0},
      {READ, 0, 10, 1, CONFLICT, 9, 0},
      {WRITE, 0, 10, 1, CONFLICT, 0, OTHER_PID}}},
    {"shared: all read, nobody writes",
     {{SHARED, 0, 10, 10, GRANTED, 0, 0},
      {READ, 1, 0, 64, STATUS_SUCCESS, 0, 0},
      {WRITE, 1, 15, 1, CONFLICT, 0, 0},
      {WRITE, 0, 15, 1, CONFLICT, 0, 0},
      {WRITE, 0, 20, 1, STATUS_SUCCESS, 0, 0}}},
    {"exclusive and shared of one owner: it may not write",
     {{EXCLUSIVE, 0, 10, 10, GRANTED, 0, 0},
      {SHARED, 0, 10, 10, GRANTED, 0, 0},
      {READ, 0, 10, 10, STATUS_SUCCESS, 0, 0},
      {WRITE, 0, 10, 10, CONFLICT, 0, 0}}},
    {"an empty lock inside a transfer",
     {{EXCLUSIVE, 0, 10, 0, GRANTED, 0, 0},
      {READ, 1, 0, 20, CONFLICT, 0, 0},
      {READ, 1, 10, 20, STATUS_SUCCESS, 0, 0},
      {WRITE, 1, 0, 10, STATUS_SUCCESS, 0, 0}}},
    {"late writes of the page cache pass",
     {{EXCLUSIVE, 0, 10, 10, GRANTED, 0, 0}, {PAGING_WRITE, 1, 10, 10, STATUS_SUCCESS, 0, 0}}},
    {"an append goes where the end is",
     {{WRITE, 1, 0, 64, STATUS_SUCCESS, 0, 0},
      {EXCLUSIVE, 0, 0, 64, GRANTED, 0, 0},
      {APPEND, 1, 0, 10, STATUS_SUCCESS, 0, 0},
      {EXCLUSIVE, 0, 70, 100, GRANTED, 0, 0},
      {APPEND, 1, 0, 10, CONFLICT, 0, 0}}},
    {"nothing is left in the way after the unlock",
     {{EXCLUSIVE, 0, 10, 10, GRANTED, 0, 0},
      {UNLOCK, 0, 10, 10, GRANTED, 0, 0},
      {READ, 1, 10, 10, STATUS_SUCCESS, 0, 0},
      {WRITE, 1, 10, 10, STATUS_SUCCESS, 0, 0}}},
};

static NTSTATUS transfer(struct nt_request *rq, const struct step *s)
{
    unsigned char buffer[64] = {0};
    int64_t offset = s->what == APPEND ? -1 : (int64_t)s->start;
    rq->op = s->what == READ ? NT_READ : NT_WRITE;
    rq->io = (struct nt_io_args){.buffer = buffer,
                                 .length = (uint32_t)s->length,
                                 .offset = offset,
                                 .key = s->key,
                                 .paging = s->what == PAGING_WRITE};
    return nt_call(rq, NULL);
}

static NTSTATUS play(struct rig *rig, struct nt_handle *h, const struct step *s)
{
    struct nt_request rq;
    rig_request(rig, &rq, s->what <= SHARED ? NT_LOCK : NT_UNLOCK, h);
    rq.caller.pid = s->pid ? s->pid : PID;
    if (s->what >= READ)
        return transfer(&rq, s);
    rq.lock = (struct nt_lock_args){.offset = (int64_t)s->start,
                                    .length = (int64_t)s->length,
                                    .key = s->key,
                                    .exclusive = s->what == EXCLUSIVE,
                                    .fail_immediately = true,
                                    .all = s->what >= UNLOCK_ALL,
                                    .by_key = s->what == UNLOCK_KEY};
    return nt_call(&rq, NULL);
}

static void play_rule(const struct rule *rule)
{
    void *memfs = memfs_new(0, 0);
    struct rig *rig = rig_open(&(struct rig_spec){.operations = memfs_operations(), .context = memfs});
    struct nt_handle *h[HANDLES];
    for (int i = 0; i < HANDLES; i++)
        h[i] = rig_create(rig, &(struct opening){.path = u"\\f", .disposition = FILE_OPEN_IF}).handle;
    unsigned char zeros[256] = {0};
    rig_write(rig, h[0], zeros, sizeof zeros, 0, NULL);
    LONGLONG size = strstr(rule->name, "append") ? 0 : sizeof zeros;
    rig_set(rig, h[0], FileEndOfFileInformation, &size, sizeof size);
    for (const struct step *s = rule->steps; s < rule->steps + STEPS && s->what; s++) {
        NTSTATUS status = play(rig, h[s->who], s);
        if (status != s->expected)
            fail_msg("%s, step %d: 0x%08x, not 0x%08x", rule->name, (int)(s - rule->steps) + 1,
                     (unsigned)status, (unsigned)s->expected);
    }
    for (int i = 0; i < HANDLES; i++)
        rig_end(rig, h[i]);
    rig_close(rig);
    memfs_free(memfs);
}

static void test_rules(void **state)
{
    for (size_t i = 0; i < COUNT_OF(rules); i++)
        play_rule(&rules[i]);
}

/* ---- who may ask --------------------------------------------------------------------------------------- */

static void test_handles(void **state)
{
    static const struct {
        const WCHAR *path;
        ACCESS_MASK access;
        NTSTATUS expected;
    } rows[] = {
        {u"\\f", FILE_READ_DATA, GRANTED},
        {u"\\f", FILE_WRITE_DATA, GRANTED},
        {u"\\f", FILE_APPEND_DATA, STATUS_ACCESS_DENIED},
        {u"\\f", FILE_READ_ATTRIBUTES, STATUS_ACCESS_DENIED},
        {u"\\d", FILE_READ_DATA, STATUS_INVALID_PARAMETER},
    };
    const struct range range = {.start = 0, .length = 1, .exclusive = true};
    struct rig *rig = rig_open(&(struct rig_spec){0});
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct opened o = rig_create(
            rig, &(struct opening){.path = rows[i].path, .access = rows[i].access, .disposition = FILE_OPEN});
        assert_status(rows[i].expected, rig_lock(rig, o.handle, range));
        assert_status(rows[i].expected, rig_unlock(rig, o.handle, range));
        rig_end(rig, o.handle);
    }
    assert_int_equal(0, fake_calls(&rig->fs, DokanOperationLockFile));
    rig_close(rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rules),
        cmocka_unit_test(test_handles),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
