// SPDX-License-Identifier: MIT
/*
 * What a handle's rights allow: every operation with each right alone. The I/O manager checks this before the
 * file system is asked, so it does not depend on who calls.
 */
#include "rules.h"
#include <string.h>

#define ANYTHING 0u /* no right is needed */

static const struct right {
    ACCESS_MASK mask;
    const char *name;
} rights[] = {
    {FILE_READ_DATA, "FILE_READ_DATA"},
    {FILE_WRITE_DATA, "FILE_WRITE_DATA"},
    {FILE_APPEND_DATA, "FILE_APPEND_DATA"},
    {FILE_READ_EA, "FILE_READ_EA"},
    {FILE_WRITE_EA, "FILE_WRITE_EA"},
    {FILE_EXECUTE, "FILE_EXECUTE"},
    {FILE_READ_ATTRIBUTES, "FILE_READ_ATTRIBUTES"},
    {FILE_WRITE_ATTRIBUTES, "FILE_WRITE_ATTRIBUTES"},
    {DELETE, "DELETE"},
    {READ_CONTROL, "READ_CONTROL"},
    {WRITE_DAC, "WRITE_DAC"},
    {WRITE_OWNER, "WRITE_OWNER"},
};

static NTSTATUS read_byte(struct world *world, void *file, ULONG unused)
{
    char byte;
    ULONG done;
    (void)unused;
    return world->door->read(file, &byte, 1, 0, &done);
}

static NTSTATUS write_byte(struct world *world, void *file, ULONG unused)
{
    (void)unused;
    return world->door->write(file, "x", 1, 0, NULL);
}

static NTSTATUS flush_it(struct world *world, void *file, ULONG unused)
{
    (void)unused;
    return world->door->flush(file);
}

static NTSTATUS lock_it(struct world *world, void *file, ULONG unused)
{
    const struct range range = {.offset = 0, .length = 1};
    (void)unused;
    return world->door->lock(file, &range);
}

static NTSTATUS list_it(struct world *world, void *file, ULONG unused)
{
    WCHAR name[260];
    (void)unused;
    return world->door->next_name(file, NULL, false, name, COUNT_OF(name));
}

static NTSTATUS query_class(struct world *world, void *file, ULONG info_class)
{
    _Alignas(8) char buffer[512];
    ULONG done;
    return world->door->query(file, info_class, buffer, sizeof buffer, &done);
}

/* Sets what is there already, or as near to it as the class allows. */
static NTSTATUS set_class(struct world *world, void *file, ULONG info_class)
{
    const char zeros[64] = {0};
    static const struct {
        ULONG info_class, size;
    } sizes[] = {{FileBasicInformation, 40},       {FilePositionInformation, 8},
                 {FileEndOfFileInformation, 8},    {FileAllocationInformation, 8},
                 {FileModeInformation, 4},         {FileDispositionInformation, 1},
                 {FileDispositionInformationEx, 4}};
    for (size_t i = 0; i < COUNT_OF(sizes); i++)
        if (sizes[i].info_class == info_class)
            return world->door->set(file, info_class, zeros, sizes[i].size);
    return STATUS_INVALID_INFO_CLASS;
}

static NTSTATUS rename_it(struct world *world, void *file, ULONG info_class)
{
    union {
        FILE_RENAME_INFORMATION in;
        char bytes[64];
    } u;
    memset(&u, 0, sizeof u);
    u.in.ReplaceIfExists = TRUE;
    u.in.FileNameLength = 4;
    memcpy(u.bytes + offsetof(FILE_RENAME_INFORMATION, FileName), u"\\f", 4);
    return world->door->set(file, info_class, &u, sizeof u.in);
}

