// SPDX-License-Identifier: MIT
/* Change notification: what is told to whom, under which name. */
#include "memfs.h"
#include "waiting.h"
#include <string.h>

enum { ALL_FILTERS = 0xfff };

/* ---- what a request brings --------------------------------------------------------------------------- */

/* All that comes before a mark, which is set now. `w` waits already, with this filter. */
static const char *news_until_now(struct rig *rig, struct nt_handle *h, struct waiting *w, uint32_t filter,
                                  const WCHAR *mark)
{
    static char text[NEWS_TEXT];
    char *end;
    text[0] = 0;
    assert_true(nt_notify(rig->vol, NT_EVENT_MODIFIED, filter, mark, NULL, false));
    for (;;) {
        assert_status(STATUS_SUCCESS, take_news(w, text));
        if ((end = strstr(text, "*~")) != NULL)
            break;
        w = watch(rig, h, filter, false);
    }
    end[end > text ? -1 : 0] = 0;
    return text;
}

/* ---- what causes which ------------------------------------------------------------------------------- */

struct world {
    struct rig *rig;
    struct nt_handle *f; /* \d\f */
};

static struct opened open_as(struct world *w, const WCHAR *path, ULONG disposition, ULONG options)
{
    return rig_create(w->rig,
                      &(struct opening){.path = path, .disposition = disposition, .options = options});
}

static void create_and_close(struct world *w, const WCHAR *path, ULONG disposition, ULONG options)
{
    rig_end(w->rig, open_as(w, path, disposition, options).handle);
}

static void make_file(struct world *w)
{
    create_and_close(w, u"\\d\\new", FILE_CREATE, 0);
}

static void make_dir(struct world *w)
{
    create_and_close(w, u"\\d\\dnew", FILE_CREATE, FILE_DIRECTORY_FILE);
}

static void open_only(struct world *w)
{
    create_and_close(w, u"\\d\\f", FILE_OPEN, 0);
}

static void overwrite(struct world *w)
{
    create_and_close(w, u"\\d\\f", FILE_OVERWRITE, 0);
}

static void write_once(struct world *w)
{
    char byte = 0;
    assert_status(STATUS_SUCCESS, rig_write(w->rig, w->f, &byte, 1, 0, NULL));
}

static void write_and_close(struct world *w)
{
    write_once(w);
    open_only(w); /* any handle's Cleanup reports it */
    open_only(w);
}

static void set_basic(struct world *w)
{
    FILE_BASIC_INFORMATION basic = {0};
    rig_set(w->rig, w->f, FileBasicInformation, &basic, sizeof basic);
}

static void set_size(struct world *w)
{
    LONGLONG size = 5;
    rig_set(w->rig, w->f, FileEndOfFileInformation, &size, sizeof size);
}

static void set_allocation(struct world *w)
{
    LONGLONG size = 5;
    rig_set(w->rig, w->f, FileAllocationInformation, &size, sizeof size);
}

static void set_security(struct world *w)
{
    struct nt_request rq;
    UCHAR descriptor[20] = {1, 0, 4, 0x80}; /* self-relative, with an absent list */
    rig_request(w->rig, &rq, NT_SET_SECURITY, w->f);
    rq.security = (struct nt_security_args){
        .what = DACL_SECURITY_INFORMATION, .buffer = descriptor, .length = sizeof descriptor};
    nt_call(&rq, NULL);
}

static void rename_here(struct world *w)
{
    rig_rename(w->rig, w->f, u"g", false);
}

static void rename_away(struct world *w)
{
    rig_rename(w->rig, w->f, u"\\f", false);
}

static void rename_dir_in(struct world *w)
{
    rig_move(w->rig, u"\\dother", u"\\d\\dother", 0);
}

static void delete_at_cleanup(struct world *w)
{
    struct nt_handle *h = open_as(w, u"\\d\\x", FILE_OPEN, FILE_DELETE_ON_CLOSE).handle;
    rig_end(w->rig, h);
}

