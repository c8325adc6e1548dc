// SPDX-License-Identifier: MIT
/*
 * File indexes that lie. memfs answers, but what it says of a file's number is replaced on the way: the same
 * for all, 0, another one at each call, or one that depends on how the name is spelled. Whatever is reported,
 * two files stay two files, and no handle breaks.
 */
#include "memfs.h"
#include "nt/harness.h"

enum lie { COLLIDE, ZERO, CHANGE, SPELL, HUGE_, LIES };
static const char *const lie_names[LIES] = {"the same for all", "0", "changing", "by spelling",
                                            "all bits set"};

static enum lie lie;
static _Atomic uint64_t changing;

static uint64_t number_of(LPCWSTR name)
{
    uint64_t sum = 1;
    if (lie != SPELL)
        return lie == ZERO ? 0 : lie == CHANGE ? ++changing : lie == HUGE_ ? UINT64_MAX : 7;
    while (*name)
        sum = sum * 31 + *name++;
    return sum;
}

/* ---- the liar ------------------------------------------------------------------------------------------ */

static NTSTATUS DOKAN_CALLBACK lie_info(LPCWSTR name, LPBY_HANDLE_FILE_INFORMATION out, PDOKAN_FILE_INFO info)
{
    NTSTATUS status = memfs_operations()->GetFileInformation(name, out, info);
    uint64_t number = number_of(name);
    out->nFileIndexHigh = (DWORD)(number >> 32);
    out->nFileIndexLow = (DWORD)number;
    return status;
}

static NTSTATUS DOKAN_CALLBACK lie_id(LPCWSTR name, PULONG64 id, PDOKAN_FILE_INFO info)
{
    (void)info;
    *id = number_of(name);
    return STATUS_SUCCESS;
}

static NTSTATUS DOKAN_CALLBACK lie_facts(LPCWSTR name, PDOKAN_FACTS facts, PDOKAN_FILE_INFO info)
{
    NTSTATUS status = memfs_operations_ex()->GetFacts(name, facts, info);
    facts->FileId = number_of(name);
    return status;
}

static _Thread_local PFillFacts real_fill;

static int WINAPI lie_entry(LPCWSTR name, const DOKAN_FACTS *facts, PDOKAN_FILE_INFO info)
{
    DOKAN_FACTS copy = *facts;
    copy.FileId = number_of(name);
    return real_fill(name, &copy, info);
}

static NTSTATUS DOKAN_CALLBACK lie_list(LPCWSTR name, PFillFacts fill, PDOKAN_FILE_INFO info)
{
    real_fill = fill;
    return memfs_operations_ex()->FindFacts(name, lie_entry, info);
}

/* ---- the volume ---------------------------------------------------------------------------------------- */

struct world {
    void *memfs;
    DOKAN_OPERATIONS operations;
    DOKAN_OPERATIONS_EX more;
    struct rig *rig;
};

static struct world *world_open(bool extended, uint64_t cache_ns)
{
    struct world *w = calloc(1, sizeof *w);
    assert_non_null(w);
    w->memfs = memfs_new(extended ? MEMFS_EXTENDED : 0, 0);
    assert_non_null(w->memfs);
    w->operations = *memfs_operations();
    w->operations.GetFileInformation = lie_info;
    w->more = *memfs_operations_ex();
    w->more.GetFileId = lie_id;
    w->more.GetNameOfId = NULL;
    w->more.GetFacts = lie_facts;
    w->more.FindFacts = lie_list;
    w->rig = rig_open(&(struct rig_spec){.operations = &w->operations,
                                         .context = w->memfs,
                                         .operations_ex = extended ? &w->more : NULL,
                                         .attr_ns = cache_ns,
                                         .entry_ns = cache_ns});
    return w;
}

static void world_close(struct world *w)
{
    rig_close(w->rig);
    memfs_free(w->memfs);
    free(w);
}

static struct nt_handle *enter(struct world *w, const WCHAR *path, ULONG disposition, ULONG share)
{
    struct opening how = {.path = path, .disposition = disposition, .share = share};
    struct opened o = rig_create(w->rig, &how);
    assert_status(STATUS_SUCCESS, o.status);
    return o.handle;
}

static void put(struct world *w, const WCHAR *path, const char *text)
{
    struct nt_handle *h = enter(w, path, FILE_CREATE, 0);
    assert_status(STATUS_SUCCESS, rig_write(w->rig, h, text, (uint32_t)strlen(text), 0, NULL));
    rig_end(w->rig, h);
}

