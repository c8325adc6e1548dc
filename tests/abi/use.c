// SPDX-License-Identifier: MIT
//
// A Dokan program in a nutshell, to be compiled (never run) as C and as C++, on Linux and with mingw-w64: the
// layout holds, strings, callbacks and calls have the types that such programs expect.

#include "layout.h"

#include <dokan/dokanc.h>

static NTSTATUS DOKAN_CALLBACK use_create(LPCWSTR name, PDOKAN_IO_SECURITY_CONTEXT security,
                                          ACCESS_MASK access, ULONG attributes, ULONG share,
                                          ULONG disposition, ULONG options, PDOKAN_FILE_INFO info)
{
    info->IsDirectory = name[0] == L'\\' && !name[1];
    if (security->AccessState.SecurityDescriptor || (access & GENERIC_ALL) ||
        (attributes | share | options) == 1)
        return DokanNtStatusFromWin32(GetLastError());
    return disposition == FILE_CREATE ? STATUS_OBJECT_NAME_COLLISION : STATUS_SUCCESS;
}

static void DOKAN_CALLBACK use_close(LPCWSTR name, PDOKAN_FILE_INFO info)
{
    UNREFERENCED_PARAMETER(name);
    info->Context = 0;
}

static NTSTATUS DOKAN_CALLBACK use_list(LPCWSTR name, PFillFindData fill, PDOKAN_FILE_INFO info)
{
    WIN32_FIND_DATAW entry;
    LARGE_INTEGER size;

    ZeroMemory(&entry, sizeof(entry));
    size.QuadPart = 1;
    entry.nFileSizeLow = size.LowPart + size.u.LowPart;
    entry.nFileSizeHigh = (DWORD)size.HighPart;
    GetSystemTimeAsFileTime(&entry.ftCreationTime);
    entry.cFileName[0] = name[0];
    return fill(&entry, info) ? STATUS_NO_MORE_FILES : STATUS_SUCCESS;
}

static void use_switch(NTSTATUS status, DOKAN_HANDLE volume)
{
    switch (status) {
    case STATUS_SUCCESS:
    case STATUS_ACCESS_DENIED:
    case STATUS_OBJECT_NAME_NOT_FOUND:
        SetLastError(ERROR_FILE_NOT_FOUND);
        break;
    default:
        if (!NT_SUCCESS(status) && DokanNotifyUpdate(volume, DOKAN_TEXT("M:\\file")))
            CloseHandle(INVALID_HANDLE_VALUE);
    }
}

int use_main(void);
int use_main(void)
{
    static DOKAN_OPTIONS options;
    static DOKAN_OPERATIONS operations;
    DOKAN_HANDLE volume = NULL;
    WCHAR drive = DOKAN_TEXT('M');

    options.Version = DOKAN_VERSION;
    options.MountPoint = DOKAN_TEXT("M:\\");
    options.Options = DOKAN_OPTION_ALT_STREAM | DOKAN_OPTION_STDERR;
    operations.ZwCreateFile = use_create;
    operations.CloseFile = use_close;
    operations.FindFiles = use_list;
    DokanInit();
    DokanUseStdErr(TRUE);
    if (DokanCreateFileSystem(&options, &operations, &volume) == DOKAN_SUCCESS)
        use_switch((NTSTATUS)DokanWaitForFileSystemClosed(volume, INFINITE), volume);
    DokanCloseHandle(volume);
    DokanUnmount(drive);
    DokanShutdown();
    return DokanMain(&options, &operations);
}
