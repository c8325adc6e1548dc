// SPDX-License-Identifier: MIT
/*
 * NtQueryInformationFile: one row per information class.
 *
 * A row says what must be asked before its fill function (infofill.c) writes the fixed part into a union on
 * the stack; run_query_information() carries it to the caller's buffer, whose alignment does not matter, and
 * appends the name where the class ends with one. No locks.
 */
#include "nt/info.h"

enum info_flags {
    INFO_ASKS = 1,  /* GetFacts or GetFileInformation is asked first */
    INFO_NAMED = 2, /* the fixed part ends with FileNameLength, the path follows */
    INFO_EAS = 4,   /* the length of the EAs is wanted */
    INFO_SERIAL = 8 /* the volume's serial number is wanted */
};

struct info_row {
    int info_class;
    const char *name;
    uint32_t size;  /* of the fixed part */
    uint32_t least; /* of the buffer; for strict callers a shorter one will not do */
    unsigned flags;
    ACCESS_MASK access; /* all of these the handle must have */
    info_fill *fill;
    NTSTATUS (*run)(struct nt_request *rq); /* instead of fill: a class with rules of its own */
};

/* There are no 8.3 names. */
static NTSTATUS query_short_name(struct nt_request *rq)
{
    (void)rq;
    return STATUS_OBJECT_NAME_NOT_FOUND;
}

static NTSTATUS query_case(struct nt_request *rq);

#define FIXED(type)     sizeof(type), sizeof(type)
#define NAMED(type)     offsetof(type, FileName), sizeof(type)
#define ALL_NAME_OFFSET offsetof(FILE_ALL_INFORMATION, NameInformation.FileName)
#define ONLY(type)      0, sizeof(type)

