// SPDX-License-Identifier: MIT
/* See harness.h. */
#include "harness.h"
#include <errno.h>
#include <stdio.h>
#include <time.h>

enum { MINUTE_MS = 60000, PATIENCE_SECONDS = 10 };

/* ---- the volume -------------------------------------------------------------------------------------- */

struct rig *rig_open_with(const struct rig_spec *spec, const DOKAN_OPERATIONS *operations)
{
    struct rig *rig = calloc(1, sizeof *rig);
    assert_non_null(rig);
    fake_init(&rig->fs);
    rig->options.Version = DOKAN_VERSION;
    rig->options.Options = spec->options;
    rig->options.SingleThread = spec->single_thread;
    rig->options.AllocationUnitSize = spec->unit ? spec->unit : 512;
    rig->options.SectorSize = spec->sector ? spec->sector : 512;
    rig->options.GlobalContext = (ULONG64)(uintptr_t)(spec->context ? spec->context : &rig->fs);
    struct nt_volume_config config = {
        .options = &rig->options,
        .operations = operations,
        .operations_ex = spec->operations_ex,
        .timeout_ms = spec->timeout_ms ? spec->timeout_ms : MINUTE_MS,
        .entry_ns = spec->entry_ns,
        .attr_ns = spec->attr_ns,
        .security = spec->security,
    };
    assert_status(STATUS_SUCCESS, nt_volume_open(&config, &rig->vol));
    return rig;
}

struct rig *rig_open(const struct rig_spec *spec)
{
    return rig_open_with(spec, spec->operations ? spec->operations : &fake_operations);
}

DOKAN_VOLUME_COUNTERS rig_counters(struct rig *rig)
{
    DOKAN_VOLUME_COUNTERS counters = {.Size = sizeof counters};
    nt_volume_counters(rig->vol, &counters);
    return counters;
}

void rig_close(struct rig *rig)
{
    nt_volume_stop(rig->vol);
    DOKAN_VOLUME_COUNTERS left = rig_counters(rig);
    assert_int_equal(0, left.OpenHandles);
    assert_int_equal(0, left.OpenFiles);
    assert_int_equal(0, left.Nodes);
    assert_int_equal(0, left.StuckCallbacks);
    assert_int_equal(0, rig->fs.violations);
    assert_true(rig->fs.no_context || fake_all_closed(&rig->fs));
    nt_volume_put(rig->vol);
    fake_destroy(&rig->fs);
    free(rig);
}

/* ---- calls ------------------------------------------------------------------------------------------- */

size_t text_length(const WCHAR *text)
{
    size_t len = 0;
    while (text[len])
        len++;
    return len;
}

void rig_request(struct rig *rig, struct nt_request *rq, enum nt_op op, struct nt_handle *handle)
{
    memset(rq, 0, sizeof *rq);
    rq->volume = rig->vol;
    rq->op = op;
    rq->strict = true;
    rq->caller = (struct nt_caller){.pid = 4711, .uid = 1000, .gid = 100};
    rq->origin = rig->origin;
    rq->token = rig->token;
    rq->handle = handle;
}

void fill_create(struct nt_request *rq, const struct opening *how)
{
    struct nt_create_args *a = &rq->create;
    a->name = (struct nt_name){how->dir, how->path, (uint16_t)text_length(how->path)};
    a->access = how->access ? how->access : ACCESS_ALL;
    a->file_attributes = how->attributes;
    a->share = how->share == NO_SHARE ? 0 : how->share ? how->share : SHARE_ALL;
    a->disposition = how->disposition;
    a->options = how->options;
    a->security = how->security;
    a->security_length = how->security_length;
}

struct opened rig_create(struct rig *rig, const struct opening *how)
{
    struct nt_request rq;
    struct opened opened = {0};
    rig_request(rig, &rq, NT_CREATE, NULL);
    fill_create(&rq, how);
    opened.status = nt_call(&rq, &opened.information);
    if (opened.status == STATUS_SUCCESS) {
        opened.handle = rq.create.out.handle;
        nt_node_put(rq.create.out.node);
    }
    return opened;
}

