// SPDX-License-Identifier: MIT
/*
 * What the information classes of files say, each from the facts that info.c has collected. No callbacks, no
 * state; file->lock for the delete mark.
 */
#include "nt/info.h"
#include <sys/stat.h>
#include <sys/sysmacros.h>

/* The create options that remain visible as the mode of a handle. */
#define MODE_OPTIONS                                                              \
    (FILE_WRITE_THROUGH | FILE_SEQUENTIAL_ONLY | FILE_NO_INTERMEDIATE_BUFFERING | \
     FILE_SYNCHRONOUS_IO_ALERT | FILE_SYNCHRONOUS_IO_NONALERT | FILE_DELETE_ON_CLOSE)

int64_t allocation_size(const struct nt_volume *vol, uint64_t size)
{
    uint64_t rest = size % vol->unit;
    uint64_t whole = rest ? size - rest + vol->unit : size;
    return whole > INT64_MAX ? INT64_MAX : (int64_t)whole;
}

int64_t allocation_of(const struct nt_volume *vol, const struct nt_facts *facts, uint64_t size)
{
    if (!facts || !(facts->valid & DOKAN_FACT_ALLOCATION))
        return allocation_size(vol, size);
    return (int64_t)facts->allocation;
}

static int64_t allocation(const struct info_facts *f)
{
    return allocation_of(f->handle->vol, &f->attr.facts, f->attr.size);
}

static bool delete_pending(const struct info_facts *f)
{
    struct nt_file *file = f->handle->file;
    if (!file)
        return false;
    LOCK_SCOPE(&file->lock);
    return file->delete_pending || file->posix_deleted;
}

static bool is_directory(const struct info_facts *f)
{
    return f->attr.attributes & FILE_ATTRIBUTE_DIRECTORY;
}

static bool case_matters(const struct info_facts *f)
{
    return is_directory(f) && f->handle->vol->case_sensitive;
}

static void put_basic(const struct info_facts *f, FILE_BASIC_INFORMATION *out)
{
    out->CreationTime.QuadPart = (LONGLONG)f->attr.creation;
    out->LastAccessTime.QuadPart = (LONGLONG)f->attr.access;
    out->LastWriteTime.QuadPart = (LONGLONG)f->attr.write;
    out->ChangeTime.QuadPart = (LONGLONG)f->attr.change;
    out->FileAttributes = f->attr.attributes;
}

static void put_standard(const struct info_facts *f, FILE_STANDARD_INFORMATION *out)
{
    out->AllocationSize.QuadPart = allocation(f);
    out->EndOfFile.QuadPart = (LONGLONG)f->attr.size;
    out->NumberOfLinks = f->attr.links;
    out->DeletePending = delete_pending(f);
    out->Directory = is_directory(f);
}

static void put_id(const struct info_facts *f, FILE_ID_128 *out)
{
    memcpy(out->Identifier, &f->index, sizeof f->index);
}

void fill_basic(const struct info_facts *f, union info_answer *out)
{
    put_basic(f, &out->basic);
}

void fill_standard(const struct info_facts *f, union info_answer *out)
{
    put_standard(f, &out->standard);
}

void fill_internal(const struct info_facts *f, union info_answer *out)
{
    out->internal.IndexNumber.QuadPart = (LONGLONG)f->index;
}

void fill_ea(const struct info_facts *f, union info_answer *out)
{
    out->ea.EaSize = f->ea_size;
}

void fill_nothing(const struct info_facts *f, union info_answer *out)
{
    (void)f, (void)out;
}

void fill_access(const struct info_facts *f, union info_answer *out)
{
    out->access.AccessFlags = f->handle->access;
}

void fill_name(const struct info_facts *f, union info_answer *out)
{
    out->name.FileNameLength = f->name_bytes;
}

void fill_position(const struct info_facts *f, union info_answer *out)
{
    out->position.CurrentByteOffset.QuadPart = atomic_load(&f->handle->position);
}

void fill_mode(const struct info_facts *f, union info_answer *out)
{
    out->mode.Mode = f->handle->options & MODE_OPTIONS;
}

void fill_all(const struct info_facts *f, union info_answer *out)
{
    put_basic(f, &out->all.BasicInformation);
    put_standard(f, &out->all.StandardInformation);
    out->all.InternalInformation.IndexNumber.QuadPart = (LONGLONG)f->index;
    out->all.EaInformation.EaSize = f->ea_size;
    out->all.AccessInformation.AccessFlags = f->handle->access;
    out->all.PositionInformation.CurrentByteOffset.QuadPart = atomic_load(&f->handle->position);
    out->all.ModeInformation.Mode = f->handle->options & MODE_OPTIONS;
    out->all.NameInformation.FileNameLength = f->name_bytes;
}

void fill_compression(const struct info_facts *f, union info_answer *out)
{
    uint8_t shift = 0;
    while (1u << shift < f->handle->vol->unit)
        shift++;
    out->compression.CompressedFileSize.QuadPart = allocation(f);
    out->compression.ClusterShift = shift;
}

void fill_network(const struct info_facts *f, union info_answer *out)
{
    FILE_BASIC_INFORMATION basic = {0};
    put_basic(f, &basic);
    out->network = (FILE_NETWORK_OPEN_INFORMATION){
        .CreationTime = basic.CreationTime,
        .LastAccessTime = basic.LastAccessTime,
        .LastWriteTime = basic.LastWriteTime,
        .ChangeTime = basic.ChangeTime,
        .AllocationSize.QuadPart = allocation(f),
        .EndOfFile.QuadPart = (LONGLONG)f->attr.size,
        .FileAttributes = basic.FileAttributes,
    };
}

