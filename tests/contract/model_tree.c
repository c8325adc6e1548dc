// SPDX-License-Identifier: MIT
/*
 * The model: names and files in two arrays, with the rules of POSIX as plainly as they can be said.
 */
#include "model.h"

void model_reset(struct model *model)
{
    memset(model, 0, sizeof *model);
    model->nodes[0] = (struct node){.used = true, .directory = true, .names = 1};
    model->entries[0] = (struct entry){.used = true};
    for (int i = 0; i < HANDLES; i++)
        model->handles[i] = -1;
}

struct entry *model_find(struct model *model, const char *path)
{
    for (int i = 0; i < NODES; i++)
        if (model->entries[i].used && strcmp(model->entries[i].path, path) == 0)
            return &model->entries[i];
    return NULL;
}

/* Whether everything above a path is a directory. */
static int check_parents(struct model *model, const char *path)
{
    char part[PATH_ROOM];
    for (const char *slash = *path ? strchr(path + 1, '/') : NULL; slash; slash = strchr(slash + 1, '/')) {
        snprintf(part, sizeof part, "%.*s", (int)(slash - path), path);
        const struct entry *entry = model_find(model, part);
        if (!entry)
            return -ENOENT;
        if (!model->nodes[entry->node].directory)
            return -ENOTDIR;
    }
    return 0;
}

int model_node(struct model *model, const char *path)
{
    int rc = check_parents(model, path);
    const struct entry *entry = model_find(model, path);
    return rc ? rc : entry ? entry->node : -ENOENT;
}

bool model_is_in(const char *path, const char *dir)
{
    size_t length = strlen(dir);
    return strncmp(path, dir, length) == 0 && path[length] == '/' && !strchr(path + length + 1, '/');
}

static bool is_below(const char *path, const char *dir)
{
    size_t length = strlen(dir);
    return strncmp(path, dir, length) == 0 && path[length] == '/';
}

static bool is_empty(const struct model *model, const char *dir)
{
    for (int i = 0; i < NODES; i++)
        if (model->entries[i].used && is_below(model->entries[i].path, dir))
            return false;
    return true;
}

static void forget(struct model *model, int node)
{
    if (model->nodes[node].names == 0 && model->nodes[node].handles == 0)
        memset(&model->nodes[node], 0, sizeof model->nodes[node]);
}

void model_unhandle(struct model *model, int node)
{
    model->nodes[node].handles--;
    forget(model, node);
}

static void unname(struct model *model, struct entry *entry)
{
    entry->used = false;
    model->nodes[entry->node].names--;
    forget(model, entry->node);
}

/* -ENFILE: the model is full; the step is left out then. */
static int add_name(struct model *model, const char *path, int node)
{
    for (int i = 0; i < NODES; i++) {
        struct entry *entry = &model->entries[i];
        if (entry->used)
            continue;
        *entry = (struct entry){.used = true, .node = node};
        snprintf(entry->path, sizeof entry->path, "%s", path);
        model->nodes[node].names++;
        return node;
    }
    return -ENFILE;
}

static int add_node(struct model *model, const char *path)
{
    for (int i = 0; i < NODES; i++) {
        if (model->nodes[i].used)
            continue;
        int rc = add_name(model, path, i);
        if (rc >= 0)
            model->nodes[i].used = true;
        return rc;
    }
    return -ENFILE;
}

int model_open(struct model *model, const char *path, int flags, int *out)
{
    int node = model_node(model, path);
    if (node == -ENOENT && flags & O_CREAT && check_parents(model, path) == 0)
        node = add_node(model, path);
    else if (node >= 0 && flags & O_CREAT && flags & O_EXCL)
        return -EEXIST;
    if (node < 0)
        return node;
    struct node *file = &model->nodes[node];
    if (file->directory)
        return -EISDIR;
    if (file->symlink)
        return -ELOOP;
    if (flags & O_TRUNC) {
        memset(file->data, 0, file->size);
        file->size = 0;
    }
    file->handles++;
    *out = node;
    return 0;
}

