// SPDX-License-Identifier: MIT
/* DokanNotify*: which paths are taken, what they mean, and which events come of them. */
#include "api/instance.h"
#include "api/process.h"
#include "tiny.h"

#include <pthread.h>

struct seen {
    enum nt_event_kind kind;
    uint32_t filter;
    bool directory;
    char name[64], new_name[64];
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct seen events[64];
static size_t count;

static void on_event(struct nt_listener *listener, const struct nt_event *e)
{
    if (e->kind == NT_EVENT_GOING_AWAY)
        return;
    pthread_mutex_lock(&lock);
    struct seen *s = &events[count++ % COUNT_OF(events)];
    *s = (struct seen){.kind = e->kind, .filter = e->filter, .directory = e->directory};
    DokanUtf16ToUtf8(e->name, e->name_len, s->name, sizeof s->name);
    DokanUtf16ToUtf8(e->new_name, e->new_name_len, s->new_name, sizeof s->new_name);
    pthread_mutex_unlock(&lock);
}

static size_t seen_count(void)
{
    pthread_mutex_lock(&lock);
    size_t n = count;
    pthread_mutex_unlock(&lock);
    return n;
}

static bool came(void *arg)
{
    return seen_count() >= *(size_t *)arg;
}

static bool events_come(size_t n)
{
    return wait_until(came, &n, 5000);
}

static const struct nt_listener_ops ops = {on_event};
static struct nt_listener listener = {.ops = &ops};
static DOKAN_HANDLE handle;
static struct instance *inst;

static void open_at(LPCWSTR point, const char *linux_path)
{
    count = 0;
    handle = tiny_open(tiny_options(point, 0));
    inst = process_find(handle);
    snprintf(inst->record.path, sizeof inst->record.path, "%s", linux_path);
    nt_listener_add(inst->vol, &listener);
}

static void shut(void)
{
    nt_listener_remove(inst->vol, &listener);
    inst->record.path[0] = 0;
    instance_put(inst);
    DokanCloseHandle(handle);
}

static int setup(void **state)
{
    int rc = sandbox_setup(state);
    DokanInit();
    return rc;
}

static int teardown(void **state)
{
    DokanShutdown();
    return sandbox_teardown(state);
}

/* Every accepted path here names the file `file`. */
static void check_paths(const WCHAR *const *good, size_t goods, const WCHAR *const *bad, size_t bads)
{
    for (size_t i = 0; i < goods; i++) {
        assert_true(DokanNotifyUpdate(handle, good[i]));
        assert_true(events_come(i + 1));
        assert_string_equal(events[i].name, "file");
    }
    for (size_t i = 0; i < bads; i++)
        assert_false(DokanNotifyUpdate(handle, bad[i]));
    sleep_ms(50);
    assert_int_equal(seen_count(), goods);
}

static void paths_of_a_drive(void **state)
{
    static const WCHAR *const good[] = {u"M:\\file",
                                        u"X:\\file",
                                        u"m:/file",
                                        u"M:\\file\\",
                                        u"\\file",
                                        u"M:\\\\file",
                                        u"??\\file",
                                        u"/run/drives/M/file",
                                        u"/run/drives/M//file"};
    static const WCHAR *const bad[] = {u"", u"M", u"M:", u"M:file", u"file", u"ab", u"abc"};
    open_at(u"M:\\", "/run/drives/M");
    check_paths(good, COUNT_OF(good), bad, COUNT_OF(bad));
    shut();
}

static void paths_of_a_directory(void **state)
{
    static const WCHAR *const good[] = {u"/mnt/point/file", u"/real/point/file", u"M:\\file",
                                        u"/mnt/point/file/"};
    open_at(u"/mnt/point/", "/real/point");
    check_paths(good, COUNT_OF(good), NULL, 0);
    assert_true(DokanNotifyUpdate(handle, u"/mnt/pointless/file")); /* not below it: a path in the volume */
    shut();
}

static void paths_inside_a_drive(void **state)
{
    static const WCHAR *const good[] = {u"M:\\dir\\file", u"/drives/M/dir/file"};
    open_at(u"M:\\dir", "/drives/M/dir");
    check_paths(good, COUNT_OF(good), NULL, 0);
    shut();
}

static void kinds_and_filters(void **state)
{
    open_at(u"M:", "/d/M");
    assert_true(DokanNotifyCreate(handle, u"M:\\new", FALSE));
    assert_true(DokanNotifyCreate(handle, u"M:\\newdir", TRUE));
    assert_true(DokanNotifyDelete(handle, u"M:\\new", FALSE));
    assert_true(DokanNotifyUpdate(handle, u"M:\\file"));
    assert_true(DokanNotifyXAttrUpdate(handle, u"M:\\file"));
    assert_true(DokanNotifyRename(handle, u"M:\\a", u"M:\\b", FALSE, TRUE));
    assert_true(DokanNotifyRename(handle, u"M:\\a", u"M:\\dir\\b", TRUE, FALSE));
    assert_true(events_come(8));
    static const struct seen expected[] = {
        {NT_EVENT_ADDED, FILE_NOTIFY_CHANGE_FILE_NAME, false, "new", ""},
        {NT_EVENT_ADDED, FILE_NOTIFY_CHANGE_DIR_NAME, true, "newdir", ""},
        {NT_EVENT_REMOVED, FILE_NOTIFY_CHANGE_FILE_NAME, false, "new", ""},
        {NT_EVENT_MODIFIED,
         FILE_NOTIFY_CHANGE_SIZE | FILE_NOTIFY_CHANGE_LAST_WRITE | FILE_NOTIFY_CHANGE_ATTRIBUTES, false,
         "file", ""},
        {NT_EVENT_MODIFIED, FILE_NOTIFY_CHANGE_EA | FILE_NOTIFY_CHANGE_ATTRIBUTES, false, "file", ""},
        {NT_EVENT_RENAMED, FILE_NOTIFY_CHANGE_FILE_NAME, false, "a", "b"},
        {NT_EVENT_REMOVED, FILE_NOTIFY_CHANGE_DIR_NAME, true, "a", ""},
        {NT_EVENT_ADDED, FILE_NOTIFY_CHANGE_DIR_NAME, true, "b", ""},
    };
    for (size_t i = 0; i < COUNT_OF(expected); i++) {
        assert_int_equal(events[i].kind, expected[i].kind);
        assert_int_equal(events[i].filter, expected[i].filter);
        assert_int_equal(events[i].directory, expected[i].directory);
        assert_string_equal(events[i].name, expected[i].name);
        assert_string_equal(events[i].new_name, expected[i].new_name);
    }
    shut();
}

static void refused(void **state)
{
    open_at(u"M:", "/d/M");
    assert_false(DokanNotifyUpdate(NULL, u"M:\\file"));
    assert_false(DokanNotifyUpdate(handle, NULL));
    assert_false(DokanNotifyRename(handle, NULL, u"M:\\b", FALSE, TRUE));
    assert_false(DokanNotifyRename(handle, u"M:\\a", NULL, FALSE, TRUE));
    assert_false(DokanNotifyRename(handle, u"M:\\a", u"b", FALSE, TRUE));
    /* Both halves of a move are tried. */
    assert_false(DokanNotifyRename(handle, u"a", u"M:\\b", FALSE, FALSE));
    assert_true(events_come(1));
    assert_int_equal(events[0].kind, NT_EVENT_ADDED);
    instance_end(inst);
    assert_true(instance_wait(inst, INSTANCE_CLOSED, 5000));
    assert_false(DokanNotifyUpdate(handle, u"M:\\file"));
    shut();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(paths_of_a_drive),
        cmocka_unit_test(paths_of_a_directory),
        cmocka_unit_test(paths_inside_a_drive),
        cmocka_unit_test(kinds_and_filters),
        cmocka_unit_test(refused),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