struct nt_handle *rig_must_open(struct rig *rig, const WCHAR *path)
{
    struct opened opened = rig_create(rig, &(struct opening){.path = path, .disposition = FILE_OPEN});
    assert_status(STATUS_SUCCESS, opened.status);
    assert_non_null(opened.handle);
    return opened.handle;
}

static NTSTATUS on_handle(struct rig *rig, enum nt_op op, struct nt_handle *handle)
{
    struct nt_request rq;
    rig_request(rig, &rq, op, handle);
    return nt_call(&rq, NULL);
}

void rig_cleanup(struct rig *rig, struct nt_handle *handle)
{
    assert_status(STATUS_SUCCESS, on_handle(rig, NT_CLEANUP, handle));
}

void rig_close_only(struct rig *rig, struct nt_handle *handle)
{
    assert_status(STATUS_SUCCESS, on_handle(rig, NT_CLOSE, handle));
}

void rig_end(struct rig *rig, struct nt_handle *handle)
{
    rig_cleanup(rig, handle);
    rig_close_only(rig, handle);
}

NTSTATUS rig_read(struct rig *rig, struct nt_handle *h, void *buffer, uint32_t length, int64_t offset,
                  uint32_t *done)
{
    struct nt_request rq;
    uint64_t information = 0;
    rig_request(rig, &rq, NT_READ, h);
    rq.io = (struct nt_io_args){.buffer = buffer, .length = length, .offset = offset};
    NTSTATUS status = nt_call(&rq, &information);
    if (done)
        *done = (uint32_t)information;
    return status;
}

NTSTATUS rig_write(struct rig *rig, struct nt_handle *h, const void *buffer, uint32_t length, int64_t offset,
                   uint32_t *done)
{
    struct nt_request rq;
    uint64_t information = 0;
    rig_request(rig, &rq, NT_WRITE, h);
    rq.io = (struct nt_io_args){.buffer = (void *)(uintptr_t)buffer, .length = length, .offset = offset};
    NTSTATUS status = nt_call(&rq, &information);
    if (done)
        *done = (uint32_t)information;
    return status;
}

NTSTATUS rig_flush(struct rig *rig, struct nt_handle *h)
{
    return on_handle(rig, NT_FLUSH, h);
}

static NTSTATUS info_call(struct rig *rig, enum nt_op op, struct nt_handle *h, struct nt_info_args args,
                          uint64_t *written)
{
    struct nt_request rq;
    rig_request(rig, &rq, op, h);
    rq.info = args;
    return nt_call(&rq, written);
}

NTSTATUS rig_query(struct rig *rig, struct nt_handle *h, int info_class, void *buffer, uint32_t length,
                   uint64_t *written)
{
    struct nt_info_args args = {.info_class = info_class, .buffer = buffer, .length = length};
    return info_call(rig, NT_QUERY_INFORMATION, h, args, written);
}

NTSTATUS rig_set(struct rig *rig, struct nt_handle *h, int info_class, const void *buffer, uint32_t length)
{
    struct nt_info_args args = {
        .info_class = info_class, .buffer = (void *)(uintptr_t)buffer, .length = length};
    return info_call(rig, NT_SET_INFORMATION, h, args, NULL);
}

NTSTATUS rig_dispose(struct rig *rig, struct nt_handle *h, bool delete)
{
    FILE_DISPOSITION_INFORMATION in = {.DeleteFile = delete};
    return rig_set(rig, h, FileDispositionInformation, &in, sizeof in);
}

NTSTATUS rig_name_ex(struct rig *rig, struct nt_handle *h, int info_class, const WCHAR *to, ULONG flags)
{
    FILE_RENAME_INFORMATION_EX in = {.Flags = flags,
                                     .FileNameLength = (ULONG)(text_length(to) * sizeof(WCHAR))};
    const size_t at = offsetof(FILE_RENAME_INFORMATION_EX, FileName);
    char buffer[1000] = {0};
    assert_true(at + in.FileNameLength <= sizeof buffer);
    memcpy(buffer, &in, at);
    memcpy(buffer + at, to, in.FileNameLength);
    const size_t length = at + in.FileNameLength;
    return rig_set(rig, h, info_class, buffer, (uint32_t)(length < sizeof in ? sizeof in : length));
}

