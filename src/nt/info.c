// SPDX-License-Identifier: MIT
/*
 * NtQueryInformationFile: one row per information class.
 *
 * A row's fill function writes the fixed part into a union on the stack; run_query_information() carries it
 * to the caller's buffer, whose alignment does not matter, and appends the name where the class ends with
 * one. No locks but file->lock for the delete mark.
 */
#include "nt/info.h"

enum info_flags {
    INFO_ASKS = 1,  /* GetFileInformation is asked first */
    INFO_NAMED = 2, /* the fixed part ends with FileNameLength, the path follows */
    INFO_NONE = 4   /* known, but not implemented */
};

/* The create options that remain visible as the mode of a handle. */
#define MODE_OPTIONS                                                              \
    (FILE_WRITE_THROUGH | FILE_SEQUENTIAL_ONLY | FILE_NO_INTERMEDIATE_BUFFERING | \
     FILE_SYNCHRONOUS_IO_ALERT | FILE_SYNCHRONOUS_IO_NONALERT | FILE_DELETE_ON_CLOSE)

struct facts {
    struct nt_handle *handle;
    BY_HANDLE_FILE_INFORMATION info;
    ULONG name_bytes;
};

union answer {
    FILE_BASIC_INFORMATION basic;
    FILE_STANDARD_INFORMATION standard;
    FILE_INTERNAL_INFORMATION internal;
    FILE_EA_INFORMATION ea;
    FILE_ACCESS_INFORMATION access;
    FILE_NAME_INFORMATION name;
    FILE_POSITION_INFORMATION position;
    FILE_MODE_INFORMATION mode;
    FILE_ALIGNMENT_INFORMATION alignment;
    FILE_ALL_INFORMATION all;
    FILE_NETWORK_OPEN_INFORMATION network;
    FILE_ATTRIBUTE_TAG_INFORMATION tag;
    FILE_NETWORK_PHYSICAL_NAME_INFORMATION physical;
    FILE_ID_INFORMATION id;
};

struct info_row {
    int info_class;
    const char *name;
    uint32_t size;  /* of the fixed part */
    uint32_t least; /* a shorter buffer overflows */
    unsigned flags;
    void (*fill)(const struct facts *f, union answer *out);
    NTSTATUS (*run)(struct nt_request *rq); /* instead of fill: a class with rules of its own */
};

int64_t allocation_size(const struct nt_volume *vol, uint64_t size)
{
    uint64_t rest = size % vol->unit;
    uint64_t whole = rest ? size - rest + vol->unit : size;
    return whole > INT64_MAX ? INT64_MAX : (int64_t)whole;
}

static int64_t time_of(FILETIME time)
{
    return (int64_t)((uint64_t)time.dwHighDateTime << 32 | time.dwLowDateTime);
}

static uint64_t size_of(const BY_HANDLE_FILE_INFORMATION *info)
{
    return (uint64_t)info->nFileSizeHigh << 32 | info->nFileSizeLow;
}

static bool delete_pending(struct nt_handle *handle)
{
    struct nt_file *file = handle->file;
    if (!file)
        return false;
    LOCK_SCOPE(&file->lock);
    return file->delete_pending || file->posix_deleted;
}

static void put_basic(const struct facts *f, FILE_BASIC_INFORMATION *out)
{
    out->CreationTime.QuadPart = time_of(f->info.ftCreationTime);
    out->LastAccessTime.QuadPart = time_of(f->info.ftLastAccessTime);
    out->LastWriteTime.QuadPart = time_of(f->info.ftLastWriteTime);
    out->ChangeTime = out->LastWriteTime;
    out->FileAttributes = f->info.dwFileAttributes;
}

static void put_standard(const struct facts *f, FILE_STANDARD_INFORMATION *out)
{
    out->AllocationSize.QuadPart = allocation_size(f->handle->vol, size_of(&f->info));
    out->EndOfFile.QuadPart = (LONGLONG)size_of(&f->info);
    out->NumberOfLinks = f->info.nNumberOfLinks;
    out->DeletePending = delete_pending(f->handle);
    out->Directory = (f->info.dwFileAttributes & FILE_ATTRIBUTE_DIRECTORY) != 0;
}

static void put_index(const struct facts *f, FILE_INTERNAL_INFORMATION *out)
{
    out->IndexNumber.HighPart = (LONG)f->info.nFileIndexHigh;
    out->IndexNumber.LowPart = f->info.nFileIndexLow;
}

