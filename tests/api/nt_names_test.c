// SPDX-License-Identifier: MIT
/*
 * The in-process door over memfs: extended attributes, labels, names relative to an open directory, and what
 * those who watch hear of DokanNotify*, called from inside a callback too.
 */
#include "memfs.h"
#include "tiny.h"
#include <dokan/nt.h>
#include <pthread.h>

static struct {
    void *memfs;
    DOKAN_HANDLE volume;
    DOKAN_OPERATIONS operations;
    atomic_int completed;
    atomic_int moving; /* 1: MoveFile shall wait; 2: it does; 0: it goes on */
} world;

static NTSTATUS DOKAN_CALLBACK move_slowly(LPCWSTR FileName, LPCWSTR NewFileName, BOOL ReplaceIfExisting,
                                           PDOKAN_FILE_INFO DokanFileInfo)
{
    int due = 1;
    if (atomic_compare_exchange_strong(&world.moving, &due, 2))
        while (atomic_load(&world.moving))
            sleep_ms(1);
    return memfs_operations()->MoveFile(FileName, NewFileName, ReplaceIfExisting, DokanFileInfo);
}

/* Says of itself what changed, in the middle of a read. */
static NTSTATUS DOKAN_CALLBACK read_and_tell(LPCWSTR FileName, LPVOID Buffer, DWORD BufferLength,
                                             LPDWORD ReadLength, LONGLONG Offset,
                                             PDOKAN_FILE_INFO DokanFileInfo)
{
    assert_true(DokanNotifyUpdate(world.volume, FileName));
    assert_true(DokanNotifyCreate(world.volume, u"\\told", FALSE));
    return memfs_operations()->ReadFile(FileName, Buffer, BufferLength, ReadLength, Offset, DokanFileInfo);
}

static int open_volume(void **state)
{
    (void)state;
    DokanInit();
    DOKAN_OPTIONS *options = tiny_options(NULL, DOKAN_OPTION_ALT_STREAM);
    DOKAN_MOUNT_OPTIONS_EX ex = tiny_without_mount();
    world.memfs = memfs_new(MEMFS_EXTENDED, 0);
    world.operations = *memfs_operations();
    world.operations.ReadFile = read_and_tell;
    world.operations.MoveFile = move_slowly;
    options->GlobalContext = (ULONG64)(uintptr_t)world.memfs;
    ex.OperationsEx = memfs_operations_ex();
    return DokanCreateFileSystemEx(options, &world.operations, &ex, &world.volume) != DOKAN_SUCCESS;
}

static int close_volume(void **state)
{
    (void)state;
    DokanCloseHandle(world.volume);
    memfs_free(world.memfs);
    DokanShutdown();
    return 0;
}

static DOKAN_NT_FILE open_with(LPCWSTR name, ULONG disposition, ULONG options, const void *eas, ULONG length)
{
    DOKAN_NT_REQUEST rq = DokanNtRequest(world.volume, DOKAN_NT_CREATE);
    rq.Name = name;
    rq.DesiredAccess = FILE_ALL_ACCESS;
    rq.ShareAccess = FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE;
    rq.CreateDisposition = disposition;
    rq.CreateOptions = options;
    rq.Input = eas;
    rq.InputLength = length;
    assert_int_equal(DokanNtCall(&rq), STATUS_SUCCESS);
    return rq.File;
}

static DOKAN_NT_REQUEST request_on(DOKAN_NT_FILE file, ULONG operation, const void *buffer, ULONG length)
{
    DOKAN_NT_REQUEST rq = DokanNtRequest(world.volume, operation);
    rq.File = file;
    rq.Buffer = (void *)(uintptr_t)buffer;
    rq.Length = length;
    return rq;
}

/* ---- extended attributes and the label ----------------------------------------------------------------- */

static const BYTE one_ea[] = {0, 0, 0, 0, 0, 1, 2, 0, 'a', 0, 'x', 'y'};

