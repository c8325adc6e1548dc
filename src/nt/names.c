// SPDX-License-Identifier: MIT
/*
 * The names of a file: FileHardLinkInformation and its kin tell those that are known to the engine. A name
 * that nobody has looked up yet is not among them. No locks.
 */
#include "nt/info.h"
#include <stdlib.h>

struct names_layout {
    uint32_t least; /* of the buffer */
    uint32_t id_at, length_at, name_at;
};

struct names_out {
    struct nt_request *rq;
    const struct names_layout *layout;
    uint32_t used, needed, count;
    uint32_t last; /* where the last entry begins */
};

enum { FIRST_ENTRY = offsetof(FILE_LINKS_INFORMATION, Entry) };
_Static_assert(offsetof(FILE_LINKS_FULL_ID_INFORMATION, Entry) == FIRST_ENTRY, "both begin alike");

/* The number of a directory; 0: the file system tells none. */
static uint64_t number_of(struct nt_request *rq, struct nt_node *directory)
{
    ULONG64 id = 0;
    struct nt_path *path = has_callback(rq->volume, CB_GET_FILE_ID) ? tree_path(directory) : NULL;
    if (path && !rq_expired(rq) && call_get_file_id(rq, path, &id) != STATUS_SUCCESS)
        id = 0;
    path_put(path);
    return id;
}

static void put_name(struct names_out *out, const struct nt_spelling *name, uint64_t id)
{
    const struct names_layout *l = out->layout;
    const uint32_t bytes = name->len * (uint32_t)sizeof(WCHAR), length = name->len;
    const uint32_t at = (out->needed + 7) & ~7u;
    out->needed = at + l->name_at + bytes;
    if (out->needed > out->rq->info.length)
        return;
    unsigned char *buffer = out->rq->info.buffer, *entry = buffer + at;
    memset(buffer + out->used, 0, at + l->name_at - out->used);
    memcpy(entry + l->id_at, &id, sizeof id);
    memcpy(entry + l->length_at, &length, sizeof length);
    memcpy(entry + l->name_at, name->text, bytes);
    if (out->count) {
        const uint32_t step = at - out->last;
        memcpy(buffer + out->last, &step, sizeof step);
    }
    out->last = at;
    out->used = out->needed;
    out->count++;
}

static void put_node(struct names_out *out, struct nt_node *node)
{
    struct nt_spelling name;
    struct nt_node *parent = tree_place(node, &name);
    put_name(out, &name, number_of(out->rq, parent));
    nt_node_put(parent);
}

/* Of a stream they are its file's. */
static struct nt_node *file_node(struct nt_node *node)
{
    if (node_has(node, NODE_STREAM))
        return tree_place(node, NULL);
    nt_node_get(node);
    return node;
}

static NTSTATUS query(struct nt_request *rq, const struct names_layout *layout)
{
    if (rq->info.length < layout->least)
        return STATUS_INFO_LENGTH_MISMATCH;
    CLEANUP_FREE struct nt_names *names = malloc(sizeof *names);
    if (!names)
        return STATUS_INSUFFICIENT_RESOURCES;
    struct names_out out = {.rq = rq, .layout = layout, .used = FIRST_ENTRY, .needed = FIRST_ENTRY};
    struct nt_node *file = file_node(rq->handle->node);
    memset(rq->info.buffer, 0, layout->least);
    identity_names(file, names);
    for (size_t i = 0; i < names->count; i++) {
        put_node(&out, names->at[i]);
        nt_node_put(names->at[i]);
    }
    nt_node_put(file);
    memcpy(rq->info.buffer, &out.needed, sizeof out.needed);
    memcpy((char *)rq->info.buffer + offsetof(FILE_LINKS_INFORMATION, EntriesReturned), &out.count,
           sizeof out.count);
    rq->p.information = out.used;
    return out.count < names->count ? STATUS_BUFFER_OVERFLOW : STATUS_SUCCESS;
}

#define LAYOUT(type, entry) \
    sizeof(type), offsetof(entry, ParentFileId), offsetof(entry, FileNameLength), offsetof(entry, FileName)

NTSTATUS query_names(struct nt_request *rq)
{
    static const struct names_layout layout = {LAYOUT(FILE_LINKS_INFORMATION, FILE_LINK_ENTRY_INFORMATION)};
    return query(rq, &layout);
}

NTSTATUS query_names_full(struct nt_request *rq)
{
    static const struct names_layout layout = {
        LAYOUT(FILE_LINKS_FULL_ID_INFORMATION, FILE_LINK_ENTRY_FULL_ID_INFORMATION)};
    return query(rq, &layout);
}
