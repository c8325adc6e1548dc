// SPDX-License-Identifier: MIT
/*
 * Listings of one directory, and paths.
 */
#include "cli/entries.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct filling {
    struct entries *entries;
    int rc;
};

static int take_entry(void *arg, const char *name, const struct fs_info *info, uint64_t next)
{
    struct filling *filling = arg;
    struct entries *e = filling->entries;
    if (e->count == e->room) {
        size_t room = e->room ? 2 * e->room : 64;
        struct found *grown = realloc(e->list, room * sizeof *grown);
        if (!grown)
            return filling->rc = -ENOMEM;
        e->list = grown;
        e->room = room;
    }
    char *copy = strdup(name);
    if (!copy)
        return filling->rc = -ENOMEM;
    e->list[e->count++] = (struct found){copy, *info};
    return 0;
}

static int by_name(const void *a, const void *b)
{
    const struct found *x = a, *y = b;
    return strcmp(x->name, y->name);
}

/* What the listing did not tell is asked for; a file that is gone meanwhile keeps what is known. */
static void complete(struct fs *fs, const char *path, uint32_t want, struct entries *e)
{
    for (size_t i = 0; i < e->count; i++) {
        struct found *entry = &e->list[i];
        struct fs_info info = {0};
        if (entry->info.type && (entry->info.valid & want) == want)
            continue;
        char *full = path_join(path, entry->name);
        if (full && fs_getinfo(fs, full, want, &info) == 0)
            entry->info = info;
        free(full);
    }
}

int entries_read(struct fs *fs, const char *path, uint32_t want, struct entries *out)
{
    struct filling filling = {.entries = out};
    *out = (struct entries){0};
    int rc = fs_scandir(fs, path, want, 0, take_entry, &filling);
    rc = rc ? rc : filling.rc;
    if (rc) {
        entries_free(out);
        return rc;
    }
    if (out->count)
        qsort(out->list, out->count, sizeof *out->list, by_name);
    complete(fs, path, want & (FS_INFO_SIZE | FS_INFO_MTIME), out);
    return 0;
}

void entries_free(struct entries *entries)
{
    for (size_t i = 0; i < entries->count; i++)
        free(entries->list[i].name);
    free(entries->list);
    *entries = (struct entries){0};
}

char *path_join(const char *directory, const char *name)
{
    char *path = NULL;
    size_t length = strlen(directory);
    bool slash = length && directory[length - 1] == '/';
    return asprintf(&path, "%s%s%s", directory, slash ? "" : "/", name) < 0 ? NULL : path;
}

const char *path_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

char *path_parent(const char *path)
{
    size_t length = (size_t)(path_name(path) - path);
    return length > 1 ? strndup(path, length - 1) : strdup("/");
}

char *path_hint(struct fs *fs, const char *path)
{
    struct entries entries;
    char *parent = path_parent(path), *hint = NULL;
    struct near near = {.word = path_name(path)};
    if (parent && entries_read(fs, parent, 0, &entries) == 0) {
        for (size_t i = 0; i < entries.count; i++)
            near_offer(&near, entries.list[i].name);
        if (near.best && asprintf(&hint, "did you mean '%s'?", near.best) < 0)
            hint = NULL;
        entries_free(&entries);
    }
    free(parent);
    return hint;
}
