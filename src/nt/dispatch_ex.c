// SPDX-License-Identifier: MIT
/*
 * Calls of the extended table, in the frames of dispatch.c. What comes back is checked here, once for
 * everybody: facts, names, lengths, ranges.
 */
#include "nt/dispatch_i.h"
#include "nt/nt_internal.h"
#include "nt/reparse.h"
#include "nt/snapshot.h"
#include <dokan/dokan_text.h>

/* ---- facts --------------------------------------------------------------------------------------------- */

static void drop_negative(DOKAN_FACTS *facts, ULONG bit, LONG64 *value)
{
    if (*value < 0)
        facts->Valid &= ~bit;
    if (!(facts->Valid & bit))
        *value = 0;
}

/* False: they make no sense at all. */
static bool facts_check(DOKAN_FACTS *facts)
{
    bool sane = !(facts->Valid & DOKAN_FACT_SIZE) || facts->FileSize >= 0;
    facts->Valid &= DOKAN_FACT_ALL;
    if (!(facts->Valid & DOKAN_FACT_ATTRIBUTES))
        facts->FileAttributes = FILE_ATTRIBUTE_NORMAL;
    if (!(facts->FileAttributes & FILE_ATTRIBUTE_REPARSE_POINT))
        facts->ReparseTag = 0;
    drop_negative(facts, DOKAN_FACT_SIZE, &facts->FileSize);
    drop_negative(facts, DOKAN_FACT_ALLOCATION, &facts->AllocationSize);
    drop_negative(facts, DOKAN_FACT_CREATION, &facts->CreationTime);
    drop_negative(facts, DOKAN_FACT_ACCESS, &facts->LastAccessTime);
    drop_negative(facts, DOKAN_FACT_WRITE, &facts->LastWriteTime);
    drop_negative(facts, DOKAN_FACT_CHANGE, &facts->ChangeTime);
    facts->Mode &= 07777;
    return sane;
}

NTSTATUS call_get_facts(struct nt_request *rq, struct nt_handle *h, DOKAN_FACTS *facts)
{
    struct frame f;
    NTSTATUS status = frame_enter(&f, rq, h, CB_GET_FACTS);
    memset(facts, 0, sizeof *facts);
    if (status)
        return status;
    facts->Size = sizeof *facts;
    trace_bare(&f);
    status = f.vol->ex.GetFacts(f.path->text, facts, &f.info);
    if (status == STATUS_SUCCESS && !facts_check(facts))
        status = bad_reply(&f, "a negative size", STATUS_FILE_CORRUPT_ERROR);
    return frame_leave(&f, status, (uint64_t)facts->FileSize);
}

/* ProcessingContext is the snapshot. */
static int WINAPI fill_facts(LPCWSTR name, const DOKAN_FACTS *given, PDOKAN_FILE_INFO info)
{
    DOKAN_FACTS facts = {0};
    if (!name || !given || !info || !info->ProcessingContext)
        return 0;
    memcpy(&facts, given, given->Size < sizeof facts ? given->Size : sizeof facts);
    if (!has_callback(((struct nt_request *)(uintptr_t)info->DokanContext)->volume, CB_GET_FILE_ID))
        facts.Valid &= ~DOKAN_FACT_ID;
    snapshot_add_facts(info->ProcessingContext, name, facts_check(&facts) ? &facts : NULL);
    return 0;
}

NTSTATUS call_find_facts(struct nt_request *rq, struct nt_handle *h, struct nt_snapshot *into)
{
    struct frame f;
    NTSTATUS status = frame_enter(&f, rq, h, CB_FIND_FACTS);
    if (status)
        return status;
    f.info.ProcessingContext = into;
    trace_bare(&f);
    status = f.vol->ex.FindFacts(f.path->text, fill_facts, &f.info);
    atomic_fetch_add_explicit(&f.vol->bad_replies, snapshot_bad(into), memory_order_relaxed);
    if (status == STATUS_SUCCESS)
        status = snapshot_error(into);
    return frame_leave(&f, status, snapshot_count(into));
}

