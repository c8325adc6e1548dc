// SPDX-License-Identifier: MIT
/*
 * DokanGetMountPointList: the registry in Dokany's form.
 */
#include "api/mounts.h"
#include "api/options.h"
#include "api/process.h"
#include "api/text.h"
#include "base/cleanup.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

static void fill_info(DOKAN_MOUNT_POINT_INFO *info, const struct registry_record *record)
{
    char point[PATH_MAX + 16];
    if (record->letter[0])
        snprintf(point, sizeof point, "\\DosDevices\\%c:", record->letter[0]);
    else
        snprintf(point, sizeof point, "\\DosDevices\\%s", record->path);
    info->Type = record->type;
    info->SessionId = record->session;
    info->MountOptions = record->options;
    text_copy_utf16(info->MountPoint, COUNT(info->MountPoint), point);
    text_copy_utf16(info->UNCName, COUNT(info->UNCName), record->unc);
    text_copy_utf16(info->DeviceName, COUNT(info->DeviceName), record->device);
}

/* Mounts of another session of the user are hidden from all but root. */
static bool is_shown(const struct registry_record *record, ULONG session, bool unc_only)
{
    bool visible = record->session == 0xFFFFFFFFu || record->session == session || geteuid() == 0;
    return visible && (!unc_only || record->unc[0]);
}

PDOKAN_MOUNT_POINT_INFO DOKANAPI DokanGetMountPointList(BOOL uncOnly, PULONG nbRead)
{
    CLEANUP_FREE struct registry_record *list = NULL;
    size_t count = 0;
    ULONG shown = 0, session = options_session();
    if (nbRead)
        *nbRead = 0;
    if (!nbRead || !process_usable() || mounts_list(&list, &count) < 0 || !count)
        return NULL;
    PDOKAN_MOUNT_POINT_INFO infos = calloc(count, sizeof *infos);
    for (size_t i = 0; infos && i < count; i++)
        if (is_shown(&list[i], session, uncOnly))
            fill_info(&infos[shown++], &list[i]);
    if (!shown) {
        free(infos);
        return NULL;
    }
    *nbRead = shown;
    return infos;
}

VOID DOKANAPI DokanReleaseMountPointList(PDOKAN_MOUNT_POINT_INFO list)
{
    free(list);
}
