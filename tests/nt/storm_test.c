// SPDX-License-Identifier: MIT
/*
 * Name races: eight threads create, rename, remove and look up a handful of names on memfs. A guard stands
 * between engine and memfs: it knows which callbacks run and counts those that reservations should have kept
 * apart. After each storm the books must balance: what was created less what was removed is what is there,
 * every file once, each with the contents it was born with.
 */
#include "harness.h"
#include "memfs.h"
#include <sched.h>

enum { THREADS = 8, NAMES = 4, DIRS = 3, ROUNDS = 1500, ACTIVE = 256, IDS = THREADS * ROUNDS + 1 };

/* ---- the guard --------------------------------------------------------------------------------------- */

enum activity { ACT_HOLD, ACT_OPEN, ACT_END, ACT_CHANGE };

struct active {
    enum activity what;
    bool used, subtree;
    WCHAR path[64];
};

static struct {
    pthread_mutex_t lock;
    struct active active[ACTIVE];
    unsigned clashes;
    unsigned created, deleted; /* as the file system sees it */
    DOKAN_OPERATIONS below;
    bool case_sensitive;
} guard = {.lock = PTHREAD_MUTEX_INITIALIZER};

static WCHAR folded(WCHAR unit)
{
    return !guard.case_sensitive && unit >= u'a' && unit <= u'z' ? (WCHAR)(unit - 32) : unit;
}

/* Length of the common beginning if `a` equals `b` or lies above it, else 0. */
static bool is_at_or_above(const WCHAR *a, const WCHAR *b)
{
    size_t i = 0;
    while (a[i] && folded(a[i]) == folded(b[i]))
        i++;
    return !a[i] && (!b[i] || b[i] == u'\\');
}

static bool same_path(const WCHAR *a, const WCHAR *b)
{
    return is_at_or_above(a, b) && is_at_or_above(b, a);
}

static bool exclude(const struct active *a, const struct active *b)
{
    static const bool table[4][4] = {[ACT_HOLD] = {0, 0, 0, 1},
                                     [ACT_OPEN] = {0, 0, 1, 1},
                                     [ACT_END] = {0, 1, 1, 1},
                                     [ACT_CHANGE] = {1, 1, 1, 1}};
    if (same_path(a->path, b->path))
        return table[a->what][b->what];
    return (a->subtree && is_at_or_above(a->path, b->path)) ||
           (b->subtree && is_at_or_above(b->path, a->path));
}

static void clash(const struct active *a, const struct active *b)
{
    static const char *const names[] = {"lookup", "open", "deletion", "change"};
    print_message("at the same time: %s of %s, %s of %s\n", names[a->what], narrow(a->path), names[b->what],
                  narrow(b->path));
    guard.clashes++;
}

static bool is_hidden(LPCWSTR path)
{
    return is_at_or_above(u"\\.xdokan-removed", path);
}

static int guard_enter(enum activity what, LPCWSTR path, bool subtree)
{
    if (is_hidden(path) || !path[1])
        return -1;
    struct active mine = {.what = what, .used = true, .subtree = subtree};
    for (size_t i = 0; i + 1 < COUNT_OF(mine.path) && path[i]; i++)
        mine.path[i] = path[i];
    pthread_mutex_lock(&guard.lock);
    int free_slot = -1;
    for (int i = 0; i < ACTIVE; i++) {
        if (!guard.active[i].used)
            free_slot = free_slot < 0 ? i : free_slot;
        else if (exclude(&mine, &guard.active[i]))
            clash(&mine, &guard.active[i]);
    }
    guard.active[free_slot] = mine;
    pthread_mutex_unlock(&guard.lock);
    sched_yield();
    return free_slot;
}

static void guard_leave(int slot)
{
    if (slot < 0)
        return;
    pthread_mutex_lock(&guard.lock);
    guard.active[slot].used = false;
    pthread_mutex_unlock(&guard.lock);
}

static void guard_count(unsigned *counter)
{
    pthread_mutex_lock(&guard.lock);
    (*counter)++;
    pthread_mutex_unlock(&guard.lock);
}

