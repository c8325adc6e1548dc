// SPDX-License-Identifier: MIT
/*
 * The calls of a check, one function for each operation: the request, and its text for messages.
 */
#include "check/nt_i.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static DOKAN_NT_REQUEST request_on(struct file *file, ULONG operation, ULONG info_class, const void *buf,
                                   ULONG length)
{
    DOKAN_NT_REQUEST rq = DokanNtRequest(NULL, operation);
    rq.File = file ? file->handle : NULL;
    rq.Class = info_class;
    rq.Buffer = (void *)(uintptr_t)buf;
    rq.Length = length;
    return rq;
}

static const char *name_of(const struct file *file)
{
    return file ? file->name : "no file";
}

/* The text of the call for messages, unless the check is decided. */
#define SAY(p, ...)                     \
    do {                                \
        if (probe_live(p))              \
            probe_call(p, __VA_ARGS__); \
    } while (0)

static NTSTATUS call_got(struct probe *p, DOKAN_NT_REQUEST *rq, ULONG *got)
{
    NTSTATUS status = nt_call(p, rq);
    if (got)
        *got = (ULONG)rq->Information;
    return status;
}

/* ---- opening and closing ------------------------------------------------------------------------------- */

static const char *disposition_name(ULONG disposition)
{
    static const char *const names[] = {"FILE_SUPERSEDE", "FILE_OPEN",      "FILE_CREATE",
                                        "FILE_OPEN_IF",   "FILE_OVERWRITE", "FILE_OVERWRITE_IF"};
    return disposition < COUNT_OF(names) ? names[disposition] : "?";
}

static void say_open(struct probe *p, const struct opening *how, ACCESS_MASK access, const char *name)
{
    char more[96] = "";
    size_t n = 0;
    if (how->options)
        n = (size_t)snprintf(more, sizeof more, ", options 0x%x", how->options);
    if (how->attributes)
        snprintf(more + n, sizeof more - n, ", attributes 0x%x", how->attributes);
    SAY(p, "create(%s, %s, access 0x%x, share %u%s)", name, disposition_name(how->disposition), access,
        how->share, more);
}

static struct file *add_file(struct nt_place *place, DOKAN_NT_FILE handle, const char *name)
{
    for (size_t i = 0; i < OPEN_MAX_FILES; i++) {
        struct file *file = &place->files[i];
        if (file->handle)
            continue;
        file->handle = handle;
        snprintf(file->name, sizeof file->name, "%s", name);
        return file;
    }
    DokanNtClose(handle);
    return NULL;
}

NTSTATUS nt_open_told(struct probe *p, const struct opening *how, struct file **file, ULONG *told)
{
    struct nt_place *place = p->world;
    WCHAR path[PATH_UNITS] = {0};
    char name[NOTE_MAX];
    DOKAN_NT_REQUEST rq = request_on(NULL, DOKAN_NT_CREATE, 0, how->security, how->security_length);
    if (how->name[0] != u'\\' && !how->related) {
        wide_append(path, PATH_UNITS, place->folder);
        wide_append(path, PATH_UNITS, how->name[0] && how->name[0] != u':' ? u"\\" : u"");
    }
    wide_append(path, PATH_UNITS, how->name);
    narrow(name, sizeof name, how->name[0] ? how->name : u".");
    rq.Volume = place->world->volume;
    rq.Name = path;
    rq.RelatedFile = how->related ? how->related->handle : NULL;
    rq.DesiredAccess = how->access ? how->access : ALL_DATA;
    rq.ShareAccess = how->share;
    rq.CreateDisposition = how->disposition;
    rq.CreateOptions = how->options;
    rq.FileAttributes = how->attributes;
    say_open(p, how, rq.DesiredAccess, name);
    *file = NULL;
    NTSTATUS status = call_got(p, &rq, told);
    if (NT_SUCCESS(status) && rq.File)
        *file = add_file(place, rq.File, name);
    return status;
}

NTSTATUS nt_open(struct probe *p, const struct opening *how, struct file **file)
{
    ULONG told;
    return nt_open_told(p, how, file, &told);
}

static void close_late(void *job)
{
    DokanNtClose(job);
}

/* Behind a call that hangs closing would hang as well: it is left to a thread that ends when it can. */
static NTSTATUS leave_closing(DOKAN_NT_FILE handle)
{
    struct worker *worker = worker_new(close_late);
    if (worker)
        worker_give(worker, handle);
    worker_end(worker);
    return STATUS_CANCELLED;
}