static const struct info_row rows[] = {
    {FileBasicInformation, "Basic", FIXED(FILE_BASIC_INFORMATION), INFO_ASKS, FILE_READ_ATTRIBUTES,
     fill_basic},
    {FileStandardInformation, "Standard", FIXED(FILE_STANDARD_INFORMATION), INFO_ASKS, 0, fill_standard},
    {FileInternalInformation, "Internal", FIXED(FILE_INTERNAL_INFORMATION), INFO_ASKS, 0, fill_internal},
    {FileEaInformation, "Ea", FIXED(FILE_EA_INFORMATION), INFO_ASKS | INFO_EAS, 0, fill_ea},
    {FileAccessInformation, "Access", FIXED(FILE_ACCESS_INFORMATION), 0, 0, fill_access},
    {FileNameInformation, "Name", NAMED(FILE_NAME_INFORMATION), INFO_NAMED, 0, fill_name},
    {FilePositionInformation, "Position", FIXED(FILE_POSITION_INFORMATION), 0, 0, fill_position},
    {FileModeInformation, "Mode", FIXED(FILE_MODE_INFORMATION), 0, 0, fill_mode},
    {FileAlignmentInformation, "Alignment", FIXED(FILE_ALIGNMENT_INFORMATION), 0, 0, fill_nothing},
    {FileAllInformation, "All", ALL_NAME_OFFSET, sizeof(FILE_ALL_INFORMATION),
     INFO_ASKS | INFO_NAMED | INFO_EAS, FILE_READ_ATTRIBUTES, fill_all},
    {FileAlternateNameInformation, "AlternateName", ONLY(FILE_NAME_INFORMATION), 0, 0, NULL,
     query_short_name},
    {FileStreamInformation, "Stream", ONLY(FILE_STREAM_INFORMATION), 0, 0, NULL, query_streams},
    {FileCompressionInformation, "Compression", FIXED(FILE_COMPRESSION_INFORMATION), INFO_ASKS, 0,
     fill_compression},
    {FileNetworkOpenInformation, "NetworkOpen", FIXED(FILE_NETWORK_OPEN_INFORMATION), INFO_ASKS,
     FILE_READ_ATTRIBUTES, fill_network},
    {FileAttributeTagInformation, "AttributeTag", FIXED(FILE_ATTRIBUTE_TAG_INFORMATION), INFO_ASKS,
     FILE_READ_ATTRIBUTES, fill_tag},
    {FileHardLinkInformation, "HardLink", ONLY(FILE_LINKS_INFORMATION), 0, 0, NULL, query_names},
    {FileNormalizedNameInformation, "NormalizedName", NAMED(FILE_NAME_INFORMATION), INFO_NAMED, 0, fill_name},
    {FileNetworkPhysicalNameInformation, "NetworkPhysicalName", NAMED(FILE_NETWORK_PHYSICAL_NAME_INFORMATION),
     INFO_NAMED, 0, fill_name},
    {FileIsRemoteDeviceInformation, "IsRemoteDevice", FIXED(FILE_IS_REMOTE_DEVICE_INFORMATION), 0, 0,
     fill_remote},
    {FileStandardLinkInformation, "StandardLink", FIXED(FILE_STANDARD_LINK_INFORMATION), INFO_ASKS, 0,
     fill_links},
    {FileIdInformation, "Id", FIXED(FILE_ID_INFORMATION), INFO_ASKS | INFO_SERIAL, 0, fill_id},
    {FileHardLinkFullIdInformation, "HardLinkFullId", ONLY(FILE_LINKS_FULL_ID_INFORMATION), 0, 0, NULL,
     query_names_full},
    {FileStatInformation, "Stat", FIXED(FILE_STAT_INFORMATION), INFO_ASKS, FILE_READ_ATTRIBUTES, fill_stat},
    {FileStatLxInformation, "StatLx", FIXED(FILE_STAT_LX_INFORMATION), INFO_ASKS,
     FILE_READ_ATTRIBUTES | FILE_READ_EA, fill_stat_lx},
    {FileCaseSensitiveInformation, "CaseSensitive", ONLY(FILE_CASE_SENSITIVE_INFORMATION), 0,
     FILE_READ_ATTRIBUTES, NULL, query_case},
    {FileStatBasicInformation, "StatBasic", FIXED(FILE_STAT_BASIC_INFORMATION), INFO_ASKS | INFO_SERIAL,
     FILE_READ_ATTRIBUTES, fill_stat_basic},
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

/* ---- asking -------------------------------------------------------------------------------------------- */

/* A Windows program sees each failure of the file system as INVALID_PARAMETER; a missing callback is none. */
static NTSTATUS ask_info(struct nt_request *rq, struct info_facts *f)
{
    BY_HANDLE_FILE_INFORMATION info;
    struct nt_handle *h = f->handle;
    if (!has_callback(h->vol, CB_GET_INFO))
        return STATUS_NOT_IMPLEMENTED;
    NTSTATUS status = call_get_info(rq, h, &info);
    if (status != STATUS_SUCCESS)
        return rq->strict || status > 0 ? STATUS_INVALID_PARAMETER : status;
    attr_from_info(&f->attr, &info, h->node, h->directory);
    f->index = (uint64_t)info.nFileIndexHigh << 32 | info.nFileIndexLow;
    f->serial = info.dwVolumeSerialNumber;
    return STATUS_SUCCESS;
}

static NTSTATUS ask_facts(struct nt_request *rq, struct info_facts *f)
{
    DOKAN_FACTS facts;
    struct nt_handle *h = f->handle;
    NTSTATUS status = call_get_facts(rq, h, &facts);
    if (status != STATUS_SUCCESS)
        return status > 0 ? STATUS_UNSUCCESSFUL : status;
    attr_from_facts(&f->attr, &facts, h->node, h->directory);
    f->index = facts.Valid & DOKAN_FACT_ID ? facts.FileId : 0;
    return STATUS_SUCCESS;
}

static uint32_t ask_serial(struct nt_request *rq)
{
    struct volume_info volume;
    return call_volume_info(rq, rq->handle, &volume) == STATUS_SUCCESS ? volume.serial : 0;
}

static NTSTATUS ask(struct nt_request *rq, unsigned flags, struct info_facts *f)
{
    struct nt_node *node = f->handle->node;
    uint32_t generation = cache_generation(node);
    NTSTATUS status = ask_facts(rq, f);
    if (!status && flags & INFO_SERIAL)
        f->serial = ask_serial(rq);
    if (status == STATUS_NOT_IMPLEMENTED)
        status = ask_info(rq, f);
    if (!status) {
        cache_store(node, &f->attr, generation);
        identity_bind(node, &f->attr);
    }
    if (!status && flags & INFO_EAS && !rq_expired(rq))
        f->ea_size = ea_packed_size(rq, f->handle);
    return status;
}

/* ---- answering ----------------------------------------------------------------------------------------- */

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

static NTSTATUS answer_with(struct nt_request *rq, const struct info_row *row, struct info_facts *f,
                            const struct nt_path *path)
{
    struct nt_info_args *args = &rq->info;
    union info_answer out;
    memset(&out, 0, sizeof out);
    f->name_bytes = path ? path->len * (ULONG)sizeof(WCHAR) : 0;
    row->fill(f, &out);
    memcpy(args->buffer, &out, row->size);
    uint32_t name = path ? append_name(path, args->buffer, row->size, args->length) : 0;
    rq->p.information = row->size + name;
    bool cut = row->info_class == FileAllInformation && args->length < row->least;
    return name < f->name_bytes || cut ? STATUS_BUFFER_OVERFLOW : STATUS_SUCCESS;
}

/* Windows looks at the length first; Dokany itself would say otherwise. */
static NTSTATUS too_short(const struct info_row *row)
{
    return row->flags & INFO_NAMED ? STATUS_BUFFER_TOO_SMALL : STATUS_BUFFER_OVERFLOW;
}

static NTSTATUS run_row(struct nt_request *rq, const struct info_row *row)
{
    if (rq->info.length < row->size)
        return too_short(row);
    struct info_facts facts = {.handle = rq->handle};
    NTSTATUS status = row->flags & INFO_ASKS ? ask(rq, row->flags, &facts) : STATUS_SUCCESS;
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

/* Only directories have it. */
static NTSTATUS query_case(struct nt_request *rq)
{
    static const struct info_row row = {
        FileCaseSensitiveInformation, "", FIXED(FILE_CASE_SENSITIVE_INFORMATION), 0, 0, fill_case};
    return rq->handle->directory ? run_row(rq, &row) : STATUS_INVALID_PARAMETER;
}

NTSTATUS run_query_information(struct nt_request *rq)
{
    const struct info_row *row = row_of(rq->info.info_class);
    if (!row)
        return STATUS_INVALID_PARAMETER;
    if (rq->strict && rq->info.length < row->least)
        return STATUS_INFO_LENGTH_MISMATCH;
    if (row->access & ~rq->handle->access)
        return STATUS_ACCESS_DENIED;
    return row->run ? row->run(rq) : run_row(rq, row);
}
