// SPDX-License-Identifier: MIT
/*
 * The trace: one line into a callback, one line out of it, with the requester, the arguments in words, the
 * status and the microseconds. Lines go through base/log, one write each.
 */
#include "base/utf.h"
#include "nt/dispatch_i.h"
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

enum { TEXT_MAX = 512 };

struct flag_name {
    uint32_t bit;
    const char *name;
};

static const struct flag_name option_names[] = {
    {FILE_DIRECTORY_FILE, "DIRECTORY"},
    {FILE_WRITE_THROUGH, "WRITE_THROUGH"},
    {FILE_SEQUENTIAL_ONLY, "SEQUENTIAL"},
    {FILE_NO_INTERMEDIATE_BUFFERING, "NO_BUFFERING"},
    {FILE_NON_DIRECTORY_FILE, "NON_DIRECTORY"},
    {FILE_RANDOM_ACCESS, "RANDOM"},
    {FILE_DELETE_ON_CLOSE, "DELETE_ON_CLOSE"},
    {FILE_OPEN_FOR_BACKUP_INTENT, "BACKUP"},
    {FILE_OPEN_REPARSE_POINT, "REPARSE_POINT"},
    {FILE_SYNCHRONOUS_IO_NONALERT, "SYNCHRONOUS"},
    {FILE_SYNCHRONOUS_IO_ALERT, "SYNCHRONOUS_ALERT"},
};

static const struct flag_name access_names[] = {
    {FILE_READ_DATA, "READ_DATA"},
    {FILE_WRITE_DATA, "WRITE_DATA"},
    {FILE_APPEND_DATA, "APPEND_DATA"},
    {FILE_READ_EA, "READ_EA"},
    {FILE_WRITE_EA, "WRITE_EA"},
    {FILE_EXECUTE, "EXECUTE"},
    {FILE_DELETE_CHILD, "DELETE_CHILD"},
    {FILE_READ_ATTRIBUTES, "READ_ATTRIBUTES"},
    {FILE_WRITE_ATTRIBUTES, "WRITE_ATTRIBUTES"},
    {DELETE, "DELETE"},
    {READ_CONTROL, "READ_CONTROL"},
    {WRITE_DAC, "WRITE_DAC"},
    {WRITE_OWNER, "WRITE_OWNER"},
    {SYNCHRONIZE, "SYNCHRONIZE"},
};

#define STATUS_NAME(status) \
    {                       \
        status, #status     \
    }

/* What file systems return; others are shown as numbers. */
static const struct {
    NTSTATUS status;
    const char *name;
} status_names[] = {
    STATUS_NAME(STATUS_SUCCESS),
    STATUS_NAME(STATUS_OBJECT_NAME_NOT_FOUND),
    STATUS_NAME(STATUS_OBJECT_PATH_NOT_FOUND),
    STATUS_NAME(STATUS_OBJECT_NAME_COLLISION),
    STATUS_NAME(STATUS_OBJECT_NAME_INVALID),
    STATUS_NAME(STATUS_NO_SUCH_FILE),
    STATUS_NAME(STATUS_NOT_A_DIRECTORY),
    STATUS_NAME(STATUS_FILE_IS_A_DIRECTORY),
    STATUS_NAME(STATUS_DIRECTORY_NOT_EMPTY),
    STATUS_NAME(STATUS_ACCESS_DENIED),
    STATUS_NAME(STATUS_CANNOT_DELETE),
    STATUS_NAME(STATUS_DELETE_PENDING),
    STATUS_NAME(STATUS_SHARING_VIOLATION),
    STATUS_NAME(STATUS_DISK_FULL),
    STATUS_NAME(STATUS_END_OF_FILE),
    STATUS_NAME(STATUS_INVALID_PARAMETER),
    STATUS_NAME(STATUS_INVALID_HANDLE),
    STATUS_NAME(STATUS_INVALID_DEVICE_REQUEST),
    STATUS_NAME(STATUS_NOT_IMPLEMENTED),
    STATUS_NAME(STATUS_NOT_SUPPORTED),
    STATUS_NAME(STATUS_MEDIA_WRITE_PROTECTED),
    STATUS_NAME(STATUS_INSUFFICIENT_RESOURCES),
    STATUS_NAME(STATUS_BUFFER_OVERFLOW),
    STATUS_NAME(STATUS_INTERNAL_ERROR),
    STATUS_NAME(STATUS_IO_TIMEOUT),
    STATUS_NAME(STATUS_IO_DEVICE_ERROR),
    STATUS_NAME(STATUS_UNSUCCESSFUL),
    STATUS_NAME(STATUS_NAME_TOO_LONG),
    STATUS_NAME(STATUS_FILE_DELETED),
    STATUS_NAME(STATUS_NOT_SAME_DEVICE),
};

