// SPDX-License-Identifier: MIT
/* Volume information, statfs, security descriptors. */
#include "harness.h"
#include "nt/info.h"
#include "nt/security.h"
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
        {FileFsSectorSizeInformation, 0, STATUS_INVALID_PARAMETER},
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

/* ---- security ---------------------------------------------------------------------------------------- */

enum { EVERYTHING = OWNER_SECURITY_INFORMATION | GROUP_SECURITY_INFORMATION | DACL_SECURITY_INFORMATION };

static NTSTATUS query_security(struct rig *rig, struct nt_handle *h, SECURITY_INFORMATION what, void *buffer,
                               uint32_t length, uint32_t *needed)
{
    struct nt_request rq;
    rig_request(rig, &rq, NT_QUERY_SECURITY, h);
    rq.security = (struct nt_security_args){.what = what, .buffer = buffer, .length = length};
    NTSTATUS status = nt_call(&rq, NULL);
    *needed = rq.security.needed;
    return status;
}

static uint32_t read32(const void *at, size_t offset)
{
    uint32_t value;
    memcpy(&value, (const char *)at + offset, 4);
    return value;
}

static void check_sid(const unsigned char *sd, uint32_t offset, uint32_t kind, uint32_t id)
{
    static const unsigned char head[8] = {1, 2, 0, 0, 0, 0, 0, 22};
    assert_memory_equal(head, sd + offset, 8);
    assert_int_equal(kind, read32(sd, offset + 8));
    assert_int_equal(id, read32(sd, offset + 12));
}

static void check_default(const unsigned char *sd, uint32_t length, bool directory, SECURITY_INFORMATION what)
{
    SECURITY_DESCRIPTOR_RELATIVE head;
    memcpy(&head, sd, sizeof head);
    assert_true(descriptor_valid(sd, length, what));
    assert_int_equal((what & OWNER_SECURITY_INFORMATION) != 0, head.Owner != 0);
    assert_int_equal((what & GROUP_SECURITY_INFORMATION) != 0, head.Group != 0);
    assert_int_equal((what & DACL_SECURITY_INFORMATION) != 0, head.Dacl != 0);
    assert_int_equal(0, head.Sacl);
    if (head.Owner)
        check_sid(sd, head.Owner, 1, getuid());
    if (head.Group)
        check_sid(sd, head.Group, 2, getgid());
    if (!head.Dacl)
        return;
    assert_int_equal(directory, (head.Control & SE_DACL_PROTECTED) != 0);
    assert_true(head.Control & SE_DACL_AUTO_INHERITED);
    unsigned char dacl[28] = {2, 0, 28, 0, 1, 0, 0, 0, 0, directory ? 3 : 0x10, 20, 0, 0xFF, 1, 0x1F, 0,
                              1, 1, 0,  0, 0, 0, 0, 5, 11};
    assert_memory_equal(dacl, sd + head.Dacl, sizeof dacl);
}

static void test_default_descriptor(void **state)
{
    DOKAN_OPERATIONS ops = fake_operations;
    ops.GetFileSecurity = NULL;
    for (int missing = 0; missing < 2; missing++) {
        struct rig *rig = rig_open_with(&(struct rig_spec){0}, missing ? &ops : &fake_operations);
        fake_returns(&rig->fs, DokanOperationGetFileSecurity, STATUS_NOT_IMPLEMENTED);
        struct nt_handle *h[2] = {rig_must_open(rig, u"\\f"), rig_must_open(rig, u"\\d")};
        for (unsigned what = 0; what < 16; what++) {
            for (int directory = 0; directory < 2; directory++) {
                unsigned char sd[128];
                uint32_t needed, size;
                assert_status(0, query_security(rig, h[directory], what, sd, sizeof sd, &size));
                check_default(sd, size, directory, what & EVERYTHING);
                assert_status(0, query_security(rig, h[directory], what, sd, size, &needed));
                assert_status(STATUS_BUFFER_OVERFLOW,
                              query_security(rig, h[directory], what, sd, size - 1, &needed));
                assert_int_equal(size, needed);
                assert_status(STATUS_BUFFER_OVERFLOW,
                              query_security(rig, h[directory], what, NULL, 0, &needed));
            }
        }
        rig_end(rig, h[0]);
        rig_end(rig, h[1]);
        rig_close(rig);
    }
}

