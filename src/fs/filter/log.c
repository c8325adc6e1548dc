// SPDX-License-Identifier: MIT
/*
 * One line per call: what was asked, what came out, how long it took. A line is one write(2), so lines of
 * threads never mix. Paths are quoted: a line cannot be forged, nor a terminal disturbed, by a name. Neither
 * data nor the values of attributes are ever written.
 */
#include "fs/filter/tap.h"

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/io.h"
#include "base/utf.h"
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <time.h>

enum level { LEVEL_ERRORS, LEVEL_CALLS, LEVEL_TRACE, LEVEL_COUNT };

static const char *const level_names[LEVEL_COUNT] = {"errors", "calls", "trace"};

struct log {
    struct tap tap;
    int fd; /* -1: standard error */
    enum level level;
};

/* ---- the line -------------------------------------------------------------------------------------------
 */

/* Whether a character may stand in a line as it is: nothing that controls a terminal or the direction of
 * text. */
static bool harmless(uint32_t c)
{
    if (c < 0x20 || (c >= 0x7f && c < 0xa0) || c == '"' || c == '\\')
        return false;
    if ((c >= 0x200b && c <= 0x200f) || (c >= 0x2028 && c <= 0x202e) || (c >= 0x2060 && c <= 0x206f))
        return false;
    return !(c >= 0xd800 && c < 0xe000) && c != 0x61c && c != 0xfeff && c < 0xe0000;
}

static void put_quoted(FILE *out, const char *text)
{
    size_t left = strlen(text);
    fputc('"', out);
    while (left) {
        uint32_t c;
        size_t n = utf8_decode(text, left, &c);
        if (n && harmless(c))
            fwrite(text, 1, n, out);
        else
            for (size_t i = 0; i < (n ? n : 1); i++)
                fprintf(out,
                        c == '"' && n    ? "\\\""
                        : c == '\\' && n ? "\\\\"
                                         : "\\x%02x",
                        (unsigned char)text[i]);
        text += n ? n : 1;
        left -= n ? n : 1;
    }
    fputc('"', out);
}

static void put_open_flags(FILE *out, uint32_t flags)
{
    static const char *const access[] = {"read", "write", "read+write", "?"};
    fprintf(out, " %s%s%s%s", access[flags & O_ACCMODE], flags & O_CREAT ? "+create" : "",
            flags & O_EXCL ? "+new" : "", flags & O_TRUNC ? "+empty" : "");
}

static void put_call(FILE *out, const struct tap_call *call)
{
    struct timespec now;
    struct tm tm;
    clock_gettime(CLOCK_REALTIME, &now);
    localtime_r(&now.tv_sec, &tm);
    fprintf(out, "%02d:%02d:%02d.%06ld %s", tm.tm_hour, tm.tm_min, tm.tm_sec, now.tv_nsec / 1000,
            tap_names[call->method]);
    if (call->path && *call->path) {
        fputc(' ', out);
        put_quoted(out, call->path);
    }
    if (call->other) {
        fputc(' ', out);
        put_quoted(out, call->other);
    }
    if (call->method == TAP_OPEN)
        put_open_flags(out, call->flags);
    if (call->method == TAP_PREAD || call->method == TAP_PWRITE)
        fprintf(out, " %" PRIu64 " at %" PRIu64, call->size, call->offset);
    if (call->method == TAP_TRUNCATE)
        fprintf(out, " to %" PRIu64, call->size);
}

static void put_result(FILE *out, const struct tap_call *call, int64_t result)
{
    if (result < 0)
        fprintf(out, " -> %s", strerrorname_np((int)-result) ? strerrorname_np((int)-result) : "?");
    else if (call->method == TAP_SCANDIR)
        fprintf(out, " -> %" PRIu64 " entries", call->entries);
    else
        fprintf(out, " -> %" PRId64, result);
    fprintf(out, " %" PRIu64 " us\n", (clock_ns() - call->started) / 1000);
}

static void write_line(const struct log *log, const struct tap_call *call, const int64_t *result)
{
    CLEANUP_FREE char *line = NULL;
    size_t length = 0;
    FILE *out = open_memstream(&line, &length);
    if (!out)
        return;
    put_call(out, call);
    if (result)
        put_result(out, call, *result);
    else
        fputs(" ...\n", out);
    if (fclose(out) == 0)
        (void)write_all(log->fd >= 0 ? log->fd : STDERR_FILENO, line, length);
}

/* ---- the layer ------------------------------------------------------------------------------------------
 */

static int log_before(struct fs *fs, struct tap_call *call)
{
    const struct log *log = fs_data(fs);
    if (log->level == LEVEL_TRACE)
        write_line(log, call, NULL);
    return 0;
}

static void log_after(struct fs *fs, const struct tap_call *call, int64_t result)
{
    const struct log *log = fs_data(fs);
    if (result < 0 || log->level > LEVEL_ERRORS)
        write_line(log, call, &result);
}

static const struct tap_hooks hooks = {.before = log_before, .after = log_after};

static int log_close(struct fs *fs)
{
    struct log *log = fs_data(fs);
    if (log->fd >= 0)
        close(log->fd);
    free(log);
    return 0;
}

static int parse_level(const char *text, enum level *level, struct fs_error *error)
{
    if (!text)
        return 0;
    for (int i = 0; i < LEVEL_COUNT; i++)
        if (strcmp(text, level_names[i]) == 0) {
            *level = (enum level)i;
            return 0;
        }
    return fs_fail(error, -EINVAL, "filter log: level=%.40s: write errors, calls or trace", text);
}

static int log_open(struct fs *next, const struct fs_params *params, struct fs **fs, struct fs_error *error)
{
    const char *path = fs_param(params, "file");
    CLEANUP_FREE struct log *log = calloc(1, sizeof *log);
    if (!log)
        return fs_fail(error, -ENOMEM, "filter log: no memory");
    log->tap.hooks = &hooks;
    log->level = LEVEL_CALLS;
    int rc = parse_level(fs_param(params, "level"), &log->level, error);
    if (rc)
        return rc;
    CLEANUP_FD int fd = path ? open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600) : -1;
    if (path && fd < 0)
        return fs_fail(error, -errno, "filter log: file %s cannot be written: %s", path, strerror(errno));
    log->fd = fd;
    rc = tap_new("log", log_close, log, next, fs, error);
    if (rc)
        return rc;
    (void)steal_ptr(&log);
    (void)steal_fd(&fd);
    return 0;
}

static const struct fs_param_doc log_params[] = {
    {"file", "PATH", "where lines are appended; default: standard error"},
    {"level", "LEVEL", "errors: failed calls; calls: all; trace: also a line before each; default calls"},
    {NULL, NULL, NULL},
};

const struct fs_filter filter_log = {
    .size = sizeof(struct fs_filter),
    .version = FS_API_VERSION,
    .name = "log",
    .summary = "Writes a line per call",
    .params = log_params,
    .open = log_open,
};
