// SPDX-License-Identifier: MIT
/*
 * The only place that calls a file system. Every callback goes through a frame: enter() builds a fresh
 * DOKAN_FILE_INFO, takes the path as it is now, starts clock and trace; leave() stores a changed Context,
 * counts and checks the status. What comes back is validated here, once for everybody: no status is PENDING,
 * no length exceeds its buffer, no size is negative.
 *
 * Context: what a callback left is written back only if the callback changed it, so that of two overlapping
 * operations the one that merely read an old value cannot restore it.
 */
#include "nt/dispatch_i.h"
#include "nt/nt_internal.h"
#include "nt/snapshot.h"

enum { BAD_REPLIES_TOLD = 16 }; /* per volume; what follows is only counted */

static const char *const callback_names[CB_COUNT] = {
    [CB_CREATE] = "ZwCreateFile",
    [CB_CLEANUP] = "Cleanup",
    [CB_CLOSE] = "CloseFile",
    [CB_READ] = "ReadFile",
    [CB_WRITE] = "WriteFile",
    [CB_FLUSH] = "FlushFileBuffers",
    [CB_GET_INFO] = "GetFileInformation",
    [CB_FIND_FILES] = "FindFiles",
    [CB_FIND_PATTERN] = "FindFilesWithPattern",
    [CB_SET_ATTRIBUTES] = "SetFileAttributes",
    [CB_SET_TIME] = "SetFileTime",
    [CB_DELETE_FILE] = "DeleteFile",
    [CB_DELETE_DIRECTORY] = "DeleteDirectory",
    [CB_MOVE] = "MoveFile",
    [CB_SET_EOF] = "SetEndOfFile",
    [CB_SET_ALLOCATION] = "SetAllocationSize",
    [CB_LOCK] = "LockFile",
    [CB_UNLOCK] = "UnlockFile",
    [CB_DISK_FREE] = "GetDiskFreeSpace",
    [CB_VOLUME_INFO] = "GetVolumeInformation",
    [CB_MOUNTED] = "Mounted",
    [CB_UNMOUNTED] = "Unmounted",
    [CB_GET_SECURITY] = "GetFileSecurity",
    [CB_SET_SECURITY] = "SetFileSecurity",
    [CB_FIND_STREAMS] = "FindStreams",
    [CB_GET_FACTS] = "GetFacts",
    [CB_FIND_FACTS] = "FindFacts",
    [CB_SET_FACTS] = "SetFacts",
    [CB_GET_FILE_ID] = "GetFileId",
    [CB_GET_NAME_OF_ID] = "GetNameOfId",
    [CB_CREATE_HARD_LINK] = "CreateHardLink",
    [CB_REMOVE_NAME] = "RemoveName",
    [CB_EXCHANGE_NAMES] = "ExchangeNames",
    [CB_GET_REPARSE] = "GetReparsePoint",
    [CB_SET_REPARSE] = "SetReparsePoint",
    [CB_DELETE_REPARSE] = "DeleteReparsePoint",
    [CB_GET_EA] = "GetEa",
    [CB_SET_EA] = "SetEa",
    [CB_FIND_EAS] = "FindEas",
    [CB_FIND_RANGES] = "FindRanges",
    [CB_ZERO_RANGE] = "ZeroRange",
    [CB_FS_CONTROL] = "FileSystemControl",
    [CB_SET_VOLUME_LABEL] = "SetVolumeLabel",
    [CB_GET_BACKING_FILE] = "GetBackingFile",
};

const char *callback_name(enum nt_callback cb)
{
    return callback_names[cb];
}

enum { EX_HEAD = offsetof(DOKAN_OPERATIONS_EX, GetFacts), EX_COUNT = CB_COUNT - CB_BASIC_COUNT };
_Static_assert(sizeof(DOKAN_OPERATIONS) == CB_BASIC_COUNT * sizeof(void *),
               "one pointer per callback, in order");
