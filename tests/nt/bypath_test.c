// SPDX-License-Identifier: MIT
/*
 * A file system that goes by FileName alone, as many do: Context only says which file the open once meant, so
 * that the test can tell when the engine calls with a name that belongs to another file by now. Threads
 * create, remove, rename, replace and delete a handful of names at random.
 */
#include "harness.h"
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>

enum { FILES_MAX = 512, NAME_ROOM = 96, NAMES = 5, THREADS = 6, ROUNDS = SANITIZED ? 300 : 1500 };

struct entry {
    char path[NAME_ROOM];
    ULONG64 id; /* 0: free */
    bool directory;
};

struct by_path {
    pthread_mutex_t lock;
    struct entry entries[FILES_MAX];
    ULONG64 last_id;
    unsigned opens, cleanups, closes;
    unsigned wrong_deletes, missed_deletes, wrong_moves;
};

static struct by_path *fs_of(PDOKAN_FILE_INFO info)
{
    return (struct by_path *)(uintptr_t)info->DokanOptions->GlobalContext;
}

/* Lets others in between. */
static void dawdle(PDOKAN_FILE_INFO info)
{
    if ((info->DokanContext >> 6) % 3 == 0)
        sched_yield();
}

/* Lock held. */
static struct entry *find(struct by_path *fs, LPCWSTR path)
{
    const char *name = narrow(path);
    for (int i = 0; i < FILES_MAX; i++)
        if (fs->entries[i].id && strcmp(fs->entries[i].path, name) == 0)
            return &fs->entries[i];
    return NULL;
}

/* Lock held. */
static struct entry *add(struct by_path *fs, LPCWSTR path, bool directory)
{
    for (int i = 0; i < FILES_MAX; i++) {
        struct entry *e = &fs->entries[i];
        if (e->id)
            continue;
        e->id = ++fs->last_id;
        e->directory = directory;
        snprintf(e->path, sizeof e->path, "%s", narrow(path));
        return e;
    }
    return NULL;
}

static NTSTATUS open_entry(struct by_path *fs, LPCWSTR path, ULONG disposition, PDOKAN_FILE_INFO info)
{
    struct entry *e = find(fs, path);
    bool existed = e != NULL;
    if (existed && disposition == FILE_CREATE)
        return STATUS_OBJECT_NAME_COLLISION;
    if (!existed && (disposition == FILE_OPEN || disposition == FILE_OVERWRITE))
        return STATUS_OBJECT_NAME_NOT_FOUND;
    if (!existed)
        e = add(fs, path, info->IsDirectory);
    if (!e)
        return STATUS_DISK_FULL;
    info->IsDirectory = e->directory;
    info->Context = e->id;
    fs->opens++;
    return existed && disposition == FILE_OPEN_IF ? STATUS_OBJECT_NAME_COLLISION : STATUS_SUCCESS;
}

static NTSTATUS DOKAN_CALLBACK create(LPCWSTR path, PDOKAN_IO_SECURITY_CONTEXT security, ACCESS_MASK access,
                                      ULONG attributes, ULONG share, ULONG disposition, ULONG options,
                                      PDOKAN_FILE_INFO info)
{
    struct by_path *fs = fs_of(info);
    dawdle(info);
    pthread_mutex_lock(&fs->lock);
    NTSTATUS status = open_entry(fs, path, disposition, info);
    pthread_mutex_unlock(&fs->lock);
    return status;
}

static void DOKAN_CALLBACK cleanup(LPCWSTR path, PDOKAN_FILE_INFO info)
{
    struct by_path *fs = fs_of(info);
    dawdle(info);
    pthread_mutex_lock(&fs->lock);
    struct entry *e = find(fs, path);
    fs->cleanups++;
    if (info->DeletePending) {
        fs->missed_deletes += e == NULL;
        fs->wrong_deletes += e && e->id != info->Context;
        if (e)
            e->id = 0;
    }
    pthread_mutex_unlock(&fs->lock);
}

static void DOKAN_CALLBACK close_file(LPCWSTR path, PDOKAN_FILE_INFO info)
{
    struct by_path *fs = fs_of(info);
    pthread_mutex_lock(&fs->lock);
    fs->closes++;
    pthread_mutex_unlock(&fs->lock);
}

static NTSTATUS DOKAN_CALLBACK read_file(LPCWSTR path, LPVOID buffer, DWORD length, LPDWORD done,
                                         LONGLONG offset, PDOKAN_FILE_INFO info)
{
    dawdle(info);
    memset(buffer, 'r', length);
    *done = length;
    return STATUS_SUCCESS;
}

static NTSTATUS DOKAN_CALLBACK get_info(LPCWSTR path, LPBY_HANDLE_FILE_INFORMATION out, PDOKAN_FILE_INFO info)
{
    out->nNumberOfLinks = 1;
    return STATUS_SUCCESS;
}

static NTSTATUS DOKAN_CALLBACK agree(LPCWSTR path, PDOKAN_FILE_INFO info)
{
    return STATUS_SUCCESS;
}

static NTSTATUS move_entry(struct by_path *fs, LPCWSTR from, LPCWSTR to, BOOL replace, ULONG64 meant)
{
    struct entry *e = find(fs, from), *there = find(fs, to);
    if (!e)
        return STATUS_OBJECT_NAME_NOT_FOUND;
    fs->wrong_moves += e->id != meant;
    if (there && there != e) {
        if (!replace)
            return STATUS_OBJECT_NAME_COLLISION;
        there->id = 0;
    }
    snprintf(e->path, sizeof e->path, "%s", narrow(to));
    return STATUS_SUCCESS;
}

