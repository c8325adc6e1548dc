// SPDX-License-Identifier: MIT
/*
 * Reading and writing registry files: lines `key=value`, described by one table. A file appears under its
 * final name only when it is complete and locked. Content is never trusted beyond its owner: names are
 * checked before use, and the owner is that of the folder.
 */
#include "api/registry.h"
#include "api/runtime.h"
#include "base/cleanup.h"
#include "base/io.h"
#include "base/random.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define FILE_MAX_BYTES   32768
#define UNFINISHED_MAX_S 60

enum kind { U32, U64, TEXT };

static const struct field {
    const char *key;
    enum kind kind;
    size_t offset, size;
} fields[] = {
#define FIELD(kind, name)                                                                              \
    {                                                                                                  \
#name, kind, offsetof(struct registry_record, name), sizeof((struct registry_record *)0)->name \
    }
    FIELD(U64, volume),  FIELD(U64, mount_id), FIELD(U64, mount_unique), FIELD(U64, mounted),
    FIELD(U32, pid),     FIELD(U32, minor),    FIELD(U32, type),         FIELD(U32, options),
    FIELD(U32, session), FIELD(TEXT, letter),  FIELD(TEXT, socket),      FIELD(TEXT, device),
    FIELD(TEXT, unc),    FIELD(TEXT, given),   FIELD(TEXT, path),
#undef FIELD
};
#define FIELD_COUNT (sizeof fields / sizeof *fields)

/* ---- text --------------------------------------------------------------------------------------------- */

static void print_escaped(FILE *out, const char *s)
{
    for (; *s; s++) {
        if (*s == '\n' || *s == '\\')
            fputc('\\', out);
        fputc(*s == '\n' ? 'n' : *s, out);
    }
}

static void print_record(FILE *out, const struct registry_record *record)
{
    for (size_t i = 0; i < FIELD_COUNT; i++) {
        const void *at = (const char *)record + fields[i].offset;
        fprintf(out, "%s=", fields[i].key);
        if (fields[i].kind == U32)
            fprintf(out, "%u", *(const uint32_t *)at);
        else if (fields[i].kind == U64)
            fprintf(out, "%llu", (unsigned long long)*(const uint64_t *)at);
        else
            print_escaped(out, at);
        fputc('\n', out);
    }
}

static void parse_text(char *to, size_t size, const char *s)
{
    size_t n = 0;
    for (; *s && n + 1 < size; s++) {
        if (*s == '\\' && s[1])
            to[n++] = *++s == 'n' ? '\n' : *s;
        else
            to[n++] = *s;
    }
    to[n] = 0;
}

static void parse_field(struct registry_record *record, const char *key, const char *value)
{
    for (size_t i = 0; i < FIELD_COUNT; i++) {
        if (strcmp(fields[i].key, key) != 0)
            continue;
        void *at = (char *)record + fields[i].offset;
        if (fields[i].kind == U32)
            *(uint32_t *)at = (uint32_t)strtoul(value, NULL, 10);
        else if (fields[i].kind == U64)
            *(uint64_t *)at = strtoull(value, NULL, 10);
        else
            parse_text(at, fields[i].size, value);
    }
}

static bool plain_name(const char *name)
{
    return name[0] && name[0] != '.' && !strchr(name, '/');
}

static bool parse_record(char *text, struct registry_record *record)
{
    char *save = NULL;
    *record = (struct registry_record){0};
    for (char *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
        char *equals = strchr(line, '=');
        if (!equals)
            continue;
        *equals = 0;
        parse_field(record, line, equals + 1);
    }
    return record->volume && record->pid && record->path[0] == '/' &&
           (!record->socket[0] || plain_name(record->socket));
}

/* ---- one's own ---------------------------------------------------------------------------------------- */

static int write_record(int fd, const struct registry_record *record)
{
    CLEANUP_FREE char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);
    if (!out)
        return -ENOMEM;
    print_record(out, record);
    if (fclose(out) != 0)
        return -ENOMEM;
    return write_all(fd, text, len);
}

