// SPDX-License-Identifier: MIT
/*
 * From names to nodes: a component below a directory, or a path from the root. Nodes are made on the way as
 * needed (tree.c); what no name can be is refused here. No locks but the tree's, for moments.
 */
#include "base/fold.h"
#include "nt/nt_internal.h"

static bool valid_component(const WCHAR *name, size_t len)
{
    if (len == 0 || len > NT_NAME_MAX || (len <= 2 && name[0] == u'.' && name[len - 1] == u'.'))
        return false;
    for (size_t i = 0; i < len; i++)
        if (name[i] == 0 || name[i] == u'/' || name[i] == u'\\')
            return false;
    return true;
}

/* Steps from *node to its child, giving up the reference to *node. */
static NTSTATUS step(struct nt_node **node, const WCHAR *name, size_t len)
{
    if (!valid_component(name, len))
        return STATUS_OBJECT_NAME_INVALID;
    struct nt_node *child = tree_child(*node, name, len);
    if (!child)
        return STATUS_INSUFFICIENT_RESOURCES;
    nt_node_put(*node);
    *node = child;
    return STATUS_SUCCESS;
}

static size_t find_unit(const WCHAR *text, size_t len, WCHAR unit)
{
    size_t i = 0;
    while (i < len && text[i] != unit)
        i++;
    return i;
}

/* `f:s:$DATA` and `f::$DATA` lose their type; what remains behind the first colon names the stream. */
static size_t strip_stream_type(const WCHAR *name, size_t len)
{
    static const WCHAR type[] = u":$DATA";
    size_t type_len = sizeof type / sizeof *type - 1;
    size_t colon = find_unit(name, len, u':');
    if (len < colon + 1 + type_len || !fold_equal(name + len - type_len, type_len, type, type_len))
        return len;
    len -= type_len;
    return len == colon + 1 ? colon : len;
}

/* The last component, which may name a stream. */
static NTSTATUS step_last(struct nt_volume *vol, struct nt_node **node, const WCHAR *name, size_t len)
{
    size_t colon = find_unit(name, len, u':');
    if (colon == len)
        return step(node, name, len);
    if (!volume_option(vol, DOKAN_OPTION_ALT_STREAM))
        return STATUS_INVALID_PARAMETER;
    len = strip_stream_type(name, len);
    NTSTATUS status = colon ? step(node, name, colon) : STATUS_SUCCESS;
    if (status || colon == len)
        return status;
    if (len == colon + 1 || find_unit(name + colon + 1, len - colon - 1, u':') != len - colon - 1)
        return STATUS_OBJECT_NAME_INVALID;
    return step(node, name + colon, len - colon);
}

/* A component before the last: no stream has anything below it. */
static NTSTATUS step_inner(struct nt_volume *vol, struct nt_node **node, const WCHAR *name, size_t len)
{
    if (find_unit(name, len, u':') < len)
        return volume_option(vol, DOKAN_OPTION_ALT_STREAM) ? STATUS_OBJECT_NAME_INVALID
                                                           : STATUS_INVALID_PARAMETER;
    return step(node, name, len);
}

static NTSTATUS walk(struct nt_volume *vol, struct nt_node **node, const WCHAR *text, size_t len)
{
    for (size_t at = 0; at < len;) {
        size_t n = find_unit(text + at, len - at, u'\\');
        bool last = at + n == len;
        NTSTATUS status = last ? step_last(vol, node, text + at, n) : step_inner(vol, node, text + at, n);
        if (status)
            return status;
        at += n + 1;
    }
    return STATUS_SUCCESS;
}

NTSTATUS tree_resolve(struct nt_volume *vol, const struct nt_name *name, struct nt_node **out,
                      struct nt_node **parent)
{
    const WCHAR *text = name->text;
    size_t len = name->len;
    if (len > NT_PATH_MAX)
        return STATUS_OBJECT_NAME_INVALID;
    if (name->dir && name->dir->vol != vol)
        return STATUS_NOT_SAME_DEVICE;
    if (name->dir && len && text[0] == u'\\')
        return STATUS_INVALID_PARAMETER;
    while (!name->dir && len && text[0] == u'\\')
        text++, len--;
    if (len > 1 && text[len - 1] == u'\\')
        len--;
    struct nt_node *node = name->dir ? name->dir : &vol->root;
    if (node_has(node, NODE_GONE) && len)
        return STATUS_OBJECT_PATH_NOT_FOUND;
    nt_node_get(node);
    NTSTATUS status = walk(vol, &node, text, len);
    if (status) {
        nt_node_put(node);
        return status;
    }
    if (parent) {
        LOCK_SCOPE(&vol->tree);
        nt_node_get(node->parent);
        *parent = node->parent;
    }
    *out = node;
    return STATUS_SUCCESS;
}
