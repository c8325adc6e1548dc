// SPDX-License-Identifier: MIT
/* Links of a host's folder, shown by mirror and followed by the engine, through dokan/nt.h. */
#include "base/testing.h"
#include "mirror.h"
#include <dokan/nt.h>

#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct {
    char folder[64];
    struct mirror mirror;
    DOKAN_OPTIONS options;
    DOKAN_HANDLE volume;
    WCHAR label[8], point[64];
} bed;

static void at(const char *name, char path[128])
{
    snprintf(path, 128, "%s/%s", bed.folder, name);
}

static void host_link(const char *name, const char *target)
{
    char path[128];
    at(name, path);
    assert_int_equal(0, symlink(target, path));
}

static void host_file(const char *name, const char *text)
{
    char path[128];
    at(name, path);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

static void populate(void)
{
    char path[128], target[128];
    at("d", path);
    assert_int_equal(0, mkdir(path, 0755));
    host_file("d/f", "file");
    host_file("t", "top");
    host_link("to-f", "d/f");
    host_link("to-d", "d");
    host_link("d/up", "../t");
    host_link("out", "../../etc/passwd");
    host_link("abs", "/etc/passwd");
    host_link("new", "d/new");
    host_link("loop", "loop");
    at("d", target);
    host_link("place", target);
}

static int open_volume(void **state)
{
    (void)state;
    DOKAN_MOUNT_OPTIONS_EX ex = DokanMountOptionsExDefault();
    strcpy(bed.folder, "/tmp/follow-XXXXXX");
    assert_non_null(mkdtemp(bed.folder));
    assert_int_equal(0, hostdir_init(&bed.mirror.root, bed.folder, false));
    bed.label[0] = u'm';
    bed.mirror.label = bed.label;
    for (size_t i = 0; i < strlen(bed.folder); i++)
        bed.point[i] = (WCHAR)bed.folder[i];
    populate();
    DokanInit();
    bed.options = (DOKAN_OPTIONS){
        .Version = DOKAN_VERSION, .GlobalContext = (ULONG64)(uintptr_t)&bed.mirror, .MountPoint = bed.point};
    ex.OperationsEx = &mirror_operations_ex;
    ex.Flags = DOKAN_EX_NO_MOUNT | DOKAN_EX_QUIET;
    return DokanCreateFileSystemEx(&bed.options, (PDOKAN_OPERATIONS)(uintptr_t)&mirror_operations, &ex,
                                   &bed.volume);
}

static int remove_one(const char *path, const struct stat *st, int kind, struct FTW *where)
{
    (void)st, (void)kind, (void)where;
    return remove(path);
}

static int close_volume(void **state)
{
    (void)state;
    DokanCloseHandle(bed.volume);
    DokanShutdown();
    close(bed.mirror.root.fd);
    return nftw(bed.folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static NTSTATUS visit(LPCWSTR name, ULONG disposition, ULONG options, char text[16])
{
    DOKAN_NT_REQUEST rq = DokanNtRequest(bed.volume, DOKAN_NT_CREATE);
    rq.Name = name;
    rq.DesiredAccess = FILE_GENERIC_READ | DELETE | (disposition == FILE_OPEN ? 0 : FILE_WRITE_DATA);
    rq.ShareAccess = FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE;
    rq.CreateDisposition = disposition;
    rq.CreateOptions = options;
    NTSTATUS status = DokanNtCall(&rq);
    DOKAN_NT_FILE file = rq.File;
    if (status)
        return status;
    rq = DokanNtRequest(NULL, DOKAN_NT_READ);
    rq.File = file;
    rq.Buffer = text;
    rq.Length = 15;
    if (DokanNtCall(&rq) == STATUS_SUCCESS)
        text[rq.Information] = 0;
    DokanNtClose(file);
    return STATUS_SUCCESS;
}

static void test_links(void **state)
{
    static const struct {
        LPCWSTR name;
        ULONG disposition, options;
        NTSTATUS status;
        const char *text;
    } rows[] = {
        {u"\\to-f", FILE_OPEN, 0, 0, "file"},
        {u"\\to-f", FILE_OPEN_IF, FILE_NON_DIRECTORY_FILE, 0, "file"},
        {u"\\to-d\\f", FILE_OPEN, 0, 0, "file"},
        {u"\\to-d\\f", FILE_OPEN, FILE_OPEN_REPARSE_POINT, 0, "file"},
        {u"\\to-d", FILE_OPEN, FILE_DIRECTORY_FILE, 0, ""},
        {u"\\to-d", FILE_OPEN, FILE_NON_DIRECTORY_FILE, STATUS_FILE_IS_A_DIRECTORY, ""},
        {u"\\to-d\\up", FILE_OPEN, 0, 0, "top"},
        {u"\\place\\f", FILE_OPEN, 0, 0, "file"},
        {u"\\place\\f", FILE_OPEN, FILE_OPEN_REPARSE_POINT, 0, "file"},
        {u"\\place", FILE_OPEN, FILE_DIRECTORY_FILE, 0, ""},
        {u"\\to-d\\none", FILE_OPEN, 0, STATUS_OBJECT_NAME_NOT_FOUND, ""},
        {u"\\to-d\\no\\where", FILE_OPEN, 0, STATUS_OBJECT_PATH_NOT_FOUND, ""},
        {u"\\t\\x", FILE_OPEN, 0, STATUS_OBJECT_PATH_NOT_FOUND, ""},
        {u"\\out", FILE_OPEN, 0, STATUS_STOPPED_ON_SYMLINK, ""},
        {u"\\out", FILE_OVERWRITE, 0, STATUS_STOPPED_ON_SYMLINK, ""},
        {u"\\abs", FILE_OPEN, 0, STATUS_STOPPED_ON_SYMLINK, ""},
        {u"\\abs\\x", FILE_OPEN, 0, STATUS_STOPPED_ON_SYMLINK, ""},
        {u"\\loop", FILE_OPEN, 0, STATUS_REPARSE_POINT_NOT_RESOLVED, ""},
        {u"\\new", FILE_OPEN, 0, STATUS_OBJECT_NAME_NOT_FOUND, ""},
        {u"\\new", FILE_CREATE, 0, 0, ""},
        {u"\\d\\new", FILE_OPEN, 0, 0, ""},
        {u"\\to-f", FILE_OVERWRITE, 0, 0, ""},
        {u"\\d\\f", FILE_OPEN, 0, 0, ""},
        {u"\\to-f", FILE_OPEN, FILE_DELETE_ON_CLOSE | FILE_OPEN_REPARSE_POINT, 0, ""},
        {u"\\to-f", FILE_OPEN, 0, STATUS_OBJECT_NAME_NOT_FOUND, ""},
        {u"\\d\\f", FILE_OPEN, 0, 0, ""},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        char text[16] = "";
        NTSTATUS status = visit(rows[i].name, rows[i].disposition, rows[i].options, text);
        if (status != rows[i].status || strcmp(text, rows[i].text) != 0)
            fail_msg("row %zu: 0x%08x, %s", i, (unsigned)status, text);
    }
}

/* READONLY, which here is a mode, holds by every name and with every option. */
static void test_read_only(void **state)
{
    char path[128], text[16] = "";
    (void)state;
    at("d/f", path);
    assert_int_equal(0, chmod(path, 0444));
    for (int i = 0; i < 4; i++) {
        LPCWSTR name = i & 1 ? u"\\d\\f" : u"\\to-f";
        ULONG options = i & 2 ? FILE_OPEN_REPARSE_POINT : 0;
        NTSTATUS status = visit(name, FILE_OVERWRITE, options, text);
        assert_true(status == STATUS_ACCESS_DENIED);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_links, open_volume, close_volume),
        cmocka_unit_test_setup_teardown(test_read_only, open_volume, close_volume),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