static void delete_by_disposition(struct world *w)
{
    struct nt_handle *h = open_as(w, u"\\d\\dx", FILE_OPEN, 0).handle;
    rig_dispose(w->rig, h, true);
    rig_end(w->rig, h);
}

static void remove_by_name(struct world *w)
{
    rig_remove(w->rig, u"\\d\\f", false); /* it is open */
}

static void make_stream(struct world *w)
{
    create_and_close(w, u"\\d\\f:s", FILE_CREATE, 0);
}

static void write_stream(struct world *w)
{
    char byte = 0;
    struct nt_handle *h = open_as(w, u"\\d\\f:s", FILE_OPEN, 0).handle;
    rig_write(w->rig, h, &byte, 1, 0, NULL);
    rig_end(w->rig, h);
}

static void remove_stream(struct world *w)
{
    rig_end(w->rig, open_as(w, u"\\d\\f:s", FILE_OPEN, FILE_DELETE_ON_CLOSE).handle);
}

static void told(struct world *w, enum nt_event_kind kind, uint32_t filter, const WCHAR *path,
                 const WCHAR *to, bool directory)
{
    assert_true(nt_notify(w->rig->vol, kind, filter, path, to, directory));
}

static void told_created(struct world *w)
{
    told(w, NT_EVENT_ADDED, FILE_NOTIFY_CHANGE_FILE_NAME, u"\\d\\n", NULL, false);
}

static void told_deleted(struct world *w)
{
    told(w, NT_EVENT_REMOVED, FILE_NOTIFY_CHANGE_DIR_NAME, u"\\d\\dn", NULL, true);
}

static void told_updated(struct world *w)
{
    told(w, NT_EVENT_MODIFIED, FILE_NOTIFY_CHANGE_ATTRIBUTES, u"\\d\\n", NULL, false);
}

static void told_renamed(struct world *w)
{
    told(w, NT_EVENT_RENAMED, FILE_NOTIFY_CHANGE_FILE_NAME, u"\\d\\n", u"\\d\\m", false);
}

static void told_stream(struct world *w)
{
    told(w, NT_EVENT_REMOVED, FILE_NOTIFY_CHANGE_FILE_NAME, u"\\d\\n:s", NULL, false);
}

static void told_stream_attributes(struct world *w)
{
    told(w, NT_EVENT_MODIFIED, FILE_NOTIFY_CHANGE_ATTRIBUTES, u"\\d\\n:s", NULL, false);
}

static void told_stream_renamed(struct world *w)
{
    told(w, NT_EVENT_RENAMED, FILE_NOTIFY_CHANGE_FILE_NAME, u"\\d\\n:s", u"\\d\\n:t", false);
}