static NTSTATUS DOKAN_CALLBACK guarded_create(LPCWSTR path, PDOKAN_IO_SECURITY_CONTEXT security,
                                              ACCESS_MASK access, ULONG attributes, ULONG share,
                                              ULONG disposition, ULONG options, PDOKAN_FILE_INFO info)
{
    bool lookup = access == (FILE_READ_ATTRIBUTES | SYNCHRONIZE);
    enum activity what = lookup ? ACT_HOLD : disposition == FILE_CREATE ? ACT_CHANGE : ACT_OPEN;
    int slot = guard_enter(what, path, false);
    NTSTATUS status =
        guard.below.ZwCreateFile(path, security, access, attributes, share, disposition, options, info);
    if (disposition == FILE_CREATE && status == STATUS_SUCCESS)
        guard_count(&guard.created);
    guard_leave(slot);
    return status;
}

static void DOKAN_CALLBACK guarded_cleanup(LPCWSTR path, PDOKAN_FILE_INFO info)
{
    int slot = info->DeletePending ? guard_enter(ACT_END, path, false) : -1;
    if (info->DeletePending && !same_path(path, u"\\.xdokan-removed"))
        guard_count(&guard.deleted);
    guard.below.Cleanup(path, info);
    guard_leave(slot);
}

static NTSTATUS DOKAN_CALLBACK guarded_move(LPCWSTR from, LPCWSTR to, BOOL replace, PDOKAN_FILE_INFO info)
{
    int source = guard_enter(ACT_CHANGE, from, info->IsDirectory);
    int target = same_path(from, to) ? -1 : guard_enter(ACT_CHANGE, to, false);
    NTSTATUS status = guard.below.MoveFile(from, to, replace, info);
    guard_leave(target);
    guard_leave(source);
    return status;
}

/* ---- the storm --------------------------------------------------------------------------------------- */

struct thread_state {
    struct rig *rig;
    unsigned number;
    uint64_t random;
    unsigned created, removed, renamed, opened, odd;
};

static void random_path(struct thread_state *t, WCHAR *out, bool directory)
{
    unsigned dir = testing_random(&t->random) % (DIRS + 1);
    unsigned name = testing_random(&t->random) % NAMES;
    size_t n = 0;
    if (dir) {
        out[n++] = u'\\';
        out[n++] = u'd';
        out[n++] = (WCHAR)(u'0' + dir);
    }
    if (!directory || !dir) {
        out[n++] = u'\\';
        out[n++] = directory ? u'd' : u'f';
        out[n++] = (WCHAR)(directory ? u'1' + name % DIRS : u'0' + name);
    }
    out[n] = 0;
}

static bool expected(NTSTATUS status)
{
    static const NTSTATUS known[] = {
        STATUS_SUCCESS,         STATUS_OBJECT_NAME_NOT_FOUND, STATUS_OBJECT_PATH_NOT_FOUND,
        STATUS_NOT_A_DIRECTORY, STATUS_OBJECT_NAME_COLLISION, STATUS_FILE_IS_A_DIRECTORY,
        STATUS_DELETE_PENDING,  STATUS_DIRECTORY_NOT_EMPTY,   STATUS_INVALID_PARAMETER,
        STATUS_ACCESS_DENIED};
    for (size_t i = 0; i < COUNT_OF(known); i++)
        if (status == known[i])
            return true;
    return false;
}

static void note(struct thread_state *t, const char *what, NTSTATUS status)
{
    if (expected(status))
        return;
    t->odd++;
    print_message("%s: unexpected 0x%08x\n", what, (unsigned)status);
}

/* A new file is born with a number that no other has. */
static void create_file(struct thread_state *t, unsigned round)
{
    WCHAR path[16];
    random_path(t, path, false);
    struct opened o = rig_create(t->rig, &(struct opening){.path = path, .disposition = FILE_CREATE});
    note(t, "create", o.status);
    if (o.status)
        return;
    uint64_t id = (uint64_t)t->number * ROUNDS + round + 1;
    note(t, "first write", rig_write(t->rig, o.handle, &id, sizeof id, 0, NULL));
    rig_end(t->rig, o.handle);
    t->created++;
}

