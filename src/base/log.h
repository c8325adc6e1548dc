// SPDX-License-Identifier: MIT
//
// Messages for people: one line, one write(2) to stderr, prefix "dokan: ". Safe from any thread; errno is
// kept. The two switches are process-wide, as in Dokany. Errors and warnings are always printed, information
// when either switch is on, debug lines when debug is on.

#ifndef BASE_LOG_H
#define BASE_LOG_H

#include <stdbool.h>
#include <stddef.h>

enum log_level { LOG_LEVEL_ERROR, LOG_LEVEL_WARN, LOG_LEVEL_INFO, LOG_LEVEL_DEBUG, LOG_LEVEL_TRACE };

void log_set_debug(bool on);
void log_set_stderr(bool on);

// Whether a line of that level would be printed: ask before costly formatting.
bool log_enabled(enum log_level level);

// Where lines go instead of stderr: a whole line with prefix, without the newline. NULL: stderr again. The
// caller keeps arg alive, and changes the sink only while no other thread logs.
typedef void (*log_sink)(enum log_level level, const char *line, size_t length, void *arg);
void log_set_sink(log_sink sink, void *arg);

// A line longer than about 2000 bytes is cut; control characters (also a newline) inside it become '?'.
void log_line(enum log_level level, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#define log_error(...) log_line(LOG_LEVEL_ERROR, __VA_ARGS__)
#define log_warn(...)  log_line(LOG_LEVEL_WARN, __VA_ARGS__)
#define log_info(...)  (log_enabled(LOG_LEVEL_INFO) ? log_line(LOG_LEVEL_INFO, __VA_ARGS__) : (void)0)
#define log_debug(...) (log_enabled(LOG_LEVEL_DEBUG) ? log_line(LOG_LEVEL_DEBUG, __VA_ARGS__) : (void)0)

#endif
