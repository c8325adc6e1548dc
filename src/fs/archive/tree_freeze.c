// SPDX-License-Identifier: MIT
/*
 * A builder's nodes become the image of a tree: breadth first, each directory's children sorted.
 */
#include "fs/archive/tree_i.h"

#include "base/cleanup.h"
#include <endian.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

/* The first bytes of the name, so that most comparisons need no look at the text. */
struct sorted {
    uint64_t prefix;
    uint32_t index;
};

struct freeze {
    struct tree_builder *builder;
    uint64_t most;        /* largest size that is believed */
    struct sorted *order; /* builder's indexes, breadth first */
    uint32_t count;
    size_t texts;
    uint32_t *leaders; /* by group: final index of its first name, and names */
    uint32_t *members;
    struct tree tree;
};

static uint64_t name_prefix(const char *name, size_t length)
{
    uint64_t prefix = 0;
    memcpy(&prefix, name, length < sizeof prefix ? length : sizeof prefix);
    return be64toh(prefix);
}

static int by_name(const void *pa, const void *pb, void *ctx)
{
    const struct sorted *a = pa, *b = pb;
    const struct tree_builder *builder = ctx;
    if (a->prefix != b->prefix)
        return a->prefix < b->prefix ? -1 : 1;
    return strcmp(builder->texts + builder->nodes[a->index].node.name,
                  builder->texts + builder->nodes[b->index].node.name);
}

static bool promises_too_much(const struct freeze *freeze, const struct tree_node *node)
{
    return node->type == FS_TYPE_FILE && node->size > freeze->most;
}

/* The texts that the node will need are counted on the way. */
static void take_children(struct freeze *freeze, uint32_t directory)
{
    struct tree_builder *builder = freeze->builder;
    struct tree_node *parent = &builder->nodes[directory].node;
    uint32_t first = freeze->count;
    for (uint32_t i = builder->nodes[directory].child; i; i = builder->nodes[i].sibling) {
        const struct tree_node *node = &builder->nodes[i].node;
        if (promises_too_much(freeze, node)) {
            tree_builder_drop(builder, TREE_DROP_RATIO);
            continue;
        }
        freeze->order[freeze->count++] =
            (struct sorted){name_prefix(builder->texts + node->name, node->name_length), i};
        freeze->texts += node->name_length + 1 + (node->target ? node->size + 1 : 0);
    }
    parent->count = freeze->count - first;
    parent->first = parent->count ? first : 0;
    qsort_r(freeze->order + first, parent->count, sizeof *freeze->order, by_name, builder);
}

static int lay_out(struct freeze *freeze)
{
    freeze->order = malloc(freeze->builder->count * sizeof *freeze->order);
    freeze->leaders = calloc(freeze->builder->groups + 1ul, sizeof *freeze->leaders);
    freeze->members = calloc(freeze->builder->groups + 1ul, sizeof *freeze->members);
    if (!freeze->order || !freeze->leaders || !freeze->members)
        return -ENOMEM;
    freeze->order[0] = (struct sorted){0};
    freeze->count = 1;
    freeze->texts = 1;
    for (uint32_t at = 0; at < freeze->count; at++)
        if (freeze->builder->nodes[freeze->order[at].index].node.type == FS_TYPE_DIRECTORY)
            take_children(freeze, freeze->order[at].index);
    return freeze->texts > UINT32_MAX ? -E2BIG : 0;
}

static uint32_t put_text(struct freeze *freeze, char *texts, const char *text, size_t length)
{
    uint32_t at = (uint32_t)freeze->texts;
    memcpy(texts + at, text, length);
    texts[at + length] = 0;
    freeze->texts += length + 1;
    return at;
}

static void count_link(struct freeze *freeze, uint32_t index, uint32_t group)
{
    if (freeze->members[group]++ == 0)
        freeze->leaders[group] = index;
}

/* Parents are still the builder's indexes here. */
static void write_node(struct freeze *freeze, struct tree_node *to, char *texts, uint32_t index)
{
    const struct tree_builder *builder = freeze->builder;
    const struct build_node *from = &builder->nodes[freeze->order[index].index];
    *to = from->node;
    if (index)
        to->name = put_text(freeze, texts, builder->texts + from->node.name, from->node.name_length);
    if (from->node.target)
        to->target = put_text(freeze, texts, builder->texts + from->node.target, from->node.size);
    to->same = index;
    if (from->group)
        count_link(freeze, index, from->group);
}

static void write_links(struct freeze *freeze, struct tree_node *nodes)
{
    for (uint32_t i = 0; i < freeze->count; i++) {
        for (uint32_t child = 0; child < nodes[i].count; child++)
            nodes[nodes[i].first + child].parent = i;
        uint32_t group = freeze->builder->nodes[freeze->order[i].index].group;
        if (group) {
            nodes[i].same = freeze->leaders[group];
            nodes[i].links = freeze->members[group];
            nodes[i].valid |= FS_INFO_LINKS;
        }
    }
}

static int make_image(struct freeze *freeze)
{
    size_t nodes = freeze->count * sizeof(struct tree_node);
    size_t size = sizeof(struct tree_header) + nodes + freeze->texts;
    struct tree_header *header = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (header == MAP_FAILED)
        return -ENOMEM;
    memcpy(header->magic, "dokantre", sizeof header->magic);
    header->version = TREE_VERSION;
    header->header_size = sizeof *header;
    header->node_size = sizeof(struct tree_node);
    header->size = size;
    header->nodes = freeze->count;
    header->texts = freeze->texts;
    memcpy(header->dropped, freeze->builder->dropped, sizeof header->dropped);
    tree_attach(&freeze->tree, header, size);
    struct tree_node *to = (struct tree_node *)(header + 1);
    char *texts = (char *)(to + freeze->count);
    freeze->texts = 1;
    for (uint32_t i = 0; i < freeze->count; i++)
        write_node(freeze, to + i, texts, i);
    write_links(freeze, to);
    return 0;
}

static uint64_t most_believed(uint64_t archive_size, uint64_t ratio)
{
    uint64_t most;
    if (ratio == 0 || __builtin_mul_overflow(archive_size, ratio, &most) || most > (uint64_t)FS_SIZE_MAX)
        return FS_SIZE_MAX;
    return most;
}

static void freeze_end(struct freeze *freeze)
{
    free(freeze->order);
    free(freeze->leaders);
    free(freeze->members);
}

int tree_builder_finish(struct tree_builder *builder, uint64_t archive_size, struct tree **out,
                        struct fs_error *error)
{
    __attribute__((cleanup(freeze_end))) struct freeze freeze = {
        .builder = builder, .most = most_believed(archive_size, builder->limits.ratio)};
    CLEANUP_FREE struct tree *tree = malloc(sizeof *tree);
    int rc = tree ? lay_out(&freeze) : -ENOMEM;
    if (rc == 0)
        rc = make_image(&freeze);
    if (rc)
        return fs_fail(error, rc, "cannot make the index: %s", strerror(-rc));
    *tree = freeze.tree;
    *out = steal_ptr(&tree);
    return 0;
}