static void test_eas(void **state)
{
    static const BYTE ask[] = {0, 0, 0, 0, 1, 'a', 0};
    _Alignas(4) BYTE out[64];
    (void)state;
    DOKAN_NT_FILE file = open_with(u"\\f", FILE_CREATE, 0, one_ea, sizeof one_ea);
    DOKAN_NT_REQUEST rq = request_on(file, DOKAN_NT_QUERY_EA, out, sizeof out);
    assert_int_equal(DokanNtCall(&rq), STATUS_SUCCESS);
    assert_int_equal(rq.Information, sizeof one_ea);
    assert_memory_equal(out, one_ea, sizeof one_ea);
    rq.Flags = DOKAN_NT_SINGLE;
    assert_int_equal(DokanNtCall(&rq), STATUS_NO_MORE_EAS);
    rq.Flags = DOKAN_NT_RESTART;
    assert_int_equal(DokanNtCall(&rq), STATUS_SUCCESS);
    rq.Input = ask;
    rq.InputLength = sizeof ask;
    assert_int_equal(DokanNtCall(&rq), STATUS_SUCCESS);
    BYTE gone[sizeof one_ea - 2];
    memcpy(gone, one_ea, sizeof gone);
    gone[6] = 0;
    rq = request_on(file, DOKAN_NT_SET_EA, gone, sizeof gone);
    assert_int_equal(DokanNtCall(&rq), STATUS_SUCCESS);
    rq = request_on(file, DOKAN_NT_QUERY_EA, out, sizeof out);
    assert_int_equal(DokanNtCall(&rq), STATUS_NO_EAS_ON_FILE);
    DokanNtClose(file);
}

static void test_label(void **state)
{
    struct {
        FILE_FS_VOLUME_INFORMATION head;
        WCHAR room[32];
    } volume;
    static const struct {
        ULONG length;
        WCHAR text[3];
    } label = {6, {u'n', u'e', u'w'}};
    (void)state;
    DOKAN_NT_REQUEST rq = request_on(NULL, DOKAN_NT_SET_VOLUME, &label, 10);
    rq.Class = FileFsLabelInformation;
    assert_int_equal(DokanNtCall(&rq), STATUS_SUCCESS);
    rq = request_on(NULL, DOKAN_NT_QUERY_VOLUME, &volume, sizeof volume);
    rq.Class = FileFsVolumeInformation;
    assert_int_equal(DokanNtCall(&rq), STATUS_SUCCESS);
    assert_int_equal(volume.head.VolumeLabelLength, 6);
    assert_memory_equal(volume.head.VolumeLabel, u"new", 6);
    rq = request_on(NULL, DOKAN_NT_SET_VOLUME, NULL, 10);
    rq.Class = FileFsLabelInformation;
    assert_int_equal(DokanNtCall(&rq), STATUS_INVALID_PARAMETER);
}

/* ---- relative names ------------------------------------------------------------------------------------ */

static NTSTATUS name_below(DOKAN_NT_FILE file, DOKAN_NT_FILE directory, ULONG info_class,
                           const char16_t *name)
{
    struct {
        FILE_RENAME_INFORMATION head;
        WCHAR room[20];
    } in = {.head.RootDirectory = directory};
    size_t units = 0;
    while (name[units])
        units++;
    in.head.FileNameLength = (ULONG)(units * sizeof(WCHAR));
    memcpy((BYTE *)&in + offsetof(FILE_RENAME_INFORMATION, FileName), name, units * sizeof(WCHAR));
    DOKAN_NT_REQUEST rq = request_on(file, DOKAN_NT_SET_INFORMATION, &in, sizeof in);
    rq.Class = info_class;
    return DokanNtCall(&rq);
}