/* The words with each of the twelve filters that lets any pass, in the order of the bits. */
static const struct trigger {
    void (*act)(struct world *w);
    struct {
        uint32_t filter;
        const char *words;
    } expected[5];
} triggers[] = {
    {make_file, {{FILE_NOTIFY_CHANGE_FILE_NAME, "+new"}}},
    {make_dir, {{FILE_NOTIFY_CHANGE_DIR_NAME, "+dnew"}}},
    {open_only, {{0, NULL}}},
    {overwrite, {{FILE_NOTIFY_CHANGE_SIZE, "*f"}, {FILE_NOTIFY_CHANGE_LAST_WRITE, "*f"}}},
    {write_once, {{FILE_NOTIFY_CHANGE_SIZE, "*f"}}},
    {write_and_close, {{FILE_NOTIFY_CHANGE_SIZE, "*f"}, {FILE_NOTIFY_CHANGE_LAST_WRITE, "*f"}}},
    {set_basic,
     {{FILE_NOTIFY_CHANGE_ATTRIBUTES, "*f"},
      {FILE_NOTIFY_CHANGE_LAST_WRITE, "*f"},
      {FILE_NOTIFY_CHANGE_LAST_ACCESS, "*f"},
      {FILE_NOTIFY_CHANGE_CREATION, "*f"}}},
    {set_size, {{FILE_NOTIFY_CHANGE_SIZE, "*f"}}},
    {set_allocation, {{FILE_NOTIFY_CHANGE_SIZE, "*f"}}},
    {set_security, {{FILE_NOTIFY_CHANGE_SECURITY, "*f"}}},
    {rename_here, {{FILE_NOTIFY_CHANGE_FILE_NAME, "<f >g"}}},
    {rename_away, {{FILE_NOTIFY_CHANGE_FILE_NAME, "-f"}}},
    {rename_dir_in, {{FILE_NOTIFY_CHANGE_DIR_NAME, "+dother"}}},
    {delete_at_cleanup, {{FILE_NOTIFY_CHANGE_FILE_NAME, "-x"}}},
    {delete_by_disposition, {{FILE_NOTIFY_CHANGE_DIR_NAME, "-dx"}}},
    {remove_by_name, {{FILE_NOTIFY_CHANGE_FILE_NAME, "-f"}}},
    {make_stream, {{FILE_NOTIFY_CHANGE_STREAM_NAME, ":+f:s"}}},
    {write_stream, {{FILE_NOTIFY_CHANGE_STREAM_SIZE, ":*f:s"}, {FILE_NOTIFY_CHANGE_STREAM_WRITE, ":*f:s"}}},
    {remove_stream, {{FILE_NOTIFY_CHANGE_STREAM_NAME, ":-f:s"}}},
    {told_created, {{FILE_NOTIFY_CHANGE_FILE_NAME, "+n"}}},
    {told_deleted, {{FILE_NOTIFY_CHANGE_DIR_NAME, "-dn"}}},
    {told_updated, {{FILE_NOTIFY_CHANGE_ATTRIBUTES, "*n"}}},
    {told_renamed, {{FILE_NOTIFY_CHANGE_FILE_NAME, "<n >m"}}},
    {told_stream, {{FILE_NOTIFY_CHANGE_STREAM_NAME, ":-n:s"}}},
    {told_stream_attributes, {{0, NULL}}},
    {told_stream_renamed, {{FILE_NOTIFY_CHANGE_STREAM_NAME, ":-n:s :+n:t"}}},
};

static const char *expected_words(const struct trigger *t, uint32_t filter)
{
    for (size_t i = 0; i < COUNT_OF(t->expected) && t->expected[i].filter; i++)
        if (t->expected[i].filter == filter)
            return t->expected[i].words;
    return "";
}

static void pull(const struct trigger *t, uint32_t filter)
{
    struct world w = {.rig = rig_open(&(struct rig_spec){.options = DOKAN_OPTION_ALT_STREAM})};
    w.f = rig_must_open(w.rig, u"\\d\\f");
    struct nt_handle *dir = rig_must_open(w.rig, u"\\d");
    struct waiting *waits = watch(w.rig, dir, filter, false);
    t->act(&w);
    const char *words = news_until_now(w.rig, dir, waits, filter, u"\\d\\~");
    if (strcmp(expected_words(t, filter), words) != 0)
        fail_msg("row %d, filter %x: '%s', not '%s'", (int)(t - triggers), filter, words,
                 expected_words(t, filter));
    rig_end(w.rig, dir);
    rig_end(w.rig, w.f);
    rig_close(w.rig);
}

static void test_triggers(void **state)
{
    for (size_t i = 0; i < COUNT_OF(triggers); i++)
        for (uint32_t filter = 1; filter < ALL_FILTERS; filter <<= 1)
            pull(&triggers[i], filter);
}

/* ---- scope and names --------------------------------------------------------------------------------- */

