// SPDX-License-Identifier: MIT
/*
 * What happens behind the engine's back: two volumes show one memfs, and what one changes the other finds
 * under the names it knows. Then names of one file that a door keeps, answers that come too late, and who may
 * remove what he never opened.
 */
#include "memfs.h"
#include "security_kit.h"
#include "shim.h"

enum { SHORT_MS = 150, PATH = 40 };

struct pair {
    void *memfs;
    struct rig *a, *b;
};

static struct rig *open_one(void *memfs)
{
    return rig_open(&(struct rig_spec){
        .operations = memfs_operations(), .operations_ex = memfs_operations_ex(), .context = memfs});
}

static struct pair pair_open(void)
{
    struct pair p = {.memfs = memfs_new(MEMFS_EXTENDED, 0)};
    assert_non_null(p.memfs);
    p.a = open_one(p.memfs);
    p.b = open_one(p.memfs);
    return p;
}

static void pair_close(struct pair *p)
{
    rig_close(p->a);
    rig_close(p->b);
    memfs_free(p->memfs);
}

static void make_one(struct rig *rig, const WCHAR *path, ULONG options)
{
    struct opened o =
        rig_create(rig, &(struct opening){.path = path, .disposition = FILE_CREATE, .options = options});
    assert_status(STATUS_SUCCESS, o.status);
    rig_end(rig, o.handle);
}

static struct nt_node *look_up(struct rig *rig, const WCHAR *path)
{
    struct nt_lookup_args found;
    assert_status(STATUS_SUCCESS, rig_lookup(rig, path, &found));
    return found.out.node;
}

static struct nt_request link_request(struct rig *rig, struct nt_node *node, const WCHAR *to)
{
    struct nt_request rq;
    rig_request(rig, &rq, NT_LINK, NULL);
    rq.link = (struct nt_link_args){.node = node, .to = {.text = to, .len = (uint16_t)text_length(to)}};
    return rq;
}

static void add_name(struct rig *rig, struct nt_node *node, const WCHAR *to)
{
    struct nt_request rq = link_request(rig, node, to);
    assert_status(STATUS_SUCCESS, nt_call(&rq, NULL));
    nt_node_put(rq.link.out.node);
}

/* ---- changed behind the back ------------------------------------------------------------------------- */

static void replace(struct pair *p, const WCHAR *path, ULONG options)
{
    assert_status(STATUS_SUCCESS, rig_remove(p->b, path, false));
    make_one(p->b, path, options);
}

static void test_lookup_of_another(void **state)
{
    struct pair p = pair_open();
    static const ULONG options[] = {FILE_DIRECTORY_FILE, 0};
    static const WCHAR *const paths[] = {u"\\x", u"\\y"};
    for (size_t i = 0; i < COUNT_OF(paths); i++) {
        make_one(p.b, paths[i], 0);
        struct nt_node *before = look_up(p.a, paths[i]);
        replace(&p, paths[i], options[i]);
        struct nt_node *after = look_up(p.a, paths[i]);
        assert_int_equal(i == 0, nt_node_is_directory(after));
        if (i == 0)
            assert_ptr_not_equal(before, after);
        assert_false(nt_node_is_directory(before));
        nt_node_put(before);
        nt_node_put(after);
    }
    pair_close(&p);
}

/* The same for a file of two names, whose number the engine remembers. */
static void test_lookup_of_another_with_names(void **state)
{
    struct pair p = pair_open();
    make_one(p.b, u"\\one", 0);
    struct nt_node *other = look_up(p.b, u"\\one");
    add_name(p.b, other, u"\\two");
    nt_node_put(other);
    struct nt_node *one = look_up(p.a, u"\\one"), *two = look_up(p.a, u"\\two");
    assert_ptr_equal(nt_node_identity(one), nt_node_identity(two));
    replace(&p, u"\\two", 0);
    struct nt_node *fresh = look_up(p.a, u"\\two");
    assert_ptr_not_equal(nt_node_identity(one), nt_node_identity(fresh));
    nt_node_put(fresh);
    nt_node_put(one);
    nt_node_put(two);
    pair_close(&p);
}

struct listing {
    struct nt_request rq;
    struct nt_node *found[8];
    unsigned count;
};

static bool take(struct nt_request *rq, const struct nt_dirent *entry)
{
    struct listing *l = list_entry(rq, struct listing, rq);
    if (entry->node && l->count < COUNT_OF(l->found)) {
        nt_node_get(entry->node);
        l->found[l->count++] = entry->node;
    }
    return true;
}

static struct listing list(struct rig *rig)
{
    struct listing l = {0};
    struct nt_handle *h = rig_must_open(rig, u"\\");
    rig_request(rig, &l.rq, NT_LIST_DIRECTORY, h);
    l.rq.list = (struct nt_list_args){.want_nodes = true, .emit = take};
    assert_status(STATUS_SUCCESS, nt_call(&l.rq, NULL));
    rig_end(rig, h);
    return l;
}

static void drop(struct listing *l)
{
    while (l->count)
        nt_node_put(l->found[--l->count]);
}

static void test_listing_of_others(void **state)
{
    struct pair p = pair_open();
    make_one(p.b, u"\\x", 0);
    make_one(p.b, u"\\one", 0);
    struct nt_node *other = look_up(p.b, u"\\one");
    add_name(p.b, other, u"\\two");
    nt_node_put(other);
    struct nt_node *one = look_up(p.a, u"\\one"), *two = look_up(p.a, u"\\two"), *x = look_up(p.a, u"\\x");
    replace(&p, u"\\two", 0);
    replace(&p, u"\\x", FILE_DIRECTORY_FILE);
    struct listing l = list(p.a);
    assert_int_equal(3, l.count);
    unsigned directories = 0, same = 0;
    for (unsigned i = 0; i < l.count; i++) {
        directories += nt_node_is_directory(l.found[i]);
        same += nt_node_identity(l.found[i]) == nt_node_identity(one);
        assert_ptr_not_equal(x, l.found[i]);
    }
    assert_int_equal(1, directories);
    assert_int_equal(1, same);
    drop(&l);
    nt_node_put(one);
    nt_node_put(two);
    nt_node_put(x);
    pair_close(&p);
}

