// SPDX-License-Identifier: MIT
/*
 * Wrong arguments; statuses that are none; the volume's own facts, and whether they are true.
 */
#include "check/nt_i.h"

#include <stdio.h>
#include <string.h>

static struct nt_world *world_of(struct probe *p)
{
    return ((struct nt_place *)p->world)->world;
}

/* ---- wrong arguments ----------------------------------------------------------------------------------- */

static void nonsense_class(struct probe *p)
{
    BYTE buf[256] = {0};
    struct file *file = make_file(p, u"file", "x");
    must_either(p, nt_query(p, file, 9999, buf, sizeof buf, NULL), STATUS_INVALID_INFO_CLASS,
                STATUS_INVALID_PARAMETER, "an information class that does not exist is refused");
    must_either(p, nt_set(p, file, 9999, buf, sizeof buf), STATUS_INVALID_INFO_CLASS,
                STATUS_INVALID_PARAMETER, "an information class that does not exist is refused");
}

static void tiny_buffers(struct probe *p)
{
    BYTE buf[4] = {0};
    struct file *file = make_file(p, u"file", "x");
    must_fail(p, nt_query(p, file, FileBasicInformation, buf, 3, NULL),
              "a buffer that is too small is refused");
    must_fail(p, nt_query(p, file, FileStandardInformation, buf, 0, NULL),
              "a buffer that is too small is refused");
    must_fail(p, nt_set(p, file, FileBasicInformation, buf, 3), "a buffer that is too small is refused");
    must_fail(p, nt_list(p, open_folder(p, u""), FileNamesInformation, NULL, 0, buf, 3, NULL),
              "a buffer that is too small is refused");
    must_hold(p, file, "x", "what is refused changes nothing");
}

static void wrong_creates(struct probe *p)
{
    struct file *file = NULL;
    struct opening how = {.name = u"file",
                          .share = SHARE_ALL,
                          .disposition = FILE_CREATE,
                          .options = FILE_DIRECTORY_FILE | FILE_NON_DIRECTORY_FILE};
    must(p, nt_open(p, &how, &file), STATUS_INVALID_PARAMETER, "nothing is a directory and none");
    how.options = 0;
    how.disposition = FILE_MAXIMUM_DISPOSITION + 1;
    must(p, nt_open(p, &how, &file), STATUS_INVALID_PARAMETER, "there are six dispositions");
    must_exist(p, u"file", false, "what is refused changes nothing");
}

static void wrong_offsets(struct probe *p)
{
    char buf[16] = {0};
    struct file *file = make_file(p, u"file", "text");
    must_fail(p, nt_read(p, file, -5, buf, 1, NULL), "no offset is negative");
    must_fail(p, nt_write(p, file, -5, buf, 1, NULL), "no offset is negative");
    must_fail(p, nt_write(p, file, INT64_MAX - 2, buf, 16, NULL), "no file is longer than 2^63 - 1 bytes");
    LONGLONG size = -1;
    must_fail(p, nt_set(p, file, FileEndOfFileInformation, &size, sizeof size), "no size is negative");
    must_hold(p, file, "text", "what is refused changes nothing");
}

static void unknown_control(struct probe *p)
{
    struct file *file = make_file(p, u"file", "x");
    must(p, nt_control(p, file, 0x9FFFC, NULL, 0, NULL, 0, NULL), STATUS_INVALID_DEVICE_REQUEST,
         "a control code that does not exist is refused");
}

/* Every status that came by was looked at. */
static void real_statuses(struct probe *p)
{
    struct nt_world *world = world_of(p);
    char given[32];
    if (!world->odd_status)
        return;
    snprintf(given, sizeof given, "0x%08X", (unsigned)world->odd_status);
    probe_call(p, "%s", world->odd_call);
    probe_wrong(p, "callbacks return NTSTATUS, not errno or Win32 numbers", "an NTSTATUS", given);
}

static const struct check argument_checks[] = {
    {"arguments", "class", WRITES, nonsense_class},
    {"arguments", "small-buffer", WRITES, tiny_buffers},
    {"arguments", "create", WRITES, wrong_creates},
    {"arguments", "offset", WRITES, wrong_offsets},
    {"arguments", "control-code", WRITES, unknown_control},
    {"statuses", "are-ntstatus", 0, real_statuses},
};
const struct check_table nt_arguments = {argument_checks, COUNT_OF(argument_checks)};

/* ---- space --------------------------------------------------------------------------------------------- */

