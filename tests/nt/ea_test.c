// SPDX-License-Identifier: MIT
/* Lists of extended attributes, as NtQueryEaFile and NtSetEaFile have them: over memfs, and lists that lie.
 */
#include "harness.h"
#include "memfs.h"
#include <stdio.h>

struct world {
    void *memfs;
    struct rig *rig;
};

static struct world world_open(unsigned flags)
{
    struct world w = {.memfs = memfs_new(flags, 0)};
    assert_non_null(w.memfs);
    w.rig =
        rig_open(&(struct rig_spec){.operations = memfs_operations(),
                                    .operations_ex = flags & MEMFS_EXTENDED ? memfs_operations_ex() : NULL,
                                    .context = w.memfs});
    return w;
}

static void world_close(struct world *w)
{
    rig_close(w->rig);
    memfs_free(w->memfs);
}

static struct nt_handle *make(struct rig *rig, const WCHAR *path, ULONG options)
{
    struct opened o =
        rig_create(rig, &(struct opening){.path = path, .disposition = FILE_CREATE, .options = options});
    assert_status(STATUS_SUCCESS, o.status);
    return o.handle;
}

/* ---- lists ------------------------------------------------------------------------------------------- */

struct ea_buffer {
    uint32_t used, last;
    bool any;
    _Alignas(4) unsigned char at[2000];
};

static void link_last(struct ea_buffer *l)
{
    l->used = (l->used + 3) & ~3u;
    if (l->any) {
        ULONG step = l->used - l->last;
        memcpy(l->at + l->last, &step, sizeof step);
    }
    l->last = l->used;
    l->any = true;
}

static void add(struct ea_buffer *l, const char *name, UCHAR flags, const char *value)
{
    const uint32_t at = offsetof(FILE_FULL_EA_INFORMATION, EaName);
    FILE_FULL_EA_INFORMATION head = {
        .Flags = flags, .EaNameLength = (UCHAR)strlen(name), .EaValueLength = (USHORT)strlen(value)};
    link_last(l);
    memcpy(l->at + l->used, &head, at);
    memcpy(l->at + l->used + at, name, strlen(name) + 1);
    memcpy(l->at + l->used + at + strlen(name) + 1, value, strlen(value));
    l->used += at + (uint32_t)(strlen(name) + 1 + strlen(value));
}

static void add_name(struct ea_buffer *l, const char *name)
{
    const uint32_t at = offsetof(FILE_GET_EA_INFORMATION, EaName);
    FILE_GET_EA_INFORMATION head = {.EaNameLength = (UCHAR)strlen(name)};
    link_last(l);
    memcpy(l->at + l->used, &head, at);
    memcpy(l->at + l->used + at, name, strlen(name) + 1);
    l->used += at + (uint32_t)strlen(name) + 1;
}

/* "name=value name=value", a `!` behind the name where it is needed. */
static const char *shown(const void *buffer, uint64_t length)
{
    static char text[1000];
    const unsigned char *at = buffer;
    size_t n = 0;
    text[0] = 0;
    while (length) {
        FILE_FULL_EA_INFORMATION head;
        const uint32_t name_at = offsetof(FILE_FULL_EA_INFORMATION, EaName);
        memcpy(&head, at, name_at);
        const char *name = (const char *)at + name_at;
        assert_int_equal(0, name[head.EaNameLength]);
        n += (size_t)snprintf(text + n, sizeof text - n, "%s%s%s=%.*s", n ? " " : "", name,
                              head.Flags & FILE_NEED_EA ? "!" : "", head.EaValueLength,
                              name + head.EaNameLength + 1);
        if (!head.NextEntryOffset)
            break;
        assert_int_equal(0, head.NextEntryOffset % 4);
        assert_true(head.NextEntryOffset < length);
        length -= head.NextEntryOffset;
        at += head.NextEntryOffset;
    }
    return text;
}

static NTSTATUS set(struct rig *rig, struct nt_handle *h, const void *list, uint32_t length, uint64_t *bad)
{
    struct nt_request rq;
    uint64_t unused;
    rig_request(rig, &rq, NT_SET_EAS, h);
    rq.eas = (struct nt_eas_args){.buffer = (void *)(uintptr_t)list, .length = length};
    return nt_call(&rq, bad ? bad : &unused);
}

