// SPDX-License-Identifier: MIT
/*
 * Whether an image from a file can be a tree. Trusts nothing: the file may have been damaged or made by
 * somebody else. One pass over the nodes, in the order in which memory has them.
 */
#include "fs/archive/tree_i.h"

#include <errno.h>
#include <string.h>

__extension__ typedef unsigned __int128 wide;

static uint64_t mix(uint64_t a, uint64_t b)
{
    wide product = (wide)(a ^ 0x9e3779b97f4a7c15u) * (b ^ 0xd1b54a32d192ed03u);
    return (uint64_t)product ^ (uint64_t)(product >> 64) ^ a;
}

/* Against damage, not against forgers: those meet tree_check(). Four lanes, so that memory is the limit. */
uint64_t tree_checksum(const void *image, size_t size)
{
    const unsigned char *at = image;
    uint64_t lanes[4] = {1, 2, 3, 4}, words[4];
    for (; size >= sizeof words; at += sizeof words, size -= sizeof words) {
        memcpy(words, at, sizeof words);
        for (int i = 0; i < 4; i++)
            lanes[i] = mix(lanes[i] + words[i], lanes[i]);
    }
    memset(words, 0, sizeof words);
    memcpy(words, at, size);
    uint64_t sum = size;
    for (int i = 0; i < 4; i++)
        sum = mix(sum + mix(lanes[i] + words[i], lanes[i]), sum);
    return sum;
}

static bool text_ok(const struct tree *tree, uint64_t offset, uint64_t length)
{
    uint64_t texts = tree->header->texts;
    return offset < texts && length < texts - offset && tree->texts[offset + length] == 0 &&
           !memchr(tree->texts + offset, 0, length);
}

static bool name_ok(const struct tree *tree, const struct tree_node *node)
{
    if (node->name_length == 0 || node->name_length > FS_NAME_MAX ||
        !text_ok(tree, node->name, node->name_length))
        return false;
    const char *name = tree->texts + node->name;
    if (memchr(name, '/', node->name_length))
        return false;
    return name[0] != '.' || (name[1] != 0 && (name[1] != '.' || name[2] != 0));
}

static bool target_ok(const struct tree *tree, const struct tree_node *node)
{
    if (node->type != FS_TYPE_SYMLINK)
        return node->target == 0;
    return node->target && node->size && node->size <= TREE_TARGET_MAX &&
           text_ok(tree, node->target, node->size);
}

static bool facts_ok(const struct tree_node *node)
{
    return node->type != FS_TYPE_UNKNOWN && node->type < FS_TYPE_COUNT &&
           node->size <= (uint64_t)FS_SIZE_MAX && (node->valid & ~(uint32_t)FS_INFO_ALL) == 0 &&
           !(node->valid & (FS_INFO_ID | FS_INFO_ALLOCATED)) && (node->mode & ~07777u) == 0 &&
           node->reserved == 0;
}

/* All names of a file show the same file, and the first one is its own. */
static bool same_ok(const struct tree *tree, uint32_t index)
{
    const struct tree_node *node = &tree->nodes[index];
    if (node->same == index)
        return true;
    if (node->same > index || node->type == FS_TYPE_DIRECTORY)
        return false;
    const struct tree_node *first = &tree->nodes[node->same];
    return first->same == node->same && first->type == node->type && first->size == node->size &&
           first->kind == node->kind && memcmp(first->where, node->where, sizeof node->where) == 0;
}

/* The children are the next range, and know it; their names ascend. */
static bool children_ok(const struct tree *tree, uint32_t index, uint64_t next)
{
    const struct tree_node *node = &tree->nodes[index];
    if (node->count == 0)
        return node->first == 0;
    if (node->type != FS_TYPE_DIRECTORY || node->first != next || node->count > tree->header->nodes - next)
        return false;
    for (uint64_t i = next; i < next + node->count; i++) {
        const struct tree_node *child = &tree->nodes[i];
        if (child->parent != index || !name_ok(tree, child))
            return false;
        if (i > next && strcmp(tree->texts + child[-1].name, tree->texts + child->name) >= 0)
            return false;
    }
    return true;
}

static bool nodes_ok(const struct tree *tree)
{
    const struct tree_node *root = tree->nodes;
    if (root->type != FS_TYPE_DIRECTORY || root->name || root->name_length || root->parent)
        return false;
    uint64_t next = 1, count = tree->header->nodes;
    for (uint32_t i = 0; i < count; i++) {
        if (i >= next || !facts_ok(&root[i]) || !target_ok(tree, &root[i]) || !same_ok(tree, i) ||
            !children_ok(tree, i, next))
            return false;
        next += root[i].count;
    }
    return next == count;
}

static int header_check(const struct tree_header *header, size_t size)
{
    if (memcmp(header->magic, "dokantre", sizeof header->magic) != 0 || header->size != size)
        return -EBADMSG;
    if (header->version != TREE_VERSION || header->header_size != sizeof *header ||
        header->node_size != sizeof(struct tree_node))
        return -ESTALE;
    size_t rest = size - sizeof *header;
    if (header->nodes == 0 || header->nodes > UINT32_MAX - 1 ||
        header->nodes > rest / sizeof(struct tree_node))
        return -EBADMSG;
    rest -= header->nodes * sizeof(struct tree_node);
    if (header->texts == 0 || header->texts > UINT32_MAX || header->texts > rest ||
        header->extra != rest - header->texts)
        return -EBADMSG;
    return header->reserved == 0 && memchr(header->format, 0, sizeof header->format) ? 0 : -EBADMSG;
}

int tree_check(const void *image, size_t size)
{
    if (size < sizeof(struct tree_header))
        return -EBADMSG;
    int rc = header_check(image, size);
    if (rc)
        return rc;
    struct tree tree;
    tree_attach(&tree, (void *)image, size);
    return tree.texts[0] == 0 && nodes_ok(&tree) ? 0 : -EBADMSG;
}
