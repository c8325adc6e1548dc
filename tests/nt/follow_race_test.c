// SPDX-License-Identifier: MIT
/* Links and numbers that change while they are followed, and file systems that hang meanwhile. */
#include "follow_kit.h"
#include "oplock_kit.h"

/* ---- threads ------------------------------------------------------------------------------------------- */

enum { ROUNDS = 300 };
static _Atomic unsigned moving;

static void *swap(void *arg)
{
    struct rig *rig = arg;
    for (int i = 0; i < ROUNDS; i++) {
        assert_status(STATUS_SUCCESS, rig_move(rig, u"\\a", u"\\z", NT_RENAME_REPLACE));
        sched_yield();
        assert_status(STATUS_SUCCESS, rig_move(rig, u"\\z", u"\\a", NT_RENAME_REPLACE));
        sched_yield();
    }
    moving--;
    return NULL;
}

static void *relink(void *arg)
{
    struct rig *rig = arg;
    for (int i = 0; i < ROUNDS; i++) {
        rig_remove(rig, u"\\to-b", false);
        make_with(rig, u"\\to-b", NULL, i % 2 ? "a/b" : "z/b", FILE_OPEN_REPARSE_POINT);
    }
    moving--;
    return NULL;
}

static void test_links_move_meanwhile(void **state)
{
    struct world w = world_open(0);
    pthread_t threads[2];
    unsigned reached = 0, asked = 0;
    (void)state;
    populate(w.rig);
    moving = 2;
    pthread_create(&threads[0], NULL, swap, w.rig);
    pthread_create(&threads[1], NULL, relink, w.rig);
    for (int i = 0; moving; i++, asked++) {
        ULONG disposition = i % 3 == 2 ? FILE_OVERWRITE_IF : FILE_OPEN_IF * (ULONG)(i % 3);
        struct seen s =
            visit(w.rig, i % 2 ? u"\\to-b\\f" : u"\\to-f", disposition ? disposition : FILE_OPEN, 0);
        reached += s.status == STATUS_SUCCESS;
        assert_true(s.status == STATUS_SUCCESS || s.status == STATUS_OBJECT_NAME_NOT_FOUND ||
                    s.status == STATUS_OBJECT_PATH_NOT_FOUND);
    }
    pthread_join(threads[0], NULL);
    pthread_join(threads[1], NULL);
    print_message("%u of %u opens got through\n", reached, asked);
    assert_string_equal("\\a\\b\\f", visit(w.rig, u"\\to-b\\f", FILE_OPEN, 0).path);
    world_close(&w);
}

/* ---- deadlines ----------------------------------------------------------------------------------------- */

static DOKAN_OPERATIONS_EX slow;
static _Atomic unsigned slowly;

static void linger(void)
{
    if (slowly) {
        slowly--;
        sleep_ms(700);
    }
}

static NTSTATUS DOKAN_CALLBACK slow_reparse(LPCWSTR name, PVOID buffer, ULONG length, PULONG used,
                                            PDOKAN_FILE_INFO info)
{
    linger();
    return memfs_operations_ex()->GetReparsePoint(name, buffer, length, used, info);
}

static NTSTATUS DOKAN_CALLBACK slow_name(ULONG64 id, LPWSTR name, ULONG units, PDOKAN_FILE_INFO info)
{
    linger();
    return memfs_operations_ex()->GetNameOfId(id, name, units, info);
}

static NTSTATUS DOKAN_CALLBACK slow_id(LPCWSTR name, PULONG64 id, PDOKAN_FILE_INFO info)
{
    linger();
    return memfs_operations_ex()->GetFileId(name, id, info);
}