static const struct operation {
    const char *name;
    ACCESS_MASK needs; /* any of these */
    NTSTATUS (*act)(struct world *world, void *file, ULONG info_class);
    ULONG info_class;
    bool directory;
} operations[] = {
    {"reading", FILE_READ_DATA, read_byte, 0, false},
    {"writing", FILE_WRITE_DATA | FILE_APPEND_DATA, write_byte, 0, false},
    {"flushing", FILE_WRITE_DATA | FILE_APPEND_DATA, flush_it, 0, false},
    {"locking", FILE_READ_DATA | FILE_WRITE_DATA, lock_it, 0, false},
    {"listing", FILE_LIST_DIRECTORY, list_it, 0, true},
    {"asking for Basic", FILE_READ_ATTRIBUTES, query_class, FileBasicInformation, false},
    {"asking for Standard", ANYTHING, query_class, FileStandardInformation, false},
    {"asking for Internal", ANYTHING, query_class, FileInternalInformation, false},
    {"asking for Access", ANYTHING, query_class, FileAccessInformation, false},
    {"asking for Name", ANYTHING, query_class, FileNameInformation, false},
    {"asking for Position", ANYTHING, query_class, FilePositionInformation, false},
    {"asking for All", FILE_READ_ATTRIBUTES, query_class, FileAllInformation, false},
    {"asking for NetworkOpen", FILE_READ_ATTRIBUTES, query_class, FileNetworkOpenInformation, false},
    {"asking for AttributeTag", FILE_READ_ATTRIBUTES, query_class, FileAttributeTagInformation, false},
    {"asking for Id", ANYTHING, query_class, FileIdInformation, false},
    {"setting Basic", FILE_WRITE_ATTRIBUTES, set_class, FileBasicInformation, false},
    {"setting Position", ANYTHING, set_class, FilePositionInformation, false},
    {"setting EndOfFile", FILE_WRITE_DATA, set_class, FileEndOfFileInformation, false},
    {"setting Allocation", FILE_WRITE_DATA, set_class, FileAllocationInformation, false},
    {"setting Mode", ANYTHING, set_class, FileModeInformation, false},
    {"setting Disposition", DELETE, set_class, FileDispositionInformation, false},
    {"setting DispositionEx", DELETE, set_class, FileDispositionInformationEx, false},
    {"renaming", DELETE, rename_it, FileRenameInformation, false},
    {"renaming with flags", DELETE, rename_it, FileRenameInformationEx, false},
};

/* CreateFile adds FILE_READ_ATTRIBUTES to what it is asked for. */
static bool allowed(const struct world *world, const struct operation *op, ACCESS_MASK right)
{
    ACCESS_MASK has = right | (world->door->bare ? FILE_READ_ATTRIBUTES : 0);
    return op->needs == ANYTHING || op->needs & has;
}

static void with_right(struct world *world, const struct operation *op, const struct right *right)
{
    struct opening how = {.path = op->directory ? u"\\d" : u"\\f",
                          .access = right->mask | SYNCHRONIZE,
                          .share = ALL,
                          .disposition = FILE_OPEN};
    struct outcome out = world_create(world, &how);
    if (!row_status(world, right->name, STATUS_SUCCESS, out.status))
        return;
    NTSTATUS want = allowed(world, op, right->mask) ? STATUS_SUCCESS : STATUS_ACCESS_DENIED;
    row_status(world, right->name, want, op->act(world, out.file, op->info_class));
    end_file(world, out.file);
}

/* Each operation finds the file as this makes it. */
static void refill(struct world *world)
{
    struct opening how = {
        .path = u"\\f", .access = FILE_GENERIC_WRITE, .share = ALL, .disposition = FILE_OVERWRITE_IF};
    struct outcome out = world_create(world, &how);
    if (!row_status(world, "filling", STATUS_SUCCESS, out.status))
        return;
    world->door->write(out.file, "0123456789", 10, 0, NULL);
    end_file(world, out.file);
}

void access_play(struct world *world)
{
    if (!world_open(world)) {
        world->failed++;
        return;
    }
    row_begin(world, "access", "its files are made");
    make_folder(world, u"\\d");
    make_file(world, u"\\d\\f");
    row_end(world);
    for (size_t i = 0; i < COUNT_OF(operations); i++) {
        row_begin(world, "access", operations[i].name);
        for (size_t right = 0; right < COUNT_OF(rights); right++) {
            refill(world);
            with_right(world, &operations[i], &rights[right]);
        }
        row_end(world);
    }
    world_close(world);
}
