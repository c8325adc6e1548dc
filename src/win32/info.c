// SPDX-License-Identifier: MIT
/* Attributes, times, information classes: Win32's structures from NT's. No state, no locks. */
#include "win32.h"

/* The name behind it does not matter: what did not fit is none of these callers' business. */
union all_information {
    FILE_ALL_INFORMATION all;
    BYTE room[sizeof(FILE_ALL_INFORMATION) + MAX_PATH];
};

static FILETIME filetime(LARGE_INTEGER time)
{
    return (FILETIME){.dwLowDateTime = time.LowPart, .dwHighDateTime = (DWORD)time.HighPart};
}

static LARGE_INTEGER number(const FILETIME *time)
{
    LARGE_INTEGER n = {.QuadPart = 0};
    if (time) {
        n.LowPart = time->dwLowDateTime;
        n.HighPart = (LONG)time->dwHighDateTime;
    }
    return n;
}

/* ---- of an open file
 * ------------------------------------------------------------------------------------------ */

static NTSTATUS query_all(DOKAN_NT_FILE file, union all_information *out)
{
    NTSTATUS status = query_info(file, FileAllInformation, out, sizeof *out);
    return status == STATUS_BUFFER_OVERFLOW ? STATUS_SUCCESS : status;
}

static DWORD serial_of(DOKAN_NT_FILE file)
{
    union {
        FILE_FS_VOLUME_INFORMATION volume;
        BYTE room[sizeof(FILE_FS_VOLUME_INFORMATION) + MAX_PATH * sizeof(WCHAR)];
    } out = {.room = {0}};
    DOKAN_NT_REQUEST rq = request(NULL, file, DOKAN_NT_QUERY_VOLUME);
    rq.Class = FileFsVolumeInformation;
    rq.Buffer = &out;
    rq.Length = sizeof out;
    NTSTATUS status = DokanNtCall(&rq);
    return status && status != STATUS_BUFFER_OVERFLOW ? 0 : out.volume.VolumeSerialNumber;
}

BOOL DOKANAPI DokanWinGetFileInformationByHandle(HANDLE File, LPBY_HANDLE_FILE_INFORMATION Information)
{
    SCOPED_FILE *file = file_of(File);
    union all_information out;
    if (!file)
        return FALSE;
    NTSTATUS status = query_all(file->nt, &out);
    if (status)
        return done(status);
    const FILE_BASIC_INFORMATION *basic = &out.all.BasicInformation;
    const LARGE_INTEGER size = out.all.StandardInformation.EndOfFile;
    const LARGE_INTEGER index = out.all.InternalInformation.IndexNumber;
    *Information = (BY_HANDLE_FILE_INFORMATION){
        .dwFileAttributes = basic->FileAttributes,
        .ftCreationTime = filetime(basic->CreationTime),
        .ftLastAccessTime = filetime(basic->LastAccessTime),
        .ftLastWriteTime = filetime(basic->LastWriteTime),
        .dwVolumeSerialNumber = serial_of(file->nt),
        .nFileSizeHigh = (DWORD)size.HighPart,
        .nFileSizeLow = size.LowPart,
        .nNumberOfLinks = out.all.StandardInformation.NumberOfLinks,
        .nFileIndexHigh = (DWORD)index.HighPart,
        .nFileIndexLow = index.LowPart,
    };
    return TRUE;
}

BOOL DOKANAPI DokanWinGetFileTime(HANDLE File, LPFILETIME CreationTime, LPFILETIME LastAccessTime,
                                  LPFILETIME LastWriteTime)
{
    SCOPED_FILE *file = file_of(File);
    FILE_BASIC_INFORMATION basic;
    if (!file)
        return FALSE;
    NTSTATUS status = query_info(file->nt, FileBasicInformation, &basic, sizeof basic);
    if (status)
        return done(status);
    if (CreationTime)
        *CreationTime = filetime(basic.CreationTime);
    if (LastAccessTime)
        *LastAccessTime = filetime(basic.LastAccessTime);
    if (LastWriteTime)
        *LastWriteTime = filetime(basic.LastWriteTime);
    return TRUE;
}

