// SPDX-License-Identifier: MIT
/*
 * The suite finds each fault in its feature and nowhere else, and finds nothing where nothing is wrong.
 */
#include "broken.h"

#include "memfs.h"
#include <dokan/check.h>
#include <dokan/fs.h>
#include <dokan/nt.h>
#include <dokan/ntstatus.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { MOST = 40, TIMEOUT_MS = 5000, TIMEOUT_HANG_MS = 250 };

/* What a run told. */
struct told {
    char wrong[MOST][32]; /* features */
    size_t wrong_count, results, stop_after;
    char remark[256];
    char first[512]; /* wrong result, in full */
};

static void DOKAN_CALLBACK take_feature(const DOKAN_CHECK_FEATURE *f, PVOID context)
{
    struct told *told = context;
    assert_int_equal(f->Size, sizeof *f);
    assert_true(f->Right + f->NotOffered + f->Wrong + f->NotChecked > 0);
    if (f->Verdict == DokanCheckWrong && told->wrong_count < MOST)
        snprintf(told->wrong[told->wrong_count++], sizeof told->wrong[0], "%s", f->Name);
}

static int DOKAN_CALLBACK take_result(const DOKAN_CHECK_RESULT *r, PVOID context)
{
    struct told *told = context;
    assert_int_equal(r->Size, sizeof *r);
    told->results++;
    if (r->Verdict == DokanCheckWrong) {
        assert_true(*r->Call && *r->Expected && *r->Given && *r->Rule);
        if (!told->first[0])
            snprintf(told->first, sizeof told->first, "%s.%s: %s: expected %s, got %s", r->Feature, r->Name,
                     r->Call, r->Expected, r->Given);
    }
    return told->stop_after && told->results >= told->stop_after;
}

static void DOKAN_CALLBACK take_remark(const char *text, PVOID context)
{
    struct told *told = context;
    snprintf(told->remark, sizeof told->remark, "%s", text);
}

static DOKAN_CHECK_OPTIONS options_for(struct told *told)
{
    DOKAN_CHECK_OPTIONS options = DokanCheckOptions();
    memset(told, 0, sizeof *told);
    options.TimeoutMs = TIMEOUT_MS;
    options.Result = take_result;
    options.Feature = take_feature;
    options.Remark = take_remark;
    options.Context = told;
    return options;
}

struct world {
    struct broken broken;
    DOKAN_HANDLE volume;
};

static void world_open(struct world *w, const struct fault *fault, unsigned flags, ULONG options)
{
    broken_make(&w->broken, fault, flags);
    w->broken.options.Options |= options;
    w->broken.mount.Flags = DOKAN_EX_NO_MOUNT;
    DokanInit();
    int code =
        DokanCreateFileSystemEx(&w->broken.options, &w->broken.operations, &w->broken.mount, &w->volume);
    assert_int_equal(code, DOKAN_SUCCESS);
}

static void world_close(struct world *w)
{
    ULONG64 id = DokanGetVolumeId(w->volume);
    broken_release();
    DokanCloseHandle(w->volume);
    while (!DokanIsVolumeDrained(id))
        ;
    memfs_free(w->broken.memfs);
    DokanShutdown();
}

static struct world world;

/* ---- nothing is wrong ---------------------------------------------------------------------------------- */

static void test_memfs_is_right(void **state)
{
    (void)state;
    for (unsigned flags = 0; flags <= (MEMFS_CASE_SENSITIVE | MEMFS_EXTENDED); flags++) {
        struct told told;
        DOKAN_CHECK_OPTIONS options = options_for(&told);
        world_open(&world, NULL, flags, 0);
        int code = DokanCheckVolume(world.volume, &options);
        world_close(&world);
        assert_string_equal(told.first, "");
        assert_string_equal(told.remark, "");
        assert_int_equal(code, DOKAN_CHECK_FINE);
        assert_true(told.results > 100);
    }
}

static void test_single_thread_is_right(void **state)
{
    struct told told;
    DOKAN_CHECK_OPTIONS options = options_for(&told);
    (void)state;
    broken_make(&world.broken, NULL, MEMFS_EXTENDED);
    memfs_free(world.broken.memfs);
    world_open(&world, NULL, MEMFS_EXTENDED, 0);
    int code = DokanCheckVolume(world.volume, &options);
    world_close(&world);
    assert_int_equal(code, DOKAN_CHECK_FINE);
}

static void test_read_only(void **state)
{
    struct told told;
    DOKAN_CHECK_OPTIONS options = options_for(&told);
    (void)state;
    world_open(&world, NULL, 0, DOKAN_OPTION_WRITE_PROTECT);
    int code = DokanCheckVolume(world.volume, &options);
    world_close(&world);
    assert_string_equal(told.first, "");
    assert_int_equal(code, DOKAN_CHECK_FINE);
    assert_true(told.results > 8);
}

