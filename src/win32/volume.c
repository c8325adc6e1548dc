// SPDX-License-Identifier: MIT
/* Space, label and kind of a volume. No state, no locks. */
#include "win32.h"

enum { NAME_UNITS = MAX_PATH };

union volume_information {
    FILE_FS_VOLUME_INFORMATION volume;
    FILE_FS_ATTRIBUTE_INFORMATION attribute;
    FILE_FS_FULL_SIZE_INFORMATION size;
    BYTE room[sizeof(FILE_FS_VOLUME_INFORMATION) + NAME_UNITS * sizeof(WCHAR)];
};

static NTSTATUS ask(DOKAN_HANDLE volume, int class, union volume_information *out)
{
    DOKAN_NT_REQUEST rq = request(volume, NULL, DOKAN_NT_QUERY_VOLUME);
    rq.Class = (ULONG) class;
    rq.Buffer = out;
    rq.Length = sizeof *out;
    NTSTATUS status = DokanNtCall(&rq);
    return status == STATUS_BUFFER_OVERFLOW ? STATUS_SUCCESS : status;
}

BOOL DOKANAPI DokanWinGetDiskFreeSpaceExW(LPCWSTR DirectoryName, PULARGE_INTEGER FreeBytesAvailable,
                                          PULARGE_INTEGER TotalBytes, PULARGE_INTEGER TotalFreeBytes)
{
    SCOPED_NAME struct name name = {0};
    SCOPED_NT_FILE dir = NULL;
    union volume_information out;
    if (!name_read(DirectoryName ? DirectoryName : u"\\", &name))
        return FALSE;
    NTSTATUS status = open_for(&name, FILE_READ_ATTRIBUTES, FILE_DIRECTORY_FILE, &dir);
    if (!status)
        status = ask(name.volume, FileFsFullSizeInformation, &out);
    if (status)
        return done(status);
    const FILE_FS_FULL_SIZE_INFORMATION *size = &out.size;
    ULONGLONG unit = (ULONGLONG)size->SectorsPerAllocationUnit * size->BytesPerSector;
    if (FreeBytesAvailable)
        FreeBytesAvailable->QuadPart = (ULONGLONG)size->CallerAvailableAllocationUnits.QuadPart * unit;
    if (TotalBytes)
        TotalBytes->QuadPart = (ULONGLONG)size->TotalAllocationUnits.QuadPart * unit;
    if (TotalFreeBytes)
        TotalFreeBytes->QuadPart = (ULONGLONG)size->ActualAvailableAllocationUnits.QuadPart * unit;
    return TRUE;
}

static bool put_name(const WCHAR *text, ULONG bytes, LPWSTR room, DWORD units)
{
    size_t len = bytes / sizeof(WCHAR);
    if (!room)
        return true;
    if (len >= units)
        return fail(ERROR_BAD_LENGTH);
    memcpy(room, text, len * sizeof(WCHAR));
    room[len] = 0;
    return true;
}

static bool read_root(LPCWSTR given, struct name *name)
{
    if (!name_read(given ? given : u"\\", name))
        return false;
    size_t len = given ? units_of(given) : 1;
    if (given && given[len - 1] != u'\\' && given[len - 1] != u'/')
        return fail(ERROR_INVALID_NAME);
    return DokanWcscmp(name->text, u"\\") == 0 || fail(ERROR_DIR_NOT_ROOT);
}

static bool put_volume(const struct name *name, LPWSTR label, DWORD units, LPDWORD serial)
{
    union volume_information out;
    NTSTATUS status = ask(name->volume, FileFsVolumeInformation, &out);
    if (status)
        return done(status);
    if (serial)
        *serial = out.volume.VolumeSerialNumber;
    return put_name(out.volume.VolumeLabel, out.volume.VolumeLabelLength, label, units);
}

BOOL DOKANAPI DokanWinGetVolumeInformationW(LPCWSTR RootPathName, LPWSTR VolumeName, DWORD VolumeUnits,
                                            LPDWORD SerialNumber, LPDWORD MaximumComponentLength,
                                            LPDWORD FileSystemFlags, LPWSTR FileSystemName,
                                            DWORD FileSystemUnits)
{
    SCOPED_NAME struct name name = {0};
    union volume_information out;
    if (!read_root(RootPathName, &name) || !put_volume(&name, VolumeName, VolumeUnits, SerialNumber))
        return FALSE;
    NTSTATUS status = ask(name.volume, FileFsAttributeInformation, &out);
    if (status)
        return done(status);
    if (MaximumComponentLength)
        *MaximumComponentLength = (DWORD)out.attribute.MaximumComponentNameLength;
    if (FileSystemFlags)
        *FileSystemFlags = out.attribute.FileSystemAttributes;
    return put_name(out.attribute.FileSystemName, out.attribute.FileSystemNameLength, FileSystemName,
                    FileSystemUnits);
}