NTSTATUS call_set_facts(struct nt_request *rq, struct nt_handle *h, const DOKAN_FACTS *facts)
{
    struct frame f;
    NTSTATUS status = frame_enter(&f, rq, h, CB_SET_FACTS);
    if (status)
        return status;
    trace_enter(&f, "valid 0x%x mode %04o uid %u gid %u", facts->Valid, facts->Mode, facts->Uid, facts->Gid);
    return frame_leave(&f, f.vol->ex.SetFacts(f.path->text, facts, &f.info), 0);
}

/* ---- names --------------------------------------------------------------------------------------------- */

NTSTATUS call_get_file_id(struct nt_request *rq, const struct nt_path *path, ULONG64 *id)
{
    struct frame f;
    NTSTATUS status = frame_enter(&f, rq, NULL, CB_GET_FILE_ID);
    *id = 0;
    if (status)
        return status;
    f.path = path_get((struct nt_path *)path);
    trace_bare(&f);
    status = f.vol->ex.GetFileId(path->text, id, &f.info);
    return frame_leave(&f, status, *id);
}

NTSTATUS call_get_name_of_id(struct nt_request *rq, ULONG64 id, struct nt_path **out)
{
    struct frame f;
    WCHAR name[NT_PATH_MAX + 1] = {0};
    NTSTATUS status = frame_enter(&f, rq, NULL, CB_GET_NAME_OF_ID);
    *out = NULL;
    if (status)
        return status;
    trace_enter(&f, "id %llu", (unsigned long long)id);
    status = f.vol->ex.GetNameOfId(id, name, NT_PATH_MAX, &f.info);
    name[NT_PATH_MAX] = 0;
    if (status == STATUS_SUCCESS && name[0] != u'\\')
        status = bad_reply(&f, "a name without a backslash in front", STATUS_OBJECT_NAME_NOT_FOUND);
    if (status == STATUS_SUCCESS) {
        *out = path_new(name, DokanWcslenInline(name));
        status = *out ? STATUS_SUCCESS : STATUS_INSUFFICIENT_RESOURCES;
    }
    return frame_leave(&f, status, 0);
}

NTSTATUS call_create_hard_link(struct nt_request *rq, struct nt_handle *h, const struct nt_path *to,
                               bool replace)
{
    struct frame f;
    NTSTATUS status = frame_enter(&f, rq, h, CB_CREATE_HARD_LINK);
    if (status)
        return status;
    trace_path(&f, replace ? "replacing" : "as", to);
    return frame_leave(&f, f.vol->ex.CreateHardLink(f.path->text, to->text, replace, &f.info), 0);
}

NTSTATUS call_remove_name(struct nt_request *rq, struct nt_handle *h)
{
    struct frame f;
    NTSTATUS status = frame_enter(&f, rq, h, CB_REMOVE_NAME);
    if (status)
        return status;
    trace_bare(&f);
    return frame_leave(&f, f.vol->ex.RemoveName(f.path->text, &f.info), 0);
}

NTSTATUS call_exchange_names(struct nt_request *rq, struct nt_handle *h, const struct nt_path *other)
{
    struct frame f;
    NTSTATUS status = frame_enter(&f, rq, h, CB_EXCHANGE_NAMES);
    if (status)
        return status;
    trace_path(&f, "with", other);
    return frame_leave(&f, f.vol->ex.ExchangeNames(f.path->text, other->text, &f.info), 0);
}

/* ---- reparse points ------------------------------------------------------------------------------------ */

