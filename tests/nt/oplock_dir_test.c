// SPDX-License-Identifier: MIT
/* Oplocks of directories, of what lies in them, and of names that somebody else takes. */
#include "oplock_kit.h"

enum { CALLER_KEY = 3 };

static struct rig *rig;

static int setup(void **state)
{
    rig = rig_open(&(struct rig_spec){0});
    return 0;
}

static int teardown(void **state)
{
    rig_close(rig);
    return 0;
}

static struct nt_handle *open_path(const WCHAR *path)
{
    return oplock_open(rig, (struct oplock_open){.path = path});
}

static void end_opened(struct waiting *w)
{
    struct nt_handle *h;
    assert_status(STATUS_SUCCESS, oplock_opened(w, &h));
    rig_end(rig, h);
}

/* ---- what lies in a directory -------------------------------------------------------------------------- */

static void create_child(void)
{
    rig_end(rig, oplock_open(rig, (struct oplock_open){.path = u"\\d\\new", .disposition = FILE_CREATE}));
}

static void overwrite_child(void)
{
    rig_end(rig, oplock_open(rig, (struct oplock_open){.path = u"\\d\\f", .disposition = FILE_OVERWRITE}));
}

static void open_child(void)
{
    rig_end(rig, open_path(u"\\d\\f"));
}

static void delete_child(void)
{
    struct nt_handle *h = open_path(u"\\d\\f");
    assert_status(STATUS_SUCCESS, rig_dispose(rig, h, true));
    rig_end(rig, h);
}

static void rename_child(void)
{
    struct nt_handle *h = open_path(u"\\d\\f");
    assert_status(STATUS_SUCCESS, rig_rename(rig, h, u"\\d\\g", true));
    rig_end(rig, h);
}

static void rename_into(void)
{
    struct nt_handle *h = open_path(u"\\f");
    assert_status(STATUS_SUCCESS, rig_rename(rig, h, u"\\d\\g", true));
    rig_end(rig, h);
}

static void write_child(void)
{
    struct nt_handle *h = open_path(u"\\d\\f");
    assert_status(STATUS_SUCCESS, rig_write(rig, h, "x", 1, 0, NULL));
    rig_end(rig, h);
}

static void unlink_child(void)
{
    assert_status(STATUS_SUCCESS, rig_remove(rig, u"\\d\\f", false));
}

static void move_child(void)
{
    assert_status(STATUS_SUCCESS, rig_move(rig, u"\\d\\f", u"\\f", NT_RENAME_REPLACE));
}

static void list_it(void)
{
    char names[200];
    struct dir_query q = {0};
    struct nt_handle *h =
        oplock_open(rig, (struct oplock_open){.path = u"\\d", .access = FILE_READ_ATTRIBUTES | SYNCHRONIZE});
    h->access |= FILE_LIST_DIRECTORY;
    rig_names(rig, h, &q, names, sizeof names);
    h->access &= ~(ACCESS_MASK)FILE_LIST_DIRECTORY;
    rig_end(rig, h);
}

static void elsewhere(void)
{
    rig_end(rig, oplock_open(rig, (struct oplock_open){.path = u"\\e", .disposition = FILE_CREATE}));
}

static void test_children(void **state)
{
    static const struct {
        void (*change)(void);
        bool breaks;
    } rows[] = {{create_child, true}, {overwrite_child, true}, {open_child, false}, {delete_child, true},
                {rename_child, true}, {rename_into, true},     {write_child, true}, {unlink_child, true},
                {move_child, true},   {list_it, false},        {elsewhere, false}};
    static const enum oplock_kind kinds[] = {OPLOCK_R, OPLOCK_RH, OPLOCK_RWH};
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        for (size_t k = 0; k < COUNT_OF(kinds); k++) {
            struct nt_handle *h = open_path(u"\\d");
            struct waiting *w = oplock_have(rig, h, kinds[k]);
            rows[i].change(); /* waits for nobody */
            const char *expected = !rows[i].breaks ? "-" : kinds[k] == OPLOCK_R ? "0" : "0?";
            if (strcmp(expected, oplock_look(h)) != 0)
                fail_msg("change %zu of %s: %s", i, oplock_name(kinds[k]), oplock_look(h));
            rig_end(rig, h);
            oplock_told(w, rows[i].breaks ? STATUS_SUCCESS : STATUS_OPLOCK_HANDLE_CLOSED, OPLOCK_NONE);
        }
    }
}

