// SPDX-License-Identifier: MIT
/*
 * Paths in a tree in memory: following them, and giving and taking names. A symbolic link in the middle of a
 * path is not followed: that is -ENOTDIR, as for any file.
 *
 * links counts names; of a directory also its own "." and the ".." of those in it, as Unix does.
 */
#include "fs/format/mem.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { NAME_UNITS = 255 };

/* More than 255 UTF-16 units? Bytes that are no UTF-8 count as one each, or not at all. */
static bool too_long(const char *text, size_t length)
{
    size_t units = 0;
    for (size_t i = 0; i < length; i++) {
        unsigned char byte = (unsigned char)text[i];
        units += byte < 0x80 || byte >= 0xc0;
        units += byte >= 0xf0;
    }
    return units > NAME_UNITS;
}

static int step_down(struct mem *mem, struct mem_place *place)
{
    if (place->node->type != FS_TYPE_DIRECTORY)
        return -ENOTDIR;
    if (place->length > NAME_UNITS && too_long(place->text, place->length))
        return -ENAMETOOLONG;
    place->parent = place->node;
    place->hash = mem_hash(place->text, place->length, mem->seed);
    place->name = mem_dir_find(&place->parent->dir, place->text, place->length, place->hash);
    place->node = place->name ? place->name->node : NULL;
    return 0;
}

int mem_find(struct mem *mem, const char *path, struct mem_place *out)
{
    *out = (struct mem_place){.node = mem->root};
    const char *at = path + 1;
    while (*at) {
        if (!out->node)
            return -ENOENT;
        const char *end = strchrnul(at, '/');
        out->text = at;
        out->length = (size_t)(end - at);
        int rc = step_down(mem, out);
        if (rc)
            return rc;
        at = end + (*end == '/');
    }
    return 0;
}

int mem_hold(struct fs *fs, const char *path, struct mem_node **out)
{
    struct mem *mem = mem_of(fs);
    struct mem_place place;
    READ_SCOPE(&mem->tree);
    int rc = mem_find(mem, path, &place);
    if (rc == 0 && !place.node)
        rc = -ENOENT;
    if (rc == 0)
        *out = mem_node_get(place.node);
    return rc;
}

static int name_new(struct mem *mem, const struct mem_place *place, struct mem_name **out)
{
    uint64_t cost = MEM_NAME_COST + place->length;
    int rc = mem_take(mem, cost);
    if (rc)
        return rc;
    struct mem_name *name = malloc(sizeof *name + place->length + 1);
    if (!name) {
        mem_give(mem, cost);
        return -ENOMEM;
    }
    *name = (struct mem_name){.hash = place->hash, .length = (uint32_t)place->length};
    memcpy(name->text, place->text, place->length);
    name->text[place->length] = 0;
    *out = name;
    return 0;
}

int mem_name_add(struct mem *mem, const struct mem_place *place, struct mem_node *node)
{
    struct mem_name *name;
    int rc = mem_dir_reserve(&place->parent->dir);
    if (rc == 0)
        rc = name_new(mem, place, &name);
    if (rc)
        return rc;
    name->node = mem_node_get(node);
    mem_dir_add(&place->parent->dir, name);
    node->links++;
    if (node->type == FS_TYPE_DIRECTORY) {
        node->dir.parent = place->parent;
        place->parent->links++;
    }
    mem_node_written(place->parent);
    return 0;
}

struct mem_node *mem_name_remove(struct mem *mem, const struct mem_place *place)
{
    struct mem_name *name = place->name;
    struct mem_node *node = name->node;
    mem_dir_remove(&place->parent->dir, name);
    mem_give(mem, MEM_NAME_COST + name->length);
    free(name);
    node->links--;
    if (node->type == FS_TYPE_DIRECTORY) {
        node->dir.parent = NULL;
        place->parent->links--;
    }
    mem_node_changed(node);
    mem_node_written(place->parent);
    return node;
}