static void space_makes_sense(struct probe *p)
{
    FILE_FS_FULL_SIZE_INFORMATION full = {0};
    FILE_FS_SIZE_INFORMATION size = {0};
    must(p, nt_volume(p, FileFsFullSizeInformation, &full, sizeof full, NULL), STATUS_SUCCESS,
         "a volume tells its space");
    must(p, nt_volume(p, FileFsSizeInformation, &size, sizeof size, NULL), STATUS_SUCCESS,
         "a volume tells its space");
    ULONG sector = full.BytesPerSector, unit = full.SectorsPerAllocationUnit;
    must_be(p, sector >= 512 && !(sector & (sector - 1)), "a power of two from 512 on",
            "another size of a sector", "sectors have 512 bytes or a multiple");
    must_be(p, unit && !(unit & (unit - 1)), "a power of two", "another number of sectors",
            "an allocation unit has a power of two of sectors");
    must_be(p, full.TotalAllocationUnits.QuadPart > 0, "a size above 0", "0 or less", "a volume has a size");
    must_be(p,
            full.ActualAvailableAllocationUnits.QuadPart >= 0 &&
                full.CallerAvailableAllocationUnits.QuadPart >= 0,
            "free space of 0 or more", "less than nothing", "free space is not negative");
    must_be(p, full.ActualAvailableAllocationUnits.QuadPart <= full.TotalAllocationUnits.QuadPart,
            "free space up to the size of the volume", "more than the volume has",
            "no volume has more free space than space");
    must_be(p, full.CallerAvailableAllocationUnits.QuadPart <= full.ActualAvailableAllocationUnits.QuadPart,
            "for the caller up to all that is free", "more than is free",
            "a caller has no more space than there is");
    must_equal(p, "total", (uint64_t)size.TotalAllocationUnits.QuadPart,
               (uint64_t)full.TotalAllocationUnits.QuadPart, "every way of asking tells the same space");
}

static void space_is_there(struct probe *p)
{
    FILE_FS_FULL_SIZE_INFORMATION full = {0};
    static const char data[8192] = "x";
    made(p, nt_volume(p, FileFsFullSizeInformation, &full, sizeof full, NULL));
    if (probe_live(p) && full.CallerAvailableAllocationUnits.QuadPart == 0)
        probe_not_checked(p, "the volume is full");
    struct file *file = make_file(p, u"file", "");
    must(p, nt_write(p, file, 0, data, sizeof data, NULL), STATUS_SUCCESS,
         "where space is free something can be written");
}

/* ---- the volume ---------------------------------------------------------------------------------------- */

static void volume_named(struct probe *p)
{
    _Alignas(8) BYTE buf[sizeof(FILE_FS_VOLUME_INFORMATION) + 512] = {0}, again[sizeof buf] = {0};
    FILE_FS_VOLUME_INFORMATION *info = (void *)buf;
    must(p, nt_volume(p, FileFsVolumeInformation, buf, sizeof buf, NULL), STATUS_SUCCESS,
         "a volume tells its label and number");
    must(p, nt_volume(p, FileFsVolumeInformation, again, sizeof again, NULL), STATUS_SUCCESS,
         "a volume tells its label and number");
    must_be(p, info->VolumeLabelLength <= 64, "a label of 32 units at most", "a longer one",
            "a label has 32 units at most");
    must_be(p, memcmp(buf, again, sizeof buf) == 0, "the same twice", "something else",
            "label and number stay");
}

static void attributes_told(struct probe *p)
{
    _Alignas(8) BYTE buf[sizeof(FILE_FS_ATTRIBUTE_INFORMATION) + 512] = {0};
    FILE_FS_ATTRIBUTE_INFORMATION *info = (void *)buf;
    must(p, nt_volume(p, FileFsAttributeInformation, buf, sizeof buf, NULL), STATUS_SUCCESS,
         "a volume tells what it can do");
    must_be(p, info->MaximumComponentNameLength > 0 && info->MaximumComponentNameLength <= 255,
            "1 to 255 units", "another number", "names have 255 units at most");
    must_be(p, info->FileSystemNameLength > 0, "a name", "none", "a file system has a name");
}

static void flags_are_true(struct probe *p)
{
    static const struct {
        ULONG flag;
        const char *name;
    } rows[] = {{FILE_NAMED_STREAMS, "FILE_NAMED_STREAMS"},
                {FILE_PERSISTENT_ACLS, "FILE_PERSISTENT_ACLS"},
                {FILE_SUPPORTS_REPARSE_POINTS, "FILE_SUPPORTS_REPARSE_POINTS"},
                {FILE_SUPPORTS_HARD_LINKS, "FILE_SUPPORTS_HARD_LINKS"},
                {FILE_SUPPORTS_SPARSE_FILES, "FILE_SUPPORTS_SPARSE_FILES"},
                {FILE_SUPPORTS_EXTENDED_ATTRIBUTES, "FILE_SUPPORTS_EXTENDED_ATTRIBUTES"}};
    struct nt_world *world = world_of(p);
    probe_call(p, "query volume(class %u)", FileFsAttributeInformation);
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        must_be(p, !(world->flags & world->refused & ~world->offered & rows[i].flag),
                "a flag only for what it can do", rows[i].name, "the volume's flags tell what works");
    must_be(p, !(world->flags & FILE_READ_ONLY_VOLUME) || p->suite->read_only, "a read-only volume",
            "one that is written", "a volume with FILE_READ_ONLY_VOLUME is not written");
}

static const struct check volume_checks[] = {
    {"space", "sense", 0, space_makes_sense}, {"space", "write", WRITES, space_is_there},
    {"volume", "label", 0, volume_named},     {"volume", "attributes", 0, attributes_told},
    {"volume", "flags", 0, flags_are_true},
};
const struct check_table nt_volume_facts = {volume_checks, COUNT_OF(volume_checks)};