BOOL DOKANAPI DokanWinSetFileTime(HANDLE File, const FILETIME *CreationTime, const FILETIME *LastAccessTime,
                                  const FILETIME *LastWriteTime)
{
    SCOPED_FILE *file = file_of(File);
    if (!file)
        return FALSE;
    const FILE_BASIC_INFORMATION basic = {.CreationTime = number(CreationTime),
                                          .LastAccessTime = number(LastAccessTime),
                                          .LastWriteTime = number(LastWriteTime)};
    return done(set_info(file->nt, FileBasicInformation, &basic, sizeof basic));
}

/* ---- by name
 * ---------------------------------------------------------------------------------------------------- */

BOOL DOKANAPI DokanWinGetFileAttributesExW(LPCWSTR FileName, GET_FILEEX_INFO_LEVELS Level, LPVOID Information)
{
    SCOPED_NAME struct name name = {0};
    SCOPED_NT_FILE file = NULL;
    FILE_NETWORK_OPEN_INFORMATION network;
    if (Level != GetFileExInfoStandard)
        return fail(ERROR_INVALID_PARAMETER);
    if (!name_read(FileName, &name))
        return FALSE;
    NTSTATUS status = open_for(&name, FILE_READ_ATTRIBUTES, 0, &file);
    if (!status)
        status = query_info(file, FileNetworkOpenInformation, &network, sizeof network);
    if (status)
        return done(status);
    *(WIN32_FILE_ATTRIBUTE_DATA *)Information = (WIN32_FILE_ATTRIBUTE_DATA){
        .dwFileAttributes = network.FileAttributes,
        .ftCreationTime = filetime(network.CreationTime),
        .ftLastAccessTime = filetime(network.LastAccessTime),
        .ftLastWriteTime = filetime(network.LastWriteTime),
        .nFileSizeHigh = (DWORD)network.EndOfFile.HighPart,
        .nFileSizeLow = network.EndOfFile.LowPart,
    };
    return TRUE;
}

DWORD DOKANAPI DokanWinGetFileAttributesW(LPCWSTR FileName)
{
    WIN32_FILE_ATTRIBUTE_DATA data = {.dwFileAttributes = INVALID_FILE_ATTRIBUTES};
    return DokanWinGetFileAttributesExW(FileName, GetFileExInfoStandard, &data) ? data.dwFileAttributes
                                                                                : INVALID_FILE_ATTRIBUTES;
}

BOOL DOKANAPI DokanWinSetFileAttributesW(LPCWSTR FileName, DWORD FileAttributes)
{
    enum { SETTABLE = 0x00005AA7 | 0x00002000 };
    SCOPED_NAME struct name name = {0};
    SCOPED_NT_FILE file = NULL;
    FILE_BASIC_INFORMATION basic = {.FileAttributes = FileAttributes & SETTABLE};
    if (!name_read(FileName, &name))
        return FALSE;
    if (!basic.FileAttributes)
        basic.FileAttributes = FILE_ATTRIBUTE_NORMAL;
    NTSTATUS status = open_for(&name, FILE_WRITE_ATTRIBUTES, 0, &file);
    return done(status ? status : set_info(file, FileBasicInformation, &basic, sizeof basic));
}

/* ---- by class
 * ----------------------------------------------------------------------------------------------------- */

/* What a row reads: a file, or a directory from where it stands or from the start. */
enum way { WAY_FILE = 1, WAY_LIST, WAY_RESTART };

static const struct query_row {
    int class;
    enum way way;
    ULONG least;
} query_rows[MaximumFileInfoByHandleClass] = {
    [FileBasicInfo] = {FileBasicInformation, WAY_FILE, sizeof(FILE_BASIC_INFO)},
    [FileStandardInfo] = {FileStandardInformation, WAY_FILE, sizeof(FILE_STANDARD_INFO)},
    [FileNameInfo] = {FileNameInformation, WAY_FILE, sizeof(FILE_NAME_INFO)},
    [FileStreamInfo] = {FileStreamInformation, WAY_FILE, sizeof(FILE_STREAM_INFO)},
    [FileCompressionInfo] = {FileCompressionInformation, WAY_FILE, sizeof(FILE_COMPRESSION_INFO)},
    [FileAttributeTagInfo] = {FileAttributeTagInformation, WAY_FILE, sizeof(FILE_ATTRIBUTE_TAG_INFO)},
    [FileIdBothDirectoryInfo] = {FileIdBothDirectoryInformation, WAY_LIST, sizeof(FILE_ID_BOTH_DIR_INFO)},
    [FileIdBothDirectoryRestartInfo] = {FileIdBothDirectoryInformation, WAY_RESTART,
                                        sizeof(FILE_ID_BOTH_DIR_INFO)},
    [FileFullDirectoryInfo] = {FileFullDirectoryInformation, WAY_LIST, sizeof(FILE_FULL_DIR_INFO)},
    [FileFullDirectoryRestartInfo] = {FileFullDirectoryInformation, WAY_RESTART, sizeof(FILE_FULL_DIR_INFO)},
    [FileAlignmentInfo] = {FileAlignmentInformation, WAY_FILE, sizeof(FILE_ALIGNMENT_INFORMATION)},
    [FileIdInfo] = {FileIdInformation, WAY_FILE, sizeof(FILE_ID_INFO)},
    [FileIdExtdDirectoryInfo] = {FileIdExtdDirectoryInformation, WAY_LIST, sizeof(FILE_ID_EXTD_DIR_INFO)},
    [FileIdExtdDirectoryRestartInfo] = {FileIdExtdDirectoryInformation, WAY_RESTART,
                                        sizeof(FILE_ID_EXTD_DIR_INFO)},
    [FileNormalizedNameInfo] = {FileNormalizedNameInformation, WAY_FILE, sizeof(FILE_NAME_INFO)},
};

