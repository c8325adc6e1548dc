// SPDX-License-Identifier: MIT
/*
 * NtQueryVolumeInformationFile, one row per class, and the same facts in bytes for doors without classes. The
 * handle is optional: volume queries need no open. No locks, no state.
 */
#include "nt/info.h"

enum { NAME_DEFAULT = NT_NAME_MAX };

struct volume_row {
    int info_class;
    const char *name;
    uint32_t size;
    NTSTATUS too_small;
    NTSTATUS (*fill)(struct nt_request *rq); /* the buffer holds `size` bytes, zeroed */
};

static size_t text_length(const WCHAR *text, size_t cap)
{
    size_t len = 0;
    while (len < cap && text[len])
        len++;
    return len;
}

/* Copies what fits behind `at`; the number of bytes copied. */
static uint32_t append_text(struct nt_request *rq, uint32_t at, const WCHAR *text, size_t len)
{
    uint32_t bytes = (uint32_t)(len * sizeof(WCHAR));
    uint32_t room = (rq->info.length - at) & ~(uint32_t)1;
    if (bytes > room)
        bytes = room;
    memcpy((char *)rq->info.buffer + at, text, bytes);
    rq->p.information = at + bytes;
    return bytes;
}

/* A label that does not fit is cut, and a file system that fails has an empty one. */
static NTSTATUS fill_volume(struct nt_request *rq)
{
    struct volume_info info = {0};
    call_volume_info(rq, rq->handle, &info);
    uint32_t at = offsetof(FILE_FS_VOLUME_INFORMATION, VolumeLabel);
    FILE_FS_VOLUME_INFORMATION out = {.VolumeSerialNumber = info.serial};
    out.VolumeLabelLength = append_text(rq, at, info.name, text_length(info.name, MAX_PATH));
    memcpy(rq->info.buffer, &out, at);
    return STATUS_SUCCESS;
}

static NTSTATUS fill_attribute(struct nt_request *rq)
{
    struct volume_info info = {0};
    NTSTATUS status = call_volume_info(rq, rq->handle, &info);
    if (status)
        return status;
    size_t len = text_length(info.fs_name, MAX_PATH);
    uint32_t at = offsetof(FILE_FS_ATTRIBUTE_INFORMATION, FileSystemName);
    FILE_FS_ATTRIBUTE_INFORMATION out = {
        .FileSystemAttributes = info.flags,
        .MaximumComponentNameLength = info.max_component > INT32_MAX ? INT32_MAX : (LONG)info.max_component,
        .FileSystemNameLength = (ULONG)(len * sizeof(WCHAR)),
    };
    if (nt_volume_write_protected(rq->volume))
        out.FileSystemAttributes |= FILE_READ_ONLY_VOLUME;
    memcpy(rq->info.buffer, &out, at);
    uint32_t copied = append_text(rq, at, info.fs_name, len);
    return copied < out.FileSystemNameLength ? STATUS_BUFFER_OVERFLOW : STATUS_SUCCESS;
}

uint32_t device_characteristics(const struct nt_volume *vol)
{
    static const struct {
        ULONG option, characteristic;
    } bits[] = {
        {DOKAN_OPTION_REMOVABLE, FILE_REMOVABLE_MEDIA},
        {DOKAN_OPTION_WRITE_PROTECT, FILE_READ_ONLY_DEVICE},
        {DOKAN_OPTION_NETWORK, FILE_REMOTE_DEVICE},
    };
    uint32_t all = 0;
    for (size_t i = 0; i < sizeof bits / sizeof *bits; i++)
        if (volume_option(vol, bits[i].option))
            all |= bits[i].characteristic;
    return all;
}

static NTSTATUS fill_device(struct nt_request *rq)
{
    FILE_FS_DEVICE_INFORMATION out = {.DeviceType = FILE_DEVICE_DISK,
                                      .Characteristics = device_characteristics(rq->volume)};
    memcpy(rq->info.buffer, &out, sizeof out);
    return STATUS_SUCCESS;
}

static NTSTATUS fill_sectors(struct nt_request *rq)
{
    const struct nt_volume *vol = rq->volume;
    const FILE_FS_SECTOR_SIZE_INFORMATION out = {
        .LogicalBytesPerSector = vol->sector,
        .PhysicalBytesPerSectorForAtomicity = vol->sector,
        .PhysicalBytesPerSectorForPerformance = vol->unit,
        .FileSystemEffectivePhysicalBytesPerSectorForAtomicity = vol->sector,
    };
    memcpy(rq->info.buffer, &out, sizeof out);
    return STATUS_SUCCESS;
}

struct space {
    ULONGLONG available, total, free;
};

static LONGLONG units(const struct nt_volume *vol, ULONGLONG bytes)
{
    ULONGLONG count = bytes / vol->unit;
    return count > INT64_MAX ? INT64_MAX : (LONGLONG)count;
}

static NTSTATUS fill_size(struct nt_request *rq)
{
    const struct nt_volume *vol = rq->volume;
    struct space space = {0};
    NTSTATUS status = call_disk_free(rq, rq->handle, &space.available, &space.total, &space.free);
    if (status)
        return status;
    FILE_FS_SIZE_INFORMATION out = {
        .TotalAllocationUnits.QuadPart = units(vol, space.total),
        .AvailableAllocationUnits.QuadPart = units(vol, space.available),
        .SectorsPerAllocationUnit = vol->unit / vol->sector,
        .BytesPerSector = vol->sector,
    };
    memcpy(rq->info.buffer, &out, sizeof out);
    return STATUS_SUCCESS;
}