NTSTATUS rig_rename(struct rig *rig, struct nt_handle *h, const WCHAR *to, bool replace)
{
    size_t bytes = text_length(to) * sizeof(WCHAR), at = offsetof(FILE_RENAME_INFORMATION, FileName);
    FILE_RENAME_INFORMATION *in = calloc(1, sizeof *in + bytes);
    assert_non_null(in);
    in->ReplaceIfExists = replace;
    in->FileNameLength = (ULONG)bytes;
    memcpy((char *)in + at, to, bytes);
    size_t length = at + bytes < sizeof *in ? sizeof *in : at + bytes;
    NTSTATUS status = rig_set(rig, h, FileRenameInformation, in, (uint32_t)length);
    free(in);
    return status;
}

NTSTATUS rig_query_volume(struct rig *rig, int info_class, void *buffer, uint32_t length, uint64_t *written)
{
    struct nt_info_args args = {.info_class = info_class, .buffer = buffer, .length = length};
    return info_call(rig, NT_QUERY_VOLUME, NULL, args, written);
}

NTSTATUS rig_query_dir(struct rig *rig, struct nt_handle *h, struct dir_query *q)
{
    struct nt_request rq;
    rig_request(rig, &rq, NT_QUERY_DIRECTORY, h);
    rq.directory = (struct nt_directory_args){
        .info_class = q->info_class ? q->info_class : FileNamesInformation,
        .buffer = q->buffer,
        .length = q->length,
        .pattern = q->pattern,
        .pattern_len = q->pattern ? (uint16_t)text_length(q->pattern) : 0,
        .restart = q->restart,
        .single = q->single,
        .index_specified = q->index_specified,
        .index = q->index,
    };
    return nt_call(&rq, &q->written);
}

NTSTATUS rig_names(struct rig *rig, struct nt_handle *h, struct dir_query *q, char *out, size_t cap)
{
    static _Alignas(8) char buffer[8192];
    q->info_class = FileNamesInformation;
    q->buffer = buffer;
    if (!q->length)
        q->length = sizeof buffer;
    out[0] = 0;
    NTSTATUS status = rig_query_dir(rig, h, q);
    if (status)
        return status;
    const char *at = buffer;
    for (;;) {
        const FILE_NAMES_INFORMATION *entry = (const void *)at;
        const WCHAR *name = (const void *)(at + offsetof(FILE_NAMES_INFORMATION, FileName));
        size_t used = strlen(out);
        snprintf(out + used, cap - used, "%s%s", used ? "|" : "", narrow_n(name, entry->FileNameLength / 2));
        if (!entry->NextEntryOffset)
            return status;
        at += entry->NextEntryOffset;
    }
}

static struct nt_name name_of(const WCHAR *path)
{
    return (struct nt_name){NULL, path, (uint16_t)text_length(path)};
}

NTSTATUS rig_lookup(struct rig *rig, const WCHAR *path, struct nt_lookup_args *out)
{
    struct nt_request rq;
    rig_request(rig, &rq, NT_LOOKUP, NULL);
    rq.lookup.name = name_of(path);
    NTSTATUS status = nt_call(&rq, NULL);
    *out = rq.lookup;
    return status;
}

NTSTATUS rig_remove(struct rig *rig, const WCHAR *path, bool directory)
{
    struct nt_request rq;
    rig_request(rig, &rq, NT_REMOVE, NULL);
    rq.remove = (struct nt_remove_args){.name = name_of(path), .directory = directory};
    return nt_call(&rq, NULL);
}

NTSTATUS rig_move(struct rig *rig, const WCHAR *from, const WCHAR *to, unsigned flags)
{
    struct nt_request rq;
    rig_request(rig, &rq, NT_RENAME, NULL);
    rq.rename = (struct nt_rename_args){.from = name_of(from), .to = name_of(to), .flags = flags};
    return nt_call(&rq, NULL);
}

/* ---- requests in the background ---------------------------------------------------------------------- */