static NTSTATUS DOKAN_CALLBACK write_forbidden(LPCWSTR name, LPCVOID buf, DWORD length, LPDWORD got,
                                               LONGLONG at, PDOKAN_FILE_INFO info)
{
    (void)name, (void)buf, (void)length, (void)got, (void)at, (void)info;
    fail_msg("something is written");
    return STATUS_ACCESS_DENIED;
}

static NTSTATUS DOKAN_CALLBACK create_forbidden(LPCWSTR name, PDOKAN_IO_SECURITY_CONTEXT security,
                                                ACCESS_MASK access, ULONG attributes, ULONG share,
                                                ULONG disposition, ULONG options, PDOKAN_FILE_INFO info)
{
    assert_int_equal(disposition, FILE_OPEN);
    assert_int_equal(options & FILE_DELETE_ON_CLOSE, 0);
    return memfs_operations()->ZwCreateFile(name, security, access, attributes, share, disposition, options,
                                            info);
}

static void test_asked_to_write_nothing(void **state)
{
    struct told told;
    DOKAN_CHECK_OPTIONS options = options_for(&told);
    (void)state;
    world_open(&world, NULL, 0, 0);
    world_close(&world);
    broken_make(&world.broken, NULL, 0);
    world.broken.operations.WriteFile = write_forbidden;
    world.broken.operations.ZwCreateFile = create_forbidden;
    world.broken.mount.Flags = DOKAN_EX_NO_MOUNT;
    DokanInit();
    assert_int_equal(DOKAN_SUCCESS, DokanCreateFileSystemEx(&world.broken.options, &world.broken.operations,
                                                            &world.broken.mount, &world.volume));
    options.Flags = DOKAN_CHECK_READ_ONLY;
    int code = DokanCheckVolume(world.volume, &options);
    world_close(&world);
    assert_int_equal(code, DOKAN_CHECK_FINE);
}

/* What is there stays where a volume only says that it is read-only. */
static NTSTATUS DOKAN_CALLBACK claims_read_only(LPWSTR name, DWORD name_size, LPDWORD serial, LPDWORD most,
                                                LPDWORD flags, LPWSTR fs, DWORD fs_size,
                                                PDOKAN_FILE_INFO info)
{
    NTSTATUS status =
        memfs_operations()->GetVolumeInformation(name, name_size, serial, most, flags, fs, fs_size, info);
    *flags |= FILE_READ_ONLY_VOLUME;
    return status;
}

static NTSTATUS open_in_world(LPCWSTR name, ULONG disposition, DOKAN_NT_FILE *file)
{
    DOKAN_NT_REQUEST rq = DokanNtRequest(world.volume, DOKAN_NT_CREATE);
    rq.Name = name;
    rq.DesiredAccess = FILE_GENERIC_READ | FILE_GENERIC_WRITE;
    rq.ShareAccess = FILE_SHARE_VALID_FLAGS;
    rq.CreateDisposition = disposition;
    NTSTATUS status = DokanNtCall(&rq);
    *file = rq.File;
    return status;
}

static NTSTATUS text_of(DOKAN_NT_FILE file, ULONG operation, char *text, ULONG length)
{
    DOKAN_NT_REQUEST rq = DokanNtRequest(NULL, operation);
    rq.File = file;
    rq.Buffer = text;
    rq.Length = length;
    return DokanNtCall(&rq);
}

static void test_nothing_is_lost_by_a_claim(void **state)
{
    struct told told;
    DOKAN_CHECK_OPTIONS options = options_for(&told);
    DOKAN_NT_FILE file;
    char text[] = "text", back[8] = "";
    (void)state;
    broken_make(&world.broken, NULL, 0);
    world.broken.operations.GetVolumeInformation = claims_read_only;
    world.broken.mount.Flags = DOKAN_EX_NO_MOUNT;
    DokanInit();
    assert_int_equal(DOKAN_SUCCESS, DokanCreateFileSystemEx(&world.broken.options, &world.broken.operations,
                                                            &world.broken.mount, &world.volume));
    assert_int_equal(open_in_world(u"\\f", FILE_CREATE, &file), STATUS_SUCCESS);
    assert_int_equal(text_of(file, DOKAN_NT_WRITE, text, 4), STATUS_SUCCESS);
    DokanNtClose(file);
    assert_int_equal(DokanCheckVolume(world.volume, &options), DOKAN_CHECK_FAULTS);
    assert_int_equal(told.wrong_count, 1);
    assert_string_equal(told.wrong[0], "refusing");
    assert_int_equal(open_in_world(u"\\dokan-check-new", FILE_OPEN, &file), STATUS_OBJECT_NAME_NOT_FOUND);
    assert_int_equal(open_in_world(u"\\f", FILE_OPEN, &file), STATUS_SUCCESS);
    assert_int_equal(text_of(file, DOKAN_NT_READ, back, sizeof back), STATUS_SUCCESS);
    assert_string_equal(back, "text");
    DokanNtClose(file);
    world_close(&world);
}

