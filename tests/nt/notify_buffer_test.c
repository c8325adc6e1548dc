// SPDX-License-Identifier: MIT
/* Change notification: what is kept between requests, what is too much, and how a watch ends. */
#include "waiting.h"

enum { ALL_FILTERS = 0xfff };

/* ---- the buffer -------------------------------------------------------------------------------------- */

static void test_between_requests(void **state)
{
    struct rig *rig = rig_open(&(struct rig_spec){0});
    struct nt_handle *dir = rig_must_open(rig, u"\\d");
    struct waiting *w = watch(rig, dir, ALL_FILTERS, false);
    tell_added(rig, u"\\d\\1");
    assert_string_equal("+1", news_of(w));
    tell_added(rig, u"\\d\\22");
    tell_added(rig, u"\\d\\333");
    settle(rig);
    w = watch(rig, dir, ALL_FILTERS, false);
    assert_true(wait_completed(w));
    assert_string_equal("+22 +333", news_of(w));
    w = watch(rig, dir, ALL_FILTERS, false);
    assert_false(wait_completed(w)); /* nothing twice */
    struct waiting *second = watch(rig, dir, ALL_FILTERS, false);
    tell_added(rig, u"\\d\\4");
    assert_string_equal("+4", news_of(w));
    assert_false(wait_completed(second)); /* each change for one request */
    tell_added(rig, u"\\d\\5");
    assert_string_equal("+5", news_of(second));
    rig_end(rig, dir);
    rig_close(rig);
}

/* One entry of a name of one letter takes 14 bytes, at a multiple of 4. */
static void test_overflow(void **state)
{
    static const struct {
        uint32_t first, later; /* lengths of the requests */
        unsigned changes;
        NTSTATUS status;
    } rows[] = {
        {64, 64, 3, STATUS_SUCCESS},         {46, 46, 3, STATUS_SUCCESS},
        {45, 64, 3, STATUS_NOTIFY_ENUM_DIR}, /* the first decides */
        {64, 45, 3, STATUS_NOTIFY_ENUM_DIR}, /* it must fit, too */
        {64, 46, 3, STATUS_SUCCESS},         {14, 14, 1, STATUS_SUCCESS},
        {13, 13, 1, STATUS_NOTIFY_ENUM_DIR}, {0, 64, 1, STATUS_NOTIFY_ENUM_DIR},
        {64, 0, 1, STATUS_NOTIFY_ENUM_DIR},  {64, 64, 2000, STATUS_NOTIFY_ENUM_DIR},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct rig *rig = rig_open(&(struct rig_spec){0});
        struct nt_handle *dir = rig_must_open(rig, u"\\d");
        char text[NEWS_TEXT] = "";
        struct waiting *w = watch_with(rig, dir, 1, false, rows[i].first);
        tell_added(rig, u"\\d\\x");
        assert_status(rows[i].first < 14 ? STATUS_NOTIFY_ENUM_DIR : STATUS_SUCCESS, take_news(w, text));
        for (unsigned n = 0; n < rows[i].changes; n++)
            tell_added(rig, u"\\d\\x");
        settle(rig);
        w = watch_with(rig, dir, 1, false, rows[i].later);
        assert_true(wait_completed(w));
        assert_status(rows[i].status, take_news(w, text));
        w = watch_with(rig, dir, 1, false, rows[i].first);
        assert_false(wait_completed(w)); /* told once; it starts anew */
        assert_true(nt_cancel(&w->rq));
        assert_status(STATUS_CANCELLED, wait_end(w));
        rig_end(rig, dir);
        rig_close(rig);
    }
}

/* A pair of which only half fits is as good as none. */
static void test_overflow_by_a_pair(void **state)
{
    struct rig *rig = rig_open(&(struct rig_spec){0});
    struct nt_handle *dir = rig_must_open(rig, u"\\d");
    char text[NEWS_TEXT] = "";
    struct waiting *w = watch_with(rig, dir, 1, false, 20);
    assert_status(STATUS_SUCCESS, rig_move(rig, u"\\d\\f", u"\\d\\g", 0));
    assert_status(STATUS_NOTIFY_ENUM_DIR, take_news(w, text));
    w = watch_with(rig, dir, 1, false, 20);
    assert_false(wait_completed(w));
    tell_added(rig, u"\\d\\x");
    assert_string_equal("+x", news_of(w));
    rig_end(rig, dir);
    rig_close(rig);
}

/* What was queued before the watch began is not for it. */
static void slow_event(struct nt_listener *listener, const struct nt_event *event)
{
    sleep_ms(event->filter ? 30 : 0);
}