static void fill_basic(const struct facts *f, union answer *out)
{
    put_basic(f, &out->basic);
}

static void fill_standard(const struct facts *f, union answer *out)
{
    put_standard(f, &out->standard);
}

static void fill_internal(const struct facts *f, union answer *out)
{
    put_index(f, &out->internal);
}

static void fill_zero(const struct facts *f, union answer *out)
{
    (void)f;
    (void)out;
}

static void fill_access(const struct facts *f, union answer *out)
{
    out->access.AccessFlags = f->handle->access;
}

static void fill_name(const struct facts *f, union answer *out)
{
    out->name.FileNameLength = f->name_bytes;
}

static void fill_position(const struct facts *f, union answer *out)
{
    out->position.CurrentByteOffset.QuadPart = atomic_load(&f->handle->position);
}

static void fill_mode(const struct facts *f, union answer *out)
{
    out->mode.Mode = f->handle->options & MODE_OPTIONS;
}

static void fill_all(const struct facts *f, union answer *out)
{
    put_basic(f, &out->all.BasicInformation);
    put_standard(f, &out->all.StandardInformation);
    put_index(f, &out->all.InternalInformation);
    out->all.AccessInformation.AccessFlags = f->handle->access;
    out->all.PositionInformation.CurrentByteOffset.QuadPart = atomic_load(&f->handle->position);
    out->all.ModeInformation.Mode = f->handle->options & MODE_OPTIONS;
    out->all.NameInformation.FileNameLength = f->name_bytes;
}

static void fill_network(const struct facts *f, union answer *out)
{
    FILE_BASIC_INFORMATION basic = {0};
    put_basic(f, &basic);
    out->network = (FILE_NETWORK_OPEN_INFORMATION){
        .CreationTime = basic.CreationTime,
        .LastAccessTime = basic.LastAccessTime,
        .LastWriteTime = basic.LastWriteTime,
        .ChangeTime = basic.ChangeTime,
        .AllocationSize.QuadPart = allocation_size(f->handle->vol, size_of(&f->info)),
        .EndOfFile.QuadPart = (LONGLONG)size_of(&f->info),
        .FileAttributes = basic.FileAttributes,
    };
}

static void fill_tag(const struct facts *f, union answer *out)
{
    out->tag.FileAttributes = f->info.dwFileAttributes;
}

static void fill_id(const struct facts *f, union answer *out)
{
    out->id.VolumeSerialNumber = f->info.dwVolumeSerialNumber;
    memcpy(out->id.FileId.Identifier, &f->info.nFileIndexLow, 4);
    memcpy(out->id.FileId.Identifier + 4, &f->info.nFileIndexHigh, 4);
}

#define FIXED(type)     sizeof(type), sizeof(type)
#define NAMED(type)     offsetof(type, FileName), offsetof(type, FileName)
#define ALL_NAME_OFFSET offsetof(FILE_ALL_INFORMATION, NameInformation.FileName)
#define NO_LAYOUT       0, 0

static const struct info_row rows[] = {
    {FileBasicInformation, "Basic", FIXED(FILE_BASIC_INFORMATION), INFO_ASKS, fill_basic},
    {FileStandardInformation, "Standard", FIXED(FILE_STANDARD_INFORMATION), INFO_ASKS, fill_standard},
    {FileInternalInformation, "Internal", FIXED(FILE_INTERNAL_INFORMATION), INFO_ASKS, fill_internal},
    {FileEaInformation, "Ea", FIXED(FILE_EA_INFORMATION), INFO_ASKS, fill_zero},
    {FileAccessInformation, "Access", FIXED(FILE_ACCESS_INFORMATION), 0, fill_access},
    {FileNameInformation, "Name", NAMED(FILE_NAME_INFORMATION), INFO_NAMED, fill_name},
    {FilePositionInformation, "Position", FIXED(FILE_POSITION_INFORMATION), 0, fill_position},
    {FileModeInformation, "Mode", FIXED(FILE_MODE_INFORMATION), 0, fill_mode},
    {FileAlignmentInformation, "Alignment", FIXED(FILE_ALIGNMENT_INFORMATION), 0, fill_zero},
    {FileAllInformation, "All", ALL_NAME_OFFSET, sizeof(FILE_ALL_INFORMATION), INFO_ASKS | INFO_NAMED,
     fill_all},
    {FileAlternateNameInformation, "AlternateName", NO_LAYOUT, INFO_NONE, NULL},
    {FileStreamInformation, "Stream", NO_LAYOUT, 0, NULL, query_streams},
    {FileCompressionInformation, "Compression", NO_LAYOUT, INFO_NONE, NULL},
    {FileNetworkOpenInformation, "NetworkOpen", FIXED(FILE_NETWORK_OPEN_INFORMATION), INFO_ASKS,
     fill_network},
    {FileAttributeTagInformation, "AttributeTag", FIXED(FILE_ATTRIBUTE_TAG_INFORMATION), INFO_ASKS, fill_tag},
    {FileNormalizedNameInformation, "NormalizedName", NAMED(FILE_NAME_INFORMATION), INFO_NAMED, fill_name},
    {FileNetworkPhysicalNameInformation, "NetworkPhysicalName", NAMED(FILE_NETWORK_PHYSICAL_NAME_INFORMATION),
     INFO_NAMED, fill_name},
    {FileIdInformation, "Id", FIXED(FILE_ID_INFORMATION), INFO_ASKS, fill_id},
};