static void test_relative_names(void **state)
{
    (void)state;
    DOKAN_NT_FILE d = open_with(u"\\d", FILE_CREATE, FILE_DIRECTORY_FILE, NULL, 0);
    DOKAN_NT_FILE f = open_with(u"\\f", FILE_CREATE, 0, NULL, 0);
    DokanNtClose(open_with(u"\\d\\e", FILE_CREATE, FILE_DIRECTORY_FILE, NULL, 0));
    assert_int_equal(name_below(f, d, FileRenameInformation, u"moved"), STATUS_SUCCESS);
    assert_int_equal(name_below(f, d, FileLinkInformation, u"e\\linked"), STATUS_SUCCESS);
    assert_int_equal(name_below(f, d, FileLinkInformationEx, u"e\\linked"), STATUS_OBJECT_NAME_COLLISION);
    assert_int_equal(name_below(f, d, FileRenameInformationEx, u"\\x"), STATUS_INVALID_PARAMETER);
    assert_int_equal(name_below(f, d, FileRenameInformation, u":s"), STATUS_INVALID_PARAMETER);
    DokanNtClose(open_with(u"\\d\\moved", FILE_OPEN, 0, NULL, 0));
    DokanNtClose(open_with(u"\\d\\e\\linked", FILE_OPEN, 0, NULL, 0));
    DokanNtClose(f);
    DokanNtClose(d);
}

static void DOKAN_CALLBACK completed(PDOKAN_NT_REQUEST Request);
static bool all_came(void *arg);

static void *move_e(void *arg)
{
    assert_int_equal(name_below(arg, NULL, FileRenameInformation, u"\\e2"), STATUS_SUCCESS);
    return NULL;
}

static bool moves(void *arg)
{
    (void)arg;
    return atomic_load(&world.moving) == 2;
}

/* The directory that a name is relative to need not stay open until the request runs. */
static void test_directory_closed_meanwhile(void **state)
{
    struct {
        FILE_RENAME_INFORMATION head;
        WCHAR room[8];
    } in = {.head.FileNameLength = 6};
    pthread_t thread;
    int one = 1;
    (void)state;
    DOKAN_NT_FILE far = open_with(u"\\far", FILE_CREATE, FILE_DIRECTORY_FILE, NULL, 0);
    DOKAN_NT_FILE e = open_with(u"\\far\\e", FILE_CREATE, FILE_DIRECTORY_FILE, NULL, 0);
    DOKAN_NT_FILE near = open_with(u"\\near", FILE_CREATE, 0, NULL, 0);
    atomic_store(&world.completed, 0);
    atomic_store(&world.moving, 1);
    pthread_create(&thread, NULL, move_e, e);
    assert_true(wait_until(moves, NULL, 5000));
    in.head.RootDirectory = far;
    memcpy((BYTE *)&in + offsetof(FILE_RENAME_INFORMATION, FileName), u"e\\x", 6);
    DOKAN_NT_REQUEST rq = request_on(near, DOKAN_NT_SET_INFORMATION, &in, sizeof in);
    rq.Class = FileRenameInformation;
    rq.Complete = completed;
    assert_int_equal(DokanNtSubmit(&rq), STATUS_PENDING);
    DokanNtClose(far);
    assert_int_equal(atomic_load(&world.completed), 0);
    atomic_store(&world.moving, 0);
    pthread_join(thread, NULL);
    assert_true(wait_until(all_came, &one, 5000));
    assert_int_equal(rq.Status, STATUS_OBJECT_PATH_NOT_FOUND);
    DokanNtClose(near);
    DokanNtClose(e);
}

/* ---- watching ------------------------------------------------------------------------------------------ */

static void DOKAN_CALLBACK completed(PDOKAN_NT_REQUEST Request)
{
    (void)Request;
    atomic_fetch_add(&world.completed, 1);
}

static bool all_came(void *arg)
{
    return atomic_load(&world.completed) >= *(int *)arg;
}