BOOL DOKANAPI DokanWinGetFileInformationByHandleEx(HANDLE File, FILE_INFO_BY_HANDLE_CLASS Class,
                                                   LPVOID Information, DWORD BufferSize)
{
    SCOPED_FILE *file = file_of(File);
    if (!file)
        return FALSE;
    const struct query_row *row = (unsigned)Class < MaximumFileInfoByHandleClass ? &query_rows[Class] : NULL;
    if (!row || !row->way)
        return fail(ERROR_INVALID_PARAMETER);
    if (BufferSize < row->least)
        return fail(ERROR_BAD_LENGTH);
    bool list = row->way != WAY_FILE;
    DOKAN_NT_REQUEST rq =
        request(NULL, file->nt, list ? DOKAN_NT_QUERY_DIRECTORY : DOKAN_NT_QUERY_INFORMATION);
    rq.Class = (ULONG)row->class;
    rq.Buffer = Information;
    rq.Length = BufferSize;
    rq.Flags = row->way == WAY_RESTART ? DOKAN_NT_RESTART : 0;
    NTSTATUS status = DokanNtCall(&rq);
    if (Class == FileStreamInfo && !status && !rq.Information)
        status = STATUS_END_OF_FILE;
    return done(status);
}

static const struct set_row {
    int class;
    ULONG least;
} set_rows[MaximumFileInfoByHandleClass] = {
    [FileBasicInfo] = {FileBasicInformation, sizeof(FILE_BASIC_INFO)},
    [FileRenameInfo] = {FileRenameInformation, sizeof(FILE_RENAME_INFO)},
    [FileDispositionInfo] = {FileDispositionInformation, sizeof(FILE_DISPOSITION_INFO)},
    [FileAllocationInfo] = {FileAllocationInformation, sizeof(FILE_ALLOCATION_INFO)},
    [FileEndOfFileInfo] = {FileEndOfFileInformation, sizeof(FILE_END_OF_FILE_INFO)},
    [FileDispositionInfoEx] = {FileDispositionInformationEx, sizeof(FILE_DISPOSITION_INFO_EX)},
    [FileRenameInfoEx] = {FileRenameInformationEx, sizeof(FILE_RENAME_INFO)},
};

static WCHAR *text_of(const FILE_RENAME_INFO *info)
{
    WCHAR *text = calloc(info->FileNameLength / sizeof(WCHAR) + 1, sizeof(WCHAR));
    if (text)
        memcpy(text, info->FileName, info->FileNameLength / sizeof(WCHAR) * sizeof(WCHAR));
    else
        fail(ERROR_NOT_ENOUGH_MEMORY);
    return text;
}