static void test_scope(void **state)
{
    static const struct {
        const WCHAR *dir;
        bool tree, case_sensitive;
        const WCHAR *path;
        const char *words;
    } rows[] = {
        {u"\\", false, false, u"\\f", "+f"},
        {u"\\", false, false, u"\\d\\f", ""},
        {u"\\", true, false, u"\\d\\f", "+d\\f"},
        {u"\\", true, false, u"\\d\\e\\f", "+d\\e\\f"},
        {u"\\d", false, false, u"\\d\\f", "+f"},
        {u"\\d", false, false, u"\\d", ""},
        {u"\\d", true, false, u"\\d", ""},
        {u"\\d", true, false, u"\\dd\\f", ""},
        {u"\\d", true, false, u"\\f", ""},
        {u"\\d", false, false, u"\\D\\F", "+F"},
        {u"\\d", false, true, u"\\D\\F", ""},
        {u"\\d", false, false, u"\\d\\e\\f", ""},
        {u"\\d", true, false, u"\\D\\e\\f", "+e\\f"},
        {u"\\d", false, false, u"\\d\\f:s", ""},
        {u"\\d\\d2", true, false, u"\\d\\d2\\f", "+f"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct rig *rig =
            rig_open(&(struct rig_spec){.options = rows[i].case_sensitive ? DOKAN_OPTION_CASE_SENSITIVE : 0});
        struct nt_handle *dir = rig_must_open(rig, rows[i].dir);
        struct waiting *w = watch(rig, dir, FILE_NOTIFY_CHANGE_FILE_NAME, rows[i].tree);
        assert_true(
            nt_notify(rig->vol, NT_EVENT_ADDED, FILE_NOTIFY_CHANGE_FILE_NAME, rows[i].path, NULL, false));
        WCHAR mark[32] = {0};
        size_t len = text_length(rows[i].dir) == 1 ? 0 : text_length(rows[i].dir);
        memcpy(mark, rows[i].dir, len * sizeof(WCHAR));
        memcpy(mark + len, u"\\~", 2 * sizeof(WCHAR));
        assert_string_equal(rows[i].words, news_until_now(rig, dir, w, FILE_NOTIFY_CHANGE_FILE_NAME, mark));
        rig_end(rig, dir);
        rig_close(rig);
    }
}

/* A watched directory is renamed, one above it is, one takes its place: names stay relative to it. */
static void test_watch_follows_renames(void **state)
{
    void *memfs = memfs_new(0, 0);
    struct rig *rig = rig_open(&(struct rig_spec){.operations = memfs_operations(), .context = memfs});
    struct world w = {.rig = rig};
    create_and_close(&w, u"\\up", FILE_CREATE, FILE_DIRECTORY_FILE);
    create_and_close(&w, u"\\up\\in", FILE_CREATE, FILE_DIRECTORY_FILE);
    struct nt_handle *dir = open_as(&w, u"\\up\\in", FILE_OPEN, FILE_DIRECTORY_FILE).handle;
    struct waiting *waits = watch(rig, dir, ALL_FILTERS, true);
    create_and_close(&w, u"\\up\\in\\a", FILE_CREATE, 0);
    assert_status(STATUS_SUCCESS, rig_move(rig, u"\\up", u"\\above", 0));
    create_and_close(&w, u"\\above\\in\\b", FILE_CREATE, 0);
    assert_status(STATUS_SUCCESS, rig_move(rig, u"\\above\\in", u"\\above\\Inner", 0));
    create_and_close(&w, u"\\above\\in", FILE_CREATE, FILE_DIRECTORY_FILE);
    create_and_close(&w, u"\\above\\in\\not", FILE_CREATE, 0);
    assert_status(STATUS_SUCCESS, rig_move(rig, u"\\above\\in\\not", u"\\above\\inner\\c", 0));
    assert_string_equal("+a +b +c", news_until_now(rig, dir, waits, ALL_FILTERS, u"\\above\\inner\\~"));
    rig_end(rig, dir);
    rig_close(rig);
    memfs_free(memfs);
}

/* Within a tree: the same directory makes a pair, another directory two events. */
static void test_renames_in_a_tree(void **state)
{
    struct rig *rig = rig_open(&(struct rig_spec){0});
    struct nt_handle *dir = rig_must_open(rig, u"\\d");
    struct waiting *w = watch(rig, dir, ALL_FILTERS, true);
    assert_status(STATUS_SUCCESS, rig_move(rig, u"\\d\\d1\\f", u"\\d\\d1\\g", 0));
    assert_string_equal("<d1\\f >d1\\g", news_of(w)); /* the pair comes whole */
    w = watch(rig, dir, ALL_FILTERS, true);
    assert_status(STATUS_SUCCESS, rig_move(rig, u"\\d\\d1\\g", u"\\d\\d2\\g", 0));
    assert_string_equal("-d1\\g +d2\\g", news_of(w));
    w = watch(rig, dir, ALL_FILTERS, true);
    assert_status(STATUS_SUCCESS, rig_move(rig, u"\\f", u"\\d\\d2\\h", 0));
    assert_string_equal("+d2\\h", news_of(w));
    rig_end(rig, dir);
    rig_close(rig);
}

struct counter {
    struct nt_listener listener;
    _Atomic unsigned sizes;
};

static void count_sizes(struct nt_listener *listener, const struct nt_event *event)
{
    struct counter *c = list_entry(listener, struct counter, listener);
    c->sizes += event->filter == FILE_NOTIFY_CHANGE_SIZE && event->name[0] == u'f';
}

/* Size is news when the file grows, again after it was cut; listeners hear of every write. */
static void test_growth(void **state)
{
    static const struct nt_listener_ops ops = {.event = count_sizes};
    static const struct {
        int64_t offset; /* -2: the size is set */
        const char *words;
    } rows[] = {{0, "*f"}, {0, ""}, {5, ""}, {6, "*f"}, {-1, "*f"}, {3, ""}, {-2, "*f"}, {3, "*f"}, {3, ""}};
    char bytes[10] = {0};
    struct counter counter = {.listener = {.ops = &ops}};
    struct world w = {.rig = rig_open(&(struct rig_spec){0})};
    w.f = rig_must_open(w.rig, u"\\d\\f");
    struct nt_handle *dir = rig_must_open(w.rig, u"\\d");
    nt_listener_add(w.rig->vol, &counter.listener);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct waiting *waits = watch(w.rig, dir, FILE_NOTIFY_CHANGE_SIZE, false);
        if (rows[i].offset == -2)
            set_size(&w);
        else
            rig_write(w.rig, w.f, bytes, rows[i].offset == 5 ? 5 : sizeof bytes, rows[i].offset, NULL);
        const char *words = news_until_now(w.rig, dir, waits, FILE_NOTIFY_CHANGE_SIZE, u"\\d\\~");
        if (strcmp(rows[i].words, words) != 0)
            fail_msg("row %d: '%s', not '%s'", (int)i, words, rows[i].words);
    }
    nt_listener_remove(w.rig->vol, &counter.listener);
    assert_int_equal(COUNT_OF(rows), counter.sizes);
    rig_end(w.rig, dir);
    rig_end(w.rig, w.f);
    rig_close(w.rig);
}

static NTSTATUS notify_inside(struct fake *fs, struct fake_call *call, NTSTATUS planned)
{
    tell_added(list_entry(fs, struct rig, fs), u"\\d\\inside");
    return planned;
}

static void test_from_a_callback(void **state)
{
    struct rig *rig = rig_open(&(struct rig_spec){.single_thread = true});
    struct nt_handle *dir = rig_must_open(rig, u"\\d"), *h = rig_must_open(rig, u"\\f");
    struct waiting *w = watch(rig, dir, ALL_FILTERS, false);
    char byte;
    fake_hooks(&rig->fs, DokanOperationReadFile, notify_inside);
    assert_status(STATUS_SUCCESS, rig_read(rig, h, &byte, 1, 0, NULL));
    assert_string_equal("+inside", news_of(w));
    rig_end(rig, h);
    rig_end(rig, dir);
    rig_close(rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_triggers),
        cmocka_unit_test(test_scope),
        cmocka_unit_test(test_watch_follows_renames),
        cmocka_unit_test(test_renames_in_a_tree),
        cmocka_unit_test(test_growth),
        cmocka_unit_test(test_from_a_callback),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
