// SPDX-License-Identifier: MIT
/*
 * Every callback is the same three steps: fake_begin() records it and waits while its kind is blocked, the
 * body fills in what queries answer, fake_end() takes the planned status and counts opens. One lock, never
 * held while a callback waits or a hook runs.
 */
#include "base/testing.h"
#include "fakefs_i.h"
#include <errno.h>
#include <string.h>
#include <time.h>

enum { PATIENCE_SECONDS = 10 };

void fake_init(struct fake *fs)
{
    memset(fs, 0, sizeof *fs);
    pthread_mutex_init(&fs->lock, NULL);
    pthread_cond_init(&fs->moved, NULL);
    fs->log = calloc(FAKE_LOG, sizeof *fs->log);
    fs->cleaned = calloc(FAKE_OPENS, 1);
    fs->closed = calloc(FAKE_OPENS, 1);
    assert_true(fs->log && fs->cleaned && fs->closed);
    fs->transferred = -1;
    fs->volume.label = u"FAKE";
    fs->volume.fs_name = u"FAKEFS";
    fs->volume.max_component = 255;
    fs->info.nNumberOfLinks = 1;
}

void fake_destroy(struct fake *fs)
{
    free(fs->log);
    free(fs->cleaned);
    free(fs->closed);
    pthread_cond_destroy(&fs->moved);
    pthread_mutex_destroy(&fs->lock);
}

/* ---- the test's side --------------------------------------------------------------------------------- */

void fake_returns(struct fake *fs, DOKAN_OPERATION op, NTSTATUS status)
{
    pthread_mutex_lock(&fs->lock);
    fs->script[op].status = status;
    fs->script[op].next_count = 0;
    pthread_mutex_unlock(&fs->lock);
}

void fake_returns_once(struct fake *fs, DOKAN_OPERATION op, NTSTATUS status)
{
    pthread_mutex_lock(&fs->lock);
    struct fake_script *script = &fs->script[op];
    assert_true(script->next_count < COUNT_OF(script->next));
    script->next[script->next_count++] = status;
    pthread_mutex_unlock(&fs->lock);
}

void fake_hooks(struct fake *fs, DOKAN_OPERATION op, fake_hook hook)
{
    pthread_mutex_lock(&fs->lock);
    fs->script[op].hook = hook;
    pthread_mutex_unlock(&fs->lock);
}

void fake_copy_text(WCHAR *out, size_t cap, const WCHAR *text)
{
    size_t i = 0;
    for (; text && text[i] && i + 1 < cap; i++)
        out[i] = text[i];
    out[i] = 0;
}

void fake_adds_entry(struct fake *fs, const WCHAR *name, DWORD attributes, uint64_t size)
{
    assert_true(fs->entry_count < FAKE_ENTRIES);
    WIN32_FIND_DATAW *entry = &fs->entries[fs->entry_count++];
    *entry = (WIN32_FIND_DATAW){.dwFileAttributes = attributes,
                                .nFileSizeHigh = (DWORD)(size >> 32),
                                .nFileSizeLow = (DWORD)size,
                                .ftLastWriteTime.dwLowDateTime = 77};
    fake_copy_text(entry->cFileName, MAX_PATH, name);
}

void fake_adds_stream(struct fake *fs, const WCHAR *name, int64_t size)
{
    assert_true(fs->stream_count < FAKE_ENTRIES);
    WIN32_FIND_STREAM_DATA *stream = &fs->streams[fs->stream_count++];
    stream->StreamSize.QuadPart = size;
    fake_copy_text(stream->cStreamName, COUNT_OF(stream->cStreamName), name);
}

void fake_has_size(struct fake *fs, uint64_t size, DWORD attributes)
{
    pthread_mutex_lock(&fs->lock);
    fs->info.nFileSizeHigh = (DWORD)(size >> 32);
    fs->info.nFileSizeLow = (DWORD)size;
    fs->info.dwFileAttributes = attributes;
    pthread_mutex_unlock(&fs->lock);
}

void fake_block(struct fake *fs, DOKAN_OPERATION op)
{
    pthread_mutex_lock(&fs->lock);
    fs->script[op].blocked = true;
    pthread_mutex_unlock(&fs->lock);
}

void fake_unblock(struct fake *fs, DOKAN_OPERATION op)
{
    pthread_mutex_lock(&fs->lock);
    fs->script[op].blocked = false;
    pthread_cond_broadcast(&fs->moved);
    pthread_mutex_unlock(&fs->lock);
}

/* Lock held. False when the patience ran out. */
static bool wait_moved(struct fake *fs, const struct timespec *until)
{
    return pthread_cond_timedwait(&fs->moved, &fs->lock, until) != ETIMEDOUT;
}

static struct timespec patience(void)
{
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += PATIENCE_SECONDS;
    return until;
}

void fake_wait_blocked(struct fake *fs, DOKAN_OPERATION op, unsigned count)
{
    struct timespec until = patience();
    bool in_time = true;
    pthread_mutex_lock(&fs->lock);
    while (fs->script[op].waiting < count && in_time)
        in_time = wait_moved(fs, &until);
    pthread_mutex_unlock(&fs->lock);
    assert_true(in_time);
}