/* A name below an open directory of that volume, from its root. */
static WCHAR *beneath(HANDLE directory, DOKAN_HANDLE volume, const WCHAR *text)
{
    enum { ROOM = PATH_UNITS + 1 };
    SCOPED_FILE *dir = file_of(directory);
    SCOPED_FREE FILE_NAME_INFORMATION *base = malloc(sizeof *base + ROOM * sizeof(WCHAR));
    if (!dir)
        return NULL;
    if (!base || dir->volume != volume) {
        fail(base ? ERROR_NOT_SAME_DEVICE : ERROR_NOT_ENOUGH_MEMORY);
        return NULL;
    }
    NTSTATUS status = query_info(dir->nt, FileNameInformation, base, ROOM * sizeof(WCHAR));
    size_t units = base->FileNameLength / sizeof(WCHAR), more = units_of(text);
    WCHAR *whole = status ? NULL : calloc(units + more + 2, sizeof(WCHAR));
    if (!whole) {
        done(status ? status : STATUS_NO_MEMORY);
        return NULL;
    }
    memcpy(whole, base->FileName, units * sizeof(WCHAR));
    if (!units || whole[units - 1] != u'\\')
        whole[units++] = u'\\';
    memcpy(whole + units, text, more * sizeof(WCHAR));
    return whole;
}

static BOOL rename_to(const struct file *file, int class, const FILE_RENAME_INFO *info, DWORD size)
{
    SCOPED_NAME struct name name = {0};
    ULONG flags = class == FileRenameInformation ? info->ReplaceIfExists != 0 : info->Flags;
    if (info->FileNameLength > size - offsetof(FILE_RENAME_INFO, FileName))
        return fail(ERROR_INVALID_PARAMETER);
    SCOPED_FREE WCHAR *text = text_of(info);
    if (!text)
        return FALSE;
    if (text[0] == u':')
        return done(set_target(file->nt, class, flags, text));
    if (info->RootDirectory) {
        SCOPED_FREE WCHAR *whole = beneath(info->RootDirectory, file->volume, text);
        return whole && done(set_target(file->nt, class, flags, whole));
    }
    if (!name_read(text, &name))
        return FALSE;
    if (name.volume != file->volume)
        return fail(ERROR_NOT_SAME_DEVICE);
    return done(set_target(file->nt, class, flags, name.text));
}

BOOL DOKANAPI DokanWinSetFileInformationByHandle(HANDLE File, FILE_INFO_BY_HANDLE_CLASS Class,
                                                 LPVOID Information, DWORD BufferSize)
{
    SCOPED_FILE *file = file_of(File);
    if (!file)
        return FALSE;
    const struct set_row *row = (unsigned)Class < MaximumFileInfoByHandleClass ? &set_rows[Class] : NULL;
    if (!row || !row->class)
        return fail(ERROR_INVALID_PARAMETER);
    if (BufferSize < row->least)
        return fail(ERROR_BAD_LENGTH);
    if (Class == FileRenameInfo || Class == FileRenameInfoEx)
        return rename_to(file, row->class, Information, BufferSize);
    return done(set_info(file->nt, row->class, Information, BufferSize));
}

/* ---- the path of a handle
 * ------------------------------------------------------------------------------------------- */

DWORD DOKANAPI DokanWinGetFinalPathNameByHandleW(HANDLE File, LPWSTR Path, DWORD Units, DWORD Flags)
{
    enum { ROOM = PATH_UNITS + 1, PREFIX = 6 };
    SCOPED_FILE *file = file_of(File);
    SCOPED_FREE WCHAR *whole = malloc((PREFIX + ROOM) * sizeof(WCHAR) + sizeof(FILE_NAME_INFORMATION));
    if (!file || !whole)
        return (DWORD)(file ? fail(ERROR_NOT_ENOUGH_MEMORY) : 0);
    if (Flags & ~(DWORD)(VOLUME_NAME_NONE | FILE_NAME_OPENED))
        return (DWORD)fail(ERROR_NOT_SUPPORTED);
    const WCHAR letter = drive_letter(file->volume);
    const bool bare = Flags & VOLUME_NAME_NONE;
    if (!letter && !bare)
        return (DWORD)fail(ERROR_PATH_NOT_FOUND);
    FILE_NAME_INFORMATION *name = (FILE_NAME_INFORMATION *)(void *)(whole + PREFIX - 2);
    NTSTATUS status = query_info(file->nt, FileNameInformation, name, ROOM * sizeof(WCHAR));
    if (status)
        return (DWORD)done(status);
    size_t units = name->FileNameLength / sizeof(WCHAR);
    const WCHAR prefix[PREFIX] = {u'\\', u'\\', u'?', u'\\', letter, u':'};
    memcpy(whole, prefix, sizeof prefix);
    return bare ? give_text(whole + PREFIX, units, Path, Units)
                : give_text(whole, units + PREFIX, Path, Units);
}
