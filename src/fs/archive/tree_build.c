// SPDX-License-Identifier: MIT
/*
 * Trees in the making: every entry finds its place by a hash of parent and name.
 *
 * A builder belongs to one thread. Node 0 is the root. A node never goes, and never moves to another parent.
 */
#include "fs/archive/tree_i.h"

#include "base/cleanup.h"
#include "base/hash.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { FIRST_NODES = 64, FIRST_TEXTS = 4096, FIRST_TABLE = 256 };

#define MAX_INDEX (UINT32_MAX - 1)

static uint32_t name_hash(const struct tree_builder *builder, uint32_t parent, const char *name,
                          size_t length)
{
    uint64_t hash = hash_u64(parent, builder->seed);
    for (; length >= 8; name += 8, length -= 8) {
        uint64_t word;
        memcpy(&word, name, 8);
        hash = hash_u64(word, hash);
    }
    uint64_t word = (uint64_t)length << 56;
    memcpy(&word, name, length);
    hash = hash_u64(word, hash);
    return (uint32_t)(hash ^ hash >> 32);
}

static bool same_name(const struct tree_builder *builder, const struct build_node *node, uint32_t parent,
                      const char *name, size_t length)
{
    return node->node.parent == parent && node->node.name_length == length &&
           memcmp(builder->texts + node->node.name, name, length) == 0;
}

/* The slot of the child, or the free one where it belongs. */
static uint32_t *slot_of(const struct tree_builder *builder, uint32_t parent, const char *name, size_t length,
                         uint32_t hash)
{
    uint32_t at = hash & builder->table_mask;
    for (;; at = (at + 1) & builder->table_mask) {
        uint32_t index = builder->table[at];
        if (index == 0)
            return &builder->table[at];
        const struct build_node *node = &builder->nodes[index];
        if (node->hash == hash && same_name(builder, node, parent, name, length))
            return &builder->table[at];
    }
}

uint32_t tree_builder_child(const struct tree_builder *builder, uint32_t parent, const char *name,
                            size_t length)
{
    return *slot_of(builder, parent, name, length, name_hash(builder, parent, name, length));
}

static int table_grow(struct tree_builder *builder)
{
    size_t size = builder->table_mask ? ((size_t)builder->table_mask + 1) * 2 : FIRST_TABLE;
    uint32_t *table = calloc(size, sizeof *table);
    if (!table)
        return -ENOMEM;
    free(builder->table);
    builder->table = table;
    builder->table_mask = (uint32_t)(size - 1);
    for (uint32_t i = 1; i < builder->count; i++) {
        uint32_t at = builder->nodes[i].hash & builder->table_mask;
        while (table[at])
            at = (at + 1) & builder->table_mask;
        table[at] = i;
    }
    return 0;
}

static int nodes_grow(struct tree_builder *builder)
{
    uint32_t room = builder->room ? builder->room + builder->room / 2 : FIRST_NODES;
    struct build_node *nodes = realloc(builder->nodes, room * sizeof *nodes);
    if (!nodes)
        return -ENOMEM;
    builder->nodes = nodes;
    builder->room = room;
    return 0;
}

/* Adds a terminated copy; *at is where. */
static int add_text(struct tree_builder *builder, const char *text, size_t length, uint32_t *at)
{
    size_t need = builder->texts_used + length + 1;
    if (need > UINT32_MAX || need > builder->limits.image_bytes)
        return -E2BIG;
    if (need > builder->texts_room) {
        size_t room = need + need / 2 + FIRST_TEXTS;
        char *texts = realloc(builder->texts, room);
        if (!texts)
            return -ENOMEM;
        builder->texts = texts;
        builder->texts_room = room;
    }
    memcpy(builder->texts + builder->texts_used, text, length);
    builder->texts[need - 1] = 0;
    *at = (uint32_t)builder->texts_used;
    builder->texts_used = need;
    return 0;
}

static int new_node(struct tree_builder *builder, uint32_t parent, const char *name, size_t length,
                    uint32_t *out)
{
    const struct tree_limits *limits = &builder->limits;
    uint64_t image = (builder->count + 1ull) * sizeof(struct tree_node) + builder->texts_used + length + 1;
    if (builder->count > limits->entries || builder->count >= MAX_INDEX || image > limits->image_bytes)
        return -E2BIG;
    int rc = builder->count == builder->room ? nodes_grow(builder) : 0;
    if (rc == 0 && builder->count + builder->count / 2 >= builder->table_mask)
        rc = table_grow(builder);
    if (rc)
        return rc;
    struct build_node *node = &builder->nodes[builder->count];
    *node = (struct build_node){.node = {.type = FS_TYPE_DIRECTORY, .parent = parent}};
    rc = add_text(builder, name, length, &node->node.name);
    if (rc)
        return rc;
    node->node.name_length = (uint32_t)length;
    node->hash = name_hash(builder, parent, name, length);
    node->sibling = builder->nodes[parent].child;
    builder->nodes[parent].child = builder->count;
    *slot_of(builder, parent, name, length, node->hash) = builder->count;
    *out = builder->count++;
    return 0;
}