_Static_assert(sizeof(DOKAN_OPERATIONS_EX) == EX_HEAD + EX_COUNT * sizeof(void *), "and here");

bool has_callback(const struct nt_volume *vol, enum nt_callback cb)
{
    const char *at = cb < CB_BASIC_COUNT
                         ? (const char *)&vol->ops + (size_t)cb * sizeof(void *)
                         : (const char *)&vol->ex + EX_HEAD + (size_t)(cb - CB_BASIC_COUNT) * sizeof(void *);
    void *pointer;
    memcpy(&pointer, at, sizeof pointer);
    return pointer != NULL;
}

NTSTATUS frame_enter(struct frame *f, struct nt_request *rq, struct nt_handle *h, enum nt_callback cb)
{
    struct nt_volume *vol = rq->volume;
    if (!has_callback(vol, cb) || atomic_load_explicit(&vol->stopped, memory_order_relaxed))
        return STATUS_NOT_IMPLEMENTED;
    *f = (struct frame){.rq = rq, .vol = vol, .h = h, .cb = cb};
    f->info.DokanContext = (ULONG64)(uintptr_t)rq;
    f->info.ProcessId = rq->caller.pid;
    f->info.DokanOptions = vol->user_options;
    if (h) {
        f->path = handle_path(h);
        if (!f->path)
            return STATUS_INSUFFICIENT_RESOURCES;
        f->handed = atomic_load_explicit(&h->context, memory_order_acquire);
        f->info.Context = f->handed;
        f->info.IsDirectory = h->directory;
    }
    f->tracing = nt_volume_tracing(vol);
    f->started = clock_ns();
    atomic_store_explicit(&rq->p.callback, cb, memory_order_release);
    struct nt_slot *slot = slot_mine();
    if (slot->hook_due)
        volume_hook_now(vol, slot);
    return STATUS_SUCCESS;
}

static void count(const struct frame *f, NTSTATUS status, uint64_t ns)
{
    struct nt_counter *c = &f->vol->counters[slot_mine()->shard][f->cb];
    atomic_fetch_add_explicit(&c->calls, 1, memory_order_relaxed);
    atomic_fetch_add_explicit(&c->total_ns, ns, memory_order_relaxed);
    if (status < 0)
        atomic_fetch_add_explicit(&c->errors, 1, memory_order_relaxed);
    if (ns > atomic_load_explicit(&c->max_ns, memory_order_relaxed))
        atomic_store_explicit(&c->max_ns, ns, memory_order_relaxed);
}

static void store_context(struct frame *f)
{
    if (f->h && f->info.Context != f->handed)
        atomic_store_explicit(&f->h->context, f->info.Context, memory_order_release);
}

NTSTATUS bad_reply(const struct frame *f, const char *what, NTSTATUS instead)
{
    if (atomic_fetch_add_explicit(&f->vol->bad_replies, 1, memory_order_relaxed) < BAD_REPLIES_TOLD)
        log_warn("%s returned %s: refused", callback_name(f->cb), what);
    return instead;
}

NTSTATUS frame_leave(struct frame *f, NTSTATUS status, uint64_t information)
{
    uint64_t ns = clock_ns() - f->started;
    atomic_store_explicit(&f->rq->p.callback, -1, memory_order_release);
    store_context(f);
    if (status == STATUS_PENDING)
        status = bad_reply(f, "STATUS_PENDING", STATUS_INTERNAL_ERROR);
    count(f, status, ns);
    if (f->tracing)
        trace_leave(f, status, information, ns);
    path_put(f->path);
    return status;
}

/* ---- opening and closing ------------------------------------------------------------------------------- */

/* A caller that is not strict is a kernel, which has checked modes and owners where it is shown them. */
static void fill_security(DOKAN_IO_SECURITY_CONTEXT *s, const struct nt_request *rq,
                          const struct create_call *c, WCHAR *empty)
{
    memset(s, 0, sizeof *s);
    s->AccessState.SecurityEvaluated = !rq->strict && has_callback(rq->volume, CB_GET_FACTS);
    s->DesiredAccess = c->access;
    s->AccessState.OriginalDesiredAccess = c->access;
    s->AccessState.RemainingDesiredAccess = c->access;
    s->AccessState.SecurityDescriptor = c->security;
    s->AccessState.ObjectName.Buffer = empty;
    s->AccessState.ObjectType.Buffer = empty;
}

