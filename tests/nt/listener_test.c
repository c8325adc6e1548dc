// SPDX-License-Identifier: MIT
/* Listeners: every change once, in order, to everybody but its origin. */
#include "harness.h"
#include <stdio.h>

struct ear {
    struct nt_listener listener;
    pthread_mutex_t lock;
    char heard[4096]; /* "A name;" for each event */
    unsigned count;
};

static void hear(struct nt_listener *listener, const struct nt_event *event)
{
    static const char kinds[] = "ARMNG";
    struct ear *ear = list_entry(listener, struct ear, listener);
    pthread_mutex_lock(&ear->lock);
    size_t used = strlen(ear->heard);
    snprintf(ear->heard + used, sizeof ear->heard - used, "%c%s%s%s:%x%s;", kinds[event->kind],
             event->name ? narrow_n(event->name, event->name_len) : "", event->new_name ? ">" : "",
             event->new_name ? narrow_n(event->new_name, event->new_name_len) : "", event->filter,
             event->directory ? "d" : "");
    ear->count++;
    pthread_mutex_unlock(&ear->lock);
}

static const struct nt_listener_ops ear_ops = {.event = hear};

static void ear_open(struct rig *rig, struct ear *ear)
{
    memset(ear, 0, sizeof *ear);
    ear->listener.ops = &ear_ops;
    pthread_mutex_init(&ear->lock, NULL);
    nt_listener_add(rig->vol, &ear->listener);
}

/* What was heard since the last look, once everything queued has arrived. */
static const char *ear_says(struct rig *rig, struct ear *ear)
{
    static char said[4096];
    assert_true(nt_notify(rig->vol, NT_EVENT_MODIFIED, 0, u"\\~end", NULL, false));
    for (int i = 0; i < 2000; i++) {
        pthread_mutex_lock(&ear->lock);
        char *mark = strstr(ear->heard, "M~end:0;");
        if (mark) {
            *mark = 0;
            strcpy(said, ear->heard);
            ear->heard[0] = 0;
        }
        pthread_mutex_unlock(&ear->lock);
        if (mark)
            return said;
        sleep_ms(2);
    }
    fail_msg("the end mark never came");
    return NULL;
}

static void ear_close(struct rig *rig, struct ear *ear)
{
    nt_listener_remove(rig->vol, &ear->listener);
    pthread_mutex_destroy(&ear->lock);
}

static void test_each_change(void **state)
{
    struct rig *rig = rig_open(&(struct rig_spec){0});
    struct ear ear;
    char byte = 0;
    FILE_BASIC_INFORMATION basic = {0};
    LONGLONG size = 5;
    ear_open(rig, &ear);
    struct opened o = rig_create(rig, &(struct opening){.path = u"\\f", .disposition = FILE_CREATE});
    assert_string_equal("Af:1;", ear_says(rig, &ear));
    rig_set(rig, o.handle, FileBasicInformation, &basic, sizeof basic);
    assert_string_equal("Mf:74;", ear_says(rig, &ear));
    rig_set(rig, o.handle, FileEndOfFileInformation, &size, sizeof size);
    rig_set(rig, o.handle, FileAllocationInformation, &size, sizeof size);
    assert_string_equal("Mf:8;Mf:8;", ear_says(rig, &ear));
    rig_write(rig, o.handle, &byte, 1, 0, NULL);
    assert_string_equal("Mf:8;", ear_says(rig, &ear));
    rig_rename(rig, o.handle, u"g", false);
    assert_string_equal("Nf>g:1;", ear_says(rig, &ear));
    rig_end(rig, o.handle);
    assert_string_equal("Mg:10;", ear_says(rig, &ear));
    struct nt_handle *h = rig_must_open(rig, u"\\g");
    rig_end(rig, h); /* nothing was written: the LAST_WRITE of before is not repeated */
    assert_string_equal("", ear_says(rig, &ear));
    h = rig_must_open(rig, u"\\g");
    rig_dispose(rig, h, true);
    assert_string_equal("", ear_says(rig, &ear));
    rig_end(rig, h);
    assert_string_equal("Rg:1;", ear_says(rig, &ear));
    o = rig_create(
        rig, &(struct opening){.path = u"\\d", .disposition = FILE_CREATE, .options = FILE_DIRECTORY_FILE});
    rig_rename(rig, o.handle, u"dd", false);
    rig_end(rig, o.handle);
    assert_string_equal("Ad:2d;Nd>dd:2d;", ear_says(rig, &ear));
    rig_remove(rig, u"\\dd", true);
    assert_string_equal("Rdd:2d;", ear_says(rig, &ear));
    ear_close(rig, &ear);
    rig_close(rig);
}