static const struct tree_limits default_limits = {
    .entries = 16u << 20, .image_bytes = 2ull << 30, .depth = 256, .ratio = 1u << 20};

int tree_builder_new(const struct tree_limits *limits, struct tree_builder **out)
{
    struct tree_builder *builder = calloc(1, sizeof *builder);
    if (!builder)
        return -ENOMEM;
    builder->limits = limits ? *limits : default_limits;
    builder->seed = hash_seed();
    uint32_t nothing;
    if (table_grow(builder) || nodes_grow(builder) || add_text(builder, "", 0, &nothing)) {
        tree_builder_free(builder);
        return -ENOMEM;
    }
    builder->nodes[0] = (struct build_node){.node = {.type = FS_TYPE_DIRECTORY}};
    builder->count = 1;
    *out = builder;
    return 0;
}

void tree_builder_free(struct tree_builder *builder)
{
    if (!builder)
        return;
    free(builder->nodes);
    free(builder->texts);
    free(builder->table);
    free(builder);
}

void tree_builder_drop(struct tree_builder *builder, enum tree_drop why)
{
    builder->dropped[why]++;
}

/* ---- entries ------------------------------------------------------------------------------------------ */

/* What became of a name: a node, or a reason to leave it out (then `index` means nothing). */
struct place {
    uint32_t index;
    bool is_new;
    int drop; /* enum tree_drop, or -1 */
};

static bool is_directory(const struct tree_entry *entry)
{
    return entry->info.type == FS_TYPE_DIRECTORY && !entry->hardlink;
}

static int check_name(const struct tree_builder *builder, struct tree_parts parts, bool directory)
{
    const char *name;
    size_t length, total = 0;
    uint32_t depth = 0;
    int part;
    while ((part = tree_parts_next(&parts, &name, &length)) == PART_NAME) {
        total += length + 1;
        if (length > FS_NAME_MAX || total > FS_PATH_MAX)
            return TREE_DROP_LONG;
        if (++depth > builder->limits.depth)
            return TREE_DROP_DEEP;
    }
    if (part == PART_BAD || (depth == 0 && !directory))
        return TREE_DROP_NAME;
    return -1;
}

/* A file that is also a parent becomes a directory, whatever came first. */
static void become_directory(struct tree_builder *builder, uint32_t index)
{
    struct build_node *node = &builder->nodes[index];
    if (node->node.type == FS_TYPE_DIRECTORY)
        return;
    tree_builder_drop(builder, TREE_DROP_CONFLICT);
    struct tree_node plain = {.type = FS_TYPE_DIRECTORY,
                              .name = node->node.name,
                              .name_length = node->node.name_length,
                              .parent = node->node.parent};
    node->node = plain;
    node->group = 0;
}

/* Goes down to the place, making the directories on the way. */
static int find_place(struct tree_builder *builder, const struct tree_entry *entry, struct place *place)
{
    bool directory = is_directory(entry);
    struct tree_parts parts;
    *place = (struct place){.drop = TREE_DROP_NAME};
    if (tree_parts_init(&parts, entry->name, entry->name_length, entry->backslashes))
        return 0;
    place->drop = check_name(builder, parts, directory);
    const char *name;
    size_t length;
    int rc = 0;
    while (rc == 0 && place->drop < 0 && tree_parts_next(&parts, &name, &length) == PART_NAME) {
        uint32_t parent = place->index;
        become_directory(builder, parent);
        place->index = tree_builder_child(builder, parent, name, length);
        place->is_new = place->index == 0;
        if (place->is_new)
            rc = new_node(builder, parent, name, length, &place->index);
    }
    if (rc == 0 && place->drop < 0 && directory)
        become_directory(builder, place->index);
    return rc;
}

/* The earlier entry that a hard link names; 0: none. */
static uint32_t find_earlier(const struct tree_builder *builder, const struct tree_entry *entry)
{
    struct tree_parts parts;
    if (tree_parts_init(&parts, entry->hardlink, strlen(entry->hardlink), entry->backslashes))
        return 0;
    const char *name;
    size_t length;
    uint32_t at = 0;
    int part;
    while ((part = tree_parts_next(&parts, &name, &length)) == PART_NAME) {
        at = tree_builder_child(builder, at, name, length);
        if (at == 0)
            return 0;
    }
    return part == PART_BAD || builder->nodes[at].node.type == FS_TYPE_DIRECTORY ? 0 : at;
}