static void test_descriptor_of_the_file_system(void **state)
{
    unsigned char good[DESCRIPTOR_DEFAULT_MAX], buffer[256];
    ULONG length = descriptor_default(good, true, EVERYTHING);
    const struct {
        NTSTATUS from_fs;
        ULONG reported, copied;
        SECURITY_INFORMATION what;
        NTSTATUS expected;
        uint32_t needed;
    } rows[] = {
        {STATUS_SUCCESS, length, length, EVERYTHING, STATUS_SUCCESS, length},
        {STATUS_SUCCESS, length, length, EVERYTHING | SACL_SECURITY_INFORMATION, STATUS_SUCCESS, length},
        {STATUS_SUCCESS, 1000, length, EVERYTHING, STATUS_BUFFER_OVERFLOW, 1000},
        {STATUS_BUFFER_OVERFLOW, 1000, 0, EVERYTHING, STATUS_BUFFER_OVERFLOW, 1000},
        {STATUS_SUCCESS, 0, length, EVERYTHING, STATUS_INVALID_PARAMETER, 0},
        {STATUS_SUCCESS, length - 1, length, EVERYTHING, STATUS_INVALID_PARAMETER, 0},
        {STATUS_SUCCESS, 19, length, 0, STATUS_INVALID_PARAMETER, 0},
        {STATUS_ACCESS_DENIED, length, length, EVERYTHING, STATUS_ACCESS_DENIED, 0},
        {STATUS_SUCCESS, 0xFFFFFFFF, length, EVERYTHING, STATUS_BUFFER_OVERFLOW, 0xFFFFFFFF},
    };
    struct rig *rig = rig_open(&(struct rig_spec){0});
    struct nt_handle *h = rig_must_open(rig, u"\\f");
    rig->fs.descriptor = good;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        uint32_t needed;
        memset(buffer, 0, sizeof buffer);
        rig->fs.descriptor_length = rows[i].reported;
        rig->fs.descriptor_copy = rows[i].copied;
        fake_returns(&rig->fs, DokanOperationGetFileSecurity, rows[i].from_fs);
        assert_status(rows[i].expected, query_security(rig, h, rows[i].what, buffer, sizeof buffer, &needed));
        assert_int_equal(rows[i].needed, needed);
    }
    rig_end(rig, h);
    rig_close(rig);
}

/* Every byte of a descriptor is spoiled in every way that matters: no reading past the end, whatever it says.
 */
static void test_spoiled_descriptors(void **state)
{
    static const unsigned char values[] = {0, 1, 4, 15, 16, 20, 0x7f, 0x80, 0xfe, 0xff};
    unsigned char good[DESCRIPTOR_DEFAULT_MAX];
    uint32_t length = descriptor_default(good, true, EVERYTHING);
    unsigned refused = 0;
    for (uint32_t at = 0; at < length; at++) {
        for (size_t v = 0; v < COUNT_OF(values); v++) {
            for (uint32_t cut = 0; cut <= length; cut += 7) {
                unsigned char *exact = malloc(length - cut + 1);
                memcpy(exact, good, length - cut);
                if (at < length - cut)
                    exact[at] = values[v];
                unsigned char *tight = realloc(exact, length - cut ? length - cut : 1);
                refused += !descriptor_valid(tight, length - cut, EVERYTHING);
                free(tight);
            }
        }
    }
    assert_true(refused > 1000);
    assert_true(descriptor_valid(good, length, EVERYTHING));
    assert_false(descriptor_valid(good, length - 1, EVERYTHING));
}

static NTSTATUS set_security(struct rig *rig, struct nt_handle *h, void *sd, uint32_t length)
{
    struct nt_request rq;
    rig_request(rig, &rq, NT_SET_SECURITY, h);
    rq.security = (struct nt_security_args){.what = EVERYTHING, .buffer = sd, .length = length};
    return nt_call(&rq, NULL);
}

static void test_set_security(void **state)
{
    _Alignas(4) unsigned char sd[DESCRIPTOR_DEFAULT_MAX];
    uint32_t length = descriptor_default(sd, false, EVERYTHING);
    struct rig *rig = rig_open(&(struct rig_spec){0});
    struct nt_handle *h = rig_must_open(rig, u"\\f");
    assert_status(STATUS_SUCCESS, set_security(rig, h, sd, length));
    struct fake_call call = fake_last(&rig->fs, DokanOperationSetFileSecurity);
    assert_ptr_equal(sd, call.buffer);
    assert_int_equal(length, call.length);
    assert_int_equal(EVERYTHING, call.options);
    static const NTSTATUS failures[] = {STATUS_ACCESS_DENIED, STATUS_NOT_IMPLEMENTED, STATUS_BUFFER_OVERFLOW};
    for (size_t i = 0; i < COUNT_OF(failures); i++) {
        fake_returns(&rig->fs, DokanOperationSetFileSecurity, failures[i]);
        assert_status(STATUS_INVALID_PARAMETER, set_security(rig, h, sd, length));
    }
    fake_forget(&rig->fs);
    assert_status(STATUS_INVALID_SECURITY_DESCR, set_security(rig, h, sd, length - 4));
    assert_status(STATUS_INSUFFICIENT_RESOURCES, set_security(rig, h, sd, 40000));
    assert_int_equal(0, fake_calls(&rig->fs, DokanOperationSetFileSecurity));
    rig_end(rig, h);
    rig_close(rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_defaults),
        cmocka_unit_test(test_answers),
        cmocka_unit_test(test_device_and_sizes),
        cmocka_unit_test(test_hostile_volume_strings),
        cmocka_unit_test(test_statfs),
        cmocka_unit_test(test_default_descriptor),
        cmocka_unit_test(test_descriptor_of_the_file_system),
        cmocka_unit_test(test_spoiled_descriptors),
        cmocka_unit_test(test_set_security),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