static void test_begins_now(void **state)
{
    static const struct nt_listener_ops ops = {.event = slow_event};
    struct nt_listener slow = {.ops = &ops};
    struct rig *rig = rig_open(&(struct rig_spec){0});
    nt_listener_add(rig->vol, &slow);
    for (int i = 0; i < 4; i++)
        tell_added(rig, u"\\d\\before");
    struct nt_handle *dir = rig_must_open(rig, u"\\d");
    struct waiting *w = watch(rig, dir, ALL_FILTERS, false);
    tell_added(rig, u"\\d\\after");
    assert_string_equal("+after", news_of(w));
    rig_end(rig, dir);
    nt_listener_remove(rig->vol, &slow);
    rig_close(rig);
}

struct barrier {
    struct nt_listener listener;
    pthread_mutex_t lock;
};

static void stand_still(struct nt_listener *listener, const struct nt_event *event)
{
    struct barrier *b = list_entry(listener, struct barrier, listener);
    pthread_mutex_lock(&b->lock);
    pthread_mutex_unlock(&b->lock);
}

/* When the queue of events itself is full, everybody is told that he missed something. */
static void test_queue_overflow(void **state)
{
    static const struct nt_listener_ops ops = {.event = stand_still};
    struct barrier b = {.listener = {.ops = &ops}, .lock = PTHREAD_MUTEX_INITIALIZER};
    struct rig *rig = rig_open(&(struct rig_spec){0});
    struct nt_handle *dir = rig_must_open(rig, u"\\d");
    char text[NEWS_TEXT] = "";
    nt_listener_add(rig->vol, &b.listener);
    struct waiting *w = watch(rig, dir, FILE_NOTIFY_CHANGE_FILE_NAME, false);
    pthread_mutex_lock(&b.lock);
    bool full = false;
    for (int i = 0; i < 70000 && !full; i++)
        full = !nt_notify(rig->vol, NT_EVENT_MODIFIED, FILE_NOTIFY_CHANGE_SIZE, u"\\elsewhere", NULL, false);
    assert_true(full);
    assert_status(STATUS_NOTIFY_ENUM_DIR, take_news(w, text));
    pthread_mutex_unlock(&b.lock);
    rig_end(rig, dir);
    nt_listener_remove(rig->vol, &b.listener);
    rig_close(rig);
}

/* ---- ends and refusals ------------------------------------------------------------------------------- */

static void test_refusals(void **state)
{
    static const struct {
        const WCHAR *path;
        ACCESS_MASK access;
        uint32_t filter;
        NTSTATUS expected;
    } rows[] = {
        {u"\\f", FILE_LIST_DIRECTORY, 1, STATUS_INVALID_PARAMETER},
        {u"\\d", FILE_LIST_DIRECTORY, 0, STATUS_INVALID_PARAMETER},
        {u"\\d", FILE_LIST_DIRECTORY, 0x1000, STATUS_INVALID_PARAMETER},
        {u"\\d", FILE_READ_ATTRIBUTES, 1, STATUS_ACCESS_DENIED},
    };
    struct rig *rig = rig_open(&(struct rig_spec){0});
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct opened o = rig_create(
            rig, &(struct opening){.path = rows[i].path, .access = rows[i].access, .disposition = FILE_OPEN});
        assert_status(rows[i].expected, wait_end(watch(rig, o.handle, rows[i].filter, false)));
        rig_end(rig, o.handle);
    }
    rig_close(rig);
}

struct ending {
    struct rig *rig;
    struct nt_handle *dir;
    struct waiting *w;
};

static void end_by_cleanup(struct ending *e)
{
    rig_cleanup(e->rig, e->dir);
}

static void end_by_cancel(struct ending *e)
{
    assert_true(nt_cancel(&e->w->rq));
}

static void end_by_stop(struct ending *e)
{
    nt_volume_stop(e->rig->vol);
}

static void end_by_time(struct ending *e)
{
}

static void end_by_disposition(struct ending *e)
{
    struct nt_handle *other = rig_must_open(e->rig, u"\\d");
    assert_status(STATUS_SUCCESS, rig_dispose(e->rig, other, true));
    rig_end(e->rig, other);
}

static void end_by_own_disposition(struct ending *e)
{
    assert_status(STATUS_SUCCESS, rig_dispose(e->rig, e->dir, true));
}