static NTSTATUS put(struct rig *rig, struct nt_handle *h, const char *name, const char *value)
{
    struct ea_buffer l = {0};
    add(&l, name, 0, value);
    return set(rig, h, l.at, l.used, NULL);
}

static NTSTATUS query(struct rig *rig, struct nt_handle *h, struct nt_eas_args args, const char **text)
{
    static _Alignas(4) unsigned char buffer[1000];
    struct nt_request rq;
    uint64_t n = 0;
    rig_request(rig, &rq, NT_QUERY_EAS, h);
    if (!args.length)
        args.length = sizeof buffer;
    args.buffer = buffer;
    rq.eas = args;
    memset(buffer, 0xEE, sizeof buffer);
    NTSTATUS status = nt_call(&rq, &n);
    for (uint64_t i = args.length; i < sizeof buffer; i++)
        assert_int_equal(0xEE, buffer[i]);
    *text = shown(buffer, n);
    return status;
}

static uint32_t ea_size(struct rig *rig, struct nt_handle *h)
{
    FILE_EA_INFORMATION ea;
    assert_status(STATUS_SUCCESS, rig_query(rig, h, FileEaInformation, &ea, sizeof ea, NULL));
    return ea.EaSize;
}

/* ---- what they mean ---------------------------------------------------------------------------------- */

static void test_set_and_query(void **state)
{
    for (int directory = 0; directory < 2; directory++) {
        struct world w = world_open(MEMFS_EXTENDED);
        struct nt_handle *h = make(w.rig, u"\\x", directory ? FILE_DIRECTORY_FILE : 0);
        const char *text;
        assert_status(STATUS_NO_EAS_ON_FILE, query(w.rig, h, (struct nt_eas_args){0}, &text));
        assert_int_equal(0, ea_size(w.rig, h));
        struct ea_buffer l = {0};
        add(&l, "one", 0, "1");
        add(&l, "three", FILE_NEED_EA, "three");
        add(&l, "two", 0, "22");
        assert_status(STATUS_SUCCESS, set(w.rig, h, l.at, l.used, NULL));
        assert_status(STATUS_SUCCESS, query(w.rig, h, (struct nt_eas_args){.restart = true}, &text));
        assert_string_equal("one=1 three!=three two=22", text);
        assert_int_equal(4 + (4 + 4 + 1) + (4 + 6 + 5) + (4 + 4 + 2), ea_size(w.rig, h));
        assert_status(STATUS_SUCCESS, put(w.rig, h, "three", ""));
        assert_status(STATUS_SUCCESS, put(w.rig, h, "never", ""));
        assert_status(STATUS_SUCCESS, put(w.rig, h, "ONE", "I"));
        assert_status(STATUS_SUCCESS, query(w.rig, h, (struct nt_eas_args){.restart = true}, &text));
        assert_non_null(strstr(text, "=I"));
        assert_null(strstr(text, "=1"));
        assert_null(strstr(text, "three"));
        rig_end(w.rig, h);
        world_close(&w);
    }
}

static struct nt_handle *with_three(struct world *w)
{
    struct nt_handle *h = make(w->rig, u"\\f", 0);
    struct ea_buffer l = {0};
    add(&l, "a", 0, "1");
    add(&l, "b", 0, "22");
    add(&l, "c", 0, "333");
    assert_status(STATUS_SUCCESS, set(w->rig, h, l.at, l.used, NULL));
    return h;
}