/* ---- names that a door keeps ------------------------------------------------------------------------- */

static void assert_path(const char *expected, struct nt_node *node)
{
    WCHAR path[PATH] = {0};
    nt_node_path(node, path, PATH);
    assert_text(expected, path);
}

static void test_live_name(void **state)
{
    struct pair p = pair_open();
    make_one(p.a, u"\\one", 0);
    struct nt_node *one = look_up(p.a, u"\\one");
    add_name(p.a, one, u"\\two");
    struct nt_node *two = look_up(p.a, u"\\two"), *file = nt_node_identity(one);
    nt_node_keep_name(one);
    nt_node_keep_name(two);
    nt_node_keep_name(two); /* once is enough */
    struct nt_node *live = nt_node_live(file);
    assert_ptr_equal(file, live);
    nt_node_put(live);
    assert_status(STATUS_SUCCESS, rig_remove(p.a, file == one ? u"\\one" : u"\\two", false));
    nt_node_put(file == one ? two : one); /* kept all the same */
    live = nt_node_live(file);
    assert_ptr_not_equal(file, live);
    assert_path(file == one ? "\\two" : "\\one", live);
    nt_node_put(live);
    nt_node_release_names(file);
    nt_node_put(file);
    pair_close(&p);
}

/* ---- too late ---------------------------------------------------------------------------------------- */

static void test_late_lookup(void **state)
{
    struct rig *rig = rig_open(&(struct rig_spec){.timeout_ms = SHORT_MS});
    fake_block(&rig->fs, DokanOperationGetFileInformation);
    struct pending *p = pending_new(rig, NT_LOOKUP, NULL, 0);
    p->rq.lookup.name = (struct nt_name){.text = u"\\f", .len = 2};
    pending_start(p);
    assert_status(STATUS_IO_TIMEOUT, pending_status(p));
    fake_unblock(&rig->fs, DokanOperationGetFileInformation);
    pending_end(p);
    rig_close(rig); /* no node is left */
}

static _Atomic bool held_up;

static NTSTATUS hold_links_up(unsigned op)
{
    while (op == SHIM_EX + DokanOperationCreateHardLink && atomic_load(&held_up))
        sleep_ms(5);
    return STATUS_SUCCESS;
}

static void test_late_link(void **state)
{
    void *memfs = memfs_new(MEMFS_EXTENDED, 0);
    assert_non_null(memfs);
    shim_begin(&(struct shim_plan){
        .below = memfs_operations(), .below_ex = memfs_operations_ex(), .before = hold_links_up});
    struct rig *rig = rig_open(&(struct rig_spec){.operations = shim_operations(),
                                                  .operations_ex = shim_operations_ex(),
                                                  .context = memfs,
                                                  .timeout_ms = SHORT_MS});
    make_one(rig, u"\\one", 0);
    struct nt_node *one = look_up(rig, u"\\one");
    atomic_store(&held_up, true);
    struct pending *p = pending_new(rig, NT_LINK, NULL, 0);
    p->rq.link = link_request(rig, one, u"\\two").link;
    pending_start(p);
    assert_status(STATUS_IO_TIMEOUT, pending_status(p));
    atomic_store(&held_up, false);
    pending_end(p);
    nt_node_put(one);
    rig_close(rig);
    assert_int_equal(0, shim_left_open());
    memfs_free(memfs);
}

/* ---- whose is it? ------------------------------------------------------------------------------------ */

static void test_remove_what_is_not_ones_own(void **state)
{
    struct world w = world_open(ENFORCED);
    restrict_root(w.rig);
    make(w.rig, u"\\mine", 0, "O:S-1-22-1-1001D:P(A;;FA;;;S-1-22-1-1001)");
    make(w.rig, u"\\ours", 0, "O:S-1-22-1-1001D:P(A;;FA;;;S-1-22-1-1001)(A;;FA;;;S-1-22-1-1002)");
    w.rig->token = &bob_token;
    assert_status(STATUS_ACCESS_DENIED, rig_remove(w.rig, u"\\mine", false));
    assert_status(STATUS_ACCESS_DENIED, rig_move(w.rig, u"\\mine", u"\\taken", 0));
    assert_status(STATUS_ACCESS_DENIED, rig_move(w.rig, u"\\ours", u"\\mine", NT_RENAME_REPLACE));
    assert_status(STATUS_OBJECT_NAME_NOT_FOUND, rig_remove(w.rig, u"\\missing", false));
    assert_status(STATUS_SUCCESS, rig_move(w.rig, u"\\ours", u"\\still-ours", 0));
    assert_status(STATUS_SUCCESS, rig_remove(w.rig, u"\\still-ours", false));
    w.rig->token = &alice_token;
    assert_status(STATUS_SUCCESS, rig_remove(w.rig, u"\\mine", false));
    w.rig->token = &root_token;
    world_close(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lookup_of_another),
        cmocka_unit_test(test_lookup_of_another_with_names),
        cmocka_unit_test(test_listing_of_others),
        cmocka_unit_test(test_live_name),
        cmocka_unit_test(test_late_lookup),
        cmocka_unit_test(test_late_link),
        cmocka_unit_test(test_remove_what_is_not_ones_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