static void reads(struct world *w, struct nt_handle *h, const char *text)
{
    char buffer[64];
    uint32_t n = 0;
    FILE_STANDARD_INFORMATION standard;
    assert_status(STATUS_SUCCESS, rig_read(w->rig, h, buffer, sizeof buffer - 1, 0, &n));
    buffer[n] = 0;
    assert_string_equal(text, buffer);
    assert_status(STATUS_SUCCESS,
                  rig_query(w->rig, h, FileStandardInformation, &standard, sizeof standard, NULL));
    assert_int_equal(strlen(text), standard.EndOfFile.QuadPart);
}

static void holds(struct world *w, const WCHAR *path, const char *text)
{
    struct nt_lookup_args found;
    assert_status(STATUS_SUCCESS, rig_lookup(w->rig, path, &found));
    assert_int_equal(strlen(text), found.out.attr.size);
    nt_node_put(found.out.node);
    struct nt_handle *h = rig_must_open(w->rig, path);
    reads(w, h, text);
    rig_end(w->rig, h);
}

static NTSTATUS opens(struct world *w, const WCHAR *path)
{
    struct opened o = rig_create(w->rig, &(struct opening){.path = path, .disposition = FILE_OPEN});
    if (o.handle)
        rig_end(w->rig, o.handle);
    return o.status;
}

/* ---- scenarios ----------------------------------------------------------------------------------------- */

/* The engine's own numbers, which doors show, are told apart while both names are known. */
static void numbers_differ(struct world *w)
{
    struct nt_lookup_args a, b;
    assert_status(STATUS_SUCCESS, rig_lookup(w->rig, u"\\a", &a));
    assert_status(STATUS_SUCCESS, rig_lookup(w->rig, u"\\b", &b));
    assert_ptr_not_equal(a.out.node, b.out.node);
    assert_int_not_equal(a.out.attr.ino, b.out.attr.ino);
    assert_int_equal(a.out.attr.ino, nt_node_ino(a.out.node));
    nt_node_put(a.out.node);
    nt_node_put(b.out.node);
}

static void sharing_is_apart(struct world *w)
{
    struct nt_handle *a = enter(w, u"\\a", FILE_OPEN, NO_SHARE), *b = enter(w, u"\\b", FILE_OPEN, NO_SHARE);
    assert_status(STATUS_SHARING_VIOLATION, opens(w, u"\\A"));
    assert_status(STATUS_SHARING_VIOLATION, opens(w, u"\\B"));
    rig_end(w->rig, a);
    assert_status(STATUS_SUCCESS, opens(w, u"\\a"));
    assert_status(STATUS_SHARING_VIOLATION, opens(w, u"\\b"));
    rig_end(w->rig, b);
}

static void data_is_apart(struct world *w)
{
    struct nt_handle *a = rig_must_open(w->rig, u"\\a"), *b = rig_must_open(w->rig, u"\\b");
    assert_status(STATUS_SUCCESS, rig_write(w->rig, a, "longer now", 10, 0, NULL));
    reads(w, a, "longer now");
    reads(w, b, "second");
    holds(w, u"\\b", "second");
    holds(w, u"\\A", "longer now");
    LONGLONG size = 3;
    assert_status(STATUS_SUCCESS, rig_set(w->rig, b, FileEndOfFileInformation, &size, sizeof size));
    reads(w, a, "longer now");
    reads(w, b, "sec");
    rig_end(w->rig, a);
    rig_end(w->rig, b);
}

static void names_are_apart(struct world *w)
{
    struct nt_handle *a = rig_must_open(w->rig, u"\\a"), *b = rig_must_open(w->rig, u"\\b");
    assert_status(STATUS_SUCCESS, rig_rename(w->rig, a, u"c", false));
    reads(w, a, "longer now");
    reads(w, b, "sec");
    assert_status(STATUS_OBJECT_NAME_NOT_FOUND, opens(w, u"\\a"));
    holds(w, u"\\c", "longer now");
    assert_status(STATUS_SUCCESS, rig_dispose(w->rig, a, true));
    assert_status(STATUS_DELETE_PENDING, opens(w, u"\\c"));
    assert_status(STATUS_SUCCESS, opens(w, u"\\b"));
    rig_end(w->rig, a);
    assert_status(STATUS_OBJECT_NAME_NOT_FOUND, opens(w, u"\\c"));
    reads(w, b, "sec");
    rig_end(w->rig, b);
    holds(w, u"\\b", "sec");
}

/* A name that was freed is another file's next. */
static void a_name_again(struct world *w)
{
    struct nt_handle *b = rig_must_open(w->rig, u"\\b");
    assert_status(STATUS_SUCCESS, rig_remove(w->rig, u"\\b", false));
    put(w, u"\\b", "third");
    reads(w, b, "sec");
    holds(w, u"\\b", "third");
    rig_end(w->rig, b);
    holds(w, u"\\b", "third");
}

