// SPDX-License-Identifier: MIT
//
// What dokan_ex.h adds, compiled (never run) as C and as C++.

#include <dokan/dokan_ex.h>

int use_ex(DOKAN_HANDLE volume, PDOKAN_FILE_INFO info);
int use_ex(DOKAN_HANDLE volume, PDOKAN_FILE_INFO info)
{
    DOKAN_MOUNT_OPTIONS_EX options = DokanMountOptionsExDefault();
    DOKAN_VOLUME_COUNTERS counters;
    DOKAN_REQUESTOR who;
    WCHAR text[32];
    const WCHAR *name = DOKAN_TEXT("name.txt");

    options.FuseOptions = "allow_other";
    options.Umask = 022;
    if (DokanCreateFileSystemEx(info->DokanOptions, NULL, &options, &volume))
        return DOKAN_ERROR;
    counters.Size = sizeof(counters);
    who.Size = sizeof(who);
    if (DokanGetVolumeCounters(volume, &counters) && DokanGetRequestorIdentity(info, &who))
        DokanSwprintf(text, 32, "%ls %u", name, (unsigned)who.UserId);
    DokanFprintf(stderr, "%ls\n", name);
    DokanSetExceptionHook(NULL, NULL);
    if (DokanWcsicmp(name, text) && DokanWcschr(name, DOKAN_TEXT('.')) && DokanWcsrchr(name, DOKAN_TEXT('.')))
        return DokanErrnoFromNtStatus(DokanNtStatusFromErrno(2));
    return (int)(DokanWcslen(name) + counters.Operations[DokanOperationReadFile].Calls);
}