static const struct {
    ULONG filter;
    bool told; /* of an update */
} watchers[] = {
    {FILE_NOTIFY_CHANGE_SIZE, true},
    {FILE_NOTIFY_CHANGE_LAST_WRITE, true},
    {FILE_NOTIFY_CHANGE_ATTRIBUTES, true},
    {FILE_NOTIFY_CHANGE_SIZE | FILE_NOTIFY_CHANGE_LAST_WRITE | FILE_NOTIFY_CHANGE_ATTRIBUTES, true},
    {FILE_NOTIFY_CHANGE_EA, false},
    {FILE_NOTIFY_CHANGE_DIR_NAME, false},
};
enum { WATCHERS = sizeof watchers / sizeof *watchers, TOLD = 4 };

/* One change and no more. */
static void check_change(const BYTE *buffer, ULONG64 length, DWORD action, const char16_t *name, ULONG bytes)
{
    const FILE_NOTIFY_INFORMATION *change = (const void *)buffer;
    assert_int_equal(change->Action, action);
    assert_int_equal(change->FileNameLength, bytes);
    assert_memory_equal(change->FileName, name, bytes);
    assert_int_equal(change->NextEntryOffset, 0);
    assert_int_equal(length, offsetof(FILE_NOTIFY_INFORMATION, FileName) + bytes);
}

static void test_who_is_told(void **state)
{
    static _Alignas(4) BYTE buffers[WATCHERS][256];
    DOKAN_NT_FILE dirs[WATCHERS], f;
    DOKAN_NT_REQUEST waits[WATCHERS];
    int expected = TOLD;
    char byte;
    (void)state;
    f = open_with(u"\\told of", FILE_CREATE, 0, NULL, 0);
    DOKAN_NT_REQUEST rq = request_on(f, DOKAN_NT_WRITE, "x", 1);
    assert_int_equal(DokanNtCall(&rq), STATUS_SUCCESS);
    atomic_store(&world.completed, 0);
    for (int i = 0; i < WATCHERS; i++) {
        dirs[i] = open_with(u"\\", FILE_OPEN, FILE_DIRECTORY_FILE, NULL, 0);
        waits[i] = request_on(dirs[i], DOKAN_NT_NOTIFY, buffers[i], sizeof buffers[i]);
        waits[i].Class = watchers[i].filter;
        waits[i].Complete = completed;
        assert_int_equal(DokanNtSubmit(&waits[i]), STATUS_PENDING);
    }
    rq = request_on(f, DOKAN_NT_READ, &byte, 1); /* tells in the middle of it */
    assert_int_equal(DokanNtCall(&rq), STATUS_SUCCESS);
    assert_true(wait_until(all_came, &expected, 5000));
    sleep_ms(50);
    assert_int_equal(atomic_load(&world.completed), TOLD);
    for (int i = 0; i < TOLD; i++)
        check_change(buffers[i], waits[i].Information, FILE_ACTION_MODIFIED, u"told of", 14);
    for (int i = 0; i < TOLD; i++) { /* and not again */
        waits[i].Complete = completed;
        assert_int_equal(DokanNtSubmit(&waits[i]), STATUS_PENDING);
    }
    sleep_ms(50);
    assert_int_equal(atomic_load(&world.completed), TOLD);
    assert_true(DokanNotifyXAttrUpdate(world.volume, u"X:\\told of"));
    expected = TOLD + 3; /* two of ATTRIBUTES, one of EA */
    assert_true(wait_until(all_came, &expected, 5000));
    check_change(buffers[4], waits[4].Information, FILE_ACTION_MODIFIED, u"told of", 14);
    for (int i = 0; i < WATCHERS; i++)
        DokanNtClose(dirs[i]);
    expected = TOLD + WATCHERS;
    assert_true(wait_until(all_came, &expected, 5000));
    DokanNtClose(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_eas, open_volume, close_volume),
        cmocka_unit_test_setup_teardown(test_label, open_volume, close_volume),
        cmocka_unit_test_setup_teardown(test_relative_names, open_volume, close_volume),
        cmocka_unit_test_setup_teardown(test_directory_closed_meanwhile, open_volume, close_volume),
        cmocka_unit_test_setup_teardown(test_who_is_told, open_volume, close_volume),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
