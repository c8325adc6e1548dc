// SPDX-License-Identifier: MIT
/*
 * Paths as FS objects take them, and their making.
 */
#include "fs/fs_i.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

bool fs_name_ok(const char *name)
{
    size_t length = strlen(name);
    if (length == 0 || length > FS_NAME_MAX || memchr(name, '/', length))
        return false;
    return strcmp(name, ".") != 0 && strcmp(name, "..") != 0;
}

static bool is_dots(const char *name, size_t length)
{
    return name[0] == '.' && (length == 1 || (length == 2 && name[1] == '.'));
}

int fs_path_check(const char *path)
{
    if (!path || path[0] != '/')
        return -EINVAL;
    if (!path[1])
        return 0;
    const char *name = path + 1;
    for (;;) {
        const char *end = strchrnul(name, '/');
        size_t length = (size_t)(end - name);
        if (length == 0 || is_dots(name, length))
            return -EINVAL;
        if (length > FS_NAME_MAX || end - path > FS_PATH_MAX)
            return -ENAMETOOLONG;
        if (!*end)
            return 0;
        name = end + 1;
    }
}

void fs_path_init(struct fs_path *path)
{
    path->text = path->small;
    path->length = 0;
    path->room = sizeof path->small;
    path->small[0] = 0;
}

void fs_path_free(struct fs_path *path)
{
    if (path->text != path->small)
        free(path->text);
}

int fs_path_add(struct fs_path *path, const char *text, size_t length)
{
    size_t need = path->length + length + 1;
    if (length > FS_PATH_MAX || need > FS_PATH_MAX + 1)
        return -ENAMETOOLONG;
    if (need > path->room) {
        size_t room = need * 2;
        char *grown = path->text == path->small ? malloc(room) : realloc(path->text, room);
        if (!grown)
            return -ENOMEM;
        if (path->text == path->small)
            memcpy(grown, path->small, path->length);
        path->text = grown;
        path->room = room;
    }
    memcpy(path->text + path->length, text, length);
    path->length += length;
    path->text[path->length] = 0;
    return 0;
}

int fs_path_join(struct fs_path *path, const char *name)
{
    int rc = 0;
    if (path->length == 0 || path->text[path->length - 1] != '/')
        rc = fs_path_add(path, "/", 1);
    return rc ? rc : fs_path_add(path, name, strlen(name));
}

const char *fs_path_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

size_t fs_path_parent(const char *path)
{
    size_t length = (size_t)(fs_path_name(path) - path);
    return length > 1 ? length - 1 : 1;
}

static int go_up(struct fs_path *path)
{
    if (path->length <= 1)
        return -EINVAL;
    path->length = fs_path_parent(path->text);
    path->text[path->length] = 0;
    return 0;
}

int fs_path_resolve(struct fs_path *path, const char *text)
{
    int rc = path->length ? 0 : fs_path_add(path, "/", 1);
    while (rc == 0 && *text) {
        size_t length = (size_t)(strchrnul(text, '/') - text);
        if (length == 2 && is_dots(text, length)) {
            rc = go_up(path);
        } else if (length && !(length == 1 && text[0] == '.')) {
            if (path->length > 1)
                rc = fs_path_add(path, "/", 1);
            rc = rc ? rc : fs_path_add(path, text, length);
        }
        text += length + (text[length] == '/');
    }
    return rc;
}