NTSTATUS call_create(struct nt_request *rq, const struct nt_path *path, struct create_call *c)
{
    struct frame f;
    NTSTATUS status = frame_enter(&f, rq, NULL, CB_CREATE);
    if (status)
        return status;
    WCHAR empty[1] = {0};
    DOKAN_IO_SECURITY_CONTEXT security;
    fill_security(&security, rq, c, empty);
    f.path = path_get((struct nt_path *)path);
    f.info.Context = c->context;
    f.info.IsDirectory = c->directory;
    if (f.tracing)
        trace_create(&f, c);
    status = f.vol->ops.ZwCreateFile(path->text, &security, c->access, c->file_attributes, c->share,
                                     c->disposition, c->options, &f.info);
    c->directory = f.info.IsDirectory != 0;
    c->context = f.info.Context;
    return frame_leave(&f, status, c->directory);
}

void call_cleanup(struct nt_request *rq, struct nt_handle *h, bool delete_pending)
{
    struct frame f;
    if (frame_enter(&f, rq, h, CB_CLEANUP))
        return;
    f.info.DeletePending = delete_pending;
    trace_enter(&f, "%s", delete_pending ? "delete" : "");
    f.vol->ops.Cleanup(f.path->text, &f.info);
    frame_leave(&f, STATUS_SUCCESS, 0);
}

void call_close(struct nt_request *rq, struct nt_handle *h)
{
    struct frame f;
    if (frame_enter(&f, rq, h, CB_CLOSE))
        return;
    trace_bare(&f);
    f.vol->ops.CloseFile(f.path->text, &f.info);
    frame_leave(&f, STATUS_SUCCESS, 0);
}

/* ---- data ---------------------------------------------------------------------------------------------- */

static void io_flags(struct frame *f, const struct nt_io_args *io)
{
    f->info.PagingIo = io->paging;
    f->info.Nocache = io->nocache;
    f->info.SynchronousIo = (f->h->options & (FILE_SYNCHRONOUS_IO_ALERT | FILE_SYNCHRONOUS_IO_NONALERT)) != 0;
}

NTSTATUS call_read(struct nt_request *rq, struct nt_handle *h, const struct nt_io_args *io, uint32_t *done)
{
    struct frame f;
    NTSTATUS status = frame_enter(&f, rq, h, CB_READ);
    *done = 0;
    if (status)
        return status;
    io_flags(&f, io);
    trace_enter(&f, "offset %lld length %u", (long long)io->offset, io->length);
    DWORD n = 0;
    status = f.vol->ops.ReadFile(f.path->text, io->buffer, io->length, &n, io->offset, &f.info);
    if (status == STATUS_SUCCESS && n > io->length)
        status = bad_reply(&f, "more bytes than the buffer holds", STATUS_INSUFFICIENT_RESOURCES);
    if (status == STATUS_SUCCESS)
        *done = n;
    return frame_leave(&f, status, *done);
}

NTSTATUS call_write(struct nt_request *rq, struct nt_handle *h, const struct nt_io_args *io, uint32_t *done)
{
    struct frame f;
    NTSTATUS status = frame_enter(&f, rq, h, CB_WRITE);
    *done = 0;
    if (status)
        return status;
    io_flags(&f, io);
    f.info.WriteToEndOfFile = io->offset == -1;
    trace_enter(&f, "offset %lld length %u%s", (long long)io->offset, io->length,
                io->paging ? " paging" : "");
    DWORD n = 0;
    status = f.vol->ops.WriteFile(f.path->text, io->buffer, io->length, &n, io->offset, &f.info);
    if (status == STATUS_SUCCESS && n > io->length)
        status = bad_reply(&f, "more bytes written than given", STATUS_INSUFFICIENT_RESOURCES);
    if (status == STATUS_SUCCESS)
        *done = n;
    return frame_leave(&f, status, *done);
}