void fill_tag(const struct info_facts *f, union info_answer *out)
{
    out->tag.FileAttributes = f->attr.attributes;
    out->tag.ReparseTag = f->attr.reparse_tag;
}

void fill_remote(const struct info_facts *f, union info_answer *out)
{
    out->remote.IsRemote = volume_option(f->handle->vol, DOKAN_OPTION_NETWORK);
}

void fill_links(const struct info_facts *f, union info_answer *out)
{
    bool deleted = delete_pending(f);
    out->links = (FILE_STANDARD_LINK_INFORMATION){
        .NumberOfAccessibleLinks = f->attr.links - (deleted && f->attr.links),
        .TotalNumberOfLinks = f->attr.links,
        .DeletePending = deleted,
        .Directory = is_directory(f),
    };
}

void fill_id(const struct info_facts *f, union info_answer *out)
{
    out->id.VolumeSerialNumber = f->serial;
    put_id(f, &out->id.FileId);
}

void fill_stat(const struct info_facts *f, union info_answer *out)
{
    out->stat = (FILE_STAT_INFORMATION){
        .FileId.QuadPart = (LONGLONG)f->index,
        .CreationTime.QuadPart = (LONGLONG)f->attr.creation,
        .LastAccessTime.QuadPart = (LONGLONG)f->attr.access,
        .LastWriteTime.QuadPart = (LONGLONG)f->attr.write,
        .ChangeTime.QuadPart = (LONGLONG)f->attr.change,
        .AllocationSize.QuadPart = allocation(f),
        .EndOfFile.QuadPart = (LONGLONG)f->attr.size,
        .FileAttributes = f->attr.attributes,
        .ReparseTag = f->attr.reparse_tag,
        .NumberOfLinks = f->attr.links,
        .EffectiveAccess = f->handle->access,
    };
}

static uint32_t lx_type(const struct info_facts *f)
{
    static const struct {
        uint32_t tag, type;
    } rows[] = {
        {IO_REPARSE_TAG_LX_SYMLINK, S_IFLNK}, {IO_REPARSE_TAG_SYMLINK, S_IFLNK},
        {IO_REPARSE_TAG_LX_FIFO, S_IFIFO},    {IO_REPARSE_TAG_LX_CHR, S_IFCHR},
        {IO_REPARSE_TAG_LX_BLK, S_IFBLK},     {IO_REPARSE_TAG_AF_UNIX, S_IFSOCK},
    };
    for (size_t i = 0; f->attr.reparse_tag && i < sizeof rows / sizeof *rows; i++)
        if (rows[i].tag == f->attr.reparse_tag)
            return rows[i].type;
    return is_directory(f) ? S_IFDIR : S_IFREG;
}

void fill_stat_lx(const struct info_facts *f, union info_answer *out)
{
    static const struct {
        uint32_t fact, flag;
    } known[] = {{DOKAN_FACT_UID, LX_FILE_METADATA_HAS_UID},
                 {DOKAN_FACT_GID, LX_FILE_METADATA_HAS_GID},
                 {DOKAN_FACT_MODE, LX_FILE_METADATA_HAS_MODE},
                 {DOKAN_FACT_DEVICE, LX_FILE_METADATA_HAS_DEVICE_ID}};
    const struct nt_facts *facts = &f->attr.facts;
    FILE_STAT_LX_INFORMATION *lx = &out->stat_lx;
    union info_answer plain = {0};
    fill_stat(f, &plain);
    memcpy(lx, &plain.stat, sizeof plain.stat);
    lx->LxFlags = case_matters(f) ? LX_FILE_CASE_SENSITIVE_DIR : 0;
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        lx->LxFlags |= facts->valid & known[i].fact ? known[i].flag : 0;
    lx->LxUid = facts->valid & DOKAN_FACT_UID ? facts->uid : 0;
    lx->LxGid = facts->valid & DOKAN_FACT_GID ? facts->gid : 0;
    lx->LxMode = facts->valid & DOKAN_FACT_MODE ? lx_type(f) | facts->mode : 0;
    lx->LxDeviceIdMajor = facts->valid & DOKAN_FACT_DEVICE ? major(facts->device) : 0;
    lx->LxDeviceIdMinor = facts->valid & DOKAN_FACT_DEVICE ? minor(facts->device) : 0;
}

void fill_case(const struct info_facts *f, union info_answer *out)
{
    out->case_sensitive.Flags = f->handle->vol->case_sensitive ? FILE_CS_FLAG_CASE_SENSITIVE_DIR : 0;
}

void fill_stat_basic(const struct info_facts *f, union info_answer *out)
{
    union info_answer plain = {0};
    FILE_STAT_BASIC_INFORMATION *basic = &out->stat_basic;
    fill_stat(f, &plain);
    memcpy(basic, &plain.stat, offsetof(FILE_STAT_BASIC_INFORMATION, DeviceType));
    basic->DeviceType = FILE_DEVICE_DISK;
    basic->DeviceCharacteristics = device_characteristics(f->handle->vol);
    basic->VolumeSerialNumber.QuadPart = f->serial;
    put_id(f, &basic->FileId128);
}