NTSTATUS call_get_reparse(struct nt_request *rq, struct nt_handle *h, void *buffer, uint32_t length,
                          uint32_t *used)
{
    struct frame f;
    NTSTATUS status = frame_enter(&f, rq, h, CB_GET_REPARSE);
    ULONG n = 0;
    *used = 0;
    if (status)
        return status == STATUS_NOT_IMPLEMENTED ? STATUS_NOT_A_REPARSE_POINT : status;
    trace_enter(&f, "length %u", length);
    status = f.vol->ex.GetReparsePoint(f.path->text, buffer, length, &n, &f.info);
    if (status == STATUS_SUCCESS && (n > length || !nt_reparse_check(buffer, n)))
        status = bad_reply(&f, "a reparse point that is damaged", STATUS_IO_REPARSE_DATA_INVALID);
    if (status == STATUS_SUCCESS)
        *used = n;
    return frame_leave(&f, status, n);
}

NTSTATUS call_set_reparse(struct nt_request *rq, struct nt_handle *h, const void *buffer, uint32_t length)
{
    struct frame f;
    NTSTATUS status = frame_enter(&f, rq, h, CB_SET_REPARSE);
    if (status)
        return status;
    trace_enter(&f, "tag 0x%x length %u", reparse_tag(buffer), length);
    return frame_leave(&f, f.vol->ex.SetReparsePoint(f.path->text, buffer, length, &f.info), 0);
}

NTSTATUS call_delete_reparse(struct nt_request *rq, struct nt_handle *h, uint32_t tag)
{
    struct frame f;
    NTSTATUS status = frame_enter(&f, rq, h, CB_DELETE_REPARSE);
    if (status)
        return status;
    trace_enter(&f, "tag 0x%x", tag);
    return frame_leave(&f, f.vol->ex.DeleteReparsePoint(f.path->text, tag, &f.info), 0);
}

/* ---- extended attributes ------------------------------------------------------------------------------- */

NTSTATUS call_get_ea(struct nt_request *rq, struct nt_handle *h, const char *name, void *value,
                     uint32_t length, uint32_t *used)
{
    struct frame f;
    NTSTATUS status = frame_enter(&f, rq, h, CB_GET_EA);
    ULONG n = 0;
    *used = 0;
    if (status)
        return status;
    trace_enter(&f, "%s length %u", name, length);
    status = f.vol->ex.GetEa(f.path->text, name, value, length, &n, &f.info);
    if (status == STATUS_SUCCESS && n > length)
        status = bad_reply(&f, "more bytes than the buffer holds", STATUS_EA_CORRUPT_ERROR);
    if (n <= NT_EA_MAX)
        *used = n;
    return frame_leave(&f, status, n);
}

NTSTATUS call_set_ea(struct nt_request *rq, struct nt_handle *h, const char *name, uint8_t flags,
                     const void *value, uint32_t length)
{
    struct frame f;
    NTSTATUS status = frame_enter(&f, rq, h, CB_SET_EA);
    if (status)
        return status;
    trace_enter(&f, value ? "%s length %u" : "%s remove", name, length);
    return frame_leave(&f, f.vol->ex.SetEa(f.path->text, name, flags, value, length, &f.info), 0);
}

struct eas {
    ea_add add;
    void *ctx;
};

static int WINAPI fill_ea(const char *name, UCHAR flags, const void *value, ULONG length,
                          PDOKAN_FILE_INFO info)
{
    const struct eas *eas = info ? info->ProcessingContext : NULL;
    if (!name || !eas || !*name || strnlen(name, NT_EA_NAME_MAX + 1) > NT_EA_NAME_MAX || length > NT_EA_MAX)
        return 0;
    return eas->add(eas->ctx, name, flags & FILE_NEED_EA, value, length) ? 0 : 1;
}

NTSTATUS call_find_eas(struct nt_request *rq, struct nt_handle *h, ea_add add, void *ctx)
{
    struct frame f;
    struct eas eas = {add, ctx};
    NTSTATUS status = frame_enter(&f, rq, h, CB_FIND_EAS);
    if (status)
        return status;
    f.info.ProcessingContext = &eas;
    trace_bare(&f);
    return frame_leave(&f, f.vol->ex.FindEas(f.path->text, fill_ea, &f.info), 0);
}