/* Always made, also when the check is decided. */
NTSTATUS nt_close(struct probe *p, struct file *file)
{
    if (!file || !file->handle)
        return STATUS_INVALID_HANDLE;
    struct probe quiet = {.suite = p->suite, .check = p->check, .world = p->world, .setup = 1};
    DOKAN_NT_REQUEST cleanup = request_on(file, DOKAN_NT_CLEANUP, 0, NULL, 0);
    DOKAN_NT_REQUEST end = request_on(file, DOKAN_NT_CLOSE, 0, NULL, 0);
    file->handle = NULL;
    if (p->hung)
        return leave_closing(cleanup.File);
    probe_call(&quiet, "close(%s)", file->name);
    NTSTATUS status = nt_call(&quiet, &cleanup);
    if (!quiet.hung)
        nt_call(&quiet, &end);
    if (quiet.hung && probe_live(p)) {
        memcpy(p->call, quiet.call, sizeof p->call);
        if (p->setup)
            probe_not_checked(p, "no answer: %s", p->call);
        p->hung = true;
    }
    return status;
}

/* ---- data ---------------------------------------------------------------------------------------------- */

NTSTATUS nt_read(struct probe *p, struct file *file, LONGLONG offset, void *buf, ULONG length, ULONG *got)
{
    DOKAN_NT_REQUEST rq = request_on(file, DOKAN_NT_READ, 0, buf, length);
    rq.Offset = offset;
    SAY(p, "read(%s, offset %lld, %u bytes)", name_of(file), (long long)offset, length);
    return call_got(p, &rq, got);
}

NTSTATUS nt_write(struct probe *p, struct file *file, LONGLONG offset, const void *buf, ULONG length,
                  ULONG *got)
{
    DOKAN_NT_REQUEST rq = request_on(file, DOKAN_NT_WRITE, 0, buf, length);
    rq.Offset = offset;
    SAY(p, "write(%s, offset %lld, %u bytes)", name_of(file), (long long)offset, length);
    return call_got(p, &rq, got);
}

NTSTATUS nt_flush(struct probe *p, struct file *file)
{
    DOKAN_NT_REQUEST rq = request_on(file, DOKAN_NT_FLUSH, 0, NULL, 0);
    SAY(p, "flush(%s)", name_of(file));
    return nt_call(p, &rq);
}

/* ---- facts --------------------------------------------------------------------------------------------- */

NTSTATUS nt_query(struct probe *p, struct file *file, ULONG info_class, void *buf, ULONG length, ULONG *got)
{
    DOKAN_NT_REQUEST rq = request_on(file, DOKAN_NT_QUERY_INFORMATION, info_class, buf, length);
    SAY(p, "query information(%s, class %u, %u bytes)", name_of(file), info_class, length);
    return call_got(p, &rq, got);
}

NTSTATUS nt_set(struct probe *p, struct file *file, ULONG info_class, const void *buf, ULONG length)
{
    DOKAN_NT_REQUEST rq = request_on(file, DOKAN_NT_SET_INFORMATION, info_class, buf, length);
    SAY(p, "set information(%s, class %u, %u bytes)", name_of(file), info_class, length);
    return nt_call(p, &rq);
}

NTSTATUS nt_list(struct probe *p, struct file *file, ULONG info_class, const WCHAR *pattern, ULONG flags,
                 void *buf, ULONG length, ULONG *got)
{
    char text[NOTE_MAX];
    DOKAN_NT_REQUEST rq = request_on(file, DOKAN_NT_QUERY_DIRECTORY, info_class, buf, length);
    rq.Pattern = pattern;
    rq.Flags = flags;
    narrow(text, sizeof text, pattern ? pattern : u"*");
    SAY(p, "query directory(%s, class %u, pattern %s, flags 0x%x)", name_of(file), info_class, text, flags);
    return call_got(p, &rq, got);
}

NTSTATUS nt_volume(struct probe *p, ULONG info_class, void *buf, ULONG length, ULONG *got)
{
    DOKAN_NT_REQUEST rq = request_on(NULL, DOKAN_NT_QUERY_VOLUME, info_class, buf, length);
    rq.Volume = ((struct nt_place *)p->world)->world->volume;
    SAY(p, "query volume(class %u, %u bytes)", info_class, length);
    return call_got(p, &rq, got);
}