static const struct info_row *row_of(int info_class)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (rows[i].info_class == info_class)
            return &rows[i];
    return NULL;
}

const char *query_class_name(int info_class)
{
    const struct info_row *row = row_of(info_class);
    return row ? row->name : NULL;
}

/* A Windows program sees each failure of the file system as INVALID_PARAMETER; a missing callback is none. */
static NTSTATUS ask(struct nt_request *rq, struct facts *f)
{
    if (!has_callback(f->handle->vol, CB_GET_INFO))
        return STATUS_NOT_IMPLEMENTED;
    uint32_t generation = cache_generation(f->handle->node);
    NTSTATUS status = call_get_info(rq, f->handle, &f->info);
    if (status != STATUS_SUCCESS)
        return rq->strict || status > 0 ? STATUS_INVALID_PARAMETER : status;
    struct nt_attr attr;
    attr_from_info(&attr, &f->info, f->handle->node, f->handle->directory);
    cache_store(f->handle->node, &attr, generation);
    return STATUS_SUCCESS;
}

/* Copies as much of the name as there is room for; the number of bytes. */
static uint32_t append_name(const struct nt_path *path, void *buffer, uint32_t at, uint32_t length)
{
    uint32_t bytes = path->len * (uint32_t)sizeof(WCHAR);
    uint32_t room = (length - at) & ~(uint32_t)1;
    if (bytes > room)
        bytes = room;
    memcpy((char *)buffer + at, path->text, bytes);
    return bytes;
}

static NTSTATUS answer_with(struct nt_request *rq, const struct info_row *row, struct facts *f,
                            const struct nt_path *path)
{
    struct nt_info_args *args = &rq->info;
    union answer out;
    memset(&out, 0, sizeof out);
    f->name_bytes = path ? path->len * (ULONG)sizeof(WCHAR) : 0;
    row->fill(f, &out);
    memcpy(args->buffer, &out, row->size);
    uint32_t name = path ? append_name(path, args->buffer, row->size, args->length) : 0;
    rq->p.information = row->size + name;
    return name < f->name_bytes || args->length < row->least ? STATUS_BUFFER_OVERFLOW : STATUS_SUCCESS;
}

NTSTATUS run_query_information(struct nt_request *rq)
{
    const struct info_row *row = row_of(rq->info.info_class);
    if (!row)
        return STATUS_INVALID_PARAMETER;
    if (row->flags & INFO_NONE)
        return STATUS_NOT_IMPLEMENTED;
    if (row->run)
        return row->run(rq);
    if (rq->info.length < row->size)
        return row->flags & INFO_NAMED ? STATUS_BUFFER_TOO_SMALL : STATUS_BUFFER_OVERFLOW;
    struct facts facts = {.handle = rq->handle};
    NTSTATUS status = row->flags & INFO_ASKS ? ask(rq, &facts) : STATUS_SUCCESS;
    if (status)
        return status;
    struct nt_path *path = NULL;
    if (row->flags & INFO_NAMED) {
        path = handle_path(rq->handle);
        if (!path)
            return STATUS_INSUFFICIENT_RESOURCES;
    }
    status = answer_with(rq, row, &facts, path);
    path_put(path);
    return status;
}