static NTSTATUS fill_full_size(struct nt_request *rq)
{
    const struct nt_volume *vol = rq->volume;
    struct space space = {0};
    NTSTATUS status = call_disk_free(rq, rq->handle, &space.available, &space.total, &space.free);
    if (status)
        return status;
    FILE_FS_FULL_SIZE_INFORMATION out = {
        .TotalAllocationUnits.QuadPart = units(vol, space.total),
        .CallerAvailableAllocationUnits.QuadPart = units(vol, space.available),
        .ActualAvailableAllocationUnits.QuadPart = units(vol, space.free),
        .SectorsPerAllocationUnit = vol->unit / vol->sector,
        .BytesPerSector = vol->sector,
    };
    memcpy(rq->info.buffer, &out, sizeof out);
    return STATUS_SUCCESS;
}

static const struct volume_row rows[] = {
    {FileFsVolumeInformation, "FsVolume", sizeof(FILE_FS_VOLUME_INFORMATION), STATUS_BUFFER_OVERFLOW,
     fill_volume},
    {FileFsSizeInformation, "FsSize", sizeof(FILE_FS_SIZE_INFORMATION), STATUS_BUFFER_OVERFLOW, fill_size},
    {FileFsDeviceInformation, "FsDevice", sizeof(FILE_FS_DEVICE_INFORMATION), STATUS_BUFFER_TOO_SMALL,
     fill_device},
    {FileFsAttributeInformation, "FsAttribute", sizeof(FILE_FS_ATTRIBUTE_INFORMATION), STATUS_BUFFER_OVERFLOW,
     fill_attribute},
    {FileFsFullSizeInformation, "FsFullSize", sizeof(FILE_FS_FULL_SIZE_INFORMATION), STATUS_BUFFER_OVERFLOW,
     fill_full_size},
    {FileFsSectorSizeInformation, "FsSectorSize", sizeof(FILE_FS_SECTOR_SIZE_INFORMATION),
     STATUS_INFO_LENGTH_MISMATCH, fill_sectors},
};

static const struct volume_row *row_of(int info_class)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (rows[i].info_class == info_class)
            return &rows[i];
    return NULL;
}

const char *volume_class_name(int info_class)
{
    const struct volume_row *row = row_of(info_class);
    return row ? row->name : NULL;
}

NTSTATUS run_query_volume(struct nt_request *rq)
{
    const struct volume_row *row = row_of(rq->info.info_class);
    if (!row)
        return STATUS_INVALID_PARAMETER;
    if (rq->info.length < row->size)
        return row->too_small;
    memset(rq->info.buffer, 0, row->size);
    rq->p.information = row->size;
    NTSTATUS status = row->fill(rq);
    if (status != STATUS_SUCCESS && status != STATUS_BUFFER_OVERFLOW)
        rq->p.information = 0;
    return status;
}

/* ---- setting ------------------------------------------------------------------------------------------- */

enum { LABEL_MAX = 32 };

/* Without a handle it is the volume itself that is written to: on one with descriptors that is root's. */
static NTSTATUS may_set(const struct nt_request *rq)
{
    if (rq->handle)
        return rq->handle->access & FILE_WRITE_DATA ? STATUS_SUCCESS : STATUS_ACCESS_DENIED;
    bool superuser = rq->token ? rq->token->Flags & DOKAN_TOKEN_SUPERUSER : !rq->caller.uid;
    return superuser || !(rq->volume->security & NT_SECURITY_CHECK) ? STATUS_SUCCESS : STATUS_ACCESS_DENIED;
}

static NTSTATUS set_label(struct nt_request *rq)
{
    const uint32_t at = offsetof(FILE_FS_LABEL_INFORMATION, VolumeLabel);
    FILE_FS_LABEL_INFORMATION head;
    WCHAR label[LABEL_MAX + 1] = {0};
    if (rq->info.length < at)
        return STATUS_INFO_LENGTH_MISMATCH;
    memcpy(&head, rq->info.buffer, at);
    if (head.VolumeLabelLength > rq->info.length - at || head.VolumeLabelLength % sizeof(WCHAR))
        return STATUS_INVALID_PARAMETER;
    if (head.VolumeLabelLength > LABEL_MAX * sizeof(WCHAR))
        return STATUS_INVALID_VOLUME_LABEL;
    memcpy(label, (const char *)rq->info.buffer + at, head.VolumeLabelLength);
    if (text_length(label, LABEL_MAX) * sizeof(WCHAR) != head.VolumeLabelLength)
        return STATUS_INVALID_VOLUME_LABEL;
    NTSTATUS status = call_set_volume_label(rq, label);
    if (status == STATUS_NOT_IMPLEMENTED)
        return STATUS_NOT_SUPPORTED;
    return status > 0 ? STATUS_UNSUCCESSFUL : status;
}

NTSTATUS run_set_volume(struct nt_request *rq)
{
    NTSTATUS status = may_set(rq);
    if (status)
        return status;
    return rq->info.info_class == FileFsLabelInformation ? set_label(rq) : STATUS_INVALID_PARAMETER;
}

NTSTATUS run_statfs(struct nt_request *rq)
{
    const struct nt_volume *vol = rq->volume;
    struct space space = {0};
    NTSTATUS status = call_disk_free(rq, rq->handle, &space.available, &space.total, &space.free);
    if (status)
        return status;
    struct volume_info info = {0};
    bool known = call_volume_info(rq, rq->handle, &info) == STATUS_SUCCESS;
    bool limited = known && info.max_component && info.max_component < NAME_DEFAULT;
    rq->statfs.out.available = space.available;
    rq->statfs.out.total = space.total;
    rq->statfs.out.free = space.free;
    rq->statfs.out.unit = vol->unit;
    rq->statfs.out.sector = vol->sector;
    rq->statfs.out.name_max = limited ? info.max_component : NAME_DEFAULT;
    return STATUS_SUCCESS;
}