/* It is answered at the deadline; what comes later ends quietly, and nothing stays open. */
static void test_deadlines(void **state)
{
    void *memfs = memfs_new(MEMFS_EXTENDED, 0);
    (void)state;
    slow = *memfs_operations_ex();
    slow.GetReparsePoint = slow_reparse;
    slow.GetNameOfId = slow_name;
    slow.GetFileId = slow_id;
    struct rig *rig = rig_open(&(struct rig_spec){.operations = memfs_operations(),
                                                  .operations_ex = &slow,
                                                  .context = memfs,
                                                  .options = DOKAN_OPTION_ALT_STREAM,
                                                  .timeout_ms = 200});
    populate(rig);
    struct nt_handle *f = rig_must_open(rig, u"\\a\\b\\f");
    FILE_INTERNAL_INFORMATION id = {0};
    assert_status(0, rig_query(rig, f, FileInternalInformation, &id, sizeof id, NULL));
    rig_end(rig, f);
    for (unsigned i = 0; i < 6; i++) {
        struct pending *p = pending_new(rig, NT_CREATE, NULL, 0);
        struct opening how = {.path = i % 2 ? u"\\to-b\\f" : u"\\to-f",
                              .disposition = i == 2 ? FILE_OVERWRITE : FILE_OPEN};
        fill_create(&p->rq, &how);
        if (i >= 4) {
            p->rq.create.options = FILE_OPEN_BY_FILE_ID;
            p->rq.create.name = (struct nt_name){.text = (const WCHAR *)&id, .len = 4};
        }
        slowly = 1;
        pending_start(p);
        assert_status(STATUS_IO_TIMEOUT, pending_status(p));
        pending_end(p);
        assert_int_equal(0, slowly);
    }
    assert_string_equal("\\a\\b\\f", visit(rig, u"\\to-b\\f", FILE_OPEN, 0).path);
    rig_close(rig);
    memfs_free(memfs);
}

/* ---- answers that mean something else to the engine -----------------------------------------------------
 */

static _Atomic unsigned told;

static NTSTATUS DOKAN_CALLBACK tell_reparse(LPCWSTR name, PVOID buffer, ULONG length, PULONG used,
                                            PDOKAN_FILE_INFO info)
{
    (void)name, (void)buffer, (void)length, (void)used, (void)info;
    told++;
    return STATUS_REPARSE;
}

/* The engine's own word for "begin anew" is none from a file system: it would never end. */
static void test_reparse_as_an_answer(void **state)
{
    static const WCHAR *const paths[] = {u"\\to-f", u"\\to-b\\f", u"\\to-f:s"};
    void *memfs = memfs_new(MEMFS_EXTENDED, 0);
    (void)state;
    slow = *memfs_operations_ex();
    slow.GetReparsePoint = tell_reparse;
    struct rig *rig = rig_open(&(struct rig_spec){.operations = memfs_operations(),
                                                  .operations_ex = &slow,
                                                  .context = memfs,
                                                  .options = DOKAN_OPTION_ALT_STREAM,
                                                  .timeout_ms = 1000});
    populate(rig);
    for (unsigned i = 0; i < 2 * COUNT_OF(paths); i++) {
        told = 0;
        ULONG disposition = i % 2 ? FILE_OVERWRITE : FILE_OPEN;
        assert_status(STATUS_UNSUCCESSFUL, visit(rig, paths[i / 2], disposition, 0).status);
        assert_int_equal(1, told);
    }
    rig_close(rig);
    memfs_free(memfs);
}

/* ---- oplocks ------------------------------------------------------------------------------------------- */

/* Whoever comes by a link waits for the holder of the target as everybody does, and goes on with the target.
 */
static void test_oplock_of_a_target(void **state)
{
    struct world w = world_open(0);
    (void)state;
    populate(w.rig);
    for (int i = 0; i < 2; i++) {
        struct nt_handle *holder = oplock_open(w.rig, (struct oplock_open){.path = u"\\a\\b\\f"}), *h;
        struct waiting *held = oplock_have(w.rig, holder, OPLOCK_BATCH);
        struct waiting *o = oplock_opening(w.rig, (struct oplock_open){.path = i ? u"\\to-b\\f" : u"\\to-f"});
        WCHAR path[100];
        wait_end((wait_status(held), held));
        assert_false(wait_completed(o));
        rig_end(w.rig, holder);
        assert_status(STATUS_SUCCESS, oplock_opened(o, &h));
        nt_node_path(nt_handle_node(h), path, COUNT_OF(path));
        assert_text("\\a\\b\\f", path);
        rig_end(w.rig, h);
    }
    world_close(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_links_move_meanwhile),
        cmocka_unit_test(test_deadlines),
        cmocka_unit_test(test_reparse_as_an_answer),
        cmocka_unit_test(test_oplock_of_a_target),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