NTSTATUS call_flush(struct nt_request *rq, struct nt_handle *h)
{
    struct frame f;
    NTSTATUS status = frame_enter(&f, rq, h, CB_FLUSH);
    if (status)
        return status;
    trace_bare(&f);
    return frame_leave(&f, f.vol->ops.FlushFileBuffers(f.path->text, &f.info), 0);
}

NTSTATUS call_set_eof(struct nt_request *rq, struct nt_handle *h, int64_t size)
{
    struct frame f;
    NTSTATUS status = frame_enter(&f, rq, h, CB_SET_EOF);
    if (status)
        return status;
    trace_enter(&f, "size %lld", (long long)size);
    return frame_leave(&f, f.vol->ops.SetEndOfFile(f.path->text, size, &f.info), 0);
}

NTSTATUS call_set_allocation(struct nt_request *rq, struct nt_handle *h, int64_t size)
{
    struct frame f;
    NTSTATUS status = frame_enter(&f, rq, h, CB_SET_ALLOCATION);
    if (status)
        return status;
    trace_enter(&f, "size %lld", (long long)size);
    return frame_leave(&f, f.vol->ops.SetAllocationSize(f.path->text, size, &f.info), 0);
}

NTSTATUS call_lock(struct nt_request *rq, struct nt_handle *h, int64_t offset, int64_t length, bool unlock)
{
    struct frame f;
    NTSTATUS status = frame_enter(&f, rq, h, unlock ? CB_UNLOCK : CB_LOCK);
    if (status)
        return status;
    trace_enter(&f, "offset %lld length %lld", (long long)offset, (long long)length);
    status = unlock ? f.vol->ops.UnlockFile(f.path->text, offset, length, &f.info)
                    : f.vol->ops.LockFile(f.path->text, offset, length, &f.info);
    return frame_leave(&f, status, 0);
}

/* ---- facts --------------------------------------------------------------------------------------------- */

NTSTATUS call_get_info(struct nt_request *rq, struct nt_handle *h, BY_HANDLE_FILE_INFORMATION *info)
{
    struct frame f;
    NTSTATUS status = frame_enter(&f, rq, h, CB_GET_INFO);
    memset(info, 0, sizeof *info);
    if (status)
        return status;
    trace_bare(&f);
    status = f.vol->ops.GetFileInformation(f.path->text, info, &f.info);
    if (status == STATUS_SUCCESS && info->nFileSizeHigh > INT32_MAX)
        status = bad_reply(&f, "a negative size", STATUS_FILE_CORRUPT_ERROR);
    return frame_leave(&f, status, (uint64_t)info->nFileSizeHigh << 32 | info->nFileSizeLow);
}

NTSTATUS call_set_attributes(struct nt_request *rq, struct nt_handle *h, uint32_t attributes)
{
    struct frame f;
    NTSTATUS status = frame_enter(&f, rq, h, CB_SET_ATTRIBUTES);
    if (status)
        return status;
    trace_enter(&f, "attributes 0x%x", attributes);
    return frame_leave(&f, f.vol->ops.SetFileAttributes(f.path->text, attributes, &f.info), 0);
}

static FILETIME to_filetime(int64_t t)
{
    return (FILETIME){.dwLowDateTime = (DWORD)t, .dwHighDateTime = (DWORD)((uint64_t)t >> 32)};
}

NTSTATUS call_set_time(struct nt_request *rq, struct nt_handle *h, int64_t creation, int64_t access,
                       int64_t write)
{
    struct frame f;
    NTSTATUS status = frame_enter(&f, rq, h, CB_SET_TIME);
    if (status)
        return status;
    trace_enter(&f, "creation %lld access %lld write %lld", (long long)creation, (long long)access,
                (long long)write);
    FILETIME c = to_filetime(creation), a = to_filetime(access), w = to_filetime(write);
    return frame_leave(&f, f.vol->ops.SetFileTime(f.path->text, &c, &a, &w, &f.info), 0);
}

