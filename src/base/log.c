// SPDX-License-Identifier: MIT

#include "base/log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define PREFIX    "dokan: "
#define LINE_SIZE 2048

static atomic_bool debug_on;
static atomic_bool stderr_on;
static log_sink sink;
static void *sink_arg;

void log_set_debug(bool on)
{
    atomic_store_explicit(&debug_on, on, memory_order_relaxed);
}

void log_set_stderr(bool on)
{
    atomic_store_explicit(&stderr_on, on, memory_order_relaxed);
}

void log_set_sink(log_sink new_sink, void *arg)
{
    sink = new_sink;
    sink_arg = arg;
}

bool log_enabled(enum log_level level)
{
    bool debug = atomic_load_explicit(&debug_on, memory_order_relaxed);
    if (level == LOG_LEVEL_DEBUG)
        return debug;
    if (level == LOG_LEVEL_INFO)
        return debug || atomic_load_explicit(&stderr_on, memory_order_relaxed);
    return true;
}

// Nothing in a message (a file name, say) may move the terminal or fake a second line.
static void blot_controls(char *text, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        unsigned char c = (unsigned char)text[i];
        if (c < 0x20 || c == 0x7f)
            text[i] = '?';
    }
}

// Formats the line into `line`, ends it with a newline and returns its length.
__attribute__((format(printf, 2, 0))) static size_t format_line(char line[LINE_SIZE], const char *fmt,
                                                                va_list args)
{
    size_t used = sizeof PREFIX - 1;
    memcpy(line, PREFIX, sizeof PREFIX);
    int wanted = vsnprintf(line + used, LINE_SIZE - 1 - used, fmt, args);
    if (wanted > 0)
        used += strlen(line + used);
    if (used > sizeof PREFIX - 1 && line[used - 1] == '\n')
        used--;
    blot_controls(line, used);
    line[used] = '\n';
    return used + 1;
}

void log_line(enum log_level level, const char *fmt, ...)
{
    if (!log_enabled(level))
        return;
    int saved = errno;
    char line[LINE_SIZE];
    va_list args;
    va_start(args, fmt);
    size_t length = format_line(line, fmt, args);
    va_end(args);
    if (sink) {
        line[length - 1] = '\0';
        sink(level, line, length - 1, sink_arg);
    } else {
        ssize_t written = write(STDERR_FILENO, line, length);
        (void)written;
    }
    errno = saved;
}