/* One after the other, on one handle. */
static void test_scan(void **state)
{
    static const struct {
        struct nt_eas_args args;
        NTSTATUS expected;
        const char *text;
    } rows[] = {
        {{.single = true}, STATUS_SUCCESS, "a=1"},
        {{.single = true}, STATUS_SUCCESS, "b=22"},
        {{0}, STATUS_SUCCESS, "c=333"},
        {{0}, STATUS_NO_MORE_EAS, ""},
        {{.restart = true, .length = 11}, STATUS_BUFFER_OVERFLOW, "a=1"},
        {{.length = 11}, STATUS_BUFFER_TOO_SMALL, ""},
        {{.length = 12}, STATUS_BUFFER_OVERFLOW, "b=22"},
        {{.index = 3}, STATUS_SUCCESS, "c=333"},
        {{.index = 4}, STATUS_NONEXISTENT_EA_ENTRY, ""},
        {{.index = UINT32_MAX}, STATUS_NONEXISTENT_EA_ENTRY, ""},
        {{.index = 1, .single = true}, STATUS_SUCCESS, "a=1"},
        {{.single = true}, STATUS_SUCCESS, "b=22"},
        {{.restart = true, .length = 24}, STATUS_BUFFER_OVERFLOW, "a=1 b=22"},
        {{.restart = true, .length = 36}, STATUS_BUFFER_OVERFLOW, "a=1 b=22"},
        {{.restart = true, .length = 37}, STATUS_SUCCESS, "a=1 b=22 c=333"},
    };
    struct world w = world_open(MEMFS_EXTENDED);
    struct nt_handle *h = with_three(&w);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        const char *text;
        assert_status(rows[i].expected, query(w.rig, h, rows[i].args, &text));
        assert_string_equal(rows[i].text, text);
    }
    rig_end(w.rig, h);
    world_close(&w);
}

/* In the order that is asked for; what is not there has no value; twice is once. */
static void test_named(void **state)
{
    struct world w = world_open(MEMFS_EXTENDED);
    struct nt_handle *h = with_three(&w);
    struct ea_buffer l = {0};
    const char *text;
    add_name(&l, "c");
    add_name(&l, "none");
    add_name(&l, "a");
    add_name(&l, "C");
    struct nt_eas_args args = {.list = l.at, .list_length = l.used};
    assert_status(STATUS_SUCCESS, query(w.rig, h, args, &text));
    assert_string_equal("c=333 none= a=1", text);
    args.single = true;
    assert_status(STATUS_SUCCESS, query(w.rig, h, args, &text));
    assert_string_equal("c=333", text);
    args.single = false;
    args.length = 14;
    assert_status(STATUS_BUFFER_OVERFLOW, query(w.rig, h, args, &text));
    assert_string_equal("c=333", text);
    args.length = 12;
    assert_status(STATUS_BUFFER_TOO_SMALL, query(w.rig, h, args, &text));
    rig_end(w.rig, h);
    world_close(&w);
}

static void test_rights_and_offers(void **state)
{
    struct world w = world_open(MEMFS_EXTENDED);
    const char *text;
    rig_end(w.rig, make(w.rig, u"\\f", 0));
    struct nt_handle *h =
        rig_create(w.rig, &(struct opening){.path = u"\\f",
                                            .access = ACCESS_ALL & ~(FILE_READ_EA | FILE_WRITE_EA),
                                            .disposition = FILE_OPEN})
            .handle;
    assert_status(STATUS_ACCESS_DENIED, put(w.rig, h, "a", "1"));
    assert_status(STATUS_ACCESS_DENIED, query(w.rig, h, (struct nt_eas_args){0}, &text));
    rig_end(w.rig, h);
    world_close(&w);
    w = world_open(0);
    h = make(w.rig, u"\\f", 0);
    assert_status(STATUS_EAS_NOT_SUPPORTED, put(w.rig, h, "a", "1"));
    assert_status(STATUS_EAS_NOT_SUPPORTED, query(w.rig, h, (struct nt_eas_args){0}, &text));
    assert_int_equal(0, ea_size(w.rig, h));
    rig_end(w.rig, h);
    world_close(&w);
}

/* ---- lists that lie ---------------------------------------------------------------------------------- */

