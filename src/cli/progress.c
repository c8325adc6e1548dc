// SPDX-License-Identifier: MIT
/*
 * See progress.h. One line, rewritten in place. The rate is that of the whole time since the task began; a
 * new text, or fewer bytes than before, begins a new task.
 */
#include "cli/progress.h"

#include "cli/cli.h"
#include "cli/units.h"
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#define QUIET_NS  400000000ull
#define REDRAW_NS 100000000ull
#define LINE_NS   2000000000ull

static struct {
    bool on, terminal, drawn;
    char what[256];
    uint64_t began, last, done;
} bar;

static uint64_t now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000ull + (uint64_t)t.tv_nsec;
}

static unsigned terminal_width(void)
{
    struct winsize size;
    return ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col >= 20 ? size.ws_col : 80;
}

void progress_start(bool always)
{
    const char *term = getenv("TERM");
    bar.terminal = isatty(STDERR_FILENO) && term && strcmp(term, "dumb") != 0;
    bar.on = bar.terminal || always;
}

void progress_hide(void)
{
    if (bar.drawn)
        fputs("\r\033[K", stderr);
    bar.drawn = false;
}

/* "  45%  120 MiB/s  3 s left" */
static void tail_text(char *out, size_t size, uint64_t done, uint64_t total, uint64_t spent)
{
    char bytes[16], rate[16];
    double seconds = (double)spent / 1e9, speed = (double)done / (seconds > 0 ? seconds : 1);
    units_bytes(bytes, sizeof bytes, done);
    units_bytes(rate, sizeof rate, (uint64_t)speed);
    if (!total || done > total) {
        snprintf(out, size, " %sB  %sB/s", bytes, rate);
        return;
    }
    double left = speed > 0 ? (double)(total - done) / speed : 0;
    snprintf(out, size, " %3u%%  %sB/s  %.0f s left", (unsigned)((double)done * 100 / (double)total), rate,
             left);
}

static void draw_gauge(double part, unsigned width)
{
    unsigned full = (unsigned)(part * width);
    fputs(" [", stderr);
    for (unsigned i = 0; i < width; i++)
        fputc(i < full ? '=' : i == full ? '>' : ' ', stderr);
    fputc(']', stderr);
}

static void print_cut(const char *text, unsigned width)
{
    char *copy = strdup(text);
    for (size_t n = copy ? strlen(copy) : 0; n && plain_width(copy) > width; n--)
        copy[n - 1] = 0;
    print_plain(stderr, copy ? copy : "");
    free(copy);
}

static void draw(uint64_t done, uint64_t total, uint64_t spent)
{
    char tail[96];
    tail_text(tail, sizeof tail, done, total, spent);
    unsigned width = terminal_width() - 1, used = (unsigned)strlen(tail) + 3;
    unsigned room = width > used ? width - used : 0, text = (unsigned)plain_width(bar.what);
    text = text > room / 2 && total ? room / 2 : text > room ? room : text;
    fputs("\r\033[K", stderr);
    print_cut(bar.what, text);
    if (total && done <= total && room > text + 4)
        draw_gauge((double)done / (double)total, room - text - 1);
    fputs(tail, stderr);
    fflush(stderr);
    bar.drawn = true;
}

void progress_show(const char *what, uint64_t done, uint64_t total)
{
    uint64_t now = bar.on ? now_ns() : 0;
    if (!bar.on)
        return;
    if (done < bar.done || strncmp(what, bar.what, sizeof bar.what - 1) != 0) {
        bar.began = bar.last = now;
        snprintf(bar.what, sizeof bar.what, "%s", what);
    }
    bar.done = done;
    if (now - bar.began < QUIET_NS || now - bar.last < (bar.terminal ? REDRAW_NS : LINE_NS))
        return;
    bar.last = now;
    if (bar.terminal) {
        draw(done, total, now - bar.began);
        return;
    }
    char tail[96];
    tail_text(tail, sizeof tail, done, total, now - bar.began);
    print_plain(stderr, bar.what);
    fprintf(stderr, "%s\n", tail);
}
