// SPDX-License-Identifier: MIT
/*
 * Paths: immutable, counted texts, built from a node and its parents and cached in the node. A cached path is
 * good while its generation is the volume's, which tree_move() advances when a directory is renamed. Under
 * vol->tree.
 */
#include "nt/nt_internal.h"
#include <stdlib.h>

struct nt_path *path_new(const WCHAR *text, size_t len)
{
    struct nt_path *path = malloc(sizeof *path + (len + 1) * sizeof(WCHAR));
    if (!path)
        return NULL;
    atomic_init(&path->refs, 1);
    path->len = (uint32_t)len;
    if (text)
        memcpy(path->text, text, len * sizeof(WCHAR));
    path->text[len] = 0;
    return path;
}

struct nt_path *path_get(struct nt_path *path)
{
    if (path)
        atomic_fetch_add_explicit(&path->refs, 1, memory_order_relaxed);
    return path;
}

void path_put(struct nt_path *path)
{
    if (path && atomic_fetch_sub_explicit(&path->refs, 1, memory_order_acq_rel) == 1)
        free(path);
}

static bool path_good(const struct nt_node *node)
{
    return node->path && (node->path_gen == node->vol->path_gen || node == &node->vol->root);
}

static bool joins_bare(const struct nt_node *node)
{
    return node->name[0] == u':';
}

/* Walks up to the nearest good path, then writes the components from the end backwards. */
static struct nt_path *build_path(struct nt_node *node)
{
    size_t len = 0;
    const struct nt_node *n = node;
    for (; !path_good(n); n = n->parent)
        len += n->len + !joins_bare(n);
    size_t base = n->path->len;
    bool root_base = n == &n->vol->root;
    size_t skip = root_base ? 1 : 0; /* the root's own separator serves its child */
    struct nt_path *path = base + len <= NT_PATH_MAX ? path_new(NULL, base + len) : NULL;
    if (!path)
        return NULL;
    size_t at = base + len;
    for (const struct nt_node *m = node; m != n; m = m->parent) {
        at -= m->len;
        memcpy(path->text + at, m->name, m->len * sizeof(WCHAR));
        if (!joins_bare(m))
            path->text[--at] = u'\\';
    }
    memcpy(path->text, n->path->text, base * sizeof(WCHAR));
    if (skip && base + len > 1 && path->text[1] == u'\\') {
        path->len--;
        memmove(path->text, path->text + 1, (path->len + 1) * sizeof(WCHAR));
    }
    return path;
}

struct nt_path *path_locked(struct nt_node *node)
{
    if (!path_good(node)) {
        struct nt_path *fresh = build_path(node);
        if (!fresh)
            return NULL;
        path_put(node->path);
        node->path = fresh;
        node->path_gen = node->vol->path_gen;
    }
    return path_get(node->path);
}

struct nt_path *tree_path(struct nt_node *node)
{
    LOCK_SCOPE(&node->vol->tree);
    return path_locked(node);
}

struct nt_path *tree_join(struct nt_node *dir, const WCHAR *name, size_t len)
{
    struct nt_path *base = tree_path(dir);
    if (!base)
        return NULL;
    bool separator = base->text[base->len - 1] != u'\\' && name[0] != u':';
    size_t total = base->len + separator + len;
    struct nt_path *path = total <= NT_PATH_MAX ? path_new(NULL, total) : NULL;
    if (path) {
        memcpy(path->text, base->text, base->len * sizeof(WCHAR));
        if (separator)
            path->text[base->len] = u'\\';
        memcpy(path->text + base->len + separator, name, len * sizeof(WCHAR));
    }
    path_put(base);
    return path;
}

size_t nt_node_path(struct nt_node *node, WCHAR *out, size_t cap)
{
    struct nt_path *path = tree_path(node);
    if (!path)
        return 0;
    size_t len = path->len;
    if (cap) {
        size_t n = len < cap ? len : cap - 1;
        memcpy(out, path->text, n * sizeof(WCHAR));
        out[n] = 0;
    }
    path_put(path);
    return len;
}