static void play(bool extended, uint64_t cache_ns)
{
    for (lie = COLLIDE; lie < LIES; lie++) {
        print_message("%s, %s, cache %s\n", lie_names[lie], extended ? "extended" : "plain",
                      cache_ns ? "on" : "off");
        struct world *w = world_open(extended, cache_ns);
        put(w, u"\\a", "first");
        put(w, u"\\b", "second");
        holds(w, u"\\a", "first");
        holds(w, u"\\b", "second");
        numbers_differ(w);
        sharing_is_apart(w);
        data_is_apart(w);
        names_are_apart(w);
        a_name_again(w);
        world_close(w);
    }
}

static const uint64_t a_minute = UINT64_C(60000000000);

static void test_file_information(void **state)
{
    play(false, 0);
    play(false, a_minute);
}

static void test_file_ids(void **state)
{
    play(true, 0);
    play(true, a_minute);
}

/* Directories: what lies below one is not taken for what lies below another. */
static void test_directories(void **state)
{
    for (lie = COLLIDE; lie < LIES; lie++)
        for (int extended = 0; extended < 2; extended++) {
            char names[64];
            struct world *w = world_open(extended, a_minute);
            for (size_t i = 0; i < 2; i++) {
                struct opening how = {
                    .path = i ? u"\\e" : u"\\d", .disposition = FILE_CREATE, .options = FILE_DIRECTORY_FILE};
                rig_end(w->rig, rig_create(w->rig, &how).handle);
            }
            put(w, u"\\d\\f", "in d");
            put(w, u"\\e\\f", "inside e");
            holds(w, u"\\d\\f", "in d");
            holds(w, u"\\e\\f", "inside e");
            struct nt_handle *d = rig_must_open(w->rig, u"\\d");
            struct nt_handle *f = rig_must_open(w->rig, u"\\d\\f");
            assert_status(STATUS_SUCCESS, rig_rename(w->rig, d, u"x", false));
            reads(w, f, "in d");
            rig_end(w->rig, f);
            rig_end(w->rig, d);
            struct dir_query q = {0};
            struct nt_handle *e = rig_must_open(w->rig, u"\\e");
            assert_status(STATUS_SUCCESS, rig_names(w->rig, e, &q, names, sizeof names));
            assert_string_equal(".|..|f", names);
            rig_end(w->rig, e);
            holds(w, u"\\x\\f", "in d");
            holds(w, u"\\e\\f", "inside e");
            world_close(w);
        }
}

/* Two names each, so that the engine looks for further names of a file; the numbers still lie. Which names
 * are one file is GetFileId's to say, and so are share access and what a mount shows; data and names stay
 * apart all the same. */
static void test_hard_links(void **state)
{
    static const char *const texts[] = {"first", "second one"};
    for (lie = COLLIDE; lie < LIES; lie++) {
        print_message("%s, with two names each\n", lie_names[lie]);
        struct world *w = world_open(true, 0);
        for (size_t i = 0; i < 2; i++) {
            union {
                FILE_LINK_INFORMATION in;
                char bytes[64];
            } link = {.in = {.FileNameLength = 4}};
            put(w, i ? u"\\b" : u"\\a", texts[i]);
            memcpy(link.bytes + offsetof(FILE_LINK_INFORMATION, FileName), i ? u"b2" : u"a2", 4);
            struct nt_handle *h = rig_must_open(w->rig, i ? u"\\b" : u"\\a");
            assert_status(STATUS_SUCCESS, rig_set(w->rig, h, FileLinkInformation, &link, sizeof link));
            rig_end(w->rig, h);
        }
        const ULONG all = FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE;
        const ULONG share = lie == COLLIDE || lie == HUGE_ ? all : NO_SHARE;
        struct nt_handle *a = enter(w, u"\\a", FILE_OPEN, share);
        struct nt_handle *b = enter(w, u"\\b2", FILE_OPEN, share);
        reads(w, a, texts[0]);
        reads(w, b, texts[1]);
        assert_status(STATUS_SUCCESS, rig_write(w->rig, a, "FIRST", 5, 0, NULL));
        reads(w, b, texts[1]);
        rig_end(w->rig, a);
        rig_end(w->rig, b);
        holds(w, u"\\a2", "FIRST");
        holds(w, u"\\b", texts[1]);
        assert_status(STATUS_SUCCESS, rig_remove(w->rig, u"\\a", false));
        holds(w, u"\\a2", "FIRST");
        holds(w, u"\\b2", texts[1]);
        world_close(w);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_file_information),
        cmocka_unit_test(test_file_ids),
        cmocka_unit_test(test_directories),
        cmocka_unit_test(test_hard_links),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