static void test_refused_lists(void **state)
{
    static const struct {
        uint32_t at;
        unsigned char byte; /* put there, into "a=1 b=22" */
        uint32_t cut;       /* bytes taken off the end */
        NTSTATUS expected;
        uint64_t bad;
    } rows[] = {
        {0, 12, 0, STATUS_SUCCESS, 0},
        {0, 13, 0, STATUS_EA_LIST_INCONSISTENT, 0},
        {0, 8, 0, STATUS_EA_LIST_INCONSISTENT, 0},
        {0, 24, 0, STATUS_EA_LIST_INCONSISTENT, 0},
        {3, 0x80, 0, STATUS_EA_LIST_INCONSISTENT, 0},
        {5, 0, 0, STATUS_EA_LIST_INCONSISTENT, 0},
        {5, 200, 0, STATUS_EA_LIST_INCONSISTENT, 0},
        {9, 'x', 0, STATUS_EA_LIST_INCONSISTENT, 0},
        {18, 3, 0, STATUS_EA_LIST_INCONSISTENT, 12},
        {0, 12, 1, STATUS_EA_LIST_INCONSISTENT, 12},
        {0, 12, 12, STATUS_EA_LIST_INCONSISTENT, 0},
        {8, '*', 0, STATUS_INVALID_EA_NAME, 0},
        {20, '=', 0, STATUS_INVALID_EA_NAME, 12},
        {8, 0x1f, 0, STATUS_INVALID_EA_NAME, 0},
        {4, 1, 0, STATUS_INVALID_EA_NAME, 0},
        {8, 0xC3, 0, STATUS_SUCCESS, 0},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct world w = world_open(MEMFS_EXTENDED);
        struct nt_handle *h = make(w.rig, u"\\f", 0);
        struct ea_buffer l = {0};
        const char *text;
        uint64_t bad = 99;
        add(&l, "a", 0, "1");
        add(&l, "b", 0, "22");
        l.at[rows[i].at] = rows[i].byte;
        uint32_t length = l.used - rows[i].cut;
        unsigned char *exact = malloc(length);
        memcpy(exact, l.at, length);
        assert_status(rows[i].expected, set(w.rig, h, exact, length, &bad));
        assert_int_equal(rows[i].bad, bad);
        free(exact);
        assert_status(rows[i].expected ? STATUS_NO_EAS_ON_FILE : STATUS_SUCCESS,
                      query(w.rig, h, (struct nt_eas_args){0}, &text));
        rig_end(w.rig, h);
        world_close(&w);
    }
}

static void test_refused_questions(void **state)
{
    struct world w = world_open(MEMFS_EXTENDED);
    struct nt_handle *h = with_three(&w);
    const char *text;
    for (uint32_t length = 1; length < 7; length++) {
        struct ea_buffer l = {0};
        add_name(&l, "a");
        unsigned char *exact = malloc(length);
        memcpy(exact, l.at, length);
        assert_status(STATUS_EA_LIST_INCONSISTENT,
                      query(w.rig, h, (struct nt_eas_args){.list = exact, .list_length = length}, &text));
        free(exact);
    }
    struct ea_buffer l = {0};
    add_name(&l, "a:b");
    assert_status(STATUS_INVALID_EA_NAME,
                  query(w.rig, h, (struct nt_eas_args){.list = l.at, .list_length = l.used}, &text));
    rig_end(w.rig, h);
    world_close(&w);
}

/* ---- all or nothing ---------------------------------------------------------------------------------- */

static void test_too_much_changes_nothing(void **state)
{
    enum { BIG = 60000 };
    struct world w = world_open(MEMFS_EXTENDED);
    struct nt_handle *h = with_three(&w);
    unsigned char *all = calloc(1, 3 * BIG);
    struct ea_buffer small = {0};
    add(&small, "a", 0, "changed");
    memcpy(all, small.at, small.used);
    uint32_t used = (small.used + 3) & ~3u, first = used;
    for (int i = 0; i < 2; i++) {
        const char *name = i ? "bigger" : "big";
        FILE_FULL_EA_INFORMATION head = {.EaNameLength = (UCHAR)strlen(name), .EaValueLength = BIG};
        const uint32_t at = offsetof(FILE_FULL_EA_INFORMATION, EaName);
        uint32_t whole = (uint32_t)(at + strlen(name) + 1 + BIG + 3) & ~3u;
        head.NextEntryOffset = i ? 0 : whole;
        memcpy(all + used, &head, at);
        memcpy(all + used + at, name, strlen(name));
        used += whole;
    }
    memcpy(all, &first, sizeof first);
    const char *text;
    assert_status(STATUS_EA_TOO_LARGE, set(w.rig, h, all, used, NULL));
    free(all);
    assert_status(STATUS_SUCCESS, query(w.rig, h, (struct nt_eas_args){0}, &text));
    assert_non_null(strstr(text, "a=1"));
    assert_null(strstr(text, "big"));
    rig_end(w.rig, h);
    world_close(&w);
}