static void create_directory(struct thread_state *t)
{
    WCHAR path[16];
    random_path(t, path, true);
    struct opening how = {.path = path, .disposition = FILE_CREATE, .options = FILE_DIRECTORY_FILE};
    struct opened o = rig_create(t->rig, &how);
    note(t, "mkdir", o.status);
    if (o.status)
        return;
    rig_end(t->rig, o.handle);
    t->created++;
}

static void remove_one(struct thread_state *t, bool directory)
{
    WCHAR path[16];
    random_path(t, path, directory);
    NTSTATUS status = rig_remove(t->rig, path, directory);
    note(t, "remove", status);
    t->removed += status == STATUS_SUCCESS;
}

static void rename_one(struct thread_state *t, bool directory)
{
    WCHAR from[16], to[16];
    random_path(t, from, directory);
    random_path(t, to, directory);
    NTSTATUS status = rig_move(t->rig, from, to, 0);
    note(t, "rename", status);
    t->renamed += status == STATUS_SUCCESS;
}

static void rename_by_handle(struct thread_state *t)
{
    WCHAR from[16], to[16];
    random_path(t, from, false);
    random_path(t, to, false);
    struct opened o = rig_create(t->rig, &(struct opening){.path = from, .disposition = FILE_OPEN});
    note(t, "open", o.status);
    if (o.status)
        return;
    NTSTATUS status = rig_rename(t->rig, o.handle, to, false);
    note(t, "rename by handle", status);
    t->renamed += status == STATUS_SUCCESS;
    rig_end(t->rig, o.handle);
}

/* Whatever happens to its names, an open file stays the same file. */
static void hold_and_read(struct thread_state *t)
{
    WCHAR path[16];
    uint64_t first = 0, again = 0;
    random_path(t, path, false);
    struct opened o = rig_create(t->rig, &(struct opening){.path = path, .disposition = FILE_OPEN});
    note(t, "open", o.status);
    if (o.status)
        return;
    t->opened++;
    NTSTATUS status = rig_read(t->rig, o.handle, &first, sizeof first, 0, NULL);
    for (int i = 0; i < 3 && status == STATUS_SUCCESS; i++) {
        sched_yield();
        status = rig_read(t->rig, o.handle, &again, sizeof again, 0, NULL);
        if (status != STATUS_SUCCESS || again != first || first == 0 || first >= IDS)
            t->odd++;
    }
    rig_end(t->rig, o.handle);
}

static void look_up(struct thread_state *t)
{
    WCHAR path[16];
    struct nt_lookup_args found;
    random_path(t, path, testing_random(&t->random) % 4 == 0);
    NTSTATUS status = rig_lookup(t->rig, path, &found);
    note(t, "lookup", status);
    if (status)
        return;
    bool directory = found.out.attr.attributes & FILE_ATTRIBUTE_DIRECTORY;
    t->odd += directory != nt_node_is_directory(found.out.node);
    nt_node_put(found.out.node);
}

static void *storm(void *arg)
{
    struct thread_state *t = arg;
    for (unsigned round = 0; round < ROUNDS; round++) {
        switch (testing_random(&t->random) % 12) {
        case 0:
        case 1:
        case 2:
            create_file(t, round);
            break;
        case 3:
            create_directory(t);
            break;
        case 4:
        case 5:
            remove_one(t, false);
            break;
        case 6:
            remove_one(t, true);
            break;
        case 7:
            rename_one(t, false);
            break;
        case 8:
            rename_one(t, true);
            break;
        case 9:
            rename_by_handle(t);
            break;
        case 10:
            hold_and_read(t);
            break;
        default:
            look_up(t);
        }
    }
    return NULL;
}

/* ---- the books --------------------------------------------------------------------------------------- */

struct census {
    struct rig *rig;
    unsigned files, directories, twice, hidden;
    unsigned char seen[IDS];
};

static void count_file(struct census *c, const WCHAR *path)
{
    uint64_t id = 0;
    struct nt_handle *h = rig_must_open(c->rig, path);
    rig_read(c->rig, h, &id, sizeof id, 0, NULL);
    rig_end(c->rig, h);
    assert_true(id > 0 && id < IDS);
    c->twice += c->seen[id];
    c->seen[id] = 1;
    c->files++;
}

