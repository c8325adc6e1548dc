// SPDX-License-Identifier: MIT
/*
 * Finding and making the runtime folder. A folder counts only if it is a real one, owned by whom its place
 * says and writable by nobody else; everything below it can then be trusted as far as its owner.
 */
#include "api/runtime.h"
#include "base/cleanup.h"
#include "base/io.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *temporary_dir(void)
{
    const char *dir = secure_getenv("TMPDIR");
    return dir && dir[0] == '/' ? dir : "/tmp";
}

static const char *chosen_dir(void)
{
    const char *dir = secure_getenv("DOKAN_RUNTIME");
    return dir && dir[0] == '/' ? dir : NULL;
}

/* $XDG_RUNTIME_DIR if it is ours: sudo and su often leave another user's in the environment. */
static const char *session_dir(void)
{
    struct stat st;
    const char *dir = secure_getenv("XDG_RUNTIME_DIR");
    return dir && dir[0] == '/' && stat(dir, &st) == 0 && st.st_uid == geteuid() ? dir : NULL;
}

__attribute__((format(printf, 3, 4))) static int print_path(char *out, size_t size, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    int n = vsnprintf(out, size, fmt, args);
    va_end(args);
    return n > 0 && (size_t)n < size ? 0 : -ENAMETOOLONG;
}

/* Root's is open to readers, since drives mounted with allow_other lie below it. */
static int make_for_root(const char *path)
{
    struct stat st;
    if (mkdir(path, 0755) < 0 && errno != EEXIST)
        return -errno;
    if (lstat(path, &st) < 0)
        return -errno;
    return S_ISDIR(st.st_mode) && st.st_uid == 0 && !(st.st_mode & 022) ? 0 : -EPERM;
}

int runtime_dir(char *out, size_t size)
{
    int rc = -ENOENT;
    const char *session = session_dir(), *chosen = chosen_dir();
    if (chosen) {
        rc = print_path(out, size, "%s", chosen);
        return rc ? rc : mkdir_private(out);
    }
    if (session)
        rc = print_path(out, size, "%s/dokan", session);
    if (session && rc == 0)
        rc = mkdir_private(out);
    if (rc && geteuid() == 0) {
        rc = print_path(out, size, "/run/dokan");
        rc = rc ? rc : make_for_root(out);
    }
    if (rc) {
        rc = print_path(out, size, "%s/dokan-%u", temporary_dir(), geteuid());
        rc = rc ? rc : mkdir_private(out);
    }
    return rc;
}

static int append(char *out, size_t size, const char *name)
{
    size_t len = strlen(out);
    int n = snprintf(out + len, size - len, "/%s", name);
    return n < 0 || (size_t)n >= size - len ? -ENAMETOOLONG : 0;
}

int runtime_subdir(const char *name, char *out, size_t size)
{
    int rc = runtime_dir(out, size);
    rc = rc ? rc : append(out, size, name);
    return rc ? rc : mkdir_private(out);
}

int runtime_drives(char *out, size_t size)
{
    int rc = runtime_dir(out, size);
    rc = rc ? rc : append(out, size, "drives");
    return rc ? rc : geteuid() == 0 ? make_for_root(out) : mkdir_private(out);
}

struct visitor {
    void (*visit)(int dir, const char *path, uid_t owner, void *arg);
    void *arg;
    struct {
        dev_t dev;
        ino_t ino;
    } seen[8]; /* several places may be one folder */
    size_t count;
};

static bool seen_before(struct visitor *v, const struct stat *st)
{
    for (size_t i = 0; i < v->count; i++)
        if (v->seen[i].dev == st->st_dev && v->seen[i].ino == st->st_ino)
            return true;
    if (v->count < sizeof v->seen / sizeof *v->seen) {
        v->seen[v->count].dev = st->st_dev;
        v->seen[v->count].ino = st->st_ino;
        v->count++;
    }
    return false;
}

static void visit_path(struct visitor *v, const char *path, uid_t owner)
{
    struct stat st;
    CLEANUP_FD int dir = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (dir < 0 || fstat(dir, &st) < 0 || st.st_uid != owner || (st.st_mode & 022) || seen_before(v, &st))
        return;
    v->visit(dir, path, owner, v->arg);
}

/* Folders `<parent>/<prefix><uid><suffix>`, one per user. */
static void visit_users(struct visitor *v, const char *parent, const char *prefix, const char *suffix)
{
    DIR *dir = opendir(parent);
    const struct dirent *entry;
    while (dir && (entry = readdir(dir))) {
        char path[4096], *end;
        size_t len = strlen(prefix);
        if (strncmp(entry->d_name, prefix, len) != 0 || entry->d_name[len] < '0' || entry->d_name[len] > '9')
            continue;
        unsigned long uid = strtoul(entry->d_name + len, &end, 10);
        int n = snprintf(path, sizeof path, "%s/%s%s", parent, entry->d_name, suffix);
        if (*end == 0 && n > 0 && (size_t)n < sizeof path && uid != geteuid())
            visit_path(v, path, (uid_t)uid);
    }
    if (dir)
        closedir(dir);
}

void runtime_visit(void (*visit)(int dir, const char *path, uid_t owner, void *arg), void *arg)
{
    struct visitor v = {.visit = visit, .arg = arg};
    const char *session = session_dir(), *chosen = chosen_dir();
    char path[4096];
    if (chosen) {
        visit_path(&v, chosen, geteuid());
        return;
    }
    if (session && print_path(path, sizeof path, "%s/dokan", session) == 0)
        visit_path(&v, path, geteuid());
    if (print_path(path, sizeof path, "/run/user/%u/dokan", geteuid()) == 0)
        visit_path(&v, path, geteuid());
    if (print_path(path, sizeof path, "%s/dokan-%u", temporary_dir(), geteuid()) == 0)
        visit_path(&v, path, geteuid());
    if (print_path(path, sizeof path, "/tmp/dokan-%u", geteuid()) == 0)
        visit_path(&v, path, geteuid());
    if (geteuid() != 0)
        return;
    visit_path(&v, "/run/dokan", 0);
    visit_users(&v, "/run/user", "", "/dokan");
    visit_users(&v, temporary_dir(), "dokan-", "");
    if (strcmp(temporary_dir(), "/tmp") != 0)
        visit_users(&v, "/tmp", "dokan-", "");
}