int registry_add(const struct registry_record *record, struct registry_entry *entry)
{
    char dir[PATH_MAX], unfinished[PATH_MAX + 64];
    *entry = (struct registry_entry){.fd = -1};
    int rc = runtime_subdir("mounts", dir, sizeof dir);
    if (rc)
        return rc;
    CLEANUP_FREE char *file = NULL;
    unsigned long long tag = random_u64();
    if (asprintf(&file, "%s/%u-%llu-%016llx", dir, record->pid, (unsigned long long)record->volume, tag) < 0)
        return -ENOMEM;
    snprintf(unfinished, sizeof unfinished, "%s/.%016llx", dir, tag);
    CLEANUP_FD int fd = open(unfinished, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return -errno;
    rc = flock(fd, LOCK_EX | LOCK_NB) < 0 ? -errno : write_record(fd, record);
    if (rc == 0 && rename(unfinished, file) < 0)
        rc = -errno;
    if (rc) {
        unlink(unfinished);
        return rc;
    }
    entry->fd = steal_fd(&fd);
    entry->file = steal_ptr(&file);
    return 0;
}

void registry_remove(struct registry_entry *entry)
{
    if (entry->file)
        unlink(entry->file);
    registry_forget(entry);
    free(entry->file);
    entry->file = NULL;
}

void registry_forget(struct registry_entry *entry)
{
    if (entry->fd >= 0)
        close(steal_fd(&entry->fd));
}

/* ---- everybody's -------------------------------------------------------------------------------------- */

struct listing {
    struct registry_record *list;
    size_t count, cap;
    int rc;
};

static struct registry_record *grow(struct listing *l)
{
    if (l->count == l->cap) {
        size_t cap = l->cap ? 2 * l->cap : 8;
        struct registry_record *list = realloc(l->list, cap * sizeof *list);
        if (!list) {
            l->rc = -ENOMEM;
            return NULL;
        }
        l->list = list;
        l->cap = cap;
    }
    return &l->list[l->count];
}

/* True when the process that wrote the file is gone. A file not yet under its final name has some time first,
 * and is not touched meanwhile: its writer is about to lock it. */
static bool is_stale(int fd, const char *name, const struct stat *st)
{
    if (name[0] == '.' && time(NULL) - st->st_mtime <= UNFINISHED_MAX_S)
        return false;
    return flock(fd, LOCK_SH | LOCK_NB) == 0;
}

static void drop_stale(int runtime, int dir, const char *name, const struct registry_record *record)
{
    char socket_path[sizeof record->socket + 16];
    unlinkat(dir, name, 0);
    if (!record->socket[0])
        return;
    snprintf(socket_path, sizeof socket_path, "control/%s", record->socket);
    unlinkat(runtime, socket_path, 0);
}

struct folder {
    int runtime, mounts;
    const char *path;
    uid_t owner;
};

static void look_at_file(struct listing *l, const struct folder *folder, const char *name)
{
    char text[FILE_MAX_BYTES];
    struct stat st;
    CLEANUP_FD int fd = openat(folder->mounts, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) || st.st_uid != folder->owner)
        return;
    bool stale = is_stale(fd, name, &st);
    ssize_t n = pread(fd, text, sizeof text - 1, 0);
    struct registry_record *record = grow(l);
    if (n < 0 || !record)
        return;
    text[n] = 0;
    bool valid = parse_record(text, record);
    record->owner = folder->owner;
    snprintf(record->runtime, sizeof record->runtime, "%s", folder->path);
    if (stale)
        drop_stale(folder->runtime, folder->mounts, name, record);
    else if (valid && name[0] != '.')
        l->count++;
}

static void look_at_folder(int runtime, const char *path, uid_t owner, void *arg)
{
    CLEANUP_FD int fd = openat(runtime, "mounts", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    DIR *dir = fd < 0 ? NULL : fdopendir(fd);
    if (!dir)
        return;
    const struct folder folder = {runtime, steal_fd(&fd), path, owner};
    const struct dirent *entry;
    while ((entry = readdir(dir)))
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            look_at_file(arg, &folder, entry->d_name);
    closedir(dir);
}

static int by_age(const void *a, const void *b)
{
    const struct registry_record *x = a, *y = b;
    if (x->mounted != y->mounted)
        return x->mounted < y->mounted ? -1 : 1;
    return x->volume < y->volume ? -1 : x->volume > y->volume;
}

int registry_list(struct registry_record **list, size_t *count)
{
    struct listing l = {0};
    runtime_visit(look_at_folder, &l);
    if (l.rc) {
        free(l.list);
        l.list = NULL;
        l.count = 0;
    }
    if (l.count)
        qsort(l.list, l.count, sizeof *l.list, by_age);
    *list = l.list;
    *count = l.count;
    return l.rc;
}
