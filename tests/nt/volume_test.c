// SPDX-License-Identifier: MIT
/* Volume information, statfs. */
#include "harness.h"
#include "nt/info.h"
#include <unistd.h>

static DOKAN_OPERATIONS without_volume_callbacks(void)
{
    DOKAN_OPERATIONS ops = fake_operations;
    ops.GetDiskFreeSpace = NULL;
    ops.GetVolumeInformation = NULL;
    return ops;
}

/* NULL and NOT_IMPLEMENTED mean the same. */
static struct rig *rig_of_defaults(bool missing)
{
    DOKAN_OPERATIONS ops = without_volume_callbacks();
    struct rig_spec spec = {.unit = 4096, .sector = 512};
    struct rig *rig = rig_open_with(&spec, missing ? &ops : &fake_operations);
    fake_returns(&rig->fs, DokanOperationGetDiskFreeSpace, STATUS_NOT_IMPLEMENTED);
    fake_returns(&rig->fs, DokanOperationGetVolumeInformation, STATUS_NOT_IMPLEMENTED);
    return rig;
}

static void test_defaults(void **state)
{
    for (int missing = 0; missing < 2; missing++) {
        struct rig *rig = rig_of_defaults(missing);
        _Alignas(8) char buffer[128];
        uint64_t n;
        const FILE_FS_VOLUME_INFORMATION *volume = (const void *)buffer;
        assert_status(0, rig_query_volume(rig, FileFsVolumeInformation, buffer, sizeof buffer, &n));
        assert_int_equal(18 + 10, n);
        assert_int_equal(0x19831116, volume->VolumeSerialNumber);
        assert_int_equal(0, volume->VolumeCreationTime.QuadPart);
        assert_int_equal(0, volume->SupportsObjects);
        assert_int_equal(10, volume->VolumeLabelLength);
        assert_memory_equal(u"DOKAN", buffer + 18, 10);
        const FILE_FS_ATTRIBUTE_INFORMATION *attribute = (const void *)buffer;
        assert_status(0, rig_query_volume(rig, FileFsAttributeInformation, buffer, sizeof buffer, &n));
        assert_int_equal(0x107, attribute->FileSystemAttributes);
        assert_int_equal(256, attribute->MaximumComponentNameLength);
        assert_memory_equal(u"NTFS", buffer + 12, 8);
        const FILE_FS_SIZE_INFORMATION *size = (const void *)buffer;
        assert_status(0, rig_query_volume(rig, FileFsSizeInformation, buffer, sizeof buffer, &n));
        assert_int_equal((1 << 30) / 4096, size->TotalAllocationUnits.QuadPart);
        assert_int_equal((1 << 29) / 4096, size->AvailableAllocationUnits.QuadPart);
        assert_int_equal(8, size->SectorsPerAllocationUnit);
        assert_int_equal(512, size->BytesPerSector);
        const FILE_FS_FULL_SIZE_INFORMATION *full = (const void *)buffer;
        assert_status(0, rig_query_volume(rig, FileFsFullSizeInformation, buffer, sizeof buffer, &n));
        assert_int_equal((1 << 29) / 4096, full->ActualAvailableAllocationUnits.QuadPart);
        rig_close(rig);
    }
}

static void test_answers(void **state)
{
    struct rig *rig = rig_open(&(struct rig_spec){.options = DOKAN_OPTION_WRITE_PROTECT});
    rig->fs.available = 10 * 512 + 511;
    rig->fs.total_bytes = 30 * 512;
    rig->fs.free_bytes = 20 * 512;
    rig->fs.volume.flags = FILE_NAMED_STREAMS;
    _Alignas(8) char buffer[128];
    uint64_t n;
    const FILE_FS_FULL_SIZE_INFORMATION *full = (const void *)buffer;
    assert_status(0, rig_query_volume(rig, FileFsFullSizeInformation, buffer, sizeof buffer, &n));
    assert_int_equal(30, full->TotalAllocationUnits.QuadPart);
    assert_int_equal(10, full->CallerAvailableAllocationUnits.QuadPart);
    assert_int_equal(20, full->ActualAvailableAllocationUnits.QuadPart);
    const FILE_FS_ATTRIBUTE_INFORMATION *attribute = (const void *)buffer;
    assert_status(0, rig_query_volume(rig, FileFsAttributeInformation, buffer, sizeof buffer, &n));
    assert_int_equal(FILE_NAMED_STREAMS | FILE_READ_ONLY_VOLUME, attribute->FileSystemAttributes);
    assert_int_equal(12, attribute->FileSystemNameLength);
    assert_status(STATUS_BUFFER_OVERFLOW, rig_query_volume(rig, FileFsAttributeInformation, buffer, 20, &n));
    assert_int_equal(20, n);
    assert_memory_equal(u"FAKE", buffer + 12, 8);
    const FILE_FS_VOLUME_INFORMATION *volume = (const void *)buffer;
    assert_status(STATUS_SUCCESS, rig_query_volume(rig, FileFsVolumeInformation, buffer, 24, &n));
    assert_int_equal(6, volume->VolumeLabelLength);
    assert_int_equal(24, n);
    fake_returns(&rig->fs, DokanOperationGetVolumeInformation, STATUS_ACCESS_DENIED);
    assert_status(STATUS_SUCCESS, rig_query_volume(rig, FileFsVolumeInformation, buffer, sizeof buffer, &n));
    assert_status(STATUS_ACCESS_DENIED,
                  rig_query_volume(rig, FileFsAttributeInformation, buffer, sizeof buffer, &n));
    assert_int_equal(0, n);
    fake_returns(&rig->fs, DokanOperationGetDiskFreeSpace, STATUS_IO_DEVICE_ERROR);
    assert_status(STATUS_IO_DEVICE_ERROR,
                  rig_query_volume(rig, FileFsSizeInformation, buffer, sizeof buffer, &n));
    rig_close(rig);
}

