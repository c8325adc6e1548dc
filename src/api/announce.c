// SPDX-License-Identifier: MIT
/*
 * Names of a mount. The device GUID is Dokany's base with its second and third group changed by a number;
 * Dokany counts mounts, we take the kernel's mount id, which no two live mounts share.
 */
#include "api/announce.h"
#include "api/text.h"
#include "base/log.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void announce_device(struct registry_record *record)
{
    uint32_t number = (uint32_t)record->mount_id;
    const char *kind = record->type == FILE_DEVICE_NETWORK_FILE_SYSTEM ? "DokanRedirector2" : "Volume";
    snprintf(record->device, sizeof record->device, "\\Device\\%s{D6CC17C5-%04X-%04X-BCE7-964F1E9F5DE9}",
             kind, 0x1734 ^ (number & 0xffff), 0x4085 ^ number >> 16);
}

/* The string as given, unless another letter was assigned: then that letter with the rest of the string. */
static WCHAR *mount_text(const struct instance *inst)
{
    const struct mountpoint_name name = mountpoint_classify(inst->settings.given);
    char letter = inst->point.letter;
    char text[PATH_MAX];
    if (!letter || name.letter == letter)
        return text_to_utf16(inst->settings.given);
    snprintf(text, sizeof text, "%c%s", letter,
             name.form == MOUNTPOINT_NONE ? ":\\" : inst->settings.given + 1);
    return text_to_utf16(text);
}

static void say_where(const struct mountpoint *point)
{
    if (point->letter)
        log_line(LOG_LEVEL_WARN, "drive %c: is mounted on %s", point->letter, point->path);
    else if (point->path)
        log_line(LOG_LEVEL_WARN, "mounted on %s", point->path);
}

void announce_mounted(struct instance *inst)
{
    static const WCHAR nowhere[] = {0};
    WCHAR *text = mount_text(inst);
    if (!(inst->settings.flags & DOKAN_EX_QUIET))
        say_where(&inst->point);
    nt_volume_mounted(inst->vol, text ? text : nowhere);
    free(text);
}