void fake_wait_calls(struct fake *fs, DOKAN_OPERATION op, unsigned count)
{
    struct timespec until = patience();
    bool in_time = true;
    pthread_mutex_lock(&fs->lock);
    while (fs->total[op] < count && in_time)
        in_time = wait_moved(fs, &until);
    pthread_mutex_unlock(&fs->lock);
    assert_true(in_time);
}

unsigned fake_calls(struct fake *fs, DOKAN_OPERATION op)
{
    pthread_mutex_lock(&fs->lock);
    unsigned count = fs->total[op];
    pthread_mutex_unlock(&fs->lock);
    return count;
}

struct fake_call fake_call_at(struct fake *fs, DOKAN_OPERATION op, unsigned nth)
{
    struct fake_call found = {0};
    bool ok = false;
    pthread_mutex_lock(&fs->lock);
    for (unsigned i = 0; i < fs->logged && !ok; i++) {
        if (fs->log[i].op != op || nth--)
            continue;
        found = fs->log[i];
        ok = true;
    }
    pthread_mutex_unlock(&fs->lock);
    assert_true(ok);
    return found;
}

struct fake_call fake_last(struct fake *fs, DOKAN_OPERATION op)
{
    unsigned count = 0;
    pthread_mutex_lock(&fs->lock);
    for (unsigned i = 0; i < fs->logged; i++)
        count += fs->log[i].op == op;
    pthread_mutex_unlock(&fs->lock);
    assert_true(count > 0);
    return fake_call_at(fs, op, count - 1);
}

void fake_forget(struct fake *fs)
{
    pthread_mutex_lock(&fs->lock);
    fs->logged = 0;
    memset(fs->total, 0, sizeof fs->total);
    pthread_mutex_unlock(&fs->lock);
}

bool fake_all_closed(struct fake *fs)
{
    pthread_mutex_lock(&fs->lock);
    bool closed = fs->violations == 0;
    for (unsigned i = 1; i <= fs->opens && i < FAKE_OPENS; i++)
        closed = closed && fs->cleaned[i] == 1 && fs->closed[i] == 1;
    pthread_mutex_unlock(&fs->lock);
    return closed;
}

unsigned fake_opens(struct fake *fs)
{
    pthread_mutex_lock(&fs->lock);
    unsigned opens = fs->opens;
    pthread_mutex_unlock(&fs->lock);
    return opens;
}

/* ---- the callbacks' frame ---------------------------------------------------------------------------- */

struct fake *fake_of(PDOKAN_FILE_INFO info)
{
    return (struct fake *)(uintptr_t)info->DokanOptions->GlobalContext;
}

struct fake_call fake_call_of(DOKAN_OPERATION op, LPCWSTR path, PDOKAN_FILE_INFO info)
{
    struct fake_call call = {
        .op = op,
        .context = info->Context,
        .pid = info->ProcessId,
        .directory = info->IsDirectory,
        .delete_pending = info->DeletePending,
        .paging = info->PagingIo,
        .synchronous = info->SynchronousIo,
        .nocache = info->Nocache,
        .to_eof = info->WriteToEndOfFile,
        .info = info,
    };
    fake_copy_text(call.path, FAKE_PATH, path);
    return call;
}

void fake_begin(struct fake *fs, const struct fake_call *call)
{
    struct fake_script *script = &fs->script[call->op];
    pthread_mutex_lock(&fs->lock);
    if (!fs->quiet && fs->logged < FAKE_LOG)
        fs->log[fs->logged++] = *call;
    fs->total[call->op]++;
    fs->inside++;
    if (fs->inside > fs->most_inside)
        fs->most_inside = fs->inside;
    script->inside++;
    script->waiting++;
    pthread_cond_broadcast(&fs->moved);
    while (script->blocked)
        pthread_cond_wait(&fs->moved, &fs->lock);
    script->waiting--;
    pthread_mutex_unlock(&fs->lock);
}

static NTSTATUS planned_status(struct fake *fs, struct fake_script *script)
{
    if (!script->next_count)
        return script->status;
    NTSTATUS status = script->next[0];
    memmove(script->next, script->next + 1, --script->next_count * sizeof *script->next);
    return status;
}

NTSTATUS fake_end(struct fake *fs, struct fake_call *call)
{
    struct fake_script *script = &fs->script[call->op];
    pthread_mutex_lock(&fs->lock);
    NTSTATUS status = planned_status(fs, script);
    fake_hook hook = script->hook;
    pthread_mutex_unlock(&fs->lock);
    if (hook)
        status = hook(fs, call, status);
    pthread_mutex_lock(&fs->lock);
    script->inside--;
    fs->inside--;
    pthread_cond_broadcast(&fs->moved);
    pthread_mutex_unlock(&fs->lock);
    return status;
}

NTSTATUS fake_plain(DOKAN_OPERATION op, LPCWSTR path, PDOKAN_FILE_INFO info)
{
    struct fake_call call = fake_call_of(op, path, info);
    fake_begin(fake_of(info), &call);
    return fake_end(fake_of(info), &call);
}

NTSTATUS fake_sized(DOKAN_OPERATION op, LPCWSTR path, LONGLONG offset, LONGLONG length, PDOKAN_FILE_INFO info)
{
    struct fake_call call = fake_call_of(op, path, info);
    call.offset = offset;
    call.length = length;
    fake_begin(fake_of(info), &call);
    return fake_end(fake_of(info), &call);
}