static void test_device_and_sizes(void **state)
{
    static const struct {
        ULONG options, characteristics;
    } devices[] = {
        {0, 0},
        {DOKAN_OPTION_REMOVABLE, FILE_REMOVABLE_MEDIA},
        {DOKAN_OPTION_WRITE_PROTECT | DOKAN_OPTION_NETWORK, FILE_READ_ONLY_DEVICE | FILE_REMOTE_DEVICE},
    };
    static const struct {
        int info_class;
        uint32_t size;
        NTSTATUS too_small;
    } rows[] = {
        {FileFsVolumeInformation, 24, STATUS_BUFFER_OVERFLOW},
        {FileFsSizeInformation, 24, STATUS_BUFFER_OVERFLOW},
        {FileFsDeviceInformation, 8, STATUS_BUFFER_TOO_SMALL},
        {FileFsAttributeInformation, 16, STATUS_BUFFER_OVERFLOW},
        {FileFsFullSizeInformation, 32, STATUS_BUFFER_OVERFLOW},
        {FileFsObjectIdInformation, 0, STATUS_INVALID_PARAMETER},
        {FileFsControlInformation, 0, STATUS_INVALID_PARAMETER},
        {FileFsSectorSizeInformation, 28, STATUS_INFO_LENGTH_MISMATCH},
        {0, 0, STATUS_INVALID_PARAMETER},
        {-1, 0, STATUS_INVALID_PARAMETER},
    };
    _Alignas(8) char buffer[64];
    for (size_t i = 0; i < COUNT_OF(devices); i++) {
        struct rig *rig = rig_open(&(struct rig_spec){.options = devices[i].options});
        FILE_FS_DEVICE_INFORMATION device;
        assert_status(0, rig_query_volume(rig, FileFsDeviceInformation, &device, sizeof device, NULL));
        assert_int_equal(FILE_DEVICE_DISK, device.DeviceType);
        assert_int_equal(devices[i].characteristics, device.Characteristics);
        rig_close(rig);
    }
    struct rig *rig = rig_open(&(struct rig_spec){0});
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        uint32_t length = rows[i].size ? rows[i].size - 1 : sizeof buffer;
        assert_status(rows[i].too_small, rig_query_volume(rig, rows[i].info_class, buffer, length, NULL));
        assert_int_equal(rows[i].size != 0, volume_class_name(rows[i].info_class) != NULL);
    }
    rig_close(rig);
}

static void test_hostile_volume_strings(void **state)
{
    static WCHAR endless[400];
    for (size_t i = 0; i < COUNT_OF(endless) - 1; i++)
        endless[i] = u'z';
    struct rig *rig = rig_open(&(struct rig_spec){0});
    rig->fs.volume.label = rig->fs.volume.fs_name = endless;
    rig->fs.volume.max_component = 0xFFFFFFFF;
    _Alignas(8) char buffer[2048];
    assert_status(0, rig_query_volume(rig, FileFsVolumeInformation, buffer, sizeof buffer, NULL));
    assert_status(0, rig_query_volume(rig, FileFsAttributeInformation, buffer, sizeof buffer, NULL));
    const FILE_FS_ATTRIBUTE_INFORMATION *attribute = (const void *)buffer;
    assert_int_equal(INT32_MAX, attribute->MaximumComponentNameLength);
    assert_true(attribute->FileSystemNameLength <= 2 * MAX_PATH);
    rig_close(rig);
}

static void test_statfs(void **state)
{
    static const struct {
        DWORD max_component;
        NTSTATUS volume_says;
        uint32_t name_max;
    } rows[] = {
        {255, STATUS_SUCCESS, 255}, {256, STATUS_SUCCESS, 255},       {0, STATUS_SUCCESS, 255},
        {100, STATUS_SUCCESS, 100}, {100, STATUS_ACCESS_DENIED, 255}, {0xFFFFFFFF, STATUS_SUCCESS, 255},
    };
    struct rig *rig = rig_open(&(struct rig_spec){.unit = 1024, .sector = 512});
    rig->fs.available = 1;
    rig->fs.total_bytes = UINT64_MAX;
    rig->fs.free_bytes = 3;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct nt_request rq;
        rig->fs.volume.max_component = rows[i].max_component;
        fake_returns(&rig->fs, DokanOperationGetVolumeInformation, rows[i].volume_says);
        rig_request(rig, &rq, NT_STATFS, NULL);
        assert_status(STATUS_SUCCESS, nt_call(&rq, NULL));
        assert_int_equal(rows[i].name_max, rq.statfs.out.name_max);
        assert_int_equal(1, rq.statfs.out.available);
        assert_true(rq.statfs.out.total == UINT64_MAX);
        assert_int_equal(3, rq.statfs.out.free);
        assert_int_equal(1024, rq.statfs.out.unit);
    }
    rig_close(rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_defaults),         cmocka_unit_test(test_answers),
        cmocka_unit_test(test_device_and_sizes), cmocka_unit_test(test_hostile_volume_strings),
        cmocka_unit_test(test_statfs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