static void end_by_delete_on_close(struct ending *e)
{
    rig_end(e->rig, rig_create(e->rig, &(struct opening){.path = u"\\d",
                                                         .disposition = FILE_OPEN,
                                                         .options = FILE_DELETE_ON_CLOSE})
                        .handle);
}

static void end_by_removal(struct ending *e)
{
    assert_status(STATUS_SUCCESS, rig_remove(e->rig, u"\\d", true));
}

static void end_by_being_told(struct ending *e)
{
    nt_notify(e->rig->vol, NT_EVENT_REMOVED, FILE_NOTIFY_CHANGE_DIR_NAME, u"\\D", NULL, true);
}

static void test_ends(void **state)
{
    static const struct {
        void (*end)(struct ending *e);
        uint64_t wait_ns;
        NTSTATUS expected, afterwards; /* PENDING: it waits again */
    } rows[] = {
        {end_by_cleanup, 0, STATUS_NOTIFY_CLEANUP, STATUS_FILE_CLOSED},
        {end_by_cancel, 0, STATUS_CANCELLED, STATUS_PENDING},
        {end_by_stop, 0, STATUS_CANCELLED, STATUS_FILE_CLOSED},
        {end_by_time, 1000000, STATUS_IO_TIMEOUT, STATUS_PENDING},
        {end_by_disposition, 0, STATUS_DELETE_PENDING, STATUS_DELETE_PENDING},
        {end_by_own_disposition, 0, STATUS_DELETE_PENDING, STATUS_DELETE_PENDING},
        {end_by_delete_on_close, 0, STATUS_DELETE_PENDING, STATUS_DELETE_PENDING},
        {end_by_removal, 0, STATUS_DELETE_PENDING, STATUS_DELETE_PENDING},
        {end_by_being_told, 0, STATUS_DELETE_PENDING, STATUS_DELETE_PENDING},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct ending e = {.rig = rig_open(&(struct rig_spec){.timeout_ms = 80})};
        e.dir = rig_must_open(e.rig, u"\\d");
        e.w = wait_new(e.rig, NT_NOTIFY, e.dir);
        e.w->rq.wait_ns = rows[i].wait_ns;
        e.w->rq.notify = (struct nt_notify_args){.buffer = e.w->buffer, .length = 100, .filter = 1};
        wait_submit(e.w);
        sleep_ms(100);
        assert_int_equal(rows[i].wait_ns != 0, wait_completed(e.w));
        rows[i].end(&e);
        assert_status(rows[i].expected, wait_end(e.w));
        struct waiting *again = watch(e.rig, e.dir, 1, false);
        if (rows[i].afterwards == STATUS_PENDING) {
            assert_false(wait_completed(again));
            assert_true(nt_cancel(&again->rq));
            wait_end(again);
        } else {
            assert_status(rows[i].afterwards, wait_end(again));
        }
        rig_close_only(e.rig, e.dir);
        rig_close(e.rig);
    }
}

static void test_cleanup_overtakes(void **state)
{
    struct rig *rig = rig_open(&(struct rig_spec){0});
    struct nt_handle *dir = rig_must_open(rig, u"\\d");
    struct waiting *w = wait_new(rig, NT_NOTIFY, dir);
    w->rq.notify = (struct nt_notify_args){.buffer = w->buffer, .length = 100, .filter = 1};
    assert_true(nt_admit(&w->rq));
    rig_cleanup(rig, dir);
    nt_run(&w->rq);
    assert_status(STATUS_NOTIFY_CLEANUP, wait_end(w));
    rig_close_only(rig, dir);
    rig_close(rig);
}

/* The mark taken back, it is a directory like any. */
static void test_undeleted(void **state)
{
    struct rig *rig = rig_open(&(struct rig_spec){0});
    struct nt_handle *dir = rig_must_open(rig, u"\\d");
    assert_status(STATUS_SUCCESS, rig_dispose(rig, dir, true));
    assert_status(STATUS_DELETE_PENDING, wait_end(watch(rig, dir, 1, false)));
    assert_status(STATUS_SUCCESS, rig_dispose(rig, dir, false));
    struct waiting *w = watch(rig, dir, 1, false);
    tell_added(rig, u"\\d\\x");
    assert_string_equal("+x", news_of(w));
    rig_end(rig, dir);
    rig_close(rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_between_requests),
        cmocka_unit_test(test_overflow),
        cmocka_unit_test(test_overflow_by_a_pair),
        cmocka_unit_test(test_begins_now),
        cmocka_unit_test(test_queue_overflow),
        cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_ends),
        cmocka_unit_test(test_cleanup_overtakes),
        cmocka_unit_test(test_undeleted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