/* What changes nothing, and what fails, is no news. */
static void test_silence(void **state)
{
    static const ULONG quiet[] = {FILE_OPEN, FILE_OPEN_IF};
    struct rig *rig = rig_open(&(struct rig_spec){0});
    struct ear ear;
    ear_open(rig, &ear);
    fake_returns(&rig->fs, DokanOperationZwCreateFile, STATUS_OBJECT_NAME_COLLISION);
    for (size_t i = 0; i < COUNT_OF(quiet); i++) {
        struct opened o = rig_create(rig, &(struct opening){.path = u"\\f", .disposition = quiet[i]});
        if (o.handle)
            rig_end(rig, o.handle);
    }
    fake_returns(&rig->fs, DokanOperationZwCreateFile, STATUS_SUCCESS);
    struct nt_handle *h = rig_must_open(rig, u"\\f");
    LONGLONG size = 1;
    FILE_BASIC_INFORMATION basic = {0};
    fake_returns(&rig->fs, DokanOperationSetEndOfFile, STATUS_DISK_FULL);
    fake_returns(&rig->fs, DokanOperationMoveFile, STATUS_ACCESS_DENIED);
    fake_returns(&rig->fs, DokanOperationWriteFile, STATUS_DISK_FULL);
    fake_returns(&rig->fs, DokanOperationSetFileAttributes, STATUS_ACCESS_DENIED);
    rig_set(rig, h, FileEndOfFileInformation, &size, sizeof size);
    rig_set(rig, h, FileBasicInformation, &basic, sizeof basic);
    rig_rename(rig, h, u"g", false);
    rig_write(rig, h, &size, 1, 0, NULL);
    rig_end(rig, h);
    assert_string_equal("", ear_says(rig, &ear));
    ear_close(rig, &ear);
    rig_close(rig);
}

/* An open file that was removed is news once: not again when its last handle goes, moved away or not. */
static void test_removal_of_an_open_file(void **state)
{
    static const NTSTATUS moves[] = {STATUS_SUCCESS, STATUS_ACCESS_DENIED};
    for (size_t i = 0; i < COUNT_OF(moves); i++) {
        struct rig *rig = rig_open(&(struct rig_spec){0});
        struct ear ear;
        struct nt_handle *h = rig_must_open(rig, u"\\f");
        fake_returns(&rig->fs, DokanOperationMoveFile, moves[i]);
        ear_open(rig, &ear);
        assert_status(STATUS_SUCCESS, rig_remove(rig, u"\\f", false));
        assert_string_equal("Rf:1;", ear_says(rig, &ear));
        rig_end(rig, h);
        assert_string_equal("", ear_says(rig, &ear));
        ear_close(rig, &ear);
        rig_close(rig);
    }
}

static void test_origin_is_spared(void **state)
{
    struct rig *rig = rig_open(&(struct rig_spec){0});
    struct ear own, other;
    ear_open(rig, &own);
    ear_open(rig, &other);
    rig->origin = &own.listener;
    struct opened o = rig_create(rig, &(struct opening){.path = u"\\f", .disposition = FILE_CREATE});
    rig_rename(rig, o.handle, u"g", false);
    rig_end(rig, o.handle);
    rig_remove(rig, u"\\g", false);
    assert_string_equal("Af:1;Nf>g:1;Rg:1;", ear_says(rig, &other));
    assert_string_equal("", ear_says(rig, &own));
    ear_close(rig, &own);
    ear_close(rig, &other);
    rig->origin = NULL;
    rig_close(rig);
}