/* Who tells that he is the one who caches the directory does not hear of his own changes. */
static void test_parent_key(void **state)
{
    struct oplock_open child = {.path = u"\\d\\f", .disposition = FILE_CREATE, .parent_key = CALLER_KEY};
    struct waiting *dir = oplock_opening(rig, (struct oplock_open){.path = u"\\d"});
    struct nt_handle *h;
    assert_status(STATUS_SUCCESS, oplock_opened(dir, &h));
    h->oplock_key[1] = CALLER_KEY;
    struct waiting *w = oplock_have(rig, h, OPLOCK_RH);
    struct nt_handle *file = oplock_open(rig, child);
    assert_status(STATUS_SUCCESS, rig_dispose(rig, file, true));
    rig_cleanup(rig, file);
    assert_string_equal("-", oplock_look(h));
    rig_close_only(rig, file);
    child.parent_key = CALLER_KEY + 1;
    rig_end(rig, oplock_open(rig, child));
    assert_string_equal("0?", oplock_look(h));
    rig_end(rig, h);
    oplock_told(w, STATUS_SUCCESS, OPLOCK_NONE);
}

/* ---- directories themselves ---------------------------------------------------------------------------- */

static void test_directory_goes(void **state)
{
    struct nt_handle *h = open_path(u"\\d"), *other = open_path(u"\\d");
    struct waiting *w = oplock_have(rig, h, OPLOCK_RH);
    struct waiting *dispose = wait_new(rig, NT_SET_INFORMATION, other);
    dispose->buffer[0] = 1;
    dispose->rq.info = (struct nt_info_args){
        .info_class = FileDispositionInformation, .buffer = dispose->buffer, .length = 1};
    wait_submit(dispose);
    oplock_told(w, STATUS_SUCCESS, OPLOCK_R);
    assert_false(wait_completed(dispose));
    w = oplock_accept(rig, h);
    assert_status(STATUS_SUCCESS, wait_end(dispose));
    rig_end(rig, other);
    rig_end(rig, h);
    oplock_told(w, STATUS_OPLOCK_HANDLE_CLOSED, OPLOCK_NONE);
}

/* Who keeps a file open below a directory is asked to close it before that moves. */
static void moves_above(bool by_name)
{
    struct nt_handle *h = open_path(u"\\d\\dd\\f"), *aside = open_path(u"\\dx"), *dir = open_path(u"\\d");
    struct waiting *w = oplock_have(rig, h, OPLOCK_RWH), *still = oplock_have(rig, aside, OPLOCK_RH);
    struct waiting *move = wait_new(rig, by_name ? NT_RENAME : NT_SET_INFORMATION, by_name ? NULL : dir);
    if (by_name)
        move->rq.rename = (struct nt_rename_args){.from = {NULL, u"\\d", 2}, .to = {NULL, u"\\d2", 3}};
    else
        move->rq.info = (struct nt_info_args){.info_class = FileRenameInformation,
                                              .buffer = move->buffer,
                                              .length = 64,
                                              .target = {NULL, u"\\d2", 3}};
    wait_submit(move);
    oplock_told(w, STATUS_SUCCESS, OPLOCK_RW);
    assert_false(wait_completed(move));
    rig_end(rig, h);
    assert_status(STATUS_SUCCESS, wait_end(move));
    assert_string_equal("-", oplock_look(aside));
    rig_end(rig, aside);
    oplock_told(still, STATUS_OPLOCK_HANDLE_CLOSED, OPLOCK_NONE);
    rig_end(rig, dir);
}

static void test_move_above(void **state)
{
    moves_above(false);
}

static void test_move_above_by_name(void **state)
{
    moves_above(true);
}

/* ---- names that others take ---------------------------------------------------------------------------- */