/* ---- lists that change meanwhile ---------------------------------------------------------------------- */

enum { PATIENCE = 50 };

static DOKAN_OPERATIONS_EX meddling;
static struct ea_buffer shared;
static unsigned meddled;

/* The second call fails and ends the list after its first entry; so many later, it is whole again. */
static NTSTATUS DOKAN_CALLBACK meddle(LPCWSTR path, LPCSTR name, UCHAR flags, LPCVOID value, ULONG length,
                                      PDOKAN_FILE_INFO info)
{
    static ULONG step;
    (void)path, (void)name, (void)flags, (void)value, (void)length, (void)info;
    meddled++;
    if (meddled == 2) {
        memcpy(&step, shared.at, sizeof step);
        memset(shared.at, 0, sizeof step);
    }
    if (meddled == PATIENCE)
        memcpy(shared.at, &step, sizeof step);
    return meddled == 2 ? STATUS_DISK_FULL : STATUS_SUCCESS;
}

static void test_list_that_ends_early(void **state)
{
    struct world w = {.memfs = memfs_new(MEMFS_EXTENDED, 0)};
    (void)state;
    meddling = *memfs_operations_ex();
    meddling.SetEa = meddle;
    w.rig = rig_open(
        &(struct rig_spec){.operations = memfs_operations(), .operations_ex = &meddling, .context = w.memfs});
    struct nt_handle *h = make(w.rig, u"\\f", 0);
    add(&shared, "a", 0, "1");
    add(&shared, "b", 0, "2");
    assert_status(STATUS_DISK_FULL, set(w.rig, h, shared.at, shared.used, NULL));
    assert_int_equal(3, meddled); /* both, and the first one back */
    rig_end(w.rig, h);
    world_close(&w);
}

/* ---- at create --------------------------------------------------------------------------------------- */

static NTSTATUS create_with(struct rig *rig, const WCHAR *path, const struct ea_buffer *l, const char **text)
{
    struct nt_request rq;
    rig_request(rig, &rq, NT_CREATE, NULL);
    fill_create(&rq, &(struct opening){.path = path, .disposition = FILE_OPEN_IF});
    rq.create.eas = l->at;
    rq.create.eas_length = l->used;
    NTSTATUS status = nt_call(&rq, NULL);
    if (status)
        return status;
    nt_node_put(rq.create.out.node);
    if (query(rig, rq.create.out.handle, (struct nt_eas_args){0}, text))
        *text = "";
    rig_end(rig, rq.create.out.handle);
    return STATUS_SUCCESS;
}

static void test_at_create(void **state)
{
    struct world w = world_open(MEMFS_EXTENDED);
    struct ea_buffer l = {0};
    const char *text = "";
    struct nt_lookup_args found;
    add(&l, "made", 0, "with");
    assert_status(STATUS_SUCCESS, create_with(w.rig, u"\\f", &l, &text));
    assert_string_equal("made=with", text);
    l.at[offsetof(FILE_FULL_EA_INFORMATION, EaName)] = 'M';
    assert_status(STATUS_SUCCESS, create_with(w.rig, u"\\f", &l, &text)); /* it is there already */
    assert_string_equal("made=with", text);
    l.at[0] = 1;
    assert_status(STATUS_EA_LIST_INCONSISTENT, create_with(w.rig, u"\\g", &l, &text));
    assert_status(STATUS_OBJECT_NAME_NOT_FOUND, rig_lookup(w.rig, u"\\g", &found));
    world_close(&w);
    w = world_open(0); /* what cannot be had is not made */
    l.at[0] = 0;
    assert_status(STATUS_EAS_NOT_SUPPORTED, create_with(w.rig, u"\\g", &l, &text));
    assert_status(STATUS_OBJECT_NAME_NOT_FOUND, rig_lookup(w.rig, u"\\g", &found));
    world_close(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_set_and_query),
        cmocka_unit_test(test_scan),
        cmocka_unit_test(test_named),
        cmocka_unit_test(test_rights_and_offers),
        cmocka_unit_test(test_refused_lists),
        cmocka_unit_test(test_refused_questions),
        cmocka_unit_test(test_too_much_changes_nothing),
        cmocka_unit_test(test_list_that_ends_early),
        cmocka_unit_test(test_at_create),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
