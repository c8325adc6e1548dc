// SPDX-License-Identifier: MIT
/*
 * What the checks of a directory share. As in nt_help.c a helper that only leads up to what is checked works
 * with `setup` raised.
 */
#include "check/posix_i.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

bool px_begin(struct probe *p, const char *fmt, ...)
{
    va_list args;
    if (!probe_live(p))
        return false;
    va_start(args, fmt);
    vsnprintf(p->call, sizeof p->call, fmt, args);
    va_end(args);
    return true;
}

long px_end(long result)
{
    return result < 0 ? -errno : result;
}

static const char *result_name(long result, char *buf, size_t size)
{
    const char *name = result < 0 ? strerrorname_np((int)-result) : NULL;
    if (name)
        return name;
    snprintf(buf, size, result < 0 ? "error %ld" : "success (%ld)", result < 0 ? -result : result);
    return buf;
}

bool px_ok(struct probe *p, long result, const char *rule)
{
    char text[40];
    if (result < 0)
        probe_wrong(p, rule, "success", result_name(result, text, sizeof text));
    return probe_live(p);
}

bool px_either(struct probe *p, long result, int error, int or_else, const char *rule)
{
    char want[64], text[40];
    if (result == -error || result == -or_else)
        return probe_live(p);
    snprintf(want, sizeof want, error == or_else ? "%s" : "%s or %s", strerrorname_np(error),
             strerrorname_np(or_else));
    probe_wrong(p, rule, want, result_name(result, text, sizeof text));
    return probe_live(p);
}

bool px_count(struct probe *p, long result, uint64_t expected, const char *rule)
{
    return px_ok(p, result, rule) && must_equal(p, "a result of", (uint64_t)result, expected, rule);
}

bool px_error(struct probe *p, long result, int error, const char *rule)
{
    return px_either(p, result, error, error, rule);
}

bool px_made(struct probe *p, long result)
{
    char text[40];
    if (result < 0)
        probe_blocked(p, result_name(result, text, sizeof text));
    return probe_live(p);
}

bool px_offered(struct probe *p, long result)
{
    static const int none[] = {EOPNOTSUPP, ENOSYS, EPERM, EINVAL, ENOTTY, ENODEV};
    char text[40];
    for (size_t i = 0; i < COUNT_OF(none); i++)
        if (result == -none[i])
            probe_not_offered(p, "%s: %s", p->call, result_name(result, text, sizeof text));
    return probe_live(p);
}

/* ---- files --------------------------------------------------------------------------------------------- */

int px_open(struct probe *p, const char *name, int flags)
{
    p->setup++;
    long fd = DO(p, open(name, flags | O_CLOEXEC, 0666), "open(%s, flags 0x%x)", name, (unsigned)flags);
    px_made(p, fd);
    p->setup--;
    return (int)fd;
}

void px_close(struct probe *p, int fd)
{
    p->setup++;
    if (fd >= 0)
        px_made(p, DO(p, close(fd), "close"));
    p->setup--;
}

int px_file(struct probe *p, const char *name, const char *text)
{
    int fd = px_open(p, name, O_RDWR | O_CREAT | O_EXCL);
    size_t length = strlen(text);
    p->setup++;
    long rc = length ? DO(p, pwrite(fd, text, length, 0), "write(%s, %zu bytes)", name, length) : 0;
    if (px_made(p, rc) && rc != (long)length)
        probe_not_checked(p, "%s: only %ld bytes", p->call, rc);
    p->setup--;
    return fd;
}

void px_closed_file(struct probe *p, const char *name, const char *text)
{
    px_close(p, px_file(p, name, text));
}

void px_folder(struct probe *p, const char *name)
{
    p->setup++;
    px_made(p, DO(p, mkdir(name, 0777), "mkdir(%s)", name));
    p->setup--;
}

struct stat px_stat(struct probe *p, const char *name)
{
    struct stat st = {0};
    p->setup++;
    px_made(p, DO(p, lstat(name, &st), "stat(%s)", name));
    p->setup--;
    return st;
}

void px_holds(struct probe *p, const char *name, const char *text, const char *rule)
{
    char buf[1024] = {0};
    int fd = px_open(p, name, O_RDONLY);
    p->setup++;
    long got = DO(p, read(fd, buf, sizeof buf), "read(%s, %zu bytes)", name, sizeof buf);
    px_made(p, got);
    p->setup--;
    must_equal(p, "bytes", (uint64_t)got, strlen(text), rule);
    must_bytes(p, buf, text, strlen(text), rule);
    px_close(p, fd);
}

void px_exists(struct probe *p, const char *name, bool exists, const char *rule)
{
    struct stat st;
    long rc = DO(p, lstat(name, &st), "stat(%s)", name);
    if (exists)
        px_ok(p, rc, rule);
    else
        px_error(p, rc, ENOENT, rule);
}

bool px_lists(struct probe *p, const char *folder, const char *name, size_t *count)
{
    bool found = false;
    size_t n = 0;
    if (!px_begin(p, "readdir(%s)", folder))
        return false;
    p->setup++;
    DIR *dir = opendir(folder);
    px_made(p, dir ? 0 : -errno);
    for (struct dirent *e; dir && (e = readdir(dir));) {
        n += strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0;
        found |= name && strcmp(e->d_name, name) == 0;
    }
    if (dir)
        closedir(dir);
    p->setup--;
    if (count)
        *count = n;
    return found;
}
