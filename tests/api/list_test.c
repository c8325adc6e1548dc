// SPDX-License-Identifier: MIT
/* DokanGetMountPointList: strings, types, option bits, order, the filter for network mounts. */
#include "api/announce.h"
#include "api/registry.h"
#include "tiny.h"

#include <unistd.h>

static struct registry_record mount_of(uint64_t volume, const char *letter, const char *path)
{
    struct registry_record r = {.volume = volume,
                                .mount_id = 0x12345,
                                .mounted = volume,
                                .pid = 1,
                                .type = 8,
                                .session = 0xFFFFFFFFu};
    snprintf(r.letter, sizeof r.letter, "%s", letter);
    snprintf(r.path, sizeof r.path, "%s", path);
    announce_device(&r);
    return r;
}

static bool equal(const WCHAR *a, const WCHAR *b)
{
    return DokanWcslen(a) == DokanWcslen(b) && memcmp(a, b, DokanWcslen(a) * sizeof *a) == 0;
}

static void empty_list(void **state)
{
    ULONG n = 9;
    assert_null(DokanGetMountPointList(FALSE, &n));
    assert_int_equal(n, 0);
    assert_null(DokanGetMountPointList(FALSE, NULL));
}

static void entries(void **state)
{
    struct registry_entry held[4];
    struct registry_record r = mount_of(1, "M", "/run/drives/M");
    r.options = DOKAN_EVENT_CASE_SENSITIVE | DOKAN_EVENT_WRITE_PROTECT;
    assert_int_equal(registry_add(&r, &held[0]), 0);
    r = mount_of(2, "", "/srv/mnt");
    assert_int_equal(registry_add(&r, &held[1]), 0);
    r = mount_of(3, "N", "/run/drives/N");
    r.type = FILE_DEVICE_NETWORK_FILE_SYSTEM;
    snprintf(r.unc, sizeof r.unc, "\\server\\share");
    announce_device(&r);
    assert_int_equal(registry_add(&r, &held[2]), 0);
    r = mount_of(4, "O", "/run/drives/O");
    r.session = 0x7FFFFFF1;
    assert_int_equal(registry_add(&r, &held[3]), 0);

    ULONG n = 0;
    PDOKAN_MOUNT_POINT_INFO list = DokanGetMountPointList(FALSE, &n);
    assert_int_equal(n, geteuid() == 0 ? 4 : 3); /* the fourth is of another session */
    assert_true(equal(list[0].MountPoint, u"\\DosDevices\\M:"));
    assert_true(equal(list[0].DeviceName, u"\\Device\\Volume{D6CC17C5-3471-4084-BCE7-964F1E9F5DE9}"));
    assert_true(equal(list[0].UNCName, u""));
    assert_int_equal(list[0].Type, 8);
    assert_int_equal(list[0].SessionId, 0xFFFFFFFFu);
    assert_int_equal(list[0].MountOptions, 0x42);
    assert_true(equal(list[1].MountPoint, u"\\DosDevices\\/srv/mnt"));
    assert_true(equal(list[2].UNCName, u"\\server\\share"));
    assert_true(
        equal(list[2].DeviceName, u"\\Device\\DokanRedirector2{D6CC17C5-3471-4084-BCE7-964F1E9F5DE9}"));
    assert_int_equal(list[2].Type, 0x14);
    DokanReleaseMountPointList(list);

    list = DokanGetMountPointList(TRUE, &n);
    assert_int_equal(n, 1);
    assert_true(equal(list[0].MountPoint, u"\\DosDevices\\N:"));
    DokanReleaseMountPointList(list);
    for (size_t i = 0; i < 4; i++)
        registry_remove(&held[i]);
    assert_null(DokanGetMountPointList(TRUE, &n));
}

/* Texts that do not fit are cut, and terminated. */
static void long_texts(void **state)
{
    struct registry_entry held;
    struct registry_record r = mount_of(1, "", "/");
    memset(r.path + 1, 'p', 1000);
    memset(r.unc, 'u', sizeof r.unc - 1);
    assert_int_equal(registry_add(&r, &held), 0);
    ULONG n = 0;
    PDOKAN_MOUNT_POINT_INFO list = DokanGetMountPointList(FALSE, &n);
    assert_int_equal(n, 1);
    assert_int_equal(DokanWcslen(list->MountPoint), 259);
    assert_int_equal(DokanWcslen(list->UNCName), 63);
    DokanReleaseMountPointList(list);
    registry_remove(&held);
}

/* What a foreign program reads through the control interface. */
static void control_list(void **state)
{
    struct registry_entry held;
    struct registry_record r = mount_of(1, "M", "/run/new\nline");
    char *reply = NULL;
    assert_int_equal(registry_add(&r, &held), 0);
    assert_true(DokanControl(NULL, "list", &reply));
    assert_non_null(strstr(reply, "drive M\npath /run/new\\nline\n"));
    DokanFreeReply(reply);
    assert_true(DokanControl("m:", "list", &reply));
    assert_non_null(strstr(reply, "volume 1\n"));
    DokanFreeReply(reply);
    assert_true(DokanControl("M:", "path", &reply));
    assert_string_equal(reply, "/run/new\nline");
    DokanFreeReply(reply);
    assert_false(DokanControl("N:", "path", &reply));
    assert_int_equal(DokanWin32GetLastError(), ERROR_FILE_NOT_FOUND);
    assert_false(DokanControl("N:", "list", NULL));
    assert_false(DokanControl("M:", "dance", NULL));
    assert_int_equal(DokanWin32GetLastError(), ERROR_INVALID_PARAMETER);
    assert_false(DokanControl(NULL, "unmount", NULL));
    assert_false(DokanControl("M:", NULL, NULL));
    registry_remove(&held);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(empty_list),
        cmocka_unit_test(entries),
        cmocka_unit_test(long_texts),
        cmocka_unit_test(control_list),
    };
    return cmocka_run_group_tests(tests, sandbox_setup, sandbox_teardown);
}