NTSTATUS nt_get_security(struct probe *p, struct file *file, ULONG what, void *buf, ULONG length, ULONG *got)
{
    DOKAN_NT_REQUEST rq = request_on(file, DOKAN_NT_QUERY_SECURITY, what, buf, length);
    SAY(p, "query security(%s, parts 0x%x, %u bytes)", name_of(file), what, length);
    return call_got(p, &rq, got);
}

NTSTATUS nt_set_security(struct probe *p, struct file *file, ULONG what, const void *buf, ULONG length)
{
    DOKAN_NT_REQUEST rq = request_on(file, DOKAN_NT_SET_SECURITY, what, buf, length);
    SAY(p, "set security(%s, parts 0x%x, %u bytes)", name_of(file), what, length);
    return nt_call(p, &rq);
}

NTSTATUS nt_set_ea(struct probe *p, struct file *file, const void *buf, ULONG length)
{
    DOKAN_NT_REQUEST rq = request_on(file, DOKAN_NT_SET_EA, 0, buf, length);
    SAY(p, "set extended attributes(%s, %u bytes)", name_of(file), length);
    return nt_call(p, &rq);
}

NTSTATUS nt_get_eas(struct probe *p, struct file *file, void *buf, ULONG length, ULONG *got)
{
    DOKAN_NT_REQUEST rq = request_on(file, DOKAN_NT_QUERY_EA, 0, buf, length);
    rq.Flags = DOKAN_NT_RESTART;
    SAY(p, "query extended attributes(%s, %u bytes)", name_of(file), length);
    return call_got(p, &rq, got);
}

NTSTATUS nt_control(struct probe *p, struct file *file, ULONG code, const void *in, ULONG in_length,
                    void *out, ULONG out_length, ULONG *got)
{
    DOKAN_NT_REQUEST rq = request_on(file, DOKAN_NT_FS_CONTROL, code, out, out_length);
    rq.Input = in;
    rq.InputLength = in_length;
    SAY(p, "control(%s, code 0x%x, %u bytes in, %u out)", name_of(file), code, in_length, out_length);
    return call_got(p, &rq, got);
}

/* ---- locks, and what waits ----------------------------------------------------------------------------- */

static DOKAN_NT_REQUEST lock_request(struct probe *p, struct file *file, ULONG operation, LONGLONG offset,
                                     LONGLONG length, ULONG flags)
{
    DOKAN_NT_REQUEST rq = request_on(file, operation, 0, NULL, 0);
    rq.Offset = offset;
    rq.LockLength = length;
    rq.Flags = flags;
    SAY(p, "%s(%s, offset %lld, %lld bytes%s)", operation == DOKAN_NT_LOCK ? "lock" : "unlock", name_of(file),
        (long long)offset, (long long)length, flags & DOKAN_NT_EXCLUSIVE ? ", exclusive" : "");
    return rq;
}

NTSTATUS nt_lock(struct probe *p, struct file *file, LONGLONG offset, LONGLONG length, ULONG flags)
{
    DOKAN_NT_REQUEST rq = lock_request(p, file, DOKAN_NT_LOCK, offset, length, flags);
    return nt_call(p, &rq);
}

NTSTATUS nt_unlock(struct probe *p, struct file *file, LONGLONG offset, LONGLONG length)
{
    DOKAN_NT_REQUEST rq = lock_request(p, file, DOKAN_NT_UNLOCK, offset, length, 0);
    return nt_call(p, &rq);
}

struct waiting *nt_start_lock(struct probe *p, struct file *file, LONGLONG offset, LONGLONG length,
                              ULONG flags)
{
    DOKAN_NT_REQUEST rq = lock_request(p, file, DOKAN_NT_LOCK, offset, length, flags);
    return nt_start(p, &rq);
}

struct waiting *nt_start_notify(struct probe *p, struct file *file, ULONG filter, bool tree, ULONG length)
{
    void *room = calloc(1, length);
    DOKAN_NT_REQUEST rq = request_on(file, DOKAN_NT_NOTIFY, filter, room, length);
    rq.Flags = tree ? DOKAN_NT_TREE : 0;
    SAY(p, "notify(%s, filter 0x%x%s)", name_of(file), filter, tree ? ", tree" : "");
    struct waiting *w = room ? nt_start(p, &rq) : NULL;
    free(room);
    return w;
}
