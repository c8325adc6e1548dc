// SPDX-License-Identifier: MIT
/*
 * brokenfs                      lists the faults that a mount shows: its name and the feature that is wrong
 * then brokenfs FAULT MOUNTPOINT     mounts memfs with that fault, or with none for "none", until it is
 * unmounted
 */
#include "broken.h"

#include "memfs.h"
#include <stdio.h>
#include <string.h>

static const struct fault *find(const char *name)
{
    for (size_t i = 0; i < fault_count; i++)
        if (strcmp(faults[i].name, name) == 0)
            return &faults[i];
    return NULL;
}

static int list(void)
{
    for (size_t i = 0; i < fault_count; i++)
        if (faults[i].posix_feature)
            printf("%s %s\n", faults[i].name, faults[i].posix_feature);
    return 0;
}

int main(int argc, char **argv)
{
    static struct broken broken;
    static WCHAR point[4096];
    DOKAN_HANDLE volume;
    if (argc < 3)
        return list();
    broken_make(&broken, find(argv[1]), MEMFS_CASE_SENSITIVE);
    DokanUtf8ToUtf16(argv[2], DOKAN_TERMINATED, point, sizeof point / sizeof *point);
    broken.options.MountPoint = point;
    DokanInit();
    if (DokanCreateFileSystemEx(&broken.options, &broken.operations, &broken.mount, &volume) != DOKAN_SUCCESS)
        return 1;
    DokanWaitForFileSystemClosed(volume, INFINITE);
    DokanCloseHandle(volume);
    memfs_free(broken.memfs);
    DokanShutdown();
    return 0;
}