static const char *const disposition_names[] = {"SUPERSEDE", "OPEN",      "CREATE",
                                                "OPEN_IF",   "OVERWRITE", "OVERWRITE_IF"};

static const char *path_text(const struct nt_path *path, char *out, size_t cap)
{
    if (!path)
        return "(volume)";
    ptrdiff_t n = utf16_to_utf8(path->text, path->len, out, cap - 1);
    if (n < 0)
        n = utf16_to_utf8(path->text, path->len < cap / 4 ? path->len : cap / 4, out, cap - 1);
    out[n < 0 ? 0 : n] = 0;
    return out;
}

static void print_in(const struct frame *f, const char *details)
{
    char path[TEXT_MAX];
    log_line(LOG_LEVEL_TRACE, "> %s %s pid %u%s%s", callback_name(f->cb),
             path_text(f->path, path, sizeof path), f->rq->caller.pid, *details ? " " : "", details);
}

void trace_line_in(const struct frame *f, const char *fmt, ...)
{
    char details[TEXT_MAX];
    va_list args;
    va_start(args, fmt);
    vsnprintf(details, sizeof details, fmt, args);
    va_end(args);
    print_in(f, details);
}

void trace_path(const struct frame *f, const char *how, const struct nt_path *to)
{
    char path[TEXT_MAX];
    if (f->tracing)
        trace_line_in(f, "%s %s", how, path_text(to, path, sizeof path));
}

/* The names of the bits that are set, and the rest as a number. */
static void list_flags(uint32_t value, const struct flag_name *names, size_t count, char *out, size_t cap)
{
    size_t at = 0;
    snprintf(out, cap, "none");
    for (size_t i = 0; i < count && at < cap; i++) {
        if (!(value & names[i].bit))
            continue;
        at += (size_t)snprintf(out + at, cap - at, "%s%s", at ? "|" : "", names[i].name);
        value &= ~names[i].bit;
    }
    if (value && at < cap)
        snprintf(out + at, cap - at, "%s0x%x", at ? "|" : "", value);
}

#define LIST_FLAGS(value, names, out) \
    list_flags(value, names, sizeof(names) / sizeof *(names), out, sizeof(out))

static const char *status_name(NTSTATUS status, char number[16])
{
    for (size_t i = 0; i < sizeof status_names / sizeof *status_names; i++)
        if (status_names[i].status == status)
            return status_names[i].name;
    snprintf(number, 16, "0x%08x", (unsigned)status);
    return number;
}

void trace_create(const struct frame *f, const struct create_call *c)
{
    char access[256], options[256];
    LIST_FLAGS(c->access, access_names, access);
    LIST_FLAGS(c->options, option_names, options);
    bool known = c->disposition < sizeof disposition_names / sizeof *disposition_names;
    trace_line_in(f, "%s access %s share %c%c%c attributes 0x%x options %s",
                  known ? disposition_names[c->disposition] : "?", access,
                  c->share & FILE_SHARE_READ ? 'R' : '-', c->share & FILE_SHARE_WRITE ? 'W' : '-',
                  c->share & FILE_SHARE_DELETE ? 'D' : '-', c->file_attributes, options);
}

void trace_leave(const struct frame *f, NTSTATUS status, uint64_t information, uint64_t ns)
{
    char path[TEXT_MAX], number[16];
    log_line(LOG_LEVEL_TRACE, "< %s %s pid %u %s information %" PRIu64 " %.1f us", callback_name(f->cb),
             path_text(f->path, path, sizeof path), f->rq->caller.pid, status_name(status, number),
             information, (double)ns / 1000);
}
