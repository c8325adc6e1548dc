// SPDX-License-Identifier: MIT
/* Volumes for the tests of winfile.h, and what most of them do. */
#include "kit.h"
#include "memfs.h"
#include "mirror_kept.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/xattr.h>
#include <unistd.h>

static const struct place places[] = {
    {.name = "memfs",
     .security = true,
     .streams = true,
     .attributes = true,
     .birth = true,
     .directory_links = true},
    {.name = "mirror"},
    {.name = "mirror --keep", .security = true, .streams = true, .attributes = true, .birth = true},
};

const struct place *place;
DOKAN_HANDLE volume;

static DOKAN_OPTIONS options;
static void *memfs;
static struct mirror mirror;
static char root[256];

/* ---- volumes ------------------------------------------------------------------------------------------- */

static void open_memfs(DOKAN_MOUNT_OPTIONS_EX *ex)
{
    memfs = memfs_new(MEMFS_EXTENDED, 0);
    assert_non_null(memfs);
    ex->Flags |= MEMFS_SECURITY;
    ex->OperationsEx = memfs_operations_ex();
    options.Options = DOKAN_OPTION_ALT_STREAM;
    options.GlobalContext = (ULONG64)(uintptr_t)memfs;
    PDOKAN_OPERATIONS operations = (PDOKAN_OPERATIONS)(uintptr_t)memfs_operations();
    assert_int_equal(DokanCreateFileSystemEx(&options, operations, ex, &volume), DOKAN_SUCCESS);
}

static void open_mirror(DOKAN_MOUNT_OPTIONS_EX *ex)
{
    static WCHAR label[] = u"Mirror";
    const char *tmp = getenv("TMPDIR");
    snprintf(root, sizeof root, "%s/winfile-XXXXXX", tmp ? tmp : "/tmp");
    assert_non_null(mkdtemp(root));
    mirror = (struct mirror){.root.fd = -1, .label = label};
    assert_int_equal(hostdir_init(&mirror.root, root, false), 0);
    bool keep = place->streams;
    ex->Flags |= keep ? MIRROR_KEPT_FLAGS : 0;
    ex->OperationsEx = keep ? &mirror_kept_operations_ex : &mirror_operations_ex;
    options.Options = keep ? DOKAN_OPTION_ALT_STREAM : 0;
    options.GlobalContext = (ULONG64)(uintptr_t)&mirror;
    PDOKAN_OPERATIONS operations =
        (PDOKAN_OPERATIONS)(uintptr_t)(keep ? &mirror_kept_operations : &mirror_operations);
    assert_int_equal(DokanCreateFileSystemEx(&options, operations, ex, &volume), DOKAN_SUCCESS);
}

static int open_volume(void **state)
{
    DOKAN_MOUNT_OPTIONS_EX ex = DokanMountOptionsExDefault();
    (void)state;
    ex.Flags = DOKAN_EX_NO_MOUNT | DOKAN_EX_QUIET;
    options = (DOKAN_OPTIONS){.Version = DOKAN_VERSION};
    DokanInit();
    if (place == &places[0])
        open_memfs(&ex);
    else
        open_mirror(&ex);
    OK(DokanWinAttach(volume, u'X'));
    DokanWinImpersonate(0, 0); /* whoever runs the tests: descriptors hold nobody up who does not say so */
    return 0;
}

static int forget(const char *path, const struct stat *st, int type, struct FTW *where)
{
    (void)st, (void)type, (void)where;
    return remove(path);
}

static int close_volume(void **state)
{
    (void)state;
    DokanWinRevertToSelf();
    DokanWinDetach(u'X');
    DokanCloseHandle(volume);
    DokanShutdown();
    memfs_free(memfs);
    memfs = NULL;
    if (place == &places[0])
        return 0;
    close(mirror.root.fd);
    return nftw(root, forget, 16, FTW_DEPTH | FTW_PHYS);
}

/* Whether the host's temporary folder takes extended attributes of users. */
static bool host_keeps(void)
{
    char path[256];
    const char *tmp = getenv("TMPDIR");
    snprintf(path, sizeof path, "%s/winfile-XXXXXX", tmp ? tmp : "/tmp");
    int fd = mkstemp(path);
    bool keeps = fd >= 0 && fsetxattr(fd, "user.winfile", "", 0, 0) == 0;
    if (fd >= 0) {
        close(fd);
        unlink(path);
    }
    return keeps;
}

int kit_run(const char *name, const struct CMUnitTest *tests, size_t count)
{
    int failed = 0;
    struct CMUnitTest *copy = calloc(count, sizeof *copy);
    for (place = places; copy && place < places + COUNT_OF(places); place++) {
        char title[64];
        if (place->streams && place != places && !host_keeps()) {
            print_message("%s: no extended attributes here\n", place->name);
            continue;
        }
        snprintf(title, sizeof title, "%s on %s", name, place->name);
        memcpy(copy, tests, count * sizeof *copy);
        for (size_t i = 0; i < count; i++) {
            copy[i].setup_func = open_volume;
            copy[i].teardown_func = close_volume;
        }
        failed += _cmocka_run_group_tests(title, copy, count, NULL, NULL);
    }
    free(copy);
    return failed;
}

/* ---- verdicts -------------------------------------------------------------------------------------------
 */

void kit_ok(BOOL result, const char *call, const char *file, int line)
{
    if (result)
        return;
    print_error("%s: error %u\n", call, (unsigned)GetLastError());
    _assert_true(0, call, file, line);
}

void kit_fails(DWORD error, BOOL result, const char *call, const char *file, int line)
{
    DWORD given = GetLastError();
    if (!result && given == error)
        return;
    print_error("%s: %s %u instead of error %u\n", call, result ? "success," : "error",
                (unsigned)(result ? 0 : given), (unsigned)error);
    _assert_true(0, call, file, line);
}

HANDLE kit_opens(HANDLE handle, const char *call, const char *file, int line)
{
    kit_ok(handle != INVALID_HANDLE_VALUE && handle, call, file, line);
    return handle;
}

/* ---- files ----------------------------------------------------------------------------------------------
 */

HANDLE open_file(LPCWSTR name, DWORD access, DWORD disposition, DWORD flags)
{
    return CreateFileW(name, access, EVERYBODY, NULL, disposition, flags, NULL);
}

void make_file(LPCWSTR name, const char *text)
{
    DWORD size = (DWORD)strlen(text), written = 0;
    HANDLE file = OPENS(open_file(name, GENERIC_WRITE, CREATE_NEW, FILE_ATTRIBUTE_NORMAL));
    OK(!size || WriteFile(file, text, size, &written, NULL));
    assert_int_equal(written, size);
    OK(CloseHandle(file));
}

void make_directory(LPCWSTR name)
{
    OK(CreateDirectoryW(name, NULL));
}

const char *contents(LPCWSTR name)
{
    static char text[256];
    DWORD got = 0;
    HANDLE file = OPENS(open_file(name, GENERIC_READ, OPEN_EXISTING, 0));
    OK(ReadFile(file, text, sizeof text - 1, &got, NULL));
    text[got] = 0;
    OK(CloseHandle(file));
    return text;
}

bool exists(LPCWSTR name)
{
    return GetFileAttributesW(name) != INVALID_FILE_ATTRIBUTES;
}

DWORD attributes(LPCWSTR name)
{
    return GetFileAttributesW(name);
}
