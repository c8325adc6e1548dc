// SPDX-License-Identifier: MIT
/*
 * How long a buffer must be, by information class: NtQueryInformationFile and NtSetInformationFile refuse
 * less than the class's structure with STATUS_INFO_LENGTH_MISMATCH, before the file system is asked.
 */
#include "rules.h"
#include <string.h>

enum { ROOM = 256 };

static const struct class_row {
    const char *name;
    ULONG info_class, least;
    NTSTATUS want; /* with the least length, on \f */
} queries[] =
    {
        {"Basic", FileBasicInformation, 40, OK},
        {"Standard", FileStandardInformation, 24, OK},
        {"Internal", FileInternalInformation, 8, OK},
        {"Ea", FileEaInformation, 4, OK},
        {"Access", FileAccessInformation, 4, OK},
        {"Name", FileNameInformation, 8, OK}, /* \f fits */
        {"Position", FilePositionInformation, 8, OK},
        {"Mode", FileModeInformation, 4, OK},
        {"Alignment", FileAlignmentInformation, 4, OK},
        {"All", FileAllInformation, 104, OK},
        {"NetworkOpen", FileNetworkOpenInformation, 56, OK},
        {"AttributeTag", FileAttributeTagInformation, 8, OK},
        {"NormalizedName", FileNormalizedNameInformation, 8, OK},
        {"Id", FileIdInformation, 24, OK},
        {"Stream", FileStreamInformation, 32, STATUS_BUFFER_OVERFLOW}, /* ::$DATA does not fit */
},
  sets[] = {
      {"Basic", FileBasicInformation, 40, OK},
      {"Position", FilePositionInformation, 8, OK},
      {"Allocation", FileAllocationInformation, 8, OK},
      {"EndOfFile", FileEndOfFileInformation, 8, OK},
      {"Disposition", FileDispositionInformation, 1, OK},
      {"DispositionEx", FileDispositionInformationEx, 4, OK},
      {"Mode", FileModeInformation, 4, OK},
      /* no name in it */
      {"Rename", FileRenameInformation, 24, STATUS_INVALID_PARAMETER},
      {"RenameEx", FileRenameInformationEx, 24, STATUS_INVALID_PARAMETER},
      {"Link", FileLinkInformation, 24, STATUS_INVALID_PARAMETER},
};

static void *open_file(struct world *world)
{
    struct opening how = {
        .path = u"\\f", .access = RWD | SYNCHRONIZE, .share = ALL, .disposition = FILE_OPEN_IF};
    struct outcome out = world_create(world, &how);
    row_check(world, out.file, "open: %s", status_name(out.status));
    return out.file;
}

static void query_with(struct world *world, void *file, const struct class_row *c, ULONG length,
                       NTSTATUS want)
{
    unsigned char buffer[ROOM];
    char what[32];
    ULONG done;
    snprintf(what, sizeof what, "%u bytes", (unsigned)length);
    memset(buffer, 0xA5, sizeof buffer);
    row_status(world, what, want, world->door->query(file, c->info_class, buffer, length, &done));
    bool clean = true;
    for (size_t i = length; i < sizeof buffer; i++)
        clean = clean && buffer[i] == 0xA5;
    row_check(world, clean, "%s: it wrote beyond", what);
}

static void set_with(struct world *world, void *file, const struct class_row *c, ULONG length, NTSTATUS want)
{
    const unsigned char zeros[ROOM] = {0};
    char what[32];
    snprintf(what, sizeof what, "%u bytes", (unsigned)length);
    row_status(world, what, want, world->door->set(file, c->info_class, zeros, length));
}

static void class_rows(struct world *world, const char *group, const struct class_row *rows, size_t count,
                       void (*with)(struct world *world, void *file, const struct class_row *c, ULONG length,
                                    NTSTATUS want))
{
    for (size_t i = 0; i < count; i++) {
        const struct class_row *c = &rows[i];
        row_begin(world, group, c->name);
        void *file = open_file(world);
        if (file) {
            with(world, file, c, 0, STATUS_INFO_LENGTH_MISMATCH);
            with(world, file, c, c->least - 1, STATUS_INFO_LENGTH_MISMATCH);
            with(world, file, c, c->least, c->want);
            end_file(world, file);
        }
        row_end(world);
    }
}

void length_play(struct world *world)
{
    if (!world_open(world)) {
        world->failed++;
        return;
    }
    class_rows(world, "query", queries, COUNT_OF(queries), query_with);
    class_rows(world, "set", sets, COUNT_OF(sets), set_with);
    world_close(world);
}
