// SPDX-License-Identifier: MIT
/* Oplocks and files with several names, on memfs: a name of such a file gets none, and a new name ends them.
 */
#include "memfs.h"
#include "oplock_kit.h"

struct world {
    void *memfs;
    struct rig *rig;
};

static struct world world_open(void)
{
    struct world w = {.memfs = memfs_new(MEMFS_EXTENDED, 0)};
    assert_non_null(w.memfs);
    w.rig = rig_open(&(struct rig_spec){
        .operations = memfs_operations(), .operations_ex = memfs_operations_ex(), .context = w.memfs});
    return w;
}

static void world_close(struct world *w)
{
    rig_close(w->rig);
    memfs_free(w->memfs);
}

static struct nt_handle *open_at(struct world *w, const WCHAR *path, ULONG disposition)
{
    return oplock_open(w->rig, (struct oplock_open){.path = path, .disposition = disposition});
}

static NTSTATUS link_to(struct world *w, struct nt_handle *h, const WCHAR *name)
{
    return rig_name_ex(w->rig, h, FileLinkInformationEx, name, 0);
}

static void test_refused(void **state)
{
    struct world w = world_open();
    struct nt_handle *f = open_at(&w, u"\\f", FILE_CREATE);
    assert_status(STATUS_SUCCESS, link_to(&w, f, u"g"));
    rig_end(w.rig, f);
    struct nt_handle *g = open_at(&w, u"\\g", FILE_OPEN);
    for (int kind = OPLOCK_LEVEL_2; kind < OPLOCK_KINDS; kind++)
        assert_status(STATUS_OPLOCK_NOT_GRANTED, oplock_refused(w.rig, g, (enum oplock_kind)kind));
    rig_end(w.rig, g);
    world_close(&w);
}

static void test_ended_by_a_link(void **state)
{
    for (int kind = OPLOCK_LEVEL_2; kind < OPLOCK_KINDS; kind++) {
        struct world w = world_open();
        struct nt_handle *f = open_at(&w, u"\\f", FILE_CREATE);
        struct waiting *granted = oplock_have(w.rig, f, (enum oplock_kind)kind);
        assert_status(STATUS_SUCCESS, link_to(&w, f, u"g"));
        oplock_told(granted, STATUS_SUCCESS, OPLOCK_NONE);
        struct nt_handle *g = open_at(&w, u"\\g", FILE_OPEN);
        assert_status(STATUS_SUCCESS, rig_write(w.rig, g, "x", 1, 0, NULL));
        rig_end(w.rig, f);
        rig_end(w.rig, g);
        world_close(&w);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_ended_by_a_link),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