/* A rename by handle replaces a file that somebody keeps open. */
static void test_replaced(void **state)
{
    struct nt_handle *h = open_path(u"\\f"), *source = open_path(u"\\g");
    struct waiting *w = oplock_have(rig, h, OPLOCK_BATCH);
    struct waiting *move = wait_new(rig, NT_SET_INFORMATION, source);
    move->buffer[0] = 1;
    move->rq.info = (struct nt_info_args){.info_class = FileRenameInformation,
                                          .buffer = move->buffer,
                                          .length = 64,
                                          .target = {NULL, u"\\f", 2}};
    wait_submit(move);
    oplock_told(w, STATUS_SUCCESS, OPLOCK_NONE);
    assert_false(wait_completed(move));
    rig_end(rig, h);
    assert_status(STATUS_SUCCESS, wait_end(move));
    rig_end(rig, source);
}

/* Only the size of a file was told to have changed, by DokanNotifyUpdate(): nobody waits. */
static void test_told_by_path(void **state)
{
    struct nt_handle *h = open_path(u"\\d\\f"), *dir = open_path(u"\\d");
    struct waiting *w = oplock_have(rig, h, OPLOCK_R), *d = oplock_have(rig, dir, OPLOCK_R);
    assert_true(nt_notify(rig->vol, NT_EVENT_MODIFIED, FILE_NOTIFY_CHANGE_SIZE, u"\\d\\f", NULL, false));
    oplock_told(w, STATUS_SUCCESS, OPLOCK_NONE);
    oplock_told(d, STATUS_SUCCESS, OPLOCK_NONE);
    rig_end(rig, h);
    rig_end(rig, dir);
}

/* ---- two doors ----------------------------------------------------------------------------------------- */

/* One that was granted while a change was under way, whose callback saw no holder: it breaks afterwards. */
static struct waiting *granted;
static struct nt_handle *reader;

static NTSTATUS grant_meanwhile(struct fake *fs, struct fake_call *call, NTSTATUS planned)
{
    granted = oplock_have(rig, reader, OPLOCK_R);
    return planned;
}

static void test_granted_meanwhile(void **state)
{
    reader = open_path(u"\\f");
    struct nt_handle *h = open_path(u"\\f");
    fake_hooks(&rig->fs, DokanOperationWriteFile, grant_meanwhile);
    assert_status(STATUS_SUCCESS, rig_write(rig, h, "x", 1, 0, NULL));
    oplock_told(granted, STATUS_SUCCESS, OPLOCK_NONE);
    fake_hooks(&rig->fs, DokanOperationWriteFile, NULL);
    fake_hooks(&rig->fs, DokanOperationSetEndOfFile, grant_meanwhile);
    struct waiting *w = wait_new(rig, NT_SETATTR, NULL);
    w->rq.setattr = (struct nt_setattr_args){.node = nt_handle_node(h), .valid = NT_SET_SIZE};
    wait_submit(w);
    assert_status(STATUS_SUCCESS, wait_end(w));
    oplock_told(granted, STATUS_SUCCESS, OPLOCK_NONE);
    rig_end(rig, h);
    rig_end(rig, reader);
}

/* The one who waits has not called the file system, and is not counted. */
static void test_nothing_called_while_waiting(void **state)
{
    struct nt_handle *h = open_path(u"\\f");
    struct waiting *w = oplock_have(rig, h, OPLOCK_RWH);
    unsigned before = fake_calls(&rig->fs, DokanOperationZwCreateFile);
    struct waiting *o = oplock_opening(rig, (struct oplock_open){.path = u"\\f", .share = FILE_SHARE_READ});
    assert_false(wait_completed(o));
    assert_int_equal(before, fake_calls(&rig->fs, DokanOperationZwCreateFile));
    assert_int_equal(1, h->file->open_count);
    assert_int_equal(1, h->file->share.openers);
    oplock_told(w, STATUS_SUCCESS, OPLOCK_RW);
    rig_end(rig, h);
    end_opened(o);
}

#define RIGGED(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        RIGGED(test_children),     RIGGED(test_parent_key),         RIGGED(test_directory_goes),
        RIGGED(test_move_above),   RIGGED(test_move_above_by_name), RIGGED(test_replaced),
        RIGGED(test_told_by_path), RIGGED(test_granted_meanwhile),  RIGGED(test_nothing_called_while_waiting),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