static void pending_complete(struct nt_request *rq, NTSTATUS status, uint64_t information)
{
    struct pending *p = list_entry(rq, struct pending, rq);
    pthread_mutex_lock(&p->lock);
    p->completed++;
    p->wrong_order |= p->released != 0;
    p->status = status;
    p->information = information;
    pthread_cond_broadcast(&p->changed);
    pthread_mutex_unlock(&p->lock);
}

static void pending_release(struct nt_request *rq)
{
    struct pending *p = list_entry(rq, struct pending, rq);
    pthread_mutex_lock(&p->lock);
    p->released++;
    p->wrong_order |= p->completed != 1;
    pthread_cond_broadcast(&p->changed);
    pthread_mutex_unlock(&p->lock);
}

struct pending *pending_new(struct rig *rig, enum nt_op op, struct nt_handle *handle, uint32_t length)
{
    struct pending *p = calloc(1, sizeof *p);
    assert_non_null(p);
    pthread_mutex_init(&p->lock, NULL);
    pthread_cond_init(&p->changed, NULL);
    p->buffer = calloc(1, length + 1u);
    assert_non_null(p->buffer);
    rig_request(rig, &p->rq, op, handle);
    p->rq.complete = pending_complete;
    p->rq.release = pending_release;
    if (op == NT_READ || op == NT_WRITE)
        p->rq.io = (struct nt_io_args){.buffer = p->buffer, .length = length};
    return p;
}

static void *pending_thread(void *arg)
{
    struct pending *p = arg;
    nt_submit(&p->rq);
    return NULL;
}

void pending_start(struct pending *p)
{
    assert_int_equal(0, pthread_create(&p->thread, NULL, pending_thread, p));
}

/* Lock held. */
static bool wait_for(struct pending *p, const unsigned *count)
{
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += PATIENCE_SECONDS;
    while (!*count)
        if (pthread_cond_timedwait(&p->changed, &p->lock, &until) == ETIMEDOUT)
            return false;
    return true;
}

NTSTATUS pending_status(struct pending *p)
{
    pthread_mutex_lock(&p->lock);
    bool in_time = wait_for(p, &p->completed);
    NTSTATUS status = p->status;
    pthread_mutex_unlock(&p->lock);
    assert_true(in_time);
    return status;
}

static bool look(struct pending *p, const unsigned *count)
{
    pthread_mutex_lock(&p->lock);
    bool yes = *count != 0;
    pthread_mutex_unlock(&p->lock);
    return yes;
}

bool pending_completed(struct pending *p)
{
    return look(p, &p->completed);
}

bool pending_released(struct pending *p)
{
    return look(p, &p->released);
}

void pending_end(struct pending *p)
{
    pthread_mutex_lock(&p->lock);
    bool in_time = wait_for(p, &p->released);
    pthread_mutex_unlock(&p->lock);
    assert_true(in_time);
    pthread_join(p->thread, NULL);
    assert_int_equal(1, p->completed);
    assert_int_equal(1, p->released);
    assert_false(p->wrong_order);
    pthread_cond_destroy(&p->changed);
    pthread_mutex_destroy(&p->lock);
    free(p->buffer);
    free(p);
}

/* ---- looks ------------------------------------------------------------------------------------------- */

const char *narrow_n(const WCHAR *text, size_t len)
{
    enum { BUFFERS = 8, ROOM = 512 };
    static _Thread_local char buffers[BUFFERS][ROOM];
    static _Thread_local unsigned turn;
    char *out = buffers[turn++ % BUFFERS];
    size_t i = 0;
    for (; i < len && i + 1 < ROOM; i++)
        out[i] = text[i] < 0x80 ? (char)text[i] : '?';
    out[i] = 0;
    return out;
}

const char *narrow(const WCHAR *text)
{
    return narrow_n(text, text_length(text));
}

void sleep_ms(unsigned ms)
{
    nanosleep(&(struct timespec){.tv_sec = ms / 1000, .tv_nsec = (long)(ms % 1000) * 1000000}, NULL);
}

uint64_t now_ms(void)
{
    struct timespec ts;
    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}