static NTSTATUS DOKAN_CALLBACK move_file(LPCWSTR from, LPCWSTR to, BOOL replace, PDOKAN_FILE_INFO info)
{
    struct by_path *fs = fs_of(info);
    dawdle(info);
    pthread_mutex_lock(&fs->lock);
    NTSTATUS status = move_entry(fs, from, to, replace, info->Context);
    pthread_mutex_unlock(&fs->lock);
    dawdle(info);
    return status;
}

static NTSTATUS DOKAN_CALLBACK list_files(LPCWSTR path, PFillFindData fill, PDOKAN_FILE_INFO info)
{
    struct by_path *fs = fs_of(info);
    const char *dir = narrow(path);
    size_t len = strlen(dir);
    pthread_mutex_lock(&fs->lock);
    for (int i = 0; i < FILES_MAX; i++) {
        const struct entry *e = &fs->entries[i];
        if (!e->id || strncmp(e->path, dir, len) || e->path[len] != '\\')
            continue;
        WIN32_FIND_DATAW data = {.dwFileAttributes = FILE_ATTRIBUTE_NORMAL};
        for (size_t k = 0; e->path[len + 1 + k]; k++)
            data.cFileName[k] = (WCHAR)e->path[len + 1 + k];
        fill(&data, info);
    }
    pthread_mutex_unlock(&fs->lock);
    return STATUS_SUCCESS;
}

static const DOKAN_OPERATIONS operations = {
    .ZwCreateFile = create,
    .Cleanup = cleanup,
    .CloseFile = close_file,
    .ReadFile = read_file,
    .GetFileInformation = get_info,
    .FindFiles = list_files,
    .DeleteFile = agree,
    .DeleteDirectory = agree,
    .MoveFile = move_file,
};

/* ---- the crowd ----------------------------------------------------------------------------------------- */

static const WCHAR *const names[NAMES] = {u"\\a", u"\\b", u"\\c", u"\\d", u"\\e"};

struct member {
    struct rig *rig;
    pthread_t thread;
    unsigned seed;
    bool posix; /* by name only, as the door to Linux does */
};

static const WCHAR *any_name(struct member *m)
{
    return names[(unsigned)rand_r(&m->seed) % NAMES];
}

static struct nt_handle *open_any(struct member *m, ULONG options)
{
    struct opening how = {.path = any_name(m), .disposition = FILE_OPEN_IF, .options = options};
    return rig_create(m->rig, &how).handle;
}

static void use(struct member *m)
{
    struct nt_handle *h = open_any(m, 0);
    char byte;
    for (int i = rand_r(&m->seed) % 4; h && i > 0; i--) {
        rig_read(m->rig, h, &byte, 1, 0, NULL);
        sched_yield();
    }
    if (h)
        rig_end(m->rig, h);
}

static void dispose(struct member *m)
{
    struct nt_handle *h = open_any(m, 0);
    if (!h)
        return;
    FILE_DISPOSITION_INFORMATION_EX in = {.Flags = FILE_DISPOSITION_DELETE};
    in.Flags |= rand_r(&m->seed) & 1 ? FILE_DISPOSITION_POSIX_SEMANTICS : 0;
    rig_set(m->rig, h, FileDispositionInformationEx, &in, sizeof in);
    rig_end(m->rig, h);
}

static void delete_on_close(struct member *m)
{
    struct nt_handle *h = open_any(m, FILE_DELETE_ON_CLOSE);
    if (h)
        rig_end(m->rig, h);
}

static void rename_by_handle(struct member *m)
{
    struct nt_handle *h = open_any(m, 0);
    if (!h)
        return;
    rig_rename(m->rig, h, any_name(m), true);
    rig_end(m->rig, h);
}

static void remove_any(struct member *m)
{
    rig_remove(m->rig, any_name(m), false);
}

static void rename_any(struct member *m)
{
    rig_move(m->rig, any_name(m), any_name(m), NT_RENAME_REPLACE);
}

static void *run(void *arg)
{
    static void (*const deeds[])(struct member *) = {use,     remove_any,      rename_any,      use,
                                                     dispose, delete_on_close, rename_by_handle};
    struct member *m = arg;
    for (int i = 0; i < ROUNDS; i++)
        deeds[(unsigned)rand_r(&m->seed) % (m->posix ? 4 : COUNT_OF(deeds))](m);
    return NULL;
}

static void check_end(const struct by_path *fs)
{
    assert_int_equal(fs->opens, fs->cleanups);
    assert_int_equal(fs->opens, fs->closes);
    assert_int_equal(0, fs->wrong_deletes);
    assert_int_equal(0, fs->missed_deletes);
    assert_int_equal(0, fs->wrong_moves);
    for (int i = 0; i < FILES_MAX; i++)
        if (fs->entries[i].id)
            assert_null(strstr(fs->entries[i].path, "removed"));
}

static void storm(bool posix)
{
    static struct by_path fs;
    memset(&fs, 0, sizeof fs);
    pthread_mutex_init(&fs.lock, NULL);
    struct rig *rig = rig_open(&(struct rig_spec){
        .operations = &operations, .context = &fs, .options = DOKAN_OPTION_CASE_SENSITIVE});
    struct member members[THREADS];
    for (unsigned i = 0; i < THREADS; i++) {
        members[i] = (struct member){.rig = rig, .seed = i + 1, .posix = posix};
        assert_int_equal(0, pthread_create(&members[i].thread, NULL, run, &members[i]));
    }
    for (int i = 0; i < THREADS; i++)
        pthread_join(members[i].thread, NULL);
    rig_close(rig);
    check_end(&fs);
    pthread_mutex_destroy(&fs.lock);
}

static void test_posix(void **state)
{
    storm(true);
}

static void test_all_ways(void **state)
{
    storm(false);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_posix),
        cmocka_unit_test(test_all_ways),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