NTSTATUS call_get_security(struct nt_request *rq, struct nt_handle *h, SECURITY_INFORMATION *what,
                           void *buffer, ULONG length, ULONG *needed)
{
    struct frame f;
    NTSTATUS status = frame_enter(&f, rq, h, CB_GET_SECURITY);
    *needed = 0;
    if (status)
        return status;
    trace_enter(&f, "parts 0x%x length %u", *what, length);
    status = f.vol->ops.GetFileSecurity(f.path->text, what, buffer, length, needed, &f.info);
    return frame_leave(&f, status, *needed);
}

NTSTATUS call_set_security(struct nt_request *rq, struct nt_handle *h, SECURITY_INFORMATION *what,
                           void *buffer, ULONG length)
{
    struct frame f;
    NTSTATUS status = frame_enter(&f, rq, h, CB_SET_SECURITY);
    if (status)
        return status;
    trace_enter(&f, "parts 0x%x length %u", *what, length);
    return frame_leave(&f, f.vol->ops.SetFileSecurity(f.path->text, what, buffer, length, &f.info), 0);
}

NTSTATUS call_find_streams(struct nt_request *rq, struct nt_handle *h, PFillFindStreamData fill,
                           void *context)
{
    struct frame f;
    NTSTATUS status = frame_enter(&f, rq, h, CB_FIND_STREAMS);
    if (status)
        return status;
    trace_bare(&f);
    return frame_leave(&f, f.vol->ops.FindStreams(f.path->text, fill, context, &f.info), 0);
}

/* ---- names --------------------------------------------------------------------------------------------- */

NTSTATUS call_delete(struct nt_request *rq, struct nt_handle *h, bool pending)
{
    struct frame f;
    NTSTATUS status = frame_enter(&f, rq, h, h->directory ? CB_DELETE_DIRECTORY : CB_DELETE_FILE);
    if (status)
        return status;
    f.info.DeletePending = pending;
    trace_enter(&f, "%s", pending ? "mark" : "unmark");
    status = h->directory ? f.vol->ops.DeleteDirectory(f.path->text, &f.info)
                          : f.vol->ops.DeleteFile(f.path->text, &f.info);
    return frame_leave(&f, status, 0);
}

NTSTATUS call_move(struct nt_request *rq, struct nt_handle *h, const struct nt_path *to, bool replace)
{
    struct frame f;
    NTSTATUS status = frame_enter(&f, rq, h, CB_MOVE);
    if (status)
        return status;
    trace_path(&f, replace ? "replacing" : "to", to);
    return frame_leave(&f, f.vol->ops.MoveFile(f.path->text, to->text, replace, &f.info), 0);
}

static int WINAPI fill_snapshot(PWIN32_FIND_DATAW data, PDOKAN_FILE_INFO info)
{
    if (data && info && info->ProcessingContext)
        snapshot_add(info->ProcessingContext, data);
    return 0;
}

static NTSTATUS find(struct nt_request *rq, struct nt_handle *h, const WCHAR *pattern,
                     struct nt_snapshot *into)
{
    struct frame f;
    NTSTATUS status = frame_enter(&f, rq, h, pattern ? CB_FIND_PATTERN : CB_FIND_FILES);
    if (status)
        return status;
    f.info.ProcessingContext = into;
    trace_bare(&f);
    status = pattern ? f.vol->ops.FindFilesWithPattern(f.path->text, pattern, fill_snapshot, &f.info)
                     : f.vol->ops.FindFiles(f.path->text, fill_snapshot, &f.info);
    atomic_fetch_add_explicit(&f.vol->bad_replies, snapshot_bad(into), memory_order_relaxed);
    if (status == STATUS_SUCCESS)
        status = snapshot_error(into);
    return frame_leave(&f, status, snapshot_count(into));
}

