// SPDX-License-Identifier: MIT
/* Change notification under load: what is heard, replayed, is what there is. */
#include "memfs.h"
#include "waiting.h"

/* ---- a storm, replayed ------------------------------------------------------------------------------- */

enum { THREADS = 4, NAMES = 6, ROUNDS = 500, BIG = 1 << 20 };

static struct {
    struct rig *rig;
    _Atomic unsigned faults;
    bool there[NAMES][2];
    unsigned heard, missed;
    unsigned char buffer[BIG];
} storm;

static void name_in(WCHAR *out, unsigned name, unsigned dir)
{
    const WCHAR text[] = {u'\\', u's', u'\\', dir ? u'y' : u'x', u'\\', (WCHAR)(u'0' + name), 0};
    memcpy(out, text, sizeof text);
}

static void *mover(void *arg)
{
    uint64_t random = (uintptr_t)arg * 31337 + 3;
    for (int i = 0; i < ROUNDS; i++) {
        WCHAR a[16], b[16];
        uint64_t dice = testing_random(&random);
        name_in(a, dice % NAMES, dice >> 8 & 1);
        name_in(b, (dice >> 16) % NAMES, dice >> 24 & 1);
        if ((dice >> 32) % 3 == 0)
            rig_remove(storm.rig, a, false);
        else if ((dice >> 32) % 3 == 1)
            rig_move(storm.rig, a, b, 0);
        else
            rig_end(storm.rig, rig_must_open(storm.rig, u"\\s"));
        struct opened o = rig_create(storm.rig, &(struct opening){.path = a, .disposition = FILE_OPEN_IF});
        if (o.handle)
            rig_end(storm.rig, o.handle);
    }
    return NULL;
}

/* `x\3` comes or goes: once each, in turn. */
static void replay(uint32_t action, const WCHAR *name, uint32_t bytes)
{
    if (bytes != 6 || name[2] < u'0' || name[2] >= u'0' + NAMES) {
        storm.faults += name[0] != u'~';
        return;
    }
    bool *there = &storm.there[name[2] - u'0'][name[0] == u'y'];
    bool comes = action == FILE_ACTION_ADDED || action == FILE_ACTION_RENAMED_NEW_NAME;
    storm.faults += *there == comes;
    *there = comes;
    storm.heard++;
}

/* True: the end mark was among them. */
static bool replay_all(const unsigned char *buffer, uint64_t length)
{
    bool end = false;
    for (uint64_t at = 0; length;) {
        struct nt_change c;
        WCHAR name[300];
        memcpy(&c, buffer + at, sizeof c);
        memcpy(name, buffer + at + sizeof c, c.name_bytes);
        replay(c.action, name, c.name_bytes);
        end |= name[0] == u'~';
        if (!c.next)
            break;
        at += c.next;
    }
    return end;
}

static struct waiting *watch_big(struct nt_handle *dir)
{
    struct waiting *w = wait_new(storm.rig, NT_NOTIFY, dir);
    w->rq.notify = (struct nt_notify_args){.buffer = storm.buffer, .length = BIG, .filter = 1, .tree = true};
    wait_submit(w);
    return w;
}

static void *replayer(void *arg)
{
    struct nt_handle *dir = arg;
    for (bool end = false; !end;) {
        struct waiting *w = watch_big(dir);
        storm.missed += wait_status(w) == STATUS_NOTIFY_ENUM_DIR;
        end = replay_all(storm.buffer, w->information);
        wait_end(w);
    }
    return NULL;
}

static bool exists(unsigned name, unsigned dir)
{
    WCHAR path[16];
    name_in(path, name, dir);
    struct opened o = rig_create(storm.rig, &(struct opening){.path = path, .disposition = FILE_OPEN});
    if (o.handle)
        rig_end(storm.rig, o.handle);
    return o.status == STATUS_SUCCESS;
}

/* Watchers that come and go meanwhile, with requests under way. */
static void *visitor(void *arg)
{
    for (int i = 0; i < ROUNDS / 4; i++) {
        struct nt_handle *dir = rig_must_open(storm.rig, u"\\s");
        struct waiting *a = watch_with(storm.rig, dir, 1, true, 40), *b = watch(storm.rig, dir, 1, true);
        if (i % 2)
            nt_cancel(&b->rq);
        rig_end(storm.rig, dir);
        wait_end(a);
        wait_end(b);
    }
    return NULL;
}

static void make_dir(const WCHAR *path)
{
    const struct opening how = {.path = path, .disposition = FILE_CREATE, .options = FILE_DIRECTORY_FILE};
    rig_end(storm.rig, rig_create(storm.rig, &how).handle);
}

static void test_storm(void **state)
{
    void *memfs = memfs_new(0, 0);
    pthread_t threads[THREADS], reader, guest;
    memset(&storm, 0, sizeof storm);
    storm.rig = rig_open(&(struct rig_spec){.operations = memfs_operations(), .context = memfs});
    make_dir(u"\\s");
    make_dir(u"\\s\\x");
    make_dir(u"\\s\\y");
    struct nt_handle *dir = rig_must_open(storm.rig, u"\\s");
    struct waiting *first = watch_big(dir); /* from here on everything is collected */
    assert_true(nt_cancel(&first->rq));
    wait_end(first);
    pthread_create(&reader, NULL, replayer, dir);
    for (uintptr_t i = 0; i < THREADS; i++)
        pthread_create(&threads[i], NULL, mover, (void *)(i + 1));
    pthread_create(&guest, NULL, visitor, NULL);
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    pthread_join(guest, NULL);
    tell_added(storm.rig, u"\\s\\~");
    pthread_join(reader, NULL);
    print_message("%u changes heard, %u overflows\n", storm.heard, storm.missed);
    if (!storm.missed) {
        assert_int_equal(0, storm.faults);
        for (unsigned i = 0; i < NAMES * 2; i++)
            assert_int_equal(exists(i / 2, i % 2), storm.there[i / 2][i % 2]);
    }
    rig_end(storm.rig, dir);
    rig_close(storm.rig);
    memfs_free(memfs);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_storm),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