/* Whether the entry's name is that of `index` or leads through it. */
static bool leads_through(const struct tree_builder *builder, const struct tree_entry *entry, uint32_t index)
{
    struct tree_parts parts;
    if (tree_parts_init(&parts, entry->name, entry->name_length, entry->backslashes))
        return false;
    const char *name;
    size_t length;
    uint32_t at = 0;
    while (tree_parts_next(&parts, &name, &length) == PART_NAME) {
        at = tree_builder_child(builder, at, name, length);
        if (at == 0 || at == index)
            break;
    }
    return at == index;
}

static int set_target(struct tree_builder *builder, struct build_node *node, const char *target)
{
    node->node.size = strlen(target);
    return add_text(builder, target, node->node.size, &node->node.target);
}

static void set_facts(struct tree_node *node, const struct tree_entry *entry)
{
    const struct fs_info *info = &entry->info;
    node->type = info->type == FS_TYPE_UNKNOWN || info->type >= FS_TYPE_COUNT ? FS_TYPE_FILE : info->type;
    node->valid = info->valid & FS_INFO_ALL & ~(uint32_t)(FS_INFO_ID | FS_INFO_LINKS | FS_INFO_ALLOCATED);
    node->kind = entry->kind;
    node->target = 0;
    memcpy(node->where, entry->where, sizeof node->where);
    node->size = node->type == FS_TYPE_FILE && info->valid & FS_INFO_SIZE ? info->size : 0;
    node->mtime = info->mtime;
    node->atime = info->atime;
    node->ctime = info->ctime;
    node->btime = info->btime;
    node->mode = info->mode & 07777;
    node->uid = info->uid;
    node->gid = info->gid;
    node->attributes = info->attributes;
}

/* The facts and data of another name, under this one's own. */
static void share_facts(struct build_node *node, const struct build_node *from)
{
    struct tree_node shared = from->node;
    shared.name = node->node.name;
    shared.name_length = node->node.name_length;
    shared.parent = node->node.parent;
    node->node = shared;
    node->group = from->group;
}

static int why_refused(const struct tree_builder *builder, const struct tree_entry *entry, uint32_t earlier)
{
    if (entry->hardlink)
        return earlier && !leads_through(builder, entry, earlier) ? -1 : TREE_DROP_LINK;
    if (entry->info.type != FS_TYPE_SYMLINK)
        return -1;
    if (!entry->target || !entry->target[0])
        return TREE_DROP_LINK;
    return strlen(entry->target) > TREE_TARGET_MAX ? TREE_DROP_LONG : -1;
}

static int fill_place(struct tree_builder *builder, const struct tree_entry *entry, uint32_t index,
                      uint32_t earlier)
{
    struct build_node *node = &builder->nodes[index];
    if (earlier) {
        share_facts(node, &builder->nodes[earlier]);
        return 0;
    }
    set_facts(&node->node, entry);
    node->group = node->node.type == FS_TYPE_DIRECTORY ? 0 : ++builder->groups;
    return node->node.type == FS_TYPE_SYMLINK ? set_target(builder, node, entry->target) : 0;
}

/* -1: the entry goes to its place. */
static int settle(struct tree_builder *builder, const struct tree_entry *entry, const struct place *place)
{
    if (place->is_new)
        return -1;
    if (builder->nodes[place->index].node.type == FS_TYPE_DIRECTORY)
        return is_directory(entry) ? -1 : TREE_DROP_CONFLICT;
    tree_builder_drop(builder, TREE_DROP_DUPLICATE);
    return -1;
}

static int add(struct tree_builder *builder, const struct tree_entry *entry)
{
    uint32_t earlier = entry->hardlink ? find_earlier(builder, entry) : 0;
    int drop = why_refused(builder, entry, earlier);
    struct place place = {.drop = drop};
    int rc = drop < 0 ? find_place(builder, entry, &place) : 0;
    if (rc)
        return rc;
    if (place.drop < 0)
        place.drop = settle(builder, entry, &place);
    if (place.drop >= 0) {
        tree_builder_drop(builder, (enum tree_drop)place.drop);
        return 0;
    }
    return fill_place(builder, entry, place.index, earlier);
}

int tree_builder_add(struct tree_builder *builder, const struct tree_entry *entry, struct fs_error *error)
{
    int rc = add(builder, entry);
    if (rc == -E2BIG)
        return fs_fail(error, rc,
                       "the archive has more than %llu entries, or its index would be larger than %llu MiB; "
                       "raise max-entries=N if you trust it",
                       (unsigned long long)builder->limits.entries,
                       (unsigned long long)(builder->limits.image_bytes >> 20));
    return rc ? fs_fail(error, rc, "cannot index the archive: %s", strerror(-rc)) : 0;
}