/* ---- ranges -------------------------------------------------------------------------------------------- */

struct ranges {
    range_add add;
    void *ctx;
    int64_t from, to; /* what may still come */
};

static int WINAPI fill_range(LONGLONG offset, LONGLONG length, PDOKAN_FILE_INFO info)
{
    struct ranges *r = info ? info->ProcessingContext : NULL;
    if (!r || offset < 0 || length <= 0 || length > INT64_MAX - offset)
        return 0;
    int64_t from = offset > r->from ? offset : r->from;
    int64_t to = offset + length < r->to ? offset + length : r->to;
    if (from >= to)
        return 0;
    r->from = to;
    return r->add(r->ctx, from, to - from) ? 0 : 1;
}

NTSTATUS call_find_ranges(struct nt_request *rq, struct nt_handle *h, int64_t offset, int64_t length,
                          range_add add, void *ctx)
{
    struct frame f;
    struct ranges r = {add, ctx, offset, length > INT64_MAX - offset ? INT64_MAX : offset + length};
    NTSTATUS status = frame_enter(&f, rq, h, CB_FIND_RANGES);
    if (status)
        return status;
    f.info.ProcessingContext = &r;
    trace_enter(&f, "offset %lld length %lld", (long long)offset, (long long)length);
    return frame_leave(&f, f.vol->ex.FindRanges(f.path->text, offset, length, fill_range, &f.info), 0);
}

NTSTATUS call_zero_range(struct nt_request *rq, struct nt_handle *h, int64_t offset, int64_t length,
                         bool deallocate)
{
    struct frame f;
    NTSTATUS status = frame_enter(&f, rq, h, CB_ZERO_RANGE);
    if (status)
        return status;
    trace_enter(&f, "offset %lld length %lld%s", (long long)offset, (long long)length,
                deallocate ? " deallocate" : "");
    return frame_leave(&f, f.vol->ex.ZeroRange(f.path->text, offset, length, deallocate, &f.info), 0);
}

/* ---- the rest ------------------------------------------------------------------------------------------ */

NTSTATUS call_fs_control(struct nt_request *rq, struct nt_handle *h, uint32_t code, const void *in,
                         uint32_t in_length, void *out, uint32_t out_length, uint32_t *returned)
{
    struct frame f;
    NTSTATUS status = frame_enter(&f, rq, h, CB_FS_CONTROL);
    ULONG n = 0;
    *returned = 0;
    if (status)
        return status == STATUS_NOT_IMPLEMENTED ? STATUS_INVALID_DEVICE_REQUEST : status;
    trace_enter(&f, "code 0x%x in %u out %u", code, in_length, out_length);
    status = f.vol->ex.FileSystemControl(f.path->text, code, in, in_length, out, out_length, &n, &f.info);
    if (n > out_length)
        status = bad_reply(&f, "more bytes than the buffer holds", STATUS_INTERNAL_ERROR);
    else
        *returned = n;
    return frame_leave(&f, status, n);
}

NTSTATUS call_set_volume_label(struct nt_request *rq, const WCHAR *label)
{
    struct frame f;
    NTSTATUS status = frame_enter(&f, rq, NULL, CB_SET_VOLUME_LABEL);
    if (status)
        return status;
    trace_bare(&f);
    return frame_leave(&f, f.vol->ex.SetVolumeLabel(label, &f.info), 0);
}

NTSTATUS call_get_backing_file(struct nt_request *rq, struct nt_handle *h, int *fd)
{
    struct frame f;
    NTSTATUS status = frame_enter(&f, rq, h, CB_GET_BACKING_FILE);
    *fd = -1;
    if (status)
        return status;
    trace_bare(&f);
    status = f.vol->ex.GetBackingFile(f.path->text, fd, &f.info);
    if (status == STATUS_SUCCESS && *fd < 0)
        status = bad_reply(&f, "no descriptor", STATUS_NOT_SUPPORTED);
    return frame_leave(&f, status, 0);
}