static void test_notify(void **state)
{
    static const struct {
        enum nt_event_kind kind;
        const WCHAR *path, *new_path;
        bool accepted;
        const char *heard;
    } rows[] = {
        {NT_EVENT_ADDED, u"\\d\\f", NULL, true, "Af:1;"},
        {NT_EVENT_REMOVED, u"\\d\\f", NULL, true, "Rf:1;"},
        {NT_EVENT_MODIFIED, u"\\f", NULL, true, "Mf:1;"},
        {NT_EVENT_RENAMED, u"\\d\\a", u"\\d\\b", true, "Na>b:1;"},
        {NT_EVENT_ADDED, u"f", NULL, false, ""},
        {NT_EVENT_ADDED, u"", NULL, false, ""},
        {NT_EVENT_RENAMED, u"\\a", u"b", false, ""},
    };
    struct rig *rig = rig_open(&(struct rig_spec){0});
    struct ear ear;
    ear_open(rig, &ear);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        assert_int_equal(rows[i].accepted,
                         nt_notify(rig->vol, rows[i].kind, 1, rows[i].path, rows[i].new_path, false));
        assert_string_equal(rows[i].heard, ear_says(rig, &ear));
    }
    ear_close(rig, &ear);
    rig_close(rig);
}

static NTSTATUS notify_inside(struct fake *fs, struct fake_call *call, NTSTATUS planned)
{
    struct rig *rig = list_entry(fs, struct rig, fs);
    return nt_notify(rig->vol, NT_EVENT_ADDED, 1, u"\\inside", NULL, false) ? planned : STATUS_UNSUCCESSFUL;
}

static void test_notify_from_a_callback(void **state)
{
    struct rig *rig = rig_open(&(struct rig_spec){.single_thread = true});
    struct ear ear;
    ear_open(rig, &ear);
    fake_hooks(&rig->fs, DokanOperationReadFile, notify_inside);
    struct nt_handle *h = rig_must_open(rig, u"\\f");
    char byte;
    assert_status(STATUS_SUCCESS, rig_read(rig, h, &byte, 1, 0, NULL));
    assert_string_equal("Ainside:1;", ear_says(rig, &ear));
    rig_end(rig, h);
    ear_close(rig, &ear);
    rig_close(rig);
}

static void test_going_away(void **state)
{
    struct rig *rig = rig_open(&(struct rig_spec){0});
    struct ear ear;
    ear_open(rig, &ear);
    nt_volume_stop(rig->vol);
    assert_string_equal("G:0;", ear.heard);
    assert_false(nt_notify(rig->vol, NT_EVENT_ADDED, 1, u"\\f", NULL, false));
    ear_close(rig, &ear);
    rig_close(rig);
}

/* Coming and going while events flow: after remove() returns, nothing is delivered any more. */
static void *shout(void *arg)
{
    struct rig *rig = arg;
    for (int i = 0; i < 3000; i++)
        nt_notify(rig->vol, NT_EVENT_MODIFIED, 1, u"\\x", NULL, false);
    return NULL;
}

static void test_add_and_remove_under_fire(void **state)
{
    struct rig *rig = rig_open(&(struct rig_spec){0});
    pthread_t thread;
    pthread_create(&thread, NULL, shout, rig);
    for (int i = 0; i < 200; i++) {
        struct ear *ear = malloc(sizeof *ear);
        ear_open(rig, ear);
        sched_yield();
        ear_close(rig, ear);
        free(ear);
    }
    pthread_join(thread, NULL);
    rig_close(rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_change),
        cmocka_unit_test(test_silence),
        cmocka_unit_test(test_removal_of_an_open_file),
        cmocka_unit_test(test_origin_is_spared),
        cmocka_unit_test(test_notify),
        cmocka_unit_test(test_notify_from_a_callback),
        cmocka_unit_test(test_going_away),
        cmocka_unit_test(test_add_and_remove_under_fire),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