static void count_directory(struct census *c, const WCHAR *path, unsigned depth)
{
    static _Alignas(8) char buffers[8][65536];
    struct nt_handle *h = rig_must_open(c->rig, path[0] ? path : u"\\");
    struct dir_query q = {.info_class = FileDirectoryInformation, .buffer = buffers[depth], .length = 65536};
    NTSTATUS status = rig_query_dir(c->rig, h, &q);
    rig_end(c->rig, h);
    if (status == STATUS_NO_SUCH_FILE || status == STATUS_NO_MORE_FILES)
        return;
    assert_status(STATUS_SUCCESS, status);
    for (const char *at = buffers[depth];;) {
        const FILE_DIRECTORY_INFORMATION *entry = (const void *)at;
        WCHAR child[64];
        size_t n = text_length(path), len = entry->FileNameLength / 2;
        memcpy(child, path, n * 2);
        child[n] = u'\\';
        memcpy(child + n + 1, entry->FileName, len * 2);
        child[n + 1 + len] = 0;
        if (child[n + 1] != u'.' && entry->FileAttributes & FILE_ATTRIBUTE_DIRECTORY) {
            c->directories++;
            count_directory(c, child, depth + 1);
        } else if (child[n + 1] != u'.') {
            count_file(c, child);
        }
        if (!entry->NextEntryOffset)
            return;
        at += entry->NextEntryOffset;
    }
}

static void run_storm(unsigned flags, ULONG options, bool single_thread, uint64_t attr_ns)
{
    void *memfs = memfs_new(flags, 0);
    assert_non_null(memfs);
    guard.below = *memfs_operations();
    guard.clashes = guard.created = guard.deleted = 0;
    guard.case_sensitive = flags & MEMFS_CASE_SENSITIVE;
    DOKAN_OPERATIONS ops = guard.below;
    ops.ZwCreateFile = guarded_create;
    ops.Cleanup = guarded_cleanup;
    ops.MoveFile = guarded_move;
    struct rig *rig = rig_open(&(struct rig_spec){.options = options,
                                                  .single_thread = single_thread,
                                                  .attr_ns = attr_ns,
                                                  .operations = &ops,
                                                  .context = memfs});
    struct thread_state threads[THREADS];
    pthread_t ids[THREADS];
    for (unsigned i = 0; i < THREADS; i++) {
        threads[i] = (struct thread_state){.rig = rig, .number = i, .random = 0x9e3779b97f4a7c15u * (i + 1)};
        pthread_create(&ids[i], NULL, storm, &threads[i]);
    }
    struct thread_state all = {0};
    for (unsigned i = 0; i < THREADS; i++) {
        pthread_join(ids[i], NULL);
        all.created += threads[i].created;
        all.removed += threads[i].removed;
        all.renamed += threads[i].renamed;
        all.opened += threads[i].opened;
        all.odd += threads[i].odd;
    }
    struct census *census = calloc(1, sizeof *census);
    census->rig = rig;
    count_directory(census, u"", 0);
    print_message("created %u removed %u renamed %u opened %u, left %u files %u directories, clashes %u\n",
                  all.created, all.removed, all.renamed, all.opened, census->files, census->directories,
                  guard.clashes);
    assert_int_equal(0, all.odd);
    assert_int_equal(0, guard.clashes);
    assert_int_equal(0, census->twice);
    assert_int_equal(all.created, guard.created);
    assert_int_equal(all.removed, guard.deleted);
    assert_int_equal(all.created - all.removed, census->files + census->directories);
    assert_true(all.created > 50 && all.removed > 50 && all.renamed > 50 && all.opened > 50);
    free(census);
    rig_close(rig);
    memfs_free(memfs);
}

static void test_case_sensitive(void **state)
{
    run_storm(MEMFS_CASE_SENSITIVE, DOKAN_OPTION_CASE_SENSITIVE, false, 0);
}

static void test_case_insensitive(void **state)
{
    run_storm(0, 0, false, 0);
}

static void test_with_cache(void **state)
{
    run_storm(0, DOKAN_OPTION_ALT_STREAM, false, 1000000000);
}

static void test_single_thread(void **state)
{
    run_storm(0, 0, true, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_case_sensitive),
        cmocka_unit_test(test_case_insensitive),
        cmocka_unit_test(test_with_cache),
        cmocka_unit_test(test_single_thread),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