NTSTATUS call_find(struct nt_request *rq, struct nt_handle *h, const WCHAR *pattern, struct nt_snapshot *into,
                   bool *filtered)
{
    *filtered = false;
    NTSTATUS status = call_find_facts(rq, h, into);
    if (status != STATUS_NOT_IMPLEMENTED)
        return status;
    snapshot_clear(into);
    if (!h->pattern_unimplemented)
        status = find(rq, h, pattern ? pattern : u"*", into);
    if (status != STATUS_NOT_IMPLEMENTED) {
        *filtered = true;
        return status;
    }
    h->pattern_unimplemented = true;
    snapshot_clear(into);
    return find(rq, h, NULL, into);
}

/* ---- the volume ---------------------------------------------------------------------------------------- */

static const uint64_t default_total = 1ull << 30;

NTSTATUS call_disk_free(struct nt_request *rq, struct nt_handle *h, ULONGLONG *available, ULONGLONG *total,
                        ULONGLONG *free)
{
    struct frame f;
    NTSTATUS status = frame_enter(&f, rq, h, CB_DISK_FREE);
    *available = *total = *free = 0;
    if (status == STATUS_SUCCESS) {
        trace_bare(&f);
        status = f.vol->ops.GetDiskFreeSpace(available, total, free, &f.info);
        *free = *free < *total ? *free : *total;
        *available = *available < *total ? *available : *total;
        status = frame_leave(&f, status, *free);
    }
    if (status != STATUS_NOT_IMPLEMENTED)
        return status;
    *total = default_total;
    *free = *available = default_total / 2;
    return STATUS_SUCCESS;
}

static void copy_text(WCHAR *to, const WCHAR *from)
{
    size_t i = 0;
    for (; from[i]; i++)
        to[i] = from[i];
    to[i] = 0;
}

static void default_volume_info(struct volume_info *out)
{
    memset(out, 0, sizeof *out);
    copy_text(out->name, u"DOKAN");
    copy_text(out->fs_name, u"NTFS");
    out->serial = 0x19831116;
    out->max_component = 256;
    out->flags = FILE_CASE_SENSITIVE_SEARCH | FILE_CASE_PRESERVED_NAMES | FILE_UNICODE_ON_DISK |
                 FILE_SUPPORTS_REMOTE_STORAGE;
}

NTSTATUS call_volume_info(struct nt_request *rq, struct nt_handle *h, struct volume_info *out)
{
    struct frame f;
    NTSTATUS status = frame_enter(&f, rq, h, CB_VOLUME_INFO);
    memset(out, 0, sizeof *out);
    if (status == STATUS_SUCCESS) {
        trace_bare(&f);
        status = f.vol->ops.GetVolumeInformation(out->name, MAX_PATH, &out->serial, &out->max_component,
                                                 &out->flags, out->fs_name, MAX_PATH, &f.info);
        out->name[MAX_PATH] = out->fs_name[MAX_PATH] = 0;
        status = frame_leave(&f, status, out->serial);
    }
    if (status != STATUS_NOT_IMPLEMENTED)
        return status;
    default_volume_info(out);
    return STATUS_SUCCESS;
}

void call_mounted(struct nt_request *rq, const WCHAR *mount_point)
{
    struct frame f;
    if (frame_enter(&f, rq, NULL, CB_MOUNTED))
        return;
    f.info.DokanContext = 0;
    f.info.ProcessId = 0;
    trace_bare(&f);
    frame_leave(&f, f.vol->ops.Mounted(mount_point, &f.info), 0);
}

void call_unmounted(struct nt_request *rq)
{
    struct frame f;
    if (frame_enter(&f, rq, NULL, CB_UNMOUNTED))
        return;
    f.info.DokanContext = 0;
    f.info.ProcessId = 0;
    trace_bare(&f);
    frame_leave(&f, f.vol->ops.Unmounted(&f.info), 0);
}