int model_makedir(struct model *model, const char *path)
{
    int node = model_node(model, path);
    if (node >= 0)
        return -EEXIST;
    if (node != -ENOENT || check_parents(model, path) != 0)
        return node;
    node = add_node(model, path);
    if (node >= 0)
        model->nodes[node].directory = true;
    return node < 0 ? node : 0;
}

int model_symlink(struct model *model, const char *target, const char *path)
{
    int node = model_node(model, path);
    if (node >= 0)
        return -EEXIST;
    if (node != -ENOENT || check_parents(model, path) != 0)
        return node;
    node = add_node(model, path);
    if (node < 0)
        return node;
    model->nodes[node].symlink = true;
    snprintf(model->nodes[node].target, sizeof model->nodes[node].target, "%s", target);
    return 0;
}

int model_link(struct model *model, const char *from, const char *to)
{
    int node = model_node(model, from), other = model_node(model, to);
    if (node < 0)
        return node;
    if (other >= 0)
        return -EEXIST;
    if (other != -ENOENT || check_parents(model, to) != 0)
        return other;
    if (model->nodes[node].directory)
        return -EPERM;
    int rc = add_name(model, to, node);
    return rc < 0 ? rc : 0;
}

int model_remove(struct model *model, const char *path, bool directory)
{
    int node = model_node(model, path);
    if (node < 0)
        return node;
    if (model->nodes[node].directory != directory)
        return directory ? -ENOTDIR : -EISDIR;
    if (directory && !is_empty(model, path))
        return -ENOTEMPTY;
    unname(model, model_find(model, path));
    return 0;
}

static int may_replace(struct model *model, int node, int other, const char *from, const char *to)
{
    if (is_below(from, to))
        return -ENOTEMPTY;
    if (node == other)
        return 0;
    if (model->nodes[other].directory && !model->nodes[node].directory)
        return -EISDIR;
    if (!model->nodes[other].directory && model->nodes[node].directory)
        return -ENOTDIR;
    return model->nodes[other].directory && !is_empty(model, to) ? -ENOTEMPTY : 0;
}

/* Every path at or below `from` is one at or below `to` from now on. */
static void move_paths(struct model *model, const char *from, const char *to)
{
    char path[PATH_ROOM * 2];
    for (int i = 0; i < NODES; i++) {
        struct entry *entry = &model->entries[i];
        if (!entry->used || (strcmp(entry->path, from) != 0 && !is_below(entry->path, from)))
            continue;
        snprintf(path, sizeof path, "%s%s", to, entry->path + strlen(from));
        memcpy(entry->path, path, sizeof entry->path - 1);
    }
}

int model_rename(struct model *model, const char *from, const char *to, uint32_t flags)
{
    if (is_below(to, from) || (flags & FS_RENAME_EXCHANGE && is_below(from, to)))
        return -EINVAL; /* by the checker, whatever is there */
    int rc = check_parents(model, from), node = model_node(model, from), other = model_node(model, to);
    if (rc == 0)
        rc = check_parents(model, to);
    if (rc)
        return rc;
    if (node < 0 || (other < 0 && flags & FS_RENAME_EXCHANGE))
        return -ENOENT;
    if (other >= 0 && flags & FS_RENAME_NOREPLACE)
        return -EEXIST;
    if (flags & FS_RENAME_EXCHANGE) {
        if (node == other)
            return 0;
        move_paths(model, from, "/swapped");
        move_paths(model, to, from);
        move_paths(model, "/swapped", to);
        return 0;
    }
    rc = other < 0 ? 0 : may_replace(model, node, other, from, to);
    if (rc || node == other)
        return rc;
    if (other >= 0)
        unname(model, model_find(model, to));
    move_paths(model, from, to);
    return 0;
}