static void test_an_object_is_right(void **state)
{
    struct told told;
    DOKAN_CHECK_OPTIONS options = options_for(&told);
    struct fs_volume *volume = NULL;
    struct fs *fs = NULL;
    (void)state;
    assert_int_equal(fs_memory_new(&fs), 0);
    assert_int_equal(fs_volume_open(fs, NULL, &volume, NULL), 0);
    assert_int_equal(fs_close(fs), 0);
    int code = DokanCheckVolume(fs_volume_handle(volume), &options);
    assert_int_equal(fs_volume_close(volume), 0);
    assert_string_equal(told.first, "");
    assert_int_equal(code, DOKAN_CHECK_FINE);
    assert_int_equal(fs_volume_open(NULL, NULL, &volume, NULL), -EINVAL);
    assert_int_equal(fs_volume_close(NULL), 0);
}

/* ---- something is -------------------------------------------------------------------------------------- */

static void test_faults_are_found(void **state)
{
    (void)state;
    for (size_t i = 0; i < fault_count; i++) {
        struct told told;
        DOKAN_CHECK_OPTIONS options = options_for(&told);
        options.TimeoutMs = faults[i].flags & BROKEN_HANGS ? TIMEOUT_HANG_MS : TIMEOUT_MS;
        world_open(&world, &faults[i], 0, 0);
        int code = DokanCheckVolume(world.volume, &options);
        world_close(&world);
        print_message("%-18s %s\n", faults[i].name, told.first);
        if (told.wrong_count != 1 || strcmp(told.wrong[0], faults[i].feature) != 0) {
            for (size_t k = 0; k < told.wrong_count; k++)
                print_error("    wrong in %s\n", told.wrong[k]);
            fail_msg("%s: to be found in %s alone", faults[i].name, faults[i].feature);
        }
        assert_int_equal(code, DOKAN_CHECK_FAULTS);
    }
}

/* ---- options ------------------------------------------------------------------------------------------- */

static void test_options(void **state)
{
    struct told told;
    DOKAN_CHECK_OPTIONS options = options_for(&told);
    (void)state;
    world_open(&world, NULL, 0, 0);
    options.Only = "times,files.append";
    assert_int_equal(DokanCheckVolume(world.volume, &options), DOKAN_CHECK_FINE);
    assert_int_equal(told.results, 8);
    options.Only = "times,nothing";
    assert_int_equal(DokanCheckVolume(world.volume, &options), DOKAN_CHECK_ERROR);
    assert_string_equal(told.remark, "no such check: times,nothing");
    options.Only = "";
    assert_int_equal(DokanCheckVolume(world.volume, &options), DOKAN_CHECK_ERROR);
    options.Only = "reading";
    assert_int_equal(DokanCheckVolume(world.volume, &options), DOKAN_CHECK_FAULTS);
    assert_string_equal(told.remark, "none of these checks is for what is written");
    options = options_for(&told);
    told.stop_after = 3;
    assert_int_equal(DokanCheckVolume(world.volume, &options), DOKAN_CHECK_FINE);
    assert_int_equal(told.results, 3);
    options.Size--;
    assert_int_equal(DokanCheckVolume(world.volume, &options), DOKAN_CHECK_ERROR);
    options = options_for(&told);
    assert_int_equal(DokanCheckVolume(NULL, &options), DOKAN_CHECK_ERROR);
    assert_int_equal(DokanCheckFolder("/nothing/there", &options), DOKAN_CHECK_ERROR);
    assert_int_equal(DokanCheckFolder("/dev/null", &options), DOKAN_CHECK_ERROR);
    world_close(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_memfs_is_right),     cmocka_unit_test(test_single_thread_is_right),
        cmocka_unit_test(test_read_only),          cmocka_unit_test(test_nothing_is_lost_by_a_claim),
        cmocka_unit_test(test_an_object_is_right), cmocka_unit_test(test_asked_to_write_nothing),
        cmocka_unit_test(test_faults_are_found),   cmocka_unit_test(test_options),
    };
    return cmocka_run_group_tests_name("check", tests, NULL, NULL);
}
